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
#define NARROW_PX 2   /* print is found so far aside, where the map is exact */
#define LEVEL_MM 3.0  /* longer level strokes of the print are rules */
#define GAP_SHARE 0.3 /* of a part of a row's print that is not found */
#define GAP_MORE 0.2  /* than is usual here */
#define GAP_MM 2.5    /* of print that is missing beyond that share */
#define GAP_NEXT 0.5  /* times as much beside a spoilt row */
#define BESIDE_MM 4.0 /* beyond the first and last thing that is wrong in a row, others may be */

struct row {
    int strokes, broken; /* of the print, here */
    int lone, runs;      /* px that stand alone, in so many runs */
    int core, missing;   /* px of print that must be here, and of it what is not */
    int left, right;     /* words: of what is wrong */
    bool spoilt;
};

struct look { /* at the page as received, row by row */
    const struct tsk_map *map;
    PIX *page;
    int words, height, stroke, deep;
    PIX *print, *upright, *broken, *foreign, *lone;
    PIX *core, *missing; /* print with print above and below it, and what of it is not found */
    struct row *rows;
};

static bool is_coarse(const struct look *look)
{
    return look->map->px_y < COARSE_PX;
}

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

/* The print without the rows that never came. */
static bool drop_rows(struct look *look)
{
    const struct tsk_map *map = look->map;
    PIX *out = map->received != NULL ? pixCreateTemplate(look->page) : NULL;

    if (map->received == NULL)
        return true;
    for (int y = 0; out != NULL && y < map->height; y++)
        if (!map->spoilt[y])
            memcpy(pixGetData(out) + (size_t)map->received[y] * (size_t)look->words,
                   pixGetData(look->print) + (size_t)y * (size_t)look->words, (size_t)look->words * sizeof(l_uint32));
    pixDestroy(&look->print);
    look->print = out;
    return out != NULL;
}

/* What of the print may be a row off and is still there. A level rule may not. */
static PIX *core_of(const struct look *look)
{
    PIX *level = pixOpenBrick(NULL, look->print, (int)(LEVEL_MM * look->map->px_x), 1), *out = NULL;

    if (level != NULL) {
        pixSubtract(level, look->print, level);
        out = pixErodeBrick(NULL, level, 1, 3);
    }
    pixDestroy(&level);
    return out;
}

