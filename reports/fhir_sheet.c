/* The sheets as they are: answers under the ids of the fields, and who confirmed them. */
#include <string.h>

#include "base/date.h"
#include "reports/fhir_parts.h"

static json_t *coding(const struct tsk_case_file *file, const struct tsk_field *field, const char *value, size_t len)
{
    for (size_t i = 0; i < field->option_count; i++)
        if (strlen(field->options[i].value) == len && strncmp(field->options[i].value, value, len) == 0)
            return json_pack("{s:{s:s, s:s}}", "valueCoding", "code", field->options[i].value, "display",
                             field->options[i].label);
    const char *code = tsk_arena_printf(file->arena, "%.*s", (int)len, value);
    return json_pack("{s:{s:s}}", "valueCoding", "code", code != NULL ? code : "?");
}

static json_t *answers_of(const struct tsk_case_file *file, const struct tsk_field *field,
                          const struct tsk_sheet_field *value)
{
    struct tsk_date date;
    json_t *answers = json_array();
    const char *at = value->value;

    if (field == NULL || field->option_count == 0) {
        bool day = value->kind == TSK_SHEET_DERIVED && tsk_date_parse(at, &date);
        json_array_append_new(answers, json_pack("{s:s}", day ? "valueDate" : "valueString", at));
        return answers;
    }
    while (*at != '\0') {
        size_t len = strcspn(at, ",");
        json_array_append_new(answers, coding(file, field, at, len));
        at += len + (at[len] == ',');
    }
    return answers;
}

static const char *sheet_name(const struct fhir *fhir, const struct tsk_sheet *sheet)
{
    const char *name = tsk_arena_printf(fhir->file->arena, "sheet %lld", (long long)sheet->id);

    return name != NULL ? name : "";
}

static const char *add_answers(struct fhir *fhir, const struct tsk_sheet *sheet)
{
    const struct tsk_form *form = tsk_file_form(fhir->file, sheet);
    bool confirmed = sheet->state == TSK_SHEET_CONFIRMED;
    const char *of = tsk_arena_printf(fhir->file->arena, "urn:x-tasuki:form:%s:%s", sheet->form, sheet->edition);
    json_t *items = json_array();

    for (size_t i = 0; i < sheet->field_count; i++) {
        const struct tsk_sheet_field *value = &sheet->fields[i];
        const struct tsk_field *field = form != NULL ? tsk_form_field(form, value->id) : NULL;
        if (*value->value == '\0' || value->kind == TSK_FIELD_IMAGE)
            continue;
        json_t *item = json_pack("{s:s}", "linkId", value->id);
        fhir_set_text(item, "text", field != NULL ? field->label : "");
        fhir_set(item, "answer", answers_of(fhir->file, field, value));
        json_array_append_new(items, item);
    }
    json_t *response = json_pack("{s:s, s:s, s:o, s:s}", "questionnaire", of != NULL ? of : "", "status",
                                 confirmed ? "completed" : "in-progress", "subject", fhir_patient(fhir), "authored",
                                 confirmed ? sheet->confirmed_at : sheet->received);
    if (json_array_size(items) > 0)
        fhir_set(response, "item", json_incref(items));
    json_decref(items);
    return fhir_add(fhir, "QuestionnaireResponse", sheet_name(fhir, sheet), response);
}

static const char *document_url(const struct fhir *fhir, const struct tsk_sheet *sheet)
{
    for (size_t i = 0; i < fhir->file->documents.count; i++)
        if (strcmp(fhir->file->documents.items[i].spool_id, sheet->document) == 0)
            return fhir_url(fhir, "DocumentReference", sheet->document);
    return NULL;
}

static void add_provenance(struct fhir *fhir, const struct tsk_sheet *sheet, const char *answers)
{
    bool confirmed = sheet->state == TSK_SHEET_CONFIRMED;
    const char *document = document_url(fhir, sheet);
    json_t *from = json_pack("{s:[o], s:s, s:[{s:{s:s}, s:{s:s}}]}", "target", fhir_reference(answers), "recorded",
                             confirmed ? sheet->confirmed_at : sheet->received, "agent", "type", "text",
                             confirmed ? "確認者" : "読み取り（未確認）", "who", "display",
                             confirmed ? sheet->confirmed_by : sheet->reader);

    if (document != NULL)
        fhir_set(from, "entity", json_pack("[{s:s, s:o}]", "role", "source", "what", fhir_reference(document)));
    fhir_add(fhir, "Provenance", sheet_name(fhir, sheet), from);
}

void fhir_add_sheets(struct fhir *fhir)
{
    const struct tsk_case_file *file = fhir->file;

    for (size_t i = 0; i < file->sheets.count; i++) {
        const char *answers = add_answers(fhir, &file->sheets.items[i]);
        if (answers != NULL)
            add_provenance(fhir, &file->sheets.items[i], answers);
    }
}
