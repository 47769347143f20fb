#include "casework/casework.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "casework/parts.h"
#include "records/consent.h"
#include "records/todo.h"

#define FORM_REFERRAL "referral-status"
#define UNKNOWN_AT_ONCE 200

static const char *const todo_kinds[] = { "inquiry_release", "inquiry_overdue", "inquiry_recipient", "inquiry_print" };

void tsk_casework_day(int32_t day, char out[TSK_DATE_SIZE])
{
    struct tsk_date date = { .year = 0 };

    if (day != 0)
        date = tsk_date_from_days(day);
    tsk_date_text(date, out);
}

int32_t tsk_casework_today(void)
{
    return tsk_date_days(tsk_japan_date(tsk_wall_ms()));
}

const char *tsk_casework_text(const struct tsk_casework *work, const char *format, ...)
{
    char *text = NULL;
    const char *kept;
    va_list args;
    int len;

    va_start(args, format);
    len = vasprintf(&text, format, args);
    va_end(args);
    kept = len < 0 ? NULL : tsk_arena_strdup(work->arena, text);
    if (len >= 0)
        free(text);
    return kept != NULL ? kept : "";
}

int tsk_casework_todo(const struct tsk_casework *work, const struct tsk_wait_row *row, const char *kind,
                      const char *text)
{
    const struct tsk_todo_new todo = {
        .office = row->office,
        .case_number = row->case_number,
        .document = "",
        .about = tsk_casework_text(work, "wait:%s:%s:%s", row->case_number, row->since, row->recipient),
        .event = kind,
        .rule = TSK_CASEWORK_NAME,
        .recipient = row->recipient,
        .kind = kind,
        .text = text,
    };

    return tsk_todo_keep(work->store, &todo, TSK_CASEWORK_NAME, work->err);
}

struct looking {
    struct tsk_casework work;
    struct tsk_case kase;
    struct tsk_wait wait;
    struct tsk_wait_row row;
    char since[TSK_DATE_SIZE], ask_on[TSK_DATE_SIZE];
};

static const char *state_name(const struct looking *look, bool closed, bool consent)
{
    static const char *const names[] = { "none", "waiting", "look", "stuck" };

    if (closed)
        return "closed";
    return look->wait.state == TSK_WAIT_HOSPITAL && !consent ? "no_consent" : names[look->wait.state];
}

static int find_recipient(struct looking *look)
{
    const struct tsk_casework *work = &look->work;
    struct tsk_recipient found;
    struct tsk_sheet sheet;

    look->row.recipient = "";
    if (look->wait.state != TSK_WAIT_HOSPITAL || look->row.sheet == 0)
        return 0;
    if (tsk_sheet_find(&sheet, work->store, &tsk_scope_all, look->row.sheet, work->arena, work->err) != 0)
        return -1;
    const char *field = look->wait.moved && strcmp(tsk_sheet_value(&sheet, "destination"), look->wait.hospital) == 0
                            ? "destination"
                            : "to_hospital";
    if (tsk_recipient_named(&found, work->routing, work->store, &sheet, field, work->config->department, work->arena,
                            work->err) != 0)
        return -1;
    look->row.recipient = found.key;
    return 0;
}

static int look_at_case(struct looking *look, const char *case_number)
{
    const struct tsk_casework *work = &look->work;
    struct tsk_case_fact *facts;
    size_t count;
    bool consent;

    if (tsk_case_find(&look->kase, work->store, &tsk_scope_all, case_number, work->arena, work->err) != 0 ||
        tsk_casework_facts(&facts, &count, work, look->kase.number) != 0 ||
        tsk_consent_stands(&consent, work->store, &tsk_scope_all, look->kase.number, "medical", work->err) != 0)
        return -1;
    tsk_wait_of(&look->wait, facts, count, work->config);
    if (*look->kase.merged_into != '\0')
        look->wait = (struct tsk_wait){ .state = TSK_WAIT_NONE, .hospital = "" };
    tsk_casework_day(look->wait.since, look->since);
    tsk_casework_day(look->wait.ask_on, look->ask_on);
    look->row = (struct tsk_wait_row){ .case_number = look->kase.number,
                                       .office = look->kase.office,
                                       .state = state_name(look, *look->kase.completed != '\0', consent),
                                       .hospital = look->wait.hospital,
                                       .since = look->since,
                                       .ask_on = look->ask_on,
                                       .moved = look->wait.moved,
                                       .sheet = look->wait.sheet };
    return find_recipient(look);
}

