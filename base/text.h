/*
 * text - UTF-8 as it is met on Japanese sheets
 *
 * Promise    Written forms are kept; comparing goes through a key. Buffers returned by char * are malloc'ed and belong to
 *            the caller (NULL only without memory). Input that is not UTF-8 has its bad bytes replaced by U+FFFD.
 * Source     NFKC by libunistring (UAX #15); variants such as 髙/高 by config/data/kanji_name_variants.csv (see
 *            config/reference.h), because NFKC leaves them alone.
 */
#ifndef TASUKI_BASE_TEXT_H
#define TASUKI_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

bool tsk_utf8_valid(const char *text, size_t len);
char *tsk_utf8_clean(const char *bytes, size_t len) TSK_MUST_USE; /* valid, no control characters but \n and \t */
int tsk_utf8_next(const char **at, uint32_t *rune);               /* 1, or 0 at the end; bad bytes give U+FFFD */
int tsk_utf8_put(char out[5], uint32_t rune);                     /* bytes written, NUL-terminated */
size_t tsk_utf8_length(const char *text);                         /* in code points */

char *tsk_nfkc(const char *text) TSK_MUST_USE;
/* For comparing: NFKC, no spaces, dashes of every kind one, lower case, hiragana as katakana. */
char *tsk_compare_key(const char *text) TSK_MUST_USE;
/* Kana for comparing: as above, and small kana large, ヴ kept; "" if anything but kana and long marks is in it. */
char *tsk_kana_key(const char *text) TSK_MUST_USE;
/* For searching: as tsk_compare_key(), and small kana large (キョウコ = キヨウコ). */
char *tsk_loose_key(const char *text) TSK_MUST_USE;
/* Digits only, NFKC first: "０６（１２３４）５６７８" -> "0612345678". */
char *tsk_digits_only(const char *text) TSK_MUST_USE;

int tsk_edit_distance(const uint32_t *a, size_t a_len, const uint32_t *b, size_t b_len);
/* code points of text into out (at most max); returns how many there are in all */
size_t tsk_utf8_runes(const char *text, uint32_t *out, size_t max);

bool tsk_cp932_to_utf8(const char *bytes, size_t len, char **out); /* false if it is not CP932 */

#endif
