/* What a person does about a notice. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "records/audit.h"
#include "records/notice.h"
#include "records/sql.h"

#define MINUTE_MS 60000

struct act {
    struct tsk_store *store;
    struct tsk_notice notice;
    const char *by, *why, *channel, *destination;
    int64_t when_ms;
};

typedef int work(struct act *act, struct tsk_err *err);

static int audit(const struct act *act, const char *action, const char *more, struct tsk_err *err)
{
    char object[80], detail[256];

    if (*act->notice.case_number != '\0')
        snprintf(object, sizeof object, "case:%s", act->notice.case_number);
    else
        snprintf(object, sizeof object, "notice:%s", act->notice.id);
    snprintf(detail, sizeof detail, "notice=%s kind=%s recipient=%s before=%s%s%s", act->notice.id,
             tsk_notice_kind_name(act->notice.kind), act->notice.recipient, tsk_notice_state_name(act->notice.state),
             *more != '\0' ? " " : "", more);
    return tsk_audit_add(act->store, act->notice.office, act->by, action, object, detail, err);
}

static int as_one(struct act *act, const struct tsk_scope *scope, const char *id, work *change, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)1 << 20);
    struct tsk_part part;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to change a notice");
    int rc = act->by == NULL || *act->by == '\0'
                 ? tsk_fail(err, TSK_REJECT, 0, "a change needs the name of who makes it")
                 : tsk_part_start(&part, act->store, err);
    if (rc == 0) {
        rc = tsk_notice_find(&act->notice, act->store, scope, id, arena, err);
        if (rc == 0)
            rc = change(act, err);
        rc = tsk_part_end(&part, rc, err);
    }
    tsk_arena_free(&arena);
    return rc;
}

static int refuse(const struct act *act, struct tsk_err *err)
{
    return tsk_fail(err, TSK_REJECT, 0, "notice %s is %s; this is not possible any more", act->notice.id,
                    tsk_notice_state_name(act->notice.state));
}

static int queue_again(struct act *act, const char *channel, const char *destination, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    return tsk_sql_run(act->store, err,
                       "UPDATE notices SET state = 'queued', reason = '', channel = ?2, destination = ?3, "
                       "next_attempt = ?4, queued = ?4, lease_until = '', finished = '', batch = '' WHERE id = ?1",
                       "ssss", act->notice.id, channel, destination, tsk_now(now));
}

static int retry(struct act *act, struct tsk_err *err)
{
    if (act->notice.state != TSK_NOTICE_FAILED && act->notice.state != TSK_NOTICE_UNKNOWN)
        return refuse(act, err);
    if (queue_again(act, act->notice.channel, act->notice.destination, err) != 0)
        return -1;
    return audit(act, "notice.retry", "", err);
}

int tsk_notice_retry(struct tsk_store *store, const struct tsk_scope *scope, const char *id, const char *by,
                     struct tsk_err *err)
{
    struct act act = { .store = store, .by = by };

    return as_one(&act, scope, id, retry, err);
}

static int cancel(struct act *act, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    enum tsk_notice_state state = act->notice.state;

    if (state != TSK_NOTICE_QUEUED && state != TSK_NOTICE_FAILED && state != TSK_NOTICE_REFUSED)
        return refuse(act, err);
    if (tsk_sql_run(act->store, err, "UPDATE notices SET state = 'cancelled', reason = ?2, finished = ?3 WHERE id = ?1",
                    "sss", act->notice.id, act->why, tsk_now(now)) != 0)
        return -1;
    return audit(act, "notice.cancel", "", err);
}

int tsk_notice_cancel(struct tsk_store *store, const struct tsk_scope *scope, const char *id, const char *by,
                      const char *why, struct tsk_err *err)
{
    struct act act = { .store = store, .by = by, .why = why != NULL ? why : "" };

    return as_one(&act, scope, id, cancel, err);
}

static bool may_still_change(enum tsk_notice_state state)
{
    return state == TSK_NOTICE_QUEUED || state == TSK_NOTICE_FAILED || state == TSK_NOTICE_REFUSED ||
           state == TSK_NOTICE_UNKNOWN;
}

static int reroute(struct act *act, struct tsk_err *err)
{
    char more[64];

    if (!may_still_change(act->notice.state))
        return refuse(act, err);
    if (*act->destination == '\0' || *act->channel == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "the recipient has no number or address for this channel");
    if (queue_again(act, act->channel, act->destination, err) != 0)
        return -1;
    snprintf(more, sizeof more, "channel=%s", act->channel);
    return audit(act, "notice.reroute", more, err);
}

int tsk_notice_reroute(struct tsk_store *store, const struct tsk_scope *scope, const char *id, const char *channel,
                       const char *destination, const char *by, struct tsk_err *err)
{
    struct act act = { .store = store, .by = by, .channel = channel, .destination = destination };

    return as_one(&act, scope, id, reroute, err);
}

static int told(struct act *act, struct tsk_err *err)
{
    char when[TSK_STAMP_SIZE], within[TSK_STAMP_SIZE];
    int64_t attempt = act->notice.attempts + 1, when_ms = act->when_ms != 0 ? act->when_ms : tsk_wall_ms();

    if (!may_still_change(act->notice.state))
        return refuse(act, err);
    tsk_stamp(when_ms, when);
    /* People write minutes: within one, it was told after the consent that let it be told. What has seconds is the moment itself. */
    tsk_stamp(when_ms % MINUTE_MS == 0 ? when_ms + MINUTE_MS : when_ms, within);
    if (tsk_sql_run(act->store, err,
                    "UPDATE notices SET state = 'sent', reason = ?2, by_hand = ?3, finished = max(?4, coalesce((SELECT "
                    "max(at) FROM consents c WHERE c.case_number = notices.case_number AND c.state = 'recorded' AND "
                    "c.at < ?6), '')), attempts = ?5, lease_until = '' WHERE id = ?1",
                    "ssssis", act->notice.id, act->why, act->by, when, attempt, within) != 0 ||
        tsk_sql_run(act->store, err,
                    "INSERT INTO deliveries (notice_id, attempt, who, started, ended, result, detail) "
                    "VALUES (?1, ?2, ?3, ?4, ?4, 'sent', ?5)",
                    "sisss", act->notice.id, attempt, act->by, when, act->why) != 0)
        return -1;
    return audit(act, "notice.by_hand", "", err);
}

int tsk_notice_told(struct tsk_store *store, const struct tsk_scope *scope, const char *id, int64_t when_ms,
                    const char *how, const char *by, struct tsk_err *err)
{
    struct act act = { .store = store, .by = by, .why = how != NULL ? how : "", .when_ms = when_ms };

    return as_one(&act, scope, id, told, err);
}
