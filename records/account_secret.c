#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/text.h"
#include "records/account.h"
#include "records/account_parts.h"
#include "records/secret.h"
#include "records/sql.h"

#define PASSWORD_MAX 128
#define DIFFERENT_MIN 6
#define AHEAD_STEPS (3600 / TSK_TOTP_STEP_S)

int tsk_account_end_sessions(struct tsk_store *store, int64_t id, const char *keep, struct tsk_err *err)
{
    return tsk_sql_run(store, err, "DELETE FROM sessions WHERE account_id = ?1 AND token IS NOT ?2", "is", id, keep);
}

/* 1, 0 when there is no such account, -1. */
static int account_text(char out[TSK_SECRET_TEXT_SIZE], struct tsk_store *store, const char *sql, int64_t id,
                        struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(4096);
    struct tsk_rows *rows = NULL;
    int rc = arena == NULL ? tsk_fail(err, TSK_RETRY, 0, "no memory to look at an account")
                           : tsk_sql_query(&rows, store, arena, err, sql, "i", id);

    out[0] = '\0';
    if (rc == 0 && (rc = tsk_sql_next(rows, err)) == 1)
        snprintf(out, TSK_SECRET_TEXT_SIZE, "%s", tsk_sql_text(rows));
    tsk_sql_end(&rows);
    tsk_arena_free(&arena);
    return rc;
}

static size_t different(const char *text)
{
    bool seen[256] = { false };
    size_t count = 0;

    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        count += !seen[*c];
        seen[*c] = true;
    }
    return count;
}

static bool holds_name(const char *password, const char *name)
{
    return strlen(name) >= 4 && strcasestr(password, name) != NULL;
}

static int check_password(struct tsk_store *store, int64_t id, const char *password, unsigned length_min,
                          struct tsk_err *err)
{
    char name[TSK_SECRET_TEXT_SIZE];
    size_t length = tsk_utf8_length(password);

    if (length < length_min || length > PASSWORD_MAX)
        return tsk_fail(err, TSK_REJECT, 0, "a password has %u to %d characters", length_min, PASSWORD_MAX);
    if (different(password) < DIFFERENT_MIN)
        return tsk_fail(err, TSK_REJECT, 0, "a password has at least %d different characters", DIFFERENT_MIN);
    int rc = account_text(name, store, "SELECT name FROM accounts WHERE id = ?1", id, err);
    if (rc != 1)
        return rc < 0 ? -1 : tsk_fail(err, TSK_REJECT, 0, "there is no such account");
    return holds_name(password, name) ? tsk_fail(err, TSK_REJECT, 0, "a password must not hold the account's name") : 0;
}

static int put_password(struct tsk_store *store, int64_t id, const char *hash, bool must_change, const char *keep,
                        struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];

    if (tsk_sql_run(store, err,
                    "UPDATE accounts SET password = ?2, password_at = ?3, opened = '', "
                    "must_change = ?4 AND NOT break_glass WHERE id = ?1",
                    "issi", id, hash, tsk_now(now), (int64_t)must_change) != 0)
        return -1;
    return tsk_account_end_sessions(store, id, keep, err);
}

int tsk_account_set_password(struct tsk_store *store, int64_t id, const char *password, unsigned length_min,
                             const char *keep, const char *by, struct tsk_err *err)
{
    char hash[TSK_PASSWORD_SIZE];
    struct tsk_part part;

    if (check_password(store, id, password, length_min, err) != 0 || tsk_password_hash(hash, password, err) != 0 ||
        tsk_part_start(&part, store, err) != 0)
        return -1;
    int rc = put_password(store, id, hash, false, keep, err);
    if (rc == 0)
        rc = tsk_account_audit(store, id, by, "account.password", "", err);
    return tsk_part_end(&part, rc, err);
}

