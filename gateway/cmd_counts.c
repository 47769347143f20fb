/*
 * tasuki counts - the reports that the office owes: counted, approved, frozen, marked as sent; the overview of all offices
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "gateway/session.h"
#include "records/audit.h"
#include "reports/overview.h"
#include "reports/paper.h"
#include "reports/workflow.h"

#define FILE_BYTES_MAX ((size_t)32 << 20)

struct counts {
    struct tsk_session *session;
    const struct tsk_counting *counting;
    struct tsk_report_desk desk;
};

/* Opens reports.yaml, runs, closes it. */
static int with_counting(struct tsk_session *session, int (*run)(struct counts *c))
{
    struct counts c = { .session = session };
    int rc = tsk_counting_load(&c.counting, session->site->dir, &session->err);

    c.desk =
        (struct tsk_report_desk){ session->store, &session->scope, c.counting, session->site->config, session->arena };
    if (rc == 0)
        rc = run(&c);
    tsk_counting_free(&c.counting);
    return rc;
}

static const char *office_of(struct tsk_session *session)
{
    if (session->office != NULL)
        return session->office;
    if (session->site->config->office_count == 1)
        return session->site->config->offices[0].id;
    tsk_fail(&session->err, TSK_REJECT, 0, "this site has several offices; say which with --office ID");
    return NULL;
}

static const char *today(struct tsk_session *session)
{
    char day[TSK_DATE_SIZE];

    tsk_date_text(tsk_japan_date(tsk_wall_ms()), day);
    return tsk_session_text(session, "%s", day);
}

static void print_changes(const struct tsk_count_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        printf("  %s %s, %s: %lld -> %lld\n", changes->items[i].section, changes->items[i].label,
               changes->items[i].column, (long long)changes->items[i].before, (long long)changes->items[i].after);
}

static int make(struct counts *c)
{
    struct tsk_session *session = c->session;
    const char *office = office_of(session);
    struct tsk_count_changes changes;
    struct tsk_report report;
    int64_t id = 0;

    if (office == NULL ||
        tsk_report_make(&id, &c->desk, session->argv[0], office, session->argv[1], session->by, &session->err) != 0 ||
        tsk_report_find(&report, session->store, &session->scope, id, session->arena, &session->err) != 0 ||
        tsk_report_since(&changes, &c->desk, &report, &session->err) != 0)
        return -1;
    printf("report %lld: %s, %s to %s, version %d, draft\n", (long long)id, report.title, report.first, report.last,
           report.version);
    print_changes(&changes);
    return 0;
}

static int approve(struct counts *c)
{
    int64_t id = 0;

    if (tsk_session_id(c->session, c->session->argv[0], "report", &id) != 0 ||
        tsk_report_pass(&c->desk, id, c->session->by, &c->session->err) != 0)
        return -1;
    printf("report %lld is approved and frozen\n", (long long)id);
    return 0;
}

static int sent(struct counts *c)
{
    struct tsk_session *session = c->session;
    const char *day = tsk_session_option(session, "--on");
    struct tsk_report report;
    int64_t id = 0;

    if (tsk_session_id(session, session->argv[0], "report", &id) != 0 ||
        tsk_report_sent(session->store, &session->scope, id, session->argv[1], day != NULL ? day : today(session),
                        session->by, &session->err) != 0 ||
        tsk_report_find(&report, session->store, &session->scope, id, session->arena, &session->err) != 0)
        return -1;
    printf("report %lld: %s\n", (long long)id,
           strcmp(report.state, "sent") == 0 ? "sent" : "noted; it goes by another way as well");
    return 0;
}

static int in_transaction(struct tsk_session *session, void *ctx)
{
    int (*const *run)(struct counts *) = ctx;

    return with_counting(session, *run);
}

static int change(struct tsk_session *session, int (*run)(struct counts *c))
{
    return tsk_session_change(session, in_transaction, &run);
}

static int run_draft(struct tsk_session *session)
{
    return change(session, make);
}

static int run_approve(struct tsk_session *session)
{
    return change(session, approve);
}

static int run_sent(struct tsk_session *session)
{
    return change(session, sent);
}

