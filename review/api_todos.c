/* What waits for a person: whom to call, what to say, what came of it. */
#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "casework/calendar.h"
#include "records/directory.h"
#include "records/notice.h"
#include "review/answer.h"
#include "review/route.h"
#include "review/sheet_view.h"
#include "routing/route.h"
#include "routing/sender.h"

#define NOTICE "notice:"

static int get_todos(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *done = tsk_request_query(request, "done");
    int64_t limit = 0;
    struct tsk_todos todos;

    if (tsk_request_query_int(&limit, request, "limit", 200, 1, 1000, err) != 0)
        return -1;
    const struct tsk_todo_filter filter = { .done_too = done != NULL && strcmp(done, "1") == 0,
                                            .office = tsk_request_query(request, "office"),
                                            .kind = tsk_request_query(request, "kind"),
                                            .case_number = tsk_request_query(request, "case"),
                                            .due_by = tsk_request_query(request, "due_by"),
                                            .assigned = tsk_request_query(request, "assigned"),
                                            .by_due = true,
                                            .limit = (int)limit };
    if (tsk_todo_list(&todos, request->store, &request->scope, &filter, request->arena, err) != 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < todos.count; i++)
        tsk_answer_add(&items, tsk_answer_todo(request, &todos.items[i]));
    return tsk_answer(reply, json_pack("{s:o}", "items", items), err);
}

static int find(struct tsk_todo *out, struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    int64_t id = 0;

    if (tsk_request_id(&id, reply, request, "id", err) != 0)
        return -1;
    return tsk_todo_find(out, request->store, &request->scope, id, request->arena, err) == 0
               ? 0
               : tsk_reply_missing(reply, err);
}

/* Numbers of whom it is about, as the directory has them now. */
static json_t *contact_of(const struct tsk_request *request, const struct tsk_todo *todo)
{
    static const char start[] = "institution:";
    struct tsk_institution entry = { 0 };
    struct tsk_err ignored;
    int64_t id = 0;

    for (const char *at = todo->recipient + strlen(start);
         strncmp(todo->recipient, start, strlen(start)) == 0 && *at >= '0' && *at <= '9'; at++)
        id = id * 10 + (*at - '0');
    if (id == 0 || tsk_directory_find(&entry, request->store, &request->scope, id, request->arena, &ignored) != 0)
        return json_null();
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", (json_int_t)entry.id, "name", entry.name,
                     "department", entry.department, "phone", entry.phone, "fax", entry.fax, "fax_state",
                     tsk_verified_name(entry.fax_verified), "email", entry.email, "email_state",
                     tsk_verified_name(entry.email_verified));
}

static bool is_printed_fax(const struct tsk_todo *todo)
{
    return strcmp(todo->kind, TSK_TODO_FAX_PRINT) == 0 && strncmp(todo->about, NOTICE, sizeof NOTICE - 1) == 0;
}

/* The notice that this to-do stands in for, if there is one: refused, failed, a fax that a person prints and sends. */
static int notice_of(struct tsk_notice *out, bool *found, const struct tsk_request *request,
                     const struct tsk_todo *todo, struct tsk_err *err)
{
    const struct tsk_notice_filter filter = {
        .about = todo->about, .event = todo->event, .rule = todo->rule, .recipient = todo->recipient, .limit = 1
    };
    struct tsk_notices notices;

    *found = false;
    if (is_printed_fax(todo)) {
        *found = true;
        return tsk_notice_find(out, request->store, &request->scope, todo->about + sizeof NOTICE - 1, request->arena,
                               err);
    }
    if (*todo->recipient == '\0')
        return 0;
    if (tsk_notice_list(&notices, request->store, &request->scope, &filter, request->arena, err) != 0)
        return -1;
    *found = notices.count > 0;
    if (*found)
        *out = notices.items[0];
    return 0;
}

static json_t *result_json(const struct tsk_todo_result *r)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "result", tsk_todo_end_name(r->end), "whom", r->whom,
                     "when", r->when, "again", r->again, "note", r->note, "by", r->by, "at", r->at);
}

