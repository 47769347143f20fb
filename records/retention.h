/*
 * retention - how long records are kept, what holds them longer, and what is due to go
 *
 * Period     Of a case: five years from the end of the Japanese fiscal year (31 March) in which the work was completed
 *            (records/case_close.h). Of a document that belongs to no case (no sheet of ours, junk, another office's): the same from
 *            the day on which it was put away. Of an incident that is about no case (one of a case goes with that): the same from the
 *            day on which it ended. 31 March is still kept; from 1 April it is due.
 * Due        is not gone: a person proposes, another approves (records/disposal.h), and only then records/purge.h disposes.
 * Hindered   What is due and may not go yet says why: a legal hold, a sheet or page that waits, a notice on its way, an open to-do, a
 *            page being read again, an open incident.
 * Hold       By a person, with a reason, on a case, a document or an incident of no case; it lasts until a person lifts it.
 */
#ifndef TASUKI_RECORDS_RETENTION_H
#define TASUKI_RECORDS_RETENTION_H

#include "base/date.h"
#include "records/store.h"

#define TSK_KEPT_YEARS 5

/* The last day that something completed on this day is kept. */
struct tsk_date tsk_keep_until(struct tsk_date completed);

struct tsk_subject {
    const char *kind; /* "case", "document", "incident" */
    const char *id;   /* case number, spool id, number */
};
/* As people name it: "incident:5"; a case number has hyphens, a document's id has none. Points into the text. */
struct tsk_subject tsk_subject_of(const char *text);

struct tsk_due {
    struct tsk_subject subject;
    const char *office, *completed;
    const char
        *hindrance; /* code, "" when nothing stands against it: held, sheets, pages, notices, todos, reread, incident */
    int64_t disposal; /* that it is listed in, or 0 */
    char until[TSK_DATE_SIZE];
};

struct tsk_dues {
    struct tsk_due *items;
    size_t count;
};

struct tsk_due_filter {
    const char *office;    /* NULL = every in scope */
    struct tsk_date today; /* year 0 = today */
    int limit;             /* of each kind; 0 = 1000; longest due first */
};

/* What is kept no longer than yesterday. */
int tsk_retention_due(struct tsk_dues *out, struct tsk_store *store, const struct tsk_scope *scope,
                      const struct tsk_due_filter *filter, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* One of them; TSK_REJECT with the reason when it is not due, or not there. */
int tsk_retention_find(struct tsk_due *out, struct tsk_store *store, const struct tsk_scope *scope,
                       const struct tsk_subject *subject, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* Cases that nobody closed though nothing has happened in them for so long that they would be due. */
int tsk_retention_forgotten(struct tsk_dues *out, struct tsk_store *store, const struct tsk_scope *scope,
                            const struct tsk_due_filter *filter, struct tsk_arena *arena,
                            struct tsk_err *err) TSK_MUST_USE;

struct tsk_hold {
    int64_t id;
    const char *office;
    struct tsk_subject subject;
    const char *placed, *placed_by, *why;
    const char *lifted, *lifted_by, *lifted_why; /* "" while it lasts */
};

struct tsk_holds {
    struct tsk_hold *items;
    size_t count;
};

int tsk_hold_place(struct tsk_store *store, const struct tsk_scope *scope, const struct tsk_subject *subject,
                   const char *why, const char *by, struct tsk_err *err) TSK_MUST_USE;
int tsk_hold_lift(struct tsk_store *store, const struct tsk_scope *scope, const struct tsk_subject *subject,
                  const char *why, const char *by, struct tsk_err *err) TSK_MUST_USE;
/* lifted_too false: only those that last. Newest first. */
int tsk_hold_list(struct tsk_holds *out, struct tsk_store *store, const struct tsk_scope *scope, bool lifted_too,
                  struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

#endif
