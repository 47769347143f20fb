/*
 * form - what a sheet is: one edition of one form, loaded from forms/<id>/<edition>/form.yaml
 *
 * Promise    A loaded form is complete and consistent: every box lies on the page, ids are unique, dates point to
 * fields that exist. An edition that inherits has its parent's fields already merged in. Nothing changes after loading.
 * Units      Millimetres on the blank, origin at the upper left corner of the page, x to the right, y down.
 * Ownership  Everything belongs to the set; tsk_forms_free() ends it. Strings are UTF-8 and never NULL ("" when
 * absent). Errors     TSK_REJECT with file, line and path of what is wrong ("forms/x/y/form.yaml:41: fields[3].box_mm:
 * …").
 */
#ifndef TASUKI_FORMS_FORM_H
#define TASUKI_FORMS_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/hash.h"

struct tsk_rect {
    double x, y, w, h; /* mm */
};

enum tsk_field_kind {
    TSK_FIELD_MARK,   /* printed boxes to tick */
    TSK_FIELD_CIRCLE, /* printed words to circle */
    TSK_FIELD_TEXT,
    TSK_FIELD_DIGITS, /* 1 to 4 digits in a cell */
    TSK_FIELD_IMAGE   /* kept as a picture only */
};

enum tsk_choose { TSK_CHOOSE_ONE, TSK_CHOOSE_MANY, TSK_CHOOSE_OPTIONAL /* none or one, none is no question */ };

struct tsk_option {
    const char *value;   /* identifier in records: "outpatient" */
    const char *label;   /* as printed: 外来紹介 */
    struct tsk_rect box; /* mark: outer edge of the printed box; circle: the printed word's ink */
};

struct tsk_field {
    const char *id;    /* "referral_date.year" */
    const char *label; /* Japanese, for people */
    const char *block; /* id of its block */
    enum tsk_field_kind kind;
    enum tsk_choose choose;     /* mark, circle */
    struct tsk_option *options; /* mark, circle */
    size_t option_count;
    struct tsk_rect box; /* text, digits, image: where people write */
    int lines_max;       /* text: 1, or how many lines are expected at most */
    int digits_max;      /* digits */
    const char
        *lexicon; /* "", or institution, department, town, surname, person, kana, phone, email, ward, relation, free */
    const char *suffix;  /* printed behind the field and no part of its value: 病院, 科, 先生 */
    const char *only_if; /* "", or "FIELD=OPTION": empty unless that option is chosen */
    const char *means;   /* "", or patient.name, patient.kana, patient.sex, patient.address, from.clinic, … */
    bool required;       /* blank in a block where something is written is a question */
};

struct tsk_block { /* a part of the sheet that one party fills in */
    const char *id, *label;
    const char *party; /* clinic, hospital, office, care_manager */
};

struct tsk_form_date {              /* year, month, day cells that are one date */
    const char *id;                 /* "referral_date": key in "derived" */
    const char *year, *month, *day; /* field ids */
    const char *era;                /* printed era id ("heisei"), or "" */
    const char *era_field;          /* id of a mark or circle field whose options are era ids, or "" */
    const char *role;               /* referral, move, issued, created, birth, valid_from, valid_to, log */
    const char *age;                /* id of the age field that belongs to a birth date, or "" */
};

enum tsk_align { TSK_ALIGN_LEFT, TSK_ALIGN_CENTER, TSK_ALIGN_RIGHT };

struct tsk_print {  /* text printed on the blank that differs between editions */
    const char *id; /* return_fax, ward, signer, … */
    const char *text;
    const char *font; /* pango family */
    double size_pt;
    enum tsk_align align; /* in its box */
    struct tsk_rect box;
    bool overridden; /* this edition's text differs from what blank.pdf shows: render it over, do not match it */
};

struct tsk_form {
    const char *id, *edition, *title, *language;
    const char *ward;          /* 5-digit code of the ward printed on it ("27115"), or "" */
    const char *dir;           /* folder of this edition */
    const char *blank_path;    /* blank.pdf, possibly the parent's */
    char hash[TSK_SHA256_HEX]; /* of form.yaml, and of those it inherits from */
    double page_w, page_h;     /* mm */
    struct tsk_rect code;      /* where a QR code may be printed, quiet zone included; w 0: nowhere */
    struct tsk_block *blocks;
    size_t block_count;
    struct tsk_field *fields;
    size_t field_count;
    struct tsk_form_date *dates;
    size_t date_count;
    struct tsk_print *prints;
    size_t print_count;
};

struct tsk_forms {
    struct tsk_form *forms;
    size_t count;
    void *owned;
};

/* Loads every forms/<id>/<edition>/form.yaml below each of dirs (missing dir = error). First error ends it. */
int tsk_forms_load(struct tsk_forms *out, const char *const *dirs, size_t dir_count, struct tsk_err *err) TSK_MUST_USE;
/* As above, but calls report for every fault and goes on; returns the number of faults (forms check). */
int tsk_forms_check(const char *const *dirs, size_t dir_count, void (*report)(void *ctx, const char *text), void *ctx);
void tsk_forms_free(struct tsk_forms *forms);

/* edition NULL: the first of that form, by name. NULL if there is none. */
const struct tsk_form *tsk_forms_find(const struct tsk_forms *forms, const char *id, const char *edition);
const struct tsk_field *tsk_form_field(const struct tsk_form *form, const char *field_id);
/* A date of the sheet's own time: it lies before reception, and not long before. Not so a birth, or an end of validity. */
bool tsk_form_date_is_recent(const struct tsk_form_date *date);
/* The day on which the sheet was written, when it has one: ages on it are counted for that day. */
bool tsk_form_date_is_of_sheet(const struct tsk_form_date *date);
int tsk_form_field_index(const struct tsk_form *form, const char *field_id); /* -1 if none */

#endif
