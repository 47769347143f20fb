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
int tsk_todo_done(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *by, const char *note,
                  struct tsk_err *err) TSK_MUST_USE;

#endif
