#include <string.h>

#include "fixture.h"
#include "records/activity.h"
#include "records/case.h"
#include "records/todo.h"

static const char *open_case(struct fixture *f)
{
    static char number[TSK_CASE_NUMBER_SIZE];

    OK(tsk_case_open(number, f->store, EAST, 1780000000000, "佐藤", &f->err), f);
    return number;
}

static const struct tsk_contact call = { .office = EAST,
                                         .day = "2026-05-11",
                                         .counterpart = "clinic",
                                         .kind = "consultation",
                                         .minutes = 10,
                                         .text = "薬の相談" };
static const struct tsk_gathering meeting = {
    .office = EAST, .day = "2026-05-12", .form = "meeting", .host = "related", .care_meeting = true, .minutes = 90
};

static struct tsk_contact with(const char *member, const char *value)
{
    struct tsk_contact one = call;

    if (strcmp(member, "office") == 0)
        one.office = value;
    else if (strcmp(member, "day") == 0)
        one.day = value;
    else if (strcmp(member, "kind") == 0)
        one.kind = value;
    else if (strcmp(member, "case") == 0)
        one.case_number = value;
    else if (strcmp(member, "counterpart") == 0)
        one.counterpart = value;
    else if (strcmp(member, "source") == 0)
        one.source = value;
    return one;
}

static const struct refusal {
    const char *member, *value, *words;
} refusals[] = {
    { "office", NORTH, "there is no office" },
    { "office", NULL, "there is no office" },
    { "day", "2026-02-30", "has a day" },
    { "day", "2999-01-01", "has not come yet" },
    { "kind", "chat", "the kind is" },
    { "kind", NULL, "the kind is" },
    { "case", "27115-1999-0001", "there is no" },
    { "counterpart", "", "has a counterpart" },
    { "source", "todo:7", "proposes no entry" },
};

static size_t listed(struct fixture *f, const struct tsk_scope *scope, bool ended_too)
{
    const struct tsk_activity_filter filter = { .ended_too = ended_too };
    struct tsk_contacts found;

    OK(tsk_contact_list(&found, f->store, scope, &filter, f->arena, &f->err), f);
    return found.count;
}

static void test_what_is_refused(void **state)
{
    struct fixture *f = *state;
    struct tsk_contact one;

    for (size_t i = 0; i < TSK_COUNT(refusals); i++) {
        one = with(refusals[i].member, refusals[i].value);
        REFUSED(tsk_contact_add(NULL, f->store, &only_east, &one, "佐藤", &f->err), f, refusals[i].words);
    }
    REFUSED(tsk_contact_add(NULL, f->store, &only_east, &call, "", &f->err), f, "nobody is named");
    one = with("case", open_case(f));
    one.kind = "outside";
    REFUSED(tsk_contact_add(NULL, f->store, &only_east, &one, "佐藤", &f->err), f, "belongs to no case");
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM contacts"), 0);
}

static void test_a_correction_replaces(void **state)
{
    struct fixture *f = *state;
    struct tsk_contact better = call;
    struct tsk_contacts all;
    const struct tsk_activity_filter ended = { .ended_too = true };

    OK(tsk_contact_add(&better.replaces, f->store, &only_east, &call, "佐藤", &f->err), f);
    better.counterpart = "hospital";
    OK(tsk_contact_add(NULL, f->store, &only_east, &better, "鈴木", &f->err), f);
    assert_int_equal(listed(f, &only_east, false), 1);
    OK(tsk_contact_list(&all, f->store, &only_east, &ended, f->arena, &f->err), f);
    assert_int_equal(all.count, 2);
    assert_string_equal(all.items[0].counterpart, "clinic");
    assert_string_equal(all.items[0].ended_by, "鈴木");
    assert_int_equal(all.items[1].replaces, all.items[0].id);
    REFUSED(tsk_contact_add(NULL, f->store, &only_east, &better, "鈴木", &f->err), f, "no entry");
    assert_int_not_equal(fixture_try(f, "UPDATE contacts SET counterpart = 'x' WHERE ended = ''"), 0);
    assert_int_not_equal(fixture_try(f, "UPDATE contacts SET ended = '' WHERE ended <> ''"), 0);
    REFUSED(tsk_contact_remove(f->store, &only_east, all.items[1].id, "", "鈴木", &f->err), f, "why");
    OK(tsk_contact_remove(f->store, &only_east, all.items[1].id, "重複", "鈴木", &f->err), f);
    assert_int_equal(listed(f, &only_east, false), 0);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM audit WHERE action LIKE 'contact.%'"), 3);
}

