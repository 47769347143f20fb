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
        rc = tsk_page_settle(page, pixClone(flat), pixGetXRes(pix), pixGetYRes(pix), err);
    pixDestroy(&flat);
    pixDestroy(&pix);
    return rc;
}
