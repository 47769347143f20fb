#include "records/todo.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "records/audit.h"
#include "records/sql.h"

#define LIMIT_DEFAULT 1000

static const char *const ends[TSK_TODO_END_COUNT] = { "done", "no_answer", "passed_on", "reopened" };

const char *tsk_todo_end_name(enum tsk_todo_end end)
{
    return ends[end];
}

int tsk_todo_end_from_name(const char *name)
{
    return tsk_name_index(ends, TSK_COUNT(ends), name);
}

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
    todo->due = tsk_sql_text(rows);
    todo->assigned = tsk_sql_text(rows);
    todo->tries = (int)tsk_sql_int(rows);
}

/* narrow: what an index leads to. "?4 IS NULL OR" alone would read every to-do there ever was. */
#define LIST(narrow)                                                                                                   \
    "SELECT id, sheet_id, office_id, document, case_number, about, event, rule, recipient, kind, text, created, "      \
    "done, "                                                                                                           \
    "done_by, note, due, assigned, (SELECT count(*) FROM todo_results WHERE todo_id = todos.id "                       \
    "AND result = 'no_answer') FROM todos WHERE " narrow " AND " SCOPE(                                                \
        "office_id") " AND (?2 OR done = '') AND (?3 = 0 OR sheet_id = ?3) AND (?4 IS NULL OR case_number = ?4) "      \
                     "AND (?5 IS NULL OR kind = ?5) AND (?6 IS NULL OR office_id = ?6) AND (?7 IS NULL OR event = "    \
                     "?7) "                                                                                            \
                     "AND (?9 IS NULL OR due <= ?9) AND (?10 IS NULL OR assigned = ?10) AND (?12 = 0 OR id = ?12) "    \
                     "ORDER BY CASE WHEN ?11 THEN CASE due WHEN '' THEN substr(created, 1, 10) ELSE due END END, "     \
                     "id LIMIT ?8"

static const char *list_query(const struct tsk_todo_filter *by)
{
    if (by->id != 0)
        return LIST("id = ?12");
    if (by->sheet != 0)
        return LIST("sheet_id = ?3");
    if (by->case_number != NULL)
        return LIST("case_number = ?4");
    return by->done_too ? LIST("1") : LIST("done = ''");
}

int tsk_todo_list(struct tsk_todos *out, struct tsk_store *store, const struct tsk_scope *scope,
                  const struct tsk_todo_filter *filter, struct tsk_arena *arena, struct tsk_err *err)
{
    static const struct tsk_todo_filter every = { .done_too = false };
    const struct tsk_todo_filter *by = filter != NULL ? filter : &every;
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err, list_query(by), "ciissssissii", scope, (int64_t)by->done_too,
                           by->sheet, by->case_number, by->kind, by->office, by->event,
                           (int64_t)(by->limit > 0 ? by->limit : LIMIT_DEFAULT), by->due_by, by->assigned,
                           (int64_t)by->by_due, by->id);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

