#include "records/ledger.h"

#include "records/sql.h"

/* The kind of the recipient's entry says of which scope its consent is. */
#define SCOPE_OF(entry)                                                                                                \
    "CASE " entry ".kind WHEN 'clinic' THEN 'medical' WHEN 'hospital' THEN 'medical' WHEN 'facility' THEN 'facility' " \
    "WHEN 'ward_office' THEN 'ward_office' ELSE 'care' END"

/* An inquiry has a day of answer (due) once its page was under way: taken back later, it was a disclosure all the same. */
#define LINES                                                                                                          \
    "SELECT CASE WHEN n.finished <> '' THEN n.finished ELSE n.created END AS at, CASE n.event WHEN 'told.by_hand' "    \
    "THEN 'by_hand' ELSE 'notice' END AS what, n.id AS id, "                                                           \
    "coalesce(s.form, n.event) AS about, coalesce(n.sheet_id, 0) AS sheet, n.recipient AS recipient, "                 \
    "n.destination AS destination, n.channel AS channel, n.state AS state, n.reason AS reason, n.by_hand AS by, CASE " \
    "n.event WHEN 'told.by_hand' THEN n.body ELSE '' END AS said "                                                     \
    "FROM notices n LEFT JOIN sheets s ON s.id = n.sheet_id WHERE n.case_number = ?2 AND n.kind = 'disclosure' "       \
    "AND " SCOPE(                                                                                                      \
        "n.office_id") " UNION ALL SELECT CASE WHEN n.finished <> '' THEN n.finished ELSE n.created END, "             \
                       "'inquiry', n.id, 'inquiry', 0, "                                                               \
                       "n.recipient, n.destination, n.channel, n.state, n.reason, n.by_hand, '' FROM inquiries "       \
                       "i JOIN notices n ON n.id = "                                                                   \
                       "i.call WHERE (i.case_number = ?2 OR i.case_number IN (SELECT number FROM cases WHERE "         \
                       "merged_into = ?2)) AND (i.state <> 'cancelled' OR i.due <> '') AND " SCOPE(                    \
                           "i.office_id") " UNION ALL SELECT t.done, 'by_hand', CAST(t.id AS TEXT), "                  \
                                          "coalesce(s.form, t.event), coalesce(t.sheet_id, 0), "                       \
                                          "t.recipient, '', CASE t.kind WHEN 'call' THEN 'phone' WHEN 'fax' "          \
                                          "THEN 'fax' ELSE 'other' END, 'done', t.note, "                              \
                                          "t.done_by, '' FROM todos t LEFT JOIN sheets s ON s.id = t.sheet_id "        \
                                          "WHERE t.case_number = ?2 AND t.done <> '' AND "                             \
                                          "t.kind IN ('call', 'fax', 'other', 'route', 'resend') AND "                 \
                                          "t.done_by <> 'routing' AND " SCOPE("t.office_id")

#define STOOD(column)                                                                                                  \
    "coalesce((SELECT c." column " FROM consents c JOIN institutions e ON 'institution:' || e.id = l.recipient WHERE " \
    "c.case_number = ?2 AND c.scope = " SCOPE_OF(                                                                      \
        "e") " AND c.at <= l.at AND c.id = (SELECT max(d.id) FROM consents d "                                         \
             "WHERE d.case_number = ?2 AND d.scope = c.scope AND d.at <= l.at) AND c.state = 'recorded'), '')"

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_ledger_line *line = item;

    line->at = tsk_sql_text(rows);
    line->what = tsk_sql_text(rows);
    line->id = tsk_sql_text(rows);
    line->about = tsk_sql_text(rows);
    line->sheet = tsk_sql_int(rows);
    line->recipient = tsk_sql_text(rows);
    line->destination = tsk_sql_text(rows);
    line->channel = tsk_sql_text(rows);
    line->state = tsk_sql_text(rows);
    line->reason = tsk_sql_text(rows);
    line->by = tsk_sql_text(rows);
    line->said = tsk_sql_text(rows);
    line->consent_at = tsk_sql_text(rows);
    line->consent_how = tsk_sql_text(rows);
    line->consent_by = tsk_sql_text(rows);
}

int tsk_ledger_list(struct tsk_ledger *out, struct tsk_store *store, const struct tsk_scope *scope,
                    const char *case_number, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT l.at, l.what, l.id, l.about, l.sheet, l.recipient, l.destination, l.channel, l.state, "
        "l.reason, l.by, l.said, " STOOD("at") ", " STOOD("how") ", " STOOD("by") " FROM (" LINES
                                                                                  ") l ORDER BY l.at, l.id",
        "cs", scope, case_number);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}
