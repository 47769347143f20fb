#include "records/todo.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "records/audit.h"
#include "records/sql.h"

#define LIMIT_DEFAULT 1000

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

int tsk_todo_add(int64_t *id, bool *is_new, struct tsk_store *store, const struct tsk_todo_new *todo,
                 struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    char sheet[24] = "";
    char about[40];
    int64_t found = 0;

    if (todo->sheet != 0)
        snprintf(sheet, sizeof sheet, "%lld", (long long)todo->sheet);
    snprintf(about, sizeof about, "sheet:%s", sheet);
    const char *key = todo->about != NULL ? todo->about : about;
    if (tsk_sql_run(
            store, err,
            "INSERT INTO todos (office_id, sheet_id, document, case_number, about, event, rule, recipient, kind, text, "
            "created) VALUES (?1, CAST(?2 AS INTEGER), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
            "ON CONFLICT (about, event, rule, recipient, kind) DO NOTHING",
            "sesesssssss", todo->office, sheet, or_empty(todo->document), or_empty(todo->case_number), key, todo->event,
            todo->rule, or_empty(todo->recipient), todo->kind, todo->text, tsk_now(now)) != 0)
        return -1;
    if (is_new != NULL)
        *is_new = tsk_sql_changed(store) > 0;
    if (id == NULL)
        return 0;
    if (tsk_sql_number(
            &found, store, err,
            "SELECT id FROM todos WHERE about = ?1 AND event = ?2 AND rule = ?3 AND recipient = ?4 AND kind = ?5",
            "sssss", key, todo->event, todo->rule, or_empty(todo->recipient), todo->kind) != 1)
        return -1;
    *id = found;
    return 0;
}

int tsk_todo_keep(struct tsk_store *store, const struct tsk_todo_new *todo, const char *by, struct tsk_err *err)
{
    int64_t id = 0;

    if (tsk_todo_add(&id, NULL, store, todo, err) != 0)
        return -1;
    return tsk_sql_run(store, err,
                       "UPDATE todos SET text = ?2, case_number = ?3, done = '', done_by = '', note = '' "
                       "WHERE id = ?1 AND (done = '' OR done_by = ?4) "
                       "AND (text <> ?2 OR case_number IS NOT ?3 OR done <> '')",
                       "ises", id, todo->text, or_empty(todo->case_number), by);
}

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_todo *todo = item;

    todo->id = tsk_sql_int(rows);
    todo->sheet = tsk_sql_int(rows);
    todo->office = tsk_sql_text(rows);
    todo->document = tsk_sql_text(rows);
    todo->case_number = tsk_sql_text(rows);
    todo->about = tsk_sql_text(rows);
    todo->event = tsk_sql_text(rows);
    todo->rule = tsk_sql_text(rows);
    todo->recipient = tsk_sql_text(rows);
    todo->kind = tsk_sql_text(rows);
    todo->text = tsk_sql_text(rows);
    todo->created = tsk_sql_text(rows);
    todo->done = tsk_sql_text(rows);
    todo->done_by = tsk_sql_text(rows);
    todo->note = tsk_sql_text(rows);
}

int tsk_todo_list(struct tsk_todos *out, struct tsk_store *store, const struct tsk_scope *scope,
                  const struct tsk_todo_filter *filter, struct tsk_arena *arena, struct tsk_err *err)
{
    static const struct tsk_todo_filter every = { .done_too = false };
    const struct tsk_todo_filter *by = filter != NULL ? filter : &every;
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT id, sheet_id, office_id, document, case_number, about, event, rule, recipient, kind, text, created, "
        "done, "
        "done_by, note FROM todos WHERE " SCOPE("office_id") " AND (?2 OR done = '') AND (?3 = 0 OR sheet_id = ?3) "
                                                             "AND (?4 IS NULL OR case_number = ?4) AND (?5 IS NULL OR "
                                                             "kind = ?5) AND (?6 IS NULL OR office_id = ?6) "
                                                             "AND (?7 IS NULL OR event = ?7) ORDER BY id LIMIT ?8",
        "ciissssi", scope, (int64_t)by->done_too, by->sheet, by->case_number, by->kind, by->office, by->event,
        (int64_t)(by->limit > 0 ? by->limit : LIMIT_DEFAULT));

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

static int close_todo(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *by,
                      const char *note, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    char object[40];
    struct tsk_arena *arena = tsk_arena_new(1024);
    struct tsk_rows *rows = NULL;
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to close a to-do")
                           : tsk_sql_query(&rows, store, arena, err,
                                           "SELECT office_id, done FROM todos WHERE " SCOPE("office_id") " AND id = ?2",
                                           "ci", scope, id);

    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 0)
        rc = tsk_fail(err, TSK_REJECT, 0, "there is no to-do %lld", (long long)id);
    if (rc == 1) {
        const char *office = tsk_sql_text(rows);
        const char *done = tsk_sql_text(rows);
        snprintf(object, sizeof object, "todo:%lld", (long long)id);
        rc = *done != '\0' ? tsk_fail(err, TSK_REJECT, 0, "to-do %lld was done at %s", (long long)id, done) : 0;
        if (rc == 0)
            rc = tsk_sql_run(store, err, "UPDATE todos SET done = ?2, done_by = ?3, note = ?4 WHERE id = ?1", "isss",
                             id, tsk_now(now), by, or_empty(note));
        if (rc == 0)
            rc = tsk_audit_add(store, office, by, "todo.done", object, "", err);
    }
    tsk_sql_end(&rows);
    tsk_arena_free(&arena);
    return rc;
}

int tsk_todo_done(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *by, const char *note,
                  struct tsk_err *err)
{
    struct tsk_part part;

    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    return tsk_part_end(&part, close_todo(store, scope, id, by, note, err), err);
}
