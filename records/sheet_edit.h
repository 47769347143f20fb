/* sheet_edit - what every change of a sheet starts with and ends with; private to records/ */
#ifndef TASUKI_RECORDS_SHEET_EDIT_H
#define TASUKI_RECORDS_SHEET_EDIT_H

#include "records/sheet_new.h"
#include "records/sql.h"

struct tsk_edit {
    struct tsk_store *store;
    const struct tsk_scope *scope;
    struct tsk_arena *arena;
    struct tsk_part part;
    struct tsk_sheet sheet; /* as it was before */
    const char *by;
    char object[40];
};

/* tsk_edit_end() also after a start that failed. */
int tsk_edit_start(struct tsk_edit *edit, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                   const char *by, struct tsk_err *err) TSK_MUST_USE;
int tsk_edit_end(struct tsk_edit *edit, int rc, struct tsk_err *err) TSK_MUST_USE;
/* The last step of a change: one revision more, one line in the audit chain. */
int tsk_edit_note(struct tsk_edit *edit, const char *action, const char *detail, struct tsk_err *err) TSK_MUST_USE;
/* A value changed: counts as a correction when the sheet was confirmed. */
int tsk_edit_corrected(struct tsk_edit *edit, struct tsk_err *err) TSK_MUST_USE;

/* After the sheet came to the case: what is confirmed there stands here too. */
int tsk_sheet_beside_case(struct tsk_edit *edit, const char *case_number, struct tsk_err *err) TSK_MUST_USE;

#endif
