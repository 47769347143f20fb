/*
 * pages - the page images of a case or a document as one PDF/A
 *
 * Case       Only pages that belong to it: a document may hold another patient's as well. With cases merged into it, oldest document
 *            first. A sheet that nobody faxed has no page.
 */
#ifndef TASUKI_REPORTS_PAGES_H
#define TASUKI_REPORTS_PAGES_H

#include "records/blob.h"
#include "reports/case_file.h"

int tsk_pages_of_case(struct tsk_buf *out, const struct tsk_case_file *file, struct tsk_blobs *blobs, const char *stamp,
                      struct tsk_err *err) TSK_MUST_USE;
/* Of one document of the case the pages that belong to it. */
int tsk_pages_of_case_in(struct tsk_buf *out, const struct tsk_case_file *file, const char *document, const char *stamp,
                         struct tsk_blobs *blobs, struct tsk_err *err) TSK_MUST_USE;
/* *whole: every page of the document belongs to the case. */
int tsk_pages_whole(bool *whole, const struct tsk_case_file *file, const char *document,
                    struct tsk_err *err) TSK_MUST_USE;
int tsk_pages_of_document(struct tsk_buf *out, struct tsk_store *store, const struct tsk_scope *scope,
                          const char *document, struct tsk_blobs *blobs, struct tsk_arena *arena,
                          struct tsk_err *err) TSK_MUST_USE;

#endif
