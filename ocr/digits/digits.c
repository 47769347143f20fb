#include "ocr/digits/digits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/digits/lattice.h"
#include "ocr/digits/pieces.h"
#include "ocr/digits/weights.h"

enum { CELL_MAX_PX = 4000 * 1000, READING_MAX = 4 };

static const double not_digits_below = 0.05;

struct tsk_digits {
    struct tsk_weights weights;
};

int tsk_digits_load(struct tsk_digits **out, const char *weights_path, struct tsk_err *err)
{
    struct tsk_digits *model = calloc(1, sizeof(*model));

    *out = NULL;
    if (model == NULL)
        return tsk_fail(err, TSK_STOP, 0, "no memory for the digit reader");
    if (tsk_weights_read(&model->weights, weights_path, err) != 0) {
        free(model);
        return -1;
    }
    *out = model;
    return 0;
}

void tsk_digits_free(struct tsk_digits **model)
{
    free(*model);
    *model = NULL;
}

const char *tsk_digits_version(const struct tsk_digits *model)
{
    return model->weights.version;
}

static void say(struct tsk_digits_result *out, const char *reason)
{
    snprintf(out->reason, sizeof(out->reason), "%s", reason);
}

/* The more dirt was dropped and the larger it was, the less sure that nobody wrote here. */
static double blank_certainty(const struct tsk_pieces *pieces)
{
    const double dirt = pieces->dropped_mm2 * 0.02 + fmax(pieces->dropped_mm - 0.3, 0) * 0.2 + 0.004 * pieces->specks;

    return fmax(0.5, 0.9995 - dirt);
}

/* Dots in company, or a trace longer than dirt: a pen too thin for the fax. Nobody can read it, and blank it is not. */
static bool is_faint(const struct tsk_pieces *pieces)
{
    return pieces->dropped_mm > 1.0 || pieces->breaks >= 2 || pieces->specks >= 4;
}

static bool has_touching(const struct tsk_pieces *pieces)
{
    for (int i = 0; i < pieces->count; i++) {
        if (pieces->items[i].cut_before)
            return true;
    }
    return false;
}

static void read_pieces(const struct tsk_digits *model, const struct tsk_pieces *pieces, int max_len,
                        struct tsk_digits_result *out)
{
    if (pieces->count == 0 && is_faint(pieces)) {
        say(out, "faint");
        return;
    }
    if (pieces->count == 0) {
        out->blank = true;
        out->blank_p = blank_certainty(pieces);
        return;
    }
    out->blank_p = 0;
    if (pieces->crowded) {
        say(out, "too_many_parts");
        return;
    }
    tsk_lattice_read(&model->weights, pieces, max_len, out);
    if (out->count == 0 || out->alts[0].p < not_digits_below) {
        out->count = 0;
        say(out, "not_digits");
    } else if (has_touching(pieces)) {
        say(out, "touching");
    }
}

int tsk_digits_read_cell(const struct tsk_digits *model, const struct tsk_digits_cell *cell,
                         struct tsk_digits_result *out, struct tsk_err *err)
{
    const BOX *core = &cell->core;
    const struct tsk_box box = { core->x, core->y, core->x + core->w, core->y + core->h };
    const int w = pixGetWidth(cell->ink), h = pixGetHeight(cell->ink);
    struct tsk_pieces pieces;
    int rc = -1;

    memset(out, 0, sizeof(*out));
    if (pixGetDepth(cell->ink) != 1 || (double)w * h > CELL_MAX_PX || cell->px_per_mm_x <= 0 ||
        cell->px_per_mm_y <= 0 || cell->max_len < 1 || cell->max_len > READING_MAX)
        return tsk_fail(err, TSK_REJECT, 0,
                        "a cell of digits must be a 1-bit image of at most %d pixels, for 1 to %d digits",
                        (int)CELL_MAX_PX, (int)READING_MAX);
    rc = tsk_pieces_cut(&pieces, cell->ink, cell->px_per_mm_x, cell->px_per_mm_y, box, err);
    if (rc == 0)
        read_pieces(model, &pieces, cell->max_len, out);
    tsk_pieces_free(&pieces);
    return rc;
}

int tsk_digits_read(const struct tsk_digits *model, const PIX *ink, double px_per_mm_x, double px_per_mm_y, int max_len,
                    struct tsk_digits_result *out, struct tsk_err *err)
{
    const struct tsk_digits_cell cell = { .ink = ink,
                                          .px_per_mm_x = px_per_mm_x,
                                          .px_per_mm_y = px_per_mm_y,
                                          .core = { .w = pixGetWidth(ink), .h = pixGetHeight(ink) },
                                          .max_len = max_len };

    return tsk_digits_read_cell(model, &cell, out, err);
}
