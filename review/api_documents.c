/* What was received, as pages: put away, put in order, split, given to another office. */
#include <stdlib.h>
#include <string.h>

#include "records/case.h"
#include "records/settle.h"
#include "review/answer.h"
#include "review/document_view.h"
#include "review/route.h"
#include "review/sheet_view.h"
#include "routing/route.h"

#define PAGES_MAX 200

static int get_documents(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    int64_t limit = 0;
    struct tsk_documents documents;

    if (tsk_request_query_int(&limit, request, "limit", 100, 1, 500, err) != 0)
        return -1;
    const struct tsk_document_filter filter = { .state = tsk_request_query(request, "state"),
                                                .office = tsk_request_query(request, "office"),
                                                .limit = (int)limit };
    if (tsk_document_list(&documents, request->store, &request->scope, &filter, request->arena, err) != 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < documents.count; i++)
        tsk_answer_add(&items, tsk_view_document_json(&documents.items[i]));
    return tsk_answer(reply, json_pack("{s:o}", "items", items), err);
}

static int get_document(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_document document;

    if (tsk_view_document(&document, reply, request, err) != 0 ||
        tsk_answer_audit(request, document.office, "view", tsk_view_text(request, "document:%s", document.spool_id), "",
                         err) != 0)
        return -1;
    return tsk_view_document_reply(reply, request, err);
}

/* Runs one change and answers with the document as it is then. */
struct change {
    struct tsk_reply *reply;
    int (*make)(const struct change *change, const struct tsk_request *request, struct tsk_err *err);
    const char *document;
    struct tsk_page page;
    const char *text, *note;
    int numbers[PAGES_MAX];
    size_t count;
};

static int apply(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    const struct change *change = ctx;

    return change->make(change, request, err);
}

static int run(struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    return tsk_request_change(request, apply, change, err) != 0 ? -1
                                                                : tsk_view_document_reply(change->reply, request, err);
}

/* A sheet that came back is asked about again. */
static int settle_page(const struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    if (tsk_page_put_away(request->store, &request->scope, change->page.id, change->text, change->note,
                          request->who.name, err) != 0)
        return -1;
    return change->page.sheet != 0 ? tsk_route_sheet(request->desk->routing, request->store, change->page.sheet, err)
                                   : 0;
}

static int put_page_settled(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct change change = { .reply = reply, .make = settle_page };

    if (tsk_view_document_page(&change.page, reply, request, err) != 0 ||
        tsk_body_text(&change.text, request, "as", 20, TSK_MAY, err) != 0 ||
        tsk_body_text(&change.note, request, "note", 500, TSK_MAY, err) != 0)
        return -1;
    change.text = change.text != NULL ? change.text : "";
    return run(&change, request, err);
}

static int assign_page(const struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    return tsk_page_assign(request->store, &request->scope, change->page.id, change->text, request->who.name, err);
}

static int put_page_case(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct change change = { .reply = reply, .make = assign_page };
    struct tsk_case kase;

    if (tsk_view_document_page(&change.page, reply, request, err) != 0 ||
        tsk_body_text(&change.text, request, "case", 60, TSK_MAY, err) != 0)
        return -1;
    change.text = change.text != NULL ? change.text : "";
    if (*change.text != '\0' &&
        tsk_case_find(&kase, request->store, &request->scope, change.text, request->arena, err) != 0)
        return tsk_fail(err, err->kind, 0, "there is no such case");
    return run(&change, request, err);
}

static int settle_document(const struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    return tsk_document_settle(request->store, &request->scope, change->document, change->text, change->note,
                               request->who.name, err);
}

static int put_settled(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct change change = { .reply = reply,
                             .make = settle_document,
                             .document = tsk_request_arg(request, "document") };
    struct tsk_document document;

    if (tsk_view_document(&document, reply, request, err) != 0 ||
        tsk_body_text(&change.text, request, "as", 20, TSK_MAY, err) != 0 ||
        tsk_body_text(&change.note, request, "note", 500, TSK_MAY, err) != 0)
        return -1;
    change.text = change.text != NULL ? change.text : "";
    return run(&change, request, err);
}

static int take_pages(struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    const json_t *pages = json_object_get(request->body, "pages");
    const json_t *number;
    size_t i;

    if (!json_is_array(pages) || json_array_size(pages) > PAGES_MAX)
        return tsk_fail(err, TSK_REJECT, 0, "pages must be a list of page numbers");
    json_array_foreach(pages, i, number)
    {
        if (!json_is_integer(number) || json_integer_value(number) < 1 || json_integer_value(number) > 100000)
            return tsk_fail(err, TSK_REJECT, 0, "pages must be a list of page numbers");
        change->numbers[change->count++] = (int)json_integer_value(number);
    }
    return 0;
}

static int order(const struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    return tsk_document_order(request->store, &request->scope, change->document, change->numbers, change->count,
                              request->who.name, err);
}

static int put_order(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct change change = { .reply = reply, .make = order, .document = tsk_request_arg(request, "document") };
    struct tsk_document document;

    if (tsk_view_document(&document, reply, request, err) != 0 || take_pages(&change, request, err) != 0)
        return -1;
    return run(&change, request, err);
}

