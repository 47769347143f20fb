#include "ocr/text/lexicon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ocr/text/lexicon_parts.h"

#define SUFFIXES_MAX 8
#define PARTS_KEPT 6             /* surnames, and given names, that are tried together */
#define COST_UNLISTED_GIVEN 0.45 /* a letter of a given name that stays as read */
#define PRIOR_UNLISTED 0.3

enum tsk_lexicon_kind tsk_lexicon_kind_of(const char *id)
{
    static const char *const names[TSK_LEXICON_KINDS] = {
        [TSK_LEXICON_FREE] = "free",
        [TSK_LEXICON_INSTITUTION] = "institution",
        [TSK_LEXICON_DEPARTMENT] = "department",
        [TSK_LEXICON_TOWN] = "town",
        [TSK_LEXICON_SURNAME] = "surname",
        [TSK_LEXICON_PERSON] = "person",
        [TSK_LEXICON_KANA] = "kana",
        [TSK_LEXICON_PHONE] = "phone",
        [TSK_LEXICON_EMAIL] = "email",
        [TSK_LEXICON_WARD] = "ward",
        [TSK_LEXICON_RELATION] = "relation",
    };

    for (size_t i = 0; i < TSK_LEXICON_KINDS; i++)
        if (strcmp(names[i], id) == 0)
            return (enum tsk_lexicon_kind)i;
    return TSK_LEXICON_FREE;
}

struct suffix {
    char text[32];
    uint32_t runes[8];
    size_t length;
};

/* 病院・施設 is printed for either. */
static size_t split_suffix(const struct tsk_lexicon *lexicon, const char *suffix, struct suffix out[SUFFIXES_MAX])
{
    size_t count = 0, used = 0;
    uint32_t rune;

    while (count < SUFFIXES_MAX) {
        int more = tsk_utf8_next(&suffix, &rune);

        if (more == 1 && rune != 0x30FB && rune != '/' && rune != 0xFF0F && rune != 0x3001) {
            if (used + 5 < sizeof(out[count].text))
                used += (size_t)tsk_utf8_put(out[count].text + used, rune);
            continue;
        }
        if (used > 0) {
            out[count].text[used] = '\0';
            out[count].length = tsk_lexicon_fold(lexicon->reference, out[count].text, out[count].runes, 8);
            count++;
        }
        used = 0;
        if (more != 1)
            break;
    }
    return count;
}

static bool ends_with(const struct tsk_word *word, const struct suffix *suffix)
{
    size_t value = strlen(word->value), text = strlen(suffix->text);

    return word->length > suffix->length && value > text &&
           memcmp(word->runes + word->length - suffix->length, suffix->runes, suffix->length * sizeof(uint32_t)) == 0 &&
           strcmp(word->value + value - text, suffix->text) == 0;
}

struct query {
    const struct tsk_lexicon *lexicon;
    const struct tsk_glyph *glyphs;
    size_t count;
    struct tsk_ruler ruler;
    struct tsk_seen seen;
    struct tsk_match *out;
    size_t max, kept;
};

#define PRIOR_SUFFIX_TWICE 0.8 /* few write what is printed behind the field */
#define KINDS_LEFT_OUT "病院・医院・クリニック・診療所"
#define PRIOR_SHORT 0.8 /* some leave out what kind of institution it is */

static void offer_word(struct query *query, const struct tsk_word *word, size_t cut_runes, size_t cut_bytes,
                       double prior)
{
    double costs[TSK_GLYPHS_MAX + 1];
    struct tsk_match match = { .prior = prior, .entry = word };
    size_t len = strlen(word->value) - cut_bytes;

    if (len >= sizeof(match.value))
        return;
    tsk_word_costs(&query->ruler, word->runes, word->length - cut_runes, NULL, costs, NULL);
    match.distance = costs[query->count];
    if (tsk_match_late(query->out, query->max, query->kept, match.distance + match.prior))
        return;
    memcpy(match.value, word->value, len);
    tsk_match_offer(query->out, query->max, &query->kept, &match);
}

