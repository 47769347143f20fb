/*
 * hits - rows that a disturbance on the line spoilt, put right by the rows on either side
 *
 * A row that was hit goes wrong from some place on, and with two-dimensional coding so do those that were coded by it: upright
 * strokes all over the page break off at one height, and black runs appear that hang together with nothing above or below.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/register/blank.h"

#define INK_LEVEL 150
#define BLOCK_PX 16    /* blank px between places that are mapped exactly */
#define STROKE_MM 0.75 /* of an upright stroke on either side of a gap; as much is empty on either side of a lone run */
#define DEEP_MM 0.55   /* rows that one hit spoils: a group of four of a fine page */
#define EXPLAINED_PX 4 /* print spreads so far */
#define BROKEN_LEAST 3 /* upright strokes of the print that end at one height; and what share of those that cross it */
#define BROKEN_SHARE 0.35
#define BROKEN_LEAST_COARSE 5 /* where a row is all that there is of many a stroke */
#define BROKEN_SHARE_COARSE 0.6
#define COARSE_PX 5.9     /* rows to a mm */
#define RUN_MM 1.2        /* letters have shorter level strokes, or a few longer ones */
#define LONE_LONG_MM 25.0 /* of such runs that stand alone: no pen draws that level */
#define LONE_MM 12.0      /* the same in several */
#define LONE_RUNS 4
#define LONE_HELPED_MM 5.0 /* the same where strokes of the print are broken as well */
#define BROKEN_HELPS 2
#define USUAL_TIMES 4
#define LOOK 8        /* rows either way that tell what is usual */
#define BESIDE_MM 4.0 /* beyond the first and last thing that is wrong in a row, others may be */

struct row {
    int strokes, broken; /* of the print, here */
    int lone, runs;      /* px that stand alone, in so many runs */
    int left, right;     /* words: of what is wrong */
    bool spoilt;
};

struct look {
    const struct tsk_map *map;
    int words, height, stroke, deep;
    PIX *print, *upright, *broken, *foreign, *lone;
    struct row *rows;
};

static void put_print_row(const struct look *look, const l_uint32 *line, int y, int width)
{
    const struct tsk_map *map = look->map;
    double my = (y + 0.5) / BLANK_PX_PER_MM, u = 0, v = 0, next_u = 0, next_v = 0;

    map_uv(map, 0.5 / BLANK_PX_PER_MM, my, &next_u, &next_v);
    for (int block = 0; block < width; block += BLOCK_PX) {
        u = next_u;
        v = next_v;
        map_uv(map, (block + BLOCK_PX + 0.5) / BLANK_PX_PER_MM, my, &next_u, &next_v);
        for (int x = block; x < block + BLOCK_PX && x < width; x++) {
            double part = (double)(x - block) / BLOCK_PX;

            if (GET_DATA_BYTE(line, x) < INK_LEVEL)
                pixSetPixel(look->print, (int)floor((u + (next_u - u) * part) * map->px_x),
                            (int)floor((v + (next_v - v) * part) * map->px_y), 1);
        }
    }
}

/* The print where the map says that it is. */
static bool put_print(struct look *look)
{
    int box[4] = { 0, 0, pixGetWidth(look->map->blank->grey), pixGetHeight(look->map->blank->grey) };
    PIX *grey = blank_clip(look->map->blank, box), *holes;

    if (grey == NULL || look->print == NULL) {
        pixDestroy(&grey);
        return false;
    }
    for (int y = 0; y < box[3]; y++)
        put_print_row(look, pixGetData(grey) + (size_t)y * (size_t)pixGetWpl(grey), y, box[2]);
    pixDestroy(&grey);
    /* pages have more px than the blank now and then */
    holes = pixDilateBrick(NULL, look->print, 2, look->map->px_y > 10 ? 3 : 2);
    pixDestroy(&look->print);
    look->print = holes;
    return holes != NULL;
}

static bool take_apart(struct look *look, PIX *page)
{
    PIX *wide = pixDilateBrick(NULL, page, 2 * EXPLAINED_PX + 1, 1);
    PIX *explained = NULL;

    if (wide != NULL && put_print(look)) {
        look->upright = pixErodeBrick(NULL, look->print, 1, 2 * look->stroke + 1);
        explained = pixDilateBrick(NULL, look->print, 2 * EXPLAINED_PX + 1, 2 * EXPLAINED_PX + 1);
    }
    if (look->upright != NULL && explained != NULL) {
        look->broken = pixSubtract(NULL, look->upright, wide);
        look->foreign = pixSubtract(NULL, page, explained);
    }
    pixDestroy(&wide);
    pixDestroy(&explained);
    look->lone = pixCreateTemplate(page);
    return look->broken != NULL && look->foreign != NULL && look->lone != NULL;
}

