/* code_pages - sheets with a code of ours, as a poor line delivers them */
#ifndef TASUKI_TESTS_CODE_PAGES_H
#define TASUKI_TESTS_CODE_PAGES_H

#include "geometry_fixture.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ocr/code/code.h"

static struct {
    double all_ms, most_ms; /* of processor time that tsk_code_read() took */
} code_cost;

enum code_found { CODE_READ, CODE_NONE, CODE_WRONG, CODE_NO_FORM };

/* A page of seed at 204 x 98: missing rows, dirt, a tilt, and up to so many hits while it was sent without error correction. */
static inline struct faxsim code_line(unsigned seed, int hits)
{
    return (struct faxsim){ .x_dpi = 204,
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
}

/* text NULL: a page without a code. */
static inline enum code_found code_on_page(struct geometry *g, const struct tsk_form *form, const struct faxsim *fax,
                                           const char *text)
{
    static const struct tsk_pen pen = { .font = "IPAexGothic" };
    const struct tsk_fill_value values[] = { { .field = "patient_name", .text = "山田 一郎" } };
    const struct tsk_fill fill = { .values = values, .value_count = TSK_COUNT(values), .code = text };
    struct tsk_page page = geometry_page(form, &fill, &pen, fax);
    enum code_found result = CODE_NO_FORM;
    struct tsk_identified found;
    struct tsk_map *map = NULL;
    struct tsk_reading reading = { 0 };
    struct tsk_err err = { 0 };

    assert_int_equal(tsk_locate(g->blanks, &page, &found, &map, &err), 0);
    if (found.form != NULL) {
        assert_int_equal(tsk_reading_start(&reading, found.form, &err), 0);
        clock_t began = clock();
        assert_int_equal(tsk_code_read(&reading, map, &page, found.form, &err), 0);
        double ms = (double)(clock() - began) * 1000 / CLOCKS_PER_SEC;
        code_cost.all_ms += ms;
        code_cost.most_ms = ms > code_cost.most_ms ? ms : code_cost.most_ms;
        result = *reading.code == '\0'                             ? CODE_NONE
                 : text != NULL && strcmp(reading.code, text) == 0 ? CODE_READ
                                                                   : CODE_WRONG;
        tsk_reading_free(&reading);
    }
    tsk_map_free(&map);
    tsk_page_free(&page);
    return result;
}

#endif
