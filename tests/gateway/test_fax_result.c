/* Result mails of fax services, as they are worded, and what they do to a notice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "gateway/fax_mail.h"
#include "gateway/fax_result.h"

#define ID "01M7Y7VGJTYVPNVWE9845QA1BK"

static const char *const senders[] = { "result@fax.example.jp", "@interfax.example.net" };
static const char *const own_words[] = { "とどきました" };
static const struct tsk_fax_config config = { .channel = TSK_FAX_MAIL,
                                              .address = "fax+*@example.jp",
                                              .number = "national",
                                              .attach = "pdf",
                                              .result_from = { senders, TSK_COUNT(senders) },
                                              .result_ok = { own_words, TSK_COUNT(own_words) } };

static const struct result_case {
    const char *what, *from, *subject, *text, *original;
    bool ours;
    enum tsk_fax_end end;
    int pages;
} cases[] = {
    { "Japanese, done", "result@fax.example.jp", "【送信完了】Tasuki " ID, "送信結果: ＯＫ\n送信ページ数: ２\n", "",
      true, TSK_FAX_END_DELIVERED, 2 },
    { "Japanese, busy", "result@fax.example.jp", "送信結果のお知らせ",
      "件名: Tasuki " ID "\n結果: 話中のため送信できませんでした\n", "", true, TSK_FAX_END_FAILED, 0 },
    { "English, by what it answers", "noreply@interfax.example.net", "Fax sent", "Status: OK, 3 page(s)",
      ID "@tasuki.example", true, TSK_FAX_END_DELIVERED, 3 },
    { "English, failed", "NoReply@InterFAX.example.net", "Fax Tasuki " ID, "Status: Failed\nReason: no answer", "",
      true, TSK_FAX_END_FAILED, 0 },
    { "the id in small letters", "result@fax.example.jp", "tasuki 01m7y7vgjtyvpnvwe9845qa1bk 正常終了", "", "", true,
      TSK_FAX_END_DELIVERED, 0 },
    { "the office's own wording", "result@fax.example.jp", ID, "とどきました", "", true, TSK_FAX_END_DELIVERED, 0 },
    { "both words", "result@fax.example.jp", ID, "1通目: 送信完了\n2通目: 送信失敗", "", true, TSK_FAX_END_UNCLEAR, 0 },
    { "neither word", "result@fax.example.jp", ID, "受け付けました。", "", true, TSK_FAX_END_UNCLEAR, 0 },
    { "not delivered is not delivered", "result@fax.example.jp", ID, "not delivered", "", true, TSK_FAX_END_UNCLEAR,
      0 },
    { "from somebody else", "someone@example.com", "送信完了 " ID, "", "", false, TSK_FAX_END_UNCLEAR, 0 },
    { "a name that only ends alike", "x@evil-interfax.example.net", "送信完了 " ID, "", "", false, TSK_FAX_END_UNCLEAR,
      0 },
    { "of no fax of ours", "result@fax.example.jp", "送信完了", "受付番号 12345", "", false, TSK_FAX_END_UNCLEAR, 0 },
};

static void test_wordings(void **state)
{
    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        const struct result_case *c = &cases[i];
        const struct tsk_fax_mail mail = {
            .from = c->from, .subject = c->subject, .text = c->text, .original = c->original
        };
        struct tsk_fax_result result, again;
        char word[TSK_FAX_WORD_SIZE];
        bool ours = tsk_fax_result_read(&result, &config, &mail);

        if (ours != c->ours || (ours && (result.end != c->end || result.pages != c->pages)))
            fail_msg("%s: ours %d, end %d, pages %d", c->what, ours, result.end, result.pages);
        if (!ours)
            continue;
        assert_string_equal(result.notice, ID);
        tsk_fax_result_print(word, &result);
        assert_true(tsk_fax_result_parse(&again, result.notice, word));
        assert_int_equal(again.end, result.end);
        assert_int_equal(again.pages, result.pages);
    }
    assert_false(tsk_fax_result_parse(&(struct tsk_fax_result){ .pages = 0 }, ID, "5.1.1"));
}

static void test_addresses(void **state)
{
    struct tsk_fax_config abroad = config;
    char address[64];

    (void)state;
    assert_int_equal(tsk_fax_mail_address(address, sizeof address, &config, "06-1234-5678"), 0);
    assert_string_equal(address, "fax+0612345678@example.jp");
    abroad.number = "international";
    assert_int_equal(tsk_fax_mail_address(address, sizeof address, &abroad, "+81 6 1234 5678"), 0);
    assert_string_equal(address, "fax+81612345678@example.jp");
    assert_int_equal(tsk_fax_mail_address(address, sizeof address, &config, ""), -1);
    assert_int_equal(tsk_fax_mail_address(address, 8, &config, "0612345678"), -1);
}

/* A fax that the service has; its notice. */
static void sent_fax(struct fx *fx, char id[TSK_ID_SIZE], const char *about)
{
    char recipient[32];
    struct tsk_notices claimed;
    struct tsk_err err = { 0 };
    struct tsk_notice_new notice = { .office = "higashinari",
                                     .about = about,
                                     .event = "outcome.confirmed",
                                     .rule = "outcome-clinic",
                                     .recipient = recipient,
                                     .kind = TSK_NOTICE_DISCLOSURE,
                                     .state = TSK_NOTICE_QUEUED,
                                     .channel = "fax",
                                     .destination = "06-2222-0001",
                                     .subject = "件",
                                     .body = "文\n" };

    snprintf(recipient, sizeof recipient, "institution:%lld", (long long)fx_institution(fx, "緑橋クリニック"));
    fx_must(tsk_notice_queue(id, NULL, fx->store, &notice, &err), &err, "queue");
    do { /* what earlier faxes told the office goes as well */
        fx_must(tsk_notice_claim(&claimed, fx->store, &tsk_scope_all, "test", INT64_C(4000000000000), 1000, fx->arena,
                                 &err),
                &err, "claim");
    } while (claimed.count > 0 && strcmp(claimed.items[0].id, id) != 0);
    fx_must(tsk_notice_result(fx->store, &tsk_scope_all, id, TSK_NOTICE_SENT, 0, "250", &err), &err, "sent");
}

