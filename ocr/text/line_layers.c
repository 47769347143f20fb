#include "ocr/text/line_layers.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/wide.h"

#define STATE_MOST 100.0F
#define CURVE_MOST 32.0F /* from here on a curve is level */
#define EXPONENT_MOST 86.0F
#define EVEN 12582912.0F /* added and taken away again, it rounds */
#define ALIGNED 64

/* e to the x, of -87..87, to seven digits: two to a whole number, and a row of e to the rest. Plain, so that registers may be wide. */
static inline float exp_of(float x)
{
    const float twos = x * 1.44269504F + EVEN - EVEN, rest = x - twos * 0.693359375F + twos * 2.12194440e-4F;
    const int32_t bits = (int32_t)((uint32_t)((int32_t)twos + 127) << 23);
    float power;

    memcpy(&power, &bits, sizeof(power));
    return power * (1 + rest * (1 + rest / 2 * (1 + rest / 3 * (1 + rest / 4 * (1 + rest / 5 * (1 + rest / 6))))));
}

static inline float limited(float x, float most)
{
    x = x > most ? most : x;
    return x < -most ? -most : x;
}

static inline float logistic_of(float x)
{
    return 1 / (1 + exp_of(-limited(x, CURVE_MOST)));
}

static inline float tanh_of(float x)
{
    return 2 * logistic_of(2 * x) - 1;
}

/* Black and white of a line: a quarter of the way into the dark and the light extremes along its middle. */
static double quantile(const int counts[256], double share)
{
    int sum = 0, total = 0, index = 0;
    double target;

    for (int i = 0; i < 256; i++)
        total += counts[i];
    target = fmin(fmax(share * total, 1), total);
    while (index < 256 && sum < target)
        sum += counts[index++];
    return index > 0 ? index - (sum - target) / counts[index - 1] : 0;
}

static void black_and_white(PIX *grey, double *black, double *white)
{
    const l_uint32 *line = pixGetData(grey) + (ptrdiff_t)pixGetWpl(grey) * (pixGetHeight(grey) / 2);
    int dark[256] = { 0 }, light[256] = { 0 }, dark_count = 0, light_count = 0;

    for (int x = 1; x + 1 < pixGetWidth(grey); x++) {
        int before = GET_DATA_BYTE(line, x - 1), here = GET_DATA_BYTE(line, x), after = GET_DATA_BYTE(line, x + 1);

        if ((here < before && here <= after) || (here <= before && here < after)) {
            dark[here]++;
            dark_count++;
        }
        if ((here > before && here >= after) || (here >= before && here > after)) {
            light[here]++;
            light_count++;
        }
    }
    dark[0] += dark_count == 0;
    light[255] += light_count == 0;
    *black = quantile(dark, 0.25);
    *white = quantile(light, 0.75);
}

/* What each grey value is to the network. */
static void fill_levels(PIX *grey, int8_t levels[256])
{
    double black, white, contrast;

    black_and_white(grey, &black, &white);
    contrast = white > black ? (white - black) / 2 : 1;
    for (int i = 0; i < 256; i++) {
        double value = round((TSK_INT_MOST + 1) * ((i - black) / contrast - 1));

        levels[i] = (int8_t)fmin(fmax(value, -TSK_INT_MOST), TSK_INT_MOST);
    }
}

struct picture {
    int width, height;
    int8_t *at;
    uint64_t dice;
};

/* The network has learned with noise beyond the edges. */
static int8_t noise(struct picture *picture)
{
    picture->dice = picture->dice * 48271 % INT32_MAX;
    return (int8_t)lround(2.0 * TSK_INT_MOST * (double)picture->dice / INT32_MAX - TSK_INT_MOST);
}

static void take_taps(struct picture *picture, int x, int y, int8_t taps[TSK_LINE_TAPS])
{
    for (int dx = -1, k = 0; dx <= 1; dx++)
        for (int dy = -1; dy <= 1; dy++, k++)
            taps[k] = x + dx < 0 || x + dx >= picture->width || y + dy < 0 || y + dy >= picture->height
                          ? noise(picture)
                          : picture->at[(ptrdiff_t)(y + dy) * picture->width + x + dx];
}

static void keep_largest(const struct tsk_line_net *net, const int8_t taps[TSK_LINE_TAPS], int32_t *most)
{
    int32_t sums[TSK_LINE_MAPS];

    memcpy(sums, net->bias, sizeof(sums));
    for (int k = 0; k < TSK_LINE_TAPS; k++)
        for (int m = 0; m < TSK_LINE_MAPS; m++)
            sums[m] += net->taps[k][m] * taps[k];
    for (int m = 0; m < TSK_LINE_MAPS; m++)
        most[m] = sums[m] > most[m] ? sums[m] : most[m];
}

/* One row of the picture into the sums of the row of maps that it belongs to. */
TSK_WIDE static void convolve_row(const struct tsk_line_net *net, struct picture *picture, int y, int columns,
                                  int32_t *most)
{
    int8_t taps[TSK_LINE_TAPS];

    for (int x = 0; x < picture->width; x++) {
        take_taps(picture, x, y, taps);
        if (x < columns * TSK_LINE_POOL)
            keep_largest(net, taps, most + (ptrdiff_t)(x / TSK_LINE_POOL) * TSK_LINE_MAPS);
    }
}

