#include "records/purge.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "records/audit.h"
#include "records/blob_refs.h"
#include "records/purge_parts.h"
#include "records/sheet_new.h"
#include "records/sql.h"
#include "vault/vault.h"

#define IN(kind) "(SELECT id FROM purging WHERE kind = '" kind "')"
#define DIGEST_BYTES_MAX ((size_t)64 << 20)
#define PAUSE_MS 50

/* What goes, found from what is known already, in this order. OR IGNORE: the same thing is found in more than one way. */
static const char *const finds[] = {
    "INSERT OR IGNORE INTO purging SELECT 'case', number FROM cases WHERE merged_into IN " IN("case"),
    "INSERT OR IGNORE INTO purging SELECT 'incident', id FROM incidents WHERE case_number IN " IN("case"),
    "INSERT OR IGNORE INTO purging SELECT 'page', page_id FROM sheets WHERE case_number IN " IN("case"),
    "INSERT OR IGNORE INTO purging SELECT 'page', id FROM pages WHERE case_number IN " IN("case"),
    "INSERT OR IGNORE INTO purging SELECT 'document', p.document_id FROM pages p WHERE p.id IN " IN(
        "page") " AND NOT EXISTS (SELECT 1 FROM pages q WHERE q.document_id = p.document_id AND q.id NOT "
                "IN " IN("page") " AND (q.case_number IS NOT NULL OR EXISTS (SELECT 1 FROM sheets s WHERE "
                                 "s.page_id = q.id "
                                 "AND s.case_number IS NOT NULL)))",
    "INSERT OR IGNORE INTO purging SELECT 'page', id FROM pages WHERE document_id IN " IN("document"),
    "INSERT OR IGNORE INTO purging SELECT 'document', id FROM documents WHERE duplicate_of IN " IN("document"),
    "INSERT OR IGNORE INTO purging SELECT 'sheet', id FROM sheets WHERE page_id IN " IN("page"),
    "INSERT OR IGNORE INTO purging SELECT 'notice', id FROM notices WHERE case_number IN " IN("case"),
    "INSERT OR IGNORE INTO purging SELECT 'notice', id FROM notices WHERE sheet_id IN " IN("sheet"),
    "INSERT OR IGNORE INTO purging SELECT 'notice', id FROM notices WHERE document <> '' AND document IN "
    "(SELECT spool_id FROM documents WHERE id IN " IN("document") ")",
    "INSERT OR IGNORE INTO purging SELECT 'notice', n.id FROM notices n JOIN purging p ON p.kind = 'incident' "
    "AND n.about = 'incident:' || p.id",
    "INSERT OR IGNORE INTO purging SELECT 'todo', id FROM todos WHERE case_number IN " IN("case"),
    "INSERT OR IGNORE INTO purging SELECT 'todo', id FROM todos WHERE sheet_id IN " IN("sheet"),
    "INSERT OR IGNORE INTO purging SELECT 'todo', id FROM todos WHERE document <> '' AND document IN "
    "(SELECT spool_id FROM documents WHERE id IN " IN("document") ")",
    "INSERT OR IGNORE INTO purging SELECT 'todo', t.id FROM todos t JOIN purging p ON p.kind = 'incident' "
    "AND t.about = 'incident:' || p.id",
    "INSERT OR IGNORE INTO purging SELECT 'todo', t.id FROM todos t JOIN purging p ON p.kind = 'notice' "
    "AND t.about = 'notice:' || p.id",
    "INSERT OR IGNORE INTO purging SELECT 'file', sha256 FROM documents WHERE id IN " IN("document"),
    "INSERT OR IGNORE INTO purging SELECT 'file', image FROM pages WHERE image <> '' AND id IN " IN("page"),
    "INSERT OR IGNORE INTO purging SELECT 'file', crops FROM pages WHERE crops <> '' AND id IN " IN("page"),
    "INSERT OR IGNORE INTO purging SELECT 'file', image FROM rereads WHERE image <> '' AND page_id IN " IN("page"),
    "INSERT OR IGNORE INTO purging SELECT 'file', crops FROM rereads WHERE crops <> '' AND page_id IN " IN("page"),
};

