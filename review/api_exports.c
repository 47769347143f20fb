/* Cases and sheets as files for others. */
#include <string.h>

#include "base/date.h"
#include "records/account.h"
#include "reports/case_csv.h"
#include "reports/case_paper.h"
#include "reports/fhir.h"
#include "reports/pages.h"
#include "review/answer.h"
#include "review/route.h"
#include "review/sheet_view.h"

#define FILE_BYTES_MAX ((size_t)256 << 20)

/* The case as a file for others: FHIR R4, paper, its pages as they were received. */
static int get_file(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    static const char *const kinds[][3] = { { "fhir", "application/fhir+json", "-fhir.json" },
                                            { "pdf", "application/pdf", ".pdf" },
                                            { "pages", "application/pdf", "-pages.pdf" } };
    const char *as = tsk_request_query(request, "as");
    struct tsk_case_file file;
    char now[TSK_STAMP_SIZE];
    size_t kind = 0;

    while (as != NULL && kind < TSK_COUNT(kinds) && strcmp(kinds[kind][0], as) != 0)
        kind++;
    if (as == NULL || kind == TSK_COUNT(kinds))
        return tsk_fail(err, TSK_REJECT, 0, "as: fhir, pdf or pages");
    if (tsk_case_file_load(&file, request->store, &request->scope, tsk_request_arg(request, "case"),
                           request->desk->forms, request->arena, err) != 0)
        return tsk_reply_missing(reply, err);
    if (tsk_answer_audit(request, file.kase.office, "export", tsk_view_text(request, "case:%s", file.kase.number), as,
                         err) != 0)
        return -1;
    tsk_stamp(request->now_ms, now);
    reply->bytes = TSK_BUF(FILE_BYTES_MAX);
    reply->media = kinds[kind][1];
    reply->download = tsk_view_text(request, "%s%s", file.kase.number, kinds[kind][2]);
    return kind == 0   ? tsk_fhir_write(&reply->bytes, &file, request->blobs, now, err)
           : kind == 1 ? tsk_case_pdf(&reply->bytes, &file, now, err)
                       : tsk_pages_of_case(&reply->bytes, &file, request->blobs, now, err);
}

/* Cases, or the sheets of a form, as a table. */
static int get_table(struct tsk_reply *reply, const struct tsk_request *request, const char *form, struct tsk_err *err)
{
    const char *as = tsk_request_query(request, "as");
    const struct tsk_export_wish wish = { .office = tsk_request_query(request, "office"),
                                          .first = tsk_request_query(request, "from"),
                                          .last = tsk_request_query(request, "to") };
    bool cp932 = as != NULL && strcmp(as, "cp932") == 0;
    struct tsk_buf text = TSK_BUF(FILE_BYTES_MAX);
    struct tsk_date date;
    int rc = 0;

    if ((wish.first != NULL && !tsk_date_parse(wish.first, &date)) ||
        (wish.last != NULL && !tsk_date_parse(wish.last, &date)))
        rc = tsk_fail(err, TSK_REJECT, 0, "from, to: a day is written YYYY-MM-DD");
    else if (wish.office != NULL && !tsk_request_sees(request, wish.office))
        rc = tsk_fail(err, TSK_REJECT, 0, "there is no such office");
    if (rc == 0)
        rc = form == NULL
                 ? tsk_cases_csv(&text, NULL, request->store, &request->scope, request->desk->forms, &wish, err)
                 : tsk_sheets_csv(&text, NULL, request->store, &request->scope, request->desk->forms, form, &wish, err);
    if (rc == 0)
        rc = tsk_answer_audit(request, wish.office != NULL ? wish.office : TSK_SITE, "export",
                              form == NULL ? "cases" : tsk_view_text(request, "sheets:%s", form), "csv", err);
    reply->bytes = TSK_BUF(FILE_BYTES_MAX);
    reply->media = "text/csv";
    reply->download = tsk_view_text(request, "%s.csv", form == NULL ? "cases" : form);
    if (rc == 0)
        rc = tsk_csv_encode(&reply->bytes, tsk_buf_text(&text), cp932 ? TSK_CSV_CP932 : TSK_CSV_UTF8, NULL, err);
    tsk_buf_free(&text);
    return rc;
}

static int get_cases_table(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    return get_table(reply, request, NULL, err);
}

static int get_sheets_table(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *form = tsk_request_query(request, "form");

    return get_table(reply, request, form != NULL ? form : "referral-status", err);
}

static int get_document_pages(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_document document;

    if (tsk_document_find(&document, request->store, &request->scope, tsk_request_arg(request, "document"),
                          request->arena, err) != 0)
        return tsk_reply_missing(reply, err);
    if (tsk_answer_audit(request, document.office, "export", tsk_view_text(request, "document:%s", document.spool_id),
                         "pdfa", err) != 0)
        return -1;
    reply->bytes = TSK_BUF(FILE_BYTES_MAX);
    reply->media = "application/pdf";
    reply->download = tsk_view_text(request, "%s.pdf", document.spool_id);
    return tsk_pages_of_document(&reply->bytes, request->store, &request->scope, document.spool_id, request->blobs,
                                 request->arena, err);
}

const struct tsk_route tsk_routes_exports[] = {
    { "GET", "/api/v1/cases/{case}/file", get_file, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/documents/{document}/pdfa", get_document_pages, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/exports/cases", get_cases_table, TSK_ROLES_OFFICE, 0, 0 },
    { "GET", "/api/v1/exports/sheets", get_sheets_table, TSK_ROLES_OFFICE, 0, 0 },
    { .method = NULL },
};
