/*
 * case_csv - cases and sheets as tables that spreadsheets open
 *
 * Cases      One line a case that was opened in the period: what confirmed sheets say of it, its newest outcome, consent, completion. What no
 *            confirmed sheet says is empty.
 * Sheets     One line a sheet of one form: its state, then every field of the form under its Japanese name, options in words. The
 *            state tells a proposal from what a person confirmed.
 */
#ifndef TASUKI_REPORTS_CASE_CSV_H
#define TASUKI_REPORTS_CASE_CSV_H

#include "base/csv_out.h"
#include "reports/case_file.h"

struct tsk_export_wish {
    const char *office;       /* NULL = every in scope */
    const char *first, *last; /* days in Japan on which the case was opened, or the sheet received; NULL = open end */
};

/* *lines: without the heading; may be NULL. Appends UTF-8 without BOM; tsk_csv_encode() makes a file of it. */
int tsk_cases_csv(struct tsk_buf *out, int *lines, struct tsk_store *store, const struct tsk_scope *scope,
                  const struct tsk_forms *forms, const struct tsk_export_wish *wish, struct tsk_err *err) TSK_MUST_USE;
/* TSK_REJECT for a form that is not installed. */
int tsk_sheets_csv(struct tsk_buf *out, int *lines, struct tsk_store *store, const struct tsk_scope *scope,
                   const struct tsk_forms *forms, const char *form, const struct tsk_export_wish *wish,
                   struct tsk_err *err) TSK_MUST_USE;

#endif
