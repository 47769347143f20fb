/* One fax a day to one hospital: from what is planned to what went out. */
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "casework/parts.h"
#include "routing/fax_hours.h"
#include "routing/sheet_print.h"

#define RULE "inquiry"
#define NOT_PRINTED "照会票を印刷できません"

/* The state that the end of its call gives to an inquiry; NULL = none yet. */
static const char *state_after(const struct tsk_notice *notice, const char **why)
{
    bool ours = strncmp(notice->reason, NOT_PRINTED, strlen(NOT_PRINTED)) == 0 ||
                strncmp(notice->reason, "宛先", strlen("宛先")) == 0; /* stopped by the sender, not by a person */

    switch (notice->state) {
    case TSK_NOTICE_DELIVERED:
    case TSK_NOTICE_UNKNOWN: /* it may be there; a person was told */
        return "asked";
    case TSK_NOTICE_SENT: /* until its result is known, unless a person told them */
        return *notice->by_hand != '\0' ? "asked" : NULL;
    case TSK_NOTICE_FAILED:
    case TSK_NOTICE_REFUSED:
        *why = "Fax が届きませんでした";
        return "failed";
    case TSK_NOTICE_CANCELLED:
        *why = ours ? notice->reason : "Fax が取り消されました";
        return ours ? "planned" : "cancelled";
    default:
        return NULL;
    }
}

static int settle(const struct tsk_casework *work, const struct tsk_inquiry *inquiry)
{
    char day[TSK_DATE_SIZE], due[TSK_DATE_SIZE];
    struct tsk_inquiry_change change = { .by = TSK_CASEWORK_NAME };
    struct tsk_notice notice;

    if (tsk_notice_find(&notice, work->store, &tsk_scope_all, inquiry->call, work->arena, work->err) != 0)
        return -1;
    change.state = state_after(&notice, &change.why);
    if (change.state == NULL || strcmp(change.state, inquiry->state) == 0)
        return 0;
    if (strcmp(inquiry->state, "failed") == 0 && strcmp(change.state, "asked") != 0)
        return 0;
    if (strcmp(change.state, "asked") == 0) {
        tsk_casework_day(tsk_casework_today(), day);
        tsk_casework_day(tsk_casework_today() + (int32_t)work->config->due_days, due);
        change.day = day;
        change.due = due;
    }
    return tsk_inquiry_change(work->store, inquiry, &change, work->err);
}

static int in_transaction(const struct tsk_casework *work, int (*part)(const struct tsk_casework *work, void *ctx),
                          void *ctx)
{
    int rc = tsk_store_begin(work->store, work->err);

    if (rc != 0)
        return -1;
    rc = part(work, ctx);
    if (rc == 0)
        rc = tsk_store_commit(work->store, work->err);
    if (rc != 0)
        tsk_store_rollback(work->store);
    return rc;
}

/* A person tried a call again that had failed: it may have arrived after all. */
static int settle_failed(const struct tsk_casework *work, const struct tsk_inquiry *failed)
{
    const struct tsk_inquiry_filter filter = { .case_number = failed->case_number, .open = true };
    struct tsk_inquiries open;

    if (*failed->call == '\0')
        return 0;
    if (tsk_inquiry_list(&open, work->store, &tsk_scope_all, &filter, work->arena, work->err) != 0)
        return -1;
    return open.count > 0 ? 0 : settle(work, failed);
}

static int settle_all(const struct tsk_casework *work, void *ctx)
{
    const struct tsk_inquiry_filter under_way = { .state = "calling", .here = true },
                                    in_vain = { .state = "failed", .here = true };
    struct tsk_inquiries calling, failed;

    (void)ctx;
    if (tsk_inquiry_list(&calling, work->store, &tsk_scope_all, &under_way, work->arena, work->err) != 0 ||
        tsk_inquiry_list(&failed, work->store, &tsk_scope_all, &in_vain, work->arena, work->err) != 0)
        return -1;
    for (size_t i = 0; i < calling.count; i++)
        if (settle(work, &calling.items[i]) != 0)
            return -1;
    for (size_t i = 0; i < failed.count; i++)
        if (settle_failed(work, &failed.items[i]) != 0)
            return -1;
    return 0;
}

