/* An office taken in by a site: killed at every step, once and again; a disk that breaks; and the receipt. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "fixture.h"
#include "gateway/office_delete.h"
#include "gateway/office_export.h"
#include "gateway/office_import.h"
#include "records/audit.h"
#include "records/move.h"
#include "vault/box.h"

#define DOCUMENT "01J0000000000000000000AAAA"

static const char config_text[] =
    "offices:\n"
    "  - {id: higashinari, name: 東成区相談支援室, ward: \"27115\", phone: \"06-0000-0000\", hours: 9-17, email: "
    "a@example.jp}\n"
    "  - {id: kita, name: 北区相談支援室, ward: \"27127\", phone: \"06-0000-0001\", hours: 9-17, email: b@example.jp}\n"
    "keys: {file: site.key}\n";

struct place {
    char dir[64];
    struct tsk_site *site;
    struct tsk_records *records;
    struct fixture f; /* of the site's store */
};

struct world {
    struct place old, new;
    struct tsk_office_export done;
};

static void open_records(struct place *p)
{
    OK(tsk_records_open(&p->records, p->site, &p->f.err), &p->f);
    p->f.store = p->records->store;
}

static void close_records(struct place *p)
{
    tsk_records_close(&p->records);
    p->f.store = NULL;
}

static void make_place(struct place *p)
{
    char path[128];
    struct tsk_key key;

    snprintf(p->dir, sizeof p->dir, "/tmp/tasuki-office-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(path, sizeof path, "%s/tasuki.yaml", p->dir);
    OK(tsk_file_put_path(path, config_text, sizeof config_text - 1, 0600, &p->f.err), &p->f);
    OK(tsk_site_open_dir(&p->site, p->dir, &p->f.err), &p->f);
    OK(tsk_site_make_dirs(p->site, &p->f.err), &p->f);
    tsk_key_new(&key);
    OK(tsk_keyfile_write(p->site->key, &key, 1, &p->f.err), &p->f);
    p->f.arena = tsk_arena_new((size_t)64 << 20);
    snprintf(p->f.path, sizeof p->f.path, "%s", p->site->store);
    open_records(p);
}

static void remove_place(struct place *p)
{
    char command[128];
    FILE *rm;

    close_records(p);
    tsk_site_close(&p->site);
    tsk_arena_free(&p->f.arena);
    snprintf(command, sizeof command, "rm -rf %s", p->dir);
    rm = popen(command, "re");
    if (rm != NULL)
        pclose(rm);
}

/* A confirmed referral with three files. */
static void record(struct place *p, const char *id, const char *office, const char *bytes)
{
    struct tsk_document_new document = fixture_document(id, office, bytes);
    struct tsk_document_added added;
    struct tsk_reading reading;
    struct tsk_blobs *blobs = NULL;
    char files[3][TSK_SHA256_HEX], text[64];

    OK(tsk_site_blobs_open(&blobs, p->site, &p->f.err), &p->f);
    for (int i = 0; i < 3; i++) {
        snprintf(text, sizeof text, i == 0 ? "%s" : i == 1 ? "%s page" : "%s crops", bytes);
        OK(tsk_blob_put(files[i], blobs, text, strlen(text), &p->f.err), &p->f);
    }
    tsk_blobs_close(&blobs);
    const struct tsk_page_new page = { .reading = &reading, .image = files[1], .crops = files[2] };
    fixture_know(&p->f);
    fixture_referral(&reading, "山田 一郎");
    OK(fixture_record(&added, p->f.store, &document, &page, 1, p->f.arena, &p->f.err), &p->f);
    tsk_reading_free(&reading);
    OK(tsk_sheet_confirm(NULL, p->f.store, &tsk_scope_all, added.sheets[0], true, "佐藤", &p->f.err), &p->f);
}

static void wait_in_spool(struct place *p)
{
    struct tsk_envelope envelope = { .source = "submit", .office = EAST, .name = "waiting.tif" };
    struct tsk_spool *spool = NULL;
    char path[128];
    int fd;

    snprintf(path, sizeof path, "%s/waiting", p->dir);
    OK(tsk_file_put_path(path, "II*", 4, 0600, &p->f.err), &p->f);
    OK(tsk_site_spool_open(&spool, p->site, &p->f.err), &p->f);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    OK(tsk_spool_put(spool, fd, &envelope, &p->f.err), &p->f);
    close(fd);
    tsk_spool_close(&spool);
}

static int open_world(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct tsk_office_export_wish wish = { .office = EAST, .by = "佐藤" };
    struct tsk_vault *vault = NULL;

    assert_non_null(w);
    *state = w;
    make_place(&w->old);
    make_place(&w->new);
    record(&w->old, DOCUMENT, EAST, "original");
    record(&w->new, "01J0000000000000000000CCCC", NORTH, "another");
    wait_in_spool(&w->old);
    OK(tsk_site_vault(&vault, w->new.site, &w->new.f.err), &w->new.f);
    OK(tsk_box_public(wish.to, vault, &w->new.f.err), &w->new.f);
    wish.folder = w->old.dir;
    OK(tsk_office_export(&w->done, w->old.site, w->old.records, &wish, &w->old.f.err), &w->old.f);
    assert_int_equal(w->done.documents, 1);
    assert_int_equal(w->done.files, 3);
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;

    remove_place(&w->old);
    remove_place(&w->new);
    free(w);
    return 0;
}

static int take_in(struct tsk_office_import *out, struct world *w)
{
    const struct tsk_office_import_wish wish = { .digest = w->done.digest, .by = "田中" };
    struct place *p = &w->new;
    struct tsk_office_archive archive;
    struct tsk_vault *vault = NULL;
    int rc;

    OK(tsk_site_vault(&vault, p->site, &p->f.err), &p->f);
    *out = (struct tsk_office_import){ .receipt = NULL };
    rc = tsk_office_archive_open(&archive, w->done.path, vault, &p->f.err);
    if (rc == 0)
        rc = tsk_office_import(out, p->site, p->records, &archive, &wish, &p->f.err);
    tsk_office_archive_close(&archive);
    return rc;
}

static const char *kill_at;

static void die_there(const char *name)
{
    if (strcmp(name, kill_at) == 0)
        raise(SIGKILL);
}

static void import_and_die(struct world *w, const char *boundary)
{
    struct tsk_office_import done;
    int status = 0;
    pid_t child;

    close_records(&w->new);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        kill_at = boundary;
        tsk_office_import_boundary = die_there;
        open_records(&w->new);
        _exit(take_in(&done, w) == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    open_records(&w->new);
}

static int64_t count(struct place *p, const char *sql)
{
    return fixture_count(&p->f, sql);
}

static void check_whole(struct world *w)
{
    struct place *p = &w->new;
    struct tsk_audit_head head;
    struct tsk_blobs *blobs = NULL;
    struct tsk_spool *spool = NULL;

    assert_int_equal(count(p, "SELECT count(*) FROM documents WHERE office_id = 'higashinari'"), 1);
    assert_int_equal(count(p, "SELECT count(*) FROM sheets WHERE office_id = 'higashinari'"), 1);
    assert_int_equal(count(p, "SELECT count(*) FROM cases WHERE number = '27115-2015-0001'"), 1);
    assert_int_equal(count(p, "SELECT count(*) FROM documents WHERE office_id = 'kita'"), 1);
    assert_int_equal(count(p, "SELECT count(*) FROM purge_files"), 0);
    assert_int_equal(count(p, "SELECT count(*) FROM moves WHERE kind = 'import' AND certificate <> ''"), 1);
    OK(tsk_audit_verify(&head, p->f.store, NULL, &p->f.err), &p->f);
    OK(tsk_site_blobs_open(&blobs, p->site, &p->f.err), &p->f);
    for (int i = 0; i < 3; i++) {
        static const char *const bytes[] = { "original", "original page", "original crops" };
        char sha256[TSK_SHA256_HEX];

        tsk_sha256_hex(bytes[i], strlen(bytes[i]), sha256);
        OK(tsk_blob_verify(blobs, sha256, &p->f.err), &p->f);
    }
    tsk_blobs_close(&blobs);
    OK(tsk_site_spool_open(&spool, p->site, &p->f.err), &p->f);
    assert_int_equal(tsk_spool_count(spool, TSK_SPOOL_INCOMING, &p->f.err), 1);
    tsk_spool_close(&spool);
}

static void test_killed_at_each_boundary(void **state)
{
    static const char *const steps[] = { "looked", "noted", "files", "rows", "committed", "documents", "receipt" };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(steps); i++) {
        struct world *w = NULL;
        struct tsk_office_import done;
        int64_t rows;

        open_world((void **)&w);
        import_and_die(w, steps[i]);
        rows = count(
            &w->new,
            "SELECT (SELECT count(*) FROM documents WHERE office_id = 'higashinari') + (SELECT count(*) FROM fields "
            "WHERE sheet_id IN (SELECT id FROM sheets WHERE office_id = 'higashinari')) + (SELECT count(*) FROM "
            "audit WHERE office_id = 'higashinari') + (SELECT count(*) FROM moves)");
        if ((rows > 0) != (i >= 4))
            fail_msg("killed at \"%s\": %lld rows", steps[i], (long long)rows);
        import_and_die(w, i < 4 ? steps[i] : "looked");
        OK(take_in(&done, w), &w->new.f);
        assert_true(done.before == (i >= 4));
        assert_non_null(done.receipt);
        free(done.receipt);
        check_whole(w);
        close_world((void **)&w);
    }
}

static void test_a_killed_import_leaves_no_files(void **state)
{
    struct world *w = *state;
    struct tsk_blobs *blobs = NULL;
    int64_t removed = 0, left = 0;

    import_and_die(w, "files");
    assert_int_equal(count(&w->new, "SELECT count(*) FROM purge_files"), 3);
    OK(tsk_site_blobs_open(&blobs, w->new.site, &w->new.f.err), &w->new.f);
    OK(tsk_purge_files(&removed, &left, w->new.f.store, blobs, 0, &w->new.f.err), &w->new.f);
    tsk_blobs_close(&blobs);
    assert_int_equal(removed, 3);
    assert_int_equal(left, 0);
}

static int delete_with(struct world *w, const char *receipt, const char *why, const char *by, bool *asked)
{
    const struct tsk_office_delete_wish wish = { .office = EAST, .by = by, .receipt = receipt, .why = why };
    struct tsk_office_deleted done;
    int rc = tsk_office_delete(&done, w->old.site, w->old.records, &wish, &w->old.f.err);

    *asked = rc == 0 && done.asked;
    return rc;
}

/* The one document of the spool is not read here, so that somebody has to put it aside as the reader does. */
static void put_aside(struct world *w)
{
    struct tsk_spool_entry entry;
    struct tsk_spool *spool = NULL;

    OK(tsk_site_spool_open(&spool, w->old.site, &w->old.f.err), &w->old.f);
    assert_int_equal(tsk_spool_claim(spool, "", &entry, &w->old.f.err), 1);
    OK(tsk_spool_hold(spool, entry.envelope.id, "moved", &w->old.f.err), &w->old.f);
    tsk_spool_close(&spool);
}

static void test_two_people(void **state)
{
    struct world *w = *state;
    bool asked = false;

    REFUSED(delete_with(w, NULL, "閉室", "佐藤", &asked), &w->old.f, "wait for the reader");
    put_aside(w);
    REFUSED(delete_with(w, NULL, NULL, "佐藤", &asked), &w->old.f, "two people");
    OK(delete_with(w, NULL, "閉室", "佐藤", &asked), &w->old.f);
    assert_true(asked);
    OK(delete_with(w, NULL, "閉室", "佐藤", &asked), &w->old.f);
    assert_true(asked);
    assert_int_equal(count(&w->old, "SELECT count(*) FROM sheets"), 1);
    OK(delete_with(w, NULL, "閉室", "田中", &asked), &w->old.f);
    assert_false(asked);
    assert_int_equal(count(&w->old, "SELECT count(*) FROM sheets"), 0);
    assert_int_equal(count(&w->old, "SELECT count(*) FROM moves WHERE state = 'deleted' AND certificate LIKE '%閉室%'"),
                     1);
}

static void test_there_and_back(void **state)
{
    struct world *w = *state;
    struct tsk_office_import done;
    struct tsk_office_export_wish wish = { .office = EAST, .by = "田中" };
    struct tsk_vault *vault = NULL;
    struct world back;
    bool asked;

    OK(take_in(&done, w), &w->new.f);
    put_aside(w);
    OK(delete_with(w, done.receipt, NULL, "佐藤", &asked), &w->old.f);
    assert_int_equal(count(&w->old, "SELECT count(*) FROM cases"), 0);
    free(done.receipt);
    OK(tsk_site_vault(&vault, w->old.site, &w->old.f.err), &w->old.f);
    OK(tsk_box_public(wish.to, vault, &w->old.f.err), &w->old.f);
    wish.folder = w->new.dir;
    back = (struct world){ .old = w->new, .new = w->old };
    OK(tsk_office_export(&back.done, w->new.site, w->new.records, &wish, &w->new.f.err), &w->new.f);
    OK(take_in(&done, &back), &back.new.f);
    free(done.receipt);
    assert_int_equal(count(&w->old, "SELECT count(*) FROM cases WHERE number = '27115-2015-0001'"), 1);
    assert_int_equal(count(&w->old, "SELECT count(*) FROM offices_gone"), 0);
    assert_int_equal(count(&w->old, "SELECT count(*) FROM moves WHERE state = 'returned'"), 1);
}

#define WORLD(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_at_each_boundary),
        WORLD(test_a_killed_import_leaves_no_files),
        WORLD(test_two_people),
        WORLD(test_there_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
