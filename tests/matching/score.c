#include "score.h"

#include <stdio.h>
#include <stdlib.h>

#include "matching/weights.h"

static void see(void *ctx, const struct tsk_office_look *look)
{
    struct tsk_match_score *score = ctx;
    struct tsk_identity *cases = calloc(look->case_count + 1, sizeof *cases);
    struct tsk_match match;
    bool first;

    if (cases == NULL)
        abort();
    for (size_t i = 0; i < look->case_count; i++)
        cases[i] = look->cases[i].identity;
    tsk_match_find(&match, &tsk_match_weights, &look->identity, look->sheet->has_outcome, cases, look->case_count);
    first = match.candidate_count > 0 && (int)match.candidates[0].index == look->known;
    score->sheets++;
    score->known += look->known >= 0;
    score->first += look->known >= 0 && first;
    score->asked += match.answer == TSK_MATCH_ASK;
    score->linked += match.answer == TSK_MATCH_SAME;
    score->linked_wrong += match.answer == TSK_MATCH_SAME && !first;
    score->opened += match.answer == TSK_MATCH_NEW;
    score->opened_wrong += match.answer == TSK_MATCH_NEW && look->known >= 0;
    free(cases);
}

int tsk_match_score_years(struct tsk_match_score *score, uint64_t seed, int years, int referrals, struct tsk_err *err)
{
    struct tsk_names *names = NULL;
    struct tsk_history history = { 0 };
    int rc = tsk_names_load(&names, TASUKI_SOURCE_DIR "/config/data", 1, err);

    *score = (struct tsk_match_score){ 0 };
    for (int year = 0; rc == 0 && year < years; year++) {
        rc = tsk_history_tell(&history, names, seed + (uint64_t)year, referrals, err);
        if (rc == 0)
            rc = tsk_office_play(&history, seed + (uint64_t)year, see, score, err);
        tsk_history_free(&history);
    }
    tsk_names_free(&names);
    return rc;
}

void tsk_match_score_print(const struct tsk_match_score *score)
{
    double linked_right = (double)(score->linked - score->linked_wrong);

    printf("sheets %ld, of them with a case that is there %ld\n", score->sheets, score->known);
    printf("linked by itself %ld, right %.3f %%; recall %.2f %%\n", score->linked,
           100 * linked_right / (double)score->linked, 100 * linked_right / (double)score->known);
    printf("opened by itself %ld, right %.3f %%\n", score->opened,
           100.0 * (double)(score->opened - score->opened_wrong) / (double)score->opened);
    printf("asked %.2f %%; true case first among the candidates %.2f %%\n",
           100.0 * (double)score->asked / (double)score->sheets, 100.0 * (double)score->first / (double)score->known);
}