int tsk_casework_settle_calls(const struct tsk_casework *work)
{
    return in_transaction(work, settle_all, NULL);
}

/* The edition of the office's own ward: another one prints another office's number. */
static const struct tsk_form *edition_of(const struct tsk_casework *work, const char *office)
{
    const struct tsk_office_config *config = tsk_config_office(tsk_routing_config(work->routing), office);
    const struct tsk_forms *forms = tsk_routing_forms(work->routing);

    for (size_t i = 0; forms != NULL && config != NULL && i < forms->count; i++)
        if (strcmp(forms->forms[i].id, TSK_FORM_INQUIRY) == 0 && strcmp(forms->forms[i].ward, config->ward) == 0)
            return &forms->forms[i];
    return NULL;
}

static int print_page(struct tsk_letter_page *page, const struct tsk_casework *work, const struct tsk_inquiry *inquiry)
{
    const struct tsk_form *form = edition_of(work, inquiry->office);
    struct tsk_buf bytes = TSK_BUF(TSK_PRINT_BYTES_MAX);
    void *kept = NULL;
    int rc;

    if (form == NULL)
        return tsk_fail(work->err, TSK_REJECT, 0,
                        "office %s has no edition of the form \"inquiry\" for its ward; see docs/loop.md",
                        inquiry->office);
    const struct tsk_sheet_print what = { .office = inquiry->office,
                                          .form = form->id,
                                          .edition = form->edition,
                                          .case_number = inquiry->case_number,
                                          .as = TSK_PRINT_FAX };
    rc = tsk_sheet_print(&bytes, work->store, tsk_routing_forms(work->routing), tsk_store_vault(work->store),
                         &tsk_scope_all, &what, work->arena, work->err);
    if (rc == 0 && (kept = tsk_arena_alloc(work->arena, bytes.len + 1)) == NULL)
        rc = tsk_fail(work->err, TSK_RETRY, 0, "no memory for the pages of a call");
    if (rc == 0 && kept != NULL) {
        memcpy(kept, bytes.data, bytes.len);
        *page = (struct tsk_letter_page){ kept, bytes.len };
    }
    tsk_buf_free(&bytes);
    return rc;
}

static const char *patient_of(const struct tsk_casework *work, const char *case_number)
{
    struct tsk_case kase;

    return tsk_case_find(&kase, work->store, &tsk_scope_all, case_number, work->arena, work->err) == 0 ? kase.name : "";
}

/* named: as the hospital gets it; the records keep the numbers alone, for a call is no case's and outlives each. */
static const char *add_line(const struct tsk_casework *work, const char *list, size_t number,
                            const struct tsk_inquiry *inquiry, bool named)
{
    return tsk_casework_text(work, "%s%s%2zu. %s%s案件番号 %s、%d 回目%s", list, number > 1 ? "\n" : "", number,
                             named ? patient_of(work, inquiry->case_number) : "", named ? " 様（" : "",
                             inquiry->case_number, inquiry->round, named ? "）" : "");
}

static int write_body(const char **subject, const char **body, const struct tsk_casework *work,
                      const struct tsk_notice *notice, const char *list, size_t count)
{
    char day[TSK_DATE_SIZE];
    struct tsk_template_values values = { .text = list };
    struct tsk_recipient to;

    if (tsk_recipient_find(&to, work->routing, work->store, notice->office, notice->recipient, work->arena,
                           work->err) != 0)
        return -1;
    tsk_casework_day(tsk_casework_today() + (int32_t)work->config->due_days, day);
    values.recipient = to.name;
    values.count = tsk_casework_text(work, "%zu", count);
    values.received = day;
    return tsk_recipient_words(subject, body, work->routing, work->store, notice->office, "inquiry-call", &values,
                               work->arena, work->err);
}

/* What could be printed when the call was planned and cannot be now stops the call: it is planned anew, and told to a person. */
static int not_printed(struct tsk_enclosure *out, const struct tsk_casework *work)
{
    if (work->err->kind != TSK_REJECT)
        return -1;
    out->reason = NOT_PRINTED;
    *work->err = (struct tsk_err){ .kind = TSK_OK };
    return 0;
}

