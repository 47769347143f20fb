#include "ocr/digits/net.h"

#include <math.h>
#include <string.h>

static void conv1_at(const struct tsk_net *net, const struct tsk_net_glyph *in, int y, int x, float out[TSK_NET_MAPS1])
{
    memcpy(out, net->bias1, sizeof(net->bias1));
    for (int ky = 0; ky < TSK_NET_KERNEL1; ky++) {
        for (int kx = 0; kx < TSK_NET_KERNEL1; kx++) {
            const float v = in->at[y + ky][x + kx];
            const float *w = net->conv1[ky * TSK_NET_KERNEL1 + kx];
            if (v == 0.0F)
                continue;
            for (int c = 0; c < TSK_NET_MAPS1; c++)
                out[c] += v * w[c];
        }
    }
}

static void conv2_at(const struct tsk_net *net, const struct tsk_net_pass *pass, int y, int x, float out[TSK_NET_MAPS2])
{
    memcpy(out, net->bias2, sizeof(net->bias2));
    for (int k = 0; k < TSK_NET_KERNEL2 * TSK_NET_KERNEL2; k++) {
        const float *v = pass->pool1[y + k / TSK_NET_KERNEL2][x + k % TSK_NET_KERNEL2];
        for (int i = 0; i < TSK_NET_MAPS1; i++) {
            const float *w = net->conv2[k * TSK_NET_MAPS1 + i];
            if (v[i] == 0.0F)
                continue;
            for (int c = 0; c < TSK_NET_MAPS2; c++)
                out[c] += v[i] * w[c];
        }
    }
}

/* Keeps the largest of four and where it came from; starting from 0 is the rectifier. */
static void keep_larger(float *best, uint8_t *from, const float *candidate, int count, int where)
{
    for (int c = 0; c < count; c++) {
        if (candidate[c] > best[c]) {
            best[c] = candidate[c];
            from[c] = (uint8_t)where;
        }
    }
}

void tsk_net_forward_maps(const struct tsk_net *net, const struct tsk_net_glyph *in, struct tsk_net_pass *pass)
{
    float map[TSK_NET_MAPS2];

    memset(pass, 0, sizeof(*pass));
    for (int y = 0; y < TSK_NET_POOLED1; y++) {
        for (int x = 0; x < TSK_NET_POOLED1; x++) {
            for (int q = 0; q < 4; q++) {
                conv1_at(net, in, 2 * y + q / 2, 2 * x + q % 2, map);
                keep_larger(pass->pool1[y][x], pass->from1[y][x], map, TSK_NET_MAPS1, q);
            }
        }
    }
    for (int y = 0; y < TSK_NET_POOLED2; y++) {
        for (int x = 0; x < TSK_NET_POOLED2; x++) {
            for (int q = 0; q < 4; q++) {
                conv2_at(net, pass, 2 * y + q / 2, 2 * x + q % 2, map);
                keep_larger(pass->pool2[y][x], pass->from2[y][x], map, TSK_NET_MAPS2, q);
            }
        }
    }
}

void tsk_net_forward_hidden(const struct tsk_net *net, struct tsk_net_pass *pass)
{
    const float *flat = &pass->pool2[0][0][0];

    memcpy(pass->hidden, net->bias3, sizeof(net->bias3));
    for (int i = 0; i < TSK_NET_FLAT; i++) {
        if (flat[i] == 0.0F)
            continue;
        for (int h = 0; h < TSK_NET_HIDDEN; h++)
            pass->hidden[h] += flat[i] * net->full1[i][h];
    }
    for (int h = 0; h < TSK_NET_HIDDEN; h++) {
        if (pass->hidden[h] < 0.0F)
            pass->hidden[h] = 0.0F;
    }
}

void tsk_net_forward_logits(const struct tsk_net *net, struct tsk_net_pass *pass)
{
    memcpy(pass->logits, net->bias4, sizeof(net->bias4));
    for (int h = 0; h < TSK_NET_HIDDEN; h++) {
        for (int o = 0; o < TSK_NET_OUTPUTS; o++)
            pass->logits[o] += pass->hidden[h] * net->full2[h][o];
    }
}

void tsk_net_forward(const struct tsk_net *net, const struct tsk_net_glyph *in, struct tsk_net_pass *pass)
{
    tsk_net_forward_maps(net, in, pass);
    tsk_net_forward_hidden(net, pass);
    tsk_net_forward_logits(net, pass);
}

void tsk_net_classes(const float logits[TSK_NET_OUTPUTS], double sharpen, double p[TSK_NET_CLASSES])
{
    double top = logits[0], sum = 0;

    for (int c = 1; c < TSK_NET_CLASSES; c++)
        top = fmax(top, (double)logits[c]);
    for (int c = 0; c < TSK_NET_CLASSES; c++) {
        p[c] = exp(sharpen * ((double)logits[c] - top));
        sum += p[c];
    }
    for (int c = 0; c < TSK_NET_CLASSES; c++)
        p[c] /= sum;
}

double tsk_net_typed(const float logits[TSK_NET_OUTPUTS])
{
    return 1.0 / (1.0 + exp(-(double)logits[TSK_NET_TYPED]));
}

uint16_t tsk_half_from_float(float value)
{
    int exponent = 0;
    const uint16_t sign = signbit(value) ? 0x8000U : 0U;
    const double fraction =
        frexp(fabs((double)value), &exponent); /* value = fraction * 2^exponent, 0.5 <= fraction < 1 */
    long mantissa;

    if (value == 0.0F || exponent < -23)
        return sign;
    if (exponent < -13) /* subnormal */
        return (uint16_t)(sign | (uint16_t)lrint(ldexp(fraction, exponent + 24)));
    mantissa = lrint(ldexp(fraction, 11)); /* 1024 to 2048: rounding up may carry into the exponent, as it should */
    if (exponent > 16 || (exponent == 16 && mantissa == 2048))
        return sign | 0x7BFFU; /* the largest finite one: weights are never infinite */
    return (uint16_t)(sign | (((unsigned)(exponent + 13) << 10) + (unsigned)mantissa));
}

float tsk_half_to_float(uint16_t half)
{
    const int exponent = (half >> 10) & 0x1F;
    const int mantissa = half & 0x3FF;
    const double size = exponent == 0 ? ldexp(mantissa, -24) : ldexp(mantissa + 1024, exponent - 25);

    return (float)((half & 0x8000U) != 0 ? -size : size);
}