static int drop_factor(struct tsk_store *store, int64_t id, struct tsk_err *err)
{
    return tsk_sql_run(store, err,
                       "UPDATE accounts SET totp_secret = '', totp_at = '', totp_pending = '', totp_step = 0 "
                       "WHERE id = ?1",
                       "i", id) != 0 ||
                   tsk_sql_run(store, err, "DELETE FROM recovery_codes WHERE account_id = ?1", "i", id) != 0
               ? -1
               : 0;
}

int tsk_account_reset(char password[TSK_NEW_PASSWORD_SIZE], struct tsk_store *store, int64_t id, bool second_factor,
                      const char *by, struct tsk_err *err)
{
    char hash[TSK_PASSWORD_SIZE];
    struct tsk_part part;

    tsk_words_new(password, TSK_NEW_PASSWORD_SIZE / 5);
    if (tsk_password_hash(hash, password, err) != 0 || tsk_part_start(&part, store, err) != 0)
        return -1;
    int rc = put_password(store, id, hash, true, NULL, err);
    if (rc == 0 && second_factor)
        rc = drop_factor(store, id, err);
    if (rc == 0)
        rc = tsk_account_audit(store, id, by, "account.reset", second_factor ? "second factor" : "password", err);
    return tsk_part_end(&part, rc, err);
}

bool tsk_account_password_is(struct tsk_store *store, int64_t id, const char *password)
{
    char hash[TSK_SECRET_TEXT_SIZE];

    if (account_text(hash, store, "SELECT password FROM accounts WHERE id = ?1 AND disabled = ''", id, NULL) != 1)
        hash[0] = '\0';
    return tsk_password_matches(hash, password);
}

/* Sealed inside the transaction: a rotation that waits for its turn to write finds what was sealed under the older key. */
int tsk_account_enrol(char secret[TSK_TOTP_SECRET_SIZE], struct tsk_store *store, int64_t id, struct tsk_err *err)
{
    char kept[TSK_SECRET_TEXT_SIZE];
    struct tsk_part part;
    int rc;

    tsk_totp_secret_new(secret);
    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    rc = tsk_secret_seal(kept, store, "", id, secret, err);
    if (rc == 0)
        rc = tsk_sql_run(store, err, "UPDATE accounts SET totp_pending = ?2 WHERE id = ?1", "is", id, kept);
    return tsk_part_end(&part, rc, err);
}

static int put_recovery(char codes[TSK_RECOVERY_CODES][TSK_RECOVERY_SIZE], struct tsk_store *store, int64_t id,
                        struct tsk_err *err)
{
    char hash[TSK_SHA256_HEX];

    if (tsk_sql_run(store, err, "DELETE FROM recovery_codes WHERE account_id = ?1", "i", id) != 0)
        return -1;
    for (size_t i = 0; i < TSK_RECOVERY_CODES; i++) {
        tsk_words_new(codes[i], TSK_RECOVERY_GROUPS);
        tsk_sha256_hex(codes[i], strlen(codes[i]), hash); /* 80 random bits: nothing that a slow hash would help */
        if (tsk_sql_run(store, err, "INSERT INTO recovery_codes (account_id, hash) VALUES (?1, ?2)", "is", id, hash) !=
            0)
            return -1;
    }
    return 0;
}

/* The step of the code under the key that sql selects, 0 when it is not right; 1, 0 when there is no key, -1. */
static int check_code(int64_t *step, struct tsk_store *store, const char *sql, int64_t id, const char *code,
                      int64_t last, struct tsk_err *err)
{
    char kept[TSK_SECRET_TEXT_SIZE], secret[TSK_SECRET_TEXT_SIZE];
    int rc = account_text(kept, store, sql, id, err);

    if (rc != 1 || kept[0] == '\0')
        return rc < 0 ? -1 : 0;
    if (tsk_secret_unseal(secret, store, "", id, kept, err) != 0)
        return -1;
    *step = tsk_totp_check(secret, code, tsk_wall_ms() / 1000, last);
    explicit_bzero(secret, sizeof secret);
    return 1;
}

