/*
 * os - the system calls of whoever must not lose a byte, behind one table
 *
 * Promise    spool, blobs and intake touch the disk only through tsk_os, so that a test can break the Nth call, record the
 *            order of calls, or end the process there. Semantics are those of the system call.
 */
#ifndef TASUKI_BASE_OS_H
#define TASUKI_BASE_OS_H

#include <sys/stat.h>
#include <sys/types.h>

struct tsk_os {
    int (*openat)(int dir, const char *name, int flags, mode_t mode);
    ssize_t (*read)(int fd, void *bytes, size_t len);
    ssize_t (*write)(int fd, const void *bytes, size_t len);
    int (*fsync)(int fd);
    int (*syncfs)(int fd); /* all of its file system */
    int (*close)(int fd);
    int (*renameat)(int from_dir, const char *from, int to_dir, const char *to);
    int (*linkat)(int from_dir, const char *from, int to_dir, const char *to, int flags);
    int (*unlinkat)(int dir, const char *name, int flags);
    int (*mkdirat)(int dir, const char *name, mode_t mode);
    int (*fstatat)(int dir, const char *name, struct stat *st, int flags);
};

extern const struct tsk_os *tsk_os; /* the real one, unless a test put its own here */
extern const struct tsk_os tsk_os_real;

#endif
