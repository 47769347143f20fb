/* Reports to the city and the overview of all offices: counts only, no case and no name. */
#include <string.h>

#include "base/date.h"
#include "records/account.h"
#include "reports/overview.h"
#include "reports/paper.h"
#include "reports/workflow.h"
#include "review/answer.h"
#include "review/route.h"
#include "review/sheet_view.h"

#define FILE_BYTES_MAX ((size_t)32 << 20)

static struct tsk_report_desk desk_of(const struct tsk_request *request)
{
    return (struct tsk_report_desk){ request->store, &request->scope, request->desk->counting, request->desk->config,
                                     request->arena };
}

static json_t *report_json(const struct tsk_report *r)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:b, s:b}", "id",
                     (json_int_t)r->id, "office", r->office, "layout", r->layout, "form", r->form, "title", r->title,
                     "first", r->first, "last", r->last, "version", r->version, "state", r->state, "made", r->made,
                     "made_by", r->made_by, "approved", r->approved, "approved_by", r->approved_by, "newest",
                     r->newest == r->id, "may_mail", tsk_report_may_mail(r->form));
}

static json_t *layouts_json(const struct tsk_counting *counting)
{
    static const char *const periods[] = {
        [TSK_PERIOD_MONTH] = "month", [TSK_PERIOD_THIRD] = "third", [TSK_PERIOD_YEAR] = "year"
    };
    json_t *list = json_array();

    for (size_t i = 0; i < counting->layout_count; i++)
        tsk_answer_add(&list, json_pack("{s:s, s:s, s:s, s:s}", "id", counting->layouts[i].id, "form",
                                        counting->layouts[i].form, "title", counting->layouts[i].title, "period",
                                        periods[counting->layouts[i].period]));
    return list;
}

static int get_reports(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const struct tsk_report_filter filter = { .office = tsk_request_query(request, "office") };
    struct tsk_reports found;
    json_t *items = json_array();

    if (tsk_report_list(&found, request->store, &request->scope, &filter, request->arena, err) != 0) {
        json_decref(items);
        return -1;
    }
    for (size_t i = 0; i < found.count; i++)
        tsk_answer_add(&items, report_json(&found.items[i]));
    return tsk_answer(reply, json_pack("{s:o, s:o}", "items", items, "layouts", layouts_json(request->desk->counting)),
                      err);
}

static int find(struct tsk_report *out, struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    int64_t id = 0;

    if (tsk_request_id(&id, reply, request, "id", err) != 0)
        return -1;
    return tsk_report_find(out, request->store, &request->scope, id, request->arena, err) == 0
               ? 0
               : tsk_reply_missing(reply, err);
}

static json_t *changes_json(const struct tsk_count_changes *changes)
{
    json_t *list = json_array();

    for (size_t i = 0; i < changes->count; i++)
        tsk_answer_add(&list,
                       json_pack("{s:s, s:s, s:s, s:I, s:I}", "section", changes->items[i].section, "label",
                                 changes->items[i].label, "column", changes->items[i].column, "before",
                                 (json_int_t)changes->items[i].before, "after", (json_int_t)changes->items[i].after));
    return list;
}

static json_t *sendings_json(const struct tsk_report_sendings *sendings)
{
    json_t *list = json_array();

    for (size_t i = 0; i < sendings->count; i++)
        tsk_answer_add(&list,
                       json_pack("{s:s, s:s, s:s, s:s}", "way", sendings->items[i].way, "day", sendings->items[i].day,
                                 "by", sendings->items[i].by, "at", sendings->items[i].at));
    return list;
}

static int answer_one(struct tsk_reply *reply, const struct tsk_request *request, int64_t id, struct tsk_err *err)
{
    const struct tsk_report_desk desk = desk_of(request);
    struct tsk_count_changes since, now;
    struct tsk_report_sendings sendings;
    struct tsk_report report;

    if (tsk_report_find(&report, request->store, &request->scope, id, request->arena, err) != 0 ||
        tsk_report_since(&since, &desk, &report, err) != 0 || tsk_report_now(&now, &desk, &report, err) != 0 ||
        tsk_report_sending_list(&sendings, request->store, &request->scope, id, request->arena, err) != 0)
        return -1;
    json_t *content = json_loads(report.content, 0, NULL);
    if (content == NULL)
        return tsk_fail(err, TSK_STOP, 0, "a stored report cannot be read back");
    json_t *all = json_pack("{s:o, s:O, s:O, s:o, s:o, s:o}", "report", report_json(&report), "columns",
                            json_object_get(content, "columns"), "rows", json_object_get(content, "rows"), "since",
                            changes_json(&since), "now", changes_json(&now), "sendings", sendings_json(&sendings));
    json_decref(content);
    return tsk_answer(reply, all, err);
}

