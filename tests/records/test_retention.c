/* How long records are kept, and that what goes is gone: from every table, from the file of the database, from the archive. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "fixture.h"
#include "records/activity.h"
#include "records/audit.h"
#include "records/case_close.h"
#include "records/consent.h"
#include "records/disposal.h"
#include "records/incident.h"
#include "records/notice.h"
#include "records/reread.h"
#include "records/search.h"
#include "records/settle.h"
#include "records/todo.h"

#define ONE "27115-2015-0001"
#define TWO "27115-2015-0002"
#define LONG_AGO "2018-06-30"

static void test_keep_until(void **unused)
{
    static const struct {
        struct tsk_date completed, until;
    } rows[] = {
        { { 2026, 11, 21 }, { 2032, 3, 31 } }, { { 2027, 3, 31 }, { 2032, 3, 31 } },
        { { 2027, 4, 1 }, { 2033, 3, 31 } },   { { 2028, 2, 29 }, { 2033, 3, 31 } }, /* a leap day */
        { { 2028, 3, 31 }, { 2033, 3, 31 } },  { { 2024, 2, 29 }, { 2029, 3, 31 } },
        { { 2026, 12, 31 }, { 2032, 3, 31 } }, { { 2027, 1, 1 }, { 2032, 3, 31 } },
    };

    (void)unused;
    for (size_t i = 0; i < TSK_COUNT(rows); i++) {
        struct tsk_date got = tsk_keep_until(rows[i].completed);

        assert_int_equal(tsk_date_days(got), tsk_date_days(rows[i].until));
    }
}

/* A patient's case with all that can belong to one. */
static int64_t add_case(struct fixture *f, const char *spool_id, int patient, const char *name)
{
    char image[TSK_SHA256_HEX], crops[TSK_SHA256_HEX];
    struct tsk_document_new document = fixture_document(spool_id, EAST, spool_id);
    struct tsk_reading reading;
    struct tsk_page_new page = { .reading = &reading, .image = image, .crops = crops };
    struct tsk_document_added added;

    tsk_sha256_hex(name, strlen(name), image);
    tsk_sha256_hex(spool_id, 1, crops);
    fixture_referral(&reading, name);
    fixture_patient(&reading, patient);
    OK(fixture_record(&added, f->store, &document, &page, 1, f->arena, &f->err), f);
    tsk_reading_free(&reading);
    return added.sheets[0];
}

static void confirm(struct fixture *f, int64_t sheet)
{
    OK(tsk_sheet_confirm(NULL, f->store, &only_east, sheet, true, "佐藤", &f->err), f);
}

static void complete(struct fixture *f, const char *number, const char *day)
{
    char sql[200];

    snprintf(sql, sizeof sql, "UPDATE cases SET completed = '%s', closed_as = 'home' WHERE number = '%s'", day, number);
    fixture_sql(f, sql);
}

static struct tsk_due due_of(struct fixture *f, const char *kind, const char *id)
{
    const struct tsk_subject subject = { kind, id };
    struct tsk_due due;

    OK(tsk_retention_find(&due, f->store, &only_east, &subject, f->arena, &f->err), f);
    return due;
}

static size_t due_on(struct fixture *f, struct tsk_date today)
{
    const struct tsk_due_filter filter = { .today = today };
    struct tsk_dues dues;

    OK(tsk_retention_due(&dues, f->store, &only_east, &filter, f->arena, &f->err), f);
    return dues.count;
}

static void test_the_first_of_april(void **state)
{
    static const struct {
        const char *completed;
        struct tsk_date last, due;
    } rows[] = {
        { "2027-03-31", { 2032, 3, 31 }, { 2032, 4, 1 } },
        { "2027-04-01", { 2033, 3, 31 }, { 2033, 4, 1 } },
        { "2028-02-29", { 2033, 3, 31 }, { 2033, 4, 1 } },
        { "2026-11-21", { 2032, 3, 31 }, { 2032, 4, 1 } },
    };
    struct fixture *f = *state;

    fixture_know(f);
    confirm(f, add_case(f, "D1", 1, "山田 一郎"));
    assert_int_equal(due_on(f, (struct tsk_date){ 2099, 1, 1 }), 0); /* nobody said that it is completed */
    for (size_t i = 0; i < TSK_COUNT(rows); i++) {
        complete(f, ONE, rows[i].completed);
        assert_int_equal(due_on(f, rows[i].last), 0);
        assert_int_equal(due_on(f, rows[i].due), 1);
    }
}

