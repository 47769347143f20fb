#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/os.h"
#include "fault.h"
#include "spool/spool.h"
#include "vault/vault.h"

static struct tsk_vault *vault; /* NULL in the first run of every test, a real one in the second */
static char root[64];
static unsigned site_number;

static const char *new_dir(void)
{
    static char dir[96];

    snprintf(dir, sizeof dir, "%s/%u", root, site_number++);
    return dir;
}

static int document_fd(size_t size)
{
    int fd = memfd_create("document", MFD_CLOEXEC);
    char *bytes = malloc(size + 1);

    assert_true(fd >= 0 && bytes != NULL);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i * 31 + 7);
    assert_int_equal(pwrite(fd, bytes, size, 0), size); /* not through the disk that fails */
    free(bytes);
    return fd;
}

static int put(struct tsk_spool *spool, size_t size, struct tsk_envelope *envelope, struct tsk_err *err)
{
    int fd = document_fd(size), rc;

    *envelope =
        (struct tsk_envelope){ .source = "fax", .office = "higashinari", .sender = "0612345678", .name = "a.tif" };
    rc = tsk_spool_put(spool, fd, envelope, err);
    close(fd);
    return rc;
}

static struct tsk_spool *open_spool(const char *dir)
{
    struct tsk_spool *spool;
    struct tsk_err err = { 0 };

    if (tsk_spool_open(&spool, dir, vault, NULL, &err) != 0)
        fail_msg("%s", err.text);
    return spool;
}

static long count(struct tsk_spool *spool, enum tsk_spool_state state)
{
    return tsk_spool_count(spool, state, NULL);
}

static void test_life(void **unused)
{
    struct tsk_spool *spool = open_spool(new_dir());
    struct tsk_envelope put_one;
    struct tsk_spool_entry entry;
    struct tsk_err err = { 0 };
    uint32_t deaths;
    int fd;

    (void)unused;
    assert_int_equal(put(spool, 100000, &put_one, &err), 0);
    assert_int_equal(put_one.size_bytes, 100000);
    assert_int_equal(tsk_spool_claim(spool, "", &entry, &err), 1);
    assert_string_equal(entry.envelope.id, put_one.id);
    assert_string_equal(entry.envelope.office, "higashinari");
    assert_string_equal(entry.envelope.sha256, put_one.sha256);
    assert_int_equal(entry.envelope.received_ms, put_one.received_ms);
    assert_int_equal(tsk_spool_claim(spool, "", &entry, &err), 0);
    assert_int_equal(tsk_spool_attempt(spool, put_one.id, &err), 0);
    assert_int_equal(tsk_spool_blame(spool, put_one.id, &deaths, &err), 0);
    assert_int_equal(deaths, 1);
    fd = tsk_spool_original(spool, put_one.id, &err);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(tsk_spool_hold(spool, put_one.id, "cannot be read:\nresend", &err), 0);
    assert_int_equal(tsk_spool_show(spool, put_one.id, &entry, &err), 0);
    assert_int_equal(entry.state, TSK_SPOOL_HELD);
    assert_int_equal(entry.attempts, 1);
    assert_string_equal(entry.reason, "cannot be read: resend");
    assert_int_equal(tsk_spool_retry(spool, put_one.id, &err), 0);
    assert_int_equal(tsk_spool_claim(spool, "", &entry, &err), 1);
    assert_int_equal(entry.attempts, 0);
    assert_int_equal(entry.deaths, 0);
    assert_int_equal(tsk_spool_finish(spool, put_one.id, &err), 0);
    assert_int_equal(tsk_spool_finish(spool, put_one.id, &err), 0);
    for (int state = 0; state < TSK_SPOOL_STATES; state++)
        assert_int_equal(count(spool, (enum tsk_spool_state)state), 0);
    tsk_spool_close(&spool);
}

