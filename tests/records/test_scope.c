#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "records/audit.h"
#include "records/case.h"
#include "records/consent.h"
#include "records/directory.h"
#include "records/notice.h"
#include "records/todo.h"

/* Everything that one office can have, at the eastern office; nobody else may find, count or change it. */
struct world {
    int64_t sheet, todo, institution;
    char number[TSK_CASE_NUMBER_SIZE], notice[TSK_ID_SIZE];
};

static int64_t import_one(struct fixture *f, const char *office)
{
    char path[128];
    struct tsk_import result;

    snprintf(path, sizeof path, "%s/one.csv", f->dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("kind,name,department,ward,fax,email,phone\nhospital,大阪病院,,北区,06-4323-7952,a@example.jp,\n", file);
    fclose(file);
    OK(tsk_directory_import(&result, f->store, path, office, "佐藤", NULL, NULL, &f->err), f);
    return fixture_count(f, "SELECT max(id) FROM institutions");
}

static void build(struct fixture *f, struct world *world)
{
    struct tsk_reading page;
    struct tsk_document_added held;
    const struct tsk_document_new bad = fixture_document("D2", EAST, "bad");
    const struct tsk_consent consent = { .scope = "medical", .giver = "patient", .how = "oral", .by = "佐藤" };

    fixture_referral(&page, "山田 一郎");
    world->sheet = fixture_add(f, "D1", EAST, &page);
    snprintf(world->number, sizeof world->number, "27115-2015-0001");
    OK(tsk_document_hold(&held, f->store, &bad, "unreadable", f->arena, &f->err), f);
    const struct tsk_notice_new notice = { .office = EAST,
                                           .sheet = world->sheet,
                                           .case_number = world->number,
                                           .event = "e",
                                           .rule = "r",
                                           .recipient = "x",
                                           .kind = TSK_NOTICE_ALERT,
                                           .created_ms = 1 };
    const struct tsk_todo_new todo = {
        .office = EAST, .sheet = world->sheet, .event = "e", .rule = "r", .kind = "call", .text = "x"
    };
    OK(tsk_notice_queue(world->notice, NULL, f->store, &notice, &f->err), f);
    OK(tsk_todo_add(&world->todo, NULL, f->store, &todo, &f->err), f);
    OK(tsk_consent_record(f->store, &only_east, world->number, &consent, &f->err), f);
    world->institution = import_one(f, EAST);
}

static void nothing_is_listed(struct fixture *f, const struct world *world, const struct tsk_scope *scope)
{
    struct tsk_documents documents;
    struct tsk_pages pages;
    struct tsk_sheets sheets;
    struct tsk_field_changes changes;
    struct tsk_cases cases;
    struct tsk_case_events events;
    struct tsk_consents consents;
    struct tsk_notices notices;
    struct tsk_deliveries deliveries;
    struct tsk_todos todos;
    struct tsk_institutions institutions;
    struct tsk_verifications verifications;
    struct tsk_audit_entries audit;
    struct tsk_buf csv = TSK_BUF(4096);
    bool stands = true;
    int64_t due = 0;

    OK(tsk_document_list(&documents, f->store, scope, NULL, f->arena, &f->err), f);
    OK(tsk_document_pages(&pages, f->store, scope, "D1", f->arena, &f->err), f);
    OK(tsk_sheet_list(&sheets, f->store, scope, NULL, f->arena, &f->err), f);
    OK(tsk_sheet_history(&changes, f->store, scope, world->sheet, f->arena, &f->err), f);
    OK(tsk_case_list(&cases, f->store, scope, 0, f->arena, &f->err), f);
    OK(tsk_case_event_list(&events, f->store, scope, world->number, f->arena, &f->err), f);
    OK(tsk_consent_list(&consents, f->store, scope, world->number, f->arena, &f->err), f);
    OK(tsk_consent_stands(&stands, f->store, scope, world->number, "medical", &f->err), f);
    OK(tsk_notice_list(&notices, f->store, scope, NULL, f->arena, &f->err), f);
    OK(tsk_notice_deliveries(&deliveries, f->store, scope, world->notice, f->arena, &f->err), f);
    OK(tsk_notice_next_due(&due, f->store, scope, &f->err), f);
    OK(tsk_todo_list(&todos, f->store, scope, NULL, f->arena, &f->err), f);
    OK(tsk_directory_list(&institutions, f->store, scope, NULL, f->arena, &f->err), f);
    OK(tsk_directory_verifications(&verifications, f->store, scope, world->institution, f->arena, &f->err), f);
    OK(tsk_directory_export(&csv, f->store, scope, &f->err), f);
    OK(tsk_audit_list(&audit, f->store, scope, NULL, 0, f->arena, &f->err), f);
    assert_int_equal(documents.count + pages.count + sheets.count + changes.count + cases.count + events.count +
                         consents.count + notices.count + deliveries.count + todos.count + institutions.count +
                         verifications.count + audit.count,
                     0);
    assert_string_equal(tsk_buf_text(&csv), "kind,name,department,ward,fax,email,phone\n");
    assert_false(stands);
    assert_int_equal(due, -1);
    tsk_buf_free(&csv);
}

static void nothing_is_found(struct fixture *f, const struct world *world, const struct tsk_scope *scope)
{
    struct tsk_document document;
    struct tsk_sheet sheet;
    struct tsk_case kase;
    struct tsk_notice notice;
    struct tsk_institution institution;
    struct tsk_notices claimed;

    REFUSED(tsk_document_find(&document, f->store, scope, "D1", f->arena, &f->err), f, "no document D1");
    REFUSED(tsk_document_find(&document, f->store, scope, "D2", f->arena, &f->err), f, "no document D2");
    REFUSED(tsk_sheet_find(&sheet, f->store, scope, world->sheet, f->arena, &f->err), f, "no sheet");
    REFUSED(tsk_case_find(&kase, f->store, scope, world->number, f->arena, &f->err), f, "no case");
    REFUSED(tsk_notice_find(&notice, f->store, scope, world->notice, f->arena, &f->err), f, "no notice");
    REFUSED(tsk_directory_find(&institution, f->store, scope, world->institution, f->arena, &f->err), f,
            "no directory entry");
    OK(tsk_notice_claim(&claimed, f->store, scope, "s", 1000, 1000, f->arena, &f->err), f);
    assert_int_equal(claimed.count, 0);
}

static void nothing_is_changed(struct fixture *f, const struct world *world, const struct tsk_scope *scope)
{
    const struct tsk_consent consent = { .scope = "care", .giver = "patient", .how = "oral", .by = "鈴木" };
    const struct tsk_case_event event = { .kind = "note", .key = "1" };
    struct tsk_differences differences;
    struct tsk_reading page;
    enum tsk_verified verified;
    bool out;

    fixture_referral(&page, "鈴木");
    REFUSED(tsk_sheet_set(NULL, f->store, scope, world->sheet, "sex", "female", "鈴木", "", &f->err), f, "no sheet");
    REFUSED(tsk_sheet_confirm(NULL, f->store, scope, world->sheet, true, "鈴木", &f->err), f, "no sheet");
    REFUSED(tsk_sheet_link(NULL, f->store, scope, world->sheet, world->number, "鈴木", &f->err), f, "no sheet");
    REFUSED(tsk_sheet_reread_apply(&differences, f->store, scope, world->sheet, &page, &fixture_versions, "鈴木",
                                   f->arena, &f->err),
            f, "no sheet");
    REFUSED(tsk_case_event_add(NULL, f->store, scope, world->number, &event, &f->err), f, "no case");
    REFUSED(tsk_consent_record(f->store, scope, world->number, &consent, &f->err), f, "no case");
    REFUSED(tsk_consent_withdraw(f->store, scope, world->number, "medical", "鈴木", "", &f->err), f, "no consent");
    REFUSED(tsk_notice_result(f->store, scope, world->notice, TSK_NOTICE_SENT, 0, "", &f->err), f, "no notice");
    REFUSED(tsk_notice_withdraw(&out, f->store, scope, world->notice, "", &f->err), f, "no notice");
    REFUSED(tsk_todo_done(f->store, scope, world->todo, "鈴木", "", &f->err), f, "no to-do");
    REFUSED(tsk_directory_verify(&verified, f->store, scope, world->institution, "fax", "phone", "鈴木", &f->err), f,
            "no directory entry");
    REFUSED(tsk_directory_prefer(f->store, scope, world->institution, TSK_NOTICE_NONE, true, "鈴木", &f->err), f,
            "no directory entry");
    tsk_reading_free(&page);
}

static void test_another_office_sees_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    const struct tsk_scope *const scopes[] = { &only_north, &nobody };
    struct world world = { .sheet = 0 };

    build(f, &world);
    int64_t audits = fixture_count(f, "SELECT count(*) FROM audit");
    for (size_t i = 0; i < TSK_COUNT(scopes); i++) {
        nothing_is_listed(f, &world, scopes[i]);
        nothing_is_found(f, &world, scopes[i]);
        nothing_is_changed(f, &world, scopes[i]);
    }
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM audit"), audits);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM field_history"), 0);
}

