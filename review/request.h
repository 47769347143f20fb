/*
 * request - what a handler of the desk gets to see, and what it answers
 *
 * Promise    When a handler runs, the session is valid, the role is one that the route allows, the CSRF token was right, the
 *            body is JSON (or an upload below its cap), and scope holds only those offices in which this person has one of
 *            the route's roles: hand it to every query and nothing of another office can be seen.
 * Ownership  Everything in a request lives until the handler returns. arena is the request's own. The server frees the reply.
 * Threads    Handlers run in several threads at once; store, blobs and spool belong to the thread, desk is shared and const.
 * Failure    A handler returns 0, or -1 with *err filled in. Unless it set reply->status itself, the kind decides: TSK_REJECT
 *            422, TSK_HOLD 409, TSK_RETRY 503, TSK_STOP 500. The answer is problem+json (RFC 9457) with err->text in it, so
 *            the text is for a person and carries no patient data. A row that is absent and a row of another office are
 *            answered alike: end finders with tsk_reply_missing().
 */
#ifndef TASUKI_REVIEW_REQUEST_H
#define TASUKI_REVIEW_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "records/account.h"
#include "records/blob.h"
#include "review/desk.h"
#include "spool/spool.h"

struct tsk_login;

struct tsk_who {
    int64_t id;
    const char *name;     /* of the account: stands in the audit chain; hand it to "by" */
    const char *display;  /* for people */
    const char *language; /* "ja" or "en" */
    unsigned roles;       /* in whatever office */
    bool break_glass, must_change, second_factor;
    const struct tsk_grant *grants;
    size_t grant_count;
};

struct tsk_pair {
    const char *name, *value;
};

struct tsk_pairs {
    struct tsk_pair *items;
    size_t count;
};

struct tsk_request {
    const char *method;     /* "GET" */
    const char *path;       /* decoded */
    struct tsk_pairs args;  /* of the path template: "id" of /api/v1/sheets/{id} */
    struct tsk_pairs query; /* decoded, in order; a name may come several times */
    const json_t *body;     /* an object, or NULL when the method carries none */
    int upload;             /* descriptor at offset 0, or -1 */
    int64_t upload_bytes;
    struct tsk_who who;
    struct tsk_scope scope;
    const char *address; /* of the client, behind a trusted proxy the one that it tells */
    int64_t now_ms;      /* wall clock */
    struct tsk_store *store;
    struct tsk_blobs *blobs;
    struct tsk_spool *spool;
    const struct tsk_desk *desk;
    struct tsk_arena *arena;
    const struct tsk_login *login; /* NULL without a session */
    const char *csrf;
};

/* Fill one of json and bytes, or neither. */
struct tsk_reply {
    int status;           /* 0: 200, or 204 when there is no content */
    json_t *json;         /* taken over */
    struct tsk_buf bytes; /* max must be set before adding: reply->bytes = TSK_BUF(max) */
    const char *media;    /* of bytes: "image/png" */
    const char *download; /* NULL, or the file name under which a browser saves it */
    const char *problem;  /* of a failure: stable code for the page's own texts, "sheet.claimed"; NULL = by kind */
    json_t *more;         /* of a failure: further members of the problem, taken over; NULL */
    const char *set_cookie;
    bool events; /* private to the server */
};

/* "" when there is none. */
const char *tsk_request_arg(const struct tsk_request *request, const char *name);
/* The path argument as the number of a row; answers like a missing row (404) when it is none. */
int tsk_request_id(int64_t *out, struct tsk_reply *reply, const struct tsk_request *request, const char *name,
                   struct tsk_err *err) TSK_MUST_USE;
const char *tsk_request_query(const struct tsk_request *request, const char *name); /* the first; NULL when absent */
/* A number of the query between low and high; otherwise when absent. */
int tsk_request_query_int(int64_t *out, const struct tsk_request *request, const char *name, int64_t otherwise,
                          int64_t low, int64_t high, struct tsk_err *err) TSK_MUST_USE;

/* Members of the body. Absent or null: *out is NULL (0, false) unless it is required. Text is valid UTF-8 without control
 * characters but \n and \t, at most max code points. */
enum tsk_need { TSK_MAY, TSK_MUST };
int tsk_body_text(const char **out, const struct tsk_request *request, const char *name, size_t max, enum tsk_need need,
                  struct tsk_err *err) TSK_MUST_USE;
int tsk_body_int(int64_t *out, const struct tsk_request *request, const char *name, int64_t low, int64_t high,
                 enum tsk_need need, struct tsk_err *err) TSK_MUST_USE;
int tsk_body_bool(bool *out, const struct tsk_request *request, const char *name, struct tsk_err *err) TSK_MUST_USE;

/* The office that a new thing shall belong to: member or query value "office", or the only one in scope. Fails like a
 * missing row for one that is not in scope. */
int tsk_request_office(const char **out, struct tsk_reply *reply, const struct tsk_request *request,
                       struct tsk_err *err) TSK_MUST_USE;
bool tsk_request_sees(const struct tsk_request *request, const char *office); /* office is in scope */

/* Begins, runs change, commits; rolls back when change fails. What routing makes of a change belongs into change. */
int tsk_request_change(const struct tsk_request *request,
                       int (*change)(const struct tsk_request *request, void *ctx, struct tsk_err *err), void *ctx,
                       struct tsk_err *err) TSK_MUST_USE;

/* Both return -1. missing: a finder said TSK_REJECT, answer 404 with one and the same text; other kinds stay as they are. */
int tsk_reply_missing(struct tsk_reply *reply, struct tsk_err *err);
/* 409, 403 …: problem is the stable code, text is for a person. */
int tsk_reply_refuse(struct tsk_reply *reply, int status, const char *problem, struct tsk_err *err, const char *format,
                     ...) TSK_PRINTF(5, 6);

/* A stored blob as it is: never decoded here. */
int tsk_reply_blob(struct tsk_reply *reply, const struct tsk_request *request, const char *sha256, const char *media,
                   struct tsk_err *err) TSK_MUST_USE;

#endif
