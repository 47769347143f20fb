/*
 * histories - years of an office, invented: who was referred, what was faxed again, corrected, answered, and how it was read
 *
 * Truth      Every sheet knows its case, its patient and the patient's family; case numbers start at 0 and grow with time.
 * In it      Referrals faxed twice, corrected, referred again; outcomes once or several times, before the referral or without
 *            it; twins, spouses and namesakes who are patients too; typed, written and poor pages.
 */
#ifndef TASUKI_MATCHING_TRAIN_HISTORIES_H
#define TASUKI_MATCHING_TRAIN_HISTORIES_H

#include "matching/identity.h"
#include "matching/train/misread.h"

struct tsk_told_sheet {
    int case_id, person, family;
    bool has_outcome;
    double at; /* days */
    struct tsk_read_text read[TSK_FACT_COUNT];
    char truth[TSK_FACT_COUNT][TSK_KEY_SIZE];
    char numbers[2][TSK_KEY_SIZE]; /* of clinic and hospital, as the directory has them */
};

struct tsk_history {
    struct tsk_told_sheet *sheets; /* in the order of their arrival */
    size_t count;
    int case_count;
};

int tsk_history_tell(struct tsk_history *out, const struct tsk_names *names, uint64_t seed, int referrals,
                     struct tsk_err *err) TSK_MUST_USE;
void tsk_history_free(struct tsk_history *history);

struct tsk_identity tsk_told_as_read(const struct tsk_told_sheet *sheet);
/* As a person who confirmed the sheet left it; as case, with the numbers that the directory has. */
struct tsk_identity tsk_told_confirmed(const struct tsk_told_sheet *sheet);
void tsk_identity_add_numbers(struct tsk_identity *identity, const struct tsk_told_sheet *sheet);

#endif
