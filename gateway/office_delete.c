#include "gateway/office_delete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "gateway/office_archive.h"
#include "gateway/purge_log.h"
#include "gateway/retention.h"
#include "records/audit.h"
#include "records/move.h"
#include "records/retention.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define WAIT_MS 60000
#define NAMES_SIZE 256

struct deleter {
    struct tsk_office_deleted *out;
    const struct tsk_office_delete_wish *wish;
    const struct tsk_site *site;
    struct tsk_store *store;
    struct tsk_vault *vault;
    struct tsk_blobs *blobs;
    struct tsk_spool *spool;
    struct tsk_arena *arena;
    struct tsk_move move;
    struct tsk_office_documents documents; /* of the spool, that were exported */
    json_t *receipt;
    char *log;
    char changed[NAMES_SIZE]; /* tables that are not what was exported, "" = none */
};

static int check_receipt(struct deleter *d, struct tsk_err *err)
{
    const char *mac, *office, *archive;
    char want[TSK_SHA256_HEX];

    if (d->wish->receipt == NULL)
        return 0;
    d->receipt = json_loads(d->wish->receipt, JSON_REJECT_DUPLICATES, NULL);
    office = json_string_value(json_object_get(d->receipt, "office"));
    archive = json_string_value(json_object_get(d->receipt, "archive"));
    mac = json_string_value(json_object_get(d->receipt, "mac"));
    if (office == NULL || archive == NULL || mac == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "this is no receipt of an import (tasuki office receipt, at the new site)");
    if (strcmp(office, d->wish->office) != 0 || strcmp(archive, d->move.digest) != 0)
        return tsk_fail(err, TSK_REJECT, 0,
                        "the receipt is for office %.60s and the archive %.16s…, and the last export of %s was %.16s…",
                        office, archive, d->wish->office, d->move.digest);
    if (tsk_office_receipt_mac(want, d->receipt, d->move.receipt_key, err) != 0)
        return -1;
    return strcmp(mac, want) == 0
               ? 0
               : tsk_fail(err, TSK_REJECT, 0,
                          "the receipt was not signed by whoever opened the archive, or was changed since");
}

static void add_changed(struct deleter *d, const char *name)
{
    size_t len = strlen(d->changed);

    snprintf(d->changed + len, sizeof d->changed - len, "%s%s", len > 0 ? ", " : "", name);
}

/* Is everything what was exported? */
static int compare(struct deleter *d, struct tsk_err *err)
{
    struct tsk_buf now = TSK_BUF((size_t)1 << 20);
    json_t *then = json_loads(d->move.content, 0, NULL), *tables = json_object_get(then, "tables"), *here = NULL,
           *digest;
    const char *name;
    int rc = tsk_move_content(&now, d->store, d->wish->office, err);

    if (rc == 0)
        here = json_loads(tsk_buf_text(&now), 0, NULL);
    json_object_foreach(here, name, digest) if (!json_equal(digest, json_object_get(tables, name)))
        add_changed(d, name);
    json_decref(here);
    json_decref(then);
    tsk_buf_free(&now);
    return rc;
}

static bool was_exported(const json_t *spool, const char *id)
{
    for (size_t i = 0; i < json_array_size(spool); i++)
        if (strcmp(json_string_value(json_array_get(spool, i)), id) == 0)
            return true;
    return false;
}

static int check_spool(struct deleter *d, struct tsk_err *err)
{
    json_t *then = json_loads(d->move.content, 0, NULL);
    const json_t *spool = json_object_get(then, "spool");
    size_t late = 0, waiting = 0;
    int rc = tsk_office_documents(&d->documents, d->spool, d->wish->office, err);

    for (size_t i = 0; rc == 0 && i < d->documents.count; i++) {
        late += !was_exported(spool, d->documents.items[i].id);
        waiting += d->documents.items[i].state < TSK_SPOOL_HELD;
    }
    if (rc == 0 && waiting > 0)
        rc = tsk_fail(
            err, TSK_RETRY, 0,
            "%zu documents of office %s still wait for the reader, which puts them aside; let tasuki serve run until "
            "then",
            waiting, d->wish->office);
    json_decref(then);
    if (rc == 0 && late > 0)
        rc = tsk_fail(
            err, TSK_REJECT, 0,
            "%zu documents came for office %s after the export and lie in the spool; hand them on first (tasuki office "
            "late)",
            late, d->wish->office);
    return rc;
}

