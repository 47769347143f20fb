/*
 * Whatever breaks while a document is taken in, nobody is told "received" for what is not there: a folder's file that is moved
 * or deleted, the status of the fax hook and of submit, the answer to an upload. Every call of each breaks once, from then on,
 * or kills the process, plainly or with a power cut; then the sender tries again, and the document is there.
 */
#include <dirent.h>
#include <errno.h>
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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/os.h"
#include "fault.h"
#include "gateway/command.h"
#include "gateway/fax_in.h"
#include "gateway/folder.h"
#include "gateway/site.h"
#include "gateway/site_routing.h"
#include "gateway/spool_site.h"
#include "review/route.h"

#ifdef TASUKI_ASAN /* each start of a process costs much more there; the plain build tries every point */
#define STEP 7
#else
#define STEP 1
#endif
#define TOLD 0
#define NOT_TOLD 1
#define TOO_EARLY 2 /* told before a power cut would have left it */

static const char config_text[] =
    "offices:\n"
    "  - {id: east, name: 東成区相談支援室, ward: \"27115\", phone: \"06-0000-0000\", hours: 9-17, email: "
    "a@example.jp}\n"
    "sources:\n"
    "  - {id: kept, office: east, kind: folder, folder: kept, stable_ms: 1}\n"
    "  - {id: gone, office: east, kind: folder, folder: gone, stable_ms: 1, after: delete}\n"
    "  - {id: line, office: east, kind: fax}\n"
    "disk_free_mb_min: 1\n";
static const char content[] = "%PDF-1.4\nnot much of one\n%%EOF\n";

static char dir[64];
static struct tsk_site *site;

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

    if (tsk_file_put_path(path_of(name), text, strlen(text), 0600, &err) != 0)
        fail_msg("%s", err.text);
}

static bool is_attempt; /* this is the process in which calls break */

static struct tsk_spool *open_spool(void)
{
    struct tsk_spool *spool = NULL;
    struct tsk_err err = { 0 };

    if (tsk_site_spool_open(&spool, site, &err) == 0)
        return spool;
    if (is_attempt)
        _exit(NOT_TOLD);
    fail_msg("%s", err.text);
    return NULL;
}

/* How many documents the spool has; all of them are whole. */
static size_t documents(void)
{
    struct tsk_spool *spool = open_spool();
    struct tsk_spool_entry *entries, again;
    struct tsk_err err = { 0 };
    size_t count;

    assert_int_equal(tsk_spool_list(spool, TSK_SPOOL_INCOMING, &entries, &count, &err), 0);
    for (size_t i = 0; i < count; i++) {
        int fd = tsk_spool_peek(spool, entries[i].envelope.id, &again, &err);

        if (fd < 0)
            fail_msg("%s", err.text);
        assert_int_equal(entries[i].envelope.size_bytes, sizeof content - 1);
        close(fd);
    }
    tsk_spool_list_free(&entries);
    assert_int_equal(tsk_spool_count(spool, TSK_SPOOL_CORRUPT, &err), 0);
    tsk_spool_close(&spool);
    return count;
}

/* The ways in: each tries once, and says what the sender heard. They run in a process of their own, the fault is armed. ------ */

static const struct tsk_os *faulty;
static int heard;

static bool is_the_file(const char *name)
{
    return strcmp(name, "SCN_0001.pdf") == 0;
}

/* A file that leaves its folder is the folder's way to say "received". */
static int move_watched(int from_dir, const char *from, int to_dir, const char *to)
{
    if (is_the_file(from) && fault_unsynced() > 0)
        heard = TOO_EARLY;
    return faulty->renameat(from_dir, from, to_dir, to);
}

static void look_into(const char *source)
{
    struct tsk_spool *spool = open_spool();
    int inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    struct tsk_folder *folder;
    struct tsk_err err = { 0 };
    bool looked;

    if (tsk_folder_open(&folder, site, spool, tsk_config_source(site->config, source), inotify, &err) != 0)
        _exit(NOT_TOLD);
    for (int i = 0; i < 3; i++) {
        (void)tsk_folder_step(folder, &looked);
        tsk_sleep_ms(3);
    }
    tsk_folder_close(&folder);
    tsk_spool_close(&spool);
    close(inotify);
}

static int try_folder(const char *source)
{
    char name[64];
    static struct tsk_os os;

    snprintf(name, sizeof name, "%s/SCN_0001.pdf", source);
    faulty = tsk_os;
    os = *tsk_os;
    os.renameat = move_watched;
    tsk_os = &os;
    heard = NOT_TOLD;
    look_into(source);
    if (heard == NOT_TOLD && access(path_of(name), F_OK) != 0)
        heard = TOLD;
    return heard;
}

