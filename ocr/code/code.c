#include "ocr/code/code.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <zbar.h>

#define AROUND_MM 4.0
#define WIDTH_LEAST 0.6     /* of the room: narrower ink is no code */
#define ROW_STEP_INCH 0.02  /* less than a module */
#define ROWS_LOST_INCH 0.08 /* more than that no error correction brings back */
#define MODULE_INCH 0.027
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

/* Where the code's ink lies in the cut, and how many rows of it are missing: a code is as high as it is wide. */
struct shape {
    int top, bottom; /* rows of the cut */
    int lost;
    bool is_code;
};

/* First and last place with ink in more than a tenth of the room. */
static void extent(const l_int32 *counts, int length, int across, int out[2])
{
    out[0] = out[1] = -1;
    for (int i = 0; i < length; i++)
        if (counts[i] * 10 > across) {
            out[0] = out[0] < 0 ? i : out[0];
            out[1] = i;
        }
}

static int counts_of(PIX *ink, bool rows, int out[2])
{
    NUMA *counts = rows ? pixCountPixelsByRow(ink, NULL) : pixCountPixelsByColumn(ink);
    l_int32 *values = counts != NULL ? numaGetIArray(counts) : NULL;

    if (values != NULL)
        extent(values, numaGetCount(counts), rows ? pixGetWidth(ink) : pixGetHeight(ink), out);
    lept_free(values);
    numaDestroy(&counts);
    return values != NULL ? 0 : -1;
}

static struct shape measure(PIX *ink, const struct tsk_page *page, const struct tsk_rect *code)
{
    int beyond_x = (int)(AROUND_MM * tsk_page_px_per_mm_x(page));
    int beyond_y = (int)(AROUND_MM * tsk_page_px_per_mm_y(page));
    BOX *room = boxCreate(beyond_x, beyond_y, pixGetWidth(ink) - 2 * beyond_x, pixGetHeight(ink) - 2 * beyond_y);
    PIX *inside = pixClipRectangle(ink, room, NULL);
    int rows[2] = { -1, -1 };
    int columns[2] = { -1, -1 };
    struct shape shape = { .is_code = false };

    if (inside != NULL && counts_of(inside, true, rows) == 0 && counts_of(inside, false, columns) == 0 &&
        rows[0] >= 0 && columns[0] >= 0) {
        double wide_mm = (columns[1] - columns[0] + 1) / tsk_page_px_per_mm_x(page);
        double high = wide_mm * tsk_page_px_per_mm_y(page);
        shape = (struct shape){ .top = rows[0] + beyond_y,
                                .bottom = rows[1] + beyond_y,
                                .lost = (int)(high - (rows[1] - rows[0] + 1) + 0.5),
                                .is_code = wide_mm > code->w * WIDTH_LEAST && rows[1] - rows[0] + 1 > high / 2 };
    }
    pixDestroy(&inside);
    boxDestroy(&room);
    return shape;
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

/* All rows were lost at one place, or at two of which the first is given. */
static int try_places(struct tsk_reading *reading, PIX *ink, const struct tsk_page *page, int from, int to, int times,
                      struct tsk_err *err)
{
    int step = (int)(page->y_dpi * ROW_STEP_INCH) > 1 ? (int)(page->y_dpi * ROW_STEP_INCH) : 1;
    int rc = 0;

    for (int row = from; rc == 0 && row <= to && *reading->code == '\0'; row += step) {
        PIX *whole = repeat_row(ink, row, times);
        rc = scan_ink(reading, whole, page, err);
        pixDestroy(&whole);
    }
    return rc;
}

static int try_two(struct tsk_reading *reading, PIX *ink, const struct tsk_page *page, const struct shape *shape,
                   int lost, struct tsk_err *err)
{
    int step = (int)(page->y_dpi * MODULE_INCH);
    int rc = 0;

    for (int first = 1; first < lost && rc == 0; first++)
        for (int row = shape->top; rc == 0 && row < shape->bottom && *reading->code == '\0'; row += step) {
            PIX *one = repeat_row(ink, row, first);
            rc = one == NULL
                     ? tsk_fail(err, TSK_RETRY, 0, "no memory to look for a code")
                     : try_places(reading, one, page, row + first + step, shape->bottom + first, lost - first, err);
            pixDestroy(&one);
        }
    return rc;
}

/* Hits on the line took rows out of the code, and all below moved up: where is found by trying. What stood in them is left
 * to the code's own error correction. */
static int put_rows_back(struct tsk_reading *reading, PIX *ink, const struct tsk_page *page, const struct shape *shape,
                         struct tsk_err *err)
{
    int most = (int)(page->y_dpi * ROWS_LOST_INCH);
    int rc = 0;

    for (int lost = shape->lost > 1 ? shape->lost - 1 : 1; rc == 0 && lost <= shape->lost + 1 && lost <= most; lost++)
        rc = try_places(reading, ink, page, shape->top, shape->bottom, lost, err);
    for (int lost = shape->lost > 2 ? shape->lost - 1 : 2; rc == 0 && lost <= shape->lost + 1 && lost <= most; lost++)
        rc = try_two(reading, ink, page, shape, lost, err);
    return rc;
}

int tsk_code_read(struct tsk_reading *reading, const struct tsk_map *map, const struct tsk_page *page,
                  const struct tsk_form *form, struct tsk_err *err)
{
    PIX *ink = form->code.w > 0 ? cut(map, page, &form->code) : NULL;
    struct shape shape;
    int rc = 0;

    if (ink == NULL)
        return 0;
    shape = measure(ink, page, &form->code);
    if (shape.is_code)
        rc = scan_ink(reading, ink, page, err);
    if (rc == 0 && shape.is_code && *reading->code == '\0')
        rc = put_rows_back(reading, ink, page, &shape, err);
    pixDestroy(&ink);
    return rc;
}
