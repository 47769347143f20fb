#include "records/retention.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "records/sql.h"

#define LIMIT_DEFAULT 1000

struct tsk_date tsk_keep_until(struct tsk_date completed)
{
    return (struct tsk_date){ tsk_fiscal_year(completed) + 1 + TSK_KEPT_YEARS, 3, 31 };
}

/* What was completed before this day is due: its last day lies before today. */
static struct tsk_date due_before(struct tsk_date today)
{
    return (struct tsk_date){ tsk_fiscal_year(today) - TSK_KEPT_YEARS, 4, 1 };
}

#define GROUP "(SELECT c.number UNION ALL SELECT number FROM cases WHERE merged_into = c.number)"
#define SHEETS "(SELECT id FROM sheets WHERE case_number IN " GROUP ")"
#define PAGES                                                                                                          \
    "(SELECT page_id FROM sheets WHERE case_number IN " GROUP " UNION ALL SELECT id FROM pages WHERE case_number IN "  \
    "" GROUP ")"
#define DOCUMENTS "(SELECT document_id FROM pages WHERE id IN " PAGES ")"
#define ON_THE_WAY "state IN ('queued', 'sending', 'unknown')"
/* A page that somebody still has to decide about. */
#define OPEN_PAGE(p)                                                                                                   \
    "((" p ".state <> 'read' AND " p ".settled = '' AND " p ".case_number IS NULL) OR (" p                             \
    ".state = 'read' AND EXISTS (SELECT 1 FROM sheets o WHERE o.page_id = " p                                          \
    ".id AND o.closed = '' AND (o.case_number IS NULL OR o.state <> 'confirmed'))))"

#define CASE_HINDRANCE                                                                                                 \
    "CASE WHEN EXISTS (SELECT 1 FROM legal_holds WHERE lifted = '' AND kind = 'case' AND subject IN " GROUP            \
    ") OR EXISTS (SELECT 1 FROM legal_holds WHERE lifted = '' AND kind = 'document' AND subject IN "                   \
    "(SELECT spool_id FROM documents WHERE id IN " DOCUMENTS ")) THEN 'held' "                                         \
    "WHEN EXISTS (SELECT 1 FROM sheets WHERE case_number IN " GROUP                                                    \
    " AND state <> 'confirmed' AND closed = '') THEN 'sheets' "                                                        \
    "WHEN EXISTS (SELECT 1 FROM pages p WHERE p.document_id IN " DOCUMENTS                                             \
    " AND " OPEN_PAGE("p") ") THEN 'pages' "                                                                           \
                           "WHEN EXISTS (SELECT 1 FROM notices WHERE " ON_THE_WAY " AND case_number IN " GROUP         \
                           ") OR EXISTS (SELECT 1 FROM notices WHERE " ON_THE_WAY " AND sheet_id IN " SHEETS           \
                           ") THEN 'notices' "                                                                         \
                           "WHEN EXISTS (SELECT 1 FROM todos WHERE done = '' AND case_number IN " GROUP                \
                           ") OR EXISTS (SELECT 1 FROM todos WHERE done = '' AND sheet_id IN " SHEETS                  \
                           ") THEN 'todos' "                                                                           \
                           "WHEN EXISTS (SELECT 1 FROM rereads WHERE state IN ('asked', 'read') AND page_id IN " PAGES \
                           ") THEN 'reread' "                                                                          \
                           "WHEN EXISTS (SELECT 1 FROM incidents WHERE state = 'open' AND case_number IN " GROUP       \
                           ") THEN 'incident' "                                                                        \
                           "ELSE '' END"

#define DOCUMENT_HINDRANCE                                                                                             \
    "CASE WHEN EXISTS (SELECT 1 FROM legal_holds WHERE lifted = '' AND kind = 'document' AND subject = d.spool_id) "   \
    "THEN 'held' "                                                                                                     \
    "WHEN EXISTS (SELECT 1 FROM notices WHERE " ON_THE_WAY " AND document = d.spool_id) THEN 'notices' "               \
    "WHEN EXISTS (SELECT 1 FROM todos WHERE done = '' AND document = d.spool_id) THEN 'todos' "                        \
    "WHEN EXISTS (SELECT 1 FROM rereads WHERE state IN ('asked', 'read') AND page_id IN "                              \
    "(SELECT id FROM pages WHERE document_id = d.id)) THEN 'reread' ELSE '' END"

#define OF_NO_CASE "i.case_number IS NULL"
#define INCIDENT_HINDRANCE                                                                                             \
    "CASE WHEN EXISTS (SELECT 1 FROM legal_holds WHERE lifted = '' AND kind = 'incident' AND subject = "               \
    "CAST(i.id AS TEXT)) THEN 'held' "                                                                                 \
    "WHEN EXISTS (SELECT 1 FROM notices WHERE " ON_THE_WAY " AND about = 'incident:' || i.id) THEN 'notices' "         \
    "WHEN EXISTS (SELECT 1 FROM todos WHERE done = '' AND about = 'incident:' || i.id) THEN 'todos' ELSE '' END"

