#include "gateway/keeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "gateway/anchor.h"
#include "gateway/backup.h"
#include "gateway/deadlines.h"
#include "gateway/fallback.h"
#include "gateway/keeper_state.h"
#include "gateway/keys.h"
#include "gateway/operator.h"
#include "gateway/site_routing.h"
#include "gateway/watch.h"

#define STEP_MS 10000
#define WATCH_MS 60000
#define AGAIN_MS ((int64_t)15 * 60000) /* after a chore that failed */
#define DAY_MS ((int64_t)86400000)
#define AHEAD_MS ((int64_t)3600000) /* what was done later than this from now, a wrong clock said */
#define AUDIT_MS DAY_MS
#define DEADLINES_MINUTE (7 * 60) /* before anybody is there */

struct tsk_keeper {
    const struct tsk_site *site;
    char *path;                                   /* of the state */
    bool sealed;                                  /* everything, once since the start */
    int64_t seal_at_ms, watch_at_ms, audit_at_ms; /* monotonic */
    int64_t not_before_ms[TSK_CHORE_COUNT];
    struct tsk_keeper_state state;
};

int tsk_keeper_open(struct tsk_keeper **out, const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_keeper *keeper = calloc(1, sizeof *keeper);

    *out = NULL;
    if (keeper == NULL || asprintf(&keeper->path, "%s/keeper.json", site->run) < 0) {
        free(keeper);
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    }
    keeper->site = site;
    tsk_keeper_state_read(&keeper->state, keeper->path);
    *out = keeper;
    return 0;
}

void tsk_keeper_close(struct tsk_keeper **keeper)
{
    if (*keeper != NULL)
        free((*keeper)->path);
    free(*keeper);
    *keeper = NULL;
}

const struct tsk_keeper_state *tsk_keeper_now(const struct tsk_keeper *keeper)
{
    return &keeper->state;
}

static void save(const struct tsk_keeper *keeper)
{
    struct tsk_err err = { 0 };

    if (tsk_keeper_state_write(&keeper->state, keeper->path, &err) != 0)
        tsk_log_err("-", "keeper.state", &err);
}

/* What an earlier program left plain, and what a rotation has not come to yet. */
static void seal(struct tsk_keeper *keeper)
{
    struct tsk_sealed sealed;
    struct tsk_err err = { 0 };

    if (tsk_keys_seal_all(&sealed, keeper->site, &err) != 0) {
        tsk_log_err("-", "keeper.seal", &err);
        keeper->seal_at_ms = tsk_mono_ms() + WATCH_MS;
        return;
    }
    keeper->sealed = true;
    if (sealed.documents > 0 || sealed.secrets > 0 || sealed.archive.sealed > 0 || sealed.archive.damaged > 0)
        tsk_log(TSK_LOG_INFO, "-", "event", "keeper.sealed", "files", tsk_log_num((long long)sealed.archive.sealed),
                "documents", tsk_log_num(sealed.documents), "secrets", tsk_log_num(sealed.secrets), "damaged",
                tsk_log_num((long long)sealed.archive.damaged), NULL);
}

static int anchor_mail(const struct tsk_site *site, const struct tsk_audit_head *head, struct tsk_err *err)
{
    const char *to = site->config->care.audit.anchor_mail;
    char body[TSK_SHA256_HEX + 256], id[TSK_ID_SIZE];

    if (to[0] == '\0')
        return 0;
    tsk_id_new(id);
    snprintf(body, sizeof body,
             "監査記録の末尾です。このメールを保存しておくと、あとから書き換えを見つけられます。\n\n%lld:%s\n\n"
             "tasuki audit verify --head で照合します。\n",
             (long long)head->seq, head->hash);
    return tsk_operator_mail(site, to, id, "[Tasuki] 監査記録の末尾", body, err);
}

