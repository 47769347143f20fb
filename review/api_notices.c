/* What was told, to whom, how far that came, and what a person does about it. */
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "records/directory.h"
#include "review/answer.h"
#include "review/route.h"
#include "review/sheet_view.h"
#include "routing/route.h"

static int get_notices(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    int64_t limit = 0;
    struct tsk_notices notices;

    if (tsk_request_query_int(&limit, request, "limit", 100, 1, 500, err) != 0)
        return -1;
    const struct tsk_notice_filter filter = { .state = tsk_request_query(request, "state"),
                                              .kind = tsk_request_query(request, "kind"),
                                              .office = tsk_request_query(request, "office"),
                                              .case_number = tsk_request_query(request, "case"),
                                              .before = tsk_request_query(request, "before"),
                                              .newest_first = true,
                                              .limit = (int)limit + 1 };
    if (tsk_notice_list(&notices, request->store, &request->scope, &filter, request->arena, err) != 0)
        return -1;
    size_t count = notices.count > (size_t)limit ? (size_t)limit : notices.count;
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        tsk_answer_add(&items, tsk_answer_notice(request, &notices.items[i]));
    return tsk_answer(reply, json_pack("{s:o, s:b}", "items", items, "more", notices.count > count), err);
}

static int find(struct tsk_notice *out, struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    return tsk_notice_find(out, request->store, &request->scope, tsk_request_arg(request, "id"), request->arena, err) ==
                   0
               ? 0
               : tsk_reply_missing(reply, err);
}

/* id 0 when the recipient is no entry of the directory. */
static int recipient_entry(struct tsk_institution *out, const struct tsk_request *request,
                           const struct tsk_notice *notice, struct tsk_err *err)
{
    static const char start[] = "institution:";

    *out = (struct tsk_institution){ .id = 0 };
    if (strncmp(notice->recipient, start, strlen(start)) != 0)
        return 0;
    return tsk_directory_find(out, request->store, &request->scope,
                              strtoll(notice->recipient + strlen(start), NULL, 10), request->arena, err);
}

/* Alerts carry no patient data and may go to a number that nobody vouched for yet; everything else may not. */
static bool may_use(const struct tsk_notice *notice, const struct tsk_institution *entry, const char *channel)
{
    const char *value = strcmp(channel, "fax") == 0 ? entry->fax : entry->email;

    if (entry->id == 0 || *value == '\0')
        return false;
    return notice->kind == TSK_NOTICE_ALERT || tsk_institution_verified(entry, channel);
}

static json_t *channels(const struct tsk_notice *notice, const struct tsk_institution *entry)
{
    static const char *const names[] = { "fax", "email" };
    json_t *list = json_array();

    for (size_t i = 0; entry->id != 0 && i < TSK_COUNT(names); i++) {
        const char *value = i == 0 ? entry->fax : entry->email;
        if (*value != '\0')
            tsk_answer_add(&list,
                           json_pack("{s:s, s:s, s:s, s:b}", "channel", names[i], "value", value, "state",
                                     tsk_verified_name(i == 0 ? entry->fax_verified : entry->email_verified), "may",
                                     may_use(notice, entry, names[i]) && strcmp(notice->channel, names[i]) != 0));
    }
    return list;
}

static int answer_one(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_notice notice;
    struct tsk_institution entry;
    struct tsk_deliveries deliveries;

    if (find(&notice, reply, request, err) != 0 || recipient_entry(&entry, request, &notice, err) != 0 ||
        tsk_notice_deliveries(&deliveries, request->store, &request->scope, notice.id, request->arena, err) != 0)
        return -1;
    json_t *list = json_array();
    for (size_t i = 0; i < deliveries.count; i++) {
        const struct tsk_delivery *d = &deliveries.items[i];
        tsk_answer_add(&list,
                       json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "attempt", d->attempt, "who", d->who, "started",
                                 d->started, "ended", d->ended, "result", d->result, "detail", d->detail));
    }
    return tsk_answer(reply,
                      json_pack("{s:o, s:s, s:o, s:o, s:s}", "notice", tsk_answer_notice(request, &notice), "body",
                                notice.body, "deliveries", list, "channels", channels(&notice, &entry), "phone",
                                entry.id != 0 ? entry.phone : ""),
                      err);
}

static int get_notice(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_notice notice;

    if (find(&notice, reply, request, err) != 0 ||
        tsk_answer_audit(request, notice.office, "view", tsk_view_text(request, "notice:%s", notice.id), "", err) != 0)
        return -1;
    return answer_one(reply, request, err);
}

struct act {
    struct tsk_reply *reply;
    struct tsk_notice notice;
    const char *text;
    int64_t when_ms;
    int (*make)(const struct act *act, const struct tsk_request *request, struct tsk_err *err);
};

