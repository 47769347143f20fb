/*
 * tar - the inside of a backup: POSIX ustar, so that what was opened with the key can be unpacked by any tar
 *
 * Promise    Regular files only, one after the other; a name is at most 155 + 100 bytes with a slash to divide it at. The reader
 *            takes bytes as they come and never trusts a header: checksum, type, size and name are checked.
 */
#ifndef TASUKI_GATEWAY_TAR_H
#define TASUKI_GATEWAY_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TSK_TAR_NAME_SIZE 257
#define TSK_TAR_BLOCK 512

/* The header of one file; TSK_REJECT when the name does not fit. */
int tsk_tar_head(unsigned char out[TSK_TAR_BLOCK], const char *name, uint64_t size, int64_t time_s,
                 struct tsk_err *err) TSK_MUST_USE;
/* Zero bytes that follow size bytes of content. */
size_t tsk_tar_padding(uint64_t size);

struct tsk_tar_sink { /* what a reader calls; -1 ends the reading */
    int (*begin)(void *ctx, const char *name, uint64_t size, struct tsk_err *err);
    int (*bytes)(void *ctx, const void *bytes, size_t len, struct tsk_err *err);
    int (*end)(void *ctx, struct tsk_err *err);
    void *ctx;
};

struct tsk_tar_reader {
    struct tsk_tar_sink sink;
    unsigned char block[TSK_TAR_BLOCK];
    size_t held;
    uint64_t left;      /* of the file that is being read */
    size_t padding;     /* that follows it */
    bool inside, ended; /* ended: the two empty blocks were there */
};

int tsk_tar_take(struct tsk_tar_reader *reader, const void *bytes, size_t len, struct tsk_err *err) TSK_MUST_USE;
/* After the last byte: was everything there? */
int tsk_tar_finish(const struct tsk_tar_reader *reader, struct tsk_err *err) TSK_MUST_USE;

#endif
