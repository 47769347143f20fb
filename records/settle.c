#include "records/settle.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "records/audit.h"
#include "records/case.h"
#include "records/settle_row.h"
#include "records/sheet_new.h"
#include "records/sql.h"
#include "records/todo.h"

static const char *const page_ends[] = { "filed", "forwarded", "junk", "not_ours", "duplicate" };
static const char *const document_ends[] = { "filed", "forwarded", "junk", "not_ours" };

static int check(const char *const *ends, size_t count, const char *as, const char *note, const char *by,
                 struct tsk_err *err)
{
    if (by == NULL || *by == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "a change needs the name of who makes it");
    if (*as != '\0' && tsk_name_index(ends, count, as) < 0)
        return tsk_fail(err, TSK_REJECT, 0, "nothing is put away as \"%.40s\"", as);
    if (strcmp(as, "forwarded") == 0 && (note == NULL || *note == '\0'))
        return tsk_fail(err, TSK_REJECT, 0, "say to whom it was forwarded");
    return 0;
}

int tsk_page_row_find(struct tsk_page_row *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t page,
                      struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc =
        tsk_sql_query(&rows, store, arena, err,
                      "SELECT p.office_id, d.spool_id, d.sender, p.number, p.state, p.settled, s.id, s.state "
                      "FROM pages p JOIN documents d ON d.id = p.document_id LEFT JOIN sheets s ON s.page_id = p.id "
                      "WHERE " SCOPE("p.office_id") " AND p.id = ?2",
                      "ci", scope, page);

    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        *out = (struct tsk_page_row){ .id = page, .office = tsk_sql_text(rows), .document = tsk_sql_text(rows) };
        out->sender = tsk_sql_text(rows);
        out->number = (int)tsk_sql_int(rows);
        out->state = tsk_sql_text(rows);
        out->settled = tsk_sql_text(rows);
        out->sheet = tsk_sql_int(rows);
        out->sheet_state = tsk_sql_text(rows);
    }
    tsk_sql_end(&rows);
    if (rc == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no page %lld", (long long)page);
    return rc == 1 ? 0 : -1;
}

int tsk_page_close_todos(struct tsk_store *store, const struct tsk_page_row *page, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    return tsk_sql_run(
        store, err,
        "UPDATE todos SET done = ?4, done_by = '" TSK_DESK_NAME "', note = 'ページを処理しました' WHERE done = '' "
        "AND document = ?1 AND event = 'document.read' AND office_id = ?3 AND (recipient = 'page:' || ?2 "
        "OR NOT EXISTS (SELECT 1 FROM pages p JOIN documents d ON d.id = p.document_id WHERE d.spool_id = ?1 "
        "AND p.state <> 'read' AND p.settled = ''))",
        "siss", page->document, (int64_t)page->number, page->office, tsk_now(now));
}

static int close_sheet(struct tsk_store *store, const struct tsk_page_row *page, const char *as, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    tsk_now(now);
    if (tsk_sql_run(store, err, "UPDATE sheets SET closed = ?2 WHERE id = ?1", "is", page->sheet, as) != 0 ||
        tsk_sql_run(store, err,
                    "UPDATE notices SET state = 'cancelled', reason = 'ページを処理しました', finished = ?3 "
                    "WHERE sheet_id = ?1 AND office_id = ?2 AND state IN ('queued', 'failed', 'refused')",
                    "iss", page->sheet, page->office, now) != 0)
        return -1;
    return tsk_sql_run(store, err,
                       "UPDATE todos SET done = ?3, done_by = '" TSK_DESK_NAME "', note = 'ページを処理しました' "
                       "WHERE sheet_id = ?1 AND office_id = ?2 AND done = ''",
                       "iss", page->sheet, page->office, now);
}

/* What only followed from putting the page away is undone with it. */
static int take_back(struct tsk_store *store, const struct tsk_page_row *page, struct tsk_err *err)
{
    if (tsk_sql_run(
            store, err,
            "UPDATE todos SET done = '', done_by = '', note = '' WHERE done_by = '" TSK_DESK_NAME
            "' AND office_id = ?3 AND ((document = ?1 AND event = 'document.read') OR (?2 <> 0 AND sheet_id = ?2))",
            "sis", page->document, page->sheet, page->office) != 0)
        return -1;
    return page->sheet == 0 ? 0
                            : tsk_sql_run(store, err, "UPDATE sheets SET closed = '' WHERE id = ?1", "i", page->sheet);
}

