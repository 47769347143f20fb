/*
 * tar_write - a sealed tar with its manifest, written file by file; shared by backups and by offices that move
 *
 * Manifest   "SHA256 SIZE NAME" a file, in order; the last file of the tar.
 */
#ifndef TASUKI_GATEWAY_TAR_WRITE_H
#define TASUKI_GATEWAY_TAR_WRITE_H

#include <sodium.h>

#include "base/buf.h"
#include "vault/seal.h"

#define TSK_MANIFEST_MAX ((size_t)256 << 20)

struct tsk_tar_writer {
    struct tsk_sealer *sealer;
    struct tsk_buf manifest; /* TSK_BUF(TSK_MANIFEST_MAX) at the start; the caller frees it */
    size_t files;
    uint64_t bytes;
    crypto_hash_sha256_state hash; /* of the file that is being added */
};

/* In parts: begin, any number of bytes that come to size, end. */
int tsk_tar_begin(struct tsk_tar_writer *w, const char *name, uint64_t size, struct tsk_err *err) TSK_MUST_USE;
int tsk_tar_bytes(struct tsk_tar_writer *w, const void *bytes, size_t len, struct tsk_err *err) TSK_MUST_USE;
int tsk_tar_end(struct tsk_tar_writer *w, const char *name, uint64_t size, struct tsk_err *err) TSK_MUST_USE;
/* Whole. As many bytes of a descriptor as were promised: a file that shrinks meanwhile is an error, one that grows is taken as it was. */
int tsk_tar_buf(struct tsk_tar_writer *w, const char *name, const void *bytes, size_t len,
                struct tsk_err *err) TSK_MUST_USE;
int tsk_tar_fd(struct tsk_tar_writer *w, const char *name, int fd, uint64_t size, struct tsk_err *err) TSK_MUST_USE;
/* The manifest and the end of the tar; neither counts. */
int tsk_tar_close(struct tsk_tar_writer *w, const char *manifest_name, struct tsk_err *err) TSK_MUST_USE;

#endif
