/*
 * misread - a value as the reader would give it
 *
 * Shares     Of accepted, doubted, wrong and blank values, a little worse than the reader shows on labelled faxes, apart for
 *            typed, written and poor pages.
 */
#ifndef TASUKI_MATCHING_TRAIN_MISREAD_H
#define TASUKI_MATCHING_TRAIN_MISREAD_H

#include "matching/identity.h"
#include "matching/train/people.h"

enum tsk_hand_quality { TSK_QUALITY_TYPED, TSK_QUALITY_WRITTEN, TSK_QUALITY_POOR };

struct tsk_read_text {
    char value[TSK_KEY_SIZE], other[TSK_KEY_SIZE];
    bool sure;
};

void tsk_misread(struct tsk_read_text *out, enum tsk_fact fact, const char *truth, enum tsk_hand_quality quality,
                 struct tsk_dice *dice);

#endif
