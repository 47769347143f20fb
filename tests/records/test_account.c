#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture.h"
#include "records/audit.h"
#include "records/case.h"
#include "records/login.h"
#include "records/sql.h"
#include "vault/keyfile.h"
#include "vault/vault.h"

#define OWN_PASSWORD "seven quiet herons"
#define HOUR_MS ((int64_t)3600 * 1000)

static int64_t add(struct fixture *f, const char *name, bool sealed)
{
    const struct tsk_account_new account = { .name = name, .display = "名前", .break_glass = sealed };
    char password[TSK_NEW_PASSWORD_SIZE];
    int64_t id = 0;

    OK(tsk_account_add(&id, password, f->store, &account, "佐藤", &f->err), f);
    OK(tsk_account_set_password(f->store, id, OWN_PASSWORD, 12, NULL, "佐藤", &f->err), f);
    return id;
}

static int grant(struct fixture *f, int64_t id, unsigned role, const char *office, const char *number,
                 const char *until)
{
    const struct tsk_grant one = { .role = role, .office = office, .case_number = number, .until = until };

    return tsk_account_grant(f->store, id, &one, "佐藤", &f->err);
}

static enum tsk_sign_in sign_in(struct fixture *f, const char *name, const char *password, const char *address,
                                char token[TSK_SHA256_HEX])
{
    const struct tsk_sign_in_try tried = {
        .name = name, .password = password, .address = address, .session_ms = HOUR_MS
    };
    enum tsk_sign_in how;
    int64_t account = 0;
    int wait_s = 0;

    OK(tsk_sign_in(&how, token, &account, &wait_s, f->store, &tried, &f->err), f);
    assert_int_equal(how == TSK_SIGN_IN_WAIT, wait_s > 0);
    return how;
}

static void test_names(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = { "", " ", "a b", "a/b", "<b>", "a\nb", "a:b" };
    struct tsk_account account;
    char password[TSK_NEW_PASSWORD_SIZE];
    int64_t id = 0;

    for (size_t i = 0; i < TSK_COUNT(bad); i++) {
        const struct tsk_account_new one = { .name = bad[i], .display = "x" };
        REFUSED(tsk_account_add(&id, password, f->store, &one, "佐藤", &f->err), f, "an account's name");
    }
    add(f, "tanaka", false);
    const struct tsk_account_new twin = { .name = "ｔａｎａｋａ", .display = "x" }; /* the same after NFKC */
    REFUSED(tsk_account_add(&id, password, f->store, &twin, "佐藤", &f->err), f, "already");
    OK(tsk_account_named(&account, f->store, "ｔａｎａｋａ", f->arena, &f->err), f);
    REFUSED(tsk_account_named(&account, f->store, "nobody", f->arena, &f->err), f, "no such account");
}

static void test_roles_that_see_no_patients_stay_apart(void **state)
{
    struct fixture *f = *state;
    int64_t root = add(f, "root", false), clerk = add(f, "clerk", false);
    char number[TSK_CASE_NUMBER_SIZE];

    OK(tsk_case_open(number, f->store, EAST, tsk_wall_ms(), "佐藤", &f->err), f);
    OK(grant(f, root, TSK_ROLE_ADMINISTRATOR, TSK_SITE, "", ""), f);
    REFUSED(grant(f, root, TSK_ROLE_COORDINATOR, EAST, "", ""), f, "no patient data");
    OK(grant(f, root, TSK_ROLE_AUDITOR, TSK_SITE, "", ""), f);
    OK(grant(f, clerk, TSK_ROLE_COORDINATOR, EAST, "", ""), f);
    REFUSED(grant(f, clerk, TSK_ROLE_AUDITOR, EAST, "", ""), f, "no patient data");
    REFUSED(grant(f, clerk, TSK_ROLE_MANAGER, TSK_SITE, "", ""), f, "name the office");
    REFUSED(grant(f, clerk, TSK_ROLE_MANAGER, "nowhere", "", ""), f, "no such office");
    REFUSED(grant(f, clerk, TSK_ROLE_WARD_VIEWER, EAST, number, ""), f, "ends on a day");
    REFUSED(grant(f, clerk, TSK_ROLE_WARD_VIEWER, NORTH, number, "2099-01-01"), f, "no such office or case");
    OK(grant(f, clerk, TSK_ROLE_WARD_VIEWER, EAST, number, "2099-01-01"), f);
}

