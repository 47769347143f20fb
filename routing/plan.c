#include <assert.h>
#include <string.h>

#include "base/date.h"
#include "records/document.h"
#include "routing/planner.h"

enum { DAY_MINUTES = 24 * 60, MINUTE_MS = 60 * 1000 };

static const int64_t day_ms = (int64_t)DAY_MINUTES * MINUTE_MS;

static int64_t next_at(int64_t now_ms, int minute)
{
    int64_t at = tsk_japan_midnight_ms(tsk_japan_date(now_ms)) + (int64_t)minute * MINUTE_MS;

    return at > now_ms ? at : at + day_ms;
}

/* The end of the quiet hours if they are now, else 0. */
static int64_t after_quiet(const struct tsk_quiet *quiet, int64_t now_ms)
{
    int minute = tsk_japan_minute_of_day(now_ms);
    bool inside = quiet->from <= quiet->to ? minute >= quiet->from && minute < quiet->to
                                           : minute >= quiet->from || minute < quiet->to;

    return inside ? next_at(now_ms, quiet->to) : 0;
}

static const char *pseudo_value(const struct tsk_planner *planner, const char *field, bool *sure)
{
    *sure = true;
    if (strcmp(field, "form") == 0)
        return planner->sheet->form;
    if (strcmp(field, "office") == 0)
        return planner->sheet->office;
    if (strcmp(field, "ward") == 0) {
        *sure = planner->ward_sure;
        return planner->ward_code;
    }
    *sure = planner->sheet->state == TSK_SHEET_CONFIRMED || tsk_sheet_sure(planner->sheet, field);
    return tsk_sheet_value(planner->sheet, field);
}

/* One "FIELD=VALUE" or "FIELD!=VALUE": holds, does not, or cannot be told before a person looked. */
static int condition_holds(struct tsk_planner *planner, const char *condition, bool *holds, bool *sure)
{
    const char *equals = strchr(condition, '='), *field, *value;
    bool negated, same;

    *holds = *sure = true;
    if (equals == NULL)
        return 0; /* refused when the configuration was loaded */
    negated = equals > condition && equals[-1] == '!';
    if (tsk_planner_text(planner, &field, "%.*s", (int)(equals - condition) - negated, condition) != 0)
        return -1;
    value = pseudo_value(planner, field, sure);
    same = strcmp(value, equals + 1) == 0 || (equals[1] != '\0' && tsk_sheet_has(planner->sheet, field, equals + 1));
    *holds = same != negated;
    return 0;
}

static int rule_matches(struct tsk_planner *planner, const struct tsk_rule *rule, bool *matches, bool *sure)
{
    *matches = rule->form[0] == '\0' || strcmp(rule->form, planner->sheet->form) == 0;
    *sure = true;
    for (size_t i = 0; *matches && i < rule->when.count; i++) {
        bool holds, known;

        if (condition_holds(planner, rule->when.items[i], &holds, &known) != 0)
            return -1;
        *matches = holds || !known;
        *sure &= known;
    }
    return 0;
}

static void decide(struct tsk_decision *decision, enum tsk_route_act act, const char *reason)
{
    decision->act = act;
    decision->reason = reason;
}

/* An alert may go before a person looked only when nothing that decides about it can still change by that look. */
static const char *must_wait(const struct tsk_planner *planner, const struct tsk_event *event,
                             const struct tsk_rule *rule)
{
    const struct tsk_sheet *sheet = planner->sheet;
    bool early = event->rule != NULL && event->rule->words.count > 0 && rule->to == TSK_TO_COORDINATION_OFFICE;

    if (sheet->state == TSK_SHEET_CONFIRMED || early)
        return NULL;
    if (event->stage == TSK_STAGE_UNSURE || (event->rule == NULL && strcmp(event->id, TSK_EVENT_CONFIRMED) == 0))
        return "シートが未確認です";
    if (rule->to == TSK_TO_WARD_OFFICE && !planner->ward_sure)
        return "患者の住所の区が未確認です";
    if (rule->to == TSK_TO_INSTITUTION && !tsk_sheet_sure(sheet, rule->name_from))
        return "宛先の名称が未確認です";
    if (event->rule != NULL && event->rule->same.count > 0 && sheet->case_number[0] == '\0' &&
        event->person_key[0] == '\0')
        return "案件が未定で、同じ内容の再送かどうか判断できません";
    return NULL;
}

