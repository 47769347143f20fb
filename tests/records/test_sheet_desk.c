#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "records/case.h"

/* What the desk needs beyond setting and confirming: taking back, and standing beside what a case knows. */

static struct tsk_sheet find(struct fixture *f, int64_t id)
{
    struct tsk_sheet sheet;

    OK(tsk_sheet_find(&sheet, f->store, &tsk_scope_all, id, f->arena, &f->err), f);
    return sheet;
}

static void expect(struct fixture *f, int64_t id, const char *field, const char *value, enum tsk_decided decided)
{
    struct tsk_sheet sheet = find(f, id);
    const struct tsk_sheet_field *found = tsk_sheet_field(&sheet, field);

    assert_non_null(found);
    if (strcmp(found->value, value) != 0 || found->decided != decided)
        fail_msg("%s is \"%s\" (%s), not \"%s\" (%s)", field, found->value, tsk_decided_name(found->decided), value,
                 tsk_decided_name(decided));
}

static void set(struct fixture *f, int64_t id, const char *field, const char *value, const char *by)
{
    OK(tsk_sheet_set(NULL, f->store, &only_east, id, field, value, by, "", &f->err), f);
}

static void undo(struct fixture *f, int64_t id, const char *field, const char *by)
{
    OK(tsk_sheet_undo(f->store, &only_east, id, field, by, &f->err), f);
}

static int64_t add(struct fixture *f, const char *spool_id, bool outcome, const char *name, bool doubt)
{
    struct tsk_reading page;

    if (outcome)
        fixture_outcome(&page, name);
    else
        fixture_referral(&page, name);
    if (doubt)
        fixture_set(&page, "patient_name", name, true);
    return fixture_add(f, spool_id, EAST, &page);
}

static void test_every_change_is_a_revision(void **state)
{
    struct fixture *f = *state;
    int64_t id = add(f, "D1", false, "山田 一郎", true);
    int before = find(f, id).revision;

    set(f, id, "patient_name", "山田 一朗", "佐藤");
    assert_int_equal(find(f, id).revision, before + 1);
    set(f, id, "patient_name", "山田 一朗", "佐藤"); /* as it is: no change */
    assert_int_equal(find(f, id).revision, before + 1);
    OK(tsk_sheet_confirm(NULL, f->store, &only_east, id, false, "佐藤", &f->err), f);
    assert_int_equal(find(f, id).revision, before + 2);
    assert_int_equal(find(f, id).corrections, 0);
}

static void test_taking_back(void **state)
{
    struct fixture *f = *state;
    int64_t id = add(f, "D1", false, "山田 一郎", true);

    set(f, id, "patient_name", "山田 一朗", "佐藤");
    set(f, id, "patient_name", "山田 市朗", "佐藤");
    undo(f, id, "patient_name", "佐藤");
    expect(f, id, "patient_name", "山田 一朗", TSK_DECIDED_SET);
    undo(f, id, "patient_name", "佐藤");
    expect(f, id, "patient_name", "山田 一郎", TSK_DECIDED_WAITING);
    assert_int_equal(find(f, id).state, TSK_SHEET_NEEDS_REVIEW);
    REFUSED(tsk_sheet_undo(f->store, &only_east, id, "patient_name", "佐藤", &f->err), f, "nothing was changed");
    set(f, id, "patient_name", "山田 一朗", "佐藤"); /* and forward again */
    undo(f, id, "patient_name", "佐藤");
    expect(f, id, "patient_name", "山田 一郎", TSK_DECIDED_WAITING);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM field_history"), 6);
}

static void test_what_another_wrote_stays(void **state)
{
    struct fixture *f = *state;
    int64_t id = add(f, "D1", false, "山田 一郎", true);

    set(f, id, "patient_name", "山田 一朗", "佐藤");
    set(f, id, "patient_name", "山田 市朗", "田中");
    REFUSED(tsk_sheet_undo(f->store, &only_east, id, "patient_name", "佐藤", &f->err), f, "by 田中");
    expect(f, id, "patient_name", "山田 市朗", TSK_DECIDED_SET);
    REFUSED(tsk_sheet_undo(f->store, &only_north, id, "patient_name", "田中", &f->err), f, "there is no sheet");
    REFUSED(tsk_sheet_undo(f->store, &only_east, id, "nothing", "田中", &f->err), f, "has no field");
}

