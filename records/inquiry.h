/*
 * inquiry - what a case waits for, and what was asked because of it
 *
 * Wait       One row a case: which hospital is to say what became of the patient, since when, and from which day on it is to be
 *            asked. It follows from the sheets and is written by casework alone.
 * Inquiry    One row for each time that one hospital is asked after one patient. held: a person must release it. planned: waits
 *            for its day. calling: in a call (a notice) that is queued or under way. asked: it went out and waits for an answer.
 *            overdue: nobody answered in time, and it was asked again or told to a person. answered, cancelled, failed: the end.
 * Due        The day of answer stands once the page was there, or on its way: an inquiry that was taken back later has it too, and is a
 *            line of the ledger. What turns out not to have arrived loses it again (records/notice.h).
 * Promise    A case has one open inquiry at most. Every change of state is one line of the audit chain, with numbers only.
 */
#ifndef TASUKI_RECORDS_INQUIRY_H
#define TASUKI_RECORDS_INQUIRY_H

#include "records/case.h"

struct tsk_wait_row {
    const char *case_number, *office;
    const char
        *state; /* none, waiting, look (an answer is on the desk), stuck (a person decides), no_consent, closed */
    const char *hospital;       /* as the sheet writes it */
    const char *recipient;      /* "institution:7", "" = no certain entry */
    const char *since, *ask_on; /* days in Japan, or "" */
    bool moved;                 /* it is the hospital that the patient was moved to */
    int64_t sheet;              /* that said so; 0 if none */
    const char *name, *kana;    /* of the patient; filled in by lists */
};

struct tsk_wait_rows {
    struct tsk_wait_row *items;
    size_t count;
};

struct tsk_wait_filter {
    const char *case_number, *office; /* NULL = every */
    const char *due_by; /* NULL, or a day: only those that are to be asked by then, and have no open inquiry */
    bool open;          /* only those that wait for anything; the oldest first */
    int limit;          /* 0 = 1000 */
};

/* *row 's name and kana are ignored. */
int tsk_wait_put(struct tsk_store *store, const struct tsk_wait_row *row, struct tsk_err *err) TSK_MUST_USE;
int tsk_wait_list(struct tsk_wait_rows *out, struct tsk_store *store, const struct tsk_scope *scope,
                  const struct tsk_wait_filter *filter, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* Cases that nobody has looked at in this way, from before this was known or after a merger. */
int tsk_wait_unknown(struct tsk_cases *out, struct tsk_store *store, int limit, struct tsk_arena *arena,
                     struct tsk_err *err) TSK_MUST_USE;
struct tsk_inquiry {
    int64_t id;
    const char *office, *case_number, *hospital, *recipient, *since;
    int round;
    const char *state, *day, *due, *call; /* call: id of the notice, "" = none yet */
    const char *created, *by, *ended, *ended_by, *why;
};

struct tsk_inquiries {
    struct tsk_inquiry *items;
    size_t count;
};

struct tsk_inquiry_filter {
    const char *case_number, *call, *state, *recipient, *office; /* NULL = every */
    const char *day_by;                                          /* NULL, or planned for this day at the latest */
    bool open;
    bool here;  /* not of an office that left for another site */
    int64_t id; /* 0 = every */
    int limit;  /* 0 = 1000; oldest first */
};

/* id, created and what an end fills in are ignored. TSK_REJECT while the case has an open one. */
int tsk_inquiry_add(int64_t *id, struct tsk_store *store, const struct tsk_inquiry *inquiry,
                    struct tsk_err *err) TSK_MUST_USE;
int tsk_inquiry_list(struct tsk_inquiries *out, struct tsk_store *store, const struct tsk_scope *scope,
                     const struct tsk_inquiry_filter *filter, struct tsk_arena *arena,
                     struct tsk_err *err) TSK_MUST_USE;

struct tsk_inquiry_change {
    const char *state;
    const char *day, *due, *call, *recipient; /* NULL = as they are */
    const char *by, *why;                     /* why may be NULL */
};
/* Every open one of the case is cancelled; no line of the audit chain but the caller's. */
int tsk_inquiry_end_all(struct tsk_store *store, const char *case_number, const char *by, const char *why,
                        struct tsk_err *err) TSK_MUST_USE;
int tsk_inquiry_change(struct tsk_store *store, const struct tsk_inquiry *inquiry,
                       const struct tsk_inquiry_change *change, struct tsk_err *err) TSK_MUST_USE;

#endif
