/* identity - a sheet's and the cases' facts for matching, from their fields; private to records/ */
#ifndef TASUKI_RECORDS_IDENTITY_H
#define TASUKI_RECORDS_IDENTITY_H

#include "matching/identity.h"
#include "records/store.h"

struct tsk_known_case {
    const char *number;
    struct tsk_identity identity;
};

struct tsk_known_cases {
    struct tsk_known_case *items;
    size_t count;
};

int tsk_identity_of_sheet(struct tsk_identity *out, struct tsk_store *store, int64_t sheet, struct tsk_arena *arena,
                          struct tsk_err *err) TSK_MUST_USE;
/* opened_from: UTC stamp. */
int tsk_identities_of_cases(struct tsk_known_cases *out, struct tsk_store *store, const char *office,
                            const char *opened_from, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

#endif
