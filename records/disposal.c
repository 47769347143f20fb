#include "records/disposal.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "records/audit.h"
#include "records/sql.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define LIST_MAX 10000

static int audit(struct tsk_store *store, const struct tsk_disposal *disposal, const char *by, const char *action,
                 const char *detail, struct tsk_err *err)
{
    char object[40];

    snprintf(object, sizeof object, "disposal:%lld", (long long)disposal->id);
    return tsk_audit_add(store, disposal->office, by, action, object, detail, err);
}

static int add_item(struct tsk_store *store, const struct tsk_disposal *disposal, const struct tsk_due *due,
                    struct tsk_err *err)
{
    return tsk_sql_run(store, err,
                       "INSERT INTO disposal_items (disposal_id, office_id, kind, subject, kept_until, state) "
                       "VALUES (?1, ?2, ?3, ?4, ?5, 'listed')",
                       "issss", disposal->id, disposal->office, due->subject.kind, due->subject.id, due->until);
}

static int add_items(int *count, struct tsk_store *store, const struct tsk_disposal *disposal,
                     const struct tsk_dues *dues, struct tsk_err *err)
{
    *count = 0;
    for (size_t i = 0; i < dues->count; i++) {
        if (*dues->items[i].hindrance != '\0' || dues->items[i].disposal != 0)
            continue;
        if (add_item(store, disposal, &dues->items[i], err) != 0)
            return -1;
        ++*count;
    }
    return *count > 0 ? 0
                      : tsk_fail(err, TSK_REJECT, 0, "nothing of office %s is due and free to go", disposal->office);
}

static int propose(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope, const char *office,
                   const char *by, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_due_filter filter = { .office = office, .limit = LIST_MAX };
    struct tsk_disposal disposal = { .office = office };
    char now[TSK_STAMP_SIZE], today[TSK_DATE_SIZE], detail[32];
    struct tsk_dues dues;
    int count;

    tsk_date_text(tsk_japan_date(tsk_wall_ms()), today);
    if (tsk_retention_due(&dues, store, scope, &filter, arena, err) != 0 ||
        tsk_sql_run(store, err,
                    "INSERT INTO disposals (office_id, state, due_by, proposed, proposed_by) "
                    "VALUES (?1, 'proposed', ?2, ?3, ?4)",
                    "ssss", office, today, tsk_now(now), by) != 0)
        return -1;
    *id = disposal.id = tsk_sql_last_id(store);
    if (add_items(&count, store, &disposal, &dues, err) != 0)
        return -1;
    snprintf(detail, sizeof detail, "items=%d", count);
    return audit(store, &disposal, by, "disposal.propose", detail, err);
}

static int check_office(struct tsk_store *store, const struct tsk_scope *scope, const char *office, const char *by,
                        struct tsk_err *err)
{
    int64_t there = 0;
    int rc;

    if (by == NULL || *by == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "a list of disposal needs the name of who proposes it");
    rc = tsk_sql_number(&there, store, err, "SELECT 1 FROM offices WHERE " SCOPE("id") " AND id = ?2 AND id <> '*'",
                        "cs", scope, office);
    if (rc == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no office %s", office);
    return rc < 0 ? -1 : 0;
}

int tsk_disposal_propose(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope, const char *office,
                         const char *by, struct tsk_err *err)
{
    struct tsk_arena *arena;
    struct tsk_part part;
    int rc = -1;

    if (check_office(store, scope, office, by, err) != 0)
        return -1;
    arena = tsk_arena_new(ARENA_BYTES);
    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a list of disposal");
    if (tsk_part_start(&part, store, err) == 0)
        rc = tsk_part_end(&part, propose(id, store, scope, office, by, arena, err), err);
    tsk_arena_free(&arena);
    return rc;
}

static int decide(struct tsk_store *store, const struct tsk_disposal *disposal, bool approve, const char *why,
                  const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    if (strcmp(disposal->state, "proposed") != 0)
        return tsk_fail(err, TSK_REJECT, 0, "list %lld is %s already", (long long)disposal->id, disposal->state);
    if (strcmp(disposal->proposed_by, by) == 0)
        return tsk_fail(err, TSK_REJECT, 0, "%s proposed this list; another person decides about it", by);
    if (!approve && *why == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "say why the list is refused");
    if (tsk_sql_run(store, err,
                    "UPDATE disposals SET state = ?2, decided = ?3, decided_by = ?4, decided_why = ?5 WHERE id = ?1",
                    "issss", disposal->id, approve ? "approved" : "refused", tsk_now(now), by, why) != 0 ||
        (!approve && tsk_sql_run(store, err,
                                 "UPDATE disposal_items SET state = 'left', reason = 'refused', at = ?2 "
                                 "WHERE disposal_id = ?1",
                                 "is", disposal->id, now) != 0))
        return -1;
    return audit(store, disposal, by, approve ? "disposal.approve" : "disposal.refuse", "", err);
}

int tsk_disposal_decide(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, bool approve,
                        const char *why, const char *by, struct tsk_err *err)
{
    struct tsk_arena *arena;
    struct tsk_disposal disposal;
    struct tsk_part part;
    int rc = -1;

    if (by == NULL || *by == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "a decision needs the name of who makes it");
    arena = tsk_arena_new(ARENA_BYTES);
    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a list of disposal");
    if (tsk_part_start(&part, store, err) == 0) {
        rc = tsk_disposal_find(&disposal, store, scope, id, arena, err);
        if (rc == 0)
            rc = decide(store, &disposal, approve, why != NULL ? why : "", by, err);
        rc = tsk_part_end(&part, rc, err);
    }
    tsk_arena_free(&arena);
    return rc;
}

int tsk_disposal_start(struct tsk_store *store, int64_t id, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    return tsk_sql_run(store, err, "UPDATE disposals SET started = ?2 WHERE id = ?1 AND started = ''", "is", id,
                       tsk_now(now));
}

int tsk_disposal_purged(struct tsk_store *store, const struct tsk_disposal_item *item, const struct tsk_purged *purged,
                        struct tsk_err *err)
{
    json_t *counts = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "cases", (json_int_t)purged->cases, "sheets",
        (json_int_t)purged->sheets, "fields", (json_int_t)purged->fields, "changes", (json_int_t)purged->changes,
        "pages", (json_int_t)purged->pages, "documents", (json_int_t)purged->documents, "incidents",
        (json_int_t)purged->incidents, "notices", (json_int_t)purged->notices, "todos", (json_int_t)purged->todos,
        "files", (json_int_t)purged->files, "files_kept", (json_int_t)purged->shared);
    char *text = counts != NULL ? json_dumps(counts, JSON_COMPACT) : NULL;
    char now[TSK_STAMP_SIZE];
    int rc = text == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory for a certificate")
                          : tsk_sql_run(store, err,
                                        "UPDATE disposal_items SET state = 'purged', at = ?2, counts = ?3, digest = ?4 "
                                        "WHERE id = ?1",
                                        "isss", item->id, tsk_now(now), text, purged->digest);

