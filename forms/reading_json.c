/* The JSON of a reading, both ways. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forms/reading.h"

/* A sheet has some 150 fields; what is far above did not come from our reader. */
enum { FIELDS_MAX = 1000, LIST_MAX = 64, PROBLEMS_MAX = 1000, STRING_MAX = 16384, SIDE_MAX_PX = 20000 };

static const char *const state_names[] = { "read", "no_form", "incomplete" };
static const char *const hand_names[] = { "none", "typed", "written" };
static const char *const kind_names[] = { "mark", "circle", "text", "digits", "image" };

static json_t *number(double value)
{
    return json_real(isfinite(value) ? value : 0);
}

static json_t *list_json(char *const *list, size_t count)
{
    json_t *json = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(json, json_string(list[i]));
    return json;
}

static bool has_options(enum tsk_field_kind kind)
{
    return kind == TSK_FIELD_MARK || kind == TSK_FIELD_CIRCLE;
}

static json_t *value_json(const struct tsk_value *value)
{
    json_t *json = json_object(), *alternatives = json_array();

    json_object_set_new(json, "value",
                        has_options(value->kind) ? list_json(value->chosen, value->chosen_count)
                                                 : json_string(value->text));
    json_object_set_new(json, "review", json_boolean(value->review));
    json_object_set_new(json, "confidence", number(value->confidence));
    json_object_set_new(json, "box",
                        json_pack("[i,i,i,i]", value->box_px[0], value->box_px[1], value->box_px[2], value->box_px[3]));
    json_object_set_new(json, "kind", json_string(kind_names[value->kind]));
    json_object_set_new(json, "score", number(value->score));
    json_object_set_new(json, "blank", json_boolean(value->blank));
    json_object_set_new(json, "registration_error_mm", number(value->registration_error_mm));
    if (value->reason[0] != '\0')
        json_object_set_new(json, "reason", json_string(value->reason));
    if (value->hand != TSK_HAND_NONE)
        json_object_set_new(json, "hand", json_string(hand_names[value->hand]));
    if (value->cancelled_count > 0)
        json_object_set_new(json, "cancelled", list_json(value->cancelled, value->cancelled_count));
    for (size_t i = 0; i < value->alternative_count; i++)
        json_array_append_new(alternatives, json_pack("{s:s,s:o}", "value", value->alternatives[i].value, "confidence",
                                                      number(value->alternatives[i].confidence)));
    if (value->alternative_count > 0)
        json_object_set(json, "alternatives", alternatives);
    json_decref(alternatives);
    return json;
}

static json_t *fields_json(const struct tsk_reading *reading)
{
    json_t *json = json_object();

    for (size_t i = 0; i < reading->value_count; i++)
        json_object_set_new(json, reading->values[i].id, value_json(&reading->values[i]));
    return json;
}

static json_t *problems_json(const struct tsk_reading *reading)
{
    json_t *json = json_array();

    for (size_t i = 0; i < reading->problem_count; i++) {
        const struct tsk_problem *problem = &reading->problems[i];
        json_array_append_new(
            json, json_pack("{s:s,s:s,s:s}", "field", problem->field, "code", problem->code, "text", problem->text));
    }
    return json;
}

static void set_derived(json_t *json, const struct tsk_reading *reading)
{
    json_t *derived = json_object(), *unsure = json_array();

    for (size_t i = 0; i < reading->derived_count; i++) {
        json_object_set_new(derived, reading->derived[i].key, json_string(reading->derived[i].value));
        if (!reading->derived[i].sure)
            json_array_append_new(unsure, json_string(reading->derived[i].key));
    }
    json_object_set_new(json, "derived", derived);
    if (json_array_size(unsure) > 0)
        json_object_set(json, "derived_unsure", unsure);
    json_decref(unsure);
}

