#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "records/audit.h"
#include "records/case.h"
#include "records/notice.h"
#include "records/queue.h"
#include "records/search.h"
#include "records/settle.h"
#include "records/todo.h"

#define BOTH_REFUSE(call, f) REFUSED(call, f, "there is no")

/* A document of three pages: a referral, a letter, a page of which half is missing. */
static void add_three(struct fixture *f, const char *spool_id, const char *name)
{
    struct tsk_document_new document = fixture_document(spool_id, EAST, spool_id);
    struct tsk_reading readings[3];
    struct tsk_page_new pages[3];
    struct tsk_document_added added;

    fixture_referral(&readings[0], name);
    for (int i = 1; i < 3; i++)
        assert_int_equal(tsk_reading_start(&readings[i], NULL, NULL), 0);
    readings[2].state = TSK_PAGE_INCOMPLETE;
    for (size_t i = 0; i < 3; i++)
        pages[i] = (struct tsk_page_new){ .reading = &readings[i], .image = "image", .crops = "" };
    OK(fixture_record(&added, f->store, &document, pages, 3, f->arena, &f->err), f);
    for (int i = 0; i < 3; i++)
        tsk_reading_free(&readings[i]);
}

static int64_t tray(struct fixture *f, const struct tsk_scope *scope, enum tsk_tray which)
{
    struct tsk_queue_counts counts;
    struct tsk_queue list;
    const struct tsk_queue_filter filter = { .tray = which };

    OK(tsk_queue_count(&counts, f->store, scope, NULL, "2026-11-25", "2026-11-24T15:00:00.000Z", f->arena, &f->err), f);
    OK(tsk_queue_list(&list, f->store, scope, &filter, f->arena, &f->err), f);
    assert_int_equal(list.count, counts.tray[which]);
    return counts.tray[which];
}

static struct tsk_page page_of(struct fixture *f, const char *document, int number)
{
    struct tsk_pages pages;

    OK(tsk_document_pages(&pages, f->store, &tsk_scope_all, document, f->arena, &f->err), f);
    for (size_t i = 0; i < pages.count; i++)
        if (pages.items[i].number == number)
            return pages.items[i];
    fail_msg("%s has no page %d", document, number);
    return pages.items[0];
}

static int64_t open_todos(struct fixture *f)
{
    struct tsk_todos todos;

    OK(tsk_todo_list(&todos, f->store, &tsk_scope_all, NULL, f->arena, &f->err), f);
    return (int64_t)todos.count;
}

static int64_t audit_lines(struct fixture *f, const struct tsk_scope *scope, const char *action)
{
    struct tsk_audit_entries entries;
    int64_t count = 0;

    OK(tsk_audit_list(&entries, f->store, scope, NULL, 0, f->arena, &f->err), f);
    for (size_t i = 0; i < entries.count; i++)
        count += strcmp(entries.items[i].action, action) == 0;
    return count;
}

static void test_pages_are_put_away_and_taken_back(void **state)
{
    static const char *const ends[] = { "filed", "forwarded", "junk", "not_ours" };
    struct fixture *f = *state;

    add_three(f, "D1", "山田 一郎");
    int64_t letter = page_of(f, "D1", 2).id;
    int64_t before = open_todos(f);
    for (size_t i = 0; i < TSK_COUNT(ends); i++) {
        OK(tsk_page_put_away(f->store, &only_east, letter, ends[i], "会長へ", "佐藤", &f->err), f);
        assert_int_equal(tray(f, &only_east, TSK_TRAY_NO_FORM), 0);
        assert_string_equal(page_of(f, "D1", 2).settled, ends[i]);
        assert_string_equal(page_of(f, "D1", 2).settled_by, "佐藤");
        assert_int_equal(open_todos(f), before + (strcmp(ends[i], "not_ours") == 0));
        OK(tsk_page_put_away(f->store, &only_east, letter, "", "", "佐藤", &f->err), f);
        assert_int_equal(tray(f, &only_east, TSK_TRAY_NO_FORM), 1);
        assert_int_equal(open_todos(f), before);
    }
    assert_int_equal(audit_lines(f, &only_east, "page.settle"), 8);
    REFUSED(tsk_page_put_away(f->store, &only_east, letter, "forwarded", "", "佐藤", &f->err), f, "to whom");
    REFUSED(tsk_page_put_away(f->store, &only_east, letter, "burnt", "", "佐藤", &f->err), f, "put away as");
    BOTH_REFUSE(tsk_page_put_away(f->store, &only_north, letter, "junk", "", "北", &f->err), f);
}

