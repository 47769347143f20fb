/*
 * int_matrix - a layer's weights as bytes, times what the layer before it gave, as bytes
 *
 * Promise    Sums are whole numbers, so every processor gets the same results, whatever its registers hold. Read-only after
 *            loading; any number of callers.
 * Units      An input is a byte: a value of -1..1 times 127, plus 128. A weight is a byte of -127..127; an output is the sum
 *            times the row's scale.
 */
#ifndef TASUKI_OCR_TEXT_INT_MATRIX_H
#define TASUKI_OCR_TEXT_INT_MATRIX_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TSK_INT_ZERO 128
#define TSK_INT_MOST 127

struct tsk_int_matrix {
    int rows, columns;
    size_t stride; /* bytes of a row, and of an input: columns, rounded up */
    size_t room;   /* outputs that must fit: rows, rounded up */
    int8_t *weights;
    int32_t *offsets; /* what a sum lacks: the bias, and what inputs are above zero */
    float *scales;
};

/* Room for a matrix whose weights and scales are to be filled in, rows of blocks that lie one after the other. */
int tsk_int_matrix_new(struct tsk_int_matrix *matrix, int rows, int columns, struct tsk_err *err) TSK_MUST_USE;
/* weights: columns and then the bias. */
void tsk_int_matrix_set_row(struct tsk_int_matrix *matrix, int row, const int8_t *weights, double scale);
void tsk_int_matrix_free(struct tsk_int_matrix *matrix);

/* input: stride bytes at 64, of which those behind columns count nothing; out: room floats. */
void tsk_int_matrix_times(const struct tsk_int_matrix *matrix, const uint8_t *input, float *out);

/* The same without what the processor has beyond any other. */
void tsk_int_matrix_times_plain(const struct tsk_int_matrix *matrix, const uint8_t *input, float *out);

static inline uint8_t tsk_int_of(float value)
{
    return (uint8_t)(value * TSK_INT_MOST + (TSK_INT_ZERO + 0.5F));
}

#endif
