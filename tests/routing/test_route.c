/* Which events a sheet raises, who is told, what is refused, what a correction does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "routing/event.h"

static void assert_act(struct fx *fx, int64_t sheet, const char *rule, enum tsk_route_act act)
{
    const struct tsk_decision *decision = fx_decision(fx, sheet, rule);

    assert_non_null(decision);
    if (decision->act != act)
        fail_msg("%s: %s (%s), wanted %s", rule, tsk_route_act_name(decision->act), decision->reason,
                 tsk_route_act_name(act));
}

static bool raised(struct fx *fx, int64_t sheet, const char *id)
{
    struct tsk_events events;
    struct tsk_sheet found;
    struct tsk_err err = { 0 };

    fx_must(tsk_sheet_find(&found, fx->store, &tsk_scope_all, sheet, fx->arena, &err), &err, "sheet");
    tsk_events_of(&events, &found, &fx->config.routing);
    for (size_t i = 0; i < events.count; i++)
        if (strcmp(events.items[i].id, id) == 0 && events.items[i].stage == TSK_STAGE_RAISED)
            return true;
    return false;
}

static void test_sheet_received(void **state)
{
    static const char *const forms[] = { "referral-status", "outcome", "care-liaison", "admission-info" };
    static const struct fx_value none[] = { { NULL, NULL } };
    struct fx *fx = *state;

    for (size_t i = 0; i < TSK_COUNT(forms); i++) {
        int64_t sheet = fx_sheet(fx, forms[i], none);

        assert_true(raised(fx, sheet, "sheet.received"));
        assert_int_equal(fx_notice_count(fx, sheet, "received-coordination", "queued"), 1);
    }
}

static void test_referral_confirmed(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_referral(fx, NULL);

    assert_false(raised(fx, sheet, "referral.confirmed"));
    fx_confirm(fx, sheet);
    assert_true(raised(fx, sheet, "referral.confirmed"));
    assert_false(raised(fx, sheet, "outcome.confirmed"));
    assert_null(fx_decision(fx, sheet, "outcome-clinic"));
}

static void test_both_halves_raise_both(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_outcome(fx, NULL);

    fx_confirm(fx, sheet);
    assert_true(raised(fx, sheet, "referral.confirmed"));
    assert_true(raised(fx, sheet, "outcome.confirmed"));
    assert_int_equal(fx_notice_count(fx, sheet, "referral-ward", "queued"), 1);
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-ward", "queued"), 1);
}

static void test_request_letter_is_no_outcome(void **state)
{
    static const struct fx_value values[] = { { "patient_name", FX_PATIENT_NAME },
                                              { "request", "outcome_information,notice_before_facility" },
                                              { NULL, NULL } };
    struct fx *fx = *state;
    int64_t sheet = fx_sheet(fx, "outcome", values);

    fx_confirm(fx, sheet);
    assert_false(raised(fx, sheet, "outcome.confirmed"));
    assert_int_equal(fx_notice_count(fx, sheet, NULL, NULL), 1); /* the coordination office alone */
}

static void test_document_held(void **state)
{
    struct fx *fx = *state;
    struct tsk_document_added added;
    struct tsk_notices notices;
    struct tsk_err err = { 0 };
    char id[TSK_ID_SIZE], sha[TSK_SHA256_HEX];
    struct tsk_document_new document = {
        id, "higashinari", "test", "", "x.pdf", "2026-11-20T03:15:00.000Z", sha, 9, ""
    };

    tsk_id_new(id);
    tsk_sha256_hex(id, strlen(id), sha);
    fx_must(tsk_store_begin(fx->store, &err), &err, "begin");
    fx_must(tsk_document_hold(&added, fx->store, &document, "暗号化されています", fx->arena, &err), &err, "hold");
    for (int i = 0; i < 2; i++)
        fx_must(tsk_route_held(fx->routing, fx->store, id, &err), &err, "route");
    fx_must(tsk_store_commit(fx->store, &err), &err, "commit");
    notices = fx_notices(fx, 0, "held-coordination", "queued");
    assert_int_equal(notices.count, 1);
    assert_non_null(strstr(notices.items[0].body, "暗号化されています"));
    assert_int_equal(fx_todo_count(fx, 0, "held"), 1);
}

static void test_delivery_failed(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_referral(fx, NULL);
    struct tsk_notices notices = fx_notices(fx, sheet, "referral-ward", NULL);
    struct tsk_err err = { 0 };

    fx_must(tsk_store_begin(fx->store, &err), &err, "begin");
    for (int i = 0; i < 2; i++)
        fx_must(tsk_route_failed(fx->routing, fx->store, &notices.items[0], "550 5.1.1 no such user", &err), &err,
                "route");
    fx_must(tsk_store_commit(fx->store, &err), &err, "commit");
    notices = fx_notices(fx, sheet, "failed-coordination", "queued");
    assert_int_equal(notices.count, 1);
    assert_non_null(strstr(notices.items[0].body, "東成区役所"));
    assert_int_equal(fx_todo_count(fx, sheet, "delivery_failed"), 1);
    /* a failure of that notice breeds no further one */
    fx_must(tsk_store_begin(fx->store, &err), &err, "begin");
    fx_must(tsk_route_failed(fx->routing, fx->store, &notices.items[0], "550", &err), &err, "route");
    fx_must(tsk_store_commit(fx->store, &err), &err, "commit");
    assert_int_equal(fx_notice_count(fx, sheet, "failed-coordination", NULL), 1);
    assert_int_equal(fx_todo_count(fx, sheet, "delivery_failed"), 2);
}

