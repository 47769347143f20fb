#include "gateway/mail/header.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/date.h"
#include "base/text.h"

#define SEGMENTS_MAX 100
#define VALUE_MAX (256 * 1024)
#define CHARSET_SIZE 64

bool tsk_text_is(struct tsk_text text, const char *lower)
{
    return text.len == strlen(lower) && strncasecmp(text.at, lower, text.len) == 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct tsk_text trim(struct tsk_text text)
{
    while (text.len > 0 && is_space(text.at[0])) {
        text.at++;
        text.len--;
    }
    while (text.len > 0 && is_space(text.at[text.len - 1]))
        text.len--;
    return text;
}

static struct tsk_text take_line(struct tsk_text *from)
{
    const char *end = memchr(from->at, '\n', from->len);
    struct tsk_text line = { from->at, end != NULL ? (size_t)(end - from->at) : from->len };
    size_t taken = line.len + (end != NULL);

    from->at += taken;
    from->len -= taken;
    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

bool tsk_header_next(struct tsk_text *block, struct tsk_field *out)
{
    while (block->len > 0) {
        struct tsk_text line = take_line(block);
        const char *colon = memchr(line.at, ':', line.len), *end;

        if (line.len == 0)
            return false;
        while (block->len > 0 && (block->at[0] == ' ' || block->at[0] == '\t'))
            take_line(block);
        end = block->at;
        if (colon == NULL) /* an mbox "From " line, or rubbish */
            continue;
        out->name = trim((struct tsk_text){ line.at, (size_t)(colon - line.at) });
        out->value = trim((struct tsk_text){ colon + 1, (size_t)(end - colon - 1) });
        return true;
    }
    return false;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int base64_value(char c)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(alphabet, c) : NULL;

    return at != NULL ? (int)(at - alphabet) : -1;
}

static void decode_b(struct tsk_text text, struct tsk_buf *out)
{
    unsigned bits = 0;
    int have = 0;

    for (size_t i = 0; i < text.len; i++) {
        int value = base64_value(text.at[i]);
        char byte;

        if (value < 0)
            continue;
        bits = (bits << 6 | (unsigned)value) & 0xffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            byte = (char)(bits >> have);
            tsk_buf_add(out, &byte, 1);
        }
    }
}

static void decode_escapes(struct tsk_text text, char sign, struct tsk_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        int high = c == sign && i + 2 < text.len ? hex(text.at[i + 1]) : -1;
        int low = high >= 0 ? hex(text.at[i + 2]) : -1;

        if (low >= 0) {
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '_' && sign == '=') {
            c = ' ';
        }
        tsk_buf_add(out, &c, 1);
    }
}

struct word {
    char charset[CHARSET_SIZE];
    char encoding;
    struct tsk_text text;
    size_t size; /* all of it, "=?" to "?=" */
};

/* An encoded word at the start of text. Spaces inside, which writers in Japan leave, are tolerated. */
static bool parse_word(struct tsk_text text, struct word *out)
{
    const char *end = text.at + text.len, *charset = text.at + 2, *mark, *star, *close;
    size_t len;

    if (text.len < 8 || text.at[0] != '=' || text.at[1] != '?')
        return false;
    mark = memchr(charset, '?', (size_t)(end - charset));
    if (mark == NULL || end - mark < 5 || mark[2] != '?' || memchr(charset, '\n', (size_t)(mark - charset)) != NULL)
        return false;
    out->encoding = (char)tolower((unsigned char)mark[1]);
    if (out->encoding != 'b' && out->encoding != 'q')
        return false;
    close = memmem(mark + 3, (size_t)(end - mark - 3), "?=", 2);
    /* "…?Q?=E3=81…?=": the first "?=" may be the text's own beginning */
    if (close == NULL)
        return false;
    star = memchr(charset, '*', (size_t)(mark - charset));
    len = (size_t)((star != NULL ? star : mark) - charset);
    if (len >= sizeof out->charset)
        return false;
    memcpy(out->charset, charset, len);
    out->charset[len] = '\0';
    out->text = (struct tsk_text){ mark + 3, (size_t)(close - mark - 3) };
    out->size = (size_t)(close + 2 - text.at);
    return true;
}

/* Bytes of one character set that belong together. */
struct run {
    char charset[CHARSET_SIZE];
    struct tsk_buf bytes;
};

