/*
 * tasuki user - accounts of the coordinators' desk
 *
 * A password that is made here is printed once, to be handed over; it is kept as a hash only.
 */
#include <stdio.h>
#include <string.h>

#include "gateway/session.h"
#include "records/account.h"

#define PASSWORD_MAX 256

static int find(struct tsk_session *session, struct tsk_account *account)
{
    return tsk_account_named(account, session->store, session->argv[0], session->arena, &session->err);
}

static const char *roles_text(struct tsk_session *session, const struct tsk_account *account)
{
    const char *text = "";

    for (size_t i = 0; i < account->grant_count; i++) {
        const struct tsk_grant *grant = &account->grants[i];
        bool viewer = grant->role == TSK_ROLE_WARD_VIEWER;

        text = tsk_session_text(session, "%s%s%s@%s%s%s", text, i > 0 ? " " : "", tsk_role_name(grant->role),
                                viewer ? grant->case_number : grant->office, viewer ? " until " : "",
                                viewer ? grant->until : "");
    }
    return text;
}

static const char *state_of(const struct tsk_account *account)
{
    if (account->disabled[0] != '\0')
        return "disabled";
    if (account->break_glass)
        return account->opened[0] != '\0' ? "break-glass, used" : "break-glass, sealed";
    if (account->must_change)
        return "new password";
    return account->second_factor ? "ready" : "no second factor";
}

static int run_list(struct tsk_session *session)
{
    static const char *const headings[] = { "name", "for people", "roles", "state", "codes left", "signed in", NULL };
    struct tsk_accounts accounts;

    if (tsk_account_list(&accounts, session->store, &session->scope, session->arena, &session->err) != 0)
        return -1;
    if (accounts.count == 0 && !session->plain) {
        puts("no accounts; `tasuki user add` makes one");
        return 0;
    }
    struct tsk_table *table = tsk_table_new(headings);
    for (size_t i = 0; i < accounts.count; i++) {
        const struct tsk_account *one = &accounts.items[i];
        tsk_table_row(table, one->name, one->display, roles_text(session, one), state_of(one),
                      tsk_session_text(session, "%d", one->recovery_left), tsk_session_when(session, one->signed_in));
    }
    return tsk_session_print(session, &table);
}

static void print_password(const struct tsk_session *session, const char *name, const char *password, bool sealed)
{
    if (session->plain) {
        puts(password);
        return;
    }
    printf("account   %s\npassword  %s\n\n%s\n", name, password,
           sealed ? "緊急用アカウント。この紙を封筒に入れて封をし、施錠できる場所に保管してください。\n"
                    "使うと、室への知らせと監査記録に必ず残ります。使い始めて 24 時間で無効になります。\n"
                    "Emergency account: seal this sheet. Its use is always recorded and told; it works for 24 hours."
                  : "最初のサインインで、自分のパスワードに変えます。この紙はそのあと捨ててください。\n"
                    "To be changed at the first sign-in.");
}

static int grant_first(struct tsk_session *session, int64_t id, bool break_glass)
{
    const char *name = tsk_session_option(session, "--role");
    struct tsk_grant grant = { .role = break_glass ? TSK_ROLE_MANAGER : TSK_ROLE_COORDINATOR,
                               .office = session->office != NULL ? session->office : TSK_SITE };

    if (name != NULL && (grant.role = tsk_role_from_name(name)) == 0)
        return tsk_fail(&session->err, TSK_REJECT, 0,
                        "there is no role %s: coordinator, manager, ward_viewer, health_bureau, administrator, auditor",
                        name);
    if (grant.role == TSK_ROLE_WARD_VIEWER) /* sees nothing until a difficult case is released to it */
        return 0;
    return tsk_account_grant(session->store, id, &grant, session->by, &session->err);
}

struct added {
    char password[TSK_NEW_PASSWORD_SIZE];
};

static int add(struct tsk_session *session, void *ctx)
{
    const char *display = tsk_session_option(session, "--display");
    const struct tsk_account_new account = { .name = session->argv[0],
                                             .display = display != NULL ? display : session->argv[0],
                                             .language = tsk_session_option(session, "--language"),
                                             .break_glass = tsk_session_flag(session, "--break-glass") };
    struct added *added = ctx;
    int64_t id = 0;

    return tsk_account_add(&id, added->password, session->store, &account, session->by, &session->err) != 0 ||
                   grant_first(session, id, account.break_glass) != 0
               ? -1
               : 0;
}

static int run_add(struct tsk_session *session)
{
    struct added added;

    if (tsk_session_change(session, add, &added) != 0)
        return -1;
    print_password(session, session->argv[0], added.password, tsk_session_flag(session, "--break-glass"));
    return 0;
}

static int run_passwd(struct tsk_session *session)
{
    struct tsk_account account;
    char password[PASSWORD_MAX];

    if (find(session, &account) != 0 || tsk_session_secret(session, password, sizeof password, "password") != 0)
        return -1;
    return tsk_account_set_password(session->store, account.id, password,
                                    session->site->config->web.password_length_min, NULL, session->by, &session->err);
}