static bool take_apart(struct look *look)
{
    PIX *page = look->page, *wide = pixDilateBrick(NULL, page, 2 * EXPLAINED_PX + 1, 1);
    PIX *explained = NULL, *narrow = pixDilateBrick(NULL, page, 2 * NARROW_PX + 1, 1);

    if (wide != NULL && put_print(look) && drop_rows(look)) {
        look->upright = pixErodeBrick(NULL, look->print, 1, 2 * look->stroke + 1);
        explained = pixDilateBrick(NULL, look->print, 2 * EXPLAINED_PX + 1, 2 * EXPLAINED_PX + 1);
        look->core = core_of(look);
    }
    if (look->core != NULL && narrow != NULL)
        look->missing = pixSubtract(NULL, look->core, narrow);
    if (look->upright != NULL && explained != NULL) {
        look->broken = pixSubtract(NULL, look->upright, wide);
        look->foreign = pixSubtract(NULL, page, explained);
    }
    pixDestroy(&wide);
    pixDestroy(&explained);
    pixDestroy(&narrow);
    look->lone = pixCreateTemplate(page);
    return look->missing != NULL && look->broken != NULL && look->foreign != NULL && look->lone != NULL;
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

static int count_row(PIX *pix, int y)
{
    const l_uint32 *row = pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);
    int count = 0;

    for (int i = 0; i < pixGetWpl(pix); i++)
        count += __builtin_popcount(row[i]);
    return count;
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
        row->core = count_row(look->core, y);
        row->missing = count_row(look->missing, y);
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

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The share of print that is not found in the rows around: pale pages lose some everywhere. */
static double usual_missing(const struct look *look, int y)
{
    double shares[2 * LOOK + 1] = { 0 };
    size_t count = 0;

    for (int k = y - LOOK; k <= y + LOOK; k++)
        if (k >= 0 && k < look->height && look->rows[k].core > 0)
            shares[count++] = (double)look->rows[k].missing / look->rows[k].core;
    qsort(shares, count, sizeof(*shares), compare_double);
    return shares[count / 2];
}

/* Is print missing in a part of the row? Only a page that got its rows back is laid so exactly, and no coarse one. */
static bool has_gap(const struct look *look, int y, struct row *row, double least)
{
    const l_uint32 *core, *missing;
    double share, sum = 0;
    int from = 0;

    if (look->map->received == NULL || is_coarse(look) || row->missing < least)
        return false;
    core = pixGetData(look->core) + (size_t)y * (size_t)look->words;
    missing = pixGetData(look->missing) + (size_t)y * (size_t)look->words;
    share = fmax(GAP_SHARE, usual_missing(look, y) + GAP_MORE);
    for (int i = 0; i < look->words; i++) {
        sum += __builtin_popcount(missing[i]) - share * __builtin_popcount(core[i]);
        if (sum <= 0) {
            sum = 0;
            from = i + 1;
        } else if (sum >= least) {
            row->left = from < row->left ? from : row->left;
            row->right = look->words - 1;
            return true;
        }
    }
    return false;
}

static bool is_spoilt(const struct look *look, int y)
{
    struct row *row = &look->rows[y];
    const double px = look->map->px_x, share = is_coarse(look) ? BROKEN_SHARE_COARSE : BROKEN_SHARE;
    const int least = is_coarse(look) ? BROKEN_LEAST_COARSE : BROKEN_LEAST;
    int broken = 0, lone = 0;

    if (has_gap(look, y, row, GAP_MM * look->map->px_x))
        return true;
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
    int first, end;  /* rows of clean */
    int left, right; /* words: of what is wrong in rows that came */
};

static const struct row *row_of(const struct look *look, int y)
{
    return &look->rows[look->map->received != NULL ? look->map->received[y] : y];
}

static bool is_wrong(const struct look *look, int y)
{
    return look->map->spoilt[y] == ROW_NEVER_CAME || row_of(look, y)->spoilt;
}

static struct band band_of(const struct look *look, int first, int end)
{
    const int beside = (int)ceil(BESIDE_MM * look->map->px_x / 32);
    struct band band = { first, end, look->words, -1 };

    for (int y = first; y < end; y++) {
        const struct row *row = row_of(look, y);

        band.left = row->left < band.left ? row->left : band.left;
        band.right = row->right > band.right ? row->right : band.right;
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
        const size_t came = (size_t)(look->map->received != NULL ? look->map->received[y] : y);
        const l_uint32 *row = pixGetData(page) + (size_t)y * wpl, *lone = pixGetData(look->lone) + came * wpl;
        const l_uint32 *near = 2 * (y - band->first) < band->end - band->first ? above : below;
        bool never_came = look->map->spoilt[y] == ROW_NEVER_CAME, keeps = is_coarse(look) && !never_came;
        l_uint32 *to = pixGetData(out) + (size_t)y * wpl;

        for (int i = never_came ? 0 : band->left; i <= (never_came ? look->words - 1 : band->right); i++)
            to[i] = keeps ? (row[i] & ~lone[i]) | (above[i] & below[i]) : near[i];
    }
}

static int end_of_band(const struct look *look, int y)
{
    int end = y;

    while (end + 1 < look->map->height && (is_wrong(look, end) || (end > y && is_wrong(look, end + 1))))
        end++;
    return end;
}

/* Beside a row that is spoilt, as in a group of rows that were coded by one another, less tells the same. */
static void judge_rows(const struct look *look)
{
    const double least = GAP_NEXT * GAP_MM * look->map->px_x;

    for (int y = 1; y + 1 < look->height; y++)
        look->rows[y].spoilt = is_spoilt(look, y);
    for (int y = 2; y + 1 < look->height; y++)
        if (!look->rows[y].spoilt && look->rows[y - 1].spoilt)
            look->rows[y].spoilt = has_gap(look, y, &look->rows[y], least);
    for (int y = look->height - 3; y > 0; y--)
        if (!look->rows[y].spoilt && look->rows[y + 1].spoilt)
            look->rows[y].spoilt = has_gap(look, y, &look->rows[y], least);
}

static bool any_spoilt(const struct look *look, int first, int end)
{
    for (int y = first; y < end; y++)
        if (row_of(look, y)->spoilt)
            return true;
    return false;
}

/* Of rows that came. */
static void note_spoilt(unsigned char *spoilt, int first, int end)
{
    for (int y = first; y < end; y++)
        if (spoilt[y] == ROW_SOUND)
            spoilt[y] = ROW_SPOILT;
}

static int mend_all(struct look *look, struct tsk_map *map)
{
    PIX *out = pixCopy(NULL, map->clean);
    unsigned char *spoilt = calloc((size_t)map->height, 1);
    int mended = 0;

    if (out == NULL || spoilt == NULL) {
        pixDestroy(&out);
        free(spoilt);
        return -1;
    }
    memcpy(spoilt, map->spoilt, (size_t)map->height);
    judge_rows(look);
    for (int y = 1, end; y + 1 < map->height; y = end + 1) {
        end = end_of_band(look, y);
        if (end > y && end - y <= 3 * look->deep && any_spoilt(look, y, end)) {
            struct band band = band_of(look, y, end);

            mend(look, map->clean, out, &band);
            note_spoilt(spoilt, y, end);
            mended += end - y;
        }
    }
    pixDestroy(&map->clean);
    map->clean = out;
    free(map->spoilt);
    map->spoilt = spoilt;
    return mended;
}

int page_mend_hits(struct tsk_map *map, PIX *received)
{
    struct look look = { .map = map,
                         .page = received,
                         .words = pixGetWpl(received),
                         .height = pixGetHeight(received),
                         .stroke = (int)fmax(2, lround(STROKE_MM * map->px_y)),
                         .deep = (int)fmax(2, lround(DEEP_MM * map->px_y)),
                         .print = pixCreateTemplate(map->clean) };
    int rc = -1;

    look.rows = calloc((size_t)look.height, sizeof(*look.rows));
    if (map->spoilt == NULL)
        map->spoilt = calloc((size_t)pixGetHeight(map->clean), 1);
    if (look.rows != NULL && map->spoilt != NULL && take_apart(&look)) {
        measure(&look);
        rc = mend_all(&look, map);
    }
    free(look.rows);
    pixDestroy(&look.print);
    pixDestroy(&look.upright);
    pixDestroy(&look.core);
    pixDestroy(&look.missing);
    pixDestroy(&look.broken);
    pixDestroy(&look.foreign);
    pixDestroy(&look.lone);
    return rc;
}
