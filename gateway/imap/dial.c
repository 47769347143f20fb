#include "gateway/imap/dial.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/imap/verify.h"

#define HOST_SIZE 256
#define KEEPALIVE_S 60

struct target {
    char *host; /* HOST_SIZE */
    char port[8];
    bool tls_first;
};

static void read_url(struct target *t, const char *url)
{
    const char *colon;

    t->tls_first = strncmp(url, "imaps://", 8) == 0;
    url += t->tls_first ? 8 : 7;
    colon = strrchr(url, ':');
    snprintf(t->host, HOST_SIZE, "%.*s", (int)(colon != NULL ? colon - url : (long)strlen(url)), url);
    snprintf(t->port, sizeof t->port, "%.5s", colon != NULL ? colon + 1 : t->tls_first ? "993" : "143");
}

static bool connected(int fd, const struct addrinfo *to, int timeout_ms)
{
    struct pollfd wait = { .fd = fd, .events = POLLOUT };
    int fault = 0;
    socklen_t len = sizeof fault;

    if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
        return true;
    if (errno != EINPROGRESS)
        return false;
    if (poll(&wait, 1, timeout_ms) != 1) {
        errno = ETIMEDOUT;
        return false;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &len) != 0 || fault != 0) {
        errno = fault;
        return false;
    }
    return true;
}

/* A half-open connection says nothing for ever: the kernel shall notice it within minutes. */
static void keep_alive(int fd)
{
    static const int on = 1, seconds = KEEPALIVE_S, tries = 4;

    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof tries);
}

static int open_socket(const struct target *t, uint32_t timeout_s, struct tsk_err *err)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
    struct addrinfo *list = NULL;
    int rc = getaddrinfo(t->host, t->port, &hints, &list), fd = -1, sys = 0;

    if (rc != 0)
        return tsk_fail(err, TSK_RETRY, 0, "%s cannot be found: %s", t->host, gai_strerror(rc));
    for (const struct addrinfo *to = list; to != NULL && fd < 0; to = to->ai_next) {
        fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd >= 0 && !connected(fd, to, (int)timeout_s * 1000)) {
            sys = errno;
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    if (fd < 0)
        return tsk_fail(err, TSK_RETRY, sys, "%s port %s cannot be reached", t->host, t->port);
    keep_alive(fd);
    return fd;
}

static void set_name(struct mailstream_ssl_context *context, void *host)
{
    mailstream_ssl_set_server_name(context, host);
}

/* TLS from the first byte: verified before a byte of IMAP is read. */
static int secure_first(mailimap *imap, int fd, const struct target *t, const struct tsk_dial *dial,
                        struct tsk_err *err)
{
    mailstream *stream = mailstream_ssl_open_with_callback_timeout(fd, (time_t)dial->timeout_s, set_name, t->host);

    if (stream == NULL) {
        close(fd);
        return tsk_fail(err, TSK_RETRY, 0, "%s port %s does not speak TLS with us", t->host, t->port);
    }
    if (tsk_tls_verify(stream, t->host, dial->ca_file, err) != 0) {
        mailstream_close(stream);
        return -1;
    }
    if (mailimap_connect(imap, stream) > MAILIMAP_NO_ERROR_NON_AUTHENTICATED)
        return tsk_fail(err, TSK_RETRY, 0, "%s port %s does not answer as a mailbox server", t->host, t->port);
    return 0;
}

static int secure_then(mailimap *imap, int fd, const struct target *t, const struct tsk_dial *dial, struct tsk_err *err)
{
    mailstream *stream = mailstream_socket_open_timeout(fd, (time_t)dial->timeout_s);

    if (stream == NULL) {
        close(fd);
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    }
    if (mailimap_connect(imap, stream) > MAILIMAP_NO_ERROR_NON_AUTHENTICATED)
        return tsk_fail(err, TSK_RETRY, 0, "%s port %s does not answer as a mailbox server", t->host, t->port);
    if (mailimap_socket_starttls_with_callback(imap, set_name, t->host) != MAILIMAP_NO_ERROR)
        return tsk_fail(err, TSK_STOP, 0, "%s port %s offers no encryption (STARTTLS); no password was sent", t->host,
                        t->port);
    return tsk_tls_verify(imap->imap_stream, t->host, dial->ca_file, err);
}

int tsk_dial(mailimap **out, char *host, const struct tsk_dial *dial, struct tsk_err *err)
{
    struct target t = { .host = host };
    mailimap *imap;
    int fd, rc;

    *out = NULL;
    read_url(&t, dial->url);
    if ((fd = open_socket(&t, dial->timeout_s, err)) < 0)
        return -1;
    imap = mailimap_new(0, NULL);
    if (imap == NULL) {
        close(fd);
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    }
    mailimap_set_timeout(imap, (time_t)dial->timeout_s);
    mmap_string_set_ceil(SIZE_MAX / 4); /* else libetpan puts long messages into files of /tmp */
    rc = t.tls_first ? secure_first(imap, fd, &t, dial, err) : secure_then(imap, fd, &t, dial, err);
    if (rc != 0)
        tsk_hang_up(&imap);
    *out = imap;
    return rc;
}

void tsk_hang_up(mailimap **imap)
{
    if (*imap == NULL)
        return;
    if ((*imap)->imap_stream != NULL) /* else it would say LOGOUT and wait for an answer */
        shutdown(mailstream_low_get_fd(mailstream_get_low((*imap)->imap_stream)), SHUT_RDWR);
    mailimap_free(*imap);
    *imap = NULL;
}