static int get_report(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_report report;

    return find(&report, reply, request, err) != 0 ? -1 : answer_one(reply, request, report.id, err);
}

struct step {
    int64_t id;
    const char *layout, *office, *period, *way, *day;
};

static int draft(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    const struct tsk_report_desk desk = desk_of(request);
    struct step *step = ctx;

    return tsk_report_make(&step->id, &desk, step->layout, step->office, step->period, request->who.name, err);
}

static int post_report(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct step step = { .id = 0 };

    if (tsk_request_office(&step.office, reply, request, err) != 0 ||
        tsk_body_text(&step.layout, request, "layout", 60, TSK_MUST, err) != 0 ||
        tsk_body_text(&step.period, request, "period", 10, TSK_MUST, err) != 0 ||
        tsk_request_change(request, draft, &step, err) != 0)
        return -1;
    reply->status = 201;
    return answer_one(reply, request, step.id, err);
}

static int approve(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    const struct tsk_report_desk desk = desk_of(request);
    const struct step *step = ctx;

    return tsk_report_pass(&desk, step->id, request->who.name, err);
}

static int post_approval(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_report report;
    struct step step = { .id = 0 };

    if (find(&report, reply, request, err) != 0)
        return -1;
    step.id = report.id;
    return tsk_request_change(request, approve, &step, err) != 0 ? -1 : answer_one(reply, request, step.id, err);
}

static int send(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    const struct step *step = ctx;

    return tsk_report_sent(request->store, &request->scope, step->id, step->way, step->day, request->who.name, err);
}

static int post_sending(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_date date = tsk_japan_date(request->now_ms);
    struct tsk_report report;
    struct step step = { .id = 0 };
    const char *text = NULL;
    char day[TSK_DATE_SIZE];

    if (find(&report, reply, request, err) != 0 || tsk_body_text(&step.way, request, "way", 10, TSK_MUST, err) != 0 ||
        tsk_body_text(&text, request, "day", 40, TSK_MAY, err) != 0)
        return -1;
    if (text != NULL && !tsk_date_from_people(text, &date))
        return tsk_fail(err, TSK_REJECT, 0, "say on which day it was sent");
    tsk_date_text(date, day);
    step.id = report.id;
    step.day = day;
    return tsk_request_change(request, send, &step, err) != 0 ? -1 : answer_one(reply, request, step.id, err);
}

/* csv unless as=cp932 or as=pdf. */
static enum tsk_csv_charset charset_of(const struct tsk_request *request)
{
    const char *as = tsk_request_query(request, "as");

    return as != NULL && strcmp(as, "cp932") == 0 ? TSK_CSV_CP932 : TSK_CSV_UTF8;
}

static bool is_pdf(const struct tsk_request *request)
{
    const char *as = tsk_request_query(request, "as");

    return as != NULL && strcmp(as, "pdf") == 0;
}

static void begin_file(struct tsk_reply *reply, bool pdf)
{
    reply->bytes = TSK_BUF(FILE_BYTES_MAX);
    reply->media = pdf ? "application/pdf" : "text/csv";
}

static int get_file(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    bool pdf = is_pdf(request);
    struct tsk_count_table table;
    struct tsk_report report;

    if (find(&report, reply, request, err) != 0 ||
        tsk_count_from_json(&table, report.content, request->arena, err) != 0 ||
        tsk_answer_audit(request, report.office, "export", tsk_view_text(request, "report:%lld", (long long)report.id),
                         pdf ? "pdf" : "csv", err) != 0)
        return -1;
    const char *state = tsk_report_state_text(&report, request->arena);
    begin_file(reply, pdf);
    reply->download = tsk_view_text(request, "%s-%s-%.7s-v%d.%s", report.office, report.layout, report.first,
                                    report.version, pdf ? "pdf" : "csv");
    return pdf ? tsk_count_pdf(&reply->bytes, &table, state, err)
               : tsk_count_csv(&reply->bytes, &table, state, charset_of(request), NULL, err);
}

