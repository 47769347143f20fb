/* evidence - a patch's ink without what no pen has left */
#include <string.h>

#include "ocr/marks/features.h"

#define SCRATCH_ROWS 3 /* two rows, and one for the page's skew */
#define SCRATCH_LONG 2 /* times its height */

static bool no_stroke(BOX *box)
{
    l_int32 w = 0, h = 0;

    boxGetGeometry(box, NULL, NULL, &w, &h);
    return (w <= 2 && h <= 2) || (h <= SCRATCH_ROWS && w >= SCRATCH_LONG * h);
}

/* The components of foreign that are no strokes, as a mask. */
static PIX *scratches_of(PIX *foreign)
{
    PIXA *parts = NULL;
    BOXA *boxes = pixConnComp(foreign, &parts, 8);
    PIX *out = pixCreateTemplate(foreign);

    for (l_int32 i = 0; out != NULL && boxes != NULL && i < boxaGetCount(boxes); i++) {
        BOX *box = boxaGetBox(boxes, i, L_CLONE);
        PIX *part = pixaGetPix(parts, i, L_CLONE);
        l_int32 x = 0, y = 0, w = 0, h = 0;

        if (box != NULL && part != NULL && no_stroke(box)) {
            boxGetGeometry(box, &x, &y, &w, &h);
            pixRasterop(out, x, y, w, h, PIX_PAINT, part, 0, 0);
        }
        boxDestroy(&box);
        pixDestroy(&part);
    }
    boxaDestroy(&boxes);
    pixaDestroy(&parts);
    return out;
}

int evidence_new(struct evidence *out, const struct tsk_patch *patch)
{
    /* on a sound page a short level stroke may be all that is seen of a mark that lies on the box's own wall */
    PIX *scratches = patch->broken ? scratches_of(patch->foreign) : pixCreateTemplate(patch->foreign);

    out->marks = scratches == NULL ? NULL : pixSubtract(NULL, patch->foreign, scratches);
    out->page = scratches == NULL ? NULL : pixSubtract(NULL, patch->page, scratches);
    pixDestroy(&scratches);
    if (out->marks != NULL && out->page != NULL)
        return 0;
    evidence_free(out);
    return -1;
}

void evidence_free(struct evidence *evidence)
{
    pixDestroy(&evidence->marks);
    pixDestroy(&evidence->page);
}
