#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "config/reference.h"
#include "ocr/text/deciding.h"
#include "ocr/text/lexicon.h"
#include "ocr/text/scripts.h"

#define DATA TASUKI_SOURCE_DIR "/config/data"

static const char directory[] = "kind,name,department,ward,fax,email,phone\n"
                                "hospital,みなと総合病院,地域医療連携室,港区,06-0000-0001,a@example.jp,06-0000-0002\n"
                                "hospital,みなみ総合病院,地域医療連携室,南区,06-0000-0003,b@example.jp,06-0000-0004\n"
                                "hospital,弁天記念病院,地域医療連携室,港区,06-0000-0005,c@example.jp,06-0000-0006\n"
                                "clinic,築港クリニック,,港区,06-0000-0007,d@example.jp,06-0000-0008\n"
                                "facility,老健みなと,,港区,06-0000-0009,e@example.jp,06-0000-0010\n";

struct fixture {
    struct tsk_lexicon *lexicon;
    struct tsk_reference *reference;
};

static struct fixture it;

static int set_up(void **state)
{
    char path[] = "/tmp/tasuki-directory-XXXXXX";
    int fd = mkstemp(path);
    struct tsk_err err = { 0 };

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, directory, strlen(directory)), strlen(directory));
    close(fd);
    if (tsk_lexicon_new(&it.lexicon, DATA, path, &err) != 0 || tsk_reference_load(&it.reference, DATA, &err) != 0)
        fail_msg("%s", err.text);
    unlink(path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tsk_lexicon_free(&it.lexicon);
    tsk_reference_free(&it.reference);
    return 0;
}

static const struct nearest_case {
    const char *what;
    enum tsk_lexicon_kind kind;
    const char *ward, *suffix, *read, *want; /* want "": nothing is near enough to be worth a name */
    double most, margin;                     /* distance at most, margin to the second at least */
} nearest_cases[] = {
    { "printed suffix is no part of the value", TSK_LEXICON_INSTITUTION, "", "病院", "弁天記念", "弁天記念", 0, 2 },
    { "suffix written although printed", TSK_LEXICON_INSTITUTION, "", "病院", "弁天記念病院", "弁天記念病院", 0, 1 },
    { "full name where nothing is printed", TSK_LEXICON_INSTITUTION, "", "", "弁天記念病院", "弁天記念病院", 0, 2 },
    { "a prefix of the printed choice", TSK_LEXICON_INSTITUTION, "", "病院・施設", "老健みなと", "老健みなと", 0, 2 },
    { "one letter wrong", TSK_LEXICON_INSTITUTION, "", "病院", "井天記念", "弁天記念", 1, 1 },
    { "two names a letter apart", TSK_LEXICON_INSTITUTION, "", "病院", "みなと総合", "みなと総合", 0, 1 },
    { "small kana and dots cost little", TSK_LEXICON_INSTITUTION, "", "", "築港クリニツク。", "築港クリニック", 0.6,
      2 },
    { "department", TSK_LEXICON_DEPARTMENT, "", "科", "循環器内", "循環器内", 0, 0.9 },
    { "department by its whole name", TSK_LEXICON_DEPARTMENT, "", "", "整形外科", "整形外科", 0, 0.9 },
    { "relation", TSK_LEXICON_RELATION, "", "", "長女", "長女", 0, 0.5 },
    { "surname alone", TSK_LEXICON_SURNAME, "", "", "佐藤", "佐藤", 0, 0.5 },
    { "variant of a name letter", TSK_LEXICON_SURNAME, "", "", "髙橋", "高橋", 0, 0.5 },
    { "surname and given name", TSK_LEXICON_PERSON, "", "", "山田一郎", "山田 一郎", 0, 0.3 },
    { "given name in katakana", TSK_LEXICON_PERSON, "", "", "橋本キヨ", "橋本 キヨ", 0, 0.2 },
    { "kana", TSK_LEXICON_KANA, "", "", "サトウチヨ", "サトウ チヨ", 0, 0.1 },
    { "kana with a letter misread", TSK_LEXICON_KANA, "", "", "シミズサプロウ", "シミズ サブロウ", 0.5, 0.1 },
    { "town and block by units", TSK_LEXICON_TOWN, "27115", "", "大今里南3丁目12番14号", "大今里南3丁目12番14号", 0,
      0.3 },
    { "town and block by dashes", TSK_LEXICON_TOWN, "27115", "", "玉津2-27-1", "玉津2-27-1", 0, 0.3 },
    { "letters taken for units and digits", TSK_LEXICON_TOWN, "27115", "", "中道3」目l2番14号", "中道3丁目12番14号",
      0.9, 0.3 },
    { "city and ward before the town", TSK_LEXICON_TOWN, "", "", "大阪市港区築港1-2-3", "大阪市港区築港1-2-3", 0, 0.3 },
    { "a ward misread", TSK_LEXICON_TOWN, "", "", "大阪市浩区築港1-2-3", "大阪市港区築港1-2-3", 1, 0.3 },
    { "kinds without a list", TSK_LEXICON_FREE, "", "", "退院後の調整", "", 0, 0 },
};

