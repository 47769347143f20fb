/*
 * blob - original bytes, page images and crops, kept under the SHA-256 of what they hold
 *
 * Format     archive/ab/cdef…: one format byte (1 = plain), then the bytes. The name is the hash of the bytes alone, so
 * that another format (encrypted) keeps every reference. Promise    tsk_blob_put() returns 0 only when file and names
 * are on disk. The same bytes are stored once; a damaged file is replaced by a put of the same bytes. Reading checks
 * the hash every time. Failure    TSK_RETRY when the disk refuses, TSK_HOLD when what is stored fails its check or is
 * missing.
 */
#ifndef TASUKI_RECORDS_BLOB_H
#define TASUKI_RECORDS_BLOB_H

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

#define TSK_BLOB_PLAIN 1
#define TSK_BLOB_MAX (256u * 1024 * 1024)

struct tsk_blobs;

int tsk_blobs_open(struct tsk_blobs **out, const char *dir, struct tsk_err *err) TSK_MUST_USE; /* makes dir */
void tsk_blobs_close(struct tsk_blobs **blobs);

int tsk_blob_put(char sha256[TSK_SHA256_HEX], struct tsk_blobs *blobs, const void *bytes, size_t len,
                 struct tsk_err *err) TSK_MUST_USE;
int tsk_blob_put_fd(char sha256[TSK_SHA256_HEX], struct tsk_blobs *blobs, int fd, struct tsk_err *err) TSK_MUST_USE;
/* Appends; out->max is the cap. */
int tsk_blob_get(struct tsk_buf *out, struct tsk_blobs *blobs, const char *sha256, struct tsk_err *err) TSK_MUST_USE;
int tsk_blob_verify(struct tsk_blobs *blobs, const char *sha256, struct tsk_err *err) TSK_MUST_USE;

#endif
