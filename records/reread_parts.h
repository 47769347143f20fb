/* reread_parts - pages that are read again, as reread.c and reread_page.c share them; private to records/ */
#ifndef TASUKI_RECORDS_REREAD_PARTS_H
#define TASUKI_RECORDS_REREAD_PARTS_H

#include "records/reread.h"

struct tsk_reread_row { /* a row with what it holds of the reading */
    struct tsk_reread reread;
    const char *json;
};

/* Of a page. 1, 0 when there is none, -1 */
int tsk_reread_newest(struct tsk_reread_row *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t page,
                      struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* An open one of that page is dropped first. */
int tsk_reread_put(int64_t *id, struct tsk_store *store, int64_t page, const char *form, const char *edition,
                   const char *by, struct tsk_err *err) TSK_MUST_USE;
/* The caller frees the reading. */
int tsk_reread_reading(struct tsk_reading *out, struct tsk_versions *versions, struct tsk_store *store,
                       const struct tsk_reread_row *one, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
int tsk_reread_end(struct tsk_store *store, int64_t id, const char *state, const char *by,
                   struct tsk_err *err) TSK_MUST_USE;
/* One line in the audit chain, about the sheet, or about the document of a page that is none. */
int tsk_reread_note(struct tsk_store *store, const struct tsk_reread *reread, const char *by, const char *action,
                    const char *detail, struct tsk_err *err) TSK_MUST_USE;

#endif
