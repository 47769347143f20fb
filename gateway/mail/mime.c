#include "gateway/mail/mime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/text.h"
#include "gateway/mail/boundary.h"
#include "gateway/mail/header.h"
#include "gateway/mail/plain.h"
#include "gateway/mail/sniff.h"
#include "gateway/mail/tnef.h"
#include "gateway/mail/transfer.h"
#include "gateway/mail/twins.h"
#include "routing/verp.h"

#define ORIGINAL_SEARCH_MAX (256 * 1024) /* of a bounce's text */

/* One entity: a message, or a part of one. */
struct entity {
    struct tsk_text type, disposition, encoding; /* raw values; empty when there is none */
    struct tsk_text body;
};

struct parser {
    const struct tsk_charsets *charsets;
    struct tsk_mail_read *out;
    unsigned seen; /* parts of every kind */
    bool bounce, receipt, automatic, postmaster, written;
    bool failed; /* memory */
    const char *broken;
};

static void give_up(struct parser *p, const char *reason)
{
    if (p->broken == NULL)
        p->broken = reason;
}

static char *kept(struct parser *p, char *text)
{
    if (text == NULL)
        p->failed = true;
    return text;
}

static void set_text(struct parser *p, char **slot, char *text)
{
    if (kept(p, text) == NULL)
        return;
    free(*slot);
    *slot = text;
}

static bool same_start(const char *text, const char *lower)
{
    return strncasecmp(text, lower, strlen(lower)) == 0;
}

static void note_sender(struct parser *p, struct tsk_text value)
{
    set_text(p, &p->out->from, tsk_header_address(value));
    if (p->out->from == NULL)
        return;
    p->bounce = p->bounce || same_start(p->out->from, "mailer-daemon@") || same_start(p->out->from, "mail-daemon@");
    p->postmaster = same_start(p->out->from, "postmaster@");
}

/* Where it came to: a return path of ours has the notice in it. */
static void note_recipient(struct parser *p, struct tsk_text value)
{
    char *address = kept(p, tsk_header_address(value));
    char id[TSK_VERP_ID_SIZE];

    if (address != NULL && *p->out->notice == '\0' && tsk_verp_parse(id, address))
        set_text(p, &p->out->notice, strdup(id));
    free(address);
}

static bool names_recipient(struct tsk_text name)
{
    return tsk_text_is(name, "to") || tsk_text_is(name, "delivered-to") || tsk_text_is(name, "x-original-to") ||
           tsk_text_is(name, "envelope-to") || tsk_text_is(name, "x-envelope-to");
}

static void note_precedence(struct parser *p, struct tsk_text value)
{
    if (tsk_text_is(value, "auto_reply") || tsk_text_is(value, "auto-reply"))
        p->automatic = true;
}

static void note_submitted(struct parser *p, struct tsk_text value)
{
    char *token = kept(p, tsk_header_token(value));

    if (token != NULL && *token != '\0' && strcmp(token, "no") != 0)
        p->automatic = true;
    free(token);
}

/* Fields of the message itself; those of its parts are not asked. */
static void note_field(struct parser *p, const struct tsk_field *field)
{
    struct tsk_mail_read *out = p->out;

    if (tsk_text_is(field->name, "subject") && *out->subject == '\0')
        set_text(p, &out->subject, tsk_header_decode(p->charsets, field->value));
    else if (tsk_text_is(field->name, "from") && *out->from == '\0')
        note_sender(p, field->value);
    else if (tsk_text_is(field->name, "message-id") && *out->message == '\0')
        set_text(p, &out->message, tsk_header_msgid(field->value));
    else if (tsk_text_is(field->name, "date") && out->date_ms == 0)
        tsk_header_date(field->value, &out->date_ms);
    else if (names_recipient(field->name))
        note_recipient(p, field->value);
    else if (tsk_text_is(field->name, "auto-submitted"))
        note_submitted(p, field->value);
    else if (tsk_text_is(field->name, "precedence"))
        note_precedence(p, field->value);
    else if (tsk_text_is(field->name, "x-autoreply") || tsk_text_is(field->name, "x-autorespond"))
        p->automatic = true;
    else if (tsk_text_is(field->name, "x-failed-recipients"))
        p->bounce = true;
}

