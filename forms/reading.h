/*
 * reading - what was read on one page: a form, its fields, each with a value, a confidence and a decision
 *
 * Promise    Reading is a proposal. A page that matched no form, or did not register, has no fields at all. The JSON is
 *            the output of `tasuki read`, one object a page, and what the confined reader sends over its pipe; the parser
 *            accepts nothing that is not of that shape and caps every length.
 * Ownership  tsk_reading_free() releases everything; strings are malloc'ed, UTF-8, never NULL after a successful call.
 * Memory     The setters return nothing: without memory they end the process, as the confined reader's ceiling wants it.
 * Print      Dump the JSON with JSON_COMPACT | JSON_REAL_PRECISION(6): a confidence has no more digits than that.
 */
#ifndef TASUKI_FORMS_READING_H
#define TASUKI_FORMS_READING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "forms/form.h"

enum tsk_page_state { TSK_PAGE_READ, TSK_PAGE_NO_FORM, TSK_PAGE_INCOMPLETE };

enum tsk_hand { TSK_HAND_NONE, TSK_HAND_TYPED, TSK_HAND_WRITTEN };

enum tsk_mark_state { TSK_MARK_EMPTY, TSK_MARK_MARKED, TSK_MARK_CORRECTED, TSK_MARK_AMBIGUOUS };

#define TSK_ALTERNATIVES_MAX 5
#define TSK_READING_CODE_MAX 64

struct tsk_alternative {
    char *value;
    double confidence;
};

struct tsk_value { /* of one field, in the order of the form's fields */
    char *id;
    enum tsk_field_kind kind;
    char *text;    /* text, digits, image: "" = blank */
    char **chosen; /* mark, circle: option values */
    size_t chosen_count;
    char **cancelled; /* options that were marked and then struck out */
    size_t cancelled_count;
    double score;      /* the engine's own, uncalibrated */
    double confidence; /* calibrated: share of such values that are right */
    bool review;       /* a person must look */
    char *reason;      /* "" or why, a short identifier: two_marks, low_confidence, date_after_reception, … */
    enum tsk_hand hand;
    bool blank;
    double registration_error_mm; /* of this field's surroundings */
    int box_px[4];                /* x, y, w, h on the upright page image as sent (square pixels not assumed) */
    struct tsk_alternative alternatives[TSK_ALTERNATIVES_MAX]; /* best first, without the value itself */
    size_t alternative_count;
};

struct tsk_problem { /* a contradiction between fields, in words for a person */
    char *field;
    char *code;
    char *text; /* Japanese */
};

struct tsk_derived { /* dates and codes worked out from several fields: "referral_date" -> "2015-04-12" */
    char *key, *value;
    bool sure; /* every part was accepted and nothing contradicts */
};

struct tsk_reading {
    char *file;
    int page; /* from 1 */
    enum tsk_page_state state;
    char *form, *edition, *form_hash; /* "" when none */
    char *reason;                     /* why no form, or incomplete; "" otherwise */
    int rotation;                     /* 0 or 180: how the received image must be turned */
    double registration_error_mm;
    int width_px, height_px; /* of the upright page image */
    double x_dpi, y_dpi;
    char *received; /* UTC stamp used as time of reception, or "" */
    char *code;     /* what the QR code on the page says, unverified; "" = none */
    struct tsk_value *values;
    size_t value_count;
    struct tsk_problem *problems;
    size_t problem_count;
    struct tsk_derived *derived;
    size_t derived_count;
};

/*
 * Room for one value per field of the form, in its order, all blank and in review; state is TSK_PAGE_READ.
 * form NULL: a page without a form, TSK_PAGE_NO_FORM.
 */
int tsk_reading_start(struct tsk_reading *out, const struct tsk_form *form, struct tsk_err *err) TSK_MUST_USE;
struct tsk_value *tsk_reading_value(const struct tsk_reading *reading, const char *field_id); /* NULL if none */
const char *tsk_reading_derived(const struct tsk_reading *reading, const char *key);          /* NULL if none */
bool tsk_value_has(const struct tsk_value *value, const char *option);

void tsk_value_set_text(struct tsk_value *value, const char *text);
void tsk_value_choose(struct tsk_value *value, const char *option);
void tsk_value_cancel(struct tsk_value *value, const char *option);
void tsk_value_review(struct tsk_value *value, const char *reason); /* the first reason stands */
void tsk_value_alternative(struct tsk_value *value, const char *text, double confidence);
void tsk_reading_problem(struct tsk_reading *reading, const char *field, const char *code, const char *format, ...)
    TSK_PRINTF(4, 5);
void tsk_reading_derive(struct tsk_reading *reading, const char *key, const char *value, bool sure);
void tsk_reading_set_code(struct tsk_reading *reading, const char *code);
void tsk_reading_free(struct tsk_reading *reading);

json_t *tsk_reading_to_json(const struct tsk_reading *reading) TSK_MUST_USE;
int tsk_reading_from_json(struct tsk_reading *out, const json_t *json, struct tsk_err *err) TSK_MUST_USE;

#endif
