#include "records/inquiry.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "records/audit.h"
#include "records/sql.h"

#define LIMIT_DEFAULT 1000
#define OPEN_STATES "('held', 'planned', 'calling', 'asked')"

int tsk_wait_put(struct tsk_store *store, const struct tsk_wait_row *row, struct tsk_err *err)
{
    char sheet[24] = "";

    if (row->sheet != 0)
        snprintf(sheet, sizeof sheet, "%lld", (long long)row->sheet);
    return tsk_sql_run(store, err,
                       "INSERT INTO waits (case_number, office_id, state, hospital, recipient, since, ask_on, moved, "
                       "sheet_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, CAST(?9 AS INTEGER)) "
                       "ON CONFLICT (case_number) DO UPDATE SET state = ?3, hospital = ?4, recipient = ?5, since = ?6, "
                       "ask_on = ?7, moved = ?8, sheet_id = CAST(?9 AS INTEGER), office_id = ?2",
                       "sssssssie", row->case_number, row->office, row->state, row->hospital, row->recipient,
                       row->since, row->ask_on, (int64_t)row->moved, sheet);
}

static void fill_wait(void *item, struct tsk_rows *rows)
{
    struct tsk_wait_row *row = item;

    row->case_number = tsk_sql_text(rows);
    row->office = tsk_sql_text(rows);
    row->state = tsk_sql_text(rows);
    row->hospital = tsk_sql_text(rows);
    row->recipient = tsk_sql_text(rows);
    row->since = tsk_sql_text(rows);
    row->ask_on = tsk_sql_text(rows);
    row->moved = tsk_sql_int(rows) != 0;
    row->sheet = tsk_sql_int(rows);
    row->name = tsk_sql_text(rows);
    row->kana = tsk_sql_text(rows);
}

int tsk_wait_list(struct tsk_wait_rows *out, struct tsk_store *store, const struct tsk_scope *scope,
                  const struct tsk_wait_filter *filter, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT w.case_number, w.office_id, w.state, w.hospital, w.recipient, w.since, w.ask_on, w.moved, "
        "coalesce(w.sheet_id, 0), coalesce(d.name, ''), coalesce(d.kana, '') FROM waits w JOIN cases c ON c.number = "
        "w.case_number LEFT JOIN desk_cases d ON d.case_number = w.case_number WHERE " SCOPE(
            "w.office_id") " AND c.merged_into IS NULL AND (?2 IS NULL OR w.case_number = ?2) AND (?3 IS NULL OR "
                           "w.office_id = ?3) AND (?4 IS NULL OR (w.state = 'waiting' AND w.ask_on <> '' AND w.ask_on "
                           "<= ?4 AND w.office_id NOT IN (SELECT office_id FROM offices_gone) AND NOT EXISTS (SELECT 1 "
                           "FROM inquiries i WHERE i.case_number = w.case_number AND "
                           "i.state IN ('held', 'planned', 'calling')))) AND (?5 = 0 OR w.state NOT IN ('none', "
                           "'closed')) ORDER BY w.since, w.case_number LIMIT ?6",
        "csssii", scope, filter->case_number, filter->office, filter->due_by, (int64_t)filter->open,
        (int64_t)(filter->limit > 0 ? filter->limit : LIMIT_DEFAULT));

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_wait, &rows, &rc, err);
    return rc;
}

static void fill_number(void *item, struct tsk_rows *rows)
{
    struct tsk_case *kase = item;

    kase->number = tsk_sql_text(rows);
    kase->office = tsk_sql_text(rows);
}

int tsk_wait_unknown(struct tsk_cases *out, struct tsk_store *store, int limit, struct tsk_arena *arena,
                     struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT number, office_id FROM cases WHERE number NOT IN (SELECT case_number FROM waits) "
                           "AND office_id NOT IN (SELECT office_id FROM offices_gone) ORDER BY number LIMIT ?1",
                           "i", (int64_t)limit);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_number, &rows, &rc, err);
    return rc;
}

static int note(struct tsk_store *store, const struct tsk_inquiry *inquiry, int64_t id, const char *state,
                const char *by, struct tsk_err *err)
{
    char object[TSK_CASE_NUMBER_SIZE + 8], detail[96], key[48], text[96];
    const struct tsk_case_event event = { .kind = "inquiry", .key = key, .by = by, .detail = text };

    snprintf(object, sizeof object, "case:%s", inquiry->case_number);
    snprintf(detail, sizeof detail, "inquiry=%lld round=%d state=%s", (long long)id, inquiry->round, state);
    snprintf(key, sizeof key, "%lld %s", (long long)id, state);
    snprintf(text, sizeof text, "%s %d", state, inquiry->round);
    if (tsk_audit_add(store, inquiry->office, by, "inquiry", object, detail, err) != 0)
        return -1;
    return tsk_case_event_add(NULL, store, &tsk_scope_all, inquiry->case_number, &event, err);
}

static int add(int64_t *id, struct tsk_store *store, const struct tsk_inquiry *inquiry, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    int64_t open = 0;

    if (inquiry->by == NULL || *inquiry->by == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "an inquiry needs the name of who asks for it");
    if (tsk_sql_number(&open, store, err,
                       "SELECT count(*) FROM inquiries WHERE case_number = ?1 AND state IN " OPEN_STATES, "s",
                       inquiry->case_number) < 0)
        return -1;
    if (open > 0)
        return tsk_fail(err, TSK_REJECT, 0, "case %s has an open inquiry already", inquiry->case_number);
    if (tsk_sql_run(store, err,
                    "INSERT INTO inquiries (office_id, case_number, hospital, recipient, since, round, state, day, "
                    "created, by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                    "sssssissss", inquiry->office, inquiry->case_number, inquiry->hospital, inquiry->recipient,
                    inquiry->since, (int64_t)inquiry->round, inquiry->state, inquiry->day, tsk_now(now),
                    inquiry->by) != 0)
        return -1;
    *id = tsk_sql_last_id(store);
    return note(store, inquiry, *id, inquiry->state, inquiry->by, err);
}