static void flush(const struct tsk_charsets *charsets, struct run *run, struct tsk_buf *out)
{
    char *text;

    if (run->bytes.len == 0)
        return;
    text = tsk_charset_decode(charsets, run->charset, run->bytes.data, run->bytes.len);
    if (text != NULL)
        tsk_buf_puts(out, text);
    else
        out->failed = true;
    free(text);
    tsk_buf_reset(&run->bytes);
}

static char *take(struct tsk_buf *buf)
{
    char *text = buf->failed ? NULL : strdup(tsk_buf_text(buf));

    tsk_buf_free(buf);
    return text;
}

static size_t spaces_at(struct tsk_text text)
{
    size_t count = 0;

    while (count < text.len && is_space(text.at[count]))
        count++;
    return count;
}

static struct tsk_text behind(struct tsk_text text, size_t skip)
{
    return (struct tsk_text){ text.at + skip, text.len - skip };
}

/* Folding goes, the space behind it stays. Raw bytes are decoded as one run. */
static void add_raw(struct run *run, char c)
{
    if (c == '\r' || c == '\n')
        return;
    if (c == '\t')
        c = ' ';
    tsk_buf_add(&run->bytes, &c, 1);
}

char *tsk_header_decode(const struct tsk_charsets *charsets, struct tsk_text value)
{
    struct tsk_buf out = TSK_BUF((size_t)VALUE_MAX * 4);
    struct run run = { .bytes = TSK_BUF(VALUE_MAX) };
    bool after_word = false;

    if (value.len > VALUE_MAX)
        value.len = VALUE_MAX;
    while (value.len > 0) {
        size_t skip = after_word ? spaces_at(value) : 0;
        struct word word;

        if (parse_word(behind(value, skip), &word)) {
            if (!after_word || strcasecmp(run.charset, word.charset) != 0)
                flush(charsets, &run, &out);
            memcpy(run.charset, word.charset, sizeof run.charset);
            if (word.encoding == 'b')
                decode_b(word.text, &run.bytes);
            else
                decode_escapes(word.text, '=', &run.bytes);
            value = behind(value, skip + word.size);
            after_word = true;
            continue;
        }
        if (after_word)
            flush(charsets, &run, &out);
        run.charset[0] = '\0';
        after_word = false;
        add_raw(&run, value.at[0]);
        value = behind(value, 1);
    }
    flush(charsets, &run, &out);
    tsk_buf_free(&run.bytes);
    return take(&out);
}

/* Reading a structured value byte by byte without mistaking half of a Japanese character for a sign. */
struct scan {
    struct tsk_text rest;
    bool utf8;   /* the whole value is */
    bool in_jis; /* between ESC $ and ESC ( */
};

static struct scan scan_of(struct tsk_text value)
{
    return (struct scan){ .rest = value, .utf8 = tsk_utf8_valid(value.at, value.len) };
}

/* How many bytes the next sign has; *plain: it is one that has a meaning. */
static size_t next_sign(struct scan *s, bool *plain)
{
    const char *at = s->rest.at;
    size_t len = s->rest.len;

    *plain = false;
    if (at[0] == 0x1b && len >= 3 && (at[1] == '$' || at[1] == '(')) {
        s->in_jis = at[1] == '$' || at[2] == 'I';
        return 3;
    }
    if (s->in_jis && at[0] != '\n')
        return 1;
    s->in_jis = false;
    if (!s->utf8 && len >= 2 &&
        ((unsigned char)at[0] >= 0xe0 || ((unsigned char)at[0] >= 0x81 && (unsigned char)at[0] < 0xa0)))
        return 2;
    *plain = (at[0] & 0x80) == 0;
    return 1;
}

static void move_on(struct scan *s, size_t count)
{
    s->rest = behind(s->rest, count < s->rest.len ? count : s->rest.len);
}

static void skip_comment(struct scan *s)
{
    size_t depth = 0;

    while (s->rest.len > 0) {
        bool plain;
        size_t size = next_sign(s, &plain);
        char c = s->rest.at[0];

        if (plain && c == '\\')
            size = 2;
        move_on(s, size);
        if (plain && c == '(')
            depth++;
        if (plain && c == ')' && --depth == 0)
            return;
    }
}

static void copy_quoted(struct scan *s, struct tsk_buf *out)
{
    move_on(s, 1);
    while (s->rest.len > 0) {
        bool plain;
        size_t size = next_sign(s, &plain);

        if (plain && s->rest.at[0] == '"') {
            move_on(s, 1);
            return;
        }
        if (plain && s->rest.at[0] == '\\' && s->rest.len > 1)
            move_on(s, 1);
        if (size > s->rest.len)
            size = s->rest.len;
        if (!plain || (s->rest.at[0] != '\r' && s->rest.at[0] != '\n'))
            tsk_buf_add(out, s->rest.at, size);
        move_on(s, size);
    }
}

