/*
 * code - the QR code that the office printed on a sheet
 *
 * Promise    Looks only where the edition says that a code may stand, and hands on what is written there: at most
 *            TSK_READING_CODE_MAX printable characters, unverified. Who printed it is for the caller to check.
 */
#ifndef TASUKI_OCR_CODE_H
#define TASUKI_OCR_CODE_H

#include "forms/reading.h"
#include "ocr/register/register.h"

/* zbar opens converters of character sets whenever it has decoded something, and a confined process may open nothing: while
 * these are held, the C library has them in memory. */
struct tsk_code_charsets;
struct tsk_code_charsets *tsk_code_charsets_hold(void) TSK_MUST_USE; /* NULL without memory */
void tsk_code_charsets_free(struct tsk_code_charsets **charsets);

/* Sets reading->code; "" when there is none or none can be read. */
int tsk_code_read(struct tsk_reading *reading, const struct tsk_map *map, const struct tsk_page *page,
                  const struct tsk_form *form, struct tsk_err *err) TSK_MUST_USE;

#endif
