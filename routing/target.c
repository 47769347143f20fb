/* Who is meant by a rule. Exactly one entry of the office's own directory, or nobody: a person then finds out. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "records/document.h"
#include "routing/planner.h"

/* What sheets print behind the blank, or people leave away. */
static const char *const name_endings[] = { "病院", "医院", "クリニック", "診療所" };

struct name_keys {
    char *whole;
    char *with[TSK_COUNT(name_endings)];
};

static int make_keys(struct name_keys *keys, struct tsk_planner *planner, const char *name)
{
    const char *longer;

    *keys = (struct name_keys){ 0 };
    if ((keys->whole = tsk_reference_name_key(planner->routing->reference, name)) == NULL)
        return tsk_fail(planner->err, TSK_RETRY, 0, "no memory for a name");
    for (size_t i = 0; i < TSK_COUNT(name_endings); i++) {
        if (tsk_planner_text(planner, &longer, "%s%s", name, name_endings[i]) != 0)
            return -1;
        if ((keys->with[i] = tsk_reference_name_key(planner->routing->reference, longer)) == NULL)
            return tsk_fail(planner->err, TSK_RETRY, 0, "no memory for a name");
    }
    return 0;
}

static void free_keys(struct name_keys *keys)
{
    free(keys->whole);
    for (size_t i = 0; i < TSK_COUNT(name_endings); i++)
        free(keys->with[i]);
}

/* 2 the name itself, 1 the name with an ending, 0 another name, -1 without memory */
static int match(const struct name_keys *keys, struct tsk_planner *planner, const char *name)
{
    char *key = tsk_reference_name_key(planner->routing->reference, name);
    int result = 0;

    if (key == NULL)
        return tsk_fail(planner->err, TSK_RETRY, 0, "no memory for a name");
    if (strcmp(key, keys->whole) == 0)
        result = 2;
    for (size_t i = 0; result == 0 && i < TSK_COUNT(name_endings); i++)
        result = strcmp(key, keys->with[i]) == 0;
    free(key);
    return result;
}

struct found {
    const struct tsk_institution *first;
    int count;
    int quality;           /* of match() */
    bool right_department; /* entries of the wanted department go before others */
};

static void consider(struct found *found, const struct tsk_institution *entry, int quality, bool department)
{
    bool better = found->count == 0 || quality > found->quality ||
                  (quality == found->quality && department && !found->right_department);

    if (better)
        *found = (struct found){ entry, 1, quality, department };
    else if (quality == found->quality && department == found->right_department)
        found->count++;
}

static int same_department(struct tsk_planner *planner, const char *have, const char *want)
{
    char *a, *b;
    int same;

    if (want[0] == '\0' || have[0] == '\0')
        return want[0] == '\0';
    a = tsk_reference_name_key(planner->routing->reference, have);
    b = tsk_reference_name_key(planner->routing->reference, want);
    same = a != NULL && b != NULL ? strcmp(a, b) == 0 : tsk_fail(planner->err, TSK_RETRY, 0, "no memory for a name");
    free(a);
    free(b);
    return same;
}

static int search(struct found *found, struct tsk_planner *planner, const struct tsk_rule *rule, const char *name)
{
    struct name_keys keys;
    int rc = -1;

    *found = (struct found){ 0 };
    if (make_keys(&keys, planner, name) != 0)
        goto out;
    for (size_t k = 0; k < rule->directory_kinds.count; k++) {
        struct tsk_institution_filter filter = { .kind = rule->directory_kinds.items[k] };
        struct tsk_institutions list;

        if (tsk_directory_list(&list, planner->store, &planner->scope, &filter, planner->arena, planner->err) != 0)
            goto out;
        for (size_t i = 0; i < list.count; i++) {
            int quality = match(&keys, planner, list.items[i].name);
            int department = quality > 0 ? same_department(planner, list.items[i].department, rule->department) : 0;

            if (quality < 0 || department < 0)
                goto out;
            if (quality > 0)
                consider(found, &list.items[i], quality, department == 1);
        }
    }
    rc = 0;
out:
    free_keys(&keys);
    return rc;
}

static int set_institution(struct tsk_target *out, struct tsk_planner *planner, const struct tsk_institution *entry)
{
    out->institution = entry;
    if (tsk_planner_text(planner, &out->recipient, "institution:%lld", (long long)entry->id) != 0)
        return -1;
    return tsk_planner_text(planner, &out->name, "%s%s%s", entry->name, entry->department[0] != '\0' ? " " : "",
                            entry->department);
}

static const char *label_of(const struct tsk_planner *planner, const char *field)
{
    const struct tsk_forms *forms = planner->routing->forms;
    const struct tsk_form *form =
        forms == NULL ? NULL : tsk_forms_find(forms, planner->sheet->form, planner->sheet->edition);
    const struct tsk_field *known = form == NULL ? NULL : tsk_form_field(form, field);

    return known != NULL && known->label[0] != '\0' ? known->label : field;
}