static void test_a_sheet_leaves_with_its_page(void **state)
{
    struct fixture *f = *state;
    const struct tsk_notice_new notice = {
        .office = EAST, .sheet = 1, .event = "sheet.received", .rule = "ward", .recipient = "institution:1"
    };
    struct tsk_notices notices;

    add_three(f, "D1", "山田 一郎");
    OK(tsk_notice_queue(NULL, NULL, f->store, &notice, &f->err), f);
    OK(tsk_page_put_away(f->store, &only_east, page_of(f, "D1", 1).id, "duplicate", "", "佐藤", &f->err), f);
    assert_int_equal(tray(f, &only_east, TSK_TRAY_READY), 0);
    OK(tsk_notice_list(&notices, f->store, &only_east, NULL, f->arena, &f->err), f);
    assert_int_equal(notices.items[0].state, TSK_NOTICE_CANCELLED);
    OK(tsk_page_put_away(f->store, &only_east, page_of(f, "D1", 1).id, "", "", "佐藤", &f->err), f);
    assert_int_equal(tray(f, &only_east, TSK_TRAY_READY), 1);
    OK(tsk_sheet_confirm(NULL, f->store, &only_east, 1, true, "佐藤", &f->err), f);
    REFUSED(tsk_page_put_away(f->store, &only_east, page_of(f, "D1", 1).id, "junk", "", "佐藤", &f->err), f,
            "confirmed");
}

static void test_a_letter_belongs_to_a_case(void **state)
{
    struct fixture *f = *state;
    char other[TSK_CASE_NUMBER_SIZE];

    add_three(f, "D1", "山田 一郎");
    int64_t letter = page_of(f, "D1", 2).id;
    OK(tsk_case_open(other, f->store, NORTH, 1780000000000, "北", &f->err), f);
    BOTH_REFUSE(tsk_page_assign(f->store, &tsk_scope_all, letter, other, "佐藤", &f->err), f);
    OK(tsk_page_assign(f->store, &only_east, letter, "27115-2015-0001", "佐藤", &f->err), f);
    assert_string_equal(page_of(f, "D1", 2).case_number, "27115-2015-0001");
    assert_int_equal(tray(f, &only_east, TSK_TRAY_NO_FORM), 0);
    OK(tsk_page_assign(f->store, &only_east, letter, "", "佐藤", &f->err), f);
    assert_string_equal(page_of(f, "D1", 2).case_number, "");
    assert_int_equal(tray(f, &only_east, TSK_TRAY_NO_FORM), 1);
}

static void test_order_and_split(void **state)
{
    struct fixture *f = *state;
    const int order[] = { 3, 1, 2 }, twice[] = { 1, 1, 2 }, part[] = { 2, 3 }, all[] = { 1, 2, 3 };
    char id[TSK_ID_SIZE], given[TSK_ID_SIZE];
    struct tsk_pages pages;
    struct tsk_document document;
    bool shared;

    add_three(f, "D1", "山田 一郎");
    OK(tsk_document_order(f->store, &only_east, "D1", order, 3, "佐藤", &f->err), f);
    OK(tsk_document_pages(&pages, f->store, &only_east, "D1", f->arena, &f->err), f);
    assert_int_equal(pages.items[0].number, 3);
    REFUSED(tsk_document_order(f->store, &only_east, "D1", twice, 3, "佐藤", &f->err), f, "every page");
    REFUSED(tsk_document_order(f->store, &only_east, "D1", order, 2, "佐藤", &f->err), f, "every page");
    REFUSED(tsk_document_split(id, f->store, &only_east, "D1", all, 3, "佐藤", &f->err), f, "at least one");
    BOTH_REFUSE(tsk_document_split(id, f->store, &only_north, "D1", part, 2, "北", &f->err), f);
    OK(tsk_document_split(id, f->store, &only_east, "D1", part, 2, "佐藤", &f->err), f);
    OK(tsk_document_pages(&pages, f->store, &only_east, id, f->arena, &f->err), f);
    assert_int_equal(pages.count, 2);
    assert_int_equal(pages.items[0].number, 2); /* still the second page of the original */
    OK(tsk_document_find(&document, f->store, &only_east, "D1", f->arena, &f->err), f);
    assert_int_equal(document.page_count, 1);
    OK(tsk_document_is_shared(&shared, f->store, &document, &f->err), f);
    assert_false(shared); /* both parts are of one office */
    OK(tsk_document_hand_over(given, f->store, &only_east, id, NORTH, "佐藤", &f->err), f);
    OK(tsk_document_is_shared(&shared, f->store, &document, &f->err), f);
    assert_true(shared);
    OK(tsk_document_find(&document, f->store, &only_north, given, f->arena, &f->err), f);
    OK(tsk_document_is_shared(&shared, f->store, &document, &f->err), f);
    assert_true(shared);
}

