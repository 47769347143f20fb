#include "review/case_change.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "records/blob.h"
#include "records/by_hand.h"
#include "records/case_close.h"
#include "records/consent.h"
#include "routing/route.h"

#define SHEETS_MAX 100
#define VALUES_MAX 60
#define VALUE_LENGTH_MAX 2000

static int apply(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    struct tsk_case_change *change = ctx;

    return change->make(change, request, err);
}

int tsk_case_change_run(struct tsk_case_change *change, const struct tsk_request *request, struct tsk_err *err)
{
    return tsk_request_change(request, apply, change, err);
}

static int text(const char **out, const struct tsk_request *request, const char *name, size_t max, enum tsk_need need,
                struct tsk_err *err)
{
    if (tsk_body_text(out, request, name, max, need, err) != 0)
        return -1;
    if (*out == NULL)
        *out = "";
    return 0;
}

int tsk_case_change_note(struct tsk_case_change *change, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_case_note note;
    char key[TSK_ID_SIZE];

    if (text(&note.kind, request, "kind", 20, TSK_MUST, err) != 0 ||
        text(&note.at, request, "at", 40, TSK_MUST, err) != 0 ||
        text(&note.text, request, "text", 4000, TSK_MUST, err) != 0 ||
        text(&note.attendees, request, "attendees", 500, TSK_MAY, err) != 0 ||
        text(&note.replaces, request, "replaces", 40, TSK_MAY, err) != 0)
        return -1;
    return tsk_case_note_add(key, request->store, &request->scope, change->kase.number, &note, request->who.name, err);
}

/* Another case that the body names: foreign and absent ones are answered alike, without the number. */
static int other_case(const char *number, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_case other;

    return tsk_case_find(&other, request->store, &request->scope, number, request->arena, err) == 0
               ? 0
               : tsk_fail(err, err->kind, 0, "there is no such case");
}

int tsk_case_change_merge(struct tsk_case_change *change, const struct tsk_request *request, struct tsk_err *err)
{
    const char *into = NULL;

    if (text(&into, request, "into", TSK_CASE_NUMBER_SIZE - 1, TSK_MUST, err) != 0 ||
        other_case(into, request, err) != 0 ||
        tsk_case_merge(request->store, &request->scope, change->kase.number, into, request->who.name, err) != 0)
        return -1;
    return tsk_route_case(request->desk->routing, request->store, into, err);
}

static int take_sheets(int64_t sheets[SHEETS_MAX], size_t *count, const struct tsk_request *request,
                       struct tsk_err *err)
{
    const json_t *list = json_object_get(request->body, "sheets");
    const json_t *number;
    size_t i;

    if (list != NULL && (!json_is_array(list) || json_array_size(list) > SHEETS_MAX))
        return tsk_fail(err, TSK_REJECT, 0, "sheets must be a list of sheet numbers");
    json_array_foreach(list, i, number)
    {
        if (!json_is_integer(number))
            return tsk_fail(err, TSK_REJECT, 0, "sheets must be a list of sheet numbers");
        sheets[(*count)++] = json_integer_value(number);
    }
    return 0;
}

int tsk_case_change_split(struct tsk_case_change *change, const struct tsk_request *request, struct tsk_err *err)
{
    int64_t sheets[SHEETS_MAX];
    size_t count = 0;
    const char *to = NULL;

    if (take_sheets(sheets, &count, request, err) != 0 ||
        text(&to, request, "to", TSK_CASE_NUMBER_SIZE - 1, TSK_MAY, err) != 0 ||
        (*to != '\0' && other_case(to, request, err) != 0) ||
        tsk_case_split(change->number, request->store, &request->scope, change->kase.number, sheets, count, to,
                       request->who.name, err) != 0 ||
        tsk_route_case(request->desk->routing, request->store, change->kase.number, err) != 0)
        return -1;
    return tsk_route_case(request->desk->routing, request->store, change->number, err);
}

