/* Who is to be asked and when, as a table of small histories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "casework/wait.h"

static const struct tsk_inquiry_config config = {
    .after_days = 21, .again_days = 14, .planned_days = 3, .due_days = 7, .limit = 3, .pages_max = 20
};

static int32_t day(const char *text)
{
    struct tsk_date date;

    return text != NULL && tsk_date_parse(text, &date) ? tsk_date_days(date) : 0;
}

struct told {
    enum tsk_fact_kind kind;
    const char *on, *planned, *hospital;
};

static const struct wait_case {
    const char *what;
    struct told told[5];
    enum tsk_wait_state state;
    const char *hospital, *since, *ask_on;
    bool moved;
} waits[] = {
    { "nothing is known", { { .on = NULL } }, TSK_WAIT_NONE, "", "", "", false },
    { "a referral waits",
      { { TSK_FACT_REFERRED, "2026-10-01", NULL, "A" } },
      TSK_WAIT_HOSPITAL,
      "A",
      "2026-10-01",
      "2026-10-22",
      false },
    { "the same referral again starts nothing",
      { { TSK_FACT_REFERRED, "2026-10-01", NULL, "A" }, { TSK_FACT_REFERRED, "2026-10-09", NULL, "B" } },
      TSK_WAIT_HOSPITAL,
      "A",
      "2026-10-01",
      "2026-10-22",
      false },
    { "in hospital starts the clock anew",
      { { TSK_FACT_REFERRED, "2026-10-01", NULL, "A" }, { TSK_FACT_IN_HOSPITAL, "2026-10-25", NULL, "" } },
      TSK_WAIT_HOSPITAL,
      "A",
      "2026-10-25",
      "2026-11-15",
      false },
    { "a named day is waited for",
      { { TSK_FACT_REFERRED, "2026-10-01", NULL, "A" }, { TSK_FACT_IN_HOSPITAL, "2026-10-25", "2026-12-10", "" } },
      TSK_WAIT_HOSPITAL,
      "A",
      "2026-10-25",
      "2026-12-13",
      false },
    { "a named day that lay before the page came says nothing",
      { { TSK_FACT_REFERRED, "2026-10-01", NULL, "A" }, { TSK_FACT_IN_HOSPITAL, "2026-10-25", "2026-10-20", "" } },
      TSK_WAIT_HOSPITAL,
      "A",
      "2026-10-25",
      "2026-11-15",
      false },
    { "an admission starts the clock anew, at the same hospital",
      { { TSK_FACT_REFERRED, "2026-10-01", NULL, "A" }, { TSK_FACT_ADMISSION, "2026-10-05", NULL, "" } },
      TSK_WAIT_HOSPITAL,
      "A",
      "2026-10-05",
      "2026-10-26",
      false },
    { "after a transfer the other hospital is waited for",
      { { TSK_FACT_REFERRED, "2026-10-01", NULL, "A" }, { TSK_FACT_TRANSFER, "2026-10-20", NULL, "B" } },
      TSK_WAIT_HOSPITAL,
      "B",
      "2026-10-20",
      "2026-11-10",
      true },
    { "told out of order, it is the days that count",
      { { TSK_FACT_LEFT, "2026-11-01", NULL, "" },
        { TSK_FACT_TRANSFER, "2026-10-20", NULL, "B" },
        { TSK_FACT_REFERRED, "2026-10-01", NULL, "A" } },
      TSK_WAIT_NONE,
      "B",
      "2026-10-20",
      "",
      true },
    { "a transfer to nowhere is a person's",
      { { TSK_FACT_REFERRED, "2026-10-01", NULL, "A" }, { TSK_FACT_TRANSFER, "2026-10-20", NULL, "" } },
      TSK_WAIT_STUCK,
      "",
      "2026-10-20",
      "",
      true },
    { "home ends it",
      { { TSK_FACT_REFERRED, "2026-10-01", NULL, "A" }, { TSK_FACT_LEFT, "2026-10-20", NULL, "" } },
      TSK_WAIT_NONE,
      "A",
      "2026-10-01",
      "",
      false },
    { "not theirs is a person's",
      { { TSK_FACT_REFERRED, "2026-10-01", NULL, "A" }, { TSK_FACT_UNCLEAR, "2026-10-20", NULL, "" } },
      TSK_WAIT_STUCK,
      "A",
      "2026-10-20",
      "",
      false },
    { "what nobody confirmed lets nobody be asked",
      { { TSK_FACT_REFERRED, "2026-10-01", NULL, "A" }, { TSK_FACT_ANSWER, "2026-10-02", NULL, "" } },
      TSK_WAIT_LOOK,
      "A",
      "2026-10-01",
      "",
      false },
};

static void test_waits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        const struct wait_case *c = &waits[i];
        struct tsk_case_fact facts[5];
        struct tsk_wait wait;
        size_t count = 0;

        for (; count < 5 && c->told[count].on != NULL; count++) {
            const struct told *t = &c->told[count];
            facts[count] = (struct tsk_case_fact){ .kind = t->kind,
                                                   .day = day(t->on),
                                                   .received_ms = day(t->on),
                                                   .planned = day(t->planned),
                                                   .hospital = t->hospital,
                                                   .sheet = (int64_t)count + 1 };
        }
        tsk_wait_of(&wait, facts, count, &config);
        if (wait.state != c->state || strcmp(wait.hospital, c->hospital) != 0 || wait.moved != c->moved ||
            wait.ask_on != day(c->ask_on) || (count > 0 && wait.since != day(c->since)))
            fail_msg("%s: state %d hospital %s since %d ask %d", c->what, wait.state, wait.hospital, wait.since,
                     wait.ask_on);
    }
}

/* Of one day what came later counts, also where the earlier page was read once more and has the higher number. */
static void test_what_came_later_on_a_day(void **state)
{
    struct tsk_case_fact facts[] = {
        { .kind = TSK_FACT_REFERRED, .day = 100, .received_ms = 1, .hospital = "A", .sheet = 1 },
        { .kind = TSK_FACT_IN_HOSPITAL, .day = 120, .received_ms = 3000, .hospital = "", .sheet = 2 },
        { .kind = TSK_FACT_LEFT, .day = 120, .received_ms = 2000, .hospital = "", .sheet = 3 },
    };
    struct tsk_wait wait;

    (void)state;
    tsk_wait_of(&wait, facts, TSK_COUNT(facts), &config);
    assert_int_equal(wait.state, TSK_WAIT_HOSPITAL);
    assert_int_equal(facts[1].kind, TSK_FACT_LEFT); /* they are in order now */
    facts[1].received_ms = 4000;
    tsk_wait_of(&wait, facts, TSK_COUNT(facts), &config);
    assert_int_equal(wait.state, TSK_WAIT_NONE);
}

