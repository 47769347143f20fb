/* The overview on paper: its table, and measure by measure how the groups, or the offices, stand beside each other. */
#include <inttypes.h>
#include <stdio.h>

#include "reports/overview.h"
#include "reports/paper_page.h"

#define ROW_MM 5.2
#define HEAD_MM 7.0
#define LABEL_MM 58.0
#define NAME_MM 40.0
#define WARD_MM 14.0
#define COLUMN_MM_MAX 26.0
#define BAR_MM 4.4
#define NUMBER_MM 26.0
#define CHART_GAP_MM 8.0
#define BOTTOM_MM (PAPER_FOOT_MM + 3)
#define SIZE_PT 8

struct bar {
    const char *name;
    double value, low, high; /* low > high: no range is drawn */
    char number[48];
};

struct bars {
    const char *title;
    struct bar *items;
    size_t count;
};

static double room_mm(const struct paper *paper)
{
    return paper->width_mm - 2 * PAPER_MARGIN_MM;
}

static void put_title(struct paper *paper, const struct tsk_overview *o, const char *title)
{
    char first[40], last[40], line[160];

    paper_day(first, o->first);
    paper_day(last, o->last);
    snprintf(line, sizeof line, "%s 〜 %s　　%zu室", first, last, o->office_count);
    paper_text(paper, title, PAPER_MARGIN_MM, paper->y_mm, room_mm(paper), 15, PAPER_LEFT);
    paper_text(paper, line, PAPER_MARGIN_MM, paper->y_mm + 8, room_mm(paper), 9.5, PAPER_LEFT);
    paper->y_mm += 17;
}

static void put_mean(char out[24], int64_t tenths)
{
    snprintf(out, 24, "%" PRId64 ".%" PRId64, tenths / 10, tenths % 10);
}

static void put_number(char out[24], int64_t value)
{
    snprintf(out, 24, "%" PRId64, value);
}

static double column_mm(const struct paper *paper, double label_mm, size_t columns)
{
    double each = (room_mm(paper) - label_mm) / (double)(columns > 0 ? columns : 1);

    return each < COLUMN_MM_MAX ? each : COLUMN_MM_MAX;
}

static void put_group_heads(struct paper *paper, const struct tsk_overview *o, double each)
{
    static const char *const heads[] = { "合計", "平均", "最小", "最大" };
    char title[80];

    for (size_t g = 0; g < o->group_count; g++) {
        double x = PAPER_MARGIN_MM + LABEL_MM + 4 * each * (double)g;

        snprintf(title, sizeof title, "%.40s（%zu室）", o->groups[g].title, o->groups[g].office_count);
        paper_text(paper, title, x, paper->y_mm, 4 * each - 1, SIZE_PT, PAPER_CENTRE);
        paper_line(paper, x + 1, paper->y_mm + ROW_MM, x + 4 * each, paper->y_mm + ROW_MM, 0.3);
        for (size_t i = 0; i < TSK_COUNT(heads); i++)
            paper_text(paper, heads[i], x + each * (double)i, paper->y_mm + ROW_MM + 0.4, each - 0.6, 7, PAPER_RIGHT);
    }
    paper->y_mm += 2 * ROW_MM;
    paper_line(paper, PAPER_MARGIN_MM, paper->y_mm, PAPER_MARGIN_MM + LABEL_MM + 4 * each * (double)o->group_count,
               paper->y_mm, 0.8);
}

static void put_group_cells(struct paper *paper, const struct tsk_overview *o, size_t measure, double each)
{
    for (size_t g = 0; g < o->group_count; g++) {
        const struct tsk_overview_cell *cell = &o->groups[g].cells[measure];
        double x = PAPER_MARGIN_MM + LABEL_MM + 4 * each * (double)g;
        char texts[4][24];

        put_number(texts[0], cell->total);
        put_mean(texts[1], cell->mean_tenths);
        put_number(texts[2], cell->min);
        put_number(texts[3], cell->max);
        for (size_t i = 0; i < 4; i++)
            paper_text(paper, texts[i], x + each * (double)i, paper->y_mm + 0.7, each - 0.6, SIZE_PT, PAPER_RIGHT);
    }
}

static void put_totals(struct paper *paper, const struct tsk_overview *o)
{
    double each = column_mm(paper, LABEL_MM, 4 * o->group_count);
    double right = PAPER_MARGIN_MM + LABEL_MM + 4 * each * (double)o->group_count;
    char label[160];

    put_group_heads(paper, o, each);
    for (size_t m = 0; m < o->counting->overview_count; m++) {
        if (paper->y_mm + ROW_MM > paper->height_mm - BOTTOM_MM) {
            paper_end_page(paper);
            put_group_heads(paper, o, each);
        }
        snprintf(label, sizeof label, "%.100s（%.20s）", o->counting->overview[m].title, o->counting->overview[m].unit);
        paper_text(paper, label, PAPER_MARGIN_MM, paper->y_mm + 0.7, LABEL_MM - 2, SIZE_PT, PAPER_LEFT);
        put_group_cells(paper, o, m, each);
        paper->y_mm += ROW_MM;
        paper_line(paper, PAPER_MARGIN_MM, paper->y_mm, right, paper->y_mm, 0.2);
    }
}

