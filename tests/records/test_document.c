#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "records/case.h"
#include "records/todo.h"

static int add(struct tsk_document_added *added, struct fixture *f, const char *id, const char *office,
               const char *content, struct tsk_reading *readings, size_t count)
{
    struct tsk_document_new document = fixture_document(id, office, content);
    struct tsk_page_new pages[8];

    for (size_t i = 0; i < count; i++)
        pages[i] = (struct tsk_page_new){ .reading = &readings[i], .image = "", .crops = "" };
    return fixture_record(added, f->store, &document, pages, count, f->arena, &f->err);
}

static void free_all(struct tsk_reading *readings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tsk_reading_free(&readings[i]);
}

static void test_every_page_has_a_state(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading pages[4];
    struct tsk_document_added added;
    struct tsk_document document;
    struct tsk_pages found;
    struct tsk_todos todos;

    fixture_referral(&pages[0], "山田 一郎");
    assert_int_equal(tsk_reading_start(&pages[1], NULL, NULL), 0);
    fixture_referral(&pages[2], "鈴木 花子");
    assert_int_equal(tsk_reading_start(&pages[3], NULL, NULL), 0);
    pages[3].state = TSK_PAGE_INCOMPLETE;
    OK(add(&added, f, "D1", EAST, "bytes", pages, 4), f);
    free_all(pages, 4);
    assert_int_equal(added.how, TSK_ADDED_NEW);
    assert_int_equal(added.sheet_count, 2);

    OK(tsk_document_find(&document, f->store, &only_east, "D1", f->arena, &f->err), f);
    assert_int_equal(document.state, TSK_DOCUMENT_READ);
    assert_int_equal(document.page_count, 4);
    assert_int_equal(document.sheet_count, 2);
    OK(tsk_document_pages(&found, f->store, &only_east, "D1", f->arena, &f->err), f);
    assert_int_equal(found.count, 4);
    assert_int_equal(found.items[0].sheet, added.sheets[0]);
    assert_int_equal(found.items[1].state, TSK_PAGE_NO_FORM);
    assert_int_equal(found.items[1].sheet, 0);
    assert_int_equal(found.items[2].sheet, added.sheets[1]);
    assert_int_equal(found.items[3].state, TSK_PAGE_INCOMPLETE);
    OK(tsk_todo_list(&todos, f->store, &only_east, NULL, f->arena, &f->err), f);
    assert_int_equal(todos.count, 1);
    assert_string_equal(todos.items[0].kind, "page_incomplete");
}

static void test_two_patients_are_two_cases(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading pages[2];
    struct tsk_document_added added;
    struct tsk_sheet first;
    struct tsk_sheet second;

    fixture_referral(&pages[0], "山田 一郎");
    fixture_referral(&pages[1], "鈴木 花子");
    fixture_patient(&pages[1], 1);
    OK(add(&added, f, "D1", EAST, "bytes", pages, 2), f);
    free_all(pages, 2);
    OK(tsk_sheet_find(&first, f->store, &only_east, added.sheets[0], f->arena, &f->err), f);
    OK(tsk_sheet_find(&second, f->store, &only_east, added.sheets[1], f->arena, &f->err), f);
    assert_string_equal(first.case_number, "27115-2015-0001");
    assert_string_equal(second.case_number, "27115-2015-0002");
}

static void test_without_any_form(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading page;
    struct tsk_document_added added;
    struct tsk_todos todos;

    assert_int_equal(tsk_reading_start(&page, NULL, NULL), 0);
    OK(add(&added, f, "D1", EAST, "advert", &page, 1), f);
    tsk_reading_free(&page);
    assert_int_equal(added.sheet_count, 0);
    OK(tsk_todo_list(&todos, f->store, &only_east, NULL, f->arena, &f->err), f);
    assert_int_equal(todos.count, 1);
    assert_string_equal(todos.items[0].kind, "no_form");
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM cases"), 0);
}