/* Whoever sent it to the wrong number has to know: it may be a leak that must be reported. */
static int ask_to_tell_sender(struct tsk_store *store, const char *office, const char *document, const char *sender,
                              int page, bool wanted, struct tsk_err *err)
{
    char about[96], recipient[32], text[512], now[TSK_STAMP_SIZE];
    const struct tsk_todo_new todo = { .office = office,
                                       .document = document,
                                       .about = about,
                                       .event = "not_ours",
                                       .rule = "records",
                                       .recipient = recipient,
                                       .kind = "call",
                                       .text = text };

    snprintf(about, sizeof about, "document:%s", document);
    snprintf(recipient, sizeof recipient, "page:%d", page);
    if (!wanted)
        return tsk_sql_run(store, err,
                           "UPDATE todos SET done = ?3, done_by = '" TSK_DESK_NAME "', note = '取り消しました' "
                           "WHERE about = ?1 AND event = 'not_ours' AND recipient = ?2 AND done = ''",
                           "sss", about, recipient, tsk_now(now));
    snprintf(text, sizeof text,
             "誤って届いた文書の送信元に知らせる\n\n当室宛てではない文書が届きました（送信元 %s）。送信元に電話し、"
             "誤送信であることと、原本の扱い（返送または廃棄）を確認してください。",
             sender != NULL && *sender != '\0' ? sender : "不明");
    return tsk_todo_keep(store, &todo, TSK_DESK_NAME, err);
}

static int put_away(struct tsk_store *store, const struct tsk_page_row *page, const char *as, const char *note,
                    const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE], object[96], detail[96];

    if (page->sheet != 0 && strcmp(page->sheet_state, "confirmed") == 0 && *as != '\0')
        return tsk_fail(err, TSK_REJECT, 0, "sheet %lld is confirmed and stays; move it to another case instead",
                        (long long)page->sheet);
    if (tsk_sql_run(store, err,
                    "UPDATE pages SET settled = ?2, settled_by = ?3, settled_at = ?4, settled_note = ?5, "
                    "case_number = CASE ?2 WHEN 'assigned' THEN case_number END WHERE id = ?1",
                    "issss", page->id, as, *as != '\0' ? by : "", *as != '\0' ? tsk_now(now) : "",
                    note != NULL ? note : "") != 0)
        return -1;
    if (ask_to_tell_sender(store, page->office, page->document, page->sender, page->number, strcmp(as, "not_ours") == 0,
                           err) != 0)
        return -1;
    if (*as == '\0' ? take_back(store, page, err) != 0
                    : tsk_page_close_todos(store, page, err) != 0 ||
                          (page->sheet != 0 && close_sheet(store, page, as, err) != 0))
        return -1;
    snprintf(object, sizeof object, "document:%s", page->document);
    snprintf(detail, sizeof detail, "page=%d as=%s before=%s", page->number, *as != '\0' ? as : "open", page->settled);
    return tsk_audit_add(store, page->office, by, "page.settle", object, detail, err);
}

/* Finds the page and does one thing with it, whole. */
struct page_change {
    struct tsk_store *store;
    const struct tsk_scope *scope;
    const char *as, *note, *by, *case_number;
};

static int settle_page(const struct page_change *change, const struct tsk_page_row *page, struct tsk_arena *arena,
                       struct tsk_err *err)
{
    (void)arena;
    return put_away(change->store, page, change->as, change->note, change->by, err);
}

static int assign_page(const struct page_change *change, const struct tsk_page_row *page, struct tsk_arena *arena,
                       struct tsk_err *err)
{
    struct tsk_case kase;
    char key[64];
    const struct tsk_case_event event = { .kind = "page", .key = key, .by = change->by, .detail = page->document };

    if (page->sheet != 0)
        return tsk_fail(err, TSK_REJECT, 0, "this page is sheet %lld; put the sheet to a case", (long long)page->sheet);
    if (*change->case_number == '\0')
        return put_away(change->store, page, "", "", change->by, err);
    if (tsk_case_find(&kase, change->store, change->scope, change->case_number, arena, err) != 0)
        return -1;
    assert(kase.office != NULL && page->office != NULL);
    if (strcmp(kase.office, page->office) != 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no case %s", change->case_number);
    snprintf(key, sizeof key, "page:%lld", (long long)page->id);
    if (tsk_sql_run(change->store, err, "UPDATE pages SET case_number = ?2 WHERE id = ?1", "is", page->id,
                    change->case_number) != 0 ||
        put_away(change->store, page, "assigned", "", change->by, err) != 0)
        return -1;
    return tsk_case_event_add(NULL, change->store, change->scope, change->case_number, &event, err);
}

static int with_page(const struct page_change *change, int64_t id,
                     int (*work)(const struct page_change *, const struct tsk_page_row *, struct tsk_arena *,
                                 struct tsk_err *),
                     struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)1 << 20);
    struct tsk_page_row page = { .sheet = 0 };
    struct tsk_part part;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to change a page");
    int rc = tsk_part_start(&part, change->store, err);
    if (rc == 0) {
        rc = tsk_page_row_find(&page, change->store, change->scope, id, arena, err);
        if (rc == 0)
            rc = work(change, &page, arena, err);
        rc = tsk_part_end(&part, rc, err);
    }
    tsk_arena_free(&arena);
    return rc;
}

