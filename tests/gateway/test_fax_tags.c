/* The lines that a spooler writes into a fax, from files as they are met and from files that want to do harm. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "gateway/fax_tags.h"

/* A header with one entry, ImageDescription of `len` bytes at offset 26; the text follows. */
#define II(type, len, offset) "II*\0\x08\0\0\0\x01\0\x0e\x01" type "\0" len offset "\0\0\0\0"
#define MM(len, offset) "MM\0*\0\0\0\x08\0\x01\x01\x0e\0\x02" len offset "\0\0\0\0"
#define BYTES(text) text, sizeof(text) - 1

static const struct {
    const char *what, *bytes;
    size_t len;
    const char *lines[3];
} cases[] = {
    { "HylaFAX",
      BYTES(II("\x02", "\x1c\0\0\0", "\x1a\0\0\0") "+81 6 1234 5678\n0612345678\nX"),
      { "+81 6 1234 5678", "0612345678", "X" } },
    { "big endian", BYTES(MM("\0\0\0\x09", "\0\0\0\x1a") "STATION-1"), { "STATION-1", "", "" } },
    { "in the entry itself", BYTES(II("\x02", "\x03\0\0\0", "AB\0\0")), { "AB", "", "" } },
    { "as bytes", BYTES(II("\x01", "\x05\0\0\0", "\x1a\0\0\0") "WARD\0"), { "WARD", "", "" } },
    { "of another type", BYTES(II("\x04", "\x05\0\0\0", "\x1a\0\0\0") "WARD\0"), { "", "", "" } },
    { "text behind the end", BYTES(II("\x02", "\xff\0\0\0", "\x1a\0\0\0") "short"), { "", "", "" } },
    { "an endless text", BYTES(II("\x02", "\xff\xff\xff\xff", "\x1a\0\0\0") "short"), { "", "", "" } },
    { "an offset beyond all files", BYTES(II("\x02", "\x20\0\0\0", "\xff\xff\xff\xff")), { "", "", "" } },
    { "a directory beyond the end", BYTES("II*\0\xff\xff\xff\x7f"), { "", "", "" } },
    { "a directory in the header", BYTES("II*\0\0\0\0\0\0\0\0\0"), { "", "", "" } },
    { "ten thousand entries", BYTES("II*\0\x08\0\0\0\x10\x27\x0e\x01\x02\0"), { "", "", "" } },
    { "control characters", BYTES(II("\x02", "\x08\0\0\0", "\x1a\0\0\0") "\033[2J\tX\r\0"), { " [2J X ", "", "" } },
    { "lines without end", BYTES(II("\x02", "\x0c\0\0\0", "\x1a\0\0\0") "\n\n\n\n\n\n\n\n\n\n\n\n"), { "", "", "" } },
    { "not a TIFF", BYTES("%PDF-1.4"), { "", "", "" } },
    { "nothing", BYTES(""), { "", "", "" } },
};

static int file_of(const char *bytes, size_t len)
{
    int fd = memfd_create("fax", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    assert_int_equal(lseek(fd, 3, SEEK_SET), 3);
    return fd;
}

static void files_as_they_are_met(void **state)
{
    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        int fd = file_of(cases[i].bytes, cases[i].len);
        struct tsk_fax_tags tags;

        tsk_fax_tags_read(&tags, fd);
        for (size_t k = 0; k < TSK_COUNT(cases[i].lines); k++)
            if (strcmp(tags.lines[k], cases[i].lines[k]) != 0)
                fail_msg("%s: line %zu is \"%s\", not \"%s\"", cases[i].what, k, tags.lines[k], cases[i].lines[k]);
        assert_int_equal(lseek(fd, 0, SEEK_CUR), 3);
        close(fd);
    }
}

/* Any byte of a good file, any value: nothing but lines comes out, and each ends. */
static void damaged_anywhere(void **state)
{
    static const unsigned char values[] = { 0, 1, 2, 14, 0x7f, 0x80, 0xff };
    char bytes[64];
    size_t len = cases[0].len;

    (void)state;
    for (size_t at = 0; at < len; at++)
        for (size_t v = 0; v < TSK_COUNT(values); v++) {
            struct tsk_fax_tags tags;
            int fd;

            memcpy(bytes, cases[0].bytes, len);
            bytes[at] = (char)values[v];
            fd = file_of(bytes, len);
            tsk_fax_tags_parse(&tags, fd);
            for (size_t k = 0; k < TSK_FAX_LINES; k++)
                assert_true(strnlen(tags.lines[k], sizeof tags.lines[k]) < sizeof tags.lines[k]);
            close(fd);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(files_as_they_are_met), cmocka_unit_test(damaged_anywhere) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
