#include "records/candidates.h"

#include <stdlib.h>
#include <string.h>

#include "records/link.h"
#include "records/search.h"
#include "records/sheet.h"
#include "records/sql.h"

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

/* Name, kana or birth date agree, or nearly: others are no candidates, however much else agrees. */
static bool may_be_meant(const struct tsk_comparison *comparison)
{
    static const enum tsk_fact telling[] = { TSK_FACT_KANA, TSK_FACT_NAME, TSK_FACT_BIRTH };

    for (size_t i = 0; i < TSK_COUNT(telling); i++) {
        enum tsk_agreement found = comparison->facts[telling[i]];
        if (found != TSK_AGREE_UNKNOWN && found <= TSK_AGREE_NEAR)
            return true;
    }
    return false;
}

static int add_case(struct tsk_candidates *out, struct tsk_store *store, const struct tsk_link_candidate *of,
                    struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc =
        tsk_sql_query(&rows, store, arena, err,
                      "SELECT c.number, c.opened, d.sheet_id, (SELECT count(*) FROM desk_sheets WHERE case_number = "
                      "c.number), " FACTS " FROM cases c JOIN desk_sheets d ON d.sheet_id = (SELECT max(sheet_id) FROM "
                      "desk_sheets WHERE case_number = c.number) WHERE c.number = ?1",
                      "s", of->case_number);

    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1) {
        fill(&out->items[out->count], rows);
        out->items[out->count++].probability = of->probability;
    }
    tsk_sql_end(&rows);
    return rc < 0 ? -1 : 0;
}

/* In the order of the matching (records/link.h). */
static int cases_like(struct tsk_candidates *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet,
                      struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_link link;
    int rc = tsk_link_find(&link, store, scope, sheet, arena, err);

    out->items = tsk_arena_alloc(arena, TSK_MATCH_CANDIDATES_MAX * sizeof *out->items);
    if (rc == 0 && out->items == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to compare a sheet with the cases");
    for (size_t i = 0; rc == 0 && i < link.candidate_count; i++)
        if (may_be_meant(&link.candidates[i].comparison))
            rc = add_case(out, store, &link.candidates[i], arena, err);
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

int tsk_candidates_of(struct tsk_candidates *out, struct tsk_store *store, const struct tsk_scope *scope, int64_t sheet,
                      struct tsk_arena *arena, struct tsk_err *err)
{
    *out = (struct tsk_candidates){ .count = 0 };
    if (own_facts(out, store, scope, sheet, arena, err) != 0 || cases_like(out, store, scope, sheet, arena, err) != 0)
        return -1;
    for (size_t i = 0; i < out->count; i++)
        compare(&out->items[i], out, store);
    return 0;
}
