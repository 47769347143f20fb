#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "review/auth.h"

#define BODY_MS 20000         /* of JSON */
#define ANSWER_MS 120000      /* to work it out and to have it read */
#define BODY_BYTES_A_MS 32    /* the slowest line on which a scan is still uploaded: 256 kbit/s */
#define UPLOADS_AT_ONCE_MAX 4 /* each in memory */

static atomic_int uploads;

static int refuse(struct tsk_exchange *exchange, int status, struct tsk_err *err, const char *text)
{
    exchange->reply.status = status;
    return tsk_fail(err, TSK_REJECT, 0, "%s", text);
}

static bool takes_body(const struct tsk_request *request)
{
    return strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0;
}

/* In memory and nowhere else: the spool is the first disk that a document touches, and it seals what it writes. */
static int open_upload(struct tsk_exchange *exchange, struct tsk_err *err)
{
    if (atomic_fetch_add(&uploads, 1) >= UPLOADS_AT_ONCE_MAX) {
        atomic_fetch_sub(&uploads, 1);
        return tsk_fail(err, TSK_RETRY, 0, "other files are being taken; please try again in a moment");
    }
    exchange->request.upload = memfd_create("upload", MFD_CLOEXEC);
    tsk_guard_allow(exchange->server->guard, exchange->connection,
                    ANSWER_MS + (int64_t)exchange->most / BODY_BYTES_A_MS);
    if (exchange->request.upload >= 0)
        return 0;
    atomic_fetch_sub(&uploads, 1);
    return tsk_fail(err, TSK_RETRY, errno, "no memory for an upload");
}

/* What was announced is checked before it is sent; what was not is counted as it comes. */
static int expect_body(struct tsk_exchange *exchange, struct tsk_err *err)
{
    const struct tsk_route *route = exchange->route;
    const char *length =
        MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    bool upload = (route->flags & TSK_ROUTE_UPLOAD) != 0;

    exchange->most = route->body_max != 0 ? route->body_max
                     : upload             ? (uint64_t)exchange->server->desk->config->reading.document_mb_max << 20
                                          : TSK_JSON_BODY_MAX;
    if (length != NULL && strtoull(length, NULL, 10) > exchange->most)
        return refuse(exchange, 413, err, "more was sent than is taken here");
    if (!upload) {
        exchange->body = TSK_BUF((size_t)exchange->most);
        return 0;
    }
    return open_upload(exchange, err);
}

static int begin_api(struct tsk_exchange *exchange, const char *raw_path, struct tsk_err *err)
{
    struct tsk_request *request = &exchange->request;
    bool path_known = false;
    struct tsk_worker *worker;

    exchange->route = tsk_route_find(&request->args, &path_known, request->method, raw_path, exchange->arena);
    if (exchange->route == NULL)
        return refuse(exchange, path_known ? 405 : 404, err, "there is nothing at this address");
    if (tsk_parse_query(&request->query, exchange->connection, exchange->arena, err) != 0) {
        exchange->reply.status = 400;
        return -1;
    }
    if (tsk_worker_of(&worker, exchange->server, err) != 0)
        return -1;
    request->store = worker->store;
    request->blobs = worker->blobs;
    request->spool = worker->spool;
    request->now_ms = tsk_wall_ms();
    if (tsk_auth_check(exchange, err) != 0)
        return -1;
    return takes_body(request) ? expect_body(exchange, err) : 0;
}

static enum MHD_Result begin(struct tsk_exchange *exchange, const char *raw_path)
{
    struct tsk_request *request = &exchange->request;
    struct tsk_err err = { 0 };

