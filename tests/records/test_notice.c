#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "fixture.h"
#include "records/notice.h"
#include "records/todo.h"

#define MINUTE INT64_C(60000)

static int64_t a_sheet(struct fixture *f)
{
    struct tsk_reading page;

    fixture_referral(&page, "山田 一郎");
    return fixture_add(f, "D1", EAST, &page);
}

static struct tsk_notice_new alert(int64_t sheet, const char *recipient)
{
    return (struct tsk_notice_new){ .office = EAST,
                                    .sheet = sheet,
                                    .document = "D1",
                                    .case_number = "27115-2015-0001",
                                    .event = "sheet.received",
                                    .rule = "office-every-sheet",
                                    .recipient = recipient,
                                    .kind = TSK_NOTICE_ALERT,
                                    .state = TSK_NOTICE_QUEUED,
                                    .channel = "email",
                                    .destination = "office@example.jp",
                                    .subject = "1件",
                                    .body = "本文",
                                    .created_ms = 1000 * MINUTE };
}

static struct tsk_notice find(struct fixture *f, const char *id)
{
    struct tsk_notice notice;

    OK(tsk_notice_find(&notice, f->store, &only_east, id, f->arena, &f->err), f);
    return notice;
}

static size_t claim(struct fixture *f, struct tsk_notices *out, int64_t now_ms)
{
    OK(tsk_notice_claim(out, f->store, &tsk_scope_all, "sender-1", now_ms, 5 * MINUTE, f->arena, &f->err), f);
    return out->count;
}

static void test_one_notice_a_key(void **state)
{
    struct fixture *f = *state;
    struct tsk_notice_new notice = alert(a_sheet(f), "office:" EAST);
    char first[TSK_ID_SIZE];
    char second[TSK_ID_SIZE];
    bool is_new;

    OK(tsk_notice_queue(first, &is_new, f->store, &notice, &f->err), f);
    assert_true(is_new);
    notice.body = "他の本文";
    OK(tsk_notice_queue(second, &is_new, f->store, &notice, &f->err), f);
    assert_false(is_new);
    assert_string_equal(first, second);
    assert_string_equal(find(f, first).body, "本文");
    notice.recipient = "institution:7";
    OK(tsk_notice_queue(second, &is_new, f->store, &notice, &f->err), f);
    assert_true(is_new);
    notice.rule = "another";
    OK(tsk_notice_queue(NULL, &is_new, f->store, &notice, &f->err), f);
    assert_true(is_new);
    notice.event = "referral.confirmed";
    OK(tsk_notice_queue(NULL, NULL, f->store, &notice, &f->err), f);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM notices"), 4);
}

static void test_queued_with_its_event_or_not_at_all(void **state)
{
    struct fixture *f = *state;
    const struct tsk_notice_new notice = alert(a_sheet(f), "office:" EAST);

    OK(tsk_store_begin(f->store, &f->err), f);
    OK(tsk_notice_queue(NULL, NULL, f->store, &notice, &f->err), f);
    tsk_store_rollback(f->store);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM notices"), 0);
}

