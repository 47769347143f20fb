/*
 * server - one HTTP exchange from its first line to its last byte; private to review/
 *
 * Order      Route, method, session, roles, CSRF and the announced size are checked before a byte of the body is taken; the
 *            handler runs when all of it is there.
 */
#ifndef TASUKI_REVIEW_SERVER_H
#define TASUKI_REVIEW_SERVER_H

#include <microhttpd.h>
#include <pthread.h>

#include "review/events.h"
#include "review/guard.h"
#include "review/route.h"
#include "review/static_files.h"

#define TSK_API "/api/v1/"
#define TSK_JSON_BODY_MAX ((size_t)64 << 10)
#define TSK_REQUEST_ARENA_MAX ((size_t)64 << 20)

struct tsk_worker { /* what one thread has opened */
    struct tsk_store *store;
    struct tsk_blobs *blobs;
    struct tsk_spool *spool;
    struct tsk_vault *vault;
    struct tsk_worker *next;
};

struct tsk_desk_server {
    const struct tsk_desk *desk;
    struct MHD_Daemon *daemon;
    struct tsk_static *files;
    struct tsk_events *events;
    struct tsk_guard *guard;
    int socket, port;
    bool tls;
    pthread_key_t key; /* the thread's worker */
    pthread_mutex_t lock;
    struct tsk_worker *workers;
};

struct tsk_exchange {
    struct tsk_desk_server *server;
    struct MHD_Connection *connection;
    struct tsk_arena *arena;
    const struct tsk_route *route; /* NULL: a static file */
    struct tsk_request request;
    struct tsk_reply reply;
    struct tsk_buf body;
    json_t *parsed;
    char csrf[TSK_SHA256_HEX];
    uint64_t got, most; /* bytes of the body */
    bool started;
};

int tsk_worker_of(struct tsk_worker **out, struct tsk_desk_server *server, struct tsk_err *err) TSK_MUST_USE;
void tsk_workers_close(struct tsk_desk_server *server);

/* Target of the request line into path segments and query. Fails for what no client of ours sends: bad escapes, NUL, text
 * that is not UTF-8, empty and dot segments. */
int tsk_parse_path(const char **decoded, const char *raw, struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;
int tsk_parse_query(struct tsk_pairs *out, struct MHD_Connection *connection, struct tsk_arena *arena,
                    struct tsk_err *err) TSK_MUST_USE;
/* NULL when no row has the path; *method_known tells whether another method has it. */
const struct tsk_route *tsk_route_find(struct tsk_pairs *args, bool *path_known, const char *method,
                                       const char *raw_path, struct tsk_arena *arena);

/* Each returns what the handler of libmicrohttpd returns. */
enum MHD_Result tsk_send_reply(struct tsk_exchange *exchange);
enum MHD_Result tsk_send_failure(struct tsk_exchange *exchange, const struct tsk_err *err);
enum MHD_Result tsk_send_static(struct tsk_exchange *exchange, const char *path);

enum tsk_headers_for { TSK_HEADERS_DATA, TSK_HEADERS_STATIC };
void tsk_headers_add(struct MHD_Response *response, const struct tsk_desk_server *server, enum tsk_headers_for what);

enum MHD_Result tsk_exchange_handle(void *server, struct MHD_Connection *connection, const char *url,
                                    const char *method, const char *version, const char *upload, size_t *upload_size,
                                    void **state);
void tsk_exchange_end(void *server, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode how);

#endif
