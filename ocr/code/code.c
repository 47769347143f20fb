#include "ocr/code/code.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <zbar.h>

#include "ocr/code/rows.h"

#define AROUND_MM 4.0
#define WIDTH_LEAST 0.6 /* of the room: narrower ink is no code */
#define QUIET_MODULES 2 /* as forms/render.c leaves them in the room */
#define LEFT_MM 20.0
#define RIGHT_MM 190.0
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

static PIX *cut(const struct tsk_map *map, const struct tsk_page *page, const struct tsk_rect *code, int origin[2])
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
    origin[0] = px[0];
    origin[1] = px[1];
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

/* Ink about as wide as a code is, and at least half as high. */
static bool has_code(PIX *ink, const struct tsk_page *page, const struct tsk_rect *code)
{
    int beyond_x = (int)(AROUND_MM * tsk_page_px_per_mm_x(page));
    int beyond_y = (int)(AROUND_MM * tsk_page_px_per_mm_y(page));
    BOX *room = boxCreate(beyond_x, beyond_y, pixGetWidth(ink) - 2 * beyond_x, pixGetHeight(ink) - 2 * beyond_y);
    PIX *inside = pixClipRectangle(ink, room, NULL);
    int rows[2] = { -1, -1 }, columns[2] = { -1, -1 };
    bool is_code = false;

    if (inside != NULL && counts_of(inside, true, rows) == 0 && counts_of(inside, false, columns) == 0 &&
        rows[0] >= 0 && columns[0] >= 0) {
        double wide_mm = (columns[1] - columns[0] + 1) / tsk_page_px_per_mm_x(page);
        is_code = wide_mm > code->w * WIDTH_LEAST && rows[1] - rows[0] + 1 > wide_mm * tsk_page_px_per_mm_y(page) / 2;
    }
    pixDestroy(&inside);
    boxDestroy(&room);
    return is_code;
}

static int scan_ink(struct tsk_reading *reading, PIX *ink, const struct tsk_page *page, struct tsk_err *err)
{
    PIX *grey = make_grey(ink, page);
    int rc = grey != NULL ? scan(reading, grey, err) : tsk_fail(err, TSK_RETRY, 0, "no memory to look for a code");

    pixDestroy(&grey);
    return rc;
}

static double middle(double *values, int count)
{
    for (int i = 1; i < count; i++)
        for (int k = i; k > 0 && values[k - 1] > values[k]; k--) {
            double swap = values[k];
            values[k] = values[k - 1];
            values[k - 1] = swap;
        }
    return values[count / 2];
}

#define LINES 9

/* Rows down for one pixel to the right, over the whole page: print is level, and no lost row makes it less so. */
static double tilt_of(const struct tsk_map *map)
{
    double tilts[LINES], x0, y0, x1, y1;

    for (int i = 0; i < LINES; i++) {
        tsk_map_point(map, LEFT_MM, 40.0 + 25.0 * i, &x0, &y0);
        tsk_map_point(map, RIGHT_MM, 40.0 + 25.0 * i, &x1, &y1);
        tilts[i] = (y1 - y0) / (x1 - x0);
    }
    return middle(tilts, LINES);
}

/* Pixels that so many millimetres across take. */
static double width_of(const struct tsk_map *map, double mm)
{
    double scales[LINES], x0, y0, x1, y1;

    for (int i = 0; i < LINES; i++) {
        tsk_map_point(map, LEFT_MM, 40.0 + 25.0 * i, &x0, &y0);
        tsk_map_point(map, RIGHT_MM, 40.0 + 25.0 * i, &x1, &y1);
        scales[i] = (x1 - x0) / (RIGHT_MM - LEFT_MM);
    }
    return middle(scales, LINES) * mm;
}

/* What a code of this width would take of the cut. Rows may be missing, so that only what lies side by side is measured. */
static struct tsk_code_place expect(const struct tsk_map *map, const struct tsk_page *page, const struct tsk_rect *code,
                                    const int origin[2], int modules)
{
    double module_mm = code->w / (modules + 2 * QUIET_MODULES);
    double square = page->y_dpi / page->x_dpi, tilt = tilt_of(map), x, y;

    tsk_map_point(map, code->x + QUIET_MODULES * module_mm, code->y + QUIET_MODULES * module_mm, &x, &y);
    double wide = width_of(map, modules * module_mm);
    return (struct tsk_code_place){ .left = x - origin[0],
                                    .top = y - origin[1],
                                    .wide = wide,
                                    .high = wide * square,
                                    .per_row_x = -tilt / (square * square),
                                    .per_column_y = tilt };
}

/* Rows that the line lost or spoilt: see rows.h. */
static void read_by_rows(struct tsk_reading *reading, PIX *ink, const struct tsk_map *map, const struct tsk_page *page,
                         const struct tsk_rect *code, const int origin[2])
{
    char text[TSK_QR_TEXT_SIZE];

    for (int modules = TSK_QR_WIDTH_LEAST; modules <= TSK_QR_WIDTH_MAX; modules += 4) {
        struct tsk_code_place place = expect(map, page, code, origin, modules);

        if (tsk_code_by_rows(text, ink, &place, modules) && is_printable(text, strlen(text))) {
            tsk_reading_set_code(reading, text);
            return;
        }
    }
}

int tsk_code_read(struct tsk_reading *reading, const struct tsk_map *map, const struct tsk_page *page,
                  const struct tsk_form *form, struct tsk_err *err)
{
    int origin[2];
    PIX *ink = form->code.w > 0 ? cut(map, page, &form->code, origin) : NULL;
    int rc = 0;

    if (ink != NULL && has_code(ink, page, &form->code)) {
        rc = scan_ink(reading, ink, page, err);
        if (rc == 0 && *reading->code == '\0')
            read_by_rows(reading, ink, map, page, &form->code, origin);
    }
    pixDestroy(&ink);
    return rc;
}
