/* One office out of a store and into another: every table, every reference, nothing of the others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "fixture.h"
#include "records/audit.h"
#include "records/move.h"
#include "records/moving.h"
#include "records/moving_audit.h"
#include "records/moving_parts.h"
#include "records/notice.h"

#define TABLES_MAX 64

static void test_every_table_is_known(void **state)
{
    struct fixture *f = *state;
    struct tsk_moving *moving = NULL;

    OK(tsk_moving_open(&moving, f->store, EAST, &f->err), f);
    tsk_moving_close(&moving);
    fixture_sql(f, "CREATE TABLE news (id INTEGER PRIMARY KEY, text TEXT)");
    REFUSED(tsk_moving_open(&moving, f->store, EAST, &f->err), f, "news");
    assert_null(moving);
}

/* A row belongs to an office by a column of its own, or moving_tables.c says how; and what it says is true of the schema. */
static void test_every_table_has_its_office(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < tsk_moving_spec_count; i++) {
        const struct tsk_moving_spec *spec = &tsk_moving_specs[i];
        char sql[512];

        snprintf(sql, sizeof sql, "SELECT count(*) FROM pragma_table_info('%s') WHERE name = 'office_id'", spec->name);
        if (spec->fate != TSK_FATE_STAYS && spec->where == NULL && fixture_count(f, sql) != 1)
            fail_msg("%s: whose are its rows?", spec->name);
        for (size_t c = 0; c < TSK_MOVING_SPECIAL_MAX && spec->columns[c].name != NULL; c++) {
            snprintf(sql, sizeof sql, "SELECT count(*) FROM pragma_table_info('%s') WHERE name = '%s'", spec->name,
                     spec->columns[c].name);
            if (fixture_count(f, sql) != 1)
                fail_msg("%s has no column %s", spec->name, spec->columns[c].name);
        }
    }
}

/* The work of a morning: a referral with its case, consent, a number of the directory, a to-do, a page that was handed over. */
static void work(struct fixture *f, const char *office, const char *first)
{
    struct tsk_reading reading;
    char id[32], sql[1024];
    int64_t sheet;

    snprintf(id, sizeof id, "%s1", first);
    fixture_referral(&reading, "山田 一郎");
    sheet = fixture_add(f, id, office, &reading);
    tsk_reading_free(&reading);
    OK(tsk_sheet_confirm(NULL, f->store, &tsk_scope_all, sheet, true, "佐藤", &f->err), f);
    snprintf(sql, sizeof sql,
             "INSERT INTO institutions (office_id, kind, name, department, ward, name_key, department_key, fax, email, "
             "phone, "
             "updated) VALUES ('%s', 'hospital', '病院%s', '', '', '', '', '', '', '', '')",
             office, first);
    fixture_sql(f, sql);
    snprintf(sql, sizeof sql,
             "INSERT INTO notices (id, office_id, sheet_id, document, case_number, about, event, rule, recipient, "
             "kind, state, "
             "reason, channel, destination, subject, body, batch, created, next_attempt) SELECT 'N%s', '%s', %lld, '', "
             "case_number, 'sheet:%lld/2', 'e', 'r', 'institution:' || (SELECT max(id) FROM institutions), 'alert', "
             "'queued', "
             "'', 'email', 'a@b', '', '', '', '', '' FROM sheets WHERE id = %lld",
             first, office, (long long)sheet, (long long)sheet, (long long)sheet);
    fixture_sql(f, sql);
    snprintf(
        sql, sizeof sql,
        "INSERT INTO todos (office_id, document, about, event, rule, recipient, kind, text, created) VALUES ('%s', '', "
        "'call:%s:institution:' || (SELECT max(id) FROM institutions) || ':2026-11-25', 'e', 'r', 'institution:' || "
        "(SELECT max(id) FROM institutions) || '#abc', 'call', 't', '')",
        office, office);
    fixture_sql(f, sql);
    snprintf(sql, sizeof sql,
             "INSERT INTO sheet_events (sheet_id, office_id, event, basis, key, at) VALUES (%lld, '%s', 'e', 'told r "
             "institution:' || (SELECT max(id) FROM institutions), 'k', '')",
             (long long)sheet, office);
    fixture_sql(f, sql);
}

struct copy {
    struct tsk_buf tables[TABLES_MAX], audit;
    struct tsk_moving_digest digests[TABLES_MAX];
    size_t count;
};

static int take_row(void *ctx, const char *row, size_t len, struct tsk_err *err)
{
    struct tsk_buf *out = ctx;

    (void)err;
    tsk_buf_puts(out, out->len == 0 ? "[" : ",\n");
    tsk_buf_add(out, row, len);
    return 0;
}

