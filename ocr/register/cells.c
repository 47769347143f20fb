/* cells - page ink on a 0.5 mm grid with the skew taken out */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/register/blank.h"
#include "ocr/wide.h"

#define SKEW_MAX_DEG 3.6
#define SKEW_STEP_DEG 0.1
#define SKEW_STEPS 73 /* 2 * max / step + 1 */
#define SKEW_BIN_MM 0.25
#define WORD_BLACK 0xffffffffu

struct chunk {  /* the ink of one 32-pixel word */
    float x, y; /* page rows: x as well, so that a slope is a slope */
    float weight;
};

/* Of a fine page every second row says enough. */
static int rows_taken(const struct tsk_page *page)
{
    return page->y_dpi > 250 ? 2 : 1;
}

/* Words that are wholly black belong to edges, streaks and lines that the modem broke: they say little about skew. */
static size_t gather_chunks(const struct tsk_page *page, struct chunk *out, size_t max)
{
    const l_uint32 *data = pixGetData(page->pix);
    int wpl = pixGetWpl(page->pix), h = pixGetHeight(page->pix), w = pixGetWidth(page->pix);
    int step = rows_taken(page);
    double px_x = tsk_page_px_per_mm_x(page), px_y = tsk_page_px_per_mm_y(page);
    size_t count = 0;

    for (int y = 0; y < h; y += step) {
        for (int i = 0; i < w / 32; i++) {
            l_uint32 word = data[(size_t)y * (size_t)wpl + (size_t)i];

            if (word == 0 || count == max)
                continue;
            out[count++] = (struct chunk){ (float)((i * 32 + 16) / px_x * px_y), (float)y,
                                           word == WORD_BLACK ? 6.0f : (float)__builtin_popcount(word) };
        }
    }
    return count;
}

/* Every bin holds the same number of the rows taken: else bins differ without any print, and most so at zero slope. */
static double skew_energy(const struct chunk *chunks, size_t count, double tangent, int bin_rows, float *bins,
                          int bin_count)
{
    double energy = 0;
    float slope = (float)tangent, scale = 1.0f / (float)bin_rows;

    memset(bins, 0, (size_t)bin_count * sizeof(*bins));
    for (size_t i = 0; i < count; i++) {
        int bin = (int)((chunks[i].y - chunks[i].x * slope) * scale) + bin_count / 4;

        if (bin >= 0 && bin < bin_count)
            bins[bin] += chunks[i].weight;
    }
    for (int i = 1; i < bin_count; i++) {
        double step = bins[i] - bins[i - 1];

        energy += fmin(step * step, 400.0 * 400.0);
    }
    return energy;
}

static double best_skew(const double energy[SKEW_STEPS])
{
    int best = SKEW_STEPS / 2;
    double shift = 0;

    for (int i = 0; i < SKEW_STEPS; i++)
        if (energy[i] > energy[best])
            best = i;
    if (best > 0 && best < SKEW_STEPS - 1) {
        double bend = energy[best - 1] - 2 * energy[best] + energy[best + 1];

        if (bend < 0)
            shift = 0.5 * (energy[best - 1] - energy[best + 1]) / bend;
    }
    return ((best + shift) * SKEW_STEP_DEG - SKEW_MAX_DEG) * M_PI / 180;
}

double page_skew(const struct tsk_page *page)
{
    size_t max = 120000, count = 0;
    struct chunk *chunks = malloc(max * sizeof(*chunks));
    int step = rows_taken(page),
        bin_rows = step * (int)fmax(lround(SKEW_BIN_MM * tsk_page_px_per_mm_y(page) / step), 1);
    int bin_count = 2 * pixGetHeight(page->pix) / bin_rows + 2;
    float *bins = malloc((size_t)bin_count * sizeof(*bins));
    double energy[SKEW_STEPS] = { 0 };
    double skew = 0;

    if (chunks != NULL && bins != NULL) {
        count = gather_chunks(page, chunks, max);
        for (int i = 0; i < SKEW_STEPS; i++)
            energy[i] = skew_energy(chunks, count, tan((i * SKEW_STEP_DEG - SKEW_MAX_DEG) * M_PI / 180), bin_rows, bins,
                                    bin_count);
        skew = best_skew(energy);
    }
    free(bins);
    free(chunks);
    return skew;
}

static void mark_word(struct cells *cells, l_uint32 word, double x, double y, double step_x, double step_y)
{
    while (word != 0) {
        int bit = __builtin_clz(word);
        int cx = (int)(x + bit * step_x), cy = (int)(y + bit * step_y);

        word &= ~(0x80000000u >> bit);
        if (cx >= 0 && cx < cells->width && cy >= 0 && cy < cells->height)
            cells->exact[(size_t)cy * (size_t)cells->width + (size_t)cx] = 1;
    }
}

static void mark_page(struct cells *cells, const struct tsk_page *page)
{
    const l_uint32 *data = pixGetData(page->pix);
    int wpl = pixGetWpl(page->pix), h = pixGetHeight(page->pix);
    double px_x = tsk_page_px_per_mm_x(page), px_y = tsk_page_px_per_mm_y(page);
    double c = cos(cells->skew), s = sin(cells->skew);
    int row_step = rows_taken(page);

    for (int y = 0; y < h; y += row_step) {
        double dy = (y + 0.5) / px_y - cells->centre_y;

        for (int i = 0; i < wpl; i++) {
            l_uint32 word = data[(size_t)y * (size_t)wpl + (size_t)i];

            if (word != 0) {
                double dx = (i * 32 + 0.5) / px_x - cells->centre_x;
                double u = cells->centre_x + c * dx + s * dy, v = cells->centre_y - s * dx + c * dy;

                mark_word(cells, word, (u + CELLS_PAD_MM) * CELLS_PER_MM, (v + CELLS_PAD_MM) * CELLS_PER_MM,
                          c * CELLS_PER_MM / px_x, -s * CELLS_PER_MM / px_x);
            }
        }
    }
}

