/*
 * reread - pages that are to be read again, as another form or by a newer reader; a person takes the result or drops it
 *
 * States     asked → read, or failed with a reason → taken or dropped. One open one (asked or read) a page.
 * Promise    Reading again changes nothing until a person takes it; then values that a person gave stand, and the new reading is
 *            kept beside them (tsk_sheet_reread_apply()).
 * No form    A page that was found to be no form becomes a sheet, read as the form that a person names. What cannot be found
 *            on it is blank and waits: the person types it, with the page beside it.
 */
#ifndef TASUKI_RECORDS_REREAD_H
#define TASUKI_RECORDS_REREAD_H

#include "records/sheet.h"

#define TSK_REREAD_ATTEMPTS_MAX 3

struct tsk_reread {
    int64_t id, sheet; /* sheet 0: the page is none yet */
    const char *office, *document;
    int page;
    const char *form, *edition; /* "" = whichever it is found to be */
    const char *state, *reason;
    const char *asked, *asked_by;
    const char *found_form, *found_edition; /* of the reading, "" before it */
};

/* What came of it. */
struct tsk_reread_result {
    const struct tsk_reading *reading;
    const struct tsk_versions *versions;
    const char *image, *crops; /* blobs, or "" */
};

/* Of a sheet's page. edition only with a form. An open one of that page is dropped first. */
int tsk_reread_ask(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet, const char *form,
                   const char *edition, const char *by, struct tsk_err *err) TSK_MUST_USE;
/* The newest of the sheet's page; *found is false when none was ever asked for. */
int tsk_reread_of(bool *found, struct tsk_reread *out, struct tsk_store *store, const struct tsk_scope *scope,
                  int64_t sheet, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* Was the sheet read by these, or read again, whatever became of it? */
int tsk_reread_was_by(bool *by_these, struct tsk_store *store, int64_t sheet, const struct tsk_versions *versions,
                      struct tsk_err *err) TSK_MUST_USE;

/* The reader's side: the oldest that is asked for, one attempt more. After too many it fails by itself. */
int tsk_reread_next(bool *found, struct tsk_reread *out, struct tsk_store *store, struct tsk_arena *arena,
                    struct tsk_err *err) TSK_MUST_USE;
int tsk_reread_done(struct tsk_store *store, int64_t id, const struct tsk_reread_result *result,
                    struct tsk_err *err) TSK_MUST_USE;
int tsk_reread_failed(struct tsk_store *store, int64_t id, const char *reason, struct tsk_err *err) TSK_MUST_USE;

/* The person's side, for one in state read. */
int tsk_reread_take(struct tsk_differences *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet,
                    const char *by, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
int tsk_reread_drop(struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet, const char *by,
                    struct tsk_err *err) TSK_MUST_USE;

/* The same for a page that is no sheet. form and edition must be named: it was found to be none. */
int tsk_reread_ask_page(struct tsk_store *store, const struct tsk_scope *scope, int64_t page, const char *form,
                        const char *edition, const char *by, struct tsk_err *err) TSK_MUST_USE;
int tsk_reread_of_page(bool *found, struct tsk_reread *out, struct tsk_store *store, const struct tsk_scope *scope,
                       int64_t page, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* For one in state read: the page becomes a sheet, which belongs to no case yet (records/link.h). */
int tsk_reread_take_page(int64_t *sheet, struct tsk_store *store, const struct tsk_scope *scope, int64_t page,
                         const char *by, struct tsk_err *err) TSK_MUST_USE;
int tsk_reread_drop_page(struct tsk_store *store, const struct tsk_scope *scope, int64_t page, const char *by,
                         struct tsk_err *err) TSK_MUST_USE;

#endif
