#include "gateway/operator.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "routing/channel.h"

#define SECOND_MS 30000

static int compose(struct tsk_buf *out, const struct tsk_site *site, const struct tsk_channel *channel, const char *to,
                   const char *id, const char *subject, const char *body, struct tsk_err *err)
{
    const struct tsk_office_config *office = &site->config->offices[0];
    const struct tsk_mail mail = { .from_name = "Tasuki",
                                   .from = office->from,
                                   .to_name = "",
                                   .to = to,
                                   .subject = subject,
                                   .body = body,
                                   .notice_id = id,
                                   .domain = site->config->mail.domain,
                                   .about_id = "",
                                   .date_ms = tsk_wall_ms(),
                                   .encoding = channel->encoding };

    return tsk_mail_compose(out, &mail, err);
}

static int deliver(const struct tsk_site *site, struct tsk_channel *channel, struct tsk_wire *wire, const char *to,
                   const char *id, const struct tsk_buf *bytes, struct tsk_err *err)
{
    const struct tsk_letter letter = {
        .id = id, .from = site->config->offices[0].from, .to = to, .bytes = tsk_buf_text(bytes), .len = bytes->len
    };
    struct tsk_delivery_report report = { .how = TSK_DELIVERED_LATER };

    tsk_channel_deliver(channel, wire, &letter, &report, NULL);
    if (report.how == TSK_DELIVERED_BOX || report.how == TSK_DELIVERED_SENT)
        return 0;
    return tsk_fail(err, TSK_RETRY, 0, "the mail to the operator did not go out: %.200s", report.detail);
}

int tsk_operator_mail(const struct tsk_site *site, const char *to, const char *id, const char *subject,
                      const char *body, struct tsk_err *err)
{
    struct tsk_buf bytes = TSK_BUF(TSK_MAIL_BYTES_MAX);
    struct tsk_channel *channel = NULL;
    struct tsk_wire *wire = NULL;
    int rc = -1;

    if (tsk_wire_open(&wire, err) == 0 && tsk_channel_open(&channel, wire, &site->config->mail, site->dir, err) == 0 &&
        compose(&bytes, site, channel, to, id, subject, body, err) == 0)
        rc = deliver(site, channel, wire, to, id, &bytes, err);
    tsk_channel_close(&channel);
    tsk_wire_close(&wire);
    tsk_buf_free(&bytes);
    return rc;
}

static pid_t start(const char *program, const char *subject, int input)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    char name[256], variable[512];
    char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
    char *args[] = { name, NULL }, *environment[] = { variable, path, NULL };
    pid_t pid = -1;

    snprintf(name, sizeof name, "%s", program);
    snprintf(variable, sizeof variable, "TASUKI_SUBJECT=%s", subject);
    sigemptyset(&none);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return -1;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    if (posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) != 0 ||
        posix_spawn(&pid, program, &actions, &attributes, args, environment) != 0)
        pid = -1;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

/* Its status, or -1 when it had to be ended. */
static int wait_for(pid_t pid)
{
    const struct timespec step = { .tv_nsec = 20 * 1000 * 1000 };
    int status = -1;

    for (int waited_ms = 0; waited_ms < SECOND_MS; waited_ms += 20) {
        pid_t got = waitpid(pid, &status, WNOHANG);

        if (got == pid)
            return status;
        if (got < 0 && errno != EINTR)
            return -1;
        nanosleep(&step, NULL);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return -1;
}

int tsk_operator_second(const struct tsk_site *site, const char *subject, const char *body, struct tsk_err *err)
{
    const char *program = site->config->care.watcher.second;
    int pipes[2], status;
    pid_t pid;

    if (program[0] == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "operator.second is not set: there is no second way");
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "cannot start %s", program);
    pid = start(program, subject, pipes[0]);
    close(pipes[0]);
    if (pid > 0)
        (void)!tsk_write_all(pipes[1], body, strlen(body)); /* it need not read all of it */
    close(pipes[1]);
    if (pid < 0)
        return tsk_fail(err, TSK_RETRY, 0, "%s (operator.second) cannot be started", program);
    status = wait_for(pid);
    return status == 0 ? 0 : tsk_fail(err, TSK_RETRY, 0, "%s (operator.second) did not pass it on", program);
}

int tsk_operator_tell(const struct tsk_site *site, const char *id, const char *subject, const char *body,
                      bool mail_is_down, struct tsk_err *err)
{
    const char *to = site->config->care.watcher.email;

    if (!mail_is_down && to[0] != '\0' && tsk_operator_mail(site, to, id, subject, body, err) == 0)
        return 0;
    return tsk_operator_second(site, subject, body, err);
}
