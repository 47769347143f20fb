#include <math.h>
#include <string.h>

#include "geometry_fixture.h"

#define FIELDS_MAX 4

struct read { /* some fields of one sheet */
    const char *fields[FIELDS_MAX];
    struct tsk_value *got[FIELDS_MAX];
    struct tsk_reading reading;
};

static void read_fields(const struct geometry *g, const struct tsk_form *form, struct tsk_page *page, struct read *read)
{
    struct tsk_map *map = NULL;
    struct tsk_err err = { 0 };

    assert_int_equal(tsk_register(g->blanks, form, page, &map, &err), 0);
    assert_int_equal(tsk_reading_start(&read->reading, form, &err), 0);
    for (size_t i = 0; i < FIELDS_MAX && read->fields[i] != NULL; i++) {
        int index = tsk_form_field_index(form, read->fields[i]);

        assert_true(index >= 0);
        read->got[i] = &read->reading.values[index];
        assert_int_equal(tsk_marks_read(g->blanks, &g->mark_nets, map, page, &form->fields[index], read->got[i], &err),
                         0);
    }
    tsk_map_free(&map);
    pixDestroy(&page->pix);
}

/* One option of each field, the nth of those it has, is marked: it is read, and no other. */
static void mark_and_read(const struct geometry *g, const struct tsk_form *form, struct read *read, size_t nth,
                          const struct tsk_pen *pen, const struct faxsim *fax, bool surely)
{
    struct tsk_fill_value values[FIELDS_MAX] = { 0 };
    const char *chosen[FIELDS_MAX];
    struct tsk_fill fill = { .values = values };
    struct tsk_page page;

    for (size_t i = 0; i < FIELDS_MAX && read->fields[i] != NULL; i++) {
        const struct tsk_field *field = tsk_form_field(form, read->fields[i]);

        chosen[i] = field->options[(nth + i) % field->option_count].value;
        values[fill.value_count++] =
            (struct tsk_fill_value){ .field = field->id, .chosen = &chosen[i], .chosen_count = 1 };
    }
    page = geometry_page(form, &fill, pen, fax);
    read_fields(g, form, &page, read);
    for (size_t i = 0; i < fill.value_count; i++)
        if (read->got[i]->chosen_count != 1 || strcmp(read->got[i]->chosen[0], chosen[i]) != 0 ||
            (surely && read->got[i]->review))
            fail_msg("style %d, %g rows an inch, %s: %s was marked, %zu read, %s", (int)pen->style, fax->y_dpi,
                     read->fields[i], chosen[i], read->got[i]->chosen_count, read->got[i]->reason);
    tsk_reading_free(&read->reading);
}

static void every_style_in_every_box(void **state)
{
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "referral-status", "higashinari-2015");
    const double rows_dpi[] = { 98, 196, 391 };

    for (int style = TSK_STYLE_CHECK; style <= TSK_STYLE_CIRCLE; style++) {
        for (size_t d = 0; d < TSK_COUNT(rows_dpi); d++) {
            const struct tsk_pen pen = {
                .style = (enum tsk_mark_style)style, .width_mm = 0.4, .jitter_mm = 0.2, .seed = 5
            };
            const struct faxsim fax = {
                .x_dpi = 204, .y_dpi = rows_dpi[d], .skew_deg = 0.6, .offset_y_mm = 3, .noise = 8
            };
            struct read read = { .fields = { "referral_type", "birth_era", "outcome", "sex" } };

            mark_and_read(g, form, &read, (size_t)style + d, &pen, &fax, true);
        }
    }
}

/* Neighbours a millimetre apart, and phrases that the ring cuts into. */
static void circled_word_is_the_enclosed_one(void **state)
{
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "admission-info", "higashinari-2015");

    for (size_t i = 0; i < 9; i++) {
        const struct tsk_pen pen = { .width_mm = 0.35, .jitter_mm = 0.2, .seed = (unsigned)i };
        const struct faxsim fax = { .x_dpi = 204, .y_dpi = i % 2 == 0 ? 196 : 98, .skew_deg = -0.6, .noise = 8 };
        struct read read = { .fields = { "care_level", "walking", "sex", "dementia_independence" } };

        mark_and_read(g, form, &read, i, &pen, &fax, false);
    }
}

enum { RING_STEPS = 64 };

struct ring { /* mm beyond the word (less than 0: over it), exponent of its curve, share that is drawn */
    double left, right, up, down, square, drawn;
};

static void ring_lines(const struct tsk_rect *word, const struct ring *ring, struct tsk_fill_line lines[RING_STEPS])
{
    const double rx = (word->w + ring->left + ring->right) / 2, ry = (word->h + ring->up + ring->down) / 2;
    const double cx = word->x - ring->left + rx, cy = word->y - ring->up + ry;
    double last_x = 0, last_y = 0;

    for (int i = 0; i <= RING_STEPS; i++) {
        const double t = 2.4 + 2 * M_PI * ring->drawn * i / RING_STEPS, c = cos(t), s = sin(t);
        const double x = cx + rx * copysign(pow(fabs(c), 2 / ring->square), c),
                     y = cy + ry * copysign(pow(fabs(s), 2 / ring->square), s);

        if (i > 0)
            lines[i - 1] = (struct tsk_fill_line){ last_x, last_y, x, y };
        last_x = x;
        last_y = y;
    }
}

