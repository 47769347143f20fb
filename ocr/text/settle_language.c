#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ocr/text/grid.h"

#define INK_A_NAT 16.0    /* squared distance (shapes.h) that is worth one: shapes of neighbours hang together */
#define VOTE 3.0          /* nats that a model's letter is worth; and as many again if it is sure */
#define SECOND_CHOICE 0.6 /* of it, against a letter that the model named as another choice */
#define UNSEEN 2.0        /* against a letter where a model sees none */
#define AGREED 6.0        /* more, where all three agree */
#define TERM 8.0          /* more, for a letter of a known term: the dictionary has few of them */
#define LEAST_GAIN 1.0
#define SURE 0.95 /* where all three agree and are so sure, nothing is asked */
#define ROUNDS 3
#define CHOICES_MAX 16
#define PAIR_CHOICES_MAX 8

struct weigher {
    struct grid *grid;
    struct tsk_shape_lattice *lattice;
    struct tsk_language *language;
    double cost, excess; /* of what is chosen */
    double rival;
};

struct choices {
    uint32_t at[CHOICES_MAX];
    size_t count;
};

/* No bracket or quotation mark is tried: free text has few, and scratches look like them. */
static bool is_letter(uint32_t rune)
{
    return rune == 0 || (rune >= '0' && rune <= '9') || (rune >= 0x3001 && rune <= 0x3002) || rune == 0x3005 ||
           (rune >= 0x3041 && rune <= 0x30FC) || (rune >= 0x4E00 && rune <= 0x9FFF);
}

static void add_choice(struct choices *choices, uint32_t rune)
{
    if (choices->count > 0 && !is_letter(rune))
        return;
    for (size_t i = 0; i < choices->count; i++)
        if (choices->at[i] == rune)
            return;
    if (choices->count < CHOICES_MAX)
        choices->at[choices->count++] = rune;
}

static uint32_t hiragana_of(uint32_t rune)
{
    return rune >= 0x30A1 && rune <= 0x30F6 ? rune - 0x60 : rune;
}

static bool is_open(const struct column *column)
{
    return !column_alike(column, 0, 1) || !column_alike(column, 0, 2) ||
           fmin(fmin(column->sure[0], column->sure[1]), column->sure[2]) < SURE;
}

/* What was read first, then the next choices (folded: either kana). */
static void choices_of(const struct column *column, struct choices *out)
{
    bool missing = false;

    out->count = 0;
    add_choice(out, column->chosen);
    for (int r = 0; r < 3; r++) {
        if (column->glyphs[r] != NULL)
            add_choice(out, column->glyphs[r]->written);
        missing = missing || column->glyphs[r] == NULL;
    }
    if (missing)
        add_choice(out, 0);
    for (size_t k = 0; k < TSK_GLYPH_ALTERNATIVES; k++)
        for (int r = 0; r < 3; r++)
            if (column->glyphs[r] != NULL && column->glyphs[r]->other[k] != 0) {
                add_choice(out, hiragana_of(column->glyphs[r]->other[k]));
                add_choice(out, column->glyphs[r]->other[k]);
            }
}

static bool is_choice(const struct tsk_glyph *glyph, uint32_t rune)
{
    for (size_t k = 0; k < TSK_GLYPH_ALTERNATIVES && glyph->other[k] != 0; k++)
        if (glyph->other[k] == rune || hiragana_of(glyph->other[k]) == rune)
            return true;
    return false;
}

/* What the two models have against a letter. */
static double against(const struct column *column, uint32_t rune)
{
    double sum = 0;

    for (int r = 0; r < 2; r++) {
        const struct tsk_glyph *glyph = column->glyphs[r];

        if (glyph == NULL)
            sum += rune != 0 ? UNSEEN : 0;
        else if (glyph->written != rune)
            sum += VOTE * (1 + column->sure[r]) * (rune != 0 && is_choice(glyph, rune) ? SECOND_CHOICE : 1);
    }
    if (column_alike(column, 0, 1) && column_alike(column, 0, 2) && rune != column->glyphs[0]->written)
        sum += AGREED;
    return sum + (column->term && rune != column->chosen ? TERM : 0);
}

