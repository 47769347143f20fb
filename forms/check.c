/* What no schema can tell: whether a form holds together. */
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "forms/loading.h"

#define CODE_MM_MIN 18.0 /* smaller ones are lost on faxes of 98 lines an inch */

static const char *const lexicons[] = { "",     "institution", "department", "town", "surname",  "person",
                                        "kana", "phone",       "email",      "ward", "relation", "free" };
static const char *const parties[] = { "clinic", "hospital", "office", "care_manager" };
static const char *const roles[] = {
    "referral", "move", "issued", "created", "birth", "valid_from", "valid_to", "log"
};

static bool is_one_of(const char *const *words, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], text) == 0)
            return true;
    return false;
}

static bool is_id(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

    return text[0] != '\0' && strspn(text, allowed) == strlen(text);
}

static void fault_at(struct tsk_faults *faults, const struct tsk_place *place, const char *member, const char *format,
                     ...) TSK_PRINTF(4, 5);

static void fault_at(struct tsk_faults *faults, const struct tsk_place *place, const char *member, const char *format,
                     ...)
{
    char path[160], text[300];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)snprintf(path, sizeof path, "%s%s%s", place->path, member[0] == '\0' ? "" : ".", member);
    tsk_fault(faults, place->yaml, path, "%s", text);
}

static bool on_page(const struct tsk_form *form, const struct tsk_rect *box)
{
    return box->x >= 0 && box->y >= 0 && box->w > 0 && box->h > 0 && box->x + box->w <= form->page_w &&
           box->y + box->h <= form->page_h;
}

static void check_box(struct tsk_faults *faults, const struct tsk_form *form, const struct tsk_place *place,
                      const char *member, const struct tsk_rect *box)
{
    if (box->w == 0 && box->h == 0)
        fault_at(faults, place, member, "missing; where on the page is it?");
    else if (!on_page(form, box))
        fault_at(faults, place, member, "[%g, %g, %g, %g] is not on the page of %g x %g mm", box->x, box->y, box->w,
                 box->h, form->page_w, form->page_h);
}

static bool overlap(const struct tsk_rect *a, const struct tsk_rect *b)
{
    /* boxes that only touch do not overlap; a hundredth of a millimetre is rounding */
    const double slack = 0.01;

    return a->x + slack < b->x + b->w && b->x + slack < a->x + a->w && a->y + slack < b->y + b->h &&
           b->y + slack < a->y + a->h;
}

static bool has_options(const struct tsk_field *field)
{
    return field->kind == TSK_FIELD_MARK || field->kind == TSK_FIELD_CIRCLE;
}

static const struct tsk_option *find_option(const struct tsk_field *field, const char *value, size_t len)
{
    for (size_t i = 0; i < field->option_count; i++)
        if (strlen(field->options[i].value) == len && strncmp(field->options[i].value, value, len) == 0)
            return &field->options[i];
    return NULL;
}

/* An option is compared with all that come later, in its own field and in others. */
static void check_overlap(const struct tsk_form_draft *draft, size_t at, size_t option, struct tsk_faults *faults)
{
    const struct tsk_form *form = draft->form;
    const struct tsk_option *mine = &form->fields[at].options[option];
    char member[64];

    for (size_t i = at; i < form->field_count; i++)
        for (size_t j = i == at ? option + 1 : 0; j < form->fields[i].option_count; j++)
            if (overlap(&mine->box, &form->fields[i].options[j].box)) {
                (void)snprintf(member, sizeof member, "options[%zu].box_mm", j);
                fault_at(faults, &draft->fields[i], member, "overlaps the box of %s=%s", form->fields[at].id,
                         mine->value);
            }
}

static void check_options(const struct tsk_form_draft *draft, size_t at, struct tsk_faults *faults)
{
    const struct tsk_field *field = &draft->form->fields[at];
    char member[64];

    if (field->option_count == 0)
        fault_at(faults, &draft->fields[at], "options", "missing; a field to mark or circle needs some");
    for (size_t i = 0; i < field->option_count; i++) {
        const struct tsk_option *option = &field->options[i];

        (void)snprintf(member, sizeof member, "options[%zu].value", i);
        if (!is_id(option->value))
            fault_at(faults, &draft->fields[at], member, "\"%s\" is no identifier (letters, digits, _ . -)",
                     option->value);
        else if (find_option(field, option->value, strlen(option->value)) != option)
            fault_at(faults, &draft->fields[at], member, "%s stands twice", option->value);
        (void)snprintf(member, sizeof member, "options[%zu].box_mm", i);
        check_box(faults, draft->form, &draft->fields[at], member, &option->box);
        check_overlap(draft, at, i, faults);
    }
}

