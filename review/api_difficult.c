/* Difficult cases: what a ward office's named 窓口 is told, proposed here, released by a second person, and read by a viewer's account. */
#include <string.h>

#include "records/account.h"
#include "records/consent.h"
#include "records/directory.h"
#include "reports/difficult_words.h"
#include "review/answer.h"
#include "review/route.h"
#include "review/sheet_view.h"

static int load_file(struct tsk_case_file *out, const struct tsk_request *request, const char *number,
                     struct tsk_err *err)
{
    return tsk_case_file_load(out, request->store, &request->scope, number, request->desk->forms, request->arena, err);
}

static json_t *one_json(const struct tsk_difficult *d, const char *words)
{
    return json_pack(
        "{s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id",
        (json_int_t)d->id, "office", d->office, "case", d->case_number, "state", d->state, "why", d->why, "fields",
        d->fields, "institution", (json_int_t)d->institution, "name", d->institution_name, "desk", d->desk, "way",
        d->way, "account", d->account, "until", d->until, "words", words, "proposed", d->proposed, "proposed_by",
        d->proposed_by, "decided", d->decided, "decided_by", d->decided_by, "decided_why", d->decided_why, "read_at",
        d->read_at, "read_by", d->read_by);
}

static int get_list(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const struct tsk_difficult_filter filter = { .office = tsk_request_query(request, "office") };
    struct tsk_difficults found;

    if (tsk_difficult_list(&found, request->store, &request->scope, &filter, request->arena, err) != 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < found.count; i++)
        tsk_answer_add(&items, one_json(&found.items[i], ""));
    return tsk_answer(reply, json_pack("{s:o}", "items", items), err);
}

static int add_choices(json_t *out, const struct tsk_case_file *file, struct tsk_err *err)
{
    const struct tsk_institution_filter wards = { .kind = "ward_office", .office = file->kase.office };
    struct tsk_difficult_fields fields;
    struct tsk_institutions found;

    if (tsk_difficult_choices(&fields, file, err) != 0 ||
        tsk_directory_list(&found, file->store, file->scope, &wards, file->arena, err) != 0)
        return -1;
    json_t *choices = json_array(), *offices = json_array();
    for (size_t i = 0; i < fields.count; i++)
        tsk_answer_add(&choices, json_pack("{s:s, s:s, s:s}", "id", fields.items[i].id, "label", fields.items[i].label,
                                           "value", fields.items[i].value));
    for (size_t i = 0; i < found.count; i++)
        tsk_answer_add(&offices, json_pack("{s:I, s:s, s:s, s:b}", "id", (json_int_t)found.items[i].id, "name",
                                           found.items[i].name, "department", found.items[i].department, "fax",
                                           found.items[i].fax_verified == TSK_VERIFIED && *found.items[i].fax != '\0'));
    return json_object_set_new(out, "choices", choices) | json_object_set_new(out, "ward_offices", offices);
}

static int answer_case(struct tsk_reply *reply, const struct tsk_request *request, const char *number,
                       struct tsk_err *err)
{
    const struct tsk_difficult_filter filter = { .case_number = number };
    struct tsk_difficults found;
    struct tsk_case_file file;
    bool stands = false;

    if (load_file(&file, request, number, err) != 0)
        return tsk_reply_missing(reply, err);
    if (tsk_difficult_list(&found, request->store, &request->scope, &filter, request->arena, err) != 0 ||
        tsk_consent_stands(&stands, request->store, &request->scope, number, "ward_office", err) != 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < found.count; i++) {
        const struct tsk_difficult *d = &found.items[i];
        tsk_answer_add(&items, one_json(d, *d->words != '\0' ? d->words : tsk_difficult_words(&file, d)));
    }
    json_t *out = json_pack("{s:s, s:b, s:o}", "case", number, "consent", stands, "items", items);
    if (out != NULL && add_choices(out, &file, err) != 0) {
        json_decref(out);
        return -1;
    }
    return tsk_answer(reply, out, err);
}

static int get_of_case(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *number = tsk_request_arg(request, "case");
    struct tsk_case kase;

    if (tsk_case_find(&kase, request->store, &request->scope, number, request->arena, err) != 0)
        return tsk_reply_missing(reply, err);
    return tsk_answer_audit(request, kase.office, "view", tsk_view_text(request, "case:%s", number), "difficult",
                            err) != 0
               ? -1
               : answer_case(reply, request, number, err);
}

struct step {
    struct tsk_difficult row;
    const char *text, *how;
    int (*run)(const struct tsk_request *request, const struct step *step, struct tsk_err *err);
};

static int propose(const struct tsk_request *request, const struct step *step, struct tsk_err *err)
{
    struct tsk_case_file file;
    int64_t id = 0;

    return load_file(&file, request, step->row.case_number, err) != 0 ||
                   tsk_difficult_check_fields(&file, step->row.fields, err) != 0
               ? -1
               : tsk_difficult_propose(&id, request->store, &request->scope, &step->row, request->who.name, err);
}

static int release(const struct tsk_request *request, const struct step *step, struct tsk_err *err)
{
    struct tsk_case_file file;

    return load_file(&file, request, step->row.case_number, err) != 0
               ? -1
               : tsk_difficult_release(request->store, &request->scope, step->row.id,
                                       tsk_difficult_words(&file, &step->row), request->who.name, err);
}

static int end(const struct tsk_request *request, const struct step *step, struct tsk_err *err)
{
    return tsk_difficult_end(request->store, &request->scope, step->row.id, step->text, request->who.name, err);
}