static const struct next_case {
    const char *what;
    bool moved;
    struct tsk_inquiry earlier[4];
    const char *today;
    enum tsk_next next;
    int round;
    const char *on;
} nexts[] = {
    { "too early", false, { { .state = NULL } }, "2026-10-21", TSK_NEXT_NOTHING, 1, "2026-10-22" },
    { "the first", false, { { .state = NULL } }, "2026-10-22", TSK_NEXT_ASK, 1, "2026-10-22" },
    { "the first to where the patient was moved",
      true,
      { { .state = NULL } },
      "2026-10-22",
      TSK_NEXT_RELEASE,
      1,
      "2026-10-22" },
    { "not again before its time",
      false,
      { { .state = "asked", .day = "2026-10-22", .due = "2026-10-29" } },
      "2026-11-04",
      TSK_NEXT_NOTHING,
      2,
      "2026-11-05" },
    { "again",
      false,
      { { .state = "asked", .day = "2026-10-22", .due = "2026-10-29" } },
      "2026-11-05",
      TSK_NEXT_ASK,
      2,
      "2026-11-05" },
    { "the second to where the patient was moved needs no release",
      true,
      { { .state = "asked", .day = "2026-10-22", .due = "2026-10-29" } },
      "2026-11-05",
      TSK_NEXT_ASK,
      2,
      "2026-11-05" },
    { "often enough, but the last may still be answered",
      false,
      { { .state = "overdue", .day = "2026-10-22", .due = "2026-10-29" },
        { .state = "overdue", .day = "2026-11-05", .due = "2026-11-12" },
        { .state = "asked", .day = "2026-11-19", .due = "2026-11-26" } },
      "2026-11-26",
      TSK_NEXT_NOTHING,
      4,
      "2026-11-27" },
    { "often enough",
      false,
      { { .state = "overdue", .day = "2026-10-22", .due = "2026-10-29" },
        { .state = "overdue", .day = "2026-11-05", .due = "2026-11-12" },
        { .state = "asked", .day = "2026-11-19", .due = "2026-11-26" } },
      "2026-11-27",
      TSK_NEXT_PERSON,
      4,
      "2026-11-27" },
    { "in vain",
      false,
      { { .state = "failed", .day = "2026-10-22", .due = "" } },
      "2026-10-23",
      TSK_NEXT_PERSON,
      1,
      "2026-10-23" },
    { "taken back by a person: not the next day again",
      false,
      { { .state = "cancelled", .day = "2026-10-22", .due = "" } },
      "2026-10-23",
      TSK_NEXT_NOTHING,
      1,
      "2026-11-05" },
    { "what belonged to another wait does not count",
      false,
      { { .state = "asked", .day = "2026-10-22", .due = "2026-10-29", .hospital = "Z" } },
      "2026-10-22",
      TSK_NEXT_ASK,
      1,
      "2026-10-22" },
};