bool tsk_notice_may_be_out(const struct tsk_notice *notice)
{
    switch (notice->state) {
    case TSK_NOTICE_SENDING:
    case TSK_NOTICE_SENT:
    case TSK_NOTICE_DELIVERED:
    case TSK_NOTICE_UNKNOWN:
        return true;
    case TSK_NOTICE_QUEUED: /* to be tried again after no answer came */
        return strncmp(notice->reason, TSK_NO_ANSWER, strlen(TSK_NO_ANSWER)) == 0;
    default:
        return false;
    }
}

bool tsk_todo_told(const struct tsk_todo *todo, const char *rule)
{
    static const char *const kinds[] = { "fax", "call", "other", "route", "resend" };
    bool tells = false;

    for (size_t i = 0; i < TSK_COUNT(kinds); i++)
        tells |= strcmp(todo->kind, kinds[i]) == 0;
    return tells && todo->done[0] != '\0' && strcmp(todo->done_by, TSK_ROUTING_NAME) != 0 &&
           strcmp(todo->rule, rule) == 0;
}

static bool lives(const struct tsk_notice *notice)
{
    return notice->state != TSK_NOTICE_CANCELLED && notice->state != TSK_NOTICE_REFUSED &&
           (notice->kind == TSK_NOTICE_ALERT || notice->kind == TSK_NOTICE_DISCLOSURE);
}

static int twin_told(bool *told, struct tsk_planner *planner, int64_t twin, const struct tsk_decision *decision)
{
    struct tsk_notice_filter filter = {
        .sheet = twin, .event = decision->event, .rule = decision->rule->id, .recipient = decision->recipient
    };
    struct tsk_todo_filter todo_filter = { .done_too = true, .sheet = twin, .event = decision->event };
    struct tsk_notices notices;
    struct tsk_todos todos;

    *told = false;
    if (tsk_notice_list(&notices, planner->store, &planner->scope, &filter, planner->arena, planner->err) != 0 ||
        tsk_todo_list(&todos, planner->store, &planner->scope, &todo_filter, planner->arena, planner->err) != 0)
        return -1;
    for (size_t i = 0; i < notices.count; i++)
        *told |= lives(&notices.items[i]);
    for (size_t i = 0; i < todos.count; i++)
        *told |= strcmp(todos.items[i].rule, decision->rule->id) == 0 &&
                 strcmp(todos.items[i].recipient, decision->recipient) == 0 &&
                 strcmp(todos.items[i].kind, "refused") != 0 && strcmp(todos.items[i].done_by, TSK_ROUTING_NAME) != 0;
    return 0;
}

static int search_twins(struct tsk_decision *decision, struct tsk_planner *planner, const char *basis, const char *key)
{
    struct tsk_sheet_twins twins;

    if (key[0] == '\0' || decision->told_by != 0)
        return 0;
    if (tsk_sheet_event_twins(&twins, planner->store, planner->sheet->office, decision->event, basis, key,
                              planner->arena, planner->err) != 0)
        return -1;
    for (size_t i = 0; i < twins.count && decision->told_by == 0; i++) {
        const struct tsk_sheet_twin *twin = &twins.items[i];
        const char *own = planner->sheet->case_number;
        bool other_case = own[0] != '\0' && twin->case_number[0] != '\0' && strcmp(own, twin->case_number) != 0;
        bool told = false;

        if (twin->sheet == planner->sheet->id || other_case)
            continue;
        if (twin_told(&told, planner, twin->sheet, decision) != 0)
            return -1;
        if (told)
            decision->told_by = twin->sheet;
    }
    return 0;
}