static int fill(struct tsk_enclosure *out, const struct tsk_casework *work, const struct tsk_notice *notice,
                const struct tsk_inquiries *asked)
{
    const char *list = "", *numbers = "";

    out->pages = tsk_arena_alloc(work->arena, (asked->count + 1) * sizeof *out->pages);
    if (out->pages == NULL)
        return tsk_fail(work->err, TSK_RETRY, 0, "no memory for the pages of a call");
    for (size_t i = 0; i < asked->count; i++) {
        const char *state = asked->items[i].state, *reason;

        if (strcmp(state, "calling") != 0 && strcmp(state, "failed") != 0)
            continue;
        if (tsk_route_may_know(&reason, work->routing, work->store, notice->office, asked->items[i].case_number,
                               notice->recipient, work->arena, work->err) != 0)
            return -1;
        if (reason != NULL)
            continue;
        if (print_page(&out->pages[out->page_count], work, &asked->items[i]) != 0)
            return not_printed(out, work);
        out->page_count++;
        list = add_line(work, list, out->page_count, &asked->items[i], true);
        numbers = add_line(work, numbers, out->page_count, &asked->items[i], false);
    }
    if (out->page_count == 0) {
        out->reason = "照会の必要がなくなりました";
        return 0;
    }
    return write_body(&out->subject, &out->body, work, notice, list, out->page_count) != 0 ||
                   write_body(&out->subject, &out->record, work, notice, numbers, out->page_count) != 0
               ? -1
               : 0;
}

int tsk_casework_enclose(struct tsk_enclosure *out, const struct tsk_routing *routing, struct tsk_store *store,
                         const struct tsk_notice *notice, struct tsk_arena *arena, struct tsk_err *err)
{
    const struct tsk_casework work = { .routing = routing,
                                       .config = &tsk_routing_config(routing)->inquiries,
                                       .store = store,
                                       .arena = arena,
                                       .err = err };
    const struct tsk_inquiry_filter filter = { .call = notice->id };
    struct tsk_inquiries asked;

    if (tsk_inquiry_list(&asked, store, &tsk_scope_all, &filter, arena, err) != 0)
        return -1;
    return fill(out, &work, notice, &asked);
}

struct call {
    const struct tsk_inquiry *first;
    const char *about, *id;
    struct tsk_recipient to;
    size_t pages;
};

static struct tsk_wait_row row_of(const struct tsk_inquiry *inquiry)
{
    return (struct tsk_wait_row){ .case_number = inquiry->case_number,
                                  .office = inquiry->office,
                                  .hospital = inquiry->hospital,
                                  .recipient = inquiry->recipient,
                                  .since = inquiry->since };
}

static int ask_person(const struct tsk_casework *work, const struct tsk_inquiry *inquiry, const char *kind,
                      const char *problem)
{
    const struct tsk_wait_row row = row_of(inquiry);

    return tsk_casework_todo(
        work, &row, kind,
        tsk_casework_text(work,
                          "情報照会を送れません（案件番号 %s）\n\n%sの%sへ照会する番です。\n理由: %s\n"
                          "理由が解消されると、次の営業日に自動で送ります。お急ぎのときは電話で照会してください。",
                          inquiry->case_number, inquiry->hospital, work->config->department, problem));
}

/* A page that cannot be printed would hold up the others: it is left behind, and a person is told. */
static int check_page(bool *fine, const struct tsk_casework *work, const struct tsk_inquiry *inquiry)
{
    struct tsk_err fault = { 0 };
    const struct tsk_casework trial = {
        .routing = work->routing, .config = work->config, .store = work->store, .arena = work->arena, .err = &fault
    };
    struct tsk_letter_page page;

    *fine = print_page(&page, &trial, inquiry) == 0;
    if (*fine)
        return 0;
    if (fault.kind != TSK_REJECT)
        return tsk_fail(work->err, fault.kind, fault.sys, "%s", fault.text);
    return ask_person(work, inquiry, "inquiry_print", fault.text);
}