static void test_settling(void **state)
{
    static const struct {
        enum tsk_fax_end end;
        int pages;
        enum tsk_notice_state want;
        size_t doubts;
    } ends[] = {
        { TSK_FAX_END_DELIVERED, 0, TSK_NOTICE_DELIVERED, 0 }, { TSK_FAX_END_DELIVERED, 2, TSK_NOTICE_DELIVERED, 0 },
        { TSK_FAX_END_FAILED, 0, TSK_NOTICE_FAILED, 0 },       { TSK_FAX_END_UNCLEAR, 0, TSK_NOTICE_UNKNOWN, 0 },
        { TSK_FAX_END_DELIVERED, 1, TSK_NOTICE_FAILED, 1 }, /* a page less than was sent */
    };
    struct fx *fx = *state;
    struct tsk_fax_result none = { .notice = ID, .end = TSK_FAX_END_DELIVERED };
    struct tsk_err err = { 0 };
    struct tsk_notice notice;
    bool known;

    fx_must(tsk_fax_result_settle(&known, &none, fx->routing, fx->store, &err), &err, "settle");
    assert_false(known);
    for (size_t i = 0; i < TSK_COUNT(ends); i++) {
        struct tsk_fax_result result = { .end = ends[i].end, .pages = ends[i].pages };
        char about[16];

        snprintf(about, sizeof about, "test:%zu", i);
        sent_fax(fx, result.notice, about);
        for (int again = 0; again < 2; again++) {
            fx_must(tsk_fax_result_settle(&known, &result, fx->routing, fx->store, &err), &err, "settle");
            assert_true(known);
            fx_must(tsk_notice_find(&notice, fx->store, &tsk_scope_all, result.notice, fx->arena, &err), &err, "find");
            assert_int_equal(notice.state, ends[i].want);
        }
        assert_int_equal(fx_todos(fx, 0, "fax_doubt").count, ends[i].doubts);
    }
    assert_int_equal(fx_todos(fx, 0, "delivery_failed").count, 3); /* failed, unclear, a page less */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wordings),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test_setup_teardown(test_settling, fx_setup, fx_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