static void note_content(struct entity *e, const struct tsk_field *field)
{
    if (tsk_text_is(field->name, "content-type") && e->type.at == NULL)
        e->type = field->value;
    else if (tsk_text_is(field->name, "content-disposition") && e->disposition.at == NULL)
        e->disposition = field->value;
    else if (tsk_text_is(field->name, "content-transfer-encoding") && e->encoding.at == NULL)
        e->encoding = field->value;
}

static struct entity open_entity(struct parser *p, struct tsk_text bytes, bool top)
{
    struct entity e = { .body = bytes };
    struct tsk_field field;
    unsigned fields = 0;

    while (tsk_header_next(&e.body, &field)) {
        if (++fields > TSK_MAIL_FIELDS_MAX || bytes.len - e.body.len > TSK_MAIL_HEADER_MAX) {
            give_up(p, "has a header that is too long; ask the sender to send it again");
            break;
        }
        note_content(&e, &field);
        if (top)
            note_field(p, &field);
    }
    if (bytes.len - e.body.len > TSK_MAIL_HEADER_MAX)
        give_up(p, "has a header that is too long; ask the sender to send it again");
    return e;
}

static char *file_name(struct parser *p, const struct entity *e)
{
    char *name = e->disposition.at != NULL ? tsk_header_param(p->charsets, e->disposition, "filename") : NULL;

    if (name == NULL && e->type.at != NULL)
        name = tsk_header_param(p->charsets, e->type, "name");
    return kept(p, name != NULL ? name : strdup(""));
}

/* malloc'ed, never more than the input. */
static char *decode_body(struct parser *p, const struct entity *e, size_t *len)
{
    char *bytes = kept(p, malloc(e->body.len + 1));
    char *encoding = kept(p, tsk_header_token(e->encoding.at != NULL ? e->encoding : (struct tsk_text){ "", 0 }));

    *len = 0;
    if (bytes != NULL && encoding != NULL) {
        if (strcmp(encoding, "base64") == 0) {
            *len = tsk_transfer_base64(e->body, bytes);
        } else if (strcmp(encoding, "quoted-printable") == 0) {
            *len = tsk_transfer_quoted(e->body, bytes);
        } else {
            memcpy(bytes, e->body.at, e->body.len);
            *len = e->body.len;
        }
        bytes[*len] = '\0';
    }
    free(encoding);
    return bytes;
}

/* Takes name and bytes over. */
static void add_part(struct parser *p, enum tsk_part_use use, char *name, char *bytes, size_t len, const char *reason)
{
    struct tsk_mail_read *out = p->out;
    struct tsk_part *grown = NULL;
    char *why = kept(p, strdup(reason != NULL ? reason : ""));

    if (out->count == TSK_MAIL_KEPT_MAX)
        give_up(p, "has too many attachments; ask for them in several mails");
    else if (why != NULL && name != NULL && bytes != NULL)
        grown = realloc(out->parts, (out->count + 1) * sizeof *out->parts);
    if (grown == NULL) {
        p->failed = p->failed || p->broken == NULL;
        free(why);
        free(name);
        free(bytes);
        return;
    }
    out->parts = grown;
    out->parts[out->count++] = (struct tsk_part){ .use = use, .name = name, .reason = why, .bytes = bytes, .len = len };
}

static void entity_at(struct parser *p, struct tsk_text bytes, unsigned depth, bool top);

static char *tnef_name(struct parser *p, const struct tsk_tnef_part *part)
{
    struct tsk_buf narrow = TSK_BUF(4096);
    char *name;

    if (!part->name_is_utf16)
        return kept(p, tsk_charset_decode(p->charsets, "", part->name != NULL ? part->name : "",
                                          part->name != NULL ? strnlen(part->name, part->name_len) : 0));
    for (size_t i = 0; i + 1 < part->name_len; i += 2) {
        char rune[5];
        uint32_t unit = (unsigned char)part->name[i] | (uint32_t)(unsigned char)part->name[i + 1] << 8;

        if (unit == 0)
            break;
        tsk_buf_add(&narrow, rune, (size_t)tsk_utf8_put(rune, unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit));
    }
    name = kept(p, tsk_utf8_clean(tsk_buf_text(&narrow), narrow.len));
    tsk_buf_free(&narrow);
    return name;
}

/* Takes name and bytes over. unwrap: a winmail.dat may be opened here; not one inside another. */
static void sort_part(struct parser *p, char *name, char *bytes, size_t len, unsigned depth, bool unwrap);

