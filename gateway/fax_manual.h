/*
 * fax_manual - the channel for an office that faxes by hand: a to-do with 送信票 and letter to print, which records the result
 *
 * Promise    A fax is PERSON at once. `tasuki todo print` makes the paper when it is wanted, after looking once more whether it
 *            may still go; `tasuki todo done --result` says how it ended.
 */
#ifndef TASUKI_GATEWAY_FAX_MANUAL_H
#define TASUKI_GATEWAY_FAX_MANUAL_H

#include "gateway/session.h"
#include "routing/channel.h"

int tsk_fax_manual_open(struct tsk_channel **out, struct tsk_err *err) TSK_MUST_USE;

/* The paper of a to-do of kind TSK_TODO_FAX_PRINT into a PDF. */
int tsk_fax_manual_print(struct tsk_session *session, int64_t todo, const char *path) TSK_MUST_USE;
/* result: "delivered" or "failed". Settles the notice of such a to-do; the caller marks the to-do done. */
int tsk_fax_manual_settle(struct tsk_session *session, const char *about, const char *result,
                          const char *note) TSK_MUST_USE;

#endif
