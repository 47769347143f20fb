#include "gateway/office_export.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/os.h"
#include "gateway/office_archive.h"
#include "gateway/office_yaml.h"
#include "gateway/spool_tar.h"
#include "records/move.h"
#include "records/moving_audit.h"
#include "records/moving_files.h"
#include "records/sheet_code.h"
#include "vault/box.h"

#define ARENA_BYTES ((size_t)512 << 20)
#define CONTENT_MAX ((size_t)1 << 20)

struct exporter {
    struct tsk_office_export *out;
    const struct tsk_office_export_wish *wish;
    const struct tsk_site *site;
    struct tsk_records *records;
    struct tsk_store *copy; /* of one instant */
    struct tsk_vault *vault, *transfer;
    struct tsk_blobs *blobs;
    struct tsk_spool *spool;
    struct tsk_office_documents documents;
    struct tsk_arena *arena;
    struct tsk_tar_writer tar;
    struct tsk_buf content; /* of the copy, for deletion to compare with */
};

static int leave(const struct exporter *e, struct tsk_err *err)
{
    struct tsk_store *store = e->records->store;

    if (tsk_store_begin(store, err) != 0)
        return -1;
    if (tsk_move_leave(store, e->wish->office, e->wish->by, err) != 0 ||
        tsk_sheet_codes_note(store, e->vault, e->wish->office, &e->records->forms, err) != 0 ||
        tsk_store_commit(store, err) != 0) {
        tsk_store_rollback(store);
        return -1;
    }
    return 0;
}

static int check_spool(struct exporter *e, struct tsk_err *err)
{
    if (tsk_office_documents(&e->documents, e->spool, e->wish->office, err) != 0)
        return -1;
    for (size_t i = 0; i < e->documents.count; i++)
        if (e->documents.items[i].state == TSK_SPOOL_READING)
            return tsk_fail(err, TSK_RETRY, 0, "document %s of office %s is being read; export again in a minute",
                            e->documents.items[i].id, e->wish->office);
    return 0;
}

static int add_row(void *ctx, const char *row, size_t len, struct tsk_err *err)
{
    struct tsk_tar_writer *tar = ctx;

    return tsk_tar_bytes(tar, row, len, err) != 0 ? -1 : tsk_tar_bytes(tar, "\n", 1, err);
}

static int add_table(struct exporter *e, struct tsk_moving *moving, size_t table, struct tsk_err *err)
{
    struct tsk_moving_digest digest;
    char name[96];

    snprintf(name, sizeof name, "records/%.60s.jsonl", tsk_moving_name(moving, table));
    if (tsk_moving_digest(&digest, moving, table, err) != 0 || tsk_tar_begin(&e->tar, name, digest.bytes, err) != 0 ||
        tsk_moving_dump(moving, table, add_row, &e->tar, err) != 0)
        return -1;
    e->out->rows += digest.rows;
    return tsk_tar_end(&e->tar, name, digest.bytes, err);
}

static int add_tables(struct exporter *e, struct tsk_err *err)
{
    struct tsk_moving *moving = NULL;
    int rc = tsk_moving_open(&moving, e->copy, e->wish->office, err);

    if (rc == 0)
        rc = tsk_moving_check(moving, err);
    for (size_t i = 0; rc == 0 && i < tsk_moving_count(moving); i++)
        rc = add_table(e, moving, i, err);
    tsk_moving_close(&moving);
    return rc;
}

struct counted {
    int64_t rows;
    uint64_t bytes;
};

static int count_row(void *ctx, const char *row, size_t len, struct tsk_err *err)
{
    struct counted *counted = ctx;

    (void)row;
    (void)err;
    counted->rows++;
    counted->bytes += len + 1;
    return 0;
}

static int count_audit(struct counted *counted, struct exporter *e, struct tsk_err *err)
{
    *counted = (struct counted){ .rows = 0 };
    return tsk_moving_audit_dump(e->copy, e->wish->office, count_row, counted, err);
}

static int add_audit(struct exporter *e, struct tsk_err *err)
{
    struct counted counted;

    if (count_audit(&counted, e, err) != 0 || tsk_tar_begin(&e->tar, "audit.jsonl", counted.bytes, err) != 0 ||
        tsk_moving_audit_dump(e->copy, e->wish->office, add_row, &e->tar, err) != 0)
        return -1;
    e->out->entries = counted.rows;
    return tsk_tar_end(&e->tar, "audit.jsonl", counted.bytes, err);
}