static void test_what_followed_is_taken_back_too(void **state)
{
    struct fixture *f = *state;
    int64_t id = add(f, "D1", false, "山田 一郎", false);

    fixture_know(f);
    set(f, id, "birth_date.day", "3", "佐藤");
    struct tsk_sheet sheet = find(f, id);
    char changed[16];
    snprintf(changed, sizeof changed, "%s", tsk_sheet_value(&sheet, "birth_date"));
    undo(f, id, "birth_date.day", "佐藤");
    sheet = find(f, id);
    assert_string_not_equal(tsk_sheet_value(&sheet, "birth_date"), changed);
}

/* A case with one confirmed referral in it; returns its number. */
static const char *confirmed_case(struct fixture *f)
{
    int64_t id = add(f, "D1", false, "山田 一郎", false);

    OK(tsk_sheet_confirm(NULL, f->store, &only_east, id, true, "佐藤", &f->err), f);
    return find(f, id).case_number;
}

static void come(struct fixture *f, int64_t id, const char *number)
{
    OK(tsk_sheet_link(NULL, f->store, &only_east, id, number, "田中", &f->err), f);
}

static void test_confirmed_values_stand(void **state)
{
    struct fixture *f = *state;

    fixture_know(f);
    const char *number = confirmed_case(f);
    int64_t id = add(f, "D2", true, "山口 一郎", true); /* badly read */
    come(f, id, number);
    expect(f, id, "patient_name", "山田 一郎", TSK_DECIDED_ACCEPTED);
    struct tsk_sheet sheet = find(f, id);
    assert_string_equal(tsk_sheet_field(&sheet, "patient_name")->read_value, "山口 一郎");
    assert_string_equal(tsk_sheet_field(&sheet, "patient_name")->reason, "from_case");
    assert_int_equal(sheet.state, TSK_SHEET_READY);
}

/* A date whose parts nobody could read has no row of its own; with the parts of the case it has one. */
static void test_what_follows_stands_too(void **state)
{
    struct fixture *f = *state;

    fixture_know(f);
    const char *number = confirmed_case(f);
    int64_t id = add(f, "D2", true, "山口 一郎", true);
    fixture_sql(f, "DELETE FROM fields WHERE kind = 'derived' AND field = 'referral_date' AND sheet_id = 2");
    struct tsk_sheet before = find(f, id);
    assert_null(tsk_sheet_field(&before, "referral_date"));
    come(f, id, number);
    expect(f, id, "referral_date", "2015-04-12", TSK_DECIDED_ACCEPTED);
}

static void test_what_surely_differs_is_asked(void **state)
{
    struct fixture *f = *state;

    fixture_know(f);
    const char *number = confirmed_case(f);
    int64_t id = add(f, "D2", true, "山口 花子", false); /* read with certainty */
    come(f, id, number);
    expect(f, id, "patient_name", "山田 一郎", TSK_DECIDED_WAITING);
    struct tsk_sheet sheet = find(f, id);
    const struct tsk_sheet_field *name = tsk_sheet_field(&sheet, "patient_name");
    assert_string_equal(name->reason, "differs_from_case");
    assert_int_equal(name->alternative_count, 1);
    assert_string_equal(name->alternatives[0].value, "山口 花子");
    assert_int_equal(sheet.waiting_count, 1);
}

