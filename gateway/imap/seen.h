/*
 * seen - the keys of all messages that were ever taken from a mailbox: a file that grows by a line a message
 *
 * Promise    tsk_seen_add() returns 0 only when the line is on disk. A line that was cut off, or that is not ours, counts for
 *            nothing. After a failed sync the file is written anew, never synced again.
 */
#ifndef TASUKI_GATEWAY_IMAP_SEEN_H
#define TASUKI_GATEWAY_IMAP_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"

struct tsk_seen;

int tsk_seen_open(struct tsk_seen **out, int dir, struct tsk_err *err) TSK_MUST_USE; /* dir: stays the caller's */
void tsk_seen_close(struct tsk_seen **seen);

bool tsk_seen_has(const struct tsk_seen *seen, const char key[TSK_SHA256_HEX]);
int tsk_seen_add(struct tsk_seen *seen, const char key[TSK_SHA256_HEX], const char *rest,
                 struct tsk_err *err) TSK_MUST_USE;

#endif
