#include "ocr/decode/parts.h"

/*
 * The chain of directories is walked here and not by libtiff: a chain may bite its tail, name the same directory twice,
 * or go on beyond the end of the file, and what is readable before that point must still be read.
 */

#define ENTRY_BYTES 12
#define ENTRIES_MAX 1000
#define TAG_SUBFILE 254
#define SUBFILE_REDUCED 1U
#define SUBFILE_MASK 4U

static uint32_t number(const struct tsk_decoder *decoder, size_t at, int bytes)
{
    const unsigned char *b = decoder->bytes + at; /* UNSAFE: the caller checked at + bytes <= len */
    uint32_t n = 0;

    for (int i = 0; i < bytes; i++)
        n = n << 8 | b[decoder->bytes[0] == 'I' ? bytes - 1 - i : i];
    return n;
}

static bool seen_before(const uint32_t *seen, int count, uint32_t at)
{
    for (int i = 0; i < count; i++) {
        if (seen[i] == at)
            return true;
    }
    return false;
}

/* A preview or a mask is no page. */
static bool is_page(const struct tsk_decoder *decoder, size_t directory, uint32_t entries)
{
    for (uint32_t i = 0; i < entries; i++) {
        size_t entry = directory + 2 + (size_t)i * ENTRY_BYTES;

        if (number(decoder, entry, 2) == TAG_SUBFILE)
            return (number(decoder, entry + 8, 4) & (SUBFILE_REDUCED | SUBFILE_MASK)) == 0;
    }
    return true;
}

int tsk_tiff_list(struct tsk_decoder *decoder, struct tsk_err *err)
{
    uint32_t seen[2 * TSK_PAGES_MAX], at, entries;
    int count = 0;

    if (decoder->len < 8)
        return tsk_fail(err, TSK_HOLD, 0, "is a TIFF file that was cut off; ask the sender to send it again");
    for (at = number(decoder, 4, 4); at != 0; at = number(decoder, at + 2 + (size_t)entries * ENTRY_BYTES, 4)) {
        entries = (size_t)at + 2 <= decoder->len ? number(decoder, at, 2) : 0;
        if (entries == 0 || entries > ENTRIES_MAX || (size_t)at + 6 + (size_t)entries * ENTRY_BYTES > decoder->len ||
            seen_before(seen, count, at)) {
            decoder->broken_list = true;
            break;
        }
        if (count == 2 * TSK_PAGES_MAX || decoder->page_count == TSK_PAGES_MAX)
            return tsk_fail(err, TSK_HOLD, 0, "has more than %d pages; ask for it in parts", TSK_PAGES_MAX);
        seen[count++] = at;
        if (is_page(decoder, at, entries))
            decoder->tiff_at[decoder->page_count++] = at;
    }
    if (decoder->page_count == 0 && decoder->broken_list)
        return tsk_fail(err, TSK_HOLD, 0,
                        "is a TIFF file that is damaged or was cut off; ask the sender to send it again");
    return 0;
}
