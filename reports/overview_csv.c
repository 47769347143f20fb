#include "reports/overview.h"

#include <inttypes.h>
#include <stdio.h>

#define BYTES_MAX ((size_t)4 << 20)

static void put_title(struct tsk_buf *out, const struct tsk_overview *o, const char *title)
{
    tsk_csv_cell(out, title);
    tsk_csv_cell(out, o->first);
    tsk_csv_cell(out, o->last);
    tsk_csv_end_line(out);
    tsk_csv_end_line(out);
}

static void put_totals(struct tsk_buf *out, const struct tsk_overview *o)
{
    static const char *const heads[] = { "合計", "平均", "最小", "最大" };
    char text[64];

    put_title(out, o, "開設年度別の一覧");
    tsk_csv_cell(out, "項目");
    tsk_csv_cell(out, "単位");
    for (size_t g = 0; g < o->group_count; g++)
        for (size_t i = 0; i < TSK_COUNT(heads); i++) {
            snprintf(text, sizeof text, "%.40s %s", o->groups[g].title, heads[i]);
            tsk_csv_cell(out, text);
        }
    tsk_csv_end_line(out);
    for (size_t m = 0; m < o->counting->overview_count; m++) {
        tsk_csv_cell(out, o->counting->overview[m].title);
        tsk_csv_cell(out, o->counting->overview[m].unit);
        for (size_t g = 0; g < o->group_count; g++) {
            const struct tsk_overview_cell *cell = &o->groups[g].cells[m];
            snprintf(text, sizeof text, "%" PRId64 ".%" PRId64, cell->mean_tenths / 10, cell->mean_tenths % 10);
            tsk_csv_number(out, (long long)cell->total);
            tsk_csv_cell(out, text);
            tsk_csv_number(out, (long long)cell->min);
            tsk_csv_number(out, (long long)cell->max);
        }
        tsk_csv_end_line(out);
    }
}

static void put_value(struct tsk_buf *out, int64_t value, bool hidden)
{
    if (hidden)
        tsk_csv_cell(out, TSK_OVERVIEW_HIDDEN);
    else
        tsk_csv_number(out, (long long)value);
}

static void put_offices(struct tsk_buf *out, const struct tsk_overview *o)
{
    char note[160];

    put_title(out, o, "区別の一覧");
    tsk_csv_cell(out, "相談支援室");
    tsk_csv_cell(out, "区");
    for (size_t m = 0; m < o->counting->overview_count; m++)
        tsk_csv_cell(out, o->counting->overview[m].title);
    tsk_csv_end_line(out);
    for (size_t i = 0; i < o->office_count; i++) {
        tsk_csv_cell(out, o->offices[i].name);
        tsk_csv_cell(out, o->offices[i].ward);
        for (size_t m = 0; m < o->counting->overview_count; m++)
            put_value(out, o->offices[i].values[m], o->offices[i].hidden[m]);
        tsk_csv_end_line(out);
    }
    tsk_csv_cell(out, "計");
    tsk_csv_cell(out, "");
    for (size_t m = 0; m < o->counting->overview_count; m++)
        put_value(out, o->groups[0].cells[m].total, o->total_hidden[m]);
    tsk_csv_end_line(out);
    tsk_csv_end_line(out);
    snprintf(note, sizeof note, "%s は、%d 未満の数と、それが分かってしまう数を伏せたものです。", TSK_OVERVIEW_HIDDEN,
             o->counting->small_below);
    tsk_csv_cell(out, note);
    tsk_csv_end_line(out);
}

int tsk_overview_csv(struct tsk_buf *out, const struct tsk_overview *overview, enum tsk_overview_part part,
                     enum tsk_csv_charset charset, struct tsk_err *err)
{
    struct tsk_buf text = TSK_BUF(BYTES_MAX);

    if (part == TSK_OVERVIEW_TOTALS)
        put_totals(&text, overview);
    else
        put_offices(&text, overview);
    int rc = text.failed ? tsk_fail(err, TSK_RETRY, 0, "no memory for an overview")
                         : tsk_csv_encode(out, tsk_buf_text(&text), charset, NULL, err);
    tsk_buf_free(&text);
    return rc;
}