static void test_sending(void **state)
{
    struct fixture *f = *state;
    const struct tsk_notice_new notice = alert(a_sheet(f), "office:" EAST);
    struct tsk_notices due;
    struct tsk_deliveries log;
    char id[TSK_ID_SIZE];
    int64_t next;

    OK(tsk_notice_queue(id, NULL, f->store, &notice, &f->err), f);
    OK(tsk_notice_next_due(&next, f->store, &tsk_scope_all, &f->err), f);
    assert_int_equal(next, 1000 * MINUTE);
    assert_int_equal(claim(f, &due, 999 * MINUTE), 0);
    assert_int_equal(claim(f, &due, 1000 * MINUTE), 1);
    assert_string_equal(due.items[0].id, id);
    assert_string_equal(due.items[0].destination, "office@example.jp");
    assert_int_equal(due.items[0].attempts, 1);
    assert_int_equal(claim(f, &due, 1001 * MINUTE), 0); /* somebody has it */
    OK(tsk_notice_result(f->store, &tsk_scope_all, id, TSK_NOTICE_QUEUED, 1010 * MINUTE, "451 later", &f->err), f);
    assert_int_equal(claim(f, &due, 1009 * MINUTE), 0);
    assert_int_equal(claim(f, &due, 1010 * MINUTE), 1);
    OK(tsk_notice_result(f->store, &tsk_scope_all, id, TSK_NOTICE_SENT, 0, "250 ok", &f->err), f);
    assert_int_equal(find(f, id).state, TSK_NOTICE_SENT);
    assert_int_equal(claim(f, &due, 2000 * MINUTE), 0);
    OK(tsk_notice_next_due(&next, f->store, &tsk_scope_all, &f->err), f);
    assert_int_equal(next, -1);
    OK(tsk_notice_deliveries(&log, f->store, &only_east, id, f->arena, &f->err), f);
    assert_int_equal(log.count, 2);
    assert_string_equal(log.items[0].result, "queued");
    assert_string_equal(log.items[0].detail, "451 later");
    assert_string_equal(log.items[1].result, "sent");
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM audit WHERE action = 'send' "
                                      "AND object = 'case:27115-2015-0001'"),
                     1);
}

static void test_a_dead_sender_loses_nothing(void **state)
{
    struct fixture *f = *state;
    const struct tsk_notice_new notice = alert(a_sheet(f), "office:" EAST);
    struct tsk_notices due;
    struct tsk_deliveries log;
    char id[TSK_ID_SIZE];

    OK(tsk_notice_queue(id, NULL, f->store, &notice, &f->err), f);
    assert_int_equal(claim(f, &due, 1000 * MINUTE), 1);
    fixture_reopen(f);
    assert_int_equal(claim(f, &due, 1004 * MINUTE), 0);
    assert_int_equal(claim(f, &due, 1005 * MINUTE), 1); /* its lease is over */
    assert_string_equal(due.items[0].id, id);
    assert_int_equal(due.items[0].attempts, 2);
    OK(tsk_notice_deliveries(&log, f->store, &only_east, id, f->arena, &f->err), f);
    assert_string_equal(log.items[0].result, "abandoned");
    assert_string_equal(log.items[1].result, "started");
}

static void test_unknown_is_not_failed(void **state)
{
    struct fixture *f = *state;
    const struct tsk_notice_new notice = alert(a_sheet(f), "office:" EAST);
    struct tsk_notices due;
    char id[TSK_ID_SIZE];

    OK(tsk_notice_queue(id, NULL, f->store, &notice, &f->err), f);
    assert_int_equal(claim(f, &due, 1000 * MINUTE), 1);
    OK(tsk_notice_result(f->store, &tsk_scope_all, id, TSK_NOTICE_UNKNOWN, 0, "no answer after the data", &f->err), f);
    assert_int_equal(claim(f, &due, 9000 * MINUTE), 0);
    assert_int_equal(find(f, id).state, TSK_NOTICE_UNKNOWN);
    OK(tsk_notice_result(f->store, &tsk_scope_all, id, TSK_NOTICE_DELIVERED, 0, "the office called", &f->err), f);
    REFUSED(tsk_notice_result(f->store, &tsk_scope_all, id, TSK_NOTICE_FAILED, 0, "", &f->err), f,
            "cannot become failed");
}

