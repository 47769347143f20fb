/*
 * lattice - the best readings of a row of pieces
 *
 * Promise    Every way to take the pieces as 1 to max_len digits, a run of pieces each, or as dirt is weighed by what the
 *            network says of each run; ways that read the same are added up. Probabilities sum to at most 1, and what is
 *            missing to 1 is the chance that this is something else.
 */
#ifndef TASUKI_OCR_DIGITS_LATTICE_H
#define TASUKI_OCR_DIGITS_LATTICE_H

#include "ocr/digits/digits.h"
#include "ocr/digits/pieces.h"
#include "ocr/digits/weights.h"

void tsk_lattice_read(const struct tsk_weights *weights, const struct tsk_pieces *pieces, int max_len,
                      struct tsk_digits_result *out);

#endif
