#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "records/reread.h"

static int64_t one_sheet(struct fixture *f)
{
    struct tsk_reading page;

    fixture_referral(&page, "山田 一郎");
    fixture_set(&page, "patient_name", "山田 一朗", true);
    return fixture_add(f, "D1", EAST, &page);
}

static int64_t ask(struct fixture *f, int64_t sheet, const char *form)
{
    int64_t id = 0;

    OK(tsk_reread_ask(&id, f->store, &only_east, sheet, form, "", "佐藤", &f->err), f);
    return id;
}

static struct tsk_reread next(struct fixture *f, bool there)
{
    struct tsk_reread reread = { .id = 0 };
    bool found = false;

    OK(tsk_reread_next(&found, &reread, f->store, f->arena, &f->err), f);
    assert_int_equal(found, there);
    return reread;
}

static const char *state(struct fixture *f, int64_t sheet)
{
    struct tsk_reread reread;
    bool found = false;

    OK(tsk_reread_of(&found, &reread, f->store, &only_east, sheet, f->arena, &f->err), f);
    return found ? reread.state : "";
}

/* Reads it again as this form, with this name. */
static void answer(struct fixture *f, const char *form, const char *name)
{
    struct tsk_reading page;
    struct tsk_reread asked = next(f, true);

    fixture_referral(&page, name);
    free(page.form);
    page.form = strdup(form);
    const struct tsk_versions versions = { "0.2.0", "weights-2", "calibration-2" };
    const struct tsk_reread_result result = { .reading = &page, .versions = &versions, .image = "", .crops = "" };
    OK(tsk_reread_done(f->store, asked.id, &result, &f->err), f);
    tsk_reading_free(&page);
}

static struct tsk_sheet find(struct fixture *f, int64_t id)
{
    struct tsk_sheet sheet;

    OK(tsk_sheet_find(&sheet, f->store, &only_east, id, f->arena, &f->err), f);
    return sheet;
}

static void test_nothing_changes_before_a_person_takes_it(void **unused)
{
    struct fixture *f = *unused;
    struct tsk_differences differences;
    int64_t id = one_sheet(f);
    int revision = find(f, id).revision;

    assert_string_equal(state(f, id), "");
    ask(f, id, "");
    assert_string_equal(state(f, id), "asked");
    answer(f, "referral-status", "山田 二郎");
    assert_string_equal(state(f, id), "read");
    next(f, false);
    struct tsk_sheet sheet = find(f, id);
    assert_string_equal(tsk_sheet_value(&sheet, "patient_name"), "山田 一朗");
    assert_int_equal(sheet.revision, revision);
    OK(tsk_reread_take(&differences, f->store, &only_east, id, "田中", f->arena, &f->err), f);
    assert_int_equal(differences.count, 1);
    assert_string_equal(differences.items[0].read_now, "山田 二郎");
    sheet = find(f, id);
    assert_string_equal(tsk_sheet_value(&sheet, "patient_name"), "山田 二郎");
    assert_string_equal(sheet.reader, "0.1.0"); /* of what read_value holds */
    assert_string_equal(state(f, id), "taken");
    REFUSED(tsk_reread_take(&differences, f->store, &only_east, id, "田中", f->arena, &f->err), f, "no new reading");
}

static void test_dropped_is_dropped(void **unused)
{
    struct fixture *f = *unused;
    int64_t id = one_sheet(f);

    ask(f, id, "");
    answer(f, "referral-status", "山田 二郎");
    OK(tsk_reread_drop(f->store, &only_east, id, "田中", &f->err), f);
    assert_string_equal(state(f, id), "dropped");
    struct tsk_sheet sheet = find(f, id);
    assert_string_equal(tsk_sheet_value(&sheet, "patient_name"), "山田 一朗");
}

static void test_asking_again_is_one(void **unused)
{
    struct fixture *f = *unused;
    int64_t id = one_sheet(f);

    ask(f, id, "");
    int64_t second = ask(f, id, "referral-status");
    assert_int_equal(next(f, true).id, second);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM rereads WHERE state = 'asked'"), 1);
}

