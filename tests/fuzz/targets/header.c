#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "gateway/mail/header.h"
#include "routing/verp.h"

static void take(char *text)
{
    fuzz_require_text(text, "a value of a header field is UTF-8");
    free(text);
}

static void take_value(const struct tsk_charsets *charsets, struct tsk_text value)
{
    static const char *const names[] = { "filename", "name", "charset", "boundary" };
    char id[TSK_VERP_ID_SIZE], *address = tsk_header_address(value);
    int64_t wall_ms;

    for (size_t i = 0; i < TSK_COUNT(names); i++) {
        char *text = tsk_header_param(charsets, value, names[i]);

        if (text != NULL)
            take(text);
    }
    fuzz_require(address != NULL, "an address");
    if (tsk_verp_parse(id, address))
        fuzz_require(strlen(id) < sizeof id, "an id ends");
    free(address);
    free(tsk_header_msgid(value));
    free(tsk_header_token(value));
    take(tsk_header_decode(charsets, value));
    if (tsk_header_date(value, &wall_ms))
        fuzz_require(wall_ms > INT64_MIN / 2 && wall_ms < INT64_MAX / 2, "a time that can be counted with");
}

void fuzz_header(const uint8_t *bytes, size_t len)
{
    static struct tsk_charsets *charsets;
    struct tsk_text block = { (const char *)bytes, len };
    struct tsk_field field;

    if (charsets == NULL)
        fuzz_require(tsk_charsets_open(&charsets, NULL) == 0, "converters");
    while (tsk_header_next(&block, &field)) {
        fuzz_require(field.value.len <= len && field.name.len <= len, "a field lies in its block");
        take_value(charsets, field.value);
    }
    fuzz_require(block.len <= len, "what follows lies behind the block");
}
