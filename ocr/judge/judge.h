/*
 * judge - from engine scores to decisions: calibrated confidence, rules within a group, contradictions between fields
 *
 * Promise    Sets confidence, review, reason, derived and problems of a page whose values were filled in by the engines.
 *            Only lowers what an engine believed: a value that a rule doubts goes to a person, with the reason.
 *            Eras: 平成 is pre-printed; a date that, as printed, lies more than 2 years before reception or after it is
 *            never accepted, and the 令和 date is its first alternative.
 */
#ifndef TASUKI_OCR_JUDGE_H
#define TASUKI_OCR_JUDGE_H

#include <stdint.h>

#include "forms/reading.h"

struct tsk_calibration;

int tsk_calibration_load(struct tsk_calibration **out, const char *path, struct tsk_err *err) TSK_MUST_USE;
void tsk_calibration_free(struct tsk_calibration **calibration);
const char *tsk_calibration_version(const struct tsk_calibration *calibration);

/* tolerated: share of accepted values that may be wrong, e.g. 0.001. received_ms 0 = unknown (dates then need review). */
int tsk_judge(const struct tsk_calibration *calibration, const struct tsk_form *form, double tolerated, int64_t received_ms,
              struct tsk_reading *reading, struct tsk_err *err) TSK_MUST_USE;

#endif
