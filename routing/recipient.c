#include "routing/recipient.h"

#include <string.h>

#include "routing/planner.h"

static void set_entry(struct tsk_recipient *out, const struct tsk_institution *entry)
{
    out->fax = entry->fax;
    out->email = entry->email;
    out->phone = entry->phone;
    out->fax_verified = tsk_institution_verified(entry, "fax");
    out->email_verified = tsk_institution_verified(entry, "email");
    out->takes_letters = tsk_institution_takes_letters(entry);
}

static int find_named(struct tsk_recipient *out, const struct tsk_routing *routing, struct tsk_store *store,
                      const struct tsk_sheet *sheet, const struct tsk_rule *rule, struct tsk_arena *arena,
                      struct tsk_err *err)
{
    struct tsk_planner planner;
    struct tsk_target target;

    *out = (struct tsk_recipient){ .key = "", .name = "", .fax = "", .email = "", .phone = "" };
    if (tsk_planner_start(&planner, routing, store, sheet->office, arena, err) != 0 ||
        tsk_planner_sheet(&planner, sheet) != 0 || tsk_target_find(&target, &planner, rule) != 0)
        return -1;
    out->problem = target.problem;
    if (target.problem != NULL || target.institution == NULL)
        return 0;
    out->key = target.recipient;
    out->name = target.name;
    set_entry(out, target.institution);
    return 0;
}

int tsk_recipient_named(struct tsk_recipient *out, const struct tsk_routing *routing, struct tsk_store *store,
                        const struct tsk_sheet *sheet, const char *field, const char *department,
                        struct tsk_arena *arena, struct tsk_err *err)
{
    static const char *const kinds[] = { "hospital" };
    const struct tsk_rule rule = { .to = TSK_TO_INSTITUTION,
                                   .name_from = field,
                                   .department = department,
                                   .directory_kinds = { kinds, TSK_COUNT(kinds) } };

    return find_named(out, routing, store, sheet, &rule, arena, err);
}

int tsk_recipient_clinic(struct tsk_recipient *out, const struct tsk_routing *routing, struct tsk_store *store,
                         const struct tsk_sheet *sheet, struct tsk_arena *arena, struct tsk_err *err)
{
    static const char *const kinds[] = { "clinic", "hospital" };
    const struct tsk_rule rule = { .to = TSK_TO_INSTITUTION,
                                   .name_from = "from_clinic",
                                   .department = "",
                                   .directory_kinds = { kinds, TSK_COUNT(kinds) } };

    return find_named(out, routing, store, sheet, &rule, arena, err);
}

int tsk_recipient_find(struct tsk_recipient *out, const struct tsk_routing *routing, struct tsk_store *store,
                       const char *office, const char *key, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_planner planner;
    struct tsk_institution *entry = tsk_arena_alloc(arena, sizeof *entry);
    struct tsk_err absent = { 0 };
    int64_t id;

    *out = (struct tsk_recipient){ .key = "", .name = "", .fax = "", .email = "", .phone = "" };
    if (entry == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a recipient");
    if (tsk_planner_start(&planner, routing, store, office, arena, err) != 0)
        return -1;
    if (!tsk_recipient_institution(key, &id) ||
        tsk_directory_find(entry, store, &planner.scope, id, arena, &absent) != 0) {
        out->problem = "宛先が名簿にありません";
        return absent.kind == TSK_OK || absent.kind == TSK_REJECT ? 0
                                                                  : tsk_fail(err, absent.kind, 0, "%s", absent.text);
    }
    out->key = key;
    set_entry(out, entry);
    return tsk_planner_text(&planner, &out->name, "%s%s%s", entry->name, entry->department[0] != '\0' ? " " : "",
                            entry->department);
}

int tsk_recipient_words(const char **subject, const char **body, const struct tsk_routing *routing,
                        struct tsk_store *store, const char *office, const char *template,
                        const struct tsk_template_values *values, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_template_values all = *values;
    struct tsk_planner planner;

    if (tsk_planner_start(&planner, routing, store, office, arena, err) != 0)
        return -1;
    all.office = planner.office->name;
    all.office_phone = planner.office->phone;
    all.office_fax = planner.office->fax;
    all.office_hours = planner.office->hours;
    return tsk_planner_render(&planner, subject, body, template, &all);
}
