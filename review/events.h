/*
 * events - what changed, told to every page that is open; private to review/
 *
 * Source     Lines of the audit chain, whichever process wrote them: one thread looks twice a second whether another handle
 *            committed, which costs nothing when none did.
 * Scope      A stream hears of the offices in which its person is coordinator or manager. It ends when its session ends or is
 *            locked, at most a heartbeat later.
 * Loss       A page that reads too slowly, or comes back after a gap, gets the kind "again": it asks anew for what it shows.
 */
#ifndef TASUKI_REVIEW_EVENTS_H
#define TASUKI_REVIEW_EVENTS_H

#include <microhttpd.h>

#include "records/login.h"
#include "review/request.h"

struct tsk_events;

int tsk_events_start(struct tsk_events **out, const struct tsk_desk *desk, struct tsk_err *err) TSK_MUST_USE;
/* Ends every stream, so that the server can stop; tsk_events_free() after it has. */
void tsk_events_stop(struct tsk_events *events);
void tsk_events_free(struct tsk_events **events);

/* A response that goes on until the session ends; NULL when there are too many streams. */
struct MHD_Response *tsk_events_open(struct tsk_events *events, struct MHD_Connection *connection,
                                     const struct tsk_request *request);

#endif
