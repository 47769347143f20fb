#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "vault/paper.h"

void fuzz_paper(const uint8_t *bytes, size_t len)
{
    unsigned char key[TSK_KEY_BYTES], again[TSK_KEY_BYTES];
    char lines[TSK_PAPER_LINES][TSK_PAPER_LINE_SIZE], whole[TSK_PAPER_LINES * TSK_PAPER_LINE_SIZE + 1];
    char *text = fuzz_text(&bytes, &len);
    struct tsk_err err = { 0 };

    if (tsk_paper_read(key, text, &err) != 0) {
        fuzz_require(err.text[0] != '\0', "an error says something");
    } else {
        tsk_paper_print(lines, key);
        snprintf(whole, sizeof whole, "%s\n%s\n%s\n%s\n", lines[0], lines[1], lines[2], lines[3]);
        fuzz_require(tsk_paper_read(again, whole, &err) == 0 && memcmp(key, again, sizeof key) == 0,
                     "a key that was read is the one that is printed");
    }
    free(text);
}
