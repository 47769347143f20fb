/* picture - a box and what is around it as the network sees it, and what the network makes of it */
#include <math.h>
#include <string.h>

#include "ocr/marks/features.h"
#include "ocr/marks/marks.h"

#define REACH 1.15      /* of the box's longer side, from its centre to each edge of the picture */
#define PRINTED 0.6F    /* printed ink counts against page ink: what is left stands out, what is missing shows too */
#define TAPS 3          /* looks a pixel, each way */
#define LOGIT_MAX 12.0F /* beyond it a network is only loud */

static float share_at(PIX *pix, int x, int y)
{
    if (x < 0 || x >= pixGetWidth(pix) || y < 0 || y >= pixGetHeight(pix))
        return 0;
    return GET_DATA_BIT(pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix), x) ? 1.0F / (TAPS * TAPS) : 0;
}

void box_picture(const struct tsk_patch *patch, struct tsk_rect box, struct tsk_net_glyph *out)
{
    const double reach = REACH * fmax(box.w, box.h), step = 2 * reach / (TSK_NET_SIDE * TAPS);
    const double left = box.x + box.w / 2 - reach - patch->mm.x, top = box.y + box.h / 2 - reach - patch->mm.y;

    memset(out, 0, sizeof(*out));
    for (int j = 0; j < TSK_NET_SIDE * TAPS; j++) {
        int y = (int)floor((top + (j + 0.5) * step) * patch->px_per_mm_y);

        for (int i = 0; i < TSK_NET_SIDE * TAPS; i++) {
            int x = (int)floor((left + (i + 0.5) * step) * patch->px_per_mm_x);

            out->at[j / TAPS][i / TAPS] += fmaxf(share_at(patch->page, x, y) - share_at(patch->faults, x, y), 0) -
                                           PRINTED * share_at(patch->blank, x, y);
        }
    }
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
