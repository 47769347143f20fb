/*
 * counting - what reports.yaml means: with whom the office has to do, which rows its reports have, in which order
 *
 * Why        The official layouts of 様式3, 様式4 and 様式10 and the names of all counterparts are the city's and change; they are data.
 * Where      reports.yaml beside tasuki.yaml; without one, the one that comes with Tasuki (config/data/reports.yaml).
 * Promise    Ids and keys are unique. What a row counts (`count`) is a word of records/activity.h; reports/ checks it.
 * Ownership  Everything belongs to the struct; tsk_counting_free() ends it. Strings are UTF-8 and never NULL.
 */
#ifndef TASUKI_CONFIG_COUNTING_H
#define TASUKI_CONFIG_COUNTING_H

#include <stdbool.h>

#include "config/config.h"

struct tsk_counterpart {
    const char *id;                     /* in records: never rename it while in use */
    const char *name;                   /* as printed */
    const char *key;                    /* one character that chooses it at the desk, or "" */
    struct tsk_strings directory_kinds; /* entries of the directory that are this counterpart */
    bool retired;                       /* no longer offered; old entries keep their row */
};

enum tsk_layout_period { TSK_PERIOD_MONTH, TSK_PERIOD_THIRD, TSK_PERIOD_YEAR };
enum tsk_layout_columns { TSK_COLUMNS_TOTAL, TSK_COLUMNS_DAYS, TSK_COLUMNS_MONTHS, TSK_COLUMNS_THIRDS };

struct tsk_layout_row {
    const char *title;
    const char *count;   /* "consultations" */
    bool by_counterpart; /* a row for each counterpart, and their sum */
};

struct tsk_layout {
    const char *id;    /* "monthly" */
    const char *form;  /* number of the 様式: "3"; "" = none */
    const char *title; /* 様式3 実績報告書（月報） */
    enum tsk_layout_period period;
    enum tsk_layout_columns columns; /* besides the sum, which is always there */
    struct tsk_layout_row *rows;
    size_t row_count;
};

struct tsk_cohort { /* offices that opened in the same year, for the overview */
    const char *title;
    struct tsk_strings wards; /* 5-digit codes */
};

struct tsk_overview_measure {
    const char *title, *unit, *count;
    const char *part_of; /* "" or the count that this one is a part of: a small part must not be told by the rest */
};

struct tsk_counting {
    struct tsk_counterpart *counterparts;
    size_t counterpart_count;
    struct tsk_layout *layouts;
    size_t layout_count;
    struct tsk_cohort *cohorts;
    size_t cohort_count;
    struct tsk_overview_measure *overview;
    size_t overview_count;
    int small_below; /* in what is handed to others, 1 … small_below-1 are not told */
    char *path;      /* of the file that was read */
};

/* site_dir: NULL for what comes with Tasuki. */
int tsk_counting_load(const struct tsk_counting **out, const char *site_dir, struct tsk_err *err) TSK_MUST_USE;
void tsk_counting_free(const struct tsk_counting **counting); /* NULL is fine */

/* By id, or by key; NULL if there is none. */
const struct tsk_counterpart *tsk_counting_counterpart(const struct tsk_counting *counting, const char *id);
/* The counterpart of an entry of the directory; NULL if no list names its kind. */
const struct tsk_counterpart *tsk_counting_of_kind(const struct tsk_counting *counting, const char *directory_kind);
/* By id, or by the number of its 様式. */
const struct tsk_layout *tsk_counting_layout(const struct tsk_counting *counting, const char *id);

#endif
