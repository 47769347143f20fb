#include "ocr/code/code.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <zbar.h>

#define AROUND_MM 4.0
#define INK_SHARE_MIN 0.12
#define ROW_STEP_INCH 0.02 /* less than a module */
#define ROWS_LOST_INCH 0.04
#define SQUARE_ENOUGH 1.5 /* beyond this ratio of the resolutions rows are repeated */

static const char *const charset_names[] = { "ISO8859-1", "SJIS", "BIG-5", "UTF-8" };

struct tsk_code_charsets {
    iconv_t held[TSK_COUNT(charset_names)];
};

struct tsk_code_charsets *tsk_code_charsets_hold(void)
{
    struct tsk_code_charsets *charsets = calloc(1, sizeof *charsets);

    for (size_t i = 0; charsets != NULL && i < TSK_COUNT(charset_names); i++)
        charsets->held[i] = iconv_open("UTF-8", charset_names[i]);
    return charsets;
}

void tsk_code_charsets_free(struct tsk_code_charsets **charsets)
{
    if (*charsets == NULL)
        return;
    for (size_t i = 0; i < TSK_COUNT(charset_names); i++)
        if ((*charsets)->held[i] != (iconv_t)-1)
            iconv_close((*charsets)->held[i]);
    free(*charsets);
    *charsets = NULL;
}

static PIX *cut(const struct tsk_map *map, const struct tsk_page *page, const struct tsk_rect *code)
{
    const struct tsk_rect around = { code->x - AROUND_MM, code->y - AROUND_MM, code->w + 2 * AROUND_MM,
                                     code->h + 2 * AROUND_MM };
    int px[4];
    double error_mm;
    BOX *box;
    PIX *out;

    tsk_map_rect(map, around, px, &error_mm);
    if (px[2] < 1 || px[3] < 1)
        return NULL;
    box = boxCreate(px[0], px[1], px[2], px[3]);
    out = pixClipRectangle(page->pix, box, NULL);
    boxDestroy(&box);
    return out;
}

/* 8 bits, paper white, and rows repeated until pixels are about square. */
static PIX *make_grey(PIX *ink, const struct tsk_page *page)
{
    int times = page->x_dpi > SQUARE_ENOUGH * page->y_dpi ? (int)(page->x_dpi / page->y_dpi + 0.5) : 1;
    PIX *tall = pixScaleBySampling(ink, 1.0F, (l_float32)times);
    PIX *grey = tall != NULL ? pixConvert1To8(NULL, tall, 255, 0) : NULL;

    pixDestroy(&tall);
    return grey;
}

static unsigned char *copy_rows(PIX *grey, unsigned w, unsigned h)
{
    unsigned char *rows = malloc((size_t)w * h);

    for (unsigned y = 0; rows != NULL && y < h; y++) {
        l_uint32 *line = pixGetData(grey) + (size_t)y * (size_t)pixGetWpl(grey);
        for (unsigned x = 0; x < w; x++)
            rows[(size_t)y * w + x] = (unsigned char)GET_DATA_BYTE(line, x);
    }
    return rows;
}

static bool is_printable(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return false;
    return len > 0 && len <= TSK_READING_CODE_MAX;
}

static void take_symbols(struct tsk_reading *reading, const zbar_image_t *image)
{
    for (const zbar_symbol_t *symbol = zbar_image_first_symbol(image); symbol != NULL;
         symbol = zbar_symbol_next(symbol))
        if (zbar_symbol_get_type(symbol) == ZBAR_QRCODE &&
            is_printable(zbar_symbol_get_data(symbol), zbar_symbol_get_data_length(symbol)))
            tsk_reading_set_code(reading, zbar_symbol_get_data(symbol));
}

static int scan(struct tsk_reading *reading, PIX *grey, struct tsk_err *err)
{
    unsigned w = (unsigned)pixGetWidth(grey);
    unsigned h = (unsigned)pixGetHeight(grey);
    unsigned char *rows = copy_rows(grey, w, h);
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    zbar_image_t *image = zbar_image_create();
    int rc = 0;

    if (rows == NULL || scanner == NULL || image == NULL) {
        rc = tsk_fail(err, TSK_RETRY, 0, "no memory to look for a code");
        goto out;
    }
    zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
    zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1);
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, w, h);
    zbar_image_set_data(image, rows, (unsigned long)w * h, NULL);
    if (zbar_scan_image(scanner, image) > 0)
        take_symbols(reading, image);
out:
    if (image != NULL)
        zbar_image_destroy(image);
    if (scanner != NULL)
        zbar_image_scanner_destroy(scanner);
    free(rows);
    return rc;
}

/* Something like a code stands in the room: then it is worth a search. */
static bool has_ink(PIX *ink)
{
    l_int32 count = 0;

    pixCountPixels(ink, &count, NULL);
    return count > INK_SHARE_MIN * pixGetWidth(ink) * pixGetHeight(ink);
}

static PIX *repeat_row(PIX *ink, int row, int times)
{
    int w = pixGetWidth(ink);
    int h = pixGetHeight(ink);
    PIX *out = pixCreate(w, h + times, 1);

    if (out == NULL)
        return NULL;
    pixRasterop(out, 0, 0, w, row, PIX_SRC, ink, 0, 0);
    for (int i = 0; i < times; i++)
        pixRasterop(out, 0, row + i, w, 1, PIX_SRC, ink, 0, row);
    pixRasterop(out, 0, row + times, w, h - row, PIX_SRC, ink, 0, row);
    return out;
}

static int scan_ink(struct tsk_reading *reading, PIX *ink, const struct tsk_page *page, struct tsk_err *err)
{
    PIX *grey = ink != NULL ? make_grey(ink, page) : NULL;
    int rc = grey != NULL ? scan(reading, grey, err) : tsk_fail(err, TSK_RETRY, 0, "no memory to look for a code");

    pixDestroy(&grey);
    return rc;
}

/* A hit on the line took rows out of the code, and all below moved up: where, and how many, is found by trying. What stood
 * in them is left to the code's own error correction. */
static int put_rows_back(struct tsk_reading *reading, PIX *ink, const struct tsk_page *page, struct tsk_err *err)
{
    int step = (int)(page->y_dpi * ROW_STEP_INCH) > 1 ? (int)(page->y_dpi * ROW_STEP_INCH) : 1;
    int most = (int)(page->y_dpi * ROWS_LOST_INCH) + 1;
    int rc = 0;

    for (int times = 1; rc == 0 && times <= most && *reading->code == '\0'; times++)
        for (int row = step; rc == 0 && row < pixGetHeight(ink) - step && *reading->code == '\0'; row += step) {
            PIX *whole = repeat_row(ink, row, times);
            rc = scan_ink(reading, whole, page, err);
            pixDestroy(&whole);
        }
    return rc;
}

int tsk_code_read(struct tsk_reading *reading, const struct tsk_map *map, const struct tsk_page *page,
                  const struct tsk_form *form, struct tsk_err *err)
{
    PIX *ink = form->code.w > 0 ? cut(map, page, &form->code) : NULL;
    int rc = 0;

    if (ink != NULL && has_ink(ink))
        rc = scan_ink(reading, ink, page, err);
    if (rc == 0 && ink != NULL && *reading->code == '\0' && has_ink(ink))
        rc = put_rows_back(reading, ink, page, err);
    pixDestroy(&ink);
    return rc;
}
