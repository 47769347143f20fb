/*
 * draw_inquiry - the blank of the inquiry page, drawn where its form.yaml says: tasuki-draw-inquiry FORMS_DIR EDITION OUT.pdf
 *
 * Promise    Squares and printed texts that differ between editions stand where form.yaml puts them; rules and labels stand
 *            around them. After form.yaml was changed, draw again (an empty blank.pdf beside a new form.yaml will do to begin with).
 */
#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <string.h>

#include "forms/form.h"

#define PT_PER_MM (72.0 / 25.4)
#define LEFT 18.0
#define RIGHT 192.0
#define FONT "IPAexGothic"

static void write_text(cairo_t *cairo, double x, double y, double w, double size_pt, enum tsk_align align,
                       const char *text)
{
    PangoLayout *layout = pango_cairo_create_layout(cairo);
    PangoFontDescription *font = pango_font_description_from_string(FONT);
    int width, height;

    pango_font_description_set_absolute_size(font, size_pt * PANGO_SCALE); /* points of the PDF */
    pango_layout_set_font_description(layout, font);
    pango_layout_set_text(layout, text, -1);
    pango_layout_get_size(layout, &width, &height);
    double left = w * PT_PER_MM - (double)width / PANGO_SCALE;
    double shift = align == TSK_ALIGN_CENTER ? left / 2 : align == TSK_ALIGN_RIGHT ? left : 0;
    cairo_move_to(cairo, x * PT_PER_MM + shift, y * PT_PER_MM);
    pango_cairo_show_layout(cairo, layout);
    pango_font_description_free(font);
    g_object_unref(layout);
}

static void rectangle(cairo_t *cairo, double x, double y, double w, double h, double line_mm)
{
    cairo_set_line_width(cairo, line_mm * PT_PER_MM);
    cairo_rectangle(cairo, x * PT_PER_MM, y * PT_PER_MM, w * PT_PER_MM, h * PT_PER_MM);
    cairo_stroke(cairo);
}

static void rule(cairo_t *cairo, double x0, double y0, double x1, double y1)
{
    cairo_set_line_width(cairo, 0.25 * PT_PER_MM);
    cairo_move_to(cairo, x0 * PT_PER_MM, y0 * PT_PER_MM);
    cairo_line_to(cairo, x1 * PT_PER_MM, y1 * PT_PER_MM);
    cairo_stroke(cairo);
}

/* box_mm is the outer edge of the square, its label stands behind it. */
static void draw_options(cairo_t *cairo, const struct tsk_field *field)
{
    for (size_t i = 0; i < field->option_count; i++) {
        const struct tsk_option *option = &field->options[i];
        const double line_mm = 0.3;

        rectangle(cairo, option->box.x + line_mm / 2, option->box.y + line_mm / 2, option->box.w - line_mm,
                  option->box.h - line_mm, line_mm);
        write_text(cairo, option->box.x + option->box.w + 1.2, option->box.y - 0.2, 0, 10.5, TSK_ALIGN_LEFT,
                   option->label);
    }
}

/* 令和 before the year, and what stands behind each cell. */
static void draw_date(cairo_t *cairo, const struct tsk_form *form, const struct tsk_form_date *date)
{
    const char *const cells[] = { date->year, date->month, date->day };
    static const char *const units[] = { "年", "月", "日" };

    for (size_t i = 0; i < TSK_COUNT(cells); i++) {
        const struct tsk_field *cell = tsk_form_field(form, cells[i]);
        double middle = cell->box.y + 2.0;

        if (i == 0 && *date->era != '\0')
            write_text(cairo, cell->box.x - 8.4, middle, 0, 10.5, TSK_ALIGN_LEFT, "令和");
        write_text(cairo, cell->box.x + cell->box.w + 0.6, middle, 0, 10.5, TSK_ALIGN_LEFT, units[i]);
    }
}

static void draw_suffix(cairo_t *cairo, const struct tsk_field *field)
{
    if (*field->suffix != '\0')
        write_text(cairo, field->box.x + field->box.w + 0.8, field->box.y + 2.0, 0, 10.5, TSK_ALIGN_LEFT,
                   field->suffix);
}

/* A table: its rows from top to bottom, with a cell for the label at the left. */
static void draw_table(cairo_t *cairo, const double *edges, size_t count, const char *const *labels)
{
    rectangle(cairo, LEFT, edges[0], RIGHT - LEFT, edges[count] - edges[0], 0.4);
    rule(cairo, 41.8, edges[0], 41.8, edges[count]);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            rule(cairo, LEFT, edges[i], RIGHT, edges[i]);
        write_text(cairo, LEFT + 1.5, edges[i] + (edges[i + 1] - edges[i]) / 2 - 1.9, 0, 10.5, TSK_ALIGN_LEFT,
                   labels[i]);
    }
}