static void test_closing(void **state)
{
    struct fixture *f = *state;
    struct tsk_case_closing closing = { .as = "home", .day = NULL, .note = "" };
    struct tsk_case kase;
    char today[TSK_DATE_SIZE];
    int64_t sheet;

    fixture_know(f);
    sheet = add_case(f, "D1", 1, "山田 一郎");
    REFUSED(tsk_case_close(f->store, &only_east, ONE, &closing, "佐藤", &f->err), f, "not confirmed");
    confirm(f, sheet);
    REFUSED(tsk_case_close(f->store, &only_north, ONE, &closing, "佐藤", &f->err), f, "there is no case");
    closing.day = "2015-05-01";
    REFUSED(tsk_case_close(f->store, &only_east, ONE, &closing, "佐藤", &f->err), f, "after that day");
    closing.day = "2999-05-01";
    REFUSED(tsk_case_close(f->store, &only_east, ONE, &closing, "佐藤", &f->err), f, "still to come");
    closing.day = NULL;
    OK(tsk_case_close(f->store, &only_east, ONE, &closing, "佐藤", &f->err), f);
    REFUSED(tsk_case_close(f->store, &only_east, ONE, &closing, "佐藤", &f->err), f, "already");
    tsk_date_text(tsk_japan_date(tsk_wall_ms()), today);
    OK(tsk_case_find(&kase, f->store, &only_east, ONE, f->arena, &f->err), f);
    assert_string_equal(kase.completed, today);
    REFUSED(tsk_case_reopen(f->store, &only_east, ONE, "", "佐藤", &f->err), f, "say why");
    OK(tsk_case_reopen(f->store, &only_east, ONE, "再入院", "佐藤", &f->err), f);
    OK(tsk_case_close(f->store, &only_east, ONE, &closing, "佐藤", &f->err), f);
    /* A sheet that comes after all opens it again. */
    sheet = add_case(f, "D2", 2, "鈴木 花子");
    OK(tsk_sheet_link(NULL, f->store, &only_east, sheet, ONE, "佐藤", &f->err), f);
    OK(tsk_case_find(&kase, f->store, &only_east, ONE, f->arena, &f->err), f);
    assert_string_equal(kase.completed, "");
}

static int64_t add_todo(struct fixture *f, int64_t sheet)
{
    const struct tsk_todo_new todo = { .office = EAST,
                                       .sheet = sheet,
                                       .document = "",
                                       .case_number = ONE,
                                       .event = "e",
                                       .rule = "r",
                                       .recipient = "",
                                       .kind = "call",
                                       .text = "山田さんの件で電話" };
    int64_t id;

    OK(tsk_todo_add(&id, NULL, f->store, &todo, &f->err), f);
    return id;
}

static void add_notice(struct fixture *f, char id[TSK_ID_SIZE], int64_t sheet)
{
    const struct tsk_notice_new notice = { .office = EAST,
                                           .sheet = sheet,
                                           .document = "",
                                           .case_number = ONE,
                                           .event = "e",
                                           .rule = "r",
                                           .recipient = "institution:1",
                                           .kind = TSK_NOTICE_ALERT,
                                           .state = TSK_NOTICE_QUEUED,
                                           .reason = "",
                                           .channel = "email",
                                           .destination = "a@example.jp",
                                           .subject = "s",
                                           .body = "b",
                                           .batch = "" };

    OK(tsk_notice_queue(id, NULL, f->store, &notice, &f->err), f);
}

