#include "review/sheet_view.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "records/account.h"
#include "records/claim.h"
#include "records/reread.h"

const char *tsk_view_text(const struct tsk_request *request, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length >= 0)
        text = tsk_arena_alloc(request->arena, (size_t)length + 1);
    if (text == NULL)
        return "";
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}

int tsk_view_sheet(struct tsk_sheet *out, struct tsk_reply *reply, const struct tsk_request *request,
                   struct tsk_err *err)
{
    int64_t id = 0;

    if (tsk_request_id(&id, reply, request, "id", err) != 0)
        return -1;
    if (tsk_sheet_find(out, request->store, &request->scope, id, request->arena, err) != 0)
        return tsk_reply_missing(reply, err);
    return 0;
}

int tsk_view_page(struct tsk_page *out, const struct tsk_request *request, const struct tsk_sheet *sheet,
                  struct tsk_err *err)
{
    struct tsk_pages pages;

    if (tsk_document_pages(&pages, request->store, &request->scope, sheet->document, request->arena, err) != 0)
        return -1;
    for (size_t i = 0; i < pages.count; i++) {
        if (pages.items[i].sheet == sheet->id) {
            *out = pages.items[i];
            return 0;
        }
    }
    return tsk_fail(err, TSK_REJECT, 0, "sheet %lld has no page", (long long)sheet->id);
}

const struct tsk_form *tsk_view_form(const struct tsk_request *request, const struct tsk_sheet *sheet)
{
    return tsk_forms_find(request->desk->forms, sheet->form, sheet->edition);
}

static const struct tsk_form_date *date_with(const struct tsk_form *form, const char *field, const char **part)
{
    for (size_t i = 0; i < form->date_count; i++) {
        const struct tsk_form_date *date = &form->dates[i];
        const char *const names[] = { "year", "month", "day", "era" };
        const char *const fields[] = { date->year, date->month, date->day, date->era_field };

        for (size_t k = 0; k < TSK_COUNT(names); k++) {
            if (*fields[k] != '\0' && strcmp(fields[k], field) == 0) {
                *part = names[k];
                return date;
            }
        }
    }
    return NULL;
}

/* 紹介日（年） is the year of 紹介日 */
static const char *date_label(const struct tsk_request *request, const struct tsk_form *form,
                              const struct tsk_form_date *date)
{
    const struct tsk_field *year = tsk_form_field(form, date->year);
    const char *bracket = year != NULL ? strstr(year->label, "（") : NULL;

    if (year == NULL)
        return date->id;
    return bracket != NULL ? tsk_view_text(request, "%.*s", (int)(bracket - year->label), year->label) : year->label;
}

const char *tsk_view_label(const struct tsk_request *request, const struct tsk_form *form, const char *field)
{
    const struct tsk_field *known = form != NULL ? tsk_form_field(form, field) : NULL;

    if (known != NULL)
        return *known->label != '\0' ? known->label : field;
    for (size_t i = 0; form != NULL && i < form->date_count; i++)
        if (strcmp(form->dates[i].id, field) == 0)
            return date_label(request, form, &form->dates[i]);
    return strcmp(field, "ward") == 0 ? "患者の住所の区" : field;
}

const char *tsk_view_value(const struct tsk_request *request, const struct tsk_form *form, const char *field,
                           const char *value)
{
    const struct tsk_field *known = form != NULL ? tsk_form_field(form, field) : NULL;
    const char *text = "";

    if (strcmp(field, "ward") == 0) {
        const struct tsk_ward *ward = tsk_reference_ward_by_code(request->desk->reference, value);
        return ward != NULL ? ward->name : value;
    }
    if (known == NULL || known->option_count == 0)
        return value;
    for (size_t i = 0; i < known->option_count; i++) {
        struct tsk_sheet_field one = { .id = field, .value = value };
        const struct tsk_sheet sheet = { .fields = &one, .field_count = 1 };
        if (tsk_sheet_has(&sheet, field, known->options[i].value))
            text = tsk_view_text(request, "%s%s%s", text, *text != '\0' ? "・" : "", known->options[i].label);
    }
    return text;
}

static json_t *options(const struct tsk_field *field)
{
    json_t *list = json_array();

    for (size_t i = 0; i < field->option_count; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "value", field->options[i].value, "label", field->options[i].label));
    return list;
}

static json_t *alternatives(const struct tsk_sheet_field *field)
{
    json_t *list = json_array();

    for (size_t i = 0; i < field->alternative_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:f}", "value", field->alternatives[i].value, "confidence",
                                              field->alternatives[i].confidence));
    return list;
}

