/*
 * vault - the keys of a site in the memory of a process that needs them
 *
 * Promise    Every purpose has a key of its own, derived from the site's (libsodium's kdf, BLAKE2b). New things are sealed with
 *            the key that stands first in the key file; whatever an older key of file or ring sealed still opens. A key file that
 *            changed is read again by itself, so that running processes follow a rotation.
 * Trust      The keys lie in memory that is locked, left out of dumps and empty in a forked child (MADV_WIPEONFORK): no child that
 *            looks at a stranger's bytes has them. A child that may open the key file gets them by doing so at its first use. `ocr` cannot include this folder.
 * Threads    A handle belongs to one thread.
 * Failure    TSK_STOP when a key is missing, unreadable, or not the one that the site was sealed with.
 */
#ifndef TASUKI_VAULT_VAULT_H
#define TASUKI_VAULT_VAULT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "vault/keyfile.h"

struct tsk_vault;

enum tsk_use { /* part of every sealed file: never renumber */
               TSK_USE_ARCHIVE = 1,
               TSK_USE_SPOOL,
               TSK_USE_BACKUP,
               TSK_USE_AUDIT,
               TSK_USE_NAMES, /* of archived files */
               TSK_USE_RING,
               TSK_USE_LETTER,
               TSK_USE_CODE,   /* on printed sheets */
               TSK_USE_SECRET, /* of accounts and mailboxes */
               TSK_USE_MOVE,   /* an office on its way to another site */
               TSK_USE_COUNT
};

#define TSK_MAC_BYTES 32

/* ring_path: see vault/ring.h; NULL = there is none. Only the key file is needed while the ring does not exist. */
int tsk_vault_open(struct tsk_vault **out, const char *key_path, const char *ring_path,
                   struct tsk_err *err) TSK_MUST_USE;
/* The same for a site that may have no key yet: *out is NULL when neither file is there, unless the key is required. */
int tsk_vault_find(struct tsk_vault **out, const char *key_path, const char *ring_path, bool required,
                   struct tsk_err *err) TSK_MUST_USE;
/* A handle of one key that lies in no file; bytes stays the caller's. */
int tsk_vault_of(struct tsk_vault **out, const unsigned char bytes[TSK_KEY_BYTES], struct tsk_err *err) TSK_MUST_USE;
void tsk_vault_close(struct tsk_vault **vault); /* NULL is fine; wipes */

/* The first is the one in use. Ids stay valid until the next refresh. */
size_t tsk_vault_count(const struct tsk_vault *vault);
const char *tsk_vault_id(const struct tsk_vault *vault, size_t i);
size_t tsk_vault_in_file(const struct tsk_vault *vault); /* of them, how many the key file itself holds */

/* Reads file and ring again if they changed. */
int tsk_vault_refresh(struct tsk_vault *vault, struct tsk_err *err) TSK_MUST_USE;

/* HMAC-SHA-256 under a purpose's key. id NULL = the one in use. TSK_STOP when there is no such key. */
int tsk_vault_mac(unsigned char out[TSK_MAC_BYTES], struct tsk_vault *vault, const char *id, enum tsk_use use,
                  const void *bytes, size_t len, struct tsk_err *err) TSK_MUST_USE;
/* The purpose's key itself: the caller wipes it. */
int tsk_vault_derive(unsigned char out[TSK_KEY_BYTES], struct tsk_vault *vault, const char *id, enum tsk_use use,
                     struct tsk_err *err) TSK_MUST_USE;
void tsk_key_derive(unsigned char out[TSK_KEY_BYTES], const struct tsk_key *key, enum tsk_use use);

#endif
