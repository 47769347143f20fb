#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "fixture.h"
#include "records/by_hand.h"
#include "records/candidates.h"
#include "records/case.h"
#include "records/consent.h"
#include "records/notice.h"
#include "records/search.h"
#include "records/todo.h"

#define FIRST "27115-2015-0001"
#define SECOND "27115-2015-0002"

static int referrals; /* of this test, so far */

static const char *sheet_case(struct fixture *f, int64_t sheet)
{
    struct tsk_sheet found;

    OK(tsk_sheet_find(&found, f->store, &tsk_scope_all, sheet, f->arena, &f->err), f);
    return found.case_number;
}

static int64_t add(struct fixture *f, const char *document, const char *office, const char *name, const char *kana)
{
    char number[TSK_CASE_NUMBER_SIZE];
    struct tsk_reading page;

    fixture_referral(&page, name);
    fixture_set(&page, "patient_kana", kana, false);
    fixture_patient(&page, ++referrals);
    tsk_reading_derive(&page, "birth_date", "1931-05-02", true); /* of them all */
    int64_t sheet = fixture_add(f, document, office, &page);
    if (*sheet_case(f, sheet) == '\0') { /* too like another one: a person opens it */
        OK(tsk_case_open(number, f->store, office, 1430000000000, "佐藤", &f->err), f);
        OK(tsk_sheet_link(NULL, f->store, &tsk_scope_all, sheet, number, "佐藤", &f->err), f);
    }
    return sheet;
}

static void two_cases(struct fixture *f)
{
    fixture_know(f);
    referrals = 0;
    assert_int_equal(add(f, "D1", EAST, "山田 一郎", "ヤマダ イチロウ"), 1);
    assert_int_equal(add(f, "D2", EAST, "山田 一朗", "ヤマダ イチロウ"), 2);
}

static void consent(struct fixture *f, const char *number, const char *scope, const char *at, bool recorded)
{
    const struct tsk_consent row = {
        .scope = scope, .giver = "patient", .how = "paper", .by = "佐藤", .at = at, .note = ""
    };

    OK(tsk_consent_record(f->store, &only_east, number, &row, &f->err), f);
    if (!recorded)
        OK(tsk_consent_withdraw(f->store, &only_east, number, scope, "佐藤", "", &f->err), f);
}

static bool stands(struct fixture *f, const char *number, const char *scope)
{
    bool out;

    OK(tsk_consent_stands(&out, f->store, &only_east, number, scope, &f->err), f);
    return out;
}

static struct tsk_case find(struct fixture *f, const char *number)
{
    struct tsk_case kase;

    OK(tsk_case_find(&kase, f->store, &only_east, number, f->arena, &f->err), f);
    return kase;
}

static size_t lines(struct fixture *f)
{
    const struct tsk_case_page page = { .limit = 0 };
    struct tsk_case_lines found;

    OK(tsk_case_page_list(&found, f->store, &only_east, &page, f->arena, &f->err), f);
    return found.count;
}

