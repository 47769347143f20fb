/* What cases wait for, the inquiries made because of it, and the ledger of who was told. */
#include <string.h>

#include "base/date.h"
#include "casework/casework.h"
#include "records/case.h"
#include "records/ledger.h"
#include "review/answer.h"
#include "review/route.h"
#include "review/sheet_view.h"
#include "routing/tell.h"

#define WHY_MAX 300

static json_t *inquiry_json(const struct tsk_request *request, const struct tsk_inquiry *i)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id",
                     (json_int_t)i->id, "case", i->case_number, "hospital", i->hospital, "recipient", i->recipient,
                     "name", *i->recipient != '\0' ? tsk_answer_recipient(request, i->office, i->recipient) : "",
                     "since", i->since, "round", i->round, "state", i->state, "day", i->day, "due", i->due, "created",
                     i->created, "by", i->by, "ended", i->ended, "ended_by", i->ended_by, "why", i->why, "notice",
                     i->call);
}

static int days_since(const struct tsk_request *request, const char *since)
{
    struct tsk_date day;

    return tsk_date_parse(since, &day) ? tsk_date_days(tsk_japan_date(request->now_ms)) - tsk_date_days(day) : 0;
}

static json_t *wait_json(const struct tsk_request *request, const struct tsk_wait_row *w, json_t *inquiry)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:b, s:I, s:o}", "case", w->case_number, "office",
                     w->office, "name", w->name, "kana", w->kana, "state", w->state, "hospital", w->hospital, "since",
                     w->since, "days", days_since(request, w->since), "ask_on", w->ask_on, "moved", w->moved, "sheet",
                     (json_int_t)w->sheet, "inquiry", inquiry);
}

static const struct tsk_inquiry *newest_of(const struct tsk_inquiries *all, const char *case_number)
{
    for (size_t i = all->count; i > 0; i--)
        if (strcmp(all->items[i - 1].case_number, case_number) == 0)
            return &all->items[i - 1];
    return NULL;
}

static int get_waiting(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const struct tsk_wait_filter filter = { .office = tsk_request_query(request, "office"), .open = true };
    const struct tsk_inquiry_filter open = { .office = filter.office, .open = true };
    struct tsk_wait_rows rows;
    struct tsk_inquiries inquiries;

    if (tsk_wait_list(&rows, request->store, &request->scope, &filter, request->arena, err) != 0 ||
        tsk_inquiry_list(&inquiries, request->store, &request->scope, &open, request->arena, err) != 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < rows.count; i++) {
        const struct tsk_inquiry *one = newest_of(&inquiries, rows.items[i].case_number);
        tsk_answer_add(&items,
                       wait_json(request, &rows.items[i], one != NULL ? inquiry_json(request, one) : json_null()));
    }
    return tsk_answer(reply, json_pack("{s:o}", "items", items), err);
}

static int find_case(struct tsk_case *out, struct tsk_reply *reply, const struct tsk_request *request,
                     struct tsk_err *err)
{
    return tsk_case_find(out, request->store, &request->scope, tsk_request_arg(request, "case"), request->arena, err) ==
                   0
               ? 0
               : tsk_reply_missing(reply, err);
}

static int answer_case(struct tsk_reply *reply, const struct tsk_request *request, const char *number,
                       struct tsk_err *err)
{
    const struct tsk_wait_filter waits = { .case_number = number };
    const struct tsk_inquiry_filter filter = { .case_number = number };
    struct tsk_wait_rows rows;
    struct tsk_inquiries found;

    if (tsk_wait_list(&rows, request->store, &request->scope, &waits, request->arena, err) != 0 ||
        tsk_inquiry_list(&found, request->store, &request->scope, &filter, request->arena, err) != 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < found.count; i++)
        tsk_answer_add(&items, inquiry_json(request, &found.items[i]));
    return tsk_answer(reply,
                      json_pack("{s:o, s:o}", "wait",
                                rows.count > 0 ? wait_json(request, &rows.items[0], json_null()) : json_null(), "items",
                                items),
                      err);
}

static int get_inquiries(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_case kase;

    return find_case(&kase, reply, request, err) != 0 ? -1 : answer_case(reply, request, kase.number, err);
}

struct acting {
    const char *number, *why;
    int64_t id;
};

static int ask(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    struct acting *acting = ctx;

    return tsk_casework_ask(&acting->id, request->desk->routing, request->store, &request->scope, acting->number,
                            request->who.name, err);
}

static int post_inquiry(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct acting acting = { .number = "" };
    struct tsk_case kase;

    if (find_case(&kase, reply, request, err) != 0)
        return -1;
    acting.number = kase.number;
    return tsk_request_change(request, ask, &acting, err) != 0 ? -1 : answer_case(reply, request, kase.number, err);
}

