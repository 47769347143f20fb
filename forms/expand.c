/* Inheritance and rows: from the files of an edition and its parents to one flat form. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "forms/loading.h"

struct expander {
    struct tsk_arena *arena;
    struct tsk_form_draft *draft;
    struct tsk_faults *faults;
    const struct tsk_form_source *source; /* the file that is being laid over what came before */
    bool over_blank;                      /* blank.pdf is of an earlier file: texts given now are painted over it */
    bool no_memory;
};

static const char *keep(struct expander *ex, const char *text)
{
    const char *copy = tsk_arena_strdup(ex->arena, text);

    ex->no_memory |= copy == NULL;
    return copy == NULL ? "" : copy;
}

static void take_text(struct expander *ex, const char **at, const char *text)
{
    if (text != NULL)
        *at = keep(ex, text);
    else if (*at == NULL)
        *at = "";
}

static void take_box(struct tsk_rect *at, const double box[4], double top)
{
    if (box[2] != 0 || box[3] != 0)
        *at = (struct tsk_rect){ box[0], box[1] + top, box[2], box[3] };
}

static struct tsk_place place(struct expander *ex, const char *format, ...) TSK_PRINTF(2, 3);

static struct tsk_place place(struct expander *ex, const char *format, ...)
{
    char path[128];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(path, sizeof path, format, args);
    va_end(args);
    return (struct tsk_place){ ex->source->yaml, keep(ex, path) };
}

/* An id twice in one file is a slip; in a later file it is an override. */
static bool is_twin(struct expander *ex, const struct tsk_place *old, const struct tsk_place *now, const char *id)
{
    if (old->yaml != now->yaml)
        return false;
    tsk_fault(ex->faults, now->yaml, now->path, "id %s stands already in line %d; ids are unique in a form", id,
              tsk_yaml_line(old->yaml, old->path));
    return true;
}

static void lay_block(struct expander *ex, const struct tsk_raw_block *raw, struct tsk_place now)
{
    struct tsk_form *form = ex->draft->form;
    size_t i = 0;

    while (i < form->block_count && strcmp(form->blocks[i].id, raw->id) != 0)
        i++;
    if (i == form->block_count)
        form->blocks[form->block_count++].id = keep(ex, raw->id);
    else if (is_twin(ex, &ex->draft->blocks[i], &now, raw->id))
        return;
    ex->draft->blocks[i] = now;
    take_text(ex, &form->blocks[i].label, raw->label);
    take_text(ex, &form->blocks[i].party, raw->party);
}

static void lay_options(struct expander *ex, struct tsk_field *field, const struct tsk_raw_field *raw, double top)
{
    if (raw->options_count == 0)
        return;
    field->options = tsk_arena_alloc(ex->arena, raw->options_count * sizeof *field->options);
    if (field->options == NULL) {
        ex->no_memory = true;
        field->option_count = 0;
        return;
    }
    field->option_count = raw->options_count;
    for (size_t i = 0; i < field->option_count; i++) {
        field->options[i].value = keep(ex, raw->options[i].value);
        field->options[i].label = keep(ex, raw->options[i].label);
        take_box(&field->options[i].box, raw->options[i].box, top);
    }
}

static void start_field(struct tsk_field *field, const char *id)
{
    *field = (struct tsk_field){ .id = id,
                                 .label = "",
                                 .block = "",
                                 .lexicon = "",
                                 .suffix = "",
                                 .only_if = "",
                                 .means = "",
                                 .lines_max = 1,
                                 .digits_max = 2 };
}

/* A kind that nobody gave is told by the check through this value. */
#define KIND_MISSING ((enum tsk_field_kind)(-1))

static void lay_field(struct expander *ex, const struct tsk_raw_field *raw, const char *id, double top,
                      struct tsk_place now)
{
    struct tsk_form *form = ex->draft->form;
    struct tsk_field *field;
    size_t i = 0;

    while (i < form->field_count && strcmp(form->fields[i].id, id) != 0)
        i++;
    field = &form->fields[i];
    if (i == form->field_count) {
        start_field(field, keep(ex, id));
        field->kind = KIND_MISSING;
        form->field_count++;
    } else if (is_twin(ex, &ex->draft->fields[i], &now, id)) {
        return;
    }
    ex->draft->fields[i] = now;
    take_text(ex, &field->label, raw->label);
    take_text(ex, &field->block, raw->block);
    take_text(ex, &field->lexicon, raw->lexicon);
    take_text(ex, &field->suffix, raw->suffix);
    take_text(ex, &field->only_if, raw->only_if);
    take_text(ex, &field->means, raw->means);
    take_box(&field->box, raw->box, top);
    if (raw->kind != 0)
        field->kind = (enum tsk_field_kind)(raw->kind - 1);
    if (raw->choose != 0)
        field->choose = (enum tsk_choose)(raw->choose - 1);
    if (raw->lines_max != 0)
        field->lines_max = raw->lines_max;
    if (raw->digits_max != 0)
        field->digits_max = raw->digits_max;
    if (raw->required != NULL)
        field->required = *raw->required;
    lay_options(ex, field, raw, top);
}