static void draw_words(cairo_t *cairo)
{
    static const double referral[] = { 66.0, 73.0, 83.0, 92.0, 101.0, 110.0, 119.0 };
    static const char *const referral_labels[] = { "フリガナ", "患者氏名", "生年月日", "紹介日", "紹介先", "紹介元" };
    static const double outcome[] = { 188.0, 197.0, 206.0, 215.0 };
    static const char *const outcome_labels[] = { "移動期日", "転帰", "転院先" };
    static const double writer[] = { 223.0, 232.0 };
    static const char *const writer_labels[] = { "ご記入者" };

    write_text(cairo, LEFT, 9.0, RIGHT - LEFT, 20, TSK_ALIGN_CENTER, "情 報 照 会 票");
    write_text(cairo, LEFT, 20.0, RIGHT - LEFT, 11, TSK_ALIGN_CENTER, "紹介患者様の転帰についてのお伺い");
    write_text(cairo, LEFT, 30.0, 0, 10, TSK_ALIGN_LEFT,
               "地域医療連携室 ご担当者様へ　下記の患者様のその後についてお伺いいたします。1 にご記入ください。");
    write_text(cairo, LEFT, 36.0, 0, 10, TSK_ALIGN_LEFT,
               "転院・退院済みの場合は 2 にもご記入のうえ、この用紙のまま、次の番号へ Fax でご返送ください。");
    rectangle(cairo, LEFT, 42.6, RIGHT - LEFT, 9.0, 0.6);
    write_text(cairo, LEFT, 58.6, 0, 12, TSK_ALIGN_LEFT, "＜ご紹介の内容＞");
    draw_table(cairo, referral, TSK_COUNT(referral) - 1, referral_labels);
    write_text(cairo, 122.0, 67.4, 0, 10.5, TSK_ALIGN_LEFT, "性別");
    write_text(cairo, 118.6, 76.0, 0, 10.5, TSK_ALIGN_LEFT, "様");
    write_text(cairo, 121.0, 112.6, 0, 10.5, TSK_ALIGN_LEFT, "主治医");
    write_text(cairo, LEFT, 126.6, 0, 12, TSK_ALIGN_LEFT, "＜1. 現在の状況＞　あてはまる□ 1 つに ✓ をご記入ください");
    rectangle(cairo, LEFT, 134.0, RIGHT - LEFT, 38.0, 0.4);
    write_text(cairo, 50.0, 137.4, 0, 10.5, TSK_ALIGN_LEFT, "（退院・転院の予定日");
    write_text(cairo, 146.0, 137.4, 0, 10.5, TSK_ALIGN_LEFT, "頃）");
    write_text(cairo, 58.0, 146.4, 0, 10.5, TSK_ALIGN_LEFT, "（下の 2 にもご記入ください）");
    write_text(cairo, 40.0, 164.4, 0, 10.5, TSK_ALIGN_LEFT, "（");
    write_text(cairo, 186.0, 164.4, 0, 10.5, TSK_ALIGN_LEFT, "）");
    write_text(cairo, LEFT, 180.0, 0, 12, TSK_ALIGN_LEFT, "＜2. 患者転帰＞");
    draw_table(cairo, outcome, TSK_COUNT(outcome) - 1, outcome_labels);
    write_text(cairo, 110.0, 199.4, 0, 10.5, TSK_ALIGN_LEFT, "（");
    write_text(cairo, 186.0, 199.4, 0, 10.5, TSK_ALIGN_LEFT, "）");
    draw_table(cairo, writer, TSK_COUNT(writer) - 1, writer_labels);
    write_text(cairo, LEFT, 238.0, 0, 9.5, TSK_ALIGN_LEFT,
               "＊お心当たりのない場合（誤送信の際）は、内容をご覧にならず、送信票の電話番号までご連絡ください。");
    write_text(cairo, LEFT, 243.6, 0, 9.5, TSK_ALIGN_LEFT,
               "＊左上の印は、ご返送いただいた用紙を機械で仕分けるためのものです。患者様の情報は含みません。");
    write_text(cairo, LEFT, 249.2, 0, 9.5, TSK_ALIGN_LEFT,
               "＊この用紙を他の患者様に複写して使わないでください。緊急のご連絡には使えません。");
}

static int draw(const struct tsk_form *form, const char *path)
{
    cairo_surface_t *surface = cairo_pdf_surface_create(path, form->page_w * PT_PER_MM, form->page_h * PT_PER_MM);
    cairo_t *cairo = cairo_create(surface);

    draw_words(cairo);
    for (size_t i = 0; i < form->field_count; i++) {
        draw_options(cairo, &form->fields[i]);
        draw_suffix(cairo, &form->fields[i]);
    }
    for (size_t i = 0; i < form->date_count; i++)
        draw_date(cairo, form, &form->dates[i]);
    for (size_t i = 0; i < form->print_count; i++) {
        const struct tsk_print *print = &form->prints[i];
        write_text(cairo, print->box.x, print->box.y, print->box.w, print->size_pt, print->align, print->text);
    }
    cairo_destroy(cairo);
    cairo_surface_finish(surface);
    int rc = cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS ? 0 : 1;
    cairo_surface_destroy(surface);
    return rc;
}

int main(int argc, char **argv)
{
    struct tsk_forms forms;
    struct tsk_err err = { 0 };

    if (argc != 4) {
        fprintf(stderr, "usage: draw_inquiry FORMS_DIR EDITION OUT.pdf\n");
        return 2;
    }
    const char *const dirs[] = { argv[1] };
    if (tsk_forms_load(&forms, dirs, 1, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    const struct tsk_form *form = tsk_forms_find(&forms, "inquiry", argv[2]);
    int rc = form == NULL ? 1 : draw(form, argv[3]);
    tsk_forms_free(&forms);
    return rc;
}
