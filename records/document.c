#include "records/document.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/date.h"
#include "records/audit.h"
#include "records/sheet_new.h"
#include "records/sql.h"
#include "records/todo.h"

#define LIMIT_DEFAULT 1000

static const char *const states[TSK_DOCUMENT_STATE_COUNT] = { "read", "held", "duplicate" };
static const char *const page_states[] = { "read", "no_form", "incomplete" };

const char *tsk_document_state_name(enum tsk_document_state state)
{
    return states[state];
}

/* What the store has under this spool id (state) and, else, its twin. 1 = by id, 2 = a twin, 0 = neither. */
static int known(struct tsk_document *out, struct tsk_store *store, const struct tsk_document_new *document,
                 struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = -1;

    if (tsk_sql_query(&rows, store, arena, err,
                      "SELECT d.spool_id, d.office_id, d.state, t.spool_id, d.spool_id = ?1 FROM documents d "
                      "LEFT JOIN documents t ON t.id = d.duplicate_of "
                      "WHERE d.spool_id = ?1 OR (d.office_id = ?2 AND d.sha256 = ?3 AND d.state <> 'duplicate') "
                      "ORDER BY d.spool_id = ?1 DESC, d.came_from IS NOT NULL, d.handed_to IS NOT NULL LIMIT 1",
                      "sss", document->spool_id, document->office, document->sha256) == 0)
        rc = tsk_sql_next(rows, err);

    if (rc == 1) {
        out->spool_id = tsk_sql_text(rows);
        out->office = tsk_sql_text(rows);
        out->state = (enum tsk_document_state)tsk_name_index(states, TSK_COUNT(states), tsk_sql_text(rows));
        out->duplicate_of = tsk_sql_text(rows);
        rc = tsk_sql_int(rows) != 0 ? 1 : 2;
    }
    tsk_sql_end(&rows);
    return rc;
}

static int look(struct tsk_document_added *out, bool *held, struct tsk_store *store,
                const struct tsk_document_new *document, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_document old = { 0 };
    int rc = known(&old, store, document, arena, err);

    *out = (struct tsk_document_added){ .how = TSK_ADDED_NEW, .twin = "" };
    *held = false;
    if (rc != 1 && rc != 2)
        return rc;
    if (rc == 2) {
        out->how = TSK_ADDED_DUPLICATE;
        out->twin = old.spool_id;
        return 0;
    }
    if (strcmp(old.office, document->office) != 0)
        return tsk_fail(err, TSK_STOP, 0, "document %s is recorded for another office; its envelope was changed",
                        document->spool_id);
    *held = old.state == TSK_DOCUMENT_HELD;
    out->how = *held ? TSK_ADDED_NEW : TSK_ADDED_BEFORE;
    out->twin = old.duplicate_of;
    return 0;
}

int tsk_document_look(struct tsk_document_added *out, struct tsk_store *store, const struct tsk_document_new *document,
                      struct tsk_arena *arena, struct tsk_err *err)
{
    bool held;

    return look(out, &held, store, document, arena, err);
}

static int audit(struct tsk_store *store, const struct tsk_document_new *document, const char *action,
                 const char *detail, struct tsk_err *err)
{
    char object[96];

    snprintf(object, sizeof object, "document:%s", document->spool_id);
    return tsk_audit_add(store, document->office, "reader", action, object, detail, err);
}

static int put_row(int64_t *id, struct tsk_store *store, const struct tsk_document_new *document, const char *state,
                   const char *reason, const char *twin, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    if (tsk_sql_run(
            store, err,
            "INSERT INTO documents (spool_id, office_id, source, sender, name, media, received, sha256, size_bytes, "
            "state, reason, duplicate_of, recorded) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
            "(SELECT id FROM documents WHERE spool_id = ?12), ?13) ON CONFLICT (spool_id) DO UPDATE SET "
            "state = excluded.state, reason = excluded.reason, recorded = excluded.recorded, media = excluded.media",
            "ssssssssissss", document->spool_id, document->office, document->source, document->sender, document->name,
            document->media != NULL ? document->media : "", document->received, document->sha256, document->size_bytes,
            state, reason, twin, tsk_now(now)) != 0)
        return -1;
    return tsk_sql_number(id, store, err, "SELECT id FROM documents WHERE spool_id = ?1", "s", document->spool_id) == 1
               ? 0
               : -1;
}

