/*
 * fax_log - what HylaFAX's log of calls (etc/xferfaxlog beside the recvq) knows of a received fax that no hook told of
 *
 * Input      The spooler's own file, whose numbers and names come from strangers: nothing of it but a modem's name leaves.
 * Promise    Absent, unreadable or silent about the file is "".
 */
#ifndef TASUKI_GATEWAY_FAX_LOG_H
#define TASUKI_GATEWAY_FAX_LOG_H

#include <stdbool.h>
#include <stddef.h>

#define TSK_FAX_DEVICE_SIZE 64

/* recvq: descriptor of the folder. name: of the file in it. The newest call counts: names are used again. */
void tsk_fax_log_device(char *out, size_t size, int recvq, const char *name);
/* One line of the log, which is cut up: true when it is about the file, with the modem. For tests too. */
bool tsk_fax_log_line(char *out, size_t size, char *line, const char *name);

#endif
