/* What came and what came up since whoever asks was last here. */
#include <string.h>

#include "base/date.h"
#include "records/login.h"
#include "records/since.h"
#include "review/answer.h"
#include "review/route.h"
#include "review/sheet_view.h"

#define WEEK_MS (INT64_C(7) * 24 * 3600 * 1000)
#define HOUR_MS (INT64_C(3600) * 1000)

/* A form's title, the first line of a to-do, the name of who did not get it. */
static const char *text_of(const struct tsk_request *request, const struct tsk_news *one)
{
    const struct tsk_forms *forms = request->desk->forms;

    if (strcmp(one->what, "failed") == 0)
        return tsk_answer_recipient(request, one->office, one->text);
    for (size_t i = 0; one->sheet != 0 && one->todo == 0 && i < forms->count; i++)
        if (strcmp(forms->forms[i].id, one->text) == 0)
            return forms->forms[i].title;
    return tsk_view_text(request, "%.*s", (int)strcspn(one->text, "\n"), one->text);
}

static json_t *news_json(const struct tsk_request *request, const struct tsk_news *one)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:b}", "what", one->what, "at", one->at,
                     "office", one->office, "case", one->case_number, "document", one->document, "notice", one->notice,
                     "sheet", (json_int_t)one->sheet, "todo", (json_int_t)one->todo, "text", text_of(request, one),
                     "name", one->name, "settled", one->settled);
}

/* Yesterday's work, not this morning's: what was done in this session is no "last time". */
static int last_here(const char **since, const struct tsk_request *request, struct tsk_err *err)
{
    int64_t began = request->now_ms;
    char stamp[TSK_STAMP_SIZE];

    if (request->login != NULL)
        began = request->login->ends_ms - (int64_t)request->desk->config->web.session_hours * HOUR_MS;
    tsk_stamp(began, stamp);
    if (tsk_since_last_here(since, request->store, request->who.name, stamp, request->arena, err) != 0)
        return -1;
    if (**since == '\0') {
        tsk_stamp(tsk_japan_midnight_ms(tsk_japan_date(request->now_ms - WEEK_MS)), stamp);
        *since = tsk_view_text(request, "%s", stamp);
    }
    return 0;
}

static int get_since(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *since = tsk_request_query(request, "since"), *last = "";
    struct tsk_news_list found;
    int64_t ms;

    if (last_here(&last, request, err) != 0)
        return -1;
    if (since == NULL || *since == '\0')
        since = last;
    if (!tsk_stamp_parse(since, &ms))
        return tsk_fail(err, TSK_REJECT, 0, "since must be an instant, 2026-12-01T09:00:00+09:00");
    char stamp[TSK_STAMP_SIZE];
    tsk_stamp(ms, stamp);
    if (tsk_since_list(&found, request->store, &request->scope, tsk_request_query(request, "office"), stamp,
                       request->arena, err) != 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < found.count; i++)
        tsk_answer_add(&items, news_json(request, &found.items[i]));
    return tsk_answer(reply, json_pack("{s:s, s:s, s:o}", "since", stamp, "last_here", last, "items", items), err);
}

const struct tsk_route tsk_routes_since[] = {
    { "GET", "/api/v1/since", get_since, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