static void test_every_office_has_its_line(void **state)
{
    struct fixture *f = *state;
    int64_t id = add(f, "tanaka", false);
    const struct tsk_grant away = { .role = TSK_ROLE_COORDINATOR, .office = NORTH };

    OK(grant(f, id, TSK_ROLE_COORDINATOR, EAST, "", ""), f);
    OK(grant(f, id, TSK_ROLE_COORDINATOR, NORTH, "", ""), f);
    OK(tsk_account_disable(f->store, id, true, "佐藤", &f->err), f);
    OK(tsk_account_disable(f->store, id, true, "佐藤", &f->err), f); /* changes nothing */
    OK(tsk_account_revoke(f->store, id, &away, "佐藤", &f->err), f);
    REFUSED(tsk_account_revoke(f->store, id, &away, "佐藤", &f->err), f, "does not have this role");
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM audit WHERE action = 'account.disable'"), 3);
    assert_int_equal(fixture_count(f, "SELECT count(DISTINCT office_id) FROM audit WHERE action = 'account.revoke'"),
                     3);
    struct tsk_accounts seen;
    OK(tsk_account_list(&seen, f->store, &only_north, f->arena, &f->err), f);
    assert_int_equal(seen.count, 0);
    OK(tsk_account_list(&seen, f->store, &only_east, f->arena, &f->err), f);
    assert_int_equal(seen.count, 1);
}

static void test_passwords_that_are_refused(void **state)
{
    struct fixture *f = *state;
    int64_t id = add(f, "tanaka", false);
    static const char *const bad[] = { "short", "aaaaaaaaaaaaaaaa", "my name is Tanaka!", "" };

    for (size_t i = 0; i < TSK_COUNT(bad); i++)
        REFUSED(tsk_account_set_password(f->store, id, bad[i], 12, NULL, "佐藤", &f->err), f, "a password");
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM accounts WHERE password LIKE '%herons%'"), 0);
}

static void test_guessing_has_to_wait_and_shuts_nobody_out(void **state)
{
    struct fixture *f = *state;
    char token[TSK_SHA256_HEX];
    int wrong = 0;

    add(f, "tanaka", false);
    assert_int_equal(sign_in(f, "tanaka", OWN_PASSWORD, "10.0.0.1", token), TSK_SIGNED_IN);
    while (sign_in(f, "tanaka", "wrong", "10.0.0.9", token) == TSK_SIGN_IN_WRONG)
        wrong++;
    assert_int_equal(wrong, 6);
    assert_int_equal(sign_in(f, "tanaka", OWN_PASSWORD, "10.0.0.9", token), TSK_SIGN_IN_WAIT); /* even the right one */
    for (int i = 0; i < 6; i++) {
        char address[32];
        snprintf(address, sizeof address, "10.0.1.%d", i);
        sign_in(f, "tanaka", "wrong", address, token);
        sign_in(f, "tanaka", "wrong", address, token);
    }
    assert_int_equal(sign_in(f, "tanaka", "wrong", "10.0.2.1", token),
                     TSK_SIGN_IN_WAIT); /* a new place of the guesser */
    assert_int_equal(sign_in(f, "tanaka", OWN_PASSWORD, "10.0.0.1", token), TSK_SIGNED_IN);
    fixture_sql(f, "UPDATE sign_in_failures SET last = last - 3700000");
    assert_int_equal(sign_in(f, "tanaka", OWN_PASSWORD, "10.0.0.9", token), TSK_SIGNED_IN); /* an hour later */
    assert_int_equal(sign_in(f, "nobody", OWN_PASSWORD, "10.0.3.1", token), TSK_SIGN_IN_WRONG);
}

static void test_sessions(void **state)
{
    struct fixture *f = *state;
    int64_t id = add(f, "tanaka", false);
    char token[TSK_SHA256_HEX], other[TSK_SHA256_HEX];
    struct tsk_login login;
    bool right, ended, stands;

    assert_int_equal(sign_in(f, "tanaka", OWN_PASSWORD, "10.0.0.1", token), TSK_SIGNED_IN);
    assert_int_equal(sign_in(f, "tanaka", OWN_PASSWORD, "10.0.0.2", other), TSK_SIGNED_IN);
    assert_int_equal(tsk_login_find(&login, f->store, token, HOUR_MS, &f->err), 1);
    assert_int_equal(login.account, id);
    assert_false(login.locked);
    fixture_sql(f, "UPDATE sessions SET seen = seen - 7200000");
    assert_int_equal(tsk_login_find(&login, f->store, token, HOUR_MS, &f->err), 1);
    assert_true(login.locked);
    OK(tsk_login_unlock(&right, &ended, f->store, &login, "wrong", &f->err), f);
    assert_false(right || ended);
    OK(tsk_login_unlock(&right, &ended, f->store, &login, OWN_PASSWORD, &f->err), f);
    assert_true(right);
    OK(tsk_login_stands(&stands, f->store, &login, HOUR_MS, &f->err), f);
    assert_true(stands);
    OK(tsk_account_set_password(f->store, id, "nine loud herons", 12, login.token, "tanaka", &f->err), f);
    assert_int_equal(tsk_login_find(&login, f->store, other, HOUR_MS, &f->err), 0); /* the others ended */
    assert_int_equal(tsk_login_find(&login, f->store, token, HOUR_MS, &f->err), 1);
    fixture_sql(f, "UPDATE sessions SET ends = 1");
    assert_int_equal(tsk_login_find(&login, f->store, token, HOUR_MS, &f->err), 0);
}

