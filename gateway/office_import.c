#include "gateway/office_import.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "records/document.h"
#include "records/move.h"
#include "records/moving_audit.h"
#include "records/moving_files.h"

#define ARENA_BYTES ((size_t)512 << 20)
#define CHUNK_BYTES ((size_t)256 << 10)
#define LINE_MAX_BYTES ((size_t)64 << 20)
#define ENVELOPE_MAX ((size_t)1 << 20)
#define DIGEST_MIN 16

void (*tsk_office_import_boundary)(const char *name);

struct importer {
    struct tsk_office_import *out;
    const struct tsk_site *site;
    struct tsk_records *records;
    struct tsk_store *store;
    struct tsk_office_archive *archive;
    const struct tsk_office_import_wish *wish;
    const char *office;
    struct tsk_blobs *blobs;
    struct tsk_spool *spool;
    struct tsk_arena *arena;
    struct tsk_moving *moving;
    /* of the file that is being read */
    enum { NOTHING, ROWS, AUDIT, FILES, ENVELOPE, REASON, ORIGINAL } part;
    int table;
    size_t compared; /* tables */
    char sha256[TSK_SHA256_HEX];
    char id[TSK_ID_SIZE];
    struct tsk_buf bytes, rows;      /* rows: of a table, until they are inserted */
    struct tsk_buf envelope, reason; /* of the document whose original follows */
    int fd;
};

static void boundary(const char *name)
{
    if (tsk_office_import_boundary != NULL)
        tsk_office_import_boundary(name);
}

static int check_digest(const struct importer *i, struct tsk_err *err)
{
    size_t len = i->wish->digest != NULL ? strlen(i->wish->digest) : 0;

    if (i->wish->digest == NULL)
        return 0;
    if (len < DIGEST_MIN || strncmp(i->wish->digest, i->archive->digest, len) != 0)
        return tsk_fail(
            err, TSK_REJECT, 0,
            "the digest of %s is %s, not what was said; ask the other side to read out its own again (at least the "
            "first %d characters)",
            i->archive->path, i->archive->digest, DIGEST_MIN);
    return 0;
}

static int check_version(const struct importer *i, struct tsk_err *err)
{
    int64_t here = tsk_store_version(i->store), there = i->archive->schema;

    if (here == there)
        return 0;
    return tsk_fail(
        err, TSK_REJECT, 0,
        "the office was exported from records of version %lld, and this site's are of version %lld; bring the %s "
        "site up to date%s",
        (long long)there, (long long)here, there < here ? "former" : "new",
        there < here ? " and export again" : ", then import again");
}

static const char *said(const struct importer *i, const char *key)
{
    return json_string_value(json_object_get(json_object_get(i->archive->about, "office"), key));
}

static int check_config(const struct importer *i, struct tsk_err *err)
{
    const struct tsk_office_config *office = tsk_config_office(i->site->config, i->office);
    const char *code = office == NULL ? "" : office->code[0] != '\0' ? office->code : office->ward;

    if (office == NULL)
        return tsk_fail(err, TSK_REJECT, 0,
                        "put office %s into %s first: tasuki office config %s prints what the former site had",
                        i->office, i->site->config_path, i->archive->path);
    if (strcmp(code, said(i, "code")) != 0)
        return tsk_fail(
            err, TSK_REJECT, 0,
            "the case numbers of office %s begin with %s, and in %s it has the code %s; write code: \"%s\" there",
            i->office, said(i, "code"), i->site->config_path, code, said(i, "code"));
    return 0;
}

static int list_file(void *ctx, const char *name, const char *sha256, struct tsk_err *err)
{
    struct importer *i = ctx;

    if (strcmp(name, sha256) != 0)
        return tsk_fail(err, TSK_HOLD, 0, "a file of the archive is not what its name says");
    i->out->files++;
    return tsk_moving_files_add(i->store, name, err);
}

static int list_files(struct importer *i, struct tsk_err *err)
{
    i->out->files = 0;
    return tsk_moving_files_start(i->store, err) != 0 ||
                   tsk_office_archive_names(i->archive, "archive/", list_file, i, err) != 0
               ? -1
               : 0;
}

static int note_files(struct importer *i, struct tsk_err *err)
{
    if (tsk_store_begin(i->store, err) != 0)
        return -1;
    if (list_files(i, err) != 0 || tsk_moving_files_note(i->store, err) != 0 || tsk_store_commit(i->store, err) != 0) {
        tsk_store_rollback(i->store);
        return -1;
    }
    return 0;
}

