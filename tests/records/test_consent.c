#include <string.h>

#include "fixture.h"
#include "records/case.h"
#include "records/consent.h"

static const char *open_case(struct fixture *f)
{
    static char number[TSK_CASE_NUMBER_SIZE];

    OK(tsk_case_open(number, f->store, EAST, 1780000000000, "佐藤", &f->err), f);
    return number;
}

static bool stands(struct fixture *f, const char *number, const char *scope)
{
    bool out = false;

    OK(tsk_consent_stands(&out, f->store, &only_east, number, scope, &f->err), f);
    return out;
}

static void test_recorded_and_withdrawn(void **state)
{
    struct fixture *f = *state;
    const char *number = open_case(f);
    const struct tsk_consent given = { .scope = "medical", .giver = "family", .how = "sheet", .by = "佐藤" };
    struct tsk_consents all;

    assert_false(stands(f, number, "medical"));
    OK(tsk_consent_record(f->store, &only_east, number, &given, &f->err), f);
    assert_true(stands(f, number, "medical"));
    assert_false(stands(f, number, "ward_office"));
    OK(tsk_consent_withdraw(f->store, &only_east, number, "medical", "鈴木", "電話", &f->err), f);
    assert_false(stands(f, number, "medical"));
    REFUSED(tsk_consent_withdraw(f->store, &only_east, number, "medical", "鈴木", "", &f->err), f, "no consent");
    OK(tsk_consent_record(f->store, &only_east, number, &given, &f->err), f);
    assert_true(stands(f, number, "medical"));
    OK(tsk_consent_list(&all, f->store, &only_east, number, f->arena, &f->err), f);
    assert_int_equal(all.count, 3);
    assert_string_equal(all.items[1].state, "withdrawn");
    assert_string_equal(all.items[1].note, "電話");
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM audit WHERE action LIKE 'consent.%'"), 3);
    assert_int_not_equal(fixture_try(f, "UPDATE consents SET state = 'recorded'"), 0);
}

static const struct bad_consent {
    struct tsk_consent consent;
    const char *words;
} bad[] = {
    { { .scope = "everything", .giver = "family", .how = "sheet", .by = "佐藤" },
      "medical, care, facility, ward_office" },
    { { .giver = "family", .how = "sheet", .by = "佐藤" }, "medical, care, facility, ward_office" },
    { { .scope = "care", .giver = "山田", .how = "sheet", .by = "佐藤" }, "patient, family, guardian" },
    { { .scope = "care", .giver = "family", .how = "telepathy", .by = "佐藤" }, "sheet, clinic, paper, oral" },
    { { .scope = "care", .giver = "family", .how = "oral", .by = "" }, "name of who" },
    { { .scope = "care", .giver = "family", .how = "sheet", .by = "佐藤" },
      "medical institutions of the transition only" },
    { { .scope = "facility", .giver = "family", .how = "clinic", .told_by = "山本", .by = "佐藤" },
      "on paper or by mouth" },
    { { .scope = "medical", .giver = "patient", .how = "clinic", .by = "佐藤" }, "who at the clinic" },
    { { .scope = "medical", .giver = "patient", .how = "oral", .by = "佐藤", .at = "2999-01-01T00:00:00.000Z" },
      "when consent can have been given" },
};

static void test_what_is_refused(void **state)
{
    struct fixture *f = *state;
    const char *number = open_case(f);

    for (size_t i = 0; i < TSK_COUNT(bad); i++)
        REFUSED(tsk_consent_record(f->store, &only_east, number, &bad[i].consent, &f->err), f, bad[i].words);
    const struct tsk_consent good = { .scope = "care", .giver = "family", .how = "paper", .by = "佐藤" };
    REFUSED(tsk_consent_record(f->store, &only_east, "27115-1999-0001", &good, &f->err), f, "no case");
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM consents"), 0);
}

static void test_a_no_stands_until_a_yes(void **state)
{
    struct fixture *f = *state;
    const char *number = open_case(f);
    const struct tsk_consent told = {
        .scope = "medical", .giver = "family", .how = "clinic", .told_by = "見本内科 山本", .by = "佐藤"
    };
    struct tsk_consent newest;

    OK(tsk_consent_newest(&newest, f->store, &only_east, number, "medical", f->arena, &f->err), f);
    assert_string_equal(newest.state, "");
    OK(tsk_consent_refuse(f->store, &only_east, number, &told, &f->err), f);
    assert_false(stands(f, number, "medical"));
    OK(tsk_consent_newest(&newest, f->store, &only_east, number, "medical", f->arena, &f->err), f);
    assert_string_equal(newest.state, "refused");
    assert_string_equal(newest.told_by, "見本内科 山本");
    OK(tsk_consent_record(f->store, &only_east, number, &told, &f->err), f);
    assert_true(stands(f, number, "medical"));
    OK(tsk_consent_newest(&newest, f->store, &only_east, number, "medical", f->arena, &f->err), f);
    assert_true(tsk_consent_is_sentence(&newest));
}

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(test_recorded_and_withdrawn), TEST(test_a_no_stands_until_a_yes),
                                        TEST(test_what_is_refused) };

    return cmocka_run_group_tests_name("records/consent", tests, NULL, NULL);
}
