#include "gateway/mail/transfer.h"

static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

size_t tsk_transfer_base64(struct tsk_text in, char *out)
{
    unsigned bits = 0;
    int have = 0;
    size_t len = 0;

    for (size_t i = 0; i < in.len; i++) {
        int value = digit_of(in.at[i]);

        if (in.at[i] == '=') /* the end of one run; what was joined from several goes on */
            have = 0;
        if (value < 0)
            continue;
        bits = (bits << 6 | (unsigned)value) & 0xffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[len++] = (char)(bits >> have);
        }
    }
    return len;
}

static int hex_of(char c)
{
    int n = digit_of(c);

    if (c >= '0' && c <= '9')
        return c - '0';
    return n >= 0 && n % 26 < 6 && n < 52 ? n % 26 + 10 : -1;
}

size_t tsk_transfer_quoted(struct tsk_text in, char *out)
{
    size_t len = 0;

    for (size_t i = 0; i < in.len; i++) {
        size_t left = in.len - i;
        int high = left > 2 ? hex_of(in.at[i + 1]) : -1, low = left > 2 ? hex_of(in.at[i + 2]) : -1;

        if (in.at[i] == '=' && high >= 0 && low >= 0) {
            out[len++] = (char)((unsigned)high << 4 | (unsigned)low);
            i += 2;
        } else if (in.at[i] == '=' && left > 1 && in.at[i + 1] == '\n') {
            i += 1;
        } else if (in.at[i] == '=' && left > 2 && in.at[i + 1] == '\r' && in.at[i + 2] == '\n') {
            i += 2;
        } else {
            out[len++] = in.at[i];
        }
    }
    return len;
}
