#include <math.h>
#include <string.h>

#include "ocr/text/grid.h"

#define TRIALS 60
#define GAIN 5.0          /* squared distance (shapes.h) by which another letter must fit better */
#define GAIN_FIRM 60.0    /* where two models agree, or a term stands */
#define GAIN_SURE 120.0   /* and more, the surer they are: shapes alone cannot tell ー from 二 on a poor page */
#define GAIN_UNSEEN 120.0 /* where only the shapes see a letter */
#define GAIN_SEEN 250.0   /* where both models see a letter and the shapes none */

struct trial {
    struct tsk_shape_lattice *lattice;
    double excess;
    int left; /* texts that may still be laid over the ink */
};

static void try_letter(struct grid *grid, size_t at, uint32_t letter, double gain, struct trial *trial)
{
    struct column *column = &grid->at[at];
    uint32_t before = column->chosen;
    char text[GRID_TEXT_SIZE];
    double excess;

    if (letter == before || trial->left-- <= 0)
        return;
    column->chosen = letter;
    grid_write(grid, text);
    excess = tsk_shape_lattice_fit(trial->lattice, text).excess;
    if (excess + gain < trial->excess) {
        trial->excess = excess;
        column->term = false; /* another letter than the term's */
    } else {
        column->chosen = before;
    }
}

static double gain_for(const struct column *column)
{
    if (column->glyphs[0] == NULL && column->glyphs[1] == NULL)
        return GAIN_UNSEEN;
    if (column_alike(column, 0, 1))
        return GAIN_FIRM + GAIN_SURE * fmin(column->sure[0], column->sure[1]);
    return column->term ? GAIN_FIRM : GAIN;
}

/* Specks look like full stops and dashes to the shapes. */
static bool may_try(const struct column *column, const struct tsk_glyph *glyph)
{
    bool seen = column->glyphs[0] != NULL || column->glyphs[1] != NULL;

    return glyph != NULL && (seen || glyph->written > 0x7F || glyph->written > '9');
}

void grid_settle(struct grid *grid, struct tsk_shape_lattice *lattice)
{
    struct trial trial = { .lattice = lattice, .left = TRIALS };
    char text[GRID_TEXT_SIZE];

    grid_write(grid, text);
    trial.excess = tsk_shape_lattice_fit(lattice, text).excess;
    for (size_t i = 0; i < grid->count; i++) {
        struct column *column = &grid->at[i];
        double gain = gain_for(column);
        bool missing = false;

        if (column_alike(column, 0, 1) && column_alike(column, 0, 2))
            continue;
        for (int r = 0; r < 3; r++)
            missing = missing || column->glyphs[r] == NULL;
        for (int r = 0; r < 3; r++)
            if (may_try(column, column->glyphs[r]))
                try_letter(grid, i, column->glyphs[r]->written, gain, &trial);
        if (missing)
            try_letter(grid, i, 0, column_alone(column) ? gain : GAIN_SEEN, &trial);
    }
}
