#include <string.h>

#include "fuzz.h"
#include "vault/seal.h"

#define PLAIN_MAX ((size_t)1 << 20)

static void from_outside(const uint8_t *bytes, size_t len)
{
    struct tsk_buf plain = TSK_BUF(PLAIN_MAX);
    struct tsk_err err = { 0 };
    int rc = tsk_unseal_to_buf(&plain, fuzz_fd(bytes, len), "a file", fuzz_vault(), TSK_USE_SPOOL, &err);

    fuzz_require(rc != 0 && err.text[0] != '\0', "what was not sealed with the key does not open");
    tsk_buf_free(&plain);
}

/* Sealed as it should be, then one bit changed, or cut, or made longer: it opens only when nothing was. */
static void damaged(const uint8_t *bytes, size_t len, unsigned how, size_t where)
{
    struct tsk_buf sealed = TSK_BUF(PLAIN_MAX + 65536), plain = TSK_BUF(PLAIN_MAX);
    struct tsk_err err = { 0 };
    int rc;

    fuzz_require(tsk_seal_bytes(&sealed, fuzz_vault(), TSK_USE_SPOOL, bytes, len, &err) == 0, "sealing");
    where %= sealed.len;
    if (how % 4 == 1)
        sealed.data[where] ^= (char)(1U << (how / 4 % 8));
    else if (how % 4 == 2)
        sealed.len = where;
    else if (how % 4 == 3)
        tsk_buf_add(&sealed, "x", 1);
    rc = tsk_unseal_to_buf(&plain, fuzz_fd(sealed.data, sealed.len), "a file", fuzz_vault(), TSK_USE_SPOOL, &err);
    fuzz_require((rc == 0) == (how % 4 == 0), "what was changed does not open");
    if (rc == 0)
        fuzz_require(plain.len == len && memcmp(tsk_buf_text(&plain), bytes, len) == 0, "what was sealed comes out");
    tsk_buf_free(&sealed);
    tsk_buf_free(&plain);
}

/* Three bytes: what is done and where; then a file as it lies there (0xff), or what is sealed first. */
void fuzz_unseal(const uint8_t *bytes, size_t len)
{
    unsigned how = fuzz_byte(&bytes, &len);
    size_t where = fuzz_byte(&bytes, &len);

    where = where * 512 + fuzz_byte(&bytes, &len);
    if (how == 0xff)
        from_outside(bytes, len);
    else if (len < PLAIN_MAX / 2)
        damaged(bytes, len, how, where);
}