static json_t *value_json(const struct tsk_sheet_field *field)
{
    return json_pack("{s:s, s:s, s:f, s:s, s:s, s:s, s:s, s:[i,i,i,i], s:o}", "value", field->value, "read",
                     field->read_value, "confidence", field->confidence, "decided", tsk_decided_name(field->decided),
                     "reason", field->reason, "by", field->by, "at", field->at, "box", field->box_px[0],
                     field->box_px[1], field->box_px[2], field->box_px[3], "alternatives", alternatives(field));
}

static const char *kind_name(const struct tsk_sheet_field *field)
{
    static const char *const names[] = { "mark", "circle", "text", "digits", "image", "derived" };

    return field->kind >= 0 && (size_t)field->kind < TSK_COUNT(names) ? names[field->kind] : "text";
}

static const char *choose_name(enum tsk_choose choose)
{
    static const char *const names[] = { "one", "many", "optional" };

    return names[choose];
}

static json_t *field_json(const struct tsk_request *request, const struct tsk_form *form,
                          const struct tsk_sheet_field *field)
{
    static const struct tsk_field none = { .block = "", .lexicon = "", .suffix = "", .only_if = "", .means = "" };
    const struct tsk_field *known = form != NULL ? tsk_form_field(form, field->id) : NULL;
    const struct tsk_field *form_field = known != NULL ? known : &none;
    const char *part = "";
    const struct tsk_form_date *date = form != NULL ? date_with(form, field->id, &part) : NULL;
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:b, s:i, s:i, s:s, s:s}", "id", field->id,
                  "label", tsk_view_label(request, form, field->id), "block", form_field->block, "kind",
                  kind_name(field), "choose", choose_name(form_field->choose), "options", options(form_field),
                  "lexicon", form_field->lexicon, "suffix", form_field->suffix, "only_if", form_field->only_if, "means",
                  form_field->means, "required", form_field->required, "lines", form_field->lines_max, "digits",
                  form_field->digits_max, "date", date != NULL ? date->id : "", "part", part);
    json_t *value = value_json(field);

    if (json != NULL && value != NULL)
        json_object_update(json, value);
    json_decref(value);
    return json;
}

static json_t *fields(const struct tsk_request *request, const struct tsk_form *form, const struct tsk_sheet *sheet)
{
    json_t *list = json_array();

    for (size_t i = 0; i < sheet->field_count; i++)
        json_array_append_new(list, field_json(request, form, &sheet->fields[i]));
    return list;
}

static json_t *blocks(const struct tsk_form *form)
{
    json_t *list = json_array();

    for (size_t i = 0; form != NULL && i < form->block_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "id", form->blocks[i].id, "label",
                                              form->blocks[i].label, "party", form->blocks[i].party));
    return list;
}

static json_t *dates(const struct tsk_request *request, const struct tsk_form *form)
{
    json_t *list = json_array();

    for (size_t i = 0; form != NULL && i < form->date_count; i++) {
        const struct tsk_form_date *date = &form->dates[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", date->id, "label",
                                              date_label(request, form, date), "year", date->year, "month", date->month,
                                              "day", date->day, "era", date->era, "era_field", date->era_field, "role",
                                              date->role, "age", date->age));
    }
    return list;
}

static json_t *problems(const struct tsk_sheet *sheet)
{
    json_t *list = json_array();

    for (size_t i = 0; i < sheet->problem_count; i++) {
        const struct tsk_sheet_problem *one = &sheet->problems[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b}", "field", one->field, "code", one->code, "text",
                                              one->text, "open", !tsk_sheet_sure(sheet, one->field)));
    }
    return list;
}

static int claim_json(json_t **out, const struct tsk_request *request, const struct tsk_sheet *sheet,
                      struct tsk_err *err)
{
    struct tsk_claims living;

    *out = json_null();
    if (tsk_claim_list(&living, request->store, &request->scope, sheet->id, request->now_ms, request->arena, err) != 0)
        return -1;
    if (living.count > 0)
        *out = json_pack("{s:s, s:s, s:b}", "by", living.items[0].by, "since", living.items[0].since, "own",
                         strcmp(living.items[0].by, request->who.name) == 0);
    return 0;
}

