#include "records/dashboard.h"

#include "base/date.h"
#include "records/sql.h"

static const char *const names[TSK_CHART_COUNT] = {
    "received", "waiting", "fields", "outcomes", "hospitals", "open_age"
};

const char *tsk_chart_name(enum tsk_chart chart)
{
    return names[chart];
}

/* ?1 scope, ?2 office, ?3 and ?4 the first and the last instant; of the ages ?3 is the instant that they are counted to */
#define MINE(column) SCOPE(column) " AND (?2 IS NULL OR " column " = ?2)"
#define DAY(stamp) "date(" stamp ", '+9 hours')" /* Japan's day of a stored stamp */
#define WITHIN(column) column " BETWEEN ?3 AND ?4"

#define RECEIVED                                                                                                       \
    "SELECT " DAY("received") " AS day, source, 0, 0, count(*) FROM documents WHERE " MINE(                            \
        "office_id") " AND " WITHIN("received") " AND came_from IS NULL AND source <> 'hand' GROUP BY day, source "    \
                                                "ORDER BY day, source"

#define WAITING                                                                                                        \
    "SELECT day, '', max(CASE WHEN rank * 2 >= all_of AND (rank - 1) * 2 < all_of THEN hours END), "                   \
    "max(CASE WHEN rank * 10 >= all_of * 9 AND (rank - 1) * 10 < all_of * 9 THEN hours END), max(all_of) FROM ("       \
    "SELECT " DAY(                                                                                                     \
        "s.confirmed_at") " AS day, (julianday(s.confirmed_at) - julianday(d.received)) * 24 AS hours, "               \
                          "row_number() OVER (PARTITION BY " DAY(                                                      \
                              "s.confirmed_at") " ORDER BY julianday(s.confirmed_at) - "                               \
                                                "julianday(d.received)) AS rank, count(*) OVER (PARTITION "            \
                                                "BY " DAY(                                                             \
                                                    "s.confirmed_at") ") AS all_of FROM sheets s "                     \
                                                                      "JOIN documents d ON d.id = "                    \
                                                                      "s.document_id WHERE "                           \
                                                                      "s.state = 'confirmed' AND "                     \
                                                                      "s.told_how = '' AND " WITHIN(                   \
                                                                          "s.confirmed_at") " AND"                     \
                                                                                            " " MINE(                  \
                                                                                                "s.office_id") ") "    \
                                                                                                               "GROUP" \
                                                                                                               " BY "  \
                                                                                                               "day "  \
                                                                                                               "ORDER" \
                                                                                                               " BY "  \
                                                                                                               "day"

/* A field that nobody had to look at; what follows from others is no field of the sheet. */
#define FIELDS                                                                                                         \
    "SELECT " DAY(                                                                                                     \
        "k.received") " AS day, '', sum(f.decided = 'accepted' OR f.reason = ''), 0, count(*) "                        \
                      "FROM desk_sheets k JOIN fields f ON f.sheet_id = k.sheet_id WHERE " MINE(                       \
                          "k.office_id") " AND " WITHIN("k.received") " AND k.source <> 'hand' AND f.kind NOT IN "     \
                                                                      "('derived', 'image') GROUP BY day ORDER BY day"

#define OUTCOMES                                                                                                       \
    "SELECT outcome, '', 0, 0, count(*) FROM (SELECT DISTINCT s.case_number, o.value AS outcome, m.value AS day "      \
    "FROM desk_sheets s JOIN fields o ON o.sheet_id = s.sheet_id AND o.field = 'outcome' AND o.value <> '' "           \
    "LEFT JOIN fields m ON m.sheet_id = s.sheet_id AND m.field = 'move_date' WHERE s.state = 'confirmed' "             \
    "AND s.case_number IS NOT NULL AND s.closed = '' AND " WITHIN("s.received") " AND " MINE(                          \
        "s.office_id") ") GROUP BY outcome ORDER BY 5 DESC, outcome"

