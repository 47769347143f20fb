#include "records/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"
#include "records/blob_place.h"
#include "vault/seal.h"

#define LOOKS_MAX 3 /* for a file that moves meanwhile */

int tsk_blobs_open(struct tsk_blobs **out, const char *dir, struct tsk_vault *vault, struct tsk_err *err)
{
    struct tsk_blobs *blobs = calloc(1, sizeof *blobs);

    *out = NULL;
    if (blobs == NULL || (blobs->path = strdup(dir)) == NULL) {
        free(blobs);
        return tsk_fail(err, TSK_RETRY, 0, "no memory to open the archive");
    }
    blobs->dir = -1;
    blobs->vault = vault;
    if (tsk_dir_make(dir, 0700, err) != 0 || (blobs->dir = tsk_dir_open(dir, err)) < 0) {
        tsk_blobs_close(&blobs);
        return -1;
    }
    *out = blobs;
    return 0;
}

void tsk_blobs_close(struct tsk_blobs **blobs)
{
    if (*blobs == NULL)
        return;
    if ((*blobs)->dir >= 0)
        tsk_os->close((*blobs)->dir);
    free((*blobs)->path);
    free(*blobs);
    *blobs = NULL;
}

int tsk_blob_fail(const struct tsk_blobs *blobs, const char *what, struct tsk_err *err)
{
    return tsk_fail(err, TSK_RETRY, errno, "cannot %s in the archive %s", what, blobs->path);
}

int tsk_blob_check_name(const char *sha256, struct tsk_err *err)
{
    if (strspn(sha256, "0123456789abcdef") == TSK_SHA256_HEX - 1 && strlen(sha256) == TSK_SHA256_HEX - 1)
        return 0;
    return tsk_fail(err, TSK_REJECT, 0, "that is no name of an archived file");
}

static void split_name(struct tsk_blob_place *out, const char *hex, bool sealed)
{
    snprintf(out->folder, sizeof out->folder, "%.2s", hex);
    snprintf(out->name, sizeof out->name, "%s", hex + 2);
    out->sealed = sealed;
}

int tsk_blob_place(struct tsk_blob_place *out, const struct tsk_blobs *blobs, const char *sha256, size_t i,
                   struct tsk_err *err)
{
    size_t keys = blobs->vault != NULL ? tsk_vault_count(blobs->vault) : 0;
    char hex[TSK_SHA256_HEX], id[TSK_KEY_ID_SIZE];
    unsigned char mac[TSK_MAC_BYTES];

    if (i == keys)
        split_name(out, sha256, false);
    if (i >= keys)
        return i == keys;
    memcpy(id, tsk_vault_id(blobs->vault, i), sizeof id); /* the vault's own may be another one after the call */
    if (tsk_vault_mac(mac, blobs->vault, i == 0 ? NULL : id, TSK_USE_NAMES, sha256, strlen(sha256), err) != 0)
        return -1;
    for (size_t k = 0; k < sizeof mac; k++)
        snprintf(hex + 2 * k, 3, "%02x", mac[k]);
    split_name(out, hex, true);
    return 1;
}

