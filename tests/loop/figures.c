/* Every figure of a counted table, counted once more from what happened. */
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "office.h"

#define COLUMNS_MAX 40

struct range {
    int32_t first, last;
};

static int32_t after_months(int32_t day, int months)
{
    struct tsk_date date = tsk_date_from_days(day);
    int month = date.month - 1 + months;

    return tsk_date_days((struct tsk_date){ date.year + month / 12, month % 12 + 1, 1 });
}

/* What its columns stand for; the last one is all of it. */
static size_t columns(struct range *out, const struct tsk_layout *layout, int32_t first, int32_t last)
{
    size_t count = 0;

    for (int32_t at = first, next; layout->columns != TSK_COLUMNS_TOTAL && at <= last; at = next) {
        next = layout->columns == TSK_COLUMNS_DAYS ? at + 1
                                                   : after_months(at, layout->columns == TSK_COLUMNS_MONTHS ? 1 : 4);
        out[count++] = (struct range){ at, next - 1 };
    }
    out[count++] = (struct range){ first, last };
    return count;
}

static bool within(int32_t day, const struct range *range)
{
    return day >= range->first && day <= range->last;
}

static long contacts(const struct loop_log *log, const struct range *range, int kind, const char *with)
{
    long count = 0;

    for (size_t i = 0; i < log->contact_count; i++)
        count += log->contacts[i].kind == kind && within(log->contacts[i].day, range) &&
                 (with == NULL || strcmp(log->contacts[i].with, with) == 0);
    return count;
}

static long cases(const struct loop_log *log, const struct range *range)
{
    long count = 0;

    for (size_t i = 0; i < log->contact_count; i++) {
        const struct loop_contact *one = &log->contacts[i];
        bool first = one->kind == 1 && one->kase >= 0 && within(one->day, range);

        for (size_t k = 0; first && k < i; k++)
            first = !(log->contacts[k].kind == 1 && log->contacts[k].kase == one->kase &&
                      within(log->contacts[k].day, range));
        count += first;
    }
    return count;
}

static long gatherings(const struct loop_log *log, const struct range *range, const char *section)
{
    bool city = strncmp(section, "市・区", strlen("市・区")) == 0;
    bool related = strncmp(section, "関係機関", strlen("関係機関")) == 0;
    bool care = strcmp(section, "うち地域ケア会議") == 0;
    long count = 0;

    for (size_t i = 0; i < log->gathering_count; i++)
        count += within(log->gatherings[i].day, range) && (!city || log->gatherings[i].city) &&
                 (!related || !log->gatherings[i].city) && (!care || log->gatherings[i].care);
    return count;
}

static long opened(const struct loop_log *log, const struct range *range)
{
    long count = 0;

    for (size_t i = 0; i < log->opened_count; i++)
        count += within(log->opened[i], range);
    return count;
}

static long figure(const struct loop_log *log, const struct tsk_counting *counting, const struct tsk_count_row *row,
                   const struct range *range)
{
    static const char *const kinds[LOOP_KINDS] = { "相談", "個別ケース調整", "個別ケース以外" };
    const char *with = NULL;

    for (size_t i = 0; i < counting->counterpart_count; i++)
        if (strcmp(counting->counterparts[i].name, row->label) == 0)
            with = counting->counterparts[i].id;
    for (int k = 0; k < LOOP_KINDS; k++)
        if (strcmp(row->section, kinds[k]) == 0)
            return contacts(log, range, k, with);
    return strcmp(row->section, "新しい案件") == 0                   ? opened(log, range)
           : strcmp(row->section, "調整した個別ケース（実数）") == 0 ? cases(log, range)
                                                                     : gatherings(log, range, row->section);
}

long loop_figures_wrong(struct loop_office *office, const struct tsk_counting *counting,
                        const struct tsk_layout *layout, const struct tsk_count_table *table)
{
    struct range range[COLUMNS_MAX];
    struct tsk_date first = { 0 }, last = { 0 };
    long wrong = 0;

    if (!tsk_date_parse(table->first, &first) || !tsk_date_parse(table->last, &last) ||
        columns(range, layout, tsk_date_days(first), tsk_date_days(last)) != table->column_count)
        return 1;
    for (size_t r = 0; r < table->row_count; r++)
        for (size_t c = 0; c < table->column_count; c++) {
            long should = figure(&office->log, counting, &table->rows[r], &range[c]);

            office->log.figures++;
            if (table->rows[r].values[c] == should)
                continue;
            wrong++;
            printf("  %s %s %s %s: %ld, the truth is %ld\n", table->title, table->columns[c], table->rows[r].section,
                   table->rows[r].label, (long)table->rows[r].values[c], should);
        }
    return wrong;
}
