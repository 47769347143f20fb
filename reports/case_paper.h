/*
 * case_paper - a case as a PDF for people: what is known, what happened, what was told under which consent, every sheet's values
 *
 * Promise    Says of each sheet whether a person confirmed it. Long texts go over lines and pages. Embeds its fonts.
 */
#ifndef TASUKI_REPORTS_CASE_PAPER_H
#define TASUKI_REPORTS_CASE_PAPER_H

#include "base/buf.h"
#include "reports/case_file.h"

/* stamp: of the export, UTC. */
int tsk_case_pdf(struct tsk_buf *out, const struct tsk_case_file *file, const char *stamp,
                 struct tsk_err *err) TSK_MUST_USE;

#endif
