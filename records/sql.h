/*
 * sql - statements against the database; private to records/, and all that another backend has to provide
 *
 * Parameters Are named by one letter each in types: s text (NULL = SQL NULL), e text ("" = SQL NULL), i int64_t, d double,
 *            c const struct tsk_scope * (use SCOPE() in the statement and bind it as parameter 1).
 * Statements Are string literals: prepared ones are kept under the literal's address.
 * Rows       Text is copied into the arena given to tsk_sql_query(). End every query with tsk_sql_end(); after an error too.
 */
#ifndef TASUKI_RECORDS_SQL_H
#define TASUKI_RECORDS_SQL_H

#include "records/store.h"

#define SCOPE(column) "(?1 IS NULL OR " column " IN (SELECT value FROM json_each(?1)))"

struct tsk_rows;

int tsk_sql_run(struct tsk_store *store, struct tsk_err *err, const char *sql, const char *types, ...) TSK_MUST_USE;
int tsk_sql_query(struct tsk_rows **out, struct tsk_store *store, struct tsk_arena *arena, struct tsk_err *err,
                  const char *sql, const char *types, ...) TSK_MUST_USE;
/* The same for a statement that was put together: it is not kept. */
int tsk_sql_run_once(struct tsk_store *store, struct tsk_err *err, const char *sql, const char *types,
                     ...) TSK_MUST_USE;
int tsk_sql_query_once(struct tsk_rows **out, struct tsk_store *store, struct tsk_arena *arena, struct tsk_err *err,
                       const char *sql, const char *types, ...) TSK_MUST_USE;
int tsk_sql_next(struct tsk_rows *rows, struct tsk_err *err) TSK_MUST_USE; /* 1, 0 at the end, -1 */
void tsk_sql_end(struct tsk_rows **rows);

/* Columns are taken from the left, one a call. Text is never NULL; without room in the arena the next tsk_sql_next() fails. */
const char *tsk_sql_text(struct tsk_rows *rows);
/* Not copied: until the next tsk_sql_next(). */
const char *tsk_sql_peek(struct tsk_rows *rows, size_t *len);
int64_t tsk_sql_int(struct tsk_rows *rows);
double tsk_sql_real(struct tsk_rows *rows);
struct tsk_arena *tsk_sql_arena(const struct tsk_rows *rows);

/* One row, one number: 1, 0 without a row (out untouched), -1. */
int tsk_sql_number(int64_t *out, struct tsk_store *store, struct tsk_err *err, const char *sql, const char *types,
                   ...) TSK_MUST_USE;
/* name(TEXT, TEXT) in statements of this handle; work returns malloc'ed text, or NULL without memory. NULL takes it away. */
typedef char *tsk_sql_work(void *ctx, const char *first, const char *second);
int tsk_sql_function(struct tsk_store *store, const char *name, tsk_sql_work *work, void *ctx,
                     struct tsk_err *err) TSK_MUST_USE;
int64_t tsk_sql_last_id(const struct tsk_store *store);
int tsk_sql_changed(const struct tsk_store *store); /* rows of the last tsk_sql_run() */

/* Fills an array in the arena, one item a row, and ends the query. Takes the query's own *rc, so that there is one place to
 * look at; NULL when there is no row. */
typedef void tsk_sql_fill(void *item, struct tsk_rows *rows);
void *tsk_sql_collect(size_t *count, size_t item_size, tsk_sql_fill *fill, struct tsk_rows **rows, int *rc,
                      struct tsk_err *err);

/* A part that is whole by itself, inside or outside a transaction. tsk_part_end() commits it when rc is 0, else undoes it;
 * returns the final rc. */
struct tsk_part {
    struct tsk_store *store;
    int level;
};
int tsk_part_start(struct tsk_part *part, struct tsk_store *store, struct tsk_err *err) TSK_MUST_USE;
int tsk_part_end(struct tsk_part *part, int rc, struct tsk_err *err) TSK_MUST_USE;

const struct tsk_knowledge *tsk_store_knowledge(const struct tsk_store *store);
/* The present instant as a stored stamp. */
const char *tsk_now(char out[25]);
/* The name's place in names, or -1. */
int tsk_name_index(const char *const *names, size_t count, const char *name);

#endif
