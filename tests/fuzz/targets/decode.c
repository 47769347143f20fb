#include <string.h>

#include "fuzz.h"
#include "ocr/decode/decode.h"

#define PAGES_LOOKED_AT 4 /* what is in one page is in all of them */

static void take_pages(int fd, bool raster)
{
    struct tsk_decoder *decoder;
    struct tsk_err err = { 0 };

    if (tsk_decode_open(&decoder, fd, raster, &err) != 0) {
        fuzz_require(decoder == NULL && err.text[0] != '\0', "a document that is refused has a reason");
        return;
    }
    for (int i = 0; i < PAGES_LOOKED_AT; i++) {
        struct tsk_page page = { .number = 0 };
        int rc = tsk_decode_next(decoder, &page, &err);

        if (rc == 0)
            break;
        if (rc < 0) {
            fuzz_require(err.text[0] != '\0', "a page that cannot be read has a reason");
            continue;
        }
        fuzz_require(page.pix != NULL && pixGetDepth(page.pix) == 1, "a page has one bit a pixel");
        fuzz_require(pixGetWidth(page.pix) <= TSK_PAGE_HEIGHT_MAX && pixGetHeight(page.pix) <= TSK_PAGE_HEIGHT_MAX,
                     "a page has a size that we accept");
        fuzz_require(page.x_dpi > 0 && page.x_dpi < 100000 && page.y_dpi > 0 && page.y_dpi < 100000,
                     "a page has a resolution");
        tsk_page_free(&page);
    }
    tsk_decode_close(&decoder);
}

/* Whatever may be a document: one byte says whether it is a stream of our PDF child, then the document. */
void fuzz_decode(const uint8_t *bytes, size_t len)
{
    bool raster = fuzz_byte(&bytes, &len) == 'R';

    setMsgSeverity(L_SEVERITY_NONE);
    take_pages(fuzz_fd(bytes, len), raster);
}

/* A fax TIFF: the row loop of each compression. */
void fuzz_tiff(const uint8_t *bytes, size_t len)
{
    setMsgSeverity(L_SEVERITY_NONE);
    if (tsk_sniff(bytes, len) == TSK_CONTENT_TIFF)
        take_pages(fuzz_fd(bytes, len), false);
}
