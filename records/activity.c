#include "records/activity.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "records/audit.h"
#include "records/case.h"
#include "records/sql.h"

#define LIMIT_DEFAULT 1000
#define MINUTES_MAX 1440
#define TEXT_MAX 4000

static const char *const kinds[] = { "consultation", "coordination", "outside" };
static const char *const forms[] = { "meeting", "training" };
static const char *const hosts[] = { "city_ward", "related" };

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static bool sees(const struct tsk_scope *scope, const char *office)
{
    for (size_t i = 0; i < scope->office_count; i++)
        if (strcmp(scope->offices[i], office) == 0)
            return true;
    return scope->all;
}

/* What contacts and gatherings have in common. */
static int check(const struct tsk_scope *scope, const char *office, const char *day, int minutes, const char *text,
                 const char *by, struct tsk_err *err)
{
    struct tsk_date date;

    if (by == NULL || *by == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "nobody is named who enters this");
    if (office == NULL || !sees(scope, office))
        return tsk_fail(err, TSK_REJECT, 0, "there is no office %s", or_empty(office));
    if (!tsk_date_parse(or_empty(day), &date))
        return tsk_fail(err, TSK_REJECT, 0, "an entry has a day, YYYY-MM-DD");
    if (tsk_date_days(date) > tsk_date_days(tsk_japan_date(tsk_wall_ms())))
        return tsk_fail(err, TSK_REJECT, 0, "%s has not come yet", day);
    if (minutes < 0 || minutes > MINUTES_MAX)
        return tsk_fail(err, TSK_REJECT, 0, "minutes are between 0 and %d", MINUTES_MAX);
    return strlen(or_empty(text)) > TEXT_MAX
               ? tsk_fail(err, TSK_REJECT, 0, "the text is longer than %d bytes", TEXT_MAX)
               : 0;
}

static int check_case(struct tsk_store *store, const struct tsk_contact *contact, struct tsk_err *err)
{
    int64_t found = 0;

    if (*or_empty(contact->case_number) == '\0')
        return 0;
    if (strcmp(contact->kind, "outside") == 0)
        return tsk_fail(err, TSK_REJECT, 0, "an entry of kind outside (個別ケース以外) belongs to no case");
    if (tsk_sql_number(&found, store, err, "SELECT 1 FROM cases WHERE number = ?1 AND office_id = ?2", "ss",
                       contact->case_number, contact->office) < 0)
        return -1;
    return found == 1 ? 0 : tsk_fail(err, TSK_REJECT, 0, "there is no case %s", contact->case_number);
}

static int check_source(struct tsk_store *store, const struct tsk_contact *contact, struct tsk_err *err)
{
    int64_t found = 0;

    if (*or_empty(contact->source) == '\0' || contact->replaces != 0)
        return 0;
    if (tsk_sql_number(
            &found, store, err,
            "SELECT 1 FROM contact_proposals p WHERE source = ?1 AND office_id = ?2 AND NOT EXISTS (SELECT 1 "
            "FROM contacts c WHERE c.office_id = p.office_id AND c.source = p.source AND c.ended = '')",
            "ss", contact->source, contact->office) < 0)
        return -1;
    return found == 1 ? 0 : tsk_fail(err, TSK_REJECT, 0, "%s proposes no entry, or has one already", contact->source);
}

#define CONTACTS "contacts"
#define GATHERINGS "gatherings"

/* table is one of the two names above. */
static int end_entry(const char *table, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                     const char *office, const char *why, const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    int rc = strcmp(table, CONTACTS) == 0
                 ? tsk_sql_run(store, err,
                               "UPDATE contacts SET ended = ?3, ended_by = ?4, why = ?5 WHERE " SCOPE(
                                   "office_id") " AND id = ?2 AND ended = '' AND (?6 IS NULL OR office_id = ?6)",
                               "cissss", scope, id, tsk_now(now), by, why, office)
                 : tsk_sql_run(store, err,
                               "UPDATE gatherings SET ended = ?3, ended_by = ?4, why = ?5 WHERE " SCOPE(
                                   "office_id") " AND id = ?2 AND ended = '' AND (?6 IS NULL OR office_id = ?6)",
                               "cissss", scope, id, tsk_now(now), by, why, office);

    if (rc == 0 && tsk_sql_changed(store) == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no entry %lld that counts", (long long)id);
    return rc;
}

static int note(struct tsk_store *store, const char *office, const char *by, const char *action, const char *what,
                int64_t id, int64_t replaces, struct tsk_err *err)
{
    char object[40], detail[40] = "";

    snprintf(object, sizeof object, "%s:%lld", what, (long long)id);
    if (replaces != 0)
        snprintf(detail, sizeof detail, "replaces %lld", (long long)replaces);
    return tsk_audit_add(store, office, by, action, object, detail, err);
}

static int add_contact(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope, const struct tsk_contact *c,
                       const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE], old[24] = "";

    if (c->replaces != 0) {
        snprintf(old, sizeof old, "%lld", (long long)c->replaces);
        if (end_entry(CONTACTS, store, scope, c->replaces, c->office, "corrected", by, err) != 0)
            return -1;
    }
    if (check_case(store, c, err) != 0 || check_source(store, c, err) != 0 ||
        tsk_sql_run(store, err,
                    "INSERT INTO contacts (office_id, day, counterpart, kind, case_number, minutes, text, source, "
                    "replaces, by, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, coalesce((SELECT source FROM contacts WHERE "
                    "id = CAST(?9 AS INTEGER)), ?8), CAST(?9 AS INTEGER), ?10, ?11)",
                    "sssseissess", c->office, c->day, c->counterpart, c->kind, or_empty(c->case_number),
                    (int64_t)c->minutes, or_empty(c->text), or_empty(c->source), old, by, tsk_now(now)) != 0)
        return -1;
    *id = tsk_sql_last_id(store);
    return note(store, c->office, by, "contact.add", "contact", *id, c->replaces, err);
}

