/*
 * inked - one letter of an installed font, faxed, as the shape classifier sees it
 *
 * Promise    Everything random comes from the stream that is handed in. A font that is not installed is skipped, a letter that a
 *            font lacks gives no sample: nothing is a substitute's. Letters of hands vary more in slant, size and place.
 */
#ifndef TASUKI_OCR_TRAIN_INKED_H
#define TASUKI_OCR_TRAIN_INKED_H

#include <stdbool.h>

#include "ocr/text/shapes.h"
#include "ocr/train/random.h"

struct tsk_inked;

struct tsk_inked_sample {
    int face;   /* 0 serif, 1 sans, 2 hand */
    int raster; /* 0: 204x98, 1: 204x196, 2: 204x391 */
    float features[TSK_SHAPE_FEATURES];
};

int tsk_inked_new(struct tsk_inked **out, struct tsk_err *err) TSK_MUST_USE;
void tsk_inked_free(struct tsk_inked **inked);
int tsk_inked_fonts(const struct tsk_inked *inked);

/* False when the font has no such letter, or the fax left nothing of it. */
bool tsk_inked_sample(struct tsk_inked *inked, int font, uint32_t rune, struct tsk_random *random,
                      struct tsk_inked_sample *out);

#endif
