/*
 * server - the recogniser's side: one loop, one forked and confined child per document
 *
 * Process    Single-threaded. Everything a child needs is loaded before tsk_serve_documents(); a child gets a copy-on-write
 *            picture of it, never another document's memory, and ends after its document.
 * Trust      Clients are our own processes; a client that talks nonsense is disconnected. Children are not believed: only
 *            their exit status is looked at here, their frames go to the client.
 */
#ifndef TASUKI_OCR_SERVER_H
#define TASUKI_OCR_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ocr/confine/recogniser.h"

/* Runs in the confined child: reads document_fd, writes frames to out_fd. An error becomes an error frame. */
typedef int tsk_document_fn(void *ctx, const struct tsk_request *request, int document_fd, int out_fd,
                            struct tsk_err *err);

struct tsk_server {
    const char *socket_path; /* to listen on, or NULL */
    const int *fds;          /* connections that exist already */
    size_t fd_count;
    int64_t time_limit_ms; /* of one document, at most */
    size_t memory_bytes;   /* of one child, beyond what it inherits */
    tsk_document_fn *read;
    void *ctx;
};

/* Until SIGTERM or SIGINT, or until the last connection is closed when there is no socket_path. */
int tsk_serve_documents(const struct tsk_server *server, struct tsk_err *err) TSK_MUST_USE;

/* Tells those who wait on fds why nothing will be read: the models could not be loaded. */
void tsk_serve_nothing(const int *fds, size_t count, const struct tsk_err *why);

#endif
