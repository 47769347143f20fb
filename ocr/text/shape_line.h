/*
 * shape_line - writing read letter by letter, by the letters' shapes alone
 *
 * Promise    Lines are cut where columns are empty or thin; of all ways to put the pieces together the one whose letters fit
 *            best is read. How well any other text fits the same ink can be asked: the cuts that suit it best are taken.
 * Units      Fit is how much worse, in squared distance (shapes.h), a text's letters are than those that were read; 0: none
 *            fits better.
 * Ownership  tsk_shape_lattice_free() ends a lattice; the ink may be gone before.
 */
#ifndef TASUKI_OCR_TEXT_SHAPE_LINE_H
#define TASUKI_OCR_TEXT_SHAPE_LINE_H

#include "ocr/text/engine.h"
#include "ocr/text/ink.h"
#include "ocr/text/shapes.h"

#define TSK_SHAPE_NO_FIT 1e6

struct tsk_shape_lattice;

struct tsk_shape_fit {
    double excess; /* of the whole text; TSK_SHAPE_NO_FIT: its letters cannot be laid over the ink */
    double mean;   /* a letter */
    double worst;  /* of the letter that fits least, against what fits best in its place */
};

/* letters: what may be read; a fit may have any. */
int tsk_shape_lattice_new(struct tsk_shape_lattice **out, const struct tsk_shapes *shapes, enum tsk_letters letters,
                          const struct tsk_ink *ink, double px_per_mm_x, double px_per_mm_y,
                          struct tsk_err *err) TSK_MUST_USE;
void tsk_shape_lattice_free(struct tsk_shape_lattice **lattice);

/* What the lines say, with the next choices. */
void tsk_shape_lattice_read(const struct tsk_shape_lattice *lattice, struct tsk_read *read);

/* How well a text fits; spaces in it do not count. */
struct tsk_shape_fit tsk_shape_lattice_fit(struct tsk_shape_lattice *lattice, const char *text);
/* The same, but no letter counts as more than bound: a text of which most fits is not outdone by a short one. */
struct tsk_shape_fit tsk_shape_lattice_fit_bounded(struct tsk_shape_lattice *lattice, const char *text, double bound);

#endif