static void test_another_office(void **state)
{
    struct fixture *f = *state;
    struct tsk_contact theirs = call;
    struct tsk_gathering moved = meeting;

    OK(tsk_contact_add(&theirs.replaces, f->store, &only_east, &call, "佐藤", &f->err), f);
    OK(tsk_gathering_add(&moved.replaces, f->store, &only_east, &meeting, "佐藤", &f->err), f);
    assert_int_equal(listed(f, &only_north, true), 0);
    theirs.office = moved.office = NORTH;
    REFUSED(tsk_contact_add(NULL, f->store, &only_north, &theirs, "北", &f->err), f, "no entry");
    REFUSED(tsk_contact_add(NULL, f->store, &tsk_scope_all, &theirs, "北", &f->err), f, "no entry");
    REFUSED(tsk_contact_remove(f->store, &only_north, theirs.replaces, "x", "北", &f->err), f, "no entry");
    REFUSED(tsk_gathering_add(NULL, f->store, &only_north, &moved, "北", &f->err), f, "no entry");
    REFUSED(tsk_gathering_remove(f->store, &only_north, moved.replaces, "x", "北", &f->err), f, "no entry");
    assert_int_equal(listed(f, &only_east, false), 1);
}

static void test_gatherings(void **state)
{
    struct fixture *f = *state;
    struct tsk_gathering one = meeting;
    struct tsk_gatherings all;
    const struct tsk_activity_filter may = { .from = "2026-05-01", .to = "2026-05-31" };

    one.host = "nobody";
    REFUSED(tsk_gathering_add(NULL, f->store, &only_east, &one, "佐藤", &f->err), f, "the host");
    one.host = "city_ward";
    one.form = "party";
    REFUSED(tsk_gathering_add(NULL, f->store, &only_east, &one, "佐藤", &f->err), f, "a gathering is");
    OK(tsk_gathering_add(&one.id, f->store, &only_east, &meeting, "佐藤", &f->err), f);
    OK(tsk_gathering_list(&all, f->store, &only_east, &may, f->arena, &f->err), f);
    assert_int_equal(all.count, 1);
    assert_true(all.items[0].care_meeting);
    OK(tsk_gathering_remove(f->store, &only_east, one.id, "別の日", "佐藤", &f->err), f);
    OK(tsk_gathering_list(&all, f->store, &only_east, &may, f->arena, &f->err), f);
    assert_int_equal(all.count, 0);
}

static size_t proposed(struct fixture *f, struct tsk_contact_proposals *out)
{
    OK(tsk_contact_proposal_list(out, f->store, &only_east, EAST, "2000-01-01T00:00:00.000Z", f->arena, &f->err), f);
    return out->count;
}

static void test_proposals(void **state)
{
    struct fixture *f = *state;
    const char *number = open_case(f);
    struct tsk_contact_proposals found;
    struct tsk_contact one = call;
    struct tsk_todo_new todo = { .office = EAST,
                                 .case_number = number,
                                 .about = "case:1",
                                 .event = "outcome",
                                 .rule = "r",
                                 .recipient = "",
                                 .kind = "call",
                                 .text = "電話" };
    const struct tsk_todo_result said = { .end = TSK_TODO_DONE, .whom = "山本看護師" };
    int64_t id = 0, made = 0;

    OK(tsk_todo_add(&id, NULL, f->store, &todo, &f->err), f);
    assert_int_equal(proposed(f, &found), 0); /* nobody did it yet */
    OK(tsk_todo_end(f->store, &only_east, id, &said, "佐藤", &f->err), f);
    assert_int_equal(proposed(f, &found), 1);
    assert_string_equal(found.items[0].name, "山本看護師");
    assert_string_equal(found.items[0].case_number, number);
    one.source = found.items[0].source;
    OK(tsk_contact_add(&made, f->store, &only_east, &one, "佐藤", &f->err), f);
    assert_int_equal(proposed(f, &found), 0);
    REFUSED(tsk_contact_add(NULL, f->store, &only_east, &one, "佐藤", &f->err), f, "has one already");
    OK(tsk_contact_remove(f->store, &only_east, made, "まちがい", "佐藤", &f->err), f);
    assert_int_equal(proposed(f, &found), 1);
    REFUSED(tsk_contact_decline(f->store, &only_north, EAST, one.source, "北", &f->err), f, "proposes no entry");
    OK(tsk_contact_decline(f->store, &only_east, EAST, one.source, "佐藤", &f->err), f);
    assert_int_equal(proposed(f, &found), 0);
    todo.event = "pointless"; /* what the program itself closed proposes nothing */
    OK(tsk_todo_add(&id, NULL, f->store, &todo, &f->err), f);
    OK(tsk_todo_done(f->store, &only_east, id, "routing", "", &f->err), f);
    assert_int_equal(proposed(f, &found), 0);
}

