/* Events without a sheet to read from: a document that could not be decoded, a notice that did not arrive. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "records/document.h"
#include "records/incident.h"
#include "records/move.h"
#include "routing/planner.h"
#include "routing/reasons.h"

enum { ARENA_MAX = 4 * 1024 * 1024, DAYS_BEFORE_FINAL = 5 };

struct incident {
    const char *event, *about, *document, *case_number, *todo_kind;
    const char *alert; /* key of the alert, or NULL: about */
    int64_t sheet;
};

/* The first of the rule's ways that the office has; its mail address it always has. */
static void choose_way(struct tsk_notice_new *notice, const struct tsk_rule *rule,
                       const struct tsk_office_config *office)
{
    notice->channel = "email";
    notice->destination = office->email;
    for (size_t i = 0; i < rule->channels.count; i++) {
        if (strcmp(rule->channels.items[i], "email") == 0)
            return;
        if (strcmp(rule->channels.items[i], "webhook") == 0 && office->webhook[0] != '\0') {
            notice->channel = "webhook";
            notice->destination = office->webhook;
            return;
        }
    }
}

static int tell_office(struct tsk_planner *p, const struct incident *incident, const struct tsk_rule *rule,
                       struct tsk_template_values *values)
{
    struct tsk_notice_new notice = { .office = p->office->id,
                                     .sheet = incident->sheet,
                                     .document = incident->document,
                                     .case_number = incident->case_number,
                                     .about = incident->alert != NULL ? incident->alert : incident->about,
                                     .event = incident->event,
                                     .rule = rule->id,
                                     .kind = TSK_NOTICE_ALERT,
                                     .state = TSK_NOTICE_QUEUED };

    choose_way(&notice, rule, p->office);
    values->mail = "mail";
    values->recipient = p->office->name;
    if (tsk_planner_text(p, &notice.recipient, "office:%s", p->office->id) != 0 ||
        tsk_planner_render(p, &notice.subject, &notice.body, rule->template, values) != 0)
        return -1;
    return tsk_notice_queue(NULL, NULL, p->store, &notice, p->err);
}

static int add_todo(struct tsk_planner *p, const struct incident *incident, const char *text)
{
    struct tsk_todo_new todo = { .office = p->office->id,
                                 .sheet = incident->sheet,
                                 .document = incident->document,
                                 .case_number = incident->case_number,
                                 .about = incident->about,
                                 .event = incident->event,
                                 .rule = "built-in",
                                 .recipient = "",
                                 .kind = incident->todo_kind,
                                 .text = text };

    return tsk_todo_add(NULL, NULL, p->store, &todo, p->err);
}

static int tell_by_rules(struct tsk_planner *p, const struct incident *incident, struct tsk_template_values *values)
{
    const struct tsk_routing_config *config = &p->routing->config->routing;

    for (size_t i = 0; i < config->rule_count; i++)
        if (strcmp(config->rules[i].event, incident->event) == 0 && config->rules[i].kind == TSK_RULE_ALERT &&
            config->rules[i].to == TSK_TO_COORDINATION_OFFICE &&
            tell_office(p, incident, &config->rules[i], values) != 0)
            return -1;
    return 0;
}

/* A to-do always, so that it is seen even where no rule speaks of it; a mail by each rule. */
static int raise_incident(struct tsk_planner *p, const struct incident *incident, struct tsk_template_values *values)
{
    const char *text;

    if (tsk_planner_text(p, &text, "%s（受付番号 %s）%s%s%s%s\n理由: %s", values->form, values->ref,
                         values->about != NULL ? "\n件名: " : "", values->about != NULL ? values->about : "",
                         values->destination != NULL ? "\n宛先: " : "",
                         values->destination != NULL ? values->destination : "", values->reason) != 0 ||
        add_todo(p, incident, text) != 0)
        return -1;
    return tell_by_rules(p, incident, values);
}

