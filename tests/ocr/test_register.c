#include <math.h>
#include <string.h>

#include "geometry_fixture.h"

struct fault {
    const char *name;
    struct faxsim fax;
};

static const struct fault faults[] = {
    { "clean", { .x_dpi = 204, .y_dpi = 196 } },
    { "coarse", { .x_dpi = 204, .y_dpi = 98, .offset_y_mm = 4 } },
    { "superfine", { .x_dpi = 204, .y_dpi = 391, .skew_deg = 0.7 } },
    { "300 dpi", { .x_dpi = 300, .y_dpi = 300, .skew_deg = 2.0, .noise = 15, .specks = 200 } },
    { "400 dpi", { .x_dpi = 400, .y_dpi = 400, .skew_deg = -0.5 } },
    { "skewed", { .x_dpi = 204, .y_dpi = 196, .skew_deg = 2.4 } },
    { "skewed the other way, coarse", { .x_dpi = 204, .y_dpi = 98, .skew_deg = -2.4 } },
    { "stretched", { .x_dpi = 204, .y_dpi = 196, .stretch_x = -0.02, .stretch_y = 0.02 } },
    { "header, specks, streaks, edge",
      { .x_dpi = 204,
        .y_dpi = 196,
        .offset_y_mm = 6,
        .header = "2026-11-21 09:30 FROM: 06-6971-0000 P.01/01",
        .specks = 400,
        .streaks = 3,
        .black_edge_mm = 5,
        .skew_deg = 1 } },
    { "rows lost", { .x_dpi = 204, .y_dpi = 196, .lost_bands = 12, .lost_rows = 6, .seed = 3 } },
    { "noisy", { .x_dpi = 204, .y_dpi = 196, .noise = 40, .threshold = 180, .skew_deg = -1.2 } },
    { "upside down", { .x_dpi = 204, .y_dpi = 196, .upside_down = true, .skew_deg = 0.4 } },
};

static void every_form_is_found_under_every_fault(void **state)
{
    struct geometry *g = *state;
    const struct tsk_fill empty = { 0 };
    const struct tsk_pen pen = { 0 };

    for (size_t f = 0; f < TSK_COUNT(faults); f++) {
        for (size_t i = 0; i < g->forms.count; i++) {
            struct tsk_page page = geometry_page(&g->forms.forms[i], &empty, &pen, &faults[f].fax);
            struct tsk_identified id;
            struct tsk_map *map = NULL;
            struct tsk_err err = { 0 };

            assert_int_equal(tsk_identify(g->blanks, &page, &id, &err), 0);
            if (id.form == NULL || strcmp(id.form->id, g->forms.forms[i].id) != 0)
                fail_msg("%s: %s was taken for %s", faults[f].name, g->forms.forms[i].id,
                         id.form == NULL ? "no form" : id.form->id);
            assert_int_equal(id.rotation, faults[f].fax.upside_down ? 180 : 0);
            assert_int_equal(tsk_register(g->blanks, id.form, &page, &map, &err), 0);
            if (tsk_map_error_mm(map) > 0.35)
                fail_msg("%s: %s registered to %.2f mm only", faults[f].name, id.form->id, tsk_map_error_mm(map));
            tsk_map_free(&map);
            pixDestroy(&page.pix);
        }
    }
}

