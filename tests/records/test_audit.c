#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "records/audit.h"
#include "vault/vault.h"

static struct tsk_vault *vault; /* NULL in the first run of every test, a real one in the second */

#define UNLOCK "DROP TRIGGER audit_update; DROP TRIGGER audit_delete; "

static void fill(struct fixture *f, int count)
{
    char object[32];

    for (int i = 1; i <= count; i++) {
        snprintf(object, sizeof object, "sheet:%d", i);
        OK(tsk_audit_add(f->store, i % 2 != 0 ? EAST : NORTH, "佐藤", "view", object, "", &f->err), f);
    }
}

static void test_a_whole_chain(void **state)
{
    struct fixture *f = *state;
    tsk_store_keys(f->store, vault);
    struct tsk_audit_head head;
    struct tsk_audit_head noted;

    OK(tsk_audit_verify(&head, f->store, NULL, &f->err), f);
    assert_int_equal(head.seq, 0);
    fill(f, 3);
    OK(tsk_audit_verify(&noted, f->store, NULL, &f->err), f);
    assert_int_equal(noted.seq, 3);
    OK(tsk_store_begin(f->store, &f->err), f);
    fill(f, 1200); /* more than one part of the check */
    OK(tsk_store_commit(f->store, &f->err), f);
    OK(tsk_audit_verify(&head, f->store, &noted, &f->err), f);
    assert_int_equal(head.seq, 1203);
}

/* Each on a chain of 9, from outside. */
static const struct tampering {
    const char *what, *sql, *words;
} tamperings[] = {
    { "one byte of a detail", "UPDATE audit SET detail = 'x' WHERE seq = 4", "entry 4 was changed" },
    { "who", "UPDATE audit SET actor = '鈴木' WHERE seq = 1", "entry 1 was changed" },
    { "when", "UPDATE audit SET at = '2020-01-01T00:00:00.000Z' WHERE seq = 9", "entry 9 was changed" },
    { "the office", "UPDATE audit SET office_id = '" NORTH "' WHERE seq = 5", "entry 5 was changed" },
    { "words moved between columns", "UPDATE audit SET action = 'vie', object = 'w' || object WHERE seq = 6",
      "entry 6 was changed" },
    { "a hash", "UPDATE audit SET hash = replace(hash, substr(hash, 1, 1), 'g') WHERE seq = 7", "entry 7 was changed" },
    { "one taken away", "DELETE FROM audit WHERE seq = 3", "entry 3 is missing" },
    { "the first taken away", "DELETE FROM audit WHERE seq = 1", "entry 1 is missing" },
    { "one taken away and the rest moved up",
      "DELETE FROM audit WHERE seq = 3; UPDATE audit SET seq = seq - 1 WHERE seq > 3", "entry 3 does not follow" },
    { "the end cut", "DELETE FROM audit WHERE seq > 6", "entry 7 and everything after it is missing" },
    { "one put in",
      "UPDATE audit SET seq = -seq WHERE seq > 4; INSERT INTO audit SELECT 5, prev_hash, at, actor, action, object, "
      "office_id, 'x', hash, key_id FROM audit WHERE seq = 4; UPDATE audit SET seq = 1 - seq WHERE seq < 0",
      "entry 5 does not follow" },
    { "one put at the end",
      "INSERT INTO audit SELECT 10, hash, at, actor, action, object, office_id, detail, hash, key_id FROM audit "
      "WHERE seq = 9",
      "entry 10 was changed" },
    { "one put before the start",
      "INSERT INTO audit SELECT 0, '', at, actor, action, object, office_id, detail, hash, key_id FROM audit "
      "WHERE seq = 9",
      "entry 0 stands before" },
    { "two exchanged",
      "UPDATE audit SET seq = 100 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5; "
      "UPDATE audit SET seq = 5 WHERE seq = 100",
      "entry 4 does not follow" },
    { "everything taken away", "DELETE FROM audit", "entry 1 and everything after it is missing" },
    { "the head lost", "DELETE FROM audit_head", "head of the audit chain is missing" },
};

static void tamper(size_t which)
{
    void *state = NULL;
    struct tsk_audit_head head;
    char sql[1024];

    fixture_open(&state);
    struct fixture *f = state;
    tsk_store_keys(f->store, vault);
    fill(f, 9);
    snprintf(sql, sizeof sql, UNLOCK "%s", tamperings[which].sql);
    fixture_sql(f, sql);
    if (tsk_audit_verify(&head, f->store, NULL, &f->err) == 0)
        fail_msg("%s went unnoticed", tamperings[which].what);
    if (strstr(f->err.text, tamperings[which].words) == NULL)
        fail_msg("%s: \"%s\"", tamperings[which].what, f->err.text);
    fixture_close(&state);
}

static void test_tampering_is_found_and_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < TSK_COUNT(tamperings); i++)
        tamper(i);
}

/* Who rewrites the whole database can rewrite the head as well: only what was noted elsewhere tells. */
static void test_a_noted_head(void **state)
{
    struct fixture *f = *state;
    tsk_store_keys(f->store, vault);
    struct tsk_audit_head noted;
    struct tsk_audit_head head;

    fill(f, 9);
    OK(tsk_audit_verify(&noted, f->store, NULL, &f->err), f);
    fixture_sql(f, UNLOCK "DELETE FROM audit WHERE seq > 5; UPDATE audit_head SET seq = 5, "
                          "hash = (SELECT hash FROM audit WHERE seq = 5)");
    OK(tsk_audit_verify(&head, f->store, NULL, &f->err), f);
    REFUSED(tsk_audit_verify(&head, f->store, &noted, &f->err), f, "entry 6 and everything after it is missing");
    fill(f, 8);
    OK(tsk_audit_verify(&head, f->store, NULL, &f->err), f);
    REFUSED(tsk_audit_verify(&head, f->store, &noted, &f->err), f, "entry 9 is not the one that was noted");
}