static void test_order_and_recovery(void **unused)
{
    const char *dir = new_dir();
    struct tsk_spool *spool = open_spool(dir), *again;
    struct tsk_envelope first, second;
    struct tsk_spool_entry entry;
    struct tsk_err err = { 0 };

    (void)unused;
    assert_int_equal(put(spool, 10, &first, &err), 0);
    usleep(3000); /* ids sort by millisecond */
    assert_int_equal(put(spool, 20, &second, &err), 0);
    assert_int_equal(tsk_spool_claim(spool, "", &entry, &err), 1);
    assert_string_equal(entry.envelope.id, first.id);
    assert_int_equal(tsk_spool_release(spool, first.id, &err), 0);
    assert_int_equal(tsk_spool_claim(spool, first.id, &entry, &err), 1);
    assert_string_equal(entry.envelope.id, second.id);
    again = open_spool(dir);
    assert_int_equal(tsk_spool_recover(again, &err), 0); /* its reader lives */
    tsk_spool_close(&spool);
    assert_int_equal(tsk_spool_recover(again, &err), 1);
    assert_int_equal(count(again, TSK_SPOOL_INCOMING), 2);
    tsk_spool_close(&again);
}

/* Whatever ends a process, what it had in hand is taken up by whoever lives, and nothing else is. */
static void test_a_dead_readers_document(void **unused)
{
    const char *dir = new_dir();
    struct tsk_spool *spool = open_spool(dir);
    struct tsk_envelope first, second;
    struct tsk_spool_entry mine, entry;
    struct tsk_err err = { 0 };
    int ready[2], status;
    char told;
    pid_t pid;

    (void)unused;
    assert_int_equal(put(spool, 10, &first, &err), 0);
    assert_int_equal(put(spool, 20, &second, &err), 0);
    assert_int_equal(tsk_spool_claim(spool, "", &mine, &err), 1);
    assert_int_equal(pipe(ready), 0);
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        struct tsk_spool *own = open_spool(dir);

        told = tsk_spool_claim(own, "", &entry, &err) == 1 ? 'c' : 'x';
        (void)!write(ready[1], &told, 1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &told, 1), 1);
    assert_int_equal(told, 'c');
    assert_int_equal(tsk_spool_recover(spool, &err), 0);
    assert_int_equal(tsk_spool_claim(spool, "", &entry, &err), 0);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(tsk_spool_recover(spool, &err), 1);
    assert_int_equal(tsk_spool_claim(spool, "", &entry, &err), 1);
    assert_string_not_equal(entry.envelope.id, mine.envelope.id);
    assert_int_equal(tsk_spool_finish(spool, entry.envelope.id, &err), 0);
    assert_int_equal(tsk_spool_release(spool, mine.envelope.id, &err), 0);
    assert_int_equal(tsk_spool_claim(spool, "", &entry, &err), 1);
    assert_string_equal(entry.envelope.id, mine.envelope.id);
    close(ready[0]);
    close(ready[1]);
    tsk_spool_close(&spool);
}

static const struct refusal {
    const char *what, *id;
} refusals[] = {
    { "empty", "" },
    { "path", "../../../../etc/passwd" },
    { "too short", "01ARZ3NDEKTSV4RRFFQ69G5FA" },
    { "too long", "01ARZ3NDEKTSV4RRFFQ69G5FAVX" },
    { "slash", "01ARZ3NDEKTSV4RRFFQ69G5F/V" },
    { "lower case", "01arz3ndektsv4rrffq69g5fav" },
    { "unknown", "01ARZ3NDEKTSV4RRFFQ69G5FAV" },
};

static void test_ids(void **unused)
{
    struct tsk_spool *spool = open_spool(new_dir());
    struct tsk_spool_entry entry;

    (void)unused;
    for (size_t i = 0; i < TSK_COUNT(refusals); i++) {
        struct tsk_err err = { 0 };

        assert_int_equal(tsk_spool_show(spool, refusals[i].id, &entry, &err), -1);
        assert_int_equal(err.kind, TSK_REJECT);
        assert_int_equal(tsk_spool_retry(spool, refusals[i].id, &err), -1);
        assert_int_equal(err.kind, TSK_REJECT);
        assert_int_equal(tsk_spool_release(spool, refusals[i].id, &err), -1);
        assert_int_equal(tsk_spool_attempt(spool, refusals[i].id, &err), -1);
        assert_int_equal(tsk_spool_hold(spool, refusals[i].id, "x", &err), -1);
    }
    tsk_spool_close(&spool);
}