/* Flat and far along the sides, on the rules of the table, open, and through the first and the last letter. */
static void ring_round_a_long_phrase(void **state)
{
    static const struct ring rings[] = { { 1, 1, 1, 1, 2, 1 },        { 2.5, 2.5, 1.5, 1.5, 5, 1 },
                                         { -1.5, 1, 0.5, 0.8, 3, 1 }, { -1, -2, 0.6, 0.6, 2.2, 1 },
                                         { 1, 2, 0.9, 0.2, 4, 0.88 }, { 3, 0.5, 1.6, 1.7, 2, 0.95 } };
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "admission-info", "higashinari-2015");
    const struct tsk_rect *word = &tsk_form_field(form, "walking")->options[1].box;

    for (size_t i = 0; i < TSK_COUNT(rings); i++) {
        struct tsk_fill_line lines[RING_STEPS];
        const struct tsk_fill fill = { .lines = lines, .line_count = RING_STEPS };
        const struct tsk_pen pen = { .width_mm = 0.35 };
        const struct faxsim fax = { .x_dpi = 204, .y_dpi = i % 2 == 0 ? 196 : 98, .skew_deg = 0.4, .noise = 8 };
        struct read read = { .fields = { "walking" } };
        struct tsk_page page;

        ring_lines(word, &rings[i], lines);
        page = geometry_page(form, &fill, &pen, &fax);
        read_fields(g, form, &page, &read);
        if (read.got[0]->review || read.got[0]->chosen_count != 1 || !tsk_value_has(read.got[0], "watch"))
            fail_msg("ring %zu: %zu chosen, %s, %.3f", i, read.got[0]->chosen_count, read.got[0]->reason,
                     read.got[0]->score);
        assert_true(read.got[0]->score > 0.99);
        tsk_reading_free(&read.reading);
    }
}

static void empty_sheet_has_no_marks(void **state)
{
    struct geometry *g = *state;
    const struct tsk_fill empty = { 0 };
    const struct tsk_pen pen = { 0 };
    const struct faxsim fax = { .x_dpi = 204,
                                .y_dpi = 196,
                                .skew_deg = 1.5,
                                .stretch_y = 0.01,
                                .noise = 15,
                                .specks = 150,
                                .streaks = 2,
                                .seed = 9 };

    for (size_t i = 0; i < g->forms.count; i++) {
        const struct tsk_form *form = &g->forms.forms[i];
        struct tsk_page page = geometry_page(form, &empty, &pen, &fax);
        struct tsk_reading reading;
        struct tsk_map *map = NULL;
        struct tsk_err err = { 0 };

        assert_int_equal(tsk_register(g->blanks, form, &page, &map, &err), 0);
        assert_int_equal(tsk_reading_start(&reading, form, &err), 0);
        for (size_t k = 0; k < form->field_count; k++) {
            if (form->fields[k].option_count == 0)
                continue;
            assert_int_equal(
                tsk_marks_read(g->blanks, &g->mark_nets, map, &page, &form->fields[k], &reading.values[k], &err), 0);
            if (reading.values[k].chosen_count > 0 || reading.values[k].cancelled_count > 0)
                fail_msg("%s: %s has %zu marks on an empty sheet", form->id, form->fields[k].id,
                         reading.values[k].chosen_count);
        }
        tsk_reading_free(&reading);
        tsk_map_free(&map);
        pixDestroy(&page.pix);
    }
}

static void struck_out_mark_is_never_chosen_surely(void **state)
{
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "referral-status", "higashinari-2015");
    const char *chosen = "female", *struck = "male";
    const struct tsk_fill_value value = {
        .field = "sex", .chosen = &chosen, .chosen_count = 1, .cancelled = &struck, .cancelled_count = 1
    };
    const struct tsk_fill fill = { .values = &value, .value_count = 1 };
    int corrected = 0, settled = 0;

    for (int style = TSK_STYLE_CHECK; style <= TSK_STYLE_CIRCLE; style++) {
        const struct tsk_pen pen = { .style = (enum tsk_mark_style)style, .width_mm = 0.3 };
        const struct faxsim fax = { .x_dpi = 204, .y_dpi = 196, .skew_deg = 0.3 };
        struct tsk_page page = geometry_page(form, &fill, &pen, &fax);
        struct read read = { .fields = { "sex" } };
        struct tsk_value *got = NULL;

        read_fields(g, form, &page, &read);
        got = read.got[0];
        assert_true(tsk_value_has(got, "female"));
        assert_true(!tsk_value_has(got, "male") || got->review);
        corrected += got->cancelled_count == 1 && strcmp(got->cancelled[0], "male") == 0;
        settled += !got->review && !tsk_value_has(got, "male");
        tsk_reading_free(&read.reading);
    }
    assert_true(corrected >= 5);
    assert_true(settled >= 4);
}

