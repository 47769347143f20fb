/* Content that goes by the way ticked on the sheet, sheets enclosed in a fax, receipts for whoever sent, and news of a facility. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/hash.h"
#include "fixture.h"
#include "records/ledger.h"
#include "records/passphrase.h"
#include "routing/tell.h"
#include "vault/keyfile.h"
#include "vault/vault.h"

#define LIST(...)                                                                                                      \
    {                                                                                                                  \
        (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)            \
    }
#define NO_TEXTS                                                                                                       \
    .form = "", .name_from = "", .department = "", .attention_from = "", .route_from = "", .why = "test", .letter = ""
#define FORM_FAX "06-4306-3829"
#define RULES_MAX 20
#define CONTENT "転帰: 転院"

static const struct tsk_rule more[] = {
    { NO_TEXTS, .id = "received-sender", .event = "sheet.received", .to = TSK_TO_SENDER, .kind = TSK_RULE_ALERT,
      .channels = LIST("fax", "email"), .template = "receipt" },
    { NO_TEXTS, .id = "received-sender-other", .event = "document.received", .to = TSK_TO_SENDER,
      .kind = TSK_RULE_ALERT, .channels = LIST("fax", "email"), .template = "receipt" },
    { NO_TEXTS, .id = "facility-coordination", .event = "facility.planned", .to = TSK_TO_COORDINATION_OFFICE,
      .kind = TSK_RULE_ALERT, .channels = LIST("urgent", "email"), .template = "facility-planned" },
    { NO_TEXTS, .id = "facility-todo", .event = "facility.planned", .to = TSK_TO_COORDINATION_OFFICE,
      .kind = TSK_RULE_TODO, .template = "todo-facility" },
    { .form = "referral-status",
      .attention_from = "",
      .route_from = "",
      .why = "test",
      .letter = "",
      .id = "referral-hospital",
      .event = "referral.confirmed",
      .when = LIST("outcome="),
      .to = TSK_TO_INSTITUTION,
      .kind = TSK_RULE_DISCLOSURE,
      .name_from = "to_hospital",
      .directory_kinds = LIST("hospital"),
      .department = "地域医療連携室",
      .channels = LIST("fax"),
      .template = "referral-hospital",
      .encloses = LIST("outcome", "referral-status") },
};

static const struct tsk_event_rule facility = { .id = "facility.planned",
                                                .form = "referral-status",
                                                .also = LIST("inquiry", "care-liaison"),
                                                .filled =
                                                    LIST("outcome_other", "destination", "inquiry_other", "message"),
                                                .words = LIST("老健", "ホーム", "入所"),
                                                .except = LIST("ホームヘル") };

static struct tsk_rule rules[RULES_MAX];
static struct tsk_event_rule events[RULES_MAX];
static struct tsk_office_config offices[2];
static struct tsk_vault *vault;

static void take_rules(struct fx *fx)
{
    struct tsk_routing_config *routing = &fx->config.routing;

    memcpy(rules, routing->rules, routing->rule_count * sizeof *rules);
    for (size_t i = 0; i < routing->rule_count; i++)
        if (strcmp(rules[i].id, "outcome-clinic") == 0)
            rules[i].letter = "outcome-letter";
    memcpy(rules + routing->rule_count, more, sizeof more);
    memcpy(events, routing->events, routing->event_count * sizeof *events);
    events[routing->event_count] = facility;
    routing->rules = rules;
    routing->rule_count += TSK_COUNT(more);
    routing->events = events;
    routing->event_count++;
    memcpy(offices, fx->config.offices, sizeof offices);
    offices[0].urgent_email = "keitai@mobile.example.jp";
    fx->config.offices = offices;
}

static int setup(void **state)
{
    struct tsk_err err = { 0 };
    struct tsk_key key;
    struct fx *fx;
    char path[96];

    if (fx_setup(state) != 0)
        return -1;
    fx = *state;
    take_rules(fx);
    snprintf(path, sizeof path, "%s/site.key", fx->dir);
    tsk_key_new(&key);
    if (tsk_keyfile_write(path, &key, 1, &err) != 0 || tsk_vault_open(&vault, path, NULL, &err) != 0)
        return -1;
    tsk_store_keys(fx->store, vault);
    fx->config.fax.channel = TSK_FAX_HYLAFAX;
    return 0;
}

static int teardown(void **state)
{
    int rc = fx_teardown(state);

    tsk_vault_close(&vault);
    return rc;
}

/* A confirmed outcome of a referral with consent; how the clinic wants to hear of it. */
static int64_t told(struct fx *fx, const char *method)
{
    const struct fx_value changes[] = { { "contact_method", method }, { NULL, NULL } };
    int64_t sheet = fx_outcome(fx, changes);

    fx_link(fx, sheet, fx_case(fx, fx_referral(fx, NULL)));
    fx_consent(fx, fx_case(fx, sheet), "medical");
    fx_confirm(fx, sheet);
    return sheet;
}

