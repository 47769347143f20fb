/*
 * consent - who may be told, as the patient or the family agreed and as a person recorded it
 *
 * Scopes     medical (clinics and hospitals), care (care managers and their offices), facility, ward_office. Each stands alone.
 * Sentence   What is ticked on the sheet (how: sheet), or what the clinic says of it (how: clinic), is consent of scope medical and
 *            of no other, and there of the institutions of the transition alone: the referring clinic, the 紹介先, the 転院先.
 *            Whether a recipient is one of them is asked of routing. Everybody else needs what was said on paper or by mouth.
 * Promise    Recording, refusing and withdrawing leave a row each; nothing is overwritten. What stands is the newest row of a
 *            scope.
 */
#ifndef TASUKI_RECORDS_CONSENT_H
#define TASUKI_RECORDS_CONSENT_H

#include "records/store.h"

struct tsk_consent {
    const char *scope, *state; /* state: recorded, withdrawn, refused; "" = there is no row */
    const char *giver;         /* patient, family, guardian */
    const char *how;           /* sheet, clinic, paper, oral */
    const char *by, *at, *note;
    const char *told_by; /* who said so, where it was not the giver: 見本内科クリニック 山本; clinic needs it */
};

struct tsk_consents {
    struct tsk_consent *items;
    size_t count;
};

extern const char *const tsk_consent_scopes[];
extern const size_t tsk_consent_scope_count;

/* state of *consent is ignored; at (a stamp, not after now), note and told_by may be NULL. */
int tsk_consent_record(struct tsk_store *store, const struct tsk_scope *scope, const char *case_number,
                       const struct tsk_consent *consent, struct tsk_err *err) TSK_MUST_USE;
/* Asked, and the answer was no. */
int tsk_consent_refuse(struct tsk_store *store, const struct tsk_scope *scope, const char *case_number,
                       const struct tsk_consent *consent, struct tsk_err *err) TSK_MUST_USE;
int tsk_consent_withdraw(struct tsk_store *store, const struct tsk_scope *scope, const char *case_number,
                         const char *consent_scope, const char *by, const char *note, struct tsk_err *err) TSK_MUST_USE;
int tsk_consent_stands(bool *out, struct tsk_store *store, const struct tsk_scope *scope, const char *case_number,
                       const char *consent_scope, struct tsk_err *err) TSK_MUST_USE;
/* The newest row of the scope, whatever it says. */
int tsk_consent_newest(struct tsk_consent *out, struct tsk_store *store, const struct tsk_scope *scope,
                       const char *case_number, const char *consent_scope, struct tsk_arena *arena,
                       struct tsk_err *err) TSK_MUST_USE;
/* It is the sentence of the sheet and reaches no further than that. */
bool tsk_consent_is_sentence(const struct tsk_consent *consent);
int tsk_consent_list(struct tsk_consents *out, struct tsk_store *store, const struct tsk_scope *scope,
                     const char *case_number, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

#endif