int tsk_blob_folder(const struct tsk_blobs *blobs, const char *name)
{
    return tsk_os->openat(blobs->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

static int open_at(const struct tsk_blobs *blobs, const struct tsk_blob_place *place, struct tsk_err *err)
{
    int folder = tsk_blob_folder(blobs, place->folder), fd = -1, saved = errno;

    if (folder >= 0) {
        fd = tsk_os->openat(folder, place->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
        saved = errno;
        tsk_os->close(folder);
    }
    if (fd >= 0)
        return fd;
    if (saved == ENOENT)
        return tsk_fail(err, TSK_REJECT, 0, "there is no such file in the archive");
    errno = saved;
    return tsk_blob_fail(blobs, "open a file", err);
}

static int read_plain(struct tsk_buf *out, int fd, const struct tsk_blobs *blobs, const struct tsk_blob_place *place,
                      struct tsk_err *err)
{
    unsigned char format = 0;

    if (tsk_os->read(fd, &format, 1) == 1 && format == TSK_BLOB_PLAIN)
        return tsk_fd_read(fd, "an archived file", out, err);
    return tsk_fail(err, TSK_HOLD, 0, "file %s%.10s… in the archive %s has no format that this program knows",
                    place->folder, place->name, blobs->path);
}

int tsk_blob_read_at(struct tsk_buf *out, const struct tsk_blobs *blobs, const struct tsk_blob_place *place,
                     struct tsk_err *err)
{
    char what[128];
    int fd = open_at(blobs, place, err), rc;

    if (fd < 0)
        return -1;
    snprintf(what, sizeof what, "file %s%.10s… in the archive", place->folder, place->name);
    rc = place->sealed ? tsk_unseal_to_buf(out, fd, what, blobs->vault, TSK_USE_ARCHIVE, err)
                       : read_plain(out, fd, blobs, place, err);
    tsk_os->close(fd);
    return rc;
}

int tsk_blob_read_checked(struct tsk_buf *out, const struct tsk_blobs *blobs, const struct tsk_blob_place *place,
                          const char *sha256, struct tsk_err *err)
{
    char actual[TSK_SHA256_HEX];
    size_t before = out->len;
    int rc = tsk_blob_read_at(out, blobs, place, err);

    if (rc == 0) {
        tsk_sha256_hex(tsk_buf_text(out) + before, out->len - before, actual);
        if (strcmp(actual, sha256) != 0)
            rc = tsk_fail(err, TSK_HOLD, 0,
                          "file %s%.10s… in the archive %s is damaged (its checksum differs); restore it from a backup",
                          place->folder, place->name, blobs->path);
    }
    if (rc != 0)
        out->len = before;
    return rc;
}

/* One that is damaged does not hide a whole one under another key. 0, 1 when there is none at any place, -1. */
static int search(struct tsk_buf *out, const struct tsk_blobs *blobs, const char *sha256, struct tsk_err *err)
{
    struct tsk_blob_place place = { .sealed = false };
    struct tsk_err first = { 0 }, local = { 0 };
    int more;

    for (size_t i = 0; (more = tsk_blob_place(&place, blobs, sha256, i, &local)) == 1; i++) {
        if (tsk_blob_read_checked(out, blobs, &place, sha256, &local) == 0)
            return 0;
        if (local.kind != TSK_REJECT || out->failed) {
            if (first.kind == TSK_OK)
                first = local;
        }
    }
    if (more < 0)
        first = local;
    return first.kind == TSK_OK ? 1 : tsk_fail(err, first.kind, 0, "%s", first.text);
}

/* A file that goes from one place to the next while they are looked at, because the key changes, is found by the next look. */
static int read_blob(struct tsk_buf *out, const struct tsk_blobs *blobs, const char *sha256, struct tsk_err *err)
{
    int looks = blobs->vault != NULL ? LOOKS_MAX : 1, rc = 1;

    if (tsk_blob_check_name(sha256, err) != 0)
        return -1;
    for (int i = 0; i < looks && rc == 1; i++)
        rc = search(out, blobs, sha256, err);
    return rc != 1 ? rc
                   : tsk_fail(err, TSK_HOLD, 0, "file %.12s… is missing in the archive %s; restore it from a backup",
                              sha256, blobs->path);
}

int tsk_blob_get(struct tsk_buf *out, struct tsk_blobs *blobs, const char *sha256, struct tsk_err *err)
{
    return read_blob(out, blobs, sha256, err);
}

int tsk_blob_verify(struct tsk_blobs *blobs, const char *sha256, struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF(TSK_BLOB_MAX);
    int rc = read_blob(&bytes, blobs, sha256, err);

    tsk_buf_free(&bytes);
    return rc;
}

int tsk_blob_remove(struct tsk_blobs *blobs, const char *sha256, struct tsk_err *err)
{
    struct tsk_blob_place place = { .sealed = false };
    int more = tsk_blob_check_name(sha256, err);

    if (more != 0)
        return -1;
    for (size_t i = 0; (more = tsk_blob_place(&place, blobs, sha256, i, err)) == 1; i++) {
        int folder = tsk_blob_folder(blobs, place.folder), rc = 0;

        if (folder < 0 && errno == ENOENT)
            continue;
        if (folder < 0)
            return tsk_blob_fail(blobs, "open a folder", err);
        if ((tsk_os->unlinkat(folder, place.name, 0) != 0 && errno != ENOENT) || tsk_os->fsync(folder) != 0)
            rc = tsk_blob_fail(blobs, "remove a file", err);
        tsk_os->close(folder);
        if (rc != 0)
            return -1;
    }
    return more;
}

int tsk_blobs_hold(struct tsk_blobs *blobs, struct tsk_err *err)
{
    int rc;

    while ((rc = flock(blobs->dir, LOCK_SH)) != 0 && errno == EINTR)
        ;
    return rc == 0 ? 0 : tsk_blob_fail(blobs, "take a lock", err);
}

int tsk_blobs_alone(struct tsk_blobs *blobs, struct tsk_err *err)
{
    if (flock(blobs->dir, LOCK_EX | LOCK_NB) == 0)
        return 1;
    return errno == EWOULDBLOCK || errno == EINTR ? 0 : tsk_blob_fail(blobs, "take a lock", err);
}

void tsk_blobs_release(struct tsk_blobs *blobs)
{
    flock(blobs->dir, LOCK_UN);
}
