/* What lies on the desk, how much of it, and who is at it. */
#include <string.h>

#include "base/date.h"
#include "records/claim.h"
#include "records/queue.h"
#include "review/answer.h"
#include "review/route.h"

static int count(struct tsk_queue_counts *out, const struct tsk_request *request, const char *office,
                 struct tsk_err *err)
{
    struct tsk_date today = tsk_japan_date(request->now_ms);
    char day[TSK_DATE_SIZE], since[TSK_STAMP_SIZE];

    tsk_date_text(today, day);
    tsk_stamp(tsk_japan_midnight_ms(today), since);
    return tsk_queue_count(out, request->store, &request->scope, office, day, since, request->arena, err);
}

static int get_counts(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_queue_counts counts;

    if (count(&counts, request, tsk_request_query(request, "office"), err) != 0)
        return -1;
    json_t *trays = json_object();
    for (int i = 0; i < TSK_TRAY_COUNT; i++)
        json_object_set_new(trays, tsk_tray_name((enum tsk_tray)i), json_integer((json_int_t)counts.tray[i]));
    return tsk_answer(reply,
                      json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:o}", "queue",
                                (json_int_t)counts.tray[TSK_TRAY_ALL], "todos", (json_int_t)counts.todos, "todos_due",
                                (json_int_t)counts.todos_due, "notices", (json_int_t)counts.notices_failed,
                                "notices_waiting", (json_int_t)counts.notices_waiting, "urgent",
                                (json_int_t)counts.urgent, "arrived", (json_int_t)counts.arrived, "oldest",
                                counts.oldest, "trays", trays),
                      err);
}

static const char *claimed_by(const struct tsk_claims *claims, const struct tsk_queue_item *item)
{
    for (size_t i = 0; item->kind == TSK_QUEUE_SHEET && i < claims->count; i++)
        if (claims->items[i].sheet == item->id)
            return claims->items[i].by;
    return "";
}

static json_t *item_json(const struct tsk_queue_item *q, const char *claimed, const char *me)
{
    static const char *const kinds[] = { "sheet", "page", "document" };

    return json_pack("{s:s, s:I, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, "
                     "s:i, s:b, s:s, s:b}",
                     "kind", kinds[q->kind], "id", (json_int_t)q->id, "document", q->document, "page", q->page,
                     "office", q->office, "received", q->received, "source", q->source, "sender", q->sender, "form",
                     q->form, "state", q->state, "case", q->case_number, "name", q->name, "kana", q->kana, "birth",
                     q->birth, "from", q->from, "to", q->to, "reason", q->reason, "ward", q->ward, "twin",
                     (json_int_t)q->twin, "waiting", q->waiting_count, "urgent", q->urgent > 0, "claimed", claimed,
                     "own", strcmp(claimed, me) == 0);
}

static int get_queue(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *tray = tsk_request_query(request, "tray");
    int which = tray != NULL ? tsk_tray_from_name(tray) : TSK_TRAY_ALL;
    int64_t limit = 0;
    struct tsk_queue queue;
    struct tsk_claims claims;

    if (which < 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no such tray");
    if (tsk_request_query_int(&limit, request, "limit", 50, 1, 500, err) != 0)
        return -1;
    const struct tsk_queue_filter filter = { .tray = (enum tsk_tray)which,
                                             .office = tsk_request_query(request, "office"),
                                             .form = tsk_request_query(request, "form"),
                                             .source = tsk_request_query(request, "source"),
                                             .reason = tsk_request_query(request, "reason"),
                                             .after = tsk_request_query(request, "after"),
                                             .limit = (int)limit };
    if (tsk_queue_list(&queue, request->store, &request->scope, &filter, request->arena, err) != 0 ||
        tsk_claim_list(&claims, request->store, &request->scope, 0, request->now_ms, request->arena, err) != 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < queue.count; i++)
        tsk_answer_add(&items, item_json(&queue.items[i], claimed_by(&claims, &queue.items[i]), request->who.name));
    const char *next = queue.more ? queue.items[queue.count - 1].cursor : "";
    return tsk_answer(reply, json_pack("{s:o, s:s}", "items", items, "next", next), err);
}

static int get_facets(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_queue_facets facets;

    if (tsk_queue_facet_list(&facets, request->store, &request->scope, tsk_request_query(request, "office"),
                             request->arena, err) != 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < facets.count; i++)
        tsk_answer_add(&items, json_pack("{s:s, s:s, s:I}", "what", facets.items[i].what, "value",
                                         facets.items[i].value, "count", (json_int_t)facets.items[i].count));
    return tsk_answer(reply, json_pack("{s:o}", "items", items), err);
}

/* The list goes to paper: who took it is kept for each office whose sheets stand on it. */
static int audit_print(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    int64_t *rows = ctx;
    const char *detail = tsk_arena_printf(request->arena, "rows=%lld", (long long)*rows);
    struct tsk_offices offices;

    if (tsk_office_list(&offices, request->store, &request->scope, request->arena, err) != 0)
        return -1;
    for (size_t i = 0; i < offices.count; i++)
        if (tsk_answer_audit(request, offices.items[i].id, "print", "queue", detail != NULL ? detail : "", err) != 0)
            return -1;
    return 0;
}

static int post_print(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    int64_t rows = 0;

    (void)reply;
    if (tsk_body_int(&rows, request, "rows", 0, 100000, TSK_MUST, err) != 0)
        return -1;
    return tsk_request_change(request, audit_print, &rows, err);
}

const struct tsk_route tsk_routes_queue[] = {
    { "GET", "/api/v1/counts", get_counts, TSK_ROLES_OFFICE, TSK_ROUTE_QUIET, 0 },
    { "GET", "/api/v1/queue", get_queue, TSK_ROLES_OFFICE, TSK_ROUTE_QUIET, 0 },
    { "GET", "/api/v1/queue/facets", get_facets, TSK_ROLES_OFFICE, TSK_ROUTE_QUIET, 0 },
    { "POST", "/api/v1/queue/prints", post_print, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