static int take_back_call(const struct tsk_casework *work, const char *call)
{
    const struct tsk_inquiry_filter filter = { .call = call, .state = "calling" };
    struct tsk_inquiries left;
    struct tsk_notice notice;
    bool was_out;

    if (*call == '\0')
        return 0;
    if (tsk_inquiry_list(&left, work->store, &tsk_scope_all, &filter, work->arena, work->err) != 0 ||
        tsk_notice_find(&notice, work->store, &tsk_scope_all, call, work->arena, work->err) != 0)
        return -1;
    if (left.count > 0 || notice.state != TSK_NOTICE_QUEUED)
        return 0;
    return tsk_notice_withdraw(&was_out, work->store, &tsk_scope_all, call, "照会の必要がなくなりました", work->err);
}

static bool still_asks(const struct looking *look, const struct tsk_inquiry *inquiry)
{
    return strcmp(look->row.state, "waiting") == 0 && strcmp(inquiry->since, look->row.since) == 0 &&
           strcmp(inquiry->hospital, look->row.hospital) == 0;
}

static const char *reason_of(const struct looking *look)
{
    static const struct {
        const char *state, *why;
    } reasons[] = { { "closed", "案件が終了しました" },
                    { "no_consent", "同意がありません" },
                    { "look", "回答と思われるシートが届いています" },
                    { "stuck", "担当者の判断が必要です" },
                    { "none", "転帰が分かりました" } };

    for (size_t i = 0; i < TSK_COUNT(reasons); i++)
        if (strcmp(reasons[i].state, look->row.state) == 0)
            return reasons[i].why;
    return "照会先または起算日が変わりました";
}

static int end_inquiries(struct looking *look)
{
    const struct tsk_casework *work = &look->work;
    const struct tsk_inquiry_filter filter = { .case_number = look->kase.number, .open = true };
    struct tsk_inquiries open;

    if (tsk_inquiry_list(&open, work->store, &tsk_scope_all, &filter, work->arena, work->err) != 0)
        return -1;
    for (size_t i = 0; i < open.count; i++) {
        const struct tsk_inquiry *one = &open.items[i];
        bool asked = strcmp(one->state, "asked") == 0;
        bool told = strcmp(look->row.state, "closed") != 0 && strcmp(look->row.state, "no_consent") != 0;
        const struct tsk_inquiry_change change = { .state = asked && told ? "answered" : "cancelled",
                                                   .by = TSK_CASEWORK_NAME,
                                                   .why = reason_of(look) };

        if (still_asks(look, one))
            continue;
        if (tsk_inquiry_change(work->store, one, &change, work->err) != 0 ||
            (strcmp(one->state, "calling") == 0 && take_back_call(work, one->call) != 0))
            return -1;
    }
    return 0;
}

/* To-dos of this case that the wait does not ask for any more; all: a person has just done what they asked. */
static int close_todos(const struct looking *look, bool all)
{
    const struct tsk_casework *work = &look->work;
    const char *about =
        tsk_casework_text(work, "wait:%s:%s:%s", look->kase.number, look->row.since, look->row.recipient);
    const struct tsk_todo_filter filter = { .case_number = look->kase.number };
    struct tsk_todos todos;

    if (tsk_todo_list(&todos, work->store, &tsk_scope_all, &filter, work->arena, work->err) != 0)
        return -1;
    for (size_t i = 0; i < todos.count; i++) {
        const struct tsk_todo *todo = &todos.items[i];
        bool ours = false;

        for (size_t k = 0; k < TSK_COUNT(todo_kinds); k++)
            ours |= strcmp(todo_kinds[k], todo->kind) == 0;
        if (!ours || (!all && strcmp(look->row.state, "waiting") == 0 && strcmp(todo->about, about) == 0))
            continue;
        if (tsk_todo_done(work->store, &tsk_scope_all, todo->id, TSK_CASEWORK_NAME, reason_of(look), work->err) != 0)
            return -1;
    }
    return 0;
}

