#include "gateway/fax_job.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "records/directory.h"
#include "records/notice.h"
#include "records/todo.h"

#define JOB_BYTES_MAX 65536
#define ARENA_BYTES ((size_t)4 << 20)
#define HOUR_MS ((int64_t)3600 * 1000)
#define ACTOR "fax"

enum { STATE_ACTIVE = 6, STATE_DONE = 7, STATE_FAILED = 8 };

static void take(char *out, size_t size, const char *value, size_t len)
{
    size_t used = 0;

    for (size_t i = 0; i < len && used + 1 < size; i++)
        out[used++] = value[i] >= ' ' && value[i] < 0x7f ? value[i] : '?';
    while (used > 0 && out[used - 1] == ' ')
        used--;
    out[used] = '\0';
}

static bool is_key(const char *line, const char *key, const char **value)
{
    size_t len = strlen(key);

    *value = line + len + 1;
    return strncmp(line, key, len) == 0 && line[len] == ':';
}

static void take_line(struct tsk_fax_job *job, const char *line, size_t len)
{
    const char *value;

    if (is_key(line, "jobtag", &value))
        take(job->tag, sizeof job->tag, value, len - (size_t)(value - line));
    else if (is_key(line, "csi", &value))
        take(job->station, sizeof job->station, value, len - (size_t)(value - line));
    else if (is_key(line, "status", &value))
        take(job->status, sizeof job->status, value, len - (size_t)(value - line));
    else if (is_key(line, "state", &value))
        job->state = (int)strtol(value, NULL, 10);
    else if (is_key(line, "npages", &value))
        job->pages = (int)strtol(value, NULL, 10);
    else if (is_key(line, "totpages", &value))
        job->pages_total = (int)strtol(value, NULL, 10);
}

int tsk_fax_job_read(struct tsk_fax_job *out, const char *path, struct tsk_err *err)
{
    struct tsk_buf text = TSK_BUF(JOB_BYTES_MAX);
    int rc = strcmp(path, "-") == 0 ? tsk_fd_read(STDIN_FILENO, "the job file", &text, err)
                                    : tsk_file_read(path, &text, err);

    *out = (struct tsk_fax_job){ .state = 0 };
    for (const char *line = tsk_buf_text(&text); rc == 0 && *line != '\0';) {
        size_t len = strcspn(line, "\n");

        take_line(out, line, len);
        line += len + (line[len] == '\n');
    }
    tsk_buf_free(&text);
    return rc;
}

struct settling {
    const struct tsk_fax_job *job;
    const struct tsk_routing *routing;
    struct tsk_store *store;
    struct tsk_arena *arena;
    struct tsk_err *err;
    struct tsk_notice notice;
    struct tsk_institution entry;
    bool has_entry;
    char detail[400];
};

static bool is_final(const struct tsk_fax_job *job)
{
    static const char *const going_on[] = { "requeued", "blocked", "attempt" };

    for (size_t i = 0; i < TSK_COUNT(going_on); i++)
        if (strcmp(job->why, going_on[i]) == 0)
            return false;
    return job->why[0] != '\0' || job->state == STATE_DONE || job->state == STATE_FAILED;
}

static bool is_done(const struct tsk_fax_job *job)
{
    return job->why[0] != '\0' ? strcmp(job->why, "done") == 0 : job->state == STATE_DONE;
}

/* Blanks and hyphens are typed as people like. */
static bool same_station(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, " -");
        b += strspn(b, " -");
        if (*a != *b)
            return false;
        if (*a == '\0')
            return true;
    }
}

/* Why the entry's number is in doubt, Japanese; NULL when it is not. */
static const char *doubt_of(const struct settling *s)
{
    const struct tsk_fax_job *job = s->job;

    if (!s->has_entry)
        return NULL;
    if (!job->pages_unknown && job->pages < job->pages_total && (is_done(job) || job->pages > 0))
        return "相手機が受け取りを確認したページ数が、送ったページ数より少なくなっています";
    if (job->station[0] != '\0' && s->entry.fax_station[0] != '\0' && !same_station(job->station, s->entry.fax_station))
        return "送信試験のときと違う相手機が応答しました";
    return NULL;
}

