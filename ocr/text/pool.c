#include "ocr/text/pool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ocr/text/lexicon_parts.h"

#define MATCHES_MAX 8
#define FITTED 14       /* the first so many are laid over the ink */
#define FIT_LETTER 80.0 /* squared distance that makes one wrong letter */
#define FIT_MOST 1.5    /* wrong letters that one counts for at most */
#define MENDED_AT 0.4   /* letters that do not fit, from which on the numbers of an address are looked at one by one */
#define MEND_GAIN 0.4
#define UNREAD_AT 0.5 /* letters of each letter by which the nearest entry differs from what was read */
#define UNFIT 1.5     /* letters of what was read that do not fit: the ink is poor */
#define LAID_MAX 2048
#define LAID_HEARD 2.0   /* that a letter not heard counts for */
#define LAID_FIT 2.0     /* letters of each letter that do not fit, or are not heard */
#define LAID_MORE 1.2    /* the same, more than those of what was read */
#define LAID_MARGIN 1.5  /* letters by which the next institution fits less */
#define HEARD_LETTER 8.0 /* nats of a network that make one wrong letter */
#define WEIGHT_MODELS 0.4
#define WEIGHT_SHAPES 0.15
#define WEIGHT_FIT 0.35

static void add(struct tsk_pool *pool, const struct tsk_match *match, size_t from)
{
    size_t i = 0;

    while (i < pool->count && strcmp(pool->at[i].value, match->value) != 0)
        i++;
    if (i == TSK_POOL_MAX)
        return;
    if (i == pool->count) {
        pool->count++;
        pool->at[i] =
            (struct tsk_candidate){ .distance = { -1, -1, -1 }, .prior = match->prior, .entry = match->entry };
        memcpy(pool->at[i].value, match->value, sizeof(match->value));
    }
    pool->at[i].distance[from] = match->distance;
    pool->at[i].prior = fmin(pool->at[i].prior, match->prior);
}

double tsk_fit_letters(struct tsk_shape_lattice *lattice, const char *text)
{
    if (lattice == NULL)
        return 0;
    return fmin(tsk_shape_lattice_fit(lattice, text).excess / FIT_LETTER, FIT_MOST * (double)tsk_utf8_length(text));
}

double tsk_fit_most(struct tsk_shape_lattice *lattice, const char *text)
{
    if (lattice == NULL)
        return 0;
    return tsk_shape_lattice_fit_bounded(lattice, text, FIT_MOST * FIT_LETTER).excess / FIT_LETTER;
}

static double of_models(const struct tsk_candidate *candidate, size_t read_count)
{
    return read_count == 2 ? (candidate->distance[0] + candidate->distance[1]) / 2 : candidate->distance[0];
}

/* The networks know no rare letters, and names have them. */
static double weight_of_heard(enum tsk_lexicon_kind kind)
{
    switch (kind) {
    case TSK_LEXICON_TOWN:
    case TSK_LEXICON_DEPARTMENT:
        return 1.6;
    case TSK_LEXICON_INSTITUTION:
    case TSK_LEXICON_WARD:
        return 0.8;
    case TSK_LEXICON_KANA:
    case TSK_LEXICON_RELATION:
        return 0.4;
    case TSK_LEXICON_SURNAME:
    case TSK_LEXICON_PERSON:
    case TSK_LEXICON_FREE:
    case TSK_LEXICON_PHONE:
    case TSK_LEXICON_EMAIL:
    case TSK_LEXICON_KINDS:
        break;
    }
    return 0;
}

static void weigh(const struct tsk_pool *pool, struct tsk_candidate *candidate, bool shapes)
{
    double models = of_models(candidate, pool->read_count);

    candidate->sum = !shapes ? models
                             : (WEIGHT_MODELS * models + WEIGHT_SHAPES * candidate->distance[2] +
                                WEIGHT_FIT * candidate->most + pool->heard_weight * candidate->heard) /
                                   (WEIGHT_MODELS + WEIGHT_SHAPES + WEIGHT_FIT + pool->heard_weight);
}

static void sort(struct tsk_pool *pool)
{
    for (size_t i = 1; i < pool->count; i++) {
        struct tsk_candidate moved = pool->at[i];
        size_t k = i;

        while (k > 0 && pool->at[k - 1].sum + pool->at[k - 1].prior > moved.sum + moved.prior) {
            pool->at[k] = pool->at[k - 1];
            k--;
        }
        pool->at[k] = moved;
    }
}

