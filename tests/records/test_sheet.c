#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "records/case.h"

static struct tsk_sheet find(struct fixture *f, int64_t id)
{
    struct tsk_sheet sheet;

    OK(tsk_sheet_find(&sheet, f->store, &tsk_scope_all, id, f->arena, &f->err), f);
    return sheet;
}

static int64_t add_with_doubts(struct fixture *f)
{
    struct tsk_reading page;

    fixture_referral(&page, "山田 一郎");
    fixture_set(&page, "referral_date.day", "12", true);
    fixture_set(&page, "patient_name", "山田 一朗", true);
    tsk_value_alternative(tsk_reading_value(&page, "patient_name"), "山田 一郎", 0.31);
    tsk_reading_problem(&page, "age", "age_mismatch", "年齢が合いません");
    return fixture_add(f, "D1", EAST, &page);
}

static void test_what_was_read_is_kept(void **state)
{
    struct fixture *f = *state;
    int64_t id = add_with_doubts(f);
    struct tsk_sheet sheet = find(f, id);
    const struct tsk_sheet_field *name = tsk_sheet_field(&sheet, "patient_name");

    assert_string_equal(sheet.form, "referral-status");
    assert_string_equal(sheet.edition, "test-1");
    assert_string_equal(sheet.form_hash, "f00d");
    assert_string_equal(sheet.reader, "0.1.0");
    assert_string_equal(sheet.weights, "weights-1");
    assert_string_equal(sheet.calibration, "calibration-1");
    assert_int_equal(sheet.state, TSK_SHEET_NEEDS_REVIEW);
    assert_int_equal(sheet.waiting_count, 2);
    assert_string_equal(name->read_value, "山田 一朗");
    assert_int_equal(name->decided, TSK_DECIDED_WAITING);
    assert_string_equal(name->reason, "low_confidence");
    assert_int_equal(name->alternative_count, 1);
    assert_string_equal(name->alternatives[0].value, "山田 一郎");
    assert_int_equal(tsk_sheet_field(&sheet, "ward")->kind, TSK_SHEET_DERIVED);
    assert_string_equal(tsk_sheet_value(&sheet, "ward"), "27115");
    assert_true(tsk_sheet_sure(&sheet, "ward"));
    assert_false(tsk_sheet_sure(&sheet, "patient_name"));
    assert_false(tsk_sheet_sure(&sheet, "no_such_field"));
    assert_int_equal(sheet.problem_count, 1);
    assert_string_equal(sheet.problems[0].code, "age_mismatch");
}

static void test_several_marks(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading page;

    fixture_referral(&page, "山田 一郎");
    fixture_set(&page, "contact_method", "email", false);
    struct tsk_sheet sheet = find(f, fixture_add(f, "D1", EAST, &page));
    assert_string_equal(tsk_sheet_value(&sheet, "contact_method"), "fax,email");
    assert_true(tsk_sheet_has(&sheet, "contact_method", "fax"));
    assert_true(tsk_sheet_has(&sheet, "contact_method", "email"));
    assert_false(tsk_sheet_has(&sheet, "contact_method", "mail"));
    assert_false(tsk_sheet_has(&sheet, "contact_method", "phone"));
    assert_string_equal(tsk_sheet_value(&sheet, "nothing"), "");
}

static void test_a_correction_keeps_what_was_read(void **state)
{
    struct fixture *f = *state;
    struct tsk_field_changes changes;
    int64_t id = add_with_doubts(f);
    bool changed;

    OK(tsk_sheet_set(&changed, f->store, &only_east, id, "patient_name", "山田 一郎", "佐藤", "原本で確認", &f->err),
       f);
    assert_true(changed);
    struct tsk_sheet sheet = find(f, id);
    const struct tsk_sheet_field *name = tsk_sheet_field(&sheet, "patient_name");
    assert_string_equal(name->read_value, "山田 一朗");
    assert_string_equal(name->value, "山田 一郎");
    assert_int_equal(name->decided, TSK_DECIDED_SET);
    assert_string_equal(name->by, "佐藤");
    OK(tsk_sheet_history(&changes, f->store, &only_east, id, f->arena, &f->err), f);
    assert_int_equal(changes.count, 1);
    assert_string_equal(changes.items[0].old_value, "山田 一朗");
    assert_string_equal(changes.items[0].new_value, "山田 一郎");
    assert_string_equal(changes.items[0].by, "佐藤");
    assert_string_equal(changes.items[0].why, "原本で確認");
    OK(tsk_sheet_set(&changed, f->store, &only_east, id, "patient_name", "山田 一郎", "佐藤", "", &f->err), f);
    assert_false(changed);
    assert_int_equal(sheet.corrections, 0);
}