static int run_list(struct tsk_session *session)
{
    static const char *const headings[] = { "id",      "office", "report",      "from", "to",
                                            "version", "state",  "approved by", "sent", NULL };
    const struct tsk_report_filter filter = { .office = session->office };
    struct tsk_reports found;

    if (tsk_report_list(&found, session->store, &session->scope, &filter, session->arena, &session->err) != 0)
        return -1;
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_report *r = &found.items[i];
        struct tsk_report_sendings sendings;
        const char *ways = "";

        if (tsk_report_sending_list(&sendings, session->store, &session->scope, r->id, session->arena, &session->err) !=
            0)
            return -1;
        for (size_t k = 0; k < sendings.count; k++)
            ways = tsk_session_text(session, "%s%s%s %s", ways, k > 0 ? ", " : "", sendings.items[k].way,
                                    sendings.items[k].day);
        tsk_table_row(table, tsk_session_text(session, "%lld", (long long)r->id), r->office, r->layout, r->first,
                      r->last, tsk_session_text(session, "%d", r->version), r->state, r->approved_by, ways);
    }
    return tsk_session_print(session, &table);
}

static void print_table(const struct tsk_count_table *table)
{
    for (size_t r = 0; r < table->row_count; r++) {
        const struct tsk_count_row *row = &table->rows[r];

        printf("%s\t%s", row->section, row->label);
        for (size_t i = 0; i < table->column_count; i++)
            printf("\t%lld", (long long)row->values[i]);
        putchar('\n');
    }
}

static int show(struct counts *c)
{
    struct tsk_session *session = c->session;
    struct tsk_count_changes since, now;
    struct tsk_count_table table;
    struct tsk_report report;
    int64_t id = 0;

    if (tsk_session_id(session, session->argv[0], "report", &id) != 0 ||
        tsk_report_find(&report, session->store, &session->scope, id, session->arena, &session->err) != 0 ||
        tsk_count_from_json(&table, report.content, session->arena, &session->err) != 0 ||
        tsk_report_since(&since, &c->desk, &report, &session->err) != 0 ||
        tsk_report_now(&now, &c->desk, &report, &session->err) != 0)
        return -1;
    printf("%s\t%s\t%s\t%s\t%s\n", report.title, table.office_name, report.first, report.last,
           tsk_report_state_text(&report, session->arena));
    for (size_t i = 0; i < table.column_count; i++)
        printf("%s%s", i == 0 ? "\t\t" : "\t", table.columns[i]);
    putchar('\n');
    print_table(&table);
    if (since.count > 0)
        puts("changed since the version before:");
    print_changes(&since);
    if (now.count > 0)
        puts("the log says otherwise now; `tasuki counts draft` makes a new version:");
    print_changes(&now);
    return 0;
}

static int run_show(struct tsk_session *session)
{
    return with_counting(session, show);
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), tail = strlen(end);

    return len >= tail && strcmp(text + len - tail, end) == 0;
}

static enum tsk_csv_charset charset_of(const struct tsk_session *session)
{
    return tsk_session_flag(session, "--cp932") ? TSK_CSV_CP932 : TSK_CSV_UTF8;
}

/* The file and its line in the audit chain: first the line, so that no file leaves without one. */
static int put_file(struct tsk_session *session, const char *office, const char *object, const char *path,
                    const struct tsk_buf *bytes)
{
    const char *kind = strrchr(path, '.');

    return tsk_audit_add(session->store, office, tsk_session_actor(session), "export", object,
                         kind != NULL ? kind + 1 : "file", &session->err) != 0
               ? -1
               : tsk_file_put_path(path, bytes->data, bytes->len, 0640, &session->err);
}

static int write_report(struct tsk_session *session, struct tsk_buf *bytes)
{
    const char *path = session->argv[1];
    struct tsk_count_table table;
    struct tsk_report report;
    int64_t id = 0;
    int lacking = 0;

    if (tsk_session_id(session, session->argv[0], "report", &id) != 0 ||
        tsk_report_find(&report, session->store, &session->scope, id, session->arena, &session->err) != 0 ||
        tsk_count_from_json(&table, report.content, session->arena, &session->err) != 0)
        return -1;
    const char *state = tsk_report_state_text(&report, session->arena);
    int rc;
    if (ends_with(path, ".pdf"))
        rc = tsk_count_pdf(bytes, &table, state, &session->err);
    else if (ends_with(path, ".csv"))
        rc = tsk_count_csv(bytes, &table, state, charset_of(session), &lacking, &session->err);
    else
        rc = tsk_fail(&session->err, TSK_REJECT, 0, "%s: a report is written as .csv or .pdf", path);
    if (rc != 0)
        return -1;
    if (lacking > 0)
        printf("%d characters are not in CP932 and stand as 〓\n", lacking);
    return put_file(session, report.office, tsk_session_text(session, "report:%lld", (long long)id), path, bytes);
}

