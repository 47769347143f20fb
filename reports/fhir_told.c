/* Consent, what was told and asked, and the office's own record of its work. */
#include <stdlib.h>
#include <string.h>

#include "reports/fhir_parts.h"

#define PARTICIPATION "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"

static const char *numbered(const struct fhir *fhir, const char *what, size_t i)
{
    const char *name = tsk_arena_printf(fhir->file->arena, "%s %zu", what, i);

    return name != NULL ? name : what;
}

static json_t *actor(const char *words)
{
    return json_pack("{s:o, s:{s:s}}", "role",
                     fhir_coded("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", ""), "reference",
                     "display", words);
}

static void add_consent(struct fhir *fhir, const struct tsk_consent *consent, size_t i, bool newest)
{
    static const struct {
        const char *scope, *words;
    } scopes[] = { { "medical", "紹介元・紹介先・転院先の医療機関" },
                   { "care", "ケアマネジャー・居宅介護支援事業所" },
                   { "facility", "施設" },
                   { "ward_office", "区役所" } };
    bool given = strcmp(consent->state, "recorded") == 0;
    const char *words = consent->scope;

    for (size_t k = 0; k < TSK_COUNT(scopes); k++)
        if (strcmp(scopes[k].scope, consent->scope) == 0)
            words = scopes[k].words;
    json_t *out = json_pack(
        "{s:s, s:o, s:[o], s:o, s:s, s:{s:s}, s:{s:s, s:[o]}}", "status", newest ? "active" : "inactive", "scope",
        fhir_coded("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", ""), "category",
        fhir_coded(FHIR_LOINC, "57016-8", "個人情報の取扱いについての同意"), "patient", fhir_patient(fhir), "dateTime",
        consent->at, "policyRule", "text", "個人情報の使用についての本人・家族の同意", "provision", "type",
        given ? "permit" : "deny", "actor", actor(words));
    fhir_add(fhir, "Consent", numbered(fhir, "consent", i), out);
}

/* What was said last counts, as it was written down: two entries may bear the same time. */
static void add_consents(struct fhir *fhir)
{
    const struct tsk_consents *all = &fhir->file->consents;

    for (size_t i = 0; i < all->count; i++) {
        bool newest = true;
        for (size_t k = i + 1; k < all->count; k++)
            newest = newest && strcmp(all->items[k].scope, all->items[i].scope) != 0;
        add_consent(fhir, &all->items[i], i, newest);
    }
}

static const char *communication_status(enum tsk_notice_state state)
{
    switch (state) {
    case TSK_NOTICE_SENT:
    case TSK_NOTICE_DELIVERED:
        return "completed";
    case TSK_NOTICE_QUEUED:
        return "preparation";
    case TSK_NOTICE_SENDING:
        return "in-progress";
    case TSK_NOTICE_FAILED:
    case TSK_NOTICE_CANCELLED:
    case TSK_NOTICE_REFUSED:
        return "not-done";
    case TSK_NOTICE_UNKNOWN:
    case TSK_NOTICE_STATE_COUNT:
        break;
    }
    return "unknown";
}

static void add_notice(struct fhir *fhir, const struct tsk_notice *notice)
{
    const char *name = tsk_file_recipient(fhir->file, notice->recipient);
    const char *code = strcmp(notice->channel, "fax") == 0     ? "FAXWRIT"
                       : strcmp(notice->channel, "phone") == 0 ? "PHONE"
                       : strcmp(notice->channel, "post") == 0  ? "MAILWRIT"
                       : strcmp(notice->channel, "hand") == 0  ? "FACE"
                                                               : "EMAILWRIT";
    json_t *out = json_pack("{s:s, s:o, s:[o], s:[o]}", "status", communication_status(notice->state), "subject",
                            fhir_patient(fhir), "category", fhir_text(tsk_notice_kind_name(notice->kind)), "recipient",
                            fhir_named(fhir_organization(fhir, name), name));

    fhir_set(out, "medium", fhir_list(fhir_coded(PARTICIPATION, code, "")));
    if (notice->state == TSK_NOTICE_SENT || notice->state == TSK_NOTICE_DELIVERED)
        fhir_set_text(out, "sent", notice->finished);
    fhir_set(out, "statusReason", fhir_text(notice->reason));
    fhir_add(fhir, "Communication", notice->id, out);
}

