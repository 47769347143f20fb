#include "gateway/imap/token.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/os.h"
#include "gateway/imap/token_kept.h"
#include "gateway/imap/token_run.h"
#include "vault/seal.h"
#include "vault/vault.h"

#define SECRET_MAX 8192
#define KEPT_MAX TSK_TOKEN_KEPT_MAX
#define SPARE_MS 60000 /* a token that ends sooner is renewed now */
#define LIFE_MS ((int64_t)3600000)
#define SECOND_MS ((int64_t)1000)

/* What the endpoint knows us by. */
struct refresh {
    char token[SECRET_MAX], from[TSK_SHA256_HEX]; /* from: the file that a person wrote */
    struct tsk_vault *vault;                      /* NULL on a site without keys */
};

int tsk_secret_read(char *secret, size_t size, const struct tsk_site *site, const char *path, const char *what,
                    struct tsk_err *err)
{
    char *whole = tsk_site_path(site, path);
    struct tsk_buf text = TSK_BUF(size);
    size_t len;
    int rc = -1;

    if (whole == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    if (tsk_file_read(whole, &text, err) != 0)
        goto out;
    len = strcspn(tsk_buf_text(&text), "\r\n");
    if (len == 0 || len >= size) {
        tsk_fail(err, TSK_REJECT, 0, "%s is empty or too long; put the %s into its first line", whole, what);
        goto out;
    }
    memcpy(secret, text.data, len);
    secret[len] = '\0';
    rc = 0;
out:
    if (text.data != NULL)
        explicit_bzero(text.data, text.len);
    tsk_buf_free(&text);
    free(whole);
    return rc;
}

static void forget(struct tsk_buf *text)
{
    if (text->data != NULL)
        explicit_bzero(text->data, text->len);
    tsk_buf_free(text);
}

static int load_kept(struct refresh *refresh, struct tsk_vault *vault, const struct tsk_account *account,
                     struct tsk_err *err)
{
    struct tsk_buf text = TSK_BUF(KEPT_MAX);
    const char *from, *token;
    struct tsk_err local = { 0 };
    json_t *json = NULL;
    bool fresh;
    int rc = tsk_token_kept(&text, &fresh, vault, account->fd, err);

    if (rc == 0)
        json = json_loadb(tsk_buf_text(&text), text.len, JSON_REJECT_DUPLICATES, NULL);
    from = json_string_value(json_object_get(json, "from"));
    token = json_string_value(json_object_get(json, "token"));
    if (from != NULL && token != NULL && strcmp(from, refresh->from) == 0)
        snprintf(refresh->token, sizeof refresh->token, "%s", token);
    json_decref(json);
    forget(&text);
    if (!fresh && tsk_token_seal(vault, account->fd, &local) < 0) /* the token is good all the same */
        tsk_log_err("-", "mailbox.token", &local);
    return rc;
}

static int load_refresh(struct refresh *refresh, const struct tsk_site *site, const struct tsk_imap_config *imap,
                        const struct tsk_account *account, struct tsk_err *err)
{
    *refresh = (struct refresh){ .token = "" };
    if (tsk_site_vault(&refresh->vault, site, err) != 0)
        return -1;
    if (imap->refresh_token_file[0] == '\0')
        return 0;
    if (tsk_secret_read(refresh->token, sizeof refresh->token, site, imap->refresh_token_file, "refresh token", err) !=
        0)
        return -1;
    tsk_sha256_hex(refresh->token, strlen(refresh->token), refresh->from);
    return load_kept(refresh, refresh->vault, account, err);
}

static int keep_refresh(const struct refresh *refresh, const char *rotated, const struct tsk_account *account,
                        struct tsk_err *err)
{
    json_t *json = json_pack("{s:s, s:s}", "from", refresh->from, "token", rotated);
    char *dumped = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    struct tsk_buf text = TSK_BUF(KEPT_MAX);
    int rc;

    json_decref(json);
    if (dumped != NULL)
        tsk_buf_puts(&text, dumped);
    rc = dumped == NULL || text.failed ? tsk_fail(err, TSK_RETRY, 0, "no memory to keep a refresh token")
                                       : tsk_token_keep(&text, refresh->vault, account->fd, err);
    if (dumped != NULL)
        explicit_bzero(dumped, strlen(dumped));
    free(dumped);
    forget(&text);
    return rc;
}

static int take_access(struct tsk_token *token, const char *access, int64_t life_ms, const char *source,
                       struct tsk_err *err)
{
    size_t len = access != NULL ? strlen(access) : 0;

