/* An incident tells its office, once each; its sheet holds the facts and no value of a patient. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "fixture.h"
#include "records/incident.h"
#include "routing/incident_facts.h"

#define DAY_MS INT64_C(86400000)

static void route(struct fx *fx, int64_t opened)
{
    struct tsk_err err = { 0 };

    fx_must(tsk_store_begin(fx->store, &err), &err, "begin");
    if (opened != 0)
        fx_must(tsk_route_incident(fx->routing, fx->store, opened, &err), &err, "opened");
    fx_must(tsk_route_incident_deadlines(fx->routing, fx->store, &err), &err, "deadlines");
    fx_must(tsk_store_commit(fx->store, &err), &err, "commit");
}

static int64_t open_known(struct fx *fx, const char *notice, int days_ago)
{
    char known[TSK_STAMP_SIZE];
    const struct tsk_incident_new incident = {
        .kind = "mis_sent", .office = fx->config.offices[0].id, .notice = notice, .known = known, .text = "=番号違い\"x"
    };
    struct tsk_err err = { 0 };
    int64_t id;

    tsk_stamp(tsk_wall_ms() - days_ago * DAY_MS, known);
    fx_must(tsk_incident_open(&id, fx->store, &tsk_scope_all, &incident, "佐藤", &err), &err, "incident");
    return id;
}

static size_t alerts(struct fx *fx, const char *event)
{
    struct tsk_notices all = fx_notices(fx, 0, NULL, NULL);
    size_t count = 0;

    for (size_t i = 0; i < all.count; i++)
        count += strcmp(all.items[i].event, event) == 0;
    return count;
}

static void test_the_office_is_told(void **state)
{
    static const struct {
        int days_ago;
        const char *event;
    } rows[] = { { 2, "incident.preliminary" },
                 { 5, "incident.preliminary_late" },
                 { 25, "incident.final" },
                 { 31, "incident.final_late" } };
    struct fx *fx = *state;
    struct tsk_err err = { 0 };
    int64_t id = open_known(fx, NULL, 0);

    route(fx, id);
    route(fx, id);
    assert_int_equal(alerts(fx, "incident.opened"), 1);
    assert_int_equal(alerts(fx, "incident.preliminary"), 0);
    for (size_t i = 0; i < TSK_COUNT(rows); i++) {
        size_t before = alerts(fx, rows[i].event);

        id = open_known(fx, NULL, rows[i].days_ago);
        route(fx, 0);
        route(fx, 0);
        if (alerts(fx, rows[i].event) != before + 1)
            fail_msg("%s", rows[i].event);
        fx_must(tsk_incident_note(fx->store, &tsk_scope_all, id, TSK_INCIDENT_RETURNED, "戻った", NULL, "佐藤", &err),
                &err, "end");
    }
    size_t late = alerts(fx, "incident.preliminary_late");
    id = open_known(fx, NULL, 6); /* the report is out: nothing more to say */
    fx_must(tsk_incident_note(fx->store, &tsk_scope_all, id, TSK_INCIDENT_PRELIMINARY, "", NULL, "佐藤", &err), &err,
            "report");
    route(fx, 0);
    assert_int_equal(alerts(fx, "incident.preliminary_late"), late);
}

static void test_the_sheet(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_referral(fx, NULL);
    struct tsk_err err = { 0 };
    struct tsk_incident_facts facts;
    struct tsk_buf csv = TSK_BUF((size_t)1 << 20);

    fx_confirm(fx, sheet);
    fx_outcome(fx, NULL);
    fx_send(fx);
    struct tsk_notices sent = fx_notices(fx, sheet, NULL, "sent");
    if (sent.count == 0)
        sent = fx_notices(fx, sheet, NULL, NULL);
    assert_true(sent.count > 0);
    int64_t id = open_known(fx, sent.items[0].id, 0);
    fx_must(tsk_incident_facts(&facts, fx->routing, fx->store, &tsk_scope_all, id, fx->arena, &err), &err, "facts");
    fx_must(tsk_incident_facts_csv(&csv, &facts, &err), &err, "csv");
    const char *text = tsk_buf_text(&csv);
    assert_non_null(strstr(text, sent.items[0].destination));
    assert_non_null(strstr(text, "記入のある項目"));
    assert_non_null(strstr(text, "=番号違い\"\"x"));
    assert_null(strstr(text, FX_PATIENT_NAME));
    assert_null(strstr(text, FX_PATIENT_KANA));
    assert_null(strstr(text, FX_BIRTH_DATE));
    assert_null(strstr(text, FX_ADDRESS));
    tsk_buf_free(&csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_office_is_told, fx_setup, fx_teardown),
        cmocka_unit_test_setup_teardown(test_the_sheet, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests_name("routing/incident", tests, NULL, NULL);
}