static int make_overview(struct tsk_overview *out, const struct tsk_request *request, struct tsk_err *err)
{
    const char *text = tsk_request_query(request, "period"), *kind = tsk_request_query(request, "kind");
    enum tsk_layout_period wanted = TSK_PERIOD_YEAR;
    struct tsk_count_period period;
    char month[TSK_DATE_SIZE];

    if (kind != NULL && strcmp(kind, "month") == 0)
        wanted = TSK_PERIOD_MONTH;
    else if (kind != NULL && strcmp(kind, "third") == 0)
        wanted = TSK_PERIOD_THIRD;
    tsk_date_text(tsk_japan_date(request->now_ms), month);
    month[7] = '\0';
    return tsk_count_period(&period, wanted, text != NULL ? text : month, err) != 0
               ? -1
               : tsk_overview_make(out, request->store, &request->scope, request->desk->counting, request->desk->config,
                                   &period, request->arena, err);
}

static json_t *group_json(const struct tsk_overview *o, const struct tsk_overview_group *group)
{
    json_t *cells = json_array();

    for (size_t m = 0; m < o->counting->overview_count; m++)
        tsk_answer_add(&cells, json_pack("{s:I, s:f, s:I, s:I}", "total", (json_int_t)group->cells[m].total, "mean",
                                         (double)group->cells[m].mean_tenths / 10, "min",
                                         (json_int_t)group->cells[m].min, "max", (json_int_t)group->cells[m].max));
    return json_pack("{s:s, s:I, s:o}", "title", group->title, "offices", (json_int_t)group->office_count, "cells",
                     cells);
}

static json_t *office_json(const struct tsk_overview *o, const struct tsk_overview_office *office)
{
    json_t *values = json_array();

    for (size_t m = 0; m < o->counting->overview_count; m++)
        tsk_answer_add(&values, office->hidden[m] ? json_null() : json_integer((json_int_t)office->values[m]));
    return json_pack("{s:s, s:s, s:o}", "name", office->name, "ward", office->ward, "values", values);
}

static int get_overview(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    json_t *measures = json_array(), *groups = json_array(), *offices = json_array();
    struct tsk_overview o;

    if (make_overview(&o, request, err) != 0) {
        json_decref(measures);
        json_decref(groups);
        json_decref(offices);
        return -1;
    }
    tsk_overview_hide_small(&o);
    for (size_t m = 0; m < o.counting->overview_count; m++)
        tsk_answer_add(&measures, json_pack("{s:s, s:s}", "title", o.counting->overview[m].title, "unit",
                                            o.counting->overview[m].unit));
    for (size_t g = 0; g < o.group_count; g++)
        tsk_answer_add(&groups, group_json(&o, &o.groups[g]));
    for (size_t i = 0; i < o.office_count; i++)
        tsk_answer_add(&offices, office_json(&o, &o.offices[i]));
    return tsk_answer(reply,
                      json_pack("{s:s, s:s, s:i, s:o, s:o, s:o}", "first", o.first, "last", o.last, "small_below",
                                o.counting->small_below, "measures", measures, "groups", groups, "offices", offices),
                      err);
}

static int get_overview_file(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *wanted = tsk_request_query(request, "part");
    bool offices = wanted != NULL && strcmp(wanted, "offices") == 0, pdf = is_pdf(request);
    enum tsk_overview_part part = offices ? TSK_OVERVIEW_OFFICES : TSK_OVERVIEW_TOTALS;
    struct tsk_overview o;

    if (make_overview(&o, request, err) != 0 ||
        tsk_answer_audit(request, TSK_SITE, "export", tsk_view_text(request, "overview:%s", o.first),
                         offices ? "offices" : "totals", err) != 0)
        return -1;
    tsk_overview_hide_small(&o);
    begin_file(reply, pdf);
    reply->download =
        tsk_view_text(request, "overview-%s-%.7s.%s", offices ? "offices" : "totals", o.first, pdf ? "pdf" : "csv");
    return pdf ? tsk_overview_pdf(&reply->bytes, &o, part, request->arena, err)
               : tsk_overview_csv(&reply->bytes, &o, part, charset_of(request), err);
}

#define ROLES_OVERVIEW (TSK_ROLE_MANAGER | TSK_ROLE_HEALTH_BUREAU)

const struct tsk_route tsk_routes_reports[] = {
    { "GET", "/api/v1/reports", get_reports, TSK_ROLES_OFFICE, TSK_ROUTE_QUIET, 0 },
    { "POST", "/api/v1/reports", post_report, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/reports/{id}", get_report, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/reports/{id}/file", get_file, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/reports/{id}/approval", post_approval, TSK_ROLE_MANAGER, 0, 0 },
    { "POST", "/api/v1/reports/{id}/sendings", post_sending, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/overview", get_overview, ROLES_OVERVIEW, TSK_ROUTE_QUIET, 0 },
    { "GET", "/api/v1/overview/file", get_overview_file, ROLES_OVERVIEW, 0, 0 },
    { .method = NULL },
};
