#include "gateway/fax_result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "gateway/fax_job.h"
#include "gateway/fax_page.h"
#include "records/notice.h"
#include "routing/verp.h"

#define ARENA_BYTES ((size_t)4 << 20)

/* As a comparing key finds them: without blanks, half width, small letters, kana as katakana. */
static const char *const ok_words[] = { "送信完了",       "送信成功",       "正常終了",         "正常に送信",
                                        "送信しました",   "送達済",         "結果:ok",          "ステータス:ok",
                                        "状態:ok",        "結果:成功",      "result:ok",        "status:ok",
                                        "status:success", "status:sent",    "successfullysent", "senttosuccessfully",
                                        "faxsent",        "transmissionok", "delivered" };
static const char *const failed_words[] = {
    "送信失敗",  "送信できません", "送信エラー",    "不達",     "異常終了",  "話中",          "応答なし",     "結果:ng",
    "結果:失敗", "結果:エラー",    "ステータス:ng", "状態:ng",  "result:ng", "status:failed", "status:error", "failed",
    "failure",   "couldnotbesent", "notdelivered",  "noanswer", "linebusy",  "undelivered"
};
static const char *const page_marks[] = { "ページ", "枚", "page" };

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && strcasecmp(text + len - end_len, end) == 0;
}

static bool is_from_service(const struct tsk_fax_config *config, const char *from)
{
    for (size_t i = 0; i < config->result_from.count; i++) {
        const char *known = config->result_from.items[i];

        if (known[0] == '@' ? ends_with(from, known) : strcasecmp(from, known) == 0)
            return true;
    }
    return false;
}

