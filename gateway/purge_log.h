/*
 * purge_log - what was disposed of for good, kept apart from the site, so that no restore brings it back
 *
 * Format     One JSON object a line: at, what ("case": all of a case, id is its number; "document": one of no case, id is its spool id;
 *            "incident": one of no case, id is its number, "@" and when it was opened, for a number may have been another's on an older copy;
 *            "office": all of an office that moved, unless it came back later; "blob": a file of the archive, id is its SHA-256), id, by, why, key, mac (HMAC-SHA-256 of the others: whoever can write
 *            the file but has no key cannot make a restore throw things away). Only ever added to.
 * Kinds      What an older program does not know it refuses (TSK_STOP): a restore is whole, with every disposal, or it is none.
 * Order      Whoever disposes: the line first, durable, then the records, then the files. A crash in between is finished by
 *            applying the log again; every entry may be applied any number of times.
 */
#ifndef TASUKI_GATEWAY_PURGE_LOG_H
#define TASUKI_GATEWAY_PURGE_LOG_H

#include "records/blob.h"
#include "records/store.h"
#include "spool/spool.h"
#include "vault/vault.h"

#define TSK_PURGE_LOG "purges.log"

struct tsk_purge {
    const char *what; /* "case", "document", "incident", "office", "blob" */
    const char *id, *by, *why;
};

int tsk_purge_note(const char *path, struct tsk_vault *vault, const struct tsk_purge *purge,
                   struct tsk_err *err) TSK_MUST_USE;

struct tsk_purge_target {
    struct tsk_store *store;
    struct tsk_blobs *blobs;
    struct tsk_spool *spool; /* NULL: held documents stay there */
    struct tsk_vault *vault;
};

/* Every entry of the log; how many had something to do, or -1. A line that is not ours is refused (TSK_HOLD) by its number. */
int tsk_purge_apply(const char *path, const struct tsk_purge_target *target, struct tsk_err *err) TSK_MUST_USE;

#endif