static int try_kept(void)
{
    return try_folder("kept");
}

static int try_gone(void)
{
    return try_folder("gone");
}

static int told_if(bool received)
{
    return !received ? NOT_TOLD : fault_unsynced() > 0 ? TOO_EARLY : TOLD;
}

static int try_fax(void)
{
    const struct tsk_fax_call call = { .name = "fax000000001.tif", .device = "", .fault = "" };
    struct tsk_spool *spool = open_spool();
    int fd = open(path_of("kept/SCN_0001.pdf"), O_RDONLY | O_CLOEXEC);
    enum tsk_fax_took took;
    char id[TSK_ID_SIZE];
    struct tsk_err err = { 0 };
    int rc = tsk_fax_take(&took, id, site, spool, tsk_config_source(site->config, "line"), &call, fd, 0, &err);

    close(fd);
    tsk_spool_close(&spool);
    return told_if(rc == 0 && took != TSK_FAX_LOCKED);
}

static int try_submit(void)
{
    char name[] = "submit", option[] = "--site", *file = path_of("kept/SCN_0001.pdf");
    char *argv[] = { name, option, dir, file, NULL };

    return told_if(tsk_cmd_submit.run(4, argv) == 0);
}

static int try_upload(void)
{
    static const char *const offices[] = { "east" };
    struct tsk_records *records = NULL;
    struct tsk_spool *spool = open_spool();
    struct tsk_arena *arena = tsk_arena_new((size_t)1 << 20);
    struct tsk_reply reply = { .status = 0 };
    struct tsk_err err = { 0 };
    const struct tsk_desk desk = { .config = site->config };
    struct tsk_request request = { .desk = &desk,
                                   .upload = open(path_of("kept/SCN_0001.pdf"), O_RDONLY | O_CLOEXEC),
                                   .upload_bytes = sizeof content - 1,
                                   .scope = { .offices = offices, .office_count = 1 },
                                   .who = { .name = "tester" },
                                   .spool = spool,
                                   .arena = arena };
    int rc = tsk_records_open(&records, site, &err);

    if (rc == 0) {
        request.store = records->store;
        rc = tsk_routes_uploads[0].handler(&reply, &request, &err);
    }
    json_decref(reply.json);
    close(request.upload);
    tsk_records_close(&records);
    tsk_spool_close(&spool);
    tsk_arena_free(&arena);
    return told_if(rc == 0 && reply.status == 201);
}

static const struct way {
    const char *what;
    int (*attempt)(void);
    const char *file; /* of the folder that is emptied; NULL: the sender keeps it */
} ways[] = {
    { "a folder that keeps", try_kept, "kept/SCN_0001.pdf" },
    { "a folder that deletes", try_gone, "gone/SCN_0001.pdf" },
    { "the fax hook", try_fax, NULL },
    { "submit", try_submit, NULL },
    { "an upload", try_upload, NULL },
};

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void clear(void)
{
    tsk_site_close(&site);
    if (dir[0] != '\0')
        nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    dir[0] = '\0';
}

/* A store is made once; the others are its copy. */
static void put_store(void)
{
    static struct tsk_buf whole;
    struct tsk_records *records = NULL;
    struct tsk_err err = { 0 };

    if (whole.len > 0) {
        if (tsk_file_put_path(site->store, whole.data, whole.len, 0600, &err) != 0)
            fail_msg("%s", err.text);
        return;
    }
    if (tsk_records_open(&records, site, &err) != 0)
        fail_msg("%s", err.text);
    whole = TSK_BUF((size_t)16 << 20);
    tsk_records_close(&records); /* the last one puts the log into the file */
    if (tsk_file_read(site->store, &whole, &err) != 0)
        fail_msg("%s", err.text);
}

