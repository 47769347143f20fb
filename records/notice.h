/*
 * notice - what has to be told to whom, and how far that has come
 *
 * Promise    One notice per (about, event, rule, recipient), whatever is repeated: queueing it again changes nothing.
 * Queued in the transaction of the event, so that a notice exists exactly if the event does. Delivery is at least once
 * with one id: a claim whose sender died can be claimed again after its lease, under the same id. Unknown    No answer
 * after the data was sent. It is not failed and is not tried again by itself.
 */
#ifndef TASUKI_RECORDS_NOTICE_H
#define TASUKI_RECORDS_NOTICE_H

#include "base/hash.h"
#include "records/store.h"

enum tsk_notice_kind {
    TSK_NOTICE_ALERT,      /* no patient data */
    TSK_NOTICE_DISCLOSURE, /* patient data: confirmed record, consent, verified destination */
    TSK_NOTICE_WITHDRAWAL,
    TSK_NOTICE_CORRECTION,
    TSK_NOTICE_TODO, /* of a person: records/todo.h keeps its own list; here for a uniform log */
    TSK_NOTICE_KIND_COUNT
};

enum tsk_notice_state {
    TSK_NOTICE_QUEUED,
    TSK_NOTICE_SENDING, /* claimed, under a lease */
    TSK_NOTICE_SENT,
    TSK_NOTICE_DELIVERED,
    TSK_NOTICE_FAILED,
    TSK_NOTICE_UNKNOWN,
    TSK_NOTICE_CANCELLED,
    TSK_NOTICE_REFUSED, /* a rule of disclosure forbade it; reason says which */
    TSK_NOTICE_STATE_COUNT
};

struct tsk_notice_new {
    const char *office;
    int64_t sheet;                        /* 0 if none */
    const char *document;                 /* spool id, or "" */
    const char *case_number;              /* or "" */
    const char *about;                    /* NULL = "sheet:N", else "document:ID"; first part of the key */
    const char *event, *rule, *recipient; /* rest of the key; recipient: "institution:N", "office:ID", … */
    enum tsk_notice_kind kind;
    enum tsk_notice_state state; /* queued or refused */
    const char *reason;          /* refused: why */
    const char *channel, *destination, *subject, *body;
    const char *batch;  /* "" or a name: due notices of one batch and recipient are claimed together (digest) */
    int64_t due_ms;     /* not before; 0 = at once */
    int64_t created_ms; /* 0 = now */
};

struct tsk_notice {
    const char *id, *office, *document, *case_number, *about, *event, *rule, *recipient;
    int64_t sheet;
    enum tsk_notice_kind kind;
    enum tsk_notice_state state;
    const char *reason, *channel, *destination, *subject, *body, *batch;
    const char *created, *next_attempt, *finished; /* UTC stamps or "" */
    int attempts;
    const char *by_hand; /* who took it by hand (its state is then "sent"), or "" */
    int enclosed;        /* pages behind its words, as it last left */
};

struct tsk_notices {
    struct tsk_notice *items;
    size_t count;
};

struct tsk_notice_filter {
    int64_t sheet;                                                                                 /* 0 = every */
    const char *case_number, *document, *about, *event, *rule, *recipient, *state, *kind, *office; /* NULL = every */
    int limit; /* 0 = 1000; oldest first */
    bool newest_first;
    const char *before; /* NULL, or the id of the last one seen: with newest_first what is older */
};

struct tsk_delivery {
    int attempt;
    const char *who; /* the sender, or who took it by hand */
    const char *started, *ended, *result, *detail;
};

struct tsk_deliveries {
    struct tsk_delivery *items;
    size_t count;
};

/* id (of the new or of the old one) and is_new may be NULL. One that never went out (refused, cancelled) and is queued now
 * comes to life again under its old id with the new content, and counts as new. */
int tsk_notice_queue(char id[TSK_ID_SIZE], bool *is_new, struct tsk_store *store, const struct tsk_notice_new *notice,
                     struct tsk_err *err) TSK_MUST_USE;
