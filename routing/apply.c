#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "records/case.h"
#include "records/document.h"
#include "routing/planner.h"

enum { ARENA_MAX = 32 * 1024 * 1024, CORRECTION_KEY = 12, LEFT_MAX = 64 };

struct applier {
    struct tsk_planner planner;
    struct tsk_plan plan;
    struct tsk_notices notices; /* of this sheet, oldest first */
    struct tsk_todos todos;     /* of this sheet, done ones too */
    int64_t left[LEFT_MAX];     /* sheets that were this one's twins until now, or have become so */
    size_t left_count;
};

static const struct tsk_rule *configured_rule(const struct applier *a, const char *id)
{
    const struct tsk_routing_config *config = &a->planner.routing->config->routing;

    size_t len = strlen(id), tail = strlen(TSK_FOLLOWER);

    if (len > tail && strcmp(id + len - tail, TSK_FOLLOWER) == 0)
        len -= tail;
    for (size_t i = 0; i < config->rule_count; i++)
        if (strlen(config->rules[i].id) == len && strncmp(config->rules[i].id, id, len) == 0)
            return &config->rules[i];
    return NULL;
}

static const struct tsk_decision *decision_of(const struct applier *a, const char *event, const char *rule)
{
    for (size_t i = 0; i < a->plan.count; i++)
        if (strcmp(a->plan.items[i].event, event) == 0 && strcmp(a->plan.items[i].rule->id, rule) == 0)
            return &a->plan.items[i];
    return NULL;
}

static bool still_open(const struct tsk_decision *decision) /* a person's look will decide: leave things as they are */
{
    return decision->act == TSK_ROUTE_WAIT || (decision->act == TSK_ROUTE_REFUSE && decision->todo_kind[0] == '\0');
}

/* What was told under event and rule was meant for somebody else than it is now, or for nobody. */
static bool stale(const struct applier *a, const char *event, const char *rule, const char *recipient)
{
    const struct tsk_decision *decision = decision_of(a, event, rule);

    if (configured_rule(a, rule) == NULL)
        return false; /* a changed configuration is no correction of a sheet */
    return decision == NULL || (!still_open(decision) && strcmp(decision->recipient, recipient) != 0);
}

static struct tsk_notice_new notice_start(const struct applier *a, const char *event, const char *rule,
                                          const char *recipient)
{
    return (struct tsk_notice_new){ .office = a->plan.sheet.office,
                                    .sheet = a->plan.sheet.id,
                                    .document = a->plan.sheet.document,
                                    .case_number = a->plan.sheet.case_number,
                                    .event = event,
                                    .rule = rule,
                                    .recipient = recipient,
                                    .state = TSK_NOTICE_QUEUED };
}

static struct tsk_todo_new todo_start(const struct applier *a, const char *event, const char *rule,
                                      const char *recipient)
{
    return (struct tsk_todo_new){ .office = a->plan.sheet.office,
                                  .sheet = a->plan.sheet.id,
                                  .document = a->plan.sheet.document,
                                  .case_number = a->plan.sheet.case_number,
                                  .event = event,
                                  .rule = rule,
                                  .recipient = recipient };
}

static int about_notice(struct applier *a, const char **about, const char *id)
{
    return tsk_planner_text(&a->planner, about, "notice:%s", id);
}

static int queue_withdrawal(struct applier *a, const struct tsk_notice *old)
{
    struct tsk_notice_new notice = notice_start(a, "withdrawal", old->rule, old->recipient);
    struct tsk_template_values values;

    notice.kind = TSK_NOTICE_WITHDRAWAL;
    notice.channel = old->channel;
    notice.destination = old->destination;
    if (tsk_planner_values(&a->planner, &values) != 0 || about_notice(a, &notice.about, old->id) != 0 ||
        tsk_route_recipient_name(&values.recipient, a->planner.routing, a->planner.store, old->office, old->recipient,
                                 a->planner.arena, a->planner.err) != 0)
        return -1;
    values.mail = "mail";
    values.about = old->subject;
    values.ward = NULL; /* of the right recipient: no business of the wrong one */
    if (tsk_planner_render(&a->planner, &notice.subject, &notice.body, "withdrawal", &values) != 0)
        return -1;
    return tsk_notice_queue(NULL, NULL, a->planner.store, &notice, a->planner.err);
}

