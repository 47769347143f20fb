/*
 * sender - delivers what is due, and writes down how that ended
 *
 * Promise    One message to one recipient at a time, many recipients at once: an attempt is committed before the first byte
 *            leaves, its result after the last. A sender that died leaves an attempt whose lease ends: the next one delivers
 *            again under the same id, which the maildir recognises. What was refused for good, what nobody took for
 *            give_up_hours, and a disclosure or a fax without an answer end as failed or unknown, with a to-do and a notice
 *            to the coordination office. An alert without an answer is sent again: it holds no patient data, and twice is
 *            better than never.
 *            A disclosure is checked again when it leaves: withdrawn consent or a changed destination stops it.
 * Waiting    The next attempt comes after as long as the trouble is old: at least retry_min, at most retry_max. Until then the
 *            whole destination rests. What failed before holds at most half of the places. A server of our own that is away
 *            closes its channel, and is asked by one message at a time until it is back.
 * Process    One sender is enough; several do not disturb each other.
 */
#ifndef TASUKI_ROUTING_SENDER_H
#define TASUKI_ROUTING_SENDER_H

#include <signal.h>

#include "records/store.h"
#include "routing/channel.h"
#include "routing/route.h"

#define TSK_TODO_FAX_PRINT "fax_print" /* kind of the to-do that a fax becomes which a person prints and sends */

/* The letter as a PDF that only the passphrase opens; the caller frees out, whatever comes back. */
typedef int tsk_letter_sealer(struct tsk_buf *out, const struct tsk_letter *letter, const char *passphrase,
                              struct tsk_err *err);

struct tsk_sender_parts { /* borrowed */
    const struct tsk_routing *routing;
    struct tsk_store *store;
    struct tsk_wire *wire;
    struct tsk_channel *mail, *fax, *webhook; /* NULL: none of its kind goes out by itself */
    const char *who;                          /* name of this sender in the records: "sender" */
    const volatile sig_atomic_t *stop;        /* looked at between two messages; NULL = never */
    tsk_letter_sealer *seal;                  /* NULL: no encrypted letter goes out from here */
    int places;                               /* messages under way at a time; 0 = 8 */
};

struct tsk_sender_step {
    int handled;   /* whatever became of them */
    int under_way; /* now */
};

struct tsk_sender;

int tsk_sender_open(struct tsk_sender **out, const struct tsk_sender_parts *parts, struct tsk_err *err) TSK_MUST_USE;
/* Ends what is under way and writes down how. */
void tsk_sender_close(struct tsk_sender **sender);

/*
 * Begins what is due (unless only_finish), goes on with what is under way, waits for that at most wait_ms. A message that
 * fails is no error; -1 means that the records cannot be read or written.
 */
int tsk_sender_step(struct tsk_sender_step *out, struct tsk_sender *sender, bool only_finish, int wait_ms,
                    struct tsk_err *err) TSK_MUST_USE;
/* Steps until nothing is due or under way. */
int tsk_sender_run_once(int *handled, const struct tsk_sender_parts *parts, struct tsk_err *err) TSK_MUST_USE;

/* How long to wait before trying again where the trouble is age_ms old. */
int64_t tsk_sender_backoff_ms(int64_t age_ms);

#endif
