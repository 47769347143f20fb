#include "ocr/text/shapes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "ocr/digits/net.h"
#include "ocr/wide.h"

#define DIMENSIONS TSK_SHAPE_DIMENSIONS
#define FACES TSK_SHAPE_FACES
#define LETTERS_MAX 8192
#define COARSE 24 /* dimensions that a first look compares */
#define COARSE_KEPT                                                                                                    \
    1.6F /* how much farther than the nearest, by the first look, a letter may be to be looked at whole */
#define ROW (1 + TSK_SHAPE_FEATURES)
#define BLOCK 32 /* letters that a first look compares at a time: their sums stay in registers */

enum {
    MARK_SIZE = 8,
    HEAD_SIZE = MARK_SIZE + 4 * 3,
    SUM_SIZE = TSK_SHA256_HEX - 1,
    FILE_MAX = HEAD_SIZE + LETTERS_MAX * (4 + FACES * DIMENSIONS) + 2 * DIMENSIONS * ROW + SUM_SIZE
};

static const char mark[MARK_SIZE + 1] = "TSKSHP01";

struct block {
    int8_t at[FACES][COARSE][BLOCK];
};

struct tsk_shapes {
    size_t letters;
    uint32_t *runes;
    float (*projection)[DIMENSIONS]; /* offsets, then a row a feature */
    int8_t (*means)[FACES][DIMENSIONS];
    struct block *first; /* the same by blocks, letter beside letter */
};

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

static size_t body_size(size_t letters)
{
    return HEAD_SIZE + letters * (4 + FACES * DIMENSIONS) + (size_t)2 * DIMENSIONS * ROW;
}

static int check(const char *path, const struct tsk_buf *file, size_t *letters, struct tsk_err *err)
{
    const unsigned char *bytes = (const unsigned char *)file->data;
    char sum[TSK_SHA256_HEX];

    if (file->len < HEAD_SIZE || memcmp(bytes, mark, MARK_SIZE) != 0 || word_at(bytes + MARK_SIZE + 4) != FACES ||
        word_at(bytes + MARK_SIZE + 8) != DIMENSIONS)
        return tsk_fail(err, TSK_STOP, 0, "%s: not the letter shapes of this version; install it again", path);
    *letters = word_at(bytes + MARK_SIZE);
    if (*letters == 0 || *letters > LETTERS_MAX || file->len != body_size(*letters) + SUM_SIZE)
        return tsk_fail(err, TSK_STOP, 0, "%s: the file of letter shapes is cut short; install it again", path);
    tsk_sha256_hex(bytes, body_size(*letters), sum);
    if (memcmp(sum, bytes + body_size(*letters), SUM_SIZE) != 0)
        return tsk_fail(err, TSK_STOP, 0, "%s: the file of letter shapes is damaged (checksum differs)", path);
    return 0;
}

static void unpack(struct tsk_shapes *shapes, const unsigned char *at)
{
    for (size_t i = 0; i < shapes->letters; i++, at += 4)
        shapes->runes[i] = word_at(at);
    for (size_t i = 0; i < (size_t)DIMENSIONS * ROW; i++, at += 2)
        shapes->projection[i % ROW][i / ROW] = tsk_half_to_float((uint16_t)(at[0] | at[1] << 8));
    memcpy(shapes->means, at, shapes->letters * sizeof(*shapes->means));
    for (size_t i = 0; i < shapes->letters; i++)
        for (int f = 0; f < FACES; f++)
            for (int d = 0; d < COARSE; d++)
                shapes->first[i / BLOCK].at[f][d][i % BLOCK] = shapes->means[i][f][d];
}

static size_t blocks_of(size_t letters)
{
    return (letters + BLOCK - 1) / BLOCK;
}

static bool make_room(struct tsk_shapes *shapes)
{
    if (shapes->letters == 0)
        return false;
    shapes->runes = calloc(shapes->letters, sizeof(*shapes->runes));
    shapes->projection = calloc(ROW, sizeof(*shapes->projection));
    shapes->means = calloc(shapes->letters, sizeof(*shapes->means));
    shapes->first = calloc(blocks_of(shapes->letters), sizeof(*shapes->first));
    return shapes->runes != NULL && shapes->projection != NULL && shapes->means != NULL && shapes->first != NULL;
}

