#include "reports/paper.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "reports/paper_page.h"

#define A4_SHORT_MM 210.0
#define A4_LONG_MM 297.0
#define WIDE_FROM 8 /* columns */
#define ROW_MM 4.9
#define FOOT_MM 12.0
#define SECTION_MM 38.0
#define LABEL_MM 52.0
#define SUM_GAP_MM 3.0 /* before the column of sums */
#define SUM_GREY 0.92

static cairo_status_t write_out(void *ctx, const unsigned char *bytes, unsigned len)
{
    struct tsk_buf *out = ctx;

    tsk_buf_add(out, bytes, len);
    return out->failed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
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

void paper_end_page(struct paper *paper)
{
    char number[24];
    double y = paper->height_mm - FOOT_MM, width = paper->width_mm - 2 * PAPER_MARGIN_MM;

    snprintf(number, sizeof number, "%d", ++paper->page);
    paper_text(paper, paper->footer, PAPER_MARGIN_MM, y, width - 15, 8, PAPER_LEFT);
    paper_text(paper, number, paper->width_mm - PAPER_MARGIN_MM - 12, y, 12, 8, PAPER_RIGHT);
    cairo_show_page(paper->cairo);
    paper->y_mm = PAPER_MARGIN_MM;
}

/* 令和8年6月1日; as it stands where it is no day. */
static void put_day(char out[40], const char *text)
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

static void put_head(struct paper *paper, const struct tsk_count_table *table, const char *state)
{
    char line[400], first[40], last[40];
    double width = paper->width_mm - 2 * PAPER_MARGIN_MM;

    paper_text(paper, table->title, PAPER_MARGIN_MM, paper->y_mm, width, 15, PAPER_LEFT);
    put_day(first, table->first);
    put_day(last, table->last);
    snprintf(line, sizeof line, "%s　　%s 〜 %s　　%s", table->office_name, first, last, state);
    paper_text(paper, line, PAPER_MARGIN_MM, paper->y_mm + 8, width, 9.5, PAPER_LEFT);
    paper->y_mm += 16;
}

static double column_mm(const struct paper *paper, const struct tsk_count_table *table)
{
    double room = paper->width_mm - 2 * PAPER_MARGIN_MM - SECTION_MM - LABEL_MM - SUM_GAP_MM;
    double each = room / (double)table->column_count;

    return each < 26 ? each : 26;
}

/* Left edge of a column; that of sums stands apart, so that 1 and 24 are not 124. Of column_count: the right edge of all. */
static double column_x(const struct paper *paper, const struct tsk_count_table *table, size_t column)
{
    bool apart = table->column_count > 1 && column + 1 >= table->column_count;

    return PAPER_MARGIN_MM + SECTION_MM + LABEL_MM + column_mm(paper, table) * (double)column +
           (apart ? SUM_GAP_MM : 0);
}

static void put_headings(struct paper *paper, const struct tsk_count_table *table)
{
    double each = column_mm(paper, table);

    for (size_t i = 0; i < table->column_count; i++)
        paper_text(paper, table->columns[i], column_x(paper, table, i), paper->y_mm, each - 0.6, 7.5, PAPER_RIGHT);
    paper->y_mm += ROW_MM;
    paper_line(paper, PAPER_MARGIN_MM, paper->y_mm, column_x(paper, table, table->column_count), paper->y_mm, 0.8);
}

static void shade(const struct paper *paper, double from_mm, double to_mm)
{
    cairo_set_source_rgb(paper->cairo, SUM_GREY, SUM_GREY, SUM_GREY);
    cairo_rectangle(paper->cairo, from_mm * PAPER_MM, paper->y_mm * PAPER_MM, (to_mm - from_mm) * PAPER_MM,
                    ROW_MM * PAPER_MM);
    cairo_fill(paper->cairo);
    cairo_set_source_rgb(paper->cairo, 0, 0, 0);
}

static void put_row(struct paper *paper, const struct tsk_count_table *table, size_t r, bool name_section)
{
    const struct tsk_count_row *row = &table->rows[r];
    double each = column_mm(paper, table), right = column_x(paper, table, table->column_count);
    double y = paper->y_mm + 0.6;
    char number[24];

    if (row->sum)
        shade(paper, PAPER_MARGIN_MM + SECTION_MM, right);
    else if (table->column_count > 1)
        shade(paper, column_x(paper, table, table->column_count - 1), right);
    if (name_section)
        paper_text(paper, row->section, PAPER_MARGIN_MM, y,
                   row->label[0] == '\0' ? SECTION_MM + LABEL_MM - 2 : SECTION_MM - 2, 8, PAPER_LEFT);
    paper_text(paper, row->label, PAPER_MARGIN_MM + SECTION_MM, y, LABEL_MM - 2, 8, PAPER_LEFT);
    for (size_t i = 0; i < table->column_count; i++) {
        snprintf(number, sizeof number, "%lld", (long long)row->values[i]);
        paper_text(paper, row->values[i] == 0 ? "–" : number, column_x(paper, table, i), y, each - 0.6, 8, PAPER_RIGHT);
    }
    paper->y_mm += ROW_MM;
    bool ends = r + 1 == table->row_count || strcmp(table->rows[r + 1].section, row->section) != 0;
    paper_line(paper, ends ? PAPER_MARGIN_MM : PAPER_MARGIN_MM + SECTION_MM, paper->y_mm, right, paper->y_mm,
               row->sum ? 0.6 : 0.2);
}

static void put_table(struct paper *paper, const struct tsk_count_table *table)
{
    put_headings(paper, table);
    for (size_t r = 0; r < table->row_count; r++) {
        bool first = r == 0 || strcmp(table->rows[r].section, table->rows[r - 1].section) != 0;

        if (paper->y_mm + ROW_MM > paper->height_mm - FOOT_MM - 3) {
            paper_end_page(paper);
            put_headings(paper, table);
            first = true;
        }
        put_row(paper, table, r, first);
    }
}

int tsk_count_pdf(struct tsk_buf *out, const struct tsk_count_table *table, const char *state, struct tsk_err *err)
{
    bool wide = table->column_count > WIDE_FROM;
    struct paper paper = { .width_mm = wide ? A4_LONG_MM : A4_SHORT_MM,
                           .height_mm = wide ? A4_SHORT_MM : A4_LONG_MM,
                           .y_mm = PAPER_MARGIN_MM };
    char footer[400];

    snprintf(footer, sizeof footer, "%s　%s　%s", table->title, table->office_name, state);
    paper.footer = footer;
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(write_out, out, paper.width_mm * PAPER_MM, paper.height_mm * PAPER_MM);
    paper.cairo = cairo_create(surface);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, table->title);
    put_head(&paper, table, state);
    put_table(&paper, table);
    paper_charts(&paper, table);
    paper_end_page(&paper);
    cairo_destroy(paper.cairo);
    cairo_surface_finish(surface);
    cairo_status_t status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    return status == CAIRO_STATUS_SUCCESS
               ? 0
               : tsk_fail(err, TSK_RETRY, 0, "the report cannot be drawn: %s", cairo_status_to_string(status));
}
