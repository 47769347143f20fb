/*
 * match - which case a sheet belongs to: the same, none of them, or a question for a person
 *
 * Method     Fellegi and Sunter (1969), "A theory for record linkage": how often each agreement is seen among sheets of one
 *            case, of one patient's other referral, of relatives, and of strangers, counted over generated histories
 *            (matching/train). The shares of the four are weighed by Bayes over all candidates and "none of them" at once.
 * Promise    Never "same" against a value that both sides are sure of (kana and name, birth date, sex, day of referral),
 *            never without a name and a second fact that agree; never "new" for an outcome. When in doubt the answer is
 *            TSK_MATCH_ASK.
 * Thresholds Chosen by the tool that made the weights, from the tolerated share of wrong links; see weights.c.
 */
#ifndef TASUKI_MATCHING_MATCH_H
#define TASUKI_MATCHING_MATCH_H

#include "matching/compare.h"

struct tsk_match_weights; /* matching/weights.h; the standard ones are tsk_match_weights */

enum tsk_match_answer { TSK_MATCH_NEW, TSK_MATCH_SAME, TSK_MATCH_ASK };

struct tsk_match_candidate {
    size_t index; /* among the cases handed in */
    double probability;
    struct tsk_comparison comparison;
};

#define TSK_MATCH_CANDIDATES_MAX 8

struct tsk_match {
    enum tsk_match_answer answer;
    double new_probability;                                          /* that it belongs to none of them */
    struct tsk_match_candidate candidates[TSK_MATCH_CANDIDATES_MAX]; /* best first */
    size_t candidate_count;
};

/* has_outcome: the hospital's part is filled in, so that its referral most likely came before. */
void tsk_match_find(struct tsk_match *out, const struct tsk_match_weights *weights, const struct tsk_identity *sheet,
                    bool has_outcome, const struct tsk_identity *cases, size_t case_count);

/* A QR code names the case. SAME only if the name and another fact that the page shows do not speak against it: a
 * prefilled sheet may have been photocopied for the next patient. Never NEW. */
enum tsk_match_answer tsk_match_named(const struct tsk_identity *sheet, const struct tsk_identity *named);

#endif