static struct tsk_enclosure enclosed(struct fx *fx, const struct tsk_notice *notice)
{
    struct tsk_enclosure out;
    struct tsk_err err = { 0 };

    fx_must(tsk_route_enclose(&out, fx->routing, fx->store, notice, fx->arena, &err), &err, "enclose");
    return out;
}

static const char *say(struct fx *fx, const struct tsk_todo *todo)
{
    const char *text = "";
    struct tsk_err err = { 0 };

    fx_must(tsk_route_say(&text, fx->routing, fx->store, todo, fx->arena, &err), &err, "say");
    return text;
}

static void test_by_fax_the_content_is_in_the_letter(void **state)
{
    struct fx *fx = *state;
    struct tsk_notices found;
    int64_t sheet;

    fx_verify(fx, "緑橋クリニック", "fax");
    sheet = told(fx, "fax");
    found = fx_notices(fx, sheet, "outcome-clinic", "queued");
    assert_int_equal(found.count, 1);
    assert_string_equal(found.items[0].channel, "fax");
    assert_null(strstr(found.items[0].body, FX_PATIENT_NAME)); /* the records keep no word of it */
    const struct tsk_enclosure out = enclosed(fx, &found.items[0]);
    assert_non_null(strstr(out.body, "患者氏名: " FX_PATIENT_NAME " 様"));
    assert_non_null(strstr(out.body, "生年月日: 昭和6年5月2日"));
    assert_non_null(strstr(out.body, CONTENT));
    assert_non_null(strstr(out.body, "移動期日: 令和8年11月18日"));
    assert_non_null(strstr(out.body, "転院先: 髙橋"));
    assert_non_null(strstr(out.body, "緑橋クリニック 池田 一郎 先生"));
    assert_int_equal(out.page_count, 0);
}

static void test_a_mail_says_only_that_it_comes(void **state)
{
    struct fx *fx = *state;
    struct tsk_notices mails;
    int64_t sheet;

    fx_verify(fx, "緑橋クリニック", "fax");
    fx_verify(fx, "緑橋クリニック", "email");
    sheet = told(fx, "email");
    assert_string_equal(fx_notices(fx, sheet, "outcome-clinic", "queued").items[0].channel, "fax");
    mails = fx_notices(fx, sheet, "outcome-clinic.mail", "queued");
    assert_int_equal(mails.count, 1);
    assert_string_equal(mails.items[0].channel, "email");
    assert_int_equal(mails.items[0].kind, TSK_NOTICE_ALERT);
    assert_null(strstr(mails.items[0].body, FX_PATIENT_NAME));
    assert_null(strstr(mails.items[0].body, CONTENT));
    fx_route(fx, sheet); /* again: nothing new */
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic.mail", NULL), 1);
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", NULL), 1);
}

static void test_without_a_fax_a_person_calls(void **state)
{
    struct fx *fx = *state;
    struct tsk_todos todos;
    int64_t sheet;

    fx_verify(fx, "緑橋クリニック", "email");
    sheet = told(fx, "email");
    todos = fx_todos(fx, sheet, "call");
    assert_int_equal(todos.count, 1);
    assert_null(strstr(todos.items[0].text, FX_PATIENT_NAME));
    assert_non_null(strstr(say(fx, &todos.items[0]), FX_PATIENT_NAME));
    assert_non_null(strstr(say(fx, &todos.items[0]), CONTENT));
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic.mail", "queued"), 1);
    fx_withdraw_consent(fx, fx_case(fx, sheet), "medical");
    assert_string_equal(say(fx, &todos.items[0]), ""); /* what may not be told any more is not shown to be told */
}

