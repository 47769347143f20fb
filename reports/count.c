#include "reports/count.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/measure.h"

#define SUM "計"
#define MONTHS 12
#define THIRD 4
#define FIRST_MONTH 4 /* of a fiscal year */

/* Months since 4 of year 0 of the fiscal count: a third and a year are then plain divisions. */
static int month_number(const struct tsk_date *date)
{
    return date->year * MONTHS + date->month - FIRST_MONTH;
}

static struct tsk_date first_of(int number)
{
    int month = number + FIRST_MONTH - 1;

    return (struct tsk_date){ month / MONTHS, month % MONTHS + 1, 1 };
}

int tsk_count_period(struct tsk_count_period *out, enum tsk_layout_period kind, const char *text, struct tsk_err *err)
{
    static const int months[] = { [TSK_PERIOD_MONTH] = 1, [TSK_PERIOD_THIRD] = THIRD, [TSK_PERIOD_YEAR] = MONTHS };
    struct tsk_date date;
    char day[24];

    snprintf(day, sizeof day, strlen(text) == 4 ? "%.4s-04-01" : "%.7s-01", text);
    if ((strlen(text) != 7 && (strlen(text) != 4 || kind != TSK_PERIOD_YEAR)) || !tsk_date_parse(day, &date))
        return tsk_fail(err, TSK_REJECT, 0, "\"%s\" is no period: say a month, such as 2026-05%s", text,
                        kind == TSK_PERIOD_YEAR ? ", or a fiscal year, such as 2026" : "");
    int number = month_number(&date);
    int first = number - number % months[kind];
    tsk_date_text(first_of(first), out->first);
    tsk_date_text(tsk_date_from_days(tsk_date_days(first_of(first + months[kind])) - 1), out->last);
    return 0;
}

struct columns {
    enum tsk_layout_columns kind;
    int first; /* number of the first month */
};

static size_t column_of(const void *ctx, const char *day)
{
    const struct columns *columns = ctx;
    struct tsk_date date;

    if (!tsk_date_parse(day, &date))
        return TSK_BINS_MAX;
    int months = month_number(&date) - columns->first;
    switch (columns->kind) {
    case TSK_COLUMNS_DAYS:
        return (size_t)date.day - 1;
    case TSK_COLUMNS_MONTHS:
        return (size_t)months;
    case TSK_COLUMNS_THIRDS:
        return (size_t)months / THIRD;
    case TSK_COLUMNS_TOTAL:
        break;
    }
    return TSK_BINS_MAX;
}

static const char *column_name(const struct columns *columns, size_t i, struct tsk_arena *arena)
{
    static const char *const thirds[] = { "4〜7月", "8〜11月", "12〜3月" };
    const char *name;

    if (columns->kind == TSK_COLUMNS_THIRDS)
        return thirds[i % TSK_COUNT(thirds)];
    if (columns->kind == TSK_COLUMNS_MONTHS)
        name = tsk_arena_printf(arena, "%d月", first_of(columns->first + (int)i).month);
    else
        name = tsk_arena_printf(arena, "%zu日", i + 1);
    return name != NULL ? name : "";
}

static size_t column_count(const struct columns *columns, const struct tsk_count_table *table)
{
    struct tsk_date first = { 0 }, last = { 0 };

    if (!tsk_date_parse(table->first, &first) || !tsk_date_parse(table->last, &last))
        return 1;
    int months = month_number(&last) - month_number(&first) + 1;
    switch (columns->kind) {
    case TSK_COLUMNS_DAYS:
        return (size_t)last.day + 1;
    case TSK_COLUMNS_MONTHS:
        return (size_t)months + 1;
    case TSK_COLUMNS_THIRDS:
        return (size_t)months / THIRD + 1;
    case TSK_COLUMNS_TOTAL:
        break;
    }
    return 1;
}

struct making {
    struct tsk_count_table *table;
    const struct tsk_counting *counting;
    struct tsk_entries entries;
    struct tsk_bins bins;
    const char **strangers; /* counterparts of the entries that reports.yaml does not have */
    size_t stranger_count, row_max;
    struct tsk_arena *arena;
    struct tsk_err *err;
};

static int add_row(struct making *m, const struct tsk_layout_row *row, const char *label, const char *counterpart,
                   bool sum, bool only_if_any)
{
    struct tsk_count_table *table = m->table;
    struct tsk_count_row made = { .section = row->title, .label = label, .sum = sum };
    const struct tsk_measure *measure = tsk_measure_named(row->count);

    made.values = tsk_arena_alloc(m->arena, TSK_BINS_MAX * sizeof *made.values);
    if (made.values == NULL || table->row_count >= m->row_max)
        return tsk_fail(m->err, TSK_RETRY, 0, "no memory for a report");
    if (measure == NULL || (row->by_counterpart && !tsk_measure_has_counterpart(measure)))
        return tsk_fail(m->err, TSK_REJECT, 0, "%s: \"%s\" cannot be counted%s; docs/reports.md lists what can",
                        m->counting->path, row->count, measure != NULL ? " by counterpart" : "");
    if (tsk_measure_count(made.values, measure, &m->entries, counterpart, &m->bins, m->arena, m->err) != 0)
        return -1;
    if (!only_if_any || made.values[table->column_count - 1] != 0)
        table->rows[table->row_count++] = made;
    return 0;
}

