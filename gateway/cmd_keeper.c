/* keeper - the site's own chores; see keeper.h */
#include "base/clock.h"
#include "base/log.h"
#include "gateway/command.h"
#include "gateway/keeper.h"
#include "gateway/metrics.h"
#include "gateway/role.h"

/* Until a signal: chores when they are due, answers when somebody asks. */
static int keep_until(struct tsk_keeper *keeper, struct tsk_metrics_server *metrics)
{
    int64_t next_ms = tsk_mono_ms();
    int flags = 0;

    while ((flags & (TSK_ROLE_STOP | TSK_ROLE_RELOAD)) == 0) {
        struct pollfd fd = { .fd = metrics != NULL ? tsk_metrics_fd(metrics) : -1, .events = POLLIN };
        int64_t wait_ms = next_ms - tsk_mono_ms();

        if (wait_ms <= 0) {
            wait_ms = tsk_keeper_step(keeper);
            next_ms = tsk_mono_ms() + wait_ms;
        }
        flags = tsk_role_wait(&fd, metrics != NULL, wait_ms);
        if (metrics != NULL)
            tsk_metrics_run(metrics);
    }
    return flags;
}

/* A port that is taken is no reason to go without backups. */
static struct tsk_metrics_server *open_metrics(const struct tsk_site *site, const struct tsk_keeper *keeper)
{
    struct tsk_metrics_server *metrics = NULL;
    struct tsk_err err = { 0 };
    uint32_t port = site->config->care.metrics.port;

    if (port != 0 && tsk_metrics_open(&metrics, site, tsk_keeper_now(keeper), port, &err) != 0)
        tsk_log_err("-", "keeper.metrics", &err);
    return metrics;
}

static int keep(struct tsk_site *site, struct tsk_err *err)
{
    struct tsk_metrics_server *metrics;
    struct tsk_keeper *keeper;
    int flags = 0;

    while ((flags & TSK_ROLE_STOP) == 0) {
        if (tsk_keeper_open(&keeper, site, err) != 0)
            return -1;
        metrics = open_metrics(site, keeper);
        flags = keep_until(keeper, metrics);
        tsk_metrics_close(&metrics);
        tsk_keeper_close(&keeper);
        if (flags & TSK_ROLE_RELOAD)
            tsk_role_reload(site);
    }
    return 0;
}

static int run(int argc, char **argv)
{
    return tsk_role_run(&tsk_cmd_keeper, argc, argv, keep);
}

const struct tsk_command tsk_cmd_keeper = {
    "keeper", "keeper [--site DIR]", "backups, anchors and alerts of the site, at their times (started by serve)", run
};
