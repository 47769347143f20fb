/*
 * retention - an approved list of disposal is carried out, and what was cut short is finished
 *
 * Log        Every purge is noted first in purges.log (backup: purge_log, else in the backup folder, else in the site), so that no restore brings back what
 *            was disposed of. The copies of backups elsewhere need the newest purges.log beside them.
 * Order      Of one item, with the write lock held: looked at again, noted, purged, committed; then its files. Whoever is killed leaves an
 *            item whole or absent; the next run goes on. When all are through the database is compacted and its log emptied, and only
 *            then the certificate is written. TSK_RETRY when readers are in the way of the files or of the log: run it again.
 * Left       What is hindered meanwhile, or has a document in the spool, is left with the reason; the certificate says so.
 */
#ifndef TASUKI_GATEWAY_RETENTION_H
#define TASUKI_GATEWAY_RETENTION_H

#include "gateway/site_routing.h"
#include "records/disposal.h"

struct tsk_retention_run {
    int64_t purged, left;
    int64_t files; /* removed from the archive */
    int64_t files_left;
};

/* id: of an approved list in scope. Outside of a transaction. */
int tsk_retention_carry_out(struct tsk_retention_run *out, const struct tsk_site *site, struct tsk_store *store,
                            const struct tsk_scope *scope, int64_t id, const char *by,
                            struct tsk_err *err) TSK_MUST_USE;
/* Where the log is; malloc'ed. NULL without memory. */
char *tsk_retention_log_path(const struct tsk_site *site) TSK_MUST_USE;

/* For tests: called at each step ("noted", "committed", "file", "finished"). */
extern void (*tsk_retention_boundary)(const char *name);

#endif