static void test_hindrances(void **state)
{
    struct fixture *f = *state;
    const struct tsk_subject one = { "case", ONE };
    char notice[TSK_ID_SIZE];
    struct tsk_due due;
    int64_t sheet, id;

    fixture_know(f);
    sheet = add_case(f, "D1", 1, "山田 一郎");
    REFUSED(tsk_retention_find(&due, f->store, &only_east, &one, f->arena, &f->err), f, "close it first");
    complete(f, ONE, LONG_AGO);
    assert_string_equal(due_of(f, "case", ONE).hindrance, "sheets");
    confirm(f, sheet);
    assert_string_equal(due_of(f, "case", ONE).hindrance, "");
    add_notice(f, notice, sheet);
    assert_string_equal(due_of(f, "case", ONE).hindrance, "notices");
    OK(tsk_notice_cancel(f->store, &only_east, notice, "佐藤", "x", &f->err), f);
    id = add_todo(f, sheet);
    assert_string_equal(due_of(f, "case", ONE).hindrance, "todos");
    OK(tsk_todo_done(f->store, &only_east, id, "佐藤", "", &f->err), f);
    assert_string_equal(due_of(f, "case", ONE).hindrance, "");
    OK(tsk_reread_ask(&id, f->store, &only_east, sheet, "", "", "佐藤", &f->err), f);
    assert_string_equal(due_of(f, "case", ONE).hindrance, "reread");
    fixture_sql(f, "UPDATE rereads SET state = 'dropped'");
    REFUSED(tsk_hold_place(f->store, &only_east, &one, "", "佐藤", &f->err), f, "reason");
    REFUSED(tsk_hold_place(f->store, &only_north, &one, "訴訟", "佐藤", &f->err), f, "there is no case");
    OK(tsk_hold_place(f->store, &only_east, &one, "訴訟", "佐藤", &f->err), f);
    REFUSED(tsk_hold_place(f->store, &only_east, &one, "訴訟", "佐藤", &f->err), f, "already");
    assert_string_equal(due_of(f, "case", ONE).hindrance, "held");
    OK(tsk_hold_lift(f->store, &only_east, &one, "和解", "佐藤", &f->err), f);
    assert_string_equal(due_of(f, "case", ONE).hindrance, "");
    complete(f, ONE, "2021-04-01");
    REFUSED(tsk_retention_find(&due, f->store, &only_east, &one, f->arena, &f->err), f, "is kept until 2027-03-31");
}

/* Does any row of any table, in whatever column, hold these bytes? Names the table. */
static const char *holder(struct fixture *f, const char *bytes)
{
    static char name[64];
    sqlite3_stmt *tables, *rows;
    sqlite3 *db;
    bool found = false;

    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT name FROM sqlite_master WHERE type = 'table'", -1, &tables, NULL),
                     SQLITE_OK);
    while (!found && sqlite3_step(tables) == SQLITE_ROW) {
        char sql[128];

        snprintf(name, sizeof name, "%s", (const char *)sqlite3_column_text(tables, 0));
        snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", name);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &rows, NULL), SQLITE_OK);
        while (!found && sqlite3_step(rows) == SQLITE_ROW)
            for (int i = 0; i < sqlite3_column_count(rows); i++) {
                const char *text = (const char *)sqlite3_column_text(rows, i);
                found = found || (text != NULL && strstr(text, bytes) != NULL);
            }
        sqlite3_finalize(rows);
    }
    sqlite3_finalize(tables);
    sqlite3_close(db);
    return found ? name : "";
}

static bool file_holds(const char *path, const char *bytes)
{
    struct tsk_buf buf = TSK_BUF((size_t)64 << 20);
    struct tsk_err err = { 0 };
    bool found =
        tsk_file_read(path, &buf, &err) == 0 && buf.len > 0 && memmem(buf.data, buf.len, bytes, strlen(bytes)) != NULL;

    tsk_buf_free(&buf);
    return found;
}

static bool disk_holds(struct fixture *f, const char *bytes)
{
    char wal[128];

    snprintf(wal, sizeof wal, "%s-wal", f->path);
    return file_holds(f->path, bytes) || file_holds(wal, bytes);
}

static struct tsk_purged purge(struct fixture *f, const char *kind, const char *id)
{
    const struct tsk_subject subject = { kind, id };
    struct tsk_purged purged;

    OK(tsk_purge_subject(&purged, f->store, &subject, "list 1", "佐藤", f->arena, &f->err), f);
    return purged;
}

