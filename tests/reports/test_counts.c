#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "fixture.h"
#include "records/activity.h"
#include "records/case.h"
#include "reports/paper.h"
#include "reports/workflow.h"

struct site {
    const struct tsk_counting *counting;
    struct tsk_report_desk desk;
};

static struct tsk_office_config office_config[] = { { .id = EAST, .name = "東成区相談支援室", .ward = "27115" },
                                                    { .id = NORTH, .name = "北区相談支援室", .ward = "27127" } };
static const struct tsk_config config = { .offices = office_config, .office_count = 2 };

static struct site open_site(struct fixture *f)
{
    struct site site;

    OK(tsk_counting_load(&site.counting, NULL, &f->err), f);
    site.desk = (struct tsk_report_desk){ f->store, &only_east, site.counting, &config, f->arena };
    return site;
}

static void contact(struct fixture *f, const char *office, const char *day, const char *with, const char *kind,
                    const char *number)
{
    const struct tsk_contact one = {
        .office = office, .day = day, .counterpart = with, .kind = kind, .case_number = number, .minutes = 10
    };

    OK(tsk_contact_add(NULL, f->store, &tsk_scope_all, &one, "佐藤", &f->err), f);
}

static const char *open_case(struct fixture *f, const char *at)
{
    char *number = tsk_arena_alloc(f->arena, TSK_CASE_NUMBER_SIZE);
    int64_t at_ms = 0;

    assert_true(tsk_stamp_parse(at, &at_ms));
    OK(tsk_case_open(number, f->store, EAST, at_ms, "佐藤", &f->err), f);
    return number;
}

static struct tsk_count_table make(struct fixture *f, const struct site *site, const char *layout, const char *month)
{
    const struct tsk_layout *found = tsk_counting_layout(site->counting, layout);
    struct tsk_count_period period;
    struct tsk_count_table table;

    assert_non_null(found);
    OK(tsk_count_period(&period, found->period, month, &f->err), f);
    OK(tsk_count_make(&table, f->store, &only_east, site->counting, found, EAST, "東成", &period, f->arena, &f->err),
       f);
    return table;
}

/* -1 when there is no such row or column. */
static int64_t at(const struct tsk_count_table *table, const char *section, const char *label, const char *column)
{
    for (size_t r = 0; r < table->row_count; r++)
        for (size_t c = 0; c < table->column_count; c++)
            if (strcmp(table->rows[r].section, section) == 0 && strcmp(table->rows[r].label, label) == 0 &&
                strcmp(table->columns[c], column) == 0)
                return table->rows[r].values[c];
    return -1;
}

static const struct period_case {
    enum tsk_layout_period kind;
    const char *text, *first, *last;
} periods[] = {
    { TSK_PERIOD_MONTH, "2026-05", "2026-05-01", "2026-05-31" },
    { TSK_PERIOD_MONTH, "2028-02", "2028-02-01", "2028-02-29" },
    { TSK_PERIOD_THIRD, "2026-04", "2026-04-01", "2026-07-31" },
    { TSK_PERIOD_THIRD, "2026-07", "2026-04-01", "2026-07-31" },
    { TSK_PERIOD_THIRD, "2026-08", "2026-08-01", "2026-11-30" },
    { TSK_PERIOD_THIRD, "2027-01", "2026-12-01", "2027-03-31" },
    { TSK_PERIOD_THIRD, "2026-12", "2026-12-01", "2027-03-31" },
    { TSK_PERIOD_YEAR, "2027-03", "2026-04-01", "2027-03-31" },
    { TSK_PERIOD_YEAR, "2026", "2026-04-01", "2027-03-31" },
};

static void test_periods(void **state)
{
    struct fixture *f = *state;
    struct tsk_count_period period;

    for (size_t i = 0; i < TSK_COUNT(periods); i++) {
        OK(tsk_count_period(&period, periods[i].kind, periods[i].text, &f->err), f);
        assert_string_equal(period.first, periods[i].first);
        assert_string_equal(period.last, periods[i].last);
    }
    REFUSED(tsk_count_period(&period, TSK_PERIOD_MONTH, "2026", &f->err), f, "no period");
    REFUSED(tsk_count_period(&period, TSK_PERIOD_MONTH, "2026-13", &f->err), f, "no period");
    REFUSED(tsk_count_period(&period, TSK_PERIOD_YEAR, "last year", &f->err), f, "no period");
}

