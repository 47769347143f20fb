#include "records/incident.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "records/audit.h"
#include "records/case.h"
#include "records/incident_steps.h"
#include "records/notice.h"
#include "records/sql.h"

#define ARENA_BYTES ((size_t)4 << 20)
#define PRELIMINARY_FROM 3 /* days, the day of knowing being the first */
#define PRELIMINARY_BY 5
#define FINAL_BY 30
#define FINAL_BY_MALICIOUS 60

/* One that was disposed of keeps its number, on the certificate. */
#define FREE_NUMBER                                                                                                    \
    "1 + max((SELECT coalesce(max(id), 0) FROM incidents), (SELECT coalesce(max(CAST(subject AS INTEGER)), 0) FROM "   \
    "disposal_items WHERE kind = 'incident'))"

static const char *const names[TSK_INCIDENT_WHAT_COUNT] = { "receiver", "manager", "city",     "preliminary",
                                                            "patient",  "final",   "returned", "happened",
                                                            "data",     "persons", "cause",    "harm",
                                                            "measures", "note" };

const char *tsk_incident_what_name(enum tsk_incident_what what)
{
    return names[what];
}

int tsk_incident_what_from_name(const char *name)
{
    return tsk_name_index(names, TSK_COUNT(names), name);
}

static void nth_day(char out[TSK_DATE_SIZE], struct tsk_date first, int n)
{
    tsk_date_text(tsk_date_from_days(tsk_date_days(first) + n - 1), out);
}

void tsk_incident_deadlines(struct tsk_incident *incident, int64_t known_ms)
{
    struct tsk_date first = tsk_japan_date(known_ms);

    nth_day(incident->preliminary_from, first, PRELIMINARY_FROM);
    nth_day(incident->preliminary_by, first, PRELIMINARY_BY);
    nth_day(incident->final_by, first, incident->malicious ? FINAL_BY_MALICIOUS : FINAL_BY);
}

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_incident *one = item;
    int64_t known_ms = 0;

    one->id = tsk_sql_int(rows);
    one->office = tsk_sql_text(rows);
    one->kind = tsk_sql_text(rows);
    one->notice = tsk_sql_text(rows);
    one->case_number = tsk_sql_text(rows);
    one->known = tsk_sql_text(rows);
    one->malicious = tsk_sql_int(rows) != 0;
    one->opened = tsk_sql_text(rows);
    one->opened_by = tsk_sql_text(rows);
    one->state = tsk_sql_text(rows);
    one->closed = tsk_sql_text(rows);
    one->closed_by = tsk_sql_text(rows);
    one->has_preliminary = tsk_sql_int(rows) != 0;
    one->has_final = tsk_sql_int(rows) != 0;
    if (tsk_stamp_parse(one->known, &known_ms))
        tsk_incident_deadlines(one, known_ms);
}

static int query(struct tsk_incidents *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                 bool open_only, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "SELECT id, office_id, kind, notice_id, case_number, known, malicious, opened, opened_by, state, closed, "
        "closed_by, "
        "EXISTS (SELECT 1 FROM incident_entries WHERE incident_id = i.id AND what = 'preliminary'), "
        "EXISTS (SELECT 1 FROM incident_entries WHERE incident_id = i.id AND what = 'final') FROM incidents i "
        "WHERE " SCOPE("office_id") " AND (?2 = 0 OR id = ?2) AND (?3 = 0 OR state = 'open') "
                                    "ORDER BY state = 'open' DESC, id DESC",
        "cii", scope, id, (int64_t)open_only);

    *out = (struct tsk_incidents){ .count = 0 };
    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

int tsk_incident_list(struct tsk_incidents *out, struct tsk_store *store, const struct tsk_scope *scope, bool open_only,
                      struct tsk_arena *arena, struct tsk_err *err)
{
    return query(out, store, scope, 0, open_only, arena, err);
}

