/*
 * backup - one sealed file that holds a whole site, made while it runs
 *
 * Inside     A tar (gateway/tar.h): site/… (configuration, templates, keyring, state of mailboxes, outgoing mail), spool/STATE/ID/…,
 *            store/tasuki.db, archive/SHA256, and at the end MANIFEST with size and SHA-256 of each. Never the key, never what a
 *            watched folder holds: that is not accepted yet.
 * Order      Spool, then database, then archive: a document that moves on meanwhile is in the copy of the spool, or in that of the
 *            database, or in both, and a reader knows it by its id. The archive only grows, so each file that the copied
 *            database names is there.
 * Promise    A backup has its name only after it was written, synced, read again from the first byte to the last and compared with
 *            its manifest. A restore looks at all of it before it writes
 *            anything, and is whole or none: restore_place.h.
 * Names      tasuki-20261125T023000Z.backup: sorted by name is sorted by age, as far as the clock was right. One that is named more
 *            than a day ahead counts as older than all others. A second one of the same second has the name of the
 *            next that is free, and sorts behind it.
 */
#ifndef TASUKI_GATEWAY_BACKUP_H
#define TASUKI_GATEWAY_BACKUP_H

#include <limits.h>
#include <stdint.h>

#include "gateway/site.h"
#include "vault/vault.h"

#define TSK_BACKUP_MANIFEST "MANIFEST"
#define TSK_BACKUP_SUFFIX ".backup"
#define TSK_RESTORED "restored.manifest" /* in the site: what a restore brought, for tasuki doctor --verify */

struct tsk_backup {
    char path[PATH_MAX];
    size_t files, documents; /* documents: of the spool */
    size_t lacking;          /* files of the archive that the records name and that are missing or damaged */
    uint64_t bytes;          /* of content */
};

/* Into folder, which exists. The site's keyring is laid beside it. */
int tsk_backup_make(struct tsk_backup *out, const struct tsk_site *site, const char *folder,
                    struct tsk_err *err) TSK_MUST_USE;
/* Reads all of it. */
int tsk_backup_verify(struct tsk_backup *out, const char *path, struct tsk_vault *vault,
                      struct tsk_err *err) TSK_MUST_USE;
/* What is inside, opened: the tar. */
int tsk_backup_unseal(const char *path, const struct tsk_site *site,
                      int (*take)(void *ctx, const void *bytes, size_t len, struct tsk_err *err), void *ctx,
                      struct tsk_err *err) TSK_MUST_USE;
/* Removes the oldest, so that keep are left; only files with names of backups, and never newest (a path), whatever a clock made of
   the names. Returns how many, or -1. */
int tsk_backup_prune(const char *folder, uint32_t keep, const char *newest, struct tsk_err *err) TSK_MUST_USE;

struct tsk_restore_wish {
    const char *path, *dir; /* dir: absent or empty */
    const char *key;        /* key file */
    const char *purge_log;  /* NULL = beside the backup, if there is one */
};

struct tsk_restored {
    struct tsk_backup backup;
    int purged;         /* entries of the purge log that were applied */
    char key[PATH_MAX]; /* where the restored site looks for its key */
};

int tsk_backup_restore(struct tsk_restored *out, const struct tsk_restore_wish *wish, struct tsk_err *err) TSK_MUST_USE;

#endif