static void fill_log(struct fixture *f)
{
    const char *one = open_case(f, "2026-04-30T15:30:00.000Z"); /* 1 May in Japan */
    const char *two = open_case(f, "2026-05-10T00:00:00.000Z");
    const struct tsk_gathering meeting = {
        .office = EAST, .day = "2026-05-20", .form = "training", .host = "city_ward"
    };

    contact(f, EAST, "2026-04-30", "clinic", "consultation", NULL);
    contact(f, EAST, "2026-05-01", "clinic", "consultation", NULL);
    contact(f, EAST, "2026-05-01", "hospital", "coordination", one);
    contact(f, EAST, "2026-05-01", "clinic", "coordination", one);
    contact(f, EAST, "2026-05-31", "hospital", "coordination", one);
    contact(f, EAST, "2026-05-31", "hospital", "coordination", two);
    contact(f, EAST, "2026-05-31", "hospital", "coordination", NULL);
    contact(f, EAST, "2026-05-15", "resident", "outside", NULL);
    contact(f, EAST, "2026-06-01", "hospital", "coordination", one);
    contact(f, NORTH, "2026-05-01", "clinic", "consultation", NULL);
    OK(tsk_gathering_add(NULL, f->store, &only_east, &meeting, "佐藤", &f->err), f);
}

static void test_a_month(void **state)
{
    struct fixture *f = *state;
    struct site site = open_site(f);

    fill_log(f);
    struct tsk_count_table t = make(f, &site, "3", "2026-05");
    assert_int_equal(t.column_count, 1);
    assert_int_equal(at(&t, "相談", "医科（地域の診療所医師）", "計"), 1); /* not April's, not the other office's */
    assert_int_equal(at(&t, "相談", "計", "計"), 1);
    assert_int_equal(at(&t, "個別ケース調整", "病院", "計"), 4);
    assert_int_equal(at(&t, "個別ケース調整", "計", "計"), 5);
    assert_int_equal(at(&t, "個別ケース以外", "区民", "計"), 1);
    assert_int_equal(at(&t, "調整した個別ケース（実数）", "", "計"), 2);
    assert_int_equal(at(&t, "新しい案件", "", "計"), 2);
    assert_int_equal(at(&t, "会議・研修 出席", "", "計"), 1);
    assert_int_equal(at(&t, "市・区の会議・研修会", "", "計"), 1);
    assert_int_equal(at(&t, "うち地域ケア会議", "", "計"), 0);
    t = make(f, &site, "daily", "2026-05");
    assert_int_equal(t.column_count, 32);
    assert_int_equal(at(&t, "個別ケース調整", "病院", "31日"), 3);
    assert_int_equal(at(&t, "個別ケース調整", "計", "1日"), 2);
    assert_int_equal(at(&t, "個別ケース調整", "計", "2日"), 0);
    t = make(f, &site, "10", "2026-06");
    assert_int_equal(at(&t, "個別ケース調整", "病院", "5月"), 4);
    assert_int_equal(at(&t, "個別ケース調整", "病院", "6月"), 1);
    assert_int_equal(at(&t, "調整した個別ケース（実数）", "", "5月"), 2);
    assert_int_equal(at(&t, "調整した個別ケース（実数）", "", "6月"), 1);
    assert_int_equal(at(&t, "調整した個別ケース（実数）", "", "計"), 2); /* the same case in both months is one */
    t = make(f, &site, "year", "2026");
    assert_int_equal(at(&t, "相談", "計", "4〜7月"), 2);
    assert_int_equal(at(&t, "相談", "計", "8〜11月"), 0);
    tsk_counting_free(&site.counting);
}

static void test_no_entry_is_lost(void **state)
{
    struct fixture *f = *state;
    struct site site = open_site(f);

    contact(f, EAST, "2026-05-01", "of_old_times", "consultation", NULL);
    struct tsk_count_table t = make(f, &site, "3", "2026-05");
    assert_int_equal(at(&t, "相談", "of_old_times", "計"), 1);
    assert_int_equal(at(&t, "相談", "計", "計"), 1);
    assert_int_equal(at(&t, "個別ケース以外", "of_old_times", "計"), -1);
    tsk_counting_free(&site.counting);
}

