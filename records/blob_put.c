/* blob_put - bytes into the archive: durable, once, and under the key that is in use when they lie there */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"
#include "records/blob_place.h"
#include "vault/seal.h"

#define KEYS_SEEN_MAX 8 /* that come into use while one file is written */
#define LOCK_WAIT_MS 60000

/* The folder of two hexadecimal digits; made, and its name synced, when it is not there. */
static int make_folder(const struct tsk_blobs *blobs, const struct tsk_blob_place *place, struct tsk_err *err)
{
    int folder = tsk_blob_folder(blobs, place->folder);

    if (folder >= 0)
        return folder;
    if (errno != ENOENT)
        return tsk_blob_fail(blobs, "open a folder", err);
    if (tsk_os->mkdirat(blobs->dir, place->folder, 0700) != 0 && errno != EEXIST)
        return tsk_blob_fail(blobs, "make a folder", err);
    if (tsk_os->fsync(blobs->dir) != 0)
        return tsk_blob_fail(blobs, "sync", err);
    folder = tsk_blob_folder(blobs, place->folder);
    return folder >= 0 ? folder : tsk_blob_fail(blobs, "open a folder", err);
}

bool tsk_blob_key(char id[TSK_KEY_ID_SIZE], int folder, const char *name)
{
    unsigned char head[TSK_SEAL_HEAD_BYTES];
    int fd = tsk_os->openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
    ssize_t got;

    id[0] = '\0';
    if (fd < 0)
        return false;
    got = tsk_os->read(fd, head, sizeof head);
    tsk_os->close(fd);
    if (got != (ssize_t)sizeof head || !tsk_sealed_with(id, head, sizeof head, TSK_USE_ARCHIVE))
        id[0] = '\0';
    return true;
}

/* What one put writes, where, and under which key: "" on a site without one. */
struct piece {
    const struct tsk_blobs *blobs;
    struct tsk_blob_place place;
    char key[TSK_KEY_ID_SIZE];
    const char *sha256;
    const void *bytes;
    size_t len;
};

