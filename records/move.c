#include "records/move.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "records/audit.h"
#include "records/blob_refs.h"
#include "records/purge_parts.h"
#include "records/sql.h"

#define COLUMNS                                                                                                        \
    "id, office_id, kind, state, started, started_by, digest, receipt_key, content, asked_by, asked_why, ended, "      \
    "ended_by, certificate"
#define LEAVING "office_id = ?1 AND kind = 'export' AND state = 'leaving'"

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_move *m = item;

    m->id = tsk_sql_int(rows);
    m->office = tsk_sql_text(rows);
    m->kind = tsk_sql_text(rows);
    m->state = tsk_sql_text(rows);
    m->started = tsk_sql_text(rows);
    m->started_by = tsk_sql_text(rows);
    m->digest = tsk_sql_text(rows);
    m->receipt_key = tsk_sql_text(rows);
    m->content = tsk_sql_text(rows);
    m->asked_by = tsk_sql_text(rows);
    m->asked_why = tsk_sql_text(rows);
    m->ended = tsk_sql_text(rows);
    m->ended_by = tsk_sql_text(rows);
    m->certificate = tsk_sql_text(rows);
}

int tsk_move_list(struct tsk_moves *out, struct tsk_store *store, const struct tsk_scope *scope,
                  struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT " COLUMNS " FROM moves WHERE " SCOPE("office_id") " ORDER BY id DESC", "c", scope);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

int tsk_move_find(struct tsk_move *out, struct tsk_store *store, const char *office, const char *kind,
                  struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT " COLUMNS " FROM moves WHERE office_id = ?1 AND kind = ?2 ORDER BY id DESC LIMIT 1",
                           "ss", office, kind);

    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1)
        fill(out, rows);
    tsk_sql_end(&rows);
    if (rc == 0)
        return tsk_fail(err, TSK_REJECT, 0, "office %s was not %sed here", office, kind);
    return rc < 0 ? -1 : 0;
}

int tsk_office_is_gone(bool *out, struct tsk_store *store, const char *office, struct tsk_err *err)
{
    int64_t gone = 0;

    if (tsk_sql_number(&gone, store, err, "SELECT 1 FROM offices_gone WHERE office_id = ?1", "s", office) < 0)
        return -1;
    *out = gone != 0;
    return 0;
}

static int audit(struct tsk_store *store, const char *office, const char *action, const char *detail, const char *by,
                 struct tsk_err *err)
{
    char object[96];

    snprintf(object, sizeof object, "office:%.80s", office);
    return tsk_audit_add(store, office, by, action, object, detail, err);
}