static int run_write(struct tsk_session *session)
{
    struct tsk_buf bytes = TSK_BUF(FILE_BYTES_MAX);
    int rc = write_report(session, &bytes);

    tsk_buf_free(&bytes);
    return rc;
}

static int overview(struct counts *c)
{
    struct tsk_session *session = c->session;
    struct tsk_buf bytes = TSK_BUF(FILE_BYTES_MAX);
    bool handed = tsk_session_flag(session, "--handed-on");
    struct tsk_count_period period;
    struct tsk_overview all;
    enum tsk_layout_period kind = tsk_session_flag(session, "--year")    ? TSK_PERIOD_YEAR
                                  : tsk_session_flag(session, "--third") ? TSK_PERIOD_THIRD
                                                                         : TSK_PERIOD_MONTH;
    enum tsk_overview_part part = handed ? TSK_OVERVIEW_OFFICES : TSK_OVERVIEW_TOTALS;
    bool pdf = ends_with(session->argv[1], ".pdf");
    int rc =
        !pdf && !ends_with(session->argv[1], ".csv")
            ? tsk_fail(&session->err, TSK_REJECT, 0, "%s: an overview is written as .csv or .pdf", session->argv[1])
            : tsk_count_period(&period, strlen(session->argv[0]) == 4 ? TSK_PERIOD_YEAR : kind, session->argv[0],
                               &session->err);

    if (rc == 0)
        rc = tsk_overview_make(&all, session->store, &session->scope, c->counting, session->site->config, &period,
                               session->arena, &session->err);
    if (rc == 0) {
        if (handed)
            tsk_overview_hide_small(&all);
        rc = pdf ? tsk_overview_pdf(&bytes, &all, part, session->arena, &session->err)
                 : tsk_overview_csv(&bytes, &all, part, charset_of(session), &session->err);
    }
    if (rc == 0)
        rc = put_file(session, "*", tsk_session_text(session, "overview:%s", period.first), session->argv[1], &bytes);
    tsk_buf_free(&bytes);
    return rc;
}

static int run_overview(struct tsk_session *session)
{
    return with_counting(session, overview);
}

static int check(struct counts *c)
{
    if (tsk_count_check(c->counting, &c->session->err) != 0)
        return -1;
    printf("%s: %zu counterparts, %zu reports\n", c->counting->path, c->counting->counterpart_count,
           c->counting->layout_count);
    return 0;
}

static int run_check(struct tsk_session *session)
{
    return with_counting(session, check);
}

static int run_counts(int argc, char **argv)
{
    static const char *const sent_options[] = { "--on", NULL };
    static const char *const write_flags[] = { "--cp932", NULL };
    static const char *const overview_flags[] = { "--cp932", "--handed-on", "--year", "--third", NULL };
    static const struct tsk_subcommand subs[] = {
        { .name = "list", .max = 0, .run = run_list },
        { .name = "draft", .min = 2, .max = 2, .needs_by = true, .run = run_draft },
        { .name = "show", .min = 1, .max = 1, .run = run_show },
        { .name = "approve", .min = 1, .max = 1, .needs_by = true, .run = run_approve },
        { .name = "sent", .min = 2, .max = 2, .needs_by = true, .run = run_sent, .options = sent_options },
        { .name = "write", .min = 2, .max = 2, .run = run_write, .flags = write_flags },
        { .name = "overview", .min = 2, .max = 2, .run = run_overview, .flags = overview_flags },
        { .name = "check", .max = 0, .run = run_check },
    };

    return tsk_session_run(&tsk_cmd_counts, subs, TSK_COUNT(subs), argc, argv);
}

const struct tsk_command tsk_cmd_counts = {
    .name = "counts",
    .usage = "counts list\ncounts draft REPORT MONTH|YEAR --by NAME\ncounts show ID\ncounts approve ID --by NAME\n"
             "counts sent ID email|post|hand --by NAME [--on DAY]\ncounts write ID FILE.csv|FILE.pdf [--cp932]\n"
             "counts overview MONTH|YEAR FILE.csv|FILE.pdf [--third|--year] [--handed-on] [--cp932]\ncounts check",
    .help = "the reports that the office owes: counted from its log, approved, marked as sent",
    .run = run_counts,
};