static int find_office(struct tsk_office *out, struct exporter *e, struct tsk_err *err)
{
    const char *const id[] = { e->wish->office };
    const struct tsk_scope scope = { .offices = id, .office_count = 1 };
    struct tsk_offices offices;

    if (tsk_office_list(&offices, e->copy, &scope, e->arena, err) != 0)
        return -1;
    if (offices.count != 1)
        return tsk_fail(err, TSK_REJECT, 0, "there is no office %s", e->wish->office);
    *out = offices.items[0];
    return 0;
}

static int add_about(struct exporter *e, const struct tsk_audit_head *head, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE], *text = NULL;
    struct tsk_office office = { .id = "", .code = "", .name = "", .ward = "" };
    struct counted entries = { .rows = 0 };
    json_t *about;
    int rc;

    tsk_stamp(tsk_wall_ms(), now);
    if (find_office(&office, e, err) != 0 || count_audit(&entries, e, err) != 0)
        return -1;
    about =
        json_pack("{s:i, s:s, s:i, s:{s:s, s:s, s:s, s:s}, s:s, s:s, s:{s:I, s:s, s:I}}", "format", TSK_OFFICE_FORMAT,
                  "program", TASUKI_VERSION, "schema", tsk_store_version(e->copy), "office", "id", office.id, "code",
                  office.code, "name", office.name, "ward", office.ward, "exported", now, "by", e->wish->by, "audit",
                  "seq", (json_int_t)head->seq, "hash", head->hash, "entries", (json_int_t)entries.rows);
    text = about != NULL ? json_dumps(about, JSON_INDENT(1)) : NULL;
    rc = text != NULL ? tsk_tar_buf(&e->tar, "office.json", text, strlen(text), err)
                      : tsk_fail(err, TSK_RETRY, 0, "no memory to export an office");
    free(text);
    json_decref(about);
    return rc;
}

static int add_yaml(struct exporter *e, struct tsk_err *err)
{
    const char *const id[] = { e->wish->office };
    const struct tsk_scope scope = { .offices = id, .office_count = 1 };
    struct tsk_buf yaml = TSK_BUF(CONTENT_MAX);
    struct tsk_accounts accounts;
    int rc = tsk_account_list(&accounts, e->copy, &scope, e->arena, err);

    if (rc == 0)
        rc = tsk_office_yaml(&yaml, e->site->config, e->wish->office, &accounts, err);
    if (rc == 0)
        rc = tsk_tar_buf(&e->tar, "office.yaml", tsk_buf_text(&yaml), yaml.len, err);
    tsk_buf_free(&yaml);
    return rc;
}

static int add_file(struct exporter *e, const struct tsk_blob_ref *ref, struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF(TSK_BLOB_MAX);
    char name[TSK_SHA256_HEX + 16];
    int rc = tsk_blob_get(&bytes, e->blobs, ref->sha256, err);

    snprintf(name, sizeof name, "archive/%s", ref->sha256);
    if (rc == 0)
        rc = tsk_tar_buf(&e->tar, name, tsk_buf_text(&bytes), bytes.len, err);
    else if (ref->may_lack && err->kind == TSK_HOLD)
        rc = 0;
    tsk_buf_free(&bytes);
    e->out->files += rc == 0;
    return rc;
}

static int add_files(struct exporter *e, struct tsk_err *err)
{
    struct tsk_blob_refs refs;
    int rc = tsk_moving_files_of(&refs, e->copy, e->wish->office, e->arena, err);

    for (size_t i = 0; rc == 0 && i < refs.count; i++)
        rc = add_file(e, &refs.items[i], err);
    return rc;
}

/* What is damaged there cannot be taken along; the records have its row. */
static int add_documents(struct exporter *e, struct tsk_err *err)
{
    for (size_t i = 0; i < e->documents.count; i++) {
        int rc = e->documents.items[i].state == TSK_SPOOL_CORRUPT
                     ? 0
                     : tsk_tar_document(&e->tar, e->spool, e->documents.items[i].id, err);

        if (rc == 0 && e->documents.items[i].state != TSK_SPOOL_CORRUPT)
            return tsk_fail(err, TSK_RETRY, 0, "document %s moved while it was exported; export again",
                            e->documents.items[i].id);
        if (rc < 0)
            return -1;
        e->out->documents += rc == 1;
    }
    return 0;
}

