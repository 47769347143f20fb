/* identify - which blank this page is a copy of, and which way up */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/register/blank.h"

#define INK_CELLS_MIN 400 /* 1 cm2 of ink: less is a blank page */
#define COARSE_MIN 0.20
#define MATCHED_SURE 0.35 /* nothing else can be this page */
#define TRIES 3           /* candidates that are laid over the page in earnest */

struct candidate {
    size_t blank;
    bool turned;
    struct coarse coarse;
    struct tsk_map *map; /* of those that were tried */
};

static int compare_candidates(const void *a, const void *b)
{
    double x = ((const struct candidate *)a)->coarse.score, y = ((const struct candidate *)b)->coarse.score;

    return (x < y) - (x > y);
}

static size_t gather(const struct tsk_blanks *blanks, struct cells *cells, struct candidate *list)
{
    size_t count = 0;

    for (int turned = 0; turned < 2; turned++) {
        for (size_t i = 0; i < blanks->count; i++) {
            if (blanks->blanks[i].sheet != i)
                continue;
            list[count].blank = i;
            list[count].turned = turned;
            coarse_find(cells, &blanks->blanks[i], &list[count].coarse);
            count++;
        }
        cells_turn(cells);
    }
    qsort(list, count, sizeof(*list), compare_candidates);
    return count;
}

static int match(const struct tsk_blanks *blanks, const struct tsk_page *page, struct candidate *candidate,
                 PIX **turned, struct tsk_err *err)
{
    struct tsk_page copy = *page;

    if (candidate->turned && *turned == NULL && (*turned = pixRotate180(NULL, page->pix)) == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to turn page %d", page->number);
    if (candidate->turned)
        copy.pix = *turned;
    return register_from_coarse(&blanks->blanks[candidate->blank], &copy, &candidate->coarse, &candidate->map, err);
}

static struct candidate *best_of(struct candidate *list, size_t tried, struct tsk_identified *out)
{
    struct candidate *best = &list[0];

    for (size_t i = 1; i < tried; i++)
        if (list[i].map->matched > best->map->matched)
            best = &list[i];
    out->score = fmin(best->map->matched, 1);
    for (size_t i = 0; i < tried; i++)
        if (list[i].blank != best->blank && list[i].map->matched > out->runner_up)
            out->runner_up = fmin(list[i].map->matched, 1);
    return best;
}

/* The map of the candidate that was found, now of its edition, and with the page that it was laid on. */
static struct tsk_map *take_map(const struct tsk_blanks *blanks, struct candidate *best, const struct tsk_form *form,
                                PIX *upright)
{
    struct tsk_map *map = best->map;

    best->map = NULL;
    map->blank = tsk_blanks_of(blanks, form);
    map->clean = pixClone(upright);
    return map;
}

/* clean: the page without specks, as received. *map: of the form that was found. */
static int try_candidates(const struct tsk_blanks *blanks, struct candidate *list, size_t count,
                          const struct tsk_page *clean, struct tsk_identified *out, struct tsk_map **map,
                          struct tsk_err *err)
{
    struct candidate *best = NULL;
    PIX *turned = NULL; /* clean upside down, if it was needed */
    size_t tried = 0;
    int rc = 0;

    while (rc == 0 && tried < count && tried < TRIES && list[tried].coarse.score >= COARSE_MIN) {
        rc = match(blanks, clean, &list[tried], &turned, err);
        if (rc == 0 && list[tried++].map->matched >= MATCHED_SURE)
            break;
    }
    if (rc == 0 && tried > 0)
        best = best_of(list, tried, out);
    if (best == NULL || best->map->matched < MATCHED_MIN) {
        out->reason = "no form of ours has this structure";
    } else {
        PIX *upright = best->turned ? turned : clean->pix;

        out->rotation = best->turned ? 180 : 0;
        out->form = edition_choose(blanks, best->map, upright, &out->edition_margin);
        *map = take_map(blanks, best, out->form, upright);
    }
    pixDestroy(&turned);
    for (size_t i = 0; i < tried; i++)
        tsk_map_free(&list[i].map);
    return rc;
}

static int turn_page(struct tsk_page *page, struct tsk_err *err)
{
    PIX *turned = pixRotate180(NULL, page->pix);

    if (turned == NULL)
        return tsk_fail(err, TSK_RETRY, 0, "no memory to turn page %d", page->number);
    pixDestroy(&page->pix);
    page->pix = turned;
    return 0;
}

int tsk_identify(const struct tsk_blanks *blanks, struct tsk_page *page, struct tsk_identified *out,
                 struct tsk_err *err)
{
    struct tsk_map *map = NULL;
    int rc = tsk_locate(blanks, page, out, &map, err);

    tsk_map_free(&map);
    return rc;
}

int tsk_locate(const struct tsk_blanks *blanks, struct tsk_page *page, struct tsk_identified *out, struct tsk_map **map,
               struct tsk_err *err)
{
    struct candidate *list = calloc(2 * blanks->count + 1, sizeof(*list));
    struct tsk_page clean = *page;
    struct cells cells = { 0 };
    bool noisy = false;
    int rc = -1;

    *map = NULL;
    *out = (struct tsk_identified){ .reason = "" };
    clean.pix = page_without_specks(page);
    if (list == NULL || clean.pix == NULL) {
        tsk_fail(err, TSK_RETRY, 0, "no memory to identify page %d", page->number);
        goto out;
    }
    noisy = clean.pix != page->pix;
    if (cells_new(&cells, &clean, page_skew(&clean), blanks->page_h + 30, err) != 0)
        goto out;
    rc = 0;
    if (cells.ink < INK_CELLS_MIN)
        out->reason = "the page is blank";
    else
        rc = try_candidates(blanks, list, gather(blanks, &cells, list), &clean, out, map, err);
    if (rc == 0 && out->rotation == 180)
        rc = turn_page(page, err);
    if (rc == 0 && *map != NULL)
        rc = map_complete(*map, page, noisy, err);
out:
    if (rc != 0)
        tsk_map_free(map);
    pixDestroy(&clean.pix);
    cells_free(&cells);
    free(list);
    return rc;
}
