#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/csv.h"
#include "base/file.h"

/* All cells, "|" between cells and "/" between records; or the error's text. */
static const char *joined(const char *bytes, size_t len)
{
    static char out[512];
    char path[] = "/tmp/tasuki-csv-XXXXXX";
    struct tsk_csv *csv = NULL;
    struct tsk_err err = { TSK_OK, 0, "" };
    char **cells;
    int count;
    int line;
    int rc = -1;

    out[0] = '\0';
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
    close(fd);
    if (tsk_csv_open(&csv, path, &err) == 0) {
        while ((rc = tsk_csv_next(csv, &cells, &count, &line, &err)) == 1) {
            for (int i = 0; i < count; i++) {
                size_t used = strlen(out);
                snprintf(out + used, sizeof out - used, "%s%s", cells[i], i + 1 < count ? "|" : "/");
            }
        }
    }
    if (rc < 0)
        snprintf(out, sizeof out, "%s",
                 strchr(err.text + sizeof path - 1, ':') ? err.text + sizeof path - 1 : err.text);
    tsk_csv_close(&csv);
    unlink(path);
    return out;
}

static void records_come_as_spreadsheets_write_them(void **state)
{
    (void)state;
    assert_string_equal(joined("a,b\nc,d\n", 8), "a|b/c|d/");
    assert_string_equal(joined("a,b\r\nc,\r\n", 9), "a|b/c|/");
    assert_string_equal(joined("\xEF\xBB\xBF"
                               "a\n\n\nb",
                               8),
                        "a/b/");
    assert_string_equal(joined("\"a,1\",\"say \"\"x\"\"\"\n", 18), "a,1|say \"x\"/");
    assert_string_equal(joined("\"two\nlines\",z\n", 14), "two\nlines|z/");
    assert_string_equal(joined("\x91\xE5\x8D\xE3,1\n", 7), "大阪|1/");
    assert_string_equal(joined("", 0), "");
}

static void faults_name_the_line(void **state)
{
    (void)state;
    assert_string_equal(joined("a\n\"b\n", 5), ":2: a quotation mark is opened and never closed");
    assert_non_null(strstr(joined("a\0b\n", 4), "NUL"));
    assert_non_null(strstr(joined("\x81\xFF\xFF\n", 4), "neither UTF-8 nor CP932"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_as_spreadsheets_write_them),
        cmocka_unit_test(faults_name_the_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
