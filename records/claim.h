/*
 * claim - who has a sheet on the screen, so that two people do not work on the same one without knowing
 *
 * Promise    A claim hinders nobody from looking and protects nothing by itself: what two people write is kept apart by the
 *            sheet's revision. It lives as long as its holder is heard of at least every TSK_CLAIM_MS; after that, or by taking
 *            over, it is somebody else's. Opening, taking over and
 *            letting go are in the audit chain.
 */
#ifndef TASUKI_RECORDS_CLAIM_H
#define TASUKI_RECORDS_CLAIM_H

#include "records/store.h"

#define TSK_CLAIM_MS (INT64_C(2) * 60 * 1000)

struct tsk_claim {
    int64_t sheet;
    const char *by, *since; /* since: UTC stamp */
};

struct tsk_claims {
    struct tsk_claim *items;
    size_t count;
};

/* *out: whose the sheet is after the call. *own is false when it stayed with somebody else, because take_over was. Called again
 * by the holder it says that the holder is still there. */
int tsk_claim_take(struct tsk_claim *out, bool *own, struct tsk_store *store, const struct tsk_scope *scope,
                   int64_t sheet, const char *by, bool take_over, int64_t now_ms, struct tsk_arena *arena,
                   struct tsk_err *err) TSK_MUST_USE;
/* What is not by's stays. */
int tsk_claim_release(struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet, const char *by,
                      struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
/* Living ones. sheet 0 = of every sheet. */
int tsk_claim_list(struct tsk_claims *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet,
                   int64_t now_ms, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

#endif
