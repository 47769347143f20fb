#include "support/faxsim.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <tiffio.h>
#include <unistd.h>

#include "forms/canvas.h"

#define STANDARD_WIDTH_PX 1728
#define STANDARD_DPI_X 204.0
#define STANDARD_DPI_Y 196.0

struct machine {
    const struct faxsim *fax;
    double x_dpi, y_dpi;
    uint64_t random;
};

static uint64_t draw(struct machine *m)
{
    m->random ^= m->random >> 12;
    m->random ^= m->random << 25;
    m->random ^= m->random >> 27;
    return m->random * 2685821657736338717ULL;
}

static double unit(struct machine *m)
{
    return (double)(draw(m) >> 11) / 9007199254740992.0;
}

static int below(struct machine *m, int limit)
{
    return limit <= 0 ? 0 : (int)(unit(m) * limit);
}

/* The four parts of one draw, added: near enough to a normal distribution for scanner noise, and one draw a pixel. */
static double gauss(struct machine *m)
{
    const uint64_t bits = draw(m);
    const int sum = (int)(bits & 0xffff) + (int)(bits >> 16 & 0xffff) + (int)(bits >> 32 & 0xffff) + (int)(bits >> 48);

    return (sum / 65536.0 - 2) * 1.7320508; /* a sum of four has a variance of a third */
}

static double grey_at(PIX *page, double x, double y)
{
    int w = pixGetWidth(page), h = pixGetHeight(page), x0 = (int)(x + 1) - 1, y0 = (int)(y + 1) - 1; /* rounded down */
    double fx = x - x0, fy = y - y0, sum = 0;

    if (x < -1 || y < -1)
        return 255;
    if (x0 >= 0 && x0 + 1 < w && y0 >= 0 && y0 + 1 < h) {
        const l_uint32 *above = pixGetData(page) + (size_t)y0 * (size_t)pixGetWpl(page),
                       *below = above + pixGetWpl(page);

        return (GET_DATA_BYTE(above, x0) * (1 - fx) + GET_DATA_BYTE(above, x0 + 1) * fx) * (1 - fy) +
               (GET_DATA_BYTE(below, x0) * (1 - fx) + GET_DATA_BYTE(below, x0 + 1) * fx) * fy;
    }
    for (int j = 0; j < 2; j++)
        for (int i = 0; i < 2; i++) {
            double weight = (i ? fx : 1 - fx) * (j ? fy : 1 - fy);
            l_uint32 value = 255;
            if (x0 + i >= 0 && x0 + i < w && y0 + j >= 0 && y0 + j < h)
                value = GET_DATA_BYTE(pixGetData(page) + (size_t)(y0 + j) * (size_t)pixGetWpl(page), x0 + i);
            sum += weight * value;
        }
    return sum;
}

/* Skew and stretch about the middle of the sheet, in millimetres: pixels need not be square. */
static void scan_rows(struct machine *m, PIX *grey, PIX *out)
{
    double angle = m->fax->skew_deg * M_PI / 180, c = cos(angle), s = sin(angle);
    double mid_x = pixGetWidth(grey) / m->x_dpi * 12.7, mid_y = pixGetHeight(grey) / m->y_dpi * 12.7;
    int threshold = m->fax->threshold > 0 ? m->fax->threshold : 160;
    double left = (pixGetWidth(out) - pixGetWidth(grey)) / 2.0 / m->x_dpi * 25.4 + m->fax->offset_x_mm;

    double step_u = 25.4 / m->x_dpi / (1 + m->fax->stretch_x), start_u = (-left - mid_x) / (1 + m->fax->stretch_x);

    for (int y = 0; y < pixGetHeight(out); y++) {
        l_uint32 *line = pixGetData(out) + (size_t)y * (size_t)pixGetWpl(out);
        double v = (y / m->y_dpi * 25.4 - m->fax->offset_y_mm - mid_y) / (1 + m->fax->stretch_y);
        double grey_x = (c * start_u + s * v + mid_x) / 25.4 * m->x_dpi, step_x = c * step_u / 25.4 * m->x_dpi;
        double grey_y = (c * v - s * start_u + mid_y) / 25.4 * m->y_dpi, step_y = -s * step_u / 25.4 * m->y_dpi;

        for (int x = 0; x < pixGetWidth(out); x++) {
            double value = grey_at(grey, grey_x + x * step_x, grey_y + x * step_y);

            if (m->fax->noise > 0)
                value += gauss(m) * m->fax->noise;
            if (value < threshold)
                SET_DATA_BIT(line, x);
        }
    }
}