static int64_t sheets_seen(struct fixture *f, const struct tsk_scope *scope)
{
    struct tsk_sheets sheets;
    struct tsk_hits hits;

    OK(tsk_sheet_list(&sheets, f->store, scope, NULL, f->arena, &f->err), f);
    OK(tsk_search(&hits, f->store, scope, NULL, "山田", 0, f->arena, &f->err), f);
    assert_int_equal(hits.count, sheets.count);
    return (int64_t)sheets.count;
}

static void check_givers_line(struct fixture *f, const char *spool_id)
{
    struct tsk_document line;
    struct tsk_pages pages;
    struct tsk_sheet sheet;
    struct tsk_case_events events;

    OK(tsk_document_find(&line, f->store, &only_east, spool_id, f->arena, &f->err), f);
    assert_string_equal(line.handed_to, NORTH);
    assert_string_equal(line.handed_by, "佐藤");
    assert_int_equal(line.page_count, 0);
    OK(tsk_document_pages(&pages, f->store, &only_east, spool_id, f->arena, &f->err), f);
    assert_int_equal(pages.count, 0);
    BOTH_REFUSE(tsk_sheet_find(&sheet, f->store, &only_east, 1, f->arena, &f->err), f);
    OK(tsk_case_event_list(&events, f->store, &only_east, "27115-2015-0001", f->arena, &f->err), f);
    assert_string_equal(events.items[events.count - 1].kind, "handed_over");
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM desk_cases WHERE name <> '' AND office_id = '" EAST "'"),
                     0);
}

/* A mail without a sheet: the other office gets its words and its bytes, and here it is gone from the list. */
static void test_a_letter_is_handed_over(void **state)
{
    struct fixture *f = *state;
    const struct tsk_document_new mail = fixture_document("L1", EAST, "a mail");
    const struct tsk_todo_new todo = { .office = EAST,
                                       .document = "L1",
                                       .about = "document:L1",
                                       .event = "held",
                                       .rule = "built-in",
                                       .recipient = "",
                                       .kind = "letter",
                                       .text = "受付番号 L1\n件名: 訪問日の件" };
    const struct tsk_document_filter held = { .state = "held" };
    struct tsk_document_added added;
    struct tsk_documents documents;
    struct tsk_document document;
    struct tsk_todos todos;
    char taken[TSK_ID_SIZE], words[120];
    bool letter;

    OK(tsk_document_hold(&added, f->store, &mail, "is a mail", f->arena, &f->err), f);
    OK(tsk_document_find(&document, f->store, &only_east, "L1", f->arena, &f->err), f);
    OK(tsk_document_is_letter(&letter, f->store, &document, &f->err), f);
    assert_false(letter);
    OK(tsk_todo_add(NULL, NULL, f->store, &todo, &f->err), f);
    OK(tsk_document_is_letter(&letter, f->store, &document, &f->err), f);
    assert_true(letter);
    REFUSED(tsk_document_letter_hand_over(taken, f->store, &only_north, "L1", EAST, "北", &f->err), f, "no document");
    OK(tsk_document_letter_hand_over(taken, f->store, &only_east, "L1", NORTH, "佐藤", &f->err), f);
    OK(tsk_todo_list(&todos, f->store, &only_east, NULL, f->arena, &f->err), f);
    assert_int_equal(todos.count, 0);
    OK(tsk_todo_list(&todos, f->store, &only_north, NULL, f->arena, &f->err), f);
    assert_int_equal(todos.count, 1);
    snprintf(words, sizeof words, "受付番号 %s\n件名: 訪問日の件", taken);
    assert_string_equal(todos.items[0].text, words);
    OK(tsk_document_list(&documents, f->store, &only_north, &held, f->arena, &f->err), f);
    assert_int_equal(documents.count, 1);
    assert_string_equal(documents.items[0].spool_id, taken);
    REFUSED(tsk_document_letter_hand_over(taken, f->store, &only_east, "L1", NORTH, "佐藤", &f->err), f,
            "not held here");
}

