#include "gateway/role.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

static int signal_fd = -1;
static bool stopping;

static void fill_set(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}

int tsk_role_start(const char *name, bool children, struct tsk_err *err)
{
    sigset_t set;

    fill_set(&set);
    if (children)
        sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || (signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
        return tsk_fail(err, TSK_STOP, errno, "cannot listen to signals");
    tsk_log_role(name);
    return 0;
}

void tsk_role_unblock(bool keep_reload)
{
    sigset_t set;

    fill_set(&set);
    sigaddset(&set, SIGCHLD);
    if (keep_reload)
        sigdelset(&set, SIGHUP);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int take_signals(void)
{
    struct signalfd_siginfo info;
    int flags = 0;

    while (read(signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP)
            flags |= TSK_ROLE_RELOAD;
        else if (info.ssi_signo == SIGCHLD)
            flags |= TSK_ROLE_CHILD;
        else
            stopping = true;
    }
    return flags;
}

int tsk_role_wait(struct pollfd *fds, size_t count, int64_t ms)
{
    struct pollfd all[TSK_ROLE_FDS_MAX + 1];
    int flags = 0;

    assert(count <= TSK_ROLE_FDS_MAX && signal_fd >= 0);
    all[0] = (struct pollfd){ .fd = signal_fd, .events = POLLIN };
    for (size_t i = 0; i < count; i++)
        all[i + 1] = fds[i];
    if (poll(all, (nfds_t)count + 1, stopping ? 0 : ms == 0 ? 0 : tsk_real_wait_ms(ms)) > 0) {
        for (size_t i = 0; i < count; i++) {
            fds[i].revents = all[i + 1].revents;
            flags |= fds[i].revents != 0 ? TSK_ROLE_READY : 0;
        }
        flags |= take_signals();
    } else {
        for (size_t i = 0; i < count; i++)
            fds[i].revents = 0;
    }
    return flags | (stopping ? TSK_ROLE_STOP : 0);
}

void tsk_role_reload(struct tsk_site *site)
{
    struct tsk_err err = { 0 };

    if (tsk_site_reload(site, &err) != 0)
        tsk_log_err("-", "config.kept", &err);
    else
        tsk_log(TSK_LOG_INFO, "-", "event", "config.loaded", NULL);
}

int tsk_role_run(const struct tsk_command *command, int argc, char **argv,
                 int (*serve)(struct tsk_site *site, struct tsk_err *err))
{
    struct tsk_site *site = NULL;
    struct tsk_err err = { 0 };
    int rc = -1;

    if (tsk_site_open(&site, &argc, argv, &err) != 0 || tsk_cli_rest(&argc, argv, &err) != 0)
        goto out;
    if (argc != 1) {
        tsk_site_close(&site);
        return tsk_cli_usage(command);
    }
    if (tsk_role_start(command->name, false, &err) == 0)
        rc = serve(site, &err);
out:
    tsk_site_close(&site);
    return rc == 0 ? TSK_EXIT_OK : tsk_cli_failed(&err);
}
