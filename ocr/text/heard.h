/*
 * heard - what a network says of any text: how likely the lines bear it, not only what it reads first
 *
 * Promise    The cost of a text is that of the likeliest way to lay it over all places of the lines, in nats; the least is what
 *            reads best. A letter that the network does not know counts as whatever is likeliest in its place, and a little
 *            less likely. A text that has no room in the lines costs as much as one of which nothing is seen. Spaces do not
 *            count, nor what is behind TSK_HEARD_TEXT_MAX letters.
 * Ownership  Zeros are an empty one; tsk_heard_free() ends it. The codes must outlive it.
 * Source     Connectionist temporal classification, Graves et al. 2006; the best path instead of all.
 */
#ifndef TASUKI_OCR_TEXT_HEARD_H
#define TASUKI_OCR_TEXT_HEARD_H

#include "ocr/text/line_codes.h"
#include "ocr/text/line_net.h"

#define TSK_HEARD_TEXT_MAX 128 /* letters of a text that are looked at */

struct tsk_heard {
    const struct tsk_line_codes *codes;
    int steps, width; /* places, codes */
    float *cost;      /* of each code at each place, nats */
    float *least;     /* of each code anywhere */
    float *any;       /* of whatever letter is likeliest, at each place */
};

/* Appends a line. -1 when memory ran out. */
int tsk_heard_add(struct tsk_heard *heard, const struct tsk_line_codes *codes,
                  const struct tsk_line_odds *odds) TSK_MUST_USE;
void tsk_heard_free(struct tsk_heard *heard);

/* INFINITY when there are no places; otherwise finite. */
double tsk_heard_cost(const struct tsk_heard *heard, const char *text);

struct tsk_heard_choice {
    uint32_t rune; /* NFKC */
    float cost;    /* nats */
};

/* The letters that may stand between two places, the likeliest first; returns how many. */
size_t tsk_heard_choices(const struct tsk_heard *heard, int from, int to, struct tsk_heard_choice *out, size_t max);

#endif
