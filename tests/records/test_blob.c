#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/os.h"
#include "fixture.h"
#include "records/blob.h"
#include "vault/seal.h"

static const char content[] = "\0original bytes\n\xff";
#define LEN (sizeof content - 1)

static struct tsk_vault *vault; /* NULL in the first run of every test, a real one in the second */

/* Breaks the Nth call, once or from then on, or ends the process there; and writes down the order. */
enum how { NEVER, ONCE, FOR_EVER, DIE };
static struct {
    enum how how;
    unsigned at, calls;
    int error;
    bool fired;
    char order[512];
} faults;

static bool broken(const char *name)
{
    size_t used = strlen(faults.order);

    snprintf(faults.order + used, sizeof faults.order - used, "%s ", name);
    faults.calls++;
    if (faults.how == NEVER || faults.calls < faults.at || (faults.how == ONCE && faults.calls > faults.at))
        return false;
    if (faults.how == DIE)
        _exit(7);
    faults.fired = true;
    errno = faults.error;
    return true;
}

static int bad_openat(int dir, const char *name, int flags, mode_t mode)
{
    return broken((flags & O_CREAT) != 0 ? "create" : "open") ? -1 : tsk_os_real.openat(dir, name, flags, mode);
}

static ssize_t bad_read(int fd, void *bytes, size_t len)
{
    return broken("read") ? -1 : tsk_os_real.read(fd, bytes, len);
}

static ssize_t bad_write(int fd, const void *bytes, size_t len)
{
    return broken("write") ? -1 : tsk_os_real.write(fd, bytes, len);
}

static int bad_fsync(int fd)
{
    struct stat st;
    bool folder = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);

    return broken(folder ? "fsync-dir" : "fsync") ? -1 : tsk_os_real.fsync(fd);
}

static int bad_close(int fd)
{
    bool fails = broken("close");
    int rc = tsk_os_real.close(fd);

    if (fails)
        errno = faults.error;
    return fails ? -1 : rc;
}

static int bad_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return broken("rename") ? -1 : tsk_os_real.renameat(from_dir, from, to_dir, to);
}

static int bad_unlinkat(int dir, const char *name, int flags)
{
    return broken("unlink") ? -1 : tsk_os_real.unlinkat(dir, name, flags);
}

static int bad_mkdirat(int dir, const char *name, mode_t mode)
{
    return broken("mkdir") ? -1 : tsk_os_real.mkdirat(dir, name, mode);
}

static int bad_fstatat(int dir, const char *name, struct stat *st, int flags)
{
    return broken("stat") ? -1 : tsk_os_real.fstatat(dir, name, st, flags);
}

static const struct tsk_os bad_os = {
    .openat = bad_openat,
    .read = bad_read,
    .write = bad_write,
    .fsync = bad_fsync,
    .close = bad_close,
    .renameat = bad_renameat,
    .unlinkat = bad_unlinkat,
    .mkdirat = bad_mkdirat,
    .fstatat = bad_fstatat,
};

static void arm(enum how how, unsigned at, int error)
{
    memset(&faults, 0, sizeof faults);
    faults.how = how;
    faults.at = at;
    faults.error = error;
    tsk_os = &bad_os;
}

static void disarm(void)
{
    tsk_os = &tsk_os_real;
}

static struct tsk_blobs *open_archive(struct fixture *f, const char *name)
{
    struct tsk_blobs *blobs = NULL;
    char path[128];

    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    OK(tsk_blobs_open(&blobs, path, vault, &f->err), f);
    return blobs;
}

static void blob_path(struct fixture *f, char path[256], const char *archive, const char *sha256)
{
    unsigned char mac[TSK_MAC_BYTES];
    char name[TSK_SHA256_HEX];

    snprintf(name, sizeof name, "%s", sha256);
    if (vault != NULL)
        OK(tsk_vault_mac(mac, vault, NULL, TSK_USE_NAMES, sha256, strlen(sha256), &f->err), f);
    for (size_t i = 0; vault != NULL && i < sizeof mac; i++)
        snprintf(name + 2 * i, 3, "%02x", mac[i]);
    snprintf(path, 256, "%s/%s/%.2s/%s", f->dir, archive, name, name + 2);
}

/* Whole, or not there at all. */
static bool is_whole_or_absent(struct fixture *f, const char *archive, const char *sha256)
{
    char path[256];

    blob_path(f, path, archive, sha256);
    if (access(path, F_OK) != 0)
        return true;
    struct tsk_blobs *blobs = open_archive(f, archive);
    bool whole = tsk_blob_verify(blobs, sha256, &f->err) == 0;
    tsk_blobs_close(&blobs);
    return whole;
}