static void open_tnef(struct parser *p, char *name, char *bytes, size_t len, unsigned depth)
{
    struct tsk_tnef_part parts[TSK_TNEF_PARTS_MAX];
    struct tsk_err err = { 0 };
    size_t count = 0;

    if (tsk_tnef_read(parts, &count, bytes, len, &err) != 0) {
        add_part(p, TSK_PART_HELD, name, bytes, len, err.text);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        char *data = kept(p, malloc(parts[i].len + 1));

        if (data != NULL) {
            memcpy(data, parts[i].data, parts[i].len);
            data[parts[i].len] = '\0';
            sort_part(p, tnef_name(p, &parts[i]), data, parts[i].len, depth, false);
        }
    }
    free(name);
    free(bytes);
}

static size_t digits_at(struct tsk_text text, size_t at)
{
    size_t count = 0;

    while (at + count < text.len && text.at[at + count] >= '0' && text.at[at + count] <= '9')
        count++;
    return count;
}

/* Of a bounce without a report for machines: the first "5.1.1" in its words (RFC 3463). */
static void find_status(struct parser *p, struct tsk_text text)
{
    for (size_t i = 0; i + 4 < text.len && *p->out->status == '\0'; i++) {
        size_t subject, detail, end;

        if ((text.at[i] != '4' && text.at[i] != '5') || text.at[i + 1] != '.' ||
            (i > 0 && (digits_at(text, i - 1) > 1 || text.at[i - 1] == '.')))
            continue;
        subject = digits_at(text, i + 2);
        end = i + 2 + subject;
        if (subject == 0 || subject > 3 || end >= text.len || text.at[end] != '.')
            continue;
        detail = digits_at(text, end + 1);
        end += 1 + detail;
        if (detail > 0 && detail <= 3 && (end >= text.len || text.at[end] != '.'))
            set_text(p, &p->out->status, strndup(text.at + i, end - i));
    }
}

/* Where a bounce says which mail came back: the returned header, or its text. */
static void find_original(struct parser *p, struct tsk_text text)
{
    struct tsk_text rest = text;
    struct tsk_field field;

    if (*p->out->original != '\0')
        return;
    if (rest.len > ORIGINAL_SEARCH_MAX)
        rest.len = ORIGINAL_SEARCH_MAX;
    find_status(p, rest);
    while (rest.len > 0)
        while (tsk_header_next(&rest, &field))
            if (tsk_text_is(field.name, "message-id") && *p->out->original == '\0')
                set_text(p, &p->out->original, tsk_header_msgid(field.value));
}

static void read_status(struct parser *p, struct tsk_text text)
{
    struct tsk_field field;

    while (text.len > 0)
        while (tsk_header_next(&text, &field)) {
            char *word = NULL;

            if (tsk_text_is(field.name, "action")) {
                word = kept(p, tsk_header_token(field.value));
                p->out->delivered = word != NULL && strcmp(word, "failed") != 0;
            } else if (tsk_text_is(field.name, "status") && *p->out->status == '\0') {
                word = kept(p, tsk_header_token(field.value));
                if (word != NULL) {
                    word[strspn(word, "0123456789.")] = '\0';
                    set_text(p, &p->out->status, word);
                    word = NULL;
                }
            }
            free(word);
        }
}

static void sort_part(struct parser *p, char *name, char *bytes, size_t len, unsigned depth, bool unwrap)
{
    const char *reason = NULL;

    if (name == NULL || bytes == NULL) {
        p->failed = true;
        free(name);
        free(bytes);
        return;
    }
    switch (tsk_mail_sniff(bytes, len, name, &reason)) {
    case TSK_CONTENT_SHEET_TIFF:
    case TSK_CONTENT_SHEET_PDF:
    case TSK_CONTENT_SHEET_IMAGE:
        add_part(p, TSK_PART_SHEET, name, bytes, len, NULL);
        return;
    case TSK_CONTENT_TNEF:
        if (unwrap) {
            open_tnef(p, name, bytes, len, depth);
            return;
        }
        reason = "is a winmail.dat inside another; ask for the attachment as TIFF or PDF";
        break;
    case TSK_CONTENT_MESSAGE:
        entity_at(p, (struct tsk_text){ bytes, len }, depth + 1, false);
        break;
    case TSK_CONTENT_DECOR:
        p->out->decor++;
        break;
    case TSK_CONTENT_TEXT:
    case TSK_CONTENT_REFUSED:
        break;
    }
    if (reason != NULL) {
        add_part(p, TSK_PART_HELD, name, bytes, len, reason);
        return;
    }
    free(name);
    free(bytes);
}

