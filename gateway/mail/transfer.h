/* transfer - base64 and quoted-printable as strangers write them (RFC 2045, 6.7 and 6.8) */
#ifndef TASUKI_GATEWAY_MAIL_TRANSFER_H
#define TASUKI_GATEWAY_MAIL_TRANSFER_H

#include <stddef.h>

#include "gateway/mail/header.h"

/* What cannot be meant is passed over; several runs in a row are one. out has room for in.len bytes. Returns how many it became. */
size_t tsk_transfer_base64(struct tsk_text in, char *out);
size_t tsk_transfer_quoted(struct tsk_text in, char *out);

#endif
