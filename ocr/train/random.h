/* random - one seeded stream of numbers, so that a training run can be repeated. Source: xorshift64* (Vigna 2016). */
#ifndef TASUKI_OCR_TRAIN_RANDOM_H
#define TASUKI_OCR_TRAIN_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct tsk_random {
    uint64_t state; /* never 0 */
};

static inline struct tsk_random tsk_random_new(uint64_t seed)
{
    return (struct tsk_random){ (seed + 1) * 0x9E3779B97F4A7C15U | 1U };
}

static inline uint32_t tsk_random_bits(struct tsk_random *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return (uint32_t)((random->state * 0x2545F4914F6CDD1DU) >> 32);
}

static inline double tsk_random_between(struct tsk_random *random, double low, double high)
{
    return low + (high - low) * (tsk_random_bits(random) / 4294967296.0);
}

static inline int tsk_random_below(struct tsk_random *random, int count)
{
    return (int)(((uint64_t)tsk_random_bits(random) * (uint64_t)count) >> 32);
}

static inline bool tsk_random_chance(struct tsk_random *random, double p)
{
    return tsk_random_between(random, 0, 1) < p;
}

#endif
