#include <stdio.h>
#include <string.h>

#include "ocr/judge/judging.h"

/* Somebody wrote in this block; an untouched block is blank, not wrong. */
static bool block_is_written(const struct tsk_judging *judging, const char *block)
{
    for (size_t i = 0; i < judging->form->field_count; i++) {
        if (strcmp(judging->form->fields[i].block, block) == 0 && !tsk_value_is_empty(&judging->reading->values[i]))
            return true;
    }
    return false;
}

/* "FIELD=OPTION" of only_if; true when there is no condition. */
static bool condition_holds(const struct tsk_judging *judging, const char *condition)
{
    char field[128];
    const char *equals = strchr(condition, '=');

    if (equals == NULL || (size_t)(equals - condition) >= sizeof field)
        return true;
    snprintf(field, sizeof field, "%.*s", (int)(equals - condition), condition);
    const struct tsk_value *other = tsk_reading_value(judging->reading, field);
    return other == NULL || tsk_value_has(other, equals + 1);
}

static void check_choice(struct tsk_judging *judging, const struct tsk_field *field, struct tsk_value *value)
{
    char text[256];

    if (field->choose != TSK_CHOOSE_MANY && value->chosen_count > 1) {
        snprintf(text, sizeof text, "「%s」に印が%zu個あります。どれか一つを選んでください。", field->label,
                 value->chosen_count);
        tsk_judge_doubt(judging, value, "two_marks", text);
    }
    if (field->choose == TSK_CHOOSE_ONE && value->chosen_count == 0 && condition_holds(judging, field->only_if) &&
        block_is_written(judging, field->block)) {
        snprintf(text, sizeof text, "「%s」に印がありません。", field->label);
        tsk_judge_doubt(judging, value, "none_chosen", text);
    }
}

static void check_presence(struct tsk_judging *judging, const struct tsk_field *field, struct tsk_value *value)
{
    char text[256];
    bool empty = tsk_value_is_empty(value);

    if (!empty && !condition_holds(judging, field->only_if)) {
        snprintf(text, sizeof text, "「%s」に記入がありますが、対応する選択肢に印がありません。", field->label);
        tsk_judge_doubt(judging, value, "unexpected", text);
    }
    if (empty && field->required && field->choose != TSK_CHOOSE_ONE && condition_holds(judging, field->only_if) &&
        block_is_written(judging, field->block)) {
        snprintf(text, sizeof text, "「%s」に記入がありません。", field->label);
        tsk_judge_doubt(judging, value, "missing", text);
    }
}

void tsk_judge_groups(struct tsk_judging *judging)
{
    for (size_t i = 0; i < judging->form->field_count; i++) {
        const struct tsk_field *field = &judging->form->fields[i];
        struct tsk_value *value = &judging->reading->values[i];
        if (field->kind == TSK_FIELD_MARK || field->kind == TSK_FIELD_CIRCLE)
            check_choice(judging, field, value);
        check_presence(judging, field, value);
    }
}