/* Where the page was laid is known exactly: the map must say the same. */
static void map_agrees_with_the_geometry_of_the_fax(void **state)
{
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "admission-info", "higashinari-2015");
    const struct tsk_fill empty = { 0 };
    const struct tsk_pen pen = { 0 };
    const struct faxsim still = { .x_dpi = 204, .y_dpi = 196 };
    const struct faxsim moved = { .x_dpi = 204, .y_dpi = 196, .offset_x_mm = 3, .offset_y_mm = 5 };
    struct tsk_page a = geometry_page(form, &empty, &pen, &still), b = geometry_page(form, &empty, &pen, &moved);
    struct tsk_map *map_a = NULL, *map_b = NULL;
    struct tsk_err err = { 0 };

    assert_int_equal(tsk_register(g->blanks, form, &a, &map_a, &err), 0);
    assert_int_equal(tsk_register(g->blanks, form, &b, &map_b, &err), 0);
    for (int row = 0; row < 6; row++) {
        for (int column = 0; column < 6; column++) {
            double x = 20 + column * 30, y = 30 + row * 40, ax, ay, bx, by;

            tsk_map_point(map_a, x, y, &ax, &ay);
            tsk_map_point(map_b, x, y, &bx, &by);
            assert_true(fabs((bx - ax) / tsk_page_px_per_mm_x(&a) - 3) < 0.15);
            assert_true(fabs((by - ay) / tsk_page_px_per_mm_y(&a) - 5) < 0.15);
        }
    }
    tsk_map_free(&map_a);
    tsk_map_free(&map_b);
    pixDestroy(&a.pix);
    pixDestroy(&b.pix);
}

/* Where faxsim puts a point of the sheet, in mm of the page. */
static void faxed_place(const struct tsk_form *form, const struct tsk_page *page, const struct faxsim *fax, double x,
                        double y, double *u, double *v)
{
    double angle = fax->skew_deg * M_PI / 180, c = cos(angle), s = sin(angle);
    double mid_x = form->page_w / 2, mid_y = form->page_h / 2;
    double left = (pixGetWidth(page->pix) / page->x_dpi * 25.4 - form->page_w) / 2 + fax->offset_x_mm;

    *u = (c * (x - mid_x) - s * (y - mid_y)) * (1 + fax->stretch_x) + left + mid_x;
    *v = (s * (x - mid_x) + c * (y - mid_y)) * (1 + fax->stretch_y) + fax->offset_y_mm + mid_y;
}

/* Every field of every form: where it truly is, and an error in millimetres that does not claim more than is so. */
static void every_field_is_where_the_map_says(void **state)
{
    static const struct faxsim laid[] = {
        { .x_dpi = 204, .y_dpi = 196, .skew_deg = 2.3, .offset_x_mm = 3, .offset_y_mm = 6, .noise = 12 },
        { .x_dpi = 204, .y_dpi = 98, .skew_deg = -1.2, .stretch_x = 0.015, .stretch_y = -0.02, .noise = 8 },
        { .x_dpi = 300, .y_dpi = 300, .skew_deg = -2.3, .stretch_x = -0.02, .stretch_y = 0.02, .offset_y_mm = 2 },
    };
    struct geometry *g = *state;
    const struct tsk_fill empty = { 0 };
    const struct tsk_pen pen = { 0 };

    for (size_t i = 0; i < g->forms.count; i++) {
        const struct tsk_form *form = &g->forms.forms[i];
        const struct faxsim *fax = &laid[i % TSK_COUNT(laid)];
        struct tsk_page page = geometry_page(form, &empty, &pen, fax);
        struct tsk_identified id;
        struct tsk_map *map = NULL;
        struct tsk_err err = { 0 };

        assert_int_equal(tsk_locate(g->blanks, &page, &id, &map, &err), 0);
        assert_ptr_equal(id.form, form);
        for (size_t k = 0; k < form->field_count; k++) {
            const struct tsk_field *field = &form->fields[k];
            struct tsk_rect box = field->option_count > 0 ? field->options[0].box : field->box;
            double u = 0, v = 0, x = 0, y = 0, error_mm = 0;
            int px[4];

            faxed_place(form, &page, fax, box.x + box.w / 2, box.y + box.h / 2, &u, &v);
            tsk_map_point(map, box.x + box.w / 2, box.y + box.h / 2, &x, &y);
            tsk_map_rect(map, box, px, &error_mm);
            if (hypot(x / tsk_page_px_per_mm_x(&page) - u, y / tsk_page_px_per_mm_y(&page) - v) > 0.4 || error_mm > 0.5)
                fail_msg("%s %s: %.2f mm off, error given as %.2f mm", form->id, field->id,
                         hypot(x / tsk_page_px_per_mm_x(&page) - u, y / tsk_page_px_per_mm_y(&page) - v), error_mm);
        }
        tsk_map_free(&map);
        pixDestroy(&page.pix);
    }
}