static void test_whoever_opens_links_needs_no_more(void **state)
{
    struct fx *fx = *state;
    struct tsk_err err = { 0 };
    int64_t sheet;

    fx->config.mail.link_base = "https://tasuki.example.jp";
    fx_verify(fx, "緑橋クリニック", "email");
    fx_must(tsk_directory_prefer(fx->store, &tsk_scope_all, fx_institution(fx, "緑橋クリニック"), TSK_NOTICE_EACH, true,
                                 "test", &err),
            &err, "prefer");
    sheet = told(fx, "email");
    assert_string_equal(fx_notices(fx, sheet, "outcome-clinic", "queued").items[0].channel, "email");
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic.mail", NULL), 0);
}

static void agree(struct fx *fx, const char *name)
{
    static const struct tsk_agreed agreed = { "phone", "山本" };
    char passphrase[TSK_PASSPHRASE_SIZE] = "";
    struct tsk_err err = { 0 };

    fx_must(tsk_passphrase_set(passphrase, fx->store, &tsk_scope_all, fx_institution(fx, name), &agreed, "佐藤", &err),
            &err, "passphrase");
}

static const char *may_go(struct fx *fx, const struct tsk_notice *notice)
{
    const char *reason = NULL;
    struct tsk_err err = { 0 };

    fx_must(tsk_route_may_go(&reason, fx->routing, fx->store, notice, fx->arena, &err), &err, "may go");
    return reason;
}

static void test_an_encrypted_letter(void **state)
{
    struct fx *fx = *state;
    struct tsk_notices found;
    struct tsk_err err = { 0 };
    int64_t sheet;

    fx_verify(fx, "緑橋クリニック", "email");
    agree(fx, "緑橋クリニック");
    sheet = told(fx, "email");
    found = fx_notices(fx, sheet, "outcome-clinic", "queued");
    assert_int_equal(found.count, 1);
    assert_string_equal(found.items[0].channel, "letter");
    assert_int_equal(found.items[0].kind, TSK_NOTICE_DISCLOSURE);
    assert_null(strstr(found.items[0].body, FX_PATIENT_NAME));
    assert_null(strstr(found.items[0].body, CONTENT));
    assert_non_null(strstr(found.items[0].body, "合言葉"));
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic.mail", NULL), 0);
    assert_int_equal(fx_todo_count(fx, sheet, "call"), 0);
    const struct tsk_enclosure out = enclosed(fx, &found.items[0]);
    assert_non_null(strstr(out.body, FX_PATIENT_NAME));
    assert_non_null(strstr(out.body, CONTENT));
    assert_null(may_go(fx, &found.items[0]));
    fx_must(tsk_passphrase_revoke(fx->store, &tsk_scope_all, fx_institution(fx, "緑橋クリニック"), "鈴木", &err), &err,
            "revoke");
    assert_non_null(strstr(may_go(fx, &found.items[0]), "合言葉"));
    agree(fx, "緑橋クリニック");
    fx_withdraw_consent(fx, fx_case(fx, sheet), "medical");
    assert_non_null(strstr(may_go(fx, &found.items[0]), "取り下げ"));
}

/* It was queued, the agreement ends: it does not leave, and a person says the content. */
static void test_without_the_passphrase_it_is_said(void **state)
{
    struct fx *fx = *state;
    struct tsk_err err = { 0 };
    int64_t sheet;

    fx_verify(fx, "緑橋クリニック", "email");
    agree(fx, "緑橋クリニック");
    sheet = told(fx, "email");
    fx_must(tsk_passphrase_revoke(fx->store, &tsk_scope_all, fx_institution(fx, "緑橋クリニック"), "鈴木", &err), &err,
            "revoke");
    fx_send(fx);
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "queued"), 0);
    assert_int_equal(fx_todo_count(fx, sheet, "call"), 1);
}

/* By fax alone, where the sheet asks for that. */
static void test_the_way_ticked_goes_before_a_letter(void **state)
{
    struct fx *fx = *state;
    int64_t sheet;

    fx_verify(fx, "緑橋クリニック", "fax");
    fx_verify(fx, "緑橋クリニック", "email");
    agree(fx, "緑橋クリニック");
    sheet = told(fx, "fax");
    assert_string_equal(fx_notices(fx, sheet, "outcome-clinic", "queued").items[0].channel, "fax");
}

