/* purge_parts - what purge.c does for a whole office as well; private to records/ */
#ifndef TASUKI_RECORDS_PURGE_PARTS_H
#define TASUKI_RECORDS_PURGE_PARTS_H

#include "records/purge.h"

/* After the records are gone: files of "purging" that nothing names any more are listed to be removed, counted and digested. */
int tsk_purge_list_files(struct tsk_purged *out, struct tsk_store *store, struct tsk_arena *arena,
                         struct tsk_err *err) TSK_MUST_USE;

#endif
