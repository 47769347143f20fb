/*
 * dial - from imaps://host to a verified connection that speaks IMAP
 *
 * Promise    Returns 0 only with TLS up and the server's certificate verified (verify.h). imap:// means STARTTLS; a server
 *            that does not offer it is refused. Connecting and every later answer have the time limit.
 */
#ifndef TASUKI_GATEWAY_IMAP_DIAL_H
#define TASUKI_GATEWAY_IMAP_DIAL_H

#include <libetpan/libetpan.h>
#include <stdint.h>

#include "base/err.h"

struct tsk_dial {
    const char *url, *ca_file;
    uint32_t timeout_s;
};

/* host: at least 256 bytes; set also on failure. */
int tsk_dial(mailimap **out, char *host, const struct tsk_dial *dial, struct tsk_err *err) TSK_MUST_USE;
void tsk_hang_up(mailimap **imap); /* at once, without a word of farewell; NULL is fine */

#endif
