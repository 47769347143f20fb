/* faults - ink that nobody printed or wrote: vertical streaks of a dirty scanner glass, rows that a line hit broke */
#include <stdlib.h>

#include "ocr/register/blank.h"

#define STREAK_SHARE 0.45 /* of the page's rows */
#define STREAK_WIDE 4     /* px: wider runs across a streak's column are strokes */
#define ROW_RUN_MM 25.0   /* a run this long in a single row is no pen stroke */

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

PIX *faults_find(const struct tsk_page *page)
{
    PIX *faults = pixCreateTemplate(page->pix);
    int *column = count_columns(page->pix);

    if (faults != NULL && column != NULL) {
        mark_streaks(page->pix, faults, column);
        mark_rows(page->pix, faults, (int)(ROW_RUN_MM * tsk_page_px_per_mm_x(page) / 32));
    } else {
        pixDestroy(&faults);
    }
    free(column);
    return faults;
}
