/*
 * sheet_complete - what a person may mean who has typed the start of an institution, a town, a department or a ward
 *
 * Promise    At most TSK_COMPLETIONS_MAX, those that begin with the text before those that hold it; compared as names are
 *            (full width, kana, variants such as 髙/高), from the sheet's office's own directory.
 */
#ifndef TASUKI_REVIEW_SHEET_COMPLETE_H
#define TASUKI_REVIEW_SHEET_COMPLETE_H

#include "review/sheet_view.h"

#define TSK_COMPLETIONS_MAX 24 /* the wards of the city */

/* A list of {value, note}; empty for a lexicon that has nothing to offer. A ward's note is its code. */
int tsk_complete(json_t **out, const struct tsk_request *request, const struct tsk_sheet *sheet,
                 const struct tsk_field *field, const char *typed, struct tsk_err *err) TSK_MUST_USE;

#endif
