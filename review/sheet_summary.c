#include "review/sheet_summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "records/candidates.h"
#include "records/case.h"
#include "records/consent.h"
#include "routing/route.h"

struct summary {
    const struct tsk_request *request;
    const struct tsk_sheet *sheet;
    const struct tsk_form *form;
    struct tsk_plan plan;
    json_t *json;
};

/* The value of the field with this meaning; "" when the form has none. */
static const char *meant(const struct summary *summary, const char *means)
{
    for (size_t i = 0; summary->form != NULL && i < summary->form->field_count; i++) {
        const struct tsk_field *field = &summary->form->fields[i];
        if (strcmp(field->means, means) == 0)
            return tsk_view_value(summary->request, summary->form, field->id,
                                  tsk_sheet_value(summary->sheet, field->id));
    }
    return "";
}

static json_t *patient(const struct summary *summary)
{
    const struct tsk_sheet *sheet = summary->sheet;

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name", meant(summary, "patient.name"), "kana",
                     meant(summary, "patient.kana"), "sex", meant(summary, "patient.sex"), "address",
                     meant(summary, "patient.address"), "birth", tsk_sheet_value(sheet, "birth_date"), "ward",
                     tsk_view_value(summary->request, summary->form, "ward", tsk_sheet_value(sheet, "ward")));
}

static int plan(struct summary *summary, struct tsk_err *err)
{
    const struct tsk_request *request = summary->request;
    const struct tsk_sheet *sheet = summary->sheet;
    int rc = tsk_store_begin(request->store, err);

    if (rc != 0)
        return -1;
    if (sheet->waiting_count == 0)
        rc = tsk_sheet_confirm(NULL, request->store, &request->scope, sheet->id, false, request->who.name, err);
    if (rc == 0)
        rc = tsk_route_plan(&summary->plan, request->store, request->desk->routing, &request->scope, sheet->id,
                            request->arena, err);
    tsk_store_rollback(request->store);
    return rc;
}

/* What of this was queued before: confirming again does not send it again. "" when nothing, or nothing that lives. */
static int notice_before(const char **state, const struct summary *summary, const struct tsk_decision *decision,
                         struct tsk_err *err)
{
    const struct tsk_notice_filter filter = { .sheet = summary->sheet->id,
                                              .event = decision->event,
                                              .rule = decision->rule->id,
                                              .recipient = decision->recipient };
    struct tsk_notices found;

    *state = "";
    if (tsk_notice_list(&found, summary->request->store, &summary->request->scope, &filter, summary->request->arena,
                        err) != 0)
        return -1;
    for (size_t i = 0; i < found.count; i++)
        if (found.items[i].state != TSK_NOTICE_REFUSED && found.items[i].state != TSK_NOTICE_CANCELLED)
            *state = tsk_notice_state_name(found.items[i].state);
    return 0;
}

static json_t *decision_json(const struct tsk_decision *decision, const char *notice)
{
    char due[TSK_STAMP_SIZE] = "";

    if (decision->due_ms != 0)
        tsk_stamp(decision->due_ms, due);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "event", decision->event,
                     "notice", notice, "rule", decision->rule->id, "act", tsk_route_act_name(decision->act), "reason",
                     decision->reason, "recipient", decision->recipient, "name", decision->recipient_name, "channel",
                     decision->channel, "destination", decision->destination, "due", due, "subject", decision->subject,
                     "body", decision->body, "todo", decision->todo, "disclosure",
                     decision->rule->kind == TSK_RULE_DISCLOSURE);
}

static int decisions(json_t **out, const struct summary *summary, struct tsk_err *err)
{
    *out = json_array();
    for (size_t i = 0; i < summary->plan.count; i++) {
        const char *notice;
        if (notice_before(&notice, summary, &summary->plan.items[i], err) != 0) {
            json_decref(*out);
            *out = NULL;
            return -1;
        }
        json_array_append_new(*out, decision_json(&summary->plan.items[i], notice));
    }
    return 0;
}

static int consents(json_t **out, const struct summary *summary, struct tsk_err *err)
{
    const struct tsk_request *request = summary->request;
    struct tsk_consents list = { .count = 0 };

    if (*summary->sheet->case_number != '\0' &&
        tsk_consent_list(&list, request->store, &request->scope, summary->sheet->case_number, request->arena, err) != 0)
        return -1;
    *out = json_pack("{s:n, s:n, s:n, s:n}", "medical", "care", "facility", "ward_office");
    for (size_t i = 0; i < list.count; i++) { /* the newest of a scope stands */
        const struct tsk_consent *one = &list.items[i];
        json_object_set_new(*out, one->scope,
                            json_pack("{s:s, s:s, s:s, s:s, s:s}", "state", one->state, "giver", one->giver, "how",
                                      one->how, "by", one->by, "at", one->at));
    }
    return 0;
}

