/* cuts - a piece too broad for one digit is cut along the cheapest ways from top to bottom */
#include "ocr/digits/parts.h"

#include <stdlib.h>

enum { CUTS_MAX = 6 };

static const double bridge_max = 0.34; /* ink that a cut may cross, of the height */

struct seam {
    double cost_mm; /* ink it goes through */
    int at;         /* column in the middle row */
    int *column;    /* for each row of the box */
};

static bool is_part(const struct tsk_parts *work, int part, int x, int y)
{
    const int label = work->label[y * work->w + x];

    return label != 0 && tsk_parts_root(work, label - 1) == part;
}

/* The cheapest way from top to bottom within reach of a column, a pixel sideways a row at most; cost is ink crossed. */
static void find_seam(const struct tsk_parts *work, int part, const uint8_t *ink, struct seam *seam, int *from,
                      double *cost)
{
    const struct tsk_box *box = &work->parts[part].box;
    const int w = box->x1 - box->x0, h = box->y1 - box->y0,
              reach = (int)(0.3 * h * work->out->map.per_mm_x / work->out->map.per_mm_y);
    const int low = seam->at - reach < 1 ? 1 : seam->at - reach,
              high = seam->at + reach > w - 2 ? w - 2 : seam->at + reach;
    int best = low;

    for (int y = 0; y < h; y++) {
        for (int x = low; x <= high; x++) {
            double *here = &cost[y * w + x];
            const double *above = cost + (y - 1) * w;
            int way = x;
            if (y > 0 && x > low && above[x - 1] + 0.02 < above[way])
                way = x - 1;
            if (y > 0 && x < high && above[x + 1] + 0.02 < above[way])
                way = x + 1;
            *here = ink[y * w + x] + (y > 0 ? above[way] + (way != x ? 0.02 : 0) : 0.01 * abs(x - seam->at));
            from[y * w + x] = way;
        }
    }
    for (int x = low; x <= high; x++) {
        if (cost[(h - 1) * w + x] + 0.01 * abs(x - seam->at) < cost[(h - 1) * w + best] + 0.01 * abs(best - seam->at))
            best = x;
    }
    seam->cost_mm = 0;
    for (int y = h - 1, x = best; y >= 0; x = from[y * w + x], y--) {
        seam->column[y] = x;
        seam->cost_mm += ink[y * w + x] / work->out->map.per_mm_y;
    }
}

static int by_cost(const void *a, const void *b)
{
    const struct seam *x = a, *y = b;

    return x->cost_mm != y->cost_mm ? (x->cost_mm < y->cost_mm ? -1 : 1) : x->at - y->at;
}

static int by_place(const void *a, const void *b)
{
    return ((const struct seam *)a)->at - ((const struct seam *)b)->at;
}

/* Cheap seams, apart from one another. */
static int choose_seams(struct seam *seams, int count, int wanted, int apart, double cost_max)
{
    int kept = 0;

    qsort(seams, (size_t)count, sizeof(*seams), by_cost);
    for (int i = 0; i < count && kept < wanted && seams[i].cost_mm <= cost_max; i++) {
        bool near = false;
        for (int k = 0; k < kept; k++)
            near = near || abs(seams[k].at - seams[i].at) < apart;
        if (!near) {
            const struct seam keep = seams[i];
            seams[i] = seams[kept];
            seams[kept++] = keep;
        }
    }
    qsort(seams, (size_t)kept, sizeof(*seams), by_place);
    return kept;
}

/* A flat stroke of a broken digit is judged by the height of its company. */
static int cuts_wanted(double w_mm, double h_mm, double high_mm)
{
    const double shape = w_mm / fmax(h_mm, 0.75 * high_mm);

    if (w_mm < 1.6 || shape < 0.8)
        return 0;
    return shape < 1.15 ? 2 : shape < 1.7 ? 4 : shape < 2.4 ? 5 : CUTS_MAX;
}

/* Gives what lies right of each seam a part of its own. */
static void apply_seams(struct tsk_parts *work, int part, const struct seam *seams, int count, int first_new)
{
    const struct tsk_box box = work->parts[part].box;

    for (int k = 0; k <= count; k++) {
        struct tsk_part *fresh = &work->parts[k == 0 ? part : first_new + k - 1];
        *fresh = (struct tsk_part){ .box = { work->w, work->h, 0, 0 }, .into = (int)(fresh - work->parts) };
    }
    for (int y = box.y0; y < box.y1; y++) {
        for (int x = box.x0; x < box.x1; x++) {
            const struct tsk_box dot = { x, y, x + 1, y + 1 };
            int *label = &work->label[y * work->w + x], side = 0;
            struct tsk_part *to;
            if (*label == 0 || tsk_parts_root(work, *label - 1) != part)
                continue;
            for (int k = 0; k < count; k++)
                side += x - box.x0 >= seams[k].column[y - box.y0];
            to = &work->parts[side == 0 ? part : first_new + side - 1];
            *label = (int)(to - work->parts) + 1;
            tsk_box_grow(&to->box, &dot);
            to->area++;
            to->sum_x += x;
        }
    }
}

static int cut_part(struct tsk_parts *work, int part, int wanted)
{
    const struct tsk_box box = work->parts[part].box;
    const int w = box.x1 - box.x0, h = box.y1 - box.y0, step = w / 24 > 1 ? w / 24 : 1;
    const size_t size = (size_t)w * (size_t)h;
    struct seam *seams = calloc((size_t)w, sizeof(*seams));
    int *columns = calloc((size_t)w * (size_t)h, sizeof(*columns)), *from = calloc(size, sizeof(*from));
    double *cost = calloc(size, sizeof(*cost));
    uint8_t *ink = calloc(size, 1);
    int count = 0, rc = -1;

    if (seams == NULL || columns == NULL || from == NULL || cost == NULL || ink == NULL)
        goto out;
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++)
            ink[y * w + x] = is_part(work, part, box.x0 + x, box.y0 + y);
    }
    for (int x = w / 7 + 1; x < w - w / 7 - 1; x += step) {
        seams[count] = (struct seam){ .at = x, .column = columns + (size_t)count * (size_t)h };
        find_seam(work, part, ink, &seams[count], from, cost);
        count++;
    }
    count = choose_seams(seams, count, wanted, w / 8 + 2, bridge_max * h / work->out->map.per_mm_y);
    if (count > 0 && work->count + count <= TSK_PARTS_MAX) {
        apply_seams(work, part, seams, count, work->count);
        work->count += count;
    }
    rc = 0;
out:
    free(ink);
    free(cost);
    free(from);
    free(columns);
    free(seams);
    return rc;
}

int tsk_parts_cut_broad(struct tsk_parts *work)
{
    const int count = work->count;
    const double high = tsk_parts_tallest_mm(work);

    for (int i = 0; i < count; i++) {
        const struct tsk_box *box = &work->parts[i].box;
        const int wanted = cuts_wanted(tsk_parts_width_mm(work, box), tsk_parts_height_mm(work, box), high);
        if (work->parts[i].into == i && wanted > 0 && cut_part(work, i, wanted) != 0)
            return -1;
    }
    return 0;
}
