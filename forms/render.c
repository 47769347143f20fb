#include "forms/render.h"

#include <math.h>
#include <qrencode.h>
#include <stdint.h>
#include <string.h>

#include "forms/canvas.h"
#include "forms/raster.h"

#define A4_W_MM 210.0
#define A4_H_MM 297.0
#define MARGIN_MM 1.0
#define QUIET_MODULES 2 /* the rest of the quiet zone is the white paper around the room */

struct writer {
    struct tsk_canvas canvas;
    const struct tsk_form *form;
    const struct tsk_pen *pen;
    const char *font;
    double size_pt;
    uint64_t random;
};

/* xorshift64*: enough for strokes that look unlike each other, and the same everywhere. */
static double unit(struct writer *w)
{
    w->random ^= w->random >> 12;
    w->random ^= w->random << 25;
    w->random ^= w->random >> 27;
    return (double)((w->random * 2685821657736338717ULL) >> 11) / 9007199254740992.0;
}

static double stray(struct writer *w)
{
    return (unit(w) * 2 - 1) * w->pen->jitter_mm;
}

static void stroke_from(struct writer *w, double x, double y)
{
    cairo_new_path(w->canvas.cr);
    cairo_move_to(w->canvas.cr, x + stray(w), y + stray(w));
}

static void stroke_to(struct writer *w, double x, double y)
{
    cairo_line_to(w->canvas.cr, x + stray(w), y + stray(w));
}

static void line(struct writer *w, double x0, double y0, double x1, double y1)
{
    stroke_from(w, x0, y0);
    stroke_to(w, x1, y1);
    cairo_stroke(w->canvas.cr);
}

/* A ring drawn by hand does not quite close where it began. */
static void ring(struct writer *w, const struct tsk_rect *box, double beyond_x, double beyond_y)
{
    double cx = box->x + box->w / 2 + stray(w), cy = box->y + box->h / 2 + stray(w);
    double rx = box->w / 2 + beyond_x, ry = box->h / 2 + beyond_y;
    double from = -1.2 + stray(w), turn = 2 * M_PI + stray(w) / 2;

    cairo_new_path(w->canvas.cr);
    for (int i = 0; i <= 72; i++) {
        double angle = from + turn * i / 72, drift = 1 + 0.03 * w->pen->jitter_mm * i / 72;
        cairo_line_to(w->canvas.cr, cx + rx * drift * cos(angle), cy + ry * drift * sin(angle));
    }
    cairo_stroke(w->canvas.cr);
}

static void mark_check(struct writer *w, const struct tsk_rect *b)
{
    stroke_from(w, b->x + b->w * 0.1, b->y + b->h * 0.45);
    stroke_to(w, b->x + b->w * 0.4, b->y + b->h * 0.95);
    stroke_to(w, b->x + b->w * 1.25, b->y - b->h * 0.2);
    cairo_stroke(w->canvas.cr);
}

static void mark_re(struct writer *w, const struct tsk_rect *b)
{
    stroke_from(w, b->x + b->w * 0.25, b->y + b->h * 0.05);
    stroke_to(w, b->x + b->w * 0.3, b->y + b->h * 0.9);
    stroke_to(w, b->x + b->w * 1.0, b->y + b->h * 0.3);
    cairo_stroke(w->canvas.cr);
}

static void mark_cross(struct writer *w, const struct tsk_rect *b)
{
    line(w, b->x + b->w * 0.1, b->y + b->h * 0.1, b->x + b->w * 0.9, b->y + b->h * 0.9);
    line(w, b->x + b->w * 0.9, b->y + b->h * 0.1, b->x + b->w * 0.1, b->y + b->h * 0.9);
}

static void mark_slash(struct writer *w, const struct tsk_rect *b)
{
    line(w, b->x + b->w * 0.95, b->y + b->h * 0.05, b->x + b->w * 0.05, b->y + b->h * 0.95);
}

static void mark_fill(struct writer *w, const struct tsk_rect *b)
{
    cairo_rectangle(w->canvas.cr, b->x + 0.3, b->y + 0.3, b->w - 0.6, b->h - 0.6);
    cairo_fill(w->canvas.cr);
}

static void mark_dot(struct writer *w, const struct tsk_rect *b)
{
    cairo_new_path(w->canvas.cr);
    cairo_arc(w->canvas.cr, b->x + b->w / 2 + stray(w), b->y + b->h / 2 + stray(w), b->w * 0.24, 0, 2 * M_PI);
    cairo_fill(w->canvas.cr);
}