int tsk_incident_find(struct tsk_incident *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t id,
                      struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_incidents found = { .count = 0 };

    if (id > 0 && query(&found, store, scope, id, false, arena, err) != 0)
        return -1;
    if (found.count == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no incident %lld", (long long)id);
    *out = found.items[0];
    return 0;
}

static void fill_entry(void *item, struct tsk_rows *rows)
{
    struct tsk_incident_entry *entry = item;

    entry->id = tsk_sql_int(rows);
    entry->what = tsk_sql_text(rows);
    entry->text = tsk_sql_text(rows);
    entry->done = tsk_sql_text(rows);
    entry->at = tsk_sql_text(rows);
    entry->by = tsk_sql_text(rows);
}

int tsk_incident_entry_list(struct tsk_incident_entries *out, struct tsk_store *store, const struct tsk_scope *scope,
                            int64_t id, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT id, what, text, done, at, by FROM incident_entries WHERE " SCOPE(
                               "office_id") " AND incident_id = ?2 ORDER BY id",
                           "ci", scope, id);

    *out = (struct tsk_incident_entries){ .count = 0 };
    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill_entry, &rows, &rc, err);
    return rc;
}

static int audit(struct tsk_store *store, const struct tsk_incident *incident, const char *action, const char *detail,
                 const char *by, struct tsk_err *err)
{
    char object[40];

    snprintf(object, sizeof object, "incident:%lld", (long long)incident->id);
    return tsk_audit_add(store, incident->office, by, action, object, detail, err);
}

static int add_entry(struct tsk_store *store, const struct tsk_incident *incident, enum tsk_incident_what what,
                     const char *text, const char *done, const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    tsk_now(now);
    return tsk_sql_run(store, err,
                       "INSERT INTO incident_entries (incident_id, office_id, what, text, done, at, by) "
                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                       "issssss", incident->id, incident->office, names[what], text, done != NULL ? done : now, now,
                       by);
}

static int check_known(const char *known, struct tsk_err *err)
{
    int64_t known_ms = 0;

    if (!tsk_stamp_parse(known, &known_ms) || known_ms > tsk_wall_ms() + INT64_C(60000))
        return tsk_fail(err, TSK_REJECT, 0, "say when the office knew; not after now");
    return 0;
}

/* Office and case of what it is about. */
static int settle_office(struct tsk_incident *out, struct tsk_store *store, const struct tsk_scope *scope,
                         const struct tsk_incident_new *incident, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_notice notice;
    struct tsk_case kase;
    int64_t there = 0;

    out->notice = incident->notice != NULL ? incident->notice : "";
    out->case_number = incident->case_number != NULL ? incident->case_number : "";
    out->office = incident->office;
    if (*out->notice != '\0') {
        if (tsk_notice_find(&notice, store, scope, out->notice, arena, err) != 0)
            return -1;
        out->office = notice.office;
        out->case_number = notice.case_number;
    } else if (*out->case_number != '\0') {
        if (tsk_case_find(&kase, store, scope, out->case_number, arena, err) != 0)
            return -1;
        out->office = kase.office;
    }
    if (out->office == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "say which office's incident it is");
    return tsk_sql_number(&there, store, err, "SELECT 1 FROM offices WHERE " SCOPE("id") " AND id = ?2 AND id <> '*'",
                          "cs", scope, out->office) == 1
               ? 0
               : tsk_fail(err, TSK_REJECT, 0, "there is no office %s", out->office);
}

static int open_it(struct tsk_incident *out, struct tsk_store *store, const struct tsk_scope *scope,
                   const struct tsk_incident_new *incident, const char *by, struct tsk_arena *arena,
                   struct tsk_err *err)
{
    int64_t same = 0, known_ms = 0;

    out->malicious = incident->malicious;
    out->known = incident->known != NULL ? incident->known : out->opened;
    if (check_known(out->known, err) != 0 || settle_office(out, store, scope, incident, arena, err) != 0)
        return -1;
    if (*out->notice != '\0' &&
        tsk_sql_number(&same, store, err, "SELECT id FROM incidents WHERE notice_id = ?1 AND state = 'open'", "s",
                       out->notice) == 1)
        return tsk_fail(err, TSK_REJECT, 0, "incident %lld is open for this notice", (long long)same);
    if (tsk_sql_run(store, err,
                    "INSERT INTO incidents (id, office_id, kind, notice_id, case_number, known, malicious, opened, "
                    "opened_by, state) VALUES (" FREE_NUMBER ", ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'open')",
                    "sseesiss", out->office, incident->kind, out->notice, out->case_number, out->known,
                    (int64_t)out->malicious, out->opened, by) != 0)
        return -1;
    out->id = tsk_sql_last_id(store);
    if (!tsk_stamp_parse(out->known, &known_ms))
        return -1;
    tsk_incident_deadlines(out, known_ms);
    if ((incident->text != NULL && *incident->text != '\0' &&
         add_entry(store, out, TSK_INCIDENT_HAPPENED, incident->text, NULL, by, err) != 0) ||
        tsk_incident_steps_add(store, out, err) != 0)
        return -1;
    return audit(store, out, "incident.open", incident->kind, by, err);
}

