/*
 * deciding - inside of decide: what one reading says by itself, and fields that have a pattern instead of a list
 */
#ifndef TASUKI_OCR_TEXT_DECIDING_H
#define TASUKI_OCR_TEXT_DECIDING_H

#include "ocr/text/decide.h"

/* Spaces stay between Latin words only. */
void tsk_plain_text(const char *read, char *out, size_t room);
/* Takes away what no text begins or ends with: a scratch of the line is read as one of these. */
void tsk_trim_strays(enum tsk_lexicon_kind kind, char *text);
/* What one reading says, without a lexicon. True if it has the form that such a field must have. */
bool tsk_as_read(enum tsk_lexicon_kind kind, const struct tsk_read *read, char *out, size_t room);

/* Adds another value that it might be, once. */
void tsk_decision_other(struct tsk_decision *decision, const char *value, double weight);

/* Phone and e-mail: the value that most say and that fits the ink best. Of numbers only those that have a number's form. */
void tsk_decide_pattern(const struct tsk_question *question, const struct tsk_read *reads, size_t read_count,
                        struct tsk_decision *out);

#endif
