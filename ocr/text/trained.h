/*
 * trained - the parts of a Tesseract model file that reading a line takes
 *
 * Promise    Nothing is read beyond a part's end: a cursor that has run out gives zeros and says so. The words of a language,
 *            most of the file, are left out.
 * Format     .traineddata: the number of parts, the offset of each as 64 bits, -1 for none, then the parts; all little-endian.
 */
#ifndef TASUKI_OCR_TEXT_TRAINED_H
#define TASUKI_OCR_TEXT_TRAINED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct tsk_cursor {
    const unsigned char *at;
    size_t left;
    bool short_of; /* more was asked for than there is */
};

struct tsk_trained {
    struct tsk_buf file;
    struct tsk_cursor network, letters, codes;
};

int tsk_trained_read(struct tsk_trained *out, const char *path, struct tsk_err *err) TSK_MUST_USE;
void tsk_trained_free(struct tsk_trained *trained);

/* NULL when there are not so many bytes. */
const unsigned char *tsk_cursor_take(struct tsk_cursor *cursor, size_t count);
uint32_t tsk_cursor_word(struct tsk_cursor *cursor);
double tsk_cursor_double(struct tsk_cursor *cursor);
/* A word of length and so many bytes, cut to the room. */
void tsk_cursor_text(struct tsk_cursor *cursor, char *out, size_t room);

#endif
