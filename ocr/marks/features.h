/*
 * features - what is measured around one option, in millimetres and shares, and how sure each state is
 *
 * Internal to ocr/marks.
 */
#ifndef TASUKI_OCR_MARKS_FEATURES_H
#define TASUKI_OCR_MARKS_FEATURES_H

#include "forms/reading.h"
#include "ocr/digits/net.h"
#include "ocr/register/register.h"

/*
 * Ink that a pen cannot have left: specks, and level scratches a row or two high, as a line hit leaves them. What remains of
 * the foreign ink (marks) and of all ink (page) is evidence.
 */
struct evidence {
    PIX *marks, *page;
};

int evidence_new(struct evidence *out, const struct tsk_patch *patch);
void evidence_free(struct evidence *evidence);

struct box_features {
    double removed; /* mm2 in the box that were taken for scratches */
    double inside;  /* share of the box's clear inside that is inked */
    double area;    /* mm2 of foreign ink in the box and close around it */
    double ring;    /* share of directions in which foreign ink stands outside the box */
    double across;  /* foreign ink's extent over the box's, the smaller of width and height */
    double fringe;  /* mm2 of ink along the printed walls that is wider than they are */
    double printed; /* share of the printed outline that is there */
    int strikes;    /* level strokes that run through the box and out on both sides */
    double error_mm;
};

/* -1: no memory */
int box_measure(const struct tsk_patch *patch, struct tsk_rect box, struct box_features *out);

struct circle_features {
    double ring;                     /* share of directions from the word in which foreign ink surrounds it */
    double left, right, top, bottom; /* the same, a quarter each */
    double ends;                     /* the weaker of left and right: a neighbour's ring never has both */
    double inside;                   /* mm2 of foreign ink on the word itself */
    int strikes;                     /* level strokes through the word */
    double printed;
    double error_mm;
};

void circle_measure(const struct tsk_patch *patch, const struct evidence *evidence, struct tsk_rect word,
                    double room_mm, struct circle_features *out);

void box_picture(const struct tsk_patch *patch, struct tsk_rect box, struct tsk_net_glyph *out);
void word_picture(const struct tsk_patch *patch, struct tsk_rect word, struct tsk_net_glyph *out);

/* Log odds that the option is marked (or struck out: a strike is ink too). */
double box_odds(const struct box_features *f);
double circle_odds(const struct circle_features *f);
double both_odds(double measured, double net); /* of a box: what is measured and what the network sees */
double ring_odds(double measured, double net); /* the same of a word */

struct seen {   /* what its network makes of an option; log odds */
    bool asked; /* false: there is nothing to ask about, or no network */
    double ink, struck;
};

struct verdict { /* on one option */
    enum tsk_mark_state state;
    double odds;
    double certainty;   /* 0.5 .. 1 */
    const char *reason; /* NULL: none */
    int strikes;
    double struck; /* log odds that a mark here was struck out */
    bool removed;  /* so much was taken for scratches that it may have been a mark */
    bool lost;     /* rows are missing here: what the line took away nobody can call empty */
    bool rest;     /* what looks like a mark may be a rest of broken rows */
};

/* verdict.c */
struct verdict judge_box(const struct box_features *f, const struct seen *seen);
struct verdict judge_circle(const struct circle_features *f, const struct seen *seen);
bool verdict_proposed(const struct verdict *v);      /* as marked: a person decides where it is unsure */
void verdict_settle(struct verdict *v, double odds); /* marked or empty, as sure as these odds */
void verdict_doubt_rest(struct verdict *v);          /* what looks like a mark may be a rest of broken rows */

/* group.c: what the options of a field say about one another */
void settle_group(const struct tsk_field *field, struct verdict *verdicts);
size_t box_terms(const struct box_features *f, double *terms);
size_t circle_terms(const struct circle_features *f, double *terms);

/* How far a ring may reach sideways from the word's edge: to the middle of the nearest word on the same line. */
double circle_room(const struct tsk_field *field, size_t option);
struct tsk_rect field_extent(const struct tsk_field *field);

/* Ink of a rectangle of the blank (mm) in a plane of the patch: px, and how many px the rectangle has. */
int patch_ink(const struct tsk_patch *patch, PIX *plane, struct tsk_rect mm, int *total);
/* Is there ink on the way from (x, y) mm outwards, dx, dy mm far? */
bool patch_ray(const struct tsk_patch *patch, PIX *plane, double x, double y, double dx, double dy);
/* Level strokes of a pen's width that cross rect and reach reach_mm beyond it on both sides. */
int patch_strikes(const struct tsk_patch *patch, struct tsk_rect rect, double reach_mm);
double patch_printed(const struct tsk_patch *patch, struct tsk_rect rect);

#endif
