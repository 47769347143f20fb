/* Keys, their paper, their ring, and what they seal. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/file.h"
#include "vault/ring.h"
#include "vault/seal.h"

static char dir[64], key_path[96], ring_path[96];

#define OK(call, err)                                                                                                  \
    do {                                                                                                               \
        if ((call) != 0)                                                                                               \
            fail_msg("%s", (err)->text);                                                                               \
    } while (0)

static int setup(void **unused)
{
    (void)unused;
    snprintf(dir, sizeof dir, "/dev/shm/tasuki-vault-XXXXXX");
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(key_path, sizeof key_path, "%s/key", dir);
    snprintf(ring_path, sizeof ring_path, "%s/keyring", dir);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    unlink(key_path);
    unlink(ring_path);
    return rmdir(dir);
}

static struct tsk_vault *open_new(struct tsk_key *key)
{
    struct tsk_err err = { 0 };
    struct tsk_vault *vault;

    unlink(key_path);
    unlink(ring_path);
    tsk_key_new(key);
    OK(tsk_keyfile_write(key_path, key, 1, &err), &err);
    OK(tsk_ring_write(ring_path, key, NULL, 0, &err), &err);
    OK(tsk_vault_open(&vault, key_path, ring_path, &err), &err);
    return vault;
}

static void test_paper(void **unused)
{
    unsigned char key[TSK_KEY_BYTES], again[TSK_KEY_BYTES];
    char lines[TSK_PAPER_LINES][TSK_PAPER_LINE_SIZE], text[128];
    struct tsk_err err = { 0 };

    (void)unused;
    for (int i = 0; i < 200; i++) {
        randombytes_buf(key, sizeof key);
        tsk_paper_print(lines, key);
        snprintf(text, sizeof text, "%s\n%s\n%s\n%s\n", lines[0], lines[1], lines[2], lines[3]);
        OK(tsk_paper_read(again, text, &err), &err);
        assert_memory_equal(key, again, sizeof key);
    }
    for (char *c = text; *c != '\0'; c++) /* as people type */
        *c = (char)(*c == '0' ? 'o' : *c == '1' ? 'l' : *c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    OK(tsk_paper_read(again, text, &err), &err);
    assert_memory_equal(key, again, sizeof key);
}

static void test_slips_of_the_typist(void **unused)
{
    unsigned char key[TSK_KEY_BYTES], again[TSK_KEY_BYTES];
    char lines[TSK_PAPER_LINES][TSK_PAPER_LINE_SIZE], text[128], want[32];
    int unseen = 0, tried = 0;
    struct tsk_err err = { 0 };

    (void)unused;
    randombytes_buf(key, sizeof key);
    tsk_paper_print(lines, key);
    for (int line = 0; line < TSK_PAPER_LINES; line++)
        for (int at = 0; at < TSK_PAPER_LINE_SIZE - 1; at++) {
            char old = lines[line][at];

            if (old == '-')
                continue;
            lines[line][at] = old == 'A' ? 'B' : 'A';
            snprintf(text, sizeof text, "%s %s %s %s", lines[0], lines[1], lines[2], lines[3]);
            lines[line][at] = old;
            tried++;
            if (tsk_paper_read(again, text, &err) == 0) {
                unseen++;
                continue;
            }
            snprintf(want, sizeof want, "line %d ", line + 1);
            assert_non_null(strstr(err.text, want));
        }
    assert_int_equal(tried, 60);
    assert_true(unseen <= 2); /* ten check bits a line: one slip in a thousand passes them */
    snprintf(text, sizeof text, "%s %s %s %s", lines[1], lines[0], lines[2], lines[3]);
    assert_int_equal(tsk_paper_read(again, text, &err), -1);
    assert_int_equal(tsk_paper_read(again, lines[0], &err), -1);
    assert_non_null(strstr(err.text, "15 were given"));
}

static int seal(struct tsk_buf *out, struct tsk_vault *vault, size_t size, struct tsk_err *err)
{
    char *bytes = malloc(size + 1);
    int rc;

    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i * 7 + i / 256);
    rc = tsk_seal_bytes(out, vault, TSK_USE_SPOOL, bytes, size, err);
    free(bytes);
    return rc;
}

static int unseal(struct tsk_buf *out, const struct tsk_buf *sealed, size_t len, struct tsk_vault *vault,
                  enum tsk_use use, struct tsk_err *err)
{
    int fd = memfd_create("sealed", MFD_CLOEXEC), rc;

    assert_int_equal(pwrite(fd, sealed->data, len, 0), (ssize_t)len);
    tsk_buf_reset(out);
    rc = tsk_unseal_to_buf(out, fd, "the file", vault, use, err);
    close(fd);
    return rc;
}

