/*
 * guard - ends connections that take too long; private to review/
 *
 * Why        The library's own time-out starts anew with every byte, so that a client that sends one a minute would hold a
 *            connection for ever, and a few hundred of them the desk.
 * Promise    A request is there within a fixed time of the connection, or of the request before it; its body and the reading
 *            of its answer have a time by their size.
 */
#ifndef TASUKI_REVIEW_GUARD_H
#define TASUKI_REVIEW_GUARD_H

#include <microhttpd.h>
#include <stdint.h>

#include "base/err.h"

struct tsk_guard;

int tsk_guard_start(struct tsk_guard **out, struct tsk_err *err) TSK_MUST_USE;
void tsk_guard_stop(struct tsk_guard **guard); /* when the server has stopped */

/* For MHD_OPTION_NOTIFY_CONNECTION, with the guard as its closure. */
void tsk_guard_notify(void *guard, struct MHD_Connection *connection, void **context,
                      enum MHD_ConnectionNotificationCode what);
/* From now on, this connection has so long; -1: for ever (a stream). */
void tsk_guard_allow(struct tsk_guard *guard, struct MHD_Connection *connection, int64_t ms);
/* The answer is out: the next request has to come. */
void tsk_guard_rest(struct tsk_guard *guard, struct MHD_Connection *connection);

#endif