static void test_states(void **unused)
{
    struct tsk_spool *spool = open_spool(new_dir());
    struct tsk_envelope e;
    struct tsk_err err = { 0 };

    (void)unused;
    assert_int_equal(put(spool, 10, &e, &err), 0);
    assert_int_equal(tsk_spool_hold(spool, e.id, "x", &err), -1); /* not claimed */
    assert_int_equal(err.kind, TSK_REJECT);
    assert_int_equal(tsk_spool_retry(spool, e.id, &err), -1); /* not held */
    assert_int_equal(tsk_spool_release(spool, e.id, &err), -1);
    assert_int_equal(tsk_spool_finish(spool, e.id, &err), 0); /* nothing in reading: nothing to do, nothing lost */
    assert_int_equal(count(spool, TSK_SPOOL_INCOMING), 1);
    tsk_spool_close(&spool);
}

static void test_stranger_names(void **unused)
{
    struct tsk_spool *spool = open_spool(new_dir());
    struct tsk_envelope e = { .source = "fax", .office = "ikuno" };
    struct tsk_spool_entry entry;
    struct tsk_err err = { 0 };
    int fd = document_fd(5);

    (void)unused;
    memcpy(e.name, "a\nb\x01\xff\xfe\"}\xe3\x81\x82.tif", 15);
    memset(e.sender, 'x', sizeof e.sender - 1);
    assert_int_equal(tsk_spool_put(spool, fd, &e, &err), 0);
    close(fd);
    assert_int_equal(tsk_spool_claim(spool, "", &entry, &err), 1);
    assert_true(entry.readable);
    assert_null(strchr(entry.envelope.name, '\n'));
    assert_non_null(strstr(entry.envelope.name, "\xe3\x81\x82.tif"));
    tsk_spool_close(&spool);
}

static void test_limits(void **unused)
{
    const struct tsk_spool_limits small = { .document_bytes_max = 1000 }, full = { .disk_free_bytes_min = UINT64_MAX };
    struct tsk_spool *spool;
    struct tsk_envelope e;
    struct tsk_err err = { 0 };

    (void)unused;
    assert_int_equal(tsk_spool_open(&spool, new_dir(), vault, &small, &err), 0);
    assert_int_equal(put(spool, 1001, &e, &err), -1);
    assert_int_equal(err.kind, TSK_REJECT);
    assert_int_equal(put(spool, 1000, &e, &err), 0);
    assert_int_equal(put(spool, 0, &e, &err), 0); /* an empty fax is a document too: a person hears of it */
    assert_int_equal(count(spool, TSK_SPOOL_INCOMING), 2);
    tsk_spool_close(&spool);
    assert_int_equal(tsk_spool_open(&spool, new_dir(), vault, &full, &err), 0);
    assert_int_equal(put(spool, 10, &e, &err), -1);
    assert_int_equal(err.kind, TSK_RETRY);
    assert_non_null(strstr(err.text, "nearly full"));
    tsk_spool_close(&spool);
}

/* Envelope and bytes agree. */
static bool document_is_whole(struct tsk_spool *spool, const struct tsk_spool_entry *entry)
{
    struct tsk_spool_entry again;
    struct tsk_err err = { 0 };
    int fd = tsk_spool_peek(spool, entry->envelope.id, &again, &err);

    if (fd >= 0)
        close(fd);
    return entry->readable && fd >= 0;
}

/* Every document of the spool is whole; how many there are. */
static size_t whole_documents(const char *dir, enum tsk_spool_state *where)
{
    struct tsk_spool *spool = open_spool(dir);
    size_t total = 0;

    for (int state = 0; state < TSK_SPOOL_STATES; state++) {
        struct tsk_spool_entry *entries;
        struct tsk_err err = { 0 };
        size_t n;

        assert_int_equal(tsk_spool_list(spool, (enum tsk_spool_state)state, &entries, &n, &err), 0);
        for (size_t i = 0; i < n; i++) {
            assert_true(document_is_whole(spool, &entries[i]));
            *where = entries[i].state;
        }
        total += n;
        tsk_spool_list_free(&entries);
    }
    tsk_spool_close(&spool);
    return total;
}

static char the_id[TSK_ID_SIZE];

static int do_put(struct tsk_spool *spool, struct tsk_err *err)
{
    struct tsk_envelope e;

    return put(spool, 70000, &e, err);
}

static int do_claim(struct tsk_spool *spool, struct tsk_err *err)
{
    struct tsk_spool_entry entry;

    return tsk_spool_claim(spool, "", &entry, err) == 1 ? 0 : -1;
}

