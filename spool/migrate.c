/*
 * migrate - documents that lie plain, or under an older key, are sealed where they lie
 *
 * Order      Each sealed file is written beside the plain one whole (tsk_file_put: write, fsync, rename, fsync of the directory);
 *            the plain one goes only after both are there and open. A reader takes the sealed one first, so that every moment
 *            shows one document.
 * Complete   First whoever puts a document with the older key is waited for, then all are listed while none moves.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/os.h"
#include "spool/parts.h"
#include "vault/seal.h"

#define ORIGINAL_MAX ((size_t)512 << 20)

/* Is there a file of this name, sealed with the key in use? */
static bool is_current(const struct tsk_spool *spool, int doc, const char *name)
{
    unsigned char head[TSK_SEAL_HEAD_BYTES];
    char id[TSK_KEY_ID_SIZE];
    int fd = tsk_os->openat(doc, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
    ssize_t got;

    if (fd < 0)
        return false;
    got = tsk_os->read(fd, head, sizeof head);
    tsk_os->close(fd);
    return got == (ssize_t)sizeof head && tsk_sealed_with(id, head, sizeof head, TSK_USE_SPOOL) &&
           strcmp(id, tsk_vault_id(spool->vault, 0)) == 0;
}

static int put_sealed(const struct tsk_spool *spool, int doc, const char *name, const struct tsk_buf *plain,
                      struct tsk_err *err)
{
    struct tsk_buf sealed = TSK_BUF(2 * ORIGINAL_MAX);
    int rc = tsk_seal_bytes(&sealed, spool->vault, TSK_USE_SPOOL, tsk_buf_text(plain), plain->len, err);

    if (rc == 0)
        rc = tsk_file_put(doc, name, sealed.data, sealed.len, 0600, err);
    tsk_buf_free(&sealed);
    return rc;
}

static int seal_original(const struct tsk_spool *spool, int doc, const struct tsk_envelope *envelope,
                         struct tsk_err *err)
{
    struct tsk_buf plain = TSK_BUF(ORIGINAL_MAX);
    int fd = tsk_spool_open_original(spool, doc, envelope->id, envelope->sha256, err), rc;

    if (fd < 0)
        return -1;
    rc = tsk_fd_read(fd, "a document", &plain, err);
    tsk_os->close(fd);
    if (rc == 0)
        rc = put_sealed(spool, doc, TSK_SPOOL_ORIGINAL_SEALED, &plain, err);
    tsk_buf_free(&plain);
    return rc;
}

static int remove_plain(int doc, const char *id, struct tsk_err *err)
{
    static const char *const names[] = { TSK_SPOOL_ORIGINAL, TSK_SPOOL_ENVELOPE };

    for (size_t i = 0; i < TSK_COUNT(names); i++)
        if (tsk_os->unlinkat(doc, names[i], 0) != 0 && errno != ENOENT)
            return tsk_fail(err, TSK_RETRY, errno, "cannot take the plain file of document %s away", id);
    return tsk_os->fsync(doc) == 0 ? 0 : tsk_fail(err, TSK_RETRY, errno, "cannot sync document %s", id);
}

static bool has_plain(int doc)
{
    struct stat st;

    return tsk_os->fstatat(doc, TSK_SPOOL_ORIGINAL, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
           tsk_os->fstatat(doc, TSK_SPOOL_ENVELOPE, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int seal_files(const struct tsk_spool *spool, int doc, const char *id, struct tsk_err *err)
{
    struct tsk_buf json = TSK_BUF(TSK_SPOOL_ENVELOPE_MAX_BYTES);
    struct tsk_envelope envelope;
    int rc = tsk_spool_read_envelope(spool, doc, id, &json, err);

    if (rc == 0)
        rc = tsk_envelope_parse(&envelope, id, tsk_buf_text(&json), json.len, err);
    if (rc == 0 && !is_current(spool, doc, TSK_SPOOL_ORIGINAL_SEALED))
        rc = seal_original(spool, doc, &envelope, err);
    if (rc == 0 && !is_current(spool, doc, TSK_SPOOL_ENVELOPE_SEALED))
        rc = put_sealed(spool, doc, TSK_SPOOL_ENVELOPE_SEALED, &json, err);
    if (rc == 0)
        rc = remove_plain(doc, id, err);
    tsk_buf_free(&json);
    return rc;
}

/* A file that nobody can check any more: its bytes as they lie. 1, 0 when there is none, -1. */
static int seal_bytes_of(const struct tsk_spool *spool, int doc, const char *name, const char *sealed,
                         struct tsk_err *err)
{
    struct tsk_buf plain = TSK_BUF(ORIGINAL_MAX);
    int fd = tsk_os->openat(doc, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0), rc;

    if (fd < 0)
        return errno == ENOENT ? 0 : tsk_fail(err, TSK_HOLD, errno, "cannot open %s", name);
    rc = tsk_fd_read(fd, name, &plain, err);
    tsk_os->close(fd);
    if (rc == 0 && !is_current(spool, doc, sealed))
        rc = put_sealed(spool, doc, sealed, &plain, err);
    tsk_buf_free(&plain);
    return rc == 0 ? 1 : -1;
}

/* One that was sealed under an older key, if it opens at all. 1, 0 when there is nothing to do, -1. */
static int seal_anew(const struct tsk_spool *spool, int doc, const char *sealed, struct tsk_err *err)
{
    struct tsk_buf plain = TSK_BUF(ORIGINAL_MAX);
    int fd = is_current(spool, doc, sealed) ? -1 : tsk_os->openat(doc, sealed, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
    int rc;

    if (fd < 0)
        return 0;
    rc = tsk_unseal_to_buf(&plain, fd, sealed, spool->vault, TSK_USE_SPOOL, err);
    tsk_os->close(fd);
    if (rc == 0)
        rc = put_sealed(spool, doc, sealed, &plain, err);
    tsk_buf_free(&plain);
    return rc == 0 ? 1 : -1;
}

static int seal_damaged(const struct tsk_spool *spool, int doc, const char *id, struct tsk_err *err)
{
    int original = seal_bytes_of(spool, doc, TSK_SPOOL_ORIGINAL, TSK_SPOOL_ORIGINAL_SEALED, err);
    int envelope = original < 0 ? -1 : seal_bytes_of(spool, doc, TSK_SPOOL_ENVELOPE, TSK_SPOOL_ENVELOPE_SEALED, err);

    if (original < 0 || envelope < 0)
        return -1;
    if (original + envelope > 0)
        return remove_plain(doc, id, err) == 0 ? 1 : -1;
    original = seal_anew(spool, doc, TSK_SPOOL_ORIGINAL_SEALED, err);
    envelope = original < 0 ? -1 : seal_anew(spool, doc, TSK_SPOOL_ENVELOPE_SEALED, err);
    return original < 0 || envelope < 0 ? -1 : original + envelope > 0;
}

/* Wherever it is: the descriptor goes along when it moves. -1 when it is gone (TSK_REJECT) or cannot be opened. */
static int find_document(struct tsk_spool *spool, const char *id, enum tsk_spool_state *state, struct tsk_err *err)
{
    int doc = -1;

    if (tsk_spool_still(spool, err) != 0)
        return -1;
    for (int s = 0; s < TSK_SPOOL_STATES && doc < 0; s++) {
        *state = (enum tsk_spool_state)s;
        doc = tsk_spool_open_document(spool, *state, id, err);
        if (doc < 0 && err->kind != TSK_REJECT)
            break;
    }
    tsk_spool_moving(spool);
    return doc;
}

static bool is_gone(struct tsk_spool *spool, const char *id)
{
    struct tsk_err err = { 0 };
    enum tsk_spool_state state;
    int doc = find_document(spool, id, &state, &err);

    if (doc >= 0)
        tsk_os->close(doc);
    return doc < 0 && err.kind == TSK_REJECT;
}

/* 1 sealed now, 0 nothing to do or gone meanwhile, -1. One that is being read is sealed under its reader's hands: it has what it opened. */
static int seal_document(struct tsk_spool *spool, const char *id, struct tsk_err *err)
{
    struct tsk_err local = { 0 };
    enum tsk_spool_state state;
    int doc = find_document(spool, id, &state, &local), rc = 0;

    if (doc < 0)
        return local.kind == TSK_REJECT ? 0 : tsk_fail(err, local.kind, 0, "%s", local.text);
    if (state == TSK_SPOOL_CORRUPT)
        rc = seal_damaged(spool, doc, id, &local);
    else if (has_plain(doc) || !is_current(spool, doc, TSK_SPOOL_ORIGINAL_SEALED) ||
             !is_current(spool, doc, TSK_SPOOL_ENVELOPE_SEALED))
        rc = seal_files(spool, doc, id, &local) == 0 ? 1 : -1;
    tsk_os->close(doc);
    if (rc >= 0)
        return rc;
    if (is_gone(spool, id)) /* its reader was through with it */
        return 0;
    if (local.kind != TSK_HOLD && local.kind != TSK_REJECT)
        return tsk_fail(err, local.kind, 0, "%s", local.text);
    tsk_log_err(id, "spool.seal", &local); /* damaged: whoever reads it sets it aside; a person looks */
    return 0;
}

static int seal_listed(struct tsk_spool *spool, char **names, size_t count, struct tsk_err *err)
{
    int sealed = 0;

    for (size_t i = 0; i < count; i++) {
        int rc = seal_document(spool, names[i], err);

        if (rc < 0)
            return -1;
        sealed += rc;
    }
    return sealed;
}

struct listed {
    char **names;
    size_t count;
};

static int list_all(struct listed out[TSK_SPOOL_STATES], struct tsk_spool *spool, struct tsk_err *err)
{
    int rc = tsk_spool_still(spool, err);

    for (int s = 0; s < TSK_SPOOL_STATES && rc == 0; s++)
        rc = tsk_spool_list_names(spool, (enum tsk_spool_state)s, &out[s].names, &out[s].count, err);
    tsk_spool_moving(spool);
    return rc;
}

int tsk_spool_seal_all(struct tsk_spool *spool, struct tsk_err *err)
{
    struct listed listed[TSK_SPOOL_STATES] = { { .names = NULL } };
    struct tsk_err local;
    int sealed = 0;

    if (err == NULL)
        err = &local;
    if (spool->vault == NULL)
        return 0;
    if (tsk_vault_refresh(spool->vault, err) != 0 || tsk_spool_settle(spool, err) != 0 ||
        list_all(listed, spool, err) != 0)
        sealed = -1;
    for (int s = 0; s < TSK_SPOOL_STATES; s++) {
        int rc = sealed < 0 ? -1 : seal_listed(spool, listed[s].names, listed[s].count, err);

        sealed = rc < 0 ? -1 : sealed + rc;
        tsk_spool_free_names(listed[s].names);
    }
    return sealed;
}
