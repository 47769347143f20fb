#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/os.h"

static char folder[64];
static char calls[256];
static const char *broken = ""; /* name of the call that fails */

static int note(const char *name)
{
    strncat(calls, name, sizeof calls - strlen(calls) - 1);
    strncat(calls, " ", sizeof calls - strlen(calls) - 1);
    errno = EIO;
    return strcmp(name, broken) == 0 ? -1 : 0;
}

static int watched_openat(int dir, const char *name, int flags, mode_t mode)
{
    return note("open") != 0 ? -1 : tsk_os_real.openat(dir, name, flags, mode);
}

static ssize_t watched_write(int fd, const void *bytes, size_t len)
{
    return note("write") != 0 ? -1 : tsk_os_real.write(fd, bytes, len);
}

static int watched_fsync(int fd)
{
    struct stat st;
    bool is_dir = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);

    return note(is_dir ? "fsync-dir" : "fsync") != 0 ? -1 : tsk_os_real.fsync(fd);
}

static int watched_close(int fd)
{
    int rc = note("close");
    int real = tsk_os_real.close(fd);

    errno = EIO;
    return rc != 0 ? -1 : real;
}

static int watched_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return note("rename") != 0 ? -1 : tsk_os_real.renameat(from_dir, from, to_dir, to);
}

static struct tsk_os watched;

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/tasuki-test-XXXXXX");
    watched = tsk_os_real;
    watched.openat = watched_openat;
    watched.write = watched_write;
    watched.fsync = watched_fsync;
    watched.close = watched_close;
    watched.renameat = watched_renameat;
    return mkdtemp(folder) == NULL;
}

static int tear_down(void **state)
{
    char path[128];

    (void)state;
    snprintf(path, sizeof path, "%s/name", folder);
    unlink(path);
    return rmdir(folder); /* fails if a temporary file was left behind */
}

static int put_watched(const char *bytes, struct tsk_err *err)
{
    int dir = tsk_dir_open(folder, NULL);

    calls[0] = '\0';
    tsk_os = &watched;
    int rc = tsk_file_put(dir, "name", bytes, strlen(bytes), 0600, err);
    tsk_os = &tsk_os_real;
    close(dir);
    return rc;
}

static void the_order_of_calls_is_the_promise(void **state)
{
    (void)state;
    broken = "";
    assert_int_equal(put_watched("bytes", NULL), 0);
    assert_string_equal(calls, "open write fsync close rename fsync-dir ");
}

static void a_failed_call_leaves_the_old_file_whole(void **state)
{
    static const char *const steps[] = { "open", "write", "fsync", "close", "rename" };
    struct tsk_buf got = TSK_BUF(100);
    char path[128];
    struct tsk_err err;

    (void)state;
    snprintf(path, sizeof path, "%s/name", folder);
    broken = "";
    assert_int_equal(put_watched("old", NULL), 0);
    for (size_t i = 0; i < TSK_COUNT(steps); i++) {
        broken = steps[i];
        assert_int_equal(put_watched("new", &err), -1);
        assert_int_equal(err.kind, TSK_RETRY);
        tsk_buf_reset(&got);
        assert_int_equal(tsk_file_read(path, &got, NULL), 0);
        assert_string_equal(tsk_buf_text(&got), "old");
    }
    broken = "fsync-dir";
    assert_int_equal(put_watched("new", &err), -1);
    tsk_buf_free(&got);
}

static void reading_stops_at_the_cap(void **state)
{
    struct tsk_buf got = TSK_BUF(2);
    struct tsk_err err;
    char path[128];

    (void)state;
    broken = "";
    assert_int_equal(put_watched("bytes", NULL), 0);
    snprintf(path, sizeof path, "%s/name", folder);
    assert_int_equal(tsk_file_read(path, &got, &err), -1);
    assert_non_null(strstr(err.text, path));
    tsk_buf_free(&got);
    assert_int_equal(tsk_file_read("/nonexistent/file", &got, &err), -1);
    assert_non_null(strstr(err.text, "/nonexistent/file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_order_of_calls_is_the_promise, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_call_leaves_the_old_file_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reading_stops_at_the_cap, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
