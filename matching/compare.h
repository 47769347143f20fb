/*
 * compare - how far two identities agree, fact by fact
 *
 * Promise    Symmetric, without memory of its own, and the same everywhere: no locale, no table.
 */
#ifndef TASUKI_MATCHING_COMPARE_H
#define TASUKI_MATCHING_COMPARE_H

#include "matching/identity.h"

enum tsk_agreement {
    TSK_AGREE_UNKNOWN,     /* one side does not say */
    TSK_AGREE_SURE,        /* equal, and both sides are sure */
    TSK_AGREE_EQUAL,       /* equal as read */
    TSK_AGREE_OTHER,       /* another reading of one side is equal */
    TSK_AGREE_NEAR,        /* a character or two apart: a misreading, or a twin */
    TSK_AGREE_FAMILY,      /* names: the surname agrees, the given name does not */
    TSK_AGREE_DIFFER,      /* as read */
    TSK_AGREE_CONTRADICTS, /* both sides are sure, and they differ; the day of a referral by more than a correction */
    TSK_AGREE_COUNT
};

struct tsk_comparison {
    enum tsk_agreement facts[TSK_FACT_COUNT];
    bool sure[TSK_FACT_COUNT]; /* both sides are: then even a near miss speaks against */
};

void tsk_identity_compare(struct tsk_comparison *out, const struct tsk_identity *a, const struct tsk_identity *b);

#endif
