/*
 * tasuki office - one office leaves for another site, or comes from one; and goes for good where it was
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "gateway/office_delete.h"
#include "gateway/office_export.h"
#include "gateway/office_import.h"
#include "gateway/session.h"
#include "records/audit.h"
#include "records/move.h"
#include "vault/box.h"

#define TEXT_MAX ((size_t)1 << 20)
#define ORIGINAL_MAX ((size_t)512 << 20)

static int run_list(struct tsk_session *session)
{
    static const char *const headings[] = { "office",  "move",  "state",    "since", "by",
                                            "archive", "ended", "ended by", NULL };
    struct tsk_moves moves;
    struct tsk_table *table;

    if (tsk_move_list(&moves, session->store, &session->scope, session->arena, &session->err) != 0)
        return -1;
    table = tsk_table_new(headings);
    for (size_t i = 0; i < moves.count; i++) {
        const struct tsk_move *m = &moves.items[i];
        tsk_table_row(table, m->office, m->kind, m->state, tsk_session_when(session, m->started), m->started_by,
                      tsk_session_text(session, "%.16s", m->digest), tsk_session_when(session, m->ended), m->ended_by);
    }
    return tsk_session_print(session, &table);
}

static int vault_of(struct tsk_vault **out, struct tsk_session *session)
{
    if (tsk_site_vault(out, session->site, &session->err) != 0)
        return -1;
    return *out != NULL
               ? 0
               : tsk_fail(&session->err, TSK_REJECT, 0, "this site has no key (docs/keys.md); tasuki key init");
}

static int run_key(struct tsk_session *session)
{
    char lines[TSK_PAPER_LINES][TSK_PAPER_LINE_SIZE];
    unsigned char pub[TSK_KEY_BYTES];
    struct tsk_vault *vault;

    if (vault_of(&vault, session) != 0 || tsk_box_public(pub, vault, &session->err) != 0)
        return -1;
    tsk_paper_print(lines, pub);
    for (size_t i = 0; i < TSK_PAPER_LINES; i++)
        puts(lines[i]);
    return 0;
}

static int read_text(struct tsk_buf *out, const char *path, struct tsk_err *err)
{
    *out = TSK_BUF(TEXT_MAX);
    return tsk_file_read(path, out, err);
}

static int run_export(struct tsk_session *session)
{
    const char *to = tsk_session_option(session, "--for"), *folder = tsk_session_option(session, "--to");
    struct tsk_office_export_wish wish = { .office = session->argv[0], .folder = folder, .by = session->by };
    struct tsk_office_export done;
    struct tsk_buf text = TSK_BUF(0);
    int rc;

    if (to == NULL || folder == NULL)
        return tsk_fail(
            &session->err, TSK_REJECT, 0,
            "say for whom and where to: --for FILE (what tasuki office key prints at the new site) --to FOLDER");
    rc = read_text(&text, to, &session->err);
    if (rc == 0)
        rc = tsk_paper_read(wish.to, tsk_buf_text(&text), &session->err);
    tsk_buf_free(&text);
    if (rc != 0 || tsk_office_export(&done, session->site, session->records, &wish, &session->err) != 0)
        return -1;
    printf("%s: %lld rows, %lld entries of the audit chain, %zu files, %zu documents of the spool, %llu bytes; "
           "written, read "
           "again and found right\ndigest %s\n"
           "from now on nothing of office %s is sent or recorded here; tasuki office stay takes that back\n",
           done.path, (long long)done.rows, (long long)done.entries, done.files, done.documents,
           (unsigned long long)done.bytes, done.digest, wish.office);
    return 0;
}

static int open_archive(struct tsk_office_archive *archive, struct tsk_session *session)
{
    struct tsk_vault *vault;

    *archive = (struct tsk_office_archive){ .path = session->argv[0] };
    return vault_of(&vault, session) != 0 ? -1
                                          : tsk_office_archive_open(archive, session->argv[0], vault, &session->err);
}

static void print_about(const struct tsk_office_archive *archive)
{
    const json_t *office = json_object_get(archive->about, "office");

    printf("office %s (%s), exported %s by %s with tasuki %s, records of version %lld\n"
           "%zu files, %zu documents of the spool, %llu bytes; all as its manifest says\ndigest %s\n",
           archive->office, json_string_value(json_object_get(office, "name")),
           json_string_value(json_object_get(archive->about, "exported")),
           json_string_value(json_object_get(archive->about, "by")),
           json_string_value(json_object_get(archive->about, "program")), (long long)archive->schema,
           archive->seen.files, archive->seen.documents, (unsigned long long)archive->seen.bytes, archive->digest);
}

static int run_verify(struct tsk_session *session)
{
    struct tsk_office_archive archive;
    int rc = open_archive(&archive, session);

    if (rc == 0)
        print_about(&archive);
    tsk_office_archive_close(&archive);
    return rc;
}

static int run_config(struct tsk_session *session)
{
    struct tsk_office_archive archive;
    int rc = open_archive(&archive, session);

    if (rc == 0)
        fputs(tsk_buf_text(&archive.yaml), stdout);
    tsk_office_archive_close(&archive);
    return rc;
}

static int run_import(struct tsk_session *session)
{
    const struct tsk_office_import_wish wish = { .digest = tsk_session_option(session, "--digest"), .by = session->by };
    struct tsk_office_archive archive;
    struct tsk_office_import done = { .receipt = NULL };
    int rc;

    if (wish.digest == NULL)
        return tsk_fail(
            &session->err, TSK_REJECT, 0,
            "say which archive is meant: --digest, as the former site reads it out (a box does not tell who "
            "closed it)");
    rc = open_archive(&archive, session);
    if (rc == 0)
        rc = tsk_office_import(&done, session->site, session->records, &archive, &wish, &session->err);
    if (rc == 0 && done.before)
        printf("this archive was imported before; %zu documents of the spool were still to come\n", done.documents);
    else if (rc == 0)
        printf("%lld rows, %lld entries of the audit chain, %zu files, %zu documents of the spool; each table compared "
               "with the "
               "archive\n",
               (long long)done.rows, (long long)done.entries, done.files, done.documents);
    if (rc == 0)
        printf("for the former site: tasuki office receipt %s\n", archive.office);
    free(done.receipt);
    tsk_office_archive_close(&archive);
    return rc;
}

static int run_receipt(struct tsk_session *session)
{
    struct tsk_move move;

    if (tsk_move_find(&move, session->store, session->argv[0], "import", session->arena, &session->err) != 0)
        return -1;
    if (*move.certificate == '\0')
        return tsk_fail(&session->err, TSK_REJECT, 0, "the import was not finished; give the same command again");
    puts(move.certificate);
    return 0;
}

static int stay(struct tsk_session *session, void *ctx)
{
    const char *why = tsk_session_option(session, "--why");

    (void)ctx;
    return tsk_move_stay(session->store, session->argv[0], why != NULL ? why : "", session->by, &session->err);
}

static int run_stay(struct tsk_session *session)
{
    return tsk_session_change(session, stay, NULL);
}

static int run_delete(struct tsk_session *session)
{
    const char *path = tsk_session_option(session, "--receipt");
    struct tsk_office_delete_wish wish = { .office = session->argv[0],
                                           .by = session->by,
                                           .why = tsk_session_option(session, "--why") };
    struct tsk_office_deleted done;
    struct tsk_buf text = TSK_BUF(0);
    int rc = path != NULL ? read_text(&text, path, &session->err) : 0;

    wish.receipt = path != NULL ? tsk_buf_text(&text) : NULL;
    if (rc == 0)
        rc = tsk_office_delete(&done, session->site, session->records, &wish, &session->err);
    tsk_buf_free(&text);
    if (rc != 0)
        return -1;
    if (done.asked)
        printf("noted; nothing was deleted: another person gives the same command\n");
    else
        printf("%lld rows deleted, %lld files of the archive removed, %zu documents of the spool; tasuki office "
               "certificate %s\n",
               (long long)done.rows, (long long)done.files, done.documents, wish.office);
    return 0;
}

static int run_certificate(struct tsk_session *session)
{
    struct tsk_move move;

    if (tsk_move_find(&move, session->store, session->argv[0], "export", session->arena, &session->err) != 0)
        return -1;
    if (*move.certificate == '\0')
        return tsk_fail(&session->err, TSK_REJECT, 0, "office %s is %s; a certificate is written when it is deleted",
                        move.office, move.state);
    puts(move.certificate);
    return 0;
}

static int list_late(struct tsk_session *session, struct tsk_spool *spool)
{
    static const char *const headings[] = { "document", "received", "source", "sender", "bytes", NULL };
    struct tsk_spool_entry *entries;
    struct tsk_table *table;
    size_t count;

    if (tsk_spool_list(spool, TSK_SPOOL_HELD, &entries, &count, &session->err) != 0)
        return -1;
    table = tsk_table_new(headings);
    for (size_t i = 0; i < count; i++) {
        const struct tsk_envelope *e = &entries[i].envelope;
        char received[TSK_STAMP_SIZE];

        tsk_stamp(e->received_ms, received);
        if (entries[i].readable && strcmp(e->office, session->argv[0]) == 0)
            tsk_table_row(table, e->id, tsk_session_when(session, received), e->source, e->sender,
                          tsk_session_text(session, "%llu", (unsigned long long)e->size_bytes));
    }
    tsk_spool_list_free(&entries);
    return tsk_session_print(session, &table);
}

static int note_late(struct tsk_session *session, const char *id)
{
    char object[16 + TSK_ID_SIZE];

    snprintf(object, sizeof object, "document:%s", id);
    return tsk_audit_add(session->store, session->argv[0], session->by, "document.handed_on", object,
                         "the office has moved", &session->err);
}

/* The original as it came, durable in a file of the caller's; only then it leaves the spool. */
static int hand_on(struct tsk_session *session, struct tsk_spool *spool)
{
    const char *id = session->argv[1], *path = session->argc > 2 ? session->argv[2] : NULL;
    struct tsk_buf bytes = TSK_BUF(ORIGINAL_MAX);
    struct tsk_spool_entry entry;
    bool gone = false;
    int fd = -1, rc;

    if (path == NULL || session->by == NULL)
        return tsk_fail(&session->err, TSK_REJECT, 0, "say where to, and who does it: FILE --by NAME");
    if (!tsk_spool_id_valid(id))
        return tsk_fail(&session->err, TSK_REJECT, 0, "%s is not the id of a document", id);
    rc = tsk_office_is_gone(&gone, session->store, session->argv[0], &session->err);
    if (rc == 0 && (fd = tsk_spool_peek(spool, id, &entry, &session->err)) < 0)
        rc = -1;
    if (rc == 0 && (!gone || entry.state != TSK_SPOOL_HELD || strcmp(entry.envelope.office, session->argv[0]) != 0))
        rc = tsk_fail(&session->err, TSK_REJECT, 0, "document %s did not come for an office that has moved", id);
    if (rc == 0)
        rc = tsk_fd_read(fd, "the original", &bytes, &session->err);
    if (rc == 0)
        rc = tsk_file_put_path(path, tsk_buf_text(&bytes), bytes.len, 0600, &session->err);
    if (fd >= 0)
        close(fd);
    tsk_buf_free(&bytes);
    if (rc != 0 || note_late(session, id) != 0)
        return -1;
    return tsk_spool_dispose(spool, id, &session->err);
}

