#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "review/refusals.h"
#include "review/server.h"

static const struct {
    int status;
    const char *code, *ja, *en;
} problems[] = {
    { 400, "bad_request", "要求の形が正しくありません", "The request is not well formed" },
    { 401, "signed_out", "サインインしてください", "Please sign in" },
    { 403, "forbidden", "この操作は許されていません", "You may not do this" },
    { 404, "not_found", "見つかりません", "Not found" },
    { 405, "method", "この操作はありません", "There is no such operation" },
    { 409, "conflict", "いまはできません", "This cannot be done now" },
    { 413, "too_large", "大きすぎます", "Too large" },
    { 415, "media_type", "この種類の内容は受け付けません", "This kind of content is not taken" },
    { 422, "invalid", "内容を確かめてください", "Please check what was entered" },
    { 429, "too_many", "しばらく待ってからもう一度試してください", "Please wait and try again" },
    { 500, "fault", "内部の誤りです。管理者に知らせてください", "An internal fault; please tell the administrator" },
    { 503, "busy", "混み合っています。もう一度試してください", "Busy; please try again" },
};

static int status_of(const struct tsk_reply *reply, const struct tsk_err *err)
{
    if (reply->status >= 400)
        return reply->status;
    switch (err->kind) {
    case TSK_REJECT:
        return 422;
    case TSK_HOLD:
        return 409;
    case TSK_RETRY:
        return 503;
    default:
        return 500;
    }
}

/* The desk says it in the person's language; detail stays as the log has it. */
static void add_refusal(json_t *problem, const char *text)
{
    struct tsk_refusal refusal;
    json_t *parts;

    tsk_refusal_of(&refusal, text);
    if (refusal.code == NULL)
        return;
    parts = json_array();
    for (size_t i = 0; i < refusal.count; i++) { /* one that was cut within a letter does not move the others up */
        json_t *part = json_string(refusal.parts[i]);

        json_array_append_new(parts, part != NULL ? part : json_string("…"));
    }
    json_object_set_new(problem, "refusal", json_string(refusal.code));
    json_object_set_new(problem, "parts", parts);
}

static json_t *problem_of(const struct tsk_exchange *exchange, int status, const struct tsk_err *err)
{
    const char *language = exchange->request.who.language;
    bool english = language != NULL && strcmp(language, "en") == 0;
    size_t at = 0;

    while (at + 1 < TSK_COUNT(problems) && problems[at].status != status)
        at++;
    const char *code = exchange->reply.problem != NULL ? exchange->reply.problem : problems[at].code;
    json_t *problem =
        json_pack("{s:s+, s:s, s:i, s:s, s:s}", "type", "urn:tasuki:problem:", code, "title",
                  english ? problems[at].en : problems[at].ja, "status", status, "detail", err->text, "code", code);

    if (problem != NULL && status < 500)
        add_refusal(problem, err->text);
    if (problem != NULL && exchange->reply.more != NULL)
        json_object_update_missing(problem, exchange->reply.more);
    return problem;
}

static enum MHD_Result queue(struct tsk_exchange *exchange, unsigned status, struct MHD_Response *response)
{
    enum MHD_Result rc = MHD_NO;

    if (response != NULL) {
        rc = MHD_queue_response(exchange->connection, status, response);
        MHD_destroy_response(response);
    }
    return rc;
}

static struct MHD_Response *json_response(const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    struct MHD_Response *response =
        text != NULL ? MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE) : NULL;

    if (response == NULL)
        free(text);
    return response;
}

enum MHD_Result tsk_send_failure(struct tsk_exchange *exchange, const struct tsk_err *err)
{
    int status = status_of(&exchange->reply, err);
    json_t *problem = problem_of(exchange, status, err);
    struct MHD_Response *response = problem != NULL ? json_response(problem) : NULL;

    if (status >= 500)
        tsk_log_err("-", "web.failed", err);
    json_decref(problem);
    if (response != NULL) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/problem+json");
        if (exchange->reply.set_cookie != NULL)
            MHD_add_response_header(response, MHD_HTTP_HEADER_SET_COOKIE, exchange->reply.set_cookie);
        tsk_headers_add(response, exchange->server, TSK_HEADERS_DATA);
    }
    return queue(exchange, (unsigned)status, response);
}

