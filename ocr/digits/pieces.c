#include "ocr/digits/pieces.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_MAX = 400, CUTS_MAX = 6, GONE = -1 };

/* Lengths in millimetres of paper. */
static const double speck_mm = 0.45, smallest_mm = 1.0, dot_mm = 1.1, gap_mm[] = { 0.26, 0.4, 0.55 };
static const double rule_thick_mm = 0.55, bridge_max = 0.34 /* of the height */;

struct part { /* a connected component, or several that were joined */
    struct tsk_box box;
    int area;
    long sum_x;
    int into; /* the part it was joined to, itself, or GONE */
};

struct work {
    struct tsk_pieces *out;
    int w, h;
    int *label; /* w * h, part + 1 or 0 */
    int *stack;
    struct part parts[PARTS_MAX];
    int count;
    struct tsk_box core;
};

static double width_mm(const struct work *work, const struct tsk_box *box)
{
    return (box->x1 - box->x0) / work->out->map.per_mm_x;
}

static double height_mm(const struct work *work, const struct tsk_box *box)
{
    return (box->y1 - box->y0) / work->out->map.per_mm_y;
}

static double area_mm2(const struct work *work, int area)
{
    return area / (work->out->map.per_mm_x * work->out->map.per_mm_y);
}

static void grow_box(struct tsk_box *box, const struct tsk_box *by)
{
    box->x0 = by->x0 < box->x0 ? by->x0 : box->x0;
    box->y0 = by->y0 < box->y0 ? by->y0 : box->y0;
    box->x1 = by->x1 > box->x1 ? by->x1 : box->x1;
    box->y1 = by->y1 > box->y1 ? by->y1 : box->y1;
}

static void take_pixel(struct work *work, struct part *part, int at, int *top)
{
    const int x = at % work->w, y = at / work->w;
    const struct tsk_box dot = { x, y, x + 1, y + 1 };

    grow_box(&part->box, &dot);
    part->area++;
    part->sum_x += x;
    for (int dy = -1; dy <= 1; dy++) {
        for (int dx = -1; dx <= 1; dx++) {
            const int nx = x + dx, ny = y + dy, to = ny * work->w + nx;
            if (nx < 0 || ny < 0 || nx >= work->w || ny >= work->h || work->out->map.px[to] == 0 ||
                work->label[to] != 0)
                continue;
            work->label[to] = work->label[at];
            work->stack[(*top)++] = to;
        }
    }
}

static void label_parts(struct work *work)
{
    for (int i = 0; i < work->w * work->h && work->count < PARTS_MAX; i++) {
        struct part *part = &work->parts[work->count];
        int top = 0;
        if (work->out->map.px[i] == 0 || work->label[i] != 0)
            continue;
        *part = (struct part){ .box = { work->w, work->h, 0, 0 }, .into = work->count };
        work->label[i] = ++work->count;
        work->stack[top++] = i;
        while (top > 0)
            take_pixel(work, part, work->stack[--top], &top);
    }
}

static bool inside(const struct part *part, const struct tsk_box *core)
{
    const double x = (double)part->sum_x / part->area, y = (part->box.y0 + part->box.y1) / 2.0;

    return x >= core->x0 && x < core->x1 && y >= core->y0 && y < core->y1;
}

/* Long, thin and level near the cell's upper or lower edge, or upright from one edge to the other at its side. */
static bool is_rule(const struct work *work, const struct part *part)
{
    const double w = width_mm(work, &part->box), h = height_mm(work, &part->box);
    const double core_h = height_mm(work, &work->core), core_w = width_mm(work, &work->core);
    const double middle_y = ((part->box.y0 + part->box.y1) / 2.0 - work->core.y0) / (work->core.y1 - work->core.y0);
    const double middle_x = ((part->box.x0 + part->box.x1) / 2.0 - work->core.x0) / (work->core.x1 - work->core.x0);
    const bool flat = h < rule_thick_mm && w > 4 * h, upright = w < rule_thick_mm && h > 4 * w;

    if (flat && (w > 0.7 * core_w || (w > 1.2 && (middle_y < 0.14 || middle_y > 0.86))))
        return true;
    return upright && (h > 0.95 * core_h || (h > 0.6 * core_h && (middle_x < 0.05 || middle_x > 0.95)));
}

