#include "routing/sheet_print.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "records/directory.h"
#include "records/sheet.h"
#include "records/sheet_code.h"

#define REFERRAL_FORM "referral-status"
#define PHONE_DIGITS_MIN 9
#define ERA_WIDTH_MM 7.4 /* of two printed characters, left of the cell of the year */
#define ERA_GAP_MM 0.4
#define ERA_PT 8

struct filling {
    const struct tsk_form *form;
    const struct tsk_sheet *sheet;
    struct tsk_arena *arena;
    struct tsk_fill_value *values;
    struct tsk_fill_line *lines;
    struct tsk_fill_note *notes;
    struct tsk_fill fill;
};

static int check_number(struct tsk_store *store, const struct tsk_sheet_print *what, const struct tsk_form *form,
                        const struct tsk_print *print, struct tsk_err *err)
{
    char *digits = tsk_digits_only(print->text);
    bool verified = true;
    int rc = 0;

    if (digits == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    if (strlen(digits) >= PHONE_DIGITS_MIN)
        rc = tsk_directory_fax_is_verified(&verified, store, what->office, digits, err);
    free(digits);
    if (rc == 0 && !verified)
        rc = tsk_fail(err, TSK_REJECT, 0,
                      "%s/%s prints \"%s\", which is no verified fax number in the directory of office %s; "
                      "verify the number, or make an edition with the right one. Nothing was printed",
                      form->id, form->edition, print->text, what->office);
    return rc;
}

int tsk_sheet_print_check(bool *fine, struct tsk_store *store, const struct tsk_form *form,
                          const struct tsk_sheet_print *what, struct tsk_err *err)
{
    int rc = 0;

    *fine = true;
    for (size_t i = 0; i < form->print_count && rc == 0; i++)
        rc = check_number(store, what, form, &form->prints[i], err);
    if (rc == 0 || err->kind != TSK_REJECT)
        return rc;
    *fine = false;
    *err = (struct tsk_err){ .kind = TSK_OK };
    return 0;
}

static int check_numbers(struct tsk_store *store, const struct tsk_sheet_print *what, const struct tsk_form *form,
                         struct tsk_err *err)
{
    for (size_t i = 0; i < form->print_count; i++)
        if (check_number(store, what, form, &form->prints[i], err) != 0)
            return -1;
    return 0;
}

/* By the clinic, and certain: the hospital fills in the rest. */
static bool is_given(const struct filling *filling, const struct tsk_field *field)
{
    if (!tsk_sheet_sure(filling->sheet, field->id) || *tsk_sheet_value(filling->sheet, field->id) == '\0')
        return false;
    for (size_t i = 0; i < filling->form->block_count; i++)
        if (strcmp(filling->form->blocks[i].id, field->block) == 0)
            return strcmp(filling->form->blocks[i].party, "clinic") == 0;
    return false;
}

static int fill_options(struct filling *filling, struct tsk_fill_value *value, const char *options, struct tsk_err *err)
{
    char *copy = tsk_arena_strdup(filling->arena, options);
    const char **chosen = tsk_arena_alloc(filling->arena, (strlen(options) / 2 + 2) * sizeof *chosen);
    char *rest = copy;

    if (copy == NULL || chosen == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    for (char *option; (option = strsep(&rest, ",")) != NULL;)
        chosen[value->chosen_count++] = option;
    value->chosen = chosen;
    return 0;
}

static int fill_field(struct filling *filling, const struct tsk_field *field, struct tsk_err *err)
{
    struct tsk_fill_value *value = &filling->values[filling->fill.value_count];
    const char *text = tsk_sheet_value(filling->sheet, field->id);
    const char *year;

    *value = (struct tsk_fill_value){ .field = field->id };
    filling->fill.value_count++;
    if (field->kind == TSK_FIELD_MARK || field->kind == TSK_FIELD_CIRCLE)
        return fill_options(filling, value, text, err);
    value->text = tsk_era_before(text, &year) != TSK_ERA_NONE ? year : text;
    return 0;
}

static void correct_era(struct filling *filling, const struct tsk_form_date *date)
{
    const struct tsk_field *year = tsk_form_field(filling->form, date->year);
    struct tsk_date day;
    enum tsk_era era;
    int era_year;

    if (*date->era == '\0' || year == NULL || !is_given(filling, year) ||
        !tsk_date_parse(tsk_sheet_value(filling->sheet, date->id), &day))
        return;
    era = tsk_era_of(day, &era_year);
    if (era == tsk_era_from_id(date->era))
        return;
    double left = year->box.x - ERA_WIDTH_MM, middle = year->box.y + year->box.h / 2;
    filling->lines[filling->fill.line_count++] =
        (struct tsk_fill_line){ left, middle, year->box.x - ERA_GAP_MM, middle };
    filling->notes[filling->fill.note_count++] =
        (struct tsk_fill_note){ tsk_era_ja(era), left, year->box.y - ERA_GAP_MM, ERA_PT };
}

static int fill_in(struct filling *filling, struct tsk_err *err)
{
    const struct tsk_form *form = filling->form;

    filling->values = tsk_arena_alloc(filling->arena, (form->field_count + 1) * sizeof *filling->values);
    filling->lines = tsk_arena_alloc(filling->arena, (form->date_count + 1) * sizeof *filling->lines);
    filling->notes = tsk_arena_alloc(filling->arena, (form->date_count + 1) * sizeof *filling->notes);
    if (filling->values == NULL || filling->lines == NULL || filling->notes == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    for (size_t i = 0; i < form->field_count; i++)
        if (is_given(filling, &form->fields[i]) && fill_field(filling, &form->fields[i], err) != 0)
            return -1;
    for (size_t i = 0; i < form->date_count; i++)
        correct_era(filling, &form->dates[i]);
    filling->fill.values = filling->values;
    filling->fill.lines = filling->lines;
    filling->fill.notes = filling->notes;
    return 0;
}

/* What the form can be filled in from: a sheet of that form, or one that says who was sent where by whom. */
static bool tells(const char *form, const char *wanted)
{
    return strcmp(form, wanted) == 0 || strcmp(form, REFERRAL_FORM) == 0;
}

/* The newest confirmed sheet that tells it, else the newest; a referral goes before a page that was made from it. */
static int choose_sheet(struct tsk_sheet *out, struct tsk_store *store, const struct tsk_scope *scope,
                        const struct tsk_sheet_print *what, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_sheet_filter filter = { .case_number = what->case_number, .office = what->office };
    struct tsk_sheets sheets;
    int64_t chosen = 0;
    int best = -1;

    if (tsk_sheet_list(&sheets, store, scope, &filter, arena, err) != 0)
        return -1;
    for (size_t i = 0; i < sheets.count; i++) {
        const struct tsk_sheet *sheet = &sheets.items[i];
        bool referral = strcmp(sheet->form, REFERRAL_FORM) == 0;
        int worth = (sheet->state == TSK_SHEET_CONFIRMED ? 2 : 0) + (referral ? 1 : 0);

        if (*sheet->closed != '\0' || !tells(sheet->form, what->form) || worth <= best)
            continue;
        best = worth;
        chosen = sheet->id;
    }
    if (chosen == 0)
        return tsk_fail(err, TSK_REJECT, 0, "case %s has no %s to fill in from", what->case_number, what->form);
    return tsk_sheet_find(out, store, scope, chosen, arena, err);
}

static int print_return_sheet(struct tsk_buf *out, struct tsk_store *store, struct tsk_vault *vault,
                              const struct tsk_scope *scope, const struct tsk_sheet_print *what,
                              const struct tsk_form *form, struct tsk_arena *arena, struct tsk_err *err)
{
    char code[TSK_SHEET_CODE_SIZE];
    struct tsk_sheet sheet;
    struct filling filling = { .form = form, .sheet = &sheet, .arena = arena };

    if (vault == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "the code on a return sheet needs the site's key; see tasuki key");
    if (choose_sheet(&sheet, store, scope, what, arena, err) != 0 || fill_in(&filling, err) != 0 ||
        tsk_sheet_code_make(code, vault, what->case_number, form, err) != 0)
        return -1;
    filling.fill.code = form->code.w > 0 ? code : NULL;
    return tsk_form_print(out, form, &filling.fill, what->as, err);
}

int tsk_sheet_print(struct tsk_buf *out, struct tsk_store *store, const struct tsk_forms *forms,
                    struct tsk_vault *vault, const struct tsk_scope *scope, const struct tsk_sheet_print *what,
                    struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_form *form = tsk_forms_find(forms, what->form, what->edition);
    const struct tsk_fill nothing = { .value_count = 0 };

    if (form == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "there is no form %s%s%s; `tasuki forms list` names them", what->form,
                        what->edition != NULL ? "/" : "", what->edition != NULL ? what->edition : "");
    if (check_numbers(store, what, form, err) != 0)
        return -1;
    if (what->case_number == NULL)
        return tsk_form_print(out, form, &nothing, what->as, err);
    return print_return_sheet(out, store, vault, scope, what, form, arena, err);
}
