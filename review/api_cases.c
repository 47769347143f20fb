/* One patient's transition: what happened, what is in it, who was told. */
#include <string.h>

#include "base/date.h"
#include "records/candidates.h"
#include "records/case.h"
#include "records/consent.h"
#include "review/answer.h"
#include "review/case_change.h"
#include "review/route.h"
#include "review/sheet_view.h"

static json_t *case_json(const struct tsk_case *c)
{
    char until[TSK_DATE_SIZE];

    tsk_case_keep_until(c, until);
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:s, s:s, s:s, s:s}", "number", c->number, "office",
                     c->office, "opened", c->opened, "opened_by", c->opened_by, "sheets", c->sheet_count, "unconfirmed",
                     c->unconfirmed_count, "last_event", c->last_event, "merged_into", c->merged_into, "name", c->name,
                     "kana", c->kana, "birth", c->birth, "keep_until", until);
}

/* The one case, with how its work ended. */
static json_t *whole_json(const struct tsk_case *c)
{
    json_t *out = case_json(c);

    json_object_set_new(out, "completed", json_string(c->completed));
    json_object_set_new(out, "closed_as", json_string(c->closed_as));
    json_object_set_new(out, "closed_by", json_string(c->closed_by));
    return out;
}

static int get_cases(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *order = tsk_request_query(request, "order");
    int64_t limit = 0;
    struct tsk_case_lines lines;

    if (tsk_request_query_int(&limit, request, "limit", 100, 1, 500, err) != 0)
        return -1;
    const struct tsk_case_page page = { .office = tsk_request_query(request, "office"),
                                        .after_key = tsk_request_query(request, "after_key"),
                                        .after_number = tsk_request_query(request, "after_number"),
                                        .newest_first = order != NULL && strcmp(order, "opened") == 0,
                                        .limit = (int)limit };
    if (tsk_case_page_list(&lines, request->store, &request->scope, &page, request->arena, err) != 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < lines.count; i++) {
        json_t *line = case_json(&lines.items[i].kase);
        json_object_set_new(line, "key", json_string(lines.items[i].key));
        json_object_set_new(line, "todos", json_integer(lines.items[i].open_todos));
        tsk_answer_add(&items, line);
    }
    return tsk_answer(reply, json_pack("{s:o, s:b}", "items", items, "more", lines.more), err);
}

static json_t *sheet_json(const struct tsk_request *request, const struct tsk_sheet *s)
{
    const struct tsk_form *form = tsk_view_form(request, s);

    return json_pack("{s:I, s:s, s:i, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s}", "id", (json_int_t)s->id,
                     "document", s->document, "page", s->page, "form", s->form, "title",
                     form != NULL ? form->title : s->form, "received", s->received, "state",
                     tsk_sheet_state_name(s->state), "waiting", s->waiting_count, "confirmed_by", s->confirmed_by,
                     "confirmed_at", s->confirmed_at, "closed", s->closed, "told_by", s->told_by, "told_how",
                     s->told_how, "told_at", s->told_at);
}

static int add_sheets(json_t *out, const struct tsk_request *request, const char *number, struct tsk_err *err)
{
    const struct tsk_sheet_filter filter = { .case_number = number };
    struct tsk_sheets sheets;

    if (tsk_sheet_list(&sheets, request->store, &request->scope, &filter, request->arena, err) != 0)
        return -1;
    json_t *list = json_array();
    for (size_t i = 0; i < sheets.count; i++)
        tsk_answer_add(&list, sheet_json(request, &sheets.items[i]));
    return json_object_set_new(out, "sheets", list);
}

/* An entry of the office's own record is JSON; other details are words of the program. */
static json_t *event_json(const struct tsk_case_event *e)
{
    bool entry = strcmp(e->kind, "progress") == 0 || strcmp(e->kind, "conference") == 0;
    json_t *detail = entry ? json_loads(e->detail, 0, NULL) : NULL;
    const char *text = json_string_value(json_object_get(detail, "text"));
    const char *attendees = json_string_value(json_object_get(detail, "attendees"));
    const char *replaces = json_string_value(json_object_get(detail, "replaces"));
    json_t *out =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "kind", e->kind, "key", e->key, "at", e->at, "by",
                  e->by, "text", text != NULL ? text : e->detail, "attendees", attendees != NULL ? attendees : "",
                  "replaces", replaces != NULL ? replaces : "", "sheet", (json_int_t)e->sheet, "case", e->case_number);

    json_decref(detail);
    return out;
}

