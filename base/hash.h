/* hash - SHA-256, HMAC and ids. Source: FIPS 180-4, RFC 2104 and random bytes by libsodium. */
#ifndef TASUKI_BASE_HASH_H
#define TASUKI_BASE_HASH_H

#include <stddef.h>

#include "base/err.h"

#define TSK_SHA256_HEX 65 /* 64 lower-case hexadecimal digits and NUL */
#define TSK_ID_SIZE 27    /* 26 characters and NUL */

void tsk_sha256_hex(const void *bytes, size_t len, char out[TSK_SHA256_HEX]);
int tsk_sha256_fd(int fd, char out[TSK_SHA256_HEX],
                  struct tsk_err *err) TSK_MUST_USE; /* from the start, offset put back to 0 */

void tsk_hmac_sha256_hex(const void *key, size_t key_len, const void *bytes, size_t len, char out[TSK_SHA256_HEX]);
/* 64 lower-case hexadecimal digits of 256 random bits. */
void tsk_secret_new(char out[TSK_SHA256_HEX]);

/* Sortable by time, 80 random bits: Crockford base32 of 48 bits of wall_ms and the random part (the layout of ULID). */
void tsk_id_new(char out[TSK_ID_SIZE]);

#endif
