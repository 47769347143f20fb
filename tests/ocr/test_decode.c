#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <tiffio.h>
#include <unistd.h>

#include "base/date.h"
#include "ocr/decode/decode.h"

#define WIDTH 1728
#define HEIGHT 1145

/* A page with something on it that no two rows share for long: rules, blocks of strokes, and a slope. */
static PIX *drawn_page(int width, int height)
{
    PIX *pix = pixCreate(width, height, 1);

    for (int y = 40; y < height - 40; y += 37)
        pixRasterop(pix, 60, y, width - 120, 2, PIX_SET, NULL, 0, 0);
    for (int x = 60; x < width - 60; x += 23)
        pixRasterop(pix, x, 60 + x % 300, 3 + x % 5, 200, PIX_SET, NULL, 0, 0);
    for (int i = 0; i < height - 100; i++)
        pixRasterop(pix, 100 + i % (width - 200), 50 + i, 5, 1, PIX_NOT(PIX_DST), NULL, 0, 0);
    return pix;
}

static int memory_file(const void *bytes, size_t len)
{
    int fd = memfd_create("test", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    return fd;
}

struct tiff_how {
    const char *what;
    int compression, fill_order, photometric, bits, samples, rows_per_strip;
    uint32_t group3;
    double x_dpi, y_dpi;
    int unit;
    const char *date;
    int orientation;
};

static void set_tags(TIFF *tif, const struct tiff_how *how, int width, int height)
{
    TIFFSetField(tif, TIFFTAG_IMAGEWIDTH, width);
    TIFFSetField(tif, TIFFTAG_IMAGELENGTH, height);
    TIFFSetField(tif, TIFFTAG_BITSPERSAMPLE, how->bits);
    TIFFSetField(tif, TIFFTAG_SAMPLESPERPIXEL, how->samples);
    TIFFSetField(tif, TIFFTAG_COMPRESSION, how->compression);
    TIFFSetField(tif, TIFFTAG_PHOTOMETRIC, how->photometric);
    TIFFSetField(tif, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tif, TIFFTAG_FILLORDER, how->fill_order == 0 ? FILLORDER_MSB2LSB : how->fill_order);
    TIFFSetField(tif, TIFFTAG_ROWSPERSTRIP, how->rows_per_strip == 0 ? height : how->rows_per_strip);
    if (how->compression == COMPRESSION_CCITTFAX3)
        TIFFSetField(tif, TIFFTAG_GROUP3OPTIONS, how->group3);
    if (how->compression == COMPRESSION_JPEG && how->samples == 3)
        TIFFSetField(tif, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    if (how->orientation != 0)
        TIFFSetField(tif, TIFFTAG_ORIENTATION, how->orientation);
    if (how->x_dpi > 0) {
        TIFFSetField(tif, TIFFTAG_XRESOLUTION, how->x_dpi);
        TIFFSetField(tif, TIFFTAG_YRESOLUTION, how->y_dpi);
        TIFFSetField(tif, TIFFTAG_RESOLUTIONUNIT, how->unit != 0 ? how->unit : RESUNIT_INCH);
    }
    if (how->date != NULL)
        TIFFSetField(tif, TIFFTAG_DATETIME, how->date);
}

static void write_rows(TIFF *tif, const struct tiff_how *how, PIX *pix)
{
    int width = pixGetWidth(pix), height = pixGetHeight(pix),
        bytes = how->bits == 1 ? (width + 7) / 8 : width * how->samples;
    unsigned char *row = malloc((size_t)bytes);
    bool white_is_zero = how->photometric == PHOTOMETRIC_MINISWHITE;
    l_uint32 bit;

    for (int y = 0; y < height; y++) {
        memset(row, 0, (size_t)bytes);
        for (int x = 0; x < width; x++) {
            pixGetPixel(pix, x, y, &bit);
            if (how->bits == 1 && (bit != 0) == white_is_zero)
                row[x / 8] |= (unsigned char)(0x80 >> (x % 8));
            for (int s = 0; how->bits == 8 && s < how->samples; s++)
                row[x * how->samples + s] = (bit != 0) == white_is_zero ? 255 : 0;
        }
        assert_int_equal(TIFFWriteScanline(tif, row, (uint32_t)y, 0), 1);
    }
    free(row);
}

static void write_page(TIFF *tif, const struct tiff_how *how, PIX *pix)
{
    set_tags(tif, how, pixGetWidth(pix), pixGetHeight(pix));
    write_rows(tif, how, pix);
    assert_int_equal(TIFFWriteDirectory(tif), 1);
}

/* Written by libtiff to a file of memory; the descriptor is the caller's. */
static TIFF *start_tiff(int *fd)
{
    char path[64];
    TIFF *tif;

    *fd = memfd_create("tiff", MFD_CLOEXEC);
    assert_true(*fd >= 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", *fd);
    tif = TIFFOpen(path, "w");
    assert_non_null(tif);
    return tif;
}

static int tiff_of(const struct tiff_how *how, PIX *pix, int pages)
{
    int fd;
    TIFF *tif = start_tiff(&fd);

    for (int i = 0; i < pages; i++)
        write_page(tif, how, pix);
    TIFFClose(tif);
    return fd;
}

static double share_different(PIX *a, PIX *b)
{
    PIX *both;
    l_int32 count = 0;

    if (pixGetWidth(a) != pixGetWidth(b) || pixGetHeight(a) != pixGetHeight(b))
        return 1;
    both = pixXor(NULL, a, b);
    pixCountPixels(both, &count, NULL);
    pixDestroy(&both);
    return (double)count / ((double)pixGetWidth(a) * pixGetHeight(a));
}

static void every_kind_of_tiff(void **state)
{
    static const struct tiff_how kinds[] = {
        { "MH", COMPRESSION_CCITTFAX3, FILLORDER_MSB2LSB, PHOTOMETRIC_MINISWHITE, 1, 1, 0, 0, 204, 98, 0, NULL, 0 },
        { "MH least bit first", COMPRESSION_CCITTFAX3, FILLORDER_LSB2MSB, PHOTOMETRIC_MINISWHITE, 1, 1, 0, 0, 204, 98,
          0, NULL, 0 },
        { "MH with fill bits", COMPRESSION_CCITTFAX3, 0, PHOTOMETRIC_MINISWHITE, 1, 1, 0, GROUP3OPT_FILLBITS, 204, 98,
          0, NULL, 0 },
        { "MH without end of line", COMPRESSION_CCITTRLE, 0, PHOTOMETRIC_MINISWHITE, 1, 1, 0, 0, 204, 98, 0, NULL, 0 },
        { "MR", COMPRESSION_CCITTFAX3, 0, PHOTOMETRIC_MINISWHITE, 1, 1, 0, GROUP3OPT_2DENCODING, 204, 98, 0, NULL, 0 },
        { "MMR", COMPRESSION_CCITTFAX4, 0, PHOTOMETRIC_MINISWHITE, 1, 1, 0, 0, 204, 98, 0, NULL, 0 },
        { "MMR in strips", COMPRESSION_CCITTFAX4, 0, PHOTOMETRIC_MINISWHITE, 1, 1, 64, 0, 204, 98, 0, NULL, 0 },
        { "MMR, black is zero", COMPRESSION_CCITTFAX4, FILLORDER_LSB2MSB, PHOTOMETRIC_MINISBLACK, 1, 1, 0, 0, 204, 98,
          0, NULL, 0 },
        { "plain", COMPRESSION_NONE, 0, PHOTOMETRIC_MINISWHITE, 1, 1, 100, 0, 204, 98, 0, NULL, 0 },
        { "plain, black is zero", COMPRESSION_NONE, FILLORDER_LSB2MSB, PHOTOMETRIC_MINISBLACK, 1, 1, 0, 0, 204, 98, 0,
          NULL, 0 },
        { "PackBits", COMPRESSION_PACKBITS, 0, PHOTOMETRIC_MINISWHITE, 1, 1, 50, 0, 204, 98, 0, NULL, 0 },
        { "LZW", COMPRESSION_LZW, 0, PHOTOMETRIC_MINISBLACK, 1, 1, 50, 0, 204, 98, 0, NULL, 0 },
        { "Deflate", COMPRESSION_ADOBE_DEFLATE, 0, PHOTOMETRIC_MINISBLACK, 1, 1, 0, 0, 204, 98, 0, NULL, 0 },
        { "grey", COMPRESSION_NONE, 0, PHOTOMETRIC_MINISBLACK, 8, 1, 0, 0, 204, 98, 0, NULL, 0 },
        { "grey, white is zero", COMPRESSION_LZW, 0, PHOTOMETRIC_MINISWHITE, 8, 1, 16, 0, 204, 98, 0, NULL, 0 },
        { "colour", COMPRESSION_ADOBE_DEFLATE, 0, PHOTOMETRIC_RGB, 8, 3, 16, 0, 204, 98, 0, NULL, 0 },
        { "JPEG grey", COMPRESSION_JPEG, 0, PHOTOMETRIC_MINISBLACK, 8, 1, 16, 0, 204, 98, 0, NULL, 0 },
        { "JPEG colour", COMPRESSION_JPEG, 0, PHOTOMETRIC_YCBCR, 8, 3, 16, 0, 204, 98, 0, NULL, 0 },
    };
    PIX *drawn = drawn_page(WIDTH, HEIGHT);

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(kinds); i++) {
        int fd = tiff_of(&kinds[i], drawn, 1);
        struct tsk_decoder *decoder;
        struct tsk_page page = { 0 };
        struct tsk_err err = { 0 };
        double off;

        if (tsk_decode_open(&decoder, fd, false, &err) != 0 || tsk_decode_next(decoder, &page, &err) != 1)
            fail_msg("%s: %s", kinds[i].what, err.text);
        off = share_different(drawn, page.pix);
        if (off > (kinds[i].compression == COMPRESSION_JPEG ? 0.01 : 0) || page.bad_rows != 0)
            fail_msg("%s: %g of the points differ, %d bad rows", kinds[i].what, off, page.bad_rows);
        assert_true(fabs(page.x_dpi - 204) < 0.5 && fabs(page.y_dpi - 98) < 0.5);
        assert_int_equal(page.halftoned, kinds[i].bits == 8);
        tsk_page_free(&page);
        assert_int_equal(tsk_decode_next(decoder, &page, &err), 0);
        tsk_decode_close(&decoder);
        close(fd);
    }
    pixDestroy(&drawn);
}

static void resolution_and_time(void **state)
{
    static const struct {
        struct tiff_how how;
        int width, height;
        double x_dpi, y_dpi;
        const char *received;
    } cases[] = {
        { { "fine", COMPRESSION_CCITTFAX4, 0, 0, 1, 1, 0, 0, 204, 196, 0, "2015:09:07 09:37:59", 0 },
          1728,
          2292,
          204,
          196,
          "2015-09-07T00:37:59.000Z" },
        { { "slashes", COMPRESSION_CCITTFAX4, 0, 0, 1, 1, 0, 0, 204, 391, 0, "2026/11/21 12:15:00", 0 },
          1728,
          4573,
          204,
          391,
          "2026-11-21T03:15:00.000Z" },
        { { "centimetres", COMPRESSION_CCITTFAX4, 0, 0, 1, 1, 0, 0, 80.3, 77, RESUNIT_CENTIMETER, NULL, 0 },
          1728,
          2292,
          204,
          196,
          NULL },
        { { "no tags, standard", COMPRESSION_CCITTFAX4, 0, 0, 1, 1, 0, 0, 0, 0, 0, "yesterday afternoon", 0 },
          1728,
          1145,
          204,
          98,
          NULL },
        { { "no tags, fine", COMPRESSION_CCITTFAX4, 0, 0, 1, 1, 0, 0, 0, 0, 0, NULL, 0 }, 1728, 2290, 204, 196, NULL },
        { { "no tags, superfine", COMPRESSION_CCITTFAX4, 0, 0, 1, 1, 0, 0, 0, 0, 0, NULL, 0 },
          1728,
          4580,
          204,
          391,
          NULL },
        { { "no tags, 300", COMPRESSION_CCITTFAX4, 0, 0, 1, 1, 0, 0, 0, 0, 0, NULL, 0 }, 2480, 3508, 300, 300, NULL },
        { { "72 is a lie", COMPRESSION_CCITTFAX4, 0, 0, 1, 1, 0, 0, 72, 72, 0, NULL, 0 }, 1728, 2292, 204, 196, NULL },
        { { "a short page stands", COMPRESSION_CCITTFAX4, 0, 0, 1, 1, 0, 0, 204, 196, 0, NULL, 0 },
          1728,
          1200,
          204,
          196,
          NULL },
        { { "a page that lies is turned", COMPRESSION_CCITTFAX4, 0, 0, 1, 1, 0, 0, 200, 190, 0, NULL, 0 },
          2339,
          1654,
          190,
          200,
          NULL },
        { { "400", COMPRESSION_CCITTFAX4, 0, 0, 1, 1, 0, 0, 400, 400, 0, NULL, 0 }, 3307, 4677, 400, 400, NULL },
        { { "600 is halved", COMPRESSION_CCITTFAX4, 0, 0, 1, 1, 0, 0, 600, 600, 0, NULL, 0 },
          4960,
          7016,
          300,
          300,
          NULL },
    };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++) {
        PIX *drawn = drawn_page(cases[i].width, cases[i].height);
        int fd = tiff_of(&cases[i].how, drawn, 1);
        struct tsk_decoder *decoder;
        struct tsk_page page = { 0 };
        struct tsk_err err = { 0 };
        char stamp[TSK_STAMP_SIZE] = "";

        assert_int_equal(tsk_decode_open(&decoder, fd, false, &err), 0);
        assert_int_equal(tsk_decode_next(decoder, &page, &err), 1);
        if (fabs(page.x_dpi - cases[i].x_dpi) > 1.5 || fabs(page.y_dpi - cases[i].y_dpi) > 1.5)
            fail_msg("%s: %g x %g dpi", cases[i].how.what, page.x_dpi, page.y_dpi);
        if (page.received_ms != 0)
            tsk_stamp(page.received_ms, stamp);
        assert_string_equal(stamp, cases[i].received != NULL ? cases[i].received : "");
        tsk_page_free(&page);
        tsk_decode_close(&decoder);
        close(fd);
        pixDestroy(&drawn);
    }
}

/* The first row and column of the file lie where the tag says (TIFF 6.0): turned, the page is as it was drawn. */
static void orientation(void **state)
{
    PIX *drawn = drawn_page(1000, 1400);

    (void)state;
    for (int tag = 1; tag <= 8; tag++) {
        static const int turns_back[] = { 0, 0, 0, 2, 2, 1, 3, 3, 1 }; /* of the drawn page, to how it is stored */
        static const bool mirrored[] = { false, false, true, false, true, true, false, true, false };
        PIX *stored = turns_back[tag] == 0 ? pixCopy(NULL, drawn) : pixRotateOrth(drawn, turns_back[tag]);
        struct tiff_how how = { "turned", COMPRESSION_CCITTFAX4, 0, 0, 1, 1, 0, 0, 150, 150, 0, NULL, tag };
        struct tsk_decoder *decoder;
        struct tsk_page page = { 0 };
        struct tsk_err err = { 0 };
        int fd;

        if (mirrored[tag])
            pixFlipLR(stored, stored);
        fd = tiff_of(&how, stored, 1);
        assert_int_equal(tsk_decode_open(&decoder, fd, false, &err), 0);
        assert_int_equal(tsk_decode_next(decoder, &page, &err), 1);
        if (share_different(drawn, page.pix) > 0)
            fail_msg("orientation %d comes out wrong", tag);
        tsk_page_free(&page);
        tsk_decode_close(&decoder);
        close(fd);
        pixDestroy(&stored);
    }
    pixDestroy(&drawn);
}

static void png_and_jpeg(void **state)
{
    static const struct {
        const char *what;
        int depth, format;
    } kinds[] = { { "PNG 1", 1, IFF_PNG },
                  { "PNG 8", 8, IFF_PNG },
                  { "PNG 32", 32, IFF_PNG },
                  { "JPEG 8", 8, IFF_JFIF_JPEG },
                  { "JPEG 32", 32, IFF_JFIF_JPEG } };
    PIX *drawn = drawn_page(1654, 2339);

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(kinds); i++) {
        PIX *pix = kinds[i].depth == 1   ? pixClone(drawn)
                   : kinds[i].depth == 8 ? pixConvertTo8(drawn, 0)
                                         : pixConvertTo32(drawn);
        l_uint8 *bytes = NULL;
        size_t len = 0;
        struct tsk_decoder *decoder;
        struct tsk_page page = { 0 };
        struct tsk_err err = { 0 };
        int fd;

        pixSetResolution(pix, 200, 200);
        assert_int_equal(pixWriteMem(&bytes, &len, pix, kinds[i].format), 0);
        fd = memory_file(bytes, len);
        if (tsk_decode_open(&decoder, fd, false, &err) != 0 || tsk_decode_next(decoder, &page, &err) != 1)
            fail_msg("%s: %s", kinds[i].what, err.text);
        if (share_different(drawn, page.pix) > (kinds[i].format == IFF_PNG ? 0 : 0.01))
            fail_msg("%s comes out different", kinds[i].what);
        assert_true(fabs(page.x_dpi - 200) < 0.5);
        tsk_page_free(&page);
        assert_int_equal(tsk_decode_next(decoder, &page, &err), 0);
        tsk_decode_close(&decoder);
        close(fd);
        lept_free(bytes);
        pixDestroy(&pix);
    }
    pixDestroy(&drawn);
}

