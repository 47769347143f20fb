#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/os.h"
#include "gateway/backup.h"
#include "gateway/backup_name.h"
#include "gateway/site_routing.h"
#include "gateway/spool_site.h"
#include "gateway/spool_tar.h"
#include "gateway/tar.h"
#include "records/blob_refs.h"

#define ARENA_BYTES ((size_t)512 << 20)
#define DEPTH_MAX 16
#define LOOKS_MAX 8

struct writer {
    const struct tsk_site *site;
    struct tsk_vault *vault;
    struct tsk_backup *done;
    struct tsk_tar_writer tar;
};

static bool is_key(const struct writer *w, const struct stat *st)
{
    struct stat key;

    return stat(w->site->key, &key) == 0 && key.st_dev == st->st_dev && key.st_ino == st->st_ino;
}

static int add_file_at(struct writer *w, int dir, const char *entry, const char *name, struct tsk_err *err)
{
    /* A package keeps the configuration in /etc and links to it. */
    int follow = strcmp(name, "site/tasuki.yaml") == 0 ? 0 : O_NOFOLLOW;
    int fd = openat(dir, entry, O_RDONLY | O_CLOEXEC | O_NONBLOCK | follow), rc = 0;
    struct stat st;

    if (fd < 0) /* gone meanwhile, or a link: neither belongs to the site */
        return errno == ENOENT || errno == ELOOP ? 0 : tsk_fail(err, TSK_RETRY, errno, "cannot open %s", name);
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !is_key(w, &st))
        rc = tsk_tar_fd(&w->tar, name, fd, (uint64_t)st.st_size, err);
    close(fd);
    return rc;
}

/* What is copied in a way of its own, can be made again, or is not accepted yet. */
static bool is_left_out(const struct writer *w, const char *name)
{
    static const char *const own[] = { "spool", "archive", "store", "run", "cache" };

    for (size_t i = 0; i < TSK_COUNT(own); i++)
        if (strcmp(name, own[i]) == 0)
            return true;
    for (size_t i = 0; i < w->site->config->source_count; i++) {
        const char *folder = w->site->config->sources[i].folder;

        if (folder[0] != '\0' && strcmp(folder, name) == 0)
            return true;
    }
    return strstr(name, "/.tmp-") != NULL || strncmp(name, ".tmp-", 5) == 0;
}

static int add_folder(struct writer *w, int parent, const char *entry, const char *name, int depth,
                      struct tsk_err *err);

