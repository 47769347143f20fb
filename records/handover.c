#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "records/audit.h"
#include "records/case.h"
#include "records/link.h"
#include "records/settle.h"
#include "records/sheet_new.h"
#include "records/sql.h"

struct change { /* of one document's pages */
    struct tsk_store *store;
    const struct tsk_scope *scope;
    struct tsk_arena *arena;
    struct tsk_part part;
    struct tsk_document document;
    int64_t row; /* of the document */
    const char *by;
};

static int start(struct change *change, struct tsk_store *store, const struct tsk_scope *scope, const char *spool_id,
                 const char *by, struct tsk_err *err)
{
    *change = (struct change){ .store = store, .scope = scope, .by = by };
    if (by == NULL || *by == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "a change needs the name of who makes it");
    change->arena = tsk_arena_new((size_t)4 << 20);
    if (change->arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to change a document");
    if (tsk_part_start(&change->part, store, err) != 0 ||
        tsk_document_find(&change->document, store, scope, spool_id, change->arena, err) != 0 ||
        tsk_sql_number(&change->row, store, err, "SELECT id FROM documents WHERE spool_id = ?1", "s", spool_id) != 1)
        return -1;
    if (change->document.state != TSK_DOCUMENT_READ || *change->document.handed_to != '\0')
        return tsk_fail(err, TSK_REJECT, 0, "document %s has no pages here", spool_id);
    return 0;
}

static int end(struct change *change, int rc, struct tsk_err *err)
{
    if (change->part.store != NULL)
        rc = tsk_part_end(&change->part, rc, err);
    tsk_arena_free(&change->arena);
    return rc;
}

static int audit(const struct change *change, const char *office, const char *spool_id, const char *action,
                 const char *detail, struct tsk_err *err)
{
    char object[96];

    snprintf(object, sizeof object, "document:%s", spool_id);
    return tsk_audit_add(change->store, office, change->by, action, object, detail, err);
}

/* A row of its own for pages that came with another document: the same original, received at the same instant. */
static int new_row(int64_t *row, char spool_id[TSK_ID_SIZE], const struct change *change, const char *office,
                   const char *source, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    tsk_id_new(spool_id);
    if (tsk_sql_run(
            change->store, err,
            "INSERT INTO documents (spool_id, office_id, source, sender, name, media, received, sha256, size_bytes, "
            "state, reason, recorded, came_from) SELECT ?2, ?3, ?4, sender, name, media, received, sha256, "
            "size_bytes, 'read', '', ?5, id FROM documents WHERE id = ?1",
            "issss", change->row, spool_id, office, source, tsk_now(now)) != 0)
        return -1;
    *row = tsk_sql_last_id(change->store);
    return 0;
}

static int check_pages(const struct change *change, const int *pages, size_t count, bool all, struct tsk_err *err)
{
    struct tsk_pages found;

    if (tsk_document_pages(&found, change->store, change->scope, change->document.spool_id, change->arena, err) != 0)
        return -1;
    bool right = count > 0 && (all ? count == found.count : count < found.count);
    for (size_t i = 0; right && i < count; i++) {
        size_t there = 0, twice = 0;
        for (size_t j = 0; j < found.count; j++)
            there += found.items[j].number == pages[i];
        for (size_t j = 0; j < count; j++)
            twice += pages[j] == pages[i];
        right = there == 1 && twice == 1;
    }
    if (right)
        return 0;
    return tsk_fail(err, TSK_REJECT, 0,
                    all ? "name every page of the document once"
                        : "name some pages of the document, and leave at least one");
}

static int order(const struct change *change, const int *pages, size_t count, struct tsk_err *err)
{
    if (check_pages(change, pages, count, true, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (tsk_sql_run(change->store, err, "UPDATE pages SET place = ?3 WHERE document_id = ?1 AND number = ?2", "iii",
                        change->row, (int64_t)pages[i], (int64_t)i + 1) != 0)
            return -1;
    }
    return audit(change, change->document.office, change->document.spool_id, "document.order", "", err);
}

int tsk_document_order(struct tsk_store *store, const struct tsk_scope *scope, const char *spool_id, const int *pages,
                       size_t count, const char *by, struct tsk_err *err)
{
    struct change change;
    int rc = start(&change, store, scope, spool_id, by, err);

    return end(&change, rc == 0 ? order(&change, pages, count, err) : -1, err);
}

static int split(char spool_id[TSK_ID_SIZE], const struct change *change, const int *pages, size_t count,
                 struct tsk_err *err)
{
    char detail[96];
    int64_t row = 0;

    if (check_pages(change, pages, count, false, err) != 0 ||
        new_row(&row, spool_id, change, change->document.office, change->document.source, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (tsk_sql_run(change->store, err,
                        "UPDATE sheets SET document_id = ?3 WHERE page_id = (SELECT id FROM pages "
                        "WHERE document_id = ?1 AND number = ?2)",
                        "iii", change->row, (int64_t)pages[i], row) != 0 ||
            tsk_sql_run(change->store, err,
                        "UPDATE pages SET document_id = ?3, place = ?4 WHERE document_id = ?1 AND number = ?2", "iiii",
                        change->row, (int64_t)pages[i], row, (int64_t)i + 1) != 0)
            return -1;
    }
    snprintf(detail, sizeof detail, "into=%s pages=%zu", spool_id, count);
    if (audit(change, change->document.office, change->document.spool_id, "document.split", detail, err) != 0)
        return -1;
    snprintf(detail, sizeof detail, "from=%s pages=%zu", change->document.spool_id, count);
    return audit(change, change->document.office, spool_id, "document.split_off", detail, err);
}

int tsk_document_split(char spool_id[TSK_ID_SIZE], struct tsk_store *store, const struct tsk_scope *scope,
                       const char *from, const int *pages, size_t count, const char *by, struct tsk_err *err)
{
    struct change change;
    int rc = start(&change, store, scope, from, by, err);

    return end(&change, rc == 0 ? split(spool_id, &change, pages, count, err) : -1, err);
}

/* The giver's queue must not go on telling people of what is no longer the giver's. */
static int withdraw(const struct change *change, struct tsk_err *err)
{
    static const char why[] = "別の区の室に引き渡しました";
    char now[TSK_STAMP_SIZE];

    tsk_now(now);
    if (tsk_sql_run(change->store, err,
                    "UPDATE notices SET state = 'cancelled', reason = ?3, finished = ?4 WHERE office_id = ?1 "
                    "AND sheet_id IN (SELECT id FROM sheets WHERE document_id = ?2) "
                    "AND state IN ('queued', 'failed', 'refused')",
                    "siss", change->document.office, change->row, why, now) != 0)
        return -1;
    return tsk_sql_run(
        change->store, err,
        "UPDATE todos SET done = ?4, done_by = '" TSK_DESK_NAME "', note = ?3 WHERE office_id = ?1 "
        "AND done = '' AND (document = ?5 OR sheet_id IN (SELECT id FROM sheets WHERE document_id = ?2))",
        "sisss", change->document.office, change->row, why, now, change->document.spool_id);
}

/* The giver's case loses the sheet; its time line says that, and nothing of the patient. */
static int leave_cases(const struct change *change, const char *to, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    return tsk_sql_run(change->store, err,
                       "INSERT INTO case_events (case_number, office_id, kind, key, at, by, detail) "
                       "SELECT DISTINCT s.case_number, s.office_id, 'handed_over', ?2, ?3, ?4, ?5 FROM sheets s "
                       "WHERE s.document_id = ?1 AND s.case_number IS NOT NULL ON CONFLICT DO NOTHING",
                       "issss", change->row, change->document.spool_id, tsk_now(now), change->by, to);
}

static int index_moved(const struct change *change, int64_t row, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, change->store, change->arena, err, "SELECT id FROM sheets WHERE document_id = ?1",
                           "i", row);

    while (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        int64_t sheet = tsk_sql_int(rows);
        rc = tsk_sheet_settle(change->store, sheet, err);
    }
    tsk_sql_end(&rows);
    return rc;
}

/* The taker's cases are looked through as for any sheet that arrives. */
static int link_moved(const struct change *change, int64_t row, struct tsk_err *err)
{
    char number[TSK_CASE_NUMBER_SIZE];
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, change->store, change->arena, err,
                           "SELECT id FROM sheets WHERE document_id = ?1 ORDER BY id", "i", row);

    while (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        int64_t sheet = tsk_sql_int(rows);
        rc = tsk_link_settle(number, change->store, sheet, err);
    }
    tsk_sql_end(&rows);
    return rc;
}

/* Cases of the giver that the sheets were in: of which patient they are has to be told anew. */
static int index_left(const struct change *change, const char *spool_id, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc =
        tsk_sql_query(&rows, change->store, change->arena, err,
                      "SELECT case_number FROM case_events WHERE kind = 'handed_over' AND key = ?1", "s", spool_id);

    while (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1)
        rc = tsk_case_index(change->store, tsk_sql_text(rows), err);
    tsk_sql_end(&rows);
    return rc;
}

/* Everything that hangs on a page hangs on its row, so the rows go over and nothing is copied or deleted. A person's
 * decisions wait again: the taker did not see who made them. */
static int move(const struct change *change, int64_t row, const char *to, struct tsk_err *err)
{
    if (tsk_sql_run(
            change->store, err,
            "UPDATE fields SET decided = 'waiting', reason = 'handed_over' WHERE decided IN ('set', 'confirmed') "
            "AND sheet_id IN (SELECT id FROM sheets WHERE document_id = ?1)",
            "i", change->row) != 0 ||
        tsk_sql_run(change->store, err,
                    "DELETE FROM sheet_events WHERE sheet_id IN (SELECT id FROM sheets WHERE document_id = ?1)", "i",
                    change->row) != 0 ||
        tsk_sql_run(change->store, err,
                    "DELETE FROM claims WHERE sheet_id IN (SELECT id FROM sheets WHERE document_id = ?1)", "i",
                    change->row) != 0 ||
        tsk_sql_run(change->store, err,
                    "UPDATE rereads SET office_id = ?2 WHERE page_id IN (SELECT id FROM pages WHERE document_id = ?1)",
                    "is", change->row, to) != 0 ||
        tsk_sql_run(change->store, err,
                    "UPDATE sheets SET document_id = ?2, office_id = ?3, case_number = NULL, proposed_case = NULL, "
                    "closed = '', twin_ok = 0, stays = 0 WHERE document_id = ?1",
                    "iis", change->row, row, to) != 0 ||
        tsk_sql_run(
            change->store, err,
            "UPDATE pages SET document_id = ?2, office_id = ?3, settled = '', settled_by = '', settled_at = '', "
            "settled_note = '', case_number = NULL WHERE document_id = ?1",
            "iis", change->row, row, to) != 0)
        return -1;
    return index_moved(change, row, err);
}

static int check_taker(const struct change *change, const char *to, struct tsk_err *err)
{
    int64_t number = 0;

    assert(change->document.office != NULL);
    int rc = tsk_sql_number(&number, change->store, err, "SELECT 1 FROM offices WHERE id = ?1", "s", to);

    if (rc == 0 || strcmp(to, change->document.office) == 0)
        return tsk_fail(err, TSK_REJECT, 0, "\"%.60s\" is no other office", to);
    if (rc == 1)
        rc = tsk_sql_number(&number, change->store, err,
                            "SELECT count(*) FROM sheets WHERE document_id = ?1 AND state = 'confirmed'", "i",
                            change->row);
    if (rc == 1 && number > 0)
        return tsk_fail(
            err, TSK_REJECT, 0,
            "document %s has a confirmed sheet, of which people may have been told; it cannot be handed over",
            change->document.spool_id);
    return rc == 1 ? 0 : -1;
}

static int hand_over(char spool_id[TSK_ID_SIZE], const struct change *change, const char *to, struct tsk_err *err)
{
    char source[96], detail[160], now[TSK_STAMP_SIZE];
    int64_t row = 0;

    snprintf(source, sizeof source, "office:%s", change->document.office);
    if (check_taker(change, to, err) != 0 || withdraw(change, err) != 0 || leave_cases(change, to, err) != 0 ||
        new_row(&row, spool_id, change, to, source, err) != 0 || move(change, row, to, err) != 0 ||
        index_left(change, change->document.spool_id, err) != 0 ||
        tsk_sql_run(change->store, err,
                    "UPDATE documents SET handed_to = ?2, handed_by = ?3, handed_at = ?4 WHERE id = ?1", "isss",
                    change->row, to, change->by, tsk_now(now)) != 0)
        return -1;
    snprintf(detail, sizeof detail, "to=%s as=%s pages=%d sheets=%d", to, spool_id, change->document.page_count,
             change->document.sheet_count);
    if (audit(change, change->document.office, change->document.spool_id, "document.hand_over", detail, err) != 0 ||
        link_moved(change, row, err) != 0)
        return -1;
    snprintf(detail, sizeof detail, "from=%s was=%s pages=%d sheets=%d", change->document.office,
             change->document.spool_id, change->document.page_count, change->document.sheet_count);
    return audit(change, to, spool_id, "document.taken_over", detail, err);
}

int tsk_document_hand_over(char spool_id[TSK_ID_SIZE], struct tsk_store *store, const struct tsk_scope *scope,
                           const char *from, const char *to_office, const char *by, struct tsk_err *err)
{
    struct change change;
    int rc = start(&change, store, scope, from, by, err);

    return end(&change, rc == 0 ? hand_over(spool_id, &change, to_office, err) : -1, err);
}

int tsk_document_is_shared(bool *shared, struct tsk_store *store, const struct tsk_document *document,
                           struct tsk_err *err)
{
    int64_t found = 0;
    int rc = tsk_sql_number(
        &found, store, err,
        "WITH RECURSIVE above (id, came_from) AS (SELECT id, came_from FROM documents WHERE spool_id = ?1 "
        "UNION SELECT d.id, d.came_from FROM documents d JOIN above a ON d.id = a.came_from), "
        "parts (id) AS (SELECT id FROM above UNION SELECT d.id FROM documents d JOIN parts p ON d.came_from = p.id) "
        "SELECT 1 FROM pages WHERE document_id IN (SELECT id FROM parts) AND office_id <> ?2 LIMIT 1",
        "ss", document->spool_id, document->office);

    *shared = rc == 1;
    return rc < 0 ? -1 : 0;
}

static int hand_over_held(const struct tsk_document *document, struct tsk_store *store, const char *to,
                          const char *taken, const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE], object[96], detail[160];

    snprintf(object, sizeof object, "document:%s", document->spool_id);
    snprintf(detail, sizeof detail, "to=%s as=%s held", to, taken);
    if (tsk_sql_run(store, err,
                    "UPDATE documents SET settled = 'forwarded', settled_by = ?3, settled_at = ?4, handed_to = ?2, "
                    "handed_by = ?3, handed_at = ?4 WHERE spool_id = ?1",
                    "ssss", document->spool_id, to, by, tsk_now(now)) != 0 ||
        tsk_sql_run(store, err,
                    "UPDATE todos SET done = ?2, done_by = '" TSK_DESK_NAME "' WHERE document = ?1 AND done = ''", "ss",
                    document->spool_id, now) != 0 ||
        tsk_audit_add(store, document->office, by, "document.hand_over", object, detail, err) != 0)
        return -1;
    snprintf(object, sizeof object, "document:%s", taken);
    snprintf(detail, sizeof detail, "from=%s was=%s held", document->office, document->spool_id);
    return tsk_audit_add(store, to, by, "document.taken_over", object, detail, err);
}

