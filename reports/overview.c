#include "reports/overview.h"

#include <string.h>

#include "reports/measure.h"

static int no_room(struct tsk_err *err)
{
    return tsk_fail(err, TSK_RETRY, 0, "no memory for an overview");
}

static bool in_cohort(const struct tsk_cohort *cohort, const char *ward)
{
    for (size_t i = 0; cohort != NULL && i < cohort->wards.count; i++)
        if (strcmp(cohort->wards.items[i], ward) == 0)
            return true;
    return cohort == NULL;
}

/* Half up; counts are never negative. */
static int64_t mean_tenths(int64_t total, int64_t count)
{
    return count > 0 ? (20 * total + count) / (2 * count) : 0;
}

static void sum_up(struct tsk_overview_group *group, const struct tsk_overview *o, const struct tsk_cohort *cohort)
{
    for (size_t i = 0; i < o->office_count; i++) {
        const struct tsk_overview_office *office = &o->offices[i];

        if (!in_cohort(cohort, office->ward))
            continue;
        for (size_t m = 0; m < o->counting->overview_count; m++) {
            struct tsk_overview_cell *cell = &group->cells[m];
            int64_t value = office->values[m];
            cell->min = group->office_count == 0 || value < cell->min ? value : cell->min;
            cell->max = value > cell->max ? value : cell->max;
            cell->total += value;
        }
        group->office_count++;
    }
    for (size_t m = 0; m < o->counting->overview_count; m++)
        group->cells[m].mean_tenths = mean_tenths(group->cells[m].total, (int64_t)group->office_count);
}

int tsk_overview_from(struct tsk_overview *out, const struct tsk_counting *counting,
                      struct tsk_overview_office *offices, size_t count, struct tsk_arena *arena, struct tsk_err *err)
{
    *out = (struct tsk_overview){ .counting = counting,
                                  .first = "",
                                  .last = "",
                                  .offices = offices,
                                  .office_count = count,
                                  .group_count = counting->cohort_count + 1 };
    out->groups = tsk_arena_alloc(arena, out->group_count * sizeof *out->groups);
    out->total_hidden = tsk_arena_alloc(arena, counting->overview_count + 1);
    if (out->groups == NULL || out->total_hidden == NULL)
        return no_room(err);
    for (size_t i = 0; i < count; i++)
        if ((offices[i].hidden = tsk_arena_alloc(arena, counting->overview_count + 1)) == NULL)
            return no_room(err);
    for (size_t g = 0; g < out->group_count; g++) {
        const struct tsk_cohort *cohort = g > 0 ? &counting->cohorts[g - 1] : NULL;
        struct tsk_overview_group *group = &out->groups[g];

        group->cells = tsk_arena_alloc(arena, (counting->overview_count + 1) * sizeof *group->cells);
        if (group->cells == NULL)
            return no_room(err);
        sum_up(group, out, cohort);
        group->title = cohort != NULL ? cohort->title : tsk_arena_printf(arena, "%zu区", group->office_count);
        if (group->title == NULL)
            return no_room(err);
    }
    return 0;
}

static size_t only_sum(const void *ctx, const char *day)
{
    (void)ctx;
    (void)day;
    return TSK_BINS_MAX;
}

static int count_office(struct tsk_overview_office *office, const struct tsk_counting *counting,
                        const struct tsk_entries *entries, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_bins bins = { .count = 1, .bin_of = only_sum };

    office->values = tsk_arena_alloc(arena, (counting->overview_count + 1) * sizeof *office->values);
    if (office->values == NULL)
        return no_room(err);
    for (size_t m = 0; m < counting->overview_count; m++) {
        const struct tsk_measure *measure = tsk_measure_named(counting->overview[m].count);
        if (measure == NULL)
            return tsk_fail(err, TSK_REJECT, 0, "%s: overview[%zu]: \"%s\" cannot be counted", counting->path, m,
                            counting->overview[m].count);
        if (tsk_measure_count(&office->values[m], measure, entries, NULL, &bins, arena, err) != 0)
            return -1;
    }
    return 0;
}

static bool sees(const struct tsk_scope *scope, const char *office)
{
    for (size_t i = 0; i < scope->office_count; i++)
        if (strcmp(scope->offices[i], office) == 0)
            return true;
    return scope->all;
}

