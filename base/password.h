/*
 * password - what proves who somebody is: passwords, one-time codes, secrets that are compared
 *
 * Promise    A password leaves only as an argon2id hash; comparing takes the same time wherever two texts differ. One hash
 *            uses 64 MiB: callers in several threads share a lock of this module, so that a crowd at the door does not
 *            take the machine's memory.
 * Source     RFC 9106 by libsodium; RFC 6238 (30 seconds, six digits, SHA-1, which is what every authenticator knows) with
 *            the HMAC of GnuTLS; RFC 4648 base32.
 */
#ifndef TASUKI_BASE_PASSWORD_H
#define TASUKI_BASE_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TSK_PASSWORD_SIZE 128 /* of a hash, with its parameters and NUL */
#define TSK_TOTP_SECRET_BYTES 20
#define TSK_TOTP_SECRET_SIZE 33 /* base32 and NUL */
#define TSK_TOTP_SIZE 7         /* six digits and NUL */
#define TSK_TOTP_STEP_S 30

int tsk_password_hash(char out[TSK_PASSWORD_SIZE], const char *password, struct tsk_err *err) TSK_MUST_USE;
/* hash "" never matches, and takes as long as one that does not. */
bool tsk_password_matches(const char *hash, const char *password);

bool tsk_secret_equal(const char *a, const char *b);
/* Random letters and digits that are not mistaken for one another (Crockford base32), in groups of four divided by "-"; size of
 * out is 5 * groups. 20 bits a group. */
void tsk_words_new(char *out, size_t groups);
/* What a person typed of such words, brought to the form in which they were made; false when it cannot be one of groups. */
bool tsk_words_read(char *out, size_t groups, const char *typed);

void tsk_totp_secret_new(char out[TSK_TOTP_SECRET_SIZE]); /* base32 */
/* False for a secret that is not one of ours. */
bool tsk_totp_code(char out[TSK_TOTP_SIZE], const char *secret, int64_t step);
/* The step that typed is the code of, at now_s or one step around it and later than last; 0 when it is none. */
int64_t tsk_totp_check(const char *secret, const char *typed, int64_t now_s, int64_t last);

#endif
