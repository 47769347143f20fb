/* At the end every case leaves as table, on paper and as Bundle; truth.tsv says what has to stand in them. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/csv_out.h"
#include "base/file.h"
#include "office.h"
#include "reports/case_csv.h"
#include "reports/case_paper.h"
#include "reports/fhir.h"

#define BYTES_MAX ((size_t)64 << 20)
#define CASE_BYTES_MAX ((size_t)32 << 20)

static int put(const struct tsk_buf *bytes, const char *dir, const char *name, const char *suffix, struct tsk_err *err)
{
    char path[500];

    snprintf(path, sizeof path, "%s/%s%s", dir, name, suffix);
    return tsk_file_put_path(path, bytes->data, bytes->len, 0644, err);
}

static int put_table(struct loop_office *office, const char *dir)
{
    const struct tsk_export_wish wish = { .office = LOOP_OFFICE };
    struct tsk_buf text = TSK_BUF(BYTES_MAX), bytes = TSK_BUF(BYTES_MAX);
    int rc = tsk_cases_csv(&text, NULL, office->records->store, &tsk_scope_all, &office->records->forms, &wish,
                           &office->err) != 0 ||
                     tsk_csv_encode(&bytes, tsk_buf_text(&text), TSK_CSV_UTF8, NULL, &office->err) != 0
                 ? -1
                 : put(&bytes, dir, "cases", ".csv", &office->err);

    tsk_buf_free(&text);
    tsk_buf_free(&bytes);
    return rc;
}

static int put_case(struct loop_office *office, const char *dir, const char *number)
{
    struct tsk_arena *arena = tsk_arena_new(CASE_BYTES_MAX);
    struct tsk_buf pdf = TSK_BUF(BYTES_MAX), fhir = TSK_BUF(BYTES_MAX);
    struct tsk_case_file file;
    char now[TSK_STAMP_SIZE];

    tsk_stamp(tsk_wall_ms(), now);
    int rc = tsk_case_file_load(&file, office->records->store, &tsk_scope_all, number, &office->records->forms, arena,
                                &office->err) != 0 ||
                     tsk_case_pdf(&pdf, &file, now, &office->err) != 0 ||
                     tsk_fhir_write(&fhir, &file, NULL, now, &office->err) != 0 || /* the pages are no images here */
                     put(&pdf, dir, number, ".pdf", &office->err) != 0
                 ? -1
                 : put(&fhir, dir, number, ".json", &office->err);
    tsk_buf_free(&pdf);
    tsk_buf_free(&fhir);
    tsk_arena_free(&arena);
    return rc;
}

static const char *consent_of(const struct loop_case *kase)
{
    return kase->withdrew_at > 0               ? "撤回"
           : kase->consent == LOOP_CONSENT_YES ? "あり"
           : kase->consent == LOOP_CONSENT_NO  ? "なし"
                                               : "未確認";
}

static void put_truth(struct tsk_buf *out, const struct loop_case *kase)
{
    static const enum tsk_fact facts[] = { TSK_FACT_KANA,  TSK_FACT_NAME,   TSK_FACT_SEX,
                                           TSK_FACT_BIRTH, TSK_FACT_CLINIC, TSK_FACT_HOSPITAL };
    char moved[TSK_DATE_SIZE] = "", completed[TSK_DATE_SIZE] = "";

    if (kase->last_outcome != NULL)
        tsk_date_text(tsk_date_from_days(kase->last_moved), moved);
    if (kase->closed)
        tsk_date_text(tsk_date_from_days(kase->completed), completed);
    tsk_buf_puts(out, kase->number);
    for (size_t i = 0; i < TSK_COUNT(facts); i++)
        tsk_buf_printf(out, "\t%s", kase->says != NULL ? kase->says->truth[facts[i]] : "");
    tsk_buf_printf(out, "\t%s\t%s\t%s\t%s\t%s\t%s\n", kase->last_outcome != NULL ? kase->last_outcome : "", moved,
                   consent_of(kase), kase->ward_told_at > 0 ? "あり" : "", kase->closed ? kase->closed_as : "",
                   completed);
}

int loop_export(struct loop_office *office, const char *dir)
{
    struct tsk_buf truth = TSK_BUF(BYTES_MAX);
    int rc = put_table(office, dir);

    for (int i = 0; i < office->world->history.case_count && rc == 0; i++)
        if (office->world->cases[i].number[0] != '\0') {
            put_truth(&truth, &office->world->cases[i]);
            rc = put_case(office, dir, office->world->cases[i].number);
        }
    if (rc == 0)
        rc = put(&truth, dir, "truth", ".tsv", &office->err);
    tsk_buf_free(&truth);
    return rc;
}
