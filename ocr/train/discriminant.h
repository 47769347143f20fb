/*
 * discriminant - Fisher's linear discriminant over many letters
 *
 * Promise    Samples are counted as they come and not kept. The projection makes the scatter within letters a unit sphere and
 *            keeps the directions in which their means differ most, the best first.
 */
#ifndef TASUKI_OCR_TRAIN_DISCRIMINANT_H
#define TASUKI_OCR_TRAIN_DISCRIMINANT_H

#include "ocr/text/shapes.h"

struct tsk_discriminant;

int tsk_discriminant_new(struct tsk_discriminant **out, size_t letters, struct tsk_err *err) TSK_MUST_USE;
void tsk_discriminant_free(struct tsk_discriminant **discriminant);
void tsk_discriminant_add(struct tsk_discriminant *discriminant, size_t letter, int face,
                          const float features[TSK_SHAPE_FEATURES]);
/* A letter without samples of a typeface takes the mean of all its samples there. */
int tsk_discriminant_write(struct tsk_discriminant *discriminant, const uint32_t *runes, const char *path,
                           struct tsk_err *err) TSK_MUST_USE;

#endif
