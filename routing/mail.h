/*
 * mail - one message as RFC 5322 wants it, in Japanese
 *
 * Promise    A composed message is complete and sendable: UTF-8, headers encoded and folded by RFC 2047 (an encoded word ends
 *            between characters, never inside one), no header line above 76 columns where a fold is possible, no line above
 *            998 bytes, Date in Japan's time (+0900), Message-ID from the notice's id, Auto-Submitted (RFC 3834). The same
 *            notice gives the same bytes, however often it is composed.
 * Trust      Nothing a caller passes can start a header of its own: a control character in a header value is refused, and an
 *            address is plain ASCII local@domain or it is refused.
 * Line ends  LF; whoever puts it on a wire makes them CRLF.
 */
#ifndef TASUKI_ROUTING_MAIL_H
#define TASUKI_ROUTING_MAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define TSK_MAIL_BYTES_MAX (256 * 1024)

enum tsk_mail_encoding {
    TSK_MAIL_8BIT,  /* readable as a file; becomes base64 by itself when a line is too long for 8bit */
    TSK_MAIL_BASE64 /* passes every server */
};

struct tsk_mail {
    const char *from_name, *from;
    const char *to_name, *to;
    const char *subject;
    const char *body;                  /* lines end with LF */
    const char *notice_id;             /* left side of the Message-ID */
    const char *domain;                /* right side */
    const char *about_id;              /* "" or the notice that this one takes back: In-Reply-To */
    int64_t date_ms;                   /* wall time of the notice */
    const char *file_name, *file_type; /* plain ASCII; NULL = nothing is attached */
    const void *file;
    size_t file_len;
    enum tsk_mail_encoding encoding;
};

int tsk_mail_compose(struct tsk_buf *out, const struct tsk_mail *mail, struct tsk_err *err) TSK_MUST_USE;
bool tsk_mail_address_valid(const char *address);

#endif
