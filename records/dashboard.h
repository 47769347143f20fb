/*
 * dashboard - counts for charts: no row of these names a patient
 *
 * Days       Japan's. from and to are days, both inclusive.
 * Moves      A move counts once, however many faxes and calls told of it: by case, kind of outcome and day.
 */
#ifndef TASUKI_RECORDS_DASHBOARD_H
#define TASUKI_RECORDS_DASHBOARD_H

#include "records/store.h"

struct tsk_figure {
    const char *label, *part; /* a day and a source, an outcome, a hospital, an age */
    double value, more;
    int64_t count;
};

struct tsk_figures {
    struct tsk_figure *items;
    size_t count;
};

struct tsk_period {
    const char *office;    /* NULL = every in scope */
    const char *from, *to; /* YYYY-MM-DD */
};

enum tsk_chart {
    TSK_CHART_RECEIVED,  /* label day, part source: count of documents */
    TSK_CHART_WAITING,   /* label day of confirmation: value median, more 90th percentile, in hours; count sheets */
    TSK_CHART_FIELDS,    /* label day of reception: value accepted without a person, count of all */
    TSK_CHART_OUTCOMES,  /* label outcome: count of moves */
    TSK_CHART_HOSPITALS, /* label hospital: value answered, more median days to the answer, count referrals */
    TSK_CHART_OPEN_AGE,  /* label 0-7, 8-30, 31-90, 91-180, 181-: count of cases without an outcome */
    TSK_CHART_COUNT
};

const char *tsk_chart_name(enum tsk_chart chart);

/* now: the stamp that ages are counted to. */
int tsk_dashboard(struct tsk_figures *out, enum tsk_chart chart, struct tsk_store *store, const struct tsk_scope *scope,
                  const struct tsk_period *period, const char *now, struct tsk_arena *arena,
                  struct tsk_err *err) TSK_MUST_USE;

#endif
