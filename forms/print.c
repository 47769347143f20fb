#include "forms/print.h"

#include <stdlib.h>

#define PAPER_DPI 600
#define FAX_X_DPI 204
#define FAX_Y_DPI 196
#define FAX_WIDTH_PX 1728
#define BLACK_BELOW 160

static PIX *black_and_white(PIX *grey, bool fax)
{
    PIX *black = pixThresholdToBinary(grey, BLACK_BELOW);
    int margin = fax ? FAX_WIDTH_PX - pixGetWidth(grey) : 0;
    PIX *wide = black != NULL ? pixAddBorderGeneral(black, margin / 2, margin - margin / 2, 0, 0, 0) : NULL;

    if (wide != NULL)
        pixSetResolution(wide, fax ? FAX_X_DPI : PAPER_DPI, fax ? FAX_Y_DPI : PAPER_DPI);
    pixDestroy(&black);
    return wide;
}

static int encode(l_uint8 **bytes, size_t *len, PIX *page, bool fax, const char *title)
{
    if (fax)
        return pixWriteMemTiff(bytes, len, page, IFF_TIFF_G4);
    return pixConvertToPdfData(page, L_G4_ENCODE, 0, bytes, len, 0, 0, PAPER_DPI, title, NULL, 0);
}

int tsk_form_print(struct tsk_buf *out, const struct tsk_form *form, const struct tsk_fill *fill, enum tsk_print_as as,
                   struct tsk_err *err)
{
    const struct tsk_pen pen = { .font = "IPAexGothic" };
    bool fax = as == TSK_PRINT_FAX;
    PIX *grey = NULL;
    PIX *page = NULL;
    l_uint8 *bytes = NULL;
    size_t len = 0;
    int rc = -1;

    if (tsk_form_render(form, fill, &pen, fax ? FAX_X_DPI : PAPER_DPI, fax ? FAX_Y_DPI : PAPER_DPI, &grey, err) != 0)
        return -1;
    page = black_and_white(grey, fax);
    if (page == NULL || encode(&bytes, &len, page, fax, form != NULL ? form->title : "") != 0) {
        tsk_fail(err, TSK_RETRY, 0, "a sheet could not be made into a file");
        goto out;
    }
    tsk_buf_add(out, bytes, len);
    rc = out->failed ? tsk_fail(err, TSK_RETRY, 0, "a printed sheet is too large") : 0;
out:
    lept_free(bytes);
    pixDestroy(&page);
    pixDestroy(&grey);
    return rc;
}
