/* The words of a message, and the envelope around them. */
#include "routing/outgoing.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "records/passphrase.h"
#include "routing/verp.h"

enum { DIGEST_MAX = 128 * 1024, LETTER_MAIL_MAX = 10 * 1024 * 1024 /* what most servers take */ };

/* "【対応不要】転帰のお知らせ（案件番号 27115-2026-0001）" is one line of a digest, without its first part. */
static const char *digest_line(const char *subject)
{
    static const char end[] = "】";
    const char *mark = strstr(subject, end);

    return mark != NULL ? mark + sizeof end - 1 : subject;
}

static int make_digest(struct tsk_outgoing *out, struct tsk_planner *planner)
{
    struct tsk_buf lines = TSK_BUF(DIGEST_MAX);
    struct tsk_template_values values;
    struct tsk_institution entry;
    const struct tsk_notice *first = &out->notices.items[0];
    int64_t institution;
    int rc = -1;

    for (size_t i = 0; i < out->notices.count; i++)
        tsk_buf_printf(&lines, "%s・%s（受付番号 %lld）", i > 0 ? "\n" : "", digest_line(out->notices.items[i].subject),
                       (long long)out->notices.items[i].sheet);
    if (lines.failed) {
        tsk_fail(out->err, TSK_RETRY, 0, "a daily digest is too long");
        goto out;
    }
    if (tsk_planner_values(planner, &values) != 0 ||
        tsk_route_recipient_name(&values.recipient, out->routing, out->store, first->office, first->recipient,
                                 out->arena, out->err) != 0 ||
        tsk_planner_text(planner, &values.count, "%zu", out->notices.count) != 0)
        goto out;
    if (tsk_recipient_institution(first->recipient, &institution)) {
        if (tsk_directory_find(&entry, out->store, &planner->scope, institution, out->arena, out->err) != 0)
            goto out;
        values.ward = entry.ward;
    }
    values.mail = "mail";
    values.text = tsk_buf_text(&lines);
    rc = tsk_planner_render(planner, &out->subject, &out->body, "digest", &values);
out:
    tsk_buf_free(&lines);
    return rc;
}

static bool is_letter(const struct tsk_outgoing *out)
{
    return strcmp(out->notices.items[0].channel, "letter") == 0;
}

static int make_words(struct tsk_outgoing *out, struct tsk_planner *planner)
{
    static const char about[] = "notice:";
    const struct tsk_notice *first = &out->notices.items[0];

    out->id = first->id;
    out->subject = first->subject;
    out->body = out->enclosure.body != NULL && !is_letter(out) ? out->enclosure.body : first->body;
    out->about = "";
    if (first->batch[0] != '\0') {
        tsk_digest_id(out->digest, first);
        out->id = out->digest;
        return make_digest(out, planner);
    }
    if (first->kind == TSK_NOTICE_WITHDRAWAL && strncmp(first->about, about, sizeof about - 1) == 0)
        out->about = first->about + sizeof about - 1;
    return 0;
}

/* Bounces name the first notice of a mail, whatever id the mail has: tsk_route_bounced() finds the others. */
static void make_return_path(struct tsk_outgoing *out, const struct tsk_planner *planner)
{
    const char *bounce = tsk_routing_config(out->routing)->mail.bounce;

    if (bounce[0] == '\0' || tsk_verp_make(out->from, bounce, out->notices.items[0].id) != 0)
        snprintf(out->from, sizeof out->from, "%s", planner->office->from);
}

/* What the mail carries; only who was told the passphrase opens it. */
static int make_letter(struct tsk_buf *pdf, struct tsk_outgoing *out, struct tsk_planner *planner, const char *to_name,
                       struct tsk_err *fault)
{
    const struct tsk_enclosure *inside = &out->enclosure;
    const struct tsk_letter letter = { .id = out->id,
                                       .subject = inside->subject != NULL ? inside->subject : out->subject,
                                       .body = inside->body != NULL ? inside->body : "",
                                       .to_name = to_name,
                                       .from_name = planner->office->name,
                                       .phone = planner->office->phone,
                                       .fax = planner->office->fax,
                                       .pages = inside->pages,
                                       .page_count = inside->page_count };
    char passphrase[TSK_PASSPHRASE_SIZE] = "";
    int64_t id = 0;
    int rc;

    if (tsk_recipient_institution(out->notices.items[0].recipient, &id) &&
        tsk_passphrase_open(passphrase, out->store, &planner->scope, id, out->err) != 0)
        return -1;
    if (out->seal == NULL || *passphrase == '\0')
        rc = tsk_fail(fault, TSK_REJECT, 0, "no encrypted letter can be made for this recipient");
    else
        rc = out->seal(pdf, &letter, passphrase, fault);
    explicit_bzero(passphrase, sizeof passphrase);
    return rc != 0 ? 1 : 0;
}

static int make_mail(struct tsk_outgoing *out, struct tsk_planner *planner, const char *to_name, struct tsk_err *fault)
{
    const struct tsk_notice *first = &out->notices.items[0];
    struct tsk_mail mail = { .from_name = planner->office->name,
                             .from = planner->office->from,
                             .to_name = to_name,
                             .to = first->destination,
                             .subject = out->subject,
                             .body = out->body,
                             .notice_id = out->id,
                             .about_id = out->about,
                             .domain = tsk_routing_config(out->routing)->mail.domain,
                             .encoding = out->channel->encoding };
    struct tsk_buf pdf = TSK_BUF(0);
    int rc = 0;

    if (!tsk_stamp_parse(first->created, &mail.date_ms))
        mail.date_ms = planner->now_ms;
    if (is_letter(out) && (rc = make_letter(&pdf, out, planner, to_name, fault)) == 0) {
        out->bytes.max = LETTER_MAIL_MAX;
        mail.file = pdf.data;
        mail.file_len = pdf.len;
        mail.file_type = "application/pdf";
        rc = tsk_planner_text(planner, &mail.file_name, "tasuki-%s.pdf", out->id); /* nothing of the patient */
    }
    if (rc == 0)
        rc = tsk_mail_compose(&out->bytes, &mail, fault) != 0 ? 1 : 0;
    tsk_buf_free(&pdf);
    return rc;
}

int tsk_outgoing_compose(struct tsk_outgoing *out, struct tsk_planner *planner, struct tsk_err *fault)
{
    const struct tsk_notice *first = &out->notices.items[0];
    const char *to_name;
    int rc = 0;

    if (make_words(out, planner) != 0 || tsk_route_recipient_name(&to_name, out->routing, out->store, first->office,
                                                                  first->recipient, out->arena, out->err) != 0)
        return -1;
    make_return_path(out, planner);
    if (strcmp(first->channel, "email") == 0 || is_letter(out))
        rc = make_mail(out, planner, to_name, fault);
    out->flight.letter = (struct tsk_letter){ .id = out->id,
                                              .from = out->from,
                                              .to = first->destination,
                                              .bytes = tsk_buf_text(&out->bytes),
                                              .len = out->bytes.len,
                                              .subject = out->subject,
                                              .body = out->body,
                                              .to_name = to_name,
                                              .from_name = planner->office->name,
                                              .phone = planner->office->phone,
                                              .fax = planner->office->fax,
                                              .office = first->office,
                                              .event = first->event,
                                              .case_number = first->case_number,
                                              .pages = out->enclosure.pages,
                                              .page_count = out->enclosure.page_count,
                                              .created = first->created };
    return rc;
}
