#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <tiffio.h>

#include "forms/raster.h"
#include "forms/render.h"
#include "support/faxsim.h"

static struct tsk_forms forms;
static const struct tsk_form *sheet;
static char folder[] = "/tmp/tasuki-render-XXXXXX";

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int setup(void **state)
{
    const char *dirs[] = { TASUKI_SOURCE_DIR "/forms", TASUKI_SOURCE_DIR "/tests/forms/extra" };
    struct tsk_err err = { 0 };

    (void)state;
    if (mkdtemp(folder) == NULL || tsk_forms_load(&forms, dirs, 2, &err) != 0)
        return -1;
    sheet = tsk_forms_find(&forms, "referral-status", "higashinari-2015");
    tsk_form_cache_dir(folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tsk_form_cache_dir(NULL);
    tsk_forms_free(&forms);
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Dark pixels of a region given in millimetres. */
static int ink(PIX *page, const struct tsk_rect *box, double x_dpi, double y_dpi)
{
    int count = 0;
    int x1 = (int)((box->x + box->w) / 25.4 * x_dpi), y1 = (int)((box->y + box->h) / 25.4 * y_dpi);

    for (int y = (int)(box->y / 25.4 * y_dpi); y < y1; y++)
        for (int x = (int)(box->x / 25.4 * x_dpi); x < x1; x++) {
            l_uint32 value = 255;
            pixGetPixel(page, x, y, &value);
            count += value < 128;
        }
    return count;
}

static PIX *blank_of(const struct tsk_form *form, double x_dpi, double y_dpi)
{
    struct tsk_err err = { 0 };
    PIX *page = NULL;

    if (tsk_form_blank_raster(form, x_dpi, y_dpi, &page, &err) != 0)
        fail_msg("%s", err.text);
    return page;
}

/* Where people write, the blank is empty; where a box or word is printed, it is not. */
static void check_regions(const struct tsk_form *form, PIX *page)
{
    for (size_t i = 0; i < form->field_count; i++) {
        const struct tsk_field *field = &form->fields[i];
        /* a rule's pixel may reach over the edge of a region */
        struct tsk_rect inner = { field->box.x + 0.2, field->box.y + 0.2, field->box.w - 0.4, field->box.h - 0.4 };

        if (field->option_count == 0 && ink(page, &inner, 204, 196) > 0)
            fail_msg("%s %s: something is printed in the region", form->id, field->id);
        for (size_t j = 0; j < field->option_count; j++)
            if (ink(page, &field->options[j].box, 204, 196) < 20)
                fail_msg("%s %s=%s: nothing is printed there", form->id, field->id, field->options[j].value);
    }
}

static void test_regions_fit_the_blank(void **state)
{
    (void)state;
    for (size_t i = 0; i < forms.count; i++) {
        PIX *page = blank_of(&forms.forms[i], 204, 196);
        check_regions(&forms.forms[i], page);
        pixDestroy(&page);
    }
}

static void test_sizes(void **state)
{
    PIX *standard = blank_of(sheet, 204, 98), *fine = blank_of(sheet, 300, 300);

    (void)state;
    assert_in_range(pixGetWidth(standard), 1685, 1687);
    assert_in_range(pixGetHeight(standard), 1145, 1147);
    assert_in_range(pixGetWidth(fine), 2478, 2480);
    pixDestroy(&standard);
    pixDestroy(&fine);
}

static void test_cache(void **state)
{
    PIX *first, *second, *none;
    int same = 0;

    (void)state;
    tsk_form_cache_dir(NULL);
    first = blank_of(sheet, 204, 196);
    tsk_form_cache_dir(folder);
    second = blank_of(sheet, 204, 196);
    pixDestroy(&second);
    second = blank_of(sheet, 204, 196);
    tsk_form_cache_dir("/nonexistent/cache");
    none = blank_of(sheet, 204, 196);
    tsk_form_cache_dir(folder);
    assert_int_equal(pixEqual(first, second, &same), 0);
    assert_true(same);
    assert_int_equal(pixEqual(first, none, &same), 0);
    assert_true(same);
    pixDestroy(&first);
    pixDestroy(&second);
    pixDestroy(&none);
}

static void test_edition_prints_its_own(void **state)
{
    const struct tsk_form *ward = tsk_forms_find(&forms, "referral-status", "ikuno-2026");
    PIX *ours = blank_of(sheet, 204, 196), *theirs = blank_of(ward, 204, 196);
    struct tsk_rect below = { 0, 170, 209, 120 };
    int differing = 0;

    (void)state;
    for (size_t i = 0; i < ward->print_count; i++) {
        assert_true(ward->prints[i].overridden);
        assert_true(ink(theirs, &ward->prints[i].box, 204, 196) > 50);
    }
    assert_int_equal(ink(ours, &below, 204, 196), ink(theirs, &below, 204, 196));
    for (int y = 0; y < pixGetHeight(ours); y++)
        for (int x = 0; x < pixGetWidth(ours); x++) {
            l_uint32 a, b;
            pixGetPixel(ours, x, y, &a);
            pixGetPixel(theirs, x, y, &b);
            differing += a != b;
        }
    assert_true(differing > 200);
    pixDestroy(&ours);
    pixDestroy(&theirs);
}

static const char *const female[] = { "female" }, *const male[] = { "male" }, *const home[] = { "home" };
static const struct tsk_fill_value values[] = {
    { .field = "patient_name", .text = "渡辺 花子" },
    { .field = "notes",
      .text = "とても長い特記。とても長い特記。とても長い特記。とても長い特記。とても長い特記。とても長い"
              "特記。とても長い特記。とても長い特記。とても長い特記。とても長い特記。とても長い特記。" },
    { .field = "age", .text = "84" },
    { .field = "sex", .chosen = female, .chosen_count = 1, .cancelled = male, .cancelled_count = 1 },
    { .field = "own_clinic_mode", .chosen = home, .chosen_count = 1 },
};
static const struct tsk_fill fill = { .values = values, .value_count = TSK_COUNT(values) };

static PIX *rendered(const struct tsk_pen *pen)
{
    struct tsk_err err = { 0 };
    PIX *page = NULL;

    if (tsk_form_render(sheet, &fill, pen, 204, 196, &page, &err) != 0)
        fail_msg("%s", err.text);
    return page;
}

static void test_every_style_marks(void **state)
{
    PIX *blank = blank_of(sheet, 204, 196);

    (void)state;
    for (int style = TSK_STYLE_CHECK; style <= TSK_STYLE_CIRCLE; style++) {
        struct tsk_pen pen = { .style = (enum tsk_mark_style)style, .jitter_mm = 0.3, .seed = 7 };
        const struct tsk_option *option = &tsk_form_field(sheet, "sex")->options[1];
        struct tsk_rect around = { option->box.x - 1.2, option->box.y - 1.2, option->box.w + 2.4, option->box.h + 2.4 };
        PIX *page = rendered(&pen);

        assert_true(ink(page, &around, 204, 196) > ink(blank, &around, 204, 196) + 20);
        pixDestroy(&page);
    }
    pixDestroy(&blank);
}

static void test_text_stays_in_its_field(void **state)
{
    struct tsk_pen pen = { .size_pt = 24 };
    PIX *page = rendered(&pen), *blank = blank_of(sheet, 204, 196);
    const struct tsk_rect *notes = &tsk_form_field(sheet, "notes")->box;
    struct tsk_rect beside = { notes->x + notes->w + 0.5, notes->y, 10, notes->h }, above = { 10, 5, 190, 5 };

    (void)state;
    assert_true(ink(page, notes, 204, 196) > 500);
    assert_true(ink(page, &tsk_form_field(sheet, "age")->box, 204, 196) > 20);
    assert_int_equal(ink(page, &beside, 204, 196), 0);
    assert_int_equal(ink(page, &above, 204, 196), ink(blank, &above, 204, 196));
    pixDestroy(&page);
    pixDestroy(&blank);
}

static void test_same_seed_same_page(void **state)
{
    struct tsk_pen pen = { .jitter_mm = 0.5, .seed = 1 }, other = { .jitter_mm = 0.5, .seed = 2 };
    PIX *a = rendered(&pen), *b = rendered(&pen), *c = rendered(&other);
    int same;

    (void)state;
    assert_int_equal(pixEqual(a, b, &same), 0);
    assert_true(same);
    assert_int_equal(pixEqual(a, c, &same), 0);
    assert_false(same);
    pixDestroy(&a);
    pixDestroy(&b);
    pixDestroy(&c);
}

static void test_wrong_fill(void **state)
{
    static const char *const nobody[] = { "nobody" };
    const struct tsk_fill_value unknown = { .field = "shoe_size", .text = "27" };
    const struct tsk_fill_value option = { .field = "sex", .chosen = nobody, .chosen_count = 1 };
    struct tsk_pen pen = { 0 };
    struct tsk_err err = { 0 };
    PIX *page;

    (void)state;
    assert_int_equal(
        tsk_form_render(sheet, &(struct tsk_fill){ .values = &unknown, .value_count = 1 }, &pen, 204, 196, &page, &err),
        -1);
    assert_non_null(strstr(err.text, "shoe_size"));
    assert_int_equal(
        tsk_form_render(sheet, &(struct tsk_fill){ .values = &option, .value_count = 1 }, &pen, 204, 196, &page, &err),
        -1);
    assert_non_null(strstr(err.text, "nobody"));
}

static void test_fax(void **state)
{
    static const uint16_t compressions[] = { COMPRESSION_CCITTFAX4, COMPRESSION_CCITTFAX3, COMPRESSION_CCITTFAX3 };
    struct tsk_pen pen = { 0 };
    PIX *grey = rendered(&pen), *page = NULL;
    struct tsk_err err = { 0 };

    (void)state;
    for (int how = FAXSIM_G4; how <= FAXSIM_G3_2D; how++) {
        struct faxsim fax = { .skew_deg = 0.7,
                              .noise = 10,
                              .specks = 30,
                              .streaks = 1,
                              .lost_bands = 2,
                              .lost_rows = 4,
                              .header = "P.01/01",
                              .seed = 3,
                              .compression = (enum faxsim_compression)how,
                              .received = "2026:11:21 09:30:00" };
        char path[64], *time = NULL;
        uint16_t compression = 0;
        uint32_t width = 0;
        TIFF *tiff;

        snprintf(path, sizeof path, "%s/fax.tif", folder);
        assert_int_equal(faxsim_page(grey, &fax, &page, &err), 0);
        assert_int_equal(faxsim_write(path, &page, 1, &fax, &err), 0);
        tiff = TIFFOpen(path, "r");
        assert_non_null(tiff);
        TIFFGetField(tiff, TIFFTAG_COMPRESSION, &compression);
        TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
        assert_int_equal(TIFFGetField(tiff, TIFFTAG_DATETIME, &time), 1);
        assert_int_equal(compression, compressions[how]);
        assert_int_equal(width, 1728);
        assert_string_equal(time, fax.received);
        TIFFClose(tiff);
        pixDestroy(&page);
    }
    pixDestroy(&grey);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regions_fit_the_blank),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_cache),
        cmocka_unit_test(test_edition_prints_its_own),
        cmocka_unit_test(test_every_style_marks),
        cmocka_unit_test(test_text_stays_in_its_field),
        cmocka_unit_test(test_same_seed_same_page),
        cmocka_unit_test(test_wrong_fill),
        cmocka_unit_test(test_fax),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
