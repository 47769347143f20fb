/* What becomes of inquiries when sheets come, people act and days pass. The clock of this program stands at a Wednesday morning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/date.h"
#include "casework/casework.h"
#include "fixture.h"
#include "records/by_hand.h"
#include "records/case_close.h"
#include "records/ledger.h"
#include "records/passphrase.h"
#include "vault/keyfile.h"
#include "vault/vault.h"

#define FORM_FAX "06-4306-3829" /* as the form prints it */

static struct tsk_vault *vault;

/* 2026-12-02 10:30 in Japan, before anybody has asked for the time. */
static void stop_clock(void)
{
    char text[64];
    int64_t wanted = 0;

    (void)tsk_stamp_parse("2026-12-02T10:30:00+09:00", &wanted);
    snprintf(text, sizeof text, "rate=1,offset_s=%lld", (long long)(wanted / 1000 - (int64_t)time(NULL)));
    setenv("TASUKI_CLOCK", text, 1);
}

static void must(int rc, const struct tsk_err *err)
{
    if (rc != 0)
        fail_msg("%s", err->text);
}

static void verify_form_number(struct fx *fx)
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

    must(tsk_directory_edit(&id, fx->store, &tsk_scope_all, "higashinari", &edit, "test", &err), &err);
    must(tsk_directory_verify(&result, fx->store, &tsk_scope_all, id, "fax", "letterhead", "one", &err), &err);
    must(tsk_directory_verify(&result, fx->store, &tsk_scope_all, id, "fax", "letterhead", "two", &err), &err);
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
    snprintf(path, sizeof path, "%s/site.key", fx->dir);
    tsk_key_new(&key);
    if (tsk_keyfile_write(path, &key, 1, &err) != 0 || tsk_vault_open(&vault, path, NULL, &err) != 0)
        return -1;
    tsk_store_keys(fx->store, vault);
    fx->config.fax.channel = TSK_FAX_MANUAL;
    fx->config.inquiries = (struct tsk_inquiry_config){ .after_days = 21,
                                                        .again_days = 14,
                                                        .planned_days = 3,
                                                        .due_days = 7,
                                                        .limit = 3,
                                                        .pages_max = 20,
                                                        .minute = 10 * 60,
                                                        .department = "地域医療連携室" };
    tsk_casework_attach(fx->routing);
    verify_form_number(fx);
    fx_verify(fx, "大阪今里病院", "fax");
    return 0;
}

static int teardown(void **state)
{
    int rc = fx_teardown(state);

    tsk_vault_close(&vault);
    return rc;
}

static void tick(struct fx *fx)
{
    struct tsk_err err = { 0 };

    must(tsk_casework_tick(fx->routing, fx->store, &err), &err);
}

/* A referral of 2 November that a person confirmed, with consent: due since the 23rd. */
static const char *waiting_case(struct fx *fx, const char *name)
{
    const struct fx_value changes[] = { { "patient_name", name }, { NULL, NULL } };
    int64_t sheet = fx_referral(fx, name != NULL ? changes : NULL);
    const char *number;

    fx_confirm(fx, sheet);
    number = fx_case(fx, sheet);
    fx_consent(fx, number, "medical");
    return number;
}

static const struct tsk_inquiry *only(struct fx *fx, const char *number)
{
    const struct tsk_inquiry_filter filter = { .case_number = number };
    struct tsk_inquiries found;
    struct tsk_err err = { 0 };

    must(tsk_inquiry_list(&found, fx->store, &tsk_scope_all, &filter, fx->arena, &err), &err);
    return found.count == 0 ? NULL : &found.items[found.count - 1];
}

static const char *state_of(struct fx *fx, const char *number)
{
    const struct tsk_wait_filter filter = { .case_number = number };
    struct tsk_wait_rows found;
    struct tsk_err err = { 0 };

    must(tsk_wait_list(&found, fx->store, &tsk_scope_all, &filter, fx->arena, &err), &err);
    assert_int_equal(found.count, 1);
    return found.items[0].state;
}

