/*
 * Accounts, for a manager and an administrator.
 *
 * A manager sees the accounts of the own offices, and of each only what it may there; changes one only when it works nowhere
 * else. Passwords are shown once, to be printed.
 */
#include <stdio.h>
#include <string.h>

#include "review/route.h"

#define MAY_MANAGE (TSK_ROLE_MANAGER | TSK_ROLE_ADMINISTRATOR)
#define MANAGERS_ROLES (TSK_ROLES_OFFICE | TSK_ROLE_WARD_VIEWER)
#define NAME_MAX 60

static bool is_administrator(const struct tsk_request *request)
{
    return (request->who.roles & TSK_ROLE_ADMINISTRATOR) != 0;
}

static bool in_scope(const struct tsk_request *request, const struct tsk_grant *grant)
{
    return strcmp(grant->office, TSK_SITE) == 0 ? request->scope.all : tsk_request_sees(request, grant->office);
}

/* Everything that the account may lies in the scope. */
static bool is_ours(const struct tsk_request *request, const struct tsk_account *account)
{
    for (size_t i = 0; i < account->grant_count; i++)
        if (!in_scope(request, &account->grants[i]))
            return false;
    return true;
}

static json_t *grants_json(const struct tsk_request *request, const struct tsk_account *account)
{
    json_t *grants = json_array();

    for (size_t i = 0; i < account->grant_count; i++) {
        const struct tsk_grant *grant = &account->grants[i];

        if (in_scope(request, grant))
            json_array_append_new(grants,
                                  json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "role", tsk_role_name(grant->role),
                                            "office", grant->office, "case", grant->case_number, "until", grant->until,
                                            "at", grant->at, "by", grant->by));
    }
    return grants;
}

static json_t *account_json(const struct tsk_request *request, const struct tsk_account *account)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:b, s:b, s:b, s:s, s:s, s:s, s:s, s:s, s:i, s:o, s:b}", "id",
                     (json_int_t)account->id, "user", account->name, "name", account->display, "language",
                     account->language, "second_factor", account->second_factor, "must_change", account->must_change,
                     "break_glass", account->break_glass, "opened", account->opened, "disabled", account->disabled,
                     "signed_in", account->signed_in, "created", account->created, "created_by", account->created_by,
                     "recovery_left", account->recovery_left, "grants", grants_json(request, account), "changeable",
                     is_ours(request, account) && account->id != request->who.id);
}

static int get_users(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_accounts accounts;

    if (tsk_account_list(&accounts, request->store, &request->scope, request->arena, err) != 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < accounts.count; i++)
        json_array_append_new(items, account_json(request, &accounts.items[i]));
    reply->json = json_pack("{s:o}", "items", items);
    return reply->json != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for the answer");
}

/* How those are called whom one works with: the records know people by their accounts. */
static int get_people(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_accounts accounts;

    if (tsk_account_list(&accounts, request->store, &request->scope, request->arena, err) != 0)
        return -1;
    json_t *items = json_array();
    for (size_t i = 0; i < accounts.count; i++)
        json_array_append_new(
            items, json_pack("{s:s, s:s}", "user", accounts.items[i].name, "name", accounts.items[i].display));
    reply->json = json_pack("{s:o}", "items", items);
    return reply->json != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for the answer");
}

/* Who looks after the machine does not decide who sees patients: where an office has a manager, that is the manager's. */
static int leave_to_manager(struct tsk_reply *reply, const struct tsk_request *request, const char *office,
                            int64_t account, struct tsk_err *err)
{
    int managed = is_administrator(request) ? tsk_account_office_managed(request->store, office, account, err) : 0;

    return managed == 1 ? tsk_reply_refuse(reply, 409, "managers_matter", err, "the manager of this office does that")
                        : managed;
}

/* With a new password and without the second factor an account is whoever reset it. One that works in several offices can
 * be reset by an administrator only: each of them has it in its log. */
static int may_reset(struct tsk_reply *reply, const struct tsk_request *request, const struct tsk_account *account,
                     struct tsk_err *err)
{
    const char *office = NULL;

