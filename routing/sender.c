#include "routing/sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "routing/fax_hours.h"
#include "routing/outgoing.h"

enum {
    ARENA_MAX = 64 * 1024 * 1024,
    PLACES_DEFAULT = 8,
    STEP_MS = 200,
    LEASE_MIN_MS = 10 * 60 * 1000,
    OVERDUE_MS = 60 * 1000,
    CLOSED_FIRST_MS = 15 * 1000,
    CLOSED_MAX_MS = 5 * 60 * 1000,
    HOUR_MS = 3600 * 1000
};

enum { WAY_MAIL, WAY_FAX, WAY_WEBHOOK, WAYS };

struct way { /* out of here, as long as the process lives */
    struct tsk_channel *channel;
    int under_way;
    bool closed; /* its own server is away */
    int64_t again_ms, pause_ms;
};

struct tsk_sender {
    struct tsk_sender_parts parts;
    struct way ways[WAYS];
    struct tsk_outgoing **flights; /* places; NULL = free */
    int places, under_way, tried_before;
    int64_t overdue_ms;
};

static const char *const way_names[WAYS] = { "email", "fax", "webhook" }; /* an encrypted letter goes by mail */

int tsk_sender_open(struct tsk_sender **out, const struct tsk_sender_parts *parts, struct tsk_err *err)
{
    struct tsk_sender *sender = calloc(1, sizeof *sender);

    *out = NULL;
    if (sender != NULL) {
        sender->parts = *parts;
        sender->places = parts->places > 0 ? parts->places : PLACES_DEFAULT;
        sender->flights = calloc((size_t)sender->places, sizeof(struct tsk_outgoing *));
    }
    if (sender == NULL || sender->flights == NULL) {
        free(sender);
        tsk_fail(err, TSK_RETRY, 0, "no memory to send");
        return -1;
    }
    sender->ways[WAY_MAIL].channel = parts->mail;
    sender->ways[WAY_FAX].channel = parts->fax;
    sender->ways[WAY_WEBHOOK].channel = parts->webhook;
    *out = sender;
    return 0;
}

static void free_outgoing(struct tsk_outgoing *out)
{
    if (out == NULL)
        return;
    tsk_buf_free(&out->bytes);
    free(out->flight.kept);
    tsk_arena_free(&out->arena);
    free(out);
}

static struct tsk_outgoing *new_outgoing(const struct tsk_sender *sender, struct tsk_err *err)
{
    struct tsk_outgoing *out = calloc(1, sizeof *out);

    if (out == NULL || (out->arena = tsk_arena_new(ARENA_MAX)) == NULL) {
        free(out);
        tsk_fail(err, TSK_RETRY, 0, "no memory to send");
        return NULL;
    }
    out->routing = sender->parts.routing;
    out->store = sender->parts.store;
    out->err = err;
    out->seal = sender->parts.seal;
    out->bytes = TSK_BUF(TSK_MAIL_BYTES_MAX);
    return out;
}

static struct way *way_of(struct tsk_sender *sender, const struct tsk_notice *notice)
{
    for (int i = 0; i < WAYS; i++)
        if (strcmp(way_names[i], notice->channel) == 0 || (i == WAY_MAIL && strcmp(notice->channel, "letter") == 0))
            return &sender->ways[i];
    return NULL;
}

static bool is_closed(const struct way *way)
{
    return way->closed && (way->under_way > 0 || tsk_mono_ms() < way->again_ms);
}

static void close_way(struct way *way, const char *why)
{
    int64_t now = tsk_mono_ms();

    if (way->closed && now < way->again_ms)
        return; /* another message that had set out before */
    if (!way->closed)
        tsk_log(TSK_LOG_WARN, "-", "event", "sender.channel_down", "channel", way->channel->name, "text", why, NULL);
    way->pause_ms = !way->closed ? CLOSED_FIRST_MS : way->pause_ms * 2;
    if (way->pause_ms > CLOSED_MAX_MS)
        way->pause_ms = CLOSED_MAX_MS;
    way->closed = true;
    way->again_ms = now + way->pause_ms;
}

static void judge_way(struct way *way, const struct tsk_delivery_report *report)
{
    if (report->ours) {
        close_way(way, report->detail);
        return;
    }
    if (way->closed)
        tsk_log(TSK_LOG_INFO, "-", "event", "sender.channel_up", "channel", way->channel->name, NULL);
    way->closed = false;
}

static bool was_tried(const struct tsk_outgoing *out)
{
    return out->notices.items[0].attempts > 1;
}

static void take_off(struct tsk_sender *sender, struct tsk_outgoing *out)
{
    for (int i = 0; i < sender->places; i++)
        if (sender->flights[i] == NULL) {
            sender->flights[i] = out;
            break;
        }
    sender->under_way++;
    sender->tried_before += was_tried(out);
    way_of(sender, &out->notices.items[0])->under_way++;
}