/* Only while it has not left: what comes later waits for the next day's call. */
static int find_call(struct call *call, bool *open, const struct tsk_casework *work)
{
    const struct tsk_notice_filter filter = { .about = call->about, .event = TSK_EVENT_CALL };
    const struct tsk_inquiry_filter inside = { .state = "calling" };
    struct tsk_notices found;
    struct tsk_inquiries calling;

    *open = true;
    call->id = NULL;
    if (tsk_notice_list(&found, work->store, &tsk_scope_all, &filter, work->arena, work->err) != 0)
        return -1;
    if (found.count == 0)
        return 0;
    *open = found.items[0].state == TSK_NOTICE_QUEUED || found.items[0].state == TSK_NOTICE_CANCELLED;
    if (found.items[0].state != TSK_NOTICE_QUEUED)
        return 0;
    call->id = found.items[0].id;
    if (tsk_inquiry_list(&calling, work->store, &tsk_scope_all, &inside, work->arena, work->err) != 0)
        return -1;
    for (size_t i = 0; i < calling.count; i++)
        call->pages += strcmp(calling.items[i].call, call->id) == 0;
    return 0;
}

/* Of the mail that carries the call as an encrypted letter. */
static int write_mail(const char **subject, const char **body, const struct tsk_casework *work, const struct call *call)
{
    const struct tsk_template_values values = { .mail = "mail", .recipient = call->to.name };

    return tsk_recipient_words(subject, body, work->routing, work->store, call->first->office, "sealed-letter", &values,
                               work->arena, work->err);
}

static int queue_call(struct call *call, const struct tsk_casework *work)
{
    static char id[TSK_ID_SIZE];
    const bool letter = !call->to.fax_verified;
    struct tsk_notice_new notice = { .office = call->first->office,
                                     .document = "",
                                     .case_number = "",
                                     .about = call->about,
                                     .event = TSK_EVENT_CALL,
                                     .rule = RULE,
                                     .recipient = call->to.key,
                                     .kind = TSK_NOTICE_DISCLOSURE,
                                     .state = TSK_NOTICE_QUEUED,
                                     .channel = letter ? "letter" : "fax",
                                     .destination = letter ? call->to.email : call->to.fax };
    const struct tsk_notice as_if = { .office = notice.office, .recipient = notice.recipient };

    if (call->id != NULL)
        return 0;
    if ((letter ? write_mail(&notice.subject, &notice.body, work, call)
                : write_body(&notice.subject, &notice.body, work, &as_if, "（一覧は送信のときに作ります）", 0)) != 0 ||
        tsk_notice_queue(id, NULL, work->store, &notice, work->err) != 0)
        return -1;
    call->id = tsk_arena_strdup(work->arena, id);
    return call->id != NULL ? 0 : tsk_fail(work->err, TSK_RETRY, 0, "no memory for a call");
}

/* A page with this number lies there since the last time: the mail says no more than the number. */
static int announce(const struct tsk_casework *work, const struct call *call, const struct tsk_inquiry *inquiry)
{
    struct tsk_template_values values = { .mail = "mail", .case_number = inquiry->case_number };
    struct tsk_notice_new notice = { .office = inquiry->office,
                                     .document = "",
                                     .case_number = inquiry->case_number,
                                     .about = tsk_casework_text(work, "inquiry:%lld", (long long)inquiry->id),
                                     .event = "inquiry.reminder",
                                     .rule = RULE,
                                     .recipient = call->to.key,
                                     .kind = TSK_NOTICE_ALERT,
                                     .state = TSK_NOTICE_QUEUED,
                                     .channel = "email",
                                     .destination = call->to.email };

    if (!work->config->mail || inquiry->round < 2 || !call->to.email_verified || !call->to.fax_verified)
        return 0;
    values.recipient = call->to.name;
    values.count = tsk_casework_text(work, "%d", inquiry->round);
    if (tsk_recipient_words(&notice.subject, &notice.body, work->routing, work->store, inquiry->office,
                            "inquiry-reminder", &values, work->arena, work->err) != 0)
        return -1;
    return tsk_notice_queue(NULL, NULL, work->store, &notice, work->err);
}

