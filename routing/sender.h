/*
 * sender - delivers what is due, and writes down how that ended
 *
 * Promise    One message to one recipient at a time; an attempt is committed before the first byte leaves, its result after
 *            the last. A sender that died leaves an attempt whose lease ends: the next one delivers again under the same
 *            Message-ID, which the maildir recognises. What was refused for good, what nobody took for give_up_hours, and a
 *            disclosure without an answer end as failed or unknown, with a to-do and a notice to the coordination office. An
 *            alert without an answer is sent again: it holds no patient data, and twice is better than never.
 *            A disclosure is checked again when it leaves: withdrawn consent or a changed destination stops it.
 * Waiting    The next attempt comes after as long as the message is old: at least retry_min, at most retry_max.
 * Process    One sender is enough; several do not disturb each other.
 */
#ifndef TASUKI_ROUTING_SENDER_H
#define TASUKI_ROUTING_SENDER_H

#include <signal.h>

#include "records/store.h"
#include "routing/channel.h"
#include "routing/route.h"

struct tsk_sender {
    const struct tsk_routing *routing;
    struct tsk_channel *channel;
    struct tsk_channel *fax;           /* NULL: no fax goes out by itself */
    const char *who;                   /* name of this sender in the records: "sender" */
    const volatile sig_atomic_t *stop; /* looked at between two messages; NULL = never */
};

/* Delivers until nothing is due. *handled counts messages, whatever became of them. A message that fails is no error;
 * -1 means that the records cannot be read or written. */
int tsk_sender_run_once(int *handled, const struct tsk_sender *sender, struct tsk_store *store,
                        struct tsk_err *err) TSK_MUST_USE;

/* How long to wait before trying again a message that is age_ms old. */
int64_t tsk_sender_backoff_ms(int64_t age_ms);

#endif