int tsk_document_is_letter(bool *letter, struct tsk_store *store, const struct tsk_document *document,
                           struct tsk_err *err)
{
    int64_t found = 0;
    int rc = tsk_sql_number(&found, store, err, "SELECT 1 FROM todos WHERE document = ?1 AND kind = 'letter' LIMIT 1",
                            "s", document->spool_id);

    *letter = rc == 1;
    return rc < 0 ? -1 : 0;
}

/* The same bytes and words for the taker, under an id of its own. */
static int copy_letter(const struct tsk_document *document, struct tsk_store *store, const char *to, const char *taken,
                       struct tsk_err *err)
{
    char source[96], now[TSK_STAMP_SIZE];

    snprintf(source, sizeof source, "office:%.80s", document->office);
    return tsk_sql_run(store, err,
                       "INSERT INTO documents (spool_id, office_id, source, sender, name, media, received, sha256, "
                       "size_bytes, state, reason, recorded, came_from) SELECT ?2, ?3, ?4, sender, name, media, "
                       "received, sha256, size_bytes, 'held', reason, ?5, id FROM documents WHERE spool_id = ?1",
                       "sssss", document->spool_id, taken, to, source, tsk_now(now)) != 0
               ? -1
               : tsk_sql_run(store, err,
                             "INSERT INTO todos (office_id, document, about, event, rule, recipient, kind, text, "
                             "created) SELECT ?3, ?2, 'document:' || ?2, event, rule, '', kind, replace(text, ?1, ?2), "
                             "?4 FROM todos WHERE document = ?1 AND kind = 'letter' LIMIT 1",
                             "ssss", document->spool_id, taken, to, now);
}

