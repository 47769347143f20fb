/*
 * keyfile - the file that holds a site's keys: a line "key …" each, the one in use first
 *
 * Promise    Written durably with mode 0400, replacing an older one whole. A file that others may read is refused, unless it is a
 *            credential that systemd put in place.
 * Trust      Must lie apart from the data: whoever has both reads everything.
 */
#ifndef TASUKI_VAULT_KEYFILE_H
#define TASUKI_VAULT_KEYFILE_H

#include <stddef.h>

#include "vault/paper.h"

#define TSK_KEYS_MAX                                                                                                   \
    128 /* of a site in its whole life: what was sealed or signed under one may be looked at years later */
#define TSK_KEY_ID_SIZE 17 /* 16 hexadecimal digits and NUL: says which key, nothing about it */
#define TSK_CREDENTIAL "tasuki-key"

struct tsk_key {
    char id[TSK_KEY_ID_SIZE];
    unsigned char bytes[TSK_KEY_BYTES];
};

/* TSK_KEYS_MAX keys in memory that is locked and wiped when freed; NULL without memory. */
struct tsk_key *tsk_keys_alloc(void) TSK_MUST_USE;
void tsk_keys_free(struct tsk_key *keys);
void tsk_key_new(struct tsk_key *out);
void tsk_key_of(struct tsk_key *out, const unsigned char bytes[TSK_KEY_BYTES]); /* works out the id */
int tsk_keyfile_read(struct tsk_key keys[TSK_KEYS_MAX], size_t *count, const char *path,
                     struct tsk_err *err) TSK_MUST_USE;
int tsk_keyfile_write(const char *path, const struct tsk_key *keys, size_t count, struct tsk_err *err) TSK_MUST_USE;
/* Takes away what a killed write left beside it: keys in the clear. Not while somebody writes it. */
void tsk_keyfile_sweep(const char *path);

#endif
