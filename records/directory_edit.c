/* One entry, typed by a person. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "records/audit.h"
#include "records/directory_new.h"
#include "records/sql.h"

static int check(const struct tsk_institution_edit *edit, struct tsk_err *err)
{
    const char *const cells[TSK_DIRECTORY_COLUMNS] = { edit->kind, edit->name,  edit->department, edit->ward,
                                                       edit->fax,  edit->email, edit->phone };

    for (int i = 0; i < TSK_DIRECTORY_COLUMNS; i++) {
        const char *fault = tsk_directory_fault(i, cells[i]);
        if (fault != NULL)
            return tsk_fail(err, TSK_REJECT, 0, "%s %s", tsk_directory_columns[i], fault);
    }
    return 0;
}

static int insert(int64_t *id, struct tsk_store *store, const char *office, const struct tsk_institution_edit *edit,
                  const char *name_key, const char *department_key, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    int64_t there = 0;
    int rc = tsk_sql_number(&there, store, err,
                            "SELECT id FROM institutions WHERE office_id = ?1 AND kind = ?2 AND name = ?3 "
                            "AND department = ?4 AND ward = ?5",
                            "sssss", office, edit->kind, edit->name, edit->department, edit->ward);

    if (rc != 0)
        return rc < 0 ? -1 : tsk_fail(err, TSK_REJECT, 0, "directory entry %lld is this one", (long long)there);
    if (tsk_sql_run(store, err,
                    "INSERT INTO institutions (office_id, kind, name, department, ward, name_key, department_key, fax, "
                    "email, phone, updated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                    "sssssssssss", office, edit->kind, edit->name, edit->department, edit->ward, name_key,
                    department_key, edit->fax, edit->email, edit->phone, tsk_now(now)) != 0)
        return -1;
    *id = tsk_sql_last_id(store);
    return 0;
}

/* A number that changed is another number: whoever vouched for the old one did not vouch for this. */
static int lapse(struct tsk_store *store, const struct tsk_institution *old, const char *channel, const char *value,
                 const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    bool fax = strcmp(channel, "fax") == 0;

    if ((fax ? old->fax_verified : old->email_verified) == TSK_UNVERIFIED)
        return 0;
    return tsk_sql_run(store, err,
                       "INSERT INTO verifications (office_id, institution_id, channel, value, how, by, at, result) "
                       "VALUES (?1, ?2, ?3, ?4, 'letterhead', ?5, ?6, 'lapsed')",
                       "sissss", old->office, old->id, channel, value, by, tsk_now(now));
}

static int update(struct tsk_store *store, const struct tsk_institution *old, const struct tsk_institution_edit *edit,
                  const char *name_key, const char *department_key, const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    bool fax = strcmp(old->fax, edit->fax) != 0, email = strcmp(old->email, edit->email) != 0;

    if ((fax && lapse(store, old, "fax", old->fax, by, err) != 0) ||
        (email && lapse(store, old, "email", old->email, by, err) != 0))
        return -1;
    return tsk_sql_run(store, err,
                       "UPDATE institutions SET kind = ?2, name = ?3, department = ?4, ward = ?5, name_key = ?6, "
                       "department_key = ?7, phone = ?8, updated = ?9, fax = ?10, email = ?11, "
                       "fax_state = CASE WHEN fax = ?10 THEN fax_state ELSE 'unverified' END, "
                       "fax_station = CASE WHEN fax = ?10 THEN fax_station ELSE '' END, "
                       "email_state = CASE WHEN email = ?11 THEN email_state ELSE 'unverified' END WHERE id = ?1",
                       "issssssssss", old->id, edit->kind, edit->name, edit->department, edit->ward, name_key,
                       department_key, edit->phone, tsk_now(now), edit->fax, edit->email);
}

static int put(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope, const char *office,
               const struct tsk_institution_edit *edit, const char *by, struct tsk_arena *arena, struct tsk_err *err)
{
    char *name_key = tsk_compare_key(edit->name);
    char *department_key = tsk_compare_key(edit->department);
    struct tsk_institution old = { .office = office };
    char object[40], detail[64];
    int rc =
        name_key == NULL || department_key == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory for the directory") : 0;

    if (rc == 0 && *id != 0)
        rc = tsk_directory_find(&old, store, scope, *id, arena, err);
    if (rc == 0)
        rc = *id != 0 ? update(store, &old, edit, name_key, department_key, by, err)
                      : insert(id, store, office, edit, name_key, department_key, err);
    free(name_key);
    free(department_key);
    if (rc != 0)
        return -1;
    snprintf(object, sizeof object, "institution:%lld", (long long)*id);
    snprintf(detail, sizeof detail, "%s%s%s", old.id == 0 ? "new" : "changed",
             old.id != 0 && strcmp(old.fax, edit->fax) != 0 ? " fax" : "",
             old.id != 0 && strcmp(old.email, edit->email) != 0 ? " email" : "");
    return tsk_audit_add(store, old.office, by, "directory.edit", object, detail, err);
}

int tsk_directory_edit(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope, const char *office,
                       const struct tsk_institution_edit *edit, const char *by, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(65536);
    struct tsk_part part;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for the directory");
    int rc = by == NULL || *by == '\0' ? tsk_fail(err, TSK_REJECT, 0, "a change needs the name of who makes it")
                                       : check(edit, err);
    if (rc == 0 && (rc = tsk_part_start(&part, store, err)) == 0)
        rc = tsk_part_end(&part, put(id, store, scope, office, edit, by, arena, err), err);
    tsk_arena_free(&arena);
    return rc;
}

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_unverified *one = item;

    one->id = tsk_sql_int(rows);
    one->office = tsk_sql_text(rows);
    one->name = tsk_sql_text(rows);
    one->department = tsk_sql_text(rows);
    one->channel = tsk_sql_text(rows);
    one->value = tsk_sql_text(rows);
    one->proposed_by = tsk_sql_text(rows);
    one->proposed_at = tsk_sql_text(rows);
    one->how = tsk_sql_text(rows);
}

/* The newest row of the channel is the proposal that stands. */
#define PROPOSED(channel)                                                                                              \
    "SELECT i.id, i.office_id, i.name, i.department, '" channel "', i." channel                                        \
    ", v.by, v.at, v.how FROM institutions i "                                                                         \
    "JOIN verifications v ON v.id = (SELECT max(id) FROM verifications WHERE institution_id = i.id AND channel = "     \
    "'" channel "') WHERE i." channel                                                                                  \
    "_state = 'proposed' AND " SCOPE("i.office_id") " AND (?2 IS NULL OR i.office_id = ?2)"

int tsk_directory_proposed(struct tsk_unverifieds *out, struct tsk_store *store, const struct tsk_scope *scope,
                           const char *office, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err, PROPOSED("fax") " UNION ALL " PROPOSED("email") " ORDER BY 8",
                           "cs", scope, office);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}