static int put_duplicate(struct tsk_store *store, const struct tsk_document_new *document, const char *twin,
                         struct tsk_err *err)
{
    char detail[96];
    int64_t id = 0;

    snprintf(detail, sizeof detail, "twin=%s", twin);
    if (put_row(&id, store, document, "duplicate", "", twin, err) != 0)
        return -1;
    return audit(store, document, "document.duplicate", detail, err);
}

static int put_page(int64_t *id, struct tsk_store *store, int64_t document, const char *office, int number,
                    const struct tsk_page_new *page, struct tsk_err *err)
{
    const struct tsk_reading *reading = page->reading;

    if (tsk_sql_run(store, err,
                    "INSERT INTO pages (document_id, office_id, number, state, reason, image, crops, rotation, "
                    "registration_error_mm, width_px, height_px, x_dpi, y_dpi) "
                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                    "isissssidiidd", document, office, (int64_t)number, page_states[reading->state], reading->reason,
                    page->image != NULL ? page->image : "", page->crops != NULL ? page->crops : "",
                    (int64_t)reading->rotation, reading->registration_error_mm, (int64_t)reading->width_px,
                    (int64_t)reading->height_px, reading->x_dpi, reading->y_dpi) != 0)
        return -1;
    *id = tsk_sql_last_id(store);
    return 0;
}

/* A page that became no sheet must not be silent: one to-do a page that may be a form, one a document that has none at all. */
static int ask_person(struct tsk_store *store, const struct tsk_document_new *document, int page, const char *kind,
                      const char *text, struct tsk_err *err)
{
    char about[96];
    char recipient[32];
    const struct tsk_todo_new todo = { .office = document->office,
                                       .document = document->spool_id,
                                       .about = about,
                                       .event = "document.read",
                                       .rule = "records",
                                       .recipient = recipient,
                                       .kind = kind,
                                       .text = text };

    snprintf(about, sizeof about, "document:%s", document->spool_id);
    snprintf(recipient, sizeof recipient, "page:%d", page);
    return tsk_todo_add(NULL, NULL, store, &todo, err);
}

static int ask_about_pages(struct tsk_store *store, const struct tsk_document_new *document,
                           const struct tsk_page_new *pages, size_t count, size_t sheet_count, struct tsk_err *err)
{
    char text[256];
    bool asked = false;

    for (size_t i = 0; i < count; i++) {
        if (pages[i].reading->state != TSK_PAGE_INCOMPLETE)
            continue;
        asked = true;
        snprintf(
            text, sizeof text,
            "受信文書%zuページ目は様式の一部が読み取れませんでした。原本を確認し、必要なら再送を依頼してください。",
            i + 1);
        if (ask_person(store, document, (int)i + 1, "page_incomplete", text, err) != 0)
            return -1;
    }
    if (asked || sheet_count > 0)
        return 0;
    return ask_person(store, document, 0, "no_form", "受信文書に既知の様式がありません。原本を確認してください。", err);
}

static int put_pages(struct tsk_document_added *out, struct tsk_store *store, const struct tsk_document_new *document,
                     int64_t document_id, const struct tsk_page_new *pages, size_t count,
                     const struct tsk_versions *versions, struct tsk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct tsk_reading *reading = pages[i].reading;
        int64_t page = 0;
        int64_t sheet = 0;
        if (put_page(&page, store, document_id, document->office, (int)i + 1, &pages[i], err) != 0)
            return -1;
        if (reading->state != TSK_PAGE_READ)
            continue;
        if (tsk_sheet_new(&sheet, store, document->office, document_id, page, reading, versions, err) != 0)
            return -1;
        out->sheets[out->sheet_count++] = sheet;
    }
    return 0;
}