/* What stays and points to what goes points to nothing; then everything, children before parents. */
static const char *const deletes[] = {
    "UPDATE sheets SET proposed_case = NULL WHERE proposed_case IN " IN("case"),
    "UPDATE waits SET sheet_id = NULL WHERE sheet_id IN " IN("sheet"),
    "UPDATE desk_sheets SET twin = NULL WHERE twin IN " IN("sheet"),
    "UPDATE case_events SET sheet_id = NULL WHERE sheet_id IN " IN("sheet"),
    /* A part of a document that is gone is a part of itself: it stays a part. */
    "UPDATE documents SET came_from = id WHERE came_from IN " IN("document"),
    "UPDATE contacts SET replaces = NULL WHERE replaces IN (SELECT id FROM contacts WHERE case_number IN " IN(
        "case") ")",
    "DELETE FROM contacts WHERE case_number IN " IN("case"),
    "DELETE FROM inquiries WHERE case_number IN " IN("case"),
    "DELETE FROM waits WHERE case_number IN " IN("case"),
    "DELETE FROM incident_entries WHERE incident_id IN " IN("incident"),
    "DELETE FROM incidents WHERE id IN " IN("incident"),
    "UPDATE incidents SET notice_id = NULL WHERE notice_id IN " IN("notice"),
    "DELETE FROM todo_results WHERE todo_id IN " IN("todo"),
    "DELETE FROM todos WHERE id IN " IN("todo"),
    "DELETE FROM deliveries WHERE notice_id IN " IN("notice"),
    "DELETE FROM notices WHERE id IN " IN("notice"),
    "DELETE FROM field_history WHERE field_id IN (SELECT id FROM fields WHERE sheet_id IN " IN("sheet") ")",
    "DELETE FROM field_readings WHERE field_id IN (SELECT id FROM fields WHERE sheet_id IN " IN("sheet") ")",
    "DELETE FROM fields WHERE sheet_id IN " IN("sheet"),
    "DELETE FROM problems WHERE sheet_id IN " IN("sheet"),
    "DELETE FROM claims WHERE sheet_id IN " IN("sheet"),
    "DELETE FROM sheet_events WHERE sheet_id IN " IN("sheet"),
    "DELETE FROM desk_sheets WHERE sheet_id IN " IN("sheet"),
    "DELETE FROM desk_cases WHERE case_number IN " IN("case"),
    "DELETE FROM case_events WHERE case_number IN " IN("case"),
    "DELETE FROM consents WHERE case_number IN " IN("case"),
    "DELETE FROM difficult WHERE case_number IN " IN("case"),
    "DELETE FROM account_grants WHERE case_number IN " IN("case"),
    "DELETE FROM moved_codes WHERE case_number IN " IN("case"),
    "DELETE FROM legal_holds WHERE kind = 'case' AND subject IN " IN("case"),
    "DELETE FROM legal_holds WHERE kind = 'document' AND subject IN (SELECT spool_id FROM documents WHERE id IN " IN(
        "document") ")",
    "DELETE FROM legal_holds WHERE kind = 'incident' AND subject IN (SELECT CAST(id AS TEXT) FROM purging WHERE kind = "
    "'incident')",
    "DELETE FROM rereads WHERE page_id IN " IN("page"),
    "DELETE FROM sheets WHERE id IN " IN("sheet"),
    "DELETE FROM pages WHERE id IN " IN("page"),
    "DELETE FROM documents WHERE id IN " IN("document"),
    "UPDATE cases SET merged_into = NULL WHERE number IN " IN("case"),
    "DELETE FROM cases WHERE number IN " IN("case"),
};

static int run_all(struct tsk_store *store, const char *const *list, size_t count, struct tsk_err *err)
{
    for (size_t i = 0; i < count; i++)
        if (tsk_sql_run(store, err, list[i], "") != 0)
            return -1;
    return 0;
}

/* 1, 0 when there is no such thing, -1. */
static int start(struct tsk_store *store, const struct tsk_subject *subject, struct tsk_err *err)
{
    static const char *const known[] = { "case", "document", "incident" };

    if (tsk_name_index(known, TSK_COUNT(known), subject->kind) < 0)
        return tsk_fail(err, TSK_STOP, 0, "\"%s\" is nothing that this program knows to dispose of", subject->kind);
    if (tsk_sql_run(store, err, "DELETE FROM purging", "") != 0 ||
        tsk_sql_run(store, err,
                    "INSERT INTO purging SELECT 'case', number FROM cases WHERE ?1 = 'case' AND number = ?2 "
                    "UNION ALL SELECT 'document', id FROM documents WHERE ?1 = 'document' AND spool_id = ?2 "
                    "UNION ALL SELECT 'incident', id FROM incidents WHERE ?1 = 'incident' AND ?2 IN "
                    "(CAST(id AS TEXT), id || '@' || opened)",
                    "ss", subject->kind, subject->id) != 0)
        return -1;
    if (tsk_sql_changed(store) == 0)
        return 0;
    return run_all(store, finds, TSK_COUNT(finds), err) != 0 ? -1 : 1;
}

