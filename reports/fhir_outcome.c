/* What became of the patient: an Encounter for each move that a confirmed sheet tells of. */
#include <string.h>

#include "reports/fhir_parts.h"

#define DISPOSITION "http://terminology.hl7.org/CodeSystem/discharge-disposition"

struct move {
    const char *option, *status, *disposition; /* disposition "": none is said */
    bool begins;                               /* the day is the first of a stay, not its last */
};

static const struct move *move_of(const struct tsk_sheet *sheet)
{
    static const struct move moves[] = {
        { "transfer", "finished", "other-hcf", false },
        { "discharge", "finished", "home", false },
        { "admission", "in-progress", "", true },
        { "other", "unknown", "oth", false },
    };

    for (size_t i = 0; i < TSK_COUNT(moves); i++)
        if (tsk_sheet_has(sheet, "outcome", moves[i].option))
            return &moves[i];
    return NULL;
}

static json_t *class_of(const struct tsk_case_file *file, const struct move *move)
{
    const char *type = tsk_file_meaning(file, "referral.type", NULL);

    if (move->begins || strcmp(type, "inpatient") == 0)
        return json_pack("{s:s, s:s}", "system", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code", "IMP");
    if (strcmp(type, "outpatient") == 0)
        return json_pack("{s:s, s:s}", "system", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code", "AMB");
    return json_pack("{s:s, s:s}", "system", "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code", "UNK");
}

static json_t *hospitalization(struct fhir *fhir, const struct tsk_sheet *sheet, const struct move *move)
{
    const struct tsk_case_file *file = fhir->file;
    const char *other = tsk_file_value(file, sheet, "outcome.other");
    const char *place = tsk_file_value(file, sheet, "destination");
    const char *department = tsk_file_value(file, sheet, "destination.department");
    const char *printed = tsk_file_words(file, sheet, "outcome");
    const char *words = tsk_arena_printf(file->arena, "%s%s%s", printed, *other != '\0' ? " " : "", other);
    bool known = *move->disposition != '\0' && (strcmp(move->option, "discharge") != 0 || *place == '\0');
    json_t *out = json_object();

    fhir_set(out, "dischargeDisposition",
             known ? fhir_coded(DISPOSITION, move->disposition, words != NULL ? words : printed) : fhir_text(printed));
    if (*place != '\0') {
        const char *name = tsk_arena_printf(file->arena, "%s%s%s", place, *department != '\0' ? " " : "", department);
        fhir_set(out, "destination", fhir_named(fhir_organization(fhir, place), name != NULL ? name : place));
    }
    return out;
}

static void add_outcome(struct fhir *fhir, const struct tsk_sheet *sheet, const struct move *move)
{
    const char *day = tsk_sheet_value(sheet, "move_date");
    /* the same move faxed again is the same move */
    const char *name = tsk_arena_printf(fhir->file->arena, "%s %s %s", day, move->option,
                                        tsk_file_value(fhir->file, sheet, "destination"));
    json_t *encounter = json_pack("{s:s, s:o, s:o, s:o}", "status", move->status, "class", class_of(fhir->file, move),
                                  "subject", fhir_patient(fhir), "hospitalization", hospitalization(fhir, sheet, move));

    fhir_set(encounter, "episodeOfCare", fhir_list(fhir_reference(fhir_url(fhir, "EpisodeOfCare", "episode"))));
    if (*day != '\0')
        fhir_set(encounter, "period", json_pack("{s:s}", move->begins ? "start" : "end", day));
    if (fhir->referral != NULL)
        fhir_set(encounter, "basedOn", fhir_list(json_incref(fhir->referral)));
    fhir_set(encounter, "serviceProvider", fhir_reference(fhir->hospital));
    fhir_add(fhir, "Encounter", name != NULL ? name : "", encounter);
}

void fhir_add_outcomes(struct fhir *fhir)
{
    const struct tsk_case_file *file = fhir->file;

    for (size_t i = 0; i < file->sheets.count; i++) {
        const struct tsk_sheet *sheet = &file->sheets.items[i];
        const struct move *move = sheet->state == TSK_SHEET_CONFIRMED ? move_of(sheet) : NULL;

        if (move != NULL)
            add_outcome(fhir, sheet, move);
    }
}
