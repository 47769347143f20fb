/* A difficult case: no ward office without consent that names it, no telling without a second person, nothing but the chosen fields. */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "records/account.h"
#include "records/consent.h"
#include "records/directory.h"
#include "records/ledger.h"
#include "records/notice.h"
#include "reports/difficult_words.h"

struct world {
    const char *number;
    int64_t ward, clinic, sheet;
};

static int64_t entry(struct fixture *f, const char *kind, const char *name, const char *fax)
{
    const struct tsk_institution_edit edit = { kind, name, "", "東成区", fax, "", "" };
    int64_t id = 0;

    OK(tsk_directory_edit(&id, f->store, &tsk_scope_all, EAST, &edit, "佐藤", &f->err), f);
    return id;
}

static void verify(struct fixture *f, int64_t id)
{
    enum tsk_verified result;

    OK(tsk_directory_verify(&result, f->store, &tsk_scope_all, id, "fax", "phone", "佐藤", &f->err), f);
    OK(tsk_directory_verify(&result, f->store, &tsk_scope_all, id, "fax", "phone", "田中", &f->err), f);
}

static void consent(struct fixture *f, const char *number)
{
    const struct tsk_consent given = { .scope = "ward_office", .giver = "patient", .how = "paper", .by = "佐藤" };

    OK(tsk_consent_record(f->store, &tsk_scope_all, number, &given, &f->err), f);
}

static struct world make(struct fixture *f)
{
    static struct tsk_reading reading;
    struct tsk_sheet sheet;
    struct world w = { .number = "" };

    fixture_know(f);
    fixture_referral(&reading, "山田 太郎");
    w.sheet = fixture_add(f, "A", EAST, &reading);
    OK(tsk_sheet_confirm(NULL, f->store, &tsk_scope_all, w.sheet, true, "佐藤", &f->err), f);
    OK(tsk_sheet_find(&sheet, f->store, &tsk_scope_all, w.sheet, f->arena, &f->err), f);
    w.number = sheet.case_number;
    w.ward = entry(f, "ward_office", "東成区保健福祉センター", "06-6977-0000");
    w.clinic = entry(f, "clinic", "見本内科", "06-6977-0001");
    return w;
}

static struct tsk_difficult wish_of(const struct world *w, const char *way)
{
    return (struct tsk_difficult){ .case_number = w->number,
                                   .why = "独居で拒否がある",
                                   .fields = "patient_name",
                                   .institution = w->ward,
                                   .desk = "高齢者支援担当 窓口花子",
                                   .way = way,
                                   .account = "viewer",
                                   .until = "2099-03-31" };
}

static int propose(struct fixture *f, int64_t *id, const struct tsk_difficult *wish)
{
    return tsk_difficult_propose(id, f->store, &only_east, wish, "佐藤", &f->err);
}

static const char *words_of(struct fixture *f, int64_t id)
{
    static struct tsk_forms forms;
    struct tsk_case_file file;
    struct tsk_difficult one;

    forms = (struct tsk_forms){ .forms = (struct tsk_form *)(uintptr_t)fixture_form(), .count = 1 };
    OK(tsk_difficult_find(&one, f->store, &only_east, id, f->arena, &f->err), f);
    OK(tsk_case_file_load(&file, f->store, &only_east, one.case_number, &forms, f->arena, &f->err), f);
    REFUSED(tsk_difficult_check_fields(&file, "patient_name,nothing", &f->err), f, "nothing");
    return tsk_difficult_words(&file, &one);
}

static const char *state_of(struct fixture *f, int64_t id)
{
    struct tsk_difficult one;

    OK(tsk_difficult_find(&one, f->store, &only_east, id, f->arena, &f->err), f);
    return one.state;
}

static void test_what_is_refused(void **state)
{
    struct fixture *f = *state;
    struct world w = make(f);
    struct tsk_difficult wish = wish_of(&w, "fax");
    const struct tsk_consent medical = { .scope = "medical", .giver = "patient", .how = "sheet", .by = "佐藤" };
    int64_t id = 0;

    OK(tsk_consent_record(f->store, &tsk_scope_all, w.number, &medical, &f->err), f);
    REFUSED(propose(f, &id, &wish), f, "ward office is not recorded"); /* the sheet's sentence does not reach it */
    consent(f, w.number);
    REFUSED(propose(f, &id, &wish), f, "not verified");
    verify(f, w.ward);
    wish.institution = w.clinic;
    REFUSED(propose(f, &id, &wish), f, "no ward office");
    wish = wish_of(&w, "email");
    REFUSED(propose(f, &id, &wish), f, "fax, hand or viewer");
    wish = wish_of(&w, "fax");
    wish.desk = "";
    REFUSED(propose(f, &id, &wish), f, "窓口");
    REFUSED(tsk_difficult_propose(&id, f->store, &only_north, &wish, "佐藤", &f->err), f, "case");
    wish = wish_of(&w, "fax");
    OK(propose(f, &id, &wish), f);
    REFUSED(tsk_difficult_release(f->store, &only_east, id, words_of(f, id), "佐藤", &f->err), f, "second person");
    OK(tsk_consent_withdraw(f->store, &only_east, w.number, "ward_office", "佐藤", "", &f->err), f);
    REFUSED(tsk_difficult_release(f->store, &only_east, id, words_of(f, id), "田中", &f->err), f, "not recorded");
    assert_string_equal(state_of(f, id), "proposed");
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM notices WHERE kind = 'disclosure'"), 0);
}

