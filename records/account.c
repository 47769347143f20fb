#include "records/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/text.h"
#include "records/account_parts.h"
#include "records/audit.h"
#include "records/sql.h"

#define NAME_MAX 40
#define DISPLAY_MAX 60
#define COLUMNS                                                                                                        \
    "SELECT id, name, display, language, must_change, break_glass, totp_secret <> '', opened, disabled, signed_in, "   \
    "created, created_by, password_at, "                                                                               \
    "(SELECT count(*) FROM recovery_codes WHERE account_id = accounts.id AND used = '') FROM accounts "
#define PATIENT_ROLES (TSK_ROLES_OFFICE | TSK_ROLE_WARD_VIEWER)
#define APART_ROLES (TSK_ROLE_ADMINISTRATOR | TSK_ROLE_AUDITOR)
#define SITE_ROLES (APART_ROLES | TSK_ROLE_HEALTH_BUREAU)

static const char *const role_names[] = { "coordinator",   "manager",       "ward_viewer",
                                          "health_bureau", "administrator", "auditor" };

const char *tsk_role_name(unsigned role)
{
    for (size_t i = 0; i < TSK_COUNT(role_names); i++)
        if (role == 1U << i)
            return role_names[i];
    return "";
}

unsigned tsk_role_from_name(const char *name)
{
    int at = tsk_name_index(role_names, TSK_COUNT(role_names), name);

    return at < 0 ? 0 : 1U << at;
}

static void fill(void *item, struct tsk_rows *rows)
{
    struct tsk_account *account = item;

    account->id = tsk_sql_int(rows);
    account->name = tsk_sql_text(rows);
    account->display = tsk_sql_text(rows);
    account->language = tsk_sql_text(rows);
    account->must_change = tsk_sql_int(rows) != 0;
    account->break_glass = tsk_sql_int(rows) != 0;
    account->second_factor = tsk_sql_int(rows) != 0;
    account->opened = tsk_sql_text(rows);
    account->disabled = tsk_sql_text(rows);
    account->signed_in = tsk_sql_text(rows);
    account->created = tsk_sql_text(rows);
    account->created_by = tsk_sql_text(rows);
    account->password_at = tsk_sql_text(rows);
    account->recovery_left = (int)tsk_sql_int(rows);
}

static void fill_grant(void *item, struct tsk_rows *rows)
{
    struct tsk_grant *grant = item;

    grant->role = tsk_role_from_name(tsk_sql_text(rows));
    grant->office = tsk_sql_text(rows);
    grant->case_number = tsk_sql_text(rows);
    grant->until = tsk_sql_text(rows);
    grant->at = tsk_sql_text(rows);
    grant->by = tsk_sql_text(rows);
}

static int read_grants(struct tsk_account *account, struct tsk_store *store, struct tsk_arena *arena,
                       struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           "SELECT role, office_id, case_number, until, at, by FROM account_grants "
                           "WHERE account_id = ?1 ORDER BY office_id, role, case_number",
                           "i", account->id);

    account->grants = tsk_sql_collect(&account->grant_count, sizeof *account->grants, fill_grant, &rows, &rc, err);
    return rc;
}

static int read_one(struct tsk_account *out, struct tsk_store *store, struct tsk_rows **rows, int rc,
                    struct tsk_arena *arena, struct tsk_err *err)
{
    *out = (struct tsk_account){ .id = 0 };
    if (rc == 0 && (rc = tsk_sql_next(*rows, err)) == 1)
        fill(out, *rows);
    else if (rc == 0)
        rc = tsk_fail(err, TSK_REJECT, 0, "there is no such account");
    tsk_sql_end(rows);
    return rc < 0 ? -1 : read_grants(out, store, arena, err);
}

int tsk_account_find(struct tsk_account *out, struct tsk_store *store, int64_t id, struct tsk_arena *arena,
                     struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err, COLUMNS "WHERE id = ?1", "i", id);

    return read_one(out, store, &rows, rc, arena, err);
}