static int do_original(struct tsk_spool *spool, struct tsk_err *err)
{
    int fd = tsk_spool_original(spool, the_id, err);

    if (fd >= 0)
        close(fd);
    return fd >= 0 ? 0 : -1;
}

static int do_attempt(struct tsk_spool *spool, struct tsk_err *err)
{
    return tsk_spool_attempt(spool, the_id, err);
}

static int do_release(struct tsk_spool *spool, struct tsk_err *err)
{
    return tsk_spool_release(spool, the_id, err);
}

static int do_hold(struct tsk_spool *spool, struct tsk_err *err)
{
    return tsk_spool_hold(spool, the_id, "reason", err);
}

static int do_retry(struct tsk_spool *spool, struct tsk_err *err)
{
    return tsk_spool_retry(spool, the_id, err);
}

static int do_finish(struct tsk_spool *spool, struct tsk_err *err)
{
    return tsk_spool_finish(spool, the_id, err);
}

/* gone: the call may take the document away (finish) or has not brought it yet (put). */
static const struct step {
    const char *what;
    int (*run)(struct tsk_spool *spool, struct tsk_err *err);
    enum tsk_spool_state before, after;
    bool absent_before, absent_after;
} steps[] = {
    { "put", do_put, TSK_SPOOL_INCOMING, TSK_SPOOL_INCOMING, true, false },
    { "claim", do_claim, TSK_SPOOL_INCOMING, TSK_SPOOL_READING, false, false },
    { "original", do_original, TSK_SPOOL_READING, TSK_SPOOL_READING, false, false },
    { "attempt", do_attempt, TSK_SPOOL_READING, TSK_SPOOL_READING, false, false },
    { "release", do_release, TSK_SPOOL_READING, TSK_SPOOL_INCOMING, false, false },
    { "hold", do_hold, TSK_SPOOL_READING, TSK_SPOOL_HELD, false, false },
    { "retry", do_retry, TSK_SPOOL_HELD, TSK_SPOOL_INCOMING, false, false },
    { "finish", do_finish, TSK_SPOOL_READING, TSK_SPOOL_READING, false, true },
};

static void prepare(const char *dir, const struct step *step)
{
    struct tsk_spool *spool = open_spool(dir);
    struct tsk_envelope e;
    struct tsk_err err = { 0 };

    if (!step->absent_before) {
        assert_int_equal(put(spool, 70000, &e, &err), 0);
        memcpy(the_id, e.id, sizeof the_id);
        if (step->before != TSK_SPOOL_INCOMING)
            assert_int_equal(do_claim(spool, &err), 0);
        if (step->before == TSK_SPOOL_HELD)
            assert_int_equal(do_hold(spool, &err), 0);
    }
    tsk_spool_close(&spool);
}

static int run_step(const char *dir, const struct step *step, enum fault_how how, unsigned nth, int error)
{
    struct tsk_spool *spool = open_spool(dir);
    struct tsk_err err = { 0 };
    int rc, status;
    pid_t pid;

    if (how != FAULT_KILL) {
        fault_start();
        fault_arm(how, nth, error);
        rc = step->run(spool, &err);
        fault_stop();
        tsk_spool_close(&spool);
        assert_true(rc == 0 || err.kind == TSK_RETRY || err.kind == TSK_HOLD);
        assert_true(rc == 0 || err.text[0] != '\0');
        return rc;
    }
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        fault_start();
        fault_arm(how, nth, error);
        _exit(step->run(spool, &err) == 0 ? 0 : 1);
    }
    tsk_spool_close(&spool);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_faults(void **unused)
{
    static const int errors[] = { EIO, ENOSPC, EACCES };

    (void)unused;
    for (size_t s = 0; s < TSK_COUNT(steps); s++)
        for (int how = 0; how < FAULT_HOW_COUNT; how++)
            for (unsigned nth = 1;; nth++) {
                const char *dir = new_dir();
                enum tsk_spool_state where = TSK_SPOOL_CORRUPT;
                size_t documents;
                int rc;

                prepare(dir, &steps[s]);
                rc = run_step(dir, &steps[s], (enum fault_how)how, nth, errors[nth % TSK_COUNT(errors)]);
                documents = whole_documents(dir, &where); /* all of the document or none of it */
                if (rc == 0)
                    assert_int_equal(documents, steps[s].absent_after ? 0 : 1);
                else if (!steps[s].absent_before && !steps[s].absent_after)
                    assert_int_equal(documents, 1);
                if (rc == 0 && documents == 1)
                    assert_int_equal(where, steps[s].after);
                if (documents == 1)
                    assert_int_not_equal(where, TSK_SPOOL_CORRUPT);
                if (how == FAULT_KILL ? rc != FAULT_EXIT : !fault_fired())
                    break;
                assert_true(nth < 200);
            }
}

