/*
 * schema - form.yaml as it is written, before inheritance and checks
 *
 * Promise    One schema: what stands here is all that a form.yaml may hold. A member that the file does not give is NULL or
 *            0, so that an edition can override single members of what it inherits.
 */
#ifndef TASUKI_FORMS_SCHEMA_H
#define TASUKI_FORMS_SCHEMA_H

#include <cyaml/cyaml.h>
#include <stdbool.h>

struct tsk_raw_option {
    char *value, *label;
    double box[4];
};

struct tsk_raw_field {
    char *id, *label, *block;
    int kind;   /* enum tsk_field_kind + 1 */
    int choose; /* enum tsk_choose + 1 */
    struct tsk_raw_option *options;
    unsigned options_count;
    double box[4];
    int lines_max, digits_max;
    char *lexicon, *suffix, *only_if, *means;
    bool *required;
};

struct tsk_raw_repeat { /* rows that are alike: fields become ID_1.PART, ID_2.PART, … */
    char *id, *label, *block, *date_role;
    double *tops; /* upper edge of each row; y of a box in here counts from it */
    unsigned tops_count;
    struct tsk_raw_field *fields;
    unsigned fields_count;
};

struct tsk_raw_block {
    char *id, *label, *party;
};

struct tsk_raw_date {
    char *id, *role, *year, *month, *day, *era, *era_field, *age;
};

struct tsk_raw_print {
    char *id, *text, *font;
    double size_pt;
    int align; /* enum tsk_align + 1 */
    double box[4];
};

struct tsk_raw_form {
    char *inherits, *title, *language, *ward, *blank;
    double page[2], code[4];
    struct tsk_raw_block *blocks;
    unsigned blocks_count;
    struct tsk_raw_field *fields;
    unsigned fields_count;
    struct tsk_raw_repeat *repeats;
    unsigned repeats_count;
    struct tsk_raw_date *dates;
    unsigned dates_count;
    struct tsk_raw_print *prints;
    unsigned prints_count;
};

extern const cyaml_schema_value_t tsk_form_schema; /* of a struct tsk_raw_form */

#endif
