#include <string.h>

#include "fuzz.h"
#include "spool/parts.h"

/* Whatever a stranger calls a file: text, without control characters, and cleaning it once is enough. */
static void clean(const uint8_t *bytes, size_t len)
{
    char name[64] = "", lines[64], again[64];

    memcpy(name, bytes, len < sizeof name - 1 ? len : sizeof name - 1);
    memcpy(lines, name, sizeof lines);
    tsk_envelope_clean(name, sizeof name);
    fuzz_require_text(name, "a cleaned name is UTF-8");
    for (const char *c = name; *c != '\0'; c++)
        fuzz_require((unsigned char)*c >= 0x20 && *c != 0x7f, "a cleaned name has no control characters");
    memcpy(again, name, sizeof again);
    tsk_envelope_clean(again, sizeof again);
    fuzz_require(strcmp(again, name) == 0, "clean stays clean");
    tsk_envelope_clean_lines(lines, sizeof lines);
    fuzz_require_text(lines, "a cleaned text is UTF-8");
}

/* What was read is printed, read again and printed again: both prints are the same. */
void fuzz_envelope(const uint8_t *bytes, size_t len)
{
    static const char id[] = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    struct tsk_envelope one, two;
    struct tsk_buf first = TSK_BUF(1 << 20), second = TSK_BUF(1 << 20);
    struct tsk_err err = { 0 };

    clean(bytes, len);
    if (tsk_envelope_parse(&one, id, (const char *)bytes, len, &err) != 0)
        return;
    fuzz_require_text(one.name, "a name is UTF-8");
    fuzz_require_text(one.mail.text, "a text is UTF-8");
    fuzz_require(one.office[0] != '\0', "a document belongs to an office");
    if (tsk_envelope_print(&first, &one, &err) == 0) {
        fuzz_require(tsk_envelope_parse(&two, id, first.data, first.len, &err) == 0, "what we print we read");
        fuzz_require(tsk_envelope_print(&second, &two, &err) == 0 && first.len == second.len &&
                         memcmp(first.data, second.data, first.len) == 0,
                     "an envelope survives being written");
    }
    tsk_buf_free(&first);
    tsk_buf_free(&second);
}