static int add_events(json_t *out, const struct tsk_request *request, const char *number, struct tsk_err *err)
{
    struct tsk_case_events events;

    if (tsk_case_event_list(&events, request->store, &request->scope, number, request->arena, err) != 0)
        return -1;
    json_t *list = json_array();
    for (size_t i = 0; i < events.count; i++)
        tsk_answer_add(&list, event_json(&events.items[i]));
    return json_object_set_new(out, "events", list);
}

static int add_consents(json_t *out, const struct tsk_request *request, const char *number, struct tsk_err *err)
{
    struct tsk_consents consents;

    if (tsk_consent_list(&consents, request->store, &request->scope, number, request->arena, err) != 0)
        return -1;
    json_t *list = json_array(), *standing = json_object();
    for (size_t i = 0; i < consents.count; i++) {
        const struct tsk_consent *c = &consents.items[i];
        tsk_answer_add(&list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "scope", c->scope, "state",
                                        c->state, "giver", c->giver, "how", c->how, "by", c->by, "at", c->at, "note",
                                        c->note, "told_by", c->told_by));
    }
    for (size_t i = 0; i < tsk_consent_scope_count; i++) {
        bool stands = false;
        if (tsk_consent_stands(&stands, request->store, &request->scope, number, tsk_consent_scopes[i], err) != 0) {
            json_decref(list);
            json_decref(standing);
            return -1;
        }
        json_object_set_new(standing, tsk_consent_scopes[i], json_boolean(stands));
    }
    return json_object_set_new(out, "consents", list) | json_object_set_new(out, "consent", standing);
}

static int add_told(json_t *out, const struct tsk_request *request, const char *number, struct tsk_err *err)
{
    const struct tsk_notice_filter notices_of = { .case_number = number };
    const struct tsk_todo_filter todos_of = { .case_number = number, .done_too = true };
    struct tsk_notices notices;
    struct tsk_todos todos;

    if (tsk_notice_list(&notices, request->store, &request->scope, &notices_of, request->arena, err) != 0 ||
        tsk_todo_list(&todos, request->store, &request->scope, &todos_of, request->arena, err) != 0)
        return -1;
    json_t *told = json_array(), *open = json_array();
    for (size_t i = 0; i < notices.count; i++)
        tsk_answer_add(&told, tsk_answer_notice(request, &notices.items[i]));
    for (size_t i = 0; i < todos.count; i++)
        tsk_answer_add(&open, tsk_answer_todo(request, &todos.items[i]));
    return json_object_set_new(out, "notices", told) | json_object_set_new(out, "todos", open);
}

static int find(struct tsk_case *out, struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    return tsk_case_find(out, request->store, &request->scope, tsk_request_arg(request, "case"), request->arena, err) ==
                   0
               ? 0
               : tsk_reply_missing(reply, err);
}

static int add_pages(json_t *out, const struct tsk_request *request, const char *number, struct tsk_err *err)
{
    struct tsk_case_pages pages;

    if (tsk_case_page_images(&pages, request->store, &request->scope, number, request->arena, err) != 0)
        return -1;
    json_t *list = json_array();
    for (size_t i = 0; i < pages.count; i++)
        tsk_answer_add(&list,
                       json_pack("{s:s, s:i, s:s, s:s}", "document", pages.items[i].document, "page",
                                 pages.items[i].page, "received", pages.items[i].received, "by", pages.items[i].by));
    return json_object_set_new(out, "pages", list);
}

static int answer_case(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_case kase;

    if (find(&kase, reply, request, err) != 0)
        return -1;
    json_t *out = json_pack("{s:o}", "case", whole_json(&kase));
    if (out != NULL &&
        (add_sheets(out, request, kase.number, err) != 0 || add_events(out, request, kase.number, err) != 0 ||
         add_consents(out, request, kase.number, err) != 0 || add_told(out, request, kase.number, err) != 0 ||
         add_pages(out, request, kase.number, err) != 0)) {
        json_decref(out);
        return err->kind != TSK_OK ? -1 : tsk_fail(err, TSK_RETRY, 0, "no memory for the answer");
    }
    return tsk_answer(reply, out, err);
}

static int get_case(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_case kase;

    if (find(&kase, reply, request, err) != 0 ||
        tsk_answer_audit(request, kase.office, "view", tsk_view_text(request, "case:%s", kase.number), "", err) != 0)
        return -1;
    return answer_case(reply, request, err);
}

