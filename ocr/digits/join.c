/* join - broken strokes made whole again */
#include "ocr/digits/parts.h"

/* Millimetres of paper: what a dot is, and over how much paper it is joined, first the nearest. */
static const double dot_mm = 1.1, gap_mm[] = { 0.26, 0.4, 0.55 };

static int overlap_x(const struct tsk_box *a, const struct tsk_box *b)
{
    const int left = a->x0 > b->x0 ? a->x0 : b->x0, right = a->x1 < b->x1 ? a->x1 : b->x1;

    return right - left;
}

static void join(struct tsk_parts *work, int from, int to)
{
    tsk_box_grow(&work->parts[to].box, &work->parts[from].box);
    work->parts[to].area += work->parts[from].area;
    work->parts[to].sum_x += work->parts[from].sum_x;
    work->parts[from].into = to;
}

/* The nearest other part within reach of a pixel; *best is the squared distance to beat. */
static int nearest_part(const struct tsk_parts *work, int part, int x, int y, int reach_x, int reach_y, double *best)
{
    const struct tsk_bitmap *map = &work->out->map;
    int found = TSK_PART_GONE;

    for (int dy = -reach_y; dy <= reach_y; dy++) {
        for (int dx = -reach_x; dx <= reach_x; dx++) {
            const int nx = x + dx, ny = y + dy;
            const double mm_x = dx / map->per_mm_x, mm_y = dy / map->per_mm_y, far = mm_x * mm_x + mm_y * mm_y;
            int other;
            if (nx < 0 || ny < 0 || nx >= work->w || ny >= work->h || far >= *best ||
                work->label[ny * work->w + nx] == 0)
                continue;
            other = tsk_parts_root(work, work->label[ny * work->w + nx] - 1);
            if (other == part || other == TSK_PART_GONE)
                continue;
            *best = far;
            found = other;
        }
    }
    return found;
}

static int nearest_to(const struct tsk_parts *work, int part, double reach_mm)
{
    const struct tsk_box box = work->parts[part].box;
    const int reach_x = (int)ceil(reach_mm * work->out->map.per_mm_x),
              reach_y = (int)ceil(reach_mm * work->out->map.per_mm_y);
    double best = reach_mm * reach_mm;
    int found = TSK_PART_GONE;

    for (int y = box.y0; y < box.y1; y++) {
        for (int x = box.x0; x < box.x1; x++) {
            const int label = work->label[y * work->w + x];
            int other;
            if (label == 0 || tsk_parts_root(work, label - 1) != part)
                continue;
            other = nearest_part(work, part, x, y, reach_x, reach_y, &best);
            found = other != TSK_PART_GONE ? other : found;
        }
    }
    return found;
}

/*
 * A thin pen leaves a row of dots. Dots join their nearest neighbour, short strokes too: first over small gaps, so that dots
 * become strokes before strokes become digits.
 */
void tsk_parts_join_dots(struct tsk_parts *work)
{
    for (int pass = 0; pass < 3; pass++) {
        for (int i = 0; i < work->count; i++) {
            const struct tsk_part *part = &work->parts[i];
            int to;
            if (part->into != i ||
                fmax(tsk_parts_width_mm(work, &part->box), tsk_parts_height_mm(work, &part->box)) > dot_mm)
                continue;
            to = nearest_to(work, i, gap_mm[pass]);
            if (to == TSK_PART_GONE)
                continue;
            join(work, i, to);
            work->out->breaks++;
        }
    }
}

/* Small parts over or under a larger one are its broken strokes; two tall ones side by side are two digits. */
static int best_host(const struct tsk_parts *work, int i, double high)
{
    const struct tsk_box *box = &work->parts[i].box;
    int best = -1, most = 0;

    if (tsk_parts_height_mm(work, box) > 0.62 * high)
        return -1;
    for (int j = 0; j < work->count; j++) {
        const int common = overlap_x(box, &work->parts[j].box);
        if (j == i || work->parts[j].into != j || work->parts[j].area < work->parts[i].area)
            continue;
        if (common > most && common >= 0.55 * (box->x1 - box->x0)) {
            most = common;
            best = j;
        }
    }
    return best;
}

void tsk_parts_join_strokes(struct tsk_parts *work)
{
    const double high = tsk_parts_tallest_mm(work);
    bool again = true;

    while (again) {
        again = false;
        for (int i = 0; i < work->count; i++) {
            const int host = work->parts[i].into == i ? best_host(work, i, high) : -1;
            if (host < 0)
                continue;
            join(work, i, host);
            again = true;
        }
    }
}