static void take_out(struct copy *copy, struct fixture *f, const char *office)
{
    struct tsk_moving *moving = NULL;

    OK(tsk_moving_open(&moving, f->store, office, &f->err), f);
    OK(tsk_moving_check(moving, &f->err), f);
    copy->count = tsk_moving_count(moving);
    assert_in_range(copy->count, 30, TABLES_MAX);
    for (size_t i = 0; i < copy->count; i++) {
        copy->tables[i] = TSK_BUF((size_t)1 << 24);
        OK(tsk_moving_dump(moving, i, take_row, &copy->tables[i], &f->err), f);
        tsk_buf_puts(&copy->tables[i], copy->tables[i].len > 0 ? "]" : "[]");
        OK(tsk_moving_digest(&copy->digests[i], moving, i, &f->err), f);
    }
    tsk_moving_close(&moving);
}

static void free_copy(struct copy *copy)
{
    for (size_t i = 0; i < copy->count; i++)
        tsk_buf_free(&copy->tables[i]);
}

static int put_in(const struct copy *copy, struct fixture *f, const char *office)
{
    struct tsk_moving *moving = NULL;
    int rc;

    OK(tsk_store_begin(f->store, &f->err), f);
    OK(tsk_moving_open(&moving, f->store, office, &f->err), f);
    rc = tsk_moving_place(moving, &f->err);
    for (size_t i = 0; rc == 0 && i < copy->count; i++)
        rc = tsk_moving_insert(moving, i, tsk_buf_text(&copy->tables[i]), &f->err);
    if (rc == 0)
        rc = tsk_moving_check(moving, &f->err);
    for (size_t i = 0; rc == 0 && i < copy->count; i++) {
        struct tsk_moving_digest digest;

        OK(tsk_moving_digest(&digest, moving, i, &f->err), f);
        if (strcmp(digest.sha256, copy->digests[i].sha256) != 0)
            rc = tsk_fail(&f->err, TSK_HOLD, 0, "%s is another", tsk_moving_name(moving, i));
    }
    tsk_moving_close(&moving);
    if (rc == 0)
        rc = tsk_store_commit(f->store, &f->err);
    else
        tsk_store_rollback(f->store);
    return rc;
}

static char *others_of(struct fixture *f)
{
    struct copy copy;
    struct tsk_buf all = TSK_BUF((size_t)1 << 24);
    char *text;

    take_out(&copy, f, NORTH);
    for (size_t i = 0; i < copy.count; i++)
        tsk_buf_puts(&all, tsk_buf_text(&copy.tables[i]));
    text = strdup(tsk_buf_text(&all));
    tsk_buf_free(&all);
    free_copy(&copy);
    return text;
}

static void test_an_office_arrives(void **state)
{
    struct fixture *f = *state;
    struct fixture *there = NULL;
    struct copy copy;
    char *before, *after;

    fixture_know(f);
    work(f, EAST, "EAST");
    take_out(&copy, f, EAST);
    assert_int_equal(fixture_open((void **)&there), 0);
    fixture_know(there);
    work(there, NORTH, "NORTH"); /* the same row numbers */
    work(there, NORTH, "AGAIN");
    before = others_of(there);
    OK(put_in(&copy, there, EAST), there);
    after = others_of(there);
    assert_string_equal(before, after);
    assert_int_equal(
        fixture_count(there, "SELECT count(*) FROM sheets WHERE office_id = 'higashinari' AND id > (SELECT max(id) "
                             "FROM sheets WHERE office_id = 'kita')"),
        1);
    /* What a text names is the row that it named. */
    assert_int_equal(fixture_count(there,
                                   "SELECT count(*) FROM notices n JOIN sheets s ON n.about = 'sheet:' || s.id || '/2' "
                                   "JOIN institutions i ON n.recipient = 'institution:' || i.id "
                                   "WHERE n.id = 'NEAST' AND s.office_id = n.office_id AND i.name = '病院EAST'"),
                     1);
    assert_int_equal(
        fixture_count(
            there, "SELECT count(*) FROM todos t JOIN institutions i ON t.about = 'call:higashinari:institution:' || "
                   "i.id || ':2026-11-25' AND t.recipient = 'institution:' || i.id || '#abc' WHERE "
                   "i.name = '病院EAST'"),
        1);
    assert_int_equal(
        fixture_count(there,
                      "SELECT count(*) FROM sheet_events e JOIN institutions i ON e.basis = 'told r institution:' || "
                      "i.id WHERE i.name = '病院EAST'"),
        1);
    REFUSED(put_in(&copy, there, EAST), there, "here already");
    free(before);
    free(after);
    free_copy(&copy);
    fixture_close((void **)&there);
}

