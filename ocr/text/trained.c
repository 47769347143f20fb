#include "ocr/text/trained.h"

#include <string.h>

#include "base/file.h"

#define FILE_MOST ((size_t)64 << 20)
#define PARTS_MOST 64

enum { PART_NETWORK = 17, PART_LETTERS = 21, PART_CODES = 22 };

static uint64_t number_at(const unsigned char *at, int bytes)
{
    uint64_t number = 0;

    for (int i = bytes - 1; i >= 0; i--)
        number = number << 8 | at[i];
    return number;
}

const unsigned char *tsk_cursor_take(struct tsk_cursor *cursor, size_t count)
{
    const unsigned char *at = cursor->at;

    if (cursor->left < count) {
        cursor->short_of = true;
        cursor->left = 0;
        return NULL;
    }
    cursor->at += count;
    cursor->left -= count;
    return at;
}

uint32_t tsk_cursor_word(struct tsk_cursor *cursor)
{
    const unsigned char *at = tsk_cursor_take(cursor, 4);

    return at != NULL ? (uint32_t)number_at(at, 4) : 0;
}

double tsk_cursor_double(struct tsk_cursor *cursor)
{
    const unsigned char *at = tsk_cursor_take(cursor, 8);
    uint64_t bits = at != NULL ? number_at(at, 8) : 0;
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

void tsk_cursor_text(struct tsk_cursor *cursor, char *out, size_t room)
{
    size_t length = tsk_cursor_word(cursor);
    const unsigned char *at = tsk_cursor_take(cursor, length);
    size_t kept = length < room ? length : room - 1;

    if (at == NULL)
        kept = 0;
    else
        memcpy(out, at, kept);
    out[kept] = '\0';
}

static int64_t offset_of(const unsigned char *bytes, int part)
{
    return (int64_t)number_at(bytes + 4 + 8 * (size_t)part, 8);
}

/* From its offset to the next one that is there. */
static struct tsk_cursor find_part(const struct tsk_trained *trained, int part, int parts)
{
    const unsigned char *bytes = (const unsigned char *)trained->file.data;
    const int64_t size = (int64_t)trained->file.len, from = part < parts ? offset_of(bytes, part) : -1;
    int64_t to = size;

    if (from < 0 || from > size)
        return (struct tsk_cursor){ .short_of = true };
    for (int i = 0; i < parts; i++)
        if (offset_of(bytes, i) > from && offset_of(bytes, i) < to)
            to = offset_of(bytes, i);
    return (struct tsk_cursor){ .at = bytes + from, .left = (size_t)(to - from) };
}

int tsk_trained_read(struct tsk_trained *out, const char *path, struct tsk_err *err)
{
    const unsigned char *bytes;
    uint64_t parts;

    *out = (struct tsk_trained){ .file = TSK_BUF(FILE_MOST) };
    if (tsk_file_read(path, &out->file, err) != 0)
        return -1;
    bytes = (const unsigned char *)out->file.data;
    parts = out->file.len >= 4 ? number_at(bytes, 4) : 0;
    if (parts == 0 || parts > PARTS_MOST || out->file.len < 4 + 8 * parts)
        return tsk_fail(err, TSK_STOP, 0, "%s: not a model of Tesseract 5; install its package again", path);
    out->network = find_part(out, PART_NETWORK, (int)parts);
    out->letters = find_part(out, PART_LETTERS, (int)parts);
    out->codes = find_part(out, PART_CODES, (int)parts);
    if (out->network.short_of || out->letters.short_of || out->codes.short_of)
        return tsk_fail(err, TSK_STOP, 0, "%s: lacks a part that reading takes; install its package again", path);
    return 0;
}

void tsk_trained_free(struct tsk_trained *trained)
{
    tsk_buf_free(&trained->file);
}
