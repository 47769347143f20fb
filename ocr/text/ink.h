/*
 * ink - the writing in a field: cleaned, split into lines, made into what the recogniser reads best
 *
 * Promise    Takes a patch whose printed form is already subtracted; drops specks, rests of rules, streaks and what belongs
 *            to the neighbours; finds one or several lines; closes wide gaps. Each line is grey at fine-fax resolution
 *            (standard fax doubled, superfine and scans halved), smoothed with sigma 1, with a white border.
 * Ownership  tsk_ink_free() ends the lines.
 */
#ifndef TASUKI_OCR_TEXT_INK_H
#define TASUKI_OCR_TEXT_INK_H

#include "base/err.h"
#include "ocr/register/register.h"

#define TSK_INK_LINES_MAX 8

#define TSK_INK_CELLS_MAX 40

struct tsk_ink_cell {
    int left, right, top, bottom; /* px in bits, right and bottom are outside */
};

struct tsk_ink_line {
    PIX *grey;                                    /* what the recogniser gets */
    PIX *bits;                                    /* the same writing, 1 bpp, at the patch's scale */
    struct tsk_ink_cell boxes[TSK_INK_CELLS_MAX]; /* of the first cells */
    double height_mm, width_mm;
    int cells;                  /* letters, roughly */
    bool ends_small;            /* the last cell is a small mark at the line's foot: 。 perhaps */
    double rows[2], columns[2]; /* top, bottom, left, right in mm on the blank */
};

struct tsk_ink {
    struct tsk_ink_line lines[TSK_INK_LINES_MAX];
    int count;
    int parts; /* connected pieces large enough to be of writing */
    int specks;
    double ink_mm2;    /* of those pieces */
    double largest_mm; /* longest side of the largest piece */
    double faint_mm2;  /* ink in pieces too large for specks, too small for letters */
    int crowd;         /* pieces, of any size, with others about them */
    double depth;      /* how far in the field, by its height, the innermost piece lies: 0.5 is the middle */
    double cut_mm;     /* how much ink lies on the field's border: text may go on behind it */
    double uneven;     /* spread of the letters' tops and bottoms, as part of the line's height */
    double stroke_mm, stroke_spread; /* mean stroke width; its spread between letters, as part of the mean */
    double broken;                   /* pieces a letter */
};

int tsk_ink_find(const struct tsk_patch *patch, struct tsk_rect box_mm, int lines_max, struct tsk_ink *out,
                 struct tsk_err *err) TSK_MUST_USE;
void tsk_ink_free(struct tsk_ink *ink);

#endif
