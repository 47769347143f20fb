#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "records/audit.h"
#include "records/case.h"
#include "records/migrations.h"

static void test_opens_again_without_change(void **state)
{
    struct fixture *f = *state;

    assert_true(tsk_store_version(f->store) >= 2);
    fixture_reopen(f);
    OK(tsk_store_check(f->store, &f->err), f);
    assert_int_equal(fixture_count(f, "PRAGMA user_version"), tsk_store_version(f->store));
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM offices WHERE id <> '*'"), 2);
}

static void test_durable_settings(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_count(f, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
}

static void test_newer_file_is_refused(void **state)
{
    struct fixture *f = *state;
    struct tsk_store *store = NULL;

    fixture_sql(f, "PRAGMA user_version = 999");
    REFUSED(tsk_store_open(&store, f->path, &f->err), f, "version 999");
    assert_int_equal(f->err.kind, TSK_STOP);
    assert_null(store);
}

static void test_damaged_file_is_refused(void **state)
{
    struct fixture *f = *state;
    struct tsk_store *store = NULL;
    char path[128];

    snprintf(path, sizeof path, "%s/noise.db", f->dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 500; i++)
        fputs("this is no database ", file);
    fclose(file);
    REFUSED(tsk_store_open(&store, path, &f->err), f, "damaged");
    assert_int_equal(f->err.kind, TSK_STOP);
}

/* A file as the first version of the program made it, with a case in it. */
static void put_first_version(struct fixture *f)
{
    remove(f->path);
    fixture_sql(f, (const char *)tsk_migrations[0].sql);
    fixture_sql(f, "INSERT INTO offices VALUES ('" EAST "', '27115', '', '27115');"
                   "INSERT INTO cases VALUES ('27115-2020-0001', '" EAST "', 2020, 1, '2020-05-01T00:00:00.000Z', 'a');"
                   "PRAGMA user_version = 1");
}

static void test_migrates_from_the_first_version(void **state)
{
    struct fixture *f = *state;

    tsk_store_close(&f->store);
    put_first_version(f);
    OK(tsk_store_open(&f->store, f->path, &f->err), f);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM sheet_events"), 0);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM cases"), 1);
    assert_int_equal(fixture_count(f, "PRAGMA user_version"), tsk_store_version(f->store));
    assert_int_equal(fixture_try(f, "PRAGMA foreign_key_check"), 0);
}

/* What a person had settled of a mail about several cases stays settled when each case proposes an entry of its own. */
static void test_settled_proposals_stay_settled(void **state)
{
    struct fixture *f = *state;

    tsk_store_close(&f->store);
    remove(f->path);
    for (int i = 0; i < 25; i++)
        fixture_sql(f, (const char *)tsk_migrations[i].sql);
    fixture_sql(
        f, "PRAGMA user_version = 25;"
           "INSERT INTO offices (id, ward, name, code) VALUES ('" EAST "', '27115', '', '27115');"
           "INSERT INTO cases (number, office_id, fiscal_year, sequence, opened, opened_by) SELECT '27115-2026-000' || "
           "value, '" EAST "', 2026, value, '', 'a' FROM json_each('[1,2]');"
           "INSERT INTO notices (id, office_id, document, about, event, rule, recipient, kind, state, reason, "
           "channel, destination, subject, body, batch, created, next_attempt, finished, case_number) "
           "SELECT 'N' || value, '" EAST "', '', value, 'e', 'r', 'institution:7', 'alert', 'sent', '', "
           "'email', 'x', '', '', CASE WHEN value < 3 THEN 'A' WHEN value < 5 THEN 'B' ELSE '' END, '', '', "
           "'', CASE WHEN value < 5 THEN '27115-2026-000' || (value % 2 + 1) END "
           "FROM json_each('[1,2,3,4,5]');"
           "INSERT INTO inquiries (office_id, case_number, hospital, recipient, since, round, state, day, "
           "call, created, by) SELECT '" EAST "', '27115-2026-000' || value, '', 'institution:7', '', 1, "
           "'asked', '', 'N5', '', 'a' FROM json_each('[1,2]');"
           "INSERT INTO contact_declined VALUES ('" EAST "', 'notice:N1', '佐藤', '');"
           "INSERT INTO contacts (office_id, day, counterpart, kind, minutes, text, source, by, at) VALUES "
           "('" EAST "', '2026-05-11', 'hospital', 'outside', 5, '', 'notice:N5', '佐藤', '')");
    OK(tsk_store_open(&f->store, f->path, &f->err), f);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM contact_proposals"), 6);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM contact_proposals WHERE source NOT IN (SELECT source FROM "
                                      "contact_declined)"),
                     2); /* of the mail that nobody had looked at */
}

