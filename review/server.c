#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "review/server.h"

#define PEM_BYTES_MAX ((size_t)256 << 10)
#define TIMEOUT_S 30
#define TLS_VERSIONS "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

static void *exchange_new(void *server, const char *uri, struct MHD_Connection *connection)
{
    struct tsk_exchange *exchange = calloc(1, sizeof *exchange);

    (void)uri;
    if (exchange == NULL)
        return NULL;
    exchange->server = server; /* an exchange may end before its handler is called once */
    exchange->connection = connection;
    exchange->request.upload = -1;
    return exchange;
}

/* Escapes are decoded by parse.c, strictly and segment by segment. */
static size_t keep_escapes(void *server, struct MHD_Connection *connection, char *text)
{
    (void)server;
    (void)connection;
    return strlen(text);
}

static void TSK_PRINTF(2, 0) note(void *server, const char *format, va_list args)
{
    char text[300];

    (void)server;
    if (vsnprintf(text, sizeof text, format, args) <= 0)
        return;
    text[strcspn(text, "\n")] = '\0';
    tsk_log(TSK_LOG_DEBUG, "-", "event", "web.library", "text", text, NULL);
}

static int bind_one(const struct addrinfo *address)
{
    int on = 1, fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, 128) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static int listen_on(struct tsk_desk_server *server, const char *listen, struct tsk_err *err)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    const char *colon = strrchr(listen, ':');
    struct addrinfo *list = NULL;
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } bound = { .six = { .sin6_family = AF_UNSPEC } };
    socklen_t len = sizeof bound;
    char host[256];
    bool bracket = listen[0] == '[';

    snprintf(host, sizeof host, "%.*s", (int)(colon - listen) - 2 * bracket, listen + bracket);
    if (getaddrinfo(host, colon + 1, &hints, &list) != 0)
        return tsk_fail(err, TSK_STOP, 0, "web.listen: \"%s\" is no address of this machine", listen);
    server->socket = bind_one(list);
    freeaddrinfo(list);
    if (server->socket < 0)
        return tsk_fail(err, TSK_STOP, errno, "the desk cannot listen on %s", listen);
    if (getsockname(server->socket, &bound.any, &len) == 0)
        server->port = ntohs(bound.any.sa_family == AF_INET6 ? bound.six.sin6_port : bound.four.sin_port);
    return 0;
}

static int read_pem(struct tsk_buf *out, const struct tsk_desk *desk, const char *path, struct tsk_err *err)
{
    char whole[4096];

    snprintf(whole, sizeof whole, "%s%s%s", path[0] == '/' ? "" : desk->dir, path[0] == '/' ? "" : "/", path);
    return tsk_file_read(whole, out, err);
}

static int start_daemon(struct tsk_desk_server *server, struct tsk_err *err)
{
    const struct tsk_web_config *web = &server->desk->config->web;
    struct tsk_buf certificate = TSK_BUF(PEM_BYTES_MAX), key = TSK_BUF(PEM_BYTES_MAX);
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_USE_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
                     (server->tls ? MHD_USE_TLS : 0);
    int rc = server->tls && (read_pem(&certificate, server->desk, web->certificate, err) != 0 ||
                             read_pem(&key, server->desk, web->key, err) != 0)
                 ? -1
                 : 0;
    const struct MHD_OptionItem options[] = {
        { MHD_OPTION_CONNECTION_LIMIT, (intptr_t)web->connections_max, NULL },
        { MHD_OPTION_PER_IP_CONNECTION_LIMIT, web->trusted_proxies.count > 0 ? 0 : (intptr_t)web->connections_max / 2,
          NULL },
        { MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S, NULL },
        { MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL },
        { MHD_OPTION_THREAD_POOL_SIZE, web->threads > 1 ? (intptr_t)web->threads : 0, NULL },
        { server->tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, certificate.data },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, key.data },
        { MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_VERSIONS },
        { MHD_OPTION_END, 0, NULL },
    };

    if (rc == 0) {
        server->daemon = MHD_start_daemon(
            flags, 0, NULL, NULL, tsk_exchange_handle, server, MHD_OPTION_EXTERNAL_LOGGER, note, server,
            MHD_OPTION_LISTEN_SOCKET, server->socket, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, server,
            MHD_OPTION_URI_LOG_CALLBACK, exchange_new, server, MHD_OPTION_NOTIFY_COMPLETED, tsk_exchange_end, server,
            MHD_OPTION_NOTIFY_CONNECTION, tsk_guard_notify, server->guard, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
        if (server->daemon == NULL)
            rc = tsk_fail(err, TSK_STOP, 0, "the desk does not start; check certificate and key under web:");
        else
            server->socket = -1; /* the library closes it */
    }
    tsk_buf_free(&certificate);
    tsk_buf_free(&key);
    return rc;
}

int tsk_desk_start(struct tsk_desk_server **out, const struct tsk_desk *desk, struct tsk_err *err)
{
    struct tsk_desk_server *server = calloc(1, sizeof *server);

    *out = NULL;
    if (server == NULL || pthread_key_create(&server->key, NULL) != 0 || pthread_mutex_init(&server->lock, NULL) != 0) {
        free(server);
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    }
    server->desk = desk;
    server->socket = -1;
    server->tls = desk->config->web.certificate[0] != '\0';
    if (tsk_static_load(&server->files, desk->static_dir, err) != 0 ||
        tsk_events_start(&server->events, desk, err) != 0 || tsk_guard_start(&server->guard, err) != 0 ||
        listen_on(server, desk->config->web.listen, err) != 0 || start_daemon(server, err) != 0) {
        tsk_desk_stop(&server);
        return -1;
    }
    *out = server;
    return 0;
}

void tsk_desk_stop(struct tsk_desk_server **server)
{
    struct tsk_desk_server *old = *server;

    if (old == NULL)
        return;
    if (old->events != NULL)
        tsk_events_stop(old->events);
    if (old->daemon != NULL)
        MHD_stop_daemon(old->daemon);
    if (old->socket >= 0)
        close(old->socket);
    tsk_workers_close(old);
    tsk_events_free(&old->events);
    tsk_guard_stop(&old->guard);
    tsk_static_free(&old->files);
    pthread_key_delete(old->key);
    pthread_mutex_destroy(&old->lock);
    free(old);
    *server = NULL;
}

int tsk_desk_port(const struct tsk_desk_server *server)
{
    return server->port;
}

void tsk_desk_print_routes(void)
{
    for (size_t t = 0; t < tsk_route_table_count; t++)
        for (const struct tsk_route *route = tsk_route_tables[t]; route->method != NULL; route++)
            printf("%s\t%s\t%u\t%u\n", route->method, route->path, route->roles, route->flags);
}