/* Whatever the sheet is: its free text is read too, and a word that only begins alike is none. */
static void test_news_of_a_facility_on_any_sheet(void **state)
{
    static const struct {
        const char *message;
        size_t alerts;
    } rows[] = { { "?来週、老健へ移る予定です", 1 },
                 { "ホームヘルパーを増やします", 0 },
                 { "ホームヘルパーをやめ、老人ホームを探しています", 1 },
                 { "お変わりありません", 0 } };
    struct fx *fx = *state;

    for (size_t i = 0; i < TSK_COUNT(rows); i++) {
        const struct fx_value values[] = { { "message", rows[i].message }, { NULL, NULL } };
        int64_t sheet = fx_sheet(fx, "care-liaison", values);

        assert_int_equal(fx_notice_count(fx, sheet, "facility-coordination", "queued"), rows[i].alerts);
        assert_int_equal(fx_todo_count(fx, sheet, "facility"), rows[i].alerts);
    }
}

static void receive(struct fx *fx, const char *spool_id, const char *sender)
{
    char none[] = "";
    const struct tsk_reading reading = { .state = TSK_PAGE_NO_FORM, .reason = none };
    const struct tsk_page_new page = { .reading = &reading, .image = "", .crops = "" };
    const struct tsk_versions versions = { "r", "w", "c" };
    char sha256[TSK_SHA256_HEX];
    const struct tsk_document_new document = { .spool_id = spool_id,
                                               .office = "higashinari",
                                               .source = "test",
                                               .sender = sender,
                                               .name = "letter.tif",
                                               .received = "2026-11-25T01:00:00.000Z",
                                               .sha256 = sha256,
                                               .media = "image/tiff" };
    struct tsk_document_added added;
    struct tsk_err err = { 0 };

    tsk_sha256_hex(spool_id, strlen(spool_id), sha256);
    fx_must(tsk_store_begin(fx->store, &err), &err, "begin");
    fx_must(tsk_document_add(&added, fx->store, &document, &page, 1, &versions, fx->arena, &err), &err, "add");
    assert_int_equal(added.sheet_count, 0);
    fx_must(tsk_route_received(fx->routing, fx->store, spool_id, &err), &err, "received");
    fx_must(tsk_store_commit(fx->store, &err), &err, "commit");
}

/* A page of no form: whoever sent it, known and verified, hears that it is here; not without end. */
static void test_a_receipt_for_a_page_of_no_form(void **state)
{
    struct fx *fx = *state;
    struct tsk_notices found;
    char id[TSK_ID_SIZE];

    tsk_id_new(id);
    receive(fx, id, "0622220001");
    assert_int_equal(fx_notice_count(fx, 0, "received-sender-other", NULL), 0); /* nothing of it is verified */
    fx_verify(fx, "緑橋クリニック", "fax");
    tsk_id_new(id);
    receive(fx, id, "09000000000");
    assert_int_equal(fx_notice_count(fx, 0, "received-sender-other", NULL), 0); /* a stranger */
    for (int i = 0; i < 7; i++) {
        tsk_id_new(id);
        receive(fx, id, "0622220001");
    }
    found = fx_notices(fx, 0, "received-sender-other", "queued");
    assert_int_equal(found.count, 5);
    assert_int_equal(found.items[0].kind, TSK_NOTICE_ALERT);
    assert_string_equal(found.items[0].channel, "fax");
    assert_non_null(strstr(found.items[0].body, "受信した枚数: 1 枚"));
    assert_null(strstr(found.items[0].body, "案件番号"));
}

static int tell(struct fx *fx, const char *number, const char *name, const char *way, int64_t when_ms,
                struct tsk_err *err)
{
    const struct tsk_telling telling = { .institution = fx_institution(fx, name),
                                         .person = "山本",
                                         .what = "退院の予定日",
                                         .way = way,
                                         .when_ms = when_ms };

    *err = (struct tsk_err){ 0 };
    return tsk_route_tell(fx->routing, fx->store, &tsk_scope_all, number, &telling, "佐藤", err);
}

static struct tsk_ledger ledger_of(struct fx *fx, const char *number)
{
    struct tsk_ledger ledger;
    struct tsk_err err = { 0 };

    fx_must(tsk_ledger_list(&ledger, fx->store, &tsk_scope_all, number, fx->arena, &err), &err, "ledger");
    return ledger;
}