static void test_repeating_adds_nothing(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_outcome(fx, NULL);
    size_t notices, todos;

    fx_link(fx, sheet, fx_case(fx, fx_referral(fx, NULL)));
    fx_confirm(fx, sheet);
    notices = fx_notice_count(fx, 0, NULL, NULL);
    todos = fx_todo_count(fx, 0, NULL);
    fx_route(fx, sheet);
    fx_confirm(fx, sheet);
    fx_restart(fx);
    fx_route(fx, sheet);
    assert_int_equal(fx_notice_count(fx, 0, NULL, NULL), notices);
    assert_int_equal(fx_todo_count(fx, 0, NULL), todos);
    assert_true(fx_send(fx) > 0);
    fx_route(fx, sheet);
    assert_int_equal(fx_notice_count(fx, 0, NULL, NULL), notices);
}

static void test_same_move_again_tells_nobody(void **state)
{
    struct fx *fx = *state;
    const char *number = fx_case(fx, fx_referral(fx, NULL));
    int64_t first = fx_outcome(fx, NULL), again;

    fx_verify(fx, "緑橋クリニック", "email");
    fx_consent(fx, number, "medical");
    fx_link(fx, first, number);
    fx_confirm(fx, first);
    assert_int_equal(fx_notice_count(fx, first, "outcome-ward", "queued"), 1);
    assert_int_equal(fx_notice_count(fx, first, "outcome-clinic", "queued"), 1);

    again = fx_outcome(fx, NULL);
    assert_int_equal(fx_notice_count(fx, again, "outcome-ward", NULL), 0); /* by the person's data, no case known yet */
    fx_link(fx, again, number);
    fx_confirm(fx, again);
    assert_true(raised(fx, again, "outcome.confirmed"));
    assert_int_equal(fx_notice_count(fx, again, "outcome-ward", NULL), 0);
    assert_int_equal(fx_notice_count(fx, again, "outcome-clinic", NULL), 0);
    assert_int_equal(fx_decision(fx, again, "outcome-clinic")->told_by, first);
    assert_int_equal(fx_notice_count(fx, again, "received-coordination", "queued"), 1); /* a sheet came all the same */
}

static void test_second_sheet_confirmed_first(void **state)
{
    struct fx *fx = *state;
    const char *number = fx_case(fx, fx_referral(fx, NULL));
    int64_t first = fx_outcome(fx, NULL), again = fx_outcome(fx, NULL);

    fx_verify(fx, "緑橋クリニック", "email");
    fx_consent(fx, number, "medical");
    fx_link(fx, again, number);
    fx_confirm(fx, again);
    assert_int_equal(fx_notice_count(fx, again, "outcome-clinic", "queued"), 1); /* the alert was the first sheet's */
    assert_int_equal(fx_notice_count(fx, 0, "outcome-ward", NULL), 1);
    fx_link(fx, first, number);
    fx_confirm(fx, first);
    assert_int_equal(fx_notice_count(fx, 0, "outcome-clinic", NULL), 1);
    assert_int_equal(fx_notice_count(fx, 0, "outcome-ward", NULL), 1);
}

static void test_twin_speaks_when_the_first_is_corrected(void **state)
{
    struct fx *fx = *state;
    const char *number = fx_case(fx, fx_referral(fx, NULL));
    int64_t first = fx_outcome(fx, NULL), again = fx_outcome(fx, NULL);

    fx_link(fx, first, number);
    fx_confirm(fx, first);
    fx_link(fx, again, number);
    fx_confirm(fx, again);
    assert_int_equal(fx_notice_count(fx, again, "outcome-ward", NULL), 0);
    fx_set(fx, first, "outcome", "discharge"); /* it was another move after all */
    assert_int_equal(fx_notice_count(fx, again, "outcome-ward", "queued"), 1);
    assert_int_equal(fx_notice_count(fx, 0, "outcome-ward", NULL), 2);
}

static void test_another_move_is_news(void **state)
{
    static const struct fx_value later[] = {
        { "move_date.day", "19" }, { "@move_date", "2026-11-19" }, { "outcome", "discharge" }, { NULL, NULL }
    };
    struct fx *fx = *state;
    const char *number = fx_case(fx, fx_referral(fx, NULL));
    int64_t first = fx_outcome(fx, NULL), second;

    fx_link(fx, first, number);
    fx_confirm(fx, first);
    second = fx_outcome(fx, later);
    fx_link(fx, second, number);
    fx_confirm(fx, second);
    assert_int_equal(fx_notice_count(fx, second, "outcome-ward", "queued"), 1);
    assert_int_equal(fx_notice_count(fx, second, "referral-ward", NULL), 0); /* the referral is the same */
}