static void nearest_entries(void **state)
{
    (void)state;
    for (size_t i = 0; i < TSK_COUNT(nearest_cases); i++) {
        const struct nearest_case *c = &nearest_cases[i];
        struct tsk_glyph glyphs[TSK_GLYPHS_MAX];
        struct tsk_match out[4];
        size_t count = tsk_glyphs_of(c->read, glyphs, TSK_GLYPHS_MAX);
        size_t found = tsk_lexicon_nearest(it.lexicon, c->kind, c->ward, c->suffix, glyphs, count, out, 4);

        print_message("%s: %s %.2f / %s %.2f\n", c->what, found > 0 ? out[0].value : "-",
                      found > 0 ? out[0].distance : 0, found > 1 ? out[1].value : "-", found > 1 ? out[1].distance : 0);
        if (c->want[0] == '\0') {
            assert_int_equal(found, 0);
            continue;
        }
        assert_true(found > 0);
        assert_string_equal(out[0].value, c->want);
        assert_true(out[0].distance <= c->most + 1e-9);
        if (found > 1)
            assert_true(out[1].distance + out[1].prior - out[0].distance - out[0].prior >= c->margin - 1e-9);
    }
}

/* A name that nobody listed must not come out as another one at no distance. */
static void unlisted_names_stay_far(void **state)
{
    static const struct {
        enum tsk_lexicon_kind kind;
        const char *read;
        double at_least;
    } cases[] = {
        { TSK_LEXICON_INSTITUTION, "天保山中央", 1.5 },
        { TSK_LEXICON_PERSON, "龗野蕗吾", 1.5 },
        { TSK_LEXICON_TOWN, "架空町9-9-9", 1.0 },
    };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        struct tsk_glyph glyphs[TSK_GLYPHS_MAX];
        struct tsk_match out[2];
        size_t count = tsk_glyphs_of(cases[i].read, glyphs, TSK_GLYPHS_MAX);

        if (tsk_lexicon_nearest(it.lexicon, cases[i].kind, "27107", "病院", glyphs, count, out, 2) > 0)
            assert_true(out[0].distance >= cases[i].at_least);
    }
}

/* What an engine names as its second choice brings an entry nearer. */
static void second_choices_count(void **state)
{
    struct tsk_glyph glyphs[TSK_GLYPHS_MAX];
    struct tsk_match plain[2], with[2];
    size_t count = tsk_glyphs_of("井天記念", glyphs, TSK_GLYPHS_MAX);

    (void)state;
    assert_true(tsk_lexicon_nearest(it.lexicon, TSK_LEXICON_INSTITUTION, "", "病院", glyphs, count, plain, 2) > 0);
    glyphs[0].other[0] = 0x5F01; /* 弁 */
    assert_true(tsk_lexicon_nearest(it.lexicon, TSK_LEXICON_INSTITUTION, "", "病院", glyphs, count, with, 2) > 0);
    assert_string_equal(with[0].value, "弁天記念");
    assert_true(with[0].distance < plain[0].distance);
}

static void names_and_their_kana(void **state)
{
    static const struct {
        const char *name, *kana;
        enum tsk_fit want;
    } cases[] = {
        { "佐藤 千代", "サトウ チヨ", TSK_FIT_YES },   { "佐藤千代", "さとう　ちよ", TSK_FIT_YES },
        { "石川 キヨ", "イシカワ キヨ", TSK_FIT_YES }, { "佐藤 千代", "タナカ イチロウ", TSK_FIT_NO },
        { "東 千代", "アズマ チヨ", TSK_FIT_UNKNOWN }, { "龗野 蕗吾", "オカミノ フキゴ", TSK_FIT_UNKNOWN },
        { "佐藤", "サトウ", TSK_FIT_UNKNOWN },         { "", "", TSK_FIT_UNKNOWN },
    };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        enum tsk_fit got = tsk_lexicon_kana_fits(it.lexicon, cases[i].name, cases[i].kana);

        if (got != cases[i].want)
            fail_msg("%s %s: %d", cases[i].name, cases[i].kana, (int)got);
    }
}