int tsk_account_enrolled(char codes[TSK_RECOVERY_CODES][TSK_RECOVERY_SIZE], struct tsk_store *store, int64_t id,
                         const char *code, const char *keep, const char *by, struct tsk_err *err)
{
    char now[TSK_STAMP_SIZE];
    struct tsk_part part;
    int64_t step = 0;

    if (check_code(&step, store, "SELECT totp_pending FROM accounts WHERE id = ?1", id, code, 0, err) < 0)
        return -1;
    if (step == 0)
        return tsk_fail(err, TSK_REJECT, 0,
                        "this is not the code of the new key now; check the clock of the telephone and try again");
    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    int rc =
        tsk_sql_run(store, err,
                    "UPDATE accounts SET totp_secret = totp_pending, totp_pending = '', totp_at = ?2, totp_step = ?3 "
                    "WHERE id = ?1",
                    "isi", id, tsk_now(now), step);
    if (rc == 0)
        rc = put_recovery(codes, store, id, err);
    if (rc == 0)
        rc = tsk_account_end_sessions(store, id, keep, err);
    if (rc == 0)
        rc = tsk_account_audit(store, id, by, "account.second_factor", "", err);
    return tsk_part_end(&part, rc, err);
}

int tsk_account_new_recovery(char codes[TSK_RECOVERY_CODES][TSK_RECOVERY_SIZE], struct tsk_store *store, int64_t id,
                             const char *by, struct tsk_err *err)
{
    struct tsk_part part;

    if (tsk_part_start(&part, store, err) != 0)
        return -1;
    int rc = put_recovery(codes, store, id, err);
    if (rc == 0)
        rc = tsk_account_audit(store, id, by, "account.recovery", "", err);
    return tsk_part_end(&part, rc, err);
}

/* Both take a code by one statement that only one of two sign-ins at once can win. */
static int take_totp(bool *right, struct tsk_store *store, int64_t id, const char *code, struct tsk_err *err)
{
    int64_t last = 0, step = 0, ahead = tsk_wall_ms() / 1000 / TSK_TOTP_STEP_S + AHEAD_STEPS;

    if (tsk_sql_number(&last, store, err, "SELECT totp_step FROM accounts WHERE id = ?1", "i", id) < 0)
        return -1;
    if (last > ahead) /* used by a clock that was wrong: the codes of today are new all the same */
        last = 0;
    if (check_code(&step, store, "SELECT totp_secret FROM accounts WHERE id = ?1", id, code, last, err) < 0)
        return -1;
    if (step == 0)
        return 0;
    if (tsk_sql_run(store, err,
                    "UPDATE accounts SET totp_step = ?2 WHERE id = ?1 AND (totp_step < ?2 OR totp_step > ?3)", "iii",
                    id, step, ahead) != 0)
        return -1;
    *right = tsk_sql_changed(store) == 1;
    return 0;
}

static int take_recovery(bool *right, struct tsk_store *store, int64_t id, const char *typed, struct tsk_err *err)
{
    char code[TSK_RECOVERY_SIZE], hash[TSK_SHA256_HEX], now[TSK_STAMP_SIZE];

    if (strlen(typed) > 64 || !tsk_words_read(code, TSK_RECOVERY_GROUPS, typed))
        return 0;
    tsk_sha256_hex(code, strlen(code), hash);
    if (tsk_sql_run(store, err, "UPDATE recovery_codes SET used = ?3 WHERE account_id = ?1 AND hash = ?2 AND used = ''",
                    "iss", id, hash, tsk_now(now)) != 0)
        return -1;
    *right = tsk_sql_changed(store) == 1;
    return *right ? tsk_account_audit(store, id, "desk", "account.recovery_used", "", err) : 0;
}

int tsk_account_second_factor(bool *right, struct tsk_store *store, int64_t id, const char *code, struct tsk_err *err)
{
    *right = false;
    if (take_totp(right, store, id, code, err) != 0)
        return -1;
    return *right ? 0 : take_recovery(right, store, id, code, err);
}
