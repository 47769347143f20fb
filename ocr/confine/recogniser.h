/*
 * recogniser - asking the confined recogniser to read a document
 *
 * Promise    One document at a time over one connection. The recogniser forks a child for it, which is confined before it
 *            looks at a byte; what the child says comes back in checked frames, and how it ended is told as evidence about
 *            the document. A child that hangs is ended.
 * Ownership  Descriptors given stay the caller's. Frames belong to the connection until the sink returns.
 * Failure    -1 means that the recogniser itself is gone or refuses (TSK_RETRY): connect again. What happened to a
 *            document is in struct tsk_outcome, not in the return value.
 */
#ifndef TASUKI_OCR_RECOGNISER_H
#define TASUKI_OCR_RECOGNISER_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "ocr/confine/frames.h"

struct tsk_recogniser; /* one connection */

/* Zero-filled is a valid request for a document without id or times. */
struct tsk_request {
    const char *id;        /* for log lines; may be NULL */
    int64_t received_ms;   /* time of reception; 0: take the file's own, or fallback_ms */
    int64_t fallback_ms;   /* when neither is known; 0: none */
    bool raster;           /* the document is a stream of tsk_pdf_rasterise() */
    bool marks_only;       /* leave text and digits blank */
    bool images;           /* send page images and crops */
    bool timing;           /* send a timing frame with each page */
    int64_t time_limit_ms; /* of the whole document; 0: the recogniser's own limit */
    int64_t idle_limit_ms; /* between two frames; 0: 60 s */
    const char *probe;     /* tests of the confinement: the child tries this call ("open", "socket", …); else NULL */
};

enum tsk_end {
    TSK_END_OK,      /* every page was said and the end frame came */
    TSK_END_FAULT,   /* the child ended properly and said why it could not: fault has its words */
    TSK_END_SIGNAL,  /* detail: the signal (SIGSYS: a forbidden call) */
    TSK_END_EXIT,    /* ended without a word; detail: exit status */
    TSK_END_TIMEOUT, /* took too long and was ended */
    TSK_END_GARBLED, /* what it said was not a proper sequence of frames, or too much */
    TSK_END_REFUSED  /* the sink refused a frame: its own error is in fault; says nothing about the document */
};

struct tsk_outcome {
    enum tsk_end end;
    int detail;
    int pages;            /* readings that came */
    long peak_kb;         /* of the child, pages shared with the recogniser included */
    int64_t cpu_ms;       /* of the child */
    struct tsk_err fault; /* one sentence for the person on duty, unless OK */
};

/* Ends that count against the document (twice: it goes to a person). */
bool tsk_outcome_blames_document(const struct tsk_outcome *outcome);

int tsk_recogniser_connect(struct tsk_recogniser **out, const char *socket_path, struct tsk_err *err) TSK_MUST_USE;
int tsk_recogniser_adopt(struct tsk_recogniser **out, int fd,
                         struct tsk_err *err) TSK_MUST_USE; /* a connection that exists; takes fd over */

/* A private recogniser with count connections (at most 8): this program again, with `recogniser --fd 3 …` and args
   (NULL-terminated, may be NULL). The process ends when all connections are closed. */
int tsk_recogniser_start(struct tsk_recogniser **out, size_t count, const char *const *args, pid_t *pid,
                         struct tsk_err *err) TSK_MUST_USE;
void tsk_recogniser_close(struct tsk_recogniser **recogniser); /* NULL is fine; a running child is ended */

/* Waits until the recogniser has loaded its models; limit_ms < 0: for ever. */
int tsk_recogniser_ready(struct tsk_recogniser *recogniser, int64_t limit_ms, struct tsk_err *err) TSK_MUST_USE;

/* The whole of it: begin, and step until it is over. */
int tsk_recogniser_read(struct tsk_recogniser *recogniser, const struct tsk_request *request, int document_fd,
                        tsk_frame_fn *sink, void *ctx, struct tsk_outcome *outcome, struct tsk_err *err) TSK_MUST_USE;

/* For several connections at once. */
int tsk_recogniser_begin(struct tsk_recogniser *recogniser, const struct tsk_request *request, int document_fd,
                         tsk_frame_fn *sink, void *ctx, struct tsk_err *err) TSK_MUST_USE;
int tsk_recogniser_polls(const struct tsk_recogniser *recogniser,
                         struct pollfd out[2]); /* how many; poll with 1 s at most */
int tsk_recogniser_step(struct tsk_recogniser *recogniser, struct tsk_outcome *outcome,
                        struct tsk_err *err) TSK_MUST_USE; /* never waits: 1 over (*outcome), 0 not yet, -1 */

/*
 * From a document as received to what is handed to the recogniser: told apart by its first bytes; a PDF is rasterised in
 * a child of its own. out_fd is a new descriptor (the caller closes it); *raster goes into the request.
 */
int tsk_document_prepare(int document_fd, int *out_fd, bool *raster, struct tsk_err *err) TSK_MUST_USE;

#endif
