/*
 * since - what happened at an office while a person was away: what came in, what went wrong, what waits
 *
 * Promise    Everything that came or came up after an instant, once each, the oldest first, in the order in which it has to be looked at:
 *            what is urgent, what failed, what nobody answered, answers, referrals, the rest. Reads and changes nothing.
 */
#ifndef TASUKI_RECORDS_SINCE_H
#define TASUKI_RECORDS_SINCE_H

#include "records/store.h"

struct tsk_news {
    const char *what; /* facility, failed, held, overdue, unmatched, outcome, referral, sheet, todo */
    const char *at, *office;
    const char *case_number, *document, *notice; /* "" if none */
    int64_t sheet, todo;                         /* 0 if none */
    const char *text;                            /* form, first line of a to-do, recipient of a notice */
    const char *name;                            /* of the patient as read, "" if none */
    bool settled;                                /* somebody else has looked already */
};

struct tsk_news_list {
    struct tsk_news *items;
    size_t count;
};

/* office NULL = every in scope; since: a stamp. At most 2000. */
int tsk_since_list(struct tsk_news_list *out, struct tsk_store *store, const struct tsk_scope *scope,
                   const char *office, const char *since, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

/* When that person last did something that was written down, before that instant; "" if never. */
int tsk_since_last_here(const char **at, struct tsk_store *store, const char *who, const char *before,
                        struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

#endif
