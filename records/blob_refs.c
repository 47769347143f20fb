#include "records/blob_refs.h"

#include "records/sql.h"

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_blob_ref *ref = item;

    ref->sha256 = tsk_sql_text(rows);
    ref->document = tsk_sql_text(rows);
    ref->role = (enum tsk_blob_role)tsk_sql_int(rows);
    ref->may_lack = tsk_sql_int(rows) != 0;
}

int tsk_blob_refs(struct tsk_blob_refs *out, struct tsk_store *store, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc =
        tsk_sql_query(&rows, store, arena, err,
                      "SELECT sha256, spool_id, 0, state = 'held' FROM documents "
                      "UNION ALL SELECT image, spool_id, 1, 0 FROM pages p JOIN documents d ON d.id = p.document_id "
                      "WHERE image <> '' "
                      "UNION ALL SELECT crops, spool_id, 2, 0 FROM pages p JOIN documents d ON d.id = p.document_id "
                      "WHERE crops <> '' "
                      "UNION ALL SELECT r.image, spool_id, 1, 0 FROM rereads r JOIN pages p ON p.id = r.page_id "
                      "JOIN documents d ON d.id = p.document_id WHERE r.image <> '' "
                      "UNION ALL SELECT r.crops, spool_id, 2, 0 FROM rereads r JOIN pages p ON p.id = r.page_id "
                      "JOIN documents d ON d.id = p.document_id WHERE r.crops <> '' ORDER BY 2, 3",
                      "");

    *out = (struct tsk_blob_refs){ .count = 0 };
    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

int tsk_blob_is_named(bool *out, struct tsk_store *store, const char *sha256, struct tsk_err *err)
{
    int64_t count = 0;

    if (tsk_sql_number(&count, store, err, "SELECT count(*) FROM blob_names WHERE sha256 = ?1", "s", sha256) != 1)
        return -1;
    *out = count > 0;
    return 0;
}
