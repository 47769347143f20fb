/* A person's decisions on a sheet. Every change names the revision that the person looked at; another one since then is answered
 * with 409 sheet.changed, so that two browsers never overwrite each other without a word. */
#include <string.h>

#include "base/date.h"
#include "records/case.h"
#include "records/claim.h"
#include "records/consent.h"
#include "records/link.h"
#include "review/route.h"
#include "review/sheet_view.h"
#include "routing/route.h"

#define VALUES_MAX 40
#define VALUE_LENGTH_MAX 2000

struct change {
    struct tsk_reply *reply;
    struct tsk_sheet sheet;
    int64_t revision;
    int (*make)(struct change *change, const struct tsk_request *request, struct tsk_err *err);
    const void *what;
};

static int refuse_stale(struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_field_changes made;

    if (tsk_sheet_history(&made, request->store, &request->scope, change->sheet.id, request->arena, err) != 0)
        return -1;
    if (made.count > 0)
        change->reply->more = json_pack("{s:s}", "by", made.items[made.count - 1].by);
    return tsk_reply_refuse(change->reply, 409, "sheet.changed", err, "sheet %lld has been changed since you looked",
                            (long long)change->sheet.id);
}

static int apply(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    struct change *change = ctx;

    if (tsk_view_sheet(&change->sheet, change->reply, request, err) != 0)
        return -1;
    if (change->sheet.revision != change->revision)
        return refuse_stale(change, request, err);
    if (change->make(change, request, err) != 0)
        return -1;
    return tsk_route_sheet(request->desk->routing, request->store, change->sheet.id, err);
}

/* make runs in the transaction, for the sheet as the person saw it; the answer is the sheet as it is then. */
static int change_sheet(struct tsk_reply *reply, const struct tsk_request *request,
                        int (*make)(struct change *change, const struct tsk_request *request, struct tsk_err *err),
                        const void *what, struct tsk_err *err)
{
    struct change change = { .reply = reply, .make = make, .what = what };

    if (tsk_body_int(&change.revision, request, "revision", 0, INT32_MAX, TSK_MUST, err) != 0 ||
        tsk_request_change(request, apply, &change, err) != 0)
        return -1;
    return tsk_view_reply(reply, request, change.sheet.id, err);
}

static int set_one(struct change *change, const struct tsk_request *request, const char *field, const json_t *value,
                   struct tsk_err *err)
{
    const char *why = NULL;

    if (!json_is_string(value) || json_string_length(value) != strlen(json_string_value(value)) ||
        json_string_length(value) > VALUE_LENGTH_MAX)
        return tsk_fail(err, TSK_REJECT, 0, "the value of %s must be a text", field);
    if (tsk_body_text(&why, request, "why", 200, TSK_MAY, err) != 0)
        return -1;
    return tsk_sheet_set(NULL, request->store, &request->scope, change->sheet.id, field, json_string_value(value),
                         request->who.name, why, err);
}

static int set_values(struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    json_t *values = json_object_get(request->body, "values");
    char number[TSK_CASE_NUMBER_SIZE];
    const char *field;
    json_t *value;

    if (!json_is_object(values) || json_object_size(values) == 0 || json_object_size(values) > VALUES_MAX)
        return tsk_fail(err, TSK_REJECT, 0, "values must name 1 to %d fields", VALUES_MAX);
    json_object_foreach(values, field, value)
    {
        if (set_one(change, request, field, value, err) != 0)
            return -1;
    }
    return tsk_link_corrected(number, request->store, change->sheet.id, err);
}

static int patch_fields(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    return change_sheet(reply, request, set_values, NULL, err);
}

static int undo_fields(struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    const json_t *fields = json_object_get(request->body, "fields");
    const json_t *field;
    size_t i;

    if (json_array_size(fields) == 0 || json_array_size(fields) > VALUES_MAX)
        return tsk_fail(err, TSK_REJECT, 0, "fields must name 1 to %d fields", VALUES_MAX);
    json_array_foreach(fields, i, field)
    {
        if (!json_is_string(field))
            return tsk_fail(err, TSK_REJECT, 0, "fields must be a list of names");
        if (tsk_sheet_undo(request->store, &request->scope, change->sheet.id, json_string_value(field),
                           request->who.name, err) != 0)
            return -1;
    }
    return 0;
}

static int post_undo(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    return change_sheet(reply, request, undo_fields, NULL, err);
}

/* Never "all as they are": each field that waits is looked at by itself. */
static int confirm(struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    if (change->sheet.waiting_count > 0)
        return tsk_reply_refuse(change->reply, 409, "sheet.waiting", err, "%d fields of sheet %lld wait for a person",
                                change->sheet.waiting_count, (long long)change->sheet.id);
    return tsk_sheet_confirm(NULL, request->store, &request->scope, change->sheet.id, false, request->who.name, err);
}

