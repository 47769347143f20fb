#include "ocr/text/consensus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ocr/text/grid.h"
#include "ocr/text/lexicon_parts.h"
#include "ocr/text/scripts.h"

#define ALONE_SURE 0.9       /* a letter that only one reading has stands from here on */
#define SECOND_HANDICAP 0.03 /* the first model errs less */
#define SURE_ENOUGH 0.93     /* both sure and agreed: no term changes it */

static void align(const struct tsk_read *a, const struct tsk_read *b, struct grid *grid)
{
    static const int up = 1, left = 2, both = 3;
    size_t width = b->count + 1, i = a->count, j = b->count, n;
    unsigned char *step = calloc((a->count + 1) * width, 1);
    int *row = calloc(2 * width, sizeof(*row));

    grid->count = 0;
    if (step == NULL || row == NULL)
        goto out;
    for (size_t y = 0; y <= a->count; y++)
        for (size_t x = 0; x <= b->count; x++) {
            int *now = row + (y % 2) * width, *before = row + ((y + 1) % 2) * width;
            int best = y == 0 && x == 0 ? 0 : 1 << 20;

            if (y > 0 && x > 0) {
                best = before[x - 1] + (a->glyphs[y - 1].rune == b->glyphs[x - 1].rune ? 0 : 3);
                step[y * width + x] = (unsigned char)both;
            }
            if (y > 0 && before[x] + 2 < best) {
                best = before[x] + 2;
                step[y * width + x] = (unsigned char)up;
            }
            if (x > 0 && now[x - 1] + 2 < best) {
                best = now[x - 1] + 2;
                step[y * width + x] = (unsigned char)left;
            }
            now[x] = best;
        }
    while (i > 0 || j > 0) {
        struct column *column = &grid->at[grid->count++];
        int taken = step[i * width + j];

        *column = (struct column){ 0 };
        if (taken != left) {
            column->glyphs[0] = &a->glyphs[--i];
            column->sure[0] = a->sure[i];
        }
        if (taken != up) {
            column->glyphs[1] = &b->glyphs[--j];
            column->sure[1] = b->sure[j];
        }
    }
    n = grid->count;
    for (size_t k = 0; k < n / 2; k++) {
        struct column swap = grid->at[k];

        grid->at[k] = grid->at[n - 1 - k];
        grid->at[n - 1 - k] = swap;
    }
out:
    free(step);
    free(row);
}

static void choose(struct column *column)
{
    const struct tsk_glyph *a = column->glyphs[0], *b = column->glyphs[1];

    if (!column_alike(column, 0, 1) && column_alike(column, 1, 2))
        column->chosen = b->written;
    else if (!column_alike(column, 0, 1) && column_alike(column, 0, 2))
        column->chosen = a->written;
    else if (a != NULL && b != NULL)
        column->chosen = column->sure[1] - SECOND_HANDICAP > column->sure[0] ? b->written : a->written;
    else if (a != NULL)
        column->chosen = column->sure[0] >= ALONE_SURE ? a->written : 0;
    else if (b != NULL)
        column->chosen = column->sure[1] >= ALONE_SURE + SECOND_HANDICAP ? b->written : 0;
    else
        column->chosen = 0;
}

enum fit { FIT_NO, FIT_AGREED, FIT_READ, FIT_CHOICE, FIT_UNREAD };

/* How a column takes a term's letter. */
static enum fit column_fit(const struct tsk_reference *reference, const struct column *column, uint32_t rune)
{
    bool read = false, choice = false;

    for (int r = 0; r < 3; r++) {
        const struct tsk_glyph *glyph = column->glyphs[r];

        if (glyph == NULL)
            continue;
        read = read || tsk_reference_base(reference, glyph->rune) == rune;
        for (size_t k = 0; k < TSK_GLYPH_ALTERNATIVES && glyph->other[k] != 0; k++)
            choice = choice || tsk_reference_base(reference, glyph->other[k]) == rune;
    }
    if (read)
        return (column_alike(column, 0, 1) || column_alike(column, 0, 2) || column_alike(column, 1, 2)) ? FIT_AGREED
                                                                                                        : FIT_READ;
    if (column_alike(column, 0, 1) && fmin(column->sure[0], column->sure[1]) >= SURE_ENOUGH)
        return FIT_NO;
    return choice ? FIT_CHOICE : FIT_UNREAD;
}