static int add_all(struct exporter *e, struct tsk_err *err)
{
    struct tsk_audit_head head;

    return tsk_audit_last(&head, e->copy, err) != 0 || add_about(e, &head, err) != 0 || add_yaml(e, err) != 0 ||
                   add_tables(e, err) != 0 || add_audit(e, err) != 0 || add_files(e, err) != 0 ||
                   add_documents(e, err) != 0 || tsk_tar_close(&e->tar, TSK_BACKUP_MANIFEST, err) != 0
               ? -1
               : 0;
}

static int write_sealed(struct exporter *e, int fd, struct tsk_err *err)
{
    int rc = tsk_seal_start(&e->tar.sealer, e->transfer, TSK_USE_MOVE, fd, err);

    if (rc != 0)
        return -1;
    rc = add_all(e, err);
    if (rc != 0)
        tsk_seal_drop(&e->tar.sealer);
    else
        rc = tsk_seal_end(&e->tar.sealer, err);
    if (rc == 0 && tsk_os->fsync(fd) != 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "the disk did not take the export");
    return rc;
}

/* A key for this file alone: in the box for the new site, and in this process until it ends. */
static int write_file(struct exporter *e, int fd, struct tsk_err *err)
{
    unsigned char key[TSK_KEY_BYTES], box[TSK_BOX_BYTES];
    int rc;

    randombytes_buf(key, sizeof key);
    rc = tsk_box_close(box, key, e->wish->to, err);
    if (rc == 0)
        rc = tsk_vault_of(&e->transfer, key, err);
    sodium_memzero(key, sizeof key);
    if (rc == 0 &&
        (tsk_write_all(fd, tsk_office_magic, TSK_OFFICE_HEAD) != 0 || tsk_write_all(fd, box, sizeof box) != 0))
        rc = tsk_fail(err, TSK_RETRY, errno, "the disk did not take the export");
    return rc == 0 ? write_sealed(e, fd, err) : -1;
}

static int publish(struct exporter *e, int folder, const char *tmp, struct tsk_err *err)
{
    const char *name = strrchr(e->out->path, '/') + 1;
    char whole[PATH_MAX + 64], digest[TSK_SHA256_HEX];

    snprintf(whole, sizeof whole, "%s/%s", e->wish->folder, tmp);
    tsk_sha256_hex(tsk_buf_text(&e->tar.manifest), e->tar.manifest.len, e->out->digest);
    if (tsk_office_archive_verify(digest, whole, e->transfer, err) != 0)
        return -1;
    if (strcmp(digest, e->out->digest) != 0)
        return tsk_fail(err, TSK_RETRY, 0, "the export that was read again is not the one that was written");
    return tsk_os->renameat(folder, tmp, folder, name) == 0 && tsk_os->fsync(folder) == 0
               ? 0
               : tsk_fail(err, TSK_RETRY, errno, "cannot give the export its name %s", e->out->path);
}

