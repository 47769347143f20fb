#include "records/consent.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "records/audit.h"
#include "records/case.h"
#include "records/sql.h"

#define COLUMNS "scope, state, giver, how, by, at, note, told_by"
#define AHEAD_MS INT64_C(600000) /* clocks of two machines */

const char *const tsk_consent_scopes[] = { "medical", "care", "facility", "ward_office" };
const size_t tsk_consent_scope_count = TSK_COUNT(tsk_consent_scopes);
static const char *const givers[] = { "patient", "family", "guardian" };
static const char *const ways[] = { "sheet", "clinic", "paper", "oral" };

static int check(const char *what, const char *const *names, size_t count, const char *given, struct tsk_err *err)
{
    char allowed[128] = "";

    if (tsk_name_index(names, count, given) >= 0)
        return 0;
    for (size_t i = 0, used = 0; i < count && used < sizeof allowed; i++)
        used += (size_t)snprintf(allowed + used, sizeof allowed - used, "%s%s", i > 0 ? ", " : "", names[i]);
    return tsk_fail(err, TSK_REJECT, 0, "%s of a consent is one of %s, not \"%s\"", what, allowed,
                    given != NULL ? given : "");
}

static int note_in_case(struct tsk_store *store, const struct tsk_scope *scope, const char *number,
                        const struct tsk_consent *row, const char *at, struct tsk_err *err)
{
    char key[40];
    char detail[64];
    const struct tsk_case_event event = { .kind = "consent", .key = key, .at = at, .by = row->by, .detail = detail };

    snprintf(key, sizeof key, "%lld", (long long)tsk_sql_last_id(store));
    snprintf(detail, sizeof detail, "%s %s", row->scope, row->state);
    return tsk_case_event_add(NULL, store, scope, number, &event, err);
}

static const char *action_of(const char *state)
{
    return strcmp(state, "recorded") == 0  ? "consent.record"
           : strcmp(state, "refused") == 0 ? "consent.refuse"
                                           : "consent.withdraw";
}

static int add(struct tsk_store *store, const struct tsk_scope *scope, const char *case_number,
               const struct tsk_consent *row, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    char object[TSK_CASE_NUMBER_SIZE + 8];
    char detail[128];
    const char *at = row->at != NULL && *row->at != '\0' ? row->at : tsk_now(now);
    struct tsk_arena *arena = tsk_arena_new(16384);
    struct tsk_case kase = { 0 };
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to record a consent")
                           : tsk_case_find(&kase, store, scope, case_number, arena, err);

    if (rc != 0)
        goto out;
    snprintf(object, sizeof object, "case:%s", kase.number);
    snprintf(detail, sizeof detail, "scope=%s giver=%s how=%s", row->scope, row->giver, row->how);
    rc = tsk_sql_run(store, err,
                     "INSERT INTO consents (office_id, case_number, " COLUMNS ") "
                     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                     "ssssssssss", kase.office, kase.number, row->scope, row->state, row->giver, row->how, row->by, at,
                     row->note != NULL ? row->note : "", row->told_by != NULL ? row->told_by : "");
    if (rc == 0)
        rc = note_in_case(store, scope, kase.number, row, at, err);
    if (rc == 0)
        rc = tsk_audit_add(store, kase.office, row->by, action_of(row->state), object, detail, err);
out:
    tsk_arena_free(&arena);
    return rc;
}

static int add_whole(struct tsk_store *store, const struct tsk_scope *scope, const char *case_number,
                     const struct tsk_consent *row, struct tsk_err *err)
{
    struct tsk_part part;

    if (row->by == NULL || *row->by == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "a consent needs the name of who records it");
    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    return tsk_part_end(&part, add(store, scope, case_number, row, err), err);
}

static int check_row(const struct tsk_consent *row, struct tsk_err *err)
{
    int64_t at_ms = 0;

    if (check("the scope", tsk_consent_scopes, tsk_consent_scope_count, row->scope, err) != 0 ||
        check("the giver", givers, TSK_COUNT(givers), row->giver, err) != 0 ||
        check("the way", ways, TSK_COUNT(ways), row->how, err) != 0)
        return -1;
    if (tsk_consent_is_sentence(row) && strcmp(row->scope, "medical") != 0)
        return tsk_fail(err, TSK_REJECT, 0,
                        "the sentence on the sheet covers the medical institutions of the transition only; consent of "
                        "scope %s has to be given on paper or by mouth",
                        row->scope);
    if (strcmp(row->how, "clinic") == 0 && (row->told_by == NULL || *row->told_by == '\0'))
        return tsk_fail(err, TSK_REJECT, 0, "say who at the clinic said so");
    if (row->at != NULL && *row->at != '\0' && (!tsk_stamp_parse(row->at, &at_ms) || at_ms > tsk_wall_ms() + AHEAD_MS))
        return tsk_fail(err, TSK_REJECT, 0, "\"%.40s\" is not when consent can have been given", row->at);
    return 0;
}

