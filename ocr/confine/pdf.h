/*
 * pdf - a PDF to a stream of page bitmaps, by poppler's program in a confined child
 *
 * Promise    The PDF's bytes are looked at only by that child: file on standard input, bitmaps on standard output, no
 *            network, nothing to write to, capped in memory, time, pages and bytes. Its output is checked, not its exit
 *            code: every page of the stream has a size that we accept and is whole.
 * Result     A sealed memory file for tsk_recogniser_read() with raster set. TSK_HOLD when the document is at fault
 *            (damaged, password, too large, no pages), TSK_RETRY when the machine is, TSK_STOP when poppler is missing.
 */
#ifndef TASUKI_OCR_PDF_H
#define TASUKI_OCR_PDF_H

#include "base/err.h"

int tsk_pdf_rasterise(int *out_fd, int pdf_fd, struct tsk_err *err) TSK_MUST_USE;

#endif
