#include "records/claim.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "records/audit.h"
#include "records/sql.h"

struct taking {
    int64_t sheet;
    const char *office, *by;
    char now[TSK_STAMP_SIZE], oldest[TSK_STAMP_SIZE]; /* heard of before that: no longer there */
    bool take_over;
};

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_claim *claim = item;

    claim->sheet = tsk_sql_int(rows);
    claim->by = tsk_sql_text(rows);
    claim->since = tsk_sql_text(rows);
}

int tsk_claim_list(struct tsk_claims *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet,
                   int64_t now_ms, struct tsk_arena *arena, struct tsk_err *err)
{
    char oldest[TSK_STAMP_SIZE];
    struct tsk_rows *rows = NULL;

    tsk_stamp(now_ms - TSK_CLAIM_MS, oldest);
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT sheet_id, by, since FROM claims WHERE " SCOPE(
                               "office_id") " AND seen >= ?2 "
                                            "AND (?3 = 0 OR sheet_id = ?3) ORDER BY sheet_id",
                           "csi", scope, oldest, sheet);
    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

static int find_office(const char **office, struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet,
                       struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT office_id FROM sheets WHERE " SCOPE("office_id") " AND id = ?2", "ci", scope, sheet);

    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 0)
        rc = tsk_fail(err, TSK_REJECT, 0, "there is no sheet %lld", (long long)sheet);
    if (rc == 1)
        *office = tsk_sql_text(rows);
    tsk_sql_end(&rows);
    return rc == 1 ? 0 : -1;
}

/* Who opened a sheet and who took it from whom; that the holder is still there is no news. */
static int note(struct tsk_store *store, const struct taking *taking, const struct tsk_claims *before,
                struct tsk_err *err)
{
    bool others = before->count > 0 && strcmp(before->items[0].by, taking->by) != 0;
    char object[40], detail[160] = "";

    if (before->count > 0 && !others)
        return 0;
    snprintf(object, sizeof object, "sheet:%lld", (long long)taking->sheet);
    if (others)
        snprintf(detail, sizeof detail, "from=%s", before->items[0].by);
    return tsk_audit_add(store, taking->office, taking->by, others ? "sheet.take_over" : "sheet.open", object, detail,
                         err);
}

/* since stays while the holder does. */
static int put(struct tsk_store *store, const struct taking *taking, struct tsk_err *err)
{
    return tsk_sql_run(store, err,
                       "INSERT INTO claims (sheet_id, office_id, by, since, seen) VALUES (?1, ?2, ?3, ?4, ?4) "
                       "ON CONFLICT (sheet_id) DO UPDATE SET by = excluded.by, seen = excluded.seen, "
                       "since = CASE WHEN by = excluded.by AND seen >= ?5 THEN since ELSE excluded.since END",
                       "issss", taking->sheet, taking->office, taking->by, taking->now, taking->oldest);
}

static int take(struct tsk_claim *out, bool *own, struct tsk_store *store, const struct tsk_scope *scope,
                const struct taking *taking, int64_t now_ms, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_claims living;

    if (tsk_claim_list(&living, store, scope, taking->sheet, now_ms, arena, err) != 0)
        return -1;
    bool others = living.count > 0 && strcmp(living.items[0].by, taking->by) != 0;
    *own = !others || taking->take_over;
    if (!*own) {
        *out = living.items[0];
        return 0;
    }
    if (note(store, taking, &living, err) != 0 || put(store, taking, err) != 0 ||
        tsk_claim_list(&living, store, scope, taking->sheet, now_ms, arena, err) != 0)
        return -1;
    if (living.count == 0)
        return tsk_fail(err, TSK_STOP, 0, "the claim of sheet %lld is not there after it was written",
                        (long long)taking->sheet);
    *out = living.items[0];
    return 0;
}

int tsk_claim_take(struct tsk_claim *out, bool *own, struct tsk_store *store, const struct tsk_scope *scope,
                   int64_t sheet, const char *by, bool take_over, int64_t now_ms, struct tsk_arena *arena,
                   struct tsk_err *err)
{
    struct taking taking = { .sheet = sheet, .by = by, .take_over = take_over };
    struct tsk_part part;

    if (by == NULL || *by == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "a claim needs the name of who makes it");
    tsk_stamp(now_ms, taking.now);
    tsk_stamp(now_ms - TSK_CLAIM_MS, taking.oldest);
    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    int rc = find_office(&taking.office, store, scope, sheet, arena, err);
    if (rc == 0)
        rc = take(out, own, store, scope, &taking, now_ms, arena, err);
    return tsk_part_end(&part, rc, err);
}

int tsk_claim_release(struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet, const char *by,
                      struct tsk_arena *arena, struct tsk_err *err)
{
    const char *office = "";
    char object[40];
    struct tsk_part part;

    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    snprintf(object, sizeof object, "sheet:%lld", (long long)sheet);
    int rc = find_office(&office, store, scope, sheet, arena, err);
    if (rc == 0)
        rc = tsk_sql_run(store, err, "DELETE FROM claims WHERE sheet_id = ?1 AND by = ?2", "is", sheet, by);
    if (rc == 0 && tsk_sql_changed(store) > 0)
        rc = tsk_audit_add(store, office, by, "sheet.close", object, "", err);
    return tsk_part_end(&part, rc, err);
}
