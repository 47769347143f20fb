#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"

static void a_buffer_keeps_its_maximum(void **state)
{
    struct tsk_buf buf = TSK_BUF(5);

    (void)state;
    assert_string_equal(tsk_buf_text(&buf), "");
    tsk_buf_puts(&buf, "abc");
    tsk_buf_puts(&buf, "def");
    assert_true(buf.failed);
    assert_string_equal(tsk_buf_text(&buf), "abc");
    tsk_buf_reset(&buf);
    tsk_buf_printf(&buf, "%d", 12345);
    assert_false(buf.failed);
    assert_string_equal(tsk_buf_text(&buf), "12345");
    tsk_buf_free(&buf);
}

static void an_hmac_is_that_of_rfc_4231(void **state)
{
    char hex[TSK_SHA256_HEX], other[TSK_SHA256_HEX];

    (void)state;
    tsk_hmac_sha256_hex("Jefe", 4, "what do ya want for nothing?", 28, hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    tsk_secret_new(hex);
    tsk_secret_new(other);
    assert_int_equal(strspn(hex, "0123456789abcdef"), 64);
    assert_string_not_equal(hex, other);
}

static void an_arena_has_a_ceiling(void **state)
{
    struct tsk_arena *arena = tsk_arena_new(16);

    (void)state;
    assert_non_null(tsk_arena_alloc(arena, 10));
    assert_null(tsk_arena_alloc(arena, 10));
    assert_string_equal(tsk_arena_printf(arena, "%s", "12345"), "12345");
    tsk_arena_free(&arena);
    assert_null(arena);
}

static void a_long_error_ends_with_a_whole_character(void **state)
{
    struct tsk_err err;
    char many[1200] = "";

    (void)state;
    for (int i = 0; i < 300; i++)
        strncat(many, "あ", sizeof many - strlen(many) - 1);
    for (int shift = 0; shift < 3; shift++) {
        assert_int_equal(tsk_fail(&err, TSK_HOLD, 0, "%.*s%s", shift, "xx", many), -1);
        assert_true(tsk_utf8_valid(err.text, strlen(err.text)));
        tsk_fail_at(&err, "file:3");
        assert_true(tsk_utf8_valid(err.text, strlen(err.text)));
    }
}

static void an_error_is_one_line_of_characters(void **state)
{
    struct tsk_err err;

    (void)state;
    tsk_fail(&err, TSK_HOLD, 0, "file \"%s\" is odd", "a\xe3\x81\nb\x1b\xff\xef\xbf\xbdあ");
    assert_string_equal(err.text, "file \"a?? b ?\xef\xbf\xbdあ\" is odd");
    tsk_fail_at(&err, "a\nb\xfe");
    assert_string_equal(err.text, "a b?: file \"a?? b ?\xef\xbf\xbdあ\" is odd");
}

static void checksums_are_sha256(void **state)
{
    char hex[TSK_SHA256_HEX];

    (void)state;
    tsk_sha256_hex("abc", 3, hex); /* FIPS 180-4, appendix */
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void ids_sort_by_time_and_never_repeat(void **state)
{
    char a[TSK_ID_SIZE];
    char b[TSK_ID_SIZE];

    (void)state;
    tsk_id_new(a);
    tsk_sleep_ms(3);
    tsk_id_new(b);
    assert_true(strcmp(a, b) < 0);
    assert_int_equal(strlen(a), 26);
}

static void a_strangers_value_starts_no_log_line(void **state)
{
    int pipe_fds[2];
    char line[512] = "";

    (void)state;
    assert_int_equal(pipe(pipe_fds), 0);
    int old = dup(STDERR_FILENO);
    dup2(pipe_fds[1], STDERR_FILENO);
    tsk_log(TSK_LOG_INFO, "ID", "name", "a b\n2026 forged=1", "none", NULL, "n", tsk_log_num(7), NULL);
    dup2(old, STDERR_FILENO);
    close(old);
    close(pipe_fds[1]);
    assert_true(read(pipe_fds[0], line, sizeof line - 1) > 0);
    close(pipe_fds[0]);
    /* a NULL value is skipped, and with it only its key */
    assert_non_null(strstr(line, "ID level=info name=\"a b\\x0a2026 forged=1\" n=7\n"));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

/* In a child, because a process reads its clock once. */
static void the_clock_of_a_site_can_be_moved(void **state)
{
    (void)state;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        setenv("TASUKI_CLOCK", "rate=1,offset_s=86400", 1);
        int64_t moved = tsk_wall_ms();
        _exit(llabs(moved - 86400000LL - (int64_t)time(NULL) * 1000) < 5000 ? 0 : 1);
    }
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_of_a_site_can_be_moved), /* first: the others start this process's clock */
        cmocka_unit_test(a_buffer_keeps_its_maximum),
        cmocka_unit_test(an_hmac_is_that_of_rfc_4231),
        cmocka_unit_test(an_arena_has_a_ceiling),
        cmocka_unit_test(a_long_error_ends_with_a_whole_character),
        cmocka_unit_test(an_error_is_one_line_of_characters),
        cmocka_unit_test(checksums_are_sha256),
        cmocka_unit_test(ids_sort_by_time_and_never_repeat),
        cmocka_unit_test(a_strangers_value_starts_no_log_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
