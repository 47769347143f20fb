/*
 * restore_place - the directory in which a site is made anew: empty, unfinished, or a whole site
 *
 * Mark       DIR/.restoring is on the disk before anything else, and until all the rest is. tasuki.yaml, without which no command takes
 *            a directory for a site, waits in it and gets its name last: a restore is whole or is none.
 * Again      What an unfinished restore left is removed by itself when it fails, by the next one when it was killed. A directory that
 *            holds anything else is refused.
 */
#ifndef TASUKI_GATEWAY_RESTORE_PLACE_H
#define TASUKI_GATEWAY_RESTORE_PLACE_H

#include "base/err.h"

#define TSK_RESTORING ".restoring"

int tsk_restore_begin(const char *dir, struct tsk_err *err) TSK_MUST_USE;
/* Everything is on the disk then, the name of tasuki.yaml too. */
int tsk_restore_finish(const char *dir, struct tsk_err *err) TSK_MUST_USE;
/* Empty again, as far as the disk allows. */
void tsk_restore_undo(const char *dir);

#endif
