#include "routing/webhook.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"

enum { CONNECT_S = 10, SECRET_MAX = 1024, ANSWER_MAX = 64 * 1024, WAIT_MAX_S = 6 * 3600 };

struct webhook {
    struct tsk_channel channel;
    struct tsk_wire *wire;
    const struct tsk_config *config;
    const char *site_dir;
};

struct request { /* of one flight */
    struct webhook *webhook;
    struct tsk_flight *flight;
    CURL *curl;
    struct curl_slist *headers;
    char *body;
    size_t answer; /* bytes of it, thrown away */
    char trouble[CURL_ERROR_SIZE];
};

static size_t throw_away(char *from, size_t size, size_t count, void *ctx)
{
    struct request *request = ctx;

    (void)from;
    request->answer += size * count;
    return request->answer <= ANSWER_MAX ? size * count : 0;
}

static char *print_body(const struct tsk_letter *letter)
{
    json_t *json =
        json_pack("{s:i, s:s, s:s, s:{s:s, s:s, s:s}, s:s, s:s, s:s, s:s, s:s}", "version", 1, "id", letter->id,
                  "event", letter->event, "office", "id", letter->office, "name", letter->from_name, "phone",
                  letter->phone, "recipient", letter->to_name, "case", letter->case_number, "created", letter->created,
                  "subject", letter->subject, "text", letter->body);
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;

    json_decref(json);
    return text;
}

static int add_header(struct request *request, const char *name, const char *value)
{
    char line[400];
    struct curl_slist *longer;

    snprintf(line, sizeof line, "%s: %s", name, value);
    longer = curl_slist_append(request->headers, line);
    if (longer == NULL)
        return -1;
    request->headers = longer;
    return 0;
}

static int sign(struct request *request, const char *secret)
{
    struct tsk_buf signed_text = TSK_BUF(strlen(request->body) + 64);
    char stamp[24], hex[TSK_SHA256_HEX], value[sizeof hex + 4];
    int rc;

    snprintf(stamp, sizeof stamp, "%lld", (long long)(tsk_wall_ms() / 1000));
    tsk_buf_printf(&signed_text, "%s.", stamp);
    tsk_buf_puts(&signed_text, request->body);
    tsk_hmac_sha256_hex(secret, strlen(secret), tsk_buf_text(&signed_text), signed_text.len, hex);
    snprintf(value, sizeof value, "v1=%s", hex);
    rc = signed_text.failed || add_header(request, "Tasuki-Timestamp", stamp) != 0 ||
                 add_header(request, "Tasuki-Signature", value) != 0
             ? -1
             : 0;
    tsk_buf_free(&signed_text);
    return rc;
}

static void end_request(struct request *request)
{
    request->flight->own = NULL;
    curl_easy_cleanup(request->curl);
    curl_slist_free_all(request->headers);
    free(request->body);
    free(request);
}

static void judge(struct request *request, CURLcode rc)
{
    const char *words = request->trouble[0] != '\0' ? request->trouble : curl_easy_strerror(rc);
    struct tsk_flight *flight = request->flight;
    curl_off_t sent = 0, wait_s = 0;
    long code = 0;

    (void)curl_easy_getinfo(request->curl, CURLINFO_RESPONSE_CODE, &code);
    (void)curl_easy_getinfo(request->curl, CURLINFO_SIZE_UPLOAD_T, &sent);
    (void)curl_easy_getinfo(request->curl, CURLINFO_RETRY_AFTER, &wait_s); /* a number or a date, RFC 9110 10.2.3 */
    if (code >= 200 && code <= 299)
        tsk_flight_land(flight, TSK_DELIVERED_SENT, "HTTP %ld", code);
    else if (code == 408 || code == 425 || code == 429 || code >= 500) {
        tsk_flight_land(flight, TSK_DELIVERED_LATER, "HTTP %ld", code);
        flight->report.wait_ms = (wait_s < WAIT_MAX_S ? wait_s : WAIT_MAX_S) * 1000;
    } else if (code >= 300)
        tsk_flight_land(flight, TSK_DELIVERED_FAILED, "HTTP %ld%s", code,
                        code < 400 ? ": a redirect, which is not followed; correct the url of the webhook" : "");
    else if (sent > 0 && (size_t)sent == strlen(request->body))
        tsk_flight_land(flight, TSK_DELIVERED_UNKNOWN, "no answer after the request was sent: %s", words);
    else
        tsk_flight_land(flight, TSK_DELIVERED_LATER, "%s", words);
}

static void ended(void *ctx, int code)
{
    struct request *request = ctx;

    judge(request, (CURLcode)code);
    end_request(request);
}