/* It comes as close to the box below or above as its own wall. */
static void ring_marks_one_of_two_boxes(void **state)
{
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "care-liaison", "higashinari-2015");

    for (unsigned seed = 1; seed <= 6; seed++) {
        const struct tsk_pen pen = { .style = TSK_STYLE_CIRCLE, .width_mm = 0.3, .jitter_mm = 0.2, .seed = seed };
        const struct faxsim fax = {
            .x_dpi = 204, .y_dpi = seed % 3 == 0 ? 98 : 196, .skew_deg = 0.4, .noise = 8, .seed = seed
        };
        struct read read = { .fields = { "reply" } };

        mark_and_read(g, form, &read, seed, &pen, &fax, true);
    }
}

/* Filled in with level strokes that leave the box on both sides. */
static void filled_box_is_not_struck_out(void **state)
{
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "referral-status", "higashinari-2015");

    for (unsigned seed = 1; seed <= 4; seed++) {
        const struct tsk_pen pen = {
            .style = TSK_STYLE_FILL, .width_mm = 0.6, .size = 1.6, .jitter_mm = 0.3, .seed = seed
        };
        const struct faxsim fax = { .x_dpi = 204, .y_dpi = 196, .skew_deg = 0.4, .noise = 8 };
        struct read read = { .fields = { "referral_type", "birth_era", "outcome", "sex" } };

        mark_and_read(g, form, &read, seed, &pen, &fax, true);
    }
}

/* A half-inked box is nothing that a program may decide. */
static void unsure_mark_goes_to_a_person(void **state)
{
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "referral-status", "higashinari-2015");
    const struct tsk_rect *box = &tsk_form_field(form, "consent")->options[0].box;
    const struct tsk_fill_line dot = { box->x + 1.2, box->y + 1.7, box->x + 2.0, box->y + 1.8 };
    const struct tsk_fill fill = { .lines = &dot, .line_count = 1 };
    const struct tsk_pen pen = { .width_mm = 0.3 };
    const struct faxsim fax = { .x_dpi = 204, .y_dpi = 196 };
    struct tsk_page page = geometry_page(form, &fill, &pen, &fax);
    struct read read = { .fields = { "consent" } };

    read_fields(g, form, &page, &read);
    assert_true(read.got[0]->review);
    assert_true(strlen(read.got[0]->reason) > 0);
    assert_true(read.got[0]->score < 0.9);
    tsk_reading_free(&read.reading);
}

/* Where the line took rows, short level runs in a box are rests of what it broke. */
static void rests_of_rows_are_no_sure_mark(void **state)
{
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "admission-info", "higashinari-2015");
    const struct tsk_field *field = tsk_form_field(form, "services");
    const struct tsk_fill empty = { 0 };
    const struct tsk_pen pen = { 0 };
    const struct faxsim fax = { .x_dpi = 204, .y_dpi = 98, .noise = 8, .lost_bands = 12, .lost_rows = 1, .seed = 3 };
    struct tsk_page page = geometry_page(form, &empty, &pen, &fax);
    struct read read = { .fields = { "services" } };
    struct tsk_map *map = NULL;
    struct tsk_err err = { 0 };

    assert_int_equal(tsk_register(g->blanks, form, &page, &map, &err), 0);
    for (size_t i = 0; i < field->option_count; i++) {
        double x = 0, y = 0, middle_x = field->options[i].box.x + field->options[i].box.w / 2;

        tsk_map_point(map, middle_x, field->options[i].box.y + field->options[i].box.h / 2, &x, &y);
        pixRasterop(page.pix, (int)x - 5, (int)y, 5, 2, PIX_SET, NULL, 0, 0);
        pixRasterop(page.pix, (int)x + 3, (int)y, 4, 2, PIX_SET, NULL, 0, 0);
    }
    tsk_map_free(&map);
    read_fields(g, form, &page, &read);
    assert_true(read.got[0]->review);
    assert_string_equal(read.got[0]->reason, "rows_lost");
    tsk_reading_free(&read.reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_style_in_every_box),     cmocka_unit_test(circled_word_is_the_enclosed_one),
        cmocka_unit_test(empty_sheet_has_no_marks),     cmocka_unit_test(struck_out_mark_is_never_chosen_surely),
        cmocka_unit_test(unsure_mark_goes_to_a_person), cmocka_unit_test(filled_box_is_not_struck_out),
        cmocka_unit_test(ring_marks_one_of_two_boxes),  cmocka_unit_test(rests_of_rows_are_no_sure_mark),
        cmocka_unit_test(ring_round_a_long_phrase),
    };

    return cmocka_run_group_tests(tests, geometry_setup, geometry_teardown);
}
