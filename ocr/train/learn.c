#include "ocr/train/learn.h"

#include <math.h>
#include <string.h>

static const double smoothing_usual = 0.05, typed_share = 0.3, drop = 0.25;

static void fill(float *weights, size_t count, int inputs, struct tsk_random *random)
{
    const double reach = sqrt(6.0 / inputs);

    for (size_t i = 0; i < count; i++)
        weights[i] = (float)tsk_random_between(random, -reach, reach);
}

void tsk_learn_start(struct tsk_learner *learner, struct tsk_random *random)
{
    struct tsk_net *net = &learner->net;

    memset(learner, 0, sizeof(*learner));
    fill(&net->conv1[0][0], sizeof(net->conv1) / sizeof(float), TSK_NET_KERNEL1 * TSK_NET_KERNEL1, random);
    fill(&net->conv2[0][0], sizeof(net->conv2) / sizeof(float), TSK_NET_KERNEL2 * TSK_NET_KERNEL2 * TSK_NET_MAPS1,
         random);
    fill(&net->full1[0][0], sizeof(net->full1) / sizeof(float), TSK_NET_FLAT, random);
    fill(&net->full2[0][0], sizeof(net->full2) / sizeof(float), 2 * TSK_NET_HIDDEN, random);
    learner->mean = *net;
    learner->smoothing = smoothing_usual;
}

static double output_gradient(const struct tsk_net_pass *pass, const struct tsk_fax_sample *sample, double smoothing,
                              float out[TSK_NET_OUTPUTS])
{
    double p[TSK_NET_CLASSES], loss = 0;

    tsk_net_classes(pass->logits, 1, p);
    for (int c = 0; c < TSK_NET_CLASSES; c++) {
        const double want = smoothing / TSK_NET_CLASSES + (c == sample->label ? 1 - smoothing : 0);
        out[c] = (float)(p[c] - want);
        loss -= want * log(p[c] + 1e-12);
    }
    out[TSK_NET_TYPED] =
        sample->typed < 0 ? 0 : (float)(typed_share * (tsk_net_typed(pass->logits) - (sample->typed ? 0.97 : 0.03)));
    return loss;
}

/* Rows of weights times a vector: what each input had to do with it. */
static float row_dot(const float *row, const float *vector, int count)
{
    float sum = 0;

#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < count; i++)
        sum += row[i] * vector[i];
    return sum;
}

static void add_scaled(float *to, const float *vector, float by, int count)
{
    for (int i = 0; i < count; i++)
        to[i] += by * vector[i];
}

static void back_full(struct tsk_learner *learner, const struct tsk_net_pass *pass, const float *d_out,
                      const bool *kept, float d_flat[TSK_NET_FLAT])
{
    const float *flat = &pass->pool2[0][0][0];
    struct tsk_net *gradient = &learner->gradient;
    float d_hidden[TSK_NET_HIDDEN];

    add_scaled(gradient->bias4, d_out, 1, TSK_NET_OUTPUTS);
    for (int h = 0; h < TSK_NET_HIDDEN; h++) {
        const bool live = kept[h] && pass->hidden[h] > 0;
        add_scaled(gradient->full2[h], d_out, pass->hidden[h], TSK_NET_OUTPUTS);
        d_hidden[h] = live ? (float)(row_dot(learner->net.full2[h], d_out, TSK_NET_OUTPUTS) / (1 - drop)) : 0;
    }
    add_scaled(gradient->bias3, d_hidden, 1, TSK_NET_HIDDEN);
    for (int i = 0; i < TSK_NET_FLAT; i++) {
        d_flat[i] = 0;
        if (flat[i] == 0)
            continue; /* the rectifier was shut */
        add_scaled(gradient->full1[i], d_hidden, flat[i], TSK_NET_HIDDEN);
        d_flat[i] = row_dot(learner->net.full1[i], d_hidden, TSK_NET_HIDDEN);
    }
}

static void back_conv2_at(struct tsk_learner *learner, const struct tsk_net_pass *pass, int y, int x, const float *d,
                          float (*d_pool1)[TSK_NET_POOLED1][TSK_NET_MAPS1])
{
    add_scaled(learner->gradient.bias2, d, 1, TSK_NET_MAPS2);
    for (int k = 0; k < TSK_NET_KERNEL2 * TSK_NET_KERNEL2; k++) {
        const int yy = y + k / TSK_NET_KERNEL2, xx = x + k % TSK_NET_KERNEL2;
        for (int i = 0; i < TSK_NET_MAPS1; i++) {
            const float v = pass->pool1[yy][xx][i];
            if (v == 0)
                continue; /* neither its weight moves nor does anything pass the shut rectifier below */
            add_scaled(learner->gradient.conv2[k * TSK_NET_MAPS1 + i], d, v, TSK_NET_MAPS2);
            d_pool1[yy][xx][i] += row_dot(learner->net.conv2[k * TSK_NET_MAPS1 + i], d, TSK_NET_MAPS2);
        }
    }
}

