/*
 * serve - the parent of a site: starts the other roles, starts them again when they end, stops them in time
 *
 * Input      The configuration and its children's exit statuses; no stranger's byte ever reaches this process.
 * Lock       run/tasuki.lock is held as long as this process lives: one gateway a site.
 * Restart    After 0.5 s, doubling to a minute with every early end; a role that lived for a minute starts over.
 * Stop       SIGTERM to all, SIGKILL after 4 s to those that are left: five seconds in all.
 * Death      A child dies with its parent, whatever ends it; what was under way is found and finished by the next start.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "gateway/command.h"
#include "gateway/role.h"
#include "gateway/site.h"
#include "gateway/site_routing.h"
#include "gateway/spool_site.h"
#include "records/audit.h"

#define BACKOFF_FIRST_MS 500
#define BACKOFF_MAX_MS 60000
#define LIVED_MS 60000
#define LOOK_MS 2000 /* whether the directory changed */
#define STOP_MS 4000
#define RECORDS_AGAIN_MS 5000
#define WORKERS_MAX 80

struct role {
    const char *name;
    bool reloads; /* takes SIGHUP; the others are started anew */
    bool records; /* has nothing to do without them */
    int death;    /* the signal it gets when serve is gone: the sender may finish a letter that is half on the wire */
};

static const struct role roles[] = {
    { "recogniser", false, false, SIGKILL }, { "intake", true, false, SIGKILL }, { "reader", false, true, SIGKILL },
    { "sender", true, true, SIGTERM },       { "keeper", true, false, SIGTERM },
};
static const struct role desk = { "web", false, true, SIGTERM };     /* when the configuration says where it listens */
static const struct role mailbox = { "imap", true, false, SIGKILL }; /* one for each mailbox */

struct worker {
    const struct role *role;
    pid_t pid;           /* 0: not running */
    int64_t started_ms;  /* monotonic */
    int64_t start_at_ms; /* when it is due */
    int64_t backoff_ms;
    unsigned ends;   /* that were not our wish */
    bool asked;      /* its end was our wish */
    bool gone;       /* not in the configuration any more */
    char source[64]; /* of a mailbox */
};

struct gateway {
    struct tsk_site *site;
    char *active; /* the checked configuration that children read */
    int lock;
    struct timespec directory; /* when run/directory.csv was written that the recogniser knows */
    struct worker workers[WORKERS_MAX];
    size_t count;
    bool changed; /* since run/roles.json was written */
    bool ready;   /* the store is there, of this version */
    pid_t preparing;
    int64_t prepare_at_ms;
};

static int take_lock(struct gateway *gateway, struct tsk_err *err)
{
    const char *path = gateway->site->lock;
    char text[32] = "";

    gateway->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (gateway->lock < 0)
        return tsk_fail(err, TSK_STOP, errno, "cannot open %s", path);
    if (flock(gateway->lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return tsk_fail(err, TSK_STOP, errno, "cannot lock %s", path);
        if (pread(gateway->lock, text, sizeof text - 1, 0) < 0)
            text[0] = '\0';
        return tsk_fail(err, TSK_REJECT, 0,
                        "a gateway already serves %s (process %ld); stop it first, or use another site",
                        gateway->site->dir, strtol(text, NULL, 10));
    }
    snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(gateway->lock, 0) != 0 || pwrite(gateway->lock, text, strlen(text), 0) < 0)
        return tsk_fail(err, TSK_STOP, errno, "cannot write %s", path);
    return 0;
}

/* Children read this copy: an edit of tasuki.yaml that is wrong must not stop a role that has to be started again. */
static int put_active(const struct gateway *gateway, struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF((size_t)1 << 20);
    int rc = tsk_file_read(gateway->site->config_path, &bytes, err);

    if (rc == 0)
        rc = tsk_file_put_path(gateway->active, tsk_buf_text(&bytes), bytes.len, 0600, err);
    tsk_buf_free(&bytes);
    return rc;
}

static int recover_spool(const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_spool *spool;
    int moved;

    if (tsk_site_spool_open(&spool, site, err) != 0)
        return -1;
    moved = tsk_spool_recover(spool, err);
    if (moved > 0)
        tsk_log(TSK_LOG_INFO, "-", "event", "spool.recovered", "documents", tsk_log_num(moved), NULL);
    tsk_spool_close(&spool);
    return moved < 0 ? -1 : 0;
}

/*
 * The store is made and migrated before anybody else opens it, and closed again: no handle crosses a fork. The directory
 * of institutions is what the recogniser may know of the records.
 */
static int prepare_records(const struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_records *records;
    int rc;

    if (tsk_records_open(&records, site, err) != 0)
        return -1;
    rc = tsk_audit_key(records->store, err) != 0 ? -1 : tsk_records_export_directory(records, site, err);
    tsk_records_close(&records);
    return rc;
}

