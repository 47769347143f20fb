#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#include "base/date.h"
#include "ocr/decode/parts.h"

#define LIBTIFF_ALLOC_MAX ((tmsize_t)192 << 20)
#define TILE_SIDE_MAX 8192
#define MISSING_END_MAX ((uint64_t)8 << 20) /* of a cut file, read as zeros */
#define CM_PER_INCH 2.54

/* One open directory. Rows behind the end of a cut file read as zeros, so that those before it still come out. */
struct source {
    const unsigned char *bytes;
    uint64_t len, claimed, at;
    unsigned complaints; /* of libtiff: how a damaged row is noticed */
};

struct layout {
    uint32_t width, height;
    uint16_t bits, samples, photometric, planar, compression, orientation, unit;
    float x_resolution, y_resolution;
    double missing; /* share of the image's bytes that lie behind the end of the file */
};

static tmsize_t source_read(thandle_t handle, void *out, tmsize_t len)
{
    struct source *s = handle;
    uint64_t want = (uint64_t)len, have;

    if (len <= 0 || s->at >= s->claimed)
        return 0;
    if (want > s->claimed - s->at)
        want = s->claimed - s->at;
    have = s->at < s->len ? s->len - s->at : 0;
    if (have > want)
        have = want;
    if (have > 0)
        memcpy(out, s->bytes + s->at, have); /* UNSAFE: at + have <= len */
    memset((char *)out + have, 0, want - have);
    s->at += want;
    return (tmsize_t)want;
}

static tmsize_t source_write(thandle_t handle, void *bytes, tmsize_t len)
{
    (void)handle, (void)bytes, (void)len;
    return -1;
}

static toff_t source_seek(thandle_t handle, toff_t to, int whence)
{
    struct source *s = handle;

    s->at = whence == SEEK_SET ? to : whence == SEEK_CUR ? s->at + to : s->claimed + to;
    return s->at;
}

static int source_close(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t source_size(thandle_t handle)
{
    return ((const struct source *)handle)->claimed;
}

static int complaint(TIFF *tif, void *data, const char *module, const char *format, va_list args)
{
    struct source *s = data;

    (void)tif, (void)module, (void)format, (void)args;
    s->complaints++;
    return 1; /* and nobody else prints it */
}

static TIFF *open_directory(struct source *source, uint32_t at)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    TIFF *tif;

    if (options == NULL)
        return NULL;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, LIBTIFF_ALLOC_MAX);
    TIFFOpenOptionsSetErrorHandlerExtR(options, complaint, source);
    TIFFOpenOptionsSetWarningHandlerExtR(options, complaint, source);
    tif = TIFFClientOpenExt("document", "rmh", source, source_read, source_write, source_seek, source_close,
                            source_size, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    if (tif != NULL && !TIFFSetSubDirectory(tif, at)) {
        TIFFClose(tif);
        tif = NULL;
    }
    return tif;
}

static int read_layout(TIFF *tif, struct layout *l, struct tsk_err *err)
{
    memset(l, 0, sizeof *l);
    TIFFGetField(tif, TIFFTAG_IMAGEWIDTH, &l->width);
    TIFFGetField(tif, TIFFTAG_IMAGELENGTH, &l->height);
    TIFFGetFieldDefaulted(tif, TIFFTAG_BITSPERSAMPLE, &l->bits);
    TIFFGetFieldDefaulted(tif, TIFFTAG_SAMPLESPERPIXEL, &l->samples);
    TIFFGetFieldDefaulted(tif, TIFFTAG_PLANARCONFIG, &l->planar);
    TIFFGetFieldDefaulted(tif, TIFFTAG_COMPRESSION, &l->compression);
    TIFFGetFieldDefaulted(tif, TIFFTAG_ORIENTATION, &l->orientation);
    TIFFGetFieldDefaulted(tif, TIFFTAG_RESOLUTIONUNIT, &l->unit);
    TIFFGetField(tif, TIFFTAG_XRESOLUTION, &l->x_resolution);
    TIFFGetField(tif, TIFFTAG_YRESOLUTION, &l->y_resolution);
    if (!TIFFGetField(tif, TIFFTAG_PHOTOMETRIC, &l->photometric))
        l->photometric = PHOTOMETRIC_MINISWHITE; /* what fax programs that leave it out mean */
    if (l->compression == COMPRESSION_OJPEG)
        return tsk_fail(err, TSK_HOLD, 0,
                        "uses the JPEG compression of 1992 that nobody can read safely; ask for a PDF");
    if (!TIFFIsCODECConfigured(l->compression))
        return tsk_fail(err, TSK_HOLD, 0, "uses a compression that is not known (%u); ask for a fax or a PDF",
                        (unsigned)l->compression);
    return tsk_page_size_check(l->width, l->height, (long long)l->bits * l->samples, err);
}

