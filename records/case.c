#include "records/case.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "records/audit.h"
#include "records/retention.h"
#include "records/sheet_new.h"
#include "records/sql.h"

#define LIMIT_DEFAULT 1000
#define PAGE_DEFAULT 100

static int next_number(char number[TSK_CASE_NUMBER_SIZE], int64_t *sequence, struct tsk_store *store,
                       const char *office, int fiscal_year, struct tsk_err *err)
{
    char code[TSK_CASE_NUMBER_SIZE];
    struct tsk_arena *arena = tsk_arena_new(4096);
    struct tsk_rows *rows = NULL;
    int rc = arena == NULL
                 ? tsk_fail(err, TSK_RETRY, 0, "no memory to open a case")
                 : tsk_sql_query(&rows, store, arena, err, "SELECT code FROM offices WHERE id = ?1", "s", office);

    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1)
        snprintf(code, sizeof code, "%s", tsk_sql_text(rows));
    tsk_sql_end(&rows);
    tsk_arena_free(&arena);
    if (rc == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no office %s", office);
    if (rc < 0)
        return -1;
    if (tsk_sql_run(store, err,
                    "INSERT INTO case_counters (office_id, fiscal_year, last) VALUES (?1, ?2, 1) "
                    "ON CONFLICT (office_id, fiscal_year) DO UPDATE SET last = last + 1",
                    "si", office, (int64_t)fiscal_year) != 0 ||
        tsk_sql_number(sequence, store, err, "SELECT last FROM case_counters WHERE office_id = ?1 AND fiscal_year = ?2",
                       "si", office, (int64_t)fiscal_year) != 1)
        return -1;
    if (snprintf(number, TSK_CASE_NUMBER_SIZE, "%s-%d-%04d", code, fiscal_year, (int)*sequence) >= TSK_CASE_NUMBER_SIZE)
        return tsk_fail(err, TSK_REJECT, 0, "the code of office %s is too long for case numbers", office);
    return 0;
}

static int open_case(char number[TSK_CASE_NUMBER_SIZE], struct tsk_store *store, const char *office, int64_t at_ms,
                     const char *by, struct tsk_err *err)
{
    char opened[TSK_STAMP_SIZE];
    char object[TSK_CASE_NUMBER_SIZE + 8];
    int fiscal_year = tsk_fiscal_year(tsk_japan_date(at_ms));
    int64_t sequence = 0;
    const struct tsk_case_event event = { .kind = "opened", .key = "", .by = by, .at = opened, .detail = "" };

    tsk_stamp(at_ms, opened);
    if (next_number(number, &sequence, store, office, fiscal_year, err) != 0 ||
        tsk_sql_run(store, err,
                    "INSERT INTO cases (number, office_id, fiscal_year, sequence, opened, opened_by) "
                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    "ssiiss", number, office, (int64_t)fiscal_year, sequence, opened, by) != 0 ||
        tsk_case_event_add(NULL, store, &tsk_scope_all, number, &event, err) != 0 ||
        tsk_case_index(store, number, err) != 0)
        return -1;
    snprintf(object, sizeof object, "case:%s", number);
    return tsk_audit_add(store, office, by, "case.open", object, "", err);
}

int tsk_case_open(char number[TSK_CASE_NUMBER_SIZE], struct tsk_store *store, const char *office, int64_t at_ms,
                  const char *by, struct tsk_err *err)
{
    struct tsk_part part;

    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    return tsk_part_end(&part, open_case(number, store, office, at_ms, by, err), err);
}

