/* What a sheet says, its page, its history, and what confirming it would lead to. */
#include <string.h>

#include "records/audit.h"
#include "review/route.h"
#include "review/sheet_complete.h"
#include "review/sheet_summary.h"
#include "review/sheet_view.h"

static int note_view(const struct tsk_request *request, const struct tsk_sheet *sheet, const char *what,
                     struct tsk_err *err)
{
    return tsk_audit_add(request->store, sheet->office, request->who.name, "view",
                         tsk_view_text(request, "sheet:%lld", (long long)sheet->id), what, err);
}

static int get_sheet(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_sheet sheet;

    if (tsk_view_sheet(&sheet, reply, request, err) != 0 || note_view(request, &sheet, "", err) != 0)
        return -1;
    return tsk_view_reply(reply, request, sheet.id, err);
}

static int get_page(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_sheet sheet;
    struct tsk_page page;

    if (tsk_view_sheet(&sheet, reply, request, err) != 0 || tsk_view_page(&page, request, &sheet, err) != 0)
        return -1;
    return tsk_reply_blob(reply, request, page.image, "image/png", err);
}

static int get_history(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_field_changes changes;
    struct tsk_sheet sheet;

    if (tsk_view_sheet(&sheet, reply, request, err) != 0 ||
        tsk_sheet_history(&changes, request->store, &request->scope, sheet.id, request->arena, err) != 0)
        return -1;
    const struct tsk_form *form = tsk_view_form(request, &sheet);
    json_t *list = json_array(), *people = json_object();
    for (size_t i = changes.count; i-- > 0;) {
        const struct tsk_field_change *one = &changes.items[i];
        if (tsk_view_person(people, request, one->by, err) != 0) {
            json_decref(list);
            json_decref(people);
            return -1;
        }
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "field", one->field, "label",
                                              tsk_view_label(request, form, one->field), "before",
                                              tsk_view_value(request, form, one->field, one->old_value), "after",
                                              tsk_view_value(request, form, one->field, one->new_value), "by", one->by,
                                              "at", one->at, "why", one->why));
    }
    reply->json = json_pack("{s:o, s:o}", "items", list, "people", people);
    return reply->json != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for the answer");
}

static int get_summary(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_sheet sheet;

    return tsk_view_sheet(&sheet, reply, request, err) != 0 ? -1 : tsk_summary_reply(reply, request, &sheet, err);
}

/* "ward" follows from the address and is no field of a form. */
static const struct tsk_field ward_field = { .id = "ward", .lexicon = "ward", .suffix = "" };

static int get_completions(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *typed = tsk_request_query(request, "q"), *name = tsk_request_query(request, "field");
    struct tsk_sheet sheet;
    json_t *list = NULL;

    if (tsk_view_sheet(&sheet, reply, request, err) != 0)
        return -1;
    const struct tsk_form *form = tsk_view_form(request, &sheet);
    const struct tsk_field *field = form != NULL && name != NULL ? tsk_form_field(form, name) : NULL;

    if (field == NULL && name != NULL && strcmp(name, ward_field.id) == 0)
        field = &ward_field;
    if (field == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "this sheet has no such field");
    if (tsk_complete(&list, request, &sheet, field, typed != NULL ? typed : "", err) != 0)
        return -1;
    reply->json = json_pack("{s:o}", "items", list);
    return reply->json != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for the answer");
}

const struct tsk_route tsk_routes_sheets[] = {
    { "GET", "/api/v1/sheets/{id}", get_sheet, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/sheets/{id}/page", get_page, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/sheets/{id}/history", get_history, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/sheets/{id}/summary", get_summary, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/sheets/{id}/completions", get_completions, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
