/* Codes that we print are read on what a poor line leaves of the page. tests/ocr/measure_code.c counts more of them. */
#include "code_pages.h"

#define PAGES 100
#define TEXT "T1/27115-2026-0001/0A1B2C/0123456789AB"

/* hits: from none to so many, by seed, of a page sent without error correction. */
static void codes_survive(struct geometry *g, unsigned from, int hits)
{
    const struct tsk_form *form = tsk_forms_find(&g->forms, "referral-status", "higashinari-2015");
    int read = 0;

    for (unsigned seed = from; seed < from + PAGES; seed++) {
        const struct faxsim fax = code_line(seed, hits);
        enum code_found found = code_on_page(g, form, &fax, TEXT);

        assert_int_not_equal(found, CODE_WRONG);
        read += found == CODE_READ;
        if (found != CODE_READ)
            print_message("seed %u: not read\n", seed);
    }
    print_message("codes read on %d of %d pages at 204 x 98, %d hits at most\n", read, PAGES, hits);
    assert_true(read * 100 >= PAGES * 99);
}

static void test_codes_survive_lost_rows(void **state)
{
    codes_survive(*state, 0, 0);
}

static void test_codes_survive_hits(void **state)
{
    codes_survive(*state, 100, 20);
}

/* A page that went through the machine the other way round is spoilt from its other side. */
static void test_codes_upside_down(void **state)
{
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "referral-status", "higashinari-2015");

    for (unsigned seed = 300; seed < 320; seed++) {
        struct faxsim fax = code_line(seed, 20);

        fax.upside_down = true;
        assert_int_equal(code_on_page(g, form, &fax, TEXT), CODE_READ);
    }
}

static void test_no_code_is_no_code(void **state)
{
    struct geometry *g = *state;
    const struct tsk_form *form = tsk_forms_find(&g->forms, "referral-status", "higashinari-2015");

    for (unsigned seed = 0; seed < 20; seed++) {
        const struct faxsim fax = code_line(seed, 20);
        assert_int_equal(code_on_page(g, form, &fax, NULL), CODE_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_survive_lost_rows),
        cmocka_unit_test(test_codes_survive_hits),
        cmocka_unit_test(test_codes_upside_down),
        cmocka_unit_test(test_no_code_is_no_code),
    };

    return cmocka_run_group_tests(tests, geometry_setup, geometry_teardown);
}
