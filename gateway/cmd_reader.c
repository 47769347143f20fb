/* reader - claims documents of the spool, has them read by the confined recogniser, writes the records */
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "gateway/command.h"
#include "gateway/reader.h"
#include "gateway/role.h"
#include "gateway/site.h"

#define IDLE_MS 5000 /* the watch tells of new documents; this is for the case that it does not */
#define LATER_FIRST_MS 250
#define LATER_MAX_MS 5000

static void drain(int fd)
{
    char events[4096];

    while (read(fd, events, sizeof events) > 0)
        ;
}

static int watch_incoming(const struct tsk_site *site)
{
    char *path = tsk_site_path(site, "spool/incoming");
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    if (fd >= 0 && path != NULL)
        inotify_add_watch(fd, path, IN_MOVED_TO);
    free(path);
    return fd;
}

static void serve_documents(struct tsk_reader *reader, int watch)
{
    int64_t later_ms = LATER_FIRST_MS;
    int flags = 0;

    while ((flags & TSK_ROLE_STOP) == 0) {
        struct pollfd fd = { .fd = watch, .events = POLLIN };
        enum tsk_reader_step step;

        drain(watch);
        step = tsk_reader_step(reader, true);
        if (step == TSK_READER_LATER) { /* news do not end this wait: the trouble is ours */
            flags = tsk_role_wait(NULL, 0, later_ms);
            later_ms = later_ms * 2 > LATER_MAX_MS ? LATER_MAX_MS : later_ms * 2;
            continue;
        }
        later_ms = LATER_FIRST_MS;
        flags = tsk_role_wait(&fd, 1, step == TSK_READER_IDLE ? IDLE_MS : 0);
        if (flags & TSK_ROLE_RELOAD)
            tsk_log(TSK_LOG_INFO, "-", "event", "config.kept", "text", "start the reader again to change it", NULL);
    }
}

static int run(int argc, char **argv)
{
    struct tsk_site *site = NULL;
    struct tsk_reader *reader = NULL;
    struct tsk_err err = { 0 };
    int rc = -1, watch = -1;

    if (tsk_site_open(&site, &argc, argv, &err) != 0 || tsk_cli_rest(&argc, argv, &err) != 0)
        goto out;
    if (argc != 1) {
        tsk_site_close(&site);
        return tsk_cli_usage(&tsk_cmd_reader);
    }
    if (tsk_role_start("reader", false, &err) != 0 || tsk_reader_open(&reader, site, &err) != 0)
        goto out;
    watch = watch_incoming(site);
    if (watch < 0) {
        tsk_fail(&err, TSK_STOP, 0, "cannot watch %s/incoming", site->spool);
        goto out;
    }
    if (tsk_reader_recover(reader, &err) < 0)
        tsk_log_err("-", "reader.later", &err);
    serve_documents(reader, watch);
    rc = 0;
out:
    if (watch >= 0)
        close(watch);
    tsk_reader_close(&reader);
    tsk_site_close(&site);
    return rc == 0 ? TSK_EXIT_OK : tsk_cli_failed(&err);
}

const struct tsk_command tsk_cmd_reader = { "reader", "reader [--site DIR]",
                                            "read accepted documents (started by serve)", run };
