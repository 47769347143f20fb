/* What the child of a mail says to the process that asked: written here, and read here as untrusted. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "gateway/mail/mime.h"

#define TEXT_MAX ((size_t)1 << 20)

/* A frame is a tag, four bytes of length, and that many bytes. Numbers are one byte. */
enum tag {
    TAG_KIND = 1,
    TAG_REASON,
    TAG_SUBJECT,
    TAG_FROM,
    TAG_MESSAGE,
    TAG_DATE,
    TAG_DELIVERED,
    TAG_ORIGINAL,
    TAG_STATUS,
    TAG_NOTICE,
    TAG_TEXT,
    TAG_LEFT_OUT,
    TAG_USE,
    TAG_NAME,
    TAG_WHY,
    TAG_BYTES,
    TAG_END
};

static int put(int fd, enum tag tag, const void *bytes, size_t len)
{
    const unsigned char head[5] = { (unsigned char)tag, (unsigned char)len, (unsigned char)(len >> 8),
                                    (unsigned char)(len >> 16), (unsigned char)(len >> 24) };

    return tsk_write_all(fd, head, sizeof head) != 0 || tsk_write_all(fd, bytes, len) != 0 ? -1 : 0;
}

static int put_text(int fd, enum tag tag, const char *text)
{
    return put(fd, tag, text, strlen(text));
}

static int put_small(int fd, enum tag tag, unsigned value)
{
    const unsigned char byte = (unsigned char)(value > 255 ? 255 : value);

    return put(fd, tag, &byte, 1);
}

static int put_part(int fd, const struct tsk_part *part)
{
    return put_small(fd, TAG_USE, part->use) != 0 || put_text(fd, TAG_NAME, part->name) != 0 ||
                   put_text(fd, TAG_WHY, part->reason) != 0 || put(fd, TAG_BYTES, part->bytes, part->len) != 0
               ? -1
               : 0;
}

int tsk_mail_say(int fd, const struct tsk_mail_read *mail)
{
    const unsigned char left_out[2] = { (unsigned char)(mail->twins & 255), (unsigned char)(mail->decor & 255) };

    if (put_small(fd, TAG_KIND, mail->kind) != 0 || put_text(fd, TAG_REASON, mail->reason) != 0 ||
        put_text(fd, TAG_SUBJECT, mail->subject) != 0 || put_text(fd, TAG_FROM, mail->from) != 0 ||
        put_text(fd, TAG_MESSAGE, mail->message) != 0 || put(fd, TAG_DATE, &mail->date_ms, sizeof mail->date_ms) != 0 ||
        put_small(fd, TAG_DELIVERED, (mail->delivered ? 1U : 0U) | (mail->automatic ? 2U : 0U)) != 0 ||
        put_text(fd, TAG_ORIGINAL, mail->original) != 0 || put_text(fd, TAG_STATUS, mail->status) != 0 ||
        put_text(fd, TAG_NOTICE, mail->notice) != 0 || put_text(fd, TAG_TEXT, mail->text) != 0 ||
        put(fd, TAG_LEFT_OUT, left_out, 2) != 0)
        return -1;
    for (size_t i = 0; i < mail->count; i++)
        if (put_part(fd, &mail->parts[i]) != 0)
            return -1;
    return put(fd, TAG_END, "", 0);
}

static bool take_text(char **slot, const char *bytes, size_t len)
{
    char *text = len <= TEXT_MAX ? tsk_utf8_clean(bytes, len) : NULL;

    if (text == NULL)
        return false;
    free(*slot);
    *slot = text;
    return true;
}

static bool take_use(struct tsk_mail_read *mail, const unsigned char *bytes, size_t len)
{
    struct tsk_part *grown;

    if (len != 1 || bytes[0] >= TSK_PART_USES || mail->count == TSK_MAIL_KEPT_MAX)
        return false;
    grown = realloc(mail->parts, (mail->count + 1) * sizeof *grown);
    if (grown == NULL)
        return false;
    mail->parts = grown;
    grown[mail->count] =
        (struct tsk_part){ .use = (enum tsk_part_use)bytes[0], .name = strdup(""), .reason = strdup("") };
    mail->count++;
    return grown[mail->count - 1].name != NULL && grown[mail->count - 1].reason != NULL;
}