static bool letter_of_id(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* A word that has the form of an id; a text may hold any number of words. */
static bool find_id(char id[TSK_ID_SIZE], const char *text)
{
    char found[TSK_VERP_ID_SIZE];

    while (*text != '\0') {
        size_t len = 0;

        while (letter_of_id(text[len]))
            len++;
        if (len == TSK_ID_SIZE - 1 && tsk_verp_id(found, text, len)) {
            snprintf(id, TSK_ID_SIZE, "%.*s", TSK_ID_SIZE - 1, found);
            return true;
        }
        text += len > 0 ? len : 1;
    }
    return false;
}

static bool has_word(const char *key, const char *word)
{
    char *wanted = tsk_compare_key(word);
    bool found = wanted != NULL && wanted[0] != '\0' && strstr(key, wanted) != NULL;

    free(wanted);
    return found;
}

static bool has_any(const char *key, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (has_word(key, words[i]))
            return true;
    return false;
}

static enum tsk_fax_end end_of(const struct tsk_fax_config *config, const char *key)
{
    bool ok =
        has_any(key, ok_words, TSK_COUNT(ok_words)) || has_any(key, config->result_ok.items, config->result_ok.count);
    bool failed = has_any(key, failed_words, TSK_COUNT(failed_words)) ||
                  has_any(key, config->result_failed.items, config->result_failed.count);

    if (ok == failed)
        return TSK_FAX_END_UNCLEAR;
    return ok ? TSK_FAX_END_DELIVERED : TSK_FAX_END_FAILED;
}

/* "2ページ", "2枚", "2 page(s)", "ページ数: 2", "pages: 2"; the first that is a number of pages. */
static int pages_of(const char *key)
{
    for (size_t i = 0; i < TSK_COUNT(page_marks); i++) {
        char *mark = tsk_compare_key(page_marks[i]);

        for (const char *at = mark != NULL ? strstr(key, mark) : NULL; at != NULL; at = strstr(at + 1, mark)) {
            const char *before = at, *after = at + strlen(mark);
            int count;

            while (before > key && before[-1] >= '0' && before[-1] <= '9')
                before--;
            after += strncmp(after, "数", strlen("数")) == 0 ? strlen("数") : strspn(after, "s");
            after += *after == ':';
            count = (int)strtol(before < at ? before : after, NULL, 10);
            if (count > 0 && count < 1000) {
                free(mark);
                return count;
            }
        }
        free(mark);
    }
    return 0;
}

bool tsk_fax_result_read(struct tsk_fax_result *out, const struct tsk_fax_config *config,
                         const struct tsk_fax_mail *mail)
{
    char *all = NULL, *key = NULL;

    *out = (struct tsk_fax_result){ .end = TSK_FAX_END_UNCLEAR };
    if (config->channel != TSK_FAX_MAIL || !is_from_service(config, mail->from) ||
        (!find_id(out->notice, mail->original) && !find_id(out->notice, mail->subject) &&
         !find_id(out->notice, mail->text)))
        return false;
    if (asprintf(&all, "%s\n%s", mail->subject, mail->text) >= 0)
        key = tsk_compare_key(all);
    if (key != NULL) { /* without memory it is unclear */
        out->end = end_of(config, key);
        out->pages = pages_of(key);
    }
    free(key);
    free(all);
    return true;
}

static const char *const end_names[] = { "unclear", "delivered", "failed" };

void tsk_fax_result_print(char out[TSK_FAX_WORD_SIZE], const struct tsk_fax_result *result)
{
    snprintf(out, TSK_FAX_WORD_SIZE, "fax-%s:%d", end_names[result->end], result->pages);
}

bool tsk_fax_result_parse(struct tsk_fax_result *out, const char *notice, const char *word)
{
    char wanted[TSK_FAX_WORD_SIZE];

    for (size_t i = 0; i < TSK_COUNT(end_names); i++) {
        int len = snprintf(wanted, sizeof wanted, "fax-%s:", end_names[i]);

        if (strncmp(word, wanted, (size_t)len) != 0)
            continue;
        *out = (struct tsk_fax_result){ .end = (enum tsk_fax_end)i, .pages = (int)strtol(word + len, NULL, 10) };
        snprintf(out->notice, sizeof out->notice, "%s", notice);
        return true;
    }
    return false;
}

static int find(struct tsk_notice *notice, bool *known, struct tsk_store *store, const char *id,
                struct tsk_arena *arena, struct tsk_err *err)
{
    struct tsk_err none = { 0 };

    *known =
        tsk_notice_find(notice, store, &tsk_scope_all, id, arena, &none) == 0 && strcmp(notice->channel, "fax") == 0;
    return *known || none.kind == TSK_REJECT || none.kind == TSK_OK ? 0 : tsk_fail(err, none.kind, 0, "%s", none.text);
}

static int settle_unclear(const struct tsk_notice *notice, const struct tsk_routing *routing, struct tsk_store *store,
                          struct tsk_err *err)
{
    static const char detail[] = "the fax service's result mail is not clear; read it, and ask the recipient";

    if (notice->state != TSK_NOTICE_SENT)
        return 0;
    return tsk_fax_job_unclear(notice, routing, store, detail, err);
}

static int settle_as_job(const struct tsk_fax_result *result, const struct tsk_notice *notice,
                         const struct tsk_routing *routing, struct tsk_store *store, struct tsk_err *err)
{
    bool done = result->end == TSK_FAX_END_DELIVERED, settled;
    struct tsk_fax_job job = { .pages = result->pages,
                               .pages_total = tsk_fax_pages_count(notice->body, (size_t)notice->enclosed),
                               .pages_unknown = result->pages == 0 };

    snprintf(job.tag, sizeof job.tag, "%s", result->notice);
    snprintf(job.why, sizeof job.why, "%s", done ? "done" : "failed");
    snprintf(job.status, sizeof job.status, "by the fax service's result mail");
    return tsk_fax_job_settle(&settled, &job, routing, store, err);
}

int tsk_fax_result_settle(bool *known, const struct tsk_fax_result *result, const struct tsk_routing *routing,
                          struct tsk_store *store, struct tsk_err *err)
{
    struct tsk_arena *arena = tsk_arena_new(ARENA_BYTES);
    struct tsk_notice notice;
    int rc;

    *known = false;
    if (arena == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a fax result");
    rc = find(&notice, known, store, result->notice, arena, err);
    if (rc == 0 && *known)
        rc = result->end == TSK_FAX_END_UNCLEAR ? settle_unclear(&notice, routing, store, err)
                                                : settle_as_job(result, &notice, routing, store, err);
    tsk_arena_free(&arena);
    return rc;
}
