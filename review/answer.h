/* answer - JSON that several areas answer with; private to review/ */
#ifndef TASUKI_REVIEW_ANSWER_H
#define TASUKI_REVIEW_ANSWER_H

#include "records/notice.h"
#include "records/todo.h"
#include "review/request.h"

/* Takes json over; NULL is want of memory. */
int tsk_answer(struct tsk_reply *reply, json_t *json, struct tsk_err *err);
/* Appends, and turns the list into NULL when there is no memory. */
void tsk_answer_add(json_t **list, json_t *item);
/* Name of "institution:7" and the like for people; the key itself when nobody knows it. */
const char *tsk_answer_recipient(const struct tsk_request *request, const char *office, const char *recipient);
json_t *tsk_answer_notice(const struct tsk_request *request, const struct tsk_notice *notice);
json_t *tsk_answer_todo(const struct tsk_request *request, const struct tsk_todo *todo);
/* One line in the audit chain: action view, print, export. */
int tsk_answer_audit(const struct tsk_request *request, const char *office, const char *action, const char *object,
                     const char *detail, struct tsk_err *err) TSK_MUST_USE;

#endif
