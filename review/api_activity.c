/* What the office did: one line a contact, one a meeting, and what proposes itself. */
#include <string.h>

#include "base/date.h"
#include "config/counting.h"
#include "records/activity.h"
#include "review/answer.h"
#include "review/route.h"

#define PROPOSED_DAYS 60
#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define TEXT_MAX 1000

static int get_counterparts(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const struct tsk_counting *counting = request->desk->counting;
    json_t *items = json_array();

    for (size_t i = 0; i < counting->counterpart_count; i++) {
        const struct tsk_counterpart *one = &counting->counterparts[i];
        tsk_answer_add(&items, json_pack("{s:s, s:s, s:s, s:b}", "id", one->id, "name", one->name, "key", one->key,
                                         "retired", one->retired));
    }
    return tsk_answer(reply, json_pack("{s:o}", "items", items), err);
}

static json_t *contact_json(const struct tsk_contact *c)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s}", "id",
                     (json_int_t)c->id, "office", c->office, "day", c->day, "counterpart", c->counterpart, "kind",
                     c->kind, "case", c->case_number, "minutes", c->minutes, "text", c->text, "source", c->source,
                     "replaces", (json_int_t)c->replaces, "by", c->by, "at", c->at, "ended", c->ended, "ended_by",
                     c->ended_by, "why", c->why);
}

static json_t *gathering_json(const struct tsk_gathering *g)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:b, s:i, s:s, s:I, s:s, s:s, s:s, s:s, s:s}", "id", (json_int_t)g->id,
                     "office", g->office, "day", g->day, "form", g->form, "host", g->host, "care_meeting",
                     g->care_meeting, "minutes", g->minutes, "text", g->text, "replaces", (json_int_t)g->replaces, "by",
                     g->by, "at", g->at, "ended", g->ended, "ended_by", g->ended_by, "why", g->why);
}

static int take_filter(struct tsk_activity_filter *filter, const struct tsk_request *request, struct tsk_err *err)
{
    const char *all = tsk_request_query(request, "all");
    int64_t limit = 0;

    if (tsk_request_query_int(&limit, request, "limit", 200, 1, 5000, err) != 0)
        return -1;
    *filter = (struct tsk_activity_filter){ .office = tsk_request_query(request, "office"),
                                            .from = tsk_request_query(request, "from"),
                                            .to = tsk_request_query(request, "to"),
                                            .case_number = tsk_request_query(request, "case"),
                                            .ended_too = all != NULL && strcmp(all, "1") == 0,
                                            .newest_first = true,
                                            .limit = (int)limit };
    return 0;
}

static int get_contacts(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_activity_filter filter;
    struct tsk_contacts found;
    json_t *items = json_array();

    if (take_filter(&filter, request, err) != 0 ||
        tsk_contact_list(&found, request->store, &request->scope, &filter, request->arena, err) != 0) {
        json_decref(items);
        return -1;
    }
    for (size_t i = 0; i < found.count; i++)
        tsk_answer_add(&items, contact_json(&found.items[i]));
    return tsk_answer(reply, json_pack("{s:o}", "items", items), err);
}

static int get_gatherings(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_activity_filter filter;
    struct tsk_gatherings found;
    json_t *items = json_array();

    if (take_filter(&filter, request, err) != 0 ||
        tsk_gathering_list(&found, request->store, &request->scope, &filter, request->arena, err) != 0) {
        json_decref(items);
        return -1;
    }
    for (size_t i = 0; i < found.count; i++)
        tsk_answer_add(&items, gathering_json(&found.items[i]));
    return tsk_answer(reply, json_pack("{s:o}", "items", items), err);
}

/* "today", or a day as people type it. */
static int take_day(char out[TSK_DATE_SIZE], const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_date date = tsk_japan_date(request->now_ms);
    const char *text = NULL;

    if (tsk_body_text(&text, request, "day", 40, TSK_MAY, err) != 0)
        return -1;
    if (text != NULL && !tsk_date_from_people(text, &date))
        return tsk_fail(err, TSK_REJECT, 0, "the day of the entry is no day");
    tsk_date_text(date, out);
    return 0;
}

