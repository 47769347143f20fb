#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/reference.h"
#include "fixture.h"
#include "records/case.h"
#include "records/search.h"

static const struct patient {
    const char *document, *office, *name, *kana, *birth, *clinic;
} patients[] = {
    { "P1", EAST, "山田 一郎", "ヤマダ イチロウ", "1931-05-02", "大今里クリニック" },
    { "P2", EAST, "髙橋 花子", "タカハシ ハナコ", "1940-12-24", "森ノ宮医院" },
    { "P3", EAST, "高橋 次郎", "たかはし じろう", "1940-12-24", "大今里クリニック" },
    { "P4", EAST, "渡邉 京子", "ワタナベ キョウコ", "1929-01-07", "東成病院" },
    { "P5", EAST, "渡辺 修", "ワタナベ オサム", "1950-03-03", "東成病院" },
    { "P6", EAST, "林", "ハヤシ", "1945-08-15", "東成病院" },
    { "P7", EAST, "小林 実", "ｺﾊﾞﾔｼ ﾐﾉﾙ", "1946-02-02", "東成病院" },
    { "P8", NORTH, "山田 秘密", "ヤマダ ヒミツ", "1931-05-02", "北クリニック" },
    { "P9", EAST, "山口　田鶴子", "ヤマグチ タヅコ", "1938-09-09", "森ノ宮医院" },
};

static char *name_key(void *ctx, const char *text)
{
    return tsk_reference_name_key(ctx, text);
}

static struct tsk_reference *reference;

static int load_reference(void **state)
{
    struct tsk_err err;

    (void)state;
    return tsk_reference_load(&reference, TASUKI_SOURCE_DIR "/config/data", &err);
}

static int free_reference(void **state)
{
    (void)state;
    tsk_reference_free(&reference);
    return 0;
}

static int64_t add(struct fixture *f, const struct patient *patient)
{
    struct tsk_reading page;

    fixture_referral(&page, patient->name);
    fixture_set(&page, "patient_kana", patient->kana, false);
    fixture_set(&page, "from_clinic", patient->clinic, false);
    tsk_reading_derive(&page, "birth_date", patient->birth, true);
    return fixture_add(f, patient->document, patient->office, &page);
}

static void fill(struct fixture *f)
{
    const struct tsk_knowledge knowledge = { .name_key = name_key, .ctx = reference };

    tsk_store_know(f->store, &knowledge);
    for (size_t i = 0; i < TSK_COUNT(patients); i++)
        add(f, &patients[i]);
}

static const char *found(struct fixture *f, const char *words)
{
    static char names[512];
    struct tsk_hits hits;
    size_t used = 0;

    OK(tsk_search(&hits, f->store, &only_east, NULL, words, 0, f->arena, &f->err), f);
    *names = '\0';
    for (size_t i = 0; i < hits.count && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? "|" : "", hits.items[i].name);
    return names;
}

/* Sorted by kana, in the written form. */
static const struct search_case {
    const char *what, *words, *want;
} search_cases[] = {
    { "two characters", "山田", "山田 一郎" },
    { "two characters across the space are one name", "田一", "山田 一郎" },
    { "a variant finds the common form", "髙橋", "高橋 次郎|髙橋 花子" },
    { "the common form finds the variant", "高橋", "高橋 次郎|髙橋 花子" },
    { "邊 finds 邉 and 辺", "渡邊", "渡辺 修|渡邉 京子" },
    { "narrow kana", "ﾔﾏﾀﾞ", "山田 一郎" },
    { "hiragana", "やまだ", "山田 一郎" },
    { "kana written as hiragana on the sheet", "タカハシ ジロウ", "高橋 次郎" },
    { "small kana written large", "キヨウコ", "渡邉 京子" },
    { "narrow kana on the sheet", "こばやし", "小林 実" },
    { "one character stands at the beginning of the name", "林", "林" },
    { "one character of a longer name", "渡", "渡辺 修|渡邉 京子" },
    { "one kana", "は", "林" },
    { "given name", "花子", "髙橋 花子" },
    { "two words, in any order", "京子 渡辺", "渡邉 京子" },
    { "a wide space between the words", "渡辺　修", "渡辺 修" },
    { "pairs that are there but do not touch", "山田 鶴", "" },
    { "birth date, short era", "S6.5.2", "山田 一郎" },
    { "birth date, era in full with spaces", "昭和 6年 5月 2日", "山田 一郎" },
    { "birth date, wide digits", "１９３１年５月２日", "山田 一郎" },
    { "birth date that two share", "1940-12-24", "高橋 次郎|髙橋 花子" },
    { "birth date and name", "1940-12-24 花子", "髙橋 花子" },
    { "institution", "森ノ宮", "髙橋 花子|山口　田鶴子" },
    { "institution and name", "大今里 高橋", "高橋 次郎" },
    { "case number", "27115-2015-0002", "髙橋 花子" },
    { "its end, without noughts", "2015-2", "髙橋 花子" },
    { "its end, wide", "２０１５－０００２", "髙橋 花子" },
    { "another office's patient", "秘密", "" },
    { "another office's case", "27127-2015-0001", "" },
    { "nothing", " 　", "" },
    { "what nobody has", "存在しない", "" },
    { "quotes and wildcards are characters", "%' _*\"", "" },
};

