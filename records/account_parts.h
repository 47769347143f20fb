/* account_parts - what the sources of account.h and login.h share; private to records/ */
#ifndef TASUKI_RECORDS_ACCOUNT_PARTS_H
#define TASUKI_RECORDS_ACCOUNT_PARTS_H

#include "records/account.h"

/* All but keep (a stored token, or NULL). */
int tsk_account_end_sessions(struct tsk_store *store, int64_t id, const char *keep, struct tsk_err *err) TSK_MUST_USE;

#endif