static void test_looking_is_a_decision(void **state)
{
    struct fixture *f = *state;
    int64_t id = add_with_doubts(f);
    bool changed;

    OK(tsk_sheet_set(&changed, f->store, &only_east, id, "patient_name", "山田 一朗", "佐藤", "", &f->err), f);
    assert_true(changed);
    struct tsk_sheet sheet = find(f, id);
    assert_int_equal(tsk_sheet_field(&sheet, "patient_name")->decided, TSK_DECIDED_CONFIRMED);
    assert_int_equal(sheet.waiting_count, 1);
    OK(tsk_sheet_set(&changed, f->store, &only_east, id, "referral_date.day", "12", "佐藤", "", &f->err), f);
    assert_true(find(f, id).state != TSK_SHEET_CONFIRMED);
}

static const struct bad_value {
    const char *field, *value, *words;
} bad_values[] = {
    { "sex", "unknown", "no option \"unknown\"; it has male, female" },
    { "sex", "male,female", "takes one option" },
    { "contact_method", "fax,letter", "no option \"letter\"" },
    { "referral_date.day", "123", "up to 2 digits" },
    { "referral_date.day", "1x", "up to 2 digits" },
    { "referral_date.day", "１", "up to 2 digits" },
    { "birth_date.year", "令和8", "up to 2 digits" }, /* its era has boxes of its own */
    { "referral_date", "12 April", "YYYY-MM-DD" },
    { "referral_date", "2015-02-30", "YYYY-MM-DD" },
    { "patient_name", "a\tb", "control characters" },
    { "patient_name", "\xff", "UTF-8" },
    { "no_such_field", "x", "has no field" },
};

static void test_a_bad_value_changes_nothing(void **state)
{
    struct fixture *f = *state;
    int64_t id = add_with_doubts(f);
    int64_t audits = fixture_count(f, "SELECT count(*) FROM audit");

    fixture_know(f);
    for (size_t i = 0; i < TSK_COUNT(bad_values); i++) {
        const struct bad_value *bad = &bad_values[i];
        REFUSED(tsk_sheet_set(NULL, f->store, &only_east, id, bad->field, bad->value, "佐藤", "", &f->err), f,
                bad->words);
        assert_int_equal(f->err.kind, TSK_REJECT);
    }
    REFUSED(tsk_sheet_set(NULL, f->store, &only_east, id, "sex", "male", "", "", &f->err), f, "name of who");
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM field_history"), 0);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM audit"), audits);
}

/* What follows from a corrected part. The document came in on 2015-04-13 in Japan. */
static const struct derive_case {
    const char *what, *field, *value, *key, *want;
    bool sure;
} derive_cases[] = {
    { "another day", "referral_date.day", "10", "referral_date", "2015-04-10", true },
    { "a day that does not exist", "referral_date.day", "31", "referral_date", "", false },
    { "after reception, in either era", "referral_date.year", "28", "referral_date", "", false },
    { "an era set with the year", "referral_date.year", "平成26", "referral_date", "2014-04-12", true },
    { "blank part", "referral_date.day", "", "referral_date", "", false },
    { "era chosen", "birth_era", "meiji", "birth_date", "1873-05-02", true },
    { "an era that had no such day", "birth_date.year", "65", "birth_date", "", false },
    { "another ward", "patient_address", "梅田3-1", "ward", "27127", true },
    { "an address that nobody knows", "patient_address", "どこか", "ward", "27115", false },
    { "no address", "patient_address", "", "ward", "", true },
};

static void test_what_follows_is_worked_out_again(void **state)
{
    struct fixture *f = *state;
    char id[8];

    fixture_know(f);
    for (size_t i = 0; i < TSK_COUNT(derive_cases); i++) {
        const struct derive_case *one = &derive_cases[i];
        struct tsk_reading page;
        fixture_referral(&page, "山田 一郎");
        snprintf(id, sizeof id, "D%zu", i);
        int64_t sheet_id = fixture_add(f, id, EAST, &page);
        OK(tsk_sheet_set(NULL, f->store, &only_east, sheet_id, one->field, one->value, "佐藤", "", &f->err), f);
        struct tsk_sheet sheet = find(f, sheet_id);
        if (strcmp(tsk_sheet_value(&sheet, one->key), one->want) != 0 || tsk_sheet_sure(&sheet, one->key) != one->sure)
            fail_msg("%s: %s is \"%s\", %s", one->what, one->key, tsk_sheet_value(&sheet, one->key),
                     tsk_sheet_sure(&sheet, one->key) ? "sure" : "unsure");
        assert_int_equal(sheet.state, one->sure ? TSK_SHEET_READY : TSK_SHEET_NEEDS_REVIEW);
    }
}

