#include "reports/paper_page.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <stdio.h>

#include "base/date.h"

static cairo_status_t write_out(void *ctx, const unsigned char *bytes, unsigned len)
{
    struct tsk_buf *out = ctx;

    tsk_buf_add(out, bytes, len);
    return out->failed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

void paper_begin(struct paper *paper, struct tsk_buf *out, bool wide, const char *title, const char *footer)
{
    paper->width_mm = wide ? PAPER_LONG_MM : PAPER_SHORT_MM;
    paper->height_mm = wide ? PAPER_SHORT_MM : PAPER_LONG_MM;
    paper->y_mm = PAPER_MARGIN_MM;
    paper->footer = footer;
    paper->page = 0;
    paper->surface =
        cairo_pdf_surface_create_for_stream(write_out, out, paper->width_mm * PAPER_MM, paper->height_mm * PAPER_MM);
    paper->cairo = cairo_create(paper->surface);
    cairo_pdf_surface_set_metadata(paper->surface, CAIRO_PDF_METADATA_TITLE, title);
}

int paper_finish(struct paper *paper, struct tsk_err *err)
{
    paper_end_page(paper);
    cairo_destroy(paper->cairo);
    cairo_surface_finish(paper->surface);
    cairo_status_t status = cairo_surface_status(paper->surface);
    cairo_surface_destroy(paper->surface);
    return status == CAIRO_STATUS_SUCCESS
               ? 0
               : tsk_fail(err, TSK_RETRY, 0, "the pages cannot be drawn: %s", cairo_status_to_string(status));
}

void paper_text(const struct paper *paper, const char *text, double x_mm, double y_mm, double width_mm, double size_pt,
                enum paper_align align)
{
    PangoLayout *layout = pango_cairo_create_layout(paper->cairo);
    PangoFontDescription *font = pango_font_description_from_string("IPAexGothic");
    int width = 0, height = 0;
    double room = width_mm * PAPER_MM * PANGO_SCALE;

    pango_font_description_set_size(font, (int)(size_pt * PANGO_SCALE));
    pango_layout_set_font_description(layout, font);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_set_text(layout, text, -1);
    pango_layout_get_size(layout, &width, &height);
    double scale = width > room ? room / width : 1;
    double used_mm = width * scale / PANGO_SCALE / PAPER_MM;
    double left = align == PAPER_LEFT ? 0 : align == PAPER_RIGHT ? width_mm - used_mm : (width_mm - used_mm) / 2;
    cairo_save(paper->cairo);
    cairo_translate(paper->cairo, (x_mm + left) * PAPER_MM, y_mm * PAPER_MM);
    cairo_scale(paper->cairo, scale, 1);
    cairo_move_to(paper->cairo, 0, 0);
    pango_cairo_show_layout(paper->cairo, layout);
    cairo_restore(paper->cairo);
    pango_font_description_free(font);
    g_object_unref(layout);
}

static PangoLayout *paragraph(const struct paper *paper, const char *text, double width_mm, double size_pt)
{
    PangoLayout *layout = pango_cairo_create_layout(paper->cairo);
    PangoFontDescription *font = pango_font_description_from_string("IPAexGothic");

    pango_font_description_set_size(font, (int)(size_pt * PANGO_SCALE));
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(layout, (int)(width_mm * PAPER_MM * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_text(layout, text, -1);
    return layout;
}

void paper_paragraph(const struct paper *paper, const char *text, double x_mm, double y_mm, double width_mm,
                     double size_pt)
{
    PangoLayout *layout = paragraph(paper, text, width_mm, size_pt);

    cairo_move_to(paper->cairo, x_mm * PAPER_MM, y_mm * PAPER_MM);
    pango_cairo_show_layout(paper->cairo, layout);
    g_object_unref(layout);
}

double paper_height_mm(const struct paper *paper, const char *text, double width_mm, double size_pt)
{
    PangoLayout *layout = paragraph(paper, text, width_mm, size_pt);
    int height = 0;

    pango_layout_get_size(layout, NULL, &height);
    g_object_unref(layout);
    return (double)height / PANGO_SCALE / PAPER_MM;
}

void paper_line(const struct paper *paper, double x1_mm, double y1_mm, double x2_mm, double y2_mm, double width_pt)
{
    cairo_set_line_width(paper->cairo, width_pt);
    cairo_move_to(paper->cairo, x1_mm * PAPER_MM, y1_mm * PAPER_MM);
    cairo_line_to(paper->cairo, x2_mm * PAPER_MM, y2_mm * PAPER_MM);
    cairo_stroke(paper->cairo);
}

void paper_box(const struct paper *paper, double x_mm, double y_mm, double width_mm, double height_mm)
{
    cairo_rectangle(paper->cairo, x_mm * PAPER_MM, y_mm * PAPER_MM, width_mm * PAPER_MM, height_mm * PAPER_MM);
    cairo_set_source_rgb(paper->cairo, 0.72, 0.76, 0.8);
    cairo_fill_preserve(paper->cairo);
    cairo_set_source_rgb(paper->cairo, 0, 0, 0);
    cairo_set_line_width(paper->cairo, 0.4);
    cairo_stroke(paper->cairo);
}

void paper_end_page(struct paper *paper)
{
    char number[24];
    double y = paper->height_mm - PAPER_FOOT_MM, width = paper->width_mm - 2 * PAPER_MARGIN_MM;

    snprintf(number, sizeof number, "%d", ++paper->page);
    paper_text(paper, paper->footer, PAPER_MARGIN_MM, y, width - 15, 8, PAPER_LEFT);
    paper_text(paper, number, paper->width_mm - PAPER_MARGIN_MM - 12, y, 12, 8, PAPER_RIGHT);
    cairo_show_page(paper->cairo);
    paper->y_mm = PAPER_MARGIN_MM;
}

void paper_day(char out[40], const char *text)
{
    struct tsk_date date;
    int year;

    if (!tsk_date_parse(text, &date)) {
        snprintf(out, 40, "%.39s", text);
        return;
    }
    enum tsk_era era = tsk_era_of(date, &year);
    snprintf(out, 40, "%s%d年%d月%d日", tsk_era_ja(era), year, date.month, date.day);
}