/* The day was read with certainty, and wrong: the date follows the day that stands, and waits with it. */
static void test_a_date_follows_the_part_that_is_asked(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading page;
    char other[TSK_CASE_NUMBER_SIZE];

    fixture_know(f);
    const char *number = confirmed_case(f);
    fixture_outcome(&page, "山田 一郎");
    fixture_set(&page, "birth_date.day", "7", false);
    tsk_reading_derive(&page, "birth_date", "1931-05-07", true);
    int64_t id = fixture_add(f, "D2", EAST, &page);
    come(f, id, number);
    expect(f, id, "birth_date.day", "2", TSK_DECIDED_WAITING);
    expect(f, id, "birth_date", "1931-05-02", TSK_DECIDED_WAITING);
    OK(tsk_case_open(other, f->store, EAST, 1500000000000, "田中", &f->err), f);
    come(f, id, other);
    expect(f, id, "birth_date.day", "7", TSK_DECIDED_WAITING);
    expect(f, id, "birth_date", "1931-05-07", TSK_DECIDED_WAITING);
    come(f, id, number); /* what was left waiting is in doubt by now */
    expect(f, id, "birth_date", "1931-05-02", TSK_DECIDED_ACCEPTED);
}

static void test_the_same_written_otherwise_is_the_same(void **state)
{
    struct fixture *f = *state;

    fixture_know(f);
    const char *number = confirmed_case(f);
    int64_t id = add(f, "D2", true, "山田　一郎", false);
    come(f, id, number);
    expect(f, id, "patient_name", "山田　一郎", TSK_DECIDED_ACCEPTED);
}

static void test_an_outcome_is_new_each_time(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading page;

    fixture_know(f);
    const char *number = confirmed_case(f);
    int64_t first = add(f, "D2", true, "山田 一郎", false);
    come(f, first, number);
    OK(tsk_sheet_confirm(NULL, f->store, &only_east, first, true, "佐藤", &f->err), f);
    fixture_outcome(&page, "山田 一郎");
    fixture_set(&page, "destination", "大坂病院", true);
    int64_t second = fixture_add(f, "D3", EAST, &page);
    come(f, second, number);
    expect(f, second, "destination", "大坂病院", TSK_DECIDED_WAITING);
}

static void test_what_the_case_does_not_know_is_new(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading page;

    fixture_know(f);
    const char *number = confirmed_case(f);
    fixture_outcome(&page, "山田 一郎");
    fixture_set(&page, "contact_method", "phone", true);
    fixture_set(&page, "destination", "大坂病院", true);
    int64_t id = fixture_add(f, "D2", EAST, &page);
    come(f, id, number);
    expect(f, id, "destination", "大坂病院", TSK_DECIDED_WAITING);
    expect(f, id, "contact_method", "fax", TSK_DECIDED_ACCEPTED);
}

static void test_leaving_a_case_leaves_its_values(void **state)
{
    struct fixture *f = *state;
    char other[TSK_CASE_NUMBER_SIZE];

    fixture_know(f);
    const char *number = confirmed_case(f);
    int64_t id = add(f, "D2", true, "山口 一郎", true);
    come(f, id, number);
    OK(tsk_case_open(other, f->store, EAST, 1500000000000, "田中", &f->err), f);
    come(f, id, other);
    expect(f, id, "patient_name", "山口 一郎", TSK_DECIDED_WAITING);
}

static void test_a_persons_value_is_never_taken(void **state)
{
    struct fixture *f = *state;

    fixture_know(f);
    const char *number = confirmed_case(f);
    int64_t id = add(f, "D2", true, "山口 一郎", true);
    set(f, id, "patient_name", "山口 二郎", "田中");
    come(f, id, number);
    expect(f, id, "patient_name", "山口 二郎", TSK_DECIDED_SET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_change_is_a_revision),
        TEST(test_taking_back),
        TEST(test_what_another_wrote_stays),
        TEST(test_what_followed_is_taken_back_too),
        TEST(test_confirmed_values_stand),
        TEST(test_what_follows_stands_too),
        TEST(test_what_surely_differs_is_asked),
        TEST(test_a_date_follows_the_part_that_is_asked),
        TEST(test_the_same_written_otherwise_is_the_same),
        TEST(test_an_outcome_is_new_each_time),
        TEST(test_what_the_case_does_not_know_is_new),
        TEST(test_leaving_a_case_leaves_its_values),
        TEST(test_a_persons_value_is_never_taken),
    };

    return cmocka_run_group_tests_name("records/sheet_desk", tests, NULL, NULL);
}