static int check_quiet(struct tsk_store *store, const char *office, struct tsk_err *err)
{
    int64_t known = 0, deleted = 0, sending = 0;

    if (tsk_sql_number(&known, store, err, "SELECT count(*) FROM offices WHERE id = ?1 AND id <> '*'", "s", office) <
            0 ||
        tsk_sql_number(&deleted, store, err,
                       "SELECT count(*) FROM moves WHERE office_id = ?1 AND kind = 'export' AND state = 'deleted'", "s",
                       office) < 0 ||
        tsk_sql_number(&sending, store, err, "SELECT count(*) FROM notices WHERE office_id = ?1 AND state = 'sending'",
                       "s", office) < 0)
        return -1;
    if (known == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no office %s", office);
    if (deleted > 0)
        return tsk_fail(err, TSK_REJECT, 0, "office %s has moved and was deleted here", office);
    if (sending > 0)
        return tsk_fail(err, TSK_RETRY, 0, "%lld notices of office %s are being sent; try again when they are through",
                        (long long)sending, office);
    return 0;
}

static int leave(struct tsk_store *store, const char *office, const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    if (check_quiet(store, office, err) != 0 || tsk_sql_run(store, err,
                                                            "UPDATE moves SET digest = '', receipt_key = '', content = "
                                                            "'', asked_by = '', asked_why = '' WHERE " LEAVING,
                                                            "s", office) != 0)
        return -1;
    if (tsk_sql_changed(store) == 0 &&
        tsk_sql_run(
            store, err,
            "INSERT INTO moves (office_id, kind, state, started, started_by) VALUES (?1, 'export', 'leaving', ?2, ?3)",
            "sss", office, tsk_now(now), by) != 0)
        return -1;
    return audit(store, office, "office.leave", "", by, err);
}

int tsk_move_leave(struct tsk_store *store, const char *office, const char *by, struct tsk_err *err)
{
    struct tsk_part part;

    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    return tsk_part_end(&part, leave(store, office, by, err), err);
}

static int change(struct tsk_store *store, const char *office, int rc, struct tsk_err *err)
{
    if (rc == 0 && tsk_sql_changed(store) == 0)
        return tsk_fail(err, TSK_REJECT, 0, "office %s is not leaving; tasuki office export comes first", office);
    return rc;
}

int tsk_move_written(struct tsk_store *store, const char *office, const struct tsk_move *written, const char *by,
                     struct tsk_err *err)
{
    char detail[96];
    struct tsk_part part;
    int rc;

    snprintf(detail, sizeof detail, "archive=%.64s", written->digest);
    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    rc = change(store, office,
                tsk_sql_run(store, err, "UPDATE moves SET digest = ?2, receipt_key = ?3, content = ?4 WHERE " LEAVING,
                            "ssss", office, written->digest, written->receipt_key, written->content),
                err);
    if (rc == 0)
        rc = audit(store, office, "office.export", detail, by, err);
    return tsk_part_end(&part, rc, err);
}

int tsk_move_stay(struct tsk_store *store, const char *office, const char *why, const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    struct tsk_part part;
    int rc;

    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    rc = change(store, office,
                tsk_sql_run(store, err, "UPDATE moves SET state = 'stayed', ended = ?2, ended_by = ?3 WHERE " LEAVING,
                            "sss", office, tsk_now(now), by),
                err);
    if (rc == 0)
        rc = audit(store, office, "office.stay", why, by, err);
    return tsk_part_end(&part, rc, err);
}

int tsk_move_ask(struct tsk_store *store, const char *office, const char *why, const char *by, struct tsk_err *err)
{
    struct tsk_part part;
    int rc;

    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    rc = change(store, office,
                tsk_sql_run(store, err, "UPDATE moves SET asked_by = ?2, asked_why = ?3 WHERE " LEAVING, "sss", office,
                            by, why),
                err);
    if (rc == 0)
        rc = audit(store, office, "office.delete.ask", why, by, err);
    return tsk_part_end(&part, rc, err);
}

int tsk_move_arrived(struct tsk_store *store, const char *office, const char *digest, const char *content,
                     const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    if (tsk_sql_run(
            store, err,
            "INSERT INTO moves (office_id, kind, state, started, started_by, digest, content) VALUES (?1, 'import', "
            "'arrived', ?2, ?3, ?4, ?5)",
            "sssss", office, tsk_now(now), by, digest, content) != 0 ||
        tsk_sql_run(
            store, err,
            "UPDATE moves SET state = 'returned' WHERE office_id = ?1 AND kind = 'export' AND state = 'deleted'", "s",
            office) != 0)
        return -1;
    return 0;
}

int tsk_move_receipt(struct tsk_store *store, const char *office, const char *receipt, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    return tsk_sql_run(
        store, err,
        "UPDATE moves SET certificate = ?2, ended = ?3, ended_by = started_by WHERE id = (SELECT max(id) FROM "
        "moves WHERE office_id = ?1 AND kind = 'import') AND certificate = ''",
        "sss", office, receipt, tsk_now(now));
}

int tsk_move_content(struct tsk_buf *out, struct tsk_store *store, const char *office, struct tsk_err *err)
{
    struct tsk_moving *moving = NULL;
    int rc = tsk_moving_open(&moving, store, office, err);

    for (size_t i = 0; rc == 0 && i < tsk_moving_count(moving); i++) {
        struct tsk_moving_digest digest;

        rc = tsk_moving_digest(&digest, moving, i, err);
        tsk_buf_printf(out, "%s\"%s\": {\"rows\": %lld, \"sha256\": \"%s\"}", i == 0 ? "{" : ", ",
                       tsk_moving_name(moving, i), (long long)digest.rows, digest.sha256);
    }
    tsk_buf_puts(out, "}");
    tsk_moving_close(&moving);
    return rc == 0 && out->failed ? tsk_fail(err, TSK_RETRY, 0, "no memory to move an office") : rc;
}

/* Every file that a record of the office names. */
static const char *const files_sql =
    "INSERT OR IGNORE INTO purging SELECT 'file', sha256 FROM documents WHERE office_id = ?1 "
    "UNION SELECT 'file', image FROM pages WHERE office_id = ?1 AND image <> '' "
    "UNION SELECT 'file', crops FROM pages WHERE office_id = ?1 AND crops <> '' "
    "UNION SELECT 'file', image FROM rereads WHERE office_id = ?1 AND image <> '' "
    "UNION SELECT 'file', crops FROM rereads WHERE office_id = ?1 AND crops <> ''";

static int remove_rows(struct tsk_office_removed *out, struct tsk_store *store, const char *office, struct tsk_err *err)
{
    struct tsk_moving *moving = NULL;
    int rc = tsk_moving_open(&moving, store, office, err);

    for (size_t i = 0; rc == 0 && i < tsk_moving_count(moving); i++) {
        struct tsk_moving_digest digest;

        rc = tsk_moving_digest(&digest, moving, i, err);
        out->rows += rc == 0 ? digest.rows : 0;
    }
    if (rc == 0)
        rc = tsk_moving_remove(moving, err);
    tsk_moving_close(&moving);
    return rc;
}

int tsk_office_remove(struct tsk_office_removed *out, struct tsk_store *store, const char *office, const char *why,
                      const char *by, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_purged purged = { .office = office };
    char detail[384];

    *out = (struct tsk_office_removed){ .rows = 0 };
    if (tsk_sql_run(store, err, "DELETE FROM purging", "") != 0 ||
        tsk_sql_run(store, err, "INSERT INTO purging VALUES ('office', ?1)", "s", office) != 0 ||
        tsk_sql_run(store, err, files_sql, "s", office) != 0 || remove_rows(out, store, office, err) != 0 ||
        tsk_purge_list_files(&purged, store, arena, err) != 0 ||
        tsk_sql_run(store, err, "DELETE FROM purging", "") != 0)
        return -1;
    out->files = purged.files;
    out->shared = purged.shared;
    snprintf(out->digest, sizeof out->digest, "%s", purged.digest);
    snprintf(detail, sizeof detail, "%.200s rows=%lld files=%lld shared=%lld digest=%.16s", why, (long long)out->rows,
             (long long)out->files, (long long)out->shared, out->digest);
    return audit(store, office, "office.delete", detail, by, err);
}

int tsk_move_deleted(struct tsk_store *store, const char *office, const char *certificate, const char *by,
                     struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE], hash[TSK_SHA256_HEX], detail[96];

    tsk_sha256_hex(certificate, strlen(certificate), hash);
    snprintf(detail, sizeof detail, "sha256=%s", hash);
    if (change(store, office,
               tsk_sql_run(
                   store, err,
                   "UPDATE moves SET state = 'deleted', ended = ?2, ended_by = ?3, certificate = ?4, receipt_key = '' "
                   "WHERE " LEAVING,
                   "ssss", office, tsk_now(now), by, certificate),
               err) != 0)
        return -1;
    return audit(store, office, "office.certificate", detail, by, err);
}

