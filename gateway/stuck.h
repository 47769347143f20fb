/*
 * stuck - documents that wait because the machine is at fault, again and again
 *
 * Why        A full disk, a busy database or a recogniser that does not start is nobody's document's fault, so that it is tried
 *            again and again; but somebody has to hear of it in the end.
 * Promise    One to-do an office, from when a document has met nothing but such faults for TSK_STUCK_MS until none has; it
 *            closes by itself. While the records themselves cannot be written, the log is all there is.
 * Lives      in one reader's memory: a restart begins to count anew.
 */
#ifndef TASUKI_GATEWAY_STUCK_H
#define TASUKI_GATEWAY_STUCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/site_routing.h"
#include "spool/spool.h"

#define TSK_STUCK_MS ((int64_t)3600 * 1000)
#define TSK_STUCK_MAX 64

struct tsk_stuck {
    struct {
        char id[TSK_ID_SIZE], office[TSK_SPOOL_FIELD_SIZE];
        int64_t since_ms; /* tsk_mono_ms() */
    } items[TSK_STUCK_MAX];
    size_t count;
    int64_t told_ms; /* when tsk_stuck_tell() last looked; 0 = never */
    bool open;       /* a to-do may be open */
};

void tsk_stuck_fault(struct tsk_stuck *stuck, const struct tsk_envelope *envelope);
void tsk_stuck_over(struct tsk_stuck *stuck, const char *id); /* read or held */
/* Once a minute at most: forgets what another reader has dealt with, and tells, or closes what was told. waiting: nothing at
 * all is read at present, so that whatever is in incoming/ waits as well. why: the fault that was last met, "" for none. */
int tsk_stuck_tell(struct tsk_stuck *stuck, const struct tsk_config *config, struct tsk_spool *spool,
                   struct tsk_store *store, bool waiting, const char *why, struct tsk_err *err) TSK_MUST_USE;

#endif