static void test_merge_and_split(void **state)
{
    struct fixture *f = *state;
    char number[TSK_CASE_NUMBER_SIZE];
    struct tsk_case_events events;
    struct tsk_hits hits;
    const struct tsk_todo_new todo = {
        .office = EAST, .sheet = 2, .case_number = SECOND, .event = "e", .rule = "r", .kind = "call", .text = "電話"
    };
    const struct tsk_todo_filter of_first = { .case_number = FIRST }, of_second = { .case_number = SECOND };
    struct tsk_todos todos;

    two_cases(f);
    OK(tsk_todo_add(NULL, NULL, f->store, &todo, &f->err), f);
    consent(f, FIRST, "medical", "2015-04-14T00:00:00.000Z", true);
    consent(f, SECOND, "medical", "2015-04-13T00:00:00.000Z", false);
    consent(f, SECOND, "care", "2015-04-13T00:00:00.000Z", true);
    REFUSED(tsk_case_merge(f->store, &only_north, SECOND, FIRST, "北", &f->err), f, "there is no");
    REFUSED(tsk_case_merge(f->store, &only_east, SECOND, SECOND, "佐藤", &f->err), f, "itself");
    OK(tsk_case_merge(f->store, &only_east, SECOND, FIRST, "佐藤", &f->err), f);

    assert_string_equal(find(f, SECOND).merged_into, FIRST);
    assert_int_equal(find(f, FIRST).sheet_count, 2);
    assert_int_equal(lines(f), 1);
    assert_true(stands(f, FIRST, "care"));
    OK(tsk_todo_list(&todos, f->store, &only_east, &of_first, f->arena, &f->err), f);
    assert_int_equal(todos.count, 1);
    OK(tsk_case_event_list(&events, f->store, &only_east, FIRST, f->arena, &f->err), f);
    size_t of_both = events.count;
    OK(tsk_case_event_list(&events, f->store, &only_east, SECOND, f->arena, &f->err), f);
    assert_true(of_both > events.count);
    OK(tsk_search(&hits, f->store, &only_east, NULL, "ヤマダ", 0, f->arena, &f->err), f);
    assert_int_equal(hits.count, 1);
    REFUSED(tsk_case_merge(f->store, &only_east, SECOND, FIRST, "佐藤", &f->err), f, "part of another");

    const int64_t second = 2;
    OK(tsk_case_split(number, f->store, &only_east, FIRST, &second, 1, SECOND, "佐藤", &f->err), f);
    assert_string_equal(number, SECOND);
    assert_string_equal(find(f, SECOND).merged_into, "");
    assert_int_equal(find(f, SECOND).sheet_count, 1);
    assert_int_equal(lines(f), 2);
    OK(tsk_todo_list(&todos, f->store, &only_east, &of_second, f->arena, &f->err), f);
    assert_int_equal(todos.count, 1);
}

static void test_the_later_word_on_consent_stands(void **state)
{
    struct fixture *f = *state;

    two_cases(f);
    consent(f, FIRST, "medical", "2015-04-13T00:00:00.000Z", true);
    consent(f, SECOND, "medical", "2015-04-14T00:00:00.000Z", false); /* withdrawn now */
    OK(tsk_case_merge(f->store, &only_east, SECOND, FIRST, "佐藤", &f->err), f);
    assert_false(stands(f, FIRST, "medical"));
}

static void refuse(struct fixture *f, const char *number, const char *at)
{
    const struct tsk_consent no = { .scope = "medical", .giver = "family", .how = "oral", .by = "佐藤", .at = at };

    OK(tsk_consent_refuse(f->store, &tsk_scope_all, number, &no, &f->err), f);
}

static void test_of_two_words_at_one_time_the_no_stands(void **state)
{
    struct fixture *f = *state;

    two_cases(f);
    refuse(f, FIRST, "2015-04-13T00:00:00.000Z");
    consent(f, SECOND, "medical", "2015-04-13T00:00:00.000Z", true);
    OK(tsk_case_merge(f->store, &only_east, SECOND, FIRST, "佐藤", &f->err), f);
    assert_false(stands(f, FIRST, "medical"));
}

/* Also where the other case had said both at that time, and yes last. */
static void test_a_no_of_the_same_time_is_carried(void **state)
{
    struct fixture *f = *state;

    two_cases(f);
    refuse(f, FIRST, "2015-04-13T00:00:00.000Z");
    consent(f, FIRST, "medical", "2015-04-13T00:00:00.000Z", true);
    refuse(f, SECOND, "2015-04-13T00:00:00.000Z");
    OK(tsk_case_merge(f->store, &only_east, SECOND, FIRST, "佐藤", &f->err), f);
    assert_false(stands(f, FIRST, "medical"));
}

static void test_split_into_a_new_case(void **state)
{
    struct fixture *f = *state;
    char number[TSK_CASE_NUMBER_SIZE];
    const int64_t one = 1, other = 2;

    two_cases(f);
    consent(f, FIRST, "medical", NULL, true);
    REFUSED(tsk_case_split(number, f->store, &only_east, FIRST, &other, 1, "", "佐藤", &f->err), f, "not in case");
    REFUSED(tsk_case_split(number, f->store, &only_east, FIRST, NULL, 0, "", "佐藤", &f->err), f, "which sheets");
    REFUSED(tsk_case_split(number, f->store, &only_north, FIRST, &one, 1, "", "北", &f->err), f, "there is no");
    OK(tsk_case_split(number, f->store, &only_east, FIRST, &one, 1, "", "佐藤", &f->err), f);
    assert_int_equal(find(f, number).sheet_count, 1);
    assert_int_equal(find(f, FIRST).sheet_count, 0);
    assert_false(stands(f, number, "medical"));
}