/* It was held, and somebody had it tried again. */
static int close_held(struct tsk_store *store, const struct tsk_document_new *document, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    return tsk_sql_run(store, err,
                       "UPDATE todos SET done = ?2, done_by = 'reader', note = '読み取りました' WHERE document = ?1 "
                       "AND kind = 'held' AND done = ''",
                       "ss", document->spool_id, tsk_now(now));
}

static int add(struct tsk_document_added *out, struct tsk_store *store, const struct tsk_document_new *document,
               const struct tsk_page_new *pages, size_t page_count, const struct tsk_versions *versions,
               struct tsk_arena *arena, struct tsk_err *err)
{
    char detail[64];
    int64_t id = 0;
    bool held = false;

    if (look(out, &held, store, document, arena, err) != 0)
        return -1;
    if (out->how == TSK_ADDED_BEFORE)
        return 0;
    if (out->how == TSK_ADDED_DUPLICATE)
        return put_duplicate(store, document, out->twin, err);
    if (page_count == 0)
        return tsk_fail(err, TSK_HOLD, 0, "document %s has no page", document->spool_id);
    out->sheets = tsk_arena_alloc(arena, page_count * sizeof *out->sheets);
    if (out->sheets == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to record document %s", document->spool_id);
    if (put_row(&id, store, document, "read", "", "", err) != 0 || (held && close_held(store, document, err) != 0) ||
        put_pages(out, store, document, id, pages, page_count, versions, err) != 0)
        return -1;
    if (ask_about_pages(store, document, pages, page_count, out->sheet_count, err) != 0)
        return -1;
    snprintf(detail, sizeof detail, "pages=%zu sheets=%zu", page_count, out->sheet_count);
    return audit(store, document, "document.read", detail, err);
}

int tsk_document_add(struct tsk_document_added *out, struct tsk_store *store, const struct tsk_document_new *document,
                     const struct tsk_page_new *pages, size_t page_count, const struct tsk_versions *versions,
                     struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_part part;

    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    return tsk_part_end(&part, add(out, store, document, pages, page_count, versions, arena, err), err);
}

static int hold(struct tsk_document_added *out, struct tsk_store *store, const struct tsk_document_new *document,
                const char *reason, struct tsk_arena *arena, struct tsk_err *err)
{
    int64_t id = 0;
    bool held = false;

    if (look(out, &held, store, document, arena, err) != 0)
        return -1;
    if (out->how == TSK_ADDED_DUPLICATE)
        return put_duplicate(store, document, out->twin, err);
    if (out->how == TSK_ADDED_BEFORE)
        return 0;
    if (put_row(&id, store, document, "held", reason, "", err) != 0)
        return -1;
    if (held) { /* held again: the newest reason stands, but it is no news */
        out->how = TSK_ADDED_BEFORE;
        return 0;
    }
    return audit(store, document, "document.held", "", err);
}

int tsk_document_hold(struct tsk_document_added *out, struct tsk_store *store, const struct tsk_document_new *document,
                      const char *reason, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_part part;

    assert(reason != NULL && *reason != '\0');
    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    return tsk_part_end(&part, hold(out, store, document, reason, arena, err), err);
}

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_document *document = item;

    document->spool_id = tsk_sql_text(rows);
    document->office = tsk_sql_text(rows);
    document->source = tsk_sql_text(rows);
    document->sender = tsk_sql_text(rows);
    document->name = tsk_sql_text(rows);
    document->received = tsk_sql_text(rows);
    document->sha256 = tsk_sql_text(rows);
    document->media = tsk_sql_text(rows);
    document->size_bytes = tsk_sql_int(rows);
    document->state = (enum tsk_document_state)tsk_name_index(states, TSK_COUNT(states), tsk_sql_text(rows));
    document->reason = tsk_sql_text(rows);
    document->duplicate_of = tsk_sql_text(rows);
    document->recorded = tsk_sql_text(rows);
    document->page_count = (int)tsk_sql_int(rows);
    document->sheet_count = (int)tsk_sql_int(rows);
    document->settled = tsk_sql_text(rows);
    document->settled_by = tsk_sql_text(rows);
    document->settled_at = tsk_sql_text(rows);
    document->settled_note = tsk_sql_text(rows);
    document->handed_to = tsk_sql_text(rows);
    document->handed_by = tsk_sql_text(rows);
    document->handed_at = tsk_sql_text(rows);
}

