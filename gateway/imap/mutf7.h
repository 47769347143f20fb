/* mutf7 - names of mailboxes as IMAP writes them (modified UTF-7, RFC 3501 5.1.3): "処理済み" -> "&UeZ0Bm4IMH8-" */
#ifndef TASUKI_GATEWAY_IMAP_MUTF7_H
#define TASUKI_GATEWAY_IMAP_MUTF7_H

#include <stddef.h>

#include "base/err.h"

/* 0, or -1 when it does not fit. */
int tsk_mutf7(char *out, size_t size, const char *utf8) TSK_MUST_USE;

#endif
