/*
 * Delivery over time: every run of the sender is a process of its own with its own clock, as it is in a site.
 * "test_routing_sender send DIR HOW" is that process; HOW is maildir, or how a channel of the test answers.
 */
#include <dirent.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "fixture.h"

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S };

static const char *self;

struct scripted {
    struct tsk_channel channel;
    enum tsk_delivered how;
    bool ours;
};

static void answer(struct tsk_channel *channel, struct tsk_flight *flight)
{
    const struct scripted *script = (const struct scripted *)(const void *)channel;

    tsk_flight_land(flight, script->how, "%s",
                    script->how == TSK_DELIVERED_UNKNOWN ? "no answer after the text was sent"
                                                         : "as the test wants it");
    flight->report.ours = script->ours;
}

static void forget(struct tsk_channel *channel)
{
    (void)channel;
}

static int send_process(const char *dir, const char *how)
{
    static const char *const names[] = { "box", "sent", "person", "later", "failed", "unknown" };
    struct fx *fx = fx_attach(dir);
    struct scripted script = { { "test", TSK_MAIL_8BIT, answer, NULL, forget }, TSK_DELIVERED_BOX, false };
    struct tsk_sender_parts parts = {
        .routing = fx->routing, .store = fx->store, .who = "sender", .mail = &script.channel
    };
    struct tsk_err err = { 0 };
    int handled = 0;

    for (size_t i = 0; i < TSK_COUNT(names); i++)
        if (strcmp(names[i], how) == 0)
            script.how = (enum tsk_delivered)i;
    if (strcmp(how, "down") == 0) {
        script.how = TSK_DELIVERED_LATER;
        script.ours = true;
    }
    if (strcmp(how, "maildir") == 0)
        fx_must(tsk_channel_open(&parts.mail, NULL, &fx->config.mail, fx->dir, &err), &err, "channel");
    fx_must(tsk_sender_run_once(&handled, &parts, &err), &err, "send");
    tsk_channel_close(&parts.mail);
    fx_detach(fx);
    return handled;
}

