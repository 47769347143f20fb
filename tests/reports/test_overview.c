/* The table of H29 from the logs of 24 offices, and what a reader of the list handed on can work out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "fixture.h"
#include "records/activity.h"
#include "reports/overview.h"

/* 大阪市, H29: 会議・研修 出席回数; total, mean in tenths, min, max of all 24, of 11 opened in H28, of 13 opened in H29. */
static const struct tsk_overview_cell h29[][3] = {
    { { 1873, 780, 16, 217 }, { 1192, 1084, 45, 217 }, { 681, 524, 16, 86 } }, /* all */
    { { 713, 297, 0, 110 }, { 401, 365, 12, 110 }, { 312, 240, 0, 48 } },      /* 市・区 */
    { { 1160, 483, 8, 124 }, { 791, 719, 26, 124 }, { 369, 284, 8, 43 } },     /* 関係機関 */
    { { 203, 85, 0, 32 }, { 136, 124, 3, 26 }, { 67, 52, 0, 32 } },            /* 地域ケア会議 */
};

/* One way in which 24 offices make that table; the single figures were not published. */
static const struct office_figures {
    int city, related, care;
} offices[2][13] = {
    { { 12, 73, 3 },
      { 110, 107, 26 },
      { 38, 26, 12 },
      { 12, 124, 12 },
      { 12, 111, 12 },
      { 44, 26, 12 },
      { 12, 44, 12 },
      { 12, 33, 12 },
      { 58, 39, 12 },
      { 79, 113, 12 },
      { 12, 95, 11 } },
    { { 0, 19, 0 },
      { 48, 38, 32 },
      { 8, 8, 4 },
      { 34, 43, 4 },
      { 19, 36, 3 },
      { 27, 26, 3 },
      { 18, 37, 3 },
      { 9, 18, 3 },
      { 14, 23, 3 },
      { 44, 26, 3 },
      { 42, 43, 3 },
      { 21, 14, 3 },
      { 28, 38, 3 } },
};

static const struct tsk_counting *load(struct fixture *f)
{
    const struct tsk_counting *counting;

    OK(tsk_counting_load(&counting, NULL, &f->err), f);
    OK(tsk_count_check(counting, &f->err), f);
    return counting;
}

static void put_meetings(struct fixture *f, const char *office, const char *host, int count, int care)
{
    char sql[700];

    snprintf(
        sql, sizeof sql,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO gatherings "
        "(office_id, "
        "day, form, host, care_meeting, minutes, text, by, at) SELECT '%s', date('2017-04-01', '+' || (i %% 365) || ' "
        "days'), 'meeting', '%s', i <= %d, 60, '', 'x', 'x' FROM n WHERE i <= %d",
        count, office, host, care, count);
    fixture_sql(f, sql);
}

static void put_office(struct fixture *f, struct tsk_office_config *out, const char *ward,
                       const struct office_figures *figures)
{
    struct tsk_office office = { .code = ward, .name = ward, .ward = ward };

    out->id = office.id = tsk_arena_printf(f->arena, "o%s", ward);
    out->name = out->ward = ward;
    OK(tsk_office_put(f->store, &office, &f->err), f);
    int from_related = figures->care < figures->related ? figures->care : figures->related;
    put_meetings(f, office.id, "related", figures->related, from_related);
    put_meetings(f, office.id, "city_ward", figures->city, figures->care - from_related);
}

/* What a reader finds on the pages. */
static void read_paper(struct tsk_buf *out, const struct tsk_overview *o, enum tsk_overview_part part,
                       struct fixture *f)
{
    char path[] = "/tmp/tasuki-overview-XXXXXX", command[100];
    struct tsk_buf pdf = TSK_BUF(4 << 20);
    int fd = mkstemp(path), end;

    assert_true(fd >= 0);
    OK(tsk_overview_pdf(&pdf, o, part, f->arena, &f->err), f);
    assert_int_equal(tsk_write_all(fd, tsk_buf_text(&pdf), pdf.len), 0);
    close(fd);
    snprintf(command, sizeof command, "pdftotext -layout %s -", path);
    FILE *words = popen(command, "r");
    assert_non_null(words);
    while ((end = fgetc(words)) != EOF)
        tsk_buf_add(out, &(char){ (char)end }, 1);
    assert_int_equal(pclose(words), 0);
    unlink(path);
    tsk_buf_free(&pdf);
}

