#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <pango/pangocairo.h>

#include "base/file.h"
#include "ocr/digits/digits.h"
#include "ocr/digits/net.h"
#include "ocr/digits/weights.h"

#define WEIGHTS TASUKI_SOURCE_DIR "/ocr/digits/weights.bin"

static const double fine_x = 204 / 25.4, fine_y = 196 / 25.4;

static struct tsk_digits *model;

static int load_model(void **state)
{
    struct tsk_err err = { 0 };

    (void)state;
    return tsk_digits_load(&model, WEIGHTS, &err);
}

static int free_model(void **state)
{
    (void)state;
    tsk_digits_free(&model);
    return model == NULL ? 0 : -1;
}

static PIX *to_pix(cairo_surface_t *surface, int w, int h)
{
    const unsigned char *data = cairo_image_surface_get_data(surface);
    const int stride = cairo_image_surface_get_stride(surface);
    PIX *pix = pixCreate(w, h, 1);

    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            if (data[y * stride + x] > 110)
                pixSetPixel(pix, x, y, 1);
        }
    }
    return pix;
}

/* A cell of 16 by 9 mm with a printed text in its middle. */
static PIX *print_cell(const char *text, const char *font, double size_pt, double per_mm_x, double per_mm_y)
{
    const int w = (int)(16 * per_mm_x), h = (int)(9 * per_mm_y);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, w, h);
    cairo_t *cr = cairo_create(surface);
    PangoLayout *layout = pango_cairo_create_layout(cr);
    PangoFontDescription *description = pango_font_description_from_string(font);
    int text_w, text_h;
    PIX *pix;

    pango_font_description_set_absolute_size(description, size_pt / 72 * 25.4 * per_mm_x * PANGO_SCALE);
    pango_layout_set_font_description(layout, description);
    pango_layout_set_text(layout, text, -1);
    pango_layout_get_pixel_size(layout, &text_w, &text_h);
    cairo_scale(cr, 1, per_mm_y / per_mm_x);
    cairo_move_to(cr, (w - text_w) / 2.0, (9 * per_mm_x - text_h) / 2.0);
    pango_cairo_show_layout(cr, layout);
    cairo_surface_flush(surface);
    pix = to_pix(surface, w, h);
    pango_font_description_free(description);
    g_object_unref(layout);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    return pix;
}

static struct tsk_digits_result read_pix(PIX *pix, double per_mm_x, double per_mm_y, int max_len)
{
    struct tsk_digits_result result;
    struct tsk_err err = { 0 };

    assert_int_equal(tsk_digits_read(model, pix, per_mm_x, per_mm_y, max_len, &result, &err), 0);
    pixDestroy(&pix);
    return result;
}

static double sum_of(const struct tsk_digits_result *result)
{
    double sum = 0;

    for (int i = 0; i < result->count; i++)
        sum += result->alts[i].p;
    return sum;
}

static void printed_digits_are_read(void **state)
{
    static const char *const texts[] = { "30", "1", "12", "7", "94", "106", "28", "5", "2019", "63" };
    static const char *const fonts[] = { "IPAexGothic", "Noto Sans CJK JP", "DejaVu Sans" };
    static const double sizes[] = { 9, 10.5, 12, 16 }, rows[] = { 1, 0.5, 2 };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(texts) * TSK_COUNT(fonts) * TSK_COUNT(sizes) * TSK_COUNT(rows); i++) {
        const char *text = texts[i % 10], *font = fonts[i / 10 % 3];
        const double size = sizes[i / 30 % 4], per_mm_y = fine_y * rows[i / 120];
        const struct tsk_digits_result result =
            read_pix(print_cell(text, font, size, fine_x, per_mm_y), fine_x, per_mm_y, 4);
        if (result.count == 0 || strcmp(result.alts[0].text, text) != 0)
            fail_msg("%s in %s %.1f pt, rows x%.1f: read as \"%s\" %s", text, font, size, rows[i / 120],
                     result.count > 0 ? result.alts[0].text : "", result.reason);
        assert_true(result.typed);
        assert_false(result.blank);
        assert_true(sum_of(&result) <= 1.0 + 1e-9);
    }
}

static void paper_is_blank(void **state)
{
    PIX *pix = pixCreate(128, 70, 1);
    struct tsk_digits_result result;

    (void)state;
    result = read_pix(pixCopy(NULL, pix), fine_x, fine_y, 2);
    assert_true(result.blank && result.count == 0 && result.blank_p > 0.99);
    for (int i = 0; i < 3; i++)
        pixSetPixel(pix, 30 + 17 * i, 20 + 9 * i, 1);
    result = read_pix(pixCopy(NULL, pix), fine_x, fine_y, 2);
    assert_true(result.blank && result.blank_p > 0.9);
    for (int x = 0; x < 128; x++)
        pixSetPixel(pix, x, 68, 1);
    result = read_pix(pix, fine_x, fine_y, 2);
    assert_true(result.blank && result.count == 0);
}