static int files_begin(void *ctx, const char *name, uint64_t size, struct tsk_err *err)
{
    struct importer *i = ctx;

    (void)size;
    (void)err;
    i->part = strncmp(name, "archive/", 8) == 0 ? FILES : NOTHING;
    snprintf(i->sha256, sizeof i->sha256, "%.64s", i->part == FILES ? name + 8 : "");
    tsk_buf_reset(&i->bytes);
    return 0;
}

static int files_bytes(void *ctx, const void *bytes, size_t len, struct tsk_err *err)
{
    struct importer *i = ctx;

    if (i->part == FILES)
        tsk_buf_add(&i->bytes, bytes, len);
    return i->bytes.failed ? tsk_fail(err, TSK_HOLD, 0, "a file of the archive is too large") : 0;
}

static int files_end(void *ctx, struct tsk_err *err)
{
    struct importer *i = ctx;
    char sha256[TSK_SHA256_HEX];

    if (i->part != FILES)
        return 0;
    if (tsk_blob_put(sha256, i->blobs, tsk_buf_text(&i->bytes), i->bytes.len, err) != 0)
        return -1;
    return strcmp(sha256, i->sha256) == 0
               ? 0
               : tsk_fail(err, TSK_HOLD, 0, "a file of the archive is not what its name says");
}

static int rows_begin(void *ctx, const char *name, uint64_t size, struct tsk_err *err)
{
    struct importer *i = ctx;
    char table[64];

    (void)size;
    i->part = strncmp(name, "records/", 8) == 0 ? ROWS : strcmp(name, "audit.jsonl") == 0 ? AUDIT : NOTHING;
    tsk_buf_reset(&i->bytes);
    tsk_buf_reset(&i->rows);
    if (i->part != ROWS)
        return 0;
    snprintf(table, sizeof table, "%.*s", (int)(strlen(name) - strlen("records/.jsonl")), name + 8);
    i->table = tsk_moving_find(i->moving, table);
    return i->table >= 0
               ? 0
               : tsk_fail(err, TSK_HOLD, 0, "the archive has a table \"%s\" that this program does not know", table);
}

static int flush_rows(struct importer *i, struct tsk_err *err)
{
    int rc;

    if (i->rows.len == 0)
        return 0;
    tsk_buf_puts(&i->rows, "]");
    rc = i->rows.failed ? tsk_fail(err, TSK_HOLD, 0, "a row of the archive is too long")
                        : tsk_moving_insert(i->moving, (size_t)i->table, tsk_buf_text(&i->rows), err);
    tsk_buf_reset(&i->rows);
    return rc;
}

static int take_line(struct importer *i, const char *line, size_t len, struct tsk_err *err)
{
    if (i->part == AUDIT) {
        i->out->entries++;
        return tsk_moving_audit_add(i->moving, i->store, i->office, line, len, err);
    }
    i->out->rows++;
    tsk_buf_puts(&i->rows, i->rows.len == 0 ? "[" : ",");
    tsk_buf_add(&i->rows, line, len);
    return i->rows.len < CHUNK_BYTES ? 0 : flush_rows(i, err);
}