int tsk_todo_find(struct tsk_todo *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                  struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_todo_filter filter = { .id = id, .done_too = true };
    struct tsk_todos found = { .count = 0 };

    if (id > 0 && tsk_todo_list(&found, store, scope, &filter, arena, err) != 0)
        return -1;
    if (found.count == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no to-do %lld", (long long)id);
    *out = found.items[0];
    return 0;
}

static int check_end(const struct tsk_todo *todo, const struct tsk_todo_result *result, struct tsk_err *err)
{
    struct tsk_date day;

    assert(todo->done != NULL);
    bool open = *todo->done == '\0';

    if (open == (result->end == TSK_TODO_REOPENED))
        return open ? tsk_fail(err, TSK_REJECT, 0, "to-do %lld is open", (long long)todo->id)
                    : tsk_fail(err, TSK_REJECT, 0, "to-do %lld was done at %s", (long long)todo->id, todo->done);
    if (result->end == TSK_TODO_NO_ANSWER && !tsk_date_parse(or_empty(result->again), &day))
        return tsk_fail(err, TSK_REJECT, 0, "say on which day to try again");
    if (result->end == TSK_TODO_PASSED_ON && *or_empty(result->whom) == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "say to whom it is passed on");
    return 0;
}

static int put_end(struct tsk_store *store, const struct tsk_todo *todo, const struct tsk_todo_result *result,
                   const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    tsk_now(now);
    switch (result->end) {
    case TSK_TODO_DONE:
        return tsk_sql_run(store, err, "UPDATE todos SET done = ?2, done_by = ?3, note = ?4 WHERE id = ?1", "isss",
                           todo->id, now, by, or_empty(result->note));
    case TSK_TODO_NO_ANSWER:
        return tsk_sql_run(store, err, "UPDATE todos SET due = ?2 WHERE id = ?1", "is", todo->id, result->again);
    case TSK_TODO_PASSED_ON:
        return tsk_sql_run(store, err, "UPDATE todos SET assigned = ?2 WHERE id = ?1", "is", todo->id, result->whom);
    default:
        return tsk_sql_run(store, err, "UPDATE todos SET done = '', done_by = '', note = '' WHERE id = ?1", "i",
                           todo->id);
    }
}

static int end_todo(struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                    const struct tsk_todo_result *result, const char *by, struct tsk_arena *arena, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE], object[40], action[32];
    struct tsk_todo todo = { .id = id };

    if (tsk_todo_find(&todo, store, scope, id, arena, err) != 0 || check_end(&todo, result, err) != 0 ||
        put_end(store, &todo, result, by, err) != 0 ||
        tsk_sql_run(store, err,
                    "INSERT INTO todo_results (todo_id, at, by, result, whom, at_what, again, note) "
                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    "isssssss", id, tsk_now(now), by, ends[result->end], or_empty(result->whom), or_empty(result->when),
                    or_empty(result->again), or_empty(result->note)) != 0)
        return -1;
    snprintf(object, sizeof object, "todo:%lld", (long long)id);
    snprintf(action, sizeof action, "todo.%s", ends[result->end]);
    return tsk_audit_add(store, todo.office, by, action, object, "", err);
}

int tsk_todo_end(struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                 const struct tsk_todo_result *result, const char *by, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)1 << 20);
    struct tsk_part part;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to close a to-do");
    int rc = by == NULL || *by == '\0' ? tsk_fail(err, TSK_REJECT, 0, "nobody is named who did this")
                                       : tsk_part_start(&part, store, err);
    if (rc == 0)
        rc = tsk_part_end(&part, end_todo(store, scope, id, result, by, arena, err), err);
    tsk_arena_free(&arena);
    return rc;
}

int tsk_todo_done(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *by, const char *note,
                  struct tsk_err *err)
{
    const struct tsk_todo_result result = { .end = TSK_TODO_DONE, .note = note };

    return tsk_todo_end(store, scope, id, &result, by, err);
}

static void fill_result(void *item, struct tsk_rows *rows)
{
    struct tsk_todo_result *result = item;

    result->end = (enum tsk_todo_end)tsk_name_index(ends, TSK_COUNT(ends), tsk_sql_text(rows));
    result->whom = tsk_sql_text(rows);
    result->when = tsk_sql_text(rows);
    result->again = tsk_sql_text(rows);
    result->note = tsk_sql_text(rows);
    result->by = tsk_sql_text(rows);
    result->at = tsk_sql_text(rows);
}

int tsk_todo_result_list(struct tsk_todo_results *out, struct tsk_store *store, const struct tsk_scope *scope,
                         int64_t id, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc =
        tsk_sql_query(&rows, store, arena, err,
                      "SELECT r.result, r.whom, r.at_what, r.again, r.note, r.by, r.at FROM todo_results r "
                      "JOIN todos t ON t.id = r.todo_id WHERE " SCOPE("t.office_id") " AND t.id = ?2 ORDER BY r.id",
                      "ci", scope, id);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_result, &rows, &rc, err);
    return rc;
}
