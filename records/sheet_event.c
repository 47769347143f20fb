#include "records/sheet_event.h"

#include "base/date.h"
#include "records/sql.h"

int tsk_sheet_event_put(struct tsk_store *store, const char *office, int64_t sheet, const char *event,
                        const char *basis, const char *key, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    return tsk_sql_run(
        store, err,
        "INSERT INTO sheet_events (sheet_id, office_id, event, basis, key, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
        "ON CONFLICT (sheet_id, event, basis) DO UPDATE SET key = excluded.key, at = excluded.at "
        "WHERE key <> excluded.key",
        "isssss", sheet, office, event, basis, key, tsk_now(now));
}

int tsk_sheet_event_key(const char **key, struct tsk_store *store, int64_t sheet, const char *event, const char *basis,
                        struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT key FROM sheet_events WHERE sheet_id = ?1 AND event = ?2 AND basis = ?3", "iss",
                           sheet, event, basis);

    *key = "";
    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        *key = tsk_sql_text(rows);
        rc = tsk_sql_next(rows, err);
    }
    tsk_sql_end(&rows);
    return rc < 0 ? -1 : 0;
}

static void fill_twin(void *item, struct tsk_rows *rows)
{
    struct tsk_sheet_twin *twin = item;

    twin->sheet = tsk_sql_int(rows);
    twin->case_number = tsk_sql_text(rows);
}

int tsk_sheet_event_twins(struct tsk_sheet_twins *out, struct tsk_store *store, const char *office, const char *event,
                          const char *basis, const char *key, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc =
        tsk_sql_query(&rows, store, arena, err,
                      "SELECT s.id, coalesce(s.case_number, '') FROM sheet_events e JOIN sheets s ON s.id = e.sheet_id "
                      "WHERE e.office_id = ?1 AND e.event = ?2 AND e.basis = ?3 AND e.key = ?4 ORDER BY s.id",
                      "ssss", office, event, basis, key);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_twin, &rows, &rc, err);
    return rc;
}