static void fill_case_one(struct fixture *f)
{
    const struct tsk_consent consent = {
        .scope = "medical", .giver = "patient", .how = "sheet", .by = "佐藤", .note = "山田さん本人"
    };
    const struct tsk_case_note note = {
        .kind = "progress", .at = "2015-05-01T00:00:00.000Z", .attendees = "", .text = "山田さんと面談", .replaces = ""
    };
    const struct tsk_todo_result result = {
        .end = TSK_TODO_DONE, .whom = "山田", .when = "", .again = "", .note = "山田さんに伝えた"
    };
    const struct tsk_subject one = { "case", ONE };
    char key[TSK_ID_SIZE], notice[TSK_ID_SIZE];
    int64_t sheet = add_case(f, "D1", 1, "山田 一郎"), id;

    complete(f, ONE, LONG_AGO);

    OK(tsk_sheet_set(NULL, f->store, &only_east, sheet, "patient_address", "大今里 山田方", "佐藤", "訂正", &f->err),
       f);
    confirm(f, sheet);
    OK(tsk_consent_record(f->store, &only_east, ONE, &consent, &f->err), f);
    OK(tsk_case_note_add(key, f->store, &only_east, ONE, &note, "佐藤", &f->err), f);
    id = add_todo(f, sheet);
    OK(tsk_todo_end(f->store, &only_east, id, &result, "佐藤", &f->err), f);
    add_notice(f, notice, sheet);
    OK(tsk_notice_told(f->store, &only_east, notice, 0, "山田さんの件", "佐藤", &f->err), f);
    const struct tsk_incident_new incident = { .kind = "mis_sent", .notice = notice, .text = "山田さんの用紙" };
    OK(tsk_incident_open(&id, f->store, &only_east, &incident, "佐藤", &f->err), f);
    assert_string_equal(due_of(f, "case", ONE).hindrance, "todos");
    fixture_sql(f, "UPDATE todos SET done = '2015-06-01T00:00:00.000Z', done_by = 'x' WHERE done = ''");
    assert_string_equal(due_of(f, "case", ONE).hindrance, "incident");
    OK(tsk_incident_note(f->store, &only_east, id, TSK_INCIDENT_RETURNED, "山田さんのものは戻った", NULL, "佐藤",
                         &f->err),
       f);
    struct tsk_contact contact = { .office = EAST,
                                   .day = "2015-05-02",
                                   .counterpart = "x",
                                   .kind = "consultation",
                                   .case_number = ONE,
                                   .text = "山田さんの件",
                                   .source = "" };
    OK(tsk_contact_add(&contact.replaces, f->store, &only_east, &contact, "佐藤", &f->err), f);
    OK(tsk_contact_add(&id, f->store, &only_east, &contact, "佐藤", &f->err), f);
    OK(tsk_hold_place(f->store, &only_east, &one, "山田さんの訴訟", "佐藤", &f->err), f);
    OK(tsk_hold_lift(f->store, &only_east, &one, "山田さんと和解", "佐藤", &f->err), f);
}

static void test_nothing_is_left(void **state)
{
    struct fixture *f = *state;
    struct tsk_audit_head before, after;
    struct tsk_purged purged;
    int64_t other;
    char number[TSK_CASE_NUMBER_SIZE];

    fixture_know(f);
    fill_case_one(f);
    other = add_case(f, "D2", 2, "鈴木 花子");
    confirm(f, other);
    fixture_sql(f, "UPDATE sheets SET proposed_case = '" ONE "' WHERE id = 2");
    int64_t fields = fixture_count(f, "SELECT count(*) FROM fields WHERE sheet_id = 2");
    int64_t grams = fixture_count(f, "SELECT count(*) FROM desk_grams WHERE sheet_id = 2");
    assert_string_not_equal(holder(f, "山田"), "");
    OK(tsk_audit_verify(&before, f->store, NULL, &f->err), f);
    purged = purge(f, "case", ONE);
    assert_true(purged.found);
    assert_int_equal(purged.cases, 1);
    assert_int_equal(purged.sheets, 1);
    assert_int_equal(purged.documents, 1);
    assert_int_equal(purged.notices, 1);
    assert_int_equal(purged.todos, 1 + TSK_INCIDENT_STEPS);
    assert_int_equal(purged.files, 2);  /* the original and the page */
    assert_int_equal(purged.shared, 1); /* the crops: of the other case too, here */
    assert_true(purged.changes > 0);
    assert_string_equal(holder(f, "山田"), "");
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM purging"), 0);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM fields WHERE sheet_id = 2"), fields);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM desk_grams WHERE sheet_id = 2"), grams);
    /* The chain is as it was, with one line more; heads that were noted still hold. */
    OK(tsk_audit_verify(&after, f->store, &before, &f->err), f);
    assert_int_equal(after.seq, before.seq + 1);
    /* Neither the file nor its log keeps the bytes. */
    OK(tsk_store_compact(f->store, &f->err), f);
    assert_false(disk_holds(f, "山田"));
    assert_true(disk_holds(f, "鈴木"));
    assert_int_equal(fixture_count(f, "PRAGMA freelist_count"), 0);
    /* Again: nothing happens. And the number is not given again. */
    assert_false(purge(f, "case", ONE).found);
    OK(tsk_case_open(number, f->store, EAST, 1430000000000, "佐藤", &f->err), f);
    assert_string_equal(number, "27115-2015-0003");
}

