#include "matching/match.h"

#include <math.h>
#include <string.h>

#include "matching/weights.h"

static bool agrees(enum tsk_agreement agreement)
{
    return agreement == TSK_AGREE_SURE || agreement == TSK_AGREE_EQUAL || agreement == TSK_AGREE_OTHER;
}

static double log_share(const struct tsk_match_weights *weights, const struct tsk_comparison *comparison,
                        enum tsk_relation relation)
{
    double sum = weights->name[relation][comparison->facts[TSK_FACT_KANA]][comparison->facts[TSK_FACT_NAME]];

    for (size_t i = TSK_FACT_NAME + 1; i < TSK_FACT_COUNT; i++)
        sum += weights->fact[relation][i][comparison->facts[i]];
    return sum;
}

/* How much likelier the comparison is if the sheet is of this case than if it is not. */
static double evidence(const struct tsk_match_weights *weights, const struct tsk_comparison *comparison,
                       size_t case_count)
{
    double of_case = log_share(weights, comparison, TSK_RELATION_CASE);
    double shares[TSK_RELATION_COUNT] = { [TSK_RELATION_PATIENT] = weights->patient / (double)case_count,
                                          [TSK_RELATION_FAMILY] = weights->family / (double)case_count };
    double others = 0;

    shares[TSK_RELATION_STRANGER] = 1 - shares[TSK_RELATION_PATIENT] - shares[TSK_RELATION_FAMILY];
    for (int i = TSK_RELATION_PATIENT; i < TSK_RELATION_COUNT; i++)
        others += shares[i] * exp(log_share(weights, comparison, (enum tsk_relation)i) - of_case);
    return 1 / others;
}

/* Both sides are sure of it, and it is not the same. The day of a referral may have been corrected by a few. */
static bool speaks_against(const struct tsk_comparison *comparison)
{
    static const enum tsk_fact decisive[] = { TSK_FACT_KANA, TSK_FACT_NAME, TSK_FACT_BIRTH, TSK_FACT_SEX };

    for (size_t i = 0; i < sizeof decisive / sizeof decisive[0]; i++)
        if (comparison->sure[decisive[i]] && comparison->facts[decisive[i]] >= TSK_AGREE_NEAR)
            return true;
    return comparison->facts[TSK_FACT_REFERRED] == TSK_AGREE_CONTRADICTS;
}

static bool is_supported(const struct tsk_comparison *comparison)
{
    return (agrees(comparison->facts[TSK_FACT_KANA]) || agrees(comparison->facts[TSK_FACT_NAME])) &&
           (agrees(comparison->facts[TSK_FACT_BIRTH]) || agrees(comparison->facts[TSK_FACT_REFERRED]));
}

/* Keeps the list sorted, best first; what falls out at the end is forgotten. */
static void keep(struct tsk_match *match, const struct tsk_match_candidate *candidate)
{
    size_t at = match->candidate_count;

    if (at == TSK_MATCH_CANDIDATES_MAX) {
        if (match->candidates[--at].probability >= candidate->probability)
            return;
    } else {
        match->candidate_count++;
    }
    while (at > 0 && match->candidates[at - 1].probability < candidate->probability) {
        match->candidates[at] = match->candidates[at - 1];
        at--;
    }
    match->candidates[at] = *candidate;
}

/* The move of somebody whose referral is not here is looked at by a person, even if it is certain that it is not here. */
static enum tsk_match_answer answer(const struct tsk_match *match, const struct tsk_match_weights *weights,
                                    bool has_outcome)
{
    const struct tsk_match_candidate *best = &match->candidates[0];

    if (match->candidate_count > 0 && best->probability >= weights->same_min)
        return is_supported(&best->comparison) && !speaks_against(&best->comparison) ? TSK_MATCH_SAME : TSK_MATCH_ASK;
    return match->new_probability >= weights->new_min && !has_outcome ? TSK_MATCH_NEW : TSK_MATCH_ASK;
}

void tsk_match_find(struct tsk_match *out, const struct tsk_match_weights *weights, const struct tsk_identity *sheet,
                    bool has_outcome, const struct tsk_identity *cases, size_t case_count)
{
    double known = has_outcome ? weights->known_outcome : weights->known_referral;
    double none = case_count > 0 ? 1 - known : 1;
    double sum = none;

    *out = (struct tsk_match){ .new_probability = 1 };
    for (size_t i = 0; i < case_count; i++) {
        struct tsk_match_candidate candidate = { .index = i };
        tsk_identity_compare(&candidate.comparison, sheet, &cases[i]);
        candidate.probability = known / (double)case_count * evidence(weights, &candidate.comparison, case_count);
        sum += candidate.probability;
        keep(out, &candidate);
    }
    for (size_t i = 0; i < out->candidate_count; i++)
        out->candidates[i].probability /= sum;
    out->new_probability = none / sum;
    out->answer = answer(out, weights, has_outcome);
}

enum tsk_match_answer tsk_match_named(const struct tsk_identity *sheet, const struct tsk_identity *named)
{
    struct tsk_comparison comparison;

    tsk_identity_compare(&comparison, sheet, named);
    if (speaks_against(&comparison) || comparison.facts[TSK_FACT_KANA] >= TSK_AGREE_FAMILY ||
        comparison.facts[TSK_FACT_NAME] >= TSK_AGREE_FAMILY)
        return TSK_MATCH_ASK;
    return is_supported(&comparison) &&
                   (agrees(comparison.facts[TSK_FACT_BIRTH]) || comparison.facts[TSK_FACT_BIRTH] == TSK_AGREE_UNKNOWN)
               ? TSK_MATCH_SAME
               : TSK_MATCH_ASK;
}
