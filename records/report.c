#include "records/report.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "records/audit.h"
#include "records/sql.h"

#define LIMIT_DEFAULT 200
#define MEMORY_MAX ((size_t)4 << 20)

static const char *const ways[] = { "email", "post", "hand" };

bool tsk_report_may_mail(const char *form)
{
    return strcmp(form, "3") == 0 || strcmp(form, "4") == 0;
}

static int note(struct tsk_store *store, const struct tsk_report *report, const char *by, const char *action,
                const char *more, struct tsk_err *err)
{
    char object[40], detail[160];

    snprintf(object, sizeof object, "report:%lld", (long long)report->id);
    snprintf(detail, sizeof detail, "%s %s version %d%s%s", report->layout, report->first, report->version,
             *more != '\0' ? " " : "", more);
    return tsk_audit_add(store, report->office, by, action, object, detail, err);
}

static bool sees(const struct tsk_scope *scope, const char *office)
{
    for (size_t i = 0; i < scope->office_count; i++)
        if (strcmp(scope->offices[i], office) == 0)
            return true;
    return scope->all;
}

static int newest(struct tsk_report *out, struct tsk_store *store, const struct tsk_report *of, struct tsk_arena *arena,
                  struct tsk_err *err)
{
    const struct tsk_report_filter filter = {
        .office = of->office, .layout = of->layout, .first = of->first, .limit = 1
    };
    struct tsk_reports found;

    *out = (struct tsk_report){ .id = 0, .version = 0, .state = "" };
    if (tsk_report_list(&found, store, &tsk_scope_all, &filter, arena, err) != 0)
        return -1;
    if (found.count > 0)
        *out = found.items[0];
    return 0;
}

static int put_draft(int64_t *id, struct tsk_store *store, const struct tsk_report *report, const char *by,
                     struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_report last, made = *report;
    char now[TSK_STAMP_SIZE];
    int rc;

    tsk_now(now);
    if (newest(&last, store, report, arena, err) != 0)
        return -1;
    if (strcmp(last.state, "draft") == 0) {
        rc = tsk_sql_run(
            store, err, "UPDATE reports SET form = ?2, title = ?3, content = ?4, made = ?5, made_by = ?6 WHERE id = ?1",
            "isssss", last.id, report->form, report->title, report->content, now, by);
        made.id = last.id;
        made.version = last.version;
    } else {
        made.version = last.version + 1;
        rc = tsk_sql_run(store, err,
                         "INSERT INTO reports (office_id, layout, form, title, first, last, version, state, content, "
                         "made, made_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'draft', ?8, ?9, ?10)",
                         "ssssssisss", report->office, report->layout, report->form, report->title, report->first,
                         report->last, (int64_t)made.version, report->content, now, by);
        made.id = tsk_sql_last_id(store);
    }
    *id = made.id;
    return rc != 0 ? -1 : note(store, &made, by, "report.draft", "", err);
}

/* What a change of one report does, with a memory of its own and in a transaction of its own. */
struct change {
    struct tsk_store *store;
    const struct tsk_scope *scope;
    struct tsk_arena *arena;
    const struct tsk_report *draft;
    const char *by, *way, *day;
    int64_t id;
};