/*
 * A store that is damaged, held by somebody or on a full disk keeps nobody from sending us documents: they are taken in, and
 * wait. What needs the records is started when they are there. Tried in a child: it may have to wait for whoever holds them.
 */
static void try_records(struct gateway *gateway)
{
    struct tsk_err err = { 0 };
    int64_t now = tsk_mono_ms();

    if (gateway->ready || gateway->preparing > 0 || now < gateway->prepare_at_ms)
        return;
    gateway->prepare_at_ms = now + RECORDS_AGAIN_MS;
    gateway->preparing = fork();
    if (gateway->preparing != 0)
        return;
    tsk_role_unblock(false);
    signal(SIGTERM, SIG_DFL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prepare_records(gateway->site, &err) != 0)
        _exit(1);
    _exit(0);
}

static void note_prepared(struct gateway *gateway, int status)
{
    gateway->preparing = 0;
    gateway->ready = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (gateway->ready)
        tsk_log(TSK_LOG_INFO, "-", "event", "serve.records", NULL);
}

static struct worker *mailbox_worker(struct gateway *gateway, const char *source)
{
    for (size_t i = 0; i < gateway->count; i++)
        if (strcmp(gateway->workers[i].source, source) == 0)
            return &gateway->workers[i];
    return NULL;
}

static bool is_mailbox(const struct tsk_source *source)
{
    return source != NULL && source->kind == TSK_SOURCE_IMAP;
}

/* Also after a reload: mailboxes come and go with the configuration. */
static void plan_mailboxes(struct gateway *gateway)
{
    const struct tsk_config *config = gateway->site->config;

    for (size_t i = 0; i < gateway->count; i++)
        if (gateway->workers[i].role == &mailbox)
            gateway->workers[i].gone = !is_mailbox(tsk_config_source(config, gateway->workers[i].source));
    for (size_t i = 0; i < config->source_count; i++) {
        struct worker *worker;

        if (!is_mailbox(&config->sources[i]) || mailbox_worker(gateway, config->sources[i].id) != NULL)
            continue;
        if (gateway->count == WORKERS_MAX) {
            tsk_log(TSK_LOG_ERROR, "-", "event", "serve.full", "text", "too many mailboxes; the rest is not looked at",
                    NULL);
            return;
        }
        worker = &gateway->workers[gateway->count++];
        *worker = (struct worker){ .role = &mailbox, .backoff_ms = BACKOFF_FIRST_MS };
        snprintf(worker->source, sizeof worker->source, "%s", config->sources[i].id);
    }
}

static void plan_desk(struct gateway *gateway)
{
    bool wanted = gateway->site->config->web.listen[0] != '\0';

    for (size_t i = 0; i < gateway->count; i++)
        if (gateway->workers[i].role == &desk) {
            gateway->workers[i].gone = !wanted;
            return;
        }
    if (wanted && gateway->count < WORKERS_MAX)
        gateway->workers[gateway->count++] = (struct worker){ .role = &desk, .backoff_ms = BACKOFF_FIRST_MS };
}

static void plan_workers(struct gateway *gateway)
{
    gateway->count = 0;
    for (size_t i = 0; i < TSK_COUNT(roles); i++) {
        bool many = strcmp(roles[i].name, "reader") == 0;
        uint32_t copies = many ? gateway->site->config->reading.readers : 1;

        for (uint32_t k = 0; k < copies && gateway->count < WORKERS_MAX; k++)
            gateway->workers[gateway->count++] = (struct worker){ .role = &roles[i], .backoff_ms = BACKOFF_FIRST_MS };
    }
    plan_desk(gateway);
    plan_mailboxes(gateway);
}

static void become_worker(const struct gateway *gateway, struct worker *worker, pid_t parent)
{
    static char program[] = "tasuki", option[] = "--site", source[] = "--source", name[16];
    const struct role *role = worker->role;
    char *const args[] = { program,        name, option, gateway->site->dir, role == &mailbox ? source : NULL,
                           worker->source, NULL };

    snprintf(name, sizeof name, "%s", role->name);
    tsk_role_unblock(role->reloads);
    signal(SIGPIPE, SIG_DFL);
    if (prctl(PR_SET_PDEATHSIG, role->death) != 0 || getppid() != parent)
        _exit(127);
    setenv("TASUKI_CONFIG", gateway->active, 1);
    execv("/proc/self/exe", args);
    _exit(127);
}

