/*
 * count - a report of one office and period, counted from its log by a layout of reports.yaml
 *
 * Period     Months, thirds of a fiscal year (4–7, 8–11, 12–3) and fiscal years, named by a month in them: "2026-05"; a fiscal year
 *            also by its number: "2026".
 * Promise    Nothing in the log is left out: contacts with a counterpart that reports.yaml does not have (any more) get a row of their own.
 *            Sums of people's entries are their sum; cases count once a column and once in all, so that 計 is not the sum of columns.
 */
#ifndef TASUKI_REPORTS_COUNT_H
#define TASUKI_REPORTS_COUNT_H

#include "base/date.h"
#include "config/counting.h"
#include "records/store.h"
#include "reports/table.h"

struct tsk_count_period {
    char first[TSK_DATE_SIZE], last[TSK_DATE_SIZE];
};

/* The period of the layout's kind that the month lies in. */
int tsk_count_period(struct tsk_count_period *out, enum tsk_layout_period kind, const char *text,
                     struct tsk_err *err) TSK_MUST_USE;
int tsk_count_make(struct tsk_count_table *out, struct tsk_store *store, const struct tsk_scope *scope,
                   const struct tsk_counting *counting, const struct tsk_layout *layout, const char *office,
                   const char *office_name, const struct tsk_count_period *period, struct tsk_arena *arena,
                   struct tsk_err *err) TSK_MUST_USE;
/* Every count that reports.yaml names exists. */
int tsk_count_check(const struct tsk_counting *counting, struct tsk_err *err) TSK_MUST_USE;

#endif
