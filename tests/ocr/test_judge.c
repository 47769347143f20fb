#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/date.h"
#include "base/file.h"
#include "ocr/judge/judge.h"

/* A sheet with one referral date, one birth date with era boxes and age, one move date, and a box that must be ticked. */

enum { REF_Y, REF_M, REF_D, ERA, BIRTH_Y, BIRTH_M, BIRTH_D, AGE, MOVE_Y, MOVE_M, MOVE_D, PLAN, PLAN_OTHER, FIELDS };

static struct tsk_option eras[] = { { .value = "taisho", .label = "大正" }, { .value = "showa", .label = "昭和" } };
static struct tsk_option plans[] = { { .value = "own", .label = "自院" }, { .value = "other", .label = "その他" } };

#define DIGITS(name, of)                                                                                               \
    {                                                                                                                  \
        .id = name, .label = name, .block = of, .kind = TSK_FIELD_DIGITS, .digits_max = 2                              \
    }

static struct tsk_field fields[FIELDS] = {
    [REF_Y] = DIGITS("referral_date.year", "upper"),
    [REF_M] = DIGITS("referral_date.month", "upper"),
    [REF_D] = DIGITS("referral_date.day", "upper"),
    [ERA] = { .id = "birth_era",
              .label = "元号",
              .block = "upper",
              .kind = TSK_FIELD_MARK,
              .options = eras,
              .option_count = 2 },
    [BIRTH_Y] = DIGITS("birth_date.year", "upper"),
    [BIRTH_M] = DIGITS("birth_date.month", "upper"),
    [BIRTH_D] = DIGITS("birth_date.day", "upper"),
    [AGE] = DIGITS("age", "upper"),
    [MOVE_Y] = DIGITS("move_date.year", "lower"),
    [MOVE_M] = DIGITS("move_date.month", "lower"),
    [MOVE_D] = DIGITS("move_date.day", "lower"),
    [PLAN] = { .id = "plan",
               .label = "退院時の対応",
               .block = "upper",
               .kind = TSK_FIELD_MARK,
               .options = plans,
               .option_count = 2 },
    [PLAN_OTHER] = { .id = "plan_other",
                     .label = "その他希望",
                     .block = "upper",
                     .kind = TSK_FIELD_TEXT,
                     .only_if = "plan=other" },
};

static struct tsk_form_date dates[] = {
    { "referral_date", "referral_date.year", "referral_date.month", "referral_date.day", "heisei", "", "referral", "" },
    { "birth_date", "birth_date.year", "birth_date.month", "birth_date.day", "", "birth_era", "birth", "age" },
    { "move_date", "move_date.year", "move_date.month", "move_date.day", "heisei", "", "move", "" },
};

static struct tsk_form form = { .id = "sheet",
                                .edition = "test",
                                .ward = "",
                                .fields = fields,
                                .field_count = FIELDS,
                                .dates = dates,
                                .date_count = TSK_COUNT(dates) };

static struct tsk_calibration *calibration;

static void fill_in_missing_strings(void)
{
    for (size_t i = 0; i < FIELDS; i++) {
        struct tsk_field *field = &fields[i];
        if (field->lexicon == NULL)
            field->lexicon = "";
        if (field->suffix == NULL)
            field->suffix = "";
        if (field->only_if == NULL)
            field->only_if = "";
        if (field->means == NULL)
            field->means = "";
    }
}

static int set_up(void **state)
{
    static const char text[] = "{\"groups\":{"
                               "\"mark\":{\"right\":[[0,0.5],[1,1]],\"accept\":[[0.001,0.5]]},"
                               "\"mark.none\":{\"right\":[[0,0.5],[1,1]],\"accept\":[[0.001,0.5]]},"
                               "\"digits.typed\":{\"right\":[[0,0],[1,1]],\"accept\":[[0.001,0.9],[0.01,0.6]]},"
                               "\"digits.blank\":{\"right\":[[0,0],[1,1]],\"accept\":[[0.001,0.5]]},"
                               "\"text.blank\":{\"right\":[[0,0],[1,1]],\"accept\":[[0.001,0.5]]}}}";
    char path[] = "/tmp/tasuki-calibration-XXXXXX";
    struct tsk_err err;

    (void)state;
    fill_in_missing_strings();
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, text, sizeof text - 1) != (ssize_t)sizeof text - 1)
        return -1;
    close(fd);
    int rc = tsk_calibration_load(&calibration, path, &err);
    unlink(path);
    return rc;
}