static int answer_one(struct tsk_reply *reply, const struct tsk_request *request, const struct tsk_todo *todo,
                      struct tsk_err *err)
{
    struct tsk_todo_results results;
    struct tsk_notice notice;
    bool has_notice = false;
    const char *say = "";

    if (tsk_todo_result_list(&results, request->store, &request->scope, todo->id, request->arena, err) != 0 ||
        notice_of(&notice, &has_notice, request, todo, err) != 0 ||
        tsk_route_say(&say, request->desk->routing, request->store, todo, request->arena, err) != 0)
        return -1;
    json_t *list = json_array();
    for (size_t i = 0; i < results.count; i++)
        tsk_answer_add(&list, result_json(&results.items[i]));
    return tsk_answer(reply,
                      json_pack("{s:o, s:s, s:o, s:o, s:o}", "todo", tsk_answer_todo(request, todo), "say", say,
                                "contact", contact_of(request, todo), "results", list, "notice",
                                has_notice ? tsk_answer_notice(request, &notice) : json_null()),
                      err);
}

/* What a person faxes by hand, once it has been looked at whether it may still go. */
static int get_fax(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_letter letter;
    struct tsk_notice notice;
    struct tsk_todo todo;
    bool found = false;
    int pages;

    if (find(&todo, reply, request, err) != 0 || notice_of(&notice, &found, request, &todo, err) != 0)
        return -1;
    if (!found || !is_printed_fax(&todo))
        return tsk_fail(err, TSK_REJECT, 0, "to-do %lld is no fax to print", (long long)todo.id);
    if (tsk_route_fax_letter(&letter, request->desk->routing, request->store, &request->scope, &notice, request->arena,
                             err) != 0 ||
        tsk_answer_audit(request, notice.office, "print", tsk_view_text(request, "notice:%s", notice.id), "fax", err) !=
            0)
        return -1;
    reply->media = "application/pdf";
    reply->download = tsk_view_text(request, "fax-%lld.pdf", (long long)todo.id);
    return request->desk->fax_pdf(&pages, &reply->bytes, &letter, err);
}

static int get_todo(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_todo todo;

    if (find(&todo, reply, request, err) != 0 ||
        tsk_answer_audit(request, todo.office, "view", tsk_view_text(request, "todo:%lld", (long long)todo.id), "",
                         err) != 0)
        return -1;
    return answer_one(reply, request, &todo, err);
}

struct ending {
    struct tsk_todo todo;
    struct tsk_todo_result result;
    bool by_hand;
};

/* Done by hand stands in the log of deliveries too, so that nothing is sent after it. */
static int tell_notice(const struct tsk_request *request, const struct ending *ending, struct tsk_err *err)
{
    struct tsk_notice notice;
    const char *reason = NULL;
    bool found = false;

    if (notice_of(&notice, &found, request, &ending->todo, err) != 0)
        return -1;
    if (!found || notice.state == TSK_NOTICE_SENT || notice.state == TSK_NOTICE_DELIVERED ||
        notice.state == TSK_NOTICE_CANCELLED)
        return 0;
    if (notice.kind == TSK_NOTICE_DISCLOSURE && *notice.case_number != '\0' &&
        tsk_route_may_know(&reason, request->desk->routing, request->store, notice.office, notice.case_number,
                           notice.recipient, request->arena, err) != 0)
        return -1;
    if (reason != NULL)
        return tsk_fail(err, TSK_REJECT, 0, "%s", reason);
    return tsk_notice_told(request->store, &request->scope, notice.id, 0, ending->result.whom, request->who.name, err);
}

static int end_fax(const struct tsk_request *request, const struct ending *ending, struct tsk_err *err)
{
    struct tsk_notice notice;
    bool found = false;
    const char *note = ending->result.note != NULL ? ending->result.note : "";

    if (notice_of(&notice, &found, request, &ending->todo, err) != 0)
        return -1;
    return tsk_route_fax_ended(
        request->desk->routing, request->store, &request->scope, &notice, true,
        tsk_view_text(request, "by hand, %s%s%s", request->who.name, *note != '\0' ? ": " : "", note), err);
}

