/* Bars: for each section by counterpart how much fell to whom, and where there are columns of time, how it went. */
#include <stdio.h>
#include <string.h>

#include "reports/paper_page.h"

#define BAR_MM 5.0
#define NAME_MM 62.0
#define NUMBER_MM 14.0
#define HEAD_MM 8.0
#define FOOT_MM 15.0
#define STEPS_MM 34.0 /* height of a chart over time */

static int64_t total_of(const struct tsk_count_table *table, const struct tsk_count_row *row)
{
    return row->values[table->column_count - 1];
}

static void need(struct paper *paper, double height_mm)
{
    if (paper->y_mm + height_mm > paper->height_mm - FOOT_MM)
        paper_end_page(paper);
}

static void chart_by_counterpart(struct paper *paper, const struct tsk_count_table *table, size_t from, size_t to)
{
    double room = paper->width_mm - 2 * PAPER_MARGIN_MM - NAME_MM - NUMBER_MM;
    int64_t most = 1;
    char number[24];

    for (size_t r = from; r < to; r++)
        most = !table->rows[r].sum && total_of(table, &table->rows[r]) > most ? total_of(table, &table->rows[r]) : most;
    need(paper, HEAD_MM + BAR_MM * (double)(to - from));
    paper_text(paper, table->rows[from].section, PAPER_MARGIN_MM, paper->y_mm + 2, NAME_MM, 10, PAPER_LEFT);
    paper->y_mm += HEAD_MM;
    for (size_t r = from; r < to; r++) {
        const struct tsk_count_row *row = &table->rows[r];
        double width = room * (double)total_of(table, row) / (double)most;

        if (row->sum)
            continue;
        paper_text(paper, row->label, PAPER_MARGIN_MM, paper->y_mm + 0.6, NAME_MM - 2, 8, PAPER_RIGHT);
        if (width > 0)
            paper_box(paper, PAPER_MARGIN_MM + NAME_MM, paper->y_mm + 0.7, width, BAR_MM - 1.4);
        snprintf(number, sizeof number, "%lld", (long long)total_of(table, row));
        paper_text(paper, number, PAPER_MARGIN_MM + NAME_MM + width + 1, paper->y_mm + 0.6, NUMBER_MM, 8, PAPER_LEFT);
        paper->y_mm += BAR_MM;
    }
}

static void chart_over_time(struct paper *paper, const struct tsk_count_table *table, const struct tsk_count_row *row)
{
    size_t steps = table->column_count - 1;
    double room = paper->width_mm - 2 * PAPER_MARGIN_MM, each = room / (double)steps;
    int64_t most = 1;
    char number[24], title[200];

    each = each < 30 ? each : 30;
    for (size_t i = 0; i < steps; i++)
        most = row->values[i] > most ? row->values[i] : most;
    need(paper, HEAD_MM + STEPS_MM + 10);
    snprintf(title, sizeof title, "%s　推移", row->section);
    paper_text(paper, title, PAPER_MARGIN_MM, paper->y_mm + 2, room, 10, PAPER_LEFT);
    paper->y_mm += HEAD_MM + STEPS_MM;
    for (size_t i = 0; i < steps; i++) {
        double height = (STEPS_MM - 5) * (double)row->values[i] / (double)most, x = PAPER_MARGIN_MM + each * (double)i;

        if (height > 0)
            paper_box(paper, x + each * 0.15, paper->y_mm - height, each * 0.7, height);
        snprintf(number, sizeof number, "%lld", (long long)row->values[i]);
        if (row->values[i] > 0)
            paper_text(paper, number, x, paper->y_mm - height - 3.6, each, 7, PAPER_CENTRE);
        paper_text(paper, table->columns[i], x, paper->y_mm + 0.6, each, 7, PAPER_CENTRE);
    }
    paper_line(paper, PAPER_MARGIN_MM, paper->y_mm, PAPER_MARGIN_MM + each * (double)steps, paper->y_mm, 0.6);
    paper->y_mm += 6;
}

void paper_charts(struct paper *paper, const struct tsk_count_table *table)
{
    size_t from = 0;

    paper_end_page(paper);
    for (size_t r = 0; r < table->row_count; r++) {
        if (r > 0 && strcmp(table->rows[r].section, table->rows[r - 1].section) != 0)
            from = r;
        if (!table->rows[r].sum)
            continue;
        chart_by_counterpart(paper, table, from, r + 1);
        if (table->column_count > 1)
            chart_over_time(paper, table, &table->rows[r]);
    }
}