static int told_before(struct tsk_decision *decision, struct tsk_planner *planner, const struct tsk_event *event)
{
    if (search_twins(decision, planner, "case", event->case_key) != 0 ||
        search_twins(decision, planner, "person", event->person_key) != 0)
        return -1;
    if (decision->told_by == 0)
        return 0;
    decision->act = TSK_ROUTE_NONE;
    return tsk_planner_text(planner, &decision->reason, "同じ内容を受付番号 %lld のシートで連絡済みです",
                            (long long)decision->told_by);
}

/* Another sheet of the case told this recipient, and one of the two still lacks what would show whether it is the same. */
static int may_repeat(struct tsk_decision *decision, struct tsk_planner *planner, const struct tsk_event *event)
{
    struct tsk_sheet_filter filter = { .case_number = planner->sheet->case_number };
    struct tsk_sheets sheets;

    const bool sure = planner->sheet->state == TSK_SHEET_CONFIRMED;

    if (event->rule == NULL || event->rule->same.count == 0 || filter.case_number[0] == '\0')
        return 0;
    if (tsk_sheet_list(&sheets, planner->store, &planner->scope, &filter, planner->arena, planner->err) != 0)
        return -1;
    for (size_t i = 0; i < sheets.count && !decision->may_repeat; i++) {
        int64_t other = sheets.items[i].id;
        const char *key;
        bool told = false;

        if (other == planner->sheet->id)
            continue;
        if (twin_told(&told, planner, other, decision) != 0 ||
            tsk_sheet_event_key(&key, planner->store, other, decision->event, "case", planner->arena, planner->err) !=
                0)
            return -1;
        const bool other_open = key[0] == '\0' && sheets.items[i].state != TSK_SHEET_CONFIRMED &&
                                *sheets.items[i].closed == '\0'; /* somebody will still look at it */
        decision->may_repeat = told && (sure ? other_open : event->case_key[0] == '\0' || key[0] == '\0');
    }
    return 0;
}

static int count_pages(const char **out, struct tsk_planner *planner)
{
    struct tsk_document document;

    return tsk_document_find(&document, planner->store, &planner->scope, planner->sheet->document, planner->arena,
                             planner->err) != 0
               ? -1
               : tsk_planner_text(planner, out, "%d", document.page_count);
}

static int write_message(struct tsk_decision *decision, struct tsk_planner *planner, const struct tsk_target *target,
                         bool mail)
{
    const struct tsk_mail_config *config = &planner->routing->config->mail;
    bool letter = strcmp(decision->channel, "letter") == 0;
    bool may_link =
        !letter && config->link_base[0] != '\0' && (target->institution == NULL || target->institution->can_open_links);
    struct tsk_template_values values;

    if (tsk_planner_values(planner, &values) != 0)
        return -1;
    values.recipient = decision->recipient_name[0] != '\0' ? decision->recipient_name : "ご担当者";
    values.mail = mail ? "mail" : NULL;
    if (decision->rule->to == TSK_TO_SENDER && count_pages(&values.count, planner) != 0)
        return -1;
    if (may_link && tsk_planner_text(planner, &values.link, "%s%ssheets/%lld", config->link_base,
                                     config->link_base[strlen(config->link_base) - 1] == '/' ? "" : "/",
                                     (long long)planner->sheet->id) != 0)
        return -1;
    return tsk_planner_render(planner, &decision->subject, &decision->body,
                              letter ? TSK_LETTER_MAIL : decision->rule->template, &values);
}