/* A picture of a telephone that was held on its side, and EXIF that is cut short anywhere. */
static void a_turned_photograph(void **state)
{
    static const unsigned char exif[] = {
        0xFF, 0xE1, 0,    34,   'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8,
        0,    1,    0x01, 0x12, 0,   3,   0,   0,   0, 1, 0,   6,   0, 0,  0, 0, 0, 0
    };
    PIX *drawn = drawn_page(1200, 1700), *held = pixRotateOrth(drawn, 3), *grey = pixConvertTo8(held, 0);
    l_uint8 *jpeg = NULL;
    unsigned char *photo;
    size_t len = 0;

    (void)state;
    assert_int_equal(pixWriteMem(&jpeg, &len, grey, IFF_JFIF_JPEG), 0);
    photo = malloc(len + sizeof exif);
    memcpy(photo, jpeg, 2);
    memcpy(photo + 2, exif, sizeof exif);
    memcpy(photo + 2 + sizeof exif, jpeg + 2, len - 2);
    for (size_t cut = 0; cut < 24; cut++) {
        struct tsk_decoder *decoder;
        struct tsk_page page = { 0 };
        struct tsk_err err = { 0 };
        int fd;

        photo[2 + 14 + 3] = (unsigned char)(8 + cut * 11); /* where the directory is said to be */
        fd = memory_file(photo, len + sizeof exif);
        assert_int_equal(tsk_decode_open(&decoder, fd, false, &err), 0);
        if (tsk_decode_next(decoder, &page, &err) != 1)
            fail_msg("%s", err.text);
        if (cut == 0)
            assert_true(share_different(drawn, page.pix) < 0.01);
        tsk_page_free(&page);
        tsk_decode_close(&decoder);
        close(fd);
    }
    free(photo);
    lept_free(jpeg);
    pixDestroy(&grey);
    pixDestroy(&held);
    pixDestroy(&drawn);
}