static void offer_entry(struct query *query, const struct tsk_word *word, const struct suffix *suffixes, size_t count,
                        bool printed)
{
    double whole = word->prior, cut = word->prior;

    for (size_t s = 0; s < count; s++)
        if (ends_with(word, &suffixes[s])) {
            whole += printed ? PRIOR_SUFFIX_TWICE : 0;
            cut += printed ? 0 : PRIOR_SHORT;
            offer_word(query, word, suffixes[s].length, strlen(suffixes[s].text), cut);
            break;
        }
    offer_word(query, word, 0, 0, whole);
}

/* usual: what people leave out where nothing is printed behind the field */
static size_t endings_of(const struct tsk_lexicon *lexicon, const struct tsk_words *words, const char *suffix,
                         const char *usual, struct suffix suffixes[SUFFIXES_MAX], bool *is_printed)
{
    bool printed = false;
    size_t count = split_suffix(lexicon, suffix, suffixes);

    for (size_t i = 0; i < words->count && !printed; i++)
        for (size_t s = 0; s < count && !printed; s++)
            printed = ends_with(&words->at[i], &suffixes[s]);
    if (!printed)
        count = split_suffix(lexicon, usual, suffixes);
    *is_printed = printed;
    return count;
}

static void offer_words(struct query *query, const struct tsk_words *words, const char *suffix, const char *usual)
{
    struct suffix suffixes[SUFFIXES_MAX];
    bool printed = false;
    size_t count = endings_of(query->lexicon, words, suffix, usual, suffixes, &printed);

    for (size_t i = 0; i < words->count; i++)
        if (tsk_seen_any(&query->seen, &words->at[i]))
            offer_entry(query, &words->at[i], suffixes, count, printed);
}

struct part { /* a surname for the glyphs before a place, or a given name for those behind it */
    const struct tsk_word *word;
    double cost, sum;
};

static void insert_part(struct part kept[PARTS_KEPT], struct part part)
{
    size_t at = PARTS_KEPT;

    for (size_t i = 0; i < PARTS_KEPT; i++)
        if (kept[i].word != NULL && strcmp(kept[i].word->value, part.word->value) == 0) {
            if (part.sum >= kept[i].sum)
                return;
            memmove(&kept[i], &kept[i + 1], (PARTS_KEPT - i - 1) * sizeof(*kept));
            kept[PARTS_KEPT - 1].word = NULL;
            break;
        }
    while (at > 0 && (kept[at - 1].word == NULL || kept[at - 1].sum > part.sum))
        at--;
    if (at == PARTS_KEPT)
        return;
    memmove(&kept[at + 1], &kept[at], (PARTS_KEPT - at - 1) * sizeof(*kept));
    kept[at] = part;
}

static inline void keep_part(struct part kept[PARTS_KEPT], const struct tsk_word *word, double cost)
{
    struct part part = { word, cost, cost + word->prior };

    if (kept[PARTS_KEPT - 1].word == NULL || part.sum < kept[PARTS_KEPT - 1].sum)
        insert_part(kept, part);
}

#define NAME_GLYPHS_MAX 24
#define SURNAME_OFF 0.75 /* letters that differ, of the longer of word and reading: more is another name */
#define GIVEN_OFF 0.6

struct limits {
    double at[NAME_GLYPHS_MAX + TSK_WORD_MAX + 1]; /* what may differ of so many letters */
};

static void set_limits(struct limits *limits, double share)
{
    for (size_t length = 0; length < TSK_COUNT(limits->at); length++)
        limits->at[length] = share * (double)length;
}

