/* Messages as RFC 5322 and RFC 2047 want them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "routing/mail.h"

static const struct tsk_mail plain = { .from_name = "東成区在宅医療・介護連携相談支援室",
                                       .from = "soudan@example.jp",
                                       .to_name = "大阪今里病院 地域医療連携室",
                                       .to = "renkei@example.jp",
                                       .subject = "お知らせ",
                                       .body = "本文\n",
                                       .notice_id = "01ABC",
                                       .domain = "tasuki.example.jp",
                                       .about_id = "",
                                       .date_ms = 1795230900000 };

static int compose(struct tsk_buf *out, const struct tsk_mail *mail)
{
    struct tsk_err err = { 0 };

    tsk_buf_reset(out);
    return tsk_mail_compose(out, mail, &err);
}

/* Value of a header, unfolded; malloc'ed. */
static char *header(const char *message, const char *name)
{
    char start[64];
    const char *at;
    struct tsk_buf out = TSK_BUF(65536);

    snprintf(start, sizeof start, "\n%s: ", name);
    if (strncmp(message, start + 1, strlen(start) - 1) == 0)
        at = message + strlen(start) - 1;
    else if ((at = strstr(message, start)) != NULL)
        at += strlen(start);
    else
        return NULL;
    for (; *at != '\0' && (*at != '\n' || at[1] == ' '); at++)
        if (*at != '\n')
            tsk_buf_add(&out, at, 1);
    return out.data;
}

static int digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    return (int)(strchr(digits, c) - digits);
}

static void decode_base64(struct tsk_buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i + 3 < len; i += 4) {
        uint32_t group = (uint32_t)digit(text[i]) << 18 | (uint32_t)digit(text[i + 1]) << 12;
        char bytes[3];
        size_t count = text[i + 2] == '=' ? 1 : text[i + 3] == '=' ? 2 : 3;

        if (count > 1)
            group |= (uint32_t)digit(text[i + 2]) << 6;
        if (count > 2)
            group |= (uint32_t)digit(text[i + 3]);
        bytes[0] = (char)(group >> 16);
        bytes[1] = (char)(group >> 8 & 255);
        bytes[2] = (char)(group & 255);
        tsk_buf_add(out, bytes, count);
    }
}

/* Decodes =?UTF-8?B?..?= words; each must be whole UTF-8 by itself (RFC 2047 section 5). */
static char *decode_words(const char *text)
{
    static const char start[] = "=?UTF-8?B?";
    struct tsk_buf out = TSK_BUF(65536);

    while (*text != '\0') {
        size_t before = out.len;
        const char *end;

        if (strncmp(text, start, sizeof start - 1) != 0) {
            tsk_buf_add(&out, text++, 1);
            continue;
        }
        end = strstr(text + sizeof start - 1, "?=");
        assert_non_null(end);
        assert_true(end + 2 - text <= 75);
        decode_base64(&out, text + sizeof start - 1, (size_t)(end - text) - (sizeof start - 1));
        assert_true(tsk_utf8_valid(out.data + before, out.len - before));
        text = end + 2;
        if (strncmp(text, " =?", 3) == 0)
            text++; /* a blank between two encoded words is none */
    }
    return out.data;
}

static void check_lines(const char *message)
{
    const char *body = strstr(message, "\n\n");

    for (const char *line = message; *line != '\0'; line += strcspn(line, "\n") + 1) {
        size_t len = strcspn(line, "\n");

        assert_true(len <= 998);
        if (line < body) {
            assert_true(len <= 76);
            for (size_t i = 0; i < len; i++)
                assert_true((unsigned char)line[i] < 0x7f);
        }
    }
}

static const char *const subjects[] = {
    "お知らせ",
    "a",
    "Plain ASCII that is rather long and has to be folded at one of its blanks because it does not fit",
    "Plain ASCII with =?UTF-8?B?44GC?= in it",
    "endlessASCIIwordthatdoesnotfitintoonelineandhasnoblankatallsothatitcannotbefoldedplainlyxxxxxxxxxxxx",
    "trailing blank ",
    " leading blank",
    "【対応不要】紹介先の医療機関より転帰の連絡がありました（案件番号 27115-2026-0001）長い件名の続き",
    "𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田",
    "x𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田",
    "xx𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田𠮷田",
    "🏥👩‍⚕️🏥👩‍⚕️🏥👩‍⚕️🏥👩‍⚕️🏥👩‍⚕️🏥👩‍⚕️ 絵文字",
    "ASCII と 日本語 の mix of words",
};

