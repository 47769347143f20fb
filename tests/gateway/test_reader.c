/* The reader against a real recogniser, spool, archive and store: killed at every boundary, starved, and given bad input. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/os.h"
#include "fault.h"
#include "gateway/reader.h"
#include "gateway/site.h"
#include "gateway/site_routing.h"
#include "gateway/spool_site.h"
#include "records/document.h"
#include "records/notice.h"

static const char config_text[] = "offices:\n"
                                  "  - {id: east, name: 東成区相談支援室, ward: \"27115\", phone: \"06-0000-0000\", "
                                  "hours: 9-17, email: a@example.jp}\n"
                                  "  - {id: west, name: 生野区相談支援室, ward: \"27116\", phone: \"06-0000-0001\", "
                                  "hours: 9-17, email: b@example.jp}\n"
                                  "reading: {marks_only: true}\n"
                                  "disk_free_mb_min: 1\n"
                                  "rules:\n"
                                  "  - {id: held, event: document.held, to: coordination_office, kind: alert, "
                                  "channels: [email], template: document-held}\n"
                                  "  - {id: received, event: sheet.received, to: coordination_office, kind: alert, "
                                  "channels: [email], template: sheet-received}\n";

static const char sheet_json[] = "{\"pages\": [{\"form\": \"outcome\", \"edition\": \"higashinari-2015\"}]}";

static char dir[64], sheet_path[128];
static struct tsk_site *site;
static struct tsk_buf sheet = { .max = (size_t)4 << 20 };
static pid_t recogniser;
static unsigned serial;

static pid_t start(const char *const *args)
{
    pid_t pid;

    return posix_spawn(&pid, args[0], NULL, NULL, (char *const *)(uintptr_t)args, environ) == 0 ? pid : -1;
}

static int make_site(void **unused)
{
    char spec[128];
    struct tsk_err err = { 0 };
    const char *make[] = { TASUKI_BINARY_DIR "/make_sheet", spec, sheet_path, NULL };
    const char *serve[] = { TASUKI_BINARY_DIR "/tasuki", "recogniser", "--site", dir, NULL };
    char path[128];
    int status;

    (void)unused;
    snprintf(dir, sizeof dir, "%s/tasuki-reader-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/tasuki.yaml", dir);
    snprintf(spec, sizeof spec, "%s/sheet.json", dir);
    snprintf(sheet_path, sizeof sheet_path, "%s/sheet.tif", dir);
    if (tsk_file_put_path(path, config_text, sizeof config_text - 1, 0600, &err) != 0 ||
        tsk_file_put_path(spec, sheet_json, sizeof sheet_json - 1, 0600, &err) != 0 ||
        waitpid(start(make), &status, 0) < 0 || status != 0 || tsk_file_read(sheet_path, &sheet, &err) != 0 ||
        tsk_site_open_dir(&site, dir, &err) != 0 || tsk_site_make_dirs(site, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    recogniser = start(serve);
    return recogniser > 0 ? 0 : -1;
}

static int remove_site(void **unused)
{
    const char *const args[] = { "/bin/rm", "-rf", dir, NULL };

    (void)unused;
    kill(recogniser, SIGTERM);
    waitpid(recogniser, NULL, 0);
    tsk_site_close(&site);
    tsk_buf_free(&sheet);
    return waitpid(start(args), NULL, 0) < 0;
}

static struct tsk_spool *open_spool(void)
{
    struct tsk_spool *spool;
    struct tsk_err err = { 0 };

    if (tsk_site_spool_open(&spool, site, &err) != 0)
        fail_msg("%s", err.text);
    return spool;
}

static struct tsk_reader *open_reader(void)
{
    struct tsk_reader *reader;
    struct tsk_err err = { 0 };

    if (tsk_reader_open(&reader, site, &err) != 0)
        fail_msg("%s", err.text);
    return reader;
}

static struct tsk_records *open_records(void)
{
    struct tsk_records *records;
    struct tsk_err err = { 0 };

    if (tsk_records_open(&records, site, &err) != 0)
        fail_msg("%s", err.text);
    return records;
}

static void submit(char id[TSK_ID_SIZE], const char *office, const void *bytes, size_t len)
{
    struct tsk_envelope envelope = { .source = "submit" };
    struct tsk_spool *spool = open_spool();
    struct tsk_err err = { 0 };
    int fd = memfd_create("document", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, 0), (ssize_t)len);
    snprintf(envelope.office, sizeof envelope.office, "%s", office);
    if (tsk_spool_put(spool, fd, &envelope, &err) != 0)
        fail_msg("%s", err.text);
    memcpy(id, envelope.id, TSK_ID_SIZE);
    close(fd);
    tsk_spool_close(&spool);
}

/* The sheet with a tail of its own: other bytes, same page. */
static void submit_sheet(char id[TSK_ID_SIZE], const char *office)
{
    struct tsk_buf bytes = TSK_BUF(sheet.max);

    tsk_buf_add(&bytes, sheet.data, sheet.len);
    tsk_buf_printf(&bytes, "tail %u", serial++);
    submit(id, office, bytes.data, bytes.len);
    tsk_buf_free(&bytes);
}