static int post_confirm(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    return change_sheet(reply, request, confirm, NULL, err);
}

static int open_case(char number[TSK_CASE_NUMBER_SIZE], const struct change *change, const struct tsk_request *request,
                     struct tsk_err *err)
{
    int64_t received_ms = 0;

    if (*change->sheet.case_number != '\0')
        return tsk_reply_refuse(change->reply, 409, "sheet.has_case", err, "sheet %lld belongs to case %s",
                                (long long)change->sheet.id, change->sheet.case_number);
    if (!tsk_stamp_parse(change->sheet.received, &received_ms))
        return tsk_fail(err, TSK_STOP, 0, "sheet %lld has no time of reception that can be read",
                        (long long)change->sheet.id);
    return tsk_case_open(number, request->store, change->sheet.office, received_ms, request->who.name, err);
}

static int link_case(struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    char opened[TSK_CASE_NUMBER_SIZE];
    const char *number = NULL;

    if (tsk_body_text(&number, request, "case", TSK_CASE_NUMBER_SIZE - 1, TSK_MUST, err) != 0)
        return -1;
    if (strcmp(number, "new") == 0) {
        if (open_case(opened, change, request, err) != 0)
            return -1;
        number = opened;
    }
    return tsk_sheet_link(NULL, request->store, &request->scope, change->sheet.id, number, request->who.name, err);
}

static int put_case(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    return change_sheet(reply, request, link_case, NULL, err);
}

static int record_consent(struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_consent consent = { .by = request->who.name };

    if (*change->sheet.case_number == '\0')
        return tsk_reply_refuse(change->reply, 409, "sheet.no_case", err, "sheet %lld belongs to no case yet",
                                (long long)change->sheet.id);
    if (tsk_body_text(&consent.scope, request, "scope", 40, TSK_MUST, err) != 0 ||
        tsk_body_text(&consent.giver, request, "giver", 40, TSK_MUST, err) != 0 ||
        tsk_body_text(&consent.how, request, "how", 40, TSK_MUST, err) != 0 ||
        tsk_body_text(&consent.told_by, request, "told_by", 200, TSK_MAY, err) != 0 ||
        tsk_body_text(&consent.note, request, "note", 500, TSK_MAY, err) != 0)
        return -1;
    consent.note = consent.note != NULL ? consent.note : "";
    if (tsk_consent_record(request->store, &request->scope, change->sheet.case_number, &consent, err) != 0)
        return -1;
    return tsk_route_case(request->desk->routing, request->store, change->sheet.case_number, err);
}

static int post_consent(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    return change_sheet(reply, request, record_consent, NULL, err);
}

static int post_claim(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_sheet sheet;
    struct tsk_claim claim;
    bool take_over, own;
    json_t *people;

    if (tsk_view_sheet(&sheet, reply, request, err) != 0 || tsk_body_bool(&take_over, request, "take_over", err) != 0 ||
        tsk_claim_take(&claim, &own, request->store, &request->scope, sheet.id, request->who.name, take_over,
                       request->now_ms, request->arena, err) != 0)
        return -1;
    people = json_object();
    if (tsk_view_person(people, request, claim.by, err) != 0) {
        json_decref(people);
        return -1;
    }
    reply->json = json_pack("{s:s, s:s, s:b, s:i, s:o}", "by", claim.by, "since", claim.since, "own", own, "revision",
                            sheet.revision, "people", people);
    return reply->json != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for the answer");
}

static int delete_claim(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_sheet sheet;

    if (tsk_view_sheet(&sheet, reply, request, err) != 0)
        return -1;
    return tsk_claim_release(request->store, &request->scope, sheet.id, request->who.name, request->arena, err);
}

const struct tsk_route tsk_routes_review[] = {
    { "PATCH", "/api/v1/sheets/{id}/fields", patch_fields, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/sheets/{id}/undo", post_undo, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/sheets/{id}/confirm", post_confirm, TSK_ROLES_OFFICE, 0, 0 },
    { "PUT", "/api/v1/sheets/{id}/case", put_case, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/sheets/{id}/consent", post_consent, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/sheets/{id}/claim", post_claim, TSK_ROLES_OFFICE, TSK_ROUTE_QUIET, 0 },
    { "DELETE", "/api/v1/sheets/{id}/claim", delete_claim, TSK_ROLES_OFFICE, TSK_ROUTE_QUIET, 0 },
    { .method = NULL },
};
