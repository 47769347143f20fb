/* blob_place - where a blob lies; shared by blob.c and blob_walk.c, nobody else's business */
#ifndef TASUKI_RECORDS_BLOB_PLACE_H
#define TASUKI_RECORDS_BLOB_PLACE_H

#include "records/blob.h"
#include "vault/vault.h"

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
/* Opens a two-digit folder; -1 with errno. */
int tsk_blob_folder(const struct tsk_blobs *blobs, const char *name);
int tsk_blob_fail(const struct tsk_blobs *blobs, const char *what, struct tsk_err *err);

#endif