/*
 * Ending a process does not lose what the kernel holds, so the loop above would pass without a single fsync. The order of
 * calls, and what a power cut would lose after each of them, is looked at here.
 */
static void test_call_order(void **unused)
{
    struct tsk_spool *spool = open_spool(new_dir());
    struct tsk_err err = { 0 };

    (void)unused;
    fault_start();
    assert_int_equal(do_put(spool, &err), 0);
    fault_stop();
    assert_string_equal(fault_calls(),
                        vault != NULL
                            ? "mkdir opendir "
                              "open write read read write read write fsync close " /* head, one whole chunk, the end */
                              "open write fsync close "
                              "fsyncdir close rename fsyncdir fsyncdir"
                            : "mkdir opendir "
                              "open read write read write read fsync close " /* 70000 bytes are two reads */
                              "open write fsync close "
                              "fsyncdir close rename fsyncdir fsyncdir");
    assert_int_equal(fault_unsynced(), 0);
    tsk_spool_close(&spool);
}

static void test_nothing_unsynced(void **unused)
{
    (void)unused;
    for (size_t s = 0; s < TSK_COUNT(steps); s++) {
        const char *dir = new_dir();
        struct tsk_spool *spool;
        struct tsk_err err = { 0 };

        prepare(dir, &steps[s]);
        spool = open_spool(dir);
        fault_start();
        assert_int_equal(steps[s].run(spool, &err), 0);
        fault_stop();
        if (!steps[s].absent_after) /* the wastebasket needs no sync */
            assert_int_equal(fault_unsynced(), 0);
        tsk_spool_close(&spool);
    }
}

/* What a disk that lied leaves behind: the name is there, the bytes are not. */
static void spoil(const char *dir, const char *file, bool shorten)
{
    char path[256];
    int fd;

    snprintf(path, sizeof path, "%s/incoming/%s/%s%s", dir, the_id, file,
             vault != NULL                   ? ".sealed"
             : strcmp(file, "envelope") == 0 ? ".json"
                                             : "");
    if (shorten) {
        assert_int_equal(truncate(path, 100), 0);
        return;
    }
    fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "\0\0\0\0", 4, 20), 4);
    close(fd);
}

static void test_dropped_data(void **unused)
{
    static const struct {
        const char *file;
        bool shorten;
    } rows[] = { { "original", true }, { "original", false }, { "envelope", true }, { "envelope", false } };

    (void)unused;
    for (size_t i = 0; i < TSK_COUNT(rows); i++) {
        const char *dir = new_dir();
        struct tsk_spool_entry entry;
        struct tsk_err err = { 0 };
        struct tsk_spool *spool;
        int claimed;

        prepare(dir, &steps[1]);
        spoil(dir, rows[i].file, rows[i].shorten);
        spool = open_spool(dir);
        claimed = tsk_spool_claim(spool, "", &entry, &err);
        if (claimed == 1) {
            assert_int_equal(tsk_spool_original(spool, the_id, &err), -1);
            assert_int_equal(err.kind, TSK_HOLD);
        }
        assert_int_equal(claimed, strcmp(rows[i].file, "original") == 0);
        assert_int_equal(count(spool, TSK_SPOOL_CORRUPT), 1);
        assert_int_equal(tsk_spool_show(spool, the_id, &entry, &err), 0);
        assert_int_equal(entry.state, TSK_SPOOL_CORRUPT);
        assert_true(entry.reason[0] != '\0');
        tsk_spool_close(&spool);
    }
}