/* Each section: the rows of the counterparts add up to the sum, the columns to the last one. */
static void check_sums(const struct tsk_count_table *t)
{
    int64_t sum[64] = { 0 };

    for (size_t r = 0; r < t->row_count; r++) {
        int64_t across = 0;
        for (size_t c = 0; c < t->column_count; c++) {
            across += c + 1 < t->column_count ? t->rows[r].values[c] : 0;
            if (t->rows[r].sum) {
                assert_int_equal(sum[c], t->rows[r].values[c]);
                sum[c] = 0;
            } else if (t->rows[r].label[0] != '\0') {
                sum[c] += t->rows[r].values[c];
            }
        }
        if (t->column_count > 1 && strstr(t->rows[r].section, "実数") == NULL)
            assert_int_equal(across, t->rows[r].values[t->column_count - 1]);
    }
}

/* A year of entries with known truth: every report equals it. */
static void test_a_year_adds_up(void **state)
{
    static const char *const layouts[] = { "daily", "monthly", "third", "year" };
    struct fixture *f = *state;
    struct site site = open_site(f);
    int64_t truth[12][3] = { { 0 } };
    unsigned seed = 7;

    for (int i = 0; i < 600; i++) {
        static const char *const kinds[] = { "consultation", "coordination", "outside" };
        struct tsk_date date = { 2025, 4, 1 };
        char day[TSK_DATE_SIZE];
        int kind = rand_r(&seed) % 3;

        date = tsk_date_from_days(tsk_date_days(date) + rand_r(&seed) % 365);
        tsk_date_text(date, day);
        truth[(date.month + 8) % 12][kind]++;
        contact(f, EAST, day, site.counting->counterparts[rand_r(&seed) % 13].id, kinds[kind], NULL);
    }
    int64_t year = 0;
    for (int m = 0; m < 12; m++) {
        char month[16];
        snprintf(month, sizeof month, "%d-%02d", m < 9 ? 2025 : 2026, (m + 3) % 12 + 1);
        struct tsk_count_table t = make(f, &site, "monthly", month);
        assert_int_equal(at(&t, "相談", "計", "計"), truth[m][0]);
        assert_int_equal(at(&t, "個別ケース調整", "計", "計"), truth[m][1]);
        assert_int_equal(at(&t, "個別ケース以外", "計", "計"), truth[m][2]);
        year += truth[m][0];
        for (size_t l = 0; l < TSK_COUNT(layouts); l++) {
            t = make(f, &site, layouts[l], month);
            check_sums(&t);
        }
    }
    struct tsk_count_table t = make(f, &site, "year", "2025");
    assert_int_equal(at(&t, "相談", "計", "計"), year);
    tsk_counting_free(&site.counting);
}

static void test_json_and_back(void **state)
{
    struct fixture *f = *state;
    struct site site = open_site(f);
    struct tsk_count_changes changes;
    struct tsk_count_table again;

    fill_log(f);
    struct tsk_count_table t = make(f, &site, "10", "2026-05");
    char *json = tsk_count_to_json(&t);
    assert_non_null(json);
    assert_null(strstr(json, "27115-")); /* no case in what is frozen */
    OK(tsk_count_from_json(&again, json, f->arena, &f->err), f);
    char *second = tsk_count_to_json(&again);
    assert_string_equal(json, second);
    OK(tsk_count_diff(&changes, &t, &again, f->arena, &f->err), f);
    assert_int_equal(changes.count, 0);
    free(json);
    free(second);
    REFUSED(tsk_count_from_json(&again, "{", f->arena, &f->err), f, "cannot be read back");
    tsk_counting_free(&site.counting);
}

static struct tsk_report found(struct fixture *f, int64_t id)
{
    struct tsk_report report;

    OK(tsk_report_find(&report, f->store, &only_east, id, f->arena, &f->err), f);
    return report;
}

