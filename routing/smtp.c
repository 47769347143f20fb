/*
 * One connection a message: a kept connection that the server has closed meanwhile would look like "no answer".
 * What curl gives (7.88): a refused MAIL, RCPT or DATA is CURLE_SEND_ERROR with the reply's code; a reply after the text
 * that is not 250 is CURLE_WEIRD_SERVER_REPLY with its code. The code stays 354 when nothing came after the text.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/file.h"
#include "routing/channel.h"

enum { URL_MAX = 512, CONNECT_S = 20, PASSWORD_MAX = 1024 };

struct smtp {
    struct tsk_channel channel;
    const struct tsk_mail_config *config;
    char *password_path; /* NULL = no authentication */
    char url[URL_MAX];
    int socket; /* curl's, of the session that runs; -1 = none */
};

struct upload {
    const char *bytes;
    size_t len, at;
    bool finished; /* curl has all of it */
};

struct reply {
    char line[240]; /* the one that decided: the first refusal, else the last, but for the farewell */
};

static size_t give(char *to, size_t size, size_t count, void *ctx)
{
    struct upload *upload = ctx;
    size_t room = size * count, left = upload->len - upload->at;
    size_t len = left < room ? left : room;

    memcpy(to, upload->bytes + upload->at, len);
    upload->at += len;
    upload->finished |= len == 0;
    return len;
}

static bool refusal(const char *line)
{
    return line[0] == '4' || line[0] == '5';
}

static size_t take_reply(char *from, size_t size, size_t count, void *ctx)
{
    struct reply *reply = ctx;
    size_t len = size * count;
    int shown = len < sizeof reply->line ? (int)len : (int)sizeof reply->line - 1;
    bool farewell = len >= 3 && memcmp(from, "221", 3) == 0;

    if (!refusal(reply->line) && !farewell)
        snprintf(reply->line, sizeof reply->line, "%.*s", shown, from);
    return len;
}

static size_t discard(char *from, size_t size, size_t count, void *ctx)
{
    (void)from;
    (void)ctx;
    return size * count;
}

static int note_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
    struct smtp *smtp = ctx;

    (void)purpose;
    smtp->socket = fd;
    return CURL_SOCKOPT_OK;
}

/* Ends the connection as well: curl would say QUIT and wait up to two minutes for the answer. */
static int look_for_stop(void *ctx, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    struct smtp *smtp = ctx;

    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    if (smtp->channel.stop == NULL || *smtp->channel.stop == 0)
        return 0;
    if (smtp->socket >= 0)
        (void)shutdown(smtp->socket, SHUT_RDWR);
    return 1;
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

static void judge(struct tsk_delivery_report *report, CURLcode rc, long code, bool text_sent, const char *last,
                  const char *trouble)
{
    bool about_message = rc == CURLE_SEND_ERROR || text_sent; /* else the session itself: TLS, login, greeting */

    if (rc == CURLE_OK)
        tsk_delivery_detail(report, TSK_DELIVERED_SENT, "%s", last);
    else if (code >= 500 && code <= 599 && about_message)
        tsk_delivery_detail(report, TSK_DELIVERED_FAILED, "%s", last);
    else if (text_sent && (code < 400 || code > 599))
        tsk_delivery_detail(report, TSK_DELIVERED_UNKNOWN, "no answer after the text was sent: %s", trouble);
    else if (code >= 400 && code <= 599)
        tsk_delivery_detail(report, TSK_DELIVERED_LATER, "%s", last);
    else
        tsk_delivery_detail(report, TSK_DELIVERED_LATER, "%s", trouble);
}

static int set_options(CURL *curl, struct smtp *smtp, const char *from, struct curl_slist *to, struct upload *upload,
                       struct reply *reply, const char *password)
{
    const struct tsk_mail_config *config = smtp->config;
    bool plain = strcmp(config->smtp_tls, "none") == 0;
    int bad = 0;

    bad |= curl_easy_setopt(curl, CURLOPT_URL, smtp->url) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps") != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)config->timeout_s) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_USE_SSL, plain ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) != CURLE_OK;
    if (config->smtp_ca_file[0] != '\0')
        bad |= curl_easy_setopt(curl, CURLOPT_CAINFO, config->smtp_ca_file) != CURLE_OK;
    if (config->smtp_user[0] != '\0') {
        bad |= curl_easy_setopt(curl, CURLOPT_USERNAME, config->smtp_user) != CURLE_OK;
        bad |= curl_easy_setopt(curl, CURLOPT_PASSWORD, password) != CURLE_OK;
    }
    bad |= curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_READFUNCTION, give) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_READDATA, upload) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_reply) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_HEADERDATA, reply) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, note_socket) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_SOCKOPTDATA, smtp) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) != CURLE_OK; /* asks about once a second whether to go on */
    bad |= curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_for_stop) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_XFERINFODATA, smtp) != CURLE_OK;
    return bad ? -1 : 0;
}

