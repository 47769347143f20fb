#include "gateway/imap/token_run.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "gateway/role.h"

#define WORDS_MAX 32
#define FORM_MAX ((size_t)65536)

static size_t take(char *bytes, size_t size, size_t count, void *ctx)
{
    struct tsk_buf *answer = ctx;

    tsk_buf_add(answer, bytes, size * count);
    return answer->failed ? 0 : size * count;
}

static void add_field(struct tsk_buf *form, CURL *curl, const char *name, const char *value)
{
    char *escaped = value[0] != '\0' ? curl_easy_escape(curl, value, 0) : NULL;

    if (escaped != NULL)
        tsk_buf_printf(form, "%s%s=%s", form->len > 0 ? "&" : "", name, escaped);
    curl_free(escaped);
}

static void fill_form(struct tsk_buf *form, CURL *curl, const struct tsk_token_request *request)
{
    bool refresh = request->refresh_token[0] != '\0';

    add_field(form, curl, "grant_type", refresh ? "refresh_token" : "client_credentials");
    add_field(form, curl, "client_id", request->imap->client_id);
    add_field(form, curl, "client_secret", request->client_secret);
    add_field(form, curl, "refresh_token", request->refresh_token);
    add_field(form, curl, "scope", request->imap->scope);
}

/* "invalid_grant" and the like (RFC 6749, 5.2): a word for machines, that people can look up. */
static int refused(const struct tsk_token_request *request, const struct tsk_buf *answer, long status,
                   struct tsk_err *err)
{
    json_t *json = json_loadb(tsk_buf_text(answer), answer->len, 0, NULL);
    const char *word = json_string_value(json_object_get(json, "error"));

    if (word == NULL || strspn(word, "abcdefghijklmnopqrstuvwxyz_") != strlen(word))
        word = "no reason given";
    if (status >= 500 || status == 429)
        tsk_fail(err, TSK_RETRY, 0, "source %s: the token endpoint answers %ld", request->source, status);
    else
        tsk_fail(err, TSK_REJECT, 0,
                 "source %s: the token endpoint refused us (%ld, %.60s); sign in again and put the new refresh token "
                 "into imap.refresh_token_file, or correct client_id and client_secret_file",
                 request->source, status, word);
    json_decref(json);
    return -1;
}

static void set_up(CURL *curl, const struct tsk_token_request *request, const char *form, struct tsk_buf *answer)
{
    curl_easy_setopt(curl, CURLOPT_URL, request->imap->token_url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)request->imap->timeout_s);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, form);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    if (request->ca_file != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, request->ca_file);
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
}

int tsk_token_ask(struct tsk_buf *answer, const struct tsk_token_request *request, struct tsk_err *err)
{
    CURL *curl = curl_easy_init();
    struct tsk_buf form = TSK_BUF(FORM_MAX);
    long status = 0;
    CURLcode code;

    if (curl == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    fill_form(&form, curl, request);
    set_up(curl, request, tsk_buf_text(&form), answer);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    if (form.data != NULL)
        explicit_bzero(form.data, form.len);
    tsk_buf_free(&form);
    if (code != CURLE_OK)
        return tsk_fail(err, TSK_RETRY, 0, "source %s: the token endpoint cannot be asked: %s", request->source,
                        curl_easy_strerror(code));
    return status == 200 ? 0 : refused(request, answer, status, err);
}

static void become(const struct tsk_strings *command, int out)
{
    char *words[WORDS_MAX + 1] = { NULL };

    tsk_role_unblock(false);
    signal(SIGPIPE, SIG_DFL);
    alarm(0);
    for (size_t i = 0; i < command->count && i < WORDS_MAX; i++)
        words[i] = strdup(command->items[i]);
    if (words[0] != NULL && dup2(out, STDOUT_FILENO) >= 0)
        execv(words[0], words);
    _exit(127);
}

/* True when it closed its output in time. */
static bool hear(struct tsk_buf *answer, int fd, int timeout_s)
{
    int64_t until = tsk_mono_ms() + (int64_t)timeout_s * 1000;
    char bytes[4096];

    for (;;) {
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        int64_t left = until - tsk_mono_ms();
        ssize_t got;

        if (left <= 0 || answer->failed || poll(&wait, 1, tsk_real_wait_ms(left)) < 0)
            return false;
        if (wait.revents == 0)
            continue;
        got = read(fd, bytes, sizeof bytes);
        if (got <= 0)
            return got == 0;
        tsk_buf_add(answer, bytes, (size_t)got);
    }
}

int tsk_token_run(struct tsk_buf *answer, const char *source, const struct tsk_strings *command, int timeout_s,
                  struct tsk_err *err)
{
    int pipes[2], status = -1;
    bool ended;
    pid_t pid;

    if (pipe2(pipes, O_CLOEXEC) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "source %s: token_command cannot be started", source);
    pid = fork();
    if (pid == 0)
        become(command, pipes[1]);
    close(pipes[1]);
    ended = pid > 0 && hear(answer, pipes[0], timeout_s);
    close(pipes[0]);
    if (pid < 0)
        return tsk_fail(err, TSK_RETRY, errno, "source %s: token_command cannot be started", source);
    if (!ended)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (!ended)
        return tsk_fail(err, TSK_RETRY, 0, "source %s: token_command does not end", source);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return tsk_fail(err, TSK_REJECT, 0, "source %s: token_command %s failed (status %d); run it by hand", source,
                        command->items[0], WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return answer->len > 0 ? 0 : tsk_fail(err, TSK_REJECT, 0, "source %s: token_command prints nothing", source);
}