static int rows_bytes(void *ctx, const void *bytes, size_t len, struct tsk_err *err)
{
    struct importer *i = ctx;
    const char *at = bytes, *end = at + len, *line_end;

    while (i->part != NOTHING && at < end && (line_end = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        tsk_buf_add(&i->bytes, at, (size_t)(line_end - at));
        if (i->bytes.failed)
            return tsk_fail(err, TSK_HOLD, 0, "a row of the archive is too long");
        if (take_line(i, tsk_buf_text(&i->bytes), i->bytes.len, err) != 0)
            return -1;
        tsk_buf_reset(&i->bytes);
        at = line_end + 1;
    }
    if (i->part != NOTHING)
        tsk_buf_add(&i->bytes, at, (size_t)(end - at));
    return 0;
}

static int rows_end(void *ctx, struct tsk_err *err)
{
    struct importer *i = ctx;

    if (i->part != NOTHING && i->bytes.len > 0)
        return tsk_fail(err, TSK_HOLD, 0, "a row of the archive has no end");
    return i->part == ROWS ? flush_rows(i, err) : 0;
}

static int compare_table(void *ctx, const char *name, const char *sha256, struct tsk_err *err)
{
    struct importer *i = ctx;
    struct tsk_moving_digest digest;
    char table[64];

    snprintf(table, sizeof table, "%.*s", (int)(strlen(name) - strlen(".jsonl")), name);
    if (tsk_moving_digest(&digest, i->moving, (size_t)tsk_moving_find(i->moving, table), err) != 0)
        return -1;
    i->compared++;
    return strcmp(digest.sha256, sha256) == 0
               ? 0
               : tsk_fail(err, TSK_HOLD, 0, "what was imported of \"%s\" is not what was exported", table);
}

static int compare_tables(struct importer *i, struct tsk_err *err)
{
    i->compared = 0;
    if (tsk_office_archive_names(i->archive, "records/", compare_table, i, err) != 0)
        return -1;
    return i->compared == tsk_moving_count(i->moving)
               ? 0
               : tsk_fail(err, TSK_HOLD, 0, "the archive has %zu tables instead of %zu", i->compared,
                          tsk_moving_count(i->moving));
}

static int find_audit(void *ctx, const char *name, const char *sha256, struct tsk_err *err)
{
    struct importer *i = ctx;

    (void)name;
    (void)err;
    snprintf(i->sha256, sizeof i->sha256, "%s", sha256);
    return 0;
}

static int start_audit(struct importer *i, struct tsk_err *err)
{
    const json_t *audit = json_object_get(i->archive->about, "audit");
    const char *hash = json_string_value(json_object_get(audit, "hash"));
    struct tsk_moving_audit from = { .archive = i->archive->digest,
                                     .head = { .seq = json_integer_value(json_object_get(audit, "seq")) },
                                     .entries = json_integer_value(json_object_get(audit, "entries")),
                                     .sha256 = i->sha256 };

    i->sha256[0] = '\0';
    if (tsk_office_archive_names(i->archive, "audit.jsonl", find_audit, i, err) != 0)
        return -1;
    if (hash == NULL || i->sha256[0] == '\0')
        return tsk_fail(err, TSK_HOLD, 0, "the archive has no audit chain");
    snprintf(from.head.hash, sizeof from.head.hash, "%.64s", hash);
    return tsk_moving_audit_start(i->store, i->office, &from, i->wish->by, err);
}

static int verify_audit(struct importer *i, struct tsk_err *err)
{
    struct tsk_moved_parts parts;

    if (i->out->entries != json_integer_value(json_object_get(json_object_get(i->archive->about, "audit"), "entries")))
        return tsk_fail(err, TSK_HOLD, 0, "the audit chain of the archive has another length than it says");
    return tsk_moving_audit_verify(&parts, i->store, i->arena, err);
}

static int insert_all(struct importer *i, struct tsk_err *err)
{
    const struct tsk_backup_visitor visitor = { rows_begin, rows_bytes, rows_end, i };

    if (tsk_moving_place(i->moving, err) != 0 || list_files(i, err) != 0 || start_audit(i, err) != 0 ||
        tsk_office_archive_read(i->archive, &visitor, err) != 0)
        return -1;
    boundary("rows");
    return tsk_moving_check(i->moving, err) != 0 || compare_tables(i, err) != 0 || verify_audit(i, err) != 0 ||
                   tsk_moving_files_check(i->store, i->office, err) != 0 ||
                   tsk_move_arrived(i->store, i->office, i->archive->digest, "", i->wish->by, err) != 0
               ? -1
               : 0;
}

static int insert(struct importer *i, struct tsk_err *err)
{
    int rc = tsk_store_begin(i->store, err);

    if (rc != 0)
        return -1;
    rc = tsk_moving_open(&i->moving, i->store, i->office, err);
    if (rc == 0)
        rc = insert_all(i, err);
    tsk_moving_close(&i->moving);
    if (rc == 0)
        rc = tsk_store_commit(i->store, err);
    if (rc != 0)
        tsk_store_rollback(i->store);
    return rc;
}

/* Files and rows; what was put and is named by nothing goes again at once. */
static int bring_in(struct importer *i, struct tsk_err *err)
{
    const struct tsk_backup_visitor visitor = { files_begin, files_bytes, files_end, i };
    int64_t removed, left;
    struct tsk_err later = { 0 };
    int rc;

    if (note_files(i, err) != 0)
        return -1;
    boundary("noted");
    rc = tsk_blobs_hold(i->blobs, err);
    if (rc == 0)
        rc = tsk_office_archive_read(i->archive, &visitor, err);
    if (rc == 0) {
        boundary("files");
        rc = insert(i, err);
    }
    tsk_blobs_release(i->blobs);
    if (rc != 0)
        (void)!tsk_purge_files(&removed, &left, i->store, i->blobs, 0, &later);
    else
        boundary("committed");
    return rc;
}

static int documents_begin(void *ctx, const char *name, uint64_t size, struct tsk_err *err)
{
    struct importer *i = ctx;
    const char *last = strrchr(name, '/');

    (void)size;
    tsk_buf_reset(&i->bytes);
    i->part = NOTHING;
    if (strncmp(name, "spool/", 6) != 0 || last == NULL)
        return 0;
    snprintf(i->id, sizeof i->id, "%.26s", last - TSK_ID_SIZE + 1);
    i->part = strcmp(last, "/envelope.json") == 0 ? ENVELOPE : strcmp(last, "/reason") == 0 ? REASON : ORIGINAL;
    if (i->part == ENVELOPE)
        tsk_buf_reset(&i->reason);
    if (i->part == ORIGINAL && (i->fd = memfd_create("original", MFD_CLOEXEC)) < 0)
        return tsk_fail(err, TSK_RETRY, errno, "no memory for a document");
    return 0;
}

static int documents_bytes(void *ctx, const void *bytes, size_t len, struct tsk_err *err)
{
    struct importer *i = ctx;
    struct tsk_buf *to = i->part == ENVELOPE ? &i->envelope : i->part == REASON ? &i->reason : NULL;

    if (i->part == ORIGINAL)
        return tsk_write_all(i->fd, bytes, len) == 0 ? 0 : tsk_fail(err, TSK_RETRY, errno, "no room for a document");
    if (to != NULL)
        tsk_buf_add(&i->bytes, bytes, len);
    return i->bytes.failed ? tsk_fail(err, TSK_HOLD, 0, "an envelope of the archive is too long") : 0;
}

static void keep(struct tsk_buf *to, const struct tsk_buf *from)
{
    tsk_buf_reset(to);
    tsk_buf_add(to, tsk_buf_text(from), from->len);
}

/* 1: it is to be put, as *state. 0: it is here, or was and has been dealt with. */
static int is_wanted(enum tsk_spool_state *state, struct importer *i, struct tsk_err *err)
{
    struct tsk_spool_entry entry;
    struct tsk_document document;
    struct tsk_err local = { 0 };
    int rc = tsk_spool_show(i->spool, i->id, &entry, &local);

    if (rc == 0)
        return 0;
    if (local.kind != TSK_REJECT)
        return tsk_fail(err, local.kind, 0, "%s", local.text);
    local = (struct tsk_err){ 0 };
    rc = tsk_document_find(&document, i->store, &tsk_scope_all, i->id, i->arena, &local);
    if (rc != 0 && local.kind != TSK_REJECT)
        return tsk_fail(err, local.kind, 0, "%s", local.text);
    if (rc == 0 && document.state != TSK_DOCUMENT_HELD)
        return 0;
    /* One that is in no record has not been read: it is, here. */
    *state = rc == 0 ? TSK_SPOOL_HELD : TSK_SPOOL_INCOMING;
    return 1;
}

static bool is_ours(const struct importer *i)
{
    json_t *envelope = json_loadb(tsk_buf_text(&i->envelope), i->envelope.len, 0, NULL);
    const char *office = json_string_value(json_object_get(envelope, "office"));
    bool ours = office != NULL && strcmp(office, i->office) == 0;

    json_decref(envelope);
    return ours;
}

static int put_document(struct importer *i, struct tsk_err *err)
{
    enum tsk_spool_state state = TSK_SPOOL_HELD;
    int rc = is_ours(i)
                 ? is_wanted(&state, i, err)
                 : tsk_fail(err, TSK_HOLD, 0, "document %s of the archive is not of office %s", i->id, i->office);

    if (rc == 1)
        rc = lseek(i->fd, 0, SEEK_SET) == 0
                 ? tsk_spool_import(i->spool, state, i->id, &i->envelope, i->fd,
                                    state == TSK_SPOOL_HELD ? tsk_buf_text(&i->reason) : "", err)
                 : tsk_fail(err, TSK_RETRY, errno, "cannot read a document");
    i->out->documents += rc == 0;
    close(i->fd);
    i->fd = -1;
    return rc;
}

static int documents_end(void *ctx, struct tsk_err *err)
{
    struct importer *i = ctx;

    if (i->part == ENVELOPE)
        keep(&i->envelope, &i->bytes);
    if (i->part == REASON)
        keep(&i->reason, &i->bytes);
    return i->part == ORIGINAL ? put_document(i, err) : 0;
}

static int bring_documents(struct importer *i, struct tsk_err *err)
{
    const struct tsk_backup_visitor visitor = { documents_begin, documents_bytes, documents_end, i };
    int rc;

    i->out->documents = 0;
    rc = tsk_office_archive_read(i->archive, &visitor, err);
    if (i->fd >= 0)
        close(i->fd);
    i->fd = -1;
    return rc;
}

static int verify_file(void *ctx, const char *name, const char *sha256, struct tsk_err *err)
{
    struct importer *i = ctx;

    (void)sha256;
    return tsk_blob_verify(i->blobs, name, err);
}

static int write_receipt(struct importer *i, struct tsk_err *err)
{
    char key[TSK_SHA256_HEX], mac[TSK_SHA256_HEX], now[TSK_STAMP_SIZE];
    json_t *receipt;
    int rc = -1;

    tsk_stamp(tsk_wall_ms(), now);
    receipt = json_pack(
        "{s:i, s:s, s:s, s:s, s:s, s:I, s:I}", "receipt", TSK_OFFICE_FORMAT, "office", i->office, "archive",
        i->archive->digest, "imported", now, "by", i->wish->by, "files", (json_int_t)i->out->files, "audit_entries",
        (json_int_t)json_integer_value(json_object_get(json_object_get(i->archive->about, "audit"), "entries")));
    if (receipt == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a receipt");
    if (tsk_office_receipt_key(key, i->archive->transfer, err) == 0 &&
        tsk_office_receipt_mac(mac, receipt, key, err) == 0) {
        json_object_set_new(receipt, "mac", json_string(mac));
        i->out->receipt = json_dumps(receipt, JSON_INDENT(1));
        rc = i->out->receipt != NULL ? tsk_move_receipt(i->store, i->office, i->out->receipt, err)
                                     : tsk_fail(err, TSK_RETRY, 0, "no memory for a receipt");
    }
    json_decref(receipt);
    return rc;
}

/* After the commit: whatever is left to do of it. */
static int complete(struct importer *i, struct tsk_err *err)
{
    if (bring_documents(i, err) != 0)
        return -1;
    boundary("documents");
    if (list_files(i, err) != 0 || tsk_office_archive_names(i->archive, "archive/", verify_file, i, err) != 0 ||
        write_receipt(i, err) != 0)
        return -1;
    boundary("receipt");
    return 0;
}

/* 1: this very archive was imported, 0: nothing was, -1: another one. */
static int came_before(struct tsk_move *move, struct importer *i, struct tsk_err *err)
{
    struct tsk_err local = { 0 };
    bool gone = false;

    if (tsk_office_is_gone(&gone, i->store, i->office, err) != 0)
        return -1;
    if (tsk_move_find(move, i->store, i->office, "import", i->arena, &local) != 0)
        return local.kind == TSK_REJECT ? 0 : tsk_fail(err, local.kind, 0, "%s", local.text);
    return !gone && strcmp(move->digest, i->archive->digest) == 0;
}

static int import(struct importer *i, struct tsk_err *err)
{
    struct tsk_move move = { .certificate = "" };
    int before;

    if (check_digest(i, err) != 0 || check_version(i, err) != 0 || check_config(i, err) != 0)
        return -1;
    boundary("looked");
    before = came_before(&move, i, err);
    i->out->before = before == 1;
    if (before < 0 || (before == 0 && bring_in(i, err) != 0))
        return -1;
    if (before == 0 || *move.certificate == '\0')
        return complete(i, err);
    i->out->receipt = strdup(move.certificate);
    return i->out->receipt != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for a receipt");
}

int tsk_office_import(struct tsk_office_import *out, const struct tsk_site *site, struct tsk_records *records,
                      struct tsk_office_archive *archive, const struct tsk_office_import_wish *wish,
                      struct tsk_err *err)
{
    struct importer i = { .out = out,
                          .site = site,
                          .records = records,
                          .store = records->store,
                          .archive = archive,
                          .wish = wish,
                          .office = archive->office,
                          .arena = tsk_arena_new(ARENA_BYTES),
                          .fd = -1,
                          .bytes = TSK_BUF(TSK_BLOB_MAX),
                          .rows = TSK_BUF(LINE_MAX_BYTES + CHUNK_BYTES),
                          .envelope = TSK_BUF(ENVELOPE_MAX),
                          .reason = TSK_BUF(4096) };
    int rc;

    *out = (struct tsk_office_import){ .files = 0 };
    if (i.arena == NULL)
        rc = tsk_fail(err, TSK_RETRY, 0, "no memory to import an office");
    else
        rc = tsk_site_blobs_open(&i.blobs, site, err) != 0 || tsk_site_spool_open(&i.spool, site, err) != 0
                 ? -1
                 : import(&i, err);
    tsk_blobs_close(&i.blobs);
    tsk_spool_close(&i.spool);
    tsk_arena_free(&i.arena);
    tsk_buf_free(&i.bytes);
    tsk_buf_free(&i.rows);
    tsk_buf_free(&i.envelope);
    tsk_buf_free(&i.reason);
    return rc;
}
