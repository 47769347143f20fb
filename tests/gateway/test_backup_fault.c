/*
 * A backup, and a restore, whose every system call fails once, fails from then on, or is its last: what has a name is whole, what was
 * there stays, and what is a site is all of it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "fault.h"
#include "fixture.h"
#include "gateway/backup.h"
#include "gateway/doctor.h"
#include "gateway/restore_place.h"
#include "gateway/site_routing.h"
#include "gateway/spool_site.h"
#include "vault/keyfile.h"

#define EARLIER "tasuki-20200101T000000Z.backup"
#define SOME_DAY_MS INT64_C(1795314600000) /* 2026-11-22T02:30:00Z */
#ifdef __SANITIZE_ADDRESS__
#define STEP 7 /* forking is dear there; every call is broken in the other builds */
#else
#define STEP 1
#endif
#define CHILD_DONE 0
#define CHILD_FAILED 1
#define CHILD_UNSYNCED 2
#define CHILD_UNTOUCHED 3 /* done before the call that was meant */

static const char config_text[] =
    "offices:\n"
    "  - {id: higashinari, name: 東成区相談支援室, ward: \"27115\", phone: \"06-0000-0000\", "
    "hours: 9-17, email: a@example.jp}\n"
    "keys: {file: site.key}\n";

static char dir[64], home[80], folder[80], place[80], earlier[PATH_MAX];
static struct tsk_site *site;
static struct tsk_vault *vault;
static struct tsk_backup whole; /* the earlier one: what every other one holds too */

static void remove_all(void)
{
    char command[128];
    FILE *rm;

    snprintf(command, sizeof command, "rm -rf %s", dir);
    rm = popen(command, "re");
    if (rm != NULL)
        pclose(rm);
}

static void add_waiting(struct tsk_err *err)
{
    struct tsk_envelope envelope = { .source = "fax", .office = EAST, .name = "waits.tif", .received_ms = 1 };
    struct tsk_spool *spool;
    FILE *file = tmpfile();

    assert_non_null(file);
    fputs("waits", file);
    rewind(file);
    if (tsk_site_spool_open(&spool, site, err) != 0 || tsk_spool_put(spool, fileno(file), &envelope, err) != 0)
        fail_msg("%s", err->text);
    tsk_spool_close(&spool);
    fclose(file);
}

/* A document in the records with its three files, and one that waits. */
static void seed(struct fixture *f)
{
    static const char *const bytes[] = { "original", "page", "crops" };
    struct tsk_document_new document = fixture_document("01J0000000000000000000AAAA", EAST, "original");
    const struct tsk_office office = { EAST, "", "東成区", "27115" };
    struct tsk_document_added added;
    struct tsk_reading reading;
    struct tsk_blobs *blobs;
    char files[3][TSK_SHA256_HEX];

    OK(tsk_site_blobs_open(&blobs, site, &f->err), f);
    for (size_t i = 0; i < TSK_COUNT(bytes); i++)
        OK(tsk_blob_put(files[i], blobs, bytes[i], strlen(bytes[i]), &f->err), f);
    tsk_blobs_close(&blobs);
    OK(tsk_store_open(&f->store, site->store, &f->err), f);
    tsk_store_keys(f->store, vault);
    OK(tsk_office_put(f->store, &office, &f->err), f);
    const struct tsk_page_new page = { .reading = &reading, .image = files[1], .crops = files[2] };
    fixture_know(f);
    fixture_referral(&reading, "山田 一郎");
    OK(fixture_record(&added, f->store, &document, &page, 1, f->arena, &f->err), f);
    tsk_reading_free(&reading);
    tsk_store_close(&f->store);
}