/* Paper in the light of a lamp: darker towards one corner than ink is in the other. */
static void shaded_scan(void **state)
{
    PIX *drawn = drawn_page(1654, 2339), *grey = pixCreate(1654, 2339, 8);
    struct tsk_decoder *decoder;
    struct tsk_page page;
    struct tsk_err err = { 0 };
    l_uint8 *bytes = NULL;
    size_t len = 0;
    l_uint32 bit;
    int fd;

    (void)state;
    for (int y = 0; y < 2339; y++) {
        for (int x = 0; x < 1654; x++) {
            double light = 1 - 0.45 * (x + y) / (1654 + 2339);

            pixGetPixel(drawn, x, y, &bit);
            pixSetPixel(grey, x, y, (l_uint32)(light * (bit ? 70 : 225)));
        }
    }
    assert_int_equal(pixWriteMem(&bytes, &len, grey, IFF_PNG), 0);
    fd = memory_file(bytes, len);
    assert_int_equal(tsk_decode_open(&decoder, fd, false, &err), 0);
    assert_int_equal(tsk_decode_next(decoder, &page, &err), 1);
    assert_true(page.halftoned);
    if (share_different(drawn, page.pix) > 0.01)
        fail_msg("%g of the points differ", share_different(drawn, page.pix));
    tsk_page_free(&page);
    tsk_decode_close(&decoder);
    close(fd);
    lept_free(bytes);
    pixDestroy(&grey);
    pixDestroy(&drawn);
}

