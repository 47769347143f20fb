#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "records/sheet_code.h"

/* A case number and NUL, then a code as a page may carry it; one byte at the end of it all changes our own code. */
void fuzz_sheet_code(const uint8_t *bytes, size_t len)
{
    static const struct tsk_form form = { .id = "outcome", .edition = "higashinari-2015" };
    char *number = fuzz_text(&bytes, &len), *code = fuzz_text(&bytes, &len);
    char found[TSK_CASE_NUMBER_SIZE], own[TSK_SHEET_CODE_SIZE];
    struct tsk_err err = { 0 };
    size_t at = fuzz_byte(&bytes, &len);

    fuzz_require(tsk_sheet_code_check(found, fuzz_vault(), code, form.id, form.edition, &err) == 0, "an answer");
    if (strlen(number) > 0 && strlen(number) < TSK_CASE_NUMBER_SIZE) {
        fuzz_require(tsk_sheet_code_make(own, fuzz_vault(), number, &form, &err) == 0, "a code");
        fuzz_require(tsk_sheet_code_check(found, fuzz_vault(), own, form.id, form.edition, &err) == 0 &&
                         strcmp(found, number) == 0,
                     "our own code names its case");
        fuzz_require(tsk_sheet_code_check(found, fuzz_vault(), own, form.id, "another", &err) == 0 && found[0] == '\0',
                     "a code of another edition says nothing");
        at %= strlen(own);
        own[at] = (char)(own[at] == 'A' ? 'B' : 'A');
        fuzz_require(tsk_sheet_code_check(found, fuzz_vault(), own, form.id, form.edition, &err) == 0 &&
                         found[0] == '\0',
                     "a code that was changed says nothing");
    }
    free(number);
    free(code);
}