static void test_put_and_get(void **state)
{
    struct fixture *f = *state;
    struct tsk_blobs *blobs = open_archive(f, "archive");
    struct tsk_buf bytes = TSK_BUF(4096);
    char sha256[TSK_SHA256_HEX];
    char want[TSK_SHA256_HEX];
    char path[256];

    tsk_sha256_hex(content, LEN, want);
    OK(tsk_blob_put(sha256, blobs, content, LEN, &f->err), f);
    assert_string_equal(sha256, want);
    OK(tsk_blob_get(&bytes, blobs, sha256, &f->err), f);
    assert_int_equal(bytes.len, LEN);
    assert_memory_equal(bytes.data, content, LEN);
    OK(tsk_blob_verify(blobs, sha256, &f->err), f);
    blob_path(f, path, "archive", sha256);
    tsk_buf_reset(&bytes);
    OK(tsk_file_read(path, &bytes, &f->err), f);
    assert_int_equal(bytes.data[0], vault != NULL ? TSK_SEAL_FIRST_BYTE : TSK_BLOB_PLAIN);
    assert_int_equal(memmem(bytes.data, bytes.len, content, LEN) == NULL, vault != NULL);
    tsk_buf_free(&bytes);
    tsk_blobs_close(&blobs);
}

static void test_empty_and_from_a_file(void **state)
{
    struct fixture *f = *state;
    struct tsk_blobs *blobs = open_archive(f, "archive");
    char sha256[TSK_SHA256_HEX];
    char path[128];

    OK(tsk_blob_put(sha256, blobs, "", 0, &f->err), f);
    OK(tsk_blob_verify(blobs, sha256, &f->err), f);
    snprintf(path, sizeof path, "%s/original", f->dir);
    OK(tsk_file_put_path(path, content, LEN, 0600, &f->err), f);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(lseek(fd, 3, SEEK_SET), 3);
    OK(tsk_blob_put_fd(sha256, blobs, fd, &f->err), f);
    close(fd);
    OK(tsk_blob_verify(blobs, sha256, &f->err), f);
    tsk_blobs_close(&blobs);
}

static void damage(struct fixture *f, const char *sha256, off_t at, const char *byte)
{
    char path[256];

    blob_path(f, path, "archive", sha256);
    assert_int_equal(chmod(path, 0600), 0);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    if (byte == NULL)
        assert_int_equal(ftruncate(fd, at), 0);
    else
        assert_int_equal(pwrite(fd, byte, 1, at), 1);
    close(fd);
}

static void test_damage_is_found_and_healed_by_a_put(void **state)
{
    struct fixture *f = *state;
    struct tsk_blobs *blobs = open_archive(f, "archive");
    char sha256[TSK_SHA256_HEX];
    static const struct {
        off_t at;
        const char *byte, *words, *sealed_words; /* NULL: there is no such byte */
    } damages[] = {
        { 3, "X", "damaged", "damaged" },    { 0, "\x09", "no format", "damaged" }, { 5, NULL, "damaged", "damaged" },
        { 0, NULL, "no format", "damaged" }, { 50, "X", NULL, "damaged" },
    };

    for (size_t i = 0; i < TSK_COUNT(damages); i++) {
        const char *words = vault != NULL ? damages[i].sealed_words : damages[i].words;

        if (words == NULL)
            continue;
        OK(tsk_blob_put(sha256, blobs, content, LEN, &f->err), f);
        damage(f, sha256, damages[i].at, damages[i].byte);
        REFUSED(tsk_blob_verify(blobs, sha256, &f->err), f, words);
        assert_int_equal(f->err.kind, TSK_HOLD);
        OK(tsk_blob_put(sha256, blobs, content, LEN, &f->err), f);
        OK(tsk_blob_verify(blobs, sha256, &f->err), f);
    }
    tsk_blobs_close(&blobs);
}

