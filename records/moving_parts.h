/* moving_parts - what moving.c and moving_tables.c share; nobody else's business */
#ifndef TASUKI_RECORDS_MOVING_PARTS_H
#define TASUKI_RECORDS_MOVING_PARTS_H

#include "records/moving.h"

enum tsk_fate {
    TSK_FATE_MOVES,
    TSK_FATE_GOES, /* of the office, but nothing to the new site: it is deleted with the office */
    TSK_FATE_STAYS /* of the site */
};

#define TSK_MOVING_SPECIAL_MAX 3

struct tsk_moving_column {
    const char *name;
    bool reference;    /* a text that may name rows: "sheet:12" */
    const char *kind;  /* reference: SQL of what stands before the bare number, or NULL */
    const char *value; /* SQL that is taken in its place, or NULL */
    const char *table; /* a row number of this table without a foreign key, or NULL */
    bool zero;         /* 0 is no row */
};

struct tsk_moving_spec {
    const char *name;
    enum tsk_fate fate;
    const char *where; /* NULL: office_id = ?1 */
    const char *word;  /* by which a text names its rows: "sheet"; NULL */
    const char *same;  /* its rows have the numbers of this table, or NULL */
    struct tsk_moving_column columns[TSK_MOVING_SPECIAL_MAX];
};

extern const struct tsk_moving_spec tsk_moving_specs[]; /* parents first */
extern const size_t tsk_moving_spec_count;

#endif