int tsk_view_person(json_t *people, const struct tsk_request *request, const char *name, struct tsk_err *err)
{
    struct tsk_account account;

    if (*name == '\0' || json_object_get(people, name) != NULL)
        return 0;
    if (tsk_account_named(&account, request->store, name, request->arena, err) == 0)
        json_object_set_new(people, name, json_string(account.display));
    else if (err->kind == TSK_REJECT)
        json_object_set_new(people, name, json_string(name));
    else
        return -1;
    return 0;
}

static int people(json_t **out, const struct tsk_request *request, const struct tsk_sheet *sheet, struct tsk_err *err)
{
    struct tsk_claims living;

    *out = json_object();
    if (tsk_claim_list(&living, request->store, &request->scope, sheet->id, request->now_ms, request->arena, err) != 0)
        return -1;
    for (size_t i = 0; i < living.count; i++)
        if (tsk_view_person(*out, request, living.items[i].by, err) != 0)
            return -1;
    for (size_t i = 0; i < sheet->field_count; i++)
        if (tsk_view_person(*out, request, sheet->fields[i].by, err) != 0)
            return -1;
    return tsk_view_person(*out, request, sheet->confirmed_by, err);
}

/* Only while it is worth reading again: what was told has no page, what is confirmed was looked at by a person. */
static int reader_changed(bool *out, const struct tsk_request *request, const struct tsk_sheet *sheet,
                          struct tsk_err *err)
{
    bool by_these = true;

    if (sheet->state != TSK_SHEET_CONFIRMED && *sheet->told_how == '\0' &&
        tsk_reread_was_by(&by_these, request->store, sheet->id, &request->desk->reader, err) != 0)
        return -1;
    *out = !by_these;
    return 0;
}

static json_t *head(const struct tsk_request *request, const struct tsk_sheet *sheet, const struct tsk_form *form,
                    const struct tsk_page *page)
{
    const struct tsk_office_config *office = tsk_config_office(request->desk->config, sheet->office);

    return json_pack(
        "{s:I, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:s, s:s, s:s, s:s, s:s, s:b, "
        "s:{s:i, s:i, s:f, s:f}}",
        "id", (json_int_t)sheet->id, "office", sheet->office, "office_name",
        office != NULL ? office->name : sheet->office, "document", sheet->document, "page", sheet->page, "received",
        sheet->received, "form", sheet->form, "edition", sheet->edition, "title",
        form != NULL ? form->title : sheet->form, "state", tsk_sheet_state_name(sheet->state), "case",
        sheet->case_number, "revision", sheet->revision, "corrections", sheet->corrections, "waiting",
        sheet->waiting_count, "confirmed_by", sheet->confirmed_by, "confirmed_at", sheet->confirmed_at, "closed",
        sheet->closed, "told_by", sheet->told_by, "told_how", sheet->told_how, "form_changed",
        form != NULL && strcmp(form->hash, sheet->form_hash) != 0, "image", "width", page->width_px, "height",
        page->height_px, "x_dpi", page->x_dpi, "y_dpi", page->y_dpi);
}

int tsk_view_reply(struct tsk_reply *reply, const struct tsk_request *request, int64_t id, struct tsk_err *err)
{
    struct tsk_sheet sheet;
    struct tsk_page page = { .number = 0 };
    json_t *claim = NULL, *names = NULL;
    bool newer = false;

    if (tsk_sheet_find(&sheet, request->store, &request->scope, id, request->arena, err) != 0)
        return tsk_reply_missing(reply, err);
    const struct tsk_form *form = tsk_view_form(request, &sheet);
    if (tsk_view_page(&page, request, &sheet, err) != 0 || reader_changed(&newer, request, &sheet, err) != 0 ||
        claim_json(&claim, request, &sheet, err) != 0)
        return -1;
    if (people(&names, request, &sheet, err) != 0) {
        json_decref(names);
        json_decref(claim);
        return -1;
    }
    reply->json = head(request, &sheet, form, &page);
    if (reply->json == NULL || json_object_set_new(reply->json, "claim", claim) != 0 ||
        json_object_set_new(reply->json, "reader_changed", json_boolean(newer)) != 0 ||
        json_object_set_new(reply->json, "people", names) != 0 ||
        json_object_set_new(reply->json, "blocks", blocks(form)) != 0 ||
        json_object_set_new(reply->json, "fields", fields(request, form, &sheet)) != 0 ||
        json_object_set_new(reply->json, "dates", dates(request, form)) != 0 ||
        json_object_set_new(reply->json, "problems", problems(&sheet)) != 0)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for the answer");
    return 0;
}