static void test_missing_and_misnamed(void **state)
{
    struct fixture *f = *state;
    struct tsk_blobs *blobs = open_archive(f, "archive");
    struct tsk_buf bytes = TSK_BUF(8);
    char sha256[TSK_SHA256_HEX];

    tsk_sha256_hex("x", 1, sha256);
    REFUSED(tsk_blob_get(&bytes, blobs, sha256, &f->err), f, "missing");
    assert_int_equal(f->err.kind, TSK_HOLD);
    REFUSED(tsk_blob_get(&bytes, blobs, "../../etc/passwd", &f->err), f, "no name");
    REFUSED(tsk_blob_get(&bytes, blobs, "", &f->err), f, "no name");
    OK(tsk_blob_put(sha256, blobs, content, LEN, &f->err), f);
    REFUSED(tsk_blob_get(&bytes, blobs, sha256, &f->err), f, "larger than");
    tsk_buf_free(&bytes);
    tsk_blobs_close(&blobs);
}

static void test_the_order_of_calls(void **state)
{
    struct fixture *f = *state;
    struct tsk_blobs *blobs = open_archive(f, "archive");
    char sha256[TSK_SHA256_HEX];

    arm(NEVER, 0, 0);
    OK(tsk_blob_put(sha256, blobs, content, LEN, &f->err), f);
    disarm();
    assert_string_equal(faults.order,
                        "open mkdir fsync-dir open stat create write write fsync close rename fsync-dir close ");
    arm(NEVER, 0, 0);
    OK(tsk_blob_put(sha256, blobs, content, LEN, &f->err), f);
    disarm();
    assert_null(strstr(faults.order, "write"));
    assert_non_null(strstr(faults.order, "fsync-dir fsync-dir")); /* whoever wrote it may have died before */
    tsk_blobs_close(&blobs);
}

static void run_with_fault(struct fixture *f, const char *archive, enum how how, unsigned n, int error,
                           const char *sha256)
{
    struct tsk_blobs *blobs = open_archive(f, archive);
    char got[TSK_SHA256_HEX];

    arm(how, n, error);
    int rc = tsk_blob_put(got, blobs, content, LEN, &f->err);
    disarm();
    if (rc == 0)
        OK(tsk_blob_verify(blobs, sha256, &f->err), f);
    else
        assert_int_equal(f->err.kind, TSK_RETRY);
    tsk_blobs_close(&blobs);
}

static void test_every_call_fails_once_and_for_ever(void **state)
{
    struct fixture *f = *state;
    static const int errors[] = { EIO, ENOSPC };
    char archive[32];
    char sha256[TSK_SHA256_HEX];

    tsk_sha256_hex(content, LEN, sha256);
    for (int how = ONCE; how <= FOR_EVER; how++) {
        for (unsigned n = 1; n < 100; n++) {
            snprintf(archive, sizeof archive, "a-%d-%u", how, n);
            run_with_fault(f, archive, (enum how)how, n, errors[n % 2], sha256);
            bool fired = faults.fired;
            assert_true(is_whole_or_absent(f, archive, sha256));
            run_with_fault(f, archive, NEVER, 0, 0, sha256); /* the retry succeeds */
            assert_true(is_whole_or_absent(f, archive, sha256));
            if (!fired) {
                assert_true(n > 10);
                break;
            }
        }
    }
}

