/*
 * purge - takes everything that the records hold of a case, or of a document or an incident that belongs to none, for good
 *
 * Case       With the cases merged into it: sheets, fields, history, readings, problems, events, consents, notices, deliveries, to-dos
 *            and their results, entries of the contact log, keys by which it is found, pages, and each document whose pages all belong to it, with its
 *            duplicates. A document that holds another case's pages too stays until the last of them goes, without these pages.
 * Document   Its pages, sheets, notices, to-dos, duplicates.
 * Incident   Of no case: what was noted of it, its steps, the words about it to the office. The id may be "5@OPENED", with the stamp of when
 *            it was opened: then no other one goes that has this number on another copy of the records.
 * Stays      The audit chain, whole; the number of what was listed, which is never given again; lists of disposal and certificates.
 * Files      Of the archive are listed in the same transaction when no record names them any more, and removed after it by
 *            tsk_purge_files(): whoever is stopped in between goes on there.
 * Whole      All in one transaction of the caller's, or inside a part of it. Nothing of it is undone later.
 * New tables A foreign key to something that goes makes the purge fail until purge.c knows the table; a test looks through every
 *            table for what remains of a patient.
 */
#ifndef TASUKI_RECORDS_PURGE_H
#define TASUKI_RECORDS_PURGE_H

#include "base/buf.h"
#include "records/blob.h"
#include "records/retention.h"

struct tsk_purged {
    bool found; /* false: it was not there, nothing was done */
    const char *office;
    int64_t cases, sheets, fields, changes, pages, documents, incidents, notices, todos;
    int64_t files;               /* of the archive, that nothing names any more */
    int64_t shared;              /* that something else names, and that stay */
    char digest[TSK_SHA256_HEX]; /* over the SHA-256s of those files in order; keyed on a site with keys */
};

/* Does not ask whether it may: tsk_retention_find() does. why goes into the audit chain: no patient data. */
int tsk_purge_subject(struct tsk_purged *out, struct tsk_store *store, const struct tsk_subject *subject,
                      const char *why, const char *by, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* The spool ids of the documents that would go, or lose pages. */
struct tsk_purge_documents {
    const char **items;
    size_t count;
};
int tsk_purge_documents(struct tsk_purge_documents *out, struct tsk_store *store, const struct tsk_subject *subject,
                        struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

/*
 * Removes the listed files, each only if no record has come to name it meanwhile. Nobody may be between putting a file and naming
 * it: waits up to wait_ms for that (records/blob.h), then leaves the rest for the next call. *left: how many.
 */
int tsk_purge_files(int64_t *removed, int64_t *left, struct tsk_store *store, struct tsk_blobs *blobs, int64_t wait_ms,
                    struct tsk_err *err) TSK_MUST_USE;

/*
 * Gives the room of deleted rows back to the disk, and empties the write-ahead log, which may hold pages from before. TSK_RETRY
 * when others read all the time: nothing is lost, and the next call goes on. The first call on a database of an older program
 * rewrites it, and needs as much room again meanwhile.
 */
int tsk_store_compact(struct tsk_store *store, struct tsk_err *err) TSK_MUST_USE;

#endif