/* 平成 is printed on every old sheet: 8.11.2 received in 2026 is 令和. */
static void test_printed_heisei_in_2026(void **state)
{
    struct fixture *f = *state;
    struct tsk_document_new document = fixture_document("D1", EAST, "x");
    struct tsk_document_added added;
    struct tsk_reading page;

    fixture_know(f);
    document.received = "2026-11-21T00:00:00.000Z";
    fixture_referral(&page, "山田 一郎");
    const struct tsk_page_new pages = { .reading = &page };
    OK(tsk_document_add(&added, f->store, &document, &pages, 1, &fixture_versions, f->arena, &f->err), f);
    tsk_reading_free(&page);
    OK(tsk_sheet_set(NULL, f->store, &only_east, added.sheets[0], "referral_date.year", "8", "佐藤", "", &f->err), f);
    struct tsk_sheet sheet = find(f, added.sheets[0]);
    assert_string_equal(tsk_sheet_value(&sheet, "referral_date"), "2026-04-12");
}

static void test_what_follows_waits_with_its_parts(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading page;

    fixture_know(f);
    fixture_referral(&page, "山田 一郎");
    fixture_set(&page, "referral_date.month", "4", true);
    int64_t id = fixture_add(f, "D1", EAST, &page);
    OK(tsk_sheet_set(NULL, f->store, &only_east, id, "referral_date.day", "10", "佐藤", "", &f->err), f);
    struct tsk_sheet sheet = find(f, id);
    assert_false(tsk_sheet_sure(&sheet, "referral_date"));
    OK(tsk_sheet_set(NULL, f->store, &only_east, id, "referral_date.month", "4", "佐藤", "", &f->err), f);
    sheet = find(f, id);
    assert_true(tsk_sheet_sure(&sheet, "referral_date"));
    assert_string_equal(tsk_sheet_value(&sheet, "referral_date"), "2015-04-10");
}

static void test_a_blank_date_that_is_written_now(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading page;

    fixture_know(f);
    fixture_referral(&page, "山田 一郎");
    int64_t id = fixture_add(f, "D1", EAST, &page);
    struct tsk_sheet sheet = find(f, id);
    assert_null(tsk_sheet_field(&sheet, "move_date"));
    OK(tsk_sheet_set(NULL, f->store, &only_east, id, "move_date.year", "27", "佐藤", "", &f->err), f);
    OK(tsk_sheet_set(NULL, f->store, &only_east, id, "move_date.month", "4", "佐藤", "", &f->err), f);
    OK(tsk_sheet_set(NULL, f->store, &only_east, id, "move_date.day", "13", "佐藤", "", &f->err), f);
    sheet = find(f, id);
    assert_string_equal(tsk_sheet_value(&sheet, "move_date"), "2015-04-13");
    assert_string_equal(tsk_sheet_field(&sheet, "move_date")->read_value, "");
    assert_true(tsk_sheet_sure(&sheet, "move_date"));
}

/* Without the forms nothing can be worked out: what hangs on the field waits for a person. */
static void test_without_knowledge_a_person_is_asked(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading page;

    fixture_referral(&page, "山田 一郎");
    int64_t id = fixture_add(f, "D1", EAST, &page);
    OK(tsk_sheet_set(NULL, f->store, &only_east, id, "referral_date.day", "10", "佐藤", "", &f->err), f);
    struct tsk_sheet sheet = find(f, id);
    assert_false(tsk_sheet_sure(&sheet, "referral_date"));
    OK(tsk_sheet_set(NULL, f->store, &only_east, id, "referral_date", "2015-04-10", "佐藤", "", &f->err), f);
    sheet = find(f, id);
    assert_true(tsk_sheet_sure(&sheet, "referral_date"));
}

