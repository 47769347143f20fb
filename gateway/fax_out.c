#include "gateway/fax_out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

enum { NOT_STARTED = -1, NO_ANSWER = -2 }; /* beside what waitpid() says */

struct fax_channel {
    struct tsk_channel channel;
    struct tsk_wire *wire;
    const struct tsk_fax_config *config; /* of the site */
    char *letters;                       /* folder for pages on their way */
};

struct handover { /* one sendfax that runs */
    struct fax_channel *fax;
    struct tsk_flight *flight;
    pid_t pid;
    int fd; /* what it says */
    int pages;
    size_t len;
    char answer[ANSWER_MAX], path[PATH_MAX];
};

/* -1: it did not start */
static int spawn(struct handover *h, char *const *argv)
{
    int pipes[2];

    if (pipe2(pipes, O_CLOEXEC) != 0)
        return -1;
    h->pid = fork();
    if (h->pid == 0) {
        tsk_role_unblock(false);
        if (dup2(pipes[1], STDOUT_FILENO) >= 0 && dup2(pipes[1], STDERR_FILENO) >= 0)
            execvp(argv[0], argv);
        _exit(127);
    }
    close(pipes[1]);
    h->fd = pipes[0];
    if (h->pid < 0)
        close(pipes[0]);
    return h->pid < 0 ? -1 : 0;
}

static void land(struct tsk_flight *flight, int status, const char *answer, int pages)
{
    const char *id = strstr(answer, "request id is ");

    if (status == NOT_STARTED || (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127)) {
        tsk_flight_land(flight, TSK_DELIVERED_LATER,
                        "sendfax cannot be started; install hylafax-client or set fax.program");
        flight->report.ours = true;
    } else if (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 && id != NULL) {
        tsk_flight_land(flight, TSK_DELIVERED_SENT, "queued: job %ld, %d pages",
                        strtol(id + strlen("request id is "), NULL, 10), pages);
    } else if (status == NO_ANSWER) {
        tsk_flight_land(flight, TSK_DELIVERED_UNKNOWN, "no answer of hfaxd; look into its queue");
    } else {
        tsk_flight_land(flight, TSK_DELIVERED_LATER, "hfaxd did not take it: %.160s", answer);
        flight->report.ours = strstr(answer, "reach server") != NULL;
    }
}

static void end(struct handover *h, bool answered)
{
    int status = NO_ANSWER;

    tsk_wire_unwatch(h->fax->wire, h->fd);
    close(h->fd);
    if (!answered)
        kill(h->pid, SIGKILL);
    if (waitpid(h->pid, &status, 0) != h->pid || !answered)
        status = NO_ANSWER;
    unlink(h->path);
    h->flight->own = NULL;
    land(h->flight, status, h->answer, h->pages);
    free(h);
}

static void listen_to(void *ctx, bool late)
{
    struct handover *h = ctx;
    ssize_t got = late ? 0 : read(h->fd, h->answer + h->len, sizeof h->answer - 1 - h->len);

    if (got > 0)
        h->len += (size_t)got;
    h->answer[h->len] = '\0';
    if (late || got < 0 || h->len == sizeof h->answer - 1)
        end(h, false);
    else if (got == 0)
        end(h, true);
}

/* One try at transmission, six at dialling, and an end before the hours of the entry are over. */
static int hand_over(struct handover *h, const char *number)
{
    const struct tsk_fax_config *config = h->fax->config;
    const struct tsk_letter *letter = &h->flight->letter;
    int64_t minutes = letter->until_ms == 0 ? KILL_MINUTES_MAX : (letter->until_ms - tsk_wall_ms()) / 60000;
    char dial[128], wait[48];

    if (minutes > KILL_MINUTES_MAX)
        minutes = KILL_MINUTES_MAX;
    snprintf(dial, sizeof dial, "%s%s", config->prefix, number);
    snprintf(wait, sizeof wait, "now + %d minutes", minutes < 1 ? 1 : (int)minutes);
    /* clang-format off */
    const char *argv[] = { config->program, "-n", "-m", "-h", config->server, "-o", "tasuki", "-f", letter->from,
                           "-i", letter->id, "-t", "1", "-T", "6", "-k", wait, "-d", dial, h->path, NULL };
    char *words[TSK_COUNT(argv)];
    /* clang-format on */
    memcpy(words, argv, sizeof argv);
    return spawn(h, words);
}

static void begin(struct handover *h, const char *number)
{
    struct tsk_err err = { 0 };
    int64_t until = tsk_mono_ms() + (int64_t)h->fax->config->timeout_s * 1000;

    h->flight->own = h;
    if (tsk_fax_pages_write(&h->pages, h->path, &h->flight->letter, &err) != 0) {
        tsk_flight_land(h->flight, TSK_DELIVERED_LATER, "%s", err.text);
    } else if (hand_over(h, number) != 0) {
        land(h->flight, NOT_STARTED, "", 0);
    } else {
        if (tsk_wire_watch(h->fax->wire, h->fd, until, listen_to, h, &err) != 0)
            end(h, false);
        return;
    }
    unlink(h->path);
    h->flight->own = NULL;
    free(h);
}

static void start(struct tsk_channel *channel, struct tsk_flight *flight)
{
    struct fax_channel *fax = (struct fax_channel *)(void *)channel;
    struct handover *h = NULL;
    char number[64];

    tsk_fax_number(number, sizeof number, flight->letter.to);
    if (number[0] == '\0') {
        tsk_flight_land(flight, TSK_DELIVERED_FAILED, "the entry has no fax number");
    } else if ((h = calloc(1, sizeof *h)) == NULL ||
               snprintf(h->path, sizeof h->path, "%s/%s.tif", fax->letters, flight->letter.id) >= (int)sizeof h->path) {
        free(h);
        tsk_flight_land(flight, TSK_DELIVERED_LATER, "no memory for a fax");
    } else {
        h->fax = fax;
        h->flight = flight;
        begin(h, number);
    }
}

static void abandon(struct tsk_channel *channel, struct tsk_flight *flight)
{
    (void)channel;
    end(flight->own, false);
}

static void close_channel(struct tsk_channel *channel)
{
    struct fax_channel *fax = (struct fax_channel *)channel;

    free(fax->letters);
    free(fax);
}

int tsk_fax_out_open(struct tsk_channel **out, struct tsk_wire *wire, const struct tsk_site *site, struct tsk_err *err)
{
    struct fax_channel *fax = calloc(1, sizeof *fax);

    *out = NULL;
    if (fax == NULL || (fax->letters = tsk_site_path(site, "letters")) == NULL) {
        free(fax);
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    }
    fax->channel = (struct tsk_channel){ .name = "fax", .start = start, .abandon = abandon, .close = close_channel };
    fax->wire = wire;
    fax->config = &site->config->fax;
    if (tsk_dir_make(fax->letters, 0700, err) != 0) {
        close_channel(&fax->channel);
        return -1;
    }
    *out = &fax->channel;
    return 0;
}
