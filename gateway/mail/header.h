/*
 * header - what stands in a mail's header fields, as strangers write it
 *
 * Promise    Never fails on content: encoded words (RFC 2047, split anywhere), parameters (RFC 2231, with encoded words inside,
 *            in any order), raw Shift_JIS, EUC, ISO-2022-JP and UTF-8 become text. Bytes of one value are collected first and
 *            decoded once, so that a run split in the middle of a character is whole again. No recursion: comments may be
 *            nested as deep as they like.
 * Ownership  Results are malloc'ed and the caller's; NULL without memory (tsk_header_param also: no such parameter).
 */
#ifndef TASUKI_GATEWAY_MAIL_HEADER_H
#define TASUKI_GATEWAY_MAIL_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/mail/jis.h"

struct tsk_text { /* bytes of the message; not NUL-terminated */
    const char *at;
    size_t len;
};

/* One field of a header block, unfolded by nobody: value may hold line ends. */
struct tsk_field {
    struct tsk_text name, value;
};

/* The next field; false at the end of the block (*block is what follows then: the body). */
bool tsk_header_next(struct tsk_text *block, struct tsk_field *out);
bool tsk_text_is(struct tsk_text text, const char *lower); /* without regard to case */

/* Unstructured text: a subject, a display name. */
char *tsk_header_decode(const struct tsk_charsets *charsets, struct tsk_text value) TSK_MUST_USE;
/* "multipart/mixed; boundary=x" -> "multipart/mixed", lower case, comments removed. */
char *tsk_header_token(struct tsk_text value) TSK_MUST_USE;
char *tsk_header_param(const struct tsk_charsets *charsets, struct tsk_text value, const char *name) TSK_MUST_USE;
/* local@domain of the first mailbox, "" when there is none. */
char *tsk_header_address(struct tsk_text value) TSK_MUST_USE;
/* The first <…>, without the brackets; "" when there is none. */
char *tsk_header_msgid(struct tsk_text value) TSK_MUST_USE;
bool tsk_header_date(struct tsk_text value, int64_t *wall_ms);

#endif