static void test_hand_over(void **state)
{
    struct fixture *f = *state;
    char id[TSK_ID_SIZE];
    struct tsk_case kase;
    struct tsk_sheet sheet;

    add_three(f, "D1", "山田 一郎");
    OK(tsk_sheet_set(NULL, f->store, &only_east, 1, "patient_name", "山田 一朗", "佐藤", "", &f->err), f);
    BOTH_REFUSE(tsk_document_hand_over(id, f->store, &only_north, "D1", EAST, "北", &f->err), f);
    REFUSED(tsk_document_hand_over(id, f->store, &only_east, "D1", EAST, "佐藤", &f->err), f, "no other office");
    REFUSED(tsk_document_hand_over(id, f->store, &only_east, "D1", "nowhere", "佐藤", &f->err), f, "no other office");
    assert_int_equal(sheets_seen(f, &only_east), 1);
    OK(tsk_document_hand_over(id, f->store, &only_east, "D1", NORTH, "佐藤", &f->err), f);

    check_givers_line(f, "D1");
    assert_int_equal(sheets_seen(f, &only_east), 0);
    assert_int_equal(tray(f, &only_east, TSK_TRAY_ALL), 0);
    assert_int_equal(sheets_seen(f, &only_north), 1);
    assert_int_equal(tray(f, &only_north, TSK_TRAY_ALL), 3);
    OK(tsk_sheet_find(&sheet, f->store, &only_north, 1, f->arena, &f->err), f);
    assert_string_equal(sheet.document, id);
    OK(tsk_case_find(&kase, f->store, &only_north, sheet.case_number, f->arena, &f->err),
       f); /* as if it had arrived there */
    assert_string_equal(tsk_sheet_value(&sheet, "patient_name"), "山田 一朗");
    assert_false(tsk_sheet_sure(&sheet, "patient_name"));
    assert_int_equal(audit_lines(f, &only_east, "document.hand_over"), 1);
    assert_int_equal(audit_lines(f, &only_north, "document.taken_over"), 1);
    assert_int_equal(audit_lines(f, &only_north, "document.hand_over"), 0);
    REFUSED(tsk_document_hand_over(id, f->store, &only_east, "D1", NORTH, "佐藤", &f->err), f, "no pages here");
}

static void test_handed_back_and_faxed_again(void **state)
{
    struct fixture *f = *state;
    char there[TSK_ID_SIZE], back[TSK_ID_SIZE];
    struct tsk_document_new again = fixture_document("D2", EAST, "D1");
    struct tsk_document_added added;

    add_three(f, "D1", "山田 一郎");
    OK(tsk_document_hand_over(there, f->store, &only_east, "D1", NORTH, "佐藤", &f->err), f);
    OK(tsk_document_look(&added, f->store, &again, f->arena, &f->err), f);
    assert_int_equal(added.how, TSK_ADDED_DUPLICATE);
    OK(tsk_document_hand_over(back, f->store, &only_north, there, EAST, "北", &f->err), f);
    assert_int_equal(sheets_seen(f, &only_east), 1);
    assert_int_equal(sheets_seen(f, &only_north), 0);
}

static void test_a_confirmed_sheet_is_not_handed_over(void **state)
{
    struct fixture *f = *state;
    char id[TSK_ID_SIZE];

    add_three(f, "D1", "山田 一郎");
    OK(tsk_sheet_confirm(NULL, f->store, &only_east, 1, true, "佐藤", &f->err), f);
    REFUSED(tsk_document_hand_over(id, f->store, &only_east, "D1", NORTH, "佐藤", &f->err), f, "confirmed");
    assert_int_equal(sheets_seen(f, &only_east), 1);
}

