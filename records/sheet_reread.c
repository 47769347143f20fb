#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "records/sheet_edit.h"
#include "records/sql.h"

/* One field of a new reading. */
struct fresh {
    const char *field, *value, *reason;
    double confidence;
    bool review;
};

static int keep_beside(struct tsk_edit *edit, const struct fresh *fresh, const struct tsk_versions *versions,
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
static int take_fresh(struct tsk_edit *edit, const struct tsk_sheet_field *old, const struct fresh *fresh,
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

static int compare(struct tsk_differences *out, struct tsk_edit *edit, const struct fresh *fresh,
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

static int compare_all(struct tsk_differences *out, struct tsk_edit *edit, const struct tsk_reading *reading,
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

/* Where each value lies on the page now, and what else it might be. */
static int place_all(struct tsk_edit *edit, const struct tsk_reading *reading, struct tsk_err *err)
{
    for (size_t i = 0; i < reading->value_count; i++)
        if (tsk_sheet_place_field(edit->store, edit->sheet.id, (int64_t)i, &reading->values[i], err) != 0)
            return -1;
    for (size_t i = 0; i < reading->derived_count; i++)
        if (tsk_sql_run(edit->store, err, "UPDATE fields SET off_form = 0 WHERE sheet_id = ?1 AND field = ?2", "is",
                        edit->sheet.id, reading->derived[i].key) != 0)
            return -1;
    return 0;
}

/* reader, weights and calibration stay those of read_value; of another form nothing else was read before. */
static int is_now(struct tsk_edit *edit, const struct tsk_reading *reading, const struct tsk_versions *versions,
                  struct tsk_err *err)
{
    if (strcmp(reading->form, edit->sheet.form) != 0 &&
        tsk_sql_run(edit->store, err, "UPDATE sheets SET reader = ?2, weights = ?3, calibration = ?4 WHERE id = ?1",
                    "isss", edit->sheet.id, versions->reader, versions->weights, versions->calibration) != 0)
        return -1;
    return tsk_sql_run(edit->store, err, "UPDATE sheets SET form = ?2, edition = ?3, form_hash = ?4 WHERE id = ?1",
                       "isss", edit->sheet.id, reading->form, reading->edition, reading->form_hash);
}

static int take(struct tsk_differences *out, struct tsk_edit *edit, const struct tsk_reading *reading,
                const struct tsk_versions *versions, struct tsk_arena *arena, struct tsk_err *err)
{
    char detail[200];
    size_t most = reading->value_count + reading->derived_count;

    out->items = tsk_arena_alloc(arena, (most > 0 ? most : 1) * sizeof *out->items);
    if (out->items == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to compare two readings");
    if (tsk_sheet_add_fields(edit->store, edit->sheet.id, reading, err) != 0 ||
        compare_all(out, edit, reading, versions, arena, err) != 0 || place_all(edit, reading, err) != 0 ||
        is_now(edit, reading, versions, err) != 0 ||
        tsk_sheet_put_problems(edit->store, edit->sheet.id, reading, err) != 0 ||
        tsk_sheet_settle(edit->store, edit->sheet.id, err) != 0)
        return -1;
    snprintf(detail, sizeof detail, "differences=%zu reader=%s calibration=%.16s form=%.60s", out->count,
             versions->reader, versions->calibration, reading->form);
    return tsk_edit_note(edit, "sheet.reread", detail, err);
}

static int reread(struct tsk_differences *out, struct tsk_edit *edit, const struct tsk_reading *reading,
                  const struct tsk_versions *versions, bool any_form, struct tsk_arena *arena, struct tsk_err *err)
{
    bool other = strcmp(reading->form, edit->sheet.form) != 0;

    if (reading->state != TSK_PAGE_READ || (other && !any_form))
        return tsk_fail(err, TSK_REJECT, 0, "read again, sheet %lld is %s instead of %s; nothing was changed",
                        (long long)edit->sheet.id, *reading->form != '\0' ? reading->form : "no form",
                        edit->sheet.form);
    if (other && edit->sheet.state == TSK_SHEET_CONFIRMED)
        return tsk_fail(err, TSK_REJECT, 0, "sheet %lld is confirmed as %s and stays that", (long long)edit->sheet.id,
                        edit->sheet.form);
    if (other &&
        tsk_sql_run(edit->store, err, "UPDATE fields SET off_form = 1 WHERE sheet_id = ?1", "i", edit->sheet.id) != 0)
        return -1;
    return take(out, edit, reading, versions, arena, err);
}

static int apply(struct tsk_differences *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                 const struct tsk_reading *reading, const struct tsk_versions *versions, const char *by, bool any_form,
                 struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_edit edit;
    int rc = tsk_edit_start(&edit, store, scope, id, by, err);

    *out = (struct tsk_differences){ .count = 0 };
    if (rc == 0)
        rc = reread(out, &edit, reading, versions, any_form, arena, err);
    return tsk_edit_end(&edit, rc, err);
}

int tsk_sheet_reread_apply(struct tsk_differences *out, struct tsk_store *store, const struct tsk_scope *scope,
                           int64_t id, const struct tsk_reading *reading, const struct tsk_versions *versions,
                           const char *by, struct tsk_arena *arena, struct tsk_err *err)
{
    return apply(out, store, scope, id, reading, versions, by, false, arena, err);
}

int tsk_sheet_read_as(struct tsk_differences *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                      const struct tsk_reading *reading, const struct tsk_versions *versions, const char *by,
                      struct tsk_arena *arena, struct tsk_err *err)
{
    return apply(out, store, scope, id, reading, versions, by, true, arena, err);
}
