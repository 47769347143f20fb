/* queue - what is in the spool, and what a person decides about it */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "gateway/command.h"
#include "gateway/intake.h"
#include "gateway/site.h"
#include "gateway/site_routing.h"
#include "gateway/spool_site.h"
#include "gateway/terminal.h"
#include "records/audit.h"
#include "records/document.h"
#include "records/notice.h"

#define ARENA_BYTES ((size_t)8 << 20)
#define ORIGINAL_MAX ((size_t)512 << 20)
#define IDLE_LOOK_MS 200
#define IDLE_TWICE 2 /* so many looks in a row: a document is between two places for an instant */

static void print_entry(const struct tsk_spool_entry *entry)
{
    const struct tsk_envelope *e = &entry->envelope;
    char received[TSK_STAMP_SIZE] = "-";

    if (entry->readable)
        tsk_stamp(e->received_ms, received);
    printf("%s  %-8s  %-14s  %-18s  %s  %9llu bytes", e->id, tsk_spool_state_name(entry->state),
           entry->readable ? e->office : "?", entry->readable ? e->source : "?", received,
           (unsigned long long)e->size_bytes);
    if (entry->attempts > 0)
        printf("  %u attempt%s", entry->attempts, entry->attempts == 1 ? "" : "s");
    if (entry->reason[0] != '\0')
        printf("  %s", entry->reason);
    putchar('\n');
}

static int list(struct tsk_spool *spool, struct tsk_err *err)
{
    for (int state = 0; state < TSK_SPOOL_STATES; state++) {
        struct tsk_spool_entry *entries;
        size_t count;

        if (tsk_spool_list(spool, (enum tsk_spool_state)state, &entries, &count, err) != 0)
            return -1;
        for (size_t i = 0; i < count; i++)
            print_entry(&entries[i]);
        tsk_spool_list_free(&entries);
    }
    return 0;
}

static void print_whole(const struct tsk_spool_entry *entry, const struct tsk_site *site)
{
    const struct tsk_envelope *e = &entry->envelope;
    char received[TSK_STAMP_SIZE];

    tsk_stamp(e->received_ms, received);
    printf("id        %s\nstate     %s\noffice    %s\nsource    %s\nsender    %s\nname      %s\nreceived  %s\nsize     "
           " %llu\n"
           "sha256    %s\nattempts  %u\ndeaths    %u\nreason    %s\noriginal  %s/%s/%s; tasuki queue save %s FILE\n",
           e->id, tsk_spool_state_name(entry->state), e->office, e->source, e->sender, e->name, received,
           (unsigned long long)e->size_bytes, e->sha256, entry->attempts, entry->deaths, entry->reason, site->spool,
           tsk_spool_state_name(entry->state), e->id, e->id);
    if (e->is_mail)
        printf("subject   %s\nmessage   %s\n", e->mail.subject, e->mail.message);
}

static void print_document(const struct tsk_document *d)
{
    printf("id        %s\nstate     %s\noffice    %s\nsource    %s\nsender    %s\nname      %s\nreceived  %s\nrecorded "
           " %s\n"
           "size      %lld\nsha256    %s\npages     %d\nsheets    %d\n",
           d->spool_id, tsk_document_state_name(d->state), d->office, d->source, d->sender, d->name, d->received,
           d->recorded, (long long)d->size_bytes, d->sha256, d->page_count, d->sheet_count);
    if (d->duplicate_of[0] != '\0')
        printf("twin      %s\n", d->duplicate_of);
    if (d->reason[0] != '\0')
        printf("reason    %s\n", d->reason);
}

static int show_recorded(const struct tsk_site *site, const char *id, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    struct tsk_records *records = NULL;
    struct tsk_document document;
    int rc = -1;

    if (arena == NULL)
        tsk_fail(err, TSK_RETRY, 0, "out of memory");
    else if (tsk_records_open(&records, site, err) == 0)
        rc = tsk_document_find(&document, records->store, &tsk_scope_all, id, arena, err);
    if (rc == 0)
        print_document(&document);
    tsk_records_close(&records);
    tsk_arena_free(&arena);
    return rc;
}

