/* paper_page - what the parts of a report's PDF share; private to reports/ */
#ifndef TASUKI_REPORTS_PAPER_PAGE_H
#define TASUKI_REPORTS_PAPER_PAGE_H

#include <cairo.h>
#include <stdbool.h>

#include "base/buf.h"
#include "reports/table.h"

#define PAPER_MM (72 / 25.4)
#define PAPER_MARGIN_MM 14.0
#define PAPER_FOOT_MM 12.0
#define PAPER_SHORT_MM 210.0 /* A4 */
#define PAPER_LONG_MM 297.0

struct paper {
    cairo_surface_t *surface;
    cairo_t *cairo;
    double width_mm, height_mm, y_mm;
    const char *footer;
    int page;
};

/* A PDF with its first page begun; its bytes are appended to out, whose max is the cap. footer is kept until the end. */
void paper_begin(struct paper *paper, struct tsk_buf *out, bool wide, const char *title, const char *footer);
/* Ends the last page and the file; frees what paper holds in any case. */
int paper_finish(struct paper *paper, struct tsk_err *err) TSK_MUST_USE;

enum paper_align { PAPER_LEFT, PAPER_RIGHT, PAPER_CENTRE };

/* One line of text, shrunk to fit the width. */
void paper_text(const struct paper *paper, const char *text, double x_mm, double y_mm, double width_mm, double size_pt,
                enum paper_align align);
/* Text over as many lines as it needs, and how high that is. */
void paper_paragraph(const struct paper *paper, const char *text, double x_mm, double y_mm, double width_mm,
                     double size_pt);
double paper_height_mm(const struct paper *paper, const char *text, double width_mm, double size_pt);
void paper_line(const struct paper *paper, double x1_mm, double y1_mm, double x2_mm, double y2_mm, double width_pt);
void paper_box(const struct paper *paper, double x_mm, double y_mm, double width_mm, double height_mm); /* of a bar */
void paper_end_page(struct paper *paper);
void paper_day(char out[40], const char *text); /* 令和8年6月1日; as it stands where it is no day */
/* Bars of every section that is divided by counterpart, on a page of their own where there is no room. */
void paper_charts(struct paper *paper, const struct tsk_count_table *table);

#endif
