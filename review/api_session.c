/* Signing in and out, the lock. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "review/auth.h"

#define HOUR_MS ((int64_t)3600 * 1000)
#define NAME_MAX 100
#define PASSWORD_MAX 200
#define AT_ONCE_MAX 2 /* each takes a core for a tenth of a second, and its thread with it */

static atomic_int proving;

static json_t *roles_of(const struct tsk_who *who)
{
    json_t *roles = json_array();

    for (unsigned role = 1; role <= TSK_ROLES_ALL; role <<= 1)
        if ((who->roles & role) != 0)
            json_array_append_new(roles, json_string(tsk_role_name(role)));
    return roles;
}

static bool is_listed(const json_t *offices, const char *id)
{
    size_t i;
    json_t *office;

    json_array_foreach(offices, i, office)
    {
        if (strcmp(json_string_value(json_object_get(office, "id")), id) == 0)
            return true;
    }
    return false;
}

static json_t *offices_of(const struct tsk_who *who, const struct tsk_config *config)
{
    json_t *offices = json_array();

    for (size_t i = 0; i < config->office_count; i++)
        for (size_t k = 0; k < who->grant_count; k++) {
            const struct tsk_office_config *office = &config->offices[i];
            bool here = strcmp(who->grants[k].office, office->id) == 0 && who->grants[k].role != TSK_ROLE_WARD_VIEWER;

            if ((here || strcmp(who->grants[k].office, TSK_SITE) == 0) && !is_listed(offices, office->id))
                json_array_append_new(offices, json_pack("{s:s, s:s}", "id", office->id, "name", office->name));
        }
    return offices;
}

/* Of the offices that are told: what documents come in by, as people call it. */
static json_t *sources_of(const json_t *offices, const struct tsk_config *config)
{
    json_t *sources = json_array();

    for (size_t i = 0; i < config->source_count; i++)
        if (is_listed(offices, config->sources[i].office))
            json_array_append_new(
                sources, json_pack("{s:s, s:s}", "id", config->sources[i].id, "name", config->sources[i].name));
    return sources;
}

static json_t *cases_of(const struct tsk_who *who, int64_t now_ms)
{
    json_t *cases = json_array();

    for (size_t i = 0; i < who->grant_count; i++)
        if (who->grants[i].role == TSK_ROLE_WARD_VIEWER && tsk_auth_grant_open(&who->grants[i], now_ms))
            json_array_append_new(cases, json_pack("{s:s, s:s, s:s}", "number", who->grants[i].case_number, "office",
                                                   who->grants[i].office, "until", who->grants[i].until));
    return cases;
}

static int tell_session(struct tsk_reply *reply, const struct tsk_request *request, const struct tsk_who *who,
                        const char *csrf, struct tsk_err *err)
{
    const struct tsk_config *config = request->desk->config;
    json_t *offices = offices_of(who, config), *sources = sources_of(offices, config);

    reply->json = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:i, s:b, s:s, s:b, s:b}", "user", who->name,
                            "name", who->display, "language", who->language, "roles", roles_of(who), "offices", offices,
                            "sources", sources, "cases", cases_of(who, request->now_ms), "csrf", csrf, "idle_seconds",
                            (int)config->web.idle_lock_min * 60, "locked", 0, "must", tsk_auth_must(who, &config->web),
                            "second_factor", who->second_factor, "break_glass", who->break_glass);
    return reply->json != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for this answer");
}

static int get_session(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    if (request->login == NULL)
        return tsk_reply_refuse(reply, 401, "signed_out", err, "please sign in");
    if (request->login->locked) {
        reply->more = json_pack("{s:s, s:s}", "user", request->who.name, "csrf", request->csrf);
        return tsk_reply_refuse(reply, 401, "locked", err, "the desk is locked; please give your password");
    }
    return tell_session(reply, request, &request->who, request->csrf, err);
}

static int refuse_sign_in(struct tsk_reply *reply, enum tsk_sign_in how, int wait_s, struct tsk_err *err)
{
    switch (how) {
    case TSK_SIGN_IN_CODE_NEEDED:
        return tsk_reply_refuse(reply, 401, "code_needed", err, "please give the code of your second factor");
    case TSK_SIGN_IN_SPENT:
        return tsk_reply_refuse(reply, 401, "spent", err,
                                "this emergency password was used and must be made anew by a manager");
    case TSK_SIGN_IN_WAIT:
        reply->more = json_pack("{s:i}", "wait_seconds", wait_s);
        return tsk_reply_refuse(reply, 429, "wait", err, "too many attempts; please wait %d seconds", wait_s);
    default:
        return tsk_reply_refuse(reply, 401, "wrong", err, "name, password or code is not right");
    }
}

/* In every office of the account; what was signed in for stands even if this fails, and the log says so. */
static int tell_break_glass(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    const struct tsk_who *who = ctx;
    struct tsk_account account;

    if (tsk_account_find(&account, request->store, who->id, request->arena, err) != 0)
        return -1;
    for (size_t i = 0; i < account.grant_count; i++)
        if (strcmp(account.grants[i].office, TSK_SITE) != 0 &&
            tsk_route_break_glass(request->desk->routing, request->store, account.grants[i].office, account.name,
                                  account.opened, err) != 0)
            return -1;
    return 0;
}

