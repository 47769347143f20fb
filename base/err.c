#include "base/err.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* A text cut at the end must not end inside a UTF-8 character. */
static void trim_partial_rune(char *text)
{
    size_t len = strlen(text);
    size_t back = 0;

    while (back < 4 && back < len && ((unsigned char)text[len - 1 - back] & 0xC0) == 0x80)
        back++;
    if (back == len || back == 4)
        return;
    unsigned char lead = (unsigned char)text[len - 1 - back];
    size_t need = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    if (back < need)
        text[len - 1 - back] = '\0';
}

/* Names of files and values of strangers get into a text, and buffers cut them: what is no character is '?', and all is one line. */
static void make_plain(char *text)
{
    const char *at = text;
    uint32_t rune;

    trim_partial_rune(text);
    for (const char *from = at; tsk_utf8_next(&at, &rune) == 1; from = at)
        if (rune < ' ' || rune == 0x7F || (rune == 0xFFFD && at - from == 1)) /* one byte: not the character itself */
            text[from - text] = rune == 0xFFFD ? '?' : ' ';
}

int tsk_vfail(struct tsk_err *err, enum tsk_kind kind, int sys, const char *format, va_list args)
{
    if (err == NULL)
        return -1;
    err->kind = kind;
    err->sys = sys;
    int used = vsnprintf(err->text, sizeof err->text, format, args);
    if (used < 0)
        used = 0;
    if (sys != 0 && (size_t)used < sizeof err->text) {
        char words[128];
        snprintf(err->text + used, sizeof err->text - (size_t)used, ": %s", strerror_r(sys, words, sizeof words));
    }
    make_plain(err->text);
    return -1;
}

int tsk_fail(struct tsk_err *err, enum tsk_kind kind, int sys, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    tsk_vfail(err, kind, sys, format, args);
    va_end(args);
    return -1;
}

int tsk_fail_at(struct tsk_err *err, const char *where)
{
    if (err == NULL)
        return -1;
    struct tsk_err old = *err;
    int used = snprintf(err->text, sizeof err->text, "%s: ", where);
    size_t at = used < 0 ? 0 : (size_t)used < sizeof err->text ? (size_t)used : sizeof err->text - 1;
    size_t room = sizeof err->text - 1 - at;
    size_t len = strnlen(old.text, room);
    memcpy(err->text + at, old.text, len);
    err->text[at + len] = '\0';
    make_plain(err->text);
    return -1;
}

void tsk_err_clear(struct tsk_err *err)
{
    if (err != NULL)
        *err = (struct tsk_err){ .kind = TSK_OK };
}
