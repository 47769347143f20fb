#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ocr/text/lexicon_parts.h"

#define COST_ALIKE 0.3
#define COST_CHOICE 0.3      /* the engine's second choice */
#define COST_CHOICE_STEP 0.1 /* for each further one */
#define COST_KANA_SIZE 0.1
#define COST_VOICED 0.4
#define COST_STRAY 0.5
#define COST_MERGED 1.3
#define COST_MISSING 1.15
#define COST_DROPPED_KANJI 1.15

size_t tsk_glyphs_of(const char *text, struct tsk_glyph *out, size_t max)
{
    char *plain = tsk_nfkc(text);
    const char *at = plain;
    size_t count = 0;
    bool spaced = false;
    uint32_t rune;

    while (plain != NULL && count < max && tsk_utf8_next(&at, &rune) == 1) {
        char letter[5], *key;
        uint32_t folded;

        tsk_utf8_put(letter, rune);
        key = tsk_compare_key(letter);
        if (key != NULL && tsk_utf8_runes(key, &folded, 1) > 0)
            out[count++] = (struct tsk_glyph){ .rune = folded, .written = rune, .spaced = spaced };
        spaced = key != NULL && key[0] == '\0';
        free(key);
    }
    free(plain);
    return count;
}

size_t tsk_lexicon_fold(const struct tsk_reference *reference, const char *text, uint32_t *out, size_t max)
{
    char *key = tsk_reference_name_key(reference, text);
    size_t count = key != NULL ? tsk_utf8_runes(key, out, max) : 0;

    free(key);
    return count < max ? count : max;
}

static void mask_add(uint64_t mask[4], uint32_t rune)
{
    uint32_t hash = (rune * 2654435761u) >> 24;

    mask[hash >> 6] |= UINT64_C(1) << (hash & 63);
}

int tsk_words_add(struct tsk_lexicon *lexicon, struct tsk_words *words, const char *value, const char *detail,
                  double prior)
{
    uint32_t runes[TSK_WORD_MAX], *kept;
    size_t length = tsk_lexicon_fold(lexicon->reference, value, runes, TSK_COUNT(runes));
    struct tsk_word word = { .length = length, .prior = prior, .detail = "" };

    if (length == 0)
        return 0;
    if (words->count == words->room) {
        size_t room = words->room == 0 ? 64 : 2 * words->room;
        struct tsk_word *more = realloc(words->at, room * sizeof(*more));

        if (more == NULL)
            return -1;
        words->at = more;
        words->room = room;
    }
    word.value = tsk_arena_strdup(lexicon->arena, value);
    if (detail[0] != '\0')
        word.detail = tsk_arena_strdup(lexicon->arena, detail);
    kept = tsk_arena_alloc(lexicon->arena, length * sizeof(*kept));
    if (word.value == NULL || word.detail == NULL || kept == NULL)
        return -1;
    memcpy(kept, runes, length * sizeof(*kept));
    word.runes = kept;
    for (size_t i = 0; i < length; i++)
        mask_add(word.mask, runes[i]);
    words->at[words->count++] = word;
    return 0;
}

void tsk_seen_of(const struct tsk_lexicon *lexicon, const struct tsk_glyph *glyphs, size_t count, struct tsk_seen *out)
{
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < count; i++) {
        mask_add(out->mask, tsk_reference_base(lexicon->reference, glyphs[i].rune));
        for (size_t k = 0; k < TSK_GLYPH_ALTERNATIVES && glyphs[i].other[k] != 0; k++)
            mask_add(out->mask, tsk_reference_base(lexicon->reference, glyphs[i].other[k]));
    }
}

bool tsk_seen_any(const struct tsk_seen *seen, const struct tsk_word *word)
{
    return ((seen->mask[0] & word->mask[0]) | (seen->mask[1] & word->mask[1]) | (seen->mask[2] & word->mask[2]) |
            (seen->mask[3] & word->mask[3])) != 0;
}

/* ァ and ア, ッ and ツ …; hiragana has been folded to katakana before. */
static uint32_t large_kana(uint32_t rune)
{
    if ((rune >= 0x30A1 && rune <= 0x30A9 && rune % 2 == 1) || rune == 0x30C3 ||
        (rune >= 0x30E3 && rune <= 0x30E7 && rune % 2 == 1) || rune == 0x30EE)
        return rune + 1;
    return rune == 0x30F5 ? 0x30AB : rune == 0x30F6 ? 0x30B1 : rune;
}

