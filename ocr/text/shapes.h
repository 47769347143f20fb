/*
 * shapes - which letter a piece of ink looks like, by the directions of its outline
 *
 * Promise    An opinion that shares nothing with the models of engine.h: it knows no words and no neighbours, and how far it
 *            is from every letter it knows tells whether the piece is a letter at all. Resolution, size and weight of the
 *            strokes count little. Read-only after loading; any number of callers.
 * Units      Distances are squared, in units of how far samples of one letter lie from their mean: about 1 for a dimension.
 * Source     Gradient direction features (8 directions, 8 x 8 zones, square root), Fisher's discriminant, means per letter and
 *            kind of typeface: Kimura et al. 1987, Liu et al. 2003. shapes.bin: ocr/train, see SHAPES.md.
 * Format     "TSKSHP01", little-endian words (letters, typefaces, dimensions), runes, the projection as half floats (one
 *            offset and SHAPE_FEATURES weights a dimension), the means as bytes of 1/STEP, then the SHA-256 in hex.
 */
#ifndef TASUKI_OCR_TEXT_SHAPES_H
#define TASUKI_OCR_TEXT_SHAPES_H

#include <leptonica/allheaders.h>
#include <stdint.h>

#include "base/err.h"

#define TSK_SHAPE_GRID 40
#define TSK_SHAPE_ZONES 8
#define TSK_SHAPE_DIRECTIONS 8
#define TSK_SHAPE_PLACE 4 /* height, width, top and bottom within the line */
#define TSK_SHAPE_FEATURES (TSK_SHAPE_ZONES * TSK_SHAPE_ZONES * TSK_SHAPE_DIRECTIONS + TSK_SHAPE_PLACE)
#define TSK_SHAPE_DIMENSIONS 96
#define TSK_SHAPE_FACES 3
#define TSK_SHAPE_STEP 4.0F /* a mean's byte is so many to a unit */
#define TSK_SHAPE_CHOICES 8

struct tsk_shape_box {
    int left, right, top, bottom; /* px, right and bottom are outside */
};

struct tsk_shape { /* a piece of ink as the classifier sees it */
    float at[TSK_SHAPE_DIMENSIONS];
};

struct tsk_shape_choice {
    uint32_t rune; /* NFKC, as written */
    float distance;
};

struct tsk_shapes;

int tsk_shapes_load(struct tsk_shapes **out, const char *path, struct tsk_err *err) TSK_MUST_USE;
void tsk_shapes_free(struct tsk_shapes **shapes);

/* bits: a line, 1 bpp; line_top and line_bottom: of its letters, px. Features before the projection, for the trainer too. */
void tsk_shape_features(PIX *bits, struct tsk_shape_box box, double px_per_mm_x, double px_per_mm_y, double line_top,
                        double line_bottom, float out[TSK_SHAPE_FEATURES]);
void tsk_shapes_project(const struct tsk_shapes *shapes, const float features[TSK_SHAPE_FEATURES],
                        struct tsk_shape *out);

/* The nearest letters, nearest first, each once; returns how many. */
size_t tsk_shapes_nearest(const struct tsk_shapes *shapes, const struct tsk_shape *shape,
                          struct tsk_shape_choice out[TSK_SHAPE_CHOICES]);
/* The same among the runes of a rising list only. */
size_t tsk_shapes_nearest_of(const struct tsk_shapes *shapes, const struct tsk_shape *shape, const uint32_t *runes,
                             size_t count, struct tsk_shape_choice out[TSK_SHAPE_CHOICES]);
/* Distance to one letter; negative if it is not known. */
float tsk_shapes_distance(const struct tsk_shapes *shapes, const struct tsk_shape *shape, uint32_t rune);

/* What the trainer writes and tsk_shapes_load() reads. */
struct tsk_shapes_made {
    const uint32_t *runes; /* rising */
    size_t letters;
    const float *projection; /* dimensions * (1 + features) */
    const float *means;      /* letters * faces * dimensions */
};
int tsk_shapes_write(const struct tsk_shapes_made *made, const char *path, struct tsk_err *err) TSK_MUST_USE;

#endif
