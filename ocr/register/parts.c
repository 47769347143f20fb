/* parts - what an edition shows otherwise than the first edition of its sheet: 96 editions cost little more than four */
#include <stdlib.h>
#include <string.h>

#include "ocr/register/blank.h"

#define JOIN_PX 9         /* differences this close are one part */
#define PARTS_SHARE_MAX 4 /* more than one pixel in so many differs: the edition keeps its own raster */

static PIX *differences(PIX *first, PIX *own)
{
    PIX *off = pixAbsDifference(first, own), *any = off == NULL ? NULL : pixThresholdToBinary(off, 1);

    pixDestroy(&off);
    if (any != NULL)
        pixInvert(any, any); /* thresholding sets what lies below */
    return any;
}

static bool take_part(struct blank_part *part, PIX *grey, BOX *box)
{
    l_int32 w = 0, h = 0;

    boxGetGeometry(box, &part->x, &part->y, &w, &h);
    part->grey = pixClipRectangle(grey, box, NULL);
    return part->grey != NULL;
}

static int take_parts(struct tsk_blank *edition, PIX *grey, BOXA *boxes)
{
    l_int32 count = boxaGetCount(boxes);

    edition->parts = calloc((size_t)count + 1, sizeof(*edition->parts));
    for (l_int32 i = 0; edition->parts != NULL && i < count; i++) {
        BOX *box = boxaGetBox(boxes, i, L_CLONE);
        bool taken = box != NULL && take_part(&edition->parts[edition->part_count], grey, box);

        boxDestroy(&box);
        if (!taken)
            return -1;
        edition->part_count++;
    }
    return edition->parts != NULL ? 0 : -1;
}

static bool differ_much(const struct tsk_blank *first, PIX *grey, PIX *any)
{
    l_int32 count = 0;

    pixCountPixels(any, &count, NULL);
    return pixGetWidth(first->grey) != pixGetWidth(grey) || pixGetHeight(first->grey) != pixGetHeight(grey) ||
           (double)count * PARTS_SHARE_MAX > (double)pixGetWidth(grey) * pixGetHeight(grey);
}

int blank_differ(struct tsk_blank *edition, const struct tsk_blank *first, PIX *grey, struct tsk_err *err)
{
    PIX *any = differences(first->grey, grey), *joined = NULL;
    BOXA *boxes = NULL;
    int rc = -1;

    if (any == NULL)
        goto out;
    if (differ_much(first, grey, any)) {
        edition->grey = pixClone(grey);
        rc = 0;
        goto out;
    }
    edition->grey = pixClone(first->grey);
    joined = pixDilateBrick(NULL, any, JOIN_PX, JOIN_PX);
    boxes = joined == NULL ? NULL : pixConnComp(joined, NULL, 8);
    if (boxes != NULL)
        rc = take_parts(edition, grey, boxes);
out:
    if (rc != 0)
        tsk_fail(err, TSK_STOP, 0, "no memory for the blank of form %s", edition->form->id);
    boxaDestroy(&boxes);
    pixDestroy(&joined);
    pixDestroy(&any);
    return rc;
}

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

PIX *blank_clip(const struct tsk_blank *blank, int box[4])
{
    int w = pixGetWidth(blank->grey), h = pixGetHeight(blank->grey);
    int left = clamp(box[0], 0, w - 1), top = clamp(box[1], 0, h - 1);
    int right = clamp(box[0] + box[2], left + 1, w), bottom = clamp(box[1] + box[3], top + 1, h);
    PIX *clip = pixCreate(right - left, bottom - top, 8);

    box[0] = left;
    box[1] = top;
    box[2] = right - left;
    box[3] = bottom - top;
    if (clip == NULL)
        return NULL;
    pixRasterop(clip, 0, 0, box[2], box[3], PIX_SRC, blank->grey, left, top);
    for (size_t i = 0; i < blank->part_count; i++) {
        const struct blank_part *part = &blank->parts[i];

        pixRasterop(clip, part->x - left, part->y - top, pixGetWidth(part->grey), pixGetHeight(part->grey), PIX_SRC,
                    part->grey, 0, 0);
    }
    return clip;
}

void blank_free(struct tsk_blank *blank, bool first)
{
    pixDestroy(&blank->grey);
    for (size_t i = 0; i < blank->part_count; i++)
        pixDestroy(&blank->parts[i].grey);
    for (size_t i = 0; i < blank->print_count; i++)
        free(blank->prints[i].points);
    free(blank->parts);
    free(blank->prints);
    if (!first)
        return;
    free(blank->windows);
    free(blank->checks);
    free(blank->points);
}