static void start_worker(struct gateway *gateway, struct worker *worker)
{
    pid_t parent = getpid(), pid = fork();

    if (pid == 0)
        become_worker(gateway, worker, parent);
    worker->started_ms = tsk_mono_ms();
    if (pid < 0) {
        worker->start_at_ms = worker->started_ms + worker->backoff_ms;
        tsk_log(TSK_LOG_ERROR, "-", "event", "serve.fork", "role", worker->role->name, "text", strerror(errno), NULL);
        return;
    }
    worker->pid = pid;
    worker->asked = false;
    gateway->changed = true;
    tsk_log(TSK_LOG_INFO, "-", "event", "serve.started", "role", worker->role->name, "pid", tsk_log_num(pid), NULL);
}

static void note_end(struct worker *worker, int status)
{
    int64_t now = tsk_mono_ms();
    bool signalled = WIFSIGNALED(status);

    worker->pid = 0;
    if (worker->asked || now - worker->started_ms >= LIVED_MS)
        worker->backoff_ms = BACKOFF_FIRST_MS;
    worker->start_at_ms = worker->asked ? now : now + worker->backoff_ms;
    if (!worker->asked) {
        worker->ends++;
        tsk_log(TSK_LOG_WARN, "-", "event", "serve.ended", "role", worker->role->name, signalled ? "signal" : "status",
                tsk_log_num(signalled ? WTERMSIG(status) : WEXITSTATUS(status)), "again_in_ms",
                tsk_log_num(worker->backoff_ms), NULL);
        worker->backoff_ms = worker->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : worker->backoff_ms * 2;
    }
}

static void reap(struct gateway *gateway)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == gateway->preparing)
            note_prepared(gateway, status);
        for (size_t i = 0; i < gateway->count; i++)
            if (gateway->workers[i].pid == pid) {
                note_end(&gateway->workers[i], status);
                gateway->changed = true;
            }
    }
}

/* Starts what is due; how long until the next is. */
static int64_t start_due(struct gateway *gateway)
{
    int64_t now = tsk_mono_ms(), wait = LOOK_MS;

    for (size_t i = 0; i < gateway->count; i++) {
        struct worker *worker = &gateway->workers[i];

        if (worker->gone || (worker->role->records && !gateway->ready))
            continue;
        if (worker->pid == 0 && worker->start_at_ms <= now)
            start_worker(gateway, worker);
        else if (worker->pid == 0 && worker->start_at_ms - now < wait)
            wait = worker->start_at_ms - now;
    }
    return wait;
}

static void signal_all(struct gateway *gateway, int number)
{
    for (size_t i = 0; i < gateway->count; i++)
        if (gateway->workers[i].pid > 0)
            kill(gateway->workers[i].pid, number);
}

static size_t running(const struct gateway *gateway)
{
    size_t count = 0;

    for (size_t i = 0; i < gateway->count; i++)
        count += gateway->workers[i].pid > 0;
    return count;
}

static void stop_all(struct gateway *gateway)
{
    struct timespec step = { .tv_nsec = 20 * 1000 * 1000 };
    int waited_ms = 0; /* real time: a site's clock may be a fast one */

    for (size_t i = 0; i < gateway->count; i++)
        gateway->workers[i].asked = true;
    signal_all(gateway, SIGTERM);
    for (reap(gateway); running(gateway) > 0; reap(gateway)) {
        if (waited_ms == STOP_MS) {
            tsk_log(TSK_LOG_WARN, "-", "event", "serve.killed", "roles", tsk_log_num((long long)running(gateway)),
                    NULL);
            signal_all(gateway, SIGKILL);
        }
        nanosleep(&step, NULL);
        waited_ms += 20;
    }
}

/* How many readers there are is settled at start; everything else holds from now on. */
static void reload(struct gateway *gateway)
{
    struct tsk_err err = { 0 };

    if (tsk_site_reload(gateway->site, &err) != 0 || put_active(gateway, &err) != 0) {
        tsk_log_err("-", "config.kept", &err);
        return;
    }
    tsk_log(TSK_LOG_INFO, "-", "event", "config.loaded", NULL);
    plan_desk(gateway);
    plan_mailboxes(gateway);
    for (size_t i = 0; i < gateway->count; i++) {
        struct worker *worker = &gateway->workers[i];

        if (worker->pid <= 0)
            continue;
        worker->asked = worker->gone || !worker->role->reloads;
        kill(worker->pid, worker->asked ? SIGTERM : SIGHUP);
    }
}

static bool directory_changed(struct gateway *gateway)
{
    struct timespec before = gateway->directory;
    struct stat st;

    if (stat(gateway->site->directory_csv, &st) != 0)
        return false;
    gateway->directory = st.st_mtim;
    return before.tv_sec != st.st_mtim.tv_sec || before.tv_nsec != st.st_mtim.tv_nsec;
}

