/* What the clinic asked for. */
#include <string.h>

#include "reports/fhir_parts.h"

#define PARTICIPATION "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"

/* A doctor of an institution and department; the institution alone when no doctor is named. */
static json_t *person_at(struct fhir *fhir, const char *institution, const char *department, const char *doctor)
{
    const char *at = fhir_organization(fhir, institution), *who = NULL;

    if (*doctor == '\0' && *department == '\0')
        return at != NULL ? fhir_named(at, institution) : NULL;
    const char *name = tsk_arena_printf(fhir->file->arena, "%s %s %s", institution, department, doctor);
    json_t *role = json_object();
    if (*doctor != '\0')
        who =
            fhir_add(fhir, "Practitioner", name != NULL ? name : "", json_pack("{s:[{s:s}]}", "name", "text", doctor));
    fhir_set(role, "practitioner", fhir_reference(who));
    fhir_set(role, "organization", fhir_reference(at));
    fhir_set(role, "specialty", fhir_list(fhir_text(department)));
    return fhir_named(fhir_add(fhir, "PractitionerRole", name != NULL ? name : "", role), "");
}

static const struct tsk_sheet *referral_sheet(const struct tsk_case_file *file)
{
    const struct tsk_sheet *sheet = NULL;

    tsk_file_meaning(file, "from.clinic", &sheet);
    if (sheet == NULL)
        tsk_file_meaning(file, "to.hospital", &sheet);
    return sheet;
}

static json_t *order_of(struct fhir *fhir, const struct tsk_sheet *sheet)
{
    const struct tsk_case_file *file = fhir->file;
    const char *plan = tsk_file_words(file, sheet, "discharge_plan");
    const char *mode = tsk_file_words(file, sheet, "own_clinic_mode");
    const char *other = tsk_sheet_value(sheet, "discharge_plan_other");
    const char *words = tsk_arena_printf(file->arena, "%s%s%s%s%s", plan, *mode != '\0' ? " " : "", mode,
                                         *other != '\0' ? " " : "", other);

    return fhir_list(fhir_text(words != NULL ? words : plan));
}

static void add_request(struct fhir *fhir, const struct tsk_sheet *sheet)
{
    const struct tsk_case_file *file = fhir->file;
    const char *notes = tsk_sheet_value(sheet, "notes");
    json_t *request = json_pack("{s:s, s:s, s:o}", "status", *file->kase.completed != '\0' ? "completed" : "active",
                                "intent", "order", "subject", fhir_patient(fhir));

    fhir_set(request, "category", fhir_list(fhir_text(tsk_file_words(file, sheet, "referral_type"))));
    fhir_set_text(request, "authoredOn", tsk_sheet_value(sheet, "referral_date"));
    fhir_set(
        request, "requester",
        person_at(fhir, tsk_file_value(file, sheet, "from.clinic"), "", tsk_file_value(file, sheet, "from.doctor")));
    fhir_set(
        request, "performer",
        fhir_list(person_at(fhir, tsk_file_value(file, sheet, "to.hospital"),
                            tsk_file_value(file, sheet, "to.department"), tsk_file_value(file, sheet, "to.doctor"))));
    json_t *detail = order_of(fhir, sheet);
    if (detail != NULL) { /* a detail wants a code beside it */
        fhir_set(request, "code", fhir_text("紹介"));
        fhir_set(request, "orderDetail", detail);
    }
    if (*notes != '\0')
        fhir_set(request, "note", json_pack("[{s:s}]", "text", notes));
    fhir->referral = fhir_reference(fhir_add(fhir, "ServiceRequest", "referral", request));
}

static void add_answer_wish(struct fhir *fhir, const struct tsk_sheet *sheet)
{
    static const struct {
        const char *option, *code;
    } ways[] = { { "fax", "FAXWRIT" }, { "email", "EMAILWRIT" }, { "phone", "PHONE" } };
    json_t *media = json_array();

    for (size_t i = 0; i < TSK_COUNT(ways); i++)
        if (tsk_sheet_has(sheet, "contact_method", ways[i].option))
            json_array_append_new(media, fhir_coded(PARTICIPATION, ways[i].code, ""));
    if (tsk_sheet_has(sheet, "contact_method", "other")) {
        const char *words = tsk_file_value(fhir->file, sheet, "contact.other");
        json_array_append_new(media, fhir_text(*words != '\0' ? words : "その他"));
    }
    if (json_array_size(media) > 0) {
        json_t *wish = json_pack("{s:s, s:o, s:O}", "status", "active", "subject", fhir_patient(fhir), "medium", media);
        fhir_set(wish, "category", fhir_list(fhir_text("紹介元への連絡")));
        if (fhir->clinic != NULL)
            fhir_set(wish, "recipient", fhir_list(fhir_reference(fhir->clinic)));
        fhir_add(fhir, "CommunicationRequest", "answer", wish);
    }
    json_decref(media);
}

static void add_conference(struct fhir *fhir, const struct tsk_sheet *sheet)
{
    if (!tsk_sheet_has(sheet, "conference_request", "yes"))
        return;
    json_t *task = json_pack("{s:s, s:s, s:{s:s}, s:o, s:o}", "status", "requested", "intent", "order", "code", "text",
                             "カンファレンス参加", "for", fhir_patient(fhir), "owner",
                             fhir_named(fhir_organization(fhir, fhir->file->office_name), fhir->file->office_name));
    fhir_set(task, "focus", json_incref(fhir->referral));
    fhir_add(fhir, "Task", "conference", task);
}

void fhir_add_referral(struct fhir *fhir)
{
    const struct tsk_sheet *sheet = referral_sheet(fhir->file);

    if (sheet == NULL)
        return;
    fhir->clinic = fhir_organization(fhir, tsk_file_value(fhir->file, sheet, "from.clinic"));
    fhir->hospital = fhir_organization(fhir, tsk_file_value(fhir->file, sheet, "to.hospital"));
    add_request(fhir, sheet);
    add_answer_wish(fhir, sheet);
    add_conference(fhir, sheet);
}
