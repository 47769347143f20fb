#include "records/identity.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "records/search.h"
#include "records/sql.h"

#define CASES_MAX 20000

/* The fields of the four sheets that say who a sheet is about; the first of a fact that is filled in counts. */
static const struct {
    const char *field;
    enum tsk_fact fact;
} known_fields[] = {
    { "patient_kana", TSK_FACT_KANA },
    { "patient_name", TSK_FACT_NAME },
    { "user_name", TSK_FACT_NAME },
    { "birth_date", TSK_FACT_BIRTH },
    { "sex", TSK_FACT_SEX },
    { "patient_address", TSK_FACT_ADDRESS },
    { "referral_date", TSK_FACT_REFERRED },
    { "to_hospital", TSK_FACT_HOSPITAL },
    { "from_clinic", TSK_FACT_CLINIC },
    { "from_doctor", TSK_FACT_DOCTOR },
};

#define FIELDS                                                                                                         \
    "f.field IN ('patient_kana', 'patient_name', 'user_name', 'birth_date', 'sex', 'patient_address', "                \
    "'referral_date', 'to_hospital', 'from_clinic', 'from_doctor')"

static int fact_of(const char *field)
{
    for (size_t i = 0; i < TSK_COUNT(known_fields); i++)
        if (strcmp(known_fields[i].field, field) == 0)
            return (int)known_fields[i].fact;
    return -1;
}

static const char *keep(struct tsk_arena *arena, char *text)
{
    const char *kept = text != NULL ? tsk_arena_strdup(arena, text) : NULL;

    free(text);
    return kept;
}

static const char *key_of(struct tsk_store *store, enum tsk_fact fact, const char *value, struct tsk_arena *arena)
{
    switch (fact) {
    case TSK_FACT_BIRTH:
    case TSK_FACT_REFERRED:
    case TSK_FACT_SEX:
        return tsk_arena_strdup(arena, value);
    case TSK_FACT_KANA:
        return keep(arena, tsk_kana_key(value));
    case TSK_FACT_SENDER:
        return keep(arena, strchr(value, '@') != NULL ? tsk_compare_key(value) : tsk_digits_only(value));
    default:
        return keep(arena, tsk_search_key(store, value));
    }
}

/* What the reader could not decide between: [["山田",0.4],…] */
static void add_others(struct tsk_fact_value *value, struct tsk_store *store, enum tsk_fact fact, const char *text,
                       struct tsk_arena *arena)
{
    json_t *list = json_loads(text, 0, NULL);
    size_t count = 0;
    size_t at;
    json_t *one;

    json_array_foreach(list, at, one)
    {
        const char *other = json_string_value(json_array_get(one, 0));
        const char *key = other != NULL ? key_of(store, fact, other, arena) : NULL;
        if (key != NULL && count < TSK_FACT_OTHERS_MAX)
            value->others[count++] = key;
    }
    json_decref(list);
}

struct row {
    const char *field, *value, *alternatives;
    bool sure;
};

static struct row take(struct tsk_rows *rows)
{
    struct row row = { .field = tsk_sql_text(rows), .value = tsk_sql_text(rows) };

    row.sure = tsk_sql_int(rows) != 0;
    row.alternatives = tsk_sql_text(rows);
    return row;
}

/* Rows come oldest first: the newer of two that are equally sure stands. */
static int learn(struct tsk_identity *identity, struct tsk_store *store, const struct row *row, struct tsk_arena *arena,
                 struct tsk_err *err)
{
    int fact = fact_of(row->field);
    struct tsk_fact_value value = { .value = "", .sure = row->sure };
    struct tsk_fact_value *old;

    if (fact < 0 || *row->value == '\0')
        return 0;
    old = &identity->facts[fact];
    if (*old->value != '\0' && old->sure && !row->sure)
        return 0;
    value.value = key_of(store, (enum tsk_fact)fact, row->value, arena);
    if (value.value == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to compare a sheet with the cases");
    if (!row->sure)
        add_others(&value, store, (enum tsk_fact)fact, row->alternatives, arena);
    if (*value.value != '\0')
        *old = value;
    return 0;
}

static void add_known(struct tsk_fact_value *fact, const char *value)
{
    size_t at = 0;

    if (*value == '\0' || strcmp(fact->value, value) == 0)
        return;
    if (*fact->value == '\0') {
        fact->value = value;
        return;
    }
    while (at < TSK_FACT_OTHERS_MAX && fact->others[at] != NULL && strcmp(fact->others[at], value) != 0)
        at++;
    if (at < TSK_FACT_OTHERS_MAX)
        fact->others[at] = value;
}

static int learn_sender(struct tsk_identity *identity, struct tsk_store *store, const char *sender,
                        struct tsk_arena *arena, struct tsk_err *err)
{
    const char *key = key_of(store, TSK_FACT_SENDER, sender, arena);

