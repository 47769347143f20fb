/* Counts for the charts. Nothing here names a patient, so the health bureau sees it too. */
#include <math.h>
#include <string.h>

#include "base/date.h"
#include "records/dashboard.h"
#include "review/answer.h"
#include "review/route.h"

#define DAYS_DEFAULT 30
#define DAYS_MAX 400

static int take_period(char from[TSK_DATE_SIZE], char to[TSK_DATE_SIZE], const struct tsk_request *request,
                       struct tsk_err *err)
{
    const char *first = tsk_request_query(request, "from"), *last = tsk_request_query(request, "to");
    struct tsk_date end = tsk_japan_date(request->now_ms), start;

    if (last != NULL && !tsk_date_parse(last, &end))
        return tsk_fail(err, TSK_REJECT, 0, "to must be a day, YYYY-MM-DD");
    start = tsk_date_from_days(tsk_date_days(end) - DAYS_DEFAULT + 1);
    if (first != NULL && !tsk_date_parse(first, &start))
        return tsk_fail(err, TSK_REJECT, 0, "from must be a day, YYYY-MM-DD");
    if (tsk_date_days(end) - tsk_date_days(start) > DAYS_MAX)
        return tsk_fail(err, TSK_REJECT, 0, "the period is at most %d days", DAYS_MAX);
    tsk_date_text(start, from);
    tsk_date_text(end, to);
    return 0;
}

static json_t *figures_json(const struct tsk_figures *figures)
{
    json_t *list = json_array();

    for (size_t i = 0; i < figures->count; i++) {
        const struct tsk_figure *f = &figures->items[i];
        tsk_answer_add(&list, json_pack("{s:s, s:s, s:f, s:f, s:I}", "label", f->label, "part", f->part, "value",
                                        round(f->value * 100) / 100, "more", round(f->more * 100) / 100, "count",
                                        (json_int_t)f->count));
    }
    return list;
}

static int get_dashboard(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    char from[TSK_DATE_SIZE], to[TSK_DATE_SIZE], now[TSK_STAMP_SIZE];
    const struct tsk_period period = { .office = tsk_request_query(request, "office"), .from = from, .to = to };

    if (take_period(from, to, request, err) != 0)
        return -1;
    json_t *charts = json_object();
    tsk_stamp(request->now_ms, now);
    for (int i = 0; i < TSK_CHART_COUNT; i++) {
        struct tsk_figures figures;
        if (tsk_dashboard(&figures, (enum tsk_chart)i, request->store, &request->scope, &period, now, request->arena,
                          err) != 0) {
            json_decref(charts);
            return -1;
        }
        json_object_set_new(charts, tsk_chart_name((enum tsk_chart)i), figures_json(&figures));
    }
    return tsk_answer(reply, json_pack("{s:s, s:s, s:o}", "from", from, "to", to, "charts", charts), err);
}

const struct tsk_route tsk_routes_dashboard[] = {
    { "GET", "/api/v1/dashboard", get_dashboard, TSK_ROLES_OFFICE | TSK_ROLE_HEALTH_BUREAU, TSK_ROUTE_QUIET, 0 },
    { .method = NULL },
};
