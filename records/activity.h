/*
 * activity - what the office did: contacts (相談, 個別ケース調整, 個別ケース以外) and gatherings (会議・研修), for the reports it owes
 *
 * Days       Are days in Japan. A day that is not over yet may be entered, one in the future may not.
 * Promise    An entry never changes. A correction is a new entry that names the one it replaces; a removed one stays with who, when
 *            and why. Lists show what counts, unless ended_too.
 * Proposals  To-dos that a person did and messages that reached somebody propose an entry each, those that are about several cases (a
 *            digest, a call with inquiries) one for each case. One that was accepted or declined does not come again; whose entry was
 *            removed comes again.
 * Text       Is the office's own; it may name a patient, so that it stands in no report and in no audit line.
 */
#ifndef TASUKI_RECORDS_ACTIVITY_H
#define TASUKI_RECORDS_ACTIVITY_H

#include "records/store.h"

struct tsk_contact {
    int64_t id, replaces;
    const char *office, *day;
    const char *counterpart; /* id of reports.yaml; whoever records checks it */
    const char *kind;        /* consultation, coordination, outside */
    const char *case_number; /* or "" */
    const char *text;
    int minutes;
    const char *source; /* "" or the proposal that it came from */
    const char *by, *at, *ended, *ended_by, *why;
    const char *counted_case; /* list only: the case that case_number leads to */
};

struct tsk_contacts {
    struct tsk_contact *items;
    size_t count;
};

struct tsk_gathering {
    int64_t id, replaces;
    const char *office, *day;
    const char *form;  /* meeting, training */
    const char *host;  /* city_ward (市・区), related (関係機関) */
    bool care_meeting; /* うち地域ケア会議 */
    const char *text;
    int minutes;
    const char *by, *at, *ended, *ended_by, *why;
};

struct tsk_gatherings {
    struct tsk_gathering *items;
    size_t count;
};

struct tsk_activity_filter {
    const char *office;      /* NULL = every in scope */
    const char *from, *to;   /* days, both inclusive; NULL = open */
    const char *case_number; /* contacts only; NULL = every */
    bool ended_too;
    bool newest_first; /* else by day */
    int limit;         /* 0 = 1000 */
    int64_t id;        /* 0 = every */
};

struct tsk_contact_proposal {
    const char *source, *office, *day;
    const char *recipient;      /* "institution:7", or "" */
    const char *name;           /* of the institution, or whom the person named, or "" */
    const char *directory_kind; /* "" when unknown */
    const char *case_number, *channel;
};

struct tsk_contact_proposals {
    struct tsk_contact_proposal *items;
    size_t count;
};

/* office, day, counterpart, kind are needed; replaces: the entry that this one corrects, or 0. id may be NULL. */
int tsk_contact_add(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope,
                    const struct tsk_contact *contact, const char *by, struct tsk_err *err) TSK_MUST_USE;
int tsk_contact_remove(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *why,
                       const char *by, struct tsk_err *err) TSK_MUST_USE;
int tsk_contact_list(struct tsk_contacts *out, struct tsk_store *store, const struct tsk_scope *scope,
                     const struct tsk_activity_filter *filter, struct tsk_arena *arena,
                     struct tsk_err *err) TSK_MUST_USE;

int tsk_gathering_add(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope,
                      const struct tsk_gathering *gathering, const char *by, struct tsk_err *err) TSK_MUST_USE;
int tsk_gathering_remove(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *why,
                         const char *by, struct tsk_err *err) TSK_MUST_USE;
int tsk_gathering_list(struct tsk_gatherings *out, struct tsk_store *store, const struct tsk_scope *scope,
                       const struct tsk_activity_filter *filter, struct tsk_arena *arena,
                       struct tsk_err *err) TSK_MUST_USE;

/* Newest first. since: a stamp. office NULL = every in scope. */
int tsk_contact_proposal_list(struct tsk_contact_proposals *out, struct tsk_store *store, const struct tsk_scope *scope,
                              const char *office, const char *since, struct tsk_arena *arena,
                              struct tsk_err *err) TSK_MUST_USE;
/* An entry with contact->source is taken only while that is proposed. */
int tsk_contact_decline(struct tsk_store *store, const struct tsk_scope *scope, const char *office, const char *source,
                        const char *by, struct tsk_err *err) TSK_MUST_USE;

/* Days on which cases were opened, one item a case that is nobody else's, in order; both days inclusive. */
struct tsk_days {
    const char **items;
    size_t count;
};
int tsk_case_opened_days(struct tsk_days *out, struct tsk_store *store, const struct tsk_scope *scope,
                         const char *office, const char *from, const char *to, struct tsk_arena *arena,
                         struct tsk_err *err) TSK_MUST_USE;

#endif
