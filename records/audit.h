/*
 * audit - who did what to which object, in a chain that shows a change
 *
 * Promise    Each entry holds a hash over the entry before it and its own fields, so that changing, removing or inserting one is
 *            found and named. On a site with keys (tsk_store_keys()) the hash is HMAC-SHA-256: whoever can write the database but has
 *            no key cannot write an entry. A chain from before goes on: its first keyed entry ("audit.keyed") holds what is before
 *            it fast, and no entry without a key may follow.
 * End        The head (last number and hash) is kept apart, so that a cut end is found; whoever puts an older head back is found
 *            by a head that was noted elsewhere (gateway/anchor.h).
 * Detail     Identifiers of fields, states, counts. No value of a field, no name.
 */
#ifndef TASUKI_RECORDS_AUDIT_H
#define TASUKI_RECORDS_AUDIT_H

#include "base/hash.h"
#include "records/store.h"

struct tsk_audit_entry {
    int64_t seq;
    const char *at, *office, *actor;
    const char *action; /* view, set, confirm, link, import, verify, send, consent.record, … */
    const char *object; /* "sheet:12", "case:27115-2026-0001", "institution:3", … */
    const char *detail, *hash;
};

struct tsk_audit_entries {
    struct tsk_audit_entry *items;
    size_t count;
};

struct tsk_audit_head {
    int64_t seq;
    char hash[TSK_SHA256_HEX];
};

int tsk_audit_add(struct tsk_store *store, const char *office, const char *actor, const char *action,
                  const char *object, const char *detail, struct tsk_err *err) TSK_MUST_USE;
/* For records that came from another site: an entry at the end of the chain with a time of its own. *seq: its number. */
int tsk_audit_repeat(int64_t *seq, struct tsk_store *store, const struct tsk_audit_entry *entry,
                     struct tsk_err *err) TSK_MUST_USE;
/* The last entry; seq 0 when there is none. */
int tsk_audit_last(struct tsk_audit_head *head, struct tsk_store *store, struct tsk_err *err) TSK_MUST_USE;
/* Newest first. object NULL = every. limit 0 = 1000. */
int tsk_audit_list(struct tsk_audit_entries *out, struct tsk_store *store, const struct tsk_scope *scope,
                   const char *object, int limit, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* Of every office, oldest first: what was written after entry number after. last: of the newest entry there is. */
struct tsk_audit_filter {
    int64_t before;                      /* entries with a lower number; 0 = from the newest */
    const char *object, *actor, *action; /* NULL = every; action also as a beginning: "account." */
    const char *from, *to;               /* stamps, or NULL */
    int limit;                           /* 0 = 1000 */
};
/* Newest first. */
int tsk_audit_find(struct tsk_audit_entries *out, struct tsk_store *store, const struct tsk_scope *scope,
                   const struct tsk_audit_filter *filter, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
int tsk_audit_since(struct tsk_audit_entries *out, int64_t *last, struct tsk_store *store, int64_t after, int limit,
                    struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* Keys a chain that is not keyed yet by its switch-over entry; nothing happens without keys, or when it is. */
int tsk_audit_key(struct tsk_store *store, struct tsk_err *err) TSK_MUST_USE;
/* The same with any number of heads that were noted at different times. */
int tsk_audit_verify_noted(struct tsk_audit_head *head, struct tsk_store *store, const struct tsk_audit_head *noted,
                           size_t count, struct tsk_err *err) TSK_MUST_USE;
/* Whole chain. TSK_HOLD names the first entry that is broken. known: a head noted before, or NULL. */
int tsk_audit_verify(struct tsk_audit_head *head, struct tsk_store *store, const struct tsk_audit_head *known,
                     struct tsk_err *err) TSK_MUST_USE;

#endif