bool tsk_consent_is_sentence(const struct tsk_consent *consent)
{
    return strcmp(consent->how, "sheet") == 0 || strcmp(consent->how, "clinic") == 0;
}

int tsk_consent_record(struct tsk_store *store, const struct tsk_scope *scope, const char *case_number,
                       const struct tsk_consent *consent, struct tsk_err *err)
{
    struct tsk_consent row = *consent;

    row.state = "recorded";
    return check_row(&row, err) != 0 ? -1 : add_whole(store, scope, case_number, &row, err);
}

int tsk_consent_refuse(struct tsk_store *store, const struct tsk_scope *scope, const char *case_number,
                       const struct tsk_consent *consent, struct tsk_err *err)
{
    struct tsk_consent row = *consent;

    row.state = "refused";
    return check_row(&row, err) != 0 ? -1 : add_whole(store, scope, case_number, &row, err);
}

int tsk_consent_withdraw(struct tsk_store *store, const struct tsk_scope *scope, const char *case_number,
                         const char *consent_scope, const char *by, const char *note, struct tsk_err *err)
{
    const struct tsk_consent row = {
        .scope = consent_scope, .state = "withdrawn", .giver = "", .how = "", .by = by, .note = note
    };
    bool stands = false;

    if (check("the scope", tsk_consent_scopes, tsk_consent_scope_count, consent_scope, err) != 0 ||
        tsk_consent_stands(&stands, store, scope, case_number, consent_scope, err) != 0)
        return -1;
    if (!stands)
        return tsk_fail(err, TSK_REJECT, 0, "case %s has no consent of scope %s that could be withdrawn", case_number,
                        consent_scope);
    return add_whole(store, scope, case_number, &row, err);
}

int tsk_consent_stands(bool *out, struct tsk_store *store, const struct tsk_scope *scope, const char *case_number,
                       const char *consent_scope, struct tsk_err *err)
{
    int64_t recorded = 0;
    int rc = tsk_sql_number(&recorded, store, err,
                            "SELECT state = 'recorded' FROM consents WHERE " SCOPE(
                                "office_id") " AND case_number = ?2 AND scope = ?3 ORDER BY id DESC LIMIT 1",
                            "css", scope, case_number, consent_scope);

    *out = rc == 1 && recorded != 0;
    return rc < 0 ? -1 : 0;
}

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_consent *consent = item;

    consent->scope = tsk_sql_text(rows);
    consent->state = tsk_sql_text(rows);
    consent->giver = tsk_sql_text(rows);
    consent->how = tsk_sql_text(rows);
    consent->by = tsk_sql_text(rows);
    consent->at = tsk_sql_text(rows);
    consent->note = tsk_sql_text(rows);
    consent->told_by = tsk_sql_text(rows);
}

int tsk_consent_newest(struct tsk_consent *out, struct tsk_store *store, const struct tsk_scope *scope,
                       const char *case_number, const char *consent_scope, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT " COLUMNS " FROM consents WHERE " SCOPE(
                               "office_id") " AND case_number = ?2 AND scope = ?3 ORDER BY id DESC LIMIT 1",
                           "css", scope, case_number, consent_scope);

    *out = (struct tsk_consent){
        .scope = consent_scope, .state = "", .giver = "", .how = "", .by = "", .at = "", .note = "", .told_by = ""
    };
    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1)
        fill(out, rows);
    tsk_sql_end(&rows);
    return rc < 0 ? -1 : 0;
}

int tsk_consent_list(struct tsk_consents *out, struct tsk_store *store, const struct tsk_scope *scope,
                     const char *case_number, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc =
        tsk_sql_query(&rows, store, arena, err,
                      "SELECT " COLUMNS " FROM consents WHERE " SCOPE("office_id") " AND case_number = ?2 ORDER BY id",
                      "cs", scope, case_number);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}