static void test_the_table_of_h29(void **state)
{
    struct fixture *f = *state;
    const struct tsk_counting *counting = load(f);
    struct tsk_office_config list[24] = { { .id = "" } };
    size_t count = 0;
    struct tsk_count_period period;
    struct tsk_overview o;

    /* the fixture's own offices have codes of wards: give these other ones */
    fixture_sql(f, "UPDATE offices SET code = 'x' || code WHERE id <> '*'");
    for (size_t c = 0; c < 2; c++)
        for (size_t i = 0; i < counting->cohorts[c].wards.count; i++)
            put_office(f, &list[count++], counting->cohorts[c].wards.items[i], &offices[c][i]);
    assert_int_equal(count, 24);
    const struct tsk_config config = { .offices = list, .office_count = count };
    OK(tsk_count_period(&period, TSK_PERIOD_YEAR, "2017", &f->err), f);
    OK(tsk_overview_make(&o, f->store, &tsk_scope_all, counting, &config, &period, f->arena, &f->err), f);
    assert_int_equal(o.group_count, 3);
    assert_int_equal(o.groups[0].office_count, 24);
    assert_int_equal(o.groups[1].office_count, 11);
    assert_int_equal(o.groups[2].office_count, 13);
    for (size_t m = 0; m < TSK_COUNT(h29); m++)
        for (size_t g = 0; g < 3; g++)
            assert_memory_equal(&o.groups[g].cells[m], &h29[m][g], sizeof h29[m][g]);
    struct tsk_buf csv = TSK_BUF(100000);
    OK(tsk_overview_csv(&csv, &o, TSK_OVERVIEW_TOTALS, TSK_CSV_UTF8, &f->err), f);
    assert_non_null(strstr(tsk_buf_text(&csv),
                           "\"うち地域ケア会議\",\"回\",203,\"8.5\",0,32,136,\"12.4\",3,26,67,\"5.2\",0,32\r\n"));
    assert_non_null(strstr(tsk_buf_text(&csv), "\"24区 合計\""));
    tsk_buf_free(&csv);
    struct tsk_buf words = TSK_BUF(200000);
    read_paper(&words, &o, TSK_OVERVIEW_TOTALS, f);
    assert_non_null(strstr(tsk_buf_text(&words), "平成29年4月1日 〜 平成30年3月31日"));
    assert_non_null(strstr(tsk_buf_text(&words), "24区（24室）"));
    assert_non_null(strstr(tsk_buf_text(&words), "12.4（3〜26）"));
    tsk_buf_free(&words);
    tsk_counting_free(&counting);
}

static void test_means_are_half_up(void **state)
{
    static const struct mean {
        int64_t values[4];
        size_t count;
        int64_t tenths;
    } means[] = {
        { { 1, 0, 0, 0 }, 4, 3 }, { { 1, 1, 1, 0 }, 4, 8 }, { { 0 }, 1, 0 }, { { 1, 2 }, 2, 15 }, { { 1, 0, 0 }, 3, 3 }
    };
    struct fixture *f = *state;
    const struct tsk_counting *counting = load(f);

    for (size_t i = 0; i < TSK_COUNT(means); i++) {
        struct tsk_overview_office list[4] = { { .name = "" } };
        struct tsk_overview o;
        for (size_t k = 0; k < means[i].count; k++) {
            list[k].values = tsk_arena_alloc(f->arena, 20 * sizeof(int64_t));
            list[k].values[0] = means[i].values[k];
            list[k].ward = "";
        }
        OK(tsk_overview_from(&o, counting, list, means[i].count, f->arena, &f->err), f);
        assert_int_equal(o.groups[0].cells[0].mean_tenths, means[i].tenths);
    }
    tsk_counting_free(&counting);
}

#define OFFICES 6

/* Can a reader tell one hidden cell from its column? With the total and the others, only if it stands alone or all of the hidden
 * together are so few that each must be 1. */