static void rasters(void **state)
{
    static const char two[] = "P4\n100 200\n", one[] = "P5\n100 130\n255\n";
    char bytes[sizeof two - 1 + 200 * 13 + sizeof one - 1 + 130 * 100];
    struct tsk_decoder *decoder;
    struct tsk_page page;
    struct tsk_err err = { 0 };
    int fd;

    (void)state;
    memset(bytes, 0xFF, sizeof bytes);
    memcpy(bytes, two, sizeof two - 1);
    memcpy(bytes + sizeof two - 1 + 200 * 13, one, sizeof one - 1);
    fd = memory_file(bytes, sizeof bytes);
    assert_int_equal(tsk_decode_open(&decoder, fd, true, &err), 0);
    assert_int_equal(tsk_decode_next(decoder, &page, &err), 1);
    assert_int_equal(pixGetWidth(page.pix), 100);
    assert_int_equal(pixGetHeight(page.pix), 200);
    tsk_page_free(&page);
    assert_int_equal(tsk_decode_next(decoder, &page, &err), 1);
    assert_int_equal(pixGetHeight(page.pix), 130);
    assert_true(page.halftoned);
    tsk_page_free(&page);
    assert_int_equal(tsk_decode_next(decoder, &page, &err), 0);
    tsk_decode_close(&decoder);
    assert_int_equal(tsk_decode_open(&decoder, fd, false, &err), -1); /* from a stranger it is no document */
    close(fd);
}

