/* What people find out later about a case: that it is another one's, or two; and what they note in it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "records/audit.h"
#include "records/case.h"
#include "records/case_close.h"
#include "records/inquiry.h"
#include "records/sheet_new.h"
#include "records/sql.h"

struct change {
    struct tsk_store *store;
    const struct tsk_scope *scope;
    struct tsk_arena *arena;
    struct tsk_part part;
    struct tsk_case from, to;
    const char *by;
};

static int start(struct change *change, struct tsk_store *store, const struct tsk_scope *scope, const char *from,
                 const char *by, struct tsk_err *err)
{
    *change = (struct change){ .store = store, .scope = scope, .by = by };
    if (by == NULL || *by == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "a change needs the name of who makes it");
    change->arena = tsk_arena_new((size_t)8 << 20);
    if (change->arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to change a case");
    if (tsk_part_start(&change->part, store, err) != 0)
        return -1;
    return tsk_case_find(&change->from, store, scope, from, change->arena, err);
}

static int end(struct change *change, int rc, struct tsk_err *err)
{
    if (change->part.store != NULL)
        rc = tsk_part_end(&change->part, rc, err);
    tsk_arena_free(&change->arena);
    return rc;
}

static int note(const struct change *change, const struct tsk_case *kase, const char *kind, const char *detail,
                struct tsk_err *err)
{
    char key[TSK_ID_SIZE];
    const struct tsk_case_event event = { .kind = kind, .key = key, .by = change->by, .detail = detail };

    tsk_id_new(key);
    return tsk_case_event_add(NULL, change->store, change->scope, kase->number, &event, err);
}

static int audit(const struct change *change, const struct tsk_case *kase, const char *action, const char *detail,
                 struct tsk_err *err)
{
    char object[TSK_CASE_NUMBER_SIZE + 8];

    snprintf(object, sizeof object, "case:%s", kase->number);
    return tsk_audit_add(change->store, kase->office, change->by, action, object, detail, err);
}

static int find_other(struct change *change, const char *number, struct tsk_err *err)
{
    if (tsk_case_find(&change->to, change->store, change->scope, number, change->arena, err) != 0)
        return -1;
    if (strcmp(change->from.office, change->to.office) != 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no case %s", number);
    if (strcmp(change->from.number, change->to.number) == 0)
        return tsk_fail(err, TSK_REJECT, 0, "this is case %s itself", number);
    return 0;
}

/* Nobody is asked under a number that is no case any more; the case that it went into asks for itself. */
static int end_inquiries(const struct change *change, struct tsk_err *err)
{
    return tsk_inquiry_end_all(change->store, change->from.number, change->by, "案件がまとめられました", err);
}

/* Whatever of a case carries its number and is no history. */
static int move_all(const struct change *change, struct tsk_err *err)
{
    const char *from = change->from.number, *to = change->to.number;

    if (tsk_sql_run(change->store, err, "UPDATE sheets SET case_number = ?2 WHERE case_number = ?1", "ss", from, to) !=
            0 ||
        tsk_sql_run(change->store, err, "UPDATE pages SET case_number = ?2 WHERE case_number = ?1", "ss", from, to) !=
            0 ||
        tsk_sql_run(change->store, err, "UPDATE notices SET case_number = ?2 WHERE case_number = ?1", "ss", from, to) !=
            0 ||
        tsk_sql_run(change->store, err, "UPDATE todos SET case_number = ?2 WHERE case_number = ?1", "ss", from, to) !=
            0)
        return -1;
    return end_inquiries(change, err);
}

