#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "records/case.h"
#include "records/link.h"
#include "records/settle.h"
#include "records/sheet_code.h"

static struct tsk_vault *new_vault(struct fixture *f, const char *name)
{
    struct tsk_key *keys = tsk_keys_alloc();
    struct tsk_vault *vault = NULL;
    char path[128];

    assert_non_null(keys);
    snprintf(path, sizeof path, "%s/%s.key", f->dir, name);
    tsk_key_new(&keys[0]);
    OK(tsk_keyfile_write(path, keys, 1, &f->err), f);
    OK(tsk_vault_open(&vault, path, NULL, &f->err), f);
    tsk_keys_free(keys);
    return vault;
}

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

static void test_a_correction_is_looked_at_once_nothing_waits(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading referral;
    struct tsk_reading outcome;
    char number[TSK_CASE_NUMBER_SIZE];

    fixture_know(f);
    fixture_referral(&referral, "山田 一郎");
    fixture_outcome(&outcome, "出口 二郎"); /* as the reader saw it */
    fixture_set(&outcome, "patient_name", "出口 二郎", true);
    fixture_set(&outcome, "destination", "ひがしなり", true);
    int64_t first = fixture_add(f, "D1", EAST, &referral);
    int64_t second = fixture_add(f, "D2", EAST, &outcome);
    assert_string_equal(case_of(f, second), "");
    OK(tsk_sheet_set(NULL, f->store, &only_east, second, "patient_name", "山田 一郎", "佐藤", "", &f->err), f);
    OK(tsk_link_corrected(number, f->store, second, &f->err), f);
    assert_string_equal(number, ""); /* the destination still waits */
    OK(tsk_sheet_set(NULL, f->store, &only_east, second, "destination", "東成中央", "佐藤", "", &f->err), f);
    OK(tsk_link_corrected(number, f->store, second, &f->err), f);
    assert_string_equal(number, case_of(f, first));
    assert_string_equal(case_of(f, second), case_of(f, first));
}

static void test_what_was_handed_over_meets_the_takers_case(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading referral;
    struct tsk_reading outcome;
    char id[TSK_ID_SIZE];

    fixture_know(f);
    fixture_referral(&referral, "山田 一郎");
    fixture_outcome(&outcome, "山田 一郎");
    int64_t first = fixture_add(f, "D1", NORTH, &referral);
    int64_t second = fixture_add(f, "D2", EAST, &outcome);
    assert_string_equal(case_of(f, second), "");
    OK(tsk_document_hand_over(id, f->store, &only_east, "D2", NORTH, "佐藤", &f->err), f);
    assert_string_equal(case_of(f, second), case_of(f, first));
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

static int64_t printed(struct fixture *f, const char *document, struct tsk_reading *reading, const char *number)
{
    struct tsk_document_new row = fixture_document(document, EAST, document);
    struct tsk_page_new page = { .reading = reading, .image = "", .crops = "" };
    struct tsk_document_added added;
    char settled[TSK_CASE_NUMBER_SIZE];

    OK(tsk_document_add(&added, f->store, &row, &page, 1, &fixture_versions, f->arena, &f->err), f);
    OK(tsk_sheet_propose(f->store, added.sheets[0], number, &f->err), f);
    OK(tsk_link_settle(settled, f->store, added.sheets[0], &f->err), f);
    tsk_reading_free(reading);
    return added.sheets[0];
}

static void test_a_printed_code_names_the_case(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading referral;
    struct tsk_reading returned;
    struct tsk_reading copied;
    struct tsk_link link;

    fixture_know(f);
    fixture_referral(&referral, "山田 一郎");
    int64_t first = fixture_add(f, "D1", EAST, &referral);
    const char *number = case_of(f, first);

    fixture_outcome(&returned, "山田 一郎");
    tsk_reading_derive(&returned, "referral_date", "", false); /* hardly anything else was read */
    assert_string_equal(case_of(f, printed(f, "D2", &returned, number)), number);

    fixture_outcome(&copied, "鈴木 花子"); /* the sheet was photocopied for the next patient */
    fixture_patient(&copied, 1);
    int64_t sheet = printed(f, "D3", &copied, number);
    assert_string_equal(case_of(f, sheet), "");
    OK(tsk_link_find(&link, f->store, &only_east, sheet, f->arena, &f->err), f);
    assert_int_equal(link.answer, TSK_MATCH_ASK);
    assert_string_equal(link.candidates[0].case_number, number);
}

static void test_a_code_is_checked(void **state)
{
    static const struct tsk_form form = { .id = "referral-status", .edition = "higashinari-2015" };
    struct fixture *f = *state;
    struct tsk_vault *vault = NULL;
    struct tsk_vault *other = NULL;
    char code[TSK_SHEET_CODE_SIZE];
    char number[TSK_CASE_NUMBER_SIZE];

    vault = new_vault(f, "mine");
    other = new_vault(f, "theirs");
    OK(tsk_sheet_code_make(code, vault, "27115-2026-0001", &form, &f->err), f);
    assert_true(strlen(code) <= 42);
    OK(tsk_sheet_code_check(number, vault, code, form.id, form.edition, &f->err), f);
    assert_string_equal(number, "27115-2026-0001");
    OK(tsk_sheet_code_check(number, vault, code, form.id, "ikuno-2026", &f->err), f);
    assert_string_equal(number, "");
    OK(tsk_sheet_code_check(number, other, code, form.id, form.edition, &f->err), f);
    assert_string_equal(number, "");
    for (size_t i = 0; i < strlen(code); i++) { /* one changed character, wherever */
        char forged[TSK_SHEET_CODE_SIZE];
        snprintf(forged, sizeof forged, "%s", code);
        forged[i] = forged[i] == 'Z' ? '7' : 'Z';
        OK(tsk_sheet_code_check(number, vault, forged, form.id, form.edition, &f->err), f);
        assert_string_equal(number, "");
        forged[i] = '\0'; /* or cut there */
        OK(tsk_sheet_code_check(number, vault, forged, form.id, form.edition, &f->err), f);
        assert_string_equal(number, "");
    }
    tsk_vault_close(&vault);
    tsk_vault_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_outcome_meets_its_referral),
        TEST(test_a_doubted_reading_is_enough_when_all_agrees),
        TEST(test_another_birth_date_is_a_question),
        TEST(test_offices_do_not_see_each_other),
        TEST(test_what_a_person_settled_stays),
        TEST(test_a_correction_is_looked_at_once_nothing_waits),
        TEST(test_what_was_handed_over_meets_the_takers_case),
        TEST(test_an_old_case_is_no_candidate),
        TEST(test_a_printed_code_names_the_case),
        TEST(test_a_code_is_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
