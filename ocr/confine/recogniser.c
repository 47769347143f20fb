#include "ocr/confine/recogniser.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "ocr/confine/lock.h"
#include "ocr/confine/pdf.h"
#include "ocr/confine/protocol.h"
#include "ocr/decode/decode.h"

#define IDLE_LIMIT_MS 60000
#define CONNECTIONS_MAX 8
#define ARGS_MAX 64
/* After a cancelled child: how long its end may take to be told. */
#define CANCEL_LIMIT_MS 10000

struct tsk_recogniser {
    int socket;
    int pipe;               /* frames of the document in progress; -1 when none or over */
    bool ready, busy, told; /* told: how the child ended */
    bool cancelled;
    struct tsk_frames frames;
    tsk_frame_fn *sink;
    void *ctx;
    bool sink_refused;
    int64_t idle_limit_ms, heard_ms;
    struct tsk_outcome outcome;
};

/* Memory of the whole machine, an administrator. */
static bool is_from_outside(int signal)
{
    return signal == SIGKILL || signal == SIGTERM || signal == SIGINT;
}

bool tsk_outcome_blames_document(const struct tsk_outcome *o)
{
    if (o->end == TSK_END_SIGNAL)
        return !is_from_outside(o->detail);
    return o->end == TSK_END_EXIT || o->end == TSK_END_TIMEOUT || o->end == TSK_END_GARBLED;
}

int tsk_recogniser_adopt(struct tsk_recogniser **out, int fd, struct tsk_err *err)
{
    struct tsk_recogniser *r = calloc(1, sizeof *r);

    *out = r;
    if (r == NULL) {
        close(fd);
        return tsk_fail(err, TSK_RETRY, ENOMEM, "no memory to talk to the recogniser");
    }
    r->socket = fd;
    r->pipe = -1;
    return 0;
}

int tsk_recogniser_connect(struct tsk_recogniser **out, const char *socket_path, struct tsk_err *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = -1;

    *out = NULL;
    if (strlen(socket_path) >= sizeof address.sun_path)
        return tsk_fail(err, TSK_REJECT, 0,
                        "%s: the path of a socket is 107 bytes at most; choose a shorter site folder", socket_path);
    memcpy(address.sun_path, socket_path, strlen(socket_path));
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        tsk_fail(err, TSK_RETRY, errno, "%s: the recogniser does not answer", socket_path);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return tsk_recogniser_adopt(out, fd, err);
}

/* execv() changes nothing of what it is given, and only its type does not say so. */
static char *as_argument(const char *text)
{
    union {
        const char *given;
        char *wanted;
    } argument = { .given = text };

    return argument.wanted;
}

static void exec_recogniser(int *fds, size_t count, const char *const *args)
{
    char numbers[CONNECTIONS_MAX][4];
    char *argv[4 + 2 * CONNECTIONS_MAX + ARGS_MAX] = { as_argument("tasuki"), as_argument("recogniser") };
    size_t n = 2;
    struct tsk_err err;
    int nowhere = open("/dev/null", O_RDWR);

    if (nowhere < 0 || dup2(nowhere, STDIN_FILENO) < 0 || dup2(nowhere, STDOUT_FILENO) < 0 ||
        tsk_keep_fds(fds, count, &err) != 0)
        _exit(126);
    for (size_t i = 0; i < count; i++) {
        snprintf(numbers[i], sizeof numbers[i], "%d", fds[i] % 100);
        argv[n++] = as_argument("--fd");
        argv[n++] = numbers[i];
    }
    for (size_t i = 0; args != NULL && args[i] != NULL && i < ARGS_MAX; i++)
        argv[n++] = as_argument(args[i]);
    execv("/proc/self/exe", argv);
    _exit(127);
}

static int make_pairs(int ours[], int theirs[], size_t count, struct tsk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
            return tsk_fail(err, TSK_RETRY, errno, "a connection to the recogniser cannot be made");
        ours[i] = pair[0];
        theirs[i] = pair[1];
    }
    return 0;
}

int tsk_recogniser_start(struct tsk_recogniser **out, size_t count, const char *const *args, pid_t *pid,
                         struct tsk_err *err)
{
    int ours[CONNECTIONS_MAX], theirs[CONNECTIONS_MAX], rc = -1;

