/* blob_walk - every file of the archive in turn: sealed anew after the key changed, or for the first time */
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
#include "records/blob_place.h"
#include "vault/seal.h"

typedef int visit_file(void *ctx, struct tsk_blobs *blobs, const struct tsk_blob_place *place, int folder,
                       struct tsk_err *err);

#define LOCK_WAIT_MS 60000

typedef int visit_folder(struct tsk_blobs *blobs, int folder, struct tsk_err *err);
typedef bool is_wanted(const char *name);

static bool is_hex(const char *name, size_t len)
{
    return strlen(name) == len && strspn(name, "0123456789abcdef") == len;
}

static bool is_folder(const char *name)
{
    return is_hex(name, 2);
}

static bool is_file(const char *name)
{
    return is_hex(name, TSK_SHA256_HEX - 3);
}

static bool is_half_written(const char *name)
{
    return strncmp(name, TSK_BLOB_TMP, strlen(TSK_BLOB_TMP)) == 0;
}

struct names {
    char **items;
    size_t count;
};

static bool add_name(struct names *names, const char *name)
{
    char **more = realloc(names->items, (names->count + 1) * sizeof *more);

    if (more == NULL)
        return false;
    names->items = more;
    more[names->count] = strdup(name);
    if (more[names->count] == NULL)
        return false;
    names->count++;
    return true;
}

static void free_names(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

/* Whole names first: a walk that writes into the folder must not meet its own files for ever. 0, or -1 with errno. */
static int list_names(struct names *out, int dir, is_wanted *wanted)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;

    if (list == NULL) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    for (struct dirent *e = readdir(list); e != NULL && rc == 0; e = readdir(list))
        if (wanted(e->d_name) && !add_name(out, e->d_name))
            rc = -1;
    closedir(list);
    return rc;
}

/* enter: what is done with a folder before its files are listed; NULL = nothing */
static int walk_folder(struct tsk_blobs *blobs, const char *name, visit_folder *enter, visit_file *visit, void *ctx,
                       struct tsk_err *err)
{
    int folder = tsk_blob_folder(blobs, name), rc = 0;
    struct names files = { NULL, 0 };

    if (folder < 0)
        return tsk_blob_fail(blobs, "open a folder", err);
    if (enter != NULL)
        rc = enter(blobs, folder, err);
    if (rc == 0 && list_names(&files, folder, is_file) != 0)
        rc = tsk_blob_fail(blobs, "list a folder", err);
    for (size_t i = 0; i < files.count && rc == 0; i++) {
        struct tsk_blob_place place = { .sealed = false };

        snprintf(place.folder, sizeof place.folder, "%s", name);
        snprintf(place.name, sizeof place.name, "%s", files.items[i]);
        rc = visit(ctx, blobs, &place, folder, err);
    }
    free_names(&files);
    tsk_os->close(folder);
    return rc;
}

static int walk(struct tsk_blobs *blobs, visit_folder *enter, visit_file *visit, void *ctx, struct tsk_err *err)
{
    struct names folders = { NULL, 0 };
    int rc = list_names(&folders, blobs->dir, is_folder) == 0 ? 0 : tsk_blob_fail(blobs, "list the folders", err);

    for (size_t i = 0; i < folders.count && rc == 0; i++)
        rc = walk_folder(blobs, folders.items[i], enter, visit, ctx, err);
    free_names(&folders);
    return rc;
}

static int remove_old(struct tsk_blobs *blobs, int folder, const char *name, struct tsk_err *err)
{
    if (tsk_os->unlinkat(folder, name, 0) == 0 || errno == ENOENT)
        return tsk_os->fsync(folder) == 0 ? 0 : tsk_blob_fail(blobs, "sync a folder", err);
    return tsk_blob_fail(blobs, "remove a file", err);
}

/* A plain file's name is its checksum. */
static bool is_named(const struct tsk_blob_place *place, const struct tsk_buf *bytes)
{
    char sha256[TSK_SHA256_HEX];

    tsk_sha256_hex(tsk_buf_text(bytes), bytes->len, sha256);
    return strncmp(sha256, place->folder, 2) == 0 && strcmp(sha256 + 2, place->name) == 0;
}

static int note_damage(struct tsk_blob_walk *out, const struct tsk_err *why)
{
    tsk_log_err("-", "archive.damaged", why);
    out->damaged++;
    return 0;
}

/* A file that stays under its name, because only what it was sealed with was an older key, was replaced by the new one. */
static int put_anew(struct tsk_blobs *blobs, const struct tsk_blob_place *old, int folder, const struct tsk_buf *bytes,
                    struct tsk_err *err)
{
    struct tsk_blob_place place;
    char sha256[TSK_SHA256_HEX];