static int raise_doubt(struct settling *s, const char *why)
{
    struct tsk_buf text = TSK_BUF(4096);
    struct tsk_todo_new todo = { .office = s->notice.office,
                                 .sheet = s->notice.sheet,
                                 .document = s->notice.document,
                                 .case_number = s->notice.case_number,
                                 .event = "fax.doubt",
                                 .rule = "built-in",
                                 .recipient = s->notice.recipient,
                                 .kind = "fax_doubt" };
    char about[96];
    int rc = -1;

    snprintf(about, sizeof about, "notice:%s", s->notice.id);
    todo.about = about;
    tsk_buf_printf(
        &text,
        "%s への Fax を確かめてください。%s。\n番号: %s\n送信試験の相手機: %s\n今回の相手機: %s\n"
        "確認されたページ: %d / %d\n\n"
        "先方に電話で、何ページ届いたか、番号が正しいかを確かめてください。誤送信であれば室の手順に従ってください。"
        "二人が番号を確認し直すまで、この宛先への Fax は止まっています。",
        s->entry.name, why, s->notice.destination, s->entry.fax_station[0] != '\0' ? s->entry.fax_station : "記録なし",
        s->job->station[0] != '\0' ? s->job->station : "表示なし", s->job->pages, s->job->pages_total);
    todo.text = tsk_buf_text(&text);
    if (text.failed)
        tsk_fail(s->err, TSK_RETRY, 0, "no memory for a to-do");
    else if (tsk_todo_add(NULL, NULL, s->store, &todo, s->err) == 0)
        rc = s->entry.fax_verified == TSK_UNVERIFIED
                 ? 0
                 : tsk_directory_doubt_fax(s->store, &tsk_scope_all, s->entry.id, ACTOR, s->err);
    tsk_buf_free(&text);
    return rc;
}

static int find_entry(struct settling *s)
{
    static const char start[] = "institution:";

    if (strncmp(s->notice.recipient, start, sizeof start - 1) != 0)
        return 0;
    s->has_entry = true;
    return tsk_directory_find(&s->entry, s->store, &tsk_scope_all,
                              strtoll(s->notice.recipient + sizeof start - 1, NULL, 10), s->arena, s->err);
}

static int keep_station(struct settling *s)
{
    if (!s->has_entry || strcmp(s->notice.event, TSK_EVENT_FAX_TEST) != 0)
        return 0;
    return tsk_directory_station(s->store, &tsk_scope_all, s->entry.id, s->job->station, ACTOR, s->err);
}

static int record(struct settling *s)
{
    bool all = s->job->pages > 0 && s->job->pages >= s->job->pages_total;
    bool whole = is_done(s->job) && (all || s->job->pages_unknown);
    enum tsk_notice_state state = whole ? TSK_NOTICE_DELIVERED : TSK_NOTICE_FAILED;
    const char *doubt = NULL;

    if (find_entry(s) != 0)
        return -1;
    snprintf(s->detail, sizeof s->detail, "%s: station=%s pages=%d/%d%s%s",
             s->job->why[0] != '\0' ? s->job->why : (is_done(s->job) ? "done" : "failed"), s->job->station,
             s->job->pages, s->job->pages_total, s->job->status[0] != '\0' ? " " : "", s->job->status);
    if (tsk_notice_result(s->store, &tsk_scope_all, s->notice.id, state, 0, s->detail, s->err) != 0)
        return -1;
    if (whole && strcmp(s->notice.event, TSK_EVENT_FAX_TEST) == 0)
        return keep_station(s);
    doubt = doubt_of(s);
    if (doubt != NULL && raise_doubt(s, doubt) != 0)
        return -1;
    return whole ? 0 : tsk_route_failed(s->routing, s->store, &s->notice, s->detail, s->err);
}

static int settle(bool *settled, struct settling *s)
{
    struct tsk_err none = { 0 };

    if (tsk_store_begin(s->store, s->err) != 0)
        return -1;
    if (tsk_notice_find(&s->notice, s->store, &tsk_scope_all, s->job->tag, s->arena, &none) != 0) {
        tsk_store_rollback(s->store);
        return none.kind == TSK_REJECT ? 0 : tsk_fail(s->err, none.kind, 0, "%s", none.text);
    }
    if (s->notice.state != TSK_NOTICE_SENT && s->notice.state != TSK_NOTICE_UNKNOWN) {
        tsk_store_rollback(s->store);
        return 0;
    }
    if (record(s) != 0 || tsk_store_commit(s->store, s->err) != 0) {
        tsk_store_rollback(s->store);
        return -1;
    }
    *settled = true;
    tsk_log(TSK_LOG_INFO, s->notice.id, "event", "fax.settled", "detail", s->detail, NULL);
    return 0;
}

/* HylaFAX's job states: 6 has the line; the others wait for it, or for the time of the next try. */
static int note_progress(const struct tsk_fax_job *job, struct tsk_store *store, struct tsk_err *err)
{
    char detail[220];

    snprintf(detail, sizeof detail, "%s%s%s", job->state == STATE_ACTIVE ? "dialling" : "queued",
             job->status[0] != '\0' ? ": " : "", job->status);
    return tsk_notice_progress(store, &tsk_scope_all, job->tag, detail, err);
}

