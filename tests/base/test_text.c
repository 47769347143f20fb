#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void check_fold(char *(*fold)(const char *), const char *in, const char *want)
{
    char *got = fold(in);

    assert_non_null(got);
    if (strcmp(got, want) != 0)
        fail_msg("\"%s\" gave \"%s\", not \"%s\"", in, got, want);
    free(got);
}

static void keys_fold_what_people_write_differently(void **state)
{
    (void)state;
    check_fold(tsk_compare_key, "ﾔﾏﾀﾞ　ﾀﾛｳ", "ヤマダタロウ");
    check_fold(tsk_compare_key, "大今里１－２３－２", "大今里1-23-2");
    check_fold(tsk_compare_key, "Ｅ−Mail", "e-mail");
    check_fold(tsk_compare_key, "ひがしなり", "ヒガシナリ");
    check_fold(tsk_kana_key, "キョウコ", "キヨウコ");
    check_fold(tsk_kana_key, "きょうこ", "キヨウコ");
    check_fold(tsk_kana_key, "山田", "");
    check_fold(tsk_digits_only, "０６（１２３４）５６-７８", "0612345678");
    check_fold(tsk_compare_key, "", "");
}

static void bytes_that_are_no_utf8_are_replaced(void **state)
{
    (void)state;
    char *got = tsk_utf8_clean("a\xFF\x01"
                               "b\n",
                               5);
    assert_string_equal(got, "a\xEF\xBF\xBD"
                             "b\n");
    free(got);
    check_fold(tsk_nfkc, "\xE5\xB1", "\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_false(tsk_utf8_valid("\xED\xA0\x80", 3));
    assert_int_equal(tsk_utf8_length("𠮷野家"), 3);
}

static void distances_count_code_points(void **state)
{
    uint32_t a[8];
    uint32_t b[8];

    (void)state;
    size_t a_len = tsk_utf8_runes("大阪今里", a, 8);
    size_t b_len = tsk_utf8_runes("大坂今里南", b, 8);
    assert_int_equal(tsk_edit_distance(a, a_len, b, b_len), 2);
    assert_int_equal(tsk_edit_distance(a, 0, b, b_len), 5);
}

static void cp932_is_understood_and_garbage_refused(void **state)
{
    char *text = NULL;

    (void)state;
    assert_true(tsk_cp932_to_utf8("\x91\xE5\x8D\xE3\xFB\xFC", 6, &text)); /* the last one is 髙, an IBM extension */
    assert_string_equal(text, "大阪髙");
    free(text);
    assert_false(tsk_cp932_to_utf8("\x81", 1, &text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_fold_what_people_write_differently),
        cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
        cmocka_unit_test(distances_count_code_points),
        cmocka_unit_test(cp932_is_understood_and_garbage_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
