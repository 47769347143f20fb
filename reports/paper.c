#include "reports/paper.h"

#include <stdio.h>
#include <string.h>

#include "reports/paper_page.h"

#define WIDE_FROM 8 /* columns */
#define ROW_MM 4.9
#define SECTION_MM 38.0
#define LABEL_MM 52.0
#define SUM_GAP_MM 3.0 /* before the column of sums */
#define SUM_GREY 0.92

static void put_head(struct paper *paper, const struct tsk_count_table *table, const char *state)
{
    char line[400], first[40], last[40];
    double width = paper->width_mm - 2 * PAPER_MARGIN_MM;

    paper_text(paper, table->title, PAPER_MARGIN_MM, paper->y_mm, width, 15, PAPER_LEFT);
    paper_day(first, table->first);
    paper_day(last, table->last);
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

        if (paper->y_mm + ROW_MM > paper->height_mm - PAPER_FOOT_MM - 3) {
            paper_end_page(paper);
            put_headings(paper, table);
            first = true;
        }
        put_row(paper, table, r, first);
    }
}

int tsk_count_pdf(struct tsk_buf *out, const struct tsk_count_table *table, const char *state, struct tsk_err *err)
{
    struct paper paper;
    char footer[400];

    snprintf(footer, sizeof footer, "%s　%s　%s", table->title, table->office_name, state);
    paper_begin(&paper, out, table->column_count > WIDE_FROM, table->title, footer);
    put_head(&paper, table, state);
    put_table(&paper, table);
    paper_charts(&paper, table);
    return paper_finish(&paper, err);
}