static struct tsk_notices calls(struct fx *fx, const char *state)
{
    const struct tsk_notice_filter filter = { .event = TSK_EVENT_CALL, .state = state };
    struct tsk_notices found;
    struct tsk_err err = { 0 };

    must(tsk_notice_list(&found, fx->store, &tsk_scope_all, &filter, fx->arena, &err), &err);
    return found;
}

static struct tsk_enclosure enclosed(struct fx *fx, const struct tsk_notice *notice)
{
    struct tsk_enclosure out;
    struct tsk_err err = { 0 };

    must(tsk_route_enclose(&out, fx->routing, fx->store, notice, fx->arena, &err), &err);
    return out;
}

static void test_one_call_a_hospital(void **state)
{
    struct fx *fx = *state;
    const char *one = waiting_case(fx, NULL), *two = waiting_case(fx, "田中 一郎");
    struct tsk_notices found;
    struct tsk_enclosure out;

    tick(fx);
    tick(fx);
    found = calls(fx, "queued");
    assert_int_equal(found.count, 1);
    assert_string_equal(found.items[0].channel, "fax");
    assert_null(strstr(found.items[0].body, "田中"));
    assert_string_equal(only(fx, one)->state, "calling");
    assert_string_equal(only(fx, two)->state, "calling");
    out = enclosed(fx, &found.items[0]);
    assert_null(out.reason);
    assert_int_equal(out.page_count, 2);
    assert_non_null(strstr(out.body, "田中 一郎 様"));
    assert_non_null(strstr(out.body, one));
    assert_non_null(strstr(out.record, one));
    assert_null(strstr(out.record, "田中"));
    assert_memory_equal(out.pages[0].bytes, "II*", 3);
}

static void withdraw(struct fx *fx, const char *number)
{
    struct tsk_err err = { 0 };

    fx_withdraw_consent(fx, number, "medical");
    must(tsk_route_case(fx->routing, fx->store, number, &err), &err);
}

static void test_withdrawn_consent_takes_back_at_once(void **state)
{
    struct fx *fx = *state;
    const char *one = waiting_case(fx, NULL), *two = waiting_case(fx, "田中 一郎");
    struct tsk_notices found;

    tick(fx);
    withdraw(fx, one);
    assert_string_equal(only(fx, one)->state, "cancelled");
    assert_string_equal(state_of(fx, one), "no_consent");
    found = calls(fx, "queued");
    assert_int_equal(found.count, 1);
    assert_int_equal(enclosed(fx, &found.items[0]).page_count, 1);
    withdraw(fx, two);
    assert_int_equal(calls(fx, "queued").count, 0);
    assert_int_equal(calls(fx, "cancelled").count, 1);
}

static void test_without_consent_nobody_is_asked(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_referral(fx, NULL), id;
    struct tsk_err err = { 0 };

    fx_confirm(fx, sheet);
    tick(fx);
    assert_null(only(fx, fx_case(fx, sheet)));
    assert_int_equal(tsk_casework_ask(&id, fx->routing, fx->store, &tsk_scope_all, fx_case(fx, sheet), "佐藤", &err),
                     -1);
    assert_int_equal(err.kind, TSK_REJECT);
}

static const struct fx_value in_hospital[] = { { "inquiry_status", "in_hospital" }, { "planned_date.year", "8" },
                                               { "planned_date.month", "12" },      { "planned_date.day", "20" },
                                               { "@planned_date", "2026-12-20" },   { NULL, NULL } };

