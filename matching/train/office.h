/*
 * office - a history played through an office: sheets arrive, the matcher answers, people settle what it asks
 *
 * People     Answer every question rightly; seven of ten cases are confirmed before their next sheet comes.
 */
#ifndef TASUKI_MATCHING_TRAIN_OFFICE_H
#define TASUKI_MATCHING_TRAIN_OFFICE_H

#include "matching/match.h"
#include "matching/train/histories.h"

struct tsk_office_case {
    int case_id, person, family;
    struct tsk_identity identity;
};

struct tsk_office_look { /* one sheet as it meets the cases of that moment */
    const struct tsk_told_sheet *sheet;
    struct tsk_identity identity;
    const struct tsk_office_case *cases;
    size_t case_count;
    int known; /* place of its own case among them, or -1 */
};

typedef void tsk_office_see(void *ctx, const struct tsk_office_look *look);

/* Calls see for every sheet in turn. */
int tsk_office_play(const struct tsk_history *history, uint64_t seed, tsk_office_see *see, void *ctx,
                    struct tsk_err *err) TSK_MUST_USE;

#endif