    if (len == 0 || len >= sizeof token->access || strpbrk(access, "\r\n\1 ") != NULL)
        return tsk_fail(err, TSK_REJECT, 0, "source %s: what was given is no access token", source);
    memcpy(token->access, access, len + 1);
    token->end_ms = tsk_mono_ms() + (life_ms > 0 ? life_ms : LIFE_MS);
    return 0;
}

/* Two names are met for when a refresh token ends. */
static void note_end(struct tsk_account *account, const json_t *json)
{
    json_int_t left = json_integer_value(json_object_get(json, "refresh_token_expires_in"));

    if (left <= 0)
        left = json_integer_value(json_object_get(json, "refresh_expires_in"));
    if (left > 0)
        account->token_end_ms = tsk_wall_ms() + left * SECOND_MS;
}

/* refresh: NULL when a program answered. */
static int take_answer(struct tsk_token *token, const struct refresh *refresh, struct tsk_account *account,
                       const struct tsk_source *source, const struct tsk_buf *answer, struct tsk_err *err)
{
    json_t *json = json_loadb(tsk_buf_text(answer), answer->len, 0, NULL);
    const char *rotated = json_string_value(json_object_get(json, "refresh_token"));
    int rc = 0;

    if (json == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "source %s: the token endpoint did not answer in JSON", source->id);
    /* First what cannot be had again. A program keeps its own. */
    if (refresh != NULL && rotated != NULL && strcmp(rotated, refresh->token) != 0)
        rc = keep_refresh(refresh, rotated, account, err);
    if (rc == 0) {
        note_end(account, json);
        rc = take_access(token, json_string_value(json_object_get(json, "access_token")),
                         json_integer_value(json_object_get(json, "expires_in")) * SECOND_MS, source->id, err);
    }
    json_decref(json);
    return rc;
}

static int from_endpoint(struct tsk_token *token, const struct tsk_site *site, const struct tsk_source *source,
                         struct tsk_account *account, struct tsk_err *err)
{
    const struct tsk_imap_config *imap = &source->imap;
    struct tsk_buf answer = TSK_BUF(65536);
    char secret[SECRET_MAX] = "", *ca_file = NULL;
    struct refresh refresh;
    int rc = -1;

    if (load_refresh(&refresh, site, imap, account, err) != 0 ||
        (imap->client_secret_file[0] != '\0' &&
         tsk_secret_read(secret, sizeof secret, site, imap->client_secret_file, "client secret", err) != 0))
        goto out;
    if (imap->ca_file[0] != '\0' && (ca_file = tsk_site_path(site, imap->ca_file)) == NULL) {
        tsk_fail(err, TSK_RETRY, 0, "out of memory");
        goto out;
    }
    const struct tsk_token_request request = {
        .source = source->id, .imap = imap, .ca_file = ca_file, .refresh_token = refresh.token, .client_secret = secret
    };

    if (tsk_token_ask(&answer, &request, err) == 0)
        rc = take_answer(token, &refresh, account, source, &answer, err);
out:
    explicit_bzero(secret, sizeof secret);
    explicit_bzero(&refresh, sizeof refresh);
    if (answer.data != NULL)
        explicit_bzero(answer.data, answer.len);
    tsk_buf_free(&answer);
    free(ca_file);
    return rc;
}

/* A bare token in the first line, or what an endpoint would say. */
static int from_program(struct tsk_token *token, const struct tsk_source *source, struct tsk_account *account,
                        struct tsk_err *err)
{
    struct tsk_buf answer = TSK_BUF(65536);
    int rc = tsk_token_run(&answer, source->id, &source->imap.token_command, (int)source->imap.timeout_s, err);

    if (rc == 0 && tsk_buf_text(&answer)[0] == '{') {
        rc = take_answer(token, NULL, account, source, &answer, err);
    } else if (rc == 0) {
        answer.data[strcspn(answer.data, "\r\n")] = '\0';
        rc = take_access(token, answer.data, 0, source->id, err);
    }
    if (answer.data != NULL)
        explicit_bzero(answer.data, answer.len);
    tsk_buf_free(&answer);
    return rc;
}

int tsk_token_get(struct tsk_token *token, const struct tsk_site *site, const struct tsk_source *source,
                  struct tsk_account *account, struct tsk_err *err)
{
    if (token->end_ms != 0 && tsk_mono_ms() + SPARE_MS < token->end_ms)
        return 0;
    tsk_token_forget(token);
    return source->imap.token_command.count > 0 ? from_program(token, source, account, err)
                                                : from_endpoint(token, site, source, account, err);
}

void tsk_token_forget(struct tsk_token *token)
{
    explicit_bzero(token, sizeof *token);
}
