#include "gateway/whole.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum { TAIL = 1024, HEAD = 8, PAGES_MAX = 1000, ENTRY = 12 };

static bool read_at(int fd, void *out, size_t len, off_t at)
{
    return pread(fd, out, len, at) == (ssize_t)len;
}

static uint32_t number(const unsigned char *bytes, int len, bool big)
{
    uint32_t value = 0;

    for (int i = 0; i < len; i++)
        value |= (uint32_t)bytes[i] << 8 * (big ? len - 1 - i : i);
    return value;
}

/* ISO 32000-1, 7.5.5: the end mark is in the last 1024 bytes, whatever stands behind it. */
static bool tail_has(int fd, off_t size, const void *mark, size_t len)
{
    char tail[TAIL];
    size_t got = size < TAIL ? (size_t)size : TAIL;

    return read_at(fd, tail, got, size - (off_t)got) && memmem(tail, got, mark, len) != NULL;
}

/* TIFF 6.0, section 2: a chain of directories, the last of which names no other. */
static bool tiff_is_whole(int fd, off_t size, const unsigned char *head)
{
    bool big = head[0] == 'M';
    off_t at = number(head + 4, 4, big);
    unsigned char bytes[4];

    for (int page = 0; page < PAGES_MAX && at != 0; page++) {
        if (at < HEAD || at + 2 > size || !read_at(fd, bytes, 2, at))
            return false;
        at += 2 + (off_t)number(bytes, 2, big) * ENTRY;
        if (at + 4 > size || !read_at(fd, bytes, 4, at))
            return false;
        at = number(bytes, 4, big);
    }
    return number(head + 4, 4, big) != 0;
}

bool tsk_looks_whole(int fd, off_t size)
{
    unsigned char head[HEAD] = { 0 };

    if (size < HEAD || !read_at(fd, head, sizeof head, 0))
        return size > 0;
    if (memcmp(head, "%PDF", 4) == 0)
        return tail_has(fd, size, "%%EOF", 5);
    if (memcmp(head, "II*\0", 4) == 0 || memcmp(head, "MM\0*", 4) == 0)
        return tiff_is_whole(fd, size, head);
    if (memcmp(head, "\x89PNG", 4) == 0)
        return tail_has(fd, size, "IEND", 4);
    return memcmp(head, "\xff\xd8\xff", 3) != 0 || tail_has(fd, size, "\xff\xd9", 2);
}
