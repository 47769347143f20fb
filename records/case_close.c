#include "records/case_close.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "records/audit.h"
#include "records/sql.h"

#define ARENA_BYTES ((size_t)4 << 20)

static int note(struct tsk_store *store, const struct tsk_case *kase, const char *kind, const char *text,
                const char *by, struct tsk_err *err)
{
    char key[TSK_ID_SIZE];
    const struct tsk_case_event event = { .kind = kind, .key = key, .by = by, .detail = text };

    tsk_id_new(key);
    return tsk_case_event_add(NULL, store, &tsk_scope_all, kase->number, &event, err);
}

static int audit(struct tsk_store *store, const struct tsk_case *kase, const char *action, const char *detail,
                 const char *by, struct tsk_err *err)
{
    char object[TSK_CASE_NUMBER_SIZE + 8];

    snprintf(object, sizeof object, "case:%s", kase->number);
    return tsk_audit_add(store, kase->office, by, action, object, detail, err);
}

/* The day of the last thing that happened, closing and reopening apart: those correct each other. */
static int last_day(struct tsk_date *out, struct tsk_store *store, const struct tsk_case *kase, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(4096);
    struct tsk_rows *rows = NULL;
    int64_t at_ms = 0;
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to close a case")
                           : tsk_sql_query(&rows, store, arena, err,
                                           "SELECT max(at) FROM case_events WHERE kind NOT IN ('closed', 'reopened') "
                                           "AND (case_number = ?1 OR case_number IN "
                                           "(SELECT number FROM cases WHERE merged_into = ?1))",
                                           "s", kase->number);

    *out = (struct tsk_date){ .year = 0 };
    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        rc = 0;
        if (tsk_stamp_parse(tsk_sql_text(rows), &at_ms))
            *out = tsk_japan_date(at_ms);
    }
    tsk_sql_end(&rows);
    tsk_arena_free(&arena);
    return rc < 0 ? -1 : 0;
}

static int choose_day(char out[TSK_DATE_SIZE], struct tsk_store *store, const struct tsk_case *kase, const char *given,
                      struct tsk_err *err)
{
    struct tsk_date today = tsk_japan_date(tsk_wall_ms()), last, day = today;
    char text[TSK_DATE_SIZE];

    if (given != NULL && !tsk_date_parse(given, &day))
        return tsk_fail(err, TSK_REJECT, 0, "the day of completion is written YYYY-MM-DD");
    if (tsk_date_days(day) > tsk_date_days(today))
        return tsk_fail(err, TSK_REJECT, 0, "the day of completion is still to come");
    if (last_day(&last, store, kase, err) != 0)
        return -1;
    if (last.year != 0 && tsk_date_days(day) < tsk_date_days(last)) {
        tsk_date_text(last, text);
        return tsk_fail(err, TSK_REJECT, 0, "something happened in case %s on %s, after that day", kase->number, text);
    }
    tsk_date_text(day, out);
    return 0;
}

static int may_close(struct tsk_store *store, const struct tsk_case *kase, const char *as, struct tsk_err *err)
{
    static const char *const ways[] = { "home", "facility", "hospital", "died", "ended", "not_ours" };
    int64_t waiting = 0;

    if (tsk_name_index(ways, TSK_COUNT(ways), as) < 0)
        return tsk_fail(err, TSK_REJECT, 0,
                        "a case is closed as home, facility, hospital, died, ended or not_ours; say which");
    if (*kase->merged_into != '\0')
        return tsk_fail(err, TSK_REJECT, 0, "case %s is part of case %s; close that one", kase->number,
                        kase->merged_into);
    if (*kase->completed != '\0')
        return tsk_fail(err, TSK_REJECT, 0, "case %s was closed for %s already", kase->number, kase->completed);
    if (tsk_sql_number(&waiting, store, err,
                       "SELECT count(*) FROM sheets WHERE case_number = ?1 AND state <> 'confirmed' AND closed = ''",
                       "s", kase->number) < 0)
        return -1;
    return waiting == 0 ? 0
                        : tsk_fail(err, TSK_REJECT, 0,
                                   "%lld sheets of case %s are not confirmed; confirm them or put them away first",
                                   (long long)waiting, kase->number);
}

static int close_it(struct tsk_store *store, const struct tsk_case *kase, const struct tsk_case_closing *closing,
                    const char *by, struct tsk_err *err)
{
    char day[TSK_DATE_SIZE], now[TSK_STAMP_SIZE], detail[80];
    const char *text = closing->note != NULL ? closing->note : "";

    if (may_close(store, kase, closing->as, err) != 0 || choose_day(day, store, kase, closing->day, err) != 0 ||
        tsk_sql_run(store, err,
                    "UPDATE cases SET completed = ?2, closed_as = ?3, closed_at = ?4, closed_by = ?5 WHERE number = ?1",
                    "sssss", kase->number, day, closing->as, tsk_now(now), by) != 0 ||
        note(store, kase, "closed", *text != '\0' ? text : closing->as, by, err) != 0)
        return -1;
    snprintf(detail, sizeof detail, "as=%s day=%s", closing->as, day);
    return audit(store, kase, "case.close", detail, by, err);
}

static int reopen(struct tsk_store *store, const struct tsk_case *kase, const char *why, const char *by,
                  struct tsk_err *err)
{
    char detail[TSK_DATE_SIZE + 16];

    if (*kase->completed == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "case %s is open", kase->number);
    if (why == NULL || *why == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "say why the case is opened again");
    snprintf(detail, sizeof detail, "was=%s", kase->completed);
    if (tsk_sql_run(store, err,
                    "UPDATE cases SET completed = '', closed_as = '', closed_at = '', closed_by = '' WHERE number = ?1",
                    "s", kase->number) != 0 ||
        note(store, kase, "reopened", why, by, err) != 0)
        return -1;
    return audit(store, kase, "case.reopen", detail, by, err);
}

/* closing NULL: reopen. */
static int change(struct tsk_store *store, const struct tsk_scope *scope, const char *number,
                  const struct tsk_case_closing *closing, const char *why, const char *by, struct tsk_err *err)
{
    struct tsk_arena *arena;
    struct tsk_case kase;
    struct tsk_part part;
    int rc = -1;

    if (by == NULL || *by == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "a change needs the name of who makes it");
    arena = tsk_arena_new(ARENA_BYTES);
    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to change a case");
    if (tsk_part_start(&part, store, err) == 0) {
        rc = tsk_case_find(&kase, store, scope, number, arena, err);
        if (rc == 0)
            rc = closing != NULL ? close_it(store, &kase, closing, by, err) : reopen(store, &kase, why, by, err);
        rc = tsk_part_end(&part, rc, err);
    }
    tsk_arena_free(&arena);
    return rc;
}

int tsk_case_close(struct tsk_store *store, const struct tsk_scope *scope, const char *number,
                   const struct tsk_case_closing *closing, const char *by, struct tsk_err *err)
{
    return change(store, scope, number, closing, NULL, by, err);
}

int tsk_case_reopen(struct tsk_store *store, const struct tsk_scope *scope, const char *number, const char *why,
                    const char *by, struct tsk_err *err)
{
    return change(store, scope, number, NULL, why, by, err);
}
