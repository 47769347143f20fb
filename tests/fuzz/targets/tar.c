#include <string.h>

#include "fuzz.h"
#include "gateway/tar.h"

struct tally {
    uint64_t left;
    bool inside;
};

static int begin(void *ctx, const char *name, uint64_t size, struct tsk_err *err)
{
    struct tally *tally = ctx;

    (void)err;
    fuzz_require(!tally->inside, "one file after the other");
    fuzz_require(name[0] != '\0' && name[0] != '/' && strlen(name) < TSK_TAR_NAME_SIZE, "a name is one");
    fuzz_require(strcmp(name, "..") != 0 && strncmp(name, "../", 3) != 0 && strstr(name, "/../") == NULL &&
                     (strlen(name) < 3 || strcmp(name + strlen(name) - 3, "/..") != 0),
                 "a name stays in its folder");
    *tally = (struct tally){ size, true };
    return 0;
}

static int take(void *ctx, const void *bytes, size_t len, struct tsk_err *err)
{
    struct tally *tally = ctx;

    (void)bytes, (void)err;
    fuzz_require(tally->inside && len <= tally->left, "no more than was announced");
    tally->left -= len;
    return 0;
}

static int end(void *ctx, struct tsk_err *err)
{
    struct tally *tally = ctx;

    (void)err;
    fuzz_require(tally->inside && tally->left == 0, "no less than was announced");
    tally->inside = false;
    return 0;
}

/* The checksum of each header is put right when the first byte says so: nobody would guess it. */
static void put_right(unsigned char *tar, size_t len)
{
    for (size_t at = 0; at + TSK_TAR_BLOCK <= len; at += TSK_TAR_BLOCK) {
        unsigned sum = 0;

        if (memcmp(tar + at + 257, "ustar", 5) != 0)
            continue;
        memset(tar + at + 148, ' ', 8);
        for (size_t i = 0; i < TSK_TAR_BLOCK; i++)
            sum += tar[at + i];
        for (int i = 0; i < 6; i++)
            tar[at + 153 - (size_t)i] = (unsigned char)('0' + (sum >> 3 * i & 7));
        tar[at + 154] = '\0';
    }
}

void fuzz_tar(const uint8_t *bytes, size_t len)
{
    struct tally tally = { .left = 0 };
    struct tsk_tar_reader reader = { .sink = { begin, take, end, &tally } };
    unsigned how = fuzz_byte(&bytes, &len);
    size_t step = how % 128 * 37 + 1;
    static unsigned char copy[1 << 16];
    struct tsk_err err = { 0 };
    int rc = 0;

    if (len > sizeof copy)
        return;
    memcpy(copy, bytes, len);
    if (how >= 128)
        put_right(copy, len);
    for (size_t at = 0; at < len && rc == 0; at += step)
        rc = tsk_tar_take(&reader, copy + at, len - at < step ? len - at : step, &err);
    if (rc == 0)
        rc = tsk_tar_finish(&reader, &err);
    fuzz_require(rc == 0 ? !tally.inside : err.text[0] != '\0', "an end, or a reason");
}
