/*
 * faxsim - what a page looks like after a scanner and a telephone line, for tests and samples
 *
 * Promise    Same page, settings and seed: same bytes. Every effect is off at zero.
 * Not        A model of T.30: it makes the damage that readers meet, not the signals that cause it.
 */
#ifndef TASUKI_TESTS_FAXSIM_H
#define TASUKI_TESTS_FAXSIM_H

#include <leptonica/allheaders.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum faxsim_compression { FAXSIM_G4, FAXSIM_G3, FAXSIM_G3_2D };

struct faxsim {
    double x_dpi, y_dpi;             /* of the page given; 0 = 204, 196 */
    int width_px;                    /* of the sent page; 0 = 1728 at 204 dpi, in proportion */
    double offset_x_mm, offset_y_mm; /* of the sheet on the sent page */
    double skew_deg;                 /* clockwise */
    double stretch_x, stretch_y;     /* 0.01 = one in a hundred longer */
    double noise;                    /* standard deviation of grey before the threshold, 0 to 255 */
    int threshold;                   /* darker is black; 0 = 160 */
    const char *header;              /* line that the sending machine prints on top, or NULL */
    int specks;                      /* number of */
    int streaks;                     /* vertical lines of dirt on the glass */
    int lost_bands;                  /* places where rows are missing, what follows moves up */
    int lost_rows;                   /* rows in each, at most */
    int garbled_rows;                /* rows that came as other runs of black and white from some place on */
    int black_bands, black_rows;     /* places where up to so many rows came black for a part of their width */
    int shifted_bands, shifted_rows; /* places where up to so many rows lie some millimetres aside */
    int repeated_rows;               /* rows that the receiver gave up and took the one above for */
    int line_hits;        /* disturbances of LINE_HIT_BITS while the page was sent as G3, without correction */
    double black_edge_mm; /* on the left, as of a page fed askew */
    bool upside_down;
    unsigned seed;
    enum faxsim_compression compression;
    const char *received; /* TIFF DateTime "2026:11:21 09:30:00", or NULL */
};

/* grey: 8 bpp. *out: 1 bpp, 1 = black; the caller's. */
int faxsim_page(PIX *grey, const struct faxsim *fax, PIX **out, struct tsk_err *err) TSK_MUST_USE;
int faxsim_write(const char *path, PIX *const *pages, size_t count, const struct faxsim *fax,
                 struct tsk_err *err) TSK_MUST_USE;

#endif