int tsk_account_named(struct tsk_account *out, struct tsk_store *store, const char *name, struct tsk_arena *arena,
                      struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    char *folded = tsk_nfkc(name);
    int rc = folded == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to look for an account")
                            : tsk_sql_query(&rows, store, arena, err, COLUMNS "WHERE name = ?1", "s", folded);

    rc = read_one(out, store, &rows, rc, arena, err);
    free(folded);
    return rc;
}

int tsk_account_list(struct tsk_accounts *out, struct tsk_store *store, const struct tsk_scope *scope,
                     struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    int rc = tsk_sql_query(&rows, store, arena, err,
                           COLUMNS "WHERE ?1 IS NULL OR id IN (SELECT account_id FROM account_grants WHERE " SCOPE(
                               "office_id") ") ORDER BY name",
                           "c", scope);

    out->items = tsk_sql_collect(&out->count, sizeof *out->items, fill, &rows, &rc, err);
    for (size_t i = 0; i < out->count && rc == 0; i++)
        rc = read_grants(&out->items[i], store, arena, err);
    return rc;
}

struct lines {
    struct tsk_store *store;
    struct tsk_arena *arena;
    const char *by, *action, *object, *detail;
};

static int write_lines(const struct lines *lines, int64_t id, struct tsk_err *err)
{
    struct tsk_rows *rows = NULL;
    const char *offices[200];
    size_t count = 0;
    int rc = tsk_sql_query(&rows, lines->store, lines->arena, err,
                           "SELECT DISTINCT office_id FROM account_grants WHERE account_id = ?1 AND office_id <> '*' "
                           "ORDER BY office_id",
                           "i", id);

    while (rc == 0 && count < TSK_COUNT(offices) && (rc = tsk_sql_next(rows, err)) == 1) {
        offices[count++] = tsk_sql_text(rows);
        rc = 0;
    }
    tsk_sql_end(&rows);
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = tsk_audit_add(lines->store, offices[i], lines->by, lines->action, lines->object, lines->detail, err);
    return rc != 0 ? -1
                   : tsk_audit_add(lines->store, TSK_SITE, lines->by, lines->action, lines->object, lines->detail, err);
}

int tsk_account_audit(struct tsk_store *store, int64_t id, const char *by, const char *action, const char *detail,
                      struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)1 << 20);
    struct tsk_part part;
    struct tsk_account account;
    char object[200] = "";

    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for the audit chain");
    int rc = tsk_account_find(&account, store, id, arena, err);
    if (rc == 0)
        snprintf(object, sizeof object, "account:%s", account.name);
    const struct lines lines = { store, arena, by, action, object, detail };
    if (rc == 0)
        rc = tsk_part_start(&part, store, err);
    if (rc == 0)
        rc = tsk_part_end(&part, write_lines(&lines, id, err), err);
    tsk_arena_free(&arena);
    return rc;
}

static int check_names(const struct tsk_account_new *account, const char *name, struct tsk_err *err)
{
    if (name[0] == '\0' || tsk_utf8_length(name) > NAME_MAX || strpbrk(name, " \t\n\"'<>&:/\\") != NULL)
        return tsk_fail(err, TSK_REJECT, 0, "an account's name has 1 to %d letters or digits and no spaces", NAME_MAX);
    if (account->display[strspn(account->display, " ")] == '\0' || tsk_utf8_length(account->display) > DISPLAY_MAX)
        return tsk_fail(err, TSK_REJECT, 0, "the name for people has 1 to %d characters", DISPLAY_MAX);
    return 0;
}