static int propose_correction(struct applier *a, const char *rule, const char *recipient, const char *about,
                              const char *reason)
{
    char content[TSK_SHA256_HEX];
    struct tsk_todo_new todo;
    struct tsk_template_values values;
    const char *key, *title, *text;

    tsk_sheet_content_key(content, &a->plan.sheet);
    if (tsk_planner_text(&a->planner, &key, "%s#%.*s", recipient, (int)CORRECTION_KEY, content) != 0 ||
        tsk_planner_values(&a->planner, &values) != 0 ||
        tsk_route_recipient_name(&values.recipient, a->planner.routing, a->planner.store, a->plan.sheet.office,
                                 recipient, a->planner.arena, a->planner.err) != 0)
        return -1;
    values.about = about;
    values.reason = reason;
    if (tsk_planner_render(&a->planner, &title, &text, "todo-correction", &values) != 0)
        return -1;
    todo = todo_start(a, "correction", rule, key);
    todo.kind = "correction";
    if (tsk_planner_text(&a->planner, &todo.text, "%s\n\n%s", title, text) != 0)
        return -1;
    return tsk_todo_add(NULL, NULL, a->planner.store, &todo, a->planner.err);
}

static int take_back_notice(struct applier *a, const struct tsk_notice *old)
{
    bool was_out = tsk_notice_may_be_out(old);

    if (old->state == TSK_NOTICE_CANCELLED)
        return 0;
    if (tsk_notice_withdraw(&was_out, a->planner.store, &a->planner.scope, old->id, "訂正により取り消しました",
                            a->planner.err) != 0)
        return -1;
    if (!was_out && !tsk_notice_may_be_out(old))
        return 0;
    if (old->kind == TSK_NOTICE_ALERT)
        return queue_withdrawal(a, old);
    return propose_correction(a, old->rule, old->recipient, old->subject, "宛先が訂正されました");
}

static int take_back_stale(struct applier *a)
{
    for (size_t i = 0; i < a->notices.count; i++) {
        const struct tsk_notice *old = &a->notices.items[i];
        bool ours = old->kind == TSK_NOTICE_ALERT || old->kind == TSK_NOTICE_DISCLOSURE;

        if (ours && strncmp(old->about, "sheet:", strlen("sheet:")) == 0 &&
            stale(a, old->event, old->rule, old->recipient) && take_back_notice(a, old) != 0)
            return -1;
    }
    for (size_t i = 0; i < a->todos.count; i++) {
        const struct tsk_todo *old = &a->todos.items[i];

        if (tsk_todo_told(old, old->rule) && stale(a, old->event, old->rule, old->recipient) &&
            propose_correction(a, old->rule, old->recipient, "手作業による連絡", "宛先が訂正されました") != 0)
            return -1;
    }
    return 0;
}

/* A to-do that nobody has done and that no decision asks for any more. */
static int close_pointless(struct applier *a)
{
    for (size_t i = 0; i < a->todos.count; i++) {
        const struct tsk_todo *old = &a->todos.items[i];
        const struct tsk_decision *decision = decision_of(a, old->event, old->rule);
        bool asked = decision != NULL && strcmp(decision->todo_kind, old->kind) == 0 &&
                     strcmp(decision->recipient, old->recipient) == 0;

        if (old->done[0] != '\0' || asked || strcmp(old->kind, "correction") == 0 ||
            configured_rule(a, old->rule) == NULL || strncmp(old->about, "sheet:", strlen("sheet:")) != 0 ||
            (decision != NULL && still_open(decision)))
            continue;
        if (tsk_todo_done(a->planner.store, &a->planner.scope, old->id, TSK_ROUTING_NAME,
                          "状況が変わったため不要になりました", a->planner.err) != 0)
            return -1;
    }
    return 0;
}

