#include "records/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "records/sql.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX 500

static const char *const trays[TSK_TRAY_COUNT] = { "all",  "review",    "ready",      "no_form",   "incomplete",
                                                   "held", "duplicate", "which_case", "other_ward" };

const char *tsk_tray_name(enum tsk_tray tray)
{
    return trays[tray];
}

int tsk_tray_from_name(const char *name)
{
    return tsk_name_index(trays, TSK_COUNT(trays), name);
}

struct cursor {
    int64_t urgent, kind, id;
    const char *received;
};

/* "1|2026-11-25T01:02:03.000Z|0|812" */
static int parse_cursor(struct cursor *out, const char *text, struct tsk_arena *arena, struct tsk_err *err)
{
    int64_t at_ms;
    char *end;

    *out = (struct cursor){ .urgent = INT32_MAX, .received = "" };
    if (text == NULL || *text == '\0')
        return 0;
    out->urgent = strtol(text, &end, 10);
    if (*end != '|')
        return tsk_fail(err, TSK_REJECT, 0, "this is no place in the queue; begin at its start");
    const char *stamp = end + 1;
    out->received = tsk_arena_printf(arena, "%.*s", (int)strcspn(stamp, "|"), stamp);
    if (out->received == NULL || !tsk_stamp_parse(out->received, &at_ms) || stamp[strcspn(stamp, "|")] != '|')
        return tsk_fail(err, TSK_REJECT, 0, "this is no place in the queue; begin at its start");
    out->kind = strtol(stamp + strcspn(stamp, "|") + 1, &end, 10);
    out->id = *end == '|' ? strtoll(end + 1, NULL, 10) : 0;
    return 0;
}

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_queue_item *one = item;

    one->kind = (enum tsk_queue_kind)tsk_sql_int(rows);
    one->id = tsk_sql_int(rows);
    one->document = tsk_sql_text(rows);
    one->page = (int)tsk_sql_int(rows);
    one->office = tsk_sql_text(rows);
    one->received = tsk_sql_text(rows);
    one->source = tsk_sql_text(rows);
    one->sender = tsk_sql_text(rows);
    one->form = tsk_sql_text(rows);
    one->state = tsk_sql_text(rows);
    one->case_number = tsk_sql_text(rows);
    one->name = tsk_sql_text(rows);
    one->kana = tsk_sql_text(rows);
    one->birth = tsk_sql_text(rows);
    one->from = tsk_sql_text(rows);
    one->to = tsk_sql_text(rows);
    one->reason = tsk_sql_text(rows);
    one->ward = tsk_sql_text(rows);
    one->twin = tsk_sql_int(rows);
    one->waiting_count = (int)tsk_sql_int(rows);
    one->urgent = (int)tsk_sql_int(rows);
    one->cursor = "";
}

/* ?3 to ?6: urgent, received, kind and id of the last item seen; kind is the literal of the statement. */
#define AFTER(urgent, kind, id)                                                                                        \
    " AND (" urgent " < ?3 OR (" urgent " = ?3 AND (d.received > ?4 OR (d.received = ?4 AND (" kind " > ?5 OR (" kind  \
    " = ?5 AND " id " > ?6))))))"

