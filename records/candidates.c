#include "records/candidates.h"

#include <stdlib.h>
#include <string.h>

#include "records/search.h"
#include "records/sheet.h"
#include "records/sql.h"

#define CANDIDATES_MAX 12

const char *const tsk_candidate_facts[TSK_CANDIDATE_FACTS] = { "name",    "kana",          "birth",    "sex",
                                                               "address", "referral_date", "hospital", "clinic" };
/* What tells people apart counts; a common hospital says little. */
static const int weights[TSK_CANDIDATE_FACTS] = { 4, 4, 5, 1, 3, 3, 1, 1 };

#define VALUE(field) "(SELECT value FROM fields WHERE sheet_id = d.sheet_id AND field = '" field "')"
#define FACTS                                                                                                          \
    "d.name, d.kana, d.birth, " VALUE("sex") ", " VALUE("patient_address") ", " VALUE("referral_date") ", d.to_name, " \
                                                                                                       "d.from_name"

static void fill_facts(const char **values, struct tsk_rows *rows)
{
    for (int i = 0; i < TSK_CANDIDATE_FACTS; i++)
        values[i] = tsk_sql_text(rows);
}

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_candidate *one = item;

    one->case_number = tsk_sql_text(rows);
    one->opened = tsk_sql_text(rows);
    one->sheet = tsk_sql_int(rows);
    one->sheet_count = (int)tsk_sql_int(rows);
    fill_facts(one->values, rows);
}

static int own_facts(struct tsk_candidates *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet,
                     struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT " FACTS " FROM desk_sheets d WHERE " SCOPE("d.office_id") " AND d.sheet_id = ?2",
                           "ci", scope, sheet);

    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1)
        fill_facts(out->values, rows);
    tsk_sql_end(&rows);
    if (rc == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no sheet %lld", (long long)sheet);
    return rc == 1 ? 0 : -1;
}

static int cases_like(struct tsk_candidates *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet,
                      struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(
        &rows, store, arena, err,
        "WITH me AS (SELECT * FROM desk_sheets WHERE sheet_id = ?2), near AS ("
        "SELECT d.case_number AS number, max(d.sheet_id) AS sheet_id FROM desk_sheets d WHERE d.sheet_id IN ("
        "SELECT sheet_id FROM desk_sheets WHERE birth = (SELECT birth FROM me) AND birth <> '' "
        "UNION SELECT sheet_id FROM desk_sheets WHERE name_key = (SELECT name_key FROM me) AND name_key <> '' "
        "UNION SELECT sheet_id FROM desk_sheets WHERE kana_key = (SELECT kana_key FROM me) AND kana_key <> '') "
        "AND d.office_id = (SELECT office_id FROM me) AND d.case_number IS NOT NULL AND d.closed = '' AND d.sheet_id "
        "<> ?2 "
        "GROUP BY d.case_number) SELECT near.number, c.opened, near.sheet_id, "
        "(SELECT count(*) FROM desk_sheets WHERE case_number = near.number), " FACTS
        " FROM near JOIN cases c ON c.number = near.number JOIN desk_sheets d ON d.sheet_id = near.sheet_id "
        "WHERE " SCOPE("d.office_id") " ORDER BY near.sheet_id DESC LIMIT 200",
        "ci", scope, sheet);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    return rc;
}

static enum tsk_likeness like(const struct tsk_store *store, const char *a, const char *b)
{
    if (*a == '\0' || *b == '\0')
        return TSK_LIKE_UNKNOWN;
    char *left = tsk_search_key(store, a), *right = tsk_search_key(store, b);
    bool same = left != NULL && right != NULL && strcmp(left, right) == 0;
    free(left);
    free(right);
    return same ? TSK_LIKE_AGREES : TSK_LIKE_DIFFERS;
}

static void compare(struct tsk_candidate *one, const struct tsk_candidates *all, const struct tsk_store *store)
{
    for (int i = 0; i < TSK_CANDIDATE_FACTS; i++) {
        one->likeness[i] = like(store, all->values[i], one->values[i]);
        one->agrees += one->likeness[i] == TSK_LIKE_AGREES ? weights[i] : 0;
        one->differs += one->likeness[i] == TSK_LIKE_DIFFERS ? weights[i] : 0;
    }
}

static int best_first(const void *left, const void *right)
{
    const struct tsk_candidate *a = left, *b = right;
    int gain = (b->agrees - b->differs) - (a->agrees - a->differs);

    return gain != 0 ? gain : strcmp(b->opened, a->opened);
}

int tsk_candidates_of(struct tsk_candidates *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet,
                      struct tsk_arena *arena, struct tsk_err *err)
{
    *out = (struct tsk_candidates){ .count = 0 };
    if (own_facts(out, store, scope, sheet, arena, err) != 0 || cases_like(out, store, scope, sheet, arena, err) != 0)
        return -1;
    for (size_t i = 0; i < out->count; i++)
        compare(&out->items[i], out, store);
    if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, best_first);
    if (out->count > CANDIDATES_MAX)
        out->count = CANDIDATES_MAX;
    return 0;
}
