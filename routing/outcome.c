/* How a message ended, and what that means for its notices. */
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/log.h"
#include "routing/outgoing.h"

enum { HOUR_MS = 3600 * 1000 };

static const int64_t retry_min_ms = 60 * 1000, retry_max_ms = HOUR_MS;

int64_t tsk_sender_backoff_ms(int64_t age_ms)
{
    if (age_ms < retry_min_ms)
        return retry_min_ms;
    return age_ms > retry_max_ms ? retry_max_ms : age_ms;
}

static int64_t age_of(const struct tsk_outgoing *out, int64_t now_ms)
{
    struct tsk_deliveries tries = { 0 };
    int64_t first = now_ms;

    if (tsk_notice_deliveries(&tries, out->store, &tsk_scope_all, out->notices.items[0].id, out->arena, NULL) == 0 &&
        tries.count > 0)
        (void)tsk_stamp_parse(tries.items[0].started, &first);
    return now_ms > first ? now_ms - first : 0;
}

/* A destination that has been away for hours is not asked every minute because a new message has come for it. */
static int64_t rest_ms(const struct tsk_outgoing *out, int64_t age_ms, int64_t now_ms)
{
    const struct tsk_notice *first = &out->notices.items[0];
    int64_t since;

    if (tsk_notice_trouble_since(&since, out->store, first->channel, first->destination, NULL) == 0 && since >= 0 &&
        now_ms - since > age_ms)
        age_ms = now_ms - since;
    return tsk_sender_backoff_ms(age_ms);
}

/* What a report means for this notice, and when to try again. */
static enum tsk_notice_state next_state(const struct tsk_outgoing *out, int64_t *retry_ms)
{
    const struct tsk_config *config = tsk_routing_config(out->routing);
    const struct tsk_delivery_report *report = &out->flight.report;
    int64_t now = tsk_wall_ms(), age;
    bool unknown = report->how == TSK_DELIVERED_UNKNOWN;

    *retry_ms = 0;
    if (report->how == TSK_DELIVERED_BOX && !out->fax) /* a fax in a mail has not been dialled yet */
        return TSK_NOTICE_DELIVERED;
    if (report->how == TSK_DELIVERED_SENT || report->how == TSK_DELIVERED_PERSON || report->how == TSK_DELIVERED_BOX)
        return TSK_NOTICE_SENT;
    if (report->how == TSK_DELIVERED_FAILED)
        return TSK_NOTICE_FAILED;
    if (unknown && (out->notices.items[0].kind == TSK_NOTICE_DISCLOSURE || out->fax))
        return TSK_NOTICE_UNKNOWN;
    age = age_of(out, now);
    if (age >= (int64_t)config->mail.give_up_hours * HOUR_MS)
        return unknown ? TSK_NOTICE_UNKNOWN : TSK_NOTICE_FAILED;
    int64_t rest = rest_ms(out, age, now);
    *retry_ms = now + (report->wait_ms > rest ? report->wait_ms : rest);
    return TSK_NOTICE_QUEUED;
}

static int record_one(struct tsk_outgoing *out, const struct tsk_notice *notice, enum tsk_notice_state state,
                      int64_t retry_ms, const char *detail)
{
    bool lost = state == TSK_NOTICE_FAILED || state == TSK_NOTICE_UNKNOWN;

    if (tsk_notice_result(out->store, &tsk_scope_all, notice->id, state, retry_ms, detail, out->err) != 0 ||
        (lost && tsk_route_failed(out->routing, out->store, notice, detail, out->err) != 0))
        return -1;
    tsk_log(lost ? TSK_LOG_WARN : TSK_LOG_INFO, notice->id, "event", "delivery", "state", tsk_notice_state_name(state),
            "channel", out->channel != NULL ? out->channel->name : notice->channel, "kind",
            tsk_notice_kind_name(notice->kind), "attempt", tsk_log_num(notice->attempts), NULL);
    return 0;
}

static int record_each(struct tsk_outgoing *out, enum tsk_notice_state state, int64_t retry_ms, const char *detail)
{
    for (size_t i = 0; i < out->notices.count; i++)
        if (record_one(out, &out->notices.items[i], state, retry_ms, detail) != 0)
            return -1;
    return 0;
}

/* Whatever part does, whole or not at all. */
static int in_transaction(struct tsk_outgoing *out, int (*part)(struct tsk_outgoing *out, const void *ctx),
                          const void *ctx)
{
    if (tsk_store_begin(out->store, out->err) != 0)
        return -1;
    if (part(out, ctx) == 0 && tsk_store_commit(out->store, out->err) == 0)
        return 0;
    tsk_store_rollback(out->store);
    return -1;
}