/* RFC 6266: a name of any script, and nothing in it that ends the header. */
static void add_download(struct MHD_Response *response, const char *name, struct tsk_arena *arena)
{
    size_t len = strlen(name), n = 0;
    char *value = tsk_arena_alloc(arena, 3 * len + 40);
    static const char start[] = "attachment; filename*=UTF-8''", digits[] = "0123456789ABCDEF";

    if (value == NULL)
        return;
    memcpy(value, start, sizeof start);
    n = sizeof start - 1;
    for (const char *c = name; *c != '\0'; c++) {
        bool plain = (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || *c == '-' ||
                     *c == '.' || *c == '_';
        if (plain) {
            value[n++] = *c;
        } else {
            value[n++] = '%';
            value[n++] = digits[(unsigned char)*c >> 4];
            value[n++] = digits[(unsigned char)*c & 15];
        }
    }
    value[n] = '\0';
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION, value);
}

static struct MHD_Response *content(struct tsk_reply *reply, const char **media)
{
    struct MHD_Response *response;

    if (reply->json != NULL) {
        *media = "application/json";
        return json_response(reply->json);
    }
    *media = reply->media;
    if (reply->bytes.data == NULL)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    response = MHD_create_response_from_buffer(reply->bytes.len, reply->bytes.data, MHD_RESPMEM_MUST_FREE);
    if (response != NULL)
        reply->bytes = (struct tsk_buf){ .max = 0 }; /* the response frees it */
    return response;
}

static enum MHD_Result send_events(struct tsk_exchange *exchange)
{
    struct MHD_Response *response = tsk_events_open(exchange->server->events, exchange->connection, &exchange->request);
    struct tsk_err err = { 0 };

    if (response == NULL) {
        tsk_fail(&err, TSK_RETRY, 0, "too many pages listen for changes");
        return tsk_send_failure(exchange, &err);
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
    tsk_guard_allow(exchange->server->guard, exchange->connection, -1);
    MHD_add_response_header(response, "X-Accel-Buffering", "no"); /* a proxy must not wait for the end */
    tsk_headers_add(response, exchange->server, TSK_HEADERS_DATA);
    return queue(exchange, 200, response);
}

enum MHD_Result tsk_send_reply(struct tsk_exchange *exchange)
{
    struct tsk_reply *reply = &exchange->reply;

    if (reply->events)
        return send_events(exchange);
    bool empty = reply->json == NULL && reply->media == NULL;
    int status = reply->status != 0 ? reply->status : empty ? 204 : 200;
    const char *media = NULL;
    struct MHD_Response *response = content(reply, &media);

    if (response == NULL)
        return MHD_NO;
    if (media != NULL)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, media);
    if (reply->download != NULL)
        add_download(response, reply->download, exchange->arena);
    if (reply->set_cookie != NULL)
        MHD_add_response_header(response, MHD_HTTP_HEADER_SET_COOKIE, reply->set_cookie);
    tsk_headers_add(response, exchange->server, TSK_HEADERS_DATA);
    return queue(exchange, (unsigned)status, response);
}

enum MHD_Result tsk_send_static(struct tsk_exchange *exchange, const char *path)
{
    bool page =
        strncmp(path, "/static/", 8) != 0; /* every other address is the frame's, which finds its page by itself */
    const struct tsk_static_file *file = tsk_static_find(exchange->server->files, page ? "/index.html" : path + 7);
    const char *known =
        MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_NONE_MATCH);
    struct tsk_err err = { 0 };

    if (file == NULL) {
        exchange->reply.status = 404;
        tsk_fail(&err, TSK_REJECT, 0, "there is no such page");
        return tsk_send_failure(exchange, &err);
    }
    bool same = known != NULL && strstr(known, file->etag) != NULL;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(same ? 0 : file->len, same ? NULL : file->bytes, MHD_RESPMEM_PERSISTENT);

    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, file->etag);
    if (!same)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, file->media);
    tsk_headers_add(response, exchange->server, TSK_HEADERS_STATIC);
    return queue(exchange, same ? 304 : 200, response);
}
