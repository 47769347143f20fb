/* geometry_fixture - forms, blanks and faxed sheets for the tests of registration and marks */
#ifndef TASUKI_TESTS_GEOMETRY_FIXTURE_H
#define TASUKI_TESTS_GEOMETRY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "forms/raster.h"
#include "forms/reading.h"
#include "forms/render.h"
#include "ocr/marks/marks.h"
#include "support/faxsim.h"

struct geometry {
    struct tsk_forms forms;
    struct tsk_blanks *blanks;
    struct tsk_mark_nets mark_nets;
};

static inline int geometry_setup(void **state)
{
    static struct geometry g;
    const char *dirs[] = { TASUKI_SOURCE_DIR "/forms", TASUKI_SOURCE_DIR "/tests/forms/extra" };
    struct tsk_err err = { 0 };

    /* blanks are the same for every run: entries are named by what they show */
    (void)mkdir(TASUKI_BINARY_DIR "/test-blanks", 0777);
    tsk_form_cache_dir(TASUKI_BINARY_DIR "/test-blanks");
    setMsgSeverity(L_SEVERITY_NONE);
    *state = &g;
    if (tsk_forms_load(&g.forms, dirs, TSK_COUNT(dirs), &err) != 0 || tsk_blanks_new(&g.blanks, &g.forms, &err) != 0 ||
        tsk_mark_nets_read(&g.mark_nets, TASUKI_SOURCE_DIR, &err) != 0) {
        print_error("%s\n", err.text);
        return -1;
    }
    return 0;
}

static inline int geometry_teardown(void **state)
{
    struct geometry *g = *state;

    tsk_blanks_free(&g->blanks);
    tsk_forms_free(&g->forms);
    return 0;
}

/* form NULL: an empty page with the notes of fill. */
static inline struct tsk_page geometry_page(const struct tsk_form *form, const struct tsk_fill *fill,
                                            const struct tsk_pen *pen, const struct faxsim *fax)
{
    struct tsk_page page = { .number = 1, .x_dpi = fax->x_dpi, .y_dpi = fax->y_dpi };
    struct tsk_err err = { 0 };
    PIX *grey = NULL;

    assert_int_equal(tsk_form_render(form, fill, pen, fax->x_dpi, fax->y_dpi, &grey, &err), 0);
    assert_int_equal(faxsim_page(grey, fax, &page.pix, &err), 0);
    pixDestroy(&grey);
    return page;
}

#endif