/* The sheet of the case goes to paper, or into a file. */
static int post_print(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_case kase;

    if (find(&kase, reply, request, err) != 0)
        return -1;
    return tsk_answer_audit(request, kase.office, "print", tsk_view_text(request, "case:%s", kase.number), "", err);
}

static int get_export(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_case kase;

    if (find(&kase, reply, request, err) != 0 ||
        tsk_answer_audit(request, kase.office, "export", tsk_view_text(request, "case:%s", kase.number), "json", err) !=
            0 ||
        answer_case(reply, request, err) != 0)
        return -1;
    reply->download = tsk_view_text(request, "%s.json", kase.number);
    return 0;
}

static int change(struct tsk_reply *reply, const struct tsk_request *request, tsk_case_changer *make,
                  struct tsk_err *err)
{
    struct tsk_case_change todo = { .reply = reply, .make = make };

    if (find(&todo.kase, reply, request, err) != 0 || tsk_case_change_run(&todo, request, err) != 0)
        return -1;
    return answer_case(reply, request, err);
}

static int post_note(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    return change(reply, request, tsk_case_change_note, err);
}

static int post_merge(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    return change(reply, request, tsk_case_change_merge, err);
}

static int post_split(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    return change(reply, request, tsk_case_change_split, err);
}

static int post_consent(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    return change(reply, request, tsk_case_change_consent, err);
}

static int post_closing(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    return change(reply, request, tsk_case_change_close, err);
}

static int post_reopening(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    return change(reply, request, tsk_case_change_reopen, err);
}

static int answer_told(struct tsk_reply *reply, const struct tsk_case_change *told, struct tsk_err *err)
{
    return tsk_answer(reply, json_pack("{s:s, s:I}", "case", told->number, "sheet", (json_int_t)told->sheet), err);
}

static int post_outcome(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_case_change todo = { .reply = reply, .make = tsk_case_change_tell };

    if (find(&todo.kase, reply, request, err) != 0 || tsk_case_change_run(&todo, request, err) != 0)
        return -1;
    return answer_told(reply, &todo, err);
}

static int post_case(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_case_change todo = { .reply = reply, .make = tsk_case_change_tell, .kase = { .number = "" } };

    if (tsk_request_office(&todo.kase.office, reply, request, err) != 0 ||
        tsk_case_change_run(&todo, request, err) != 0)
        return -1;
    return answer_told(reply, &todo, err);
}

static json_t *facts_json(const char *const *values, const enum tsk_likeness *likeness)
{
    static const char *const words[] = { "unknown", "agrees", "differs" };
    json_t *list = json_array();

    for (int i = 0; i < TSK_CANDIDATE_FACTS; i++)
        tsk_answer_add(&list, json_pack("{s:s, s:s, s:s}", "fact", tsk_candidate_facts[i], "value", values[i],
                                        "likeness", likeness != NULL ? words[likeness[i]] : "unknown"));
    return list;
}

static int get_candidates(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_sheet sheet;
    struct tsk_candidates found;

    if (tsk_view_sheet(&sheet, reply, request, err) != 0 ||
        tsk_candidates_of(&found, request->store, &request->scope, sheet.id, request->arena, err) != 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_candidate *c = &found.items[i];
        tsk_answer_add(&items, json_pack("{s:s, s:s, s:I, s:i, s:i, s:i, s:f, s:o}", "case", c->case_number, "opened",
                                         c->opened, "sheet", (json_int_t)c->sheet, "sheets", c->sheet_count, "agrees",
                                         c->agrees, "differs", c->differs, "probability", c->probability, "facts",
                                         facts_json(c->values, c->likeness)));
    }
    return tsk_answer(reply,
                      json_pack("{s:s, s:i, s:o, s:o}", "case", sheet.case_number, "revision", sheet.revision, "facts",
                                facts_json(found.values, NULL), "items", items),
                      err);
}

const struct tsk_route tsk_routes_cases[] = {
    { "GET", "/api/v1/cases", get_cases, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/cases", post_case, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/cases/{case}", get_case, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/cases/{case}/export", get_export, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/cases/{case}/prints", post_print, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/cases/{case}/notes", post_note, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/cases/{case}/outcomes", post_outcome, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/cases/{case}/closing", post_closing, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/cases/{case}/reopening", post_reopening, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/cases/{case}/consents", post_consent, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/cases/{case}/merge", post_merge, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/cases/{case}/split", post_split, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/sheets/{id}/candidates", get_candidates, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