static void test_subjects(void **state)
{
    struct tsk_buf out = TSK_BUF(TSK_MAIL_BYTES_MAX);

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(subjects); i++) {
        struct tsk_mail mail = plain;
        char *raw, *text;

        mail.subject = subjects[i];
        assert_int_equal(compose(&out, &mail), 0);
        check_lines(out.data);
        raw = header(out.data, "Subject");
        text = decode_words(raw);
        assert_string_equal(text, subjects[i]);
        free(raw);
        free(text);
    }
    tsk_buf_free(&out);
}

static const struct name_case {
    const char *name, *want;
} names[] = {
    { "", "soudan@example.jp" },
    { "Clinic", "\"Clinic\" <soudan@example.jp>" },
    { "Dr. \"Who\" \\ Co.", "\"Dr. \\\"Who\\\" \\\\ Co.\" <soudan@example.jp>" },
    { "東成区在宅医療・介護連携相談支援室", "東成区在宅医療・介護連携相談支援室 <soudan@example.jp>" },
    { "大阪市東成区在宅医療・介護連携相談支援室 在宅医療・介護連携支援コーディネーター 担当者御中",
      "大阪市東成区在宅医療・介護連携相談支援室 在宅医療・介護連携支援コーディネーター 担当者御中 "
      "<soudan@example.jp>" },
};

static void test_display_names(void **state)
{
    struct tsk_buf out = TSK_BUF(TSK_MAIL_BYTES_MAX);

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(names); i++) {
        struct tsk_mail mail = plain;
        char *raw, *text;

        mail.from_name = names[i].name;
        assert_int_equal(compose(&out, &mail), 0);
        check_lines(out.data);
        raw = header(out.data, "From");
        text = decode_words(raw);
        assert_string_equal(text, names[i].want);
        free(raw);
        free(text);
    }
    tsk_buf_free(&out);
}

static void test_fixed_headers(void **state)
{
    static const struct {
        const char *name, *value;
    } want[] = { { "Date", "Sat, 21 Nov 2026 12:15:00 +0900" },   { "Message-ID", "<01ABC@tasuki.example.jp>" },
                 { "Auto-Submitted", "auto-generated" },          { "MIME-Version", "1.0" },
                 { "Content-Type", "text/plain; charset=UTF-8" }, { "Content-Transfer-Encoding", "8bit" } };
    struct tsk_buf out = TSK_BUF(TSK_MAIL_BYTES_MAX), again = TSK_BUF(TSK_MAIL_BYTES_MAX);
    struct tsk_mail mail = plain;

    (void)state;
    assert_int_equal(compose(&out, &mail), 0);
    for (size_t i = 0; i < TSK_COUNT(want); i++) {
        char *value = header(out.data, want[i].name);

        assert_non_null(value);
        assert_string_equal(value, want[i].value);
        free(value);
    }
    assert_null(header(out.data, "In-Reply-To"));
    assert_int_equal(compose(&again, &mail), 0);
    assert_string_equal(out.data, again.data);
    mail.about_id = "01OLD";
    assert_int_equal(compose(&out, &mail), 0);
    assert_non_null(strstr(out.data, "\nIn-Reply-To: <01OLD@tasuki.example.jp>\n"));
    tsk_buf_free(&out);
    tsk_buf_free(&again);
}