/* 0 done, 1 there is nothing to note yet, -1 */
static int do_anchor(const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_records *records;
    struct tsk_audit_head head = { .seq = 0 };
    const char *path = site->config->care.audit.anchor_file;
    int rc = tsk_records_open(&records, site, err);

    if (rc != 0)
        return -1;
    rc = tsk_audit_last(&head, records->store, err);
    tsk_records_close(&records);
    if (rc != 0 || head.seq == 0)
        return rc != 0 ? -1 : 1;
    if (path[0] != '\0' && tsk_anchor_add(path, &head, err) != 0)
        return -1;
    return anchor_mail(site, &head, err);
}

static int do_backup(const struct tsk_site *site, struct tsk_err *err)
{
    char *folder = tsk_site_path(site, site->config->care.backup.folder);
    struct tsk_backup made = { .files = 0 };
    int rc = folder == NULL ? tsk_fail(err, TSK_RETRY, 0, "out of memory") : tsk_backup_make(&made, site, folder, err);

    if (rc == 0 && tsk_backup_prune(folder, site->config->care.backup.keep, made.path, err) < 0)
        rc = -1;
    if (rc == 0)
        tsk_log(TSK_LOG_INFO, "-", "event", "keeper.backup", "files", tsk_log_num((long long)made.files), "documents",
                tsk_log_num((long long)made.documents), "bytes", tsk_log_num((long long)made.bytes), NULL);
    if (rc == 0 && made.lacking > 0)
        rc = tsk_fail(err, TSK_HOLD, 0, "%zu files of the archive are missing or damaged; the backup is without them",
                      made.lacking);
    free(folder);
    return rc;
}

static int do_fallback(const struct tsk_site *site, struct tsk_err *err)
{
    return tsk_fallback_make(site, err);
}

static int minute_of(const struct tsk_care_config *care, enum tsk_chore chore)
{
    return chore == TSK_CHORE_BACKUP      ? care->backup.minute
           : chore == TSK_CHORE_FALLBACK  ? care->fallback.minute
           : chore == TSK_CHORE_DEADLINES ? DEADLINES_MINUTE
                                          : 0;
}

static bool is_wanted(const struct tsk_care_config *care, enum tsk_chore chore)
{
    switch (chore) {
    case TSK_CHORE_ANCHOR:
        return care->audit.anchor_file[0] != '\0' || care->audit.anchor_mail[0] != '\0';
    case TSK_CHORE_BACKUP:
        return care->backup.folder[0] != '\0';
    case TSK_CHORE_FALLBACK:
        return care->fallback.folder[0] != '\0';
    case TSK_CHORE_DEADLINES:
        return true;
    case TSK_CHORE_COUNT:
        break;
    }
    return false;
}

/* The last time of the day at which it should have happened, in Japan. */
static int64_t last_time(int64_t now_ms, int minute)
{
    int64_t at = tsk_japan_midnight_ms(tsk_japan_date(now_ms)) + (int64_t)minute * 60000;

    return at <= now_ms ? at : at - DAY_MS;
}

static void do_chore(struct tsk_keeper *keeper, enum tsk_chore chore)
{
    static int (*const chores[TSK_CHORE_COUNT])(const struct tsk_site *site,
                                                struct tsk_err *err) = { [TSK_CHORE_ANCHOR] = do_anchor,
                                                                         [TSK_CHORE_BACKUP] = do_backup,
                                                                         [TSK_CHORE_FALLBACK] = do_fallback,
                                                                         [TSK_CHORE_DEADLINES] = tsk_deadlines_look };
    static const char *const names[TSK_CHORE_COUNT] = { "監査記録の末尾の控え", "バックアップ", "非常時の一覧",
                                                        "期限の見回り" };
    char key[TSK_TROUBLE_KEY_SIZE];
    struct tsk_err err = { 0 };
    int64_t now_ms = tsk_wall_ms();
    int rc = chores[chore](keeper->site, &err);

    if (rc > 0)
        return;
    snprintf(key, sizeof key, "chore:%s", tsk_chore_name(chore));
    if (rc == 0) {
        keeper->state.done_ms[chore] = now_ms;
        tsk_trouble_clear(&keeper->state, key);
        tsk_log(TSK_LOG_INFO, "-", "event", "keeper.done", "chore", tsk_chore_name(chore), NULL);
    } else {
        keeper->not_before_ms[chore] = tsk_mono_ms() + AGAIN_MS;
        tsk_trouble_raise(&keeper->state, key, now_ms, "%sができませんでした: %.250s", names[chore], err.text);
        tsk_log_err("-", "keeper.failed", &err);
    }
    save(keeper);
}

