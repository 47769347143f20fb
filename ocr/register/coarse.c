/* coarse - where the bands of a blank lie on the page's cells, to a millimetre, or that they lie nowhere */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/register/blank.h"
#include "ocr/wide.h"

#define DX_MAX 15 /* mm either way */
#define DX_COUNT (2 * DX_MAX + 1)
#define DY_MAX 22
#define DY_COUNT (2 * DY_MAX + 1)
#define SPREAD 3   /* mm: how much the right half may lie further out than the left */
#define DRIFT_UP 4 /* mm from one band to the next: rows lost */
#define DRIFT_DOWN 2

struct band_hits {
    uint8_t hit[2][DX_COUNT][DY_COUNT];
    uint8_t inside[2][DY_COUNT]; /* samples that are on the page at all */
};

struct path {
    double score;
    int dx[2];
    int dy[BAND_COUNT];
};

#define DX_WIDE 32 /* DX_COUNT, and one more that nobody looks at */

/* Adds the cells that a point may be at, for every shift to the side. */
TSK_WIDE static void add_row(uint8_t sums[DX_WIDE], const uint8_t *line)
{
    for (int k = 0; k < DX_WIDE; k++)
        sums[k] = (uint8_t)(sums[k] + line[k * CELLS_PER_MM]);
}

static void slide_half(const struct cells *cells, const struct blank_point *points, int count, struct band_hits *hits,
                       int side)
{
    const double scale = (double)CELLS_PER_MM / BLANK_PX_PER_MM;
    int page_h = (int)((cells->page_h + CELLS_PAD_MM) * CELLS_PER_MM);
    uint8_t sums[DY_COUNT][DX_WIDE] = { 0 };

    for (int i = 0; i < count; i++) {
        int x = (int)(points[i].x * scale) + (CELLS_PAD_MM - DX_MAX) * CELLS_PER_MM;
        int y = (int)(points[i].y * scale) + (CELLS_PAD_MM - DY_MAX) * CELLS_PER_MM;

        for (int j = 0; j < DY_COUNT && y + j * CELLS_PER_MM < page_h; j++) {
            hits->inside[side][j]++;
            add_row(sums[j], cells->near + (size_t)(y + j * CELLS_PER_MM) * (size_t)cells->width + x);
        }
    }
    for (int k = 0; k < DX_COUNT; k++)
        for (int j = 0; j < DY_COUNT; j++)
            hits->hit[side][k][j] = sums[j][k];
}

/*
 * The best that the band above can do for every shift of this one, and with which of its own. above has room on either side, so
 * that drifting needs no check.
 */
TSK_WIDE static void drift(const int16_t *above, int16_t top[DY_COUNT], int16_t from[DY_COUNT])
{
    for (int j = 0; j < DY_COUNT; j++) {
        top[j] = -1000;
        from[j] = (int16_t)j;
    }
    for (int step = -DRIFT_DOWN; step <= DRIFT_UP; step++) {
        const int16_t *row = above + step, far = (int16_t)abs(step);

        for (int j = 0; j < DY_COUNT; j++) {
            int16_t sum = (int16_t)(row[j] - far), there = (int16_t)(j + step);
            bool more = sum > top[j];

            top[j] = more ? sum : top[j];
            from[j] = more ? there : from[j];
        }
    }
}

/* The best y of every band for one pair of x shifts: bands follow one another, so their shifts may only drift. */
static void follow_bands(const struct band_hits *hits, int left, int right, struct path *best, double total)
{
    int16_t from[BAND_COUNT][DY_COUNT], top[DY_COUNT] = { 0 };
    int16_t roomy[DRIFT_DOWN + DY_COUNT + DRIFT_UP], *sum = roomy + DRIFT_DOWN;
    int end = 0;

    for (size_t k = 0; k < TSK_COUNT(roomy); k++)
        roomy[k] = -10000;
    for (int b = 0; b < BAND_COUNT; b++) {
        if (b > 0)
            drift(sum, top, from[b]);
        for (int j = 0; j < DY_COUNT; j++)
            sum[j] = (int16_t)(hits[b].hit[0][left][j] + hits[b].hit[1][right][j] + top[j]);
    }
    for (int j = 0; j < DY_COUNT; j++)
        if (sum[j] > sum[end])
            end = j;
    if (sum[end] / total <= best->score)
        return;
    best->score = sum[end] / total;
    best->dx[0] = left;
    best->dx[1] = right;
    for (int b = BAND_COUNT - 1; b >= 0; b--) {
        best->dy[b] = end;
        if (b > 0)
            end = from[b][end];
    }
}

