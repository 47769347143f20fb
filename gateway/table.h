/*
 * table - rows for people, with columns that stay aligned when Japanese stands in them; or tabs for programs
 *
 * Promise    Widths are those of a terminal (a kanji takes two places) and depend on no locale. Line breaks inside a cell are
 *            shown as spaces. plain: one line a row, tabs between cells, no heading.
 */
#ifndef TASUKI_GATEWAY_TABLE_H
#define TASUKI_GATEWAY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

#define TSK_TABLE_COLUMNS_MAX 12

struct tsk_table;

int tsk_display_width(const char *text);

/* headings ends with NULL. */
struct tsk_table *tsk_table_new(const char *const *headings) TSK_MUST_USE;
/* As many texts as there are headings. Without memory the row is missing and printing says so. */
#define tsk_table_row(table, ...)                                                                                      \
    tsk_table_put((table), (const char *const[]){ __VA_ARGS__ },                                                       \
                  sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))
void tsk_table_put(struct tsk_table *table, const char *const *cells, size_t count);
int tsk_table_print(struct tsk_table **table, FILE *out, bool plain); /* frees it; 0, or -1 when a row is missing */

#endif
