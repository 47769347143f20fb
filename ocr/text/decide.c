#include "ocr/text/decide.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ocr/text/consensus.h"
#include "ocr/text/phone.h"

#define MATCHES_MAX 8
#define POOL_MAX 24
#define OWN_LEAST 0.6 /* one of two letters may be that of any other name */

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

static double weigh(const double *weights, const double *features, size_t count)
{
    double sum = weights[0];

    for (size_t i = 0; i < count; i++)
        sum += weights[i + 1] * features[i];
    return logistic(sum);
}

void tsk_ink_features(const struct tsk_ink *ink, double error_mm, double out[TSK_INK_FEATURES])
{
    out[TSK_I_PARTS] = log1p(ink->parts);
    out[TSK_I_INK] = log1p(10 * ink->ink_mm2);
    out[TSK_I_LARGEST] = fmin(ink->largest_mm, 6);
    out[TSK_I_FAINT] = log1p(10 * ink->faint_mm2);
    out[TSK_I_SPECKS] = log1p(ink->specks);
    out[TSK_I_ERROR] = fmin(error_mm, 3);
    out[TSK_I_CROWD] = log1p(ink->crowd);
    out[TSK_I_DEPTH] = fmax(0, ink->depth);
}

double tsk_written_score(const double features[TSK_INK_FEATURES])
{
    return weigh(tsk_written_weights, features, TSK_INK_FEATURES);
}

double tsk_hand_score(const struct tsk_ink *ink, bool coarse)
{
    double features[TSK_HAND_FEATURES] = { ink->uneven, ink->stroke_spread, ink->stroke_mm, ink->broken, coarse };

    return weigh(tsk_hand_weights, features, TSK_HAND_FEATURES);
}

struct candidate {
    char value[128];
    double distance[2], prior;
    const void *entry;
};

struct pool {
    struct candidate at[POOL_MAX];
    size_t count;
};

static void pool_add(struct pool *pool, const struct tsk_match *match, size_t from)
{
    size_t i = 0;

    while (i < pool->count && strcmp(pool->at[i].value, match->value) != 0)
        i++;
    if (i == POOL_MAX)
        return;
    if (i == pool->count) {
        pool->count++;
        memcpy(pool->at[i].value, match->value, sizeof(match->value));
        pool->at[i].distance[0] = pool->at[i].distance[1] = -1;
        pool->at[i].prior = match->prior;
        pool->at[i].entry = match->entry;
    }
    pool->at[i].distance[from] = match->distance;
    pool->at[i].prior = fmin(pool->at[i].prior, match->prior);
}

static double sum_of(const struct candidate *candidate, size_t read_count)
{
    double sum = read_count == 2 ? (candidate->distance[0] + candidate->distance[1]) / 2 : candidate->distance[0];

    return sum + candidate->prior;
}

static void sort_pool(struct pool *pool, size_t read_count)
{
    for (size_t i = 1; i < pool->count; i++) {
        struct candidate moved = pool->at[i];
        size_t k = i;

        while (k > 0 && sum_of(&pool->at[k - 1], read_count) > sum_of(&moved, read_count)) {
            pool->at[k] = pool->at[k - 1];
            k--;
        }
        pool->at[k] = moved;
    }
}

/* An entry that is near to one reading only is taken to be as far from the other as that one's last, and half a letter. */
static void make_pool(const struct tsk_lexicon *lexicon, const struct tsk_question *question,
                      const struct tsk_read *reads, size_t read_count, struct pool *pool)
{
    struct tsk_match matches[MATCHES_MAX];
    double beyond[2] = { 0, 0 };

    pool->count = 0;
    for (size_t r = 0; r < read_count; r++) {
        size_t found = tsk_lexicon_nearest(lexicon, question->kind, question->ward, question->suffix, reads[r].glyphs,
                                           reads[r].count, matches, MATCHES_MAX);

        for (size_t i = 0; i < found; i++)
            pool_add(pool, &matches[i], r);
        beyond[r] = found > 0 ? matches[found - 1].distance + 0.5 : (double)reads[r].count;
    }
    for (size_t i = 0; i < pool->count; i++)
        for (size_t r = 0; r < read_count; r++)
            if (pool->at[i].distance[r] < 0)
                pool->at[i].distance[r] = beyond[r];
    sort_pool(pool, read_count);
}

