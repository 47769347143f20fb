#include "gateway/bounce.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "records/notice.h"
#include "routing/bounce.h"

#define ARENA_BYTES ((size_t)1 << 20)

/* A digest has an id of its own; whoever wrote that form of id was one of us. */
static int is_known(bool *known, struct tsk_records *records, const char *notice, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    struct tsk_notice found;
    struct tsk_err none = { 0 };
    int rc = 0;

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a bounce");
    *known = strncmp(notice, "digest-", strlen("digest-")) == 0 ||
             tsk_notice_find(&found, records->store, &tsk_scope_all, notice, arena, &none) == 0;
    if (!*known && none.kind != TSK_REJECT)
        rc = tsk_fail(err, none.kind, 0, "%s", none.text);
    tsk_arena_free(&arena);
    return rc;
}

static void say(char *out, size_t size, const char *status)
{
    bool plain = status[0] != '\0' && status[strspn(status, "0123456789.")] == '\0';

    snprintf(out, size, "came back as undeliverable%s%.20s%s", plain ? " (" : "", plain ? status : "",
             plain ? ")" : "");
}

int tsk_bounce_settle(bool *known, struct tsk_records *records, const char *notice, const char *status,
                      struct tsk_err *err)
{
    char detail[80];
    int changed = 0;

    say(detail, sizeof detail, status);
    if (tsk_store_begin(records->store, err) != 0)
        return -1;
    if (is_known(known, records, notice, err) != 0 ||
        (*known && tsk_route_bounced(&changed, records->routing, records->store, notice, detail, err) != 0) ||
        tsk_store_commit(records->store, err) != 0) {
        tsk_store_rollback(records->store);
        return -1;
    }
    if (*known)
        tsk_log(TSK_LOG_WARN, notice, "event", "mail.bounced", "changed", tsk_log_num(changed), "detail", detail, NULL);
    return 0;
}