static void test_same_content_of_another_case_is_news(void **state)
{
    static const struct fx_value other[] = { { "patient_kana", "オオタ ヒデコ" },
                                             { "@birth_date", "1940-01-01" },
                                             { NULL, NULL } };
    struct fx *fx = *state;
    int64_t one = fx_outcome(fx, NULL), two = fx_outcome(fx, other);

    fx_link(fx, one, fx_case(fx, fx_referral(fx, NULL)));
    fx_link(fx, two, fx_case(fx, fx_referral(fx, other)));
    fx_confirm(fx, one);
    fx_confirm(fx, two);
    assert_int_equal(fx_notice_count(fx, one, "outcome-ward", "queued"), 1);
    assert_int_equal(fx_notice_count(fx, two, "outcome-ward", "queued"), 1);
}

static const struct ward_case {
    const char *what, *address, *ward; /* of the sheet; a leading "?" waits for a person */
    enum tsk_route_act before, after;  /* confirmation */
    const char *who;                   /* "" = nobody */
} ward_cases[] = {
    { "accepted ward: at commit", FX_ADDRESS, "27115", TSK_ROUTE_SEND, TSK_ROUTE_SEND, "東成区役所" },
    { "unsure ward: at confirmation", FX_ADDRESS, "?27115", TSK_ROUTE_WAIT, TSK_ROUTE_SEND, "東成区役所" },
    { "ward of the address, not of clinic or hospital", "城東区中央1-2-3", "27118", TSK_ROUTE_SEND, TSK_ROUTE_SEND,
      "城東区役所" },
    { "another city by its code", "東大阪市高井田元町1-2-3", "27227", TSK_ROUTE_NONE, TSK_ROUTE_NONE, "" },
    { "another city by its name", "八尾市本町1-1-1", "", TSK_ROUTE_NONE, TSK_ROUTE_NONE, "" },
    { "another prefecture", "兵庫県尼崎市東七松町1-23-1", "", TSK_ROUTE_NONE, TSK_ROUTE_NONE, "" },
    { "no ward to be found: a person", "丁目不明", "", TSK_ROUTE_WAIT, TSK_ROUTE_TODO, "" },
    { "no address: a person", "", "", TSK_ROUTE_WAIT, TSK_ROUTE_TODO, "" },
    { "ward without an entry in the directory: a person", "西区新町1-1", "27106", TSK_ROUTE_TODO, TSK_ROUTE_TODO, "" },
    { "an office that wants none", "天王寺区上本町6-1", "27109", TSK_ROUTE_NONE, TSK_ROUTE_NONE, "天王寺区役所" },
    { "an office that wants a digest", "生野区勝山北1-1", "27116", TSK_ROUTE_SEND, TSK_ROUTE_SEND, "生野区役所" },
};

static void test_ward_office(void **state)
{
    struct fx *fx = *state;

    for (size_t i = 0; i < TSK_COUNT(ward_cases); i++) {
        const struct ward_case *c = &ward_cases[i];
        const struct fx_value changes[] = { { "patient_address", c->address }, { "@ward", c->ward }, { NULL, NULL } };
        int64_t sheet = fx_referral(fx, changes);
        const struct tsk_decision *decision = fx_decision(fx, sheet, "referral-ward");

        print_message("%s\n", c->what);
        assert_int_equal(decision->act, c->before);
        assert_int_equal(fx_notice_count(fx, sheet, "referral-ward", "queued"), c->before == TSK_ROUTE_SEND);
        fx_confirm(fx, sheet);
        decision = fx_decision(fx, sheet, "referral-ward");
        assert_int_equal(decision->act, c->after);
        assert_int_equal(strncmp(decision->recipient_name, c->who, strlen(c->who)), 0);
        assert_int_equal(fx_notice_count(fx, sheet, "referral-ward", "queued"), c->after == TSK_ROUTE_SEND);
        assert_int_equal(fx_todo_count(fx, sheet, "no_recipient"), c->after == TSK_ROUTE_TODO);
        assert_true(decision->act == TSK_ROUTE_SEND || decision->reason[0] != '\0'); /* never silence */
    }
}

static void test_outcome_alert_waits_while_it_may_be_a_repetition(void **state)
{
    static const struct fx_value unsure[] = { { "patient_kana", "?ヨシダ ハナコ" }, { NULL, NULL } };
    struct fx *fx = *state;
    int64_t sheet = fx_outcome(fx, unsure);

    assert_act(fx, sheet, "outcome-ward", TSK_ROUTE_WAIT);
    fx_confirm(fx, sheet);
    assert_act(fx, sheet, "outcome-ward", TSK_ROUTE_SEND);
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-ward", "queued"), 1);
}

static const struct repeat_case {
    const char *what, *first, *again; /* day of the referral on either sheet; a leading "?" waits for a person */
    enum tsk_route_act linked, settled;
} repeat_cases[] = {
    { "the date waits, and it is the same", "2026-11-20", "?2026-11-20", TSK_ROUTE_WAIT, TSK_ROUTE_NONE },
    { "the date of the first waits", "?2026-11-20", "2026-11-20", TSK_ROUTE_WAIT, TSK_ROUTE_NONE },
    { "the date waits, and it is another", "2026-11-13", "?2026-11-20", TSK_ROUTE_WAIT, TSK_ROUTE_SEND },
    { "the date is sure, and it is another", "2026-11-13", "2026-11-20", TSK_ROUTE_SEND, TSK_ROUTE_SEND },
};

