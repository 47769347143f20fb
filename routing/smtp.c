/*
 * A worker thread a connection: libcurl waits for the answer to a text without letting anything else go on, in its "multi"
 * interface too (7.88: smtp_done). A worker keeps its connection for the next letter, one recipient a message. A kept
 * connection that the server has closed meanwhile looks like silence before the first reply: then the letter goes once more
 * over a new one.
 * What curl gives: a refused MAIL, RCPT or DATA is CURLE_SEND_ERROR with the reply's code; a reply after the text that is not
 * 250 is CURLE_WEIRD_SERVER_REPLY with its code. The code stays 354 when nothing came after the text.
 */
#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "routing/channel.h"

enum { URL_MAX = 512, CONNECT_S = 20, PASSWORD_MAX = 1024, SLOWEST_BYTES_S = 4096, WORKERS_MAX = 64 };

struct session { /* one letter; a worker's from start to finished, the channel's before and after */
    struct tsk_flight *flight;
    struct tsk_buf wire;     /* the text with CRLF */
    struct tsk_buf password; /* as it stood in its file */
    struct tsk_delivery_report report;
    struct worker *worker;
    struct curl_slist *to;
    size_t at;        /* given to curl */
    bool finished;    /* curl has all of it */
    bool fresh;       /* goes over a new connection */
    atomic_bool stop; /* asked from outside */
    char line[240];   /* the reply that decided: the first refusal, else the last, but for the farewell */
    char trouble[CURL_ERROR_SIZE];
};

struct worker {
    struct smtp *smtp;
    pthread_t thread;
    CURL *curl;
    int socket;              /* -1 = none; under the lock */
    struct session *session; /* to do, or being done; under the lock */
    bool done;               /* session is ready to be taken back; under the lock */
};

struct smtp {
    struct tsk_channel channel;
    struct tsk_wire *wire;
    const struct tsk_mail_config *config;
    char *password_path; /* NULL = no authentication */
    char url[URL_MAX];
    int bell; /* eventfd: a session is done */
    pthread_mutex_t lock;
    pthread_cond_t news;
    bool quit; /* under the lock */
    struct worker workers[WORKERS_MAX];
    int worker_count;
};

static size_t give(char *to, size_t size, size_t count, void *ctx)
{
    struct session *session = ctx;
    size_t room = size * count, left = session->wire.len - session->at;
    size_t len = left < room ? left : room;

    memcpy(to, session->wire.data + session->at, len);
    session->at += len;
    session->finished |= len == 0;
    return len;
}

static bool refusal(const char *line)
{
    return line[0] == '4' || line[0] == '5';
}

static size_t take_reply(char *from, size_t size, size_t count, void *ctx)
{
    struct session *session = ctx;
    size_t len = size * count;
    int shown = len < sizeof session->line ? (int)len : (int)sizeof session->line - 1;
    bool farewell = len >= 3 && memcmp(from, "221", 3) == 0;

    if (!refusal(session->line) && !farewell)
        snprintf(session->line, sizeof session->line, "%.*s", shown, from);
    return len;
}

static size_t discard(char *from, size_t size, size_t count, void *ctx)
{
    (void)from;
    (void)ctx;
    return size * count;
}

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct worker *worker = ctx;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)purpose;
    pthread_mutex_lock(&worker->smtp->lock);
    worker->socket = fd;
    pthread_mutex_unlock(&worker->smtp->lock);
    return fd;
}

static int close_socket(void *ctx, curl_socket_t fd)
{
    struct worker *worker = ctx;

    pthread_mutex_lock(&worker->smtp->lock);
    if (worker->socket == fd)
        worker->socket = -1;
    pthread_mutex_unlock(&worker->smtp->lock);
    return close(fd);
}

static void hang_up(struct worker *worker, int how)
{
    pthread_mutex_lock(&worker->smtp->lock);
    if (worker->socket >= 0)
        (void)shutdown(worker->socket, how);
    pthread_mutex_unlock(&worker->smtp->lock);
}

/* After a refusal curl says QUIT and stands still until the answer comes: it is not waited for. */
static int watch_commands(CURL *curl, curl_infotype type, char *text, size_t len, void *ctx)
{
    struct session *session = ctx;

    (void)curl;
    if (type == CURLINFO_HEADER_OUT && len >= 4 && memcmp(text, "QUIT", 4) == 0)
        hang_up(session->worker, SHUT_RD);
    return 0;
}

static int look_for_stop(void *ctx, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    struct session *session = ctx;

    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    return atomic_load(&session->stop) ? 1 : 0;
}

