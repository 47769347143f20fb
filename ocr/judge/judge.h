/*
 * judge - from engine scores to decisions: calibrated confidence, rules within a group, contradictions between fields
 *
 * Promise    Sets confidence, review, reason, derived and problems of a page whose values the engines filled in. Among the
 *            readings that an engine offers for the cells of one date it chooses the most likely whole date; otherwise it
 *            only lowers what an engine believed. What a rule doubts goes to a person, with the reason.
 * Eras       平成 is pre-printed on every sheet. A referral, move, issue, creation or log date that, as printed, lies more
 *            than 2 years before reception or after it is never accepted: its year goes to a person, and 令和 and the year
 *            as read is the first alternative of the year's field. An unknown time of reception lets no such date pass.
 * Confidence Of the value being right, from ocr/judge/calibration.json; the file also says from which confidence on a value
 *            of that kind and hand may be accepted for a tolerated share of silent errors.
 */
#ifndef TASUKI_OCR_JUDGE_H
#define TASUKI_OCR_JUDGE_H

#include <stdint.h>

#include "config/reference.h"
#include "forms/reading.h"
#include "ocr/text/lexicon.h"

struct tsk_calibration;

int tsk_calibration_load(struct tsk_calibration **out, const char *path, struct tsk_err *err) TSK_MUST_USE;
void tsk_calibration_free(struct tsk_calibration **calibration);
const char *tsk_calibration_version(const struct tsk_calibration *calibration); /* hash of the file */

struct tsk_judge_rules {
    const struct tsk_calibration *calibration; /* NULL: engine scores are taken as they are, and nothing is accepted */
    const struct tsk_lexicon *lexicon;         /* NULL: names are not compared with their kana */
    const struct tsk_reference *reference;     /* NULL: no ward is derived from an address */
    double tolerated;                          /* share of accepted values that may be wrong, e.g. 0.001 */
};

/* received_ms: time of reception, or 0 when nobody knows. */
int tsk_judge(const struct tsk_judge_rules *rules, const struct tsk_form *form, int64_t received_ms,
              struct tsk_reading *reading, struct tsk_err *err) TSK_MUST_USE;

#endif
