/* sealed_letter - a letter as an encrypted PDF, for mail: what a sender calls (tsk_letter_sealer of routing/sender.h) */
#ifndef TASUKI_GATEWAY_SEALED_LETTER_H
#define TASUKI_GATEWAY_SEALED_LETTER_H

#include "routing/sender.h"

/* A4, text as text, no 送信票; nothing in the file can be read without the passphrase. */
int tsk_sealed_letter(struct tsk_buf *out, const struct tsk_letter *letter, const char *passphrase,
                      struct tsk_err *err) TSK_MUST_USE;

#endif