static bool is_due(const struct tsk_keeper *keeper, enum tsk_chore chore)
{
    int64_t now_ms = tsk_wall_ms(), done_ms = keeper->state.done_ms[chore];

    return (done_ms < last_time(now_ms, minute_of(&keeper->site->config->care, chore)) ||
            done_ms > now_ms + AHEAD_MS) &&
           tsk_mono_ms() >= keeper->not_before_ms[chore];
}

static void do_chores(struct tsk_keeper *keeper)
{
    const struct tsk_care_config *care = &keeper->site->config->care;

    for (int i = 0; i < TSK_CHORE_COUNT; i++) {
        enum tsk_chore chore = (enum tsk_chore)i;

        if (is_wanted(care, chore) && is_due(keeper, chore))
            do_chore(keeper, chore);
    }
}

/* One letter when it starts, one when it is over; what could not be passed on is tried again with the next look. */
static bool tell(struct tsk_keeper *keeper, struct tsk_site_trouble *trouble)
{
    bool over = trouble->over;
    char subject[200], body[TSK_TROUBLE_TEXT_SIZE + 400], id[TSK_ID_SIZE], since[TSK_STAMP_SIZE];
    struct tsk_err err = { 0 };

    tsk_id_new(id);
    tsk_stamp(trouble->since_ms, since);
    snprintf(subject, sizeof subject, "[Tasuki] %s: %s", over ? "解消" : "異常", trouble->key);
    snprintf(body, sizeof body,
             "%s\n\n%s\n\n始まり: %s (UTC)\nサイト: %s\n詳しくは tasuki doctor で確かめてください。\n",
             over ? "次の異常は解消しました。" : "異常があります。", trouble->text, since, keeper->site->dir);
    if (tsk_operator_tell(keeper->site, id, subject, body, tsk_watch_mail_is_down(&keeper->state), &err) != 0) {
        tsk_log_err("-", "keeper.untold", &err);
        return false;
    }
    tsk_log(TSK_LOG_WARN, "-", "event", over ? "keeper.over" : "keeper.trouble", "what", trouble->key, NULL);
    return true;
}

static bool has_operator(const struct tsk_site *site)
{
    const struct tsk_operator_config *config = &site->config->care.watcher;

    return config->email[0] != '\0' || config->second[0] != '\0';
}

static void tell_all(struct tsk_keeper *keeper)
{
    struct tsk_keeper_state *state = &keeper->state;

    for (size_t i = 0; has_operator(keeper->site) && i < state->count;) {
        struct tsk_site_trouble *trouble = &state->troubles[i];

        if (trouble->told && !trouble->over) {
            i++;
        } else if (!tell(keeper, trouble)) {
            break;
        } else if (trouble->over) {
            tsk_trouble_forget(state, i);
            save(keeper);
        } else {
            trouble->told = true;
            save(keeper);
            i++;
        }
    }
}

static void watch(struct tsk_keeper *keeper)
{
    bool look_at_audit = tsk_mono_ms() >= keeper->audit_at_ms;

    tsk_watch(&keeper->state, keeper->site, look_at_audit);
    if (look_at_audit)
        keeper->audit_at_ms = tsk_mono_ms() + AUDIT_MS;
    keeper->watch_at_ms = tsk_mono_ms() + WATCH_MS;
    save(keeper);
}

int64_t tsk_keeper_step(struct tsk_keeper *keeper)
{
    if (!keeper->sealed && tsk_mono_ms() >= keeper->seal_at_ms)
        seal(keeper);
    do_chores(keeper);
    if (tsk_mono_ms() >= keeper->watch_at_ms)
        watch(keeper);
    tell_all(keeper);
    return STEP_MS;
}
