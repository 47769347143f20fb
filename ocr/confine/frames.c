#include "ocr/confine/frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ocr/decode/decode.h"

static const struct {
    int type;
    size_t max;
    bool of_page; /* belongs to the reading before it, at most once */
} kinds[] = {
    { TSK_FRAME_READING, (size_t)1 << 20, false },
    { TSK_FRAME_TIMING, 4096, true },
    { TSK_FRAME_PAGE, (size_t)16 << 20, true },
    { TSK_FRAME_CROPS, (size_t)16 << 20, true },
    { TSK_FRAME_ERROR, 4096, false },
    { TSK_FRAME_END, 4096, false },
};

static int kind_of(int type)
{
    for (size_t i = 0; i < TSK_COUNT(kinds); i++) {
        if (kinds[i].type == type)
            return (int)i;
    }
    return -1;
}

size_t tsk_frame_max(int type)
{
    int kind = kind_of(type);

    return kind >= 0 ? kinds[kind].max : 0;
}

static void put_le32(unsigned char *out, size_t n)
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(n >> (8 * i));
}

static size_t le32(const unsigned char *in)
{
    return (size_t)in[0] | (size_t)in[1] << 8 | (size_t)in[2] << 16 | (size_t)in[3] << 24;
}

int tsk_frame_write(int fd, enum tsk_frame_type type, const void *bytes, size_t len, struct tsk_err *err)
{
    unsigned char header[TSK_FRAME_HEADER] = { (unsigned char)type };

    if (len > tsk_frame_max(type))
        return tsk_fail(err, TSK_HOLD, 0, "what was read is too large to pass on (%zu bytes)", len);
    put_le32(header + 4, len);
    if (tsk_write_all(fd, header, sizeof header) != 0 || (len > 0 && tsk_write_all(fd, bytes, len) != 0))
        return tsk_fail(err, TSK_RETRY, errno, "nobody takes what was read");
    return 0;
}

int tsk_frame_write_json(int fd, enum tsk_frame_type type, const json_t *json, struct tsk_err *err)
{
    char *text = json_dumps(json, JSON_COMPACT);
    int rc;

    if (text == NULL)
        return tsk_fail(err, TSK_RETRY, ENOMEM, "what was read cannot be written down");
    rc = tsk_frame_write(fd, type, text, strlen(text), err);
    free(text);
    return rc;
}

int tsk_frame_write_error(int fd, const struct tsk_err *what, struct tsk_err *err)
{
    json_t *json = json_pack("{s:i, s:s}", "kind", (int)what->kind, "text", what->text);
    int rc;

    if (json == NULL)
        json = json_pack("{s:i, s:s}", "kind", (int)what->kind, "text", "the document cannot be read");
    if (json == NULL)
        return tsk_fail(err, TSK_RETRY, ENOMEM, "an error cannot be written down");
    rc = tsk_frame_write_json(fd, TSK_FRAME_ERROR, json, err);
    json_decref(json);
    return rc;
}

void tsk_frames_start(struct tsk_frames *frames)
{
    memset(frames, 0, sizeof *frames);
}

static int garbled(struct tsk_err *err, const char *why)
{
    return tsk_fail(err, TSK_HOLD, 0, "the reader's answer makes no sense (%s)", why);
}

static int check_header(struct tsk_frames *frames, struct tsk_err *err)
{
    int kind = kind_of(frames->header[0]);

    if (kind < 0 || frames->header[1] != 0 || frames->header[2] != 0 || frames->header[3] != 0)
        return garbled(err, "unknown frame");
    frames->type = kinds[kind].type;
    frames->body_want = le32(frames->header + 4);
    frames->total += frames->body_want;
    if (frames->body_want > kinds[kind].max || frames->total > TSK_FRAMES_TOTAL_MAX)
        return garbled(err, "too much");
    if (kinds[kind].of_page && (frames->pages == 0 || (frames->seen & 1U << kind) != 0))
        return garbled(err, "frame out of order");
    if (frames->type == TSK_FRAME_READING && frames->pages == TSK_PAGES_MAX + 1) /* the last may say what is missing */
        return garbled(err, "too many pages");
    if (frames->type == TSK_FRAME_READING) {
        frames->pages++;
        frames->seen = 0;
    }
    frames->seen |= 1U << kind;
    tsk_buf_reset(&frames->body);
    frames->body.max = kinds[kind].max;
    return 0;
}

static int deliver(struct tsk_frames *frames, tsk_frame_fn *sink, void *ctx, struct tsk_err *err)
{
    struct tsk_frame frame = { .type = (enum tsk_frame_type)frames->type,
                               .page = frames->pages,
                               .bytes = tsk_buf_text(&frames->body),
                               .len = frames->body.len };

    if (frames->body.failed)
        return tsk_fail(err, TSK_RETRY, ENOMEM, "no memory for what was read");
    if (frame.type == TSK_FRAME_PAGE && !tsk_frame_png_ok(frame.bytes, frame.len, NULL, NULL))
        return garbled(err, "page image");
    frames->ended = frame.type == TSK_FRAME_END || frame.type == TSK_FRAME_ERROR;
    frames->failed = frame.type == TSK_FRAME_ERROR;
    frames->header_len = 0;
    return sink(ctx, &frame, err);
}