static void test_a_sealed_password_has_its_day(void **state)
{
    struct fixture *f = *state;
    char token[TSK_SHA256_HEX], password[TSK_NEW_PASSWORD_SIZE];
    int64_t id = add(f, "fire", true);

    assert_int_equal(sign_in(f, "fire", OWN_PASSWORD, "10.0.0.1", token), TSK_SIGNED_IN);
    fixture_sql(f, "UPDATE accounts SET opened = '2020-01-01T00:00:00.000Z'");
    assert_int_equal(sign_in(f, "fire", OWN_PASSWORD, "10.0.0.1", token), TSK_SIGN_IN_SPENT);
    OK(tsk_account_reset(password, f->store, id, false, "佐藤", &f->err), f);
    assert_int_equal(sign_in(f, "fire", password, "10.0.0.1", token), TSK_SIGNED_IN);
}

static void test_recovery_codes_work_once(void **state)
{
    struct fixture *f = *state;
    int64_t id = add(f, "tanaka", false);
    char codes[TSK_RECOVERY_CODES][TSK_RECOVERY_SIZE], secret[TSK_TOTP_SECRET_SIZE], code[TSK_TOTP_SIZE];
    bool right;

    OK(tsk_account_enrol(secret, f->store, id, &f->err), f);
    REFUSED(tsk_account_enrolled(codes, f->store, id, "000", NULL, "tanaka", &f->err), f, "not the code");
    assert_true(tsk_totp_code(code, secret, tsk_wall_ms() / 1000 / TSK_TOTP_STEP_S));
    OK(tsk_account_enrolled(codes, f->store, id, code, NULL, "tanaka", &f->err), f);
    OK(tsk_account_second_factor(&right, f->store, id, code, &f->err), f);
    assert_false(right); /* that one is used */
    for (int i = 0; i < 2; i++) {
        OK(tsk_account_second_factor(&right, f->store, id, codes[4], &f->err), f);
        assert_int_equal(right, i == 0);
    }
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM recovery_codes WHERE used = ''"), TSK_RECOVERY_CODES - 1);
}

/* All that was noted while the clock was ten years ahead: nobody is shut out for ten years, and nobody is let in for so long. */
static void test_a_clock_that_was_far_ahead(void **state)
{
    struct fixture *f = *state;
    int64_t id = add(f, "tanaka", false);
    char codes[TSK_RECOVERY_CODES][TSK_RECOVERY_SIZE], secret[TSK_TOTP_SECRET_SIZE], code[TSK_TOTP_SIZE];
    char token[TSK_SHA256_HEX], other[TSK_SHA256_HEX];
    struct tsk_login login;
    bool right;

    add(f, "fire", true);
    tsk_wall_stand_ms(tsk_wall_ms() + 10 * 365 * 24 * HOUR_MS);
    assert_int_equal(sign_in(f, "tanaka", OWN_PASSWORD, "10.0.0.1", other), TSK_SIGNED_IN);
    assert_int_equal(sign_in(f, "fire", OWN_PASSWORD, "10.0.0.1", token), TSK_SIGNED_IN);
    while (sign_in(f, "tanaka", "wrong", "10.0.0.9", other) == TSK_SIGN_IN_WRONG)
        ;
    OK(tsk_account_enrol(secret, f->store, id, &f->err), f);
    assert_true(tsk_totp_code(code, secret, tsk_wall_ms() / 1000 / TSK_TOTP_STEP_S));
    OK(tsk_account_enrolled(codes, f->store, id, code, NULL, "tanaka", &f->err), f);
    tsk_wall_stand_ms(-1);
    assert_int_equal(sign_in(f, "tanaka", OWN_PASSWORD, "10.0.0.9", other), TSK_SIGN_IN_CODE_NEEDED);
    assert_true(tsk_totp_code(code, secret, tsk_wall_ms() / 1000 / TSK_TOTP_STEP_S));
    for (int i = 0; i < 2; i++) {
        OK(tsk_account_second_factor(&right, f->store, id, code, &f->err), f);
        assert_int_equal(right, i == 0);
    }
    assert_int_equal(tsk_login_find(&login, f->store, token, HOUR_MS, &f->err), 1);
    assert_true(login.locked);
    assert_int_equal(sign_in(f, "fire", OWN_PASSWORD, "10.0.0.1", token), TSK_SIGN_IN_SPENT);
}