static size_t letters_of(const char *text)
{
    struct tsk_glyph glyphs[TSK_GLYPHS_MAX];

    return tsk_glyphs_of(text, glyphs, TSK_GLYPHS_MAX);
}

static double disagreement(const struct tsk_read *a, const struct tsk_read *b)
{
    uint32_t x[TSK_GLYPHS_MAX], y[TSK_GLYPHS_MAX];
    size_t longer = a->count > b->count ? a->count : b->count;

    for (size_t i = 0; i < a->count; i++)
        x[i] = a->glyphs[i].rune;
    for (size_t i = 0; i < b->count; i++)
        y[i] = b->glyphs[i].rune;
    return longer == 0 ? 1 : (double)tsk_edit_distance(x, a->count, y, b->count) / (double)longer;
}

static bool wide(unsigned char byte)
{
    return byte >= 0x80;
}

/* Spaces stay between Latin words only. */
static void plain_text(const char *read, char *out, size_t room)
{
    size_t used = 0;

    for (const char *at = read; *at != '\0' && used + 1 < room; at++) {
        if (*at == ' ' && (at == read || at[1] == '\0' || wide((unsigned char)at[-1]) || wide((unsigned char)at[1])))
            continue;
        out[used++] = *at;
    }
    out[used] = '\0';
}

/* Digits and dashes as people write a Japanese number; false if it is not one. */
static bool phone_form(const struct tsk_read *read, char *out, size_t room)
{
    char digits[32], number[TSK_PHONE_SIZE];
    size_t count = 0;

    for (size_t i = 0; i < read->count && count + 1 < sizeof(digits); i++)
        if (read->glyphs[i].rune >= '0' && read->glyphs[i].rune <= '9')
            digits[count++] = (char)read->glyphs[i].rune;
    digits[count] = '\0';
    return tsk_phone_form(digits, number) && snprintf(out, room, "%s", number) < (int)room;
}

static bool email_form(const char *text)
{
    const char *at = strchr(text, '@'), *dot = strrchr(text, '.');

    return at != NULL && at > text && strchr(at + 1, '@') == NULL && dot != NULL && dot > at + 1 &&
           strlen(dot + 1) >= 2 && dot[-1] != '@' && strspn(dot + 1, "abcdefghijklmnopqrstuvwxyz") == strlen(dot + 1);
}

static void write_email(const char *read, char *out, size_t room)
{
    size_t used = 0;

    for (; *read != '\0' && used + 1 < room; read++)
        if (*read != ' ')
            out[used++] = (char)tolower((unsigned char)*read);
    out[used] = '\0';
}

/* What one reading says, without a lexicon. True if it has the form that such a field must have. */
static bool as_read(enum tsk_lexicon_kind kind, const struct tsk_read *read, char *out, size_t room)
{
    if (kind == TSK_LEXICON_PHONE && phone_form(read, out, room))
        return true;
    if (kind == TSK_LEXICON_EMAIL) {
        write_email(read->text, out, room);
        return email_form(out);
    }
    plain_text(read->text, out, room);
    return kind != TSK_LEXICON_PHONE;
}

static void add_other(struct tsk_decision *decision, const char *value, double weight)
{
    struct tsk_alternative_text *other;

    if (value[0] == '\0' || strcmp(value, decision->value) == 0 || decision->other_count == TSK_ALTERNATIVES_MAX ||
        strlen(value) >= sizeof(other->value))
        return;
    for (size_t i = 0; i < decision->other_count; i++)
        if (strcmp(decision->others[i].value, value) == 0)
            return;
    other = &decision->others[decision->other_count++];
    memcpy(other->value, value, strlen(value) + 1);
    other->weight = weight;
}