static int add(int64_t *id, const struct tsk_account_new *account, const char *name, const char *hash,
               struct tsk_store *store, const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    int64_t twin = 0;
    int rc = tsk_sql_number(&twin, store, err, "SELECT id FROM accounts WHERE name = ?1", "s", name);

    if (rc != 0)
        return rc < 0 ? -1 : tsk_fail(err, TSK_REJECT, 0, "there is an account of this name already");
    if (tsk_sql_run(store, err,
                    "INSERT INTO accounts (name, display, language, password, password_at, must_change, break_glass, "
                    "created, created_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?5, ?8)",
                    "sssssiis", name, account->display, account->language != NULL ? account->language : "ja", hash,
                    tsk_now(now), (int64_t)!account->break_glass, (int64_t)account->break_glass, by) != 0)
        return -1;
    *id = tsk_sql_last_id(store);
    return tsk_account_audit(store, *id, by, "account.add", account->break_glass ? "break-glass" : "", err);
}

int tsk_account_add(int64_t *id, char password[TSK_NEW_PASSWORD_SIZE], struct tsk_store *store,
                    const struct tsk_account_new *account, const char *by, struct tsk_err *err)
{
    char hash[TSK_PASSWORD_SIZE];
    char *name = tsk_nfkc(account->name);
    struct tsk_part part;
    int rc =
        name != NULL ? check_names(account, name, err) : tsk_fail(err, TSK_RETRY, 0, "no memory for a new account");

    tsk_words_new(password, TSK_NEW_PASSWORD_SIZE / 5);
    if (rc == 0 && tsk_password_hash(hash, password, err) != 0)
        rc = -1;
    if (rc == 0 && (rc = tsk_part_start(&part, store, err)) == 0)
        rc = tsk_part_end(&part, add(id, account, name, hash, store, by, err), err);
    free(name);
    return rc;
}

static int check_grant(const struct tsk_account *account, const struct tsk_grant *grant, struct tsk_store *store,
                       struct tsk_err *err)
{
    bool site = strcmp(grant->office, TSK_SITE) == 0, viewer = grant->role == TSK_ROLE_WARD_VIEWER;
    struct tsk_date day;
    int64_t found = 0;
    int rc;

    if (tsk_role_name(grant->role)[0] == '\0')
        return tsk_fail(err, TSK_REJECT, 0, "there is no such role");
    if (site && (grant->role & SITE_ROLES) == 0)
        return tsk_fail(err, TSK_REJECT, 0, "%s is a role in an office; name the office", tsk_role_name(grant->role));
    for (size_t i = 0; i < account->grant_count; i++) {
        unsigned both = account->grants[i].role | grant->role;

        if ((both & PATIENT_ROLES) != 0 && (both & APART_ROLES) != 0)
            return tsk_fail(err, TSK_REJECT, 0,
                            "an administrator or auditor sees no patient data: use another account for that");
    }
    if (viewer && (grant->until == NULL || !tsk_date_parse(grant->until, &day)))
        return tsk_fail(err, TSK_REJECT, 0, "a ward viewer's grant ends on a day: YYYY-MM-DD");
    rc = tsk_sql_number(&found, store, err, "SELECT 1 FROM offices WHERE id = ?1", "s", grant->office);
    if (rc == 1 && viewer)
        rc = tsk_sql_number(&found, store, err, "SELECT 1 FROM cases WHERE number = ?1 AND office_id = ?2", "ss",
                            grant->case_number, grant->office);
    return rc == 1 ? 0 : rc < 0 ? -1 : tsk_fail(err, TSK_REJECT, 0, "there is no such office or case");
}

static int put_grant(struct tsk_store *store, int64_t id, const struct tsk_grant *grant, const char *by,
                     struct tsk_arena *arena, struct tsk_err *err)
{
    bool viewer = grant->role == TSK_ROLE_WARD_VIEWER;
    struct tsk_account account;
    char now[TSK_STAMP_SIZE], detail[200];

