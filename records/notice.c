#include "records/notice.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "records/audit.h"
#include "records/sql.h"

#define LIMIT_DEFAULT 1000
#define BATCH_MAX 200

static const char *const kinds[TSK_NOTICE_KIND_COUNT] = { "alert", "disclosure", "withdrawal", "correction", "todo" };
static const char *const states[TSK_NOTICE_STATE_COUNT] = { "queued", "sending", "sent",      "delivered",
                                                            "failed", "unknown", "cancelled", "refused" };

/* from, to: by tsk_notice_result(). An unknown one is queued again by a person only, who then answers for a second copy. */
static const bool may_become[TSK_NOTICE_STATE_COUNT][TSK_NOTICE_STATE_COUNT] = {
    [TSK_NOTICE_SENDING] = { [TSK_NOTICE_QUEUED] = true,
                             [TSK_NOTICE_SENT] = true,
                             [TSK_NOTICE_DELIVERED] = true,
                             [TSK_NOTICE_FAILED] = true,
                             [TSK_NOTICE_UNKNOWN] = true },
    [TSK_NOTICE_SENT] = { [TSK_NOTICE_DELIVERED] = true, [TSK_NOTICE_FAILED] = true, [TSK_NOTICE_UNKNOWN] = true },
    [TSK_NOTICE_FAILED] = { [TSK_NOTICE_QUEUED] = true },
    [TSK_NOTICE_UNKNOWN] = { [TSK_NOTICE_QUEUED] = true,
                             [TSK_NOTICE_SENT] = true,
                             [TSK_NOTICE_DELIVERED] = true,
                             [TSK_NOTICE_FAILED] = true },
};

const char *tsk_notice_kind_name(enum tsk_notice_kind kind)
{
    return kinds[kind];
}

const char *tsk_notice_state_name(enum tsk_notice_state state)
{
    return states[state];
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

#define COLUMNS                                                                                                        \
    "id, office_id, sheet_id, document, case_number, about, event, rule, recipient, kind, state, reason, channel, "    \
    "destination, subject, body, batch, created, next_attempt, finished, attempts, by_hand, enclosed"

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_notice *notice = item;

    notice->id = tsk_sql_text(rows);
    notice->office = tsk_sql_text(rows);
    notice->sheet = tsk_sql_int(rows);
    notice->document = tsk_sql_text(rows);
    notice->case_number = tsk_sql_text(rows);
    notice->about = tsk_sql_text(rows);
    notice->event = tsk_sql_text(rows);
    notice->rule = tsk_sql_text(rows);
    notice->recipient = tsk_sql_text(rows);
    notice->kind = (enum tsk_notice_kind)tsk_name_index(kinds, TSK_COUNT(kinds), tsk_sql_text(rows));
    notice->state = (enum tsk_notice_state)tsk_name_index(states, TSK_COUNT(states), tsk_sql_text(rows));
    notice->reason = tsk_sql_text(rows);
    notice->channel = tsk_sql_text(rows);
    notice->destination = tsk_sql_text(rows);
    notice->subject = tsk_sql_text(rows);
    notice->body = tsk_sql_text(rows);
    notice->batch = tsk_sql_text(rows);
    notice->created = tsk_sql_text(rows);
    notice->next_attempt = tsk_sql_text(rows);
    notice->finished = tsk_sql_text(rows);
    notice->attempts = (int)tsk_sql_int(rows);
    notice->by_hand = tsk_sql_text(rows);
    notice->enclosed = (int)tsk_sql_int(rows);
}

/* narrow: what an index leads to. "?3 IS NULL OR" alone would read every notice there is. */
#define LIST(narrow, order)                                                                                            \
    "SELECT " COLUMNS " FROM notices WHERE " narrow                                                                    \
    " AND " SCOPE("office_id") " AND (?2 = 0 OR sheet_id = ?2) AND (?3 IS NULL OR case_number = ?3) "                  \
                               "AND (?4 IS NULL OR document = ?4) AND (?5 IS NULL OR about = ?5) AND (?6 IS NULL OR "  \
                               "event = ?6) "                                                                          \
                               "AND (?7 IS NULL OR rule = ?7) AND (?8 IS NULL OR recipient = ?8) AND (?9 IS NULL OR "  \
                               "state = ?9) "                                                                          \
                               "AND (?10 IS NULL OR kind = ?10) AND (?11 IS NULL OR office_id = ?11) "                 \
                               "AND (?13 IS NULL OR id < ?13) ORDER BY " order " LIMIT ?12"
