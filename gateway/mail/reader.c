/*
 * The helper that takes mails apart, and what is asked of it: a packet with two descriptors (the mail, a pipe for the result), answered by a
 * packet with how the child ended.
 */
#include "gateway/mail/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "ocr/confine/lock.h"

#define TIME_LIMIT_MS 30000
#define CPU_SECONDS 20
#define MEMORY_BYTES ((size_t)768 << 20)
#define RESULT_EXTRA ((size_t)4 << 20) /* texts beside the attachments */
#define EXIT_UNCONFINED 126

struct tsk_mail_reader {
    int socket;
    pid_t helper;
    bool gone;
};

struct packet {
    uint64_t tag; /* of the question: an answer to one that nobody waits for any more is passed over */
    int64_t len;  /* of the mail */
    int status;   /* of an answer */
};

union control { /* aligned for the header */
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * 2)];
};

/* Everything that is opened or mapped is so before the lock closes. */
static void be_child(const struct tsk_charsets *charsets, int mail, int answer, size_t len)
{
    const struct tsk_limits limits = { .memory_bytes = MEMORY_BYTES, .cpu_seconds = CPU_SECONDS };
    const void *bytes = len > 0 ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, mail, 0) : "";
    struct tsk_mail_read read;
    struct tsk_err err = { 0 };

    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || bytes == MAP_FAILED || tsk_keep_fds(&answer, 1, &err) != 0 ||
        tsk_confine(&limits, TSK_POLICY_READER, NULL, &err) != 0)
        _exit(EXIT_UNCONFINED);
    if (tsk_mail_parse(&read, charsets, bytes, len, &err) != 0)
        _exit(1);
    _exit(tsk_mail_say(answer, &read) == 0 ? 0 : 1);
}

/* Until it ends by itself, or until whoever asked has closed the connection or asks for something else. */
static int wait_for(int socket, pid_t child)
{
    struct pollfd waits[2] = { { .fd = (int)syscall(SYS_pidfd_open, child, 0), .events = POLLIN },
                               { .fd = socket, .events = POLLIN } };
    int status = 0;

    while (waits[0].fd >= 0 && poll(waits, 2, -1) < 0 && errno == EINTR)
        continue;
    if (waits[0].fd < 0 || (waits[0].revents & POLLIN) == 0)
        kill(child, SIGKILL);
    if (waits[0].fd >= 0)
        close(waits[0].fd);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

static ssize_t take_packet(int socket, struct packet *packet, int fds[2])
{
    struct iovec part = { .iov_base = packet, .iov_len = sizeof *packet };
    union control control = { .header = { .cmsg_len = 0 } };
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes
    };
    const struct cmsghdr *c;
    ssize_t got;

    do
        got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    c = CMSG_FIRSTHDR(&message);
    if (fds != NULL && c != NULL && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int) * 2))
        memcpy(fds, CMSG_DATA(c), sizeof(int) * 2);
    return got;
}

/* The helper: never sees a byte of a mail, so that none of its children inherits one. */
static void help(const struct tsk_charsets *charsets, int socket)
{
    struct packet packet;

    for (int fds[2] = { -1, -1 }; take_packet(socket, &packet, fds) == (ssize_t)sizeof packet; fds[0] = fds[1] = -1) {
        pid_t child = fds[0] >= 0 ? fork() : -1;

        if (child == 0)
            be_child(charsets, fds[0], fds[1], (size_t)packet.len);
        if (fds[0] >= 0) {
            close(fds[0]);
            close(fds[1]);
        }
        packet.status = child > 0 ? wait_for(socket, child) : -1;
        if (send(socket, &packet, sizeof packet, MSG_NOSIGNAL) < 0)
            break;
    }
}

static void be_helper(int socket)
{
    struct tsk_charsets *charsets = NULL;
    struct tsk_err err = { 0 };
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0 &&
        tsk_keep_fds(&socket, 1, &err) == 0 && tsk_charsets_open(&charsets, &err) == 0)
        help(charsets, socket);
    _exit(0);
}

int tsk_mail_reader_open(struct tsk_mail_reader **out, struct tsk_err *err)
{
    struct tsk_mail_reader *reader = calloc(1, sizeof *reader);
    int pair[2] = { -1, -1 };

    *out = NULL;
    if (reader == NULL || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0 ||
        (reader->helper = fork()) < 0) {
        tsk_fail(err, TSK_RETRY, errno, "a helper for mails cannot be started");
        if (pair[0] >= 0) {
            close(pair[0]);
            close(pair[1]);
        }
        free(reader);
        return -1;
    }
    if (reader->helper == 0)
        be_helper(pair[1]);
    close(pair[1]);
    reader->socket = pair[0];
    *out = reader;
    return 0;
}