/* The open index gives the order and the filters; the rest is looked up for the rows that are shown alone. */
static int sheets(struct tsk_queue *out, struct tsk_store *store, const struct tsk_scope *scope,
                  const struct tsk_queue_filter *by, const struct cursor *after, int64_t limit, struct tsk_arena *arena,
                  struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT 0, k.sheet_id, o.spool_id, p.number, k.office_id, k.received, k.source, o.sender, k.form, k.state, "
        "k.case_number, k.name, k.kana, k.birth, k.from_name, k.to_name, (SELECT reason FROM fields WHERE sheet_id = "
        "k.sheet_id "
        "AND decided = 'waiting' ORDER BY position LIMIT 1), k.ward, k.twin, (SELECT count(*) FROM fields "
        "WHERE sheet_id = k.sheet_id AND decided = 'waiting'), k.urgent FROM (SELECT d.sheet_id AS id FROM desk_sheets "
        "d "
        "WHERE d.open = 1 AND " SCOPE("d.office_id") " AND (?2 IS NULL OR d.office_id = ?2)" AFTER(
            "d.urgent", "0",
            "d.sheet_id") " AND (?7 IS NULL OR d.form = ?7) AND (?8 IS NULL OR d.source = ?8) AND (?9 = 'all' "
                          "OR (?9 = 'review' AND d.state = 'needs_review') OR (?9 = 'ready' AND d.state = 'ready') "
                          "OR (?9 = 'which_case' AND d.case_number IS NULL) OR (?9 = 'duplicate' AND d.twin IS NOT "
                          "NULL) "
                          "OR (?9 = 'other_ward' AND d.ward <> '')) AND (?11 IS NULL OR EXISTS (SELECT 1 FROM fields "
                          "WHERE sheet_id = d.sheet_id AND decided = 'waiting' AND reason = ?11)) "
                          "ORDER BY d.urgent DESC, d.received, d.sheet_id LIMIT ?10) q JOIN desk_sheets k ON "
                          "k.sheet_id = q.id "
                          "JOIN sheets s ON s.id = q.id JOIN documents o ON o.id = s.document_id JOIN pages p ON p.id "
                          "= s.page_id "
                          "ORDER BY k.urgent DESC, k.received, k.sheet_id",
        "csisiisssis", scope, by->office, after->urgent, after->received, after->kind, after->id, by->form, by->source,
        trays[by->tray], limit, by->reason);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

/* Few of all pages and documents wait: the indexes of those that do are named, for sorted by reception every row would be read. */
static int pages(struct tsk_queue *out, struct tsk_store *store, const struct tsk_scope *scope,
                 const struct tsk_queue_filter *by, const struct cursor *after, int64_t limit, struct tsk_arena *arena,
                 struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT 1, p.id, d.spool_id, p.number, p.office_id, d.received, d.source, d.sender, '', p.state, '', '', '', "
        "'', '', "
        "'', p.reason, '', 0, 0, 0 FROM pages p INDEXED BY pages_desk JOIN documents d ON d.id = p.document_id "
        "WHERE p.state <> 'read' "
        "AND p.settled = '' AND " SCOPE("p.office_id") " AND (?2 IS NULL OR p.office_id = ?2)" AFTER(
            "0", "1", "p.id") " AND (?7 IS NULL OR d.source = ?7) AND (?8 = 'all' OR p.state = ?8) ORDER BY "
                              "d.received, p.id LIMIT ?9",
        "csisiissi", scope, by->office, after->urgent, after->received, after->kind, after->id, by->source,
        trays[by->tray], limit);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

static int documents(struct tsk_queue *out, struct tsk_store *store, const struct tsk_scope *scope,
                     const struct tsk_queue_filter *by, const struct cursor *after, int64_t limit,
                     struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT 2, d.id, d.spool_id, 0, d.office_id, d.received, d.source, d.sender, '', d.state, '', '', '', '', '', "
        "'', "
        "d.reason, '', 0, 0, 0 FROM documents d INDEXED BY documents_held WHERE d.state = 'held' AND d.settled = '' "
        "AND " SCOPE("d.office_id") " AND (?2 IS NULL OR d.office_id = ?2)" AFTER(
            "0", "2", "d.id") " AND (?7 IS NULL OR d.source = ?7) "
                              "ORDER BY d.received, d.id LIMIT ?8",
        "csisiisi", scope, by->office, after->urgent, after->received, after->kind, after->id, by->source, limit);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

static int in_order(const void *left, const void *right)
{
    const struct tsk_queue_item *a = left;
    const struct tsk_queue_item *b = right;

    if (a->urgent != b->urgent)
        return a->urgent > b->urgent ? -1 : 1;
    int by_time = strcmp(a->received, b->received);
    if (by_time != 0)
        return by_time;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return a->id < b->id ? -1 : 1;
}