/* Up to one of ends (or the end): quotes and comments removed, spaces outside of quotes trimmed. */
static void copy_value(struct scan *s, const char *ends, struct tsk_buf *out)
{
    while (s->rest.len > 0) {
        bool plain;
        size_t size = next_sign(s, &plain);
        char c = s->rest.at[0];

        if (plain && c != '\0' && strchr(ends, c) != NULL)
            break;
        if (plain && c == '"') {
            copy_quoted(s, out);
        } else if (plain && c == '(') {
            skip_comment(s);
        } else {
            if (size > s->rest.len)
                size = s->rest.len;
            if (!is_space(c) || (out->len > 0 && c == ' '))
                tsk_buf_add(out, s->rest.at, size);
            move_on(s, size);
        }
    }
    while (out->len > 0 && is_space(out->data[out->len - 1]))
        out->data[--out->len] = '\0';
}

char *tsk_header_token(struct tsk_text value)
{
    struct tsk_buf out = TSK_BUF(VALUE_MAX);
    struct scan s = scan_of(value);

    copy_value(&s, ";", &out);
    for (size_t i = 0; i < out.len; i++)
        out.data[i] = (char)tolower((unsigned char)out.data[i]);
    return take(&out);
}

struct segment {
    bool there, extended;
    struct tsk_buf bytes;
};

struct parameter {
    struct segment plain;                  /* name= */
    struct segment segments[SEGMENTS_MAX]; /* name*0=, name*0*=, name*= is the first */
};

static struct segment *segment_for(struct parameter *p, const char *key, const char *name)
{
    size_t len = strlen(name);
    long number = 0;
    char *end;

    if (strncasecmp(key, name, len) != 0)
        return NULL;
    key += len;
    if (*key == '\0')
        return &p->plain;
    if (*key++ != '*')
        return NULL;
    if (*key == '\0') {
        p->segments[0].extended = true;
        return &p->segments[0];
    }
    number = strtol(key, &end, 10);
    if (end == key || number < 0 || number >= SEGMENTS_MAX || (*end != '\0' && strcmp(end, "*") != 0))
        return NULL;
    p->segments[number].extended = *end == '*';
    return &p->segments[number];
}

static void collect(struct parameter *p, struct tsk_text value, const char *name)
{
    struct tsk_buf key = TSK_BUF(200), ignored = TSK_BUF(VALUE_MAX);
    struct scan s = scan_of(value);

    copy_value(&s, ";", &ignored);
    while (s.rest.len > 0) {
        struct segment *segment;

        move_on(&s, 1);
        tsk_buf_reset(&key);
        copy_value(&s, "=;", &key);
        if (s.rest.len == 0 || s.rest.at[0] != '=')
            continue;
        move_on(&s, 1);
        segment = segment_for(p, tsk_buf_text(&key), name);
        tsk_buf_reset(&ignored);
        if (segment != NULL && !segment->there) {
            segment->there = true;
            segment->bytes = TSK_BUF(VALUE_MAX);
            copy_value(&s, ";", &segment->bytes);
        } else {
            copy_value(&s, ";", &ignored);
        }
    }
    tsk_buf_free(&key);
    tsk_buf_free(&ignored);
}

/* charset'language' in front of the first segment. */
static struct tsk_text take_charset(struct tsk_text first, char charset[CHARSET_SIZE])
{
    const char *one = memchr(first.at, '\'', first.len);
    const char *two = one != NULL ? memchr(one + 1, '\'', first.len - (size_t)(one + 1 - first.at)) : NULL;
    size_t len = one != NULL ? (size_t)(one - first.at) : 0;

    if (two == NULL || len >= CHARSET_SIZE)
        return first;
    memcpy(charset, first.at, len);
    charset[len] = '\0';
    return behind(first, (size_t)(two + 1 - first.at));
}

static char *decode_twice(const struct tsk_charsets *charsets, const char *charset, struct tsk_text bytes)
{
    if (memmem(bytes.at, bytes.len, "=?", 2) != NULL)
        return tsk_header_decode(charsets, bytes);
    return tsk_charset_decode(charsets, charset, bytes.at, bytes.len);
}