static enum tsk_reader_step step_when_ready(struct tsk_reader *reader)
{
    enum tsk_reader_step step = TSK_READER_LATER;
    struct timespec wait = { .tv_nsec = 100000000 };

    for (int i = 0; i < 600 && step == TSK_READER_LATER; i++) {
        step = tsk_reader_step(reader, false);
        if (step == TSK_READER_LATER)
            nanosleep(&wait, NULL);
    }
    return step;
}

static void read_all(void)
{
    struct tsk_reader *reader = open_reader();
    enum tsk_reader_step step;

    do {
        step = step_when_ready(reader);
    } while (step == TSK_READER_DONE);
    assert_int_equal(step, TSK_READER_IDLE);
    tsk_reader_close(&reader);
}

static long in_state(enum tsk_spool_state state)
{
    struct tsk_spool *spool = open_spool();
    long count = tsk_spool_count(spool, state, NULL);

    tsk_spool_close(&spool);
    return count;
}

static struct tsk_spool_entry entry_of(const char *id)
{
    struct tsk_spool *spool = open_spool();
    struct tsk_spool_entry entry;
    struct tsk_err err = { 0 };

    if (tsk_spool_show(spool, id, &entry, &err) != 0)
        fail_msg("%s", err.text);
    tsk_spool_close(&spool);
    return entry;
}

/* What the records say of a document, and how many notices it caused. */
static struct tsk_document recorded(const char *id, struct tsk_arena *arena, size_t *notices)
{
    struct tsk_records *records = open_records();
    struct tsk_document document;
    struct tsk_sheets sheets;
    struct tsk_notices found;
    const struct tsk_sheet_filter of_document = { .document = id };
    struct tsk_err err = { 0 };

    if (tsk_document_find(&document, records->store, &tsk_scope_all, id, arena, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(tsk_sheet_list(&sheets, records->store, &tsk_scope_all, &of_document, arena, &err), 0);
    *notices = 0;
    for (size_t i = 0; i < sheets.count; i++) {
        const struct tsk_notice_filter filter = { .sheet = sheets.items[i].id };

        assert_int_equal(tsk_notice_list(&found, records->store, &tsk_scope_all, &filter, arena, &err), 0);
        *notices += found.count;
    }
    tsk_records_close(&records);
    return document;
}

static const char *die_at;

static void die_there(const char *name)
{
    if (strcmp(name, die_at) == 0)
        raise(SIGKILL);
}

static void read_until_killed(const char *boundary)
{
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        struct tsk_reader *reader;
        struct tsk_err err = { 0 };

        die_at = boundary;
        tsk_reader_boundary = die_there;
        if (tsk_reader_open(&reader, site, &err) == 0)
            (void)step_when_ready(reader);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void test_killed_at_each_boundary(void **unused)
{
    static const char *const boundaries[] = { "attempted", "read", "archived", "committed", "finished" };

    (void)unused;
    for (size_t i = 0; i < TSK_COUNT(boundaries); i++) {
        struct tsk_arena *arena = tsk_arena_new((size_t)4 << 20);
        struct tsk_document document;
        char id[TSK_ID_SIZE];
        size_t notices;

        submit_sheet(id, "east");
        read_until_killed(boundaries[i]);
        if (strcmp(boundaries[i], "attempted") == 0)
            assert_int_equal(entry_of(id).attempts, 1); /* noted before anything was asked */
        read_all();                                     /* takes up what the dead one had in hand */
        document = recorded(id, arena, &notices);
        assert_int_equal(document.state, TSK_DOCUMENT_READ);
        assert_int_equal(document.page_count, 1);
        assert_int_equal(document.sheet_count, 1);
        assert_int_equal(notices, 1);
        assert_int_equal(in_state(TSK_SPOOL_INCOMING), 0);
        assert_int_equal(in_state(TSK_SPOOL_READING), 0);
        tsk_arena_free(&arena);
    }
}

static void test_same_bytes_again(void **unused)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)4 << 20);
    char first[TSK_ID_SIZE], second[TSK_ID_SIZE], elsewhere[TSK_ID_SIZE];
    struct tsk_document document;
    size_t notices;

