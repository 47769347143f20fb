/*
 * fault - a disk that fails on demand: the Nth call breaks, breaks from then on, or ends the process there
 *
 * Also       records the order of calls, and knows at every moment what a power cut would lose (written or renamed, but not
 *            synced). Everything goes on to the real system calls otherwise.
 * Power cut  takes from the real files what was not synced: their bytes, the names in folders, or both. A name that was
 *            taken away is not brought back.
 * Mutation   leaves the Nth fsync out and says that it went well: a test that does not notice is worth nothing.
 */
#ifndef TASUKI_TESTS_FAULT_H
#define TASUKI_TESTS_FAULT_H

#include <stdbool.h>
#include <stddef.h>

enum fault_how { FAULT_ONCE, FAULT_FROM_THEN_ON, FAULT_KILL, FAULT_HOW_COUNT };

#define FAULT_EXIT 99 /* exit status of a process that was ended by FAULT_KILL */

void fault_start(void);                                      /* put in place, nothing armed, records empty */
void fault_arm(enum fault_how how, unsigned nth, int error); /* nth from 1 */
void fault_disk_full_after(size_t bytes);                    /* of writes: then ENOSPC */
void fault_leave_out_sync(unsigned nth);                     /* from 1; the program is told that all is well */
void fault_stop(void);                                       /* the real disk again */
bool fault_fired(void);

const char *fault_calls(void); /* "mkdir opendir open write fsync close …" since fault_start() */
size_t fault_unsynced(void);   /* files and folders that a power cut would set back */
unsigned fault_syncs(void);    /* fsync calls since fault_start() */

enum fault_cut { FAULT_CUT_BYTES, FAULT_CUT_GARBLE, FAULT_CUT_NAMES, FAULT_CUT_BOTH, FAULT_CUT_COUNT };

/* Now, and after it in this process nothing of the disk should be looked at but by fault_stop(). */
void fault_power_cut(enum fault_cut how);
/* FAULT_KILL is a power cut from now on, until fault_start(). */
void fault_kill_cuts(enum fault_cut how);

#endif
