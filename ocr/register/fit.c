/* fit - from found places to a map: a robust affine, what rows were lost, and what is left around each place */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/register/blank.h"

#define FIT_ROUNDS 12

struct normal { /* least squares of three unknowns */
    double a[3][3], b[3];
};

static void normal_add(struct normal *n, const double row[3], double value, double weight)
{
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            n->a[i][j] += weight * row[i] * row[j];
        n->b[i] += weight * row[i] * value;
    }
}

static bool normal_solve(struct normal *n, double out[3])
{
    for (int i = 0; i < 3; i++) {
        int pivot = i;

        for (int j = i + 1; j < 3; j++)
            if (fabs(n->a[j][i]) > fabs(n->a[pivot][i]))
                pivot = j;
        if (fabs(n->a[pivot][i]) < 1e-9)
            return false;
        for (int k = 0; k < 3; k++) {
            double keep = n->a[i][k];

            n->a[i][k] = n->a[pivot][k];
            n->a[pivot][k] = keep;
        }
        double keep = n->b[i];

        n->b[i] = n->b[pivot];
        n->b[pivot] = keep;
        for (int j = 0; j < 3; j++) {
            double factor = j == i ? 0 : n->a[j][i] / n->a[i][i];

            for (int k = 0; k < 3; k++)
                n->a[j][k] -= factor * n->a[i][k];
            n->b[j] -= factor * n->b[i];
        }
    }
    for (int i = 0; i < 3; i++)
        out[i] = n->b[i] / n->a[i][i];
    return true;
}

/* A pull towards "no stretch, no turn", worth a little of one sample a decimetre away: it holds a poor set of samples. */
static void normal_hold(struct normal *n, const double prior[3])
{
    const double at[3][3] = { { 1, 0, 0 }, { 1, 100, 0 }, { 1, 0, 100 } };

    for (int i = 0; i < 3; i++)
        normal_add(n, at[i], prior[0] + prior[1] * at[i][1] + prior[2] * at[i][2], 0.02);
}

static void fit_axis(const struct sample *samples, size_t count, bool vertical, double line[3])
{
    double scale = 4.0;

    for (int round = 0; round < FIT_ROUNDS; round++) {
        struct normal n = { 0 };
        double next[3];

        normal_hold(&n, line);
        for (size_t i = 0; i < count; i++) {
            double row[3] = { 1, samples[i].x, samples[i].y };
            double value = vertical ? samples[i].v : samples[i].u;
            double off = (value - line[0] - line[1] * row[1] - line[2] * row[2]) / scale;
            double weight = vertical ? samples[i].weight_v : samples[i].weight_u;

            normal_add(&n, row, value, weight / (1 + off * off) / (1 + off * off));
        }
        if (!normal_solve(&n, next))
            return;
        memcpy(line, next, sizeof(next));
        scale = fmax(0.5, scale * 0.75);
    }
}

struct weighted {
    double value, weight;
};

static int compare_weighted(const void *a, const void *b)
{
    double x = ((const struct weighted *)a)->value, y = ((const struct weighted *)b)->value;

    return (x > y) - (x < y);
}

/* Median, then the mean of what lies close to it: steps stay sharp and single outliers count nothing. */
static double middle(struct weighted *set, size_t count, double close, double *total)
{
    double sum = 0, half = 0, weight = 0, median = 0;

    *total = 0;
    for (size_t i = 0; i < count; i++)
        *total += set[i].weight;
    if (*total <= 0)
        return 0;
    qsort(set, count, sizeof(*set), compare_weighted);
    for (size_t i = 0; i < count && half * 2 < *total; i++) {
        half += set[i].weight;
        median = set[i].value;
    }
    for (size_t i = 0; i < count; i++) {
        if (fabs(set[i].value - median) <= close) {
            sum += set[i].value * set[i].weight;
            weight += set[i].weight;
        }
    }
    return weight > 0 ? sum / weight : median;
}

/* Nodes without samples of their own take the line between their neighbours, and the last value beyond the ends. */
static void fill_gaps(double *row, const double *weight)
{
    int last = -1;

    for (int i = 0; i < ROW_NODES; i++) {
        if (weight[i] <= 0)
            continue;
        for (int j = last + 1; j < i; j++)
            row[j] = last < 0 ? row[i] : row[last] + (row[i] - row[last]) * (j - last) / (i - last);
        last = i;
    }
    for (int j = last + 1; j < ROW_NODES; j++)
        row[j] = last < 0 ? 0 : row[last];
}

static void fit_rows(struct tsk_map *map, const struct sample *samples, size_t count, double reach_mm, bool vertical)
{
    struct weighted *near = calloc(count + 1, sizeof(*near));
    const double *line = vertical ? map->av : map->au;
    double *row = vertical ? map->row_v : map->row_u;
    double weights[ROW_NODES] = { 0 };

    memset(row, 0, sizeof(map->row_u));
    for (int i = 0; near != NULL && i < ROW_NODES; i++) {
        double at = ROW_TOP_MM + i * ROW_STEP_MM;
        size_t used = 0;

        for (size_t k = 0; k < count; k++) {
            const struct sample *s = &samples[k];
            double v = map->av[0] + map->av[1] * s->x + map->av[2] * s->y;
            double far = fabs(v - at) / reach_mm;
            double weight = vertical ? s->weight_v : s->weight_u;

            if (far < 1 && weight > 0)
                near[used++] = (struct weighted){ (vertical ? s->v : s->u) - line[0] - line[1] * s->x - line[2] * s->y,
                                                  weight * (1 - far * far) };
        }
        row[i] = middle(near, used, 0.4, &weights[i]);
        if (weights[i] < 0.25)
            weights[i] = 0;
    }
    fill_gaps(row, weights);
    free(near);
}

