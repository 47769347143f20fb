/*
 * mark_hands - marks as different hands draw them, on the grey picture of a sheet
 *
 * Varies     Of words: rings round and long, wide of the word, hugging it or cutting its ends, open, in one stroke or two. Of
 *            boxes: checks that end low or run into the next word, crosses, dots, scribbles, rings far out, on the walls or
 *            inside them. Of what is struck out: two lines, a wavy one twice, a scribble.
 */
#ifndef TASUKI_TESTS_MARK_HANDS_H
#define TASUKI_TESTS_MARK_HANDS_H

#include <leptonica/allheaders.h>
#include <stdint.h>

#include "forms/form.h"

struct mark_hand { /* of one sheet */
    double width_mm;
    int ink; /* grey: a pencil's is paler */
    int style;
    double x_dpi, y_dpi;
    uint64_t state;
};

struct mark_hand mark_hand_new(uint64_t seed, double x_dpi, double y_dpi);
void mark_hand_tick(struct mark_hand *hand, PIX *grey, const struct tsk_rect *box);
void mark_hand_strike(struct mark_hand *hand, PIX *grey, const struct tsk_rect *box);
/* Round the option's word, so that no neighbour's middle is inside. */
void mark_hand_ring(struct mark_hand *hand, PIX *grey, const struct tsk_field *field, size_t option);

#endif