static size_t slurp(int fd, unsigned char **out)
{
    off_t len = lseek(fd, 0, SEEK_END);

    *out = malloc((size_t)len);
    assert_int_equal(pread(fd, *out, (size_t)len, 0), len);
    return (size_t)len;
}

static void put32(unsigned char *at, uint32_t n)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(n >> (8 * i));
}

/* A little-endian TIFF whose one directory claims a size. */
static size_t claiming(unsigned char *out, uint32_t width, uint32_t height)
{
    static const struct {
        uint16_t tag, type;
        uint32_t value;
    } tags[] = { { 256, 4, 0 },   { 257, 4, 0 }, { 258, 3, 1 },      { 259, 3, 4 }, { 262, 3, 0 },
                 { 273, 4, 146 }, { 277, 3, 1 }, { 278, 4, 100000 }, { 279, 4, 64 } };
    size_t at = 10;

    memcpy(out, "II*\0\x08\0\0\0", 8);
    out[8] = TSK_COUNT(tags);
    out[9] = 0;
    for (size_t i = 0; i < TSK_COUNT(tags); i++, at += 12) {
        put32(out + at, (uint32_t)tags[i].tag | (uint32_t)tags[i].type << 16);
        put32(out + at + 4, 1);
        put32(out + at + 8, tags[i].tag == 256 ? width : tags[i].tag == 257 ? height : tags[i].value);
    }
    put32(out + at, 0);
    memset(out + at + 4, 0x26, 80);
    return at + 84;
}

