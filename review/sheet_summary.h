/*
 * sheet_summary - what confirming a sheet would lead to, before it is confirmed
 *
 * Promise    The sheet is confirmed and planned inside a transaction that is taken back, so that what is shown is what the same
 *            program would do a moment later; nothing is changed by looking.
 */
#ifndef TASUKI_REVIEW_SHEET_SUMMARY_H
#define TASUKI_REVIEW_SHEET_SUMMARY_H

#include "review/sheet_view.h"

int tsk_summary_reply(struct tsk_reply *reply, const struct tsk_request *request, const struct tsk_sheet *sheet,
                      struct tsk_err *err) TSK_MUST_USE;

#endif