/* A store that an older program made has no incremental vacuum; the first compaction makes it one. */
static void test_an_older_store_shrinks(void **state)
{
    struct fixture *f = *state;

    fixture_know(f);
    tsk_store_close(&f->store);
    fixture_sql(f, "PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM");
    fixture_reopen(f);
    fixture_know(f);
    fill_case_one(f);
    assert_int_equal(fixture_count(f, "PRAGMA auto_vacuum"), 0);
    purge(f, "case", ONE);
    OK(tsk_store_compact(f->store, &f->err), f);
    assert_int_equal(fixture_count(f, "PRAGMA auto_vacuum"), 2);
    assert_int_equal(fixture_count(f, "PRAGMA freelist_count"), 0);
    assert_false(disk_holds(f, "山田"));
}

/* What forbids deleting forbids it still. */
static void test_only_a_purge_deletes(void **state)
{
    static const char *const tries[] = {
        "DELETE FROM field_history",        "DELETE FROM audit",     "DELETE FROM consents",
        "DELETE FROM todo_results",         "DELETE FROM disposals", "DELETE FROM disposal_items",
        "UPDATE field_history SET by = 'x'"
    };
    struct fixture *f = *state;
    int64_t id;

    fixture_know(f);
    fill_case_one(f);
    complete(f, ONE, LONG_AGO);
    OK(tsk_disposal_propose(&id, f->store, &only_east, EAST, "佐藤", &f->err), f);
    for (size_t i = 0; i < TSK_COUNT(tries); i++)
        if (fixture_try(f, tries[i]) == 0)
            fail_msg("%s", tries[i]);
    /* Another sheet's history is not let go by the purge of this one. */
    confirm(f, add_case(f, "D2", 2, "鈴木 花子"));
    assert_int_not_equal(
        fixture_try(f, "INSERT INTO purging VALUES ('sheet', 2); DELETE FROM field_history WHERE field_id "
                       "IN (SELECT id FROM fields WHERE sheet_id = 1)"),
        0);
}

static struct tsk_document_new same_bytes(const char *spool_id, const char *office)
{
    return fixture_document(spool_id, office, "D1");
}

static void test_twins_share_a_file(void **state)
{
    struct fixture *f = *state;
    struct tsk_document_new again = same_bytes("D1-again", EAST), elsewhere = same_bytes("D1-north", NORTH);
    struct tsk_document_added added;
    struct tsk_reading reading;
    struct tsk_page_new page = { .reading = &reading, .image = "", .crops = "" };
    struct tsk_purged purged;

    fixture_know(f);
    confirm(f, add_case(f, "D1", 1, "山田 一郎"));
    OK(fixture_record(&added, f->store, &again, NULL, 0, f->arena, &f->err), f);
    assert_int_equal(added.how, TSK_ADDED_DUPLICATE);
    fixture_referral(&reading, "山田 一郎");
    OK(fixture_record(&added, f->store, &elsewhere, &page, 1, f->arena, &f->err), f);
    tsk_reading_free(&reading);
    purged = purge(f, "case", ONE);
    assert_int_equal(purged.documents, 2); /* and its duplicate */
    assert_int_equal(purged.shared, 1);    /* the original: the other office's too */
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM documents WHERE office_id = 'kita'"), 1);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM purge_files WHERE sha256 = (SELECT sha256 FROM documents)"),
                     0);
    purged = purge(f, "case", "27127-2015-0001");
    assert_int_equal(purged.files, 1);
    assert_int_equal(purged.shared, 0);
}

