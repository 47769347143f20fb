/*
 * move - that an office leaves for another site, came from one, or went for good
 *
 * States     Of an export: leaving -> deleted, or -> stayed (taken back). A deleted office that comes back makes it returned. Of an
 *            import: arrived.
 * Gone       While an export is leaving or deleted nothing is sent, asked or recorded here for the office (view offices_gone): the new
 *            site does that. What still comes in for it is kept in the spool for a person.
 * Whole      A deletion takes every row of the office but the audit chain and this table, in one transaction; files of the archive that
 *            nothing names any more are listed and removed by tsk_purge_files().
 */
#ifndef TASUKI_RECORDS_MOVE_H
#define TASUKI_RECORDS_MOVE_H

#include "records/moving.h"
#include "records/purge.h"

struct tsk_move {
    int64_t id;
    const char *office, *kind, *state;
    const char *started, *started_by;
    const char *digest, *receipt_key, *content;
    const char *asked_by, *asked_why;
    const char *ended, *ended_by;
    const char *certificate; /* of the deletion; of an import: the receipt */
};

struct tsk_moves {
    struct tsk_move *items;
    size_t count;
};

/* Newest first. */
int tsk_move_list(struct tsk_moves *out, struct tsk_store *store, const struct tsk_scope *scope,
                  struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* The newest of this kind ("export", "import"). TSK_REJECT when there is none. */
int tsk_move_find(struct tsk_move *out, struct tsk_store *store, const char *office, const char *kind,
                  struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
int tsk_office_is_gone(bool *out, struct tsk_store *store, const char *office, struct tsk_err *err) TSK_MUST_USE;

/* From now on the office is leaving; again while it is. TSK_RETRY while something of it is being sent. */
int tsk_move_leave(struct tsk_store *store, const char *office, const char *by, struct tsk_err *err) TSK_MUST_USE;
/* The archive was written, and read again. */
int tsk_move_written(struct tsk_store *store, const char *office, const struct tsk_move *written, const char *by,
                     struct tsk_err *err) TSK_MUST_USE;
int tsk_move_stay(struct tsk_store *store, const char *office, const char *why, const char *by,
                  struct tsk_err *err) TSK_MUST_USE;
/* The first of two people: deletion without a receipt. */
int tsk_move_ask(struct tsk_store *store, const char *office, const char *why, const char *by,
                 struct tsk_err *err) TSK_MUST_USE;
/* content: what arrived. Inside the transaction of the import. */
int tsk_move_arrived(struct tsk_store *store, const char *office, const char *digest, const char *content,
                     const char *by, struct tsk_err *err) TSK_MUST_USE;
int tsk_move_receipt(struct tsk_store *store, const char *office, const char *receipt,
                     struct tsk_err *err) TSK_MUST_USE;

/* Rows and SHA-256 of each table as JSON: {"cases": {"rows": 12, "sha256": "…"}, …}; appended. */
int tsk_move_content(struct tsk_buf *out, struct tsk_store *store, const char *office,
                     struct tsk_err *err) TSK_MUST_USE;

struct tsk_office_removed {
    int64_t rows, files, shared; /* files of the archive: listed, and named by others */
    char digest[TSK_SHA256_HEX]; /* as struct tsk_purged */
};
/* Every row of the office. Inside a transaction; does not ask whether it may. */
int tsk_office_remove(struct tsk_office_removed *out, struct tsk_store *store, const char *office, const char *why,
                      const char *by, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* Then, in the same transaction: the certificate. */
int tsk_move_deleted(struct tsk_store *store, const char *office, const char *certificate, const char *by,
                     struct tsk_err *err) TSK_MUST_USE;
/*
 * From the log of purges, on a store that was restored: the office goes again, unless it came back later than at. found: there was
 * something to do.
 */
int tsk_move_again(bool *found, struct tsk_store *store, const char *office, const char *at, const char *by,
                   struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

#endif