static void test_sizes(void **unused)
{
    static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 131072, 300000 };
    struct tsk_buf plain = TSK_BUF(1 << 20);
    struct tsk_err err = { 0 };
    struct tsk_key key;
    struct tsk_vault *vault = open_new(&key);

    (void)unused;
    for (size_t i = 0; i < TSK_COUNT(sizes); i++) {
        struct tsk_buf sealed = TSK_BUF(1 << 20);

        OK(seal(&sealed, vault, sizes[i], &err), &err);
        OK(unseal(&plain, &sealed, sealed.len, vault, TSK_USE_SPOOL, &err), &err);
        assert_int_equal(plain.len, sizes[i]);
        for (size_t k = 0; k < plain.len; k++)
            assert_int_equal(plain.data[k], (char)(k * 7 + k / 256));
        tsk_buf_free(&sealed);
    }
    tsk_buf_free(&plain);
    tsk_vault_close(&vault);
}

/* Every byte changed, every length cut, chunks exchanged, another purpose, something behind the end. */
static void test_nothing_changed_opens(void **unused)
{
    struct tsk_buf sealed = TSK_BUF(1 << 20), plain = TSK_BUF(1 << 20), twice = TSK_BUF(1 << 20);
    struct tsk_err err = { 0 };
    struct tsk_key key;
    struct tsk_vault *vault = open_new(&key);
    static char chunk[TSK_SEAL_CHUNK_BYTES + 17];

    (void)unused;
    OK(seal(&sealed, vault, 150000, &err), &err);
    for (size_t at = 0; at < sealed.len; at += at < 400 ? 1 : 997) {
        sealed.data[at] ^= 1;
        assert_int_equal(unseal(&plain, &sealed, sealed.len, vault, TSK_USE_SPOOL, &err), -1);
        assert_true(err.kind == TSK_HOLD || err.kind == TSK_STOP); /* STOP: the byte was of the key's id */
        sealed.data[at] ^= 1;
    }
    for (size_t len = 0; len < sealed.len; len += len < 400 ? 1 : 997)
        assert_int_equal(unseal(&plain, &sealed, len, vault, TSK_USE_SPOOL, &err), -1);
    assert_int_equal(unseal(&plain, &sealed, TSK_SEAL_HEAD_BYTES + sizeof chunk, vault, TSK_USE_SPOOL, &err), -1);
    assert_int_equal(unseal(&plain, &sealed, sealed.len, vault, TSK_USE_ARCHIVE, &err), -1);
    tsk_buf_add(&twice, sealed.data, sealed.len);
    tsk_buf_add(&twice, "x", 1);
    assert_int_equal(unseal(&plain, &twice, twice.len, vault, TSK_USE_SPOOL, &err), -1);
    memcpy(chunk, sealed.data + TSK_SEAL_HEAD_BYTES, sizeof chunk);
    memmove(sealed.data + TSK_SEAL_HEAD_BYTES, sealed.data + TSK_SEAL_HEAD_BYTES + sizeof chunk, sizeof chunk);
    memcpy(sealed.data + TSK_SEAL_HEAD_BYTES + sizeof chunk, chunk, sizeof chunk);
    assert_int_equal(unseal(&plain, &sealed, sealed.len, vault, TSK_USE_SPOOL, &err), -1);
    tsk_buf_free(&twice);
    tsk_buf_free(&sealed);
    tsk_buf_free(&plain);
    tsk_vault_close(&vault);
}

static void test_another_key_does_not_open(void **unused)
{
    struct tsk_buf sealed = TSK_BUF(1 << 16), plain = TSK_BUF(1 << 16);
    struct tsk_err err = { 0 };
    struct tsk_key first, second;
    struct tsk_vault *vault = open_new(&first);

    (void)unused;
    OK(seal(&sealed, vault, 100, &err), &err);
    tsk_vault_close(&vault);
    vault = open_new(&second);
    assert_int_equal(unseal(&plain, &sealed, sealed.len, vault, TSK_USE_SPOOL, &err), -1);
    assert_int_equal(err.kind, TSK_STOP);
    assert_non_null(strstr(err.text, first.id));
    tsk_vault_close(&vault);
    assert_int_equal(unseal(&plain, &sealed, sealed.len, NULL, TSK_USE_SPOOL, &err), -1);
    assert_int_equal(err.kind, TSK_STOP);
    /* the site's ring is of `second`: a key file with `first` alone is refused before anything is written */
    OK(tsk_keyfile_write(key_path, &first, 1, &err), &err);
    assert_int_equal(tsk_vault_open(&vault, key_path, ring_path, &err), -1);
    assert_int_equal(err.kind, TSK_STOP);
    assert_non_null(strstr(err.text, second.id));
    tsk_buf_free(&sealed);
    tsk_buf_free(&plain);
}

