#include "routing/mail.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/text.h"

enum {
    FOLD_COLUMNS = 76,      /* RFC 2047 section 2: no line with an encoded word is longer */
    LINE_BYTES_MAX = 998,   /* RFC 5322 section 2.1.1 */
    BASE64_LINE_BYTES = 57, /* make 76 columns */
    LOCAL_MAX = 64,
    ADDRESS_MAX = 254
};

static const char WORD_START[] = "=?UTF-8?B?";
static const char WORD_END[] = "?=";
static const char BASE64_DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void add_base64(struct tsk_buf *out, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? (uint32_t)bytes[i + 2] : 0);
        char four[4] = { BASE64_DIGITS[group >> 18], BASE64_DIGITS[group >> 12 & 63],
                         left > 1 ? BASE64_DIGITS[group >> 6 & 63] : '=', left > 2 ? BASE64_DIGITS[group & 63] : '=' };

        tsk_buf_add(out, four, sizeof four);
    }
}

static bool atext(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool dot_atom(const char *text, size_t len)
{
    bool after_dot = true;

    for (size_t i = 0; i < len; i++) {
        bool dot = text[i] == '.';

        if ((dot && after_dot) || (!dot && !atext(text[i])))
            return false;
        after_dot = dot;
    }
    return len > 0 && !after_dot;
}

static bool host_name(const char *text)
{
    size_t label = 0;

    for (; *text != '\0'; text++) {
        bool letter =
            (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || (*text >= '0' && *text <= '9');

        if (*text == '.' || *text == '-') {
            if (label == 0 || (*text == '.' && text[-1] == '-'))
                return false;
            label = *text == '.' ? 0 : label + 1;
        } else if (letter && label < 63) {
            label++;
        } else {
            return false;
        }
    }
    return label > 0 && text[-1] != '-';
}

bool tsk_mail_address_valid(const char *address)
{
    const char *at = strrchr(address, '@');

    return at != NULL && strlen(address) <= ADDRESS_MAX && at - address <= LOCAL_MAX &&
           dot_atom(address, (size_t)(at - address)) && host_name(at + 1);
}

/* A header value may hold no control character at all: CR and LF would start a header, NUL would end the check. */
static int header_safe(const char *what, const char *value, struct tsk_err *err)
{
    for (const char *p = value; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return tsk_fail(err, TSK_REJECT, 0, "mail not made: %s holds a line break or control character", what);
    if (!tsk_utf8_valid(value, strlen(value)))
        return tsk_fail(err, TSK_REJECT, 0, "mail not made: %s is not UTF-8", what);
    return 0;
}

static bool plain_ascii(const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p >= 0x7f)
            return false;
    return strstr(text, "=?") == NULL;
}

/* As many whole characters as fit into an encoded word of at most columns. */
static size_t word_bytes(const char *text, size_t columns)
{
    size_t room = (columns - (sizeof WORD_START - 1) - (sizeof WORD_END - 1)) / 4 * 3;
    const char *at = text;
    uint32_t rune;

    while (*at != '\0') {
        const char *next = at;

        if (tsk_utf8_next(&next, &rune) == 0 || (size_t)(next - text) > room)
            break;
        at = next;
    }
    return (size_t)(at - text);
}

/* Returns the column after the last word. */
static size_t add_encoded(struct tsk_buf *out, const char *text, size_t column)
{
    while (*text != '\0') {
        size_t len = word_bytes(text, FOLD_COLUMNS - column);

        tsk_buf_puts(out, WORD_START);
        add_base64(out, (const unsigned char *)text, len);
        tsk_buf_puts(out, WORD_END);
        column += sizeof WORD_START - 1 + sizeof WORD_END - 1 + (len + 2) / 3 * 4;
        text += len;
        if (*text != '\0') {
            tsk_buf_puts(out, "\n ");
            column = 1;
        }
    }
    return column;
}

/* Can be folded at its blanks: no word longer than a line, no blank at the end (folding would lose it). */
static bool foldable(const char *text, size_t column)
{
    if (!plain_ascii(text) || text[0] == ' ' || column + strcspn(text, " ") > FOLD_COLUMNS)
        return false;
    while (*text != '\0') {
        size_t gap = strspn(text, " ");
        size_t word = strcspn(text + gap, " ");

        if (word == 0 || gap + word > FOLD_COLUMNS)
            return false;
        text += gap + word;
    }
    return true;
}

static void add_plain(struct tsk_buf *out, const char *text, size_t column)
{
    while (*text != '\0') {
        size_t gap = strspn(text, " ");
        size_t len = gap + strcspn(text + gap, " ");

        if (column + len > FOLD_COLUMNS) {
            tsk_buf_puts(out, "\n");
            column = 0;
        }
        tsk_buf_add(out, text, len);
        column += len;
        text += len;
    }
}

static void add_text_header(struct tsk_buf *out, const char *name, const char *value)
{
    size_t column = strlen(name) + 2;

    tsk_buf_printf(out, "%s: ", name);
    if (foldable(value, column))
        add_plain(out, value, column);
    else
        add_encoded(out, value, column);
    tsk_buf_puts(out, "\n");
}

/* A display name as it may stand before <address>: atoms, a quoted string, or encoded words. */
static size_t add_phrase(struct tsk_buf *out, const char *name, size_t column)
{
    if (!plain_ascii(name) || strlen(name) + column + 2 > FOLD_COLUMNS)
        return add_encoded(out, name, column);
    tsk_buf_puts(out, "\"");
    column += 2;
    for (const char *p = name; *p != '\0'; p++, column++) {
        if (*p == '"' || *p == '\\') {
            tsk_buf_puts(out, "\\");
            column++;
        }
        tsk_buf_add(out, p, 1);
    }
    tsk_buf_puts(out, "\"");
    return column;
}

static int add_address_header(struct tsk_buf *out, const char *header, const char *name, const char *address,
                              struct tsk_err *err)
{
    size_t column = strlen(header) + 2;

    if (!tsk_mail_address_valid(address))
        return tsk_fail(err, TSK_REJECT, 0, "mail not made: the %s address is not a valid mail address", header);
    if (header_safe(header, name, err) != 0)
        return -1;
    tsk_buf_printf(out, "%s: ", header);
    if (name[0] == '\0') {
        tsk_buf_printf(out, "%s\n", address);
        return 0;
    }
    column = add_phrase(out, name, column);
    tsk_buf_printf(out, "%s<%s>\n", column + strlen(address) + 3 > FOLD_COLUMNS ? "\n " : " ", address);
    return 0;
}

static void add_date(struct tsk_buf *out, int64_t wall_ms)
{
    static const char *const days[] = {
        "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"
    }; /* 1970-01-01 was a Thursday */
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    struct tsk_date day = tsk_japan_date(wall_ms);
    int64_t second = (wall_ms - tsk_japan_midnight_ms(day)) / 1000;

    tsk_buf_printf(out, "Date: %s, %d %s %04d %02d:%02d:%02d +0900\n", days[(tsk_date_days(day) % 7 + 7) % 7], day.day,
                   months[day.month - 1], day.year, (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
}

static int add_message_ids(struct tsk_buf *out, const struct tsk_mail *mail, struct tsk_err *err)
{
    if (!host_name(mail->domain))
        return tsk_fail(err, TSK_REJECT, 0, "mail not made: \"%s\" is no host name; correct mail.domain", mail->domain);
    if (!dot_atom(mail->notice_id, strlen(mail->notice_id)) ||
        (mail->about_id[0] != '\0' && !dot_atom(mail->about_id, strlen(mail->about_id))))
        return tsk_fail(err, TSK_REJECT, 0, "mail not made: the notice has no usable id");
    tsk_buf_printf(out, "Message-ID: <%s@%s>\n", mail->notice_id, mail->domain);
    if (mail->about_id[0] != '\0')
        tsk_buf_printf(out, "In-Reply-To: <%s@%s>\nReferences: <%s@%s>\n", mail->about_id, mail->domain, mail->about_id,
                       mail->domain);
    return 0;
}

static bool fits_8bit(const char *body)
{
    for (;;) {
        size_t len = strcspn(body, "\n");

        if (len > LINE_BYTES_MAX)
            return false;
        if (body[len] == '\0')
            return true;
        body += len + 1;
    }
}

static void add_body_8bit(struct tsk_buf *out, const char *body)
{
    size_t len = strlen(body);

    tsk_buf_puts(out, "Content-Transfer-Encoding: 8bit\n\n");
    tsk_buf_add(out, body, len);
    if (len == 0 || body[len - 1] != '\n')
        tsk_buf_puts(out, "\n");
}

/* Text has CRLF line ends inside base64 (RFC 2045 section 6.8). */
static void add_body_base64(struct tsk_buf *out, const char *body)
{
    struct tsk_buf wire = TSK_BUF(TSK_MAIL_BYTES_MAX);

    tsk_buf_puts(out, "Content-Transfer-Encoding: base64\n\n");
    for (const char *line = body; *line != '\0';) {
        size_t len = strcspn(line, "\n");

        tsk_buf_add(&wire, line, len);
        tsk_buf_puts(&wire, "\r\n");
        line += len + (line[len] == '\n');
    }
    for (size_t i = 0; i < wire.len; i += BASE64_LINE_BYTES) {
        size_t len = wire.len - i < BASE64_LINE_BYTES ? wire.len - i : BASE64_LINE_BYTES;

        add_base64(out, (const unsigned char *)wire.data + i, len);
        tsk_buf_puts(out, "\n");
    }
    out->failed |= wire.failed;
    tsk_buf_free(&wire);
}

static int body_safe(const char *body, struct tsk_err *err)
{
    if (!tsk_utf8_valid(body, strlen(body)))
        return tsk_fail(err, TSK_REJECT, 0, "mail not made: the text is not UTF-8");
    for (const char *p = body; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 && *p != '\n' && *p != '\t')
            return tsk_fail(err, TSK_REJECT, 0, "mail not made: the text holds a control character");
    return 0;
}

static void add_text(struct tsk_buf *out, const struct tsk_mail *mail)
{
    tsk_buf_puts(out, "Content-Type: text/plain; charset=UTF-8\n");
    if (mail->encoding == TSK_MAIL_8BIT && fits_8bit(mail->body))
        add_body_8bit(out, mail->body);
    else
        add_body_base64(out, mail->body);
}

/* The boundary cannot stand in either part: both are base64, or text without its line of two hyphens and the id. */
static void add_with_file(struct tsk_buf *out, const struct tsk_mail *mail)
{
    const unsigned char *bytes = mail->file;

    tsk_buf_printf(out, "Content-Type: multipart/mixed; boundary=\"=_%s\"\n\n--=_%s\n", mail->notice_id,
                   mail->notice_id);
    add_text(out, mail);
    tsk_buf_printf(out,
                   "\n--=_%s\nContent-Type: %s; name=\"%s\"\nContent-Disposition: attachment; filename=\"%s\"\n"
                   "Content-Transfer-Encoding: base64\n\n",
                   mail->notice_id, mail->file_type, mail->file_name, mail->file_name);
    for (size_t i = 0; i < mail->file_len; i += BASE64_LINE_BYTES) {
        size_t len = mail->file_len - i < BASE64_LINE_BYTES ? mail->file_len - i : BASE64_LINE_BYTES;

        add_base64(out, bytes + i, len);
        tsk_buf_puts(out, "\n");
    }
    tsk_buf_printf(out, "\n--=_%s--\n", mail->notice_id);
}

int tsk_mail_compose(struct tsk_buf *out, const struct tsk_mail *mail, struct tsk_err *err)
{
    if (header_safe("the subject", mail->subject, err) != 0 || body_safe(mail->body, err) != 0 ||
        add_address_header(out, "From", mail->from_name, mail->from, err) != 0 ||
        add_address_header(out, "To", mail->to_name, mail->to, err) != 0)
        return -1;
    add_text_header(out, "Subject", mail->subject);
    add_date(out, mail->date_ms);
    if (add_message_ids(out, mail, err) != 0)
        return -1;
    tsk_buf_puts(out, "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n");
    if (mail->file_name != NULL)
        add_with_file(out, mail);
    else
        add_text(out, mail);
    return out->failed ? tsk_fail(err, TSK_REJECT, 0, "mail not made: it is longer than %zu bytes", out->max) : 0;
}
