/*
 * pass - one look through a mailbox: everything new is taken, in an order that loses nothing
 *
 * Order      for each message: claimed; the attempt noted (durable); fetched; its documents in the spool (durable); its key
 *            noted (durable); then, and only then, the mailbox is told (seen, moved); at the end the cursor (durable). Killed
 *            between any two of these, the next pass finds the message, knows it by its key, and tells the mailbox.
 * Blocking   A message that cannot be fetched or kept waits its turn, longer each time, while the others go on; after
 *            TSK_PASS_TRIES it is left to a person. A message is never fetched again once it was taken.
 * Size       What is too large is known by RFC822.SIZE and never fetched.
 */
#ifndef TASUKI_GATEWAY_IMAP_PASS_H
#define TASUKI_GATEWAY_IMAP_PASS_H

#include "gateway/imap/account.h"
#include "gateway/imap/box.h"
#include "gateway/imap/take.h"

#define TSK_PASS_TRIES 5

struct tsk_pass {
    struct tsk_box *box;
    struct tsk_account *account;
    const struct tsk_taker *taker;
    bool (*stopped)(void); /* looked at between two messages; NULL = never */
};

/* 0, or -1: as box.h says; what was done before stays done. *next_ms: when something that waits is due (wall clock; 0: nothing). */
int tsk_pass_run(const struct tsk_pass *pass, int64_t *next_ms, struct tsk_err *err) TSK_MUST_USE;

/* For tests of the order: called at "claimed", "attempted", "fetched", "spooled", "remembered", "settled", "saved". */
extern void (*tsk_pass_boundary)(const char *name);

#endif
