#include "gateway/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/date.h"
#include "gateway/anchor.h"
#include "gateway/keys.h"
#include "gateway/limit.h"
#include "gateway/reader.h"
#include "gateway/site_routing.h"
#include "gateway/spool_site.h"
#include "records/watch.h"

#define ARENA_BYTES ((size_t)16 << 20)
#define MINUTE_MS ((int64_t)60000)
#define DAY_MS (1440 * MINUTE_MS)
#define WAITING_MS (30 * MINUTE_MS)
#define LATE_MAIL_MS (30 * MINUTE_MS)
#define CLOCK_MS (30 * MINUTE_MS) /* after the start of the machine */
#define HABIT_DAYS 60
#define HABIT_DOCUMENTS 10

struct watch {
    struct tsk_keeper_state *state;
    const struct tsk_site *site;
    int64_t now_ms;
};

static void watch_disk(struct watch *w)
{
    unsigned long long wanted_mb = 2ULL * w->site->config->disk_free_mb_min, free_mb;
    struct statvfs fs;

    if (statvfs(w->site->dir, &fs) != 0)
        return;
    free_mb = (unsigned long long)fs.f_bavail * fs.f_frsize >> 20;
    if (free_mb < wanted_mb)
        tsk_trouble_raise(
            w->state, "disk", w->now_ms,
            "ディスクの空きが少なくなりました（残り %llu MB）。%u MB を下回ると、新しい文書を受け付けません。", free_mb,
            w->site->config->disk_free_mb_min);
    else
        tsk_trouble_clear(w->state, "disk");
}

/* The kernel says so by itself some hours after the last answer of a time server; a machine that just started needs a while. */
static void watch_clock(struct watch *w)
{
    int64_t error_ms;

    if (tsk_clock_kept(&error_ms) == TSK_CLOCK_ALONE && tsk_uptime_ms() > CLOCK_MS)
        tsk_trouble_raise(
            w->state, "clock", w->now_ms,
            "時計が時刻サーバーと合わせられていません。受信日時や期限がずれるおそれがあります。timedatectl "
            "で確かめてください。");
    else
        tsk_trouble_clear(w->state, "clock");
}

/* The first characters of an id are its time; the envelope says it plainly. */
static void watch_waiting(struct watch *w, struct tsk_spool *spool)
{
    struct tsk_spool_entry *entries;
    struct tsk_err err = { 0 };
    int64_t oldest_ms = w->now_ms;
    size_t count;

    if (tsk_spool_list(spool, TSK_SPOOL_INCOMING, &entries, &count, &err) != 0)
        return;
    for (size_t i = 0; i < count; i++)
        if (entries[i].readable && entries[i].envelope.received_ms < oldest_ms)
            oldest_ms = entries[i].envelope.received_ms;
    tsk_spool_list_free(&entries);
    if (w->now_ms - oldest_ms > WAITING_MS)
        tsk_trouble_raise(w->state, "spool", w->now_ms,
                          "読み取りが進んでいません。%zu 通が待っていて、最も古いものは %lld 分前に届きました。", count,
                          (long long)((w->now_ms - oldest_ms) / MINUTE_MS));
    else
        tsk_trouble_clear(w->state, "spool");
}

/* For an office that left for another site: nobody looks at a desk for it any more. */
static void watch_moved(struct watch *w, struct tsk_spool *spool)
{
    struct tsk_spool_entry *entries;
    struct tsk_err err = { 0 };
    size_t count, moved = 0;

    if (tsk_spool_list(spool, TSK_SPOOL_HELD, &entries, &count, &err) != 0)
        return;
    for (size_t i = 0; i < count; i++)
        moved += strcmp(entries[i].reason, TSK_READER_MOVED) == 0;
    tsk_spool_list_free(&entries);
    if (moved > 0)
        tsk_trouble_raise(
            w->state, "moved", w->now_ms,
            "移転した室あての文書が %zu 通届いています。tasuki office late で取り出し、移転先に渡してください。",
            moved);
    else
        tsk_trouble_clear(w->state, "moved");
}

static void watch_spool(struct watch *w)
{
    struct tsk_spool *spool;
    struct tsk_err err = { 0 };
    long corrupt;

    if (tsk_site_spool_open(&spool, w->site, &err) != 0) {
        tsk_trouble_raise(w->state, "keys", w->now_ms, "文書の置き場を開けません: %.250s", err.text);
        return;
    }
    tsk_trouble_clear(w->state, "keys");
    corrupt = tsk_spool_count(spool, TSK_SPOOL_CORRUPT, &err);
    if (corrupt > 0)
        tsk_trouble_raise(w->state, "corrupt", w->now_ms,
                          "ディスクの上で壊れた文書が %ld 通あります。ディスクを調べ、送り直しを頼んでください。",
                          corrupt);
    else
        tsk_trouble_clear(w->state, "corrupt");
    watch_waiting(w, spool);
    watch_moved(w, spool);
    tsk_spool_close(&spool);
}

