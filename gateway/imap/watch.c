#include "gateway/imap/watch.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/log.h"
#include "gateway/imap/account.h"
#include "records/todo.h"
#include "routing/event.h"

#define MINUTE_MS ((int64_t)60000)
#define DAY_MS (24 * 60 * MINUTE_MS)
#define TOKEN_DAYS 7
#define SETTLE_TRIES 3
#define ARENA_BYTES ((size_t)4 << 20)
#define TEXT_MAX 4096
#define WATCHER "mailbox"

/* What is wrong now: to-dos about anything else close. */
struct watching {
    const struct tsk_routing *routing;
    struct tsk_store *store;
    struct tsk_arena *arena;
    const struct tsk_source *source;
    struct tsk_buf abouts; /* one a line */
    struct tsk_err *err;
};

static int raise_it(struct watching *w, const char *kind, const char *about, const char *format, ...) TSK_PRINTF(4, 5);

static int raise_it(struct watching *w, const char *kind, const char *about, const char *format, ...)
{
    char text[TEXT_MAX];
    const struct tsk_trouble trouble = {
        .office = w->source->office, .source = w->source->id, .about = about, .kind = kind, .text = text, .by = WATCHER
    };
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    tsk_buf_printf(&w->abouts, "%s\n", about);
    return tsk_route_trouble(w->routing, w->store, &trouble, w->err);
}

static int watch_silence(struct watching *w, const struct tsk_account *account)
{
    int64_t last = account->looked_ms != 0 ? account->looked_ms : account->begun_ms;
    char about[128], since[TSK_WHEN_SIZE];

    if (last == 0 || tsk_wall_ms() - last < (int64_t)w->source->imap.silent_minutes * MINUTE_MS)
        return 0;
    tsk_mailbox_when(since, last);
    snprintf(about, sizeof about, "mailbox:%s:silent:%lld", w->source->id, (long long)last);
    return raise_it(w, "mailbox_silent", about,
                    "メール箱「%s」を %s から見に行けていません。届いたシートが取り込まれていないおそれがあります。"
                    "\n理由: %s\n\nシステム管理者に知らせてください（tasuki mailbox check %s）。"
                    "直るまでは、このメール箱を人が見てください。",
                    w->source->id, since, account->trouble[0] != '\0' ? account->trouble : "働いていません",
                    w->source->id);
}

static int watch_message(struct watching *w, const struct tsk_account *account, const struct tsk_pending *p)
{
    const char *id = w->source->id;
    char about[128], since[TSK_WHEN_SIZE];

    tsk_mailbox_when(since, p->since_ms);
    snprintf(about, sizeof about, "mailbox:%s:%s:%u.%u", id, tsk_pending_name(p->kind), account->validity, p->uid);
    if (p->kind == TSK_PENDING_REFUSED)
        return raise_it(
            w, "mailbox_refused", about,
            "メール箱「%s」のメール 1 通を取り込めませんでした（UID %u、%s）。メールはメール箱に残っています。\n"
            "理由: %s\n\nメール箱を開いて読み、必要なら送り直しを頼んでください。"
            "もう一度取り込むには: tasuki mailbox again %s",
            id, p->uid, since, p->reason, id);
    return raise_it(
        w, "mailbox_claimed", about,
        "メール箱「%s」のメール 1 通（UID %u）を、ほかのゲートウェイが %s に取り込み始めたまま、終えていません。\n\n"
        "そのゲートウェイで取り込まれたかを確かめてください。止まっているなら、tasuki mailbox again %s で"
        "このゲートウェイが取り込みます。",
        id, p->uid, since, id);
}

/* Taken, but the server does not let it be moved or marked: one to-do for all of them. */
static int watch_unsettled(struct watching *w, const struct tsk_account *account)
{
    const struct tsk_pending *first = NULL;
    size_t count = 0;
    char about[128];

    for (size_t i = 0; i < account->pending_count; i++)
        if (account->pending[i].kind == TSK_PENDING_SETTLE && account->pending[i].tries >= SETTLE_TRIES) {
            first = &account->pending[i];
            count++;
        }
    if (first == NULL)
        return 0;
    snprintf(about, sizeof about, "mailbox:%s:settle:%u", w->source->id, account->validity);
    return raise_it(
        w, "mailbox_unsettled", about,
        "メール箱「%s」で、取り込みの済んだメール（%zu 通）を移動または既読にできません。取り込みは済んでいます。\n"
        "理由: %s\n\nシステム管理者に、メール箱の権限と imap.done を確かめるよう伝えてください。",
        w->source->id, count, first->reason);
}