/* A row of dots was a stroke of a pen too thin for the fax: no reading, but not blank either. */
static void dots_in_a_row_are_not_blank(void **state)
{
    PIX *pix = pixCreate(128, 70, 1);
    struct tsk_digits_result result;

    (void)state;
    for (int i = 0; i < 6; i++)
        pixSetInRect(pix, &(BOX){ .x = 60 - 2 * i, .y = 20 + 6 * i, .w = 1, .h = 2 });
    result = read_pix(pix, fine_x, fine_y, 2);
    assert_false(result.blank);
    assert_int_equal(result.count, 0);
    assert_string_equal(result.reason, "faint");
}

static void a_rule_at_the_edge_is_no_one(void **state)
{
    PIX *pix = print_cell("30", "DejaVu Sans", 12, fine_x, fine_y);
    struct tsk_digits_result result;

    (void)state;
    for (int y = 0; y < pixGetHeight(pix); y++)
        pixSetPixel(pix, 1, y, 1);
    result = read_pix(pix, fine_x, fine_y, 4);
    assert_true(result.count > 0);
    assert_string_equal(result.alts[0].text, "30");
}

static void ink_of_the_neighbourhood_is_left_out(void **state)
{
    struct tsk_digits_cell cell = { .px_per_mm_x = fine_x, .px_per_mm_y = fine_y, .max_len = 4 };
    PIX *pix = print_cell("1234", "DejaVu Sans", 12, fine_x, fine_y);
    struct tsk_digits_result result;
    struct tsk_err err = { 0 };

    (void)state;
    cell.ink = pix;
    cell.core = (BOX){ .x = 0, .y = 0, .w = pixGetWidth(pix) / 2, .h = pixGetHeight(pix) };
    assert_int_equal(tsk_digits_read_cell(model, &cell, &result, &err), 0);
    assert_true(result.count > 0);
    assert_string_equal(result.alts[0].text, "12");
    pixDestroy(&pix);
}

static void what_is_no_digit_gets_a_low_p(void **state)
{
    static const char *const texts[] = { "年", "歳", "病院", "&", "%%", "無" };
    PIX *pix;
    struct tsk_digits_result result;

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(texts); i++) {
        result = read_pix(print_cell(texts[i], "Noto Sans CJK JP", 14, fine_x, fine_y), fine_x, fine_y, 2);
        assert_false(result.blank);
        if (result.count > 0 && result.alts[0].p > 0.5)
            fail_msg("%s was read as %s with %.2f", texts[i], result.alts[0].text, result.alts[0].p);
    }
    pix = pixCreate(128, 70, 1);
    pixSetInRect(pix, &(BOX){ .x = 20, .y = 10, .w = 60, .h = 40 });
    result = read_pix(pix, fine_x, fine_y, 2);
    assert_true(!result.blank && (result.count == 0 || result.alts[0].p < 0.3));
}

/* Ink everywhere: thousands of parts end the search early and give no reading, not a slow one. */
static void noise_ends_early(void **state)
{
    PIX *pix = pixCreate(600, 300, 1);
    uint32_t random = 12345;
    struct tsk_digits_result result;

    (void)state;
    for (int i = 0; i < 600 * 300; i++) {
        random = random * 1664525U + 1013904223U;
        if (random >> 30 == 0)
            pixSetPixel(pix, i % 600, i / 600, 1);
    }
    result = read_pix(pix, fine_x, fine_y, 4);
    assert_true(!result.blank && (result.count == 0 || result.alts[0].p < 0.3));
}

static double p_of(PIX *pix, const char *text)
{
    const struct tsk_digits_result result = read_pix(pix, fine_x, fine_y, 4);

    assert_true(result.count > 0);
    assert_string_equal(result.alts[0].text, text);
    return result.alts[0].p;
}

static void rests_of_a_lost_digit_cost_certainty(void **state)
{
    PIX *clean = print_cell("3", "DejaVu Sans", 12, fine_x, fine_y), *with_rests = pixCopy(NULL, clean);
    PIX *with_speck = pixCopy(NULL, clean);
    const int x = pixGetWidth(clean) / 2 + 20, y = pixGetHeight(clean) / 2;
    double p, p_speck, p_rests;

    (void)state;
    pixSetInRect(with_speck, &(BOX){ .x = 8, .y = 6, .w = 4, .h = 4 });
    for (int i = 0; i < 3; i++)
        pixSetInRect(with_rests, &(BOX){ .x = x + 2 * i, .y = y - 8 + 7 * i, .w = 2, .h = 2 });
    p = p_of(clean, "3");
    p_speck = p_of(with_speck, "3");
    p_rests = p_of(with_rests, "3");
    assert_true(p > 0.9 && p_speck > 0.8 && p_rests < 0.85 && p_rests < p_speck);
}

static void same_ink_same_answer(void **state)
{
    struct tsk_digits_result first, again;
    void *litter[64];

    (void)state;
    first = read_pix(print_cell("28", "IPAexMincho", 11, fine_x, fine_y), fine_x, fine_y, 3);
    for (size_t i = 0; i < TSK_COUNT(litter); i++) {
        litter[i] = malloc(1000 * (i + 1));
        assert_non_null(litter[i]);
        memset(litter[i], 0xA5, 1000 * (i + 1));
    }
    for (size_t i = 0; i < TSK_COUNT(litter); i++)
        free(litter[i]);
    again = read_pix(print_cell("28", "IPAexMincho", 11, fine_x, fine_y), fine_x, fine_y, 3);
    assert_memory_equal(&first, &again, sizeof(first));
}

