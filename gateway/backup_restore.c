#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"
#include "gateway/backup_read.h"
#include "gateway/keys.h"
#include "gateway/purge_log.h"
#include "gateway/restore_place.h"
#include "gateway/spool_site.h"
#include "gateway/tar.h"
#include "records/purge.h"
#include "records/store.h"

#define ENVELOPE_MAX ((size_t)1 << 20)

enum part { PART_FILE, PART_BLOB, PART_ENVELOPE, PART_REASON, PART_ORIGINAL };

struct restorer {
    const char *dir;
    struct tsk_vault *vault;
    struct tsk_blobs *blobs;
    struct tsk_spool *spool;
    /* of the entry that is being read */
    enum part part;
    char name[TSK_TAR_NAME_SIZE];
    int fd;               /* of a file, or of memory */
    struct tsk_buf bytes; /* of what is not written as it comes */
    /* of the document whose original follows */
    struct tsk_buf envelope, reason;
    char id[TSK_ID_SIZE];
    enum tsk_spool_state state;
};

static enum part part_of(const char *name)
{
    const char *last = strrchr(name, '/');

    if (strncmp(name, "archive/", 8) == 0)
        return PART_BLOB;
    if (strncmp(name, "spool/", 6) != 0 || last == NULL)
        return PART_FILE;
    return strcmp(last, "/envelope.json") == 0 ? PART_ENVELOPE
           : strcmp(last, "/reason") == 0      ? PART_REASON
                                               : PART_ORIGINAL;
}

/* spool/STATE/ID/… */
static int take_id(struct restorer *r, struct tsk_err *err)
{
    const char *state = r->name + strlen("spool/"), *slash = strchr(state, '/');

    if (slash == NULL || strlen(slash + 1) < TSK_ID_SIZE)
        return tsk_fail(err, TSK_HOLD, 0, "the backup is damaged: %s", r->name);
    r->state = strncmp(state, "held/", 5) == 0 ? TSK_SPOOL_HELD : TSK_SPOOL_INCOMING;
    snprintf(r->id, sizeof r->id, "%.26s", slash + 1);
    return 0;
}

/* site/PATH is PATH in the new site, or waits to be that; store/tasuki.db is itself. */
static int open_file(struct restorer *r, struct tsk_err *err)
{
    const char *inner = strncmp(r->name, "site/", 5) == 0 ? r->name + 5 : r->name;
    bool config = strcmp(inner, "tasuki.yaml") == 0;
    char path[PATH_MAX], folder[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/%s%s", r->dir, config ? TSK_RESTORING "/" : "", inner) >= (int)sizeof path)
        return tsk_fail(err, TSK_REJECT, ENAMETOOLONG, "cannot restore %s", inner);
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    if (tsk_dir_make(folder, 0700, err) != 0)
        return -1;
    r->fd = tsk_os->openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, config ? 0640 : 0600);
    return r->fd >= 0 ? 0 : tsk_fail(err, TSK_RETRY, errno, "cannot make %s", path);
}

static int begin(void *ctx, const char *name, uint64_t size, struct tsk_err *err)
{
    struct restorer *r = ctx;

    (void)size;
    snprintf(r->name, sizeof r->name, "%s", name);
    r->part = part_of(name);
    tsk_buf_reset(&r->bytes);
    if (r->part == PART_FILE)
        return open_file(r, err);
    if (r->part == PART_ENVELOPE)
        tsk_buf_reset(&r->reason);
    if (r->part == PART_BLOB)
        return 0;
    if (r->part == PART_ORIGINAL && (r->fd = memfd_create("original", MFD_CLOEXEC)) < 0)
        return tsk_fail(err, TSK_RETRY, errno, "no memory for a document");
    return take_id(r, err);
}

static int bytes(void *ctx, const void *data, size_t len, struct tsk_err *err)
{
    struct restorer *r = ctx;

    if (r->part == PART_FILE || r->part == PART_ORIGINAL)
        return tsk_write_all(r->fd, data, len) == 0 ? 0 : tsk_fail(err, TSK_RETRY, errno, "cannot write %s", r->name);
    tsk_buf_add(&r->bytes, data, len);
    return r->bytes.failed ? tsk_fail(err, TSK_HOLD, 0, "%s in the backup is too large", r->name) : 0;
}

