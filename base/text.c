#include "base/text.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/buf.h"

#define REPLACEMENT 0xFFFDU
#define TEXT_MAX ((size_t)16 << 20)

bool tsk_utf8_valid(const char *text, size_t len)
{
    return u8_check((const uint8_t *)text, len) == NULL;
}

int tsk_utf8_next(const char **at, uint32_t *rune)
{
    if (**at == '\0')
        return 0;
    ucs4_t code;
    /* A character has at most 4 bytes, and the NUL ends the search before the end of the string is passed. */
    int used = u8_mbtoucr(&code, (const uint8_t *)*at, strnlen(*at, 4));
    if (used <= 0) {
        *rune = REPLACEMENT;
        (*at)++;
    } else {
        *rune = code;
        *at += used;
    }
    return 1;
}

int tsk_utf8_put(char out[5], uint32_t rune)
{
    int used = u8_uctomb((uint8_t *)out, rune, 4);

    if (used < 0)
        used = u8_uctomb((uint8_t *)out, REPLACEMENT, 4);
    out[used] = '\0';
    return used;
}

size_t tsk_utf8_length(const char *text)
{
    size_t count = 0;
    uint32_t rune;

    while (tsk_utf8_next(&text, &rune))
        count++;
    return count;
}

size_t tsk_utf8_runes(const char *text, uint32_t *out, size_t max)
{
    size_t count = 0;
    uint32_t rune;

    while (tsk_utf8_next(&text, &rune)) {
        if (count < max)
            out[count] = rune;
        count++;
    }
    return count;
}

static void add_rune(struct tsk_buf *buf, uint32_t rune)
{
    char bytes[5];

    tsk_buf_add(buf, bytes, (size_t)tsk_utf8_put(bytes, rune));
}

/* The string of buf, which may have stayed without memory. */
static char *take(struct tsk_buf *buf)
{
    if (buf->data == NULL && !buf->failed)
        return strdup("");
    if (buf->failed) {
        tsk_buf_free(buf);
        return NULL;
    }
    return buf->data;
}

char *tsk_utf8_clean(const char *bytes, size_t len)
{
    struct tsk_buf out = TSK_BUF(TEXT_MAX);
    const uint8_t *at = (const uint8_t *)bytes;

    while (len > 0) {
        ucs4_t code;
        int used = u8_mbtoucr(&code, at, len);
        if (used <= 0) {
            code = REPLACEMENT;
            used = 1;
        }
        bool control = (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7F && code < 0xA0);
        if (!control)
            add_rune(&out, code);
        at += used;
        len -= (size_t)used;
    }
    return take(&out);
}

char *tsk_nfkc(const char *text)
{
    char *clean = NULL;
    size_t len = strlen(text);

    if (!tsk_utf8_valid(text, len)) {
        clean = tsk_utf8_clean(text, len);
        if (clean == NULL)
            return NULL;
        text = clean;
        len = strlen(text);
    }
    size_t out_len = 0;
    uint8_t *folded = u8_normalize(UNINORM_NFKC, (const uint8_t *)text, len, NULL, &out_len);
    free(clean);
    if (folded == NULL)
        return strdup("");
    char *out = realloc(folded, out_len + 1);
    if (out == NULL) {
        free(folded);
        return NULL;
    }
    out[out_len] = '\0';
    return out;
}

static bool is_space(uint32_t rune)
{
    return rune == ' ' || (rune >= 0x09 && rune <= 0x0D) || rune == 0xA0 || rune == 0x3000 ||
           (rune >= 0x2000 && rune <= 0x200B);
}

static bool is_dash(uint32_t rune)
{
    return rune == '-' || (rune >= 0x2010 && rune <= 0x2015) || rune == 0x2212 || rune == 0x30FC || rune == 0xFF0D ||
           rune == 0xFF70;
}

static uint32_t katakana_of(uint32_t rune)
{
    return (rune >= 0x3041 && rune <= 0x3096) || rune == 0x309D || rune == 0x309E ? rune + 0x60 : rune;
}

static uint32_t compare_letter(uint32_t rune)
{
    return uc_tolower(is_dash(rune) ? '-' : katakana_of(rune));
}

/* Small kana and their large forms stand in pairs; senders write either (キョウコ, キヨウコ). */
static uint32_t large_kana(uint32_t rune)
{
    static const uint32_t small[] = { 0x30A1, 0x30A3, 0x30A5, 0x30A7, 0x30A9, 0x30C3, 0x30E3, 0x30E5, 0x30E7, 0x30EE };

    for (size_t i = 0; i < TSK_COUNT(small); i++) {
        if (rune == small[i])
            return rune + 1;
    }
    return rune;
}

/* 0: not kana */
static uint32_t kana_letter(uint32_t rune)
{
    rune = is_dash(rune) ? 0x30FC : large_kana(katakana_of(rune));
    return rune == 0x30FC || (rune >= 0x30A1 && rune <= 0x30FA) ? rune : 0;
}

/* NFKC without spaces, each letter through letter(); "" when one of them has none. */
static char *key_of(const char *text, uint32_t (*letter)(uint32_t rune))
{
    struct tsk_buf out = TSK_BUF(TEXT_MAX);
    char *folded = tsk_nfkc(text);
    uint32_t rune;

    if (folded == NULL)
        return NULL;
    for (const char *at = folded; tsk_utf8_next(&at, &rune);) {
        if (is_space(rune))
            continue;
        rune = letter(rune);
        if (rune == 0) {
            tsk_buf_reset(&out);
            break;
        }
        add_rune(&out, rune);
    }
    free(folded);
    return take(&out);
}

char *tsk_compare_key(const char *text)
{
    return key_of(text, compare_letter);
}

static uint32_t loose_letter(uint32_t rune)
{
    return large_kana(compare_letter(rune));
}

char *tsk_loose_key(const char *text)
{
    return key_of(text, loose_letter);
}

char *tsk_kana_key(const char *text)
{
    return key_of(text, kana_letter);
}

char *tsk_digits_only(const char *text)
{
    struct tsk_buf out = TSK_BUF(TEXT_MAX);
    char *folded = tsk_nfkc(text);

    if (folded == NULL)
        return NULL;
    for (const char *c = folded; *c != '\0'; c++) {
        if (*c >= '0' && *c <= '9')
            tsk_buf_add(&out, c, 1);
    }
    free(folded);
    return take(&out);
}

int tsk_edit_distance(const uint32_t *a, size_t a_len, const uint32_t *b, size_t b_len)
{
    int *row = calloc(b_len + 1, sizeof *row);

    if (row == NULL)
        return (int)(a_len > b_len ? a_len : b_len);
    for (size_t j = 0; j <= b_len; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= a_len; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= b_len; j++) {
            int best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    int distance = row[b_len];
    free(row);
    return distance;
}

bool tsk_cp932_to_utf8(const char *bytes, size_t len, char **out)
{
    size_t room = len * 3 + 1;
    char *text = malloc(room);
    iconv_t converter = iconv_open("UTF-8", "CP932");
    char *to = text;
    /* UNSAFE: iconv's prototype lacks const; it does not write to its input. */
    char *from = (char *)(uintptr_t)bytes;
    size_t left = len;
    bool ok = false;

    if (text != NULL && converter != (iconv_t)-1) {
        size_t room_left = room - 1;
        ok = iconv(converter, &from, &left, &to, &room_left) != (size_t)-1 && left == 0;
    }
    if (converter != (iconv_t)-1)
        iconv_close(converter);
    if (!ok) {
        free(text);
        return false;
    }
    *to = '\0';
    *out = text;
    return true;
}