static void fill_case(void *item, struct tsk_rows *rows)
{
    struct tsk_case *kase = item;

    kase->number = tsk_sql_text(rows);
    kase->office = tsk_sql_text(rows);
    kase->opened = tsk_sql_text(rows);
    kase->opened_by = tsk_sql_text(rows);
    kase->fiscal_year = (int)tsk_sql_int(rows);
    kase->sequence = (int)tsk_sql_int(rows);
    kase->sheet_count = (int)tsk_sql_int(rows);
    kase->unconfirmed_count = (int)tsk_sql_int(rows);
    kase->last_event = tsk_sql_text(rows);
    kase->merged_into = tsk_sql_text(rows);
    kase->merged_at = tsk_sql_text(rows);
    kase->merged_by = tsk_sql_text(rows);
    kase->completed = tsk_sql_text(rows);
    kase->closed_as = tsk_sql_text(rows);
    kase->closed_by = tsk_sql_text(rows);
    kase->name = tsk_sql_text(rows);
    kase->kana = tsk_sql_text(rows);
    kase->birth = tsk_sql_text(rows);
}

#define CASE_COLUMNS                                                                                                   \
    "c.number, c.office_id, c.opened, c.opened_by, c.fiscal_year, c.sequence, "                                        \
    "(SELECT count(*) FROM sheets WHERE case_number = c.number), "                                                     \
    "(SELECT count(*) FROM sheets WHERE case_number = c.number AND state <> 'confirmed'), "                            \
    "(SELECT max(at) FROM case_events WHERE case_number = c.number), c.merged_into, c.merged_at, c.merged_by, "        \
    "c.completed, c.closed_as, c.closed_by, k.name, k.kana, k.birth"

static int query_cases(struct tsk_cases *out, struct tsk_store *store, const struct tsk_scope *scope,
                       const char *number, int limit, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT " CASE_COLUMNS " FROM cases c LEFT JOIN desk_cases k ON k.case_number = c.number "
                           "WHERE " SCOPE("c.office_id") " AND (?2 IS NULL OR c.number = ?2) "
                                                         "ORDER BY c.opened DESC, c.number DESC LIMIT ?3",
                           "csi", scope, number, (int64_t)(limit > 0 ? limit : LIMIT_DEFAULT));

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_case, &rows, &rc, err);
    return rc;
}