static void test_its_own_office_sees_all_of_it(void **state)
{
    struct fixture *f = *state;
    struct world world = { .sheet = 0 };
    struct tsk_sheet sheet;
    struct tsk_case kase;
    struct tsk_notices claimed;

    build(f, &world);
    import_one(f, NORTH);
    OK(tsk_sheet_find(&sheet, f->store, &only_east, world.sheet, f->arena, &f->err), f);
    assert_string_equal(sheet.case_number, world.number);
    OK(tsk_case_find(&kase, f->store, &only_east, world.number, f->arena, &f->err), f);
    OK(tsk_notice_claim(&claimed, f->store, &only_east, "s", 1000, 1000, f->arena, &f->err), f);
    assert_int_equal(claimed.count, 1);
}

/* The offices' names in a scope are data, not SQL. */
static void test_a_strange_scope(void **state)
{
    struct fixture *f = *state;
    const char *const ids[] = { "x\") OR 1=1 --", "\"]", "'" };
    const struct tsk_scope strange = { .offices = ids, .office_count = TSK_COUNT(ids) };
    struct world world = { .sheet = 0 };

    build(f, &world);
    nothing_is_listed(f, &world, &strange);
}

/* Tables whose rows must name their office, whoever writes them. */
static void test_no_row_without_office(void **state)
{
    struct fixture *f = *state;
    static const char *const tables[] = { "documents",   "pages",        "sheets",        "cases",
                                          "case_events", "institutions", "verifications", "consents",
                                          "notices",     "todos",        "audit",         "sheet_events" };
    char sql[160];

    for (size_t i = 0; i < TSK_COUNT(tables); i++) {
        snprintf(sql, sizeof sql,
                 "SELECT count(*) FROM pragma_table_info('%s') WHERE name = 'office_id' AND \"notnull\" = 1",
                 tables[i]);
        assert_int_equal(fixture_count(f, sql), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_another_office_sees_and_changes_nothing),
        TEST(test_its_own_office_sees_all_of_it),
        TEST(test_a_strange_scope),
        TEST(test_no_row_without_office),
    };

    return cmocka_run_group_tests_name("records/scope", tests, NULL, NULL);
}
