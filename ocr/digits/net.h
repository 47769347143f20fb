/*
 * net - the convolutional network behind the digits: ten digits, "no digit", and printed or written
 *
 * Promise    One glyph of SIDE x SIDE, 0 white to 1 ink, gives OUTPUTS logits. Same weights and same glyph give the same
 *            floats on one machine; nothing is allocated and nothing is remembered between calls.
 * Shape      conv 5x5, max pool, conv 3x3, max pool, two full layers. Channels lie innermost, so the inner loops are plain
 *            vector sums and white pixels cost nothing.
 */
#ifndef TASUKI_OCR_DIGITS_NET_H
#define TASUKI_OCR_DIGITS_NET_H

#include <stddef.h>
#include <stdint.h>

enum {
    TSK_NET_SIDE = 28,
    TSK_NET_KERNEL1 = 5,
    TSK_NET_MAPS1 = 12,
    TSK_NET_POOLED1 = 12, /* (28 - 5 + 1) / 2 */
    TSK_NET_KERNEL2 = 3,
    TSK_NET_MAPS2 = 32,
    TSK_NET_POOLED2 = 5, /* (12 - 3 + 1) / 2 */
    TSK_NET_FLAT = TSK_NET_POOLED2 * TSK_NET_POOLED2 * TSK_NET_MAPS2,
    TSK_NET_HIDDEN = 64,
    TSK_NET_NO_DIGIT = 10, /* class 10, after the digits 0 to 9 */
    TSK_NET_CLASSES = 11,
    TSK_NET_TYPED = 11, /* its own logit: printed rather than written */
    TSK_NET_OUTPUTS = 12
};

/* Only floats, in the order of the weights file: the trainer and the loader treat it as one array. */
struct tsk_net {
    float conv1[TSK_NET_KERNEL1 * TSK_NET_KERNEL1][TSK_NET_MAPS1];
    float bias1[TSK_NET_MAPS1];
    float conv2[TSK_NET_KERNEL2 * TSK_NET_KERNEL2 * TSK_NET_MAPS1][TSK_NET_MAPS2];
    float bias2[TSK_NET_MAPS2];
    float full1[TSK_NET_FLAT][TSK_NET_HIDDEN];
    float bias3[TSK_NET_HIDDEN];
    float full2[TSK_NET_HIDDEN][TSK_NET_OUTPUTS];
    float bias4[TSK_NET_OUTPUTS];
};

#define TSK_NET_WEIGHTS (sizeof(struct tsk_net) / sizeof(float))

/* What a forward pass leaves behind; the trainer goes back through it. */
struct tsk_net_pass {
    float pool1[TSK_NET_POOLED1][TSK_NET_POOLED1][TSK_NET_MAPS1];
    uint8_t from1[TSK_NET_POOLED1][TSK_NET_POOLED1][TSK_NET_MAPS1]; /* which of the four, row by row */
    float pool2[TSK_NET_POOLED2][TSK_NET_POOLED2][TSK_NET_MAPS2];
    uint8_t from2[TSK_NET_POOLED2][TSK_NET_POOLED2][TSK_NET_MAPS2];
    float hidden[TSK_NET_HIDDEN];
    float logits[TSK_NET_OUTPUTS];
};

struct tsk_net_glyph {
    float at[TSK_NET_SIDE][TSK_NET_SIDE];
};

void tsk_net_forward(const struct tsk_net *net, const struct tsk_net_glyph *in, struct tsk_net_pass *pass);
/* The layers one by one, for a trainer that drops hidden units between them. */
void tsk_net_forward_maps(const struct tsk_net *net, const struct tsk_net_glyph *in, struct tsk_net_pass *pass);
void tsk_net_forward_hidden(const struct tsk_net *net, struct tsk_net_pass *pass);
void tsk_net_forward_logits(const struct tsk_net *net, struct tsk_net_pass *pass);

/* Softmax of the classes, sharpened: training with smoothed labels leaves the net more modest than it is right. */
void tsk_net_classes(const float logits[TSK_NET_OUTPUTS], double sharpen, double p[TSK_NET_CLASSES]);
double tsk_net_typed(const float logits[TSK_NET_OUTPUTS]);

/* IEEE 754 half precision, the weights' form on disk. */
uint16_t tsk_half_from_float(float value);
float tsk_half_to_float(uint16_t half);

#endif
