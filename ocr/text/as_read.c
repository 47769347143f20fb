#include "ocr/text/deciding.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ocr/text/phone.h"
#include "ocr/text/scripts.h"

static bool wide(unsigned char byte)
{
    return byte >= 0x80;
}

void tsk_plain_text(const char *read, char *out, size_t room)
{
    size_t used = 0;

    for (const char *at = read; *at != '\0' && used + 1 < room; at++) {
        if (*at == ' ' && (at == read || at[1] == '\0' || wide((unsigned char)at[-1]) || wide((unsigned char)at[1])))
            continue;
        out[used++] = *at;
    }
    out[used] = '\0';
}

static bool is_in(uint32_t rune, const char *set)
{
    uint32_t member;

    while (tsk_utf8_next(&set, &member) == 1)
        if (member == rune)
            return true;
    return false;
}

void tsk_trim_strays(enum tsk_lexicon_kind kind, char *text)
{
    bool free_text = kind == TSK_LEXICON_FREE;
    const char *first = free_text ? "._,'`^~=<>|\\:;、。" : "._,'`^~=<>|\\:;、。・-/";
    const char *last = free_text ? "_'`^~=<>|\\" : "._,'`^~=<>|\\:;、。・-/";
    const char *at = text, *begin = text, *end = text;
    bool begun = false;
    uint32_t rune;

    while (tsk_utf8_next(&at, &rune) == 1) {
        if (!begun && (rune == ' ' || is_in(rune, first))) {
            begin = end = at;
            continue;
        }
        begun = true;
        if (rune != ' ' && !is_in(rune, last))
            end = at;
    }
    memmove(text, begin, (size_t)(end - begin));
    text[end - begin] = '\0';
}

/* Digits and dashes as people write a Japanese number; false if it is not one. */
static bool phone_form(const struct tsk_read *read, char *out, size_t room)
{
    char digits[32], number[TSK_PHONE_SIZE];
    size_t count = 0;

    for (size_t i = 0; i < read->count && count + 1 < sizeof(digits); i++)
        if (read->glyphs[i].rune >= '0' && read->glyphs[i].rune <= '9')
            digits[count++] = (char)read->glyphs[i].rune;
    digits[count] = '\0';
    return tsk_phone_form(digits, number) && snprintf(out, room, "%s", number) < (int)room;
}

static bool email_form(const char *text)
{
    const char *at = strchr(text, '@'), *dot = strrchr(text, '.');

    return at != NULL && at > text && strchr(at + 1, '@') == NULL && dot != NULL && dot > at + 1 &&
           strlen(dot + 1) >= 2 && dot[-1] != '@' && strspn(dot + 1, "abcdefghijklmnopqrstuvwxyz") == strlen(dot + 1);
}

/* An address begins and ends with a letter or a digit: a speck beside it is read as something else. */
static void write_email(const char *read, char *out, size_t room)
{
    size_t used = 0;

    for (; *read != '\0' && used + 1 < room; read++)
        if (*read != ' ' && (used > 0 || isalnum((unsigned char)*read)))
            out[used++] = (char)tolower((unsigned char)*read);
    while (used > 0 && !isalnum((unsigned char)out[used - 1]))
        used--;
    out[used] = '\0';
}

/* Of a name: 石井ハ重子 is 石井八重子. */
static void settle_scripts(char *text, size_t room)
{
    uint32_t runes[TSK_GLYPHS_MAX];
    size_t count = 0, used = 0;

    for (const char *at = text; count < TSK_GLYPHS_MAX && tsk_utf8_next(&at, &runes[count]) == 1;)
        count++;
    if (count == TSK_GLYPHS_MAX)
        return;
    for (size_t i = 0; i < count && used + 4 < room; i++) {
        runes[i] = tsk_in_script(i > 0 ? runes[i - 1] : 0, runes[i], i + 1 < count ? runes[i + 1] : 0);
        used += (size_t)tsk_utf8_put(text + used, runes[i]);
    }
    text[used] = '\0';
}

bool tsk_as_read(enum tsk_lexicon_kind kind, const struct tsk_read *read, char *out, size_t room)
{
    if (kind == TSK_LEXICON_PHONE && phone_form(read, out, room))
        return true;
    if (kind == TSK_LEXICON_EMAIL) {
        write_email(read->text, out, room);
        return email_form(out);
    }
    tsk_plain_text(read->text, out, room);
    if (kind == TSK_LEXICON_SURNAME || kind == TSK_LEXICON_PERSON)
        settle_scripts(out, room);
    return kind != TSK_LEXICON_PHONE;
}
