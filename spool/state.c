#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/os.h"
#include "spool/parts.h"

#define LOCK_WAIT_MS 60000

/* From, to: the only law. A finished document leaves reading/ through tmp/ and is gone. */
static const bool may_move[TSK_SPOOL_STATES][TSK_SPOOL_STATES] = {
    [TSK_SPOOL_INCOMING] = { [TSK_SPOOL_READING] = true, [TSK_SPOOL_CORRUPT] = true },
    [TSK_SPOOL_READING] = { [TSK_SPOOL_INCOMING] = true, [TSK_SPOOL_HELD] = true, [TSK_SPOOL_CORRUPT] = true },
    [TSK_SPOOL_HELD] = { [TSK_SPOOL_INCOMING] = true },
};

static int check_id(const char *id, struct tsk_err *err)
{
    return tsk_spool_id_valid(id) ? 0 : tsk_fail(err, TSK_REJECT, 0, "this is not the id of a document");
}

static int fail_absent(const char *id, enum tsk_spool_state state, struct tsk_err *err)
{
    return tsk_fail(err, TSK_REJECT, 0, "document %s is not in %s", id, tsk_spool_state_name(state));
}

static int rename_locked(struct tsk_spool *spool, const char *id, enum tsk_spool_state from, enum tsk_spool_state to)
{
    int rc, why;

    if (tsk_lock(spool->root, LOCK_SH, LOCK_WAIT_MS) != 0)
        return -1;
    rc = tsk_os->renameat(spool->states[from], id, spool->states[to], id);
    why = errno;
    tsk_spool_moving(spool);
    errno = why;
    return rc;
}

int tsk_spool_move(struct tsk_spool *spool, const char *id, enum tsk_spool_state from, enum tsk_spool_state to,
                   struct tsk_err *err)
{
    assert(may_move[from][to]);
    if (rename_locked(spool, id, from, to) != 0)
        return errno == ENOENT ? 0
                               : tsk_fail(err, TSK_RETRY, errno, "cannot move document %s from %s to %s", id,
                                          tsk_spool_state_name(from), tsk_spool_state_name(to));
    if (tsk_os->fsync(spool->states[to]) != 0 || tsk_os->fsync(spool->states[from]) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "the disk did not take the move of document %s to %s", id,
                        tsk_spool_state_name(to));
    return 1;
}

static int move_or_fail(struct tsk_spool *spool, const char *id, enum tsk_spool_state from, enum tsk_spool_state to,
                        struct tsk_err *err)
{
    int rc = check_id(id, err) != 0 ? -1 : tsk_spool_move(spool, id, from, to, err);

    if (rc == 0)
        return fail_absent(id, from, err);
    return rc < 0 ? -1 : 0;
}

int tsk_spool_open_document(struct tsk_spool *spool, enum tsk_spool_state state, const char *id, struct tsk_err *err)
{
    int doc;

    if (check_id(id, err) != 0)
        return -1;
    doc = tsk_os->openat(spool->states[state], id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, 0);
    if (doc >= 0)
        return doc;
    return errno == ENOENT
               ? fail_absent(id, state, err)
               : tsk_fail(err, TSK_RETRY, errno, "cannot open document %s in %s", id, tsk_spool_state_name(state));
}

/* One small file of a document; an absent one is empty text. */
static int read_small(int doc, const char *id, const char *name, struct tsk_buf *out, struct tsk_err *err)
{
    int fd = tsk_os->openat(doc, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0), rc;
    char what[64];

    if (fd < 0)
        return errno == ENOENT ? 0 : tsk_fail(err, TSK_RETRY, errno, "cannot open %s of document %s", name, id);
    snprintf(what, sizeof what, "%s of document %s", name, id);
    rc = tsk_fd_read(fd, what, out, err);
    tsk_os->close(fd);
    return rc;
}

static int read_entry(const struct tsk_spool *spool, int doc, const char *id, struct tsk_spool_entry *out,
                      struct tsk_err *err)
{
    struct tsk_buf json = TSK_BUF(TSK_SPOOL_ENVELOPE_MAX_BYTES), small = TSK_BUF(1024);
    char *rest;
    int rc = -1;

