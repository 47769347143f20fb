#include "base/csv_out.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

#define BOM "\xef\xbb\xbf"
#define GETA "\x81\xac" /* 〓 in CP932 */

static bool is_number(const char *text)
{
    text += *text == '-' || *text == '+';
    return *text != '\0' && text[strspn(text, "0123456789.")] == '\0';
}

static void begin_cell(struct tsk_buf *out)
{
    if (out->len > 0 && out->data[out->len - 1] != '\n')
        tsk_buf_puts(out, ",");
}

void tsk_csv_cell(struct tsk_buf *out, const char *text)
{
    bool formula = *text != '\0' && strchr("=+-@\t", *text) != NULL && !is_number(text);

    begin_cell(out);
    tsk_buf_puts(out, "\""); /* also when empty, so that the next cell sees that a line has begun */
    if (formula)
        tsk_buf_puts(out, "'");
    for (const char *at = text; *at != '\0'; at++)
        tsk_buf_add(out, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1);
    tsk_buf_puts(out, "\"");
}

void tsk_csv_number(struct tsk_buf *out, long long number)
{
    begin_cell(out);
    tsk_buf_printf(out, "%lld", number);
}

void tsk_csv_end_line(struct tsk_buf *out)
{
    tsk_buf_puts(out, "\r\n");
}

static int to_cp932(struct tsk_buf *out, const char *text, int *lacking, struct tsk_err *err)
{
    iconv_t converter = iconv_open("CP932", "UTF-8");

    if (converter == (iconv_t)-1)
        return tsk_fail(err, TSK_RETRY, errno, "CP932 cannot be written here");
    for (const char *at = text; *at != '\0';) {
        uint32_t rune;
        const char *from = at;
        char bytes[8];
        if (tsk_utf8_next(&at, &rune) != 1)
            break;
        /* UNSAFE: iconv's prototype lacks const; it does not write to its input. */
        char *in = (char *)(uintptr_t)from, *to = bytes;
        size_t in_left = (size_t)(at - from), room = sizeof bytes;
        if (iconv(converter, &in, &in_left, &to, &room) == (size_t)-1) {
            iconv(converter, NULL, NULL, NULL, NULL);
            tsk_buf_puts(out, GETA);
            ++*lacking;
        } else {
            tsk_buf_add(out, bytes, sizeof bytes - room);
        }
    }
    iconv_close(converter);
    return 0;
}

int tsk_csv_encode(struct tsk_buf *out, const char *text, enum tsk_csv_charset charset, int *lacking,
                   struct tsk_err *err)
{
    int lost = 0;

    if (charset == TSK_CSV_CP932) {
        if (to_cp932(out, text, &lost, err) != 0)
            return -1;
    } else {
        tsk_buf_puts(out, BOM);
        tsk_buf_puts(out, text);
    }
    if (lacking != NULL)
        *lacking = lost;
    return out->failed ? tsk_fail(err, TSK_REJECT, 0, "the CSV is too large") : 0;
}