static int write_in(struct exporter *e, int folder, struct tsk_err *err)
{
    char tmp[TSK_ID_SIZE + 16], id[TSK_ID_SIZE];
    int fd, rc;

    tsk_id_new(id);
    snprintf(tmp, sizeof tmp, ".tmp-%s", id);
    fd = tsk_os->openat(folder, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot write into %s", e->wish->folder);
    rc = write_file(e, fd, err);
    if (tsk_os->close(fd) != 0 && rc == 0)
        rc = tsk_fail(err, TSK_RETRY, errno, "the disk did not take the export");
    if (rc == 0)
        rc = publish(e, folder, tmp, err);
    if (rc != 0)
        tsk_os->unlinkat(folder, tmp, 0);
    return rc;
}

static int write_archive(struct exporter *e, struct tsk_err *err)
{
    char stamp[TSK_STAMP_SIZE];
    int folder, rc;

    tsk_stamp(tsk_wall_ms(), stamp);
    if (snprintf(e->out->path, sizeof e->out->path, "%s/%s-%.4s%.2s%.2sT%.2s%.2s%.2sZ" TSK_OFFICE_SUFFIX,
                 e->wish->folder, e->wish->office, stamp, stamp + 5, stamp + 8, stamp + 11, stamp + 14,
                 stamp + 17) >= (int)sizeof e->out->path)
        return tsk_fail(err, TSK_REJECT, 0, "the name of the folder is too long");
    folder = tsk_dir_open(e->wish->folder, err);
    if (folder < 0)
        return -1;
    rc = tsk_blobs_hold(e->blobs, err);
    if (rc == 0)
        rc = write_in(e, folder, err);
    tsk_blobs_release(e->blobs);
    close(folder);
    return rc;
}

static void put_spool(struct tsk_buf *out, const struct exporter *e)
{
    for (size_t i = 0; i < e->documents.count; i++)
        tsk_buf_printf(out, "%s\"%s\"", i > 0 ? ", " : "", e->documents.items[i].id);
}

static int put_content(struct exporter *e, struct tsk_err *err)
{
    struct tsk_buf *out = &e->content;

    tsk_buf_puts(out, "{\"tables\": ");
    if (tsk_move_content(out, e->copy, e->wish->office, err) != 0)
        return -1;
    tsk_buf_puts(out, ", \"spool\": [");
    put_spool(out, e);
    tsk_buf_puts(out, "]}");
    return out->failed ? tsk_fail(err, TSK_RETRY, 0, "no memory to export an office") : 0;
}

/* Beside the database itself, whose volume it shares: the copy is no weaker than what it is a copy of. */
static int with_copy(struct exporter *e, struct tsk_err *err)
{
    static const char *const tails[] = { "", "-wal", "-shm" };
    char id[TSK_ID_SIZE], path[PATH_MAX];
    int rc;

    tsk_id_new(id);
    if (snprintf(path, sizeof path, "%s/store/.tmp-%s.db", e->site->dir, id) >= (int)sizeof path)
        return tsk_fail(err, TSK_REJECT, 0, "the name of the site is too long");
    rc = tsk_store_copy(e->records->store, path, err);
    if (rc == 0)
        rc = tsk_store_open(&e->copy, path, err);
    if (rc == 0)
        rc = write_archive(e, err);
    if (rc == 0)
        rc = put_content(e, err);
    tsk_store_close(&e->copy);
    for (size_t i = 0; i < TSK_COUNT(tails); i++) {
        char name[PATH_MAX + 8];

        snprintf(name, sizeof name, "%s%s", path, tails[i]);
        unlink(name);
    }
    return rc;
}

/* Where something was recorded since the copy, deletion will say so; the archive is what the copy held. */
static int note_written(struct exporter *e, struct tsk_err *err)
{
    struct tsk_move written = { .digest = e->out->digest, .content = tsk_buf_text(&e->content) };
    char key[TSK_SHA256_HEX];

    if (tsk_office_receipt_key(key, e->transfer, err) != 0)
        return -1;
    written.receipt_key = key;
    return tsk_move_written(e->records->store, e->wish->office, &written, e->wish->by, err);
}

static int export(struct exporter *e, struct tsk_err *err)
{
    struct tsk_audit_head head;

    if (tsk_site_vault(&e->vault, e->site, err) != 0)
        return -1;
    if (e->vault == NULL)
        return tsk_fail(err, TSK_REJECT, 0,
                        "an office is never exported in the clear: this site has no key; tasuki key init");
    if (tsk_config_office(e->site->config, e->wish->office) == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "there is no office %s in %s", e->wish->office, e->site->config_path);
    if (tsk_site_blobs_open(&e->blobs, e->site, err) != 0 || tsk_site_spool_open(&e->spool, e->site, err) != 0)
        return -1;
    /* A chain that is broken here would look whole there. */
    if (tsk_audit_verify(&head, e->records->store, NULL, err) != 0 || leave(e, err) != 0 || check_spool(e, err) != 0)
        return -1;
    return with_copy(e, err);
}

int tsk_office_export(struct tsk_office_export *out, const struct tsk_site *site, struct tsk_records *records,
                      const struct tsk_office_export_wish *wish, struct tsk_err *err)
{
    struct exporter e = { .out = out,
                          .wish = wish,
                          .site = site,
                          .records = records,
                          .arena = tsk_arena_new(ARENA_BYTES),
                          .tar = { .manifest = TSK_BUF(TSK_MANIFEST_MAX) },
                          .content = TSK_BUF(CONTENT_MAX) };
    int rc;

    *out = (struct tsk_office_export){ .files = 0 };
    rc = e.arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to export an office") : export(&e, err);
    if (rc == 0)
        rc = note_written(&e, err);
    out->bytes = e.tar.bytes;
    free(e.documents.items);
    tsk_buf_free(&e.content);
    tsk_buf_free(&e.tar.manifest);
    tsk_vault_close(&e.transfer);
    tsk_blobs_close(&e.blobs);
    tsk_spool_close(&e.spool);
    tsk_arena_free(&e.arena);
    return rc;
}
