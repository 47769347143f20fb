/* 受付連絡 for a document of which no page is a sheet: whoever sent it hears that it is here, and nothing else. */
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "records/document.h"
#include "routing/planner.h"

/* Two machines that thank one another stop after these. */
enum { ARENA_BYTES = 4 * 1024 * 1024, A_DAY = 5 };

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

static int enough_today(bool *out, struct tsk_planner *p, const char *recipient)
{
    const struct tsk_notice_filter filter = {
        .event = TSK_EVENT_DOCUMENT, .recipient = recipient, .newest_first = true, .limit = A_DAY
    };
    struct tsk_notices sent;
    int64_t oldest_ms = 0;

    if (tsk_notice_list(&sent, p->store, &p->scope, &filter, p->arena, p->err) != 0)
        return -1;
    *out = sent.count == A_DAY && tsk_stamp_parse(sent.items[A_DAY - 1].created, &oldest_ms) &&
           p->now_ms - oldest_ms < day_ms;
    return 0;
}

/* A way that needs nobody's hands, to a number or address that two persons verified. */
static const char *way_to(const struct tsk_planner *p, const struct tsk_rule *rule, const struct tsk_institution *entry)
{
    const enum tsk_fax_channel how = p->routing->config->fax.channel;

    for (size_t i = 0; i < rule->channels.count; i++) {
        const char *channel = rule->channels.items[i];
        bool unattended = strcmp(channel, "email") == 0 ||
                          (strcmp(channel, "fax") == 0 && (how == TSK_FAX_HYLAFAX || how == TSK_FAX_MAIL));

        if (unattended && tsk_institution_verified(entry, channel))
            return channel;
    }
    return NULL;
}

static int queue(struct tsk_planner *p, const struct tsk_rule *rule, const struct tsk_target *target,
                 const char *channel, const struct tsk_document *document)
{
    const bool fax = strcmp(channel, "fax") == 0;
    struct tsk_template_values values;
    struct tsk_notice_new notice = { .office = p->office->id,
                                     .document = document->spool_id,
                                     .case_number = "",
                                     .event = TSK_EVENT_DOCUMENT,
                                     .rule = rule->id,
                                     .recipient = target->recipient,
                                     .kind = TSK_NOTICE_ALERT,
                                     .state = TSK_NOTICE_QUEUED,
                                     .channel = channel,
                                     .destination = fax ? target->institution->fax : target->institution->email };

    if (tsk_planner_values(p, &values) != 0 || tsk_planner_when(p, &values.received, document->received) != 0 ||
        tsk_planner_text(p, &notice.about, "document:%s", document->spool_id) != 0 ||
        (document->page_count > 0 && tsk_planner_text(p, &values.count, "%d", document->page_count) != 0))
        return -1;
    values.ref = document->spool_id;
    values.recipient = target->name;
    values.mail = fax ? NULL : "mail";
    return tsk_planner_render(p, &notice.subject, &notice.body, rule->template, &values) != 0
               ? -1
               : tsk_notice_queue(NULL, NULL, p->store, &notice, p->err);
}

static int tell(struct tsk_planner *p, const struct tsk_rule *rule, const struct tsk_document *document)
{
    struct tsk_target target;
    bool enough = false;
    const char *channel;

    if (tsk_target_find(&target, p, rule) != 0)
        return -1;
    if (target.problem != NULL || target.institution == NULL || (channel = way_to(p, rule, target.institution)) == NULL)
        return 0;
    if (enough_today(&enough, p, target.recipient) != 0)
        return -1;
    return enough ? 0 : queue(p, rule, &target, channel, document);
}

static int received(const struct tsk_routing *routing, struct tsk_store *store, const char *spool_id,
                    struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_routing_config *config = &routing->config->routing;
    struct tsk_document document;
    struct tsk_planner p;

    if (tsk_document_find(&document, store, &tsk_scope_all, spool_id, arena, err) != 0 ||
        tsk_planner_start(&p, routing, store, document.office, arena, err) != 0)
        return -1;
    p.document = spool_id;
    for (size_t i = 0; document.sheet_count == 0 && i < config->rule_count; i++) {
        const struct tsk_rule *rule = &config->rules[i];

        if (strcmp(rule->event, TSK_EVENT_DOCUMENT) == 0 && rule->kind == TSK_RULE_ALERT && rule->to == TSK_TO_SENDER &&
            tell(&p, rule, &document) != 0)
            return -1;
    }
    return 0;
}

int tsk_route_received(const struct tsk_routing *routing, struct tsk_store *store, const char *spool_id,
                       struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory for a receipt")
                           : received(routing, store, spool_id, arena, err);

    tsk_arena_free(&arena);
    return rc;
}
