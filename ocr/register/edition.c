/* edition - which of several editions of one sheet this is: by the texts that differ between them */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/register/blank.h"

#define INK_LEVEL 150 /* grey below this is printed ink */
#define PRINT_POINTS 150
#define PRINT_MIN 40

static bool same_box(const struct tsk_rect *a, const struct tsk_rect *b)
{
    return fabs(a->x - b->x) < 0.05 && fabs(a->y - b->y) < 0.05 && fabs(a->w - b->w) < 0.05 && fabs(a->h - b->h) < 0.05;
}

static size_t add_place(struct tsk_rect *places, size_t count, const struct tsk_rect *box)
{
    for (size_t i = 0; i < count; i++)
        if (same_box(&places[i], box))
            return count;
    places[count] = *box;
    return count + 1;
}

/* Every place at which any edition of the sheet prints something of its own. */
static size_t places_of(const struct tsk_blanks *blanks, size_t sheet, struct tsk_rect **out)
{
    size_t most = 0, count = 0;

    for (size_t i = 0; i < blanks->count; i++)
        most += blanks->blanks[i].form->print_count;
    *out = calloc(most + 1, sizeof(**out));
    for (size_t i = 0; *out != NULL && i < blanks->count; i++) {
        const struct tsk_form *form = blanks->blanks[i].form;

        for (size_t k = 0; blanks->blanks[i].sheet == sheet && k < form->print_count; k++)
            if (form->prints[k].overridden)
                count = add_place(*out, count, &form->prints[k].box);
    }
    return count;
}

static void shift_points(struct blank_point *points, int count, const int box[4])
{
    for (int i = 0; i < count; i++) {
        points[i].x = (int16_t)(points[i].x + box[0]);
        points[i].y = (int16_t)(points[i].y + box[1]);
    }
}

/* What the edition shows in box; fewer than PRINT_MIN points of ink when it prints nothing there. */
static int sample_print(const struct tsk_blank *blank, const struct tsk_rect *box, struct blank_print *out)
{
    int px[4] = { (int)(box->x * BLANK_PX_PER_MM), (int)(box->y * BLANK_PX_PER_MM), (int)ceil(box->w * BLANK_PX_PER_MM),
                  (int)ceil(box->h * BLANK_PX_PER_MM) };
    PIX *grey = blank_clip(blank, px), *ink = NULL, *bare = NULL;
    struct blank_window *window = &out->window;
    int all[4] = { 0, 0, px[2], px[3] }, rc = -1;

    out->points = calloc((size_t)2 * PRINT_POINTS, sizeof(*out->points));
    if (grey == NULL || out->points == NULL || (ink = pixThresholdToBinary(grey, INK_LEVEL)) == NULL ||
        (bare = pixDilateBrick(NULL, ink, 5, 5)) == NULL)
        goto out;
    pixInvert(bare, bare);
    *window = (struct blank_window){
        .x = box->x + box->w / 2, .y = box->y + box->h / 2, .ink = out->points, .paper = out->points + PRINT_POINTS
    };
    window->ink_count = sample_region(ink, all, PRINT_POINTS, window->ink);
    window->paper_count = sample_region(bare, all, PRINT_POINTS, window->paper);
    shift_points(window->ink, window->ink_count, px);
    shift_points(window->paper, window->paper_count, px);
    rc = 0;
out:
    pixDestroy(&grey);
    pixDestroy(&ink);
    pixDestroy(&bare);
    return rc;
}

int blank_prints(struct tsk_blanks *blanks, size_t index, struct tsk_err *err)
{
    struct tsk_blank *blank = &blanks->blanks[index];
    struct tsk_rect *places = NULL;
    size_t count = places_of(blanks, blank->sheet, &places);
    int rc = 0;

    blank->prints = calloc(count + 1, sizeof(*blank->prints));
    if (places == NULL || blank->prints == NULL)
        rc = -1;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        blank->print_count = i + 1;
        rc = sample_print(blank, &places[i], &blank->prints[i]);
    }
    free(places);
    return rc == 0 ? 0 : tsk_fail(err, TSK_STOP, 0, "no memory for the blank of form %s", blank->form->id);
}

static double match_edition(const struct tsk_blank *blank, const struct tsk_map *map, PIX *pix)
{
    const struct search close = { 0.12, 0.12, 5, 5, 0.004 };
    double sum = 0;
    int count = 0;

    for (size_t i = 0; i < blank->print_count; i++) {
        struct sample found;

        if (blank->prints[i].window.ink_count < PRINT_MIN ||
            !find_window(map, pix, &blank->prints[i].window, &close, &found))
            continue;
        sum += found.score;
        count++;
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
        score = match_edition(&blanks->blanks[i], map, pix);
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