/* It is one patient, who said yes or no last in one of the two; of a yes and a no of the same time the no stands. */
static int carry_consents(const struct change *change, struct tsk_err *err)
{
    return tsk_sql_run(
        change->store, err,
        "INSERT INTO consents (office_id, case_number, scope, state, giver, how, by, at, note, told_by) "
        "SELECT f.office_id, ?2, f.scope, f.state, f.giver, f.how, f.by, f.at, f.note, f.told_by FROM consents f WHERE "
        "f.id IN "
        "(SELECT max(id) FROM consents WHERE case_number = ?1 GROUP BY scope) AND NOT EXISTS (SELECT 1 FROM consents t "
        "WHERE t.case_number = ?2 AND t.scope = f.scope AND (t.at > f.at OR (t.at = f.at AND f.state = 'recorded' AND "
        "t.state <> "
        "'recorded'))) "
        "ORDER BY f.id",
        "ss", change->from.number, change->to.number);
}

static int merge(struct change *change, const char *into, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE], detail[TSK_CASE_NUMBER_SIZE + 16];

    if (find_other(change, into, err) != 0)
        return -1;
    if (*change->from.merged_into != '\0' || *change->to.merged_into != '\0')
        return tsk_fail(err, TSK_REJECT, 0, "one of the cases is part of another already");
    /* What was completed last decides how long both are kept; what is open is not completed. */
    if (*change->to.completed != '\0' &&
        (*change->from.completed == '\0' || strcmp(change->from.completed, change->to.completed) > 0) &&
        tsk_case_reopen(change->store, change->scope, change->to.number, "another case was merged into it", change->by,
                        err) != 0)
        return -1;
    if (move_all(change, err) != 0 || carry_consents(change, err) != 0 ||
        tsk_sql_run(change->store, err, "UPDATE cases SET merged_into = ?2 WHERE merged_into = ?1", "ss",
                    change->from.number, change->to.number) != 0 ||
        tsk_sql_run(change->store, err,
                    "UPDATE cases SET merged_into = ?2, merged_at = ?3, merged_by = ?4 WHERE number = ?1", "ssss",
                    change->from.number, change->to.number, tsk_now(now), change->by) != 0 ||
        note(change, &change->from, "merged_into", change->to.number, err) != 0 ||
        note(change, &change->to, "merged", change->from.number, err) != 0 ||
        tsk_case_index(change->store, change->from.number, err) != 0 ||
        tsk_case_index(change->store, change->to.number, err) != 0)
        return -1;
    snprintf(detail, sizeof detail, "into=%s", change->to.number);
    if (audit(change, &change->from, "case.merge", detail, err) != 0)
        return -1;
    snprintf(detail, sizeof detail, "from=%s", change->from.number);
    return audit(change, &change->to, "case.merge", detail, err);
}

int tsk_case_merge(struct tsk_store *store, const struct tsk_scope *scope, const char *from, const char *into,
                   const char *by, struct tsk_err *err)
{
    struct change change;
    int rc = start(&change, store, scope, from, by, err);

    return end(&change, rc == 0 ? merge(&change, into, err) : -1, err);
}

/* A case that was merged here becomes its own again; else a new one. */
static int open_target(struct change *change, const char *to, struct tsk_err *err)
{
    char number[TSK_CASE_NUMBER_SIZE];

    if (*to == '\0') {
        if (tsk_case_open(number, change->store, change->from.office, tsk_wall_ms(), change->by, err) != 0)
            return -1;
        return tsk_case_find(&change->to, change->store, change->scope, number, change->arena, err);
    }
    if (find_other(change, to, err) != 0)
        return -1;
    if (strcmp(change->to.merged_into, change->from.number) != 0)
        return tsk_fail(err, TSK_REJECT, 0, "case %s was not merged into %s; link the sheets to it one by one", to,
                        change->from.number);
    return tsk_sql_run(change->store, err,
                       "UPDATE cases SET merged_into = NULL, merged_at = '', merged_by = '' WHERE number = ?1", "s",
                       to);
}

