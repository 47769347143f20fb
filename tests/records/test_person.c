/* What people do about to-dos, notices and directory entries. */
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "fixture.h"
#include "records/case.h"
#include "records/directory.h"
#include "records/notice.h"
#include "records/todo.h"

static int64_t a_todo(struct fixture *f)
{
    const struct tsk_todo_new todo = { .office = EAST,
                                       .about = "sheet:1",
                                       .event = "outcome",
                                       .rule = "clinic",
                                       .recipient = "institution:1",
                                       .kind = "call",
                                       .text = "電話する" };
    int64_t id = 0;

    OK(tsk_todo_add(&id, NULL, f->store, &todo, &f->err), f);
    return id;
}

static void test_results_of_a_call(void **state)
{
    struct fixture *f = *state;
    int64_t id = a_todo(f);
    const struct tsk_todo_result no_day = { .end = TSK_TODO_NO_ANSWER, .again = "あした" },
                                 no_answer = { .end = TSK_TODO_NO_ANSWER, .again = "2026-11-27" },
                                 to_none = { .end = TSK_TODO_PASSED_ON, .whom = "" },
                                 passed = { .end = TSK_TODO_PASSED_ON, .whom = "鈴木" },
                                 done = { .end = TSK_TODO_DONE, .whom = "山本看護師", .when = "2026-11-27 10:30" },
                                 reopened = { .end = TSK_TODO_REOPENED };
    const struct tsk_todo_filter today = { .due_by = "2026-11-26" };
    struct tsk_todos todos;
    struct tsk_todo todo;
    struct tsk_todo_results results;

    REFUSED(tsk_todo_end(f->store, &only_east, id, &no_day, "佐藤", &f->err), f, "which day");
    REFUSED(tsk_todo_end(f->store, &only_east, id, &to_none, "佐藤", &f->err), f, "to whom");
    REFUSED(tsk_todo_end(f->store, &only_east, id, &reopened, "佐藤", &f->err), f, "is open");
    REFUSED(tsk_todo_end(f->store, &only_north, id, &done, "佐藤", &f->err), f, "there is no");
    OK(tsk_todo_end(f->store, &only_east, id, &no_answer, "佐藤", &f->err), f);
    OK(tsk_todo_list(&todos, f->store, &only_east, &today, f->arena, &f->err), f);
    assert_int_equal(todos.count, 0);
    OK(tsk_todo_end(f->store, &only_east, id, &passed, "佐藤", &f->err), f);
    OK(tsk_todo_find(&todo, f->store, &only_east, id, f->arena, &f->err), f);
    assert_string_equal(todo.due, "2026-11-27");
    assert_string_equal(todo.assigned, "鈴木");
    assert_string_equal(todo.done, "");
    assert_int_equal(todo.tries, 1);
    OK(tsk_todo_end(f->store, &only_east, id, &done, "鈴木", &f->err), f);
    REFUSED(tsk_todo_end(f->store, &only_east, id, &done, "鈴木", &f->err), f, "was done");
    OK(tsk_todo_result_list(&results, f->store, &only_east, id, f->arena, &f->err), f);
    assert_int_equal(results.count, 3);
    assert_string_equal(results.items[2].whom, "山本看護師");
    assert_string_equal(results.items[2].by, "鈴木");
    OK(tsk_todo_end(f->store, &only_east, id, &reopened, "鈴木", &f->err), f);
    OK(tsk_todo_find(&todo, f->store, &only_east, id, f->arena, &f->err), f);
    assert_string_equal(todo.done, "");
    assert_int_not_equal(fixture_try(f, "UPDATE todo_results SET whom = ''"), 0);
}

static void notice_in_state(struct fixture *f, char id[TSK_ID_SIZE], enum tsk_notice_state state)
{
    static int number;
    char about[32], destination[48];
    const struct tsk_notice_new notice = { .office = EAST,
                                           .about = about,
                                           .event = "outcome",
                                           .rule = "clinic",
                                           .recipient = "institution:1",
                                           .channel = "email",
                                           .destination = destination,
                                           .subject = "件",
                                           .body = "文",
                                           .created_ms = 1000 };
    struct tsk_notices claimed;

    snprintf(about, sizeof about, "test:%d", number++);
    snprintf(destination, sizeof destination, "a%d@example.jp", number);
    OK(tsk_notice_queue(id, NULL, f->store, &notice, &f->err), f);
    if (state == TSK_NOTICE_QUEUED)
        return;
    OK(tsk_notice_claim(&claimed, f->store, &only_east, "sender", 2000, 60000, f->arena, &f->err), f);
    assert_int_equal(claimed.count, 1);
    OK(tsk_notice_result(f->store, &only_east, id, state, 0, "550", &f->err), f);
}