/* A term stands where enough of its letters were read: all of a short one but for a choice, all but one of a longer. */
static bool term_stands(const struct tsk_lexicon *lexicon, const struct grid *grid, const struct tsk_word *term,
                        const size_t *columns, bool repairs)
{
    size_t firm = 0, read = 0, choice = 0, unread = 0, taken = 0;

    for (size_t k = 0; k < term->length; k++) {
        taken += grid->at[columns[k]].term;
        switch (column_fit(lexicon->reference, &grid->at[columns[k]], term->runes[k])) {
        case FIT_AGREED:
            firm++;
            break;
        case FIT_READ:
            read++;
            break;
        case FIT_CHOICE:
            choice++;
            break;
        case FIT_UNREAD:
            unread++;
            break;
        case FIT_NO:
            return false;
        }
    }
    if (taken > 0 && (taken == term->length || 2 * (unread + choice) > term->length - taken))
        return false; /* 訪問看護 and a letter are no 訪問看護師 */
    if (!repairs && unread + choice > 0)
        return false;
    if (term->length == 2)
        return firm + read == 2 && firm > 0;
    if (term->length == 3)
        return unread == 0 && choice <= 1 && firm + read >= 2 && firm > 0;
    return unread + choice <= term->length / 4 && firm + read >= 3 && firm > 0;
}

static void set_term(struct grid *grid, const struct tsk_word *term, const size_t *columns)
{
    const char *at = term->value;
    uint32_t written;

    for (size_t i = columns[0]; i < columns[term->length - 1]; i++)
        if (!grid->at[i].term && column_alone(&grid->at[i]))
            grid->at[i].chosen = 0; /* what one reading saw between the letters of a term was not there */
    for (size_t k = 0; k < term->length && tsk_utf8_next(&at, &written) == 1; k++) {
        struct column *column = &grid->at[columns[k]];

        column->repaired = true;
        for (int r = 0; r < 3; r++)
            if (column->glyphs[r] != NULL && column->glyphs[r]->written == written)
                column->repaired = false;
        column->chosen = written;
        column->folded = term->runes[k];
        column->term = true;
    }
}

/* The columns of a term that starts at from: those that have a letter; one that only one reading has may be passed over. */
static bool place_term(const struct tsk_lexicon *lexicon, const struct grid *grid, const struct tsk_word *term,
                       size_t from, bool repairs, size_t columns[TSK_WORD_MAX])
{
    size_t at = from;

    for (size_t k = 0; k < term->length; k++, at++) {
        while (at < grid->count && k > 0 && column_alone(&grid->at[at]) &&
               column_fit(lexicon->reference, &grid->at[at], term->runes[k]) == FIT_UNREAD)
            at++;
        if (at >= grid->count || (grid->at[at].term && (!repairs || grid->at[at].folded != term->runes[k])))
            return false;
        columns[k] = at;
    }
    return true;
}

/* Terms that were read go before those that change a letter; among them the longest come first. */
static void apply_terms(const struct tsk_lexicon *lexicon, struct grid *grid)
{
    for (int repairs = 0; repairs < 2; repairs++)
        for (size_t i = 0; i < lexicon->terms.count; i++) {
            const struct tsk_word *term = &lexicon->terms.at[i];
            size_t columns[TSK_WORD_MAX] = { 0 };

            for (size_t from = 0; from + term->length <= grid->count; from++)
                if (place_term(lexicon, grid, term, from, repairs == 1, columns) &&
                    term_stands(lexicon, grid, term, columns, repairs == 1))
                    set_term(grid, term, columns);
        }
}