/* The first text that somebody wrote; one that is plain goes before one with tags. */
static void note_text(struct parser *p, const struct entity *e, const char *type, const char *bytes, size_t len)
{
    bool html = strcmp(type, "text/html") == 0;
    char *charset, *text, *plain;

    if (p->written || (!html && strcmp(type, "text/plain") != 0) || (html && *p->out->text != '\0'))
        return;
    charset = e->type.at != NULL ? tsk_header_param(p->charsets, e->type, "charset") : NULL;
    text = kept(p, tsk_charset_decode(p->charsets, charset != NULL ? charset : "", bytes,
                                      len < TSK_MAIL_TEXT_MAX ? len : TSK_MAIL_TEXT_MAX));
    plain = text != NULL && html ? kept(p, tsk_plain_of_html(text)) : text;
    if (plain != NULL)
        set_text(p, &p->out->text, plain);
    p->written = !html && *p->out->text != '\0';
    if (html)
        free(text);
    free(charset);
}

static bool is_ignored(const char *type)
{
    return strcmp(type, "application/pkcs7-signature") == 0 || strcmp(type, "application/x-pkcs7-signature") == 0 ||
           strcmp(type, "application/pgp-signature") == 0;
}

static void leaf(struct parser *p, const struct entity *e, const char *type, unsigned depth)
{
    size_t len = 0;
    char *name, *bytes;
    bool empty_text;

    if (is_ignored(type) || (bytes = decode_body(p, e, &len)) == NULL)
        return;
    if (p->bounce) {
        if (strcmp(type, "message/delivery-status") == 0)
            read_status(p, (struct tsk_text){ bytes, len });
        else
            find_original(p, (struct tsk_text){ bytes, len });
        note_text(p, e, type, bytes, len);
        free(bytes);
        return;
    }
    name = file_name(p, e);
    if (name != NULL && *name == '\0')
        note_text(p, e, type, bytes, len);
    empty_text = len == 0 && name != NULL && *name == '\0';
    if (empty_text || p->receipt) {
        free(name);
        free(bytes);
        return;
    }
    sort_part(p, name, bytes, len, depth, true);
}

static void split(struct parser *p, struct tsk_text body, const char *boundary, unsigned depth)
{
    const char *end = body.at + body.len, *start = NULL, *next = NULL;
    bool last = false;
    const char *at = tsk_boundary_find(body, body.at, boundary, &start, &last);

    while (at != NULL && !last && p->broken == NULL && !p->failed) {
        const char *until;

        at = tsk_boundary_find(body, start, boundary, &next, &last);
        until = at != NULL ? at : end;
        if (at != NULL && until > start && until[-1] == '\n')
            until -= until - start > 1 && until[-2] == '\r' ? 2 : 1;
        entity_at(p, (struct tsk_text){ start, (size_t)(until - start) }, depth + 1, false);
        start = next;
    }
}

static void multipart(struct parser *p, const struct entity *e, unsigned depth)
{
    char *boundary = tsk_header_param(p->charsets, e->type, "boundary");

    if (boundary == NULL || *boundary == '\0' || strlen(boundary) > TSK_BOUNDARY_MAX) {
        free(boundary);
        boundary = tsk_boundary_guess(e->body);
    }
    if (boundary != NULL)
        split(p, e->body, boundary, depth);
    free(boundary);
}

static void note_report(struct parser *p, const struct entity *e)
{
    char *kind = tsk_header_param(p->charsets, e->type, "report-type");

    if (kind != NULL && strcasecmp(kind, "delivery-status") == 0)
        p->bounce = true;
    if (kind != NULL && strcasecmp(kind, "disposition-notification") == 0)
        p->receipt = true;
    free(kind);
}

static void hold_whole(struct parser *p, const struct entity *e, const char *reason)
{
    size_t len = 0;
    char *bytes = decode_body(p, e, &len);

    if (bytes != NULL)
        add_part(p, TSK_PART_HELD, file_name(p, e), bytes, len, reason);
}

/* What its type alone says: the bytes are a piece of something, or sealed. */
static const char *sealed_reason(const char *type)
{
    if (strcmp(type, "message/partial") == 0)
        return "is one piece of a mail that the sender's machine divided; ask for it undivided";
    if (strcmp(type, "application/pkcs7-mime") == 0 || strcmp(type, "application/x-pkcs7-mime") == 0)
        return "is encrypted or sealed as a whole (S/MIME) and was not opened; ask the sender for the sheet itself";
    return NULL;
}