static int apply(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    const struct act *act = ctx;

    return act->make(act, request, err);
}

static int run(struct act *act, const struct tsk_request *request, struct tsk_err *err)
{
    if (find(&act->notice, act->reply, request, err) != 0 || tsk_request_change(request, apply, act, err) != 0)
        return -1;
    return answer_one(act->reply, request, err);
}

/* Patient data goes only with consent, to a destination that two persons verified. */
static int may_go(const struct tsk_request *request, const struct tsk_notice *notice, struct tsk_err *err)
{
    const char *reason = NULL;

    if (notice->kind != TSK_NOTICE_DISCLOSURE)
        return 0;
    if (tsk_route_may_go(&reason, request->desk->routing, request->store, notice, request->arena, err) != 0)
        return -1;
    return reason == NULL ? 0 : tsk_fail(err, TSK_REJECT, 0, "%s", reason);
}

static int retry(const struct act *act, const struct tsk_request *request, struct tsk_err *err)
{
    if (may_go(request, &act->notice, err) != 0)
        return -1;
    return tsk_notice_retry(request->store, &request->scope, act->notice.id, request->who.name, err);
}

static int post_retry(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct act act = { .reply = reply, .make = retry };

    return run(&act, request, err);
}

static int cancel(const struct act *act, const struct tsk_request *request, struct tsk_err *err)
{
    return tsk_notice_cancel(request->store, &request->scope, act->notice.id, request->who.name, act->text, err);
}

static int post_cancel(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct act act = { .reply = reply, .make = cancel };

    if (tsk_body_text(&act.text, request, "why", 300, TSK_MUST, err) != 0)
        return -1;
    return run(&act, request, err);
}

static int reroute(const struct act *act, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_institution entry;
    struct tsk_notice as_sent = act->notice;
    bool fax = strcmp(act->text, "fax") == 0;

    if (!fax && strcmp(act->text, "email") != 0)
        return tsk_fail(err, TSK_REJECT, 0, "the channel is fax or email");
    if (recipient_entry(&entry, request, &act->notice, err) != 0)
        return -1;
    if (!may_use(&act->notice, &entry, act->text))
        return tsk_reply_refuse(act->reply, 409, "notice.unverified", err,
                                "two persons have to verify this number or address before patient data may go there");
    as_sent.channel = act->text;
    as_sent.destination = fax ? entry.fax : entry.email;
    if (may_go(request, &as_sent, err) != 0)
        return -1;
    return tsk_notice_reroute(request->store, &request->scope, act->notice.id, act->text, as_sent.destination,
                              request->who.name, err);
}

static int post_channel(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct act act = { .reply = reply, .make = reroute };

    if (tsk_body_text(&act.text, request, "channel", 10, TSK_MUST, err) != 0)
        return -1;
    return run(&act, request, err);
}

/* A person tells: no number matters, consent does. A call with inquiries has no case; who may know was asked page by page. */
static int may_know(const struct tsk_request *request, const struct tsk_notice *notice, struct tsk_err *err)
{
    const char *reason = NULL;

    if (notice->kind != TSK_NOTICE_DISCLOSURE || *notice->case_number == '\0')
        return 0;
    if (tsk_route_may_know(&reason, request->desk->routing, request->store, notice->office, notice->case_number,
                           notice->recipient, request->arena, err) != 0)
        return -1;
    return reason == NULL ? 0 : tsk_fail(err, TSK_REJECT, 0, "%s", reason);
}

static int by_hand(const struct act *act, const struct tsk_request *request, struct tsk_err *err)
{
    if (may_know(request, &act->notice, err) != 0)
        return -1;
    return tsk_notice_told(request->store, &request->scope, act->notice.id, act->when_ms, act->text, request->who.name,
                           err);
}

static int post_by_hand(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct act act = { .reply = reply, .make = by_hand };
    const char *when = NULL;

    if (tsk_body_text(&act.text, request, "how", 300, TSK_MUST, err) != 0 ||
        tsk_body_text(&when, request, "when", 40, TSK_MAY, err) != 0)
        return -1;
    if (when != NULL && (!tsk_stamp_parse(when, &act.when_ms) || act.when_ms > request->now_ms + 60000))
        return tsk_fail(err, TSK_REJECT, 0, "say when it was; not after now");
    return run(&act, request, err);
}

const struct tsk_route tsk_routes_notices[] = {
    { "GET", "/api/v1/notices", get_notices, TSK_ROLES_OFFICE, TSK_ROUTE_QUIET, 0 },
    { "GET", "/api/v1/notices/{id}", get_notice, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/notices/{id}/retry", post_retry, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/notices/{id}/cancel", post_cancel, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/notices/{id}/channel", post_channel, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/notices/{id}/by-hand", post_by_hand, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
