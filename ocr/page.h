/*
 * page - the image that the reading stages hand to one another
 *
 * Units      Pixels need not be square: x_dpi and y_dpi say how large one is. 1 bit, ink is 1 (Leptonica's convention).
 * Ownership  Whoever made it frees it with tsk_page_free().
 */
#ifndef TASUKI_OCR_PAGE_H
#define TASUKI_OCR_PAGE_H

#include <leptonica/allheaders.h>
#include <stdbool.h>
#include <stdint.h>

struct tsk_page {
    PIX *pix; /* 1 bpp, upright after identification */
    double x_dpi, y_dpi;
    int number;          /* in its document, from 1 */
    int bad_rows;        /* rows that the fax decoder could not read */
    int64_t received_ms; /* from the file's own DateTime, or 0 */
    bool halftoned;      /* came from grey or colour, made 1 bit by us */
};

static inline double tsk_page_px_per_mm_x(const struct tsk_page *page)
{
    return page->x_dpi / 25.4;
}
static inline double tsk_page_px_per_mm_y(const struct tsk_page *page)
{
    return page->y_dpi / 25.4;
}

void tsk_page_free(struct tsk_page *page); /* the PIX only; page itself is the caller's */

#endif