static void test_two_processes_create_one_store(void **state)
{
    struct fixture *f = *state;
    char path[128];
    pid_t children[4];

    snprintf(path, sizeof path, "%s/shared.db", f->dir);
    for (size_t i = 0; i < TSK_COUNT(children); i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct tsk_store *store = NULL;
            struct tsk_err err;
            int rc = tsk_store_open(&store, path, &err);
            if (rc == 0)
                rc = tsk_store_check(store, &err);
            tsk_store_close(&store);
            _exit(rc == 0 ? 0 : 1);
        }
    }
    for (size_t i = 0; i < TSK_COUNT(children); i++) {
        int status = -1;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
}

static void test_rollback_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    char first[TSK_CASE_NUMBER_SIZE];
    char second[TSK_CASE_NUMBER_SIZE];

    OK(tsk_store_begin(f->store, &f->err), f);
    OK(tsk_case_open(first, f->store, EAST, 1500000000000, "a", &f->err), f);
    tsk_store_rollback(f->store);
    tsk_store_rollback(f->store);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM cases"), 0);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM audit"), 0);
    OK(tsk_case_open(second, f->store, EAST, 1500000000000, "a", &f->err), f);
    assert_string_equal(first, second); /* nobody ever saw the first one */
}

static void test_part_undoes_only_itself(void **state)
{
    struct fixture *f = *state;
    char number[TSK_CASE_NUMBER_SIZE];

    OK(tsk_store_begin(f->store, &f->err), f);
    OK(tsk_case_open(number, f->store, EAST, 1500000000000, "a", &f->err), f);
    REFUSED(tsk_case_open(number, f->store, "nowhere", 1500000000000, "a", &f->err), f, "no office nowhere");
    REFUSED(tsk_case_open(number, f->store, NORTH, 1500000000000, "", &f->err), f, "nobody is named");
    OK(tsk_store_commit(f->store, &f->err), f);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM cases"), 1);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM case_counters"), 1);
}

static void test_offices(void **state)
{
    struct fixture *f = *state;
    struct tsk_offices offices;
    const struct tsk_office same_code = { "third", "27115", "", "" };
    const struct tsk_office no_code = { "third", "", "", "" };
    const struct tsk_office renamed = { EAST, "", "東成", "27115" };

    REFUSED(tsk_office_put(f->store, &same_code, &f->err), f, "code 27115");
    REFUSED(tsk_office_put(f->store, &no_code, &f->err), f, "neither code nor ward");
    OK(tsk_office_put(f->store, &renamed, &f->err), f);
    OK(tsk_office_list(&offices, f->store, &tsk_scope_all, f->arena, &f->err), f);
    assert_int_equal(offices.count, 2);
    assert_string_equal(offices.items[0].name, "東成");
    OK(tsk_office_list(&offices, f->store, &only_north, f->arena, &f->err), f);
    assert_int_equal(offices.count, 1);
    OK(tsk_office_list(&offices, f->store, &nobody, f->arena, &f->err), f);
    assert_int_equal(offices.count, 0);
    OK(tsk_source_put(f->store, "mfp", EAST, &f->err), f);
    OK(tsk_source_put(f->store, "mfp", NORTH, &f->err), f);
    assert_int_equal(tsk_source_put(f->store, "other", "nowhere", &f->err), -1);
}

static void test_too_small_an_arena_is_an_answer(void **state)
{
    struct fixture *f = *state;
    struct tsk_offices offices;
    struct tsk_arena *small = tsk_arena_new(20);

    REFUSED(tsk_office_list(&offices, f->store, &tsk_scope_all, small, &f->err), f, "too large");
    tsk_arena_free(&small);
    OK(tsk_office_list(&offices, f->store, &tsk_scope_all, f->arena, &f->err), f); /* the statement is free again */
}

