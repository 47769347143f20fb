/*
 * csv - RFC 4180 as spreadsheets in Japan write it: UTF-8 with or without BOM, or CP932; CRLF or LF
 *
 * Promise    tsk_csv_next() gives one record a call with the line it starts on. A quote that never closes and a record with
 *            NUL are errors that name the line. Rows and cells are capped.
 * Ownership  Cells belong to the reader until the next call.
 */
#ifndef TASUKI_BASE_CSV_H
#define TASUKI_BASE_CSV_H

#include <stddef.h>

#include "base/err.h"

#define TSK_CSV_CELLS_MAX 64

struct tsk_csv;

int tsk_csv_open(struct tsk_csv **out, const char *path, struct tsk_err *err) TSK_MUST_USE;
int tsk_csv_next(struct tsk_csv *csv, char ***cells, int *count, int *line,
                 struct tsk_err *err) TSK_MUST_USE; /* 1, 0 at the end, -1 */
/* Position of a column by its header name in the first record, or -1. Call after the first tsk_csv_next(). */
int tsk_csv_column(char **cells, int count, const char *name);
void tsk_csv_close(struct tsk_csv **csv);

#endif