static int consent_is_needed(bool *out, const struct summary *summary, struct tsk_err *err)
{
    const struct tsk_request *request = summary->request;
    bool stands = false;

    *out = false;
    if (*summary->sheet->case_number != '\0' &&
        tsk_consent_stands(&stands, request->store, &request->scope, summary->sheet->case_number, "medical", err) != 0)
        return -1;
    for (size_t i = 0; !stands && i < summary->plan.count; i++)
        *out |=
            summary->plan.items[i].act == TSK_ROUTE_REFUSE && summary->plan.items[i].rule->kind == TSK_RULE_DISCLOSURE;
    return 0;
}

static int same(const struct summary *summary, const char *a, const char *b)
{
    char *left = tsk_reference_name_key(summary->request->desk->reference, a);
    char *right = tsk_reference_name_key(summary->request->desk->reference, b);
    int result = left != NULL && right != NULL && strcmp(left, right) == 0;

    free(left);
    free(right);
    return result;
}

static bool is_compared(const struct summary *summary, const char *field)
{
    const struct tsk_field *known = summary->form != NULL ? tsk_form_field(summary->form, field) : NULL;

    return strcmp(field, "birth_date") == 0 || strcmp(field, "referral_date") == 0 ||
           (known != NULL && (strncmp(known->means, "patient.", 8) == 0 || strncmp(known->means, "to.", 3) == 0 ||
                              strncmp(known->means, "from.", 5) == 0));
}

/* What both sheets say of the same thing, in two lists. */
static void compare(const struct summary *summary, const struct tsk_sheet *other, json_t *agrees, json_t *differs)
{
    for (size_t i = 0; i < summary->sheet->field_count; i++) {
        const struct tsk_sheet_field *here = &summary->sheet->fields[i];
        const struct tsk_sheet_field *there = tsk_sheet_field(other, here->id);
        if (there == NULL || *here->value == '\0' || *there->value == '\0' || !is_compared(summary, here->id))
            continue;
        const char *label = tsk_view_label(summary->request, summary->form, here->id);
        const char *a = tsk_view_value(summary->request, summary->form, here->id, here->value);
        const char *b = tsk_view_value(summary->request, summary->form, here->id, there->value);
        if (same(summary, a, b))
            json_array_append_new(agrees, json_pack("{s:s, s:s, s:s}", "field", here->id, "label", label, "value", a));
        else
            json_array_append_new(differs, json_pack("{s:s, s:s, s:s, s:s, s:I}", "field", here->id, "label", label,
                                                     "here", a, "there", b, "sheet", (json_int_t)other->id));
    }
}

/* The sheet of the case to compare with: a confirmed one of this form, else any other of this form; 0 if none. */
static int64_t partner(const struct summary *summary, const struct tsk_sheets *sheets)
{
    int64_t found = 0;

    for (size_t i = sheets->count; i-- > 0;) { /* oldest first: the sheet that opened the case */
        const struct tsk_sheet *one = &sheets->items[i];
        if (one->id == summary->sheet->id || strcmp(one->form, summary->sheet->form) != 0)
            continue;
        if (one->state == TSK_SHEET_CONFIRMED)
            return one->id;
        found = found == 0 ? one->id : found;
    }
    return found;
}

static int case_json(json_t **out, const struct summary *summary, struct tsk_err *err)
{
    const struct tsk_request *request = summary->request;
    const struct tsk_sheet_filter filter = { .case_number = summary->sheet->case_number };
    struct tsk_sheets sheets;
    struct tsk_sheet other;
    struct tsk_case found;

    *out = json_null();
    if (*summary->sheet->case_number == '\0')
        return 0;
    if (tsk_case_find(&found, request->store, &request->scope, summary->sheet->case_number, request->arena, err) != 0 ||
        tsk_sheet_list(&sheets, request->store, &request->scope, &filter, request->arena, err) != 0)
        return -1;
    json_t *agrees = json_array(), *differs = json_array();
    int64_t with = partner(summary, &sheets);
    if (with != 0) {
        if (tsk_sheet_find(&other, request->store, &request->scope, with, request->arena, err) != 0) {
            json_decref(agrees);
            json_decref(differs);
            return -1;
        }
        compare(summary, &other, agrees, differs);
    }
    *out = json_pack("{s:s, s:s, s:i, s:I, s:o, s:o}", "number", found.number, "opened", found.opened, "sheets",
                     (int)sheets.count, "compared_with", (json_int_t)with, "agrees", agrees, "differs", differs);
    return 0;
}