static void surname_parts(struct query *query, const struct tsk_words *words, struct part parts[][PARTS_KEPT])
{
    double costs[TSK_GLYPHS_MAX + 1];
    struct limits limits;

    set_limits(&limits, SURNAME_OFF);
    for (size_t i = 0; i < words->count; i++) {
        const struct tsk_word *word = &words->at[i];

        if (!tsk_seen_any(&query->seen, word))
            continue;
        tsk_word_costs(&query->ruler, word->runes, word->length, NULL, costs, NULL);
        for (size_t j = 1; j <= query->count; j++)
            if (costs[j] <= limits.at[word->length > j ? word->length : j])
                keep_part(parts[j], word, costs[j]);
    }
}

/* Given names are matched backwards: one pass gives the cost of every tail of the reading. */
static void given_parts(struct query *query, const struct tsk_words *words, struct part parts[][PARTS_KEPT])
{
    double costs[TSK_GLYPHS_MAX + 1];
    struct tsk_glyph backwards[NAME_GLYPHS_MAX];
    uint32_t runes[TSK_WORD_MAX];
    struct tsk_ruler ruler;
    struct limits limits;

    set_limits(&limits, GIVEN_OFF);
    for (size_t j = 0; j < query->count; j++)
        backwards[j] = query->glyphs[query->count - 1 - j];
    tsk_ruler_start(&ruler, query->lexicon, backwards, query->count);
    for (size_t i = 0; i < words->count; i++) {
        const struct tsk_word *word = &words->at[i];

        if (!tsk_seen_any(&query->seen, word) || word->length > query->count + 1)
            continue;
        for (size_t k = 0; k < word->length; k++)
            runes[k] = word->runes[word->length - 1 - k];
        tsk_word_costs(&ruler, runes, word->length, NULL, costs, NULL);
        for (size_t j = 1; j <= query->count; j++)
            if (costs[j] <= limits.at[word->length > j ? word->length : j])
                keep_part(parts[query->count - j], word, costs[j]);
    }
    tsk_ruler_end(&ruler);
}

static void offer_full_names(struct query *query, struct part before[PARTS_KEPT], struct part behind[PARTS_KEPT])
{
    for (size_t a = 0; a < PARTS_KEPT && before[a].word != NULL; a++)
        for (size_t b = 0; b < PARTS_KEPT && behind[b].word != NULL; b++) {
            struct tsk_match match = { .distance = before[a].cost + behind[b].cost,
                                       .prior = before[a].word->prior + behind[b].word->prior };

            if (tsk_match_late(query->out, query->max, query->kept, match.distance + match.prior))
                continue;
            if (snprintf(match.value, sizeof(match.value), "%s %s", before[a].word->value, behind[b].word->value) <
                (int)sizeof(match.value))
                tsk_match_offer(query->out, query->max, &query->kept, &match);
        }
}

/* An unlisted given name stays as read behind a listed surname. */
static void offer_unlisted_given(struct query *query, size_t at, struct part before[PARTS_KEPT])
{
    for (size_t a = 0; a < PARTS_KEPT && before[a].word != NULL; a++) {
        struct tsk_match match = { .distance = before[a].cost + COST_UNLISTED_GIVEN * (double)(query->count - at),
                                   .prior = before[a].word->prior + PRIOR_UNLISTED };
        size_t room = sizeof(match.value) - 5;
        int len = snprintf(match.value, room, "%s ", before[a].word->value);

        for (size_t j = at; j < query->count && len > 0 && len < (int)room; j++)
            len += tsk_utf8_put(match.value + len, query->glyphs[j].rune);
        if (len > 0 && len < (int)room)
            tsk_match_offer(query->out, query->max, &query->kept, &match);
    }
}

static void offer_surnames(struct query *query, struct part whole[PARTS_KEPT])
{
    for (size_t a = 0; a < PARTS_KEPT && whole[a].word != NULL; a++) {
        struct tsk_match match = { .distance = whole[a].cost, .prior = whole[a].word->prior };

        if (snprintf(match.value, sizeof(match.value), "%s", whole[a].word->value) < (int)sizeof(match.value))
            tsk_match_offer(query->out, query->max, &query->kept, &match);
    }
}

