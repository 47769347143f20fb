/*
 * canvas - drawing on a page in millimetres with cairo and pango
 *
 * Promise    What was on the page stays where nothing is drawn. Glyphs are not snapped to pixels, so the same text has
 * the same width at every resolution. Ownership  tsk_canvas_close() gives the page back and ends the canvas;
 * tsk_canvas_drop() ends it without.
 */
#ifndef TASUKI_FORMS_CANVAS_H
#define TASUKI_FORMS_CANVAS_H

#include <cairo.h>
#include <leptonica/allheaders.h>

#include "base/err.h"
#include "forms/form.h"

struct tsk_canvas {
    cairo_surface_t *surface; /* A8: 255 = ink */
    cairo_t *cr;              /* one unit = 1 mm; draws ink */
    double x_dpi, y_dpi;
};

int tsk_canvas_open(struct tsk_canvas *out, const PIX *grey, double x_dpi, double y_dpi,
                    struct tsk_err *err) TSK_MUST_USE;
int tsk_canvas_close(struct tsk_canvas *canvas, PIX **grey, struct tsk_err *err) TSK_MUST_USE;
void tsk_canvas_drop(struct tsk_canvas *canvas); /* a zeroed one is fine */

void tsk_canvas_white(struct tsk_canvas *canvas, const struct tsk_rect *box);

/* Text within width_mm (wrapped there; 0 = never), its upper left corner at x, y. */
void tsk_canvas_text(struct tsk_canvas *canvas, const char *font, double size_pt, double x, double y, double width_mm,
                     const char *text);
/* How large it would be. */
void tsk_canvas_measure(struct tsk_canvas *canvas, const char *font, double size_pt, double width_mm, const char *text,
                        double *w, double *h);

#endif