static void test_referral_alert_waits_while_it_may_be_a_repetition(void **state)
{
    for (size_t i = 0; i < TSK_COUNT(repeat_cases); i++) {
        const struct repeat_case *c = &repeat_cases[i];
        const struct fx_value before[] = { { "@referral_date", c->first }, { NULL, NULL } };
        const struct fx_value after[] = { { "@referral_date", c->again }, { NULL, NULL } };
        int64_t first, again;
        struct fx *fx;

        print_message("%s\n", c->what);
        fx_teardown(state);
        fx_setup(state);
        fx = *state;
        first = fx_referral(fx, before);
        again = fx_outcome(fx, after);
        assert_act(fx, again, "referral-ward", TSK_ROUTE_WAIT); /* no case */
        fx_link(fx, again, fx_case(fx, first));
        assert_act(fx, again, "referral-ward", c->linked);
        assert_int_equal(fx_notice_count(fx, again, "referral-ward", NULL), c->linked == TSK_ROUTE_SEND);
        fx_confirm(fx, first);
        fx_confirm(fx, again);
        assert_act(fx, again, "referral-ward", c->settled);
        assert_int_equal(fx_notice_count(fx, 0, "referral-ward", "queued"), c->settled == TSK_ROUTE_SEND ? 2 : 1);
    }
}

/* The newer sheet is confirmed while the date of the older one, which told the ward office, still waits for a person. */
static void test_the_second_is_confirmed_before_the_first(void **state)
{
    static const struct {
        const char *first;
        size_t told;
    } rows[] = { { "?2026-11-20", 1 }, { "?2026-11-13", 2 } };

    for (size_t i = 0; i < TSK_COUNT(rows); i++) {
        const struct fx_value before[] = { { "@referral_date", rows[i].first }, { NULL, NULL } };
        const struct fx_value after[] = { { "@referral_date", "2026-11-20" }, { NULL, NULL } };
        int64_t first, again;
        struct fx *fx;

        fx_teardown(state);
        fx_setup(state);
        fx = *state;
        first = fx_referral(fx, before);
        again = fx_outcome(fx, after);
        fx_link(fx, again, fx_case(fx, first));
        fx_confirm(fx, again);
        assert_act(fx, again, "referral-ward", TSK_ROUTE_WAIT);
        assert_int_equal(fx_notice_count(fx, 0, "referral-ward", NULL), 1);
        fx_confirm(fx, first); /* and nobody touches the second again */
        assert_act(fx, again, "referral-ward", rows[i].told == 1 ? TSK_ROUTE_NONE : TSK_ROUTE_SEND);
        assert_int_equal(fx_notice_count(fx, 0, "referral-ward", "queued"), rows[i].told);
    }
}

/* Two cases that turn out to be one: both alerts are queued when it is seen. */
static void test_alert_is_cancelled_when_it_proves_a_repetition(void **state)
{
    static const bool first_is_out[] = { false, true };

    for (size_t i = 0; i < TSK_COUNT(first_is_out); i++) {
        int64_t first, again;
        struct fx *fx;

        fx_teardown(state);
        fx_setup(state);
        fx = *state;
        first = fx_referral(fx, NULL);
        if (first_is_out[i])
            fx_send(fx);
        again = fx_referral(fx, NULL);
        assert_int_equal(fx_notice_count(fx, again, "referral-ward", "queued"), 1);
        fx_link(fx, first, fx_case(fx, again));
        assert_int_equal(fx_notice_count(fx, first, "referral-ward", first_is_out[i] ? "delivered" : "cancelled"), 1);
        assert_int_equal(fx_notice_count(fx, again, "referral-ward", first_is_out[i] ? "cancelled" : "queued"), 1);
        assert_int_equal(fx_notice_count(fx, 0, "referral-ward", NULL), 2);
    }
}

static const struct early_case {
    const char *what, *address, *ward, *rule;
    bool leaves; /* before the case is known */
} early_cases[] = {
    { "an outcome that waits", FX_ADDRESS, "27115", "outcome-ward", false },
    { "an outcome that has left", FX_ADDRESS, "27115", "outcome-ward", true },
    { "an outcome for the digest", "生野区勝山北1-1", "27116", "outcome-ward", false },
    { "a sheet that came", FX_ADDRESS, "27115", "received-coordination", false },
    { "a sheet that came, told already", FX_ADDRESS, "27115", "received-coordination", true },
};

