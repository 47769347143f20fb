/*
 * watch - whether mailboxes are looked at, judged by a process that does not look at them
 *
 * Promise    A mailbox that nobody looked at for imap.silent_minutes, a message that was left to a person, a claim of another
 *            gateway that does not go on, a refresh token that ends soon: each becomes a to-do and an alert, once; the to-do
 *            closes by itself when its reason is gone.
 * Process    Reads what the mailboxes' own processes wrote (account.h); opens no connection.
 */
#ifndef TASUKI_GATEWAY_IMAP_WATCH_H
#define TASUKI_GATEWAY_IMAP_WATCH_H

#include "gateway/site.h"
#include "routing/route.h"

int tsk_mailboxes_watch(const struct tsk_site *site, const struct tsk_routing *routing, struct tsk_store *store,
                        struct tsk_err *err) TSK_MUST_USE;

#endif
