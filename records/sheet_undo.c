#include <stdio.h>
#include <string.h>

#include "records/sheet_edit.h"

#define UNDO "undo" /* "why" of a line that takes another one back */

struct change {
    const char *by, *why, *old_value, *old_state;
};

static void fill(void *item, struct tsk_rows *rows)
{
    struct change *change = item;

    change->by = tsk_sql_text(rows);
    change->why = tsk_sql_text(rows);
    change->old_value = tsk_sql_text(rows);
    change->old_state = tsk_sql_text(rows);
}

/* The newest change that still holds: an undo takes back the one before it. NULL when there is none. */
static const struct change *standing(const struct change *changes, size_t count)
{
    size_t undone = 0;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(changes[i].why, UNDO) == 0)
            undone++;
        else if (undone > 0)
            undone--;
        else
            return &changes[i];
    }
    return NULL;
}

static int find(const struct change **out, struct tsk_edit *edit, const char *field, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    size_t count = 0;
    int rc =
        tsk_sql_query(&rows, edit->store, edit->arena, err,
                      "SELECT h.by, h.why, h.old_value, h.old_state FROM field_history h "
                      "JOIN fields f ON f.id = h.field_id WHERE f.sheet_id = ?1 AND f.field = ?2 ORDER BY h.id DESC",
                      "is", edit->sheet.id, field);
    struct change *changes = tsk_sql_collect(&count, sizeof *changes, fill, &rows, &rc, err);

    if (rc != 0)
        return -1;
    *out = standing(changes, count);
    if (*out == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "nothing was changed in field %s that could be taken back", field);
    if (strcmp((*out)->by, edit->by) != 0)
        return tsk_fail(err, TSK_REJECT, 0, "field %s was changed by %s since", field, (*out)->by);
    return 0;
}

static enum tsk_decided decided(const char *name)
{
    enum tsk_decided at = TSK_DECIDED_WAITING;

    while (at < TSK_DECIDED_CONFIRMED && strcmp(tsk_decided_name(at), name) != 0)
        at++;
    return at;
}

static int undo(struct tsk_edit *edit, const char *field, struct tsk_err *err)
{
    const struct tsk_sheet_field *now = tsk_sheet_field(&edit->sheet, field);
    const struct change *change = NULL;
    char detail[160];

    if (now == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "sheet %lld (%s) has no field %s", (long long)edit->sheet.id,
                        edit->sheet.form, field);
    if (find(&change, edit, field, err) != 0)
        return -1;
    const struct tsk_field_update update = { .field = field,
                                             .value = change->old_value,
                                             .by = edit->by,
                                             .why = UNDO,
                                             .reason = now->reason,
                                             .decided = decided(change->old_state) };
    bool same = strcmp(now->value, update.value) == 0;
    snprintf(detail, sizeof detail, "field=%s", field);
    if (tsk_field_write(edit->store, &edit->sheet, &update, err) != 0 ||
        tsk_derive_after(edit->store, edit->scope, edit->sheet.id, field, edit->by, edit->arena, err) != 0 ||
        tsk_sheet_settle(edit->store, edit->sheet.id, err) != 0 || (!same && tsk_edit_corrected(edit, err) != 0))
        return -1;
    return tsk_edit_note(edit, "sheet.undo", detail, err);
}

int tsk_sheet_undo(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *field,
                   const char *by, struct tsk_err *err)
{
    struct tsk_edit edit;
    int rc = tsk_edit_start(&edit, store, scope, id, by, err);

    if (rc == 0)
        rc = undo(&edit, field, err);
    return tsk_edit_end(&edit, rc, err);
}