    if (key == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to compare a sheet with the cases");
    identity->facts[TSK_FACT_SENDER].sure = true;
    add_known(&identity->facts[TSK_FACT_SENDER], key);
    return 0;
}

int tsk_identity_of_sheet(struct tsk_identity *out, struct tsk_store *store, int64_t sheet, struct tsk_arena *arena,
                          struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT f.field, f.value, f.decided <> 'waiting', f.alternatives, d.sender FROM fields f "
                           "JOIN sheets s ON s.id = f.sheet_id JOIN documents d ON d.id = s.document_id "
                           "WHERE f.sheet_id = ?1 AND " FIELDS " ORDER BY f.position",
                           "i", sheet);

    *out = tsk_identity_unknown();
    while (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        struct row row = take(rows);
        rc = learn(out, store, &row, arena, err);
        if (rc == 0)
            rc = learn_sender(out, store, tsk_sql_text(rows), arena, err);
    }
    tsk_sql_end(&rows);
    return rc;
}

static int add_case(struct tsk_known_cases *out, const char *number, struct tsk_err *err)
{
    if (out->count > 0 && strcmp(out->items[out->count - 1].number, number) == 0)
        return 0;
    if (out->count == CASES_MAX)
        return tsk_fail(err, TSK_STOP, 0, "an office with more than %d open cases is more than this program compares",
                        CASES_MAX);
    out->items[out->count++] = (struct tsk_known_case){ number, tsk_identity_unknown() };
    return 0;
}

static int learn_cases(struct tsk_known_cases *out, struct tsk_store *store, struct tsk_rows *rows,
                       struct tsk_arena *arena, struct tsk_err *err)
{
    int rc;

    while ((rc = tsk_sql_next(rows, err)) == 1) {
        const char *number = tsk_sql_text(rows);
        struct row row = take(rows);
        struct tsk_identity *identity;
        if (add_case(out, number, err) != 0)
            return -1;
        identity = &out->items[out->count - 1].identity;
        if (learn(identity, store, &row, arena, err) != 0 ||
            learn_sender(identity, store, tsk_sql_text(rows), arena, err) != 0)
            return -1;
    }
    return rc;
}

static void add_number(struct tsk_known_cases *cases, const char *name, const char *number)
{
    for (size_t i = 0; i < cases->count; i++) {
        struct tsk_identity *identity = &cases->items[i].identity;
        if (strcmp(identity->facts[TSK_FACT_CLINIC].value, name) == 0 ||
            strcmp(identity->facts[TSK_FACT_HOSPITAL].value, name) == 0)
            add_known(&identity->facts[TSK_FACT_SENDER], number);
    }
}

/* Both parties of a referral fax from numbers that the directory may know. */
static int learn_numbers(struct tsk_known_cases *cases, struct tsk_store *store, const char *office,
                         struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT name, fax FROM institutions WHERE office_id = ?1 AND fax <> ''", "s", office);

    while (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        const char *name = key_of(store, TSK_FACT_CLINIC, tsk_sql_text(rows), arena);
        const char *number = key_of(store, TSK_FACT_SENDER, tsk_sql_text(rows), arena);
        rc = 0;
        if (name != NULL && number != NULL)
            add_number(cases, name, number);
        else
            rc = tsk_fail(err, TSK_RETRY, 0, "no memory to compare a sheet with the cases");
    }
    tsk_sql_end(&rows);
    return rc;
}

int tsk_identities_of_cases(struct tsk_known_cases *out, struct tsk_store *store, const char *office,
                            const char *opened_from, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int64_t count = 0;
    int rc = tsk_sql_number(&count, store, err,
                            "SELECT count(*) FROM cases WHERE office_id = ?1 AND opened >= ?2 AND merged_into IS NULL",
                            "ss", office, opened_from);

    *out = (struct tsk_known_cases){ 0 };
    if (rc != 1)
        return -1;
    out->items = tsk_arena_alloc(arena, ((size_t)count + 1) * sizeof *out->items);
    if (out->items == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to compare a sheet with %lld cases", (long long)count);
    rc =
        tsk_sql_query(&rows, store, arena, err,
                      "SELECT c.number, f.field, f.value, f.decided <> 'waiting', f.alternatives, d.sender "
                      "FROM cases c JOIN sheets s ON s.case_number = c.number JOIN documents d ON d.id = s.document_id "
                      "JOIN fields f ON f.sheet_id = s.id AND " FIELDS " "
                      "WHERE c.office_id = ?1 AND c.opened >= ?2 AND c.merged_into IS NULL ORDER BY c.number, s.id",
                      "ss", office, opened_from);
    if (rc == 0)
        rc = learn_cases(out, store, rows, arena, err);
    tsk_sql_end(&rows);
    return rc == 0 ? learn_numbers(out, store, office, arena, err) : rc;
}
