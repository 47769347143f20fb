#include "forms/reading.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static void *must(void *memory)
{
    if (memory == NULL) {
        tsk_log(TSK_LOG_ERROR, "-", "event", "no-memory", (char *)NULL);
        abort();
    }
    return memory;
}

static char *copy(const char *text)
{
    return must(strdup(text == NULL ? "" : text));
}

static void replace(char **at, const char *text)
{
    char *fresh = copy(text);

    free(*at);
    *at = fresh;
}

static void *grow(void *array, size_t count, size_t size)
{
    return must(reallocarray(array, count + 1, size));
}

static void start_value(struct tsk_value *value, const char *id, enum tsk_field_kind kind)
{
    value->id = copy(id);
    value->kind = kind;
    value->text = copy("");
    value->reason = copy("");
    value->review = true;
    value->blank = true;
}

int tsk_reading_start(struct tsk_reading *out, const struct tsk_form *form, struct tsk_err *err)
{
    (void)err; /* the contract lets it fail; without memory the process ends instead */
    memset(out, 0, sizeof *out);
    out->file = copy("");
    out->page = 1;
    out->state = form == NULL ? TSK_PAGE_NO_FORM : TSK_PAGE_READ;
    out->form = copy(form == NULL ? "" : form->id);
    out->edition = copy(form == NULL ? "" : form->edition);
    out->form_hash = copy(form == NULL ? "" : form->hash);
    out->reason = copy("");
    out->received = copy("");
    out->code = copy("");
    if (form == NULL || form->field_count == 0)
        return 0;
    out->values = must(calloc(form->field_count, sizeof *out->values));
    out->value_count = form->field_count;
    for (size_t i = 0; i < form->field_count; i++)
        start_value(&out->values[i], form->fields[i].id, form->fields[i].kind);
    return 0;
}

struct tsk_value *tsk_reading_value(const struct tsk_reading *reading, const char *field_id)
{
    for (size_t i = 0; i < reading->value_count; i++)
        if (strcmp(reading->values[i].id, field_id) == 0)
            return &reading->values[i];
    return NULL;
}

const char *tsk_reading_derived(const struct tsk_reading *reading, const char *key)
{
    for (size_t i = 0; i < reading->derived_count; i++)
        if (strcmp(reading->derived[i].key, key) == 0)
            return reading->derived[i].value;
    return NULL;
}

static bool in_list(char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

static void list_add(char ***list, size_t *count, const char *text)
{
    if (in_list(*list, *count, text))
        return;
    *list = grow(*list, *count, sizeof **list);
    (*list)[(*count)++] = copy(text);
}

static void list_free(char ***list, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        free((*list)[i]);
    free(*list);
    *list = NULL;
    *count = 0;
}

bool tsk_value_has(const struct tsk_value *value, const char *option)
{
    return in_list(value->chosen, value->chosen_count, option);
}

void tsk_value_set_text(struct tsk_value *value, const char *text)
{
    replace(&value->text, text);
    value->blank = value->text[0] == '\0';
}

void tsk_value_choose(struct tsk_value *value, const char *option)
{
    list_add(&value->chosen, &value->chosen_count, option);
    value->blank = false;
}

void tsk_value_cancel(struct tsk_value *value, const char *option)
{
    list_add(&value->cancelled, &value->cancelled_count, option);
}

void tsk_value_review(struct tsk_value *value, const char *reason)
{
    value->review = true;
    if (value->reason[0] == '\0')
        replace(&value->reason, reason);
}

static void alternative_remove(struct tsk_value *value, size_t at)
{
    free(value->alternatives[at].value);
    value->alternative_count--;
    memmove(&value->alternatives[at], &value->alternatives[at + 1],
            (value->alternative_count - at) * sizeof value->alternatives[0]);
}

void tsk_value_alternative(struct tsk_value *value, const char *text, double confidence)
{
    size_t at = 0;

    for (size_t i = 0; i < value->alternative_count; i++)
        if (strcmp(value->alternatives[i].value, text) == 0) {
            if (value->alternatives[i].confidence >= confidence)
                return;
            alternative_remove(value, i);
            break;
        }
    while (at < value->alternative_count && value->alternatives[at].confidence >= confidence)
        at++;
    if (at == TSK_ALTERNATIVES_MAX)
        return;
    if (value->alternative_count == TSK_ALTERNATIVES_MAX)
        alternative_remove(value, TSK_ALTERNATIVES_MAX - 1);
    memmove(&value->alternatives[at + 1], &value->alternatives[at],
            (value->alternative_count - at) * sizeof value->alternatives[0]);
    value->alternatives[at] = (struct tsk_alternative){ copy(text), confidence };
    value->alternative_count++;
}

void tsk_reading_problem(struct tsk_reading *reading, const char *field, const char *code, const char *format, ...)
{
    struct tsk_problem *problem;
    va_list args;

    reading->problems = grow(reading->problems, reading->problem_count, sizeof *reading->problems);
    problem = &reading->problems[reading->problem_count++];
    *problem = (struct tsk_problem){ copy(field), copy(code), NULL };
    va_start(args, format);
    if (vasprintf(&problem->text, format, args) < 0)
        problem->text = copy("");
    va_end(args);
}

void tsk_reading_derive(struct tsk_reading *reading, const char *key, const char *value, bool sure)
{
    struct tsk_derived *derived;

    for (size_t i = 0; i < reading->derived_count; i++)
        if (strcmp(reading->derived[i].key, key) == 0) {
            replace(&reading->derived[i].value, value);
            reading->derived[i].sure = sure;
            return;
        }
    reading->derived = grow(reading->derived, reading->derived_count, sizeof *reading->derived);
    derived = &reading->derived[reading->derived_count++];
    *derived = (struct tsk_derived){ copy(key), copy(value), sure };
}

static void value_free(struct tsk_value *value)
{
    free(value->id);
    free(value->text);
    free(value->reason);
    list_free(&value->chosen, &value->chosen_count);
    list_free(&value->cancelled, &value->cancelled_count);
    for (size_t i = 0; i < value->alternative_count; i++)
        free(value->alternatives[i].value);
}

void tsk_reading_set_code(struct tsk_reading *reading, const char *code)
{
    replace(&reading->code, code);
}

void tsk_reading_free(struct tsk_reading *reading)
{
    if (reading == NULL)
        return;
    for (size_t i = 0; i < reading->value_count; i++)
        value_free(&reading->values[i]);
    for (size_t i = 0; i < reading->problem_count; i++) {
        free(reading->problems[i].field);
        free(reading->problems[i].code);
        free(reading->problems[i].text);
    }
    for (size_t i = 0; i < reading->derived_count; i++) {
        free(reading->derived[i].key);
        free(reading->derived[i].value);
    }
    free(reading->values);
    free(reading->problems);
    free(reading->derived);
    free(reading->file);
    free(reading->form);
    free(reading->edition);
    free(reading->form_hash);
    free(reading->reason);
    free(reading->received);
    free(reading->code);
    memset(reading, 0, sizeof *reading);
}
