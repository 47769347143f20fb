/*
 * parts - what the decoders of the single formats share
 *
 * Ownership  A decoder's bytes are mapped from the caller's descriptor until tsk_decode_close().
 * Failure    One sentence about the page or the document; tsk_decode_next() puts the page's number before it.
 */
#ifndef TASUKI_OCR_DECODE_PARTS_H
#define TASUKI_OCR_DECODE_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "ocr/decode/decode.h"
#include "ocr/decode/raster.h"

struct tsk_decoder {
    enum tsk_content content;
    void *mapped;
    const unsigned char *bytes; /* the same */
    size_t len;
    int page_count;                  /* that could be found */
    bool broken_list;                /* the list of pages goes on, but nobody can say where */
    int next;                        /* from 0; page_count: the missing rest, beyond: the end */
    uint32_t tiff_at[TSK_PAGES_MAX]; /* where each page's directory is */
    struct tsk_raster raster_at[TSK_PAGES_MAX];
};

int tsk_tiff_list(struct tsk_decoder *decoder, struct tsk_err *err) TSK_MUST_USE;
int tsk_tiff_page(const struct tsk_decoder *decoder, int index, struct tsk_page *page,
                  struct tsk_err *err) TSK_MUST_USE;
int tsk_image_page(const struct tsk_decoder *decoder, struct tsk_page *page, struct tsk_err *err) TSK_MUST_USE;
int tsk_raster_page(const struct tsk_decoder *decoder, int index, struct tsk_page *page,
                    struct tsk_err *err) TSK_MUST_USE;

int tsk_page_size_check(long long width, long long height, long long bits_per_pixel, struct tsk_err *err) TSK_MUST_USE;

/* Takes pix over (any depth, no colour map), makes it 1 bit and settles the resolution: what the file claims where that
   makes a sheet of paper, a guess from the size where it does not. */
int tsk_page_settle(struct tsk_page *page, PIX *pix, double claimed_x_dpi, double claimed_y_dpi,
                    struct tsk_err *err) TSK_MUST_USE;
int tsk_page_orient(PIX **pix, int orientation, double *x_dpi, double *y_dpi,
                    struct tsk_err *err) TSK_MUST_USE; /* TIFF 6.0 tag 274 */

#endif
