/*
 * reader - a mail's bytes in, what is in it out: by a child that was confined before it looked at a byte
 *
 * Process    Open it before the first mail is seen: a helper is forked then, and each mail's child is a picture of that helper. So no
 *            child has a byte of another mail, or of what this process learnt since. The helper ends with the process that opened it.
 * Promise    Nothing that comes back is believed: text is cleaned, lengths and counts are capped. A message that breaks its child, hangs
 *            it or exceeds a limit is an answer about this message: kind TSK_MAIL_BROKEN with the reason, to be kept whole for a person.
 * Ownership  tsk_mail_free() ends a result.
 */
#ifndef TASUKI_GATEWAY_MAIL_READER_H
#define TASUKI_GATEWAY_MAIL_READER_H

#include "gateway/mail/mime.h"

struct tsk_mail_reader;

int tsk_mail_reader_open(struct tsk_mail_reader **out, struct tsk_err *err) TSK_MUST_USE;
void tsk_mail_reader_close(struct tsk_mail_reader **reader); /* NULL is fine */

/* Somebody killed the helper. A new one has to be forked before the first mail is seen: this process has to end. */
bool tsk_mail_reader_is_gone(const struct tsk_mail_reader *reader);

/*
 * 0, or -1: TSK_RETRY or TSK_STOP when the machine is at fault, TSK_HOLD when the child was killed from outside (once more, not for
 * ever). One mail at a time.
 */
int tsk_mail_read(struct tsk_mail_read *out, struct tsk_mail_reader *reader, const void *bytes, size_t len,
                  struct tsk_err *err) TSK_MUST_USE;

#endif
