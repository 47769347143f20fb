#include "reports/lists.h"

#include <cairo-pdf.h>
#include <errno.h>
#include <pango/pangocairo.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MM (72 / 25.4)
#define PAGE_W_MM 210
#define PAGE_H_MM 297
#define MARGIN_MM 15
#define FOOT_MM 12
#define GAP_MM 1.2
#define COLUMNS_MAX 8

struct tsk_lists {
    cairo_surface_t *surface;
    cairo_t *cairo;
    int fd, page;
    bool failed;
    double y_mm;
    char footer[256];
    struct tsk_column columns[COLUMNS_MAX];
    size_t column_count;
};

static cairo_status_t write_out(void *ctx, const unsigned char *bytes, unsigned len)
{
    const struct tsk_lists *lists = ctx;

    while (len > 0) {
        ssize_t done = write(lists->fd, bytes, len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return CAIRO_STATUS_WRITE_ERROR;
        bytes += done;
        len -= (unsigned)done;
    }
    return CAIRO_STATUS_SUCCESS;
}

static PangoLayout *layout_of(const struct tsk_lists *lists, const char *font, const char *text, double width_mm)
{
    PangoLayout *layout = pango_cairo_create_layout(lists->cairo);
    PangoFontDescription *description = pango_font_description_from_string(font);

    pango_layout_set_font_description(layout, description);
    pango_layout_set_width(layout, (int)(width_mm * MM * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_text(layout, text, -1);
    pango_font_description_free(description);
    return layout;
}

static double height_mm(PangoLayout *layout)
{
    int height = 0;

    pango_layout_get_size(layout, NULL, &height);
    return height / (double)PANGO_SCALE / MM;
}

static void show(struct tsk_lists *lists, PangoLayout *layout, double x_mm, double y_mm)
{
    cairo_move_to(lists->cairo, x_mm * MM, y_mm * MM);
    pango_cairo_show_layout(lists->cairo, layout);
}

static void end_page(struct tsk_lists *lists)
{
    char text[320];
    PangoLayout *layout;

    snprintf(text, sizeof text, "%s    %d", lists->footer, lists->page);
    layout = layout_of(lists, "IPAexGothic 8", text, PAGE_W_MM - 2 * MARGIN_MM);
    show(lists, layout, MARGIN_MM, PAGE_H_MM - FOOT_MM);
    g_object_unref(layout);
    cairo_show_page(lists->cairo);
    lists->page++;
    lists->y_mm = MARGIN_MM;
}

/* Room for so much, else the next page begins; true when it did. */
static bool need(struct tsk_lists *lists, double wanted_mm)
{
    if (lists->y_mm + wanted_mm <= PAGE_H_MM - FOOT_MM - 4)
        return false;
    end_page(lists);
    return true;
}

int tsk_lists_open(struct tsk_lists **out, int fd, const char *footer, struct tsk_err *err)
{
    struct tsk_lists *lists = calloc(1, sizeof *lists);

    *out = lists;
    if (lists == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    lists->fd = fd;
    lists->page = 1;
    lists->y_mm = MARGIN_MM;
    snprintf(lists->footer, sizeof lists->footer, "%s", footer);
    lists->surface = cairo_pdf_surface_create_for_stream(write_out, lists, PAGE_W_MM * MM, PAGE_H_MM * MM);
    lists->cairo = cairo_create(lists->surface);
    return 0;
}

static void put_text(struct tsk_lists *lists, const char *font, const char *text, double before_mm, double after_mm)
{
    PangoLayout *layout = layout_of(lists, font, text, PAGE_W_MM - 2 * MARGIN_MM);
    double height = height_mm(layout);

    need(lists, before_mm + height + after_mm + 8);
    lists->y_mm += lists->y_mm > MARGIN_MM ? before_mm : 0;
    show(lists, layout, MARGIN_MM, lists->y_mm);
    lists->y_mm += height + after_mm;
    g_object_unref(layout);
}

void tsk_lists_heading(struct tsk_lists *lists, const char *text)
{
    put_text(lists, "IPAexGothic 14", text, 6, 2);
}

void tsk_lists_text(struct tsk_lists *lists, const char *text)
{
    put_text(lists, "IPAexGothic 9", text, 0, 2);
}

static void line_across(const struct tsk_lists *lists, double width)
{
    cairo_set_line_width(lists->cairo, width);
    cairo_move_to(lists->cairo, MARGIN_MM * MM, lists->y_mm * MM);
    cairo_line_to(lists->cairo, (PAGE_W_MM - MARGIN_MM) * MM, lists->y_mm * MM);
    cairo_stroke(lists->cairo);
}

static void put_cells(struct tsk_lists *lists, const char *font, const char *const *cells, bool may_break)
{
    PangoLayout *layouts[COLUMNS_MAX] = { NULL };
    double tallest = 0, x_mm = MARGIN_MM;

    for (size_t i = 0; i < lists->column_count; i++) {
        layouts[i] = layout_of(lists, font, cells[i], lists->columns[i].width_mm - 2);
        tallest = height_mm(layouts[i]) > tallest ? height_mm(layouts[i]) : tallest;
    }
    if (may_break && need(lists, tallest + 2 * GAP_MM)) {
        const char *headings[COLUMNS_MAX] = { NULL };

        for (size_t i = 0; i < lists->column_count; i++)
            headings[i] = lists->columns[i].heading;
        put_cells(lists, "IPAexGothic 8", headings, false);
    }
    for (size_t i = 0; i < lists->column_count; i++) {
        show(lists, layouts[i], x_mm, lists->y_mm + GAP_MM);
        x_mm += lists->columns[i].width_mm;
        g_object_unref(layouts[i]);
    }
    lists->y_mm += tallest + 2 * GAP_MM;
    line_across(lists, may_break ? 0.3 : 0.8);
}

void tsk_lists_columns(struct tsk_lists *lists, const struct tsk_column *columns, size_t count)
{
    const char *headings[COLUMNS_MAX] = { NULL };

    lists->column_count = count < COLUMNS_MAX ? count : COLUMNS_MAX;
    for (size_t i = 0; i < lists->column_count; i++) {
        lists->columns[i] = columns[i];
        headings[i] = columns[i].heading;
    }
    need(lists, 20);
    put_cells(lists, "IPAexGothic 8", headings, false);
}

void tsk_lists_row(struct tsk_lists *lists, const char *const *cells)
{
    put_cells(lists, "IPAexGothic 9", cells, true);
}

int tsk_lists_close(struct tsk_lists **lists, struct tsk_err *err)
{
    struct tsk_lists *old = *lists;
    int rc;

    end_page(old);
    cairo_destroy(old->cairo);
    cairo_surface_finish(old->surface);
    rc = cairo_surface_status(old->surface) == CAIRO_STATUS_SUCCESS
             ? 0
             : tsk_fail(err, TSK_RETRY, 0, "the lists cannot be drawn: %s",
                        cairo_status_to_string(cairo_surface_status(old->surface)));
    cairo_surface_destroy(old->surface);
    free(old);
    *lists = NULL;
    return rc;
}