    exchange->started = true;
    tsk_guard_allow(exchange->server->guard, exchange->connection, BODY_MS);
    exchange->arena = tsk_arena_new(TSK_REQUEST_ARENA_MAX);
    if (exchange->arena == NULL)
        return MHD_NO;
    request->arena = exchange->arena;
    request->desk = exchange->server->desk;
    if (tsk_parse_path(&request->path, raw_path, exchange->arena, &err) != 0) {
        exchange->reply.status = 400;
        return tsk_send_failure(exchange, &err);
    }
    if (strncmp(request->path, TSK_API, sizeof TSK_API - 1) != 0) {
        if (takes_body(request)) {
            refuse(exchange, 405, &err, "pages are only read");
            return tsk_send_failure(exchange, &err);
        }
        return MHD_YES;
    }
    return begin_api(exchange, raw_path, &err) == 0 ? MHD_YES : tsk_send_failure(exchange, &err);
}

static int take_body(struct tsk_exchange *exchange, const char *bytes, size_t len)
{
    exchange->got += len;
    if (exchange->got > exchange->most)
        return -1; /* it was not announced: the connection ends */
    if (exchange->request.upload >= 0)
        return tsk_write_all(exchange->request.upload, bytes, len);
    tsk_buf_add(&exchange->body, bytes, len);
    return exchange->body.failed ? -1 : 0;
}

/* A form of another site can send text; only a script of ours, or one that the browser asked us about, sends JSON. */
static bool is_json(const struct tsk_exchange *exchange)
{
    const char *type = MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
    static const char json[] = "application/json";

    return type != NULL && strncasecmp(type, json, sizeof json - 1) == 0 && strchr(" ;", type[sizeof json - 1]) != NULL;
}

static int parse_body(struct tsk_exchange *exchange, struct tsk_err *err)
{
    struct tsk_request *request = &exchange->request;

    if (request->upload >= 0) {
        request->upload_bytes = (int64_t)exchange->got;
        return lseek(request->upload, 0, SEEK_SET) == 0 ? 0 : tsk_fail(err, TSK_RETRY, errno, "an upload was lost");
    }
    if (exchange->body.len == 0)
        return 0;
    if (!is_json(exchange))
        return refuse(exchange, 415, err, "the body must be application/json");
    exchange->parsed = json_loadb(exchange->body.data, exchange->body.len, JSON_REJECT_DUPLICATES, NULL);
    request->body = exchange->parsed;
    return json_is_object(exchange->parsed) ? 0 : refuse(exchange, 400, err, "the body is not a JSON object");
}

static enum MHD_Result finish(struct tsk_exchange *exchange)
{
    struct tsk_err err = { 0 };

    tsk_guard_allow(exchange->server->guard, exchange->connection, ANSWER_MS);
    if (exchange->route == NULL)
        return tsk_send_static(exchange, exchange->request.path);
    if (parse_body(exchange, &err) != 0 || exchange->route->handler(&exchange->reply, &exchange->request, &err) != 0)
        return tsk_send_failure(exchange, &err);
    return tsk_send_reply(exchange);
}

enum MHD_Result tsk_exchange_handle(void *server, struct MHD_Connection *connection, const char *url,
                                    const char *method, const char *version, const char *upload, size_t *upload_size,
                                    void **state)
{
    struct tsk_exchange *exchange = *state;

    (void)server;
    (void)connection;
    (void)version;
    if (exchange == NULL)
        return MHD_NO;
    if (!exchange->started) {
        exchange->request.method = strcmp(method, "HEAD") == 0 ? "GET" : method;
        return begin(exchange, url);
    }
    if (*upload_size == 0)
        return finish(exchange);
    if (take_body(exchange, upload, *upload_size) != 0)
        return MHD_NO;
    *upload_size = 0;
    return MHD_YES;
}

void tsk_exchange_end(void *server, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode how)
{
    struct tsk_exchange *exchange = *state;

    (void)server;
    (void)how;
    if (exchange == NULL)
        return;
    *state = NULL;
    if (exchange->request.upload >= 0) {
        close(exchange->request.upload);
        atomic_fetch_sub(&uploads, 1);
    }
    tsk_guard_rest(exchange->server->guard, connection);
    json_decref(exchange->parsed);
    json_decref(exchange->reply.json);
    json_decref(exchange->reply.more);
    tsk_buf_free(&exchange->reply.bytes);
    tsk_buf_free(&exchange->body);
    tsk_arena_free(&exchange->arena);
    free(exchange);
}