static void to_crlf(struct tsk_buf *wire, const struct tsk_letter *letter)
{
    const char *at = letter->bytes, *end = at + letter->len;

    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop != NULL ? stop : end) - at);

        tsk_buf_add(wire, at, len);
        tsk_buf_puts(wire, "\r\n");
        at += len + 1;
    }
}

static int read_password(const struct smtp *smtp, struct tsk_buf *password, struct tsk_err *err)
{
    if (tsk_file_read(smtp->password_path, password, err) != 0)
        return -1;
    if (password->len > 0)
        password->data[strcspn(password->data, "\r\n")] = '\0';
    return 0;
}

/* The session itself failed, whoever the letter is for: connection, TLS, greeting, login. */
static bool our_server(CURL *curl, CURLcode rc)
{
    static const CURLcode codes[] = {
        CURLE_COULDNT_RESOLVE_HOST,     CURLE_COULDNT_CONNECT,    CURLE_USE_SSL_FAILED, CURLE_SSL_CONNECT_ERROR,
        CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_LOGIN_DENIED
    };
    curl_off_t connected = 0;

    for (size_t i = 0; i < TSK_COUNT(codes); i++)
        if (codes[i] == rc)
            return true;
    (void)curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME_T, &connected);
    return rc == CURLE_OPERATION_TIMEDOUT && connected == 0;
}

static void judge(struct session *session, CURL *curl, CURLcode rc)
{
    const char *words = session->trouble[0] != '\0' ? session->trouble : curl_easy_strerror(rc);
    bool about_message =
        rc == CURLE_SEND_ERROR || session->finished; /* else the session itself: TLS, login, greeting */
    struct tsk_delivery_report *report = &session->report;
    long code = 0;

    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    if (rc == CURLE_OK)
        tsk_delivery_detail(report, TSK_DELIVERED_SENT, "%s", session->line);
    else if (code >= 500 && code <= 599 && about_message)
        tsk_delivery_detail(report, TSK_DELIVERED_FAILED, "%s", session->line);
    else if (session->finished && (code < 400 || code > 599))
        tsk_delivery_detail(report, TSK_DELIVERED_UNKNOWN, "no answer after the text was sent: %s", words);
    else
        tsk_delivery_detail(report, TSK_DELIVERED_LATER, "%s", code >= 400 && code <= 599 ? session->line : words);
    report->ours = report->how == TSK_DELIVERED_LATER && !atomic_load(&session->stop) && our_server(curl, rc);
}

static bool went_stale(const struct session *session, CURL *curl, CURLcode rc)
{
    long connections = 0;

    (void)curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connections);
    return rc != CURLE_OK && rc != CURLE_OPERATION_TIMEDOUT && !session->fresh && connections == 0 &&
           session->line[0] == '\0' && session->at == 0 && !atomic_load(&session->stop);
}

static int set_server(CURL *curl, struct worker *worker, const char *password)
{
    const struct tsk_mail_config *config = worker->smtp->config;
    bool plain = strcmp(config->smtp_tls, "none") == 0;
    int bad = 0;

    bad |= curl_easy_setopt(curl, CURLOPT_URL, worker->smtp->url) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps") != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_USE_SSL, plain ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) != CURLE_OK;
    if (config->smtp_ca_file[0] != '\0')
        bad |= curl_easy_setopt(curl, CURLOPT_CAINFO, config->smtp_ca_file) != CURLE_OK;
    if (config->smtp_user[0] != '\0') {
        bad |= curl_easy_setopt(curl, CURLOPT_USERNAME, config->smtp_user) != CURLE_OK;
        bad |= curl_easy_setopt(curl, CURLOPT_PASSWORD, password) != CURLE_OK;
    }
    bad |= curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, worker) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, close_socket) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, worker) != CURLE_OK;
    return bad ? -1 : 0;
}

static int set_message(CURL *curl, struct session *session)
{
    const struct tsk_letter *letter = &session->flight->letter;
    char from[320], to[320];
    long seconds = session->worker->smtp->config->timeout_s + (long)(session->wire.len / SLOWEST_BYTES_S);
    int bad = 0;

    snprintf(from, sizeof from, "<%s>", letter->from);
    snprintf(to, sizeof to, "<%s>", letter->to);
    session->to = curl_slist_append(NULL, to);
    bad |= session->to == NULL;
    bad |= curl_easy_setopt(curl, CURLOPT_TIMEOUT, seconds) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, session->to) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_READFUNCTION, give) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_READDATA, session) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_reply) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_HEADERDATA, session) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, session->trouble) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L) != CURLE_OK; /* for the next two lines, nothing is printed */
    bad |= curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, watch_commands) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_DEBUGDATA, session) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) != CURLE_OK; /* asks about once a second whether to go on */
    bad |= curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_for_stop) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_XFERINFODATA, session) != CURLE_OK;
    return bad ? -1 : 0;
}

