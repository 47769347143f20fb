/* blanks - rasters of the blank sheets and the ink samples by which they are recognised */
#include <stdlib.h>
#include <string.h>

#include "forms/raster.h"
#include "ocr/register/blank.h"

enum {
    INK_LEVEL = 150,  /* grey below this prints on a fax */
    BAND_POINTS = 36, /* of each half of a band */
    WINDOW_W = 18,    /* mm */
    WINDOW_H = 9,
    WINDOW_POINTS = 110,
    WINDOW_PAPER = 70,
    WINDOW_INK_MIN = 60, /* px: less says nothing about where it is */
    PAPER_NEAR = 3,      /* px: bare paper is sampled between these distances from ink */
    PAPER_FAR = 8,
    RULE_PX = 48 /* 6 mm: a straight stroke this long is a rule or a box, not a word */
};

const struct tsk_blank *tsk_blanks_of(const struct tsk_blanks *blanks, const struct tsk_form *form)
{
    for (size_t i = 0; i < blanks->count; i++)
        if (blanks->blanks[i].form == form)
            return &blanks->blanks[i];
    return NULL;
}

/* The pixels of word i of a row that lie within from..to. */
static l_uint32 word_between(const l_uint32 *row, int i, int from, int to)
{
    l_uint32 word = row[i];

    if (32 * i < from)
        word &= 0xffffffffu >> (from - 32 * i);
    if (32 * (i + 1) > to)
        word &= ~(0xffffffffu >> (to - 32 * i));
    return word;
}

static int count_region(const l_uint32 *data, int wpl, const int box[4])
{
    int total = 0;

    for (int y = box[1]; y < box[1] + box[3]; y++)
        for (int i = box[0] / 32; 32 * i < box[0] + box[2]; i++)
            total += __builtin_popcount(word_between(data + (size_t)y * (size_t)wpl, i, box[0], box[0] + box[2]));
    return total;
}

/* Takes up to want of the set pixels of a region of mask, spread evenly. */
int sample_region(PIX *mask, const int box[4], int want, struct blank_point *out)
{
    const l_uint32 *data = pixGetData(mask);
    int wpl = pixGetWpl(mask), total = count_region(data, wpl, box), seen = 0, taken = 0;

    if (want > total)
        want = total;
    for (int y = box[1]; taken < want && y < box[1] + box[3]; y++) {
        for (int i = box[0] / 32; taken < want && 32 * i < box[0] + box[2]; i++) {
            l_uint32 word = word_between(data + (size_t)y * (size_t)wpl, i, box[0], box[0] + box[2]);

            for (; word != 0 && taken < want; seen++) {
                int bit = __builtin_clz(word);

                word &= ~(0x80000000u >> bit);
                if ((int64_t)seen * want / total >= taken)
                    out[taken++] = (struct blank_point){ (int16_t)(32 * i + bit), (int16_t)y };
            }
        }
    }
    return taken;
}

static void make_bands(struct tsk_blank *blank, PIX *ink, struct blank_point **next)
{
    int w = pixGetWidth(ink), h = pixGetHeight(ink);

    for (int b = 0; b < BAND_COUNT; b++) {
        struct blank_band *band = &blank->bands[b];
        int top = h * b / BAND_COUNT, bottom = h * (b + 1) / BAND_COUNT;

        band->centre_y = (top + bottom) / 2.0 / BLANK_PX_PER_MM;
        for (int side = 0; side < 2; side++) {
            int box[4] = { side * (w / 2), top, w / 2, bottom - top };

            band->points[side] = *next;
            band->count[side] = sample_region(ink, box, BAND_POINTS, *next);
            *next += band->count[side];
        }
    }
}

static bool make_window(struct blank_window *window, PIX *ink, PIX *paper, const int box[4], struct blank_point **next)
{
    double x = 0, y = 0;
    int inks = 0;

    window->ink = *next;
    window->ink_count = inks = sample_region(ink, box, WINDOW_POINTS, *next);
    if (inks < WINDOW_INK_MIN)
        return false;
    for (int i = 0; i < inks; i++) {
        x += window->ink[i].x;
        y += window->ink[i].y;
    }
    window->x = x / inks / BLANK_PX_PER_MM;
    window->y = y / inks / BLANK_PX_PER_MM;
    *next += inks;
    window->paper = *next;
    window->paper_count = sample_region(paper, box, WINDOW_PAPER, *next);
    *next += window->paper_count;
    return true;
}