static int begin_session(struct tsk_reply *reply, const struct tsk_request *request, const char *token, int64_t account,
                         struct tsk_err *err)
{
    struct tsk_who *who = tsk_arena_alloc(request->arena, sizeof *who);
    char csrf[TSK_SHA256_HEX];

    tsk_auth_csrf(csrf, token);
    reply->set_cookie =
        tsk_arena_printf(request->arena, TSK_COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Strict", token);
    if (who == NULL || reply->set_cookie == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for this request");
    if (request->login != NULL && tsk_login_end(request->store, request->login, err) != 0)
        return -1;
    if (tsk_auth_who(who, request, account, err) != 0)
        return -1;
    if (who->break_glass) {
        tsk_log(TSK_LOG_WARN, "-", "event", "web.break_glass", "account", who->name, NULL);
        if (tsk_request_change(request, tell_break_glass, who, err) != 0)
            return -1;
    }
    return tell_session(reply, request, who, csrf, err);
}

static int sign_in(struct tsk_reply *reply, const struct tsk_request *request, const struct tsk_sign_in_try *tried,
                   struct tsk_err *err)
{
    enum tsk_sign_in how;
    char token[TSK_SHA256_HEX];
    int64_t account = 0;
    int wait_s = 0;

    if (tsk_sign_in(&how, token, &account, &wait_s, request->store, tried, err) != 0)
        return -1;
    return how == TSK_SIGNED_IN ? begin_session(reply, request, token, account, err)
                                : refuse_sign_in(reply, how, wait_s, err);
}

static int post_session(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_sign_in_try tried = { .address = request->address,
                                     .session_ms = request->desk->config->web.session_hours * HOUR_MS };
    int rc;

    if (tsk_body_text(&tried.name, request, "user", NAME_MAX, TSK_MUST, err) != 0 ||
        tsk_body_text(&tried.password, request, "password", PASSWORD_MAX, TSK_MUST, err) != 0 ||
        tsk_body_text(&tried.code, request, "code", NAME_MAX, TSK_MAY, err) != 0)
        return -1;
    if (atomic_fetch_add(&proving, 1) >= AT_ONCE_MAX) {
        reply->status = 503;
        rc = tsk_fail(err, TSK_REJECT, 0, "many people are signing in; please try again in a moment");
    } else {
        rc = sign_in(reply, request, &tried, err);
    }
    atomic_fetch_sub(&proving, 1);
    return rc;
}

static int delete_session(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    reply->set_cookie = TSK_COOKIE "=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0";
    if (tsk_login_end(request->store, request->login, err) != 0)
        return -1;
    return tsk_account_audit(request->store, request->who.id, request->who.name, "sign_out", "", err);
}

static int post_lock(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    (void)reply;
    return tsk_login_lock(request->store, request->login, err);
}

static int post_unlock(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *password;
    bool right, ended;

    if (tsk_body_text(&password, request, "password", PASSWORD_MAX, TSK_MUST, err) != 0 ||
        tsk_login_unlock(&right, &ended, request->store, request->login, password, err) != 0)
        return -1;
    if (ended)
        return tsk_reply_refuse(reply, 401, "signed_out", err, "too many attempts: please sign in again");
    if (!right)
        return tsk_reply_refuse(reply, 403, "wrong", err, "the password is not right");
    return tell_session(reply, request, &request->who, request->csrf, err);
}

/* From pages on which somebody types without asking the server for anything. */
static int post_activity(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    (void)reply;
    (void)request;
    (void)err;
    return 0;
}

static int put_language(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    const char *language;

    (void)reply;
    if (tsk_body_text(&language, request, "language", 2, TSK_MUST, err) != 0)
        return -1;
    if (strcmp(language, "ja") != 0 && strcmp(language, "en") != 0)
        return tsk_fail(err, TSK_REJECT, 0, "language must be ja or en");
    return tsk_account_language(request->store, request->who.id, language, err);
}

const struct tsk_route tsk_routes_session[] = {
    { "GET", "/api/v1/session", get_session, 0, TSK_ROUTE_OPEN | TSK_ROUTE_QUIET, 0 },
    { "POST", "/api/v1/session", post_session, 0, TSK_ROUTE_OPEN, 4096 },
    { "DELETE", "/api/v1/session", delete_session, 0, TSK_ROUTE_LOCKED | TSK_ROUTE_QUIET, 4096 },
    { "POST", "/api/v1/session/activity", post_activity, 0, TSK_ROUTE_OWN, 4096 },
    { "PUT", "/api/v1/session/language", put_language, 0, TSK_ROUTE_OWN, 4096 },
    { "POST", "/api/v1/session/lock", post_lock, 0, TSK_ROUTE_LOCKED | TSK_ROUTE_QUIET, 4096 },
    { "POST", "/api/v1/session/unlock", post_unlock, 0, TSK_ROUTE_LOCKED | TSK_ROUTE_QUIET, 4096 },
    { .method = NULL },
};