static void test_notes(void **state)
{
    struct fixture *f = *state;
    char key[TSK_ID_SIZE];
    struct tsk_case_note note = { "conference", "2015-05-01T04:00:00.000Z", "在宅の方針", "主治医、訪問看護", "" };
    struct tsk_case_events events;

    two_cases(f);
    OK(tsk_case_note_add(key, f->store, &only_east, FIRST, &note, "佐藤", &f->err), f);
    OK(tsk_case_event_list(&events, f->store, &only_east, FIRST, f->arena, &f->err), f);
    bool seen = false;
    for (size_t i = 0; i < events.count; i++)
        seen |= strcmp(events.items[i].kind, "conference") == 0 && strstr(events.items[i].detail, "訪問看護") != NULL;
    assert_true(seen);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM audit WHERE detail LIKE '%方針%'"), 0);
    note.kind = "rumour";
    REFUSED(tsk_case_note_add(key, f->store, &only_east, FIRST, &note, "佐藤", &f->err), f, "progress or conference");
    note.kind = "progress";
    note.at = "2099-01-01T00:00:00.000Z";
    REFUSED(tsk_case_note_add(key, f->store, &only_east, FIRST, &note, "佐藤", &f->err), f, "not after today");
    REFUSED(tsk_case_note_add(key, f->store, &only_north, FIRST, &note, "北", &f->err), f, "there is no");
}

static void test_kept_until(void **state)
{
    static const struct {
        const char *last, *want;
    } cases[] = {
        { "2026-11-21T00:00:00.000Z", "2032-03-31" },
        { "2027-03-31T14:59:59.000Z", "2032-03-31" },
        { "2027-03-31T15:00:00.000Z", "2033-03-31" },
    };
    char until[TSK_DATE_SIZE];

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        const struct tsk_case kase = { .last_event = cases[i].last, .opened = "", .completed = "" };
        tsk_case_keep_until(&kase, until);
        assert_string_equal(until, cases[i].want);
    }
}

static void test_candidates(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading page;
    struct tsk_candidates found;

    two_cases(f);
    add(f, "D3", EAST, "鈴木 花", "スズキ ハナ"); /* same birth date */
    add(f, "N1", NORTH, "山田 一郎", "ヤマダ イチロウ");
    fixture_outcome(&page, "山田一郎");
    fixture_patient(&page, 1); /* of the first referral */
    tsk_reading_derive(&page, "birth_date", "1931-05-02", true);
    fixture_set(&page, "sex", "female", false);
    int64_t sheet = fixture_add(f, "D4", EAST, &page);
    OK(tsk_candidates_of(&found, f->store, &only_east, sheet, f->arena, &f->err), f);
    assert_int_equal(found.count, 3);
    assert_string_equal(found.items[0].case_number, FIRST);
    assert_int_equal(found.items[0].likeness[0], TSK_LIKE_AGREES);
    assert_int_equal(found.items[0].likeness[1], TSK_LIKE_UNKNOWN); /* the fax has no kana */
    assert_int_equal(found.items[0].likeness[3], TSK_LIKE_DIFFERS);
    assert_int_equal(found.items[2].likeness[0], TSK_LIKE_DIFFERS);
    REFUSED(tsk_candidates_of(&found, f->store, &only_north, sheet, f->arena, &f->err), f, "there is no");
}

static const struct tsk_told_value moved[] = { { "move_date", "H27.5.20" }, { "outcome", "discharge" } };

static struct tsk_told by_phone(const char *case_number)
{
    static char hash[TSK_SHA256_HEX];
    static int number;
    char text[32];