/* Lets libtiff believe that a cut file is whole, as far as its strips say that it should go on. */
static void bridge_missing_end(TIFF *tif, struct source *source, struct layout *l)
{
    uint32_t count = TIFFNumberOfStrips(tif);
    uint64_t total = 0, missing = 0, end = source->len;

    for (uint32_t i = 0; i < count && i < TSK_PAGE_HEIGHT_MAX; i++) {
        uint64_t from = TIFFGetStrileOffset(tif, i), bytes = TIFFGetStrileByteCount(tif, i);

        if (from > UINT32_MAX || bytes > UINT32_MAX)
            continue;
        total += bytes;
        if (from + bytes > source->len)
            missing += from > source->len ? bytes : from + bytes - source->len;
        if (from + bytes > end)
            end = from + bytes;
    }
    source->claimed = end < source->len + MISSING_END_MAX ? end : source->len + MISSING_END_MAX;
    l->missing = total > 0 ? (double)missing / (double)total : 0;
}

static bool is_bilevel(const struct layout *l)
{
    return l->bits == 1 && l->samples == 1 &&
           (l->photometric == PHOTOMETRIC_MINISWHITE || l->photometric == PHOTOMETRIC_MINISBLACK);
}

static bool is_plain_grey(const struct layout *l)
{
    return l->bits == 8 && l->samples == 1 &&
           (l->photometric == PHOTOMETRIC_MINISWHITE || l->photometric == PHOTOMETRIC_MINISBLACK);
}

static bool is_fax(const struct layout *l)
{
    return l->compression == COMPRESSION_CCITTRLE || l->compression == COMPRESSION_CCITTFAX3 ||
           l->compression == COMPRESSION_CCITTFAX4;
}

static void put_row(PIX *pix, uint32_t y, const unsigned char *row, const struct layout *l)
{
    unsigned char *to = (unsigned char *)(pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix));
    size_t len = l->bits == 1 ? ((size_t)l->width + 7) / 8 : l->width;
    /* 1 bit: ink is 1, as in MinIsWhite. 8 bit: paper is 255, as in MinIsBlack. */
    unsigned char flip = (l->photometric == PHOTOMETRIC_MINISBLACK) == (l->bits == 1) ? 0xFF : 0;

    for (size_t i = 0; i < len; i++)
        to[i] = row[i] ^ flip;
}

/* Rows one by one: libtiff hands out a page of nonsense without an error unless somebody listens to it row by row. */
static PIX *read_rows(TIFF *tif, struct source *source, const struct layout *l, int *bad_rows, struct tsk_err *err)
{
    size_t row_len = l->bits == 1 ? ((size_t)l->width + 7) / 8 : l->width;
    PIX *pix = pixCreate((l_int32)l->width, (l_int32)l->height, l->bits);
    unsigned char *row = NULL;
    uint32_t rows_per_strip = l->height, lost_strip = UINT32_MAX;

    TIFFGetFieldDefaulted(tif, TIFFTAG_ROWSPERSTRIP, &rows_per_strip);
    if (TIFFScanlineSize64(tif) == row_len)
        row = calloc(1, row_len + 64);
    if (pix == NULL || row == NULL || rows_per_strip == 0) {
        tsk_fail(err, TSK_HOLD, 0, "is damaged (its rows are not of the size that it claims); ask for it again");
        pixDestroy(&pix);
        free(row);
        return NULL;
    }
    if (l->bits == 8)
        pixSetAll(pix);
    for (uint32_t y = 0; y < l->height; y++) {
        uint32_t strip = y / rows_per_strip;

        /* In MMR each row is told by the one above: behind one bad row nothing of the strip means anything. */
        if (strip != lost_strip) {
            source->complaints = 0;
            if (TIFFReadScanline(tif, row, y, 0) == 1 &&
                (source->complaints == 0 || l->compression != COMPRESSION_CCITTFAX4))
                put_row(pix, y, row, l);
            else
                lost_strip = l->compression == COMPRESSION_CCITTFAX4 ? strip : lost_strip;
            *bad_rows += source->complaints > 0;
        } else {
            (*bad_rows)++;
        }
    }
    free(row);
    pixEndianByteSwap(pix);
    if (l->bits == 1)
        pixSetPadBits(pix, 0);
    return pix;
}

