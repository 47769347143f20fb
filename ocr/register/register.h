/*
 * register - find the form and lay the blank over the page, locally
 *
 * Promise    tsk_identify() tries every blank in both orientations by printed structure (rules, boxes, text ink), turns the
 *            page upright and answers "no form" when nothing fits well. tsk_register() maps any point of the blank (mm) to
 *            the page (px), with one local fit per neighbourhood, because line hits delete rows and feeders stretch; each
 *            answer carries the local residual in mm.
 * Ownership  A tsk_blank set is made once (before confinement) and shared read-only by all documents. A map belongs to the
 *            caller.
 * Source     Line and box anchors with robust local affine fits; see docs/architecture.md.
 */
#ifndef TASUKI_OCR_REGISTER_H
#define TASUKI_OCR_REGISTER_H

#include "forms/form.h"
#include "ocr/page.h"

struct tsk_blanks; /* rasters and features of every edition of a form set */
struct tsk_map;    /* blank mm -> page px, with residuals */

/* grey rasters of the blanks come from tsk_form_blank_raster() of forms/raster.h */
int tsk_blanks_new(struct tsk_blanks **out, const struct tsk_forms *forms, struct tsk_err *err) TSK_MUST_USE;
void tsk_blanks_free(struct tsk_blanks **blanks);

struct tsk_identified {
    const struct tsk_form *form; /* NULL: no form found */
    int rotation;                /* 0 or 180; page->pix was turned in place */
    double score, runner_up;     /* 0..1, of the best and of the best other form that was tried */
    double edition_margin; /* 0..1: how far this edition's own texts are ahead of the next edition's; 1: only one */
    const char *reason;    /* when form is NULL: a literal for people (blank page, no known structure, …) */
};

int tsk_identify(const struct tsk_blanks *blanks, struct tsk_page *page, struct tsk_identified *out,
                 struct tsk_err *err) TSK_MUST_USE;

/* As tsk_identify(), and keeps the fit that told the form: tsk_register() without its cost. *map: NULL when no form was found. */
int tsk_locate(const struct tsk_blanks *blanks, struct tsk_page *page, struct tsk_identified *out, struct tsk_map **map,
               struct tsk_err *err) TSK_MUST_USE;

/* Fails with TSK_HOLD when the form's structure cannot be laid over the page: such a page has no values. */
int tsk_register(const struct tsk_blanks *blanks, const struct tsk_form *form, const struct tsk_page *page,
                 struct tsk_map **out, struct tsk_err *err) TSK_MUST_USE;
void tsk_map_free(struct tsk_map **map);

double tsk_map_error_mm(const struct tsk_map *map);     /* of the page: 90th percentile of the anchors */
bool tsk_map_bottom_missing(const struct tsk_map *map); /* the page ends before the form does */
/* The page rectangle (px) of a blank rectangle (mm), clipped to the page; error_mm is the local residual, 99 if none. */
void tsk_map_rect(const struct tsk_map *map, struct tsk_rect blank_mm, int px[4], double *error_mm);
void tsk_map_point(const struct tsk_map *map, double x_mm, double y_mm, double *x_px, double *y_px);

/*
 * The neighbourhood of a field, resampled to the blank's own geometry so that skew and local stretch are gone.
 * page: the page's ink; blank: the printed ink at the same place, from the edition's raster; foreign: page ink that is
 * not explained by the blank's ink within tolerance (grown by what the local residual allows), strokes kept whole
 * where they cross printed lines. All three: 1 bpp, same size, px_per_mm as given by tsk_patch_scale().
 */
struct tsk_patch {
    PIX *page, *blank, *foreign;
    PIX *faults; /* of page's ink: streaks and broken rows, which nobody wrote */
    double px_per_mm_x, px_per_mm_y;
    struct tsk_rect mm; /* what it covers on the blank, margins included */
    double error_mm;
    bool broken;       /* the line lost rows of this page in several places: level scratches are no strokes */
    bool noisy;        /* the page is full of specks: single ones were removed, more is left */
    double lost_mm;    /* of rows that are missing inside the patch; 0: none */
    double lost_y_mm;  /* where on the blank, give or take as much */
    double dropped_mm; /* of rows that are missing in or close to it, as the print all over the page tells */
    double spoilt_mm;  /* of rows in it that the line spoilt and their neighbours stand for */
};

int tsk_patch_cut(const struct tsk_blanks *blanks, const struct tsk_map *map, const struct tsk_page *page,
                  struct tsk_rect mm, double margin_mm, struct tsk_patch *out, struct tsk_err *err) TSK_MUST_USE;
void tsk_patch_free(struct tsk_patch *patch);

#endif