static void test_two_patients_in_one_fax(void **state)
{
    struct fixture *f = *state;
    struct tsk_document_new document = fixture_document("D1", EAST, "D1");
    struct tsk_reading readings[2];
    struct tsk_page_new pages[2];
    struct tsk_document_added added;
    struct tsk_purged purged;

    fixture_know(f);
    for (int i = 0; i < 2; i++) {
        fixture_referral(&readings[i], i == 0 ? "山田 一郎" : "鈴木 花子");
        fixture_patient(&readings[i], i + 1);
        pages[i] = (struct tsk_page_new){ .reading = &readings[i], .image = "", .crops = "" };
        readings[i].page = i + 1;
    }
    OK(fixture_record(&added, f->store, &document, pages, 2, f->arena, &f->err), f);
    for (int i = 0; i < 2; i++)
        tsk_reading_free(&readings[i]);
    confirm(f, added.sheets[0]);
    complete(f, ONE, LONG_AGO);
    assert_string_equal(due_of(f, "case", ONE).hindrance, "pages"); /* the other page waits for a person */
    confirm(f, added.sheets[1]);
    assert_string_equal(due_of(f, "case", ONE).hindrance, "");
    purged = purge(f, "case", ONE);
    assert_int_equal(purged.documents, 0);
    assert_int_equal(purged.pages, 1);
    assert_int_equal(purged.files, 0);
    assert_string_equal(holder(f, "山田"), "");
    purged = purge(f, "case", TWO);
    assert_int_equal(purged.documents, 1);
    assert_int_equal(purged.files, 1);
}

static void test_merged_cases_go_together(void **state)
{
    struct fixture *f = *state;

    fixture_know(f);
    confirm(f, add_case(f, "D1", 1, "山田 一郎"));
    confirm(f, add_case(f, "D2", 2, "山田 一朗"));
    OK(tsk_case_merge(f->store, &only_east, TWO, ONE, "佐藤", &f->err), f);
    assert_int_equal(purge(f, "case", ONE).cases, 2);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM cases"), 0);
    assert_string_equal(holder(f, "山田"), "");
}

static void test_a_document_of_no_case(void **state)
{
    struct fixture *f = *state;
    const struct tsk_subject subject = { "document", "D1" };
    struct tsk_document_new document = fixture_document("D1", EAST, "D1");
    struct tsk_reading reading;
    struct tsk_page_new page = { .reading = &reading, .image = "", .crops = "" };
    struct tsk_document_added added;
    struct tsk_due due;

    assert_int_equal(tsk_reading_start(&reading, NULL, NULL), 0);
    OK(fixture_record(&added, f->store, &document, &page, 1, f->arena, &f->err), f);
    tsk_reading_free(&reading);
    REFUSED(tsk_retention_find(&due, f->store, &only_east, &subject, f->arena, &f->err), f, "not put away");
    OK(tsk_page_put_away(f->store, &only_east, 1, "junk", "", "佐藤", &f->err), f);
    REFUSED(tsk_retention_find(&due, f->store, &only_east, &subject, f->arena, &f->err), f, "is kept until");
    fixture_sql(f,
                "UPDATE pages SET settled_at = '2021-03-31T14:59:59.999Z'"); /* in Japan the last second of 31 March */
    assert_string_equal(due_of(f, "document", "D1").until, "2026-03-31");
    fixture_sql(f, "UPDATE pages SET settled_at = '2021-03-31T15:00:00.000Z'");
    REFUSED(tsk_retention_find(&due, f->store, &only_east, &subject, f->arena, &f->err), f, "is kept until 2027-03-31");
    assert_int_equal(due_on(f, (struct tsk_date){ 2027, 3, 31 }), 0);
    assert_int_equal(due_on(f, (struct tsk_date){ 2027, 4, 1 }), 1);
    assert_int_equal(purge(f, "document", "D1").files, 1);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM documents"), 0);
}

/* A bag that was lost, with pages of nobody knows whom; over, and its steps done. */
static int64_t add_incident(struct fixture *f, const char *closed)
{
    const struct tsk_incident_new incident = { .kind = "lost", .office = EAST, .text = "山田さんの家へ行く途中" };
    char sql[200];
    int64_t id;

    OK(tsk_incident_open(&id, f->store, &only_east, &incident, "佐藤", &f->err), f);
    if (closed == NULL)
        return id;
    OK(tsk_incident_note(f->store, &only_east, id, TSK_INCIDENT_RETURNED, "山田さんが届けた", NULL, "佐藤", &f->err),
       f);
    snprintf(sql, sizeof sql, "UPDATE incidents SET closed = '%s' WHERE id = %lld", closed, (long long)id);
    fixture_sql(f, sql);
    fixture_sql(f, "UPDATE todos SET done = '2015-06-01T00:00:00.000Z', done_by = 'x' WHERE done = ''");
    return id;
}

