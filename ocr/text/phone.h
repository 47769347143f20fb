/*
 * phone - a number in a line, by the network that reads digits
 *
 * Promise    An opinion of its own beside the text models: groups of digits between dashes, put together only if that
 *            makes a number of Japan's (06-6123-4567, 090-1234-5678). Otherwise nothing.
 */
#ifndef TASUKI_OCR_TEXT_PHONE_H
#define TASUKI_OCR_TEXT_PHONE_H

#include "ocr/digits/digits.h"
#include "ocr/text/ink.h"

#define TSK_PHONE_SIZE 24

/* digits: as many as there are, without anything else. False if they make no number. */
bool tsk_phone_form(const char *digits, char out[TSK_PHONE_SIZE]);

/* *p: product of the groups' probabilities. False if the line does not fall into groups, or makes no number. */
bool tsk_phone_read(const struct tsk_digits *model, const struct tsk_ink_line *line, double px_per_mm_x,
                    double px_per_mm_y, char out[TSK_PHONE_SIZE], double *p);

#endif
