/* The words: shipped texts, an office's own texts, and what a wrong text is told. */
#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/file.h"
#include "config/config.h"
#include "routing/template.h"

static char dir[64];

static const struct tsk_template_values all = { .office = "相談支援室",
                                                .office_phone = "06-1",
                                                .office_fax = "06-2",
                                                .office_hours = "平日",
                                                .recipient = "緑橋クリニック",
                                                .case_number = "27115-2026-0001",
                                                .ref = "12",
                                                .form = "紹介患者状況把握シート",
                                                .ward = "東成区",
                                                .received = "2026年11月21日 12時15分",
                                                .link = "https://tasuki.example.jp/sheets/12",
                                                .reason = "理由",
                                                .destination = "06-3",
                                                .text = "本文",
                                                .count = "3",
                                                .mail = "mail",
                                                .about = "前の件名" };

static int setup(void **state)
{
    char templates[96];

    (void)state;
    setenv("TASUKI_DATA", TASUKI_SOURCE_DIR, 1);
    snprintf(dir, sizeof dir, "/tmp/tasuki-template-XXXXXX");
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(templates, sizeof templates, "%s/templates", dir);
    return mkdir(templates, 0700);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static int teardown(void **state)
{
    (void)state;
    return nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void put_template(const char *name, const char *text)
{
    struct tsk_err err = { 0 };
    char path[160];

    snprintf(path, sizeof path, "%s/templates/%s.txt", dir, name);
    assert_int_equal(tsk_file_put_path(path, text, strlen(text), 0600, &err), 0);
}

static void test_shipped_texts(void **state)
{
    static const struct tsk_template_values none = { .case_number = "" };
    DIR *open = opendir(TASUKI_SOURCE_DIR "/routing/templates");
    struct dirent *entry;
    int count = 0;

    (void)state;
    assert_non_null(open);
    while ((entry = readdir(open)) != NULL) {
        struct tsk_template_text text;
        struct tsk_err err = { 0 };
        char name[64];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(entry->d_name, "."), entry->d_name);
        if (tsk_template_render(&text, name, NULL, &all, &err) != 0)
            fail_msg("%s", err.text);
        assert_null(strstr(text.subject, "{{"));
        assert_null(strstr(text.body, "{{"));
        tsk_template_text_free(&text);
        if (tsk_template_render(&text, name, NULL, &none, NULL) == 0) /* nothing given: an error or a text, no crash */
            tsk_template_text_free(&text);
        count++;
    }
    closedir(open);
    assert_true(count >= 16);
}

static void test_texts_of_the_sample(void **state)
{
    const struct tsk_config *config = NULL;
    struct tsk_err err = { 0 };

    (void)state;
    if (tsk_config_load(&config, TASUKI_SOURCE_DIR "/config/sample/tasuki.yaml", &err) != 0)
        fail_msg("%s", err.text);
    assert_true(config->routing.rule_count >= 8);
    for (size_t i = 0; i < config->routing.rule_count; i++) {
        struct tsk_template_text text;

        assert_int_equal(tsk_template_render(&text, config->routing.rules[i].template, NULL, &all, &err), 0);
        if (config->routing.rules[i].kind == TSK_RULE_TODO) { /* for the office's own eyes */
            tsk_template_text_free(&text);
            continue;
        }
        assert_true(strstr(text.body, "対応不要") != NULL || strstr(text.body, "要連絡") != NULL);
        assert_non_null(strstr(text.body, "案件番号: "));
        assert_non_null(strstr(text.body, "06-1"));
        assert_non_null(strstr(text.body, "平日"));
        tsk_template_text_free(&text);
    }
    tsk_config_free(&config);
}

static void test_own_texts(void **state)
{
    struct tsk_template_text text;
    struct tsk_err err = { 0 };
    struct tsk_template_values values = all;

    (void)state;
    put_template("referral-ward", "件名: 紹介 {{case}}\n\n{{ward}}\nリンク {{link}}\n{{mail}}自動送信\n終わり");
    assert_int_equal(tsk_template_render(&text, "referral-ward", dir, &values, &err), 0);
    assert_string_equal(text.subject, "紹介 27115-2026-0001");
    assert_string_equal(text.body, "東成区\nリンク https://tasuki.example.jp/sheets/12\n自動送信\n終わり\n");
    tsk_template_text_free(&text);
    values.link = "";
    values.mail = NULL;
    assert_int_equal(tsk_template_render(&text, "referral-ward", dir, &values, &err), 0);
    assert_string_equal(text.body, "東成区\n終わり\n");
    tsk_template_text_free(&text);
}

static const struct wrong_case {
    const char *what, *text, *want;
} wrong[] = {
    { "a value that is none", "件名: x\n\na\n{{patient_name}}\n", "own.txt:4: {{patient_name}}" },
    { "no subject", "x\n\ny\n", "own.txt:1: " },
    { "no empty line", "件名: x\ny\n", "own.txt:2: " },
    { "an empty subject", "件名: \n\ny\n", "own.txt: " },
    { "nothing", "", "own.txt:1: " },
};

static void test_wrong_texts(void **state)
{
    struct tsk_template_text text;

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(wrong); i++) {
        struct tsk_err err = { 0 };

        put_template("own", wrong[i].text);
        if (tsk_template_render(&text, "own", dir, &all, &err) == 0 || strstr(err.text, wrong[i].want) == NULL)
            fail_msg("%s: %s", wrong[i].what, err.text);
    }
    assert_int_equal(tsk_template_render(&text, "../own", dir, &all, NULL), -1);
    assert_int_equal(tsk_template_render(&text, "", dir, &all, NULL), -1);
    assert_int_equal(tsk_template_render(&text, "no-such-text", dir, &all, NULL), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_shipped_texts),
        TEST(test_texts_of_the_sample),
        TEST(test_own_texts),
        TEST(test_wrong_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
