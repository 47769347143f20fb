/*
 * tasuki-match-weights SEED >matching/weights.c
 *
 * Counts how often sheets agree with their own case, with another referral of their patient, with relatives and with
 * strangers, over invented years of one half of the given names; then tries thresholds on years of other seeds and takes
 * the lowest whose share of wrong answers stays below the tolerated one.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/datadir.h"
#include "matching/train/office.h"
#include "matching/weights.h"

#define YEARS 24
#define REFERRALS 600
#define PROBABILITY_LEAST 0.99
#define TRIAL_MAX 100000
#define SMOOTHING 0.5
#define WRONG_TOLERATED 0.0004 /* half of what is promised: what is invented is not what comes */

static const char *const relations[] = { "case", "patient", "family", "stranger" };

struct counts {
    double name[TSK_RELATION_COUNT][TSK_AGREE_COUNT][TSK_AGREE_COUNT];
    double fact[TSK_RELATION_COUNT][TSK_FACT_COUNT][TSK_AGREE_COUNT];
    double pairs[TSK_RELATION_COUNT];
    double sheets[2], known[2]; /* referrals, outcomes */
};

static enum tsk_relation relation(const struct tsk_told_sheet *sheet, const struct tsk_office_case *of)
{
    if (sheet->case_id == of->case_id)
        return TSK_RELATION_CASE;
    if (sheet->person == of->person)
        return TSK_RELATION_PATIENT;
    return sheet->family != 0 && sheet->family == of->family ? TSK_RELATION_FAMILY : TSK_RELATION_STRANGER;
}

static void count_pair(struct counts *counts, const struct tsk_office_look *look, size_t at)
{
    enum tsk_relation of = relation(look->sheet, &look->cases[at]);
    struct tsk_comparison comparison;

    tsk_identity_compare(&comparison, &look->identity, &look->cases[at].identity);
    counts->pairs[of]++;
    counts->name[of][comparison.facts[TSK_FACT_KANA]][comparison.facts[TSK_FACT_NAME]]++;
    for (int i = TSK_FACT_NAME + 1; i < TSK_FACT_COUNT; i++)
        counts->fact[of][i][comparison.facts[i]]++;
}

static void count(void *ctx, const struct tsk_office_look *look)
{
    struct counts *counts = ctx;

    counts->sheets[look->sheet->has_outcome]++;
    counts->known[look->sheet->has_outcome] += look->known >= 0;
    for (size_t i = 0; i < look->case_count; i++)
        count_pair(counts, look, i);
}

static void share_row(double *out, const double *row, double pairs, double cells)
{
    for (int i = 0; i < TSK_AGREE_COUNT; i++)
        out[i] = log((row[i] + SMOOTHING) / (pairs + SMOOTHING * cells));
}

static void weigh(struct tsk_match_weights *out, const struct counts *counts)
{
    double sheets = counts->sheets[0] + counts->sheets[1];

    for (int r = 0; r < TSK_RELATION_COUNT; r++) {
        for (int k = 0; k < TSK_AGREE_COUNT; k++)
            share_row(out->name[r][k], counts->name[r][k], counts->pairs[r], TSK_AGREE_COUNT * TSK_AGREE_COUNT);
        for (int f = 0; f < TSK_FACT_COUNT; f++)
            share_row(out->fact[r][f], counts->fact[r][f], counts->pairs[r], TSK_AGREE_COUNT);
    }
    out->known_referral = counts->known[0] / counts->sheets[0];
    out->known_outcome = counts->known[1] / counts->sheets[1];
    out->patient = counts->pairs[TSK_RELATION_PATIENT] / sheets;
    out->family = counts->pairs[TSK_RELATION_FAMILY] / sheets;
    out->same_min = 2; /* until the trial: nothing is sure */
    out->new_min = 2;
}

static int tell_years(uint64_t seed, int half, tsk_office_see *see, void *ctx, struct tsk_err *err)
{
    struct tsk_names *names = NULL;
    struct tsk_history history = { 0 };
    char *dir = tsk_data_path("config/data");
    int rc = dir != NULL ? tsk_names_load(&names, dir, half, err) : tsk_fail(err, TSK_STOP, 0, "out of memory");

    for (uint64_t year = 0; rc == 0 && year < YEARS; year++) {
        rc = tsk_history_tell(&history, names, seed + year, REFERRALS, err);
        if (rc == 0)
            rc = tsk_office_play(&history, seed + year, see, ctx, err);
        tsk_history_free(&history);
    }
    tsk_names_free(&names);
    free(dir);
    return rc;
}

struct answer {
    double probability;
    bool right;
};