int tsk_shapes_load(struct tsk_shapes **out, const char *path, struct tsk_err *err)
{
    struct tsk_buf file = TSK_BUF(FILE_MAX + 1);
    struct tsk_shapes *shapes = calloc(1, sizeof(*shapes));
    int rc = -1;

    *out = NULL;
    if (shapes == NULL) {
        tsk_fail(err, TSK_STOP, 0, "no memory for the letter shapes");
        goto out;
    }
    if (tsk_file_read(path, &file, err) != 0 || check(path, &file, &shapes->letters, err) != 0)
        goto out;
    if (!make_room(shapes)) {
        tsk_fail(err, TSK_STOP, 0, "no memory for the letter shapes");
        goto out;
    }
    unpack(shapes, (const unsigned char *)file.data + HEAD_SIZE);
    *out = shapes;
    shapes = NULL;
    rc = 0;
out:
    tsk_shapes_free(&shapes);
    tsk_buf_free(&file);
    return rc;
}

void tsk_shapes_free(struct tsk_shapes **shapes)
{
    if (*shapes == NULL)
        return;
    free((*shapes)->first);
    free((*shapes)->runes);
    free((*shapes)->projection);
    free((*shapes)->means);
    free(*shapes);
    *shapes = NULL;
}

TSK_WIDE void tsk_shapes_project(const struct tsk_shapes *shapes, const float features[TSK_SHAPE_FEATURES],
                                 struct tsk_shape *out)
{
    memcpy(out->at, shapes->projection[0], sizeof(out->at));
    for (int i = 0; i < TSK_SHAPE_FEATURES; i++) {
        const float *row = shapes->projection[1 + i], x = features[i];

        for (int d = 0; d < DIMENSIONS && x != 0; d++)
            out->at[d] += x * row[d];
    }
    for (int d = 0; d < DIMENSIONS; d++)
        out->at[d] *= TSK_SHAPE_STEP; /* as the means are kept */
}

static float span(const struct tsk_shape *shape, const int8_t *mean)
{
    float sums[8] = { 0 }, sum = 0;

    for (int d = 0; d < DIMENSIONS; d += 8)
        for (int k = 0; k < 8; k++) {
            float off = shape->at[d + k] - (float)mean[d + k];

            sums[k] += off * off;
        }
    for (int k = 0; k < 8; k++)
        sum += sums[k];
    return sum;
}

static float in_units(float sum)
{
    return sum / (TSK_SHAPE_STEP * TSK_SHAPE_STEP);
}

TSK_WIDE static float whole(const struct tsk_shapes *shapes, const struct tsk_shape *shape, size_t letter)
{
    float best = INFINITY;

    for (int f = 0; f < FACES; f++) {
        float off = span(shape, shapes->means[letter][f]);

        best = off < best ? off : best;
    }
    return in_units(best);
}

static void keep(struct tsk_shape_choice out[TSK_SHAPE_CHOICES], size_t *kept, uint32_t rune, float distance)
{
    size_t at = *kept;

    if (at == TSK_SHAPE_CHOICES && out[--at].distance <= distance)
        return;
    *kept = at + 1;
    while (at > 0 && out[at - 1].distance > distance) {
        out[at] = out[at - 1];
        at--;
    }
    out[at] = (struct tsk_shape_choice){ rune, distance };
}

/* How far the letters of a block are by the first dimensions: of each the nearest typeface. */
TSK_WIDE static void look_at_block(const struct tsk_shape *shape, const struct block *block, float out[BLOCK])
{
    for (int k = 0; k < BLOCK; k++)
        out[k] = INFINITY;
    for (int f = 0; f < FACES; f++) {
        float sums[BLOCK] = { 0 };

        for (int d = 0; d < COARSE; d++) {
            const float x = shape->at[d];

            for (int k = 0; k < BLOCK; k++)
                sums[k] += (x - (float)block->at[f][d][k]) * (x - (float)block->at[f][d][k]);
        }
        for (int k = 0; k < BLOCK; k++)
            out[k] = sums[k] < out[k] ? sums[k] : out[k];
    }
}