static int open_site(void **state)
{
    struct fixture f = { .arena = tsk_arena_new((size_t)64 << 20) };
    char path[128];
    struct tsk_key key;

    (void)state;
    snprintf(dir, sizeof dir, "/dev/shm/tasuki-backup-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(home, sizeof home, "%s/site", dir);
    snprintf(folder, sizeof folder, "%s/backups", dir);
    snprintf(place, sizeof place, "%s/restored", dir);
    OK(tsk_dir_make(home, 0700, &f.err), &f);
    OK(tsk_dir_make(folder, 0700, &f.err), &f);
    snprintf(path, sizeof path, "%s/tasuki.yaml", home);
    OK(tsk_file_put_path(path, config_text, sizeof config_text - 1, 0600, &f.err), &f);
    OK(tsk_site_open_dir(&site, home, &f.err), &f);
    OK(tsk_site_make_dirs(site, &f.err), &f);
    tsk_key_new(&key);
    OK(tsk_keyfile_write(site->key, &key, 1, &f.err), &f);
    OK(tsk_site_vault(&vault, site, &f.err), &f);
    seed(&f);
    add_waiting(&f.err);
    OK(tsk_backup_make(&whole, site, folder, &f.err), &f);
    snprintf(earlier, sizeof earlier, "%s/" EARLIER, folder);
    assert_int_equal(rename(whole.path, earlier), 0);
    assert_int_equal(whole.documents, 1);
    tsk_arena_free(&f.arena);
    return 0;
}

static int close_site(void **state)
{
    (void)state;
    tsk_site_close(&site);
    remove_all();
    return 0;
}

static int child(enum fault_how how, unsigned nth, int error)
{
    struct tsk_backup made;
    struct tsk_err err = { 0 };
    int rc;

    fault_start();
    fault_arm(how, nth, error);
    rc = tsk_backup_make(&made, site, folder, &err);
    if (!fault_fired())
        return fault_unsynced() == 0 ? CHILD_UNTOUCHED : CHILD_UNSYNCED;
    if (rc != 0)
        return err.text[0] != '\0' ? CHILD_FAILED : 9;
    return fault_unsynced() == 0 ? CHILD_DONE : CHILD_UNSYNCED;
}

static int run_child(enum fault_how how, unsigned nth, int error)
{
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0)
        _exit(child(how, nth, error));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* How many there are but the earlier one; each is looked at and removed. */
static int look(const char *what)
{
    DIR *list = opendir(folder);
    int count = 0, first = 0;

    assert_non_null(list);
    for (struct dirent *e = readdir(list); e != NULL; e = readdir(list)) {
        size_t len = strlen(e->d_name), suffix = strlen(TSK_BACKUP_SUFFIX);
        struct tsk_backup seen = { .files = 0 };
        struct tsk_err err = { 0 };
        char path[PATH_MAX];

        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (len > suffix && strcmp(e->d_name + len - suffix, TSK_BACKUP_SUFFIX) == 0) {
            if (tsk_backup_verify(&seen, path, vault, &err) != 0 || seen.files != whole.files)
                fail_msg("%s: %s: %zu of %zu files: %s", what, e->d_name, seen.files, whole.files, err.text);
            first += strcmp(e->d_name, EARLIER) == 0;
            count++;
        }
        if (strcmp(e->d_name, EARLIER) != 0 && e->d_name[0] != '.')
            unlink(path);
        else if (strncmp(e->d_name, ".tmp-", 5) == 0)
            unlink(path);
    }
    closedir(list);
    assert_int_equal(first, 1);
    return count - 1;
}

static unsigned break_every_call(enum fault_how how, int error)
{
    for (unsigned nth = 1;; nth += STEP) {
        int ended = run_child(how, nth, error), found;
        char what[80];

        snprintf(what, sizeof what, "call %u, way %d, %s", nth, (int)how, strerror(error));
        found = look(what);
        if (ended == CHILD_UNTOUCHED) {
            assert_int_equal(found, 1);
            return nth - 1;
        }
        if (ended == CHILD_DONE)
            assert_int_equal(found, 1);
        else if (ended != (how == FAULT_KILL ? FAULT_EXIT : CHILD_FAILED))
            fail_msg("%s: ended with %d", what, ended);
    }
}

static void test_every_call(void **state)
{
    unsigned calls = 0;

    (void)state;
    for (int how = 0; how < FAULT_HOW_COUNT; how++)
        calls = break_every_call((enum fault_how)how, how == FAULT_FROM_THEN_ON ? ENOSPC : EIO);
    print_message("%u calls, each broken in %d ways\n", calls, FAULT_HOW_COUNT);
    assert_true(calls > 20);
}

/* Two in one second, or a clock that stands or was set back: what is there stays, and the next sorts behind it. */
static void test_a_name_that_is_taken(void **state)
{
    struct tsk_backup made[3];
    struct tsk_err err = { 0 };

    (void)state;
    tsk_wall_stand_ms(SOME_DAY_MS);
    for (size_t i = 0; i < TSK_COUNT(made); i++)
        if (tsk_backup_make(&made[i], site, folder, &err) != 0)
            fail_msg("%s", err.text);
    tsk_wall_stand_ms(-1);
    assert_non_null(strstr(made[0].path, "/tasuki-20261122T023000Z" TSK_BACKUP_SUFFIX));
    assert_true(strcmp(made[0].path, made[1].path) < 0 && strcmp(made[1].path, made[2].path) < 0);
    assert_int_equal(look("three of one second"), 3);
}

/* By hand, while the keeper makes its own: both begin in the same second, whoever is through first. */
static void test_two_at_once(void **state)
{
    pid_t pids[2];
    int status;

    (void)state;
    fflush(NULL);
    for (size_t i = 0; i < TSK_COUNT(pids); i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            struct tsk_backup made;
            struct tsk_err err = { 0 };

            tsk_wall_stand_ms(SOME_DAY_MS);
            _exit(tsk_backup_make(&made, site, folder, &err) == 0 ? CHILD_DONE : CHILD_FAILED);
        }
    }
    for (size_t i = 0; i < TSK_COUNT(pids); i++) {
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == CHILD_DONE);
    }
    assert_int_equal(look("two at once"), 2);
}