static int whole(struct change *change, int (*run)(struct change *change, struct tsk_err *err), struct tsk_err *err)
{
    struct tsk_part part;

    if (change->by == NULL || *change->by == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "nobody is named who does this");
    if ((change->arena = tsk_arena_new(MEMORY_MAX)) == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a report");
    int rc = tsk_part_start(&part, change->store, err);
    if (rc == 0)
        rc = tsk_part_end(&part, run(change, err), err);
    tsk_arena_free(&change->arena);
    return rc;
}

static int run_draft(struct change *change, struct tsk_err *err)
{
    return put_draft(&change->id, change->store, change->draft, change->by, change->arena, err);
}

int tsk_report_draft(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope,
                     const struct tsk_report *report, const char *by, struct tsk_err *err)
{
    struct change change = { .store = store, .scope = scope, .draft = report, .by = by };

    if (!sees(scope, report->office))
        return tsk_fail(err, TSK_REJECT, 0, "there is no office %s", report->office);
    if (whole(&change, run_draft, err) != 0)
        return -1;
    *id = change.id;
    return 0;
}

static int run_approve(struct change *change, struct tsk_err *err)
{
    struct tsk_report report;
    char now[TSK_STAMP_SIZE];

    if (tsk_report_find(&report, change->store, change->scope, change->id, change->arena, err) != 0)
        return -1;
    if (strcmp(report.state, "draft") != 0)
        return tsk_fail(err, TSK_REJECT, 0, "report %lld was approved by %s", (long long)report.id, report.approved_by);
    if (tsk_sql_run(change->store, err,
                    "UPDATE reports SET state = 'approved', approved = ?2, approved_by = ?3 WHERE id = ?1", "iss",
                    report.id, tsk_now(now), change->by) != 0)
        return -1;
    return note(change->store, &report, change->by, "report.approve", "", err);
}

int tsk_report_approve(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *by,
                       struct tsk_err *err)
{
    struct change change = { .store = store, .scope = scope, .by = by, .id = id };

    return whole(&change, run_approve, err);
}

static int check_sending(const struct tsk_report *report, const char *way, const char *day, struct tsk_err *err)
{
    struct tsk_date date;

    if (tsk_name_index(ways, TSK_COUNT(ways), way) < 0)
        return tsk_fail(err, TSK_REJECT, 0, "a report goes by email, post or hand");
    if (strcmp(way, "email") == 0 && !tsk_report_may_mail(report->form))
        return tsk_fail(err, TSK_REJECT, 0, "only 様式3 and 様式4 may be mailed; this one goes by post or by hand");
    if (strcmp(report->state, "draft") == 0)
        return tsk_fail(err, TSK_REJECT, 0, "report %lld is a draft; the manager approves it first",
                        (long long)report->id);
    if (report->newest != report->id)
        return tsk_fail(err, TSK_REJECT, 0, "report %lld has a newer version, %lld", (long long)report->id,
                        (long long)report->newest);
    if (!tsk_date_parse(day != NULL ? day : "", &date) ||
        tsk_date_days(date) > tsk_date_days(tsk_japan_date(tsk_wall_ms())))
        return tsk_fail(err, TSK_REJECT, 0, "say on which day it was sent, YYYY-MM-DD, not later than today");
    return 0;
}

static int run_sent(struct change *change, struct tsk_err *err)
{
    struct tsk_report report;
    char now[TSK_STAMP_SIZE];

    if (tsk_report_find(&report, change->store, change->scope, change->id, change->arena, err) != 0 ||
        check_sending(&report, change->way, change->day, err) != 0 ||
        tsk_sql_run(change->store, err,
                    "INSERT INTO report_sendings (report_id, office_id, way, day, by, at) VALUES (?1, ?2, ?3, ?4, ?5, "
                    "?6) ON CONFLICT (report_id, way) DO UPDATE SET day = ?4, by = ?5, at = ?6",
                    "isssss", report.id, report.office, change->way, change->day, change->by, tsk_now(now)) != 0 ||
        tsk_sql_run(
            change->store, err,
            "UPDATE reports SET state = 'sent' WHERE id = ?1 AND state = 'approved' AND CASE form WHEN '3' THEN "
            "(SELECT count(*) FROM report_sendings WHERE report_id = ?1 AND way IN ('email', 'post')) = 2 "
            "WHEN '4' THEN (SELECT count(*) FROM report_sendings WHERE report_id = ?1 AND way = 'email') = 1 "
            "ELSE 1 END",
            "i", report.id) != 0)
        return -1;
    return note(change->store, &report, change->by, "report.sent", change->way, err);
}

int tsk_report_sent(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *way,
                    const char *day, const char *by, struct tsk_err *err)
{
    struct change change = { .store = store, .scope = scope, .by = by, .id = id, .way = way, .day = day };

    return whole(&change, run_sent, err);
}

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_report *r = item;

    r->id = tsk_sql_int(rows);
    r->office = tsk_sql_text(rows);
    r->layout = tsk_sql_text(rows);
    r->form = tsk_sql_text(rows);
    r->title = tsk_sql_text(rows);
    r->first = tsk_sql_text(rows);
    r->last = tsk_sql_text(rows);
    r->version = (int)tsk_sql_int(rows);
    r->state = tsk_sql_text(rows);
    r->content = tsk_sql_text(rows);
    r->made = tsk_sql_text(rows);
    r->made_by = tsk_sql_text(rows);
    r->approved = tsk_sql_text(rows);
    r->approved_by = tsk_sql_text(rows);
    r->approved_name = tsk_sql_text(rows);
    r->newest = tsk_sql_int(rows);
}

int tsk_report_list(struct tsk_reports *out, struct tsk_store *store, const struct tsk_scope *scope,
                    const struct tsk_report_filter *f, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT id, office_id, layout, form, title, first, last, version, state, content, made, made_by, approved, "
        "approved_by, coalesce((SELECT display FROM accounts WHERE name = approved_by), approved_by), (SELECT id FROM "
        "reports n WHERE n.office_id = r.office_id AND n.layout = r.layout AND n.first = "
        "r.first ORDER BY n.version DESC LIMIT 1) FROM reports r WHERE " SCOPE(
            "office_id") " AND (?2 IS NULL OR office_id = ?2) AND (?3 IS NULL OR layout = ?3) AND (?4 IS NULL OR first "
                         "= ?4) AND (?5 = 0 OR id = ?5) ORDER BY first DESC, layout, office_id, version DESC LIMIT ?6",
        "csssii", scope, f->office, f->layout, f->first, f->id, (int64_t)(f->limit > 0 ? f->limit : LIMIT_DEFAULT));

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

int tsk_report_find(struct tsk_report *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                    struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_report_filter filter = { .id = id };
    struct tsk_reports found = { .count = 0 };

    *out = (struct tsk_report){ .state = "", .form = "" };
    if (id > 0 && tsk_report_list(&found, store, scope, &filter, arena, err) != 0)
        return -1;
    if (found.count == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no report %lld", (long long)id);
    *out = found.items[0];
    return 0;
}

static void fill_sending(void *item, struct tsk_rows *rows)
{
    struct tsk_report_sending *sending = item;

    sending->way = tsk_sql_text(rows);
    sending->day = tsk_sql_text(rows);
    sending->by = tsk_sql_text(rows);
    sending->at = tsk_sql_text(rows);
}

int tsk_report_sending_list(struct tsk_report_sendings *out, struct tsk_store *store, const struct tsk_scope *scope,
                            int64_t id, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT way, day, by, at FROM report_sendings WHERE " SCOPE(
                               "office_id") " AND report_id = ?2 ORDER BY day, way",
                           "ci", scope, id);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_sending, &rows, &rc, err);
    return rc;
}