static int write_todo(struct tsk_decision *decision, struct tsk_planner *planner, const char *template)
{
    const char *attention = decision->rule->attention_from[0] != '\0'
                                ? tsk_sheet_value(planner->sheet, decision->rule->attention_from)
                                : "";
    const char *title, *text;
    struct tsk_template_values values;

    if (tsk_planner_values(planner, &values) != 0)
        return -1;
    values.recipient = decision->recipient_name;
    if (decision->recipient_name[0] != '\0' && attention[0] != '\0' &&
        tsk_planner_text(planner, &values.recipient, "%s %s 先生", decision->recipient_name, attention) != 0)
        return -1;
    if (decision->recipient_name[0] == '\0')
        values.recipient = "宛先未定";
    values.destination = decision->destination[0] != '\0' ? decision->destination : "名簿に記載なし";
    values.reason = decision->reason;
    values.text = decision->body;
    if (tsk_planner_render(planner, &title, &text, template, &values) != 0)
        return -1;
    return tsk_planner_text(planner, &decision->todo, "%s\n\n%s", title, text);
}

static int to_person(struct tsk_decision *decision, struct tsk_planner *planner, const struct tsk_target *target,
                     enum tsk_route_act act, const char *kind, const char *template, const char *reason)
{
    decide(decision, act, reason);
    decision->todo_kind = kind;
    if (write_message(decision, planner, target, false) != 0)
        return -1;
    if (tsk_rule_has_letter(decision->rule)) /* whoever opens the to-do sees it: tsk_route_say() */
        decision->body = "伝える内容は、この「やること」を開くと表示されます（tasuki todo show）。";
    return write_todo(decision, planner, template);
}

/* Before confirmation: no to-do, because the confirmation itself is what waits for a person. The words are for looking. */
static int decide_later(struct tsk_decision *decision, struct tsk_planner *planner, const struct tsk_target *target,
                        enum tsk_route_act act, const char *reason)
{
    decide(decision, act, reason);
    return write_message(decision, planner, target, true);
}

static const char *destination_of(const struct tsk_target *target, const char *channel)
{
    const struct tsk_institution *entry = target->institution;

    if (strcmp(channel, "webhook") == 0)
        return entry == NULL ? target->webhook : entry->webhook;
    if (strcmp(channel, "urgent") == 0)
        return entry == NULL ? target->urgent : "";
    if (entry == NULL)
        return strcmp(channel, "email") == 0 ? target->email : "";
    if (strcmp(channel, "email") == 0 || strcmp(channel, "letter") == 0)
        return entry->email;
    if (strcmp(channel, "fax") == 0)
        return entry->fax;
    return strcmp(channel, "phone") == 0 ? entry->phone : "";
}

static bool
spoken(const char *channel) /* a person speaks, so there is nothing that could go astray by a wrong number */
{
    return strcmp(channel, "phone") == 0 || strcmp(channel, "other") == 0;
}

/* It carries content that only the program can put together. */
static bool has_pages(const struct tsk_rule *rule)
{
    return tsk_rule_has_letter(rule) || rule->encloses.count > 0;
}

static int use_channel(struct tsk_decision *decision, struct tsk_planner *planner, const struct tsk_target *target,
                       const char *channel)
{
    static const struct {
        const char *channel, *kind, *template;
    } by_hand[] = { { "fax", "fax", "todo-fax" },
                    { "phone", "call", "todo-phone" },
                    { "other", "other", "todo-other" } };

    bool fax = strcmp(channel, "fax") == 0 &&
               (has_pages(decision->rule) || planner->routing->config->fax.channel != TSK_FAX_BY_HAND) &&
               target->institution != NULL && tsk_institution_verified(target->institution, channel);

    decision->channel = strcmp(channel, "urgent") == 0 ? "email" : channel;
    decision->destination = destination_of(target, channel);
    for (size_t i = 0; i < TSK_COUNT(by_hand); i++)
        if (!fax && strcmp(channel, by_hand[i].channel) == 0)
            return to_person(decision, planner, target, TSK_ROUTE_TODO, by_hand[i].kind, by_hand[i].template, "");
    decide(decision, TSK_ROUTE_SEND, "");
    if (target->institution != NULL && decision->due_ms == 0)
        decision->due_ms = after_quiet(&planner->routing->config->quiet, planner->now_ms);
    return write_message(decision, planner, target, !fax);
}

