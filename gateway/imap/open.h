/* open - a link with what the configuration says: secrets from their files, a token when one is wanted */
#ifndef TASUKI_GATEWAY_IMAP_OPEN_H
#define TASUKI_GATEWAY_IMAP_OPEN_H

#include "gateway/imap/link.h"
#include "gateway/imap/token.h"

/* A token that lasts is used again; when the server refuses one that was kept, a new one is asked for, once. */
int tsk_mailbox_open(struct tsk_link **out, const struct tsk_site *site, const struct tsk_source *source,
                     struct tsk_account *account, struct tsk_token *token, struct tsk_err *err) TSK_MUST_USE;

#endif
