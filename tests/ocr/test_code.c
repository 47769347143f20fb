/* Codes that we print are read on what a poor line leaves of the page. */
#include "geometry_fixture.h"

#include <stdio.h>
#include <string.h>

#include "ocr/code/code.h"

#define PAGES 100
#define TEXT "T1/27115-2026-0001/0A1B2C/0123456789AB"

static bool reads(struct geometry *g, const struct tsk_form *form, const struct faxsim *fax, const char *text)
{
    static const struct tsk_pen pen = { .font = "IPAexGothic" };
    const struct tsk_fill_value values[] = { { .field = "patient_name", .text = "山田 一郎" } };
    const struct tsk_fill fill = { .values = values, .value_count = TSK_COUNT(values), .code = text };
    struct tsk_page page = geometry_page(form, &fill, &pen, fax);
    struct tsk_identified found;
    struct tsk_map *map = NULL;
    struct tsk_reading reading = { 0 };
    struct tsk_err err = { 0 };
    bool read = false;

    assert_int_equal(tsk_locate(g->blanks, &page, &found, &map, &err), 0);
    if (found.form != NULL) {
        assert_int_equal(tsk_reading_start(&reading, found.form, &err), 0);
        assert_int_equal(tsk_code_read(&reading, map, &page, found.form, &err), 0);
        read = strcmp(reading.code, text != NULL ? text : "") == 0;
        tsk_reading_free(&reading);
    }
    tsk_map_free(&map);
    tsk_page_free(&page);
    return read;
}

/* hits: from none to so many, by seed, of a page sent without error correction. Returns how many of PAGES are read. */
static int codes_read(struct geometry *g, int hits)
{
    const struct tsk_form *form = tsk_forms_find(&g->forms, "referral-status", "higashinari-2015");
    int read = 0;

    for (unsigned seed = 0; seed < PAGES; seed++) {
        const struct faxsim fax = { .x_dpi = 204,
                                    .y_dpi = 98,
                                    .skew_deg = ((int)(seed % 5) - 2) * 0.4,
                                    .stretch_y = ((int)(seed % 3) - 1) * 0.01,
                                    .noise = 6 + seed % 10,
                                    .specks = 100 * (int)(seed % 4),
                                    .lost_bands = (int)(seed % 7),
                                    .lost_rows = 3,
                                    .line_hits = hits > 0 ? (int)seed % (hits + 1) : 0,
                                    .header = seed % 2 == 0 ? "2026-11-21 09:30 FROM 06-0000-0000 P.01" : NULL,
                                    .seed = seed };
        bool ok = reads(g, form, &fax, TEXT);
        read += ok;
        if (!ok)
            print_message("seed %u: not read\n", seed);
    }
    print_message("codes read on %d of %d pages at 204 x 98, %d hits at most\n", read, PAGES, hits);
    return read;
}

static void test_codes_survive_the_line(void **state)
{
    assert_true(codes_read(*state, 0) * 100 >= PAGES * 99);
}

/* A hit that goes through the code takes whole rows of modules with it; without a code a sheet is matched by what is written on it. */
static void test_codes_survive_hits(void **state)
{
    assert_true(codes_read(*state, 8) * 100 >= PAGES * 95);
}

static void test_no_code_is_no_code(void **state)
{
    struct geometry *g = *state;
    const struct faxsim fax = { .x_dpi = 204, .y_dpi = 196, .seed = 7 };

    assert_true(reads(g, tsk_forms_find(&g->forms, "referral-status", "higashinari-2015"), &fax, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_survive_the_line),
        cmocka_unit_test(test_codes_survive_hits),
        cmocka_unit_test(test_no_code_is_no_code),
    };

    return cmocka_run_group_tests(tests, geometry_setup, geometry_teardown);
}