static int tear_down(void **state)
{
    (void)state;
    tsk_calibration_free(&calibration);
    return 0;
}

struct sheet {
    struct tsk_reading reading;
    int64_t received_ms;
};

static void write_cell(struct sheet *sheet, int at, const char *text, double p)
{
    struct tsk_value *value = &sheet->reading.values[at];

    tsk_value_set_text(value, text);
    value->score = p;
    value->hand = text[0] != '\0' ? TSK_HAND_TYPED : TSK_HAND_NONE;
    value->blank = text[0] == '\0';
}

static void tick(struct sheet *sheet, int at, const char *option)
{
    tsk_value_choose(&sheet->reading.values[at], option);
    sheet->reading.values[at].score = 0.99;
}

/* A sheet of which everything was read for sure; received on that day. */
static struct sheet filled(const char *ref_year, const char *received)
{
    struct sheet sheet;

    assert_int_equal(tsk_reading_start(&sheet.reading, &form, NULL), 0);
    assert_true(tsk_stamp_parse(received, &sheet.received_ms));
    for (int i = 0; i < FIELDS; i++)
        sheet.reading.values[i].score = 0.99;
    write_cell(&sheet, REF_Y, ref_year, 0.99);
    write_cell(&sheet, REF_M, "10", 0.99);
    write_cell(&sheet, REF_D, "3", 0.99);
    tick(&sheet, ERA, "showa");
    write_cell(&sheet, BIRTH_Y, "6", 0.99);
    write_cell(&sheet, BIRTH_M, "5", 0.99);
    write_cell(&sheet, BIRTH_D, "2", 0.99);
    tick(&sheet, PLAN, "own");
    return sheet;
}

static void judge(struct sheet *sheet)
{
    const struct tsk_judge_rules rules = { .calibration = calibration, .tolerated = 0.001 };
    struct tsk_err err;

    assert_int_equal(tsk_judge(&rules, &form, sheet->received_ms, &sheet->reading, &err), 0);
}

#define VALUE(sheet, at) (&(sheet).reading.values[at])

static void a_clean_sheet_needs_nobody(void **state)
{
    struct sheet sheet = filled("27", "2015-10-20T09:00:00");

    (void)state;
    write_cell(&sheet, AGE, "84", 0.99);
    judge(&sheet);
    for (int i = 0; i < FIELDS; i++) {
        if (sheet.reading.values[i].review)
            fail_msg("%s is in review: %s", sheet.reading.values[i].id, sheet.reading.values[i].reason);
    }
    assert_string_equal(tsk_reading_derived(&sheet.reading, "referral_date"), "2015-10-03");
    assert_string_equal(tsk_reading_derived(&sheet.reading, "birth_date"), "1931-05-02");
    tsk_reading_free(&sheet.reading);
}

static void a_year_that_only_fits_reiwa_is_never_accepted(void **state)
{
    static const struct {
        const char *year, *received, *alternative;
    } cases[] = {
        { "8", "2026-11-20T09:00:00", "令和8" },
        { "7", "2026-01-20T09:00:00", "令和7" },
        { "31", "2019-10-20T09:00:00", NULL }, /* 平成31年10月 never was: a person decides, without a guess */
        { "1", "2019-10-20T09:00:00", "令和1" },
    };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        struct sheet sheet = filled(cases[i].year, cases[i].received);
        tsk_value_alternative(VALUE(sheet, REF_Y), "9", 0.01); /* what else the engine thought of stands behind */
        judge(&sheet);
        const struct tsk_value *year = VALUE(sheet, REF_Y);
        assert_true(year->review);
        if (cases[i].alternative != NULL)
            assert_string_equal(year->alternatives[0].value, cases[i].alternative);
        tsk_reading_free(&sheet.reading);
    }
}

static void a_year_that_the_engine_did_not_prefer_is_never_accepted(void **state)
{
    struct sheet sheet = filled("21", "2015-10-20T09:00:00");

    (void)state;
    VALUE(sheet, REF_Y)->score = 0.9;
    tsk_value_alternative(VALUE(sheet, REF_Y), "27", 0.09);
    judge(&sheet);
    assert_string_equal(VALUE(sheet, REF_Y)->text, "27");
    assert_true(VALUE(sheet, REF_Y)->review);
    tsk_reading_free(&sheet.reading);
}

