#include "forms/canvas.h"

#include <pango/pangocairo.h>
#include <stdint.h>
#include <string.h>

#define MM_PER_INCH 25.4
#define PT_PER_INCH 72.0

#ifdef TASUKI_ASAN
/* fontconfig keeps what it knows of fonts until the process ends, and does not give it back then. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libpango\n";
}
#endif

static void load_rows(unsigned char *to, int stride, PIX *grey, int w, int h)
{
    for (int y = 0; y < h; y++) {
        l_uint32 *line = pixGetData(grey) + (size_t)y * (size_t)pixGetWpl(grey);
        for (int x = 0; x < w; x++)
            to[(size_t)y * (size_t)stride + (size_t)x] = (unsigned char)(255 - GET_DATA_BYTE(line, x));
    }
}

int tsk_canvas_open(struct tsk_canvas *out, const PIX *grey, double x_dpi, double y_dpi, struct tsk_err *err)
{
    PIX *copy = pixCopy(NULL, grey);
    int w, h, rc = -1;

    memset(out, 0, sizeof *out);
    if (copy == NULL || pixGetDepth(copy) != 8) {
        tsk_fail(err, TSK_STOP, 0, "a page to draw on must be an 8-bit grey image");
        goto out;
    }
    pixGetDimensions(copy, &w, &h, NULL);
    out->surface = cairo_image_surface_create(CAIRO_FORMAT_A8, w, h);
    if (cairo_surface_status(out->surface) != CAIRO_STATUS_SUCCESS) {
        tsk_fail(err, TSK_RETRY, 0, "no memory for a page of %d x %d pixels", w, h);
        goto out;
    }
    load_rows(cairo_image_surface_get_data(out->surface), cairo_image_surface_get_stride(out->surface), copy, w, h);
    cairo_surface_mark_dirty(out->surface);
    out->cr = cairo_create(out->surface);
    out->x_dpi = x_dpi;
    out->y_dpi = y_dpi;
    cairo_scale(out->cr, x_dpi / MM_PER_INCH, y_dpi / MM_PER_INCH);
    cairo_set_source_rgba(out->cr, 0, 0, 0, 1);
    rc = 0;
out:
    if (rc != 0)
        tsk_canvas_drop(out);
    pixDestroy(&copy);
    return rc;
}

int tsk_canvas_close(struct tsk_canvas *canvas, PIX **grey, struct tsk_err *err)
{
    int w = cairo_image_surface_get_width(canvas->surface), h = cairo_image_surface_get_height(canvas->surface);
    int stride = cairo_image_surface_get_stride(canvas->surface), rc = -1;
    const unsigned char *from;
    PIX *page = pixCreate(w, h, 8);

    *grey = NULL;
    cairo_surface_flush(canvas->surface);
    from = cairo_image_surface_get_data(canvas->surface);
    if (page == NULL || cairo_status(canvas->cr) != CAIRO_STATUS_SUCCESS) {
        tsk_fail(err, TSK_RETRY, 0, "drawing a page failed: %s", cairo_status_to_string(cairo_status(canvas->cr)));
        goto out;
    }
    for (int y = 0; y < h; y++) {
        l_uint32 *line = pixGetData(page) + (size_t)y * (size_t)pixGetWpl(page);
        for (int x = 0; x < w; x++)
            SET_DATA_BYTE(line, x, 255 - from[(size_t)y * (size_t)stride + (size_t)x]);
    }
    pixSetResolution(page, (int)(canvas->x_dpi + 0.5), (int)(canvas->y_dpi + 0.5));
    *grey = page;
    page = NULL;
    rc = 0;
out:
    pixDestroy(&page);
    tsk_canvas_drop(canvas);
    return rc;
}

void tsk_canvas_drop(struct tsk_canvas *canvas)
{
    if (canvas->cr != NULL)
        cairo_destroy(canvas->cr);
    if (canvas->surface != NULL)
        cairo_surface_destroy(canvas->surface);
    memset(canvas, 0, sizeof *canvas);
}

void tsk_canvas_white(struct tsk_canvas *canvas, const struct tsk_rect *box)
{
    cairo_save(canvas->cr);
    cairo_set_operator(canvas->cr, CAIRO_OPERATOR_CLEAR);
    cairo_rectangle(canvas->cr, box->x, box->y, box->w, box->h);
    cairo_fill(canvas->cr);
    cairo_restore(canvas->cr);
}

/* pango spaces letters by one scale for both directions: lines are set on square pixels, and only drawn on those of a fax. */
static PangoLayout *layout_on_square(struct tsk_canvas *canvas)
{
    PangoLayout *layout;
    cairo_matrix_t square;

    cairo_save(canvas->cr);
    cairo_matrix_init_scale(&square, canvas->x_dpi / MM_PER_INCH, canvas->x_dpi / MM_PER_INCH);
    cairo_set_matrix(canvas->cr, &square);
    layout = pango_cairo_create_layout(canvas->cr);
    cairo_restore(canvas->cr);
    return layout;
}

static PangoLayout *layout_new(struct tsk_canvas *canvas, const char *font, double size_pt, double width_mm,
                               const char *text)
{
    PangoLayout *layout = layout_on_square(canvas);
    PangoFontDescription *face = pango_font_description_new();
    cairo_font_options_t *options = cairo_font_options_create();
    PangoContext *context = pango_layout_get_context(layout);

    /* A unit is a millimetre here: rounding to whole units would be rounding to whole millimetres. */
    pango_context_set_round_glyph_positions(context, FALSE);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, options);
    pango_font_description_set_family(face, font);
    pango_font_description_set_absolute_size(face, size_pt * MM_PER_INCH / PT_PER_INCH * PANGO_SCALE);
    pango_layout_set_font_description(layout, face);
    if (width_mm > 0) {
        pango_layout_set_width(layout, (int)(width_mm * PANGO_SCALE));
        pango_layout_set_wrap(layout, PANGO_WRAP_CHAR);
    }
    pango_layout_set_text(layout, text, -1);
    pango_font_description_free(face);
    cairo_font_options_destroy(options);
    return layout;
}

void tsk_canvas_text(struct tsk_canvas *canvas, const char *font, double size_pt, double x, double y, double width_mm,
                     const char *text)
{
    PangoLayout *layout = layout_new(canvas, font, size_pt, width_mm, text);

    cairo_move_to(canvas->cr, x, y);
    pango_cairo_show_layout(canvas->cr, layout);
    g_object_unref(layout);
}

void tsk_canvas_measure(struct tsk_canvas *canvas, const char *font, double size_pt, double width_mm, const char *text,
                        double *w, double *h)
{
    PangoLayout *layout = layout_new(canvas, font, size_pt, width_mm, text);
    int width, height;

    pango_layout_get_size(layout, &width, &height);
    *w = (double)width / PANGO_SCALE;
    *h = (double)height / PANGO_SCALE;
    g_object_unref(layout);
}
