#include "records/reread.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "records/audit.h"
#include "records/reread_parts.h"
#include "records/sql.h"

#define REREADS                                                                                                        \
    "SELECT r.id, coalesce(s.id, 0), r.office_id, d.spool_id, p.number, r.form, r.edition, r.state, r.reason, "        \
    "r.asked, r.asked_by, r.reading FROM rereads r JOIN pages p ON p.id = r.page_id "                                  \
    "JOIN documents d ON d.id = p.document_id LEFT JOIN sheets s ON s.page_id = p.id WHERE "

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_reread_row *found = item;
    struct tsk_reread *reread = &found->reread;

    reread->id = tsk_sql_int(rows);
    reread->sheet = tsk_sql_int(rows);
    reread->office = tsk_sql_text(rows);
    reread->document = tsk_sql_text(rows);
    reread->page = (int)tsk_sql_int(rows);
    reread->form = tsk_sql_text(rows);
    reread->edition = tsk_sql_text(rows);
    reread->state = tsk_sql_text(rows);
    reread->reason = tsk_sql_text(rows);
    reread->asked = tsk_sql_text(rows);
    reread->asked_by = tsk_sql_text(rows);
    found->json = tsk_sql_text(rows);
    reread->found_form = reread->found_edition = "";
}

static int parse(struct tsk_reading *out, const char *text, struct tsk_err *err)
{
    json_t *json = json_loads(text, 0, NULL);
    int rc = json != NULL ? tsk_reading_from_json(out, json, err)
                          : tsk_fail(err, TSK_STOP, 0, "a reading in the records is not JSON");

    json_decref(json);
    return rc;
}

static int name_form(struct tsk_reread_row *found, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_reading reading = { .page = 0 };

    if (*found->json == '\0')
        return 0;
    if (parse(&reading, found->json, err) != 0)
        return -1;
    found->reread.found_form = tsk_arena_strdup(arena, reading.form);
    found->reread.found_edition = tsk_arena_strdup(arena, reading.edition);
    tsk_reading_free(&reading);
    return found->reread.found_form != NULL && found->reread.found_edition != NULL
               ? 0
               : tsk_fail(err, TSK_RETRY, 0, "no memory for a page that was read again");
}

int tsk_reread_newest(struct tsk_reread_row *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t page,
                      struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    size_t count = 0;
    int rc =
        tsk_sql_query(&rows, store, arena, err,
                      REREADS SCOPE("r.office_id") " AND r.page_id = ?2 ORDER BY r.id DESC LIMIT 1", "ci", scope, page);
    struct tsk_reread_row *found = tsk_sql_collect(&count, sizeof *found, fill, &rows, &rc, err);

    if (rc != 0)
        return -1;
    if (found == NULL)
        return 0;
    *out = *found;
    return name_form(out, arena, err) != 0 ? -1 : 1;
}

static int newest(struct tsk_reread_row *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet,
                  struct tsk_arena *arena, struct tsk_err *err)
{
    int64_t page = 0;
    int rc = tsk_sql_number(&page, store, err, "SELECT page_id FROM sheets WHERE id = ?1", "i", sheet);

    return rc == 1 ? tsk_reread_newest(out, store, scope, page, arena, err) : rc;
}

int tsk_reread_of(bool *found, struct tsk_reread *out, struct tsk_store *store, const struct tsk_scope *scope,
                  int64_t sheet, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_reread_row one;
    int rc = newest(&one, store, scope, sheet, arena, err);

    *found = rc == 1;
    if (*found)
        *out = one.reread;
    return rc < 0 ? -1 : 0;
}

int tsk_reread_was_by(bool *by_these, struct tsk_store *store, int64_t sheet, const struct tsk_versions *versions,
                      struct tsk_err *err)
{
    int64_t found = 0;
    int rc = tsk_sql_number(
        &found, store, err,
        "SELECT EXISTS (SELECT 1 FROM sheets WHERE id = ?1 AND reader = ?2 AND weights = ?3 AND calibration = ?4) OR "
        "EXISTS (SELECT 1 FROM rereads r JOIN sheets s ON s.page_id = r.page_id WHERE s.id = ?1 AND r.reader = ?2 AND "
        "r.weights = ?3 AND r.calibration = ?4) OR EXISTS (SELECT 1 FROM field_readings r JOIN fields f ON f.id = "
        "r.field_id WHERE f.sheet_id = ?1 AND r.reader = ?2 AND r.weights = ?3 AND r.calibration = ?4)",
        "isss", sheet, versions->reader, versions->weights, versions->calibration);

