/* What a confirmed referral asks of people: consent that nobody recorded, a conference; and the ledger of who was told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "casework/calendar.h"
#include "casework/casework.h"
#include "fixture.h"
#include "records/case_close.h"
#include "records/ledger.h"

static void must(int rc, const struct tsk_err *err)
{
    if (rc != 0)
        fail_msg("%s", err->text);
}

static int setup(void **state)
{
    struct fx *fx;

    if (fx_setup(state) != 0)
        return -1;
    fx = *state;
    fx->config.inquiries.department = "地域医療連携室";
    tsk_casework_attach(fx->routing);
    return 0;
}

static struct tsk_todos of_case(struct fx *fx, const char *number, const char *kind)
{
    const struct tsk_todo_filter filter = { .case_number = number, .kind = kind };
    struct tsk_todos found;
    struct tsk_err err = { 0 };

    must(tsk_todo_list(&found, fx->store, &tsk_scope_all, &filter, fx->arena, &err), &err);
    return found;
}

static const char *confirmed_case(struct fx *fx, const struct fx_value *changes)
{
    int64_t sheet = fx_referral(fx, changes);

    fx_confirm(fx, sheet);
    return fx_case(fx, sheet);
}

static void test_without_a_tick_the_clinic_is_asked(void **state)
{
    static const struct fx_value unticked[] = { { "consent", "" }, { NULL, NULL } };
    struct fx *fx = *state;
    const char *number = confirmed_case(fx, unticked);
    struct tsk_todos todos = of_case(fx, number, "consent");

    assert_int_equal(todos.count, 1);
    assert_non_null(strstr(todos.items[0].text, "緑橋クリニックへ電話で"));
    assert_non_null(strstr(todos.items[0].text, "06-2222-0002"));
    assert_null(strstr(todos.items[0].text, FX_PATIENT_NAME));
    fx_consent(fx, number, "ward_office"); /* of another scope */
    assert_int_equal(of_case(fx, number, "consent").count, 1);
    fx_consent(fx, number, "medical");
    assert_int_equal(of_case(fx, number, "consent").count, 0);
}

static void test_a_tick_is_looked_at(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_referral(fx, NULL);
    const char *number = fx_case(fx, sheet);

    assert_int_equal(of_case(fx, number, "consent").count, 0); /* nobody has confirmed the sheet */
    fx_confirm(fx, sheet);
    assert_non_null(strstr(of_case(fx, number, "consent").items[0].text, "印があります"));
}

static void test_a_no_is_an_answer(void **state)
{
    static const struct fx_value unticked[] = { { "consent", "" }, { NULL, NULL } };
    const struct tsk_consent no = {
        .scope = "medical", .giver = "family", .how = "clinic", .told_by = "山本", .by = "佐藤"
    };
    struct fx *fx = *state;
    const char *number = confirmed_case(fx, unticked);
    struct tsk_err err = { 0 };

    must(tsk_consent_refuse(fx->store, &tsk_scope_all, number, &no, &err), &err);
    must(tsk_route_case(fx->routing, fx->store, number, &err), &err);
    assert_int_equal(of_case(fx, number, "consent").count, 0);
}

static void test_a_conference(void **state)
{
    static const struct fx_value wished[] = { { "conference_request", "yes" }, { NULL, NULL } };
    const struct tsk_case_closing ended = { .as = "ended" };
    const struct tsk_appointment when = { .start_ms = INT64_C(1796101200000), /* 2026-12-01 14:00 in Japan */
                                          .minutes = 60,
                                          .place = "大阪今里病院 3 階; 会議室, 東",
                                          .office_name = "東成区",
                                          .domain = "tasuki.example" };
    const struct tsk_appointment open = { .place = "", .office_name = "東成区", .domain = "tasuki.example" };
    struct fx *fx = *state;
    const char *number = confirmed_case(fx, wished);
    struct tsk_todos todos = of_case(fx, number, "conference");
    struct tsk_buf file = TSK_BUF(TSK_CALENDAR_BYTES_MAX);
    struct tsk_err err = { 0 };

    assert_int_equal(todos.count, 1);
    must(tsk_calendar_file(&file, &todos.items[0], &when, &err), &err);
    assert_non_null(strstr(file.data, "BEGIN:VEVENT\r\n"));
    assert_non_null(strstr(file.data, "DTSTART:20261201T050000Z\r\nDTEND:20261201T060000Z\r\n"));
    assert_non_null(strstr(file.data, "LOCATION:大阪今里病院 3 階\\; 会議室\\, 東\r\n"));
    assert_null(strstr(file.data, FX_PATIENT_NAME));
    for (const char *line = file.data; *line != '\0'; line = strstr(line, "\r\n") + 2)
        assert_true(strcspn(line, "\r") <= 75);
    tsk_buf_reset(&file);
    must(tsk_calendar_file(&file, &todos.items[0], &open, &err), &err);
    assert_non_null(strstr(file.data, "BEGIN:VTODO\r\n"));
    tsk_buf_free(&file);
    must(tsk_case_close(fx->store, &tsk_scope_all, number, &ended, "佐藤", &err), &err);
    must(tsk_route_case(fx->routing, fx->store, number, &err), &err);
    assert_int_equal(of_case(fx, number, "conference").count, 0);
}

static void test_a_start_is_japans(void **state)
{
    int64_t ms;

    (void)state;
    assert_true(tsk_calendar_start("2026-12-01 14:00", &ms));
    assert_int_equal(ms, INT64_C(1796101200000));
    assert_true(tsk_calendar_start("2026-12-01T14:00:00", &ms));
    assert_int_equal(ms, INT64_C(1796101200000));
    assert_false(tsk_calendar_start("2026-12-01", &ms));
    assert_false(tsk_calendar_start("morgen", &ms));
}

static struct tsk_ledger ledger(struct fx *fx, const char *number)
{
    struct tsk_ledger out;
    struct tsk_err err = { 0 };

    must(tsk_ledger_list(&out, fx->store, &tsk_scope_all, number, fx->arena, &err), &err);
    return out;
}

static void test_the_ledger(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_outcome(fx, NULL);
    const char *number = fx_case(fx, fx_referral(fx, NULL));
    struct tsk_ledger lines;

    fx_verify(fx, "緑橋クリニック", "email");
    fx_link(fx, sheet, number);
    fx_confirm(fx, sheet);
    lines = ledger(fx, number);
    assert_int_equal(lines.count, 1);
    assert_string_equal(lines.items[0].state, "refused");
    assert_non_null(strstr(lines.items[0].reason, "同意"));
    assert_string_equal(lines.items[0].consent_how, "");
    fx_consent(fx, number, "medical");
    fx_send(fx);
    lines = ledger(fx, number);
    assert_int_equal(lines.count, 1);
    assert_string_equal(lines.items[0].state, "delivered");
    assert_string_equal(lines.items[0].channel, "email");
    assert_string_equal(lines.items[0].consent_how, "sheet");
    assert_string_equal(lines.items[0].consent_by, "test");
    tsk_sleep_ms(2);
    fx_withdraw_consent(fx, number, "medical"); /* later: it stood when it left */
    assert_string_equal(ledger(fx, number).items[0].consent_how, "sheet");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fx_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(test_without_a_tick_the_clinic_is_asked),
                                        TEST(test_a_tick_is_looked_at),
                                        TEST(test_a_no_is_an_answer),
                                        TEST(test_a_conference),
                                        TEST(test_a_start_is_japans),
                                        TEST(test_the_ledger) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
