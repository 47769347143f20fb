/* case_change - what api_cases.c does to a case inside one transaction, with what routing makes of it; private to review/ */
#ifndef TASUKI_REVIEW_CASE_CHANGE_H
#define TASUKI_REVIEW_CASE_CHANGE_H

#include "records/case.h"
#include "review/request.h"

struct tsk_case_change;
typedef int tsk_case_changer(struct tsk_case_change *change, const struct tsk_request *request, struct tsk_err *err);

struct tsk_case_change {
    struct tsk_reply *reply;
    tsk_case_changer *make;
    struct tsk_case kase; /* number "": a new one of kase.office */
    char number[TSK_CASE_NUMBER_SIZE];
    int64_t sheet; /* that was made */
};

int tsk_case_change_run(struct tsk_case_change *change, const struct tsk_request *request,
                        struct tsk_err *err) TSK_MUST_USE;

tsk_case_changer tsk_case_change_note, tsk_case_change_merge, tsk_case_change_split, tsk_case_change_consent,
    tsk_case_change_tell, tsk_case_change_close, tsk_case_change_reopen;

#endif