/* In the worker's thread. */
static void run_session(struct worker *worker, struct session *session)
{
    CURL *curl = worker->curl;
    CURLcode rc;

    curl_easy_reset(curl); /* connections stay */
    if (set_server(curl, worker, tsk_buf_text(&session->password)) != 0 || set_message(curl, session) != 0) {
        tsk_delivery_detail(&session->report, TSK_DELIVERED_LATER, "the mail session could not be prepared");
        return;
    }
    rc = curl_easy_perform(curl);
    if (went_stale(session, curl, rc) && curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK) {
        session->fresh = true;
        session->trouble[0] = '\0';
        rc = curl_easy_perform(curl);
    }
    judge(session, curl, rc);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 0L); /* the session goes, the handle stays */
}

static void *work(void *ctx)
{
    struct worker *worker = ctx;
    struct smtp *smtp = worker->smtp;
    uint64_t one = 1;

    pthread_mutex_lock(&smtp->lock);
    while (!smtp->quit) {
        struct session *session = worker->done ? NULL : worker->session;

        if (session == NULL) {
            pthread_cond_wait(&smtp->news, &smtp->lock);
            continue;
        }
        pthread_mutex_unlock(&smtp->lock);
        run_session(worker, session);
        pthread_mutex_lock(&smtp->lock);
        worker->done = true;
        pthread_cond_broadcast(&smtp->news);
        if (write(smtp->bell, &one, sizeof one) < 0) /* full: it rings already */
            continue;
    }
    pthread_mutex_unlock(&smtp->lock);
    curl_easy_cleanup(worker->curl);
    return NULL;
}

static void free_session(struct session *session)
{
    if (session == NULL)
        return;
    curl_slist_free_all(session->to);
    if (session->password.data != NULL)
        explicit_bzero(session->password.data, session->password.cap);
    tsk_buf_free(&session->password);
    tsk_buf_free(&session->wire);
    free(session);
}

/* The session is done and taken back from its worker. */
static void land(struct session *session)
{
    struct tsk_flight *flight = session->flight;

    flight->own = NULL;
    flight->report = session->report;
    flight->landed = true;
    free_session(session);
}

/* NULL: not done yet, or nothing to do. */
static struct session *take_back(struct worker *worker)
{
    struct session *session = NULL;

    pthread_mutex_lock(&worker->smtp->lock);
    if (worker->done) {
        session = worker->session;
        worker->session = NULL;
        worker->done = false;
    }
    pthread_mutex_unlock(&worker->smtp->lock);
    return session;
}

static void answer_bell(void *ctx, bool late)
{
    struct smtp *smtp = ctx;
    uint64_t count;

    (void)late;
    if (read(smtp->bell, &count, sizeof count) < 0)
        return;
    for (int i = 0; i < smtp->worker_count; i++) {
        struct session *session = take_back(&smtp->workers[i]);

        if (session != NULL)
            land(session);
    }
}

static struct worker *new_worker(struct smtp *smtp)
{
    struct worker *worker = &smtp->workers[smtp->worker_count];
    sigset_t all, before;
    int rc;

