/* What backups are made of: the tar inside, the log of what was disposed of, the paper that a camera can read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zbar.h>

#include "base/file.h"
#include "gateway/paper.h"
#include "gateway/purge_log.h"
#include "gateway/tar.h"

static char dir[64], key_path[96], log_path[96];
static struct tsk_vault *vault;

#define OK(call, err)                                                                                                  \
    do {                                                                                                               \
        if ((call) != 0)                                                                                               \
            fail_msg("%s", (err)->text);                                                                               \
    } while (0)

static int setup(void **unused)
{
    struct tsk_err err = { 0 };
    struct tsk_key key;

    (void)unused;
    snprintf(dir, sizeof dir, "/dev/shm/tasuki-keep-XXXXXX");
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(key_path, sizeof key_path, "%s/key", dir);
    snprintf(log_path, sizeof log_path, "%s/purges.log", dir);
    tsk_key_new(&key);
    return tsk_keyfile_write(key_path, &key, 1, &err) == 0 ? tsk_vault_open(&vault, key_path, NULL, &err) : -1;
}

static int teardown(void **unused)
{
    char command[128];
    FILE *rm;

    (void)unused;
    tsk_vault_close(&vault);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    rm = popen(command, "re");
    return rm != NULL ? pclose(rm) : -1;
}

/* What a reader saw, as one text. */
struct seen {
    struct tsk_buf text;
};

static int see_begin(void *ctx, const char *name, uint64_t size, struct tsk_err *err)
{
    struct seen *seen = ctx;

    (void)err;
    tsk_buf_printf(&seen->text, "[%s %llu:", name, (unsigned long long)size);
    return 0;
}

static int see_bytes(void *ctx, const void *bytes, size_t len, struct tsk_err *err)
{
    struct seen *seen = ctx;

    (void)err;
    tsk_buf_add(&seen->text, bytes, len);
    return 0;
}

static int see_end(void *ctx, struct tsk_err *err)
{
    struct seen *seen = ctx;

    (void)err;
    tsk_buf_puts(&seen->text, "]");
    return 0;
}

static void add(struct tsk_buf *tar, const char *name, const char *content)
{
    static const char zeros[TSK_TAR_BLOCK];
    unsigned char head[TSK_TAR_BLOCK];
    struct tsk_err err = { 0 };

    OK(tsk_tar_head(head, name, strlen(content), 1700000000, &err), &err);
    tsk_buf_add(tar, head, sizeof head);
    tsk_buf_puts(tar, content);
    tsk_buf_add(tar, zeros, tsk_tar_padding(strlen(content)));
}

/* In pieces of step bytes; 0 when the end was there. */
static int read_tar(struct seen *seen, const struct tsk_buf *tar, size_t len, size_t step, struct tsk_err *err)
{
    struct tsk_tar_reader reader = { .sink = { see_begin, see_bytes, see_end, seen } };

    tsk_buf_reset(&seen->text);
    for (size_t at = 0; at < len; at += step)
        if (tsk_tar_take(&reader, tar->data + at, len - at < step ? len - at : step, err) != 0)
            return -1;
    return tsk_tar_finish(&reader, err);
}

static void test_tar(void **unused)
{
    static const char zeros[2 * TSK_TAR_BLOCK];
    struct tsk_buf tar = TSK_BUF(1 << 20);
    struct seen seen = { .text = TSK_BUF(1 << 20) };
    struct tsk_err err = { 0 };
    char want[2048], deep[200], block[513];

    (void)unused;
    memset(deep, 'd', sizeof deep);
    deep[90] = '/';
    deep[sizeof deep - 12] = '\0';
    memset(block, 'b', 512);
    block[512] = '\0';
    add(&tar, "a", "");
    add(&tar, "site/tasuki.yaml", "text");
    add(&tar, deep, block);
    tsk_buf_add(&tar, zeros, sizeof zeros);
    snprintf(want, sizeof want, "[a 0:][site/tasuki.yaml 4:text][%s 512:%s]", deep, block);
    for (size_t step = 1; step < 1500; step += step < 20 ? 1 : 101) {
        OK(read_tar(&seen, &tar, tar.len, step, &err), &err);
        assert_string_equal(tsk_buf_text(&seen.text), want);
    }
    for (size_t len = 0; len < tar.len - sizeof zeros + TSK_TAR_BLOCK; len += 37)
        assert_int_equal(read_tar(&seen, &tar, len, 4096, &err), -1);
    tsk_buf_free(&tar);
    tsk_buf_free(&seen.text);
}