/* How much better the text is with the letters that now stand in the grid than with what was chosen; negative: worse. */
static double gain_of(struct weigher *weigher, double votes, double *cost, double *excess)
{
    char text[GRID_TEXT_SIZE];
    double gain;

    grid_write(weigher->grid, text);
    *cost = tsk_language_cost(weigher->language, text);
    gain = weigher->cost - *cost - votes;
    if (gain + weigher->excess / INK_A_NAT < -weigher->rival)
        return gain + weigher->excess / INK_A_NAT;
    *excess = tsk_shape_lattice_fit(weigher->lattice, text).excess;
    return gain + (weigher->excess - *excess) / INK_A_NAT;
}

/* Puts letters where they make the text better, and notes how near they come where they do not. */
static bool try_letters(struct weigher *weigher, struct column *const *columns, const uint32_t *letters, size_t count)
{
    uint32_t before[2] = { 0, 0 };
    double votes = 0, cost = 0, excess = 0, gain;

    for (size_t i = 0; i < count; i++) {
        before[i] = columns[i]->chosen;
        votes += against(columns[i], letters[i]) - against(columns[i], before[i]);
        columns[i]->chosen = letters[i];
    }
    gain = gain_of(weigher, votes, &cost, &excess);
    if (gain > LEAST_GAIN) {
        weigher->cost = cost;
        weigher->excess = excess;
        for (size_t i = 0; i < count; i++)
            columns[i]->term = columns[i]->term && letters[i] == before[i];
        return true;
    }
    weigher->rival = fmin(weigher->rival, fmax(0, -gain));
    for (size_t i = 0; i < count; i++)
        columns[i]->chosen = before[i];
    return false;
}

static bool try_one(struct weigher *weigher, struct column *column)
{
    struct choices choices;
    bool changed = false;

    choices_of(column, &choices);
    for (size_t i = 0; i < choices.count; i++)
        if (choices.at[i] != column->chosen)
            changed = try_letters(weigher, &column, &choices.at[i], 1) || changed;
    return changed;
}

/* Two letters that are only right together. */
static bool try_pair(struct weigher *weigher, struct column *first, struct column *second)
{
    struct column *const columns[] = { first, second };
    struct choices a, b;
    bool changed = false;

    choices_of(first, &a);
    choices_of(second, &b);
    for (size_t i = 0; i < a.count && i < PAIR_CHOICES_MAX; i++)
        for (size_t k = 0; k < b.count && k < PAIR_CHOICES_MAX; k++) {
            const uint32_t letters[2] = { a.at[i], b.at[k] };

            if (letters[0] != first->chosen && letters[1] != second->chosen)
                changed = try_letters(weigher, columns, letters, 2) || changed;
        }
    return changed;
}

struct grid_language grid_settle_language(struct grid *grid, struct tsk_shape_lattice *lattice,
                                          struct tsk_language *language)
{
    struct weigher weigher = { .grid = grid, .lattice = lattice, .language = language, .rival = GRID_CLEAR };
    char text[GRID_TEXT_SIZE];
    bool changed = true;
    size_t letters;

    grid_write(grid, text);
    weigher.cost = tsk_language_cost(language, text);
    weigher.excess = tsk_shape_lattice_fit(lattice, text).excess;
    for (int round = 0; round < ROUNDS && changed; round++) {
        changed = false;
        weigher.rival = GRID_CLEAR;
        for (size_t i = 0; i < grid->count; i++)
            if (is_open(&grid->at[i]))
                changed = try_one(&weigher, &grid->at[i]) || changed;
        for (size_t i = 0; i + 1 < grid->count; i++)
            if (is_open(&grid->at[i]) && is_open(&grid->at[i + 1]))
                changed = try_pair(&weigher, &grid->at[i], &grid->at[i + 1]) || changed;
    }
    grid_write(grid, text);
    letters = tsk_utf8_length(text);
    return (struct grid_language){ letters > 0 ? fmin(weigher.cost / (double)letters, GRID_STRANGE) : GRID_STRANGE,
                                   weigher.rival };
}