/* Referrals of the period by the hospital that they went to; answered: the case has a confirmed outcome. */
#define HOSPITALS                                                                                                      \
    "SELECT hospital, '', sum(days IS NOT NULL), avg(days), count(*) FROM (SELECT r.to_name AS hospital, "             \
    "(SELECT min(julianday(a.received) - julianday(r.received)) FROM desk_sheets a JOIN fields o "                     \
    "ON o.sheet_id = a.sheet_id AND o.field = 'outcome' AND o.value <> '' WHERE a.case_number = r.case_number "        \
    "AND a.state = 'confirmed' AND a.received >= r.received) AS days FROM desk_sheets r WHERE r.form = "               \
    "'referral-status' "                                                                                               \
    "AND r.case_number IS NOT NULL AND r.to_name <> '' AND r.sheet_id = (SELECT min(sheet_id) FROM desk_sheets "       \
    "WHERE case_number = r.case_number AND form = 'referral-status') AND " WITHIN("r.received") " AND " MINE(          \
        "r.office_id") ") GROUP BY hospital ORDER BY count(*) DESC, hospital LIMIT 20"

#define OPEN_AGE                                                                                                       \
    "SELECT age, '', 0, 0, count(*) FROM (SELECT CASE WHEN days <= 7 THEN '0-7' WHEN days <= 30 THEN '8-30' "          \
    "WHEN days <= 90 THEN '31-90' WHEN days <= 180 THEN '91-180' ELSE '181-' END AS age, days FROM ("                  \
    "SELECT julianday(?3) - julianday(c.opened) AS days FROM cases c WHERE " MINE(                                     \
        "c.office_id") " AND c.merged_into IS NULL AND NOT EXISTS (SELECT 1 FROM desk_sheets s JOIN fields o ON "      \
                       "o.sheet_id = s.sheet_id "                                                                      \
                       "AND o.field = 'outcome' AND o.value <> '' WHERE s.case_number = c.number AND s.state = "       \
                       "'confirmed'))) "                                                                               \
                       "GROUP BY age ORDER BY min(days)"

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_figure *figure = item;

    figure->label = tsk_sql_text(rows);
    figure->part = tsk_sql_text(rows);
    figure->value = tsk_sql_real(rows);
    figure->more = tsk_sql_real(rows);
    figure->count = tsk_sql_int(rows);
}

static int instants(char first[TSK_STAMP_SIZE], char last[TSK_STAMP_SIZE], const struct tsk_period *period,
                    struct tsk_err *err)
{
    struct tsk_date from, to;

    if (!tsk_date_parse(period->from, &from) || !tsk_date_parse(period->to, &to) ||
        tsk_date_days(from) > tsk_date_days(to))
        return tsk_fail(err, TSK_REJECT, 0, "the period is two days, the earlier one first");
    tsk_stamp(tsk_japan_midnight_ms(from), first);
    tsk_stamp(tsk_japan_midnight_ms(tsk_date_from_days(tsk_date_days(to) + 1)) - 1, last);
    return 0;
}

int tsk_dashboard(struct tsk_figures *out, enum tsk_chart chart, struct tsk_store *store, const struct tsk_scope *scope,
                  const struct tsk_period *period, const char *now, struct tsk_arena *arena, struct tsk_err *err)
{
    static const char *const queries[TSK_CHART_COUNT] = { RECEIVED, WAITING, FIELDS, OUTCOMES, HOSPITALS, OPEN_AGE };
    char first[TSK_STAMP_SIZE], last[TSK_STAMP_SIZE];
    struct tsk_rows *rows = NULL;

    *out = (struct tsk_figures){ .count = 0 };
    if (instants(first, last, period, err) != 0)
        return -1;
    bool ages = chart == TSK_CHART_OPEN_AGE;
    int rc = ages ? tsk_sql_query(&rows, store, arena, err, OPEN_AGE, "css", scope, period->office, now)
                  : tsk_sql_query(&rows, store, arena, err, queries[chart], "csss", scope, period->office, first, last);
    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}
