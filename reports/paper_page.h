/* paper_page - what the parts of a report's PDF share; private to reports/ */
#ifndef TASUKI_REPORTS_PAPER_PAGE_H
#define TASUKI_REPORTS_PAPER_PAGE_H

#include <cairo.h>
#include <stdbool.h>

#include "reports/table.h"

#define PAPER_MM (72 / 25.4)
#define PAPER_MARGIN_MM 14.0

struct paper {
    cairo_t *cairo;
    double width_mm, height_mm, y_mm;
    const char *footer;
    int page;
};

enum paper_align { PAPER_LEFT, PAPER_RIGHT, PAPER_CENTRE };

/* One line of text, shrunk to fit the width. */
void paper_text(const struct paper *paper, const char *text, double x_mm, double y_mm, double width_mm, double size_pt,
                enum paper_align align);
/* Text over as many lines as it needs, and how high that is. */
void paper_paragraph(const struct paper *paper, const char *text, double x_mm, double y_mm, double width_mm,
                     double size_pt);
double paper_height_mm(const struct paper *paper, const char *text, double width_mm, double size_pt);
void paper_line(const struct paper *paper, double x1_mm, double y1_mm, double x2_mm, double y2_mm, double width_pt);
void paper_end_page(struct paper *paper);
/* Bars of every section that is divided by counterpart, on a page of their own where there is no room. */
void paper_charts(struct paper *paper, const struct tsk_count_table *table);

#endif