int tsk_fax_job_settle(bool *settled, const struct tsk_fax_job *job, const struct tsk_routing *routing,
                       struct tsk_store *store, struct tsk_err *err)
{
    struct settling s = { .job = job, .routing = routing, .store = store, .err = err };
    int rc;

    *settled = false;
    if (job->tag[0] == '\0')
        return 0;
    if (!is_final(job))
        return note_progress(job, store, err);
    s.arena = tsk_arena_new(ARENA_BYTES);
    rc = s.arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to settle a fax") : settle(settled, &s);
    tsk_arena_free(&s.arena);
    return rc;
}

static int look_into(const char *dir, const struct tsk_routing *routing, struct tsk_store *store, struct tsk_err *err)
{
    DIR *list = opendir(dir);
    struct dirent *entry;
    char path[4096];
    int rc = 0;

    while (list != NULL && rc == 0 && (entry = readdir(list)) != NULL) {
        struct tsk_fax_job job;
        bool settled;

        if (entry->d_name[0] != 'q' || strspn(entry->d_name + 1, "0123456789") != strlen(entry->d_name + 1) ||
            snprintf(path, sizeof path, "%s/%s", dir, entry->d_name) >= (int)sizeof path)
            continue;
        if (tsk_fax_job_read(&job, path, NULL) == 0)
            rc = tsk_fax_job_settle(&settled, &job, routing, store, err);
    }
    if (list != NULL)
        closedir(list);
    return rc;
}

int tsk_fax_job_unclear(const struct tsk_notice *notice, const struct tsk_routing *routing, struct tsk_store *store,
                        const char *detail, struct tsk_err *err)
{
    if (tsk_store_begin(store, err) != 0)
        return -1;
    if (tsk_notice_result(store, &tsk_scope_all, notice->id, TSK_NOTICE_UNKNOWN, 0, detail, err) != 0 ||
        tsk_route_failed(routing, store, notice, detail, err) != 0 || tsk_store_commit(store, err) != 0) {
        tsk_store_rollback(store);
        return -1;
    }
    return 0;
}

static int look_for_lost(int lost_hours, const struct tsk_routing *routing, struct tsk_store *store,
                         struct tsk_arena *arena, bool *waiting, struct tsk_err *err)
{
    static const char lost[] = "no word of what became of the fax; ask the recipient before it is sent again";
    const struct tsk_notice_filter filter = { .state = "sent" };
    struct tsk_notices notices;
    struct tsk_deliveries tries;
    int64_t sent_ms;

    if (tsk_notice_list(&notices, store, &tsk_scope_all, &filter, arena, err) != 0)
        return -1;
    for (size_t i = 0; i < notices.count; i++) {
        if (strcmp(notices.items[i].channel, "fax") != 0)
            continue;
        *waiting = true;
        if (tsk_notice_deliveries(&tries, store, &tsk_scope_all, notices.items[i].id, arena, err) != 0)
            return -1;
        if (tries.count > 0 && tsk_stamp_parse(tries.items[tries.count - 1].ended, &sent_ms) &&
            tsk_wall_ms() - sent_ms > lost_hours * HOUR_MS &&
            tsk_fax_job_unclear(&notices.items[i], routing, store, lost, err) != 0)
            return -1;
    }
    return 0;
}

static int look_into_queues(const struct tsk_site *site, const struct tsk_routing *routing, struct tsk_store *store,
                            struct tsk_err *err)
{
    static const char *const queues[] = { "doneq", "sendq" };
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < TSK_COUNT(queues); i++) {
        char *path = NULL;

        if (asprintf(&path, "%s/%s", site->config->fax.spool, queues[i]) < 0)
            return tsk_fail(err, TSK_RETRY, 0, "out of memory");
        rc = look_into(path, routing, store, err);
        free(path);
    }
    return rc;
}

int tsk_fax_jobs_poll(const struct tsk_site *site, const struct tsk_routing *routing, struct tsk_store *store,
                      struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    bool waiting = false;
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to look for faxes") : 0;

    if (rc == 0 && site->config->fax.channel != TSK_FAX_MANUAL) /* there a person has the to-do until it is done */
        rc = look_for_lost(site->config->fax.lost_hours, routing, store, arena, &waiting, err);
    if (rc == 0 && waiting && site->config->fax.spool[0] != '\0')
        rc = look_into_queues(site, routing, store, err);
    tsk_arena_free(&arena);
    return rc;
}
