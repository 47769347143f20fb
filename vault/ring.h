/*
 * ring - which key a site is sealed with, and the ones it was sealed with before, closed under the present one
 *
 * Format     SITE/keyring, JSON: {"version":1, "current":ID, "retired":[{"id":ID, "sealed":BASE64}, …]}. It holds nothing that
 *            opens without the present key, so it lies with the data and in every backup. Where it is, a key is needed.
 */
#ifndef TASUKI_VAULT_RING_H
#define TASUKI_VAULT_RING_H

#include "vault/keyfile.h"

struct tsk_ring {
    char current[TSK_KEY_ID_SIZE];
    struct tsk_key retired[TSK_KEYS_MAX];
    size_t count;
};

/* with: opens the retired keys; must be the current one, else they are left out (count 0). 1 read, 0 there is none, -1. */
int tsk_ring_read(struct tsk_ring *out, const char *path, const struct tsk_key *with, struct tsk_err *err) TSK_MUST_USE;
int tsk_ring_write(const char *path, const struct tsk_key *current, const struct tsk_key *retired, size_t count,
                   struct tsk_err *err) TSK_MUST_USE;

#endif