static void mark_circle(struct writer *w, const struct tsk_rect *b)
{
    double beyond_x = (w->pen->ring - 1) * b->w / 2, beyond_y = (w->pen->ring - 1) * b->h / 2;

    if (w->pen->ring > 0)
        ring(w, b, beyond_x, beyond_y);
    else
        ring(w, b, 0.9, 0.9);
}

static const struct style {
    const char *name;
    void (*draw)(struct writer *w, const struct tsk_rect *box);
} styles[] = {
    [TSK_STYLE_CHECK] = { "check", mark_check },    [TSK_STYLE_RE] = { "re", mark_re },
    [TSK_STYLE_CROSS] = { "cross", mark_cross },    [TSK_STYLE_SLASH] = { "slash", mark_slash },
    [TSK_STYLE_FILL] = { "fill", mark_fill },       [TSK_STYLE_DOT] = { "dot", mark_dot },
    [TSK_STYLE_CIRCLE] = { "circle", mark_circle },
};

bool tsk_mark_style_from(const char *name, enum tsk_mark_style *out)
{
    for (size_t i = 0; i < TSK_COUNT(styles); i++)
        if (strcmp(styles[i].name, name) == 0) {
            *out = (enum tsk_mark_style)i;
            return true;
        }
    return false;
}

/* The same mark, larger or smaller, around the middle of the box. */
static void draw_sized(struct writer *w, const struct tsk_rect *box, double size)
{
    const struct tsk_rect drawn = { box->x + box->w * (1 - size) / 2, box->y + box->h * (1 - size) / 2, box->w * size,
                                    box->h * size };

    styles[w->pen->style].draw(w, &drawn);
}

static void choose(struct writer *w, const struct tsk_field *field, const struct tsk_rect *box)
{
    if (field->kind == TSK_FIELD_CIRCLE)
        ring(w, box, 1.3, 0.9);
    else if (w->pen->style == TSK_STYLE_CIRCLE || w->pen->size <= 0)
        styles[w->pen->style].draw(w, box);
    else
        draw_sized(w, box, w->pen->size);
}

/* 訂正: two lines through what was marked; by hand neither level nor of one length. */
static void strike(struct writer *w, const struct tsk_rect *box)
{
    double y = box->y + box->h / 2 + stray(w) / 2, apart = 0.4 + stray(w) / 4, climb = stray(w) / 2;

    for (int side = -1; side <= 1; side += 2) {
        double at = y + side * apart;

        line(w, box->x - 1.0 + stray(w), at + climb, box->x + box->w + 1.0 + stray(w), at - climb + stray(w) / 4);
    }
}

/* The largest size up to the pen's at which the text stays in the field. */
static double fitting_size(struct writer *w, const struct tsk_field *field, const char *text, double *text_w,
                           double *text_h)
{
    double room_w = field->box.w - 2 * MARGIN_MM, wrap = field->lines_max > 1 ? room_w : 0, size = w->size_pt;

    *text_w = *text_h = 0;
    for (int step = 0; step < 25; step++) {
        tsk_canvas_measure(&w->canvas, w->font, size, wrap, text, text_w, text_h);
        /* line height holds room above and below the glyphs, which may touch the rules */
        if (*text_w <= room_w && *text_h <= field->box.h * 1.25)
            break;
        size *= 0.95;
    }
    return size;
}

static void write_text(struct writer *w, const struct tsk_field *field, const char *text)
{
    double text_w = 0, text_h = 0, size = fitting_size(w, field, text, &text_w, &text_h);
    double spare = field->box.w - text_w - 2 * MARGIN_MM, x = field->box.x + MARGIN_MM, y = field->box.y;

    if (field->kind == TSK_FIELD_DIGITS)
        x += spare / 2;
    else if (w->pen->jitter_mm > 0 && spare > 0)
        x += spare * 0.3 * unit(w);
    if (field->lines_max <= 1)
        y += (field->box.h - text_h) / 2;
    tsk_canvas_text(&w->canvas, w->font, size, x + stray(w), y + stray(w),
                    field->lines_max > 1 ? field->box.w - 2 * MARGIN_MM : 0, text);
}

static const struct tsk_option *option_of(const struct tsk_field *field, const char *value)
{
    for (size_t i = 0; i < field->option_count; i++)
        if (strcmp(field->options[i].value, value) == 0)
            return &field->options[i];
    return NULL;
}

static int write_options(struct writer *w, const struct tsk_field *field, const char *const *values, size_t count,
                         bool cancelled, struct tsk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct tsk_option *option = option_of(field, values[i]);

        if (option == NULL)
            return tsk_fail(err, TSK_REJECT, 0, "field %s has no option %s", field->id, values[i]);
        choose(w, field, &option->box);
        if (cancelled)
            strike(w, &option->box);
    }
    return 0;
}