static void test_sent_notices_propose(void **state)
{
    struct fixture *f = *state;
    struct tsk_contact_proposals found;

    fixture_sql(
        f,
        "INSERT INTO institutions (id, office_id, kind, name, department, ward, name_key, department_key, fax, email, "
        "phone, updated) VALUES (7, 'higashinari', 'hospital', '大阪病院', '', '', '', '', '', '', '', '')");
    fixture_sql(
        f,
        "INSERT INTO notices (id, office_id, document, about, event, rule, recipient, kind, state, reason, channel, "
        "destination, subject, body, batch, created, next_attempt, finished) SELECT 'N' || value, 'higashinari', '', "
        "'a' || value, 'e', 'r', CASE value WHEN 5 THEN 'office:higashinari' ELSE 'institution:7' END, 'alert', "
        "CASE value WHEN 4 THEN 'failed' ELSE 'sent' END, '', 'email', 'x', '', '', CASE WHEN value < 3 THEN 'B' ELSE "
        "'' END, '', '', '2026-05-11T16:00:00.000Z' FROM json_each('[1,2,3,4,5]')");
    assert_int_equal(proposed(f, &found), 2); /* a digest of two is one contact; not what failed or went to ourselves */
    assert_string_equal(found.items[0].directory_kind, "hospital");
    assert_string_equal(found.items[0].name, "大阪病院");
    assert_string_equal(found.items[0].day, "2026-05-12"); /* in Japan */
}

/* Two cases and a word of none in one digest, one case twice; two patients in one call, and one that was taken back in time. */
static void test_each_case_proposes(void **state)
{
    struct fixture *f = *state;
    const struct tsk_activity_filter all = { .office = EAST };
    struct tsk_contact_proposals found;
    struct tsk_contacts entries;
    struct tsk_contact one = call;
    size_t with_case = 0;

    fixture_sql(
        f,
        "INSERT INTO institutions (id, office_id, kind, name, department, ward, name_key, department_key, fax, email, "
        "phone, updated) VALUES (7, 'higashinari', 'hospital', '大阪病院', '', '', '', '', '', '', '', '');"
        "INSERT INTO cases (number, office_id, fiscal_year, sequence, opened, opened_by) SELECT '27115-2026-900' || "
        "value, "
        "'higashinari', 2026, 9000 + value, '2026-05-01T00:00:00.000Z', '佐藤' FROM json_each('[1,2,3]');"
        "INSERT INTO notices (id, office_id, document, about, event, rule, recipient, kind, state, reason, channel, "
        "destination, subject, body, batch, created, next_attempt, finished, case_number) SELECT 'N' || value, "
        "'higashinari', '', 'a' || value, 'e', 'r', 'institution:7', 'alert', 'sent', '', 'email', 'x', '', '', "
        "CASE WHEN value < 5 THEN 'B' ELSE '' END, '', '', '2026-05-11T16:00:00.000Z', CASE value WHEN 1 THEN "
        "'27115-2026-9001' WHEN 2 THEN '27115-2026-9002' WHEN 3 THEN '27115-2026-9001' END "
        "FROM json_each('[1,2,3,4,5]');"
        "INSERT INTO inquiries (office_id, case_number, hospital, recipient, since, round, state, day, due, call, "
        "created, by) SELECT 'higashinari', '27115-2026-900' || value, '大阪病院', 'institution:7', '', 1, "
        "CASE value WHEN 3 THEN 'cancelled' ELSE 'asked' END, '2026-05-11', '', 'N5', '', '佐藤' "
        "FROM json_each('[1,2,3]')");
    assert_int_equal(proposed(f, &found), 5);
    for (size_t i = 0; i < found.count; i++) {
        one.source = found.items[i].source;
        one.case_number = found.items[i].case_number;
        with_case += *one.case_number != '\0';
        if (strcmp(one.source, "notice:N5/27115-2026-9002") == 0) {
            OK(tsk_contact_decline(f->store, &only_east, EAST, one.source, "佐藤", &f->err), f);
        } else {
            OK(tsk_contact_add(NULL, f->store, &only_east, &one, "佐藤", &f->err), f);
            REFUSED(tsk_contact_add(NULL, f->store, &only_east, &one, "佐藤", &f->err), f, "has one already");
        }
    }
    assert_int_equal(with_case, 4);
    assert_int_equal(proposed(f, &found), 0);
    OK(tsk_contact_list(&entries, f->store, &only_east, &all, f->arena, &f->err), f);
    assert_int_equal(entries.count, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(test_what_is_refused),   TEST(test_a_correction_replaces),
                                        TEST(test_another_office),    TEST(test_gatherings),
                                        TEST(test_proposals),         TEST(test_sent_notices_propose),
                                        TEST(test_each_case_proposes) };

    return cmocka_run_group_tests_name("records/activity", tests, NULL, NULL);
}
