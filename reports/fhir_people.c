/* Who the case is about, and what the office has of it. */
#include <string.h>

#include "reports/fhir_parts.h"

#define NAME_KIND "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"

/* The first space, of whichever width, divides the family name from the given one. */
static json_t *name_of(const struct fhir *fhir, const char *text, const char *kind)
{
    static const char wide[] = "\xe3\x80\x80";
    const char *half = strchr(text, ' '), *full = strstr(text, wide);
    const char *space = half == NULL || (full != NULL && full < half) ? full : half;
    json_t *out = json_pack("{s:[{s:s, s:s}], s:s, s:s}", "extension", "url", NAME_KIND, "valueCode", kind, "use",
                            "official", "text", text);

    if (space != NULL) {
        const char *given = space + (*space == ' ' ? 1 : strlen(wide));
        const char *family = tsk_arena_printf(fhir->file->arena, "%.*s", (int)(space - text), text);
        fhir_set_text(out, "family", family != NULL ? family : "");
        if (*given != '\0')
            fhir_set(out, "given", json_pack("[s]", given));
    }
    return out;
}

static void add_patient(struct fhir *fhir)
{
    const struct tsk_case_file *file = fhir->file;
    const char *name = tsk_file_meaning(file, "patient.name", NULL);
    const char *kana = tsk_file_meaning(file, "patient.kana", NULL);
    const char *sex = tsk_file_meaning(file, "patient.sex", NULL);
    const char *address = tsk_file_meaning(file, "patient.address", NULL);
    const char *phone = tsk_file_meaning(file, "patient.phone", NULL);
    json_t *patient =
        json_pack("{s:[{s:s, s:s}]}", "identifier", "system", FHIR_CASE_SYSTEM, "value", file->kase.number);
    json_t *names = json_array();

    if (*name != '\0')
        json_array_append_new(names, name_of(fhir, name, "IDE"));
    if (*kana != '\0')
        json_array_append_new(names, name_of(fhir, kana, "SYL"));
    if (json_array_size(names) > 0)
        fhir_set(patient, "name", json_incref(names));
    json_decref(names);
    if (strcmp(sex, "male") == 0 || strcmp(sex, "female") == 0)
        fhir_set_text(patient, "gender", sex);
    fhir_set_text(patient, "birthDate", tsk_file_derived(file, "birth_date"));
    if (*address != '\0')
        fhir_set(patient, "address", json_pack("[{s:s, s:s, s:s}]", "use", "home", "text", address, "country", "JP"));
    if (*phone != '\0')
        fhir_set(patient, "telecom", json_pack("[{s:s, s:s}]", "system", "phone", "value", phone));
    if (strcmp(file->kase.closed_as, "died") == 0) /* a person said so when the case was closed */
        fhir_set(patient, "deceasedBoolean", json_true());
    fhir_add(fhir, "Patient", "patient", patient);
}

static void add_episode(struct fhir *fhir)
{
    const struct tsk_case *kase = &fhir->file->kase;
    bool over = *kase->completed != '\0';
    json_t *period = json_pack("{s:s}", "start", kase->opened);

    fhir_set_text(period, "end", kase->completed);
    fhir_add(fhir, "EpisodeOfCare", "episode",
             json_pack("{s:[{s:s, s:s}], s:s, s:o, s:o, s:o}", "identifier", "system", FHIR_CASE_SYSTEM, "value",
                       kase->number, "status", over ? "finished" : "active", "patient", fhir_patient(fhir),
                       "managingOrganization", fhir_reference(fhir_organization(fhir, fhir->file->office_name)),
                       "period", period));
}

static void add_insurance(struct fhir *fhir)
{
    const struct tsk_case_file *file = fhir->file;
    const char *state = "";

    for (size_t i = 0; i < file->sheets.count; i++)
        if (file->sheets.items[i].state == TSK_SHEET_CONFIRMED &&
            *tsk_sheet_value(&file->sheets.items[i], "care_insurance") != '\0')
            state = tsk_sheet_value(&file->sheets.items[i], "care_insurance");
    bool certified = strcmp(state, "certified") == 0;
    if (!certified && strcmp(state, "applying") != 0)
        return;
    fhir_add(fhir, "Coverage", "care",
             json_pack("{s:s, s:{s:s}, s:o, s:[{s:s}]}", "status", certified ? "active" : "draft", "type", "text",
                       "介護保険", "beneficiary", fhir_patient(fhir), "payor", "display", "介護保険の保険者"));
}

static void add_care_team(struct fhir *fhir)
{
    const char *office = tsk_file_meaning(fhir->file, "care.office", NULL);
    const char *manager = tsk_file_meaning(fhir->file, "care.manager", NULL);

    if (*office == '\0' && *manager == '\0')
        return;
    const char *of = fhir_organization(fhir, office);
    json_t *participant = json_pack("{s:[{s:s}]}", "role", "text", "ケアマネジャー");
    fhir_set(participant, "member", fhir_named(of, *manager != '\0' ? manager : office));
    fhir_add(
        fhir, "CareTeam", "care",
        json_pack("{s:s, s:o, s:[o]}", "status", "active", "subject", fhir_patient(fhir), "participant", participant));
}

void fhir_add_people(struct fhir *fhir)
{
    add_patient(fhir);
    add_episode(fhir);
    add_insurance(fhir);
    add_care_team(fhir);
}
