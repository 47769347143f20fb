/*
 * The pass over a mailbox against a disk that fails, and against being killed at any point: a mailbox in memory (what it has
 * been told survives the kill, as a server's would), a real spool, a real account, the real confined child.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/os.h"
#include "fault.h"
#include "gateway/imap/mutf7.h"
#include "gateway/imap/pass.h"
#include "gateway/site.h"
#include "gateway/spool_site.h"

#ifdef TASUKI_ASAN /* each start of a process costs much more there; the plain build tries every point */
#define STEP 7
#else
#define STEP 1
#endif
#define MESSAGES 3
#define DOCUMENTS 4 /* one sheet, a letter, two sheets */

static const char config_text[] =
    "offices:\n"
    "  - {id: east, name: 東成区相談支援室, ward: \"27115\", phone: \"06-0000-0000\", hours: 9-17, email: "
    "a@example.jp}\n"
    "sources:\n"
    "  - {id: post, office: east, kind: imap, imap: {url: \"imaps://localhost\", user: x, password_file: p}}\n"
    "disk_free_mb_min: 1\n";

#define HEAD(n)                                                                                                        \
    "From: fax@clinic.example.jp\r\nMessage-ID: <" #n "@clinic.example.jp>\r\nSubject: " #n "\r\nMIME-Version: "       \
    "1.0\r\n"
#define MULTI "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
#define PART(text) "--x\r\nContent-Type: image/tiff\r\n\r\nII*" text "\r\n"

static const char *const mails[MESSAGES] = {
    HEAD(1) MULTI PART("\x01one") "--x--\r\n",
    HEAD(2) "\r\nGood morning.\r\n",
    HEAD(3) MULTI PART("\x01two") PART("\x01three") "--x--\r\n",
};

/* What the server knows, shared with the processes that are killed. */
struct server {
    struct tsk_box box;
    uint32_t validity;
    bool gone[MESSAGES], mine[MESSAGES], others[MESSAGES];
    int settled[MESSAGES], fetched[MESSAGES], broken[MESSAGES];
    bool early; /* told that a message is safe before it was */
};

static struct server *server;
static struct tsk_site *site;
static char dir[64];

static uint32_t uid_of(int i)
{
    return (uint32_t)i * 10 + 5;
}

static int at(uint32_t uid)
{
    return (int)(uid - 5) / 10;
}

static int do_select(struct tsk_box *box, struct tsk_box_state *out, struct tsk_err *err)
{
    (void)box;
    (void)err;
    *out = (struct tsk_box_state){ .validity = server->validity, .uid_next = 100, .keywords = true };
    return 0;
}

static int do_find(struct tsk_box *box, uint32_t from, const char *since, uint32_t **uids, size_t *count,
                   struct tsk_err *err)
{
    (void)box;
    (void)err;
    (void)since;
    *count = 0;
    *uids = calloc(MESSAGES, sizeof **uids);
    assert_non_null(*uids);
    for (int i = 0; i < MESSAGES; i++)
        if (!server->gone[i] && uid_of(i) >= from)
            (*uids)[(*count)++] = uid_of(i);
    return 0;
}

static int do_look(struct tsk_box *box, const uint32_t *uids, size_t count, struct tsk_box_mail *out, size_t *found,
                   struct tsk_err *err)
{
    (void)box;
    (void)err;
    *found = 0;
    for (size_t i = 0; i < count; i++)
        if (!server->gone[at(uids[i])])
            out[(*found)++] = (struct tsk_box_mail){
                .uid = uids[i], .size = 1000, .mine = server->mine[at(uids[i])], .others = server->others[at(uids[i])]
            };
    return 0;
}

static int do_claim(struct tsk_box *box, uint32_t uid, bool over, bool *won, struct tsk_err *err)
{
    (void)box;
    (void)err;
    server->mine[at(uid)] = true;
    *won = over || !server->others[at(uid)];
    return 0;
}

static int do_fetch(struct tsk_box *box, uint32_t uid, uint32_t max, struct tsk_box_bytes *out, struct tsk_err *err)
{
    (void)box;
    (void)max;
    server->fetched[at(uid)]++;
    if (server->broken[at(uid)] > 0) {
        server->broken[at(uid)]--;
        return tsk_fail(err, TSK_HOLD, 0, "the server refused a message");
    }
    *out = (struct tsk_box_bytes){ .at = mails[at(uid)], .len = strlen(mails[at(uid)]) };
    return 0;
}

