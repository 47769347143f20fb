/*
 * difficult - 支援が難しい事例: what of one case one named 窓口 of a ward office may see
 *
 * Way        Proposed by one person with the fields that are needed; released by another, and then frozen; told by fax to the verified
 *            number of the entry, by hand, or through a viewer's account that sees these words alone until its last day; read, when the
 *            窓口 says so or the account opens it.
 * Refused    While the newest consent of scope ward_office is not there: at the proposal, at the release, and for a fax once more when
 *            it leaves (routing). For an entry that is no ward office, and by fax without a verified number.
 * Ledger     Each telling is a disclosure of the case (records/ledger.h), with the consent that stood then.
 */
#ifndef TASUKI_RECORDS_DIFFICULT_H
#define TASUKI_RECORDS_DIFFICULT_H

#include "records/store.h"

struct tsk_difficult {
    int64_t id;
    const char *office, *case_number, *state;
    const char *why, *fields; /* fields: ids joined by a comma */
    int64_t institution;
    const char *institution_name; /* filled in by lists */
    const char *desk, *way;       /* fax, hand, viewer */
    const char *account, *until;  /* viewer: name of the account, last day */
    const char *words;            /* as released; "" before */
    const char *proposed, *proposed_by, *decided, *decided_by, *decided_why;
    const char *read_at, *read_by, *read_how;
};

struct tsk_difficults {
    struct tsk_difficult *items;
    size_t count;
};

struct tsk_difficult_filter {
    const char *case_number, *office, *account; /* NULL = every */
    int64_t id;                                 /* 0 = every */
    bool open;                                  /* only what is proposed, or released and not read */
};

int tsk_difficult_propose(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope,
                          const struct tsk_difficult *wish, const char *by, struct tsk_err *err) TSK_MUST_USE;
/* words: what is told, made from the fields as they are now. A fax is queued, an account gets its grant. */
int tsk_difficult_release(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *words,
                          const char *by, struct tsk_err *err) TSK_MUST_USE;
/* why: not empty. Takes back a proposal, or ends a release: an account loses its grant, a fax that is not out is cancelled. */
int tsk_difficult_end(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *why,
                      const char *by, struct tsk_err *err) TSK_MUST_USE;
/* Way hand: it was handed over, to whom. */
int tsk_difficult_handed(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *whom,
                         const char *by, struct tsk_err *err) TSK_MUST_USE;
/* The 窓口 has read it: who there, and how we know. Once. */
int tsk_difficult_read(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *who,
                       const char *how, const char *by, struct tsk_err *err) TSK_MUST_USE;
/* Newest first. */
int tsk_difficult_list(struct tsk_difficults *out, struct tsk_store *store, const struct tsk_scope *scope,
                       const struct tsk_difficult_filter *filter, struct tsk_arena *arena,
                       struct tsk_err *err) TSK_MUST_USE;
/* TSK_REJECT when there is none. */
int tsk_difficult_find(struct tsk_difficult *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                       struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

#endif