static void test_the_page_comes_back(void **state)
{
    struct fx *fx = *state;
    const char *number = waiting_case(fx, NULL);
    const struct tsk_wait_filter filter = { .case_number = number };
    struct tsk_wait_rows rows;
    struct tsk_err err = { 0 };
    int64_t page;

    tick(fx);
    page = fx_sheet(fx, "inquiry", in_hospital);
    fx_link(fx, page, number);
    assert_string_equal(state_of(fx, number), "look");
    assert_string_equal(only(fx, number)->state, "cancelled"); /* it had not gone out yet */
    fx_confirm(fx, page);
    must(tsk_wait_list(&rows, fx->store, &tsk_scope_all, &filter, fx->arena, &err), &err);
    assert_string_equal(rows.items[0].state, "waiting");
    assert_string_equal(rows.items[0].ask_on, "2026-12-23");
    tick(fx);
    assert_int_equal(calls(fx, "queued").count, 0);
}

/* As the sender and the fax line would have it. */
static void deliver(struct fx *fx)
{
    struct tsk_err err = { 0 };
    struct tsk_notices claimed;

    for (;;) {
        must(tsk_notice_claim(&claimed, fx->store, &tsk_scope_all, "test", INT64_C(1796200000000), 60000, fx->arena,
                              &err),
             &err);
        if (claimed.count == 0)
            break;
        for (size_t i = 0; i < claimed.count; i++)
            must(tsk_notice_result(fx->store, &tsk_scope_all, claimed.items[i].id, TSK_NOTICE_DELIVERED, 0, "ok", &err),
                 &err);
    }
}

static size_t pages_told(struct fx *fx, const char *number)
{
    struct tsk_ledger ledger;
    struct tsk_err err = { 0 };
    size_t count = 0;

    must(tsk_ledger_list(&ledger, fx->store, &tsk_scope_all, number, fx->arena, &err), &err);
    for (size_t i = 0; i < ledger.count; i++)
        count += strcmp(ledger.items[i].what, "inquiry") == 0;
    return count;
}

static void start_sending(struct fx *fx, const char *call)
{
    struct tsk_err err = { 0 };
    struct tsk_notices claimed;

    do {
        must(tsk_notice_claim(&claimed, fx->store, &tsk_scope_all, "test", INT64_C(1796200000000), 60000, fx->arena,
                              &err),
             &err);
        assert_int_equal(claimed.count, 1);
    } while (strcmp(claimed.items[0].id, call) != 0);
}

/* Taken back while the fax was leaving: it is a line of the ledger, unless the fax did not arrive. */
static void leaving_ends(struct fx *fx, enum tsk_notice_state end, size_t told)
{
    struct tsk_err err = { 0 };
    const char *number = waiting_case(fx, NULL);

    tick(fx);
    const char *call = only(fx, number)->call;
    start_sending(fx, call);
    withdraw(fx, number);
    assert_string_equal(only(fx, number)->state, "cancelled");
    assert_int_equal(pages_told(fx, number), 1);
    must(tsk_notice_result(fx->store, &tsk_scope_all, call, end, 0, "", &err), &err);
    assert_int_equal(pages_told(fx, number), told);
}

static void test_a_page_that_was_leaving_and_arrived(void **state)
{
    leaving_ends(*state, TSK_NOTICE_DELIVERED, 1);
}

static void test_a_page_that_was_leaving_and_may_have_arrived(void **state)
{
    leaving_ends(*state, TSK_NOTICE_UNKNOWN, 1);
}

static void test_a_page_that_was_leaving_and_met_a_busy_line(void **state)
{
    leaving_ends(*state, TSK_NOTICE_QUEUED, 0);
}

/* What the hospital has in its hands is not untold by a consent that ends; what never left was never told. */
static void test_a_page_that_left_stays_in_the_ledger(void **state)
{
    struct fx *fx = *state;
    const char *asked = waiting_case(fx, NULL), *queued;

    tick(fx);
    deliver(fx);
    tick(fx);
    queued = waiting_case(fx, "田中 一郎");
    tick(fx);
    assert_string_equal(only(fx, asked)->state, "asked");
    withdraw(fx, asked);
    withdraw(fx, queued);
    assert_string_equal(only(fx, asked)->state, "cancelled");
    assert_string_equal(only(fx, queued)->state, "cancelled");
    assert_int_equal(pages_told(fx, asked), 1);
    assert_int_equal(pages_told(fx, queued), 0);
}

