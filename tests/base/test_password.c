#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/password.h"

/* RFC 6238, appendix B: the secret is "12345678901234567890"; of the eight digits the last six. */
#define RFC_SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

static const struct {
    int64_t at_s;
    const char *code;
} rfc[] = {
    { 59, "287082" },         { 1111111109, "081804" }, { 1111111111, "050471" },
    { 1234567890, "005924" }, { 2000000000, "279037" }, { 20000000000, "353130" },
};

static void test_totp_is_that_of_the_rfc(void **state)
{
    char code[TSK_TOTP_SIZE];

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(rfc); i++) {
        assert_true(tsk_totp_code(code, RFC_SECRET, rfc[i].at_s / TSK_TOTP_STEP_S));
        assert_string_equal(code, rfc[i].code);
        assert_int_equal(tsk_totp_check(RFC_SECRET, rfc[i].code, rfc[i].at_s, 0), rfc[i].at_s / TSK_TOTP_STEP_S);
    }
}

static void test_totp_once_and_near(void **state)
{
    const int64_t now_s = 2000000000, step = now_s / TSK_TOTP_STEP_S;
    char code[TSK_TOTP_SIZE];

    (void)state;
    for (int64_t off = -3; off <= 3; off++) {
        assert_true(tsk_totp_code(code, RFC_SECRET, step + off));
        int64_t found = tsk_totp_check(RFC_SECRET, code, now_s, 0);
        assert_int_equal(found, off >= -1 && off <= 1 ? step + off : 0);
        assert_int_equal(tsk_totp_check(RFC_SECRET, code, now_s, step + off), 0); /* used */
    }
    assert_int_equal(tsk_totp_check(RFC_SECRET, "", now_s, 0), 0);
    assert_int_equal(tsk_totp_check("", "279037", now_s, 0), 0);
    assert_int_equal(tsk_totp_check("gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "279037", now_s, 0), 0);
}

static void test_a_new_secret_gives_codes(void **state)
{
    char one[TSK_TOTP_SECRET_SIZE], other[TSK_TOTP_SECRET_SIZE], code[TSK_TOTP_SIZE];

    (void)state;
    tsk_totp_secret_new(one);
    tsk_totp_secret_new(other);
    assert_string_not_equal(one, other);
    assert_true(tsk_totp_code(code, one, 1));
}

static void test_passwords(void **state)
{
    char hash[TSK_PASSWORD_SIZE], again[TSK_PASSWORD_SIZE];
    struct tsk_err err = { .kind = TSK_OK };

    (void)state;
    assert_int_equal(tsk_password_hash(hash, "正しい 馬 電池", &err), 0);
    assert_int_equal(tsk_password_hash(again, "正しい 馬 電池", &err), 0);
    assert_string_not_equal(hash, again); /* salted */
    assert_int_equal(strncmp(hash, "$argon2id$v=19$m=65536,t=2,p=1$", 31), 0);
    assert_true(tsk_password_matches(hash, "正しい 馬 電池"));
    assert_false(tsk_password_matches(hash, "正しい 馬 電地"));
    assert_false(tsk_password_matches("", ""));
    assert_false(tsk_password_matches("", "正しい 馬 電池"));
}

static const struct {
    const char *typed, *read; /* NULL: cannot be one */
} words[] = {
    { "ABCD-EFGH", "ABCD-EFGH" }, { "abcd efgh", "ABCD-EFGH" },
    { "abcdefgh", "ABCD-EFGH" },  { "OIL1-0000", "0111-0000" },
    { "ABCD-EFG", NULL },         { "ABCD-EFGH-1", NULL },
    { "ABCD-EFGU", NULL },        { "", NULL },
    { "ABCD-EF%H", NULL },        { "ＡＢＣＤＥＦＧＨ", NULL },
};

static void test_words_as_they_are_typed(void **state)
{
    char made[5 * 4], read[5 * 4];

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(words); i++) {
        bool fits = tsk_words_read(read, 2, words[i].typed);
        assert_int_equal(fits, words[i].read != NULL);
        if (fits)
            assert_string_equal(read, words[i].read);
    }
    for (int i = 0; i < 50; i++) {
        tsk_words_new(made, 4);
        assert_int_equal(strlen(made), 19);
        assert_true(tsk_words_read(read, 4, made));
        assert_string_equal(read, made);
    }
}

static void test_secrets_are_compared_whole(void **state)
{
    (void)state;
    assert_true(tsk_secret_equal("abc", "abc"));
    assert_false(tsk_secret_equal("abc", "abd"));
    assert_false(tsk_secret_equal("abc", "ab"));
    assert_false(tsk_secret_equal("", "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_totp_is_that_of_the_rfc),  cmocka_unit_test(test_totp_once_and_near),
        cmocka_unit_test(test_a_new_secret_gives_codes), cmocka_unit_test(test_passwords),
        cmocka_unit_test(test_words_as_they_are_typed),  cmocka_unit_test(test_secrets_are_compared_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