/* Content changed after the recipient was told of it. */
static int watch_content(struct applier *a, const struct tsk_decision *decision, bool told, const char *about)
{
    const char *basis, *before;
    char now[TSK_SHA256_HEX];

    tsk_sheet_content_key(now, &a->plan.sheet);
    if (tsk_planner_text(&a->planner, &basis, "told %s %s", decision->rule->id, decision->recipient) != 0 ||
        tsk_sheet_event_key(&before, a->planner.store, a->plan.sheet.id, decision->event, basis, a->planner.arena,
                            a->planner.err) != 0)
        return -1;
    if (told && before[0] != '\0' && strcmp(before, now) != 0 &&
        propose_correction(a, decision->rule->id, decision->recipient, about, "連絡した後で内容が訂正されました") != 0)
        return -1;
    return tsk_sheet_event_put(a->planner.store, a->plan.sheet.office, a->plan.sheet.id, decision->event, basis, now,
                               a->planner.err);
}

static const struct tsk_notice *notice_about(const struct applier *a, const char *about,
                                             const struct tsk_decision *decision)
{
    for (size_t i = 0; i < a->notices.count; i++) {
        const struct tsk_notice *n = &a->notices.items[i];

        if (strcmp(n->about, about) == 0 && strcmp(n->event, decision->event) == 0 &&
            strcmp(n->rule, decision->rule->id) == 0 && strcmp(n->recipient, decision->recipient) == 0)
            return n;
    }
    return NULL;
}

static bool taken_back(const struct applier *a, const struct tsk_notice *notice)
{
    char about[TSK_ID_SIZE + 16];

    snprintf(about, sizeof about, "notice:%s", notice->id);
    for (size_t i = 0; i < a->notices.count; i++)
        if (a->notices.items[i].kind == TSK_NOTICE_WITHDRAWAL && strcmp(a->notices.items[i].about, about) == 0)
            return true;
    return false;
}

/* The key of a notice, or a new generation of it when the recipient was told, told otherwise, and now is meant again. */
static int notice_key(struct applier *a, const char **about, const struct tsk_notice **there,
                      const struct tsk_decision *decision)
{
    for (int generation = 1;; generation++) {
        int rc = generation == 1
                     ? tsk_planner_text(&a->planner, about, "sheet:%lld", (long long)a->plan.sheet.id)
                     : tsk_planner_text(&a->planner, about, "sheet:%lld/%d", (long long)a->plan.sheet.id, generation);

        if (rc != 0)
            return -1;
        *there = notice_about(a, *about, decision);
        if (*there == NULL || !taken_back(a, *there))
            return 0;
    }
}

/* Queued before its case was known, say, and still here: it says what is known now, at the time at which it was to go. */
static bool reword(struct tsk_notice_new *notice, const struct tsk_notice *there)
{
    if (there->state != TSK_NOTICE_QUEUED || notice->state != TSK_NOTICE_QUEUED || tsk_notice_may_be_out(there) ||
        strcmp(there->destination, notice->destination) != 0 || strcmp(there->body, notice->body) == 0 ||
        !tsk_stamp_parse(there->next_attempt, &notice->due_ms))
        return false;
    notice->batch = there->batch;
    return true;
}

/* What is queued but has become a refusal must not leave; what waits for, or failed at, an address that the directory has
 * changed since goes to the new one. */
static int make_room(struct applier *a, const struct tsk_notice *there, struct tsk_notice_new *notice)
{
    enum tsk_notice_state wanted = notice->state;
    bool was_out, idle, refused, moved, reworded;

    if (there == NULL)
        return 0;
    reworded = reword(notice, there);
    idle = there->state == TSK_NOTICE_QUEUED || there->state == TSK_NOTICE_FAILED;
    refused = there->state == TSK_NOTICE_QUEUED && wanted == TSK_NOTICE_REFUSED;
    moved = idle && wanted == TSK_NOTICE_QUEUED && strcmp(there->destination, notice->destination) != 0;
    if (!refused && !moved && !reworded)
        return 0;
    return tsk_notice_withdraw(&was_out, a->planner.store, &a->planner.scope, there->id,
                               refused ? "送信を保留しました"
                               : moved ? "宛先が変更されました"
                                       : "文面を改めました",
                               a->planner.err);
}