static void test_draft_approved_corrected(void **state)
{
    struct fixture *f = *state;
    struct site site = open_site(f);
    struct tsk_count_changes changes;
    int64_t draft = 0, again = 0, second = 0;

    fill_log(f);
    OK(tsk_report_make(&draft, &site.desk, "3", EAST, "2026-05", "佐藤", &f->err), f);
    REFUSED(tsk_report_sent(f->store, &only_east, draft, "post", "2026-06-02", "佐藤", &f->err), f, "is a draft");
    contact(f, EAST, "2026-05-02", "dental", "consultation", NULL);
    REFUSED(tsk_report_pass(&site.desk, draft, "鈴木", &f->err), f, "log has changed");
    OK(tsk_report_make(&again, &site.desk, "monthly", EAST, "2026-05", "佐藤", &f->err), f);
    assert_int_equal(again, draft);
    OK(tsk_report_pass(&site.desk, draft, "鈴木", &f->err), f);
    REFUSED(tsk_report_pass(&site.desk, draft, "鈴木", &f->err), f, "was approved by 鈴木");
    assert_int_not_equal(fixture_try(f, "UPDATE reports SET content = '{}'"), 0);
    assert_int_not_equal(fixture_try(f, "UPDATE reports SET state = 'draft', approved_by = ''"), 0);
    assert_int_not_equal(fixture_try(f, "DELETE FROM reports"), 0);
    /* a late entry: the report stands, and what a new version would change is told */
    contact(f, EAST, "2026-05-03", "dental", "consultation", NULL);
    struct tsk_report report = found(f, draft);
    OK(tsk_report_now(&changes, &site.desk, &report, &f->err), f);
    assert_int_equal(changes.count, 2); /* 歯科 and 計 */
    assert_string_equal(changes.items[0].label, "歯科");
    assert_int_equal(changes.items[0].before, 1);
    assert_int_equal(changes.items[0].after, 2);
    OK(tsk_report_make(&second, &site.desk, "3", EAST, "2026-05", "佐藤", &f->err), f);
    assert_int_not_equal(second, draft);
    report = found(f, second);
    assert_int_equal(report.version, 2);
    OK(tsk_report_since(&changes, &site.desk, &report, &f->err), f);
    assert_int_equal(changes.count, 2);
    REFUSED(tsk_report_sent(f->store, &only_east, draft, "post", "2026-06-02", "佐藤", &f->err), f, "newer version");
    OK(tsk_report_pass(&site.desk, second, "鈴木", &f->err), f);
    OK(tsk_report_sent(f->store, &only_east, second, "email", "2026-06-02", "佐藤", &f->err), f);
    assert_string_equal(found(f, second).state, "approved"); /* the post is missing */
    OK(tsk_report_sent(f->store, &only_east, second, "post", "2026-06-03", "佐藤", &f->err), f);
    assert_string_equal(found(f, second).state, "sent");
    struct tsk_report_sendings sendings;
    OK(tsk_report_sending_list(&sendings, f->store, &only_east, second, f->arena, &f->err), f);
    assert_int_equal(sendings.count, 2);
    assert_string_equal(sendings.items[0].day, "2026-06-02");
    assert_string_equal(sendings.items[1].day, "2026-06-03");
    tsk_counting_free(&site.counting);
}

static void test_only_3_and_4_are_mailed(void **state)
{
    static const char *const never[] = { "1",  "2",  "5",  "6",  "7",  "8",  "9",  "10", "11", "12",
                                         "13", "14", "15", "16", "17", "18", "19", "20", "" };
    struct fixture *f = *state;
    struct tsk_report report = {
        .office = EAST, .title = "x", .first = "2026-05-01", .last = "2026-05-31", .content = "{}"
    };
    int64_t id = 0;

    for (size_t i = 0; i < TSK_COUNT(never); i++) {
        report.form = never[i];
        report.layout = tsk_arena_printf(f->arena, "form-%s", never[i]);
        OK(tsk_report_draft(&id, f->store, &only_east, &report, "佐藤", &f->err), f);
        OK(tsk_report_approve(f->store, &only_east, id, "鈴木", &f->err), f);
        REFUSED(tsk_report_sent(f->store, &only_east, id, "email", "2026-06-02", "佐藤", &f->err), f,
                "only 様式3 and 様式4");
        char *sql = tsk_arena_printf(
            f->arena, "INSERT INTO report_sendings VALUES (%lld, '" EAST "', 'email', '2026-06-02', 'x', 'x')",
            (long long)id);
        assert_int_not_equal(fixture_try(f, sql), 0); /* not past the program either */
        OK(tsk_report_sent(f->store, &only_east, id, "hand", "2026-06-02", "佐藤", &f->err), f);
        assert_string_equal(found(f, id).state, "sent");
    }
    report.form = report.layout = "4";
    OK(tsk_report_draft(&id, f->store, &only_east, &report, "佐藤", &f->err), f);
    OK(tsk_report_approve(f->store, &only_east, id, "鈴木", &f->err), f);
    REFUSED(tsk_report_sent(f->store, &only_east, id, "pigeon", "2026-06-02", "佐藤", &f->err), f,
            "email, post or hand");
    REFUSED(tsk_report_sent(f->store, &only_east, id, "email", "2999-06-02", "佐藤", &f->err), f, "on which day");
    OK(tsk_report_sent(f->store, &only_east, id, "email", "2026-06-02", "佐藤", &f->err), f);
    assert_string_equal(found(f, id).state, "sent");
}