static void black(PIX *page, int x, int y, int w, int h)
{
    (void)pixRasterop(page, x, y, w, h, PIX_SET, NULL, 0, 0);
}

static void add_dirt(struct machine *m, PIX *page)
{
    int w = pixGetWidth(page), h = pixGetHeight(page);

    for (int i = 0; i < m->fax->specks; i++)
        black(page, below(m, w), below(m, h), 1 + below(m, 3), 1 + below(m, 3));
    for (int i = 0; i < m->fax->streaks; i++)
        black(page, below(m, w), 0, 1 + below(m, 2), h);
    if (m->fax->black_edge_mm > 0)
        black(page, 0, 0, (int)(m->fax->black_edge_mm / 25.4 * m->x_dpi), h);
}

static void lose_rows(struct machine *m, PIX *page)
{
    size_t row_bytes = (size_t)pixGetWpl(page) * 4;
    int h = pixGetHeight(page);

    for (int i = 0; i < m->fax->lost_bands; i++) {
        int rows = 1 + below(m, m->fax->lost_rows), at = h / 20 + below(m, h - h / 10 - rows);
        l_uint32 *data = pixGetData(page);

        memmove(data + (size_t)at * (size_t)pixGetWpl(page), data + (size_t)(at + rows) * (size_t)pixGetWpl(page),
                (size_t)(h - at - rows) * row_bytes);
        memset(data + (size_t)(h - rows) * (size_t)pixGetWpl(page), 0, (size_t)rows * row_bytes);
    }
}

static void garble_rows(struct machine *m, PIX *page)
{
    int w = pixGetWidth(page), h = pixGetHeight(page);

    for (int i = 0; i < m->fax->garbled_rows; i++) {
        int y = h / 20 + below(m, h - h / 10);

        for (int x = below(m, w / 2); x < w;) {
            int white = 3 + below(m, 120), ink = 1 + below(m, 30);

            (void)pixRasterop(page, x, y, white, 1, PIX_CLR, NULL, 0, 0);
            black(page, x + white, y, ink, 1);
            x += white + ink;
        }
    }
}

static int some_row(struct machine *m, PIX *page)
{
    int h = pixGetHeight(page);

    return h / 20 + below(m, h - h / 10);
}

static void blacken_rows(struct machine *m, PIX *page)
{
    int w = pixGetWidth(page);

    for (int i = 0; i < m->fax->black_bands; i++) {
        int y = some_row(m, page), rows = 1 + below(m, m->fax->black_rows), left = below(m, w / 2);

        black(page, left, y, w / 8 + below(m, w - left), rows);
    }
}

static void shift_rows(struct machine *m, PIX *page)
{
    int far = (int)(6 / 25.4 * m->x_dpi);

    for (int i = 0; i < m->fax->shifted_bands; i++) {
        int y = some_row(m, page), rows = 1 + below(m, m->fax->shifted_rows);

        (void)pixRasteropHip(page, y, rows, below(m, 2 * far) - far, L_BRING_IN_WHITE);
    }
}

static void repeat_rows(struct machine *m, PIX *page)
{
    size_t words = (size_t)pixGetWpl(page);

    for (int i = 0; i < m->fax->repeated_rows; i++) {
        l_uint32 *row = pixGetData(page) + (size_t)some_row(m, page) * words;

        memcpy(row, row - words, words * sizeof(*row));
    }
}

static void set_tags(TIFF *tiff, const struct machine *m, PIX *page, size_t at, size_t count)
{
    bool g4 = m->fax->compression == FAXSIM_G4;

    TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, FILETYPE_PAGE);
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)pixGetWidth(page));
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, (uint32_t)pixGetHeight(page));
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 1);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, (uint32_t)pixGetHeight(page));
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
    TIFFSetField(tiff, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, g4 ? COMPRESSION_CCITTFAX4 : COMPRESSION_CCITTFAX3);
    if (m->fax->compression == FAXSIM_G3_2D)
        TIFFSetField(tiff, TIFFTAG_GROUP3OPTIONS, GROUP3OPT_2DENCODING);
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, m->x_dpi);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, m->y_dpi);
    TIFFSetField(tiff, TIFFTAG_PAGENUMBER, (int)at, (int)count);
    if (m->fax->received != NULL)
        TIFFSetField(tiff, TIFFTAG_DATETIME, m->fax->received);
}