/* A running process follows: file changed under it, then the ring; what was sealed before still opens. */
static void test_rotation_is_followed(void **unused)
{
    struct tsk_buf before = TSK_BUF(1 << 16), after = TSK_BUF(1 << 16), plain = TSK_BUF(1 << 16);
    struct tsk_err err = { 0 };
    struct tsk_key keys[2];
    struct tsk_vault *vault = open_new(&keys[1]);
    char id[TSK_KEY_ID_SIZE];

    (void)unused;
    OK(seal(&before, vault, 100, &err), &err);
    tsk_key_new(&keys[0]);
    OK(tsk_keyfile_write(key_path, keys, 2, &err), &err);
    OK(seal(&after, vault, 100, &err), &err);
    assert_true(tsk_sealed_with(id, after.data, after.len, TSK_USE_SPOOL));
    assert_string_equal(id, keys[0].id);
    OK(unseal(&plain, &before, before.len, vault, TSK_USE_SPOOL, &err), &err);
    OK(tsk_ring_write(ring_path, &keys[0], &keys[1], 1, &err), &err);
    OK(tsk_keyfile_write(key_path, keys, 1, &err), &err);
    OK(unseal(&plain, &before, before.len, vault, TSK_USE_SPOOL, &err), &err);
    OK(unseal(&plain, &after, after.len, vault, TSK_USE_SPOOL, &err), &err);
    assert_int_equal(tsk_vault_count(vault), 2);
    assert_int_equal(tsk_vault_in_file(vault), 1);
    tsk_vault_close(&vault);
    tsk_buf_free(&before);
    tsk_buf_free(&after);
    tsk_buf_free(&plain);
}

/* It says so at each call, not at the first alone, and goes on when the file is in order again. */
static void test_a_damaged_ring_stays_a_fault(void **unused)
{
    struct tsk_buf sealed = TSK_BUF(1 << 16);
    struct tsk_err err = { 0 };
    struct tsk_key key;
    struct tsk_vault *vault = open_new(&key);

    (void)unused;
    OK(tsk_file_put_path(ring_path, "{", 1, 0600, &err), &err);
    for (int i = 0; i < 3; i++)
        assert_int_equal(seal(&sealed, vault, 100, &err), -1);
    OK(tsk_ring_write(ring_path, &key, NULL, 0, &err), &err);
    tsk_buf_reset(&sealed);
    OK(seal(&sealed, vault, 100, &err), &err);
    tsk_vault_close(&vault);
    tsk_buf_free(&sealed);
}

static void test_open_key_file_is_refused(void **unused)
{
    struct tsk_err err = { 0 };
    struct tsk_key key;
    struct tsk_vault *vault = open_new(&key);

    (void)unused;
    tsk_vault_close(&vault);
    assert_int_equal(chmod(key_path, 0440), 0);
    assert_int_equal(tsk_vault_open(&vault, key_path, ring_path, &err), -1);
    assert_non_null(strstr(err.text, "chmod 400"));
}

/* Looks for the key's bytes in all of this process's writable memory. */
static int find_in_memory(const unsigned char *key)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC), found = 0;
    char line[512];

    assert_true(maps != NULL && memory >= 0);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from, to;
        char rights[5];

        if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) != 3 || rights[1] != 'w' ||
            to - from > (256UL << 20)) /* a sanitizer's shadow */
            continue;
        unsigned char *bytes = malloc(to - from);
        ssize_t got = bytes != NULL ? pread(memory, bytes, to - from, (off_t)from) : -1;
        for (ssize_t i = 0; i + TSK_KEY_BYTES <= got; i++)
            if (bytes[i] == (key[0] ^ 0x5a) && bytes[i + 1] == (key[1] ^ 0x5a)) {
                int same = 1;
                for (int k = 2; k < TSK_KEY_BYTES && same; k++)
                    same = bytes[i + k] == (key[k] ^ 0x5a);
                found += same;
            }
        if (bytes != NULL)
            sodium_memzero(bytes, to - from); /* or the next search finds what this one copied */
        free(bytes);
    }
    close(memory);
    fclose(maps);
    return found;
}

static void test_a_child_has_no_key(void **unused)
{
    unsigned char hidden[TSK_KEY_BYTES];
    struct tsk_key key;
    struct tsk_vault *vault = open_new(&key);
    int status;

    (void)unused;
    for (int i = 0; i < TSK_KEY_BYTES; i++)
        hidden[i] = key.bytes[i] ^ 0x5a;
    sodium_memzero(&key, sizeof key);
    assert_true(find_in_memory(hidden) >= 1); /* the search can find it */
    pid_t child = fork();
    if (child == 0)
        _exit(find_in_memory(hidden) == 0 ? 0 : 1);
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    tsk_vault_close(&vault);
    assert_int_equal(find_in_memory(hidden), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paper),
        cmocka_unit_test(test_slips_of_the_typist),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_nothing_changed_opens),
        cmocka_unit_test(test_another_key_does_not_open),
        cmocka_unit_test(test_rotation_is_followed),
        cmocka_unit_test(test_a_damaged_ring_stays_a_fault),
        cmocka_unit_test(test_open_key_file_is_refused),
        cmocka_unit_test(test_a_child_has_no_key),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("vault", tests, setup, teardown);
}