    for (size_t i = 0; i < account->grant_count; i++) {
        const struct tsk_grant *grant = &account->grants[i];

        if ((grant->role & MANAGERS_ROLES) == 0 || (office != NULL && strcmp(office, grant->office) != 0))
            return 0;
        office = grant->office;
    }
    return office == NULL ? 0 : leave_to_manager(reply, request, office, account->id, err);
}

/* The account of the path, if it is one that this person may change. */
static int find_ours(struct tsk_account *out, struct tsk_reply *reply, const struct tsk_request *request,
                     struct tsk_err *err)
{
    bool seen = request->scope.all;
    int64_t id = 0;

    if (tsk_request_id(&id, reply, request, "id", err) != 0)
        return -1;
    if (tsk_account_find(out, request->store, id, request->arena, err) != 0)
        return tsk_reply_missing(reply, err);
    for (size_t i = 0; i < out->grant_count && !seen; i++)
        seen = in_scope(request, &out->grants[i]);
    if (!seen) {
        tsk_fail(err, TSK_REJECT, 0, "no such account");
        return tsk_reply_missing(reply, err);
    }
    if (out->id == request->who.id)
        return tsk_reply_refuse(reply, 409, "own_account", err, "somebody else changes your own account");
    if (!is_ours(request, out))
        return tsk_reply_refuse(reply, 409, "works_elsewhere", err,
                                "this account also works elsewhere: an administrator changes it");
    return 0;
}

static int read_grant(struct tsk_grant *grant, struct tsk_reply *reply, const struct tsk_request *request,
                      struct tsk_err *err)
{
    const char *role, *number, *until;

    if (tsk_body_text(&role, request, "role", 20, TSK_MUST, err) != 0 ||
        tsk_body_text(&grant->office, request, "office", 60, TSK_MUST, err) != 0 ||
        tsk_body_text(&number, request, "case", 60, TSK_MAY, err) != 0 ||
        tsk_body_text(&until, request, "until", 10, TSK_MAY, err) != 0)
        return -1;
    grant->role = tsk_role_from_name(role);
    grant->case_number = number != NULL ? number : "";
    grant->until = until != NULL ? until : "";
    if (grant->role == 0)
        return tsk_fail(err, TSK_REJECT, 0, "there is no such role");
    if (!in_scope(request, grant)) {
        tsk_fail(err, TSK_REJECT, 0, "no such office");
        return tsk_reply_missing(reply, err);
    }
    if ((grant->role & MANAGERS_ROLES) == 0 && !is_administrator(request))
        return tsk_reply_refuse(reply, 403, "forbidden", err, "this role is given by an administrator");
    return 0;
}

static int may_give(struct tsk_reply *reply, const struct tsk_request *request, const struct tsk_grant *grant,
                    int64_t account, struct tsk_err *err)
{
    if (grant->role == TSK_ROLE_WARD_VIEWER && account != 0)
        return tsk_fail(err, TSK_REJECT, 0,
                        "a ward viewer sees what a second person releases: mark the difficult case");
    return (grant->role & MANAGERS_ROLES) == 0 ? 0 : leave_to_manager(reply, request, grant->office, account, err);
}

struct adding {
    struct tsk_account_new account;
    struct tsk_grant grant;
    int64_t id;
    char password[TSK_NEW_PASSWORD_SIZE];
};

static int add(const struct tsk_request *request, void *ctx, struct tsk_err *err)
{
    struct adding *adding = ctx;

    if (tsk_account_add(&adding->id, adding->password, request->store, &adding->account, request->who.name, err) != 0)
        return -1;
    return adding->grant.role == TSK_ROLE_WARD_VIEWER /* until a difficult case is released to it */
               ? 0
               : tsk_account_grant(request->store, adding->id, &adding->grant, request->who.name, err);
}