/* How far from the readings an entry may be, as part of its length, to stand in their place. */
static double reach(enum tsk_lexicon_kind kind, bool same)
{
    switch (kind) {
    case TSK_LEXICON_INSTITUTION:
    case TSK_LEXICON_DEPARTMENT:
    case TSK_LEXICON_WARD:
        return same ? 0.4 : 0.55;
    case TSK_LEXICON_RELATION:
        return same ? 0.2 : 0.55; /* 長男の嫁 is not 長男の妻 */
    case TSK_LEXICON_TOWN:
        return same ? 0.3 : 0.5;
    case TSK_LEXICON_SURNAME:
    case TSK_LEXICON_PERSON:
    case TSK_LEXICON_KANA:
        return same ? 0.12 : 0.55; /* one look-alike among three letters */
    case TSK_LEXICON_FREE:
    case TSK_LEXICON_PHONE:
    case TSK_LEXICON_EMAIL:
    case TSK_LEXICON_KINDS:
        break;
    }
    return 0;
}

/* The next entry that is another thing, not another way to write the best. */
static const struct candidate *rival(const struct pool *pool)
{
    for (size_t i = 1; i < pool->count; i++)
        if (pool->at[0].entry == NULL || pool->at[i].entry != pool->at[0].entry)
            return &pool->at[i];
    return NULL;
}

bool tsk_decide_needs_more(const struct tsk_lexicon *lexicon, const struct tsk_question *question,
                           const struct tsk_read *read)
{
    const struct candidate *second;
    struct pool pool;

    if (question->kind != TSK_LEXICON_INSTITUTION && question->kind != TSK_LEXICON_DEPARTMENT)
        return true;
    make_pool(lexicon, question, read, 1, &pool);
    second = rival(&pool);
    if (pool.count == 0 || read->count < 3 || pool.at[0].distance[0] > 0 || read->least < 0.8)
        return true;
    return second != NULL && second->distance[0] < 2;
}

static enum tsk_score_class class_of(enum tsk_lexicon_kind kind)
{
    switch (kind) {
    case TSK_LEXICON_INSTITUTION:
    case TSK_LEXICON_DEPARTMENT:
    case TSK_LEXICON_WARD:
    case TSK_LEXICON_RELATION:
        return TSK_SCORE_LISTED;
    case TSK_LEXICON_SURNAME:
    case TSK_LEXICON_PERSON:
        return TSK_SCORE_NAME;
    case TSK_LEXICON_KANA:
        return TSK_SCORE_KANA;
    case TSK_LEXICON_TOWN:
        return TSK_SCORE_ADDRESS;
    case TSK_LEXICON_PHONE:
    case TSK_LEXICON_EMAIL:
        return TSK_SCORE_PATTERN;
    case TSK_LEXICON_FREE:
    case TSK_LEXICON_KINDS:
        break;
    }
    return TSK_SCORE_FREE;
}

static int cells_of(const struct tsk_ink *ink)
{
    int cells = 0;

    for (int i = 0; i < ink->count; i++)
        cells += ink->lines[i].cells;
    return cells;
}

static void ink_into(const struct tsk_question *question, const struct tsk_ink *ink, const char *value, double *f)
{
    double cells = fmax(1, cells_of(ink)), letters = (double)letters_of(value), wide = 0;

    for (int i = 0; i < ink->count; i++)
        wide += (double)pixGetWidth(ink->lines[i].bits) / pixGetHeight(ink->lines[i].bits);

    f[TSK_F_ERROR] = fmin(question->error_mm, 3);
    f[TSK_F_COARSE] = question->coarse;
    f[TSK_F_UNEVEN] = fmin(ink->uneven, 1);
    f[TSK_F_STROKES] = fmin(ink->stroke_spread, 1);
    f[TSK_F_THIN] = fmin(ink->stroke_mm, 1);
    f[TSK_F_BROKEN] = fmin(ink->broken, 8);
    f[TSK_F_MORE] = fmin(1, fmax(0, letters - cells) / cells);
    f[TSK_F_FEWER] = fmin(1, fmax(0, cells - letters) / cells);
    f[TSK_F_HAND] = tsk_hand_score(ink, question->coarse);
    f[TSK_F_PITCH] = letters > 0 ? fmin(4, wide / letters) : 4;
}