static int run_late(struct tsk_session *session)
{
    struct tsk_spool *spool;
    int rc;

    if (tsk_site_spool_open(&spool, session->site, &session->err) != 0)
        return -1;
    rc = session->argc > 1 ? hand_on(session, spool) : list_late(session, spool);
    tsk_spool_close(&spool);
    return rc;
}

static int run_office(int argc, char **argv)
{
    static const char *const to[] = { "--for", "--to", NULL }, *const digest[] = { "--digest", NULL },
                             *const why[] = { "--why", NULL }, *const receipt[] = { "--receipt", "--why", NULL };
    static const struct tsk_subcommand subs[] = {
        { .name = "list", .run = run_list },
        { .name = "key", .run = run_key },
        { .name = "export", .min = 1, .max = 1, .needs_by = true, .run = run_export, .options = to },
        { .name = "verify", .min = 1, .max = 1, .run = run_verify },
        { .name = "config", .min = 1, .max = 1, .run = run_config },
        { .name = "import", .min = 1, .max = 1, .needs_by = true, .run = run_import, .options = digest },
        { .name = "receipt", .min = 1, .max = 1, .run = run_receipt },
        { .name = "stay", .min = 1, .max = 1, .needs_by = true, .run = run_stay, .options = why },
        { .name = "delete", .min = 1, .max = 1, .needs_by = true, .run = run_delete, .options = receipt },
        { .name = "certificate", .min = 1, .max = 1, .run = run_certificate },
        { .name = "late", .min = 1, .max = 3, .run = run_late },
    };

    return tsk_session_run(&tsk_cmd_office, subs, TSK_COUNT(subs), argc, argv);
}

const struct tsk_command tsk_cmd_office = {
    .name = "office",
    .usage = "office list [--office ID] [--plain]\n"
             "office key\n"
             "office export OFFICE --for FILE --to FOLDER --by NAME\n"
             "office verify ARCHIVE\noffice config ARCHIVE\n"
             "office import ARCHIVE --digest DIGEST --by NAME\noffice receipt OFFICE\n"
             "office stay OFFICE [--why TEXT] --by NAME\n"
             "office delete OFFICE --receipt FILE --by NAME\noffice delete OFFICE --why TEXT --by NAME\n"
             "office certificate OFFICE\n"
             "office late OFFICE [DOCUMENT FILE --by NAME]",
    .help = "moves one office to another site, whole, and deletes it here with a certificate",
    .run = run_office,
};