static int choose_alert_channel(struct tsk_decision *decision, struct tsk_planner *planner,
                                const struct tsk_target *target)
{
    for (size_t i = 0; i < decision->rule->channels.count; i++) {
        const char *channel = decision->rule->channels.items[i];

        if (spoken(channel) || destination_of(target, channel)[0] != '\0')
            return use_channel(decision, planner, target, channel);
    }
    return to_person(decision, planner, target, TSK_ROUTE_TODO, "no_address", "todo-decide",
                     "宛先の番号またはアドレスが名簿にありません");
}

static bool may_link(const struct tsk_planner *planner, const struct tsk_target *target)
{
    return planner->routing->config->mail.link_base[0] != '\0' &&
           (target->institution == NULL || target->institution->can_open_links);
}

/* No mail has the content in it: without an encrypted letter or a link it has to come by another way. */
static bool mail_carries(const struct tsk_planner *planner, const struct tsk_rule *rule,
                         const struct tsk_target *target)
{
    return !has_pages(rule) || may_link(planner, target);
}

static int choose_disclosure_channel(struct tsk_decision *decision, struct tsk_planner *planner,
                                     const struct tsk_target *target)
{
    const struct tsk_rule *rule = decision->rule;
    bool by_mail = false;
    int chosen = 0;

    for (size_t i = 0; i < rule->channels.count; i++) {
        const char *channel = rule->channels.items[i];

        if (rule->route_from[0] != '\0' && !tsk_sheet_has(planner->sheet, rule->route_from, channel))
            continue;
        chosen++;
        if (strcmp(channel, "email") == 0 && has_pages(rule) && target->institution != NULL &&
            tsk_institution_takes_letters(target->institution))
            return use_channel(decision, planner, target, "letter");
        if (strcmp(channel, "email") == 0 && !mail_carries(planner, rule, target)) {
            by_mail = true; /* the mail itself is another decision: decide_follower() */
            continue;
        }
        if (spoken(channel) || (destination_of(target, channel)[0] != '\0' && target->institution != NULL &&
                                tsk_institution_verified(target->institution, channel)))
            return use_channel(decision, planner, target, channel);
    }
    if (by_mail)
        return use_channel(
            decision, planner, target,
            target->institution != NULL && tsk_institution_verified(target->institution, "fax") ? "fax" : "phone");
    if (chosen == 0)
        return to_person(decision, planner, target, TSK_ROUTE_TODO, "route", "todo-decide",
                         "シートで連絡方法が選ばれていません");
    return to_person(decision, planner, target, TSK_ROUTE_REFUSE, "refused", "todo-refused",
                     "選ばれた連絡方法に、確認済みの宛先がありません");
}

/* Somebody else was told the content under this rule: what follows is a person's decision, never a second sending. */
static int told_elsewhere(bool *told, struct tsk_planner *planner, const struct tsk_decision *decision)
{
    struct tsk_notice_filter filter = {
        .sheet = planner->sheet->id, .event = decision->event, .rule = decision->rule->id, .kind = "disclosure"
    };
    struct tsk_todo_filter todo_filter = { .done_too = true, .sheet = planner->sheet->id, .event = decision->event };
    struct tsk_notices notices;
    struct tsk_todos todos;

    *told = false;
    if (tsk_notice_list(&notices, planner->store, &planner->scope, &filter, planner->arena, planner->err) != 0 ||
        tsk_todo_list(&todos, planner->store, &planner->scope, &todo_filter, planner->arena, planner->err) != 0)
        return -1;
    for (size_t i = 0; i < notices.count; i++)
        *told |=
            tsk_notice_may_be_out(&notices.items[i]) && strcmp(notices.items[i].recipient, decision->recipient) != 0;
    for (size_t i = 0; i < todos.count; i++)
        *told |= tsk_todo_told(&todos.items[i], decision->rule->id) &&
                 strcmp(todos.items[i].recipient, decision->recipient) != 0;
    return 0;
}

