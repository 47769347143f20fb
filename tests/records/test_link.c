#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "records/case.h"
#include "records/link.h"

static const char *case_of(struct fixture *f, int64_t sheet)
{
    struct tsk_sheet found;

    OK(tsk_sheet_find(&found, f->store, &tsk_scope_all, sheet, f->arena, &f->err), f);
    return found.case_number;
}

static void test_the_outcome_meets_its_referral(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading referral;
    struct tsk_reading other;
    struct tsk_reading outcome;

    fixture_know(f);
    fixture_referral(&referral, "山田 一郎");
    fixture_referral(&other, "鈴木 花子");
    fixture_patient(&other, 1);
    fixture_outcome(&outcome, "山田　一郎"); /* a wider space is no other name */
    int64_t first = fixture_add(f, "D1", EAST, &referral);
    fixture_add(f, "D2", EAST, &other);
    assert_string_equal(case_of(f, fixture_add(f, "D3", EAST, &outcome)), case_of(f, first));
}

static void test_a_doubted_reading_is_enough_when_all_agrees(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading referral;
    struct tsk_reading outcome;

    fixture_know(f);
    fixture_referral(&referral, "山田 一郎");
    fixture_outcome(&outcome, "山田 一部");
    fixture_set(&outcome, "patient_name", "山田 一部", true);
    tsk_value_alternative(tsk_reading_value(&outcome, "patient_name"), "山田 一郎", 0.3);
    int64_t first = fixture_add(f, "D1", EAST, &referral);
    assert_string_equal(case_of(f, fixture_add(f, "D2", EAST, &outcome)), case_of(f, first));
}

static void test_another_birth_date_is_a_question(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading referral;
    struct tsk_reading outcome;
    struct tsk_link link;

    fixture_know(f);
    fixture_referral(&referral, "山田 一郎");
    fixture_outcome(&outcome, "山田 一郎");
    tsk_reading_derive(&outcome, "birth_date", "1931-05-03", true);
    int64_t first = fixture_add(f, "D1", EAST, &referral);
    int64_t second = fixture_add(f, "D2", EAST, &outcome);
    assert_string_equal(case_of(f, second), "");
    OK(tsk_link_find(&link, f->store, &only_east, second, f->arena, &f->err), f);
    assert_int_equal(link.answer, TSK_MATCH_ASK);
    assert_int_equal(link.candidate_count, 1);
    assert_string_equal(link.candidates[0].case_number, case_of(f, first));
    assert_int_equal(link.candidates[0].comparison.facts[TSK_FACT_NAME], TSK_AGREE_SURE);
    assert_int_equal(link.candidates[0].comparison.facts[TSK_FACT_BIRTH], TSK_AGREE_NEAR);
    REFUSED(tsk_link_find(&link, f->store, &only_north, second, f->arena, &f->err), f, "no sheet");
}

static void test_offices_do_not_see_each_other(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading here;
    struct tsk_reading there;
    struct tsk_link link;

    fixture_know(f);
    fixture_referral(&here, "山田 一郎");
    fixture_outcome(&there, "山田 一郎");
    fixture_add(f, "D1", EAST, &here);
    int64_t sheet = fixture_add(f, "D2", NORTH, &there);
    assert_string_equal(case_of(f, sheet), "");
    OK(tsk_link_find(&link, f->store, &tsk_scope_all, sheet, f->arena, &f->err), f);
    assert_int_equal(link.candidate_count, 0);
}

static void test_what_a_person_settled_stays(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading referral;
    struct tsk_reading outcome;
    char chosen[TSK_CASE_NUMBER_SIZE];
    char number[TSK_CASE_NUMBER_SIZE];

    fixture_know(f);
    fixture_referral(&referral, "山田 一郎");
    fixture_outcome(&outcome, "山田 一郎");
    fixture_add(f, "D1", EAST, &referral);
    int64_t sheet = fixture_add(f, "D2", EAST, &outcome);
    OK(tsk_case_open(chosen, f->store, EAST, 1500000000000, "佐藤", &f->err), f);
    OK(tsk_sheet_link(NULL, f->store, &only_east, sheet, chosen, "佐藤", &f->err), f);
    OK(tsk_link_settle(number, f->store, sheet, &f->err), f);
    assert_string_equal(number, "");
    assert_string_equal(case_of(f, sheet), chosen);
}

static void test_an_old_case_is_no_candidate(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading referral;
    struct tsk_reading again;

    fixture_know(f);
    fixture_referral(&referral, "山田 一郎");
    fixture_referral(&again, "山田 一郎");
    int64_t first = fixture_add(f, "D1", EAST, &referral);
    fixture_sql(f, "UPDATE cases SET opened = '2012-04-01T00:00:00.000Z'");
    assert_string_not_equal(case_of(f, fixture_add(f, "D2", EAST, &again)), case_of(f, first));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_outcome_meets_its_referral),   TEST(test_a_doubted_reading_is_enough_when_all_agrees),
        TEST(test_another_birth_date_is_a_question), TEST(test_offices_do_not_see_each_other),
        TEST(test_what_a_person_settled_stays),      TEST(test_an_old_case_is_no_candidate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