/* A row that names another office's row, or another office: nothing of it stays. */
static void test_rows_that_lie(void **state)
{
    struct fixture *f = *state;
    struct fixture *there = NULL;
    struct copy copy;
    struct tsk_moving *moving = NULL;
    size_t fields;
    char *text;

    fixture_know(f);
    work(f, EAST, "EAST");
    take_out(&copy, f, EAST);
    assert_int_equal(fixture_open((void **)&there), 0);
    fixture_know(there);
    work(there, NORTH, "NORTH");
    OK(tsk_moving_open(&moving, there->store, EAST, &there->err), there);
    fields = (size_t)tsk_moving_find(moving, "fields");
    tsk_moving_close(&moving);
    /* "[ID,SHEET," becomes a sheet of the other office: number 1 shifted by 1 is 2, number 0 is the other's. */
    text = strstr(copy.tables[fields].data, "[1,1,");
    assert_non_null(text);
    text[3] = '0';
    assert_int_equal(put_in(&copy, there, EAST), -1);
    assert_int_equal(fixture_count(there, "SELECT count(*) FROM sheets WHERE office_id = 'higashinari'"), 0);
    assert_int_equal(fixture_count(there, "SELECT count(*) FROM fields WHERE sheet_id NOT IN (SELECT id FROM sheets)"),
                     0);
    free_copy(&copy);
    fixture_close((void **)&there);
}

/* The office of the dump is what it is called; its rows become those of the office that is imported, and the digest tells. */
static void test_rows_of_another_office(void **state)
{
    struct fixture *f = *state;
    struct fixture *there = NULL;
    struct copy copy;

    fixture_know(f);
    work(f, NORTH, "NORTH");
    take_out(&copy, f, NORTH);
    assert_int_equal(fixture_open((void **)&there), 0);
    REFUSED(put_in(&copy, there, EAST), there, "is another");
    assert_int_equal(fixture_count(there, "SELECT count(*) FROM sheets"), 0);
    free_copy(&copy);
    fixture_close((void **)&there);
}

static void test_the_chain_comes_along(void **state)
{
    struct fixture *f = *state;
    struct fixture *there = NULL;
    struct tsk_moving_audit from = { .archive = "0000000000000000000000000000000000000000000000000000000000000000" };
    struct tsk_moving *moving = NULL;
    struct tsk_moved_parts parts;
    struct tsk_buf rows = TSK_BUF((size_t)1 << 20), lines = TSK_BUF((size_t)1 << 20);
    char hash[TSK_SHA256_HEX];
    struct tsk_audit_head head;

    OK(tsk_audit_add(f->store, EAST, "佐藤", "view", "sheet:7", "", &f->err), f);
    OK(tsk_audit_add(f->store, NORTH, "田中", "view", "sheet:8", "", &f->err), f);
    OK(tsk_audit_add(f->store, EAST, "佐藤", "send", "notice:N1", "delivered", &f->err), f);
    OK(tsk_audit_verify(&from.head, f->store, NULL, &f->err), f);
    OK(tsk_moving_audit_dump(f->store, EAST, take_row, &rows, &f->err), f);
    for (char *line = rows.data + 1, *rest = NULL; (line = strtok_r(line, "\n", &rest)) != NULL; line = NULL) {
        size_t len = strlen(line);

        tsk_buf_add(&lines, line, line[len - 1] == ',' ? len - 1 : len);
        tsk_buf_puts(&lines, "\n");
        from.entries++;
    }
    assert_int_equal(from.entries, 2);
    tsk_sha256_hex(lines.data, lines.len, hash);
    from.sha256 = hash;
    assert_int_equal(fixture_open((void **)&there), 0);
    OK(tsk_audit_add(there->store, NORTH, "鈴木", "view", "sheet:1", "", &there->err), there);
    fixture_sql(there, "INSERT INTO offices VALUES ('x', 'x', '', '')");
    OK(tsk_store_begin(there->store, &there->err), there);
    OK(tsk_moving_open(&moving, there->store, EAST, &there->err), there);
    OK(tsk_moving_audit_start(there->store, EAST, &from, "田中", &there->err), there);
    for (char *line = lines.data, *rest = NULL; (line = strtok_r(line, "\n", &rest)) != NULL; line = NULL)
        OK(tsk_moving_audit_add(moving, there->store, EAST, line, strlen(line), &there->err), there);
    REFUSED(tsk_moving_audit_add(moving, there->store, NORTH, "[1]", 3, &there->err), there, "none of office");
    tsk_moving_close(&moving);
    OK(tsk_store_commit(there->store, &there->err), there);
    OK(tsk_audit_verify(&head, there->store, NULL, &there->err), there);
    assert_int_equal(head.seq, 4);
    OK(tsk_moving_audit_verify(&parts, there->store, there->arena, &there->err), there);
    assert_int_equal(parts.count, 1);
    assert_int_equal(parts.items[0].entries, 2);
    fixture_sql(there, "DROP TRIGGER audit_moved_update");
    fixture_sql(there, "UPDATE audit_moved SET object = 'sheet:9' WHERE object = 'sheet:7'");
    REFUSED(tsk_moving_audit_verify(&parts, there->store, there->arena, &there->err), there,
            "not those that were imported");
    tsk_buf_free(&rows);
    tsk_buf_free(&lines);
    fixture_close((void **)&there);
}

