/* Data reached somebody who may not have it: opened in one step, each thing done noted, the facts for the report. */
#include <string.h>

#include "base/date.h"
#include "records/incident.h"
#include "review/answer.h"
#include "review/incident_paper.h"
#include "review/route.h"
#include "review/sheet_view.h"
#include "routing/incident_facts.h"

#define FILE_BYTES_MAX ((size_t)4 << 20)
#define TEXT_MAX 2000

static json_t *incident_json(const struct tsk_incident *i, const char *today)
{
    bool open = strcmp(i->state, "open") == 0;
    bool late = open && ((!i->has_preliminary && strcmp(today, i->preliminary_by) > 0) ||
                         (!i->has_final && strcmp(today, i->final_by) > 0));

    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:s, s:s, s:s}", "id",
                     (json_int_t)i->id, "office", i->office, "kind", i->kind, "notice", i->notice, "case",
                     i->case_number, "known", i->known, "opened_by", i->opened_by, "state", i->state, "closed",
                     i->closed, "closed_by", i->closed_by, "malicious", i->malicious, "preliminary", i->has_preliminary,
                     "final", i->has_final, "late", late, "preliminary_from", i->preliminary_from, "preliminary_by",
                     i->preliminary_by, "final_by", i->final_by);
}

static void today_of(char out[TSK_DATE_SIZE], const struct tsk_request *request)
{
    tsk_date_text(tsk_japan_date(request->now_ms), out);
}

static int get_incidents(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_incidents found;
    char today[TSK_DATE_SIZE];
    json_t *items = json_array();

    today_of(today, request);
    if (tsk_incident_list(&found, request->store, &request->scope, false, request->arena, err) != 0) {
        json_decref(items);
        return -1;
    }
    for (size_t i = 0; i < found.count; i++)
        tsk_answer_add(&items, incident_json(&found.items[i], today));
    return tsk_answer(reply, json_pack("{s:o}", "items", items), err);
}

static int find(struct tsk_incident *out, struct tsk_reply *reply, const struct tsk_request *request,
                struct tsk_err *err)
{
    int64_t id = 0;

    if (tsk_request_id(&id, reply, request, "id", err) != 0)
        return -1;
    return tsk_incident_find(out, request->store, &request->scope, id, request->arena, err) == 0
               ? 0
               : tsk_reply_missing(reply, err);
}

static int facts_of(struct tsk_incident_facts *facts, const struct tsk_request *request,
                    const struct tsk_incident *incident, const char *action, struct tsk_err *err)
{
    if (tsk_incident_facts(facts, request->desk->routing, request->store, &request->scope, incident->id, request->arena,
                           err) != 0)
        return -1;
    return tsk_answer_audit(request, incident->office, action,
                            tsk_view_text(request, "incident:%lld", (long long)incident->id), "", err);
}

static json_t *entries_json(const struct tsk_incident_entries *entries)
{
    json_t *list = json_array();

    for (size_t i = 0; i < entries->count; i++)
        tsk_answer_add(&list,
                       json_pack("{s:s, s:s, s:s, s:s}", "what", entries->items[i].what, "text", entries->items[i].text,
                                 "done", entries->items[i].done, "by", entries->items[i].by));
    return list;
}

static int answer_one(struct tsk_reply *reply, const struct tsk_request *request, int64_t id, struct tsk_err *err)
{
    struct tsk_incident_entries entries;
    struct tsk_incident_facts found;
    struct tsk_incident incident;
    char today[TSK_DATE_SIZE];
    json_t *facts = json_array();

    today_of(today, request);
    if (tsk_incident_find(&incident, request->store, &request->scope, id, request->arena, err) != 0 ||
        tsk_incident_entry_list(&entries, request->store, &request->scope, id, request->arena, err) != 0 ||
        facts_of(&found, request, &incident, "view", err) != 0) {
        json_decref(facts);
        return -1;
    }
    for (size_t i = 0; i < found.count; i++)
        tsk_answer_add(&facts, json_pack("{s:s, s:s, s:s}", "part", found.items[i].part, "name", found.items[i].name,
                                         "value", found.items[i].value));
    return tsk_answer(reply,
                      json_pack("{s:o, s:o, s:o}", "incident", incident_json(&incident, today), "entries",
                                entries_json(&entries), "facts", facts),
                      err);
}

