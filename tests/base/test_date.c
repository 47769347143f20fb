#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/date.h"

static void people_type_dates_in_many_ways(void **state)
{
    static const struct {
        const char *in, *want; /* NULL: refused */
    } cases[] = {
        { "1931-05-02", "1931-05-02" },
        { "S6.5.2", "1931-05-02" },
        { "s6/5/2", "1931-05-02" },
        { "昭和6年5月2日", "1931-05-02" },
        { "昭和６年５月２日", "1931-05-02" },
        { "令和元年5月1日", "2019-05-01" },
        { "R8.11.21", "2026-11-21" },
        { "平成31年4月30日", "2019-04-30" },
        { "平成31年5月1日", NULL },
        { "令和元年4月30日", NULL },
        { "昭和64年1月7日", "1989-01-07" },
        { "昭和64年1月8日", NULL },
        { "大正15年12月25日", "1926-12-25" },
        { "昭和1年12月25日", "1926-12-25" },
        { "大正15年12月26日", NULL },
        { "明治45年7月30日", "1912-07-30" },
        { "大正元年7月30日", "1912-07-30" },
        { "2023-02-29", NULL },
        { "2024-02-29", "2024-02-29" },
        { "2026/13/1", NULL },
        { "６年５月", NULL },
        { "", NULL },
        { "きのう", NULL },
    };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        struct tsk_date date = { 0, 0, 0 };
        char text[TSK_DATE_SIZE];
        bool ok = tsk_date_from_people(cases[i].in, &date);
        tsk_date_text(date, text);
        if (ok != (cases[i].want != NULL) || (ok && strcmp(text, cases[i].want) != 0))
            fail_msg("%s gave %s", cases[i].in, ok ? text : "nothing");
    }
}

static void a_change_day_belongs_to_both_eras(void **state)
{
    struct tsk_date date;
    int year = 0;

    (void)state;
    assert_true(tsk_era_to_date(TSK_TAISHO, 15, 12, 25, &date));
    assert_int_equal(tsk_era_of(date, &year), TSK_SHOWA);
    assert_int_equal(year, 1);
    assert_false(tsk_era_to_date(TSK_SHOWA, 0, 1, 1, &date));
    const char *rest;
    assert_int_equal(tsk_era_before("令和8", &rest), TSK_REIWA);
    assert_string_equal(rest, "8");
    assert_int_equal(tsk_era_before("27", &rest), TSK_ERA_NONE);
    assert_string_equal(rest, "27");
    assert_string_equal(tsk_era_ja(tsk_era_from_id("reiwa")), "令和");
}

static void every_day_goes_to_its_number_and_back(void **state)
{
    (void)state;
    for (int32_t day = -40000; day < 60000; day++) {
        struct tsk_date date = tsk_date_from_days(day);
        assert_true(tsk_date_valid(date));
        assert_int_equal(tsk_date_days(date), day);
    }
}

static void stamps_are_utc_whatever_the_machine_thinks(void **state)
{
    static const struct {
        const char *in, *want;
    } cases[] = {
        { "2026-11-21T03:15:00Z", "2026-11-21T03:15:00.000Z" },
        { "2026-11-21T12:15:00+09:00", "2026-11-21T03:15:00.000Z" },
        { "2026-11-21T12:15:00", "2026-11-21T03:15:00.000Z" },
        { "2026-11-21 12:15:00.250", "2026-11-21T03:15:00.250Z" },
        { "2026-01-01T08:59:59", "2025-12-31T23:59:59.000Z" },
        { "2026-11-21T25:15:00Z", NULL },
        { "2026-02-30T00:00:00Z", NULL },
        { "2026-11-21", NULL },
        { "2026-11-21T03:15:00Zulu", NULL },
    };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        int64_t ms = 0;
        char text[TSK_STAMP_SIZE];
        bool ok = tsk_stamp_parse(cases[i].in, &ms);
        assert_int_equal(ok, cases[i].want != NULL);
        if (!ok)
            continue;
        tsk_stamp(ms, text);
        assert_string_equal(text, cases[i].want);
    }
}

static void the_japanese_day_begins_nine_hours_before_utc(void **state)
{
    int64_t ms = 0;
    char text[TSK_DATE_SIZE];

    (void)state;
    assert_true(tsk_stamp_parse("2026-03-31T14:59:59Z", &ms));
    tsk_date_text(tsk_japan_date(ms), text);
    assert_string_equal(text, "2026-03-31");
    assert_int_equal(tsk_fiscal_year(tsk_japan_date(ms)), 2025);
    tsk_date_text(tsk_japan_date(ms + 1000), text);
    assert_string_equal(text, "2026-04-01");
    assert_int_equal(tsk_fiscal_year(tsk_japan_date(ms + 1000)), 2026);
    assert_int_equal(tsk_japan_minute_of_day(ms + 1000), 0);
    assert_true(tsk_japan_midnight_ms(tsk_japan_date(ms + 1000)) == ms + 1000);
}

static void ages_are_completed_years(void **state)
{
    struct tsk_date birth = { 1931, 5, 2 };

    (void)state;
    assert_int_equal(tsk_age_on(birth, (struct tsk_date){ 2015, 5, 1 }), 83);
    assert_int_equal(tsk_age_on(birth, (struct tsk_date){ 2015, 5, 2 }), 84);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_type_dates_in_many_ways),
        cmocka_unit_test(a_change_day_belongs_to_both_eras),
        cmocka_unit_test(every_day_goes_to_its_number_and_back),
        cmocka_unit_test(stamps_are_utc_whatever_the_machine_thinks),
        cmocka_unit_test(the_japanese_day_begins_nine_hours_before_utc),
        cmocka_unit_test(ages_are_completed_years),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
