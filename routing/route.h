/*
 * route - who must be told of a sheet, by which way, with which words; and putting that into the records
 *
 * Promise    A plan is worked out from what the records say now and changes nothing. Applying it queues what is missing and
 *            takes back what a correction made wrong, so that it can be repeated at will: reading again, confirming again or
 *            starting again adds nothing. Every rule that meets an event ends in a decision that a person can read, never in
 *            silence: send, to-do, refused, waiting, or nothing to do and why.
 * Alerts     carry no patient data and go as soon as the recipient is certain: for a ward office when the ward was accepted,
 *            else when the sheet is confirmed.
 * Disclosures need a confirmed sheet with a case, recorded consent and a verified destination; else they are refused, and a
 *            person is told. No mail carries patient data, a disclosure's neither: the recipient is asked to call.
 * Transactions tsk_route_*() write inside the transaction that the caller has begun: an event and its notices are one thing.
 */
#ifndef TASUKI_ROUTING_ROUTE_H
#define TASUKI_ROUTING_ROUTE_H

#include "config/config.h"
#include "config/reference.h"
#include "forms/form.h"
#include "records/notice.h"
#include "records/sheet.h"
#include "records/todo.h"
#include "routing/enclosure.h"

struct tsk_routing;

#define TSK_EVENT_FAX_TEST "fax.test" /* a page without patient data to a number that is being verified */

/* config, forms (may be NULL: forms are then named by their ids) and site_dir (may be NULL) are borrowed. */
int tsk_routing_open(struct tsk_routing **out, const struct tsk_config *config, const struct tsk_forms *forms,
                     const char *site_dir, struct tsk_err *err) TSK_MUST_USE;
void tsk_routing_close(struct tsk_routing **routing);
const struct tsk_config *tsk_routing_config(const struct tsk_routing *routing);

/* A folder above that follows what becomes of cases. */
struct tsk_case_follower {
    /* Inside the transaction that routed a sheet of the case, or that changed what may be told of it. */
    int (*changed)(const struct tsk_routing *routing, struct tsk_store *store, const char *case_number,
                   struct tsk_err *err);
    const char *event; /* notices of this event are its own: who may know is asked of enclose() */
    int (*enclose)(struct tsk_enclosure *out, const struct tsk_routing *routing, struct tsk_store *store,
                   const struct tsk_notice *notice, struct tsk_arena *arena, struct tsk_err *err);
};
void tsk_routing_follow(struct tsk_routing *routing, const struct tsk_case_follower *follower); /* borrowed */
const struct tsk_forms *tsk_routing_forms(const struct tsk_routing *routing);                   /* may be NULL */

enum tsk_route_act {
    TSK_ROUTE_SEND,
    TSK_ROUTE_TODO,   /* a person has to do it, or to find out who is meant */
    TSK_ROUTE_REFUSE, /* a disclosure that may not happen (yet) */
    TSK_ROUTE_WAIT,   /* decided when the sheet is confirmed or its case is known */
    TSK_ROUTE_NONE    /* the recipient does not want it, is not concerned, or knows it already */
};

struct tsk_decision {
    const char *event;
    const struct tsk_rule *rule;
    enum tsk_route_act act;
    const char *reason;                     /* Japanese, "" for a plain send */
    const char *recipient, *recipient_name; /* "institution:7", "office:ID", "" when unknown */
    const char *channel, *destination;      /* email fax phone other, "" */
    const char *batch;                      /* daily digest, or "" */
    int64_t due_ms;                         /* 0 = at once */
    const char *subject, *body;             /* of the mail, or of what the person has to say */
    const char *todo_kind, *todo;           /* todo and refuse: "" when no to-do is written (before confirmation) */
    int64_t told_by;                        /* sheet that told the same before, 0 */
    bool may_repeat;                        /* waits because it may be what another sheet of the case told */
};

struct tsk_plan {
    struct tsk_sheet sheet;
    struct tsk_decision *items;
    size_t count;
};

int tsk_route_plan(struct tsk_plan *out, struct tsk_store *store, const struct tsk_routing *routing,
                   const struct tsk_scope *scope, int64_t sheet, struct tsk_arena *arena,
                   struct tsk_err *err) TSK_MUST_USE;

int tsk_route_sheet(const struct tsk_routing *routing, struct tsk_store *store, int64_t sheet,
                    struct tsk_err *err) TSK_MUST_USE;
/* Every sheet of the case: consent was recorded or withdrawn. */
int tsk_route_case(const struct tsk_routing *routing, struct tsk_store *store, const char *case_number,
                   struct tsk_err *err) TSK_MUST_USE;
/* Every sheet with something refused, undecided or undelivered: the directory changed. office NULL = all. */
int tsk_route_waiting(const struct tsk_routing *routing, struct tsk_store *store, const char *office,
                      struct tsk_err *err) TSK_MUST_USE;
/* A document that was read and has no sheet, or a mail that a person wrote: its sender gets a receipt, by rules of event
 * document.received, at most five a day. Not for what a program wrote: the caller sees to that. */
