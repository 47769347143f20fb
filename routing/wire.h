/*
 * wire - many conversations at once in one process, none of which waits for another
 *
 * Promise    A transfer that hangs, or a program that does not end, costs nothing but its own time limit: tsk_wire_step()
 *            goes on with whatever is ready. Connections are kept between transfers and are private to the process: sockets
 *            close on exec, none crosses a fork into another of our roles.
 * Callbacks  run inside tsk_wire_step() only, and may begin new transfers and watches.
 */
#ifndef TASUKI_ROUTING_WIRE_H
#define TASUKI_ROUTING_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct tsk_wire;

int tsk_wire_open(struct tsk_wire **out, struct tsk_err *err) TSK_MUST_USE;
/* Without farewell: a server that hangs must not keep a process that wants to end. */
void tsk_wire_close(struct tsk_wire **wire);

/* easy: a CURL handle that is set up but for its sockets; it stays the caller's. ended: once, with the CURLcode. */
int tsk_wire_start(struct tsk_wire *wire, void *easy, void (*ended)(void *ctx, int code), void *ctx,
                   struct tsk_err *err) TSK_MUST_USE;
/* The transfer ends here and now; ended is not called. NULL and unknown handles are fine. */
void tsk_wire_drop(struct tsk_wire *wire, void *easy);

/* ready is called while fd is readable, and with late when until_ms (tsk_mono_ms) is past. Ends by tsk_wire_unwatch(). */
int tsk_wire_watch(struct tsk_wire *wire, int fd, int64_t until_ms, void (*ready)(void *ctx, bool late), void *ctx,
                   struct tsk_err *err) TSK_MUST_USE;
void tsk_wire_unwatch(struct tsk_wire *wire, int fd);

/* Goes on with what is ready, or waits for it at most wait_ms. */
void tsk_wire_step(struct tsk_wire *wire, int wait_ms);

#endif
