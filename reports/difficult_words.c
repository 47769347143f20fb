#include "reports/difficult_words.h"

#include <string.h>

/* "生年月日" of "生年月日（年）". */
static const char *date_label(const struct tsk_case_file *file, const struct tsk_form *form,
                              const struct tsk_form_date *date)
{
    const struct tsk_field *year = tsk_form_field(form, date->year);
    const char *label = year != NULL ? year->label : date->id, *end = strstr(label, "（");
    const char *name = end != NULL ? tsk_arena_printf(file->arena, "%.*s", (int)(end - label), label) : label;

    return name != NULL ? name : date->id;
}

static const struct tsk_form_date *date_of(const struct tsk_form *form, const char *field)
{
    for (size_t i = 0; i < form->date_count; i++) {
        const struct tsk_form_date *d = &form->dates[i];
        if (strcmp(d->id, field) == 0 || strcmp(d->year, field) == 0 || strcmp(d->month, field) == 0 ||
            strcmp(d->day, field) == 0 || strcmp(d->era_field, field) == 0)
            return d;
    }
    return NULL;
}

static bool listed(const struct tsk_difficult_fields *list, const char *id)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].id, id) == 0)
            return true;
    return false;
}

static void add_sheet(struct tsk_difficult_fields *out, const struct tsk_case_file *file, const struct tsk_sheet *sheet,
                      const struct tsk_form *form)
{
    for (size_t i = 0; i < form->field_count; i++) {
        const struct tsk_field *field = &form->fields[i];
        const struct tsk_form_date *date = date_of(form, field->id);
        const char *id = date != NULL ? date->id : field->id;
        const char *value = date != NULL ? tsk_sheet_value(sheet, id) : tsk_file_words(file, sheet, id);

        if (*value != '\0' && field->kind != TSK_FIELD_IMAGE && !listed(out, id))
            out->items[out->count++] =
                (struct tsk_difficult_field){ id, date != NULL ? date_label(file, form, date) : field->label, value };
    }
}

int tsk_difficult_choices(struct tsk_difficult_fields *out, const struct tsk_case_file *file, struct tsk_err *err)
{
    size_t most = 0;

    for (size_t i = 0; i < file->sheets.count; i++)
        most += file->sheets.items[i].field_count;
    out->count = 0;
    if ((out->items = tsk_arena_alloc(file->arena, (most + 1) * sizeof *out->items)) == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for the fields of a case");
    for (size_t i = file->sheets.count; i > 0; i--) { /* the newest says it */
        const struct tsk_sheet *sheet = &file->sheets.items[i - 1];
        const struct tsk_form *form = tsk_file_form(file, sheet);
        if (form != NULL && sheet->state == TSK_SHEET_CONFIRMED)
            add_sheet(out, file, sheet, form);
    }
    return 0;
}

static bool chosen(const char *fields, const char *id)
{
    size_t len = strlen(id);

    for (const char *at = fields; *at != '\0'; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ','))
        if (strcspn(at, ",") == len && strncmp(at, id, len) == 0)
            return true;
    return false;
}

int tsk_difficult_check_fields(const struct tsk_case_file *file, const char *fields, struct tsk_err *err)
{
    struct tsk_difficult_fields all;

    if (tsk_difficult_choices(&all, file, err) != 0)
        return -1;
    for (const char *at = fields; *at != '\0';) {
        size_t len = strcspn(at, ",");
        bool known = false;
        for (size_t i = 0; i < all.count && !known; i++)
            known = strlen(all.items[i].id) == len && strncmp(all.items[i].id, at, len) == 0;
        if (!known)
            return tsk_fail(err, TSK_REJECT, 0, "no confirmed sheet of the case says anything of \"%.*s\"", (int)len,
                            at);
        at += len + (at[len] == ',');
    }
    return 0;
}

const char *tsk_difficult_words(const struct tsk_case_file *file, const struct tsk_difficult *d)
{
    struct tsk_difficult_fields all;
    struct tsk_err ignored = { .kind = TSK_OK };
    const char *words = "", *more;

    if (tsk_difficult_choices(&all, file, &ignored) != 0)
        return "";
    for (size_t i = 0; i < all.count; i++)
        if (chosen(d->fields, all.items[i].id) &&
            (more = tsk_arena_printf(file->arena, "%s%s: %s\n", words, all.items[i].label, all.items[i].value)) != NULL)
            words = more;
    if (*words == '\0')
        return "";
    more = tsk_arena_printf(
        file->arena,
        "%s\n%s 様\n\n支援が難しい事例について、ご本人または家族の同意にもとづき、次のとおりお知らせします。"
        "この事例の支援以外には使わないでください。受け取られましたら、%sまでお電話ください。\n\n"
        "案件番号: %s\nお知らせの理由: %s\n\n%s",
        d->institution_name, d->desk, file->office_name, d->case_number, d->why, words);
    return more != NULL ? more : "";
}