static void test_asked_and_answered_with_an_outcome(void **state)
{
    static const struct fx_value moved[] = { { "inquiry_status", "moved" },  { "outcome", "transfer" },
                                             { "destination", "髙橋病院" },  { "move_date.year", "8" },
                                             { "move_date.month", "11" },    { "move_date.day", "5" },
                                             { "@move_date", "2026-11-05" }, { NULL, NULL } };
    struct fx *fx = *state;
    const char *number = waiting_case(fx, NULL);
    int64_t page;
    struct tsk_err err = { 0 };

    tick(fx);
    deliver(fx);
    tick(fx);
    assert_string_equal(only(fx, number)->state, "asked");
    assert_string_equal(only(fx, number)->due, "2026-12-09");
    page = fx_sheet(fx, "inquiry", moved);
    fx_link(fx, page, number);
    fx_confirm(fx, page);
    assert_string_equal(only(fx, number)->state, "answered");
    /* the page has no address: the ward is that of the referral */
    assert_int_equal(fx_notices(fx, page, "outcome-ward", "queued").count, 1);
    /* now it is the hospital that the patient was moved to, 21 days ago, and a person has to say so */
    tick(fx);
    assert_string_equal(only(fx, number)->state, "held");
    assert_string_equal(only(fx, number)->hospital, "髙橋病院");
    assert_int_equal(fx_todo_count(fx, 0, "inquiry_release"), 1);
    tick(fx);
    assert_int_equal(fx_todo_count(fx, 0, "inquiry_release"), 1);
    must(tsk_casework_release(fx->routing, fx->store, &tsk_scope_all, only(fx, number)->id, "佐藤", &err), &err);
    assert_int_equal(fx_todo_count(fx, 0, "inquiry_release"), 0);
    tick(fx); /* its number is not verified: a person hears of it, and nothing leaves */
    assert_string_equal(only(fx, number)->state, "planned");
    assert_int_equal(fx_todo_count(fx, 0, "inquiry_recipient"), 1);
    fx_verify(fx, "髙橋病院", "fax");
    tick(fx);
    assert_string_equal(only(fx, number)->state, "calling");
}

/* What the sheet has no box for: 転科 starts the clock anew, a facility ends it, and what is only planned is a person's to decide. */
static struct tsk_wait_row wait_after_other(struct fx *fx, const char *words)
{
    const struct tsk_told_value values[] = { { "move_date", "R8.11.18" },
                                             { "outcome", "other" },
                                             { "outcome_other", words } };
    const char *number = waiting_case(fx, NULL);
    const struct tsk_told told = { .office = "higashinari",
                                   .case_number = number,
                                   .form = "referral-status",
                                   .informant = "山本看護師",
                                   .how = "phone",
                                   .at = "2026-12-02T10:00:00+09:00",
                                   .by = "佐藤",
                                   .values = values,
                                   .value_count = TSK_COUNT(values),
                                   .sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
                                   .size_bytes = 10 };
    const struct tsk_wait_filter filter = { .case_number = number };
    char opened[TSK_CASE_NUMBER_SIZE];
    struct tsk_wait_rows found;
    struct tsk_err err = { 0 };
    int64_t sheet = 0;

    must(tsk_sheet_tell(&sheet, opened, fx->store, &tsk_scope_all, &told, &err), &err);
    must(tsk_route_sheet(fx->routing, fx->store, sheet, &err), &err);
    fx_confirm(fx, sheet);
    must(tsk_wait_list(&found, fx->store, &tsk_scope_all, &filter, fx->arena, &err), &err);
    assert_int_equal(found.count, 1);
    return found.items[0];
}