static int write_value(struct writer *w, const struct tsk_fill_value *value, struct tsk_err *err)
{
    const struct tsk_field *field = w->form == NULL ? NULL : tsk_form_field(w->form, value->field);

    if (field == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "the form has no field %s", value->field);
    if (value->text != NULL && value->text[0] != '\0')
        write_text(w, field, value->text);
    if (write_options(w, field, value->cancelled, value->cancelled_count, true, err) != 0)
        return -1;
    return write_options(w, field, value->chosen, value->chosen_count, false, err);
}

/* Squares without smoothing: every module has the same ink after the page is made black and white. */
static void draw_modules(struct writer *w, const QRcode *code, const struct tsk_rect *room)
{
    double module = room->w / (code->width + 2.0 * QUIET_MODULES);

    cairo_save(w->canvas.cr);
    cairo_set_antialias(w->canvas.cr, CAIRO_ANTIALIAS_NONE);
    for (int y = 0; y < code->width; y++)
        for (int x = 0; x < code->width; x++)
            if (code->data[y * code->width + x] & 1)
                cairo_rectangle(w->canvas.cr, room->x + (x + QUIET_MODULES) * module,
                                room->y + (y + QUIET_MODULES) * module, module, module);
    cairo_fill(w->canvas.cr);
    cairo_restore(w->canvas.cr);
}

static int write_code(struct writer *w, const char *text, struct tsk_err *err)
{
    QRcode *code;

    if (w->form == NULL || w->form->code.w == 0)
        return tsk_fail(err, TSK_REJECT, 0, "this edition has no room for a code (code_mm in its form.yaml)");
    code = QRcode_encodeString(text, 0, QR_ECLEVEL_Q, QR_MODE_8, 1);
    if (code == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "a QR code could not be made");
    draw_modules(w, code, &w->form->code);
    QRcode_free(code);
    return 0;
}

static int write_all(struct writer *w, const struct tsk_fill *fill, struct tsk_err *err)
{
    for (size_t i = 0; i < fill->value_count; i++)
        if (write_value(w, &fill->values[i], err) != 0)
            return -1;
    for (size_t i = 0; i < fill->line_count; i++)
        line(w, fill->lines[i].x0, fill->lines[i].y0, fill->lines[i].x1, fill->lines[i].y1);
    for (size_t i = 0; i < fill->note_count; i++) {
        const struct tsk_fill_note *note = &fill->notes[i];
        tsk_canvas_text(&w->canvas, w->font, note->size_pt > 0 ? note->size_pt : w->size_pt, note->x, note->y, 0,
                        note->text);
    }
    return fill->code != NULL ? write_code(w, fill->code, err) : 0;
}

static PIX *empty_page(double x_dpi, double y_dpi)
{
    PIX *page = pixCreate((int)ceil(A4_W_MM / 25.4 * x_dpi), (int)ceil(A4_H_MM / 25.4 * y_dpi), 8);

    if (page != NULL)
        pixSetAll(page);
    return page;
}

static void start_pen(struct writer *w, const struct tsk_pen *pen)
{
    w->pen = pen;
    w->font = pen->font == NULL ? "IPAexMincho" : pen->font;
    w->size_pt = pen->size_pt > 0 ? pen->size_pt : 10.5;
    w->random = 0x9e3779b97f4a7c15ULL ^ ((uint64_t)pen->seed << 17);
    cairo_set_line_width(w->canvas.cr, pen->width_mm > 0 ? pen->width_mm : 0.4);
    cairo_set_line_cap(w->canvas.cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(w->canvas.cr, CAIRO_LINE_JOIN_ROUND);
}

int tsk_form_render(const struct tsk_form *form, const struct tsk_fill *fill, const struct tsk_pen *pen, double x_dpi,
                    double y_dpi, PIX **out, struct tsk_err *err)
{
    struct writer w = { .form = form };
    PIX *page = NULL;
    int rc = -1;

    *out = NULL;
    if (form != NULL) {
        if (tsk_form_blank_raster(form, x_dpi, y_dpi, &page, err) != 0)
            return -1;
    } else if ((page = empty_page(x_dpi, y_dpi)) == NULL) {
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a page");
    }
    if (tsk_canvas_open(&w.canvas, page, x_dpi, y_dpi, err) != 0)
        goto out;
    start_pen(&w, pen);
    if (write_all(&w, fill, err) != 0)
        goto out;
    rc = tsk_canvas_close(&w.canvas, out, err);
out:
    tsk_canvas_drop(&w.canvas);
    pixDestroy(&page);
    return rc;
}