    if (count == 0 || count > CONNECTIONS_MAX)
        return tsk_fail(err, TSK_REJECT, 0, "1 to %d readers at once are possible", CONNECTIONS_MAX);
    for (size_t i = 0; i < count; i++) {
        ours[i] = theirs[i] = -1;
        out[i] = NULL;
    }
    if (make_pairs(ours, theirs, count, err) != 0)
        goto out;
    *pid = fork();
    if (*pid == 0)
        exec_recogniser(theirs, count, args);
    if (*pid < 0) {
        tsk_fail(err, TSK_RETRY, errno, "the recogniser cannot be started");
        goto out;
    }
    rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        rc = tsk_recogniser_adopt(&out[i], ours[i], err);
        ours[i] = -1;
    }
out:
    for (size_t i = 0; i < count; i++) {
        if (ours[i] >= 0)
            close(ours[i]);
        if (theirs[i] >= 0)
            close(theirs[i]);
    }
    return rc;
}

void tsk_recogniser_close(struct tsk_recogniser **recogniser)
{
    struct tsk_recogniser *r = *recogniser;

    if (r == NULL)
        return;
    if (r->pipe >= 0)
        close(r->pipe);
    close(r->socket);
    tsk_frames_free(&r->frames);
    free(r);
    *recogniser = NULL;
}

static void cancel(struct tsk_recogniser *r)
{
    struct tsk_err ignored;

    if (r->cancelled || r->told)
        return;
    r->cancelled = true;
    r->heard_ms = tsk_mono_ms();
    /* A recogniser that is gone is noticed when its end of the socket is read. */
    if (tsk_packet_send_take(r->socket, json_pack("{s:b}", "cancel", 1), &ignored) != 0)
        return;
}

/* The first cause stands: what follows from it says nothing new. */
static void settle(struct tsk_recogniser *r, enum tsk_end end, int detail, const struct tsk_err *why)
{
    if (r->outcome.end != TSK_END_OK)
        return;
    r->outcome.end = end;
    r->outcome.detail = detail;
    r->outcome.fault = *why;
}

static void ended(struct tsk_recogniser *r, const json_t *json)
{
    const char *end = json_string_value(json_object_get(json, "end"));
    int detail = (int)json_integer_value(json_object_get(json, "detail"));
    struct tsk_err why = { 0 };

    r->told = true;
    r->outcome.peak_kb = (long)json_integer_value(json_object_get(json, "peak_kb"));
    r->outcome.cpu_ms = json_integer_value(json_object_get(json, "cpu_ms"));
    if (end != NULL && (strcmp(end, "timeout") == 0 || (strcmp(end, "signal") == 0 && detail == SIGXCPU))) {
        tsk_fail(&why, TSK_HOLD, 0, "takes too long to read; the original is kept for a person");
        settle(r, TSK_END_TIMEOUT, detail, &why);
    } else if (end != NULL && strcmp(end, "signal") == 0 && is_from_outside(detail)) {
        tsk_fail(&why, TSK_RETRY, 0, "the reader was ended from outside (signal %d)", detail);
        settle(r, TSK_END_SIGNAL, detail, &why);
    } else if (end != NULL && strcmp(end, "signal") == 0) {
        tsk_fail(&why, TSK_HOLD, 0, "the reader broke down on it (signal %d%s); the original is kept for a person",
                 detail, detail == SIGSYS ? ", a forbidden call" : "");
        settle(r, TSK_END_SIGNAL, detail, &why);
    } else if (!r->frames.ended && detail != 0) {
        tsk_fail(&why, TSK_HOLD, 0, "the reader ended without a word (status %d); the original is kept for a person",
                 detail);
        settle(r, TSK_END_EXIT, detail, &why);
    }
}

static int refused(const json_t *json, struct tsk_err *err)
{
    const json_t *why = json_object_get(json, "refused");
    const char *text = json_string_value(json_object_get(why, "text"));

    return tsk_fail(err, (enum tsk_kind)json_integer_value(json_object_get(why, "kind")), 0, "%s",
                    text != NULL ? text : "the recogniser does not read");
}

