#include "gateway/fax_gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "records/todo.h"

#define MM_PER_INCH 25.4
#define HEIGHT_MIN_MM                                                                                                  \
    265.0              /* the sheets are A4, 297 mm; a feeder that slips takes a few mm, a drop-out takes centimetres */
#define FINE_DPI 196.0 /* where the file does not say */
#define MISSING_MAX 20
#define TEXT_MAX 2048

static int say(char **out, struct tsk_err *err, const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    free(*out);
    *out = copy;
    return 0;
}

static int check_height(struct tsk_reading *reading, struct tsk_err *err)
{
    double dpi = reading->y_dpi > 1 ? reading->y_dpi : FINE_DPI;
    double mm = reading->height_px / dpi * MM_PER_INCH;
    char text[160];

    if (reading->state == TSK_PAGE_INCOMPLETE || reading->height_px == 0 || mm >= HEIGHT_MIN_MM)
        return 0;
    reading->state = TSK_PAGE_INCOMPLETE;
    snprintf(text, sizeof text, "the page is too short: %d rows of about %d arrived; ask the sender to fax it again",
             reading->height_px, (int)(297 / MM_PER_INCH * dpi));
    return say(&reading->reason, err, text);
}

static int add_missing(struct tsk_reader_result *result, const char *reason, struct tsk_err *err)
{
    struct tsk_reader_page *more = realloc(result->pages, (result->count + 1) * sizeof *more);
    struct tsk_reader_page *page;

    if (more == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    result->pages = more;
    page = &more[result->count];
    *page = (struct tsk_reader_page){ .image = "" };
    if (tsk_reading_start(&page->reading, NULL, err) != 0)
        return -1;
    result->count++;
    page->reading.page = (int)result->count;
    page->reading.state = TSK_PAGE_INCOMPLETE;
    return say(&page->reading.reason, err, reason);
}

/* The line widths of T.4 and T.30: 215, 255 and 303 mm at 8 per mm, and at 16. */
static bool is_fax_width(int width_px)
{
    static const int widths[] = { 1728, 2048, 2432, 3456, 4096, 4864 };

    for (size_t i = 0; i < TSK_COUNT(widths); i++)
        if (widths[i] == width_px)
            return true;
    return false;
}

/* A fax that came by mail (T.37, or a service that passes faxes on) has been over a line all the same. */
static bool was_on_a_line(const struct tsk_reader_result *result, const struct tsk_envelope *envelope)
{
    bool fax = envelope->is_mail && !envelope->mail.letter;

    for (size_t i = 0; fax && i < result->count; i++)
        fax = result->pages[i].reading.height_px == 0 || is_fax_width(result->pages[i].reading.width_px);
    return envelope->is_fax || (fax && result->count > 0);
}

int tsk_fax_gate(struct tsk_reader_result *result, const struct tsk_envelope *envelope, struct tsk_err *err)
{
    char text[TSK_SPOOL_FIELD_SIZE + 80];
    size_t arrived = result->count;
    int missing;

    if (!was_on_a_line(result, envelope) || arrived == 0)
        return 0;
    for (size_t i = 0; i < arrived; i++)
        if (check_height(&result->pages[i].reading, err) != 0)
            return -1;
    missing = envelope->fax.pages - (int)arrived;
    if (envelope->fax.pages == 0 && envelope->fax.fault[0] != '\0' &&
        result->pages[arrived - 1].reading.state != TSK_PAGE_INCOMPLETE)
        missing = 1; /* the line broke behind a whole page: what else was to come nobody knows */
    snprintf(text, sizeof text, "did not arrive%s%s; ask the sender to fax it again",
             envelope->fax.fault[0] != '\0' ? ": " : "", envelope->fax.fault);
    for (int i = 0; i < missing && i < MISSING_MAX; i++)
        if (add_missing(result, text, err) != 0)
            return -1;
    return 0;
}

static void print_pages(struct tsk_buf *text, const struct tsk_reader_result *result)
{
    for (size_t i = 0; i < result->count; i++)
        if (result->pages[i].reading.state == TSK_PAGE_INCOMPLETE)
            tsk_buf_printf(text, "%s%zu", text->len > 0 ? "・" : "", i + 1);
}

static const char *or_unknown(const char *text)
{
    return text[0] != '\0' ? text : "不明";
}

static void print_todo(struct tsk_buf *text, const struct tsk_envelope *e, const char *pages,
                       const struct tsk_office_config *office)
{
    tsk_buf_printf(text,
                   "受信した Fax が欠けています（受付番号 %s、%s ページ目）。発信元に再送を依頼してください。\n"
                   "発信元: %s\n相手機の表示: %s\n着信番号: %s\n回線の記録: %s\n\n"
                   "電話で伝えること:\n「先ほどいただいた Fax の %s ページ目が、途中で切れて届きました。"
                   "お手数ですが、全ページをもう一度 %s へお送りください。」\n"
                   "届いた部分は保管しています。再送された文書は新しい受付番号で登録されます。",
                   e->id, pages, or_unknown(e->sender), or_unknown(e->fax.station), or_unknown(e->fax.called),
                   e->fax.fault[0] != '\0' ? e->fax.fault : "異常の記録なし", pages,
                   office != NULL ? or_unknown(office->fax) : "当室");
}

int tsk_fax_ask_again(struct tsk_store *store, const struct tsk_site *site, const struct tsk_reader_result *result,
                      const struct tsk_envelope *envelope, struct tsk_err *err)
{
    struct tsk_buf pages = TSK_BUF(TEXT_MAX), text = TSK_BUF(TEXT_MAX);
    char about[TSK_ID_SIZE + 16];
    struct tsk_todo_new todo = { .office = envelope->office,
                                 .document = envelope->id,
                                 .case_number = "",
                                 .about = about,
                                 .event = "document.read",
                                 .rule = "fax",
                                 .recipient = "",
                                 .kind = "resend" };
    int rc = 0;

    if (was_on_a_line(result, envelope))
        print_pages(&pages, result);
    if (pages.len > 0) {
        snprintf(about, sizeof about, "document:%s", envelope->id);
        print_todo(&text, envelope, tsk_buf_text(&pages), tsk_config_office(site->config, envelope->office));
        todo.text = tsk_buf_text(&text);
        rc = text.failed ? tsk_fail(err, TSK_RETRY, 0, "no memory for a to-do")
                         : tsk_todo_add(NULL, NULL, store, &todo, err);
    }
    tsk_buf_free(&pages);
    tsk_buf_free(&text);
    return rc;
}
