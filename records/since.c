#include "records/since.h"

#include "records/sql.h"

#define MINE(column) SCOPE(column) " AND (?2 IS NULL OR " column " = ?2)"

/* A sheet is an answer when its lower half is filled in, or when it is the page that asks for one. */
#define SHEETS                                                                                                         \
    "SELECT CASE WHEN k.case_number IS NULL OR k.case_number = '' THEN 'unmatched' WHEN k.form = 'inquiry' OR EXISTS " \
    "("                                                                                                                \
    "SELECT 1 FROM fields f WHERE f.sheet_id = k.sheet_id AND f.field IN ('outcome', 'outcome_other', 'destination', " \
    "'move_date.day') AND f.value <> '') THEN 'outcome' WHEN k.form = 'referral-status' THEN 'referral' ELSE 'sheet' " \
    "END "                                                                                                             \
    "AS what, k.received AS at, k.office_id AS office, coalesce(k.case_number, '') AS kase, '' AS document, '' AS "    \
    "notice, "                                                                                                         \
    "k.sheet_id AS sheet, 0 AS todo, k.form AS text, k.name AS name, k.state = 'confirmed' AS settled FROM "           \
    "desk_sheets k "                                                                                                   \
    "WHERE k.received >= ?3 AND k.closed = '' AND k.source <> 'hand' AND " MINE("k.office_id")

#define HELD                                                                                                           \
    "SELECT 'held', d.received, d.office_id, '', d.spool_id, '', 0, 0, d.reason, '', 0 FROM documents d WHERE "        \
    "d.state = "                                                                                                       \
    "'held' AND d.received >= ?3 AND " MINE("d.office_id")

#define FAILED                                                                                                         \
    "SELECT 'failed', n.finished, n.office_id, coalesce(n.case_number, ''), '', n.id, coalesce(n.sheet_id, 0), 0, "    \
    "n.recipient, '', 0 FROM notices n WHERE n.state IN ('failed', 'unknown') AND n.finished >= ?3 AND " MINE(         \
        "n.office_id")

/* What was made because of a sheet or a notice above is named there. */
#define TODOS                                                                                                          \
    "SELECT CASE t.kind WHEN 'facility' THEN 'facility' WHEN 'inquiry_overdue' THEN 'overdue' ELSE 'todo' END, "       \
    "t.created, "                                                                                                      \
    "t.office_id, coalesce(t.case_number, ''), t.document, '', coalesce(t.sheet_id, 0), t.id, t.text, "                \
    "coalesce(d.name, ''), t.done <> '' FROM todos t LEFT JOIN desk_cases d ON d.case_number = t.case_number WHERE "   \
    "t.created >= ?3 AND t.kind NOT IN ('delivery_failed', 'held') AND t.done_by NOT IN ('routing', 'casework') "      \
    "AND " MINE("t.office_id")

#define ORDER                                                                                                          \
    "CASE what WHEN 'facility' THEN 0 WHEN 'failed' THEN 1 WHEN 'held' THEN 2 WHEN 'overdue' THEN 3 WHEN 'unmatched' " \
    "THEN 4 WHEN 'outcome' THEN 5 WHEN 'referral' THEN 6 WHEN 'sheet' THEN 7 ELSE 8 END"

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_news *news = item;

    news->what = tsk_sql_text(rows);
    news->at = tsk_sql_text(rows);
    news->office = tsk_sql_text(rows);
    news->case_number = tsk_sql_text(rows);
    news->document = tsk_sql_text(rows);
    news->notice = tsk_sql_text(rows);
    news->sheet = tsk_sql_int(rows);
    news->todo = tsk_sql_int(rows);
    news->text = tsk_sql_text(rows);
    news->name = tsk_sql_text(rows);
    news->settled = tsk_sql_int(rows) != 0;
}

int tsk_since_list(struct tsk_news_list *out, struct tsk_store *store, const struct tsk_scope *scope,
                   const char *office, const char *since, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT what, at, office, kase, document, notice, sheet, todo, text, name, settled FROM "
                           "(" SHEETS " UNION ALL " HELD " UNION ALL " FAILED " UNION ALL " TODOS ") ORDER BY " ORDER
                           ", at, sheet, todo LIMIT 2000",
                           "css", scope, office, since);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

int tsk_since_last_here(const char **at, struct tsk_store *store, const char *who, const char *before,
                        struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc =
        tsk_sql_query(&rows, store, arena, err,
                      "SELECT at FROM audit WHERE actor = ?1 AND at < ?2 ORDER BY seq DESC LIMIT 1", "ss", who, before);

    *at = "";
    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1)
        *at = tsk_sql_text(rows);
    tsk_sql_end(&rows);
    return rc < 0 ? -1 : 0;
}