static int check_holds(struct deleter *d, struct tsk_err *err)
{
    const char *const id[] = { d->wish->office };
    const struct tsk_scope scope = { .offices = id, .office_count = 1 };
    struct tsk_holds holds;

    if (d->receipt != NULL)
        return 0;
    if (tsk_hold_list(&holds, d->store, &scope, false, d->arena, err) != 0)
        return -1;
    return holds.count == 0
               ? 0
               : tsk_fail(err, TSK_REJECT, 0,
                          "%zu cases or documents of office %s are held (tasuki retention hold); without a receipt "
                          "nobody says that they are held elsewhere",
                          holds.count, d->wish->office);
}

/* Two people, one after the other: 1 when both have said so. */
static int ask(struct deleter *d, struct tsk_err *err)
{
    if (d->wish->why == NULL)
        return tsk_fail(
            err, TSK_REJECT, 0,
            d->receipt != NULL
                ? "since the export something was recorded here that is not there: %s. Export and import again, or "
                  "say --why, one person after another"
                : "give the new site's receipt (--receipt FILE)%s; without one two people have to say --why, one "
                  "after another",
            d->changed);
    if (d->move.asked_by[0] == '\0' || strcmp(d->move.asked_by, d->wish->by) == 0) {
        d->out->asked = true;
        return tsk_move_ask(d->store, d->wish->office, d->wish->why, d->wish->by, err) != 0 ? -1 : 0;
    }
    return 1;
}

static int note(const struct deleter *d, const char *what, const char *id, struct tsk_err *err)
{
    const struct tsk_purge line = { .what = what, .id = id, .by = d->wish->by, .why = "office moved" };

    return tsk_purge_note(d->log, d->vault, &line, err);
}

static int note_all(const struct deleter *d, struct tsk_err *err)
{
    for (size_t i = 0; i < d->documents.count; i++)
        if (note(d, "document", d->documents.items[i].id, err) != 0)
            return -1;
    return note(d, "office", d->wish->office, err);
}

static json_t *text_or_null(const char *text)
{
    return text[0] != '\0' ? json_string(text) : json_null();
}

static char *certificate(const struct deleter *d, const struct tsk_office_removed *removed,
                         const struct tsk_buf *tables)
{
    const struct tsk_move *m = &d->move;
    char now[TSK_STAMP_SIZE], *text;
    json_t *root;

    tsk_stamp(tsk_wall_ms(), now);
    root = json_pack("{s:s, s:{s:s, s:s, s:s}, s:O?, s:{s:o, s:o, s:o}, s:s, s:s, s:I, s:o?, s:{s:I, s:I, s:s}, s:I}",
                     "office", d->wish->office, "export", "at", m->started, "by", m->started_by, "archive", m->digest,
                     "receipt", d->receipt, "asked", "by", text_or_null(m->asked_by), "why", text_or_null(m->asked_why),
                     "changed", text_or_null(d->changed), "deleted", now, "by", d->wish->by, "rows",
                     (json_int_t)removed->rows, "tables", json_loads(tsk_buf_text(tables), 0, NULL), "files", "removed",
                     (json_int_t)removed->files, "kept", (json_int_t)removed->shared, "digest", removed->digest,
                     "documents", (json_int_t)d->documents.count);
    text = root != NULL ? json_dumps(root, JSON_INDENT(1)) : NULL;
    json_decref(root);
    return text;
}

static int remove_all(struct deleter *d, struct tsk_err *err)
{
    struct tsk_buf tables = TSK_BUF((size_t)1 << 20);
    struct tsk_office_removed removed;
    char *text = NULL;
    int rc = tsk_move_content(&tables, d->store, d->wish->office, err);

    if (rc == 0)
        rc = note_all(d, err);
    if (rc == 0)
        rc = tsk_office_remove(&removed, d->store, d->wish->office, d->receipt != NULL ? "moved" : "two people",
                               d->wish->by, d->arena, err);
    if (rc == 0 && (text = certificate(d, &removed, &tables)) == NULL)
        rc = tsk_fail(err, TSK_RETRY, 0, "no memory for a certificate");
    if (rc == 0)
        rc = tsk_move_deleted(d->store, d->wish->office, text, d->wish->by, err);
    if (rc == 0)
        d->out->rows = removed.rows;
    free(text);
    tsk_buf_free(&tables);
    return rc;
}

