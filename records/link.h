/*
 * link - the second fax meets the first: which case a sheet belongs to
 *
 * Promise    Only a certain match links by itself, only a referral that is certainly of no case opens one; the rest waits as
 *            "which case?" (matching/match.h). A sheet that a person linked stays where it is.
 * Code       A sheet that we printed names its case (records/sheet_code.h). It is linked there only if name and birth date on the
 *            page do not speak against it; else that case is the first candidate, and a person decides.
 * Candidates Cases of the sheet's own office that were opened in the last TSK_LINK_DAYS before its reception and were not
 *            merged into another. What a case is known by is the surest value among its sheets, the newest of equals.
 */
#ifndef TASUKI_RECORDS_LINK_H
#define TASUKI_RECORDS_LINK_H

#include "matching/match.h"
#include "records/case.h"

#define TSK_LINK_DAYS 800

struct tsk_link_candidate {
    const char *case_number;
    double probability;
    struct tsk_comparison comparison;
    struct tsk_identity sheet, known; /* keys for comparing, not what was written */
};

struct tsk_link {
    enum tsk_match_answer answer;
    struct tsk_link_candidate candidates[TSK_MATCH_CANDIDATES_MAX]; /* best first */
    size_t candidate_count;
};

/* Changes nothing. TSK_REJECT when the scope does not see the sheet. */
int tsk_link_find(struct tsk_link *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet,
                  struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* Links or opens when that is certain and the sheet has no case yet. number is "" when a person is asked. */
int tsk_link_settle(char number[TSK_CASE_NUMBER_SIZE], struct tsk_store *store, int64_t sheet,
                    struct tsk_err *err) TSK_MUST_USE;
/* The same after a person changed the sheet; only once no value waits any more: half a correction must open no case. */
int tsk_link_corrected(char number[TSK_CASE_NUMBER_SIZE], struct tsk_store *store, int64_t sheet,
                       struct tsk_err *err) TSK_MUST_USE;

#endif
