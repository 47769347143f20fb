/*
 * casework - the loop is closed: hospitals that do not write back are asked, and nobody is asked in vain
 *
 * Promise    Whatever changes a case (a sheet, a correction, consent, closing) and what that means for its inquiries are one
 *            transaction: what was queued and has become wrong is taken back at once. A call is put together when it leaves, so
 *            that a page whose reason has gone does not leave with it.
 * Call       All inquiries to one hospital go in one fax a day: a cover, a list, one page a patient (the form `inquiry`, filled in
 *            from the referral, with the code that brings it back). Quiet hours, holidays and the hours of the entry hold.
 * Disclosure A page names a patient: it needs standing consent (medical) and a verified fax number, like any disclosure. Without
 *            them nobody is asked, and the case says so.
 * Limits     As inquiries: of the configuration says; then a to-do for a person. A hospital that the patient was moved to is asked
 *            when a person has released its first page.
 */
#ifndef TASUKI_CASEWORK_CASEWORK_H
#define TASUKI_CASEWORK_CASEWORK_H

#include "records/inquiry.h"
#include "routing/route.h"

#define TSK_CASEWORK_NAME "casework" /* who did it, where no person did */
#define TSK_EVENT_CALL "inquiry.call"
#define TSK_FORM_INQUIRY "inquiry"

/* Makes routing tell casework of every change of a case, and ask it for the pages of a call. */
void tsk_casework_attach(struct tsk_routing *routing);

/* What a case waits for is worked out again, inside the caller's transaction. attach() does this wherever routing runs. */
int tsk_casework_case(const struct tsk_routing *routing, struct tsk_store *store, const char *case_number,
                      struct tsk_err *err) TSK_MUST_USE;
/* Plans, calls and passes on to people what is due now; transactions of its own. Repeating it changes nothing. */
int tsk_casework_tick(const struct tsk_routing *routing, struct tsk_store *store, struct tsk_err *err) TSK_MUST_USE;

/* Inside the caller's transaction. By hand: with the next call, whatever the clock says. TSK_REJECT with the reason when nobody
 * may be asked. */
int tsk_casework_ask(int64_t *inquiry, const struct tsk_routing *routing, struct tsk_store *store,
                     const struct tsk_scope *scope, const char *case_number, const char *by,
                     struct tsk_err *err) TSK_MUST_USE;
/* The first page to a hospital that the patient was moved to may go. */
int tsk_casework_release(const struct tsk_routing *routing, struct tsk_store *store, const struct tsk_scope *scope,
                         int64_t inquiry, const char *by, struct tsk_err *err) TSK_MUST_USE;
int tsk_casework_cancel(const struct tsk_routing *routing, struct tsk_store *store, const struct tsk_scope *scope,
                        int64_t inquiry, const char *why, const char *by, struct tsk_err *err) TSK_MUST_USE;

#endif