/* Under the write lock, so that nothing is recorded between the look and the deletion. 1 deleted, 0 asked, -1. */
static int decide(struct deleter *d, struct tsk_err *err)
{
    int rc = 1;

    if (check_receipt(d, err) != 0 || check_spool(d, err) != 0 || compare(d, err) != 0 || check_holds(d, err) != 0)
        return -1;
    if (d->receipt == NULL || d->changed[0] != '\0')
        rc = ask(d, err);
    return rc == 1 && remove_all(d, err) != 0 ? -1 : rc;
}

static int decide_whole(struct deleter *d, struct tsk_err *err)
{
    int rc;

    if (d->move.digest[0] == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "the export of office %s was not written to the end; export it again",
                        d->wish->office);
    if (tsk_store_begin(d->store, err) != 0)
        return -1;
    rc = decide(d, err);
    if (rc < 0 || tsk_store_commit(d->store, err) != 0) {
        tsk_store_rollback(d->store);
        return -1;
    }
    return rc;
}

/* After the commit, and when an earlier call was stopped there. */
static int clear_away(struct deleter *d, struct tsk_err *err)
{
    json_t *then = json_loads(d->move.content, 0, NULL);
    const json_t *spool = json_object_get(then, "spool");
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < json_array_size(spool); i++) {
        rc = tsk_spool_dispose(d->spool, json_string_value(json_array_get(spool, i)), err);
        d->out->documents += rc == 0;
    }
    json_decref(then);
    if (rc != 0 || tsk_purge_files(&d->out->files, &d->out->files_left, d->store, d->blobs, WAIT_MS, err) != 0)
        return -1;
    if (d->out->files_left > 0)
        return tsk_fail(
            err, TSK_RETRY, 0,
            "%lld files of the archive could not be removed while documents are read in; the same command again",
            (long long)d->out->files_left);
    return tsk_store_compact(d->store, err);
}

static int open_all(struct deleter *d, struct tsk_err *err)
{
    if (tsk_site_vault(&d->vault, d->site, err) != 0)
        return -1;
    if (d->vault == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "the log of purges is signed, and this site has no key (docs/keys.md)");
    return tsk_site_blobs_open(&d->blobs, d->site, err) != 0 || tsk_site_spool_open(&d->spool, d->site, err) != 0
               ? -1
               : tsk_move_find(&d->move, d->store, d->wish->office, "export", d->arena, err);
}

static int run(struct deleter *d, struct tsk_err *err)
{
    int rc = 1;

    if (open_all(d, err) != 0)
        return -1;
    if (strcmp(d->move.state, "leaving") == 0)
        rc = decide_whole(d, err);
    else if (strcmp(d->move.state, "deleted") != 0)
        return tsk_fail(err, TSK_REJECT, 0, "office %s is not leaving", d->wish->office);
    return rc == 1 ? clear_away(d, err) : rc;
}

int tsk_office_delete(struct tsk_office_deleted *out, const struct tsk_site *site, struct tsk_records *records,
                      const struct tsk_office_delete_wish *wish, struct tsk_err *err)
{
    struct deleter d = {
        .out = out, .wish = wish, .site = site, .store = records->store, .arena = tsk_arena_new(ARENA_BYTES)
    };
    int rc;

    *out = (struct tsk_office_deleted){ .asked = false };
    d.log = tsk_retention_log_path(site);
    rc = d.arena == NULL || d.log == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to delete an office") : run(&d, err);
    json_decref(d.receipt);
    free(d.documents.items);
    free(d.log);
    tsk_blobs_close(&d.blobs);
    tsk_spool_close(&d.spool);
    tsk_arena_free(&d.arena);
    return rc;
}
