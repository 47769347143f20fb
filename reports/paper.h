/*
 * paper - a report as a PDF: its table, and what it shows at a glance as bars that print in grey
 *
 * Promise    Embeds its fonts; long tables go on with their headings on the next page; a draft says on every page that it is one.
 */
#ifndef TASUKI_REPORTS_PAPER_H
#define TASUKI_REPORTS_PAPER_H

#include "base/buf.h"
#include "reports/table.h"

/* state: "第2版 承認済 …". Appends the file's bytes to out, whose max is the cap. */
int tsk_count_pdf(struct tsk_buf *out, const struct tsk_count_table *table, const char *state,
                  struct tsk_err *err) TSK_MUST_USE;

#endif
