/*
 * parts - the connected inks of a cell while they are being sorted (inside of pieces)
 *
 * Promise    Every ink pixel's label names a part, 1 for the first; a part was joined to another, dropped, or stands for itself.
 *            Joining and cutting keep that true.
 * Order      tsk_parts_join_dots() before specks are dropped, tsk_parts_join_strokes() after, tsk_parts_cut_broad() last.
 */
#ifndef TASUKI_OCR_DIGITS_PARTS_H
#define TASUKI_OCR_DIGITS_PARTS_H

#include <math.h>

#include "ocr/digits/pieces.h"

enum { TSK_PARTS_MAX = 400, TSK_PART_GONE = -1 };

struct tsk_part {
    struct tsk_box box;
    int area;
    long sum_x;
    int into; /* the part it was joined to, itself, or TSK_PART_GONE */
};

struct tsk_parts {
    struct tsk_pieces *out;
    int w, h;
    int *label; /* w * h, part + 1 or 0 */
    int *stack;
    struct tsk_part parts[TSK_PARTS_MAX];
    int count;
    struct tsk_box core;
};

static inline double tsk_parts_width_mm(const struct tsk_parts *work, const struct tsk_box *box)
{
    return (box->x1 - box->x0) / work->out->map.per_mm_x;
}

static inline double tsk_parts_height_mm(const struct tsk_parts *work, const struct tsk_box *box)
{
    return (box->y1 - box->y0) / work->out->map.per_mm_y;
}

static inline void tsk_box_grow(struct tsk_box *box, const struct tsk_box *by)
{
    box->x0 = by->x0 < box->x0 ? by->x0 : box->x0;
    box->y0 = by->y0 < box->y0 ? by->y0 : box->y0;
    box->x1 = by->x1 > box->x1 ? by->x1 : box->x1;
    box->y1 = by->y1 > box->y1 ? by->y1 : box->y1;
}

/* The part that a part belongs to by now, or TSK_PART_GONE. */
static inline int tsk_parts_root(const struct tsk_parts *work, int i)
{
    while (i != TSK_PART_GONE && work->parts[i].into != i)
        i = work->parts[i].into;
    return i;
}

double tsk_parts_tallest_mm(const struct tsk_parts *work);
void tsk_parts_join_dots(struct tsk_parts *work);    /* the dots of a thin pen to strokes */
void tsk_parts_join_strokes(struct tsk_parts *work); /* strokes over one another to digits */
int tsk_parts_cut_broad(struct tsk_parts *work);     /* -1 without memory */

#endif
