/* settle_row - a page with its document and its sheet, as settle.c and handover.c need it; private to records/ */
#ifndef TASUKI_RECORDS_SETTLE_ROW_H
#define TASUKI_RECORDS_SETTLE_ROW_H

#include "records/store.h"

struct tsk_page_row {
    int64_t id, sheet; /* sheet: 0 if none */
    const char *office, *document, *sender, *state, *settled, *sheet_state;
    int number;
};

int tsk_page_row_find(struct tsk_page_row *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t page,
                      struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* To-dos about the page itself, and about the document when this was its last open page. */
int tsk_page_close_todos(struct tsk_store *store, const struct tsk_page_row *page, struct tsk_err *err) TSK_MUST_USE;

#endif