static void an_unknown_time_of_reception_lets_no_date_pass(void **state)
{
    struct sheet sheet = filled("27", "2015-10-20T09:00:00");

    (void)state;
    sheet.received_ms = 0;
    judge(&sheet);
    assert_true(VALUE(sheet, REF_Y)->review);
    tsk_reading_free(&sheet.reading);
}

static void dates_outside_the_window_are_doubted(void **state)
{
    static const struct {
        const char *year, *received;
        bool review;
    } cases[] = {
        { "27", "2015-10-03T00:00:00", false }, /* the same day in Japan */
        { "27", "2015-10-02T23:59:59", true },  /* the day before */
        { "27", "2017-10-03T12:00:00", false },
        { "27", "2017-10-04T12:00:00", true },
    };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        struct sheet sheet = filled(cases[i].year, cases[i].received);
        judge(&sheet);
        if (VALUE(sheet, REF_Y)->review != cases[i].review)
            fail_msg("year %s received %s: review is %d", cases[i].year, cases[i].received, !cases[i].review);
        tsk_reading_free(&sheet.reading);
    }
}

static void the_age_chooses_between_two_readings_of_the_year(void **state)
{
    struct sheet sheet = filled("27", "2015-10-20T09:00:00");

    (void)state;
    write_cell(&sheet, AGE, "84", 0.99);
    write_cell(&sheet, BIRTH_Y, "8", 0.55);
    tsk_value_alternative(VALUE(sheet, BIRTH_Y), "6", 0.44);
    judge(&sheet);
    assert_string_equal(VALUE(sheet, BIRTH_Y)->text, "6");
    assert_string_equal(VALUE(sheet, BIRTH_Y)->alternatives[0].value, "8");
    assert_false(VALUE(sheet, BIRTH_Y)->review);
    tsk_reading_free(&sheet.reading);
}

static void an_age_that_does_not_fit_sends_both_to_a_person(void **state)
{
    struct sheet sheet = filled("27", "2015-10-20T09:00:00");

    (void)state;
    write_cell(&sheet, AGE, "48", 0.999);
    judge(&sheet);
    assert_true(VALUE(sheet, AGE)->review);
    assert_true(VALUE(sheet, BIRTH_Y)->review);
    assert_int_equal(sheet.reading.problem_count, 1);
    assert_string_equal(sheet.reading.problems[0].code, "age_mismatch");
    tsk_reading_free(&sheet.reading);
}

static void an_era_keeps_its_limits(void **state)
{
    struct sheet sheet = filled("27", "2015-10-20T09:00:00");

    (void)state;
    write_cell(&sheet, BIRTH_Y, "64", 0.999);
    judge(&sheet); /* 昭和64年5月2日 never was */
    assert_true(VALUE(sheet, BIRTH_Y)->review);
    assert_null(tsk_reading_derived(&sheet.reading, "birth_date"));
    tsk_reading_free(&sheet.reading);
}

static void a_half_written_date_is_asked_for(void **state)
{
    struct sheet sheet = filled("27", "2015-10-20T09:00:00");

    (void)state;
    write_cell(&sheet, MOVE_M, "10", 0.99);
    judge(&sheet);
    assert_string_equal(VALUE(sheet, MOVE_Y)->reason, "date_incomplete");
    assert_string_equal(VALUE(sheet, MOVE_D)->reason, "date_incomplete");
    assert_false(VALUE(sheet, MOVE_M)->review);
    tsk_reading_free(&sheet.reading);
}

static void a_move_before_the_referral_is_doubted(void **state)
{
    struct sheet sheet = filled("27", "2015-10-20T09:00:00");

    (void)state;
    write_cell(&sheet, MOVE_Y, "27", 0.99);
    write_cell(&sheet, MOVE_M, "9", 0.99);
    write_cell(&sheet, MOVE_D, "1", 0.99);
    judge(&sheet);
    assert_string_equal(VALUE(sheet, MOVE_Y)->reason, "date_order");
    tsk_reading_free(&sheet.reading);
}