static int close_file(struct restorer *r, struct tsk_err *err)
{
    int rc = tsk_os->fsync(r->fd);

    if (tsk_os->close(r->fd) != 0)
        rc = -1;
    r->fd = -1;
    return rc == 0 ? 0 : tsk_fail(err, TSK_RETRY, errno, "the disk did not take %s", r->name);
}

static int put_blob(struct restorer *r, struct tsk_err *err)
{
    char sha256[TSK_SHA256_HEX];

    return tsk_blob_put(sha256, r->blobs, tsk_buf_text(&r->bytes), r->bytes.len, err);
}

static int put_document(struct restorer *r, struct tsk_err *err)
{
    int rc = lseek(r->fd, 0, SEEK_SET) == 0
                 ? tsk_spool_import(r->spool, r->state, r->id, &r->envelope, r->fd, tsk_buf_text(&r->reason), err)
                 : tsk_fail(err, TSK_RETRY, errno, "cannot read a document");

    close(r->fd);
    r->fd = -1;
    return rc;
}

static void keep(struct tsk_buf *to, const struct tsk_buf *from)
{
    tsk_buf_reset(to);
    tsk_buf_add(to, tsk_buf_text(from), from->len);
}

static int end(void *ctx, struct tsk_err *err)
{
    struct restorer *r = ctx;

    switch (r->part) {
    case PART_FILE:
        return close_file(r, err);
    case PART_BLOB:
        return put_blob(r, err);
    case PART_ENVELOPE:
        keep(&r->envelope, &r->bytes);
        return 0;
    case PART_REASON:
        keep(&r->reason, &r->bytes);
        return 0;
    case PART_ORIGINAL:
        return put_document(r, err);
    }
    return 0;
}

static int open_parts(struct restorer *r, struct tsk_err *err)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/archive", r->dir);
    if (tsk_blobs_open(&r->blobs, path, r->vault, err) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/spool", r->dir);
    return tsk_spool_open(&r->spool, path, r->vault, NULL, err);
}

static int unpack(struct tsk_restored *out, const struct tsk_restore_wish *wish, struct tsk_vault *vault,
                  struct tsk_err *err)
{
    struct restorer r = { .dir = wish->dir,
                          .vault = vault,
                          .fd = -1,
                          .bytes = TSK_BUF(TSK_BLOB_MAX),
                          .envelope = TSK_BUF(ENVELOPE_MAX),
                          .reason = TSK_BUF(4096) };
    const struct tsk_backup_visitor visitor = { begin, bytes, end, &r };
    struct tsk_buf manifest = TSK_BUF((size_t)256 << 20);
    char path[PATH_MAX];
    int rc = open_parts(&r, err);

    if (rc == 0)
        rc = tsk_backup_read(&out->backup, &manifest, wish->path, vault, &visitor, err);
    snprintf(path, sizeof path, "%s/" TSK_RESTORED, wish->dir);
    if (rc == 0)
        rc = tsk_file_put_path(path, tsk_buf_text(&manifest), manifest.len, 0600, err);
    if (r.fd >= 0)
        close(r.fd);
    tsk_blobs_close(&r.blobs);
    tsk_spool_close(&r.spool);
    tsk_buf_free(&r.bytes);
    tsk_buf_free(&r.envelope);
    tsk_buf_free(&r.reason);
    tsk_buf_free(&manifest);
    return rc;
}

static void beside(char out[PATH_MAX], const char *backup, const char *name)
{
    const char *slash = strrchr(backup, '/');

    snprintf(out, PATH_MAX, "%.*s%s", slash != NULL ? (int)(slash + 1 - backup) : 0, backup, name);
}

