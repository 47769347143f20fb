/*
 * file - reading with a cap, writing that lasts
 *
 * Promise    tsk_file_put() returns 0 only when the bytes and the name are on disk: write, fsync, close, rename, fsync of
 *            the directory. A failed fsync is final: the file is thrown away and never synced again. A reader sees the old
 *            file or the new one, never a part.
 */
#ifndef TASUKI_BASE_FILE_H
#define TASUKI_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

int tsk_write_all(int fd, const void *bytes, size_t len) TSK_MUST_USE; /* 0, or -1 with errno */
int tsk_file_read(const char *path, struct tsk_buf *out,
                  struct tsk_err *err) TSK_MUST_USE; /* appends; out->max is the cap */
int tsk_fd_read(int fd, const char *what, struct tsk_buf *out, struct tsk_err *err) TSK_MUST_USE;

/* Durable: dir/name appears whole or not at all. mode as in open(2). Replaces an older file of that name. */
int tsk_file_put(int dir, const char *name, const void *bytes, size_t len, mode_t mode,
                 struct tsk_err *err) TSK_MUST_USE;
int tsk_file_put_path(const char *path, const void *bytes, size_t len, mode_t mode, struct tsk_err *err) TSK_MUST_USE;

/* flock(fd, how), waiting at most so long; -1 with errno, EWOULDBLOCK when somebody else holds it all the while. */
int tsk_lock(int fd, int how, int64_t wait_ms) TSK_MUST_USE;

int tsk_dir_open(const char *path, struct tsk_err *err) TSK_MUST_USE;              /* descriptor, or -1 */
int tsk_dir_make(const char *path, mode_t mode, struct tsk_err *err) TSK_MUST_USE; /* with parents; existing is fine */

#endif