static double tallest(const struct work *work)
{
    double most = 0;

    for (int i = 0; i < work->count; i++) {
        if (work->parts[i].into == i)
            most = fmax(most, height_mm(work, &work->parts[i].box));
    }
    return most;
}

static void drop(struct work *work, int i, bool counts)
{
    const struct part *part = &work->parts[i];

    work->out->dropped_mm2 += area_mm2(work, part->area);
    if (counts)
        work->out->dropped_mm =
            fmax(work->out->dropped_mm, fmax(width_mm(work, &part->box), height_mm(work, &part->box)));
    work->parts[i].into = GONE;
}

static void drop_strangers(struct work *work)
{
    for (int i = 0; i < work->count; i++) {
        if (work->parts[i].into == i && (!inside(&work->parts[i], &work->core) || is_rule(work, &work->parts[i])))
            drop(work, i, false);
    }
}

/* What is still alone and small. Nobody writes digits of a millimetre. */
static void drop_specks(struct work *work)
{
    const double high = tallest(work);

    for (int i = 0; i < work->count; i++) {
        const struct part *part = &work->parts[i];
        const double side = fmax(width_mm(work, &part->box), height_mm(work, &part->box));
        if (part->into == i && (side < speck_mm || side < 0.1 * high || (high < smallest_mm && side < 2 * smallest_mm)))
            drop(work, i, true);
    }
}

static int overlap_x(const struct tsk_box *a, const struct tsk_box *b)
{
    const int left = a->x0 > b->x0 ? a->x0 : b->x0, right = a->x1 < b->x1 ? a->x1 : b->x1;

    return right - left;
}

static void join(struct work *work, int from, int to)
{
    grow_box(&work->parts[to].box, &work->parts[from].box);
    work->parts[to].area += work->parts[from].area;
    work->parts[to].sum_x += work->parts[from].sum_x;
    work->parts[from].into = to;
}

static int root(const struct work *work, int i)
{
    while (i != GONE && work->parts[i].into != i)
        i = work->parts[i].into;
    return i;
}

/* The nearest other part within reach of a pixel; *best is the squared distance to beat. */
static int nearest_part(const struct work *work, int part, int x, int y, int reach_x, int reach_y, double *best)
{
    const struct tsk_bitmap *map = &work->out->map;
    int found = GONE;

    for (int dy = -reach_y; dy <= reach_y; dy++) {
        for (int dx = -reach_x; dx <= reach_x; dx++) {
            const int nx = x + dx, ny = y + dy;
            const double mm_x = dx / map->per_mm_x, mm_y = dy / map->per_mm_y, far = mm_x * mm_x + mm_y * mm_y;
            int other;
            if (nx < 0 || ny < 0 || nx >= work->w || ny >= work->h || far >= *best ||
                work->label[ny * work->w + nx] == 0)
                continue;
            other = root(work, work->label[ny * work->w + nx] - 1);
            if (other == part || other == GONE)
                continue;
            *best = far;
            found = other;
        }
    }
    return found;
}

static int nearest_to(const struct work *work, int part, double reach_mm)
{
    const struct tsk_box box = work->parts[part].box;
    const int reach_x = (int)ceil(reach_mm * work->out->map.per_mm_x),
              reach_y = (int)ceil(reach_mm * work->out->map.per_mm_y);
    double best = reach_mm * reach_mm;
    int found = GONE;

    for (int y = box.y0; y < box.y1; y++) {
        for (int x = box.x0; x < box.x1; x++) {
            const int label = work->label[y * work->w + x];
            int other;
            if (label == 0 || root(work, label - 1) != part)
                continue;
            other = nearest_part(work, part, x, y, reach_x, reach_y, &best);
            found = other != GONE ? other : found;
        }
    }
    return found;
}

/*
 * A thin pen leaves a row of dots. Dots join their nearest neighbour, short strokes too: first over small gaps, so that dots
 * become strokes before strokes become digits.
 */
static void join_dots(struct work *work)
{
    for (int pass = 0; pass < 3; pass++) {
        for (int i = 0; i < work->count; i++) {
            const struct part *part = &work->parts[i];
            int to;
            if (part->into != i || fmax(width_mm(work, &part->box), height_mm(work, &part->box)) > dot_mm)
                continue;
            to = nearest_to(work, i, gap_mm[pass]);
            if (to == GONE)
                continue;
            join(work, i, to);
            work->out->breaks++;
        }
    }
}

