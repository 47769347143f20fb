/*
 * pdfa - page images as a PDF/A-1b, for keeping and for others to open in thirty years
 *
 * Standard   ISO 19005-1:2005 level B; PNG (ISO/IEC 15948) for what comes in.
 * Promise    Pixels are copied as they are, never decoded: the compressed data of a PNG is what a PDF holds too. Greys and colours are
 *            calibrated, so that no output profile is needed; there is no text and so no font.
 * Refused    A PNG that is interlaced, has a palette or transparency (TSK_HOLD): the reader makes none of these.
 */
#ifndef TASUKI_REPORTS_PDFA_H
#define TASUKI_REPORTS_PDFA_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct tsk_pdfa;

/* title and created (a stamp in UTC) are copied. Bytes go to out, whose max is the cap. */
int tsk_pdfa_begin(struct tsk_pdfa **pdf, struct tsk_buf *out, const char *title, const char *created,
                   struct tsk_err *err) TSK_MUST_USE;
/* x_dpi and y_dpi 0 = unknown: then the page is as wide as A4. */
int tsk_pdfa_page(struct tsk_pdfa *pdf, const void *png, size_t len, double x_dpi, double y_dpi,
                  struct tsk_err *err) TSK_MUST_USE;
/* Ends the file; TSK_REJECT when it has no page. */
int tsk_pdfa_end(struct tsk_pdfa *pdf, struct tsk_err *err) TSK_MUST_USE;
void tsk_pdfa_free(struct tsk_pdfa **pdf); /* NULL is fine */

#endif
