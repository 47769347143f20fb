/* Legal holds: what may not go, however old it is. */
#include <stdio.h>
#include <string.h>

#include "records/audit.h"
#include "records/retention.h"
#include "records/sql.h"

/* The office of the subject, in the arena. TSK_REJECT when the scope does not see it. */
static int office_of(const char **out, struct tsk_store *store, const struct tsk_scope *scope,
                     const struct tsk_subject *subject, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT office_id FROM cases WHERE " SCOPE(
                               "office_id") " AND ?2 = 'case' AND number = ?3 UNION ALL "
                                            "SELECT office_id FROM documents WHERE " SCOPE(
                                                "office_id") " AND ?2 = 'document' AND spool_id = ?3 UNION ALL "
                                                             "SELECT office_id FROM incidents WHERE " SCOPE(
                                                                 "office_id") " AND ?2 = 'incident' AND case_number IS "
                                                                              "NULL AND CAST(id AS TEXT) = ?3",
                           "css", scope, subject->kind, subject->id);

    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1)
        *out = tsk_sql_text(rows);
    tsk_sql_end(&rows);
    if (rc == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no %s %s", subject->kind, subject->id);
    return rc < 0 ? -1 : 0;
}

static int check(const char *why, const char *by, struct tsk_err *err)
{
    if (by == NULL || *by == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "a legal hold needs the name of who decides it");
    return why != NULL && *why != '\0' ? 0 : tsk_fail(err, TSK_REJECT, 0, "a legal hold needs a reason");
}

static int audit(struct tsk_store *store, const char *office, const struct tsk_subject *subject, const char *action,
                 const char *by, struct tsk_err *err)
{
    char object[128];

    snprintf(object, sizeof object, "%s:%.100s", subject->kind, subject->id);
    return tsk_audit_add(store, office, by, action, object, "", err);
}

static int place(struct tsk_store *store, const char *office, const struct tsk_subject *subject, const char *why,
                 const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    if (tsk_sql_run(store, err,
                    "INSERT INTO legal_holds (office_id, kind, subject, placed, placed_by, why) "
                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (kind, subject) WHERE lifted = '' DO NOTHING",
                    "ssssss", office, subject->kind, subject->id, tsk_now(now), by, why) != 0)
        return -1;
    if (tsk_sql_changed(store) == 0)
        return tsk_fail(err, TSK_REJECT, 0, "%s %s is held already", subject->kind, subject->id);
    return audit(store, office, subject, "hold.place", by, err);
}

static int lift(struct tsk_store *store, const char *office, const struct tsk_subject *subject, const char *why,
                const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    if (tsk_sql_run(store, err,
                    "UPDATE legal_holds SET lifted = ?3, lifted_by = ?4, lifted_why = ?5 "
                    "WHERE kind = ?1 AND subject = ?2 AND lifted = ''",
                    "sssss", subject->kind, subject->id, tsk_now(now), by, why) != 0)
        return -1;
    if (tsk_sql_changed(store) == 0)
        return tsk_fail(err, TSK_REJECT, 0, "%s %s is not held", subject->kind, subject->id);
    return audit(store, office, subject, "hold.lift", by, err);
}

typedef int changer(struct tsk_store *store, const char *office, const struct tsk_subject *subject, const char *why,
                    const char *by, struct tsk_err *err);

static int change(struct tsk_store *store, const struct tsk_scope *scope, const struct tsk_subject *subject,
                  const char *why, const char *by, changer *make, struct tsk_err *err)
{
    struct tsk_arena *arena;
    struct tsk_part part;
    const char *office = "";
    int rc = -1;

    if (check(why, by, err) != 0)
        return -1;
    arena = tsk_arena_new(4096);
    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a legal hold");
    if (tsk_part_start(&part, store, err) == 0) {
        rc = office_of(&office, store, scope, subject, arena, err);
        if (rc == 0)
            rc = make(store, office, subject, why, by, err);
        rc = tsk_part_end(&part, rc, err);
    }
    tsk_arena_free(&arena);
    return rc;
}

int tsk_hold_place(struct tsk_store *store, const struct tsk_scope *scope, const struct tsk_subject *subject,
                   const char *why, const char *by, struct tsk_err *err)
{
    return change(store, scope, subject, why, by, place, err);
}

int tsk_hold_lift(struct tsk_store *store, const struct tsk_scope *scope, const struct tsk_subject *subject,
                  const char *why, const char *by, struct tsk_err *err)
{
    return change(store, scope, subject, why, by, lift, err);
}

static void fill_hold(void *item, struct tsk_rows *rows)
{
    struct tsk_hold *hold = item;

    hold->id = tsk_sql_int(rows);
    hold->office = tsk_sql_text(rows);
    hold->subject.kind = tsk_sql_text(rows);
    hold->subject.id = tsk_sql_text(rows);
    hold->placed = tsk_sql_text(rows);
    hold->placed_by = tsk_sql_text(rows);
    hold->why = tsk_sql_text(rows);
    hold->lifted = tsk_sql_text(rows);
    hold->lifted_by = tsk_sql_text(rows);
    hold->lifted_why = tsk_sql_text(rows);
}

int tsk_hold_list(struct tsk_holds *out, struct tsk_store *store, const struct tsk_scope *scope, bool lifted_too,
                  struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT id, office_id, kind, subject, placed, placed_by, why, lifted, lifted_by, lifted_why "
                           "FROM legal_holds WHERE " SCOPE("office_id") " AND (?2 OR lifted = '') ORDER BY id DESC",
                           "ci", scope, (int64_t)lifted_too);

    *out = (struct tsk_holds){ .count = 0 };
    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_hold, &rows, &rc, err);
    return rc;
}
