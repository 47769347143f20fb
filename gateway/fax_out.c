#include "gateway/fax_out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "gateway/fax_in.h"
#include "gateway/fax_page.h"
#include "gateway/role.h"

#define KILL_MINUTES_MAX 180
#define ANSWER_MAX 1024

struct fax_channel {
    struct tsk_channel channel;
    const struct tsk_fax_config *config; /* of the site */
    char *letters;                       /* folder for pages on their way */
};

/* What sendfax said, and how it ended: its wait status, -1 it did not start, -2 no answer in time. */
static int run_sendfax(const struct fax_channel *fax, char *const *argv, char *answer, size_t size)
{
    int pipes[2], status = -2;
    int64_t until = tsk_mono_ms() + (int64_t)fax->config->timeout_s * 1000;
    size_t len = 0;
    ssize_t got = 1;
    pid_t pid;

    answer[0] = '\0';
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return -1;
    pid = fork();
    if (pid == 0) {
        tsk_role_unblock(false);
        if (dup2(pipes[1], STDOUT_FILENO) >= 0 && dup2(pipes[1], STDERR_FILENO) >= 0)
            execvp(argv[0], argv);
        _exit(127);
    }
    close(pipes[1]);
    while (pid > 0 && got > 0 && tsk_mono_ms() < until) {
        struct pollfd fd = { .fd = pipes[0], .events = POLLIN };

        if (poll(&fd, 1, tsk_real_wait_ms(until - tsk_mono_ms())) <= 0)
            break;
        got = read(pipes[0], answer + len, size - 1 - len);
        len += got > 0 ? (size_t)got : 0;
        answer[len] = '\0';
        if (len == size - 1)
            break;
    }
    close(pipes[0]);
    if (pid < 0)
        return -1;
    if (got != 0)
        kill(pid, SIGKILL);
    if (waitpid(pid, &status, 0) != pid)
        return -2;
    return got != 0 ? -2 : status;
}

static void report_answer(struct tsk_delivery_report *report, int status, const char *answer, int pages)
{
    const char *id = strstr(answer, "request id is ");

    if (status == -1 || (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127))
        tsk_delivery_detail(report, TSK_DELIVERED_LATER,
                            "sendfax cannot be started; install hylafax-client or set "
                            "fax.program");
    else if (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 && id != NULL)
        tsk_delivery_detail(report, TSK_DELIVERED_SENT, "queued: job %ld, %d pages",
                            strtol(id + strlen("request id is "), NULL, 10), pages);
    else if (status == -2)
        tsk_delivery_detail(report, TSK_DELIVERED_UNKNOWN, "no answer of hfaxd; look into its queue");
    else
        tsk_delivery_detail(report, TSK_DELIVERED_LATER, "hfaxd did not take it: %.160s", answer);
}

static void deliver(struct tsk_channel *channel, const struct tsk_letter *letter, struct tsk_delivery_report *report)
{
    struct fax_channel *fax = (struct fax_channel *)channel;
    char number[64], dial[128], wait[48], path[4096], answer[ANSWER_MAX];
    int64_t minutes = letter->until_ms == 0 ? KILL_MINUTES_MAX : (letter->until_ms - tsk_wall_ms()) / 60000;
    struct tsk_err err = { 0 };
    int pages = 0, status;

    tsk_fax_number(number, sizeof number, letter->to);
    snprintf(dial, sizeof dial, "%s%s", fax->config->prefix, number);
    snprintf(path, sizeof path, "%s/%s.tif", fax->letters, letter->id);
    snprintf(wait, sizeof wait, "now + %d minutes",
             minutes > KILL_MINUTES_MAX ? KILL_MINUTES_MAX
             : minutes < 1              ? 1
                                        : (int)minutes);
    if (number[0] == '\0') {
        tsk_delivery_detail(report, TSK_DELIVERED_FAILED, "the entry has no fax number");
        return;
    }
    if (tsk_fax_pages_write(&pages, path, letter, &err) != 0) {
        tsk_delivery_detail(report, TSK_DELIVERED_LATER, "%s", err.text);
        return;
    }
    /* clang-format off */
    const char *argv[] = { fax->config->program, "-n", "-m", "-h", fax->config->server, "-o", "tasuki", "-f", letter->from,
                           "-i", letter->id, "-t", "1", "-T", "6", "-k", wait, "-d", dial, path, NULL };
    char *words[TSK_COUNT(argv)];
    /* clang-format on */
    memcpy(words, argv, sizeof argv);
    status = run_sendfax(fax, words, answer, sizeof answer);
    unlink(path);
    report_answer(report, status, answer, pages);
}

static void close_channel(struct tsk_channel *channel)
{
    struct fax_channel *fax = (struct fax_channel *)channel;

    free(fax->letters);
    free(fax);
}

int tsk_fax_out_open(struct tsk_channel **out, const struct tsk_site *site, struct tsk_err *err)
{
    struct fax_channel *fax = calloc(1, sizeof *fax);

    *out = NULL;
    if (fax == NULL || (fax->letters = tsk_site_path(site, "letters")) == NULL) {
        free(fax);
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    }
    fax->channel = (struct tsk_channel){ .name = "fax", .deliver = deliver, .close = close_channel };
    fax->config = &site->config->fax;
    if (tsk_dir_make(fax->letters, 0700, err) != 0) {
        close_channel(&fax->channel);
        return -1;
    }
    *out = &fax->channel;
    return 0;
}