static int end(struct tsk_store *store, int rc, struct tsk_err *err)
{
    return rc != 0 ? rc : tsk_sql_run(store, err, "DELETE FROM purging", "");
}

static void fill_text(void *item, struct tsk_rows *rows)
{
    *(const char **)item = tsk_sql_text(rows);
}

static int find_office(const char **out, struct tsk_store *store, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT office_id FROM cases WHERE number IN " IN(
            "case") " UNION ALL SELECT office_id FROM "
                    "documents WHERE id IN " IN("document") " UNION ALL SELECT office_id FROM "
                                                            "incidents WHERE id IN " IN("incident") " LIMIT 1",
        "");

    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1)
        *out = tsk_sql_text(rows);
    tsk_sql_end(&rows);
    return rc < 0 ? -1 : 0;
}

static int count_all(struct tsk_purged *out, struct tsk_store *store, struct tsk_err *err)
{
    const struct {
        int64_t *to;
        const char *sql;
    } counts[] = {
        { &out->cases, "SELECT count(*) FROM purging WHERE kind = 'case'" },
        { &out->sheets, "SELECT count(*) FROM purging WHERE kind = 'sheet'" },
        { &out->pages, "SELECT count(*) FROM purging WHERE kind = 'page'" },
        { &out->documents, "SELECT count(*) FROM purging WHERE kind = 'document'" },
        { &out->incidents, "SELECT count(*) FROM purging WHERE kind = 'incident'" },
        { &out->notices, "SELECT count(*) FROM purging WHERE kind = 'notice'" },
        { &out->todos, "SELECT count(*) FROM purging WHERE kind = 'todo'" },
        { &out->fields, "SELECT count(*) FROM fields WHERE sheet_id IN " IN("sheet") },
        { &out->changes, "SELECT count(*) FROM field_history WHERE field_id IN (SELECT id FROM fields WHERE sheet_id "
                         "IN " IN("sheet") ")" },
    };

    for (size_t i = 0; i < TSK_COUNT(counts); i++)
        if (tsk_sql_number(counts[i].to, store, err, counts[i].sql, "") != 1)
            return -1;
    return 0;
}

static int digest(char out[TSK_SHA256_HEX], struct tsk_store *store, const char *const *files, size_t count,
                  struct tsk_err *err)
{
    struct tsk_vault *vault = tsk_store_vault(store);
    struct tsk_buf buf = TSK_BUF(DIGEST_BYTES_MAX);
    unsigned char mac[TSK_MAC_BYTES] = { 0 };
    int rc = 0;

    for (size_t i = 0; i < count; i++)
        tsk_buf_printf(&buf, "%s\n", files[i]);
    if (buf.failed)
        rc = tsk_fail(err, TSK_REJECT, 0, "too many files for one certificate");
    else if (vault == NULL)
        tsk_sha256_hex(tsk_buf_text(&buf), buf.len, out);
    else
        rc = tsk_vault_mac(mac, vault, NULL, TSK_USE_AUDIT, tsk_buf_text(&buf), buf.len, err);
    for (size_t i = 0; rc == 0 && vault != NULL && i < sizeof mac; i++)
        snprintf(out + 2 * i, 3, "%02x", mac[i]);
    tsk_buf_free(&buf);
    return rc;
}

int tsk_purge_list_files(struct tsk_purged *out, struct tsk_store *store, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    const char **files;
    size_t count = 0;
    int64_t all = 0;
    int rc;

    if (tsk_sql_number(&all, store, err, "SELECT count(*) FROM purging WHERE kind = 'file'", "") != 1)
        return -1;
    rc = tsk_sql_query(&rows, store, arena, err,
                       "SELECT id FROM purging WHERE kind = 'file' AND id NOT IN (SELECT sha256 FROM blob_names) "
                       "ORDER BY id",
                       "");
    files = tsk_sql_collect(&count, sizeof *files, fill_text, &rows, &rc, err);
    if (rc != 0 || digest(out->digest, store, files, count, err) != 0)
        return -1;
    out->files = (int64_t)count;
    out->shared = all - out->files;
    return tsk_sql_run(store, err,
                       "INSERT OR IGNORE INTO purge_files SELECT id, ?1 FROM purging WHERE kind = 'file' "
                       "AND id NOT IN (SELECT sha256 FROM blob_names)",
                       "s", out->office);
}

