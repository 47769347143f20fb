/*
 * lost - which rows of a page never came, and a page on which everything is at its place again
 *
 * The print as the blank has it is laid over the page row by row; a walk down the page says how many rows are missing above each
 * of its rows. Strokes of the pen and typed letters are whole again when as many rows are put in where they went.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/register/blank.h"
#include "ocr/wide.h"

#define INK_LEVEL 150
#define BLOCK_PX 16    /* blank px between places that are mapped exactly */
#define REACH_MM 1.0   /* from where the row table says, which knows steps by 2.5 mm only */
#define BARE_MM 0.25   /* paper so close to print is looked at as well */
#define MUCH_MM 10.0   /* of print in a row: twice as much of a level rule says little more */
#define JUMP_MM 50.0   /* of print that must be found better for rows to be missing; less where the page is torn */
#define TORN_MM 30.0   /* off the former, at most */
#define TORN_PART 0.25 /* of how much more a row differs from the one above than is usual here */
#define EXTRA_MM 75.0  /* the same for a row too many */
#define FINE_PX 7.72   /* rows to a mm */
#define LONGER_STEP 0.002
#define LONGER_LEAST (-1) /* steps longer than the affine fit, which takes rows missing evenly for a shorter page */
#define LONGER_MOST 24
#define LONGER_FINEST 8 /* parts of a step */
#define NEVER (-(1 << 28))

enum { FROM_SAME = 0, FROM_EXTRA = 255 }; /* between: from so many rows less */

/* The print stands in half rows of the affine fit: a row of the page is laid between them as well. */
struct walk {
    const struct tsk_map *map;
    PIX *page, *print, *bare;
    int height;          /* rows of the page */
    int reach;           /* half rows either way */
    int *centre;         /* by row: half row where the row table has its print */
    int *agree;          /* by row and half rows off the centre: print found less ink on bare paper, px */
    int *jump;           /* by row: px that rows missing above it must win */
    int *half;           /* by row of the page as sent: half row of the print */
    int sent;            /* rows of that, at most */
    int *fewest;         /* by row: rows missing, of the states that are looked at */
    int *best[2];        /* by rows missing less the fewest, for the row before and this one */
    unsigned char *from; /* by row and the same */
    double longer, phase;
    int zero, states;
    int extra; /* px that a row too many must win */
};

/* ---- the print, laid over the page */

static void put_run(PIX *print, int x, int end_x, int y, int end_y)
{
    const int w = pixGetWidth(print), h = pixGetHeight(print);
    l_uint32 *data = pixGetData(print);

    for (int row = y < 0 ? 0 : y; row < end_y && row < h; row++)
        for (int at = x < 0 ? 0 : x; at < end_x && at < w; at++)
            SET_DATA_BIT(data + (size_t)row * (size_t)pixGetWpl(print), at);
}

struct place {
    double u, v; /* page px, half rows */
};

/* Rows lost are no part of it: they are what is looked for. */
static struct place place_of(const struct tsk_map *map, double x_px, double y_px)
{
    double x = x_px / BLANK_PX_PER_MM, y = y_px / BLANK_PX_PER_MM, u = 0, v = 0;

    map_uv(map, x, y, &u, &v);
    return (struct place){ u * map->px_x, 2 * (map->av[0] + map->av[1] * x + map->av[2] * y) * map->px_y };
}

static void put_print_row(const struct tsk_map *map, const l_uint32 *line, int y, int width, PIX *print)
{
    const double wide = map->px_x / BLANK_PX_PER_MM, tall = 2 * map->px_y / BLANK_PX_PER_MM;
    struct place here, next = place_of(map, 0, y);

    for (int block = 0; block < width; block += BLOCK_PX) {
        int end = block + BLOCK_PX < width ? block + BLOCK_PX : width;

        here = next;
        next = place_of(map, block + BLOCK_PX, y);
        for (int x = block; x < end; x++) {
            double part = (double)(x - block) / BLOCK_PX, u, v;
            int left, top, right, bottom;

            if (x % 4 == 0 && line[x / 4] == 0xffffffffu) {
                x += 3;
                continue;
            }
            if (GET_DATA_BYTE(line, x) >= INK_LEVEL)
                continue;
            u = here.u + (next.u - here.u) * part;
            v = here.v + (next.v - here.v) * part;
            left = floor_px(u + 0.5);
            top = floor_px(v + 0.5);
            right = floor_px(u + wide + 0.5);
            bottom = floor_px(v + tall + 0.5);
            put_run(print, left, right > left ? right : left + 1, top, bottom > top ? bottom : top + 1);
        }
    }
}

