#include "gateway/deadlines.h"

#include <stdio.h>

#include "base/clock.h"
#include "gateway/site_routing.h"
#include "records/move.h"
#include "records/retention.h"
#include "records/todo.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define ACTOR "keeper"
#define KIND "retention"

static size_t free_to_go(const struct tsk_dues *dues)
{
    size_t count = 0;

    for (size_t i = 0; i < dues->count; i++)
        count += *dues->items[i].hindrance == '\0' && dues->items[i].disposal == 0;
    return count;
}

static int keep_todo(struct tsk_store *store, const char *office, size_t count, struct tsk_err *err)
{
    char about[160], text[400];
    int year = tsk_fiscal_year(tsk_japan_date(tsk_wall_ms()));
    const struct tsk_todo_new todo = { .office = office,
                                       .document = "",
                                       .case_number = "",
                                       .about = about,
                                       .event = "retention.due",
                                       .rule = "built-in",
                                       .recipient = "",
                                       .kind = KIND,
                                       .text = text };

    snprintf(about, sizeof about, "retention:%.100s:%d", office, year);
    snprintf(
        text, sizeof text,
        "保存期間の過ぎた記録が %zu 件あります。廃棄の一覧を見て、残すものがあれば保全を付け、一覧を提案してください"
        "（別の人が承認します）。",
        count);
    return tsk_todo_keep(store, &todo, ACTOR, err);
}

static int close_todos(struct tsk_store *store, const char *office, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_todo_filter filter = { .kind = KIND, .office = office };
    struct tsk_todos todos;

    if (tsk_todo_list(&todos, store, &tsk_scope_all, &filter, arena, err) != 0)
        return -1;
    for (size_t i = 0; i < todos.count; i++)
        if (tsk_todo_done(store, &tsk_scope_all, todos.items[i].id, ACTOR, "いまはありません", err) != 0)
            return -1;
    return 0;
}

static int look_at_retention(struct tsk_store *store, const char *office, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_due_filter filter = { .office = office };
    struct tsk_dues dues;
    bool gone = false;

    if (tsk_office_is_gone(&gone, store, office, err) != 0)
        return -1;
    if (gone)
        return 0;
    if (tsk_retention_due(&dues, store, &tsk_scope_all, &filter, arena, err) != 0)
        return -1;
    return free_to_go(&dues) > 0 ? keep_todo(store, office, free_to_go(&dues), err)
                                 : close_todos(store, office, arena, err);
}

static int look(const struct tsk_site *site, struct tsk_records *records, struct tsk_arena *arena, struct tsk_err *err)
{
    if (tsk_store_begin(records->store, err) != 0)
        return -1;
    int rc = tsk_route_incident_deadlines(records->routing, records->store, err);
    for (size_t i = 0; rc == 0 && i < site->config->office_count; i++)
        rc = look_at_retention(records->store, site->config->offices[i].id, arena, err);
    if (rc == 0 && tsk_store_commit(records->store, err) == 0)
        return 0;
    tsk_store_rollback(records->store);
    return -1;
}

int tsk_deadlines_look(const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    struct tsk_records *records = NULL;
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to look at deadlines")
                           : tsk_records_open(&records, site, err);

    if (rc == 0 && records != NULL)
        rc = look(site, records, arena, err);
    tsk_records_close(&records);
    tsk_arena_free(&arena);
    return rc;
}