static int handed(const struct tsk_request *request, const struct step *step, struct tsk_err *err)
{
    return tsk_difficult_handed(request->store, &request->scope, step->row.id, step->text, request->who.name, err);
}

static int was_read(const struct tsk_request *request, const struct step *step, struct tsk_err *err)
{
    return tsk_difficult_read(request->store, &request->scope, step->row.id, step->text, step->how, request->who.name,
                              err);
}

static int run_step(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    const struct step *step = ctx;

    return step->run(request, step, err);
}

static int post_proposal(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct step step = { .run = propose, .row = { .case_number = tsk_request_arg(request, "case") } };
    struct tsk_difficult *row = &step.row;
    struct tsk_case kase;

    if (tsk_case_find(&kase, request->store, &request->scope, row->case_number, request->arena, err) != 0)
        return tsk_reply_missing(reply, err);
    if (tsk_body_text(&row->why, request, "why", 500, TSK_MUST, err) != 0 ||
        tsk_body_text(&row->fields, request, "fields", 2000, TSK_MUST, err) != 0 ||
        tsk_body_text(&row->desk, request, "desk", 200, TSK_MUST, err) != 0 ||
        tsk_body_text(&row->way, request, "way", 10, TSK_MUST, err) != 0 ||
        tsk_body_int(&row->institution, request, "institution", 1, INT64_MAX, TSK_MUST, err) != 0 ||
        tsk_body_text(&row->account, request, "account", 100, TSK_MAY, err) != 0 ||
        tsk_body_text(&row->until, request, "until", 10, TSK_MAY, err) != 0)
        return -1;
    row->account = row->account != NULL ? row->account : "";
    row->until = row->until != NULL ? row->until : "";
    return tsk_request_change(request, run_step, &step, err) != 0 ? -1 : answer_case(reply, request, kase.number, err);
}

static int change(struct tsk_reply *reply, const struct tsk_request *request, struct step *step, struct tsk_err *err)
{
    int64_t id = 0;

    if (tsk_request_id(&id, reply, request, "id", err) != 0)
        return -1;
    if (tsk_difficult_find(&step->row, request->store, &request->scope, id, request->arena, err) != 0)
        return tsk_reply_missing(reply, err);
    return tsk_request_change(request, run_step, step, err) != 0
               ? -1
               : answer_case(reply, request, step->row.case_number, err);
}

static int post_release(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct step step = { .run = release };

    return change(reply, request, &step, err);
}

static int post_end(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct step step = { .run = end };

    return tsk_body_text(&step.text, request, "why", 500, TSK_MUST, err) != 0 ? -1 : change(reply, request, &step, err);
}

static int post_handed(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct step step = { .run = handed };

    return tsk_body_text(&step.text, request, "who", 200, TSK_MUST, err) != 0 ? -1 : change(reply, request, &step, err);
}

static int post_read(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct step step = { .run = was_read };

    if (tsk_body_text(&step.text, request, "who", 200, TSK_MUST, err) != 0 ||
        tsk_body_text(&step.how, request, "how", 200, TSK_MAY, err) != 0)
        return -1;
    step.how = step.how != NULL ? step.how : "";
    return change(reply, request, &step, err);
}

static bool is_shown(const struct tsk_request *request, const struct tsk_difficult *d)
{
    bool told = strcmp(d->state, "told") == 0 || strcmp(d->state, "read") == 0;

    return told && strcmp(d->account, request->who.name) == 0;
}

/* What was released to this account; opening it is the receipt. */
static int get_released(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *number = tsk_request_arg(request, "case");
    const struct tsk_difficult_filter filter = { .case_number = number, .account = request->who.name };
    struct tsk_difficults found;
    bool stands = false;
    json_t *items;

    if (tsk_difficult_list(&found, request->store, &request->scope, &filter, request->arena, err) != 0 ||
        tsk_consent_stands(&stands, request->store, &request->scope, number, "ward_office", err) != 0)
        return -1;
    items = json_array();
    for (size_t i = 0; stands && i < found.count; i++) {
        struct step step = { .run = was_read, .row = found.items[i], .text = request->who.display, .how = "閲覧" };

        if (!is_shown(request, &step.row))
            continue;
        if (tsk_request_change(request, run_step, &step, err) != 0 ||
            tsk_answer_audit(request, step.row.office, "view", tsk_view_text(request, "case:%s", number), "released",
                             err) != 0) {
            json_decref(items);
            return -1;
        }
        tsk_answer_add(&items,
                       json_pack("{s:I, s:s, s:s, s:s, s:s}", "id", (json_int_t)step.row.id, "desk", step.row.desk,
                                 "until", step.row.until, "decided", step.row.decided, "words", step.row.words));
    }
    return tsk_answer(reply, json_pack("{s:s, s:o}", "case", number, "items", items), err);
}

const struct tsk_route tsk_routes_difficult[] = {
    { "GET", "/api/v1/cases/{case}/difficult", get_of_case, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/cases/{case}/difficult", post_proposal, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/cases/{case}/released", get_released, TSK_ROLE_WARD_VIEWER, TSK_ROUTE_RELEASED, 0 },
    { "GET", "/api/v1/difficult", get_list, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/difficult/{id}/end", post_end, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/difficult/{id}/handed", post_handed, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/difficult/{id}/read", post_read, TSK_ROLES_OFFICE, 0, 0 },
    { "POST", "/api/v1/difficult/{id}/release", post_release, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