int tsk_page_put_away(struct tsk_store *store, const struct tsk_scope *scope, int64_t page, const char *as,
                      const char *note, const char *by, struct tsk_err *err)
{
    const struct page_change change = { .store = store, .scope = scope, .as = as, .note = note, .by = by };

    if (check(page_ends, TSK_COUNT(page_ends), as, note, by, err) != 0)
        return -1;
    return with_page(&change, page, settle_page, err);
}

int tsk_page_assign(struct tsk_store *store, const struct tsk_scope *scope, int64_t page, const char *case_number,
                    const char *by, struct tsk_err *err)
{
    const struct page_change change = { .store = store, .scope = scope, .by = by, .case_number = case_number };

    if (check(page_ends, TSK_COUNT(page_ends), "", "", by, err) != 0)
        return -1;
    return with_page(&change, page, assign_page, err);
}

static int settle_document(struct tsk_store *store, const struct tsk_document *document, const char *as,
                           const char *note, const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE], object[96], detail[64];

    assert(document->spool_id != NULL && document->office != NULL);
    if (document->state != TSK_DOCUMENT_HELD)
        return tsk_fail(err, TSK_REJECT, 0, "document %s was read; its pages are put away one by one",
                        document->spool_id);
    if (*document->handed_to != '\0')
        return tsk_fail(err, TSK_REJECT, 0, "document %s is the other office's now", document->spool_id);
    if (tsk_sql_run(store, err,
                    "UPDATE documents SET settled = ?2, settled_by = ?3, settled_at = ?4, settled_note = ?5 "
                    "WHERE spool_id = ?1",
                    "sssss", document->spool_id, as, *as != '\0' ? by : "", *as != '\0' ? tsk_now(now) : "",
                    note != NULL ? note : "") != 0 ||
        ask_to_tell_sender(store, document->office, document->spool_id, document->sender, 0,
                           strcmp(as, "not_ours") == 0, err) != 0)
        return -1;
    int rc = *as != '\0' ? tsk_sql_run(store, err,
                                       "UPDATE todos SET done = ?2, done_by = '" TSK_DESK_NAME
                                       "' WHERE document = ?1 AND kind = 'held' AND done = ''",
                                       "ss", document->spool_id, tsk_now(now))
                         : tsk_sql_run(store, err,
                                       "UPDATE todos SET done = '', done_by = '' WHERE document = ?1 "
                                       "AND kind = 'held' AND done_by = '" TSK_DESK_NAME "'",
                                       "s", document->spool_id);
    if (rc != 0)
        return -1;
    snprintf(object, sizeof object, "document:%s", document->spool_id);
    snprintf(detail, sizeof detail, "as=%s", *as != '\0' ? as : "open");
    return tsk_audit_add(store, document->office, by, "document.settle", object, detail, err);
}

int tsk_document_settle(struct tsk_store *store, const struct tsk_scope *scope, const char *spool_id, const char *as,
                        const char *note, const char *by, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(65536);
    struct tsk_document document;
    struct tsk_part part;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to change a document");
    int rc = check(document_ends, TSK_COUNT(document_ends), as, note, by, err);
    if (rc == 0 && (rc = tsk_part_start(&part, store, err)) == 0) {
        rc = tsk_document_find(&document, store, scope, spool_id, arena, err);
        if (rc == 0)
            rc = settle_document(store, &document, as, note, by, err);
        rc = tsk_part_end(&part, rc, err);
    }
    tsk_arena_free(&arena);
    return rc;
}

static int clear(struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet, enum tsk_suspicion what,
                 bool cleared, const char *by, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_sheet found;
    char object[40];
    int rc = tsk_sheet_find(&found, store, scope, sheet, arena, err);

    if (rc == 0 && what == TSK_SUSPECT_TWIN)
        rc = tsk_sql_run(store, err, "UPDATE sheets SET twin_ok = ?2 WHERE id = ?1", "ii", sheet, (int64_t)cleared);
    else if (rc == 0)
        rc = tsk_sql_run(store, err, "UPDATE sheets SET stays = ?2 WHERE id = ?1", "ii", sheet, (int64_t)cleared);
    if (rc != 0 || tsk_sheet_index(store, sheet, err) != 0)
        return -1;
    snprintf(object, sizeof object, "sheet:%lld", (long long)sheet);
    return tsk_audit_add(store, found.office, by, what == TSK_SUSPECT_TWIN ? "sheet.no_duplicate" : "sheet.stays",
                         object, cleared ? "" : "taken back", err);
}

int tsk_sheet_clear(struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet, enum tsk_suspicion what,
                    bool cleared, const char *by, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)4 << 20);
    struct tsk_part part;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to change a sheet");
    int rc = check(page_ends, TSK_COUNT(page_ends), "", "", by, err);
    if (rc == 0 && (rc = tsk_part_start(&part, store, err)) == 0)
        rc = tsk_part_end(&part, clear(store, scope, sheet, what, cleared, by, arena, err), err);
    tsk_arena_free(&arena);
    return rc;
}