static int post_users(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct adding adding = { .id = 0 };

    if (tsk_body_text(&adding.account.name, request, "user", NAME_MAX, TSK_MUST, err) != 0 ||
        tsk_body_text(&adding.account.display, request, "name", NAME_MAX, TSK_MUST, err) != 0 ||
        tsk_body_bool(&adding.account.break_glass, request, "break_glass", err) != 0 ||
        read_grant(&adding.grant, reply, request, err) != 0 || may_give(reply, request, &adding.grant, 0, err) != 0 ||
        tsk_request_change(request, add, &adding, err) != 0)
        return -1;
    reply->status = 201;
    reply->json = json_pack("{s:I, s:s, s:s, s:b}", "id", (json_int_t)adding.id, "user", adding.account.name,
                            "password", adding.password, "break_glass", adding.account.break_glass);
    return reply->json != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for the answer");
}

static int post_reset(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_account account = { .id = 0 };
    char password[TSK_NEW_PASSWORD_SIZE];
    bool factor;

    if (find_ours(&account, reply, request, err) != 0 || may_reset(reply, request, &account, err) != 0 ||
        tsk_body_bool(&factor, request, "second_factor", err) != 0 ||
        tsk_account_reset(password, request->store, account.id, factor, request->who.name, err) != 0)
        return -1;
    reply->json = json_pack("{s:I, s:s, s:s, s:b}", "id", (json_int_t)account.id, "user", account.name, "password",
                            password, "break_glass", account.break_glass);
    return reply->json != NULL ? 0 : tsk_fail(err, TSK_RETRY, 0, "no memory for the answer");
}

static int post_disabled(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_account account = { .id = 0 };
    bool disabled;

    return find_ours(&account, reply, request, err) != 0 || tsk_body_bool(&disabled, request, "disabled", err) != 0
               ? -1
               : tsk_account_disable(request->store, account.id, disabled, request->who.name, err);
}

/* An account that works elsewhere too may be given a role here: that is how one serves several offices. */
static int find_for_grant(struct tsk_account *out, struct tsk_reply *reply, const struct tsk_request *request,
                          struct tsk_err *err)
{
    int rc = find_ours(out, reply, request, err);

    if (rc != 0 && reply->problem != NULL && strcmp(reply->problem, "works_elsewhere") == 0) {
        *reply = (struct tsk_reply){ .status = 0 };
        tsk_err_clear(err);
        return 0;
    }
    return rc;
}

static int post_grant(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_account account = { .id = 0 };
    struct tsk_grant grant = { .role = 0 };

    return find_for_grant(&account, reply, request, err) != 0 || read_grant(&grant, reply, request, err) != 0 ||
                   may_give(reply, request, &grant, account.id, err) != 0
               ? -1
               : tsk_account_grant(request->store, account.id, &grant, request->who.name, err);
}

static int post_revoke(struct tsk_reply *reply, const struct tsk_request *request, struct tsk_err *err)
{
    struct tsk_account account = { .id = 0 };
    struct tsk_grant grant = { .role = 0 };

    return find_for_grant(&account, reply, request, err) != 0 || read_grant(&grant, reply, request, err) != 0
               ? -1
               : tsk_account_revoke(request->store, account.id, &grant, request->who.name, err);
}

const struct tsk_route tsk_routes_users[] = {
    { "GET", "/api/v1/people", get_people, TSK_ROLES_OFFICE, TSK_ROUTE_QUIET, 0 },
    { "GET", "/api/v1/users", get_users, MAY_MANAGE, 0, 0 },
    { "POST", "/api/v1/users", post_users, MAY_MANAGE, 0, 4096 },
    { "POST", "/api/v1/users/{id}/disabled", post_disabled, MAY_MANAGE, 0, 4096 },
    { "POST", "/api/v1/users/{id}/grants", post_grant, MAY_MANAGE, 0, 4096 },
    { "POST", "/api/v1/users/{id}/reset", post_reset, MAY_MANAGE, 0, 4096 },
    { "POST", "/api/v1/users/{id}/revoke", post_revoke, MAY_MANAGE, 0, 4096 },
    { .method = NULL },
};
