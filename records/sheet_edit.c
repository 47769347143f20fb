#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/text.h"
#include "records/audit.h"
#include "records/case.h"
#include "records/sheet_new.h"
#include "records/sql.h"

#define SHEET_ARENA_BYTES ((size_t)16 << 20)

/* What every change of a sheet starts with and ends with. */
struct edit {
    struct tsk_store *store;
    const struct tsk_scope *scope;
    struct tsk_arena *arena;
    struct tsk_part part;
    struct tsk_sheet sheet;
    const char *by;
    char object[40];
};

static int named(const char *by, struct tsk_err *err)
{
    if (by == NULL || *by == '\0') {
        tsk_fail(err, TSK_REJECT, 0, "a change needs the name of who makes it");
        return -1;
    }
    return 0;
}

static int edit_start(struct edit *edit, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                      const char *by, struct tsk_err *err)
{
    *edit = (struct edit){ .store = store, .scope = scope, .by = by };
    if (named(by, err) != 0)
        return -1;
    edit->arena = tsk_arena_new(SHEET_ARENA_BYTES);
    if (edit->arena == NULL) {
        tsk_fail(err, TSK_RETRY, 0, "no memory to change a sheet");
        return -1;
    }
    if (tsk_part_start(&edit->part, store, err) != 0)
        return -1;
    snprintf(edit->object, sizeof edit->object, "sheet:%lld", (long long)id);
    if (tsk_sheet_find(&edit->sheet, store, scope, id, edit->arena, err) != 0)
        return -1;
    assert(edit->sheet.form != NULL && edit->sheet.case_number != NULL);
    return 0;
}

static int edit_end(struct edit *edit, int rc, struct tsk_err *err)
{
    if (edit->part.store != NULL)
        rc = tsk_part_end(&edit->part, rc, err);
    tsk_arena_free(&edit->arena);
    return rc;
}

static int edit_audit(struct edit *edit, const char *action, const char *detail, struct tsk_err *err)
{
    return tsk_audit_add(edit->store, edit->sheet.office, edit->by, action, edit->object, detail, err);
}

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

static int check_value(const struct edit *edit, const struct tsk_sheet_field *field, const char *value,
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

static int touch(struct edit *edit, struct tsk_err *err)
{
    return tsk_sql_run(edit->store, err,
                       "UPDATE sheets SET revision = revision + 1 WHERE id = ?1 AND state = 'confirmed'", "i",
                       edit->sheet.id);
}

static int set(bool *changed, struct edit *edit, const char *field, const char *value, const char *why,
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
        tsk_sheet_settle(edit->store, edit->sheet.id, err) != 0 || (!same && touch(edit, err) != 0))
        return -1;
    return edit_audit(edit, "sheet.set", detail, err);
}

int tsk_sheet_set(bool *changed, struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *field,
                  const char *value, const char *by, const char *why, struct tsk_err *err)
{
    struct edit edit;
    bool did = false;
    int rc = edit_start(&edit, store, scope, id, by, err);

    if (rc == 0)
        rc = set(&did, &edit, field, value, why, err);
    if (changed != NULL)
        *changed = rc == 0 && did;
    return edit_end(&edit, rc, err);
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

static int accept_waiting(struct edit *edit, struct tsk_err *err)
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

static int note_in_case(struct edit *edit, const char *kind, const char *number, struct tsk_err *err)
{
    char key[64];
    const struct tsk_case_event event = { .kind = kind, .key = key, .by = edit->by, .sheet = edit->sheet.id };

    /* A sheet may come, go and come back: each is an event of its own. */
    snprintf(key, sizeof key, "%s@%lld", edit->object, (long long)tsk_wall_ms());
    return tsk_case_event_add(NULL, edit->store, edit->scope, number, &event, err);
}

static int confirm(bool *changed, struct edit *edit, bool accept_all, struct tsk_err *err)
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
    return edit_audit(edit, "sheet.confirm", detail, err);
}

int tsk_sheet_confirm(bool *changed, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                      bool accept_all, const char *by, struct tsk_err *err)
{
    struct edit edit;
    bool did = false;
    int rc = edit_start(&edit, store, scope, id, by, err);

    if (rc == 0)
        rc = confirm(&did, &edit, accept_all, err);
    if (changed != NULL)
        *changed = rc == 0 && did;
    return edit_end(&edit, rc, err);
}

static int link_to(bool *changed, struct edit *edit, const char *number, struct tsk_err *err)
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
    if (note_in_case(edit, "linked", number, err) != 0 ||
        tsk_sql_run(edit->store, err, "UPDATE sheets SET case_number = ?2 WHERE id = ?1", "is", edit->sheet.id,
                    number) != 0 ||
        tsk_case_index(edit->store, number, err) != 0)
        return -1;
    if (*edit->sheet.case_number != '\0' && tsk_case_index(edit->store, edit->sheet.case_number, err) != 0)
        return -1;
    return edit_audit(edit, "sheet.link", detail, err);
}

int tsk_sheet_link(bool *changed, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                   const char *case_number, const char *by, struct tsk_err *err)
{
    struct edit edit;
    bool did = false;
    int rc = edit_start(&edit, store, scope, id, by, err);

    if (rc == 0)
        rc = link_to(&did, &edit, case_number, err);
    if (changed != NULL)
        *changed = rc == 0 && did;
    return edit_end(&edit, rc, err);
}

/* One field of a new reading. */
struct fresh {
    const char *field, *value, *reason;
    double confidence;
    bool review;
};