static void groups_of_boxes_keep_their_rule(void **state)
{
    struct sheet sheet = filled("27", "2015-10-20T09:00:00");

    (void)state;
    tick(&sheet, PLAN, "other");
    write_cell(&sheet, PLAN_OTHER, "", 0.99);
    judge(&sheet);
    assert_string_equal(VALUE(sheet, PLAN)->reason, "two_marks");
    tsk_reading_free(&sheet.reading);

    sheet = filled("27", "2015-10-20T09:00:00");
    sheet.reading.values[PLAN].chosen_count = 0;
    write_cell(&sheet, PLAN_OTHER, "施設", 0.99);
    judge(&sheet);
    assert_string_equal(VALUE(sheet, PLAN)->reason, "none_chosen");
    assert_string_equal(VALUE(sheet, PLAN_OTHER)->reason, "unexpected");
    sheet.reading.values[PLAN].chosen_count = 1; /* the string is still there to be freed */
    tsk_reading_free(&sheet.reading);
}

static void an_untouched_block_is_blank_and_no_question(void **state)
{
    struct sheet sheet = filled("27", "2015-10-20T09:00:00");

    (void)state;
    for (int i = 0; i < FIELDS; i++) {
        if (sheet.reading.values[i].kind == TSK_FIELD_DIGITS)
            write_cell(&sheet, i, "", 0.99);
        sheet.reading.values[i].chosen_count = 0;
    }
    judge(&sheet);
    for (int i = 0; i < FIELDS; i++)
        assert_false(sheet.reading.values[i].review);
    sheet.reading.values[ERA].chosen_count = sheet.reading.values[PLAN].chosen_count = 1;
    tsk_reading_free(&sheet.reading);
}

static void writing_that_no_engine_could_read_is_not_blank(void **state)
{
    struct sheet sheet = filled("27", "2015-10-20T09:00:00");

    (void)state;
    write_cell(&sheet, AGE, "", 0.99);
    VALUE(sheet, AGE)->hand = TSK_HAND_WRITTEN;
    judge(&sheet);
    assert_true(VALUE(sheet, AGE)->review);
    assert_string_equal(VALUE(sheet, AGE)->reason, "unreadable");
    tsk_reading_free(&sheet.reading);
}

static void without_calibration_nothing_is_accepted(void **state)
{
    struct sheet sheet = filled("27", "2015-10-20T09:00:00");
    const struct tsk_judge_rules rules = { .tolerated = 0.001 };

    (void)state;
    assert_int_equal(tsk_judge(&rules, &form, sheet.received_ms, &sheet.reading, NULL), 0);
    for (int i = 0; i < FIELDS; i++)
        assert_true(sheet.reading.values[i].review);
    tsk_reading_free(&sheet.reading);
}

static void a_looser_tolerance_accepts_more(void **state)
{
    struct sheet sheet = filled("27", "2015-10-20T09:00:00");
    struct tsk_judge_rules rules = { .calibration = calibration, .tolerated = 0.001 };

    (void)state;
    write_cell(&sheet, BIRTH_D, "2", 0.7);
    assert_int_equal(tsk_judge(&rules, &form, sheet.received_ms, &sheet.reading, NULL), 0);
    assert_true(VALUE(sheet, BIRTH_D)->review);
    tsk_reading_free(&sheet.reading);
    sheet = filled("27", "2015-10-20T09:00:00");
    write_cell(&sheet, BIRTH_D, "2", 0.7);
    rules.tolerated = 0.01;
    assert_int_equal(tsk_judge(&rules, &form, sheet.received_ms, &sheet.reading, NULL), 0);
    assert_false(VALUE(sheet, BIRTH_D)->review);
    tsk_reading_free(&sheet.reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_sheet_needs_nobody),
        cmocka_unit_test(a_year_that_only_fits_reiwa_is_never_accepted),
        cmocka_unit_test(a_year_that_the_engine_did_not_prefer_is_never_accepted),
        cmocka_unit_test(an_unknown_time_of_reception_lets_no_date_pass),
        cmocka_unit_test(dates_outside_the_window_are_doubted),
        cmocka_unit_test(the_age_chooses_between_two_readings_of_the_year),
        cmocka_unit_test(an_age_that_does_not_fit_sends_both_to_a_person),
        cmocka_unit_test(an_era_keeps_its_limits),
        cmocka_unit_test(a_half_written_date_is_asked_for),
        cmocka_unit_test(a_move_before_the_referral_is_doubted),
        cmocka_unit_test(groups_of_boxes_keep_their_rule),
        cmocka_unit_test(an_untouched_block_is_blank_and_no_question),
        cmocka_unit_test(writing_that_no_engine_could_read_is_not_blank),
        cmocka_unit_test(without_calibration_nothing_is_accepted),
        cmocka_unit_test(a_looser_tolerance_accepts_more),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
