/*
 * people - invented patients, with the twins, spouses and namesakes that make matching hard
 *
 * Source     Surnames by rank and given names with readings from config/data; towns of one ward.
 */
#ifndef TASUKI_MATCHING_TRAIN_PEOPLE_H
#define TASUKI_MATCHING_TRAIN_PEOPLE_H

#include <stddef.h>

#include "base/date.h"
#include "base/err.h"
#include "matching/train/random.h"

#define TSK_KEY_SIZE 96

struct tsk_person {
    int id, family; /* family 0: nobody of them is a patient too */
    char kana[TSK_KEY_SIZE], name[TSK_KEY_SIZE], birth[TSK_DATE_SIZE], sex[8], address[TSK_KEY_SIZE];
};

struct tsk_names;

/* half 0 or 1: every other given name, so that what is counted on one half is tried on people of the other. */
int tsk_names_load(struct tsk_names **out, const char *data_dir, int half, struct tsk_err *err) TSK_MUST_USE;
void tsk_names_free(struct tsk_names **names);

void tsk_person_new(struct tsk_person *out, const struct tsk_names *names, struct tsk_dice *dice);
/* A twin, a spouse, a sibling or a namesake of other, who gets the same family. */
void tsk_person_like(struct tsk_person *out, struct tsk_person *other, const struct tsk_names *names,
                     struct tsk_dice *dice);

#endif