static int open_target(struct tsk_purge_target *target, const char *dir, struct tsk_err *err)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/archive", dir);
    if (tsk_blobs_open(&target->blobs, path, target->vault, err) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/spool", dir);
    if (tsk_spool_open(&target->spool, path, target->vault, NULL, err) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/store/tasuki.db", dir);
    if (tsk_store_open(&target->store, path, err) != 0)
        return -1;
    tsk_store_keys(target->store, target->vault);
    return 0;
}

static int apply_purges(struct tsk_restored *out, const struct tsk_restore_wish *wish, struct tsk_vault *vault,
                        struct tsk_err *err)
{
    struct tsk_purge_target target = { .vault = vault };
    char log[PATH_MAX];
    int rc;

    beside(log, wish->path, TSK_PURGE_LOG);
    if (wish->purge_log != NULL)
        snprintf(log, sizeof log, "%s", wish->purge_log);
    if (access(log, F_OK) != 0)
        return wish->purge_log == NULL ? 0 : tsk_fail(err, TSK_REJECT, errno, "cannot read %s", log);
    if (open_target(&target, wish->dir, err) == 0)
        out->purged = tsk_purge_apply(log, &target, err);
    rc = target.store == NULL || out->purged < 0 ? -1 : 0;
    if (rc == 0 && out->purged > 0)
        rc = tsk_store_compact(target.store, err);
    tsk_store_close(&target.store);
    tsk_spool_close(&target.spool);
    tsk_blobs_close(&target.blobs);
    return rc;
}

static const struct passwd *owner; /* for nftw(), which passes no context on */

static int give_to_owner(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return lchown(path, owner->pw_uid, owner->pw_gid);
}

/* What was in them was not accepted; the folders themselves are needed. */
static int make_inboxes(const char *dir, const struct tsk_config *config, struct tsk_err *err)
{
    for (size_t i = 0; i < config->source_count; i++) {
        const char *folder = config->sources[i].folder;
        char path[PATH_MAX];

        if (folder[0] == '\0' || folder[0] == '/')
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, folder);
        if (tsk_dir_make(path, 0770, err) != 0)
            return -1;
    }
    return 0;
}

/* Started as root, everything becomes the property of the user that the restored configuration names. */
static int settle(const char *dir, struct tsk_err *err)
{
    const struct tsk_config *config;
    char path[PATH_MAX];
    int rc;

    snprintf(path, sizeof path, "%s/" TSK_RESTORING "/tasuki.yaml", dir);
    if (tsk_config_load(&config, path, err) != 0)
        return -1;
    rc = make_inboxes(dir, config, err);
    owner = geteuid() == 0 && config->user[0] != '\0' ? getpwnam(config->user) : NULL;
    tsk_config_free(&config);
    if (rc != 0 || owner == NULL || nftw(dir, give_to_owner, 16, FTW_PHYS) == 0)
        return rc;
    return tsk_fail(err, TSK_STOP, errno, "cannot give %s to the user \"%s\"", dir, owner->pw_name);
}

static int fill(struct tsk_restored *out, const struct tsk_restore_wish *wish, struct tsk_vault *vault,
                struct tsk_err *err)
{
    char ring[PATH_MAX], spare[PATH_MAX];

    if (unpack(out, wish, vault, err) != 0)
        return -1;
    snprintf(ring, sizeof ring, "%s/keyring", wish->dir);
    beside(spare, wish->path, "keyring");
    if (tsk_keys_take_over(wish->key, ring, spare, err) != 0 || apply_purges(out, wish, vault, err) != 0)
        return -1;
    return settle(wish->dir, err);
}

static int restore(struct tsk_restored *out, const struct tsk_restore_wish *wish, struct tsk_vault *vault,
                   struct tsk_err *err)
{
    if (tsk_backup_verify(&out->backup, wish->path, vault, err) != 0 || tsk_restore_begin(wish->dir, err) != 0)
        return -1;
    if (fill(out, wish, vault, err) == 0 && tsk_restore_finish(wish->dir, err) == 0)
        return 0;
    tsk_restore_undo(wish->dir);
    return -1;
}

int tsk_backup_restore(struct tsk_restored *out, const struct tsk_restore_wish *wish, struct tsk_err *err)
{
    char ring[PATH_MAX];
    struct tsk_vault *vault;
    int rc;

    *out = (struct tsk_restored){ .purged = 0 };
    beside(ring, wish->path, "keyring");
    /* A ring of another key is no hindrance: an older paper opens what was made in its time. */
    if (tsk_vault_open(&vault, wish->key, access(ring, F_OK) == 0 ? ring : NULL, err) != 0 &&
        tsk_vault_open(&vault, wish->key, NULL, err) != 0)
        return -1;
    umask(077);
    rc = restore(out, wish, vault, err);
    tsk_vault_close(&vault);
    return rc;
}