int tsk_incident_open(int64_t *id, struct tsk_store *store, const struct tsk_scope *scope,
                      const struct tsk_incident_new *incident, const char *by, struct tsk_err *err)
{
    static const char *const kinds[] = { "mis_sent", "lost", "stolen", "seen", "other" };
    char now[TSK_STAMP_SIZE];
    struct tsk_incident made = { .opened = tsk_now(now) };
    struct tsk_arena *arena;
    struct tsk_part part;
    int rc = -1;

    if (by == NULL || *by == '\0' || tsk_name_index(kinds, TSK_COUNT(kinds), incident->kind) < 0)
        return tsk_fail(err, TSK_REJECT, 0,
                        "an incident needs who opens it, and is mis_sent, lost, stolen, seen or other");
    arena = tsk_arena_new(ARENA_BYTES);
    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for an incident");
    if (tsk_part_start(&part, store, err) == 0)
        rc = tsk_part_end(&part, open_it(&made, store, scope, incident, by, arena, err), err);
    *id = made.id;
    tsk_arena_free(&arena);
    return rc;
}

static int close_it(struct tsk_store *store, const struct tsk_incident *incident, const char *state, const char *by,
                    struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    if (tsk_sql_run(store, err, "UPDATE incidents SET state = ?2, closed = ?3, closed_by = ?4 WHERE id = ?1", "isss",
                    incident->id, state, tsk_now(now), by) != 0 ||
        tsk_incident_steps_drop(store, incident, state, err) != 0)
        return -1;
    return audit(store, incident, "incident.close", state, by, err);
}

/* However it ended, manager and city were to be told; of a leak the patient too. */
static bool can_be_done(const struct tsk_incident *incident, enum tsk_incident_what what)
{
    return strcmp(incident->state, "open") == 0 || what == TSK_INCIDENT_MANAGER || what == TSK_INCIDENT_CITY ||
           (what == TSK_INCIDENT_PATIENT && strcmp(incident->state, "reported") == 0);
}

static int note(struct tsk_store *store, const struct tsk_incident *incident, enum tsk_incident_what what,
                const char *text, const char *done, const char *by, struct tsk_err *err)
{
    if (what <= TSK_INCIDENT_RETURNED && !can_be_done(incident, what))
        return tsk_fail(err, TSK_REJECT, 0, "incident %lld has ended; a note can still be added",
                        (long long)incident->id);
    if (what >= TSK_INCIDENT_RETURNED && *text == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "say what there is to note");
    if (add_entry(store, incident, what, text, done, by, err) != 0 ||
        audit(store, incident, "incident.note", names[what], by, err) != 0)
        return -1;
    if (what < TSK_INCIDENT_STEPS && tsk_incident_step_done(store, incident, what, by, err) != 0)
        return -1;
    if (what == TSK_INCIDENT_RETURNED)
        return close_it(store, incident, "no_leak", by, err);
    return what == TSK_INCIDENT_FINAL ? close_it(store, incident, "reported", by, err) : 0;
}

int tsk_incident_note(struct tsk_store *store, const struct tsk_scope *scope, int64_t id, enum tsk_incident_what what,
                      const char *text, const char *done, const char *by, struct tsk_err *err)
{
    struct tsk_incident incident = { .state = "" };
    struct tsk_arena *arena;
    struct tsk_part part;
    int rc = -1;

    if (by == NULL || *by == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "an entry needs the name of who makes it");
    if (done != NULL && check_known(done, err) != 0)
        return tsk_fail(err, TSK_REJECT, 0, "say when it was done; not after now");
    arena = tsk_arena_new(ARENA_BYTES);
    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for an incident");
    if (tsk_part_start(&part, store, err) == 0) {
        rc = tsk_incident_find(&incident, store, scope, id, arena, err);
        if (rc == 0)
            rc = note(store, &incident, what, text != NULL ? text : "", done, by, err);
        rc = tsk_part_end(&part, rc, err);
    }
    tsk_arena_free(&arena);
    return rc;
}
