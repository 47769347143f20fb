/* The audit chain: what was done, and whether the chain is whole. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "records/audit.h"
#include "review/route.h"

#define MAY_READ (TSK_ROLE_MANAGER | TSK_ROLE_AUDITOR)
#define PAGE_MAX 200

static pthread_mutex_t one_check = PTHREAD_MUTEX_INITIALIZER; /* it reads every entry there is */

static json_t *entry_json(const struct tsk_audit_entry *entry)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "seq", (json_int_t)entry->seq, "at", entry->at, "office",
                     entry->office, "actor", entry->actor, "action", entry->action, "object", entry->object, "detail",
                     entry->detail);
}

/* A day in Japan as the instant at which it begins; NULL when absent. */
static int day_start(const char **out, const struct tsk_request *request, const char *name, int days,
                     struct tsk_err *err)
{
    const char *text = tsk_request_query(request, name);
    char *stamp = tsk_arena_alloc(request->arena, TSK_STAMP_SIZE);
    struct tsk_date day;

    *out = NULL;
    if (text == NULL || *text == '\0')
        return 0;
    if (!tsk_date_parse(text, &day))
        return tsk_fail(err, TSK_REJECT, 0, "%s must be a day, YYYY-MM-DD", name);
    if (stamp == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for this request");
    tsk_stamp(tsk_japan_midnight_ms(tsk_date_from_days(tsk_date_days(day) + days)), stamp);
    *out = stamp;
    return 0;
}

static const char *given(const struct tsk_request *request, const char *name)
{
    const char *value = tsk_request_query(request, name);

    return value != NULL && *value != '\0' ? value : NULL;
}

static int read_filter(struct tsk_audit_filter *filter, const struct tsk_request *request, struct tsk_err *err)
{
    int64_t limit = 0;

    filter->object = given(request, "object");
    filter->actor = given(request, "actor");
    filter->action = given(request, "action");
    if (tsk_request_query_int(&filter->before, request, "before", 0, 0, INT64_MAX / 2, err) != 0 ||
        tsk_request_query_int(&limit, request, "limit", 100, 1, PAGE_MAX, err) != 0 ||
        day_start(&filter->from, request, "from", 0, err) != 0 || day_start(&filter->to, request, "to", 1, err) != 0)
        return -1;
    filter->limit = (int)limit;
    return 0;
}

static int get_audit(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_audit_filter filter = { .before = 0 };
    struct tsk_audit_entries entries;

    if (read_filter(&filter, request, err) != 0 ||
        tsk_audit_find(&entries, request->store, &request->scope, &filter, request->arena, err) != 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < entries.count; i++)
        json_array_append_new(items, entry_json(&entries.items[i]));
    bool more = entries.count == (size_t)filter.limit;
    reply->json = json_pack("{s:o, s:I}", "items", items, "before",
                            more ? (json_int_t)entries.items[entries.count - 1].seq : (json_int_t)0);
    return reply->json != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for the answer");
}

static int verify(struct tsk_reply *reply, const struct tsk_request *request, const struct tsk_audit_head *known,
                  struct tsk_err *err)
{
    struct tsk_audit_head head = { .seq = 0 };
    struct tsk_err broken = { 0 };
    int rc = tsk_audit_verify(&head, request->store, known, &broken);

    if (rc != 0 && broken.kind != TSK_HOLD) {
        *err = broken;
        return -1;
    }
    if (tsk_audit_add(request->store, request->scope.all ? TSK_SITE : request->scope.offices[0], request->who.name,
                      "audit.verify", "audit", rc == 0 ? "whole" : "broken", err) != 0)
        return -1;
    reply->json = json_pack("{s:b, s:I, s:s, s:s}", "whole", rc == 0, "seq", (json_int_t)head.seq, "hash", head.hash,
                            "text", rc == 0 ? "" : broken.text);
    return reply->json != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for the answer");
}

/* known: a head that was noted before, as "SEQ:HASH". */
static int read_head(struct tsk_audit_head *head, const char *text, struct tsk_err *err)
{
    char *end = NULL;

    head->seq = strtoll(text, &end, 10);
    if (head->seq > 0 && *end == ':' && strlen(end + 1) == TSK_SHA256_HEX - 1) {
        memcpy(head->hash, end + 1, TSK_SHA256_HEX);
        return 0;
    }
    return tsk_fail(err, TSK_REJECT, 0, "a noted head has the form NUMBER:HASH");
}

static int post_verify(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_audit_head known;
    const char *text;

    if (tsk_body_text(&text, request, "head", 100, TSK_MAY, err) != 0)
        return -1;
    if (text != NULL && *text != '\0' && read_head(&known, text, err) != 0)
        return -1;
    if (pthread_mutex_trylock(&one_check) != 0)
        return tsk_reply_refuse(reply, 503, "busy", err, "the chain is being checked already; please wait");
    int rc = verify(reply, request, text != NULL && *text != '\0' ? &known : NULL, err);
    pthread_mutex_unlock(&one_check);
    return rc;
}

const struct tsk_route tsk_routes_audit[] = {
    { "GET", "/api/v1/audit", get_audit, MAY_READ, 0, 0 },
    { "POST", "/api/v1/audit/verify", post_verify, MAY_READ, 0, 4096 },
    { .method = NULL },
};
