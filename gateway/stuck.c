#include "gateway/stuck.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "records/todo.h"

#define LOOK_MS 60000
#define KIND "waits"
#define ACTOR "routing" /* who closes what has become pointless, as routing does */

void tsk_stuck_fault(struct tsk_stuck *stuck, const struct tsk_envelope *envelope)
{
    for (size_t i = 0; i < stuck->count; i++)
        if (strcmp(stuck->items[i].id, envelope->id) == 0)
            return;
    if (stuck->count == TSK_STUCK_MAX)
        return; /* one to-do an office stands for all of them */
    memcpy(stuck->items[stuck->count].id, envelope->id, TSK_ID_SIZE);
    memcpy(stuck->items[stuck->count].office, envelope->office, sizeof envelope->office);
    stuck->items[stuck->count++].since_ms = tsk_mono_ms();
}

void tsk_stuck_over(struct tsk_stuck *stuck, const char *id)
{
    for (size_t i = 0; i < stuck->count; i++)
        if (strcmp(stuck->items[i].id, id) == 0) {
            stuck->items[i] = stuck->items[--stuck->count];
            return;
        }
}

static size_t count_of(const struct tsk_stuck *stuck, const char *office, const char **first)
{
    size_t count = 0;

    for (size_t i = 0; i < stuck->count; i++)
        if (strcmp(stuck->items[i].office, office) == 0 && tsk_mono_ms() - stuck->items[i].since_ms >= TSK_STUCK_MS) {
            *first = count == 0 || strcmp(stuck->items[i].id, *first) < 0 ? stuck->items[i].id : *first;
            count++;
        }
    return count;
}

static int keep(struct tsk_store *store, const char *office, size_t count, const char *first, const char *why,
                struct tsk_err *err)
{
    char about[TSK_SPOOL_FIELD_SIZE + 16], text[1024];
    const struct tsk_todo_new todo = { .office = office,
                                       .document = "",
                                       .case_number = "",
                                       .about = about,
                                       .event = "document.waits",
                                       .rule = "built-in",
                                       .recipient = "",
                                       .kind = KIND,
                                       .text = text };

    snprintf(about, sizeof about, "office:%s", office);
    snprintf(
        text, sizeof text,
        "届いた文書 %zu 通%sが、1 時間以上読み取れずに待っています（受付番号 %s から）。文書は保管されています。\n"
        "文書のせいではなく、機械の側の障害です。管理者に伝えてください（tasuki doctor で確かめられます）。\n"
        "急ぐときは、Fax 機の紙か送信元の控えで進めてください。直れば自動で読み取り、この「すること」も閉じます。\n"
        "理由の記録: %.300s",
        count, count == TSK_STUCK_MAX ? "以上" : "", first, why);
    return tsk_todo_keep(store, &todo, ACTOR, err);
}

static int close_open(struct tsk_store *store, const char *office, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_todo_filter filter = { .kind = KIND, .office = office };
    struct tsk_todos todos;

    if (tsk_todo_list(&todos, store, &tsk_scope_all, &filter, arena, err) != 0)
        return -1;
    for (size_t i = 0; i < todos.count; i++)
        if (tsk_todo_done(store, &tsk_scope_all, todos.items[i].id, ACTOR, "待っている文書はなくなりました", err) != 0)
            return -1;
    return 0;
}

static void forget_gone(struct tsk_stuck *stuck, struct tsk_spool *spool)
{
    struct tsk_spool_entry entry;

    for (size_t i = stuck->count; i > 0; i--)
        if (tsk_spool_show(spool, stuck->items[i - 1].id, &entry, NULL) != 0 ||
            (entry.state != TSK_SPOOL_INCOMING && entry.state != TSK_SPOOL_READING))
            stuck->items[i - 1] = stuck->items[--stuck->count];
}

static void note_waiting(struct tsk_stuck *stuck, struct tsk_spool *spool)
{
    struct tsk_spool_entry *entries = NULL;
    size_t count = 0;

    if (tsk_spool_list(spool, TSK_SPOOL_INCOMING, &entries, &count, NULL) != 0)
        return;
    for (size_t i = 0; i < count && stuck->count < TSK_STUCK_MAX; i++)
        if (entries[i].readable)
            tsk_stuck_fault(stuck, &entries[i].envelope);
    tsk_spool_list_free(&entries);
}

int tsk_stuck_tell(struct tsk_stuck *stuck, const struct tsk_config *config, struct tsk_spool *spool,
                   struct tsk_store *store, bool waiting, const char *why, struct tsk_err *err)
{
    struct tsk_arena *arena;
    int rc = 0;
    bool first = stuck->told_ms == 0, any = false;

    if (!first && tsk_mono_ms() - stuck->told_ms < LOOK_MS)
        return 0;
    stuck->told_ms = tsk_mono_ms();
    forget_gone(stuck, spool);
    if (waiting)
        note_waiting(stuck, spool);
    if (!first && stuck->count == 0 && !stuck->open)
        return 0;
    arena = tsk_arena_new((size_t)1 << 20);
    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to look at what waits");
    for (size_t i = 0; rc == 0 && i < config->office_count; i++) {
        const char *office = config->offices[i].id, *oldest = "";
        size_t count = count_of(stuck, office, &oldest);

        any |= count > 0;
        rc = count > 0 ? keep(store, office, count, oldest, why, err) : close_open(store, office, arena, err);
    }
    stuck->open = any || rc != 0;
    tsk_arena_free(&arena);
    return rc;
}