/* The same of every letter; returns the least. */
static float look_first(const struct tsk_shapes *shapes, const struct tsk_shape *shape, float out[LETTERS_MAX])
{
    float nearest = INFINITY;

    memset(out, 0, shapes->letters * sizeof(*out));
    for (size_t b = 0; b < blocks_of(shapes->letters); b++)
        look_at_block(shape, &shapes->first[b], out + b * BLOCK);
    for (size_t i = 0; i < shapes->letters; i++)
        nearest = out[i] < nearest ? out[i] : nearest;
    return nearest;
}

size_t tsk_shapes_nearest(const struct tsk_shapes *shapes, const struct tsk_shape *shape,
                          struct tsk_shape_choice out[TSK_SHAPE_CHOICES])
{
    float first[LETTERS_MAX], limit;
    size_t kept = 0;

    memset(out, 0, TSK_SHAPE_CHOICES * sizeof(*out));
    limit = COARSE_KEPT * look_first(shapes, shape, first) + COARSE * TSK_SHAPE_STEP * TSK_SHAPE_STEP;
    for (size_t i = 0; i < shapes->letters; i++)
        if (first[i] <= limit)
            keep(out, &kept, shapes->runes[i], whole(shapes, shape, i));
    return kept;
}

float tsk_shapes_distance(const struct tsk_shapes *shapes, const struct tsk_shape *shape, uint32_t rune)
{
    size_t low = 0, high = shapes->letters;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (shapes->runes[middle] < rune)
            low = middle + 1;
        else
            high = middle;
    }
    return low < shapes->letters && shapes->runes[low] == rune ? whole(shapes, shape, low) : -1;
}

size_t tsk_shapes_nearest_of(const struct tsk_shapes *shapes, const struct tsk_shape *shape, const uint32_t *runes,
                             size_t count, struct tsk_shape_choice out[TSK_SHAPE_CHOICES])
{
    size_t kept = 0;

    memset(out, 0, TSK_SHAPE_CHOICES * sizeof(*out));
    for (size_t i = 0; i < count; i++) {
        float distance = tsk_shapes_distance(shapes, shape, runes[i]);

        if (distance >= 0)
            keep(out, &kept, runes[i], distance);
    }
    return kept;
}

static int8_t as_byte(float value)
{
    return (int8_t)lroundf(fminf(127, fmaxf(-127, value * TSK_SHAPE_STEP)));
}

int tsk_shapes_write(const struct tsk_shapes_made *made, const char *path, struct tsk_err *err)
{
    struct tsk_buf file = TSK_BUF(FILE_MAX);
    char sum[TSK_SHA256_HEX];
    int rc = -1;

    tsk_buf_add(&file, mark, MARK_SIZE);
    add_word(&file, (uint32_t)made->letters);
    add_word(&file, FACES);
    add_word(&file, DIMENSIONS);
    for (size_t i = 0; i < made->letters; i++)
        add_word(&file, made->runes[i]);
    for (size_t i = 0; i < (size_t)DIMENSIONS * ROW; i++) {
        const uint16_t half = tsk_half_from_float(made->projection[i]);
        const unsigned char bytes[2] = { (unsigned char)half, (unsigned char)(half >> 8) };

        tsk_buf_add(&file, bytes, sizeof(bytes));
    }
    for (size_t i = 0; i < made->letters * FACES * DIMENSIONS; i++) {
        const int8_t byte = as_byte(made->means[i]);

        tsk_buf_add(&file, &byte, 1);
    }
    if (!file.failed) {
        tsk_sha256_hex(file.data, file.len, sum);
        tsk_buf_add(&file, sum, SUM_SIZE);
    }
    if (file.failed)
        tsk_fail(err, TSK_RETRY, 0, "%s: no memory to write the letter shapes", path);
    else
        rc = tsk_file_put_path(path, file.data, file.len, 0644, err);
    tsk_buf_free(&file);
    return rc;
}
