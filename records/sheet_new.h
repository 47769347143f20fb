/* sheet_new - writing sheets; private to records/ */
#ifndef TASUKI_RECORDS_SHEET_NEW_H
#define TASUKI_RECORDS_SHEET_NEW_H

#include "base/buf.h"
#include "records/sheet.h"

#define TSK_VALUE_BYTES_MAX 8192

int tsk_sheet_new(int64_t *id, struct tsk_store *store, const char *office, int64_t document, int64_t page,
                  const struct tsk_reading *reading, const struct tsk_versions *versions,
                  struct tsk_err *err) TSK_MUST_USE;

/* Rows for the fields of the reading that the sheet has not yet. */
int tsk_sheet_add_fields(struct tsk_store *store, int64_t sheet, const struct tsk_reading *reading,
                         struct tsk_err *err) TSK_MUST_USE;

/* Kind, place on the page and alternatives of a field that is there, as a later reading has them. */
int tsk_sheet_place_field(struct tsk_store *store, int64_t sheet, int64_t position, const struct tsk_value *value,
                          struct tsk_err *err) TSK_MUST_USE;
/* In place of those that were met before. */
int tsk_sheet_put_problems(struct tsk_store *store, int64_t sheet, const struct tsk_reading *reading,
                           struct tsk_err *err) TSK_MUST_USE;

/* Text, or option identifiers joined by commas. */
void tsk_value_text(struct tsk_buf *out, const struct tsk_value *value);
const char *tsk_kind_name(int kind);

/* One change with its history row. by "" keeps the old name and time (a derived value). */
struct tsk_field_update {
    const char *field, *value, *by, *why, *reason;
    enum tsk_decided decided;
};
int tsk_field_write(struct tsk_store *store, const struct tsk_sheet *sheet, const struct tsk_field_update *update,
                    struct tsk_err *err) TSK_MUST_USE;

/* A sheet that came without the derived value (its parts were blank) gets a row that was read as "". */
int tsk_derive_row(struct tsk_store *store, int64_t sheet, const char *key, struct tsk_err *err) TSK_MUST_USE;
/* After field of the sheet was changed by a person: works out the dates and the ward that depend on it. */
int tsk_derive_after(struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet, const char *field,
                     const char *by, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

/* Counts what waits and sets the state; a confirmed sheet stays confirmed. */
int tsk_sheet_settle(struct tsk_store *store, int64_t sheet, struct tsk_err *err) TSK_MUST_USE;

/* Writes the keys by which the sheet and its case are found. tsk_sheet_settle() ends with it. */
int tsk_sheet_index(struct tsk_store *store, int64_t sheet, struct tsk_err *err) TSK_MUST_USE;
/* Of which patient the case is, after its sheets changed. */
int tsk_case_index(struct tsk_store *store, const char *case_number, struct tsk_err *err) TSK_MUST_USE;

#endif
