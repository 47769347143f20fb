#include "ocr/confine/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "ocr/confine/lock.h"
#include "ocr/confine/probe.h"
#include "ocr/confine/protocol.h"

#define CONNECTIONS_MAX 32
#define EXIT_FAULT 3 /* the child said in a frame what is wrong */
#define SAID_MAX 256
#define CHILD_FILES 16

struct connection {
    int socket;  /* -1: the slot is free, or the client went away */
    pid_t child; /* 0: none */
    int words;   /* the child's standard error; -1: none */
    char id[64];
    char said[SAID_MAX]; /* its first line, for the log if it breaks down */
    int64_t deadline;
    bool too_slow;
};

struct loop {
    const struct tsk_server *server;
    struct connection connections[CONNECTIONS_MAX];
    int listener, signals, nowhere;
    bool stop;
};

static bool is_free(const struct connection *c)
{
    return c->socket < 0 && c->child == 0;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void add_connection(struct loop *loop, int socket)
{
    struct tsk_err err;

    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *c = &loop->connections[i];

        if (!is_free(c))
            continue;
        memset(c, 0, sizeof *c);
        c->socket = socket;
        c->words = -1;
        if (tsk_packet_send_take(socket, json_pack("{s:b}", "ready", 1), &err) != 0)
            close_fd(&c->socket);
        return;
    }
    close(socket);
}

static int listen_at(const char *path, struct tsk_err *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd;

    if (strlen(path) >= sizeof address.sun_path)
        return tsk_fail(err, TSK_REJECT, 0,
                        "%s: the path of a socket is 107 bytes at most; choose a shorter site folder", path);
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && (unlink(path) == 0 || errno == ENOENT) && fchmod(fd, S_IRUSR | S_IWUSR) == 0 &&
        bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && listen(fd, CONNECTIONS_MAX) == 0)
        return fd;
    tsk_fail(err, TSK_STOP, errno, "%s: the recogniser cannot listen here", path);
    close_fd(&fd);
    return -1;
}

static int open_signals(struct tsk_err *err)
{
    sigset_t set;
    int fd;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || (fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
        return tsk_fail(err, TSK_STOP, errno, "signals cannot be taken");
    return fd;
}

/* A child dies of what it does; nobody's handler and nobody's deafness comes with it. */
static int default_signals(void)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The child: everything is closed, then locked, then the document is looked at. Never returns. */
static void read_in_child(const struct loop *loop, const struct tsk_request *request, int document, int frames,
                          int words, int64_t time_limit_ms)
{
    const struct tsk_server *server = loop->server;
    const struct tsk_limits limits = { .memory_bytes = server->memory_bytes,
                                       .cpu_seconds = (unsigned)(time_limit_ms / 1000 + 1),
                                       .files = CHILD_FILES };
    int fds[2] = { document, frames };
    struct tsk_err err = { 0 }, lost;
    int rc;

    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || default_signals() != 0 ||
        dup2(loop->nowhere, STDIN_FILENO) < 0 || dup2(loop->nowhere, STDOUT_FILENO) < 0 ||
        dup2(words, STDERR_FILENO) < 0)
        _exit(126);
    rc = tsk_keep_fds(fds, TSK_COUNT(fds), &err);
    if (rc == 0)
        rc = tsk_confine(&limits, TSK_POLICY_READER, NULL, &err);
    if (rc == 0 && request->probe != NULL)
        rc = tsk_probe(request->probe, &err);
    if (rc == 0)
        rc = server->read(server->ctx, request, fds[0], fds[1], &err);
    if (rc != 0 && tsk_frame_write_error(fds[1], &err, &lost) != 0)
        _exit(126);
    _exit(rc == 0 ? 0 : EXIT_FAULT);
}

static int start_child(struct loop *loop, struct connection *c, const struct tsk_request *request, int fds[2],
                       struct tsk_err *err)
{
    int64_t limit = loop->server->time_limit_ms;
    int words[2];

    if (request->time_limit_ms > 0 && request->time_limit_ms < limit)
        limit = request->time_limit_ms;
    if (pipe2(words, O_CLOEXEC | O_NONBLOCK) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "a reader cannot be started");
    c->child = fork();
    if (c->child == 0)
        read_in_child(loop, request, fds[0], fds[1], words[1], limit);
    close(words[1]);
    if (c->child < 0) {
        c->child = 0;
        close(words[0]);
        return tsk_fail(err, TSK_RETRY, errno, "a reader cannot be started");
    }
    c->words = words[0];
    c->deadline = tsk_mono_ms() + limit;
    c->too_slow = false;
    c->said[0] = '\0';
    snprintf(c->id, sizeof c->id, "%s", request->id);
    return 0;
}

static int refuse(int socket, const struct tsk_err *why)
{
    struct tsk_err err;

    return tsk_packet_send_take(
        socket, json_pack("{s:{s:i, s:s}}", "refused", "kind", (int)why->kind, "text", why->text), &err);
}

static int on_request(struct loop *loop, struct connection *c, json_t *json, int fds[2], struct tsk_err *err)
{
    struct tsk_request request;

    if (json_object_get(json, "cancel") != NULL) {
        if (c->child > 0)
            kill(c->child, SIGKILL);
        return 0;
    }
    if (tsk_request_from_json(&request, json, err) != 0)
        return -1;
    if (c->child > 0 || fds[0] < 0 || fds[1] < 0)
        return tsk_fail(err, TSK_REJECT, 0, "a request came without descriptors, or before the last was done");
    return start_child(loop, c, &request, fds, err);
}