static void check_only_if(const struct tsk_form_draft *draft, size_t at, struct tsk_faults *faults)
{
    const struct tsk_field *field = &draft->form->fields[at], *other = NULL;
    const char *equals = strchr(field->only_if, '=');

    if (field->only_if[0] == '\0')
        return;
    for (size_t i = 0; equals != NULL && i < draft->form->field_count; i++) {
        const struct tsk_field *one = &draft->form->fields[i];
        if (strlen(one->id) == (size_t)(equals - field->only_if) &&
            strncmp(one->id, field->only_if, strlen(one->id)) == 0)
            other = one;
    }
    if (equals == NULL)
        fault_at(faults, &draft->fields[at], "only_if", "\"%s\" is not FIELD=OPTION", field->only_if);
    else if (other == NULL)
        fault_at(faults, &draft->fields[at], "only_if", "%s: there is no such field", field->only_if);
    else if (find_option(other, equals + 1, strlen(equals + 1)) == NULL)
        fault_at(faults, &draft->fields[at], "only_if", "%s: that field has no such option", field->only_if);
}

static bool is_block(const struct tsk_form *form, const char *id)
{
    for (size_t i = 0; i < form->block_count; i++)
        if (strcmp(form->blocks[i].id, id) == 0)
            return true;
    return false;
}

static void check_field(const struct tsk_form_draft *draft, size_t at, struct tsk_faults *faults)
{
    const struct tsk_field *field = &draft->form->fields[at];
    const struct tsk_place *place = &draft->fields[at];

    if (!is_id(field->id))
        fault_at(faults, place, "id", "\"%s\" is no identifier (letters, digits, _ . -)", field->id);
    if (field->label[0] == '\0')
        fault_at(faults, place, "label", "missing; what does a person call this field?");
    if (!is_block(draft->form, field->block))
        fault_at(faults, place, "block", "\"%s\" is none of the form's blocks", field->block);
    if (!is_one_of(lexicons, TSK_COUNT(lexicons), field->lexicon))
        fault_at(faults, place, "lexicon", "unknown lexicon \"%s\"", field->lexicon);
    if (field->lines_max < 1 || field->lines_max > 40)
        fault_at(faults, place, "lines_max", "%d is not between 1 and 40", field->lines_max);
    if (field->digits_max < 1 || field->digits_max > 4)
        fault_at(faults, place, "digits_max", "%d is not between 1 and 4", field->digits_max);
    check_only_if(draft, at, faults);
    if ((int)field->kind < 0) {
        fault_at(faults, place, "kind", "missing; one of mark, circle, text, digits, image");
    } else if (has_options(field)) {
        check_options(draft, at, faults);
    } else {
        if (field->option_count > 0)
            fault_at(faults, place, "options", "only a field to mark or circle has options");
        check_box(faults, draft->form, place, "box_mm", &field->box);
    }
}

static void check_cell(const struct tsk_form_draft *draft, size_t at, const char *member, const char *id,
                       struct tsk_faults *faults)
{
    const struct tsk_field *field = tsk_form_field(draft->form, id);

    if (field == NULL)
        fault_at(faults, &draft->dates[at], member, "there is no field %s", id);
    else if (field->kind != TSK_FIELD_DIGITS)
        fault_at(faults, &draft->dates[at], member, "field %s is not of kind digits", id);
}

static void check_era_field(const struct tsk_form_draft *draft, size_t at, struct tsk_faults *faults)
{
    const struct tsk_form_date *date = &draft->form->dates[at];
    const struct tsk_field *field = tsk_form_field(draft->form, date->era_field);

    if (field == NULL || !has_options(field)) {
        fault_at(faults, &draft->dates[at], "era_field", "there is no field %s to mark or circle", date->era_field);
        return;
    }
    for (size_t i = 0; i < field->option_count; i++)
        if (tsk_era_from_id(field->options[i].value) == TSK_ERA_NONE)
            fault_at(faults, &draft->dates[at], "era_field", "option %s of %s is no era", field->options[i].value,
                     date->era_field);
}