static int show(struct tsk_spool *spool, const struct tsk_site *site, const char *id, struct tsk_err *err)
{
    struct tsk_spool_entry entry;

    if (!tsk_spool_id_valid(id))
        return tsk_fail(err, TSK_REJECT, 0, "%s is not the id of a document", id);
    if (tsk_spool_show(spool, id, &entry, err) != 0)
        return err->kind == TSK_REJECT ? show_recorded(site, id, err) : -1;
    print_whole(&entry, site);
    return 0;
}

static int note_save(const struct tsk_site *site, const char *id, const char *office, const char *by,
                     struct tsk_err *err)
{
    struct tsk_records *records;
    char object[16 + TSK_ID_SIZE];
    int rc;

    if (tsk_records_open(&records, site, err) != 0)
        return -1;
    snprintf(object, sizeof object, "document:%s", id);
    rc = tsk_audit_add(records->store, office, by != NULL ? by : "console", "export", object, "original", err);
    tsk_records_close(&records);
    return rc;
}

/* What has left the spool lies in the archive. */
static int read_recorded(struct tsk_buf *bytes, char office[TSK_SPOOL_FIELD_SIZE], const struct tsk_site *site,
                         const char *id, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    struct tsk_records *records = NULL;
    struct tsk_blobs *blobs = NULL;
    struct tsk_document document;
    int rc = -1;

    if (arena == NULL)
        tsk_fail(err, TSK_RETRY, 0, "out of memory");
    else if (tsk_records_open(&records, site, err) == 0 && tsk_site_blobs_open(&blobs, site, err) == 0 &&
             tsk_document_find(&document, records->store, &tsk_scope_all, id, arena, err) == 0) {
        snprintf(office, TSK_SPOOL_FIELD_SIZE, "%s", document.office);
        rc = tsk_blob_get(bytes, blobs, document.sha256, err);
    }
    tsk_blobs_close(&blobs);
    tsk_records_close(&records);
    tsk_arena_free(&arena);
    return rc;
}

static int read_original(struct tsk_buf *bytes, char office[TSK_SPOOL_FIELD_SIZE], struct tsk_spool *spool,
                         const struct tsk_site *site, const char *id, struct tsk_err *err)
{
    struct tsk_spool_entry entry;
    int fd = tsk_spool_peek(spool, id, &entry, err), rc;

    if (fd < 0)
        return err->kind == TSK_REJECT ? read_recorded(bytes, office, site, id, err) : -1;
    snprintf(office, TSK_SPOOL_FIELD_SIZE, "%s", entry.envelope.office);
    rc = tsk_fd_read(fd, "the original", bytes, err);
    close(fd);
    return rc;
}

/* The original as it came, for a person who must look at what could not be read. */
static int save(struct tsk_spool *spool, const struct tsk_site *site, const char *id, const char *path, const char *by,
                struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF(ORIGINAL_MAX);
    char office[TSK_SPOOL_FIELD_SIZE];
    int rc = -1;

    if (read_original(&bytes, office, spool, site, id, err) == 0 && note_save(site, id, office, by, err) == 0)
        rc = tsk_file_put_path(path, tsk_buf_text(&bytes), bytes.len, 0600, err);
    tsk_buf_free(&bytes);
    return rc;
}

static int has_due_notice(const struct tsk_records *records, struct tsk_err *err)
{
    const struct tsk_notice_filter sending = { .state = "sending", .limit = 1 };
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    struct tsk_notices notices = { 0 };
    int64_t due_ms;
    int rc = -1;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    if (tsk_notice_next_due(&due_ms, records->store, &tsk_scope_all, err) == 0 &&
        tsk_notice_list(&notices, records->store, &tsk_scope_all, &sending, arena, err) == 0)
        rc = (due_ms >= 0 && due_ms <= tsk_wall_ms()) || notices.count > 0;
    tsk_arena_free(&arena);
    return rc;
}

/* 1 busy, 0 idle, -1 */
static int is_busy(struct tsk_spool *spool, const struct tsk_site *site, const struct tsk_records *records,
                   struct tsk_err *err)
{
    long waiting = tsk_intake_pending(site, err);
    long incoming = waiting == 0 ? tsk_spool_count(spool, TSK_SPOOL_INCOMING, err) : 0;
    long reading = waiting == 0 && incoming == 0 ? tsk_spool_count(spool, TSK_SPOOL_READING, err) : 0;