    if (smtp->worker_count == smtp->config->connections_max || smtp->worker_count == WORKERS_MAX)
        return NULL;
    *worker = (struct worker){ .smtp = smtp, .curl = curl_easy_init(), .socket = -1 };
    if (worker->curl == NULL)
        return NULL;
    sigfillset(&all); /* signals are the main thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&worker->thread, NULL, work, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0) {
        curl_easy_cleanup(worker->curl);
        return NULL;
    }
    smtp->worker_count++;
    return worker;
}

static struct worker *idle_worker(struct smtp *smtp)
{
    struct worker *found = NULL;

    pthread_mutex_lock(&smtp->lock);
    for (int i = 0; found == NULL && i < smtp->worker_count; i++)
        if (smtp->workers[i].session == NULL)
            found = &smtp->workers[i];
    pthread_mutex_unlock(&smtp->lock);
    return found != NULL ? found : new_worker(smtp);
}

static void give_work(struct worker *worker, struct session *session)
{
    session->worker = worker;
    session->flight->own = session;
    pthread_mutex_lock(&worker->smtp->lock);
    worker->session = session;
    pthread_cond_broadcast(&worker->smtp->news);
    pthread_mutex_unlock(&worker->smtp->lock);
}

static struct session *new_session(struct tsk_flight *flight)
{
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL)
        return NULL;
    session->flight = flight;
    session->password = TSK_BUF(PASSWORD_MAX);
    session->wire = TSK_BUF(2 * flight->letter.len + 1024);
    atomic_init(&session->stop, false);
    to_crlf(&session->wire, &flight->letter);
    return session;
}

static void start(struct tsk_channel *channel, struct tsk_flight *flight)
{
    struct smtp *smtp = (struct smtp *)(void *)channel;
    struct session *session = NULL;
    struct worker *worker = NULL;
    struct tsk_err err = { 0 };

    if (!tsk_mail_address_valid(flight->letter.from) || !tsk_mail_address_valid(flight->letter.to)) {
        tsk_flight_land(flight, TSK_DELIVERED_FAILED, "the sender's or the recipient's address is not valid");
        return;
    }
    session = new_session(flight);
    if (session != NULL && smtp->password_path != NULL && read_password(smtp, &session->password, &err) != 0) {
        tsk_flight_land(flight, TSK_DELIVERED_LATER, "%s", err.text);
        flight->report.ours = true;
    } else if (session == NULL || session->wire.failed || (worker = idle_worker(smtp)) == NULL) {
        tsk_flight_land(flight, TSK_DELIVERED_LATER, "no room for another mail session");
    } else {
        give_work(worker, session);
        return;
    }
    free_session(session);
}

/* The connection is cut, which the worker sees at once; where there is none yet, it looks about once a second. */
static void abandon(struct tsk_channel *channel, struct tsk_flight *flight)
{
    struct smtp *smtp = (struct smtp *)(void *)channel;
    struct session *session = flight->own;
    struct worker *worker = session->worker;

    atomic_store(&session->stop, true);
    hang_up(worker, SHUT_RDWR);
    pthread_mutex_lock(&smtp->lock);
    while (!worker->done)
        pthread_cond_wait(&smtp->news, &smtp->lock);
    pthread_mutex_unlock(&smtp->lock);
    land(take_back(worker));
}

static void close_smtp(struct tsk_channel *channel)
{
    struct smtp *smtp = (struct smtp *)(void *)channel;

    pthread_mutex_lock(&smtp->lock);
    smtp->quit = true;
    pthread_cond_broadcast(&smtp->news);
    pthread_mutex_unlock(&smtp->lock);
    for (int i = 0; i < smtp->worker_count; i++) {
        hang_up(&smtp->workers[i], SHUT_RDWR); /* without farewell: a server that hangs must not keep us */
        pthread_join(smtp->workers[i].thread, NULL);
    }
    if (smtp->bell >= 0) {
        tsk_wire_unwatch(smtp->wire, smtp->bell);
        close(smtp->bell);
    }
    pthread_cond_destroy(&smtp->news);
    pthread_mutex_destroy(&smtp->lock);
    free(smtp->password_path);
    free(smtp);
}

static int name_server(struct smtp *smtp, const char *site_dir, struct tsk_err *err)
{
    const struct tsk_mail_config *config = smtp->config;
    const char *file = config->smtp_password_file;
    /* The path of an SMTP URL is the name for EHLO; without one curl would tell this machine's own. */
    int len = snprintf(smtp->url, sizeof smtp->url, "%s/%s", config->smtp_url, config->domain);

    if (len < 0 || (size_t)len >= sizeof smtp->url)
        return tsk_fail(err, TSK_REJECT, 0, "mail.smtp_url is too long");
    if (config->smtp_user[0] != '\0' &&
        asprintf(&smtp->password_path, "%s%s%s", file[0] == '/' ? "" : site_dir, file[0] == '/' ? "" : "/", file) < 0) {
        smtp->password_path = NULL;
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a channel");
    }
    return 0;
}

int tsk_smtp_open(struct tsk_channel **out, struct tsk_wire *wire, const struct tsk_mail_config *config,
                  const char *site_dir, struct tsk_err *err)
{
    struct smtp *smtp = calloc(1, sizeof *smtp);

    *out = NULL;
    if (smtp == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a channel");
    smtp->channel = (struct tsk_channel){ "smtp", TSK_MAIL_BASE64, start, abandon, close_smtp };
    smtp->wire = wire;
    smtp->config = config;
    smtp->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&smtp->lock, NULL);
    pthread_cond_init(&smtp->news, NULL);
    *out = &smtp->channel;
    if (smtp->bell < 0)
        tsk_fail(err, TSK_RETRY, 0, "no descriptor for a channel");
    else if (name_server(smtp, site_dir, err) == 0 &&
             tsk_wire_watch(wire, smtp->bell, INT64_MAX, answer_bell, smtp, err) == 0)
        return 0;
    tsk_channel_close(out);
    return -1;
}
