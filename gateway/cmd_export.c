/*
 * tasuki export - cases and sheets for others: tables, one case as PDF or FHIR, its pages as PDF/A
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "gateway/session.h"
#include "gateway/spool_site.h"
#include "records/audit.h"
#include "reports/case_csv.h"
#include "reports/case_paper.h"
#include "reports/fhir.h"
#include "reports/pages.h"

#define FILE_BYTES_MAX ((size_t)1 << 30)

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), tail = strlen(end);

    return len >= tail && strcmp(text + len - tail, end) == 0;
}

/* The file and its line in the audit chain: first the line, so that no file leaves without one. */
static int put_file(struct tsk_session *session, const char *office, const char *object, const char *what,
                    const char *path, const struct tsk_buf *bytes)
{
    return tsk_audit_add(session->store, office, tsk_session_actor(session), "export", object, what, &session->err) != 0
               ? -1
               : tsk_file_put_path(path, bytes->data, bytes->len, 0600, &session->err);
}

/* NULL stays NULL. */
static int read_day(const char **out, struct tsk_session *session, const char *option)
{
    struct tsk_date date;

    *out = tsk_session_option(session, option);
    return *out == NULL || tsk_date_parse(*out, &date)
               ? 0
               : tsk_fail(&session->err, TSK_REJECT, 0, "%s %s: a day is written YYYY-MM-DD", option, *out);
}

static int put_table(struct tsk_session *session, const struct tsk_buf *text, int lines, const char *what)
{
    struct tsk_buf bytes = TSK_BUF(FILE_BYTES_MAX);
    enum tsk_csv_charset charset = tsk_session_flag(session, "--cp932") ? TSK_CSV_CP932 : TSK_CSV_UTF8;
    const char *path = session->argv[0];
    int lacking = 0;
    int rc = tsk_csv_encode(&bytes, tsk_buf_text(text), charset, &lacking, &session->err);

    if (rc == 0)
        rc = put_file(session, session->office != NULL ? session->office : "*", what, "csv", path, &bytes);
    if (rc == 0)
        printf("%s: %d lines\n", path, lines);
    if (rc == 0 && lacking > 0)
        printf("%d characters are not in CP932 and stand as 〓\n", lacking);
    tsk_buf_free(&bytes);
    return rc;
}

static int table(struct tsk_session *session, const char *form)
{
    struct tsk_buf text = TSK_BUF(FILE_BYTES_MAX);
    struct tsk_export_wish wish = { .office = session->office };
    int lines = 0;
    int rc = read_day(&wish.first, session, "--from") != 0 || read_day(&wish.last, session, "--to") != 0 ? -1 : 0;

    if (rc == 0 && form == NULL)
        rc = tsk_cases_csv(&text, &lines, session->store, &session->scope, &session->records->forms, &wish,
                           &session->err);
    else if (rc == 0)
        rc = tsk_sheets_csv(&text, &lines, session->store, &session->scope, &session->records->forms, form, &wish,
                            &session->err);
    if (rc == 0)
        rc = put_table(session, &text, lines, form == NULL ? "cases" : tsk_session_text(session, "sheets:%s", form));
    tsk_buf_free(&text);
    return rc;
}

static int run_cases(struct tsk_session *session)
{
    return table(session, NULL);
}

static int run_sheets(struct tsk_session *session)
{
    const char *form = tsk_session_option(session, "--form");

    return table(session, form != NULL ? form : "referral-status");
}

static int write_case(struct tsk_session *session, struct tsk_blobs *blobs, struct tsk_buf *bytes)
{
    const char *number = session->argv[0], *path = session->argv[1], *what = "fhir";
    struct tsk_case_file file;
    char now[TSK_STAMP_SIZE];
    int rc;

    tsk_stamp(tsk_wall_ms(), now);
    if (tsk_case_file_load(&file, session->store, &session->scope, number, &session->records->forms, session->arena,
                           &session->err) != 0)
        return -1;
    if (ends_with(path, ".json")) {
        rc = tsk_fhir_write(bytes, &file, blobs, now, &session->err);
    } else if (ends_with(path, ".pdf")) {
        what = "pdf";
        rc = tsk_case_pdf(bytes, &file, now, &session->err);
    } else {
        rc = tsk_fail(&session->err, TSK_REJECT, 0, "%s: a case is written as .json (FHIR R4) or .pdf", path);
    }
    return rc != 0 ? -1
                   : put_file(session, file.kase.office, tsk_session_text(session, "case:%s", file.kase.number), what,
                              path, bytes);
}