static void test_alert_from_before_its_case_was_known(void **state)
{
    for (size_t i = 0; i < TSK_COUNT(early_cases); i++) {
        const struct early_case *c = &early_cases[i];
        const struct fx_value changes[] = { { "patient_address", c->address }, { "@ward", c->ward }, { NULL, NULL } };
        struct tsk_notice before, after;
        const char *number;
        int64_t sheet;
        struct fx *fx;

        print_message("%s\n", c->what);
        fx_teardown(state);
        fx_setup(state);
        fx = *state;
        number = fx_case(fx, fx_referral(fx, NULL));
        sheet = fx_outcome(fx, changes);
        before = fx_notices(fx, sheet, c->rule, "queued").items[0];
        assert_string_equal(before.case_number, "");
        assert_non_null(strstr(before.body, "案件番号: 未定"));
        if (c->leaves)
            fx_send(fx);
        fx_link(fx, sheet, number);
        assert_int_equal(fx_notice_count(fx, sheet, c->rule, NULL), 1);
        after = fx_notices(fx, sheet, c->rule, c->leaves ? "delivered" : "queued").items[0];
        assert_string_equal(after.id, before.id);
        assert_string_equal(after.case_number, number);
        assert_string_equal(after.batch, before.batch);
        assert_string_equal(after.next_attempt, before.next_attempt);
        assert_int_equal(strstr(after.body, number) != NULL, !c->leaves);
    }
}

static void test_correction_of_ward(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_referral(fx, NULL);
    struct tsk_notices all;
    size_t withdrawals = 0;

    fx_send(fx);
    fx_set(fx, sheet, "patient_address", "城東区中央1-2-3");
    fx_confirm(fx, sheet);
    all = fx_notices(fx, sheet, "referral-ward", NULL);
    for (size_t i = 0; i < all.count; i++)
        if (all.items[i].kind == TSK_NOTICE_WITHDRAWAL) {
            withdrawals++;
            assert_string_equal(all.items[i].destination, "higashinari@ward.example.jp");
            assert_null(strstr(all.items[i].body, "城東区"));
        }
    assert_int_equal(withdrawals, 1);
    assert_int_equal(all.count, 3); /* the old one, its withdrawal, the new one */
    assert_string_equal(fx_decision(fx, sheet, "referral-ward")->destination, "joto@ward.example.jp");

    fx_send(fx); /* and back again: the first office is told anew */
    fx_set(fx, sheet, "patient_address", FX_ADDRESS);
    assert_int_equal(fx_notice_count(fx, sheet, "referral-ward", NULL), 5);
    fx_route(fx, sheet);
    assert_int_equal(fx_notice_count(fx, sheet, "referral-ward", NULL), 5);
}

static void test_correction_before_sending_needs_no_withdrawal(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_referral(fx, NULL);

    fx_set(fx, sheet, "patient_address", "城東区中央1-2-3");
    fx_confirm(fx, sheet);
    assert_int_equal(fx_notice_count(fx, sheet, "referral-ward", "cancelled"), 1);
    assert_int_equal(fx_notice_count(fx, sheet, "referral-ward", "queued"), 1);
    assert_int_equal(fx_notice_count(fx, sheet, "referral-ward", NULL), 2);
}

static const struct route_case {
    const char *what, *clinic, *ticked;
    bool email_verified, fax_verified;
    enum tsk_route_act act;
    const char *channel, *todo;
} route_cases[] = {
    { "e-mail", "緑橋クリニック", "email", true, false, TSK_ROUTE_SEND, "email", "" },
    { "e-mail, unverified", "緑橋クリニック", "email", false, true, TSK_ROUTE_REFUSE, "", "refused" },
    { "fax: a to-do with its text", "緑橋クリニック", "fax", false, true, TSK_ROUTE_TODO, "fax", "fax" },
    { "fax, unverified", "緑橋クリニック", "fax", true, false, TSK_ROUTE_REFUSE, "", "refused" },
    { "phone", "緑橋クリニック", "phone", false, false, TSK_ROUTE_TODO, "phone", "call" },
    { "other", "緑橋クリニック", "other", false, false, TSK_ROUTE_TODO, "other", "other" },
    { "fax and e-mail: the first in the configured order", "緑橋クリニック", "fax,email", true, true, TSK_ROUTE_SEND,
      "email", "" },
    { "fax and e-mail, fax verified", "緑橋クリニック", "fax,email", false, true, TSK_ROUTE_TODO, "fax", "fax" },
    { "e-mail and phone, nothing verified", "緑橋クリニック", "email,phone", false, false, TSK_ROUTE_TODO, "phone",
      "call" },
    { "none ticked", "緑橋クリニック", "", true, true, TSK_ROUTE_TODO, "", "route" },
    { "e-mail without an address in the directory", "今里医院", "email", false, true, TSK_ROUTE_REFUSE, "", "refused" },
    { "a name without its ending", "緑橋", "email", true, false, TSK_ROUTE_SEND, "email", "" },
    { "a name that the directory does not know", "無名医院", "email", true, false, TSK_ROUTE_TODO, "", "no_recipient" },
    { "no name", "", "email", true, false, TSK_ROUTE_TODO, "", "no_recipient" },
};