static void back_conv2(struct tsk_learner *learner, const struct tsk_net_pass *pass, const float *d_flat,
                       float (*d_pool1)[TSK_NET_POOLED1][TSK_NET_MAPS1])
{
    for (int cell = 0; cell < TSK_NET_POOLED2 * TSK_NET_POOLED2; cell++) {
        const int y = cell / TSK_NET_POOLED2, x = cell % TSK_NET_POOLED2;
        for (int q = 0; q < 4; q++) {
            float d[TSK_NET_MAPS2];
            bool any = false;
            for (int c = 0; c < TSK_NET_MAPS2; c++) {
                const bool mine = pass->pool2[y][x][c] > 0 && pass->from2[y][x][c] == q;
                d[c] = mine ? d_flat[cell * TSK_NET_MAPS2 + c] : 0;
                any = any || mine;
            }
            if (any)
                back_conv2_at(learner, pass, 2 * y + q / 2, 2 * x + q % 2, d, d_pool1);
        }
    }
}

static void back_conv1_at(struct tsk_learner *learner, const struct tsk_net_glyph *in, int y, int x, const float *d)
{
    add_scaled(learner->gradient.bias1, d, 1, TSK_NET_MAPS1);
    for (int k = 0; k < TSK_NET_KERNEL1 * TSK_NET_KERNEL1; k++) {
        const float v = in->at[y + k / TSK_NET_KERNEL1][x + k % TSK_NET_KERNEL1];
        if (v != 0)
            add_scaled(learner->gradient.conv1[k], d, v, TSK_NET_MAPS1);
    }
}

static void back_conv1(struct tsk_learner *learner, const struct tsk_net_glyph *in, const struct tsk_net_pass *pass,
                       float (*d_pool1)[TSK_NET_POOLED1][TSK_NET_MAPS1])
{
    for (int cell = 0; cell < TSK_NET_POOLED1 * TSK_NET_POOLED1; cell++) {
        const int y = cell / TSK_NET_POOLED1, x = cell % TSK_NET_POOLED1;
        for (int q = 0; q < 4; q++) {
            float d[TSK_NET_MAPS1];
            bool any = false;
            for (int c = 0; c < TSK_NET_MAPS1; c++) {
                const bool mine = pass->pool1[y][x][c] > 0 && pass->from1[y][x][c] == q;
                d[c] = mine ? d_pool1[y][x][c] : 0;
                any = any || d[c] != 0;
            }
            if (any)
                back_conv1_at(learner, in, 2 * y + q / 2, 2 * x + q % 2, d);
        }
    }
}

void tsk_learn_sample(struct tsk_learner *learner, const struct tsk_fax_sample *sample, struct tsk_random *random)
{
    float d_out[TSK_NET_OUTPUTS], d_flat[TSK_NET_FLAT];
    float d_pool1[TSK_NET_POOLED1][TSK_NET_POOLED1][TSK_NET_MAPS1] = { 0 };
    struct tsk_net_pass pass;
    bool kept[TSK_NET_HIDDEN];

    tsk_net_forward_maps(&learner->net, &sample->glyph, &pass);
    tsk_net_forward_hidden(&learner->net, &pass);
    for (int h = 0; h < TSK_NET_HIDDEN; h++) {
        kept[h] = !tsk_random_chance(random, drop);
        pass.hidden[h] = kept[h] ? (float)(pass.hidden[h] / (1 - drop)) : 0;
    }
    tsk_net_forward_logits(&learner->net, &pass);
    learner->loss = 0.9995 * learner->loss + 0.0005 * output_gradient(&pass, sample, learner->smoothing, d_out);
    back_full(learner, &pass, d_out, kept, d_flat);
    back_conv2(learner, &pass, d_flat, d_pool1);
    back_conv1(learner, &sample->glyph, &pass, d_pool1);
}

void tsk_learn_step(struct tsk_learner *learner, int batch, double rate)
{
    float *weight = &learner->net.conv1[0][0], *mean = &learner->mean.conv1[0][0],
          *gradient = &learner->gradient.conv1[0][0];
    float *first = &learner->first.conv1[0][0], *second = &learner->second.conv1[0][0];
    const double steps = (double)++learner->steps;
    const float scale = (float)(rate * sqrt(1 - pow(0.999, steps)) / (1 - pow(0.9, steps)));
    const float fade = (float)fmin(0.999, (1 + steps) / (10 + steps)), share = 1.0F / (float)batch;

    for (size_t i = 0; i < TSK_NET_WEIGHTS; i++) {
        const float g = gradient[i] * share;
        first[i] = 0.9F * first[i] + 0.1F * g;
        second[i] = 0.999F * second[i] + 0.001F * g * g;
        weight[i] -= scale * first[i] / (sqrtf(second[i]) + 1e-7F);
        mean[i] = fade * mean[i] + (1 - fade) * weight[i];
    }
    memset(gradient, 0, sizeof(learner->gradient));
}