json_t *tsk_reading_to_json(const struct tsk_reading *reading)
{
    json_t *json = json_object();
    bool none = reading->form[0] == '\0';

    json_object_set_new(json, "file", json_string(reading->file));
    json_object_set_new(json, "page", json_integer(reading->page));
    json_object_set_new(json, "state", json_string(state_names[reading->state]));
    json_object_set_new(json, "form", none ? json_null() : json_string(reading->form));
    json_object_set_new(json, "edition", none ? json_null() : json_string(reading->edition));
    if (reading->form_hash[0] != '\0')
        json_object_set_new(json, "form_hash", json_string(reading->form_hash));
    if (reading->reason[0] != '\0')
        json_object_set_new(json, "reason", json_string(reading->reason));
    json_object_set_new(json, "rotation", json_integer(reading->rotation));
    json_object_set_new(json, "registration_error_mm", number(reading->registration_error_mm));
    json_object_set_new(json, "width", json_integer(reading->width_px));
    json_object_set_new(json, "height", json_integer(reading->height_px));
    json_object_set_new(json, "x_dpi", number(reading->x_dpi));
    json_object_set_new(json, "y_dpi", number(reading->y_dpi));
    if (reading->received[0] != '\0')
        json_object_set_new(json, "received", json_string(reading->received));
    if (reading->code[0] != '\0')
        json_object_set_new(json, "code", json_string(reading->code));
    json_object_set_new(json, "fields", fields_json(reading));
    set_derived(json, reading);
    json_object_set_new(json, "problems", problems_json(reading));
    return json;
}

static int bad(struct tsk_err *err, const char *where, const char *what)
{
    return tsk_fail(err, TSK_REJECT, 0, "reading: %s: %s", where, what);
}