    *by_these = rc == 1 && found != 0;
    return rc < 0 ? -1 : 0;
}

int tsk_reread_note(struct tsk_store *store, const struct tsk_reread *reread, const char *by, const char *action,
                    const char *detail, struct tsk_err *err)
{
    char object[96];

    if (reread->sheet != 0)
        snprintf(object, sizeof object, "sheet:%lld", (long long)reread->sheet);
    else
        snprintf(object, sizeof object, "document:%s", reread->document);
    return tsk_audit_add(store, reread->office, by, action, object, detail, err);
}

int tsk_reread_put(int64_t *id, struct tsk_store *store, int64_t page, const char *form, const char *edition,
                   const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    if (tsk_sql_run(
            store, err,
            "UPDATE rereads SET state = 'dropped', decided_by = ?2, decided = ?3 WHERE state IN ('asked', 'read') "
            "AND page_id = ?1",
            "iss", page, by, tsk_now(now)) != 0 ||
        tsk_sql_run(store, err,
                    "INSERT INTO rereads (office_id, page_id, form, edition, asked, asked_by, state) "
                    "SELECT office_id, id, ?2, ?3, ?4, ?5, 'asked' FROM pages WHERE id = ?1",
                    "issss", page, form, edition, now, by) != 0)
        return -1;
    *id = tsk_sql_last_id(store);
    return 0;
}

int tsk_reread_ask(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet, const char *form,
                   const char *edition, const char *by, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)16 << 20);
    struct tsk_sheet found;
    struct tsk_part part;
    char detail[160];
    int64_t page = 0;
    int rc = -1;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to read a page again");
    if (tsk_part_start(&part, store, err) != 0)
        goto out;
    rc = tsk_sheet_find(&found, store, scope, sheet, arena, err);
    snprintf(detail, sizeof detail, "form=%.60s edition=%.60s", form, edition);
    const struct tsk_reread asked = { .sheet = sheet, .office = found.office };
    if (rc == 0 && (tsk_sql_number(&page, store, err, "SELECT page_id FROM sheets WHERE id = ?1", "i", sheet) != 1 ||
                    tsk_reread_put(id, store, page, form, edition, by, err) != 0 ||
                    tsk_reread_note(store, &asked, by, "sheet.reread_ask", detail, err) != 0))
        rc = -1;
    rc = tsk_part_end(&part, rc, err);
out:
    tsk_arena_free(&arena);
    return rc;
}

static int give_up(struct tsk_store *store, struct tsk_err *err)
{
    return tsk_sql_run(store, err,
                       "UPDATE rereads SET state = 'failed', reason = 'reading it again was interrupted too often' "
                       "WHERE state = 'asked' AND attempts >= ?1",
                       "i", (int64_t)TSK_REREAD_ATTEMPTS_MAX);
}

int tsk_reread_next(bool *found, struct tsk_reread *out, struct tsk_store *store, struct tsk_arena *arena,
                    struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    size_t count = 0;
    int rc = tsk_sql_query(&rows, store, arena, err, REREADS "r.state = 'asked' ORDER BY r.id LIMIT 1", "");
    struct tsk_reread_row *one = tsk_sql_collect(&count, sizeof *one, fill, &rows, &rc, err);

    *found = false;
    if (rc != 0 || one == NULL)
        return rc;
    if (give_up(store, err) != 0 ||
        tsk_sql_run(store, err, "UPDATE rereads SET attempts = attempts + 1 WHERE id = ?1 AND state = 'asked'", "i",
                    one->reread.id) != 0)
        return -1;
    *found = tsk_sql_changed(store) > 0;
    *out = one->reread;
    return 0;
}

static int tell(struct tsk_store *store, int64_t id, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)1 << 20);
    struct tsk_rows *rows = NULL;
    size_t count = 0;
    int rc = -1;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to note a page that was read again");
    rc = tsk_sql_query(&rows, store, arena, err, REREADS "r.id = ?1", "i", id);
    struct tsk_reread_row *one = tsk_sql_collect(&count, sizeof *one, fill, &rows, &rc, err);
    if (rc == 0 && one != NULL)
        rc = tsk_reread_note(store, &one->reread, "reader", "sheet.reread_done", one->reread.state, err);
    tsk_arena_free(&arena);
    return rc;
}

static int store_result(struct tsk_store *store, int64_t id, const struct tsk_reread_result *result, const char *text,
                        struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    return tsk_sql_run(store, err,
                       "UPDATE rereads SET state = 'read', reading = ?2, image = ?3, crops = ?4, reader = ?5, "
                       "weights = ?6, calibration = ?7, finished = ?8 WHERE id = ?1 AND state = 'asked'",
                       "isssssss", id, text, result->image, result->crops, result->versions->reader,
                       result->versions->weights, result->versions->calibration, tsk_now(now));
}

