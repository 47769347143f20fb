#include "review/document_view.h"

#include "review/answer.h"

json_t *tsk_view_document_json(const struct tsk_document *d)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id",
                     d->spool_id, "office", d->office, "source", d->source, "sender", d->sender, "name", d->name,
                     "received", d->received, "state", tsk_document_state_name(d->state), "reason", d->reason,
                     "duplicate_of", d->duplicate_of, "pages", d->page_count, "sheets", d->sheet_count, "settled",
                     d->settled, "settled_by", d->settled_by, "settled_at", d->settled_at, "settled_note",
                     d->settled_note, "handed_to", d->handed_to, "handed_by", d->handed_by, "handed_at", d->handed_at);
}

static json_t *page_json(const struct tsk_page *p)
{
    static const char *const states[] = { "read", "no_form", "incomplete" };

    return json_pack("{s:i, s:s, s:s, s:I, s:b, s:i, s:i, s:s, s:s, s:s, s:s, s:s}", "number", p->number, "state",
                     states[p->state], "reason", p->reason, "sheet", (json_int_t)p->sheet, "image", *p->image != '\0',
                     "width", p->width_px, "height", p->height_px, "settled", p->settled, "settled_by", p->settled_by,
                     "settled_at", p->settled_at, "settled_note", p->settled_note, "case", p->case_number);
}

int tsk_view_document(struct tsk_document *out, struct tsk_reply *reply, const struct tsk_request *request,
                      struct tsk_err *err)
{
    return tsk_document_find(out, request->store, &request->scope, tsk_request_arg(request, "document"), request->arena,
                             err) == 0
               ? 0
               : tsk_reply_missing(reply, err);
}

int tsk_view_document_reply(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_document document;
    struct tsk_pages pages;

    if (tsk_view_document(&document, reply, request, err) != 0 ||
        tsk_document_pages(&pages, request->store, &request->scope, document.spool_id, request->arena, err) != 0)
        return -1;
    json_t *list = json_array();
    for (size_t i = 0; i < pages.count; i++)
        tsk_answer_add(&list, page_json(&pages.items[i]));
    return tsk_answer(reply, json_pack("{s:o, s:o}", "document", tsk_view_document_json(&document), "pages", list),
                      err);
}

int tsk_view_document_page(struct tsk_page *out, struct tsk_reply *reply, const struct tsk_request *request,
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
