#include "routing/event.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

enum { KEY_TEXT_MAX = 256 * 1024 };

static struct tsk_event *add(struct tsk_events *out, const char *id, const struct tsk_event_rule *rule,
                             enum tsk_stage stage)
{
    struct tsk_event *event = &out->items[out->count];

    if (out->count == TSK_EVENTS_MAX)
        return NULL;
    out->count++;
    *event = (struct tsk_event){ .id = id, .rule = rule, .stage = stage };
    return event;
}

/* ホームヘルパー begins with ホーム and means something else. */
static bool is_other_word(const struct tsk_event_rule *rule, const char *at)
{
    for (size_t i = 0; i < rule->except.count; i++)
        if (strncmp(at, rule->except.items[i], strlen(rule->except.items[i])) == 0)
            return true;
    return false;
}

static bool has_word(const struct tsk_event_rule *rule, const char *value)
{
    for (size_t i = 0; i < rule->words.count; i++)
        for (const char *at = value; (at = strstr(at, rule->words.items[i])) != NULL; at++)
            if (!is_other_word(rule, at))
                return true;
    return rule->words.count == 0;
}

static bool stage_of(enum tsk_stage *stage, const struct tsk_sheet *sheet, const struct tsk_event_rule *rule)
{
    bool written = false, sure = false;

    for (size_t i = 0; i < rule->filled.count; i++) {
        const char *field = rule->filled.items[i];

        if (tsk_sheet_value(sheet, field)[0] == '\0' || !has_word(rule, tsk_sheet_value(sheet, field)))
            continue;
        written = true;
        sure |= tsk_sheet_sure(sheet, field);
    }
    *stage = sheet->state == TSK_SHEET_CONFIRMED ? TSK_STAGE_RAISED : sure ? TSK_STAGE_EXPECTED : TSK_STAGE_UNSURE;
    return written;
}

/* False when a value is blank or not sure: then nothing is proved. */
static bool add_values(struct tsk_buf *text, const struct tsk_sheet *sheet, const struct tsk_strings *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        const char *value = tsk_sheet_value(sheet, fields->items[i]);
        char *key = NULL;

        if (value[0] == '\0' || !tsk_sheet_sure(sheet, fields->items[i]) || (key = tsk_compare_key(value)) == NULL)
            return false;
        tsk_buf_printf(text, "%s=%s\n", fields->items[i], key);
        free(key);
    }
    return !text->failed;
}

static void hash(char out[TSK_SHA256_HEX], const struct tsk_buf *text)
{
    tsk_sha256_hex(tsk_buf_text(text), text->len, out);
}

static void make_keys(struct tsk_event *event, const struct tsk_sheet *sheet)
{
    struct tsk_buf text = TSK_BUF(KEY_TEXT_MAX);
    const struct tsk_event_rule *rule = event->rule;

    if (rule->same.count == 0)
        return;
    tsk_buf_printf(&text, "%s\ncase %s\n", event->id, sheet->case_number);
    if (sheet->case_number[0] != '\0' && add_values(&text, sheet, &rule->same))
        hash(event->case_key, &text);
    tsk_buf_reset(&text);
    tsk_buf_printf(&text, "%s\nperson\n", event->id);
    if (rule->person.count > 0 && add_values(&text, sheet, &rule->person) && add_values(&text, sheet, &rule->same))
        hash(event->person_key, &text);
    tsk_buf_free(&text);
}

static bool is_of_form(const struct tsk_event_rule *rule, const char *form)
{
    bool found = strcmp(rule->form, form) == 0;

    for (size_t i = 0; i < rule->also.count && !found; i++)
        found = strcmp(rule->also.items[i], form) == 0;
    return found;
}

void tsk_events_of(struct tsk_events *out, const struct tsk_sheet *sheet, const struct tsk_routing_config *config)
{
    bool confirmed = sheet->state == TSK_SHEET_CONFIRMED;

    out->count = 0;
    add(out, TSK_EVENT_RECEIVED, NULL, TSK_STAGE_RAISED);
    add(out, TSK_EVENT_CONFIRMED, NULL, confirmed ? TSK_STAGE_RAISED : TSK_STAGE_EXPECTED);
    for (size_t i = 0; i < config->event_count; i++) {
        const struct tsk_event_rule *rule = &config->events[i];
        enum tsk_stage stage;
        struct tsk_event *event;

        if (is_of_form(rule, sheet->form) && stage_of(&stage, sheet, rule) &&
            (event = add(out, rule->id, rule, stage)) != NULL)
            make_keys(event, sheet);
    }
}

void tsk_sheet_content_key(char out[TSK_SHA256_HEX], const struct tsk_sheet *sheet)
{
    struct tsk_buf text = TSK_BUF(KEY_TEXT_MAX);

    tsk_buf_printf(&text, "case %s\n", sheet->case_number);
    for (size_t i = 0; i < sheet->field_count; i++)
        if (sheet->fields[i].kind != TSK_FIELD_IMAGE && sheet->fields[i].kind != TSK_SHEET_DERIVED)
            tsk_buf_printf(&text, "%s=%s\n", sheet->fields[i].id, sheet->fields[i].value);
    hash(out, &text);
    tsk_buf_free(&text);
}