static void test_a_period_that_goes_on(void **state)
{
    struct fixture *f = *state;
    struct site site = open_site(f);
    char today[TSK_DATE_SIZE];
    int64_t id = 0;

    tsk_date_text(tsk_japan_date(tsk_wall_ms()), today);
    today[7] = '\0';
    OK(tsk_report_make(&id, &site.desk, "3", EAST, today, "佐藤", &f->err), f);
    REFUSED(tsk_report_pass(&site.desk, id, "鈴木", &f->err), f, "is not over");
    tsk_counting_free(&site.counting);
}

static void test_another_office(void **state)
{
    struct fixture *f = *state;
    struct site site = open_site(f);
    struct tsk_report report;
    int64_t id = 0;

    OK(tsk_report_make(&id, &site.desk, "3", EAST, "2026-05", "佐藤", &f->err), f);
    REFUSED(tsk_report_find(&report, f->store, &only_north, id, f->arena, &f->err), f, "no report");
    REFUSED(tsk_report_approve(f->store, &only_north, id, "北", &f->err), f, "no report");
    REFUSED(tsk_report_make(&id, &site.desk, "3", NORTH, "2026-05", "佐藤", &f->err), f, "no office");
    tsk_counting_free(&site.counting);
}

static void test_csv(void **state)
{
    struct fixture *f = *state;
    struct site site = open_site(f);
    struct tsk_buf utf8 = TSK_BUF(100000), sjis = TSK_BUF(100000);
    int lacking = 0;
    char *back = NULL;

    fill_log(f);
    struct tsk_count_table t = make(f, &site, "3", "2026-05");
    t.office_name = "=SUM(A1)";
    OK(tsk_count_csv(&utf8, &t, "案 \xf0\xa0\xae\xb7", TSK_CSV_UTF8, &lacking, &f->err), f);
    assert_memory_equal(utf8.data, "\xef\xbb\xbf", 3);
    assert_int_equal(lacking, 0);
    assert_non_null(strstr(utf8.data, "\"個別ケース調整\",\"病院\",4\r\n"));
    assert_non_null(strstr(utf8.data, "\"'=SUM(A1)\""));
    OK(tsk_count_csv(&sjis, &t, "案 \xf0\xa0\xae\xb7", TSK_CSV_CP932, &lacking, &f->err), f);
    assert_int_equal(lacking, 1); /* 𠮷 is not in CP932 */
    assert_true(tsk_cp932_to_utf8(sjis.data, sjis.len, &back));
    assert_non_null(strstr(back, "案 〓"));
    assert_non_null(strstr(back, "\"個別ケース調整\",\"病院\",4\r\n"));
    free(back);
    tsk_buf_free(&utf8);
    tsk_buf_free(&sjis);
    tsk_counting_free(&site.counting);
}

static void test_paper(void **state)
{
    static const char *const layouts[] = { "daily", "monthly", "third", "year" };
    struct fixture *f = *state;
    struct site site = open_site(f);

    fill_log(f);
    for (size_t i = 0; i < TSK_COUNT(layouts); i++) {
        struct tsk_buf pdf = TSK_BUF((size_t)8 << 20);
        struct tsk_count_table t = make(f, &site, layouts[i], "2026-05");
        OK(tsk_count_pdf(&pdf, &t, "第1版 案（未承認）", &f->err), f);
        assert_memory_equal(pdf.data, "%PDF-", 5);
        const char *where = getenv("TSK_TEST_KEEP"); /* to look at */
        if (where != NULL) {
            char *path = tsk_arena_printf(f->arena, "%s/%s.pdf", where, layouts[i]);
            FILE *file = fopen(path, "wb");
            assert_non_null(file);
            fwrite(pdf.data, 1, pdf.len, file);
            fclose(file);
        }
        tsk_buf_free(&pdf);
    }
    tsk_counting_free(&site.counting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_periods),
        TEST(test_a_month),
        TEST(test_no_entry_is_lost),
        TEST(test_a_year_adds_up),
        TEST(test_json_and_back),
        TEST(test_draft_approved_corrected),
        TEST(test_only_3_and_4_are_mailed),
        TEST(test_another_office),
        TEST(test_a_period_that_goes_on),
        TEST(test_csv),
        TEST(test_paper),
    };

    return cmocka_run_group_tests_name("reports/counts", tests, NULL, NULL);
}