static void put_measure_heads(struct paper *paper, const struct tsk_overview *o, double each)
{
    double most = ROW_MM;

    for (size_t m = 0; m < o->counting->overview_count; m++) {
        double height = paper_height_mm(paper, o->counting->overview[m].title, each - 1, 7);

        most = height > most ? height : most;
    }
    for (size_t m = 0; m < o->counting->overview_count; m++)
        paper_paragraph(paper, o->counting->overview[m].title,
                        PAPER_MARGIN_MM + NAME_MM + WARD_MM + each * (double)m + 0.8, paper->y_mm, each - 1, 7);
    paper->y_mm += most + 1;
    paper_line(paper, PAPER_MARGIN_MM, paper->y_mm,
               PAPER_MARGIN_MM + NAME_MM + WARD_MM + each * (double)o->counting->overview_count, paper->y_mm, 0.8);
}

static void put_office_row(struct paper *paper, const struct tsk_overview *o, const struct tsk_overview_office *office,
                           double each)
{
    char number[24];

    paper_text(paper, office->name, PAPER_MARGIN_MM, paper->y_mm + 0.7, NAME_MM - 1, SIZE_PT, PAPER_LEFT);
    paper_text(paper, office->ward, PAPER_MARGIN_MM + NAME_MM, paper->y_mm + 0.7, WARD_MM - 1, SIZE_PT, PAPER_LEFT);
    for (size_t m = 0; m < o->counting->overview_count; m++) {
        put_number(number, office->values[m]);
        paper_text(paper, office->hidden[m] ? TSK_OVERVIEW_HIDDEN : number,
                   PAPER_MARGIN_MM + NAME_MM + WARD_MM + each * (double)m, paper->y_mm + 0.7, each - 0.8, SIZE_PT,
                   PAPER_RIGHT);
    }
    paper->y_mm += ROW_MM;
    paper_line(paper, PAPER_MARGIN_MM, paper->y_mm,
               PAPER_MARGIN_MM + NAME_MM + WARD_MM + each * (double)o->counting->overview_count, paper->y_mm, 0.2);
}

static void put_sums(struct paper *paper, const struct tsk_overview *o, double each)
{
    char number[24], note[160];

    paper_text(paper, "計", PAPER_MARGIN_MM, paper->y_mm + 0.7, NAME_MM, SIZE_PT, PAPER_LEFT);
    for (size_t m = 0; m < o->counting->overview_count; m++) {
        put_number(number, o->groups[0].cells[m].total);
        paper_text(paper, o->total_hidden[m] ? TSK_OVERVIEW_HIDDEN : number,
                   PAPER_MARGIN_MM + NAME_MM + WARD_MM + each * (double)m, paper->y_mm + 0.7, each - 0.8, SIZE_PT,
                   PAPER_RIGHT);
    }
    paper->y_mm += ROW_MM;
    snprintf(note, sizeof note, "%s は、%d 未満の数と、それが分かってしまう数を伏せたものです。", TSK_OVERVIEW_HIDDEN,
             o->counting->small_below);
    paper_text(paper, note, PAPER_MARGIN_MM, paper->y_mm + 1.5, room_mm(paper), SIZE_PT, PAPER_LEFT);
    paper->y_mm += ROW_MM + 2;
}

static void put_offices(struct paper *paper, const struct tsk_overview *o)
{
    double each = column_mm(paper, NAME_MM + WARD_MM, o->counting->overview_count);

    put_measure_heads(paper, o, each);
    for (size_t i = 0; i < o->office_count; i++) {
        if (paper->y_mm + 3 * ROW_MM > paper->height_mm - BOTTOM_MM) {
            paper_end_page(paper);
            put_measure_heads(paper, o, each);
        }
        put_office_row(paper, o, &o->offices[i], each);
    }
    put_sums(paper, o, each);
}

static void put_bar(const struct paper *paper, const struct bar *bar, double x_mm, double y_mm, double scale)
{
    double end = x_mm + bar->value * scale, middle = y_mm + BAR_MM / 2;

    if (bar->value > 0)
        paper_box(paper, x_mm, y_mm + 0.6, bar->value * scale, BAR_MM - 1.2);
    if (bar->low <= bar->high) {
        paper_line(paper, x_mm + bar->low * scale, middle, x_mm + bar->high * scale, middle, 0.8);
        paper_line(paper, x_mm + bar->low * scale, middle - 1, x_mm + bar->low * scale, middle + 1, 0.8);
        paper_line(paper, x_mm + bar->high * scale, middle - 1, x_mm + bar->high * scale, middle + 1, 0.8);
        end = x_mm + (bar->high > bar->value ? bar->high : bar->value) * scale;
    }
    paper_text(paper, bar->number, end + 1, y_mm + 0.5, NUMBER_MM, 7, PAPER_LEFT);
}