static void check_column(const struct tsk_overview *o, size_t m)
{
    size_t hidden = 0;
    int64_t sum = 0;

    for (size_t i = 0; i < o->office_count; i++)
        if (o->offices[i].hidden[m]) {
            hidden++;
            sum += o->offices[i].values[m];
        }
    if (hidden > 0 && !o->total_hidden[m]) {
        assert_true(hidden > 1);
        assert_true(sum >= o->counting->small_below);
    }
}

static void check_sum(const struct tsk_overview_office *office)
{
    int hidden = office->hidden[0] + office->hidden[1] + office->hidden[2];

    assert_int_not_equal(hidden, 1); /* all = city + related */
}

static void test_no_small_number_is_told(void **state)
{
    struct fixture *f = *state;
    const struct tsk_counting *counting = load(f);
    unsigned seed = 20261125;
    int hidden = 0;

    for (int round = 0; round < 2000; round++) {
        struct tsk_overview_office list[OFFICES] = { { .name = "" } };
        struct tsk_arena *arena = tsk_arena_new(1 << 20);
        struct tsk_overview o;

        for (int i = 0; i < OFFICES; i++) {
            list[i].ward = "";
            list[i].values = tsk_arena_alloc(arena, 20 * sizeof(int64_t));
            for (size_t m = 1; m < counting->overview_count; m++)
                list[i].values[m] = rand_r(&seed) % (rand_r(&seed) % 3 == 0 ? 6 : 60);
            list[i].values[0] = list[i].values[1] + list[i].values[2];
        }
        OK(tsk_overview_from(&o, counting, list, OFFICES, arena, &f->err), f);
        tsk_overview_hide_small(&o);
        for (size_t m = 0; m < counting->overview_count; m++) {
            for (int i = 0; i < OFFICES; i++) {
                hidden += list[i].hidden[m];
                if (list[i].values[m] > 0 && list[i].values[m] < counting->small_below)
                    assert_true(list[i].hidden[m]);
            }
            check_column(&o, m);
        }
        for (int i = 0; i < OFFICES; i++)
            check_sum(&list[i]);
        tsk_arena_free(&arena);
    }
    assert_true(hidden > 1000);
    tsk_counting_free(&counting);
}

static void test_what_is_handed_on(void **state)
{
    struct fixture *f = *state;
    const struct tsk_counting *counting = load(f);
    struct tsk_overview_office list[3] = { { .name = "一", .ward = "27103" },
                                           { .name = "二", .ward = "27104" },
                                           { .name = "三", .ward = "27102" } };
    struct tsk_buf csv = TSK_BUF(100000);
    struct tsk_overview o;

    for (int i = 0; i < 3; i++) {
        list[i].values = tsk_arena_alloc(f->arena, 20 * sizeof(int64_t));
        for (size_t m = 0; m < counting->overview_count; m++)
            list[i].values[m] = 100 + i;
    }
    list[1].values[4] = 2;
    OK(tsk_overview_from(&o, counting, list, 3, f->arena, &f->err), f);
    tsk_overview_hide_small(&o);
    OK(tsk_overview_csv(&csv, &o, TSK_OVERVIEW_OFFICES, TSK_CSV_UTF8, &f->err), f);
    assert_non_null(strstr(tsk_buf_text(&csv), "\"二\",\"27104\",101,101,101,101,\"x\",101,101\r\n"));
    assert_non_null(
        strstr(tsk_buf_text(&csv), "\"一\",\"27103\",100,100,100,100,\"x\",100,100\r\n")); /* else the total tells */
    assert_non_null(strstr(tsk_buf_text(&csv), "\"三\",\"27102\",102,102,102,102,102,102,102\r\n"));
    tsk_buf_free(&csv);
    struct tsk_buf words = TSK_BUF(200000);
    read_paper(&words, &o, TSK_OVERVIEW_OFFICES, f);
    assert_non_null(strstr(tsk_buf_text(&words), "x は、5 未満の数"));
    assert_non_null(strstr(tsk_buf_text(&words), "二 x")); /* in the chart, too */
    tsk_buf_free(&words);
    tsk_counting_free(&counting);
}

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(test_the_table_of_h29), TEST(test_means_are_half_up),
                                        TEST(test_no_small_number_is_told), TEST(test_what_is_handed_on) };

    return cmocka_run_group_tests_name("reports/overview", tests, NULL, NULL);
}
