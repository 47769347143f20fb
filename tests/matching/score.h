/* score - how the matcher answered over invented years of an office, against the truth */
#ifndef TASUKI_TESTS_MATCHING_SCORE_H
#define TASUKI_TESTS_MATCHING_SCORE_H

#include "matching/train/office.h"

struct tsk_match_score {
    long sheets, known; /* known: their case was there already */
    long linked, linked_wrong;
    long opened, opened_wrong; /* answered "new" although the case was there */
    long asked, first;         /* first: the true case is the best candidate, or it is linked */
};

int tsk_match_score_years(struct tsk_match_score *score, uint64_t seed, int years, int referrals, struct tsk_err *err);
void tsk_match_score_print(const struct tsk_match_score *score);

#endif