static int held(const struct tsk_routing *routing, struct tsk_store *store, const char *spool_id,
                struct tsk_arena *arena, struct tsk_err *err)
{
    struct incident incident = {
        .event = TSK_EVENT_HELD, .document = spool_id, .case_number = "", .todo_kind = "held"
    };
    struct tsk_template_values values;
    struct tsk_document document;
    struct tsk_planner p;
    const struct tsk_ward *ward;

    if (tsk_document_find(&document, store, &tsk_scope_all, spool_id, arena, err) != 0 ||
        tsk_planner_start(&p, routing, store, document.office, arena, err) != 0 ||
        tsk_planner_values(&p, &values) != 0 || tsk_planner_when(&p, &values.received, document.received) != 0 ||
        tsk_planner_text(&p, &incident.about, "document:%s", spool_id) != 0)
        return -1;
    ward = tsk_reference_ward_by_code(routing->reference, p.office->ward);
    values.ref = spool_id;
    values.form = "読み取れない文書";
    values.reason = tsk_reason_of_document(arena, document.reason);
    values.ward = ward != NULL ? ward->name : "不明";
    return raise_incident(&p, &incident, &values);
}

int tsk_route_held(const struct tsk_routing *routing, struct tsk_store *store, const char *spool_id,
                   struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_MAX);
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory for a notice")
                           : held(routing, store, spool_id, arena, err);

    tsk_arena_free(&arena);
    return rc;
}

/* Somebody had it sent again and closed the to-do, and then it failed again: it is that person's once more. *attempt: which one
 * that was, or 0 when there is nothing to open again. */
static int ask_again(int *attempt, struct tsk_planner *p, const struct tsk_notice *notice, const char *about)
{
    const struct tsk_todo_result again = { .end = TSK_TODO_REOPENED, .note = "もう一度送り、また届かなかった" };
    const struct tsk_todo_filter filter = {
        .done_too = true, .office = notice->office, .event = TSK_EVENT_FAILED, .sheet = notice->sheet
    };
    struct tsk_deliveries attempts;
    struct tsk_todos todos;

    *attempt = 0;
    if (tsk_notice_deliveries(&attempts, p->store, &p->scope, notice->id, p->arena, p->err) != 0 ||
        tsk_todo_list(&todos, p->store, &p->scope, &filter, p->arena, p->err) != 0)
        return -1;
    for (size_t i = 0; i < todos.count && attempts.count > 0; i++) {
        const struct tsk_todo *todo = &todos.items[i];
        bool later = strcmp(attempts.items[attempts.count - 1].ended, todo->done) > 0;

        if (*todo->done != '\0' && later && strcmp(todo->about, about) == 0) {
            *attempt = attempts.items[attempts.count - 1].attempt;
            return tsk_todo_end(p->store, &p->scope, todo->id, &again, TSK_ROUTING_NAME, p->err);
        }
    }
    return 0;
}

/* What went in one mail fails as one: a to-do each, and one alert for all of it. */
static int one_alert_a_mail(struct incident *incident, struct tsk_template_values *values, struct tsk_planner *p,
                            const struct tsk_notice *notice)
{
    if (*notice->batch == '\0')
        return 0;
    return tsk_planner_text(p, &incident->alert, "%s/%s", notice->batch, notice->recipient) != 0 ||
                   tsk_planner_text(p, &values->about, "%s（ほかの知らせと 1 通にまとめたもの）", notice->subject) != 0
               ? -1
               : 0;
}

/* The to-do is open again, and whoever had closed it looks at it no more: they are told, once for each such attempt. */
static int tell_again(struct tsk_planner *p, struct incident *incident, struct tsk_template_values *values, int attempt)
{
    const char *first = incident->alert != NULL ? incident->alert : incident->about;

    return tsk_planner_text(p, &values->reason, "送り直しましたが、また届きませんでした。%s", values->reason) != 0 ||
                   tsk_planner_text(p, &incident->alert, "%s/%d", first, attempt) != 0
               ? -1
               : tell_by_rules(p, incident, values);
}

