#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "records/search.h"
#include "records/sheet_new.h"
#include "records/sql.h"

#define INDEX_ARENA_BYTES ((size_t)4 << 20)
#define KEYS_VERSION 1 /* raise it when keys are folded otherwise: every site writes them anew */

struct field {
    const char *id, *value;
    bool sure;
};

struct desk { /* one sheet while its row is made */
    struct tsk_store *store;
    struct tsk_arena *arena;
    int64_t sheet;
    const char *office, *office_ward, *received, *form, *edition, *source, *case_number, *state, *closed;
    int64_t twin_ok, stays;
    struct field *fields;
    size_t field_count;
    const struct tsk_form *known;
};

char *tsk_search_key(const struct tsk_store *store, const char *text)
{
    const struct tsk_knowledge *knowledge = tsk_store_knowledge(store);
    char *folded = knowledge->name_key != NULL ? knowledge->name_key(knowledge->ctx, text) : strdup(text);
    char *key = folded != NULL ? tsk_loose_key(folded) : NULL;

    free(folded);
    return key;
}

static void fill_field(void *item, struct tsk_rows *rows)
{
    struct field *field = item;

    field->id = tsk_sql_text(rows);
    field->value = tsk_sql_text(rows);
    field->sure = tsk_sql_int(rows) != 0;
}

static int load_fields(struct desk *desk, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc =
        tsk_sql_query(&rows, desk->store, desk->arena, err,
                      "SELECT field, value, decided <> 'waiting' FROM fields WHERE sheet_id = ?1", "i", desk->sheet);

    desk->fields = tsk_sql_collect(&desk->field_count, sizeof *desk->fields, fill_field, &rows, &rc, err);
    return rc;
}

/* 1, 0 when there is no such sheet, -1 */
static int load(struct desk *desk, struct tsk_err *err)
{
    const struct tsk_forms *forms = tsk_store_knowledge(desk->store)->forms;
    struct tsk_rows *rows = NULL;
    int rc =
        tsk_sql_query(&rows, desk->store, desk->arena, err,
                      "SELECT s.office_id, o.ward, d.received, s.form, s.edition, d.source, s.case_number, s.state, "
                      "s.closed, s.twin_ok, s.stays FROM sheets s JOIN documents d ON d.id = s.document_id "
                      "JOIN offices o ON o.id = s.office_id WHERE s.id = ?1",
                      "i", desk->sheet);

    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        desk->office = tsk_sql_text(rows);
        desk->office_ward = tsk_sql_text(rows);
        desk->received = tsk_sql_text(rows);
        desk->form = tsk_sql_text(rows);
        desk->edition = tsk_sql_text(rows);
        desk->source = tsk_sql_text(rows);
        desk->case_number = tsk_sql_text(rows);
        desk->state = tsk_sql_text(rows);
        desk->closed = tsk_sql_text(rows);
        desk->twin_ok = tsk_sql_int(rows);
        desk->stays = tsk_sql_int(rows);
    }
    tsk_sql_end(&rows);
    if (rc != 1)
        return rc;
    desk->known = forms != NULL ? tsk_forms_find(forms, desk->form, desk->edition) : NULL;
    return load_fields(desk, err) == 0 ? 1 : -1;
}

static const struct field *by_id(const struct desk *desk, const char *id)
{
    for (size_t i = 0; i < desk->field_count; i++) {
        if (strcmp(desk->fields[i].id, id) == 0)
            return &desk->fields[i];
    }
    return NULL;
}

static const char *value(const struct desk *desk, const char *id)
{
    const struct field *field = by_id(desk, id);

    return field != NULL ? field->value : "";
}

/* By what the form says the field means; without the form, by the name that the editions use. */
static const char *meaning(const struct desk *desk, const char *means, const char *id)
{
    for (size_t i = 0; desk->known != NULL && i < desk->known->field_count; i++) {
        if (strcmp(desk->known->fields[i].means, means) == 0)
            return value(desk, desk->known->fields[i].id);
    }
    return value(desk, id);
}

/* Somebody has moved, or a clock of days runs: such a sheet goes before those that only announce a patient. */
static bool is_urgent(const struct desk *desk)
{
    static const char *const outcome[] = { "outcome", "outcome_other", "move_date.year", "destination" };

    for (size_t i = 0; i < TSK_COUNT(outcome); i++) {
        if (*value(desk, outcome[i]) != '\0')
            return true;
    }
    return strcmp(desk->form, "admission-info") == 0;
}

