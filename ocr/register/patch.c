/* patch - a field's neighbourhood in the blank's own geometry, and what of its ink the blank does not explain */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/register/blank.h"
#include "ocr/wide.h"

#define INK_LEVEL 150   /* grey below this is printed ink */
#define TRACE_LEVEL 235 /* grey below this may print: hairlines of a serif come out on some machines */
#define BLOCK 16        /* patch px between places that are mapped exactly */
#define ALIGN_MM 0.9    /* how far a patch may move to meet its own printed ink */
#define ALIGN_POINTS 150
#define ALIGN_MIN 40      /* ink samples: less cannot say */
#define TOLERANCE_MM 0.14 /* printed ink spreads on paper and in the scanner */
#define LOST_MM 0.22      /* of rows lost inside the patch: less is not worth a second look */
#define CROSSING_MM 0.9   /* widest printed stroke that a pen stroke is repaired across */
#define SIDE_MAX 8000     /* px */

struct cut {
    const struct tsk_map *map;
    const struct tsk_page *page;
    struct tsk_patch *patch;
    int width, height;
    double shift_u, shift_v; /* page mm */
    double split_v, below_v; /* below page row split_v (mm) the shift is below_v: rows were lost between */
    bool two_rows;           /* a patch row stands for two page rows */
    PIX *traces;             /* everything that the blank might print */
};

static void choose_scale(const struct tsk_page *page, struct cut *cut)
{
    double x = page->x_dpi, y = page->y_dpi;

    if (y < 0.6 * x)
        y *= 2;
    if (y > 1.5 * x) {
        y /= 2;
        cut->two_rows = true;
    }
    if (x > 450) {
        x /= 2;
        y /= 2;
    }
    cut->patch->px_per_mm_x = x / 25.4;
    cut->patch->px_per_mm_y = y / 25.4;
}