/* The curve rises, so the largest before it is the largest behind it. */
TSK_WIDE static void end_row(const struct tsk_line_net *net, const int32_t *most, int columns, uint8_t *out)
{
    for (int x = 0; x < columns; x++, most += TSK_LINE_MAPS, out += TSK_LINE_MAPS)
        for (int m = 0; m < TSK_LINE_MAPS; m++)
            out[m] = tsk_int_of(tanh_of((float)most[m] * net->scales[m]));
}

static bool take_picture(const struct tsk_line_net *net, PIX *grey, struct picture *out)
{
    int8_t levels[256];

    *out = (struct picture){ .width = pixGetWidth(grey), .height = net->height, .dice = net->seed };
    out->at = calloc((size_t)out->width * (size_t)out->height, 1);
    if (out->at == NULL)
        return false;
    noise(out);
    fill_levels(grey, levels);
    for (int y = 0; y < out->height && y < pixGetHeight(grey); y++) {
        const l_uint32 *line = pixGetData(grey) + (ptrdiff_t)pixGetWpl(grey) * y;

        for (int x = 0; x < out->width; x++)
            out->at[(ptrdiff_t)y * out->width + x] = levels[GET_DATA_BYTE(line, x)];
    }
    return true;
}

struct tsk_line_maps tsk_line_convolve(const struct tsk_line_net *net, PIX *grey)
{
    struct tsk_line_maps maps = { net->height / TSK_LINE_POOL, pixGetWidth(grey) / TSK_LINE_POOL, NULL };
    const size_t row = (size_t)maps.columns * TSK_LINE_MAPS;
    struct picture picture = { 0 };
    int32_t *most = calloc(row + 1, sizeof(*most));

    if (most == NULL || row == 0 || !take_picture(net, grey, &picture))
        goto out;
    maps.at = calloc((size_t)maps.rows + 1, row);
    for (int y = 0; maps.at != NULL && y < maps.rows * TSK_LINE_POOL; y++) {
        for (size_t i = 0; i < row && y % TSK_LINE_POOL == 0; i++)
            most[i] = INT_MIN;
        convolve_row(net, &picture, y, maps.columns, most);
        if (y % TSK_LINE_POOL == TSK_LINE_POOL - 1)
            end_row(net, most, maps.columns, maps.at + (size_t)(y / TSK_LINE_POOL) * row);
    }
out:
    free(picture.at);
    free(most);
    return maps;
}

static size_t rounded(size_t size)
{
    return (size + ALIGNED - 1) / ALIGNED * ALIGNED;
}

size_t tsk_line_scratch(const struct tsk_line_memory *memory)
{
    return rounded(memory->gates.stride) + rounded(memory->gates.room * sizeof(float)) +
           rounded((size_t)memory->outputs * sizeof(float));
}

/* Gates are read, states changed; out gets the bytes. */
TSK_WIDE static void pass_gates(const float *restrict gates, int count, float *restrict states, uint8_t *restrict out)
{
    for (int i = 0; i < count; i++) {
        float in = tanh_of(gates[i]) * logistic_of(gates[count + i]);
        float state = states[i] * logistic_of(gates[2 * count + i]) + in;

        states[i] = limited(state, STATE_MOST);
        out[i] = tsk_int_of(tanh_of(states[i]) * logistic_of(gates[3 * count + i]));
    }
}

void tsk_line_remember(const struct tsk_line_memory *memory, const struct tsk_line_steps *steps, void *scratch)
{
    uint8_t *input = scratch, *said = input + memory->inputs;
    float *gates = (float *)(void *)(input + rounded(memory->gates.stride));
    float *states = gates + rounded(memory->gates.room * sizeof(float)) / sizeof(float);

    memset(input, TSK_INT_ZERO, memory->gates.stride);
    memset(states, 0, (size_t)memory->outputs * sizeof(float));
    for (int i = 0; i < steps->count; i++) {
        const size_t at = (size_t)(memory->backwards ? steps->count - 1 - i : i);

        memcpy(input, steps->in + at * steps->in_stride, (size_t)memory->inputs);
        tsk_int_matrix_times(&memory->gates, input, gates);
        pass_gates(gates, memory->outputs, states, said);
        if (!steps->last_only)
            memcpy(steps->out + at * steps->out_stride, said, (size_t)memory->outputs);
    }
    if (steps->last_only)
        memcpy(steps->out, said, (size_t)memory->outputs);
}

TSK_WIDE static void raise_all(float *values, int count, float most)
{
    for (int i = 0; i < count; i++)
        values[i] = exp_of(limited(values[i] - most, EXPONENT_MOST));
}

void tsk_line_softmax(float *values, int count)
{
    float most = values[0], sum = 0;

    for (int i = 1; i < count; i++)
        most = values[i] > most ? values[i] : most;
    raise_all(values, count, most);
    for (int i = 0; i < count; i++)
        sum += values[i];
    for (int i = 0; i < count; i++)
        values[i] /= sum;
}
