/*
 * buf - growing bytes that are born with a maximum
 *
 * Promise    Never holds more than max bytes; an append that would is dropped whole and `failed` stays set, so a
 *            writer may append many times and look once. data is always NUL-terminated (the NUL is not counted).
 * Ownership  tsk_buf_free() releases; a zero-filled struct with max set is a valid empty buffer.
 */
#ifndef TASUKI_BASE_BUF_H
#define TASUKI_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct tsk_buf {
    char *data; /* NULL until the first append; use tsk_buf_text() for a string that is never NULL */
    size_t len, cap, max;
    bool failed;
};

#define TSK_BUF(max_bytes) ((struct tsk_buf){ .max = (max_bytes) })

void tsk_buf_add(struct tsk_buf *buf, const void *bytes, size_t len);
void tsk_buf_puts(struct tsk_buf *buf, const char *text);
void tsk_buf_printf(struct tsk_buf *buf, const char *format, ...) TSK_PRINTF(2, 3);
const char *tsk_buf_text(const struct tsk_buf *buf);
void tsk_buf_reset(struct tsk_buf *buf); /* empty again, memory kept */
void tsk_buf_free(struct tsk_buf *buf);

#endif
