/*
 * print - a filled sheet as a file: PDF for paper, TIFF for the fax
 *
 * Promise    One page, the blank of the edition with what the fill says. PDF: 600 dpi, black and white (CCITT G4). TIFF: 204 x 196
 *            dpi, 1728 pixels wide, G4, as fax machines send it.
 * Ownership  Bytes are appended to the caller's buffer.
 */
#ifndef TASUKI_FORMS_PRINT_H
#define TASUKI_FORMS_PRINT_H

#include "base/buf.h"
#include "forms/render.h"

enum tsk_print_as { TSK_PRINT_PDF, TSK_PRINT_FAX };

#define TSK_PRINT_BYTES_MAX ((size_t)16 << 20)

int tsk_form_print(struct tsk_buf *out, const struct tsk_form *form, const struct tsk_fill *fill, enum tsk_print_as as,
                   struct tsk_err *err) TSK_MUST_USE;

#endif
