/*
 * by_hand - a sheet that nobody faxed: a case opened by a person, an outcome told by telephone or on a visit
 *
 * Shape      It is a sheet like any other, of a form, without a page image, with the informant and the time; so the same
 *            confirmation, consent and notice rules hold, and a fax of the same move that comes later is the same event of
 *            the case: not counted and not told again.
 * Values     What the case knows of patient and referral is taken over from its newest sheet of the form; what is given
 *            counts as set by the person.
 */
#ifndef TASUKI_RECORDS_BY_HAND_H
#define TASUKI_RECORDS_BY_HAND_H

#include "records/case.h"
#include "records/sheet.h"

struct tsk_told_value {
    const char *field; /* of the form, or one of its dates: then value is any date that people write */
    const char *value;
};

struct tsk_told {
    const char *office;      /* of a new case; ignored when there is a case */
    const char *case_number; /* "" opens one */
    const char *form;
    const char *informant, *how; /* who said it; phone, visit, letter */
    const char *at;              /* stamp */
    const char *by;
    const char *sha256; /* of the note that was archived as its original */
    int64_t size_bytes;
    const struct tsk_told_value *values;
    size_t value_count;
};

/* case_number: of the case that it belongs to. */
int tsk_sheet_tell(int64_t *sheet, char case_number[TSK_CASE_NUMBER_SIZE], struct tsk_store *store,
                   const struct tsk_scope *scope, const struct tsk_told *told, struct tsk_err *err) TSK_MUST_USE;

#endif