/* What is refused, and that the sentence says what and what to do. */
static void refused(const void *bytes, size_t len, const char *says)
{
    int fd = memory_file(bytes, len), rc;
    struct tsk_decoder *decoder = NULL;
    struct tsk_page page = { 0 };
    struct tsk_err err = { 0 };

    rc = tsk_decode_open(&decoder, fd, false, &err);
    if (rc == 0)
        rc = tsk_decode_next(decoder, &page, &err);
    if (rc != -1 || err.kind != TSK_HOLD || strstr(err.text, says) == NULL)
        fail_msg("wanted \"%s\", got %d \"%s\"", says, rc, err.text);
    tsk_page_free(&page);
    tsk_decode_close(&decoder);
    close(fd);
}

static void bad_files(void **state)
{
    unsigned char bytes[512];

    (void)state;
    refused("", 0, "is empty");
    refused("hello, this is a letter", 23, "is not a TIFF, PDF, PNG or JPEG");
    refused("II*\0", 4, "cut off");
    refused("II*\0\x08\0\0\0", 8, "cut off");
    refused("II*\0\0\0\0\0", 8, "has no pages");
    refused("\x89PNG\r\n\x1a\n and nothing", 20, "damaged PNG");
    refused("\xff\xd8\xff\xe0 and nothing", 16, "damaged JPEG");
    refused(bytes, claiming(bytes, 60000, 60000), "60000 x 60000");
    refused(bytes, claiming(bytes, 0, 1000), "is damaged");
    refused(bytes, claiming(bytes, 1728, 2000000000), "1728 x 2000000000");
}

static void a_png_may_lie(void **state)
{
    static const unsigned char png[64] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xea\x60\0\0\xea\x60\x08\x02\0\0\0\0\0\0\0";

    (void)state;
    refused(png, sizeof png, "60000 x 60000");
}

static void too_many_pages(void **state)
{
    struct tiff_how how = { "long", COMPRESSION_CCITTFAX4, 0, 0, 1, 1, 0, 0, 204, 98, 0, NULL, 0 };
    PIX *small = pixCreate(64, 16, 1);
    int fd = tiff_of(&how, small, 500);
    unsigned char *bytes;
    size_t len = slurp(fd, &bytes);

    (void)state;
    refused(bytes, len, "more than 200 pages");
    free(bytes);
    close(fd);
    pixDestroy(&small);
}

static void damaged_rows_are_counted(void **state)
{
    struct tiff_how how = { "MH", COMPRESSION_CCITTFAX3, 0, 0, 1, 1, 0, 0, 204, 98, 0, NULL, 0 };
    PIX *drawn = drawn_page(WIDTH, HEIGHT);
    int fd = tiff_of(&how, drawn, 1), damaged;
    unsigned char *bytes;
    size_t len = slurp(fd, &bytes);
    struct tsk_decoder *decoder;
    struct tsk_page page;
    struct tsk_err err = { 0 };

    (void)state;
    for (size_t i = len / 3; i < len / 3 + 400; i += 7)
        bytes[i] ^= 0x5A;
    damaged = memory_file(bytes, len);
    assert_int_equal(tsk_decode_open(&decoder, damaged, false, &err), 0);
    assert_int_equal(tsk_decode_next(decoder, &page, &err), 1);
    assert_in_range(page.bad_rows, 1, HEIGHT / 4);
    assert_true(share_different(drawn, page.pix) < 0.1);
    tsk_page_free(&page);
    tsk_decode_close(&decoder);
    free(bytes);
    close(damaged);
    close(fd);
    pixDestroy(&drawn);
}