static bool put_print(struct walk *walk)
{
    int box[4] = { 0, 0, pixGetWidth(walk->map->blank->grey), pixGetHeight(walk->map->blank->grey) };
    PIX *grey = blank_clip(walk->map->blank, box), *halves = pixCreate(pixGetWidth(walk->page), 2 * walk->height, 1);
    const int bare = 2 * (int)fmax(2, lround(2 * BARE_MM * walk->map->px_y)) + 1;

    if (grey != NULL && halves != NULL) {
        for (int y = 0; y < box[3]; y++)
            put_print_row(walk->map, pixGetData(grey) + (size_t)y * (size_t)pixGetWpl(grey), y, box[2], halves);
        walk->print = pixCopy(NULL, halves);
        walk->bare = pixDilateBrick(NULL, halves, 1, bare);
    }
    if (walk->print != NULL && walk->bare != NULL) {
        /* a row of the page is two half rows */
        (void)pixRasterop(walk->print, 0, 0, pixGetWidth(halves), 2 * walk->height - 1, PIX_PAINT, halves, 0, 1);
        pixSubtract(walk->bare, walk->bare, walk->print);
    }
    pixDestroy(&grey);
    pixDestroy(&halves);
    return walk->print != NULL && walk->bare != NULL;
}

/* ---- how well each row is found at each place */

TSK_WIDE static int agreement(const l_uint32 *print, const l_uint32 *bare, const l_uint32 *page, const int *words,
                              int count)
{
    int found = 0;

    for (int i = 0; i < count; i++) {
        l_uint32 ink = page[words[i]];

        found += __builtin_popcount(ink & print[words[i]]) - __builtin_popcount(ink & bare[words[i]]);
    }
    return found;
}

static void agree_row(struct walk *walk, int r, int *words)
{
    const int wpl = pixGetWpl(walk->page), wide = 2 * walk->reach + 1;
    const l_uint32 *page = pixGetData(walk->page) + (size_t)r * (size_t)wpl;
    const double much = MUCH_MM * walk->map->px_x;
    int count = 0;

    for (int i = 0; i < wpl; i++)
        if (page[i] != 0)
            words[count++] = i;
    for (int k = 0; k < wide; k++) {
        int q = walk->centre[r] - walk->reach + k;
        double found = 0;

        if (q >= 0 && q < 2 * walk->height)
            found = agreement(pixGetData(walk->print) + (size_t)q * (size_t)wpl,
                              pixGetData(walk->bare) + (size_t)q * (size_t)wpl, page, words, count);
        walk->agree[(ptrdiff_t)r * wide + k] = (int)(found / sqrt(1 + fabs(found) / much));
    }
}

static void find_centres(struct walk *walk)
{
    const double px = walk->map->px_y;

    for (int r = 0; r < walk->height; r++) {
        double v = (r + 0.5) / px, shift = map_row_shift(walk->map, v - map_row_shift(walk->map, v));

        walk->centre[r] = 2 * r - (int)lround(2 * shift * px);
    }
}

TSK_WIDE static int differing(const l_uint32 *row, const l_uint32 *above, int words)
{
    int count = 0;

    for (int i = 0; i < words; i++)
        count += __builtin_popcount(row[i] ^ above[i]);
    return count;
}

static int median_of_seven(const int *at)
{
    int sorted[7];

    memcpy(sorted, at, sizeof(sorted));
    for (int i = 1; i < 7; i++)
        for (int k = i; k > 0 && sorted[k - 1] > sorted[k]; k--) {
            int keep = sorted[k];

            sorted[k] = sorted[k - 1];
            sorted[k - 1] = keep;
        }
    return sorted[3];
}