static void do_free(struct tsk_box *box, struct tsk_box_bytes *bytes)
{
    (void)box;
    (void)bytes;
}

static struct tsk_spool *open_spool(void)
{
    struct tsk_spool *spool = NULL;
    struct tsk_err err = { 0 };

    if (tsk_site_spool_open(&spool, site, &err) != 0)
        fail_msg("%s", err.text);
    return spool;
}

/* How many different contents, and how many documents in all, the spool has. */
static size_t contents(size_t *all)
{
    struct tsk_spool *spool = open_spool();
    struct tsk_spool_entry *entries;
    struct tsk_err err = { 0 };
    size_t different = 0;

    assert_int_equal(tsk_spool_list(spool, TSK_SPOOL_INCOMING, &entries, all, &err), 0);
    for (size_t i = 0; i < *all; i++) {
        bool twin = false;

        assert_true(entries[i].readable);
        for (size_t k = 0; k < i; k++)
            twin = twin || strcmp(entries[i].envelope.sha256, entries[k].envelope.sha256) == 0;
        different += !twin;
    }
    tsk_spool_list_free(&entries);
    tsk_spool_close(&spool);
    return different;
}

static bool has_all_of(int message)
{
    struct tsk_spool *spool = open_spool();
    struct tsk_spool_entry *entries;
    struct tsk_err err = { 0 };
    char id[32];
    size_t count, found = 0;

    snprintf(id, sizeof id, "%d@clinic.example.jp", message + 1);
    assert_int_equal(tsk_spool_list(spool, TSK_SPOOL_INCOMING, &entries, &count, &err), 0);
    for (size_t i = 0; i < count; i++)
        found += strcmp(entries[i].envelope.mail.message, id) == 0;
    tsk_spool_list_free(&entries);
    tsk_spool_close(&spool);
    return found >= (message == 2 ? 2 : 1);
}