    tsk_sha256_hex(tsk_buf_text(bytes), bytes->len, sha256);
    if (tsk_blob_store(&place, blobs, sha256, tsk_buf_text(bytes), bytes->len, err) != 0)
        return -1;
    return strcmp(place.folder, old->folder) == 0 && strcmp(place.name, old->name) == 0
               ? 0
               : remove_old(blobs, folder, old->name, err);
}

/* The archive is held, so that disposal does not take the one place away while the other one is not there yet. */
static int seal_held(struct tsk_blob_walk *out, struct tsk_blobs *blobs, const struct tsk_blob_place *place, int folder,
                     struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF(TSK_BLOB_MAX);
    struct tsk_err local = { 0 };
    int rc = 0;

    if (tsk_blob_read_at(&bytes, blobs, place, &local) != 0) {
        if (local.kind == TSK_HOLD)
            rc = note_damage(out, &local);
        else if (local.kind != TSK_REJECT)
            rc = tsk_fail(err, local.kind, 0, "%s", local.text);
    } else if (!place->sealed && !is_named(place, &bytes)) {
        tsk_fail(&local, TSK_HOLD, 0, "file %s%.10s… in the archive is damaged (its checksum differs)", place->folder,
                 place->name);
        rc = note_damage(out, &local);
    } else {
        rc = put_anew(blobs, place, folder, &bytes, err);
        out->sealed += rc == 0;
    }
    tsk_buf_free(&bytes);
    return rc;
}

/* With the keys of now: who goes by those of the walk's beginning would take a file of a newer key for one of an older. */
static int is_current(bool *is, struct tsk_blobs *blobs, const char *id, struct tsk_err *err)
{
    *is = strcmp(id, tsk_vault_id(blobs->vault, 0)) == 0;
    if (*is)
        return 0;
    if (tsk_vault_refresh(blobs->vault, err) != 0)
        return -1;
    *is = strcmp(id, tsk_vault_id(blobs->vault, 0)) == 0;
    return 0;
}

static int seal_one(void *ctx, struct tsk_blobs *blobs, const struct tsk_blob_place *found, int folder,
                    struct tsk_err *err)
{
    struct tsk_blob_place place = *found;
    struct tsk_blob_walk *out = ctx;
    char id[TSK_KEY_ID_SIZE];
    bool current;
    int rc;

    if (!tsk_blob_key(id, folder, place.name))
        return 0;
    out->files++;
    if (is_current(&current, blobs, id, err) != 0)
        return -1;
    if (current)
        return 0;
    place.sealed = id[0] != '\0';
    if (tsk_blobs_hold(blobs, err) != 0)
        return -1;
    rc = seal_held(out, blobs, &place, folder, err);
    tsk_blobs_release(blobs);
    return rc;
}

/* Alone in the folder for an instant: whoever writes in it now has the key of now, and what is half-written nobody goes on with. */
static int settle(struct tsk_blobs *blobs, int folder, struct tsk_err *err)
{
    struct names left = { NULL, 0 };
    int rc;

    if (tsk_lock(folder, LOCK_EX, LOCK_WAIT_MS) != 0)
        return tsk_blob_fail(blobs, "lock a folder", err);
    rc = list_names(&left, folder, is_half_written) == 0 ? 0 : tsk_blob_fail(blobs, "list a folder", err);
    for (size_t i = 0; i < left.count && rc == 0; i++)
        if (tsk_os->unlinkat(folder, left.items[i], 0) != 0 && errno != ENOENT)
            rc = tsk_blob_fail(blobs, "remove a half-written file", err);
    if (rc == 0 && left.count > 0 && tsk_os->fsync(folder) != 0)
        rc = tsk_blob_fail(blobs, "sync a folder", err);
    flock(folder, LOCK_UN);
    free_names(&left);
    return rc;
}

int tsk_blobs_seal_all(struct tsk_blob_walk *out, struct tsk_blobs *blobs, struct tsk_err *err)
{
    struct tsk_err local;

    *out = (struct tsk_blob_walk){ .files = 0 };
    if (err == NULL)
        err = &local;
    if (blobs->vault == NULL)
        return 0;
    return tsk_vault_refresh(blobs->vault, err) != 0 ? -1 : walk(blobs, settle, seal_one, out, err);
}

static int count_one(void *ctx, struct tsk_blobs *blobs, const struct tsk_blob_place *place, int folder,
                     struct tsk_err *err)
{
    char id[TSK_KEY_ID_SIZE];
    bool current = false;
    long *count = ctx;

    if (!tsk_blob_key(id, folder, place->name))
        return 0;
    if (blobs->vault != NULL && is_current(&current, blobs, id, err) != 0)
        return -1;
    *count += !current;
    return 0;
}

long tsk_blobs_unsealed(struct tsk_blobs *blobs, struct tsk_err *err)
{
    long count = 0;

    return walk(blobs, NULL, count_one, &count, err) == 0 ? count : -1;
}