/* Small parts over or under a larger one are its broken strokes; two tall ones side by side are two digits. */
static int best_host(const struct work *work, int i, double high)
{
    const struct tsk_box *box = &work->parts[i].box;
    int best = -1, most = 0;

    if (height_mm(work, box) > 0.62 * high)
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

static void join_broken(struct work *work)
{
    const double high = tallest(work);
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

/* --- cutting what is too broad --- */

struct seam {
    double cost_mm; /* ink it goes through */
    int at;         /* column in the middle row */
    int *column;    /* for each row of the box */
};

static bool is_part(const struct work *work, int part, int x, int y)
{
    const int label = work->label[y * work->w + x];

    return label != 0 && root(work, label - 1) == part;
}

/* The cheapest way from top to bottom within reach of a column, a pixel sideways a row at most; cost is ink crossed. */
static void find_seam(const struct work *work, int part, const uint8_t *ink, struct seam *seam, int *from, double *cost)
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
static void apply_seams(struct work *work, int part, const struct seam *seams, int count, int first_new)
{
    const struct tsk_box box = work->parts[part].box;

    for (int k = 0; k <= count; k++) {
        struct part *fresh = &work->parts[k == 0 ? part : first_new + k - 1];
        *fresh = (struct part){ .box = { work->w, work->h, 0, 0 }, .into = (int)(fresh - work->parts) };
    }
    for (int y = box.y0; y < box.y1; y++) {
        for (int x = box.x0; x < box.x1; x++) {
            const struct tsk_box dot = { x, y, x + 1, y + 1 };
            int *label = &work->label[y * work->w + x], side = 0;
            struct part *to;
            if (*label == 0 || root(work, *label - 1) != part)
                continue;
            for (int k = 0; k < count; k++)
                side += x - box.x0 >= seams[k].column[y - box.y0];
            to = &work->parts[side == 0 ? part : first_new + side - 1];
            *label = (int)(to - work->parts) + 1;
            grow_box(&to->box, &dot);
            to->area++;
            to->sum_x += x;
        }
    }
}

static int cut_part(struct work *work, int part, int wanted)
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
    if (count > 0 && work->count + count <= PARTS_MAX) {
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

static int cut_broad(struct work *work)
{
    const int count = work->count;
    const double high = tallest(work);

    for (int i = 0; i < count; i++) {
        const struct tsk_box *box = &work->parts[i].box;
        const int wanted = cuts_wanted(width_mm(work, box), height_mm(work, box), high);
        if (work->parts[i].into == i && wanted > 0 && cut_part(work, i, wanted) != 0)
            return -1;
    }
    return 0;
}

/* --- handing out --- */

/* Paper between this part and the nearest other one, to the side or up and down. */
static double distance_mm(const struct work *work, int i)
{
    const struct tsk_box *a = &work->parts[i].box;
    double least = 1e9;

    for (int j = 0; j < work->count; j++) {
        const struct tsk_box *b = &work->parts[j].box;
        const int dx = a->x0 > b->x1 ? a->x0 - b->x1 : b->x0 - a->x1,
                  dy = a->y0 > b->y1 ? a->y0 - b->y1 : b->y0 - a->y1;
        if (j != i && work->parts[j].into == j)
            least = fmin(least, fmax(dx / work->out->map.per_mm_x, dy / work->out->map.per_mm_y));
    }
    return least;
}

/* Beside the tallest part, at most a digit's room away and not above or below it. */
static bool in_line(const struct work *work, int i, double high)
{
    const struct tsk_box *box = &work->parts[i].box;
    const double middle = (box->y0 + box->y1) / 2.0;

    for (int j = 0; j < work->count; j++) {
        const struct tsk_box *main = &work->parts[j].box;
        const double gap = fmax(box->x0 - main->x1, main->x0 - box->x1) / work->out->map.per_mm_x;
        if (j != i && work->parts[j].into == j && height_mm(work, main) > 0.7 * high && middle > main->y0 &&
            middle < main->y1 && gap < 1.2 * high)
            return true;
    }
    return false;
}

static double dirt_of(const struct work *work, int i, double high)
{
    const struct tsk_box *box = &work->parts[i].box;
    const double h = height_mm(work, box), side = fmax(width_mm(work, box), h);
    const bool at_edge = box->x0 <= 1 || box->y0 <= 1 || box->x1 >= work->w - 1 || box->y1 >= work->h - 1;
    const double by_size = side < 0.3 * high ? 0.3 : h < 0.4 * high ? 0.1 : h < 0.6 * high ? 0.04 : 0.012;

    if (side < 0.35 * high && distance_mm(work, i) > 0.3 * high)
        return in_line(work, i, high) ? 0.45 : 0.9;
    return at_edge ? fmin(0.5, 6 * by_size) : by_size;
}

/* Asked for what was dropped as specks, after the rest is settled. */
static int count_lone_specks(const struct work *work, double high)
{
    int count = 0;

    for (int i = 0; i < work->count; i++)
        count += work->parts[i].into == GONE && inside(&work->parts[i], &work->core) && in_line(work, i, high);
    return count;
}

static int list_parts(struct work *work, int order[PARTS_MAX])
{
    int count = 0;

    for (int i = 0; i < work->count; i++) {
        const struct part *part = &work->parts[i];
        int at = count;
        if (part->into != i || part->area == 0)
            continue;
        while (at > 0 && work->parts[order[at - 1]].sum_x * (double)part->area >
                             part->sum_x * (double)work->parts[order[at - 1]].area) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
        count++;
    }
    return count;
}

static void hand_out(struct work *work, int whole)
{
    struct tsk_pieces *out = work->out;
    int order[PARTS_MAX], place[PARTS_MAX + 1] = { 0 };
    const int count = list_parts(work, order);
    const double high = tallest(work);

    out->crowded = count > TSK_PIECES_MAX || work->count == PARTS_MAX;
    out->count = count > TSK_PIECES_MAX ? TSK_PIECES_MAX : count;
    out->tallest_mm = high;
    out->lone_specks = count_lone_specks(work, high);
    for (int k = 0; k < out->count; k++) {
        const struct part *part = &work->parts[order[k]];
        out->items[k] = (struct tsk_piece){
            .box = part->box, .area = part->area, .dirt = dirt_of(work, order[k], high), .cut_before = order[k] >= whole
        };
        out->ink_mm2 += area_mm2(work, part->area);
        place[order[k]] = k + 1;
    }
    for (int i = 0; i < work->w * work->h; i++) {
        const int part = work->label[i] == 0 ? GONE : root(work, work->label[i] - 1);
        out->map.px[i] = (uint8_t)(part == GONE ? 0 : place[part]);
    }
}

static void copy_ink(struct tsk_bitmap *map, const PIX *ink)
{
    /* Leptonica's getter takes no const, though it changes nothing. */
    const l_uint32 *data = pixGetData((PIX *)(uintptr_t)ink); /* NOLINT(performance-no-int-to-ptr) */
    const int words = pixGetWpl(ink);

    for (int y = 0; y < map->h; y++) {
        for (int x = 0; x < map->w; x++)
            map->px[y * map->w + x] = (data[y * words + x / 32] >> (31 - x % 32)) & 1;
    }
}

int tsk_pieces_cut(struct tsk_pieces *out, const PIX *ink, double per_mm_x, double per_mm_y, struct tsk_box core,
                   struct tsk_err *err)
{
    struct work *work = calloc(1, sizeof(*work));
    const int w = pixGetWidth(ink), h = pixGetHeight(ink);
    int whole, rc = -1;

    memset(out, 0, sizeof(*out));
    if (work == NULL || tsk_bitmap_new(&out->map, w, h, per_mm_x, per_mm_y) != 0)
        goto memory;
    work->out = out;
    work->w = w;
    work->h = h;
    work->core = core;
    work->label = calloc((size_t)w * (size_t)h + 1, sizeof(*work->label));
    work->stack = calloc((size_t)w * (size_t)h + 1, sizeof(*work->stack));
    if (work->label == NULL || work->stack == NULL)
        goto memory;
    copy_ink(&out->map, ink);
    label_parts(work);
    drop_strangers(work);
    join_dots(work);
    drop_specks(work);
    join_broken(work);
    whole = work->count;
    if (cut_broad(work) != 0)
        goto memory;
    hand_out(work, whole);
    rc = 0;
    goto out;
memory:
    tsk_fail(err, TSK_RETRY, 0, "no memory to read a cell of %d x %d pixels", w, h);
out:
    if (work != NULL) {
        free(work->stack);
        free(work->label);
    }
    free(work);
    return rc;
}

void tsk_pieces_free(struct tsk_pieces *pieces)
{
    tsk_bitmap_free(&pieces->map);
}
