/*
 * fax_gate - is what a telephone line brought all that was sent?
 *
 * Why        A line that drops out loses rows, and both ends say OK. So nothing the machines say is proof of a whole page.
 * Promise    A page that is too short becomes incomplete; a page that the spooler counted and that is not in the file gets
 *            its place as incomplete. Nothing that was read is thrown away. One to-do a document says whom to ask for what.
 */
#ifndef TASUKI_GATEWAY_FAX_GATE_H
#define TASUKI_GATEWAY_FAX_GATE_H

#include "gateway/reading.h"
#include "gateway/site.h"
#include "records/store.h"
#include "spool/spool.h"

int tsk_fax_gate(struct tsk_reader_result *result, const struct tsk_envelope *envelope,
                 struct tsk_err *err) TSK_MUST_USE;
/* In the transaction that records the document. */
int tsk_fax_ask_again(struct tsk_store *store, const struct tsk_site *site, const struct tsk_reader_result *result,
                      const struct tsk_envelope *envelope, struct tsk_err *err) TSK_MUST_USE;

#endif
