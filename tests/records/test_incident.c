/* The clocks of an incident, its steps, and that what was noted never changes. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "fixture.h"
#include "records/case.h"
#include "records/incident.h"
#include "records/notice.h"
#include "records/todo.h"

static void test_deadlines(void **unused)
{
    static const struct {
        const char *known;
        bool malicious;
        const char *from, *by, *final_by;
    } rows[] = {
        { "2026-11-25T01:00:00.000Z", false, "2026-11-27", "2026-11-29", "2026-12-24" },
        { "2026-11-25T01:00:00.000Z", true, "2026-11-27", "2026-11-29", "2027-01-23" },
        { "2026-11-24T14:59:59.000Z", false, "2026-11-26", "2026-11-28", "2026-12-23" }, /* 24 November in Japan */
        { "2026-11-24T15:00:00.000Z", false, "2026-11-27", "2026-11-29", "2026-12-24" }, /* 25 November */
        { "2028-02-27T03:00:00.000Z", false, "2028-02-29", "2028-03-02", "2028-03-27" }, /* over a leap day */
    };

    (void)unused;
    for (size_t i = 0; i < TSK_COUNT(rows); i++) {
        struct tsk_incident incident = { .malicious = rows[i].malicious };
        int64_t known_ms = 0;

        assert_true(tsk_stamp_parse(rows[i].known, &known_ms));
        tsk_incident_deadlines(&incident, known_ms);
        assert_string_equal(incident.preliminary_from, rows[i].from);
        assert_string_equal(incident.preliminary_by, rows[i].by);
        assert_string_equal(incident.final_by, rows[i].final_by);
    }
}

static void send_notice(struct fixture *f, char id[TSK_ID_SIZE])
{
    char number[TSK_CASE_NUMBER_SIZE];

    OK(tsk_case_open(number, f->store, EAST, 1430000000000, "佐藤", &f->err), f);
    const struct tsk_notice_new notice = { .office = EAST,
                                           .document = "",
                                           .case_number = number,
                                           .about = "case:x",
                                           .event = "e",
                                           .rule = "r",
                                           .recipient = "institution:1",
                                           .kind = TSK_NOTICE_DISCLOSURE,
                                           .state = TSK_NOTICE_QUEUED,
                                           .reason = "",
                                           .channel = "fax",
                                           .destination = "06-1111-2222",
                                           .subject = "s",
                                           .body = "b",
                                           .batch = "" };
    OK(tsk_notice_queue(id, NULL, f->store, &notice, &f->err), f);
    OK(tsk_notice_told(f->store, &only_east, id, 0, "fax", "佐藤", &f->err), f);
}

static size_t open_steps(struct fixture *f, const char *rule)
{
    const struct tsk_todo_filter filter = { .kind = TSK_TODO_INCIDENT };
    struct tsk_todos todos;
    size_t count = 0;

    OK(tsk_todo_list(&todos, f->store, &only_east, &filter, f->arena, &f->err), f);
    for (size_t i = 0; i < todos.count; i++)
        count += rule == NULL || strcmp(todos.items[i].rule, rule) == 0;
    return count;
}

static int64_t open_one(struct fixture *f, const char *notice)
{
    const struct tsk_incident_new incident = { .kind = "mis_sent", .notice = notice, .text = "番号違い" };
    int64_t id;

    OK(tsk_incident_open(&id, f->store, &only_east, &incident, "佐藤", &f->err), f);
    return id;
}

static void note(struct fixture *f, int64_t id, enum tsk_incident_what what, const char *text)
{
    OK(tsk_incident_note(f->store, &only_east, id, what, text, NULL, "佐藤", &f->err), f);
}

static struct tsk_incident find(struct fixture *f, int64_t id)
{
    struct tsk_incident incident;

    OK(tsk_incident_find(&incident, f->store, &only_east, id, f->arena, &f->err), f);
    return incident;
}

