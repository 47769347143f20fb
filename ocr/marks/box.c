/* box - what is measured in and around a printed box */
#include <math.h>
#include <string.h>

#include "ocr/marks/features.h"

#define WALL_MM 0.6   /* from the outer edge: the printed wall and what it spreads to */
#define CLOSE_MM 0.35 /* outside the box, still its own */
#define RING_MM 2.3   /* a circle round a box is drawn this close */
#define SPREAD_MM 0.15
#define RAYS 32

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

int patch_ink(const struct tsk_patch *patch, PIX *pix, struct tsk_rect mm, int *total)
{
    int w = pixGetWidth(patch->page), h = pixGetHeight(patch->page);
    int left = clamp((int)lround((mm.x - patch->mm.x) * patch->px_per_mm_x), 0, w);
    int right = clamp((int)lround((mm.x + mm.w - patch->mm.x) * patch->px_per_mm_x), 0, w);
    int top = clamp((int)lround((mm.y - patch->mm.y) * patch->px_per_mm_y), 0, h);
    int bottom = clamp((int)lround((mm.y + mm.h - patch->mm.y) * patch->px_per_mm_y), 0, h);
    int count = 0;

    for (int y = top; y < bottom; y++) {
        const l_uint32 *line = pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);

        for (int x = left; x < right; x++)
            count += GET_DATA_BIT(line, x) != 0;
    }
    *total = (right - left) * (bottom - top);
    return count;
}

bool patch_ray(const struct tsk_patch *patch, PIX *pix, double x, double y, double dx, double dy)
{
    double length = hypot(dx, dy), step = 0.5 / fmin(patch->px_per_mm_x, patch->px_per_mm_y);
    int w = pixGetWidth(pix), h = pixGetHeight(pix);

    for (int i = 0; i * step <= length; i++) {
        double at = i * step;
        int px = (int)floor((x + dx * at / length - patch->mm.x) * patch->px_per_mm_x);
        int py = (int)floor((y + dy * at / length - patch->mm.y) * patch->px_per_mm_y);

        if (px >= 0 && px < w && py >= 0 && py < h &&
            GET_DATA_BIT(pixGetData(pix) + (size_t)py * (size_t)pixGetWpl(pix), px))
            return true;
    }
    return false;
}

static struct tsk_rect inset(struct tsk_rect r, double mm)
{
    return (struct tsk_rect){ r.x + mm, r.y + mm, fmax(r.w - 2 * mm, 0.2), fmax(r.h - 2 * mm, 0.2) };
}

/* Foreign ink, or page ink where printed ink hides what is beneath. */
static PIX *stroke_plane(const struct tsk_patch *patch)
{
    PIX *plane = pixDilateBrick(NULL, patch->blank, 3, 3);

    if (plane != NULL) {
        pixAnd(plane, plane, patch->page);
        pixOr(plane, plane, patch->foreign);
    }
    return plane;
}

static bool ink_near_row(PIX *plane, int x, int *row)
{
    static const int step[] = { 0, -1, 1 };

    for (size_t i = 0; i < TSK_COUNT(step); i++) {
        int y = *row + step[i];

        if (y >= 0 && y < pixGetHeight(plane) &&
            GET_DATA_BIT(pixGetData(plane) + (size_t)y * (size_t)pixGetWpl(plane), x)) {
            *row = y;
            return true;
        }
    }
    return false;
}

/* A stroke from left to right that stays level: it may wander, not climb. */
static bool row_spans(PIX *plane, int row, int left, int right, int gap_max, int climb_max)
{
    int start = row, gap = 0;

    for (int x = left; x < right; x++) {
        gap = ink_near_row(plane, x, &row) ? 0 : gap + 1;
        if (gap > gap_max || row - start > climb_max || start - row > climb_max)
            return false;
    }
    return right > left;
}

int patch_strikes(const struct tsk_patch *patch, struct tsk_rect rect, double reach_mm)
{
    PIX *plane = stroke_plane(patch);
    int w = pixGetWidth(patch->page), h = pixGetHeight(patch->page), strikes = 0, quiet = 9;
    int left = clamp((int)lround((rect.x - reach_mm - patch->mm.x) * patch->px_per_mm_x), 0, w);
    int right = clamp((int)lround((rect.x + rect.w + reach_mm - patch->mm.x) * patch->px_per_mm_x), 0, w);
    int top = clamp((int)lround((rect.y - patch->mm.y) * patch->px_per_mm_y), 0, h);
    int bottom = clamp((int)lround((rect.y + rect.h - patch->mm.y) * patch->px_per_mm_y), 0, h);
    int gap = (int)lround(0.35 * patch->px_per_mm_x), climb = (int)lround(0.6 * patch->px_per_mm_y);

    for (int y = top; plane != NULL && y < bottom; y++) {
        bool spans = row_spans(plane, y, left, right, gap, climb);

        if (spans && quiet >= 1)
            strikes++;
        quiet = spans ? 0 : quiet + 1;
    }
    pixDestroy(&plane);
    return strikes;
}