/* By telephone, over the counter, by post: a disclosure like any other. */
static void test_what_a_person_told(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_referral(fx, NULL);
    struct tsk_err err;
    const char *number;

    fx_confirm(fx, sheet);
    number = fx_case(fx, sheet);
    const size_t before = ledger_of(fx, number).count;
    assert_int_equal(tell(fx, number, "緑橋クリニック", "phone", 0, &err), -1);
    assert_non_null(strstr(err.text, "同意が記録されていません"));
    fx_consent(fx, number, "medical");
    const size_t refused = ledger_of(fx, number).count;
    assert_int_equal(tell(fx, number, "東成区役所", "hand", 0, &err),
                     -1); /* the ward office is none of the institutions */
    assert_non_null(strstr(err.text, "明示の同意"));
    assert_int_equal(tell(fx, number, "緑橋クリニック", "phone", tsk_wall_ms() - 3600000, &err), -1);
    assert_non_null(strstr(err.text, "まだ同意が得られていませんでした"));
    assert_int_equal(tell(fx, number, "緑橋クリニック", "phone", tsk_wall_ms() + 3600000, &err), -1);
    assert_int_equal(tell(fx, number, "緑橋クリニック", "email", 0, &err), -1);
    assert_int_equal(tell(fx, number, "緑橋クリニック", "fax", 0, &err), -1); /* nobody verified the number */
    assert_int_equal(ledger_of(fx, number).count, refused);
    fx_must(tell(fx, number, "緑橋クリニック", "phone", 0, &err), &err, "tell");
    fx_must(tell(fx, number, "緑橋クリニック", "post", 0, &err), &err, "tell again");
    const struct tsk_ledger ledger = ledger_of(fx, number);
    assert_true(before <= refused);
    assert_int_equal(ledger.count, refused + 2);
    const struct tsk_ledger_line *line = &ledger.items[ledger.count - 2];
    assert_string_equal(line->what, "by_hand");
    assert_string_equal(line->said, "退院の予定日");
    assert_string_equal(line->channel, "phone");
    assert_string_equal(line->destination, "山本");
    assert_string_equal(line->by, "佐藤");
    assert_string_not_equal(line->consent_how, "");
    fx_send(fx); /* nothing of it leaves by itself */
    assert_int_equal(fx_notice_count(fx, 0, "by-hand", "sent"), 2);
}

static void verify_printed(struct fx *fx)
{
    const struct tsk_institution_edit edit = { .kind = "coordination_office",
                                               .name = "受信専用",
                                               .department = "",
                                               .ward = "東成区",
                                               .fax = FORM_FAX,
                                               .email = "",
                                               .phone = "" };
    struct tsk_err err = { 0 };
    enum tsk_verified result;
    int64_t id = 0;

    fx_must(tsk_directory_edit(&id, fx->store, &tsk_scope_all, "higashinari", &edit, "test", &err), &err, "edit");
    fx_must(tsk_directory_verify(&result, fx->store, &tsk_scope_all, id, "fax", "letterhead", "one", &err), &err,
            "one");
    fx_must(tsk_directory_verify(&result, fx->store, &tsk_scope_all, id, "fax", "letterhead", "two", &err), &err,
            "two");
}

static void test_the_hospital_gets_its_sheets(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_referral(fx, NULL);
    struct tsk_notices found;

    fx_verify(fx, "大阪今里病院", "fax");
    fx_confirm(fx, sheet);
    assert_non_null(strstr(fx_decision(fx, sheet, "referral-hospital")->reason, "同意"));
    fx_consent(fx, fx_case(fx, sheet), "medical");
    assert_non_null(strstr(fx_decision(fx, sheet, "referral-hospital")->reason, "返送先の番号"));
    assert_int_equal(fx_notice_count(fx, sheet, "referral-hospital", "refused"), 1);
    verify_printed(fx);
    fx_route(fx, sheet);
    found = fx_notices(fx, sheet, "referral-hospital", "queued");
    assert_int_equal(found.count, 1);
    const struct tsk_enclosure out = enclosed(fx, &found.items[0]);
    assert_null(out.reason);
    assert_int_equal(out.page_count, 2);
    assert_memory_equal(out.pages[0].bytes, "II*", 3);
    assert_memory_equal(out.pages[1].bytes, "II*", 3);
}