struct trial { /* what each answer would have been, by its probability */
    const struct tsk_match_weights *weights;
    struct answer same[TRIAL_MAX], none[TRIAL_MAX];
    size_t same_count, none_count;
};

static struct tsk_identity *identities(const struct tsk_office_look *look)
{
    struct tsk_identity *out = calloc(look->case_count + 1, sizeof *out);

    if (out == NULL)
        abort();
    for (size_t i = 0; i < look->case_count; i++)
        out[i] = look->cases[i].identity;
    return out;
}

static void try_sheet(void *ctx, const struct tsk_office_look *look)
{
    struct trial *trial = ctx;
    struct tsk_identity *cases = identities(look);
    struct tsk_match_weights weights = *trial->weights;
    struct tsk_match match;

    weights.same_min = 0; /* what the rules alone would let through */
    tsk_match_find(&match, &weights, &look->identity, look->sheet->has_outcome, cases, look->case_count);
    if (match.answer == TSK_MATCH_SAME && trial->same_count < TRIAL_MAX)
        trial->same[trial->same_count++] =
            (struct answer){ match.candidates[0].probability, (int)match.candidates[0].index == look->known };
    if (trial->none_count < TRIAL_MAX)
        trial->none[trial->none_count++] = (struct answer){ match.new_probability, look->known < 0 };
    free(cases);
}

static int best_first(const void *a, const void *b)
{
    const struct answer *x = a;
    const struct answer *y = b;

    return (x->probability < y->probability) - (x->probability > y->probability);
}

/* Not below PROBABILITY_LEAST, however well it went. The lowest probability down to which wrong answers, one more than seen, stay within what is tolerated. */
static double threshold(struct answer *answers, size_t count)
{
    double least = 2;
    size_t wrong = 0;

    qsort(answers, count, sizeof *answers, best_first);
    for (size_t i = 0; i < count; i++) {
        wrong += !answers[i].right;
        if (((double)wrong + 1) / (double)(i + 1) <= WRONG_TOLERATED)
            least = answers[i].probability;
    }
    return least > PROBABILITY_LEAST ? least : PROBABILITY_LEAST;
}

static void print_rows(const double (*rows)[TSK_AGREE_COUNT], int count)
{
    for (int i = 0; i < count; i++) {
        fputs("            { ", stdout);
        for (int j = 0; j < TSK_AGREE_COUNT; j++)
            printf("%s%.3f", j > 0 ? ", " : "", rows[i][j]);
        puts(" },");
    }
}

static void print_weights(const struct tsk_match_weights *weights)
{
    puts("/* Made by tasuki-match-weights (matching/train/fit.c). Do not edit: change the tool and run it again. */\n"
         "#include \"matching/weights.h\"\n\n/* clang-format off */\n"
         "const struct tsk_match_weights tsk_match_weights = {\n    .name = {");
    for (int r = 0; r < TSK_RELATION_COUNT; r++) {
        printf("        { /* %s: a row for each agreement of the kana */\n", relations[r]);
        print_rows(weights->name[r], TSK_AGREE_COUNT);
        puts("        },");
    }
    puts("    },\n    .fact = {");
    for (int r = 0; r < TSK_RELATION_COUNT; r++) {
        printf("        { /* %s: a row for each fact */\n", relations[r]);
        print_rows(weights->fact[r], TSK_FACT_COUNT);
        puts("        },");
    }
    printf("    },\n    .known_referral = %.4f,\n    .known_outcome = %.4f,\n", weights->known_referral,
           weights->known_outcome);
    printf("    .patient = %.4f,\n    .family = %.4f,\n    .same_min = %.9g,\n    .new_min = %.9g,\n};\n",
           weights->patient, weights->family, weights->same_min, weights->new_min);
}

int main(int argc, char **argv)
{
    static struct counts counts;
    static struct trial trial;
    static struct tsk_match_weights weights;
    struct tsk_err err = { 0 };
    uint64_t seed = argc == 2 ? strtoull(argv[1], NULL, 10) : 1;

    trial.weights = &weights;
    if (tell_years(seed * 1000, 0, count, &counts, &err) != 0)
        goto fail;
    weigh(&weights, &counts);
    if (tell_years(seed * 1000 + 500, 0, try_sheet, &trial, &err) != 0)
        goto fail;
    weights.same_min = threshold(trial.same, trial.same_count);
    weights.new_min = threshold(trial.none, trial.none_count);
    print_weights(&weights);
    return 0;
fail:
    fprintf(stderr, "tasuki-match-weights: %s\n", err.text);
    return 1;
}