static void on_packet(struct loop *loop, struct connection *c)
{
    struct tsk_err err = { 0 };
    json_t *json;
    int fds[2], rc = tsk_packet_take(c->socket, &json, fds, &err);

    if (rc == 0)
        return;
    if (rc < 0) { /* closed: a document that nobody waits for is not read to its end */
        close_fd(&c->socket);
        if (c->child > 0)
            kill(c->child, SIGKILL);
        return;
    }
    if (on_request(loop, c, json, fds, &err) != 0) {
        tsk_log_err("-", "recogniser.refused", &err);
        if (refuse(c->socket, &err) != 0)
            close_fd(&c->socket);
    }
    json_decref(json);
    close_fd(&fds[0]);
    close_fd(&fds[1]);
}

static void on_words(struct connection *c)
{
    char words[1024];
    ssize_t n;

    while ((n = read(c->words, words, sizeof words)) > 0) {
        size_t have = strlen(c->said), room = sizeof c->said - 1 - have;

        memcpy(c->said + have, words, (size_t)n < room ? (size_t)n : room);
        c->said[have + ((size_t)n < room ? (size_t)n : room)] = '\0';
    }
    if (n == 0)
        close_fd(&c->words);
}

static void on_end(struct connection *c, int status, const struct rusage *usage)
{
    struct tsk_err err;
    int64_t cpu_ms = (int64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000 +
                     (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1000;
    const char *end = c->too_slow ? "timeout" : WIFSIGNALED(status) ? "signal" : "exit";
    int detail = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);

    if (c->words >= 0)
        on_words(c);
    if (WIFSIGNALED(status) || (detail != 0 && detail != EXIT_FAULT))
        tsk_log(TSK_LOG_WARN, c->id, "event", "recogniser.child_ended", "how", end, "detail", tsk_log_num(detail),
                "said", c->said[0] != '\0' ? c->said : NULL, NULL);
    close_fd(&c->words);
    c->child = 0;
    if (c->socket >= 0 &&
        tsk_packet_send_take(c->socket,
                             json_pack("{s:s, s:i, s:I, s:I}", "end", end, "detail", detail, "peak_kb",
                                       (json_int_t)usage->ru_maxrss, "cpu_ms", (json_int_t)cpu_ms),
                             &err) != 0)
        close_fd(&c->socket);
}

static void reap(struct loop *loop)
{
    struct rusage usage;
    int status;
    pid_t pid;

    while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
        for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
            if (loop->connections[i].child == pid)
                on_end(&loop->connections[i], status, &usage);
        }
    }
}

static void on_signal(struct loop *loop)
{
    struct signalfd_siginfo info;

    while (read(loop->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo != SIGCHLD)
            loop->stop = true;
    }
    reap(loop);
}

static void end_slow_children(struct loop *loop)
{
    int64_t now = tsk_mono_ms();

    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *c = &loop->connections[i];

        if (c->child > 0 && !c->too_slow && now >= c->deadline) {
            c->too_slow = true;
            kill(c->child, SIGKILL);
        }
    }
}

static bool anybody_left(const struct loop *loop)
{
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (!is_free(&loop->connections[i]))
            return true;
    }
    return loop->listener >= 0;
}

static void turn(struct loop *loop)
{
    struct pollfd fds[2 + 2 * CONNECTIONS_MAX] = { { .fd = loop->signals, .events = POLLIN },
                                                   { .fd = loop->listener, .events = POLLIN } };

    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        fds[2 + 2 * i] = (struct pollfd){ .fd = loop->connections[i].socket, .events = POLLIN };
        fds[3 + 2 * i] =
            (struct pollfd){ .fd = loop->connections[i].child > 0 ? loop->connections[i].words : -1, .events = POLLIN };
    }
    if (poll(fds, TSK_COUNT(fds), tsk_real_wait_ms(1000)) < 0)
        return;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (fds[3 + 2 * i].revents != 0)
            on_words(&loop->connections[i]);
        if (fds[2 + 2 * i].revents != 0)
            on_packet(loop, &loop->connections[i]);
    }
    if (fds[0].revents != 0)
        on_signal(loop);
    if (fds[1].revents != 0) {
        int socket = accept4(loop->listener, NULL, NULL, SOCK_CLOEXEC);

        if (socket >= 0)
            add_connection(loop, socket);
    }
    end_slow_children(loop);
}

static void close_loop(struct loop *loop)
{
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *c = &loop->connections[i];

        if (c->child > 0) {
            kill(c->child, SIGKILL);
            while (waitpid(c->child, NULL, 0) < 0 && errno == EINTR)
                continue;
            close_fd(&c->words);
        }
        close_fd(&c->socket);
    }
    close_fd(&loop->listener);
    close_fd(&loop->signals);
    close_fd(&loop->nowhere);
}

int tsk_serve_documents(const struct tsk_server *server, struct tsk_err *err)
{
    struct loop loop = { .server = server, .listener = -1, .signals = -1, .nowhere = -1 };
    int rc = -1;

    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        loop.connections[i].socket = loop.connections[i].words = -1;
    if ((loop.nowhere = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0) {
        tsk_fail(err, TSK_STOP, errno, "/dev/null: cannot be opened");
        goto out;
    }
    if ((loop.signals = open_signals(err)) < 0)
        goto out;
    if (server->socket_path != NULL && (loop.listener = listen_at(server->socket_path, err)) < 0)
        goto out;
    for (size_t i = 0; i < server->fd_count; i++)
        add_connection(&loop, server->fds[i]);
    while (!loop.stop && anybody_left(&loop))
        turn(&loop);
    rc = 0;
out:
    close_loop(&loop);
    return rc;
}

void tsk_serve_nothing(const int *fds, size_t count, const struct tsk_err *why)
{
    for (size_t i = 0; i < count; i++) {
        int rc = refuse(fds[i], why);

        (void)rc; /* somebody who went away needs no reason */
    }
}
