/*
 * sheet_view - a sheet as the page that reviews it wants it: what the form asks in the form's own order, beside what was read
 *
 * Ownership  The JSON is the caller's. Everything else lives in the request's arena.
 */
#ifndef TASUKI_REVIEW_SHEET_VIEW_H
#define TASUKI_REVIEW_SHEET_VIEW_H

#include "records/sheet.h"
#include "review/request.h"

/* The sheet of the path argument "id"; absent and foreign ones answer 404. */
int tsk_view_sheet(struct tsk_sheet *out, struct tsk_reply *reply, const struct tsk_request *request,
                   struct tsk_err *err) TSK_MUST_USE;
int tsk_view_page(struct tsk_page *out, const struct tsk_request *request, const struct tsk_sheet *sheet,
                  struct tsk_err *err) TSK_MUST_USE;
const struct tsk_form *tsk_view_form(const struct tsk_request *request, const struct tsk_sheet *sheet); /* or NULL */
/* Japanese name of a field or of a date; its id when the form does not say. */
const char *tsk_view_label(const struct tsk_request *request, const struct tsk_form *form, const char *field);
/* As people read it: options by their labels, the text otherwise. */
const char *tsk_view_value(const struct tsk_request *request, const struct tsk_form *form, const char *field,
                           const char *value);
/* The answer of GET /sheets/{id}, read anew from the store: also what every change answers. */
int tsk_view_reply(struct tsk_reply *reply, const struct tsk_request *request, int64_t sheet,
                   struct tsk_err *err) TSK_MUST_USE;
/* Adds an account's name to people, as people know it: {"sato": "佐藤 恵"}; a name from the terminal stands for itself. */
int tsk_view_person(json_t *people, const struct tsk_request *request, const char *name,
                    struct tsk_err *err) TSK_MUST_USE;
/* "", in the request's arena; without memory too. */
const char *tsk_view_text(const struct tsk_request *request, const char *format, ...) TSK_PRINTF(2, 3);

#endif
