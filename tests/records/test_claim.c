#include <string.h>

#include "fixture.h"
#include "records/claim.h"

#define NOON INT64_C(1766894400000)

static int64_t one_sheet(struct fixture *f)
{
    struct tsk_reading page;

    fixture_referral(&page, "山田 一郎");
    return fixture_add(f, "D1", EAST, &page);
}

static const char *holder(struct fixture *f, int64_t sheet, int64_t now_ms)
{
    struct tsk_claims living;

    OK(tsk_claim_list(&living, f->store, &only_east, sheet, now_ms, f->arena, &f->err), f);
    return living.count > 0 ? living.items[0].by : "";
}

static bool take(struct fixture *f, int64_t sheet, const char *by, bool over, int64_t now_ms)
{
    struct tsk_claim claim;
    bool own;

    OK(tsk_claim_take(&claim, &own, f->store, &only_east, sheet, by, over, now_ms, f->arena, &f->err), f);
    assert_string_equal(claim.by, own ? by : holder(f, sheet, now_ms));
    return own;
}

static void test_the_first_has_it(void **state)
{
    struct fixture *f = *state;
    int64_t sheet = one_sheet(f);

    assert_string_equal(holder(f, sheet, NOON), "");
    assert_true(take(f, sheet, "佐藤", false, NOON));
    assert_false(take(f, sheet, "田中", false, NOON + 1000));
    assert_string_equal(holder(f, sheet, NOON + 1000), "佐藤");
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM audit WHERE action = 'sheet.take_over'"), 0);
}

static void test_taking_over_is_noted(void **state)
{
    struct fixture *f = *state;
    int64_t sheet = one_sheet(f);

    assert_true(take(f, sheet, "佐藤", false, NOON));
    assert_true(take(f, sheet, "田中", true, NOON + 1000));
    assert_false(take(f, sheet, "佐藤", false, NOON + 2000));
    assert_int_equal(
        fixture_count(f, "SELECT count(*) FROM audit WHERE action = 'sheet.take_over' AND detail = 'from=佐藤'"), 1);
}

static void test_whoever_is_gone_lets_go(void **state)
{
    struct fixture *f = *state;
    int64_t sheet = one_sheet(f);
    struct tsk_claims living;

    assert_true(take(f, sheet, "佐藤", false, NOON));
    assert_true(take(f, sheet, "佐藤", false, NOON + TSK_CLAIM_MS)); /* still there */
    assert_false(take(f, sheet, "田中", false, NOON + TSK_CLAIM_MS + 1000));
    OK(tsk_claim_list(&living, f->store, &only_east, 0, NOON + TSK_CLAIM_MS, f->arena, &f->err), f);
    assert_int_equal(living.count, 1);
    assert_string_equal(living.items[0].since, "2025-12-28T04:00:00.000Z"); /* of the first time */
    assert_true(take(f, sheet, "田中", false, NOON + 2 * TSK_CLAIM_MS + 1));
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM audit WHERE action = 'sheet.take_over'"), 0);
}

static void test_letting_go(void **state)
{
    struct fixture *f = *state;
    int64_t sheet = one_sheet(f);

    assert_true(take(f, sheet, "佐藤", false, NOON));
    OK(tsk_claim_release(f->store, &only_east, sheet, "田中", f->arena, &f->err), f);
    assert_string_equal(holder(f, sheet, NOON), "佐藤");
    OK(tsk_claim_release(f->store, &only_east, sheet, "佐藤", f->arena, &f->err), f);
    assert_string_equal(holder(f, sheet, NOON), "");
}

static void test_another_office_sees_and_takes_nothing(void **state)
{
    struct fixture *f = *state;
    int64_t sheet = one_sheet(f);
    struct tsk_claims living;
    struct tsk_claim claim;
    bool own = false;

    REFUSED(tsk_claim_take(&claim, &own, f->store, &only_north, sheet, "北", true, NOON, f->arena, &f->err), f,
            "there is no sheet");
    assert_true(take(f, sheet, "佐藤", false, NOON));
    OK(tsk_claim_list(&living, f->store, &only_north, 0, NOON, f->arena, &f->err), f);
    assert_int_equal(living.count, 0);
    REFUSED(tsk_claim_release(f->store, &only_north, sheet, "佐藤", f->arena, &f->err), f, "there is no sheet");
    assert_string_equal(holder(f, sheet, NOON), "佐藤");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_first_has_it),
        TEST(test_taking_over_is_noted),
        TEST(test_whoever_is_gone_lets_go),
        TEST(test_letting_go),
        TEST(test_another_office_sees_and_takes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
