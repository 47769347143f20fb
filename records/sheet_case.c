#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "records/sheet_edit.h"

#define OUTCOME_BLOCK "outcome"
#define ANSWER_BLOCK "inquiry" /* of the page that asks: each time it comes back it says something new */
#define FROM_CASE "from_case"
#define DIFFERS "differs_from_case"

struct confirmed { /* what the case knows of a field */
    const char *field, *value;
    int64_t sheet;
};

struct beside {
    struct tsk_edit *edit;
    const struct tsk_form *form;
    struct confirmed *known;
    size_t known_count;
};

static void fill(void *item, struct tsk_rows *rows)
{
    struct confirmed *confirmed = item;

    confirmed->field = tsk_sql_text(rows);
    confirmed->value = tsk_sql_text(rows);
    confirmed->sheet = tsk_sql_int(rows);
}

/* Newest confirmation first; a blank is no knowledge. */
static int load(struct beside *beside, const char *case_number, struct tsk_err *err)
{
    const struct tsk_sheet *sheet = &beside->edit->sheet;
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, beside->edit->store, beside->edit->arena, err,
                           "SELECT f.field, f.value, s.id FROM sheets s JOIN fields f ON f.sheet_id = s.id "
                           "WHERE s.case_number = ?1 AND s.state = 'confirmed' AND s.form = ?2 AND s.id <> ?3 "
                           "AND f.off_form = 0 AND f.value <> '' AND f.decided <> 'waiting' "
                           "ORDER BY s.confirmed_at DESC, s.id DESC",
                           "ssi", case_number, sheet->form, sheet->id);

    beside->known = tsk_sql_collect(&beside->known_count, sizeof *beside->known, fill, &rows, &rc, err);
    return rc;
}

static const struct confirmed *known(const struct beside *beside, const char *field)
{
    for (size_t i = 0; i < beside->known_count; i++)
        if (strcmp(beside->known[i].field, field) == 0)
            return &beside->known[i];
    return NULL;
}

static bool is_of_outcome(const struct beside *beside, const char *field)
{
    const struct tsk_field *found = tsk_form_field(beside->form, field);

    if (found != NULL)
        return strcmp(found->block, OUTCOME_BLOCK) == 0 || strcmp(found->block, ANSWER_BLOCK) == 0;
    for (size_t i = 0; i < beside->form->date_count; i++) {
        const struct tsk_form_date *date = &beside->form->dates[i];
        if (strcmp(date->id, field) == 0)
            return is_of_outcome(beside, date->year);
    }
    return false;
}

static bool same_value(const char *a, const char *b)
{
    char *left = tsk_compare_key(a), *right = tsk_compare_key(b);
    bool same = left != NULL && right != NULL && strcmp(left, right) == 0;

    free(left);
    free(right);
    return same;
}

/* What was read becomes the first alternative to what stands. */
static int offer(struct tsk_edit *edit, const struct tsk_sheet_field *field, struct tsk_err *err)
{
    json_t *list = json_pack("[[s, f]]", field->value, field->confidence);
    char *text = list != NULL ? json_dumps(list, JSON_COMPACT) : NULL;
    int rc = text == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to compare a sheet with its case")
                          : tsk_sql_run(edit->store, err,
                                        "UPDATE fields SET alternatives = ?3 WHERE sheet_id = ?1 AND field = ?2", "iss",
                                        edit->sheet.id, field->id, text);

    free(text);
    json_decref(list);
    return rc;
}

static int stand(struct tsk_edit *edit, const struct tsk_sheet_field *field, const struct confirmed *confirmed,
                 bool ask, struct tsk_err *err)
{
    char why[60];
    const struct tsk_field_update update = { .field = field->id,
                                             .value = confirmed->value,
                                             .by = edit->by,
                                             .why = why,
                                             .reason = ask ? DIFFERS : FROM_CASE,
                                             .decided = ask ? TSK_DECIDED_WAITING : TSK_DECIDED_ACCEPTED };

    snprintf(why, sizeof why, "confirmed on sheet %lld", (long long)confirmed->sheet);
    if (ask && offer(edit, field, err) != 0)
        return -1;
    return tsk_field_write(edit->store, &edit->sheet, &update, err);
}

/* What follows from a part that is asked about is as much in doubt as that. */
static int follow(struct tsk_edit *edit, const char *part, struct tsk_err *err)
{
    return tsk_derive_after(edit->store, edit->scope, edit->sheet.id, part, edit->by, edit->arena, err);
}

