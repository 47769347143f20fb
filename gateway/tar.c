#include "gateway/tar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Offsets of ustar, POSIX.1-1988 (IEEE 1003.1), "pax" chapter, ustar interchange format. */
enum {
    NAME = 0,
    MODE = 100,
    UID = 108,
    GID = 116,
    SIZE = 124,
    MTIME = 136,
    SUM = 148,
    TYPE = 156,
    MAGIC = 257,
    PREFIX = 345
};
#define NAME_MAX_BYTES 100
#define PREFIX_MAX_BYTES 155

static unsigned sum_of(const unsigned char block[TSK_TAR_BLOCK])
{
    unsigned sum = 0;

    for (int i = 0; i < TSK_TAR_BLOCK; i++)
        sum += i >= SUM && i < SUM + 8 ? ' ' : block[i];
    return sum;
}

static void put_octal(unsigned char *field, int digits, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%0*llo", digits, (unsigned long long)value);
    memcpy(field, text, (size_t)digits);
}

/* Fields of a head are not ended by a zero byte when they are full. */
static void put_bytes(unsigned char *to, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[i] = (unsigned char)text[i];
}

static int put_name(unsigned char out[TSK_TAR_BLOCK], const char *name, struct tsk_err *err)
{
    size_t len = strlen(name);
    const char *cut = name;

    if (len <= NAME_MAX_BYTES) {
        put_bytes(out + NAME, name, len);
        return 0;
    }
    while ((cut = strchr(cut + 1, '/')) != NULL && len - (size_t)(cut + 1 - name) > NAME_MAX_BYTES)
        ;
    if (cut == NULL || cut - name > PREFIX_MAX_BYTES)
        return tsk_fail(err, TSK_REJECT, 0, "the name %.60s… is too long for a backup", name);
    put_bytes(out + PREFIX, name, (size_t)(cut - name));
    put_bytes(out + NAME, cut + 1, strlen(cut + 1));
    return 0;
}

int tsk_tar_head(unsigned char out[TSK_TAR_BLOCK], const char *name, uint64_t size, int64_t time_s, struct tsk_err *err)
{
    memset(out, 0, TSK_TAR_BLOCK);
    if (size >= (uint64_t)1 << 33)
        return tsk_fail(err, TSK_REJECT, 0, "%.60s is larger than 8 GB; a backup does not take it", name);
    if (put_name(out, name, err) != 0)
        return -1;
    put_octal(out + MODE, 7, 0600);
    put_octal(out + UID, 7, 0);
    put_octal(out + GID, 7, 0);
    put_octal(out + SIZE, 11, size);
    put_octal(out + MTIME, 11, time_s > 0 ? (uint64_t)time_s : 0);
    out[TYPE] = '0';
    memcpy(out + MAGIC,
           "ustar\0"
           "00",
           8);
    put_octal(out + SUM, 6, sum_of(out));
    out[SUM + 7] = ' ';
    return 0;
}

size_t tsk_tar_padding(uint64_t size)
{
    return (TSK_TAR_BLOCK - (size_t)(size % TSK_TAR_BLOCK)) % TSK_TAR_BLOCK;
}

static bool is_empty(const unsigned char block[TSK_TAR_BLOCK])
{
    for (int i = 0; i < TSK_TAR_BLOCK; i++)
        if (block[i] != 0)
            return false;
    return true;
}

static uint64_t octal(const unsigned char *field, size_t digits)
{
    uint64_t value = 0;

    for (size_t i = 0; i < digits && field[i] >= '0' && field[i] <= '7'; i++)
        value = value * 8 + (uint64_t)(field[i] - '0');
    return value;
}

/* Relative, and nowhere upwards. */
static bool is_safe(const char *name)
{
    if (name[0] == '\0' || name[0] == '/')
        return false;
    for (const char *at = name; at != NULL; at = strchr(at, '/')) {
        at += at != name;
        if (strncmp(at, "../", 3) == 0 || strcmp(at, "..") == 0)
            return false;
    }
    return true;
}

static int take_head(struct tsk_tar_reader *r, struct tsk_err *err)
{
    const unsigned char *b = r->block;
    char name[TSK_TAR_NAME_SIZE];

    if (is_empty(b)) {
        r->ended = true;
        return 0;
    }
    if (octal(b + SUM, 8) != sum_of(b) || memcmp(b + MAGIC, "ustar", 5) != 0 || b[TYPE] != '0')
        return tsk_fail(err, TSK_HOLD, 0, "the file is damaged: a file's head is not one");
    snprintf(name, sizeof name, "%.*s%s%.*s", PREFIX_MAX_BYTES, (const char *)b + PREFIX, b[PREFIX] != 0 ? "/" : "",
             NAME_MAX_BYTES, (const char *)b + NAME);
    if (!is_safe(name))
        return tsk_fail(err, TSK_HOLD, 0, "the file holds one with a name that leads elsewhere; nothing of it is used");
    r->left = octal(b + SIZE, 12);
    r->padding = tsk_tar_padding(r->left);
    r->inside = true;
    return r->sink.begin(r->sink.ctx, name, r->left, err);
}

static int leave(struct tsk_tar_reader *r, struct tsk_err *err)
{
    r->inside = false;
    return r->sink.end(r->sink.ctx, err);
}

int tsk_tar_take(struct tsk_tar_reader *r, const void *bytes, size_t len, struct tsk_err *err)
{
    const unsigned char *at = bytes, *end = at + len;

    while (at < end || (r->inside && r->left == 0)) {
        size_t part = (size_t)(end - at);

        if (r->inside && r->left > 0) {
            part = r->left < part ? (size_t)r->left : part;
            if (r->sink.bytes(r->sink.ctx, at, part, err) != 0)
                return -1;
            r->left -= part;
            at += part;
        } else if (r->inside) {
            if (leave(r, err) != 0)
                return -1;
        } else if (r->padding > 0) {
            part = r->padding < part ? r->padding : part;
            r->padding -= part;
            at += part;
        } else {
            part = TSK_TAR_BLOCK - r->held < part ? TSK_TAR_BLOCK - r->held : part;
            memcpy(r->block + r->held, at, part);
            r->held += part;
            at += part;
            if (r->held < TSK_TAR_BLOCK)
                continue;
            r->held = 0;
            if (take_head(r, err) != 0)
                return -1;
        }
    }
    return 0;
}

int tsk_tar_finish(const struct tsk_tar_reader *r, struct tsk_err *err)
{
    return r->ended && !r->inside && r->held == 0
               ? 0
               : tsk_fail(err, TSK_HOLD, 0, "the file is damaged: its end is missing");
}
