#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "gateway/mail/jis.h"

/* The name of a character set, NUL, and bytes in it. */
void fuzz_charset(const uint8_t *bytes, size_t len)
{
    static struct tsk_charsets *charsets;
    char *name = fuzz_text(&bytes, &len), *text;

    if (charsets == NULL)
        fuzz_require(tsk_charsets_open(&charsets, NULL) == 0, "converters");
    text = tsk_charset_decode(charsets, name, bytes, len);
    fuzz_require_text(text, "what was decoded is UTF-8");
    free(text);
    free(name);
}
