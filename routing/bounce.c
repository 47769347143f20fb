#include "routing/bounce.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "routing/planner.h"

enum { ARENA_MAX = 64 * 1024 * 1024, BATCHES_MAX = 20000 };

/* The parts of a batch never change once it is due, so that the id of its mail can be worked out again. */
void tsk_digest_id(char out[TSK_DIGEST_ID_SIZE], const struct tsk_notice *first)
{
    char hash[TSK_SHA256_HEX];
    struct tsk_buf name = TSK_BUF(4096);

    tsk_buf_printf(&name, "%s\n%s\n%s\n%s", first->office, first->batch, first->recipient, first->id);
    tsk_sha256_hex(tsk_buf_text(&name), name.len, hash);
    tsk_buf_free(&name);
    snprintf(out, TSK_DIGEST_ID_SIZE, "digest-%.26s", hash);
}

static bool is_out(const struct tsk_notice *notice)
{
    return notice->state == TSK_NOTICE_SENT || notice->state == TSK_NOTICE_UNKNOWN;
}

static int fail(int *changed, const struct tsk_routing *routing, struct tsk_store *store,
                const struct tsk_notice *notice, const char *detail, struct tsk_err *err)
{
    if (!is_out(notice))
        return 0;
    if (tsk_notice_result(store, &tsk_scope_all, notice->id, TSK_NOTICE_FAILED, 0, detail, err) != 0)
        return -1;
    (*changed)++;
    return tsk_route_failed(routing, store, notice, detail, err);
}

static bool same_mail(const struct tsk_notice *a, const struct tsk_notice *b)
{
    return strcmp(a->batch, b->batch) == 0 && strcmp(a->channel, b->channel) == 0 &&
           strcmp(a->destination, b->destination) == 0;
}

static int bounced(int *changed, const struct tsk_routing *routing, struct tsk_store *store,
                   const struct tsk_notice *first, const char *detail, struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_notice_filter filter = { .recipient = first->recipient, .office = first->office };
    struct tsk_notices others;

    if (first->batch[0] == '\0')
        return fail(changed, routing, store, first, detail, err);
    if (tsk_notice_list(&others, store, &tsk_scope_all, &filter, arena, err) != 0)
        return -1;
    for (size_t i = 0; i < others.count; i++)
        if (same_mail(&others.items[i], first) && fail(changed, routing, store, &others.items[i], detail, err) != 0)
            return -1;
    return 0;
}

/* 1 and *out: the first notice of the mail with this id; 0: there is none; -1 */
static int find(struct tsk_notice *out, struct tsk_store *store, const char *id, struct tsk_arena *arena,
                struct tsk_err *err)
{
    static const char *const states[] = { "sent", "unknown" };
    struct tsk_err none = { 0 };
    char digest[TSK_DIGEST_ID_SIZE];

    if (strncmp(id, "digest-", strlen("digest-")) != 0) {
        if (tsk_notice_find(out, store, &tsk_scope_all, id, arena, &none) == 0)
            return 1;
        return none.kind == TSK_REJECT ? 0 : tsk_fail(err, none.kind, 0, "%s", none.text);
    }
    for (size_t k = 0; k < TSK_COUNT(states); k++) {
        struct tsk_notice_filter filter = { .state = states[k], .limit = BATCHES_MAX };
        struct tsk_notices list;

        if (tsk_notice_list(&list, store, &tsk_scope_all, &filter, arena, err) != 0)
            return -1;
        for (size_t i = 0; i < list.count; i++) {
            tsk_digest_id(digest, &list.items[i]);
            if (list.items[i].batch[0] != '\0' && strcmp(digest, id) == 0) {
                *out = list.items[i];
                return 1;
            }
        }
    }
    return 0;
}

int tsk_route_bounced(int *changed, const struct tsk_routing *routing, struct tsk_store *store, const char *notice_id,
                      const char *detail, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_MAX);
    struct tsk_notice first;
    int rc;

    *changed = 0;
    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a bounce");
    rc = find(&first, store, notice_id, arena, err);
    if (rc == 1)
        rc = bounced(changed, routing, store, &first, detail, arena, err);
    tsk_arena_free(&arena);
    return rc;
}