static const char *other_ward(const struct desk *desk)
{
    const struct field *ward = by_id(desk, "ward");
    bool other = ward != NULL && ward->sure && *ward->value != '\0' && *desk->office_ward != '\0' &&
                 strcmp(ward->value, desk->office_ward) != 0;

    return other && desk->stays == 0 ? ward->value : "";
}

/* Two pages of which all this agrees may be one page, faxed twice. "" while too little is known. */
static const char *sameness(const struct desk *desk, const char *name_key, const char *birth)
{
    if (*name_key == '\0' || *birth == '\0')
        return "";
    return tsk_arena_printf(desk->arena, "%s|%s|%s|%s|%s|%s|%s", desk->form, name_key, birth,
                            value(desk, "referral_date"), value(desk, "move_date"), value(desk, "outcome"),
                            value(desk, "created_date"));
}

static const char *key_in(const struct desk *desk, const char *text)
{
    char *key = tsk_search_key(desk->store, text);
    const char *kept = key != NULL ? tsk_arena_strdup(desk->arena, key) : NULL;

    free(key);
    return kept;
}

/* Every two neighbouring characters. */
static int put_grams(const struct desk *desk, const char *key, struct tsk_err *err)
{
    uint32_t rune;
    const char *before = key;
    int rc = 0;

    if (!tsk_utf8_next(&key, &rune))
        return 0;
    for (const char *at = key; rc == 0 && tsk_utf8_next(&key, &rune); before = at, at = key) {
        char gram[16];
        snprintf(gram, sizeof gram, "%.*s", (int)(key - before), before);
        if (rune != '/')
            rc = tsk_sql_run(desk->store, err,
                             "INSERT INTO desk_grams (gram, sheet_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING", "si",
                             gram, desk->sheet);
    }
    return rc;
}

static int put_all_grams(const struct desk *desk, const char *const *keys, size_t count, struct tsk_err *err)
{
    int rc = tsk_sql_run(desk->store, err, "DELETE FROM desk_grams WHERE sheet_id = ?1", "i", desk->sheet);

    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = put_grams(desk, keys[i], err);
    return rc;
}

static int find_twin(int64_t *twin, const struct desk *desk, const char *same, struct tsk_err *err)
{
    *twin = 0;
    if (*same == '\0' || desk->twin_ok != 0)
        return 0;
    /* same <> '' is said again so that SQLite may use the index that has only those */
    return tsk_sql_number(twin, desk->store, err,
                          "SELECT min(t.sheet_id) FROM desk_sheets t JOIN sheets a ON a.id = t.sheet_id, sheets b "
                          "WHERE t.office_id = ?1 AND t.same = ?2 AND t.same <> '' AND t.sheet_id < ?3 AND b.id = ?3 "
                          "AND a.document_id <> b.document_id AND t.closed IN ('', 'filed') AND a.told_how = ''",
                          "ssi", desk->office, same, desk->sheet) < 0
               ? -1
               : 0;
}

