#include "ocr/train/source.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "ocr/digits/net.h"

enum { IDX_MAX_BYTES = 64 * 1024 * 1024, SENDER_MAX = 4096 };

static int add(struct tsk_sources *set, struct tsk_source item, struct tsk_err *err)
{
    if (set->count == set->cap) {
        const size_t cap = set->cap == 0 ? 256 : 2 * set->cap;
        struct tsk_source *items = realloc(set->items, cap * sizeof(*items));
        if (items == NULL) {
            free(item.grey);
            return tsk_fail(err, TSK_STOP, 0, "no memory for %zu glyphs", cap);
        }
        set->items = items;
        set->cap = cap;
    }
    set->items[set->count++] = item;
    return 0;
}

/* Takes the part of an image that holds ink; a blank image is left out. */
int tsk_sources_add_image(struct tsk_sources *set, const unsigned char *px, int w, int h, int stride,
                          struct tsk_source like, struct tsk_err *err)
{
    int x0 = w, y0 = h, x1 = 0, y1 = 0;

    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            if (px[y * stride + x] < 64)
                continue;
            x0 = x < x0 ? x : x0;
            x1 = x >= x1 ? x + 1 : x1;
            y0 = y < y0 ? y : y0;
            y1 = y + 1;
        }
    }
    if (x1 <= x0)
        return 0;
    like.w = x1 - x0;
    like.h = y1 - y0;
    like.grey = malloc((size_t)like.w * (size_t)like.h * sizeof(float));
    if (like.grey == NULL)
        return tsk_fail(err, TSK_STOP, 0, "no memory for a glyph");
    for (int y = 0; y < like.h; y++) {
        for (int x = 0; x < like.w; x++)
            like.grey[y * like.w + x] = (float)px[(y0 + y) * stride + x0 + x] / 255.0F;
    }
    return add(set, like, err);
}

/* An IDX file: two zero bytes, type 8 (bytes), number of dimensions, the dimensions (big-endian), the bytes. */
static int read_idx(const char *path, int dimensions, uint32_t dims[3], struct tsk_buf *out, struct tsk_err *err)
{
    gzFile file = gzopen(path, "rb");
    unsigned char head[16];
    char chunk[16384];
    size_t want = 1;
    int got;

    if (file == NULL)
        return tsk_fail(err, TSK_STOP, 0, "%s: cannot be opened", path);
    if (gzread(file, head, 4U + 4U * (unsigned)dimensions) != 4 + 4 * dimensions || head[2] != 8 ||
        head[3] != dimensions) {
        gzclose(file);
        return tsk_fail(err, TSK_STOP, 0, "%s: not an IDX file of %d dimensions", path, dimensions);
    }
    for (int i = 0; i < dimensions; i++) {
        const unsigned char *at = head + 4 + 4 * i;
        dims[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
        want *= dims[i] <= IDX_MAX_BYTES ? dims[i] : IDX_MAX_BYTES;
        if (want > IDX_MAX_BYTES)
            break;
    }
    while (want <= IDX_MAX_BYTES && (got = gzread(file, chunk, sizeof(chunk))) > 0)
        tsk_buf_add(out, chunk, (size_t)got);
    gzclose(file);
    if (out->failed || out->len != want)
        return tsk_fail(err, TSK_STOP, 0, "%s: IDX file is cut short or too large", path);
    return 0;
}

/* One line an image, "sender" and a number. */
static int read_senders(const char *path, int *senders, size_t count, struct tsk_err *err)
{
    struct tsk_buf text = TSK_BUF(1024 * 1024);
    const char *at;
    size_t line = 0;

    if (tsk_file_read(path, &text, err) != 0) {
        tsk_buf_free(&text);
        return -1;
    }
    for (at = tsk_buf_text(&text); line < count && strncmp(at, "sender", 6) == 0; line++) {
        senders[line] = (int)strtol(at + 6, NULL, 10) % SENDER_MAX;
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    tsk_buf_free(&text);
    if (line != count)
        return tsk_fail(err, TSK_STOP, 0, "%s:%zu: expected a line \"senderNUMBER\" for each of %zu images", path,
                        line + 1, count);
    return 0;
}

int tsk_sources_add_idx(struct tsk_sources *set, const char *images, const char *labels, const char *senders,
                        bool marks, struct tsk_err *err)
{
    struct tsk_buf pixels = TSK_BUF(IDX_MAX_BYTES), names = TSK_BUF(IDX_MAX_BYTES);
    uint32_t dims[3] = { 0 }, count[3] = { 0 };
    int *from = NULL, rc = -1;

    if (read_idx(images, 3, dims, &pixels, err) != 0 || read_idx(labels, 1, count, &names, err) != 0)
        goto out;
    if (count[0] != dims[0] || (from = calloc((size_t)dims[0] + 1, sizeof(*from))) == NULL) {
        tsk_fail(err, TSK_STOP, 0, "%s: %u labels for %u images", labels, count[0], dims[0]);
        goto out;
    }
    if (senders != NULL && read_senders(senders, from, dims[0], err) != 0)
        goto out;
    for (size_t i = 0; i < dims[0]; i++) {
        const struct tsk_source like = { .label = marks ? TSK_NET_NO_DIGIT : names.data[i],
                                         .sender = senders != NULL ? from[i] : -1,
                                         .size = 1 };
        const size_t at = i * dims[1] * dims[2];
        if (marks && names.data[i] == 'm')
            continue;
        if (like.label < 0 || like.label > TSK_NET_NO_DIGIT) {
            tsk_fail(err, TSK_STOP, 0, "%s: label %zu is no digit", labels, i);
            goto out;
        }
        if (tsk_sources_add_image(set, (const unsigned char *)pixels.data + at, (int)dims[2], (int)dims[1],
                                  (int)dims[2], like, err) != 0)
            goto out;
    }
    rc = 0;
out:
    free(from);
    tsk_buf_free(&names);
    tsk_buf_free(&pixels);
    return rc;
}

void tsk_sources_free(struct tsk_sources *set)
{
    for (size_t i = 0; i < set->count; i++)
        free(set->items[i].grey);
    free(set->items);
    *set = (struct tsk_sources){ 0 };
}