static int query(struct tsk_documents *out, struct tsk_store *store, const struct tsk_scope *scope,
                 const char *spool_id, const struct tsk_document_filter *by, struct tsk_arena *arena,
                 struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT d.spool_id, d.office_id, d.source, d.sender, d.name, d.received, d.sha256, d.media, "
        "d.size_bytes, d.state, d.reason, t.spool_id, d.recorded, "
        "(SELECT count(*) FROM pages WHERE document_id = d.id), "
        "(SELECT count(*) FROM sheets WHERE document_id = d.id), d.settled, d.settled_by, d.settled_at, "
        "d.settled_note, "
        "d.handed_to, d.handed_by, d.handed_at FROM documents d LEFT JOIN documents t ON t.id = d.duplicate_of "
        "WHERE " SCOPE(
            "d.office_id") " AND (?2 IS NULL OR d.spool_id = ?2) AND (?3 IS NULL OR d.state = ?3) "
                           "AND (?4 IS NULL OR d.office_id = ?4) ORDER BY d.received DESC, d.id DESC LIMIT ?5",
        "csssi", scope, spool_id, by->state, by->office, (int64_t)(by->limit > 0 ? by->limit : LIMIT_DEFAULT));

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

int tsk_document_list(struct tsk_documents *out, struct tsk_store *store, const struct tsk_scope *scope,
                      const struct tsk_document_filter *filter, struct tsk_arena *arena, struct tsk_err *err)
{
    static const struct tsk_document_filter every = { .state = NULL };

    return query(out, store, scope, NULL, filter != NULL ? filter : &every, arena, err);
}

int tsk_document_find(struct tsk_document *out, struct tsk_store *store, const struct tsk_scope *scope,
                      const char *spool_id, struct tsk_arena *arena, struct tsk_err *err)
{
    static const struct tsk_document_filter one = { .limit = 1 };
    struct tsk_documents found;

    if (query(&found, store, scope, spool_id, &one, arena, err) != 0)
        return -1;
    if (found.count == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no document %s in the records", spool_id);
    *out = found.items[0];
    return 0;
}

static void fill_page(void *item, struct tsk_rows *rows)
{
    struct tsk_page *page = item;

    page->number = (int)tsk_sql_int(rows);
    page->state = (enum tsk_page_state)tsk_name_index(page_states, TSK_COUNT(page_states), tsk_sql_text(rows));
    page->reason = tsk_sql_text(rows);
    page->image = tsk_sql_text(rows);
    page->crops = tsk_sql_text(rows);
    page->sheet = tsk_sql_int(rows);
    page->rotation = (int)tsk_sql_int(rows);
    page->width_px = (int)tsk_sql_int(rows);
    page->height_px = (int)tsk_sql_int(rows);
    page->id = tsk_sql_int(rows);
    page->settled = tsk_sql_text(rows);
    page->settled_by = tsk_sql_text(rows);
    page->settled_at = tsk_sql_text(rows);
    page->settled_note = tsk_sql_text(rows);
    page->case_number = tsk_sql_text(rows);
    page->x_dpi = tsk_sql_real(rows);
    page->y_dpi = tsk_sql_real(rows);
}

int tsk_document_pages(struct tsk_pages *out, struct tsk_store *store, const struct tsk_scope *scope,
                       const char *spool_id, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT p.number, p.state, p.reason, p.image, p.crops, s.id, p.rotation, p.width_px, p.height_px, p.id, "
        "p.settled, p.settled_by, p.settled_at, p.settled_note, p.case_number, p.x_dpi, p.y_dpi FROM pages p JOIN "
        "documents d ON d.id = "
        "p.document_id LEFT JOIN sheets s ON s.page_id = p.id "
        "WHERE " SCOPE("d.office_id") " AND d.spool_id = ?2 ORDER BY coalesce(p.place, p.number), p.number",
        "cs", scope, spool_id);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_page, &rows, &rc, err);
    return rc;
}
