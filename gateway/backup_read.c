/* backup_read - the inside of a backup, entry by entry, checked against its manifest; shared by verify and restore */
#include "gateway/backup_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "gateway/tar.h"
#include "gateway/tar_write.h"
#include "vault/seal.h"

struct reading {
    struct tsk_tar_reader tar;
    const struct tsk_backup_visitor *visitor;
    struct tsk_backup *out;
    struct tsk_buf seen, manifest; /* what was read, in the manifest's own words; and what it says */
    crypto_hash_sha256_state hash;
    char name[TSK_TAR_NAME_SIZE];
    uint64_t size;
    bool in_manifest;
};

static int begin(void *ctx, const char *name, uint64_t size, struct tsk_err *err)
{
    struct reading *r = ctx;

    if (r->manifest.len > 0 || r->in_manifest)
        return tsk_fail(err, TSK_HOLD, 0, "the file is damaged: something stands behind its manifest");
    r->in_manifest = strcmp(name, TSK_BACKUP_MANIFEST) == 0;
    snprintf(r->name, sizeof r->name, "%s", name);
    r->size = size;
    crypto_hash_sha256_init(&r->hash);
    if (r->in_manifest)
        return 0;
    r->out->documents += strncmp(name, "spool/", 6) == 0 && strstr(name, "/original") != NULL;
    return r->visitor != NULL ? r->visitor->begin(r->visitor->ctx, name, size, err) : 0;
}

static int bytes(void *ctx, const void *data, size_t len, struct tsk_err *err)
{
    struct reading *r = ctx;

    if (r->in_manifest) {
        tsk_buf_add(&r->manifest, data, len);
        return r->manifest.failed ? tsk_fail(err, TSK_HOLD, 0, "its manifest is too large") : 0;
    }
    crypto_hash_sha256_update(&r->hash, data, len);
    return r->visitor != NULL ? r->visitor->bytes(r->visitor->ctx, data, len, err) : 0;
}

static int end(void *ctx, struct tsk_err *err)
{
    struct reading *r = ctx;
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hex[TSK_SHA256_HEX];

    if (r->in_manifest)
        return 0;
    crypto_hash_sha256_final(&r->hash, digest);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    tsk_buf_printf(&r->seen, "%s %llu %s\n", hex, (unsigned long long)r->size, r->name);
    r->out->files++;
    r->out->bytes += r->size;
    return r->visitor != NULL ? r->visitor->end(r->visitor->ctx, err) : 0;
}

static int take(void *ctx, const void *data, size_t len, struct tsk_err *err)
{
    struct reading *r = ctx;

    return tsk_tar_take(&r->tar, data, len, err);
}

static int compare(const struct reading *r, struct tsk_err *err)
{
    if (tsk_tar_finish(&r->tar, err) != 0)
        return -1;
    if (!r->in_manifest || r->seen.failed || r->seen.len != r->manifest.len ||
        memcmp(tsk_buf_text(&r->seen), tsk_buf_text(&r->manifest), r->seen.len) != 0)
        return tsk_fail(err, TSK_HOLD, 0, "the file is damaged: what is in it is not what its manifest says");
    return 0;
}

int tsk_backup_read_fd(struct tsk_backup *out, struct tsk_buf *manifest, int fd, const char *what,
                       struct tsk_vault *vault, enum tsk_use use, const struct tsk_backup_visitor *visitor,
                       struct tsk_err *err)
{
    struct reading r = {
        .visitor = visitor, .out = out, .seen = TSK_BUF(TSK_MANIFEST_MAX), .manifest = TSK_BUF(TSK_MANIFEST_MAX)
    };
    int rc;

    *out = (struct tsk_backup){ .files = 0 };
    snprintf(out->path, sizeof out->path, "%s", what);
    r.tar.sink = (struct tsk_tar_sink){ .begin = begin, .bytes = bytes, .end = end, .ctx = &r };
    rc = tsk_unseal_fd(fd, what, vault, use, take, &r, err);
    if (rc == 0)
        rc = compare(&r, err);
    if (rc == 0 && manifest != NULL)
        tsk_buf_add(manifest, tsk_buf_text(&r.manifest), r.manifest.len);
    tsk_buf_free(&r.seen);
    tsk_buf_free(&r.manifest);
    return rc;
}

int tsk_backup_read(struct tsk_backup *out, struct tsk_buf *manifest, const char *path, struct tsk_vault *vault,
                    const struct tsk_backup_visitor *visitor, struct tsk_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

    *out = (struct tsk_backup){ .files = 0 };
    if (fd < 0)
        return tsk_fail(err, TSK_REJECT, errno, "cannot open %s", path);
    rc = tsk_backup_read_fd(out, manifest, fd, path, vault, TSK_USE_BACKUP, visitor, err);
    close(fd);
    return rc;
}

int tsk_backup_verify(struct tsk_backup *out, const char *path, struct tsk_vault *vault, struct tsk_err *err)
{
    return tsk_backup_read(out, NULL, path, vault, NULL, err);
}

int tsk_backup_unseal(const char *path, const struct tsk_site *site,
                      int (*give)(void *ctx, const void *bytes, size_t len, struct tsk_err *err), void *ctx,
                      struct tsk_err *err)
{
    struct tsk_vault *vault;
    int fd, rc;

    if (tsk_site_vault(&vault, site, err) != 0)
        return -1;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return tsk_fail(err, TSK_REJECT, errno, "cannot open %s", path);
    rc = tsk_unseal_fd(fd, path, vault, TSK_USE_BACKUP, give, ctx, err);
    close(fd);
    return rc;
}