static void lay_date(struct expander *ex, const struct tsk_raw_date *raw, struct tsk_place now)
{
    struct tsk_form *form = ex->draft->form;
    struct tsk_form_date *date;
    size_t i = 0;

    while (i < form->date_count && strcmp(form->dates[i].id, raw->id) != 0)
        i++;
    date = &form->dates[i];
    if (i == form->date_count) {
        date->id = keep(ex, raw->id);
        date->year = tsk_arena_printf(ex->arena, "%s.year", raw->id);
        date->month = tsk_arena_printf(ex->arena, "%s.month", raw->id);
        date->day = tsk_arena_printf(ex->arena, "%s.day", raw->id);
        form->date_count++;
    } else if (is_twin(ex, &ex->draft->dates[i], &now, raw->id)) {
        return;
    }
    ex->draft->dates[i] = now;
    take_text(ex, &date->role, raw->role);
    take_text(ex, &date->year, raw->year);
    take_text(ex, &date->month, raw->month);
    take_text(ex, &date->day, raw->day);
    take_text(ex, &date->era, raw->era);
    take_text(ex, &date->era_field, raw->era_field);
    take_text(ex, &date->age, raw->age);
}

static void lay_print(struct expander *ex, const struct tsk_raw_print *raw, struct tsk_place now)
{
    struct tsk_form *form = ex->draft->form;
    struct tsk_print *print;
    size_t i = 0;

    while (i < form->print_count && strcmp(form->prints[i].id, raw->id) != 0)
        i++;
    print = &form->prints[i];
    if (i == form->print_count) {
        print->id = keep(ex, raw->id);
        print->text = "";
        form->print_count++;
    } else if (is_twin(ex, &ex->draft->prints[i], &now, raw->id)) {
        return;
    }
    ex->draft->prints[i] = now;
    if (ex->over_blank && raw->text != NULL && strcmp(print->text, raw->text) != 0)
        print->overridden = true;
    take_text(ex, &print->text, raw->text);
    take_text(ex, &print->font, raw->font);
    take_box(&print->box, raw->box, 0);
    if (raw->size_pt != 0)
        print->size_pt = raw->size_pt;
    if (raw->align != 0)
        print->align = (enum tsk_align)(raw->align - 1);
}

static void lay_row(struct expander *ex, const struct tsk_raw_repeat *repeat, size_t at, unsigned row)
{
    for (unsigned i = 0; i < repeat->fields_count; i++) {
        struct tsk_raw_field field = repeat->fields[i];
        const char *id = tsk_arena_printf(ex->arena, "%s_%u.%s", repeat->id, row + 1, field.id);
        char *label =
            tsk_arena_printf(ex->arena, "%s %u %s", repeat->label, row + 1, field.label == NULL ? "" : field.label);

        if (id == NULL || label == NULL) {
            ex->no_memory = true;
            return;
        }
        field.label = label;
        if (field.block == NULL)
            field.block = repeat->block;
        lay_field(ex, &field, id, repeat->tops[row], place(ex, "repeats[%zu].fields[%u]", at, i));
    }
}

static void lay_repeat(struct expander *ex, const struct tsk_raw_repeat *repeat, size_t at)
{
    for (unsigned row = 0; row < repeat->tops_count; row++) {
        struct tsk_raw_date date = { .role = repeat->date_role };

        lay_row(ex, repeat, at, row);
        if (repeat->date_role == NULL)
            continue;
        if ((date.id = tsk_arena_printf(ex->arena, "%s_%u", repeat->id, row + 1)) == NULL)
            ex->no_memory = true;
        else
            lay_date(ex, &date, place(ex, "repeats[%zu].date_role", at));
    }
}