    (void)unused;
    submit(first, "east", sheet.data, sheet.len);
    read_all();
    submit(second, "east", sheet.data, sheet.len);
    submit(elsewhere, "west", sheet.data, sheet.len);
    read_all();
    document = recorded(second, arena, &notices);
    assert_int_equal(document.state, TSK_DOCUMENT_DUPLICATE);
    assert_string_equal(document.duplicate_of, first);
    assert_int_equal(notices, 0);
    document = recorded(elsewhere, arena, &notices);
    assert_int_equal(document.state, TSK_DOCUMENT_READ);
    assert_string_equal(document.office, "west");
    assert_int_equal(notices, 1);
    tsk_arena_free(&arena);
}

static const struct bad_input {
    const char *what, *bytes;
    size_t len;
    const char *words; /* in the reason */
} bad_inputs[] = {
    { "empty", "", 0, "empty" },
    { "text", "hello, world\n", 13, "not a TIFF" },
    { "a TIFF that ends after its header", "II*\0\x08\0\0\0", 8, "" },
    { "a PDF of nothing", "%PDF-1.4\n%%EOF\n", 15, "" },
    { "a PNG of nothing", "\x89PNG\r\n\x1a\n", 8, "" },
    { "a JPEG of nothing", "\xff\xd8\xff\xe0", 4, "" },
};

static void test_bad_input_is_held(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < TSK_COUNT(bad_inputs); i++) {
        struct tsk_arena *arena = tsk_arena_new((size_t)4 << 20);
        struct tsk_document document;
        struct tsk_spool_entry entry;
        char id[TSK_ID_SIZE];
        size_t notices;

        submit(id, "west", bad_inputs[i].bytes, bad_inputs[i].len);
        read_all();
        entry = entry_of(id);
        document = recorded(id, arena, &notices);
        if (entry.state != TSK_SPOOL_HELD || document.state != TSK_DOCUMENT_HELD || document.reason[0] == '\0' ||
            strstr(document.reason, bad_inputs[i].words) == NULL)
            fail_msg("%s: %s, %s", bad_inputs[i].what, tsk_spool_state_name(entry.state), document.reason);
        assert_string_equal(document.office, "west");
        tsk_arena_free(&arena);
    }
}

/* A person tries a held document again. */
static void test_held_and_tried_again(void **unused)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)4 << 20);
    struct tsk_spool *spool = open_spool();
    struct tsk_spool_entry entry;
    struct tsk_document document;
    char id[TSK_ID_SIZE];
    struct tsk_err err = { 0 };
    uint32_t deaths;
    size_t notices;

    (void)unused;
    submit_sheet(id, "east");
    assert_int_equal(tsk_spool_claim(spool, "", &entry, &err), 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(tsk_spool_attempt(spool, id, &err), 0);
        assert_int_equal(tsk_spool_blame(spool, id, &deaths, &err), 0);
    }
    assert_int_equal(tsk_spool_release(spool, id, &err), 0);
    read_all();
    document = recorded(id, arena, &notices);
    assert_int_equal(document.state, TSK_DOCUMENT_HELD);
    assert_int_equal(entry_of(id).state, TSK_SPOOL_HELD);
    assert_int_equal(tsk_spool_retry(spool, id, &err), 0);
    read_all();
    document = recorded(id, arena, &notices);
    assert_int_equal(document.state, TSK_DOCUMENT_READ);
    assert_int_equal(document.sheet_count, 1);
    tsk_spool_close(&spool);
    tsk_arena_free(&arena);
}

