#include "reports/measure.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX 1000000

enum source { CONTACTS, MINUTES, CASES, OPENED, GATHERINGS };

struct tsk_measure {
    const char *name;
    enum source source;
    const char *kind;        /* of a contact; NULL = every */
    const char *form, *host; /* of a gathering */
    bool care_only;
};

static const struct tsk_measure measures[] = {
    { .name = "contacts", .source = CONTACTS },
    { .name = "consultations", .source = CONTACTS, .kind = "consultation" },
    { .name = "coordinations", .source = CONTACTS, .kind = "coordination" },
    { .name = "outside", .source = CONTACTS, .kind = "outside" },
    { .name = "minutes", .source = MINUTES },
    { .name = "cases", .source = CASES, .kind = "coordination" },
    { .name = "cases_consulted", .source = CASES, .kind = "consultation" },
    { .name = "cases_opened", .source = OPENED },
    { .name = "gatherings", .source = GATHERINGS },
    { .name = "gatherings_city", .source = GATHERINGS, .host = "city_ward" },
    { .name = "gatherings_related", .source = GATHERINGS, .host = "related" },
    { .name = "gatherings_care", .source = GATHERINGS, .care_only = true },
    { .name = "meetings", .source = GATHERINGS, .form = "meeting" },
    { .name = "trainings", .source = GATHERINGS, .form = "training" },
};

const struct tsk_measure *tsk_measure_named(const char *name)
{
    for (size_t i = 0; i < TSK_COUNT(measures); i++)
        if (strcmp(measures[i].name, name) == 0)
            return &measures[i];
    return NULL;
}

bool tsk_measure_has_counterpart(const struct tsk_measure *measure)
{
    return measure->source == CONTACTS || measure->source == MINUTES || measure->source == CASES;
}

int tsk_entries_load(struct tsk_entries *out, struct tsk_store *store, const struct tsk_scope *scope,
                     const char *office, const char *first, const char *last, struct tsk_arena *arena,
                     struct tsk_err *err)
{
    const struct tsk_activity_filter filter = { .office = office, .from = first, .to = last, .limit = ENTRIES_MAX };

    return tsk_contact_list(&out->contacts, store, scope, &filter, arena, err) != 0 ||
                   tsk_gathering_list(&out->gatherings, store, scope, &filter, arena, err) != 0
               ? -1
               : tsk_case_opened_days(&out->opened, store, scope, office, first, last, arena, err);
}

static bool is_or_any(const char *wanted, const char *value)
{
    return wanted == NULL || strcmp(wanted, value) == 0;
}

static void add(int64_t *values, const struct tsk_bins *bins, const char *day, int64_t amount)
{
    size_t bin = bins->bin_of(bins->ctx, day);

    assert(bins->count > 0);
    values[bins->count - 1] += amount;
    if (bin + 1 < bins->count)
        values[bin] += amount;
}

struct case_day {
    const char *number, *day;
};

static int by_case(const void *a, const void *b)
{
    const struct case_day *left = a, *right = b;

    return strcmp(left->number, right->number);
}

static void add_cases(int64_t *values, const struct tsk_bins *bins, const struct case_day *sorted, size_t count)
{
    uint64_t seen = 0;

    for (size_t i = 0; i < count; i++) {
        size_t bin = bins->bin_of(bins->ctx, sorted[i].day);

        if (i == 0 || by_case(&sorted[i - 1], &sorted[i]) != 0) {
            seen = 0;
            values[bins->count - 1]++;
        }
        if (bin + 1 < bins->count && (seen & (UINT64_C(1) << bin)) == 0) {
            values[bin]++;
            seen |= UINT64_C(1) << bin;
        }
    }
}

static int count_cases(int64_t *values, const struct tsk_measure *measure, const struct tsk_contacts *contacts,
                       const char *counterpart, const struct tsk_bins *bins, struct tsk_arena *arena,
                       struct tsk_err *err)
{
    struct case_day *sorted = tsk_arena_alloc(arena, (contacts->count + 1) * sizeof *sorted);
    size_t count = 0;

    if (sorted == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to count cases");
    for (size_t i = 0; i < contacts->count; i++) {
        const struct tsk_contact *c = &contacts->items[i];
        if (c->counted_case[0] != '\0' && is_or_any(measure->kind, c->kind) && is_or_any(counterpart, c->counterpart))
            sorted[count++] = (struct case_day){ c->counted_case, c->day };
    }
    qsort(sorted, count, sizeof *sorted, by_case);
    add_cases(values, bins, sorted, count);
    return 0;
}

int tsk_measure_count(int64_t *values, const struct tsk_measure *measure, const struct tsk_entries *entries,
                      const char *counterpart, const struct tsk_bins *bins, struct tsk_arena *arena,
                      struct tsk_err *err)
{
    switch (measure->source) {
    case CONTACTS:
    case MINUTES:
        for (size_t i = 0; i < entries->contacts.count; i++) {
            const struct tsk_contact *c = &entries->contacts.items[i];
            if (is_or_any(measure->kind, c->kind) && is_or_any(counterpart, c->counterpart))
                add(values, bins, c->day, measure->source == MINUTES ? c->minutes : 1);
        }
        return 0;
    case CASES:
        return count_cases(values, measure, &entries->contacts, counterpart, bins, arena, err);
    case OPENED:
        for (size_t i = 0; i < entries->opened.count; i++)
            add(values, bins, entries->opened.items[i], 1);
        return 0;
    case GATHERINGS:
        for (size_t i = 0; i < entries->gatherings.count; i++) {
            const struct tsk_gathering *g = &entries->gatherings.items[i];
            if (is_or_any(measure->form, g->form) && is_or_any(measure->host, g->host) &&
                (!measure->care_only || g->care_meeting))
                add(values, bins, g->day, 1);
        }
        return 0;
    }
    return 0;
}