static bool take_bytes(struct tsk_part *part, const char *bytes, size_t len)
{
    if (part->bytes != NULL || (part->bytes = malloc(len + 1)) == NULL)
        return false;
    memcpy(part->bytes, bytes, len);
    part->bytes[len] = '\0';
    part->len = len;
    return true;
}

static bool take_number(struct tsk_mail_read *mail, enum tag tag, const unsigned char *bytes, size_t len)
{
    if (tag == TAG_DATE && len == sizeof mail->date_ms)
        memcpy(&mail->date_ms, bytes, len);
    else if (tag == TAG_KIND && len == 1 && bytes[0] < TSK_MAIL_KINDS)
        mail->kind = (enum tsk_mail_kind)bytes[0];
    else if (tag == TAG_DELIVERED && len == 1) {
        mail->delivered = (bytes[0] & 1) != 0;
        mail->automatic = (bytes[0] & 2) != 0;
    } else if (tag == TAG_LEFT_OUT && len == 2) {
        mail->twins = bytes[0];
        mail->decor = bytes[1];
    } else
        return false;
    return true;
}

static bool take_frame(struct tsk_mail_read *mail, enum tag tag, const char *bytes, size_t len)
{
    struct tsk_part *part = mail->count > 0 ? &mail->parts[mail->count - 1] : NULL;

    switch (tag) {
    case TAG_REASON:
        return take_text(&mail->reason, bytes, len);
    case TAG_SUBJECT:
        return take_text(&mail->subject, bytes, len);
    case TAG_FROM:
        return take_text(&mail->from, bytes, len);
    case TAG_MESSAGE:
        return take_text(&mail->message, bytes, len);
    case TAG_ORIGINAL:
        return take_text(&mail->original, bytes, len);
    case TAG_STATUS:
        return take_text(&mail->status, bytes, len);
    case TAG_NOTICE:
        return take_text(&mail->notice, bytes, len);
    case TAG_TEXT:
        return take_text(&mail->text, bytes, len);
    case TAG_USE:
        return take_use(mail, (const unsigned char *)bytes, len);
    case TAG_NAME:
        return part != NULL && take_text(&part->name, bytes, len);
    case TAG_WHY:
        return part != NULL && take_text(&part->reason, bytes, len);
    case TAG_BYTES:
        return part != NULL && take_bytes(part, bytes, len);
    default:
        return take_number(mail, tag, (const unsigned char *)bytes, len);
    }
}

static bool is_whole(const struct tsk_mail_read *mail)
{
    for (size_t i = 0; i < mail->count; i++)
        if (mail->parts[i].bytes == NULL ||
            (mail->parts[i].use == TSK_PART_HELD && mail->parts[i].reason[0] == '\0')) /* it would be read as a sheet */
            return false;
    return mail->reason != NULL && mail->subject != NULL && mail->from != NULL && mail->message != NULL &&
           mail->original != NULL && mail->status != NULL && mail->notice != NULL && mail->text != NULL;
}

bool tsk_mail_hear(struct tsk_mail_read *out, const void *said, size_t said_len)
{
    const char *bytes = said;
    size_t at = 0;

    while (said_len - at >= 5) {
        const unsigned char *head = (const unsigned char *)bytes + at;
        size_t len = head[1] | (size_t)head[2] << 8 | (size_t)head[3] << 16 | (size_t)head[4] << 24;

        at += 5;
        if (len > said_len - at)
            return false;
        if (head[0] == TAG_END)
            return len == 0 && at == said_len && is_whole(out);
        if (!take_frame(out, (enum tag)head[0], bytes + at, len))
            return false;
        at += len;
    }
    return false;
}

int tsk_mail_broken(struct tsk_mail_read *out, const char *reason, struct tsk_err *err)
{
    tsk_mail_free(out);
    *out = (struct tsk_mail_read){ .kind = TSK_MAIL_BROKEN,
                                   .reason = strdup(reason),
                                   .subject = strdup(""),
                                   .from = strdup(""),
                                   .message = strdup(""),
                                   .original = strdup(""),
                                   .status = strdup(""),
                                   .notice = strdup(""),
                                   .text = strdup("") };
    if (is_whole(out))
        return 0;
    tsk_mail_free(out);
    return tsk_fail(err, TSK_RETRY, 0, "out of memory over a mail");
}