static void test_a_digest_goes_together(void **state)
{
    struct fixture *f = *state;
    int64_t sheet = a_sheet(f);
    struct tsk_notices due;
    struct tsk_notice_new notice = alert(sheet, "institution:1");

    notice.batch = "daily";
    notice.due_ms = 2000 * MINUTE;
    for (int i = 0; i < 3; i++) {
        static const char *const events[] = { "a", "b", "c" };
        notice.event = events[i];
        OK(tsk_notice_queue(NULL, NULL, f->store, &notice, &f->err), f);
    }
    notice.recipient = "institution:2";
    notice.destination = "other@example.jp";
    OK(tsk_notice_queue(NULL, NULL, f->store, &notice, &f->err), f);
    notice.destination = "office@example.jp";
    notice.recipient = "institution:1";
    notice.event = "at once";
    notice.batch = "";
    OK(tsk_notice_queue(NULL, NULL, f->store, &notice, &f->err), f);
    assert_int_equal(claim(f, &due, 1999 * MINUTE), 0);
    size_t sizes[4] = { 0 };
    for (size_t i = 0; i < TSK_COUNT(sizes); i++) {
        sizes[i] = claim(f, &due, 2000 * MINUTE);
        for (size_t k = 0; k < due.count; k++)
            OK(tsk_notice_result(f->store, &tsk_scope_all, due.items[k].id, TSK_NOTICE_SENT, 0, "250", &f->err), f);
    }
    assert_int_equal(sizes[0] + sizes[1] + sizes[2], 5);
    assert_true(sizes[0] == 3 || sizes[1] == 3 || sizes[2] == 3);
    assert_int_equal(sizes[3], 0);
}

static void queue_to(struct fixture *f, char id[TSK_ID_SIZE], const char *event, const char *destination)
{
    struct tsk_notice_new notice = alert(0, "institution:1");
    static int64_t order; /* of their coming; ids of one millisecond have none */

    notice.created_ms = 900 * MINUTE + ++order;
    notice.case_number = "";
    notice.about = "document:D1";
    notice.event = event;
    notice.destination = destination;
    OK(tsk_notice_queue(id, NULL, f->store, &notice, &f->err), f);
}

static void later(struct fixture *f, const char *id, int64_t when_ms)
{
    OK(tsk_notice_result(f->store, &tsk_scope_all, id, TSK_NOTICE_QUEUED, when_ms, "451 later", &f->err), f);
}

static void test_a_destination_has_one_on_its_way_and_rests_after_a_failure(void **state)
{
    struct fixture *f = *state;
    char first[TSK_ID_SIZE], second[TSK_ID_SIZE], other[TSK_ID_SIZE];
    struct tsk_notices due;
    int64_t at;

    queue_to(f, first, "a", "slow@example.jp");
    queue_to(f, second, "b", "slow@example.jp");
    queue_to(f, other, "c", "fast@example.jp");
    assert_int_equal(claim(f, &due, 1000 * MINUTE), 1);
    assert_string_equal(due.items[0].id, first);
    assert_int_equal(claim(f, &due, 1000 * MINUTE), 1);
    assert_string_equal(due.items[0].id, other);
    assert_int_equal(claim(f, &due, 1000 * MINUTE), 0); /* one at a time */
    OK(tsk_notice_trouble_since(&at, f->store, "email", "fast@example.jp", &f->err), f);
    assert_int_equal(at, 1000 * MINUTE);
    OK(tsk_notice_trouble_since(&at, f->store, "email", "nobody@example.jp", &f->err), f);
    assert_int_equal(at, -1);
    later(f, first, 1003 * MINUTE);
    assert_int_equal(claim(f, &due, 1002 * MINUTE), 0); /* the other one waits as well */
    OK(tsk_notice_next_due(&at, f->store, &tsk_scope_all, &f->err), f);
    assert_int_equal(at, 1003 * MINUTE);
    assert_int_equal(claim(f, &due, 1003 * MINUTE), 1);
    assert_string_equal(due.items[0].id,
                        second); /* what was never tried goes first: the head of a queue blocks nobody */
    OK(tsk_notice_result(f->store, &tsk_scope_all, second, TSK_NOTICE_SENT, 0, "250", &f->err), f);
    assert_int_equal(claim(f, &due, 1003 * MINUTE), 1);
    assert_string_equal(due.items[0].id, first);
}