static void test_damaged_original(void **unused)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)4 << 20);
    struct tsk_document document;
    char id[TSK_ID_SIZE], path[256];
    size_t notices;

    (void)unused;
    submit_sheet(id, "east");
    snprintf(path, sizeof path, "%s/incoming/%s/original", site->spool, id);
    assert_int_equal(truncate(path, 50), 0);
    read_all();
    assert_int_equal(entry_of(id).state, TSK_SPOOL_CORRUPT);
    document = recorded(id, arena, &notices);
    assert_int_equal(document.state, TSK_DOCUMENT_HELD);
    tsk_arena_free(&arena);
}

static void test_busy_database(void **unused)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)4 << 20);
    struct tsk_reader *reader = open_reader();
    struct tsk_records *other = open_records();
    struct tsk_document document;
    char id[TSK_ID_SIZE];
    struct tsk_err err = { 0 };
    size_t notices;

    (void)unused;
    while (step_when_ready(reader) == TSK_READER_DONE)
        ;
    submit_sheet(id, "east");
    assert_int_equal(tsk_store_begin(other->store, &err), 0);
    assert_int_equal(tsk_reader_step(reader, false), TSK_READER_LATER);
    assert_int_equal(entry_of(id).state, TSK_SPOOL_INCOMING);
    assert_int_equal(entry_of(id).attempts, 0); /* not the document's fault */
    tsk_store_rollback(other->store);
    tsk_records_close(&other);
    assert_int_equal(tsk_reader_step(reader, false), TSK_READER_DONE);
    document = recorded(id, arena, &notices);
    assert_int_equal(document.state, TSK_DOCUMENT_READ);
    assert_int_equal(notices, 1);
    tsk_reader_close(&reader);
    tsk_arena_free(&arena);
}

static void test_full_disk(void **unused)
{
    struct tsk_arena *arena = tsk_arena_new((size_t)4 << 20);
    struct tsk_reader *reader = open_reader();
    struct tsk_document document;
    char id[TSK_ID_SIZE];
    size_t notices;

    (void)unused;
    while (step_when_ready(reader) == TSK_READER_DONE)
        ;
    submit_sheet(id, "east");
    for (size_t room = 0; room < 2000; room += 300) { /* the counts, then the blobs */
        fault_start();
        fault_disk_full_after(room);
        assert_int_equal(tsk_reader_step(reader, false), TSK_READER_LATER);
        fault_stop();
        assert_int_not_equal(entry_of(id).state, TSK_SPOOL_HELD);
        if (entry_of(id).state == TSK_SPOOL_READING) { /* could not even be put back: the next start does it */
            struct tsk_spool *spool = open_spool();

            assert_int_equal(tsk_spool_recover(spool, NULL), 1);
            tsk_spool_close(&spool);
        }
    }
    tsk_reader_close(&reader);
    read_all();
    document = recorded(id, arena, &notices);
    assert_int_equal(document.state, TSK_DOCUMENT_READ);
    assert_int_equal(notices, 1);
    tsk_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_at_each_boundary),
        cmocka_unit_test(test_same_bytes_again),
        cmocka_unit_test(test_bad_input_is_held),
        cmocka_unit_test(test_held_and_tried_again),
        cmocka_unit_test(test_damaged_original),
        cmocka_unit_test(test_busy_database),
        cmocka_unit_test(test_full_disk),
    };

    return cmocka_run_group_tests(tests, make_site, remove_site);
}
