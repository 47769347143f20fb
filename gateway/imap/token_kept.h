/*
 * token_kept - the refresh token that a mail provider gave instead of the one that a person wrote: mailbox/ID/token
 *
 * Promise    Whole and synced, sealed where the site has a key. Whoever writes it holds a lock and looks at the keys under it: what
 *            tsk_tokens_seal_all() finds is all there is under an older key.
 */
#ifndef TASUKI_GATEWAY_IMAP_TOKEN_KEPT_H
#define TASUKI_GATEWAY_IMAP_TOKEN_KEPT_H

#include <stdbool.h>

#include "base/buf.h"
#include "gateway/site.h"
#include "vault/vault.h"

#define TSK_TOKEN_KEPT_MAX 32768

/* folder: descriptor of mailbox/ID. vault: NULL on a site without keys. */
int tsk_token_keep(const struct tsk_buf *text, struct tsk_vault *vault, int folder, struct tsk_err *err) TSK_MUST_USE;
/* Appends what was kept, nothing if nothing was. fresh: it needs not be sealed anew. */
int tsk_token_kept(struct tsk_buf *out, bool *fresh, struct tsk_vault *vault, int folder,
                   struct tsk_err *err) TSK_MUST_USE;
/* Seals what lies plain or under an older key: 1, 0 when there is nothing to do, -1. */
int tsk_token_seal(struct tsk_vault *vault, int folder, struct tsk_err *err) TSK_MUST_USE;
/* The same of all mailboxes, whose processes may run. How many were sealed, or -1. */
int tsk_tokens_seal_all(const struct tsk_site *site, struct tsk_err *err) TSK_MUST_USE;

#endif