/* Wishes of a ward office: its line in the configuration, else its entry in the directory, else the default. */
static enum tsk_alert_mode ward_wish(const struct tsk_planner *planner, const struct tsk_institution *entry,
                                     int *minute)
{
    const struct tsk_routing_config *config = &planner->routing->config->routing;

    *minute = config->digest_minute;
    for (size_t i = 0; i < config->ward_office_count; i++)
        if (strcmp(config->ward_offices[i].ward, planner->ward_code) == 0) {
            *minute = config->ward_offices[i].digest_minute;
            return config->ward_offices[i].alerts;
        }
    if (entry->notice == TSK_NOTICE_NONE)
        return TSK_ALERTS_NONE;
    return entry->notice == TSK_NOTICE_DIGEST ? TSK_ALERTS_DAILY : config->ward_default;
}

static int decide_alert(struct tsk_decision *decision, struct tsk_planner *planner, const struct tsk_target *target)
{
    int minute = 0;
    enum tsk_alert_mode wish = TSK_ALERTS_EACH;

    if (decision->rule->to == TSK_TO_WARD_OFFICE)
        wish = ward_wish(planner, target->institution, &minute);
    if (wish == TSK_ALERTS_NONE) {
        decide(decision, TSK_ROUTE_NONE, "区役所の希望により、お知らせしません");
        return 0;
    }
    if (wish == TSK_ALERTS_DAILY) {
        char day[TSK_DATE_SIZE];

        decision->due_ms = next_at(planner->now_ms, minute);
        tsk_date_text(tsk_japan_date(decision->due_ms), day);
        if (tsk_planner_text(planner, &decision->batch, "digest:%s", day) != 0)
            return -1;
    }
    return choose_alert_channel(decision, planner, target);
}

static int decide_disclosure(struct tsk_decision *decision, struct tsk_planner *planner,
                             const struct tsk_target *target)
{
    const char *number = planner->sheet->case_number;
    const char *refused = NULL;
    bool elsewhere = false;

    assert(planner->sheet->state == TSK_SHEET_CONFIRMED); /* decide_rule() refused it otherwise */
    if (number[0] == '\0')
        return to_person(decision, planner, target, TSK_ROUTE_REFUSE, "refused", "todo-refused",
                         "案件が決まっていません");
    if (tsk_route_consent(&refused, planner, number, target->institution) != 0)
        return -1;
    if (refused == NULL && tsk_letter_check(&refused, planner, decision->rule) != 0)
        return -1;
    if (refused != NULL)
        return to_person(decision, planner, target, TSK_ROUTE_REFUSE, "refused", "todo-refused", refused);
    if (told_elsewhere(&elsewhere, planner, decision) != 0)
        return -1;
    if (elsewhere)
        return to_person(decision, planner, target, TSK_ROUTE_TODO, "resend", "todo-decide",
                         "訂正前の宛先に連絡済みのため、自動では送りません");
    return choose_disclosure_channel(decision, planner, target);
}

/* Whoever sent a document hears once that it arrived, by a way that needs nobody's hands. */
static int decide_receipt(struct tsk_decision *decision, struct tsk_planner *planner, const struct tsk_target *target)
{
    const struct tsk_institution *entry = target->institution;
    const enum tsk_fax_channel how = planner->routing->config->fax.channel;
    const struct tsk_notice_filter before = { .document = planner->sheet->document, .event = TSK_EVENT_DOCUMENT };
    bool first, dials = how == TSK_FAX_HYLAFAX || how == TSK_FAX_MAIL;
    struct tsk_notices told; /* before a person saw that a page is a sheet after all */

    if (tsk_sheet_is_first(&first, planner->store, planner->sheet->id, planner->err) != 0 ||
        tsk_notice_list(&told, planner->store, &planner->scope, &before, planner->arena, planner->err) != 0)
        return -1;
    first = first && told.count == 0;
    for (size_t i = 0; first && i < decision->rule->channels.count; i++) {
        const char *channel = decision->rule->channels.items[i];

        bool unattended = strcmp(channel, "email") == 0 || (strcmp(channel, "fax") == 0 && dials);

        if (unattended && tsk_institution_verified(entry, channel))
            return use_channel(decision, planner, target, channel);
    }
    decide(decision, TSK_ROUTE_NONE, first ? "受付を自動で知らせる方法がありません" : "同じ文書の受付は連絡済みです");
    return 0;
}