/* An entry that is near to one reading only is taken to be as far from the other as that one's last, and half a letter. */
static void fill(struct tsk_pool *pool, const double beyond[3])
{
    for (size_t i = 0; i < pool->count; i++)
        for (size_t r = 0; r < 3; r++)
            if (pool->at[i].distance[r] < 0)
                pool->at[i].distance[r] = beyond[r];
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static const char *numbers_of(const char *address)
{
    while (*address != '\0' && !is_digit(*address))
        address++;
    return address;
}

/* Letters by which the networks hear a text less than what they hear best. */
static double hear(const struct tsk_pool *pool, const struct tsk_question *question, const char *text)
{
    const double most = FIT_MOST * (double)tsk_utf8_length(text);
    double sum = 0;
    int voices = 0;

    for (size_t r = 0; r < TSK_COUNT(pool->best_heard); r++) {
        if (question->by.heard[r] == NULL || question->by.heard[r]->steps == 0)
            continue;
        voices++;
        sum += fmin(most, fmax(0, tsk_heard_cost(question->by.heard[r], text) - pool->best_heard[r]) / HEARD_LETTER);
    }
    return voices > 0 ? sum / voices : 0;
}

double tsk_heard_letters(const struct tsk_question *question, const struct tsk_read *reads, size_t read_count,
                         const char *text)
{
    double sum = 0;

    for (size_t r = 0; r < read_count; r++) {
        const struct tsk_heard *heard = question->by.heard[r];

        if (heard != NULL && heard->steps > 0)
            sum += (tsk_heard_cost(heard, text) - tsk_heard_cost(heard, reads[r].text)) / HEARD_LETTER;
    }
    return read_count > 0 ? sum / (double)read_count : 0;
}

static void hear_all(struct tsk_pool *pool, const struct tsk_question *question, const struct tsk_read *reads,
                     size_t read_count)
{
    for (size_t r = 0; r < TSK_COUNT(pool->best_heard); r++) {
        pool->best_heard[r] = INFINITY;
        if (question->by.heard[r] == NULL)
            continue;
        for (size_t i = 0; i < read_count; i++)
            pool->best_heard[r] = fmin(pool->best_heard[r], tsk_heard_cost(question->by.heard[r], reads[i].text));
        for (size_t i = 0; i < pool->count; i++)
            pool->best_heard[r] = fmin(pool->best_heard[r], tsk_heard_cost(question->by.heard[r], pool->at[i].value));
    }
    for (size_t i = 0; i < pool->count; i++)
        pool->at[i].heard = hear(pool, question, pool->at[i].value);
}

static void fit_all(struct tsk_pool *pool, struct tsk_shape_lattice *lattice, bool listed)
{
    double worst = 0;

    for (size_t i = 0; i < pool->count; i++) {
        pool->at[i].fit = i < FITTED ? tsk_fit_letters(lattice, pool->at[i].value) : worst + 1;
        pool->at[i].most = pool->at[i].fit;
        if (listed && i < FITTED)
            pool->at[i].most = tsk_fit_most(lattice, pool->at[i].value);
        worst = fmax(worst, pool->at[i].most);
        weigh(pool, &pool->at[i], true);
    }
    sort(pool);
}

/* The best town with the numbers of the others: one reading may have the town right and another the numbers. */
static void cross_numbers(struct tsk_pool *pool, const struct tsk_question *question)
{
    const struct tsk_candidate best = pool->at[0];
    const int words = (int)(numbers_of(best.value) - best.value);

    for (size_t i = 1, count = pool->count; i < count && pool->count < TSK_POOL_MAX; i++) {
        struct tsk_candidate made = best;
        const char *numbers = numbers_of(pool->at[i].value);
        size_t known = 0;

        if (numbers[0] == '\0' ||
            snprintf(made.value, sizeof(made.value), "%.*s%s", words, best.value, numbers) >= (int)sizeof(made.value))
            continue;
        while (known < pool->count && strcmp(pool->at[known].value, made.value) != 0)
            known++;
        if (known < pool->count)
            continue;
        made.prior += tsk_address_oddity(numbers) - tsk_address_oddity(numbers_of(best.value));
        made.most = made.fit = tsk_fit_letters(question->by.lattice, made.value);
        made.heard = hear(pool, question, made.value);
        weigh(pool, &made, true);
        pool->at[pool->count++] = made;
    }
    sort(pool);
}

/* Digits of the best address, one by one: whichever fits the ink clearly better. */
static void mend_numbers(struct tsk_pool *pool, const struct tsk_question *question)
{
    struct tsk_candidate *best = &pool->at[0];

    for (char *at = best->value + (numbers_of(best->value) - best->value); *at != '\0' && best->fit > MENDED_AT; at++) {
        char kept = *at;

        for (char digit = '0'; digit <= '9' && is_digit(kept); digit++) {
            double fit;

            *at = digit;
            fit = tsk_fit_letters(question->by.lattice, best->value);
            if (fit + MEND_GAIN < best->fit) {
                best->most = best->fit = fit;
                kept = digit;
            }
        }
        *at = kept;
    }
    best->heard = hear(pool, question, best->value);
    weigh(pool, best, true);
}

static bool nobody_read(const struct tsk_pool *pool)
{
    return pool->count == 0 || pool->at[0].sum > UNREAD_AT * (double)tsk_utf8_length(pool->at[0].value);
}

/* Where the readings are near to no institution, each is laid over the ink; one that fits as no other does comes first. */
static void lay_all(const struct tsk_lexicon *lexicon, const struct tsk_question *question,
                    const struct tsk_read *reads, size_t read_count, struct tsk_pool *pool)
{
    struct tsk_match *all = calloc(LAID_MAX, sizeof(*all));
    size_t count = all != NULL ? tsk_lexicon_institutions(lexicon, question->suffix, all, LAID_MAX) : 0, best = 0;
    double fit[2] = { INFINITY, INFINITY }, read = INFINITY, length;

    for (size_t r = 0; r < read_count; r++)
        read = fmin(read, tsk_fit_most(question->by.lattice, reads[r].text));

    for (size_t i = 0; i < count; i++) {
        double letters =
            tsk_fit_most(question->by.lattice, all[i].value) + LAID_HEARD * hear(pool, question, all[i].value);

        if (letters < fit[0]) {
            if (all[i].entry != all[best].entry)
                fit[1] = fit[0];
            fit[0] = letters;
            best = i;
        } else if (all[i].entry != all[best].entry) {
            fit[1] = fmin(fit[1], letters);
        }
    }
    length = count > 0 ? (double)tsk_utf8_length(all[best].value) : 0;
    if (count > 0 && read >= UNFIT && fit[0] <= read + LAID_MORE * length && fit[0] <= LAID_FIT * length &&
        fit[1] - fit[0] >= LAID_MARGIN) {
        size_t kept = pool->count < TSK_POOL_MAX ? pool->count : TSK_POOL_MAX - 1;

        memmove(&pool->at[1], &pool->at[0], kept * sizeof(pool->at[0]));
        pool->count = kept + 1;
        pool->by_ink = true;
        pool->at[0] = (struct tsk_candidate){ .distance = { length, length, length },
                                              .fit = tsk_fit_letters(question->by.lattice, all[best].value),
                                              .most = fit[0],
                                              .prior = all[best].prior,
                                              .sum = length,
                                              .entry = all[best].entry };
        memcpy(pool->at[0].value, all[best].value, sizeof(all[best].value));
    }
    free(all);
}

void tsk_pool_make(const struct tsk_lexicon *lexicon, const struct tsk_question *question, const struct tsk_read *reads,
                   size_t read_count, struct tsk_pool *pool)
{
    const struct tsk_read *all[3] = { &reads[0], read_count == 2 ? &reads[1] : NULL, question->by.shape };
    struct tsk_match matches[MATCHES_MAX];
    double beyond[3] = { 0, 0, 0 };

    *pool = (struct tsk_pool){ .read_count = read_count, .heard_weight = weight_of_heard(question->kind) };
    for (size_t r = 0; r < 3; r++) {
        size_t found = all[r] == NULL ? 0
                                      : tsk_lexicon_nearest(lexicon, question->kind, question->ward, question->suffix,
                                                            all[r]->glyphs, all[r]->count, matches, MATCHES_MAX);

        for (size_t i = 0; i < found; i++)
            add(pool, &matches[i], r);
        beyond[r] = found > 0 ? matches[found - 1].distance + 0.5 : all[r] != NULL ? (double)all[r]->count : 0;
    }
    fill(pool, beyond);
    for (size_t i = 0; i < pool->count && question->kind == TSK_LEXICON_TOWN; i++)
        pool->at[i].prior += tsk_address_oddity(numbers_of(pool->at[i].value));
    for (size_t i = 0; i < pool->count; i++) {
        pool->at[i].most = pool->at[i].fit = of_models(&pool->at[i], read_count);
        weigh(pool, &pool->at[i], question->by.shape != NULL);
    }
    sort(pool);
    hear_all(pool, question, reads, read_count);
    if (question->by.lattice != NULL)
        fit_all(pool, question->by.lattice, question->kind == TSK_LEXICON_INSTITUTION);
    if (question->by.lattice != NULL && question->kind == TSK_LEXICON_INSTITUTION && nobody_read(pool))
        lay_all(lexicon, question, reads, read_count, pool);
    if (question->by.lattice != NULL && question->kind == TSK_LEXICON_TOWN && pool->count > 0) {
        cross_numbers(pool, question);
        mend_numbers(pool, question);
    }
}

bool tsk_pool_has(const struct tsk_pool *pool, const char *value)
{
    for (size_t i = 0; i < pool->count; i++)
        if (strcmp(pool->at[i].value, value) == 0)
            return true;
    return false;
}

const struct tsk_candidate *tsk_pool_rival(const struct tsk_pool *pool)
{
    for (size_t i = 1; i < pool->count; i++)
        if (pool->at[0].entry == NULL || pool->at[i].entry != pool->at[0].entry)
            return &pool->at[i];
    return NULL;
}
