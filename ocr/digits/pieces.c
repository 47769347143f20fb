#include "ocr/digits/pieces.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/digits/parts.h"

/* Millimetres of paper. */
static const double speck_mm = 0.45, smallest_mm = 1.0, rule_thick_mm = 0.55;

static double area_mm2(const struct tsk_parts *work, int area)
{
    return area / (work->out->map.per_mm_x * work->out->map.per_mm_y);
}

static void take_pixel(struct tsk_parts *work, struct tsk_part *part, int at, int *top)
{
    const int x = at % work->w, y = at / work->w;
    const struct tsk_box dot = { x, y, x + 1, y + 1 };

    tsk_box_grow(&part->box, &dot);
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

static void label_parts(struct tsk_parts *work)
{
    for (int i = 0; i < work->w * work->h && work->count < TSK_PARTS_MAX; i++) {
        struct tsk_part *part = &work->parts[work->count];
        int top = 0;
        if (work->out->map.px[i] == 0 || work->label[i] != 0)
            continue;
        *part = (struct tsk_part){ .box = { work->w, work->h, 0, 0 }, .into = work->count };
        work->label[i] = ++work->count;
        work->stack[top++] = i;
        while (top > 0)
            take_pixel(work, part, work->stack[--top], &top);
    }
}

static bool inside(const struct tsk_part *part, const struct tsk_box *core)
{
    const double x = (double)part->sum_x / part->area, y = (part->box.y0 + part->box.y1) / 2.0;

    return x >= core->x0 && x < core->x1 && y >= core->y0 && y < core->y1;
}

/* Long, thin and level near the cell's upper or lower edge, or upright from one edge to the other at its side. */
static bool is_rule(const struct tsk_parts *work, const struct tsk_part *part)
{
    const double w = tsk_parts_width_mm(work, &part->box), h = tsk_parts_height_mm(work, &part->box);
    const double core_h = tsk_parts_height_mm(work, &work->core), core_w = tsk_parts_width_mm(work, &work->core);
    const double middle_y = ((part->box.y0 + part->box.y1) / 2.0 - work->core.y0) / (work->core.y1 - work->core.y0);
    const double middle_x = ((part->box.x0 + part->box.x1) / 2.0 - work->core.x0) / (work->core.x1 - work->core.x0);
    const bool flat = h < rule_thick_mm && w > 4 * h, upright = w < rule_thick_mm && h > 4 * w;

    if (flat && (w > 0.7 * core_w || (w > 1.2 && (middle_y < 0.14 || middle_y > 0.86))))
        return true;
    return upright && (h > 0.95 * core_h || (h > 0.6 * core_h && (middle_x < 0.05 || middle_x > 0.95)));
}

double tsk_parts_tallest_mm(const struct tsk_parts *work)
{
    double most = 0;

    for (int i = 0; i < work->count; i++) {
        if (work->parts[i].into == i)
            most = fmax(most, tsk_parts_height_mm(work, &work->parts[i].box));
    }
    return most;
}

static void drop(struct tsk_parts *work, int i, bool counts)
{
    const struct tsk_part *part = &work->parts[i];

    work->out->dropped_mm2 += area_mm2(work, part->area);
    if (counts) {
        work->out->specks++;
        work->out->dropped_mm = fmax(work->out->dropped_mm,
                                     fmax(tsk_parts_width_mm(work, &part->box), tsk_parts_height_mm(work, &part->box)));
    }
    work->parts[i].into = TSK_PART_GONE;
}

static void drop_strangers(struct tsk_parts *work)
{
    for (int i = 0; i < work->count; i++) {
        if (work->parts[i].into == i && (!inside(&work->parts[i], &work->core) || is_rule(work, &work->parts[i])))
            drop(work, i, false);
    }
}

/* What is still alone and small. Nobody writes digits of a millimetre. */
static void drop_specks(struct tsk_parts *work)
{
    const double high = tsk_parts_tallest_mm(work);

    for (int i = 0; i < work->count; i++) {
        const struct tsk_part *part = &work->parts[i];
        const double side = fmax(tsk_parts_width_mm(work, &part->box), tsk_parts_height_mm(work, &part->box));
        if (part->into == i && (side < speck_mm || side < 0.1 * high || (high < smallest_mm && side < 2 * smallest_mm)))
            drop(work, i, true);
    }
}

/* Paper between this part and the nearest other one, to the side or up and down. */
static double distance_mm(const struct tsk_parts *work, int i)
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
static bool in_line(const struct tsk_parts *work, int i, double high)
{
    const struct tsk_box *box = &work->parts[i].box;
    const double middle = (box->y0 + box->y1) / 2.0;

    for (int j = 0; j < work->count; j++) {
        const struct tsk_box *main = &work->parts[j].box;
        const double gap = fmax(box->x0 - main->x1, main->x0 - box->x1) / work->out->map.per_mm_x;
        if (j != i && work->parts[j].into == j && tsk_parts_height_mm(work, main) > 0.7 * high && middle > main->y0 &&
            middle < main->y1 && gap < 1.2 * high)
            return true;
    }
    return false;
}

static double dirt_of(const struct tsk_parts *work, int i, double high)
{
    const struct tsk_box *box = &work->parts[i].box;
    const double h = tsk_parts_height_mm(work, box), side = fmax(tsk_parts_width_mm(work, box), h);
    const bool at_edge = box->x0 <= 1 || box->y0 <= 1 || box->x1 >= work->w - 1 || box->y1 >= work->h - 1;
    const double by_size = side < 0.3 * high ? 0.3 : h < 0.4 * high ? 0.1 : h < 0.6 * high ? 0.04 : 0.012;

    if (side < 0.35 * high && distance_mm(work, i) > 0.3 * high)
        return in_line(work, i, high) ? 0.45 : 0.9;
    return at_edge ? fmin(0.5, 6 * by_size) : by_size;
}

/* Asked for what was dropped as specks, after the rest is settled. */
static int count_lone_specks(const struct tsk_parts *work, double high)
{
    int count = 0;

    for (int i = 0; i < work->count; i++)
        count += work->parts[i].into == TSK_PART_GONE && inside(&work->parts[i], &work->core) && in_line(work, i, high);
    return count;
}

static int list_parts(struct tsk_parts *work, int order[TSK_PARTS_MAX])
{
    int count = 0;

    for (int i = 0; i < work->count; i++) {
        const struct tsk_part *part = &work->parts[i];
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

static void hand_out(struct tsk_parts *work, int whole)
{
    struct tsk_pieces *out = work->out;
    int order[TSK_PARTS_MAX], place[TSK_PARTS_MAX + 1] = { 0 };
    const int count = list_parts(work, order);
    const double high = tsk_parts_tallest_mm(work);

    out->crowded = count > TSK_PIECES_MAX || work->count == TSK_PARTS_MAX;
    out->count = count > TSK_PIECES_MAX ? TSK_PIECES_MAX : count;
    out->tallest_mm = high;
    out->lone_specks = count_lone_specks(work, high);
    for (int k = 0; k < out->count; k++) {
        const struct tsk_part *part = &work->parts[order[k]];
        out->items[k] = (struct tsk_piece){
            .box = part->box, .area = part->area, .dirt = dirt_of(work, order[k], high), .cut_before = order[k] >= whole
        };
        out->ink_mm2 += area_mm2(work, part->area);
        place[order[k]] = k + 1;
    }
    for (int i = 0; i < work->w * work->h; i++) {
        const int part = work->label[i] == 0 ? TSK_PART_GONE : tsk_parts_root(work, work->label[i] - 1);
        out->map.px[i] = (uint8_t)(part == TSK_PART_GONE ? 0 : place[part]);
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
    struct tsk_parts *work = calloc(1, sizeof(*work));
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
    tsk_parts_join_dots(work);
    drop_specks(work);
    tsk_parts_join_strokes(work);
    whole = work->count;
    if (tsk_parts_cut_broad(work) != 0)
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