/* The process ends in the middle of a transaction: nothing of it is there afterwards, all that was committed is. */
static void test_killed_before_commit(void **state)
{
    struct fixture *f = *state;

    tsk_store_close(&f->store);
    pid_t child = fork();
    if (child == 0) {
        char number[TSK_CASE_NUMBER_SIZE];
        struct tsk_store *store = NULL;
        if (tsk_store_open(&store, f->path, NULL) != 0 || tsk_case_open(number, store, EAST, 1, "a", NULL) != 0 ||
            tsk_store_begin(store, NULL) != 0 || tsk_case_open(number, store, EAST, 1, "a", NULL) != 0)
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    OK(tsk_store_open(&f->store, f->path, &f->err), f);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM cases"), 1);
    struct tsk_audit_head head;
    OK(tsk_audit_verify(&head, f->store, NULL, &f->err), f);
}

static void test_only_the_owner_reads_it(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    char path[128];
    static const char *const files[] = { "", "-wal", "-shm" };

    for (size_t i = 0; i < TSK_COUNT(files); i++) {
        snprintf(path, sizeof path, "%s%s", f->path, files[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    assert_int_equal(tsk_store_open(&(struct tsk_store *){ NULL }, "/nowhere/tasuki.db", &f->err), -1);
    assert_int_equal(f->err.kind, TSK_STOP);
}

/* Files may not grow beyond limit: writing breaks off somewhere in the transaction. 0 recorded, 2 refused. */
static int add_with_limit(struct fixture *f, rlim_t limit)
{
    const struct rlimit small = { limit, RLIM_INFINITY };
    struct tsk_document_added added;
    struct tsk_reading reading;
    const struct tsk_document_new document = fixture_document("D1", EAST, "bytes");
    const struct tsk_page_new page = { .reading = &reading, .image = "", .crops = "" };

    signal(SIGXFSZ, SIG_IGN);
    fixture_referral(&reading, "山田 一郎");
    if (tsk_store_open(&f->store, f->path, &f->err) != 0 || setrlimit(RLIMIT_FSIZE, &small) != 0)
        return 1;
    if (tsk_document_add(&added, f->store, &document, &page, 1, &fixture_versions, f->arena, &f->err) == 0)
        return 0;
    return f->err.kind == TSK_RETRY ? 2 : 3;
}

static void test_a_full_disk_leaves_nothing_half(void **state)
{
    struct fixture *f = *state;
    struct tsk_audit_head head;
    int refused = 0;

    tsk_store_close(&f->store);
    for (rlim_t limit = 4096;; limit += 8192) {
        int status = -1;
        pid_t child = fork();
        if (child == 0)
            _exit(add_with_limit(f, limit));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 0)
            break;
        assert_int_equal(WEXITSTATUS(status), 2);
        refused++;
        assert_int_equal(fixture_count(f, "SELECT count(*) FROM documents"), 0);
        assert_int_equal(fixture_count(f, "SELECT count(*) FROM fields"), 0);
        assert_int_equal(fixture_count(f, "SELECT count(*) FROM audit"), 0);
    }
    assert_true(refused > 3);
    OK(tsk_store_open(&f->store, f->path, &f->err), f);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM documents"), 1);
    OK(tsk_store_check(f->store, &f->err), f);
    OK(tsk_audit_verify(&head, f->store, NULL, &f->err), f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_opens_again_without_change),      TEST(test_durable_settings),
        TEST(test_newer_file_is_refused),           TEST(test_damaged_file_is_refused),
        TEST(test_migrates_from_the_first_version), TEST(test_settled_proposals_stay_settled),
        TEST(test_two_processes_create_one_store),  TEST(test_rollback_leaves_nothing),
        TEST(test_part_undoes_only_itself),         TEST(test_offices),
        TEST(test_too_small_an_arena_is_an_answer), TEST(test_killed_before_commit),
        TEST(test_only_the_owner_reads_it),         TEST(test_a_full_disk_leaves_nothing_half),
    };

    return cmocka_run_group_tests_name("records/store", tests, NULL, NULL);
}