int tsk_case_change_consent(struct tsk_case_change *change, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_consent row = { .by = request->who.name };
    const char *state = NULL;
    int rc;

    if (text(&row.scope, request, "scope", 20, TSK_MUST, err) != 0 ||
        text(&state, request, "state", 20, TSK_MUST, err) != 0 ||
        text(&row.giver, request, "giver", 20, TSK_MAY, err) != 0 ||
        text(&row.how, request, "how", 20, TSK_MAY, err) != 0 ||
        text(&row.told_by, request, "told_by", 200, TSK_MAY, err) != 0 ||
        text(&row.at, request, "at", 40, TSK_MAY, err) != 0 || text(&row.note, request, "note", 500, TSK_MAY, err) != 0)
        return -1;
    if (strcmp(state, "withdrawn") == 0)
        rc = tsk_consent_withdraw(request->store, &request->scope, change->kase.number, row.scope, row.by, row.note,
                                  err);
    else
        rc = (strcmp(state, "refused") == 0 ? tsk_consent_refuse : tsk_consent_record)(request->store, &request->scope,
                                                                                       change->kase.number, &row, err);
    return rc != 0 ? -1 : tsk_route_case(request->desk->routing, request->store, change->kase.number, err);
}

/* What was said, word for word as it was typed, is the original of such a sheet. */
static int archive(struct tsk_told *told, char sha256[TSK_SHA256_HEX], const struct tsk_request *request,
                   struct tsk_err *err)
{
    json_t *note =
        json_pack("{s:s, s:s, s:O}", "by", request->who.name, "case", told->case_number, "told", request->body);
    json_object_set_new(note, "now", json_integer((json_int_t)request->now_ms));
    char *bytes = note != NULL ? json_dumps(note, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    int rc = bytes != NULL ? tsk_blob_put(sha256, request->blobs, bytes, strlen(bytes), err)
                           : tsk_fail(err, TSK_RETRY, 0, "no memory to keep what was told");

    told->sha256 = sha256;
    told->size_bytes = bytes != NULL ? (int64_t)strlen(bytes) : 0;
    free(bytes);
    json_decref(note);
    return rc;
}

static int take_values(struct tsk_told_value values[VALUES_MAX], size_t *count, const struct tsk_request *request,
                       struct tsk_err *err)
{
    json_t *given = json_object_get(request->body, "values");
    const char *field;
    json_t *value;

    if (!json_is_object(given) || json_object_size(given) == 0 || json_object_size(given) > VALUES_MAX)
        return tsk_fail(err, TSK_REJECT, 0, "values must name 1 to %d fields", VALUES_MAX);
    json_object_foreach(given, field, value)
    {
        if (!json_is_string(value) || json_string_length(value) != strlen(json_string_value(value)) ||
            json_string_length(value) > VALUE_LENGTH_MAX)
            return tsk_fail(err, TSK_REJECT, 0, "the value of %s must be a text", field);
        values[(*count)++] = (struct tsk_told_value){ field, json_string_value(value) };
    }
    return 0;
}

int tsk_case_change_tell(struct tsk_case_change *change, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_told_value values[VALUES_MAX];
    char sha256[TSK_SHA256_HEX];
    struct tsk_told told = { .office = change->kase.office,
                             .case_number = change->kase.number,
                             .form = "referral-status",
                             .by = request->who.name,
                             .values = values };

    if (text(&told.informant, request, "informant", 200, TSK_MUST, err) != 0 ||
        text(&told.how, request, "how", 20, TSK_MUST, err) != 0 ||
        text(&told.at, request, "at", 40, TSK_MUST, err) != 0 ||
        take_values(values, &told.value_count, request, err) != 0 || archive(&told, sha256, request, err) != 0 ||
        tsk_sheet_tell(&change->sheet, change->number, request->store, &request->scope, &told, err) != 0)
        return -1;
    return tsk_route_sheet(request->desk->routing, request->store, change->sheet, err);
}

int tsk_case_change_close(struct tsk_case_change *change, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_case_closing closing = { .as = "" };

    if (text(&closing.as, request, "as", 20, TSK_MUST, err) != 0 ||
        text(&closing.note, request, "note", 500, TSK_MAY, err) != 0 ||
        tsk_body_text(&closing.day, request, "day", TSK_DATE_SIZE - 1, TSK_MAY, err) != 0 ||
        tsk_case_close(request->store, &request->scope, change->kase.number, &closing, request->who.name, err) != 0)
        return -1;
    return tsk_route_case(request->desk->routing, request->store, change->kase.number, err);
}

int tsk_case_change_reopen(struct tsk_case_change *change, const struct tsk_request *request, struct tsk_err *err)
{
    const char *why;

    if (text(&why, request, "why", 300, TSK_MUST, err) != 0 ||
        tsk_case_reopen(request->store, &request->scope, change->kase.number, why, request->who.name, err) != 0)
        return -1;
    return tsk_route_case(request->desk->routing, request->store, change->kase.number, err);
}