static struct tsk_notice find(struct fixture *f, const char *id)
{
    struct tsk_notice notice;

    OK(tsk_notice_find(&notice, f->store, &only_east, id, f->arena, &f->err), f);
    return notice;
}

static void test_notices_by_a_person(void **state)
{
    static const struct {
        enum tsk_notice_state from;
        bool retry, cancel, other;
    } cases[] = {
        { TSK_NOTICE_DELIVERED, false, false, false },
        { TSK_NOTICE_SENT, false, false, false },
        { TSK_NOTICE_FAILED, true, true, true },
        { TSK_NOTICE_UNKNOWN, true, false, true },
    };
    struct fixture *f = *state;
    char id[TSK_ID_SIZE];

    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        notice_in_state(f, id, cases[i].from);
        assert_int_equal(tsk_notice_retry(f->store, &only_east, id, "佐藤", &f->err) == 0, cases[i].retry);
        notice_in_state(f, id, cases[i].from);
        assert_int_equal(tsk_notice_cancel(f->store, &only_east, id, "佐藤", "", &f->err) == 0, cases[i].cancel);
        notice_in_state(f, id, cases[i].from);
        assert_int_equal(tsk_notice_reroute(f->store, &only_east, id, "fax", "0611112222", "佐藤", &f->err) == 0,
                         cases[i].other);
        if (cases[i].other) {
            assert_int_equal(find(f, id).state, TSK_NOTICE_QUEUED);
            assert_string_equal(find(f, id).channel, "fax");
            assert_string_equal(find(f, id).destination, "0611112222");
            OK(tsk_notice_cancel(f->store, &only_east, id, "佐藤", "", &f->err), f);
        }
    }
    REFUSED(tsk_notice_retry(f->store, &only_north, id, "北", &f->err), f, "there is no");
    REFUSED(tsk_notice_told(f->store, &only_north, id, 0, "", "北", &f->err), f, "there is no");
}

static void test_sent_by_hand(void **state)
{
    struct fixture *f = *state;
    struct tsk_deliveries deliveries;
    struct tsk_notices claimed;
    char id[TSK_ID_SIZE];
    int64_t when = 0;

    assert_true(tsk_stamp_parse("2026-11-25T01:30:00.000Z", &when));
    notice_in_state(f, id, TSK_NOTICE_QUEUED);
    OK(tsk_notice_told(f->store, &only_east, id, when, "窓口で手渡し", "佐藤", &f->err), f);
    assert_int_equal(find(f, id).state, TSK_NOTICE_SENT);
    assert_string_equal(find(f, id).by_hand, "佐藤");
    assert_string_equal(find(f, id).finished, "2026-11-25T01:30:00.000Z");
    OK(tsk_notice_deliveries(&deliveries, f->store, &only_east, id, f->arena, &f->err), f);
    assert_int_equal(deliveries.count, 1);
    assert_string_equal(deliveries.items[0].who, "佐藤");
    OK(tsk_notice_claim(&claimed, f->store, &only_east, "sender", 9000000, 60000, f->arena, &f->err), f);
    assert_int_equal(claimed.count, 0);
    REFUSED(tsk_notice_told(f->store, &only_east, id, 0, "", "佐藤", &f->err), f, "not possible");
}

