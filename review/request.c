#include "review/request.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char *pair_value(const struct tsk_pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->items[i].name, name) == 0)
            return pairs->items[i].value;
    return NULL;
}

const char *tsk_request_arg(const struct tsk_request *request, const char *name)
{
    const char *value = pair_value(&request->args, name);

    return value != NULL ? value : "";
}

const char *tsk_request_query(const struct tsk_request *request, const char *name)
{
    return pair_value(&request->query, name);
}

static bool number(int64_t *out, const char *text)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 18 || text[digits] != '\0')
        return false;
    *out = strtoll(text, NULL, 10);
    return true;
}

int tsk_request_id(int64_t *out, struct tsk_reply *reply, const struct tsk_request *request, const char *name,
                   struct tsk_err *err)
{
    if (number(out, tsk_request_arg(request, name)))
        return 0;
    tsk_fail(err, TSK_REJECT, 0, "no such number");
    return tsk_reply_missing(reply, err);
}

int tsk_request_query_int(int64_t *out, const struct tsk_request *request, const char *name, int64_t otherwise,
                          int64_t low, int64_t high, struct tsk_err *err)
{
    const char *text = tsk_request_query(request, name);

    *out = otherwise;
    if (text == NULL)
        return 0;
    if (number(out, text) && *out >= low && *out <= high)
        return 0;
    return tsk_fail(err, TSK_REJECT, 0, "%s must be a number from %lld to %lld", name, (long long)low, (long long)high);
}

/* 1 and *out, 0 when absent and that is fine, -1. */
static int member(const json_t **out, const struct tsk_request *request, const char *name, enum tsk_need need,
                  struct tsk_err *err)
{
    *out = request->body != NULL ? json_object_get(request->body, name) : NULL;
    if (*out != NULL && !json_is_null(*out))
        return 1;
    return need == TSK_MUST ? tsk_fail(err, TSK_REJECT, 0, "%s is missing", name) : 0;
}

static bool is_clean(const char *text, size_t len)
{
    if (memchr(text, '\0', len) != NULL)
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

int tsk_body_text(const char **out, const struct tsk_request *request, const char *name, size_t max, enum tsk_need need,
                  struct tsk_err *err)
{
    const json_t *value;
    int rc = member(&value, request, name, need, err);

    *out = NULL;
    if (rc <= 0)
        return rc;
    if (!json_is_string(value) || !is_clean(json_string_value(value), json_string_length(value)))
        return tsk_fail(err, TSK_REJECT, 0, "%s must be a text", name);
    *out = json_string_value(value);
    if (need == TSK_MUST && (*out)[strspn(*out, " \n\t")] == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "%s is empty", name);
    return tsk_utf8_length(*out) <= max ? 0
                                        : tsk_fail(err, TSK_REJECT, 0, "%s is longer than %zu characters", name, max);
}

int tsk_body_int(int64_t *out, const struct tsk_request *request, const char *name, int64_t low, int64_t high,
                 enum tsk_need need, struct tsk_err *err)
{
    const json_t *value;
    int rc = member(&value, request, name, need, err);

    *out = 0;
    if (rc <= 0)
        return rc;
    *out = json_integer_value(value);
    if (!json_is_integer(value) || *out < low || *out > high)
        return tsk_fail(err, TSK_REJECT, 0, "%s must be a number from %lld to %lld", name, (long long)low,
                        (long long)high);
    return 0;
}

int tsk_body_bool(bool *out, const struct tsk_request *request, const char *name, struct tsk_err *err)
{
    const json_t *value;

    *out = false;
    if (member(&value, request, name, TSK_MAY, err) == 0)
        return 0;
    *out = json_is_true(value);
    return json_is_boolean(value) ? 0 : tsk_fail(err, TSK_REJECT, 0, "%s must be true or false", name);
}

bool tsk_request_sees(const struct tsk_request *request, const char *office)
{
    for (size_t i = 0; i < request->scope.office_count; i++)
        if (strcmp(request->scope.offices[i], office) == 0)
            return true;
    return request->scope.all;
}

int tsk_request_office(const char **out, struct tsk_reply *reply, const struct tsk_request *request,
                       struct tsk_err *err)
{
    const char *named = tsk_request_query(request, "office");

    if (named == NULL && tsk_body_text(&named, request, "office", 60, TSK_MAY, err) != 0)
        return -1;
    if (named == NULL && request->scope.office_count == 1)
        named = request->scope.offices[0];
    *out = named;
    if (named == NULL)
        return tsk_fail(err, TSK_REJECT, 0, "say which office this is for");
    if (tsk_config_office(request->desk->config, named) != NULL && tsk_request_sees(request, named))
        return 0;
    tsk_fail(err, TSK_REJECT, 0, "no such office");
    return tsk_reply_missing(reply, err);
}

int tsk_request_change(const struct tsk_request *request,
                       int (*change)(const struct tsk_request *request, void *ctx, struct tsk_err *err), void *ctx,
                       struct tsk_err *err)
{
    if (tsk_store_begin(request->store, err) != 0)
        return -1;
    if (change(request, ctx, err) != 0) {
        tsk_store_rollback(request->store);
        return -1;
    }
    return tsk_store_commit(request->store, err);
}

int tsk_reply_missing(struct tsk_reply *reply, struct tsk_err *err)
{
    if (err->kind != TSK_REJECT)
        return -1;
    reply->status = 404;
    return tsk_fail(err, TSK_REJECT, 0, "this does not exist, or is not yours to see");
}

int tsk_reply_refuse(struct tsk_reply *reply, int status, const char *problem, struct tsk_err *err, const char *format,
                     ...)
{
    va_list args;

    reply->status = status;
    reply->problem = problem;
    va_start(args, format);
    tsk_vfail(err, TSK_REJECT, 0, format, args);
    va_end(args);
    return -1;
}

int tsk_reply_blob(struct tsk_reply *reply, const struct tsk_request *request, const char *sha256, const char *media,
                   struct tsk_err *err)
{
    reply->bytes = TSK_BUF(TSK_BLOB_MAX);
    if (sha256[0] == '\0') {
        tsk_fail(err, TSK_REJECT, 0, "no picture is kept");
        return tsk_reply_missing(reply, err);
    }
    reply->media = media;
    return tsk_blob_get(&reply->bytes, request->blobs, sha256, err);
}