static void test_nexts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof nexts / sizeof *nexts; i++) {
        const struct next_case *c = &nexts[i];
        const struct tsk_wait wait = { .state = TSK_WAIT_HOSPITAL,
                                       .hospital = "A",
                                       .since = day("2026-10-01"),
                                       .ask_on = day("2026-10-22"),
                                       .moved = c->moved };
        struct tsk_inquiry earlier[4];
        struct tsk_inquiries list = { .items = earlier };
        struct tsk_next_step next;

        for (; list.count < 4 && c->earlier[list.count].state != NULL; list.count++) {
            earlier[list.count] = c->earlier[list.count];
            earlier[list.count].since = "2026-10-01";
            if (earlier[list.count].hospital == NULL)
                earlier[list.count].hospital = "A";
        }
        tsk_wait_next(&next, &wait, &list, &config, day(c->today));
        if (next.what != c->next || next.round != c->round || next.on != day(c->on))
            fail_msg("%s: %d, round %d, on %d", c->what, next.what, next.round, next.on);
    }
}

static void test_nobody_by_itself(void **state)
{
    struct tsk_case_fact fact = { .kind = TSK_FACT_REFERRED, .day = day("2026-10-01"), .hospital = "A", .sheet = 1 };
    const struct tsk_inquiry_config off = { .after_days = 0, .again_days = 14, .limit = 3 };
    const struct tsk_inquiries none = { .count = 0 };
    struct tsk_next_step next;
    struct tsk_wait wait;

    (void)state;
    tsk_wait_of(&wait, &fact, 1, &off);
    assert_int_equal(wait.state, TSK_WAIT_HOSPITAL);
    tsk_wait_next(&next, &wait, &none, &off, day("2030-01-01"));
    assert_int_equal(next.what, TSK_NEXT_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_waits), cmocka_unit_test(test_what_came_later_on_a_day),
                                        cmocka_unit_test(test_nexts), cmocka_unit_test(test_nobody_by_itself) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
