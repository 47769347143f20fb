/*
 * refusals - which refusal a sentence is, so that the desk can say it in the person's language
 *
 * The layers below say in English why they refuse (base/err.h); the log and the terminal show that. Here each such sentence that a person
 * can meet at the desk has a code that stays, and what was filled into it comes apart again. The words in Japanese and English are
 * review/static/lang/LANGUAGE/refusals.js under the same codes.
 */
#ifndef TASUKI_REVIEW_REFUSALS_H
#define TASUKI_REVIEW_REFUSALS_H

#include <stddef.h>

#define TSK_REFUSAL_PARTS_MAX 6
#define TSK_REFUSAL_TEXT_SIZE 512

struct tsk_refusal {
    const char *code; /* NULL: a sentence that has none */
    size_t count;
    const char *parts[TSK_REFUSAL_PARTS_MAX]; /* in buffer, in the order of the sentence */
    char buffer[TSK_REFUSAL_TEXT_SIZE];
};

void tsk_refusal_of(struct tsk_refusal *out, const char *text);

#endif
