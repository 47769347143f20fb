/*
 * todo - what waits for a person: a call to make, a fax to send by hand, a recipient to choose
 *
 * Promise    One to-do per (about, event, rule, recipient): adding it again changes nothing, also after it was done.
 */
#ifndef TASUKI_RECORDS_TODO_H
#define TASUKI_RECORDS_TODO_H

#include "records/store.h"

struct tsk_todo_new {
    const char *office;
    int64_t sheet;                      /* 0 if none */
    const char *document, *case_number; /* or "" */
    const char *about;                  /* NULL = "sheet:N"; as in notice.h */
    const char *event, *rule, *recipient;
    const char *kind; /* call, fax, no_recipient, correction, delivery_failed, held, … */
    const char *text; /* Japanese; what to do and why */
};

struct tsk_todo {
    int64_t id, sheet;
    const char *office, *document, *case_number, *about, *event, *rule, *recipient, *kind, *text, *created;
    const char *done, *done_by, *note; /* "" while open */
    const char *due;                   /* day in Japan on which to try (again), or "" = now */
    const char *assigned;              /* to whom it was passed on, or "" */
    int tries;                         /* times that nobody answered */
};

struct tsk_todos {
    struct tsk_todo *items;
    size_t count;
};

struct tsk_todo_filter {
    bool done_too;
    int64_t sheet;                                   /* 0 = every */
    const char *case_number, *kind, *office, *event; /* NULL = every */
    int limit;                                       /* 0 = 1000; oldest first */
    const char *due_by;                              /* NULL, or a day: only what is due then */
    const char *assigned;                            /* NULL = to anybody; "" = to nobody */
    bool by_due;                                     /* what is due longest first, instead of oldest */
    int64_t id;                                      /* 0 = every */
};

enum tsk_todo_end { TSK_TODO_DONE, TSK_TODO_NO_ANSWER, TSK_TODO_PASSED_ON, TSK_TODO_REOPENED, TSK_TODO_END_COUNT };

struct tsk_todo_result {
    enum tsk_todo_end end;
    const char *whom;  /* done: with whom it was settled; passed_on: to whom */
    const char *when;  /* when that was, as the person says ("2026-11-25 10:30"), or "" */
    const char *again; /* no_answer: the day on which to try again, YYYY-MM-DD */
    const char *note;
    const char *by, *at; /* filled in by the store */
};

struct tsk_todo_results {
    struct tsk_todo_result *items;
    size_t count;
};

/* id and is_new may be NULL. */
int tsk_todo_add(int64_t *id, bool *is_new, struct tsk_store *store, const struct tsk_todo_new *todo,
                 struct tsk_err *err) TSK_MUST_USE;
/* As tsk_todo_add(), for one that follows from the records: while it is open its words and its case are brought up to date,
 * and one that `by` had closed as pointless opens again. What a person did stays done. */
int tsk_todo_keep(struct tsk_store *store, const struct tsk_todo_new *todo, const char *by,
                  struct tsk_err *err) TSK_MUST_USE;
int tsk_todo_list(struct tsk_todos *out, struct tsk_store *store, const struct tsk_scope *scope,
                  const struct tsk_todo_filter *filter, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
int tsk_todo_find(struct tsk_todo *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                  struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* What came of it. Done closes it; after no_answer and passed_on it stays open; reopened takes the end back. */
int tsk_todo_end(struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                 const struct tsk_todo_result *result, const char *by, struct tsk_err *err) TSK_MUST_USE;
int tsk_todo_result_list(struct tsk_todo_results *out, struct tsk_store *store, const struct tsk_scope *scope,
                         int64_t id, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
const char *tsk_todo_end_name(enum tsk_todo_end end);
int tsk_todo_end_from_name(const char *name); /* -1 */
/* Done, and nothing more to say. */
int tsk_todo_done(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *by, const char *note,
                  struct tsk_err *err) TSK_MUST_USE;

#endif
