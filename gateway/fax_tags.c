#include "gateway/fax_tags.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define TAG_IMAGE_DESCRIPTION 270
#define TYPE_ASCII 2
#define TYPE_BYTE 1
#define ENTRIES_MAX 200
#define ENTRY_BYTES 12
#define TEXT_BYTES_MAX 512

static uint32_t number(const unsigned char *bytes, int len, bool big)
{
    uint32_t value = 0;

    for (int i = 0; i < len; i++)
        value |= (uint32_t)bytes[i] << 8 * (big ? len - 1 - i : i);
    return value;
}

static bool read_at(int fd, void *out, size_t len, off_t at)
{
    return pread(fd, out, len, at) == (ssize_t)len;
}

static void split(struct tsk_fax_tags *out, const char *text, size_t len)
{
    size_t line = 0, used = 0;

    for (size_t i = 0; i < len && text[i] != '\0' && line < TSK_FAX_LINES; i++) {
        if (text[i] == '\n') {
            line++;
            used = 0;
        } else if (used + 1 < sizeof out->lines[0]) {
            out->lines[line][used++] = text[i];
        }
    }
}

void tsk_fax_tags_read(struct tsk_fax_tags *out, int fd)
{
    unsigned char head[8], count[2], entry[ENTRY_BYTES];
    char text[TEXT_BYTES_MAX];
    bool big;
    off_t at;

    memset(out, 0, sizeof *out);
    if (!read_at(fd, head, sizeof head, 0) || (memcmp(head, "II*", 4) != 0 && memcmp(head, "MM\0*", 4) != 0))
        return;
    big = head[0] == 'M';
    at = number(head + 4, 4, big);
    if (!read_at(fd, count, sizeof count, at))
        return;
    at += 2;
    for (uint32_t left = number(count, 2, big); left > 0 && left <= ENTRIES_MAX; left--, at += ENTRY_BYTES) {
        uint32_t type, len;

        if (!read_at(fd, entry, sizeof entry, at))
            return;
        type = number(entry + 2, 2, big);
        len = number(entry + 4, 4, big);
        if (number(entry, 2, big) != TAG_IMAGE_DESCRIPTION || (type != TYPE_ASCII && type != TYPE_BYTE))
            continue;
        if (len > sizeof text)
            len = sizeof text;
        if (len <= 4)
            split(out, (const char *)entry + 8, len);
        else if (read_at(fd, text, len, number(entry + 8, 4, big)))
            split(out, text, len);
        return;
    }
}
