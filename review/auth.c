#include "review/auth.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "records/difficult.h"

#define MINUTE_MS ((int64_t)60 * 1000)
#define ADDRESS_SIZE 64

static const char *header(const struct tsk_exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

static bool is_change(const struct tsk_request *request)
{
    return strcmp(request->method, "GET") != 0;
}

static bool peer_address(char out[ADDRESS_SIZE], const struct tsk_exchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info != NULL ? info->client_addr : NULL;

    if (address == NULL)
        return false;
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 six;

        memcpy(&six, address, sizeof six);
        return inet_ntop(AF_INET6, &six.sin6_addr, out, ADDRESS_SIZE) != NULL;
    }
    struct sockaddr_in four;
    memcpy(&four, address, sizeof four);
    return inet_ntop(AF_INET, &four.sin_addr, out, ADDRESS_SIZE) != NULL;
}

static bool is_trusted(const struct tsk_web_config *web, const char *address)
{
    for (size_t i = 0; i < web->trusted_proxies.count; i++)
        if (strcmp(web->trusted_proxies.items[i], address) == 0)
            return true;
    return false;
}

/* The last address that a trusted proxy did not add itself; what stands before it anybody may have written. */
static const char *forwarded_address(const struct tsk_exchange *exchange, const struct tsk_web_config *web)
{
    const char *list = header(exchange, "X-Forwarded-For");
    char *copy = list != NULL ? tsk_arena_strdup(exchange->arena, list) : NULL;

    while (copy != NULL && *copy != '\0') {
        char *comma = strrchr(copy, ','), *last = comma != NULL ? comma + 1 : copy;
        unsigned char bytes[sizeof(struct in6_addr)];

        last += strspn(last, " ");
        last[strcspn(last, " ")] = '\0';
        if (inet_pton(AF_INET, last, bytes) != 1 && inet_pton(AF_INET6, last, bytes) != 1)
            return NULL;
        if (!is_trusted(web, last))
            return last;
        *(comma != NULL ? comma : copy) = '\0';
    }
    return NULL;
}

static void find_address(struct tsk_exchange *exchange)
{
    const struct tsk_web_config *web = &exchange->server->desk->config->web;
    char peer[ADDRESS_SIZE] = "unknown";
    const char *told = NULL;

    if (peer_address(peer, exchange) && is_trusted(web, peer))
        told = forwarded_address(exchange, web);
    exchange->request.address = told != NULL ? told : tsk_arena_strdup(exchange->arena, peer);
    if (exchange->request.address == NULL)
        exchange->request.address = "unknown";
}

/* What other sites make a browser send says so; a client that is no browser says nothing and still needs the token. */
static bool same_origin(const struct tsk_exchange *exchange)
{
    const char *site = header(exchange, "Sec-Fetch-Site"), *origin = header(exchange, MHD_HTTP_HEADER_ORIGIN);
    const char *wanted = exchange->server->desk->config->web.origin, *host = header(exchange, MHD_HTTP_HEADER_HOST);

    if (site != NULL && strcmp(site, "same-origin") != 0)
        return false;
    if (origin == NULL)
        return true;
    if (wanted[0] != '\0')
        return strcmp(origin, wanted) == 0;
    const char *name = strstr(origin, "://");
    return name != NULL && host != NULL && strcmp(name + 3, host) == 0;
}

static int refuse(struct tsk_exchange *exchange, int status, const char *problem, struct tsk_err *err, const char *text)
{
    return tsk_reply_refuse(&exchange->reply, status, problem, err, "%s", text);
}

static bool is_token(const char *text)
{
    return text != NULL && strlen(text) == TSK_SHA256_HEX - 1 && strspn(text, "0123456789abcdef") == TSK_SHA256_HEX - 1;
}

void tsk_auth_csrf(char out[TSK_SHA256_HEX], const char *token)
{
    static const char use[] = "csrf";

    tsk_hmac_sha256_hex(token, strlen(token), use, sizeof use - 1, out);
}

int tsk_auth_who(struct tsk_who *who, const struct tsk_request *request, int64_t account, struct tsk_err *err)
{
    struct tsk_account found;

    if (tsk_account_find(&found, request->store, account, request->arena, err) != 0)
        return -1;
    *who = (struct tsk_who){ .id = found.id,
                             .name = found.name,
                             .display = found.display,
                             .language = found.language,
                             .break_glass = found.break_glass,
                             .must_change = found.must_change,
                             .second_factor = found.second_factor,
                             .grants = found.grants,
                             .grant_count = found.grant_count };
    for (size_t i = 0; i < found.grant_count; i++)
        if (found.grants[i].role != TSK_ROLE_WARD_VIEWER || tsk_auth_grant_open(&found.grants[i], request->now_ms))
            who->roles |= found.grants[i].role;
    return 0;
}

const char *tsk_auth_must(const struct tsk_who *who, const struct tsk_web_config *web)
{
    if (who->must_change)
        return "password";
    return who->second_factor || who->break_glass || web->second_factor_optional ? "" : "second_factor";
}

bool tsk_auth_grant_open(const struct tsk_grant *grant, int64_t now_ms)
{
    char today[TSK_DATE_SIZE];

    tsk_date_text(tsk_japan_date(now_ms), today);
    return strcmp(grant->until, today) >= 0;
}