static void test_a_wish_leaves_out_what_cannot_go_now(void **state)
{
    struct fixture *f = *state;
    struct tsk_notice_wish wish = { .who = "test", .now_ms = 1000 * MINUTE, .lease_ms = MINUTE, .no_email = true };
    char id[TSK_ID_SIZE];
    struct tsk_notices due;

    queue_to(f, id, "a", "a@example.jp");
    OK(tsk_notice_claim_next(&due, f->store, &tsk_scope_all, &wish, f->arena, &f->err), f);
    assert_int_equal(due.count, 0);
    wish.no_email = false;
    wish.fresh_only = true;
    OK(tsk_notice_claim_next(&due, f->store, &tsk_scope_all, &wish, f->arena, &f->err), f);
    assert_int_equal(due.count, 1);
    later(f, id, 1001 * MINUTE);
    wish.now_ms = 1002 * MINUTE;
    OK(tsk_notice_claim_next(&due, f->store, &tsk_scope_all, &wish, f->arena, &f->err), f);
    assert_int_equal(due.count, 0);
}

static void test_postponing_is_no_attempt(void **state)
{
    struct fixture *f = *state;
    char id[TSK_ID_SIZE], same[TSK_ID_SIZE];
    struct tsk_notices due;

    queue_to(f, id, "a", "a@example.jp");
    queue_to(f, same, "b", "a@example.jp");
    assert_int_equal(claim(f, &due, 1000 * MINUTE), 1);
    OK(tsk_notice_postpone(f->store, &tsk_scope_all, id, 3000 * MINUTE, "closed", &f->err), f);
    assert_int_equal(find(f, id).attempts, 0);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM deliveries"), 0);
    assert_int_equal(claim(f, &due, 1000 * MINUTE), 1); /* the destination does not rest */
    assert_string_equal(due.items[0].id, same);
    REFUSED(tsk_notice_postpone(f->store, &tsk_scope_all, id, 3000 * MINUTE, "closed", &f->err), f, "not being sent");
    assert_int_equal(claim(f, &due, 3000 * MINUTE), 1);
}

static void test_a_new_sender_takes_over(void **state)
{
    struct fixture *f = *state;
    char id[TSK_ID_SIZE];
    struct tsk_notices due;
    int freed;

    queue_to(f, id, "a", "a@example.jp");
    assert_int_equal(claim(f, &due, 1000 * MINUTE), 1);
    assert_int_equal(claim(f, &due, 1001 * MINUTE), 0);
    OK(tsk_notice_take_over(&freed, f->store, 1001 * MINUTE, &f->err), f);
    assert_int_equal(freed, 1);
    assert_int_equal(claim(f, &due, 1001 * MINUTE), 1);
    assert_string_equal(due.items[0].id, id);
    fixture_sql(f, "UPDATE notices SET channel = 'fax'");
    OK(tsk_notice_take_over(&freed, f->store, 1002 * MINUTE, &f->err), f);
    assert_int_equal(freed, 0); /* sendfax may still be at work */
}

/* Made, tried or claimed while the clock was an hour ahead. */
static void test_a_clock_that_was_ahead(void **state)
{
    struct fixture *f = *state;
    const int64_t ahead = 100 * INT64_C(3600000), now = ahead - 60 * MINUTE;
    struct tsk_notice_new notice = alert(a_sheet(f), "office:" EAST);
    char made[TSK_ID_SIZE], planned[TSK_ID_SIZE], digest[TSK_ID_SIZE];
    struct tsk_notices due;
    int moved;

    notice.created_ms = notice.due_ms = ahead;
    OK(tsk_notice_queue(made, NULL, f->store, &notice, &f->err), f);
    notice.rule = "planned";
    notice.destination = "planned@example.jp";
    notice.created_ms = now - MINUTE;
    notice.due_ms = ahead;
    OK(tsk_notice_queue(planned, NULL, f->store, &notice, &f->err), f);
    notice.rule = "digest";
    notice.destination = "digest@example.jp";
    notice.batch = "digest";
    notice.created_ms = ahead;
    OK(tsk_notice_queue(digest, NULL, f->store, &notice, &f->err), f);
    assert_int_equal(claim(f, &due, now), 0);
    OK(tsk_notice_clock_back(&moved, f->store, now, 5 * MINUTE, &f->err), f);
    assert_int_equal(moved, 1);
    assert_int_equal(claim(f, &due, now), 1);
    assert_string_equal(due.items[0].id, made);
    OK(tsk_notice_clock_back(&moved, f->store, now, 5 * MINUTE, &f->err), f);
    assert_int_equal(moved, 0);
    OK(tsk_notice_clock_back(&moved, f->store, now - 60 * MINUTE, 5 * MINUTE, &f->err), f);
    assert_int_equal(moved, 2); /* the lease too would end in more than an hour */
    assert_int_equal(claim(f, &due, now - 60 * MINUTE), 1);
    assert_string_equal(due.items[0].id, planned);
    assert_int_equal(claim(f, &due, now - 60 * MINUTE), 1);
    assert_string_equal(due.items[0].id, made);
}