/* A disk that fills up after so many bytes, from none to enough. */
static void test_a_disk_that_fills(void **state)
{
    size_t failed = 0, step = (size_t)whole.bytes / 40;

    (void)state;
    for (size_t room = 0; failed == room / step; room += step) {
        int status, found;
        pid_t pid;

        fflush(NULL);
        pid = fork();
        if (pid == 0) {
            struct tsk_backup made;
            struct tsk_err err = { 0 };

            fault_start();
            fault_disk_full_after(room);
            _exit(tsk_backup_make(&made, site, folder, &err) == 0 ? CHILD_DONE : CHILD_FAILED);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        found = look("a disk that fills");
        assert_int_equal(found, WIFEXITED(status) && WEXITSTATUS(status) == CHILD_DONE);
        failed += found == 0;
    }
    assert_true(failed > 20);
}

static char *in_place(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", place, name);
    return path;
}

static void clear_place(void)
{
    char command[128];
    FILE *rm;

    snprintf(command, sizeof command, "rm -rf %s", place);
    rm = popen(command, "re");
    assert_non_null(rm);
    pclose(rm);
}

static int restore(struct tsk_err *err)
{
    const struct tsk_restore_wish wish = { .path = earlier, .dir = place, .key = site->key };
    struct tsk_restored done;

    return tsk_backup_restore(&done, &wish, err);
}

/* In a process of its own, which says much. */
static int verify_restored(void)
{
    struct tsk_err err = { 0 };
    struct tsk_site *restored = NULL;
    struct tsk_records *records = NULL;
    struct tsk_doctor doctor = { .faults = 0 };

    (void)!freopen("/dev/null", "w", stdout);
    if ((symlink(site->key, in_place("site.key")) != 0 && errno != EEXIST) ||
        tsk_site_open_dir(&restored, place, &err) != 0 || tsk_records_open(&records, restored, &err) != 0)
        return 1;
    doctor.site = restored;
    doctor.records = records;
    tsk_doctor_verify(&doctor);
    return doctor.faults == 0 && access(in_place("restored.manifest"), F_OK) == 0 ? 0 : 2;
}

static int in_child(int (*what)(void))
{
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0)
        _exit(what());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int restore_well(void)
{
    struct tsk_err err = { 0 };

    return restore(&err) == 0 ? 0 : 1;
}

static bool is_site(void)
{
    return access(in_place("tasuki.yaml"), F_OK) == 0;
}

static bool is_nothing(void)
{
    return access(place, F_OK) != 0 || rmdir(place) == 0;
}

struct restore_trouble {
    const char *name;
    enum fault_how how;
    int cut; /* -1: none */
    unsigned step;
};

static int restore_with(const struct restore_trouble *trouble, unsigned nth, size_t room)
{
    struct tsk_err err = { 0 };
    int rc;

    fault_start();
    fault_arm(trouble->how, nth, nth % 2 == 0 ? EIO : ENOSPC);
    if (trouble->cut >= 0)
        fault_kill_cuts((enum fault_cut)trouble->cut);
    if (room != 0)
        fault_disk_full_after(room);
    rc = restore(&err);
    if (rc != 0)
        return CHILD_FAILED;
    return fault_unsynced() != 0 ? CHILD_UNSYNCED : fault_fired() ? CHILD_DONE : CHILD_UNTOUCHED;
}

/* Whole or nothing; and the next one makes it whole. */
static int try_restore(const struct restore_trouble *trouble, unsigned nth, size_t room)
{
    int status, ended;
    pid_t pid;

    clear_place();
    fflush(NULL);
    pid = fork();
    if (pid == 0)
        _exit(restore_with(trouble, nth, room));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    ended = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (ended == CHILD_FAILED && !is_nothing())
        fail_msg("%s at call %u: something is left of a restore that failed", trouble->name, nth);
    if (ended != CHILD_FAILED && ended != FAULT_EXIT && ended != CHILD_DONE && ended != CHILD_UNTOUCHED)
        fail_msg("%s at call %u: ended with %d", trouble->name, nth, ended);
    if ((ended == CHILD_DONE || ended == CHILD_UNTOUCHED) && !is_site())
        fail_msg("%s at call %u: said to be restored, and is not", trouble->name, nth);
    if (!is_site() && in_child(restore_well) != 0)
        fail_msg("%s at call %u: cannot be restored any more", trouble->name, nth);
    if (in_child(verify_restored) != 0)
        fail_msg("%s at call %u: a site that is not whole", trouble->name, nth);
    return ended;
}

static void test_every_call_of_a_restore(void **state)
{
    static const struct restore_trouble troubles[] = {
        { "a failure", FAULT_ONCE, -1, 2 },
        { "failures", FAULT_FROM_THEN_ON, -1, 3 },
        { "a kill", FAULT_KILL, -1, 1 }, /* what a restore leaves unfinished it leaves here */
        { "a power cut", FAULT_KILL, FAULT_CUT_BOTH, 2 },
    };
    const struct restore_trouble none = { "a disk that fills", FAULT_ONCE, -1, 1 };
    unsigned nth = 1;

    (void)state;
    for (size_t t = 0; t < TSK_COUNT(troubles); t++)
        for (nth = 1; try_restore(&troubles[t], nth, 0) != CHILD_UNTOUCHED; nth += STEP * troubles[t].step)
            assert_true(nth < 2000);
    print_message("%u calls of a restore, broken in %zu ways\n", nth - 1, TSK_COUNT(troubles));
    assert_true(nth > 20);
    for (size_t room = 1; try_restore(&none, 0, room) != CHILD_UNTOUCHED; room += (size_t)whole.bytes / 10)
        assert_true(room < 4 * (size_t)whole.bytes);
}

/* What is somebody else's stays; what an earlier restore left goes. */
static void test_a_directory_that_is_not_empty(void **state)
{
    struct tsk_err err = { 0 };

    (void)state;
    clear_place();
    OK(tsk_dir_make(in_place("lost+found"), 0700, &err), &(struct fixture){ .err = err });
    OK(tsk_file_put_path(in_place("letter"), "x", 1, 0600, &err), &(struct fixture){ .err = err });
    assert_int_equal(restore(&err), -1);
    assert_non_null(strstr(err.text, "is not empty"));
    assert_int_equal(access(in_place("letter"), F_OK), 0);
    OK(tsk_dir_make(in_place(TSK_RESTORING), 0700, &err), &(struct fixture){ .err = err });
    OK(restore(&err), &(struct fixture){ .err = err });
    assert_true(is_site() && access(in_place("letter"), F_OK) != 0 && access(in_place(TSK_RESTORING), F_OK) != 0);
    assert_int_equal(restore(&err), -1);
}

static void put_generation(const char *name)
{
    char path[PATH_MAX];
    struct tsk_err err = { 0 };

    snprintf(path, sizeof path, "%s/%s" TSK_BACKUP_SUFFIX, place, name);
    if (tsk_file_put_path(path, "x", 1, 0600, &err) != 0)
        fail_msg("%s", err.text);
}

static bool has_generation(const char *name)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s" TSK_BACKUP_SUFFIX, place, name);
    return access(path, F_OK) == 0;
}