#define BOTH(narrow)                                                                                                   \
    {                                                                                                                  \
        LIST(narrow, "id"), LIST(narrow, "id DESC")                                                                    \
    }

static const char *list_query(const struct tsk_notice_filter *by)
{
    static const char *const by_sheet[] = BOTH("sheet_id = ?2"), *const by_case[] = BOTH("case_number = ?3"),
                             *const by_document[] = BOTH("document = ?4 AND document <> ''"),
                             *const by_about[] = BOTH("about = ?5"), *const every[] = BOTH("1");
    const char *const *found = by->sheet != 0                                    ? by_sheet
                               : by->case_number != NULL                         ? by_case
                               : by->about != NULL                               ? by_about
                               : by->document != NULL && by->document[0] != '\0' ? by_document
                                                                                 : every;

    return found[by->newest_first];
}

int tsk_notice_list(struct tsk_notices *out, struct tsk_store *store, const struct tsk_scope *scope,
                    const struct tsk_notice_filter *filter, struct tsk_arena *arena, struct tsk_err *err)
{
    static const struct tsk_notice_filter every = { .sheet = 0 };
    const struct tsk_notice_filter *by = filter != NULL ? filter : &every;
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err, list_query(by), "cisssssssssis", scope, by->sheet, by->case_number,
                           by->document, by->about, by->event, by->rule, by->recipient, by->state, by->kind, by->office,
                           (int64_t)(by->limit > 0 ? by->limit : LIMIT_DEFAULT), by->before);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

int tsk_notice_find(struct tsk_notice *out, struct tsk_store *store, const struct tsk_scope *scope, const char *id,
                    struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    size_t count = 0;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT " COLUMNS " FROM notices WHERE " SCOPE("office_id") " AND id = ?2", "cs", scope, id);
    struct tsk_notice *found = tsk_sql_collect(&count, sizeof *found, fill, &rows, &rc, err);

    if (rc != 0)
        return -1;
    if (found == NULL) {
        tsk_fail(err, TSK_REJECT, 0, "there is no notice %s", id);
        return -1;
    }
    *out = *found;
    return 0;
}

/* The notice of this key, if any: *id and *state. */
static int of_key(char id[TSK_ID_SIZE], enum tsk_notice_state *state, struct tsk_store *store, const char *about,
                  const struct tsk_notice_new *notice, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(1024);
    struct tsk_rows *rows = NULL;
    int rc = arena == NULL
                 ? tsk_fail(err, TSK_RETRY, 0, "no memory to queue a notice")
                 : tsk_sql_query(
                       &rows, store, arena, err,
                       "SELECT id, state FROM notices WHERE about = ?1 AND event = ?2 AND rule = ?3 AND recipient = ?4",
                       "ssss", about, notice->event, notice->rule, notice->recipient);

    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        snprintf(id, TSK_ID_SIZE, "%s", tsk_sql_text(rows));
        *state = (enum tsk_notice_state)tsk_name_index(states, TSK_COUNT(states), tsk_sql_text(rows));
    }
    tsk_sql_end(&rows);
    tsk_arena_free(&arena);
    return rc;
}

static int insert(struct tsk_store *store, const char *id, const char *about, const struct tsk_notice_new *notice,
                  struct tsk_err *err)
{
    char sheet[24] = "";
    char created[TSK_STAMP_SIZE];
    char due[TSK_STAMP_SIZE];
    int64_t created_ms = notice->created_ms != 0 ? notice->created_ms : tsk_wall_ms();