int tsk_overview_make(struct tsk_overview *out, struct tsk_store *store, const struct tsk_scope *scope,
                      const struct tsk_counting *counting, const struct tsk_config *config,
                      const struct tsk_count_period *period, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_overview_office *offices = tsk_arena_alloc(arena, (config->office_count + 1) * sizeof *offices);
    size_t count = 0;

    if (offices == NULL)
        return no_room(err);
    for (size_t i = 0; i < config->office_count; i++) {
        const struct tsk_office_config *one = &config->offices[i];
        struct tsk_entries entries;

        if (!sees(scope, one->id))
            continue;
        if (tsk_entries_load(&entries, store, scope, one->id, period->first, period->last, arena, err) != 0 ||
            count_office(&offices[count], counting, &entries, arena, err) != 0)
            return -1;
        offices[count].name = one->name;
        offices[count++].ward = one->ward;
    }
    if (tsk_overview_from(out, counting, offices, count, arena, err) != 0)
        return -1;
    out->first = tsk_arena_strdup(arena, period->first);
    out->last = tsk_arena_strdup(arena, period->last);
    return out->first != NULL && out->last != NULL ? 0 : no_room(err);
}

/* Hides the smallest of what is still told in a column, one that is not 0 if there is one; false when all is hidden. */
static bool hide_one_office(struct tsk_overview *o, size_t m, const struct tsk_cohort *cohort)
{
    struct tsk_overview_office *least = NULL;

    for (size_t i = 0; i < o->office_count; i++) {
        struct tsk_overview_office *one = &o->offices[i];
        if (in_cohort(cohort, one->ward) && !one->hidden[m] &&
            (least == NULL || (least->values[m] == 0 && one->values[m] > 0) ||
             (one->values[m] > 0 && one->values[m] < least->values[m])))
            least = one;
    }
    if (least != NULL)
        least->hidden[m] = true;
    return least != NULL;
}

/* No total, of all or of a cohort, must tell what is hidden: two at least, and together no small number. */
static bool protect_column(struct tsk_overview *o, size_t m, const struct tsk_cohort *cohort)
{
    size_t count = 0;
    int64_t sum = 0;

    for (size_t i = 0; i < o->office_count; i++)
        if (in_cohort(cohort, o->offices[i].ward) && o->offices[i].hidden[m]) {
            count++;
            sum += o->offices[i].values[m];
        }
    if (count == 0 || o->total_hidden[m] || (count > 1 && sum >= o->counting->small_below))
        return false;
    if (hide_one_office(o, m, cohort))
        return true;
    if (cohort == NULL)
        o->total_hidden[m] = true; /* a cohort that is all hidden tells its sum in the table of totals only */
    return cohort == NULL;
}

static bool belongs(const struct tsk_counting *counting, size_t m, size_t whole)
{
    return m == whole || strcmp(counting->overview[m].part_of, counting->overview[whole].count) == 0;
}

/* A sum and its parts: one hidden alone would be told by the others. */
static bool protect_parts(struct tsk_overview_office *office, const struct tsk_counting *counting, size_t whole)
{
    size_t members = 0, hidden = 0, least = SIZE_MAX;

    for (size_t m = 0; m < counting->overview_count; m++) {
        if (!belongs(counting, m, whole))
            continue;
        members++;
        hidden += office->hidden[m];
        if (!office->hidden[m] && (least == SIZE_MAX || office->values[m] < office->values[least]))
            least = m;
    }
    if (members < 2 || hidden != 1 || least == SIZE_MAX)
        return false;
    office->hidden[least] = true;
    return true;
}

static bool protect(struct tsk_overview *o)
{
    bool changed = false;

    for (size_t m = 0; m < o->counting->overview_count; m++) {
        for (size_t c = 0; c <= o->counting->cohort_count; c++)
            changed = protect_column(o, m, c > 0 ? &o->counting->cohorts[c - 1] : NULL) || changed;
        for (size_t i = 0; i < o->office_count; i++)
            changed = protect_parts(&o->offices[i], o->counting, m) || changed;
    }
    return changed;
}

void tsk_overview_hide_small(struct tsk_overview *overview)
{
    for (size_t i = 0; i < overview->office_count; i++)
        for (size_t m = 0; m < overview->counting->overview_count; m++)
            overview->offices[i].hidden[m] =
                overview->offices[i].values[m] > 0 && overview->offices[i].values[m] < overview->counting->small_below;
    while (protect(overview))
        ;
}
