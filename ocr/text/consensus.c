#include "ocr/text/consensus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ocr/text/lexicon_parts.h"

#define COLUMNS_MAX (2 * TSK_GLYPHS_MAX)
#define ALONE_SURE 0.9       /* a letter that only one reading has stands from here on */
#define SECOND_HANDICAP 0.03 /* the first model errs less */
#define SURE_ENOUGH 0.93     /* both sure and agreed: no term changes it */

struct column {
    const struct tsk_glyph *glyphs[2]; /* NULL: that reading has nothing here */
    double sure[2];
    uint32_t chosen; /* as written; 0: nothing */
    bool term;       /* stands in a known term */
    bool repaired;
};

struct grid {
    struct column at[COLUMNS_MAX];
    size_t count;
};

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

static bool agreed(const struct column *column)
{
    return column->glyphs[0] != NULL && column->glyphs[1] != NULL && column->glyphs[0]->rune == column->glyphs[1]->rune;
}

static void choose(struct column *column)
{
    const struct tsk_glyph *a = column->glyphs[0], *b = column->glyphs[1];

    if (a != NULL && b != NULL)
        column->chosen = column->sure[1] - SECOND_HANDICAP > column->sure[0] ? b->written : a->written;
    else if (a != NULL)
        column->chosen = column->sure[0] >= ALONE_SURE ? a->written : 0;
    else
        column->chosen = column->sure[1] >= ALONE_SURE + SECOND_HANDICAP ? b->written : 0;
}

enum fit { FIT_NO, FIT_AGREED, FIT_READ, FIT_CHOICE, FIT_UNREAD };

/* How a column takes a term's letter. */
static enum fit column_fit(const struct tsk_reference *reference, const struct column *column, uint32_t rune)
{
    bool read = false, choice = false;

    for (int r = 0; r < 2; r++) {
        const struct tsk_glyph *glyph = column->glyphs[r];

        if (glyph == NULL)
            continue;
        read = read || tsk_reference_base(reference, glyph->rune) == rune;
        for (size_t k = 0; k < TSK_GLYPH_ALTERNATIVES && glyph->other[k] != 0; k++)
            choice = choice || tsk_reference_base(reference, glyph->other[k]) == rune;
    }
    if (read)
        return agreed(column) ? FIT_AGREED : FIT_READ;
    if (agreed(column) && fmin(column->sure[0], column->sure[1]) >= SURE_ENOUGH)
        return FIT_NO;
    return choice ? FIT_CHOICE : FIT_UNREAD;
}

/* A term stands where enough of its letters were read: all of a short one but for a choice, all but one of a longer. */
static bool term_stands(const struct tsk_lexicon *lexicon, const struct grid *grid, const struct tsk_word *term,
                        const size_t *columns, bool repairs)
{
    size_t firm = 0, read = 0, choice = 0, unread = 0;

    for (size_t k = 0; k < term->length; k++)
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
        if (!grid->at[i].term && (grid->at[i].glyphs[0] == NULL || grid->at[i].glyphs[1] == NULL))
            grid->at[i].chosen = 0; /* what one reading saw between the letters of a term was not there */
    for (size_t k = 0; k < term->length && tsk_utf8_next(&at, &written) == 1; k++) {
        struct column *column = &grid->at[columns[k]];

        column->repaired = (column->glyphs[0] == NULL || column->glyphs[0]->written != written) &&
                           (column->glyphs[1] == NULL || column->glyphs[1]->written != written);
        column->chosen = written;
        column->term = true;
    }
}

/* The columns of a term that starts at from: those that have a letter; one that only one reading has may be passed over. */
static bool place_term(const struct tsk_lexicon *lexicon, const struct grid *grid, const struct tsk_word *term,
                       size_t from, size_t columns[TSK_WORD_MAX])
{
    size_t at = from;

    for (size_t k = 0; k < term->length; k++, at++) {
        while (at < grid->count && k > 0 && (grid->at[at].glyphs[0] == NULL || grid->at[at].glyphs[1] == NULL) &&
               column_fit(lexicon->reference, &grid->at[at], term->runes[k]) == FIT_UNREAD)
            at++;
        if (at >= grid->count || grid->at[at].term)
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
                if (place_term(lexicon, grid, term, from, columns) &&
                    term_stands(lexicon, grid, term, columns, repairs == 1))
                    set_term(grid, term, columns);
        }
}

static bool latin(uint32_t rune)
{
    return rune > ' ' && rune < 0x80;
}

static void write_out(const struct grid *grid, struct tsk_consensus *out)
{
    size_t used = 0, letters = 0, open = 0, covered = 0;
    uint32_t before = 0;

    out->least = 1;
    for (size_t i = 0; i < grid->count; i++) {
        const struct column *column = &grid->at[i];
        bool spaced = column->glyphs[0] != NULL && column->glyphs[0]->spaced;

        open += !agreed(column) && !column->term;
        if (column->chosen == 0 || used + 8 > sizeof(out->text))
            continue;
        if (spaced && latin(before) && latin(column->chosen))
            out->text[used++] = ' ';
        used += (size_t)tsk_utf8_put(out->text + used, column->chosen);
        before = column->chosen;
        letters++;
        covered += column->term;
        out->repaired += column->repaired;
        if (!column->term)
            out->least = fmin(out->least, agreed(column) ? fmin(column->sure[0], column->sure[1]) : 0);
    }
    out->text[used] = '\0';
    out->open = letters > 0 ? fmin(1, (double)open / (double)letters) : 1;
    out->covered = letters > 0 ? (double)covered / (double)letters : 0;
}

void tsk_consensus_of(const struct tsk_lexicon *lexicon, const struct tsk_read *a, const struct tsk_read *b,
                      struct tsk_consensus *out)
{
    struct grid *grid = calloc(1, sizeof(*grid));

    memset(out, 0, sizeof(*out));
    if (grid == NULL)
        return;
    align(a, b, grid);
    for (size_t i = 0; i < grid->count; i++)
        choose(&grid->at[i]);
    apply_terms(lexicon, grid);
    write_out(grid, out);
    free(grid);
}