static void lexicon_into(const struct pool *pool, size_t read_count, const char *value, double *f)
{
    const struct candidate *best = &pool->at[0], *second = rival(pool);
    double length, nearest;

    f[TSK_F_DISTANCE] = f[TSK_F_NEAREST] = 1;
    if (pool->count == 0)
        return;
    length = (double)letters_of(best->value);
    nearest = read_count == 2 ? fmin(best->distance[0], best->distance[1]) : best->distance[0];
    f[TSK_F_DISTANCE] = fmin(1, (sum_of(best, read_count) - best->prior) / length);
    f[TSK_F_NEAREST] = fmin(1, nearest / length);
    f[TSK_F_FARTHER] = read_count == 2 ? fmin(1, fmax(best->distance[0], best->distance[1]) / length) : 0;
    f[TSK_F_MARGIN] = second != NULL ? fmin(3, sum_of(second, read_count) - sum_of(best, read_count)) : 3;
    f[TSK_F_EXACT] = nearest < 1e-9 && strcmp(best->value, value) == 0;
    f[TSK_F_PRIOR] = best->prior;
}

static bool japanese(uint32_t rune)
{
    return rune >= 0x3040 && rune < 0xA000 && rune != 0x30FB;
}

/* A full stop is small: an engine drops it, or takes it for a Latin mark. The ink tells that something stands there. */
static void close_sentence(const struct tsk_ink *ink, char *text, size_t room)
{
    static const char stop[] = "。";
    uint32_t rune = 0, last = 0, before = 0;
    const char *at = text, *last_at = text;

    while (at[0] != '\0') {
        const char *here = at;

        if (tsk_utf8_next(&at, &rune) != 1)
            break;
        before = last;
        last = rune;
        last_at = here;
    }
    if (ink->count == 0 || !ink->lines[ink->count - 1].ends_small)
        return;
    if (japanese(before) && last < 0x80 && strlen(text) + sizeof(stop) < room)
        memcpy(text + (last_at - text), stop, sizeof(stop));
    else if (japanese(last) && (int)letters_of(text) < cells_of(ink) && strlen(text) + sizeof(stop) < room)
        memcpy(text + strlen(text), stop, sizeof(stop));
}

static void decide_free(const struct tsk_lexicon *lexicon, const struct tsk_ink *ink, const struct tsk_read *first,
                        const struct tsk_read *second, struct tsk_decision *out)
{
    double *f = out->features;
    struct tsk_consensus *consensus = calloc(1, sizeof(*consensus));

    if (consensus == NULL)
        return;
    tsk_consensus_of(lexicon, first, second, consensus);
    memcpy(out->value, consensus->text, sizeof(out->value));
    close_sentence(ink, out->value, sizeof(out->value));
    f[TSK_F_DISTANCE] = consensus->open;
    f[TSK_F_EXACT] = consensus->open <= 0;
    f[TSK_F_MARGIN] = consensus->covered;
    f[TSK_F_FORMED] = consensus->least;
    f[TSK_F_PRIOR] = consensus->repaired;
    free(consensus);
}

/* The digits network's number against those of the models: two of three carry it. */
static void third_opinion(const struct tsk_question *question, const bool formed[2], struct tsk_decision *out)
{
    double *f = out->features;

    if (question->number == NULL || question->number[0] == '\0')
        return;
    for (int r = 0; r < 2; r++)
        if (formed[r] && strcmp(out->read[r], question->number) == 0)
            snprintf(out->value, sizeof(out->value), "%s", question->number);
    if (!formed[0] && !formed[1])
        snprintf(out->value, sizeof(out->value), "%s", question->number);
    f[TSK_F_BOTH] = strcmp(out->value, question->number) == 0;
    f[TSK_F_MARGIN] = f[TSK_F_BOTH] > 0 ? question->number_p : -question->number_p;
    f[TSK_F_FORMED] = 1;
}