    if (notice->sheet != 0)
        snprintf(sheet, sizeof sheet, "%lld", (long long)notice->sheet);
    tsk_stamp(created_ms, created);
    tsk_stamp(notice->due_ms != 0 ? notice->due_ms : created_ms, due);
    return tsk_sql_run(
        store, err,
        "INSERT INTO notices (id, office_id, sheet_id, document, case_number, about, event, rule, recipient, "
        "kind, state, reason, channel, destination, subject, body, batch, created, next_attempt) "
        "VALUES (?1, ?2, CAST(?3 AS INTEGER), ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "
        "?18, ?19)",
        "ssesessssssssssssss", id, notice->office, sheet, or_empty(notice->document), or_empty(notice->case_number),
        about, notice->event, notice->rule, notice->recipient, kinds[notice->kind], states[notice->state],
        or_empty(notice->reason), or_empty(notice->channel), or_empty(notice->destination), or_empty(notice->subject),
        or_empty(notice->body), or_empty(notice->batch), created, due);
}

/* One that never went out, because it was refused or taken back in time, comes to life again with new content. */
static int renew(struct tsk_store *store, const char *id, const struct tsk_notice_new *notice, struct tsk_err *err)
{
    char due[TSK_STAMP_SIZE], now[TSK_STAMP_SIZE];

    tsk_stamp(notice->due_ms != 0 ? notice->due_ms : tsk_wall_ms(), due);
    return tsk_sql_run(
        store, err,
        "UPDATE notices SET state = ?2, reason = ?3, kind = ?4, channel = ?5, destination = ?6, subject = ?7, "
        "body = ?8, batch = ?9, next_attempt = ?10, case_number = ?11, finished = '', queued = ?12 WHERE id = ?1",
        "sssssssssses", id, states[notice->state], or_empty(notice->reason), kinds[notice->kind],
        or_empty(notice->channel), or_empty(notice->destination), or_empty(notice->subject), or_empty(notice->body),
        or_empty(notice->batch), due, or_empty(notice->case_number), tsk_now(now));
}

int tsk_notice_queue(char id[TSK_ID_SIZE], bool *is_new, struct tsk_store *store, const struct tsk_notice_new *notice,
                     struct tsk_err *err)
{
    char about[40];
    char key[TSK_ID_SIZE];
    enum tsk_notice_state state = TSK_NOTICE_QUEUED;

    assert(notice->state == TSK_NOTICE_QUEUED || notice->state == TSK_NOTICE_REFUSED);
    snprintf(about, sizeof about, "sheet:%lld", (long long)notice->sheet);
    const char *subject = notice->about != NULL ? notice->about : about;
    int there = of_key(key, &state, store, subject, notice, err);
    if (there < 0)
        return -1;
    bool idle = state == TSK_NOTICE_REFUSED || state == TSK_NOTICE_CANCELLED;
    if (is_new != NULL)
        *is_new = there == 0 || (idle && notice->state == TSK_NOTICE_QUEUED);
    if (there == 0)
        tsk_id_new(key);
    if (id != NULL)
        memcpy(id, key, TSK_ID_SIZE);
    if (there == 0)
        return insert(store, key, subject, notice, err);
    return idle ? renew(store, key, notice, err) : 0;
}

#define WAITS "((n.state = 'queued' AND n.next_attempt <= ?2) OR (n.state = 'sending' AND n.lease_until <= ?2))"
#define OPEN_CHANNEL                                                                                                   \
    "((?3 = 0 OR n.channel NOT IN ('email', 'letter')) AND (?4 = 0 OR n.channel <> 'fax') AND (?5 = 0 OR n.channel "   \
    "<> 'webhook'))"
/* What an office that left for another site had queued is sent from there. */
#define STILL_HERE "n.office_id NOT IN (SELECT office_id FROM offices_gone)"
#define SAME_PLACE "o.channel = n.channel AND o.destination = n.destination"