static int apply(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    struct ending *ending = ctx;

    if (tsk_todo_end(request->store, &request->scope, ending->todo.id, &ending->result, request->who.name, err) != 0)
        return -1;
    if (is_printed_fax(&ending->todo) && ending->result.end == TSK_TODO_DONE && end_fax(request, ending, err) != 0)
        return -1;
    if (ending->by_hand && !is_printed_fax(&ending->todo) && tell_notice(request, ending, err) != 0)
        return -1;
    return ending->todo.sheet != 0 ? tsk_route_sheet(request->desk->routing, request->store, ending->todo.sheet, err)
                                   : 0;
}

static int post_result(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct ending ending = { 0 };
    const char *result = NULL, *again = NULL;
    struct tsk_date day;

    if (find(&ending.todo, reply, request, err) != 0 ||
        tsk_body_text(&result, request, "result", 20, TSK_MUST, err) != 0 ||
        tsk_body_text(&ending.result.whom, request, "whom", 200, TSK_MAY, err) != 0 ||
        tsk_body_text(&ending.result.when, request, "when", 40, TSK_MAY, err) != 0 ||
        tsk_body_text(&again, request, "again", 40, TSK_MAY, err) != 0 ||
        tsk_body_text(&ending.result.note, request, "note", 1000, TSK_MAY, err) != 0 ||
        tsk_body_bool(&ending.by_hand, request, "by_hand", err) != 0)
        return -1;
    int end = tsk_todo_end_from_name(result);
    if (end < 0)
        return tsk_fail(err, TSK_REJECT, 0, "a result is done, no_answer, passed_on or reopened");
    ending.result.end = (enum tsk_todo_end)end;
    char text[TSK_DATE_SIZE] = "";
    if (again != NULL && tsk_date_from_people(again, &day))
        tsk_date_text(day, text);
    ending.result.again = text;
    if (tsk_request_change(request, apply, &ending, err) != 0 ||
        tsk_todo_find(&ending.todo, request->store, &request->scope, ending.todo.id, request->arena, err) != 0)
        return -1;
    return answer_one(reply, request, &ending.todo, err);
}

static int get_calendar(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *start = tsk_request_query(request, "start"), *place = tsk_request_query(request, "place");
    struct tsk_appointment when = { .place = place != NULL ? place : "" };
    const struct tsk_office_config *office;
    struct tsk_todo todo;
    int64_t minutes = 0;

    if (find(&todo, reply, request, err) != 0 ||
        tsk_request_query_int(&minutes, request, "minutes", 60, 5, 1440, err) != 0)
        return -1;
    if (start != NULL && *start != '\0' && !tsk_calendar_start(start, &when.start_ms))
        return tsk_fail(err, TSK_REJECT, 0, "start must be a time: 2026-12-01 14:00");
    office = tsk_config_office(request->desk->config, todo.office);
    when.minutes = (int)minutes;
    when.office_name = office != NULL ? office->name : todo.office;
    when.domain = request->desk->config->mail.domain;
    reply->bytes = TSK_BUF(TSK_CALENDAR_BYTES_MAX);
    reply->media = "text/calendar";
    reply->download = tsk_view_text(request, "todo-%lld.ics", (long long)todo.id);
    return tsk_calendar_file(&reply->bytes, &todo, &when, err);
}

const struct tsk_route tsk_routes_todos[] = {
    { "GET", "/api/v1/todos", get_todos, TSK_ROLES_OFFICE, TSK_ROUTE_QUIET, 0 },
    { "GET", "/api/v1/todos/{id}", get_todo, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/todos/{id}/calendar", get_calendar, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/todos/{id}/fax", get_fax, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/todos/{id}/results", post_result, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