static int put_in(struct call *call, const struct tsk_casework *work, const struct tsk_inquiry *inquiry)
{
    const struct tsk_inquiry_filter delivered = { .case_number = inquiry->case_number, .state = "overdue" };
    struct tsk_inquiry_change change = { .state = "calling", .by = TSK_CASEWORK_NAME };
    struct tsk_inquiries before;
    const char *reason;
    bool fine;

    if (call->pages >= work->config->pages_max)
        return 0;
    if (tsk_route_may_know(&reason, work->routing, work->store, inquiry->office, inquiry->case_number, call->to.key,
                           work->arena, work->err) != 0)
        return -1;
    if (reason != NULL)
        return ask_person(work, inquiry, "inquiry_recipient", reason);
    if (check_page(&fine, work, inquiry) != 0)
        return -1;
    if (!fine)
        return 0;
    if (queue_call(call, work) != 0)
        return -1;
    change.call = call->id;
    call->pages++;
    if (tsk_inquiry_change(work->store, inquiry, &change, work->err) != 0 ||
        tsk_inquiry_list(&before, work->store, &tsk_scope_all, &delivered, work->arena, work->err) != 0)
        return -1;
    return before.count == 0 ? 0 : announce(work, call, inquiry);
}

/* ctx: the first planned inquiry to a hospital of an office. */
static int make_call(const struct tsk_casework *work, void *ctx)
{
    struct call call = { .first = ctx };
    char today[TSK_DATE_SIZE];
    const struct tsk_inquiry_filter filter = {
        .state = "planned", .recipient = call.first->recipient, .office = call.first->office, .day_by = today
    };
    struct tsk_inquiries planned;
    const char *problem;
    bool open;

    tsk_casework_day(tsk_casework_today(), today);
    call.about = tsk_casework_text(work, "call:%s:%s:%s", call.first->office, call.first->recipient, today);
    if (tsk_inquiry_list(&planned, work->store, &tsk_scope_all, &filter, work->arena, work->err) != 0 ||
        tsk_recipient_find(&call.to, work->routing, work->store, call.first->office, call.first->recipient, work->arena,
                           work->err) != 0 ||
        find_call(&call, &open, work) != 0)
        return -1;
    problem = call.to.problem != NULL ? "照会先の名称に当てはまる機関と部署が、名簿に 1 つではありません"
              : !call.to.fax_verified && !call.to.takes_letters ? "照会先の Fax 番号が確認済みではありません"
                                                                : NULL;
    for (size_t i = 0; i < planned.count; i++)
        if (problem != NULL ? ask_person(work, &planned.items[i], "inquiry_recipient", problem) != 0
                            : open && put_in(&call, work, &planned.items[i]) != 0)
            return -1;
    return 0;
}

static bool is_time(const struct tsk_casework *work)
{
    const struct tsk_config *config = tsk_routing_config(work->routing);
    int64_t now_ms = tsk_wall_ms();
    int minute = tsk_japan_minute_of_day(now_ms);

    return minute >= work->config->minute && tsk_fax_is_workday(&config->fax, tsk_japan_date(now_ms)) &&
           !tsk_is_quiet(&config->quiet, minute);
}

static bool seen_before(const struct tsk_inquiries *planned, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(planned->items[i].recipient, planned->items[at].recipient) == 0 &&
            strcmp(planned->items[i].office, planned->items[at].office) == 0)
            return true;
    return false;
}

int tsk_casework_make_calls(const struct tsk_casework *work)
{
    const struct tsk_inquiry_filter filter = { .state = "planned", .here = true };
    struct tsk_inquiries planned;

    if (!is_time(work))
        return 0;
    if (tsk_inquiry_list(&planned, work->store, &tsk_scope_all, &filter, work->arena, work->err) != 0)
        return -1;
    for (size_t i = 0; i < planned.count; i++)
        if (!seen_before(&planned, i) && in_transaction(work, make_call, &planned.items[i]) != 0)
            return -1;
    return 0;
}
