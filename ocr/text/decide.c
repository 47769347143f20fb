#include "ocr/text/decide.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ocr/text/consensus.h"
#include "ocr/text/deciding.h"
#include "ocr/text/pool.h"

#define REACH_READ 0.8 /* of an entry that a model read letter for letter: poor ink fits nothing well */
#define OWN_LEAST 0.6  /* one of two letters may be that of any other name */
#define FIRST_HANDICAP 0.01
#define SHAPE_HANDICAP 0.8 /* letters that a reading of the shapes alone must fit better; and for each letter */
#define SHAPE_HANDICAP_LETTER 0.35
#define FIT_NEAR 1.2  /* letters by which two texts fit alike */
#define FIT_CLEAR 0.5 /* letters that do not fit: as good as none */
#define UNFIT 1.5     /* letters that do not fit: the ink is poor */
#define OWN_HALF 0.5
#define FIT_SAME 1.0
#define REACH_UNFIT 0.75
#define MARGIN_CLEAR 1.5
#define FIRST_SURE 0.85 /* least sure letter of the first model, from which on one that agrees with it is enough */

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

void tsk_decision_other(struct tsk_decision *decision, const char *value, double weight)
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

/* In names and free text て and で, 一 and 二 tell by one stroke: two opinions are not enough there. */
static bool may_skip(enum tsk_lexicon_kind kind)
{
    return class_of(kind) == TSK_SCORE_LISTED || kind == TSK_LEXICON_KANA;
}

bool tsk_decide_needs_more(const struct tsk_lexicon *lexicon, const struct tsk_question *question,
                           const struct tsk_read *read)
{
    const struct tsk_candidate *second;
    struct tsk_pool pool;

    if (may_skip(question->kind) && question->by.shape != NULL && read->least >= FIRST_SURE && read->count >= 2 &&
        disagreement(read, question->by.shape) <= 0)
        return false;
    if (question->kind != TSK_LEXICON_INSTITUTION && question->kind != TSK_LEXICON_DEPARTMENT)
        return true;
    tsk_pool_make(lexicon, question, read, 1, &pool);
    second = tsk_pool_rival(&pool);
    if (pool.count == 0 || read->count < 3 || pool.at[0].distance[0] > 0 || read->least < 0.8)
        return true;
    return second != NULL && second->distance[0] < 2;
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
    f[TSK_F_ROWS_BROKEN] = question->broken;
    f[TSK_F_ROWS_MISSING] = fmin(question->missing_mm, 1);
    f[TSK_F_ROWS_SPOILT] = fmin(question->spoilt_mm, 1);
    f[TSK_F_UNEVEN] = fmin(ink->uneven, 1);
    f[TSK_F_STROKES] = fmin(ink->stroke_spread, 1);
    f[TSK_F_THIN] = fmin(ink->stroke_mm, 1);
    f[TSK_F_BROKEN] = fmin(ink->broken, 8);
    f[TSK_F_MORE] = fmin(1, fmax(0, letters - cells) / cells);
    f[TSK_F_FEWER] = fmin(1, fmax(0, cells - letters) / cells);
    f[TSK_F_HAND] = tsk_hand_score(ink, question->coarse);
    f[TSK_F_PITCH] = letters > 0 ? fmin(4, wide / letters) : 4;
}