static void test_confirming(void **state)
{
    struct fixture *f = *state;
    int64_t id = add_with_doubts(f);
    bool changed;

    REFUSED(tsk_sheet_confirm(&changed, f->store, &only_east, id, false, "佐藤", &f->err), f,
            "referral_date.day, patient_name");
    assert_false(changed);
    OK(tsk_sheet_confirm(&changed, f->store, &only_east, id, true, "佐藤", &f->err), f);
    assert_true(changed);
    struct tsk_sheet sheet = find(f, id);
    assert_int_equal(sheet.state, TSK_SHEET_CONFIRMED);
    assert_string_equal(sheet.confirmed_by, "佐藤");
    assert_int_equal(sheet.waiting_count, 0);
    assert_int_equal(tsk_sheet_field(&sheet, "patient_name")->decided, TSK_DECIDED_CONFIRMED);
    assert_int_equal(tsk_sheet_field(&sheet, "sex")->decided, TSK_DECIDED_ACCEPTED);
    OK(tsk_sheet_confirm(&changed, f->store, &only_east, id, false, "鈴木", &f->err), f);
    assert_false(changed);
    assert_string_equal(find(f, id).confirmed_by, "佐藤");
}

static void test_correction_after_confirmation(void **state)
{
    struct fixture *f = *state;
    int64_t id = add_with_doubts(f);

    OK(tsk_sheet_confirm(NULL, f->store, &only_east, id, true, "佐藤", &f->err), f);
    OK(tsk_sheet_set(NULL, f->store, &only_east, id, "sex", "female", "鈴木", "電話で確認", &f->err), f);
    struct tsk_sheet sheet = find(f, id);
    assert_int_equal(sheet.state, TSK_SHEET_CONFIRMED);
    assert_int_equal(sheet.corrections, 1);
    assert_string_equal(tsk_sheet_field(&sheet, "sex")->read_value, "male");
}

static void test_linking(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading first;
    struct tsk_reading second;
    struct tsk_sheets waiting;
    struct tsk_case_events events;
    const struct tsk_sheet_filter which = { .state = "which_case" };
    char other[TSK_CASE_NUMBER_SIZE];
    bool changed;

    fixture_referral(&first, "山田 一郎");
    fixture_outcome(&second, "山田 一朗"); /* one stroke apart, and born on another day: who is it? */
    struct tsk_sheet referral = find(f, fixture_add(f, "D1", EAST, &first));
    int64_t outcome = fixture_add(f, "D2", EAST, &second);
    OK(tsk_sheet_list(&waiting, f->store, &only_east, &which, f->arena, &f->err), f);
    assert_int_equal(waiting.count, 1);
    assert_int_equal(waiting.items[0].id, outcome);

    OK(tsk_sheet_link(&changed, f->store, &only_east, outcome, referral.case_number, "佐藤", &f->err), f);
    assert_true(changed);
    OK(tsk_sheet_link(&changed, f->store, &only_east, outcome, referral.case_number, "佐藤", &f->err), f);
    assert_false(changed);
    OK(tsk_sheet_list(&waiting, f->store, &only_east, &which, f->arena, &f->err), f);
    assert_int_equal(waiting.count, 0);
    OK(tsk_case_open(other, f->store, EAST, 1500000000000, "佐藤", &f->err), f);
    OK(tsk_sheet_link(&changed, f->store, &only_east, outcome, other, "佐藤", &f->err), f);
    assert_true(changed);
    OK(tsk_case_event_list(&events, f->store, &only_east, referral.case_number, f->arena, &f->err), f);
    assert_string_equal(events.items[events.count - 1].kind, "unlinked");
    REFUSED(tsk_sheet_link(NULL, f->store, &only_east, outcome, "27115-2015-9999", "佐藤", &f->err), f, "no case");
    OK(tsk_case_open(other, f->store, NORTH, 1500000000000, "佐藤", &f->err), f);
    REFUSED(tsk_sheet_link(NULL, f->store, &tsk_scope_all, outcome, other, "佐藤", &f->err), f, "belongs to office");
}