static int put_row(const struct desk *desk, struct tsk_err *err)
{
    const char *name = meaning(desk, "patient.name", "patient_name");
    const char *kana = meaning(desk, "patient.kana", "patient_kana");
    const char *birth = value(desk, "birth_date");
    const char *from = meaning(desk, "from.clinic", "from_clinic");
    const char *to = meaning(desk, "to.hospital", "to_hospital");
    const char *care = meaning(desk, "care.office", "care_plan_office");
    const char *destination = meaning(desk, "destination", "destination");
    const char *name_key = key_in(desk, name);
    const char *kana_key = key_in(desk, kana);
    const char *places = tsk_arena_printf(desk->arena, "%s/%s/%s/%s", from, to, care, destination);
    const char *places_key = places != NULL ? key_in(desk, places) : NULL;
    const char *same = name_key != NULL ? sameness(desk, name_key, birth) : NULL;
    bool open = *desk->closed == '\0' && (strcmp(desk->state, "confirmed") != 0 || *desk->case_number == '\0');
    int64_t twin = 0;

    if (kana_key == NULL || places_key == NULL || same == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to keep the keys of a sheet");
    const char *const keys[] = { name_key, kana_key, places_key };
    if (find_twin(&twin, desk, same, err) != 0)
        return -1;
    const char *twin_text = twin != 0 ? tsk_arena_printf(desk->arena, "%lld", (long long)twin) : "";
    if (tsk_sql_run(
            desk->store, err,
            "INSERT OR REPLACE INTO desk_sheets (sheet_id, office_id, case_number, received, form, source, state, "
            "closed, open, urgent, ward, twin, same, name, kana, birth, from_name, to_name, name_key, kana_key, "
            "places_key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, CAST(?12 AS INTEGER), ?13, ?14, ?15, "
            "?16, ?17, ?18, ?19, ?20, ?21)",
            "isesssssiisesssssssss", desk->sheet, desk->office, desk->case_number, desk->received, desk->form,
            desk->source, desk->state, desk->closed, (int64_t)open, (int64_t)is_urgent(desk), other_ward(desk),
            twin_text, same, name, kana, birth, from, to, name_key, kana_key, places_key) != 0)
        return -1;
    return put_all_grams(desk, keys, TSK_COUNT(keys), err);
}

int tsk_case_index(struct tsk_store *store, const char *case_number, struct tsk_err *err)
{
    if (tsk_sql_run(store, err, "DELETE FROM desk_cases WHERE case_number = ?1", "s", case_number) != 0)
        return -1;
    return tsk_sql_run(
        store, err,
        "INSERT INTO desk_cases (case_number, office_id, sheet_id, opened, name, kana, birth, sort_key, merged) "
        "SELECT c.number, c.office_id, coalesce(n.sheet_id, 0), c.opened, coalesce(n.name, ''), coalesce(k.kana, ''), "
        "coalesce(b.birth, ''), coalesce(k.kana_key, n.name_key, char(0xFFFD)), c.merged_into IS NOT NULL FROM cases c "
        "LEFT JOIN desk_sheets n ON n.sheet_id = (SELECT sheet_id FROM desk_sheets WHERE case_number = c.number "
        "AND name <> '' ORDER BY state = 'confirmed' DESC, sheet_id DESC LIMIT 1) "
        "LEFT JOIN desk_sheets k ON k.sheet_id = (SELECT sheet_id FROM desk_sheets WHERE case_number = c.number "
        "AND kana <> '' ORDER BY state = 'confirmed' DESC, sheet_id DESC LIMIT 1) "
        "LEFT JOIN desk_sheets b ON b.sheet_id = (SELECT sheet_id FROM desk_sheets WHERE case_number = c.number "
        "AND birth <> '' ORDER BY state = 'confirmed' DESC, sheet_id DESC LIMIT 1) WHERE c.number = ?1",
        "s", case_number);
}

static int index_one(struct tsk_store *store, int64_t sheet, bool with_case, struct tsk_err *err)
{
    struct desk desk = { .store = store, .sheet = sheet, .arena = tsk_arena_new(INDEX_ARENA_BYTES) };
    int rc = -1;

    if (desk.arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to keep the keys of a sheet");
    rc = load(&desk, err);
    if (rc == 1)
        rc = put_row(&desk, err);
    if (rc == 0 && with_case && desk.case_number != NULL && *desk.case_number != '\0')
        rc = tsk_case_index(store, desk.case_number, err);
    tsk_arena_free(&desk.arena);
    return rc;
}

int tsk_sheet_index(struct tsk_store *store, int64_t sheet, struct tsk_err *err)
{
    return index_one(store, sheet, true, err);
}

static int index_cases(struct tsk_store *store, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)64 << 20);
    struct tsk_rows *rows = NULL;
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to keep the keys of the cases")
                           : tsk_sql_query(&rows, store, arena, err, "SELECT number FROM cases ORDER BY number", "");

    while (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1)
        rc = tsk_case_index(store, tsk_sql_text(rows), err);
    tsk_sql_end(&rows);
    tsk_arena_free(&arena);
    return rc;
}

static int rebuild(int64_t *count, struct tsk_store *store, struct tsk_err *err)
{
    int64_t sheet = 0;
    int rc = 0;

    *count = 0;
    while (rc == 0) {
        int there =
            tsk_sql_number(&sheet, store, err, "SELECT id FROM sheets WHERE id > ?1 ORDER BY id LIMIT 1", "i", sheet);
        if (there <= 0) {
            rc = there;
            break;
        }
        rc = index_one(store, sheet, false, err);
        ++*count;
    }
    if (rc == 0)
        rc = index_cases(store, err);
    return rc != 0 ? -1 : tsk_sql_run(store, err, "UPDATE desk_state SET version = ?1", "i", (int64_t)KEYS_VERSION);
}

int tsk_search_rebuild(int64_t *count, struct tsk_store *store, struct tsk_err *err)
{
    struct tsk_part part;

    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    return tsk_part_end(&part, rebuild(count, store, err), err);
}

int tsk_search_catch_up(struct tsk_store *store, struct tsk_err *err)
{
    int64_t version = 0, count = 0;

    if (tsk_sql_number(&version, store, err, "SELECT version FROM desk_state", "") < 0)
        return -1;
    return version == KEYS_VERSION ? 0 : tsk_search_rebuild(&count, store, err);
}