static int start_cut(struct cut *cut, struct tsk_rect mm, double margin_mm, struct tsk_err *err)
{
    const struct tsk_form *form = cut->map->blank->form;
    struct tsk_patch *patch = cut->patch;
    double left = fmax(mm.x - margin_mm, 0), top = fmax(mm.y - margin_mm, 0);
    double right = fmin(mm.x + mm.w + margin_mm, form->page_w), bottom = fmin(mm.y + mm.h + margin_mm, form->page_h);

    choose_scale(cut->page, cut);
    patch->mm = (struct tsk_rect){ left, top, fmax(right - left, 0.5), fmax(bottom - top, 0.5) };
    cut->width = (int)ceil(patch->mm.w * patch->px_per_mm_x);
    cut->height = (int)ceil(patch->mm.h * patch->px_per_mm_y);
    if (cut->width > SIDE_MAX || cut->height > SIDE_MAX)
        return tsk_fail(err, TSK_HOLD, 0, "page %d claims a resolution that no field can be cut at", cut->page->number);
    patch->page = pixCreate(cut->width, cut->height, 1);
    patch->blank = pixCreate(cut->width, cut->height, 1);
    cut->traces = pixCreate(cut->width, cut->height, 1);
    if (patch->page == NULL || patch->blank == NULL || cut->traces == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory for a field of page %d", cut->page->number);
    return 0;
}

struct tap {      /* where a patch px falls between two blank px */
    int at, part; /* part of 256 */
};

static struct tap *make_taps(int count, double start_mm, double px_per_mm, int first, int limit)
{
    struct tap *taps = calloc((size_t)count, sizeof(*taps));

    for (int i = 0; taps != NULL && i < count; i++) {
        double at = (start_mm + (i + 0.5) / px_per_mm) * BLANK_PX_PER_MM - 0.5 - first;

        taps[i].at = (int)floor(at);
        taps[i].part = (int)((at - floor(at)) * 256);
        if (taps[i].at < 0 || taps[i].at >= limit - 1)
            taps[i].at = -1;
    }
    return taps;
}

static void draw_blank_row(const struct cut *cut, PIX *grey, const struct tap *across, const struct tap *down, int y)
{
    const l_uint32 *above = pixGetData(grey) + (size_t)down->at * (size_t)pixGetWpl(grey);
    const l_uint32 *below = above + pixGetWpl(grey);
    l_uint32 *line = pixGetData(cut->patch->blank) + (size_t)y * (size_t)pixGetWpl(cut->patch->blank);
    l_uint32 *trace = pixGetData(cut->traces) + (size_t)y * (size_t)pixGetWpl(cut->traces);

    for (int x = 0; x < cut->width; x++) {
        int at = across[x].at, right = across[x].part, left = 256 - right;
        int level = 255 << 16;

        if (at < 0)
            continue;
        level = (int)(GET_DATA_BYTE(above, at) * left + GET_DATA_BYTE(above, at + 1) * right) * (256 - down->part) +
                (int)(GET_DATA_BYTE(below, at) * left + GET_DATA_BYTE(below, at + 1) * right) * down->part;
        if (level < INK_LEVEL << 16)
            SET_DATA_BIT(line, x);
        if (level < TRACE_LEVEL << 16)
            SET_DATA_BIT(trace, x);
    }
}

static int draw_blank(const struct cut *cut, struct tsk_err *err)
{
    const struct tsk_patch *patch = cut->patch;
    int box[4] = { (int)(patch->mm.x * BLANK_PX_PER_MM) - 1, (int)(patch->mm.y * BLANK_PX_PER_MM) - 1,
                   (int)(patch->mm.w * BLANK_PX_PER_MM) + 4, (int)(patch->mm.h * BLANK_PX_PER_MM) + 4 };
    PIX *grey = blank_clip(cut->map->blank, box);
    struct tap *across = make_taps(cut->width, patch->mm.x, patch->px_per_mm_x, box[0], box[2]);
    struct tap *down = make_taps(cut->height, patch->mm.y, patch->px_per_mm_y, box[1], box[3]);
    int rc = -1;

    if (grey == NULL || across == NULL || down == NULL) {
        tsk_fail(err, TSK_RETRY, 0, "no memory for a field of page %d", cut->page->number);
        goto out;
    }
    for (int y = 0; y < cut->height; y++)
        if (down[y].at >= 0)
            draw_blank_row(cut, grey, across, &down[y], y);
    rc = 0;
out:
    pixDestroy(&grey);
    free(across);
    free(down);
    return rc;
}

struct local { /* the patch as a window of its own */
    struct blank_point ink[ALIGN_POINTS], paper[ALIGN_POINTS];
    struct blank_window window;
};

static void to_blank(const struct tsk_patch *patch, struct blank_point *points, int count)
{
    for (int i = 0; i < count; i++) {
        points[i].x = (int16_t)((patch->mm.x + (points[i].x + 0.5) / patch->px_per_mm_x) * BLANK_PX_PER_MM);
        points[i].y = (int16_t)((patch->mm.y + (points[i].y + 0.5) / patch->px_per_mm_y) * BLANK_PX_PER_MM);
    }
}

static void take_points(const struct cut *cut, PIX *paper, struct local *out)
{
    const struct tsk_patch *patch = cut->patch;
    int box[4] = { 0, 0, cut->width, cut->height };

    out->window = (struct blank_window){
        patch->mm.x + patch->mm.w / 2, patch->mm.y + patch->mm.h / 2, out->ink, out->paper, 0, 0
    };
    out->window.ink_count = sample_region(patch->blank, box, ALIGN_POINTS, out->ink);
    out->window.paper_count = sample_region(paper, box, ALIGN_POINTS, out->paper);
    to_blank(patch, out->ink, out->window.ink_count);
    to_blank(patch, out->paper, out->window.paper_count);
}

/* Where the printed ink says that the patch lies, against where the map says. */
static void find_shift(struct cut *cut, const struct local *all)
{
    double step_u = fmax(1 / cut->map->px_x, 0.12), step_v = fmax(1 / cut->map->px_y, 0.12), u = 0, v = 0;
    const struct search search = { step_u, step_v, (int)fmin(ALIGN_MM / step_u, SPAN_MAX),
                                   (int)fmin(ALIGN_MM / step_v, SPAN_MAX), 0.004 };
    struct sample found;

    if (all->window.ink_count < ALIGN_MIN || !find_window(cut->map, cut->map->clean, &all->window, &search, &found) ||
        found.score < 0.25)
        return;
    map_uv(cut->map, all->window.x, all->window.y, &u, &v);
    if (found.weight_u > 0.05)
        cut->shift_u = found.u - u;
    if (found.weight_v > 0.05)
        cut->shift_v = found.v - v;
}

#define SPLIT_BINS 24
#define SPLIT_SHIFTS 21 /* middle one: as the whole patch */
#define SPLIT_STEP_MM 0.13

struct agreement { /* printed samples that are found, by shift and by page row */
    int at[SPLIT_SHIFTS][SPLIT_BINS];
    double top_v, bottom_v;
};

static double split_shift(const struct cut *cut, int shift)
{
    int steps = shift - SPLIT_SHIFTS / 2;

    return cut->shift_v + steps * SPLIT_STEP_MM;
}

static void count_agreement(const struct cut *cut, const struct blank_point *points, int count, int gain,
                            struct agreement *out)
{
    PIX *pix = cut->map->clean;
    const l_uint32 *data = pixGetData(pix);
    int wpl = pixGetWpl(pix), w = pixGetWidth(pix), h = pixGetHeight(pix);

    for (int i = 0; i < count; i++) {
        double u = 0, v = 0;
        int bin = 0, x = 0;

        map_uv(cut->map, (points[i].x + 0.5) / BLANK_PX_PER_MM, (points[i].y + 0.5) / BLANK_PX_PER_MM, &u, &v);
        x = floor_px((u + cut->shift_u) * cut->map->px_x);
        bin = (int)((v - out->top_v) / (out->bottom_v - out->top_v) * SPLIT_BINS);
        bin = bin < 0 ? 0 : bin >= SPLIT_BINS ? SPLIT_BINS - 1 : bin;
        for (int k = 0; x >= 0 && x < w && k < SPLIT_SHIFTS; k++) {
            int y = floor_px((v + split_shift(cut, k)) * cut->map->px_y);

            if (y >= 0 && y < h && page_ink(data, wpl, x, y))
                out->at[k][bin] += gain;
        }
    }
}

struct split {
    int upper, lower, bin; /* shifts above and below, first bin below */
    int found;
};

/* Rows that are lost bring the lower part up, never down: the lower shift is the smaller one. */
static struct split best_split(const struct agreement *agree)
{
    int sum[SPLIT_SHIFTS][SPLIT_BINS + 1] = { 0 };
    struct split best = { 0, 0, SPLIT_BINS, -1000 };

    for (int k = 0; k < SPLIT_SHIFTS; k++)
        for (int i = 0; i < SPLIT_BINS; i++)
            sum[k][i + 1] = sum[k][i] + agree->at[k][i];
    for (int upper = 0; upper < SPLIT_SHIFTS; upper++) {
        for (int lower = 0; lower <= upper; lower++) {
            for (int i = 1; i < SPLIT_BINS; i++) {
                int found = sum[upper][i] + sum[lower][SPLIT_BINS] - sum[lower][i];

                if (found > best.found)
                    best = (struct split){ upper, lower, i, found };
            }
        }
    }
    return best;
}

/* Two shifts instead of one, where they explain clearly more of the printed ink. */
static void split_patch(struct cut *cut, const struct local *all)
{
    const struct tsk_rect *mm = &cut->patch->mm;
    struct agreement agree = { 0 };
    struct split best;
    double u = 0;
    int whole = 0;

    map_uv(cut->map, mm->x + mm->w / 2, mm->y, &u, &agree.top_v);
    map_uv(cut->map, mm->x + mm->w / 2, mm->y + mm->h, &u, &agree.bottom_v);
    if (agree.bottom_v - agree.top_v < 1)
        return;
    count_agreement(cut, all->ink, all->window.ink_count, 1, &agree);
    count_agreement(cut, all->paper, all->window.paper_count, -1, &agree);
    for (int i = 0; i < SPLIT_BINS; i++)
        whole += agree.at[SPLIT_SHIFTS / 2][i];
    best = best_split(&agree);
    if (best.found - whole < all->window.ink_count / 10 || (best.upper - best.lower) * SPLIT_STEP_MM < LOST_MM)
        return;
    cut->patch->lost_mm = (best.upper - best.lower) * SPLIT_STEP_MM;
    cut->patch->lost_y_mm = mm->y + mm->h * best.bin / SPLIT_BINS;
    cut->split_v = agree.top_v + (agree.bottom_v - agree.top_v) * best.bin / SPLIT_BINS;
    cut->below_v = split_shift(cut, best.lower);
    cut->shift_v = split_shift(cut, best.upper);
}

/* Does the map bend around here, as it does where rows were lost? */
static bool rows_jump(const struct cut *cut)
{
    const struct tsk_rect *mm = &cut->patch->mm;
    double x = mm->x + mm->w / 2, u = 0, v[3];

    for (int i = 0; i < 3; i++)
        map_uv(cut->map, x, mm->y + mm->h / 2 + (i - 1) * (mm->h / 2 + 6), &u, &v[i]);
    return fabs(v[0] - 2 * v[1] + v[2]) > 0.12 || fabs(v[2] - v[0] - cut->map->av[2] * (mm->h + 12)) > 0.15;
}

/* One more look at the patch alone; and where rows were lost inside it, a shift for each part. */
static void align(struct cut *cut)
{
    PIX *near = pixDilateBrick(NULL, cut->patch->blank, 5, 5), *paper = pixDilateBrick(NULL, cut->patch->blank, 11, 11);
    struct local all;

    if (near != NULL && paper != NULL) {
        pixSubtract(paper, paper, near);
        take_points(cut, paper, &all);
        find_shift(cut, &all);
        cut->below_v = cut->shift_v;
        if (all.window.ink_count >= ALIGN_MIN && rows_jump(cut))
            split_patch(cut, &all);
    }
    pixDestroy(&near);
    pixDestroy(&paper);
}

struct run { /* BLOCK px of a patch row: where the first one lies on the page, and the first one behind them (mm) */
    double u, v, next_u, next_v;
};

/* Page px of each. Between mapped places the map is a line. */
TSK_WIDE static void place_run(const struct cut *cut, const struct run *run, int x[BLOCK], int y[BLOCK])
{
    const double px_x = cut->map->px_x, px_y = cut->map->px_y, back = cut->two_rows ? 0.5 : 0;

    for (int i = 0; i < BLOCK; i++) {
        double part = (double)i / BLOCK, at_v = run->v + (run->next_v - run->v) * part;

        at_v += at_v < cut->split_v ? cut->shift_v : cut->below_v;
        x[i] = floor_px((run->u + (run->next_u - run->u) * part + cut->shift_u) * px_x);
        y[i] = floor_px(at_v * px_y - back);
    }
}

/* The first count px of a run as bits, from the left. */
static l_uint32 sample_run(const struct cut *cut, const struct run *run, PIX *source, int count)
{
    const l_uint32 *data = pixGetData(source);
    int wpl = pixGetWpl(source), w = pixGetWidth(source), h = pixGetHeight(source);
    int x[BLOCK], y[BLOCK];
    l_uint32 bits = 0;

    place_run(cut, run, x, y);
    for (int i = 0; i < count; i++) {
        bool ink = false;

        if (x[i] >= 0 && x[i] < w && y[i] >= 0 && y[i] < h) {
            ink = page_ink(data, wpl, x[i], y[i]);
            if (!ink && cut->two_rows && y[i] + 1 < h)
                ink = page_ink(data, wpl, x[i], y[i] + 1);
        }
        bits |= (l_uint32)ink << (31 - i);
    }
    return bits;
}

/* Straightens source (the page or its faults) into out. */
static void draw_page(const struct cut *cut, PIX *source, PIX *out)
{
    const struct tsk_patch *patch = cut->patch;

    _Static_assert(32 % BLOCK == 0, "a run lies in one word");
    for (int y = 0; y < cut->height; y++) {
        double my = patch->mm.y + (y + 0.5) / patch->px_per_mm_y;
        l_uint32 *line = pixGetData(out) + (size_t)y * (size_t)pixGetWpl(out);
        struct run run;

        map_uv(cut->map, patch->mm.x + 0.5 / patch->px_per_mm_x, my, &run.next_u, &run.next_v);
        for (int x = 0; x < cut->width; x += BLOCK) {
            run.u = run.next_u;
            run.v = run.next_v;
            map_uv(cut->map, patch->mm.x + (x + BLOCK + 0.5) / patch->px_per_mm_x, my, &run.next_u, &run.next_v);
            line[x / 32] |= sample_run(cut, &run, source, L_MIN(BLOCK, cut->width - x)) >> (x % 32);
        }
    }
}

static PIX *grow(PIX *pix, double mm_x, double mm_y, const struct tsk_patch *patch)
{
    int x = (int)lround(mm_x * patch->px_per_mm_x), y = (int)lround(mm_y * patch->px_per_mm_y);

    return pixDilateBrick(NULL, pix, 2 * x + 1, 2 * y + 1);
}

/* Strokes that were cut where they crossed printed ink, joined again by the page's own ink. */
static int repair(const struct tsk_patch *patch)
{
    int x = (int)lround(CROSSING_MM * patch->px_per_mm_x), y = (int)lround(CROSSING_MM * patch->px_per_mm_y);
    PIX *down = pixCloseSafeBrick(NULL, patch->foreign, 3, y | 1),
        *across = pixCloseSafeBrick(NULL, patch->foreign, x | 1, 3);
    int rc = -1;

    if (down != NULL && across != NULL) {
        pixOr(down, down, across);
        pixAnd(down, down, patch->page);
        pixOr(patch->foreign, patch->foreign, down);
        rc = 0;
    }
    pixDestroy(&down);
    pixDestroy(&across);
    return rc;
}

/*
 * Ink close to printed ink is explained by it; ink a little further out is a seed, and what hangs together with a seed is
 * foreign. So the fringe that a misplaced rule leaves along its side is dropped, while a pen stroke is kept up to the rule.
 */
static int subtract(struct cut *cut, struct tsk_err *err)
{
    struct tsk_patch *patch = cut->patch;
    double loose = fmin(fmax(patch->error_mm - 0.1, 0), 0.12);
    double rows = cut->page->y_dpi < 150 ? 0.12 : 0; /* a row of a coarse fax is 0.26 mm */
    PIX *near = grow(cut->traces, TOLERANCE_MM + loose, TOLERANCE_MM + loose + rows, patch);
    PIX *wide = grow(cut->traces, TOLERANCE_MM + loose + 0.13, TOLERANCE_MM + loose + rows + 0.13, patch);
    PIX *seeds = NULL, *body = NULL;
    int rc = -1;

    patch->faults = pixCreateTemplate(patch->page);
    if (near == NULL || wide == NULL || patch->faults == NULL)
        goto out;
    if (cut->map->faulty)
        draw_page(cut, cut->map->faults, patch->faults);
    seeds = pixSubtract(NULL, patch->page, wide);
    body = pixSubtract(NULL, patch->page, near);
    if (seeds == NULL || body == NULL)
        goto out;
    pixSubtract(seeds, seeds, patch->faults);
    pixSubtract(body, body, patch->faults);
    patch->foreign = pixSeedfillBinary(NULL, seeds, body, 8);
    if (patch->foreign != NULL)
        rc = repair(patch);
out:
    if (rc != 0)
        tsk_fail(err, TSK_RETRY, 0, "no memory for a field of page %d", cut->page->number);
    pixDestroy(&near);
    pixDestroy(&wide);
    pixDestroy(&seeds);
    pixDestroy(&body);
    return rc;
}

/* What is left of heavy noise after single pixels are gone: pairs and small clumps. */
static void drop_specks(struct tsk_patch *patch)
{
    PIX *whole = pixSelectBySize(patch->foreign, 3, 3, 8, L_SELECT_IF_EITHER, L_SELECT_IF_GT, NULL);

    if (whole != NULL) {
        pixDestroy(&patch->foreign);
        patch->foreign = whole;
    }
}

#define NEAR_MM 2.5 /* where there is neither print nor writing, nothing tells where exactly rows went */

/* mm of rows of that state from top to bottom of a place of the blank, and near_mm further. */
static double rows_of(const struct tsk_map *map, enum row_state state, struct tsk_rect mm, double near_mm)
{
    double top = 1e9, bottom = -1e9;
    int count = 0;

    for (int corner = 0; map->spoilt != NULL && corner < 4; corner++) {
        double u = 0, v = 0;

        map_uv(map, mm.x + (corner & 1 ? mm.w : 0), mm.y + (corner & 2 ? mm.h + near_mm : -near_mm), &u, &v);
        top = fmin(top, v * map->px_y);
        bottom = fmax(bottom, v * map->px_y);
    }
    for (int y = (int)fmax(top, 0), end = (int)fmin(bottom, map->height); map->spoilt != NULL && y < end; y++)
        count += map->spoilt[y] == state;
    return count / map->px_y;
}

int tsk_patch_cut(const struct tsk_blanks *blanks, const struct tsk_map *map, const struct tsk_page *page,
                  struct tsk_rect mm, double margin_mm, struct tsk_patch *out, struct tsk_err *err)
{
    struct cut cut = { .map = map, .page = page, .patch = out };
    int px[4], rc = -1;

    (void)blanks;
    memset(out, 0, sizeof(*out));
    if (start_cut(&cut, mm, margin_mm, err) == 0 && draw_blank(&cut, err) == 0) {
        tsk_map_rect(map, mm, px, &out->error_mm);
        out->dropped_mm = fmax(map_rows_dropped(map, out->mm), rows_of(map, ROW_NEVER_CAME, out->mm, NEAR_MM));
        out->spoilt_mm = rows_of(map, ROW_SPOILT, out->mm, 0);
        align(&cut);
        draw_page(&cut, map->clean, out->page);
        out->noisy = map->noisy;
        out->broken = map->broken;
        rc = subtract(&cut, err);
        if (rc == 0 && map->noisy)
            drop_specks(out);
    }
    pixDestroy(&cut.traces);
    if (rc != 0)
        tsk_patch_free(out);
    return rc;
}

void tsk_patch_free(struct tsk_patch *patch)
{
    pixDestroy(&patch->faults);
    pixDestroy(&patch->page);
    pixDestroy(&patch->blank);
    pixDestroy(&patch->foreign);
}
