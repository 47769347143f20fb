/*
 * tnef - the attachments inside a winmail.dat
 *
 * Input      Hostile. No recursion, no allocation: parts point into the input.
 * Failure    TSK_HOLD: not TNEF, damaged, or nothing in it: an envelope that hides what it carries is not a success.
 */
#ifndef TASUKI_GATEWAY_MAIL_TNEF_H
#define TASUKI_GATEWAY_MAIL_TNEF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define TSK_TNEF_PARTS_MAX 50

struct tsk_tnef_part {
    const char *name, *data; /* name: not NUL-terminated; NULL when there is none */
    size_t name_len, len;
    bool name_is_utf16; /* little endian */
};

bool tsk_tnef_is(const void *bytes, size_t len);
int tsk_tnef_read(struct tsk_tnef_part parts[TSK_TNEF_PARTS_MAX], size_t *count, const void *bytes, size_t len,
                  struct tsk_err *err) TSK_MUST_USE;

#endif
