/*
 * digits - 1 to 4 digits in a cell, handwritten or typed, by a small convolutional network of our own
 *
 * Promise    Works on ink from which the printed form was already subtracted. Gives up to five readings, best first, with
 *            a probability each, and says "not digits" (count 0 with blank false) instead of guessing. A cell without ink
 *            is blank. No allocation outlives the call but the model's.
 * Model      ocr/digits/weights.bin, made by ocr/train; its licence note stands beside it. tsk_digits_load() checks shape
 *            and length.
 */
#ifndef TASUKI_OCR_DIGITS_H
#define TASUKI_OCR_DIGITS_H

#include <leptonica/allheaders.h>

#include "base/err.h"
#include <stdbool.h>

struct tsk_digits;

struct tsk_digits_alt {
    char text[8];
    double p;
};

struct tsk_digits_result {
    bool blank;
    struct tsk_digits_alt alts[5];
    int count;
    double blank_p;  /* certainty of the blank decision, 0..1 */
    bool typed;      /* looks like a printed font */
    char reason[24]; /* "", too_many_parts, not_digits, faint, touching */
};

int tsk_digits_load(struct tsk_digits **out, const char *weights_path, struct tsk_err *err) TSK_MUST_USE;
void tsk_digits_free(struct tsk_digits **model);
const char *tsk_digits_version(const struct tsk_digits *model); /* hash of the weights */

struct tsk_digits_cell {
    const PIX *ink; /* 1 bpp, only the writing, with a margin round the cell if there is one to be had */
    double px_per_mm_x, px_per_mm_y;
    BOX core;    /* the cell itself in it, px; ink whose middle lies outside is not the cell's */
    int max_len; /* 1 to max_len digits are expected; max_len is at most 4 */
};

int tsk_digits_read_cell(const struct tsk_digits *model, const struct tsk_digits_cell *cell,
                         struct tsk_digits_result *out, struct tsk_err *err) TSK_MUST_USE;

/* As above where the ink is the cell and no more. */
int tsk_digits_read(const struct tsk_digits *model, const PIX *ink, double px_per_mm_x, double px_per_mm_y, int max_len,
                    struct tsk_digits_result *out, struct tsk_err *err) TSK_MUST_USE;

#endif