/* The due notice whose turn it is: its batch tells what goes with it. */
static int first_due(struct tsk_notice *out, struct tsk_store *store, const struct tsk_scope *scope,
                     const struct tsk_notice_wish *claim, const char *now, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    size_t count = 0;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT " COLUMNS " FROM notices n WHERE " SCOPE(
            "n.office_id") " AND " STILL_HERE " AND n.kind <> 'todo' AND " WAITS " AND " OPEN_CHANNEL
                           " AND (?6 = 0 OR n.attempts = 0) "
                           "AND NOT EXISTS (SELECT 1 FROM notices o WHERE " SAME_PLACE " AND o.id <> n.id "
                           "AND o.state IN ('queued', 'sending') AND ((o.state = 'sending' AND o.lease_until > ?2) "
                           "OR (o.state = 'queued' AND o.attempts > 0 AND o.next_attempt > ?2))) "
                           "ORDER BY n.attempts > 0, n.next_attempt, n.id LIMIT 1",
        "csiiii", scope, now, (int64_t)claim->no_email, (int64_t)claim->no_fax, (int64_t)claim->no_webhook,
        (int64_t)claim->fresh_only);
    struct tsk_notice *found = tsk_sql_collect(&count, sizeof *found, fill, &rows, &rc, err);

    if (rc != 0 || found == NULL)
        return rc;
    *out = *found;
    return 1;
}

static int first_overdue(struct tsk_notice *out, struct tsk_store *store, const struct tsk_scope *scope,
                         const char *now, const char *since, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    size_t count = 0;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT " COLUMNS " FROM notices n WHERE " SCOPE(
            "n.office_id") " AND " STILL_HERE " AND n.kind <> 'todo' AND n.state = 'queued' AND n.next_attempt <= ?2 "
                           "AND (EXISTS (SELECT 1 FROM deliveries d WHERE d.notice_id = n.id AND d.started <= ?3 "
                           "AND d.started >= n.queued) "
                           "OR (n.attempts = 0 AND n.next_attempt <= ?3 "
                           "AND EXISTS (SELECT 1 FROM notices o JOIN deliveries d ON d.notice_id = o.id "
                           "WHERE " SAME_PLACE " AND o.state IN ('queued', 'sending', 'failed') AND d.started <= ?3) "
                           "AND NOT EXISTS (SELECT 1 FROM notices o WHERE " SAME_PLACE
                           " AND o.state IN ('sent', 'delivered') AND o.finished > ?3))) "
                           "ORDER BY n.next_attempt, n.id LIMIT 1",
        "css", scope, now, since);
    struct tsk_notice *found = tsk_sql_collect(&count, sizeof *found, fill, &rows, &rc, err);

    if (rc != 0 || found == NULL)
        return rc;
    *out = *found;
    return 1;
}