static int note(struct tsk_store *store, const struct tsk_purged *purged, const struct tsk_subject *subject,
                const char *why, const char *by, struct tsk_err *err)
{
    char object[128], detail[512];

    snprintf(object, sizeof object, "%s:%.*s", subject->kind, (int)strcspn(subject->id, "@"), subject->id);
    snprintf(detail, sizeof detail,
             "%.200s sheets=%lld pages=%lld documents=%lld notices=%lld todos=%lld files=%lld digest=%.16s", why,
             (long long)purged->sheets, (long long)purged->pages, (long long)purged->documents,
             (long long)purged->notices, (long long)purged->todos, (long long)purged->files, purged->digest);
    return tsk_audit_add(store, purged->office, by, "purge", object, detail, err);
}

static int purge(struct tsk_purged *out, struct tsk_store *store, const struct tsk_subject *subject, const char *why,
                 const char *by, struct tsk_arena *arena, struct tsk_err *err)
{
    int found = start(store, subject, err);

    out->found = found == 1;
    if (found != 1)
        return found;
    if (find_office(&out->office, store, arena, err) != 0 || count_all(out, store, err) != 0 ||
        run_all(store, deletes, TSK_COUNT(deletes), err) != 0 || tsk_purge_list_files(out, store, arena, err) != 0 ||
        tsk_sql_run(store, err, "UPDATE desk_state SET version = version + 1", "") != 0)
        return -1;
    return note(store, out, subject, why, by, err);
}

int tsk_purge_subject(struct tsk_purged *out, struct tsk_store *store, const struct tsk_subject *subject,
                      const char *why, const char *by, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_part part;

    *out = (struct tsk_purged){ .office = "" };
    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    return tsk_part_end(&part, end(store, purge(out, store, subject, why, by, arena, err), err), err);
}

int tsk_purge_documents(struct tsk_purge_documents *out, struct tsk_store *store, const struct tsk_subject *subject,
                        struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    struct tsk_part part;
    int rc;

    *out = (struct tsk_purge_documents){ .count = 0 };
    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    rc = start(store, subject, err) < 0 ? -1
                                        : tsk_sql_query(&rows, store, arena, err,
                                                        "SELECT spool_id FROM documents WHERE id IN " IN(
                                                            "document") " OR id IN (SELECT document_id FROM pages "
                                                                        "WHERE id IN " IN("page") ") ORDER BY spool_id",
                                                        "");
    if (rc == 0)
        out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_text, &rows, &rc, err);
    return tsk_part_end(&part, end(store, rc, err), err);
}

/* Waits until nobody is between putting a file and naming it: 1, 0 when it took too long, -1. */
static int alone(struct tsk_blobs *blobs, int64_t wait_ms, struct tsk_err *err)
{
    int64_t until_ms = tsk_mono_ms() + wait_ms;
    int got;

    while ((got = tsk_blobs_alone(blobs, err)) == 0 && tsk_mono_ms() < until_ms)
        tsk_sleep_ms(PAUSE_MS);
    return got;
}

static int remove_file(int64_t *removed, struct tsk_store *store, struct tsk_blobs *blobs, const char *sha256,
                       struct tsk_err *err)
{
    bool named = true;

    if (tsk_blob_is_named(&named, store, sha256, err) != 0 || (!named && tsk_blob_remove(blobs, sha256, err) != 0))
        return -1;
    *removed += !named;
    return tsk_sql_run(store, err, "DELETE FROM purge_files WHERE sha256 = ?1", "s", sha256);
}

int tsk_purge_files(int64_t *removed, int64_t *left, struct tsk_store *store, struct tsk_blobs *blobs, int64_t wait_ms,
                    struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)64 << 20);
    struct tsk_rows *rows = NULL;
    const char **files = NULL;
    size_t count = 0, i = 0;
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to remove files")
                           : tsk_sql_query(&rows, store, arena, err, "SELECT sha256 FROM purge_files", "");

    *removed = *left = 0;
    files = tsk_sql_collect(&count, sizeof *files, fill_text, &rows, &rc, err);
    if (rc == 0 && count > 0 && (rc = alone(blobs, wait_ms, err)) == 1) {
        for (rc = 0; i < count && rc == 0; i++)
            rc = remove_file(removed, store, blobs, files[i], err);
        tsk_blobs_release(blobs);
    }
    *left = (int64_t)(count - i);
    tsk_arena_free(&arena);
    return rc < 0 ? -1 : 0;
}