int tsk_frames_feed(struct tsk_frames *frames, const void *bytes, size_t len, tsk_frame_fn *sink, void *ctx,
                    struct tsk_err *err)
{
    const unsigned char *at = bytes, *end = at + len;

    while (at < end) {
        if (frames->ended)
            return garbled(err, "more behind the end");
        if (frames->header_len < TSK_FRAME_HEADER) {
            frames->header[frames->header_len++] = *at++;
            if (frames->header_len == TSK_FRAME_HEADER && check_header(frames, err) != 0)
                return -1;
        } else {
            size_t part = frames->body_want - frames->body.len;

            if (part > (size_t)(end - at))
                part = (size_t)(end - at);
            tsk_buf_add(&frames->body, at, part);
            at += part;
            if (frames->body.failed)
                return tsk_fail(err, TSK_RETRY, ENOMEM, "no memory for what was read");
        }
        if (frames->header_len == TSK_FRAME_HEADER && frames->body.len == frames->body_want &&
            deliver(frames, sink, ctx, err) != 0)
            return -1;
    }
    return 0;
}

int tsk_frames_finish(const struct tsk_frames *frames, struct tsk_err *err)
{
    return frames->ended ? 0 : garbled(err, "it stops in the middle");
}

void tsk_frames_free(struct tsk_frames *frames)
{
    tsk_buf_free(&frames->body);
}

int tsk_frame_error(const struct tsk_frame *frame, struct tsk_err *err)
{
    json_t *json = json_loadb(frame->bytes, frame->len, 0, NULL);
    const char *text = json_string_value(json_object_get(json, "text"));
    json_int_t kind = json_integer_value(json_object_get(json, "kind"));
    bool known = kind == TSK_RETRY || kind == TSK_HOLD || kind == TSK_REJECT || kind == TSK_STOP;

    tsk_fail(err, known ? (enum tsk_kind)kind : TSK_HOLD, 0, "%s",
             text != NULL && *text != '\0' ? text : "cannot be read; the original is kept for a person");
    json_decref(json);
    return -1;
}

static unsigned be32(const unsigned char *in)
{
    return (unsigned)in[0] << 24 | (unsigned)in[1] << 16 | (unsigned)in[2] << 8 | (unsigned)in[3];
}

bool tsk_frame_png_ok(const void *bytes, size_t len, int *width, int *height)
{
    static const char magic[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const unsigned char *at = bytes;
    unsigned w, h;

    if (len < 57 || memcmp(at, magic, 16) != 0) /* signature, IHDR, an IDAT, IEND */
        return false;
    w = be32(at + 16);
    h = be32(at + 20);
    if (w == 0 || h == 0 || w > TSK_PAGE_HEIGHT_MAX || h > TSK_PAGE_HEIGHT_MAX || at[24] != 1 ||
        (at[25] != 0 && at[25] != 3))
        return false;
    if (width != NULL)
        *width = (int)w;
    if (height != NULL)
        *height = (int)h;
    return true;
}

static int one_crop(const json_t *entry, const unsigned char *pngs, size_t pngs_len, tsk_crop_fn *each, void *ctx,
                    struct tsk_err *err)
{
    const char *field = json_string_value(json_object_get(entry, "field"));
    json_int_t offset = json_integer_value(json_object_get(entry, "offset"));
    json_int_t len = json_integer_value(json_object_get(entry, "length"));

    if (field == NULL || offset < 0 || len <= 0 || (size_t)offset > pngs_len || (size_t)len > pngs_len - (size_t)offset)
        return garbled(err, "crops");
    if (!tsk_frame_png_ok(pngs + offset, (size_t)len, NULL, NULL))
        return garbled(err, "crop image");
    return each(ctx, field, pngs + offset, (size_t)len, err);
}

int tsk_crops_parse(const void *bytes, size_t len, tsk_crop_fn *each, void *ctx, struct tsk_err *err)
{
    const unsigned char *at = bytes;
    size_t index_len = len >= 4 ? le32(at) : 0, i;
    json_t *index = NULL, *entry;
    int rc = -1;

    if (len < 4 || index_len > len - 4)
        return garbled(err, "crops");
    index = json_loadb((const char *)at + 4, index_len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_array(index)) {
        garbled(err, "crops");
        goto out;
    }
    json_array_foreach(index, i, entry)
    {
        if (one_crop(entry, at + 4 + index_len, len - 4 - index_len, each, ctx, err) != 0)
            goto out;
    }
    rc = 0;
out:
    json_decref(index);
    return rc;
}