/* One row: what it and the rows above and below have. Returns the cells of it that have ink, and in near those beside any. */
TSK_WIDE static int spread_row(const uint8_t *restrict row, int width, uint8_t *restrict out, int *near)
{
    const uint8_t *above = row - width, *below = row + width;
    int ink = 0, sum = 0;

    for (int x = 1; x < width - 1; x++)
        out[x] = above[x - 1] | above[x] | above[x + 1] | row[x - 1] | row[x] | row[x + 1] | below[x - 1] | below[x] |
                 below[x + 1];
    for (int x = 1; x < width - 1; x++) {
        ink += row[x];
        sum += out[x];
    }
    *near += sum;
    return ink;
}

static void spread(struct cells *cells)
{
    const size_t page = (size_t)(cells->page_w * CELLS_PER_MM) * (size_t)(cells->page_h * CELLS_PER_MM);
    int near = 0;

    for (int y = 1; y < cells->height - 1; y++) {
        const size_t at = (size_t)y * (size_t)cells->width;

        cells->ink += spread_row(cells->exact + at, cells->width, cells->near + at, &near);
    }
    cells->density = page > 0 ? fmin(1.0, (double)near / (double)page) : 1.0;
}

int cells_new(struct cells *out, const struct tsk_page *page, double skew, double max_h_mm, struct tsk_err *err)
{
    memset(out, 0, sizeof(*out));
    out->page_w = pixGetWidth(page->pix) / tsk_page_px_per_mm_x(page);
    out->page_h = fmin(pixGetHeight(page->pix) / tsk_page_px_per_mm_y(page), max_h_mm);
    out->centre_x = out->page_w / 2;
    out->centre_y = out->page_h / 2;
    out->skew = skew;
    /* room for the whole blank wherever the page is laid, whatever the page's own size */
    out->width = (int)((fmax(out->page_w, 330) + 2 * CELLS_PAD_MM) * CELLS_PER_MM);
    out->height = (int)((fmax(out->page_h, max_h_mm) + 2 * CELLS_PAD_MM) * CELLS_PER_MM);
    out->near = calloc((size_t)out->width * (size_t)out->height, 1);
    out->exact = calloc((size_t)out->width * (size_t)out->height, 1);
    if (out->near == NULL || out->exact == NULL) {
        cells_free(out);
        return tsk_fail(err, TSK_RETRY, 0, "no memory to register page %d", page->number);
    }
    mark_page(out, page);
    spread(out);
    return 0;
}

/* Only the page's own part turns: the margins stay margins. */
static void turn_plane(const struct cells *cells, uint8_t *plane)
{
    int pad = CELLS_PAD_MM * CELLS_PER_MM;
    int w = (int)(cells->page_w * CELLS_PER_MM), h = (int)(cells->page_h * CELLS_PER_MM);

    for (int y = -pad; y <= (h - 1) / 2; y++) {
        int other = h - 1 - y;
        uint8_t *a = plane + (size_t)(y + pad) * (size_t)cells->width;
        uint8_t *b = plane + (size_t)(other + pad) * (size_t)cells->width;

        for (int x = -pad; x < w + pad; x++) {
            uint8_t keep = a[x + pad];

            if (other == y && x >= w / 2)
                break;
            a[x + pad] = b[w - 1 - x + pad];
            b[w - 1 - x + pad] = keep;
        }
    }
}

void cells_turn(struct cells *cells)
{
    turn_plane(cells, cells->near);
    turn_plane(cells, cells->exact);
}

void cells_free(struct cells *cells)
{
    free(cells->near);
    free(cells->exact);
    cells->near = cells->exact = NULL;
}

#define SPECK_SHARE 0.002 /* of all pixels: dust is far less */

static bool many_specks(PIX *pix)
{
    const l_uint32 *data = pixGetData(pix);
    int wpl = pixGetWpl(pix), h = pixGetHeight(pix), specks = 0;
    size_t looked = 0;

    for (int y = 1; y < h - 1; y += 8) {
        const l_uint32 *line = data + (size_t)y * (size_t)wpl;

        for (int i = 0; i < wpl; i++) {
            l_uint32 own = line[i], around = line[i - wpl] | line[i + wpl];

            around |= around << 1 | around >> 1 | own << 1 | own >> 1;
            specks += __builtin_popcount(own & ~around);
            looked += 32;
        }
    }
    return specks > SPECK_SHARE * (double)looked;
}

PIX *page_without_specks(const struct tsk_page *page)
{
    SEL *around = NULL;
    PIX *out = NULL;

    if (!many_specks(page->pix))
        return pixClone(page->pix);
    if ((around = selCreateBrick(3, 3, 1, 1, SEL_HIT)) != NULL)
        selSetElement(around, 1, 1, SEL_DONT_CARE);
    out = around == NULL ? NULL : pixDilate(NULL, page->pix, around);
    if (out != NULL)
        pixAnd(out, out, page->pix);
    selDestroy(&around);
    return out;
}
