/* Page images and originals of documents: stored bytes as they are. */
#include <stdio.h>
#include <string.h>

#include "records/audit.h"
#include "records/case.h"
#include "records/document.h"
#include "records/settle.h"
#include "records/sheet.h"
#include "review/route.h"

static int find_document(struct tsk_document *out, struct tsk_reply *reply, const struct tsk_request *request,
                         struct tsk_err *err)
{
    if (tsk_document_find(out, request->store, &request->scope, tsk_request_arg(request, "document"), request->arena,
                          err) != 0)
        return tsk_reply_missing(reply, err);
    return 0;
}

static int find_page(struct tsk_page *out, struct tsk_reply *reply, const struct tsk_request *request,
                     struct tsk_err *err)
{
    struct tsk_pages pages;
    int64_t number = 0;

    if (tsk_request_id(&number, reply, request, "page", err) != 0 ||
        tsk_document_pages(&pages, request->store, &request->scope, tsk_request_arg(request, "document"),
                           request->arena, err) != 0)
        return -1;
    for (size_t i = 0; i < pages.count; i++)
        if (pages.items[i].number == number) {
            *out = pages.items[i];
            return 0;
        }
    tsk_fail(err, TSK_REJECT, 0, "no such page");
    return tsk_reply_missing(reply, err);
}

static int note(const struct tsk_request *request, const char *office, const char *action, const char *object,
                const char *detail, struct tsk_err *err)
{
    return tsk_audit_add(request->store, office, request->who.name, action, object, detail, err);
}

static int send_page(struct tsk_reply *reply, const struct tsk_request *request, const struct tsk_document *document,
                     const struct tsk_page *page, struct tsk_err *err)
{
    char object[64], detail[32];

    snprintf(object, sizeof object, "document:%s", document->spool_id);
    snprintf(detail, sizeof detail, "page=%d", page->number);
    return note(request, document->office, "view", object, detail, err) != 0
               ? -1
               : tsk_reply_blob(reply, request, page->image, "image/png", err);
}

static int get_page(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_document document;
    struct tsk_page page = { .sheet = 0 };

    return find_document(&document, reply, request, err) != 0 || find_page(&page, reply, request, err) != 0
               ? -1
               : send_page(reply, request, &document, &page, err);
}

/* Of a page whose sheet belongs to that case: a ward viewer sees nothing else of the document. */
static int get_case_page(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_document document;
    struct tsk_sheet sheet;
    struct tsk_page page = { .sheet = 0 };

    if (find_document(&document, reply, request, err) != 0 || find_page(&page, reply, request, err) != 0)
        return -1;
    if (page.sheet == 0 ||
        tsk_sheet_find(&sheet, request->store, &request->scope, page.sheet, request->arena, err) != 0 ||
        strcmp(sheet.case_number, tsk_request_arg(request, "case")) != 0) {
        tsk_fail(err, TSK_REJECT, 0, "no such page in this case");
        return tsk_reply_missing(reply, err);
    }
    return send_page(reply, request, &document, &page, err);
}

/* A browser saves it and never shows it: what a stranger sent is for programs that the person chooses. */
static int get_original(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_document document;
    char object[64];
    bool shared;

    if (find_document(&document, reply, request, err) != 0)
        return -1;
    if (*document.handed_to != '\0') {
        tsk_fail(err, TSK_REJECT, 0, "the document is the other office's now");
        return tsk_reply_missing(reply, err);
    }
    if (tsk_document_is_shared(&shared, request->store, &document, err) != 0)
        return -1;
    if (shared) {
        tsk_fail(err, TSK_REJECT, 0, "pages of this original are another office's; the images of the others are here");
        return tsk_reply_missing(reply, err);
    }
    snprintf(object, sizeof object, "document:%s", document.spool_id);
    if (note(request, document.office, "export", object, "original", err) != 0)
        return -1;
    reply->download = tsk_arena_printf(request->arena, "%s%s%s", document.spool_id, document.name[0] != '\0' ? "-" : "",
                                       document.name);
    return tsk_reply_blob(reply, request, document.sha256, "application/octet-stream", err);
}

const struct tsk_route tsk_routes_pages[] = {
    { "GET", "/api/v1/documents/{document}/original", get_original, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/documents/{document}/pages/{page}/image", get_page, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/cases/{case}/documents/{document}/pages/{page}/image", get_case_page, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