/* A case number has dashes, a document's id has none. */
static int write_pages(struct tsk_session *session, struct tsk_blobs *blobs, struct tsk_buf *bytes)
{
    const char *of = session->argv[0];
    struct tsk_document document;
    struct tsk_case_file file;
    char now[TSK_STAMP_SIZE];

    if (!ends_with(session->argv[1], ".pdf"))
        return tsk_fail(&session->err, TSK_REJECT, 0,
                        "%s: pages are written as .pdf (PDF/A); `tasuki queue save` writes an original as it came",
                        session->argv[1]);
    if (strchr(of, '-') == NULL)
        return tsk_document_find(&document, session->store, &session->scope, of, session->arena, &session->err) != 0 ||
                       tsk_pages_of_document(bytes, session->store, &session->scope, of, blobs, session->arena,
                                             &session->err) != 0
                   ? -1
                   : put_file(session, document.office, tsk_session_text(session, "document:%s", of), "pdfa",
                              session->argv[1], bytes);
    tsk_stamp(tsk_wall_ms(), now);
    return tsk_case_file_load(&file, session->store, &session->scope, of, &session->records->forms, session->arena,
                              &session->err) != 0 ||
                   tsk_pages_of_case(bytes, &file, blobs, now, &session->err) != 0
               ? -1
               : put_file(session, file.kase.office, tsk_session_text(session, "case:%s", file.kase.number), "pdfa",
                          session->argv[1], bytes);
}

typedef int file_write(struct tsk_session *session, struct tsk_blobs *blobs, struct tsk_buf *bytes);

static int with_blobs(struct tsk_session *session, file_write *write)
{
    struct tsk_buf bytes = TSK_BUF(FILE_BYTES_MAX);
    struct tsk_blobs *blobs = NULL;
    int rc = tsk_site_blobs_open(&blobs, session->site, &session->err) != 0 ? -1 : write(session, blobs, &bytes);

    tsk_blobs_close(&blobs);
    tsk_buf_free(&bytes);
    return rc;
}

static int run_case(struct tsk_session *session)
{
    return with_blobs(session, write_case);
}

static int run_pages(struct tsk_session *session)
{
    return with_blobs(session, write_pages);
}

static int run_export(int argc, char **argv)
{
    static const char *const period[] = { "--from", "--to", NULL };
    static const char *const sheet_options[] = { "--from", "--to", "--form", NULL };
    static const char *const table_flags[] = { "--cp932", NULL };
    static const struct tsk_subcommand subs[] = {
        { .name = "cases", .min = 1, .max = 1, .run = run_cases, .options = period, .flags = table_flags },
        { .name = "sheets", .min = 1, .max = 1, .run = run_sheets, .options = sheet_options, .flags = table_flags },
        { .name = "case", .min = 2, .max = 2, .run = run_case },
        { .name = "pages", .min = 2, .max = 2, .run = run_pages },
    };

    return tsk_session_run(&tsk_cmd_export, subs, TSK_COUNT(subs), argc, argv);
}

const struct tsk_command tsk_cmd_export = {
    .name = "export",
    .usage = "export cases FILE.csv [--from DAY] [--to DAY] [--cp932] [--office ID] [--by NAME]\n"
             "export sheets FILE.csv [--form ID] [--from DAY] [--to DAY] [--cp932] [--office ID] [--by NAME]\n"
             "export case CASE FILE.json|FILE.pdf [--by NAME]\nexport pages CASE|DOCUMENT FILE.pdf [--by NAME]",
    .help = "cases and sheets as tables, a case as PDF or FHIR R4, its pages as PDF/A",
    .run = run_export,
};