/* A put that a power cut ends: left_out 0, or the fsync that is not done; nth 0: after its answer. Its answer, FAULT_EXIT if it had none. */
static int put_until_cut(const char *dir, unsigned nth, unsigned left_out, enum fault_cut cut)
{
    struct tsk_spool *spool = open_spool(dir);
    struct tsk_err err = { 0 };
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        fault_start();
        fault_leave_out_sync(left_out);
        fault_kill_cuts(cut);
        fault_arm(FAULT_KILL, nth, 0);
        int rc = do_put(spool, &err) == 0 ? 0 : 1;
        fault_power_cut(cut);
        _exit(rc);
    }
    tsk_spool_close(&spool);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Documents that can be read after it, and those that are damaged in *broken. */
static size_t left_after(const char *dir, size_t *broken)
{
    struct tsk_spool *spool = open_spool(dir);
    struct tsk_spool_entry *entries;
    struct tsk_err err = { 0 };
    size_t count_all, whole = 0;

    assert_int_equal(tsk_spool_list(spool, TSK_SPOOL_INCOMING, &entries, &count_all, &err), 0);
    for (size_t i = 0; i < count_all; i++)
        whole += document_is_whole(spool, &entries[i]);
    *broken = count_all - whole;
    tsk_spool_list_free(&entries);
    tsk_spool_close(&spool);
    return whole;
}

static void test_power_cuts(void **unused)
{
    (void)unused;
    for (int cut = 0; cut < FAULT_CUT_COUNT; cut++)
        for (unsigned nth = 1;; nth++) {
            const char *dir = new_dir();
            size_t broken, whole;
            int rc = put_until_cut(dir, nth, 0, (enum fault_cut)cut);

            whole = left_after(dir, &broken);
            assert_int_equal(broken, 0);
            assert_true(rc == 0 ? whole == 1 : whole <= 1);
            if (rc != FAULT_EXIT)
                break;
        }
}

/* The test above sees each fsync: without it an answered document is damaged or gone after some power cut. */
static void test_every_sync_counts(void **unused)
{
    struct tsk_spool *spool = open_spool(new_dir());
    struct tsk_err err = { 0 };
    unsigned syncs;

    (void)unused;
    fault_start();
    assert_int_equal(do_put(spool, &err), 0);
    fault_stop();
    tsk_spool_close(&spool);
    syncs = fault_syncs();
    assert_int_equal(syncs, 5); /* original, envelope, their names, the document's name where it is and where it was */
    for (unsigned n = 1; n <= syncs; n++) {
        size_t lost = 0, broken;

        for (int cut = 0; cut < FAULT_CUT_COUNT; cut++) {
            const char *dir = new_dir();

            assert_int_equal(put_until_cut(dir, 0, n, (enum fault_cut)cut), 0);
            lost += left_after(dir, &broken) != 1 || broken > 0;
        }
        if (n < syncs) /* the last one is for tidiness: the name in tmp/ that might come back is swept */
            assert_true(lost > 0);
        spool = open_spool(new_dir());
        fault_start();
        fault_leave_out_sync(n);
        assert_int_equal(do_put(spool, &err), 0);
        fault_stop();
        assert_true(fault_unsynced() > 0);
        tsk_spool_close(&spool);
    }
}

static void test_disk_full(void **unused)
{
    struct tsk_spool *spool = open_spool(new_dir());
    struct tsk_err err = { 0 };

    (void)unused;
    for (size_t room = 0; room < 71000; room += 7919) {
        fault_start();
        fault_disk_full_after(room);
        assert_int_equal(do_put(spool, &err), -1);
        fault_stop();
        assert_int_equal(err.kind, TSK_RETRY);
        assert_int_equal(err.sys, ENOSPC);
        assert_int_equal(count(spool, TSK_SPOOL_INCOMING), 0);
    }
    assert_int_equal(do_put(spool, &err), 0);
    assert_int_equal(count(spool, TSK_SPOOL_INCOMING), 1);
    tsk_spool_close(&spool);
}

