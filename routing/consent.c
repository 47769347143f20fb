/* Whether the patient's consent lets an institution know what stands in a case. */
#include <string.h>

#include "records/consent.h"
#include "routing/planner.h"

const char *tsk_route_consent_scope(const struct tsk_institution *entry)
{
    if (entry == NULL || strcmp(entry->kind, "ward_office") == 0)
        return "ward_office";
    if (strcmp(entry->kind, "facility") == 0)
        return "facility";
    return strcmp(entry->kind, "clinic") == 0 || strcmp(entry->kind, "hospital") == 0 ? "medical" : "care";
}

/* Of the transition: who referred, who received, where the patient was moved to; as confirmed sheets name them. */
static int is_named_on(bool *out, struct tsk_planner *planner, int64_t id, const struct tsk_institution *entry)
{
    static const char *const fields[] = { "from_clinic", "to_hospital", "destination", "addressee" };
    struct tsk_sheet sheet;

    if (tsk_sheet_find(&sheet, planner->store, &planner->scope, id, planner->arena, planner->err) != 0)
        return -1;
    for (size_t i = 0; i < TSK_COUNT(fields) && !*out; i++)
        if (tsk_target_is_named(out, planner, tsk_sheet_value(&sheet, fields[i]), entry) != 0)
            return -1;
    return 0;
}

static int takes_part(bool *out, struct tsk_planner *planner, const char *case_number,
                      const struct tsk_institution *entry)
{
    const struct tsk_sheet_filter filter = { .case_number = case_number };
    struct tsk_sheets sheets;

    *out = false;
    if (tsk_sheet_list(&sheets, planner->store, &planner->scope, &filter, planner->arena, planner->err) != 0)
        return -1;
    for (size_t i = 0; i < sheets.count && !*out; i++)
        if (sheets.items[i].state == TSK_SHEET_CONFIRMED && *sheets.items[i].closed == '\0' &&
            is_named_on(out, planner, sheets.items[i].id, entry) != 0)
            return -1;
    return 0;
}

int tsk_route_consent(const char **reason, struct tsk_planner *planner, const char *case_number,
                      const struct tsk_institution *entry)
{
    const char *scope = tsk_route_consent_scope(entry);
    struct tsk_consent consent;
    bool covered = true;

    *reason = NULL;
    if (tsk_consent_newest(&consent, planner->store, &planner->scope, case_number, scope, planner->arena,
                           planner->err) != 0)
        return -1;
    if (strcmp(consent.state, "withdrawn") == 0)
        *reason = "同意が取り下げられています";
    else if (strcmp(consent.state, "refused") == 0)
        *reason = "同意しないとの回答が記録されています";
    else if (*consent.state == '\0')
        *reason = strcmp(scope, "medical") == 0 ? "患者様または家族の同意が記録されていません"
                                                : "この相手への提供について、明示の同意が記録されていません";
    if (*reason != NULL || !tsk_consent_is_sentence(&consent))
        return 0;
    if (takes_part(&covered, planner, case_number, entry) != 0)
        return -1;
    if (!covered)
        *reason = "シートの同意文は、紹介元・紹介先・転院先の医療機関だけを対象としています";
    return 0;
}

int tsk_route_may_know(const char **reason, const struct tsk_routing *routing, struct tsk_store *store,
                       const char *office, const char *case_number, const char *recipient, struct tsk_arena *arena,
                       struct tsk_err *err)
{
    struct tsk_institution entry;
    struct tsk_planner planner;
    int64_t id;

    *reason = "宛先が名簿の機関ではありません";
    if (!tsk_recipient_institution(recipient, &id))
        return 0;
    return tsk_planner_start(&planner, routing, store, office, arena, err) != 0 ||
                   tsk_directory_find(&entry, store, &planner.scope, id, arena, err) != 0 ||
                   tsk_route_consent(reason, &planner, case_number, &entry) != 0
               ? -1
               : 0;
}