static void edition_is_told_by_its_own_texts(void **state)
{
    struct geometry *g = *state;
    const struct tsk_fill empty = { 0 };
    const struct tsk_pen pen = { 0 };
    const struct faxsim fax = { .x_dpi = 204, .y_dpi = 196, .skew_deg = -0.8, .offset_y_mm = 3, .noise = 10 };

    for (size_t i = 0; i < g->forms.count; i++) {
        const struct tsk_form *form = &g->forms.forms[i];
        struct tsk_page page = geometry_page(form, &empty, &pen, &fax);
        struct tsk_identified id;
        struct tsk_err err = { 0 };

        assert_int_equal(tsk_identify(g->blanks, &page, &id, &err), 0);
        assert_ptr_equal(id.form, form);
        assert_true(id.edition_margin > 0.05);
        pixDestroy(&page.pix);
    }
}

static void pages_that_are_no_form_stay_none(void **state)
{
    struct geometry *g = *state;
    struct tsk_fill_note lines[24];
    struct tsk_fill_line table[24];
    const struct tsk_fill blank = { 0 };
    const struct tsk_fill letter = { .notes = lines, .note_count = TSK_COUNT(lines) };
    const struct tsk_fill other = {
        .notes = lines, .note_count = TSK_COUNT(lines), .lines = table, .line_count = TSK_COUNT(table)
    };
    const struct tsk_fill *fills[] = { &blank, &letter, &other };
    const struct faxsim fax = { .x_dpi = 204, .y_dpi = 196, .noise = 10, .specks = 50, .header = "2026-11-21 P.01" };
    const struct tsk_pen pen = { 0 };

    for (size_t i = 0; i < TSK_COUNT(lines); i++) {
        lines[i] = (struct tsk_fill_note){ "平素より格別のご高配を賜り厚く御礼申し上げます。患者様の退院につきまして",
                                           20, 25 + (double)i * 10, 11 };
        table[i] = i % 4 == 3 ? (struct tsk_fill_line){ 18 + (double)i * 7, 23, 18 + (double)i * 7, 270 }
                              : (struct tsk_fill_line){ 18, 23 + (double)i * 10, 190, 23 + (double)i * 10 };
    }
    for (size_t i = 0; i < TSK_COUNT(fills); i++) {
        struct tsk_page page = geometry_page(NULL, fills[i], &pen, &fax);
        struct tsk_identified id;
        struct tsk_err err = { 0 };

        assert_int_equal(tsk_identify(g->blanks, &page, &id, &err), 0);
        assert_null(id.form);
        assert_true(strlen(id.reason) > 0);
        pixDestroy(&page.pix);
    }
}

static void wrong_form_does_not_register(void **state)
{
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "outcome", "higashinari-2015");
    const struct tsk_form *other = tsk_forms_find(&g->forms, "admission-info", "higashinari-2015");
    const struct tsk_fill empty = { 0 };
    const struct tsk_pen pen = { 0 };
    const struct faxsim fax = { .x_dpi = 204, .y_dpi = 196 };
    struct tsk_page page = geometry_page(form, &empty, &pen, &fax);
    struct tsk_map *map = NULL;
    struct tsk_err err = { 0 };

    assert_int_equal(tsk_register(g->blanks, other, &page, &map, &err), -1);
    assert_int_equal(err.kind, TSK_HOLD);
    assert_null(map);
    pixDestroy(&page.pix);
}

