#include "gateway/retention.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "gateway/purge_log.h"
#include "gateway/spool_site.h"
#include "records/incident.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define WAIT_MS 60000

void (*tsk_retention_boundary)(const char *name);

struct run {
    struct tsk_retention_run *out;
    struct tsk_store *store;
    struct tsk_vault *vault;
    struct tsk_blobs *blobs;
    struct tsk_spool *spool;
    struct tsk_arena *arena;
    char *log;
    int64_t id;
    const char *by;
};

static void boundary(const char *name)
{
    if (tsk_retention_boundary != NULL)
        tsk_retention_boundary(name);
}

char *tsk_retention_log_path(const struct tsk_site *site)
{
    const struct tsk_backup_config *backup = &site->config->care.backup;
    char *dir, *path = NULL;

    if (backup->purge_log[0] != '\0')
        return tsk_site_path(site, backup->purge_log);
    dir = backup->folder[0] != '\0' ? tsk_site_path(site, backup->folder) : strdup(site->dir);
    if (dir != NULL && asprintf(&path, "%s/" TSK_PURGE_LOG, dir) < 0)
        path = NULL;
    free(dir);
    return path;
}

/* Is a document of the subject still in the spool? A held one that is to go itself goes from there too. */
static int look_in_spool(bool *there, struct run *run, const struct tsk_subject *subject, struct tsk_err *err)
{
    struct tsk_purge_documents documents;

    *there = false;
    if (tsk_purge_documents(&documents, run->store, subject, run->arena, err) != 0)
        return -1;
    for (size_t i = 0; i < documents.count && !*there; i++) {
        struct tsk_spool_entry entry = { .readable = false };
        struct tsk_err local = { 0 };
        int rc = tsk_spool_show(run->spool, documents.items[i], &entry, &local);
        bool settled = strcmp(subject->kind, "document") == 0 && entry.state >= TSK_SPOOL_HELD;

        if (rc != 0 && local.kind != TSK_REJECT && local.kind != TSK_HOLD)
            return tsk_fail(err, local.kind, 0, "%s", local.text);
        *there = (rc == 0 || local.kind == TSK_HOLD) && !settled;
    }
    return 0;
}

/* "" when it may go. */
static int hindrance(const char **out, struct run *run, const struct tsk_disposal_item *item, struct tsk_err *err)
{
    const char *const own[] = { item->office };
    const struct tsk_scope scope = { .offices = own, .office_count = 1 };
    struct tsk_err local = { 0 };
    struct tsk_due due;
    bool in_spool = false;

    if (tsk_retention_find(&due, run->store, &scope, &item->subject, run->arena, &local) != 0) {
        if (local.kind != TSK_REJECT)
            return tsk_fail(err, local.kind, 0, "%s", local.text);
        *out = "not due";
        return 0;
    }
    *out = due.hindrance;
    if (**out == '\0' && look_in_spool(&in_spool, run, &item->subject, err) != 0)
        return -1;
    if (in_spool)
        *out = "spool";
    return 0;
}

/* What names it in any copy of the records, now and later. */
static int lasting_id(const char **id, struct run *run, const struct tsk_disposal_item *item, struct tsk_err *err)
{
    struct tsk_incident incident;

    *id = item->subject.id;
    if (strcmp(item->subject.kind, "incident") != 0)
        return 0;
    if (tsk_incident_find(&incident, run->store, &tsk_scope_all, strtoll(item->subject.id, NULL, 10), run->arena,
                          err) != 0)
        return -1;
    *id = tsk_arena_printf(run->arena, "%s@%s", item->subject.id, incident.opened);
    return *id != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory to dispose of an incident");
}

static int purge_item(struct run *run, const struct tsk_disposal_item *item, struct tsk_err *err)
{
    struct tsk_purged purged;
    const char *against = "";
    char why[48];

    snprintf(why, sizeof why, "list %lld", (long long)run->id);
    struct tsk_purge line = { .what = item->subject.kind, .by = run->by, .why = why };
    if (tsk_disposal_start(run->store, run->id, err) != 0 || hindrance(&against, run, item, err) != 0)
        return -1;
    if (*against != '\0') {
        run->out->left++;
        return tsk_disposal_left(run->store, item, against, err);
    }
    if (lasting_id(&line.id, run, item, err) != 0 || tsk_purge_note(run->log, run->vault, &line, err) != 0)
        return -1;
    boundary("noted");
    run->out->purged++;
    if (tsk_purge_subject(&purged, run->store, &item->subject, why, run->by, run->arena, err) != 0)
        return -1;
    return tsk_disposal_purged(run->store, item, &purged, err);
}