/* Ink of the rows from y on, deep of them, with nothing stroke rows above and below. */
static void find_lone(struct look *look, int y, int deep)
{
    const ptrdiff_t wpl = look->words;
    const l_uint32 *data = pixGetData(look->foreign);
    l_uint32 *out = pixGetData(look->lone);

    for (ptrdiff_t i = 0; i < wpl; i++) {
        l_uint32 ink = data[y * wpl + i] & data[(y + deep - 1) * wpl + i];

        for (int k = 1; ink != 0 && k <= look->stroke; k++)
            ink &= ~(data[(y - k) * wpl + i] | data[(y + deep - 1 + k) * wpl + i]);
        for (int k = 0; ink != 0 && k < deep; k++)
            out[(y + k) * wpl + i] |= ink & data[(y + k) * wpl + i];
    }
}

static int runs_of(const l_uint32 *row, int words, int *left, int *right)
{
    int runs = 0;
    l_uint32 before = 0;

    for (int i = 0; i < words; i++) {
        runs += __builtin_popcount(row[i] & ~(row[i] >> 1 | before << 31));
        before = row[i] & 1;
        if (row[i] != 0) {
            *left = i < *left ? i : *left;
            *right = i > *right ? i : *right;
        }
    }
    return runs;
}

/* Short runs are parts of letters: they are taken out, and the rest counted. */
static void count_lone(const struct look *look, l_uint32 *line, struct row *row)
{
    const int least = (int)(RUN_MM * look->map->px_x), width = look->words * 32;

    for (int x = 0; x < width; x++) {
        int from = x;

        if (line[x / 32] == 0) {
            x |= 31;
            continue;
        }
        while (x < width && GET_DATA_BIT(line, x))
            x++;
        if (x - from >= least) {
            row->lone += x - from;
            row->runs++;
            row->left = from / 32 < row->left ? from / 32 : row->left;
            row->right = (x - 1) / 32 > row->right ? (x - 1) / 32 : row->right;
            continue;
        }
        for (int k = from; k < x; k++)
            CLEAR_DATA_BIT(line, k);
    }
}

static void measure(struct look *look)
{
    for (int y = look->stroke; y + look->deep + look->stroke < look->height; y++)
        for (int deep = 1; deep <= look->deep; deep++)
            find_lone(look, y, deep);
    for (int y = 0; y < look->height; y++) {
        const size_t at = (size_t)y * (size_t)look->words;
        struct row *row = &look->rows[y];
        int left = 0, right = 0;

        *row = (struct row){ .left = look->words, .right = -1 };
        row->strokes = runs_of(pixGetData(look->upright) + at, look->words, &left, &right);
        row->broken = runs_of(pixGetData(look->broken) + at, look->words, &row->left, &row->right);
        count_lone(look, pixGetData(look->lone) + at, row);
    }
}

static int compare_int(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;

    return (x > y) - (x < y);
}

static void usual_around(const struct look *look, int y, int *broken, int *lone)
{
    int breaks[2 * LOOK + 1] = { 0 }, loners[2 * LOOK + 1] = { 0 }, count = 0;

    for (int k = y - LOOK; k <= y + LOOK; k++)
        if (k >= 0 && k < look->height) {
            breaks[count] = look->rows[k].broken;
            loners[count++] = look->rows[k].lone;
        }
    qsort(breaks, (size_t)count, sizeof(*breaks), compare_int);
    qsort(loners, (size_t)count, sizeof(*loners), compare_int);
    *broken = breaks[count / 3];
    *lone = loners[count / 3];
}

static bool is_coarse(const struct look *look)
{
    return look->map->px_y < COARSE_PX;
}