/* Is there already a whole one? Its name may not be on disk yet if who wrote it died before the last step. */
static bool is_stored(const struct piece *p, int folder)
{
    struct tsk_buf bytes = TSK_BUF(TSK_BLOB_MAX);
    char key[TSK_KEY_ID_SIZE];
    struct stat st;
    bool whole;

    if (tsk_os->fstatat(folder, p->place.name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    whole = tsk_blob_key(key, folder, p->place.name) && strcmp(key, p->key) == 0 &&
            tsk_blob_read_checked(&bytes, p->blobs, &p->place, p->sha256, NULL) == 0;
    tsk_buf_free(&bytes);
    return whole;
}

static int write_bytes(const struct piece *p, int fd, struct tsk_err *err)
{
    static const unsigned char format = TSK_BLOB_PLAIN;
    struct tsk_sealer *sealer;

    if (p->blobs->vault == NULL)
        return tsk_write_all(fd, &format, 1) == 0 && tsk_write_all(fd, p->bytes, p->len) == 0
                   ? 0
                   : tsk_blob_fail(p->blobs, "write a file", err);
    if (tsk_seal_start(&sealer, p->blobs->vault, TSK_USE_ARCHIVE, fd, err) != 0)
        return -1;
    if (tsk_seal_add(sealer, p->bytes, p->len, err) != 0) {
        tsk_seal_drop(&sealer);
        return -1;
    }
    return tsk_seal_end(&sealer, err);
}

/* The vault's key in use, as it was read last. */
static bool is_key(const struct piece *p)
{
    return p->blobs->vault == NULL || strcmp(p->key, tsk_vault_id(p->blobs->vault, 0)) == 0;
}

/* 0, 1 when the key changed meanwhile and nothing was written, -1 */
static int write_new(const struct piece *p, int folder, struct tsk_err *err)
{
    char id[TSK_ID_SIZE];
    char tmp[TSK_ID_SIZE + 8];
    int rc;

    tsk_id_new(id);
    snprintf(tmp, sizeof tmp, TSK_BLOB_TMP "%s", id);
    int fd = tsk_os->openat(folder, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0400);
    if (fd < 0)
        return tsk_blob_fail(p->blobs, "create a file", err);
    rc = write_bytes(p, fd, err);
    if (rc == 0 && !is_key(p))
        rc = 1;
    if (rc == 0 && tsk_os->fsync(fd) != 0)
        rc = tsk_blob_fail(p->blobs, "write a file", err);
    if (tsk_os->close(fd) != 0 && rc == 0)
        rc = tsk_blob_fail(p->blobs, "write a file", err);
    if (rc == 0 && tsk_os->renameat(folder, tmp, folder, p->place.name) != 0)
        rc = tsk_blob_fail(p->blobs, "write a file", err);
    if (rc != 0) {
        tsk_os->unlinkat(folder, tmp, 0);
        return rc;
    }
    return tsk_os->fsync(folder) == 0 ? 0 : tsk_blob_fail(p->blobs, "sync a folder", err);
}

/*
 * Under a shared lock on the folder, with a key that was looked at under it: a walk that seals anew takes that lock alone for an
 * instant after the key has changed, so that whatever is written under the older one lies there when it lists the folder.
 */
static int store_in(const struct piece *p, int folder, struct tsk_err *err)
{
    if (tsk_lock(folder, LOCK_SH, LOCK_WAIT_MS) != 0)
        return tsk_blob_fail(p->blobs, "lock a folder", err);
    if (p->blobs->vault != NULL && tsk_vault_refresh(p->blobs->vault, err) != 0)
        return -1;
    if (!is_key(p))
        return 1;
    if (!is_stored(p, folder))
        return write_new(p, folder, err);
    return tsk_os->fsync(folder) == 0 && tsk_os->fsync(p->blobs->dir) == 0
               ? 0
               : tsk_blob_fail(p->blobs, "sync a folder", err);
}

static int store_piece(struct piece *p, struct tsk_err *err)
{
    int folder, rc;

    if (tsk_blob_place(&p->place, p->blobs, p->sha256, 0, err) != 1)
        return -1;
    if (p->blobs->vault != NULL)
        memcpy(p->key, tsk_vault_id(p->blobs->vault, 0), sizeof p->key);
    folder = make_folder(p->blobs, &p->place, err);
    if (folder < 0)
        return -1;
    rc = store_in(p, folder, err);
    flock(folder, LOCK_UN); /* itself: a child that was forked meanwhile has the descriptor too */
    tsk_os->close(folder);
    return rc;
}

int tsk_blob_store(struct tsk_blob_place *place, const struct tsk_blobs *blobs, const char *sha256, const void *bytes,
                   size_t len, struct tsk_err *err)
{
    struct piece p = { .blobs = blobs, .sha256 = sha256, .bytes = bytes, .len = len };
    int rc = 1;

    if (len > TSK_BLOB_MAX)
        return tsk_fail(err, TSK_REJECT, 0, "a file of %zu bytes is larger than the archive takes (%u)", len,
                        TSK_BLOB_MAX);
    if (tsk_blob_check_name(sha256, err) != 0)
        return -1;
    for (int i = 0; i < KEYS_SEEN_MAX && rc == 1; i++)
        rc = store_piece(&p, err);
    *place = p.place;
    return rc != 1 ? rc
                   : tsk_fail(err, TSK_RETRY, 0, "the key changes again and again; nothing was written in the archive");
}

int tsk_blob_put(char sha256[TSK_SHA256_HEX], struct tsk_blobs *blobs, const void *bytes, size_t len,
                 struct tsk_err *err)
{
    struct tsk_blob_place place;

    tsk_sha256_hex(bytes, len, sha256);
    return tsk_blob_store(&place, blobs, sha256, bytes, len, err);
}

int tsk_blob_put_fd(char sha256[TSK_SHA256_HEX], struct tsk_blobs *blobs, int fd, struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF(TSK_BLOB_MAX);
    int rc = -1;

    if (lseek(fd, 0, SEEK_SET) != 0)
        tsk_fail(err, TSK_RETRY, errno, "cannot go to the start of a document");
    else if (tsk_fd_read(fd, "a document", &bytes, err) == 0)
        rc = tsk_blob_put(sha256, blobs, tsk_buf_text(&bytes), bytes.len, err);
    tsk_buf_free(&bytes);
    return rc;
}
