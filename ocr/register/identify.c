/* identify - which blank this page is a copy of, and which way up */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/register/blank.h"

#define INK_CELLS_MIN 400 /* 1 cm2 of ink: less is a blank page */
#define COARSE_MIN 0.20
#define MATCHED_SURE 0.30
#define TRIES 3 /* candidates that are laid over the page in earnest */

struct candidate {
    size_t blank;
    bool turned;
    struct coarse coarse;
    double matched;
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

static int match(const struct tsk_blanks *blanks, struct tsk_page *page, struct candidate *candidate, PIX *turned,
                 struct tsk_err *err)
{
    struct tsk_page copy = *page;
    struct tsk_map *map = NULL;

    if (candidate->turned)
        copy.pix = turned;
    if (register_from_coarse(&blanks->blanks[candidate->blank], &copy, &candidate->coarse, &map, err) != 0)
        return -1;
    candidate->matched = map->matched;
    tsk_map_free(&map);
    return 0;
}

static void decide(const struct tsk_blanks *blanks, struct candidate *list, size_t tried, struct tsk_page *page,
                   PIX **turned, struct tsk_identified *out)
{
    struct candidate *best = &list[0];

    for (size_t i = 1; i < tried; i++)
        if (list[i].matched > best->matched)
            best = &list[i];
    out->score = fmin(fmax(best->matched, 0), 1);
    for (size_t i = 0; i < tried; i++)
        if (list[i].blank != best->blank && list[i].matched > out->runner_up)
            out->runner_up = fmin(list[i].matched, 1);
    if (best->matched < MATCHED_SURE) {
        out->reason = "no form of ours has this structure";
        return;
    }
    out->form = blanks->blanks[best->blank].form;
    if (best->turned) {
        out->rotation = 180;
        pixDestroy(&page->pix);
        page->pix = *turned;
        *turned = NULL;
    }
}

int tsk_identify(const struct tsk_blanks *blanks, struct tsk_page *page, struct tsk_identified *out,
                 struct tsk_err *err)
{
    struct candidate *list = calloc(2 * blanks->count + 1, sizeof(*list));
    struct cells cells = { 0 };
    PIX *turned = NULL;
    size_t count = 0, tried = 0;
    int rc = -1;

    *out = (struct tsk_identified){ .reason = "" };
    if (list == NULL || cells_new(&cells, page, page_skew(page), blanks->page_h + 30, err) != 0)
        goto out;
    rc = 0;
    if (cells.ink < INK_CELLS_MIN) {
        out->reason = "the page is blank";
        goto out;
    }
    count = gather(blanks, &cells, list);
    for (; tried < count && tried < TRIES && list[tried].coarse.score >= COARSE_MIN; tried++) {
        if (list[tried].turned && turned == NULL && (turned = pixRotate180(NULL, page->pix)) == NULL)
            rc = tsk_fail(err, TSK_RETRY, 0, "no memory to turn page %d", page->number);
        if (rc == 0)
            rc = match(blanks, page, &list[tried], turned, err);
        if (rc != 0)
            goto out;
        /* clearly ahead already: the others need no closer look */
        if (tried == 0 && list[0].matched > 0.45 && (count < 2 || list[0].coarse.score > list[1].coarse.score + 0.25)) {
            tried = 1;
            break;
        }
    }
    if (tried == 0)
        out->reason = "no form of ours has this structure";
    else
        decide(blanks, list, tried, page, &turned, out);
out:
    pixDestroy(&turned);
    cells_free(&cells);
    free(list);
    return rc;
}