static int64_t rows_of(struct fixture *f, const char *office)
{
    struct copy copy;
    int64_t rows = 0;

    take_out(&copy, f, office);
    for (size_t i = 0; i < copy.count; i++)
        rows += copy.digests[i].rows;
    free_copy(&copy);
    return rows;
}

static void test_an_office_goes(void **state)
{
    struct fixture *f = *state;
    struct tsk_office_removed removed;
    struct tsk_audit_head head;
    char *before, *after;
    int64_t rows;
    bool gone = true;

    fixture_know(f);
    work(f, EAST, "EAST");
    work(f, NORTH, "NORTH");
    /* Rows that are never deleted otherwise, and one of the other office that points here. */
    fixture_sql(
        f, "INSERT INTO reports (office_id, layout, form, title, first, last, version, state, content, made, made_by, "
           "approved, approved_by) VALUES ('higashinari', 'l', '3', '', '2026-10-01', '2026-10-31', 1, 'approved', '', "
           "'', 'a', '', 'b')");
    fixture_sql(f, "INSERT INTO disposals (office_id, state, due_by, proposed, proposed_by) VALUES ('higashinari', "
                   "'proposed', '', '', 'a')");
    fixture_sql(f, "UPDATE documents SET came_from = (SELECT id FROM documents WHERE office_id = 'higashinari') WHERE "
                   "office_id = 'kita'");
    rows = rows_of(f, EAST);
    assert_true(rows > 20);
    before = others_of(f);
    assert_int_equal(fixture_try(f, "DELETE FROM reports"), 19); /* SQLITE_CONSTRAINT */
    OK(tsk_move_leave(f->store, EAST, "佐藤", &f->err), f);
    OK(tsk_office_is_gone(&gone, f->store, EAST, &f->err), f);
    assert_true(gone);
    OK(tsk_store_begin(f->store, &f->err), f);
    OK(tsk_office_remove(&removed, f->store, EAST, "moved", "佐藤", f->arena, &f->err), f);
    OK(tsk_move_deleted(f->store, EAST, "{}", "佐藤", &f->err), f);
    OK(tsk_store_commit(f->store, &f->err), f);
    assert_int_equal(removed.rows, rows);
    assert_int_equal(rows_of(f, EAST), 0);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    /* A part of what is gone is a part of itself: it was so in the dump already. */
    after = others_of(f);
    assert_string_equal(before, after);
    OK(tsk_audit_verify(&head, f->store, NULL, &f->err), f);
    free(before);
    free(after);
}

static void test_what_waits_is_not_sent(void **state)
{
    struct fixture *f = *state;
    int64_t due = 0;

    fixture_know(f);
    work(f, EAST, "EAST");
    fixture_sql(f, "UPDATE notices SET next_attempt = '2020-01-01T00:00:00.000Z'");
    OK(tsk_notice_next_due(&due, f->store, &tsk_scope_all, &f->err), f);
    assert_true(due > 0);
    OK(tsk_move_leave(f->store, EAST, "佐藤", &f->err), f);
    OK(tsk_notice_next_due(&due, f->store, &tsk_scope_all, &f->err), f);
    assert_int_equal(due, -1);
    OK(tsk_move_stay(f->store, EAST, "", "佐藤", &f->err), f);
    OK(tsk_notice_next_due(&due, f->store, &tsk_scope_all, &f->err), f);
    assert_true(due > 0);
    fixture_sql(f, "UPDATE notices SET state = 'sending'");
    REFUSED(tsk_move_leave(f->store, EAST, "佐藤", &f->err), f, "being sent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_table_is_known), TEST(test_every_table_has_its_office), TEST(test_an_office_arrives),
        TEST(test_rows_that_lie),        TEST(test_rows_of_another_office),     TEST(test_the_chain_comes_along),
        TEST(test_an_office_goes),       TEST(test_what_waits_is_not_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