static void test_three_interruptions_are_enough(void **unused)
{
    struct fixture *f = *unused;
    int64_t id = one_sheet(f);

    ask(f, id, "");
    for (int i = 0; i < TSK_REREAD_ATTEMPTS_MAX; i++)
        next(f, true);
    next(f, false);
    assert_string_equal(state(f, id), "failed");
}

static void test_another_form(void **unused)
{
    struct fixture *f = *unused;
    struct tsk_differences differences;
    int64_t id = one_sheet(f);

    OK(tsk_sheet_set(NULL, f->store, &only_east, id, "patient_kana", "ヤマダ イチロウ", "佐藤", "", &f->err), f);
    ask(f, id, "care-liaison");
    answer(f, "care-liaison", "山田 二郎");
    OK(tsk_reread_take(&differences, f->store, &only_east, id, "田中", f->arena, &f->err), f);
    struct tsk_sheet sheet = find(f, id);
    assert_string_equal(sheet.form, "care-liaison");
    assert_string_equal(tsk_sheet_value(&sheet, "patient_kana"), "ヤマダ イチロウ"); /* a person's */
    assert_string_equal(tsk_sheet_field(&sheet, "patient_name")->read_value, "山田 一朗");
    assert_string_equal(tsk_sheet_value(&sheet, "patient_name"), "山田 二郎");
}

static void test_a_field_that_the_form_lacks_leaves_sight(void **unused)
{
    struct fixture *f = *unused;
    struct tsk_differences differences;
    int64_t id = one_sheet(f);

    fixture_sql(
        f, "INSERT INTO fields (sheet_id, position, field, kind, read_value, value, confidence, decided, reason, hand, "
           "box_x, box_y, box_w, box_h, registration_error_mm, alternatives) "
           "VALUES (1, 90, 'only_there', 'text', 'x', 'x', 0.5, 'waiting', '', 'none', 0, 0, 0, 0, 0, '[]')");
    ask(f, id, "care-liaison");
    answer(f, "care-liaison", "山田 二郎");
    OK(tsk_reread_take(&differences, f->store, &only_east, id, "田中", f->arena, &f->err), f);
    struct tsk_sheet sheet = find(f, id);
    assert_null(tsk_sheet_field(&sheet, "only_there"));
    assert_int_equal(sheet.waiting_count, 0);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM fields WHERE field = 'only_there' AND off_form = 1"), 1);
}

static void test_a_confirmed_sheet_stays_what_it_is(void **unused)
{
    struct fixture *f = *unused;
    struct tsk_differences differences;
    int64_t id = one_sheet(f);

    OK(tsk_sheet_confirm(NULL, f->store, &only_east, id, true, "佐藤", &f->err), f);
    ask(f, id, "care-liaison");
    answer(f, "care-liaison", "山田 二郎");
    REFUSED(tsk_reread_take(&differences, f->store, &only_east, id, "田中", f->arena, &f->err), f, "stays that");
    assert_string_equal(find(f, id).form, "referral-status");
    assert_string_equal(state(f, id), "read");
}

static void test_another_office_sees_nothing(void **unused)
{
    struct fixture *f = *unused;
    struct tsk_differences differences;
    struct tsk_reread reread;
    bool found = true;
    int64_t id = one_sheet(f), none = 0;

    REFUSED(tsk_reread_ask(&none, f->store, &only_north, id, "", "", "北", &f->err), f, "there is no sheet");
    ask(f, id, "");
    OK(tsk_reread_of(&found, &reread, f->store, &only_north, id, f->arena, &f->err), f);
    assert_false(found);
    answer(f, "referral-status", "山田 二郎");
    REFUSED(tsk_reread_take(&differences, f->store, &only_north, id, "北", f->arena, &f->err), f, "no new reading");
    REFUSED(tsk_reread_drop(f->store, &only_north, id, "北", &f->err), f, "no new reading");
    assert_string_equal(state(f, id), "read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_changes_before_a_person_takes_it),
        TEST(test_dropped_is_dropped),
        TEST(test_asking_again_is_one),
        TEST(test_three_interruptions_are_enough),
        TEST(test_another_form),
        TEST(test_a_field_that_the_form_lacks_leaves_sight),
        TEST(test_a_confirmed_sheet_stays_what_it_is),
        TEST(test_another_office_sees_nothing),
    };

    return cmocka_run_group_tests_name("records/reread", tests, NULL, NULL);
}