static void watch_source(struct watch *w, const struct tsk_watch_source *source)
{
    char key[TSK_TROUBLE_KEY_SIZE];
    int64_t last_ms = 0, habit_ms = (int64_t)(source->longest_days * 1.5 * (double)DAY_MS);

    snprintf(key, sizeof key, "source:%s", source->source);
    habit_ms = habit_ms > DAY_MS ? habit_ms : DAY_MS;
    if (source->documents < HABIT_DOCUMENTS || !tsk_stamp_parse(source->last, &last_ms) ||
        w->now_ms - last_ms <= habit_ms)
        tsk_trouble_clear(w->state, key);
    else
        tsk_trouble_raise(w->state, key, w->now_ms,
                          "入り口 %s から %.1f 日、何も届いていません（これまでの最長は %.1f "
                          "日）。回線、複合機、フォルダーを確かめてください。",
                          source->source, (double)(w->now_ms - last_ms) / (double)DAY_MS, source->longest_days);
}

static bool is_configured(const struct tsk_site *site, const char *source)
{
    for (size_t i = 0; i < site->config->source_count; i++)
        if (strcmp(site->config->sources[i].id, source) == 0)
            return true;
    return false;
}

/* One that was taken out of the configuration is silent by right. */
static void watch_sources(struct watch *w, struct tsk_store *store, struct tsk_arena *arena)
{
    struct tsk_watch_sources sources;
    char since[TSK_STAMP_SIZE], until[TSK_STAMP_SIZE], key[TSK_TROUBLE_KEY_SIZE];

    tsk_stamp(w->now_ms - HABIT_DAYS * DAY_MS, since);
    tsk_stamp(w->now_ms + DAY_MS, until); /* what came later than that came under a wrong clock, nobody knows when */
    if (tsk_watch_sources(&sources, store, since, until, arena, NULL) != 0)
        return;
    for (size_t i = 0; i < sources.count; i++) {
        snprintf(key, sizeof key, "source:%s", sources.items[i].source);
        if (is_configured(w->site, sources.items[i].source))
            watch_source(w, &sources.items[i]);
        else
            tsk_trouble_clear(w->state, key);
    }
}

static void watch_limits(struct watch *w)
{
    char key[TSK_TROUBLE_KEY_SIZE];

    for (size_t i = 0; i < w->site->config->source_count; i++) {
        const struct tsk_source *source = &w->site->config->sources[i];

        snprintf(key, sizeof key, "limit:%s", source->id);
        if (tsk_limit_reached(w->site, source))
            tsk_trouble_raise(
                w->state, key, w->now_ms,
                "入り口 %s から、1 時間の上限（%u 通）まで文書が届きました。残りは次の 1 時間まで元の場所に"
                "残ります。何がどこから届いているか確かめてください。",
                source->id, source->hourly_max);
        else
            tsk_trouble_clear(w->state, key);
    }
}

static void watch_mail(struct watch *w, struct tsk_store *store, struct tsk_arena *arena)
{
    char before[TSK_STAMP_SIZE];
    const char *since;

    tsk_stamp(w->now_ms - LATE_MAIL_MS, before);
    if (tsk_watch_late_mail(&since, store, before, arena, NULL) != 0)
        return;
    if (since[0] != '\0')
        tsk_trouble_raise(
            w->state, "mail", w->now_ms,
            "メールが出ていきません。最も古いものは %.16s (UTC) から待っています。メールサーバーを確かめてください。",
            since);
    else
        tsk_trouble_clear(w->state, "mail");
}

static void watch_audit(struct watch *w, struct tsk_store *store)
{
    struct tsk_audit_head head;
    struct tsk_err err = { 0 };
    size_t noted;

    if (tsk_anchor_verify(&head, &noted, w->site, store, NULL, &err) != 0 && err.kind == TSK_HOLD)
        tsk_trouble_raise(w->state, "audit", w->now_ms, "監査記録が壊れているか、書き換えられています: %.250s",
                          err.text);
    else
        tsk_trouble_clear(w->state, "audit");
}

static void watch_records(struct watch *w, bool look_at_audit)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    struct tsk_records *records = NULL;
    struct tsk_err err = { 0 };

    if (arena == NULL)
        return;
    if (tsk_records_open(&records, w->site, &err) != 0) {
        tsk_trouble_raise(w->state, "records", w->now_ms,
                          "記録を開けません（届いた文書は受け付け続けています）: %.250s", err.text);
    } else {
        tsk_trouble_clear(w->state, "records");
        watch_sources(w, records->store, arena);
        watch_mail(w, records->store, arena);
        if (look_at_audit)
            watch_audit(w, records->store);
    }
    tsk_records_close(&records);
    tsk_arena_free(&arena);
}

void tsk_watch(struct tsk_keeper_state *state, const struct tsk_site *site, bool look_at_audit)
{
    struct watch w = { .state = state, .site = site, .now_ms = tsk_wall_ms() };

    watch_disk(&w);
    watch_clock(&w);
    watch_spool(&w);
    watch_limits(&w);
    watch_records(&w, look_at_audit);
}

bool tsk_watch_mail_is_down(const struct tsk_keeper_state *state)
{
    for (size_t i = 0; i < state->count; i++)
        if (strcmp(state->troubles[i].key, "mail") == 0 && !state->troubles[i].over)
            return true;
    return false;
}
