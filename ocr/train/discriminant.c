#include "ocr/train/discriminant.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ocr/train/random.h"

#define N TSK_SHAPE_FEATURES
#define K TSK_SHAPE_DIMENSIONS
#define FACES TSK_SHAPE_FACES
#define BATCH 64
#define ROUNDS 60
#define SHRINK 0.02 /* of the mean variance, added to each: what few samples say of 516 dimensions is not all true */

struct tsk_discriminant {
    size_t letters;
    double (*sums)[FACES][N];
    long (*counts)[FACES];
    double (*products)[N]; /* sum of x x', lower half */
    float batch[BATCH][N];
    int batched;
};

int tsk_discriminant_new(struct tsk_discriminant **out, size_t letters, struct tsk_err *err)
{
    struct tsk_discriminant *d = calloc(1, sizeof(*d));

    *out = d;
    if (d == NULL || (d->sums = calloc(letters, sizeof(*d->sums))) == NULL ||
        (d->counts = calloc(letters, sizeof(*d->counts))) == NULL ||
        (d->products = calloc(N, sizeof(*d->products))) == NULL) {
        tsk_discriminant_free(out);
        return tsk_fail(err, TSK_STOP, 0, "no memory for the discriminant");
    }
    d->letters = letters;
    return 0;
}

void tsk_discriminant_free(struct tsk_discriminant **discriminant)
{
    struct tsk_discriminant *d = *discriminant;

    if (d == NULL)
        return;
    free(d->sums);
    free(d->counts);
    free(d->products);
    free(d);
    *discriminant = NULL;
}

static void flush(struct tsk_discriminant *d)
{
    for (int i = 0; i < N; i++) {
        float row[N] = { 0 };

        for (int b = 0; b < d->batched; b++) {
            const float x = d->batch[b][i];

            for (int k = 0; x != 0 && k <= i; k++)
                row[k] += x * d->batch[b][k];
        }
        for (int k = 0; k <= i; k++)
            d->products[i][k] += (double)row[k];
    }
    d->batched = 0;
}

void tsk_discriminant_add(struct tsk_discriminant *d, size_t letter, int face, const float features[N])
{
    for (int i = 0; i < N; i++)
        d->sums[letter][face][i] += (double)features[i];
    d->counts[letter][face]++;
    memcpy(d->batch[d->batched++], features, sizeof(d->batch[0]));
    if (d->batched == BATCH)
        flush(d);
}

struct scatter {
    double within[N][N]; /* becomes its Cholesky factor */
    double among[N][N];
    double mean[N];
    double basis[K][N], image[K][N];
};

static long letter_mean(const struct tsk_discriminant *d, size_t letter, double mean[N])
{
    long count = 0;

    memset(mean, 0, N * sizeof(*mean));
    for (int f = 0; f < FACES; f++) {
        count += d->counts[letter][f];
        for (int i = 0; i < N; i++)
            mean[i] += d->sums[letter][f][i];
    }
    for (int i = 0; i < N; i++)
        mean[i] /= count > 0 ? (double)count : 1;
    return count;
}

static void scatter_of(const struct tsk_discriminant *d, struct scatter *s)
{
    double mean[N], ridge = 0;
    long all = 0, known = 0;

    for (size_t c = 0; c < d->letters; c++) {
        long count = letter_mean(d, c, mean);

        known += count > 0;
        for (int i = 0; i < N && count > 0; i++)
            s->mean[i] += mean[i];
    }
    for (int i = 0; i < N; i++) {
        s->mean[i] /= (double)known;
        memcpy(s->within[i], d->products[i], (size_t)(i + 1) * sizeof(double));
    }
    for (size_t c = 0; c < d->letters; c++) {
        long count = letter_mean(d, c, mean);

        all += count;
        for (int i = 0; i < N && count > 0; i++)
            for (int k = 0; k <= i; k++) {
                s->within[i][k] -= (double)count * mean[i] * mean[k];
                s->among[i][k] += (mean[i] - s->mean[i]) * (mean[k] - s->mean[k]) / (double)known;
            }
    }
    for (int i = 0; i < N; i++)
        ridge += s->within[i][i] / (double)all / N * SHRINK;
    for (int i = 0; i < N; i++)
        for (int k = 0; k <= i; k++) {
            s->within[i][k] = s->within[i][k] / (double)all + (i == k ? ridge : 0);
            s->among[k][i] = s->among[i][k];
        }
}

