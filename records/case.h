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

#include "base/date.h"
#include "base/hash.h"
#include "records/store.h"

#define TSK_CASE_NUMBER_SIZE 64

struct tsk_case {
    const char *number, *office, *opened, *opened_by;
    int fiscal_year, sequence;
    int sheet_count, unconfirmed_count;
    const char *last_event;                          /* UTC stamp, or "" */
    const char *merged_into, *merged_at, *merged_by; /* "" unless it turned out to be another case's */
    const char *completed;                           /* the day in Japan on which the work ended, or "" = open */
    const char *closed_as, *closed_by;               /* records/case_close.h */
    const char *name, *kana, *birth; /* of the patient, as the newest sheet says; "" when no sheet does */
};

struct tsk_cases {
    struct tsk_case *items;
    size_t count;
};

struct tsk_case_event {
    const char *kind; /* opened, linked, unlinked, confirmed, consent, and what callers add: outcome, note, … */
    const char *key, *at, *by, *detail;
    int64_t sheet;           /* 0 if none */
    const char *case_number; /* filled in by the list: its own, or one that was merged into it */
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

/* By kana, and only those that are no other case's. after_key and after_number: of the last one seen, or NULL. */
struct tsk_case_page {
    const char *office; /* NULL = every in scope */
    const char *after_key, *after_number;
    int limit;         /* 0 = 100 */
    bool newest_first; /* by opening instead; after_key is then the opening instant */
};
struct tsk_case_line {
    struct tsk_case kase;
    const char *key; /* for after_key */
    int open_todos;
};
struct tsk_case_lines {
    struct tsk_case_line *items;
    size_t count;
    bool more;
};
int tsk_case_page_list(struct tsk_case_lines *out, struct tsk_store *store, const struct tsk_scope *scope,
                       const struct tsk_case_page *page, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

/* Both are one patient's one transition: what belongs to `from` belongs to `into`, and the number `from` leads there. The
 * newer consent or withdrawal of each scope stands. Events stay where they happened and are listed with both. */
int tsk_case_merge(struct tsk_store *store, const struct tsk_scope *scope, const char *from, const char *into,
                   const char *by, struct tsk_err *err) TSK_MUST_USE;
/* The sheets go to another case, with their notices and to-dos: to a new one (to ""), or to one that was merged, which is then
 * its own again. Consent does not go with them: whose it was is the question. */
int tsk_case_split(char number[TSK_CASE_NUMBER_SIZE], struct tsk_store *store, const struct tsk_scope *scope,
                   const char *from, const int64_t *sheets, size_t count, const char *to, const char *by,
                   struct tsk_err *err) TSK_MUST_USE;

struct tsk_case_note {     /* the office's own part of the sheet: 経過記録, ケース会議等の記録 */
    const char *kind;      /* progress, conference */
    const char *at;        /* stamp of what is recorded */
    const char *text;      /* progress: what was considered; conference: policy and remarks */
    const char *attendees; /* conference */
    const char *replaces;  /* "" or the key of the entry that this one corrects */
};
/* key: of the entry. */
int tsk_case_note_add(char key[TSK_ID_SIZE], struct tsk_store *store, const struct tsk_scope *scope, const char *number,
                      const struct tsk_case_note *note, const char *by, struct tsk_err *err) TSK_MUST_USE;

struct tsk_case_page_image { /* a page without a form that a person put to the case */
    const char *document;
    int page;
    const char *received, *by;
};
struct tsk_case_pages {
    struct tsk_case_page_image *items;
    size_t count;
};
int tsk_case_page_images(struct tsk_case_pages *out, struct tsk_store *store, const struct tsk_scope *scope,
                         const char *number, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

/* The last day on which the records are kept: five years from the end of the fiscal year of completion. While the case is open,
 * what that would be if it had been completed with its last event. */
void tsk_case_keep_until(const struct tsk_case *kase, char out[TSK_DATE_SIZE]);

/* *is_new is false when the case has an event of this kind and key: then nothing is added. sheet may be 0. */
int tsk_case_event_add(bool *is_new, struct tsk_store *store, const struct tsk_scope *scope, const char *number,
                       const struct tsk_case_event *event, struct tsk_err *err) TSK_MUST_USE;
int tsk_case_event_list(struct tsk_case_events *out, struct tsk_store *store, const struct tsk_scope *scope,
                        const char *number, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

#endif