void tsk_mail_reader_close(struct tsk_mail_reader **reader)
{
    if (*reader == NULL)
        return;
    close((*reader)->socket);
    while (waitpid((*reader)->helper, NULL, 0) < 0 && errno == EINTR)
        continue;
    free(*reader);
    *reader = NULL;
}

static int send_mail(const struct tsk_mail_reader *reader, const struct packet *packet, int fds[2])
{
    struct packet copy = *packet;
    struct iovec part = { .iov_base = &copy, .iov_len = sizeof copy };
    union control control = {
        .header = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int) * 2) }
    };
    const struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes
    };

    memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * 2);
    return sendmsg(reader->socket, &message, MSG_NOSIGNAL) == (ssize_t)sizeof copy ? 0 : -1;
}

/* 1 when the child said all it had, 0 when it took too long or said too much. */
static int hear(int fd, struct tsk_buf *out)
{
    int64_t deadline = tsk_mono_ms() + TIME_LIMIT_MS;
    static char chunk[1 << 16];

    for (;;) {
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        int64_t left = deadline - tsk_mono_ms();
        ssize_t got;

        if (left <= 0 || out->failed)
            return 0;
        if (poll(&wait, 1, tsk_real_wait_ms(left)) <= 0)
            continue;
        got = read(fd, chunk, sizeof chunk);
        if (got == 0)
            return 1;
        if (got > 0)
            tsk_buf_add(out, chunk, (size_t)got);
        else if (errno != EINTR && errno != EAGAIN)
            return 0;
    }
}

/* How the child ended; -1 when the helper is gone. A child that is not wanted any more is ended by an empty question. */
static int hear_status(const struct tsk_mail_reader *reader, uint64_t tag, bool wanted, int *status)
{
    struct packet packet = { .tag = 0 };

    if (!wanted && send(reader->socket, &packet, sizeof packet, MSG_NOSIGNAL) < 0)
        return -1;
    do
        if (take_packet(reader->socket, &packet, NULL) != (ssize_t)sizeof packet)
            return -1;
    while (packet.tag != tag);
    *status = packet.status;
    return 0;
}

static int settle(struct tsk_mail_read *out, const struct tsk_buf *said, int heard, int status, struct tsk_err *err)
{
    if (heard == 0)
        return tsk_mail_broken(out, "takes too long to take apart; look at the mail itself", err);
    if (status == -1)
        return tsk_fail(err, TSK_RETRY, 0, "a child for a mail cannot be started");
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_UNCONFINED)
        return tsk_fail(err, TSK_STOP, 0, "a child for a mail cannot be confined; this kernel needs seccomp");
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) /* its own limits end it by other signals */
        return tsk_fail(err, TSK_HOLD, 0, "the child that took it apart was ended from outside");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !tsk_mail_hear(out, said->data, said->len))
        return tsk_mail_broken(out, "cannot be taken apart; look at the mail itself", err);
    return 0;
}

/* The mail as a descriptor that cannot be written to any more by whoever gets it. */
static int closed_memory(const void *bytes, size_t len)
{
    int fd = memfd_create("mail", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd >= 0 && tsk_write_all(fd, bytes, len) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int ask(struct tsk_mail_read *out, struct tsk_mail_reader *reader, int mail, size_t len, struct tsk_err *err)
{
    struct packet packet = { .len = (int64_t)len };
    struct tsk_buf said = TSK_BUF(len + RESULT_EXTRA);
    int pipes[2], heard, status = 0, rc;

    if (getrandom(&packet.tag, sizeof packet.tag, 0) != (ssize_t)sizeof packet.tag || pipe2(pipes, O_CLOEXEC) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "a mail cannot be handed over");
    rc = send_mail(reader, &packet, (int[2]){ mail, pipes[1] });
    close(pipes[1]);
    heard = rc == 0 ? hear(pipes[0], &said) : 0;
    close(pipes[0]);
    if (rc == 0)
        rc = hear_status(reader, packet.tag, heard != 0, &status);
    reader->gone = rc != 0;
    rc = rc == 0 ? settle(out, &said, heard, status, err)
                 : tsk_fail(err, TSK_STOP, errno, "the helper that takes mails apart is gone");
    tsk_buf_free(&said);
    return rc;
}

bool tsk_mail_reader_is_gone(const struct tsk_mail_reader *reader)
{
    return reader->gone;
}

int tsk_mail_read(struct tsk_mail_read *out, struct tsk_mail_reader *reader, const void *bytes, size_t len,
                  struct tsk_err *err)
{
    int mail = closed_memory(bytes, len), rc;

    *out = (struct tsk_mail_read){ 0 };
    if (mail < 0)
        return tsk_fail(err, TSK_RETRY, errno, "no memory to hand a mail over");
    rc = ask(out, reader, mail, len, err);
    close(mail);
    if (rc != 0)
        tsk_mail_free(out);
    return rc;
}