static int get_incident(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_incident incident;

    return find(&incident, reply, request, err) != 0 ? -1 : answer_one(reply, request, incident.id, err);
}

static int get_file(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_incident incident;
    struct tsk_incident_facts facts;
    const char *as = tsk_request_query(request, "as");
    bool pdf = as != NULL && strcmp(as, "pdf") == 0;

    if (as != NULL && !pdf && strcmp(as, "csv") != 0)
        return tsk_fail(err, TSK_REJECT, 0, "as: csv or pdf");
    if (find(&incident, reply, request, err) != 0 || facts_of(&facts, request, &incident, "export", err) != 0)
        return -1;
    reply->bytes = TSK_BUF(FILE_BYTES_MAX);
    reply->media = pdf ? "application/pdf" : "text/csv";
    reply->download = tsk_view_text(request, "incident-%lld.%s", (long long)incident.id, pdf ? "pdf" : "csv");
    return (pdf ? tsk_incident_pdf : tsk_incident_facts_csv)(&reply->bytes, &facts, err);
}

struct step {
    int64_t id;
    struct tsk_incident_new incident;
    enum tsk_incident_what what;
    const char *text, *done;
};

static int open_it(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    struct step *step = ctx;

    if (tsk_incident_open(&step->id, request->store, &request->scope, &step->incident, request->who.name, err) != 0)
        return -1;
    return tsk_route_incident(request->desk->routing, request->store, step->id, err);
}

/* Of a notice or a case its office is taken. */
static int take_subject(struct tsk_incident_new *out, struct tsk_reply *reply, const struct tsk_request *request,
                        struct tsk_err *err)
{
    if (tsk_body_text(&out->notice, request, "notice", 64, TSK_MAY, err) != 0 ||
        tsk_body_text(&out->case_number, request, "case", 64, TSK_MAY, err) != 0)
        return -1;
    return out->notice == NULL && out->case_number == NULL ? tsk_request_office(&out->office, reply, request, err) : 0;
}

static int post_incident(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct step step = { .id = 0 };

    if (tsk_body_text(&step.incident.kind, request, "kind", 20, TSK_MUST, err) != 0 ||
        tsk_body_text(&step.incident.known, request, "known", 40, TSK_MAY, err) != 0 ||
        tsk_body_text(&step.incident.text, request, "text", TEXT_MAX, TSK_MAY, err) != 0 ||
        tsk_body_bool(&step.incident.malicious, request, "malicious", err) != 0 ||
        take_subject(&step.incident, reply, request, err) != 0 || tsk_request_change(request, open_it, &step, err) != 0)
        return -1;
    reply->status = 201;
    return answer_one(reply, request, step.id, err);
}

static int note(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    const struct step *step = ctx;

    return tsk_incident_note(request->store, &request->scope, step->id, step->what, step->text, step->done,
                             request->who.name, err);
}

static int post_entry(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_incident incident;
    struct step step = { .id = 0 };
    const char *name = NULL;
    int what;

    if (find(&incident, reply, request, err) != 0 || tsk_body_text(&name, request, "what", 20, TSK_MUST, err) != 0 ||
        tsk_body_text(&step.text, request, "text", TEXT_MAX, TSK_MAY, err) != 0 ||
        tsk_body_text(&step.done, request, "done", 40, TSK_MAY, err) != 0)
        return -1;
    what = tsk_incident_what_from_name(name);
    if (what < 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is nothing of that name to note");
    step.id = incident.id;
    step.what = (enum tsk_incident_what)what;
    return tsk_request_change(request, note, &step, err) != 0 ? -1 : answer_one(reply, request, step.id, err);
}

const struct tsk_route tsk_routes_incidents[] = {
    { "GET", "/api/v1/incidents", get_incidents, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/incidents", post_incident, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/incidents/{id}", get_incident, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/incidents/{id}/entries", post_entry, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/incidents/{id}/file", get_file, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
