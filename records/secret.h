/* secret - a short text that the database keeps sealed under the site's key, bound to whose it is; private to records/ */
#ifndef TASUKI_RECORDS_SECRET_H
#define TASUKI_RECORDS_SECRET_H

#include "records/store.h"

#define TSK_SECRET_TEXT_SIZE 256

/* whose: what stands before the number of its row, "" for accounts. A site without a key keeps it plain. */
int tsk_secret_seal(char out[TSK_SECRET_TEXT_SIZE], struct tsk_store *store, const char *whose, int64_t id,
                    const char *secret, struct tsk_err *err) TSK_MUST_USE;
/* What an earlier program left plain opens too; TSK_HOLD for one of another row. The caller wipes it. */
int tsk_secret_unseal(char out[TSK_SECRET_TEXT_SIZE], struct tsk_store *store, const char *whose, int64_t id,
                      const char *kept, struct tsk_err *err) TSK_MUST_USE;
/* Every row of query (id, secret) that is not sealed with the key in use; update takes id, new and old. How many, or -1. */
int tsk_secret_seal_rows(struct tsk_store *store, const char *whose, const char *query, const char *update,
                         struct tsk_err *err) TSK_MUST_USE;

#endif