    if (tsk_account_find(&account, store, id, arena, err) != 0 || check_grant(&account, grant, store, err) != 0)
        return -1;
    snprintf(detail, sizeof detail, "%s office=%s%s%s%s%s", tsk_role_name(grant->role), grant->office,
             viewer ? " case=" : "", viewer ? grant->case_number : "", viewer ? " until=" : "",
             viewer ? grant->until : "");
    if (tsk_sql_run(store, err,
                    "INSERT INTO account_grants (account_id, role, office_id, case_number, until, at, by) "
                    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (account_id, role, office_id, case_number) "
                    "DO UPDATE SET until = excluded.until, at = excluded.at, by = excluded.by",
                    "issssss", id, tsk_role_name(grant->role), grant->office, viewer ? grant->case_number : "",
                    viewer ? grant->until : "", tsk_now(now), by) != 0)
        return -1;
    return tsk_account_audit(store, id, by, "account.grant", detail, err);
}

static int drop_grant(struct tsk_store *store, int64_t id, const struct tsk_grant *grant, const char *by,
                      struct tsk_err *err)
{
    const char *number = grant->role == TSK_ROLE_WARD_VIEWER && grant->case_number != NULL ? grant->case_number : "";
    char detail[200];

    snprintf(detail, sizeof detail, "%s office=%s%s%s", tsk_role_name(grant->role), grant->office,
             *number != '\0' ? " case=" : "", number);
    /* the line first: afterwards the account may not belong to that office any more */
    if (tsk_account_audit(store, id, by, "account.revoke", detail, err) != 0 ||
        tsk_sql_run(store, err,
                    "DELETE FROM account_grants WHERE account_id = ?1 AND role = ?2 AND office_id = ?3 AND "
                    "(?4 = '' OR case_number = ?4)",
                    "isss", id, tsk_role_name(grant->role), grant->office, number) != 0)
        return -1;
    if (tsk_sql_changed(store) == 0)
        return tsk_fail(err, TSK_REJECT, 0, "the account does not have this role there");
    return tsk_account_end_sessions(store, id, NULL, err);
}

int tsk_account_grant(struct tsk_store *store, int64_t id, const struct tsk_grant *grant, const char *by,
                      struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)1 << 20);
    struct tsk_part part;
    int rc =
        arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to grant a role") : tsk_part_start(&part, store, err);

    if (rc == 0)
        rc = tsk_part_end(&part, put_grant(store, id, grant, by, arena, err), err);
    tsk_arena_free(&arena);
    return rc;
}

int tsk_account_office_managed(struct tsk_store *store, const char *office, int64_t except, struct tsk_err *err)
{
    int64_t found = 0;

    return tsk_sql_number(
        &found, store, err,
        "SELECT 1 FROM account_grants g JOIN accounts a ON a.id = g.account_id WHERE g.role = ?1 AND "
        "g.office_id = ?2 AND a.id <> ?3 AND a.disabled = '' AND NOT a.break_glass AND a.signed_in <> ''",
        "ssi", tsk_role_name(TSK_ROLE_MANAGER), office, except);
}

int tsk_account_revoke(struct tsk_store *store, int64_t id, const struct tsk_grant *grant, const char *by,
                       struct tsk_err *err)
{
    struct tsk_part part;

    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    return tsk_part_end(&part, drop_grant(store, id, grant, by, err), err);
}

static int set_disabled(struct tsk_store *store, int64_t id, bool disabled, const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    if (tsk_sql_run(store, err, "UPDATE accounts SET disabled = ?2 WHERE id = ?1 AND (disabled <> '') <> ?3", "isi", id,
                    disabled ? tsk_now(now) : "", (int64_t)disabled) != 0)
        return -1;
    if (tsk_sql_changed(store) == 0)
        return 0;
    return tsk_account_audit(store, id, by, disabled ? "account.disable" : "account.enable", "", err) != 0
               ? -1
               : tsk_account_end_sessions(store, id, NULL, err);
}

int tsk_account_disable(struct tsk_store *store, int64_t id, bool disabled, const char *by, struct tsk_err *err)
{
    struct tsk_part part;

    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    return tsk_part_end(&part, set_disabled(store, id, disabled, by, err), err);
}

int tsk_account_language(struct tsk_store *store, int64_t id, const char *language, struct tsk_err *err)
{
    return tsk_sql_run(store, err, "UPDATE accounts SET language = ?2 WHERE id = ?1", "is", id, language);
}