static int add_entry(struct writer *w, int dir, const char *entry, const char *name, int depth, struct tsk_err *err)
{
    char full[TSK_TAR_NAME_SIZE + 16];
    struct stat st;

    if (is_left_out(w, name) || fstatat(dir, entry, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    if (S_ISDIR(st.st_mode))
        return add_folder(w, dir, entry, name, depth + 1, err);
    snprintf(full, sizeof full, "site/%s", name);
    return add_file_at(w, dir, entry, full, err);
}

static int add_folder(struct writer *w, int parent, const char *entry, const char *name, int depth, struct tsk_err *err)
{
    int fd = depth <= DEPTH_MAX ? openat(parent, entry, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW) : -1, rc = 0;
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;

    if (list == NULL)
        return depth > DEPTH_MAX ? 0 : tsk_fail(err, TSK_RETRY, errno, "cannot list %s", name);
    for (struct dirent *e = readdir(list); e != NULL && rc == 0; e = readdir(list)) {
        char below[TSK_TAR_NAME_SIZE];

        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (snprintf(below, sizeof below, "%s%s%s", name, name[0] != '\0' ? "/" : "", e->d_name) < (int)sizeof below)
            rc = add_entry(w, dirfd(list), e->d_name, below, depth, err);
    }
    closedir(list);
    return rc;
}

struct ids {
    char (*items)[TSK_ID_SIZE];
    size_t count;
};

static bool add_id(struct ids *ids, const char *id)
{
    char(*more)[TSK_ID_SIZE];

    for (size_t i = 0; i < ids->count; i++)
        if (strcmp(ids->items[i], id) == 0)
            return true;
    more = realloc(ids->items, (ids->count + 1) * sizeof *more);
    if (more == NULL)
        return false;
    ids->items = more;
    memcpy(more[ids->count++], id, TSK_ID_SIZE);
    return true;
}

/* Until two looks see the same: a document that moves between two folders while they are listed is seen by the second. */
static int list_documents(struct ids *ids, struct tsk_spool *spool, struct tsk_err *err)
{
    static const enum tsk_spool_state states[] = { TSK_SPOOL_INCOMING, TSK_SPOOL_READING, TSK_SPOOL_HELD };

    for (int look = 0; look < LOOKS_MAX; look++) {
        size_t before = ids->count;

        for (size_t s = 0; s < TSK_COUNT(states); s++) {
            struct tsk_spool_entry *entries;
            size_t count;

            if (tsk_spool_list(spool, states[s], &entries, &count, err) != 0)
                return -1;
            for (size_t i = 0; i < count; i++)
                if (!add_id(ids, entries[i].envelope.id)) {
                    tsk_spool_list_free(&entries);
                    return tsk_fail(err, TSK_RETRY, 0, "out of memory");
                }
            tsk_spool_list_free(&entries);
        }
        if (look > 0 && ids->count == before)
            break;
    }
    return 0;
}

static int add_spool(struct writer *w, struct tsk_err *err)
{
    struct tsk_spool *spool = NULL;
    struct ids ids = { NULL, 0 };
    int rc = tsk_site_spool_open(&spool, w->site, err) != 0 ? -1 : list_documents(&ids, spool, err);

    for (size_t i = 0; i < ids.count && rc == 0; i++) {
        rc = tsk_tar_document(&w->tar, spool, ids.items[i], err);
        w->done->documents += rc == 1;
        rc = rc < 0 ? -1 : 0;
    }
    free(ids.items);
    tsk_spool_close(&spool);
    return rc;
}

/* Beside the database itself, whose volume it shares: the copy is no weaker than what it is a copy of. */
static int add_store(struct writer *w, struct tsk_store *store, struct tsk_err *err)
{
    char *folder = tsk_site_path(w->site, "store"), id[TSK_ID_SIZE], name[TSK_ID_SIZE + 16];
    char path[PATH_MAX];
    int dir, rc;

    if (folder == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    tsk_id_new(id);
    snprintf(name, sizeof name, ".tmp-%s.db", id);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    dir = tsk_dir_open(folder, err);
    rc = dir < 0 ? -1 : tsk_store_copy(store, path, err);
    if (rc == 0)
        rc = add_file_at(w, dir, name, "store/tasuki.db", err);
    if (dir >= 0) {
        unlinkat(dir, name, 0);
        close(dir);
    }
    free(folder);
    return rc;
}

static int add_blob(struct writer *w, struct tsk_blobs *blobs, const struct tsk_blob_ref *ref, struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF(TSK_BLOB_MAX);
    char name[TSK_SHA256_HEX + 16];
    struct tsk_err local = { 0 };
    int rc = 0;

    snprintf(name, sizeof name, "archive/%s", ref->sha256);
    if (tsk_blob_get(&bytes, blobs, ref->sha256, &local) == 0) {
        rc = tsk_tar_buf(&w->tar, name, tsk_buf_text(&bytes), bytes.len, err);
    } else if (local.kind != TSK_HOLD) {
        *err = local;
        rc = -1;
    } else if (!ref->may_lack) { /* what is left is worth a backup all the same; the caller tells */
        tsk_log_err(ref->document, "backup.lacking", &local);
        w->done->lacking++;
    }
    tsk_buf_free(&bytes);
    return rc;
}

static int by_sha256(const void *a, const void *b)
{
    return strcmp(((const struct tsk_blob_ref *)a)->sha256, ((const struct tsk_blob_ref *)b)->sha256);
}

static int add_archive(struct writer *w, struct tsk_store *store, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    struct tsk_blobs *blobs = NULL;
    struct tsk_blob_refs refs = { .count = 0 };
    int rc;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    rc = tsk_site_blobs_open(&blobs, w->site, err) != 0 ? -1 : tsk_blob_refs(&refs, store, arena, err);
    if (refs.count > 0)
        qsort(refs.items, refs.count, sizeof *refs.items, by_sha256);
    for (size_t i = 0; i < refs.count && rc == 0; i++)
        if (i == 0 || strcmp(refs.items[i].sha256, refs.items[i - 1].sha256) != 0)
            rc = add_blob(w, blobs, &refs.items[i], err);
    tsk_blobs_close(&blobs);
    tsk_arena_free(&arena);
    return rc;
}

static int add_all(struct writer *w, struct tsk_err *err)
{
    struct tsk_records *records = NULL;
    int rc = tsk_records_open(&records, w->site, err);

    if (rc == 0)
        rc = add_folder(w, AT_FDCWD, w->site->dir, "", 0, err) != 0 || add_spool(w, err) != 0 ||
                     add_store(w, records->store, err) != 0 || add_archive(w, records->store, err) != 0 ||
                     tsk_tar_close(&w->tar, TSK_BACKUP_MANIFEST, err) != 0
                 ? -1
                 : 0;
    tsk_records_close(&records);
    w->done->files = w->tar.files;
    w->done->bytes = w->tar.bytes;
    return rc;
}

static int write_file(struct writer *w, int fd, struct tsk_err *err)
{
    if (tsk_seal_start(&w->tar.sealer, w->vault, TSK_USE_BACKUP, fd, err) != 0)
        return -1;
    if (add_all(w, err) != 0) {
        tsk_seal_drop(&w->tar.sealer);
        return -1;
    }
    if (tsk_seal_end(&w->tar.sealer, err) != 0)
        return -1;
    return tsk_os->fsync(fd) == 0 ? 0 : tsk_fail(err, TSK_RETRY, errno, "the disk did not take the backup");
}

/* Old keys are in it, closed under the present one: with the paper of today every generation opens. */
static int put_keyring(const struct tsk_site *site, int folder, struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF((size_t)1 << 16);
    int rc = 0;

    if (access(site->keyring, F_OK) == 0)
        rc = tsk_file_read(site->keyring, &bytes, err) != 0
                 ? -1
                 : tsk_file_put(folder, "keyring", tsk_buf_text(&bytes), bytes.len, 0600, err);
    tsk_buf_free(&bytes);
    return rc;
}

static int read_again(const struct tsk_backup *out, const char *path, struct tsk_vault *vault, struct tsk_err *err)
{
    struct tsk_backup seen;

    if (tsk_backup_verify(&seen, path, vault, err) != 0)
        return -1;
    return seen.files == out->files && seen.bytes == out->bytes
               ? 0
               : tsk_fail(err, TSK_RETRY, 0, "the backup that was read again is not the one that was written");
}

static int make_in(struct tsk_backup *out, const struct tsk_site *site, const char *path, int folder, int64_t began_ms,
                   struct tsk_err *err)
{
    struct writer w = { .site = site, .done = out, .tar = { .manifest = TSK_BUF(TSK_MANIFEST_MAX) } };
    char tmp[TSK_ID_SIZE + 16], id[TSK_ID_SIZE], whole[PATH_MAX + TSK_ID_SIZE + 32];
    int fd, rc;

    if (tsk_site_vault(&w.vault, site, err) != 0)
        return -1;
    if (w.vault == NULL)
        return tsk_fail(err, TSK_REJECT, 0,
                        "a backup is never written in the clear: this site has no key; tasuki key init");
    tsk_id_new(id);
    snprintf(tmp, sizeof tmp, ".tmp-%s", id);
    snprintf(whole, sizeof whole, "%s/%s", path, tmp);
    fd = tsk_os->openat(folder, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot write into %s", path);
    rc = write_file(&w, fd, err);
    if (tsk_os->close(fd) != 0 && rc == 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "the disk did not take the backup");
    if (rc == 0)
        rc = read_again(out, whole, w.vault, err);
    if (rc == 0)
        rc = tsk_backup_give_name(out, folder, tmp, path, began_ms, err);
    if (rc == 0)
        rc = put_keyring(site, folder, err);
    if (rc != 0)
        tsk_os->unlinkat(folder, tmp, 0);
    tsk_buf_free(&w.tar.manifest);
    return rc;
}

int tsk_backup_make(struct tsk_backup *out, const struct tsk_site *site, const char *folder, struct tsk_err *err)
{
    int64_t began_ms = tsk_wall_ms();
    int dir, rc;

    *out = (struct tsk_backup){ .files = 0 };
    dir = tsk_dir_open(folder, err);
    if (dir < 0)
        return -1;
    rc = make_in(out, site, folder, dir, began_ms, err);
    close(dir);
    return rc;
}