static int add_rows(struct making *m, const struct tsk_layout_row *row)
{
    if (!row->by_counterpart)
        return add_row(m, row, "", NULL, false, false);
    for (size_t i = 0; i < m->counting->counterpart_count; i++) {
        const struct tsk_counterpart *one = &m->counting->counterparts[i];
        if (add_row(m, row, one->name, one->id, false, one->retired) != 0)
            return -1;
    }
    for (size_t i = 0; i < m->stranger_count; i++)
        if (add_row(m, row, m->strangers[i], m->strangers[i], false, true) != 0)
            return -1;
    return add_row(m, row, SUM, NULL, true, false);
}

static bool known(const struct making *m, const char *counterpart)
{
    for (size_t i = 0; i < m->counting->counterpart_count; i++)
        if (strcmp(m->counting->counterparts[i].id, counterpart) == 0)
            return true;
    for (size_t i = 0; i < m->stranger_count; i++)
        if (strcmp(m->strangers[i], counterpart) == 0)
            return true;
    return false;
}

static int make_room(struct making *m, const struct tsk_layout *layout)
{
    struct tsk_count_table *table = m->table;

    m->strangers = tsk_arena_alloc(m->arena, (m->entries.contacts.count + 1) * sizeof *m->strangers);
    if (m->strangers == NULL)
        return tsk_fail(m->err, TSK_RETRY, 0, "no memory for a report");
    for (size_t i = 0; i < m->entries.contacts.count; i++)
        if (!known(m, m->entries.contacts.items[i].counterpart))
            m->strangers[m->stranger_count++] = m->entries.contacts.items[i].counterpart;
    m->row_max = layout->row_count * (m->counting->counterpart_count + m->stranger_count + 1);
    table->rows = tsk_arena_alloc(m->arena, (m->row_max + 1) * sizeof *table->rows);
    table->columns = tsk_arena_alloc(m->arena, TSK_BINS_MAX * sizeof *table->columns);
    return table->rows != NULL && table->columns != NULL ? 0 : tsk_fail(m->err, TSK_RETRY, 0, "no memory for a report");
}

int tsk_count_make(struct tsk_count_table *out, struct tsk_store *store, const struct tsk_scope *scope,
                   const struct tsk_counting *counting, const struct tsk_layout *layout, const char *office,
                   const char *office_name, const struct tsk_count_period *period, struct tsk_arena *arena,
                   struct tsk_err *err)
{
    struct tsk_date first = { 0 };
    struct making m = { .table = out, .counting = counting, .arena = arena, .err = err };

    *out = (struct tsk_count_table){ .title = layout->title,
                                     .form = layout->form,
                                     .office = office,
                                     .office_name = office_name,
                                     .first = tsk_arena_strdup(arena, period->first),
                                     .last = tsk_arena_strdup(arena, period->last) };
    if (out->first == NULL || out->last == NULL || !tsk_date_parse(period->first, &first))
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a report");
    const struct columns columns = { layout->columns, month_number(&first) };
    if (tsk_entries_load(&m.entries, store, scope, office, period->first, period->last, arena, err) != 0 ||
        make_room(&m, layout) != 0)
        return -1;
    out->column_count = column_count(&columns, out);
    m.bins = (struct tsk_bins){ .count = out->column_count, .bin_of = column_of, .ctx = &columns };
    for (size_t i = 0; i + 1 < out->column_count; i++)
        out->columns[i] = column_name(&columns, i, arena);
    out->columns[out->column_count - 1] = SUM;
    for (size_t i = 0; i < layout->row_count; i++)
        if (add_rows(&m, &layout->rows[i]) != 0)
            return -1;
    return 0;
}

int tsk_count_check(const struct tsk_counting *counting, struct tsk_err *err)
{
    for (size_t i = 0; i < counting->layout_count; i++)
        for (size_t r = 0; r < counting->layouts[i].row_count; r++) {
            const struct tsk_layout_row *row = &counting->layouts[i].rows[r];
            const struct tsk_measure *measure = tsk_measure_named(row->count);
            if (measure == NULL || (row->by_counterpart && !tsk_measure_has_counterpart(measure)))
                return tsk_fail(err, TSK_REJECT, 0, "%s: layouts[%zu].rows[%zu]: \"%s\" cannot be counted%s",
                                counting->path, i, r, row->count, measure != NULL ? " by counterpart" : "");
        }
    for (size_t i = 0; i < counting->overview_count; i++)
        if (tsk_measure_named(counting->overview[i].count) == NULL)
            return tsk_fail(err, TSK_REJECT, 0, "%s: overview[%zu]: \"%s\" cannot be counted", counting->path, i,
                            counting->overview[i].count);
    return 0;
}
