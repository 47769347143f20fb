/* account_parts - what the sources of account.h and login.h share; private to records/ */
#ifndef TASUKI_RECORDS_ACCOUNT_PARTS_H
#define TASUKI_RECORDS_ACCOUNT_PARTS_H

#include "records/account.h"

/* All but keep (a stored token, or NULL). */
int tsk_account_end_sessions(struct tsk_store *store, int64_t id, const char *keep, struct tsk_err *err) TSK_MUST_USE;

#define TSK_ACCOUNT_TEXT_SIZE 256
/* A second factor as the database keeps it: sealed where the site has a key. What an earlier program left plain opens too. */
int tsk_account_seal(char out[TSK_ACCOUNT_TEXT_SIZE], struct tsk_store *store, int64_t id, const char *secret,
                     struct tsk_err *err) TSK_MUST_USE;
int tsk_account_unseal(char out[TSK_ACCOUNT_TEXT_SIZE], struct tsk_store *store, int64_t id, const char *kept,
                       struct tsk_err *err) TSK_MUST_USE;

#endif