static void test_words(void **state)
{
    struct fixture *f = *state;

    fill(f);
    for (size_t i = 0; i < TSK_COUNT(search_cases); i++) {
        const char *names = found(f, search_cases[i].words);
        if (strcmp(names, search_cases[i].want) != 0)
            fail_msg("%s (%s): \"%s\" instead of \"%s\"", search_cases[i].what, search_cases[i].words, names,
                     search_cases[i].want);
    }
}

static void test_a_corrected_name_is_found_and_the_old_one_is_not(void **state)
{
    struct fixture *f = *state;

    fill(f);
    OK(tsk_sheet_set(NULL, f->store, &only_east, 1, "patient_name", "山本 一郎", "佐藤", "", &f->err), f);
    assert_string_equal(found(f, "山本"), "山本 一郎");
    assert_string_equal(found(f, "山田"), "");
}

static void test_a_case_is_one_line(void **state)
{
    struct fixture *f = *state;
    struct tsk_hits hits;
    struct tsk_sheet first;

    fill(f);
    OK(tsk_sheet_find(&first, f->store, &only_east, 1, f->arena, &f->err), f);
    int64_t second = add(f, &(struct patient){ "Q1", EAST, "山田 一郎", "ヤマダ イチロウ", "1931-05-02", "別の病院" });
    OK(tsk_sheet_link(NULL, f->store, &only_east, second, first.case_number, "佐藤", &f->err), f);
    OK(tsk_search(&hits, f->store, &only_east, NULL, "山田", 0, f->arena, &f->err), f);
    assert_int_equal(hits.count, 1);
    assert_int_equal(hits.items[0].sheet_count, 2);
    assert_int_equal(hits.items[0].sheet, second);
}

static void test_rows_from_before_get_their_keys(void **state)
{
    struct fixture *f = *state;

    fill(f);
    fixture_sql(
        f,
        "DELETE FROM desk_grams; DELETE FROM desk_cases; DELETE FROM desk_sheets; UPDATE desk_state SET version = 0");
    assert_string_equal(found(f, "山田"), "");
    OK(tsk_search_catch_up(f->store, &f->err), f);
    assert_string_equal(found(f, "山田"), "山田 一郎");
    assert_int_equal(fixture_count(f, "SELECT count(*) FROM desk_cases"),
                     fixture_count(f, "SELECT count(*) FROM cases"));
    fixture_sql(f, "DELETE FROM desk_grams");
    OK(tsk_search_catch_up(f->store, &f->err), f);
    assert_string_equal(found(f, "山田"), "");
}

static void test_keys_are_undone_with_the_change(void **state)
{
    struct fixture *f = *state;

    fill(f);
    OK(tsk_store_begin(f->store, &f->err), f);
    OK(tsk_sheet_set(NULL, f->store, &only_east, 1, "patient_name", "山本 一郎", "佐藤", "", &f->err), f);
    tsk_store_rollback(f->store);
    assert_string_equal(found(f, "山本"), "");
    assert_string_equal(found(f, "山田"), "山田 一郎");
}

static void test_a_second_fax_of_the_same_page_is_suspected(void **state)
{
    struct fixture *f = *state;

    fill(f);
    int64_t again = add(f, &(struct patient){ "Q1", EAST, "山田一郎", "ﾔﾏﾀﾞｲﾁﾛｳ", "1931-05-02", "大今里クリニック" });
    int64_t other = add(f, &(struct patient){ "Q2", NORTH, "山田 一郎", "ヤマダ", "1931-05-02", "大今里クリニック" });
    char sql[96];
    snprintf(sql, sizeof sql, "SELECT twin FROM desk_sheets WHERE sheet_id = %lld", (long long)again);
    assert_int_equal(fixture_count(f, sql), 1);
    snprintf(sql, sizeof sql, "SELECT twin IS NULL FROM desk_sheets WHERE sheet_id = %lld", (long long)other);
    assert_int_equal(fixture_count(f, sql), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_words),
        TEST(test_a_corrected_name_is_found_and_the_old_one_is_not),
        TEST(test_a_case_is_one_line),
        TEST(test_rows_from_before_get_their_keys),
        TEST(test_keys_are_undone_with_the_change),
        TEST(test_a_second_fax_of_the_same_page_is_suspected),
    };

    return cmocka_run_group_tests(tests, load_reference, free_reference);
}
