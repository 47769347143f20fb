/*
 * language - how usual a piece of Japanese writing is
 *
 * Promise    Of two readings of one line the dictionary tells which is Japanese: 意欲低下 costs less than 意欲低ド. It knows no
 *            page and no ink, and what it has never seen is only dearer, never impossible. The dictionary is opened by
 *            tsk_language_new() and mapped; nothing is opened later. One caller at a time.
 * Units      Nats: minus the logarithm of how likely a text is, as far as the dictionary's word and connection costs tell.
 * Ownership  tsk_language_free() ends it; texts are the caller's.
 * Source     MeCab and its ipadic dictionary: Kudo, Yamamoto and Matsumoto, EMNLP 2004.
 */
#ifndef TASUKI_OCR_TEXT_LANGUAGE_H
#define TASUKI_OCR_TEXT_LANGUAGE_H

#include "base/err.h"

struct tsk_language;

int tsk_language_new(struct tsk_language **out, struct tsk_err *err) TSK_MUST_USE;
void tsk_language_free(struct tsk_language **language);

double tsk_language_cost(struct tsk_language *language, const char *text);

#endif