/* The restored store may be from before the export: then it does not know that the office left. */
static int gone_again(struct tsk_store *store, const char *office, const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    if (tsk_sql_run(store, err,
                    "UPDATE moves SET state = 'deleted', ended = ?2, ended_by = ?3, receipt_key = '' WHERE " LEAVING,
                    "sss", office, tsk_now(now), by) != 0)
        return -1;
    return tsk_sql_run(
        store, err,
        "INSERT INTO moves (office_id, kind, state, started, started_by, ended, ended_by) SELECT ?1, 'export', "
        "'deleted', ?2, ?3, ?2, ?3 WHERE ?1 NOT IN (SELECT office_id FROM offices_gone)",
        "sss", office, now, by);
}

static int again(bool *found, struct tsk_store *store, const char *office, const char *at, const char *by,
                 struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_office_removed removed;
    int64_t known = 0, back = 0, deleted = 0;

    if (tsk_sql_number(&known, store, err, "SELECT count(*) FROM offices WHERE id = ?1", "s", office) < 0 ||
        tsk_sql_number(&back, store, err,
                       "SELECT count(*) FROM moves WHERE office_id = ?1 AND kind = 'import' AND started > ?2", "ss",
                       office, at) < 0 ||
        tsk_sql_number(&deleted, store, err,
                       "SELECT count(*) FROM moves WHERE office_id = ?1 AND kind = 'export' AND state = 'deleted'", "s",
                       office) < 0)
        return -1;
    *found = known > 0 && back == 0 && deleted == 0;
    if (!*found)
        return 0;
    return tsk_office_remove(&removed, store, office, "log of purges", by, arena, err) != 0
               ? -1
               : gone_again(store, office, by, err);
}

int tsk_move_again(bool *found, struct tsk_store *store, const char *office, const char *at, const char *by,
                   struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_part part;

    *found = false;
    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    return tsk_part_end(&part, again(found, store, office, at, by, arena, err), err);
}