static size_t overdue(struct fixture *f, struct tsk_notices *out, int64_t now_ms, int64_t since_ms)
{
    const struct tsk_notice_wish wish = { .who = "test", .now_ms = now_ms, .lease_ms = MINUTE };

    OK(tsk_notice_claim_overdue(out, f->store, &tsk_scope_all, &wish, since_ms, f->arena, &f->err), f);
    return out->count;
}

static void test_what_waits_behind_a_dead_destination_has_a_deadline(void **state)
{
    struct fixture *f = *state;
    char first[TSK_ID_SIZE], behind[TSK_ID_SIZE], idle[TSK_ID_SIZE];
    struct tsk_notices due;

    queue_to(f, first, "a", "dead@example.jp");
    queue_to(f, behind, "b", "dead@example.jp");
    assert_int_equal(claim(f, &due, 1000 * MINUTE), 1);
    later(f, first, 6000 * MINUTE);
    queue_to(f, idle, "c", "idle@example.jp"); /* nobody has tried: the gateway itself was away, say */
    assert_int_equal(overdue(f, &due, 5000 * MINUTE, 900 * MINUTE), 0); /* not yet */
    assert_int_equal(overdue(f, &due, 5000 * MINUTE, 1000 * MINUTE), 1);
    assert_string_equal(due.items[0].id, behind);
    OK(tsk_notice_result(f->store, &tsk_scope_all, behind, TSK_NOTICE_FAILED, 0, "late", &f->err), f);
    assert_int_equal(overdue(f, &due, 5000 * MINUTE, 1000 * MINUTE), 0); /* the first has its own next attempt */
    assert_int_equal(overdue(f, &due, 6000 * MINUTE, 1000 * MINUTE), 1);
    assert_string_equal(due.items[0].id, first);
}

/* It failed long ago; a person says to try again, which is not overdue because of what was tried then. */
static void test_what_is_tried_again_has_its_time_anew(void **state)
{
    struct fixture *f = *state;
    char id[TSK_ID_SIZE];
    struct tsk_notices due;
    int64_t now = tsk_wall_ms() + MINUTE;

    queue_to(f, id, "a", "a@example.jp");
    assert_int_equal(claim(f, &due, 1000 * MINUTE), 1);
    OK(tsk_notice_result(f->store, &tsk_scope_all, id, TSK_NOTICE_FAILED, 0, "no answer", &f->err), f);
    OK(tsk_notice_retry(f->store, &tsk_scope_all, id, "佐藤", &f->err), f);
    assert_int_equal(overdue(f, &due, now, 5000 * MINUTE), 0);
    assert_int_equal(claim(f, &due, now), 1);
}

