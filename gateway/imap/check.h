/*
 * check - is everything there that a mailbox needs, and does it answer?
 *
 * Promise    While a process looks after the mailbox, what it says of itself is told and the server is left alone; else a
 *            connection is made as that process would make it, up to the opened mailbox, and nothing is changed in it.
 */
#ifndef TASUKI_GATEWAY_IMAP_CHECK_H
#define TASUKI_GATEWAY_IMAP_CHECK_H

#include "gateway/site.h"

enum tsk_check_how { TSK_CHECK_WELL, TSK_CHECK_NOTE, TSK_CHECK_FAULT };

/* Calls tell for each finding. */
void tsk_mailbox_check(const struct tsk_site *site, const struct tsk_source *source,
                       void (*tell)(void *ctx, enum tsk_check_how how, const char *text), void *ctx);

#endif
