/*
 * rows - a QR code of which rows of the scan were lost, repeated or garbled: which module each of them belongs to
 *
 * A row that arrived is a line across the code somewhere below the one before. Where, is what fits best, over all rows together, to what
 * every code has (finders, timing) and to what the rows themselves say of the modules in between; from some place on a row may be
 * nothing but noise.
 */
#ifndef TASUKI_OCR_CODE_ROWS_H
#define TASUKI_OCR_CODE_ROWS_H

#include <leptonica/allheaders.h>

#include "ocr/code/qr.h"

/* Where a code of ours is expected on ink (1 bpp); pixels, from the upper left corner of ink. */
struct tsk_code_place {
    double left, top;    /* of the first module, roughly */
    double wide, high;   /* of the code, roughly */
    double per_row_x;    /* how far a vertical line moves to the right from one row to the next */
    double per_column_y; /* how far a level line moves down from one column to the next */
};

/* True when a text was found: what tsk_qr_decode() promises. */
bool tsk_code_by_rows(char text[TSK_QR_TEXT_SIZE], PIX *ink, const struct tsk_code_place *place, int width_modules);

#endif