static void run_route_case(struct fx *fx, const struct route_case *c)
{
    const struct fx_value changes[] = { { "from_clinic", c->clinic }, { "contact_method", c->ticked }, { NULL, NULL } };
    int64_t sheet = fx_outcome(fx, changes);
    const struct tsk_decision *decision;
    struct tsk_todos todos;

    if (c->email_verified)
        fx_verify(fx, "緑橋クリニック", "email");
    if (c->fax_verified) {
        fx_verify(fx, "緑橋クリニック", "fax");
        fx_verify(fx, "今里医院", "fax");
    }
    fx_link(fx, sheet, fx_case(fx, fx_referral(fx, NULL)));
    fx_consent(fx, fx_case(fx, sheet), "medical");
    fx_confirm(fx, sheet);
    decision = fx_decision(fx, sheet, "outcome-clinic");
    assert_int_equal(decision->act, c->act);
    assert_string_equal(decision->channel, c->channel);
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "queued"), c->act == TSK_ROUTE_SEND);
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "refused"), c->act == TSK_ROUTE_REFUSE);
    if (c->todo[0] == '\0')
        return;
    todos = fx_todos(fx, sheet, c->todo);
    assert_int_equal(todos.count, 1);
    assert_null(strstr(todos.items[0].text, FX_PATIENT_NAME));
    assert_null(strstr(todos.items[0].text, "このメールは"));
}

static void test_contact_methods(void **state)
{
    for (size_t i = 0; i < TSK_COUNT(route_cases); i++) {
        print_message("%s\n", route_cases[i].what);
        fx_teardown(state);
        fx_setup(state);
        run_route_case(*state, &route_cases[i]);
    }
}

static void test_refused_until_confirmed(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_outcome(fx, NULL);

    fx_verify(fx, "緑橋クリニック", "email");
    fx_link(fx, sheet, fx_case(fx, fx_referral(fx, NULL)));
    fx_consent(fx, fx_case(fx, sheet), "medical");
    assert_act(fx, sheet, "outcome-clinic", TSK_ROUTE_REFUSE);
    assert_non_null(strstr(fx_decision(fx, sheet, "outcome-clinic")->reason, "未確認"));
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", NULL), 0);
    fx_confirm(fx, sheet);
    assert_act(fx, sheet, "outcome-clinic", TSK_ROUTE_SEND);
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "queued"), 1);
}

static void test_refused_without_case_and_consent(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_outcome(fx, NULL);

    fx_verify(fx, "緑橋クリニック", "email");
    fx_confirm(fx, sheet);
    assert_non_null(strstr(fx_decision(fx, sheet, "outcome-clinic")->reason, "案件"));
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "refused"), 1);
    fx_link(fx, sheet, fx_case(fx, fx_referral(fx, NULL)));
    assert_non_null(strstr(fx_notices(fx, sheet, "outcome-clinic", "refused").items[0].reason, "同意"));
    assert_int_equal(fx_todo_count(fx, sheet, "refused"), 1);
    fx_consent(fx, fx_case(fx, sheet), "care"); /* of another scope: not enough for a clinic */
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "refused"), 1);
    fx_consent(fx, fx_case(fx, sheet), "medical");
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "queued"), 1);
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", NULL), 1); /* one key, renewed */
    assert_int_equal(fx_todo_count(fx, sheet, "refused"), 0);
}

static void test_refused_again_asks_again(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_outcome(fx, NULL);

    fx_verify(fx, "緑橋クリニック", "email");
    fx_link(fx, sheet, fx_case(fx, fx_referral(fx, NULL)));
    fx_confirm(fx, sheet);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "refused"), 1);
        assert_int_equal(fx_todo_count(fx, sheet, "refused"), 1);
        fx_consent(fx, fx_case(fx, sheet), "medical");
        assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "queued"), 1);
        assert_int_equal(fx_todo_count(fx, sheet, "refused"), 0);
        fx_withdraw_consent(fx, fx_case(fx, sheet), "medical");
        fx_route(fx, sheet);
    }
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", NULL), 1);
}

static void test_open_todo_follows_its_case(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_outcome(fx, NULL);
    const char *number = fx_case(fx, fx_referral(fx, NULL));

    fx_confirm(fx, sheet);
    assert_null(strstr(fx_todos(fx, sheet, "refused").items[0].text, number));
    fx_link(fx, sheet, number);
    assert_non_null(strstr(fx_todos(fx, sheet, "refused").items[0].text, number));
    assert_string_equal(fx_todos(fx, sheet, "refused").items[0].case_number, number);
}

static void test_refused_until_verified(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_outcome(fx, NULL);

    fx_link(fx, sheet, fx_case(fx, fx_referral(fx, NULL)));
    fx_consent(fx, fx_case(fx, sheet), "medical");
    fx_confirm(fx, sheet);
    assert_non_null(strstr(fx_notices(fx, sheet, "outcome-clinic", "refused").items[0].reason, "確認済みの宛先"));
    assert_int_equal(fx_todo_count(fx, sheet, "refused"), 1);
    fx_verify(fx, "緑橋クリニック", "email");
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "queued"), 1);
    assert_int_equal(fx_todo_count(fx, sheet, "refused"), 0);
}