static int whole_batch(struct tsk_notices *out, struct tsk_store *store, const struct tsk_notice *first,
                       const char *now, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc =
        tsk_sql_query(&rows, store, arena, err,
                      "SELECT " COLUMNS " FROM notices WHERE id = ?1 OR (?2 <> '' AND batch = ?2 AND office_id = ?3 "
                      "AND recipient = ?4 AND channel = ?5 AND destination = ?6 AND kind <> 'todo' "
                      "AND ((state = 'queued' AND next_attempt <= ?7) OR (state = 'sending' AND lease_until <= ?7))) "
                      "ORDER BY id LIMIT ?8",
                      "sssssssi", first->id, first->batch, first->office, first->recipient, first->channel,
                      first->destination, now, (int64_t)BATCH_MAX);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

static int take(struct tsk_store *store, struct tsk_notice *notice, const char *who, const char *now, const char *lease,
                struct tsk_err *err)
{
    notice->state = TSK_NOTICE_SENDING;
    notice->attempts++;
    if (tsk_sql_run(
            store, err,
            "UPDATE deliveries SET result = 'abandoned', ended = ?2 WHERE notice_id = ?1 AND result = 'started'", "ss",
            notice->id, now) != 0 ||
        tsk_sql_run(store, err, "UPDATE notices SET state = 'sending', attempts = ?2, lease_until = ?3 WHERE id = ?1",
                    "sis", notice->id, (int64_t)notice->attempts, lease) != 0)
        return -1;
    return tsk_sql_run(
        store, err,
        "INSERT INTO deliveries (notice_id, attempt, who, started, result) VALUES (?1, ?2, ?3, ?4, 'started')", "siss",
        notice->id, (int64_t)notice->attempts, who, now);
}

/* since: NULL = what is due, else what is overdue. */
static int claim_one(struct tsk_notices *out, struct tsk_store *store, const struct tsk_scope *scope,
                     const struct tsk_notice_wish *claim, const char *since, struct tsk_arena *arena,
                     struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    char lease[TSK_STAMP_SIZE];
    struct tsk_part part;
    struct tsk_notice first = { 0 };

    *out = (struct tsk_notices){ .count = 0 };
    tsk_stamp(claim->now_ms, now);
    tsk_stamp(claim->now_ms + claim->lease_ms, lease);
    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    int rc = since != NULL ? first_overdue(&first, store, scope, now, since, arena, err)
                           : first_due(&first, store, scope, claim, now, arena, err);
    if (rc == 1)
        rc = whole_batch(out, store, &first, now, arena, err);
    for (size_t i = 0; rc == 0 && i < out->count; i++)
        rc = take(store, &out->items[i], claim->who, now, lease, err);
    rc = tsk_part_end(&part, rc, err);
    if (rc != 0)
        out->count = 0;
    return rc;
}

int tsk_notice_claim_next(struct tsk_notices *out, struct tsk_store *store, const struct tsk_scope *scope,
                          const struct tsk_notice_wish *claim, struct tsk_arena *arena, struct tsk_err *err)
{
    return claim_one(out, store, scope, claim, NULL, arena, err);
}

int tsk_notice_claim(struct tsk_notices *out, struct tsk_store *store, const struct tsk_scope *scope, const char *who,
                     int64_t now_ms, int64_t lease_ms, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_notice_wish claim = { .who = who, .now_ms = now_ms, .lease_ms = lease_ms };

    return claim_one(out, store, scope, &claim, NULL, arena, err);
}

int tsk_notice_claim_overdue(struct tsk_notices *out, struct tsk_store *store, const struct tsk_scope *scope,
                             const struct tsk_notice_wish *claim, int64_t since_ms, struct tsk_arena *arena,
                             struct tsk_err *err)
{
    char since[TSK_STAMP_SIZE];

    tsk_stamp(since_ms, since);
    return claim_one(out, store, scope, claim, since, arena, err);
}

static int undo_claim(struct tsk_store *store, const struct tsk_scope *scope, const char *id, const char *until,
                      const char *why, struct tsk_err *err)
{
    if (tsk_sql_run(store, err,
                    "DELETE FROM deliveries WHERE notice_id = ?2 AND result = 'started' "
                    "AND EXISTS (SELECT 1 FROM notices WHERE id = ?2 AND state = 'sending' AND " SCOPE("office_id") ")",
                    "cs", scope, id) != 0 ||
        tsk_sql_run(
            store, err,
            "UPDATE notices SET state = 'queued', attempts = attempts - 1, lease_until = '', next_attempt = ?3, "
            "reason = ?4 WHERE " SCOPE("office_id") " AND id = ?2 AND state = 'sending'",
            "csss", scope, id, until, why) != 0)
        return -1;
    return tsk_sql_changed(store) == 1 ? 0 : tsk_fail(err, TSK_REJECT, 0, "notice %s is not being sent", id);
}

int tsk_notice_postpone(struct tsk_store *store, const struct tsk_scope *scope, const char *id, int64_t until_ms,
                        const char *why, struct tsk_err *err)
{
    char until[TSK_STAMP_SIZE];
    struct tsk_part part;

    tsk_stamp(until_ms, until);
    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    return tsk_part_end(&part, undo_claim(store, scope, id, until, why, err), err);
}

/* The stamp that a statement gives, in one row; -1 in *ms when it gives none. */
static int stamp_of(int64_t *ms, struct tsk_rows *rows, struct tsk_err *err)
{
    int rc = tsk_sql_next(rows, err);
    const char *stamp = rc == 1 ? tsk_sql_text(rows) : "";

    *ms = -1;
    if (*stamp != '\0' && !tsk_stamp_parse(stamp, ms))
        *ms = 0; /* a stamp that nobody can read must not hide a notice */
    return rc < 0 ? -1 : 0;
}

int tsk_notice_trouble_since(int64_t *since_ms, struct tsk_store *store, const char *channel, const char *destination,
                             struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(256);
    struct tsk_rows *rows = NULL;
    int rc = arena == NULL
                 ? tsk_fail(err, TSK_RETRY, 0, "no memory to look for notices")
                 : tsk_sql_query(&rows, store, arena, err,
                                 "SELECT min(d.started) FROM notices o JOIN deliveries d ON d.notice_id = o.id "
                                 "WHERE o.channel = ?1 AND o.destination = ?2 "
                                 "AND o.state IN ('queued', 'sending')",
                                 "ss", channel, destination);

    if (rc == 0)
        rc = stamp_of(since_ms, rows, err);
    tsk_sql_end(&rows);
    tsk_arena_free(&arena);
    return rc;
}

int tsk_notice_next_due(int64_t *due_ms, struct tsk_store *store, const struct tsk_scope *scope, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(256);
    struct tsk_rows *rows = NULL;
    int rc =
        arena == NULL
            ? tsk_fail(err, TSK_RETRY, 0, "no memory to look for notices")
            : tsk_sql_query(&rows, store, arena, err,
                            "SELECT min(CASE n.state WHEN 'sending' THEN n.lease_until ELSE coalesce((SELECT "
                            "max(o.next_attempt) FROM notices o WHERE " SAME_PLACE " AND o.id <> n.id AND o.state = "
                            "'queued' AND o.attempts > 0 AND o.next_attempt > n.next_attempt), n.next_attempt) END) "
                            "FROM notices n WHERE " SCOPE("n.office_id") " AND " STILL_HERE " AND n.kind <> 'todo' "
                                                                         "AND n.state IN ('queued', 'sending')",
                            "c", scope);

    *due_ms = -1;
    if (rc == 0)
        rc = stamp_of(due_ms, rows, err);
    tsk_sql_end(&rows);
    tsk_arena_free(&arena);
    return rc;
}

static int audit_result(struct tsk_store *store, const struct tsk_notice *notice, enum tsk_notice_state state,
                        struct tsk_err *err)
{
    char object[80];
    char detail[256];

    if (state == TSK_NOTICE_QUEUED)
        return 0;
    if (*notice->case_number != '\0')
        snprintf(object, sizeof object, "case:%s", notice->case_number);
    else
        snprintf(object, sizeof object, "notice:%s", notice->id);
    snprintf(detail, sizeof detail, "notice=%s kind=%s recipient=%s result=%s", notice->id, kinds[notice->kind],
             notice->recipient, states[state]);
    return tsk_audit_add(store, notice->office, "sender", "send", object, detail, err);
}

static int store_result(struct tsk_store *store, const struct tsk_notice *notice, enum tsk_notice_state state,
                        int64_t retry_ms, const char *detail, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    char retry[TSK_STAMP_SIZE];

    bool not_there = (state == TSK_NOTICE_QUEUED || state == TSK_NOTICE_FAILED) && notice->state != TSK_NOTICE_UNKNOWN;

    if (!may_become[notice->state][state])
        return tsk_fail(err, TSK_REJECT, 0, "notice %s is %s and cannot become %s", notice->id, states[notice->state],
                        states[state]);
    tsk_now(now);
    tsk_stamp(retry_ms, retry);
    if (tsk_sql_run(store, err,
                    "UPDATE notices SET state = ?2, reason = ?3, lease_until = '', "
                    "next_attempt = CASE ?2 WHEN 'queued' THEN ?4 ELSE next_attempt END, "
                    "finished = CASE ?2 WHEN 'queued' THEN '' ELSE ?5 END WHERE id = ?1",
                    "sssss", notice->id, states[state], or_empty(detail), retry, now) != 0 ||
        tsk_sql_run(store, err,
                    "UPDATE deliveries SET result = ?3, ended = ?4, detail = ?5 WHERE notice_id = ?1 AND attempt = ?2",
                    "sisss", notice->id, (int64_t)notice->attempts, states[state], now, or_empty(detail)) != 0 ||
        (not_there &&
         tsk_sql_run(store, err, "UPDATE inquiries SET due = '' WHERE call = ?1 AND state = 'cancelled' AND due <> ''",
                     "s", notice->id) != 0))
        return -1;
    return audit_result(store, notice, state, err);
}

int tsk_notice_result(struct tsk_store *store, const struct tsk_scope *scope, const char *id,
                      enum tsk_notice_state state, int64_t retry_ms, const char *detail, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)1 << 20);
    struct tsk_notice notice = { 0 };
    struct tsk_part part;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to record a delivery");
    int rc = tsk_part_start(&part, store, err);
    if (rc == 0) {
        rc = tsk_notice_find(&notice, store, scope, id, arena, err);
        if (rc == 0)
            rc = store_result(store, &notice, state, retry_ms, detail, err);
        rc = tsk_part_end(&part, rc, err);
    }
    tsk_arena_free(&arena);
    return rc;
}

