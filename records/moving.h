/*
 * moving - everything that the records hold of one office, row by row, out of one store and into another
 *
 * Tables     records/moving_tables.c says of every table whether it moves, goes, or stays; a table that it does not know stops the
 *            work, so that none is forgotten. What else there is to know (columns, keys, references) is asked of the database.
 * Rows       JSON arrays, one a row, in the order of the columns; numbers with a fraction as text of 17 digits. Text and numbers are
 *            put in and taken out by the database itself.
 * Numbers    tsk_moving_place() shifts each table's row numbers behind those that the other store has, so that no row of another
 *            office changes and none is met twice. References follow, those inside a text ("sheet:12") too. Dumped again after
 *            that, rows are counted back: a table that arrived whole has the digest with which it left.
 * Own        A reference to a row of another office does not leave the store: it is empty in the dump, or the row's own number where
 *            the fact that there is one matters. tsk_moving_check() finds one that would be none of the office's.
 */
#ifndef TASUKI_RECORDS_MOVING_H
#define TASUKI_RECORDS_MOVING_H

#include "base/hash.h"
#include "records/store.h"

struct tsk_moving;

/* Borrows store and office. TSK_STOP when the store has a table that moving_tables.c does not know. */
int tsk_moving_open(struct tsk_moving **out, struct tsk_store *store, const char *office,
                    struct tsk_err *err) TSK_MUST_USE;
void tsk_moving_close(struct tsk_moving **moving); /* NULL is fine */

/* Tables that move, each behind those that it refers to. */
size_t tsk_moving_count(const struct tsk_moving *moving);
const char *tsk_moving_name(const struct tsk_moving *moving, size_t table);
/* The table's place, or -1. */
int tsk_moving_find(const struct tsk_moving *moving, const char *name);

typedef int tsk_moving_take(void *ctx, const char *row, size_t len, struct tsk_err *err);
int tsk_moving_dump(struct tsk_moving *moving, size_t table, tsk_moving_take *take, void *ctx,
                    struct tsk_err *err) TSK_MUST_USE;

struct tsk_moving_digest {
    int64_t rows;
    uint64_t bytes;              /* of the rows, each with a line feed behind it */
    char sha256[TSK_SHA256_HEX]; /* over these bytes */
};
int tsk_moving_digest(struct tsk_moving_digest *out, struct tsk_moving *moving, size_t table,
                      struct tsk_err *err) TSK_MUST_USE;

/* Inside the transaction that inserts. TSK_REJECT when the office has rows here already. */
int tsk_moving_place(struct tsk_moving *moving, struct tsk_err *err) TSK_MUST_USE;
/* rows: a JSON array of rows. The office of each is this one, whatever they say. */
int tsk_moving_insert(struct tsk_moving *moving, size_t table, const char *rows, struct tsk_err *err) TSK_MUST_USE;
/* Does every reference lead to a row of the office? */
int tsk_moving_check(struct tsk_moving *moving, struct tsk_err *err) TSK_MUST_USE;
/* Deletes every row of the office, those that do not move too. Others' references to them lead to nothing, or to the row itself.
 * Inside a transaction in which "purging" names the office (records/purge.c). */
int tsk_moving_remove(struct tsk_moving *moving, struct tsk_err *err) TSK_MUST_USE;
/* "sheet:12" as it is in the store that the rows were placed in; malloc'ed, NULL without memory. */
char *tsk_moving_reference(const struct tsk_moving *moving, const char *text) TSK_MUST_USE;

#endif
