/*
 * typed_digits - a second look at printed digits, by the shapes of letters
 *
 * Promise    What the network read in a printed cell is weighed again by how well each reading fits the ink: the shapes were learnt
 *            from fonts, and share no error with the network. Digits by hand stay as they are. A reading that the network did not name
 *            is proposed at most, never sure.
 */
#ifndef TASUKI_OCR_TEXT_TYPED_DIGITS_H
#define TASUKI_OCR_TEXT_TYPED_DIGITS_H

#include "forms/form.h"
#include "ocr/digits/digits.h"
#include "ocr/register/register.h"
#include "ocr/text/shapes.h"

int tsk_typed_digits_weigh(const struct tsk_shapes *shapes, const struct tsk_patch *patch,
                           const struct tsk_field *field, struct tsk_digits_result *digits,
                           struct tsk_err *err) TSK_MUST_USE;

#endif
