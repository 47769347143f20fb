/*
 * table - a counted report: rows of counts under columns, the last column their sum
 *
 * Promise    Holds counts and the words of the layout, nothing of a case. As JSON it is what is frozen at approval; reading that back gives
 *            the same table.
 * Ownership  Everything lies in the arena that it was made in.
 */
#ifndef TASUKI_REPORTS_TABLE_H
#define TASUKI_REPORTS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/csv_out.h"
#include "base/err.h"

struct tsk_count_row {
    const char *section; /* 相談 */
    const char *label;   /* the counterpart, 計, or "" when the section has this row alone */
    bool sum;            /* of the rows of its section above it */
    int64_t *values;     /* one a column */
};

struct tsk_count_table {
    const char *title, *form; /* 様式3 実績報告書（月報）, "3" */
    const char *office, *office_name;
    const char *first, *last; /* days */
    const char **columns;
    size_t column_count;
    struct tsk_count_row *rows;
    size_t row_count;
};

struct tsk_count_change { /* a cell that two tables have with different values */
    const char *section, *label, *column;
    int64_t before, after;
};

struct tsk_count_changes {
    struct tsk_count_change *items;
    size_t count;
};

/* malloc'ed; NULL without memory. */
char *tsk_count_to_json(const struct tsk_count_table *table) TSK_MUST_USE;
int tsk_count_from_json(struct tsk_count_table *out, const char *json, struct tsk_arena *arena,
                        struct tsk_err *err) TSK_MUST_USE;
/* What the sum column and every other cell says otherwise; a row or column that one of them lacks counts as 0 there. */
int tsk_count_diff(struct tsk_count_changes *out, const struct tsk_count_table *before,
                   const struct tsk_count_table *after, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* state: what stands below the title, as "第2版 承認済 …". */
int tsk_count_csv(struct tsk_buf *out, const struct tsk_count_table *table, const char *state,
                  enum tsk_csv_charset charset, int *lacking, struct tsk_err *err) TSK_MUST_USE;

#endif