static void test_a_refusal_that_no_longer_holds(void **state)
{
    struct fixture *f = *state;
    struct tsk_notice_new notice = alert(a_sheet(f), "institution:7");
    struct tsk_notices due;
    char id[TSK_ID_SIZE];
    char again[TSK_ID_SIZE];
    bool is_new;

    notice.kind = TSK_NOTICE_DISCLOSURE;
    notice.state = TSK_NOTICE_REFUSED;
    notice.reason = "同意がありません";
    OK(tsk_notice_queue(id, &is_new, f->store, &notice, &f->err), f);
    assert_true(is_new);
    assert_int_equal(claim(f, &due, 9000 * MINUTE), 0);
    OK(tsk_notice_queue(again, &is_new, f->store, &notice, &f->err), f);
    assert_false(is_new);
    notice.state = TSK_NOTICE_QUEUED;
    notice.reason = "";
    notice.due_ms = 1500 * MINUTE;
    OK(tsk_notice_queue(again, &is_new, f->store, &notice, &f->err), f);
    assert_true(is_new);
    assert_string_equal(id, again);
    assert_int_equal(claim(f, &due, 1500 * MINUTE), 1);
    notice.state = TSK_NOTICE_REFUSED; /* too late: it is on its way */
    OK(tsk_notice_queue(again, &is_new, f->store, &notice, &f->err), f);
    assert_false(is_new);
    assert_int_equal(find(f, id).state, TSK_NOTICE_SENDING);
}

static void test_taking_back(void **state)
{
    struct fixture *f = *state;
    struct tsk_notice_new notice = alert(a_sheet(f), "institution:7");
    struct tsk_notices due;
    char id[TSK_ID_SIZE];
    bool was_out;
    bool is_new;

    OK(tsk_notice_queue(id, NULL, f->store, &notice, &f->err), f);
    OK(tsk_notice_withdraw(&was_out, f->store, &only_east, id, "区の訂正", &f->err), f);
    assert_false(was_out);
    assert_int_equal(find(f, id).state, TSK_NOTICE_CANCELLED);
    assert_int_equal(claim(f, &due, 9000 * MINUTE), 0);
    OK(tsk_notice_queue(id, &is_new, f->store, &notice, &f->err), f); /* corrected back */
    assert_true(is_new);
    assert_int_equal(claim(f, &due, tsk_wall_ms() + MINUTE), 1);
    OK(tsk_notice_result(f->store, &tsk_scope_all, id, TSK_NOTICE_SENT, 0, "", &f->err), f);
    OK(tsk_notice_withdraw(&was_out, f->store, &only_east, id, "区の訂正", &f->err), f);
    assert_true(was_out);
    assert_int_equal(find(f, id).state, TSK_NOTICE_SENT);
}

static void test_a_case_known_later(void **state)
{
    struct fixture *f = *state;
    struct tsk_notice_new early = alert(a_sheet(f), "institution:7"), later = alert(early.sheet, "institution:8");
    char waiting[TSK_ID_SIZE];
    char told[TSK_ID_SIZE];
    struct tsk_reading page;

    fixture_referral(&page, "鈴木 花子");
    fixture_patient(&page, 1);
    (void)fixture_add(f, "D2", EAST, &page); /* opens the second case */
    early.case_number = "";
    OK(tsk_notice_queue(waiting, NULL, f->store, &early, &f->err), f);
    OK(tsk_notice_queue(told, NULL, f->store, &later, &f->err), f);
    OK(tsk_notice_join_case(f->store, &only_north, early.sheet, "27115-2015-0002", &f->err), f);
    assert_string_equal(find(f, waiting).case_number, "");
    OK(tsk_notice_join_case(f->store, &only_east, early.sheet, "27115-2015-0002", &f->err), f);
    assert_string_equal(find(f, waiting).case_number, "27115-2015-0002");
    assert_string_equal(find(f, waiting).body, "本文");
    assert_string_equal(find(f, told).case_number, "27115-2015-0001"); /* as it said to its recipient */
}

static int claim_all(struct fixture *f)
{
    struct tsk_notices due;
    int rc = tsk_store_open(&f->store, f->path, &f->err);

    while (rc == 0) {
        rc = tsk_notice_claim(&due, f->store, &tsk_scope_all, "sender", 2000 * MINUTE, 5 * MINUTE, f->arena, &f->err);
        if (rc != 0 || due.count == 0)
            break;
        rc = tsk_notice_result(f->store, &tsk_scope_all, due.items[0].id, TSK_NOTICE_SENT, 0, "", &f->err);
    }
    return rc;
}