static int watch_messages(struct watching *w, const struct tsk_account *account)
{
    int64_t limit = tsk_wall_ms() - (int64_t)w->source->imap.claim_minutes * MINUTE_MS;

    for (size_t i = 0; i < account->pending_count; i++) {
        const struct tsk_pending *p = &account->pending[i];
        bool stale = p->kind == TSK_PENDING_CLAIMED && p->since_ms <= limit;

        if ((stale || p->kind == TSK_PENDING_REFUSED) && watch_message(w, account, p) != 0)
            return -1;
    }
    return 0;
}

static int watch_token(struct watching *w, const struct tsk_account *account)
{
    char about[128], end[TSK_WHEN_SIZE];

    if (account->token_end_ms == 0 || account->token_end_ms - tsk_wall_ms() > TOKEN_DAYS * DAY_MS)
        return 0;
    tsk_mailbox_when(end, account->token_end_ms);
    snprintf(about, sizeof about, "mailbox:%s:token:%.10s", w->source->id, end);
    return raise_it(w, "mailbox_token", about,
                    "メール箱「%s」の認証（リフレッシュトークン）が %s に切れます。切れるとメールを取り込めません。\n\n"
                    "システム管理者に、サインインし直して imap.refresh_token_file を置き換えるよう伝えてください。",
                    w->source->id, end);
}

static bool is_current(const struct watching *w, const char *about)
{
    const char *found = strstr(tsk_buf_text(&w->abouts), about);

    return found != NULL && found[strlen(about)] == '\n';
}

static int close_settled(struct watching *w)
{
    const struct tsk_todo_filter filter = { .event = TSK_EVENT_TROUBLE, .office = w->source->office };
    struct tsk_todos todos;
    char start[128];

    snprintf(start, sizeof start, "mailbox:%s:", w->source->id);
    if (tsk_todo_list(&todos, w->store, &tsk_scope_all, &filter, w->arena, w->err) != 0)
        return -1;
    for (size_t i = 0; i < todos.count; i++) {
        const struct tsk_todo *todo = &todos.items[i];

        if (strncmp(todo->about, start, strlen(start)) != 0 || is_current(w, todo->about))
            continue;
        if (tsk_todo_done(w->store, &tsk_scope_all, todo->id, WATCHER, "解消しました", w->err) != 0)
            return -1;
        tsk_log(TSK_LOG_INFO, "-", "event", "mailbox.settled", "source", w->source->id, "kind", todo->kind, NULL);
    }
    return 0;
}

static int watch_account(struct watching *w, const struct tsk_account *account)
{
    if (tsk_store_begin(w->store, w->err) != 0)
        return -1;
    if (watch_silence(w, account) != 0 || watch_messages(w, account) != 0 || watch_unsettled(w, account) != 0 ||
        watch_token(w, account) != 0 || close_settled(w) != 0 || tsk_store_commit(w->store, w->err) != 0) {
        tsk_store_rollback(w->store);
        return -1;
    }
    return 0;
}

static int watch_source(struct watching *w, const struct tsk_site *site)
{
    struct tsk_account account;
    int rc;

    if (tsk_account_view(&account, site, w->source->id, w->err) != 0)
        return -1;
    w->arena = tsk_arena_new(ARENA_BYTES);
    w->abouts = TSK_BUF((size_t)1 << 20);
    rc = w->arena != NULL ? watch_account(w, &account) : tsk_fail(w->err, TSK_RETRY, 0, "no memory to watch mailboxes");
    tsk_buf_free(&w->abouts);
    tsk_arena_free(&w->arena);
    tsk_account_close(&account);
    return rc;
}

int tsk_mailboxes_watch(const struct tsk_site *site, const struct tsk_routing *routing, struct tsk_store *store,
                        struct tsk_err *err)
{
    struct watching w = { .routing = routing, .store = store, .err = err };

    for (size_t i = 0; i < site->config->source_count; i++) {
        w.source = &site->config->sources[i];
        if (w.source->kind == TSK_SOURCE_IMAP && watch_source(&w, site) != 0)
            return -1;
    }
    return 0;
}