static int failed(const struct tsk_routing *routing, struct tsk_store *store, const struct tsk_notice *notice,
                  const char *detail, struct tsk_arena *arena, struct tsk_err *err)
{
    struct incident incident = { .event = TSK_EVENT_FAILED,
                                 .document = notice->document,
                                 .case_number = notice->case_number,
                                 .sheet = notice->sheet,
                                 .todo_kind = "delivery_failed" };
    struct tsk_sheet sheet;
    struct tsk_template_values values;
    struct tsk_planner p;
    const char *name;
    int again = 0;

    if (tsk_planner_start(&p, routing, store, notice->office, arena, err) != 0 ||
        (notice->sheet != 0 && (tsk_sheet_find(&sheet, store, &p.scope, notice->sheet, arena, err) != 0 ||
                                tsk_planner_sheet(&p, &sheet) != 0)) ||
        tsk_planner_values(&p, &values) != 0 || tsk_planner_text(&p, &incident.about, "notice:%s", notice->id) != 0 ||
        tsk_route_recipient_name(&name, routing, store, notice->office, notice->recipient, arena, err) != 0 ||
        tsk_planner_text(&p, &values.destination, "%s（%s）", name, notice->channel) != 0)
        return -1;
    if (notice->sheet == 0) {
        values.ref = notice->document;
        values.case_number = "未定";
        values.ward = "不明";
    }
    values.form = "届かなかった通知";
    values.about = notice->subject;
    values.reason = tsk_reason_of_delivery(arena, detail);
    /* A notice about a failed notice that fails too stays a to-do: it must not breed. */
    if (strcmp(notice->event, TSK_EVENT_FAILED) == 0)
        return add_todo(&p, &incident, notice->subject) != 0 ? -1 : ask_again(&again, &p, notice, incident.about);
    if (one_alert_a_mail(&incident, &values, &p, notice) != 0 || raise_incident(&p, &incident, &values) != 0 ||
        ask_again(&again, &p, notice, incident.about) != 0)
        return -1;
    return again != 0 ? tell_again(&p, &incident, &values, again) : 0;
}

int tsk_route_failed(const struct tsk_routing *routing, struct tsk_store *store, const struct tsk_notice *notice,
                     const char *detail, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_MAX);
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory for a notice")
                           : failed(routing, store, notice, detail, arena, err);

    tsk_arena_free(&arena);
    return rc;
}

int tsk_route_fax_ended(const struct tsk_routing *routing, struct tsk_store *store, const struct tsk_scope *scope,
                        const struct tsk_notice *notice, bool delivered, const char *detail, struct tsk_err *err)
{
    if (notice->state != TSK_NOTICE_SENT && notice->state != TSK_NOTICE_UNKNOWN)
        return 0;
    if (tsk_notice_result(store, scope, notice->id, delivered ? TSK_NOTICE_DELIVERED : TSK_NOTICE_FAILED, 0, detail,
                          err) != 0)
        return -1;
    return delivered ? 0 : tsk_route_failed(routing, store, notice, detail, err);
}

static int broke_glass(const struct tsk_routing *routing, struct tsk_store *store, const char *office,
                       const char *account, const char *ref, struct tsk_arena *arena, struct tsk_err *err)
{
    static const struct tsk_rule rule = { .id = "built-in", .template = "break-glass" };
    struct incident incident = {
        .event = TSK_EVENT_BREAK_GLASS, .document = "", .case_number = "", .todo_kind = "break_glass"
    };
    struct tsk_template_values values;
    struct tsk_planner p;
    const char *text;

    if (tsk_planner_start(&p, routing, store, office, arena, err) != 0 || tsk_planner_values(&p, &values) != 0 ||
        tsk_planner_when(&p, &values.received, ref) != 0 ||
        tsk_planner_text(&p, &incident.about, "account:%s:%s", account, ref) != 0 ||
        tsk_planner_text(&p, &text,
                         "緊急用アカウント「%s」が使われました（%s）。使った人と理由を確かめ、監査記録を見て、"
                         "封印したパスワードを作り直してください。",
                         account, values.received) != 0)
        return -1;
    values.ref = account;
    values.reason = text;
    return add_todo(&p, &incident, text) != 0 ? -1 : tell_office(&p, &incident, &rule, &values);
}

