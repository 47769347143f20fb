#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ocr/text/grid.h"
#include "ocr/text/lexicon_parts.h"

#define HEARD_A_NAT 6.7   /* nats of the networks that are worth one: they are surer than they should be */
#define INK_A_NAT 16.0    /* squared distance (shapes.h) that is worth one: shapes of neighbours hang together */
#define VOTE 3.0          /* nats that a model's letter is worth; and as many again if it is sure */
#define SECOND_CHOICE 0.6 /* of it, against a letter that the model named as another choice */
#define UNSEEN 2.0        /* against a letter where a model sees none */
#define AGREED 6.0        /* more, where all three agree */
#define VAGUE_COST 8.0    /* nats of a small Latin mark in Japanese, and of a mark that no text begins or ends with */
#define TERM 12.0         /* more, for a letter of a known term: the dictionary has few of them */
#define TERM_LEAST 3      /* letters of a term that is put in as a whole */
#define TERM_SAID 0.4     /* of them, that something must say */
#define LEAST_GAIN 1.0
#define SURE 0.95 /* where all three agree and are so sure, nothing is asked */
#define ROUNDS 3
#define CHOICES_MAX 16
#define PAIR_CHOICES_MAX 8

struct weigher {
    struct grid *grid;
    const struct tsk_witnesses *by;
    double cost, excess, heard; /* of what is chosen */
    double rival;
    bool terms; /* one term is tried in the place of another: that a letter stands in one counts for nothing */
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

static bool is_stop(uint32_t rune)
{
    return rune == 0x3001 || rune == 0x3002;
}

/* Small Latin marks are what specks, and the small marks of Japanese, are taken for. */
static bool is_speck(uint32_t rune)
{
    static const char marks[] = ".,:;'`_";

    return rune != 0 && rune < 0x80 && strchr(marks, (int)rune) != NULL;
}

/* No text begins or ends so. */
static bool is_odd_edge(const struct column *column, uint32_t rune)
{
    return (column->first && (is_stop(rune) || rune == 0x30FB)) || (column->last && (rune == 0x3001 || rune == 0x30FB));
}

/* A letter that says no more than that something small stands there. */
static bool is_vague(const struct column *column, uint32_t rune)
{
    return (is_speck(rune) && !column->latin) || is_odd_edge(column, rune);
}

static bool is_edge(const struct column *column)
{
    return column->first || column->last;
}

static bool is_open(const struct column *column)
{
    return is_vague(column, column->chosen) || !column_alike(column, 0, 1) || !column_alike(column, 0, 2) ||
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
    if (is_vague(column, column->chosen)) {
        add_choice(out, 0x3002);
        add_choice(out, is_edge(column) ? 0 : 0x3001);
    }
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

static bool stands_for(const struct column *column, uint32_t read, uint32_t rune)
{
    return is_vague(column, read) && (is_stop(rune) || (is_edge(column) && rune == 0));
}

/* What the two models have against a letter. */
static double against(const struct column *column, uint32_t rune, bool terms)
{
    double sum = is_vague(column, rune) ? VAGUE_COST : 0;

    for (int r = 0; r < 2; r++) {
        const struct tsk_glyph *glyph = column->glyphs[r];

        if (glyph == NULL)
            sum += rune != 0 ? UNSEEN : 0;
        else if (glyph->written != rune && !stands_for(column, glyph->written, rune))
            sum += VOTE * (1 + column->sure[r]) * (rune != 0 && is_choice(glyph, rune) ? SECOND_CHOICE : 1);
    }
    if (column_alike(column, 0, 1) && column_alike(column, 0, 2) && rune != column->glyphs[0]->written &&
        !stands_for(column, column->glyphs[0]->written, rune))
        sum += AGREED;
    return sum + (!terms && column->term && rune != column->chosen ? TERM : 0);
}

static double heard_cost(const struct tsk_witnesses *by, const char *text)
{
    double sum = 0;

    for (size_t r = 0; r < 2; r++)
        if (by->heard[r] != NULL && by->heard[r]->steps > 0)
            sum += tsk_heard_cost(by->heard[r], text);
    return sum;
}

/* How much better the text is with the letters that now stand in the grid than with what was chosen; negative: worse. */
static double gain_of(struct weigher *weigher, double votes, double *cost, double *excess, double *heard)
{
    char text[GRID_TEXT_SIZE];
    double gain;

    grid_write(weigher->grid, text);
    *cost = tsk_language_cost(weigher->by->language, text);
    *heard = heard_cost(weigher->by, text);
    gain = weigher->cost - *cost - votes + (weigher->heard - *heard) / HEARD_A_NAT;
    if (gain + weigher->excess / INK_A_NAT < -weigher->rival)
        return gain + weigher->excess / INK_A_NAT;
    *excess = tsk_shape_lattice_fit(weigher->by->lattice, text).excess;
    return gain + (weigher->excess - *excess) / INK_A_NAT;
}

/* Puts letters where they make the text better, and notes how near they come where they do not. */
static bool try_letters(struct weigher *weigher, struct column *const *columns, const uint32_t *letters, size_t count)
{
    uint32_t before[TSK_WORD_MAX] = { 0 };
    double votes = 0, cost = 0, excess = 0, heard = 0, gain;

    for (size_t i = 0; i < count; i++) {
        before[i] = columns[i]->chosen;
        votes += against(columns[i], letters[i], weigher->terms) - against(columns[i], before[i], weigher->terms);
        columns[i]->chosen = letters[i];
    }
    gain = gain_of(weigher, votes, &cost, &excess, &heard);
    if (gain > LEAST_GAIN) {
        weigher->cost = cost;
        weigher->excess = excess;
        weigher->heard = heard;
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

/* Does anything that was read at a column, or might have been, say the letter of a term? */
static bool says(const struct tsk_lexicon *lexicon, const struct column *column, uint32_t rune)
{
    for (int r = 0; r < 3; r++) {
        const struct tsk_glyph *glyph = column->glyphs[r];

        if (glyph != NULL && tsk_reference_base(lexicon->reference, glyph->rune) == rune)
            return true;
        if (glyph != NULL && is_choice(glyph, rune))
            return true;
    }
    return false;
}

/* Where enough of a term's letters are said, all of them are tried together. */
static bool try_term(struct weigher *weigher, const struct tsk_lexicon *lexicon, const struct tsk_word *term,
                     size_t from)
{
    struct column *columns[TSK_WORD_MAX];
    uint32_t letters[TSK_WORD_MAX];
    const char *at = term->value;
    size_t said = 0, same = 0;

    for (size_t k = 0; k < term->length; k++) {
        columns[k] = &weigher->grid->at[from + k];
        if (tsk_utf8_next(&at, &letters[k]) != 1)
            return false;
        said += says(lexicon, columns[k], term->runes[k]);
        same += columns[k]->chosen == letters[k];
    }
    if (same == term->length || said < 2 || TERM_SAID * (double)term->length > (double)said ||
        !try_letters(weigher, columns, letters, term->length))
        return false;
    for (size_t k = 0; k < term->length; k++)
        columns[k]->term = true;
    return true;
}

static bool try_terms(struct weigher *weigher, const struct tsk_lexicon *lexicon)
{
    bool changed = false;

    weigher->terms = true;
    for (size_t i = 0; i < lexicon->terms.count; i++) {
        const struct tsk_word *term = &lexicon->terms.at[i];

        for (size_t from = 0; term->length >= TERM_LEAST && from + term->length <= weigher->grid->count; from++)
            changed = try_term(weigher, lexicon, term, from) || changed;
    }
    weigher->terms = false;
    return changed;
}

static bool latin_letter(uint32_t rune)
{
    return rune < 0x80 && isalnum((int)rune);
}

/* 2.5 and 10:30 have their marks by right. */
static void mark_latin(struct grid *grid)
{
    struct column *before = NULL;

    for (size_t i = 0; i < grid->count; i++) {
        struct column *column = &grid->at[i];

        if (column->chosen == 0)
            continue;
        if (before != NULL) {
            column->latin = column->latin || latin_letter(before->chosen);
            before->latin = before->latin || latin_letter(column->chosen);
        }
        before = column;
    }
}

/* Columns of which nothing is chosen may come to be an edge, too. */
static void mark_edges(struct grid *grid)
{
    size_t first = 0, last = grid->count;

    while (first < grid->count && grid->at[first].chosen == 0)
        grid->at[first++].first = true;
    while (last > first && grid->at[last - 1].chosen == 0)
        grid->at[--last].last = true;
    if (first < last) {
        grid->at[first].first = true;
        grid->at[last - 1].last = true;
    }
}

struct grid_language grid_settle_language(struct grid *grid, const struct tsk_lexicon *lexicon,
                                          const struct tsk_witnesses *witnesses)
{
    struct weigher weigher = { .grid = grid, .by = witnesses, .rival = GRID_CLEAR };
    char text[GRID_TEXT_SIZE];
    bool changed = true;
    size_t letters;

    grid_write(grid, text);
    weigher.cost = tsk_language_cost(witnesses->language, text);
    weigher.excess = tsk_shape_lattice_fit(witnesses->lattice, text).excess;
    weigher.heard = heard_cost(witnesses, text);
    mark_edges(grid);
    mark_latin(grid);
    for (int round = 0; round < ROUNDS && changed; round++) {
        weigher.rival = GRID_CLEAR;
        changed = try_terms(&weigher, lexicon);
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