static int keep_beside(struct edit *edit, const struct fresh *fresh, const struct tsk_versions *versions,
                       struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    return tsk_sql_run(
        edit->store, err,
        "INSERT INTO field_readings (field_id, at, reader, weights, calibration, value, confidence, review, reason) "
        "SELECT id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM fields WHERE sheet_id = ?1 AND field = ?2",
        "issssssdis", edit->sheet.id, fresh->field, tsk_now(now), versions->reader, versions->weights,
        versions->calibration, fresh->value, fresh->confidence, (int64_t)fresh->review, fresh->reason);
}

/* Takes the new reading where no person has decided. */
static int take_fresh(struct edit *edit, const struct tsk_sheet_field *old, const struct fresh *fresh,
                      struct tsk_err *err)
{
    const struct tsk_field_update update = { .field = fresh->field,
                                             .value = fresh->value,
                                             .by = edit->by,
                                             .why = "read again",
                                             .reason = fresh->reason,
                                             .decided = fresh->review ? TSK_DECIDED_WAITING : TSK_DECIDED_ACCEPTED };

    if (strcmp(old->value, fresh->value) == 0 && old->decided == update.decided)
        return 0;
    if (tsk_field_write(edit->store, &edit->sheet, &update, err) != 0)
        return -1;
    return tsk_sql_run(edit->store, err, "UPDATE fields SET confidence = ?3 WHERE sheet_id = ?1 AND field = ?2", "isd",
                       edit->sheet.id, fresh->field, fresh->confidence);
}

static int compare(struct tsk_differences *out, struct edit *edit, const struct fresh *fresh,
                   const struct tsk_versions *versions, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_sheet_field *old = tsk_sheet_field(&edit->sheet, fresh->field);

    if (old == NULL) /* new in this form: it has just been added */
        return 0;
    if (keep_beside(edit, fresh, versions, err) != 0)
        return -1;
    bool person = old->decided == TSK_DECIDED_SET || old->decided == TSK_DECIDED_CONFIRMED;
    bool kept = person || edit->sheet.state == TSK_SHEET_CONFIRMED;
    if (!kept && take_fresh(edit, old, fresh, err) != 0)
        return -1;
    if (strcmp(old->read_value, fresh->value) == 0 && strcmp(old->value, fresh->value) == 0)
        return 0;
    struct tsk_difference *difference = &out->items[out->count++];
    *difference = (struct tsk_difference){ .field = tsk_arena_strdup(arena, fresh->field),
                                           .read_before = tsk_arena_strdup(arena, old->read_value),
                                           .read_now = tsk_arena_strdup(arena, fresh->value),
                                           .value = tsk_arena_strdup(arena, kept ? old->value : fresh->value),
                                           .kept = kept };
    if (difference->field == NULL || difference->read_before == NULL || difference->read_now == NULL ||
        difference->value == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to compare two readings");
    return 0;
}

static int compare_all(struct tsk_differences *out, struct edit *edit, const struct tsk_reading *reading,
                       const struct tsk_versions *versions, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_buf text = TSK_BUF(TSK_VALUE_BYTES_MAX);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < reading->value_count; i++) {
        const struct tsk_value *value = &reading->values[i];
        tsk_value_text(&text, value);
        const struct fresh fresh = { value->id, tsk_buf_text(&text), value->reason, value->confidence, value->review };
        rc = compare(out, edit, &fresh, versions, arena, err);
    }
    tsk_buf_free(&text);
    for (size_t i = 0; rc == 0 && i < reading->derived_count; i++) {
        const struct tsk_derived *derived = &reading->derived[i];
        const struct fresh fresh = { derived->key, derived->value, derived->sure ? "" : "unsure",
                                     derived->sure ? 1.0 : 0.0, !derived->sure };
        rc = compare(out, edit, &fresh, versions, arena, err);
    }
    return rc;
}

static int reread(struct tsk_differences *out, struct edit *edit, const struct tsk_reading *reading,
                  const struct tsk_versions *versions, struct tsk_arena *arena, struct tsk_err *err)
{
    char detail[160];
    size_t most = reading->value_count + reading->derived_count;

    if (reading->state != TSK_PAGE_READ || strcmp(reading->form, edit->sheet.form) != 0)
        return tsk_fail(err, TSK_REJECT, 0, "read again, sheet %lld is %s instead of %s; nothing was changed",
                        (long long)edit->sheet.id, *reading->form != '\0' ? reading->form : "no form",
                        edit->sheet.form);
    out->items = tsk_arena_alloc(arena, (most > 0 ? most : 1) * sizeof *out->items);
    if (out->items == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to compare two readings");
    if (tsk_sheet_add_fields(edit->store, edit->sheet.id, reading, err) != 0 ||
        compare_all(out, edit, reading, versions, arena, err) != 0 ||
        tsk_sheet_settle(edit->store, edit->sheet.id, err) != 0)
        return -1;
    snprintf(detail, sizeof detail, "differences=%zu reader=%s calibration=%.16s", out->count, versions->reader,
             versions->calibration);
    return edit_audit(edit, "sheet.reread", detail, err);
}

int tsk_sheet_reread_apply(struct tsk_differences *out, struct tsk_store *store, const struct tsk_scope *scope,
                           int64_t id, const struct tsk_reading *reading, const struct tsk_versions *versions,
                           const char *by, struct tsk_arena *arena, struct tsk_err *err)
{
    struct edit edit;
    int rc = edit_start(&edit, store, scope, id, by, err);

    *out = (struct tsk_differences){ .count = 0 };
    if (rc == 0)
        rc = reread(out, &edit, reading, versions, arena, err);
    return edit_end(&edit, rc, err);
}