static void add_inquiry(struct fhir *fhir, const struct tsk_inquiry *inquiry, size_t i)
{
    bool over = *inquiry->ended != '\0', answered = strcmp(inquiry->state, "answered") == 0;
    const char *at = fhir_organization(fhir, inquiry->hospital), *name = numbered(fhir, "inquiry", i);
    json_t *ask = json_pack("{s:s, s:o, s:s, s:[{s:s}], s:[o]}", "status",
                            answered ? "completed"
                            : over   ? "revoked"
                                     : "active",
                            "subject", fhir_patient(fhir), "authoredOn", inquiry->created, "category", "text",
                            "情報照会", "recipient", fhir_named(at, inquiry->hospital));
    const char *url = fhir_add(fhir, "CommunicationRequest", name, ask);
    json_t *wait = json_pack("{s:s, s:s, s:{s:s}, s:o, s:o, s:o}", "status",
                             answered ? "completed"
                             : over   ? "cancelled"
                                      : "in-progress",
                             "intent", "order", "code", "text", "転帰の返信待ち", "for", fhir_patient(fhir), "owner",
                             fhir_named(at, inquiry->hospital), "basedOn", fhir_list(fhir_reference(url)));

    if (*inquiry->due != '\0')
        fhir_set(wait, "restriction", json_pack("{s:{s:s}}", "period", "end", inquiry->due));
    fhir_add(fhir, "Task", name, wait);
}

static void add_conference(struct fhir *fhir, const struct tsk_case_event *event)
{
    const char *text = tsk_file_note(fhir->file, event, "text");
    const char *people = tsk_file_note(fhir->file, event, "attendees");
    const char *whole = tsk_arena_printf(fhir->file->arena, "参加者: %s\n%s", people, text);

    if (whole == NULL) {
        fhir->failed = true;
        return;
    }
    fhir_add(fhir, "DocumentReference", event->key,
             json_pack("{s:s, s:o, s:o, s:s, s:[o], s:[{s:{s:s, s:o}}]}", "status", "current", "type",
                       fhir_coded(FHIR_LOINC, "34098-4", "ケース会議等の記録"), "subject", fhir_patient(fhir), "date",
                       event->at, "securityLabel",
                       fhir_coded("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "R", ""), "content",
                       "attachment", "contentType", "text/plain; charset=utf-8", "data",
                       fhir_base64(fhir, whole, strlen(whole))));
}

static bool is_replaced(const struct fhir *fhir, const struct tsk_case_event *event)
{
    const struct tsk_case_events *all = &fhir->file->events;

    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->items[i].kind, event->kind) == 0 &&
            strcmp(tsk_file_note(fhir->file, &all->items[i], "replaces"), event->key) == 0)
            return true;
    return false;
}

static void add_record(struct fhir *fhir)
{
    const struct tsk_case_file *file = fhir->file;
    json_t *notes = json_array();

    for (size_t i = 0; i < file->events.count; i++) {
        const struct tsk_case_event *event = &file->events.items[i];
        if (is_replaced(fhir, event))
            continue;
        if (strcmp(event->kind, "conference") == 0)
            add_conference(fhir, event);
        if (strcmp(event->kind, "progress") == 0)
            json_array_append_new(notes, json_pack("{s:s, s:s, s:s}", "authorString", event->by, "time", event->at,
                                                   "text", tsk_file_note(file, event, "text")));
    }
    if (json_array_size(notes) > 0)
        fhir_add(fhir, "Task", "record",
                 json_pack("{s:s, s:s, s:{s:s}, s:o, s:O}", "status",
                           *file->kase.completed != '\0' ? "completed" : "in-progress", "intent", "order", "code",
                           "text", "支援の経過記録", "for", fhir_patient(fhir), "note", notes));
    json_decref(notes);
}

void fhir_add_told(struct fhir *fhir)
{
    const struct tsk_case_file *file = fhir->file;

    add_consents(fhir);
    for (size_t i = 0; i < file->notices.count; i++)
        add_notice(fhir, &file->notices.items[i]);
    for (size_t i = 0; i < file->inquiries.count; i++)
        add_inquiry(fhir, &file->inquiries.items[i], i);
    add_record(fhir);
}
