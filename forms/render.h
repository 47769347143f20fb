/*
 * render - a sheet filled in: the blank of an edition with values written into its fields
 *
 * Use        Prefilled sheets, samples, and pages for tests of reading.
 * Promise    Same fill, pen and seed: same image. A text too long for its field is written smaller, never outside it.
 *            An unknown field, or an option that the field does not have, is an error (TSK_REJECT) that names it.
 * Ownership  *out is the caller's; nothing of the fill is kept.
 */
#ifndef TASUKI_FORMS_RENDER_H
#define TASUKI_FORMS_RENDER_H

#include <leptonica/allheaders.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "forms/form.h"

enum tsk_mark_style { /* into a printed box; words are always circled */
                      TSK_STYLE_CHECK,
                      TSK_STYLE_RE, /* レ */
                      TSK_STYLE_CROSS,
                      TSK_STYLE_SLASH,
                      TSK_STYLE_FILL,
                      TSK_STYLE_DOT,
                      TSK_STYLE_CIRCLE /* around the box */
};

struct tsk_pen {
    const char *font; /* pango family; NULL = IPAexMincho */
    double size_pt;   /* at most; 0 = 10.5 */
    double width_mm;  /* of strokes; 0 = 0.4 */
    enum tsk_mark_style style;
    double ring;      /* TSK_STYLE_CIRCLE: its radius in half boxes, 1 = on the walls; 0 = clear of them */
    double size;      /* of ticks, crosses and dots, 1 = about as large as the box; 0 = 1 */
    double jitter_mm; /* how far things stray, as by hand; 0 = as by machine */
    unsigned seed;
};

struct tsk_fill_value {
    const char *field;
    const char *text;          /* text, digits */
    const char *const *chosen; /* mark, circle */
    size_t chosen_count;
    const char *const *cancelled; /* marked, and then struck out with two lines */
    size_t cancelled_count;
};

struct tsk_fill_note { /* written beside the fields: 令和 over a struck-out 平成, a cover letter */
    const char *text;
    double x, y, size_pt;
};

struct tsk_fill_line {
    double x0, y0, x1, y1;
};

struct tsk_fill {
    const struct tsk_fill_value *values;
    size_t value_count;
    const struct tsk_fill_note *notes;
    size_t note_count;
    const struct tsk_fill_line *lines;
    size_t line_count;
    const char *code; /* text of a QR code, printed where the edition has room for it; NULL = none */
};

/* 8 bpp grey. form NULL: an empty A4 page, for notes and lines only. */
int tsk_form_render(const struct tsk_form *form, const struct tsk_fill *fill, const struct tsk_pen *pen, double x_dpi,
                    double y_dpi, PIX **out, struct tsk_err *err) TSK_MUST_USE;

bool tsk_mark_style_from(const char *name, enum tsk_mark_style *out); /* check re cross slash fill dot circle */

#endif