static int decide_uncertain(struct tsk_decision *decision, struct tsk_planner *planner, const struct tsk_target *target)
{
    if (target->unconcerned) {
        decide(decision, TSK_ROUTE_NONE, target->problem);
        return 0;
    }
    return to_person(decision, planner, target, TSK_ROUTE_TODO, "no_recipient", "todo-recipient", target->problem);
}

static int decide_rule(struct tsk_decision *decision, struct tsk_planner *planner, const struct tsk_event *event,
                       bool sure)
{
    struct tsk_target target;
    bool disclosure = decision->rule->kind == TSK_RULE_DISCLOSURE;
    const char *wait = disclosure ? NULL : must_wait(planner, event, decision->rule);

    if (wait == NULL && !sure && !disclosure)
        wait = "規則の条件になる項目が未確認です";
    if (tsk_target_find(&target, planner, decision->rule) != 0)
        return -1;
    decision->recipient = target.recipient;
    decision->recipient_name = target.name;
    if (wait != NULL)
        return decide_later(decision, planner, &target, TSK_ROUTE_WAIT, wait);
    if (disclosure && planner->sheet->state != TSK_SHEET_CONFIRMED && !target.unconcerned)
        return decide_later(decision, planner, &target, TSK_ROUTE_REFUSE, "シートが未確認です");
    if (target.problem != NULL)
        return decide_uncertain(decision, planner, &target);
    if (told_before(decision, planner, event) != 0)
        return -1;
    if (decision->told_by != 0)
        return 0;
    if (!disclosure && may_repeat(decision, planner, event) != 0)
        return -1;
    if (decision->may_repeat)
        return decide_later(decision, planner, &target, TSK_ROUTE_WAIT,
                            "同じ案件で連絡済みの内容の再送かどうか、まだ判断できません");
    if (decision->rule->to == TSK_TO_SENDER)
        return decide_receipt(decision, planner, &target);
    if (decision->rule->kind == TSK_RULE_ALERT)
        return decide_alert(decision, planner, &target);
    if (disclosure)
        return decide_disclosure(decision, planner, &target);
    if (event->rule != NULL && event->rule->words.count > 0)
        return to_person(decision, planner, &target, TSK_ROUTE_TODO, "facility", decision->rule->template,
                         decision->rule->why);
    return to_person(decision, planner, &target, TSK_ROUTE_TODO, "rule", "todo-decide", decision->rule->why);
}

static struct tsk_decision new_decision(const struct tsk_event *event, const struct tsk_rule *rule)
{
    return (struct tsk_decision){ .event = event->id,
                                  .rule = rule,
                                  .reason = "",
                                  .recipient = "",
                                  .recipient_name = "",
                                  .channel = "",
                                  .destination = "",
                                  .batch = "",
                                  .subject = "",
                                  .body = "",
                                  .todo_kind = "",
                                  .todo = "" };
}

static int follow_by_mail(struct tsk_decision *decision, struct tsk_planner *planner, const struct tsk_event *event,
                          const struct tsk_decision *content)
{
    struct tsk_target target;

    if (tsk_target_find(&target, planner, decision->rule) != 0)
        return -1;
    decision->recipient = target.recipient;
    decision->recipient_name = target.name;
    if (target.institution == NULL || content->act == TSK_ROUTE_REFUSE || content->act == TSK_ROUTE_WAIT) {
        decide(decision, TSK_ROUTE_WAIT, "内容の連絡を待っています");
        return 0;
    }
    if (strcmp(content->channel, "email") == 0 || strcmp(content->channel, "letter") == 0 ||
        content->act == TSK_ROUTE_NONE || !tsk_institution_verified(target.institution, "email")) {
        decide(decision, TSK_ROUTE_NONE, "内容の連絡だけで足ります");
        return 0;
    }
    if (told_before(decision, planner, event) != 0 || decision->told_by != 0)
        return decision->told_by != 0 ? 0 : -1;
    return use_channel(decision, planner, &target, "email");
}