/* 1: a packet was handled; 0: none there; -1: the recogniser is gone or refuses. */
static int hear_packet(struct tsk_recogniser *r, struct tsk_err *err)
{
    json_t *json;
    int fds[TSK_PACKET_FDS], rc = tsk_packet_take(r->socket, &json, fds, err);

    if (rc != 1)
        return rc;
    for (int i = 0; i < TSK_PACKET_FDS; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    if (json_object_get(json, "refused") != NULL)
        rc = refused(json, err);
    else if (json_object_get(json, "ready") != NULL)
        r->ready = true;
    else if (json_object_get(json, "end") != NULL && r->busy)
        ended(r, json);
    json_decref(json);
    return rc;
}

int tsk_recogniser_ready(struct tsk_recogniser *r, int64_t limit_ms, struct tsk_err *err)
{
    int64_t deadline = limit_ms >= 0 ? tsk_mono_ms() + limit_ms : INT64_MAX;
    struct pollfd fd = { .fd = r->socket, .events = POLLIN };

    while (!r->ready) {
        int64_t left = deadline - tsk_mono_ms();

        if (left <= 0)
            return tsk_fail(err, TSK_RETRY, 0, "the recogniser is not ready after %lld s",
                            (long long)(limit_ms / 1000));
        if (poll(&fd, 1, tsk_real_wait_ms(left < 1000 ? left : 1000)) > 0 && hear_packet(r, err) < 0)
            return -1;
    }
    return 0;
}

int tsk_recogniser_begin(struct tsk_recogniser *r, const struct tsk_request *request, int document_fd,
                         tsk_frame_fn *sink, void *ctx, struct tsk_err *err)
{
    int pair[2], fds[TSK_PACKET_FDS], rc;
    json_t *json;

    if (r->busy)
        return tsk_fail(err, TSK_REJECT, 0, "the recogniser reads one document at a time");
    if (pipe2(pair, O_CLOEXEC) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "a pipe to the recogniser cannot be made");
    json = tsk_request_to_json(request);
    fds[0] = document_fd;
    fds[1] = pair[1];
    rc = json != NULL ? tsk_packet_send(r->socket, json, fds, TSK_PACKET_FDS, err)
                      : tsk_fail(err, TSK_REJECT, 0, "the request to the recogniser is not UTF-8");
    json_decref(json);
    close(pair[1]);
    if (rc != 0 || fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0) {
        close(pair[0]);
        return -1;
    }
    r->pipe = pair[0];
    r->busy = true;
    r->told = r->cancelled = r->sink_refused = false;
    r->sink = sink;
    r->ctx = ctx;
    r->idle_limit_ms = request->idle_limit_ms > 0 ? request->idle_limit_ms : IDLE_LIMIT_MS;
    r->heard_ms = tsk_mono_ms();
    memset(&r->outcome, 0, sizeof r->outcome);
    tsk_frames_start(&r->frames);
    return 0;
}

int tsk_recogniser_polls(const struct tsk_recogniser *r, struct pollfd out[2])
{
    int n = 0;

    out[n++] = (struct pollfd){ .fd = r->socket, .events = POLLIN };
    if (r->pipe >= 0)
        out[n++] = (struct pollfd){ .fd = r->pipe, .events = POLLIN };
    return n;
}

/* Between the parser and the caller's sink, to know whose error it was. */
static int hand_over(void *ctx, const struct tsk_frame *frame, struct tsk_err *err)
{
    struct tsk_recogniser *r = ctx;
    struct tsk_err fault = { 0 };

    if (frame->type == TSK_FRAME_ERROR) {
        tsk_frame_error(frame, &fault);
        settle(r, TSK_END_FAULT, 0, &fault);
        return 0;
    }
    if (r->sink(r->ctx, frame, err) != 0) {
        r->sink_refused = true;
        return -1;
    }
    return 0;
}

static void close_pipe(struct tsk_recogniser *r)
{
    close(r->pipe);
    r->pipe = -1;
}

static void hear_frames(struct tsk_recogniser *r)
{
    static char chunk[1 << 16];
    struct tsk_err why = { 0 };

    for (int i = 0; i < 16 && r->pipe >= 0; i++) {
        ssize_t n = read(r->pipe, chunk, sizeof chunk);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            close_pipe(r);
            return;
        }
        r->heard_ms = tsk_mono_ms();
        if (tsk_frames_feed(&r->frames, chunk, (size_t)n, hand_over, r, &why) != 0) {
            settle(r, r->sink_refused ? TSK_END_REFUSED : TSK_END_GARBLED, 0, &why);
            close_pipe(r);
            cancel(r);
        }
    }
}

