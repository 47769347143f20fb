#include "records/watch.h"

#include "records/sql.h"

static void fill_source(void *item, struct tsk_rows *rows)
{
    struct tsk_watch_source *source = item;

    source->source = tsk_sql_text(rows);
    source->office = tsk_sql_text(rows);
    source->last = tsk_sql_text(rows);
    source->documents = tsk_sql_int(rows);
    source->longest_days = tsk_sql_real(rows);
}

int tsk_watch_sources(struct tsk_watch_sources *out, struct tsk_store *store, const char *since, const char *until,
                      struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT source, min(office_id), max(received), count(*), coalesce(max(gap), 0.0) FROM ("
                           "SELECT source, office_id, received, julianday(received) - julianday(lag(received) OVER "
                           "(PARTITION BY source ORDER BY received)) AS gap FROM documents WHERE received > ?1 "
                           "AND received < ?2) GROUP BY source",
                           "ss", since, until);

    *out = (struct tsk_watch_sources){ .count = 0 };
    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_source, &rows, &rc, err);
    return rc;
}

static void fill_coarse(void *item, struct tsk_rows *rows)
{
    struct tsk_watch_coarse *coarse = item;

    coarse->source = tsk_sql_text(rows);
    coarse->pages = tsk_sql_int(rows);
    coarse->coarse = tsk_sql_int(rows);
}

int tsk_watch_coarse(struct tsk_watch_coarse_list *out, struct tsk_store *store, const char *since,
                     struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT d.source, count(*), count(*) FILTER (WHERE min(p.x_dpi, p.y_dpi) > 0 AND "
                           "min(p.x_dpi, p.y_dpi) < ?2) FROM pages p JOIN documents d ON d.id = p.document_id "
                           "WHERE d.received > ?1 GROUP BY d.source ORDER BY d.source",
                           "si", since, (int64_t)TSK_COARSE_DPI);

    *out = (struct tsk_watch_coarse_list){ .count = 0 };
    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_coarse, &rows, &rc, err);
    return rc;
}

int tsk_watch_late_mail(const char **since, struct tsk_store *store, const char *due_before, struct tsk_arena *arena,
                        struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT coalesce(min(created), '') FROM notices WHERE state IN ('queued', 'sending') AND "
                           "channel = 'email' AND attempts >= 2 AND created < ?1",
                           "s", due_before);

    *since = "";
    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        *since = tsk_sql_text(rows);
        rc = 0;
    }
    tsk_sql_end(&rows);
    return rc;
}

static void fill_count(void *item, struct tsk_rows *rows)
{
    struct tsk_watch_count *count = item;

    count->table = tsk_sql_text(rows);
    count->office = tsk_sql_text(rows);
    count->state = tsk_sql_text(rows);
    count->count = tsk_sql_int(rows);
}

int tsk_watch_counts(struct tsk_watch_counts *out, struct tsk_store *store, struct tsk_arena *arena,
                     struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT 'documents', office_id, state, count(*) FROM documents GROUP BY 2, 3 "
                           "UNION ALL SELECT 'sheets', office_id, state, count(*) FROM sheets GROUP BY 2, 3 "
                           "UNION ALL SELECT 'notices', office_id, state, count(*) FROM notices GROUP BY 2, 3 "
                           "UNION ALL SELECT 'todos', office_id, CASE done WHEN '' THEN 'open' ELSE 'done' END, "
                           "count(*) FROM todos GROUP BY 2, 3 "
                           "UNION ALL SELECT 'audit', '*', 'entries', seq FROM audit_head",
                           "");

    *out = (struct tsk_watch_counts){ .count = 0 };
    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_count, &rows, &rc, err);
    return rc;
}
