/*
 * A change of the key that comes in between: while a file is written, read, sealed anew or claimed, at each single call to the disk.
 * Afterwards everything opens with the new key alone, and nothing that lies in the site is under another one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/os.h"
#include "gateway/imap/token_kept.h"
#include "gateway/keys.h"
#include "gateway/spool_site.h"
#include "vault/seal.h"

#define FILES 3
#define CALLS_MAX 400
#define BESIDE_MS 100 /* how long a change may wait for us before we go on: it is held up then by what we hold */

static const char config_text[] =
    "offices:\n"
    "  - {id: higashinari, name: 東成区相談支援室, ward: \"27115\", phone: \"06-0000-0000\", "
    "hours: 9-17, email: a@example.jp}\n"
    "keys: {file: keys/site.key}\n";

static char dir[64];
static struct tsk_site *site;

#define OK(call)                                                                                                       \
    do {                                                                                                               \
        if ((call) != 0)                                                                                               \
            fail_msg("%s:%d: %s", __FILE__, __LINE__, err.text);                                                       \
    } while (0)

static const char *below(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void make_site(void)
{
    struct tsk_err err = { 0 };

    snprintf(dir, sizeof dir, "/dev/shm/tasuki-change-XXXXXX");
    assert_non_null(mkdtemp(dir));
    OK(tsk_file_put_path(below("tasuki.yaml"), config_text, sizeof config_text - 1, 0600, &err));
    OK(tsk_site_open_dir(&site, dir, &err));
    OK(tsk_site_make_dirs(site, &err));
    OK(tsk_keys_make(site, NULL, &err));
}

static int take_away(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static void end_site(void)
{
    tsk_site_close(&site);
    assert_int_equal(nftw(dir, take_away, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* The change: a process of its own, with handles of its own. */
static int rotate(struct tsk_err *err)
{
    struct tsk_site *own;
    struct tsk_sealed sealed;
    enum tsk_rotation how;
    int rc = tsk_site_open_dir(&own, dir, err);

    if (rc == 0)
        rc = tsk_keys_rotate(&how, &sealed, own, NULL, err);
    if (rc == 0 && sealed.archive.damaged > 0)
        rc = tsk_fail(err, TSK_HOLD, 0, "%zu files are damaged", sealed.archive.damaged);
    tsk_site_close(&own);
    return rc;
}

static pid_t start_change(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        struct tsk_err err = { 0 };

        tsk_os = &tsk_os_real;
        if (rotate(&err) != 0 && err.kind != TSK_REJECT)
            fprintf(stderr, "%s\n", err.text);
        _exit(err.kind == TSK_OK ? 0 : err.kind == TSK_REJECT ? 3 : 1);
    }
    assert_true(pid > 0);
    return pid;
}

/* What happens before the Nth call of what is looked at. */
static struct {
    unsigned at, calls;
    bool dies;    /* the process itself, there */
    pid_t change; /* 0 = not begun */
    bool over;
    int status;
} between;

static void wait_a_while(void)
{
    int64_t until_ms = tsk_mono_ms() + BESIDE_MS;

    while (!between.over && tsk_mono_ms() < until_ms) {
        between.over = waitpid(between.change, &between.status, WNOHANG) == between.change;
        tsk_sleep_ms(1);
    }
}

static void call(void)
{
    if (++between.calls != between.at)
        return;
    if (between.dies)
        _exit(7);
    between.change = start_change();
    wait_a_while();
}

static int openat_between(int folder, const char *name, int flags, mode_t mode)
{
    call();
    return tsk_os_real.openat(folder, name, flags, mode);
}

static ssize_t read_between(int fd, void *bytes, size_t len)
{
    call();
    return tsk_os_real.read(fd, bytes, len);
}

static ssize_t write_between(int fd, const void *bytes, size_t len)
{
    call();
    return tsk_os_real.write(fd, bytes, len);
}

static int fsync_between(int fd)
{
    call();
    return tsk_os_real.fsync(fd);
}

static int renameat_between(int from_dir, const char *from, int to_dir, const char *to)
{
    call();
    return tsk_os_real.renameat(from_dir, from, to_dir, to);
}

static int unlinkat_between(int folder, const char *name, int flags)
{
    call();
    return tsk_os_real.unlinkat(folder, name, flags);
}

static int fstatat_between(int folder, const char *name, struct stat *st, int flags)
{
    call();
    return tsk_os_real.fstatat(folder, name, st, flags);
}

static void arm(unsigned at)
{
    static struct tsk_os os;

    os = tsk_os_real;
    os.openat = openat_between;
    os.read = read_between;
    os.write = write_between;
    os.fsync = fsync_between;
    os.renameat = renameat_between;
    os.unlinkat = unlinkat_between;
    os.fstatat = fstatat_between;
    memset(&between, 0, sizeof between);
    between.at = at;
    tsk_os = &os;
}

/* Was there a change? It is over and went well. */
static bool disarm(void)
{
    tsk_os = &tsk_os_real;
    if (between.change == 0)
        return false;
    if (!between.over)
        assert_int_equal(waitpid(between.change, &between.status, 0), between.change);
    if (!WIFEXITED(between.status) || WEXITSTATUS(between.status) != 0)
        fail_msg("the change at call %u failed: status %d", between.at, between.status);
    return true;
}

/* What an attacker, or somebody without the ring, would have after the change. */
static struct tsk_vault *new_key_alone(char id[TSK_KEY_ID_SIZE])
{
    struct tsk_vault *vault;
    struct tsk_err err = { 0 };

    OK(tsk_vault_open(&vault, site->key, NULL, &err));
    assert_int_equal(tsk_vault_count(vault), 1);
    memcpy(id, tsk_vault_id(vault, 0), TSK_KEY_ID_SIZE);
    return vault;
}

static char wanted[TSK_KEY_ID_SIZE];

static int look_at(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    unsigned char head[TSK_SEAL_HEAD_BYTES];
    char id[TSK_KEY_ID_SIZE];
    int fd;

    (void)st;
    (void)at;
    if (kind != FTW_F)
        return 0;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    if (read(fd, head, sizeof head) != (ssize_t)sizeof head)
        fail_msg("call %u: %s is no sealed file", between.at, path);
    close(fd);
    for (int use = TSK_USE_ARCHIVE; use < TSK_USE_COUNT; use++)
        if (tsk_sealed_with(id, head, sizeof head, (enum tsk_use)use) && strcmp(id, wanted) == 0)
            return 0;
    fail_msg("call %u: %s is not under the new key", between.at, path);
    return -1;
}

/* Every file there is, half-written ones too; and beside the key file nothing that holds a key. */
static void check_files(void)
{
    struct tsk_vault *alone = new_key_alone(wanted);
    static const char *const folders[] = { "archive", "spool", "mailbox" };
    struct dirent *e;
    DIR *list;

    tsk_vault_close(&alone);
    for (size_t i = 0; i < TSK_COUNT(folders); i++)
        if (access(below(folders[i]), F_OK) == 0)
            assert_int_equal(nftw(below(folders[i]), look_at, 16, FTW_PHYS), 0);
    list = opendir(below("keys"));
    assert_non_null(list);
    while ((e = readdir(list)) != NULL)
        if (e->d_name[0] != '.' ? strcmp(e->d_name, "site.key") != 0 : strncmp(e->d_name, ".tmp-", 5) == 0)
            fail_msg("call %u: %s is left beside the key", between.at, e->d_name);
    closedir(list);
}

static void content_of(char out[32], int i)
{
    snprintf(out, 32, "original bytes %d", i);
}

static void put(struct tsk_blobs *blobs, int i)
{
    char bytes[32], sha256[TSK_SHA256_HEX];
    struct tsk_err err = { 0 };

    content_of(bytes, i);
    OK(tsk_blob_put(sha256, blobs, bytes, strlen(bytes), &err));
}

static void check_blobs(int count)
{
    char bytes[32], sha256[TSK_SHA256_HEX], id[TSK_KEY_ID_SIZE];
    struct tsk_vault *alone = new_key_alone(id);
    struct tsk_blobs *blobs;
    struct tsk_err err = { 0 };

    OK(tsk_blobs_open(&blobs, site->archive, alone, &err));
    for (int i = 0; i < count; i++) {
        content_of(bytes, i);
        tsk_sha256_hex(bytes, strlen(bytes), sha256);
        if (tsk_blob_verify(blobs, sha256, &err) != 0)
            fail_msg("call %u, file %d: %s", between.at, i, err.text);
    }
    tsk_blobs_close(&blobs);
    tsk_vault_close(&alone);
    check_files();
}

static struct tsk_blobs *open_blobs(int count)
{
    struct tsk_blobs *blobs;
    struct tsk_err err = { 0 };

    OK(tsk_site_blobs_open(&blobs, site, &err));
    for (int i = 0; i < count; i++)
        put(blobs, i);
    return blobs;
}

static void test_while_a_file_is_written(void **state)
{
    bool changed = true;

    (void)state;
    for (unsigned n = 1; changed; n++) {
        make_site();
        struct tsk_blobs *blobs = open_blobs(1);

        arm(n);
        put(blobs, 1);
        changed = disarm();
        if (changed)
            check_blobs(2);
        else
            assert_true(n > 8);
        tsk_blobs_close(&blobs);
        end_site();
    }
}

/* The bytes are there already, under the key that is about to go. */
static void test_while_a_file_is_written_again(void **state)
{
    bool changed = true;

    (void)state;
    for (unsigned n = 1; changed; n++) {
        make_site();
        struct tsk_blobs *blobs = open_blobs(2);

        arm(n);
        put(blobs, 1);
        changed = disarm();
        if (changed)
            check_blobs(2);
        tsk_blobs_close(&blobs);
        end_site();
    }
}

static void test_while_a_file_is_read(void **state)
{
    char bytes[32], sha256[TSK_SHA256_HEX];
    bool changed = true;

    (void)state;
    content_of(bytes, 0);
    tsk_sha256_hex(bytes, strlen(bytes), sha256);
    for (unsigned n = 1; changed; n++) {
        make_site();
        struct tsk_blobs *blobs = open_blobs(FILES);
        struct tsk_err err = { 0 };

        arm(n);
        if (tsk_blob_verify(blobs, sha256, &err) != 0)
            fail_msg("call %u: %s", n, err.text);
        changed = disarm();
        tsk_blobs_close(&blobs);
        end_site();
    }
}

/* As in an archive of thousands of files: what the change writes lies in folders that a walk has listed already. */
static void make_folders(void)
{
    char name[16];

    for (int i = 0; i < 256; i++) {
        snprintf(name, sizeof name, "archive/%02x", i);
        assert_int_equal(mkdir(below(name), 0700), 0);
    }
}

/* Somebody seals anew, and goes by the keys that there were when he began. */
static void seal_anew_while_changing(bool full, unsigned step)
{
    bool changed = true;

    for (unsigned n = 1; changed; n += step) {
        make_site();
        if (full)
            make_folders();
        struct tsk_blobs *blobs = open_blobs(FILES);
        struct tsk_blob_walk walk;
        struct tsk_err err = { 0 };

        arm(n);
        OK(tsk_blobs_seal_all(&walk, blobs, &err));
        changed = disarm();
        if (changed)
            check_blobs(FILES);
        else
            assert_true(n > 6);
        tsk_blobs_close(&blobs);
        end_site();
    }
}

static void test_while_all_is_sealed_anew(void **state)
{
    (void)state;
    seal_anew_while_changing(false, 1);
    seal_anew_while_changing(true, 19);
}

/* A writer, then a change of the key, is killed at each call: what they leave behind goes with the next change. */
static void die_at(unsigned n, bool changes, bool *died)
{
    struct tsk_err err = { 0 };
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        struct tsk_blobs *blobs = changes ? NULL : open_blobs(0);

        arm(n);
        between.dies = true;
        if (changes)
            _exit(rotate(&err) == 0 ? 0 : 1);
        put(blobs, 1);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 7));
    *died = WEXITSTATUS(status) == 7;
}

static void killed_at_each_call(bool changes)
{
    bool died = true;
    unsigned n;

    for (n = 1; died && n < CALLS_MAX; n++) {
        struct tsk_err err = { 0 };

        make_site();
        struct tsk_blobs *blobs = open_blobs(1);

        die_at(n, changes, &died);
        between.at = n;
        OK(rotate(&err)); /* goes on with the old one, or makes a new one */
        check_blobs(1);
        tsk_blobs_close(&blobs);
        end_site();
    }
    assert_true(n > 8 && n < CALLS_MAX);
}

static void test_a_killed_writer(void **state)
{
    (void)state;
    killed_at_each_call(false);
}

static void test_a_killed_change(void **state)
{
    (void)state;
    killed_at_each_call(true);
}

/* One change in the midst of another is refused; if it comes before or after, it is one more. */
static void test_two_changes(void **state)
{
    unsigned refused = 0, n;

    (void)state;
    for (n = 1; n < CALLS_MAX; n++) {
        make_site();
        struct tsk_blobs *blobs = open_blobs(1);
        struct tsk_err err = { 0 };
        bool over;

        arm(n);
        OK(rotate(&err));
        tsk_os = &tsk_os_real;
        over = between.change == 0;
        if (!over && !between.over)
            assert_int_equal(waitpid(between.change, &between.status, 0), between.change);
        assert_true(over || (WIFEXITED(between.status) &&
                             (WEXITSTATUS(between.status) == 0 || WEXITSTATUS(between.status) == 3)));
        refused += !over && WEXITSTATUS(between.status) == 3;
        check_blobs(1);
        tsk_blobs_close(&blobs);
        end_site();
        if (over)
            break;
    }
    assert_true(refused > 20);
}

static void accept(char id[TSK_ID_SIZE], struct tsk_spool *spool)
{
    struct tsk_envelope envelope = { .source = "east-fax", .office = "higashinari", .name = "a.tif" };
    struct tsk_err err = { 0 };
    FILE *file = tmpfile();

    assert_non_null(file);
    assert_true(fputs("a page", file) >= 0 && fflush(file) == 0 && fseek(file, 0, SEEK_SET) == 0);
    OK(tsk_spool_put(spool, fileno(file), &envelope, &err));
    fclose(file);
    memcpy(id, envelope.id, TSK_ID_SIZE);
}

static void check_spool(const char *id)
{
    char key[TSK_KEY_ID_SIZE];
    struct tsk_vault *alone = new_key_alone(key);
    struct tsk_spool_entry entry;
    struct tsk_spool *spool;
    struct tsk_err err = { 0 };
    int fd;

    OK(tsk_spool_open(&spool, site->spool, alone, NULL, &err));
    fd = tsk_spool_peek(spool, id, &entry, &err);
    if (fd < 0)
        fail_msg("call %u: %s", between.at, err.text);
    close(fd);
    tsk_spool_close(&spool);
    tsk_vault_close(&alone);
}

static struct tsk_spool *open_spool(void)
{
    struct tsk_spool *spool;
    struct tsk_err err = { 0 };

    OK(tsk_site_spool_open(&spool, site, &err));
    return spool;
}

static void test_while_a_document_comes(void **state)
{
    char id[TSK_ID_SIZE];
    bool changed = true;

    (void)state;
    for (unsigned n = 1; changed; n++) {
        make_site();
        struct tsk_spool *spool = open_spool();

        arm(n);
        accept(id, spool);
        changed = disarm();
        if (changed) {
            check_spool(id);
            check_files();
        } else {
            assert_true(n > 8);
        }
        tsk_spool_close(&spool);
        end_site();
    }
}

/* Claimed, opened, and put back: the change comes in between, and the document is in a reader's hands or on its way. */
static void test_while_a_document_is_read(void **state)
{
    struct tsk_spool_entry entry;
    char id[TSK_ID_SIZE];
    bool changed = true;

    (void)state;
    for (unsigned n = 1; changed; n++) {
        make_site();
        struct tsk_spool *spool = open_spool();
        struct tsk_err err = { 0 };
        int fd;

        accept(id, spool);
        arm(n);
        assert_int_equal(tsk_spool_claim(spool, "", &entry, &err), 1);
        fd = tsk_spool_original(spool, id, &err);
        if (fd < 0)
            fail_msg("call %u: %s", n, err.text);
        close(fd);
        OK(tsk_spool_release(spool, id, &err));
        changed = disarm();
        if (changed)
            check_spool(id);
        else
            assert_true(n > 8);
        tsk_spool_close(&spool);
        end_site();
    }
}

/* In held/, and in the hands of a reader that has it all the while. */
static void test_wherever_a_document_is(void **state)
{
    struct tsk_spool_entry entry;
    char held[TSK_ID_SIZE], read[TSK_ID_SIZE];
    struct tsk_err err = { 0 };

    (void)state;
    make_site();
    struct tsk_spool *spool = open_spool();

    accept(held, spool);
    accept(read, spool);
    assert_int_equal(tsk_spool_claim(spool, "", &entry, &err), 1);
    memcpy(held, entry.envelope.id, sizeof held);
    OK(tsk_spool_hold(spool, held, "a person decides", &err));
    assert_int_equal(tsk_spool_claim(spool, "", &entry, &err), 1);
    memcpy(read, entry.envelope.id, sizeof read);
    between.at = 0;
    OK(rotate(&err));
    OK(tsk_spool_release(spool, read, &err));
    check_spool(held);
    check_spool(read);
    tsk_spool_close(&spool);
    end_site();
}

/* A mailbox keeps a token that its provider rotated; the process of the mailbox runs on with the keys that it has. */
static void test_while_a_token_is_kept(void **state)
{
    bool changed = true;

    (void)state;
    for (unsigned n = 1; changed; n++) {
        struct tsk_buf text = TSK_BUF(64), kept = TSK_BUF(64);
        char id[TSK_KEY_ID_SIZE];
        struct tsk_vault *vault;
        struct tsk_err err = { 0 };
        bool fresh;
        int folder;

        make_site();
        OK(tsk_site_vault(&vault, site, &err));
        OK(tsk_dir_make(below("mailbox/post"), 0700, &err));
        folder = tsk_dir_open(below("mailbox/post"), &err);
        tsk_buf_puts(&text, "the old one");
        OK(tsk_token_keep(&text, vault, folder, &err));
        tsk_buf_reset(&text);
        tsk_buf_puts(&text, "the new one");
        arm(n);
        OK(tsk_token_keep(&text, vault, folder, &err));
        changed = disarm();
        if (changed)
            check_files();
        vault = new_key_alone(id);
        OK(tsk_token_kept(&kept, &fresh, vault, folder, &err));
        assert_true(fresh);
        assert_string_equal(tsk_buf_text(&kept), "the new one");
        tsk_vault_close(&vault);
        close(folder);
        tsk_buf_free(&text);
        tsk_buf_free(&kept);
        end_site();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_while_a_file_is_written),
        cmocka_unit_test(test_while_a_file_is_written_again),
        cmocka_unit_test(test_while_a_file_is_read),
        cmocka_unit_test(test_while_all_is_sealed_anew),
        cmocka_unit_test(test_a_killed_writer),
        cmocka_unit_test(test_a_killed_change),
        cmocka_unit_test(test_two_changes),
        cmocka_unit_test(test_while_a_document_comes),
        cmocka_unit_test(test_while_a_document_is_read),
        cmocka_unit_test(test_wherever_a_document_is),
        cmocka_unit_test(test_while_a_token_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
