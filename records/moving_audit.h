/*
 * moving_audit - an office's part of the audit chain, taken along and still verifiable
 *
 * Why not as it is    An entry's hash covers the one before it, which is another office's as a rule, under a key that never leaves its
 *                     site: nobody but that site could check a part of the chain.
 * Leaves              The entries of the office with their numbers, hashes and key ids, as JSON arrays, after the site has verified its
 *                     whole chain; the SHA-256 over them and the head of that chain are named by the archive.
 * Arrives             "office.import" names former head, count and SHA-256; then each entry is written anew at the end of this site's
 *                     chain, with its own time, actor and detail, under this site's key. The former numbers and hashes stay
 *                     beside them (audit_moved). So the chain holds them fast like its own, and the entries can be laid beside
 *                     the former site's chain at any time.
 */
#ifndef TASUKI_RECORDS_MOVING_AUDIT_H
#define TASUKI_RECORDS_MOVING_AUDIT_H

#include "records/audit.h"
#include "records/moving.h"

int tsk_moving_audit_dump(struct tsk_store *store, const char *office, tsk_moving_take *take, void *ctx,
                          struct tsk_err *err) TSK_MUST_USE;

struct tsk_moving_audit {
    const char *archive;        /* digest of it */
    struct tsk_audit_head head; /* of the former chain */
    int64_t entries;
    const char *sha256; /* over the entries, a line feed behind each */
};
/* Before the entries. */
int tsk_moving_audit_start(struct tsk_store *store, const char *office, const struct tsk_moving_audit *from,
                           const char *by, struct tsk_err *err) TSK_MUST_USE;
/* One entry as it was dumped; TSK_HOLD when it is none, or another office's. */
int tsk_moving_audit_add(struct tsk_moving *moving, struct tsk_store *store, const char *office, const char *row,
                         size_t len, struct tsk_err *err) TSK_MUST_USE;

struct tsk_moved_part {
    int64_t seq; /* of "office.import" */
    const char *office;
    int64_t entries;
    const char *head; /* "SEQ:HASH" of the former chain */
};
struct tsk_moved_parts {
    struct tsk_moved_part *items;
    size_t count;
};
/* Are the entries behind each "office.import" what it names? TSK_HOLD says which part is not. */
int tsk_moving_audit_verify(struct tsk_moved_parts *out, struct tsk_store *store, struct tsk_arena *arena,
                            struct tsk_err *err) TSK_MUST_USE;

#endif