/* 1 with a session, 0 without. */
static int find_session(struct tsk_exchange *exchange, struct tsk_err *err)
{
    struct tsk_request *request = &exchange->request;
    const struct tsk_web_config *web = &exchange->server->desk->config->web;
    const char *token = MHD_lookup_connection_value(exchange->connection, MHD_COOKIE_KIND, TSK_COOKIE);
    struct tsk_login *login = tsk_arena_alloc(exchange->arena, sizeof *login);

    if (login == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for this request");
    if (!is_token(token))
        return 0;
    int rc = tsk_login_find(login, request->store, token, web->idle_lock_min * MINUTE_MS, err);
    if (rc == 1) {
        request->login = login;
        tsk_auth_csrf(exchange->csrf, token);
        request->csrf = exchange->csrf;
        rc = tsk_auth_who(&request->who, request, login->account, err) == 0 ? 1 : -1;
    }
    return rc;
}

/* What was released to it as a difficult case, and nothing else of the case. */
static bool viewer_counts(const struct tsk_grant *grant, const struct tsk_exchange *exchange)
{
    return (exchange->route->flags & TSK_ROUTE_RELEASED) != 0 && tsk_auth_grant_open(grant, exchange->request.now_ms) &&
           strcmp(grant->case_number, tsk_request_arg(&exchange->request, "case")) == 0;
}

static bool grant_counts(const struct tsk_grant *grant, const struct tsk_exchange *exchange)
{
    const struct tsk_route *route = exchange->route;

    if ((grant->role & route->roles) == 0)
        return false;
    return grant->role != TSK_ROLE_WARD_VIEWER || viewer_counts(grant, exchange);
}

static int set_scope(struct tsk_exchange *exchange, struct tsk_err *err)
{
    struct tsk_request *request = &exchange->request;
    const struct tsk_who *who = &request->who;
    const char **offices = tsk_arena_alloc(exchange->arena, (who->grant_count + 1) * sizeof *offices);

    if (offices == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for this request");
    request->scope = (struct tsk_scope){ .offices = offices };
    for (size_t i = 0; i < who->grant_count; i++) {
        const struct tsk_grant *grant = &who->grants[i];

        if (!grant_counts(grant, exchange))
            continue;
        if (strcmp(grant->office, TSK_SITE) == 0)
            request->scope.all = true;
        else if (!tsk_request_sees(request, grant->office))
            offices[request->scope.office_count++] = grant->office;
    }
    if (request->scope.all || request->scope.office_count > 0)
        return 0;
    if ((who->roles & exchange->route->roles) == 0)
        return refuse(exchange, 403, "forbidden", err, "this account may not do this");
    tsk_fail(err, TSK_REJECT, 0, "no grant for this case");
    return tsk_reply_missing(&exchange->reply, err);
}

static int check_account(struct tsk_exchange *exchange, struct tsk_err *err)
{
    const struct tsk_request *request = &exchange->request;
    const char *must = tsk_auth_must(&request->who, &exchange->server->desk->config->web);

    if ((exchange->route->flags & (TSK_ROUTE_LOCKED | TSK_ROUTE_OWN)) != 0)
        return 0;
    if (strcmp(must, "password") == 0)
        return refuse(exchange, 403, "must_change_password", err, "please choose a password of your own first");
    if (must[0] != '\0')
        return refuse(exchange, 403, "must_enrol", err, "please set up the second factor first");
    return set_scope(exchange, err);
}

static int check_lock(struct tsk_exchange *exchange, struct tsk_err *err)
{
    const struct tsk_request *request = &exchange->request;

    if (!request->login->locked || (exchange->route->flags & TSK_ROUTE_LOCKED) != 0)
        return 0;
    exchange->reply.more = json_pack("{s:s, s:s}", "user", request->who.name, "csrf", request->csrf);
    return refuse(exchange, 401, "locked", err, "the desk is locked; please give your password");
}

static int check_token(struct tsk_exchange *exchange, struct tsk_err *err)
{
    const char *token = header(exchange, "X-CSRF-Token");

    if (!is_change(&exchange->request) || (token != NULL && tsk_secret_equal(token, exchange->request.csrf)))
        return 0;
    return refuse(exchange, 403, "csrf", err, "this request did not come from a page of the desk; load the page anew");
}

int tsk_auth_check(struct tsk_exchange *exchange, struct tsk_err *err)
{
    const struct tsk_request *request = &exchange->request;
    unsigned flags = exchange->route->flags;

    find_address(exchange);
    if (is_change(request) && !same_origin(exchange))
        return refuse(exchange, 403, "csrf", err, "this request came from another site and was refused");
    int rc = find_session(exchange, err);
    if (rc < 0)
        return -1;
    if ((flags & TSK_ROUTE_OPEN) != 0)
        return 0;
    if (rc == 0)
        return refuse(exchange, 401, "signed_out", err, "please sign in");
    if (check_lock(exchange, err) != 0 || check_account(exchange, err) != 0 || check_token(exchange, err) != 0)
        return -1;
    return (flags & TSK_ROUTE_QUIET) != 0 ? 0 : tsk_login_touch(request->store, request->login, err);
}