/* The directory stands first, as fax programs that write while receiving leave it: two thirds of the page are there. */
static void a_cut_file_keeps_its_beginning(void **state)
{
    static const int compressions[] = { COMPRESSION_CCITTFAX3, COMPRESSION_CCITTFAX4, COMPRESSION_NONE };
    PIX *drawn = drawn_page(WIDTH, HEIGHT);

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(compressions); i++) {
        struct tiff_how how = { "cut", compressions[i], 0, 0, 1, 1, 0, 0, 204, 98, 0, NULL, 0 };
        struct tsk_decoder *decoder;
        struct tsk_page page = { 0 };
        struct tsk_err err = { 0 };
        unsigned char *bytes, *turned;
        uint32_t directory, directory_len;
        size_t len;
        int fd = tiff_of(&how, drawn, 1), cut;

        /* libtiff writes the directory last: put it at the front and everything it points at behind. */
        len = slurp(fd, &bytes);
        directory = (uint32_t)bytes[4] | (uint32_t)bytes[5] << 8 | (uint32_t)bytes[6] << 16;
        directory_len = (uint32_t)len - directory;
        turned = calloc(1, len + directory_len);
        memcpy(turned, bytes, 8);
        put32(turned + 4, 8);
        memcpy(turned + 8, bytes + directory, directory_len);
        memcpy(turned + 8 + directory_len, bytes + 8, directory - 8);
        for (uint32_t e = 0; e < turned[8]; e++) {
            unsigned char *entry = turned + 10 + e * 12;
            uint32_t value = (uint32_t)entry[8] | (uint32_t)entry[9] << 8 | (uint32_t)entry[10] << 16;

            if (entry[0] == (273 & 0xFF) && entry[1] == 273 >> 8)
                put32(entry + 8, value + directory_len);
            if ((entry[0] == 0x1A || entry[0] == 0x1B) && entry[1] == 1)
                put32(entry + 8, value >= directory ? value - directory + 8 : value + directory_len);
        }
        cut = memory_file(turned, len * 2 / 3);
        assert_int_equal(tsk_decode_open(&decoder, cut, false, &err), 0);
        assert_int_equal(tsk_decode_next(decoder, &page, &err), 1);
        assert_in_range(page.bad_rows, HEIGHT / 5, HEIGHT * 4 / 5);
        tsk_page_free(&page);
        tsk_decode_close(&decoder);
        free(turned);
        free(bytes);
        close(cut);
        close(fd);
    }
    pixDestroy(&drawn);
}

static void a_page_never_hides_another(void **state)
{
    struct tiff_how how = { "three", COMPRESSION_CCITTFAX4, 0, 0, 1, 1, 0, 0, 204, 98, 0, NULL, 0 };
    PIX *drawn = drawn_page(WIDTH, HEIGHT), *huge = pixCreate(6000, 16, 1);
    struct tsk_decoder *decoder;
    struct tsk_page page;
    struct tsk_err err = { 0 };
    int fd;
    TIFF *tif = start_tiff(&fd);

    (void)state;
    write_page(tif, &how, drawn);
    write_page(tif, &how, huge);
    write_page(tif, &how, drawn);
    TIFFClose(tif);
    assert_int_equal(tsk_decode_open(&decoder, fd, false, &err), 0);
    assert_int_equal(tsk_decode_next(decoder, &page, &err), 1);
    tsk_page_free(&page);
    assert_int_equal(tsk_decode_next(decoder, &page, &err), -1);
    assert_int_equal(page.number, 2);
    assert_non_null(strstr(err.text, "page 2: claims 6000 x 16"));
    assert_int_equal(tsk_decode_next(decoder, &page, &err), 1);
    assert_int_equal(page.number, 3);
    tsk_page_free(&page);
    assert_int_equal(tsk_decode_next(decoder, &page, &err), 0);
    tsk_decode_close(&decoder);
    close(fd);
    pixDestroy(&huge);
    pixDestroy(&drawn);
}