int tsk_notice_progress(struct tsk_store *store, const struct tsk_scope *scope, const char *id, const char *detail,
                        struct tsk_err *err)
{
    return tsk_sql_run(
        store, err,
        "UPDATE notices SET reason = ?3 WHERE " SCOPE("office_id") " AND id = ?2 AND state = 'sent' AND reason <> ?3",
        "css", scope, id, detail);
}

int tsk_notice_composed(struct tsk_store *store, const struct tsk_scope *scope, const char *id, const char *body,
                        size_t enclosed, struct tsk_err *err)
{
    return tsk_sql_run(
        store, err,
        "UPDATE notices SET body = coalesce(?3, body), enclosed = ?4 WHERE " SCOPE("office_id") " AND id = ?2", "cssi",
        scope, id, body, (int64_t)enclosed);
}

static void fill_delivery(void *item, struct tsk_rows *rows)
{
    struct tsk_delivery *delivery = item;

    delivery->attempt = (int)tsk_sql_int(rows);
    delivery->who = tsk_sql_text(rows);
    delivery->started = tsk_sql_text(rows);
    delivery->ended = tsk_sql_text(rows);
    delivery->result = tsk_sql_text(rows);
    delivery->detail = tsk_sql_text(rows);
}

int tsk_notice_deliveries(struct tsk_deliveries *out, struct tsk_store *store, const struct tsk_scope *scope,
                          const char *id, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc =
        tsk_sql_query(&rows, store, arena, err,
                      "SELECT attempt, who, started, ended, result, detail FROM deliveries WHERE notice_id = ?2 "
                      "AND EXISTS (SELECT 1 FROM notices WHERE id = ?2 AND " SCOPE("office_id") ") ORDER BY attempt",
                      "cs", scope, id);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_delivery, &rows, &rc, err);
    return rc;
}