int tsk_inquiry_add(int64_t *id, struct tsk_store *store, const struct tsk_inquiry *inquiry, struct tsk_err *err)
{
    struct tsk_part part;

    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    return tsk_part_end(&part, add(id, store, inquiry, err), err);
}

static void fill_inquiry(void *item, struct tsk_rows *rows)
{
    struct tsk_inquiry *inquiry = item;

    inquiry->id = tsk_sql_int(rows);
    inquiry->office = tsk_sql_text(rows);
    inquiry->case_number = tsk_sql_text(rows);
    inquiry->hospital = tsk_sql_text(rows);
    inquiry->recipient = tsk_sql_text(rows);
    inquiry->since = tsk_sql_text(rows);
    inquiry->round = (int)tsk_sql_int(rows);
    inquiry->state = tsk_sql_text(rows);
    inquiry->day = tsk_sql_text(rows);
    inquiry->due = tsk_sql_text(rows);
    inquiry->call = tsk_sql_text(rows);
    inquiry->created = tsk_sql_text(rows);
    inquiry->by = tsk_sql_text(rows);
    inquiry->ended = tsk_sql_text(rows);
    inquiry->ended_by = tsk_sql_text(rows);
    inquiry->why = tsk_sql_text(rows);
}

int tsk_inquiry_list(struct tsk_inquiries *out, struct tsk_store *store, const struct tsk_scope *scope,
                     const struct tsk_inquiry_filter *filter, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT id, office_id, case_number, hospital, recipient, since, round, state, day, due, coalesce(call, ''), "
        "created, by, ended, ended_by, why FROM inquiries WHERE " SCOPE(
            "office_id") " AND (?2 IS NULL OR case_number = ?2) AND (?3 IS NULL OR call = ?3) AND (?4 IS NULL OR state "
                         "= ?4) AND (?5 IS NULL OR recipient = ?5) AND (?6 IS NULL OR office_id = ?6) AND (?7 IS NULL "
                         "OR day <= ?7) AND (?8 = 0 OR state IN " OPEN_STATES
                         ") AND (?9 = 0 OR id = ?9) AND (?11 = 0 OR office_id NOT IN (SELECT office_id FROM "
                         "offices_gone)) "
                         "ORDER BY id LIMIT ?10",
        "cssssssiiii", scope, filter->case_number, filter->call, filter->state, filter->recipient, filter->office,
        filter->day_by, (int64_t)filter->open, filter->id, (int64_t)(filter->limit > 0 ? filter->limit : LIMIT_DEFAULT),
        (int64_t)filter->here);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_inquiry, &rows, &rc, err);
    return rc;
}

static bool is_end(const char *state)
{
    static const char *const ends[] = { "overdue", "answered", "cancelled", "failed" };

    return tsk_name_index(ends, TSK_COUNT(ends), state) >= 0;
}

/* Its call has left the queue: the page cannot be kept back any more. */
#define UNDER_WAY                                                                                                      \
    "due = '' AND EXISTS (SELECT 1 FROM notices n WHERE n.id = inquiries.call AND n.state IN ('sending', 'sent', "     \
    "'unknown', 'delivered'))"

static int change_row(struct tsk_store *store, const struct tsk_inquiry *inquiry,
                      const struct tsk_inquiry_change *change, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    bool end = is_end(change->state);

    char today[TSK_DATE_SIZE];

    tsk_date_text(tsk_japan_date(tsk_wall_ms()), today);
    if (tsk_sql_run(
            store, err,
            "UPDATE inquiries SET state = ?2, day = coalesce(?3, day), due = CASE WHEN ?2 = 'cancelled' AND " UNDER_WAY
            " THEN ?10 ELSE coalesce(?4, due) END, call = "
            "coalesce(?5, call), recipient = coalesce(?6, recipient), ended = ?7, ended_by = ?8, why = ?9 "
            "WHERE id = ?1",
            "isssssssss", inquiry->id, change->state, change->day, change->due, change->call, change->recipient,
            end ? tsk_now(now) : "", end ? change->by : "", change->why != NULL ? change->why : "", today) != 0)
        return -1;
    return note(store, inquiry, inquiry->id, change->state, change->by, err);
}

int tsk_inquiry_end_all(struct tsk_store *store, const char *case_number, const char *by, const char *why,
                        struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE], today[TSK_DATE_SIZE];

    tsk_date_text(tsk_japan_date(tsk_wall_ms()), today);
    return tsk_sql_run(store, err,
                       "UPDATE inquiries SET due = CASE WHEN " UNDER_WAY " THEN ?5 ELSE due END, state = 'cancelled', "
                       "ended = ?2, ended_by = ?3, why = ?4 WHERE case_number = ?1 AND state IN ('held', 'planned', "
                       "'calling', 'asked')",
                       "sssss", case_number, tsk_now(now), by, why, today);
}

int tsk_inquiry_change(struct tsk_store *store, const struct tsk_inquiry *inquiry,
                       const struct tsk_inquiry_change *change, struct tsk_err *err)
{
    struct tsk_part part;

    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    return tsk_part_end(&part, change_row(store, inquiry, change, err), err);
}