/* Colour, palettes, tiles, odd depths: libtiff's own conversion, then grey over white paper. */
static PIX *read_colour(TIFF *tif, const struct layout *l, struct tsk_err *err)
{
    size_t pixels = (size_t)l->width * l->height;
    uint32_t *rgba = NULL, tile_w = 0, tile_h = 0;
    PIX *pix = NULL;

    if (TIFFIsTiled(tif)) {
        TIFFGetField(tif, TIFFTAG_TILEWIDTH, &tile_w);
        TIFFGetField(tif, TIFFTAG_TILELENGTH, &tile_h);
    }
    if (pixels > TSK_PAGE_GREY_PIXELS_MAX || tile_w > TILE_SIDE_MAX || tile_h > TILE_SIDE_MAX) {
        tsk_fail(err, TSK_HOLD, 0, "is too large a picture to read; ask for it as a fax or at 300 dpi");
        return NULL;
    }
    rgba = calloc(pixels, sizeof *rgba);
    pix = rgba != NULL ? pixCreate((l_int32)l->width, (l_int32)l->height, 8) : NULL;
    if (pix == NULL || !TIFFReadRGBAImageOriented(tif, l->width, l->height, rgba, l->orientation, 0)) {
        tsk_fail(err, TSK_HOLD, 0, "is a damaged picture; ask the sender to send it again");
        free(rgba);
        pixDestroy(&pix);
        return NULL;
    }
    for (uint32_t y = 0; y < l->height; y++) {
        l_uint32 *line = pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);
        const uint32_t *from = rgba + (size_t)y * l->width;

        for (uint32_t x = 0; x < l->width; x++) {
            unsigned grey = (TIFFGetR(from[x]) * 77 + TIFFGetG(from[x]) * 151 + TIFFGetB(from[x]) * 28) >> 8;
            unsigned value = grey + 255 - TIFFGetA(from[x]);

            SET_DATA_BYTE(line, x, value < 255 ? value : 255);
        }
    }
    free(rgba);
    return pix;
}

/* "2026:11:21 12:15:00", also with slashes or dashes: local time of the receiving machine, which stands in Japan. */
static int64_t received_ms(TIFF *tif)
{
    char *text = NULL, iso[20];
    int64_t ms = 0;

    if (!TIFFGetField(tif, TIFFTAG_DATETIME, &text) || text == NULL || strnlen(text, sizeof iso) != sizeof iso - 1)
        return 0;
    memcpy(iso, text, sizeof iso);
    iso[4] = iso[7] = '-';
    iso[10] = 'T';
    return tsk_stamp_parse(iso, &ms) ? ms : 0;
}

static int read_page(TIFF *tif, struct source *source, struct tsk_page *page, struct tsk_err *err)
{
    struct layout l;
    PIX *pix;
    double scale;
    uint32_t bad_lines = 0;

    if (read_layout(tif, &l, err) != 0)
        return -1;
    if (!TIFFIsTiled(tif))
        bridge_missing_end(tif, source, &l);
    if (!TIFFIsTiled(tif) && (is_bilevel(&l) || is_plain_grey(&l)))
        pix = read_rows(tif, source, &l, &page->bad_rows, err);
    else
        pix = read_colour(tif, &l, err);
    if (pix == NULL)
        return -1;
    if (is_fax(&l) && TIFFGetField(tif, TIFFTAG_BADFAXLINES, &bad_lines) && bad_lines <= l.height)
        page->bad_rows += (int)bad_lines;
    if (page->bad_rows < l.missing * l.height)
        page->bad_rows = (int)(l.missing * l.height);
    if (page->bad_rows >= (int)l.height) {
        pixDestroy(&pix);
        return tsk_fail(err, TSK_HOLD, 0,
                        "is damaged: not one row of it could be read; ask the sender to send it again");
    }
    page->received_ms = received_ms(tif);
    scale = l.unit == RESUNIT_CENTIMETER ? CM_PER_INCH : 1;
    page->x_dpi = l.x_resolution * scale;
    page->y_dpi = l.y_resolution * scale;
    if (tsk_page_orient(&pix, l.orientation, &page->x_dpi, &page->y_dpi, err) != 0)
        return -1;
    return tsk_page_settle(page, pix, page->x_dpi, page->y_dpi, err);
}

int tsk_tiff_page(const struct tsk_decoder *decoder, int index, struct tsk_page *page, struct tsk_err *err)
{
    struct source source = { .bytes = decoder->bytes, .len = decoder->len, .claimed = decoder->len };
    TIFF *tif = open_directory(&source, decoder->tiff_at[index]);
    int rc;

    if (tif == NULL)
        return tsk_fail(err, TSK_HOLD, 0, "is damaged; ask the sender to send it again");
    rc = read_page(tif, &source, page, err);
    TIFFClose(tif);
    return rc;
}
