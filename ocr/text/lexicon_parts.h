/*
 * lexicon_parts - inside of the lexicon: word lists and how far a reading is from a word
 *
 * Distance   An edit distance over letters in which look-alikes are near, a stray dot is cheap to drop, and two letters read
 *            for one (ネ申 for 神) count once.
 */
#ifndef TASUKI_OCR_LEXICON_PARTS_H
#define TASUKI_OCR_LEXICON_PARTS_H

#include "base/arena.h"
#include "config/reference.h"
#include "ocr/text/lexicon.h"

#define TSK_WORD_MAX 32

struct tsk_word {
    const char *value;     /* as written */
    const char *detail;    /* reading of a name; ward code of a town; "" */
    const uint32_t *runes; /* folded */
    size_t length;
    double prior;
    uint64_t mask[4]; /* which runes occur, hashed: a word that shares none with a reading cannot be near */
};

struct tsk_words {
    struct tsk_word *at;
    size_t count, room;
};

struct tsk_lexicon {
    struct tsk_arena *arena;
    struct tsk_reference *reference;
    uint64_t *alike; /* pairs of look-alikes, sorted: low rune << 32 | high rune */
    size_t alike_count, alike_room;
    struct {
        char name[64];
        uint32_t members[32];
        size_t count;
    } group; /* of look-alikes that is being loaded */
    struct tsk_words institutions, departments, wards, towns, surnames, given, surname_kana, given_kana, relations,
        terms;
};

int tsk_words_add(struct tsk_lexicon *lexicon, struct tsk_words *words, const char *value, const char *detail,
                  double prior) TSK_MUST_USE;
/* Folded runes of a text as words have them; returns how many (at most max). */
size_t tsk_lexicon_fold(const struct tsk_reference *reference, const char *text, uint32_t *out, size_t max);

struct tsk_seen { /* the runes that a reading may mean */
    uint64_t mask[4];
};

void tsk_seen_of(const struct tsk_lexicon *lexicon, const struct tsk_glyph *glyphs, size_t count, struct tsk_seen *out);
bool tsk_seen_any(const struct tsk_seen *seen, const struct tsk_word *word);

bool tsk_kana_same(uint32_t a, uint32_t b); /* large and small kana are the same */
double tsk_glyph_cost(const struct tsk_lexicon *lexicon, const struct tsk_glyph *glyph, uint32_t rune);

#define TSK_RULER_ROWS 1024

struct
    tsk_ruler { /* a reading that is held against many words: what its letters cost stands in rows, by the word's rune */
    const struct tsk_lexicon *lexicon;
    const struct tsk_glyph *glyphs;
    size_t count;
    uint32_t base[TSK_GLYPHS_MAX]; /* common forms of the letters */
    double drop[TSK_GLYPHS_MAX];   /* what each costs that stands for nothing */
    uint32_t runes[TSK_RULER_ROWS];
    double *rows, lone[TSK_GLYPHS_MAX]; /* rows NULL: no memory; lone is used again and again then */
};

/* glyphs stay the caller's, and must outlive the ruler; at most TSK_GLYPHS_MAX. */
void tsk_ruler_start(struct tsk_ruler *ruler, const struct tsk_lexicon *lexicon, const struct tsk_glyph *glyphs,
                     size_t count);
void tsk_ruler_end(struct tsk_ruler *ruler);

/*
 * costs[j] for j in 0..count: start[i] + distance of glyphs i..j to the word, at the best i. start NULL: only i = 0, at no
 * cost. from, if not NULL, gets that i.
 */
void tsk_word_costs(struct tsk_ruler *ruler, const uint32_t *word, size_t word_length, const double *start,
                    double *costs, size_t *from);

/* No entry of that distance + prior would be kept. */
static inline bool tsk_match_late(const struct tsk_match *out, size_t max, size_t kept, double sum)
{
    return kept == max && max > 0 && sum >= out[max - 1].distance + out[max - 1].prior;
}

/* Keeps out[0..*kept] sorted by distance + prior, one entry a value. */
void tsk_match_offer(struct tsk_match *out, size_t max, size_t *kept, const struct tsk_match *match);

/* An address: [大阪市][ward] town, then numbers. */
/* How odd the numbers behind a town are, in letters: 0 for 4丁目26番3号 and 2-27-1. */
double tsk_address_oddity(const char *numbers);
size_t tsk_address_nearest(const struct tsk_lexicon *lexicon, const char *ward, const struct tsk_glyph *glyphs,
                           size_t count, struct tsk_match *out, size_t max);

#endif
