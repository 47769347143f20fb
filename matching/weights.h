/* weights - the counted shares behind matching/match.h, and the thresholds that follow from them */
#ifndef TASUKI_MATCHING_WEIGHTS_H
#define TASUKI_MATCHING_WEIGHTS_H

#include "matching/compare.h"

enum tsk_relation { /* of a sheet to a case */
                    TSK_RELATION_CASE,
                    TSK_RELATION_PATIENT, /* the same patient's other referral */
                    TSK_RELATION_FAMILY,  /* twin, spouse, namesake */
                    TSK_RELATION_STRANGER,
                    TSK_RELATION_COUNT
};

struct tsk_match_weights {
    /* natural logarithm of the share of each agreement; kana and name are counted together, for they fail together */
    double name[TSK_RELATION_COUNT][TSK_AGREE_COUNT][TSK_AGREE_COUNT];
    double fact[TSK_RELATION_COUNT][TSK_FACT_COUNT][TSK_AGREE_COUNT];
    double known_referral, known_outcome; /* share of sheets whose case is there already */
    double patient, family;               /* per sheet, candidates of the two middle relations */
    double same_min, new_min;             /* probability from which the answer is given without a person */
};

extern const struct tsk_match_weights tsk_match_weights;

#endif
