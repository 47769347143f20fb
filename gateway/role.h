/*
 * role - what every long-running process of a site has in common: signals, waiting, one log name
 *
 * Promise    SIGTERM and SIGINT ask to stop, SIGHUP to read the configuration again; neither interrupts a system call, both
 *            end a wait. Nothing is missed between looking and waiting.
 */
#ifndef TASUKI_GATEWAY_ROLE_H
#define TASUKI_GATEWAY_ROLE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "gateway/command.h"
#include "gateway/site.h"

enum { TSK_ROLE_STOP = 1, TSK_ROLE_RELOAD = 2, TSK_ROLE_CHILD = 4, TSK_ROLE_READY = 8 };

#define TSK_ROLE_FDS_MAX 8

/* name is a literal. children: SIGCHLD is reported as well. */
int tsk_role_start(const char *name, bool children, struct tsk_err *err) TSK_MUST_USE;
/* Up to ms of our time (-1: for ever), or until a signal or one of fds; which of them is in their revents. STOP, once
   reported, is reported by every later call at once. */
int tsk_role_wait(struct pollfd *fds, size_t count, int64_t ms);
/* In a process forked from a role, before exec: the signals as they were. keep_reload: SIGHUP stays blocked, so that one
   that comes before the new role listens waits for it instead of ending it. */
void tsk_role_unblock(bool keep_reload);

/* A command that is one role of a site and takes nothing but --site: serve is called when the signals stand, and returns when
   it was asked to stop, or -1. The program's exit status. */
int tsk_role_run(const struct tsk_command *command, int argc, char **argv,
                 int (*serve)(struct tsk_site *site, struct tsk_err *err));

/* RELOAD for a role with nothing of its own to do: reads the site again, logs what came of it. */
void tsk_role_reload(struct tsk_site *site);

#endif