/* After an import: the recogniser learns the new names by starting again. */
static void refresh_recogniser(struct gateway *gateway)
{
    for (size_t i = 0; i < gateway->count; i++) {
        struct worker *worker = &gateway->workers[i];

        if (worker->pid <= 0 || strcmp(worker->role->name, "recogniser") != 0)
            continue;
        tsk_log(TSK_LOG_INFO, "-", "event", "directory.changed", NULL);
        worker->asked = true;
        kill(worker->pid, SIGTERM);
    }
}

/* For the desk's page of the system: run/roles.json. */
static void tell_roles(struct gateway *gateway)
{
    struct tsk_buf json = TSK_BUF((size_t)64 << 10);
    struct tsk_err err = { 0 };
    char path[PATH_MAX];

    tsk_buf_puts(&json, "{\"roles\":[");
    for (size_t i = 0, told = 0; i < gateway->count; i++) {
        const struct worker *worker = &gateway->workers[i];

        if (worker->gone)
            continue;
        tsk_buf_printf(&json, "%s{\"role\":\"%s\",\"source\":\"%s\",\"pid\":%ld,\"ends\":%u}", told++ > 0 ? "," : "",
                       worker->role->name, worker->source, (long)worker->pid, worker->ends);
    }
    tsk_buf_puts(&json, "]}\n");
    snprintf(path, sizeof path, "%s/roles.json", gateway->site->run);
    if (json.failed || tsk_file_put_path(path, tsk_buf_text(&json), json.len, 0600, &err) != 0)
        tsk_log_err("-", "serve.roles", &err);
    tsk_buf_free(&json);
}

static void supervise(struct gateway *gateway)
{
    int flags = 0;

    while ((flags & TSK_ROLE_STOP) == 0) {
        try_records(gateway);
        flags = tsk_role_wait(NULL, 0, start_due(gateway));
        reap(gateway);
        if (flags & TSK_ROLE_RELOAD)
            reload(gateway);
        if (directory_changed(gateway))
            refresh_recogniser(gateway);
        if (gateway->changed) {
            gateway->changed = false;
            tell_roles(gateway);
        }
    }
}

/* A template or rule of the site that is wrong is said at once, as anything else of the configuration is. */
static int open_records(struct gateway *gateway, struct tsk_err *err)
{
    gateway->ready = prepare_records(gateway->site, err) == 0;
    if (gateway->ready)
        return 0;
    if (err->kind == TSK_REJECT)
        return -1;
    tsk_log_err("-", "serve.no_records", err);
    *err = (struct tsk_err){ .kind = TSK_OK };
    return 0;
}

static int open_gateway(struct gateway *gateway, struct tsk_err *err)
{
    if (geteuid() == 0)
        return tsk_fail(err, TSK_REJECT, 0,
                        "%s: serve does not run as root; name a system user under user:", gateway->site->config_path);
    if (asprintf(&gateway->active, "%s/active.yaml", gateway->site->run) < 0) {
        gateway->active = NULL;
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    }
    return tsk_site_make_dirs(gateway->site, err) != 0 || take_lock(gateway, err) != 0 ||
                   put_active(gateway, err) != 0 || recover_spool(gateway->site, err) != 0 ||
                   open_records(gateway, err) != 0
               ? -1
               : 0;
}

static int run(int argc, char **argv)
{
    struct gateway gateway = { .lock = -1 };
    struct tsk_err err = { 0 };
    int64_t error_ms;
    int rc = -1;

    if (tsk_site_open(&gateway.site, &argc, argv, &err) != 0 || tsk_cli_rest(&argc, argv, &err) != 0)
        goto out;
    if (argc != 1) {
        tsk_site_close(&gateway.site);
        return tsk_cli_usage(&tsk_cmd_serve);
    }
    if (open_gateway(&gateway, &err) != 0 || tsk_role_start("serve", true, &err) != 0)
        goto out;
    plan_workers(&gateway);
    directory_changed(&gateway);
    tsk_log(TSK_LOG_INFO, "-", "event", "serve.up", "site", gateway.site->dir, NULL);
    if (tsk_clock_kept(&error_ms) == TSK_CLOCK_ALONE)
        tsk_log(TSK_LOG_WARN, "-", "event", "clock.alone", "text", "nothing keeps the clock of this machine right",
                NULL);
    supervise(&gateway);
    stop_all(&gateway);
    tsk_log(TSK_LOG_INFO, "-", "event", "serve.down", NULL);
    rc = 0;
out:
    if (gateway.lock >= 0)
        close(gateway.lock);
    free(gateway.active);
    tsk_site_close(&gateway.site);
    return rc == 0 ? TSK_EXIT_OK : tsk_cli_failed(&err);
}

const struct tsk_command tsk_cmd_serve = { "serve", "serve [--site DIR]",
                                           "run the site: watched folders, reading, sending", run };
