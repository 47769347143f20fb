/* picture - a box or a word and what is around it as a network sees it, and what the network makes of it */
#include <math.h>
#include <string.h>

#include "ocr/marks/features.h"
#include "ocr/marks/marks.h"

#define REACH 1.15    /* of the box's longer side, from its centre to each edge of the picture */
#define PRINTED 0.6F  /* printed ink counts against page ink: what is left stands out, what is missing shows too */
#define TAPS 3        /* looks a pixel, each way */
#define WORD_TAPS_X 9 /* a long word has many millimetres to a pixel */
#define WORD_MIN_MM 3.5
#define WORD_BESIDE_MM 3.2 /* what is seen left and right of a word, and above and below it */
#define WORD_ABOVE_MM 2.6
#define LOGIT_MAX 12.0F /* beyond it a network is only loud */

/*
 * One way across a picture: half of it shows the core, however long that is, a quarter the margin on each side. So a ring
 * round a long phrase looks like one round a short word.
 */
struct axis {
    double core_mm, length_mm, margin_mm;
    int taps;
};

static double along(const struct axis *axis, int tap)
{
    const double share = (tap + 0.5) / (TSK_NET_SIDE * axis->taps) * 4;

    if (share < 1)
        return axis->core_mm + (share - 1) * axis->margin_mm;
    if (share < 3)
        return axis->core_mm + (share - 1) / 2 * axis->length_mm;
    return axis->core_mm + axis->length_mm + (share - 3) * axis->margin_mm;
}

static const l_uint32 *row_of(PIX *pix, int y)
{
    return pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);
}

/* What one row of looks adds to a row of the picture. */
static void look_along(const struct tsk_patch *patch, const struct axis *across, int y, float share,
                       float line[TSK_NET_SIDE])
{
    const l_uint32 *page = row_of(patch->page, y), *faults = row_of(patch->faults, y), *blank = row_of(patch->blank, y);
    const int width = pixGetWidth(patch->page);

    for (int i = 0; i < TSK_NET_SIDE * across->taps; i++) {
        const int x = (int)floor((along(across, i) - patch->mm.x) * patch->px_per_mm_x);

        if (x < 0 || x >= width)
            continue;
        if (GET_DATA_BIT(page, x) && !GET_DATA_BIT(faults, x))
            line[i / across->taps] += share;
        if (GET_DATA_BIT(blank, x))
            line[i / across->taps] -= share * PRINTED;
    }
}

static void take_picture(const struct tsk_patch *patch, const struct axis *across, const struct axis *down,
                         struct tsk_net_glyph *out)
{
    const float share = 1.0F / (float)(across->taps * down->taps);

    memset(out, 0, sizeof(*out));
    for (int j = 0; j < TSK_NET_SIDE * down->taps; j++) {
        const int y = (int)floor((along(down, j) - patch->mm.y) * patch->px_per_mm_y);

        if (y >= 0 && y < pixGetHeight(patch->page))
            look_along(patch, across, y, share, out->at[j / down->taps]);
    }
}

void box_picture(const struct tsk_patch *patch, struct tsk_rect box, struct tsk_net_glyph *out)
{
    const double reach = REACH * fmax(box.w, box.h);
    const struct axis across = { box.x + box.w / 2 - reach / 2, reach, reach / 2, TAPS },
                      down = { box.y + box.h / 2 - reach / 2, reach, reach / 2, TAPS };

    take_picture(patch, &across, &down, out);
}

void word_picture(const struct tsk_patch *patch, struct tsk_rect word, struct tsk_net_glyph *out)
{
    const double wide = fmax(word.w, WORD_MIN_MM);
    const struct axis across = { word.x + (word.w - wide) / 2, wide, WORD_BESIDE_MM, WORD_TAPS_X },
                      down = { word.y, word.h, WORD_ABOVE_MM, TAPS };

    take_picture(patch, &across, &down, out);
}

static double bounded(float odds)
{
    return fminf(fmaxf(odds, -LOGIT_MAX), LOGIT_MAX);
}

void tsk_mark_picture_odds(const struct tsk_net *net, const struct tsk_net_glyph *picture, double *ink, double *struck)
{
    struct tsk_net_pass pass;
    float top, either;

    tsk_net_forward(net, picture, &pass);
    top = fmaxf(pass.logits[TSK_BOX_MARKED], pass.logits[TSK_BOX_STRUCK]);
    either = top + logf(expf(pass.logits[TSK_BOX_MARKED] - top) + expf(pass.logits[TSK_BOX_STRUCK] - top));
    *ink = bounded(either - pass.logits[TSK_BOX_EMPTY]);
    *struck = bounded(pass.logits[TSK_BOX_STRUCK] - pass.logits[TSK_BOX_MARKED]);
}