static int queue(struct applier *a, const struct tsk_decision *decision, enum tsk_notice_state state)
{
    struct tsk_notice_new notice = notice_start(a, decision->event, decision->rule->id, decision->recipient);
    const struct tsk_notice *there;
    bool disclosure = decision->rule->kind == TSK_RULE_DISCLOSURE;

    notice.kind = disclosure ? TSK_NOTICE_DISCLOSURE : TSK_NOTICE_ALERT;
    notice.state = state;
    notice.reason = decision->reason;
    notice.channel = decision->channel;
    notice.destination = decision->destination;
    notice.subject = decision->subject;
    notice.body = decision->body;
    notice.batch = decision->batch;
    notice.due_ms = decision->due_ms;
    if (notice_key(a, &notice.about, &there, decision) != 0 || make_room(a, there, &notice) != 0 ||
        tsk_notice_queue(NULL, NULL, a->planner.store, &notice, a->planner.err) != 0)
        return -1;
    if (!disclosure || state != TSK_NOTICE_QUEUED)
        return 0;
    return watch_content(a, decision, there != NULL && tsk_notice_may_be_out(there), decision->subject);
}

static int add_todo(struct applier *a, const struct tsk_decision *decision)
{
    struct tsk_todo_new todo = todo_start(a, decision->event, decision->rule->id, decision->recipient);
    bool told = false;

    todo.kind = decision->todo_kind;
    todo.text = decision->todo;
    if (tsk_todo_keep(a->planner.store, &todo, TSK_ROUTING_NAME, a->planner.err) != 0)
        return -1;
    if (decision->rule->kind != TSK_RULE_DISCLOSURE || decision->act != TSK_ROUTE_TODO ||
        decision->recipient[0] == '\0')
        return 0;
    for (size_t i = 0; i < a->todos.count; i++)
        told |= tsk_todo_told(&a->todos.items[i], decision->rule->id) &&
                strcmp(a->todos.items[i].recipient, decision->recipient) == 0;
    return watch_content(a, decision, told, decision->subject);
}

/* An alert that turned out to repeat, or that may repeat, what another sheet told: not while that can still be helped. */
static int hold_back(struct applier *a, const struct tsk_decision *decision)
{
    bool was_out;

    if (decision->rule->kind != TSK_RULE_ALERT || (decision->told_by == 0 && !decision->may_repeat))
        return 0;
    for (size_t i = 0; i < a->notices.count; i++) {
        const struct tsk_notice *n = &a->notices.items[i];

        if (n->kind == TSK_NOTICE_ALERT && n->state == TSK_NOTICE_QUEUED && !tsk_notice_may_be_out(n) &&
            strcmp(n->event, decision->event) == 0 && strcmp(n->rule, decision->rule->id) == 0 &&
            strcmp(n->recipient, decision->recipient) == 0 &&
            tsk_notice_withdraw(&was_out, a->planner.store, &a->planner.scope, n->id, decision->reason,
                                a->planner.err) != 0)
            return -1;
    }
    return 0;
}

static int apply(struct applier *a, const struct tsk_decision *decision)
{
    switch (decision->act) {
    case TSK_ROUTE_SEND:
        return queue(a, decision, TSK_NOTICE_QUEUED);
    case TSK_ROUTE_TODO:
        return add_todo(a, decision);
    case TSK_ROUTE_REFUSE:
        if (decision->todo_kind[0] == '\0')
            return 0;
        return queue(a, decision, TSK_NOTICE_REFUSED) != 0 ? -1 : add_todo(a, decision);
    case TSK_ROUTE_WAIT:
    case TSK_ROUTE_NONE:
        return hold_back(a, decision);
    }
    return 0;
}

