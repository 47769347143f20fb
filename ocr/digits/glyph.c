#include "ocr/digits/glyph.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int tsk_bitmap_new(struct tsk_bitmap *out, int w, int h, double per_mm_x, double per_mm_y)
{
    *out = (struct tsk_bitmap){ .w = w, .h = h, .per_mm_x = per_mm_x, .per_mm_y = per_mm_y };
    out->px = calloc((size_t)w * (size_t)h + 1, 1);
    return out->px == NULL ? -1 : 0;
}

void tsk_bitmap_free(struct tsk_bitmap *bitmap)
{
    free(bitmap->px);
    bitmap->px = NULL;
}

struct tsk_box tsk_ink_box(const struct tsk_bitmap *bitmap, int low, int high)
{
    struct tsk_box box = { bitmap->w, bitmap->h, 0, 0 };

    for (int y = 0; y < bitmap->h; y++) {
        const uint8_t *row = bitmap->px + (size_t)y * (size_t)bitmap->w;
        for (int x = 0; x < bitmap->w; x++) {
            if (row[x] < low || row[x] > high)
                continue;
            box.x0 = x < box.x0 ? x : box.x0;
            box.x1 = x >= box.x1 ? x + 1 : box.x1;
            box.y0 = y < box.y0 ? y : box.y0;
            box.y1 = y + 1;
        }
    }
    return box;
}

/* How much of source pixel i the target pixel t covers, when the target's pixel t begins at from + t * step. */
static double share(double from, double to, int i)
{
    const double left = fmax(from, i), right = fmin(to, i + 1);

    return right > left ? right - left : 0;
}

static double mean_ink(const struct tsk_bitmap *bitmap, struct tsk_box box, int low, int high, const double at[4])
{
    const int y_end = (int)fmin(ceil(at[3]), box.y1), x_end = (int)fmin(ceil(at[2]), box.x1);
    double sum = 0;

    for (int y = (int)fmax(floor(at[1]), box.y0); y < y_end; y++) {
        const uint8_t *row = bitmap->px + (size_t)y * (size_t)bitmap->w;
        const double height = share(at[1], at[3], y);
        for (int x = (int)fmax(floor(at[0]), box.x0); x < x_end; x++) {
            if (row[x] >= low && row[x] <= high)
                sum += height * share(at[0], at[2], x);
        }
    }
    return sum / ((at[2] - at[0]) * (at[3] - at[1]));
}

void tsk_ink_glyph(const struct tsk_bitmap *bitmap, struct tsk_box box, int low, int high, struct tsk_net_glyph *out)
{
    const double w_mm = (box.x1 - box.x0) / bitmap->per_mm_x, h_mm = (box.y1 - box.y0) / bitmap->per_mm_y;
    const double mm_per_cell = fmax(w_mm, h_mm) / TSK_GLYPH_FIT;
    const double step_x = mm_per_cell * bitmap->per_mm_x, step_y = mm_per_cell * bitmap->per_mm_y;
    const double left = (box.x0 + box.x1) / 2.0 - step_x * TSK_NET_SIDE / 2.0;
    const double top = (box.y0 + box.y1) / 2.0 - step_y * TSK_NET_SIDE / 2.0;

    memset(out, 0, sizeof(*out));
    if (box.x1 <= box.x0 || box.y1 <= box.y0)
        return;
    for (int y = 0; y < TSK_NET_SIDE; y++) {
        for (int x = 0; x < TSK_NET_SIDE; x++) {
            const double at[4] = { left + x * step_x, top + y * step_y, left + (x + 1) * step_x,
                                   top + (y + 1) * step_y };
            const bool outside = at[2] <= box.x0 || at[0] >= box.x1 || at[3] <= box.y0 || at[1] >= box.y1;
            if (!outside)
                out->at[y][x] = (float)mean_ink(bitmap, box, low, high, at);
        }
    }
}