static int run_reset(struct tsk_session *session)
{
    struct tsk_account account;
    char password[TSK_NEW_PASSWORD_SIZE];

    if (find(session, &account) != 0 ||
        tsk_account_reset(password, session->store, account.id, tsk_session_flag(session, "--second-factor"),
                          session->by, &session->err) != 0)
        return -1;
    print_password(session, account.name, password, account.break_glass);
    return 0;
}

static int run_disable(struct tsk_session *session)
{
    struct tsk_account account;

    return find(session, &account) != 0
               ? -1
               : tsk_account_disable(session->store, account.id, !tsk_session_flag(session, "--enable"), session->by,
                                     &session->err);
}

static int change_grant(struct tsk_session *session, int64_t id, const struct tsk_grant *grant)
{
    return tsk_session_flag(session, "--remove")
               ? tsk_account_revoke(session->store, id, grant, session->by, &session->err)
               : tsk_account_grant(session->store, id, grant, session->by, &session->err);
}

static int run_role(struct tsk_session *session)
{
    const char *number = tsk_session_option(session, "--case");
    struct tsk_grant grant = { .role = tsk_role_from_name(session->argv[1]),
                               .office = session->office != NULL ? session->office : TSK_SITE,
                               .case_number = number != NULL ? number : "",
                               .until = tsk_session_option(session, "--until") };
    struct tsk_account account;

    if (grant.role == 0)
        return tsk_fail(&session->err, TSK_REJECT, 0,
                        "there is no role %s: coordinator, manager, ward_viewer, health_bureau, administrator, auditor",
                        session->argv[1]);
    return find(session, &account) != 0 ? -1 : change_grant(session, account.id, &grant);
}

/* The same roles at one office more, or none there any more. */
static int move_office(struct tsk_session *session, void *ctx)
{
    const struct tsk_account *account = ctx;
    bool remove = tsk_session_flag(session, "--remove");
    unsigned roles = 0;

    for (size_t i = 0; i < account->grant_count; i++)
        if ((account->grants[i].role & TSK_ROLES_OFFICE) != 0 &&
            (!remove || strcmp(account->grants[i].office, session->argv[1]) == 0))
            roles |= account->grants[i].role;
    if (roles == 0)
        return tsk_fail(&session->err, TSK_REJECT, 0, "%s is neither coordinator nor manager %s", account->name,
                        remove ? "there" : "anywhere; give a role with `tasuki user role`");
    for (unsigned role = TSK_ROLE_COORDINATOR; role <= TSK_ROLE_MANAGER; role <<= 1) {
        const struct tsk_grant grant = { .role = role, .office = session->argv[1], .case_number = "", .until = "" };

        if ((roles & role) != 0 && change_grant(session, account->id, &grant) != 0)
            return -1;
    }
    return 0;
}

static int run_office(struct tsk_session *session)
{
    struct tsk_account account;

    return find(session, &account) != 0 ? -1 : tsk_session_change(session, move_office, &account);
}

static const char *const add_options[] = { "--display", "--role", "--language", NULL };
static const char *const add_flags[] = { "--break-glass", NULL };
static const char *const reset_flags[] = { "--second-factor", NULL };
static const char *const disable_flags[] = { "--enable", NULL };
static const char *const role_options[] = { "--case", "--until", NULL };
static const char *const remove_flags[] = { "--remove", NULL };

static const struct tsk_subcommand subs[] = {
    { "list", 0, 0, false, run_list, NULL, NULL },
    { "add", 1, 1, true, run_add, add_options, add_flags },
    { "passwd", 1, 1, true, run_passwd, NULL, NULL },
    { "reset", 1, 1, true, run_reset, NULL, reset_flags },
    { "disable", 1, 1, true, run_disable, NULL, disable_flags },
    { "role", 2, 2, true, run_role, role_options, remove_flags },
    { "office", 2, 2, true, run_office, NULL, remove_flags },
};

static int run(int argc, char **argv)
{
    return tsk_session_run(&tsk_cmd_user, subs, TSK_COUNT(subs), argc, argv);
}

const struct tsk_command tsk_cmd_user = {
    "user",
    "user list [--office ID]\n"
    "user add NAME [--display TEXT] [--office ID] [--role ROLE] [--language ja|en] [--break-glass] --by NAME\n"
    "user passwd NAME --by NAME\n"
    "user reset NAME [--second-factor] --by NAME\n"
    "user disable NAME [--enable] --by NAME\n"
    "user role NAME ROLE [--office ID] [--case NUMBER --until YYYY-MM-DD] [--remove] --by NAME\n"
    "user office NAME ID [--remove] --by NAME",
    "accounts of the desk: add, list, new passwords, roles, offices",
    run,
};