static int note_twins(struct applier *a, const char *event, const char *basis, const char *key)
{
    struct tsk_sheet_twins twins;

    if (key[0] == '\0')
        return 0;
    if (tsk_sheet_event_twins(&twins, a->planner.store, a->plan.sheet.office, event, basis, key, a->planner.arena,
                              a->planner.err) != 0)
        return -1;
    for (size_t i = 0; i < twins.count && a->left_count < LEFT_MAX; i++)
        if (twins.items[i].sheet != a->plan.sheet.id)
            a->left[a->left_count++] = twins.items[i].sheet;
    return 0;
}

/* Sheets that told nothing because this one had told the same: when it turns out to tell something else, it is their turn.
 * Sheets that are about to tell what this one told: they need not. */
static int stir_twins(struct applier *a, const char *event, const char *basis, const char *key)
{
    const char *before;

    if (tsk_sheet_event_key(&before, a->planner.store, a->plan.sheet.id, event, basis, a->planner.arena,
                            a->planner.err) != 0)
        return -1;
    if (strcmp(before, key) == 0)
        return 0;
    return note_twins(a, event, basis, before) != 0 ? -1 : note_twins(a, event, basis, key);
}

static int note_case(struct applier *a)
{
    const struct tsk_sheet_filter filter = { .case_number = a->plan.sheet.case_number };
    struct tsk_sheets sheets;

    if (*filter.case_number == '\0')
        return 0;
    if (tsk_sheet_list(&sheets, a->planner.store, &a->planner.scope, &filter, a->planner.arena, a->planner.err) != 0)
        return -1;
    for (size_t i = 0; i < sheets.count && a->left_count < LEFT_MAX; i++)
        if (sheets.items[i].id != a->plan.sheet.id)
            a->left[a->left_count++] = sheets.items[i].id;
    return 0;
}

/* Others of the case may wait to hear whether this one tells the same (plan.c: may_repeat); now that shows. */
static int stir_waiting(struct applier *a, const struct tsk_event *event)
{
    const bool open = event->case_key[0] == '\0' && a->plan.sheet.state != TSK_SHEET_CONFIRMED;
    const char *before, *now = open ? "open" : "known";

    if (event->rule->same.count == 0)
        return 0;
    if (tsk_sheet_event_key(&before, a->planner.store, a->plan.sheet.id, event->id, "shows", a->planner.arena,
                            a->planner.err) != 0)
        return -1;
    if (strcmp(before, "open") == 0 && !open && note_case(a) != 0)
        return -1;
    return strcmp(before, now) == 0 ? 0
                                    : tsk_sheet_event_put(a->planner.store, a->plan.sheet.office, a->plan.sheet.id,
                                                          event->id, "shows", now, a->planner.err);
}

static int remember_event(struct applier *a, const struct tsk_event *event)
{
    const struct {
        const char *basis, *key;
    } keys[] = { { "case", event->case_key }, { "person", event->person_key } };

    for (size_t i = 0; i < TSK_COUNT(keys); i++)
        if (stir_twins(a, event->id, keys[i].basis, keys[i].key) != 0 ||
            tsk_sheet_event_put(a->planner.store, a->plan.sheet.office, a->plan.sheet.id, event->id, keys[i].basis,
                                keys[i].key, a->planner.err) != 0)
            return -1;
    return stir_waiting(a, event);
}

static int remember_events(struct applier *a)
{
    struct tsk_events *events = tsk_arena_alloc(a->planner.arena, sizeof *events);

    if (events == NULL)
        return tsk_fail(a->planner.err, TSK_RETRY, 0, "no memory for the notices of a sheet");
    tsk_events_of(events, &a->plan.sheet, &a->planner.routing->config->routing);
    for (size_t i = 0; i < events->count; i++)
        if (events->items[i].rule != NULL && remember_event(a, &events->items[i]) != 0)
            return -1;
    return 0;
}

