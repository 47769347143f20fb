/*
 * case - one patient's transition, known by a number that says nothing about the patient
 *
 * Number     office code, Japanese fiscal year (from 1 April) of the opening instant, sequence: "27115-2026-0001". A
 * number is never given twice, not even after a rollback is retried or a case is purged. Events     What happened in a
 * case (referral, outcome, …). An event has a key that says what makes it the same event, so that the same move faxed
 * again is not a second move.
 */
#ifndef TASUKI_RECORDS_CASE_H
#define TASUKI_RECORDS_CASE_H

#include "records/store.h"

#define TSK_CASE_NUMBER_SIZE 64

struct tsk_case {
    const char *number, *office, *opened, *opened_by;
    int fiscal_year, sequence;
    int sheet_count, unconfirmed_count;
    const char *last_event; /* UTC stamp, or "" */
};

struct tsk_cases {
    struct tsk_case *items;
    size_t count;
};

struct tsk_case_event {
    const char *kind; /* opened, linked, unlinked, confirmed, consent, and what callers add: outcome, note, … */
    const char *key, *at, *by, *detail;
    int64_t sheet; /* 0 if none */
};

struct tsk_case_events {
    struct tsk_case_event *items;
    size_t count;
};

/* at_ms decides the fiscal year: the instant of reception. */
int tsk_case_open(char number[TSK_CASE_NUMBER_SIZE], struct tsk_store *store, const char *office, int64_t at_ms,
                  const char *by, struct tsk_err *err) TSK_MUST_USE;
int tsk_case_find(struct tsk_case *out, struct tsk_store *store, const struct tsk_scope *scope, const char *number,
                  struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
int tsk_case_list(struct tsk_cases *out, struct tsk_store *store, const struct tsk_scope *scope, int limit,
                  struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

/* *is_new is false when the case has an event of this kind and key: then nothing is added. sheet may be 0. */
int tsk_case_event_add(bool *is_new, struct tsk_store *store, const struct tsk_scope *scope, const char *number,
                       const struct tsk_case_event *event, struct tsk_err *err) TSK_MUST_USE;
int tsk_case_event_list(struct tsk_case_events *out, struct tsk_store *store, const struct tsk_scope *scope,
                        const char *number, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

#endif
