/*
 * overview - all offices beside each other for 健康局: total, mean, minimum, maximum, also of those that opened in the same year
 *
 * Source     Layout of the table "会議・研修 出席回数" in 大阪市's account of H29: measure; then total, mean (min–max) of all, of each cohort.
 * Means      Are half-up to one decimal, in whole numbers of tenths.
 * Small      The table of totals hides nothing. The list of single offices, when it is handed to others, hides counts from 1 up to
 *            small_below-1, and as many more as are needed so that no total, and no part of a sum, tells them.
 */
#ifndef TASUKI_REPORTS_OVERVIEW_H
#define TASUKI_REPORTS_OVERVIEW_H

#include "config/counting.h"
#include "records/store.h"
#include "reports/count.h"

struct tsk_overview_office {
    const char *name, *ward; /* ward: 5-digit code */
    int64_t *values;         /* one a measure of counting->overview */
    bool *hidden;            /* the same */
};

struct tsk_overview_cell {
    int64_t total, mean_tenths, min, max;
};

struct tsk_overview_group { /* all offices, then the cohorts */
    const char *title;
    size_t office_count;
    struct tsk_overview_cell *cells; /* one a measure */
};

struct tsk_overview {
    const struct tsk_counting *counting;
    const char *first, *last;
    struct tsk_overview_office *offices;
    size_t office_count;
    struct tsk_overview_group *groups;
    size_t group_count;
    bool *total_hidden; /* one a measure; only where there are too few offices to hide one behind */
};

/* offices: with their values; they are kept, hidden is made. */
int tsk_overview_from(struct tsk_overview *out, const struct tsk_counting *counting,
                      struct tsk_overview_office *offices, size_t count, struct tsk_arena *arena,
                      struct tsk_err *err) TSK_MUST_USE;
/* Counted from the logs of every office of the configuration that is in scope. */
int tsk_overview_make(struct tsk_overview *out, struct tsk_store *store, const struct tsk_scope *scope,
                      const struct tsk_counting *counting, const struct tsk_config *config,
                      const struct tsk_count_period *period, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
void tsk_overview_hide_small(struct tsk_overview *overview);

#define TSK_OVERVIEW_HIDDEN "x"
enum tsk_overview_part { TSK_OVERVIEW_TOTALS, TSK_OVERVIEW_OFFICES /* to be handed on: hide first */ };
int tsk_overview_csv(struct tsk_buf *out, const struct tsk_overview *overview, enum tsk_overview_part part,
                     enum tsk_csv_charset charset, struct tsk_err *err) TSK_MUST_USE;
/* The table, and bars of every measure: by group its mean with minimum and maximum, or by office. Appends the file to out. */
int tsk_overview_pdf(struct tsk_buf *out, const struct tsk_overview *overview, enum tsk_overview_part part,
                     struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

#endif