static void check_idle(struct tsk_recogniser *r)
{
    struct tsk_err why = { 0 };

    if (r->cancelled || tsk_mono_ms() - r->heard_ms < r->idle_limit_ms)
        return;
    tsk_fail(&why, TSK_HOLD, 0, "takes too long to read; the original is kept for a person");
    settle(r, TSK_END_TIMEOUT, 0, &why);
    cancel(r);
}

static int finish(struct tsk_recogniser *r, struct tsk_outcome *outcome)
{
    struct tsk_err why = { 0 };

    if (r->outcome.end == TSK_END_OK && tsk_frames_finish(&r->frames, &why) != 0)
        settle(r, TSK_END_GARBLED, 0, &why);
    r->outcome.pages = r->frames.pages;
    tsk_frames_free(&r->frames);
    r->busy = false;
    *outcome = r->outcome;
    return 1;
}

int tsk_recogniser_step(struct tsk_recogniser *r, struct tsk_outcome *outcome, struct tsk_err *err)
{
    int rc;

    if (r->pipe >= 0)
        hear_frames(r);
    while ((rc = hear_packet(r, err)) == 1)
        continue;
    if (rc < 0)
        return -1;
    if (r->told && r->pipe >= 0)
        hear_frames(r);
    if (r->told && r->pipe < 0)
        return finish(r, outcome);
    if (r->cancelled && tsk_mono_ms() - r->heard_ms > CANCEL_LIMIT_MS)
        return tsk_fail(err, TSK_RETRY, 0, "the recogniser does not answer any more");
    check_idle(r);
    return 0;
}

int tsk_recogniser_read(struct tsk_recogniser *r, const struct tsk_request *request, int document_fd,
                        tsk_frame_fn *sink, void *ctx, struct tsk_outcome *outcome, struct tsk_err *err)
{
    int rc;

    if (tsk_recogniser_begin(r, request, document_fd, sink, ctx, err) != 0)
        return -1;
    while ((rc = tsk_recogniser_step(r, outcome, err)) == 0) {
        struct pollfd fds[2];
        int n = tsk_recogniser_polls(r, fds);

        if (poll(fds, (nfds_t)n, tsk_real_wait_ms(1000)) < 0 && errno != EINTR)
            return tsk_fail(err, TSK_RETRY, errno, "the recogniser cannot be heard");
    }
    return rc < 0 ? -1 : 0;
}

int tsk_document_prepare(int document_fd, int *out_fd, bool *raster, struct tsk_err *err)
{
    unsigned char head[TSK_SNIFF_BYTES];
    ssize_t len = pread(document_fd, head, sizeof head, 0);
    enum tsk_content content;

    *out_fd = -1;
    *raster = false;
    if (len < 0)
        return tsk_fail(err, errno == EISDIR || errno == ESPIPE ? TSK_REJECT : TSK_RETRY, errno, "cannot be read");
    content = tsk_sniff(head, (size_t)len);
    if (content == TSK_CONTENT_EMPTY)
        return tsk_fail(err, TSK_HOLD, 0, "is empty; ask the sender to send it again");
    if (content == TSK_CONTENT_UNKNOWN || content == TSK_CONTENT_RASTER)
        return tsk_fail(err, TSK_HOLD, 0,
                        "is not a TIFF, PDF, PNG or JPEG file; the original is kept, ask for a fax or a PDF");
    if (content == TSK_CONTENT_PDF) {
        *raster = true;
        return tsk_pdf_rasterise(out_fd, document_fd, err);
    }
    *out_fd = fcntl(document_fd, F_DUPFD_CLOEXEC, 3);
    return *out_fd >= 0 ? 0 : tsk_fail(err, TSK_RETRY, errno, "cannot be handed to the recogniser");
}
