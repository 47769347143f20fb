/*
 * lock - shut a process in before it looks at a stranger's bytes
 *
 * Promise    After tsk_confine() returns 0 a system call that is not on the policy's list ends the process with SIGSYS;
 *            there is no way back. Limits are set before the filter. It never returns with half of it done: an error means
 *            the process must exit.
 * Policies   READER: computes on memory and descriptors that it has; opens nothing, starts nothing, connects to nothing.
 *            PDF: may exec the one program whose path was given and open files for reading (fonts, libraries), below
 *            Landlock where the kernel has it; no sockets, no writing, no processes.
 * Sanitizers Under TASUKI_ASAN the address-space limit and the READER filter are left out (the runtime needs both).
 */
#ifndef TASUKI_OCR_LOCK_H
#define TASUKI_OCR_LOCK_H

#include <stddef.h>

#include "base/err.h"

struct tsk_limits {
    size_t memory_bytes; /* beyond what the process has mapped now */
    unsigned cpu_seconds;
    size_t file_bytes; /* largest file it may write; 0: none */
    unsigned files;    /* descriptors; 0: leave as is */
};

enum tsk_policy { TSK_POLICY_READER, TSK_POLICY_PDF };

/* Moves fds[i] to descriptor 3 + i and closes every other above 2. Standard streams stay. count at most 8. */
int tsk_keep_fds(int *fds, size_t count, struct tsk_err *err) TSK_MUST_USE;

/* program: what a PDF process may exec (this very pointer goes to execve); NULL otherwise. */
int tsk_confine(const struct tsk_limits *limits, enum tsk_policy policy, const char *program,
                struct tsk_err *err) TSK_MUST_USE;

#endif