/* Leptonica keeps rows in words of the machine; TIFF wants bytes, most significant bit first. */
static int write_rows(TIFF *tiff, PIX *page)
{
    uint8_t row[4096];
    int bytes = (pixGetWidth(page) + 7) / 8;

    if ((size_t)bytes > sizeof row)
        return -1;
    for (int y = 0; y < pixGetHeight(page); y++) {
        l_uint32 *line = pixGetData(page) + (size_t)y * (size_t)pixGetWpl(page);
        for (int x = 0; x < bytes; x++)
            row[x] = GET_DATA_BYTE(line, x);
        if (TIFFWriteScanline(tiff, row, (uint32_t)y, 0) < 0)
            return -1;
    }
    return TIFFWriteDirectory(tiff) ? 0 : -1;
}

#define HIT_BITS 24 /* 2 ms at 12,000 bit/s */

/* The bits of a page as they come over the line, some of them wrong. */
static void hit_line(struct machine *m, uint8_t *bytes, int count)
{
    for (int i = 0; i < m->fax->line_hits && count > 64; i++) {
        int at = 32 * 8 + below(m, (count - 64) * 8);

        for (int bit = at; bit < at + HIT_BITS; bit++)
            if ((draw(m) & 1) != 0)
                bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    }
}

static TIFF *in_memory(int fd, const char *mode)
{
    int own = dup(fd);

    return own < 0 || lseek(own, 0, SEEK_SET) != 0 ? NULL : TIFFFdOpen(own, "a page on the line", mode);
}

/* What is in the strip of the TIFF in fd, hit, goes to the TIFF in hit_fd. */
static int send_strip(struct machine *m, PIX *page, int fd, int hit_fd)
{
    TIFF *from = in_memory(fd, "r"), *to = in_memory(hit_fd, "w");
    tmsize_t size = from != NULL ? (tmsize_t)TIFFRawStripSize(from, 0) : 0;
    uint8_t *bytes = size > 0 ? malloc((size_t)size) : NULL;
    int rc = -1;

    if (bytes != NULL && to != NULL && TIFFReadRawStrip(from, 0, bytes, size) == size) {
        hit_line(m, bytes, (int)size);
        set_tags(to, m, page, 0, 1);
        rc = TIFFWriteRawStrip(to, 0, bytes, size) == size && TIFFWriteDirectory(to) ? 0 : -1;
    }
    free(bytes);
    if (from != NULL)
        TIFFClose(from);
    if (to != NULL)
        TIFFClose(to);
    return rc;
}

static void quiet(const char *module, const char *format, va_list arguments)
{
    (void)module;
    (void)format;
    (void)arguments;
}

/* A row that ends wrong begins anew at the next end of line: rows are spoilt, and fewer come than were sent. */
static int receive(int fd, PIX *page)
{
    TIFFErrorHandler errors = TIFFSetErrorHandler(quiet), warnings = TIFFSetWarningHandler(quiet);
    TIFF *tiff = in_memory(fd, "r");
    uint8_t row[4096] = { 0 };
    int bytes = (pixGetWidth(page) + 7) / 8, rc = tiff != NULL ? 0 : -1;

    for (int y = 0; rc == 0 && y < pixGetHeight(page); y++) {
        l_uint32 *line = pixGetData(page) + (size_t)y * (size_t)pixGetWpl(page);

        memset(row, 0, sizeof(row));
        (void)TIFFReadScanline(tiff, row, (uint32_t)y, 0);
        for (int x = 0; x < bytes; x++)
            SET_DATA_BYTE(line, x, row[x]);
    }
    if (tiff != NULL)
        TIFFClose(tiff);
    TIFFSetErrorHandler(errors);
    TIFFSetWarningHandler(warnings);
    return rc;
}

static int send_without_correction(struct machine *m, PIX *page)
{
    struct faxsim fax = *m->fax;
    struct machine sender = *m;
    int sent = memfd_create("sent", MFD_CLOEXEC), hit = memfd_create("hit", MFD_CLOEXEC), rc = -1;
    TIFF *tiff = sent >= 0 ? in_memory(sent, "w") : NULL;

    if (fax.compression == FAXSIM_G4)
        fax.compression = FAXSIM_G3_2D; /* G4 is never sent without correction */
    sender.fax = &fax;
    if (tiff != NULL) {
        set_tags(tiff, &sender, page, 0, 1);
        rc = write_rows(tiff, page);
        TIFFClose(tiff);
    }
    if (rc == 0 && hit >= 0)
        rc = send_strip(&sender, page, sent, hit);
    if (rc == 0 && hit >= 0)
        rc = receive(hit, page);
    if (sent >= 0)
        close(sent);
    if (hit >= 0)
        close(hit);
    m->random = sender.random;
    return rc;
}