static void test_replay_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading page;
    struct tsk_document_added added;
    struct tsk_document_new document = fixture_document("D1", EAST, "bytes");

    fixture_referral(&page, "山田 一郎");
    OK(tsk_document_look(&added, f->store, &document, f->arena, &f->err), f);
    assert_int_equal(added.how, TSK_ADDED_NEW);
    OK(add(&added, f, "D1", EAST, "bytes", &page, 1), f);
    int64_t audits = fixture_count(f, "SELECT count(*) FROM audit");
    OK(tsk_document_look(&added, f->store, &document, f->arena, &f->err), f);
    assert_int_equal(added.how, TSK_ADDED_BEFORE);
    OK(add(&added, f, "D1", EAST, "bytes", &page, 1), f);
    assert_int_equal(added.how, TSK_ADDED_BEFORE);
    OK(tsk_document_hold(&added, f->store, &document, "later", f->arena, &f->err), f);
    assert_int_equal(added.how, TSK_ADDED_BEFORE);
    tsk_reading_free(&page);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM documents WHERE state = 'read'"), 1);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM sheets"), 1);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM cases"), 1);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM audit"), audits);
}

static void test_twin_is_linked_and_silent(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading page;
    struct tsk_document_added added;
    struct tsk_document document;
    struct tsk_document_new twin = fixture_document("D2", EAST, "bytes");

    fixture_referral(&page, "山田 一郎");
    OK(add(&added, f, "D1", EAST, "bytes", &page, 1), f);
    OK(tsk_document_look(&added, f->store, &twin, f->arena, &f->err), f);
    assert_int_equal(added.how, TSK_ADDED_DUPLICATE);
    assert_string_equal(added.twin, "D1");
    OK(tsk_document_add(&added, f->store, &twin, NULL, 0, &fixture_versions, f->arena, &f->err), f);
    assert_int_equal(added.how, TSK_ADDED_DUPLICATE);
    OK(tsk_document_find(&document, f->store, &only_east, "D2", f->arena, &f->err), f);
    assert_int_equal(document.state, TSK_DOCUMENT_DUPLICATE);
    assert_string_equal(document.duplicate_of, "D1");
    assert_int_equal(document.sheet_count, 0);
    OK(tsk_document_add(&added, f->store, &twin, NULL, 0, &fixture_versions, f->arena, &f->err), f);
    assert_int_equal(added.how, TSK_ADDED_BEFORE);
    assert_string_equal(added.twin, "D1");
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM sheets"), 1);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM todos"), 0);

    OK(add(&added, f, "D3", NORTH, "bytes", &page, 1), f); /* another office's own document */
    assert_int_equal(added.how, TSK_ADDED_NEW);
    tsk_reading_free(&page);
    OK(tsk_document_find(&document, f->store, &only_north, "D3", f->arena, &f->err), f);
    assert_string_equal(document.duplicate_of, "");
}

static void test_held_and_released(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading page;
    struct tsk_document_added added;
    struct tsk_document document;
    struct tsk_documents held;
    struct tsk_document_new bad = fixture_document("D1", EAST, "bytes");
    struct tsk_document_new again = fixture_document("D2", EAST, "bytes");
    const struct tsk_document_filter filter = { .state = "held" };

    OK(tsk_document_hold(&added, f->store, &bad, "the file is truncated", f->arena, &f->err), f);
    assert_int_equal(added.how, TSK_ADDED_NEW);
    OK(tsk_document_hold(&added, f->store, &bad, "the file is truncated", f->arena, &f->err), f);
    assert_int_equal(added.how, TSK_ADDED_BEFORE);
    OK(tsk_document_hold(&added, f->store, &again, "the file is truncated", f->arena, &f->err), f);
    assert_int_equal(added.how, TSK_ADDED_DUPLICATE);
    OK(tsk_document_list(&held, f->store, &only_east, &filter, f->arena, &f->err), f);
    assert_int_equal(held.count, 1);
    assert_string_equal(held.items[0].reason, "the file is truncated");
    assert_string_equal(held.items[0].source, "folder");

    fixture_referral(&page, "山田 一郎"); /* after a better reader came */
    OK(add(&added, f, "D1", EAST, "bytes", &page, 1), f);
    tsk_reading_free(&page);
    assert_int_equal(added.how, TSK_ADDED_NEW);
    OK(tsk_document_find(&document, f->store, &only_east, "D1", f->arena, &f->err), f);
    assert_int_equal(document.state, TSK_DOCUMENT_READ);
    assert_string_equal(document.reason, "");
}

