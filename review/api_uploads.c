/*
 * Files that a person hands in: into the spool as they came, with the office of the person. What they are is found out by
 * the reader, in its confined child, never here.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "records/audit.h"
#include "records/case.h"
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

/* "" without one. A scan for a case belongs to the office of the case. */
static int take_case(struct tsk_envelope *envelope, struct tsk_reply *reply, const struct tsk_request *request,
                     struct tsk_err *err)
{
    const char *number = tsk_request_query(request, "case");
    struct tsk_case kase;

    if (number == NULL || *number == '\0')
        return 0;
    if (tsk_case_find(&kase, request->store, &request->scope, number, request->arena, err) != 0)
        return tsk_reply_missing(reply, err);
    if (*kase.merged_into != '\0')
        return tsk_fail(err, TSK_REJECT, 0, "case %s is part of case %s now", kase.number, kase.merged_into);
    snprintf(envelope->case_number, sizeof envelope->case_number, "%s", kase.number);
    snprintf(envelope->office, sizeof envelope->office, "%s", kase.office);
    return 0;
}

static int post_upload(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_envelope envelope = { .source = "upload" };
    const char *office, *name = tsk_request_query(request, "name");
    char object[64], detail[120];

    if (take_case(&envelope, reply, request, err) != 0)
        return -1;
    office = envelope.office;
    if (*office == '\0' && tsk_request_office(&office, reply, request, err) != 0)
        return -1;
    if (request->upload_bytes == 0)
        return tsk_fail(err, TSK_REJECT, 0, "the file is empty; nothing was taken");
    if (office != envelope.office)
        snprintf(envelope.office, sizeof envelope.office, "%s", office);
    snprintf(envelope.sender, sizeof envelope.sender, "%s", request->who.name);
    put_name(&envelope, name != NULL ? base_name(name) : "");
    if (tsk_spool_put(request->spool, request->upload, &envelope, err) != 0)
        return -1;
    snprintf(object, sizeof object, "document:%s", envelope.id);
    snprintf(detail, sizeof detail, "bytes=%lld%s%s", (long long)request->upload_bytes,
             *envelope.case_number != '\0' ? " case=" : "", envelope.case_number);
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
