/*
 * case_close - the work for a case is completed, or goes on after all
 *
 * Completed  is what a person says, for a day in Japan: nothing more is to be asked or told. From the end of that day's fiscal year
 *            the years count for which the case is kept (records/retention.h). A case that nobody closed is kept.
 * Refused    while a sheet of the case waits for a person, for a day before the last thing that happened, for a day to come.
 * Reopened   by a person with a reason, and by a sheet that comes after all: then the case is closed anew, with its new day.
 */
#ifndef TASUKI_RECORDS_CASE_CLOSE_H
#define TASUKI_RECORDS_CASE_CLOSE_H

#include "records/case.h"

struct tsk_case_closing {
    const char *as; /* home, facility, hospital, died (a person knows it), ended (office and family agreed), not_ours */
    const char *day;  /* YYYY-MM-DD; NULL = today */
    const char *note; /* or "" */
};

int tsk_case_close(struct tsk_store *store, const struct tsk_scope *scope, const char *number,
                   const struct tsk_case_closing *closing, const char *by, struct tsk_err *err) TSK_MUST_USE;
/* why: not empty. TSK_REJECT when the case is open. */
int tsk_case_reopen(struct tsk_store *store, const struct tsk_scope *scope, const char *number, const char *why,
                    const char *by, struct tsk_err *err) TSK_MUST_USE;

#endif
