#include "routing/sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/log.h"
#include "routing/fax_hours.h"
#include "routing/planner.h"

enum { ARENA_MAX = 16 * 1024 * 1024, DIGEST_MAX = 128 * 1024, HOUR_MS = 3600 * 1000 };

static const int64_t retry_min_ms = 60 * 1000, retry_max_ms = HOUR_MS;
static const int64_t lease_ms = 10 * 60 * 1000; /* longer than any delivery can take */

int64_t tsk_sender_backoff_ms(int64_t age_ms)
{
    if (age_ms < retry_min_ms)
        return retry_min_ms;
    return age_ms > retry_max_ms ? retry_max_ms : age_ms;
}

struct outgoing {
    const struct tsk_sender *sender;
    struct tsk_store *store;
    struct tsk_arena *arena;
    struct tsk_err *err;
    struct tsk_channel *channel;
    struct tsk_notices notices; /* one, or the parts of a digest */
    const char *id, *subject, *body, *about;
    char digest[TSK_DIGEST_ID_SIZE];
};

/* "【対応不要】転帰のお知らせ（案件番号 27115-2026-0001）" is one line of a digest, without its first part. */
static const char *digest_line(const char *subject)
{
    static const char end[] = "】";
    const char *mark = strstr(subject, end);

    return mark != NULL ? mark + sizeof end - 1 : subject;
}

static int make_digest(struct outgoing *out, struct tsk_planner *planner)
{
    struct tsk_buf lines = TSK_BUF(DIGEST_MAX);
    struct tsk_template_values values;
    struct tsk_institution entry;
    const struct tsk_notice *first = &out->notices.items[0];
    int64_t institution;
    int rc = -1;

    for (size_t i = 0; i < out->notices.count; i++)
        tsk_buf_printf(&lines, "%s・%s（受付番号 %lld）", i > 0 ? "\n" : "", digest_line(out->notices.items[i].subject),
                       (long long)out->notices.items[i].sheet);
    if (lines.failed) {
        tsk_fail(out->err, TSK_RETRY, 0, "a daily digest is too long");
        goto out;
    }
    if (tsk_planner_values(planner, &values) != 0 ||
        tsk_route_recipient_name(&values.recipient, out->sender->routing, out->store, first->office, first->recipient,
                                 out->arena, out->err) != 0 ||
        tsk_planner_text(planner, &values.count, "%zu", out->notices.count) != 0)
        goto out;
    if (tsk_recipient_institution(first->recipient, &institution)) {
        if (tsk_directory_find(&entry, out->store, &planner->scope, institution, out->arena, out->err) != 0)
            goto out;
        values.ward = entry.ward;
    }
    values.mail = "mail";
    values.text = tsk_buf_text(&lines);
    rc = tsk_planner_render(planner, &out->subject, &out->body, "digest", &values);
out:
    tsk_buf_free(&lines);
    return rc;
}

static int make_letter(struct outgoing *out, struct tsk_planner *planner)
{
    static const char about[] = "notice:";
    const struct tsk_notice *first = &out->notices.items[0];

    out->id = first->id;
    out->subject = first->subject;
    out->body = first->body;
    out->about = "";
    if (first->batch[0] != '\0') {
        tsk_digest_id(out->digest, first);
        out->id = out->digest;
        return make_digest(out, planner);
    }
    if (first->kind == TSK_NOTICE_WITHDRAWAL && strncmp(first->about, about, sizeof about - 1) == 0)
        out->about = first->about + sizeof about - 1;
    return 0;
}

static int compose(struct tsk_buf *bytes, struct outgoing *out, struct tsk_planner *planner, struct tsk_err *fault)
{
    const struct tsk_notice *first = &out->notices.items[0];
    const struct tsk_config *config = tsk_routing_config(out->sender->routing);
    struct tsk_mail mail = { .from_name = planner->office->name,
                             .from = planner->office->from,
                             .to = first->destination,
                             .subject = out->subject,
                             .body = out->body,
                             .notice_id = out->id,
                             .about_id = out->about,
                             .domain = config->mail.domain,
                             .encoding = out->channel->encoding };

    if (tsk_route_recipient_name(&mail.to_name, out->sender->routing, out->store, first->office, first->recipient,
                                 out->arena, out->err) != 0)
        return -1;
    if (!tsk_stamp_parse(first->created, &mail.date_ms))
        mail.date_ms = planner->now_ms;
    return tsk_mail_compose(bytes, &mail, fault) != 0 ? 1 : 0;
}