static void test_another_department(void **state)
{
    struct tsk_wait_row wait = wait_after_other(*state, "転科（内科）");

    assert_string_equal(wait.state, "waiting");
    assert_string_equal(wait.since, "2026-11-18");
}

static void test_into_a_facility(void **state)
{
    assert_string_equal(wait_after_other(*state, "施設入所（さくら苑）").state, "none");
}

static void test_a_facility_that_is_planned(void **state)
{
    assert_string_equal(wait_after_other(*state, "施設入所予定").state, "stuck");
}

static void test_other_words_are_a_question(void **state)
{
    assert_string_equal(wait_after_other(*state, "施設に空きがなく入院継続").state, "stuck");
}

static void test_other_words(void **state)
{
    assert_string_equal(wait_after_other(*state, "不明").state, "stuck");
}

/* What a nurse says on the telephone is a sheet like any other: the queued call goes at once when it is confirmed. */
static void test_an_outcome_by_telephone(void **state)
{
    static const struct tsk_told_value values[] = { { "move_date", "R8.11.20" }, { "outcome", "discharge" } };
    struct fx *fx = *state;
    const char *number = waiting_case(fx, NULL);
    const struct tsk_told told = { .office = "higashinari",
                                   .case_number = number,
                                   .form = "referral-status",
                                   .informant = "山本看護師",
                                   .how = "phone",
                                   .at = "2026-12-02T10:00:00+09:00",
                                   .by = "佐藤",
                                   .values = values,
                                   .value_count = TSK_COUNT(values),
                                   .sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
                                   .size_bytes = 10 };
    char opened[TSK_CASE_NUMBER_SIZE];
    struct tsk_err err = { 0 };
    int64_t sheet = 0;

    tick(fx);
    assert_string_equal(only(fx, number)->state, "calling");
    must(tsk_sheet_tell(&sheet, opened, fx->store, &tsk_scope_all, &told, &err), &err);
    must(tsk_route_sheet(fx->routing, fx->store, sheet, &err), &err);
    assert_string_equal(only(fx, number)->state, "cancelled"); /* somebody has an answer to look at */
    assert_int_equal(calls(fx, "queued").count, 0);
    fx_confirm(fx, sheet);
    assert_string_equal(state_of(fx, number), "none");
    tick(fx);
    assert_int_equal(calls(fx, "queued").count, 0);
}

static void test_a_case_that_is_closed(void **state)
{
    struct fx *fx = *state;
    const char *number = waiting_case(fx, NULL);
    const struct tsk_case_closing died = { .as = "died" };
    struct tsk_err err = { 0 };

    tick(fx);
    must(tsk_case_close(fx->store, &tsk_scope_all, number, &died, "佐藤", &err), &err);
    must(tsk_route_case(fx->routing, fx->store, number, &err), &err);
    assert_string_equal(state_of(fx, number), "closed");
    assert_string_equal(only(fx, number)->state, "cancelled");
    assert_int_equal(calls(fx, "cancelled").count, 1);
    must(tsk_case_reopen(fx->store, &tsk_scope_all, number, "書き間違い", "佐藤", &err), &err);
    must(tsk_route_case(fx->routing, fx->store, number, &err), &err);
    assert_string_equal(state_of(fx, number), "waiting");
}

static void test_by_hand(void **state)
{
    struct fx *fx = *state;
    const char *number = waiting_case(fx, NULL);
    struct tsk_err err = { 0 };
    int64_t id, again;

    fx->config.inquiries.after_days = 0;
    tick(fx);
    assert_null(only(fx, number));
    must(tsk_casework_ask(&id, fx->routing, fx->store, &tsk_scope_all, number, "佐藤", &err), &err);
    assert_int_equal(tsk_casework_ask(&again, fx->routing, fx->store, &tsk_scope_all, number, "佐藤", &err), -1);
    tick(fx);
    assert_string_equal(only(fx, number)->state, "calling");
    must(tsk_casework_cancel(fx->routing, fx->store, &tsk_scope_all, id, "電話で聞いた", "佐藤", &err), &err);
    assert_string_equal(only(fx, number)->state, "cancelled");
    assert_int_equal(calls(fx, "queued").count, 0);
}