double patch_printed(const struct tsk_patch *patch, struct tsk_rect rect)
{
    PIX *near = pixDilateBrick(NULL, patch->page, 3, 3);
    int total = 0, printed = patch_ink(patch, patch->blank, rect, &total), found = 0;

    if (near != NULL) {
        pixAnd(near, near, patch->blank);
        found = patch_ink(patch, near, rect, &total);
    }
    pixDestroy(&near);
    return printed > 0 ? (double)found / printed : 1;
}

static double ring_share(const struct tsk_patch *patch, const struct evidence *evidence, struct tsk_rect box)
{
    int hits = 0;
    double cx = box.x + box.w / 2, cy = box.y + box.h / 2;

    for (int i = 0; i < RAYS; i++) {
        double a = 2 * M_PI * i / RAYS, c = cos(a), s = sin(a);
        double edge = 1 / fmax(fabs(c) / (box.w / 2), fabs(s) / (box.h / 2));

        hits +=
            patch_ray(patch, evidence->marks, cx + c * (edge + 0.1), cy + s * (edge + 0.1), c * RING_MM, s * RING_MM);
    }
    return (double)hits / RAYS;
}

static double extent_share(const struct tsk_patch *patch, const struct evidence *evidence, struct tsk_rect box)
{
    PIX *pix = evidence->marks;
    int left = 1 << 20, right = -1, top = 1 << 20, bottom = -1;
    struct tsk_rect r = inset(box, -CLOSE_MM);

    for (int y = 0; y < pixGetHeight(pix); y++) {
        double my = patch->mm.y + (y + 0.5) / patch->px_per_mm_y;
        const l_uint32 *line = pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);

        for (int x = 0; my >= r.y && my <= r.y + r.h && x < pixGetWidth(pix); x++) {
            double mx = patch->mm.x + (x + 0.5) / patch->px_per_mm_x;

            if (mx < r.x || mx > r.x + r.w || !GET_DATA_BIT(line, x))
                continue;
            left = x < left ? x : left;
            right = x > right ? x : right;
            top = y < top ? y : top;
            bottom = y > bottom ? y : bottom;
        }
    }
    if (right < 0)
        return 0;
    return fmin((right - left + 1) / patch->px_per_mm_x / box.w, (bottom - top + 1) / patch->px_per_mm_y / box.h);
}

/* What registration and printing spread a wall by is no mark. */
static PIX *grown_blank(const struct tsk_patch *patch)
{
    int x = (int)lround(SPREAD_MM * patch->px_per_mm_x), y = (int)lround(SPREAD_MM * patch->px_per_mm_y);

    return pixDilateBrick(NULL, patch->blank, 2 * x + 1, 2 * y + 1);
}

static double fringe_area(const struct tsk_patch *patch, const struct evidence *evidence, struct tsk_rect box)
{
    PIX *walls = grown_blank(patch);
    int total = 0, count = 0;

    if (walls != NULL) {
        pixSubtract(walls, evidence->page, walls);
        count = patch_ink(patch, walls, inset(box, -0.5), &total);
    }
    pixDestroy(&walls);
    return count / patch->px_per_mm_x / patch->px_per_mm_y;
}

/* Short strikes hardly leave the box, long ones may touch the mark's own tail just outside it: either reach counts. */
static int box_strikes(const struct tsk_patch *patch, struct tsk_rect box)
{
    struct tsk_rect middle = { box.x, box.y + 0.8, box.w, fmax(box.h - 1.6, 0.5) };
    int near = patch_strikes(patch, middle, 0.6), far = patch_strikes(patch, middle, 0.9);

    return near > far ? near : far;
}

int box_measure(const struct tsk_patch *patch, struct tsk_rect box, struct box_features *out)
{
    struct evidence evidence;
    int total = 0, ink = 0;

    memset(out, 0, sizeof(*out));
    if (evidence_new(&evidence, patch) != 0)
        return -1;
    ink = patch_ink(patch, evidence.page, inset(box, WALL_MM), &total);
    out->inside = total > 0 ? (double)ink / total : 0;
    out->area =
        patch_ink(patch, evidence.marks, inset(box, -CLOSE_MM), &total) / patch->px_per_mm_x / patch->px_per_mm_y;
    out->removed =
        patch_ink(patch, patch->foreign, inset(box, -CLOSE_MM), &total) / patch->px_per_mm_x / patch->px_per_mm_y -
        out->area;
    out->ring = ring_share(patch, &evidence, box);
    out->across = extent_share(patch, &evidence, box);
    out->fringe = fringe_area(patch, &evidence, box);
    out->printed = patch_printed(patch, inset(box, -0.1));
    out->strikes = box_strikes(patch, box);
    out->error_mm = patch->error_mm;
    evidence_free(&evidence);
    return 0;
}