static int apply_plan(struct applier *a)
{
    struct tsk_notice_filter notices = { .sheet = a->plan.sheet.id };
    struct tsk_todo_filter todos = { .done_too = true, .sheet = a->plan.sheet.id };
    struct tsk_planner *p = &a->planner;
    const char *number = a->plan.sheet.case_number;

    if (number[0] != '\0' && tsk_notice_join_case(p->store, &p->scope, a->plan.sheet.id, number, p->err) != 0)
        return -1;
    if (tsk_notice_list(&a->notices, p->store, &p->scope, &notices, p->arena, p->err) != 0 ||
        tsk_todo_list(&a->todos, p->store, &p->scope, &todos, p->arena, p->err) != 0 || remember_events(a) != 0 ||
        take_back_stale(a) != 0 || close_pointless(a) != 0)
        return -1;
    for (size_t i = 0; i < a->plan.count; i++)
        if (apply(a, &a->plan.items[i]) != 0)
            return -1;
    return 0;
}

int tsk_route_sheet(const struct tsk_routing *routing, struct tsk_store *store, int64_t sheet, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_MAX);
    struct applier a = { 0 };
    int rc = -1;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for the notices of a sheet");
    rc = tsk_route_plan(&a.plan, store, routing, &tsk_scope_all, sheet, arena, err);
    if (rc == 0 && *a.plan.sheet.closed == '\0') /* put away: nobody is told; what was queued was withdrawn with it */
        rc = tsk_planner_start(&a.planner, routing, store, a.plan.sheet.office, arena, err) == 0 &&
                     tsk_planner_sheet(&a.planner, &a.plan.sheet) == 0
                 ? apply_plan(&a)
                 : -1;
    if (rc == 0 && routing->follower != NULL && *a.plan.sheet.case_number != '\0')
        rc = routing->follower->changed(routing, store, a.plan.sheet.case_number, err);
    tsk_arena_free(&arena);
    for (size_t i = 0; rc == 0 && i < a.left_count; i++) /* their keys do not change, so this goes no deeper */
        rc = tsk_route_sheet(routing, store, a.left[i], err);
    return rc;
}

int tsk_route_case(const struct tsk_routing *routing, struct tsk_store *store, const char *case_number,
                   struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_MAX);
    struct tsk_sheet_filter filter = { .case_number = case_number };
    struct tsk_sheets sheets = { 0 };
    int rc;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for the notices of a case");
    rc = tsk_sheet_list(&sheets, store, &tsk_scope_all, &filter, arena, err);
    for (size_t i = sheets.count; rc == 0 && i > 0; i--) /* oldest first: the first sheet tells, its twins do not */
        rc = tsk_route_sheet(routing, store, sheets.items[i - 1].id, err);
    tsk_arena_free(&arena);
    if (rc == 0 && routing->follower != NULL && *case_number != '\0') /* a case may have lost its last sheet */
        rc = routing->follower->changed(routing, store, case_number, err);
    return rc;
}

/* In order of the to-dos; a sheet that has several comes up again, which changes nothing. */
int tsk_route_waiting(const struct tsk_routing *routing, struct tsk_store *store, const char *office,
                      struct tsk_err *err)
{
    static const char *const kinds[] = { "refused", "no_recipient", "no_address", "delivery_failed" };
    struct tsk_arena *arena = tsk_arena_new(ARENA_MAX);
    int rc = 0;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for the notices that wait");
    for (size_t k = 0; rc == 0 && k < TSK_COUNT(kinds); k++) {
        struct tsk_todo_filter filter = { .kind = kinds[k], .office = office };
        struct tsk_todos todos = { 0 };
        int64_t last = 0;

        rc = tsk_todo_list(&todos, store, &tsk_scope_all, &filter, arena, err);
        for (size_t i = 0; rc == 0 && i < todos.count; i++) {
            if (todos.items[i].sheet != 0 && todos.items[i].sheet != last)
                rc = tsk_route_sheet(routing, store, todos.items[i].sheet, err);
            last = todos.items[i].sheet;
        }
    }
    tsk_arena_free(&arena);
    return rc;
}