static int take_contact(struct tsk_contact *out, struct tsk_reply *reply, const struct tsk_request *request,
                        struct tsk_err *err)
{
    int64_t minutes = 0;

    if (tsk_request_office(&out->office, reply, request, err) != 0 ||
        tsk_body_text(&out->counterpart, request, "counterpart", 60, TSK_MUST, err) != 0 ||
        tsk_body_text(&out->kind, request, "kind", 20, TSK_MUST, err) != 0 ||
        tsk_body_text(&out->case_number, request, "case", 60, TSK_MAY, err) != 0 ||
        tsk_body_text(&out->text, request, "text", TEXT_MAX, TSK_MAY, err) != 0 ||
        tsk_body_text(&out->source, request, "source", 80, TSK_MAY, err) != 0 ||
        tsk_body_int(&minutes, request, "minutes", 0, 1440, TSK_MAY, err) != 0 ||
        tsk_body_int(&out->replaces, request, "replaces", 0, INT64_MAX / 2, TSK_MAY, err) != 0)
        return -1;
    out->minutes = (int)minutes;
    const struct tsk_counterpart *with = tsk_counting_counterpart(request->desk->counting, out->counterpart);
    if (with == NULL || with->retired)
        return tsk_fail(err, TSK_REJECT, 0, "there is no such counterpart");
    out->counterpart = with->id;
    return 0;
}

struct adding {
    struct tsk_contact contact;
    struct tsk_gathering gathering;
    int64_t id;
};

static int add_contact(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    struct adding *adding = ctx;

    return tsk_contact_add(&adding->id, request->store, &request->scope, &adding->contact, request->who.name, err);
}

static int post_contact(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct adding adding = { .id = 0 };
    char day[TSK_DATE_SIZE];
    struct tsk_contacts made;

    if (take_contact(&adding.contact, reply, request, err) != 0 || take_day(day, request, err) != 0)
        return -1;
    adding.contact.day = day;
    if (tsk_request_change(request, add_contact, &adding, err) != 0)
        return -1;
    const struct tsk_activity_filter filter = { .id = adding.id };
    if (tsk_contact_list(&made, request->store, &request->scope, &filter, request->arena, err) != 0 || made.count != 1)
        return -1;
    reply->status = 201;
    return tsk_answer(reply, contact_json(&made.items[0]), err);
}

static int add_gathering(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    struct adding *adding = ctx;

    return tsk_gathering_add(&adding->id, request->store, &request->scope, &adding->gathering, request->who.name, err);
}

static int take_gathering(struct tsk_gathering *out, struct tsk_reply *reply, const struct tsk_request *request,
                          struct tsk_err *err)
{
    int64_t minutes = 0;

    if (tsk_request_office(&out->office, reply, request, err) != 0 ||
        tsk_body_text(&out->form, request, "form", 20, TSK_MUST, err) != 0 ||
        tsk_body_text(&out->host, request, "host", 20, TSK_MUST, err) != 0 ||
        tsk_body_bool(&out->care_meeting, request, "care_meeting", err) != 0 ||
        tsk_body_text(&out->text, request, "text", TEXT_MAX, TSK_MAY, err) != 0 ||
        tsk_body_int(&minutes, request, "minutes", 0, 1440, TSK_MAY, err) != 0 ||
        tsk_body_int(&out->replaces, request, "replaces", 0, INT64_MAX / 2, TSK_MAY, err) != 0)
        return -1;
    out->minutes = (int)minutes;
    return 0;
}

static int post_gathering(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct adding adding = { .id = 0 };
    char day[TSK_DATE_SIZE];
    struct tsk_gatherings made;

    if (take_gathering(&adding.gathering, reply, request, err) != 0 || take_day(day, request, err) != 0)
        return -1;
    adding.gathering.day = day;
    if (tsk_request_change(request, add_gathering, &adding, err) != 0)
        return -1;
    const struct tsk_activity_filter filter = { .id = adding.id };
    if (tsk_gathering_list(&made, request->store, &request->scope, &filter, request->arena, err) != 0 ||
        made.count != 1)
        return -1;
    reply->status = 201;
    return tsk_answer(reply, gathering_json(&made.items[0]), err);
}

