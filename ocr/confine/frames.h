/*
 * frames - what a confined child says about a document, over a pipe
 *
 * Format     Type byte, three zero bytes, length (32 bits, little endian), then that many bytes. For each page one reading
 *            ('R', JSON of forms/reading.h), then at most one each of timing ('T', JSON), page image ('P', PNG, 1 bit) and
 *            crops ('C'). At the end either 'Z' (JSON: versions of what read it) or 'E' (JSON: kind, text), then nothing.
 *            Crops: length of the index (32 bits, little endian), the index (JSON array of {field, offset, length}), then
 *            the PNGs, offsets counted from behind the index.
 * Trust      The writer has looked at a stranger's bytes: the parser checks every type, order, length and count, and holds
 *            at most one frame. Images are checked for being 1-bit PNGs of a size we accept, not decoded.
 */
#ifndef TASUKI_OCR_FRAMES_H
#define TASUKI_OCR_FRAMES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum tsk_frame_type {
    TSK_FRAME_READING = 'R',
    TSK_FRAME_TIMING = 'T',
    TSK_FRAME_PAGE = 'P',
    TSK_FRAME_CROPS = 'C',
    TSK_FRAME_ERROR = 'E',
    TSK_FRAME_END = 'Z'
};

#define TSK_FRAME_HEADER 8
#define TSK_FRAMES_TOTAL_MAX ((size_t)1 << 30) /* of one document */

struct tsk_frame {
    enum tsk_frame_type type;
    int page;          /* from 1; of an end or error frame: pages before it */
    const char *bytes; /* NUL-terminated behind len; belongs to the parser until the next call */
    size_t len;
};

/* Return 0, or -1 with *err: reading stops then. */
typedef int tsk_frame_fn(void *ctx, const struct tsk_frame *frame, struct tsk_err *err);

size_t tsk_frame_max(int type); /* largest length of such a frame; 0 for a type that does not exist */

int tsk_frame_write(int fd, enum tsk_frame_type type, const void *bytes, size_t len, struct tsk_err *err) TSK_MUST_USE;
int tsk_frame_write_json(int fd, enum tsk_frame_type type, const json_t *json, struct tsk_err *err) TSK_MUST_USE;
int tsk_frame_write_error(int fd, const struct tsk_err *what, struct tsk_err *err) TSK_MUST_USE;

struct tsk_frames {
    struct tsk_buf body;
    unsigned char header[TSK_FRAME_HEADER];
    size_t header_len, body_want, total;
    int type;
    int pages;
    unsigned seen; /* frame types of this page */
    bool ended;
    bool failed; /* the end was an error frame */
};

void tsk_frames_start(struct tsk_frames *frames);
int tsk_frames_feed(struct tsk_frames *frames, const void *bytes, size_t len, tsk_frame_fn *sink, void *ctx,
                    struct tsk_err *err) TSK_MUST_USE;
int tsk_frames_finish(const struct tsk_frames *frames, struct tsk_err *err) TSK_MUST_USE; /* at the end of the pipe */
void tsk_frames_free(struct tsk_frames *frames);

/* The child's own error out of an error frame. Always returns -1; text that is no such frame gives a general sentence. */
int tsk_frame_error(const struct tsk_frame *frame, struct tsk_err *err);

bool tsk_frame_png_ok(const void *bytes, size_t len, int *width, int *height); /* 1 bit, size within the caps */

/* Calls each for every crop; the PNG bytes belong to the frame. */
typedef int tsk_crop_fn(void *ctx, const char *field, const void *png, size_t len, struct tsk_err *err);
int tsk_crops_parse(const void *bytes, size_t len, tsk_crop_fn *each, void *ctx, struct tsk_err *err) TSK_MUST_USE;

#endif