static int set_options(struct request *request, const struct tsk_webhook *to)
{
    CURL *curl = request->curl;
    int bad = 0;

    bad |= curl_easy_setopt(curl, CURLOPT_URL, to->url) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_PROXY, "") != CURLE_OK; /* none of the environment's */
    bad |= curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) != CURLE_OK;
    if (to->ca_file[0] != '\0')
        bad |= curl_easy_setopt(curl, CURLOPT_CAINFO, to->ca_file) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)to->timeout_s) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_USERAGENT, "tasuki") != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_HTTPHEADER, request->headers) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, throw_away) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, request) != CURLE_OK;
    bad |= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, request->trouble) != CURLE_OK;
    return bad ? -1 : 0;
}

static void begin(struct webhook *webhook, struct tsk_flight *flight, const struct tsk_webhook *to, const char *secret)
{
    struct request *request = calloc(1, sizeof *request);

    if (request == NULL) {
        tsk_flight_land(flight, TSK_DELIVERED_LATER, "no memory for a request");
        return;
    }
    request->webhook = webhook;
    request->flight = flight;
    request->curl = curl_easy_init();
    request->body = print_body(&flight->letter);
    flight->own = request;
    if (request->curl == NULL || request->body == NULL ||
        add_header(request, "Content-Type", "application/json; charset=utf-8") != 0 ||
        add_header(request, "Idempotency-Key", flight->letter.id) != 0 || add_header(request, "Expect", "") != 0 ||
        sign(request, secret) != 0 || set_options(request, to) != 0 ||
        tsk_wire_start(webhook->wire, request->curl, ended, request, NULL) != 0) {
        tsk_flight_land(flight, TSK_DELIVERED_LATER, "the request could not be prepared");
        end_request(request);
    }
}

static int read_secret(struct tsk_buf *secret, const struct webhook *webhook, const struct tsk_webhook *to,
                       struct tsk_err *err)
{
    bool absolute = to->secret_file[0] == '/';
    char *path = NULL;
    int rc;

    if (asprintf(&path, "%s%s%s", absolute ? "" : webhook->site_dir, absolute ? "" : "/", to->secret_file) < 0)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    rc = tsk_file_read(path, secret, err);
    if (rc == 0 && secret->len > 0)
        secret->data[strcspn(secret->data, "\r\n")] = '\0';
    if (rc == 0 && strlen(tsk_buf_text(secret)) < TSK_WEBHOOK_SECRET_MIN)
        rc = tsk_fail(err, TSK_REJECT, 0, "%s: the secret must have at least %d characters", path,
                      TSK_WEBHOOK_SECRET_MIN);
    free(path);
    return rc;
}

static void start(struct tsk_channel *channel, struct tsk_flight *flight)
{
    struct webhook *webhook = (struct webhook *)(void *)channel;
    const struct tsk_webhook *to = tsk_config_webhook(webhook->config, flight->letter.to);
    struct tsk_buf secret = TSK_BUF(SECRET_MAX);
    struct tsk_err err = { 0 };

    if (to == NULL)
        tsk_flight_land(flight, TSK_DELIVERED_FAILED, "the configuration has no webhook of this name any more");
    else if (read_secret(&secret, webhook, to, &err) != 0)
        tsk_flight_land(flight, TSK_DELIVERED_LATER, "%s", err.text);
    else
        begin(webhook, flight, to, tsk_buf_text(&secret));
    if (secret.data != NULL)
        explicit_bzero(secret.data, secret.cap);
    tsk_buf_free(&secret);
}

static void abandon(struct tsk_channel *channel, struct tsk_flight *flight)
{
    struct webhook *webhook = (struct webhook *)(void *)channel;
    struct request *request = flight->own;

    tsk_wire_drop(webhook->wire, request->curl);
    snprintf(request->trouble, sizeof request->trouble, "stopped");
    judge(request, CURLE_ABORTED_BY_CALLBACK);
    end_request(request);
}

static void close_webhook(struct tsk_channel *channel)
{
    free(channel);
}

int tsk_webhook_open(struct tsk_channel **out, struct tsk_wire *wire, const struct tsk_config *config,
                     const char *site_dir, struct tsk_err *err)
{
    struct webhook *webhook = calloc(1, sizeof *webhook);

    *out = NULL;
    if (webhook == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a channel");
    webhook->channel = (struct tsk_channel){ "webhook", TSK_MAIL_8BIT, start, abandon, close_webhook };
    webhook->wire = wire;
    webhook->config = config;
    webhook->site_dir = site_dir;
    *out = &webhook->channel;
    return 0;
}
