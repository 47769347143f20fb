#include "gateway/keeper_state.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define STATE_MAX 131072

static const char *const chore_names[TSK_CHORE_COUNT] = { "anchor", "backup", "fallback", "deadlines" };

const char *tsk_chore_name(enum tsk_chore chore)
{
    return chore_names[chore];
}

static void take_trouble(struct tsk_keeper_state *out, const json_t *item)
{
    struct tsk_site_trouble *to = &out->troubles[out->count];
    const char *key = json_string_value(json_object_get(item, "key")),
               *text = json_string_value(json_object_get(item, "text"));

    if (key == NULL || text == NULL || strlen(key) >= sizeof to->key || strlen(text) >= sizeof to->text)
        return;
    snprintf(to->key, sizeof to->key, "%s", key);
    snprintf(to->text, sizeof to->text, "%s", text);
    to->since_ms = json_integer_value(json_object_get(item, "since"));
    to->told = json_is_true(json_object_get(item, "told"));
    to->over = json_is_true(json_object_get(item, "over"));
    out->count++;
}

void tsk_keeper_state_read(struct tsk_keeper_state *out, const char *path)
{
    struct tsk_buf text = TSK_BUF(STATE_MAX);
    json_t *json = NULL, *item;
    size_t i;

    *out = (struct tsk_keeper_state){ .count = 0 };
    if (tsk_file_read(path, &text, NULL) == 0)
        json = json_loadb(tsk_buf_text(&text), text.len, 0, NULL);
    for (int chore = 0; chore < TSK_CHORE_COUNT; chore++)
        out->done_ms[chore] = json_integer_value(json_object_get(json, chore_names[chore]));
    json_array_foreach(json_object_get(json, "troubles"), i, item) if (out->count < TSK_TROUBLES_MAX)
        take_trouble(out, item);
    json_decref(json);
    tsk_buf_free(&text);
}

int tsk_keeper_state_write(const struct tsk_keeper_state *state, const char *path, struct tsk_err *err)
{
    json_t *json = json_object(), *troubles = json_array();
    char *text = NULL;
    int rc;

    for (int chore = 0; chore < TSK_CHORE_COUNT; chore++)
        json_object_set_new(json, chore_names[chore], json_integer(state->done_ms[chore]));
    for (size_t i = 0; i < state->count; i++) {
        const struct tsk_site_trouble *t = &state->troubles[i];

        json_array_append_new(troubles, json_pack("{s:s, s:s, s:I, s:b, s:b}", "key", t->key, "text", t->text, "since",
                                                  (json_int_t)t->since_ms, "told", t->told, "over", t->over));
    }
    if (json_object_set_new(json, "troubles", troubles) == 0)
        text = json_dumps(json, JSON_INDENT(1));
    json_decref(json);
    rc = text == NULL ? tsk_fail(err, TSK_RETRY, 0, "out of memory")
                      : tsk_file_put_path(path, text, strlen(text), 0600, err);
    free(text);
    return rc;
}

static struct tsk_site_trouble *find(struct tsk_keeper_state *state, const char *key)
{
    for (size_t i = 0; i < state->count; i++)
        if (strcmp(state->troubles[i].key, key) == 0)
            return &state->troubles[i];
    return NULL;
}

void tsk_trouble_raise(struct tsk_keeper_state *state, const char *key, int64_t now_ms, const char *format, ...)
{
    struct tsk_site_trouble *trouble = find(state, key);
    va_list args;

    if (trouble == NULL && state->count == TSK_TROUBLES_MAX)
        return;
    if (trouble == NULL) {
        trouble = &state->troubles[state->count++];
        *trouble = (struct tsk_site_trouble){ .since_ms = now_ms };
        snprintf(trouble->key, sizeof trouble->key, "%s", key);
    }
    trouble->over = false;
    va_start(args, format);
    vsnprintf(trouble->text, sizeof trouble->text, format, args);
    va_end(args);
}

void tsk_trouble_forget(struct tsk_keeper_state *state, size_t i)
{
    state->troubles[i] = state->troubles[--state->count];
}

void tsk_trouble_clear(struct tsk_keeper_state *state, const char *key)
{
    struct tsk_site_trouble *trouble = find(state, key);

    if (trouble == NULL)
        return;
    if (trouble->told)
        trouble->over = true;
    else
        tsk_trouble_forget(state, (size_t)(trouble - state->troubles));
}