static void test_tar_trusts_nothing(void **unused)
{
    static const char *const names[] = { "../etc/passwd", "/etc/passwd", "a/../../b", "a/..", ".." };
    struct seen seen = { .text = TSK_BUF(4096) };
    struct tsk_err err = { 0 };
    char tall[300];
    unsigned char head[TSK_TAR_BLOCK];

    (void)unused;
    for (size_t i = 0; i < TSK_COUNT(names); i++) {
        struct tsk_buf tar = TSK_BUF(4096);

        add(&tar, names[i], "x");
        assert_int_equal(read_tar(&seen, &tar, tar.len, 512, &err), -1);
        assert_non_null(strstr(err.text, "leads elsewhere"));
        tsk_buf_free(&tar);
    }
    for (size_t at = 0; at < TSK_TAR_BLOCK; at++) { /* every byte of a head */
        struct tsk_buf tar = TSK_BUF(4096);

        add(&tar, "name", "x");
        tar.data[at] = (char)(tar.data[at] ^ 4);
        assert_int_equal(read_tar(&seen, &tar, tar.len, 512, &err), -1);
        tsk_buf_free(&tar);
    }
    memset(tall, 'n', sizeof tall - 1);
    tall[sizeof tall - 1] = '\0';
    assert_int_equal(tsk_tar_head(head, tall, 1, 0, &err), -1);
    tsk_buf_free(&seen.text);
}

static void put_three(struct tsk_blobs *blobs, char sha256[3][TSK_SHA256_HEX])
{
    static const char *const content[] = { "one", "two", "three" };
    struct tsk_err err = { 0 };

    for (int i = 0; i < 3; i++)
        OK(tsk_blob_put(sha256[i], blobs, content[i], strlen(content[i]), &err), &err);
}