    snprintf(text, sizeof text, "note %d", number++);
    tsk_sha256_hex(text, strlen(text), hash);
    return (struct tsk_told){ .office = EAST,
                              .case_number = case_number,
                              .form = "referral-status",
                              .informant = "山本看護師",
                              .how = "phone",
                              .at = "2015-05-20T03:00:00.000Z",
                              .by = "佐藤",
                              .sha256 = hash,
                              .size_bytes = 6,
                              .values = moved,
                              .value_count = TSK_COUNT(moved) };
}

static void test_an_outcome_told_by_telephone(void **state)
{
    struct fixture *f = *state;
    struct tsk_told told = by_phone(FIRST);
    char number[TSK_CASE_NUMBER_SIZE];
    int64_t id = 0;
    struct tsk_sheet sheet;

    two_cases(f);
    OK(tsk_sheet_tell(&id, number, f->store, &only_east, &told, &f->err), f);
    assert_string_equal(number, FIRST);
    OK(tsk_sheet_find(&sheet, f->store, &only_east, id, f->arena, &f->err), f);
    assert_string_equal(sheet.told_by, "山本看護師");
    assert_string_equal(sheet.told_how, "phone");
    assert_string_equal(tsk_sheet_value(&sheet, "patient_name"), "山田 一郎");
    assert_string_equal(tsk_sheet_value(&sheet, "birth_date"), "1931-05-02");
    assert_string_equal(tsk_sheet_value(&sheet, "move_date"), "2015-05-20");
    assert_string_equal(tsk_sheet_value(&sheet, "outcome"), "discharge");
    assert_int_equal(sheet.waiting_count, 0);
    assert_int_equal(sheet.state, TSK_SHEET_READY); /* a person confirms it, as any sheet */
    REFUSED(tsk_sheet_tell(&id, number, f->store, &only_east, &told, &f->err), f, "written down before");
    fixture_sql(f, "UPDATE fields SET decided = 'waiting' WHERE sheet_id = 1 AND field = 'patient_name'");
    told = by_phone(FIRST);
    fixture_sql(f, "UPDATE sheets SET closed = 'filed' WHERE id > 2");
    OK(tsk_sheet_tell(&id, number, f->store, &only_east, &told, &f->err), f);
    OK(tsk_sheet_find(&sheet, f->store, &only_east, id, f->arena, &f->err), f);
    assert_false(tsk_sheet_sure(&sheet, "patient_name")); /* what waits there is not sure here */
    told = by_phone(FIRST);
    REFUSED(tsk_sheet_tell(&id, number, f->store, &only_north, &told, &f->err), f, "there is no");
    told.how = "rumour";
    REFUSED(tsk_sheet_tell(&id, number, f->store, &only_east, &told, &f->err), f, "phone, visit");
}

static void test_a_case_opened_by_hand(void **state)
{
    static const struct tsk_told_value patient[] = { { "patient_name", "佐々木 ゆき" },
                                                     { "patient_kana", "ササキ ユキ" },
                                                     { "birth_date", "S6.5.2" } };
    struct fixture *f = *state;
    struct tsk_told told = by_phone("");
    char number[TSK_CASE_NUMBER_SIZE];
    struct tsk_hits hits;
    int64_t id = 0;

    two_cases(f);
    told.values = patient;
    told.value_count = TSK_COUNT(patient);
    OK(tsk_sheet_tell(&id, number, f->store, &only_east, &told, &f->err), f);
    assert_string_equal(number, "27115-2015-0003");
    OK(tsk_search(&hits, f->store, &only_east, NULL, "昭和6年5月2日 ゆき", 0, f->arena, &f->err), f);
    assert_int_equal(hits.count, 1);
    assert_string_equal(hits.items[0].case_number, number);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM cases"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_merge_and_split),
        TEST(test_the_later_word_on_consent_stands),
        TEST(test_of_two_words_at_one_time_the_no_stands),
        TEST(test_a_no_of_the_same_time_is_carried),
        TEST(test_split_into_a_new_case),
        TEST(test_notes),
        TEST(test_kept_until),
        TEST(test_candidates),
        TEST(test_an_outcome_told_by_telephone),
        TEST(test_a_case_opened_by_hand),
    };

    return cmocka_run_group_tests_name("records/case_change", tests, NULL, NULL);
}