static void test_reading_again(void **state)
{
    struct fixture *f = *state;
    const struct tsk_versions newer = { "0.2.0", "weights-2", "calibration-2" };
    struct tsk_differences found;
    struct tsk_reading again;
    int64_t id = add_with_doubts(f);

    OK(tsk_sheet_set(NULL, f->store, &only_east, id, "patient_name", "山田 一郎", "佐藤", "", &f->err), f);
    fixture_referral(&again, "山口 一郎");                 /* the person's value stands */
    fixture_set(&again, "referral_date.day", "13", false); /* waited: takes the new reading */
    fixture_set(&again, "birth_date.day", "3", false);     /* accepted by the reader: takes it too */
    OK(tsk_sheet_reread_apply(&found, f->store, &only_east, id, &again, &newer, "佐藤", f->arena, &f->err), f);
    tsk_reading_free(&again);
    assert_int_equal(found.count, 3);
    struct tsk_sheet sheet = find(f, id);
    assert_string_equal(tsk_sheet_value(&sheet, "patient_name"), "山田 一郎");
    assert_string_equal(tsk_sheet_field(&sheet, "patient_name")->read_value, "山田 一朗");
    assert_string_equal(tsk_sheet_value(&sheet, "referral_date.day"), "13");
    assert_string_equal(tsk_sheet_field(&sheet, "referral_date.day")->read_value, "12");
    assert_true(tsk_sheet_sure(&sheet, "referral_date.day"));
    assert_string_equal(tsk_sheet_value(&sheet, "birth_date.day"), "3");
    for (size_t i = 0; i < found.count; i++)
        assert_int_equal(found.items[i].kept, strcmp(found.items[i].field, "patient_name") == 0);
    assert_int_equal(sheet.state, TSK_SHEET_READY);
    assert_string_equal(sheet.reader, "0.1.0"); /* of what read_value holds */
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM field_readings WHERE reader = '0.2.0'"),
                     (int64_t)sheet.field_count);
}

static void test_reading_a_confirmed_sheet_again(void **state)
{
    struct fixture *f = *state;
    struct tsk_differences found;
    struct tsk_reading again;
    int64_t id = add_with_doubts(f);

    OK(tsk_sheet_confirm(NULL, f->store, &only_east, id, true, "佐藤", &f->err), f);
    fixture_referral(&again, "山口 一郎");
    fixture_set(&again, "birth_date.day", "3", false);
    OK(tsk_sheet_reread_apply(&found, f->store, &only_east, id, &again, &fixture_versions, "佐藤", f->arena, &f->err),
       f);
    tsk_reading_free(&again);
    struct tsk_sheet sheet = find(f, id);
    assert_string_equal(tsk_sheet_value(&sheet, "birth_date.day"), "2");
    assert_string_equal(tsk_sheet_value(&sheet, "patient_name"), "山田 一朗");
    assert_int_equal(found.count, 2);
    assert_true(found.items[0].kept && found.items[1].kept);
}

static void test_reading_another_form_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct tsk_differences found;
    struct tsk_reading again;
    int64_t id = add_with_doubts(f);

    assert_int_equal(tsk_reading_start(&again, NULL, NULL), 0);
    REFUSED(
        tsk_sheet_reread_apply(&found, f->store, &only_east, id, &again, &fixture_versions, "佐藤", f->arena, &f->err),
        f, "no form");
    tsk_reading_free(&again);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM field_readings"), 0);
}

static void test_the_database_keeps_it_too(void **state)
{
    struct fixture *f = *state;

    add_with_doubts(f);
    static const char without_office[] =
        "INSERT INTO sheets (office_id, document_id, page_id, form, edition, form_hash, reader, weights, calibration, "
        "state) "
        "SELECT NULL, document_id, page_id, form, edition, form_hash, reader, weights, calibration, state FROM sheets";
    static const char *const forbidden[] = {
        "UPDATE fields SET read_value = 'x'",
        "UPDATE documents SET sha256 = sha256",
        "UPDATE audit SET detail = ''",
        "DELETE FROM audit",
        "DELETE FROM sheets",
        without_office,
    };
    for (size_t i = 0; i < TSK_COUNT(forbidden); i++)
        assert_int_not_equal(fixture_try(f, forbidden[i]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_read_is_kept),
        TEST(test_several_marks),
        TEST(test_a_correction_keeps_what_was_read),
        TEST(test_looking_is_a_decision),
        TEST(test_a_bad_value_changes_nothing),
        TEST(test_what_follows_is_worked_out_again),
        TEST(test_printed_heisei_in_2026),
        TEST(test_what_follows_waits_with_its_parts),
        TEST(test_a_blank_date_that_is_written_now),
        TEST(test_without_knowledge_a_person_is_asked),
        TEST(test_confirming),
        TEST(test_correction_after_confirmation),
        TEST(test_linking),
        TEST(test_reading_again),
        TEST(test_reading_a_confirmed_sheet_again),
        TEST(test_reading_another_form_changes_nothing),
        TEST(test_the_database_keeps_it_too),
    };

    return cmocka_run_group_tests_name("records/sheet", tests, NULL, NULL);
}