static void append(const char *text)
{
    FILE *file = fopen(log_path, "ae");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_purges(void **unused)
{
    struct tsk_purge_target target = { .vault = vault };
    char sha256[3][TSK_SHA256_HEX], path[96];
    struct tsk_err err = { 0 };

    (void)unused;
    snprintf(path, sizeof path, "%s/archive", dir);
    OK(tsk_blobs_open(&target.blobs, path, vault, &err), &err);
    put_three(target.blobs, sha256);
    for (int i = 0; i < 2; i++) {
        const struct tsk_purge purge = { .what = "blob", .id = sha256[i], .by = "田中", .why = "保存期間の満了" };

        OK(tsk_purge_note(log_path, vault, &purge, &err), &err);
    }
    assert_int_equal(tsk_purge_apply(log_path, &target, &err), 2);
    assert_int_equal(tsk_blob_verify(target.blobs, sha256[0], &err), -1);
    assert_int_equal(tsk_blob_verify(target.blobs, sha256[1], &err), -1);
    OK(tsk_blob_verify(target.blobs, sha256[2], &err), &err);
    put_three(target.blobs, sha256); /* as a restore brings them back */
    assert_int_equal(tsk_purge_apply(log_path, &target, &err), 2);
    assert_int_equal(tsk_blob_verify(target.blobs, sha256[0], &err), -1);
    append("{\"at\":\"2026"); /* a power cut in the midst of a line */
    assert_int_equal(tsk_purge_apply(log_path, &target, &err), 2);
    tsk_blobs_close(&target.blobs);
    unlink(log_path);
}

/* Whoever can write the file but has no key throws nothing away. */
static void test_forged_purges(void **unused)
{
    struct tsk_purge_target target = { .vault = vault };
    char sha256[3][TSK_SHA256_HEX], path[96], line[512];
    struct tsk_err err = { 0 };

    (void)unused;
    snprintf(path, sizeof path, "%s/archive", dir);
    OK(tsk_blobs_open(&target.blobs, path, vault, &err), &err);
    put_three(target.blobs, sha256);
    const struct tsk_purge purge = { .what = "blob", .id = sha256[0], .by = "田中", .why = "x" };
    OK(tsk_purge_note(log_path, vault, &purge, &err), &err);
    struct tsk_buf text = TSK_BUF(4096);
    OK(tsk_file_read(log_path, &text, &err), &err);
    char *id = strstr(text.data, sha256[0]);
    assert_non_null(id);
    memcpy(id, sha256[2], TSK_SHA256_HEX - 1);
    append(tsk_buf_text(&text));
    assert_int_equal(tsk_purge_apply(log_path, &target, &err), -1);
    assert_int_equal(err.kind, TSK_HOLD);
    assert_non_null(strstr(err.text, "line 2: the entry was not written by this site"));
    OK(tsk_blob_verify(target.blobs, sha256[2], &err), &err);
    unlink(log_path);
    snprintf(line, sizeof line, "{\"what\":\"blob\",\"id\":\"%s\"}\n", sha256[2]);
    append(line);
    assert_int_equal(tsk_purge_apply(log_path, &target, &err), -1);
    unlink(log_path);
    const struct tsk_purge later = { .what = "region", .id = "osaka", .by = "田中", .why = "x" };
    OK(tsk_purge_note(log_path, vault, &later, &err), &err);
    assert_int_equal(tsk_purge_apply(log_path, &target, &err), -1);
    assert_int_equal(err.kind, TSK_STOP); /* of a newer program: a restore must not leave it out */
    tsk_buf_free(&text);
    tsk_blobs_close(&target.blobs);
    unlink(log_path);
}

/* The half blocks of the terminal, drawn as a camera sees them; then read by zbar. */
static void test_the_code_can_be_read(void **unused)
{
    enum { SCALE = 4, SIDE_MAX = 120 };
    static unsigned char image[SIDE_MAX * SCALE * SIDE_MAX * SCALE];
    struct tsk_err err = { 0 };
    struct tsk_key key;
    char *text = NULL, lines[TSK_PAPER_LINES][TSK_PAPER_LINE_SIZE], want[128];
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    int y = 0, width = 0;

    (void)unused;
    tsk_key_new(&key);
    OK(tsk_paper_text(out, &key, "/srv/tasuki", &err), &err);
    fclose(out);
    memset(image, 255, sizeof image);
    for (const char *line = strstr(text, "    █"); line != NULL && *line != '\0' && y < SIDE_MAX;
         line = strchr(line, '\n') + 1, y += 2) {
        int x = 0;

        for (const char *at = line + 4; *at != '\n'; x++) {
            static const char *const halves[] = { "█", "▄", "▀", " " };
            int which = 0;

            while (which < 3 && strncmp(at, halves[which], strlen(halves[which])) != 0)
                which++;
            at += strlen(halves[which]);
            for (int sub = 0; sub < 2 * SCALE; sub++)
                for (int k = 0; k < SCALE; k++)
                    image[((y * SCALE + sub) * SIDE_MAX * SCALE) + x * SCALE + k] =
                        (which >> (sub / SCALE) & 1) != 0 ? 0 : 255;
        }
        width = x > width ? x : width;
    }
    assert_true(width > 25);
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    zbar_image_t *picture = zbar_image_create();
    zbar_image_set_format(picture, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(picture, SIDE_MAX * SCALE, SIDE_MAX * SCALE);
    zbar_image_set_data(picture, image, sizeof image, NULL);
    assert_int_equal(zbar_scan_image(scanner, picture), 1);
    tsk_paper_print(lines, key.bytes);
    snprintf(want, sizeof want, "%s %s %s %s", lines[0], lines[1], lines[2], lines[3]);
    assert_string_equal(zbar_symbol_get_data(zbar_image_first_symbol(picture)), want);
    zbar_image_destroy(picture);
    zbar_image_scanner_destroy(scanner);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tar),
        cmocka_unit_test(test_tar_trusts_nothing),
        cmocka_unit_test(test_purges),
        cmocka_unit_test(test_forged_purges),
        cmocka_unit_test(test_the_code_can_be_read),
    };

    return cmocka_run_group_tests_name("gateway/keep", tests, setup, teardown);
}
