/* Reading a page again: asked for by a person, done by the reader, and taken or dropped by a person who has seen what differs. */
#include <string.h>

#include "records/reread.h"
#include "review/answer.h"
#include "review/reread_view.h"
#include "review/route.h"
#include "review/sheet_view.h"
#include "routing/route.h"

/* What taking it would change: it is taken and taken back. */
static int look(json_t **out, const struct tsk_request *request, const struct tsk_sheet *sheet, struct tsk_err *err)
{
    const struct tsk_form *form = tsk_view_form(request, sheet);
    struct tsk_differences found;

    if (tsk_store_begin(request->store, err) != 0)
        return -1;
    int rc =
        tsk_reread_take(&found, request->store, &request->scope, sheet->id, request->who.name, request->arena, err);
    tsk_store_rollback(request->store);
    if (rc != 0)
        return -1;
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_difference *one = &found.items[i];
        if (strcmp(one->read_before, one->read_now) == 0) /* only a person's value is another */
            continue;
        json_array_append_new(*out,
                              json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "field", one->field, "label",
                                        tsk_view_label(request, form, one->field), "before",
                                        tsk_view_value(request, form, one->field, one->read_before), "now",
                                        tsk_view_value(request, form, one->field, one->read_now), "value",
                                        tsk_view_value(request, form, one->field, one->value), "kept", one->kept));
    }
    return 0;
}

static int answer(struct tsk_reply *reply, const struct tsk_request *request, const struct tsk_sheet *sheet,
                  struct tsk_err *err)
{
    struct tsk_reread reread;
    bool found = false;
    json_t *differences = json_array();

    if (tsk_reread_of(&found, &reread, request->store, &request->scope, sheet->id, request->arena, err) != 0 ||
        (found && strcmp(reread.state, "read") == 0 && look(&differences, request, sheet, err) != 0)) {
        json_decref(differences);
        return -1;
    }
    return tsk_answer(reply, tsk_view_reread(request, found ? &reread : NULL, differences), err);
}

static int get_reread(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_sheet sheet;

    return tsk_view_sheet(&sheet, reply, request, err) != 0 ? -1 : answer(reply, request, &sheet, err);
}

static int post_reread(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *form = NULL, *edition = NULL;
    struct tsk_sheet sheet;
    int64_t id;

    if (tsk_view_sheet(&sheet, reply, request, err) != 0 ||
        tsk_body_text(&form, request, "form", 100, TSK_MAY, err) != 0 ||
        tsk_body_text(&edition, request, "edition", 100, TSK_MAY, err) != 0)
        return -1;
    form = form != NULL ? form : "";
    edition = edition != NULL ? edition : "";
    if (*form != '\0' && tsk_forms_find(request->desk->forms, form, *edition != '\0' ? edition : NULL) == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "there is no such form");
    if (tsk_reread_ask(&id, request->store, &request->scope, sheet.id, form, edition, request->who.name, err) != 0)
        return -1;
    return answer(reply, request, &sheet, err);
}

static int delete_reread(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_sheet sheet;

    if (tsk_view_sheet(&sheet, reply, request, err) != 0)
        return -1;
    return tsk_reread_drop(request->store, &request->scope, sheet.id, request->who.name, err);
}

struct taking {
    struct tsk_reply *reply;
    int64_t id, revision;
};

static int take(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    struct taking *taking = ctx;
    struct tsk_differences found;
    struct tsk_sheet sheet;

    if (tsk_sheet_find(&sheet, request->store, &request->scope, taking->id, request->arena, err) != 0)
        return -1;
    if (sheet.revision != taking->revision)
        return tsk_reply_refuse(taking->reply, 409, "sheet.changed", err,
                                "sheet %lld has been changed since you looked", (long long)sheet.id);
    if (tsk_reread_take(&found, request->store, &request->scope, sheet.id, request->who.name, request->arena, err) != 0)
        return -1;
    return tsk_route_sheet(request->desk->routing, request->store, sheet.id, err);
}

static int post_take(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct taking taking = { .reply = reply };
    struct tsk_sheet sheet;

    if (tsk_view_sheet(&sheet, reply, request, err) != 0 ||
        tsk_body_int(&taking.revision, request, "revision", 0, INT32_MAX, TSK_MUST, err) != 0)
        return -1;
    taking.id = sheet.id;
    if (tsk_request_change(request, take, &taking, err) != 0)
        return -1;
    return tsk_view_reply(reply, request, sheet.id, err);
}

const struct tsk_route tsk_routes_reread[] = {
    { "GET", "/api/v1/sheets/{id}/reread", get_reread, TSK_ROLES_OFFICE, TSK_ROUTE_QUIET, 0 },
    { "POST", "/api/v1/sheets/{id}/reread", post_reread, TSK_ROLES_OFFICE, 0, 0 },
    { "DELETE", "/api/v1/sheets/{id}/reread", delete_reread, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/sheets/{id}/reread/take", post_take, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