static int64_t age_of(struct outgoing *out, int64_t now_ms)
{
    struct tsk_deliveries tries = { 0 };
    int64_t first = now_ms;

    if (tsk_notice_deliveries(&tries, out->store, &tsk_scope_all, out->notices.items[0].id, out->arena, NULL) == 0 &&
        tries.count > 0)
        (void)tsk_stamp_parse(tries.items[0].started, &first);
    return now_ms > first ? now_ms - first : 0;
}

/* What a report means for this notice, and when to try again. */
static enum tsk_notice_state next_state(struct outgoing *out, const struct tsk_delivery_report *report,
                                        int64_t *retry_ms)
{
    const struct tsk_config *config = tsk_routing_config(out->sender->routing);
    int64_t now = tsk_wall_ms(), age;
    bool unknown = report->how == TSK_DELIVERED_UNKNOWN;

    *retry_ms = 0;
    if (report->how == TSK_DELIVERED_BOX)
        return TSK_NOTICE_DELIVERED;
    if (report->how == TSK_DELIVERED_SENT)
        return TSK_NOTICE_SENT;
    if (report->how == TSK_DELIVERED_FAILED)
        return TSK_NOTICE_FAILED;
    if (unknown && (out->notices.items[0].kind == TSK_NOTICE_DISCLOSURE || out->channel == out->sender->fax))
        return TSK_NOTICE_UNKNOWN;
    age = age_of(out, now);
    if (age >= (int64_t)config->mail.give_up_hours * HOUR_MS)
        return unknown ? TSK_NOTICE_UNKNOWN : TSK_NOTICE_FAILED;
    *retry_ms = now + tsk_sender_backoff_ms(age);
    return TSK_NOTICE_QUEUED;
}

static int record_each(struct outgoing *out, enum tsk_notice_state state, int64_t retry_ms, const char *detail)
{
    bool lost = state == TSK_NOTICE_FAILED || state == TSK_NOTICE_UNKNOWN;

    for (size_t i = 0; i < out->notices.count; i++) {
        const struct tsk_notice *notice = &out->notices.items[i];

        if (tsk_notice_result(out->store, &tsk_scope_all, notice->id, state, retry_ms, detail, out->err) != 0 ||
            (lost && tsk_route_failed(out->sender->routing, out->store, notice, detail, out->err) != 0))
            return -1;
        tsk_log(lost ? TSK_LOG_WARN : TSK_LOG_INFO, notice->id, "event", "delivery", "state",
                tsk_notice_state_name(state), "channel", out->channel->name, "kind", tsk_notice_kind_name(notice->kind),
                "attempt", tsk_log_num(notice->attempts), NULL);
    }
    return 0;
}

static int record(struct outgoing *out, const struct tsk_delivery_report *report)
{
    int64_t retry_ms;
    enum tsk_notice_state state = next_state(out, report, &retry_ms);

    if (tsk_store_begin(out->store, out->err) != 0)
        return -1;
    if (record_each(out, state, retry_ms, report->detail) != 0 || tsk_store_commit(out->store, out->err) != 0) {
        tsk_store_rollback(out->store);
        return -1;
    }
    return 0;
}

/* It was queued when it was right and is not any more: back to the records, which refuse it and tell a person. */
static int stop(struct outgoing *out, const char *reason)
{
    const struct tsk_notice *notice = &out->notices.items[0];
    bool was_out;

    if (tsk_store_begin(out->store, out->err) != 0)
        return -1;
    if (tsk_notice_result(out->store, &tsk_scope_all, notice->id, TSK_NOTICE_FAILED, 0, reason, out->err) != 0 ||
        tsk_notice_withdraw(&was_out, out->store, &tsk_scope_all, notice->id, reason, out->err) != 0 ||
        tsk_route_sheet(out->sender->routing, out->store, notice->sheet, out->err) != 0 ||
        tsk_store_commit(out->store, out->err) != 0) {
        tsk_store_rollback(out->store);
        return -1;
    }
    tsk_log(TSK_LOG_WARN, notice->id, "event", "delivery", "state", "stopped", NULL);
    return 0;
}