static int find_institution(struct tsk_target *out, struct tsk_planner *planner, const struct tsk_rule *rule)
{
    const char *name = tsk_sheet_value(planner->sheet, rule->name_from);
    const char *label = label_of(planner, rule->name_from);
    struct found found;

    if (name[0] == '\0')
        return tsk_planner_text(planner, &out->problem, "「%s」欄が空白です", label);
    if (search(&found, planner, rule, name) != 0)
        return -1;
    if (found.count == 0)
        return tsk_planner_text(planner, &out->problem, "「%s」欄の名称が名簿にありません", label);
    if (found.count > 1)
        return tsk_planner_text(planner, &out->problem, "「%s」欄の名称に当てはまる機関が名簿に複数あります", label);
    if (!found.right_department && found.first->department[0] != '\0')
        return tsk_planner_text(planner, &out->problem, "「%s」欄の機関の%sが名簿にありません", label,
                                rule->department);
    return set_institution(out, planner, found.first);
}

static bool same_number(const char *a, const char *b)
{
    char *one = tsk_digits_only(a), *other = tsk_digits_only(b);
    bool same = one != NULL && other != NULL && *one != '\0' && strcmp(one, other) == 0;

    free(one);
    free(other);
    return same;
}

/* A number as the line told it, or the address of a mail: exactly one institution of the directory has it. */
static int find_sender(struct tsk_target *out, struct tsk_planner *planner)
{
    static const struct tsk_institution_filter everybody = { .kind = NULL };
    const struct tsk_institution *found = NULL;
    struct tsk_document document;
    struct tsk_institutions list;

    out->unconcerned = true;
    out->problem = "送信元の番号またはアドレスが名簿にありません";
    if (tsk_document_find(&document, planner->store, &planner->scope,
                          planner->sheet != NULL ? planner->sheet->document : planner->document, planner->arena,
                          planner->err) != 0 ||
        tsk_directory_list(&list, planner->store, &planner->scope, &everybody, planner->arena, planner->err) != 0)
        return -1;
    for (size_t i = 0; i < list.count && *document.sender != '\0'; i++) {
        const struct tsk_institution *entry = &list.items[i];
        bool its = same_number(document.sender, entry->fax) ||
                   (*entry->email != '\0' && strcasestr(document.sender, entry->email) != NULL);

        if (!its)
            continue;
        if (found != NULL && strcmp(found->name, entry->name) != 0)
            return 0;
        found = found != NULL ? found : entry;
    }
    if (found == NULL)
        return 0;
    out->unconcerned = false;
    out->problem = NULL;
    return set_institution(out, planner, found);
}

static int find_ward_office(struct tsk_target *out, struct tsk_planner *planner)
{
    struct tsk_institution_filter filter = { .kind = "ward_office", .ward = planner->ward_name };
    const struct tsk_ward *ward = tsk_reference_ward_by_code(planner->routing->reference, planner->ward_code);
    struct tsk_institutions list;

    if (planner->ward_kind == TSK_WARD_ELSEWHERE) {
        out->unconcerned = true;
        return tsk_planner_text(planner, &out->problem, "住所が大阪市外のため、区役所へのお知らせはありません");
    }
    if (planner->ward_kind == TSK_WARD_UNKNOWN || ward == NULL)
        return tsk_planner_text(planner, &out->problem, "患者の住所の区が分かりません");
    filter.ward = ward->name;
    if (tsk_directory_list(&list, planner->store, &planner->scope, &filter, planner->arena, planner->err) != 0)
        return -1;
    if (list.count != 1)
        return tsk_planner_text(planner, &out->problem,
                                list.count == 0 ? "%sの区役所が名簿にありません" : "%sの区役所が名簿に複数あります",
                                ward->name);
    return set_institution(out, planner, &list.items[0]);
}

int tsk_target_find(struct tsk_target *out, struct tsk_planner *planner, const struct tsk_rule *rule)
{
    *out = (struct tsk_target){ .recipient = "", .name = "", .email = "", .webhook = "", .urgent = "" };
    switch (rule->to) {
    case TSK_TO_WARD_OFFICE:
        return find_ward_office(out, planner);
    case TSK_TO_INSTITUTION:
        return find_institution(out, planner, rule);
    case TSK_TO_SENDER:
        return find_sender(out, planner);
    case TSK_TO_COORDINATION_OFFICE:
        break;
    }
    out->name = planner->office->name;
    out->email = planner->office->email;
    out->webhook = planner->office->webhook;
    out->urgent = planner->office->urgent_email != NULL ? planner->office->urgent_email : "";
    return tsk_planner_text(planner, &out->recipient, "office:%s", planner->office->id);
}

int tsk_target_is_named(bool *out, struct tsk_planner *planner, const char *name, const struct tsk_institution *entry)
{
    struct name_keys keys;
    int quality;

    *out = false;
    if (*name == '\0')
        return 0;
    if (make_keys(&keys, planner, name) != 0) {
        free_keys(&keys);
        return -1;
    }
    quality = match(&keys, planner, entry->name);
    free_keys(&keys);
    *out = quality > 0;
    return quality < 0 ? -1 : 0;
}
