/* A sentence of the layers below comes apart into its code and what was filled in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "review/refusals.h"

static void test_codes_and_parts(void **state)
{
    static const struct {
        const char *text, *code, *parts[3];
    } rows[] = {
        { "the day of completion is still to come", "close.future", { NULL } },
        { "something happened in case 27115-2026-0001 on 2026-11-02, after that day",
          "close.later",
          { "27115-2026-0001", "2026-11-02", NULL } },
        { "佐藤 has verified the fax of directory entry 7; a second person must do it now",
          "directory.second",
          { "佐藤", "fax", "7" } },
        { "field sex has no option \"x\"; it has male, female", "field.option", { "sex", "x", "male, female" } },
        { "case 1 was closed for home already", "close.already", { "1", "home", NULL } },
        { "2027-01-01 has not come yet", "activity.future", { "2027-01-01", NULL } },
        { "document 01K is not held", "held.not", { "01K", NULL } },
        { "document 01K is not held here", "handover.not_held", { "01K", NULL } },
        { "something else", NULL, { NULL } },
        { "", NULL, { NULL } },
    };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(rows); i++) {
        struct tsk_refusal refusal;
        size_t count = 0;

        tsk_refusal_of(&refusal, rows[i].text);
        if (rows[i].code == NULL) {
            assert_null(refusal.code);
            continue;
        }
        assert_non_null(refusal.code);
        assert_string_equal(refusal.code, rows[i].code);
        while (count < TSK_COUNT(rows[i].parts) && rows[i].parts[count] != NULL)
            count++;
        assert_int_equal(refusal.count, count);
        for (size_t k = 0; k < count; k++)
            assert_string_equal(refusal.parts[k], rows[i].parts[k]);
    }
}

/* What people typed may be long; nothing is written beyond the room. */
static void test_long_parts(void **state)
{
    char text[2 * TSK_REFUSAL_TEXT_SIZE] = "there is no case ";
    struct tsk_refusal refusal;

    (void)state;
    memset(text + strlen(text), 'x', sizeof text - strlen(text) - 1);
    tsk_refusal_of(&refusal, text);
    assert_null(refusal.code);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_codes_and_parts), cmocka_unit_test(test_long_parts) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
