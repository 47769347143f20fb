/*
 * pieces - the ink of a cell as pieces from left to right, each a digit, a part of one, or dirt
 *
 * Promise    Specks, rests of rules and ink that belongs to the neighbourhood are gone; strokes that broke over one another
 *            are one piece again; a piece too broad for one digit is cut where the pen's bridge is thinnest. A digit is then
 *            a run of neighbouring pieces, and which runs are digits is not decided here.
 * Ownership  tsk_pieces_free(); it accepts what tsk_pieces_cut() left after a failure.
 */
#ifndef TASUKI_OCR_DIGITS_PIECES_H
#define TASUKI_OCR_DIGITS_PIECES_H

#include <leptonica/allheaders.h>
#include <stdbool.h>

#include "base/err.h"
#include "ocr/digits/glyph.h"

enum { TSK_PIECES_MAX = 16 };

struct tsk_piece {
    struct tsk_box box;
    int area;        /* pixels */
    bool cut_before; /* was one with the piece before it */
    double dirt;     /* 0..1, how readily it is passed over as no part of a digit */
};

struct tsk_pieces {
    struct tsk_bitmap map; /* value i + 1 is piece i */
    struct tsk_piece items[TSK_PIECES_MAX];
    int count;
    double tallest_mm;  /* of the pieces */
    double ink_mm2;     /* kept */
    double dropped_mm2; /* taken for dirt */
    double dropped_mm;  /* longest side of what was dropped inside the core, rules apart */
    int specks;         /* how many were dropped inside the core, rules apart */
    int breaks;         /* gaps that were bridged: a thin pen, and something of it may be lost */
    int lone_specks;    /* dropped ones in the line of writing: perhaps what is left of a digit */
    bool crowded;       /* more pieces than four digits can have: the rest is not in the map */
};

/* core: the cell itself within the image; what lies outside it is looked at only where it belongs to ink inside. */
int tsk_pieces_cut(struct tsk_pieces *out, const PIX *ink, double per_mm_x, double per_mm_y, struct tsk_box core,
                   struct tsk_err *err) TSK_MUST_USE;
void tsk_pieces_free(struct tsk_pieces *pieces);

#endif
