#include "ocr/text/shapes.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define SIDE TSK_SHAPE_GRID
#define EDGE 2 /* empty grid points about the letter */
#define SAMPLED (SIDE - 2 * EDGE)
#define ZONES TSK_SHAPE_ZONES
#define DIRECTIONS TSK_SHAPE_DIRECTIONS

/* The longer side fills the grid; a narrow letter is widened a little, so that 1 and 一 do not become dots or bars. */
static void spread_of(double w, double h, double *span_x, double *span_y)
{
    double ratio = fmin(w, h) / fmax(w, h), shorter = SAMPLED * sqrt(sin(M_PI / 2 * fmax(ratio, 0.02)));

    *span_x = w >= h ? SAMPLED : shorter;
    *span_y = h >= w ? SAMPLED : shorter;
}

struct place { /* of a grid line between two lines of pixels; -1: outside */
    int first, second;
    float share;
};

static void find_places(struct place places[SIDE], double span, int from, int size)
{
    for (int i = 0; i < SIDE; i++) {
        double at = (i + 0.5 - SIDE / 2.0) / span * size + size / 2.0 - 0.5;
        int first = (int)floor(at);

        places[i].first = first >= 0 && first < size ? from + first : -1;
        places[i].second = first + 1 >= 0 && first + 1 < size ? from + first + 1 : -1;
        places[i].share = (float)(at - first);
    }
}

static void sample_row(const l_uint32 *line, const struct place across[SIDE], float weight, float row[SIDE])
{
    for (int i = 0; i < SIDE; i++) {
        if (across[i].first >= 0 && GET_DATA_BIT(line, across[i].first))
            row[i] += weight * (1 - across[i].share);
        if (across[i].second >= 0 && GET_DATA_BIT(line, across[i].second))
            row[i] += weight * across[i].share;
    }
}

static void sample(PIX *bits, const struct tsk_shape_box *box, double px_per_mm_x, double px_per_mm_y,
                   float grid[SIDE][SIDE])
{
    const l_uint32 *data = pixGetData(bits);
    const int words = pixGetWpl(bits), w = box->right - box->left, h = box->bottom - box->top;
    struct place across[SIDE], down[SIDE];
    double span_x, span_y;

    spread_of(w / px_per_mm_x, h / px_per_mm_y, &span_x, &span_y);
    find_places(across, span_x, box->left, w);
    find_places(down, span_y, box->top, h);
    memset(grid, 0, SIDE * sizeof(*grid));
    for (int j = 0; j < SIDE; j++) {
        if (down[j].first >= 0)
            sample_row(data + (ptrdiff_t)down[j].first * words, across, 1 - down[j].share, grid[j]);
        if (down[j].second >= 0)
            sample_row(data + (ptrdiff_t)down[j].second * words, across, down[j].share, grid[j]);
    }
}

static void smooth(float grid[SIDE][SIDE])
{
    float rows[SIDE][SIDE] = { 0 };

    for (int j = 0; j < SIDE; j++)
        for (int i = 1; i < SIDE - 1; i++)
            rows[j][i] = 0.25F * grid[j][i - 1] + 0.5F * grid[j][i] + 0.25F * grid[j][i + 1];
    for (int j = 1; j < SIDE - 1; j++)
        for (int i = 0; i < SIDE; i++)
            grid[j][i] = 0.25F * rows[j - 1][i] + 0.5F * rows[j][i] + 0.25F * rows[j + 1][i];
}

struct gradient { /* shared out between the two directions that it lies between */
    int straight, slanting;
    float straight_by, slanting_by;
};

static void share_out(float dx, float dy, struct gradient *out)
{
    static const float diagonal = 0.70710678F;
    const float ax = fabsf(dx), ay = fabsf(dy);
    const int across = dx >= 0 ? 0 : 4, down = dy >= 0 ? 2 : 6;

    out->straight = ax >= ay ? across : down;
    out->straight_by = fabsf(ax - ay);
    out->slanting = dx >= 0 ? (dy >= 0 ? 1 : 7) : (dy >= 0 ? 3 : 5);
    out->slanting_by = fminf(ax, ay) / diagonal;
}

/* Each grid point counts for the four zones about it, by how near it is to their centres. */
static void add_to_zones(int x, int y, const struct gradient *gradient, float out[ZONES][ZONES][DIRECTIONS])
{
    const float step = (float)SIDE / ZONES;
    const float zx = ((float)x + 0.5F) / step - 0.5F, zy = ((float)y + 0.5F) / step - 0.5F;
    const int x0 = (int)floorf(zx), y0 = (int)floorf(zy);

    for (int j = y0; j <= y0 + 1; j++)
        for (int i = x0; i <= x0 + 1; i++) {
            float weight = (1 - fabsf(zx - (float)i)) * (1 - fabsf(zy - (float)j));

            if (i < 0 || j < 0 || i >= ZONES || j >= ZONES)
                continue;
            out[j][i][gradient->straight] += weight * gradient->straight_by;
            out[j][i][gradient->slanting] += weight * gradient->slanting_by;
        }
}

void tsk_shape_features(PIX *bits, struct tsk_shape_box box, double px_per_mm_x, double px_per_mm_y, double line_top,
                        double line_bottom, float out[TSK_SHAPE_FEATURES])
{
    float grid[SIDE][SIDE], zones[ZONES][ZONES][DIRECTIONS] = { 0 }, sum = 1e-6F, *flat = &zones[0][0][0];
    const int count = ZONES * ZONES * DIRECTIONS;
    const double height = fmax(1, line_bottom - line_top), width = height / px_per_mm_y * px_per_mm_x;

    sample(bits, &box, px_per_mm_x, px_per_mm_y, grid);
    smooth(grid);
    for (int y = 1; y < SIDE - 1; y++)
        for (int x = 1; x < SIDE - 1; x++) {
            float dx = grid[y - 1][x + 1] + 2 * grid[y][x + 1] + grid[y + 1][x + 1] - grid[y - 1][x - 1] -
                       2 * grid[y][x - 1] - grid[y + 1][x - 1];
            float dy = grid[y + 1][x - 1] + 2 * grid[y + 1][x] + grid[y + 1][x + 1] - grid[y - 1][x - 1] -
                       2 * grid[y - 1][x] - grid[y - 1][x + 1];
            struct gradient gradient;

            if (fabsf(dx) + fabsf(dy) < 1e-3F)
                continue;
            share_out(dx, dy, &gradient);
            add_to_zones(x, y, &gradient, zones);
        }
    for (int i = 0; i < count; i++)
        sum += flat[i];
    for (int i = 0; i < count; i++)
        out[i] = sqrtf(flat[i] / sum);
    out[count] = (float)fmin(2, (box.bottom - box.top) / height);
    out[count + 1] = (float)fmin(2, (box.right - box.left) / width);
    out[count + 2] = (float)fmax(-1, fmin(2, (box.top - line_top) / height));
    out[count + 3] = (float)fmax(-1, fmin(2, (line_bottom - box.bottom) / height));
}