static bool is_spoilt(const struct look *look, int y)
{
    const struct row *row = &look->rows[y];
    const double px = look->map->px_x, share = is_coarse(look) ? BROKEN_SHARE_COARSE : BROKEN_SHARE;
    const int least = is_coarse(look) ? BROKEN_LEAST_COARSE : BROKEN_LEAST;
    int broken = 0, lone = 0;

    if (row->broken < least && row->lone < LONE_HELPED_MM * px)
        return false;
    usual_around(look, y, &broken, &lone);
    if (row->broken >= least && row->broken >= share * row->strokes && row->broken >= least - 1 + USUAL_TIMES * broken)
        return true;
    if (row->lone < USUAL_TIMES * lone)
        return false;
    return row->lone >= LONE_LONG_MM * px || (row->lone >= LONE_MM * px && row->runs >= LONE_RUNS) ||
           (row->lone >= LONE_HELPED_MM * px && row->broken >= BROKEN_HELPS + broken);
}

struct band {
    int first, end;  /* rows */
    int left, right; /* words */
};

static struct band band_of(const struct look *look, int first, int end)
{
    const int beside = (int)ceil(BESIDE_MM * look->map->px_x / 32);
    struct band band = { first, end, look->words, -1 };

    for (int y = first; y < end; y++) {
        band.left = look->rows[y].left < band.left ? look->rows[y].left : band.left;
        band.right = look->rows[y].right > band.right ? look->rows[y].right : band.right;
    }
    band.left = band.left - beside < 0 ? 0 : band.left - beside;
    band.right = band.right + beside >= look->words ? look->words - 1 : band.right + beside;
    return band;
}

/*
 * The upper half of the rows as the row above has it, the lower half as the one below. A row of a coarse page may be all that there
 * is of a stroke: there what stands alone goes, and what goes on above and below comes back.
 */
static void mend(const struct look *look, PIX *page, PIX *out, const struct band *band)
{
    const size_t wpl = (size_t)look->words;
    const l_uint32 *above = pixGetData(page) + (size_t)(band->first - 1) * wpl;
    const l_uint32 *below = pixGetData(page) + (size_t)band->end * wpl;

    for (int y = band->first; y < band->end; y++) {
        const l_uint32 *row = pixGetData(page) + (size_t)y * wpl, *lone = pixGetData(look->lone) + (size_t)y * wpl;
        const l_uint32 *near = 2 * (y - band->first) < band->end - band->first ? above : below;
        l_uint32 *to = pixGetData(out) + (size_t)y * wpl;

        for (int i = band->left; i <= band->right; i++)
            to[i] = is_coarse(look) ? (row[i] & ~lone[i]) | (above[i] & below[i]) : near[i];
    }
}

static int mend_all(struct look *look, PIX **page, unsigned char *spoilt)
{
    struct band band;
    PIX *out = NULL;
    int mended = 0;

    for (int y = 1; y + 1 < look->height; y++)
        look->rows[y].spoilt = is_spoilt(look, y);
    for (int y = 1; y + 1 < look->height;) {
        int end = y;

        while (end + 1 < look->height && (look->rows[end].spoilt || (end > y && look->rows[end + 1].spoilt)))
            end++;
        if (end > y && end - y <= 3 * look->deep) {
            if (out == NULL && (out = pixCopy(NULL, *page)) == NULL)
                return -1;
            band = band_of(look, y, end);
            mend(look, *page, out, &band);
            memset(spoilt + y, 1, (size_t)(end - y));
            mended += end - y;
        }
        y = end + 1;
    }
    if (out != NULL) {
        pixDestroy(page);
        *page = out;
    }
    return mended;
}

int page_mend_hits(struct tsk_map *map)
{
    struct look look = { .map = map,
                         .words = pixGetWpl(map->clean),
                         .height = pixGetHeight(map->clean),
                         .stroke = (int)fmax(2, lround(STROKE_MM * map->px_y)),
                         .deep = (int)fmax(2, lround(DEEP_MM * map->px_y)),
                         .print = pixCreateTemplate(map->clean) };
    int rc = -1;

    look.rows = calloc((size_t)look.height, sizeof(*look.rows));
    map->spoilt = calloc((size_t)look.height, 1);
    if (look.rows != NULL && map->spoilt != NULL && take_apart(&look, map->clean)) {
        measure(&look);
        rc = mend_all(&look, &map->clean, map->spoilt);
    }
    free(look.rows);
    pixDestroy(&look.print);
    pixDestroy(&look.upright);
    pixDestroy(&look.broken);
    pixDestroy(&look.foreign);
    pixDestroy(&look.lone);
    return rc;
}