int tsk_route_break_glass(const struct tsk_routing *routing, struct tsk_store *store, const char *office,
                          const char *account, const char *ref, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_MAX);
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory for a notice")
                           : broke_glass(routing, store, office, account, ref, arena, err);

    tsk_arena_free(&arena);
    return rc;
}

static int alert_of(const struct tsk_routing *routing, struct tsk_store *store, const struct tsk_incident *of,
                    const char *when, const char *text, struct tsk_arena *arena, struct tsk_err *err)
{
    static const struct tsk_rule rule = { .id = "built-in", .template = "incident" };
    struct incident incident = { .document = "", .case_number = of->case_number };
    struct tsk_template_values values;
    struct tsk_planner p;

    if (tsk_planner_start(&p, routing, store, of->office, arena, err) != 0 || tsk_planner_values(&p, &values) != 0 ||
        tsk_planner_when(&p, &values.received, of->known) != 0 ||
        tsk_planner_text(&p, &values.ref, "%lld", (long long)of->id) != 0 ||
        tsk_planner_text(&p, &incident.about, "incident:%lld", (long long)of->id) != 0 ||
        tsk_planner_text(&p, &incident.event, TSK_EVENT_INCIDENT ".%s", when) != 0)
        return -1;
    values.reason = text;
    return tell_office(&p, &incident, &rule, &values);
}

static int opened(const struct tsk_routing *routing, struct tsk_store *store, int64_t id, struct tsk_arena *arena,
                  struct tsk_err *err)
{
    struct tsk_incident incident;
    const char *text;

    if (tsk_incident_find(&incident, store, &tsk_scope_all, id, arena, err) != 0)
        return -1;
    text =
        tsk_arena_printf(arena,
                         "個人情報が届いてはならない相手に届いたか、そのおそれがあると記録されました。相手への電話、"
                         "責任者と大阪市への連絡を今すぐ行ってください。\n速報の期限: %s から %s まで\n確報の期限: %s",
                         incident.preliminary_from, incident.preliminary_by, incident.final_by);
    return text != NULL ? alert_of(routing, store, &incident, "opened", text, arena, err)
                        : tsk_fail(err, TSK_RETRY, 0, "no memory for a notice");
}

int tsk_route_incident(const struct tsk_routing *routing, struct tsk_store *store, int64_t incident,
                       struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_MAX);
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory for a notice")
                           : opened(routing, store, incident, arena, err);

    tsk_arena_free(&arena);
    return rc;
}

/* The word of the day for one deadline: near, past, or none. */
static int near_or_past(const struct tsk_routing *routing, struct tsk_store *store, const struct tsk_incident *of,
                        const char *name, const char *from, const char *by, struct tsk_arena *arena,
                        struct tsk_err *err)
{
    bool is_final = strcmp(name, "final") == 0;
    char today[TSK_DATE_SIZE];
    const char *when, *text;

    tsk_date_text(tsk_japan_date(tsk_wall_ms()), today);
    if (strcmp(today, from) < 0)
        return 0;
    when = tsk_arena_printf(arena, "%s%s", name, strcmp(today, by) > 0 ? "_late" : "");
    text = tsk_arena_printf(arena, "%sの期限は %s です。%s", is_final ? "確報" : "速報", by,
                            strcmp(today, by) > 0 ? "過ぎています。すぐに出し、出したことを記録してください。"
                                                  : "出したら、記録してください。");
    return when != NULL && text != NULL ? alert_of(routing, store, of, when, text, arena, err)
                                        : tsk_fail(err, TSK_RETRY, 0, "no memory for a notice");
}

static int deadlines(const struct tsk_routing *routing, struct tsk_store *store, struct tsk_arena *arena,
                     struct tsk_err *err)
{
    struct tsk_incidents open;

