/* random - one seeded stream of numbers, so that a history can be told again. Source: xorshift64* (Vigna 2016). */
#ifndef TASUKI_MATCHING_TRAIN_RANDOM_H
#define TASUKI_MATCHING_TRAIN_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct tsk_dice {
    uint64_t state; /* never 0 */
    int people;     /* drawn so far */
};

static inline struct tsk_dice tsk_dice_new(uint64_t seed)
{
    return (struct tsk_dice){ .state = (seed + 1) * 0x9E3779B97F4A7C15U | 1U };
}

static inline double tsk_dice_share(struct tsk_dice *dice) /* [0, 1) */
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return (double)((dice->state * 0x2545F4914F6CDD1DU) >> 32) / 4294967296.0;
}

static inline int tsk_dice_below(struct tsk_dice *dice, int count)
{
    return (int)(tsk_dice_share(dice) * count);
}

static inline bool tsk_dice_chance(struct tsk_dice *dice, double p)
{
    return tsk_dice_share(dice) < p;
}

#endif
