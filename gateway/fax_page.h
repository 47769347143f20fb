/*
 * fax_page - what goes out by fax as one TIFF: a 送信票 without patient data, then the letter, then what is enclosed
 *
 * Promise    1728 pixels wide, 204 x 196 dpi, G4. The first page names recipient, number of pages, sender and whom to call
 *            when it went astray, and nothing else.
 */
#ifndef TASUKI_GATEWAY_FAX_PAGE_H
#define TASUKI_GATEWAY_FAX_PAGE_H

#include "base/buf.h"
#include "base/err.h"
#include "routing/channel.h"

/* The same to print, or for a service that wants it: A4, text as text. The caller frees out, whatever comes back. */
int tsk_fax_pages_pdf(int *pages, struct tsk_buf *out, const struct tsk_letter *letter,
                      struct tsk_err *err) TSK_MUST_USE;
/* The letter without a 送信票. */
int tsk_letter_pages_pdf(struct tsk_buf *out, const struct tsk_letter *letter, struct tsk_err *err) TSK_MUST_USE;
/* Of a letter with these words and so many pages behind them, with the 送信票. */
int tsk_fax_pages_count(const char *body, size_t enclosed);

/* pages: how many there are, with the 送信票. */
int tsk_fax_pages_write(int *pages, const char *path, const struct tsk_letter *letter,
                        struct tsk_err *err) TSK_MUST_USE;

#endif
