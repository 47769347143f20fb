#include <string.h>

#include "ocr/decode/parts.h"

/* Whatever Leptonica made of it, as 1 or 8 bits without a colour map. */
static PIX *plain(PIX *pix)
{
    PIX *opaque = NULL, *flat = NULL, *out;

    if (pixGetDepth(pix) == 1 && pixGetColormap(pix) == NULL)
        return pixClone(pix);
    opaque = pixRemoveAlpha(pix);
    flat = opaque != NULL ? pixRemoveColormap(opaque, REMOVE_CMAP_BASED_ON_SRC) : NULL;
    out = flat == NULL ? NULL : pixGetDepth(flat) == 1 ? pixClone(flat) : pixConvertTo8(flat, 0);
    pixDestroy(&flat);
    pixDestroy(&opaque);
    return out;
}

/* A number of 2 or 4 bytes; 0 behind the end. */
static uint32_t number(const unsigned char *bytes, size_t len, size_t at, size_t size, bool little)
{
    uint32_t n = 0;

    if (len < size || at > len - size)
        return 0;
    for (size_t i = 0; i < size; i++)
        n = n << 8 | bytes[at + (little ? size - 1 - i : i)];
    return n;
}

static int orientation_of_exif(const unsigned char *tiff, size_t len)
{
    bool little = len > 0 && tiff[0] == 'I';
    size_t directory = number(tiff, len, 4, 4, little);
    uint32_t entries = number(tiff, len, directory, 2, little);

    for (uint32_t i = 0; i < entries && i < 200; i++) {
        size_t entry = directory + 2 + (size_t)i * 12;

        if (number(tiff, len, entry, 2, little) == 0x0112)
            return (int)number(tiff, len, entry + 8, 2, little);
    }
    return 1;
}

/* A telephone takes pictures as it is held, and says in EXIF how it was held (Exif 2.3, 4.6.4 A). */
static int orientation_of_jpeg(const unsigned char *bytes, size_t len)
{
    for (size_t at = 2; at < len && bytes[at] == 0xFF;) {
        uint32_t marker = number(bytes, len, at, 2, false), size = number(bytes, len, at + 2, 2, false);

        if (size < 2 || marker == 0xFFDA || size > len - at - 2)
            break;
        if (marker == 0xFFE1 && size > 8 && memcmp(bytes + at + 4, "Exif\0", 6) == 0)
            return orientation_of_exif(bytes + at + 10, size - 8); /* UNSAFE: at + 2 + size <= len */
        at += 2 + size;
    }
    return 1;
}

static int settle(const struct tsk_decoder *decoder, struct tsk_page *page, PIX *pix, double x_dpi, double y_dpi,
                  struct tsk_err *err)
{
    int orientation = decoder->content == TSK_CONTENT_JPEG ? orientation_of_jpeg(decoder->bytes, decoder->len) : 1;

    if (tsk_page_orient(&pix, orientation, &x_dpi, &y_dpi, err) != 0)
        return -1;
    return tsk_page_settle(page, pix, x_dpi, y_dpi, err);
}

int tsk_image_page(const struct tsk_decoder *decoder, struct tsk_page *page, struct tsk_err *err)
{
    PIX *pix = NULL, *flat = NULL;
    l_int32 format = 0, width = 0, height = 0, bits = 0, samples = 0, colour_map = 0;
    int rc = -1;

    /* The size first: a tiny file can claim gigabytes. */
    if (pixReadHeaderMem(decoder->bytes, decoder->len, &format, &width, &height, &bits, &samples, &colour_map) != 0)
        return tsk_fail(err, TSK_HOLD, 0, "is a damaged %s file; ask the sender to send it again",
                        tsk_content_name(decoder->content));
    if (tsk_page_size_check(width, height, bits * samples, err) != 0)
        return -1;
    pix = pixReadMem(decoder->bytes, decoder->len);
    flat = pix != NULL ? plain(pix) : NULL;
    if (flat == NULL)
        tsk_fail(err, TSK_HOLD, 0, "is a damaged %s file; ask the sender to send it again",
                 tsk_content_name(decoder->content));
    else
        rc = settle(decoder, page, pixClone(flat), pixGetXRes(pix), pixGetYRes(pix), err);
    pixDestroy(&flat);
    pixDestroy(&pix);
    return rc;
}