int tsk_reread_done(struct tsk_store *store, int64_t id, const struct tsk_reread_result *result, struct tsk_err *err)
{
    json_t *json = tsk_reading_to_json(result->reading);
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    struct tsk_part part;
    int rc = -1;

    json_decref(json);
    if (text == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to keep a reading");
    if (tsk_part_start(&part, store, err) == 0) {
        rc = store_result(store, id, result, text, err);
        if (rc == 0)
            rc = tell(store, id, err);
        rc = tsk_part_end(&part, rc, err);
    }
    free(text);
    return rc;
}

int tsk_reread_failed(struct tsk_store *store, int64_t id, const char *reason, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    if (tsk_sql_run(store, err,
                    "UPDATE rereads SET state = 'failed', reason = ?2, finished = ?3 WHERE id = ?1 AND state = 'asked'",
                    "iss", id, reason, tsk_now(now)) != 0)
        return -1;
    return tell(store, id, err);
}

static int read_one(struct tsk_reread_row *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet,
                    struct tsk_arena *arena, struct tsk_err *err)
{
    int rc = newest(out, store, scope, sheet, arena, err);

    if (rc < 0)
        return -1;
    if (rc == 1 && strcmp(out->reread.state, "read") == 0)
        return 0;
    tsk_fail(err, TSK_REJECT, 0, "sheet %lld has no new reading to decide about", (long long)sheet);
    return -1;
}

int tsk_reread_end(struct tsk_store *store, int64_t id, const char *state, const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    return tsk_sql_run(store, err, "UPDATE rereads SET state = ?2, decided_by = ?3, decided = ?4 WHERE id = ?1", "isss",
                       id, state, by, tsk_now(now));
}

static void fill_versions(void *item, struct tsk_rows *rows)
{
    struct tsk_versions *versions = item;

    versions->reader = tsk_sql_text(rows);
    versions->weights = tsk_sql_text(rows);
    versions->calibration = tsk_sql_text(rows);
}

int tsk_reread_reading(struct tsk_reading *out, struct tsk_versions *versions, struct tsk_store *store,
                       const struct tsk_reread_row *one, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    size_t count = 0;
    int rc = tsk_sql_query(&rows, store, arena, err, "SELECT reader, weights, calibration FROM rereads WHERE id = ?1",
                           "i", one->reread.id);
    struct tsk_versions *found = tsk_sql_collect(&count, sizeof *found, fill_versions, &rows, &rc, err);

    if (rc != 0 || found == NULL)
        return -1;
    *versions = *found;
    return parse(out, one->json, err);
}

static int take(struct tsk_differences *out, struct tsk_store *store, const struct tsk_scope *scope,
                const struct tsk_reread_row *one, const char *by, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_reading reading = { .page = 0 };
    struct tsk_versions versions;

    if (tsk_reread_reading(&reading, &versions, store, one, arena, err) != 0)
        return -1;
    int rc = tsk_sheet_read_as(out, store, scope, one->reread.sheet, &reading, &versions, by, arena, err);
    tsk_reading_free(&reading);
    return rc == 0 ? tsk_reread_end(store, one->reread.id, "taken", by, err) : -1;
}

int tsk_reread_take(struct tsk_differences *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet,
                    const char *by, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_reread_row one;
    struct tsk_part part;

    *out = (struct tsk_differences){ .count = 0 };
    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    int rc = read_one(&one, store, scope, sheet, arena, err);
    if (rc == 0)
        rc = take(out, store, scope, &one, by, arena, err);
    return tsk_part_end(&part, rc, err);
}

int tsk_reread_drop(struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet, const char *by,
                    struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)4 << 20);
    struct tsk_reread_row one;
    struct tsk_part part;
    int rc = -1;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to drop a reading");
    if (tsk_part_start(&part, store, err) == 0) {
        rc = newest(&one, store, scope, sheet, arena, err);
        if (rc == 0)
            rc = tsk_fail(err, TSK_REJECT, 0, "sheet %lld has no new reading to decide about", (long long)sheet);
        else if (rc == 1)
            rc = tsk_reread_end(store, one.reread.id, "dropped", by, err) != 0 ||
                         tsk_reread_note(store, &one.reread, by, "sheet.reread_drop", "", err) != 0
                     ? -1
                     : 0;
        rc = tsk_part_end(&part, rc, err);
    }
    tsk_arena_free(&arena);
    return rc;
}
