#include "ocr/page.h"

#include <math.h>

#include "ocr/decode/parts.h"

#define MM_PER_INCH 25.4
#define PAPER_W_MM_MIN 140.0 /* A5 and what a feeder cuts off it */
#define PAPER_W_MM_MAX 320.0 /* A3 across the scanner */
#define A4_W_MM_MIN 195.0
#define A4_W_MM_MAX 225.0
#define PAPER_H_MM_MIN 60.0
#define PAPER_H_MM_MAX 500.0
#define SCAN_DPI_MAX 450 /* finer pages are halved: nothing on a sheet needs it, and every stage pays for it */

/* Grey */
#define PAPER_WHITE 245        /* a page of pure white paper was rendered, not scanned */
#define RENDERED_INK_BELOW 170 /* anti-aliased thin strokes are light: half would cut them off */
#define NORMAL_WHITE 230       /* the paper's brightness once its shading is gone */
#define NORMAL_INK_BELOW 165

void tsk_page_free(struct tsk_page *page)
{
    pixDestroy(&page->pix);
}

int tsk_page_size_check(long long width, long long height, long long bits_per_pixel, struct tsk_err *err)
{
    if (width <= 0 || height <= 0)
        return tsk_fail(err, TSK_HOLD, 0, "claims a size of %lld x %lld points; ask the sender to send it again", width,
                        height);
    if (width > TSK_PAGE_WIDTH_MAX || height > TSK_PAGE_HEIGHT_MAX)
        return tsk_fail(err, TSK_HOLD, 0,
                        "claims %lld x %lld points (at most %d x %d are read); ask for it as an ordinary A4 fax", width,
                        height, TSK_PAGE_WIDTH_MAX, TSK_PAGE_HEIGHT_MAX);
    if (bits_per_pixel > 1 && width * height > TSK_PAGE_GREY_PIXELS_MAX)
        return tsk_fail(
            err, TSK_HOLD, 0,
            "is a picture of %lld x %lld points in grey or colour, too large to read; ask for it at 300 dpi", width,
            height);
    return 0;
}

/* Pure white over most of the page is what renderers make; paper under a lamp never is. */
static bool was_rendered(PIX *grey)
{
    NUMA *counts = pixGetGrayHistogram(grey, 4);
    l_float32 count = 0, white = 0, total = 0;

    for (int i = 0; counts != NULL && i < 256; i++) {
        numaGetFValue(counts, i, &count);
        total += count;
        if (i >= PAPER_WHITE)
            white += count;
    }
    numaDestroy(&counts);
    return total > 0 && white / total > 0.6F;
}

static PIX *to_ink(PIX *grey)
{
    PIX *flat, *ink;

    if (was_rendered(grey))
        return pixThresholdToBinary(grey, RENDERED_INK_BELOW);
    flat = pixBackgroundNorm(grey, NULL, NULL, 32, 32, 100, 20, NORMAL_WHITE, 2, 2);
    ink = pixThresholdToBinary(flat != NULL ? flat : grey, NORMAL_INK_BELOW);
    pixDestroy(&flat);
    return ink;
}

static bool makes_paper(double dots, double dpi, double mm_min, double mm_max)
{
    double mm = dpi > 0 ? dots / dpi * MM_PER_INCH : 0;

    return mm >= mm_min && mm <= mm_max;
}

/* Fax scan lines are 215 mm of 1728 dots, and 1728 is all that many files say of themselves (T.4). 0: not one of them. */
static double fax_line_dpi(int width)
{
    static const struct {
        int width;
        double dpi;
    } lines[] = { { 864, 102 },  { 1728, 204 }, { 2048, 204 }, { 2432, 204 }, { 2592, 300 },
                  { 3072, 300 }, { 3648, 300 }, { 3456, 408 }, { 4096, 408 } };

    for (size_t i = 0; i < TSK_COUNT(lines); i++) {
        if (width == lines[i].width)
            return lines[i].dpi;
    }
    return 0;
}

static double guess_x_dpi(int width)
{
    double dpi = fax_line_dpi(width);

    return dpi > 0 ? dpi : width / (210.0 / MM_PER_INCH);
}

/* The line density that makes the page nearest to A4's height. */
static double guess_y_dpi(int height, double x_dpi)
{
    const double candidates[] = { 98, 196, 391, x_dpi };
    double best = x_dpi, best_off = 1e9;

    for (size_t i = 0; i < TSK_COUNT(candidates); i++) {
        double off = fabs(log(height / candidates[i] * MM_PER_INCH / 297.0));

        if (off < best_off) {
            best_off = off;
            best = candidates[i];
        }
    }
    return best;
}