static int release(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    const struct acting *acting = ctx;

    return tsk_casework_release(request->desk->routing, request->store, &request->scope, acting->id, request->who.name,
                                err);
}

static int cancel(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    const struct acting *acting = ctx;

    return tsk_casework_cancel(request->desk->routing, request->store, &request->scope, acting->id, acting->why,
                               request->who.name, err);
}

/* The inquiry of the path, and its case. */
static int find_inquiry(struct acting *acting, struct tsk_reply *reply, const struct tsk_request *request,
                        struct tsk_err *err)
{
    struct tsk_inquiry_filter filter = { .limit = 1 };
    struct tsk_inquiries found;

    if (tsk_request_id(&filter.id, reply, request, "id", err) != 0 ||
        tsk_inquiry_list(&found, request->store, &request->scope, &filter, request->arena, err) != 0)
        return -1;
    if (found.count == 0) {
        tsk_fail(err, TSK_REJECT, 0, "there is no such inquiry");
        return tsk_reply_missing(reply, err);
    }
    acting->id = filter.id;
    acting->number = found.items[0].case_number;
    return 0;
}

static int post_release(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct acting acting = { .why = "" };

    return find_inquiry(&acting, reply, request, err) != 0 || tsk_request_change(request, release, &acting, err) != 0
               ? -1
               : answer_case(reply, request, acting.number, err);
}

static int post_cancel(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct acting acting = { .why = "" };

    return find_inquiry(&acting, reply, request, err) != 0 ||
                   tsk_body_text(&acting.why, request, "why", WHY_MAX, TSK_MUST, err) != 0 ||
                   tsk_request_change(request, cancel, &acting, err) != 0
               ? -1
               : answer_case(reply, request, acting.number, err);
}

static json_t *line_json(const struct tsk_request *request, const char *office, const struct tsk_ledger_line *l)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "at", l->at,
                     "what", l->what, "id", l->id, "about", l->about, "sheet", (json_int_t)l->sheet, "recipient",
                     l->recipient, "name", tsk_answer_recipient(request, office, l->recipient), "channel", l->channel,
                     "destination", l->destination, "state", l->state, "reason", l->reason, "by", l->by, "said",
                     l->said, "consent_at", l->consent_at, "consent_how", l->consent_how, "consent_by", l->consent_by);
}

struct told {
    struct tsk_telling telling;
    const char *number;
};

static int tell(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    const struct told *told = ctx;

    return tsk_route_tell(request->desk->routing, request->store, &request->scope, told->number, &told->telling,
                          request->who.name, err);
}

static int get_ledger(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_case kase;
    struct tsk_ledger ledger;

    if (find_case(&kase, reply, request, err) != 0 ||
        tsk_answer_audit(request, kase.office, "view", tsk_view_text(request, "case:%s ledger", kase.number), "",
                         err) != 0 ||
        tsk_ledger_list(&ledger, request->store, &request->scope, kase.number, request->arena, err) != 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < ledger.count; i++)
        tsk_answer_add(&items, line_json(request, kase.office, &ledger.items[i]));
    return tsk_answer(reply, json_pack("{s:s, s:s, s:o}", "case", kase.number, "office", kase.office, "items", items),
                      err);
}

static int post_ledger(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct told told = { .telling = { .person = "" } };
    const char *when = NULL, *person = NULL;
    struct tsk_case kase;

    if (find_case(&kase, reply, request, err) != 0 ||
        tsk_body_int(&told.telling.institution, request, "institution", 1, INT64_MAX, TSK_MUST, err) != 0 ||
        tsk_body_text(&told.telling.what, request, "what", 300, TSK_MUST, err) != 0 ||
        tsk_body_text(&told.telling.way, request, "way", 10, TSK_MUST, err) != 0 ||
        tsk_body_text(&person, request, "person", 100, TSK_MAY, err) != 0 ||
        tsk_body_text(&when, request, "when", 40, TSK_MAY, err) != 0)
        return -1;
    if (when != NULL && !tsk_stamp_parse(when, &told.telling.when_ms))
        return tsk_fail(err, TSK_REJECT, 0, "say when it was; not after now");
    if (person != NULL)
        told.telling.person = person;
    told.number = kase.number;
    return tsk_request_change(request, tell, &told, err) != 0 ? -1 : get_ledger(reply, request, err);
}

const struct tsk_route tsk_routes_waiting[] = {
    { "GET", "/api/v1/waiting", get_waiting, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/cases/{case}/inquiries", get_inquiries, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/cases/{case}/inquiries", post_inquiry, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/inquiries/{id}/release", post_release, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/inquiries/{id}/cancel", post_cancel, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/cases/{case}/ledger", get_ledger, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/cases/{case}/ledger", post_ledger, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