/* Where rows went, what was written is torn as well: of places that the print allows alike, that is the one. */
static bool price_jumps(struct walk *walk)
{
    const double dense = walk->map->px_x * fmax(1, walk->map->px_y / FINE_PX); /* more rows tell of each */
    const int words = pixGetWpl(walk->page), full = (int)(JUMP_MM * dense), most = (int)(TORN_MM * dense);
    int *differ = calloc((size_t)walk->height + 7, sizeof(*differ));

    if (differ == NULL)
        return false;
    for (int y = 1; y < walk->height; y++) {
        const l_uint32 *row = pixGetData(walk->page) + (size_t)y * (size_t)words;

        differ[y + 3] = differing(row, row - words, words);
    }
    for (int y = 0; y < walk->height; y++) {
        int torn = (int)(TORN_PART * (differ[y + 3] - median_of_seven(differ + y)));

        walk->jump[y] = full - (torn < 0 ? 0 : torn > most ? most : torn);
    }
    free(differ);
    return true;
}

/* ---- the walk */

/* Half row of the print that stands at row t of the page as it was sent. */
static void set_halves(struct walk *walk)
{
    for (int t = 0; t < walk->sent; t++)
        walk->half[t] = floor_px(2 * (t - walk->zero - walk->phase) / (1 + walk->longer) + 0.5);
}

/* For each row, the rows missing above it that put it within reach. */
static void set_states(struct walk *walk, double longer, double phase)
{
    int least = 0;

    walk->longer = longer;
    walk->phase = phase;
    walk->zero = 0;
    for (int r = 0; r < walk->height; r++) {
        walk->fewest[r] = (int)ceil((walk->centre[r] - walk->reach + 0.5) / 2 * (1 + longer) + phase) - r;
        least = walk->fewest[r] < least ? walk->fewest[r] : least;
    }
    walk->zero = -least;
    for (int r = 0; r < walk->height; r++)
        walk->fewest[r] += walk->zero;
}

static int agree_at(const struct walk *walk, int r, int s)
{
    int k = walk->half[r + s] - walk->centre[r] + walk->reach, last = 2 * walk->reach;

    return walk->agree[(ptrdiff_t)r * (last + 1) + (k < 0 ? 0 : k > last ? last : k)];
}

/* from: where each state came from, or NULL. */
static void step(struct walk *walk, int r, unsigned char *from)
{
    const int *before = walk->best[(r - 1) & 1];
    int *now = walk->best[r & 1], up = walk->fewest[r] - walk->fewest[r - 1], n = walk->states;
    int most = NEVER, most_at = 0, next = 0;

    for (int i = 0; i < n; i++) {
        int same = i + up, code = FROM_SAME, top = same >= 0 && same < n ? before[same] : NEVER;

        for (; next < same && next < n; next++)
            if (before[next] >= most) {
                most = before[next];
                most_at = next;
            }
        if (most - walk->jump[r] > top && same - most_at < FROM_EXTRA) {
            top = most - walk->jump[r];
            code = same - most_at;
        }
        if (same + 1 >= 0 && same + 1 < n && before[same + 1] - walk->extra > top) {
            top = before[same + 1] - walk->extra;
            code = FROM_EXTRA;
        }
        now[i] = top + agree_at(walk, r, walk->fewest[r] + i);
        if (from != NULL)
            from[(ptrdiff_t)r * n + i] = (unsigned char)code;
    }
}

/* Px found on the best way down; *last: rows missing at its end, less the fewest. */
static int walk_down(struct walk *walk, double longer, double phase, unsigned char *from, int *last)
{
    int best = NEVER;

    set_states(walk, longer, phase);
    set_halves(walk);
    for (int i = 0; i < walk->states; i++)
        walk->best[0][i] = agree_at(walk, 0, walk->fewest[0] + i);
    for (int r = 1; r < walk->height; r++)
        step(walk, r, from);
    for (int i = 0; i < walk->states; i++) {
        if (walk->best[(walk->height - 1) & 1][i] > best) {
            best = walk->best[(walk->height - 1) & 1][i];
            *last = i;
        }
    }
    return best;
}

