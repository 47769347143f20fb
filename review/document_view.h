/* document_view - a document and its pages as the desk tells of them; private to review/ */
#ifndef TASUKI_REVIEW_DOCUMENT_VIEW_H
#define TASUKI_REVIEW_DOCUMENT_VIEW_H

#include "records/document.h"
#include "review/request.h"

json_t *tsk_view_document_json(const struct tsk_document *d);
/* Of the path; a missing row is answered with 404. */
int tsk_view_document(struct tsk_document *out, struct tsk_reply *reply, const struct tsk_request *request,
                      struct tsk_err *err) TSK_MUST_USE;
int tsk_view_document_page(struct tsk_page *out, struct tsk_reply *reply, const struct tsk_request *request,
                           struct tsk_err *err) TSK_MUST_USE;
/* The document of the path as it is now, with its pages. */
int tsk_view_document_reply(struct tsk_reply *reply, const struct tsk_request *request,
                            struct tsk_err *err) TSK_MUST_USE;

/* api_held.c: a held document's bytes become the other office's, through the spool. */
int tsk_hand_over_held(const struct tsk_request *request, const struct tsk_document *document, const char *to,
                       struct tsk_err *err) TSK_MUST_USE;

#endif
