#include "base/hash.h"

#include <errno.h>
#include <sodium.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static void to_hex(const unsigned char digest[crypto_hash_sha256_BYTES], char out[TSK_SHA256_HEX])
{
    sodium_bin2hex(out, TSK_SHA256_HEX, digest, crypto_hash_sha256_BYTES);
}

void tsk_sha256_hex(const void *bytes, size_t len, char out[TSK_SHA256_HEX])
{
    unsigned char digest[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(digest, len > 0 ? bytes : (const void *)"", len);
    to_hex(digest, out);
}

void tsk_hmac_sha256_hex(const void *key, size_t key_len, const void *bytes, size_t len, char out[TSK_SHA256_HEX])
{
    crypto_auth_hmacsha256_state state;
    unsigned char digest[crypto_auth_hmacsha256_BYTES];

    crypto_auth_hmacsha256_init(&state, key, key_len);
    crypto_auth_hmacsha256_update(&state, len > 0 ? bytes : (const void *)"", len);
    crypto_auth_hmacsha256_final(&state, digest);
    sodium_memzero(&state, sizeof state);
    to_hex(digest, out);
}

void tsk_secret_new(char out[TSK_SHA256_HEX])
{
    unsigned char bytes[32];

    randombytes_buf(bytes, sizeof bytes);
    to_hex(bytes, out);
    sodium_memzero(bytes, sizeof bytes);
}

int tsk_sha256_fd(int fd, char out[TSK_SHA256_HEX], struct tsk_err *err)
{
    crypto_hash_sha256_state state;
    unsigned char digest[crypto_hash_sha256_BYTES];
    unsigned char bytes[65536];
    ssize_t got;
    off_t at = 0;

    crypto_hash_sha256_init(&state);
    while ((got = pread(fd, bytes, sizeof bytes, at)) > 0) {
        crypto_hash_sha256_update(&state, bytes, (unsigned long long)got);
        at += got;
    }
    if (got < 0)
        return tsk_fail(err, TSK_RETRY, EIO, "cannot read the document to take its checksum");
    crypto_hash_sha256_final(&state, digest);
    to_hex(digest, out);
    return lseek(fd, 0, SEEK_SET) == 0 ? 0
                                       : tsk_fail(err, TSK_RETRY, EIO, "cannot go back to the start of the document");
}

void tsk_id_new(char out[TSK_ID_SIZE])
{
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    unsigned char bits[16];
    uint64_t now = (uint64_t)tsk_wall_ms();

    for (int i = 0; i < 6; i++)
        bits[i] = (unsigned char)(now >> (8 * (5 - i)));
    randombytes_buf(bits + 6, 10);
    /* 128 bits as 26 digits of 5 bits, the first digit holding the upper 3. */
    for (int digit = 0; digit < 26; digit++) {
        unsigned value = 0;
        for (int bit = 0; bit < 5; bit++) {
            int at = digit * 5 + bit - 2;
            value = value << 1 | (at < 0 ? 0U : (bits[at / 8] >> (7 - at % 8)) & 1U);
        }
        out[digit] = alphabet[value];
    }
    out[26] = '\0';
}
