#include "base/password.h"

#include <ctype.h>
#include <gnutls/crypto.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define GROUP 4

static pthread_mutex_t one_hash = PTHREAD_MUTEX_INITIALIZER;
static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

int tsk_password_hash(char out[TSK_PASSWORD_SIZE], const char *password, struct tsk_err *err)
{
    char hash[crypto_pwhash_STRBYTES];

    _Static_assert(TSK_PASSWORD_SIZE >= sizeof hash, "a hash fits");
    pthread_mutex_lock(&one_hash);
    int rc = sodium_init() < 0 ? -1
                               : crypto_pwhash_str(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                                   crypto_pwhash_MEMLIMIT_INTERACTIVE);
    pthread_mutex_unlock(&one_hash);
    if (rc != 0)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to protect a password; try again");
    snprintf(out, TSK_PASSWORD_SIZE, "%s", hash);
    return 0;
}

bool tsk_password_matches(const char *hash, const char *password)
{
    /* of nothing that anybody knows: so that an account that does not exist takes as long */
    static const char nobody[] = "$argon2id$v=19$m=65536,t=2,p=1$c29kaXVtLXNhbHQtMTIzNA$"
                                 "Qn7jV3pKqcPNd6vHOqmZ2c9lV5H8dB3oE0k1rJm4y0A";
    bool known = *hash != '\0';

    pthread_mutex_lock(&one_hash);
    int rc = sodium_init() < 0 ? -1 : crypto_pwhash_str_verify(known ? hash : nobody, password, strlen(password));
    pthread_mutex_unlock(&one_hash);
    return rc == 0 && known;
}

bool tsk_secret_equal(const char *a, const char *b)
{
    size_t len = strlen(a);

    return len == strlen(b) && sodium_memcmp(a, b, len) == 0;
}

void tsk_words_new(char *out, size_t groups)
{
    for (size_t i = 0; i < groups * (GROUP + 1); i++)
        out[i] = i % (GROUP + 1) == GROUP ? '-' : crockford[randombytes_uniform(32)];
    out[groups * (GROUP + 1) - 1] = '\0';
}

/* O is read as 0, I and L as 1: nobody has to know which of them was meant. */
static char crockford_of(char c)
{
    char upper = (char)toupper((unsigned char)c);

    if (upper == 'O')
        return '0';
    if (upper == 'I' || upper == 'L')
        return '1';
    return upper != '\0' && strchr(crockford, upper) != NULL ? upper : '\0';
}

bool tsk_words_read(char *out, size_t groups, const char *typed)
{
    size_t n = 0, want = groups * (GROUP + 1) - 1;

    for (; *typed != '\0'; typed++) {
        if (*typed == ' ' || *typed == '-')
            continue;
        char c = crockford_of(*typed);
        if (c == '\0' || n >= want)
            return false;
        out[n++] = c;
        if (n % (GROUP + 1) == GROUP && n < want)
            out[n++] = '-';
    }
    out[n] = '\0';
    return n == want;
}

void tsk_totp_secret_new(char out[TSK_TOTP_SECRET_SIZE])
{
    for (size_t i = 0; i + 1 < TSK_TOTP_SECRET_SIZE; i++)
        out[i] = base32[randombytes_uniform(32)];
    out[TSK_TOTP_SECRET_SIZE - 1] = '\0';
}

static bool secret_bytes(unsigned char out[TSK_TOTP_SECRET_BYTES], const char *secret)
{
    unsigned bits = 0, held = 0;
    size_t n = 0;

    if (strlen(secret) != TSK_TOTP_SECRET_SIZE - 1)
        return false;
    for (; *secret != '\0'; secret++) {
        const char *at = strchr(base32, *secret);

        if (at == NULL)
            return false;
        held = held << 5 | (unsigned)(at - base32);
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            out[n++] = (unsigned char)(held >> bits & 0xff);
        }
    }
    return n == TSK_TOTP_SECRET_BYTES;
}

bool tsk_totp_code(char out[TSK_TOTP_SIZE], const char *secret, int64_t step)
{
    unsigned char key[TSK_TOTP_SECRET_BYTES], counter[8], mac[20];

    if (!secret_bytes(key, secret))
        return false;
    for (int i = 0; i < 8; i++)
        counter[i] = (unsigned char)((uint64_t)step >> (56 - 8 * i));
    if (gnutls_hmac_fast(GNUTLS_MAC_SHA1, key, sizeof key, counter, sizeof counter, mac) != 0)
        return false;
    unsigned at = mac[19] & 0x0f; /* RFC 4226, 5.3 */
    uint32_t number = ((uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 |
                       (uint32_t)mac[at + 3]) %
                      1000000;
    snprintf(out, TSK_TOTP_SIZE, "%06u", (unsigned)number);
    return true;
}

int64_t tsk_totp_check(const char *secret, const char *typed, int64_t now_s, int64_t last)
{
    int64_t now = now_s / TSK_TOTP_STEP_S, found = 0;
    char code[TSK_TOTP_SIZE];

    for (int64_t step = now - 1; step <= now + 1; step++) {
        if (tsk_totp_code(code, secret, step) && tsk_secret_equal(code, typed) && step > last && found == 0)
            found = step;
    }
    return found;
}
