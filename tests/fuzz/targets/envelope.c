#include <string.h>

#include "fuzz.h"
#include "spool/parts.h"

/* What was read is printed, read again and printed again: both prints are the same. */
void fuzz_envelope(const uint8_t *bytes, size_t len)
{
    static const char id[] = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    struct tsk_envelope one, two;
    struct tsk_buf first = TSK_BUF(1 << 20), second = TSK_BUF(1 << 20);
    struct tsk_err err = { 0 };

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