static void test_no_page_with_a_number_that_nobody_verified(void **state)
{
    struct fx *fx = *state;
    const char *number = waiting_case(fx, NULL);
    struct tsk_err err = { 0 };
    int64_t id = 0;

    for (struct tsk_institutions list; id == 0;) {
        must(tsk_directory_list(&list, fx->store, &tsk_scope_all, NULL, fx->arena, &err), &err);
        for (size_t i = 0; i < list.count; i++)
            if (strcmp(list.items[i].name, "受信専用") == 0)
                id = list.items[i].id;
    }
    must(tsk_directory_doubt_fax(fx->store, &tsk_scope_all, id, "佐藤", &err), &err);
    tick(fx);
    assert_string_equal(only(fx, number)->state, "planned");
    assert_int_equal(calls(fx, NULL).count, 0);
    assert_int_equal(fx_todo_count(fx, 0, "inquiry_print"), 1);
}

/* No fax number is verified, and a passphrase is agreed: the call goes as an encrypted letter, nothing of a patient in the mail. */
static void test_a_call_as_an_encrypted_letter(void **state)
{
    static const struct tsk_agreed agreed = { "meeting", "山本" };
    struct fx *fx = *state;
    const char *number = waiting_case(fx, NULL);
    const int64_t hospital = fx_institution(fx, "大阪今里病院");
    char passphrase[TSK_PASSPHRASE_SIZE] = "";
    struct tsk_err err = { 0 };

    must(tsk_directory_doubt_fax(fx->store, &tsk_scope_all, hospital, "佐藤", &err), &err);
    tick(fx);
    assert_int_equal(calls(fx, NULL).count, 0);
    assert_int_equal(fx_todo_count(fx, 0, "inquiry_recipient"), 1);
    fx_verify(fx, "大阪今里病院", "email");
    must(tsk_passphrase_set(passphrase, fx->store, &tsk_scope_all, hospital, &agreed, "佐藤", &err), &err);
    tick(fx);
    const struct tsk_notices queued = calls(fx, "queued");
    assert_int_equal(queued.count, 1);
    assert_string_equal(queued.items[0].channel, "letter");
    assert_null(strstr(queued.items[0].body, FX_PATIENT_NAME));
    assert_non_null(strstr(queued.items[0].body, "合言葉"));
    const struct tsk_enclosure out = enclosed(fx, &queued.items[0]);
    assert_int_equal(out.page_count, 1);
    assert_non_null(strstr(out.body, FX_PATIENT_NAME));
    assert_non_null(strstr(out.body, number));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(test_one_call_a_hospital),
                                        TEST(test_withdrawn_consent_takes_back_at_once),
                                        TEST(test_a_page_that_left_stays_in_the_ledger),
                                        TEST(test_a_page_that_was_leaving_and_arrived),
                                        TEST(test_a_page_that_was_leaving_and_may_have_arrived),
                                        TEST(test_a_page_that_was_leaving_and_met_a_busy_line),
                                        TEST(test_without_consent_nobody_is_asked),
                                        TEST(test_the_page_comes_back),
                                        TEST(test_asked_and_answered_with_an_outcome),
                                        TEST(test_another_department),
                                        TEST(test_into_a_facility),
                                        TEST(test_other_words_are_a_question),
                                        TEST(test_a_facility_that_is_planned),
                                        TEST(test_other_words),
                                        TEST(test_an_outcome_by_telephone),
                                        TEST(test_a_case_that_is_closed),
                                        TEST(test_by_hand),
                                        TEST(test_no_page_with_a_number_that_nobody_verified),
                                        TEST(test_a_call_as_an_encrypted_letter) };

    stop_clock();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
