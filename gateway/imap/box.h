/*
 * box - a mailbox as the pass over it needs it: behind one table, so that a test can break every step of it
 *
 * Failure    As in link.h.
 */
#ifndef TASUKI_GATEWAY_IMAP_BOX_H
#define TASUKI_GATEWAY_IMAP_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TSK_BOX_BATCH 50

struct tsk_box_state {
    uint32_t validity, uid_next; /* uid_next 0: the server does not say */
    bool keywords;               /* it keeps keywords of ours */
};

struct tsk_box_mail {
    uint32_t uid, size;
    bool deleted, done, mine, others; /* flags: \Deleted, settled by a gateway, claimed by us, by another */
};

struct tsk_box_bytes {
    const char *at;
    size_t len;
    void *keep;
};

struct tsk_box {
    int (*select)(struct tsk_box *box, struct tsk_box_state *out, struct tsk_err *err);
    /* UIDs from `from` on, ascending, malloc'ed; since: "" or YYYY-MM-DD */
    int (*find)(struct tsk_box *box, uint32_t from, const char *since, uint32_t **uids, size_t *count,
                struct tsk_err *err);
    /* At most TSK_BOX_BATCH; messages that are gone are left out. */
    int (*look)(struct tsk_box *box, const uint32_t *uids, size_t count, struct tsk_box_mail *out, size_t *found,
                struct tsk_err *err);
    /* over: also what another gateway has claimed or settled */
    int (*claim)(struct tsk_box *box, uint32_t uid, bool over, bool *won, struct tsk_err *err);
    /* max: no more than the first so many bytes; 0: all */
    int (*fetch)(struct tsk_box *box, uint32_t uid, uint32_t max, struct tsk_box_bytes *out, struct tsk_err *err);
    void (*fetched_free)(struct tsk_box *box, struct tsk_box_bytes *bytes);
    /* The message is safe with us: seen, or moved away. leave: it is only marked as done, for other gateways. */
    int (*settle)(struct tsk_box *box, uint32_t uid, bool leave, struct tsk_err *err);
};

#endif