static void test_several_senders_send_each_once(void **state)
{
    struct fixture *f = *state;
    struct tsk_notice_new notice = alert(a_sheet(f), "");
    char recipient[32];
    char destination[40];
    pid_t children[3];

    for (int i = 0; i < 60; i++) {
        snprintf(recipient, sizeof recipient, "institution:%d", i);
        notice.recipient = recipient;
        snprintf(destination, sizeof destination, "office%d@example.jp", i % 20);
        notice.destination = destination;
        OK(tsk_notice_queue(NULL, NULL, f->store, &notice, &f->err), f);
    }
    tsk_store_close(&f->store);
    for (size_t i = 0; i < TSK_COUNT(children); i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(claim_all(f) == 0 ? 0 : 1);
    }
    for (size_t i = 0; i < TSK_COUNT(children); i++) {
        int status = -1;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM notices WHERE state = 'sent'"), 60);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM deliveries WHERE result = 'sent'"), 60);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM deliveries"), 60);
}

static void test_todos(void **state)
{
    struct fixture *f = *state;
    struct tsk_todo_new todo = { .office = EAST,
                                 .sheet = a_sheet(f),
                                 .case_number = "27115-2015-0001",
                                 .event = "outcome.confirmed",
                                 .rule = "clinic",
                                 .recipient = "institution:7",
                                 .kind = "call",
                                 .text = "電話してください" };
    struct tsk_todo_filter done = { .done_too = true };
    struct tsk_todos todos;
    int64_t id = 0;
    int64_t again = 0;
    bool is_new;

    OK(tsk_todo_add(&id, &is_new, f->store, &todo, &f->err), f);
    assert_true(is_new);
    OK(tsk_todo_add(&again, &is_new, f->store, &todo, &f->err), f);
    assert_false(is_new);
    assert_int_equal(id, again);
    OK(tsk_todo_list(&todos, f->store, &only_east, NULL, f->arena, &f->err), f);
    assert_int_equal(todos.count, 1);
    assert_int_equal(todos.items[0].sheet, todo.sheet);
    REFUSED(tsk_todo_done(f->store, &only_east, id + 100, "佐藤", "", &f->err), f, "no to-do");
    REFUSED(tsk_todo_done(f->store, &only_east, id, "", "", &f->err), f, "nobody is named");
    OK(tsk_todo_done(f->store, &only_east, id, "佐藤", "済み", &f->err), f);
    REFUSED(tsk_todo_done(f->store, &only_east, id, "佐藤", "", &f->err), f, "was done");
    OK(tsk_todo_add(&again, &is_new, f->store, &todo, &f->err), f);
    assert_false(is_new);
    OK(tsk_todo_list(&todos, f->store, &only_east, NULL, f->arena, &f->err), f);
    assert_int_equal(todos.count, 0);
    OK(tsk_todo_list(&todos, f->store, &only_east, &done, f->arena, &f->err), f);
    assert_string_equal(todos.items[0].done_by, "佐藤");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_notice_a_key),
        TEST(test_queued_with_its_event_or_not_at_all),
        TEST(test_sending),
        TEST(test_a_dead_sender_loses_nothing),
        TEST(test_a_new_sender_takes_over),
        TEST(test_a_clock_that_was_ahead),
        TEST(test_unknown_is_not_failed),
        TEST(test_a_digest_goes_together),
        TEST(test_a_destination_has_one_on_its_way_and_rests_after_a_failure),
        TEST(test_a_wish_leaves_out_what_cannot_go_now),
        TEST(test_postponing_is_no_attempt),
        TEST(test_what_waits_behind_a_dead_destination_has_a_deadline),
        TEST(test_what_is_tried_again_has_its_time_anew),
        TEST(test_a_refusal_that_no_longer_holds),
        TEST(test_taking_back),
        TEST(test_a_case_known_later),
        TEST(test_several_senders_send_each_once),
        TEST(test_todos),
    };

    return cmocka_run_group_tests_name("records/notice", tests, NULL, NULL);
}
