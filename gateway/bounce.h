/*
 * bounce - a mail of ours that came back changes the state of its notice
 *
 * Promise    One transaction. *known is false when no notice has that id: whoever sent it, it was not this site. A second
 *            bounce of the same notice changes nothing.
 */
#ifndef TASUKI_GATEWAY_BOUNCE_H
#define TASUKI_GATEWAY_BOUNCE_H

#include <stdbool.h>

#include "gateway/site_routing.h"

/* status: as the other side says, "5.1.1", or "" */
int tsk_bounce_settle(bool *known, struct tsk_records *records, const char *notice, const char *status,
                      struct tsk_err *err) TSK_MUST_USE;

#endif
