#include "vault/seal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "vault/seal_format.h"

static_assert(TSK_SEAL_HEAD_BYTES == SEAL_NAMED + crypto_secretstream_xchacha20poly1305_HEADERBYTES, "layout");

const unsigned char tsk_seal_magic[8] = { TSK_SEAL_FIRST_BYTE, 'T', 'S', 'K', 'S', 'E', 'A', 'L' };

struct tsk_sealer {
    crypto_secretstream_xchacha20poly1305_state state;
    int fd; /* -1: into buf */
    struct tsk_buf *buf;
    bool begun; /* the first chunk, with which the head is authenticated, is out */
    size_t held;
    unsigned char head[TSK_SEAL_HEAD_BYTES];
    unsigned char plain[TSK_SEAL_CHUNK_BYTES], sealed[SEALED_CHUNK];
};

static int put(struct tsk_sealer *s, const void *bytes, size_t len, struct tsk_err *err)
{
    if (s->buf != NULL) {
        tsk_buf_add(s->buf, bytes, len);
        return s->buf->failed ? tsk_fail(err, TSK_REJECT, 0, "too large to be sealed") : 0;
    }
    return tsk_write_all(s->fd, bytes, len) == 0 ? 0 : tsk_fail(err, TSK_RETRY, errno, "cannot write a sealed file");
}

static int put_chunk(struct tsk_sealer *s, unsigned char tag, struct tsk_err *err)
{
    unsigned long long len = 0;
    const unsigned char *named = s->begun ? NULL : s->head;

    crypto_secretstream_xchacha20poly1305_push(&s->state, s->sealed, &len, s->plain, s->held, named,
                                               named != NULL ? SEAL_NAMED : 0, tag);
    s->begun = true;
    s->held = 0;
    return put(s, s->sealed, (size_t)len, err);
}

static int start(struct tsk_sealer **out, struct tsk_vault *vault, enum tsk_use use, int fd, struct tsk_buf *buf,
                 struct tsk_err *err)
{
    struct tsk_sealer *s = calloc(1, sizeof *s);
    unsigned char key[TSK_KEY_BYTES];

    *out = NULL;
    if (s == NULL) {
        tsk_fail(err, TSK_RETRY, 0, "out of memory");
        return -1;
    }
    s->fd = fd;
    s->buf = buf;
    if (tsk_vault_derive(key, vault, NULL, use, err) != 0) {
        free(s);
        return -1;
    }
    memcpy(s->head, tsk_seal_magic, sizeof tsk_seal_magic);
    s->head[sizeof tsk_seal_magic] = (unsigned char)use;
    sodium_hex2bin(s->head + SEAL_ID_AT, SEAL_ID_BYTES, tsk_vault_id(vault, 0), TSK_KEY_ID_SIZE - 1, NULL, NULL, NULL);
    crypto_secretstream_xchacha20poly1305_init_push(&s->state, s->head + SEAL_NAMED, key);
    sodium_memzero(key, sizeof key);
    if (put(s, s->head, sizeof s->head, err) != 0) {
        tsk_seal_drop(&s);
        return -1;
    }
    *out = s;
    return 0;
}

int tsk_seal_start(struct tsk_sealer **out, struct tsk_vault *vault, enum tsk_use use, int fd, struct tsk_err *err)
{
    return start(out, vault, use, fd, NULL, err);
}

int tsk_seal_add(struct tsk_sealer *s, const void *bytes, size_t len, struct tsk_err *err)
{
    const unsigned char *at = bytes;

    while (len > 0) {
        size_t part = sizeof s->plain - s->held < len ? sizeof s->plain - s->held : len;

        if (part == 0) { /* full, and more follows: so this one is not the last */
            if (put_chunk(s, 0, err) != 0)
                return -1;
            continue;
        }
        memcpy(s->plain + s->held, at, part);
        s->held += part;
        at += part;
        len -= part;
    }
    return 0;
}

int tsk_seal_end(struct tsk_sealer **sealer, struct tsk_err *err)
{
    int rc = put_chunk(*sealer, crypto_secretstream_xchacha20poly1305_TAG_FINAL, err);

    tsk_seal_drop(sealer);
    return rc;
}

void tsk_seal_drop(struct tsk_sealer **sealer)
{
    if (*sealer == NULL)
        return;
    sodium_memzero(*sealer, sizeof **sealer);
    free(*sealer);
    *sealer = NULL;
}

int tsk_seal_bytes(struct tsk_buf *out, struct tsk_vault *vault, enum tsk_use use, const void *bytes, size_t len,
                   struct tsk_err *err)
{
    struct tsk_sealer *s;

    if (start(&s, vault, use, -1, out, err) != 0)
        return -1;
    if (tsk_seal_add(s, bytes, len, err) != 0) {
        tsk_seal_drop(&s);
        return -1;
    }
    return tsk_seal_end(&s, err);
}
