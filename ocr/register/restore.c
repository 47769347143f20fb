/* restore - a page into which the rows that never came are put, and the map laid anew on it */
#include <stdlib.h>
#include <string.h>

#include "ocr/register/blank.h"

#define BRIDGE_PX 1 /* that a stroke goes aside from one row to the next */
#define BETTER 0.02 /* words may be found so much worse, by chance */

struct restored {
    int height;
    int *source; /* by row: the one of the page as received, -1: it never came */
};

/* Of rows that would come to the same place, which one too many makes, the last. */
static bool lay_out(struct restored *out, const int *missing, int height)
{
    out->height = height;
    for (int r = 0; r < height; r++)
        out->height = r + missing[r] + 1 > out->height ? r + missing[r] + 1 : out->height;
    out->source = malloc((size_t)out->height * sizeof(*out->source));
    if (out->source == NULL)
        return false;
    for (int y = 0; y < out->height; y++)
        out->source[y] = -1;
    for (int r = 0; r < height; r++)
        if (r + missing[r] >= 0)
            out->source[r + missing[r]] = r;
    return true;
}

static void copy_row(PIX *to, int y, PIX *from, int r)
{
    const size_t words = (size_t)pixGetWpl(from);

    memcpy(pixGetData(to) + (size_t)y * words, pixGetData(from) + (size_t)r * words, words * sizeof(l_uint32));
}

static l_uint32 spread(const l_uint32 *row, int words, int i, int reach)
{
    uint64_t left = i > 0 ? row[i - 1] : 0, right = i + 1 < words ? row[i + 1] : 0, here = row[i];
    l_uint32 out = row[i];

    for (int k = 1; k <= reach; k++)
        out |= (l_uint32)((left << 32 | here) >> k) | (l_uint32)((here << 32 | right) << k >> 32);
    return out;
}

/* Strokes that go on from the row above to the row below, a little aside. What only one of them has may be a hit's own ink. */
static void bridge(l_uint32 *to, const l_uint32 *above, const l_uint32 *below, int words, int reach)
{
    for (int i = 0; i < words; i++)
        if (above[i] != 0 || below[i] != 0)
            to[i] = (above[i] & spread(below, words, i, reach)) | (below[i] & spread(above, words, i, reach));
}

/* The rows from y to before end never came. There is a row above: the first one of a page always came. */
static void fill_gap(struct restored *out, PIX *to, PIX *from, int y, int end)
{
    const size_t words = (size_t)pixGetWpl(from);
    const int above = out->source[y - 1], below = end < out->height ? out->source[end] : above;

    for (int k = y; k < end; k++) {
        out->source[k] = 2 * (k - y) < end - y ? above : below;
        bridge(pixGetData(to) + (size_t)k * words, pixGetData(from) + (size_t)above * words,
               pixGetData(from) + (size_t)below * words, (int)words, BRIDGE_PX + end - y);
    }
}

static void fill_rows(struct restored *out, PIX *to, PIX *from, unsigned char *spoilt)
{
    for (int y = 0, end; y < out->height; y = end + 1) {
        for (end = y; end < out->height && out->source[end] < 0; end++)
            spoilt[end] = ROW_NEVER_CAME;
        if (end > y && y > 0)
            fill_gap(out, to, from, y, end);
        if (end < out->height)
            copy_row(to, end, from, out->source[end]);
    }
}

static PIX *restored_page(struct restored *out, PIX *page, unsigned char **spoilt)
{
    PIX *to = pixCreate(pixGetWidth(page), out->height, 1);

    *spoilt = calloc((size_t)out->height, 1);
    if (to != NULL && *spoilt != NULL)
        fill_rows(out, to, page, *spoilt);
    else
        pixDestroy(&to);
    return to;
}

static int count_lost(const int *missing, int height)
{
    int lost = 0;

    for (int r = 1; r < height; r++)
        lost += missing[r] != missing[r - 1];
    return lost;
}

int map_restore_rows(struct tsk_map *map)
{
    const int height = pixGetHeight(map->clean);
    int *missing = calloc((size_t)height, sizeof(*missing));
    struct restored out = { 0 };
    struct tsk_map *again = malloc(sizeof(*again));
    unsigned char *spoilt = NULL;
    PIX *page = NULL;
    int rc = -1;

    if (missing == NULL || again == NULL)
        goto out;
    *again = *map;
    if (rows_missing(map, map->clean, missing, again->av) != 0)
        goto out;
    rc = 0;
    if (count_lost(missing, height) == 0)
        goto out;
    rc = -1;
    if (!lay_out(&out, missing, height) || (page = restored_page(&out, map->clean, &spoilt)) == NULL)
        goto out;
    again->height = out.height;
    memset(again->row_v, 0, sizeof(again->row_v));
    if (map_lay_again(again, page) != 0)
        goto out;
    rc = 0;
    if (again->matched < map->matched - BETTER)
        goto out;
    again->received = out.source;
    again->received_height = height;
    again->spoilt = spoilt;
    again->clean = page;
    again->steps = map->steps;
    again->broken = map->broken;
    pixDestroy(&map->clean);
    *map = *again;
    out.source = NULL;
    spoilt = NULL;
    page = NULL;
out:
    pixDestroy(&page);
    free(spoilt);
    free(out.source);
    free(again);
    free(missing);
    return rc;
}