/* Whatever a clock that was wrong called them: the one that was just made stays, and what was made under a clock far ahead goes first. */
static void test_generations_of_a_wrong_clock(void **state)
{
    static const char *const names[] = { "tasuki-20261120T023000Z", "tasuki-20261121T023000Z",
                                         "tasuki-20261122T023000Z", "tasuki-20361122T023000Z",
                                         "tasuki-20361123T023000Z" };
    static const struct {
        int64_t now_ms;
        size_t newest; /* of names */
        uint32_t keep;
        bool kept[TSK_COUNT(names)];
    } cases[] = {
        { INT64_C(1795314600000), 2, 2, { false, true, true, false, false } }, /* 2026-11-22, the clock came back */
        { INT64_C(1795314600000), 2, 4, { true, true, true, false, true } }, /* one of them is more than there may be */
        { INT64_C(1795314600000), 2, 1, { false, false, true, false, false } },
        { INT64_C(2111020200000), 4, 2, { false, false, false, true, true } }, /* 2036-11-23: by name */
        { INT64_C(1795141799000),
          0,
          2,
          { true, false, false, false, true } }, /* two days back: by name among the later */
    };
    char path[PATH_MAX];
    struct tsk_err err = { 0 };

    (void)state;
    clear_place();
    OK(tsk_dir_make(place, 0700, &err), &(struct fixture){ .err = err });
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        for (size_t k = 0; k < TSK_COUNT(names); k++)
            put_generation(names[k]);
        snprintf(path, sizeof path, "%s/%s" TSK_BACKUP_SUFFIX, place, names[cases[i].newest]);
        tsk_wall_stand_ms(cases[i].now_ms);
        if (tsk_backup_prune(place, cases[i].keep, path, &err) < 0)
            fail_msg("%s", err.text);
        tsk_wall_stand_ms(-1);
        for (size_t k = 0; k < TSK_COUNT(names); k++)
            if (has_generation(names[k]) != cases[i].kept[k])
                fail_msg("case %zu: %s is %s", i, names[k], cases[i].kept[k] ? "gone" : "there");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_call),
                                        cmocka_unit_test(test_a_name_that_is_taken),
                                        cmocka_unit_test(test_two_at_once),
                                        cmocka_unit_test(test_a_disk_that_fills),
                                        cmocka_unit_test(test_every_call_of_a_restore),
                                        cmocka_unit_test(test_a_directory_that_is_not_empty),
                                        cmocka_unit_test(test_generations_of_a_wrong_clock) };

    return cmocka_run_group_tests(tests, open_site, close_site);
}