static size_t make_windows(struct blank_window *windows, PIX *ink, PIX *paper, struct blank_point **next)
{
    int w = pixGetWidth(ink), h = pixGetHeight(ink);
    size_t count = 0;

    for (int y = 0; y < h; y += WINDOW_H * BLANK_PX_PER_MM) {
        for (int x = 0; x < w; x += WINDOW_W * BLANK_PX_PER_MM) {
            int box[4] = { x, y, L_MIN(WINDOW_W * BLANK_PX_PER_MM, w - x), L_MIN(WINDOW_H * BLANK_PX_PER_MM, h - y) };

            count += make_window(&windows[count], ink, paper, box, next);
        }
    }
    return count;
}

/* Without what is long and straight. */
static PIX *words_of(PIX *ink)
{
    PIX *level = pixOpenBrick(NULL, ink, RULE_PX, 1), *upright = pixOpenBrick(NULL, ink, 1, RULE_PX), *words = NULL;

    if (level != NULL && upright != NULL) {
        pixOr(level, level, upright);
        pixDilateBrick(level, level, 3, 3);
        words = pixSubtract(NULL, ink, level);
    }
    pixDestroy(&level);
    pixDestroy(&upright);
    return words;
}

static void clear_prints_of(PIX *ink, const struct tsk_form *form)
{
    for (size_t i = 0; i < form->print_count; i++) {
        const struct tsk_rect *box = &form->prints[i].box;

        pixRasterop(ink, (int)((box->x - 0.5) * BLANK_PX_PER_MM), (int)((box->y - 0.5) * BLANK_PX_PER_MM),
                    (int)((box->w + 1) * BLANK_PX_PER_MM), (int)((box->h + 1) * BLANK_PX_PER_MM), PIX_CLR, NULL, 0, 0);
    }
}

/* Ink of any edition's own text is no part of the structure that all editions share. */
static void clear_prints(PIX *ink, const struct tsk_blanks *blanks, size_t sheet)
{
    for (size_t i = 0; i < blanks->count; i++)
        if (blanks->blanks[i].sheet == sheet)
            clear_prints_of(ink, blanks->blanks[i].form);
}

static PIX *paper_near_ink(PIX *ink)
{
    PIX *near = pixDilateBrick(NULL, ink, 2 * PAPER_NEAR + 1, 2 * PAPER_NEAR + 1);
    PIX *far = pixDilateBrick(NULL, ink, 2 * PAPER_FAR + 1, 2 * PAPER_FAR + 1);

    if (near != NULL && far != NULL)
        pixSubtract(far, far, near);
    pixDestroy(&near);
    return far;
}

static double lowest_ink_mm(PIX *ink)
{
    for (int y = pixGetHeight(ink) - 1; y > 0; y--) {
        int count = 0;

        pixCountPixelsInRow(ink, y, &count, NULL);
        if (count > 0)
            return (double)y / BLANK_PX_PER_MM;
    }
    return 0;
}

static int make_samples(struct tsk_blanks *blanks, size_t index, struct tsk_err *err)
{
    struct tsk_blank *blank = &blanks->blanks[index];
    PIX *ink = pixThresholdToBinary(blank->grey, INK_LEVEL), *paper = NULL, *words = NULL;
    size_t windows = 0, points = 0;
    struct blank_point *next = NULL;
    int rc = -1;

    if (ink == NULL)
        goto out;
    clear_prints(ink, blanks, index);
    blank->ink_bottom = lowest_ink_mm(ink);
    windows = (size_t)(pixGetWidth(ink) / (WINDOW_W * BLANK_PX_PER_MM) + 1) *
              (size_t)(pixGetHeight(ink) / (WINDOW_H * BLANK_PX_PER_MM) + 1);
    points = 2 * windows * (WINDOW_POINTS + WINDOW_PAPER) + (size_t)BAND_COUNT * 2 * BAND_POINTS;
    if ((paper = paper_near_ink(ink)) == NULL || (words = words_of(ink)) == NULL)
        goto out;
    blank->windows = calloc(windows, sizeof(*blank->windows));
    blank->checks = calloc(windows, sizeof(*blank->checks));
    blank->points = calloc(points, sizeof(*blank->points));
    if (blank->windows == NULL || blank->checks == NULL || blank->points == NULL)
        goto out;
    next = blank->points;
    make_bands(blank, ink, &next);
    blank->window_count = make_windows(blank->windows, ink, paper, &next);
    blank->check_count = make_windows(blank->checks, words, paper, &next);
    rc = 0;
out:
    if (rc != 0)
        tsk_fail(err, TSK_STOP, 0, "no memory for the blank of form %s", blank->form->id);
    pixDestroy(&words);
    pixDestroy(&paper);
    pixDestroy(&ink);
    return rc;
}