static void test_the_process_dies_at_every_call(void **state)
{
    struct fixture *f = *state;
    char archive[32];
    char sha256[TSK_SHA256_HEX];

    tsk_sha256_hex(content, LEN, sha256);
    for (unsigned n = 1; n < 100; n++) {
        int status = 0;
        snprintf(archive, sizeof archive, "k-%u", n);
        pid_t child = fork();
        if (child == 0) {
            char got[TSK_SHA256_HEX];
            struct tsk_blobs *blobs = open_archive(f, archive);
            arm(DIE, n, 0);
            _exit(tsk_blob_put(got, blobs, content, LEN, NULL) == 0 ? 0 : 1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(is_whole_or_absent(f, archive, sha256));
        run_with_fault(f, archive, NEVER, 0, 0, sha256);
        if (WEXITSTATUS(status) == 0)
            return;
        assert_int_equal(WEXITSTATUS(status), 7);
    }
    fail();
}

static void find_files(struct fixture *f, const char *archive, const char *sha256, bool *plain, bool *sealed)
{
    struct tsk_vault *keys = vault;
    char path[256];

    blob_path(f, path, archive, sha256);
    *sealed = access(path, F_OK) == 0;
    vault = NULL;
    blob_path(f, path, archive, sha256);
    vault = keys;
    *plain = access(path, F_OK) == 0;
}

static void put_plain(struct fixture *f, const char *archive, char sha256[TSK_SHA256_HEX])
{
    struct tsk_vault *keys = vault;
    struct tsk_blobs *blobs;

    vault = NULL;
    blobs = open_archive(f, archive);
    OK(tsk_blob_put(sha256, blobs, content, LEN, &f->err), f);
    tsk_blobs_close(&blobs);
    vault = keys;
}

/* One try with a fault, then one without: the bytes are there at every moment, and sealed in the end. */
static bool seal_with_fault(struct fixture *f, enum how how, unsigned n)
{
    char sha256[TSK_SHA256_HEX], archive[32];
    struct tsk_blob_walk done;
    bool plain, sealed, fired;

    snprintf(archive, sizeof archive, "s-%d-%u", how, n);
    put_plain(f, archive, sha256);
    struct tsk_blobs *blobs = open_archive(f, archive);
    OK(tsk_blob_verify(blobs, sha256, &f->err), f);
    assert_int_equal(tsk_blobs_unsealed(blobs, &f->err), 1);
    arm(how, n, EIO);
    int rc = tsk_blobs_seal_all(&done, blobs, &f->err);
    fired = faults.fired;
    disarm();
    OK(tsk_blob_verify(blobs, sha256, &f->err), f);
    if (rc != 0)
        assert_int_equal(f->err.kind, TSK_RETRY);
    OK(tsk_blobs_seal_all(&done, blobs, &f->err), f);
    find_files(f, archive, sha256, &plain, &sealed);
    assert_true(sealed && !plain);
    assert_int_equal(tsk_blobs_unsealed(blobs, &f->err), 0);
    tsk_blobs_close(&blobs);
    return fired;
}

static void test_sealing_what_is_there(void **state)
{
    struct fixture *f = *state;

    for (int how = ONCE; vault != NULL && how <= FOR_EVER; how++)
        for (unsigned n = 1; n < 100; n++)
            if (!seal_with_fault(f, (enum how)how, n)) {
                assert_true(n > 10);
                break;
            }
}

static void test_a_damaged_plain_file_stays(void **state)
{
    struct fixture *f = *state;
    struct tsk_vault *keys = vault;
    char sha256[TSK_SHA256_HEX], path[256];
    struct tsk_blob_walk done;

    if (vault == NULL)
        return;
    put_plain(f, "d", sha256);
    vault = NULL;
    blob_path(f, path, "d", sha256);
    vault = keys;
    assert_int_equal(chmod(path, 0600), 0);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "X", 1, 3), 1);
    close(fd);
    struct tsk_blobs *blobs = open_archive(f, "d");
    OK(tsk_blobs_seal_all(&done, blobs, &f->err), f);
    assert_int_equal(done.damaged, 1);
    assert_int_equal(done.sealed, 0);
    assert_int_equal(access(path, F_OK), 0);
    tsk_blobs_close(&blobs);
}

static void test_removing(void **state)
{
    struct fixture *f = *state;
    char sha256[TSK_SHA256_HEX];

    put_plain(f, "r", sha256);
    struct tsk_blobs *blobs = open_archive(f, "r");
    OK(tsk_blob_put(sha256, blobs, content, LEN, &f->err), f);
    OK(tsk_blob_remove(blobs, sha256, &f->err), f);
    REFUSED(tsk_blob_verify(blobs, sha256, &f->err), f, "missing");
    OK(tsk_blob_remove(blobs, sha256, &f->err), f);
    tsk_blobs_close(&blobs);
}

static int open_keys(const char *path, struct tsk_err *err)
{
    struct tsk_key key;

    tsk_key_new(&key);
    return tsk_keyfile_write(path, &key, 1, err) == 0 ? tsk_vault_open(&vault, path, NULL, err) : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_put_and_get),
        TEST(test_empty_and_from_a_file),
        TEST(test_damage_is_found_and_healed_by_a_put),
        TEST(test_missing_and_misnamed),
        TEST(test_the_order_of_calls),
        TEST(test_every_call_fails_once_and_for_ever),
        TEST(test_the_process_dies_at_every_call),
        TEST(test_sealing_what_is_there),
        TEST(test_a_damaged_plain_file_stays),
        TEST(test_removing),
    };
    char key[] = "/tmp/tasuki-blob-key-XXXXXX";
    struct tsk_err err = { 0 };
    int failed = cmocka_run_group_tests_name("records/blob, plain", tests, NULL, NULL), fd = mkstemp(key);

    if (fd < 0 || open_keys(key, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    close(fd);
    failed += cmocka_run_group_tests_name("records/blob, sealed", tests, NULL, NULL);
    tsk_vault_close(&vault);
    unlink(key);
    return failed;
}
