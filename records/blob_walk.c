/* blob_walk - every file of the archive in turn: sealed anew after the key changed, or for the first time */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/os.h"
#include "records/blob_place.h"
#include "vault/seal.h"

typedef int visit_file(void *ctx, struct tsk_blobs *blobs, const struct tsk_blob_place *place, int folder,
                       struct tsk_err *err);

static bool is_hex(const char *name, size_t len)
{
    return strlen(name) == len && strspn(name, "0123456789abcdef") == len;
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
static int list_names(struct names *out, int dir, size_t len)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;

    if (list == NULL) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    for (struct dirent *e = readdir(list); e != NULL && rc == 0; e = readdir(list))
        if (is_hex(e->d_name, len) && !add_name(out, e->d_name))
            rc = -1;
    closedir(list);
    return rc;
}

static int walk_folder(struct tsk_blobs *blobs, const char *name, visit_file *visit, void *ctx, struct tsk_err *err)
{
    int folder = tsk_blob_folder(blobs, name), rc;
    struct names files = { NULL, 0 };

    if (folder < 0)
        return tsk_blob_fail(blobs, "open a folder", err);
    rc = list_names(&files, folder, TSK_SHA256_HEX - 3) == 0 ? 0 : tsk_blob_fail(blobs, "list a folder", err);
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

static int walk(struct tsk_blobs *blobs, visit_file *visit, void *ctx, struct tsk_err *err)
{
    struct names folders = { NULL, 0 };
    int rc = list_names(&folders, blobs->dir, 2) == 0 ? 0 : tsk_blob_fail(blobs, "list the folders", err);

    for (size_t i = 0; i < folders.count && rc == 0; i++)
        rc = walk_folder(blobs, folders.items[i], visit, ctx, err);
    free_names(&folders);
    return rc;
}

/* Which key a file is under: "" = plain or no format of ours. false when it is gone. */
static bool key_of(char id[TSK_KEY_ID_SIZE], int folder, const char *name)
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

static int seal_one(void *ctx, struct tsk_blobs *blobs, const struct tsk_blob_place *found, int folder,
                    struct tsk_err *err)
{
    struct tsk_blob_place place = *found;
    struct tsk_blob_walk *out = ctx;
    struct tsk_buf bytes = TSK_BUF(TSK_BLOB_MAX);
    struct tsk_err local = { 0 };
    char id[TSK_KEY_ID_SIZE], sha256[TSK_SHA256_HEX];
    int rc = 0;

    if (!key_of(id, folder, place.name))
        return 0;
    out->files++;
    if (strcmp(id, tsk_vault_id(blobs->vault, 0)) == 0)
        return 0;
    place.sealed = id[0] != '\0';
    if (tsk_blob_read_at(&bytes, blobs, &place, &local) != 0) {
        if (local.kind == TSK_HOLD)
            tsk_log_err("-", "archive.damaged", &local);
        out->damaged += local.kind == TSK_HOLD;
        if (local.kind != TSK_HOLD && local.kind != TSK_REJECT) {
            *err = local;
            rc = -1;
        }
    } else if (!place.sealed && !is_named(&place, &bytes)) {
        tsk_fail(&local, TSK_HOLD, 0, "file %s%.10s… in the archive is damaged (its checksum differs)", place.folder,
                 place.name);
        tsk_log_err("-", "archive.damaged", &local);
        out->damaged++;
    } else if (tsk_blob_put(sha256, blobs, tsk_buf_text(&bytes), bytes.len, err) != 0) {
        rc = -1;
    } else {
        rc = remove_old(blobs, folder, place.name, err);
        out->sealed++;
    }
    tsk_buf_free(&bytes);
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
    return tsk_vault_refresh(blobs->vault, err) != 0 ? -1 : walk(blobs, seal_one, out, err);
}

static int count_one(void *ctx, struct tsk_blobs *blobs, const struct tsk_blob_place *place, int folder,
                     struct tsk_err *err)
{
    char id[TSK_KEY_ID_SIZE];
    long *count = ctx;

    (void)err;
    if (key_of(id, folder, place->name) && (blobs->vault == NULL || strcmp(id, tsk_vault_id(blobs->vault, 0)) != 0))
        ++*count;
    return 0;
}

long tsk_blobs_unsealed(struct tsk_blobs *blobs, struct tsk_err *err)
{
    long count = 0;

    return walk(blobs, count_one, &count, err) == 0 ? count : -1;
}