/* Frees the place, whether or not the records took the result: they have the lease. */
static int land(struct tsk_sender *sender, int place, struct tsk_err *err)
{
    struct tsk_outgoing *out = sender->flights[place];
    struct way *way = way_of(sender, &out->notices.items[0]);
    int rc;

    out->err = err;
    sender->flights[place] = NULL;
    sender->under_way--;
    sender->tried_before -= was_tried(out);
    way->under_way--;
    if (!out->grounded)
        judge_way(way, &out->flight.report);
    rc = tsk_outgoing_record(out);
    free_outgoing(out);
    return rc;
}

static int land_all(int *handled, struct tsk_sender *sender, struct tsk_err *err)
{
    int rc = 0;

    for (int i = 0; i < sender->places; i++)
        if (sender->flights[i] != NULL && sender->flights[i]->flight.landed) {
            (*handled)++;
            if (land(sender, i, err) != 0)
                rc = -1;
        }
    return rc;
}

/* The other side's fax stands in a room where people work: it is called when they are there. */
static int look_at_hours(int64_t *next_ms, struct tsk_outgoing *out, const struct tsk_planner *planner)
{
    const struct tsk_notice *first = &out->notices.items[0];
    const struct tsk_fax_config *config = &tsk_routing_config(out->routing)->fax;
    struct tsk_institution entry;
    int64_t id;

    *next_ms = 0;
    if (!out->fax || config->channel == TSK_FAX_MANUAL || !tsk_recipient_institution(first->recipient, &id))
        return 0;
    if (tsk_directory_find(&entry, out->store, &planner->scope, id, out->arena, out->err) != 0)
        return -1;
    *next_ms = tsk_fax_hours_wait(&out->flight.letter.until_ms,
                                  *entry.fax_hours != '\0' ? entry.fax_hours : config->hours, config, planner->now_ms);
    return 0;
}

static void set_out(struct tsk_sender *sender, struct tsk_outgoing *out, const struct tsk_err *fault)
{
    take_off(sender, out);
    out->grounded = fault->kind != TSK_OK;
    if (out->grounded)
        tsk_flight_land(&out->flight, TSK_DELIVERED_FAILED, "%s", fault->text);
    else
        out->channel->start(out->channel, &out->flight);
}

/* 0 *out has set out and belongs to the sender, 1 it was settled without, -1 */
static int begin(struct tsk_sender *sender, struct tsk_outgoing *out)
{
    const struct tsk_notice *first = &out->notices.items[0];
    struct way *way = way_of(sender, first);
    struct tsk_err fault = { 0 };
    struct tsk_planner planner;
    const char *reason = NULL;
    int64_t next_ms = 0;

    if (way == NULL || way->channel == NULL) {
        tsk_flight_land(&out->flight, TSK_DELIVERED_FAILED, "no %s goes out from here; see the configuration",
                        first->channel);
        return tsk_outgoing_record(out) != 0 ? -1 : 1;
    }
    out->channel = way->channel;
    out->fax = way == &sender->ways[WAY_FAX];
    if (tsk_route_may_go(&reason, out->routing, out->store, first, out->arena, out->err) != 0)
        return -1;
    if (reason == NULL &&
        tsk_route_enclose(&out->enclosure, out->routing, out->store, first, out->arena, out->err) != 0)
        return -1;
    if (reason == NULL)
        reason = out->enclosure.reason;
    if (reason != NULL)
        return tsk_outgoing_stop(out, reason) != 0 ? -1 : 1;
    if (tsk_planner_start(&planner, out->routing, out->store, first->office, out->arena, out->err) != 0 ||
        tsk_outgoing_compose(out, &planner, &fault) < 0 || look_at_hours(&next_ms, out, &planner) != 0)
        return -1;
    if (next_ms != 0)
        return tsk_outgoing_postpone(out, next_ms, "outside the calling hours of the entry") != 0 ? -1 : 1;
    if (out->enclosure.page_count > 0 &&
        tsk_notice_composed(out->store, &planner.scope, first->id,
                            strcmp(first->channel, "letter") == 0 ? NULL : out->enclosure.record,
                            out->enclosure.page_count, out->err) != 0)
        return -1;
    set_out(sender, out, &fault);
    return 0;
}

static int64_t lease_of(const struct tsk_sender *sender)
{
    int64_t longest = (int64_t)tsk_routing_config(sender->parts.routing)->mail.timeout_s * 2000;

    return longest > LEASE_MIN_MS ? longest : LEASE_MIN_MS;
}

static struct tsk_notice_wish wish(const struct tsk_sender *sender)
{
    return (struct tsk_notice_wish){ .who = sender->parts.who,
                                     .now_ms = tsk_wall_ms(),
                                     .lease_ms = lease_of(sender),
                                     .no_email = is_closed(&sender->ways[WAY_MAIL]),
                                     .no_fax = is_closed(&sender->ways[WAY_FAX]),
                                     .no_webhook = is_closed(&sender->ways[WAY_WEBHOOK]),
                                     .fresh_only =
                                         sender->tried_before > 0 && sender->tried_before >= sender->places / 2 };
}

