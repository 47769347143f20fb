/* A watched folder at its narrowest points: a device that writes while a file is being put away, and what looks finished. */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/os.h"
#include "gateway/folder.h"
#include "gateway/settling.h"
#include "gateway/site.h"
#include "gateway/spool_site.h"
#include "gateway/whole.h"

static const char config_text[] =
    "offices:\n"
    "  - {id: east, name: 東成区相談支援室, ward: \"27115\", phone: \"06-0000-0000\", hours: 9-17, email: "
    "a@example.jp}\n"
    "sources:\n"
    "  - {id: kept, office: east, kind: folder, folder: kept, stable_ms: 20}\n"
    "  - {id: gone, office: east, kind: folder, folder: gone, stable_ms: 20, after: delete}\n"
    "disk_free_mb_min: 1\n";

static char dir[64];
static struct tsk_site *site;
static struct tsk_spool *spool;
static struct tsk_folder *folder;
static int inotify;

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static char *path_of(const char *name)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static void put(const char *name, const char *text)
{
    struct tsk_err err = { 0 };

    assert_int_equal(tsk_file_put_path(path_of(name), text, strlen(text), 0600, &err), 0);
}

static int setup(void **state)
{
    struct tsk_err err = { 0 };

    (void)state;
    snprintf(dir, sizeof dir, "/tmp/tasuki-folder-XXXXXX");
    assert_non_null(mkdtemp(dir));
    put("tasuki.yaml", config_text);
    if (tsk_site_open_dir(&site, dir, &err) != 0 || tsk_site_make_dirs(site, &err) != 0 ||
        tsk_site_spool_open(&spool, site, &err) != 0)
        fail_msg("%s", err.text);
    inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tsk_os = &tsk_os_real;
    tsk_folder_close(&folder);
    tsk_spool_close(&spool);
    tsk_site_close(&site);
    close(inotify);
    nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}

static void watch(const char *source)
{
    struct tsk_err err = { 0 };

    tsk_folder_close(&folder);
    assert_int_equal(tsk_folder_open(&folder, site, spool, tsk_config_source(site->config, source), inotify, &err), 0);
}

static void look(int times)
{
    bool looked;

    for (int i = 0; i < times; i++) {
        (void)tsk_folder_step(folder, &looked);
        assert_true(looked);
        tsk_sleep_ms(30);
    }
}

static long taken(void)
{
    struct tsk_err err = { 0 };

    return tsk_spool_count(spool, TSK_SPOOL_INCOMING, &err);
}

static struct tsk_os watched;
static void (*at_move)(void);

static int move_watched(int from_dir, const char *from, int to_dir, const char *to)
{
    if (strcmp(from, "SCN_0001.tif") == 0 && at_move != NULL) {
        void (*once)(void) = at_move;

        at_move = NULL;
        once();
    }
    return tsk_os_real.renameat(from_dir, from, to_dir, to);
}

static const char *source;
static int open_fd = -1;

static void replaced(void)
{
    char from[96], to[96];

    snprintf(from, sizeof from, "%s/.new", source);
    snprintf(to, sizeof to, "%s/SCN_0001.tif", source);
    put(from, "the second");
    assert_int_equal(rename(path_of(from), path_of(to)), 0);
}

static void written_to(void)
{
    char name[96];
    int fd;

    snprintf(name, sizeof name, "%s/SCN_0001.tif", source);
    fd = open(path_of(name), O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, " and more", 9), 9);
    close(fd);
}

static void opened(void)
{
    char name[96];

    snprintf(name, sizeof name, "%s/SCN_0001.tif", source);
    open_fd = open(path_of(name), O_WRONLY | O_APPEND);
}

static void run_moment(const char *id, void (*what)(void))
{
    char name[96];

    source = id;
    watch(id);
    look(1); /* makes the folder */
    snprintf(name, sizeof name, "%s/SCN_0001.tif", id);
    put(name, "the first");
    watched = tsk_os_real;
    watched.renameat = move_watched;
    tsk_os = &watched;
    at_move = what;
    look(4);
    if (open_fd >= 0) {
        assert_int_equal(taken(), 1);
        assert_int_equal(access(path_of(name), F_OK), 0); /* it is back, and waits until its writer is through */
        assert_int_equal(write(open_fd, " and the rest", 13), 13);
        close(open_fd);
        open_fd = -1;
        look(4);
    }
    assert_null(at_move);
    assert_int_equal(taken(), 2);
    assert_int_not_equal(access(path_of(name), F_OK), 0);
    tsk_os = &tsk_os_real;
}

