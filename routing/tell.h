/*
 * tell - what a person told of a case without the program: at the telephone, over a counter, by post
 *
 * Promise    A disclosure like any other: refused, with the reason, where the consent that stood at that moment does not reach the
 *            recipient; else a line of the case's ledger and of the audit chain. The words stand in the records as long as the case does.
 */
#ifndef TASUKI_ROUTING_TELL_H
#define TASUKI_ROUTING_TELL_H

#include "routing/route.h"

#define TSK_EVENT_TOLD "told.by_hand"

struct tsk_telling {
    int64_t institution; /* of the directory */
    const char *person;  /* who there; "" = unknown */
    const char *what;    /* in a few words */
    const char *way;     /* phone, hand, post, fax (to a verified number), other */
    int64_t when_ms;     /* not after now; 0 = now */
};

/* Inside the caller's transaction. */
int tsk_route_tell(const struct tsk_routing *routing, struct tsk_store *store, const struct tsk_scope *scope,
                   const char *case_number, const struct tsk_telling *telling, const char *by,
                   struct tsk_err *err) TSK_MUST_USE;

#endif
