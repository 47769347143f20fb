/* Who is told what: events, rules, ward offices. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/schema.h"

const cyaml_schema_field_t tsk_event_fields[] = {
    STRING("id", struct tsk_event_rule, id),
    STRING("form", struct tsk_event_rule, form),
    LIST("also", struct tsk_event_rule, also.items, also.count, &tsk_config_string_entry),
    LIST("filled", struct tsk_event_rule, filled.items, filled.count, &tsk_config_string_entry),
    LIST("words", struct tsk_event_rule, words.items, words.count, &tsk_config_string_entry),
    LIST("except", struct tsk_event_rule, except.items, except.count, &tsk_config_string_entry),
    LIST("same", struct tsk_event_rule, same.items, same.count, &tsk_config_string_entry),
    LIST("person", struct tsk_event_rule, person.items, person.count, &tsk_config_string_entry),
    CYAML_FIELD_END
};

static const cyaml_strval_t rule_targets[] = { { "coordination_office", TSK_TO_COORDINATION_OFFICE },
                                               { "ward_office", TSK_TO_WARD_OFFICE },
                                               { "institution", TSK_TO_INSTITUTION },
                                               { "sender", TSK_TO_SENDER } };
static const cyaml_strval_t rule_kinds[] = { { "alert", TSK_RULE_ALERT },
                                             { "disclosure", TSK_RULE_DISCLOSURE },
                                             { "todo", TSK_RULE_TODO } };
const cyaml_schema_field_t tsk_rule_fields[] = {
    STRING("id", struct tsk_rule, id),
    STRING("event", struct tsk_rule, event),
    STRING("form", struct tsk_rule, form),
    LIST("when", struct tsk_rule, when.items, when.count, &tsk_config_string_entry),
    CYAML_FIELD_ENUM("to", CYAML_FLAG_STRICT, struct tsk_rule, to, rule_targets, TSK_COUNT(rule_targets)),
    CYAML_FIELD_ENUM("kind", CYAML_FLAG_STRICT, struct tsk_rule, kind, rule_kinds, TSK_COUNT(rule_kinds)),
    STRING("name_from", struct tsk_rule, name_from),
    LIST("directory_kinds", struct tsk_rule, directory_kinds.items, directory_kinds.count, &tsk_config_string_entry),
    STRING("department", struct tsk_rule, department),
    STRING("attention_from", struct tsk_rule, attention_from),
    STRING("route_from", struct tsk_rule, route_from),
    LIST("channels", struct tsk_rule, channels.items, channels.count, &tsk_config_string_entry),
    STRING("template", struct tsk_rule, template),
    STRING("letter", struct tsk_rule, letter),
    LIST("encloses", struct tsk_rule, encloses.items, encloses.count, &tsk_config_string_entry),
    STRING("why", struct tsk_rule, why),
    CYAML_FIELD_END
};

const cyaml_strval_t tsk_alert_modes[] = { { "each", TSK_ALERTS_EACH },
                                           { "daily", TSK_ALERTS_DAILY },
                                           { "none", TSK_ALERTS_NONE } };
const cyaml_schema_field_t tsk_ward_fields[] = { STRING("ward", struct tsk_raw_ward, ward),
                                                 CYAML_FIELD_ENUM("alerts", CYAML_FLAG_STRICT, struct tsk_raw_ward,
                                                                  alerts, tsk_alert_modes, TSK_COUNT(tsk_alert_modes)),
                                                 STRING("digest_at", struct tsk_raw_ward, digest_at), CYAML_FIELD_END };

static int check_event(const struct check *check, const struct tsk_event_rule *e, size_t i)
{
    char where[64];

    if (tsk_need_id(check, "events", i, e->id) != 0 || tsk_need(check, "events", i, "form", e->form) != 0)
        return -1;
    snprintf(where, sizeof where, "events[%zu]", i);
    if (e->except.count > 0 && e->words.count == 0)
        return FAULT(check, "%s", "except is of words, and there are none");
    return e->filled.count > 0 ? 0 : FAULT(check, "%s", "filled is missing: without a field it would never happen");
}

static bool knows_event(const struct tsk_config *c, const char *id)
{
    static const char *const built_in[] = { "document.held", "document.received", "sheet.received", "sheet.confirmed",
                                            "delivery.failed" };

    for (size_t i = 0; i < c->routing.event_count; i++)
        if (strcmp(c->routing.events[i].id, id) == 0)
            return true;
    return tsk_is_one_of(id, built_in, TSK_COUNT(built_in));
}

static int check_rule_words(const struct check *check, const struct tsk_rule *r, size_t i)
{
    static const char *const channels[] = { "email", "fax", "phone", "webhook", "other", "urgent" };
    char where[64];

    for (size_t k = 0; k < r->channels.count; k++) {
        snprintf(where, sizeof where, "rules[%zu].channels[%zu]", i, k);
        if (!tsk_is_one_of(r->channels.items[k], channels, TSK_COUNT(channels)))
            return FAULT(check, "\"%s\": email, fax, phone, webhook, other or urgent", r->channels.items[k]);
        if (strcmp(r->channels.items[k], "webhook") == 0 && r->kind != TSK_RULE_ALERT)
            return FAULT(check, "%s", "a webhook takes alerts only: nothing about a patient goes that way");
        if (strcmp(r->channels.items[k], "urgent") == 0 && r->to != TSK_TO_COORDINATION_OFFICE)
            return FAULT(check, "%s", "urgent is the way to the coordination office itself (offices: urgent_email)");
    }
    for (size_t k = 0; k < r->when.count; k++) {
        snprintf(where, sizeof where, "rules[%zu].when[%zu]", i, k);
        if (strchr(r->when.items[k], '=') == NULL || r->when.items[k][0] == '=')
            return FAULT(check, "\"%s\" must be FIELD=VALUE or FIELD!=VALUE", r->when.items[k]);
    }
    return 0;
}

static int check_rule(const struct check *check, const struct tsk_config *c, size_t i)
{
    const struct tsk_rule *r = &c->routing.rules[i];
    char where[64];

    if (tsk_need_id(check, "rules", i, r->id) != 0 || tsk_need(check, "rules", i, "event", r->event) != 0 ||
        tsk_need(check, "rules", i, "template", r->template) != 0)
        return -1;
    snprintf(where, sizeof where, "rules[%zu].event", i);
    if (!knows_event(c, r->event))
        return FAULT(
            check,
            "\"%s\" is no event: document.held, sheet.received, sheet.confirmed, delivery.failed or one of events",
            r->event);
    snprintf(where, sizeof where, "rules[%zu].template", i);
    if (!tsk_is_id(r->template))
        return FAULT(check, "\"%s\": the name of a text without folder and .txt", r->template);
    snprintf(where, sizeof where, "rules[%zu]", i);
    if (r->channels.count == 0 && r->kind != TSK_RULE_TODO)
        return FAULT(check, "%s", "channels is missing: say how this is told");
    if (r->to == TSK_TO_SENDER && (r->kind != TSK_RULE_ALERT || (strcmp(r->event, "sheet.received") != 0 &&
                                                                 strcmp(r->event, "document.received") != 0)))
        return FAULT(check, "%s", "a sender is told that it arrived: an alert at sheet.received or document.received");
    if (strcmp(r->event, "document.received") == 0 && r->to != TSK_TO_SENDER)
        return FAULT(check, "%s", "document.received is told to the sender alone");
    if (r->kind != TSK_RULE_DISCLOSURE && (r->letter[0] != '\0' || r->encloses.count > 0))
        return FAULT(check, "%s", "letter and encloses are of disclosures");
    if (r->letter[0] != '\0' && !tsk_is_id(r->letter))
        return FAULT(check, "\"%s\": letter is the name of a text without folder and .txt", r->letter);
    if (r->to == TSK_TO_INSTITUTION && (r->name_from[0] == '\0' || r->directory_kinds.count == 0))
        return FAULT(check, "%s", "an institution needs name_from and directory_kinds");
    return check_rule_words(check, r, i);
}

int tsk_routing_check(const struct check *check, const struct tsk_config *c)
{
    const struct tsk_routing_config *r = &c->routing;

    for (size_t i = 0; i < r->event_count; i++)
        if (check_event(check, &r->events[i], i) != 0)
            return -1;
    for (size_t i = 0; i < r->rule_count; i++)
        if (check_rule(check, c, i) != 0)
            return -1;
    return NEED_UNIQUE(check, "events", r->events, r->event_count, id) != 0 ||
                   NEED_UNIQUE(check, "rules", r->rules, r->rule_count, id) != 0
               ? -1
               : 0;
}

int tsk_ward_read(const struct check *check, const struct tsk_raw_ward *wards, size_t count,
                  struct tsk_routing_config *r)
{
    char where[64];

    r->ward_offices = calloc(count + 1, sizeof *r->ward_offices);
    if (r->ward_offices == NULL)
        return tsk_fail(check->err, TSK_RETRY, 0, "%s: out of memory", tsk_yaml_path(check->yaml));
    for (size_t i = 0; i < count; i++) {
        struct tsk_ward_office *ward = &r->ward_offices[i];

        snprintf(where, sizeof where, "ward_offices[%zu].ward", i);
        if (!tsk_is_ward(wards[i].ward))
            return FAULT(check, "\"%s\" is not a municipality code of five digits", wards[i].ward);
        ward->ward = wards[i].ward;
        ward->alerts = wards[i].alerts;
        snprintf(where, sizeof where, "ward_offices[%zu].digest_at", i);
        if (tsk_read_minute(check, where, wards[i].digest_at, r->digest_minute, &ward->digest_minute) != 0)
            return -1;
        r->ward_office_count++;
    }
    return NEED_UNIQUE(check, "ward_offices", r->ward_offices, r->ward_office_count, ward);
}