static int move_sheet(const struct change *change, int64_t sheet, struct tsk_err *err)
{
    int64_t there = 0;
    bool changed;
    int rc = tsk_sql_number(&there, change->store, err, "SELECT 1 FROM sheets WHERE id = ?1 AND case_number = ?2", "is",
                            sheet, change->from.number);

    if (rc <= 0)
        return rc < 0 ? -1
                      : tsk_fail(err, TSK_REJECT, 0, "sheet %lld is not in case %s", (long long)sheet,
                                 change->from.number);
    if (tsk_sheet_link(&changed, change->store, change->scope, sheet, change->to.number, change->by, err) != 0 ||
        tsk_sql_run(change->store, err, "UPDATE notices SET case_number = ?2 WHERE sheet_id = ?1", "is", sheet,
                    change->to.number) != 0)
        return -1;
    return tsk_sql_run(change->store, err, "UPDATE todos SET case_number = ?2 WHERE sheet_id = ?1", "is", sheet,
                       change->to.number);
}

static int split(struct change *change, const int64_t *sheets, size_t count, const char *to, struct tsk_err *err)
{
    char detail[TSK_CASE_NUMBER_SIZE + 32];

    if (count == 0 && *to == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "say which sheets are another case's");
    if (open_target(change, to, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (move_sheet(change, sheets[i], err) != 0)
            return -1;
    if (note(change, &change->from, "split", change->to.number, err) != 0 ||
        note(change, &change->to, "split_off", change->from.number, err) != 0 ||
        tsk_case_index(change->store, change->from.number, err) != 0 ||
        tsk_case_index(change->store, change->to.number, err) != 0)
        return -1;
    snprintf(detail, sizeof detail, "to=%s sheets=%zu", change->to.number, count);
    if (audit(change, &change->from, "case.split", detail, err) != 0)
        return -1;
    snprintf(detail, sizeof detail, "from=%s sheets=%zu", change->from.number, count);
    return audit(change, &change->to, "case.split", detail, err);
}

int tsk_case_split(char number[TSK_CASE_NUMBER_SIZE], struct tsk_store *store, const struct tsk_scope *scope,
                   const char *from, const int64_t *sheets, size_t count, const char *to, const char *by,
                   struct tsk_err *err)
{
    struct change change;
    int rc = start(&change, store, scope, from, by, err);

    if (rc == 0)
        rc = split(&change, sheets, count, to, err);
    if (rc == 0)
        snprintf(number, TSK_CASE_NUMBER_SIZE, "%s", change.to.number);
    return end(&change, rc, err);
}

static int add_note(char key[TSK_ID_SIZE], const struct change *change, const struct tsk_case_note *entry,
                    struct tsk_err *err)
{
    static const char *const kinds[] = { "progress", "conference" };
    int64_t at_ms = 0;

    if (tsk_name_index(kinds, TSK_COUNT(kinds), entry->kind) < 0 || *entry->text == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "an entry is progress or conference, and says something");
    if (!tsk_stamp_parse(entry->at, &at_ms) || at_ms > tsk_wall_ms() + INT64_C(86400000))
        return tsk_fail(err, TSK_REJECT, 0, "say when it was; not after today");
    char *detail = NULL;
    json_t *json =
        json_pack("{s:s, s:s, s:s}", "text", entry->text, "attendees", entry->attendees, "replaces", entry->replaces);
    if (json != NULL)
        detail = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (detail == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to write into a case");
    const struct tsk_case_event event = {
        .kind = entry->kind, .key = key, .at = entry->at, .by = change->by, .detail = detail
    };
    tsk_id_new(key);
    int rc = tsk_case_event_add(NULL, change->store, change->scope, change->from.number, &event, err);
    free(detail);
    return rc != 0 ? -1 : audit(change, &change->from, "case.note", entry->kind, err);
}

int tsk_case_note_add(char key[TSK_ID_SIZE], struct tsk_store *store, const struct tsk_scope *scope, const char *number,
                      const struct tsk_case_note *entry, const char *by, struct tsk_err *err)
{
    struct change change;
    int rc = start(&change, store, scope, number, by, err);

    return end(&change, rc == 0 ? add_note(key, &change, entry, err) : -1, err);
}