static void test_a_returned_sheet_brings_no_new_one(void **state)
{
    struct fx *fx = *state;
    int64_t sheet;

    fx_verify(fx, "大阪今里病院", "fax");
    fx_verify(fx, "緑橋クリニック", "fax");
    verify_printed(fx);
    sheet = told(fx, "fax");
    assert_null(fx_decision(fx, sheet, "referral-hospital"));
}

static void test_news_of_a_facility(void **state)
{
    static const struct fx_value named[] = { { "destination", "?特別養護老人ホーム東成苑" }, { NULL, NULL } };
    static const struct fx_value hospital[] = { { "destination", "髙橋病院" }, { NULL, NULL } };
    struct fx *fx = *state;
    int64_t sheet = fx_outcome(fx, named); /* nobody has confirmed it, and the name itself is in doubt */
    struct tsk_notices found = fx_notices(fx, sheet, "facility-coordination", "queued");
    struct tsk_todos todos = fx_todos(fx, sheet, "facility");

    assert_int_equal(found.count, 1);
    assert_string_equal(found.items[0].channel, "email");
    assert_string_equal(found.items[0].destination, "keitai@mobile.example.jp");
    assert_null(strstr(found.items[0].body, FX_PATIENT_NAME));
    assert_null(strstr(found.items[0].body, "東成苑"));
    assert_int_equal(todos.count, 1);
    fx_confirm(fx, sheet);
    assert_int_equal(fx_notice_count(fx, sheet, "facility-coordination", NULL), 1);
    assert_int_equal(fx_notice_count(fx, fx_outcome(fx, hospital), "facility-coordination", NULL), 0);
}

static void test_the_sender_gets_a_receipt(void **state)
{
    struct fx *fx = *state;
    int64_t sheet;
    struct tsk_notices found;

    fx->sender = "0622220001"; /* as the line tells it */
    assert_int_equal(fx_notice_count(fx, fx_referral(fx, NULL), "received-sender", NULL),
                     0); /* nothing of it is verified */
    fx_verify(fx, "緑橋クリニック", "email");
    sheet = fx_referral(fx, NULL);
    assert_int_equal(fx_notice_count(fx, sheet, "received-sender", "queued"), 1);
    found = fx_notices(fx, sheet, "received-sender", "queued");
    assert_string_equal(found.items[0].channel, "email"); /* its fax number is not verified */
    assert_non_null(strstr(found.items[0].body, "受信した枚数: 1 枚"));
    assert_non_null(strstr(found.items[0].body, "緊急の連絡には使えません"));
    assert_non_null(strstr(found.items[0].body, "平日 9:00"));
    assert_null(strstr(found.items[0].body, FX_PATIENT_NAME));
    fx_verify(fx, "緑橋クリニック", "fax");
    sheet = fx_outcome(fx, NULL);
    assert_string_equal(fx_notices(fx, sheet, "received-sender", "queued").items[0].channel, "fax");
    fx->config.fax.channel = TSK_FAX_BY_HAND; /* nobody faxes receipts by hand */
    sheet = fx_sheet(fx, "outcome", (const struct fx_value[]){ { NULL, NULL } });
    assert_string_equal(fx_notices(fx, sheet, "received-sender", "queued").items[0].channel, "email");
    fx->sender = "09000000000";
    sheet = fx_sheet(fx, "outcome", (const struct fx_value[]){ { "patient_name", "x" }, { NULL, NULL } });
    assert_int_equal(fx_notice_count(fx, sheet, "received-sender", NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(test_by_fax_the_content_is_in_the_letter),
                                        TEST(test_a_mail_says_only_that_it_comes),
                                        TEST(test_without_a_fax_a_person_calls),
                                        TEST(test_whoever_opens_links_needs_no_more),
                                        TEST(test_an_encrypted_letter),
                                        TEST(test_what_a_person_told),
                                        TEST(test_without_the_passphrase_it_is_said),
                                        TEST(test_the_way_ticked_goes_before_a_letter),
                                        TEST(test_the_hospital_gets_its_sheets),
                                        TEST(test_a_returned_sheet_brings_no_new_one),
                                        TEST(test_news_of_a_facility),
                                        TEST(test_news_of_a_facility_on_any_sheet),
                                        TEST(test_the_sender_gets_a_receipt),
                                        TEST(test_a_receipt_for_a_page_of_no_form) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