static int settle_field(struct beside *beside, const struct tsk_sheet_field *field, struct tsk_err *err)
{
    const struct confirmed *confirmed = known(beside, field->id);
    bool person = field->decided == TSK_DECIDED_SET || field->decided == TSK_DECIDED_CONFIRMED;
    bool sure = field->decided == TSK_DECIDED_ACCEPTED;

    if (confirmed == NULL || person || is_of_outcome(beside, field->id))
        return 0;
    if (sure && same_value(field->value, confirmed->value))
        return 0;
    /* A derived value follows from parts that are asked for themselves. */
    bool ask = sure && *field->value != '\0' && field->kind != TSK_SHEET_DERIVED;
    if (sure && !ask && field->kind == TSK_SHEET_DERIVED && *field->value != '\0')
        return 0;
    if (stand(beside->edit, field, confirmed, ask, err) != 0)
        return -1;
    return ask ? follow(beside->edit, field->id, err) : 0;
}

static bool is_taken(const struct tsk_sheet_field *field)
{
    return (strcmp(field->reason, FROM_CASE) == 0 || strcmp(field->reason, DIFFERS) == 0) &&
           field->decided != TSK_DECIDED_SET && field->decided != TSK_DECIDED_CONFIRMED;
}

/* The sheet left a case whose values it had taken: back to what was read, for a person to look at. */
static int forget_case(struct tsk_edit *edit, struct tsk_err *err)
{
    for (size_t i = 0; i < edit->sheet.field_count; i++) {
        const struct tsk_sheet_field *field = &edit->sheet.fields[i];
        const struct tsk_field_update update = { .field = field->id,
                                                 .value = field->read_value,
                                                 .by = edit->by,
                                                 .why = "the sheet left the case",
                                                 .reason = "case_changed",
                                                 .decided = TSK_DECIDED_WAITING };
        if (is_taken(field) && tsk_field_write(edit->store, &edit->sheet, &update, err) != 0)
            return -1;
    }
    for (size_t i = 0; i < edit->sheet.field_count; i++)
        if (is_taken(&edit->sheet.fields[i]) && follow(edit, edit->sheet.fields[i].id, err) != 0)
            return -1;
    return 0;
}

static int add_row(const struct beside *beside, const char *key, struct tsk_err *err)
{
    const struct tsk_sheet *sheet = &beside->edit->sheet;

    if (known(beside, key) == NULL || tsk_sheet_field(sheet, key) != NULL || is_of_outcome(beside, key))
        return 0;
    return tsk_derive_row(beside->edit->store, sheet->id, key, err);
}

/* Where the parts were read as blank and the case knows them, what follows from them stands as well. */
static int add_derived(const struct beside *beside, struct tsk_err *err)
{
    struct tsk_edit *edit = beside->edit;

    for (size_t i = 0; i < beside->form->date_count; i++)
        if (add_row(beside, beside->form->dates[i].id, err) != 0)
            return -1;
    if (add_row(beside, "ward", err) != 0)
        return -1;
    return tsk_sheet_find(&edit->sheet, edit->store, edit->scope, edit->sheet.id, edit->arena, err);
}

int tsk_sheet_beside_case(struct tsk_edit *edit, const char *case_number, struct tsk_err *err)
{
    const struct tsk_forms *forms = tsk_store_knowledge(edit->store)->forms;
    struct beside beside = { .edit = edit };

    if (edit->sheet.state == TSK_SHEET_CONFIRMED)
        return 0;
    if (*edit->sheet.case_number != '\0' &&
        (forget_case(edit, err) != 0 ||
         tsk_sheet_find(&edit->sheet, edit->store, edit->scope, edit->sheet.id, edit->arena, err) != 0))
        return -1;
    beside.form = forms != NULL ? tsk_forms_find(forms, edit->sheet.form, edit->sheet.edition) : NULL;
    if (beside.form == NULL) /* nobody could tell what belongs to the outcome */
        return 0;
    if (load(&beside, case_number, err) != 0 || add_derived(&beside, err) != 0)
        return -1;
    for (size_t i = 0; i < edit->sheet.field_count; i++)
        if (settle_field(&beside, &edit->sheet.fields[i], err) != 0)
            return -1;
    return tsk_sheet_settle(edit->store, edit->sheet.id, err);
}