static void test_whole_or_absent(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading pages[2];
    struct tsk_document_added added;
    char *was;

    fixture_referral(&pages[0], "山田 一郎");
    fixture_referral(&pages[1], "鈴木 花子");
    was = pages[1].values[0].id;
    pages[1].values[0].id = (char[]){ "" }; /* a field without a name: the last insert fails */
    assert_int_equal(add(&added, f, "D1", EAST, "bytes", pages, 2), -1);
    pages[1].values[0].id = was;
    static const char *const tables[] = { "documents", "pages",         "sheets", "fields",
                                          "cases",     "case_counters", "audit",  "todos" };
    for (size_t i = 0; i < TSK_COUNT(tables); i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", tables[i]);
        assert_int_equal(fixture_count(f, sql), 0);
    }
    OK(add(&added, f, "D1", EAST, "bytes", pages, 2), f);
    free_all(pages, 2);
}

/* Two readers with the same bytes in hand: one makes the records, the other a duplicate. */
static void test_two_readers_with_twins(void **state)
{
    struct fixture *f = *state;
    static const char *const ids[] = { "D1", "D2", "D3", "D4" };
    pid_t children[TSK_COUNT(ids)];

    tsk_store_close(&f->store);
    for (size_t i = 0; i < TSK_COUNT(ids); i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct tsk_reading page;
            struct tsk_document_added added;
            fixture_referral(&page, "山田 一郎");
            _exit(tsk_store_open(&f->store, f->path, &f->err) == 0 &&
                          add(&added, f, ids[i], EAST, "bytes", &page, 1) == 0
                      ? 0
                      : 1);
        }
    }
    for (size_t i = 0; i < TSK_COUNT(ids); i++) {
        int status = -1;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM documents WHERE state = 'read'"), 1);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM documents WHERE state = 'duplicate'"), 3);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM sheets"), 1);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM cases"), 1);
}

static void test_no_page_is_held(void **state)
{
    struct fixture *f = *state;
    struct tsk_document_added added;

    REFUSED(add(&added, f, "D1", EAST, "bytes", NULL, 0), f, "no page");
    assert_int_equal(f->err.kind, TSK_HOLD);
}

static void test_the_identity_never_changes(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading page;

    fixture_referral(&page, "山田 一郎");
    fixture_add(f, "D1", EAST, &page);
    struct tsk_document_new other = fixture_document("D1", NORTH, "D1");
    struct tsk_document_added added;
    REFUSED(tsk_document_look(&added, f->store, &other, f->arena, &f->err), f, "another office");
}

static const struct opens_case {
    const char *what, *field, *value;
    bool review, opens;
} opens_cases[] = {
    { "a plain referral", NULL, NULL, false, true },
    { "an outcome", "outcome", "discharge", false, false },
    { "only a day of move", "move_date.day", "20", false, false },
    { "a doubtful cell of the block", "move_date.day", "7", true, false },
    { "a doubtful field elsewhere", "patient_address", "大今里", true, true },
};

static void test_which_sheet_opens_a_case(void **state)
{
    struct fixture *f = *state;
    struct tsk_sheet sheet;
    char id[8];

    fixture_know(f);
    for (size_t i = 0; i < TSK_COUNT(opens_cases); i++) {
        struct tsk_reading page;
        fixture_referral(&page, opens_cases[i].what);
        fixture_patient(&page, (int)i + 1);
        if (opens_cases[i].field != NULL)
            fixture_set(&page, opens_cases[i].field, opens_cases[i].value, opens_cases[i].review);
        snprintf(id, sizeof id, "D%zu", i);
        OK(tsk_sheet_find(&sheet, f->store, &only_east, fixture_add(f, id, EAST, &page), f->arena, &f->err), f);
        if ((*sheet.case_number != '\0') != opens_cases[i].opens)
            fail_msg("%s", opens_cases[i].what);
    }
}

static void test_another_form_opens_no_case(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading page;
    struct tsk_form care = *fixture_form();

    care.id = "care-liaison";
    assert_int_equal(tsk_reading_start(&page, &care, NULL), 0);
    fixture_add(f, "D1", EAST, &page);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM cases"), 0);
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM sheets WHERE case_number IS NULL"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_page_has_a_state),    TEST(test_two_patients_are_two_cases),
        TEST(test_without_any_form),          TEST(test_replay_changes_nothing),
        TEST(test_twin_is_linked_and_silent), TEST(test_held_and_released),
        TEST(test_whole_or_absent),           TEST(test_two_readers_with_twins),
        TEST(test_no_page_is_held),           TEST(test_the_identity_never_changes),
        TEST(test_which_sheet_opens_a_case),  TEST(test_another_form_opens_no_case),
    };

    return cmocka_run_group_tests_name("records/document", tests, NULL, NULL);
}