    if (read_small(doc, id, "attempts", &small, err) != 0)
        goto out;
    out->attempts = (uint32_t)strtoul(tsk_buf_text(&small), &rest, 10);
    out->deaths = (uint32_t)strtoul(rest, NULL, 10);
    tsk_buf_reset(&small);
    if (read_small(doc, id, "reason", &small, err) != 0)
        goto out;
    snprintf(out->reason, sizeof out->reason, "%.*s", (int)strcspn(tsk_buf_text(&small), "\n"), tsk_buf_text(&small));
    if (tsk_spool_read_envelope(spool, doc, id, &json, err) != 0)
        goto out;
    rc = tsk_envelope_parse(&out->envelope, id, tsk_buf_text(&json), json.len, err);
out:
    out->readable = rc == 0;
    memcpy(out->envelope.id, id, TSK_ID_SIZE);
    tsk_buf_free(&json);
    tsk_buf_free(&small);
    return rc;
}

static int load_entry(struct tsk_spool *spool, enum tsk_spool_state state, const char *id, struct tsk_spool_entry *out,
                      struct tsk_err *err)
{
    int doc = tsk_spool_open_document(spool, state, id, err), rc;

    *out = (struct tsk_spool_entry){ .state = state };
    if (doc < 0)
        return -1;
    rc = read_entry(spool, doc, id, out, err);
    tsk_os->close(doc);
    return rc;
}

static int put_small(struct tsk_spool *spool, enum tsk_spool_state state, const char *id, const char *name,
                     const char *text, struct tsk_err *err)
{
    int doc = tsk_spool_open_document(spool, state, id, err), rc;

    if (doc < 0)
        return -1;
    rc = tsk_file_put(doc, name, text, strlen(text), 0600, err);
    tsk_os->close(doc);
    return rc;
}

static int put_reason(struct tsk_spool *spool, enum tsk_spool_state state, const char *id, const char *reason,
                      struct tsk_err *err)
{
    char line[256];

    snprintf(line, sizeof line - 1, "%s", reason);
    tsk_envelope_clean(line, sizeof line - 1);
    memcpy(line + strlen(line), "\n", 2);
    return put_small(spool, state, id, "reason", line, err);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void tsk_spool_free_names(char **names)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++)
        free(names[i]);
    free(names);
}

