/*
 * sheet - one read page that is a form: its fields, who decided each value, and which case it belongs to
 *
 * Promise    read_value never changes. value is the current one; every change of it leaves who, when, why, old and new.
 * A value that a person set or confirmed is changed by a person only: a new reading is kept beside it. Values     Text
 * as written; marks and circled words are option identifiers joined by a comma ("fax,email"); "" is blank. What follows
 * from several fields (referral_date, birth_date, ward, …) is a field of kind TSK_SHEET_DERIVED. Waiting    A sheet
 * without a case waits as "which case?". A field waits while a person must look at it.
 */
#ifndef TASUKI_RECORDS_SHEET_H
#define TASUKI_RECORDS_SHEET_H

#include "records/document.h"

enum { TSK_SHEET_DERIVED = TSK_FIELD_IMAGE + 1 }; /* beside enum tsk_field_kind */

enum tsk_sheet_state {
    TSK_SHEET_NEEDS_REVIEW, /* a field waits */
    TSK_SHEET_READY,        /* nothing waits; a person has not confirmed it yet */
    TSK_SHEET_CONFIRMED,
    TSK_SHEET_STATE_COUNT
};

enum tsk_decided {
    TSK_DECIDED_WAITING,  /* a person must look */
    TSK_DECIDED_ACCEPTED, /* by the reader */
    TSK_DECIDED_SET,      /* a person wrote another value */
    TSK_DECIDED_CONFIRMED /* a person looked and left it */
};

struct tsk_sheet_field {
    const char *id;
    int kind; /* enum tsk_field_kind or TSK_SHEET_DERIVED */
    const char *read_value, *value;
    double confidence;
    enum tsk_decided decided;
    const char *reason; /* why it waits or waited, "" */
    const char *by, *at;
    enum tsk_hand hand;
    int box_px[4];
    struct {
        const char *value;
        double confidence;
    } alternatives[TSK_ALTERNATIVES_MAX];
    size_t alternative_count;
};

struct tsk_sheet_problem { /* a contradiction that the reader met, in words for a person */
    const char *field, *code, *text;
};

struct tsk_sheet {
    int64_t id;
    const char *document; /* spool id */
    int page;
    const char *office, *case_number; /* "" = which case? */
    const char *form, *edition, *form_hash;
    const char *reader, *weights, *calibration;
    const char *received; /* of its document */
    enum tsk_sheet_state state;
    const char *confirmed_by, *confirmed_at;
    int waiting_count;
    const char *closed;                       /* "", or how its page was put away: records/settle.h */
    const char *told_by, *told_how, *told_at; /* a sheet that nobody faxed: who said it, phone or visit, when */
    int revision;                   /* grows with every change; who writes after looking at another one looks again */
    int corrections;                /* values changed after confirmation */
    struct tsk_sheet_field *fields; /* only by tsk_sheet_find() */
    size_t field_count;
    struct tsk_sheet_problem *problems;
    size_t problem_count;
};

struct tsk_sheets {
    struct tsk_sheet *items;
    size_t count;
};

struct tsk_sheet_filter {
    const char *state;       /* NULL, "needs_review", "ready", "confirmed", "which_case" */
    const char *case_number; /* NULL = every */
    const char *document;    /* NULL = every */
    const char *office;      /* NULL = every in scope */
    int limit;               /* 0 = 1000; newest first */
};

struct tsk_field_change {
    const char *field, *old_value, *new_value, *by, *at, *why;
};

struct tsk_field_changes {
    struct tsk_field_change *items;
    size_t count;
};

int tsk_sheet_list(struct tsk_sheets *out, struct tsk_store *store, const struct tsk_scope *scope,
                   const struct tsk_sheet_filter *filter, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
int tsk_sheet_find(struct tsk_sheet *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                   struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE; /* TSK_REJECT when there is none */
int tsk_sheet_history(struct tsk_field_changes *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                      struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

const struct tsk_sheet_field *tsk_sheet_field(const struct tsk_sheet *sheet, const char *field); /* NULL if none */
const char *tsk_sheet_value(const struct tsk_sheet *sheet, const char *field);                   /* "" if none */
bool tsk_sheet_has(const struct tsk_sheet *sheet, const char *field, const char *option);
/* The value does not wait for a person: the reader accepted it, or a person decided. */
bool tsk_sheet_sure(const struct tsk_sheet *sheet, const char *field);
const char *tsk_sheet_state_name(enum tsk_sheet_state state);
const char *tsk_decided_name(enum tsk_decided decided);

/* A person's value; what follows from it is worked out again. why may be "". changed may be NULL. */
int tsk_sheet_set(bool *changed, struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *field,
                  const char *value, const char *by, const char *why, struct tsk_err *err) TSK_MUST_USE;
/* The last change of the field, by the same person, is taken back, as another line of its history; called again the one before
 * it. TSK_REJECT when there is none, or when somebody else changed it since. */
int tsk_sheet_undo(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *field,
                   const char *by, struct tsk_err *err) TSK_MUST_USE;
/* changed may be NULL. Refused, naming the fields, while one waits and accept_all is false; else they become confirmed as they are.
 * Confirming a confirmed sheet again changes nothing (*changed false). */
int tsk_sheet_confirm(bool *changed, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                      bool accept_all, const char *by, struct tsk_err *err) TSK_MUST_USE;
/* changed may be NULL. The case must belong to the sheet's office. Moving a sheet to another case is allowed and recorded.
 * What a confirmed sheet of the same form says in that case stands: it becomes the value here too, beside what was read, and only
 * what is new or was read differently with certainty (reason "differs_from_case") waits for a person. The block of the outcome
 * is left alone: a case has as many outcomes as the patient moves. */
int tsk_sheet_link(bool *changed, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                   const char *case_number, const char *by, struct tsk_err *err) TSK_MUST_USE;

struct tsk_difference {
    const char *field, *read_before, *read_now, *value; /* value: current after the call */
    bool kept;                                          /* a person's value stood, or the sheet is confirmed */
};

struct tsk_differences {
    struct tsk_difference *items;
    size_t count;
};

/* Keeps the new reading beside the old. Values that only the reader had accepted or that wait take the new reading. The
 * form must be the same; otherwise TSK_REJECT and nothing is changed. */
int tsk_sheet_reread_apply(struct tsk_differences *out, struct tsk_store *store, const struct tsk_scope *scope,
                           int64_t id, const struct tsk_reading *reading, const struct tsk_versions *versions,
                           const char *by, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* As tsk_sheet_reread_apply(), but the form or edition may be another one, which the sheet then is: fields that it does not have leave
 * sight and keep their history. Refused for a confirmed sheet when the form is another. */
int tsk_sheet_read_as(struct tsk_differences *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                      const struct tsk_reading *reading, const struct tsk_versions *versions, const char *by,
                      struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

/* No other sheet of its document stands before it. */
int tsk_sheet_is_first(bool *out, struct tsk_store *store, int64_t id, struct tsk_err *err) TSK_MUST_USE;

#endif
