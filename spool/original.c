#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"
#include "spool/parts.h"
#include "vault/seal.h"

/* Where the bytes go: the file itself, or through the sealer into it. */
struct target {
    int fd;
    struct tsk_sealer *sealer;
    crypto_hash_sha256_state hash;
};

static int take_bytes(struct target *to, const struct tsk_spool *spool, const void *bytes, size_t len,
                      struct tsk_err *err)
{
    crypto_hash_sha256_update(&to->hash, bytes, len);
    if (to->sealer != NULL)
        return tsk_seal_add(to->sealer, bytes, len, err);
    return tsk_write_all(to->fd, bytes, len) == 0
               ? 0
               : tsk_fail(err, TSK_RETRY, errno, "cannot write to %s/tmp", spool->dir);
}

static int copy_bytes(const struct tsk_spool *spool, int from, struct target *to, struct tsk_envelope *envelope,
                      struct tsk_err *err)
{
    char bytes[65536];
    ssize_t got;

    envelope->size_bytes = 0;
    while ((got = tsk_os->read(from, bytes, sizeof bytes)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tsk_fail(err, TSK_RETRY, errno, "cannot read the document that is handed in");
        envelope->size_bytes += (uint64_t)got;
        if (spool->limits.document_bytes_max != 0 && envelope->size_bytes > spool->limits.document_bytes_max)
            return tsk_fail(err, TSK_REJECT, 0,
                            "larger than %llu MB, which is the most that is accepted (reading.document_mb_max)",
                            (unsigned long long)spool->limits.document_bytes_max >> 20);
        if (take_bytes(to, spool, bytes, (size_t)got, err) != 0)
            return -1;
    }
    return to->sealer == NULL ? 0 : tsk_seal_end(&to->sealer, err);
}

static void finish_hash(struct target *to, struct tsk_envelope *envelope)
{
    unsigned char digest[crypto_hash_sha256_BYTES];

    crypto_hash_sha256_final(&to->hash, digest);
    sodium_bin2hex(envelope->sha256, sizeof envelope->sha256, digest, sizeof digest);
}

int tsk_spool_put_original(struct tsk_spool *spool, int doc, int from, struct tsk_envelope *envelope,
                           struct tsk_err *err)
{
    const char *name = spool->vault != NULL ? TSK_SPOOL_ORIGINAL_SEALED : TSK_SPOOL_ORIGINAL;
    struct target to = { .fd = tsk_os->openat(doc, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600) };
    int rc = -1;

    if (to.fd < 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot create a file in %s/tmp", spool->dir);
    crypto_hash_sha256_init(&to.hash);
    if (spool->vault != NULL && tsk_seal_start(&to.sealer, spool->vault, TSK_USE_SPOOL, to.fd, err) != 0)
        goto out;
    if (copy_bytes(spool, from, &to, envelope, err) != 0)
        goto out;
    finish_hash(&to, envelope);
    if (tsk_os->fsync(to.fd) != 0) { /* final: the kernel may have dropped the bytes; a second fsync would lie */
        tsk_fail(err, TSK_RETRY, errno, "the disk did not take a document (%s)", spool->dir);
        goto out;
    }
    rc = 0;
out:
    tsk_seal_drop(&to.sealer);
    if (tsk_os->close(to.fd) != 0 && rc == 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "the disk did not take a document (%s)", spool->dir);
    return rc;
}

/*
 * The descriptor and which of two names it is; the sealed one goes first, and is looked for again when there is neither: the plain one
 * may have been sealed and taken away in between. -1 with errno.
 */
static int open_either(int doc, const char *sealed_name, const char *plain_name, bool *sealed)
{
    const char *const names[] = { sealed_name, plain_name, sealed_name };
    int fd = -1;

    for (size_t i = 0; i < TSK_COUNT(names); i++) {
        *sealed = names[i] == sealed_name;
        fd = tsk_os->openat(doc, names[i], O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
        if (fd >= 0 || errno != ENOENT)
            break;
    }
    return fd;
}

int tsk_spool_read_envelope(const struct tsk_spool *spool, int doc, const char *id, struct tsk_buf *out,
                            struct tsk_err *err)
{
    char what[64];
    bool sealed;
    int fd = open_either(doc, TSK_SPOOL_ENVELOPE_SEALED, TSK_SPOOL_ENVELOPE, &sealed), rc;

    if (fd < 0)
        return errno == ENOENT ? 0 : tsk_fail(err, TSK_RETRY, errno, "cannot open the envelope of document %s", id);
    snprintf(what, sizeof what, "the envelope of document %s", id);
    rc = sealed ? tsk_unseal_to_buf(out, fd, what, spool->vault, TSK_USE_SPOOL, err) : tsk_fd_read(fd, what, out, err);
    tsk_os->close(fd);
    return rc;
}

static int take_to_memory(void *ctx, const void *bytes, size_t len, struct tsk_err *err)
{
    const int *memory = ctx;
    const char *at = bytes;

    while (len > 0) { /* not through tsk_os: this is memory, not the disk */
        ssize_t done = write(*memory, at, len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return tsk_fail(err, TSK_RETRY, errno, "no memory for a document");
        at += done;
        len -= (size_t)done;
    }
    return 0;
}

/* The plain bytes in memory that nobody can change any more; handed out for reading only. */
static int to_memory(int fd, const struct tsk_spool *spool, const char *what, struct tsk_err *err)
{
    int memory = memfd_create("original", MFD_CLOEXEC | MFD_ALLOW_SEALING), out = -1;
    char path[32];

    if (memory < 0)
        return tsk_fail(err, TSK_RETRY, errno, "no memory for a document");
    if (tsk_unseal_fd(fd, what, spool->vault, TSK_USE_SPOOL, take_to_memory, &memory, err) == 0) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
        if (fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0 ||
            (out = open(path, O_RDONLY | O_CLOEXEC)) < 0)
            tsk_fail(err, TSK_RETRY, errno, "no memory for a document");
    }
    close(memory);
    return out;
}

int tsk_spool_open_original(const struct tsk_spool *spool, int doc, const char *id, const char *sha256,
                            struct tsk_err *err)
{
    char what[64], actual[TSK_SHA256_HEX];
    bool sealed;
    int fd = open_either(doc, TSK_SPOOL_ORIGINAL_SEALED, TSK_SPOOL_ORIGINAL, &sealed), plain = fd;

    if (fd < 0)
        return errno == ENOENT ? tsk_fail(err, TSK_HOLD, 0, "document %s: its original is missing", id)
                               : tsk_fail(err, TSK_RETRY, errno, "cannot open document %s", id);
    snprintf(what, sizeof what, "document %s", id);
    if (sealed) {
        plain = to_memory(fd, spool, what, err);
        tsk_os->close(fd);
    }
    if (plain >= 0 && tsk_sha256_fd(plain, actual, err) == 0) {
        if (strcmp(actual, sha256) == 0)
            return plain;
        tsk_fail(err, TSK_HOLD, 0, "document %s: its bytes are not those that were accepted", id);
    }
    if (plain >= 0)
        close(plain);
    return -1;
}