int tsk_notice_find(struct tsk_notice *out, struct tsk_store *store, const struct tsk_scope *scope, const char *id,
                    struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
int tsk_notice_list(struct tsk_notices *out, struct tsk_store *store, const struct tsk_scope *scope,
                    const struct tsk_notice_filter *filter, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

struct tsk_notice_wish {
    const char *who;
    int64_t now_ms, lease_ms;
    bool no_email, no_fax, no_webhook; /* these channels are closed at present */
    bool fresh_only;                   /* nothing that was tried before: that has its share of the places */
};

/*
 * The sender's side. Claims one notice that is due, with the rest of its batch; count 0 when there is none. What was never
 * tried goes before what failed, then the longest due. A destination has one message on its way at a time, and rests until
 * the next attempt of one that failed there: whoever is slow or away holds up nobody else. The attempt is committed before
 * this returns.
 */
int tsk_notice_claim_next(struct tsk_notices *out, struct tsk_store *store, const struct tsk_scope *scope,
                          const struct tsk_notice_wish *claim, struct tsk_arena *arena,
                          struct tsk_err *err) TSK_MUST_USE;
/* The same with every channel open. */
int tsk_notice_claim(struct tsk_notices *out, struct tsk_store *store, const struct tsk_scope *scope, const char *who,
                     int64_t now_ms, int64_t lease_ms, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* Claims one notice that has waited past its deadline: tried first before since_ms, or due since then and never tried because
 * nothing has reached its destination after since_ms. For the sender to give up. */
int tsk_notice_claim_overdue(struct tsk_notices *out, struct tsk_store *store, const struct tsk_scope *scope,
                             const struct tsk_notice_wish *claim, int64_t since_ms, struct tsk_arena *arena,
                             struct tsk_err *err) TSK_MUST_USE;
/* By the only sender of a site, before it claims anything: what a sender that is gone had in hand is due now, not at the end
 * of its lease. Not a fax: what hands it over may have outlived that sender. *freed: how many. */
int tsk_notice_take_over(int *freed, struct tsk_store *store, int64_t now_ms, struct tsk_err *err) TSK_MUST_USE;
/* The clock was set back: what was planned by a clock ahead of this one (made, or tried last, in what is now the future) is due
 * now, and no lease is longer than lease_ms. A digest waits for its hour. *moved: how many. */
int tsk_notice_clock_back(int *moved, struct tsk_store *store, int64_t now_ms, int64_t lease_ms,
                          struct tsk_err *err) TSK_MUST_USE;
/* Undoes a claim: it was not the time to try. Counts as no attempt. */
int tsk_notice_postpone(struct tsk_store *store, const struct tsk_scope *scope, const char *id, int64_t until_ms,
                        const char *why, struct tsk_err *err) TSK_MUST_USE;
/* Since when attempts at a destination have failed of what still waits for it; -1 when none did. */
int tsk_notice_trouble_since(int64_t *since_ms, struct tsk_store *store, const char *channel, const char *destination,
                             struct tsk_err *err) TSK_MUST_USE;
/* When the next notice falls due, or -1 when none waits. */
int tsk_notice_next_due(int64_t *due_ms, struct tsk_store *store, const struct tsk_scope *scope,
                        struct tsk_err *err) TSK_MUST_USE;
/* How an attempt ended. TSK_NOTICE_QUEUED = try again at retry_ms. detail: the other side's words, no patient data. */
int tsk_notice_result(struct tsk_store *store, const struct tsk_scope *scope, const char *id,
                      enum tsk_notice_state state, int64_t retry_ms, const char *detail,
                      struct tsk_err *err) TSK_MUST_USE;
/* What is known meanwhile of one that is sent, and whose outcome is still to come: "dialling". Changes no state. */
int tsk_notice_progress(struct tsk_store *store, const struct tsk_scope *scope, const char *id, const char *detail,
                        struct tsk_err *err) TSK_MUST_USE;
/* Words and pages that were put together when it left. */
int tsk_notice_composed(struct tsk_store *store, const struct tsk_scope *scope, const char *id, const char *body,
                        size_t enclosed, struct tsk_err *err) TSK_MUST_USE;
int tsk_notice_deliveries(struct tsk_deliveries *out, struct tsk_store *store, const struct tsk_scope *scope,
                          const char *id, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

/* Takes back what is not out yet. *was_out: it was (or may have been) sent, so that its recipient needs a withdrawal.
 */
int tsk_notice_withdraw(bool *was_out, struct tsk_store *store, const struct tsk_scope *scope, const char *id,
                        const char *reason, struct tsk_err *err) TSK_MUST_USE;

/* A person's: tries one again that failed, or of which nobody knows whether it arrived (then a second copy may come). */
int tsk_notice_retry(struct tsk_store *store, const struct tsk_scope *scope, const char *id, const char *by,
                     struct tsk_err *err) TSK_MUST_USE;
/* Takes back one that is not out; TSK_REJECT when it is, or may be. */
int tsk_notice_cancel(struct tsk_store *store, const struct tsk_scope *scope, const char *id, const char *by,
                      const char *why, struct tsk_err *err) TSK_MUST_USE;
/* Not out yet (queued, failed, refused, unknown): it goes by the other channel to the other destination. Whether patient
 * data may go there is asked of routing before. */
int tsk_notice_reroute(struct tsk_store *store, const struct tsk_scope *scope, const char *id, const char *channel,
                       const char *destination, const char *by, struct tsk_err *err) TSK_MUST_USE;
/* A person told the recipient: on paper, at the telephone. when_ms 0 = now. */
int tsk_notice_told(struct tsk_store *store, const struct tsk_scope *scope, const char *id, int64_t when_ms,
                    const char *how, const char *by, struct tsk_err *err) TSK_MUST_USE;

/* The sheet's case has become known: its notices that name none belong to it from now on. Their words stay. */
int tsk_notice_join_case(struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet, const char *case_number,
                         struct tsk_err *err) TSK_MUST_USE;

const char *tsk_notice_kind_name(enum tsk_notice_kind kind);
const char *tsk_notice_state_name(enum tsk_notice_state state);

#endif