static void message_part(struct parser *p, const struct entity *e, unsigned depth)
{
    size_t len = 0;
    char *bytes = decode_body(p, e, &len);

    if (bytes != NULL && p->bounce)
        find_original(p, (struct tsk_text){ bytes, len });
    else if (bytes != NULL)
        entity_at(p, (struct tsk_text){ bytes, len }, depth + 1, false);
    free(bytes);
}

static void entity_at(struct parser *p, struct tsk_text bytes, unsigned depth, bool top)
{
    struct entity e;
    char *type;

    if (p->broken != NULL || p->failed)
        return;
    if (depth > TSK_MAIL_DEPTH_MAX || ++p->seen > TSK_MAIL_PARTS_MAX) {
        give_up(p, depth > TSK_MAIL_DEPTH_MAX ? "has parts nested too deep; ask the sender to send the sheet itself"
                                              : "has too many parts; ask the sender to send the sheet itself");
        return;
    }
    e = open_entity(p, bytes, top);
    type = kept(p, tsk_header_token(e.type.at != NULL ? e.type : (struct tsk_text){ "text/plain", 10 }));
    if (type == NULL || p->broken != NULL) {
        free(type);
        return;
    }
    if (top && strcmp(type, "multipart/report") == 0)
        note_report(p, &e);
    if (top && p->postmaster && *p->out->notice != '\0')
        p->bounce = true; /* a postmaster writes to a return path only when something came back */
    if (same_start(type, "multipart/"))
        multipart(p, &e, depth);
    else if (strcmp(type, "message/rfc822") == 0 || strcmp(type, "message/global") == 0)
        message_part(p, &e, depth);
    else if (sealed_reason(type) != NULL && !p->bounce)
        hold_whole(p, &e, sealed_reason(type));
    else
        leaf(p, &e, type, depth);
    free(type);
}

void tsk_part_free(struct tsk_part *part)
{
    free(part->name);
    free(part->reason);
    free(part->bytes);
    *part = (struct tsk_part){ 0 };
}

static void drop_parts(struct tsk_mail_read *mail)
{
    for (size_t i = 0; i < mail->count; i++)
        tsk_part_free(&mail->parts[i]);
    mail->count = 0;
}

static enum tsk_mail_kind kind_of(const struct parser *p)
{
    if (p->broken != NULL)
        return TSK_MAIL_BROKEN;
    if (p->bounce)
        return TSK_MAIL_BOUNCE;
    if (p->out->count > 0)
        return TSK_MAIL_SHEETS;
    return p->automatic || p->receipt ? TSK_MAIL_AUTO : TSK_MAIL_NO_SHEET;
}

int tsk_mail_parse(struct tsk_mail_read *out, const struct tsk_charsets *charsets, const void *bytes, size_t len,
                   struct tsk_err *err)
{
    struct parser p = { .charsets = charsets, .out = out };

    *out = (struct tsk_mail_read){ 0 };
    if (tsk_mail_broken(out, "", err) != 0)
        return -1;
    entity_at(&p, (struct tsk_text){ bytes, len }, 0, true);
    if (p.broken != NULL)
        set_text(&p, &out->reason, strdup(p.broken));
    if (p.failed) {
        tsk_mail_free(out);
        return tsk_fail(err, TSK_RETRY, 0, "out of memory over a mail");
    }
    out->kind = kind_of(&p);
    out->automatic = p.automatic || p.receipt;
    if (out->kind == TSK_MAIL_BROKEN)
        drop_parts(out);
    tsk_mail_drop_twins(out);
    return 0;
}

void tsk_mail_free(struct tsk_mail_read *mail)
{
    drop_parts(mail);
    free(mail->parts);
    free(mail->reason);
    free(mail->subject);
    free(mail->from);
    free(mail->message);
    free(mail->original);
    free(mail->status);
    free(mail->notice);
    free(mail->text);
    *mail = (struct tsk_mail_read){ 0 };
}

const char *tsk_mail_kind_name(enum tsk_mail_kind kind)
{
    static const char *const names[TSK_MAIL_KINDS] = { "sheets", "no_sheet", "auto", "bounce", "broken" };

    return names[kind];
}
