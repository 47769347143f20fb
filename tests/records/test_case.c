#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "fixture.h"
#include "records/case.h"

static const struct year_case {
    const char *what, *at, *want;
} year_cases[] = {
    { "the last minute of 31 March in Japan", "2026-03-31T14:59:59.999Z", "27115-2025-0001" },
    { "midnight of 1 April in Japan, still March in UTC", "2026-03-31T15:00:00.000Z", "27115-2026-0001" },
    { "the day after in UTC", "2026-04-01T00:00:00.000Z", "27115-2026-0002" },
    { "New Year belongs to the old year", "2026-12-31T23:00:00.000Z", "27115-2026-0003" },
    { "back in the old year: its numbers go on", "2026-03-01T00:00:00.000Z", "27115-2025-0002" },
    { "the next year", "2027-04-01T00:00:00.000Z", "27115-2027-0001" },
};

static void test_fiscal_years(void **state)
{
    struct fixture *f = *state;
    char number[TSK_CASE_NUMBER_SIZE];

    for (size_t i = 0; i < TSK_COUNT(year_cases); i++) {
        int64_t at = 0;
        assert_true(tsk_stamp_parse(year_cases[i].at, &at));
        OK(tsk_case_open(number, f->store, EAST, at, "佐藤", &f->err), f);
        if (strcmp(number, year_cases[i].want) != 0)
            fail_msg("%s: %s instead of %s", year_cases[i].what, number, year_cases[i].want);
    }
}

static void test_offices_count_for_themselves(void **state)
{
    struct fixture *f = *state;
    char number[TSK_CASE_NUMBER_SIZE];

    OK(tsk_case_open(number, f->store, EAST, 1780000000000, "佐藤", &f->err), f);
    OK(tsk_case_open(number, f->store, NORTH, 1780000000000, "佐藤", &f->err), f);
    assert_string_equal(number, "27127-2026-0001");
}

static void test_a_number_is_given_once(void **state)
{
    struct fixture *f = *state;
    char number[TSK_CASE_NUMBER_SIZE];

    OK(tsk_case_open(number, f->store, EAST, 1780000000000, "佐藤", &f->err), f);
    assert_int_equal(fixture_try(f, "DELETE FROM case_events; DELETE FROM cases"), 0); /* purged */
    OK(tsk_case_open(number, f->store, EAST, 1780000000000, "佐藤", &f->err), f);
    assert_string_equal(number, "27115-2026-0002");
}

static void test_beyond_four_digits(void **state)
{
    struct fixture *f = *state;
    char number[TSK_CASE_NUMBER_SIZE];

    fixture_sql(f, "INSERT INTO case_counters VALUES ('" EAST "', 2026, 9999)");
    OK(tsk_case_open(number, f->store, EAST, 1780000000000, "佐藤", &f->err), f);
    assert_string_equal(number, "27115-2026-10000");
}

static void test_the_same_event_once(void **state)
{
    struct fixture *f = *state;
    char number[TSK_CASE_NUMBER_SIZE];
    const struct tsk_case_event move = { .kind = "outcome", .key = "2026-11-02|discharge", .by = "佐藤" };
    const struct tsk_case_event next = { .kind = "outcome", .key = "2026-12-01|transfer", .by = "佐藤" };
    struct tsk_case_events events;
    bool is_new;

    OK(tsk_case_open(number, f->store, EAST, 1780000000000, "佐藤", &f->err), f);
    OK(tsk_case_event_add(&is_new, f->store, &only_east, number, &move, &f->err), f);
    assert_true(is_new);
    OK(tsk_case_event_add(&is_new, f->store, &only_east, number, &move, &f->err), f);
    assert_false(is_new);
    OK(tsk_case_event_add(&is_new, f->store, &only_east, number, &next, &f->err), f);
    assert_true(is_new);
    OK(tsk_case_event_list(&events, f->store, &only_east, number, f->arena, &f->err), f);
    assert_int_equal(events.count, 3);
    REFUSED(tsk_case_event_add(&is_new, f->store, &only_east, "27115-1999-0001", &move, &f->err), f, "no case");
}

static void test_a_case_shows_what_is_in_it(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading page;
    struct tsk_cases cases;
    struct tsk_case one;

    fixture_referral(&page, "山田 一郎");
    fixture_add(f, "D1", EAST, &page);
    OK(tsk_case_list(&cases, f->store, &only_east, 0, f->arena, &f->err), f);
    assert_int_equal(cases.count, 1);
    OK(tsk_case_find(&one, f->store, &only_east, cases.items[0].number, f->arena, &f->err), f);
    assert_int_equal(one.sheet_count, 1);
    assert_int_equal(one.unconfirmed_count, 1);
    assert_string_equal(one.opened, "2015-04-13T01:02:03.000Z");
    assert_int_equal(one.fiscal_year, 2015);
    assert_true(*one.last_event != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fiscal_years),       TEST(test_offices_count_for_themselves), TEST(test_a_number_is_given_once),
        TEST(test_beyond_four_digits), TEST(test_the_same_event_once),          TEST(test_a_case_shows_what_is_in_it),
    };

    return cmocka_run_group_tests_name("records/case", tests, NULL, NULL);
}