static void offer_names(struct query *query, const struct tsk_words *surnames, const struct tsk_words *given)
{
    struct part before[NAME_GLYPHS_MAX + 1][PARTS_KEPT] = { 0 }, behind[NAME_GLYPHS_MAX + 1][PARTS_KEPT] = { 0 };

    if (query->count == 0 || query->count > NAME_GLYPHS_MAX)
        return;
    surname_parts(query, surnames, before);
    offer_surnames(query, before[query->count]);
    if (given == NULL)
        return;
    given_parts(query, given, behind);
    for (size_t j = 1; j < query->count; j++) {
        offer_full_names(query, before[j], behind[j]);
        offer_unlisted_given(query, j, before[j]);
    }
}

size_t tsk_lexicon_nearest(const struct tsk_lexicon *lexicon, enum tsk_lexicon_kind kind, const char *ward,
                           const char *suffix, const struct tsk_glyph *glyphs, size_t count, struct tsk_match *out,
                           size_t max)
{
    struct query query = { .lexicon = lexicon, .glyphs = glyphs, .count = count, .out = out, .max = max };

    if (count == 0 || count > TSK_GLYPHS_MAX)
        return 0;
    if (kind == TSK_LEXICON_TOWN)
        return tsk_address_nearest(lexicon, ward, glyphs, count, out, max);
    tsk_seen_of(lexicon, glyphs, count, &query.seen);
    tsk_ruler_start(&query.ruler, lexicon, glyphs, count);
    switch (kind) {
    case TSK_LEXICON_INSTITUTION:
        offer_words(&query, &lexicon->institutions, suffix, KINDS_LEFT_OUT);
        break;
    case TSK_LEXICON_DEPARTMENT:
        offer_words(&query, &lexicon->departments, suffix, "科");
        break;
    case TSK_LEXICON_WARD:
        offer_words(&query, &lexicon->wards, suffix, "");
        break;
    case TSK_LEXICON_RELATION:
        offer_words(&query, &lexicon->relations, suffix, "");
        break;
    case TSK_LEXICON_SURNAME:
        offer_names(&query, &lexicon->surnames, NULL);
        break;
    case TSK_LEXICON_PERSON:
        offer_names(&query, &lexicon->surnames, &lexicon->given);
        break;
    case TSK_LEXICON_KANA:
        offer_names(&query, &lexicon->surname_kana, &lexicon->given_kana);
        break;
    case TSK_LEXICON_TOWN:
    case TSK_LEXICON_FREE:
    case TSK_LEXICON_PHONE:
    case TSK_LEXICON_EMAIL:
    case TSK_LEXICON_KINDS:
        break;
    }
    tsk_ruler_end(&query.ruler);
    return query.kept;
}

static bool put_institution(const struct tsk_word *word, size_t cut_bytes, struct tsk_match *out)
{
    size_t length = strlen(word->value) - cut_bytes;

    if (length >= sizeof(out->value))
        return false;
    *out = (struct tsk_match){ .prior = word->prior, .entry = word };
    memcpy(out->value, word->value, length);
    return true;
}

size_t tsk_lexicon_institutions(const struct tsk_lexicon *lexicon, const char *suffix, struct tsk_match *out,
                                size_t max)
{
    const struct tsk_words *words = &lexicon->institutions;
    struct suffix suffixes[SUFFIXES_MAX];
    bool printed = false;
    size_t endings = endings_of(lexicon, words, suffix, KINDS_LEFT_OUT, suffixes, &printed), count = 0;

    for (size_t i = 0; i < words->count && count < max; i++) {
        count += put_institution(&words->at[i], 0, &out[count]);
        for (size_t s = 0; s < endings && count < max; s++)
            if (ends_with(&words->at[i], &suffixes[s])) {
                count += put_institution(&words->at[i], strlen(suffixes[s].text), &out[count]);
                break;
            }
    }
    return count;
}

