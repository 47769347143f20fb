#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "vault/seal_format.h"

struct source {
    int fd;
    const unsigned char *memory; /* instead of fd, unless NULL */
    size_t left;
};

struct unsealer {
    crypto_secretstream_xchacha20poly1305_state state;
    const char *what;
    struct source from;
    bool begun;
    unsigned char head[TSK_SEAL_HEAD_BYTES];
    unsigned char sealed[SEALED_CHUNK], plain[TSK_SEAL_CHUNK_BYTES];
};

static ssize_t read_some(struct source *from, unsigned char *out, size_t len)
{
    if (from->memory == NULL)
        return tsk_os->read(from->fd, out, len);
    len = len < from->left ? len : from->left;
    memcpy(out, from->memory, len);
    from->memory += len;
    from->left -= len;
    return (ssize_t)len;
}

/* As many bytes as there are, at most len. */
static int read_full(struct unsealer *u, unsigned char *out, size_t len, size_t *got, struct tsk_err *err)
{
    *got = 0;
    while (*got < len) {
        ssize_t n = read_some(&u->from, out + *got, len - *got);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tsk_fail(err, TSK_RETRY, errno, "cannot read %s", u->what);
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return 0;
}

static int damaged(const struct unsealer *u, struct tsk_err *err)
{
    return tsk_fail(err, TSK_HOLD, 0, "%s is damaged or was cut off: it does not open; restore it from a backup",
                    u->what);
}

bool tsk_sealed_with(char id[TSK_KEY_ID_SIZE], const void *head, size_t len, enum tsk_use use)
{
    const unsigned char *bytes = head;

    if (len < TSK_SEAL_HEAD_BYTES || memcmp(bytes, tsk_seal_magic, sizeof tsk_seal_magic) != 0 ||
        bytes[sizeof tsk_seal_magic] != (unsigned char)use)
        return false;
    sodium_bin2hex(id, TSK_KEY_ID_SIZE, bytes + SEAL_ID_AT, SEAL_ID_BYTES);
    return true;
}

static int read_head(struct unsealer *u, struct tsk_vault *vault, enum tsk_use use, struct tsk_err *err)
{
    unsigned char key[TSK_KEY_BYTES];
    char id[TSK_KEY_ID_SIZE];
    size_t got;
    int rc;

    if (read_full(u, u->head, sizeof u->head, &got, err) != 0)
        return -1;
    if (!tsk_sealed_with(id, u->head, got, use))
        return damaged(u, err);
    if (vault == NULL)
        return tsk_fail(err, TSK_STOP, 0, "%s is sealed, and no key is in place (docs/keys.md)", u->what);
    if (tsk_vault_derive(key, vault, id, use, err) != 0)
        return tsk_fail_at(err, u->what);
    rc = crypto_secretstream_xchacha20poly1305_init_pull(&u->state, u->head + SEAL_NAMED, key);
    sodium_memzero(key, sizeof key);
    return rc == 0 ? 0 : damaged(u, err);
}

/* 1 more may follow, 0 that was the last, -1 */
static int take_chunk(struct unsealer *u, tsk_unseal_take *take, void *ctx, struct tsk_err *err)
{
    const unsigned char *named = u->begun ? NULL : u->head;
    unsigned long long len = 0;
    unsigned char tag = 0;
    size_t got;

    if (read_full(u, u->sealed, sizeof u->sealed, &got, err) != 0)
        return -1;
    if (got < crypto_secretstream_xchacha20poly1305_ABYTES ||
        crypto_secretstream_xchacha20poly1305_pull(&u->state, u->plain, &len, &tag, u->sealed, got, named,
                                                   named != NULL ? SEAL_NAMED : 0) != 0)
        return damaged(u, err);
    u->begun = true;
    if (take(ctx, u->plain, (size_t)len, err) != 0)
        return -1;
    return tag != crypto_secretstream_xchacha20poly1305_TAG_FINAL;
}

static int unseal(const struct source *from, const char *what, struct tsk_vault *vault, enum tsk_use use,
                  tsk_unseal_take *take, void *ctx, struct tsk_err *err)
{
    struct unsealer *u = calloc(1, sizeof *u);
    size_t got = 0;
    int rc;

    if (u == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    u->from = *from;
    u->what = what;
    rc = read_head(u, vault, use, err) == 0 ? 1 : -1;
    while (rc == 1)
        rc = take_chunk(u, take, ctx, err);
    if (rc == 0 && read_full(u, u->sealed, 1, &got, err) == 0 && got != 0)
        rc = damaged(u, err); /* something was put behind its end */
    sodium_memzero(u, sizeof *u);
    free(u);
    return rc;
}

int tsk_unseal_fd(int fd, const char *what, struct tsk_vault *vault, enum tsk_use use, tsk_unseal_take *take, void *ctx,
                  struct tsk_err *err)
{
    return unseal(&(const struct source){ .fd = fd }, what, vault, use, take, ctx, err);
}

static int take_to_buf(void *ctx, const void *bytes, size_t len, struct tsk_err *err)
{
    struct tsk_buf *out = ctx;

    tsk_buf_add(out, bytes, len);
    return out->failed ? tsk_fail(err, TSK_REJECT, 0, "larger than the %zu bytes that are allowed", out->max) : 0;
}

int tsk_unseal_to_buf(struct tsk_buf *out, int fd, const char *what, struct tsk_vault *vault, enum tsk_use use,
                      struct tsk_err *err)
{
    return tsk_unseal_fd(fd, what, vault, use, take_to_buf, out, err);
}

int tsk_unseal_bytes(struct tsk_buf *out, const void *bytes, size_t len, const char *what, struct tsk_vault *vault,
                     enum tsk_use use, struct tsk_err *err)
{
    return unseal(&(const struct source){ .memory = bytes, .left = len }, what, vault, use, take_to_buf, out, err);
}
