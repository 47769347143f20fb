/* edition - which of several editions of one sheet this is: by the texts that differ between them */
#include <math.h>
#include <stdlib.h>

#include "ocr/register/blank.h"

#define PRINT_POINTS 150
#define PRINT_MIN 40

static PIX *clip_ink(PIX *grey, const struct tsk_rect *box)
{
    BOX *part = boxCreate((int)(box->x * BLANK_PX_PER_MM), (int)(box->y * BLANK_PX_PER_MM),
                          (int)ceil(box->w * BLANK_PX_PER_MM), (int)ceil(box->h * BLANK_PX_PER_MM));
    PIX *clip = pixClipRectangle(grey, part, NULL), *ink = clip == NULL ? NULL : pixThresholdToBinary(clip, 150);

    boxDestroy(&part);
    pixDestroy(&clip);
    return ink;
}

static void shift_points(struct blank_point *points, int count, const struct tsk_rect *box)
{
    for (int i = 0; i < count; i++) {
        points[i].x = (int16_t)(points[i].x + (int)(box->x * BLANK_PX_PER_MM));
        points[i].y = (int16_t)(points[i].y + (int)(box->y * BLANK_PX_PER_MM));
    }
}

/* How well this edition's own ink in box is found on the page; -1 when it prints nothing there. */
static double match_print(const struct tsk_blank *blank, const struct tsk_map *map, PIX *pix,
                          const struct tsk_rect *box)
{
    const struct search close = { 0.12, 0.12, 5, 5, 0.004 };
    struct blank_point ink[PRINT_POINTS], paper[PRINT_POINTS];
    struct blank_window window = { box->x + box->w / 2, box->y + box->h / 2, ink, paper, 0, 0 };
    PIX *print = clip_ink(blank->grey, box), *near = NULL;
    struct sample found;
    double score = -1;
    int all[4] = { 0, 0, 0, 0 };

    if (print == NULL || (near = pixDilateBrick(NULL, print, 5, 5)) == NULL)
        goto out;
    pixInvert(near, near);
    all[2] = pixGetWidth(print);
    all[3] = pixGetHeight(print);
    window.ink_count = sample_region(print, all, PRINT_POINTS, ink);
    window.paper_count = sample_region(near, all, PRINT_POINTS, paper);
    shift_points(ink, window.ink_count, box);
    shift_points(paper, window.paper_count, box);
    if (window.ink_count >= PRINT_MIN && find_window(map, pix, &window, &close, &found))
        score = found.score;
out:
    pixDestroy(&print);
    pixDestroy(&near);
    return score;
}

/* Every place at which any edition of the sheet prints something of its own is compared. */
static double match_edition(const struct tsk_blanks *blanks, const struct tsk_blank *blank, const struct tsk_map *map,
                            PIX *pix)
{
    double sum = 0;
    int count = 0;

    for (size_t i = 0; i < blanks->count; i++) {
        const struct tsk_form *form = blanks->blanks[i].form;

        for (size_t k = 0; blanks->blanks[i].sheet == blank->sheet && k < form->print_count; k++) {
            double score = form->prints[k].overridden ? match_print(blank, map, pix, &form->prints[k].box) : -1;

            if (score >= 0) {
                sum += score;
                count++;
            }
        }
    }
    return count > 0 ? sum / count : 0;
}

const struct tsk_form *edition_choose(const struct tsk_blanks *blanks, const struct tsk_map *map, PIX *pix,
                                      double *margin)
{
    const struct tsk_blank *best = map->blank;
    double best_score = -1, second = -1;

    for (size_t i = 0; i < blanks->count; i++) {
        double score = 0;

        if (blanks->blanks[i].sheet != map->blank->sheet)
            continue;
        score = match_edition(blanks, &blanks->blanks[i], map, pix);
        if (score > best_score) {
            second = best_score;
            best_score = score;
            best = &blanks->blanks[i];
        } else if (score > second) {
            second = score;
        }
    }
    *margin = second < 0 ? 1 : best_score - second;
    return best->form;
}