struct removal {
    int64_t id;
    const char *why;
    bool gathering;
};

static int take_out(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    const struct removal *r = ctx;

    return r->gathering ? tsk_gathering_remove(request->store, &request->scope, r->id, r->why, request->who.name, err)
                        : tsk_contact_remove(request->store, &request->scope, r->id, r->why, request->who.name, err);
}

static int post_removal(struct tsk_reply *reply, const struct tsk_request *request, bool gathering, struct tsk_err *err)
{
    struct removal removal = { .gathering = gathering };

    if (tsk_request_id(&removal.id, reply, request, "id", err) != 0)
        return -1;
    const struct tsk_activity_filter filter = { .id = removal.id, .ended_too = true };
    struct tsk_contacts contacts = { .count = 0 };
    struct tsk_gatherings gatherings = { .count = 0 };
    int rc = gathering ? tsk_gathering_list(&gatherings, request->store, &request->scope, &filter, request->arena, err)
                       : tsk_contact_list(&contacts, request->store, &request->scope, &filter, request->arena, err);
    if (rc != 0)
        return -1;
    if (contacts.count + gatherings.count == 0) {
        tsk_fail(err, TSK_REJECT, 0, "there is no such entry");
        return tsk_reply_missing(reply, err);
    }
    return tsk_body_text(&removal.why, request, "why", 200, TSK_MUST, err) != 0
               ? -1
               : tsk_request_change(request, take_out, &removal, err);
}

static int post_contact_removal(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    return post_removal(reply, request, false, err);
}

static int post_gathering_removal(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    return post_removal(reply, request, true, err);
}

static int get_proposals(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_contact_proposals found;
    char since[TSK_STAMP_SIZE];
    json_t *items = json_array();

    tsk_stamp(request->now_ms - PROPOSED_DAYS * DAY_MS, since);
    if (tsk_contact_proposal_list(&found, request->store, &request->scope, tsk_request_query(request, "office"), since,
                                  request->arena, err) != 0) {
        json_decref(items);
        return -1;
    }
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_contact_proposal *p = &found.items[i];
        const struct tsk_counterpart *as = tsk_counting_of_kind(request->desk->counting, p->directory_kind);
        tsk_answer_add(&items,
                       json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "source", p->source, "office", p->office,
                                 "day", p->day, "name", p->name, "counterpart", as != NULL ? as->id : "", "kind",
                                 p->case_number[0] != '\0' ? "coordination" : "outside", "case", p->case_number,
                                 "channel", p->channel));
    }
    return tsk_answer(reply, json_pack("{s:o}", "items", items), err);
}

static int decline(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    const struct tsk_contact *what = ctx;

    return tsk_contact_decline(request->store, &request->scope, what->office, what->source, request->who.name, err);
}

static int post_decline(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_contact what = { .id = 0 };

    if (tsk_request_office(&what.office, reply, request, err) != 0 ||
        tsk_body_text(&what.source, request, "source", 80, TSK_MUST, err) != 0)
        return -1;
    return tsk_request_change(request, decline, &what, err);
}

const struct tsk_route tsk_routes_activity[] = {
    { "GET", "/api/v1/counterparts", get_counterparts, TSK_ROLES_OFFICE, TSK_ROUTE_QUIET, 0 },
    { "GET", "/api/v1/contacts", get_contacts, TSK_ROLES_OFFICE, TSK_ROUTE_QUIET, 0 },
    { "POST", "/api/v1/contacts", post_contact, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/contacts/{id}/removal", post_contact_removal, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/contact-proposals", get_proposals, TSK_ROLES_OFFICE, TSK_ROUTE_QUIET, 0 },
    { "POST", "/api/v1/contact-proposals/decline", post_decline, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/gatherings", get_gatherings, TSK_ROLES_OFFICE, TSK_ROUTE_QUIET, 0 },
    { "POST", "/api/v1/gatherings", post_gathering, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/gatherings/{id}/removal", post_gathering_removal, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