static void test_bodies(void **state)
{
    struct tsk_buf out = TSK_BUF(TSK_MAIL_BYTES_MAX), body = TSK_BUF(TSK_MAIL_BYTES_MAX),
                   text = TSK_BUF(TSK_MAIL_BYTES_MAX);
    struct tsk_mail mail = plain;

    (void)state;
    mail.body = "一行目\n\n.\n三行目";
    assert_int_equal(compose(&out, &mail), 0);
    assert_string_equal(strstr(out.data, "\n\n") + 2, "一行目\n\n.\n三行目\n");
    mail.encoding = TSK_MAIL_BASE64;
    assert_int_equal(compose(&out, &mail), 0);
    check_lines(out.data);
    for (const char *at = strstr(out.data, "\n\n") + 2; *at != '\0'; at++)
        if (*at != '\n')
            tsk_buf_add(&body, at, 1);
    decode_base64(&text, body.data, body.len);
    assert_string_equal(text.data, "一行目\r\n\r\n.\r\n三行目\r\n");

    tsk_buf_reset(&body); /* one line that 8bit cannot carry */
    for (int i = 0; i < 400; i++)
        tsk_buf_puts(&body, "長い行");
    mail.body = body.data;
    mail.encoding = TSK_MAIL_8BIT;
    assert_int_equal(compose(&out, &mail), 0);
    assert_non_null(strstr(out.data, "\nContent-Transfer-Encoding: base64\n"));
    check_lines(out.data);
    tsk_buf_free(&out);
    tsk_buf_free(&body);
    tsk_buf_free(&text);
}

static const struct bad_case {
    const char *what;
    size_t field;
    const char *value;
} bad[] = {
    { "LF in the subject", offsetof(struct tsk_mail, subject), "x\nBcc: evil@example.com" },
    { "CR in the subject", offsetof(struct tsk_mail, subject), "x\rBcc: evil@example.com" },
    { "CRLF in a Japanese subject", offsetof(struct tsk_mail, subject), "件名\r\nBcc: evil@example.com" },
    { "tab in the subject", offsetof(struct tsk_mail, subject), "a\tb" },
    { "a subject that is not UTF-8", offsetof(struct tsk_mail, subject), "\x8c\x8f\x96\xbc" },
    { "LF in the sender's name", offsetof(struct tsk_mail, from_name), "x\nX: y" },
    { "LF in the recipient's name", offsetof(struct tsk_mail, to_name), "病院\nX: y" },
    { "LF in the recipient", offsetof(struct tsk_mail, to), "a@example.jp\nBcc: b@example.com" },
    { "two recipients", offsetof(struct tsk_mail, to), "a@example.jp, b@example.jp" },
    { "a recipient in brackets", offsetof(struct tsk_mail, to), "<a@example.jp>" },
    { "a blank in the recipient", offsetof(struct tsk_mail, to), "a b@example.jp" },
    { "no domain", offsetof(struct tsk_mail, to), "a@" },
    { "no local part", offsetof(struct tsk_mail, to), "@example.jp" },
    { "dots in a row", offsetof(struct tsk_mail, to), "a..b@example.jp" },
    { "Japanese address", offsetof(struct tsk_mail, to), "病院@example.jp" },
    { "domain with a dash at the end", offsetof(struct tsk_mail, to), "a@example-.jp" },
    { "sender that is none", offsetof(struct tsk_mail, from), "nobody" },
    { "id with a bracket", offsetof(struct tsk_mail, notice_id), "a>b" },
    { "no id", offsetof(struct tsk_mail, notice_id), "" },
    { "domain with a line break", offsetof(struct tsk_mail, domain), "a\nb" },
    { "earlier id with a line break", offsetof(struct tsk_mail, about_id), "a\nb" },
    { "body with a bell", offsetof(struct tsk_mail, body), "a\ab" },
    { "body with a lonely CR", offsetof(struct tsk_mail, body), "a\rb" },
    { "body that is not UTF-8", offsetof(struct tsk_mail, body), "\xff\xfe" },
};

static void test_refused(void **state)
{
    struct tsk_buf out = TSK_BUF(TSK_MAIL_BYTES_MAX);

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(bad); i++) {
        struct tsk_mail mail = plain;

        memcpy((char *)&mail + bad[i].field, &bad[i].value, sizeof bad[i].value);
        if (compose(&out, &mail) == 0)
            fail_msg("%s: accepted", bad[i].what);
    }
    tsk_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subjects), cmocka_unit_test(test_display_names), cmocka_unit_test(test_fixed_headers),
        cmocka_unit_test(test_bodies),   cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
