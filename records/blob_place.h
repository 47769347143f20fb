/* blob_place - where a blob lies; shared by blob.c, blob_put.c and blob_walk.c, nobody else's business */
#ifndef TASUKI_RECORDS_BLOB_PLACE_H
#define TASUKI_RECORDS_BLOB_PLACE_H

#include "records/blob.h"
#include "vault/vault.h"

#define TSK_BLOB_TMP ".tmp-" /* begins the name of a file that is being written */

struct tsk_blobs {
    int dir;
    char *path;
    struct tsk_vault *vault;
};

struct tsk_blob_place {
    char folder[3];
    char name[TSK_SHA256_HEX - 2];
    bool sealed;
};

/*
 * The i-th place where these bytes may lie: under the key in use, under each older key, then plain. 1, 0 when there are no more,
 * -1. The first is where they are written.
 */
int tsk_blob_place(struct tsk_blob_place *out, const struct tsk_blobs *blobs, const char *sha256, size_t i,
                   struct tsk_err *err);
/* Reads one place's file without looking at its SHA-256. TSK_REJECT when there is none. */
int tsk_blob_read_at(struct tsk_buf *out, const struct tsk_blobs *blobs, const struct tsk_blob_place *place,
                     struct tsk_err *err);
/* The same, checked against the hash; what a damaged one appended is taken away again. */
int tsk_blob_read_checked(struct tsk_buf *out, const struct tsk_blobs *blobs, const struct tsk_blob_place *place,
                          const char *sha256, struct tsk_err *err);
int tsk_blob_check_name(const char *sha256, struct tsk_err *err);
/* Durable under the key in use, and where that is. */
int tsk_blob_store(struct tsk_blob_place *place, const struct tsk_blobs *blobs, const char *sha256, const void *bytes,
                   size_t len, struct tsk_err *err);
/* Which key a file is under: "" = plain or no format of ours. false when it is gone. */
bool tsk_blob_key(char id[TSK_KEY_ID_SIZE], int folder, const char *name);
/* Opens a two-digit folder; -1 with errno. */
int tsk_blob_folder(const struct tsk_blobs *blobs, const char *name);
int tsk_blob_fail(const struct tsk_blobs *blobs, const char *what, struct tsk_err *err);

#endif
