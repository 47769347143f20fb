/*
 * consent - who may be told, as the patient or the family agreed and as a person recorded it
 *
 * Scopes     medical (clinics and hospitals), care (care managers and their offices), ward_office. Each stands alone.
 * Promise    Recording and withdrawing both leave a row; nothing is overwritten. What stands is the newest row of a
 * scope.
 */
#ifndef TASUKI_RECORDS_CONSENT_H
#define TASUKI_RECORDS_CONSENT_H

#include "records/store.h"

struct tsk_consent {
    const char *scope, *state; /* state: recorded, withdrawn */
    const char *giver;         /* patient, family, guardian */
    const char *how;           /* sheet, paper, oral */
    const char *by, *at, *note;
};

struct tsk_consents {
    struct tsk_consent *items;
    size_t count;
};

/* state of *consent is ignored. at may be NULL (now). */
int tsk_consent_record(struct tsk_store *store, const struct tsk_scope *scope, const char *case_number,
                       const struct tsk_consent *consent, struct tsk_err *err) TSK_MUST_USE;
int tsk_consent_withdraw(struct tsk_store *store, const struct tsk_scope *scope, const char *case_number,
                         const char *consent_scope, const char *by, const char *note, struct tsk_err *err) TSK_MUST_USE;
int tsk_consent_stands(bool *out, struct tsk_store *store, const struct tsk_scope *scope, const char *case_number,
                       const char *consent_scope, struct tsk_err *err) TSK_MUST_USE;
int tsk_consent_list(struct tsk_consents *out, struct tsk_store *store, const struct tsk_scope *scope,
                     const char *case_number, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

#endif