static void page_that_ends_early_says_so(void **state)
{
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "referral-status", "higashinari-2015");
    const struct tsk_fill empty = { 0 };
    const struct tsk_pen pen = { 0 };
    const struct faxsim fax = { .x_dpi = 204, .y_dpi = 196 };
    struct tsk_page page = geometry_page(form, &empty, &pen, &fax);
    BOX *part = boxCreate(0, 0, pixGetWidth(page.pix), pixGetHeight(page.pix) * 2 / 3);
    PIX *whole = page.pix;
    struct tsk_identified id;
    struct tsk_map *map = NULL;
    struct tsk_err err = { 0 };
    double error_mm = 0;
    int px[4];

    assert_int_equal(tsk_register(g->blanks, form, &page, &map, &err), 0);
    assert_false(tsk_map_bottom_missing(map));
    tsk_map_free(&map);
    page.pix = pixClipRectangle(whole, part, NULL);
    assert_int_equal(tsk_identify(g->blanks, &page, &id, &err), 0);
    assert_ptr_equal(id.form, form);
    assert_int_equal(tsk_register(g->blanks, form, &page, &map, &err), 0);
    assert_true(tsk_map_bottom_missing(map));
    tsk_map_rect(map, (struct tsk_rect){ 50, 270, 50, 6 }, px, &error_mm);
    assert_true(error_mm > 50);
    tsk_map_free(&map);
    boxDestroy(&part);
    pixDestroy(&page.pix);
    pixDestroy(&whole);
}

static int ink_of(PIX *pix)
{
    l_int32 count = 0;

    pixCountPixels(pix, &count, NULL);
    return count;
}

/* mm2 of foreign ink at a place of the sheet that a rule crosses. */
static double foreign_mm2(const struct geometry *g, const struct tsk_form *form, const struct tsk_fill *fill,
                          const struct faxsim *fax)
{
    const struct tsk_pen pen = { .width_mm = 0.5 };
    struct tsk_page page = geometry_page(form, fill, &pen, fax);
    struct tsk_patch patch;
    struct tsk_map *map = NULL;
    struct tsk_err err = { 0 };
    double area = 0;

    assert_int_equal(tsk_register(g->blanks, form, &page, &map, &err), 0);
    assert_int_equal(tsk_patch_cut(g->blanks, map, &page, (struct tsk_rect){ 55, 112, 45, 18 }, 0, &patch, &err), 0);
    area = ink_of(patch.foreign) / patch.px_per_mm_x / patch.px_per_mm_y;
    tsk_patch_free(&patch);
    tsk_map_free(&map);
    pixDestroy(&page.pix);
    return area;
}

static const struct tsk_fill_line stroke = { 60, 116, 90, 125 }; /* 31.3 mm long, and 0.5 mm wide */
static const struct tsk_fill nothing = { 0 };
static const struct tsk_fill a_stroke = { .lines = &stroke, .line_count = 1 };

/* Foreign ink is what was written: nothing on an empty sheet, most of a stroke's own area on a written one. */
static void foreign_ink_is_what_was_written(void **state)
{
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "referral-status", "higashinari-2015");

    for (size_t f = 0; f < TSK_COUNT(faults); f++) {
        const struct faxsim *fax = &faults[f].fax;
        double empty, written;

        if (fax->upside_down || fax->specks > 0 || fax->noise > 0 || fax->lost_bands > 0)
            continue;
        empty = foreign_mm2(g, form, &nothing, fax);
        written = foreign_mm2(g, form, &a_stroke, fax);
        if (empty > 0.5)
            fail_msg("%s: %.2f mm2 of ink on an empty sheet", faults[f].name, empty);
        if (written < 11 || written > 22)
            fail_msg("%s: a stroke of 15.7 mm2 has %.2f", faults[f].name, written);
    }
}

/* Rows that came as other runs of black and white are put right by the rows on either side. */
static void garbled_rows_leave_no_ink(void **state)
{
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "referral-status", "higashinari-2015");
    const struct faxsim fax = { .x_dpi = 204, .y_dpi = 196, .garbled_rows = 60, .seed = 5 };
    double empty = foreign_mm2(g, form, &nothing, &fax), written = foreign_mm2(g, form, &a_stroke, &fax);

    if (empty > 0.5 || written < 11 || written > 22)
        fail_msg("%.2f mm2 of ink on an empty sheet, %.2f of a stroke of 15.7", empty, written);
}

