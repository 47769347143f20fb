/*
 * passphrase - what opens the encrypted letters that go to an entry of the directory by mail
 *
 * Promise    Agreed by telephone, on paper or face to face, and kept sealed under the site's key: no list, log, mail, audit line or
 *            export has it. A new one takes the place of the old; without one no letter goes by mail. A site without a key has none.
 * Trust      It opens a letter, nothing else: where a letter may go is still asked of the entry's verified address and of consent.
 */
#ifndef TASUKI_RECORDS_PASSPHRASE_H
#define TASUKI_RECORDS_PASSPHRASE_H

#include "records/directory.h"

#define TSK_PASSPHRASE_SIZE 65
#define TSK_PASSPHRASE_MIN 12

struct tsk_agreed {
    const char *how;     /* phone, paper, meeting */
    const char *told_to; /* who at the entry */
};

/* passphrase "": a new one is made and put there (four groups that can be read out), to be shown once; else the one agreed: 12 to 64
 * plain letters, digits and signs. The caller wipes it. */
int tsk_passphrase_set(char passphrase[TSK_PASSPHRASE_SIZE], struct tsk_store *store, const struct tsk_scope *scope,
                       int64_t institution, const struct tsk_agreed *agreed, const char *by,
                       struct tsk_err *err) TSK_MUST_USE;
int tsk_passphrase_revoke(struct tsk_store *store, const struct tsk_scope *scope, int64_t institution, const char *by,
                          struct tsk_err *err) TSK_MUST_USE;
/* For making a letter. out "" when there is none; the caller wipes it. */
int tsk_passphrase_open(char out[TSK_PASSPHRASE_SIZE], struct tsk_store *store, const struct tsk_scope *scope,
                        int64_t institution, struct tsk_err *err) TSK_MUST_USE;
/* Under the key in use; how many were sealed anew, or -1. */
int tsk_passphrase_seal_all(struct tsk_store *store, struct tsk_err *err) TSK_MUST_USE;

#endif