static int carry_item(struct run *run, const struct tsk_disposal_item *item, struct tsk_err *err)
{
    if (tsk_store_begin(run->store, err) != 0)
        return -1;
    if (purge_item(run, item, err) != 0 || tsk_store_commit(run->store, err) != 0) {
        tsk_store_rollback(run->store);
        return -1;
    }
    boundary("committed");
    return 0;
}

static int take_files(struct run *run, struct tsk_err *err)
{
    int64_t removed = 0;

    if (tsk_purge_files(&removed, &run->out->files_left, run->store, run->blobs, WAIT_MS, err) != 0)
        return -1;
    run->out->files += removed;
    boundary("file");
    return run->out->files_left == 0
               ? 0
               : tsk_fail(err, TSK_RETRY, 0,
                          "%lld files of the archive could not be removed while documents are read in; run it again",
                          (long long)run->out->files_left);
}

/* Items that an earlier run purged before it was cut short are looked at too: their files, and what lies in the spool. */
static int carry_all(struct run *run, struct tsk_err *err)
{
    struct tsk_disposal_items items;

    if (tsk_disposal_items(&items, run->store, &tsk_scope_all, run->id, run->arena, err) != 0)
        return -1;
    for (size_t i = 0; i < items.count; i++)
        if (strcmp(items.items[i].state, "listed") == 0 && carry_item(run, &items.items[i], err) != 0)
            return -1;
    if (tsk_disposal_items(&items, run->store, &tsk_scope_all, run->id, run->arena, err) != 0)
        return -1;
    for (size_t i = 0; i < items.count; i++) {
        const struct tsk_disposal_item *item = &items.items[i];

        if (strcmp(item->state, "purged") == 0 && strcmp(item->subject.kind, "document") == 0 &&
            tsk_spool_dispose(run->spool, item->subject.id, err) != 0)
            return -1;
    }
    return take_files(run, err);
}

static int find_list(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, struct tsk_arena *arena,
                     struct tsk_err *err)
{
    struct tsk_disposal disposal;

    if (tsk_disposal_find(&disposal, store, scope, id, arena, err) != 0)
        return -1;
    return strcmp(disposal.state, "approved") == 0
               ? 0
               : tsk_fail(err, TSK_REJECT, 0, "list %lld is %s; only an approved one is carried out", (long long)id,
                          disposal.state);
}

static int open_run(struct run *run, const struct tsk_site *site, struct tsk_err *err)
{
    run->log = tsk_retention_log_path(site);
    if (run->log == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to dispose of records");
    if (tsk_site_vault(&run->vault, site, err) != 0)
        return -1;
    if (run->vault == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "the log of purges is signed, and this site has no key (docs/keys.md)");
    return tsk_site_blobs_open(&run->blobs, site, err) != 0 || tsk_site_spool_open(&run->spool, site, err) != 0 ? -1
                                                                                                                : 0;
}

static void close_run(struct run *run)
{
    tsk_blobs_close(&run->blobs);
    tsk_spool_close(&run->spool);
    tsk_arena_free(&run->arena);
    free(run->log);
}

int tsk_retention_carry_out(struct tsk_retention_run *out, const struct tsk_site *site, struct tsk_store *store,
                            const struct tsk_scope *scope, int64_t id, const char *by, struct tsk_err *err)
{
    struct run run = { .out = out, .store = store, .arena = tsk_arena_new(ARENA_BYTES), .id = id, .by = by };
    int rc;

    *out = (struct tsk_retention_run){ .purged = 0 };
    rc = run.arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to dispose of records")
                           : find_list(store, scope, id, run.arena, err);
    if (rc == 0)
        rc = open_run(&run, site, err);
    if (rc == 0)
        rc = carry_all(&run, err);
    /* A certificate says that it is gone: from the file of the database and its log too. */
    if (rc == 0)
        rc = tsk_store_compact(store, err);
    if (rc == 0)
        rc = tsk_disposal_finish(store, id, by, err);
    if (rc == 0)
        boundary("finished");
    close_run(&run);
    return rc;
}
