/*
 * jis - bytes in whatever Japanese mail calls a character set, to UTF-8
 *
 * Promise    Never fails: what cannot be decoded becomes U+FFFD, the result is valid UTF-8 without NUL. ISO-2022-JP is read
 *            as CP50221 is written (NEC row 13, NEC and IBM extensions, half-width kana, JIS X 0212), Shift_JIS as CP932,
 *            EUC-JP with Microsoft's extensions. A missing, wrong or unknown name is decided by the bytes.
 * Process    tsk_charsets_open() loads the converters; nothing is opened afterwards, so a confined process may decode.
 * Ownership  Results are malloc'ed and the caller's; NULL without memory.
 */
#ifndef TASUKI_GATEWAY_MAIL_JIS_H
#define TASUKI_GATEWAY_MAIL_JIS_H

#include <stddef.h>

#include "base/err.h"

struct tsk_charsets;

int tsk_charsets_open(struct tsk_charsets **out, struct tsk_err *err) TSK_MUST_USE;
void tsk_charsets_close(struct tsk_charsets **charsets);

/* name: as the message says, or "" */
char *tsk_charset_decode(const struct tsk_charsets *charsets, const char *name, const void *bytes,
                         size_t len) TSK_MUST_USE;

#endif