static void check_date(const struct tsk_form_draft *draft, size_t at, struct tsk_faults *faults)
{
    const struct tsk_form_date *date = &draft->form->dates[at];

    check_cell(draft, at, "year", date->year, faults);
    check_cell(draft, at, "month", date->month, faults);
    check_cell(draft, at, "day", date->day, faults);
    if (date->age[0] != '\0')
        check_cell(draft, at, "age", date->age, faults);
    if (!is_one_of(roles, TSK_COUNT(roles), date->role))
        fault_at(faults, &draft->dates[at], "role", "unknown role \"%s\"", date->role);
    if (date->era[0] != '\0' && tsk_era_from_id(date->era) == TSK_ERA_NONE)
        fault_at(faults, &draft->dates[at], "era", "unknown era \"%s\"", date->era);
    if (date->era[0] != '\0' && date->era_field[0] != '\0')
        fault_at(faults, &draft->dates[at], "era", "an era is either printed (era) or chosen (era_field), not both");
    if (date->era_field[0] != '\0')
        check_era_field(draft, at, faults);
}

static void check_print(const struct tsk_form_draft *draft, size_t at, struct tsk_faults *faults)
{
    const struct tsk_print *print = &draft->form->prints[at];

    if (print->text[0] == '\0')
        fault_at(faults, &draft->prints[at], "text", "missing; what is printed there?");
    if (print->font[0] == '\0')
        fault_at(faults, &draft->prints[at], "font", "missing; in which font?");
    if (print->size_pt < 4 || print->size_pt > 72)
        fault_at(faults, &draft->prints[at], "size_pt", "%g is not between 4 and 72", print->size_pt);
    check_box(faults, draft->form, &draft->prints[at], "box_mm", &print->box);
}

static void check_head(const struct tsk_form_draft *draft, struct tsk_faults *faults)
{
    const struct tsk_form *form = draft->form;
    const struct tsk_yaml *yaml = draft->source->yaml;

    if (form->title[0] == '\0')
        tsk_fault(faults, yaml, "title", "missing; what is the sheet called?");
    if (form->page_w < 50 || form->page_w > 500 || form->page_h < 50 || form->page_h > 500)
        tsk_fault(faults, yaml, "page_mm", "[%g, %g]: a page is 50 to 500 mm wide and high", form->page_w,
                  form->page_h);
    if (form->ward[0] != '\0' && (strlen(form->ward) != 5 || strspn(form->ward, "0123456789") != 5))
        tsk_fault(faults, yaml, "ward", "\"%s\" is no ward code of five digits, in quotes", form->ward);
    if (form->code.w != 0 && (!on_page(form, &form->code) || form->code.w < CODE_MM_MIN || form->code.h < CODE_MM_MIN))
        tsk_fault(faults, yaml, "code_mm", "[%g, %g, %g, %g]: a code needs %g x %g mm on the page", form->code.x,
                  form->code.y, form->code.w, form->code.h, CODE_MM_MIN, CODE_MM_MIN);
    if (form->field_count == 0)
        tsk_fault(faults, yaml, "fields", "the form has no field");
}

void tsk_form_check_draft(const struct tsk_form_draft *draft, struct tsk_faults *faults)
{
    const struct tsk_form *form = draft->form;

    check_head(draft, faults);
    for (size_t i = 0; i < form->block_count; i++)
        if (!is_one_of(parties, TSK_COUNT(parties), form->blocks[i].party))
            fault_at(faults, &draft->blocks[i], "party", "\"%s\" is none of clinic, hospital, office, care_manager",
                     form->blocks[i].party);
    for (size_t i = 0; i < form->field_count; i++)
        check_field(draft, i, faults);
    for (size_t i = 0; i < form->date_count; i++)
        check_date(draft, i, faults);
    for (size_t i = 0; i < form->print_count; i++)
        check_print(draft, i, faults);
}