static char *join(const struct tsk_charsets *charsets, const struct parameter *p)
{
    struct tsk_buf bytes = TSK_BUF(VALUE_MAX);
    char charset[CHARSET_SIZE] = "", *text;

    for (int i = 0; i < SEGMENTS_MAX && p->segments[i].there; i++) {
        const struct segment *segment = &p->segments[i];
        struct tsk_text part = { tsk_buf_text(&segment->bytes), segment->bytes.len };

        if (i == 0 && segment->extended)
            part = take_charset(part, charset);
        if (segment->extended)
            decode_escapes(part, '%', &bytes);
        else
            tsk_buf_add(&bytes, part.at, part.len);
    }
    text = decode_twice(charsets, charset, (struct tsk_text){ tsk_buf_text(&bytes), bytes.len });
    tsk_buf_free(&bytes);
    return text;
}

char *tsk_header_param(const struct tsk_charsets *charsets, struct tsk_text value, const char *name)
{
    struct parameter *p = calloc(1, sizeof *p);
    char *text = NULL;

    if (p == NULL)
        return NULL;
    if (value.len > VALUE_MAX)
        value.len = VALUE_MAX;
    collect(p, value, name);
    if (p->segments[0].there)
        text = join(charsets, p);
    else if (p->plain.there)
        text = tsk_header_decode(charsets, (struct tsk_text){ tsk_buf_text(&p->plain.bytes), p->plain.bytes.len });
    tsk_buf_free(&p->plain.bytes);
    for (int i = 0; i < SEGMENTS_MAX; i++)
        tsk_buf_free(&p->segments[i].bytes);
    free(p);
    return text;
}

static bool in_address(char c)
{
    return c > ' ' && c < 0x7f && strchr("<>()[]\",;:\\", c) == NULL;
}

/* Around an @ that has an address on both sides: display names, quotes and comments need no understanding. */
static char *address_at(struct tsk_text value, size_t at)
{
    size_t from = at, to = at + 1;

    while (from > 0 && in_address(value.at[from - 1]) && value.at[from - 1] != '@')
        from--;
    while (to < value.len && in_address(value.at[to]) && value.at[to] != '@')
        to++;
    return from < at && to > at + 1 ? strndup(value.at + from, to - from) : NULL;
}

char *tsk_header_address(struct tsk_text value)
{
    const char *angle = memchr(value.at, '<', value.len);
    struct tsk_text inner = angle != NULL ? behind(value, (size_t)(angle - value.at)) : value;

    for (int pass = 0; pass < 2; pass++) {
        struct tsk_text where = pass == 0 ? inner : value;

        for (size_t i = 0; i < where.len; i++)
            if (where.at[i] == '@') {
                char *address = address_at(where, i);

                if (address != NULL)
                    return address;
            }
    }
    return strdup("");
}

char *tsk_header_msgid(struct tsk_text value)
{
    const char *open = memchr(value.at, '<', value.len);
    const char *close = open != NULL ? memchr(open, '>', value.len - (size_t)(open - value.at)) : NULL;
    size_t len = close != NULL ? (size_t)(close - open - 1) : 0;

    for (size_t i = 0; i < len; i++)
        if (open[1 + i] <= ' ' || open[1 + i] > '~')
            return strdup("");
    return len > 0 && len < 1000 ? strndup(open + 1, len) : strdup("");
}

static int month_of(const char *name)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

    for (int i = 0; i < 12; i++)
        if (strncasecmp(names + (size_t)i * 3, name, 3) == 0)
            return i + 1;
    return 0;
}

bool tsk_header_date(struct tsk_text value, int64_t *wall_ms)
{
    char text[100], month[4] = "", sign = '+';
    const char *start = text;
    int day = 0, year = 0, hour = 0, minute = 0, second = 0, zone = 900;
    struct tsk_date date;

    snprintf(text, sizeof text, "%.*s", (int)(value.len < sizeof text ? value.len : sizeof text - 1), value.at);
    if (strchr(text, ',') != NULL)
        start = strchr(text, ',') + 1;
    /* NOLINTNEXTLINE(cert-err34-c): widths keep every number small */
    if (sscanf(start, " %2d %3s %4d %2d:%2d:%2d %c%4d", &day, month, &year, &hour, &minute, &second, &sign, &zone) < 6)
        return false;
    if (sign != '+' && sign != '-')
        zone = 0; /* GMT, UT */
    date = (struct tsk_date){ year, month_of(month), day };
    if (!tsk_date_valid(date) || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return false;
    zone = zone / 100 * 60 + zone % 100;
    *wall_ms = ((int64_t)tsk_date_days(date) * 1440 + hour * 60 + minute - (sign == '-' ? -zone : zone)) * 60000 +
               (int64_t)second * 1000;
    return true;
}
