#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/text.h"
#include "records/case.h"
#include "records/case_close.h"
#include "records/sheet_edit.h"
#include "records/sql.h"

int tsk_field_write(struct tsk_store *store, const struct tsk_sheet *sheet, const struct tsk_field_update *update,
                    struct tsk_err *err)
{
    const struct tsk_sheet_field *old = tsk_sheet_field(sheet, update->field);
    char now[TSK_STAMP_SIZE];
    int64_t row = 0;

    tsk_now(now);
    if (tsk_sql_number(&row, store, err, "SELECT id FROM fields WHERE sheet_id = ?1 AND field = ?2", "is", sheet->id,
                       update->field) != 1)
        return -1;
    if (tsk_sql_run(store, err,
                    "INSERT INTO field_history (field_id, at, by, why, old_value, new_value, old_state, new_state) "
                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    "isssssss", row, now, update->by, update->why, old->value, update->value,
                    tsk_decided_name(old->decided), tsk_decided_name(update->decided)) != 0)
        return -1;
    return tsk_sql_run(
        store, err,
        "UPDATE fields SET value = ?2, decided = ?3, decided_by = ?4, decided_at = ?5, reason = ?6 WHERE id = ?1",
        "isssss", row, update->value, tsk_decided_name(update->decided), update->by, now, update->reason);
}

static bool has_option(const struct tsk_field *field, const char *value, size_t len)
{
    for (size_t i = 0; i < field->option_count; i++) {
        if (strlen(field->options[i].value) == len && strncmp(field->options[i].value, value, len) == 0)
            return true;
    }
    return false;
}