/* What a fact says, by the words that are printed on this sheet. */
static json_t *fact(const struct summary *summary, size_t at, const char *value)
{
    for (size_t i = 0;
         strcmp(tsk_candidate_facts[at], "sex") == 0 && summary->form != NULL && i < summary->form->field_count; i++)
        if (strcmp(summary->form->fields[i].means, "patient.sex") == 0)
            return json_string(tsk_view_value(summary->request, summary->form, summary->form->fields[i].id, value));
    return json_string(value);
}

static json_t *candidate_json(const struct summary *summary, const struct tsk_candidate *one)
{
    static const char *const likeness[] = { "unknown", "agrees", "differs" };
    json_t *values = json_object(), *like = json_object();

    for (size_t i = 0; i < TSK_CANDIDATE_FACTS; i++) {
        json_object_set_new(values, tsk_candidate_facts[i], fact(summary, i, one->values[i]));
        json_object_set_new(like, tsk_candidate_facts[i], json_string(likeness[one->likeness[i]]));
    }
    return json_pack("{s:s, s:s, s:I, s:i, s:o, s:o}", "case", one->case_number, "opened", one->opened, "sheet",
                     (json_int_t)one->sheet, "sheets", one->sheet_count, "values", values, "likeness", like);
}

static int candidates(json_t **out, const struct summary *summary, struct tsk_err *err)
{
    const struct tsk_request *request = summary->request;
    struct tsk_candidates found;

    *out = json_null();
    if (*summary->sheet->case_number != '\0')
        return 0;
    if (tsk_candidates_of(&found, request->store, &request->scope, summary->sheet->id, request->arena, err) != 0)
        return -1;
    json_t *values = json_object(), *items = json_array();
    for (size_t i = 0; i < TSK_CANDIDATE_FACTS; i++)
        json_object_set_new(values, tsk_candidate_facts[i], fact(summary, i, found.values[i]));
    for (size_t i = 0; i < found.count; i++)
        json_array_append_new(items, candidate_json(summary, &found.items[i]));
    *out = json_pack("{s:o, s:o}", "values", values, "items", items);
    return 0;
}

static int page_count(int *out, const struct summary *summary, struct tsk_err *err)
{
    struct tsk_pages pages;

    if (tsk_document_pages(&pages, summary->request->store, &summary->request->scope, summary->sheet->document,
                           summary->request->arena, err) != 0)
        return -1;
    *out = (int)pages.count;
    return 0;
}

/* Everything that is a list or an object of its own, into the answer's object. */
static int add_parts(const struct summary *summary, struct tsk_err *err)
{
    static int (*const parts[])(json_t * *out, const struct summary *summary,
                                struct tsk_err *err) = { case_json, candidates, consents, decisions };
    static const char *const names[] = { "case", "candidates", "consents", "decisions" };

    for (size_t i = 0; i < TSK_COUNT(parts); i++) {
        json_t *part = NULL;
        if (parts[i](&part, summary, err) != 0)
            return -1;
        if (json_object_set_new(summary->json, names[i], part) != 0)
            return tsk_fail(err, TSK_RETRY, 0, "no memory for the answer");
    }
    return 0;
}

int tsk_summary_reply(struct tsk_reply *reply, const struct tsk_request *request, const struct tsk_sheet *sheet,
                      struct tsk_err *err)
{
    struct summary summary = { .request = request, .sheet = sheet, .form = tsk_view_form(request, sheet) };
    bool needed = false;
    int pages = 0;

    if (plan(&summary, err) != 0 || page_count(&pages, &summary, err) != 0 ||
        consent_is_needed(&needed, &summary, err) != 0)
        return -1;
    summary.json =
        json_pack("{s:i, s:i, s:s, s:i, s:o, s:b, s:b}", "revision", sheet->revision, "waiting", sheet->waiting_count,
                  "state", tsk_sheet_state_name(sheet->state), "pages", pages, "patient", patient(&summary),
                  "consent_needed", needed, "consent_on_sheet", *meant(&summary, "consent") != '\0');
    reply->json = summary.json;
    if (reply->json == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for the answer");
    return add_parts(&summary, err);
}