bool tsk_kana_same(uint32_t a, uint32_t b)
{
    return large_kana(a) == large_kana(b);
}

static uint32_t unvoiced_kana(uint32_t rune)
{
    rune = large_kana(rune);
    if (rune >= 0x30AB && rune <= 0x30C2)
        return rune % 2 == 0 ? rune - 1 : rune;
    if (rune >= 0x30C4 && rune <= 0x30C9)
        return rune % 2 == 1 ? rune - 1 : rune;
    if (rune >= 0x30CF && rune <= 0x30DD)
        return rune - (rune - 0x30CF) % 3;
    return rune == 0x30F4 ? 0x30A6 : rune;
}

static int compare_pairs(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static bool alike(const struct tsk_lexicon *lexicon, uint32_t a, uint32_t b)
{
    uint64_t pair = a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;

    return lexicon->alike_count > 0 &&
           bsearch(&pair, lexicon->alike, lexicon->alike_count, sizeof(pair), compare_pairs) != NULL;
}

static double letter_cost(const struct tsk_lexicon *lexicon, uint32_t read, uint32_t rune)
{
    if (read == rune)
        return 0;
    if (read >= 0x30A1 && read <= 0x30FA && rune >= 0x30A1 && rune <= 0x30FA) {
        if (large_kana(read) == large_kana(rune))
            return COST_KANA_SIZE;
        if (unvoiced_kana(read) == unvoiced_kana(rune))
            return COST_VOICED;
    }
    return alike(lexicon, read, rune) ? COST_ALIKE : 1;
}

/* base: the common form of the letter that was read */
static double glyph_cost(const struct tsk_lexicon *lexicon, const struct tsk_glyph *glyph, uint32_t base, uint32_t rune)
{
    double best = letter_cost(lexicon, base, rune);

    for (size_t k = 0; k < TSK_GLYPH_ALTERNATIVES && glyph->other[k] != 0 && best > COST_CHOICE; k++) {
        double cost = COST_CHOICE + COST_CHOICE_STEP * (double)k;

        if (glyph->other[k] == rune && cost < best)
            best = cost;
    }
    return best;
}

double tsk_glyph_cost(const struct tsk_lexicon *lexicon, const struct tsk_glyph *glyph, uint32_t rune)
{
    return glyph_cost(lexicon, glyph, tsk_reference_base(lexicon->reference, glyph->rune), rune);
}

static bool stray(uint32_t rune)
{
    return rune < 0x30 || (rune >= 0x3A && rune <= 0x40) || (rune >= 0x5B && rune <= 0x60) ||
           (rune >= 0x7B && rune < 0xC0) || (rune >= 0x2010 && rune <= 0x2027) || (rune >= 0x3001 && rune <= 0x301F) ||
           rune == 0x30FB || (rune >= 0x2500 && rune <= 0x25FF);
}

static double drop_cost(const struct tsk_glyph *glyph)
{
    if (stray(glyph->rune))
        return COST_STRAY;
    return glyph->rune >= 0x3400 ? COST_DROPPED_KANJI : 1;
}

void tsk_ruler_start(struct tsk_ruler *ruler, const struct tsk_lexicon *lexicon, const struct tsk_glyph *glyphs,
                     size_t count)
{
    ruler->lexicon = lexicon;
    ruler->glyphs = glyphs;
    ruler->count = count;
    memset(ruler->runes, 0, sizeof(ruler->runes));
    ruler->rows = malloc(TSK_RULER_ROWS * (count + 1) * sizeof(*ruler->rows));
    for (size_t i = 0; i < count; i++) {
        ruler->base[i] = tsk_reference_base(lexicon->reference, glyphs[i].rune);
        ruler->drop[i] = drop_cost(&glyphs[i]);
    }
}

void tsk_ruler_end(struct tsk_ruler *ruler)
{
    free(ruler->rows);
    ruler->rows = NULL;
}

/* What each letter of the reading costs where a word has this rune. Words of one list share most of their runes. */
static const double *costs_of(struct tsk_ruler *ruler, uint32_t rune)
{
    const size_t at = (rune * 2654435761u) >> 22;
    double *row = ruler->rows != NULL ? ruler->rows + at * ruler->count : ruler->lone;

    _Static_assert(TSK_RULER_ROWS == 1 << 10, "the hash has as many bits");
    if (ruler->rows != NULL && ruler->runes[at] == rune)
        return row;
    ruler->runes[at] = rune;
    for (size_t i = 0; i < ruler->count; i++)
        row[i] = glyph_cost(ruler->lexicon, &ruler->glyphs[i], ruler->base[i], rune);
    return row;
}

struct cell {
    double cost;
    size_t from;
};

static void better(struct cell *cell, const struct cell *before, double cost)
{
    if (before->cost + cost < cell->cost) {
        cell->cost = before->cost + cost;
        cell->from = before->from;
    }
}

static void costs_from(struct tsk_ruler *ruler, const uint32_t *word, size_t word_length, const double *start,
                       double *costs, size_t *from)
{
    struct cell rows[2][TSK_GLYPHS_MAX + 1];
    struct cell *before = rows[0], *now = rows[1];

    for (size_t j = 0; j <= ruler->count; j++) {
        before[j] = (struct cell){ .cost = start != NULL ? start[j] : j == 0 ? 0 : 1e9, .from = j };
        if (j > 0)
            better(&before[j], &before[j - 1], ruler->drop[j - 1]);
    }
    for (size_t k = 0; k < word_length; k++) {
        const double *letters = costs_of(ruler, word[k]);
        struct cell *swap = before;

        for (size_t j = 0; j <= ruler->count; j++) {
            now[j] = (struct cell){ .cost = before[j].cost + COST_MISSING, .from = before[j].from };
            if (j > 0) {
                better(&now[j], &before[j - 1], letters[j - 1]);
                better(&now[j], &now[j - 1], ruler->drop[j - 1]);
            }
            if (j > 1 && word[k] >= 0x3400)
                better(&now[j], &before[j - 2], COST_MERGED);
        }
        before = now;
        now = swap;
    }
    for (size_t j = 0; j <= ruler->count; j++) {
        costs[j] = before[j].cost;
        if (from != NULL)
            from[j] = before[j].from;
    }
}

static double lesser(double a, double b)
{
    return a < b ? a : b;
}

/* The same where every word begins with the reading, and nobody asks from where: nearly all words. */
static void costs_plain(struct tsk_ruler *ruler, const uint32_t *word, size_t word_length, double *costs)
{
    const double *drop = ruler->drop;
    double rows[2][TSK_GLYPHS_MAX + 1];
    double *before = rows[0], *now = rows[1];

    before[0] = 0;
    for (size_t j = 1; j <= ruler->count; j++)
        before[j] = before[j - 1] + drop[j - 1];
    for (size_t k = 0; k < word_length; k++) {
        const double *letters = costs_of(ruler, word[k]), merged = word[k] >= 0x3400 ? COST_MERGED : 1e9;
        double *swap = before;

        now[0] = before[0] + COST_MISSING;
        for (size_t j = 1; j <= ruler->count; j++) {
            double cost = lesser(before[j] + COST_MISSING, before[j - 1] + letters[j - 1]);

            if (j > 1)
                cost = lesser(cost, before[j - 2] + merged);
            now[j] = lesser(cost, now[j - 1] + drop[j - 1]);
        }
        before = now;
        now = swap;
    }
    memcpy(costs, before, (ruler->count + 1) * sizeof(*costs));
}

void tsk_word_costs(struct tsk_ruler *ruler, const uint32_t *word, size_t word_length, const double *start,
                    double *costs, size_t *from)
{
    if (start == NULL && from == NULL)
        costs_plain(ruler, word, word_length, costs);
    else
        costs_from(ruler, word, word_length, start, costs, from);
}

void tsk_match_offer(struct tsk_match *out, size_t max, size_t *kept, const struct tsk_match *match)
{
    double sum = match->distance + match->prior;
    size_t at = *kept;

    for (size_t i = 0; i < *kept; i++)
        if (strcmp(out[i].value, match->value) == 0) {
            if (out[i].distance + out[i].prior <= sum)
                return;
            memmove(&out[i], &out[i + 1], (*kept - i - 1) * sizeof(*out));
            at = --*kept;
            break;
        }
    while (at > 0 && out[at - 1].distance + out[at - 1].prior > sum)
        at--;
    if (at >= max)
        return;
    if (*kept < max)
        ++*kept;
    memmove(&out[at + 1], &out[at], (*kept - at - 1) * sizeof(*out));
    out[at] = *match;
}
