/*
 * raster - PBM and PGM pages one behind the other, in the one way in which poppler writes them
 *
 * Format     "P4\nW H\n" and rows of bits, ink 1; or "P5\nW H\n255\n" and rows of bytes, paper 255. No comments.
 * Trust      The program that wrote it has read a stranger's PDF: sizes are checked, nothing else is in it.
 */
#ifndef TASUKI_OCR_RASTER_H
#define TASUKI_OCR_RASTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct tsk_raster {
    int width, height;
    bool grey;
    size_t at, len; /* of the pixels */
};

/* 1: *page and *at behind it; 0: the end; -1: not such a stream, or a page that is too large or cut. */
int tsk_raster_next(const void *bytes, size_t len, size_t *at, struct tsk_raster *page,
                    struct tsk_err *err) TSK_MUST_USE;

#endif