static bool wants(const struct tsk_queue_filter *by, enum tsk_queue_kind kind)
{
    bool page_tray = by->tray == TSK_TRAY_NO_FORM || by->tray == TSK_TRAY_INCOMPLETE;

    if (kind == TSK_QUEUE_SHEET)
        return !page_tray && by->tray != TSK_TRAY_HELD;
    if (by->form != NULL || by->reason != NULL)
        return false;
    return by->tray == TSK_TRAY_ALL || (kind == TSK_QUEUE_PAGE ? page_tray : by->tray == TSK_TRAY_HELD);
}

static int merge(struct tsk_queue *out, struct tsk_queue parts[3], size_t limit, struct tsk_arena *arena,
                 struct tsk_err *err)
{
    size_t all = parts[0].count + parts[1].count + parts[2].count;

    out->items = tsk_arena_alloc(arena, (all > 0 ? all : 1) * sizeof *out->items);
    if (out->items == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to list the queue");
    for (int i = 0; i < 3; i++)
        for (size_t j = 0; j < parts[i].count; j++)
            out->items[out->count++] = parts[i].items[j];
    qsort(out->items, out->count, sizeof *out->items, in_order);
    out->more = out->count > limit;
    if (out->more)
        out->count = limit;
    for (size_t i = 0; i < out->count; i++) {
        struct tsk_queue_item *one = &out->items[i];
        one->cursor =
            tsk_arena_printf(arena, "%d|%s|%d|%lld", one->urgent, one->received, (int)one->kind, (long long)one->id);
        if (one->cursor == NULL)
            return tsk_fail(err, TSK_RETRY, 0, "no memory to list the queue");
    }
    return 0;
}

int tsk_queue_list(struct tsk_queue *out, struct tsk_store *store, const struct tsk_scope *scope,
                   const struct tsk_queue_filter *filter, struct tsk_arena *arena, struct tsk_err *err)
{
    static const struct tsk_queue_filter every = { .tray = TSK_TRAY_ALL };
    const struct tsk_queue_filter *by = filter != NULL ? filter : &every;
    int limit = by->limit > 0 && by->limit <= LIMIT_MAX ? by->limit : LIMIT_DEFAULT;
    struct tsk_queue parts[3] = { { .count = 0 } };
    struct cursor after;

    *out = (struct tsk_queue){ .count = 0 };
    if (parse_cursor(&after, by->after, arena, err) != 0)
        return -1;
    if (wants(by, TSK_QUEUE_SHEET) && sheets(&parts[0], store, scope, by, &after, limit + 1, arena, err) != 0)
        return -1;
    if (wants(by, TSK_QUEUE_PAGE) && pages(&parts[1], store, scope, by, &after, limit + 1, arena, err) != 0)
        return -1;
    if (wants(by, TSK_QUEUE_DOCUMENT) && documents(&parts[2], store, scope, by, &after, limit + 1, arena, err) != 0)
        return -1;
    return merge(out, parts, (size_t)limit, arena, err);
}

static void fill_counts(void *item, struct tsk_rows *rows)
{
    struct tsk_queue_counts *counts = item;

    counts->tray[TSK_TRAY_ALL] = tsk_sql_int(rows);
    counts->tray[TSK_TRAY_REVIEW] = tsk_sql_int(rows);
    counts->tray[TSK_TRAY_READY] = tsk_sql_int(rows);
    counts->tray[TSK_TRAY_WHICH_CASE] = tsk_sql_int(rows);
    counts->tray[TSK_TRAY_DUPLICATE] = tsk_sql_int(rows);
    counts->tray[TSK_TRAY_OTHER_WARD] = tsk_sql_int(rows);
    counts->urgent = tsk_sql_int(rows);
    counts->oldest = tsk_sql_text(rows);
    counts->tray[TSK_TRAY_NO_FORM] = tsk_sql_int(rows);
    counts->tray[TSK_TRAY_INCOMPLETE] = tsk_sql_int(rows);
    counts->tray[TSK_TRAY_HELD] = tsk_sql_int(rows);
    counts->arrived = tsk_sql_int(rows);
    counts->todos = tsk_sql_int(rows);
    counts->todos_due = tsk_sql_int(rows);
    counts->notices_failed = tsk_sql_int(rows);
    counts->notices_waiting = tsk_sql_int(rows);
}

#define MINE(column) SCOPE(column) " AND (?2 IS NULL OR " column " = ?2)"
#define COUNT(from) "(SELECT count(*) FROM " from " AND " MINE("office_id") ")"
#define PAGES COUNT("pages WHERE state = 'no_form' AND state <> 'read' AND settled = ''")
#define PARTS COUNT("pages WHERE state = 'incomplete' AND state <> 'read' AND settled = ''")
#define HELD COUNT("documents WHERE state = 'held' AND settled = ''")
#define ARRIVED COUNT("documents WHERE received >= ?4 AND came_from IS NULL")
#define TODOS COUNT("todos INDEXED BY todos_due WHERE done = ''")
#define DUE COUNT("todos INDEXED BY todos_due WHERE done = '' AND due <> '' AND due <= ?3")
#define FAILED COUNT("notices WHERE state IN ('failed', 'unknown')")
#define GOING COUNT("notices WHERE state IN ('queued', 'sending', 'refused')")
#define SHEETS                                                                                                         \
    "count(*), coalesce(sum(state = 'needs_review'), 0), coalesce(sum(state = 'ready'), 0), "                          \
    "coalesce(sum(case_number IS NULL), 0), coalesce(sum(twin IS NOT NULL), 0), coalesce(sum(ward <> ''), 0), "        \
    "coalesce(sum(urgent > 0), 0), coalesce(min(received), '')"

static const char counts_query[] = "SELECT " SHEETS ", " PAGES ", " PARTS ", " HELD ", " ARRIVED ", " TODOS ", " DUE
                                   ", " FAILED ", " GOING " FROM desk_sheets WHERE open = 1 AND " MINE("office_id");

int tsk_queue_count(struct tsk_queue_counts *out, struct tsk_store *store, const struct tsk_scope *scope,
                    const char *office, const char *today, const char *since, struct tsk_arena *arena,
                    struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    size_t count = 0;
    int rc = tsk_sql_query(&rows, store, arena, err, counts_query, "csss", scope, office, today, since);
    struct tsk_queue_counts *found = tsk_sql_collect(&count, sizeof *found, fill_counts, &rows, &rc, err);

    if (rc != 0 || found == NULL)
        return -1;
    *out = *found;
    out->tray[TSK_TRAY_ALL] += out->tray[TSK_TRAY_NO_FORM] + out->tray[TSK_TRAY_INCOMPLETE] + out->tray[TSK_TRAY_HELD];
    return 0;
}

static void fill_facet(void *item, struct tsk_rows *rows)
{
    struct tsk_queue_facet *facet = item;

    facet->what = tsk_sql_text(rows);
    facet->value = tsk_sql_text(rows);
    facet->count = tsk_sql_int(rows);
}

int tsk_queue_facet_list(struct tsk_queue_facets *out, struct tsk_store *store, const struct tsk_scope *scope,
                         const char *office, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT 'form', form, count(*) FROM desk_sheets WHERE open = 1 AND " MINE(
            "office_id") " GROUP BY form UNION ALL "
                         "SELECT 'source', source, count(*) FROM desk_sheets WHERE open = 1 AND " MINE(
                             "office_id") " GROUP BY source "
                                          "UNION ALL SELECT 'reason', reason, count(DISTINCT f.sheet_id) FROM "
                                          "desk_sheets d JOIN fields f "
                                          "ON f.sheet_id = d.sheet_id AND f.decided = 'waiting' WHERE d.open = 1 "
                                          "AND " MINE("d.office_id") " GROUP BY reason ORDER BY 1, 3 DESC, 2",
        "cs", scope, office);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_facet, &rows, &rc, err);
    return rc;
}
