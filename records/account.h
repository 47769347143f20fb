/*
 * account - who may work at the desk, where, and how that is proved
 *
 * Promise    Passwords and recovery codes are kept as hashes; a generated password or code leaves once, to be handed over on
 *            paper. Every change is a line in the audit chain of each office that the account serves, and of the site.
 *            Changing a password, a second factor or a grant, and disabling, ends the account's sessions.
 * Roles      Are granted by office. A ward viewer is granted single cases, each until a day. A health bureau viewer, an
 *            administrator and an auditor may be granted the whole site (TSK_SITE). An administrator or auditor sees no
 *            patient data: such an account cannot be granted a role that does, nor the other way round.
 * Emergency  A break-glass account needs no second factor; its password is sealed on paper, works for a day from its first
 *            use and must then be made anew.
 */
#ifndef TASUKI_RECORDS_ACCOUNT_H
#define TASUKI_RECORDS_ACCOUNT_H

#include "base/password.h"
#include "records/store.h"

enum tsk_role { /* bits */
                TSK_ROLE_COORDINATOR = 1 << 0,
                TSK_ROLE_MANAGER = 1 << 1,
                TSK_ROLE_WARD_VIEWER = 1 << 2,
                TSK_ROLE_HEALTH_BUREAU = 1 << 3, /* counts only */
                TSK_ROLE_ADMINISTRATOR = 1 << 4, /* accounts and machine; no patient data */
                TSK_ROLE_AUDITOR = 1 << 5        /* the audit chain; no patient data */
};

enum {
    TSK_ROLES_OFFICE = TSK_ROLE_COORDINATOR | TSK_ROLE_MANAGER, /* who works with patients' data */
    TSK_ROLES_ALL = (1 << 6) - 1
};

#define TSK_SITE "*" /* in place of an office */
#define TSK_RECOVERY_CODES 10
#define TSK_RECOVERY_GROUPS 4
#define TSK_RECOVERY_SIZE (5 * TSK_RECOVERY_GROUPS)
#define TSK_NEW_PASSWORD_SIZE (5 * 5)

struct tsk_grant {
    unsigned role; /* one bit */
    const char *office;
    const char *case_number, *until; /* ward viewer: the case, and the last day in Japan */
    const char *at, *by;
};

struct tsk_account {
    int64_t id;
    const char *name, *display, *language;
    bool must_change, break_glass, second_factor;
    const char *opened;    /* break-glass: first use of the present password, or "" */
    const char *disabled;  /* stamp, or "" */
    const char *signed_in; /* last time, or "" */
    const char *created, *created_by, *password_at;
    int recovery_left;
    struct tsk_grant *grants;
    size_t grant_count;
};

struct tsk_accounts {
    struct tsk_account *items;
    size_t count;
};

struct tsk_account_new {
    const char *name; /* what is typed at sign-in; no spaces */
    const char *display;
    const char *language; /* NULL = "ja" */
    bool break_glass;
};

const char *tsk_role_name(unsigned role);      /* "ward_viewer" */
unsigned tsk_role_from_name(const char *name); /* 0 if there is none */

/* The generated password must be changed at the first sign-in, unless it is that of a break-glass account. */
int tsk_account_add(int64_t *id, char password[TSK_NEW_PASSWORD_SIZE], struct tsk_store *store,
                    const struct tsk_account_new *account, const char *by, struct tsk_err *err) TSK_MUST_USE;
/* TSK_REJECT when there is none. The name is compared as stored, after NFKC. */
int tsk_account_find(struct tsk_account *out, struct tsk_store *store, int64_t id, struct tsk_arena *arena,
                     struct tsk_err *err) TSK_MUST_USE;
int tsk_account_named(struct tsk_account *out, struct tsk_store *store, const char *name, struct tsk_arena *arena,
                      struct tsk_err *err) TSK_MUST_USE;
/* Accounts with a grant in one of the offices of scope; with scope all, every one. By name. */
int tsk_account_list(struct tsk_accounts *out, struct tsk_store *store, const struct tsk_scope *scope,
                     struct tsk_arena *arena, struct tsk_err *err) TSK_MUST_USE;

int tsk_account_grant(struct tsk_store *store, int64_t id, const struct tsk_grant *grant, const char *by,
                      struct tsk_err *err) TSK_MUST_USE;
int tsk_account_revoke(struct tsk_store *store, int64_t id, const struct tsk_grant *grant, const char *by,
                       struct tsk_err *err) TSK_MUST_USE;
int tsk_account_disable(struct tsk_store *store, int64_t id, bool disabled, const char *by,
                        struct tsk_err *err) TSK_MUST_USE;
int tsk_account_language(struct tsk_store *store, int64_t id, const char *language, struct tsk_err *err) TSK_MUST_USE;

/* A person's own choice. Refuses one shorter than length_min, one that holds the name, and one of few different characters. keep: the
 * session (its stored token) that goes on, or NULL. */
int tsk_account_set_password(struct tsk_store *store, int64_t id, const char *password, unsigned length_min,
                             const char *keep, const char *by, struct tsk_err *err) TSK_MUST_USE;
/* Somebody other than except manages the office: can sign in, and has done so. The sealed account is nobody. 1, 0, -1. */
int tsk_account_office_managed(struct tsk_store *store, const char *office, int64_t except,
                               struct tsk_err *err) TSK_MUST_USE;
/* A new generated password; second_factor: the factor and its recovery codes are taken away too. */
int tsk_account_reset(char password[TSK_NEW_PASSWORD_SIZE], struct tsk_store *store, int64_t id, bool second_factor,
                      const char *by, struct tsk_err *err) TSK_MUST_USE;
bool tsk_account_password_is(struct tsk_store *store, int64_t id, const char *password);

/* Enrolment: the secret waits until a code of it was typed; then it counts, and new recovery codes are made. */
int tsk_account_enrol(char secret[TSK_TOTP_SECRET_SIZE], struct tsk_store *store, int64_t id,
                      struct tsk_err *err) TSK_MUST_USE;
int tsk_account_enrolled(char codes[TSK_RECOVERY_CODES][TSK_RECOVERY_SIZE], struct tsk_store *store, int64_t id,
                         const char *code, const char *keep, const char *by, struct tsk_err *err) TSK_MUST_USE;
int tsk_account_new_recovery(char codes[TSK_RECOVERY_CODES][TSK_RECOVERY_SIZE], struct tsk_store *store, int64_t id,
                             const char *by, struct tsk_err *err) TSK_MUST_USE;
/* A code of the second factor (each works once), or a recovery code (each works once). */
int tsk_account_second_factor(bool *right, struct tsk_store *store, int64_t id, const char *code,
                              struct tsk_err *err) TSK_MUST_USE;
/* Every second factor under the key in use, what an earlier program left plain too; how many were sealed anew, or -1. */
int tsk_account_seal_all(struct tsk_store *store, struct tsk_err *err) TSK_MUST_USE;

/* One line in every office that the account serves, and in the site's. */
int tsk_account_audit(struct tsk_store *store, int64_t id, const char *by, const char *action, const char *detail,
                      struct tsk_err *err) TSK_MUST_USE;

#endif