static void test_an_incident_of_no_case(void **state)
{
    static const struct {
        const char *closed;
        struct tsk_date last, due;
    } rows[] = {
        { "2027-03-31T14:59:59.999Z", { 2032, 3, 31 }, { 2032, 4, 1 } }, /* a minute before midnight in Japan */
        { "2027-03-31T15:00:00.000Z", { 2033, 3, 31 }, { 2033, 4, 1 } },
        { "2028-02-29T03:00:00.000Z", { 2033, 3, 31 }, { 2033, 4, 1 } },
    };
    const struct tsk_subject bag = tsk_subject_of("incident:1");
    struct fixture *f = *state;
    struct tsk_due due;
    int64_t id;

    assert_int_equal(add_incident(f, NULL), 1);
    assert_int_equal(due_on(f, (struct tsk_date){ 2099, 1, 1 }), 0);
    REFUSED(tsk_retention_find(&due, f->store, &only_east, &bag, f->arena, &f->err), f, "is open");
    fixture_sql(f, "UPDATE todos SET done = '2015-06-01T00:00:00.000Z', done_by = 'x'");
    for (size_t i = 0; i < TSK_COUNT(rows); i++) {
        char sql[128];

        snprintf(sql, sizeof sql, "UPDATE incidents SET state = 'reported', closed = '%s'", rows[i].closed);
        fixture_sql(f, sql);
        assert_int_equal(due_on(f, rows[i].last), 0);
        assert_int_equal(due_on(f, rows[i].due), 1);
        REFUSED(tsk_retention_find(&due, f->store, &only_east, &bag, f->arena, &f->err), f, "is kept until");
    }
    fixture_sql(f, "UPDATE incidents SET closed = '2015-06-01T00:00:00.000Z'");
    OK(tsk_hold_place(f->store, &only_east, &bag, "山田さんの訴え", "佐藤", &f->err), f);
    assert_string_equal(due_of(f, "incident", "1").hindrance, "held");
    REFUSED(tsk_disposal_propose(&id, f->store, &only_east, EAST, "佐藤", &f->err), f, "nothing of office");
    OK(tsk_hold_lift(f->store, &only_east, &bag, "山田さんと和解", "佐藤", &f->err), f);
    fixture_sql(f, "UPDATE todos SET done = '' WHERE id = 1");
    assert_string_equal(due_of(f, "incident", "1").hindrance, "todos");
    fixture_sql(f, "UPDATE todos SET done = '2015-06-01T00:00:00.000Z' WHERE id = 1");
    REFUSED(tsk_retention_find(&due, f->store, &only_north, &bag, f->arena, &f->err), f, "there is no incident");
    OK(tsk_disposal_propose(&id, f->store, &only_east, EAST, "佐藤", &f->err), f);
    assert_int_equal(due_of(f, "incident", "1").disposal, id);
}

static void test_an_incident_goes_alone(void **state)
{
    struct fixture *f = *state;
    struct tsk_purged purged;
    struct tsk_disposal disposal;
    struct tsk_disposal_items items;
    int64_t list;

    add_incident(f, "2015-06-01T00:00:00.000Z");
    add_incident(f, "2015-06-01T00:00:00.000Z");
    fixture_sql(f,
                "INSERT INTO notices (id, office_id, document, about, event, rule, recipient, kind, state, reason, "
                "channel, destination, subject, body, batch, created, next_attempt) SELECT 'N' || id, office_id, '', "
                "'incident:' || id, 'incident.opened', 'r', 'o', 'alert', 'delivered', '', 'email', 'x', '', '', '', "
                "'', '' FROM incidents");
    assert_int_not_equal(fixture_try(f, "INSERT INTO purging VALUES ('incident', 2); DELETE FROM incident_entries"), 0);
    OK(tsk_disposal_propose(&list, f->store, &only_east, EAST, "佐藤", &f->err), f);
    OK(tsk_disposal_decide(f->store, &only_east, list, true, "", "田中", &f->err), f);
    assert_false(purge(f, "incident", "2@2015-01-01T00:00:00.000Z").found); /* another one of this number */
    purged = purge(f, "incident", "2");
    assert_true(purged.found);
    assert_string_equal(purged.office, EAST);
    assert_int_equal(purged.incidents, 1);
    assert_int_equal(purged.todos, TSK_INCIDENT_STEPS);
    assert_int_equal(purged.notices, 1);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM incident_entries WHERE incident_id = 1"), 2);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM notices"), 1);
    OK(tsk_disposal_items(&items, f->store, &only_east, list, f->arena, &f->err), f);
    OK(tsk_disposal_left(f->store, &items.items[0], "held", &f->err), f);
    OK(tsk_disposal_purged(f->store, &items.items[1], &purged, &f->err), f);
    OK(tsk_disposal_finish(f->store, list, "田中", &f->err), f);
    OK(tsk_disposal_find(&disposal, f->store, &only_east, list, f->arena, &f->err), f);
    assert_int_equal(disposal.incidents, 2);
    assert_non_null(strstr(disposal.certificate, "\"kind\": \"incident\""));
    assert_null(strstr(disposal.certificate, "山田"));
    assert_true(purge(f, "incident", "1").found);
    assert_string_equal(holder(f, "山田"), "");
    assert_int_equal(add_incident(f, NULL), 3); /* the number is not given again */
}