static int take_back(bool *was_out, struct tsk_store *store, const struct tsk_notice *notice, const char *reason,
                     struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    switch (notice->state) {
    case TSK_NOTICE_QUEUED:
    case TSK_NOTICE_FAILED:
    case TSK_NOTICE_REFUSED:
        return tsk_sql_run(store, err,
                           "UPDATE notices SET state = 'cancelled', reason = ?2, finished = ?3 WHERE id = ?1", "sss",
                           notice->id, reason, tsk_now(now));
    case TSK_NOTICE_CANCELLED:
        return 0;
    default: /* sending, sent, delivered, unknown: somebody has it, or may have it */
        *was_out = true;
        return 0;
    }
}

int tsk_notice_withdraw(bool *was_out, struct tsk_store *store, const struct tsk_scope *scope, const char *id,
                        const char *reason, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)1 << 20);
    struct tsk_notice notice = { 0 };
    struct tsk_part part;

    *was_out = false;
    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to withdraw a notice");
    int rc = tsk_part_start(&part, store, err);
    if (rc == 0) {
        rc = tsk_notice_find(&notice, store, scope, id, arena, err);
        if (rc == 0)
            rc = take_back(was_out, store, &notice, reason, err);
        rc = tsk_part_end(&part, rc, err);
    }
    tsk_arena_free(&arena);
    return rc;
}

int tsk_notice_join_case(struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet, const char *case_number,
                         struct tsk_err *err)
{
    return tsk_sql_run(
        store, err,
        "UPDATE notices SET case_number = ?3 WHERE " SCOPE("office_id") " AND sheet_id = ?2 AND case_number IS NULL",
        "cis", scope, sheet, case_number);
}