static void a_list_that_bites_its_tail_ends(void **state)
{
    struct tiff_how how = { "loop", COMPRESSION_CCITTFAX4, 0, 0, 1, 1, 0, 0, 204, 98, 0, NULL, 0 };
    PIX *drawn = drawn_page(WIDTH, 400);
    int fd = tiff_of(&how, drawn, 1), looped;
    unsigned char *bytes;
    size_t len = slurp(fd, &bytes), directory = (size_t)bytes[4] | (size_t)bytes[5] << 8 | (size_t)bytes[6] << 16;
    struct tsk_decoder *decoder;
    struct tsk_page page;
    struct tsk_err err = { 0 };

    (void)state;
    memcpy(bytes + directory + 2 + 12 * (size_t)bytes[directory], bytes + 4, 4);
    looped = memory_file(bytes, len);
    assert_int_equal(tsk_decode_open(&decoder, looped, false, &err), 0);
    assert_int_equal(tsk_decode_next(decoder, &page, &err), 1);
    tsk_page_free(&page);
    assert_int_equal(tsk_decode_next(decoder, &page, &err), -1);
    assert_non_null(strstr(err.text, "damaged from here on"));
    assert_int_equal(tsk_decode_next(decoder, &page, &err), 0);
    tsk_decode_close(&decoder);
    free(bytes);
    close(looped);
    close(fd);
    pixDestroy(&drawn);
}

/* Bytes turned over anywhere: an error or a page, never a crash. Repeatable. */
static void garbled_files_do_no_harm(void **state)
{
    struct tiff_how how = { "base", COMPRESSION_CCITTFAX3, 0, 0, 1, 1, 32, GROUP3OPT_2DENCODING, 204, 98, 0, NULL, 0 };
    PIX *drawn = drawn_page(640, 300);
    int fd = tiff_of(&how, drawn, 2);
    unsigned char *bytes, *copy;
    size_t len = slurp(fd, &bytes);
    uint32_t seed = 20261121;

    (void)state;
    copy = malloc(len);
    for (int round = 0; round < 400; round++) {
        struct tsk_decoder *decoder;
        struct tsk_page page = { 0 };
        struct tsk_err err = { 0 };
        int garbled;

        memcpy(copy, bytes, len);
        for (int i = 0; i < 1 + round % 12; i++) {
            seed = seed * 1664525 + 1013904223;
            copy[round % 3 == 0 ? len - 1 - (seed >> 8) % 300 : (seed >> 8) % len] = (unsigned char)(seed >> 24);
        }
        garbled = memory_file(copy, round % 5 == 0 ? len - (seed >> 8) % len : len);
        if (tsk_decode_open(&decoder, garbled, false, &err) == 0) {
            while (tsk_decode_next(decoder, &page, &err) != 0)
                tsk_page_free(&page);
        }
        tsk_decode_close(&decoder);
        close(garbled);
    }
    free(copy);
    free(bytes);
    close(fd);
    pixDestroy(&drawn);
}

static void contents_are_told_apart(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum tsk_content want;
    } cases[] = {
        { "", 0, TSK_CONTENT_EMPTY },
        { "II*\0", 4, TSK_CONTENT_TIFF },
        { "MM\0*", 4, TSK_CONTENT_TIFF },
        { "MM\0+", 4, TSK_CONTENT_UNKNOWN },
        { "%PDF-1.4", 8, TSK_CONTENT_PDF },
        { "\n\n junk %PDF-1.7", 16, TSK_CONTENT_PDF },
        { "\xff\xd8\xff\xe1", 4, TSK_CONTENT_JPEG },
        { "\x89PNG\r\n\x1a\n", 8, TSK_CONTENT_PNG },
        { "P4\n", 3, TSK_CONTENT_RASTER },
        { "PK\3\4", 4, TSK_CONTENT_UNKNOWN },
        { "I", 1, TSK_CONTENT_UNKNOWN },
    };

    (void)state;
    for (size_t i = 0; i < TSK_COUNT(cases); i++)
        assert_int_equal(tsk_sniff(cases[i].bytes, cases[i].len), cases[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contents_are_told_apart),
        cmocka_unit_test(every_kind_of_tiff),
        cmocka_unit_test(resolution_and_time),
        cmocka_unit_test(orientation),
        cmocka_unit_test(png_and_jpeg),
        cmocka_unit_test(a_turned_photograph),
        cmocka_unit_test(shaded_scan),
        cmocka_unit_test(rasters),
        cmocka_unit_test(bad_files),
        cmocka_unit_test(a_png_may_lie),
        cmocka_unit_test(too_many_pages),
        cmocka_unit_test(damaged_rows_are_counted),
        cmocka_unit_test(a_cut_file_keeps_its_beginning),
        cmocka_unit_test(a_page_never_hides_another),
        cmocka_unit_test(a_list_that_bites_its_tail_ends),
        cmocka_unit_test(garbled_files_do_no_harm),
    };

    setMsgSeverity(L_SEVERITY_NONE);
    TIFFSetWarningHandler(NULL);
    TIFFSetErrorHandler(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