int tsk_contact_add(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope,
                    const struct tsk_contact *contact, const char *by, struct tsk_err *err)
{
    struct tsk_part part;
    int64_t made = 0;

    if (check(scope, contact->office, contact->day, contact->minutes, contact->text, by, err) != 0)
        return -1;
    if (tsk_name_index(kinds, TSK_COUNT(kinds), contact->kind) < 0)
        return tsk_fail(err, TSK_REJECT, 0,
                        "the kind is consultation (相談), coordination (個別ケース調整) or outside "
                        "(個別ケース以外)");
    if (*or_empty(contact->counterpart) == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "a contact has a counterpart");
    if (tsk_part_start(&part, store, err) != 0 ||
        tsk_part_end(&part, add_contact(&made, store, scope, contact, by, err), err) != 0)
        return -1;
    if (id != NULL)
        *id = made;
    return 0;
}

/* The office of an entry in scope, into the arena. */
static int office_of(const char **out, const char *table, struct tsk_store *store, const struct tsk_scope *scope,
                     int64_t id, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_activity_filter filter = { .id = id };
    struct tsk_contacts contacts = { .count = 0 };
    struct tsk_gatherings gatherings = { .count = 0 };
    int rc = strcmp(table, CONTACTS) == 0 ? tsk_contact_list(&contacts, store, scope, &filter, arena, err)
                                          : tsk_gathering_list(&gatherings, store, scope, &filter, arena, err);

    if (rc != 0)
        return -1;
    if (id <= 0 || contacts.count + gatherings.count == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no entry %lld that counts", (long long)id);
    *out = contacts.count > 0 ? contacts.items[0].office : gatherings.items[0].office;
    return 0;
}

static int remove_entry(const char *table, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                        const char *why, const char *by, struct tsk_err *err)
{
    bool contact = strcmp(table, CONTACTS) == 0;
    struct tsk_arena *arena = NULL;
    struct tsk_part part;
    const char *office = "";

    if (by == NULL || *by == '\0' || *or_empty(why) == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "say who removes the entry, and why");
    if ((arena = tsk_arena_new(65536)) == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to remove an entry");
    int rc = tsk_part_start(&part, store, err);
    if (rc == 0) {
        rc = office_of(&office, table, store, scope, id, arena, err);
        if (rc == 0)
            rc = end_entry(table, store, scope, id, NULL, why, by, err);
        if (rc == 0)
            rc = note(store, office, by, contact ? "contact.remove" : "gathering.remove",
                      contact ? "contact" : "gathering", id, 0, err);
        rc = tsk_part_end(&part, rc, err);
    }
    tsk_arena_free(&arena);
    return rc;
}

int tsk_contact_remove(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *why,
                       const char *by, struct tsk_err *err)
{
    return remove_entry(CONTACTS, store, scope, id, why, by, err);
}

int tsk_gathering_remove(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, const char *why,
                         const char *by, struct tsk_err *err)
{
    return remove_entry(GATHERINGS, store, scope, id, why, by, err);
}

static int add_gathering(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope,
                         const struct tsk_gathering *g, const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE], old[24] = "";

    if (g->replaces != 0) {
        snprintf(old, sizeof old, "%lld", (long long)g->replaces);
        if (end_entry(GATHERINGS, store, scope, g->replaces, g->office, "corrected", by, err) != 0)
            return -1;
    }
    if (tsk_sql_run(
            store, err,
            "INSERT INTO gatherings (office_id, day, form, host, care_meeting, minutes, text, replaces, by, at) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, CAST(?8 AS INTEGER), ?9, ?10)",
            "ssssiisess", g->office, g->day, g->form, g->host, (int64_t)g->care_meeting, (int64_t)g->minutes,
            or_empty(g->text), old, by, tsk_now(now)) != 0)
        return -1;
    *id = tsk_sql_last_id(store);
    return note(store, g->office, by, "gathering.add", "gathering", *id, g->replaces, err);
}

int tsk_gathering_add(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope,
                      const struct tsk_gathering *gathering, const char *by, struct tsk_err *err)
{
    struct tsk_part part;
    int64_t made = 0;

    if (check(scope, gathering->office, gathering->day, gathering->minutes, gathering->text, by, err) != 0)
        return -1;
    if (tsk_name_index(forms, TSK_COUNT(forms), gathering->form) < 0)
        return tsk_fail(err, TSK_REJECT, 0, "a gathering is a meeting (会議) or a training (研修)");
    if (tsk_name_index(hosts, TSK_COUNT(hosts), gathering->host) < 0)
        return tsk_fail(err, TSK_REJECT, 0, "the host is city_ward (市・区) or related (関係機関)");
    if (tsk_part_start(&part, store, err) != 0 ||
        tsk_part_end(&part, add_gathering(&made, store, scope, gathering, by, err), err) != 0)
        return -1;
    if (id != NULL)
        *id = made;
    return 0;
}

static void fill_contact(void *item, struct tsk_rows *rows)
{
    struct tsk_contact *c = item;

    c->id = tsk_sql_int(rows);
    c->replaces = tsk_sql_int(rows);
    c->office = tsk_sql_text(rows);
    c->day = tsk_sql_text(rows);
    c->counterpart = tsk_sql_text(rows);
    c->kind = tsk_sql_text(rows);
    c->case_number = tsk_sql_text(rows);
    c->counted_case = tsk_sql_text(rows);
    c->minutes = (int)tsk_sql_int(rows);
    c->text = tsk_sql_text(rows);
    c->source = tsk_sql_text(rows);
    c->by = tsk_sql_text(rows);
    c->at = tsk_sql_text(rows);
    c->ended = tsk_sql_text(rows);
    c->ended_by = tsk_sql_text(rows);
    c->why = tsk_sql_text(rows);
}

int tsk_contact_list(struct tsk_contacts *out, struct tsk_store *store, const struct tsk_scope *scope,
                     const struct tsk_activity_filter *f, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT c.id, c.replaces, c.office_id, c.day, c.counterpart, c.kind, c.case_number, "
        "coalesce(k.merged_into, c.case_number), c.minutes, c.text, c.source, c.by, c.at, c.ended, c.ended_by, c.why "
        "FROM contacts c LEFT JOIN cases k ON k.number = c.case_number WHERE " SCOPE(
            "c.office_id") " AND (?2 IS NULL OR c.office_id = ?2) AND (?3 IS NULL OR c.day >= ?3) AND (?4 IS NULL OR "
                           "c.day <= ?4) AND (?5 IS NULL OR coalesce(k.merged_into, c.case_number) = ?5) AND (?6 OR "
                           "c.ended = '') AND (?9 = 0 OR c.id = ?9) ORDER BY CASE WHEN ?7 THEN -c.id END, c.day, c.id "
                           "LIMIT ?8",
        "cssssiiii", scope, f->office, f->from, f->to, f->case_number, (int64_t)f->ended_too, (int64_t)f->newest_first,
        (int64_t)(f->limit > 0 ? f->limit : LIMIT_DEFAULT), f->id);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_contact, &rows, &rc, err);
    return rc;
}

