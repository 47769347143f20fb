/* outgoing - one message on its way, from the claim to the record of how it ended; private to routing/ */
#ifndef TASUKI_ROUTING_OUTGOING_H
#define TASUKI_ROUTING_OUTGOING_H

#include "routing/planner.h"
#include "routing/sender.h"

struct tsk_outgoing {
    const struct tsk_routing *routing;
    struct tsk_store *store;
    struct tsk_err *err;
    struct tsk_arena *arena; /* of this message alone */
    struct tsk_channel *channel;
    tsk_letter_sealer *seal;
    bool fax;                   /* a paper at the other side, however it gets there: never sent twice by itself */
    struct tsk_notices notices; /* one, or the parts of a digest */
    const char *id, *subject, *body, *about;
    char digest[TSK_DIGEST_ID_SIZE];
    char from[256]; /* return path */
    struct tsk_buf bytes;
    struct tsk_enclosure enclosure;
    struct tsk_flight flight;
    bool grounded; /* landed without having been handed to the channel */
};

/* Words and envelope into out->flight.letter. 0, 1 when it can never be a letter (*fault says why), -1. */
int tsk_outgoing_compose(struct tsk_outgoing *out, struct tsk_planner *planner, struct tsk_err *fault) TSK_MUST_USE;

/* What the report of the flight means, written down; a person is told where one has to know. */
int tsk_outgoing_record(struct tsk_outgoing *out) TSK_MUST_USE;
/* Not now: outside the hours of the entry. */
int tsk_outgoing_postpone(struct tsk_outgoing *out, int64_t until_ms, const char *why) TSK_MUST_USE;
/* It was queued when it was right and is not any more. */
int tsk_outgoing_stop(struct tsk_outgoing *out, const char *reason) TSK_MUST_USE;
/* It waited past its deadline. */
int tsk_outgoing_give_up(struct tsk_outgoing *out) TSK_MUST_USE;

#endif
