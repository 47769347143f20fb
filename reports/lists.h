/* lists - pages of lists: headings, rows in columns, page numbers; A4, in memory */
#ifndef TASUKI_REPORTS_LISTS_H
#define TASUKI_REPORTS_LISTS_H

#include <stddef.h>

#include "base/err.h"

struct tsk_lists;

struct tsk_column {
    const char *heading;
    double width_mm;
};

/* footer stands on every page. The PDF goes to fd. */
int tsk_lists_open(struct tsk_lists **out, int fd, const char *footer, struct tsk_err *err) TSK_MUST_USE;
void tsk_lists_heading(struct tsk_lists *lists, const char *text);
void tsk_lists_text(struct tsk_lists *lists, const char *text);
/* A table: its columns (NULL-headed end), then rows; a row is never divided between two pages. */
void tsk_lists_columns(struct tsk_lists *lists, const struct tsk_column *columns, size_t count);
void tsk_lists_row(struct tsk_lists *lists, const char *const *cells);
int tsk_lists_close(struct tsk_lists **lists, struct tsk_err *err) TSK_MUST_USE; /* writes the end; frees in any case */

#endif
