/*
 * marks - ticked boxes and circled words
 *
 * Promise    Fills chosen, cancelled, score, review and reason of a mark or circle value. Four states an option: empty,
 *            marked, corrected (struck out: listed in cancelled, never chosen), ambiguous (always to a person).
 *            Group rules ("exactly one") are judged later, in ocr/judge, which knows the block.
 * score      Certainty of the least certain option, 0..1.
 */
#ifndef TASUKI_OCR_MARKS_H
#define TASUKI_OCR_MARKS_H

#include "forms/reading.h"
#include "ocr/register/register.h"

int tsk_marks_read(const struct tsk_blanks *blanks, const struct tsk_map *map, const struct tsk_page *page,
                   const struct tsk_field *field, struct tsk_value *value, struct tsk_err *err) TSK_MUST_USE;

#define TSK_MARK_TERMS_MAX 12

struct tsk_mark_terms { /* what one option is weighed by; for fitting the weights */
    size_t option, count;
    double terms[TSK_MARK_TERMS_MAX];
    double odds; /* log odds with the present weights */
    int strikes; /* level strokes through it */
};

int tsk_marks_terms(const struct tsk_blanks *blanks, const struct tsk_map *map, const struct tsk_page *page,
                    const struct tsk_field *field, size_t option, struct tsk_mark_terms *out,
                    struct tsk_err *err) TSK_MUST_USE;

#endif
