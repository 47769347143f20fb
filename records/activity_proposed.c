/* Entries that what was done through Tasuki proposes, and the days of cases for the counts. */
#include <string.h>

#include "base/date.h"
#include "records/activity.h"
#include "records/audit.h"
#include "records/sql.h"

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_contact_proposal *p = item;
    int64_t at_ms = 0;

    p->source = tsk_sql_text(rows);
    p->office = tsk_sql_text(rows);
    const char *at = tsk_sql_text(rows);
    char *day = tsk_arena_alloc(tsk_sql_arena(rows), TSK_DATE_SIZE);
    if (day != NULL && tsk_stamp_parse(at, &at_ms))
        tsk_date_text(tsk_japan_date(at_ms), day);
    p->day = day != NULL ? day : "";
    p->recipient = tsk_sql_text(rows);
    p->name = tsk_sql_text(rows);
    p->directory_kind = tsk_sql_text(rows);
    p->case_number = tsk_sql_text(rows);
    p->channel = tsk_sql_text(rows);
}

int tsk_contact_proposal_list(struct tsk_contact_proposals *out, struct tsk_store *store, const struct tsk_scope *scope,
                              const char *office, const char *since, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT p.source, p.office_id, p.at, p.recipient, coalesce(i.name, p.whom), coalesce(i.kind, ''), "
        "p.case_number, p.kind FROM contact_proposals p LEFT JOIN institutions i ON p.recipient = 'institution:' || "
        "i.id AND i.office_id = p.office_id WHERE " SCOPE(
            "p.office_id") " AND (?2 IS NULL OR p.office_id = ?2) AND p.at >= ?3 AND NOT EXISTS (SELECT 1 FROM "
                           "contacts c WHERE c.office_id = p.office_id AND c.source = p.source AND c.ended = '') AND "
                           "NOT EXISTS (SELECT 1 FROM contact_declined d WHERE d.office_id = p.office_id AND d.source "
                           "= p.source) ORDER BY p.at DESC LIMIT 200",
        "css", scope, office, since);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

static int decline(struct tsk_store *store, const struct tsk_scope *scope, const char *office, const char *source,
                   const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    if (tsk_sql_run(store, err,
                    "INSERT OR IGNORE INTO contact_declined (office_id, source, by, at) SELECT office_id, source, ?4, "
                    "?5 FROM contact_proposals WHERE " SCOPE("office_id") " AND office_id = ?2 AND source = ?3",
                    "cssss", scope, office, source, by, tsk_now(now)) != 0)
        return -1;
    if (tsk_sql_changed(store) == 0)
        return tsk_fail(err, TSK_REJECT, 0, "%s proposes no entry", source);
    return tsk_audit_add(store, office, by, "contact.decline", source, "", err);
}

int tsk_contact_decline(struct tsk_store *store, const struct tsk_scope *scope, const char *office, const char *source,
                        const char *by, struct tsk_err *err)
{
    struct tsk_part part;

    if (by == NULL || *by == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "nobody is named who declines this");
    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    return tsk_part_end(&part, decline(store, scope, office, source, by, err), err);
}

static void fill_day(void *item, struct tsk_rows *rows)
{
    const char **day = item;

    *day = tsk_sql_text(rows);
}

int tsk_case_opened_days(struct tsk_days *out, struct tsk_store *store, const struct tsk_scope *scope,
                         const char *office, const char *from, const char *to, struct tsk_arena *arena,
                         struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    /* the day in Japan begins nine hours before that of UTC */
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT date(opened, '+9 hours') AS day FROM cases WHERE " SCOPE(
                               "office_id") " AND (?2 IS NULL OR office_id = ?2) AND merged_into IS NULL AND "
                                            "date(opened, '+9 hours') BETWEEN ?3 AND ?4 ORDER BY day",
                           "csss", scope, office, from, to);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_day, &rows, &rc, err);
    return rc;
}