/* Ids begin with their time, so that sorting by name is sorting by age. */
int tsk_spool_list_names(struct tsk_spool *spool, enum tsk_spool_state state, char ***out, size_t *count,
                         struct tsk_err *err)
{
    int fd = openat(spool->states[state], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    char **names = calloc(1, sizeof *names);
    size_t used = 0;
    struct dirent *entry;

    if (list == NULL || names == NULL) {
        tsk_fail(err, TSK_RETRY, errno, "cannot list %s/%s", spool->dir, tsk_spool_state_name(state));
        goto fail;
    }
    while ((entry = readdir(list)) != NULL) {
        char **more;

        if (!tsk_spool_id_valid(entry->d_name))
            continue;
        more = realloc(names, (used + 2) * sizeof *names);
        if (more == NULL || ((names = more)[used] = strdup(entry->d_name)) == NULL) {
            tsk_fail(err, TSK_RETRY, 0, "out of memory");
            goto fail;
        }
        names[++used] = NULL;
    }
    closedir(list);
    qsort(names, used, sizeof *names, by_name);
    *out = names;
    *count = used;
    return 0;
fail:
    if (list != NULL)
        closedir(list);
    else if (fd >= 0)
        close(fd);
    tsk_spool_free_names(names);
    return -1;
}

static int set_aside(struct tsk_spool *spool, enum tsk_spool_state from, const char *id, const struct tsk_err *why)
{
    struct tsk_err err = { 0 };

    if (put_reason(spool, from, id, why->text, &err) != 0 ||
        tsk_spool_move(spool, id, from, TSK_SPOOL_CORRUPT, &err) < 0)
        tsk_log_err(id, "spool.corrupt", &err);
    tsk_spool_unlock(spool, id);
    tsk_log_err(id, "spool.corrupt", why);
    return -1;
}

static int claim_locked(struct tsk_spool *spool, const char *id, struct tsk_spool_entry *out, struct tsk_err *err)
{
    int rc = tsk_spool_move(spool, id, TSK_SPOOL_INCOMING, TSK_SPOOL_READING, err);

    if (rc <= 0)
        return rc;
    if (load_entry(spool, TSK_SPOOL_READING, id, out, err) == 0)
        return 1;
    if (err->kind != TSK_HOLD) {
        struct tsk_err ignored;

        (void)tsk_spool_move(spool, id, TSK_SPOOL_READING, TSK_SPOOL_INCOMING, &ignored);
        return -1;
    }
    set_aside(spool, TSK_SPOOL_READING, id, err);
    return 0;
}

/* 1 claimed, 0 not this one, -1. The lock comes before the move: in reading/ there is never one without, unless its reader died. */
static int claim_one(struct tsk_spool *spool, const char *id, struct tsk_spool_entry *out, struct tsk_err *err)
{
    int lock = tsk_spool_lock(spool, TSK_SPOOL_INCOMING, id), rc;

    if (lock < 0)
        return errno == ENOENT || errno == EWOULDBLOCK
                   ? 0
                   : tsk_fail(err, TSK_RETRY, errno, "cannot lock document %s in %s/incoming", id, spool->dir);
    if (tsk_spool_keep_lock(spool, id, lock, err) != 0)
        return -1;
    rc = claim_locked(spool, id, out, err);
    if (rc <= 0)
        tsk_spool_unlock(spool, id);
    return rc;
}

int tsk_spool_claim(struct tsk_spool *spool, const char *after, struct tsk_spool_entry *out, struct tsk_err *err)
{
    struct tsk_err local = { 0 };
    char **names;
    size_t count;
    int rc = 0;

    if (tsk_spool_list_names(spool, TSK_SPOOL_INCOMING, &names, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count && rc == 0; i++)
        if (strcmp(names[i], after) > 0)
            rc = claim_one(spool, names[i], out, err != NULL ? err : &local);
    tsk_spool_free_names(names);
    return rc;
}

int tsk_spool_original(struct tsk_spool *spool, const char *id, struct tsk_err *err)
{
    struct tsk_spool_entry entry;
    struct tsk_err local;
    int doc, fd;

    if (err == NULL)
        err = &local;
    if (load_entry(spool, TSK_SPOOL_READING, id, &entry, err) != 0)
        return -1;
    doc = tsk_spool_open_document(spool, TSK_SPOOL_READING, id, err);
    if (doc < 0)
        return -1;
    fd = tsk_spool_open_original(spool, doc, id, entry.envelope.sha256, err);
    tsk_os->close(doc);
    if (fd >= 0)
        return fd;
    return err->kind == TSK_HOLD ? set_aside(spool, TSK_SPOOL_READING, id, err) : -1;
}

int tsk_spool_peek(struct tsk_spool *spool, const char *id, struct tsk_spool_entry *out, struct tsk_err *err)
{
    struct tsk_err local;
    int doc, fd;

    if (err == NULL)
        err = &local;
    if (tsk_spool_show(spool, id, out, err) != 0)
        return -1;
    if (!out->readable)
        return tsk_fail(err, TSK_HOLD, 0, "document %s: its envelope is damaged", id);
    doc = tsk_spool_open_document(spool, out->state, id, err);
    if (doc < 0)
        return -1;
    fd = tsk_spool_open_original(spool, doc, id, out->envelope.sha256, err);
    tsk_os->close(doc);
    return fd;
}

static int put_counts(struct tsk_spool *spool, const char *id, int attempts, int deaths, uint32_t *deaths_now,
                      struct tsk_err *err)
{
    struct tsk_spool_entry entry;
    char text[32];

    if (load_entry(spool, TSK_SPOOL_READING, id, &entry, err) != 0)
        return -1;
    if (attempts >= 0 || entry.attempts > 0)
        entry.attempts += (uint32_t)attempts;
    entry.deaths += (uint32_t)deaths;
    snprintf(text, sizeof text, "%u %u\n", entry.attempts, entry.deaths);
    if (put_small(spool, TSK_SPOOL_READING, id, "attempts", text, err) != 0)
        return -1;
    if (deaths_now != NULL)
        *deaths_now = entry.deaths;
    return 0;
}

int tsk_spool_attempt(struct tsk_spool *spool, const char *id, struct tsk_err *err)
{
    return put_counts(spool, id, 1, 0, NULL, err);
}

int tsk_spool_uncount(struct tsk_spool *spool, const char *id, struct tsk_err *err)
{
    return put_counts(spool, id, -1, 0, NULL, err);
}

int tsk_spool_blame(struct tsk_spool *spool, const char *id, uint32_t *deaths, struct tsk_err *err)
{
    return put_counts(spool, id, 0, 1, deaths, err);
}

int tsk_spool_release(struct tsk_spool *spool, const char *id, struct tsk_err *err)
{
    int rc = move_or_fail(spool, id, TSK_SPOOL_READING, TSK_SPOOL_INCOMING, err);

    tsk_spool_unlock(spool, id); /* also after a failure: whoever is idle takes it back */
    return rc;
}

int tsk_spool_hold(struct tsk_spool *spool, const char *id, const char *reason, struct tsk_err *err)
{
    int rc = put_reason(spool, TSK_SPOOL_READING, id, reason, err) != 0
                 ? -1
                 : move_or_fail(spool, id, TSK_SPOOL_READING, TSK_SPOOL_HELD, err);

    tsk_spool_unlock(spool, id);
    return rc;
}

int tsk_spool_retry(struct tsk_spool *spool, const char *id, struct tsk_err *err)
{
    if (put_small(spool, TSK_SPOOL_HELD, id, "attempts", "0 0\n", err) != 0)
        return -1;
    return move_or_fail(spool, id, TSK_SPOOL_HELD, TSK_SPOOL_INCOMING, err);
}

/* Out of its state through tmp/, where it is swept if this is cut short. One that is not there is fine. */
static int take_out(struct tsk_spool *spool, const char *id, enum tsk_spool_state from, struct tsk_err *err)
{
    if (tsk_os->renameat(spool->states[from], id, spool->tmp, id) != 0)
        return errno == ENOENT ? 0
                               : tsk_fail(err, TSK_RETRY, errno, "cannot take document %s out of %s", id,
                                          tsk_spool_state_name(from));
    if (tsk_os->fsync(spool->states[from]) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "the disk did not take the end of document %s", id);
    tsk_spool_remove(spool, id);
    return 0;
}

int tsk_spool_finish(struct tsk_spool *spool, const char *id, struct tsk_err *err)
{
    int rc = check_id(id, err) != 0 ? -1 : take_out(spool, id, TSK_SPOOL_READING, err);

    tsk_spool_unlock(spool, id);
    return rc;
}

int tsk_spool_dispose(struct tsk_spool *spool, const char *id, struct tsk_err *err)
{
    return check_id(id, err) != 0 || take_out(spool, id, TSK_SPOOL_HELD, err) != 0 ||
                   take_out(spool, id, TSK_SPOOL_CORRUPT, err) != 0
               ? -1
               : 0;
}

int tsk_spool_list(struct tsk_spool *spool, enum tsk_spool_state state, struct tsk_spool_entry **out, size_t *count,
                   struct tsk_err *err)
{
    struct tsk_spool_entry *entries;
    struct tsk_err ignored;
    char **names;
    size_t found;

    *out = NULL;
    *count = 0;
    if (tsk_spool_list_names(spool, state, &names, &found, err) != 0)
        return -1;
    entries = calloc(found + 1, sizeof *entries);
    if (entries == NULL) {
        tsk_spool_free_names(names);
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    }
    for (size_t i = 0; i < found; i++) {
        struct tsk_spool_entry *entry = &entries[*count];

        /* One that has moved on meanwhile is left out; one that is damaged stays in the list by its id. */
        if (load_entry(spool, state, names[i], entry, &ignored) == 0 || ignored.kind != TSK_REJECT)
            ++*count;
    }
    tsk_spool_free_names(names);
    *out = entries;
    return 0;
}

void tsk_spool_list_free(struct tsk_spool_entry **entries)
{
    free(*entries);
    *entries = NULL;
}

int tsk_spool_show(struct tsk_spool *spool, const char *id, struct tsk_spool_entry *out, struct tsk_err *err)
{
    struct tsk_err local;

    if (check_id(id, err) != 0)
        return -1;
    for (int state = 0; state < TSK_SPOOL_STATES; state++) {
        if (load_entry(spool, (enum tsk_spool_state)state, id, out, &local) == 0 || local.kind == TSK_HOLD)
            return 0;
        if (local.kind != TSK_REJECT)
            return tsk_fail(err, local.kind, 0, "%s", local.text);
    }
    return tsk_fail(err, TSK_REJECT, 0, "document %s is not in the spool", id);
}

long tsk_spool_count(struct tsk_spool *spool, enum tsk_spool_state state, struct tsk_err *err)
{
    char **names;
    size_t count;

    if (tsk_spool_list_names(spool, state, &names, &count, err) != 0)
        return -1;
    tsk_spool_free_names(names);
    return (long)count;
}