/* The other side's fax stands in a room where people work: it is called when they are there. */
static int prepare_fax(struct tsk_letter *letter, int64_t *next_ms, struct outgoing *out, struct tsk_planner *planner)
{
    const struct tsk_notice *first = &out->notices.items[0];
    const struct tsk_fax_config *config = &tsk_routing_config(out->sender->routing)->fax;
    struct tsk_institution entry;
    int64_t id;

    *next_ms = 0;
    if (tsk_route_recipient_name(&letter->to_name, out->sender->routing, out->store, first->office, first->recipient,
                                 out->arena, out->err) != 0)
        return -1;
    if (!tsk_recipient_institution(first->recipient, &id))
        return 0;
    if (tsk_directory_find(&entry, out->store, &planner->scope, id, out->arena, out->err) != 0)
        return -1;
    *next_ms = tsk_fax_hours_wait(&letter->until_ms, entry.fax_hours, config, planner->now_ms);
    return 0;
}

static int wait_until(struct outgoing *out, int64_t when_ms)
{
    if (tsk_store_begin(out->store, out->err) != 0)
        return -1;
    if (record_each(out, TSK_NOTICE_QUEUED, when_ms, "outside the calling hours of the entry") != 0 ||
        tsk_store_commit(out->store, out->err) != 0) {
        tsk_store_rollback(out->store);
        return -1;
    }
    return 0;
}

static int deliver(struct outgoing *out)
{
    const struct tsk_notice *first = &out->notices.items[0];
    struct tsk_buf bytes = TSK_BUF(TSK_MAIL_BYTES_MAX);
    struct tsk_delivery_report report = { .how = TSK_DELIVERED_LATER };
    struct tsk_err fault = { 0 };
    struct tsk_planner planner;
    struct tsk_letter letter;
    const char *reason = NULL;
    bool fax_out = strcmp(first->channel, "fax") == 0 && out->sender->fax != NULL;
    int64_t next_ms = 0;
    int rc = -1, made = 0;

    out->channel = fax_out ? out->sender->fax : out->sender->channel;
    if (tsk_route_may_go(&reason, out->sender->routing, out->store, first, out->arena, out->err) != 0)
        goto out;
    if (reason != NULL) {
        rc = stop(out, reason);
        goto out;
    }
    if (tsk_planner_start(&planner, out->sender->routing, out->store, first->office, out->arena, out->err) != 0 ||
        make_letter(out, &planner) != 0 || (!fax_out && (made = compose(&bytes, out, &planner, &fault)) < 0))
        goto out;
    letter = (struct tsk_letter){ .id = out->id,
                                  .from = planner.office->from,
                                  .to = first->destination,
                                  .bytes = tsk_buf_text(&bytes),
                                  .len = bytes.len,
                                  .subject = out->subject,
                                  .body = out->body,
                                  .from_name = planner.office->name,
                                  .phone = planner.office->phone,
                                  .fax = planner.office->fax };
    if (fax_out && (prepare_fax(&letter, &next_ms, out, &planner) != 0))
        goto out;
    if (next_ms != 0)
        rc = wait_until(out, next_ms);
    if (next_ms != 0)
        goto out;
    if (made == 0)
        out->channel->deliver(out->channel, &letter, &report);
    else
        tsk_delivery_detail(&report, TSK_DELIVERED_FAILED, "%s", fault.text);
    rc = record(out, &report);
out:
    tsk_buf_free(&bytes);
    return rc;
}

/* 1 a message was handled, 0 nothing is due, -1 */
static int next(const struct tsk_sender *sender, struct tsk_store *store, struct tsk_err *err)
{
    struct outgoing out = { .sender = sender, .store = store, .err = err };
    int rc = -1;

    if ((out.arena = tsk_arena_new(ARENA_MAX)) == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to send");
    if (tsk_notice_claim(&out.notices, store, &tsk_scope_all, sender->who, tsk_wall_ms(), lease_ms, out.arena, err) ==
        0)
        rc = out.notices.count == 0 ? 0 : deliver(&out) == 0 ? 1 : -1;
    tsk_arena_free(&out.arena);
    return rc;
}

int tsk_sender_run_once(int *handled, const struct tsk_sender *sender, struct tsk_store *store, struct tsk_err *err)
{
    int rc = 0;

    *handled = 0;
    sender->channel->stop = sender->stop;
    if (sender->fax != NULL)
        sender->fax->stop = sender->stop;
    while ((sender->stop == NULL || !*sender->stop) && (rc = next(sender, store, err)) == 1)
        (*handled)++;
    return rc < 0 ? -1 : 0;
}
