#include "ocr/decode/decode.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "ocr/decode/parts.h"

static bool starts_with(const unsigned char *bytes, size_t len, const char *magic, size_t magic_len)
{
    return len >= magic_len && memcmp(bytes, magic, magic_len) == 0;
}

enum tsk_content tsk_sniff(const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    if (len == 0)
        return TSK_CONTENT_EMPTY;
    if (starts_with(at, len, "II*\0", 4) || starts_with(at, len, "MM\0*", 4))
        return TSK_CONTENT_TIFF;
    if (starts_with(at, len, "\x89PNG\r\n\x1a\n", 8))
        return TSK_CONTENT_PNG;
    if (starts_with(at, len, "\xff\xd8\xff", 3))
        return TSK_CONTENT_JPEG;
    if (starts_with(at, len, "P4\n", 3) || starts_with(at, len, "P5\n", 3))
        return TSK_CONTENT_RASTER;
    if (memmem(at, len < TSK_SNIFF_BYTES ? len : TSK_SNIFF_BYTES, "%PDF-", 5) != NULL)
        return TSK_CONTENT_PDF;
    return TSK_CONTENT_UNKNOWN;
}

const char *tsk_content_name(enum tsk_content content)
{
    switch (content) {
    case TSK_CONTENT_EMPTY:
        return "empty";
    case TSK_CONTENT_TIFF:
        return "TIFF";
    case TSK_CONTENT_PDF:
        return "PDF";
    case TSK_CONTENT_PNG:
        return "PNG";
    case TSK_CONTENT_JPEG:
        return "JPEG";
    case TSK_CONTENT_RASTER:
        return "raster";
    case TSK_CONTENT_UNKNOWN:
        break;
    }
    return "unknown";
}

static int map_file(struct tsk_decoder *decoder, int fd, size_t max, struct tsk_err *err)
{
    struct stat st;
    void *bytes;

    if (fstat(fd, &st) != 0)
        return tsk_fail(err, TSK_RETRY, errno, "the document cannot be looked at");
    if (!S_ISREG(st.st_mode))
        return tsk_fail(err, TSK_REJECT, 0, "is not a file");
    if (st.st_size == 0)
        return tsk_fail(err, TSK_HOLD, 0, "is empty; ask the sender to send it again");
    if ((uintmax_t)st.st_size > max)
        return tsk_fail(err, TSK_HOLD, 0, "is too large (%lld MB; at most %zu); ask for it in parts",
                        (long long)(st.st_size >> 20), max >> 20);
    bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return tsk_fail(err, TSK_RETRY, errno, "the document cannot be brought into memory");
    decoder->mapped = bytes;
    decoder->bytes = bytes;
    decoder->len = (size_t)st.st_size;
    return 0;
}

static int list_raster(struct tsk_decoder *decoder, struct tsk_err *err)
{
    size_t at = 0;
    struct tsk_raster page;
    int rc;

    while ((rc = tsk_raster_next(decoder->bytes, decoder->len, &at, &page, err)) == 1) {
        if (decoder->page_count == TSK_PAGES_MAX)
            return tsk_fail(err, TSK_HOLD, 0, "has more than %d pages; ask for it in parts", TSK_PAGES_MAX);
        decoder->raster_at[decoder->page_count++] = page;
    }
    decoder->broken_list = rc < 0 && decoder->page_count > 0;
    return decoder->page_count > 0 ? 0 : rc;
}

static int list_pages(struct tsk_decoder *decoder, bool raster, struct tsk_err *err)
{
    decoder->content = tsk_sniff(decoder->bytes, decoder->len);
    if (raster != (decoder->content == TSK_CONTENT_RASTER))
        return tsk_fail(err, TSK_HOLD, 0,
                        "is not a TIFF, PDF, PNG or JPEG file; the original is kept, ask for a fax or a PDF");
    switch (decoder->content) {
    case TSK_CONTENT_TIFF:
        return tsk_tiff_list(decoder, err);
    case TSK_CONTENT_RASTER:
        return list_raster(decoder, err);
    case TSK_CONTENT_PNG:
    case TSK_CONTENT_JPEG:
        decoder->page_count = 1;
        return 0;
    case TSK_CONTENT_PDF:
        return tsk_fail(err, TSK_REJECT, 0, "is a PDF that was not rasterised first");
    case TSK_CONTENT_EMPTY:
    case TSK_CONTENT_UNKNOWN:
        break;
    }
    return tsk_fail(err, TSK_HOLD, 0,
                    "is not a TIFF, PDF, PNG or JPEG file; the original is kept, ask for a fax or a PDF");
}

int tsk_decode_open(struct tsk_decoder **out, int fd, bool raster, struct tsk_err *err)
{
    struct tsk_decoder *decoder = calloc(1, sizeof *decoder);

    *out = NULL;
    if (decoder == NULL)
        return tsk_fail(err, TSK_RETRY, errno, "no memory to decode a document");
    if (map_file(decoder, fd, raster ? TSK_RASTER_BYTES_MAX : TSK_DOCUMENT_BYTES_MAX, err) != 0 ||
        list_pages(decoder, raster, err) != 0)
        goto fail;
    if (decoder->page_count == 0) {
        tsk_fail(err, TSK_HOLD, 0, "has no pages; ask the sender to send it again");
        goto fail;
    }
    *out = decoder;
    return 0;
fail:
    tsk_decode_close(&decoder);
    return -1;
}

static int decode_page(const struct tsk_decoder *decoder, int index, struct tsk_page *page, struct tsk_err *err)
{
    if (decoder->content == TSK_CONTENT_TIFF)
        return tsk_tiff_page(decoder, index, page, err);
    if (decoder->content == TSK_CONTENT_RASTER)
        return tsk_raster_page(decoder, index, page, err);
    return tsk_image_page(decoder, page, err);
}

static int at_page(struct tsk_err *err, int number, int count)
{
    char where[32];

    if (count == 1)
        return -1;
    snprintf(where, sizeof where, "page %d", number);
    return tsk_fail_at(err, where);
}

int tsk_decode_next(struct tsk_decoder *decoder, struct tsk_page *page, struct tsk_err *err)
{
    int index = decoder->next++;

    memset(page, 0, sizeof *page);
    page->number = index + 1;
    if (index > decoder->page_count || (index == decoder->page_count && !decoder->broken_list))
        return 0;
    if (index == decoder->page_count)
        return tsk_fail(err, TSK_HOLD, 0, "page %d: the file is damaged from here on; ask the sender to send it again",
                        page->number);
    if (decode_page(decoder, index, page, err) != 0) {
        tsk_page_free(page);
        return at_page(err, page->number, decoder->page_count);
    }
    return 1;
}

void tsk_decode_close(struct tsk_decoder **decoder)
{
    struct tsk_decoder *d = *decoder;

    if (d == NULL)
        return;
    if (d->mapped != NULL)
        munmap(d->mapped, d->len);
    free(d);
    *decoder = NULL;
}
