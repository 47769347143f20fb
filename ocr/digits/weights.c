#include "ocr/digits/weights.h"

#include <string.h>

#include "base/file.h"

enum {
    MARK_SIZE = 8,
    WORDS = 5,
    HEAD_SIZE = MARK_SIZE + 4 * WORDS,
    BODY_SIZE = HEAD_SIZE + 2 * (int)TSK_NET_WEIGHTS,
    SUM_SIZE = TSK_SHA256_HEX - 1,
    FILE_SIZE = BODY_SIZE + SUM_SIZE
};

static const char mark[MARK_SIZE + 1] = "TSKDIG01";
static const uint32_t shape[WORDS - 1] = { TSK_NET_MAPS1, TSK_NET_MAPS2, TSK_NET_HIDDEN, TSK_NET_OUTPUTS };

static uint32_t word_at(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void add_word(struct tsk_buf *buf, uint32_t word)
{
    const unsigned char bytes[4] = { (unsigned char)word, (unsigned char)(word >> 8), (unsigned char)(word >> 16),
                                     (unsigned char)(word >> 24) };

    tsk_buf_add(buf, bytes, sizeof(bytes));
}

static int check(const char *path, const struct tsk_buf *file, char sum[TSK_SHA256_HEX], struct tsk_err *err)
{
    const unsigned char *bytes = (const unsigned char *)file->data;

    if (file->len < HEAD_SIZE || memcmp(bytes, mark, MARK_SIZE) != 0)
        return tsk_fail(err, TSK_STOP, 0, "%s: not a weights file of this program; install it again", path);
    for (int i = 0; i < WORDS - 1; i++) {
        if (word_at(bytes + MARK_SIZE + 4 * i) != shape[i])
            return tsk_fail(err, TSK_STOP, 0,
                            "%s: weights are for another shape of network; install those of this version", path);
    }
    if (file->len != FILE_SIZE)
        return tsk_fail(err, TSK_STOP, 0, "%s: weights file has %zu bytes instead of %d; install it again", path,
                        file->len, (int)FILE_SIZE);
    tsk_sha256_hex(bytes, BODY_SIZE, sum);
    if (memcmp(sum, bytes + BODY_SIZE, SUM_SIZE) != 0)
        return tsk_fail(err, TSK_STOP, 0, "%s: weights file is damaged (checksum differs); install it again", path);
    return 0;
}

int tsk_weights_read(struct tsk_weights *out, const char *path, struct tsk_err *err)
{
    struct tsk_buf file = TSK_BUF(2 * FILE_SIZE);
    float *weights = &out->net.conv1[0][0];
    const unsigned char *at;
    int rc = -1;

    memset(out, 0, sizeof(*out));
    if (tsk_file_read(path, &file, err) != 0 || check(path, &file, out->version, err) != 0)
        goto out;
    at = (const unsigned char *)file.data + HEAD_SIZE;
    out->sharpen = word_at(at - 4) / 1000.0;
    for (size_t i = 0; i < TSK_NET_WEIGHTS; i++, at += 2)
        weights[i] = tsk_half_to_float((uint16_t)(at[0] | at[1] << 8));
    rc = 0;
out:
    tsk_buf_free(&file);
    return rc;
}

int tsk_weights_write(const struct tsk_weights *weights, const char *path, struct tsk_err *err)
{
    struct tsk_buf file = TSK_BUF(2 * FILE_SIZE);
    const float *from = &weights->net.conv1[0][0];
    char sum[TSK_SHA256_HEX];
    int rc = -1;

    tsk_buf_add(&file, mark, MARK_SIZE);
    for (int i = 0; i < WORDS - 1; i++)
        add_word(&file, shape[i]);
    add_word(&file, (uint32_t)(weights->sharpen * 1000 + 0.5));
    for (size_t i = 0; i < TSK_NET_WEIGHTS; i++) {
        const uint16_t half = tsk_half_from_float(from[i]);
        const unsigned char bytes[2] = { (unsigned char)half, (unsigned char)(half >> 8) };
        tsk_buf_add(&file, bytes, sizeof(bytes));
    }
    if (!file.failed) {
        tsk_sha256_hex(file.data, file.len, sum);
        tsk_buf_add(&file, sum, SUM_SIZE);
    }
    if (file.failed)
        tsk_fail(err, TSK_RETRY, 0, "%s: no memory to write the weights", path);
    else
        rc = tsk_file_put_path(path, file.data, file.len, 0644, err);
    tsk_buf_free(&file);
    return rc;
}
