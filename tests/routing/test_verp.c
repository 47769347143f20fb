/* Return paths that name a notice, there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "routing/verp.h"

#define NOTICE "01KAZ3M8Q4W5X6Y7Z8A9B0C1D2"
#define DIGEST "digest-0123456789abcdef0123456789"

static void there_and_back(void **state)
{
    static const struct {
        const char *from, *id, *want; /* want NULL: cannot be made */
    } cases[] = {
        { "higashinari@tasuki.example", NOTICE, "higashinari+" NOTICE "@tasuki.example" },
        { "higashinari@tasuki.example", DIGEST, "higashinari+" DIGEST "@tasuki.example" },
        { "office+fax@example.jp", NOTICE, "office+fax+" NOTICE "@example.jp" },
        { "a-local-part-of-forty-characters-is-long@example.jp", NOTICE, NULL },
        { "nobody", NOTICE, NULL },
        { "@example.jp", NOTICE, NULL },
    };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        char made[TSK_VERP_ADDRESS_SIZE], id[TSK_VERP_ID_SIZE];
        int rc = tsk_verp_make(made, cases[i].from, cases[i].id);

        assert_int_equal(rc, cases[i].want != NULL ? 0 : -1);
        if (rc != 0)
            continue;
        assert_string_equal(made, cases[i].want);
        assert_true(tsk_verp_parse(id, made));
        assert_string_equal(id, cases[i].id);
    }
}

static void only_ours_is_understood(void **state)
{
    static const struct {
        const char *address, *want; /* NULL: none of ours */
    } cases[] = {
        { "office+01kaz3m8q4w5x6y7z8a9b0c1d2@example.jp", NOTICE },
        { "office+DIGEST-0123456789ABCDEF0123456789@example.jp", DIGEST },
        { "office@example.jp", NULL },
        { "office+fax@example.jp", NULL },
        { "office+" NOTICE "X@example.jp", NULL },
        { "office+01KAZ3M8Q4W5X6Y7Z8A9B0C1D'@example.jp", NULL },
        { NOTICE "@example.jp", NULL },
        { "office+digest-0123@example.jp", NULL },
        { "office+" NOTICE, NULL },
        { "", NULL },
    };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        char id[TSK_VERP_ID_SIZE];
        bool ours = tsk_verp_parse(id, cases[i].address);

        assert_int_equal(ours, cases[i].want != NULL);
        if (ours)
            assert_string_equal(id, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(there_and_back), cmocka_unit_test(only_ours_is_understood) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
