/*
 * reading - one document through the recogniser, its pages and crops into the archive
 *
 * Promise    After tsk_reader_read() returned 0 with outcome.end == TSK_END_OK every blob that the result names is on disk
 *            and the pages are in order. Nothing is recorded here: the caller's transaction does that.
 * Ownership  tsk_reader_result_free() releases; a zero-filled result is fine. outcome.fault is a person's sentence.
 * Stop       TSK_END_REFUSED with *stopped set when the role was told to stop: the reading was abandoned, nothing is known
 *            about the document.
 */
#ifndef TASUKI_GATEWAY_READING_H
#define TASUKI_GATEWAY_READING_H

#include <stdint.h>

#include "base/hash.h"
#include "forms/reading.h"
#include "gateway/site.h"
#include "ocr/confine/recogniser.h"
#include "records/blob.h"
#include "records/document.h"

struct tsk_reader_page {
    struct tsk_reading reading;
    char image[TSK_SHA256_HEX]; /* "" when none was sent */
    char crops[TSK_SHA256_HEX];
};

struct tsk_reader_result {
    struct tsk_outcome outcome;
    struct tsk_reader_page *pages;
    size_t count;
    char reader[64], weights[80], calibration[80]; /* versions of what read it */
    bool stopped;
};

struct tsk_reader_request {
    const char *id;      /* spool id, for log lines */
    int fd;              /* the original */
    int64_t received_ms; /* time of reception */
};

/* 0: *out tells how the document ended; -1: the recogniser or the machine is at fault (TSK_RETRY), or the document could
   not even be told apart or rasterised (TSK_HOLD). role: look for stop signals while reading (see role.h). */
int tsk_reader_read(struct tsk_reader_result *out, struct tsk_recogniser *recogniser, struct tsk_blobs *blobs,
                    const struct tsk_site *site, const struct tsk_reader_request *request, bool role,
                    struct tsk_err *err) TSK_MUST_USE;
void tsk_reader_result_free(struct tsk_reader_result *result);

/* The recorded original of a document read again by a recogniser of its own. form: NULL, ID or ID/EDITION that it is to be. */
int tsk_reader_reread(struct tsk_reader_result *out, const struct tsk_site *site, const struct tsk_document *document,
                      const char *form, struct tsk_err *err) TSK_MUST_USE;

#endif