/* The sheet asks for a mail, and no mail carries the content: it says that the content comes by fax or telephone. */
static int decide_follower(struct tsk_plan *out, struct tsk_planner *planner, const struct tsk_event *event,
                           const struct tsk_decision *content)
{
    static const char *const by_mail[] = { "email" };
    struct tsk_rule *rule = tsk_arena_alloc(planner->arena, sizeof *rule);
    struct tsk_decision *decision = &out->items[out->count];

    if (!tsk_rule_has_letter(content->rule) || !tsk_sheet_has(planner->sheet, content->rule->route_from, "email"))
        return 0;
    if (rule == NULL)
        return tsk_fail(planner->err, TSK_RETRY, 0, "no memory for the notices of a sheet");
    *rule = *content->rule;
    rule->kind = TSK_RULE_ALERT;
    rule->channels = (struct tsk_strings){ by_mail, TSK_COUNT(by_mail) };
    rule->template = "content-follows";
    rule->letter = rule->attention_from = rule->route_from = "";
    rule->encloses = (struct tsk_strings){ NULL, 0 };
    if (tsk_planner_text(planner, &rule->id, "%s" TSK_FOLLOWER, content->rule->id) != 0)
        return -1;
    *decision = new_decision(event, rule);
    out->count++;
    return follow_by_mail(decision, planner, event, content);
}

static int plan_event(struct tsk_plan *out, struct tsk_planner *planner, const struct tsk_event *event)
{
    const struct tsk_routing_config *config = &planner->routing->config->routing;

    for (size_t i = 0; i < config->rule_count; i++) {
        const struct tsk_rule *rule = &config->rules[i];
        struct tsk_decision *decision = &out->items[out->count];
        bool matches, sure;

        if (strcmp(rule->event, event->id) != 0)
            continue;
        if (rule_matches(planner, rule, &matches, &sure) != 0)
            return -1;
        if (!matches)
            continue;
        *decision = new_decision(event, rule);
        if (decide_rule(decision, planner, event, sure) != 0)
            return -1;
        out->count++;
        if (decide_follower(out, planner, event, decision) != 0)
            return -1;
    }
    return 0;
}

int tsk_route_plan(struct tsk_plan *out, struct tsk_store *store, const struct tsk_routing *routing,
                   const struct tsk_scope *scope, int64_t sheet, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_routing_config *config = &routing->config->routing;
    struct tsk_planner planner;
    struct tsk_events *events = tsk_arena_alloc(arena, sizeof *events);

    *out = (struct tsk_plan){ 0 };
    out->items = tsk_arena_alloc(arena, ((config->event_count + 2) * config->rule_count * 2 + 1) * sizeof *out->items);
    if (events == NULL || out->items == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for the notices of a sheet");
    if (tsk_sheet_find(&out->sheet, store, scope, sheet, arena, err) != 0 ||
        tsk_planner_start(&planner, routing, store, out->sheet.office, arena, err) != 0 ||
        tsk_planner_sheet(&planner, &out->sheet) != 0)
        return -1;
    tsk_events_of(events, &out->sheet, config);
    for (size_t i = 0; i < events->count; i++)
        if (plan_event(out, &planner, &events->items[i]) != 0)
            return -1;
    return 0;
}

const char *tsk_route_act_name(enum tsk_route_act act)
{
    static const char *const names[] = { "send", "to-do", "refuse", "wait", "nothing" };

    return names[act];
}
