/*
 * disposal - the list of what shall go: proposed by one person, approved by another, done, and certified
 *
 * States     proposed -> approved -> done, or proposed -> refused. Nobody approves a list of their own. Nothing is changed after.
 * List       Holds what was due and unhindered when it was proposed. What is hindered when its turn comes is left, with the reason,
 *            and can be listed again.
 * Order      Of one item: begin, look again (tsk_retention_find()), note it in the purge log (gateway/purge_log.h), purge, commit, then
 *            its files. Whoever is stopped does the items again that are still "listed".
 * Certificate JSON: who proposed, approved and did it, when, under which rule, each number and id with its counts and a
 *            digest over its files, and what was left. No patient data. Its SHA-256 stands in the audit chain.
 */
#ifndef TASUKI_RECORDS_DISPOSAL_H
#define TASUKI_RECORDS_DISPOSAL_H

#include "records/purge.h"

struct tsk_disposal {
    int64_t id;
    const char *office, *state, *due_by;
    const char *proposed, *proposed_by;
    const char *decided, *decided_by, *decided_why; /* "" while proposed */
    const char *started, *finished, *finished_by;
    const char *certificate; /* "" until it is done */
    int cases, documents, incidents, purged, left;
};

struct tsk_disposals {
    struct tsk_disposal *items;
    size_t count;
};

struct tsk_disposal_item {
    int64_t id;
    struct tsk_subject subject;
    const char *office, *kept_until;
    const char *state;  /* listed, purged, left */
    const char *reason; /* left: why */
    const char *at, *counts, *digest;
};

struct tsk_disposal_items {
    struct tsk_disposal_item *items;
    size_t count;
};

/* Everything of the office that is due, unhindered and in no other open list. TSK_REJECT when there is nothing. */
int tsk_disposal_propose(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope, const char *office,
                         const char *by, struct tsk_err *err) TSK_MUST_USE;
/* approve false: refused, with a reason. */
int tsk_disposal_decide(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, bool approve,
                        const char *why, const char *by, struct tsk_err *err) TSK_MUST_USE;

int tsk_disposal_find(struct tsk_disposal *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                      struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* state NULL = every. Newest first. */
int tsk_disposal_list(struct tsk_disposals *out, struct tsk_store *store, const struct tsk_scope *scope,
                      const char *state, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
int tsk_disposal_items(struct tsk_disposal_items *out, struct tsk_store *store, const struct tsk_scope *scope,
                       int64_t id, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

/* For whoever runs it, inside the transaction of the item. */
int tsk_disposal_start(struct tsk_store *store, int64_t id, struct tsk_err *err) TSK_MUST_USE;
int tsk_disposal_purged(struct tsk_store *store, const struct tsk_disposal_item *item, const struct tsk_purged *purged,
                        struct tsk_err *err) TSK_MUST_USE;
int tsk_disposal_left(struct tsk_store *store, const struct tsk_disposal_item *item, const char *reason,
                      struct tsk_err *err) TSK_MUST_USE;
/* When no item is listed any more: writes the certificate. */
int tsk_disposal_finish(struct tsk_store *store, int64_t id, const char *by, struct tsk_err *err) TSK_MUST_USE;

#endif