static void test_consent_withdrawn_before_sending(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_outcome(fx, NULL);

    fx_verify(fx, "緑橋クリニック", "email");
    fx_link(fx, sheet, fx_case(fx, fx_referral(fx, NULL)));
    fx_consent(fx, fx_case(fx, sheet), "medical");
    fx_confirm(fx, sheet);
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "queued"), 1);
    fx_withdraw_consent(fx, fx_case(fx, sheet), "medical"); /* nobody routed again: the sender itself must see it */
    fx_send(fx);
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "refused"), 1);
    assert_int_equal(fx_todo_count(fx, sheet, "refused"), 1);
    fx_consent(fx, fx_case(fx, sheet), "medical");
    fx_send(fx);
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "delivered"), 1);
}

static void test_correction_after_disclosure(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_outcome(fx, NULL);

    fx_verify(fx, "緑橋クリニック", "email");
    fx_verify(fx, "今里医院", "fax");
    fx_link(fx, sheet, fx_case(fx, fx_referral(fx, NULL)));
    fx_consent(fx, fx_case(fx, sheet), "medical");
    fx_confirm(fx, sheet);
    fx_send(fx);
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "delivered"), 1);

    fx_set(fx, sheet, "destination", "大阪今里"); /* content */
    assert_int_equal(fx_todo_count(fx, sheet, "correction"), 1);
    fx_route(fx, sheet);
    assert_int_equal(fx_todo_count(fx, sheet, "correction"), 1);
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", NULL), 1);

    fx_set(fx, sheet, "from_clinic", "今里医院"); /* recipient */
    assert_int_equal(fx_todo_count(fx, sheet, "correction"), 2);
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", NULL), 1); /* never by itself */
    assert_int_equal(fx_todo_count(fx, sheet, "resend"), 1);
    assert_act(fx, sheet, "outcome-clinic", TSK_ROUTE_TODO);
}

static void test_correction_of_recipient_before_sending(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_outcome(fx, NULL);

    fx_verify(fx, "緑橋クリニック", "email");
    fx_verify(fx, "大阪今里病院", "email");
    fx_link(fx, sheet, fx_case(fx, fx_referral(fx, NULL)));
    fx_consent(fx, fx_case(fx, sheet), "medical");
    fx_confirm(fx, sheet);
    fx_set(fx, sheet, "from_clinic", "髙橋病院");
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "cancelled"), 1);
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "refused"), 1); /* 髙橋病院 is not verified */
    assert_int_equal(fx_todo_count(fx, sheet, "correction"), 0);
    fx_verify(fx, "高橋病院", "email");
    fx_verify(fx, "髙橋病院", "email");
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "queued"), 1);
}

static void test_liaison_and_admission(void **state)
{
    static const struct fx_value liaison[] = { { "to_clinic", "大阪今里" },
                                               { "to_kind", "hospital" },
                                               { "to_doctor", "林" },
                                               { "user_name", FX_PATIENT_NAME },
                                               { NULL, NULL } };
    static const struct fx_value admission[] = { { "addressee", "大阪今里病院" },
                                                 { "patient_name", FX_PATIENT_NAME },
                                                 { NULL, NULL } };
    struct fx *fx = *state;
    int64_t referral = fx_referral(fx, NULL);
    const char *number = fx_case(fx, referral);
    int64_t letter = fx_sheet(fx, "care-liaison", liaison), info = fx_sheet(fx, "admission-info", admission);

    fx_verify(fx, "大阪今里病院", "email");
    fx_consent(fx, number, "medical");
    fx_link(fx, letter, number);
    fx_link(fx, info, number);
    assert_act(fx, info, "admission-hospital", TSK_ROUTE_REFUSE);
    fx_confirm(fx, info);
    assert_act(fx, info, "admission-hospital", TSK_ROUTE_SEND);
    assert_string_equal(fx_decision(fx, info, "admission-hospital")->destination, "renkei@imazato.example.jp");
    fx_confirm(fx, letter);
    assert_act(fx, letter, "liaison-doctor", TSK_ROUTE_TODO); /* two departments: which one is a person's choice */
    assert_int_equal(fx_todo_count(fx, letter, "no_recipient"), 1);
    fx_set(fx, letter, "to_clinic", "緑橋クリニック");
    assert_int_equal(fx_todo_count(fx, letter, "no_recipient"), 0);
    fx_verify(fx, "緑橋クリニック", "fax");
    /* the sentence on the sheet reaches those of the transition: whether the clinic is one of them nobody has confirmed */
    assert_non_null(strstr(fx_decision(fx, letter, "liaison-doctor")->reason, "紹介元・紹介先・転院先"));
    assert_int_equal(fx_todo_count(fx, letter, "refused"), 1);
    fx_confirm(fx, referral);
    fx_route(fx, letter);
    assert_int_equal(fx_todo_count(fx, letter, "fax"), 1);
    assert_non_null(strstr(fx_todos(fx, letter, "fax").items[0].text, "林 先生"));
    assert_non_null(strstr(fx_todos(fx, letter, "fax").items[0].text, "06-2222-0001"));
}

static void test_conditions(void **state)
{
    static const struct fx_value yes[] = { { "discharge_plan", "own_clinic" }, { NULL, NULL } };
    static const struct fx_value unsure[] = { { "discharge_plan", "?own_clinic" }, { NULL, NULL } };
    struct fx *fx = *state;
    int64_t sheet = fx_referral(fx, NULL);

    assert_null(fx_decision(fx, sheet, "early-visit"));
    assert_act(fx, fx_referral(fx, yes), "early-visit", TSK_ROUTE_TODO);
    assert_act(fx, fx_referral(fx, unsure), "early-visit", TSK_ROUTE_WAIT);
}

