#include "gateway/imap/mutf7.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct writer {
    char *out;
    size_t size, len;
    uint32_t bits; /* of an encoded run, not yet written */
    int have;
    bool shifted;
};

static void put(struct writer *w, char c)
{
    if (w->len < w->size)
        w->out[w->len] = c;
    w->len++;
}

static void put_bits(struct writer *w, bool last)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

    if (last && w->have > 0 && w->have < 6) {
        w->bits <<= 6 - w->have;
        w->have = 6;
    }
    while (w->have >= 6) {
        w->have -= 6;
        put(w, digits[w->bits >> w->have & 63]);
    }
}

static void put_unit(struct writer *w, uint32_t unit)
{
    if (!w->shifted)
        put(w, '&');
    w->shifted = true;
    w->bits = (w->bits << 16 | unit) & 0x3fffff;
    w->have += 16;
    put_bits(w, false);
}

static void end_run(struct writer *w)
{
    if (!w->shifted)
        return;
    put_bits(w, true);
    put(w, '-');
    w->shifted = false;
    w->have = 0;
}

int tsk_mutf7(char *out, size_t size, const char *utf8)
{
    struct writer w = { .out = out, .size = size };
    uint32_t rune;

    while (tsk_utf8_next(&utf8, &rune) == 1) {
        if (rune >= 0x20 && rune < 0x7f) {
            end_run(&w);
            put(&w, (char)rune);
            if (rune == '&')
                put(&w, '-');
        } else if (rune >= 0x10000) {
            put_unit(&w, 0xd7c0 + (rune >> 10));
            put_unit(&w, 0xdc00 | (rune & 0x3ff));
        } else {
            put_unit(&w, rune);
        }
    }
    end_run(&w);
    put(&w, '\0');
    return w.len <= size ? 0 : -1;
}