struct span {
    uint32_t runes[NAME_GLYPHS_MAX];
    size_t count, split; /* split: where a space stood, 0 if nowhere */
};

/* Both are folded as words are, so that runes can be compared. */
static bool span_of(const struct tsk_reference *reference, const char *text, struct span *out)
{
    const char *at = text, *here = text;
    uint32_t rune;
    char *first = NULL;

    out->split = 0;
    out->count = tsk_lexicon_fold(reference, text, out->runes, NAME_GLYPHS_MAX);
    while (tsk_utf8_next(&at, &rune) == 1 && (here == text || (rune != ' ' && rune != 0x3000)))
        here = at;
    if (*here != '\0' && (first = strndup(text, (size_t)(here - text))) != NULL) {
        uint32_t runes[NAME_GLYPHS_MAX];

        out->split = tsk_lexicon_fold(reference, first, runes, NAME_GLYPHS_MAX);
    }
    free(first);
    return out->count > 1;
}

static bool same_runes(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count)
{
    return a_count == b_count && memcmp(a, b, a_count * sizeof(*a)) == 0;
}

static bool same_reading(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count)
{
    for (size_t i = 0; i < a_count && a_count == b_count; i++)
        if (!tsk_kana_same(a[i], b[i]))
            return false;
    return a_count == b_count;
}

/* What the tables say of one part of a name and one part of its reading. */
static enum tsk_fit part_fits(const struct tsk_lexicon *lexicon, const struct tsk_words *words, const uint32_t *name,
                              size_t name_count, const uint32_t *kana, size_t kana_count)
{
    uint32_t reading[TSK_WORD_MAX];
    enum tsk_fit fit = TSK_FIT_UNKNOWN;

    if (same_reading(name, name_count, kana, kana_count)) /* a name in kana is its own reading */
        return TSK_FIT_YES;
    for (size_t i = 0; i < words->count; i++) {
        const struct tsk_word *word = &words->at[i];

        if (!same_runes(word->runes, word->length, name, name_count))
            continue;
        if (same_reading(reading, tsk_lexicon_fold(lexicon->reference, word->detail, reading, TSK_WORD_MAX), kana,
                         kana_count))
            return TSK_FIT_YES;
        fit = TSK_FIT_NO;
    }
    return fit;
}

/* One table reading of a surname is not all that there are: only both parts together contradict. */
static enum tsk_fit joined(enum tsk_fit surname, enum tsk_fit given)
{
    if (surname == TSK_FIT_YES && given == TSK_FIT_YES)
        return TSK_FIT_YES;
    return surname == TSK_FIT_NO && given == TSK_FIT_NO ? TSK_FIT_NO : TSK_FIT_UNKNOWN;
}

enum tsk_fit tsk_lexicon_kana_fits(const struct tsk_lexicon *lexicon, const char *kanji_name, const char *kana)
{
    struct span name, reading;
    size_t no = 0, tried = 0;

    if (!span_of(lexicon->reference, kanji_name, &name) || !span_of(lexicon->reference, kana, &reading))
        return TSK_FIT_UNKNOWN;
    for (size_t n = 1; n < name.count; n++)
        for (size_t k = 1; k < reading.count; k++) {
            enum tsk_fit fit;

            if ((name.split != 0 && n != name.split) || (reading.split != 0 && k != reading.split))
                continue;
            fit = joined(part_fits(lexicon, &lexicon->surnames, name.runes, n, reading.runes, k),
                         part_fits(lexicon, &lexicon->given, name.runes + n, name.count - n, reading.runes + k,
                                   reading.count - k));
            if (fit == TSK_FIT_YES)
                return TSK_FIT_YES;
            tried++;
            no += fit == TSK_FIT_NO;
        }
    return tried > 0 && no == tried ? TSK_FIT_NO : TSK_FIT_UNKNOWN;
}