static int send_at(struct fx *fx, long offset_s, const char *how)
{
    char clock[64];
    char *const arguments[] = { (char *)(uintptr_t)self, (char *)(uintptr_t) "send", fx->dir, (char *)(uintptr_t)how,
                                NULL };
    extern char **environ;
    pid_t pid;
    int status;

    snprintf(clock, sizeof clock, "offset_s=%ld", offset_s);
    setenv("TASUKI_CLOCK", clock, 1);
    assert_int_equal(posix_spawn(&pid, self, NULL, NULL, arguments, environ), 0);
    unsetenv("TASUKI_CLOCK");
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Messages in the box that hold the words; the last one is copied. */
static int mails(struct fx *fx, const char *words, struct tsk_buf *last)
{
    char path[400];
    struct dirent *entry;
    int count = 0;
    DIR *open;

    snprintf(path, sizeof path, "%s/mail/new", fx->dir);
    open = opendir(path);
    while (open != NULL && (entry = readdir(open)) != NULL) {
        struct tsk_buf text = TSK_BUF(65536);

        snprintf(path, sizeof path, "%s/mail/new/%s", fx->dir, entry->d_name);
        if (entry->d_name[0] != '.' && tsk_file_read(path, &text, NULL) == 0 &&
            strstr(tsk_buf_text(&text), words) != NULL) {
            count++;
            if (last != NULL) {
                tsk_buf_reset(last);
                tsk_buf_puts(last, tsk_buf_text(&text));
            }
        }
        tsk_buf_free(&text);
    }
    if (open != NULL)
        closedir(open);
    return count;
}

static void test_daily_digest(void **state)
{
    static const struct fx_value ikuno[] = { { "patient_address", "生野区勝山北1-1" },
                                             { "@ward", "27116" },
                                             { NULL, NULL } };
    struct fx *fx = *state;
    struct tsk_buf mail = TSK_BUF(65536);
    struct tsk_notices waiting;

    for (int i = 0; i < 3; i++)
        fx_referral(fx, ikuno);
    waiting = fx_notices(fx, 0, "referral-ward", "queued");
    assert_int_equal(waiting.count, 3);
    assert_string_equal(waiting.items[0].next_attempt + 10, "T00:00:00.000Z"); /* 9:00 in Japan */
    assert_int_equal(send_at(fx, 0, "maildir"), 3);                            /* the coordination office's own */
    assert_int_equal(mails(fx, "<ikuno@ward.example.jp>\n", &mail), 0);
    assert_int_equal(send_at(fx, DAY_S, "maildir"), 1);
    assert_int_equal(mails(fx, "<ikuno@ward.example.jp>\n", &mail), 1);
    assert_non_null(strstr(mail.data, "次の 3 件です"));
    assert_non_null(strstr(mail.data, "27115-2026-0003"));
    assert_non_null(strstr(mail.data, "区: 生野区"));
    assert_non_null(strstr(mail.data, "対応不要"));
    assert_null(strstr(mail.data, "勝山"));
    assert_int_equal(fx_notice_count(fx, 0, "referral-ward", "delivered"), 3);
    assert_int_equal(send_at(fx, 2L * DAY_S, "maildir"), 0);
    tsk_buf_free(&mail);
}

static void test_redelivery_after_death(void **state)
{
    struct fx *fx = *state;
    struct tsk_notices claimed;
    struct tsk_err err = { 0 };

    fx_referral(fx, NULL);
    fx_must(tsk_notice_claim(&claimed, fx->store, &tsk_scope_all, "dead", tsk_wall_ms(), 600 * 1000, fx->arena, &err),
            &err, "claim");
    assert_int_equal(claimed.count, 1);
    assert_int_equal(send_at(fx, 0, "maildir"), 1); /* the other one */
    assert_int_equal(send_at(fx, 0, "maildir"), 0);
    assert_int_equal(send_at(fx, 660, "maildir"), 1);
    assert_int_equal(fx_notice_count(fx, 0, NULL, "delivered"), 2);
    assert_int_equal(mails(fx, "", NULL), 2);
}

static void test_death_after_delivery_makes_one_file(void **state)
{
    static const char text[] = "To: <delivered before>\n\n";
    struct fx *fx = *state;
    struct tsk_channel *box = NULL;
    struct tsk_notices claimed;
    struct tsk_delivery_report report;
    struct tsk_letter letter;
    struct tsk_err err = { 0 };

    fx_referral(fx, NULL);
    fx_must(tsk_notice_claim(&claimed, fx->store, &tsk_scope_all, "dead", tsk_wall_ms(), 600 * 1000, fx->arena, &err),
            &err, "claim");
    fx_must(tsk_channel_open(&box, NULL, &fx->config.mail, fx->dir, &err), &err, "channel");
    letter = (struct tsk_letter){ .id = claimed.items[0].id,
                                  .from = "a@example.jp",
                                  .to = claimed.items[0].destination,
                                  .bytes = text,
                                  .len = sizeof text - 1 };
    tsk_channel_deliver(box, NULL, &letter, &report, NULL);
    tsk_channel_close(&box);
    assert_int_equal(send_at(fx, 660, "maildir"), 2);
    assert_int_equal(fx_notice_count(fx, 0, NULL, "delivered"), 2);
    assert_int_equal(mails(fx, "", NULL), 2);
    assert_int_equal(mails(fx, "delivered before", NULL), 1); /* the first delivery stands */
}

static int64_t disclosed_sheet(struct fx *fx)
{
    int64_t sheet = fx_outcome(fx, NULL);

    fx_verify(fx, "緑橋クリニック", "email");
    fx_link(fx, sheet, fx_case(fx, fx_referral(fx, NULL)));
    fx_consent(fx, fx_case(fx, sheet), "medical");
    fx_confirm(fx, sheet);
    return sheet;
}

static void test_later_is_tried_again(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_referral(fx, NULL);

    assert_int_equal(send_at(fx, 0, "later"), 2);
    assert_int_equal(fx_notice_count(fx, sheet, NULL, "queued"), 2);
    assert_int_equal(send_at(fx, 30, "later"), 0);
    assert_int_equal(send_at(fx, 90, "later"), 2);
    assert_int_equal(send_at(fx, 120, "maildir"), 0); /* as old as it is, so long it waits */
    assert_int_equal(send_at(fx, 240, "maildir"), 2);
    assert_int_equal(fx_notice_count(fx, sheet, NULL, "delivered"), 2);
}

static void test_giving_up_tells_a_person(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_referral(fx, NULL);

    assert_int_equal(send_at(fx, 0, "later"), 2);
    assert_true(send_at(fx, 73L * HOUR_S, "later") >= 2);
    assert_int_equal(fx_notice_count(fx, sheet, "referral-ward", "failed"), 1);
    assert_true(fx_todo_count(fx, sheet, "delivery_failed") >= 1);
    assert_true(fx_notice_count(fx, sheet, "failed-coordination", NULL) >= 1);
}

static void test_a_server_that_is_away_is_asked_by_one(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_referral(fx, NULL);
    struct tsk_notices waiting;

    assert_int_equal(send_at(fx, 0, "down"), 1); /* the other one is not even tried */
    waiting = fx_notices(fx, sheet, NULL, "queued");
    assert_int_equal(waiting.count, 2);
    assert_int_equal(waiting.items[0].attempts + waiting.items[1].attempts, 1);
    assert_int_equal(send_at(fx, 120, "maildir"), 2);
}

static void test_giving_up_while_the_server_is_away(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_referral(fx, NULL);

    assert_int_equal(send_at(fx, 0, "down"), 1);
    assert_int_equal(send_at(fx, 73L * HOUR_S, "down"), 2); /* the other one asks; the first is given up without */
    assert_int_equal(fx_notice_count(fx, sheet, NULL, "failed"), 1);
    assert_int_equal(fx_todo_count(fx, sheet, "delivery_failed"), 1);
}

static void test_refused_for_good(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_referral(fx, NULL);
    struct tsk_notices told;

    assert_true(send_at(fx, 0, "failed") >= 2);
    assert_int_equal(fx_notice_count(fx, sheet, "referral-ward", "failed"), 1);
    told = fx_notices(fx, sheet, "failed-coordination", NULL);
    assert_int_equal(told.count, 2); /* of the ward's, and of the office's own; not of those two again */
    assert_non_null(strstr(told.items[0].body, "as the test wants it"));
}

static void close_todo(struct fx *fx, int64_t sheet, const char *notice)
{
    const struct tsk_todo_filter filter = { .sheet = sheet, .kind = "delivery_failed" };
    struct tsk_todos todos;
    struct tsk_err err = { 0 };

    fx_must(tsk_todo_list(&todos, fx->store, &tsk_scope_all, &filter, fx->arena, &err), &err, "list");
    for (size_t i = 0; i < todos.count; i++)
        if (strstr(todos.items[i].about, notice) != NULL)
            fx_must(tsk_todo_done(fx->store, &tsk_scope_all, todos.items[i].id, "佐藤", "", &err), &err, "done");
}

/* The office's alerts of failures of this notice. */
static size_t alerts_of(struct fx *fx, int64_t sheet, const char *notice, const char *words)
{
    struct tsk_notices told = fx_notices(fx, sheet, "failed-coordination", NULL);
    size_t count = 0;

    for (size_t i = 0; i < told.count; i++)
        count += strstr(told.items[i].about, notice) != NULL && strstr(told.items[i].body, words) != NULL;
    return count;
}

static void retry(struct fx *fx, const char *notice)
{
    struct tsk_err err = { 0 };

    fx_must(tsk_notice_retry(fx->store, &tsk_scope_all, notice, "佐藤", &err), &err, "retry");
}

/* Whoever had it sent again and closed the to-do learns that it failed again, at the desk and by mail; a second word of the
 * first failure is none, and while the to-do is open nobody is told twice. */
static void test_failed_again_is_a_todo_again(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = fx_referral(fx, NULL);
    struct tsk_notices failed;
    struct tsk_err err = { 0 };

    assert_true(send_at(fx, 0, "failed") >= 2);
    failed = fx_notices(fx, sheet, "referral-ward", "failed");
    const char *id = failed.items[0].id;
    size_t open = fx_todo_count(fx, sheet, "delivery_failed");
    close_todo(fx, sheet, id);
    assert_int_equal(fx_todo_count(fx, sheet, "delivery_failed"), open - 1);
    fx_must(tsk_route_failed(fx->routing, fx->store, &failed.items[0], "550", &err), &err, "route");
    assert_int_equal(fx_todo_count(fx, sheet, "delivery_failed"), open - 1);
    assert_int_equal(alerts_of(fx, sheet, id, ""), 1);
    retry(fx, id);
    assert_true(send_at(fx, 60, "failed") >= 1);
    failed = fx_notices(fx, sheet, "referral-ward", "failed");
    fx_must(tsk_route_failed(fx->routing, fx->store, &failed.items[0], "550", &err), &err, "route");
    assert_int_equal(fx_todo_count(fx, sheet, "delivery_failed"), open + 1); /* its second alert fails here as well */
    assert_int_equal(alerts_of(fx, sheet, id, ""), 2);
    assert_int_equal(alerts_of(fx, sheet, id, "また届きませんでした"), 1);
    retry(fx, id);
    assert_true(send_at(fx, 120, "failed") >= 1);
    assert_int_equal(alerts_of(fx, sheet, id, ""), 2);
    close_todo(fx, sheet, id);
    retry(fx, id);
    assert_true(send_at(fx, 180, "failed") >= 1);
    assert_int_equal(alerts_of(fx, sheet, id, ""), 3);
    retry(fx, id);
    assert_true(send_at(fx, 240, "maildir") >= 1);
    assert_int_equal(fx_notice_count(fx, sheet, "referral-ward", "delivered"), 1);
    assert_int_equal(alerts_of(fx, sheet, id, ""), 3);
}

static void test_new_address_after_failure(void **state)
{
    static const char csv[] =
        "kind,name,department,ward,fax,email,phone\n"
        "ward_office,東成区役所,高齢者支援担当,東成区,06-1111-0001,new@ward.example.jp,06-1111-0002\n";
    struct fx *fx = *state;
    struct tsk_err err = { 0 };
    struct tsk_import done;
    char path[128];
    int64_t sheet = fx_referral(fx, NULL);

    assert_true(send_at(fx, 0, "failed") >= 2);
    snprintf(path, sizeof path, "%s/new.csv", fx->dir);
    fx_must(tsk_file_put_path(path, csv, sizeof csv - 1, 0600, &err), &err, "file");
    fx_must(tsk_store_begin(fx->store, &err), &err, "begin");
    fx_must(tsk_directory_import(&done, fx->store, path, NULL, "test", NULL, NULL, &err), &err, "import");
    fx_must(tsk_route_waiting(fx->routing, fx->store, NULL, &err), &err, "route");
    fx_must(tsk_store_commit(fx->store, &err), &err, "commit");
    assert_string_equal(fx_notices(fx, sheet, "referral-ward", "queued").items[0].destination, "new@ward.example.jp");
    assert_int_equal(fx_notice_count(fx, sheet, "received-coordination", "failed"), 1); /* its address is the same */
}

static void test_unknown(void **state)
{
    struct fx *fx = *state;
    int64_t sheet = disclosed_sheet(fx);

    assert_true(send_at(fx, 0, "unknown") > 0);
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-clinic", "unknown"), 1); /* not failed, and not sent again */
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-ward", "queued"), 1);    /* an alert is sent again */
    assert_int_equal(fx_todo_count(fx, sheet, "delivery_failed"), 1);
    fx_set(fx, sheet, "patient_address", "城東区中央1-2-3");
    assert_int_equal(fx_notice_count(fx, sheet, "outcome-ward", NULL), 3); /* it may have arrived: withdrawn by mail */
    assert_int_equal(fx_todo_count(fx, sheet, "correction"), 1);
}

static void test_backoff(void **state)
{
    static const int64_t table[][2] = { { -1, 60000 },    { 0, 60000 },         { 60000, 60000 },
                                        { 90000, 90000 }, { 3600000, 3600000 }, { INT64_MAX, 3600000 } };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(table); i++)
        assert_true(tsk_sender_backoff_ms(table[i][0]) == table[i][1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_daily_digest),
        TEST(test_redelivery_after_death),
        TEST(test_death_after_delivery_makes_one_file),
        TEST(test_later_is_tried_again),
        TEST(test_giving_up_tells_a_person),
        TEST(test_a_server_that_is_away_is_asked_by_one),
        TEST(test_giving_up_while_the_server_is_away),
        TEST(test_refused_for_good),
        TEST(test_failed_again_is_a_todo_again),
        TEST(test_new_address_after_failure),
        TEST(test_unknown),
        cmocka_unit_test(test_backoff),
    };

    if (argc == 4 && strcmp(argv[1], "send") == 0)
        return send_process(argv[2], argv[3]);
    self = argv[0];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
