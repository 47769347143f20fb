#include "gateway/tar_write.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "gateway/tar.h"

int tsk_tar_bytes(struct tsk_tar_writer *w, const void *bytes, size_t len, struct tsk_err *err)
{
    crypto_hash_sha256_update(&w->hash, bytes, len);
    return tsk_seal_add(w->sealer, bytes, len, err);
}

int tsk_tar_begin(struct tsk_tar_writer *w, const char *name, uint64_t size, struct tsk_err *err)
{
    unsigned char head[TSK_TAR_BLOCK];

    crypto_hash_sha256_init(&w->hash);
    return tsk_tar_head(head, name, size, tsk_wall_ms() / 1000, err) != 0
               ? -1
               : tsk_seal_add(w->sealer, head, sizeof head, err);
}

int tsk_tar_end(struct tsk_tar_writer *w, const char *name, uint64_t size, struct tsk_err *err)
{
    static const unsigned char zeros[TSK_TAR_BLOCK];
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hex[TSK_SHA256_HEX];

    crypto_hash_sha256_final(&w->hash, digest);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    tsk_buf_printf(&w->manifest, "%s %llu %s\n", hex, (unsigned long long)size, name);
    w->files++;
    w->bytes += size;
    if (w->manifest.failed)
        return tsk_fail(err, TSK_REJECT, 0, "there are too many files for one archive");
    return tsk_seal_add(w->sealer, zeros, tsk_tar_padding(size), err);
}

int tsk_tar_buf(struct tsk_tar_writer *w, const char *name, const void *bytes, size_t len, struct tsk_err *err)
{
    return tsk_tar_begin(w, name, len, err) != 0 || tsk_tar_bytes(w, bytes, len, err) != 0 ||
                   tsk_tar_end(w, name, len, err) != 0
               ? -1
               : 0;
}

int tsk_tar_fd(struct tsk_tar_writer *w, const char *name, int fd, uint64_t size, struct tsk_err *err)
{
    char bytes[65536];
    uint64_t left = size;

    if (tsk_tar_begin(w, name, size, err) != 0)
        return -1;
    while (left > 0) {
        size_t want = left < sizeof bytes ? (size_t)left : sizeof bytes;
        ssize_t got = read(fd, bytes, want);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return tsk_fail(err, TSK_RETRY, got < 0 ? errno : 0, "%s changed while it was copied; try again", name);
        if (tsk_tar_bytes(w, bytes, (size_t)got, err) != 0)
            return -1;
        left -= (uint64_t)got;
    }
    return tsk_tar_end(w, name, size, err);
}

int tsk_tar_close(struct tsk_tar_writer *w, const char *manifest_name, struct tsk_err *err)
{
    static const unsigned char zeros[2 * TSK_TAR_BLOCK];
    struct tsk_tar_writer last = *w; /* the manifest does not name itself */
    int rc;

    last.manifest = TSK_BUF(4096);
    rc = tsk_tar_buf(&last, manifest_name, tsk_buf_text(&w->manifest), w->manifest.len, err);
    tsk_buf_free(&last.manifest);
    return rc == 0 ? tsk_seal_add(w->sealer, zeros, sizeof zeros, err) : -1;
}
