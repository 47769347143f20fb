/* A page that was found to be no form is read as the form that a person names; what comes of it becomes a sheet. */
#include <string.h>

#include "records/link.h"
#include "records/reread.h"
#include "review/answer.h"
#include "review/document_view.h"
#include "review/reread_view.h"
#include "review/route.h"
#include "routing/route.h"

static int answer(struct tsk_reply *reply, const struct tsk_request *request, const struct tsk_page *page,
                  struct tsk_err *err)
{
    struct tsk_reread reread;
    bool found = false;

    if (tsk_reread_of_page(&found, &reread, request->store, &request->scope, page->id, request->arena, err) != 0)
        return -1;
    return tsk_answer(reply, tsk_view_reread(request, found ? &reread : NULL, json_array()), err);
}

static int get_reread(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_page page = { .id = 0 };

    return tsk_view_document_page(&page, reply, request, err) != 0 ? -1 : answer(reply, request, &page, err);
}

static int post_reread(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *form = NULL, *edition = NULL;
    struct tsk_page page = { .id = 0 };

    if (tsk_view_document_page(&page, reply, request, err) != 0 ||
        tsk_body_text(&form, request, "form", 100, TSK_MUST, err) != 0 ||
        tsk_body_text(&edition, request, "edition", 100, TSK_MUST, err) != 0)
        return -1;
    if (tsk_forms_find(request->desk->forms, form, edition) == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "there is no such form");
    if (tsk_reread_ask_page(request->store, &request->scope, page.id, form, edition, request->who.name, err) != 0)
        return -1;
    return answer(reply, request, &page, err);
}

static int delete_reread(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_page page = { .id = 0 };

    if (tsk_view_document_page(&page, reply, request, err) != 0)
        return -1;
    return tsk_reread_drop_page(request->store, &request->scope, page.id, request->who.name, err);
}

struct taking {
    int64_t page, sheet;
};

/* From here on it is as if the page had been read so when it came. */
static int take(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    char number[TSK_CASE_NUMBER_SIZE];
    struct taking *taking = ctx;

    if (tsk_reread_take_page(&taking->sheet, request->store, &request->scope, taking->page, request->who.name, err) !=
            0 ||
        tsk_link_settle(number, request->store, taking->sheet, err) != 0)
        return -1;
    return tsk_route_sheet(request->desk->routing, request->store, taking->sheet, err);
}

static int post_take(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_page page = { .id = 0 };
    struct taking taking = { .sheet = 0 };

    if (tsk_view_document_page(&page, reply, request, err) != 0)
        return -1;
    taking.page = page.id;
    if (tsk_request_change(request, take, &taking, err) != 0)
        return -1;
    return tsk_answer(reply, json_pack("{s:I}", "sheet", (json_int_t)taking.sheet), err);
}

const struct tsk_route tsk_routes_page_reread[] = {
    { "GET", "/api/v1/documents/{document}/pages/{page}/reread", get_reread, TSK_ROLES_OFFICE, TSK_ROUTE_QUIET, 0 },
    { "POST", "/api/v1/documents/{document}/pages/{page}/reread", post_reread, TSK_ROLES_OFFICE, 0, 0 },
    { "DELETE", "/api/v1/documents/{document}/pages/{page}/reread", delete_reread, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/documents/{document}/pages/{page}/reread/take", post_take, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
