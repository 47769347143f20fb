/*
 * Files that a person hands in: into the spool as they came, with the office of the person. What they are is found out by
 * the reader, in its confined child, never here.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "records/audit.h"
#include "review/route.h"

/* The last part of whatever a browser calls the file. */
static const char *base_name(const char *name)
{
    const char *slash = strrchr(name, '/'), *back = strrchr(name, '\\');

    if (slash == NULL || (back != NULL && back > slash))
        slash = back;
    return slash != NULL ? slash + 1 : name;
}

static void put_name(struct tsk_envelope *envelope, const char *name)
{
    size_t len = strlen(name);

    if (len >= sizeof envelope->name)
        len = sizeof envelope->name - 1;
    while (len > 0 && !tsk_utf8_valid(name, len))
        len--;
    snprintf(envelope->name, sizeof envelope->name, "%.*s", (int)len, name);
}

static int post_upload(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_envelope envelope = { .source = "upload" };
    const char *office, *name = tsk_request_query(request, "name");
    char object[64], detail[60];

    if (tsk_request_office(&office, reply, request, err) != 0)
        return -1;
    if (request->upload_bytes == 0)
        return tsk_fail(err, TSK_REJECT, 0, "the file is empty; nothing was taken");
    snprintf(envelope.office, sizeof envelope.office, "%s", office);
    snprintf(envelope.sender, sizeof envelope.sender, "%s", request->who.name);
    put_name(&envelope, name != NULL ? base_name(name) : "");
    if (tsk_spool_put(request->spool, request->upload, &envelope, err) != 0)
        return -1;
    snprintf(object, sizeof object, "document:%s", envelope.id);
    snprintf(detail, sizeof detail, "bytes=%lld", (long long)request->upload_bytes);
    if (tsk_audit_add(request->store, office, request->who.name, "upload", object, detail, err) != 0)
        return -1;
    reply->status = 201;
    reply->json = json_pack("{s:s, s:s, s:I}", "document", envelope.id, "office", office, "bytes",
                            (json_int_t)request->upload_bytes);
    return reply->json != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for the answer");
}

const struct tsk_route tsk_routes_uploads[] = {
    { "POST", "/api/v1/uploads", post_upload, TSK_ROLES_OFFICE, TSK_ROUTE_UPLOAD, 0 },
    { .method = NULL },
};