    if (tsk_incident_list(&open, store, &tsk_scope_all, true, arena, err) != 0)
        return -1;
    for (size_t i = 0; i < open.count; i++) {
        const struct tsk_incident *one = &open.items[i];
        char soon[TSK_DATE_SIZE];
        struct tsk_date by;
        bool gone = false;

        if (tsk_office_is_gone(&gone, store, one->office, err) != 0)
            return -1;
        if (gone || !tsk_date_parse(one->final_by, &by))
            continue;
        tsk_date_text(tsk_date_from_days(tsk_date_days(by) - DAYS_BEFORE_FINAL), soon);
        if ((!one->has_preliminary && near_or_past(routing, store, one, "preliminary", one->preliminary_from,
                                                   one->preliminary_by, arena, err) != 0) ||
            near_or_past(routing, store, one, "final", soon, one->final_by, arena, err) != 0)
            return -1;
    }
    return 0;
}

int tsk_route_incident_deadlines(const struct tsk_routing *routing, struct tsk_store *store, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_MAX);
    int rc =
        arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory for a notice") : deadlines(routing, store, arena, err);

    tsk_arena_free(&arena);
    return rc;
}

static int letter(const struct tsk_routing *routing, struct tsk_store *store, const char *spool_id, const char *subject,
                  const char *body, struct tsk_arena *arena, struct tsk_err *err)
{
    struct incident incident = {
        .event = TSK_EVENT_HELD, .document = spool_id, .case_number = "", .todo_kind = "letter"
    };
    struct tsk_document document;
    struct tsk_planner p;
    const char *text, *received;

    if (tsk_document_find(&document, store, &tsk_scope_all, spool_id, arena, err) != 0 ||
        tsk_planner_start(&p, routing, store, document.office, arena, err) != 0 ||
        tsk_planner_when(&p, &received, document.received) != 0 ||
        tsk_planner_text(&p, &incident.about, "document:%s", spool_id) != 0 ||
        tsk_planner_text(&p, &text,
                         "シートのないメールが届きました（受付番号 %s）。読んで、返事が要れば返してください。\n"
                         "差出人: %s\n受付: %s\n件名: %s\n\n%s",
                         spool_id, document.sender, received, subject, body) != 0)
        return -1;
    return add_todo(&p, &incident, text);
}

int tsk_route_letter(const struct tsk_routing *routing, struct tsk_store *store, const char *spool_id,
                     const char *subject, const char *body, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_MAX);
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory for a to-do")
                           : letter(routing, store, spool_id, subject, body, arena, err);

    tsk_arena_free(&arena);
    return rc;
}

static int trouble(const struct tsk_routing *routing, struct tsk_store *store, const struct tsk_trouble *trouble,
                   struct tsk_arena *arena, struct tsk_err *err)
{
    static const struct tsk_rule rule = { .id = "built-in", .template = "source-trouble" };
    const struct incident incident = { .event = TSK_EVENT_TROUBLE,
                                       .about = trouble->about,
                                       .document = "",
                                       .case_number = "",
                                       .todo_kind = trouble->kind };
    const struct tsk_todo_new todo = { .office = trouble->office,
                                       .about = trouble->about,
                                       .event = TSK_EVENT_TROUBLE,
                                       .rule = "built-in",
                                       .kind = trouble->kind,
                                       .text = trouble->text };
    struct tsk_template_values values;
    const struct tsk_ward *ward;
    struct tsk_planner p;

    if (tsk_planner_start(&p, routing, store, trouble->office, arena, err) != 0 || tsk_planner_values(&p, &values) != 0)
        return -1;
    ward = tsk_reference_ward_by_code(routing->reference, p.office->ward);
    values.ref = trouble->source;
    values.reason = trouble->text;
    values.ward = ward != NULL ? ward->name : "不明";
    return tsk_todo_keep(store, &todo, trouble->by, err) != 0 ? -1 : tell_office(&p, &incident, &rule, &values);
}