static void test_suspicions_are_cleared(void **state)
{
    struct fixture *f = *state;
    struct tsk_reading page;

    fixture_know(f);
    fixture_referral(&page, "山田 一郎");
    fixture_add(f, "D1", EAST, &page);
    fixture_referral(&page, "山田一郎");
    tsk_reading_derive(&page, "ward", "27127", true);
    int64_t sheet = fixture_add(f, "D2", EAST, &page);
    assert_int_equal(tray(f, &only_east, TSK_TRAY_DUPLICATE), 1);
    assert_int_equal(tray(f, &only_east, TSK_TRAY_OTHER_WARD), 1);
    OK(tsk_sheet_clear(f->store, &only_east, sheet, TSK_SUSPECT_TWIN, true, "佐藤", &f->err), f);
    OK(tsk_sheet_clear(f->store, &only_east, sheet, TSK_SUSPECT_WARD, true, "佐藤", &f->err), f);
    assert_int_equal(tray(f, &only_east, TSK_TRAY_DUPLICATE), 0);
    assert_int_equal(tray(f, &only_east, TSK_TRAY_OTHER_WARD), 0);
    OK(tsk_sheet_clear(f->store, &only_east, sheet, TSK_SUSPECT_TWIN, false, "佐藤", &f->err), f);
    assert_int_equal(tray(f, &only_east, TSK_TRAY_DUPLICATE), 1);
    BOTH_REFUSE(tsk_sheet_clear(f->store, &only_north, sheet, TSK_SUSPECT_TWIN, true, "北", &f->err), f);
}

static void test_held_documents(void **state)
{
    struct fixture *f = *state;
    struct tsk_document_new document = fixture_document("H1", EAST, "H1");
    struct tsk_document_added added;

    OK(tsk_document_hold(&added, f->store, &document, "壊れた画像", f->arena, &f->err), f);
    assert_int_equal(tray(f, &only_east, TSK_TRAY_HELD), 1);
    OK(tsk_document_settle(f->store, &only_east, "H1", "junk", "", "佐藤", &f->err), f);
    assert_int_equal(tray(f, &only_east, TSK_TRAY_HELD), 0);
    OK(tsk_document_settle(f->store, &only_east, "H1", "", "", "佐藤", &f->err), f);
    assert_int_equal(tray(f, &only_east, TSK_TRAY_HELD), 1);
    BOTH_REFUSE(tsk_document_settle(f->store, &only_north, "H1", "junk", "", "北", &f->err), f);
}

static void test_the_queue_is_paged_by_key(void **state)
{
    struct fixture *f = *state;
    struct tsk_queue_filter filter = { .limit = 3 };
    struct tsk_queue list;
    int64_t seen = 0;
    char id[16];

    for (int i = 0; i < 4; i++) {
        snprintf(id, sizeof id, "D%d", i);
        add_three(f, id, "山田 一郎");
    }
    struct tsk_reading page;
    fixture_outcome(&page, "鈴木 花");
    int64_t urgent = fixture_add(f, "U1", EAST, &page);
    do {
        OK(tsk_queue_list(&list, f->store, &only_east, &filter, f->arena, &f->err), f);
        if (seen == 0)
            assert_int_equal(list.items[0].id, urgent); /* somebody has moved: before what is older */
        seen += (int64_t)list.count;
        filter.after = list.items[list.count - 1].cursor;
    } while (list.more);
    assert_int_equal(seen, 13);
    filter.after = "nonsense";
    REFUSED(tsk_queue_list(&list, f->store, &only_east, &filter, f->arena, &f->err), f, "no place");
    assert_int_equal(tray(f, &only_north, TSK_TRAY_ALL), 0);
    assert_int_equal(tray(f, &nobody, TSK_TRAY_ALL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pages_are_put_away_and_taken_back),
        TEST(test_a_sheet_leaves_with_its_page),
        TEST(test_a_letter_belongs_to_a_case),
        TEST(test_order_and_split),
        TEST(test_hand_over),
        TEST(test_a_letter_is_handed_over),
        TEST(test_handed_back_and_faxed_again),
        TEST(test_a_confirmed_sheet_is_not_handed_over),
        TEST(test_suspicions_are_cleared),
        TEST(test_held_documents),
        TEST(test_the_queue_is_paged_by_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