/* What the shapes read, laid beside what the two models read; a letter that only the shapes saw gets a column of its own. */
static void add_shapes(struct grid *grid, const struct tsk_read *shape)
{
    struct tsk_read *joined = calloc(1, sizeof(*joined));
    struct grid *laid = calloc(1, sizeof(*laid)), *merged = calloc(1, sizeof(*merged));
    size_t taken = 0;

    if (joined == NULL || laid == NULL || merged == NULL)
        goto out;
    for (size_t i = 0; i < grid->count && joined->count < TSK_GLYPHS_MAX; i++)
        joined->glyphs[joined->count++] =
            *(grid->at[i].glyphs[0] != NULL ? grid->at[i].glyphs[0] : grid->at[i].glyphs[1]);
    if (joined->count < grid->count)
        goto out;
    align(joined, shape, laid);
    for (size_t i = 0; i < laid->count && merged->count < GRID_COLUMNS_MAX; i++) {
        struct column column = { 0 };

        if (laid->at[i].glyphs[0] != NULL)
            column = grid->at[taken++];
        column.glyphs[2] = laid->at[i].glyphs[1];
        column.sure[2] = laid->at[i].sure[1];
        merged->at[merged->count++] = column;
    }
    if (taken == grid->count) {
        *grid = *merged;
        grid->three = true;
    }
out:
    free(joined);
    free(laid);
    free(merged);
}

static uint32_t neighbour(const struct grid *grid, size_t at, int step)
{
    for (size_t i = at + (size_t)step; i < grid->count; i += (size_t)step) /* wraps below 0 */
        if (grid->at[i].chosen != 0)
            return grid->at[i].chosen;
    return 0;
}

static void settle_scripts(struct grid *grid)
{
    for (size_t i = 0; i < grid->count; i++)
        if (grid->at[i].chosen != 0 && !grid->at[i].term)
            grid->at[i].chosen = tsk_in_script(neighbour(grid, i, -1), grid->at[i].chosen, neighbour(grid, i, 1));
}

static void sum_up(const struct grid *grid, struct tsk_consensus *out)
{
    size_t letters = 0, open = 0, covered = 0;

    out->least = 1;
    for (size_t i = 0; i < grid->count; i++) {
        const struct column *column = &grid->at[i];
        int voices = 0;

        for (int r = 0; r < 3; r++)
            voices += column->glyphs[r] != NULL ? column->glyphs[r]->written == column->chosen : column->chosen == 0;
        open += voices < 2 && !column->term;
        if (column->chosen == 0)
            continue;
        letters++;
        covered += column->term;
        out->repaired += column->repaired;
        if (!column->term)
            out->least = fmin(out->least, column_alike(column, 0, 1) ? fmin(column->sure[0], column->sure[1]) : 0);
    }
    out->open = letters > 0 ? fmin(1, (double)open / (double)letters) : 1;
    out->covered = letters > 0 ? (double)covered / (double)letters : 0;
}

void tsk_consensus_of(const struct tsk_lexicon *lexicon, const struct tsk_read *a, const struct tsk_read *b,
                      const struct tsk_witnesses *witnesses, struct tsk_consensus *out)
{
    struct grid *grid = calloc(1, sizeof(*grid));

    memset(out, 0, sizeof(*out));
    if (grid == NULL)
        return;
    align(a, b, grid);
    if (witnesses->shape != NULL)
        add_shapes(grid, witnesses->shape);
    for (size_t i = 0; i < grid->count; i++)
        choose(&grid->at[i]);
    apply_terms(lexicon, grid);
    if (witnesses->lattice != NULL)
        grid_settle(grid, witnesses->lattice);
    settle_scripts(grid);
    if (witnesses->lattice != NULL && witnesses->language != NULL) {
        struct grid_language found = grid_settle_language(grid, lexicon, witnesses);

        out->language = found.letter;
        out->rival = found.rival;
    }
    grid_write(grid, out->text);
    sum_up(grid, out);
    free(grid);
}