int tsk_route_trouble(const struct tsk_routing *routing, struct tsk_store *store, const struct tsk_trouble *what,
                      struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_MAX);
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory for a notice")
                           : trouble(routing, store, what, arena, err);

    tsk_arena_free(&arena);
    return rc;
}

bool tsk_recipient_institution(const char *recipient, int64_t *id)
{
    static const char start[] = "institution:";
    char *end = NULL;

    if (strncmp(recipient, start, sizeof start - 1) != 0)
        return false;
    *id = strtoll(recipient + sizeof start - 1, &end, 10);
    return *end == '\0' && *id > 0;
}

int tsk_route_recipient_name(const char **name, const struct tsk_routing *routing, struct tsk_store *store,
                             const char *office, const char *recipient, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_planner p;
    struct tsk_institution entry;
    int64_t id;

    *name = "";
    if (tsk_planner_start(&p, routing, store, office, arena, err) != 0)
        return -1;
    if (!tsk_recipient_institution(recipient, &id)) {
        *name = p.office->name;
        return 0;
    }
    if (tsk_directory_find(&entry, store, &p.scope, id, arena, err) != 0)
        return -1;
    return tsk_planner_text(&p, name, "%s%s%s", entry.name, entry.department[0] != '\0' ? " " : "", entry.department);
}

int tsk_route_may_go(const char **reason, const struct tsk_routing *routing, struct tsk_store *store,
                     const struct tsk_notice *notice, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_planner p;
    struct tsk_institution entry;
    bool followed = routing->follower != NULL && strcmp(notice->event, routing->follower->event) == 0;
    bool consent = notice->kind != TSK_NOTICE_DISCLOSURE || followed;
    int64_t id;

    *reason = NULL;
    /* A wrong number reaches a stranger, whatever stands on the paper; only its test may go to one not verified yet. */
    if (consent && ((strcmp(notice->channel, "fax") != 0 && strcmp(notice->channel, "letter") != 0) ||
                    strcmp(notice->event, TSK_EVENT_FAX_TEST) == 0))
        return 0;
    if (tsk_planner_start(&p, routing, store, notice->office, arena, err) != 0)
        return -1;
    if (!tsk_recipient_institution(notice->recipient, &id)) {
        *reason = "宛先が名簿の機関ではありません";
        return 0;
    }
    if (tsk_directory_find(&entry, store, &p.scope, id, arena, err) != 0 ||
        (!consent && tsk_route_consent(reason, &p, notice->case_number, &entry) != 0))
        return -1;
    if (*reason != NULL)
        return 0;
    if (strcmp(notice->channel, "letter") == 0 && *entry.agreed_at == '\0')
        *reason = "宛先との合言葉が取り消されました";
    else if (!tsk_institution_verified(&entry, notice->channel) ||
             strcmp(strcmp(notice->channel, "fax") == 0 ? entry.fax : entry.email, notice->destination) != 0)
        *reason = "宛先が変更されたか、確認済みではなくなりました";
    return 0;
}

int tsk_route_enclose(struct tsk_enclosure *out, const struct tsk_routing *routing, struct tsk_store *store,
                      const struct tsk_notice *notice, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_routing_config *config = &routing->config->routing;
    struct tsk_planner p;

    *out = (struct tsk_enclosure){ .page_count = 0 };
    if (routing->follower != NULL && strcmp(notice->event, routing->follower->event) == 0)
        return routing->follower->enclose(out, routing, store, notice, arena, err);
    for (size_t i = 0; i < config->rule_count; i++)
        if (strcmp(config->rules[i].id, notice->rule) == 0 && notice->sheet != 0 &&
            (strcmp(notice->channel, "fax") == 0 || strcmp(notice->channel, "letter") == 0))
            return tsk_planner_start(&p, routing, store, notice->office, arena, err) != 0
                       ? -1
                       : tsk_letter_enclose(out, &p, &config->rules[i], notice);
    return 0;
}
