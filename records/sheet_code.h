/*
 * sheet_code - the QR code on a sheet that we print: which case, which edition, and a check that only we can make
 *
 * Format     "T1/CASE/EDITION/CHECK" of characters that a QR code packs tightly: EDITION is six characters of a hash of form and
 *            edition, CHECK twelve of an HMAC over all before it. Nothing of the patient, nothing that can be guessed.
 * Promise    A code that was not made with one of this site's keys says nothing. It proposes a case and proves none: the sheet
 *            may have been photocopied for another patient (records/link.h compares what else the page says).
 */
#ifndef TASUKI_RECORDS_SHEET_CODE_H
#define TASUKI_RECORDS_SHEET_CODE_H

#include "forms/form.h"
#include "records/case.h"
#include "vault/vault.h"

#define TSK_SHEET_CODE_SIZE (TSK_CASE_NUMBER_SIZE + 24)

int tsk_sheet_code_make(char out[TSK_SHEET_CODE_SIZE], struct tsk_vault *vault, const char *case_number,
                        const struct tsk_form *form, struct tsk_err *err) TSK_MUST_USE;
/* case_number is "" when the code is none of ours, or of another form or edition than the page is. */
int tsk_sheet_code_check(char case_number[TSK_CASE_NUMBER_SIZE], struct tsk_vault *vault, const char *code,
                         const char *form, const char *edition, struct tsk_err *err) TSK_MUST_USE;
/*
 * An office that moves takes no key along, but the codes that may stand on its sheets: of each case, each form and each key of the
 * site, in moved_codes. The new site knows them by heart, and can make none for anybody else. Inside a transaction.
 */
int tsk_sheet_codes_note(struct tsk_store *store, struct tsk_vault *vault, const char *office,
                         const struct tsk_forms *forms, struct tsk_err *err) TSK_MUST_USE;
/* As tsk_sheet_code_check(), of a code that came along. */
int tsk_sheet_code_moved(char case_number[TSK_CASE_NUMBER_SIZE], struct tsk_store *store, const char *code,
                         const char *form, const char *edition, struct tsk_err *err) TSK_MUST_USE;
/* What the code proposes is kept with the sheet, for matching and for people. */
int tsk_sheet_propose(struct tsk_store *store, int64_t sheet, const char *case_number,
                      struct tsk_err *err) TSK_MUST_USE;

#endif
