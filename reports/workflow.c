#include "reports/workflow.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static const char *name_of(const struct tsk_report_desk *desk, const char *office)
{
    const struct tsk_office_config *found = tsk_config_office(desk->config, office);

    return found != NULL ? found->name : office;
}

int tsk_report_make(int64_t *id, const struct tsk_report_desk *desk, const char *layout_id, const char *office,
                    const char *period_text, const char *by, struct tsk_err *err)
{
    const struct tsk_layout *layout = tsk_counting_layout(desk->counting, layout_id);
    struct tsk_count_period period;
    struct tsk_count_table table;
    char *json = NULL;

    if (layout == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "there is no report \"%s\" in %s", layout_id, desk->counting->path);
    if (tsk_count_period(&period, layout->period, period_text, err) != 0 ||
        tsk_count_make(&table, desk->store, desk->scope, desk->counting, layout, office, name_of(desk, office), &period,
                       desk->arena, err) != 0)
        return -1;
    if ((json = tsk_count_to_json(&table)) == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a report");
    const struct tsk_report report = { .office = office,
                                       .layout = layout->id,
                                       .form = layout->form,
                                       .title = layout->title,
                                       .first = period.first,
                                       .last = period.last,
                                       .content = json };
    int rc = tsk_report_draft(id, desk->store, desk->scope, &report, by, err);
    free(json);
    return rc;
}

int tsk_report_now(struct tsk_count_changes *out, const struct tsk_report_desk *desk, const struct tsk_report *report,
                   struct tsk_err *err)
{
    const struct tsk_layout *layout = tsk_counting_layout(desk->counting, report->layout);
    struct tsk_count_period period = { .first = "" };
    struct tsk_count_table then, now;

    *out = (struct tsk_count_changes){ .count = 0 };
    if (layout == NULL)
        return 0;
    memcpy(period.first, report->first, TSK_DATE_SIZE);
    memcpy(period.last, report->last, TSK_DATE_SIZE);
    if (tsk_count_from_json(&then, report->content, desk->arena, err) != 0 ||
        tsk_count_make(&now, desk->store, desk->scope, desk->counting, layout, report->office,
                       name_of(desk, report->office), &period, desk->arena, err) != 0)
        return -1;
    return tsk_count_diff(out, &then, &now, desk->arena, err);
}

int tsk_report_pass(const struct tsk_report_desk *desk, int64_t id, const char *by, struct tsk_err *err)
{
    struct tsk_count_changes changes;
    struct tsk_report report;
    struct tsk_date last;

    if (tsk_report_find(&report, desk->store, desk->scope, id, desk->arena, err) != 0 ||
        tsk_report_now(&changes, desk, &report, err) != 0)
        return -1;
    if (tsk_date_parse(report.last, &last) && tsk_date_days(last) >= tsk_date_days(tsk_japan_date(tsk_wall_ms())))
        return tsk_fail(err, TSK_REJECT, 0, "the period of report %lld is not over before the end of %s", (long long)id,
                        report.last);
    if (strcmp(report.state, "draft") == 0 && changes.count > 0)
        return tsk_fail(err, TSK_HOLD, 0,
                        "the log has changed since this draft was counted (%zu figures); make the draft again first",
                        changes.count);
    return tsk_report_approve(desk->store, desk->scope, id, by, err);
}

int tsk_report_since(struct tsk_count_changes *out, const struct tsk_report_desk *desk, const struct tsk_report *report,
                     struct tsk_err *err)
{
    const struct tsk_report_filter filter = { .office = report->office,
                                              .layout = report->layout,
                                              .first = report->first };
    struct tsk_reports all;
    struct tsk_count_table before, after;

    *out = (struct tsk_count_changes){ .count = 0 };
    if (tsk_report_list(&all, desk->store, desk->scope, &filter, desk->arena, err) != 0)
        return -1;
    for (size_t i = 0; i < all.count; i++)
        if (all.items[i].version == report->version - 1)
            return tsk_count_from_json(&before, all.items[i].content, desk->arena, err) != 0 ||
                           tsk_count_from_json(&after, report->content, desk->arena, err) != 0
                       ? -1
                       : tsk_count_diff(out, &before, &after, desk->arena, err);
    return 0;
}

const char *tsk_report_state_text(const struct tsk_report *report, struct tsk_arena *arena)
{
    char day[TSK_DATE_SIZE] = "";
    int64_t at_ms = 0;
    const char *text;

    if (tsk_stamp_parse(report->approved, &at_ms))
        tsk_date_text(tsk_japan_date(at_ms), day);
    if (strcmp(report->state, "draft") == 0)
        text = tsk_arena_printf(arena, "第%d版 案（未承認）", report->version);
    else
        text = tsk_arena_printf(arena, "第%d版 %s（%s %s）", report->version,
                                strcmp(report->state, "sent") == 0 ? "提出済" : "承認済", day, report->approved_name);
    return text != NULL ? text : "";
}
