#include "records/disposal.h"
#include "records/sql.h"

#define COLUMNS                                                                                                        \
    "SELECT id, office_id, state, due_by, proposed, proposed_by, decided, decided_by, decided_why, started, "          \
    "finished, finished_by, certificate, "                                                                             \
    "(SELECT count(*) FROM disposal_items WHERE disposal_id = d.id AND kind = 'case'), "                               \
    "(SELECT count(*) FROM disposal_items WHERE disposal_id = d.id AND kind = 'document'), "                           \
    "(SELECT count(*) FROM disposal_items WHERE disposal_id = d.id AND kind = 'incident'), "                           \
    "(SELECT count(*) FROM disposal_items WHERE disposal_id = d.id AND state = 'purged'), "                            \
    "(SELECT count(*) FROM disposal_items WHERE disposal_id = d.id AND state = 'left') FROM disposals d WHERE "

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_disposal *d = item;
    const char **const texts[] = { &d->office,      &d->state,    &d->due_by,      &d->proposed,
                                   &d->proposed_by, &d->decided,  &d->decided_by,  &d->decided_why,
                                   &d->started,     &d->finished, &d->finished_by, &d->certificate };

    d->id = tsk_sql_int(rows);
    for (size_t i = 0; i < TSK_COUNT(texts); i++)
        *texts[i] = tsk_sql_text(rows);
    d->cases = (int)tsk_sql_int(rows);
    d->documents = (int)tsk_sql_int(rows);
    d->incidents = (int)tsk_sql_int(rows);
    d->purged = (int)tsk_sql_int(rows);
    d->left = (int)tsk_sql_int(rows);
}

int tsk_disposal_find(struct tsk_disposal *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                      struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err, COLUMNS SCOPE("office_id") " AND id = ?2", "ci", scope, id);

    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1)
        fill(out, rows);
    tsk_sql_end(&rows);
    if (rc == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no list of disposal %lld", (long long)id);
    return rc < 0 ? -1 : 0;
}

int tsk_disposal_list(struct tsk_disposals *out, struct tsk_store *store, const struct tsk_scope *scope,
                      const char *state, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           COLUMNS SCOPE("office_id") " AND (?2 IS NULL OR state = ?2) ORDER BY id DESC", "cs", scope,
                           state);

    *out = (struct tsk_disposals){ .count = 0 };
    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

static void fill_item(void *item, struct tsk_rows *rows)
{
    struct tsk_disposal_item *one = item;

    one->id = tsk_sql_int(rows);
    one->subject.kind = tsk_sql_text(rows);
    one->subject.id = tsk_sql_text(rows);
    one->office = tsk_sql_text(rows);
    one->kept_until = tsk_sql_text(rows);
    one->state = tsk_sql_text(rows);
    one->reason = tsk_sql_text(rows);
    one->at = tsk_sql_text(rows);
    one->counts = tsk_sql_text(rows);
    one->digest = tsk_sql_text(rows);
}

int tsk_disposal_items(struct tsk_disposal_items *out, struct tsk_store *store, const struct tsk_scope *scope,
                       int64_t id, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT id, kind, subject, office_id, kept_until, state, reason, at, counts, digest "
                           "FROM disposal_items WHERE " SCOPE("office_id") " AND disposal_id = ?2 ORDER BY id",
                           "ci", scope, id);

    *out = (struct tsk_disposal_items){ .count = 0 };
    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_item, &rows, &rc, err);
    return rc;
}
