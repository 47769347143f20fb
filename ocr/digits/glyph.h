/*
 * glyph - ink as bytes, and a piece of ink made into what the network sees
 *
 * Promise    A glyph keeps its true proportions: pixels need not be square, the longer side fills FIT of the SIDE pixels, the
 *            piece is centred. Size and place in the cell are lost on purpose; who needs them asks the piece's box.
 * Ownership  A bitmap's bytes belong to the caller: tsk_bitmap_free().
 */
#ifndef TASUKI_OCR_DIGITS_GLYPH_H
#define TASUKI_OCR_DIGITS_GLYPH_H

#include <stdint.h>

#include "ocr/digits/net.h"

enum { TSK_GLYPH_FIT = 22 };

struct tsk_bitmap {
    int w, h;
    uint8_t *px;               /* w * h, row by row; 0 is paper, anything else is ink (its value may name the piece) */
    double per_mm_x, per_mm_y; /* pixels a millimetre */
};

struct tsk_box { /* pixels, right and bottom edge exclusive; empty when x1 <= x0 */
    int x0, y0, x1, y1;
};

int tsk_bitmap_new(struct tsk_bitmap *out, int w, int h, double per_mm_x,
                   double per_mm_y); /* 0, or -1 without memory */
void tsk_bitmap_free(struct tsk_bitmap *bitmap);

/* Ink whose value lies in [low, high]. */
struct tsk_box tsk_ink_box(const struct tsk_bitmap *bitmap, int low, int high);
void tsk_ink_glyph(const struct tsk_bitmap *bitmap, struct tsk_box box, int low, int high, struct tsk_net_glyph *out);

#endif
