#include "ocr/judge/judge.h"

#include <string.h>

#include "ocr/judge/judging.h"

bool tsk_value_is_empty(const struct tsk_value *value)
{
    if (value->kind == TSK_FIELD_MARK || value->kind == TSK_FIELD_CIRCLE)
        return value->chosen_count == 0;
    return value->text[0] == '\0';
}

void tsk_judge_doubt(struct tsk_judging *judging, struct tsk_value *value, const char *reason, const char *text)
{
    tsk_value_review(value, reason);
    if (text != NULL)
        tsk_reading_problem(judging->reading, value->id, reason, "%s", text);
}

/* There is writing, and no engine could make anything of it: that is not a blank. */
static bool is_unread(const struct tsk_value *value)
{
    return (value->kind == TSK_FIELD_TEXT || value->kind == TSK_FIELD_DIGITS) && tsk_value_is_empty(value) &&
           value->hand != TSK_HAND_NONE;
}

/* A value that an engine already sent to a person stays there; the others pass if they are sure enough. */
static void weigh(const struct tsk_judge_rules *rules, const struct tsk_field *field, struct tsk_value *value)
{
    const char *group = tsk_calibration_group(field, value);

    if (is_unread(value)) {
        tsk_value_review(value, "unreadable");
        value->blank = false;
        value->confidence = 0;
        return;
    }
    value->confidence = tsk_calibrated(rules->calibration, group, value->score);
    if (value->reason[0] == '\0')
        value->review = value->score < tsk_calibration_accept_from(rules->calibration, group, rules->tolerated);
}

int tsk_judge(const struct tsk_judge_rules *rules, const struct tsk_form *form, int64_t received_ms,
              struct tsk_reading *reading, struct tsk_err *err)
{
    struct tsk_judging judging = {
        .rules = rules,
        .form = form,
        .reading = reading,
        .received_ms = received_ms,
    };

    if (reading->value_count != form->field_count)
        return tsk_fail(err, TSK_HOLD, 0, "page %d has %zu values where the form %s has %zu fields", reading->page,
                        reading->value_count, form->id, form->field_count);
    if (received_ms != 0)
        judging.received = tsk_japan_date(received_ms);
    tsk_judge_choose_dates(&judging);
    for (size_t i = 0; i < reading->value_count; i++)
        weigh(rules, &form->fields[i], &reading->values[i]);
    tsk_judge_groups(&judging);
    tsk_judge_names(&judging);
    tsk_judge_doubt_dates(&judging);
    for (size_t i = 0; i < reading->value_count; i++) {
        if (reading->values[i].review)
            tsk_value_review(&reading->values[i], "low_confidence"); /* unless a better reason stands already */
    }
    return 0;
}