/* What two milliseconds of noise do to a page coded row by row, or in groups of four: strokes cut, black runs, rows gone. */
static void rows_that_were_hit_leave_little_ink(void **state)
{
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "referral-status", "higashinari-2015");

    for (int two = 0; two < 2; two++) {
        const struct faxsim fax = {
            .x_dpi = 204, .y_dpi = 196, .line_hits = 40, .seed = 3, .compression = two ? FAXSIM_G3_2D : FAXSIM_G3
        };
        double empty = foreign_mm2(g, form, &nothing, &fax), written = foreign_mm2(g, form, &a_stroke, &fax);

        if (empty > 2.5 || written < 11 || written > 22)
            fail_msg("%.2f mm2 of ink on an empty sheet, %.2f of a stroke of 15.7", empty, written);
    }
}

/* Takes count rows out above each place (row of the page as it was), as a receiver does that drops what came wrong. */
static void take_rows_out(PIX *page, const int (*places)[2], size_t count)
{
    const size_t words = (size_t)pixGetWpl(page);
    l_uint32 *data = pixGetData(page);
    int to = 0, h = pixGetHeight(page);

    for (int y = 0; y < h; y++) {
        bool gone = false;

        for (size_t i = 0; i < count; i++)
            gone = gone || (y >= places[i][0] && y < places[i][0] + places[i][1]);
        if (!gone)
            memmove(data + (size_t)to++ * words, data + (size_t)y * words, words * sizeof(*data));
    }
    memset(data + (size_t)to * words, 0, (size_t)(h - to) * words * sizeof(*data));
}

static double row_after_loss(const int (*places)[2], size_t count, double row)
{
    double moved = row;

    for (size_t i = 0; i < count; i++)
        moved -= row > places[i][0] ? fmin(places[i][1], row - places[i][0]) : 0;
    return moved;
}

struct torn {
    struct faxsim fax;
    const int (*places)[2];
    size_t count;
};

static const int few_places[][2] = { { 500, 3 }, { 1000, 4 }, { 1400, 2 }, { 1800, 4 } };
static const int many_places[][2] = { { 300, 1 },  { 431, 2 },  { 525, 1 },  { 610, 1 },  { 702, 2 },  { 805, 1 },
                                      { 911, 1 },  { 1010, 1 }, { 1102, 1 }, { 1250, 2 }, { 1333, 1 }, { 1421, 1 },
                                      { 1534, 1 }, { 1640, 2 }, { 1722, 1 }, { 1840, 1 }, { 1935, 1 }, { 2031, 1 } };
static const int superfine_places[][2] = { { 1000, 8 }, { 1700, 4 }, { 2500, 8 }, { 3600, 6 } };

static const struct torn torn_pages[] = {
    { { .x_dpi = 204, .y_dpi = 196 }, few_places, TSK_COUNT(few_places) },
    { { .x_dpi = 204, .y_dpi = 196, .skew_deg = 1.3, .noise = 12 }, few_places, TSK_COUNT(few_places) },
    { { .x_dpi = 204, .y_dpi = 196, .skew_deg = -0.6, .noise = 12 }, many_places, TSK_COUNT(many_places) },
    { { .x_dpi = 204, .y_dpi = 391, .skew_deg = -1.0, .noise = 8 }, superfine_places, TSK_COUNT(superfine_places) },
};

/* Walls of boxes that are off by more than half a row, by what the map of the whole page says. */
static void walls_off(const struct geometry *g, const struct tsk_form *form, const struct torn *torn, int *off,
                      int *seen)
{
    const struct tsk_fill empty = { 0 };
    const struct tsk_pen pen = { 0 };
    struct tsk_page page = geometry_page(form, &empty, &pen, &torn->fax);
    struct tsk_map *whole = NULL, *map = NULL;
    struct tsk_err err = { 0 };

    assert_int_equal(tsk_register(g->blanks, form, &page, &whole, &err), 0);
    take_rows_out(page.pix, torn->places, torn->count);
    assert_int_equal(tsk_register(g->blanks, form, &page, &map, &err), 0);
    for (size_t i = 0; i < form->field_count; i++) {
        for (size_t k = 0; k < 2 * form->fields[i].option_count; k++) {
            const struct tsk_rect *box = &form->fields[i].options[k / 2].box;
            double x = 0, y = 0, at = 0;

            tsk_map_point(whole, box->x + box->w / 2, box->y + (k % 2 ? box->h : 0), &x, &y);
            tsk_map_point(map, box->x + box->w / 2, box->y + (k % 2 ? box->h : 0), &x, &at);
            *off += fabs(at - row_after_loss(torn->places, torn->count, y)) > 0.5 + 0.03 * torn->fax.y_dpi / 25.4;
            ++*seen;
        }
    }
    tsk_map_free(&whole);
    tsk_map_free(&map);
    pixDestroy(&page.pix);
}