/* When the last of it was put away. */
#define DOCUMENT_END                                                                                                   \
    "max(d.received, d.settled_at, d.handed_at, "                                                                      \
    "coalesce((SELECT max(settled_at) FROM pages WHERE document_id = d.id), ''))"
#define PUT_AWAY                                                                                                       \
    "d.state <> 'duplicate' AND (d.state <> 'held' OR d.settled <> '') AND NOT EXISTS (SELECT 1 FROM pages p "         \
    "WHERE p.document_id = d.id AND (p.case_number IS NOT NULL OR " OPEN_PAGE(                                         \
        "p") " OR EXISTS (SELECT 1 FROM sheets o WHERE o.page_id = p.id AND o.case_number IS NOT NULL)))"

#define LISTED(kind, id)                                                                                               \
    "coalesce((SELECT disposal_id FROM disposal_items WHERE state = 'listed' AND kind = '" kind "' AND subject = " id  \
    "), 0)"

struct tsk_subject tsk_subject_of(const char *text)
{
    static const char incident[] = "incident:";

    if (strncmp(text, incident, sizeof incident - 1) == 0)
        return (struct tsk_subject){ "incident", text + sizeof incident - 1 };
    return (struct tsk_subject){ strchr(text, '-') != NULL ? "case" : "document", text };
}

static void fill_due(void *item, struct tsk_rows *rows)
{
    struct tsk_due *due = item;
    struct tsk_date day = { .year = 0 };
    int64_t at_ms = 0;

    due->subject.kind = tsk_sql_text(rows);
    due->subject.id = tsk_sql_text(rows);
    due->office = tsk_sql_text(rows);
    due->completed = tsk_sql_text(rows);
    due->hindrance = tsk_sql_text(rows);
    due->disposal = tsk_sql_int(rows);
    if (!tsk_date_parse(due->completed, &day) && tsk_stamp_parse(due->completed, &at_ms))
        day = tsk_japan_date(at_ms);
    if (day.year != 0)
        tsk_date_text(tsk_keep_until(day), due->until);
}

struct before {
    char day[TSK_DATE_SIZE], stamp[TSK_STAMP_SIZE];
    int64_t limit;
};

static struct before before(const struct tsk_due_filter *filter)
{
    struct tsk_date today = filter->today.year != 0 ? filter->today : tsk_japan_date(tsk_wall_ms());
    struct tsk_date end = due_before(today);
    struct before out = { .limit = filter->limit > 0 ? filter->limit : LIMIT_DEFAULT };

    tsk_date_text(end, out.day);
    tsk_stamp(tsk_japan_midnight_ms(end), out.stamp);
    return out;
}

static int due_cases(struct tsk_dues *out, struct tsk_store *store, const struct tsk_scope *scope,
                     const struct before *than, const char *office, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT 'case', c.number, c.office_id, c.completed, " CASE_HINDRANCE
        ", " LISTED("case", "c.number") " FROM cases c WHERE c.completed <> '' AND c.completed < ?2 AND c.merged_into "
                                        "IS NULL AND " SCOPE("c.office_id") " AND (?3 IS NULL OR c.office_id = ?3) "
                                                                            "ORDER BY c.completed, c.number LIMIT ?4",
        "cssi", scope, than->day, office, than->limit);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_due, &rows, &rc, err);
    return rc;
}

static int due_documents(struct tsk_dues *out, struct tsk_store *store, const struct tsk_scope *scope,
                         const struct before *than, const char *office, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT 'document', d.spool_id, d.office_id, " DOCUMENT_END " AS ended, " DOCUMENT_HINDRANCE
                           ", " LISTED("document", "d.spool_id") " FROM documents d WHERE d.received < ?2 AND " SCOPE(
                               "d.office_id") " AND (?3 IS NULL OR d.office_id = ?3) AND " PUT_AWAY " AND " DOCUMENT_END
                                              " < ?2 ORDER BY ended, d.spool_id LIMIT ?4",
                           "cssi", scope, than->stamp, office, than->limit);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_due, &rows, &rc, err);
    return rc;
}

static int due_incidents(struct tsk_dues *out, struct tsk_store *store, const struct tsk_scope *scope,
                         const struct before *than, const char *office, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT 'incident', CAST(i.id AS TEXT), i.office_id, i.closed, " INCIDENT_HINDRANCE
        ", " LISTED("incident", "CAST(i.id AS TEXT)") " FROM incidents i WHERE " OF_NO_CASE
                                                      " AND i.closed <> '' AND i.closed < ?2 AND " SCOPE(
                                                          "i.office_id") " AND (?3 IS NULL OR i.office_id = ?3) ORDER "
                                                                         "BY i.closed, i.id LIMIT ?4",
        "cssi", scope, than->stamp, office, than->limit);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_due, &rows, &rc, err);
    return rc;
}

