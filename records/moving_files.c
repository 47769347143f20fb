#include "records/moving_files.h"

#include "records/sql.h"

#define NAMED(office)                                                                                                  \
    "SELECT sha256 AS name, state = 'held' AS may_lack FROM documents WHERE office_id = " office                       \
    " UNION ALL SELECT image, 0 FROM pages WHERE office_id = " office                                                  \
    " AND image <> '' UNION ALL SELECT crops, 0 FROM pages WHERE office_id = " office                                  \
    " AND crops <> '' UNION ALL SELECT image, 0 FROM rereads WHERE office_id = " office                                \
    " AND image <> '' UNION ALL SELECT crops, 0 FROM rereads WHERE office_id = " office " AND crops <> ''"

int tsk_moving_files_start(struct tsk_store *store, struct tsk_err *err)
{
    return tsk_sql_run(store, err, "CREATE TEMP TABLE IF NOT EXISTS moving_files (sha256 TEXT PRIMARY KEY)", "") != 0
               ? -1
               : tsk_sql_run(store, err, "DELETE FROM temp.moving_files", "");
}

int tsk_moving_files_add(struct tsk_store *store, const char *sha256, struct tsk_err *err)
{
    return tsk_sql_run(store, err, "INSERT OR IGNORE INTO temp.moving_files VALUES (?1)", "s", sha256);
}

int tsk_moving_files_note(struct tsk_store *store, struct tsk_err *err)
{
    return tsk_sql_run(
        store, err,
        "INSERT OR IGNORE INTO purge_files (sha256, office_id) SELECT sha256, '*' FROM temp.moving_files "
        "WHERE sha256 NOT IN (SELECT sha256 FROM blob_names)",
        "");
}

int tsk_moving_files_check(struct tsk_store *store, const char *office, struct tsk_err *err)
{
    int64_t lacking = 0;

    if (tsk_sql_number(&lacking, store, err,
                       "SELECT count(*) FROM (" NAMED("?1") ") WHERE NOT may_lack AND name NOT IN (SELECT sha256 FROM "
                                                            "temp.moving_files)",
                       "s", office) != 1)
        return -1;
    if (lacking > 0)
        return tsk_fail(err, TSK_HOLD, 0, "%lld files that the records of office %s name are not in the archive",
                        (long long)lacking, office);
    return tsk_sql_run(store, err, "DELETE FROM purge_files WHERE sha256 IN (SELECT sha256 FROM temp.moving_files)",
                       "");
}

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_blob_ref *ref = item;

    ref->sha256 = tsk_sql_text(rows);
    ref->document = "";
    ref->may_lack = tsk_sql_int(rows) != 0;
}

int tsk_moving_files_of(struct tsk_blob_refs *out, struct tsk_store *store, const char *office, struct tsk_arena *arena,
                        struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc =
        tsk_sql_query(&rows, store, arena, err,
                      "SELECT name, min(may_lack) FROM (" NAMED("?1") ") GROUP BY name ORDER BY name", "s", office);

    *out = (struct tsk_blob_refs){ .count = 0 };
    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}