static void test_steps(void **state)
{
    struct fixture *f = *state;
    const struct tsk_incident_new again = { .kind = "mis_sent" };
    struct tsk_incident_new same;
    char notice[TSK_ID_SIZE];
    int64_t id, other;

    send_notice(f, notice);
    id = open_one(f, notice);
    same = again;
    same.notice = notice;
    REFUSED(tsk_incident_open(&other, f->store, &only_east, &same, "佐藤", &f->err), f, "is open for this notice");
    REFUSED(tsk_incident_open(&other, f->store, &only_north, &same, "佐藤", &f->err), f, "there is no notice");
    REFUSED(tsk_incident_open(&other, f->store, &only_east, &again, "佐藤", &f->err), f, "which office");
    assert_string_equal(find(f, id).case_number, "27115-2015-0001");
    assert_int_equal(open_steps(f, NULL), TSK_INCIDENT_STEPS);
    note(f, id, TSK_INCIDENT_MANAGER, "");
    assert_int_equal(open_steps(f, "manager"), 0);
    assert_int_equal(open_steps(f, NULL), TSK_INCIDENT_STEPS - 1);
    note(f, id, TSK_INCIDENT_PRELIMINARY, "受付番号 12");
    assert_true(find(f, id).has_preliminary);
    REFUSED(tsk_incident_note(f->store, &only_east, id, TSK_INCIDENT_CAUSE, "", NULL, "佐藤", &f->err), f, "say what");
    REFUSED(tsk_incident_note(f->store, &only_north, id, TSK_INCIDENT_CAUSE, "x", NULL, "佐藤", &f->err), f,
            "there is no incident");
    REFUSED(
        tsk_incident_note(f->store, &only_east, id, TSK_INCIDENT_CITY, "", "2999-01-01T00:00:00.000Z", "佐藤", &f->err),
        f, "not after now");
    note(f, id, TSK_INCIDENT_FINAL, "");
    assert_string_equal(find(f, id).state, "reported");
    assert_int_equal(open_steps(f, "receiver"), 0);
    assert_int_equal(open_steps(f, "city"), 1); /* still to be told */
    REFUSED(tsk_incident_note(f->store, &only_east, id, TSK_INCIDENT_FINAL, "", NULL, "佐藤", &f->err), f, "has ended");
    note(f, id, TSK_INCIDENT_MEASURES, "名簿の番号を直した");
    assert_int_not_equal(fixture_try(f, "UPDATE incident_entries SET text = ''"), 0);
    assert_int_not_equal(fixture_try(f, "DELETE FROM incident_entries"), 0);
}

static void test_returned_unread(void **state)
{
    struct fixture *f = *state;
    char notice[TSK_ID_SIZE];
    int64_t id;

    send_notice(f, notice);
    id = open_one(f, notice);
    note(f, id, TSK_INCIDENT_RECEIVER, "田村さん、読んでいないとのこと");
    REFUSED(tsk_incident_note(f->store, &only_east, id, TSK_INCIDENT_RETURNED, "", NULL, "佐藤", &f->err), f,
            "say what");
    note(f, id, TSK_INCIDENT_RETURNED, "封をしたまま返送された");
    assert_string_equal(find(f, id).state, "no_leak");
    assert_int_equal(open_steps(f, "preliminary"), 0);
    assert_int_equal(open_steps(f, "final"), 0);
    assert_int_equal(open_steps(f, "patient"), 0);
    assert_int_equal(open_steps(f, "manager"), 1);
    note(f, id, TSK_INCIDENT_MANAGER, "");
    assert_int_equal(open_steps(f, "manager"), 0);
    REFUSED(tsk_incident_note(f->store, &only_east, id, TSK_INCIDENT_PATIENT, "", NULL, "佐藤", &f->err), f,
            "has ended");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deadlines),
        TEST(test_steps),
        TEST(test_returned_unread),
    };

    return cmocka_run_group_tests_name("records/incident", tests, NULL, NULL);
}