    if (waiting < 0 || incoming < 0 || reading < 0)
        return -1;
    if (waiting + incoming + reading > 0)
        return 1;
    if (tsk_is_quiet(&site->config->quiet, tsk_japan_minute_of_day(tsk_wall_ms())))
        return 0; /* what is due leaves when the quiet hours end */
    return has_due_notice(records, err);
}

static int wait_idle(struct tsk_spool *spool, const struct tsk_site *site, const char *seconds, struct tsk_err *err)
{
    int64_t deadline = tsk_mono_ms() + strtol(seconds, NULL, 10) * 1000;
    struct tsk_records *records;
    int busy = 1, idle_looks = 0;

    if (tsk_records_open(&records, site, err) != 0)
        return -1;
    while (idle_looks < IDLE_TWICE && busy >= 0 && tsk_mono_ms() < deadline) {
        busy = is_busy(spool, site, records, err);
        idle_looks = busy == 0 ? idle_looks + 1 : 0;
        tsk_sleep_ms(IDLE_LOOK_MS);
    }
    tsk_records_close(&records);
    if (busy < 0)
        return -1;
    return idle_looks == IDLE_TWICE
               ? 0
               : tsk_fail(err, TSK_RETRY, 0,
                          "still busy after %s s; is tasuki serve running? tasuki queue shows what waits", seconds);
}

struct wish {
    const char *what, *id, *path, *by;
};

static int act(struct tsk_spool *spool, const struct tsk_site *site, const struct wish *wish, struct tsk_err *err)
{
    const char *what = wish->what, *id = wish->id;

    if (strcmp(what, "save") == 0 && wish->path != NULL)
        return save(spool, site, id, wish->path, wish->by, err);
    if (wish->path != NULL)
        return 1;
    if (strcmp(what, "list") == 0 && id == NULL)
        return list(spool, err);
    if (id == NULL)
        return 1;
    if (strcmp(what, "show") == 0)
        return show(spool, site, id, err);
    if (strcmp(what, "retry") == 0)
        return tsk_spool_retry(spool, id, err);
    if (strcmp(what, "release") == 0)
        return tsk_spool_release(spool, id, err);
    return 1;
}

static int run(int argc, char **argv)
{
    struct tsk_site *site = NULL;
    struct tsk_spool *spool = NULL;
    struct tsk_err err = { 0 };
    const char *seconds = tsk_cli_option(&argc, argv, "--wait-idle", &err);
    struct wish wish = { .by = tsk_cli_option(&argc, argv, "--by", &err) };
    int rc = -1;

    if (err.kind != TSK_OK || tsk_site_open(&site, &argc, argv, &err) != 0 || tsk_cli_rest(&argc, argv, &err) != 0 ||
        tsk_site_spool_open(&spool, site, &err) != 0)
        goto out;
    wish.what = argc > 1 ? argv[1] : "list";
    wish.id = argc > 2 ? argv[2] : NULL;
    wish.path = argc > 3 ? argv[3] : NULL;
    if (seconds != NULL)
        rc = argc == 1 ? wait_idle(spool, site, seconds, &err) : 1;
    else
        rc = argc > 4 ? 1
             : strcmp(wish.what, "save") == 0 && tsk_terminal_prove(&wish.by, site->config, &err) != 0
                 ? -1
                 : act(spool, site, &wish, &err);
out:
    tsk_spool_close(&spool);
    tsk_site_close(&site);
    if (rc == 1)
        return tsk_cli_usage(&tsk_cmd_queue);
    return rc == 0 ? TSK_EXIT_OK : tsk_cli_failed(&err);
}

const struct tsk_command tsk_cmd_queue = {
    "queue",
    "queue [list] [--site DIR]\n"
    "queue show ID            where a document is and what is known of it\n"
    "queue save ID FILE [--by NAME]   the original as it came: a stranger's file\n"
    "queue retry ID           a held document is read again\n"
    "queue release ID         a document whose reader is gone waits again\n"
    "queue --wait-idle SECONDS until everything that came in is read and every notice that is due is out",
    "documents that wait, are being read, or are held for a person", run
};