/* within = L L', in place, lower half */
static void factor(double a[N][N])
{
    for (int i = 0; i < N; i++)
        for (int k = 0; k <= i; k++) {
            double sum = a[i][k];

            for (int m = 0; m < k; m++)
                sum -= a[i][m] * a[k][m];
            a[i][k] = i == k ? sqrt(fmax(sum, 1e-12)) : sum / a[k][k];
        }
}

static void solve_lower(double l[N][N], double x[N])
{
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < i; k++)
            x[i] -= l[i][k] * x[k];
        x[i] /= l[i][i];
    }
}

static void solve_upper(double l[N][N], double x[N])
{
    for (int i = N - 1; i >= 0; i--) {
        x[i] /= l[i][i];
        for (int k = 0; k < i; k++)
            x[k] -= l[i][k] * x[i];
    }
}

/* y = inverse(L) among inverse(L') x */
static void apply(struct scatter *s, const double x[N], double y[N])
{
    double inner[N];

    memcpy(inner, x, sizeof(inner));
    solve_upper(s->within, inner);
    for (int i = 0; i < N; i++) {
        y[i] = 0;
        for (int k = 0; k < N; k++)
            y[i] += s->among[i][k] * inner[k];
    }
    solve_lower(s->within, y);
}

static void orthonormal(double rows[K][N])
{
    for (int i = 0; i < K; i++) {
        double length = 0;

        for (int j = 0; j < i; j++) {
            double dot = 0;

            for (int k = 0; k < N; k++)
                dot += rows[i][k] * rows[j][k];
            for (int k = 0; k < N; k++)
                rows[i][k] -= dot * rows[j][k];
        }
        for (int k = 0; k < N; k++)
            length += rows[i][k] * rows[i][k];
        for (int k = 0; k < N; k++)
            rows[i][k] /= sqrt(fmax(length, 1e-30));
    }
}

/* Orthogonal iteration: the rows turn towards the directions of largest discrimination, the first fastest. */
static void find_basis(struct scatter *s)
{
    struct tsk_random random = tsk_random_new(1);

    for (int i = 0; i < K; i++)
        for (int k = 0; k < N; k++)
            s->basis[i][k] = tsk_random_between(&random, -1, 1);
    orthonormal(s->basis);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < K; i++)
            apply(s, s->basis[i], s->image[i]);
        memcpy(s->basis, s->image, sizeof(s->basis));
        orthonormal(s->basis);
    }
    for (int i = 0; i < K; i++)
        solve_upper(s->within, s->basis[i]);
}

static void project_means(const struct tsk_discriminant *d, const struct scatter *s, float *out)
{
    for (size_t c = 0; c < d->letters; c++) {
        double all[N];

        letter_mean(d, c, all);
        for (int f = 0; f < FACES; f++)
            for (int i = 0; i < K; i++) {
                double sum = 0;

                for (int k = 0; k < N; k++) {
                    double x = d->counts[c][f] > 0 ? d->sums[c][f][k] / (double)d->counts[c][f] : all[k];

                    sum += s->basis[i][k] * (x - s->mean[k]);
                }
                *out++ = (float)sum;
            }
    }
}

int tsk_discriminant_write(struct tsk_discriminant *d, const uint32_t *runes, const char *path, struct tsk_err *err)
{
    struct scatter *s = calloc(1, sizeof(*s));
    float *projection = calloc((size_t)K * (1 + N), sizeof(*projection));
    float *means = calloc(d->letters * FACES * K, sizeof(*means));
    struct tsk_shapes_made made = { runes, d->letters, projection, means };
    int rc = -1;

    if (s == NULL || projection == NULL || means == NULL) {
        tsk_fail(err, TSK_STOP, 0, "no memory for the discriminant");
        goto out;
    }
    flush(d);
    scatter_of(d, s);
    factor(s->within);
    find_basis(s);
    project_means(d, s, means);
    for (int i = 0; i < K; i++)
        for (int k = 0; k < N; k++) {
            projection[(size_t)i * (1 + N)] -= (float)(s->basis[i][k] * s->mean[k]);
            projection[(size_t)i * (1 + N) + 1 + (size_t)k] = (float)s->basis[i][k];
        }
    rc = tsk_shapes_write(&made, path, err);
out:
    free(s);
    free(projection);
    free(means);
    return rc;
}
