/* What a line brought: which modem took a fax that no hook told of, and whether a fax that came by mail is whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/fax_gate.h"
#include "gateway/fax_log.h"

static const struct {
    const char *what, *line, *modem; /* "" = not about fax00012.tif */
} lines[] = {
    { "as HylaFAX writes it",
      "11/25/26 14:02\tRECV\t000000019\tttyS1\trecvq/fax00012.tif\t\"\"\tfax\t\"0612345678\"\t\"+81 6\"\t9600",
      "ttyS1" },
    { "the name in quotes, in another column",
      "11/25/26 14:02\tRECV\t0000019\tttyS0\t\"\"\t\"recvq/fax00012.tif\"\tfax", "ttyS0" },
    { "another file", "11/25/26 14:02\tRECV\t000000019\tttyS1\trecvq/fax00013.tif\t\"\"", "" },
    { "a longer name", "11/25/26 14:02\tRECV\t000000019\tttyS1\trecvq/xfax00012.tif\t\"\"", "" },
    { "a fax that was sent", "11/25/26 14:02\tSEND\t000000019\tttyS1\tfax00012.tif\t\"\"", "" },
    { "a modem that is none", "11/25/26 14:02\tRECV\t000000019\t../../x\trecvq/fax00012.tif", "" },
    { "half a line", "11/25/26 14:02\tRECV\t0000", "" },
    { "nothing", "", "" },
};

static void the_log_knows_the_modem(void **state)
{
    (void)state;
    for (size_t i = 0; i < TSK_COUNT(lines); i++) {
        char line[400], modem[TSK_FAX_DEVICE_SIZE] = "";

        snprintf(line, sizeof line, "%s", lines[i].line);
        bool about = tsk_fax_log_line(modem, sizeof modem, line, "fax00012.tif");
        if (about != (lines[i].modem[0] != '\0') || strcmp(modem, lines[i].modem) != 0)
            fail_msg("%s: \"%s\"", lines[i].what, modem);
    }
}

static const struct {
    const char *what;
    int width_px, height_px;
    double y_dpi;
    bool mail, letter, whole;
} pages[] = {
    { "a whole fax by mail", 1728, 2291, 196, true, false, true },
    { "one that lost its lower half", 1728, 1200, 196, true, false, false },
    { "a wide one that lost it", 2432, 1200, 196, true, false, false },
    { "a scan that is no fax", 2480, 1200, 300, true, false, true },
    { "a mail without a sheet", 1728, 1200, 196, true, true, true },
    { "what was dropped into a folder", 1728, 1200, 196, false, false, true },
};

static void a_fax_by_mail_may_be_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < TSK_COUNT(pages); i++) {
        struct tsk_envelope envelope = { .is_mail = pages[i].mail, .mail.letter = pages[i].letter };
        struct tsk_reader_result result = { .count = 1, .pages = calloc(1, sizeof *result.pages) };
        struct tsk_err err = { 0 };

        assert_non_null(result.pages);
        assert_int_equal(tsk_reading_start(&result.pages[0].reading, NULL, &err), 0);
        result.pages[0].reading.width_px = pages[i].width_px;
        result.pages[0].reading.height_px = pages[i].height_px;
        result.pages[0].reading.y_dpi = pages[i].y_dpi;
        assert_int_equal(tsk_fax_gate(&result, &envelope, &err), 0);
        if ((result.pages[0].reading.state != TSK_PAGE_INCOMPLETE) != pages[i].whole)
            fail_msg("%s", pages[i].what);
        assert_int_equal(result.count, 1);
        tsk_reader_result_free(&result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_knows_the_modem),
        cmocka_unit_test(a_fax_by_mail_may_be_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