/* What a confirmed referral asks of people. */
static int ask_people(const struct looking *look)
{
    struct tsk_referral referral;

    return tsk_casework_referral(&referral, &look->work, look->kase.number) != 0 ||
                   tsk_casework_consent(&look->work, &look->kase, &referral) != 0 ||
                   tsk_casework_conference(&look->work, &look->kase, &referral) != 0
               ? -1
               : 0;
}

static int start(struct looking *look, const struct tsk_routing *routing, struct tsk_store *store, struct tsk_err *err)
{
    *look = (struct looking){ .work = { .routing = routing,
                                        .config = &tsk_routing_config(routing)->inquiries,
                                        .store = store,
                                        .arena = tsk_arena_new(TSK_CASEWORK_ARENA),
                                        .err = err } };
    return look->work.arena != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for what a case waits for");
}

int tsk_casework_case(const struct tsk_routing *routing, struct tsk_store *store, const char *case_number,
                      struct tsk_err *err)
{
    struct looking look;
    int rc = start(&look, routing, store, err);

    if (rc == 0)
        rc = look_at_case(&look, case_number) != 0 || tsk_wait_put(store, &look.row, err) != 0 ||
                     end_inquiries(&look) != 0 || close_todos(&look, false) != 0 || ask_people(&look) != 0
                 ? -1
                 : 0;
    tsk_arena_free(&look.work.arena);
    return rc;
}

void tsk_casework_attach(struct tsk_routing *routing)
{
    static const struct tsk_case_follower follower = { .changed = tsk_casework_case,
                                                       .event = TSK_EVENT_CALL,
                                                       .enclose = tsk_casework_enclose };

    tsk_routing_follow(routing, &follower);
}

static int earlier_of(struct tsk_inquiries *out, const struct tsk_casework *work, const char *case_number)
{
    const struct tsk_inquiry_filter filter = { .case_number = case_number };

    return tsk_inquiry_list(out, work->store, &tsk_scope_all, &filter, work->arena, work->err);
}

/* One that went unanswered gives way to the next, or to a person. */
static int close_overdue(const struct tsk_casework *work, const struct tsk_inquiries *earlier)
{
    static const struct tsk_inquiry_change change = { .state = "overdue", .by = TSK_CASEWORK_NAME };

    for (size_t i = 0; i < earlier->count; i++)
        if (strcmp(earlier->items[i].state, "asked") == 0 &&
            tsk_inquiry_change(work->store, &earlier->items[i], &change, work->err) != 0)
            return -1;
    return 0;
}

static int plan_inquiry(int64_t *id, const struct looking *look, int round, const char *state, const char *by)
{
    char today[TSK_DATE_SIZE];
    const struct tsk_inquiry inquiry = { .office = look->row.office,
                                         .case_number = look->row.case_number,
                                         .hospital = look->row.hospital,
                                         .recipient = look->row.recipient,
                                         .since = look->row.since,
                                         .round = round,
                                         .state = state,
                                         .day = today,
                                         .by = by };

    tsk_casework_day(tsk_casework_today(), today);
    return tsk_inquiry_add(id, look->work.store, &inquiry, look->work.err);
}

static const char *say_person(const struct looking *look, const struct tsk_next_step *next)
{
    return tsk_casework_text(&look->work,
                             "情報照会に回答がありません（案件番号 %s）\n\n%sへ %d 回照会しましたが、回答がありません。"
                             "地域医療連携室へ電話で確かめ、分かったことを記録してください。\n"
                             "転院・退院などが分かったら: 案件の画面の「電話などで聞いた転帰」\n"
                             "もう一度 Fax で照会するとき: tasuki inquiry send %s --by 名前",
                             look->row.case_number, look->row.hospital, next->round - 1, look->row.case_number);
}