/* An upper bound that needs no path: most pairs of shifts never get further. */
static int bound(int16_t (*top)[2][DX_COUNT], int left, int right)
{
    int sum = 0;

    for (int b = 0; b < BAND_COUNT; b++)
        sum += top[b][0][left] + top[b][1][right];
    return sum;
}

static void find_path(const struct band_hits *hits, double total, struct path *best)
{
    int16_t top[BAND_COUNT][2][DX_COUNT] = { 0 };

    for (int b = 0; b < BAND_COUNT; b++)
        for (int side = 0; side < 2; side++)
            for (int k = 0; k < DX_COUNT; k++)
                for (int j = 0; j < DY_COUNT; j++)
                    if (hits[b].hit[side][k][j] > top[b][side][k])
                        top[b][side][k] = hits[b].hit[side][k][j];
    for (int spread = 0; spread <= SPREAD; spread++) {
        for (int left = 0; left < DX_COUNT; left++) {
            for (int sign = -1; sign <= 1; sign += 2) {
                int right = left + sign * spread;

                if (right >= 0 && right < DX_COUNT && bound(top, left, right) > best->score * total)
                    follow_bands(hits, left, right, best, total);
            }
        }
    }
}

static void add_samples(const struct cells *cells, const struct tsk_blank *blank, const struct band_hits *hits,
                        const struct path *path, struct coarse *out)
{
    double c = cos(cells->skew), s = sin(cells->skew);

    for (int b = 0; b < BAND_COUNT; b++) {
        for (int side = 0; side < 2; side++) {
            const struct blank_band *band = &blank->bands[b];
            struct sample *sample = &out->samples[out->sample_count];
            double x = 0, dx = 0, dy = 0, share = 0;

            if (band->count[side] < 8 || hits[b].inside[side][path->dy[b]] < band->count[side] / 2)
                continue;
            for (int i = 0; i < band->count[side]; i++)
                x += band->points[side][i].x / (double)BLANK_PX_PER_MM / band->count[side];
            share = hits[b].hit[side][path->dx[side]][path->dy[b]] / (double)band->count[side];
            dx = x + path->dx[side] - DX_MAX - cells->centre_x;
            dy = band->centre_y + path->dy[b] - DY_MAX - cells->centre_y;
            *sample =
                (struct sample){ .x = x, .y = band->centre_y, .weight_u = share, .weight_v = share, .score = share };
            sample->u = cells->centre_x + c * dx - s * dy;
            sample->v = cells->centre_y + s * dx + c * dy;
            out->sample_count++;
        }
    }
}

void coarse_find(const struct cells *cells, const struct tsk_blank *blank, struct coarse *out)
{
    struct band_hits *hits = calloc(BAND_COUNT, sizeof(*hits));
    struct path path = { .score = -1 };
    int total = 0, inside = 0;

    memset(out, 0, sizeof(*out));
    if (hits == NULL)
        return;
    for (int b = 0; b < BAND_COUNT; b++) {
        for (int side = 0; side < 2; side++) {
            slide_half(cells, blank->bands[b].points[side], blank->bands[b].count[side], &hits[b], side);
            total += blank->bands[b].count[side];
        }
    }
    if (total == 0)
        goto out;
    find_path(hits, total, &path);
    for (int b = 0; b < BAND_COUNT; b++)
        for (int side = 0; side < 2; side++)
            inside += hits[b].inside[side][path.dy[b]];
    /* what lies beyond the page's end is not held against it, unless it is most of the form */
    if (inside * 5 >= total * 2)
        out->score = (path.score * total / inside - cells->density) / (1.001 - cells->density);
    add_samples(cells, blank, hits, &path, out);
out:
    free(hits);
}