static size_t same_sheet(const struct tsk_blanks *blanks, size_t index)
{
    const struct tsk_form *form = blanks->blanks[index].form;

    for (size_t i = 0; i < index; i++)
        if (strcmp(blanks->blanks[i].form->id, form->id) == 0 &&
            strcmp(blanks->blanks[i].form->blank_path, form->blank_path) == 0)
            return i;
    return index;
}

static void share_samples(struct tsk_blank *blank, const struct tsk_blank *first)
{
    memcpy(blank->bands, first->bands, sizeof(blank->bands));
    blank->windows = first->windows;
    blank->window_count = first->window_count;
    blank->checks = first->checks;
    blank->check_count = first->check_count;
    blank->points = first->points;
    blank->ink_bottom = first->ink_bottom;
}

static int make_blank(struct tsk_blanks *blanks, size_t index, struct tsk_err *err)
{
    struct tsk_blank *blank = &blanks->blanks[index], *first = &blanks->blanks[blank->sheet];
    const double dpi = BLANK_PX_PER_MM * 25.4;
    PIX *grey = NULL;
    int rc = -1;

    if (tsk_form_blank_raster(blank->form, dpi, dpi, &grey, err) != 0)
        return -1;
    if (blank == first) {
        blank->grey = pixClone(grey);
        rc = make_samples(blanks, index, err);
    } else if ((rc = blank_differ(blank, first, grey, err)) == 0) {
        share_samples(blank, first);
    }
    pixDestroy(&grey);
    return rc == 0 ? blank_prints(blanks, index, err) : -1;
}

static void list_forms(struct tsk_blanks *blanks, const struct tsk_forms *forms)
{
    for (size_t i = 0; i < forms->count; i++) {
        const struct tsk_form *form = &forms->forms[i];

        blanks->blanks[i].form = form;
        blanks->blanks[i].sheet = same_sheet(blanks, i);
        blanks->page_w = form->page_w > blanks->page_w ? form->page_w : blanks->page_w;
        blanks->page_h = form->page_h > blanks->page_h ? form->page_h : blanks->page_h;
    }
    blanks->count = forms->count;
}

int tsk_blanks_new(struct tsk_blanks **out, const struct tsk_forms *forms, struct tsk_err *err)
{
    struct tsk_blanks *blanks = calloc(1, sizeof(*blanks));
    int rc = 0;

    *out = NULL;
    if (blanks != NULL)
        blanks->blanks = calloc(forms->count + 1, sizeof(*blanks->blanks));
    if (blanks == NULL || blanks->blanks == NULL) {
        free(blanks);
        return tsk_fail(err, TSK_STOP, 0, "no memory for the blank forms");
    }
    list_forms(blanks, forms);
    for (size_t i = 0; rc == 0 && i < forms->count; i++)
        rc = make_blank(blanks, i, err);
    if (rc == 0)
        *out = blanks;
    else
        tsk_blanks_free(&blanks);
    return rc;
}

void tsk_blanks_free(struct tsk_blanks **blanks)
{
    if (blanks == NULL || *blanks == NULL)
        return;
    for (size_t i = 0; i < (*blanks)->count; i++)
        blank_free(&(*blanks)->blanks[i], (*blanks)->blanks[i].sheet == i);
    free((*blanks)->blanks);
    free(*blanks);
    *blanks = NULL;
}