static int name_index(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

static bool fits(const char *text)
{
    return text == NULL || strlen(text) <= STRING_MAX;
}

static int parse_list(const json_t *json, const char *id, struct tsk_value *value,
                      void (*add)(struct tsk_value *, const char *), struct tsk_err *err)
{
    size_t i;
    const json_t *item;

    if (!json_is_array(json) || json_array_size(json) > LIST_MAX)
        return bad(err, id, "not a list of options");
    json_array_foreach(json, i, item)
    {
        if (!json_is_string(item) || !fits(json_string_value(item)))
            return bad(err, id, "an option is not a string");
        add(value, json_string_value(item));
    }
    return 0;
}

static int parse_alternatives(const json_t *json, struct tsk_value *value, struct tsk_err *err)
{
    size_t i;
    json_t *item;

    if (!json_is_array(json) || json_array_size(json) > TSK_ALTERNATIVES_MAX)
        return bad(err, value->id, "alternatives are not a list of at most 5");
    json_array_foreach(json, i, item)
    {
        const char *text;
        double confidence;

        if (json_unpack_ex(item, NULL, JSON_STRICT, "{s:s,s:F}", "value", &text, "confidence", &confidence) != 0 ||
            !fits(text))
            return bad(err, value->id, "an alternative is not {value, confidence}");
        tsk_value_alternative(value, text, confidence);
    }
    return 0;
}

static int parse_value(json_t *json, struct tsk_value *value, struct tsk_err *err)
{
    const json_t *content = NULL, *cancelled = NULL, *alternatives = NULL;
    const char *kind = NULL, *reason = "", *hand = hand_names[0];
    json_error_t detail;
    int review = 1, blank = 0, kind_at, hand_at, *box = value->box_px;
    int rc = json_unpack_ex(json, &detail, JSON_STRICT, "{s:o,s:b,s:F,s:[i,i,i,i!],s:s,s?F,s?b,s?F,s?s,s?s,s?o,s?o}",
                            "value", &content, "review", &review, "confidence", &value->confidence, "box", &box[0],
                            &box[1], &box[2], &box[3], "kind", &kind, "score", &value->score, "blank", &blank,
                            "registration_error_mm", &value->registration_error_mm, "reason", &reason, "hand", &hand,
                            "cancelled", &cancelled, "alternatives", &alternatives);

    if (rc != 0)
        return bad(err, value->id, detail.text);
    kind_at = name_index(kind_names, TSK_COUNT(kind_names), kind);
    hand_at = name_index(hand_names, TSK_COUNT(hand_names), hand);
    if (kind_at < 0 || hand_at < 0 || !fits(reason))
        return bad(err, value->id, "unknown kind or hand");
    value->kind = (enum tsk_field_kind)kind_at;
    value->hand = (enum tsk_hand)hand_at;
    if (has_options(value->kind)) {
        if (parse_list(content, value->id, value, tsk_value_choose, err) != 0)
            return -1;
    } else if (!json_is_string(content) || !fits(json_string_value(content))) {
        return bad(err, value->id, "value is not a string");
    } else {
        tsk_value_set_text(value, json_string_value(content));
    }
    if (cancelled != NULL && parse_list(cancelled, value->id, value, tsk_value_cancel, err) != 0)
        return -1;
    if (alternatives != NULL && parse_alternatives(alternatives, value, err) != 0)
        return -1;
    if (reason[0] != '\0')
        tsk_value_review(value, reason);
    value->review = review != 0;
    value->blank = blank != 0;
    return 0;
}

static int parse_fields(json_t *json, struct tsk_reading *out, struct tsk_err *err)
{
    size_t count = json_object_size(json), at = 0;
    struct tsk_field *fields = NULL;
    const char *id;
    json_t *item;
    int rc = -1;

    if (count > FIELDS_MAX) {
        bad(err, "fields", "too many");
        goto out;
    }
    /* Borrow tsk_reading_start() for the values: a form with these ids and nothing else. */
    if ((fields = calloc(count + 1, sizeof *fields)) == NULL) {
        tsk_fail(err, TSK_RETRY, 0, "no memory for %zu fields", count);
        goto out;
    }
    json_object_foreach(json, id, item)
    {
        if (!fits(id)) {
            bad(err, "fields", "an id is too long");
            goto out;
        }
        fields[at++] = (struct tsk_field){ .id = id };
    }
    if (tsk_reading_start(out, &(struct tsk_form){ .id = "", .edition = "", .fields = fields, .field_count = count },
                          err) != 0)
        goto out;
    at = 0;
    json_object_foreach(json, id, item) if (parse_value(item, &out->values[at++], err) != 0) goto out;
    rc = 0;
out:
    free(fields);
    return rc;
}

static bool is_unsure(const json_t *unsure, const char *key)
{
    size_t i;
    const json_t *item;

    json_array_foreach(unsure, i,
                       item) if (json_is_string(item) && strcmp(json_string_value(item), key) == 0) return true;
    return false;
}

static int parse_derived(json_t *derived, const json_t *unsure, struct tsk_reading *out, struct tsk_err *err)
{
    const char *key;
    json_t *item;

    if (derived == NULL)
        return 0;
    if (!json_is_object(derived) || json_object_size(derived) > FIELDS_MAX || json_array_size(unsure) > FIELDS_MAX)
        return bad(err, "derived", "not an object of strings");
    json_object_foreach(derived, key, item)
    {
        if (!json_is_string(item) || !fits(key) || !fits(json_string_value(item)))
            return bad(err, "derived", "not an object of strings");
        tsk_reading_derive(out, key, json_string_value(item), !is_unsure(unsure, key));
    }
    return 0;
}

static int parse_problems(const json_t *problems, struct tsk_reading *out, struct tsk_err *err)
{
    size_t i;
    json_t *item;

    if (problems == NULL)
        return 0;
    if (!json_is_array(problems) || json_array_size(problems) > PROBLEMS_MAX)
        return bad(err, "problems", "not a list");
    json_array_foreach(problems, i, item)
    {
        const char *field, *code, *text;

        if (json_unpack_ex(item, NULL, JSON_STRICT, "{s:s,s:s,s:s}", "field", &field, "code", &code, "text", &text) !=
                0 ||
            !fits(field) || !fits(code) || !fits(text))
            return bad(err, "problems", "an entry is not {field, code, text}");
        tsk_reading_problem(out, field, code, "%s", text);
    }
    return 0;
}

struct head { /* what stands beside the fields */
    const char *file, *state, *form, *edition, *form_hash, *reason, *received, *code;
    json_t *fields, *derived, *unsure, *problems;
    int page, rotation, width, height;
    double registration_error_mm, x_dpi, y_dpi;
};

static int parse_head(json_t *json, struct head *head, struct tsk_err *err)
{
    json_error_t detail;
    json_t *form = NULL, *edition = NULL;

    *head = (struct head){ .form_hash = "", .reason = "", .received = "", .code = "" };
    if (json_unpack_ex(json, &detail, JSON_STRICT,
                       "{s:s,s:i,s:s,s:o,s:o,s?s,s?s,s:i,s:F,s?i,s?i,s?F,s?F,s?s,s?s,s:o,s?o,s?o,s?o}", "file",
                       &head->file, "page", &head->page, "state", &head->state, "form", &form, "edition", &edition,
                       "form_hash", &head->form_hash, "reason", &head->reason, "rotation", &head->rotation,
                       "registration_error_mm", &head->registration_error_mm, "width", &head->width, "height",
                       &head->height, "x_dpi", &head->x_dpi, "y_dpi", &head->y_dpi, "received", &head->received, "code",
                       &head->code, "fields", &head->fields, "derived", &head->derived, "derived_unsure", &head->unsure,
                       "problems", &head->problems) != 0)
        return bad(err, "page", detail.text);
    if ((!json_is_string(form) && !json_is_null(form)) || (!json_is_string(edition) && !json_is_null(edition)))
        return bad(err, "form", "neither a string nor null");
    head->form = json_is_string(form) ? json_string_value(form) : "";
    head->edition = json_is_string(edition) ? json_string_value(edition) : "";
    if (!fits(head->file) || !fits(head->form) || !fits(head->edition) || !fits(head->form_hash) ||
        !fits(head->reason) || !fits(head->received) || strlen(head->code) > TSK_READING_CODE_MAX)
        return bad(err, "page", "a text is too long");
    if (head->page < 1 || (head->rotation != 0 && head->rotation != 180) || head->width < 0 ||
        head->width > SIDE_MAX_PX || head->height < 0 || head->height > SIDE_MAX_PX)
        return bad(err, "page", "page, rotation or size out of range");
    if (!json_is_object(head->fields) || (head->unsure != NULL && !json_is_array(head->unsure)))
        return bad(err, "page", "fields or derived_unsure of the wrong type");
    return 0;
}

static void set(char **at, const char *text)
{
    char *fresh = strdup(text);

    if (fresh == NULL)
        abort();
    free(*at);
    *at = fresh;
}

static void take_head(struct tsk_reading *out, const struct head *head, enum tsk_page_state state)
{
    set(&out->file, head->file);
    set(&out->form, head->form);
    set(&out->edition, head->edition);
    set(&out->form_hash, head->form_hash);
    set(&out->reason, head->reason);
    set(&out->received, head->received);
    set(&out->code, head->code);
    out->state = state;
    out->page = head->page;
    out->rotation = head->rotation;
    out->width_px = head->width;
    out->height_px = head->height;
    out->registration_error_mm = head->registration_error_mm;
    out->x_dpi = head->x_dpi;
    out->y_dpi = head->y_dpi;
}

int tsk_reading_from_json(struct tsk_reading *out, const json_t *json, struct tsk_err *err)
{
    json_t *in; /* unpacking wants it writable, and only reads */
    struct head head;
    int state, rc = -1;

    memcpy(&in, &json, sizeof(void *));
    memset(out, 0, sizeof *out);
    if (parse_head(in, &head, err) != 0)
        goto out;
    if ((state = name_index(state_names, TSK_COUNT(state_names), head.state)) < 0) {
        bad(err, "state", "unknown");
        goto out;
    }
    if (parse_fields(head.fields, out, err) != 0)
        goto out;
    take_head(out, &head, (enum tsk_page_state)state);
    if (parse_derived(head.derived, head.unsure, out, err) != 0 || parse_problems(head.problems, out, err) != 0)
        goto out;
    rc = 0;
out:
    if (rc != 0)
        tsk_reading_free(out);
    return rc;
}
