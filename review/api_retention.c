/* What is kept long enough: the list, legal holds, proposals, and the second person. The purge itself is run at the machine. */
#include <string.h>

#include "records/disposal.h"
#include "review/answer.h"
#include "review/route.h"

#define WHY_MAX 300

static json_t *due_json(const struct tsk_due *due, bool forgotten)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "kind", due->subject.kind, "id", due->subject.id, "office",
                     due->office, "completed", due->completed, "until", forgotten ? "" : due->until, "hindrance",
                     forgotten ? "never_closed" : due->hindrance, "disposal", (json_int_t)due->disposal);
}

static void add_dues(json_t **list, const struct tsk_dues *dues, bool forgotten)
{
    for (size_t i = 0; i < dues->count; i++)
        tsk_answer_add(list, due_json(&dues->items[i], forgotten));
}

static json_t *disposal_json(const struct tsk_disposal *d)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i}", "id",
                     (json_int_t)d->id, "office", d->office, "state", d->state, "proposed", d->proposed, "proposed_by",
                     d->proposed_by, "decided", d->decided, "decided_by", d->decided_by, "why", d->decided_why,
                     "finished", d->finished, "finished_by", d->finished_by, "cases", d->cases, "documents",
                     d->documents, "incidents", d->incidents, "purged", d->purged, "left", d->left);
}

static json_t *hold_json(const struct tsk_hold *hold)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "hold", (json_int_t)hold->id, "kind", hold->subject.kind,
                     "id", hold->subject.id, "office", hold->office, "placed", hold->placed, "by", hold->placed_by,
                     "why", hold->why);
}

static int get_retention(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const struct tsk_due_filter filter = { .office = tsk_request_query(request, "office") };
    struct tsk_dues due, forgotten;
    struct tsk_holds holds;
    struct tsk_disposals lists;

    if (tsk_retention_due(&due, request->store, &request->scope, &filter, request->arena, err) != 0 ||
        tsk_retention_forgotten(&forgotten, request->store, &request->scope, &filter, request->arena, err) != 0 ||
        tsk_hold_list(&holds, request->store, &request->scope, false, request->arena, err) != 0 ||
        tsk_disposal_list(&lists, request->store, &request->scope, NULL, request->arena, err) != 0)
        return -1;
    json_t *items = json_array(), *held = json_array(), *proposals = json_array();
    add_dues(&items, &due, false);
    add_dues(&items, &forgotten, true);
    for (size_t i = 0; i < holds.count; i++)
        tsk_answer_add(&held, hold_json(&holds.items[i]));
    for (size_t i = 0; i < lists.count; i++)
        tsk_answer_add(&proposals, disposal_json(&lists.items[i]));
    return tsk_answer(reply, json_pack("{s:o, s:o, s:o}", "items", items, "holds", held, "lists", proposals), err);
}

static int answer_list(struct tsk_reply *reply, const struct tsk_request *request, int64_t id, struct tsk_err *err)
{
    struct tsk_disposal disposal;
    struct tsk_disposal_items found;
    json_t *items = json_array();

    if (tsk_disposal_find(&disposal, request->store, &request->scope, id, request->arena, err) != 0 ||
        tsk_disposal_items(&found, request->store, &request->scope, id, request->arena, err) != 0) {
        json_decref(items);
        return -1;
    }
    for (size_t i = 0; i < found.count; i++)
        tsk_answer_add(&items, json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", found.items[i].subject.kind, "id",
                                         found.items[i].subject.id, "until", found.items[i].kept_until, "state",
                                         found.items[i].state, "reason", found.items[i].reason));
    return tsk_answer(reply,
                      json_pack("{s:o, s:o, s:s}", "list", disposal_json(&disposal), "items", items, "certificate",
                                disposal.certificate),
                      err);
}

static int find(struct tsk_disposal *out, struct tsk_reply *reply, const struct tsk_request *request,
                struct tsk_err *err)
{
    int64_t id = 0;

    if (tsk_request_id(&id, reply, request, "id", err) != 0)
        return -1;
    return tsk_disposal_find(out, request->store, &request->scope, id, request->arena, err) == 0
               ? 0
               : tsk_reply_missing(reply, err);
}

static int get_disposal(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_disposal disposal;

    return find(&disposal, reply, request, err) != 0 ? -1 : answer_list(reply, request, disposal.id, err);
}

struct step {
    int64_t id;
    const char *office, *why;
    struct tsk_subject subject;
    bool yes;
};

static int propose(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    struct step *step = ctx;

    return tsk_disposal_propose(&step->id, request->store, &request->scope, step->office, request->who.name, err);
}

static int post_disposal(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct step step = { .id = 0 };

    if (tsk_request_office(&step.office, reply, request, err) != 0 ||
        tsk_request_change(request, propose, &step, err) != 0)
        return -1;
    reply->status = 201;
    return answer_list(reply, request, step.id, err);
}

static int decide(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    const struct step *step = ctx;

    return tsk_disposal_decide(request->store, &request->scope, step->id, step->yes, step->why, request->who.name, err);
}

static int post_decision(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_disposal disposal;
    struct step step = { .id = 0 };

    if (find(&disposal, reply, request, err) != 0 || tsk_body_bool(&step.yes, request, "approve", err) != 0 ||
        tsk_body_text(&step.why, request, "why", WHY_MAX, TSK_MAY, err) != 0)
        return -1;
    step.id = disposal.id;
    return tsk_request_change(request, decide, &step, err) != 0 ? -1 : answer_list(reply, request, step.id, err);
}

static int hold(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    const struct step *step = ctx;

    return (step->yes ? tsk_hold_place : tsk_hold_lift)(request->store, &request->scope, &step->subject, step->why,
                                                        request->who.name, err);
}

static int post_hold(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct step step = { .id = 0 };
    const char *id = NULL;

    (void)reply;
    if (tsk_body_text(&id, request, "id", 64, TSK_MUST, err) != 0 ||
        tsk_body_text(&step.why, request, "why", WHY_MAX, TSK_MUST, err) != 0 ||
        tsk_body_bool(&step.yes, request, "hold", err) != 0)
        return -1;
    step.subject = tsk_subject_of(id);
    return tsk_request_change(request, hold, &step, err);
}

const struct tsk_route tsk_routes_retention[] = {
    { "GET", "/api/v1/retention", get_retention, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/retention/holds", post_hold, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/disposals", post_disposal, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/disposals/{id}", get_disposal, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/disposals/{id}/decision", post_decision, TSK_ROLE_MANAGER, 0, 0 },
    { .method = NULL },
};
