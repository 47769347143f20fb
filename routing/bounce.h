/*
 * bounce - the other side gave a message back
 *
 * Promise    The notice that tsk_verp_parse() or a Message-ID of ours named becomes failed, with those that went in the same
 *            mail, and the office is told (to-do and alert), once. A notice that is not out, or has failed already, stays as
 *            it is: a second bounce changes nothing. Runs inside the transaction that the caller has begun.
 * Delay      A report that a server still tries is no bounce: do not call this for it.
 */
#ifndef TASUKI_ROUTING_BOUNCE_H
#define TASUKI_ROUTING_BOUNCE_H

#include "routing/route.h"

/* notice_id: of a notice or of a digest. detail: the other side's words, ASCII, no patient data: "5.1.1 user unknown". *changed: how many notices failed by it;
 * 0 when there is none of that id. */
int tsk_route_bounced(int *changed, const struct tsk_routing *routing, struct tsk_store *store, const char *notice_id,
                      const char *detail, struct tsk_err *err) TSK_MUST_USE;

#endif