static void fill_gathering(void *item, struct tsk_rows *rows)
{
    struct tsk_gathering *g = item;

    g->id = tsk_sql_int(rows);
    g->replaces = tsk_sql_int(rows);
    g->office = tsk_sql_text(rows);
    g->day = tsk_sql_text(rows);
    g->form = tsk_sql_text(rows);
    g->host = tsk_sql_text(rows);
    g->care_meeting = tsk_sql_int(rows) != 0;
    g->minutes = (int)tsk_sql_int(rows);
    g->text = tsk_sql_text(rows);
    g->by = tsk_sql_text(rows);
    g->at = tsk_sql_text(rows);
    g->ended = tsk_sql_text(rows);
    g->ended_by = tsk_sql_text(rows);
    g->why = tsk_sql_text(rows);
}

int tsk_gathering_list(struct tsk_gatherings *out, struct tsk_store *store, const struct tsk_scope *scope,
                       const struct tsk_activity_filter *f, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT id, replaces, office_id, day, form, host, care_meeting, minutes, text, by, at, ended, ended_by, why "
        "FROM gatherings WHERE " SCOPE("office_id") " AND (?2 IS NULL OR office_id = ?2) AND (?3 IS NULL OR day >= ?3) "
                                                    "AND (?4 IS NULL OR day <= ?4) AND (?5 OR ended = '') AND (?8 = 0 "
                                                    "OR id = ?8) ORDER BY CASE WHEN ?6 THEN -id END, day, id LIMIT ?7",
        "csssiiii", scope, f->office, f->from, f->to, (int64_t)f->ended_too, (int64_t)f->newest_first,
        (int64_t)(f->limit > 0 ? f->limit : LIMIT_DEFAULT), f->id);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_gathering, &rows, &rc, err);
    return rc;
}