struct stretch {
    double longer, phase;
    int found;
};

static void try_stretch(struct walk *walk, double longer, struct stretch *best)
{
    for (int half = 0; half < 2; half++) {
        int last = 0, found = walk_down(walk, longer, half * 0.5, NULL, &last);

        if (found > best->found)
            *best = (struct stretch){ longer, half * 0.5, found };
    }
}

static struct stretch best_stretch(struct walk *walk)
{
    struct stretch best = { 0, 0, NEVER };

    for (int i = LONGER_LEAST; i <= LONGER_MOST; i++)
        try_stretch(walk, i * LONGER_STEP, &best);
    for (int i = 2; i <= LONGER_FINEST; i *= 2) {
        double middle = best.longer;

        try_stretch(walk, middle - LONGER_STEP / i, &best);
        try_stretch(walk, middle + LONGER_STEP / i, &best);
    }
    return best;
}

static void trace(const struct walk *walk, int i, int *missing)
{
    for (int r = walk->height - 1; r >= 0; r--) {
        int code = r > 0 ? walk->from[(ptrdiff_t)r * walk->states + i] : FROM_SAME;

        missing[r] = walk->fewest[r] + i;
        if (r > 0)
            i += walk->fewest[r] - walk->fewest[r - 1] + (code == FROM_EXTRA ? 1 : -code);
    }
}

static bool walk_ready(struct walk *walk)
{
    const size_t rows = (size_t)walk->height, wide = 2 * (size_t)walk->reach + 1;
    int *words = calloc((size_t)pixGetWpl(walk->page), sizeof(*words));
    bool ready = false;

    walk->states = walk->reach;
    walk->centre = calloc(rows, sizeof(*walk->centre));
    walk->jump = calloc(rows, sizeof(*walk->jump));
    walk->fewest = calloc(rows, sizeof(*walk->fewest));
    walk->half = calloc((size_t)walk->sent, sizeof(*walk->half));
    walk->agree = calloc(rows * wide, sizeof(*walk->agree));
    walk->from = calloc(rows * (size_t)walk->states, 1);
    for (int i = 0; i < 2; i++)
        walk->best[i] = calloc((size_t)walk->states, sizeof(int));
    if (words != NULL && walk->centre != NULL && walk->jump != NULL && walk->fewest != NULL && walk->half != NULL &&
        walk->agree != NULL && walk->from != NULL && walk->best[0] != NULL && walk->best[1] != NULL &&
        put_print(walk) && price_jumps(walk)) {
        find_centres(walk);
        for (int r = 0; r < walk->height; r++)
            agree_row(walk, r, words);
        ready = true;
    }
    free(words);
    return ready;
}

static void walk_free(struct walk *walk)
{
    pixDestroy(&walk->print);
    pixDestroy(&walk->bare);
    free(walk->centre);
    free(walk->agree);
    free(walk->jump);
    free(walk->fewest);
    free(walk->half);
    free(walk->from);
    free(walk->best[0]);
    free(walk->best[1]);
}

int rows_missing(const struct tsk_map *map, PIX *page, int *missing, double line[3])
{
    struct walk walk = { .map = map, .page = page, .height = pixGetHeight(page) };
    struct stretch stretch;
    int rc = -1, last = 0;

    walk.extra = (int)(EXTRA_MM * map->px_x);
    walk.reach = (int)ceil(2 * REACH_MM * map->px_y);
    walk.sent = 2 * walk.height + 8 * walk.reach;
    if (walk_ready(&walk)) {
        stretch = best_stretch(&walk);
        (void)walk_down(&walk, stretch.longer, stretch.phase, walk.from, &last);
        trace(&walk, last, missing);
        for (int i = 0; i < 3; i++)
            line[i] = map->av[i] * (1 + stretch.longer);
        line[0] += (walk.zero + stretch.phase - missing[0]) / map->px_y;
        for (int r = walk.height - 1, top = missing[0]; r >= 0; r--)
            missing[r] -= top;
        rc = 0;
    }
    walk_free(&walk);
    return rc;
}
