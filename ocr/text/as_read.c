#include "ocr/text/deciding.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "ocr/text/phone.h"

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

static void write_email(const char *read, char *out, size_t room)
{
    size_t used = 0;

    for (; *read != '\0' && used + 1 < room; read++)
        if (*read != ' ')
            out[used++] = (char)tolower((unsigned char)*read);
    out[used] = '\0';
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
    return kind != TSK_LEXICON_PHONE;
}
