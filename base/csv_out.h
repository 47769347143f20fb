/*
 * csv_out - CSV as spreadsheets in Japan open it: quoted where needed, CRLF, UTF-8 with BOM or CP932
 *
 * Promise    A cell that a spreadsheet would take for a formula (= + - @ first, and no number) gets an apostrophe in front: what came
 *            from a fax must not become a command. In CP932 a character that it lacks is 〓 and counted, never silently dropped.
 */
#ifndef TASUKI_BASE_CSV_OUT_H
#define TASUKI_BASE_CSV_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum tsk_csv_charset { TSK_CSV_UTF8, TSK_CSV_CP932 };

void tsk_csv_cell(struct tsk_buf *out, const char *text); /* with a comma in front unless it begins a line */
void tsk_csv_number(struct tsk_buf *out, long long number);
void tsk_csv_end_line(struct tsk_buf *out);
/* UTF-8 to the bytes of a file. *lacking: characters that became 〓; may be NULL. */
int tsk_csv_encode(struct tsk_buf *out, const char *text, enum tsk_csv_charset charset, int *lacking,
                   struct tsk_err *err) TSK_MUST_USE;

#endif