static void impossible_cells_are_refused(void **state)
{
    PIX *grey = pixCreate(50, 50, 8), *pix = pixCreate(50, 50, 1);
    struct tsk_digits_result result;
    struct tsk_err err = { 0 };

    (void)state;
    assert_int_equal(tsk_digits_read(model, grey, 8, 8, 2, &result, &err), -1);
    assert_int_equal(err.kind, TSK_REJECT);
    assert_int_equal(tsk_digits_read(model, pix, 8, 8, 5, &result, &err), -1);
    assert_int_equal(tsk_digits_read(model, pix, 8, 0, 2, &result, &err), -1);
    pixDestroy(&pix);
    pixDestroy(&grey);
}

static const char *load_changed(size_t len, size_t flip)
{
    static struct tsk_err err;
    struct tsk_buf file = TSK_BUF(1024 * 1024);
    struct tsk_digits *other = NULL;
    char path[] = "/tmp/tasuki-weights-XXXXXX";
    const int fd = mkstemp(path);

    err = (struct tsk_err){ 0 };
    assert_int_equal(tsk_file_read(WEIGHTS, &file, &err), 0);
    if (flip < file.len)
        file.data[flip] ^= 0x10;
    assert_true(fd >= 0);
    assert_int_equal(tsk_write_all(fd, file.data, len < file.len ? len : file.len), 0);
    close(fd);
    assert_int_equal(tsk_digits_load(&other, path, &err), -1);
    assert_null(other);
    assert_int_equal(err.kind, TSK_STOP);
    assert_non_null(strstr(err.text, path));
    unlink(path);
    tsk_buf_free(&file);
    return err.text;
}

static void damaged_weights_are_refused(void **state)
{
    struct tsk_digits *other = NULL;
    struct tsk_err err = { 0 };

    (void)state;
    assert_non_null(strstr(load_changed(0, SIZE_MAX), "not a weights file"));
    assert_non_null(strstr(load_changed(SIZE_MAX, 2), "not a weights file"));
    assert_non_null(strstr(load_changed(SIZE_MAX, 8), "another shape"));
    assert_non_null(strstr(load_changed(5000, SIZE_MAX), "5000 bytes"));
    assert_non_null(strstr(load_changed(SIZE_MAX, 60000), "damaged"));
    assert_int_equal(tsk_digits_load(&other, "/nonexistent/weights.bin", &err), -1);
    assert_non_null(strstr(err.text, "/nonexistent/weights.bin"));
    assert_int_equal(strlen(tsk_digits_version(model)), TSK_SHA256_HEX - 1);
}

static void halves_keep_their_value(void **state)
{
    static const float values[] = {
        0, 1, -1, 0.5F, 0.333251953125F, 65504, -2.0F, 6.103515625e-05F, 5.9604644775390625e-08F
    };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(values); i++)
        assert_true(tsk_half_to_float(tsk_half_from_float(values[i])) == values[i]);
    assert_true(tsk_half_to_float(tsk_half_from_float(1e9F)) == 65504);
    assert_true(tsk_half_to_float(tsk_half_from_float(1e-12F)) == 0);
    assert_true(tsk_half_to_float(tsk_half_from_float(2047.9F)) == 2048);
}

static void weights_survive_writing(void **state)
{
    struct tsk_weights *one = malloc(sizeof(*one)), *two = malloc(sizeof(*two));
    char dir[] = "/tmp/tasuki-weights-XXXXXX", path[64];
    struct tsk_err err = { 0 };

    (void)state;
    assert_true(one != NULL && two != NULL && mkdtemp(dir) != NULL);
    snprintf(path, sizeof(path), "%s/w.bin", dir);
    assert_int_equal(tsk_weights_read(one, WEIGHTS, &err), 0);
    assert_int_equal(tsk_weights_write(one, path, &err), 0);
    assert_int_equal(tsk_weights_read(two, path, &err), 0);
    assert_memory_equal(one, two, sizeof(*one));
    unlink(path);
    rmdir(dir);
    free(one);
    free(two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed_digits_are_read),
        cmocka_unit_test(paper_is_blank),
        cmocka_unit_test(dots_in_a_row_are_not_blank),
        cmocka_unit_test(a_rule_at_the_edge_is_no_one),
        cmocka_unit_test(ink_of_the_neighbourhood_is_left_out),
        cmocka_unit_test(what_is_no_digit_gets_a_low_p),
        cmocka_unit_test(noise_ends_early),
        cmocka_unit_test(rests_of_a_lost_digit_cost_certainty),
        cmocka_unit_test(same_ink_same_answer),
        cmocka_unit_test(impossible_cells_are_refused),
        cmocka_unit_test(damaged_weights_are_refused),
        cmocka_unit_test(halves_keep_their_value),
        cmocka_unit_test(weights_survive_writing),
    };

    return cmocka_run_group_tests(tests, load_model, free_model);
}
