#include "records/search.h"
#include "review/answer.h"
#include "review/route.h"

static json_t *hit_json(const struct tsk_hit *hit)
{
    return json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "case", hit->case_number, "office",
                     hit->office, "sheet", (json_int_t)hit->sheet, "name", hit->name, "kana", hit->kana, "birth",
                     hit->birth, "from", hit->from, "to", hit->to, "received", hit->received, "form", hit->form,
                     "sheets", hit->sheet_count, "open", hit->open_count);
}

static int get_search(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *words = tsk_request_query(request, "q");
    int64_t limit = 0;
    struct tsk_hits hits;

    if (tsk_request_query_int(&limit, request, "limit", 100, 1, 200, err) != 0 ||
        tsk_search(&hits, request->store, &request->scope, tsk_request_query(request, "office"),
                   words != NULL ? words : "", (int)limit, request->arena, err) != 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < hits.count; i++)
        tsk_answer_add(&items, hit_json(&hits.items[i]));
    return tsk_answer(reply, json_pack("{s:o, s:b}", "items", items, "more", hits.more), err);
}

const struct tsk_route tsk_routes_search[] = {
    { "GET", "/api/v1/search", get_search, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