static void test_the_list(void **state)
{
    struct fixture *f = *state;
    struct tsk_audit_entries entries;

    fill(f, 9);
    OK(tsk_audit_list(&entries, f->store, &only_east, NULL, 0, f->arena, &f->err), f);
    assert_int_equal(entries.count, 5);
    assert_int_equal(entries.items[0].seq, 9);
    OK(tsk_audit_list(&entries, f->store, &tsk_scope_all, "sheet:4", 0, f->arena, &f->err), f);
    assert_int_equal(entries.count, 1);
    assert_string_equal(entries.items[0].office, NORTH);
    OK(tsk_audit_list(&entries, f->store, &tsk_scope_all, NULL, 2, f->arena, &f->err), f);
    assert_int_equal(entries.count, 2);
    REFUSED(tsk_audit_add(f->store, EAST, "", "view", "x", "", &f->err), f, "nobody is named");
    assert_int_equal(tsk_audit_add(f->store, "nowhere", "佐藤", "view", "x", "", &f->err), -1);
    struct tsk_audit_head head;
    OK(tsk_audit_verify(&head, f->store, NULL, &f->err), f);
}

/* A chain from before there were keys goes on; what was in it cannot be changed any more. */
static void test_the_switch_over(void **state)
{
    struct fixture *f = *state;
    struct tsk_audit_head head;
    struct tsk_audit_entries entries;

    if (vault == NULL)
        return;
    fill(f, 4);
    tsk_store_keys(f->store, vault);
    OK(tsk_audit_verify(&head, f->store, NULL, &f->err), f);
    OK(tsk_audit_key(f->store, &f->err), f);
    OK(tsk_audit_key(f->store, &f->err), f);
    fill(f, 2);
    OK(tsk_audit_verify(&head, f->store, NULL, &f->err), f);
    assert_int_equal(head.seq, 7);
    OK(tsk_audit_list(&entries, f->store, &tsk_scope_all, "audit", 0, f->arena, &f->err), f);
    assert_int_equal(entries.count, 1);
    assert_int_equal(entries.items[0].seq, 5);
    assert_string_equal(entries.items[0].detail, "entries 1 to 4 are without a key");
    tsk_store_keys(f->store, NULL);
    REFUSED(tsk_audit_verify(&head, f->store, NULL, &f->err), f, "entry 5 is keyed, and no key is in place");
    REFUSED(tsk_audit_add(f->store, EAST, "佐藤", "view", "x", "", &f->err), f, "nothing was changed");
}

/* Whoever can write the database and knows the program, but has no key: every entry from 3 on is made anew without one. */
static void test_a_forger_without_the_key(void **state)
{
    struct fixture *f = *state, *forged;
    struct tsk_audit_head head, noted;
    void *other = NULL;
    char sql[512];

    if (vault == NULL)
        return;
    tsk_store_keys(f->store, vault);
    fill(f, 9);
    OK(tsk_audit_verify(&noted, f->store, NULL, &f->err), f);
    fixture_open(&other);
    forged = other;
    fill(forged, 9); /* a chain that is whole by itself */
    snprintf(sql, sizeof sql,
             UNLOCK "ATTACH '%s' AS forged; DELETE FROM audit WHERE seq >= 3; "
                    "INSERT INTO audit SELECT * FROM forged.audit WHERE seq >= 3; "
                    "UPDATE audit_head SET hash = (SELECT hash FROM forged.audit_head)",
             forged->path);
    fixture_sql(f, sql);
    REFUSED(tsk_audit_verify(&head, f->store, NULL, &f->err), f, "entry 3 does not follow");
    fixture_sql(f, "UPDATE audit SET prev_hash = (SELECT hash FROM audit WHERE seq = 2) WHERE seq = 3");
    REFUSED(tsk_audit_verify(&head, f->store, NULL, &f->err), f, "entry 3 is not keyed");
    /* the whole chain replaced by one without keys: only what was noted elsewhere tells */
    snprintf(sql, sizeof sql, "ATTACH '%s' AS forged; DELETE FROM audit; INSERT INTO audit SELECT * FROM forged.audit",
             forged->path);
    fixture_sql(f, sql);
    OK(tsk_audit_verify(&head, f->store, NULL, &f->err), f);
    REFUSED(tsk_audit_verify_noted(&head, f->store, &noted, 1, &f->err), f, "entry 9 is not the one that was noted");
    fixture_close(&other);
}

static int open_keys(const char *path, struct tsk_err *err)
{
    struct tsk_key key;

    tsk_key_new(&key);
    return tsk_keyfile_write(path, &key, 1, err) == 0 ? tsk_vault_open(&vault, path, NULL, err) : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_whole_chain),   cmocka_unit_test(test_tampering_is_found_and_named),
        TEST(test_a_noted_head),    TEST(test_the_list),
        TEST(test_the_switch_over), TEST(test_a_forger_without_the_key),
    };
    char key[] = "/tmp/tasuki-audit-key-XXXXXX";
    struct tsk_err err = { 0 };
    int failed = cmocka_run_group_tests_name("records/audit, without keys", tests, NULL, NULL), fd = mkstemp(key);

    if (fd < 0 || open_keys(key, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    close(fd);
    failed += cmocka_run_group_tests_name("records/audit, keyed", tests, NULL, NULL);
    tsk_vault_close(&vault);
    unlink(key);
    return failed;
}