static void kept_of(struct fixture *f, int64_t id, char out[512])
{
    struct tsk_rows *rows;

    OK(tsk_sql_query(&rows, f->store, f->arena, &f->err, "SELECT totp_secret FROM accounts WHERE id = ?1", "i", id), f);
    assert_int_equal(tsk_sql_next(rows, &f->err), 1);
    snprintf(out, 512, "%s", tsk_sql_text(rows));
    tsk_sql_end(&rows);
}

static void open_keys(struct tsk_vault **vault, const char *path, int count, struct fixture *f)
{
    static struct tsk_key keys[2];

    if (count == 1)
        tsk_key_new(&keys[0]);
    else
        keys[1] = keys[0];
    if (count == 2)
        tsk_key_new(&keys[0]);
    OK(tsk_keyfile_write(path, keys, (size_t)count, &f->err), f);
    if (*vault == NULL)
        OK(tsk_vault_open(vault, path, NULL, &f->err), f);
    tsk_store_keys(f->store, *vault);
}

/* A thief of the database makes no codes: the keys are sealed, each for its account, those of an earlier program and of an older key too. */
static void test_second_factors_are_sealed(void **state)
{
    struct fixture *f = *state;
    int64_t id = add(f, "tanaka", false), other = add(f, "suzuki", false);
    char codes[TSK_RECOVERY_CODES][TSK_RECOVERY_SIZE], secret[TSK_TOTP_SECRET_SIZE], code[TSK_TOTP_SIZE], kept[512];
    char before[512], sql[900], path[] = "/tmp/tasuki-account-key-XXXXXX";
    int64_t step = tsk_wall_ms() / 1000 / TSK_TOTP_STEP_S;
    struct tsk_vault *vault = NULL;
    bool right;

    close(mkstemp(path));
    OK(tsk_account_enrol(secret, f->store, id, &f->err), f);
    assert_true(tsk_totp_code(code, secret, step));
    OK(tsk_account_enrolled(codes, f->store, id, code, NULL, "tanaka", &f->err), f);
    kept_of(f, id, kept);
    assert_string_equal(kept, secret); /* a site without a key */
    open_keys(&vault, path, 1, f);
    assert_int_equal(tsk_account_seal_all(f->store, &f->err), 1);
    assert_int_equal(tsk_account_seal_all(f->store, &f->err), 0);
    kept_of(f, id, before);
    assert_memory_equal(before, "sealed:", 7);
    assert_null(strstr(before, secret));
    open_keys(&vault, path, 2, f); /* a rotation */
    assert_int_equal(tsk_account_seal_all(f->store, &f->err), 1);
    kept_of(f, id, kept);
    assert_string_not_equal(kept, before);
    snprintf(sql, sizeof sql,
             "UPDATE accounts SET totp_step = 0; UPDATE accounts SET totp_secret = '%s' WHERE id = %lld", kept,
             (long long)other);
    fixture_sql(f, sql);
    OK(tsk_account_second_factor(&right, f->store, id, code, &f->err), f);
    assert_true(right);
    REFUSED(tsk_account_second_factor(&right, f->store, other, code, &f->err), f, "that of another one");
    OK(tsk_account_enrol(secret, f->store, other, &f->err), f); /* sealed from the start */
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM accounts WHERE totp_pending LIKE 'sealed:%'"), 1);
    assert_true(tsk_totp_code(code, secret, step));
    OK(tsk_account_enrolled(codes, f->store, other, code, NULL, "suzuki", &f->err), f);
    tsk_store_keys(f->store, NULL);
    REFUSED(tsk_account_second_factor(&right, f->store, other, code, &f->err), f, "no key is in place");
    tsk_vault_close(&vault);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_names),
        TEST(test_roles_that_see_no_patients_stay_apart),
        TEST(test_every_office_has_its_line),
        TEST(test_passwords_that_are_refused),
        TEST(test_guessing_has_to_wait_and_shuts_nobody_out),
        TEST(test_sessions),
        TEST(test_a_clock_that_was_far_ahead),
        TEST(test_a_sealed_password_has_its_day),
        TEST(test_recovery_codes_work_once),
        TEST(test_second_factors_are_sealed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