static int give_held(struct tsk_store *store, const struct tsk_scope *scope, const char *spool_id, const char *to,
                     const char *taken, bool copy, const char *by, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(65536);
    struct tsk_document document;
    struct tsk_part part;
    int rc = -1;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to hand a document over");
    if (tsk_part_start(&part, store, err) == 0) {
        rc = tsk_document_find(&document, store, scope, spool_id, arena, err);
        if (rc == 0 && (document.state != TSK_DOCUMENT_HELD || *document.settled != '\0'))
            rc = tsk_fail(err, TSK_REJECT, 0, "document %s is not held here", spool_id);
        if (rc == 0 && copy)
            rc = copy_letter(&document, store, to, taken, err);
        if (rc == 0)
            rc = hand_over_held(&document, store, to, taken, by, err);
        rc = tsk_part_end(&part, rc, err);
    }
    tsk_arena_free(&arena);
    return rc;
}

int tsk_document_held_hand_over(struct tsk_store *store, const struct tsk_scope *scope, const char *spool_id,
                                const char *to_office, const char *taken, const char *by, struct tsk_err *err)
{
    return give_held(store, scope, spool_id, to_office, taken, false, by, err);
}

int tsk_document_letter_hand_over(char taken[TSK_ID_SIZE], struct tsk_store *store, const struct tsk_scope *scope,
                                  const char *spool_id, const char *to_office, const char *by, struct tsk_err *err)
{
    tsk_id_new(taken);
    return give_held(store, scope, spool_id, to_office, taken, true, by, err);
}