static const char *say_release(const struct looking *look, int64_t id)
{
    return tsk_casework_text(
        &look->work,
        "転院先への最初の照会（案件番号 %s）\n\n患者様は%sへ転院されています。転院先への最初の照会は、"
        "送ってよいことを担当者が確かめてから送ります（転院先の名称、Fax 番号、同意の範囲）。\n"
        "送るとき: tasuki inquiry release %lld --by 名前\n"
        "送らないとき: tasuki inquiry cancel %lld --by 名前 --why 理由",
        look->row.case_number, look->row.hospital, (long long)id, (long long)id);
}

static int do_next(struct looking *look, const struct tsk_next_step *next, const struct tsk_inquiries *earlier)
{
    int64_t id;

    switch (next->what) {
    case TSK_NEXT_NOTHING:
        return 0;
    case TSK_NEXT_ASK:
        return close_overdue(&look->work, earlier) != 0
                   ? -1
                   : plan_inquiry(&id, look, next->round, "planned", TSK_CASEWORK_NAME);
    case TSK_NEXT_RELEASE:
        return plan_inquiry(&id, look, next->round, "held", TSK_CASEWORK_NAME) != 0
                   ? -1
                   : tsk_casework_todo(&look->work, &look->row, "inquiry_release", say_release(look, id));
    case TSK_NEXT_PERSON:
        return close_overdue(&look->work, earlier) != 0
                   ? -1
                   : tsk_casework_todo(&look->work, &look->row, "inquiry_overdue", say_person(look, next));
    }
    return 0;
}

static int plan_case(struct looking *look, const char *case_number)
{
    const struct tsk_casework *work = &look->work;
    struct tsk_next_step next;
    struct tsk_inquiries earlier;

    if (look_at_case(look, case_number) != 0 || tsk_wait_put(work->store, &look->row, work->err) != 0 ||
        end_inquiries(look) != 0 || earlier_of(&earlier, work, look->kase.number) != 0)
        return -1;
    if (strcmp(look->row.state, "waiting") != 0)
        return 0;
    tsk_wait_next(&next, &look->wait, &earlier, work->config, tsk_casework_today());
    return do_next(look, &next, &earlier);
}

/* Each in a transaction of its own: one case that fails holds up no other. */
static int plan_one(const struct tsk_routing *routing, struct tsk_store *store, const char *case_number,
                    struct tsk_err *err)
{
    struct looking look;
    int rc = start(&look, routing, store, err);

    if (rc == 0 && (rc = tsk_store_begin(store, err)) == 0) {
        rc = plan_case(&look, case_number);
        if (rc == 0)
            rc = tsk_store_commit(store, err);
        if (rc != 0)
            tsk_store_rollback(store);
    }
    tsk_arena_free(&look.work.arena);
    return rc;
}

static int plan_all(const struct tsk_casework *work)
{
    char today[TSK_DATE_SIZE];
    const struct tsk_wait_filter due = { .due_by = today };
    struct tsk_wait_rows rows;
    struct tsk_cases unknown;

    tsk_casework_day(tsk_casework_today(), today);
    if (tsk_wait_unknown(&unknown, work->store, UNKNOWN_AT_ONCE, work->arena, work->err) != 0)
        return -1;
    for (size_t i = 0; i < unknown.count; i++)
        if (plan_one(work->routing, work->store, unknown.items[i].number, work->err) != 0)
            return -1;
    if (tsk_wait_list(&rows, work->store, &tsk_scope_all, &due, work->arena, work->err) != 0)
        return -1;
    for (size_t i = 0; i < rows.count; i++)
        if (plan_one(work->routing, work->store, rows.items[i].case_number, work->err) != 0)
            return -1;
    return 0;
}

int tsk_casework_tick(const struct tsk_routing *routing, struct tsk_store *store, struct tsk_err *err)
{
    struct looking look;
    int rc = start(&look, routing, store, err);

    if (rc == 0)
        rc = tsk_casework_settle_calls(&look.work) != 0 || plan_all(&look.work) != 0 ||
                     tsk_casework_make_calls(&look.work) != 0
                 ? -1
                 : 0;
    tsk_arena_free(&look.work.arena);
    return rc;
}

