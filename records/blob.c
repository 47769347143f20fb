#include "records/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"

struct tsk_blobs {
    int dir;
    char *path;
};

struct place {
    char folder[3];
    char name[TSK_SHA256_HEX - 2];
};

int tsk_blobs_open(struct tsk_blobs **out, const char *dir, struct tsk_err *err)
{
    struct tsk_blobs *blobs = calloc(1, sizeof *blobs);

    *out = NULL;
    if (blobs == NULL || (blobs->path = strdup(dir)) == NULL) {
        free(blobs);
        return tsk_fail(err, TSK_RETRY, 0, "no memory to open the archive");
    }
    blobs->dir = -1;
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

static int find_place(struct place *place, const char *sha256, struct tsk_err *err)
{
    if (strspn(sha256, "0123456789abcdef") != TSK_SHA256_HEX - 1 || strlen(sha256) != TSK_SHA256_HEX - 1)
        return tsk_fail(err, TSK_REJECT, 0, "that is no name of an archived file");
    snprintf(place->folder, sizeof place->folder, "%.2s", sha256);
    snprintf(place->name, sizeof place->name, "%s", sha256 + 2);
    return 0;
}

static int disk_fail(const struct tsk_blobs *blobs, const char *what, struct tsk_err *err)
{
    return tsk_fail(err, TSK_RETRY, errno, "cannot %s in the archive %s", what, blobs->path);
}

/* The folder of two hexadecimal digits; made, and its name synced, when it is not there. */
static int open_folder(const struct tsk_blobs *blobs, const struct place *place, bool make, struct tsk_err *err)
{
    int folder = tsk_os->openat(blobs->dir, place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

    if (folder >= 0)
        return folder;
    if (errno != ENOENT)
        return disk_fail(blobs, "open a folder", err);
    if (!make)
        return tsk_fail(err, TSK_HOLD, 0, "file %s%.10s… is missing in the archive %s; restore it from a backup",
                        place->folder, place->name, blobs->path);
    if (tsk_os->mkdirat(blobs->dir, place->folder, 0700) != 0 && errno != EEXIST)
        return disk_fail(blobs, "make a folder", err);
    if (tsk_os->fsync(blobs->dir) != 0)
        return disk_fail(blobs, "sync", err);
    folder = tsk_os->openat(blobs->dir, place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    return folder >= 0 ? folder : disk_fail(blobs, "open a folder", err);
}

/* Opens an archived file and steps over its format byte. */
static int open_blob(const struct tsk_blobs *blobs, const struct place *place, struct tsk_err *err)
{
    unsigned char format = 0;
    int folder = open_folder(blobs, place, false, err);

    if (folder < 0)
        return -1;
    int fd = tsk_os->openat(folder, place->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
    int saved = errno;
    tsk_os->close(folder);
    if (fd < 0 && saved == ENOENT)
        return tsk_fail(err, TSK_HOLD, 0, "file %s%.10s… is missing in the archive %s; restore it from a backup",
                        place->folder, place->name, blobs->path);
    if (fd < 0) {
        errno = saved;
        return disk_fail(blobs, "open a file", err);
    }
    if (tsk_os->read(fd, &format, 1) != 1 || format != TSK_BLOB_PLAIN) {
        tsk_os->close(fd);
        return tsk_fail(err, TSK_HOLD, 0, "file %s%.10s… in the archive %s has no format that this program knows",
                        place->folder, place->name, blobs->path);
    }
    return fd;
}

static int read_blob(struct tsk_buf *out, const struct tsk_blobs *blobs, const char *sha256, struct tsk_err *err)
{
    struct place place;
    char actual[TSK_SHA256_HEX];
    size_t before = out->len;

    if (find_place(&place, sha256, err) != 0)
        return -1;
    int fd = open_blob(blobs, &place, err);
    if (fd < 0)
        return -1;
    int rc = tsk_fd_read(fd, "an archived file", out, err);
    tsk_os->close(fd);
    if (rc != 0)
        return -1;
    tsk_sha256_hex(tsk_buf_text(out) + before, out->len - before, actual);
    if (strcmp(actual, sha256) == 0)
        return 0;
    return tsk_fail(err, TSK_HOLD, 0,
                    "file %s%.10s… in the archive %s is damaged (its checksum differs); restore it from a backup",
                    place.folder, place.name, blobs->path);
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

/* Is there already a whole one? Its name may not be on disk yet if who wrote it died before the last step. */
static bool is_stored(const struct tsk_blobs *blobs, const struct place *place, int folder, const char *sha256)
{
    struct stat st;

    if (tsk_os->fstatat(folder, place->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    struct tsk_buf bytes = TSK_BUF(TSK_BLOB_MAX);
    bool whole = read_blob(&bytes, blobs, sha256, NULL) == 0;
    tsk_buf_free(&bytes);
    return whole;
}

static int write_new(const struct tsk_blobs *blobs, int folder, const struct place *place, const void *bytes,
                     size_t len, struct tsk_err *err)
{
    static const unsigned char format = TSK_BLOB_PLAIN;
    char id[TSK_ID_SIZE];
    char tmp[TSK_ID_SIZE + 8];

    tsk_id_new(id);
    snprintf(tmp, sizeof tmp, ".tmp-%s", id);
    int fd = tsk_os->openat(folder, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0400);
    if (fd < 0)
        return disk_fail(blobs, "create a file", err);
    int bad = tsk_write_all(fd, &format, 1) != 0 || tsk_write_all(fd, bytes, len) != 0 || tsk_os->fsync(fd) != 0;
    int saved = errno;
    if (tsk_os->close(fd) != 0 && !bad) {
        bad = 1;
        saved = errno;
    }
    if (!bad && tsk_os->renameat(folder, tmp, folder, place->name) != 0) {
        bad = 1;
        saved = errno;
    }
    if (bad) {
        tsk_os->unlinkat(folder, tmp, 0);
        errno = saved;
        return disk_fail(blobs, "write a file", err);
    }
    return tsk_os->fsync(folder) == 0 ? 0 : disk_fail(blobs, "sync a folder", err);
}

static int store_bytes(const struct tsk_blobs *blobs, const char *sha256, const void *bytes, size_t len,
                       struct tsk_err *err)
{
    struct place place;
    int rc;

    if (len > TSK_BLOB_MAX)
        return tsk_fail(err, TSK_REJECT, 0, "a file of %zu bytes is larger than the archive takes (%u)", len,
                        TSK_BLOB_MAX);
    if (find_place(&place, sha256, err) != 0)
        return -1;
    int folder = open_folder(blobs, &place, true, err);
    if (folder < 0)
        return -1;
    if (is_stored(blobs, &place, folder, sha256))
        rc = tsk_os->fsync(folder) == 0 && tsk_os->fsync(blobs->dir) == 0 ? 0 : disk_fail(blobs, "sync a folder", err);
    else
        rc = write_new(blobs, folder, &place, bytes, len, err);
    tsk_os->close(folder);
    return rc;
}

int tsk_blob_put(char sha256[TSK_SHA256_HEX], struct tsk_blobs *blobs, const void *bytes, size_t len,
                 struct tsk_err *err)
{
    tsk_sha256_hex(bytes, len, sha256);
    return store_bytes(blobs, sha256, bytes, len, err);
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
