/* circle - what is measured around a printed word that may be circled */
#include <math.h>
#include <string.h>

#include "ocr/marks/features.h"

#define RAYS 64 /* a multiple of 8 */

/*
 * Rings are ellipses of many sizes. Each ray runs from an inner ellipse (a hasty ring cuts into a long word's ends) to an
 * outer one, at the same parameter, so that long words get as many rays at their ends as along their sides.
 */
static void cast_rays(const struct tsk_patch *patch, PIX *plane, struct tsk_rect word, double room_mm, bool hit[RAYS])
{
    double inner_x = 0.36 * word.w + 0.3, inner_y = 0.3 * word.h + 0.2;
    double outer_x = 0.5 * word.w + fmin(3.4 + 0.06 * word.w, fmax(room_mm, 2.4)), outer_y = 0.5 * word.h + 2.1;
    double cx = word.x + word.w / 2, cy = word.y + word.h / 2;

    for (int i = 0; i < RAYS; i++) {
        double t = 2 * M_PI * (i + 0.5) / RAYS, c = cos(t), s = sin(t);

        hit[i] = patch_ray(patch, plane, cx + c * inner_x, cy + s * inner_y, c * (outer_x - inner_x),
                           s * (outer_y - inner_y));
    }
}

static double quarter(const bool hit[RAYS], int middle)
{
    int hits = 0;

    for (int i = -RAYS / 8; i < RAYS / 8; i++)
        hits += hit[(middle + i + RAYS) % RAYS];
    return hits / (RAYS / 4.0);
}

void circle_measure(const struct tsk_patch *patch, const struct evidence *evidence, struct tsk_rect word,
                    double room_mm, struct circle_features *out)
{
    bool hit[RAYS];
    int total = 0;

    memset(out, 0, sizeof(*out));
    /* the flat top of a thin ring may look like a scratch, its ends cannot */
    cast_rays(patch, patch->foreign, word, room_mm, hit);
    out->bottom = quarter(hit, RAYS / 4);
    out->top = quarter(hit, RAYS / 4 * 3);
    cast_rays(patch, evidence->marks, word, room_mm, hit);
    out->right = quarter(hit, 0);
    out->left = quarter(hit, RAYS / 2);
    out->ring = (out->left + out->right + out->top + out->bottom) / 4;
    out->ends = fmin(out->left, out->right);
    out->inside = patch_ink(patch, evidence->marks, word, &total) / patch->px_per_mm_x / patch->px_per_mm_y;
    out->strikes =
        patch_strikes(patch, (struct tsk_rect){ word.x, word.y + 0.4, word.w, fmax(word.h - 0.8, 0.5) }, 0.5);
    out->printed = patch_printed(patch, word);
    out->error_mm = patch->error_mm;
}
