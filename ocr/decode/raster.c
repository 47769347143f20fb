#include "ocr/decode/raster.h"

#include <string.h>

#include "ocr/decode/parts.h"

#define HEADER_MAX 32
#define DRAWN_PX_MIN 50 /* poppler hands out one point for a page that it has no memory for */

/* A decimal number that ends with `end`; advances *at behind it. */
static bool number(const char *head, size_t len, size_t *at, char end, int *out)
{
    size_t start = *at;

    *out = 0;
    while (*at < len && head[*at] >= '0' && head[*at] <= '9' && *at - start < 6)
        *out = *out * 10 + (head[(*at)++] - '0');
    return *at > start && *at < len && head[(*at)++] == end;
}

int tsk_raster_next(const void *bytes, size_t len, size_t *at, struct tsk_raster *page, struct tsk_err *err)
{
    const char *head = (const char *)bytes + *at;
    size_t left = len - *at, head_len = left < HEADER_MAX ? left : HEADER_MAX, pos = 3;
    int depth = 1;

    if (left == 0)
        return 0;
    if (head_len < pos || head[0] != 'P' || (head[1] != '4' && head[1] != '5') || head[2] != '\n')
        return tsk_fail(err, TSK_HOLD, 0, "the rasterised page is not a bitmap");
    page->grey = head[1] == '5';
    if (!number(head, head_len, &pos, ' ', &page->width) || !number(head, head_len, &pos, '\n', &page->height) ||
        (page->grey && (!number(head, head_len, &pos, '\n', &depth) || depth != 255)))
        return tsk_fail(err, TSK_HOLD, 0, "the rasterised page has no proper header");
    if (tsk_page_size_check(page->width, page->height, page->grey ? 8 : 1, err) != 0)
        return -1;
    page->len = (page->grey ? (size_t)page->width : ((size_t)page->width + 7) / 8) * (size_t)page->height;
    if (left - pos < page->len)
        return tsk_fail(err, TSK_HOLD, 0, "the rasterised page is cut short");
    page->at = *at + pos;
    *at = page->at + page->len;
    return 1;
}

/* Leptonica keeps rows in 32-bit words, first pixel in the highest bit whatever the machine. */
static void rows_into_pix(PIX *pix, const unsigned char *rows, size_t row_len)
{
    l_uint32 *data = pixGetData(pix);
    l_int32 words = pixGetWpl(pix), height = pixGetHeight(pix);

    for (l_int32 y = 0; y < height; y++)
        memcpy(data + (size_t)y * (size_t)words, rows + (size_t)y * row_len, row_len);
    pixEndianByteSwap(pix);
    pixSetPadBits(pix, 0);
}

int tsk_raster_page(const struct tsk_decoder *decoder, int index, struct tsk_page *page, struct tsk_err *err)
{
    const struct tsk_raster *at = &decoder->raster_at[index];
    PIX *pix;

    if (at->width < DRAWN_PX_MIN || at->height < DRAWN_PX_MIN)
        return tsk_fail(err, TSK_HOLD, 0,
                        "is a PDF page that cannot be drawn (too large, or empty); ask for it as a fax");
    pix = pixCreate(at->width, at->height, at->grey ? 8 : 1);
    if (pix == NULL)
        return tsk_fail(err, TSK_HOLD, 0, "is too large for the memory of one reader");
    rows_into_pix(pix, decoder->bytes + at->at, at->len / (size_t)at->height);
    return tsk_page_settle(page, pix, TSK_RASTER_X_DPI, TSK_RASTER_Y_DPI, err);
}