/* Rows are missing at known places: on either side of each the map is right to half a row. */
static void rows_that_never_came_are_counted(void **state)
{
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "referral-status", "higashinari-2015");

    for (size_t i = 0; i < TSK_COUNT(torn_pages); i++) {
        int off = 0, seen = 0;

        walls_off(g, form, &torn_pages[i], &off, &seen);
        if (off > seen / 10)
            fail_msg("torn page %zu: %d of %d walls of boxes are more than half a row off", i, off, seen);
    }
}

static const struct tsk_fill_line upright = { 75, 115, 75, 127 };
static const struct tsk_fill an_upright = { .lines = &upright, .line_count = 1 };

/* mm: how tall the ink at a place of the sheet is that the blank does not explain. */
static double foreign_height_mm(const struct geometry *g, const struct tsk_form *form, const struct faxsim *fax,
                                const int (*places)[2], size_t count)
{
    const struct tsk_pen pen = { .width_mm = 0.5 };
    struct tsk_page page = geometry_page(form, &an_upright, &pen, fax);
    struct tsk_patch patch;
    struct tsk_map *map = NULL;
    struct tsk_err err = { 0 };
    double height = 0;
    BOX *box = NULL;
    l_int32 h = 0;

    take_rows_out(page.pix, places, count);
    assert_int_equal(tsk_register(g->blanks, form, &page, &map, &err), 0);
    assert_int_equal(tsk_patch_cut(g->blanks, map, &page, (struct tsk_rect){ 70, 112, 10, 18 }, 0, &patch, &err), 0);
    if (pixClipToForeground(patch.foreign, NULL, &box) == 0 && box != NULL)
        boxGetGeometry(box, NULL, NULL, NULL, &h);
    height = h / patch.px_per_mm_y;
    boxDestroy(&box);
    tsk_patch_free(&patch);
    tsk_map_free(&map);
    pixDestroy(&page.pix);
    return height;
}

/* What was written has the height that it was written with, and no hole. */
static void writing_is_whole_where_rows_went(void **state)
{
    static const int places[][2] = { { 700, 2 }, { 916, 2 }, { 945, 2 }, { 1300, 3 } };
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "referral-status", "higashinari-2015");
    const struct faxsim fax = { .x_dpi = 204, .y_dpi = 196, .skew_deg = 0.3 };
    double whole = foreign_height_mm(g, form, &fax, NULL, 0);
    double torn = foreign_height_mm(g, form, &fax, places, TSK_COUNT(places));

    if (fabs(torn - whole) > 0.14)
        fail_msg("a stroke of %.2f mm has %.2f", whole, torn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_found_under_every_fault),
        cmocka_unit_test(map_agrees_with_the_geometry_of_the_fax),
        cmocka_unit_test(every_field_is_where_the_map_says),
        cmocka_unit_test(edition_is_told_by_its_own_texts),
        cmocka_unit_test(pages_that_are_no_form_stay_none),
        cmocka_unit_test(wrong_form_does_not_register),
        cmocka_unit_test(page_that_ends_early_says_so),
        cmocka_unit_test(foreign_ink_is_what_was_written),
        cmocka_unit_test(garbled_rows_leave_no_ink),
        cmocka_unit_test(rows_that_were_hit_leave_little_ink),
        cmocka_unit_test(rows_that_never_came_are_counted),
        cmocka_unit_test(writing_is_whole_where_rows_went),
    };

    return cmocka_run_group_tests(tests, geometry_setup, geometry_teardown);
}