static void test_by_fax(void **state)
{
    struct fixture *f = *state;
    struct world w = make(f);
    struct tsk_difficult wish = wish_of(&w, "fax");
    const struct tsk_notice_filter all = { .case_number = w.number, .kind = "disclosure" };
    struct tsk_notices notices;
    struct tsk_ledger ledger;
    int64_t id = 0;

    consent(f, w.number);
    verify(f, w.ward);
    OK(propose(f, &id, &wish), f);
    REFUSED(tsk_difficult_read(f->store, &only_east, id, "窓口花子", "電話", "佐藤", &f->err), f, "not told");
    OK(tsk_difficult_release(f->store, &only_east, id, words_of(f, id), "田中", &f->err), f);
    OK(tsk_notice_list(&notices, f->store, &only_east, &all, f->arena, &f->err), f);
    assert_int_equal(notices.count, 1);
    assert_string_equal(notices.items[0].channel, "fax");
    assert_non_null(strstr(notices.items[0].body, "山田 太郎"));
    assert_non_null(strstr(notices.items[0].body, "窓口花子"));
    assert_null(strstr(notices.items[0].body, "ヤマダ")); /* was not chosen */
    OK(tsk_ledger_list(&ledger, f->store, &only_east, w.number, f->arena, &f->err), f);
    assert_int_equal(ledger.count, 1);
    assert_string_equal(ledger.items[0].consent_how, "paper");
    OK(tsk_difficult_read(f->store, &only_east, id, "窓口花子", "電話", "佐藤", &f->err), f);
    assert_string_equal(state_of(f, id), "read");
    assert_int_not_equal(fixture_try(f, "UPDATE difficult SET words = 'x'"), 0);
    assert_int_not_equal(fixture_try(f, "DELETE FROM difficult"), 0);
}

static void test_by_hand(void **state)
{
    struct fixture *f = *state;
    struct world w = make(f);
    struct tsk_difficult wish = wish_of(&w, "hand");
    struct tsk_ledger ledger;
    int64_t id = 0;

    consent(f, w.number);
    OK(propose(f, &id, &wish), f);
    REFUSED(tsk_difficult_handed(f->store, &only_east, id, "窓口花子", "佐藤", &f->err), f, "not released");
    OK(tsk_difficult_release(f->store, &only_east, id, words_of(f, id), "田中", &f->err), f);
    OK(tsk_ledger_list(&ledger, f->store, &only_east, w.number, f->arena, &f->err), f);
    assert_int_equal(ledger.count, 0); /* nothing was told yet */
    OK(tsk_difficult_handed(f->store, &only_east, id, "窓口花子", "佐藤", &f->err), f);
    OK(tsk_ledger_list(&ledger, f->store, &only_east, w.number, f->arena, &f->err), f);
    assert_int_equal(ledger.count, 1);
    assert_string_equal(ledger.items[0].by, "佐藤");
    assert_string_equal(state_of(f, id), "told");
}

static void test_by_an_account(void **state)
{
    struct fixture *f = *state;
    struct world w = make(f);
    struct tsk_difficult wish = wish_of(&w, "viewer");
    const struct tsk_account_new new = { .name = "viewer", .display = "窓口花子" };
    char password[TSK_NEW_PASSWORD_SIZE];
    int64_t id = 0, account = 0;

    consent(f, w.number);
    REFUSED(propose(f, &id, &wish), f, "no such account");
    OK(tsk_account_add(&account, password, f->store, &new, "管理", &f->err), f);
    wish.until = "2020-01-01";
    REFUSED(propose(f, &id, &wish), f, "until which day");
    wish.until = "2099-03-31";
    OK(propose(f, &id, &wish), f);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM account_grants"), 0);
    OK(tsk_difficult_release(f->store, &only_east, id, words_of(f, id), "田中", &f->err), f);
    assert_int_equal(
        fixture_count(f, "SELECT count(*) FROM account_grants WHERE role = 'ward_viewer' AND case_number <> '' "
                         "AND until = '2099-03-31'"),
        1);
    REFUSED(tsk_difficult_end(f->store, &only_east, id, "", "佐藤", &f->err), f, "why");
    OK(tsk_difficult_end(f->store, &only_east, id, "支援終了", "佐藤", &f->err), f);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM account_grants"), 0);
    assert_string_equal(state_of(f, id), "ended");
}

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(test_what_is_refused), TEST(test_by_fax), TEST(test_by_hand),
                                        TEST(test_by_an_account) };

    return cmocka_run_group_tests_name("reports/difficult", tests, NULL, NULL);
}