/* 1 a message was claimed, 0 nothing is due, -1 */
static int next(int *handled, struct tsk_sender *sender, struct tsk_err *err)
{
    struct tsk_outgoing *out = new_outgoing(sender, err);
    const struct tsk_notice_wish claim = wish(sender);
    int rc;

    if (out == NULL)
        return -1;
    rc = tsk_notice_claim_next(&out->notices, sender->parts.store, &tsk_scope_all, &claim, out->arena, err);
    if (rc != 0 || out->notices.count == 0) {
        free_outgoing(out);
        return rc;
    }
    rc = begin(sender, out);
    if (rc == 0)
        return 1;
    free_outgoing(out);
    *handled += rc == 1;
    return rc;
}

static bool stopping(const struct tsk_sender *sender)
{
    return sender->parts.stop != NULL && *sender->parts.stop != 0;
}

static int begin_due(int *handled, struct tsk_sender *sender, struct tsk_err *err)
{
    int rc = 1;

    while (rc == 1 && !stopping(sender) && sender->under_way < sender->places) {
        rc = next(handled, sender, err);
        if (rc == 1 && land_all(handled, sender, err) != 0) /* a channel that does not wait is done already */
            rc = -1;
    }
    return rc < 0 ? -1 : 0;
}

static int mend_clock(struct tsk_sender *sender, struct tsk_err *err)
{
    int moved;

    if (tsk_notice_clock_back(&moved, sender->parts.store, wish(sender).now_ms, lease_of(sender), err) != 0)
        return -1;
    if (moved > 0)
        tsk_log(TSK_LOG_WARN, "-", "event", "sender.clock_back", "letters", tsk_log_num(moved), NULL);
    return 0;
}

static int give_up(int *handled, struct tsk_sender *sender, struct tsk_err *err)
{
    const struct tsk_notice_wish claim = wish(sender);
    int64_t since = claim.now_ms - (int64_t)tsk_routing_config(sender->parts.routing)->mail.give_up_hours * HOUR_MS;
    int rc = 0;

    for (bool more = true; more && rc == 0 && !stopping(sender);) {
        struct tsk_outgoing *out = new_outgoing(sender, err);

        if (out == NULL)
            return -1;
        rc = tsk_notice_claim_overdue(&out->notices, sender->parts.store, &tsk_scope_all, &claim, since, out->arena,
                                      err);
        more = rc == 0 && out->notices.count > 0;
        if (more)
            rc = tsk_outgoing_give_up(out);
        *handled += more;
        free_outgoing(out);
    }
    sender->overdue_ms = tsk_mono_ms() + OVERDUE_MS;
    return rc;
}

/* What is due is tried before it is given up: a gateway that was off for days has not tried. */
static int begin_and_give_up(int *handled, struct tsk_sender *sender, struct tsk_err *err)
{
    bool around = tsk_mono_ms() >= sender->overdue_ms;

    return (around && mend_clock(sender, err) != 0) || begin_due(handled, sender, err) != 0 ||
                   (around && give_up(handled, sender, err) != 0)
               ? -1
               : 0;
}

int tsk_sender_step(struct tsk_sender_step *out, struct tsk_sender *sender, bool only_finish, int wait_ms,
                    struct tsk_err *err)
{
    int rc = 0;

    *out = (struct tsk_sender_step){ .handled = 0 };
    if (!only_finish && begin_and_give_up(&out->handled, sender, err) != 0)
        rc = -1;
    if (sender->under_way > 0) {
        tsk_wire_step(sender->parts.wire, out->handled > 0 ? 0 : wait_ms);
        if (land_all(&out->handled, sender, err) != 0)
            rc = -1;
    }
    out->under_way = sender->under_way;
    return rc;
}

void tsk_sender_close(struct tsk_sender **sender)
{
    struct tsk_sender *old = *sender;
    struct tsk_err err = { 0 };

    if (old == NULL)
        return;
    for (int i = 0; i < old->places; i++) {
        struct tsk_outgoing *out = old->flights[i];

        if (out == NULL)
            continue;
        if (!out->flight.landed)
            out->channel->abandon(out->channel, &out->flight);
        if (land(old, i, &err) != 0)
            tsk_log_err("-", "sender.later", &err);
    }
    free(old->flights);
    free(old);
    *sender = NULL;
}

int tsk_sender_run_once(int *handled, const struct tsk_sender_parts *parts, struct tsk_err *err)
{
    struct tsk_sender *sender = NULL;
    struct tsk_sender_step step = { .handled = 1 };
    int rc = 0;

    *handled = 0;
    if (tsk_sender_open(&sender, parts, err) != 0)
        return -1;
    while (rc == 0 && (step.handled > 0 || step.under_way > 0) && !stopping(sender)) {
        rc = tsk_sender_step(&step, sender, false, STEP_MS, err);
        *handled += step.handled;
    }
    tsk_sender_close(&sender);
    return rc;
}
