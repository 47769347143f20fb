/* A list of disposal carried out on a site with keys: killed at every step, with a reader in the way, and again from the log. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "fixture.h"
#include "gateway/purge_log.h"
#include "gateway/retention.h"
#include "gateway/spool_site.h"
#include "records/audit.h"
#include "records/case.h"
#include "records/disposal.h"
#include "records/incident.h"
#include "records/settle.h"
#include "vault/vault.h"

#define ONE "27115-2015-0001"
#define PATIENT "山田 一郎"

static const char config_text[] =
    "offices:\n"
    "  - {id: higashinari, name: 東成区相談支援室, ward: \"27115\", phone: \"06-0000-0000\", "
    "hours: 9-17, email: a@example.jp}\n"
    "keys: {file: site.key}\n";

struct place {
    char dir[64];
    struct tsk_site *site;
    struct tsk_vault *vault;
    struct tsk_blobs *blobs;
    struct fixture f; /* of the site's store */
    char files[3][TSK_SHA256_HEX];
    int64_t list;
};

static void open_store(struct place *p)
{
    OK(tsk_site_vault(&p->vault, p->site, &p->f.err), &p->f);
    OK(tsk_store_open(&p->f.store, p->site->store, &p->f.err), &p->f);
    tsk_store_keys(p->f.store, p->vault);
}