static void test_a_list_needs_two_persons(void **state)
{
    struct fixture *f = *state;
    struct tsk_disposal disposal;
    struct tsk_disposal_items items;
    struct tsk_purged purged;
    int64_t id, again;

    fixture_know(f);
    REFUSED(tsk_disposal_propose(&id, f->store, &only_east, EAST, "佐藤", &f->err), f, "nothing of office");
    confirm(f, add_case(f, "D1", 1, "山田 一郎"));
    complete(f, ONE, LONG_AGO);
    REFUSED(tsk_disposal_propose(&id, f->store, &only_north, EAST, "佐藤", &f->err), f, "there is no office");
    OK(tsk_disposal_propose(&id, f->store, &only_east, EAST, "佐藤", &f->err), f);
    REFUSED(tsk_disposal_propose(&again, f->store, &only_east, EAST, "佐藤", &f->err), f, "nothing of office");
    REFUSED(tsk_disposal_decide(f->store, &only_east, id, true, "", "佐藤", &f->err), f, "another person");
    REFUSED(tsk_disposal_decide(f->store, &only_north, id, true, "", "田中", &f->err), f, "there is no list");
    REFUSED(tsk_disposal_decide(f->store, &only_east, id, false, "", "田中", &f->err), f, "say why");
    OK(tsk_disposal_decide(f->store, &only_east, id, true, "", "田中", &f->err), f);
    REFUSED(tsk_disposal_decide(f->store, &only_east, id, true, "", "田中", &f->err), f, "already");
    OK(tsk_disposal_items(&items, f->store, &only_east, id, f->arena, &f->err), f);
    assert_int_equal(items.count, 1);
    REFUSED(tsk_disposal_finish(f->store, id, "田中", &f->err), f, "not through");
    purged = purge(f, "case", ONE);
    OK(tsk_disposal_purged(f->store, &items.items[0], &purged, &f->err), f);
    OK(tsk_disposal_finish(f->store, id, "田中", &f->err), f);
    OK(tsk_disposal_find(&disposal, f->store, &only_east, id, f->arena, &f->err), f);
    assert_string_equal(disposal.state, "done");
    assert_non_null(strstr(disposal.certificate, ONE));
    assert_non_null(strstr(disposal.certificate, purged.digest));
    assert_non_null(strstr(disposal.certificate, "\"approved_by\": \"田中\""));
    assert_null(strstr(disposal.certificate, "山田"));
    assert_int_not_equal(fixture_try(f, "UPDATE disposals SET certificate = 'x'"), 0);
    assert_int_not_equal(fixture_try(f, "UPDATE disposal_items SET counts = ''"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keep_until),
        TEST(test_the_first_of_april),
        TEST(test_closing),
        TEST(test_hindrances),
        TEST(test_nothing_is_left),
        TEST(test_an_older_store_shrinks),
        TEST(test_only_a_purge_deletes),
        TEST(test_twins_share_a_file),
        TEST(test_two_patients_in_one_fax),
        TEST(test_merged_cases_go_together),
        TEST(test_a_document_of_no_case),
        TEST(test_an_incident_of_no_case),
        TEST(test_an_incident_goes_alone),
        TEST(test_a_list_needs_two_persons),
    };

    return cmocka_run_group_tests_name("records/retention", tests, NULL, NULL);
}