static void lexicon_into(const struct tsk_pool *pool, size_t read_count, const char *value, double *f)
{
    const struct tsk_candidate *best = &pool->at[0], *second = tsk_pool_rival(pool);
    double length, nearest;

    f[TSK_F_DISTANCE] = f[TSK_F_NEAREST] = 1;
    if (pool->count == 0)
        return;
    length = (double)letters_of(best->value);
    nearest = read_count == 2 ? fmin(best->distance[0], best->distance[1]) : best->distance[0];
    f[TSK_F_DISTANCE] = fmin(1, best->sum / length);
    f[TSK_F_NEAREST] = fmin(1, nearest / length);
    f[TSK_F_FARTHER] = read_count == 2 ? fmin(1, fmax(best->distance[0], best->distance[1]) / length) : 0;
    f[TSK_F_MARGIN] = second != NULL ? fmin(3, second->sum + second->prior - best->sum - best->prior) : 3;
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

static void decide_free(const struct tsk_lexicon *lexicon, const struct tsk_question *question,
                        const struct tsk_ink *ink, const struct tsk_read *first, const struct tsk_read *second,
                        struct tsk_decision *out)
{
    double *f = out->features;
    struct tsk_consensus *consensus = calloc(1, sizeof(*consensus));

    if (consensus == NULL)
        return;
    tsk_consensus_of(lexicon, first, second, &question->by, consensus);
    memcpy(out->value, consensus->text, sizeof(out->value));
    tsk_trim_strays(TSK_LEXICON_FREE, out->value);
    close_sentence(ink, out->value, sizeof(out->value));
    f[TSK_F_DISTANCE] = consensus->open;
    f[TSK_F_EXACT] = consensus->open <= 0;
    f[TSK_F_MARGIN] = consensus->covered;
    f[TSK_F_FORMED] = consensus->least;
    f[TSK_F_PRIOR] = consensus->repaired;
    f[TSK_F_LANGUAGE] = consensus->language;
    f[TSK_F_RIVAL] = consensus->rival;
    free(consensus);
}

/* The best of the readings. Without it no institution may stand in the place of what was read. */
static double own_letters(const struct tsk_lexicon *lexicon, const char *value, const struct tsk_question *question,
                          const struct tsk_read *reads, size_t read_count)
{
    double most = question->by.shape != NULL
                      ? tsk_lexicon_own_letters(lexicon, value, question->by.shape->glyphs, question->by.shape->count)
                      : 0;

    for (size_t r = 0; r < read_count; r++)
        most = fmax(most, tsk_lexicon_own_letters(lexicon, value, reads[r].glyphs, reads[r].count));
    return most;
}

/*
 * Of what the models read, what fits the ink best. What the shapes read fits it always, so it must be better by much: it cannot
 * tell 一 from ー. Returns by how many letters the chosen one of the models does not fit.
 */
static double choose_reading(const struct tsk_question *question, const struct tsk_read *reads, size_t read_count,
                             struct tsk_decision *out)
{
    double best = INFINITY;
    char value[1024];

    for (size_t r = 0; r < read_count; r++) {
        double fit;

        tsk_as_read(question->kind, &reads[r], value, sizeof(value));
        fit = tsk_fit_letters(question->by.lattice, value) + FIRST_HANDICAP * (double)r;
        if (value[0] != '\0' && fit < best) {
            best = fit;
            snprintf(out->value, sizeof(out->value), "%s", value);
        }
    }
    if (question->by.shape == NULL || question->by.shape->count == 0 || question->kind == TSK_LEXICON_TOWN)
        return best; /* in numbers shapes alone are weak */
    tsk_as_read(question->kind, question->by.shape, value, sizeof(value));
    if (SHAPE_HANDICAP + SHAPE_HANDICAP_LETTER * (double)question->by.shape->count < best &&
        out->features[TSK_F_DISAGREE] > 0)
        snprintf(out->value, sizeof(out->value), "%s", value);
    return best;
}

/* Where the reading itself does not fit the ink, the one institution that comes near to it does. */
static bool stands_out(const struct tsk_question *question, const struct tsk_pool *pool, const struct tsk_decision *out,
                       double own)
{
    const double *f = out->features;
    double read_fit = question->by.lattice != NULL ? tsk_fit_most(question->by.lattice, out->value) : 0;

    return question->kind == TSK_LEXICON_INSTITUTION && question->by.lattice != NULL && read_fit >= UNFIT &&
           own >= OWN_HALF && f[TSK_F_MARGIN] >= 1 && f[TSK_F_DISTANCE] <= REACH_UNFIT &&
           pool->at[0].most <= read_fit + FIT_SAME;
}

/* Names of institutions are made of words: 病院, 在宅, 介護. Where readings differ, the dictionary has a say there too. */
static void compose_reading(const struct tsk_lexicon *lexicon, const struct tsk_question *question,
                            const struct tsk_read *reads, size_t read_count, struct tsk_decision *out)
{
    struct tsk_consensus *consensus = NULL;

    if (question->kind != TSK_LEXICON_INSTITUTION || question->by.lattice == NULL || question->by.language == NULL ||
        (consensus = calloc(1, sizeof(*consensus))) == NULL)
        return;
    tsk_consensus_of(lexicon, &reads[0], &reads[read_count - 1], &question->by, consensus);
    if (consensus->text[0] != '\0') {
        snprintf(out->value, sizeof(out->value), "%s", consensus->text);
        out->features[TSK_F_LANGUAGE] = consensus->language;
        out->features[TSK_F_RIVAL] = consensus->rival;
    }
    free(consensus);
}

/*
 * May an entry stand in the place of what was read? Not when that fits the ink much better: then it is in no list, unless two
 * models read the entry as it is.
 */
static bool may_stand(const struct tsk_question *question, const struct tsk_pool *pool, const struct tsk_decision *out,
                      double read_fit, double own)
{
    const double *f = out->features;
    bool same = f[TSK_F_DISAGREE] <= 0 && (question->by.shape == NULL || pool->at[0].fit > FIT_NEAR);

    bool borne = own >= OWN_LEAST || (own > 0 && question->by.shape != NULL && pool->at[0].fit < FIT_CLEAR &&
                                      f[TSK_F_MARGIN] > MARGIN_CLEAR);

    if (pool->count == 0)
        return false;
    if (pool->by_ink || stands_out(question, pool, out, own))
        return true;
    if (!borne || f[TSK_F_DISTANCE] > (f[TSK_F_NEAREST] <= 0 ? REACH_READ : reach(question->kind, same)))
        return false;
    return pool->at[0].fit <= read_fit + FIT_NEAR ||
           (f[TSK_F_DISAGREE] <= 0 && f[TSK_F_NEAREST] <= 0 && f[TSK_F_FARTHER] <= 0);
}

static void keep_reading(const struct tsk_lexicon *lexicon, const struct tsk_question *question,
                         const struct tsk_read *reads, size_t read_count, struct tsk_decision *out)
{
    compose_reading(lexicon, question, reads, read_count, out);
    tsk_trim_strays(question->kind, out->value);
}

static void decide_listed(const struct tsk_lexicon *lexicon, const struct tsk_question *question,
                          const struct tsk_read *reads, size_t read_count, struct tsk_decision *out)
{
    double *f = out->features, own = 1, read_fit;
    struct tsk_pool pool;

    tsk_pool_make(lexicon, question, reads, read_count, &pool);
    read_fit = choose_reading(question, reads, read_count, out);
    lexicon_into(&pool, read_count, out->value, f);
    if (question->kind == TSK_LEXICON_INSTITUTION)
        own = pool.count > 0 ? own_letters(lexicon, pool.at[0].value, question, reads, read_count) : 0;
    if (may_stand(question, &pool, out, read_fit, own))
        snprintf(out->value, sizeof(out->value), "%s", pool.at[0].value);
    else
        keep_reading(lexicon, question, reads, read_count, out);
    lexicon_into(&pool, read_count, out->value, f);
    f[TSK_F_BOTH] = read_count == 2 && f[TSK_F_DISAGREE] <= 0 && f[TSK_F_EXACT] > 0;
    f[TSK_F_FORMED] = own;
    if (tsk_pool_rival(&pool) != NULL)
        f[TSK_F_SHAPE_MARGIN] = fmax(-3, fmin(3, tsk_pool_rival(&pool)->fit - pool.at[0].fit));
    if (tsk_pool_rival(&pool) != NULL)
        f[TSK_F_HEARD_RIVAL] = fmax(-3, fmin(3, tsk_pool_rival(&pool)->heard - pool.at[0].heard));
    for (size_t i = 0; i < pool.count; i++)
        tsk_decision_other(out, pool.at[i].value, 0.2);
    out->unlisted = pool.by_ink || (class_of(question->kind) == TSK_SCORE_LISTED && !tsk_pool_has(&pool, out->value));
}

/* How the value stands to the shapes, whatever decided it. */
static void shapes_into(const struct tsk_question *question, const char *value, double *f)
{
    uint32_t x[TSK_GLYPHS_MAX], y[TSK_GLYPHS_MAX];
    struct tsk_glyph glyphs[TSK_GLYPHS_MAX];
    struct tsk_shape_fit fit;
    size_t letters = tsk_glyphs_of(value, glyphs, TSK_GLYPHS_MAX);

    if (question->by.lattice == NULL || question->by.shape == NULL || letters == 0)
        return;
    fit = tsk_shape_lattice_fit(question->by.lattice, value);
    f[TSK_F_SHAPE_FIT] = fmin(2, fit.mean / 40);
    f[TSK_F_SHAPE_WORST] = fmin(3, fit.worst / 80);
    for (size_t i = 0; i < letters; i++)
        x[i] = glyphs[i].rune;
    for (size_t i = 0; i < question->by.shape->count; i++)
        y[i] = question->by.shape->glyphs[i].rune;
    f[TSK_F_SHAPE_OFF] = fmin(1, (double)tsk_edit_distance(x, letters, y, question->by.shape->count) / (double)letters);
    f[TSK_F_SHAPE_SAME] = f[TSK_F_SHAPE_OFF] <= 0;
    f[TSK_F_SHAPE_SURE] = question->by.shape->least;
}

static void heard_into(const struct tsk_question *question, const struct tsk_read *reads, size_t read_count,
                       const char *value, double *f)
{
    double letters = (double)tsk_utf8_length(value);

    if (letters > 0)
        f[TSK_F_HEARD] = fmax(0, fmin(1, tsk_heard_letters(question, reads, read_count, value) / letters));
}

void tsk_decide(const struct tsk_lexicon *lexicon, const struct tsk_question *question, const struct tsk_ink *ink,
                const struct tsk_read *reads, size_t read_count, struct tsk_decision *out)
{
    const struct tsk_read *second = read_count > 1 ? &reads[1] : &reads[0];
    double *f = out->features;

    memset(out, 0, sizeof(*out));
    for (size_t r = 0; r < read_count; r++)
        tsk_plain_text(reads[r].text, out->read[r], sizeof(out->read[r]));
    if (question->by.shape != NULL)
        tsk_plain_text(question->by.shape->text, out->read[2], sizeof(out->read[2]));
    f[TSK_F_DISAGREE] = disagreement(&reads[0], second);
    if (class_of(question->kind) == TSK_SCORE_FREE)
        decide_free(lexicon, question, ink, &reads[0], second, out);
    else if (class_of(question->kind) == TSK_SCORE_PATTERN)
        tsk_decide_pattern(question, reads, read_count, out);
    else
        decide_listed(lexicon, question, reads, read_count, out);
    shapes_into(question, out->value, f);
    heard_into(question, reads, read_count, out->value, f);
    ink_into(question, ink, out->value, f);
    f[TSK_F_SAME] = read_count == 2 && f[TSK_F_DISAGREE] <= 0;
    f[TSK_F_LEAST_1] = reads[0].least;
    f[TSK_F_MEAN_1] = reads[0].mean;
    f[TSK_F_LEAST_2] = second->least;
    f[TSK_F_MEAN_2] = second->mean;
    f[TSK_F_LENGTH] = log1p((double)letters_of(out->value));
    f[TSK_F_KEPT] = strcmp(out->value, out->read[0]) == 0;
    out->score = weigh(tsk_text_weights[class_of(question->kind)], f, TSK_FEATURES);
    if (out->unlisted)
        out->score = fmin(out->score, TSK_UNLISTED_MOST);
    for (size_t r = 0; r < read_count; r++)
        tsk_decision_other(out, out->read[r], 0.3);
}
