#include "routing/tell.h"

#include <string.h>

#include "base/date.h"
#include "records/case.h"
#include "records/consent.h"
#include "routing/planner.h"

enum { ARENA_BYTES = 4 * 1024 * 1024, MINUTE_MS = 60 * 1000 };

static const char *const ways[] = { "phone", "hand", "post", "fax", "other" };

static int check(const struct tsk_planner *p, const struct tsk_telling *telling, const struct tsk_institution *entry)
{
    bool known = false;

    for (size_t i = 0; i < TSK_COUNT(ways); i++)
        known |= strcmp(ways[i], telling->way) == 0;
    if (!known)
        return tsk_fail(p->err, TSK_REJECT, 0, "it was told by phone, hand, post, fax or another way (other)");
    if (*telling->what == '\0')
        return tsk_fail(p->err, TSK_REJECT, 0, "say what was told");
    if (telling->when_ms > p->now_ms + MINUTE_MS)
        return tsk_fail(p->err, TSK_REJECT, 0, "say when it was told; not after now");
    if (strcmp(telling->way, "fax") == 0 && !tsk_institution_verified(entry, "fax"))
        return tsk_fail(p->err, TSK_REJECT, 0, "宛先の Fax 番号は、2 人による確認が済んでいません");
    return 0;
}

/* What was recorded afterwards did not cover it; people write minutes, so that within one both happened in this order. */
static int consent_then(int64_t *when_ms, struct tsk_planner *p, const char *number,
                        const struct tsk_institution *entry)
{
    int64_t given_ms = 0;
    struct tsk_consent consent;
    const char *reason = NULL;

    if (tsk_route_consent(&reason, p, number, entry) != 0 ||
        tsk_consent_newest(&consent, p->store, &p->scope, number, tsk_route_consent_scope(entry), p->arena, p->err) !=
            0)
        return -1;
    if (reason == NULL && tsk_stamp_parse(consent.at, &given_ms) && given_ms - *when_ms >= MINUTE_MS)
        reason = "伝えたときには、まだ同意が得られていませんでした";
    if (given_ms > *when_ms)
        *when_ms = given_ms;
    return reason == NULL ? 0
                          : tsk_fail(p->err, TSK_REJECT, 0,
                                     "%s。同意のないまま伝えてしまったときは、事故として記録してください", reason);
}

static int tell(struct tsk_planner *p, const char *number, const struct tsk_telling *telling, const char *by)
{
    int64_t when_ms = telling->when_ms != 0 ? telling->when_ms : p->now_ms;
    char id[TSK_ID_SIZE];
    struct tsk_institution entry;
    struct tsk_notice_new notice = { .office = p->office->id,
                                     .document = "",
                                     .case_number = number,
                                     .event = TSK_EVENT_TOLD,
                                     .rule = "by-hand",
                                     .kind = TSK_NOTICE_DISCLOSURE,
                                     .state = TSK_NOTICE_QUEUED,
                                     .channel = telling->way,
                                     .destination = telling->person,
                                     .subject = "人が伝えた内容の記録",
                                     .body = telling->what,
                                     .batch = "" };

    if (tsk_directory_find(&entry, p->store, &p->scope, telling->institution, p->arena, p->err) != 0 ||
        check(p, telling, &entry) != 0)
        return -1;
    tsk_id_new(id); /* the same may be told twice */
    if (consent_then(&when_ms, p, number, &entry) != 0 ||
        tsk_planner_text(p, &notice.recipient, "institution:%lld", (long long)entry.id) != 0 ||
        tsk_planner_text(p, &notice.about, "told:%s", id) != 0 ||
        tsk_notice_queue(id, NULL, p->store, &notice, p->err) != 0)
        return -1;
    return tsk_notice_told(p->store, &p->scope, id, when_ms, "", by, p->err);
}

int tsk_route_tell(const struct tsk_routing *routing, struct tsk_store *store, const struct tsk_scope *scope,
                   const char *case_number, const struct tsk_telling *telling, const char *by, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    struct tsk_planner planner = { .store = NULL };
    struct tsk_case kase = { 0 };
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to record what was told")
                           : tsk_case_find(&kase, store, scope, case_number, arena, err);

    if (rc == 0)
        rc = tsk_planner_start(&planner, routing, store, kase.office, arena, err);
    if (rc == 0)
        rc = tell(&planner, kase.number, telling, by);
    tsk_arena_free(&arena);
    return rc;
}