/* The desk's field of the time has minutes: a letter handed over in the minute of the consent was handed over under it. */
static void test_by_hand_in_the_minute_of_the_consent(void **state)
{
    static const struct {
        const char *told, *consent, *finished;
    } rows[] = { { "2026-11-25T01:30:00.000Z", "2026-11-25T01:30:40.000Z", "2026-11-25T01:30:40.000Z" },
                 { "2026-11-25T01:30:00.000Z", "2026-11-25T01:29:40.000Z", "2026-11-25T01:30:00.000Z" },
                 { "2026-11-25T01:30:00.000Z", "2026-11-25T01:31:00.000Z", "2026-11-25T01:30:00.000Z" },
                 { "2026-11-25T01:30:20.000Z", "2026-11-25T01:30:40.000Z", "2026-11-25T01:30:20.000Z" } };
    struct fixture *f = *state;
    char number[TSK_CASE_NUMBER_SIZE], id[TSK_ID_SIZE], sql[400];
    int64_t when = 0;

    for (size_t i = 0; i < TSK_COUNT(rows); i++) {
        assert_true(tsk_stamp_parse(rows[i].told, &when));
        OK(tsk_case_open(number, f->store, EAST, 1780000000000, "佐藤", &f->err), f);
        notice_in_state(f, id, TSK_NOTICE_QUEUED);
        snprintf(sql, sizeof sql,
                 "UPDATE notices SET case_number = '%s' WHERE id = '%s'; INSERT INTO consents (case_number, office_id, "
                 "scope, state, giver, how, at, by, note) VALUES ('%s', '" EAST "', 'medical', 'recorded', 'patient', "
                 "'paper', '%s', '佐藤', '')",
                 number, id, number, rows[i].consent);
        fixture_sql(f, sql);
        OK(tsk_notice_told(f->store, &only_east, id, when, "窓口で手渡し", "佐藤", &f->err), f);
        assert_string_equal(find(f, id).finished, rows[i].finished);
    }
}

static void test_an_entry_typed_by_hand(void **state)
{
    struct fixture *f = *state;
    struct tsk_institution_edit edit = { "clinic", "緑橋クリニック", "", "東成区", "06-1111-2222", "a@example.jp", "" };
    struct tsk_institution entry;
    struct tsk_unverifieds waiting;
    enum tsk_verified result;
    int64_t id = 0, twice = 0;

    OK(tsk_directory_edit(&id, f->store, &only_east, EAST, &edit, "佐藤", &f->err), f);
    REFUSED(tsk_directory_edit(&twice, f->store, &only_east, EAST, &edit, "佐藤", &f->err), f, "is this one");
    OK(tsk_directory_verify(&result, f->store, &only_east, id, "fax", "phone", "佐藤", &f->err), f);
    OK(tsk_directory_proposed(&waiting, f->store, &only_east, NULL, f->arena, &f->err), f);
    assert_int_equal(waiting.count, 1);
    assert_string_equal(waiting.items[0].proposed_by, "佐藤");
    OK(tsk_directory_proposed(&waiting, f->store, &only_north, NULL, f->arena, &f->err), f);
    assert_int_equal(waiting.count, 0);
    OK(tsk_directory_verify(&result, f->store, &only_east, id, "fax", "phone", "所長", &f->err), f);
    edit.phone = "06-1111-2223";
    OK(tsk_directory_edit(&id, f->store, &only_east, NULL, &edit, "佐藤", &f->err), f);
    OK(tsk_directory_find(&entry, f->store, &only_east, id, f->arena, &f->err), f);
    assert_int_equal(entry.fax_verified, TSK_VERIFIED); /* another telephone says nothing of the fax */
    edit.fax = "06-1111-9999";
    OK(tsk_directory_edit(&id, f->store, &only_east, NULL, &edit, "佐藤", &f->err), f);
    OK(tsk_directory_find(&entry, f->store, &only_east, id, f->arena, &f->err), f);
    assert_int_equal(entry.fax_verified, TSK_UNVERIFIED);
    edit.fax = "12";
    REFUSED(tsk_directory_edit(&id, f->store, &only_east, NULL, &edit, "佐藤", &f->err), f,
            "fax is no Japanese number");
    edit.fax = "";
    REFUSED(tsk_directory_edit(&id, f->store, &only_north, NULL, &edit, "北", &f->err), f, "there is no");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_results_of_a_call),      TEST(test_notices_by_a_person),
        TEST(test_sent_by_hand),           TEST(test_by_hand_in_the_minute_of_the_consent),
        TEST(test_an_entry_typed_by_hand),
    };

    return cmocka_run_group_tests_name("records/person", tests, NULL, NULL);
}
