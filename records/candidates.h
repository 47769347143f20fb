/*
 * candidates - "which case is this?": the cases of the office that could be a sheet's, and what agrees and what differs
 *
 * Method     The cases that matching (records/link.h) holds likeliest, best first, each with what the sheet and the newest
 *            sheet of the case say. It proposes and links nothing.
 */
#ifndef TASUKI_RECORDS_CANDIDATES_H
#define TASUKI_RECORDS_CANDIDATES_H

#include "records/store.h"

enum tsk_likeness { TSK_LIKE_UNKNOWN, TSK_LIKE_AGREES, TSK_LIKE_DIFFERS };

enum { TSK_CANDIDATE_FACTS = 8 };
extern const char *const tsk_candidate_facts[TSK_CANDIDATE_FACTS]; /* name, kana, birth, sex, address, … */

struct tsk_candidate {
    const char *case_number, *opened;
    int64_t sheet; /* that was compared */
    const char *values[TSK_CANDIDATE_FACTS];
    enum tsk_likeness likeness[TSK_CANDIDATE_FACTS];
    int agrees, differs, sheet_count;
    double probability;
};

struct tsk_candidates {
    const char *values[TSK_CANDIDATE_FACTS]; /* of the sheet itself */
    struct tsk_candidate *items;
    size_t count;
};

int tsk_candidates_of(struct tsk_candidates *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet,
                      struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

#endif