/* The best of the readings. Without it no institution may stand in the place of what was read. */
static double own_letters(const struct tsk_lexicon *lexicon, const char *value, const struct tsk_read *reads,
                          size_t read_count)
{
    double most = 0;

    for (size_t r = 0; r < read_count; r++)
        most = fmax(most, tsk_lexicon_own_letters(lexicon, value, reads[r].glyphs, reads[r].count));
    return most;
}

static void decide_listed(const struct tsk_lexicon *lexicon, const struct tsk_question *question,
                          const struct tsk_read *reads, size_t read_count, struct tsk_decision *out)
{
    bool formed[2] = { false, false }, same;
    double *f = out->features, own = 1;
    struct pool pool;

    for (size_t r = 0; r < read_count; r++)
        formed[r] = as_read(question->kind, &reads[r], out->read[r], sizeof(out->read[r]));
    make_pool(lexicon, question, reads, read_count, &pool);
    if (read_count == 2 && formed[0] && formed[1] && class_of(question->kind) == TSK_SCORE_PATTERN)
        f[TSK_F_DISAGREE] = strcmp(out->read[0], out->read[1]) == 0 ? 0 : fmax(f[TSK_F_DISAGREE], 0.1);
    same = read_count == 2 && f[TSK_F_DISAGREE] <= 0;
    snprintf(out->value, sizeof(out->value), "%s",
             read_count == 2 && !formed[0] && formed[1] ? out->read[1] : out->read[0]);
    lexicon_into(&pool, read_count, out->value, f);
    if (question->kind == TSK_LEXICON_INSTITUTION)
        own = pool.count > 0 ? own_letters(lexicon, pool.at[0].value, reads, read_count) : 0;
    if (pool.count > 0 && f[TSK_F_DISTANCE] <= reach(question->kind, same) && own >= OWN_LEAST)
        snprintf(out->value, sizeof(out->value), "%s", pool.at[0].value);
    lexicon_into(&pool, read_count, out->value, f);
    f[TSK_F_BOTH] = same && f[TSK_F_EXACT] > 0;
    f[TSK_F_FORMED] = formed[0] || (read_count == 2 && formed[1]) ? own : 0;
    if (question->kind == TSK_LEXICON_PHONE)
        third_opinion(question, formed, out);
    for (size_t i = 0; i < pool.count; i++)
        add_other(out, pool.at[i].value, 0.2);
}

void tsk_decide(const struct tsk_lexicon *lexicon, const struct tsk_question *question, const struct tsk_ink *ink,
                const struct tsk_read *reads, size_t read_count, struct tsk_decision *out)
{
    const struct tsk_read *second = read_count > 1 ? &reads[1] : &reads[0];
    double *f = out->features;

    memset(out, 0, sizeof(*out));
    for (size_t r = 0; r < read_count; r++)
        plain_text(reads[r].text, out->read[r], sizeof(out->read[r]));
    f[TSK_F_DISAGREE] = disagreement(&reads[0], second);
    if (class_of(question->kind) == TSK_SCORE_FREE)
        decide_free(lexicon, ink, &reads[0], second, out);
    else
        decide_listed(lexicon, question, reads, read_count, out);
    ink_into(question, ink, out->value, f);
    f[TSK_F_SAME] = read_count == 2 && f[TSK_F_DISAGREE] <= 0;
    f[TSK_F_LEAST_1] = reads[0].least;
    f[TSK_F_MEAN_1] = reads[0].mean;
    f[TSK_F_LEAST_2] = second->least;
    f[TSK_F_MEAN_2] = second->mean;
    f[TSK_F_LENGTH] = log1p((double)letters_of(out->value));
    f[TSK_F_KEPT] = strcmp(out->value, out->read[0]) == 0;
    out->score = weigh(tsk_text_weights[class_of(question->kind)], f, TSK_FEATURES);
    for (size_t r = 0; r < read_count; r++)
        add_other(out, out->read[r], 0.3);
}