static int ask(int64_t *id, struct looking *look, const struct tsk_scope *scope, const char *case_number,
               const char *by)
{
    const struct tsk_casework *work = &look->work;
    struct tsk_case kase;
    struct tsk_inquiries earlier;
    int round = 1;

    if (tsk_case_find(&kase, work->store, scope, case_number, work->arena, work->err) != 0 ||
        look_at_case(look, kase.number) != 0 || tsk_wait_put(work->store, &look->row, work->err) != 0 ||
        earlier_of(&earlier, work, kase.number) != 0)
        return -1;
    if (strcmp(look->row.state, "waiting") != 0)
        return tsk_fail(work->err, TSK_REJECT, 0, "case %s: nobody is asked (%s)", kase.number, reason_of(look));
    if (*look->row.recipient == '\0')
        return tsk_fail(work->err, TSK_REJECT, 0, "case %s: the directory has no certain entry for the hospital, %s",
                        kase.number, work->config->department);
    for (size_t i = 0; i < earlier.count; i++)
        if (strcmp(earlier.items[i].since, look->row.since) == 0 && earlier.items[i].round >= round &&
            strcmp(earlier.items[i].state, "cancelled") != 0)
            round = earlier.items[i].round + 1;
    if (close_overdue(work, &earlier) != 0 || plan_inquiry(id, look, round, "planned", by) != 0)
        return -1;
    return close_todos(look, true);
}

int tsk_casework_ask(int64_t *inquiry, const struct tsk_routing *routing, struct tsk_store *store,
                     const struct tsk_scope *scope, const char *case_number, const char *by, struct tsk_err *err)
{
    struct looking look;
    int rc = start(&look, routing, store, err);

    if (rc == 0)
        rc = ask(inquiry, &look, scope, case_number, by);
    tsk_arena_free(&look.work.arena);
    return rc;
}

static int change_one(const struct tsk_routing *routing, struct tsk_store *store, const struct tsk_scope *scope,
                      int64_t id, const char *from, const struct tsk_inquiry_change *change, struct tsk_err *err)
{
    const struct tsk_inquiry_filter filter = { .id = id };
    struct looking look;
    struct tsk_inquiries found = { .count = 0 };
    int rc = start(&look, routing, store, err);

    if (rc == 0)
        rc = tsk_inquiry_list(&found, store, scope, &filter, look.work.arena, err);
    if (rc == 0 && found.count == 0)
        rc = tsk_fail(err, TSK_REJECT, 0, "there is no inquiry %lld", (long long)id);
    if (rc == 0 && found.count > 0 && strstr(from, found.items[0].state) == NULL)
        rc = tsk_fail(err, TSK_REJECT, 0, "inquiry %lld is %s", (long long)id, found.items[0].state);
    if (rc == 0)
        rc = tsk_inquiry_change(store, &found.items[0], change, err);
    if (rc == 0 && strcmp(found.items[0].state, "calling") == 0)
        rc = take_back_call(&look.work, found.items[0].call);
    if (rc == 0)
        rc = look_at_case(&look, found.items[0].case_number);
    if (rc == 0)
        rc = close_todos(&look, true);
    tsk_arena_free(&look.work.arena);
    return rc;
}

int tsk_casework_release(const struct tsk_routing *routing, struct tsk_store *store, const struct tsk_scope *scope,
                         int64_t inquiry, const char *by, struct tsk_err *err)
{
    char today[TSK_DATE_SIZE];
    const struct tsk_inquiry_change change = { .state = "planned", .day = today, .by = by };

    tsk_casework_day(tsk_casework_today(), today);
    return change_one(routing, store, scope, inquiry, "held", &change, err);
}

int tsk_casework_cancel(const struct tsk_routing *routing, struct tsk_store *store, const struct tsk_scope *scope,
                        int64_t inquiry, const char *why, const char *by, struct tsk_err *err)
{
    const struct tsk_inquiry_change change = { .state = "cancelled", .by = by, .why = why };

    return change_one(routing, store, scope, inquiry, "held planned calling asked", &change, err);
}