static void list_options(char *out, size_t size, const struct tsk_field *field)
{
    size_t used = 0;

    *out = '\0';
    for (size_t i = 0; i < field->option_count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", field->options[i].value);
}

static int check_options(const struct tsk_field *field, const char *value, struct tsk_err *err)
{
    char allowed[256];
    int chosen = 0;

    for (const char *at = value; *at != '\0'; chosen++) {
        size_t len = strcspn(at, ",");
        if (!has_option(field, at, len)) {
            list_options(allowed, sizeof allowed, field);
            return tsk_fail(err, TSK_REJECT, 0, "field %s has no option \"%.*s\"; it has %s", field->id,
                            (int)(len < 40 ? len : 40), at, allowed);
        }
        at += len + (at[len] == ',');
    }
    if (chosen > 1 && field->choose != TSK_CHOOSE_MANY)
        return tsk_fail(err, TSK_REJECT, 0, "field %s takes one option, not %d", field->id, chosen);
    return 0;
}

/* The year of a date whose era is printed, and may have been struck out: there people set 令和8. */
static bool may_name_era(const struct tsk_form *form, const char *field)
{
    for (size_t i = 0; form != NULL && i < form->date_count; i++) {
        if (strcmp(form->dates[i].year, field) == 0)
            return *form->dates[i].era_field == '\0';
    }
    return false;
}

static int check_digits(const char *field, int digits_max, const char *value, struct tsk_err *err)
{
    size_t len = strspn(value, "0123456789");

    if (value[len] != '\0' || len > (size_t)digits_max)
        return tsk_fail(err, TSK_REJECT, 0, "field %s takes up to %d digits", field, digits_max);
    return 0;
}

static int check_text(const char *field, const char *value, struct tsk_err *err)
{
    size_t len = strlen(value);

    if (len > TSK_VALUE_BYTES_MAX || !tsk_utf8_valid(value, len))
        return tsk_fail(err, TSK_REJECT, 0, "field %s takes up to %d bytes of UTF-8 text", field, TSK_VALUE_BYTES_MAX);
    for (const char *at = value; *at != '\0'; at++) {
        if (iscntrl((unsigned char)*at) && *at != '\n')
            return tsk_fail(err, TSK_REJECT, 0, "field %s takes no control characters", field);
    }
    return 0;
}

static int check_value(const struct tsk_edit *edit, const struct tsk_sheet_field *field, const char *value,
                       struct tsk_err *err)
{
    const struct tsk_forms *forms = tsk_store_knowledge(edit->store)->forms;
    const struct tsk_form *form = forms != NULL ? tsk_forms_find(forms, edit->sheet.form, edit->sheet.edition) : NULL;
    const struct tsk_field *known = form != NULL ? tsk_form_field(form, field->id) : NULL;
    struct tsk_date date;

    if (check_text(field->id, value, err) != 0)
        return -1;
    switch (field->kind) {
    case TSK_FIELD_MARK:
    case TSK_FIELD_CIRCLE:
        return known != NULL ? check_options(known, value, err) : 0;
    case TSK_FIELD_DIGITS:
        if (may_name_era(form, field->id))
            tsk_era_before(value, &value);
        return check_digits(field->id, known != NULL ? known->digits_max : 4, value, err);
    case TSK_SHEET_DERIVED:
        if (strstr(field->id, "date") != NULL && *value != '\0' && !tsk_date_parse(value, &date))
            return tsk_fail(err, TSK_REJECT, 0, "field %s takes a date as YYYY-MM-DD", field->id);
        return 0;
    default:
        return 0;
    }
}

static int set(bool *changed, struct tsk_edit *edit, const char *field, const char *value, const char *why,
               struct tsk_err *err)
{
    const struct tsk_sheet_field *old = tsk_sheet_field(&edit->sheet, field);
    char detail[160];

    if (old == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "sheet %lld (%s) has no field %s", (long long)edit->sheet.id,
                        edit->sheet.form, field);
    if (check_value(edit, old, value, err) != 0)
        return -1;
    bool same = strcmp(old->value, value) == 0;
    if (same && (old->decided == TSK_DECIDED_SET || old->decided == TSK_DECIDED_CONFIRMED))
        return 0;
    const struct tsk_field_update update = { .field = field,
                                             .value = value,
                                             .by = edit->by,
                                             .why = why != NULL ? why : "",
                                             .reason = old->reason,
                                             .decided = same ? TSK_DECIDED_CONFIRMED : TSK_DECIDED_SET };
    snprintf(detail, sizeof detail, "field=%s", field);
    *changed = true;
    if (tsk_field_write(edit->store, &edit->sheet, &update, err) != 0 ||
        tsk_derive_after(edit->store, edit->scope, edit->sheet.id, field, edit->by, edit->arena, err) != 0 ||
        tsk_sheet_settle(edit->store, edit->sheet.id, err) != 0 || (!same && tsk_edit_corrected(edit, err) != 0))
        return -1;
    return tsk_edit_note(edit, "sheet.set", detail, err);
}

int tsk_sheet_set(bool *changed, struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *field,
                  const char *value, const char *by, const char *why, struct tsk_err *err)
{
    struct tsk_edit edit;
    bool did = false;
    int rc = tsk_edit_start(&edit, store, scope, id, by, err);

    if (rc == 0)
        rc = set(&did, &edit, field, value, why, err);
    if (changed != NULL)
        *changed = rc == 0 && did;
    return tsk_edit_end(&edit, rc, err);
}

/* "field sex, age, birth_date.year and 4 more" */
static int refuse_waiting(const struct tsk_sheet *sheet, struct tsk_err *err)
{
    char names[300] = "";
    size_t used = 0;
    int shown = 0;

    for (size_t i = 0; i < sheet->field_count && shown < 6; i++) {
        if (sheet->fields[i].decided != TSK_DECIDED_WAITING || used >= sizeof names)
            continue;
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", shown > 0 ? ", " : "", sheet->fields[i].id);
        shown++;
    }
    int more = sheet->waiting_count - shown;
    char rest[40] = "";
    if (more > 0)
        snprintf(rest, sizeof rest, " and %d more", more);
    return tsk_fail(err, TSK_REJECT, 0,
                    "sheet %lld has fields that nobody has looked at yet: %s%s; set them, or accept them as read",
                    (long long)sheet->id, names, rest);
}

static int accept_waiting(struct tsk_edit *edit, struct tsk_err *err)
{
    for (size_t i = 0; i < edit->sheet.field_count; i++) {
        const struct tsk_sheet_field *field = &edit->sheet.fields[i];
        const struct tsk_field_update update = { .field = field->id,
                                                 .value = field->value,
                                                 .by = edit->by,
                                                 .why = "",
                                                 .reason = field->reason,
                                                 .decided = TSK_DECIDED_CONFIRMED };
        if (field->decided == TSK_DECIDED_WAITING && tsk_field_write(edit->store, &edit->sheet, &update, err) != 0)
            return -1;
    }
    return 0;
}

static int note_in_case(struct tsk_edit *edit, const char *kind, const char *number, struct tsk_err *err)
{
    char key[64];
    const struct tsk_case_event event = { .kind = kind, .key = key, .by = edit->by, .sheet = edit->sheet.id };

    /* A sheet may come, go and come back: each is an event of its own. */
    snprintf(key, sizeof key, "%s@%lld", edit->object, (long long)tsk_wall_ms());
    return tsk_case_event_add(NULL, edit->store, edit->scope, number, &event, err);
}

static int confirm(bool *changed, struct tsk_edit *edit, bool accept_all, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    char detail[64];
    bool again = edit->sheet.state == TSK_SHEET_CONFIRMED;

    if (edit->sheet.waiting_count > 0 && !accept_all)
        return refuse_waiting(&edit->sheet, err);
    if (again && edit->sheet.waiting_count == 0)
        return 0;
    *changed = true;
    snprintf(detail, sizeof detail, "accepted_as_read=%d", edit->sheet.waiting_count);
    if (accept_waiting(edit, err) != 0)
        return -1;
    if (!again &&
        tsk_sql_run(edit->store, err,
                    "UPDATE sheets SET state = 'confirmed', confirmed_by = ?2, confirmed_at = ?3 WHERE id = ?1", "iss",
                    edit->sheet.id, edit->by, tsk_now(now)) != 0)
        return -1;
    if (*edit->sheet.case_number != '\0' && tsk_case_index(edit->store, edit->sheet.case_number, err) != 0)
        return -1;
    return tsk_edit_note(edit, "sheet.confirm", detail, err);
}

int tsk_sheet_confirm(bool *changed, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                      bool accept_all, const char *by, struct tsk_err *err)
{
    struct tsk_edit edit;
    bool did = false;
    int rc = tsk_edit_start(&edit, store, scope, id, by, err);

    if (rc == 0)
        rc = confirm(&did, &edit, accept_all, err);
    if (changed != NULL)
        *changed = rc == 0 && did;
    return tsk_edit_end(&edit, rc, err);
}

static int link_to(bool *changed, struct tsk_edit *edit, const char *number, struct tsk_err *err)
{
    struct tsk_case kase;
    char detail[TSK_CASE_NUMBER_SIZE * 2 + 16];

    if (tsk_case_find(&kase, edit->store, edit->scope, number, edit->arena, err) != 0)
        return -1;
    if (strcmp(kase.office, edit->sheet.office) != 0)
        return tsk_fail(err, TSK_REJECT, 0, "sheet %lld belongs to office %s, case %s to office %s",
                        (long long)edit->sheet.id, edit->sheet.office, number, kase.office);
    if (strcmp(edit->sheet.case_number, number) == 0)
        return 0;
    *changed = true;
    snprintf(detail, sizeof detail, "case=%s before=%s", number, edit->sheet.case_number);
    if (*edit->sheet.case_number != '\0' && note_in_case(edit, "unlinked", edit->sheet.case_number, err) != 0)
        return -1;
    if (*kase.completed != '\0' &&
        tsk_case_reopen(edit->store, edit->scope, number, "a sheet came", edit->by, err) != 0)
        return -1;
    if (note_in_case(edit, "linked", number, err) != 0 ||
        tsk_sql_run(edit->store, err, "UPDATE sheets SET case_number = ?2 WHERE id = ?1", "is", edit->sheet.id,
                    number) != 0 ||
        tsk_case_index(edit->store, number, err) != 0)
        return -1;
    if (*edit->sheet.case_number != '\0' && tsk_case_index(edit->store, edit->sheet.case_number, err) != 0)
        return -1;
    return tsk_sheet_beside_case(edit, number, err) != 0 ? -1 : tsk_edit_note(edit, "sheet.link", detail, err);
}

int tsk_sheet_link(bool *changed, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                   const char *case_number, const char *by, struct tsk_err *err)
{
    struct tsk_edit edit;
    bool did = false;
    int rc = tsk_edit_start(&edit, store, scope, id, by, err);

    if (rc == 0)
        rc = link_to(&did, &edit, case_number, err);
    if (changed != NULL)
        *changed = rc == 0 && did;
    return tsk_edit_end(&edit, rc, err);
}
