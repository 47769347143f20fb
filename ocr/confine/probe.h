/*
 * probe - a forbidden call on purpose, so that tests can see the lock hold
 *
 * Promise    Tries the named call with arguments that would succeed without confinement. Returning at all means that the
 *            lock does not hold, and is an error that says so.
 */
#ifndef TASUKI_OCR_PROBE_H
#define TASUKI_OCR_PROBE_H

#include "base/err.h"

/* open, create, socket, connect, fork, thread, exec, kill, ptrace, link, execmem; hang, memory and abort break a limit;
   descriptors says in its error how many are open. */
int tsk_probe(const char *call, struct tsk_err *err) TSK_MUST_USE;

#endif