void fit_samples(struct tsk_map *map, const struct sample *samples, size_t count, double reach_mm)
{
    fit_axis(samples, count, false, map->au);
    fit_axis(samples, count, true, map->av);
    memset(map->node_u, 0, sizeof(map->node_u));
    memset(map->node_v, 0, sizeof(map->node_v));
    fit_rows(map, samples, count, reach_mm, false);
    fit_rows(map, samples, count, reach_mm, true);
}

static double between_rows(const double *row, double v)
{
    double at = (v - ROW_TOP_MM) / ROW_STEP_MM;
    int i = 0;

    if (at <= 0)
        return row[0];
    if (at >= ROW_NODES - 1)
        return row[ROW_NODES - 1];
    i = (int)at;
    return row[i] + (row[i + 1] - row[i]) * (at - i);
}

double map_row_shift(const struct tsk_map *map, double v)
{
    return between_rows(map->row_v, v);
}

static double between_nodes(const double *node, double x, double y)
{
    double ax = fmin(fmax(x / NODE_STEP_MM, 0), NODES_X - 1.001), ay = fmin(fmax(y / NODE_STEP_MM, 0), NODES_Y - 1.001);
    int ix = (int)ax, iy = (int)ay;
    const double *n = node + (size_t)iy * NODES_X + ix;
    double fx = ax - ix, fy = ay - iy;

    return (n[0] * (1 - fx) + n[1] * fx) * (1 - fy) + (n[NODES_X] * (1 - fx) + n[NODES_X + 1] * fx) * fy;
}

void map_uv(const struct tsk_map *map, double x, double y, double *u, double *v)
{
    double plain = map->av[0] + map->av[1] * x + map->av[2] * y;

    *u = map->au[0] + map->au[1] * x + map->au[2] * y + between_rows(map->row_u, plain) +
         between_nodes(map->node_u, x, y);
    *v = plain + between_rows(map->row_v, plain) + between_nodes(map->node_v, x, y);
}

#define NODE_REACH_MM 16.0
#define NODE_HOLD 0.6 /* weight of "no residual" against what the neighbourhood says */

#define WINDOW_LOST 0.3 /* score: below it a window hardly knows where it is */

struct rest { /* what the row model leaves of one sample */
    double x, y, u, v;
    double weight_u, weight_v;
    double lost; /* mm to add to the error where print was not found */
};

/* 1 on the spot, 0 at the end of reach. Residuals change faster down the page than across it. */
static double closeness(const struct rest *rest, double x, double y)
{
    double dx = (rest->x - x) / NODE_REACH_MM, dy = (rest->y - y) * 1.4 / NODE_REACH_MM;

    return fmax(1 - dx * dx - dy * dy, 0);
}

static int node_row(int node)
{
    return node / NODES_X;
}

static void fit_node(struct tsk_map *map, const struct rest *rest, size_t count, int node)
{
    double x = node % NODES_X * NODE_STEP_MM, y = node_row(node) * NODE_STEP_MM;
    double sum_u = 0, sum_v = 0, weight_u = 0, weight_v = 0, spread = 0, weight = 0;

    for (size_t i = 0; i < count; i++) {
        double close = closeness(&rest[i], x, y);

        if (close <= 0 || fabs(rest[i].u) > 0.8 || fabs(rest[i].v) > 0.8)
            continue;
        sum_u += close * rest[i].weight_u * rest[i].u;
        weight_u += close * rest[i].weight_u;
        sum_v += close * rest[i].weight_v * rest[i].v;
        weight_v += close * rest[i].weight_v;
    }
    map->node_u[node] = sum_u / (weight_u + NODE_HOLD);
    map->node_v[node] = sum_v / (weight_v + NODE_HOLD);
    for (size_t i = 0; i < count; i++) {
        double close = closeness(&rest[i], x, y);
        double off_u = rest[i].weight_u > 0.15 ? rest[i].u - map->node_u[node] : 0;
        double off_v = rest[i].weight_v > 0.15 ? rest[i].v - map->node_v[node] : 0;

        spread += close * fmin(sqrt(off_u * off_u + off_v * off_v) + rest[i].lost, 2.0);
        weight += close;
    }
    map->node_error[node] = weight > 0.2 ? spread / weight : -1;
}

void fit_nodes(struct tsk_map *map, const struct sample *samples, size_t count)
{
    const struct tsk_form *form = map->blank->form;
    struct rest *rest = calloc(count + 1, sizeof(*rest));

    memset(map->node_u, 0, sizeof(map->node_u));
    memset(map->node_v, 0, sizeof(map->node_v));
    for (int node = 0; node < NODES_X * NODES_Y; node++)
        map->node_error[node] = -1;
    if (rest == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        double u = 0, v = 0;

        map_uv(map, samples[i].x, samples[i].y, &u, &v);
        rest[i] = (struct rest){ samples[i].x,
                                 samples[i].y,
                                 samples[i].u - u,
                                 samples[i].v - v,
                                 samples[i].weight_u,
                                 samples[i].weight_v,
                                 fmax(1 - samples[i].score / WINDOW_LOST, 0) };
    }
    /* residuals above are of the row model alone: nodes were zero while they were taken */
    for (int node = 0; node < NODES_X * NODES_Y; node++)
        if (node % NODES_X * NODE_STEP_MM <= form->page_w + NODE_STEP_MM &&
            node_row(node) * NODE_STEP_MM <= form->page_h + NODE_STEP_MM)
            fit_node(map, rest, count, node);
    free(rest);
}