/* The sending machine puts its line above the page, so that what it scanned moves down. */
static int add_header(struct machine *m, PIX **page, struct tsk_err *err)
{
    struct tsk_canvas canvas;
    int w = pixGetWidth(*page), rows = (int)(4.5 / 25.4 * m->y_dpi);
    PIX *strip = pixCreate(w, rows, 8), *drawn = NULL, *bits = NULL, *moved = NULL;
    int rc = -1;

    if (strip == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a header line");
    pixSetAll(strip);
    if (tsk_canvas_open(&canvas, strip, m->x_dpi, m->y_dpi, err) != 0)
        goto out;
    tsk_canvas_text(&canvas, "Noto Sans CJK JP", 7, 4, 0.2, 0, m->fax->header);
    if (tsk_canvas_close(&canvas, &drawn, err) != 0)
        goto out;
    bits = pixThresholdToBinary(drawn, 128);
    moved = pixCreate(w, pixGetHeight(*page) + rows, 1);
    if (bits == NULL || moved == NULL) {
        tsk_fail(err, TSK_RETRY, 0, "no memory for a header line");
        goto out;
    }
    (void)pixRasterop(moved, 0, 0, w, rows, PIX_SRC, bits, 0, 0);
    (void)pixRasterop(moved, 0, rows, w, pixGetHeight(*page), PIX_SRC, *page, 0, 0);
    pixDestroy(page);
    *page = moved;
    moved = NULL;
    rc = 0;
out:
    pixDestroy(&strip);
    pixDestroy(&drawn);
    pixDestroy(&bits);
    pixDestroy(&moved);
    return rc;
}

static struct machine machine_of(const struct faxsim *fax)
{
    return (struct machine){ .fax = fax,
                             .x_dpi = fax->x_dpi > 0 ? fax->x_dpi : STANDARD_DPI_X,
                             .y_dpi = fax->y_dpi > 0 ? fax->y_dpi : STANDARD_DPI_Y,
                             .random = 0x2545f4914f6cdd1dULL ^ ((uint64_t)fax->seed << 20) };
}

int faxsim_page(PIX *grey, const struct faxsim *fax, PIX **out, struct tsk_err *err)
{
    struct machine m = machine_of(fax);
    int width = fax->width_px > 0 ? fax->width_px : (int)lround(STANDARD_WIDTH_PX * m.x_dpi / STANDARD_DPI_X);
    PIX *page = pixCreate(width, pixGetHeight(grey), 1), *source = NULL;
    int rc = -1;

    *out = NULL;
    source = fax->upside_down ? pixRotate180(NULL, grey) : pixClone(grey);
    if (page == NULL || source == NULL) {
        tsk_fail(err, TSK_RETRY, 0, "no memory for a fax page");
        goto out;
    }
    scan_rows(&m, source, page);
    add_dirt(&m, page);
    if (fax->header != NULL && add_header(&m, &page, err) != 0)
        goto out;
    garble_rows(&m, page);
    blacken_rows(&m, page);
    shift_rows(&m, page);
    repeat_rows(&m, page);
    if (fax->line_hits > 0 && send_without_correction(&m, page) != 0) {
        tsk_fail(err, TSK_RETRY, 0, "the page cannot be sent");
        goto out;
    }
    lose_rows(&m, page);
    pixSetResolution(page, (int)lround(m.x_dpi), (int)lround(m.y_dpi));
    *out = page;
    page = NULL;
    rc = 0;
out:
    pixDestroy(&page);
    pixDestroy(&source);
    return rc;
}

int faxsim_write(const char *path, PIX *const *pages, size_t count, const struct faxsim *fax, struct tsk_err *err)
{
    struct machine m = machine_of(fax);
    TIFF *tiff = TIFFOpen(path, "w");
    int rc = 0;

    if (tiff == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "%s cannot be written", path);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        set_tags(tiff, &m, pages[i], i, count);
        rc = write_rows(tiff, pages[i]);
    }
    TIFFClose(tiff);
    return rc == 0 ? 0 : tsk_fail(err, TSK_RETRY, 0, "%s cannot be written", path);
}
