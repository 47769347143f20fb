/*
 * blob - original bytes, page images and crops, known by the SHA-256 of what they hold
 *
 * Format     With a vault: archive/ab/cdef…, a sealed file (vault/seal.h) whose name is HMAC-SHA-256 of the SHA-256 under a key of
 *            its own, so that a stranger who holds the disk can neither read a file nor tell whether a page that he knows is
 *            among them. Without one: the SHA-256 is the name, one format byte (1 = plain), then the bytes. Both are read.
 * Promise    tsk_blob_put() returns 0 only when file and names are on disk. The same bytes are stored once; a damaged file is
 *            replaced by a put of the same bytes. Reading checks the SHA-256 every time.
 * Failure    TSK_RETRY when the disk refuses, TSK_HOLD when what is stored fails its check or is missing, TSK_STOP without the
 *            key.
 */
#ifndef TASUKI_RECORDS_BLOB_H
#define TASUKI_RECORDS_BLOB_H

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

#define TSK_BLOB_PLAIN 1
#define TSK_BLOB_MAX (256u * 1024 * 1024)

struct tsk_blobs;
struct tsk_vault;

/* Makes dir. vault is borrowed; NULL = plain. */
int tsk_blobs_open(struct tsk_blobs **out, const char *dir, struct tsk_vault *vault, struct tsk_err *err) TSK_MUST_USE;
void tsk_blobs_close(struct tsk_blobs **blobs);

int tsk_blob_put(char sha256[TSK_SHA256_HEX], struct tsk_blobs *blobs, const void *bytes, size_t len,
                 struct tsk_err *err) TSK_MUST_USE;
int tsk_blob_put_fd(char sha256[TSK_SHA256_HEX], struct tsk_blobs *blobs, int fd, struct tsk_err *err) TSK_MUST_USE;
/* Appends; out->max is the cap. */
int tsk_blob_get(struct tsk_buf *out, struct tsk_blobs *blobs, const char *sha256, struct tsk_err *err) TSK_MUST_USE;
int tsk_blob_verify(struct tsk_blobs *blobs, const char *sha256, struct tsk_err *err) TSK_MUST_USE;
/* For disposal: every file of these bytes, under whatever key. One that is not there is fine. */
int tsk_blob_remove(struct tsk_blobs *blobs, const char *sha256, struct tsk_err *err) TSK_MUST_USE;

/*
 * Whoever puts files and names them in the records afterwards holds the archive from before the first put until the commit, so that
 * disposal cannot take a file away in between. Any number of holders at a time; disposal is alone or not at all: 1, 0 when
 * somebody holds it, -1. Between threads and processes; a handle holds once. Take it before a transaction begins.
 */
int tsk_blobs_hold(struct tsk_blobs *blobs, struct tsk_err *err) TSK_MUST_USE;
int tsk_blobs_alone(struct tsk_blobs *blobs, struct tsk_err *err) TSK_MUST_USE;
void tsk_blobs_release(struct tsk_blobs *blobs);

struct tsk_blob_walk {
    size_t files;   /* that were looked at */
    size_t sealed;  /* of them, sealed anew now */
    size_t damaged; /* of them, left as they are; the log names them */
};

/*
 * Seals every file that is plain or under a key that is not the one in use: the new file first, whole and synced, then the old
 * one goes. Stopped half way, the next call goes on. Any number of readers and writers meanwhile.
 */
int tsk_blobs_seal_all(struct tsk_blob_walk *out, struct tsk_blobs *blobs, struct tsk_err *err) TSK_MUST_USE;
/* How many are not under the key in use; looks at heads only. -1 on a failure. */
long tsk_blobs_unsealed(struct tsk_blobs *blobs, struct tsk_err *err);

#endif