static int open_place(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    char path[128];
    struct tsk_key key;

    assert_non_null(p);
    *state = p;
    snprintf(p->dir, sizeof p->dir, "/tmp/tasuki-retention-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(path, sizeof path, "%s/tasuki.yaml", p->dir);
    OK(tsk_file_put_path(path, config_text, sizeof config_text - 1, 0600, &p->f.err), &p->f);
    OK(tsk_site_open_dir(&p->site, p->dir, &p->f.err), &p->f);
    OK(tsk_site_make_dirs(p->site, &p->f.err), &p->f);
    tsk_key_new(&key);
    OK(tsk_keyfile_write(p->site->key, &key, 1, &p->f.err), &p->f);
    OK(tsk_site_vault(&p->vault, p->site, &p->f.err), &p->f);
    assert_non_null(p->vault);
    OK(tsk_site_blobs_open(&p->blobs, p->site, &p->f.err), &p->f);
    p->f.arena = tsk_arena_new((size_t)64 << 20);
    snprintf(p->f.path, sizeof p->f.path, "%s", p->site->store);
    open_store(p);
    const struct tsk_office office = { EAST, "", "東成区", "27115" };
    OK(tsk_office_put(p->f.store, &office, &p->f.err), &p->f);
    return 0;
}

static int close_place(void **state)
{
    struct place *p = *state;
    char command[128];
    FILE *rm;

    tsk_store_close(&p->f.store);
    tsk_blobs_close(&p->blobs);
    tsk_site_close(&p->site);
    tsk_arena_free(&p->f.arena);
    snprintf(command, sizeof command, "rm -rf %s", p->dir);
    rm = popen(command, "re");
    free(p);
    return rm != NULL ? pclose(rm) : -1;
}

static void put(struct place *p, int i, const char *bytes)
{
    OK(tsk_blob_put(p->files[i], p->blobs, bytes, strlen(bytes), &p->f.err), &p->f);
}

/* A confirmed case with three files, completed long ago; listed and approved. */
static void seed(struct place *p)
{
    struct tsk_document_new document = fixture_document("01J0000000000000000000AAAA", EAST, "original");
    struct tsk_reading reading;
    struct tsk_document_added added;

    put(p, 0, "original");
    put(p, 1, "page");
    put(p, 2, "crops");
    const struct tsk_page_new page = { .reading = &reading, .image = p->files[1], .crops = p->files[2] };
    fixture_know(&p->f);
    fixture_referral(&reading, PATIENT);
    OK(fixture_record(&added, p->f.store, &document, &page, 1, p->f.arena, &p->f.err), &p->f);
    tsk_reading_free(&reading);
    OK(tsk_sheet_confirm(NULL, p->f.store, &only_east, added.sheets[0], true, "佐藤", &p->f.err), &p->f);
    fixture_sql(&p->f, "UPDATE cases SET completed = '2019-03-31', closed_as = 'home'");
    OK(tsk_disposal_propose(&p->list, p->f.store, &only_east, EAST, "佐藤", &p->f.err), &p->f);
    OK(tsk_disposal_decide(p->f.store, &only_east, p->list, true, "", "田中", &p->f.err), &p->f);
}

static int present(struct place *p)
{
    int count = 0;

    for (size_t i = 0; i < TSK_COUNT(p->files); i++)
        count += tsk_blob_verify(p->blobs, p->files[i], &p->f.err) == 0;
    return count;
}

static bool disk_has(const struct place *p, const char *bytes)
{
    char wal[160];
    struct tsk_buf buf = TSK_BUF((size_t)64 << 20);
    bool found;

    snprintf(wal, sizeof wal, "%s-wal", p->f.path);
    OK(tsk_file_read(p->f.path, &buf, NULL), &p->f);
    if (access(wal, F_OK) == 0)
        OK(tsk_file_read(wal, &buf, NULL), &p->f);
    found = memmem(buf.data, buf.len, bytes, strlen(bytes)) != NULL;
    tsk_buf_free(&buf);
    return found;
}

static const char *die_at;

static void die_there(const char *name)
{
    if (strcmp(name, die_at) == 0)
        raise(SIGKILL);
}

static void run_until_killed(struct place *p, const char *boundary)
{
    int status;
    pid_t pid;

    tsk_store_close(&p->f.store);
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        struct tsk_retention_run done;

        die_at = boundary;
        tsk_retention_boundary = die_there;
        if (tsk_site_open_dir(&p->site, p->dir, &p->f.err) != 0) /* no child inherits the keys */
            _exit(2);
        open_store(p);
        (void)!tsk_retention_carry_out(&done, p->site, p->f.store, &only_east, p->list, "田中", &p->f.err);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    open_store(p);
}

static void carry_out(struct place *p, struct tsk_retention_run *done)
{
    OK(tsk_retention_carry_out(done, p->site, p->f.store, &only_east, p->list, "田中", &p->f.err), &p->f);
}

static void check_done(struct place *p)
{
    struct tsk_disposal disposal;

    OK(tsk_disposal_find(&disposal, p->f.store, &only_east, p->list, p->f.arena, &p->f.err), &p->f);
    assert_string_equal(disposal.state, "done");
    assert_int_equal(disposal.purged, 1);
    assert_int_equal(present(p), 0);
    assert_int_equal(fixture_count(&p->f, "SELECT count(*) FROM purge_files"), 0);
    assert_int_equal(fixture_count(&p->f, "SELECT count(*) FROM purging"), 0);
    assert_false(disk_has(p, PATIENT));
    struct tsk_audit_head head;
    OK(tsk_audit_verify(&head, p->f.store, NULL, &p->f.err), &p->f);
}

static void kill_at(void **state, const char *boundary, bool whole_then)
{
    struct place *p = *state;
    struct tsk_retention_run done;

    seed(p);
    run_until_killed(p, boundary);
    /* The records are whole or absent; whole records have their files. */
    assert_int_equal(fixture_count(&p->f, "SELECT count(*) FROM cases"), whole_then);
    assert_int_equal(fixture_count(&p->f, "SELECT count(*) > 0 FROM fields"), whole_then);
    if (whole_then)
        assert_int_equal(present(p), 3);
    assert_int_equal(fixture_count(&p->f, "SELECT count(*) FROM purging"), 0);
    if (fixture_count(&p->f, "SELECT count(*) FROM disposals WHERE state = 'approved'") > 0)
        carry_out(p, &done);
    check_done(p);
}

static void test_killed_before_the_commit(void **state)
{
    kill_at(state, "noted", true);
}

static void test_killed_after_the_commit(void **state)
{
    kill_at(state, "committed", false);
}

static void test_killed_after_the_files(void **state)
{
    kill_at(state, "file", false);
}

static void test_killed_at_the_end(void **state)
{
    kill_at(state, "finished", false);
}

/* What the log notes is done again on an older copy, any number of times. */
static void test_an_older_copy(void **state)
{
    struct place *p = *state;
    char copy[128], *log = tsk_retention_log_path(p->site);
    struct tsk_retention_run done;
    struct tsk_purge_target target = { .vault = p->vault, .blobs = p->blobs };

    seed(p);
    snprintf(copy, sizeof copy, "%s/older.db", p->dir);
    OK(tsk_store_copy(p->f.store, copy, &p->f.err), &p->f);
    carry_out(p, &done);
    assert_int_equal(done.purged, 1);
    assert_int_equal(done.files, 3);
    check_done(p);
    put(p, 0, "original"); /* as a restore brings them back */
    put(p, 1, "page");
    put(p, 2, "crops");
    OK(tsk_store_open(&target.store, copy, &p->f.err), &p->f);
    tsk_store_keys(target.store, p->vault);
    assert_int_equal(tsk_purge_apply(log, &target, &p->f.err), 1);
    assert_int_equal(present(p), 0);
    assert_int_equal(tsk_purge_apply(log, &target, &p->f.err), 0);
    struct tsk_case kase;
    assert_int_equal(tsk_case_find(&kase, target.store, &tsk_scope_all, ONE, p->f.arena, &p->f.err), -1);
    struct tsk_audit_head head;
    OK(tsk_audit_verify(&head, target.store, NULL, &p->f.err), &p->f);
    tsk_store_close(&target.store);
    free(log);
}

/* The same of a document that belongs to no case and lies held in the spool: row, file and spool go, on a restored site too. */
static void test_an_older_document(void **state)
{
    struct place *p = *state;
    struct tsk_envelope envelope = { .source = "fax", .office = EAST, .name = "junk.tif" };
    struct tsk_purge_target target = { .vault = p->vault, .blobs = p->blobs, .store = p->f.store };
    char *log = tsk_retention_log_path(p->site), sha256[TSK_SHA256_HEX];
    struct tsk_document_added added;
    struct tsk_spool_entry entry;
    FILE *file = tmpfile();

    assert_non_null(file);
    fputs("junk", file);
    rewind(file);
    OK(tsk_site_spool_open(&target.spool, p->site, &p->f.err), &p->f);
    OK(tsk_spool_put(target.spool, fileno(file), &envelope, &p->f.err), &p->f);
    fclose(file);
    assert_int_equal(tsk_spool_claim(target.spool, "", &entry, &p->f.err), 1);
    OK(tsk_spool_hold(target.spool, envelope.id, "it is junk", &p->f.err), &p->f);
    OK(tsk_blob_put(sha256, p->blobs, "junk", 4, &p->f.err), &p->f);
    struct tsk_document_new document = fixture_document(envelope.id, EAST, "junk");
    OK(tsk_document_hold(&added, p->f.store, &document, "it is junk", p->f.arena, &p->f.err), &p->f);
    const struct tsk_purge purge = { .what = "document", .id = envelope.id, .by = "田中", .why = "保存期間の満了" };
    OK(tsk_purge_note(log, p->vault, &purge, &p->f.err), &p->f);
    assert_int_equal(tsk_spool_count(target.spool, TSK_SPOOL_HELD, &p->f.err), 1);
    assert_int_equal(tsk_purge_apply(log, &target, &p->f.err), 1);
    assert_int_equal(tsk_spool_count(target.spool, TSK_SPOOL_HELD, &p->f.err), 0);
    assert_int_equal(fixture_count(&p->f, "SELECT count(*) FROM documents"), 0);
    assert_int_equal(tsk_blob_verify(p->blobs, sha256, &p->f.err), -1);
    assert_int_equal(tsk_purge_apply(log, &target, &p->f.err), 0);
    tsk_spool_close(&target.spool);
    free(log);
}

/* An incident of no case; on the older copy its number belongs to it and, after it has gone, to another one. */
static void test_an_older_incident(void **state)
{
    const struct tsk_incident_new lost = { .kind = "lost", .office = EAST, .text = PATIENT };
    struct place *p = *state;
    char copy[128], *log = tsk_retention_log_path(p->site);
    struct tsk_retention_run done;
    struct tsk_purge_target target = { .vault = p->vault, .blobs = p->blobs };
    int64_t id;

    OK(tsk_incident_open(&id, p->f.store, &only_east, &lost, "佐藤", &p->f.err), &p->f);
    OK(tsk_incident_note(p->f.store, &only_east, id, TSK_INCIDENT_RETURNED, "開けずに戻った", NULL, "佐藤", &p->f.err),
       &p->f);
    fixture_sql(&p->f, "UPDATE incidents SET closed = '2019-03-31T14:00:00.000Z'; UPDATE todos SET done = "
                       "'2019-03-31T14:00:00.000Z', done_by = 'x'");
    OK(tsk_disposal_propose(&p->list, p->f.store, &only_east, EAST, "佐藤", &p->f.err), &p->f);
    OK(tsk_disposal_decide(p->f.store, &only_east, p->list, true, "", "田中", &p->f.err), &p->f);
    snprintf(copy, sizeof copy, "%s/older.db", p->dir);
    OK(tsk_store_copy(p->f.store, copy, &p->f.err), &p->f);
    carry_out(p, &done);
    assert_int_equal(done.purged, 1);
    check_done(p);
    assert_int_equal(fixture_count(&p->f, "SELECT count(*) FROM incidents"), 0);
    OK(tsk_store_open(&target.store, copy, &p->f.err), &p->f);
    tsk_store_keys(target.store, p->vault);
    assert_int_equal(tsk_purge_apply(log, &target, &p->f.err), 1);
    assert_int_equal(tsk_purge_apply(log, &target, &p->f.err), 0);
    fixture_sql(&p->f, "INSERT INTO incidents (id, office_id, kind, known, opened, opened_by, state) VALUES (1, '" EAST
                       "', 'lost', '2019-01-01T00:00:00.000Z', '2019-01-01T00:00:00.000Z', '佐藤', 'open')");
    tsk_store_close(&target.store);
    target.store = p->f.store;
    assert_int_equal(tsk_purge_apply(log, &target, &p->f.err), 0);
    assert_int_equal(fixture_count(&p->f, "SELECT count(*) FROM incidents"), 1);
    free(log);
}

/* A reader that has put the same bytes and not named them yet keeps them: disposal waits for it. */
static void test_a_reader_in_between(void **state)
{
    struct place *p = *state;
    const struct tsk_subject subject = { "case", ONE };
    struct tsk_blobs *reader;
    struct tsk_purged purged;
    int64_t removed, left;

    seed(p);
    OK(tsk_site_blobs_open(&reader, p->site, &p->f.err), &p->f);
    OK(tsk_purge_subject(&purged, p->f.store, &subject, "x", "佐藤", p->f.arena, &p->f.err), &p->f);
    OK(tsk_blobs_hold(reader, &p->f.err), &p->f);
    char sha256[TSK_SHA256_HEX];
    OK(tsk_blob_put(sha256, reader, "original", strlen("original"), &p->f.err), &p->f);
    OK(tsk_purge_files(&removed, &left, p->f.store, p->blobs, 100, &p->f.err), &p->f);
    assert_int_equal(removed, 0);
    assert_int_equal(left, 3);
    assert_int_equal(present(p), 3);
    struct tsk_document_new again = fixture_document("01J0000000000000000000BBBB", EAST, "original");
    struct tsk_document_added added;
    OK(tsk_document_hold(&added, p->f.store, &again, "x", p->f.arena, &p->f.err), &p->f);
    tsk_blobs_release(reader);
    OK(tsk_purge_files(&removed, &left, p->f.store, p->blobs, 100, &p->f.err), &p->f);
    assert_int_equal(removed, 2);
    assert_int_equal(left, 0);
    OK(tsk_blob_verify(p->blobs, sha256, &p->f.err), &p->f); /* it has a name again */
    tsk_blobs_close(&reader);
}

/* Held again after the approval, or with its document in the spool: left, with the reason on the certificate. */
static void test_hindered_meanwhile(void **state)
{
    struct place *p = *state;
    const struct tsk_subject subject = { "case", ONE };
    struct tsk_retention_run done;
    struct tsk_disposal disposal;

    seed(p);
    OK(tsk_hold_place(p->f.store, &only_east, &subject, "訴訟", "佐藤", &p->f.err), &p->f);
    carry_out(p, &done);
    assert_int_equal(done.left, 1);
    assert_int_equal(done.purged, 0);
    assert_int_equal(present(p), 3);
    OK(tsk_disposal_find(&disposal, p->f.store, &only_east, p->list, p->f.arena, &p->f.err), &p->f);
    assert_non_null(strstr(disposal.certificate, "\"left\": \"held\""));
    REFUSED(tsk_retention_carry_out(&done, p->site, p->f.store, &only_east, p->list, "田中", &p->f.err), &p->f,
            "is done");
}

static void put_in_spool(struct place *p, char id[TSK_ID_SIZE], enum tsk_spool_state state)
{
    struct tsk_envelope envelope = { .source = "submit", .office = EAST };
    struct tsk_spool_entry entry;
    struct tsk_spool *spool;
    FILE *file = tmpfile();

    assert_non_null(file);
    fputs("original", file);
    fflush(file);
    rewind(file);
    OK(tsk_site_spool_open(&spool, p->site, &p->f.err), &p->f);
    OK(tsk_spool_put(spool, fileno(file), &envelope, &p->f.err), &p->f);
    snprintf(id, TSK_ID_SIZE, "%s", envelope.id);
    if (state == TSK_SPOOL_HELD) {
        assert_int_equal(tsk_spool_claim(spool, "", &entry, &p->f.err), 1);
        OK(tsk_spool_hold(spool, id, "has a fault", &p->f.err), &p->f);
    }
    tsk_spool_close(&spool);
    fclose(file);
}

static void test_a_document_in_the_spool(void **state)
{
    struct place *p = *state;
    char id[TSK_ID_SIZE], sql[160];
    struct tsk_retention_run done;

    seed(p);
    put_in_spool(p, id, TSK_SPOOL_INCOMING);
    snprintf(sql, sizeof sql, "DROP TRIGGER documents_bytes; UPDATE documents SET spool_id = '%s'", id);
    fixture_sql(&p->f, sql);
    carry_out(p, &done);
    assert_int_equal(done.left, 1);
    assert_int_equal(present(p), 3);
}

static void test_a_held_document_goes_with_its_spool(void **state)
{
    struct place *p = *state;
    char id[TSK_ID_SIZE];
    struct tsk_retention_run done;
    struct tsk_document_added added;
    struct tsk_spool_entry entry;
    struct tsk_spool *spool;

    put(p, 0, "original");
    put_in_spool(p, id, TSK_SPOOL_HELD);
    struct tsk_document_new document = fixture_document(id, EAST, "original");
    OK(tsk_document_hold(&added, p->f.store, &document, "has a fault", p->f.arena, &p->f.err), &p->f);
    OK(tsk_document_settle(p->f.store, &only_east, id, "junk", "", "佐藤", &p->f.err), &p->f);
    fixture_sql(&p->f, "UPDATE documents SET settled_at = '2019-05-01T00:00:00.000Z'");
    OK(tsk_disposal_propose(&p->list, p->f.store, &only_east, EAST, "佐藤", &p->f.err), &p->f);
    OK(tsk_disposal_decide(p->f.store, &only_east, p->list, true, "", "田中", &p->f.err), &p->f);
    carry_out(p, &done);
    assert_int_equal(done.purged, 1);
    assert_int_equal(done.files, 1);
    OK(tsk_site_spool_open(&spool, p->site, &p->f.err), &p->f);
    assert_int_equal(tsk_spool_show(spool, id, &entry, &p->f.err), -1);
    tsk_spool_close(&spool);
}

#define AT_SITE(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_SITE(test_killed_before_the_commit),
        AT_SITE(test_killed_after_the_commit),
        AT_SITE(test_killed_after_the_files),
        AT_SITE(test_killed_at_the_end),
        AT_SITE(test_an_older_copy),
        AT_SITE(test_an_older_document),
        AT_SITE(test_an_older_incident),
        AT_SITE(test_a_reader_in_between),
        AT_SITE(test_hindered_meanwhile),
        AT_SITE(test_a_document_in_the_spool),
        AT_SITE(test_a_held_document_goes_with_its_spool),
    };

    return cmocka_run_group_tests_name("gateway/disposal", tests, NULL, NULL);
}