static void new_site(const struct way *way)
{
    struct tsk_err err = { 0 };

    clear();
    snprintf(dir, sizeof dir, "%s/tasuki-in-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(dir));
    put("tasuki.yaml", config_text);
    if (tsk_site_open_dir(&site, dir, &err) != 0 || tsk_site_make_dirs(site, &err) != 0 ||
        tsk_dir_make(path_of("kept/done"), 0700, &err) != 0 || tsk_dir_make(path_of("gone"), 0700, &err) != 0)
        fail_msg("%s", err.text);
    if (way->attempt == try_upload)
        put_store();
    put("kept/SCN_0001.pdf", content);
    put("gone/SCN_0001.pdf", content);
}

static int take_away(void **state)
{
    (void)state;
    clear();
    return 0;
}

struct trouble {
    const char *name;
    enum fault_how how;
    int cut; /* -1: none */
};

/* What the sender heard, FAULT_EXIT when the process was killed; *fired: the fault was met. */
static int attempt(const struct way *way, const struct trouble *trouble, unsigned nth, unsigned left_out, bool *fired)
{
    static const int errors[] = { EIO, ENOSPC };
    int met[2], status;
    char yes = 'y'; /* when it could not even start, or was killed */
    pid_t pid;

    assert_int_equal(pipe(met), 0);
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        int out;

        is_attempt = true;
        (void)!freopen("/dev/null", "w", stdout);
        (void)!freopen("/dev/null", "w", stderr);
        fault_start();
        fault_leave_out_sync(left_out);
        if (trouble->cut >= 0)
            fault_kill_cuts((enum fault_cut)trouble->cut);
        fault_arm(trouble->how, nth, errors[nth % 2]);
        out = way->attempt();
        (void)!write(met[1], fault_fired() ? "y" : "n", 1);
        _exit(out);
    }
    close(met[1]);
    (void)!read(met[0], &yes, 1);
    close(met[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    *fired = yes == 'y';
    return WEXITSTATUS(status);
}

/* No name that nobody would look at: what was killed before it was deleted is taken again. */
static void nothing_is_hidden(const struct way *way, const char *what, unsigned nth)
{
    DIR *list = opendir(path_of("gone"));

    assert_non_null(list);
    for (struct dirent *e = readdir(list); e != NULL; e = readdir(list))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            fail_msg("%s, %s at call %u: %s is left in the folder", way->what, what, nth, e->d_name);
    closedir(list);
}

/* The sender, who was not told, tries again on a disk that works. */
static void try_again(const struct way *way, const char *what, unsigned nth)
{
    static const struct trouble none = { "", FAULT_ONCE, -1 };
    size_t count;
    bool fired;

    if (attempt(way, &none, 0, 0, &fired) != TOLD && documents() == 0)
        fail_msg("%s, %s at call %u: the document never arrives", way->what, what, nth);
    count = documents();
    if (count == 0 || count > 2) /* twice: its answer was lost; the records know the twin */
        fail_msg("%s, %s at call %u: %zu documents", way->what, what, nth, count);
    if (way->file != NULL)
        assert_int_not_equal(access(path_of(way->file), F_OK), 0);
    if (way->attempt == try_gone)
        nothing_is_hidden(way, what, nth);
}

static void break_every_call(const struct way *way, const struct trouble *trouble)
{
    for (unsigned nth = 1;; nth += STEP) {
        bool fired;
        int told;

        new_site(way);
        told = attempt(way, trouble, nth, 0, &fired);
        if (told == TOO_EARLY)
            fail_msg("%s, %s at call %u: told before it was durable", way->what, trouble->name, nth);
        if (told == TOLD && documents() == 0)
            fail_msg("%s, %s at call %u: told, and nothing is there", way->what, trouble->name, nth);
        if (way->file != NULL && access(path_of(way->file), F_OK) != 0 && documents() == 0)
            fail_msg("%s, %s at call %u: the file is gone, and nothing is there", way->what, trouble->name, nth);
        try_again(way, trouble->name, nth);
        if (!fired)
            break;
        assert_true(nth < 400);
    }
}

static void test_faults_and_power_cuts(void **state)
{
    static const struct trouble troubles[] = {
        { "a failure", FAULT_ONCE, -1 },
        { "failures", FAULT_FROM_THEN_ON, -1 },
        { "a kill", FAULT_KILL, -1 },
        { "a power cut", FAULT_KILL, FAULT_CUT_BOTH }, /* the others, tests/spool tries */
    };

    (void)state;
    for (size_t w = 0; w < TSK_COUNT(ways); w++)
        for (size_t t = 0; t < TSK_COUNT(troubles); t++)
            break_every_call(&ways[w], &troubles[t]);
}

/* One fsync of the spool left out, and whichever way the document came, the answer is seen to be a lie. */
static void test_every_sync_counts(void **state)
{
    static const struct trouble none = { "", FAULT_ONCE, -1 };

    (void)state;
    for (size_t w = 0; w < TSK_COUNT(ways); w++) {
        unsigned seen = 0;

        for (unsigned n = 1; n <= 16; n++) {
            bool fired;

            new_site(&ways[w]);
            seen += attempt(&ways[w], &none, 0, n, &fired) == TOO_EARLY;
        }
        if (seen < 4)
            fail_msg("%s: only %u of its fsyncs are missed", ways[w].what, seen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults_and_power_cuts),
        cmocka_unit_test(test_every_sync_counts),
    };

    return cmocka_run_group_tests(tests, NULL, take_away);
}