static int do_settle(struct tsk_box *box, uint32_t uid, bool leave, struct tsk_err *err)
{
    const struct tsk_os *disk = tsk_os;
    size_t unsynced = fault_unsynced();

    (void)box;
    (void)err;
    (void)leave;
    tsk_os = &tsk_os_real;
    server->early = server->early || unsynced != 0 || !has_all_of(at(uid));
    tsk_os = disk;
    server->settled[at(uid)]++;
    server->gone[at(uid)] = true;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void new_site(void)
{
    struct tsk_err err = { 0 };
    char path[128];

    tsk_site_close(&site);
    if (dir[0] != '\0')
        nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    snprintf(dir, sizeof dir, "%s/tasuki-pass-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/tasuki.yaml", dir);
    if (tsk_file_put_path(path, config_text, sizeof config_text - 1, 0600, &err) != 0 ||
        tsk_site_open_dir(&site, dir, &err) != 0 || tsk_site_make_dirs(site, &err) != 0)
        fail_msg("%s", err.text);
    *server = (struct server){ .box = { .select = do_select,
                                        .find = do_find,
                                        .look = do_look,
                                        .claim = do_claim,
                                        .fetch = do_fetch,
                                        .fetched_free = do_free,
                                        .settle = do_settle },
                               .validity = 7 };
}

static int make_server(void **state)
{
    (void)state;
    server = mmap(NULL, sizeof *server, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return server != MAP_FAILED ? 0 : -1;
}

static int take_away(void **state)
{
    (void)state;
    tsk_site_close(&site);
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}

/* One process's life: opens, passes once, ends. */
static int live_once(struct tsk_err *err)
{
    struct tsk_account account;
    struct tsk_mail_reader *reader = NULL;
    struct tsk_spool *spool = NULL;
    int64_t next_ms;
    int rc;

    if (tsk_mail_reader_open(&reader, err) != 0)
        return -1;
    if (tsk_account_open(&account, site, "post", err) != 0) {
        tsk_mail_reader_close(&reader);
        return -1;
    }
    rc = tsk_site_spool_open(&spool, site, err);
    if (rc == 0) {
        const struct tsk_taker taker = {
            .config = site->config, .source = &site->config->sources[0], .spool = spool, .reader = reader
        };
        const struct tsk_pass pass = { .box = &server->box, .account = &account, .taker = &taker };

        rc = tsk_pass_run(&pass, &next_ms, err);
    }
    tsk_spool_close(&spool);
    tsk_account_close(&account);
    tsk_mail_reader_close(&reader);
    return rc;
}

static bool all_settled(void)
{
    for (int i = 0; i < MESSAGES; i++)
        if (!server->gone[i])
            return false;
    return true;
}

/* What failed waits a minute: make it due. */
static void let_time_pass(void)
{
    struct tsk_account account;
    struct tsk_err err = { 0 };

    assert_int_equal(tsk_account_open(&account, site, "post", &err), 0);
    for (size_t i = 0; i < account.pending_count; i++)
        account.pending[i].next_ms = 0;
    assert_int_equal(tsk_account_save(&account, &err), 0);
    tsk_account_close(&account);
}

static void finish_well(const char *what, unsigned nth)
{
    struct tsk_err err = { 0 };
    size_t all, different;

    for (int i = 0; i < 3 && !all_settled(); i++) {
        let_time_pass();
        if (live_once(&err) != 0)
            fail_msg("%s %u: %s", what, nth, err.text);
    }
    different = contents(&all);
    if (server->early)
        fail_msg("%s %u: the mailbox was told before everything was durable", what, nth);
    if (!all_settled() || different != DOCUMENTS || all > DOCUMENTS + 2)
        fail_msg("%s %u: %zu documents of %zu contents", what, nth, all, different);
    for (int i = 0; i < MESSAGES; i++)
        assert_int_equal(server->settled[i], 1);
}

static void a_disk_that_fails(void **state)
{
    static const int errors[] = { EIO, ENOSPC };
    static const char *const names[] = { "once", "from then on", "killed" };

    (void)state;
    for (int how = 0; how < FAULT_HOW_COUNT; how++)
        for (unsigned nth = 1;; nth += STEP) {
            struct tsk_err err = { 0 };
            bool fired;
            int status = 0;

            new_site();
            fflush(NULL);
            pid_t pid = fork();
            if (pid == 0) {
                fault_start();
                fault_arm((enum fault_how)how, nth, errors[nth % 2]);
                (void)!live_once(&err);
                fault_stop();
                _exit(fault_fired() ? FAULT_EXIT : 0);
            }
            assert_int_equal(waitpid(pid, &status, 0), pid);
            assert_true(WIFEXITED(status));
            fired = WEXITSTATUS(status) == FAULT_EXIT;
            finish_well(names[how], nth);
            if (!fired)
                break;
        }
}

static unsigned wanted, seen_boundaries;

static void die_there(const char *name)
{
    (void)name;
    if (++seen_boundaries == wanted)
        _exit(FAULT_EXIT);
}

static void killed_at_each_boundary(void **state)
{
    (void)state;
    for (wanted = 1;; wanted++) {
        struct tsk_err err = { 0 };
        int status = 0;

        new_site();
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
            seen_boundaries = 0;
            tsk_pass_boundary = die_there;
            _exit(live_once(&err) == 0 ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        finish_well("boundary", wanted);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            break;
        assert_int_equal(WEXITSTATUS(status), FAULT_EXIT);
    }
    assert_true(wanted > (unsigned)MESSAGES * 6);
}

static char order[1024];

static void note_order(const char *name)
{
    size_t len = strlen(order);

    snprintf(order + len, sizeof order - len, "%s%s", len > 0 ? " " : "", name);
}

static void the_order_is_the_promise(void **state)
{
    struct tsk_err err = { 0 };

    (void)state;
    new_site();
    order[0] = '\0';
    server->gone[1] = server->gone[2] = true;
    tsk_pass_boundary = note_order;
    assert_int_equal(live_once(&err), 0);
    tsk_pass_boundary = NULL;
    assert_string_equal(order, "saved claimed attempted fetched spooled remembered settled saved saved");
}

static void one_bad_message_blocks_nobody(void **state)
{
    struct tsk_account account;
    struct tsk_err err = { 0 };
    size_t all;

    (void)state;
    new_site();
    server->broken[0] = 1000;
    server->others[1] = true;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(live_once(&err), 0);
        let_time_pass();
    }
    assert_int_equal(contents(&all), 2);
    assert_true(server->gone[2] && !server->gone[0] && !server->gone[1]);
    assert_int_equal(server->fetched[0], TSK_PASS_TRIES);
    assert_int_equal(server->fetched[2], 1);
    assert_int_equal(tsk_account_view(&account, site, "post", &err), 0);
    assert_int_equal(account.pending_count, 2);
    assert_int_equal(tsk_account_pending(&account, uid_of(0))->kind, TSK_PENDING_REFUSED);
    assert_int_equal(tsk_account_pending(&account, uid_of(1))->kind, TSK_PENDING_CLAIMED);
    tsk_account_close(&account);
    /* A person sees to it. */
    server->broken[0] = 0;
    assert_int_equal(tsk_account_wish(site, "post", &err), 0);
    assert_int_equal(live_once(&err), 0);
    assert_true(server->gone[0] && !server->gone[1]); /* the claim is not stale yet */
}

/* A message that failed, and one that another gateway had claimed, while the clock was ahead. */
static void a_clock_that_was_ahead_by(int64_t ms)
{
    const int64_t now = tsk_wall_ms(), ahead = now + ms;
    struct tsk_account account;
    struct tsk_err err = { 0 };

    new_site();
    server->broken[0] = 1;
    server->others[1] = true;
    tsk_wall_stand_ms(ahead);
    assert_int_equal(live_once(&err), 0);
    assert_true(!server->gone[0] && !server->gone[1]);
    server->others[1] = false;
    tsk_wall_stand_ms(now);
    assert_int_equal(live_once(&err), 0);
    tsk_wall_stand_ms(-1);
    assert_true(all_settled());
    assert_int_equal(tsk_account_view(&account, site, "post", &err), 0);
    assert_true(account.looked_ms <= now && account.begun_ms <= now); /* from now on silence counts again */
    tsk_account_close(&account);
}

static void a_clock_that_was_far_ahead(void **state)
{
    (void)state;
    a_clock_that_was_ahead_by(INT64_C(3600000));
    a_clock_that_was_ahead_by(INT64_C(3650) * 86400000);
}

static void numbers_made_anew(void **state)
{
    struct tsk_err err = { 0 };
    size_t all;

    (void)state;
    new_site();
    assert_int_equal(live_once(&err), 0);
    memset(server->gone, 0, sizeof server->gone);
    memset(server->fetched, 0, sizeof server->fetched);
    assert_int_equal(live_once(&err), 0); /* the same numbers: looked past */
    assert_int_equal(server->fetched[0] + server->fetched[1] + server->fetched[2], 0);
    server->validity++;
    assert_int_equal(live_once(&err), 0); /* fetched once more, known, told to the mailbox again */
    assert_int_equal(server->fetched[0] + server->fetched[1] + server->fetched[2], 3);
    assert_true(all_settled());
    assert_int_equal(contents(&all), DOCUMENTS);
    assert_int_equal(all, DOCUMENTS);
    server->validity = 0; /* a server that does not say any more: the same */
    memset(server->gone, 0, sizeof server->gone);
    assert_int_equal(live_once(&err), 0);
    assert_int_equal(server->fetched[0], 1);
}

static void a_torn_list_of_messages(void **state)
{
    struct tsk_err err = { 0 };
    char path[128];
    size_t all;
    int fd;

    (void)state;
    new_site();
    assert_int_equal(live_once(&err), 0);
    snprintf(path, sizeof path, "%s/mailbox/post/seen", dir);
    fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "0123456789abcdef", 16), 16); /* the power went in the middle of a line */
    close(fd);
    memset(server->gone, 0, sizeof server->gone);
    server->validity++;
    assert_int_equal(live_once(&err), 0);
    contents(&all);
    assert_int_equal(all, DOCUMENTS);
}

static void names_of_mailboxes(void **state)
{
    static const struct {
        const char *name, *want;
    } cases[] = { { "INBOX", "INBOX" }, { "処理済み", "&UeZ0Bm4IMH8-" },
                  { "a&b", "a&-b" },    { "受信/Fax", "&U9dP4Q-/Fax" },
                  { "😀", "&2D3eAA-" },  { "~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-" } };
    char out[64];

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        assert_int_equal(tsk_mutf7(out, sizeof out, cases[i].name), 0);
        assert_string_equal(out, cases[i].want);
    }
    assert_int_equal(tsk_mutf7(out, 4, "INBOX"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_the_promise),   cmocka_unit_test(killed_at_each_boundary),
        cmocka_unit_test(a_disk_that_fails),          cmocka_unit_test(one_bad_message_blocks_nobody),
        cmocka_unit_test(a_clock_that_was_far_ahead), cmocka_unit_test(numbers_made_anew),
        cmocka_unit_test(a_torn_list_of_messages),    cmocka_unit_test(names_of_mailboxes),
    };

    return cmocka_run_group_tests(tests, make_server, take_away);
}
