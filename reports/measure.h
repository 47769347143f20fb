/* measure - the words that reports.yaml counts by, over the entries of one office and period; private to reports/ */
#ifndef TASUKI_REPORTS_MEASURE_H
#define TASUKI_REPORTS_MEASURE_H

#include "records/activity.h"

struct tsk_entries { /* of one office, in one period */
    struct tsk_contacts contacts;
    struct tsk_gatherings gatherings;
    struct tsk_days opened;
};

struct tsk_measure;

/* NULL if there is none of that name. */
const struct tsk_measure *tsk_measure_named(const char *name);
bool tsk_measure_has_counterpart(const struct tsk_measure *measure);

int tsk_entries_load(struct tsk_entries *out, struct tsk_store *store, const struct tsk_scope *scope,
                     const char *office, const char *first, const char *last, struct tsk_arena *arena,
                     struct tsk_err *err) TSK_MUST_USE;

#define TSK_BINS_MAX 40
/* Adds what the measure counts into values[bin_of(day)]; the last of bins is the sum over all. counterpart NULL = every. A case
 * counts once a bin, however many entries name it. */
struct tsk_bins {
    size_t count; /* with the sum */
    size_t (*bin_of)(const void *ctx, const char *day);
    const void *ctx;
};
int tsk_measure_count(int64_t *values, const struct tsk_measure *measure, const struct tsk_entries *entries,
                      const char *counterpart, const struct tsk_bins *bins, struct tsk_arena *arena,
                      struct tsk_err *err) TSK_MUST_USE;

#endif
