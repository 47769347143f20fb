/*
 * marks - ticked boxes and circled words
 *
 * Promise    Fills chosen, cancelled, score, review and reason of a mark or circle value. Four states an option: empty,
 *            marked, corrected (struck out: listed in cancelled, never chosen), ambiguous (always to a person).
 *            Group rules ("exactly one") are judged later, in ocr/judge, which knows the block.
 * Groups     Where one answer is wanted, beside a clear mark what looks rather empty is empty, and what was struck out is no
 *            question.
 * score      Certainty of the least certain option, 0..1.
 */
#ifndef TASUKI_OCR_MARKS_H
#define TASUKI_OCR_MARKS_H

#include "forms/reading.h"
#include "ocr/digits/weights.h"
#include "ocr/register/register.h"

struct tsk_mark_nets { /* what a ticked box and a ringed word look like */
    struct tsk_weights boxes, words;
};

int tsk_mark_nets_read(struct tsk_mark_nets *out, const char *data_dir, struct tsk_err *err) TSK_MUST_USE;

/* nets NULL: options are judged by what is measured alone. */
int tsk_marks_read(const struct tsk_blanks *blanks, const struct tsk_mark_nets *nets, const struct tsk_map *map,
                   const struct tsk_page *page, const struct tsk_field *field, struct tsk_value *value,
                   struct tsk_err *err) TSK_MUST_USE;

enum { TSK_BOX_EMPTY, TSK_BOX_MARKED, TSK_BOX_STRUCK }; /* the network's classes; its others are not used */

/* Log odds that there is a mark in the picture of a box, struck out or not; and that a mark there is struck out. */
void tsk_mark_picture_odds(const struct tsk_net *net, const struct tsk_net_glyph *picture, double *ink, double *struck);

#define TSK_MARK_TERMS_MAX 12

struct tsk_mark_terms { /* what one option is weighed by; for fitting the weights */
    size_t option, count;
    double terms[TSK_MARK_TERMS_MAX];
    double odds;                  /* log odds with the present weights */
    int strikes;                  /* level strokes through it */
    struct tsk_net_glyph picture; /* as its network sees it */
};

int tsk_marks_terms(const struct tsk_blanks *blanks, const struct tsk_map *map, const struct tsk_page *page,
                    const struct tsk_field *field, size_t option, struct tsk_mark_terms *out,
                    struct tsk_err *err) TSK_MUST_USE;

#endif