static void send_with(CURL *curl, struct smtp *smtp, const struct tsk_letter *letter, const char *password,
                      struct tsk_delivery_report *report)
{
    char from[320], to[320], trouble[CURL_ERROR_SIZE] = "";
    struct tsk_buf wire = TSK_BUF(2 * TSK_MAIL_BYTES_MAX);
    struct reply reply = { "" };
    struct upload upload;
    struct curl_slist *list = NULL;
    long code = 0;
    CURLcode rc;

    snprintf(from, sizeof from, "<%s>", letter->from);
    snprintf(to, sizeof to, "<%s>", letter->to);
    to_crlf(&wire, letter);
    upload = (struct upload){ tsk_buf_text(&wire), wire.len, 0, false };
    if (wire.failed || (list = curl_slist_append(NULL, to)) == NULL ||
        set_options(curl, smtp, from, list, &upload, &reply, password) != 0 ||
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, trouble) != CURLE_OK) {
        tsk_delivery_detail(report, TSK_DELIVERED_LATER, "the mail session could not be prepared");
        goto out;
    }
    smtp->socket = -1;
    rc = curl_easy_perform(curl);
    smtp->socket = -1;
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    judge(report, rc, code, upload.finished, reply.line, trouble[0] != '\0' ? trouble : curl_easy_strerror(rc));
out:
    curl_slist_free_all(list);
    tsk_buf_free(&wire);
}

static void deliver(struct tsk_channel *channel, const struct tsk_letter *letter, struct tsk_delivery_report *report)
{
    struct smtp *smtp = (struct smtp *)(void *)channel;
    struct tsk_buf password = TSK_BUF(PASSWORD_MAX);
    struct tsk_err err = { 0 };
    CURL *curl = NULL;

    if (!tsk_mail_address_valid(letter->from) || !tsk_mail_address_valid(letter->to))
        tsk_delivery_detail(report, TSK_DELIVERED_FAILED, "the sender's or the recipient's address is not valid");
    else if (smtp->password_path != NULL && read_password(smtp, &password, &err) != 0)
        tsk_delivery_detail(report, TSK_DELIVERED_LATER, "%s", err.text);
    else if ((curl = curl_easy_init()) == NULL)
        tsk_delivery_detail(report, TSK_DELIVERED_LATER, "the mail session could not be prepared");
    else
        send_with(curl, smtp, letter, tsk_buf_text(&password), report);
    curl_easy_cleanup(curl);
    if (password.data != NULL)
        explicit_bzero(password.data, password.cap);
    tsk_buf_free(&password);
}

static void close_smtp(struct tsk_channel *channel)
{
    struct smtp *smtp = (struct smtp *)(void *)channel;

    free(smtp->password_path);
    free(smtp);
    curl_global_cleanup();
}

int tsk_smtp_open(struct tsk_channel **out, const struct tsk_mail_config *config, const char *site_dir,
                  struct tsk_err *err)
{
    struct smtp *smtp = calloc(1, sizeof *smtp);
    const char *file = config->smtp_password_file;
    int len;

    *out = NULL;
    if (smtp == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(smtp);
        return tsk_fail(err, TSK_RETRY, 0, "the mail library could not be started");
    }
    smtp->channel = (struct tsk_channel){ "smtp", TSK_MAIL_BASE64, NULL, deliver, close_smtp };
    smtp->config = config;
    *out = &smtp->channel;
    /* The path of an SMTP URL is the name for EHLO; without one curl would tell this machine's own. */
    len = snprintf(smtp->url, sizeof smtp->url, "%s/%s", config->smtp_url, config->domain);
    if (len < 0 || (size_t)len >= sizeof smtp->url) {
        tsk_channel_close(out);
        return tsk_fail(err, TSK_REJECT, 0, "mail.smtp_url is too long");
    }
    if (config->smtp_user[0] != '\0' &&
        asprintf(&smtp->password_path, "%s%s%s", file[0] == '/' ? "" : site_dir, file[0] == '/' ? "" : "/", file) < 0) {
        smtp->password_path = NULL;
        tsk_channel_close(out);
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a channel");
    }
    return 0;
}
