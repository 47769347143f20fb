#include "gateway/mail/jis.h"

#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/text.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define GROWTH_MAX 4 /* UTF-8 bytes a byte of any character set here, with room for U+FFFD */

enum converter { CP932, EUC_JP, LATIN, GB, KOREAN, BIG5, CONVERTERS };

static const char *const iconv_names[CONVERTERS] = { "CP932",   "EUC-JP-MS", "WINDOWS-1252",
                                                     "GB18030", "CP949",     "BIG5-HKSCS" };

struct tsk_charsets {
    iconv_t converters[CONVERTERS];
};

int tsk_charsets_open(struct tsk_charsets **out, struct tsk_err *err)
{
    struct tsk_charsets *charsets = calloc(1, sizeof *charsets);

    *out = NULL;
    if (charsets == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "out of memory");
    for (int i = 0; i < CONVERTERS; i++)
        charsets->converters[i] = (iconv_t)-1;
    *out = charsets;
    for (int i = 0; i < CONVERTERS; i++) {
        charsets->converters[i] = iconv_open("UTF-8", iconv_names[i]);
        if (charsets->converters[i] == (iconv_t)-1) {
            tsk_charsets_close(out);
            return tsk_fail(err, TSK_STOP, 0,
                            "the character set %s is missing on this system; install glibc's gconv modules",
                            iconv_names[i]);
        }
    }
    return 0;
}

void tsk_charsets_close(struct tsk_charsets **charsets)
{
    if (*charsets == NULL)
        return;
    for (int i = 0; i < CONVERTERS; i++)
        if ((*charsets)->converters[i] != (iconv_t)-1)
            iconv_close((*charsets)->converters[i]);
    free(*charsets);
    *charsets = NULL;
}

/* Appends; how many bytes could not be decoded. */
static size_t convert(const struct tsk_charsets *charsets, enum converter which, const char *bytes, size_t len,
                      struct tsk_buf *out)
{
    iconv_t converter = charsets->converters[which];
    char *in = (char *)(uintptr_t)bytes;
    char chunk[1024];
    size_t bad = 0;

    iconv(converter, NULL, NULL, NULL, NULL);
    while (len > 0) {
        char *to = chunk;
        size_t room = sizeof chunk, before = len;
        size_t rc = iconv(converter, &in, &len, &to, &room);

        tsk_buf_add(out, chunk, (size_t)(to - chunk));
        if (rc == (size_t)-1 && len > 0 && (len == before || room > 8)) { /* not for want of room */
            tsk_buf_puts(out, REPLACEMENT);
            in++;
            len--;
            bad++;
            iconv(converter, NULL, NULL, NULL, NULL);
        }
    }
    return bad;
}

enum jis_set { JIS_ASCII, JIS_KANA, JIS_0208, JIS_0212 };

/* Length of the escape sequence at bytes, 0 if it is none that is known. */
static size_t escape(const char *bytes, size_t len, enum jis_set *set)
{
    static const struct {
        const char *text;
        enum jis_set set;
    } sequences[] = { { "\033(B", JIS_ASCII }, { "\033(J", JIS_ASCII }, { "\033(H", JIS_ASCII },
                      { "\033(I", JIS_KANA },  { "\033$@", JIS_0208 },  { "\033$B", JIS_0208 },
                      { "\033$(B", JIS_0208 }, { "\033$(@", JIS_0208 }, { "\033$(D", JIS_0212 } };

    for (size_t i = 0; i < TSK_COUNT(sequences); i++) {
        size_t size = strlen(sequences[i].text);

        if (len >= size && memcmp(bytes, sequences[i].text, size) == 0) {
            *set = sequences[i].set;
            return size;
        }
    }
    return 0;
}

static bool is_cell(char c)
{
    return (unsigned char)c > 0x20 && (unsigned char)c < 0x7f;
}

/* The bytes of one character: one sign when it is none, however many bytes were made of it. */
static void put_one(const struct tsk_charsets *charsets, enum converter which, const char *bytes, size_t len,
                    struct tsk_buf *out)
{
    size_t before = out->len;

    if (convert(charsets, which, bytes, len, out) > 0 && !out->failed) {
        out->len = before;
        tsk_buf_puts(out, REPLACEMENT);
    }
}

/* A JIS X 0208 cell, extended rows included, lies in CP932 where Shift_JIS puts its row. */
static void put_0208(const struct tsk_charsets *charsets, const char *cell, struct tsk_buf *out)
{
    unsigned row = (unsigned char)cell[0] - 0x21U, column = (unsigned char)cell[1] - 0x21U;
    unsigned lead = row / 2 + (row < 62 ? 0x81 : 0xc1);
    unsigned trail = row % 2 == 0 ? column + 0x40 + (column >= 0x3f) : column + 0x9f;
    const char moved[2] = { (char)lead, (char)trail };

    put_one(charsets, CP932, moved, sizeof moved, out);
}