static int split(const struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    char id[TSK_ID_SIZE];

    return tsk_document_split(id, request->store, &request->scope, change->document, change->numbers, change->count,
                              request->who.name, err);
}

static int post_split(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct change change = { .reply = reply, .make = split, .document = tsk_request_arg(request, "document") };
    struct tsk_document document;

    if (tsk_view_document(&document, reply, request, err) != 0 || take_pages(&change, request, err) != 0)
        return -1;
    return run(&change, request, err);
}

/* The taker's office is told of its new sheets as of any that arrive. */
static int route_taken(const struct tsk_request *request, const char *spool_id, struct tsk_err *err)
{
    const struct tsk_sheet_filter filter = { .document = spool_id };
    struct tsk_sheets sheets;

    if (tsk_sheet_list(&sheets, request->store, &tsk_scope_all, &filter, request->arena, err) != 0)
        return -1;
    for (size_t i = 0; i < sheets.count; i++)
        if (tsk_route_sheet(request->desk->routing, request->store, sheets.items[i].id, err) != 0)
            return -1;
    return 0;
}

static int hand_over(const struct change *change, const struct tsk_request *request, struct tsk_err *err)
{
    char id[TSK_ID_SIZE];

    if (tsk_document_hand_over(id, request->store, &request->scope, change->document, change->text, request->who.name,
                               err) != 0)
        return -1;
    return route_taken(request, id, err);
}

static int post_hand_over(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct change change = { .reply = reply, .make = hand_over, .document = tsk_request_arg(request, "document") };
    struct tsk_document document;

    if (tsk_view_document(&document, reply, request, err) != 0 ||
        tsk_body_text(&change.text, request, "to", 100, TSK_MUST, err) != 0)
        return -1;
    if (document.state == TSK_DOCUMENT_HELD)
        return tsk_hand_over_held(request, &document, change.text, err) != 0
                   ? -1
                   : tsk_view_document_reply(reply, request, err);
    return run(&change, request, err);
}

/* To whom something can be handed over: the names of the offices are no secret. */
static int get_offices(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_offices offices;

    if (tsk_office_list(&offices, request->store, &tsk_scope_all, request->arena, err) != 0)
        return -1;
    json_t *items = json_array(), *wards = json_array();
    for (size_t i = 0; i < offices.count; i++)
        tsk_answer_add(&items,
                       json_pack("{s:s, s:s, s:s, s:b}", "id", offices.items[i].id, "name", offices.items[i].name,
                                 "ward", offices.items[i].ward, "own", tsk_request_sees(request, offices.items[i].id)));
    for (size_t i = 0; i < tsk_reference_ward_count(request->desk->reference); i++) {
        const struct tsk_ward *ward = tsk_reference_ward(request->desk->reference, i);
        tsk_answer_add(&wards, json_pack("{s:s, s:s}", "code", ward->code, "name", ward->name));
    }
    return tsk_answer(reply, json_pack("{s:o, s:o}", "items", items, "wards", wards), err);
}

struct suspicion {
    int64_t sheet;
    enum tsk_suspicion what;
    bool cleared;
};

static int clear(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    const struct suspicion *s = ctx;

    return tsk_sheet_clear(request->store, &request->scope, s->sheet, s->what, s->cleared, request->who.name, err);
}

static int put_suspicion(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct suspicion s = { 0 };
    struct tsk_sheet sheet;
    const char *what = NULL;

    if (tsk_view_sheet(&sheet, reply, request, err) != 0 ||
        tsk_body_text(&what, request, "what", 10, TSK_MUST, err) != 0 ||
        tsk_body_bool(&s.cleared, request, "cleared", err) != 0)
        return -1;
    if (strcmp(what, "twin") != 0 && strcmp(what, "ward") != 0)
        return tsk_fail(err, TSK_REJECT, 0, "what is suspected is twin or ward");
    s.sheet = sheet.id;
    s.what = strcmp(what, "twin") == 0 ? TSK_SUSPECT_TWIN : TSK_SUSPECT_WARD;
    return tsk_request_change(request, clear, &s, err);
}

const struct tsk_route tsk_routes_documents[] = {
    { "GET", "/api/v1/documents", get_documents, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/documents/{document}", get_document, TSK_ROLES_OFFICE, 0, 0 },
    { "PUT", "/api/v1/documents/{document}/order", put_order, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/documents/{document}/split", post_split, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/documents/{document}/hand-over", post_hand_over, TSK_ROLES_OFFICE, 0, 0 },
    { "PUT", "/api/v1/documents/{document}/settled", put_settled, TSK_ROLES_OFFICE, 0, 0 },
    { "PUT", "/api/v1/documents/{document}/pages/{page}/case", put_page_case, TSK_ROLES_OFFICE, 0, 0 },
    { "PUT", "/api/v1/documents/{document}/pages/{page}/settled", put_page_settled, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/offices", get_offices, TSK_ROLES_OFFICE, 0, 0 },
    { "PUT", "/api/v1/sheets/{id}/suspicion", put_suspicion, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