static void put_bars(const struct paper *paper, const struct bars *bars, double x_mm, double y_mm, double width_mm)
{
    double most = 1, room = width_mm - NAME_MM - NUMBER_MM - 2;

    for (size_t i = 0; i < bars->count; i++) {
        most = bars->items[i].value > most ? bars->items[i].value : most;
        most = bars->items[i].high > most ? bars->items[i].high : most;
    }
    paper_text(paper, bars->title, x_mm, y_mm, width_mm, 9.5, PAPER_LEFT);
    for (size_t i = 0; i < bars->count; i++) {
        double y = y_mm + HEAD_MM + BAR_MM * (double)i;

        paper_text(paper, bars->items[i].name, x_mm, y + 0.5, NAME_MM - 2, 7, PAPER_RIGHT);
        put_bar(paper, &bars->items[i], x_mm + NAME_MM, y, room / most);
    }
    paper_line(paper, x_mm + NAME_MM, y_mm + HEAD_MM, x_mm + NAME_MM, y_mm + HEAD_MM + BAR_MM * (double)bars->count,
               0.4);
}

static void of_groups(struct bar *items, const struct tsk_overview *o, size_t measure)
{
    for (size_t g = 0; g < o->group_count; g++) {
        const struct tsk_overview_cell *cell = &o->groups[g].cells[measure];
        char mean[24];

        put_mean(mean, cell->mean_tenths);
        items[g] = (struct bar){ .name = o->groups[g].title,
                                 .value = (double)cell->mean_tenths / 10,
                                 .low = (double)cell->min,
                                 .high = (double)cell->max };
        snprintf(items[g].number, sizeof items[g].number, "%s（%" PRId64 "〜%" PRId64 "）", mean, cell->min, cell->max);
    }
}

static void of_offices(struct bar *items, const struct tsk_overview *o, size_t measure)
{
    for (size_t i = 0; i < o->office_count; i++) {
        bool hidden = o->offices[i].hidden[measure];
        int64_t value = o->offices[i].values[measure];

        items[i] = (struct bar){ .name = o->offices[i].name, .value = hidden ? 0 : (double)value, .low = 1, .high = 0 };
        if (hidden)
            snprintf(items[i].number, sizeof items[i].number, "%s", TSK_OVERVIEW_HIDDEN);
        else
            snprintf(items[i].number, sizeof items[i].number, "%" PRId64, value);
    }
}

/* Two beside each other. */
static void put_charts(struct paper *paper, const struct tsk_overview *o, struct bar *items, bool totals)
{
    size_t count = totals ? o->group_count : o->office_count;
    double width = (room_mm(paper) - CHART_GAP_MM) / 2, height = HEAD_MM + BAR_MM * (double)count + CHART_GAP_MM;
    char title[200];

    paper->y_mm += CHART_GAP_MM;
    for (size_t m = 0; m < o->counting->overview_count; m++) {
        double x = PAPER_MARGIN_MM + (m % 2 == 0 ? 0 : width + CHART_GAP_MM);

        if (m % 2 == 0 && paper->y_mm + height > paper->height_mm - BOTTOM_MM && paper->y_mm > PAPER_MARGIN_MM)
            paper_end_page(paper);
        if (totals)
            of_groups(items, o, m);
        else
            of_offices(items, o, m);
        snprintf(title, sizeof title, totals ? "%.120s　1室あたりの平均（最小〜最大）" : "%.120s",
                 o->counting->overview[m].title);
        put_bars(paper, &(struct bars){ title, items, count }, x, paper->y_mm, width);
        if (m % 2 == 1)
            paper->y_mm += height;
    }
}

int tsk_overview_pdf(struct tsk_buf *out, const struct tsk_overview *overview, enum tsk_overview_part part,
                     struct tsk_arena *arena, struct tsk_err *err)
{
    bool totals = part == TSK_OVERVIEW_TOTALS;
    const char *title = totals ? "相談支援室の一覧（開設年度別）" : "相談支援室の一覧（区別）";
    size_t most = overview->group_count > overview->office_count ? overview->group_count : overview->office_count;
    struct bar *items = tsk_arena_alloc(arena, (most + 1) * sizeof *items);
    struct paper paper;

    if (items == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for an overview");
    paper_begin(&paper, out, true, title, title);
    put_title(&paper, overview, title);
    if (totals)
        put_totals(&paper, overview);
    else
        put_offices(&paper, overview);
    put_charts(&paper, overview, items, totals);
    return paper_finish(&paper, err);
}
