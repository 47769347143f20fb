/* faults - ink that nobody printed or wrote: vertical streaks of a dirty scanner glass, rows that a line hit broke */
#include <stdlib.h>

#include "ocr/register/blank.h"

#define STREAK_SHARE 0.45 /* of the page's rows */
#define STREAK_WIDE 4     /* px: wider runs across a streak's column are strokes */
#define ROW_RUN_MM 25.0   /* a run this long in a single row is no pen stroke */

#define LONE_MM 8.0  /* of a row's ink that stands alone */
#define LONE_TIMES 4 /* what is usual */
#define LONE_LOOK 6  /* rows either way */

static int *count_columns(PIX *pix)
{
    const l_uint32 *data = pixGetData(pix);
    int wpl = pixGetWpl(pix), h = pixGetHeight(pix);
    int *column = calloc((size_t)wpl * 32, sizeof(*column));

    for (int y = 0; column != NULL && y < h; y++) {
        for (int i = 0; i < wpl; i++) {
            l_uint32 word = data[(size_t)y * (size_t)wpl + (size_t)i];

            while (word != 0) {
                int bit = __builtin_clz(word);

                column[i * 32 + bit]++;
                word &= ~(0x80000000u >> bit);
            }
        }
    }
    return column;
}

static int run_around(const l_uint32 *line, int x, int w)
{
    int left = x, right = x;

    while (left > 0 && x - left <= STREAK_WIDE && page_ink(line, 0, left - 1, 0))
        left--;
    while (right < w - 1 && right - x <= STREAK_WIDE && page_ink(line, 0, right + 1, 0))
        right++;
    return right - left + 1;
}

static void mark_streaks(PIX *pix, PIX *faults, const int *column)
{
    int w = pixGetWidth(pix), h = pixGetHeight(pix);

    for (int x = 0; x < w; x++) {
        if (column[x] < STREAK_SHARE * h)
            continue;
        for (int y = 0; y < h; y++) {
            const l_uint32 *line = pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);

            if (page_ink(line, 0, x, 0) && run_around(line, x, w) <= STREAK_WIDE)
                pixSetPixel(faults, x, y, 1);
        }
    }
}

static void mark_rows(PIX *pix, PIX *faults, int run_words)
{
    int wpl = pixGetWpl(pix), h = pixGetHeight(pix);

    for (int y = 0; y < h; y++) {
        const l_uint32 *line = pixGetData(pix) + (size_t)y * (size_t)wpl;
        int run = 0;

        for (int i = 0; i <= wpl; i++) {
            if (i < wpl && line[i] == 0xffffffffu) {
                run++;
                continue;
            }
            if (run >= run_words) {
                int left = (i - run) * 32, right = i * 32;

                while (left > 0 && page_ink(line, 0, left - 1, 0))
                    left--;
                while (right < pixGetWidth(pix) && page_ink(line, 0, right, 0))
                    right++;
                pixRasterop(faults, left, y, right - left, 1, PIX_SET, NULL, 0, 0);
            }
            run = 0;
        }
    }
}

/* Ink of a row that has none above and none below, px. */
static int lone_ink(PIX *pix, int y)
{
    int wpl = pixGetWpl(pix), count = 0;
    const l_uint32 *row = pixGetData(pix) + (size_t)y * (size_t)wpl, *above = row - wpl, *below = row + wpl;

    for (int i = 0; i < wpl; i++)
        count += __builtin_popcount(row[i] & ~above[i] & ~below[i]);
    return count;
}

static int compare_int(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;

    return (x > y) - (x < y);
}

/* The same of the rows close by: thin print and dust make up what is usual here. */
static int usual_around(const int *lone, int y, int h)
{
    int near[2 * LONE_LOOK] = { 0 }, count = 0;

    for (int k = y - LONE_LOOK; k <= y + LONE_LOOK; k++)
        if (k > 0 && k < h - 1 && k != y)
            near[count++] = lone[k];
    qsort(near, (size_t)count, sizeof(*near), compare_int);
    return count > 0 ? near[count / 2] : 0;
}

/* A row's ink as the rows above and below have it, who agree; where they do not, it stays. */
static void mend_row(PIX *from, PIX *to, int y)
{
    int wpl = pixGetWpl(from);
    const l_uint32 *row = pixGetData(from) + (size_t)y * (size_t)wpl, *above = row - wpl, *below = row + wpl;
    l_uint32 *out = pixGetData(to) + (size_t)y * (size_t)wpl;

    for (int i = 0; i < wpl; i++)
        out[i] = (above[i] & below[i]) | (row[i] & (above[i] | below[i]));
}

int page_mend_garbled(PIX **pix, double px_per_mm)
{
    int h = pixGetHeight(*pix), mended = 0, *lone = calloc((size_t)h, sizeof(*lone));
    PIX *out = NULL;

    if (lone == NULL)
        return -1;
    for (int y = 1; y < h - 1; y++)
        lone[y] = lone_ink(*pix, y);
    for (int y = 1; y < h - 1; y++) {
        if (lone[y] <= LONE_MM * px_per_mm || lone[y] <= LONE_TIMES * usual_around(lone, y, h))
            continue;
        if (out == NULL && (out = pixCopy(NULL, *pix)) == NULL)
            break;
        mend_row(*pix, out, y);
        mended++;
    }
    if (out != NULL) {
        pixDestroy(pix);
        *pix = out;
    }
    free(lone);
    return mended > 0 && out == NULL ? -1 : mended;
}

PIX *faults_find(PIX *page, double px_per_mm_x)
{
    PIX *faults = pixCreateTemplate(page);
    int *column = count_columns(page);

    if (faults != NULL && column != NULL) {
        mark_streaks(page, faults, column);
        mark_rows(page, faults, (int)(ROW_RUN_MM * px_per_mm_x / 32));
    } else {
        pixDestroy(&faults);
    }
    free(column);
    return faults;
}