static void test_nothing_is_lost_while_a_file_is_put_away(void **state)
{
    static void (*const moments[])(void) = { replaced, written_to, opened };
    static const char *const ids[] = { "kept", "gone" };

    for (size_t i = 0; i < TSK_COUNT(ids); i++)
        for (size_t k = 0; k < TSK_COUNT(moments); k++) {
            teardown(state);
            setup(state);
            run_moment(ids[i], moments[k]);
        }
}

#define BYTES(text) text, sizeof text - 1
static const struct whole_case {
    const char *what, *bytes;
    size_t len;
    bool whole;
} wholes[] = {
    { "empty", BYTES(""), false },
    { "a few letters", BYTES("abc"), true },
    { "a PDF", BYTES("%PDF-1.4\n1 0 obj\n%%EOF\n"), true },
    { "a PDF that goes on", BYTES("%PDF-1.4\n1 0 obj\n"), false },
    { "a TIFF of one page", BYTES("II*\0\x08\0\0\0\0\0\0\0\0\0"), true },
    { "big-endian", BYTES("MM\0*\0\0\0\x08\0\0\0\0\0\0"), true },
    { "a TIFF whose list is still to come", BYTES("II*\0\x40\0\0\0\0\0\0\0\0\0"), false },
    { "a TIFF without a list yet", BYTES("II*\0\0\0\0\0\0\0\0\0\0\0"), false },
    { "a TIFF whose next page is still to come", BYTES("II*\0\x08\0\0\0\0\0\x40\0\0\0"), false },
    { "a TIFF that bites its tail", BYTES("II*\0\x08\0\0\0\0\0\x08\0\0\0"), true },
    { "a TIFF cut in its list", BYTES("II*\0\x08\0\0\0\x02\0\0\0\0\0"), false },
    { "a PNG", BYTES("\x89PNG\r\n\x1a\n....IEND\xae\x42\x60\x82"), true },
    { "a PNG cut off", BYTES("\x89PNG\r\n\x1a\n...."), false },
    { "a JPEG", BYTES("\xff\xd8\xff\xe0....\xff\xd9"), true },
    { "a JPEG cut off", BYTES("\xff\xd8\xff\xe0...."), false },
};

static void test_what_looks_finished(void **state)
{
    (void)state;
    for (size_t i = 0; i < TSK_COUNT(wholes); i++) {
        int fd = memfd_create("whole", MFD_CLOEXEC);

        assert_int_equal(tsk_write_all(fd, wholes[i].bytes, wholes[i].len), 0);
        if (tsk_looks_whole(fd, (off_t)wholes[i].len) != wholes[i].whole)
            fail_msg("%s", wholes[i].what);
        close(fd);
    }
}

static void look_at(struct tsk_settling *settling, int from, int to, off_t size)
{
    for (int i = from; i < to; i++) {
        struct stat st = { .st_ino = (ino_t)i, .st_size = size };
        char name[32];

        snprintf(name, sizeof name, "scan%06d.tif", i);
        assert_non_null(tsk_settling_look(settling, name, &st));
    }
}

static void test_thousands_settle(void **state)
{
    struct tsk_settling *settling = tsk_settling_new();
    struct tsk_settling_file *file;
    struct stat st = { .st_ino = 4321, .st_size = 1 };
    int64_t since;

    (void)state;
    look_at(settling, 0, 5000, 1);
    file = tsk_settling_look(settling, "scan004321.tif", &st);
    since = file->since_ms;
    tsk_settling_forget(settling);
    tsk_sleep_ms(5);
    look_at(settling, 4000, 5000, 1); /* the others are gone */
    tsk_settling_forget(settling);
    file = tsk_settling_look(settling, "scan004321.tif", &st);
    assert_true(file->since_ms == since); /* looks as it did */
    st.st_size = 2;
    file = tsk_settling_look(settling, "scan004321.tif", &st);
    assert_true(file->since_ms > since); /* grew */
    since = file->since_ms;
    st.st_ino = 1;
    tsk_sleep_ms(5);
    assert_true(tsk_settling_look(settling, "scan004321.tif", &st)->since_ms > since); /* another file of that name */
    tsk_settling_free(&settling);
    tsk_settling_free(&settling);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_is_lost_while_a_file_is_put_away),
        cmocka_unit_test(test_what_looks_finished),
        cmocka_unit_test(test_thousands_settle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