static void test_offices_are_apart(void **state)
{
    static const struct fx_value none[] = { { NULL, NULL } };
    static const char *const other[] = { "ikuno" };
    const struct tsk_scope scope = { .offices = other, .office_count = 1 };
    struct fx *fx = *state;
    struct tsk_plan plan;
    struct tsk_err err = { 0 };
    int64_t sheet = fx_sheet_of(fx, "ikuno", "care-liaison", none);

    assert_string_equal(fx_decision(fx, sheet, "received-coordination")->destination, "soudan@ikuno.example.jp");
    sheet = fx_referral(fx, NULL);
    assert_int_equal(tsk_route_plan(&plan, fx->store, fx->routing, &scope, sheet, fx->arena, &err), -1);
}

static void test_no_patient_data_in_mails(void **state)
{
    static const char *const secrets[] = { "𠮷田", "花子",   "ヨシダ", "ハナコ", FX_BIRTH_DATE, "1931",
                                           "昭和", "大今里", "3-4-5",  "池田",   "林" };
    struct fx *fx = *state;
    const char *number = fx_case(fx, fx_referral(fx, NULL));
    int64_t sheet = fx_outcome(fx, NULL);
    struct tsk_notices all;

    fx_verify(fx, "緑橋クリニック", "email");
    fx_consent(fx, number, "medical");
    fx_link(fx, sheet, number);
    fx_confirm(fx, sheet);
    all = fx_notices(fx, 0, NULL, NULL);
    assert_true(all.count >= 5);
    for (size_t i = 0; i < all.count; i++) {
        bool told = strstr(all.items[i].body, "対応不要") != NULL || strstr(all.items[i].body, "要連絡") != NULL;

        for (size_t s = 0; s < TSK_COUNT(secrets); s++) {
            assert_null(strstr(all.items[i].body, secrets[s]));
            assert_null(strstr(all.items[i].subject, secrets[s]));
        }
        assert_true(told);
        assert_non_null(strstr(all.items[i].body, "06-4306-0000"));
        assert_non_null(strstr(all.items[i].body, "平日 9:00〜17:30"));
        assert_non_null(strstr(all.items[i].body, "案件番号: "));
        assert_non_null(strstr(all.items[i].body, "区: "));
        assert_non_null(strstr(all.items[i].body, "このメールは自動で送信しています"));
        assert_null(strstr(all.items[i].body, "{{"));
        assert_null(strstr(all.items[i].body, "http"));
    }
}

static void test_link_only_where_it_can_be_opened(void **state)
{
    struct fx *fx = *state;
    struct tsk_err err = { 0 };
    int64_t sheet = fx_referral(fx, NULL);

    fx->config.mail.link_base = "https://tasuki.example.jp";
    assert_null(strstr(fx_decision(fx, sheet, "referral-ward")->body, "https"));
    fx_must(tsk_directory_prefer(fx->store, &tsk_scope_all, fx_institution(fx, "東成区役所"), TSK_NOTICE_EACH, true,
                                 "test", &err),
            &err, "prefer");
    assert_non_null(strstr(fx_decision(fx, sheet, "referral-ward")->body, "https://tasuki.example.jp/sheets/"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sheet_received),
        TEST(test_referral_confirmed),
        TEST(test_both_halves_raise_both),
        TEST(test_request_letter_is_no_outcome),
        TEST(test_document_held),
        TEST(test_delivery_failed),
        TEST(test_repeating_adds_nothing),
        TEST(test_the_second_is_confirmed_before_the_first),
        TEST(test_same_move_again_tells_nobody),
        TEST(test_second_sheet_confirmed_first),
        TEST(test_twin_speaks_when_the_first_is_corrected),
        TEST(test_another_move_is_news),
        TEST(test_same_content_of_another_case_is_news),
        TEST(test_ward_office),
        TEST(test_outcome_alert_waits_while_it_may_be_a_repetition),
        TEST(test_referral_alert_waits_while_it_may_be_a_repetition),
        TEST(test_alert_is_cancelled_when_it_proves_a_repetition),
        TEST(test_alert_from_before_its_case_was_known),
        TEST(test_correction_of_ward),
        TEST(test_correction_before_sending_needs_no_withdrawal),
        TEST(test_contact_methods),
        TEST(test_refused_until_confirmed),
        TEST(test_refused_without_case_and_consent),
        TEST(test_refused_again_asks_again),
        TEST(test_open_todo_follows_its_case),
        TEST(test_refused_until_verified),
        TEST(test_consent_withdrawn_before_sending),
        TEST(test_correction_after_disclosure),
        TEST(test_correction_of_recipient_before_sending),
        TEST(test_liaison_and_admission),
        TEST(test_conditions),
        TEST(test_offices_are_apart),
        TEST(test_no_patient_data_in_mails),
        TEST(test_link_only_where_it_can_be_opened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
