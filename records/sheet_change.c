#include <assert.h>
#include <stdio.h>

#include "records/audit.h"
#include "records/sheet_edit.h"

#define SHEET_ARENA_BYTES ((size_t)16 << 20)

int tsk_edit_start(struct tsk_edit *edit, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                   const char *by, struct tsk_err *err)
{
    *edit = (struct tsk_edit){ .store = store, .scope = scope, .by = by };
    if (by == NULL || *by == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "a change needs the name of who makes it");
    edit->arena = tsk_arena_new(SHEET_ARENA_BYTES);
    if (edit->arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to change a sheet");
    if (tsk_part_start(&edit->part, store, err) != 0)
        return -1;
    snprintf(edit->object, sizeof edit->object, "sheet:%lld", (long long)id);
    if (tsk_sheet_find(&edit->sheet, store, scope, id, edit->arena, err) != 0)
        return -1;
    assert(edit->sheet.form != NULL && edit->sheet.case_number != NULL);
    return 0;
}

int tsk_edit_end(struct tsk_edit *edit, int rc, struct tsk_err *err)
{
    if (edit->part.store != NULL)
        rc = tsk_part_end(&edit->part, rc, err);
    tsk_arena_free(&edit->arena);
    return rc;
}

int tsk_edit_note(struct tsk_edit *edit, const char *action, const char *detail, struct tsk_err *err)
{
    if (tsk_sql_run(edit->store, err, "UPDATE sheets SET revision = revision + 1 WHERE id = ?1", "i", edit->sheet.id) !=
        0)
        return -1;
    return tsk_audit_add(edit->store, edit->sheet.office, edit->by, action, edit->object, detail, err);
}

int tsk_edit_corrected(struct tsk_edit *edit, struct tsk_err *err)
{
    return tsk_sql_run(edit->store, err,
                       "UPDATE sheets SET corrections = corrections + 1 WHERE id = ?1 AND state = 'confirmed'", "i",
                       edit->sheet.id);
}