static void test_sweep(void **unused)
{
    const char *dir = new_dir();
    struct tsk_spool *spool = open_spool(dir);
    char path[256];
    struct stat st;

    (void)unused;
    tsk_spool_close(&spool);
    snprintf(path, sizeof path, "%s/tmp/01ARZ3NDEKTSV4RRFFQ69G5FAV", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/tmp/01ARZ3NDEKTSV4RRFFQ69G5FAV/.tmp-x", dir);
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    spool = open_spool(dir);
    snprintf(path, sizeof path, "%s/tmp/01ARZ3NDEKTSV4RRFFQ69G5FAV", dir);
    assert_int_equal(stat(path, &st), -1);
    tsk_spool_close(&spool);
}

static int make_root(void **unused)
{
    (void)unused;
    /* what is tested is the order of calls, not the disk: memory where there is some */
    snprintf(root, sizeof root, "%s/tasuki-spool-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    return mkdtemp(root) != NULL ? 0 : -1;
}

static int remove_root(void **unused)
{
    char *const args[] = { (char *)(uintptr_t) "rm", (char *)(uintptr_t) "-rf", root, NULL };
    pid_t pid = fork();

    (void)unused;
    if (pid == 0) {
        execv("/bin/rm", args);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
    return 0;
}

/* Is there anything in a folder of the spool that shows these bytes? */
static bool shows(const char *dir, const char *state, const char *id, const char *needle, size_t len)
{
    static const char *const files[] = { "original", "original.sealed", "envelope.json", "envelope.sealed" };
    bool found = false;

    for (size_t i = 0; i < TSK_COUNT(files); i++) {
        struct tsk_buf bytes = TSK_BUF(1 << 20);
        char path[256];

        snprintf(path, sizeof path, "%s/%s/%s/%s", dir, state, id, files[i]);
        if (tsk_file_read(path, &bytes, NULL) == 0)
            found = found || memmem(tsk_buf_text(&bytes), bytes.len, needle, len) != NULL;
        tsk_buf_free(&bytes);
    }
    return found;
}

static void test_nothing_shows(void **unused)
{
    const char *dir = new_dir(), part[] = { 7, 38, 69, 100, (char)131, (char)162 }; /* as document_fd() begins */
    struct tsk_spool *spool = open_spool(dir);
    struct tsk_envelope e;
    struct tsk_err err = { 0 };

    (void)unused;
    assert_int_equal(put(spool, 70000, &e, &err), 0);
    assert_int_equal(shows(dir, "incoming", e.id, part, sizeof part), vault == NULL);
    assert_int_equal(shows(dir, "incoming", e.id, "0612345678", 10), vault == NULL);
    assert_int_equal(shows(dir, "incoming", e.id, e.sha256, strlen(e.sha256)), vault == NULL);
    tsk_spool_close(&spool);
}

/* What is handed out of a sealed spool cannot be written by whoever gets it. */
static void test_original_is_closed_memory(void **unused)
{
    struct tsk_spool *spool = open_spool(new_dir());
    struct tsk_envelope e;
    struct tsk_err err = { 0 };
    char path[64];
    int fd;

    (void)unused;
    assert_int_equal(put(spool, 1000, &e, &err), 0);
    assert_int_equal(do_claim(spool, &err), 0);
    fd = tsk_spool_original(spool, e.id, &err);
    assert_true(fd >= 0);
    if (vault != NULL) {
        assert_int_equal(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
        assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        int again = open(path, O_RDWR | O_CLOEXEC);
        assert_true(again < 0 || write(again, "x", 1) < 0);
        if (again >= 0)
            close(again);
    }
    close(fd);
    tsk_spool_close(&spool);
}

static void prepare_plain(const char *dir)
{
    struct tsk_vault *keys = vault;

    vault = NULL;
    prepare(dir, &steps[1]);
    vault = keys;
}

static int do_seal_all(struct tsk_spool *spool, struct tsk_err *err)
{
    return tsk_spool_seal_all(spool, err) >= 0 ? 0 : -1;
}

/* A plain document is sealed where it lies; broken at every call, it is one whole document, and the next call finishes. */
static void test_sealing_what_is_there(void **unused)
{
    static const struct step seal = { "seal", do_seal_all, TSK_SPOOL_INCOMING, TSK_SPOOL_INCOMING, false, false };
    struct tsk_err err = { 0 };

    (void)unused;
    if (vault == NULL)
        return;
    for (int how = 0; how < FAULT_HOW_COUNT; how++)
        for (unsigned nth = 1; nth < 200; nth++) {
            const char *dir = new_dir();
            enum tsk_spool_state where;
            struct tsk_spool *spool;
            int rc;
            bool fired;

            prepare_plain(dir);
            assert_true(shows(dir, "incoming", the_id, "0612345678", 10));
            rc = run_step(dir, &seal, (enum fault_how)how, nth, EIO);
            fired = how == FAULT_KILL ? rc == FAULT_EXIT : fault_fired();
            assert_int_equal(whole_documents(dir, &where), 1);
            spool = open_spool(dir);
            assert_true(tsk_spool_seal_all(spool, &err) >= 0);
            assert_int_equal(tsk_spool_seal_all(spool, &err), 0);
            tsk_spool_close(&spool);
            assert_int_equal(whole_documents(dir, &where), 1);
            assert_false(shows(dir, "incoming", the_id, "0612345678", 10));
            if (!fired) {
                assert_true(nth > 20);
                break;
            }
        }
}

static void test_sealing_loses_nothing_unsynced(void **unused)
{
    const char *dir = new_dir();
    struct tsk_spool *spool;
    struct tsk_err err = { 0 };

    (void)unused;
    if (vault == NULL)
        return;
    prepare_plain(dir);
    spool = open_spool(dir);
    fault_start();
    assert_int_equal(tsk_spool_seal_all(spool, &err), 1);
    fault_stop();
    assert_int_equal(fault_unsynced(), 0);
    tsk_spool_close(&spool);
}

/* One that was damaged while it lay plain: nobody can check it, and a thief reads it no more than others. */
static void test_sealing_what_is_damaged(void **unused)
{
    const char *dir = new_dir();
    char command[256], path[256];
    struct tsk_spool_entry entry;
    struct tsk_spool *spool;
    struct tsk_err err = { 0 };
    FILE *shell;

    (void)unused;
    if (vault == NULL)
        return;
    prepare_plain(dir);
    snprintf(command, sizeof command, "echo damaged > %s/incoming/%s/envelope.json", dir, the_id);
    shell = popen(command, "re");
    assert_non_null(shell);
    assert_int_equal(pclose(shell), 0);
    spool = open_spool(dir);
    assert_int_equal(tsk_spool_claim(spool, "", &entry, &err), 0); /* set aside */
    assert_int_equal(tsk_spool_count(spool, TSK_SPOOL_CORRUPT, &err), 1);
    snprintf(path, sizeof path, "%s/corrupt/%s/original", dir, the_id);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(tsk_spool_seal_all(spool, &err), 1);
    assert_int_equal(tsk_spool_seal_all(spool, &err), 0);
    assert_int_equal(access(path, F_OK), -1);
    snprintf(path, sizeof path, "%s/corrupt/%s/original.sealed", dir, the_id);
    assert_int_equal(access(path, F_OK), 0);
    tsk_spool_close(&spool);
}

static int open_keys(struct tsk_err *err)
{
    struct tsk_key key;
    char path[96];

    snprintf(path, sizeof path, "%s/key", root);
    tsk_key_new(&key);
    return tsk_keyfile_write(path, &key, 1, err) == 0 ? tsk_vault_open(&vault, path, NULL, err) : -1;
}

/* Everything twice: plain, then sealed. */
static int run_both(const struct CMUnitTest *tests, size_t count)
{
    struct tsk_err err = { 0 };
    int failed;

    if (make_root(NULL) != 0)
        return 1;
    failed = _cmocka_run_group_tests("spool, plain", tests, count, NULL, NULL);
    if (open_keys(&err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        failed++;
    }
    failed += _cmocka_run_group_tests("spool, sealed", tests, count, NULL, NULL);
    tsk_vault_close(&vault);
    remove_root(NULL);
    return failed;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_order_and_recovery),
        cmocka_unit_test(test_a_dead_readers_document),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_stranger_names),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_call_order),
        cmocka_unit_test(test_nothing_unsynced),
        cmocka_unit_test(test_dropped_data),
        cmocka_unit_test(test_power_cuts),
        cmocka_unit_test(test_every_sync_counts),
        cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_nothing_shows),
        cmocka_unit_test(test_original_is_closed_memory),
        cmocka_unit_test(test_sealing_what_is_there),
        cmocka_unit_test(test_sealing_loses_nothing_unsynced),
        cmocka_unit_test(test_sealing_what_is_damaged),
    };

    return run_both(tests, TSK_COUNT(tests));
}