static void settle_resolution(struct tsk_page *page, double x_dpi, double y_dpi)
{
    int width = pixGetWidth(page->pix), height = pixGetHeight(page->pix);
    bool x_fits = makes_paper(width, x_dpi, PAPER_W_MM_MIN, PAPER_W_MM_MAX);
    bool y_fits = makes_paper(height, y_dpi, PAPER_H_MM_MIN, PAPER_H_MM_MAX);

    page->x_dpi = x_fits ? x_dpi : guess_x_dpi(width);
    page->y_dpi = x_fits && y_fits ? y_dpi : guess_y_dpi(height, page->x_dpi);
    pixSetResolution(page->pix, (l_int32)lround(page->x_dpi), (l_int32)lround(page->y_dpi));
}

/* A page that lies on its side is as wide as A4 is high; one of A4's width stands, however little of it arrived. */
static bool lies(int width, int height, double x_dpi, double y_dpi)
{
    double line_dpi = fax_line_dpi(width);

    if (width <= height * 5 / 4 || fabs(x_dpi - y_dpi) >= 0.2 * x_dpi)
        return false;
    return !makes_paper(width, x_dpi, A4_W_MM_MIN, A4_W_MM_MAX) &&
           !(line_dpi > 0 && makes_paper(width, line_dpi, A4_W_MM_MIN, A4_W_MM_MAX));
}

/* Halves (and turns a page that lies on its side): afterwards every page is upright or upside down, 400 dpi or less. */
static int tame(PIX **pix, double *x_dpi, double *y_dpi, struct tsk_err *err)
{
    int width = pixGetWidth(*pix), height = pixGetHeight(*pix);
    PIX *other;

    if (width / (210.0 / MM_PER_INCH) > SCAN_DPI_MAX && height / (297.0 / MM_PER_INCH) > SCAN_DPI_MAX) {
        other = pixGetDepth(*pix) == 1 ? pixReduceRankBinary2(*pix, 2, NULL) : pixScaleAreaMap2(*pix);
        pixDestroy(pix);
        if ((*pix = other) == NULL)
            return tsk_fail(err, TSK_HOLD, 0, "is too large for the memory of one reader");
        *x_dpi /= 2;
        *y_dpi /= 2;
    }
    if (lies(width, height, *x_dpi, *y_dpi))
        return tsk_page_orient(pix, 6, x_dpi, y_dpi, err);
    return 0;
}

int tsk_page_settle(struct tsk_page *page, PIX *pix, double claimed_x_dpi, double claimed_y_dpi, struct tsk_err *err)
{
    PIX *ink;

    page->pix = NULL;
    if (tame(&pix, &claimed_x_dpi, &claimed_y_dpi, err) != 0)
        return -1;
    if (pixGetDepth(pix) == 1) {
        page->pix = pix;
    } else {
        ink = to_ink(pix);
        pixDestroy(&pix);
        if (ink == NULL)
            return tsk_fail(err, TSK_HOLD, 0, "is too large for the memory of one reader");
        page->pix = ink;
        page->halftoned = true;
    }
    settle_resolution(page, claimed_x_dpi, claimed_y_dpi);
    return 0;
}

int tsk_page_orient(PIX **pix, int orientation, double *x_dpi, double *y_dpi, struct tsk_err *err)
{
    /* first row and column of the file -> quarter turns clockwise, after mirroring left to right */
    static const struct {
        int turns;
        bool mirror;
    } how[] = { { 0, false }, { 0, false }, { 0, true }, { 2, false }, { 2, true },
                { 3, true },  { 1, false }, { 1, true }, { 3, false } };
    PIX *turned;
    double swap;

    if (orientation < 2 || orientation > 8)
        return 0;
    if (how[orientation].mirror)
        pixFlipLR(*pix, *pix);
    if (how[orientation].turns == 0)
        return 0;
    turned = pixRotateOrth(*pix, how[orientation].turns);
    pixDestroy(pix);
    if ((*pix = turned) == NULL)
        return tsk_fail(err, TSK_HOLD, 0, "is too large for the memory of one reader");
    if (how[orientation].turns != 2) {
        swap = *x_dpi;
        *x_dpi = *y_dpi;
        *y_dpi = swap;
    }
    return 0;
}
