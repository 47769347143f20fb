/*
 * incident - patient data reached, or may have reached, somebody who may not have it
 *
 * Clock      Starts when the office knew, not when it happened. Counted in Japanese days, the day of knowing being the first: a
 *            preliminary report (速報) from the third, at the latest on the fifth day; the final one (確報) by the 30th, by the 60th when
 *            somebody did it on purpose. A last day on a holiday would move by law; the earlier day is shown all the same.
 * Steps      Are to-dos of the office (about "incident:N"): phone the receiver, tell the manager and the city at once, report, tell the patient.
 *            Whoever does one says so here, and its to-do is done.
 * Returned   unread is no leak: the incident ends as no_leak, and the steps that are left with it.
 * Facts      That a person writes stand beside those that the records have (routing/incident_facts.h). Every entry is added, none
 *            changes; the newest of a fact stands.
 * Source     個人情報の保護に関する法律 26条; 施行規則 7–8条.
 */
#ifndef TASUKI_RECORDS_INCIDENT_H
#define TASUKI_RECORDS_INCIDENT_H

#include "base/date.h"
#include "base/hash.h"
#include "records/store.h"

#define TSK_TODO_INCIDENT "incident"
#define TSK_INCIDENT_ROUTING "incident" /* who closes a step that has become pointless */

/* What an entry is: first the steps, in the order of their to-dos, then facts that a person writes. */
enum tsk_incident_what {
    TSK_INCIDENT_RECEIVER, /* the receiver was phoned */
    TSK_INCIDENT_MANAGER,  /* the manager knows */
    TSK_INCIDENT_CITY,     /* 大阪市 knows */
    TSK_INCIDENT_PRELIMINARY,
    TSK_INCIDENT_PATIENT, /* the patient or the family was told */
    TSK_INCIDENT_FINAL,
    TSK_INCIDENT_STEPS,
    TSK_INCIDENT_RETURNED = TSK_INCIDENT_STEPS, /* unread: no leak */
    TSK_INCIDENT_HAPPENED,                      /* what, when, how */
    TSK_INCIDENT_DATA,                          /* which data */
    TSK_INCIDENT_PERSONS,                       /* how many */
    TSK_INCIDENT_CAUSE,
    TSK_INCIDENT_HARM,     /* secondary harm, or that there is none */
    TSK_INCIDENT_MEASURES, /* against a next time */
    TSK_INCIDENT_NOTE,
    TSK_INCIDENT_WHAT_COUNT
};

struct tsk_incident {
    int64_t id;
    const char *office, *kind;        /* mis_sent, lost, stolen, seen, other */
    const char *notice, *case_number; /* or "" */
    const char *known, *opened, *opened_by;
    const char *state; /* open, no_leak, reported */
    const char *closed, *closed_by;
    bool malicious;
    bool has_preliminary, has_final;
    char preliminary_from[TSK_DATE_SIZE], preliminary_by[TSK_DATE_SIZE], final_by[TSK_DATE_SIZE]; /* days in Japan */
};

struct tsk_incidents {
    struct tsk_incident *items;
    size_t count;
};

struct tsk_incident_entry {
    int64_t id;
    const char *what; /* name of tsk_incident_what */
    const char *text, *done, *at, *by;
};

struct tsk_incident_entries {
    struct tsk_incident_entry *items;
    size_t count;
};

struct tsk_incident_new {
    const char *kind;
    const char *office;      /* when it names neither notice nor case */
    const char *notice;      /* or NULL */
    const char *case_number; /* or NULL; of a notice its own is taken */
    const char *known;       /* stamp; NULL = now */
    bool malicious;
    const char *text; /* what happened, or "" */
};

/* days of the deadlines for what was known at this instant */
void tsk_incident_deadlines(struct tsk_incident *incident, int64_t known_ms);

/* Opens it with its to-dos. TSK_REJECT when one is open for the same notice. */
int tsk_incident_open(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope,
                      const struct tsk_incident_new *incident, const char *by, struct tsk_err *err) TSK_MUST_USE;
/* done: stamp, NULL = now. A step ends its to-do; "returned" ends the incident as no leak; the final report ends it as reported. */
int tsk_incident_note(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, enum tsk_incident_what what,
                      const char *text, const char *done, const char *by, struct tsk_err *err) TSK_MUST_USE;

int tsk_incident_find(struct tsk_incident *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                      struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* Open ones first, then the newest. */
int tsk_incident_list(struct tsk_incidents *out, struct tsk_store *store, const struct tsk_scope *scope, bool open_only,
                      struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
int tsk_incident_entry_list(struct tsk_incident_entries *out, struct tsk_store *store, const struct tsk_scope *scope,
                            int64_t id, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

const char *tsk_incident_what_name(enum tsk_incident_what what);
int tsk_incident_what_from_name(const char *name); /* -1 */

#endif
