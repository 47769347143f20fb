#include "spool/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/os.h"
#include "spool/parts.h"
#include "vault/seal.h"

#define LOCK_WAIT_MS 60000

static const char *const state_names[TSK_SPOOL_STATES] = { "incoming", "reading", "held", "corrupt" };

const char *tsk_spool_state_name(enum tsk_spool_state state)
{
    return state_names[state];
}

bool tsk_spool_id_valid(const char *id)
{
    return strspn(id, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == TSK_ID_SIZE - 1 && id[TSK_ID_SIZE - 1] == '\0';
}

static int open_dir_at(const struct tsk_spool *spool, const char *name, struct tsk_err *err)
{
    int fd;

    if (tsk_os->mkdirat(spool->root, name, 0700) != 0 && errno != EEXIST)
        return tsk_fail(err, TSK_STOP, errno, "cannot make %s/%s", spool->dir, name);
    fd = tsk_os->openat(spool->root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, 0);
    return fd >= 0 ? fd : tsk_fail(err, TSK_STOP, errno, "cannot open %s/%s", spool->dir, name);
}

void tsk_spool_remove(struct tsk_spool *spool, const char *id)
{
    static const char *const files[] = { TSK_SPOOL_ORIGINAL, TSK_SPOOL_ORIGINAL_SEALED,
                                         TSK_SPOOL_ENVELOPE, TSK_SPOOL_ENVELOPE_SEALED,
                                         "attempts",         "reason" };
    int doc = tsk_os->openat(spool->tmp, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, 0);
    struct dirent *entry;
    DIR *list;

    if (doc < 0)
        return;
    for (size_t i = 0; i < TSK_COUNT(files); i++)
        tsk_os->unlinkat(doc, files[i], 0);
    if (tsk_os->unlinkat(spool->tmp, id, AT_REMOVEDIR) == 0) {
        tsk_os->close(doc);
        return;
    }
    list = fdopendir(doc); /* a half-written attempts file of a process that was killed */
    if (list == NULL) {
        tsk_os->close(doc);
        return;
    }
    while ((entry = readdir(list)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            tsk_os->unlinkat(doc, entry->d_name, 0);
    closedir(list);
    tsk_os->unlinkat(spool->tmp, id, AT_REMOVEDIR);
}

/*
 * Whoever writes in tmp/ holds a shared lock on it, so an exclusive one proves that everything there was left behind by
 * a process that is gone. False with errno when nobody let go of it for so long.
 */
static bool sweep_tmp(struct tsk_spool *spool, int64_t wait_ms)
{
    int fd = openat(spool->tmp, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct dirent *entry;
    DIR *list;

    if (fd < 0)
        return false;
    if (tsk_lock(fd, LOCK_EX, wait_ms) != 0 || (list = fdopendir(fd)) == NULL) {
        int why = errno;

        close(fd);
        errno = why;
        return false;
    }
    while ((entry = readdir(list)) != NULL)
        if (tsk_spool_id_valid(entry->d_name))
            tsk_spool_remove(spool, entry->d_name);
    closedir(list);
    return true;
}

int tsk_spool_settle(struct tsk_spool *spool, struct tsk_err *err)
{
    return sweep_tmp(spool, LOCK_WAIT_MS)
               ? 0
               : tsk_fail(err, TSK_RETRY, errno, "documents are being written into %s all the while", spool->dir);
}

int tsk_spool_open(struct tsk_spool **out, const char *dir, struct tsk_vault *vault,
                   const struct tsk_spool_limits *limits, struct tsk_err *err)
{
    struct tsk_spool *spool = calloc(1, sizeof *spool);

    *out = NULL;
    if (spool == NULL || (spool->dir = strdup(dir)) == NULL) {
        free(spool);
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    }
    spool->tmp = -1;
    spool->vault = vault;
    for (int i = 0; i < TSK_SPOOL_STATES; i++)
        spool->states[i] = -1;
    if (limits != NULL)
        spool->limits = *limits;
    spool->root = tsk_dir_make(dir, 0700, err) == 0 ? tsk_dir_open(dir, err) : -1;
    if (spool->root < 0 || (spool->tmp = open_dir_at(spool, "tmp", err)) < 0)
        goto fail;
    for (int i = 0; i < TSK_SPOOL_STATES; i++)
        if ((spool->states[i] = open_dir_at(spool, state_names[i], err)) < 0)
            goto fail;
    if (tsk_os->fsync(spool->root) != 0) {
        tsk_fail(err, TSK_STOP, errno, "cannot sync %s", dir);
        goto fail;
    }
    (void)sweep_tmp(spool, 0);
    *out = spool;
    return 0;
fail:
    tsk_spool_close(&spool);
    return -1;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        tsk_os->close(fd);
}

void tsk_spool_close(struct tsk_spool **spool)
{
    struct tsk_spool *old = *spool;

    if (old == NULL)
        return;
    for (int i = 0; i < TSK_SPOOL_STATES; i++)
        close_fd(old->states[i]);
    close_fd(old->tmp);
    close_fd(old->root);
    while (old->claimed_count > 0)
        tsk_spool_unlock(old, old->claimed[0].id);
    free(old->claimed);
    free(old->dir);
    free(old);
    *spool = NULL;
}

int tsk_spool_room(const struct tsk_spool *spool, uint64_t wanted_bytes, struct tsk_err *err)
{
    struct statvfs fs;
    uint64_t free_bytes;

    if (wanted_bytes == 0 || fstatvfs(spool->root, &fs) != 0)
        return 0; /* the write itself will tell */
    free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (free_bytes >= wanted_bytes)
        return 0;
    return tsk_fail(err, TSK_RETRY, 0, "%s: the disk is nearly full (%llu MB free, %llu MB wanted); make room there",
                    spool->dir, (unsigned long long)free_bytes >> 20, (unsigned long long)wanted_bytes >> 20);
}

/* What goes into the envelope's file: its JSON, sealed if there are keys. */
static int envelope_bytes(struct tsk_buf *out, const struct tsk_spool *spool, const struct tsk_envelope *envelope,
                          struct tsk_err *err)
{
    struct tsk_buf json = TSK_BUF(TSK_SPOOL_ENVELOPE_MAX_BYTES);
    int rc = tsk_envelope_print(&json, envelope, err);

    if (rc == 0 && spool->vault != NULL)
        rc = tsk_seal_bytes(out, spool->vault, TSK_USE_SPOOL, json.data, json.len, err);
    else if (rc == 0)
        tsk_buf_add(out, json.data, json.len);
    tsk_buf_free(&json);
    return rc;
}

int tsk_spool_put_envelope(struct tsk_spool *spool, int doc, const struct tsk_envelope *envelope, struct tsk_err *err)
{
    const char *name = spool->vault != NULL ? TSK_SPOOL_ENVELOPE_SEALED : TSK_SPOOL_ENVELOPE;
    struct tsk_buf bytes = TSK_BUF(2 * TSK_SPOOL_ENVELOPE_MAX_BYTES);
    int fd, rc = -1;

    if (envelope_bytes(&bytes, spool, envelope, err) != 0)
        goto out;
    fd = tsk_os->openat(doc, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        tsk_fail(err, TSK_RETRY, errno, "cannot create a file in %s/tmp", spool->dir);
        goto out;
    }
    rc = tsk_write_all(fd, bytes.data, bytes.len) == 0 && tsk_os->fsync(fd) == 0 ? 0 : -1;
    if (rc != 0)
        tsk_fail(err, TSK_RETRY, errno, "the disk did not take a document's envelope (%s)", spool->dir);
    if (tsk_os->close(fd) != 0 && rc == 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "the disk did not take a document's envelope (%s)", spool->dir);
out:
    tsk_buf_free(&bytes);
    return rc;
}

static int fill_document(struct tsk_spool *spool, int from, struct tsk_envelope *envelope, struct tsk_err *err)
{
    int doc, rc;

    if (tsk_os->mkdirat(spool->tmp, envelope->id, 0700) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot make a folder in %s/tmp", spool->dir);
    doc = tsk_os->openat(spool->tmp, envelope->id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, 0);
    if (doc < 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot open a folder in %s/tmp", spool->dir);
    rc = tsk_spool_put_original(spool, doc, from, envelope, err);
    if (rc == 0)
        rc = tsk_spool_put_envelope(spool, doc, envelope, err);
    if (rc == 0 && tsk_os->fsync(doc) != 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "the disk did not take a document's names (%s)", spool->dir);
    tsk_os->close(doc);
    return rc;
}

/* The document appears whole; an answer before the names are down would be a promise that a power cut breaks. */
static int publish(struct tsk_spool *spool, const char *id, struct tsk_err *err)
{
    int incoming = spool->states[TSK_SPOOL_INCOMING];

    if (tsk_os->renameat(spool->tmp, id, incoming, id) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot move a document to %s/incoming", spool->dir);
    if (tsk_os->fsync(incoming) == 0 && tsk_os->fsync(spool->tmp) == 0)
        return 0;
    tsk_fail(err, TSK_RETRY, errno, "the disk did not take the name of a document (%s)", spool->dir);
    tsk_os->renameat(incoming, id, spool->tmp, id);
    return -1;
}

static int lock_tmp(const struct tsk_spool *spool, struct tsk_err *err)
{
    int fd = openat(spool->tmp, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0 && flock(fd, LOCK_SH) == 0)
        return fd;
    tsk_fail(err, TSK_RETRY, errno, "cannot lock %s/tmp", spool->dir);
    close_fd(fd);
    return -1;
}

int tsk_spool_put(struct tsk_spool *spool, int fd, struct tsk_envelope *envelope, struct tsk_err *err)
{
    int lock, rc;

    if (envelope->office[0] == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "a document without an office is not accepted");
    if (tsk_spool_room(spool, spool->limits.disk_free_bytes_min, err) != 0)
        return -1;
    lock = lock_tmp(spool, err);
    if (lock < 0)
        return -1;
    tsk_envelope_clean(envelope->source, sizeof envelope->source);
    tsk_envelope_clean(envelope->sender, sizeof envelope->sender);
    tsk_envelope_clean(envelope->name, sizeof envelope->name);
    tsk_envelope_clean(envelope->refused, sizeof envelope->refused);
    tsk_envelope_clean(envelope->fax.station, sizeof envelope->fax.station);
    tsk_envelope_clean(envelope->fax.caller, sizeof envelope->fax.caller);
    tsk_envelope_clean(envelope->fax.called, sizeof envelope->fax.called);
    tsk_envelope_clean(envelope->fax.fault, sizeof envelope->fax.fault);
    tsk_envelope_clean(envelope->mail.message, sizeof envelope->mail.message);
    tsk_envelope_clean(envelope->mail.subject, sizeof envelope->mail.subject);
    tsk_envelope_clean(envelope->mail.hold, sizeof envelope->mail.hold);
    tsk_envelope_clean(envelope->mail.notice, sizeof envelope->mail.notice);
    tsk_envelope_clean(envelope->mail.status, sizeof envelope->mail.status);
    tsk_envelope_clean_lines(envelope->mail.text, sizeof envelope->mail.text);
    tsk_id_new(envelope->id);
    if (envelope->received_ms == 0)
        envelope->received_ms = tsk_wall_ms();
    rc = fill_document(spool, fd, envelope, err);
    if (rc == 0)
        rc = publish(spool, envelope->id, err);
    if (rc != 0)
        tsk_spool_remove(spool, envelope->id);
    flock(lock, LOCK_UN); /* itself: a child that was forked meanwhile has the descriptor too */
    close(lock);
    return rc;
}