int tsk_case_find(struct tsk_case *out, struct tsk_store *store, const struct tsk_scope *scope, const char *number,
                  struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_cases found;

    if (query_cases(&found, store, scope, number, 1, arena, err) != 0)
        return -1;
    if (found.count == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no case %s", number);
    *out = found.items[0];
    return 0;
}

int tsk_case_list(struct tsk_cases *out, struct tsk_store *store, const struct tsk_scope *scope, int limit,
                  struct tsk_arena *arena, struct tsk_err *err)
{
    return query_cases(out, store, scope, NULL, limit, arena, err);
}

int tsk_case_event_add(bool *is_new, struct tsk_store *store, const struct tsk_scope *scope, const char *number,
                       const struct tsk_case_event *event, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    char sheet[24] = "";
    int64_t there = 0;

    if (is_new != NULL)
        *is_new = false;
    int rc = tsk_sql_number(&there, store, err, "SELECT 1 FROM cases WHERE " SCOPE("office_id") " AND number = ?2",
                            "cs", scope, number);
    if (rc < 0)
        return -1;
    if (rc == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no case %s", number);
    if (event->sheet != 0)
        snprintf(sheet, sizeof sheet, "%lld", (long long)event->sheet);
    if (tsk_sql_run(store, err,
                    "INSERT INTO case_events (case_number, office_id, kind, key, at, by, detail, sheet_id) "
                    "SELECT number, office_id, ?2, ?3, ?4, ?5, ?6, CAST(?7 AS INTEGER) FROM cases WHERE number = ?1 "
                    "ON CONFLICT (case_number, kind, key) DO NOTHING",
                    "sssssse", number, event->kind, event->key != NULL ? event->key : "",
                    event->at != NULL && *event->at != '\0' ? event->at : tsk_now(now),
                    event->by != NULL ? event->by : "", event->detail != NULL ? event->detail : "", sheet) != 0)
        return -1;
    if (is_new != NULL)
        *is_new = tsk_sql_changed(store) > 0;
    return 0;
}

static void fill_event(void *item, struct tsk_rows *rows)
{
    struct tsk_case_event *event = item;

    event->kind = tsk_sql_text(rows);
    event->key = tsk_sql_text(rows);
    event->at = tsk_sql_text(rows);
    event->by = tsk_sql_text(rows);
    event->detail = tsk_sql_text(rows);
    event->sheet = tsk_sql_int(rows);
    event->case_number = tsk_sql_text(rows);
}

int tsk_case_event_list(struct tsk_case_events *out, struct tsk_store *store, const struct tsk_scope *scope,
                        const char *number, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc =
        tsk_sql_query(&rows, store, arena, err,
                      "SELECT kind, key, at, by, detail, sheet_id, case_number FROM case_events "
                      "WHERE " SCOPE("office_id") " AND case_number IN (SELECT ?2 UNION ALL "
                                                  "SELECT number FROM cases WHERE merged_into = ?2) ORDER BY at, id",
                      "cs", scope, number);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_event, &rows, &rc, err);
    return rc;
}

static void fill_line(void *item, struct tsk_rows *rows)
{
    struct tsk_case_line *line = item;

    fill_case(&line->kase, rows);
    line->key = tsk_sql_text(rows);
    line->open_todos = (int)tsk_sql_int(rows);
}

#define LINES(key)                                                                                                     \
    "SELECT " CASE_COLUMNS ", " key ", (SELECT count(*) FROM todos WHERE case_number = c.number AND done = '') "       \
    "FROM desk_cases k JOIN cases c ON c.number = k.case_number WHERE k.merged = 0 AND " SCOPE(                        \
        "k.office_id") " AND (?2 IS NULL OR k.office_id = ?2) "
#define BY_KANA                                                                                                        \
    LINES("k.sort_key")                                                                                                \
    "AND (?3 IS NULL OR k.sort_key > ?3 OR (k.sort_key = ?3 AND k.case_number > ?4)) "                                 \
    "ORDER BY k.sort_key, k.case_number LIMIT ?5"
#define BY_OPENING                                                                                                     \
    LINES("k.opened")                                                                                                  \
    "AND (?3 IS NULL OR k.opened < ?3 OR (k.opened = ?3 AND k.case_number < ?4)) "                                     \
    "ORDER BY k.opened DESC, k.case_number DESC LIMIT ?5"

int tsk_case_page_list(struct tsk_case_lines *out, struct tsk_store *store, const struct tsk_scope *scope,
                       const struct tsk_case_page *page, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    size_t limit = (size_t)(page->limit > 0 ? page->limit : PAGE_DEFAULT);
    int rc = tsk_sql_query(&rows, store, arena, err, page->newest_first ? BY_OPENING : BY_KANA, "csssi", scope,
                           page->office, page->after_key, page->after_number, (int64_t)limit + 1);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_line, &rows, &rc, err);
    out->more = out->count > limit;
    if (out->more)
        out->count = limit;
    return rc;
}

static void fill_page(void *item, struct tsk_rows *rows)
{
    struct tsk_case_page_image *page = item;

    page->document = tsk_sql_text(rows);
    page->page = (int)tsk_sql_int(rows);
    page->received = tsk_sql_text(rows);
    page->by = tsk_sql_text(rows);
}

int tsk_case_page_images(struct tsk_case_pages *out, struct tsk_store *store, const struct tsk_scope *scope,
                         const char *number, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT d.spool_id, p.number, d.received, p.settled_by FROM pages p "
                           "JOIN documents d ON d.id = p.document_id WHERE " SCOPE(
                               "p.office_id") " AND p.case_number = ?2 ORDER BY d.received, p.number",
                           "cs", scope, number);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_page, &rows, &rc, err);
    return rc;
}

void tsk_case_keep_until(const struct tsk_case *kase, char out[TSK_DATE_SIZE])
{
    struct tsk_date day;
    int64_t last = 0;

    if (!tsk_date_parse(kase->completed, &day)) {
        if (!tsk_stamp_parse(*kase->last_event != '\0' ? kase->last_event : kase->opened, &last))
            last = 0;
        day = tsk_japan_date(last);
    }
    tsk_date_text(tsk_keep_until(day), out);
}