static void wards_and_towns(void **state)
{
    static const struct {
        const char *text, *ward;
    } wards[] = { { "大阪市東成区神路1-1", "東成区" }, { "東住吉区", "東住吉区" }, { "住吉", "住吉区" },
                  { "大阪府大阪市北区", "北区" },      { "東大阪市長田", NULL },   { "北", "北区" } };
    const struct tsk_town *town;
    char *key;

    (void)state;
    assert_int_equal(tsk_reference_ward_count(it.reference), 24);
    assert_string_equal(tsk_reference_ward_by_code(it.reference, "27115")->name, "東成区");
    assert_null(tsk_reference_ward_by_code(it.reference, "13101"));
    for (size_t i = 0; i < TSK_COUNT(wards); i++) {
        const struct tsk_ward *ward = tsk_reference_ward_named(it.reference, wards[i].text);

        if (wards[i].ward == NULL)
            assert_null(ward);
        else
            assert_string_equal(ward->name, wards[i].ward);
    }
    town = tsk_reference_town_of(it.reference, "27115", "大今里南５丁目６番２０号");
    assert_non_null(town);
    assert_string_equal(town->name, "大今里南");
    assert_string_equal(town->code, "27115");
    assert_null(tsk_reference_town_of(it.reference, "", "日本橋1-1")); /* in two wards */
    town = tsk_reference_town_of(it.reference, "", "大阪市浪速区日本橋3-1");
    assert_non_null(town);
    assert_string_equal(town->city, "浪速区");
    key = tsk_reference_name_key(it.reference, "髙 橋");
    assert_string_equal(key, "高橋");
    free(key);
}

static void assert_script(const char *read, const char *want)
{
    uint32_t runes[32] = { 0 };
    char got[128] = "";
    size_t count = 0, used = 0;

    for (const char *at = read; count < TSK_COUNT(runes) && tsk_utf8_next(&at, &runes[count]) == 1;)
        count++;
    for (size_t i = 0; i < count; i++) {
        runes[i] = tsk_in_script(i > 0 ? runes[i - 1] : 0, runes[i], i + 1 < count ? runes[i + 1] : 0);
        used += (size_t)tsk_utf8_put(got + used, runes[i]);
    }
    assert_string_equal(got, want);
}

static void neighbours_tell_the_script(void **state)
{
    static const char *const cases[][2] = {
        { "訪問リ八ビリ", "訪問リハビリ" },
        { "石井ハ重子", "石井八重子" },
        { "ミ世帯", "三世帯" },
        { "エ藤", "工藤" },
        { "関ロ", "関口" },
        { "体カ低下", "体力低下" },
        { "デイ二回", "デイ二回" },
        { "ヘルパー三人", "ヘルパー三人" },
        { "3カ月", "3カ月" },
        { "数カ所", "数カ所" },
        { "胃カメラ", "胃カメラ" },
        { "心エコー", "心エコー" },
        { "石井ハナ", "石井ハナ" },
        { "ベッ卜上", "ベット上" },
        { "サ一ビス", "サービス" },
        { "グループホーム三軒家", "グループホーム三軒家" },
    };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++)
        assert_script(cases[i][0], cases[i][1]);
}

static void no_text_begins_with_a_scratch(void **state)
{
    static const struct {
        enum tsk_lexicon_kind kind;
        const char *read, *want;
    } cases[] = {
        { TSK_LEXICON_INSTITUTION, "_築港クリニック<", "築港クリニック" },
        { TSK_LEXICON_FREE, ".来月より利用。", "来月より利用。" },
        { TSK_LEXICON_FREE, "・食事 ・入浴", "・食事 ・入浴" },
        { TSK_LEXICON_TOWN, "大今里南3-2-1-", "大今里南3-2-1" },
        { TSK_LEXICON_PERSON, "松本 昭二.-", "松本 昭二" },
        { TSK_LEXICON_FREE, "~_.", "" },
    };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        char text[64];

        snprintf(text, sizeof(text), "%s", cases[i].read);
        tsk_trim_strays(cases[i].kind, text);
        assert_string_equal(text, cases[i].want);
    }
}

static void faults_name_file_and_line(void **state)
{
    char path[] = "/tmp/tasuki-directory-XXXXXX";
    int fd = mkstemp(path);
    struct tsk_lexicon *lexicon = NULL;
    struct tsk_err err = { 0 };

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "name\nx\n", 7), 7);
    close(fd);
    assert_int_equal(tsk_lexicon_new(&lexicon, DATA, path, &err), -1);
    assert_null(lexicon);
    assert_non_null(strstr(err.text, path));
    assert_non_null(strstr(err.text, "\"kind\" is missing"));
    assert_int_equal(tsk_lexicon_new(&lexicon, "/nonexistent", NULL, &err), -1);
    assert_null(lexicon);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_entries),
        cmocka_unit_test(unlisted_names_stay_far),
        cmocka_unit_test(second_choices_count),
        cmocka_unit_test(names_and_their_kana),
        cmocka_unit_test(wards_and_towns),
        cmocka_unit_test(neighbours_tell_the_script),
        cmocka_unit_test(no_text_begins_with_a_scratch),
        cmocka_unit_test(faults_name_file_and_line),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
