#include "records/overview.h"

#include "base/clock.h"
#include "base/date.h"
#include "records/sql.h"

#define WEEK_MS ((int64_t)7 * 24 * 3600 * 1000)

static int read_due(int64_t *out, struct tsk_store *store, const struct tsk_scope *scope, const char *now,
                    struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(4096);
    struct tsk_rows *rows = NULL;
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to look at the notices")
                           : tsk_sql_query(&rows, store, arena, err,
                                           "SELECT coalesce(min(next_attempt), '') FROM notices WHERE " SCOPE(
                                               "office_id") " AND state = 'queued' AND next_attempt <= ?2",
                                           "cs", scope, now);

    *out = 0;
    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1 && !tsk_stamp_parse(tsk_sql_text(rows), out))
        *out = 0;
    tsk_sql_end(&rows);
    tsk_arena_free(&arena);
    return rc < 0 ? -1 : 0;
}

int tsk_overview_read(struct tsk_overview *out, struct tsk_store *store, const struct tsk_scope *scope,
                      struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE], week[TSK_STAMP_SIZE];
    int64_t page_size = 0;

    tsk_stamp(tsk_wall_ms(), now);
    tsk_stamp(tsk_wall_ms() - WEEK_MS, week);
    *out = (struct tsk_overview){ .store_bytes = 0 };
    if (tsk_sql_number(&out->notices_queued, store, err,
                       "SELECT count(*) FROM notices WHERE " SCOPE("office_id") " AND state IN ('queued', 'sending')",
                       "c", scope) < 0 ||
        tsk_sql_number(
            &out->notices_failed, store, err,
            "SELECT count(*) FROM notices WHERE " SCOPE("office_id") " AND state = 'failed' AND finished >= ?2", "cs",
            scope, week) < 0 ||
        tsk_sql_number(
            &out->notices_unknown, store, err,
            "SELECT count(*) FROM notices WHERE " SCOPE("office_id") " AND state = 'unknown' AND finished >= ?2", "cs",
            scope, week) < 0 ||
        tsk_sql_number(
            &out->sheets_waiting, store, err,
            "SELECT count(*) FROM sheets WHERE " SCOPE("office_id") " AND state IN ('needs_review', 'ready')", "c",
            scope) < 0 ||
        tsk_sql_number(&out->todos_open, store, err,
                       "SELECT count(*) FROM todos WHERE " SCOPE("office_id") " AND done = ''", "c", scope) < 0 ||
        tsk_sql_number(&out->store_bytes, store, err, "PRAGMA page_count", "") < 0 ||
        tsk_sql_number(&page_size, store, err, "PRAGMA page_size", "") < 0)
        return -1;
    out->store_bytes *= page_size;
    return read_due(&out->notices_due_ms, store, scope, now, err);
}
