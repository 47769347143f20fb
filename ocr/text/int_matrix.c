#include "ocr/text/int_matrix.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#define WIDE_REGISTERS
#endif

#define STRIDE 64 /* bytes of the widest register */
#define BLOCK 4   /* rows that are summed together */

static size_t rounded(size_t value, size_t unit)
{
    return (value + unit - 1) / unit * unit;
}

int tsk_int_matrix_new(struct tsk_int_matrix *matrix, int rows, int columns, struct tsk_err *err)
{
    *matrix = (struct tsk_int_matrix){ .rows = rows, .columns = columns };
    matrix->stride = rounded((size_t)columns, STRIDE);
    matrix->room = rounded((size_t)rows, BLOCK);
    matrix->weights = aligned_alloc(STRIDE, matrix->room * matrix->stride);
    matrix->offsets = calloc(matrix->room, sizeof(*matrix->offsets));
    matrix->scales = calloc(matrix->room, sizeof(*matrix->scales));
    if (matrix->weights == NULL || matrix->offsets == NULL || matrix->scales == NULL) {
        tsk_int_matrix_free(matrix);
        return tsk_fail(err, TSK_STOP, 0, "no memory for the text models");
    }
    memset(matrix->weights, 0, matrix->room * matrix->stride);
    return 0;
}

void tsk_int_matrix_set_row(struct tsk_int_matrix *matrix, int row, const int8_t *weights, double scale)
{
    int32_t sum = 0;

    memcpy(matrix->weights + (size_t)row * matrix->stride, weights, (size_t)matrix->columns);
    for (int i = 0; i < matrix->columns; i++)
        sum += weights[i];
    matrix->offsets[row] = weights[matrix->columns] * TSK_INT_MOST - sum * TSK_INT_ZERO;
    matrix->scales[row] = (float)(scale / TSK_INT_MOST);
}

void tsk_int_matrix_free(struct tsk_int_matrix *matrix)
{
    free(matrix->weights);
    free(matrix->offsets);
    free(matrix->scales);
    *matrix = (struct tsk_int_matrix){ 0 };
}

void tsk_int_matrix_times_plain(const struct tsk_int_matrix *matrix, const uint8_t *input, float *out)
{
    for (size_t row = 0; row < matrix->room; row++) {
        const int8_t *weights = matrix->weights + row * matrix->stride;
        int32_t sum = matrix->offsets[row];

        for (size_t i = 0; i < matrix->stride; i++)
            sum += weights[i] * input[i];
        out[row] = (float)sum * matrix->scales[row];
    }
}

#ifdef WIDE_REGISTERS
/* The sums of four registers of eight, and what turns them into outputs. */
__attribute__((target("avx2"))) static void put_block(const struct tsk_int_matrix *matrix, size_t row,
                                                      const __m256i sums[BLOCK], float *out)
{
    __m256i pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(sums[0], sums[1]), _mm256_hadd_epi32(sums[2], sums[3]));
    __m128i whole = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));

    whole = _mm_add_epi32(whole, _mm_loadu_si128((const __m128i *)(const void *)(matrix->offsets + row)));
    _mm_storeu_ps(out + row, _mm_mul_ps(_mm_cvtepi32_ps(whole), _mm_loadu_ps(matrix->scales + row)));
}

__attribute__((target("avx2"))) static void times_of_16(const struct tsk_int_matrix *matrix, const uint8_t *input,
                                                        float *out)
{
    for (size_t row = 0; row < matrix->room; row += BLOCK) {
        const int8_t *weights = matrix->weights + row * matrix->stride;
        __m256i sums[BLOCK] = { 0 };

        for (size_t i = 0; i < matrix->stride; i += 16) {
            __m256i x = _mm256_cvtepu8_epi16(_mm_load_si128((const __m128i *)(const void *)(input + i)));

            for (size_t k = 0; k < BLOCK; k++) {
                const void *at = weights + k * matrix->stride + i;
                __m256i w = _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)at));

                sums[k] = _mm256_add_epi32(sums[k], _mm256_madd_epi16(w, x));
            }
        }
        put_block(matrix, row, sums, out);
    }
}

__attribute__((target("avx2,avx512f,avx512vl,avx512vnni"))) static void times_of_32(const struct tsk_int_matrix *matrix,
                                                                                    const uint8_t *input, float *out)
{
    for (size_t row = 0; row < matrix->room; row += BLOCK) {
        const int8_t *weights = matrix->weights + row * matrix->stride;
        __m256i sums[BLOCK] = { 0 };

        for (size_t i = 0; i < matrix->stride; i += 32) {
            __m256i x = _mm256_load_si256((const __m256i *)(const void *)(input + i));

            for (size_t k = 0; k < BLOCK; k++) {
                const void *at = weights + k * matrix->stride + i;

                sums[k] = _mm256_dpbusd_epi32(sums[k], x, _mm256_load_si256((const __m256i *)at));
            }
        }
        put_block(matrix, row, sums, out);
    }
}
#endif

void tsk_int_matrix_times(const struct tsk_int_matrix *matrix, const uint8_t *input, float *out)
{
#ifdef WIDE_REGISTERS
    if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni")) {
        times_of_32(matrix, input, out);
        return;
    }
    if (__builtin_cpu_supports("avx2")) {
        times_of_16(matrix, input, out);
        return;
    }
#endif
    tsk_int_matrix_times_plain(matrix, input, out);
}