    free(text);
    json_decref(counts);
    return rc;
}

int tsk_disposal_left(struct tsk_store *store, const struct tsk_disposal_item *item, const char *reason,
                      struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    return tsk_sql_run(store, err, "UPDATE disposal_items SET state = 'left', at = ?2, reason = ?3 WHERE id = ?1",
                       "iss", item->id, tsk_now(now), reason);
}

static json_t *item_json(const struct tsk_disposal_item *item)
{
    json_t *counts = json_loads(item->counts, 0, NULL);

    if (strcmp(item->state, "purged") != 0) {
        json_decref(counts);
        return json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", item->subject.kind, "id", item->subject.id, "kept_until",
                         item->kept_until, "left", item->reason, "at", item->at);
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "kind", item->subject.kind, "id", item->subject.id, "kept_until",
                     item->kept_until, "purged", item->at, "counts", counts != NULL ? counts : json_object(), "digest",
                     item->digest);
}

static char *certificate(const struct tsk_disposal *disposal, const struct tsk_disposal_items *items, const char *now,
                         const char *by)
{
    json_t *list = json_array(), *json;
    char *text;

    for (size_t i = 0; i < items->count; i++)
        json_array_append_new(list, item_json(&items->items[i]));
    json = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "certificate",
                     "disposal of records", "list", (json_int_t)disposal->id, "office", disposal->office, "rule",
                     "kept for 5 years from the end of the Japanese fiscal year (31 March) of completion", "due_by",
                     disposal->due_by, "proposed", disposal->proposed, "proposed_by", disposal->proposed_by, "approved",
                     disposal->decided, "approved_by", disposal->decided_by, "started", disposal->started, "finished",
                     now, "finished_by", by, "items", list);
    text = json != NULL ? json_dumps(json, JSON_INDENT(1)) : NULL;
    json_decref(json);
    return text;
}

static int write_certificate(struct tsk_store *store, const struct tsk_disposal *disposal, const char *by,
                             struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_disposal_items items;
    char now[TSK_STAMP_SIZE], hash[TSK_SHA256_HEX], detail[TSK_SHA256_HEX + 64];
    char *text;
    int rc;

    if (tsk_disposal_items(&items, store, &tsk_scope_all, disposal->id, arena, err) != 0)
        return -1;
    text = certificate(disposal, &items, tsk_now(now), by);
    if (text == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a certificate");
    tsk_sha256_hex(text, strlen(text), hash);
    snprintf(detail, sizeof detail, "purged=%d left=%d certificate=%s", disposal->purged, disposal->left, hash);
    rc = tsk_sql_run(store, err,
                     "UPDATE disposals SET state = 'done', finished = ?2, finished_by = ?3, certificate = ?4 "
                     "WHERE id = ?1",
                     "isss", disposal->id, now, by, text);
    free(text);
    return rc != 0 ? -1 : audit(store, disposal, by, "disposal.done", detail, err);
}

int tsk_disposal_finish(struct tsk_store *store, int64_t id, const char *by, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    struct tsk_disposal disposal;
    struct tsk_part part;
    int rc = -1;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a certificate");
    if (tsk_part_start(&part, store, err) == 0) {
        rc = tsk_disposal_find(&disposal, store, &tsk_scope_all, id, arena, err);
        if (rc == 0 && disposal.purged + disposal.left < disposal.cases + disposal.documents + disposal.incidents)
            rc = tsk_fail(err, TSK_REJECT, 0, "list %lld is not through", (long long)id);
        if (rc == 0)
            rc = write_certificate(store, &disposal, by, arena, err);
        rc = tsk_part_end(&part, rc, err);
    }
    tsk_arena_free(&arena);
    return rc;
}
