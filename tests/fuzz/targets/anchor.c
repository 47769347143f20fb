#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "gateway/anchor.h"

void fuzz_anchor(const uint8_t *bytes, size_t len)
{
    struct tsk_config config = { .care.audit.anchor_file = fuzz_path(bytes, len) };
    const struct tsk_site site = { .config = &config };
    struct tsk_audit_head *heads;
    struct tsk_err err = { 0 };
    size_t count;

    if (tsk_anchor_read(&heads, &count, &site, &err) != 0) {
        fuzz_require(heads == NULL && err.text[0] != '\0', "an error has a text and leaves nothing behind");
        return;
    }
    for (size_t i = 0; i < count; i++)
        fuzz_require(heads[i].seq > 0 && strlen(heads[i].hash) == TSK_SHA256_HEX - 1, "a note is a number and a hash");
    free(heads);
}
