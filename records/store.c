#include "records/store.h"

#include <string.h>

#include "records/sql.h"

int tsk_office_put(struct tsk_store *store, const struct tsk_office *office, struct tsk_err *err)
{
    const char *code = office->code != NULL && *office->code != '\0' ? office->code : office->ward;

    if (office->id == NULL || *office->id == '\0' || code == NULL || *code == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "office %s has neither code nor ward; give it one in the configuration",
                        office->id != NULL ? office->id : "");
    int64_t taken = 0;
    int rc = tsk_sql_number(&taken, store, err, "SELECT 1 FROM offices WHERE code = ?1 AND id <> ?2", "ss", code,
                            office->id);
    if (rc < 0)
        return -1;
    if (rc == 1)
        return tsk_fail(err, TSK_REJECT, 0,
                        "office %s has the code %s of another office; case numbers need one of its own", office->id,
                        code);
    return tsk_sql_run(
        store, err,
        "INSERT INTO offices (id, code, name, ward) VALUES (?1, ?2, ?3, ?4) "
        "ON CONFLICT (id) DO UPDATE SET code = excluded.code, name = excluded.name, ward = excluded.ward "
        "WHERE (code, name, ward) <> (excluded.code, excluded.name, excluded.ward)",
        "ssss", office->id, code, office->name != NULL ? office->name : office->id,
        office->ward != NULL ? office->ward : "");
}

int tsk_store_others(int64_t *version, struct tsk_store *store, struct tsk_err *err)
{
    return tsk_sql_number(version, store, err, "PRAGMA data_version", "") == 1 ? 0 : -1;
}

static void fill_office(void *item, struct tsk_rows *rows)
{
    struct tsk_office *office = item;

    office->id = tsk_sql_text(rows);
    office->code = tsk_sql_text(rows);
    office->name = tsk_sql_text(rows);
    office->ward = tsk_sql_text(rows);
}

int tsk_office_list(struct tsk_offices *out, struct tsk_store *store, const struct tsk_scope *scope,
                    struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT id, code, name, ward FROM offices WHERE id <> '*' AND " SCOPE("id") " ORDER BY id",
                           "c", scope);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_office, &rows, &rc, err);
    return rc;
}

int tsk_source_put(struct tsk_store *store, const char *source, const char *office, struct tsk_err *err)
{
    return tsk_sql_run(
        store, err,
        "INSERT INTO sources (id, office_id) VALUES (?1, ?2) "
        "ON CONFLICT (id) DO UPDATE SET office_id = excluded.office_id WHERE office_id <> excluded.office_id",
        "ss", source, office);
}