static size_t put_run(const struct tsk_charsets *charsets, enum jis_set set, const char *at, size_t len,
                      struct tsk_buf *out)
{
    if (set == JIS_0208 && len >= 2 && is_cell(at[0]) && is_cell(at[1])) {
        put_0208(charsets, at, out);
        return 2;
    }
    if (set == JIS_0212 && len >= 2 && is_cell(at[0]) && is_cell(at[1])) {
        const char moved[3] = { (char)0x8f, (char)(at[0] | 0x80), (char)(at[1] | 0x80) };

        put_one(charsets, EUC_JP, moved, sizeof moved, out);
        return 2;
    }
    if (set == JIS_KANA && is_cell(*at) && *at < 0x60) {
        const char moved = (char)(*at | 0x80);

        convert(charsets, CP932, &moved, 1, out);
        return 1;
    }
    if ((*at & 0x80) != 0) { /* CP50220 writers leave bare half-width kana */
        convert(charsets, CP932, at, 1, out);
        return 1;
    }
    if (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t' || set == JIS_ASCII)
        tsk_buf_add(out, at, 1);
    else
        tsk_buf_puts(out, REPLACEMENT);
    return 1;
}

static void decode_jis(const struct tsk_charsets *charsets, const char *bytes, size_t len, struct tsk_buf *out)
{
    enum jis_set set = JIS_ASCII;

    for (size_t at = 0; at < len;) {
        size_t skip = escape(bytes + at, len - at, &set);

        if (skip > 0) {
            at += skip;
        } else if (bytes[at] == 0x0e || bytes[at] == 0x0f) { /* SO, SI: 8-bit kana in 7 bits */
            set = bytes[at] == 0x0e ? JIS_KANA : JIS_ASCII;
            at++;
        } else {
            if (bytes[at] == '\n') /* RFC 1468: a line ends in ASCII, whether it says so or not */
                set = JIS_ASCII;
            at += put_run(charsets, set, bytes + at, len - at, out);
        }
    }
}

static bool has_jis(const char *bytes, size_t len)
{
    enum jis_set set = JIS_ASCII;

    for (size_t at = 0; at < len; at++)
        if (bytes[at] == 0x1b && escape(bytes + at, len - at, &set) > 0 && set != JIS_ASCII)
            return true;
    return false;
}

/* Every byte above 0x7f is half of an EUC pair: text in Shift_JIS practically never is. */
static bool is_euc(const char *bytes, size_t len)
{
    size_t pairs = 0;

    for (size_t at = 0; at < len; at++) {
        unsigned char a = (unsigned char)bytes[at], b = at + 1 < len ? (unsigned char)bytes[at + 1] : 0;

        if (a < 0x80)
            continue;
        if (b < 0xa1 || b == 0xff || (a < 0xa1 && a != 0x8e) || a == 0xff)
            return false;
        pairs += a != 0x8e;
        at++;
    }
    return pairs > 0;
}

static bool is_kana_only(const char *bytes, size_t len)
{
    for (size_t at = 0; at < len; at++) {
        unsigned char c = (unsigned char)bytes[at];

        if (c >= 0x80 && (c < 0xa1 || c > 0xdf))
            return false;
    }
    return true;
}

static void decode_unnamed(const struct tsk_charsets *charsets, const char *bytes, size_t len, struct tsk_buf *out)
{
    if (has_jis(bytes, len))
        decode_jis(charsets, bytes, len, out);
    else if (tsk_utf8_valid(bytes, len))
        tsk_buf_add(out, bytes, len);
    else if (is_euc(bytes, len) && !is_kana_only(bytes, len))
        convert(charsets, EUC_JP, bytes, len, out);
    else
        convert(charsets, CP932, bytes, len, out);
}

static bool starts(const char *name, const char *with)
{
    return strncasecmp(name, with, strlen(with)) == 0;
}

/* -1: not among the converters. */
static int converter_for(const char *name)
{
    static const struct {
        const char *start;
        enum converter which;
    } names[] = { { "shift", CP932 },
                  { "x-sjis", CP932 },
                  { "sjis", CP932 },
                  { "cp932", CP932 },
                  { "windows-31j", CP932 },
                  { "ms932", CP932 },
                  { "ms_kanji", CP932 },
                  { "csshiftjis", CP932 },
                  { "x-ms-cp932", CP932 },
                  { "euc-jp", EUC_JP },
                  { "x-euc", EUC_JP },
                  { "eucjp", EUC_JP },
                  { "cp51932", EUC_JP },
                  { "iso-8859-1", LATIN },
                  { "windows-125", LATIN },
                  { "latin1", LATIN },
                  { "gb", GB },
                  { "euc-kr", KOREAN },
                  { "ks_c", KOREAN },
                  { "big5", BIG5 } };

    for (size_t i = 0; i < TSK_COUNT(names); i++)
        if (starts(name, names[i].start))
            return (int)names[i].which;
    return -1;
}

char *tsk_charset_decode(const struct tsk_charsets *charsets, const char *name, const void *bytes, size_t len)
{
    struct tsk_buf out = TSK_BUF(len * GROWTH_MAX + 16);
    int which = converter_for(name);
    char *clean = NULL;

    if (has_jis(bytes, len) || starts(name, "iso-2022-jp") || starts(name, "csiso2022jp") || starts(name, "cp5022"))
        decode_jis(charsets, bytes, len, &out);
    else if (which < 0 || (which == LATIN && tsk_utf8_valid(bytes, len)))
        decode_unnamed(charsets, bytes, len, &out);
    else if (convert(charsets, (enum converter)which, bytes, len, &out) > 0) { /* the name was a lie, perhaps */
        tsk_buf_reset(&out);
        if (tsk_utf8_valid(bytes, len))
            tsk_buf_add(&out, bytes, len);
        else
            convert(charsets, (enum converter)which, bytes, len, &out);
    }
    if (!out.failed)
        clean = tsk_utf8_clean(tsk_buf_text(&out), out.len);
    tsk_buf_free(&out);
    return clean;
}