static void lay_file(struct expander *ex)
{
    const struct tsk_raw_form *raw = ex->source->raw;
    struct tsk_form *form = ex->draft->form;

    take_text(ex, &form->title, raw->title);
    take_text(ex, &form->language, raw->language);
    take_text(ex, &form->ward, raw->ward);
    if (raw->page[0] != 0) {
        form->page_w = raw->page[0];
        form->page_h = raw->page[1];
    }
    take_box(&form->code, raw->code, 0);
    for (unsigned i = 0; i < raw->blocks_count; i++)
        lay_block(ex, &raw->blocks[i], place(ex, "blocks[%u]", i));
    for (unsigned i = 0; i < raw->fields_count; i++)
        lay_field(ex, &raw->fields[i], raw->fields[i].id, 0, place(ex, "fields[%u]", i));
    for (unsigned i = 0; i < raw->repeats_count; i++)
        lay_repeat(ex, &raw->repeats[i], i);
    for (unsigned i = 0; i < raw->dates_count; i++)
        lay_date(ex, &raw->dates[i], place(ex, "dates[%u]", i));
    for (unsigned i = 0; i < raw->prints_count; i++)
        lay_print(ex, &raw->prints[i], place(ex, "prints[%u]", i));
}

struct room { /* at most so many parts, overrides counted as if they were new */
    size_t blocks, fields, dates, prints;
};

static struct room count_room(const struct tsk_form_source *source)
{
    struct room room = { 0 };

    for (; source != NULL; source = source->parent) {
        room.blocks += source->raw->blocks_count;
        room.fields += source->raw->fields_count;
        room.dates += source->raw->dates_count;
        room.prints += source->raw->prints_count;
        for (unsigned i = 0; i < source->raw->repeats_count; i++) {
            room.fields += (size_t)source->raw->repeats[i].tops_count * source->raw->repeats[i].fields_count;
            room.dates += source->raw->repeats[i].tops_count;
        }
    }
    return room;
}

static bool make_room(struct tsk_arena *arena, struct tsk_form_draft *out, const struct room *room)
{
    struct tsk_form *form = out->form;

    /* one more each, so that a form without any still has an array */
    form->blocks = tsk_arena_alloc(arena, (room->blocks + 1) * sizeof *form->blocks);
    form->fields = tsk_arena_alloc(arena, (room->fields + 1) * sizeof *form->fields);
    form->dates = tsk_arena_alloc(arena, (room->dates + 1) * sizeof *form->dates);
    form->prints = tsk_arena_alloc(arena, (room->prints + 1) * sizeof *form->prints);
    out->blocks = tsk_arena_alloc(arena, (room->blocks + 1) * sizeof *out->blocks);
    out->fields = tsk_arena_alloc(arena, (room->fields + 1) * sizeof *out->fields);
    out->dates = tsk_arena_alloc(arena, (room->dates + 1) * sizeof *out->dates);
    out->prints = tsk_arena_alloc(arena, (room->prints + 1) * sizeof *out->prints);
    return form->blocks != NULL && form->fields != NULL && form->dates != NULL && form->prints != NULL &&
           out->blocks != NULL && out->fields != NULL && out->dates != NULL && out->prints != NULL;
}

static void lay_chain(struct expander *ex, const struct tsk_form_source *source, const struct tsk_form_source *of_blank)
{
    if (source->parent != NULL)
        lay_chain(ex, source->parent, of_blank);
    ex->source = source;
    lay_file(ex);
    ex->over_blank |= source == of_blank;
}

/* Which folder the blank comes from: the nearest that has one. */
static const struct tsk_form_source *find_blank(struct expander *ex, const struct tsk_form_source *source)
{
    const struct tsk_form_source *at = source;

    for (; at != NULL; at = at->parent) {
        const char *name = at->raw->blank == NULL ? "blank.pdf" : at->raw->blank;
        const char *path = tsk_arena_printf(ex->arena, "%s/%s", at->dir, name);
        FILE *file = path == NULL || strchr(name, '/') != NULL ? NULL : fopen(path, "rbe");

        if (file != NULL) {
            (void)fclose(file);
            ex->draft->form->blank_path = path;
            return at;
        }
        if (at->raw->blank != NULL) {
            tsk_fault(ex->faults, at->yaml, "blank", "%s cannot be read in this folder", name);
            return at;
        }
    }
    tsk_fault(ex->faults, source->yaml, "blank", "the folder has no blank.pdf, and nothing is inherited");
    return NULL;
}

int tsk_form_expand(struct tsk_arena *arena, const struct tsk_form_source *source, struct tsk_form_draft *out,
                    struct tsk_faults *faults)
{
    struct room room = count_room(source);
    struct expander ex = { .arena = arena, .draft = out, .faults = faults, .source = source };

    out->source = source;
    if (!make_room(arena, out, &room))
        return -1;
    out->form->id = keep(&ex, source->id);
    out->form->edition = keep(&ex, source->edition);
    out->form->dir = keep(&ex, source->dir);
    out->form->blank_path = "";
    (void)snprintf(out->form->hash, sizeof out->form->hash, "%s", source->hash);
    lay_chain(&ex, source, find_blank(&ex, source));
    if (out->form->language[0] == '\0')
        out->form->language = "ja";
    return ex.no_memory ? -1 : 0;
}
