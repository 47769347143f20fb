#include "ocr/text/consensus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ocr/text/lexicon_parts.h"
#include "ocr/text/scripts.h"

#define COLUMNS_MAX (2 * TSK_GLYPHS_MAX)
#define ALONE_SURE 0.9       /* a letter that only one reading has stands from here on */
#define SECOND_HANDICAP 0.03 /* the first model errs less */
#define SURE_ENOUGH 0.93     /* both sure and agreed: no term changes it */
#define TRIALS 60
#define GAIN 5.0          /* squared distance (shapes.h) by which another letter must fit better */
#define GAIN_FIRM 60.0    /* where two models agree, or a term stands */
#define GAIN_SURE 120.0   /* and more, the surer they are: shapes alone cannot tell ー from 二 on a poor page */
#define GAIN_UNSEEN 120.0 /* where only the shapes see a letter */
#define GAIN_SEEN 250.0   /* where both models see a letter and the shapes none */

struct column {
    const struct tsk_glyph *glyphs[3]; /* of two models and of the shapes; NULL: that reading has nothing here */
    double sure[3];
    uint32_t chosen; /* as written; 0: nothing */
    uint32_t folded; /* of a term: the same without its variants */
    bool term;       /* stands in a known term */
    bool repaired;
};

struct grid {
    struct column at[COLUMNS_MAX];
    size_t count;
    bool three; /* with what the shapes read */
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

static bool alike(const struct column *column, int a, int b)
{
    return column->glyphs[a] != NULL && column->glyphs[b] != NULL && column->glyphs[a]->rune == column->glyphs[b]->rune;
}

static bool agreed(const struct column *column)
{
    return alike(column, 0, 1) || alike(column, 0, 2) || alike(column, 1, 2);
}

/* Not both models saw it. */
static bool alone(const struct column *column)
{
    return column->glyphs[0] == NULL || column->glyphs[1] == NULL;
}

static void choose(struct column *column)
{
    const struct tsk_glyph *a = column->glyphs[0], *b = column->glyphs[1];

    if (!alike(column, 0, 1) && alike(column, 1, 2))
        column->chosen = b->written;
    else if (!alike(column, 0, 1) && alike(column, 0, 2))
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
        return agreed(column) ? FIT_AGREED : FIT_READ;
    if (alike(column, 0, 1) && fmin(column->sure[0], column->sure[1]) >= SURE_ENOUGH)
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
        if (!grid->at[i].term && alone(&grid->at[i]))
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
        while (at < grid->count && k > 0 && alone(&grid->at[at]) &&
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

static bool latin(uint32_t rune)
{
    return rune > ' ' && rune < 0x80;
}

static void write_text(const struct grid *grid, char *out, size_t room)
{
    uint32_t before = 0;
    size_t used = 0;

    for (size_t i = 0; i < grid->count && used + 8 <= room; i++) {
        const struct column *column = &grid->at[i];
        bool spaced = column->glyphs[0] != NULL && column->glyphs[0]->spaced;

        if (column->chosen == 0)
            continue;
        if (spaced && latin(before) && latin(column->chosen))
            out[used++] = ' ';
        used += (size_t)tsk_utf8_put(out + used, column->chosen);
        before = column->chosen;
    }
    out[used] = '\0';
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
    for (size_t i = 0; i < laid->count && merged->count < COLUMNS_MAX; i++) {
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

struct trial {
    struct tsk_shape_lattice *lattice;
    double excess;
    int left; /* texts that may still be laid over the ink */
};

static void try_letter(struct grid *grid, size_t at, uint32_t letter, double gain, struct trial *trial)
{
    struct column *column = &grid->at[at];
    uint32_t before = column->chosen;
    char text[1024];
    double excess;

    if (letter == before || trial->left-- <= 0)
        return;
    column->chosen = letter;
    write_text(grid, text, sizeof(text));
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
    if (alike(column, 0, 1))
        return GAIN_FIRM + GAIN_SURE * fmin(column->sure[0], column->sure[1]);
    return column->term ? GAIN_FIRM : GAIN;
}

/* Specks look like full stops and dashes to the shapes. */
static bool may_try(const struct column *column, const struct tsk_glyph *glyph)
{
    bool seen = column->glyphs[0] != NULL || column->glyphs[1] != NULL;

    return glyph != NULL && (seen || glyph->written > 0x7F || glyph->written > '9');
}

/* Letters on which not all three agree: what fits the ink best. Two models together, or a term, are harder to overrule. */
static void settle(struct grid *grid, struct tsk_shape_lattice *lattice)
{
    struct trial trial = { .lattice = lattice, .left = TRIALS };
    char text[1024];

    write_text(grid, text, sizeof(text));
    trial.excess = tsk_shape_lattice_fit(lattice, text).excess;
    for (size_t i = 0; i < grid->count; i++) {
        struct column *column = &grid->at[i];
        double gain = gain_for(column);
        bool missing = false;

        if (alike(column, 0, 1) && alike(column, 0, 2))
            continue;
        for (int r = 0; r < 3; r++)
            missing = missing || column->glyphs[r] == NULL;
        for (int r = 0; r < 3; r++)
            if (may_try(column, column->glyphs[r]))
                try_letter(grid, i, column->glyphs[r]->written, gain, &trial);
        if (missing)
            try_letter(grid, i, 0, alone(column) ? gain : GAIN_SEEN, &trial);
    }
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
            out->least = fmin(out->least, alike(column, 0, 1) ? fmin(column->sure[0], column->sure[1]) : 0);
    }
    out->open = letters > 0 ? fmin(1, (double)open / (double)letters) : 1;
    out->covered = letters > 0 ? (double)covered / (double)letters : 0;
}

void tsk_consensus_of(const struct tsk_lexicon *lexicon, const struct tsk_read *a, const struct tsk_read *b,
                      const struct tsk_read *shape, struct tsk_shape_lattice *lattice, struct tsk_consensus *out)
{
    struct grid *grid = calloc(1, sizeof(*grid));

    memset(out, 0, sizeof(*out));
    if (grid == NULL)
        return;
    align(a, b, grid);
    if (shape != NULL)
        add_shapes(grid, shape);
    for (size_t i = 0; i < grid->count; i++)
        choose(&grid->at[i]);
    apply_terms(lexicon, grid);
    if (lattice != NULL)
        settle(grid, lattice);
    settle_scripts(grid);
    write_text(grid, out->text, sizeof(out->text));
    sum_up(grid, out);
    free(grid);
}
