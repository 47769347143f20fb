/*
 * judging - what the parts of the judge hand to one another (inside ocr/judge only)
 *
 * Order      dates choose whole dates among readings; then every value gets its confidence; then groups, names and the
 *            written dates raise their doubts; last, derived values are worked out.
 */
#ifndef TASUKI_OCR_JUDGING_H
#define TASUKI_OCR_JUDGING_H

#include "base/date.h"
#include "ocr/judge/judge.h"

struct tsk_judging {
    const struct tsk_judge_rules *rules;
    const struct tsk_form *form;
    struct tsk_reading *reading;
    int64_t received_ms;      /* 0: unknown */
    struct tsk_date received; /* its day in Japan */
};

/* calibration.c */
double tsk_calibrated(const struct tsk_calibration *calibration, const char *group, double score);
double tsk_calibration_accept_from(const struct tsk_calibration *calibration, const char *group, double tolerated);
const char *tsk_calibration_group(const struct tsk_field *field, const struct tsk_value *value);

/* dates.c */
void tsk_judge_choose_dates(struct tsk_judging *judging); /* scores and values of the cells, before calibration */
void tsk_judge_doubt_dates(struct tsk_judging *judging);  /* window, order, age; and the derived dates */

/* groups.c */
void tsk_judge_groups(struct tsk_judging *judging);

/* names.c */
void tsk_judge_names(struct tsk_judging *judging); /* kana against kanji, ward against town */

/* judge.c */
bool tsk_value_is_empty(const struct tsk_value *value);
/* A doubt about an accepted or unaccepted value: to a person, with reason and problem. */
void tsk_judge_doubt(struct tsk_judging *judging, struct tsk_value *value, const char *reason, const char *text);

#endif