int tsk_route_received(const struct tsk_routing *routing, struct tsk_store *store, const char *spool_id,
                       struct tsk_err *err) TSK_MUST_USE;
/* A document that could not be decoded. */
int tsk_route_held(const struct tsk_routing *routing, struct tsk_store *store, const char *spool_id,
                   struct tsk_err *err) TSK_MUST_USE;
/* A notice that could not be delivered, or of which nobody knows. */
int tsk_route_failed(const struct tsk_routing *routing, struct tsk_store *store, const struct tsk_notice *notice,
                     const char *detail, struct tsk_err *err) TSK_MUST_USE;

/* The sealed password of a break-glass account was used: the office gets a to-do and an alert, whatever its rules say.
 * ref tells one use from another. */
int tsk_route_break_glass(const struct tsk_routing *routing, struct tsk_store *store, const char *office,
                          const char *account, const char *ref, struct tsk_err *err) TSK_MUST_USE;

/* A mail without a sheet was kept: a to-do with what it says, and no mail about a mail. */
int tsk_route_letter(const struct tsk_routing *routing, struct tsk_store *store, const char *spool_id,
                     const char *subject, const char *body, struct tsk_err *err) TSK_MUST_USE;

/* The office of an incident (records/incident.h) is told that it was opened, whatever its rules say. */
int tsk_route_incident(const struct tsk_routing *routing, struct tsk_store *store, int64_t incident,
                       struct tsk_err *err) TSK_MUST_USE;
/* Once a day: of every open incident whose deadline is near, or past, its office is told, once each. */
int tsk_route_incident_deadlines(const struct tsk_routing *routing, struct tsk_store *store,
                                 struct tsk_err *err) TSK_MUST_USE;

struct tsk_trouble {
    const char *office, *source; /* ids */
    const char *about;           /* tells one trouble from the next, "mailbox:ID:…" */
    const char *kind;            /* of the to-do */
    const char *text;            /* Japanese, no patient data: what, and what to do; may change while it lasts */
    const char *by;              /* who closes the to-do when it is over */
};
/* A way in that does not work as it should: the office gets a to-do and an alert, once, whatever its rules say. */
int tsk_route_trouble(const struct tsk_routing *routing, struct tsk_store *store, const struct tsk_trouble *what,
                      struct tsk_err *err) TSK_MUST_USE;

/* A person printed and sent a fax (kind of the to-do: TSK_TODO_FAX_PRINT) and says how it ended. A notice that was withdrawn or
 * settled otherwise meanwhile stays as it is. detail: who, and what they noted. */
int tsk_route_fax_ended(const struct tsk_routing *routing, struct tsk_store *store, const struct tsk_scope *scope,
                        const struct tsk_notice *notice, bool delivered, const char *detail,
                        struct tsk_err *err) TSK_MUST_USE;

/* A queued disclosure may still go: consent stands and its destination is the verified one. *reason (Japanese) lives in the
 * arena; NULL when it may go. Withdrawn consent must stop what was queued before. */
int tsk_route_may_go(const char **reason, const struct tsk_routing *routing, struct tsk_store *store,
                     const struct tsk_notice *notice, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* Consent lets the recipient ("institution:7") know what stands in the case: asked where a person tells, and no number is looked at.
 * *reason as above. */
int tsk_route_may_know(const char **reason, const struct tsk_routing *routing, struct tsk_store *store,
                       const char *office, const char *case_number, const char *recipient, struct tsk_arena *arena,
                       struct tsk_err *err) TSK_MUST_USE;
/* The pages of a notice, as they are now. Reads and prints; changes nothing. */
int tsk_route_enclose(struct tsk_enclosure *out, const struct tsk_routing *routing, struct tsk_store *store,
                      const struct tsk_notice *notice, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* What a person has to say or write for a to-do of a rule with a letter, "" for others and for what may not be told (any more). It is
 * worked out when somebody looks: no to-do keeps a word of a patient. */
int tsk_route_say(const char **text, const struct tsk_routing *routing, struct tsk_store *store,
                  const struct tsk_todo *todo, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* The fax of a notice for a person who prints and sends it, its strings in the arena. TSK_REJECT, with why, when it may not go any
 * more. What is enclosed is noted with the notice. */
struct tsk_letter;
int tsk_route_fax_letter(struct tsk_letter *out, const struct tsk_routing *routing, struct tsk_store *store,
                         const struct tsk_scope *scope, const struct tsk_notice *notice, struct tsk_arena *arena,
                         struct tsk_err *err) TSK_MUST_USE;
/* Name of "institution:7" or "office:ID" for people; "" when it is gone. */
int tsk_route_recipient_name(const char **name, const struct tsk_routing *routing, struct tsk_store *store,
                             const char *office, const char *recipient, struct tsk_arena *arena,
                             struct tsk_err *err) TSK_MUST_USE;

const char *tsk_route_act_name(enum tsk_route_act act);

#endif