int tsk_retention_due(struct tsk_dues *out, struct tsk_store *store, const struct tsk_scope *scope,
                      const struct tsk_due_filter *filter, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct before than = before(filter);
    struct tsk_dues each[3] = { { .count = 0 } };

    *out = (struct tsk_dues){ .count = 0 };
    if (due_cases(&each[0], store, scope, &than, filter->office, arena, err) != 0 ||
        due_documents(&each[1], store, scope, &than, filter->office, arena, err) != 0 ||
        due_incidents(&each[2], store, scope, &than, filter->office, arena, err) != 0)
        return -1;
    size_t all = each[0].count + each[1].count + each[2].count;
    if (all == 0)
        return 0;
    out->items = tsk_arena_alloc(arena, all * sizeof *out->items);
    if (out->items == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for what is due");
    for (size_t i = 0; i < TSK_COUNT(each); i++)
        for (size_t k = 0; k < each[i].count; k++)
            out->items[out->count++] = each[i].items[k];
    return 0;
}

static int find_case(struct tsk_dues *out, struct tsk_store *store, const struct tsk_scope *scope, const char *id,
                     struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT 'case', c.number, c.office_id, c.completed, " CASE_HINDRANCE ", " LISTED(
                               "case", "c.number") " FROM cases c WHERE " SCOPE("c.office_id") " AND c.number = ?2 "
                                                                                               "AND c.merged_into IS "
                                                                                               "NULL",
                           "cs", scope, id);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_due, &rows, &rc, err);
    return rc;
}

static int find_document(struct tsk_dues *out, struct tsk_store *store, const struct tsk_scope *scope, const char *id,
                         struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT 'document', d.spool_id, d.office_id, CASE WHEN " PUT_AWAY " THEN " DOCUMENT_END
                           " ELSE '' END, " DOCUMENT_HINDRANCE ", " LISTED(
                               "document", "d.spool_id") " FROM documents d WHERE " SCOPE("d.office_id") " AND "
                                                                                                         "d.spool_id = "
                                                                                                         "?2",
                           "cs", scope, id);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_due, &rows, &rc, err);
    return rc;
}

static int find_incident(struct tsk_dues *out, struct tsk_store *store, const struct tsk_scope *scope, const char *id,
                         struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT 'incident', CAST(i.id AS TEXT), i.office_id, i.closed, " INCIDENT_HINDRANCE
        ", " LISTED("incident", "CAST(i.id AS TEXT)") " FROM incidents i WHERE " OF_NO_CASE
                                                      " AND " SCOPE("i.office_id") " AND CAST(i.id AS TEXT) = ?2",
        "cs", scope, id);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_due, &rows, &rc, err);
    return rc;
}

static int find_subject(struct tsk_dues *out, struct tsk_store *store, const struct tsk_scope *scope,
                        const struct tsk_subject *subject, struct tsk_arena *arena, struct tsk_err *err)
{
    if (strcmp(subject->kind, "case") == 0)
        return find_case(out, store, scope, subject->id, arena, err);
    return strcmp(subject->kind, "incident") == 0 ? find_incident(out, store, scope, subject->id, arena, err)
                                                  : find_document(out, store, scope, subject->id, arena, err);
}

static int not_over(const struct tsk_subject *subject, struct tsk_err *err)
{
    if (strcmp(subject->kind, "case") == 0)
        return tsk_fail(err, TSK_REJECT, 0, "case %s is open; close it first", subject->id);
    return strcmp(subject->kind, "incident") == 0
               ? tsk_fail(err, TSK_REJECT, 0, "incident %s is open", subject->id)
               : tsk_fail(err, TSK_REJECT, 0, "document %s is part of a case or not put away", subject->id);
}

int tsk_retention_find(struct tsk_due *out, struct tsk_store *store, const struct tsk_scope *scope,
                       const struct tsk_subject *subject, struct tsk_arena *arena, struct tsk_err *err)
{
    char today[TSK_DATE_SIZE];
    struct tsk_dues found = { .count = 0 };

    if (find_subject(&found, store, scope, subject, arena, err) != 0)
        return -1;
    if (found.count == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no %s %s", subject->kind, subject->id);
    *out = found.items[0];
    if (*out->completed == '\0')
        return not_over(subject, err);
    tsk_date_text(tsk_japan_date(tsk_wall_ms()), today);
    return strcmp(out->until, today) < 0
               ? 0
               : tsk_fail(err, TSK_REJECT, 0, "%s %s is kept until %s", subject->kind, subject->id, out->until);
}

int tsk_retention_forgotten(struct tsk_dues *out, struct tsk_store *store, const struct tsk_scope *scope,
                            const struct tsk_due_filter *filter, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct before than = before(filter);
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT 'case', c.number, c.office_id, (SELECT max(at) FROM case_events "
                           "WHERE case_number = c.number) AS ended, 'open', 0 FROM cases c WHERE c.completed = '' "
                           "AND c.merged_into IS NULL AND c.opened < ?2 AND " SCOPE(
                               "c.office_id") " AND (?3 IS NULL OR c.office_id = ?3) AND ended < ?2 "
                                              "ORDER BY ended, c.number LIMIT ?4",
                           "cssi", scope, than.stamp, filter->office, than.limit);

    *out = (struct tsk_dues){ .count = 0 };
    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_due, &rows, &rc, err);
    return rc;
}
