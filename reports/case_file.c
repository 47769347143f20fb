#include "reports/case_file.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "records/directory.h"

static int no_room(struct tsk_err *err)
{
    return tsk_fail(err, TSK_RETRY, 0, "no memory for a case");
}

static int load_sheets(struct tsk_case_file *file, struct tsk_err *err)
{
    const struct tsk_sheet_filter filter = { .case_number = file->kase.number };

    if (tsk_sheet_list(&file->sheets, file->store, file->scope, &filter, file->arena, err) != 0)
        return -1;
    for (size_t i = 0; i < file->sheets.count / 2; i++) { /* oldest first */
        struct tsk_sheet swap = file->sheets.items[i];
        file->sheets.items[i] = file->sheets.items[file->sheets.count - 1 - i];
        file->sheets.items[file->sheets.count - 1 - i] = swap;
    }
    for (size_t i = 0; i < file->sheets.count; i++)
        if (tsk_sheet_find(&file->sheets.items[i], file->store, file->scope, file->sheets.items[i].id, file->arena,
                           err) != 0)
            return -1;
    return 0;
}

static bool has_document(const struct tsk_case_file *file, const char *id)
{
    for (size_t i = 0; i < file->documents.count; i++)
        if (strcmp(file->documents.items[i].spool_id, id) == 0)
            return true;
    return false;
}

static int load_documents(struct tsk_case_file *file, struct tsk_err *err)
{
    file->documents.items = tsk_arena_alloc(file->arena, (file->sheets.count + 1) * sizeof *file->documents.items);
    if (file->documents.items == NULL)
        return no_room(err);
    for (size_t i = 0; i < file->sheets.count; i++) {
        const char *id = file->sheets.items[i].document;

        if (*id == '\0' || has_document(file, id))
            continue;
        if (tsk_document_find(&file->documents.items[file->documents.count], file->store, file->scope, id, file->arena,
                              err) != 0)
            return -1;
        file->documents.count++;
    }
    return 0;
}

static int name_office(struct tsk_case_file *file, struct tsk_err *err)
{
    struct tsk_offices offices;

    if (tsk_office_list(&offices, file->store, file->scope, file->arena, err) != 0)
        return -1;
    file->office_name = file->kase.office;
    for (size_t i = 0; i < offices.count; i++)
        if (strcmp(offices.items[i].id, file->kase.office) == 0)
            file->office_name = offices.items[i].name;
    return 0;
}

int tsk_case_file_load(struct tsk_case_file *out, struct tsk_store *store, const struct tsk_scope *scope,
                       const char *number, const struct tsk_forms *forms, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_notice_filter notices = { .case_number = number };
    const struct tsk_inquiry_filter inquiries = { .case_number = number };

    *out = (struct tsk_case_file){ .store = store, .scope = scope, .forms = forms, .arena = arena };
    return tsk_case_find(&out->kase, store, scope, number, arena, err) != 0 || name_office(out, err) != 0 ||
                   load_sheets(out, err) != 0 || load_documents(out, err) != 0 ||
                   tsk_case_event_list(&out->events, store, scope, number, arena, err) != 0 ||
                   tsk_consent_list(&out->consents, store, scope, number, arena, err) != 0 ||
                   tsk_notice_list(&out->notices, store, scope, &notices, arena, err) != 0 ||
                   tsk_inquiry_list(&out->inquiries, store, scope, &inquiries, arena, err) != 0 ||
                   tsk_ledger_list(&out->ledger, store, scope, number, arena, err) != 0
               ? -1
               : 0;
}

const struct tsk_form *tsk_file_form(const struct tsk_case_file *file, const struct tsk_sheet *sheet)
{
    return tsk_forms_find(file->forms, sheet->form, sheet->edition);
}

const char *tsk_file_value(const struct tsk_case_file *file, const struct tsk_sheet *sheet, const char *means)
{
    const struct tsk_form *form = tsk_file_form(file, sheet);

    for (size_t i = 0; form != NULL && i < form->field_count; i++)
        if (strcmp(form->fields[i].means, means) == 0)
            return tsk_sheet_value(sheet, form->fields[i].id);
    return "";
}

static const char *label_of(const struct tsk_field *field, const char *value, size_t len)
{
    for (size_t i = 0; i < field->option_count; i++)
        if (strlen(field->options[i].value) == len && strncmp(field->options[i].value, value, len) == 0)
            return field->options[i].label;
    return NULL;
}

const char *tsk_file_words(const struct tsk_case_file *file, const struct tsk_sheet *sheet, const char *id)
{
    const struct tsk_form *form = tsk_file_form(file, sheet);
    const struct tsk_field *field = form != NULL ? tsk_form_field(form, id) : NULL;
    const char *value = tsk_sheet_value(sheet, id), *words = "";

    if (field == NULL || field->option_count == 0)
        return value;
    while (*value != '\0') {
        size_t len = strcspn(value, ",");
        const char *label = label_of(field, value, len);
        const char *more =
            tsk_arena_printf(file->arena, "%s%s%.*s", words, *words != '\0' ? "・" : "",
                             label != NULL ? (int)strlen(label) : (int)len, label != NULL ? label : value);

        words = more != NULL ? more : words;
        value += len + (value[len] == ',');
    }
    return words;
}

const char *tsk_file_meaning(const struct tsk_case_file *file, const char *means, const struct tsk_sheet **found)
{
    for (size_t i = file->sheets.count; i > 0; i--) {
        const struct tsk_sheet *sheet = &file->sheets.items[i - 1];
        const char *value = sheet->state == TSK_SHEET_CONFIRMED ? tsk_file_value(file, sheet, means) : "";

        if (*value == '\0')
            continue;
        if (found != NULL)
            *found = sheet;
        return value;
    }
    return "";
}

const char *tsk_file_derived(const struct tsk_case_file *file, const char *field)
{
    for (size_t i = file->sheets.count; i > 0; i--) {
        const struct tsk_sheet *sheet = &file->sheets.items[i - 1];
        const char *value = sheet->state == TSK_SHEET_CONFIRMED ? tsk_sheet_value(sheet, field) : "";

        if (*value != '\0')
            return value;
    }
    return "";
}

const char *tsk_file_recipient(const struct tsk_case_file *file, const char *recipient)
{
    static const char prefix[] = "institution:";
    struct tsk_institution found;
    struct tsk_err ignored = { .kind = TSK_OK };
    const char *name = NULL;

    if (strncmp(recipient, prefix, sizeof prefix - 1) == 0 &&
        tsk_directory_find(&found, file->store, file->scope, strtoll(recipient + sizeof prefix - 1, NULL, 10),
                           file->arena, &ignored) == 0)
        name =
            tsk_arena_printf(file->arena, "%s%s%s", found.name, *found.department != '\0' ? " " : "", found.department);
    return name != NULL ? name : recipient;
}

const char *tsk_file_note(const struct tsk_case_file *file, const struct tsk_case_event *event, const char *part)
{
    json_t *detail = json_loads(event->detail, 0, NULL);
    const char *text = json_string_value(json_object_get(detail, part));
    const char *copy = tsk_arena_strdup(file->arena, text != NULL ? text : "");

    json_decref(detail);
    return copy != NULL ? copy : "";
}