/* What lies ready for somebody's hands is worth nothing when nobody knows. */
static int ask_person(struct tsk_outgoing *out, const struct tsk_notice *notice)
{
    struct tsk_template_values values;
    struct tsk_institution entry = { .fax_hours = "" };
    struct tsk_planner planner;
    struct tsk_todo_new todo = { .office = notice->office,
                                 .sheet = notice->sheet,
                                 .document = notice->document,
                                 .case_number = notice->case_number,
                                 .event = "fax.print",
                                 .rule = "built-in",
                                 .recipient = notice->recipient,
                                 .kind = TSK_TODO_FAX_PRINT };
    const char *title, *text;
    int64_t id;

    if (tsk_planner_start(&planner, out->routing, out->store, notice->office, out->arena, out->err) != 0 ||
        tsk_planner_values(&planner, &values) != 0)
        return -1;
    if (tsk_recipient_institution(notice->recipient, &id) &&
        tsk_directory_find(&entry, out->store, &planner.scope, id, out->arena, out->err) != 0)
        return -1;
    values.recipient = out->flight.letter.to_name;
    values.destination = notice->destination;
    values.case_number = notice->case_number[0] != '\0' ? notice->case_number : "なし";
    values.reason = entry.fax_hours;
    values.about = out->subject;
    values.text = out->body;
    if (tsk_planner_render(&planner, &title, &text, "todo-fax-print", &values) != 0 ||
        tsk_planner_text(&planner, &todo.text, "%s\n\n%s", title, text) != 0 ||
        tsk_planner_text(&planner, &todo.about, "notice:%s", notice->id) != 0)
        return -1;
    return tsk_todo_add(NULL, NULL, out->store, &todo, out->err);
}

static int record_report(struct tsk_outgoing *out, const void *ctx)
{
    int64_t retry_ms;
    enum tsk_notice_state state = next_state(out, &retry_ms);

    (void)ctx;
    if (record_each(out, state, retry_ms, out->flight.report.detail) != 0)
        return -1;
    return out->flight.report.how == TSK_DELIVERED_PERSON ? ask_person(out, &out->notices.items[0]) : 0;
}

int tsk_outgoing_record(struct tsk_outgoing *out)
{
    return in_transaction(out, record_report, NULL);
}

static int record_late(struct tsk_outgoing *out, const void *ctx)
{
    struct tsk_delivery_report report;
    const char *last = out->notices.items[0].reason;

    (void)ctx;
    tsk_delivery_detail(&report, TSK_DELIVERED_FAILED, "not delivered within %d hours%s%s",
                        tsk_routing_config(out->routing)->mail.give_up_hours, last[0] != '\0' ? "; last: " : "", last);
    return record_each(out, TSK_NOTICE_FAILED, 0, report.detail);
}

int tsk_outgoing_give_up(struct tsk_outgoing *out)
{
    return in_transaction(out, record_late, NULL);
}

struct later {
    int64_t until_ms;
    const char *why;
};

static int put_off(struct tsk_outgoing *out, const void *ctx)
{
    const struct later *later = ctx;

    for (size_t i = 0; i < out->notices.count; i++)
        if (tsk_notice_postpone(out->store, &tsk_scope_all, out->notices.items[i].id, later->until_ms, later->why,
                                out->err) != 0)
            return -1;
    return 0;
}

int tsk_outgoing_postpone(struct tsk_outgoing *out, int64_t until_ms, const char *why)
{
    const struct later later = { until_ms, why };

    return in_transaction(out, put_off, &later);
}

static int take_back(struct tsk_outgoing *out, const void *ctx)
{
    const struct tsk_notice *notice = &out->notices.items[0];
    const char *reason = ctx;
    bool was_out;

    if (tsk_notice_result(out->store, &tsk_scope_all, notice->id, TSK_NOTICE_FAILED, 0, reason, out->err) != 0 ||
        tsk_notice_withdraw(&was_out, out->store, &tsk_scope_all, notice->id, reason, out->err) != 0)
        return -1;
    return notice->sheet == 0 ? 0 : tsk_route_sheet(out->routing, out->store, notice->sheet, out->err);
}

int tsk_outgoing_stop(struct tsk_outgoing *out, const char *reason)
{
    if (in_transaction(out, take_back, reason) != 0)
        return -1;
    tsk_log(TSK_LOG_WARN, out->notices.items[0].id, "event", "delivery", "state", "stopped", NULL);
    return 0;
}
